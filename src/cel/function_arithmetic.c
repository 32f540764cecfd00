/* Arithmetic: + - * / % and negation of int, uint, double, timestamps and durations, and + of
 * strings, bytes and lists.
 *
 * An int or uint that would wrap is CEL_FAULT_OVERFLOW. A double is what IEEE 754 makes of it, and
 * no amount is ever one: decimals and money have operators of their own (library_amounts.c).
 */
#include "cel/function_work.h"
#include "cel/standard.h"
#include "cel/timestamp.h"

static struct cel_value overflow(void)
{
    return cel_error(CEL_FAULT_OVERFLOW, NULL);
}

static struct cel_value int_plus_int(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    int64_t sum;
    if (__builtin_add_overflow(arguments[0].integer, arguments[1].integer, &sum)) return overflow();
    return cel_int(sum);
}

static struct cel_value int_minus_int(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    int64_t difference;
    if (__builtin_sub_overflow(arguments[0].integer, arguments[1].integer, &difference))
        return overflow();
    return cel_int(difference);
}

static struct cel_value int_times_int(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    int64_t product;
    if (__builtin_mul_overflow(arguments[0].integer, arguments[1].integer, &product))
        return overflow();
    return cel_int(product);
}

static struct cel_value int_by_int(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    if (arguments[1].integer == 0) return cel_error(CEL_FAULT_DIVIDE_BY_ZERO, NULL);
    if (arguments[0].integer == INT64_MIN && arguments[1].integer == -1) return overflow();
    return cel_int(arguments[0].integer / arguments[1].integer);
}

static struct cel_value int_modulo_int(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    if (arguments[1].integer == 0) return cel_error(CEL_FAULT_MODULUS_BY_ZERO, NULL);
    if (arguments[0].integer == INT64_MIN && arguments[1].integer == -1) return overflow();
    return cel_int(arguments[0].integer % arguments[1].integer);
}

static struct cel_value minus_int(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    return arguments[0].integer == INT64_MIN ? overflow() : cel_int(-arguments[0].integer);
}

static struct cel_value uint_plus_uint(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    uint64_t sum;
    if (__builtin_add_overflow(arguments[0].unsigned_integer, arguments[1].unsigned_integer, &sum))
        return overflow();
    return cel_uint(sum);
}

static struct cel_value uint_minus_uint(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    uint64_t difference;
    if (__builtin_sub_overflow(arguments[0].unsigned_integer, arguments[1].unsigned_integer,
                               &difference))
        return overflow();
    return cel_uint(difference);
}

static struct cel_value uint_times_uint(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    uint64_t product;
    if (__builtin_mul_overflow(arguments[0].unsigned_integer, arguments[1].unsigned_integer,
                               &product))
        return overflow();
    return cel_uint(product);
}

static struct cel_value uint_by_uint(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    if (arguments[1].unsigned_integer == 0) return cel_error(CEL_FAULT_DIVIDE_BY_ZERO, NULL);
    return cel_uint(arguments[0].unsigned_integer / arguments[1].unsigned_integer);
}

static struct cel_value uint_modulo_uint(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    if (arguments[1].unsigned_integer == 0) return cel_error(CEL_FAULT_MODULUS_BY_ZERO, NULL);
    return cel_uint(arguments[0].unsigned_integer % arguments[1].unsigned_integer);
}

static struct cel_value double_plus_double(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    return cel_double(arguments[0].number + arguments[1].number);
}

static struct cel_value double_minus_double(struct cel_call *call,
                                            const struct cel_value *arguments)
{
    (void)call;
    return cel_double(arguments[0].number - arguments[1].number);
}

static struct cel_value double_times_double(struct cel_call *call,
                                            const struct cel_value *arguments)
{
    (void)call;
    return cel_double(arguments[0].number * arguments[1].number);
}

static struct cel_value double_by_double(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    return cel_double(arguments[0].number / arguments[1].number);
}

static struct cel_value minus_double(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    return cel_double(-arguments[0].number);
}

/* Strings or bytes. */
static struct cel_value text_plus_text(struct cel_call *call, const struct cel_value *arguments)
{
    struct text first = cel_text(arguments[0]);
    struct text second = cel_text(arguments[1]);
    if (second.length == 0) return arguments[0];
    if (first.length == 0) return arguments[1];
    size_t length = first.length + second.length;
    if (length > CEL_STRING_MAXIMUM_BYTES) return cel_too_long();
    if (!cel_spend_text(call, length)) return cel_too_many_steps();
    char *bytes = arena_allocate(call->arena, length);
    if (bytes == NULL) return cel_no_memory();
    memcpy(bytes, first.bytes, first.length);
    memcpy(bytes + first.length, second.bytes, second.length);
    struct cel_value sum = arguments[0];
    sum.bytes = bytes;
    sum.extra = (uint32_t)length;
    return sum;
}

