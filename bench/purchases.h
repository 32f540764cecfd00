/* Purchases: the requests that the load generator sends, made by changing a few bytes of a
 * template.
 *
 * A request is one POST /v1/events: one purchase as JSON with its key in the header, or a batch of
 * them as NDJSON, each line with an id of its own. All requests of a run are equally long, so that
 * making one costs no formatting: numbers are written over the zeros where they stand. Keys, ids
 * and orders count upwards behind the run's own name and are used once; members are drawn
 * uniformly.
 */
#ifndef GUERDON_BENCH_PURCHASES_H
#define GUERDON_BENCH_PURCHASES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BATCH_MAXIMUM 10000
#define MEMBERS_MAXIMUM 100000000
#define PURCHASE_LINE_MAXIMUM 512

struct purchase_options {
    const char *host; /* as the Host header says it */
    const char *key;  /* of the API */
    uint32_t batch;   /* purchases a request: 1 is one as JSON, more are NDJSON */
    uint32_t members;
    uint64_t seed; /* of the members drawn */
    uint32_t run;  /* names this run in every key, so that another one's are not repeated */
};

/* Where a template has room for numbers; counted from the start of its line or of the header. */
struct purchases {
    struct purchase_options options;
    char header[1024];
    size_t header_length;
    size_t header_key; /* SIZE_MAX when the lines have the ids */
    char line[PURCHASE_LINE_MAXIMUM];
    size_t line_length;
    size_t line_id; /* SIZE_MAX when the header has the key */
    size_t line_time, line_member, line_order;
    int member_digits;
    uint64_t random;
    uint64_t number;  /* of the next purchase */
    uint64_t request; /* of the next request */
    int64_t time_ms;  /* what `time` says */
    char time[32];
};

/* False when the options do not fit (a key too long, no members). */
bool purchases_init(struct purchases *purchases, const struct purchase_options *options);
/* Bytes of each request. */
size_t purchases_request_length(const struct purchases *purchases);
/* Writes the constant parts at `request`, which has room for one; once for each place. */
void purchases_prepare(const struct purchases *purchases, char *request);
/* Makes what was prepared there the next request. `now_ms` is since 1970 in UTC. */
void purchases_write_next(struct purchases *purchases, char *request, int64_t now_ms);

#endif
