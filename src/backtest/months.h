/* Months: which calendar month of a zone an instant lies in, numbered from that of a first instant.
 */
#ifndef GUERDON_BACKTEST_MONTHS_H
#define GUERDON_BACKTEST_MONTHS_H

#include "base/base.h"

struct months {
    const struct zone *zone;
    int32_t first_day;  /* of the first month */
    int64_t *starts_us; /* of each month, and of the one after the last: count + 1 */
    uint32_t count;
    uint32_t capacity;
    uint32_t recent; /* most look-ups find the month of the one before */
};

MUST_CHECK enum status months_open(struct months *months, const struct zone *zone,
                                   int64_t first_us);
void months_release(struct months *months);
/* The month's number; the list grows until it holds the instant. What comes before the first month
 * is counted in it. STATUS_CORRUPT for an instant that is no time. */
MUST_CHECK enum status months_find(struct months *months, int64_t at_us, uint32_t *month);

#endif
