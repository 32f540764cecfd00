/* Timestamps and durations as text.
 *
 * A timestamp is read by its fixed columns; its fraction and its offset follow. A duration is
 * summed in nanoseconds, 128 bits wide, and each number is given up as too large before the sum
 * could overflow. Both are written with as many digits of the fraction as are not 0.
 */
#include "cel/timestamp.h"
#include "cel/inner.h"

#define NANOSECONDS_PER_SECOND INT64_C(1000000000)
#define SECONDS_PER_DAY INT64_C(86400)
#define TIMESTAMP_EARLIEST (INSTANT_EARLIEST / MICROSECONDS_PER_SECOND)
#define TIMESTAMP_LATEST (INSTANT_LATEST / MICROSECONDS_PER_SECOND)
#define FRACTION_DIGITS 9
#define FRACTION_DIGITS_COUNTED 18

static struct cel_value not_readable(const char *detail)
{
    return cel_error(CEL_FAULT_CONVERSION, detail);
}

static struct cel_value no_timestamp(void)
{
    return not_readable("a timestamp is written like 2027-03-05T12:00:00Z or ...+02:00");
}

static struct cel_value no_duration(void)
{
    return not_readable("a duration is written like 1h30m, 90s or 1.5s");
}

struct cel_value cel_timestamp_of_seconds(int64_t seconds)
{
    if (seconds < TIMESTAMP_EARLIEST || seconds > TIMESTAMP_LATEST)
        return cel_error(CEL_FAULT_RANGE, "a timestamp is in the years 1 to 9999");
    return cel_timestamp(seconds, 0);
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* Reads the text by a pattern in which 0 stands for a digit; what a number is made of is put to
 * `numbers`, one for each run of zeros. */
static bool read_columns(const char *at, const char *pattern, int32_t *numbers)
{
    for (size_t i = 0; pattern[i] != '\0'; i++) {
        bool wants_digit = pattern[i] == '0';
        if (wants_digit ? !is_digit(at[i]) : at[i] != pattern[i]) return false;
        if (!wants_digit) continue;
        bool begins = i == 0 || pattern[i - 1] != '0';
        *numbers = (begins ? 0 : *numbers * 10) + (at[i] - '0');
        if (pattern[i + 1] != '0') numbers++;
    }
    return true;
}

/* Reads digits behind a point as nanoseconds; `*rest` becomes what follows. */
static bool read_fraction(struct text *rest, uint32_t *nanoseconds)
{
    if (rest->length == 0 || rest->bytes[0] != '.') return true;
    size_t end = 1;
    uint32_t value = 0;
    for (; end < rest->length && is_digit(rest->bytes[end]); end++) {
        if (end > FRACTION_DIGITS) return false;
        value = value * 10 + (uint32_t)(rest->bytes[end] - '0');
    }
    if (end == 1) return false;
    for (size_t digits = end - 1; digits < FRACTION_DIGITS; digits++)
        value *= 10;
    *nanoseconds = value;
    *rest = (struct text){rest->bytes + end, rest->length - end};
    return true;
}

/* Reads "Z" or "+05:30", the whole text. */
static bool read_offset(struct text text, int64_t *offset_seconds)
{
    if (text_equal(text, TEXT("Z"))) return true;
    int32_t numbers[2] = {0};
    if (text.length != 6 || (text.bytes[0] != '+' && text.bytes[0] != '-')) return false;
    if (!read_columns(text.bytes + 1, "00:00", numbers)) return false;
    if (numbers[0] > 23 || numbers[1] > 59) return false;
    int64_t size = (int64_t)numbers[0] * 3600 + (int64_t)numbers[1] * 60;
    *offset_seconds = text.bytes[0] == '-' ? -size : size;
    return true;
}

/* Is it a year of five digits or more, and else written as a timestamp begins? */
static bool has_long_year(struct text text)
{
    size_t digits = 0;
    while (digits < text.length && is_digit(text.bytes[digits]))
        digits++;
    return digits > 4 && digits < text.length && text.bytes[digits] == '-';
}

struct cel_value cel_timestamp_parse(struct text text)
{
    static const char columns[] = "0000-00-00T00:00:00";
    enum { YEAR, MONTH, DAY, HOUR, MINUTE, SECOND, NUMBER_COUNT };
    int32_t numbers[NUMBER_COUNT] = {0};
    if (has_long_year(text)) return cel_timestamp_of_seconds(INT64_MAX);
    if (text.length < sizeof columns || !read_columns(text.bytes, columns, numbers))
        return no_timestamp();
    struct text rest = {text.bytes + sizeof columns - 1, text.length - sizeof columns + 1};
    uint32_t nanoseconds = 0;
    int64_t offset_seconds = 0;
    if (!read_fraction(&rest, &nanoseconds) || !read_offset(rest, &offset_seconds))
        return no_timestamp();
    if (numbers[YEAR] == 0) return cel_timestamp_of_seconds(INT64_MIN);
    struct date date = {numbers[YEAR], numbers[MONTH], numbers[DAY]};
    if (!date_is_valid(date) || numbers[HOUR] > 23 || numbers[MINUTE] > 59 || numbers[SECOND] > 59)
        return not_readable("there is no such date or time of day");
    int64_t seconds = (int64_t)day_of_date(date) * SECONDS_PER_DAY + (int64_t)numbers[HOUR] * 3600 +
                      (int64_t)numbers[MINUTE] * 60 + numbers[SECOND] - offset_seconds;
    struct cel_value timestamp = cel_timestamp_of_seconds(seconds);
    if (!cel_is_error(timestamp)) timestamp.extra = nanoseconds;
    return timestamp;
}

static const struct {
    const char *name;
    int64_t nanoseconds;
} units[] = {
    {"h", 3600 * NANOSECONDS_PER_SECOND},
    {"ms", 1000000},
    {"m", 60 * NANOSECONDS_PER_SECOND},
    {"s", NANOSECONDS_PER_SECOND},
    {"us", 1000},
    {"\xC2\xB5s", 1000}, /* the micro sign */
    {"\xCE\xBCs", 1000}, /* the Greek letter */
    {"ns", 1},
};

/* The unit that the text begins with, in nanoseconds; 0 when there is none. */
static int64_t read_unit(struct text *rest)
{
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        struct text name = text_of(units[i].name);
        if (!text_starts_with(*rest, name)) continue;
        *rest = (struct text){rest->bytes + name.length, rest->length - name.length};
        return units[i].nanoseconds;
    }
    return 0;
}

