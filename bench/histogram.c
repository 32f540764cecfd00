/* Buckets by the position of a value's highest bit and the seven bits that follow it. */
#include "histogram.h"

#include <string.h>

#define STEPS_BITS 8
#define HALF_STEPS (HISTOGRAM_STEPS / 2)

_Static_assert(HISTOGRAM_STEPS == 1 << STEPS_BITS, "the first run of buckets is a power of two");

static unsigned bucket_of(uint64_t value)
{
    if (value < HISTOGRAM_STEPS) return (unsigned)value;
    unsigned shift = (unsigned)(64 - STEPS_BITS) - (unsigned)__builtin_clzll(value);
    return shift * HALF_STEPS + (unsigned)(value >> shift);
}

static int64_t upper_edge(unsigned bucket)
{
    if (bucket < HISTOGRAM_STEPS) return bucket;
    unsigned shift = bucket / HALF_STEPS - 1;
    uint64_t step = bucket - shift * HALF_STEPS;
    return (int64_t)(((step + 1) << shift) - 1);
}

void histogram_clear(struct histogram *histogram)
{
    memset(histogram, 0, sizeof *histogram);
}

void histogram_add(struct histogram *histogram, int64_t value)
{
    if (value < 0) value = 0;
    if (value > histogram->highest) histogram->highest = value;
    if (value > HISTOGRAM_VALUE_MAXIMUM) value = HISTOGRAM_VALUE_MAXIMUM;
    histogram->counts[bucket_of((uint64_t)value)]++;
    histogram->count++;
}

int64_t histogram_percentile(const struct histogram *histogram, uint32_t per_million)
{
    __extension__ typedef unsigned __int128 wide_count;
    wide_count share = (wide_count)histogram->count * per_million;
    uint64_t rank = (uint64_t)((share + 999999) / 1000000);
    if (rank >= histogram->count) return histogram->highest;
    uint64_t seen = 0;
    for (unsigned bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++) {
        seen += histogram->counts[bucket];
        if (seen < rank || seen == 0) continue;
        int64_t edge = upper_edge(bucket);
        return edge < histogram->highest ? edge : histogram->highest;
    }
    return histogram->highest;
}
