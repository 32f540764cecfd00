/* Metrics: figures for Prometheus, in its text format, version 0.0.4.
 *
 * Counted on the loop's thread alone; what services and stores count is asked when somebody reads.
 */
#ifndef GUERDON_API_METRICS_H
#define GUERDON_API_METRICS_H

#include "api/route.h"

#define METRICS_BUCKET_COUNT 18 /* the last has no upper end */
#define METRICS_CLASS_COUNT 5   /* 1xx to 5xx */

struct histogram {
    uint64_t buckets[METRICS_BUCKET_COUNT];
    uint64_t sum_us;
    uint64_t count;
};

struct metrics {
    struct histogram *routes; /* [route][class]; the last route: none matched */
    uint32_t route_count;
    uint64_t refusals;
};

MUST_CHECK enum status metrics_init(struct metrics *metrics);
void metrics_release(struct metrics *metrics);
void metrics_note(struct metrics *metrics, const struct route *route, uint32_t index, int status,
                  int64_t took_us);

struct api;
MUST_CHECK enum status metrics_write(struct api *api, struct buffer *out);

#endif
