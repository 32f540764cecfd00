/* 'text %s and %.2f'.format([values]): each clause takes the next value.
 *
 *   %%     a percent sign
 *   %s     anything but objects and optionals: [1, two], {key: value} in the order of the keys'
 * text %d     int, uint; the doubles that are no numbers %f %e  with %.3f as many digits behind the
 * point, 6 unless said; doubles rounded from their exact value, a half to even; %f also int, uint,
 * decimal and the number of money %b     int, uint, bool; %o int, uint; %x %X int, uint, and the
 * bytes of string and bytes
 */
#include "cel/library_format.h"
#include "cel/function_work.h"
#include "cel/timestamp.h"

#define PRECISION_DEFAULT 6
#define DIGITS_MAXIMUM 65 /* 64 binary ones and a sign */

/* One clause while it is written. */
struct clause {
    char letter;
    uint32_t precision;
};

static void refuse(struct cel_writer *writer, const char *what, struct cel_value given)
{
    struct text name = cel_kind_name(writer->call->evaluation->environment, given);
    cel_write_fail(writer, cel_fail(writer->call, CEL_FAULT_INVALID_ARGUMENT,
                                    "%s, not a value of type %.*s", what, TEXT_ARGUMENTS(name)));
}

/* A number of any base up to 16, with a minus sign when it is negative. */
static struct text digits_of(uint64_t size, bool is_negative, uint32_t base, bool in_capitals,
                             char out[DIGITS_MAXIMUM])
{
    const char *digits = in_capitals ? "0123456789ABCDEF" : "0123456789abcdef";
    size_t at = DIGITS_MAXIMUM;
    do {
        out[--at] = digits[size % base];
        size /= base;
    } while (size > 0);
    if (is_negative) out[--at] = '-';
    return (struct text){out + at, DIGITS_MAXIMUM - at};
}

static void write_integer(struct cel_writer *writer, struct cel_value value, uint32_t base,
                          bool in_capitals)
{
    char out[DIGITS_MAXIMUM];
    bool is_negative = value.kind == CEL_INT && value.integer < 0;
    uint64_t size = is_negative ? 0 - value.unsigned_integer : value.unsigned_integer;
    cel_write(writer, digits_of(size, is_negative, base, in_capitals, out));
}

static void write_double(struct cel_writer *writer, double number)
{
    char out[CEL_DOUBLE_TEXT_MAXIMUM];
    cel_write(writer, cel_double_format(number, out));
}

static void write_amount(struct cel_writer *writer, struct cel_value value)
{
    char out[AMOUNT_TEXT_MAXIMUM];
    cel_write(writer, amount_format(value.integer, value.scale, out));
    if (value.kind != CEL_MONEY) return;
    char code[4] = {' ', (char)(value.extra >> 16), (char)(value.extra >> 8), (char)value.extra};
    cel_write(writer, (struct text){code, sizeof code});
}

static void write_type(struct cel_writer *writer, const struct cel_type *type)
{
    struct buffer out;
    buffer_init(&out, CEL_STRING_MAXIMUM_BYTES);
    enum status status = cel_type_print(type, &out);
    if (status == STATUS_OK)
        cel_write(writer, buffer_text(&out));
    else
        cel_write_fail(writer, cel_failed_with(status));
    buffer_release(&out);
}

static void write_bytes(struct cel_writer *writer, struct text bytes)
{
    if (text_is_utf8(bytes, NULL))
        cel_write(writer, bytes);
    else
        cel_write_fail(writer, cel_error(CEL_FAULT_INVALID_UTF8, NULL));
}

static void write_value(struct cel_writer *writer, struct cel_value value, uint32_t depth);

static void write_list(struct cel_writer *writer, const struct cel_list *list, uint32_t depth)
{
    cel_write_byte(writer, '[');
    for (uint32_t i = 0; i < list->count && !cel_write_failed(writer); i++) {
        if (i > 0) cel_write(writer, TEXT(", "));
        write_value(writer, list->items[i], depth + 1);
    }
    cel_write_byte(writer, ']');
}

