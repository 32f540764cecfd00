/* The math library: the greatest and the least, rounding of doubles, signs, bits.
 *
 * math.greatest and math.least take one number, two, or a list of them; the macro makes a list of
 * three and more. Numbers of different types are compared by value, and the answer is the argument
 * as it was; of equal ones it is the first. Decimals and money have overloads here too.
 */
#include "cel/function_work.h"

#include <math.h>

static struct cel_value no_overload(void)
{
    return cel_error(CEL_FAULT_NO_SUCH_OVERLOAD, NULL);
}

static bool is_number(struct cel_value value)
{
    return value.kind == CEL_INT || value.kind == CEL_UINT || value.kind == CEL_DOUBLE ||
           value.kind == CEL_DECIMAL || value.kind == CEL_MONEY;
}

/* The first of `count` values that none is beyond, in the direction of `sign`. */
static struct cel_value extreme(const struct cel_value *values, uint32_t count, int sign)
{
    if (count == 0) return cel_error(CEL_FAULT_INVALID_ARGUMENT, "the list is empty");
    if (!is_number(values[0])) return no_overload();
    struct cel_value best = values[0];
    for (uint32_t i = 1; i < count; i++) {
        if (!is_number(values[i])) return no_overload();
        int order = 0;
        enum cel_fault fault = CEL_FAULT_NONE;
        if (!cel_compare(values[i], best, &order, &fault))
            return fault == CEL_FAULT_NONE
                       ? cel_error(CEL_FAULT_INVALID_ARGUMENT, "NaN has no order")
                       : cel_error(fault, NULL);
        if (sign > 0 ? order > 0 : order < 0) best = values[i];
    }
    return best;
}

static struct cel_value extreme_of(struct cel_call *call, const struct cel_value *arguments,
                                   int sign)
{
    if (arguments[0].kind != CEL_LIST) return extreme(arguments, call->count, sign);
    const struct cel_list *list = arguments[0].list;
    if (!cel_spend(call, list->count)) return cel_too_many_steps();
    return extreme(list->items, list->count, sign);
}

static struct cel_value greatest(struct cel_call *call, const struct cel_value *arguments)
{
    return extreme_of(call, arguments, 1);
}

static struct cel_value least(struct cel_call *call, const struct cel_value *arguments)
{
    return extreme_of(call, arguments, -1);
}

/* The number that an argument stands for beside an amount: a decimal, or money of its currency. */
static struct cel_value as_amount(struct cel_value value, struct cel_value other)
{
    if (value.kind == CEL_MONEY) return value;
    struct decimal number =
        value.kind == CEL_INT ? (struct decimal){value.integer, 0} : cel_decimal_of(value);
    return other.kind == CEL_MONEY ? cel_money(number, other.extra) : cel_decimal(number);
}

static struct cel_value extreme_amount(const struct cel_value *arguments, int sign)
{
    const struct cel_value amounts[] = {as_amount(arguments[0], arguments[1]),
                                        as_amount(arguments[1], arguments[0])};
    return extreme(amounts, 2, sign);
}

/* Two arguments of different types, one of them an amount: the answer is such an amount. */
static struct cel_value greatest_amount(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    return extreme_amount(arguments, 1);
}

static struct cel_value least_amount(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    return extreme_amount(arguments, -1);
}

static struct cel_value math_ceil(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    return cel_double(ceil(arguments[0].number));
}

static struct cel_value math_floor(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    return cel_double(floor(arguments[0].number));
}

/* A half goes away from zero. */
static struct cel_value math_round(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    return cel_double(round(arguments[0].number));
}

static struct cel_value math_trunc(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    return cel_double(trunc(arguments[0].number));
}

/* The root of an int or uint is that of the nearest double. */
static struct cel_value math_sqrt(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    switch (arguments[0].kind) {
    case CEL_INT:
        return cel_double(sqrt((double)arguments[0].integer));
    case CEL_UINT:
        return cel_double(sqrt((double)arguments[0].unsigned_integer));
    default:
        return cel_double(sqrt(arguments[0].number));
    }
}

static struct cel_value abs_int(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    int64_t number = arguments[0].integer;
    if (number == INT64_MIN) return cel_error(CEL_FAULT_OVERFLOW, NULL);
    return cel_int(number < 0 ? -number : number);
}

static struct cel_value abs_double(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    return cel_double(fabs(arguments[0].number));
}

static struct cel_value itself(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    return arguments[0];
}

static struct cel_value sign_int(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    int64_t number = arguments[0].integer;
    return cel_int((number > 0) - (number < 0));
}

static struct cel_value sign_uint(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    return cel_uint(arguments[0].unsigned_integer > 0);
}

