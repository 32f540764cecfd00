/* Server process: `guerdon serve` as an operator runs it, on a data folder of its own.
 *
 * Its words go to files beside the data: DATA.out has the key that the first start prints, DATA.log
 * what it logs. Ended with its parent, whatever happens to that.
 */
#ifndef GUERDON_BENCH_SERVER_PROCESS_H
#define GUERDON_BENCH_SERVER_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct server_process {
    const char *guerdon;
    const char *program;
    char data[256];
    char address[32];
    char key[256];
    pid_t process;        /* 0: does not run */
    double ready_seconds; /* from its start to the first /readyz that said yes */
    uint64_t replayed;    /* records, as it logged them when it started */
};

/* What the data folder takes, as the file system sees it. */
struct server_files {
    int64_t log_bytes;      /* the write-ahead log */
    int64_t database_bytes; /* the database without it */
};

/* Names the data folder, which must not exist, and finds a free port; starts nothing. */
bool server_process_init(struct server_process *server, const char *guerdon, const char *program,
                         const char *data);
/* Starts it and waits until it is ready; false with its words on standard error. */
bool server_process_start(struct server_process *server);
/* SIGTERM, and waits for the end; false if it did not end well. */
bool server_process_stop(struct server_process *server);
/* SIGKILL. */
void server_process_kill(struct server_process *server);
/* Deletes the data and its words. */
void server_process_remove(const struct server_process *server);
void server_process_files(const struct server_process *server, struct server_files *files);

#endif
