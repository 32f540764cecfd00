/* Calendar text: reading and writing instants, days and spans.
 *
 * What is read is exactly what the header lists: no white space, no lower-case letters, no missing
 * digits, no leap second, no 24:00. Form is judged before meaning, so that STATUS_SYNTAX always
 * says "written otherwise" and STATUS_INVALID "no such time". Nothing here rounds.
 */
#include "base/calendar.h"

#define MICROSECONDS_PER_MINUTE INT64_C(60000000)
#define MICROSECONDS_PER_HOUR INT64_C(3600000000)
#define FRACTION_DIGITS 6
#define SPAN_COUNT_MAXIMUM 100000

/* What is left to read. */
struct reader {
    const char *at;
    const char *end;
};

static bool read_byte(struct reader *reader, char byte)
{
    if (reader->at == reader->end || *reader->at != byte) return false;
    reader->at++;
    return true;
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* Reads exactly `count` digits. */
static bool read_number(struct reader *reader, int count, int32_t *number)
{
    if (reader->end - reader->at < count) return false;
    int32_t value = 0;
    for (int i = 0; i < count; i++) {
        if (!is_digit(reader->at[i])) return false;
        value = value * 10 + (reader->at[i] - '0');
    }
    reader->at += count;
    *number = value;
    return true;
}

static bool read_date(struct reader *reader, struct date *date)
{
    return read_number(reader, 4, &date->year) && read_byte(reader, '-') &&
           read_number(reader, 2, &date->month) && read_byte(reader, '-') &&
           read_number(reader, 2, &date->day);
}

struct clock_time {
    int32_t hour;
    int32_t minute;
    int32_t second;
    int32_t microsecond;
};

/* The digits behind the point; a short fraction is filled up with zeros. */
static bool read_fraction(struct reader *reader, int32_t *microsecond)
{
    int32_t value = 0;
    int count = 0;
    for (; reader->at < reader->end && is_digit(*reader->at); reader->at++, count++) {
        if (count == FRACTION_DIGITS) return false;
        value = value * 10 + (*reader->at - '0');
    }
    if (count == 0) return false;
    for (; count < FRACTION_DIGITS; count++)
        value *= 10;
    *microsecond = value;
    return true;
}

static bool read_clock(struct reader *reader, struct clock_time *clock)
{
    *clock = (struct clock_time){0, 0, 0, 0};
    if (!read_number(reader, 2, &clock->hour) || !read_byte(reader, ':') ||
        !read_number(reader, 2, &clock->minute))
        return false;
    if (!read_byte(reader, ':')) return true;
    if (!read_number(reader, 2, &clock->second)) return false;
    return !read_byte(reader, '.') || read_fraction(reader, &clock->microsecond);
}

/* How far ahead of UTC the text says that it is, if it does. */
struct written_offset {
    bool is_there;
    bool is_negative;
    int32_t hours;
    int32_t minutes;
};

static bool read_offset(struct reader *reader, struct written_offset *offset)
{
    *offset = (struct written_offset){false, false, 0, 0};
    if (reader->at == reader->end) return true;
    offset->is_there = true;
    if (read_byte(reader, 'Z')) return true;
    offset->is_negative = read_byte(reader, '-');
    if (!offset->is_negative && !read_byte(reader, '+')) return false;
    return read_number(reader, 2, &offset->hours) && read_byte(reader, ':') &&
           read_number(reader, 2, &offset->minutes);
}

static bool is_time_of_day(struct clock_time clock)
{
    return clock.hour <= 23 && clock.minute <= 59 && clock.second <= 59;
}

static int64_t time_of_day_us(struct clock_time clock)
{
    return clock.hour * MICROSECONDS_PER_HOUR + clock.minute * MICROSECONDS_PER_MINUTE +
           clock.second * MICROSECONDS_PER_SECOND + clock.microsecond;
}

enum status instant_parse(const struct zone *zone, struct text text, int64_t *instant_us)
{
    if (text.length == 0) return STATUS_SYNTAX;
    struct reader reader = {text.bytes, text.bytes + text.length};
    struct date date;
    struct clock_time clock = {0, 0, 0, 0};
    struct written_offset offset = {false, false, 0, 0};
    if (!read_date(&reader, &date)) return STATUS_SYNTAX;
    bool is_date_alone = reader.at == reader.end;
    if (!is_date_alone && (!read_byte(&reader, 'T') || !read_clock(&reader, &clock) ||
                           !read_offset(&reader, &offset)))
        return STATUS_SYNTAX;
    if (reader.at != reader.end) return STATUS_SYNTAX;
    if (!date_is_valid(date) || !is_time_of_day(clock) || offset.hours > 23 || offset.minutes > 59)
        return STATUS_INVALID;

    struct wall_time wall = {day_of_date(date), time_of_day_us(clock)};
    int64_t result_us;
    if (offset.is_there) {
        int64_t ahead_us =
            offset.hours * MICROSECONDS_PER_HOUR + offset.minutes * MICROSECONDS_PER_MINUTE;
        int64_t wall_us = wall.local_day * MICROSECONDS_PER_DAY + wall.time_of_day_us;
        result_us = offset.is_negative ? wall_us + ahead_us : wall_us - ahead_us;
    } else {
        result_us =
            is_date_alone ? zone_start_of_day(zone, wall.local_day) : zone_from_wall(zone, wall);
    }
    if (result_us < INSTANT_EARLIEST || result_us > INSTANT_LATEST) return STATUS_INVALID;
    *instant_us = result_us;
    return STATUS_OK;
}

/* Writes `value` with at least `digits` digits at `at`; answers the place behind it. */
static char *write_number(char *at, uint64_t value, int digits)
{
    char reversed[20];
    int count = 0;
    do {
        reversed[count++] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0 || count < digits);
    while (count > 0)
        *at++ = reversed[--count];
    return at;
}

static bool is_four_digit_year(int32_t year)
{
    return year >= 1 && year <= 9999;
}

static char *write_date(char *at, struct date date)
{
    uint64_t year = date.year < 0 ? 0 - (uint64_t)date.year : (uint64_t)date.year;
    if (!is_four_digit_year(date.year)) *at++ = date.year < 0 ? '-' : '+';
    at = write_number(at, year, 4);
    *at++ = '-';
    at = write_number(at, (uint64_t)date.month, 2);
    *at++ = '-';
    return write_number(at, (uint64_t)date.day, 2);
}

static char *write_clock(char *at, int64_t time_of_day)
{
    at = write_number(at, (uint64_t)(time_of_day / MICROSECONDS_PER_HOUR), 2);
    *at++ = ':';
    at = write_number(at, (uint64_t)(time_of_day / MICROSECONDS_PER_MINUTE % 60), 2);
    *at++ = ':';
    at = write_number(at, (uint64_t)(time_of_day / MICROSECONDS_PER_SECOND % 60), 2);
    uint64_t fraction = (uint64_t)(time_of_day % MICROSECONDS_PER_SECOND);
    if (fraction == 0) return at;
    *at++ = '.';
    at = write_number(at, fraction, FRACTION_DIGITS);
    while (at[-1] == '0')
        at--;
    return at;
}

static char *write_offset(char *at, int64_t offset_us)
{
    if (offset_us == 0) {
        *at++ = 'Z';
        return at;
    }
    *at++ = offset_us < 0 ? '-' : '+';
    int64_t ahead_us = offset_us < 0 ? -offset_us : offset_us;
    at = write_number(at, (uint64_t)(ahead_us / MICROSECONDS_PER_HOUR), 2);
    *at++ = ':';
    return write_number(at, (uint64_t)(ahead_us / MICROSECONDS_PER_MINUTE % 60), 2);
}

static struct text ended(char *out, char *end)
{
    *end = '\0';
    return (struct text){out, (size_t)(end - out)};
}

struct text instant_format(const struct zone *zone, int64_t instant_us, char *out)
{
    if (instant_us == INSTANT_NEVER) {
        memcpy(out, "never", sizeof "never");
        return (struct text){out, sizeof "never" - 1};
    }
    struct wall_time utc = {(int32_t)(instant_us / MICROSECONDS_PER_DAY),
                            instant_us % MICROSECONDS_PER_DAY};
    if (utc.time_of_day_us < 0) {
        utc.time_of_day_us += MICROSECONDS_PER_DAY;
        utc.local_day--;
    }
    struct wall_time wall = zone_to_wall(zone, instant_us);
    struct date date = date_of_day(wall.local_day);
    int64_t offset_us = (wall.local_day - utc.local_day) * MICROSECONDS_PER_DAY +
                        wall.time_of_day_us - utc.time_of_day_us;
    if (offset_us % MICROSECONDS_PER_MINUTE != 0 || !is_four_digit_year(date.year)) {
        wall = utc;
        date = date_of_day(utc.local_day);
        offset_us = 0;
    }
    char *at = write_date(out, date);
    *at++ = 'T';
    at = write_clock(at, wall.time_of_day_us);
    return ended(out, write_offset(at, offset_us));
}

struct text day_format(int32_t day, char *out)
{
    return ended(out, write_date(out, date_of_day(day)));
}

/* Singular names; a plural adds an s. */
static const struct {
    struct text name;
    enum period_unit unit;
} span_units[] = {
    {TEXT_INITIALISER("day"), PERIOD_DAY},     {TEXT_INITIALISER("week"), PERIOD_WEEK},
    {TEXT_INITIALISER("month"), PERIOD_MONTH}, {TEXT_INITIALISER("quarter"), PERIOD_QUARTER},
    {TEXT_INITIALISER("year"), PERIOD_YEAR},
};

enum status span_parse(struct text text, struct span *span)
{
    struct text unit_name;
    struct text digits = text_split(text, ' ', &unit_name);
    if (digits.length == 0 || digits.length > 6 || digits.bytes[0] == '0') return STATUS_SYNTAX;
    struct reader reader = {digits.bytes, digits.bytes + digits.length};
    int32_t count;
    if (!read_number(&reader, (int)digits.length, &count) || count > SPAN_COUNT_MAXIMUM)
        return STATUS_SYNTAX;
    if (text_ends_with(unit_name, TEXT("s"))) unit_name.length--;
    for (size_t i = 0; i < sizeof span_units / sizeof span_units[0]; i++) {
        if (!text_equal(unit_name, span_units[i].name)) continue;
        *span = (struct span){count, span_units[i].unit};
        return STATUS_OK;
    }
    return STATUS_SYNTAX;
}

struct text span_format(struct span span, char *out)
{
    int64_t count = span.count;
    char *at = out;
    if (count < 0) *at++ = '-';
    at = write_number(at, (uint64_t)(count < 0 ? -count : count), 1);
    *at++ = ' ';
    for (size_t i = 0; i < sizeof span_units / sizeof span_units[0]; i++) {
        if (span_units[i].unit != span.unit) continue;
        memcpy(at, span_units[i].name.bytes, span_units[i].name.length);
        at += span_units[i].name.length;
    }
    if (count != 1) *at++ = 's';
    return ended(out, at);
}