static int key_is_after(void *things, uint32_t a, uint32_t b)
{
    const struct cel_value *keys = things;
    return text_compare(cel_given(keys[a]), cel_given(keys[b])) > 0;
}

/* The keys' texts, in an array beside room for two orders of them. */
static struct cel_value *texts_of_keys(struct cel_writer *writer, const struct cel_map *map)
{
    struct cel_value *keys = arena_new_array(writer->call->arena, struct cel_value, map->count);
    if (keys == NULL) {
        cel_write_fail(writer, cel_no_memory());
        return NULL;
    }
    for (uint32_t i = 0; i < map->count; i++) {
        struct cel_writer key = cel_writer_of(writer->call);
        write_value(&key, map->entries[(size_t)2 * i], CEL_DEPTH_MAXIMUM);
        keys[i] = cel_written(&key);
        if (!cel_is_error(keys[i])) continue;
        cel_write_fail(writer, keys[i]);
        return NULL;
    }
    return keys;
}

static void write_map(struct cel_writer *writer, const struct cel_map *map, uint32_t depth)
{
    if (map->count == 0) {
        cel_write(writer, TEXT("{}"));
        return;
    }
    struct cel_value *keys = texts_of_keys(writer, map);
    uint32_t *order = arena_new_array(writer->call->arena, uint32_t, (size_t)2 * map->count);
    if (order == NULL) cel_write_fail(writer, cel_no_memory());
    if (keys == NULL || order == NULL) return;
    for (uint32_t i = 0; i < map->count; i++)
        order[i] = i;
    (void)cel_sort(order, order + map->count, map->count, key_is_after, keys);
    cel_write_byte(writer, '{');
    for (uint32_t i = 0; i < map->count && !cel_write_failed(writer); i++) {
        if (i > 0) cel_write(writer, TEXT(", "));
        cel_write(writer, cel_given(keys[order[i]]));
        cel_write(writer, TEXT(": "));
        write_value(writer, map->entries[(size_t)2 * order[i] + 1], depth + 1);
    }
    cel_write_byte(writer, '}');
}

static void write_time(struct cel_writer *writer, struct cel_value value)
{
    char out[CEL_TIME_TEXT_MAXIMUM];
    cel_write(writer, value.kind == CEL_TIMESTAMP ? cel_timestamp_format(value, out)
                                                  : cel_duration_format(value, out));
}

static void write_value(struct cel_writer *writer, struct cel_value value, uint32_t depth)
{
    if (depth > CEL_DEPTH_MAXIMUM) {
        cel_write_fail(writer, cel_too_long());
        return;
    }
    switch (value.kind) {
    case CEL_NULL:
        cel_write(writer, TEXT("null"));
        return;
    case CEL_BOOL:
        cel_write(writer, value.boolean != 0 ? TEXT("true") : TEXT("false"));
        return;
    case CEL_INT:
    case CEL_UINT:
        write_integer(writer, value, 10, false);
        return;
    case CEL_DOUBLE:
        write_double(writer, value.number);
        return;
    case CEL_STRING:
        cel_write(writer, cel_given(value));
        return;
    case CEL_BYTES:
        write_bytes(writer, cel_given(value));
        return;
    case CEL_LIST:
        write_list(writer, value.list, depth);
        return;
    case CEL_MAP:
        write_map(writer, value.map, depth);
        return;
    case CEL_TYPE:
        write_type(writer, value.type);
        return;
    case CEL_TIMESTAMP:
    case CEL_DURATION:
        write_time(writer, value);
        return;
    case CEL_DECIMAL:
    case CEL_MONEY:
        write_amount(writer, value);
        return;
    default:
        refuse(writer, "%s takes numbers, texts, bools, times, lists and maps", value);
    }
}

