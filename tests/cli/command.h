/* Running the built program in a folder of its own, for tests of the command line.
 *
 * GUERDON_PROGRAM names the program; GUERDON_SOURCE the project's root.
 */
#ifndef GUERDON_TESTS_COMMAND_H
#define GUERDON_TESTS_COMMAND_H

#include "base/base.h"

/* What the last command did. */
struct command {
    int exit_code;
    struct buffer output; /* standard output, NUL-terminated behind its end */
    struct buffer errors; /* standard error, likewise */
};

/* Makes an empty folder and goes there; the set-up and tear-down of a test program. */
int command_set_up(void **context);
int command_tear_down(void **context);

/* Runs a line of shell in which $guerdon is the program; what it prints is caught. */
void run(struct command *command, const char *line, ...) __attribute__((format(printf, 2, 3)));
/* Takes the white space out of the output, so that layout does not matter. */
void command_squeeze(struct command *command);
void command_release(struct command *command);
/* Writes a file of the folder. */
void put_file(const char *name, const char *text);
/* The file's text; release it. */
struct buffer get_file(const char *name);

/* Assertions that show the whole output when they fail. */
void assert_exit(const struct command *command, int exit_code);
void assert_printed(const struct command *command, const char *part);
void assert_not_printed(const struct command *command, const char *part);
void assert_said(const struct command *command, const char *part);
void assert_silent(const struct command *command);

#endif