static struct cel_value list_plus_list(struct cel_call *call, const struct cel_value *arguments)
{
    const struct cel_list *first = arguments[0].list;
    const struct cel_list *second = arguments[1].list;
    if (second->count == 0) return arguments[0];
    if (first->count == 0) return arguments[1];
    /* A host's may be longer than any that is made. */
    uint64_t sum_of_counts = (uint64_t)first->count + second->count;
    if (sum_of_counts > CEL_LIST_MAXIMUM) return cel_too_long();
    uint32_t count = (uint32_t)sum_of_counts;
    if (!cel_spend(call, count)) return cel_too_many_steps();
    struct cel_list *sum = cel_list_new(call->arena, count);
    if (sum == NULL) return cel_no_memory();
    struct cel_value *items = (struct cel_value *)(uintptr_t)sum->items;
    memcpy(items, first->items, sizeof *items * first->count);
    memcpy(items + first->count, second->items, sizeof *items * second->count);
    sum->count = count;
    return cel_list_value(sum);
}

#define ONE CEL_COST_ONE

static const struct cel_overload plus[] = {
    {"add_int64", "(int, int) -> int", int_plus_int, ONE},
    {"add_uint64", "(uint, uint) -> uint", uint_plus_uint, ONE},
    {"add_double", "(double, double) -> double", double_plus_double, ONE},
    {"add_string", "(string, string) -> string", text_plus_text, CEL_COST_TEXT},
    {"add_bytes", "(bytes, bytes) -> bytes", text_plus_text, CEL_COST_TEXT},
    {"add_list", "(list(A), list(A)) -> list(A)", list_plus_list, CEL_COST_ELEMENTS},
    {"add_timestamp_duration", "(timestamp, duration) -> timestamp", cel_timestamp_plus_duration,
     ONE},
    {"add_duration_timestamp", "(duration, timestamp) -> timestamp", cel_duration_plus_timestamp,
     ONE},
    {"add_duration_duration", "(duration, duration) -> duration", cel_duration_plus_duration, ONE},
};
static const struct cel_overload minus[] = {
    {"subtract_int64", "(int, int) -> int", int_minus_int, ONE},
    {"subtract_uint64", "(uint, uint) -> uint", uint_minus_uint, ONE},
    {"subtract_double", "(double, double) -> double", double_minus_double, ONE},
    {"subtract_timestamp_timestamp", "(timestamp, timestamp) -> duration",
     cel_timestamp_minus_timestamp, ONE},
    {"subtract_timestamp_duration", "(timestamp, duration) -> timestamp",
     cel_timestamp_minus_duration, ONE},
    {"subtract_duration_duration", "(duration, duration) -> duration", cel_duration_minus_duration,
     ONE},
};
static const struct cel_overload times[] = {
    {"multiply_int64", "(int, int) -> int", int_times_int, ONE},
    {"multiply_uint64", "(uint, uint) -> uint", uint_times_uint, ONE},
    {"multiply_double", "(double, double) -> double", double_times_double, ONE},
};
static const struct cel_overload by[] = {
    {"divide_int64", "(int, int) -> int", int_by_int, ONE},
    {"divide_uint64", "(uint, uint) -> uint", uint_by_uint, ONE},
    {"divide_double", "(double, double) -> double", double_by_double, ONE},
};
static const struct cel_overload modulo[] = {
    {"modulo_int64", "(int, int) -> int", int_modulo_int, ONE},
    {"modulo_uint64", "(uint, uint) -> uint", uint_modulo_uint, ONE},
};
static const struct cel_overload negate[] = {
    {"negate_int64", "(int) -> int", minus_int, ONE},
    {"negate_double", "(double) -> double", minus_double, ONE},
};

static const struct cel_function functions[] = {
    {"_+_", CEL_OVERLOADS(plus)}, {"_-_", CEL_OVERLOADS(minus)},  {"_*_", CEL_OVERLOADS(times)},
    {"_/_", CEL_OVERLOADS(by)},   {"_%_", CEL_OVERLOADS(modulo)}, {"-_", CEL_OVERLOADS(negate)},
};

const struct cel_library cel_part_arithmetic = {
    .name = "arithmetic",
    .functions = functions,
    .function_count = sizeof functions / sizeof functions[0],
};