static void write_decimal_clause(struct cel_writer *writer, struct cel_value value)
{
    if (value.kind == CEL_INT || value.kind == CEL_UINT)
        write_integer(writer, value, 10, false);
    else if (value.kind == CEL_DOUBLE && __builtin_isfinite(value.number) == 0)
        write_double(writer, value.number);
    else
        refuse(writer, "%d takes an int or a uint", value);
}

static void write_zeros(struct cel_writer *writer, uint32_t count)
{
    for (; count > 0 && !cel_write_failed(writer); count--)
        cel_write_byte(writer, '0');
}

static void write_fixed_decimal(struct cel_writer *writer, struct decimal number,
                                uint32_t precision)
{
    char out[AMOUNT_TEXT_MAXIMUM];
    uint32_t scale = (uint32_t)number.scale;
    if (precision >= scale) {
        cel_write(writer, amount_format(number.coefficient, number.scale, out));
        if (scale == 0 && precision > 0) cel_write_byte(writer, '.');
        write_zeros(writer, precision - scale);
        return;
    }
    int64_t rounded = 0;
    enum status status = wide_divide(number.coefficient, power_of_ten((int32_t)(scale - precision)),
                                     1, ROUNDING_HALF_EVEN, &rounded);
    if (status == STATUS_OK)
        cel_write(writer, amount_format(rounded, (int32_t)precision, out));
    else
        cel_write_fail(writer, cel_failed_with(status));
}

static void write_fixed_clause(struct cel_writer *writer, struct cel_value value,
                               uint32_t precision)
{
    char out[CEL_DOUBLE_PRECISE_TEXT_MAXIMUM];
    switch (value.kind) {
    case CEL_DOUBLE:
        cel_write(writer, cel_double_format_precise(value.number, false, precision, out));
        return;
    case CEL_INT:
    case CEL_UINT:
        write_integer(writer, value, 10, false);
        if (precision > 0) cel_write_byte(writer, '.');
        write_zeros(writer, precision);
        return;
    case CEL_DECIMAL:
    case CEL_MONEY:
        write_fixed_decimal(writer, cel_decimal_of(value), precision);
        return;
    default:
        refuse(writer, "%f takes a number", value);
    }
}

static void write_scientific_clause(struct cel_writer *writer, struct cel_value value,
                                    uint32_t precision)
{
    char out[CEL_DOUBLE_PRECISE_TEXT_MAXIMUM];
    if (value.kind == CEL_DOUBLE)
        cel_write(writer, cel_double_format_precise(value.number, true, precision, out));
    else
        refuse(writer, "%e takes a double", value);
}

static void write_binary_clause(struct cel_writer *writer, struct cel_value value)
{
    if (value.kind == CEL_INT || value.kind == CEL_UINT || value.kind == CEL_BOOL)
        write_integer(writer, value, 2, false);
    else
        refuse(writer, "%b takes an int, a uint or a bool", value);
}

static void write_octal_clause(struct cel_writer *writer, struct cel_value value)
{
    if (value.kind == CEL_INT || value.kind == CEL_UINT)
        write_integer(writer, value, 8, false);
    else
        refuse(writer, "%o takes an int or a uint", value);
}

static void write_hexadecimal_clause(struct cel_writer *writer, struct cel_value value,
                                     bool in_capitals)
{
    if (value.kind == CEL_INT || value.kind == CEL_UINT) {
        write_integer(writer, value, 16, in_capitals);
        return;
    }
    if (value.kind != CEL_STRING && value.kind != CEL_BYTES) {
        refuse(writer, "%x takes an int, a uint, a string or bytes", value);
        return;
    }
    const char *digits = in_capitals ? "0123456789ABCDEF" : "0123456789abcdef";
    struct text bytes = cel_given(value);
    for (size_t i = 0; i < bytes.length && !cel_write_failed(writer); i++) {
        unsigned char byte = (unsigned char)bytes.bytes[i];
        cel_write(writer, (struct text){(char[]){digits[byte >> 4], digits[byte & 15]}, 2});
    }
}

