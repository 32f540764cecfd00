/* Server watch: one run of the load generator against a running server, with an eye on its files.
 */
#ifndef GUERDON_BENCH_SERVER_WATCH_H
#define GUERDON_BENCH_SERVER_WATCH_H

#include "load.h"
#include "server_process.h"

#define SERVER_MEMBERS 10000

struct server_watch {
    struct server_process *server;
    int64_t log_highest_bytes;
    int64_t kill_at_ms; /* 0: never */
    struct load_result result;
};

/* Runs it with what the server says of address and key. Requests that fail though nobody was
 * killed, or none answered in time, are reported on standard error: false. */
bool server_watch_run(struct server_watch *watch, struct load_options options);

#endif