static struct cel_value sign_double(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    double number = arguments[0].number;
    if (number > 0) return cel_double(1);
    return cel_double(number < 0 ? -1 : number); /* 0, -0 and NaN are their own sign */
}

static struct cel_value is_infinite(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    return cel_bool(isinf(arguments[0].number) != 0);
}

static struct cel_value is_nan(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    return cel_bool(isnan(arguments[0].number) != 0);
}

static struct cel_value is_finite(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    return cel_bool(isfinite(arguments[0].number) != 0);
}

/* Bits of an int are those of its two's complement: the kind of the first argument stays. */
static struct cel_value with_bits(struct cel_value value, uint64_t bits)
{
    value.unsigned_integer = bits;
    return value;
}

static struct cel_value bit_and(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    return with_bits(arguments[0], arguments[0].unsigned_integer & arguments[1].unsigned_integer);
}

static struct cel_value bit_or(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    return with_bits(arguments[0], arguments[0].unsigned_integer | arguments[1].unsigned_integer);
}

static struct cel_value bit_xor(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    return with_bits(arguments[0], arguments[0].unsigned_integer ^ arguments[1].unsigned_integer);
}

static struct cel_value bit_not(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    return with_bits(arguments[0], ~arguments[0].unsigned_integer);
}

/* Shifts fill with zeros, on the right too; what is shifted by 64 and more is 0. */
static struct cel_value shift(struct cel_call *call, const struct cel_value *arguments,
                              bool is_to_left)
{
    int64_t distance = arguments[1].integer;
    uint64_t bits = arguments[0].unsigned_integer;
    if (distance < 0)
        return cel_fail(call, CEL_FAULT_INVALID_ARGUMENT, "a shift by %lld bits",
                        (long long)distance);
    if (distance >= 64) return with_bits(arguments[0], 0);
    return with_bits(arguments[0], is_to_left ? bits << distance : bits >> distance);
}

static struct cel_value shift_left(struct cel_call *call, const struct cel_value *arguments)
{
    return shift(call, arguments, true);
}

static struct cel_value shift_right(struct cel_call *call, const struct cel_value *arguments)
{
    return shift(call, arguments, false);
}

#define ONE(id, signature, implementation)                                                         \
    {                                                                                              \
        id, signature, implementation, CEL_COST_ONE, NULL, 0, 0                                    \
    }
#define EACH(id, signature, implementation)                                                        \
    {                                                                                              \
        id, signature, implementation, CEL_COST_ELEMENTS, NULL, 0, 0                               \
    }
