/* Running: a server of the built program in a process of its own, behind a test of its verbs. */
#ifndef GUERDON_TESTS_API_RUNNING_H
#define GUERDON_TESTS_API_RUNNING_H

#include <stddef.h>
#include <stdint.h>

#include "api/api.h"

#define SAID_MAXIMUM 4096

/* What it prints comes through a pipe with a name, whose end is the server's end. Its log is the
 * file "log", its process id that in the file "pid". */
struct running {
    int output;
    char said[SAID_MAXIMUM]; /* standard output so far */
    size_t said_length;
};

/* Starts it with these variables and arguments and waits until it has said its address. */
void running_start(struct running *running, const char *variables, const char *arguments);
/* By SIGTERM; fails the test unless it ends well. */
void running_stop(struct running *running);
/* Sends a signal by its name: "HUP". */
void running_signal(const char *signal);
/* The port that it has said. */
uint16_t running_port(const struct running *running);
/* The key that stands in what it said; "" for none. */
void running_key(const char *said, char key[API_KEY_TEXT_MAXIMUM]);

#endif
