/* Calendar: days, dates, spans and periods; pure arithmetic on the proleptic Gregorian calendar.
 *
 * Method: years are counted from 1 March, so that the leap day is the last of its year and the
 * lengths of the months follow one line, 153 days to 5 months; 400 years are 146,097 days. See
 * Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms" (days_from_civil). The way back
 * divides by multiplying: Cassio Neri and Lorenz Schneider, "Euclidean affine functions and their
 * application to calendar algorithms", 2022. Both count from a year so long ago that nothing is
 * negative, in 64 bits, so that every int32_t day and year is safe to put in; a day that would come
 * out beyond int32_t stays at its end.
 */
#include "base/calendar.h"

#define DAYS_PER_ERA 146097
#define YEARS_PER_ERA 400
/* Eras counted before year 0: more than int32_t years. */
#define ERAS_BEFORE 6000000
#define YEARS_BEFORE ((int64_t)ERAS_BEFORE * YEARS_PER_ERA)
/* From 1 March at the start of the count to 1970-01-01; 719,468 of them since 0000-03-01. */
#define DAYS_BEFORE ((int64_t)ERAS_BEFORE * DAYS_PER_ERA + 719468)
#define MONTHS_PER_YEAR 12

static int64_t floor_divide(int64_t dividend, int64_t divisor)
{
    int64_t quotient = dividend / divisor;
    return quotient - (dividend % divisor < 0);
}

static int32_t clamped_day(int64_t day)
{
    if (day > INT32_MAX) return INT32_MAX;
    if (day < INT32_MIN) return INT32_MIN;
    return (int32_t)day;
}

static bool is_leap_year(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int32_t days_in_month(int64_t year, int32_t month)
{
    /* 31 and 30 alternate and start over in August. */
    if (month == 2) return is_leap_year(year) ? 29 : 28;
    return 30 + ((month + month / 8) & 1);
}

bool date_is_valid(struct date date)
{
    return date.year >= 1 && date.year <= 9999 && date.month >= 1 && date.month <= 12 &&
           date.day >= 1 && date.day <= days_in_month(date.year, date.month);
}

static int64_t day_of(int64_t year, int32_t month, int32_t day)
{
    uint64_t march_year = (uint64_t)(year + YEARS_BEFORE - (month <= 2));
    uint64_t century = march_year / 100;
    uint32_t months_since_march = (uint32_t)(month > 2 ? month - 3 : month + 9);
    uint32_t days_before_month = (153 * months_since_march + 2) / 5;
    uint64_t days_before_year = march_year * 1461 / 4 - century + century / 4;
    return (int64_t)(days_before_year + days_before_month) + day - 1 - DAYS_BEFORE;
}

int32_t day_of_date(struct date date)
{
    return clamped_day(day_of(date.year, date.month, date.day));
}

struct date date_of_day(int32_t day)
{
    /* Quarters of days make whole numbers of centuries and years. */
    uint64_t quarters = 4 * (uint64_t)(day + DAYS_BEFORE) + 3;
    uint64_t century = quarters / DAYS_PER_ERA;
    uint64_t quarter_of_century = quarters % DAYS_PER_ERA | 3;
    /* 2939745 / 2^32 is 1 / 1461, closely enough for a century. */
    uint64_t product = 2939745 * quarter_of_century;
    uint32_t year_of_century = (uint32_t)(product >> 32);
    uint32_t day_of_year = (uint32_t)product / 2939745 / 4;
    /* 2141 / 2^16 is 5 / 153, and the constant makes March the third month. */
    uint32_t line = 2141 * day_of_year + 197913;
    uint32_t month = line >> 16;
    uint32_t day_of_month = (line & 0xFFFF) / 2141 + 1;
    bool is_after_december = day_of_year >= 306;
    int64_t year = (int64_t)(100 * century + year_of_century) - YEARS_BEFORE + is_after_december;
    return (struct date){(int32_t)year, (int32_t)(is_after_december ? month - 12 : month),
                         (int32_t)day_of_month};
}

int32_t weekday_of_day(int32_t day)
{
    /* 1970-01-01 was a Thursday. */
    int64_t since_monday = (int64_t)day + 3;
    return (int32_t)(since_monday - floor_divide(since_monday, 7) * 7) + 1;
}

static int32_t add_months(int32_t day, int64_t months)
{
    struct date date = date_of_day(day);
    int64_t month_count = (int64_t)date.year * MONTHS_PER_YEAR + (date.month - 1) + months;
    int64_t year = floor_divide(month_count, MONTHS_PER_YEAR);
    int32_t month = (int32_t)(month_count - year * MONTHS_PER_YEAR) + 1;
    int32_t last = days_in_month(year, month);
    return clamped_day(day_of(year, month, date.day < last ? date.day : last));
}

int32_t day_add_span(int32_t day, struct span span)
{
    int64_t count = span.count;
    switch (span.unit) {
    case PERIOD_DAY:
        return clamped_day(day + count);
    case PERIOD_WEEK:
        return clamped_day(day + count * 7);
    case PERIOD_MONTH:
        return add_months(day, count);
    case PERIOD_QUARTER:
        return add_months(day, count * 3);
    case PERIOD_YEAR:
        return add_months(day, count * MONTHS_PER_YEAR);
    }
    assertion_failed("span.unit is a period_unit", __FILE__, __LINE__);
}

int32_t period_first_day(enum period_unit unit, int32_t day, int32_t week_starts)
{
    struct date date = date_of_day(day);
    switch (unit) {
    case PERIOD_DAY:
        return day;
    case PERIOD_WEEK:
        return clamped_day((int64_t)day - (weekday_of_day(day) - week_starts + 7) % 7);
    case PERIOD_MONTH:
        return clamped_day((int64_t)day - date.day + 1);
    case PERIOD_QUARTER:
        return clamped_day(day_of(date.year, (date.month - 1) / 3 * 3 + 1, 1));
    case PERIOD_YEAR:
        return clamped_day(day_of(date.year, 1, 1));
    }
    assertion_failed("unit is a period_unit", __FILE__, __LINE__);
}

int32_t period_next_day(enum period_unit unit, int32_t day, int32_t week_starts)
{
    return day_add_span(period_first_day(unit, day, week_starts), (struct span){1, unit});
}

enum status instant_add_span(const struct zone *zone, int64_t instant_us, struct span span,
                             int64_t *later_us)
{
    int64_t moved_us = instant_us;
    if (instant_us != INSTANT_NEVER && span.count != 0) {
        struct wall_time wall = zone_to_wall(zone, instant_us);
        wall.local_day = day_add_span(wall.local_day, span);
        moved_us = zone_from_wall(zone, wall);
        if (moved_us < INSTANT_EARLIEST || moved_us > INSTANT_LATEST) return STATUS_OVERFLOW;
    }
    *later_us = moved_us;
    return STATUS_OK;
}