/* A number as it was written: digits of the fraction past the 18th, far below a nanosecond, are not
 * counted. */
struct number {
    uint64_t whole;
    int64_t fraction;
    int64_t fraction_power; /* the fraction is fraction / fraction_power */
    bool is_too_large;
};

/* Reads digits[.digits]; false when there is no digit. */
static bool read_number(struct text *rest, struct number *number)
{
    *number = (struct number){.fraction_power = 1};
    size_t at = 0;
    size_t digits = 0;
    for (; at < rest->length && is_digit(rest->bytes[at]); at++, digits++) {
        uint64_t digit = (uint64_t)(rest->bytes[at] - '0');
        number->is_too_large |= __builtin_mul_overflow(number->whole, 10, &number->whole) ||
                                __builtin_add_overflow(number->whole, digit, &number->whole);
    }
    if (at < rest->length && rest->bytes[at] == '.') {
        size_t first = ++at;
        for (; at < rest->length && is_digit(rest->bytes[at]); at++, digits++) {
            if (at - first >= FRACTION_DIGITS_COUNTED) continue;
            number->fraction = number->fraction * 10 + (rest->bytes[at] - '0');
            number->fraction_power *= 10;
        }
    }
    *rest = (struct text){rest->bytes + at, rest->length - at};
    return digits > 0;
}

static struct cel_value duration_of(wide nanoseconds)
{
    if (nanoseconds != (int64_t)nanoseconds)
        return cel_error(CEL_FAULT_RANGE, "a duration is at most some 292 years");
    int64_t all = (int64_t)nanoseconds;
    return cel_duration(all / NANOSECONDS_PER_SECOND, (int32_t)(all % NANOSECONDS_PER_SECOND));
}

struct cel_value cel_duration_parse(struct text text)
{
    bool is_negative = text.length > 0 && text.bytes[0] == '-';
    bool has_sign = is_negative || (text.length > 0 && text.bytes[0] == '+');
    struct text rest = text;
    if (has_sign) rest = (struct text){text.bytes + 1, text.length - 1};
    if (rest.length == 0) return no_duration();
    if (text_equal(rest, TEXT("0"))) return cel_duration(0, 0);

    wide sum = 0;
    bool is_too_large = false;
    while (rest.length > 0) {
        struct number number;
        if (!read_number(&rest, &number)) return no_duration();
        int64_t unit = read_unit(&rest);
        if (unit == 0) return no_duration();
        is_too_large |= number.is_too_large;
        if (!is_too_large)
            sum += (wide)number.whole * unit + (wide)number.fraction * unit / number.fraction_power;
        /* Once past 64 bits it stays there: what is added is never negative. */
        is_too_large |= sum > (wide)INT64_MAX + 1;
    }
    if (is_too_large) sum = (wide)INT64_MAX + 2;
    return duration_of(is_negative ? -sum : sum);
}

