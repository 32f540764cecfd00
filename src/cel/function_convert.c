/* Conversions: bool int uint double string bytes timestamp duration, and type and dyn.
 *
 * A number that the other kind cannot hold is CEL_FAULT_RANGE, a text that is none of its kind
 * CEL_FAULT_CONVERSION. A double loses what stands behind its point, towards 0; the doubles 2^63
 * and -2^63 are refused, since they may stand for what was outside of int before it was rounded.
 */
#include <inttypes.h>

#include "cel/function_work.h"
#include "cel/standard.h"
#include "cel/timestamp.h"

static struct cel_value same(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    return arguments[0];
}

static struct cel_value range(void)
{
    return cel_error(CEL_FAULT_RANGE, NULL);
}

static struct cel_value no_conversion(void)
{
    return cel_error(CEL_FAULT_CONVERSION, NULL);
}

static struct cel_value string_to_bool(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    static const struct {
        struct text text;
        bool boolean;
    } words[] = {
        {TEXT_INITIALISER("true"), true},   {TEXT_INITIALISER("True"), true},
        {TEXT_INITIALISER("TRUE"), true},   {TEXT_INITIALISER("t"), true},
        {TEXT_INITIALISER("1"), true},      {TEXT_INITIALISER("false"), false},
        {TEXT_INITIALISER("False"), false}, {TEXT_INITIALISER("FALSE"), false},
        {TEXT_INITIALISER("f"), false},     {TEXT_INITIALISER("0"), false},
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (text_equal(cel_text(arguments[0]), words[i].text)) return cel_bool(words[i].boolean);
    return no_conversion();
}

/* Digits alone, at least one. */
static struct cel_value read_digits(struct text digits, uint64_t *number)
{
    if (digits.length == 0) return no_conversion();
    *number = 0;
    for (size_t i = 0; i < digits.length; i++) {
        char digit = digits.bytes[i];
        if (digit < '0' || digit > '9') return no_conversion();
        if (__builtin_mul_overflow(*number, UINT64_C(10), number) ||
            __builtin_add_overflow(*number, (uint64_t)(digit - '0'), number))
            return range();
    }
    return cel_null();
}

static struct cel_value string_to_int(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    struct text text = cel_text(arguments[0]);
    bool is_negative = text.length > 0 && text.bytes[0] == '-';
    if (is_negative || (text.length > 0 && text.bytes[0] == '+'))
        text = (struct text){text.bytes + 1, text.length - 1};
    uint64_t number = 0;
    struct cel_value problem = read_digits(text, &number);
    if (cel_is_error(problem)) return problem;
    if (number > (uint64_t)INT64_MAX + (is_negative ? 1 : 0)) return range();
    if (!is_negative) return cel_int((int64_t)number);
    return cel_int(number == 0 ? 0 : -(int64_t)(number - 1) - 1);
}

static struct cel_value string_to_uint(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    uint64_t number = 0;
    struct cel_value problem = read_digits(cel_text(arguments[0]), &number);
    return cel_is_error(problem) ? problem : cel_uint(number);
}

static struct cel_value uint_to_int(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    uint64_t number = arguments[0].unsigned_integer;
    return number > INT64_MAX ? range() : cel_int((int64_t)number);
}

static struct cel_value int_to_uint(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    int64_t number = arguments[0].integer;
    return number < 0 ? range() : cel_uint((uint64_t)number);
}

static struct cel_value double_to_int(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    double number = arguments[0].number;
    return number > -0x1p63 && number < 0x1p63 ? cel_int((int64_t)number) : range();
}

static struct cel_value double_to_uint(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    double number = arguments[0].number;
    return number >= 0 && number < 0x1p64 ? cel_uint((uint64_t)number) : range();
}

static struct cel_value timestamp_to_int(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    return cel_int(arguments[0].integer);
}

static struct cel_value int_to_double(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    return cel_double((double)arguments[0].integer);
}

static struct cel_value uint_to_double(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    return cel_double((double)arguments[0].unsigned_integer);
}

static struct cel_value string_to_double(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    double number = 0;
    enum status status = cel_double_parse(cel_text(arguments[0]), &number);
    return status == STATUS_OK ? cel_double(number) : no_conversion();
}

static struct cel_value made_string(struct text text)
{
    return text.bytes == NULL ? cel_no_memory() : cel_string(text);
}

static struct cel_value bool_to_string(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    return cel_string(arguments[0].boolean ? TEXT("true") : TEXT("false"));
}

static struct cel_value int_to_string(struct cel_call *call, const struct cel_value *arguments)
{
    return made_string(arena_format(call->arena, "%" PRId64, arguments[0].integer));
}

static struct cel_value uint_to_string(struct cel_call *call, const struct cel_value *arguments)
{
    return made_string(arena_format(call->arena, "%" PRIu64, arguments[0].unsigned_integer));
}

static struct cel_value double_to_string(struct cel_call *call, const struct cel_value *arguments)
{
    char out[CEL_DOUBLE_TEXT_MAXIMUM];
    return made_string(arena_copy(call->arena, cel_double_format(arguments[0].number, out)));
}

static struct cel_value bytes_to_string(struct cel_call *call, const struct cel_value *arguments)
{
    if (!cel_spend_text(call, arguments[0].extra)) return cel_too_many_steps();
    if (!text_is_utf8(cel_text(arguments[0]), NULL)) return cel_error(CEL_FAULT_INVALID_UTF8, NULL);
    return cel_string(cel_text(arguments[0]));
}

static struct cel_value string_to_bytes(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    return cel_bytes(cel_text(arguments[0]));
}

static struct cel_value timestamp_to_string(struct cel_call *call,
                                            const struct cel_value *arguments)
{
    char out[CEL_TIME_TEXT_MAXIMUM];
    return made_string(arena_copy(call->arena, cel_timestamp_format(arguments[0], out)));
}

static struct cel_value duration_to_string(struct cel_call *call, const struct cel_value *arguments)
{
    char out[CEL_TIME_TEXT_MAXIMUM];
    return made_string(arena_copy(call->arena, cel_duration_format(arguments[0], out)));
}

static struct cel_value string_to_timestamp(struct cel_call *call,
                                            const struct cel_value *arguments)
{
    (void)call;
    return cel_timestamp_parse(cel_text(arguments[0]));
}

static struct cel_value int_to_timestamp(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    int64_t seconds = arguments[0].integer;
    if (seconds < INSTANT_EARLIEST / MICROSECONDS_PER_SECOND ||
        seconds > INSTANT_LATEST / MICROSECONDS_PER_SECOND)
        return range();
    return cel_timestamp(seconds, 0);
}

static struct cel_value string_to_duration(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    return cel_duration_parse(cel_text(arguments[0]));
}

static struct cel_value type_of(struct cel_call *call, const struct cel_value *arguments)
{
    const struct cel_type *type = cel_type_of_value(call->evaluation->environment, arguments[0]);
    return type == NULL ? cel_error(CEL_FAULT_NO_SUCH_OVERLOAD, NULL) : cel_type_value(type);
}

#define ONE CEL_COST_ONE
#define TEXTUAL CEL_COST_TEXT

static const struct cel_overload to_bool[] = {
    {"bool_to_bool", "(bool) -> bool", same, ONE},
    {"string_to_bool", "(string) -> bool", string_to_bool, ONE},
};
static const struct cel_overload to_int[] = {
    {"int64_to_int64", "(int) -> int", same, ONE},
    {"uint64_to_int64", "(uint) -> int", uint_to_int, ONE},
    {"double_to_int64", "(double) -> int", double_to_int, ONE},
    {"string_to_int64", "(string) -> int", string_to_int, ONE},
    {"timestamp_to_int64", "(timestamp) -> int", timestamp_to_int, ONE},
};
static const struct cel_overload to_uint[] = {
    {"uint64_to_uint64", "(uint) -> uint", same, ONE},
    {"int64_to_uint64", "(int) -> uint", int_to_uint, ONE},
    {"double_to_uint64", "(double) -> uint", double_to_uint, ONE},
    {"string_to_uint64", "(string) -> uint", string_to_uint, ONE},
};
static const struct cel_overload to_double[] = {
    {"double_to_double", "(double) -> double", same, ONE},
    {"int64_to_double", "(int) -> double", int_to_double, ONE},
    {"uint64_to_double", "(uint) -> double", uint_to_double, ONE},
    {"string_to_double", "(string) -> double", string_to_double, ONE},
};
static const struct cel_overload to_string[] = {
    {"string_to_string", "(string) -> string", same, ONE},
    {"bool_to_string", "(bool) -> string", bool_to_string, ONE},
    {"int64_to_string", "(int) -> string", int_to_string, ONE},
    {"uint64_to_string", "(uint) -> string", uint_to_string, ONE},
    {"double_to_string", "(double) -> string", double_to_string, ONE},
    {"bytes_to_string", "(bytes) -> string", bytes_to_string, TEXTUAL},
    {"timestamp_to_string", "(timestamp) -> string", timestamp_to_string, ONE},
    {"duration_to_string", "(duration) -> string", duration_to_string, ONE},
};
static const struct cel_overload to_bytes[] = {
    {"bytes_to_bytes", "(bytes) -> bytes", same, ONE},
    {"string_to_bytes", "(string) -> bytes", string_to_bytes, ONE},
};
static const struct cel_overload to_timestamp[] = {
    {"timestamp_to_timestamp", "(timestamp) -> timestamp", same, ONE},
    {"string_to_timestamp", "(string) -> timestamp", string_to_timestamp, ONE},
    {"int64_to_timestamp", "(int) -> timestamp", int_to_timestamp, ONE},
};
static const struct cel_overload to_duration[] = {
    {"duration_to_duration", "(duration) -> duration", same, ONE},
    {"string_to_duration", "(string) -> duration", string_to_duration, ONE},
};
static const struct cel_overload to_type[] = {{"type", "(A) -> type(A)", type_of, ONE}};
static const struct cel_overload to_dyn[] = {{"to_dyn", "(A) -> dyn", same, ONE}};

static const struct cel_function functions[] = {
    {"bool", CEL_OVERLOADS(to_bool)},           {"int", CEL_OVERLOADS(to_int)},
    {"uint", CEL_OVERLOADS(to_uint)},           {"double", CEL_OVERLOADS(to_double)},
    {"string", CEL_OVERLOADS(to_string)},       {"bytes", CEL_OVERLOADS(to_bytes)},
    {"timestamp", CEL_OVERLOADS(to_timestamp)}, {"duration", CEL_OVERLOADS(to_duration)},
    {"type", CEL_OVERLOADS(to_type)},           {"dyn", CEL_OVERLOADS(to_dyn)},
};

const struct cel_library cel_part_convert = {
    .name = "convert",
    .functions = functions,
    .function_count = sizeof functions / sizeof functions[0],
};
