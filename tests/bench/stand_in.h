/* Stand-in: a tiny server for the load generator's tests, a process of its own on a loopback port.
 *
 * It reads each request as a real server would, notes what was wrong with it, and answers as it was
 * told. What it has seen lies in memory that both processes share and is complete once it ended.
 */
#ifndef GUERDON_TESTS_BENCH_STAND_IN_H
#define GUERDON_TESTS_BENCH_STAND_IN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define STAND_IN_KEYS_MAXIMUM 2000000

struct stand_in_orders {
    uint32_t refuse_every;      /* each so many requests gets 503; 0: never */
    uint32_t refuse_line_every; /* of a batch, each so many lines gets a problem; 0: never */
    uint32_t drop_every;   /* each so many requests is read and its connection closed; 0: never */
    uint32_t stall_at;     /* before answering this request, counted from 1, ... */
    uint32_t stall_ms;     /* ... it does nothing at all for so long */
    uint32_t silent_after; /* answers nothing after so many requests; 0: never */
    bool closes;           /* after each answer, having said so */
    bool is_chunked;       /* and in pieces */
    bool omits_a_line;     /* of a batch's answer */
};

struct stand_in_sight {
    uint32_t connections;
    uint32_t requests;
    uint32_t events;
    uint32_t malformed;        /* requests that are not as the API wants them */
    char malformed_text[1024]; /* the last of them */
    uint32_t overlapping;      /* requests that came before the answer to the one before was sent */
    uint32_t body_length;      /* of the last */
    uint32_t members_highest;
    uint32_t key_count;
    uint64_t keys[STAND_IN_KEYS_MAXIMUM]; /* hashes of idempotency keys, lines' ids and orders */
};

struct stand_in {
    pid_t process;
    char address[32];
    struct stand_in_sight *sight;
};

bool stand_in_start(struct stand_in *stand_in, const struct stand_in_orders *orders);
/* Ends it; `sight` stays until stand_in_release. */
void stand_in_stop(struct stand_in *stand_in);
void stand_in_release(struct stand_in *stand_in);

#endif
