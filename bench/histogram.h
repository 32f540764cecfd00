/* Histogram: how often which latency occurred, in fixed memory and with a bounded relative error.
 *
 * Values are nanoseconds. Below HISTOGRAM_STEPS each has a bucket of its own; above, every power of
 * two is divided into HISTOGRAM_STEPS / 2 equal buckets, so that a bucket is at most 1/128 of its
 * values wide:
 *
 *   value      0 .. 255 | 256 .. 511 | 512 .. 1023 | ...
 *   width             1 |          2 |           4 |
 *   buckets         256 |        128 |         128 |
 *
 * A percentile answers the upper edge of its bucket: it may be up to 0.8 % too high, never too low.
 * The highest value is kept exactly.
 */
#ifndef GUERDON_BENCH_HISTOGRAM_H
#define GUERDON_BENCH_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_STEPS 256
/* About 18 minutes; what lasts longer counts as this long, and as what it was in `highest`. */
#define HISTOGRAM_VALUE_MAXIMUM ((INT64_C(1) << 40) - 1)
#define HISTOGRAM_BUCKETS (HISTOGRAM_STEPS + (40 - 8) * (HISTOGRAM_STEPS / 2))

struct histogram {
    uint64_t counts[HISTOGRAM_BUCKETS];
    uint64_t count;
    int64_t highest; /* 0 when empty */
};

void histogram_clear(struct histogram *histogram);
/* Below zero counts as zero. */
void histogram_add(struct histogram *histogram, int64_t value);
/* The least value that `per_million` of all values do not exceed, as said above: 500000 is the
 * median, 1000000 the highest. 0 when empty. */
int64_t histogram_percentile(const struct histogram *histogram, uint32_t per_million);

#endif
