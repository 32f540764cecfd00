/* Calendar: instants, local dates, time zones and periods.
 *
 * An instant is int64_t microseconds since 1970-01-01T00:00:00Z (names end in _us). A day is
 * int32_t days since 1970-01-01 in the proleptic Gregorian calendar (names end in _day). Zones are
 * tables of transitions read once from ICU for the years 1900 to 2199; after that the look-ups are
 * pure arithmetic, so that the engine never asks the system for anything.
 *
 * `N days` is N local calendar days at the same wall time; months clamp to the last day of the
 * month (31 January + 1 month = 28 or 29 February). A wall time that a change of clocks skips is
 * read with the offset in force before the change (01:30 where 01:00 became 02:00 is shown as
 * 02:30), so a wall time just past the skipped ones may be an earlier instant; one that occurs
 * twice is the earlier.
 */
#ifndef GUERDON_BASE_CALENDAR_H
#define GUERDON_BASE_CALENDAR_H

#include "base/arena.h"

#define MICROSECONDS_PER_SECOND INT64_C(1000000)
#define MICROSECONDS_PER_DAY INT64_C(86400000000)
/* Later than every instant: never expires, never lapses, is not yet released. */
#define INSTANT_NEVER INT64_MAX
/* 0001-01-01 and the end of 9999 in UTC: what can be read and written. */
#define INSTANT_EARLIEST INT64_C(-62135596800000000)
#define INSTANT_LATEST INT64_C(253402300799999999)

struct date {
    int32_t year;
    int32_t month; /* 1 to 12 */
    int32_t day;   /* 1 to 31 */
};

struct wall_time {
    int32_t local_day;
    int64_t time_of_day_us; /* 0 to 86,399,999,999 */
};

enum period_unit { PERIOD_DAY, PERIOD_WEEK, PERIOD_MONTH, PERIOD_QUARTER, PERIOD_YEAR };

/* A length of calendar time, such as 12 months. */
struct span {
    int32_t count;
    enum period_unit unit;
};

struct zone;

/* Is there such a day in the years 1 to 9999? */
bool date_is_valid(struct date date);
/* The month must be 1 to 12. */
int32_t day_of_date(struct date date);
struct date date_of_day(int32_t day);
/* 1 = Monday to 7 = Sunday (ISO 8601). */
int32_t weekday_of_day(int32_t day);

/* Opens an IANA zone name ("Europe/London", "UTC"). STATUS_NOT_FOUND if there is no such zone.
 * The zone lives as long as the arena. Before 1900 the offset is that of the start of 1900, after
 * 2199 that of its end. */
MUST_CHECK enum status zone_open(struct arena *arena, struct text name, const struct zone **zone);
struct text zone_name(const struct zone *zone);
/* Version of the time-zone data, such as "2026a"; a static string. */
struct text zone_data_version(void);
/* The version that the zone was read from. */
struct text zone_data(const struct zone *zone);
struct wall_time zone_to_wall(const struct zone *zone, int64_t instant_us);
/* Skipped and double wall times as said above. */
int64_t zone_from_wall(const struct zone *zone, struct wall_time wall);
int32_t zone_local_day(const struct zone *zone, int64_t instant_us);
/* The first instant of a local day: the instant of the change where that skips midnight or the
 * whole day. */
int64_t zone_start_of_day(const struct zone *zone, int32_t local_day);

/* instant + span in local calendar time; where that wall time is skipped or double, as said above.
 * INSTANT_NEVER stays; STATUS_OVERFLOW outside the years 1 to 9999. */
MUST_CHECK enum status instant_add_span(const struct zone *zone, int64_t instant_us,
                                        struct span span, int64_t *later_us);
/* The day moved by a span (count may be negative); months clamp. Ends at the ends of int32_t. */
int32_t day_add_span(int32_t day, struct span span);
/* First day of the period that holds `day`, and of the period after it. `week_starts` is an ISO
 * weekday, 1 to 7, and matters for PERIOD_WEEK alone. */
int32_t period_first_day(enum period_unit unit, int32_t day, int32_t week_starts);
int32_t period_next_day(enum period_unit unit, int32_t day, int32_t week_starts);

/* Reads "2027-03-05", "2027-03-05T12:00", with optional seconds, fraction (1 to 6 digits), and
 * "Z" or "+02:00"; without an offset it is wall time in `zone`. A date alone is the start of that
 * day. STATUS_SYNTAX for another form, STATUS_INVALID for a date or time that does not exist. */
MUST_CHECK enum status instant_parse(const struct zone *zone, struct text text,
                                     int64_t *instant_us);
#define INSTANT_TEXT_MAXIMUM 40
/* RFC 3339 with the zone's offset at that instant ("2011-12-09T12:50:00Z"; fraction only if there
 * is one). Where RFC 3339 cannot say the offset (seconds in it) or the local year, the instant is
 * written in UTC; INSTANT_NEVER is "never"; years outside 1 to 9999 have a sign and cannot be read
 * back. At the start of `out`, which has INSTANT_TEXT_MAXIMUM bytes; a NUL follows. */
struct text instant_format(const struct zone *zone, int64_t instant_us, char *out);
/* "2011-12-09"; `out` has INSTANT_TEXT_MAXIMUM bytes. */
struct text day_format(int32_t day, char *out);

/* Reads "12 months", "1 year", "90 days", "2 weeks", "1 quarter" (singular or plural, count 1 to
 * 100,000). STATUS_SYNTAX otherwise. */
MUST_CHECK enum status span_parse(struct text text, struct span *span);
#define SPAN_TEXT_MAXIMUM 32
/* "12 months", "1 day"; `out` has SPAN_TEXT_MAXIMUM bytes. */
struct text span_format(struct span span, char *out);

#endif