/* All overloads of math.greatest or math.least. */
#define EXTREME(name, of)                                                                          \
    ONE(name "_int", "(int) -> int", of), ONE(name "_uint", "(uint) -> uint", of),                 \
        ONE(name "_double", "(double) -> double", of),                                             \
        ONE(name "_decimal", "(decimal) -> decimal", of),                                          \
        ONE(name "_money", "(money) -> money", of), ONE(name "_int_int", "(int, int) -> int", of), \
        ONE(name "_uint_uint", "(uint, uint) -> uint", of),                                        \
        ONE(name "_double_double", "(double, double) -> double", of),                              \
        ONE(name "_int_uint", "(int, uint) -> dyn", of),                                           \
        ONE(name "_int_double", "(int, double) -> dyn", of),                                       \
        ONE(name "_uint_int", "(uint, int) -> dyn", of),                                           \
        ONE(name "_uint_double", "(uint, double) -> dyn", of),                                     \
        ONE(name "_double_int", "(double, int) -> dyn", of),                                       \
        ONE(name "_double_uint", "(double, uint) -> dyn", of),                                     \
        ONE(name "_decimal_decimal", "(decimal, decimal) -> decimal", of),                         \
        ONE(name "_decimal_int", "(decimal, int) -> decimal", of##_amount),                        \
        ONE(name "_int_decimal", "(int, decimal) -> decimal", of##_amount),                        \
        ONE(name "_money_money", "(money, money) -> money", of),                                   \
        ONE(name "_money_decimal", "(money, decimal) -> money", of##_amount),                      \
        ONE(name "_money_int", "(money, int) -> money", of##_amount),                              \
        ONE(name "_decimal_money", "(decimal, money) -> money", of##_amount),                      \
        ONE(name "_int_money", "(int, money) -> money", of##_amount),                              \
        EACH(name "_list_int", "(list(int)) -> int", of),                                          \
        EACH(name "_list_uint", "(list(uint)) -> uint", of),                                       \
        EACH(name "_list_double", "(list(double)) -> double", of),                                 \
        EACH(name "_list_decimal", "(list(decimal)) -> decimal", of),                              \
        EACH(name "_list_money", "(list(money)) -> money", of),                                    \
        EACH(name "_list", "(list(dyn)) -> dyn", of)
/* An overload for ints and one for uints. */
#define OF_BITS(id, parameters_int, parameters_uint, of)                                           \
    ONE(id "_int", parameters_int " -> int", of), ONE(id "_uint", parameters_uint " -> uint", of)

static const struct cel_overload greatest_overloads[] = {EXTREME("math_greatest", greatest)};
static const struct cel_overload least_overloads[] = {EXTREME("math_least", least)};
static const struct cel_overload ceil_overloads[] = {
    ONE("math_ceil_double", "(double) -> double", math_ceil)};
static const struct cel_overload floor_overloads[] = {
    ONE("math_floor_double", "(double) -> double", math_floor)};
static const struct cel_overload round_overloads[] = {
    ONE("math_round_double", "(double) -> double", math_round)};
static const struct cel_overload trunc_overloads[] = {
    ONE("math_trunc_double", "(double) -> double", math_trunc)};
static const struct cel_overload sqrt_overloads[] = {
    ONE("math_sqrt_int", "(int) -> double", math_sqrt),
    ONE("math_sqrt_uint", "(uint) -> double", math_sqrt),
    ONE("math_sqrt_double", "(double) -> double", math_sqrt)};
static const struct cel_overload abs_overloads[] = {
    ONE("math_abs_int", "(int) -> int", abs_int), ONE("math_abs_uint", "(uint) -> uint", itself),
    ONE("math_abs_double", "(double) -> double", abs_double)};
static const struct cel_overload sign_overloads[] = {
    ONE("math_sign_int", "(int) -> int", sign_int),
    ONE("math_sign_uint", "(uint) -> uint", sign_uint),
    ONE("math_sign_double", "(double) -> double", sign_double)};
static const struct cel_overload is_infinite_overloads[] = {
    ONE("math_isInf_double", "(double) -> bool", is_infinite)};
static const struct cel_overload is_nan_overloads[] = {
    ONE("math_isNaN_double", "(double) -> bool", is_nan)};
static const struct cel_overload is_finite_overloads[] = {
    ONE("math_isFinite_double", "(double) -> bool", is_finite)};
static const struct cel_overload bit_and_overloads[] = {
    OF_BITS("math_bitAnd", "(int, int)", "(uint, uint)", bit_and)};
static const struct cel_overload bit_or_overloads[] = {
    OF_BITS("math_bitOr", "(int, int)", "(uint, uint)", bit_or)};
static const struct cel_overload bit_xor_overloads[] = {
    OF_BITS("math_bitXor", "(int, int)", "(uint, uint)", bit_xor)};
static const struct cel_overload bit_not_overloads[] = {
    OF_BITS("math_bitNot", "(int)", "(uint)", bit_not)};
static const struct cel_overload shift_left_overloads[] = {
    OF_BITS("math_bitShiftLeft", "(int, int)", "(uint, int)", shift_left)};
static const struct cel_overload shift_right_overloads[] = {
    OF_BITS("math_bitShiftRight", "(int, int)", "(uint, int)", shift_right)};

static const struct cel_function functions[] = {
    {"math.greatest", CEL_OVERLOADS(greatest_overloads)},
    {"math.least", CEL_OVERLOADS(least_overloads)},
    {"math.ceil", CEL_OVERLOADS(ceil_overloads)},
    {"math.floor", CEL_OVERLOADS(floor_overloads)},
    {"math.round", CEL_OVERLOADS(round_overloads)},
    {"math.trunc", CEL_OVERLOADS(trunc_overloads)},
    {"math.sqrt", CEL_OVERLOADS(sqrt_overloads)},
    {"math.abs", CEL_OVERLOADS(abs_overloads)},
    {"math.sign", CEL_OVERLOADS(sign_overloads)},
    {"math.isInf", CEL_OVERLOADS(is_infinite_overloads)},
    {"math.isNaN", CEL_OVERLOADS(is_nan_overloads)},
    {"math.isFinite", CEL_OVERLOADS(is_finite_overloads)},
    {"math.bitAnd", CEL_OVERLOADS(bit_and_overloads)},
    {"math.bitOr", CEL_OVERLOADS(bit_or_overloads)},
    {"math.bitXor", CEL_OVERLOADS(bit_xor_overloads)},
    {"math.bitNot", CEL_OVERLOADS(bit_not_overloads)},
    {"math.bitShiftLeft", CEL_OVERLOADS(shift_left_overloads)},
    {"math.bitShiftRight", CEL_OVERLOADS(shift_right_overloads)},
};

const struct cel_library cel_library_math = {.name = "math",
                                             .functions = functions,
                                             .function_count =
                                                 sizeof functions / sizeof functions[0]};