static void write_clause(struct cel_writer *writer, struct clause clause, struct cel_value value)
{
    switch (clause.letter) {
    case 's':
        write_value(writer, value, 0);
        return;
    case 'd':
        write_decimal_clause(writer, value);
        return;
    case 'f':
        write_fixed_clause(writer, value, clause.precision);
        return;
    case 'e':
        write_scientific_clause(writer, value, clause.precision);
        return;
    case 'b':
        write_binary_clause(writer, value);
        return;
    case 'o':
        write_octal_clause(writer, value);
        return;
    default:
        write_hexadecimal_clause(writer, value, clause.letter == 'X');
    }
}

static void refuse_clause(struct cel_writer *writer, const char *what, struct text clause)
{
    clause = cel_shortened(clause);
    cel_write_fail(writer, cel_fail(writer->call, CEL_FAULT_INVALID_ARGUMENT, "%%%.*s: %s",
                                    TEXT_ARGUMENTS(clause), what));
}

/* Reads what stands behind a percent sign; `*at` becomes what follows it. */
static bool read_clause(struct cel_writer *writer, struct text pattern, size_t *at,
                        struct clause *clause)
{
    size_t begin = *at;
    clause->precision = PRECISION_DEFAULT;
    if (*at < pattern.length && pattern.bytes[*at] == '.') {
        clause->precision = 0;
        for (++*at; *at < pattern.length && pattern.bytes[*at] >= '0' && pattern.bytes[*at] <= '9';
             ++*at) {
            uint32_t digit = (uint32_t)(pattern.bytes[*at] - '0');
            if (clause->precision <= CEL_PRECISION_MAXIMUM)
                clause->precision = clause->precision * 10 + digit;
        }
    }
    size_t end = *at < pattern.length ? *at + cel_code_point_bytes(pattern.bytes[*at]) : *at;
    struct text letter = {pattern.bytes + *at, end - *at};
    if (clause->precision > CEL_PRECISION_MAXIMUM) {
        struct text whole = {pattern.bytes + begin, end - begin};
        refuse_clause(writer, "at most 1000 digits can be asked for", whole);
        return false;
    }
    if (letter.length == 0 || memchr("sdfeboxX", letter.bytes[0], 8) == NULL) {
        refuse_clause(writer, "a clause is one of %s %d %f %e %b %o %x %X, or %% for the sign",
                      letter);
        return false;
    }
    clause->letter = letter.bytes[0];
    *at = end;
    return true;
}

struct cel_value cel_string_format(struct cel_call *call, const struct cel_value *arguments)
{
    struct text pattern = cel_given(arguments[0]);
    const struct cel_list *values = arguments[1].list;
    if (!cel_spend_text(call, pattern.length)) return cel_too_many_steps();
    struct cel_writer writer = cel_writer_of(call);
    uint32_t next = 0;
    size_t at = 0;
    while (at < pattern.length && !cel_write_failed(&writer)) {
        const char *sign = memchr(pattern.bytes + at, '%', pattern.length - at);
        size_t end = sign == NULL ? pattern.length : (size_t)(sign - pattern.bytes);
        cel_write(&writer, (struct text){pattern.bytes + at, end - at});
        at = end + 1;
        if (sign == NULL) break;
        if (at < pattern.length && pattern.bytes[at] == '%') {
            cel_write_byte(&writer, '%');
            at++;
            continue;
        }
        struct clause clause = {0};
        if (!read_clause(&writer, pattern, &at, &clause)) break;
        if (next == values->count)
            return cel_fail(call, CEL_FAULT_INDEX, "no value for clause %u", (unsigned)next + 1);
        write_clause(&writer, clause, values->items[next++]);
    }
    return cel_written(&writer);
}