/* ".5" for half a second; nothing for none. */
static char *write_fraction(char *at, uint32_t nanoseconds)
{
    if (nanoseconds == 0) return at;
    *at++ = '.';
    for (uint32_t place = NANOSECONDS_PER_SECOND / 10; nanoseconds > 0; place /= 10) {
        *at++ = (char)('0' + nanoseconds / place);
        nanoseconds %= place;
    }
    return at;
}

static char *write_digits(char *at, uint32_t number, uint32_t place)
{
    for (; place > 0; place /= 10)
        *at++ = (char)('0' + number / place % 10);
    return at;
}

struct text cel_timestamp_format(struct cel_value timestamp, char out[CEL_TIME_TEXT_MAXIMUM])
{
    int64_t day = timestamp.integer / SECONDS_PER_DAY;
    int64_t seconds = timestamp.integer % SECONDS_PER_DAY;
    if (seconds < 0) {
        seconds += SECONDS_PER_DAY;
        day--;
    }
    struct date date = date_of_day((int32_t)day);
    uint32_t second = (uint32_t)seconds;
    char *at = write_digits(out, (uint32_t)date.year, 1000);
    *at++ = '-';
    at = write_digits(at, (uint32_t)date.month, 10);
    *at++ = '-';
    at = write_digits(at, (uint32_t)date.day, 10);
    *at++ = 'T';
    at = write_digits(at, second / 3600, 10);
    *at++ = ':';
    at = write_digits(at, second / 60 % 60, 10);
    *at++ = ':';
    at = write_digits(at, second % 60, 10);
    at = write_fraction(at, timestamp.extra);
    *at++ = 'Z';
    return (struct text){out, (size_t)(at - out)};
}

struct text cel_duration_format(struct cel_value duration, char out[CEL_TIME_TEXT_MAXIMUM])
{
    int32_t nanoseconds = (int32_t)duration.extra;
    char *at = out;
    /* A duration of less than a second has its sign in the nanoseconds alone. */
    if (duration.integer == 0 && nanoseconds < 0) *at++ = '-';
    char whole[AMOUNT_TEXT_MAXIMUM];
    struct text seconds = amount_format(duration.integer, 0, whole);
    memcpy(at, seconds.bytes, seconds.length);
    at += seconds.length;
    at = write_fraction(at, (uint32_t)(nanoseconds < 0 ? -nanoseconds : nanoseconds));
    *at++ = 's';
    return (struct text){out, (size_t)(at - out)};
}

static wide nanoseconds_of(struct cel_value value)
{
    /* A timestamp's nanoseconds fit the signed ones of a duration. */
    return (wide)value.integer * NANOSECONDS_PER_SECOND + (int32_t)value.extra;
}

static struct cel_value timestamp_of(wide nanoseconds)
{
    int64_t seconds = (int64_t)(nanoseconds / NANOSECONDS_PER_SECOND);
    int64_t rest = (int64_t)(nanoseconds % NANOSECONDS_PER_SECOND);
    if (rest < 0) {
        rest += NANOSECONDS_PER_SECOND;
        seconds--;
    }
    struct cel_value timestamp = cel_timestamp_of_seconds(seconds);
    if (!cel_is_error(timestamp)) timestamp.extra = (uint32_t)rest;
    return timestamp;
}

struct cel_value cel_timestamp_plus_duration(struct cel_call *call,
                                             const struct cel_value *arguments)
{
    (void)call;
    return timestamp_of(nanoseconds_of(arguments[0]) + nanoseconds_of(arguments[1]));
}

struct cel_value cel_duration_plus_timestamp(struct cel_call *call,
                                             const struct cel_value *arguments)
{
    return cel_timestamp_plus_duration(call, arguments);
}

struct cel_value cel_duration_plus_duration(struct cel_call *call,
                                            const struct cel_value *arguments)
{
    (void)call;
    return duration_of(nanoseconds_of(arguments[0]) + nanoseconds_of(arguments[1]));
}

struct cel_value cel_timestamp_minus_timestamp(struct cel_call *call,
                                               const struct cel_value *arguments)
{
    return cel_duration_minus_duration(call, arguments);
}

struct cel_value cel_timestamp_minus_duration(struct cel_call *call,
                                              const struct cel_value *arguments)
{
    (void)call;
    return timestamp_of(nanoseconds_of(arguments[0]) - nanoseconds_of(arguments[1]));
}

struct cel_value cel_duration_minus_duration(struct cel_call *call,
                                             const struct cel_value *arguments)
{
    (void)call;
    return duration_of(nanoseconds_of(arguments[0]) - nanoseconds_of(arguments[1]));
}
