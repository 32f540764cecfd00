/* Time format: compiled once, then read letter by letter.
 *
 * Must never depend on a locale: month names are English, as exports of shop systems have them.
 * Reading collects the parts in any order and puts them together at the end, so that %p may stand
 * before %I and %z anywhere.
 */
#include "backtest/time_format.h"

#define LETTERS "YymdbHIpMSfzs"
#define FRACTION_DIGITS 6
#define SECONDS_DIGITS 12

static const char *const month_names[12] = {"January",   "February", "March",    "April",
                                            "May",       "June",     "July",     "August",
                                            "September", "October",  "November", "December"};

/* What a text said so far. */
struct time_parts {
    int32_t year, month, day;
    int32_t hour, minute, second, microsecond;
    bool has_half_day; /* %p */
    bool is_afternoon;
    bool has_offset;
    int32_t offset_minutes;
    bool has_unix_seconds;
    int64_t unix_seconds;
};

static enum status add_step(struct arena *arena, struct time_format *format, char byte,
                            bool is_letter, struct text *error)
{
    if (format->count == TIME_FORMAT_STEP_MAXIMUM) {
        *error = arena_copy(arena, TEXT("is too long for a time format"));
        return STATUS_INVALID;
    }
    format->steps[format->count] = byte;
    format->is_letter[format->count++] = is_letter;
    return STATUS_OK;
}

static enum status add_letter(struct arena *arena, struct time_format *format, char letter,
                              struct text *error)
{
    if (letter == 'F' || letter == 'T') {
        const char *parts = letter == 'F' ? "Y-m-d" : "H:M:S";
        for (; *parts != '\0'; parts++) {
            bool is_letter = *parts != '-' && *parts != ':';
            TRY(add_step(arena, format, *parts, is_letter, error));
        }
        return STATUS_OK;
    }
    if (letter == 'B') letter = 'b';
    if (letter == 'e') letter = 'd';
    if (letter == '%') return add_step(arena, format, letter, false, error);
    if (letter != '\0' && strchr(LETTERS, letter) != NULL) {
        return add_step(arena, format, letter, true, error);
    }
    *error = arena_format(arena,
                          "has %%%c, which is not known; known are %%Y %%y %%m %%b %%d %%H %%I %%p "
                          "%%M %%S %%f %%z %%F %%T %%s",
                          letter);
    return STATUS_INVALID;
}

static bool has_letter(const struct time_format *format, char letter)
{
    for (uint32_t i = 0; i < format->count; i++) {
        if (format->is_letter[i] && format->steps[i] == letter) return true;
    }
    return false;
}

/* A format that leaves the day open, or the half of it, would read every file wrongly. */
static const char *what_is_missing(const struct time_format *format)
{
    if (has_letter(format, 's')) return NULL;
    if (!has_letter(format, 'Y') && !has_letter(format, 'y')) return "a year: %Y or %y";
    if (!has_letter(format, 'm') && !has_letter(format, 'b')) return "a month: %m or %b";
    if (!has_letter(format, 'd')) return "a day: %d";
    if (has_letter(format, 'I') != has_letter(format, 'p')) return "%I and %p together";
    return NULL;
}

