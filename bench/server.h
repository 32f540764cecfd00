/* Server: what the measurements of the server and of its peers share. */
#ifndef GUERDON_BENCH_SERVER_H
#define GUERDON_BENCH_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "measure.h"

struct server_options {
    const char *guerdon;
    const char *program; /* its file */
    const char *folder;  /* on the disk that is to be measured */
    const char *tools;   /* where append_sqlite is */
    const char *scripts; /* where peer_postgresql is */
    int64_t closed_ms;
    int64_t open_ms;
};

/* What the peers are compared with. */
struct server_rates {
    double single[MEASURE_RUNS];  /* at 128 connections, requests/s */
    double batched[MEASURE_RUNS]; /* events/s */
};

/* Each prints its lines; false when something could not be measured or failed. */
bool bench_closed(const struct server_options *options, struct server_rates *rates);
bool bench_open(const struct server_options *options, const struct server_rates *rates);
/* `rates` NULL: without comparison. */
bool bench_peers(const struct server_options *options, const struct server_rates *rates);

#endif
