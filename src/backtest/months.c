/* Months: the starts of months in a row, searched by halving.
 *
 * Invariant: starts_us ascends, and starts_us[k] is the first instant of the k-th month after the
 * first in the zone.
 */
#include "backtest/months.h"

#include <stdlib.h>

#define MONTHS_FIRST 64

static int64_t start_of_month(const struct months *months, uint32_t month)
{
    struct span span = {(int32_t)month, PERIOD_MONTH};
    return zone_start_of_day(months->zone, day_add_span(months->first_day, span));
}

static enum status add_month(struct months *months)
{
    if (months->count + 2 > months->capacity) {
        uint32_t capacity = months->capacity == 0 ? MONTHS_FIRST : months->capacity * 2;
        int64_t *starts = reallocarray(months->starts_us, capacity, sizeof *starts);
        if (starts == NULL) return STATUS_NO_MEMORY;
        months->starts_us = starts;
        months->capacity = capacity;
    }
    months->count++;
    months->starts_us[months->count] = start_of_month(months, months->count);
    return STATUS_OK;
}

enum status months_open(struct months *months, const struct zone *zone, int64_t first_us)
{
    int32_t day = zone_local_day(zone, first_us);
    *months = (struct months){.zone = zone, .first_day = period_first_day(PERIOD_MONTH, day, 1)};
    TRY(add_month(months));
    months->starts_us[0] = start_of_month(months, 0);
    return STATUS_OK;
}

void months_release(struct months *months)
{
    free(months->starts_us);
    *months = (struct months){.zone = NULL};
}

enum status months_find(struct months *months, int64_t at_us, uint32_t *month)
{
    const int64_t *starts = months->starts_us;
    if (at_us >= starts[months->recent] && at_us < starts[months->recent + 1]) {
        *month = months->recent;
        return STATUS_OK;
    }
    if (at_us < INSTANT_EARLIEST || at_us > INSTANT_LATEST) return STATUS_CORRUPT;
    while (at_us >= months->starts_us[months->count])
        TRY(add_month(months));
    uint32_t low = 0;
    uint32_t high = months->count; /* starts_us[low] <= at_us < starts_us[high], or low is 0 */
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (months->starts_us[middle] <= at_us) {
            low = middle;
        } else {
            high = middle;
        }
    }
    months->recent = low;
    *month = low;
    return STATUS_OK;
}
