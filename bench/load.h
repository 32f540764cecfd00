/* Load: drives a server with purchases and measures how long it takes to answer.
 *
 * Closed loop: each connection sends its next request when the answer to the last one has come; the
 * server sets the pace. Latency counts from the sending.
 * Open loop: a fixed rate whatever the server does. Request i is meant for start + i / rate. It
 * waits for a free connection if there is none, and its latency counts from the instant it was
 * meant for, so that a server that stalls is charged for all who would have come meanwhile.
 *
 * What was sent during the warm-up is not measured, but its failures count. A failure is an answer
 * with another status than 2xx, a line of a batch that tells of one, a lost connection, or no
 * answer within LOAD_PATIENCE_SECONDS of the end. One thread.
 */
#ifndef GUERDON_BENCH_LOAD_H
#define GUERDON_BENCH_LOAD_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "histogram.h"

#define LOAD_CONNECTIONS_MAXIMUM 10000
#define LOAD_RATE_MAXIMUM 1000000
#define LOAD_PATIENCE_SECONDS 10
#define LOAD_STATUS_LIMIT 1000

struct load_options {
    const char *address; /* "127.0.0.1:8080", "[::1]:8080" */
    const char *key;     /* of the API */
    bool is_open;
    uint32_t rate; /* requests a second; of the open loop */
    uint32_t connections;
    int64_t warm_up_ms;
    int64_t measured_ms;
    uint32_t batch; /* events a request */
    uint32_t members;
    uint64_t seed;
    /* May be NULL; called about every LOAD_TICK_MS. */
    void (*on_tick)(void *context, int64_t elapsed_ms);
    void *context;
};
#define LOAD_TICK_MS 20

struct load_result {
    double seconds;            /* measured */
    uint64_t requests;         /* answered well within them */
    uint64_t events;           /* in those */
    uint64_t acknowledged;     /* events answered well, the warm-up's too */
    struct histogram latency;  /* ns, of what was meant for an instant within them */
    struct histogram lateness; /* ns, of the generator itself, for which nobody was waiting */
    uint64_t waited;           /* open loop: had to wait for a connection */
    uint64_t refused[LOAD_STATUS_LIMIT]; /* requests by their status, if not 2xx */
    uint64_t failed_lines;
    uint64_t lost;       /* requests whose connection broke */
    uint64_t unanswered; /* requests sent or due, without an answer in the end */
    double cpu_share;    /* of one core, used by the generator */
};

/* False, with a complaint on standard error, when nothing could be measured. */
bool load_run(const struct load_options *options, struct load_result *result);
/* Requests and lines that failed. */
uint64_t load_failures(const struct load_result *result);

/* One line for people; a line with the failures if there are any. */
void load_print(FILE *out, const struct load_options *options, const struct load_result *result);
/* One JSON object on one line. */
void load_print_json(FILE *out, const struct load_options *options,
                     const struct load_result *result);

#endif