enum status time_format_compile(struct arena *arena, struct text text, struct time_format *format,
                                struct text *error)
{
    struct time_format compiled = {.is_rfc3339 = text_equal(text, TEXT("rfc3339"))};
    for (size_t i = 0; i < text.length && !compiled.is_rfc3339; i++) {
        if (text.bytes[i] != '%') {
            TRY(add_step(arena, &compiled, text.bytes[i], false, error));
            continue;
        }
        i++;
        TRY(add_letter(arena, &compiled, i < text.length ? text.bytes[i] : '\0', error));
    }
    const char *missing = compiled.is_rfc3339 ? NULL : what_is_missing(&compiled);
    if (missing != NULL) {
        *error =
            arena_format(arena, "has no %s", missing + (strncmp(missing, "a ", 2) == 0 ? 2 : 0));
        return STATUS_INVALID;
    }
    *format = compiled;
    return STATUS_OK;
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* From `least` to `most` digits. */
static bool read_digits(struct text *rest, int least, int most, int64_t *number)
{
    int count = 0;
    int64_t value = 0;
    while (count < most && (size_t)count < rest->length && is_digit(rest->bytes[count])) {
        value = value * 10 + (rest->bytes[count] - '0');
        count++;
    }
    if (count < least) return false;
    *rest = (struct text){rest->bytes + count, rest->length - (size_t)count};
    *number = value;
    return true;
}

static bool read_number(struct text *rest, int least, int most, int32_t *number)
{
    int64_t value = 0;
    if (!read_digits(rest, least, most, &value)) return false;
    *number = (int32_t)value;
    return true;
}

static bool read_byte(struct text *rest, char byte)
{
    if (rest->length == 0 || rest->bytes[0] != byte) return false;
    *rest = (struct text){rest->bytes + 1, rest->length - 1};
    return true;
}

static bool read_name(struct text *rest, const char *name, size_t length)
{
    if (rest->length < length) return false;
    if (!text_equal_ignoring_case((struct text){rest->bytes, length},
                                  (struct text){name, length})) {
        return false;
    }
    *rest = (struct text){rest->bytes + length, rest->length - length};
    return true;
}

static bool read_month_name(struct text *rest, int32_t *month)
{
    for (int32_t i = 0; i < 12; i++) {
        bool whole = read_name(rest, month_names[i], strlen(month_names[i]));
        if (!whole && !read_name(rest, month_names[i], 3)) continue;
        *month = i + 1;
        return true;
    }
    return false;
}

static bool read_half_day(struct text *rest, struct time_parts *parts)
{
    parts->has_half_day = true;
    parts->is_afternoon = rest->length > 0 && (rest->bytes[0] == 'P' || rest->bytes[0] == 'p');
    return read_name(rest, parts->is_afternoon ? "PM" : "AM", 2);
}

static bool read_fraction(struct text *rest, int32_t *microsecond)
{
    int32_t value = 0;
    int count = 0;
    for (; rest->length > 0 && is_digit(rest->bytes[0]); count++) {
        if (count < FRACTION_DIGITS) value = value * 10 + (rest->bytes[0] - '0');
        *rest = (struct text){rest->bytes + 1, rest->length - 1};
    }
    for (int i = count; i < FRACTION_DIGITS; i++)
        value *= 10;
    *microsecond = value;
    return count > 0;
}

static bool read_offset(struct text *rest, struct time_parts *parts)
{
    parts->has_offset = true;
    parts->offset_minutes = 0;
    if (read_byte(rest, 'Z')) return true;
    bool is_west = rest->length > 0 && rest->bytes[0] == '-';
    int32_t hours = 0;
    int32_t minutes = 0;
    if (!read_byte(rest, is_west ? '-' : '+')) return false;
    if (!read_number(rest, 2, 2, &hours)) return false;
    (void)read_byte(rest, ':');
    if (!read_number(rest, 2, 2, &minutes) || hours > 23 || minutes > 59) return false;
    parts->offset_minutes = (hours * 60 + minutes) * (is_west ? -1 : 1);
    return true;
}

static bool read_letter(char letter, struct text *rest, struct time_parts *parts)
{
    switch (letter) {
    case 'Y':
        return read_number(rest, 4, 4, &parts->year);
    case 'y':
        if (!read_number(rest, 2, 2, &parts->year)) return false;
        parts->year += parts->year < 69 ? 2000 : 1900;
        return true;
    case 'm':
        return read_number(rest, 1, 2, &parts->month);
    case 'b':
        return read_month_name(rest, &parts->month);
    case 'd':
        (void)read_byte(rest, ' '); /* " 9", as %e writes it */
        return read_number(rest, 1, 2, &parts->day);
    case 'H':
    case 'I':
        return read_number(rest, 1, 2, &parts->hour);
    case 'p':
        return read_half_day(rest, parts);
    case 'M':
        return read_number(rest, 1, 2, &parts->minute);
    case 'S':
        return read_number(rest, 1, 2, &parts->second);
    case 'f':
        return read_fraction(rest, &parts->microsecond);
    case 'z':
        return read_offset(rest, parts);
    default:
        parts->has_unix_seconds = true;
        return read_digits(rest, 1, SECONDS_DIGITS, &parts->unix_seconds);
    }
}

static enum status put_together(const struct time_parts *parts, const struct zone *zone,
                                int64_t *instant_us)
{
    int64_t instant = 0;
    if (parts->has_unix_seconds) {
        instant = parts->unix_seconds * MICROSECONDS_PER_SECOND + parts->microsecond;
    } else {
        int32_t hour = parts->hour;
        if (parts->has_half_day) {
            if (hour < 1 || hour > 12) return STATUS_INVALID;
            hour = hour % 12 + (parts->is_afternoon ? 12 : 0);
        }
        struct date date = {parts->year, parts->month, parts->day};
        if (!date_is_valid(date) || hour > 23 || parts->minute > 59 || parts->second > 59) {
            return STATUS_INVALID;
        }
        int64_t seconds = (hour * INT64_C(60) + parts->minute) * 60 + parts->second;
        struct wall_time wall = {day_of_date(date),
                                 seconds * MICROSECONDS_PER_SECOND + parts->microsecond};
        instant = parts->has_offset ? wall.local_day * MICROSECONDS_PER_DAY + wall.time_of_day_us -
                                          parts->offset_minutes * (60 * MICROSECONDS_PER_SECOND)
                                    : zone_from_wall(zone, wall);
    }
    if (instant < INSTANT_EARLIEST || instant > INSTANT_LATEST) return STATUS_INVALID;
    *instant_us = instant;
    return STATUS_OK;
}

enum status time_format_parse(const struct time_format *format, const struct zone *zone,
                              struct text text, int64_t *instant_us)
{
    if (format->is_rfc3339) return instant_parse(zone, text, instant_us);
    struct time_parts parts = {0};
    struct text rest = text;
    for (uint32_t i = 0; i < format->count; i++) {
        bool matches = format->is_letter[i] ? read_letter(format->steps[i], &rest, &parts)
                                            : read_byte(&rest, format->steps[i]);
        if (!matches) return STATUS_SYNTAX;
    }
    if (rest.length > 0) return STATUS_SYNTAX;
    return put_together(&parts, zone, instant_us);
}

static const char *example_of(char letter)
{
    switch (letter) {
    case 'Y':
        return "2011";
    case 'y':
        return "11";
    case 'm':
        return "12";
    case 'b':
        return "Dec";
    case 'd':
        return "31";
    case 'H':
        return "16";
    case 'I':
        return "04";
    case 'p':
        return "PM";
    case 'M':
        return "30";
    case 'S':
        return "59";
    case 'f':
        return "250000";
    case 'z':
        return "+00:00";
    default:
        return "1325349059";
    }
}

struct text time_format_example(const struct time_format *format, char *out)
{
    if (format->is_rfc3339) return TEXT("2011-12-31T16:30:59Z");
    size_t length = 0;
    for (uint32_t i = 0; i < format->count; i++) {
        struct text part = format->is_letter[i] ? text_of(example_of(format->steps[i]))
                                                : (struct text){&format->steps[i], 1};
        memcpy(out + length, part.bytes, part.length);
        length += part.length;
    }
    return (struct text){out, length};
}
