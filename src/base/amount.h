/* Amounts: money and points as checked 64-bit integers in their smallest unit, exact decimals for
 * prices, rates and factors, and divisions that name their rounding.
 *
 * No amount ever passes through binary floating point, and none is added, subtracted, multiplied
 * or divided but by the functions here. Overflow is STATUS_OVERFLOW, never a wrapped number.
 */
#ifndef GUERDON_BASE_AMOUNT_H
#define GUERDON_BASE_AMOUNT_H

#include "base/text.h"

/* How a division ends on a whole number. DOWN is towards minus infinity (floor) and UP towards
 * plus infinity; HALF_UP takes a half away from zero, HALF_EVEN to the even neighbour. */
#define ROUNDING_LIST(X)                                                                           \
    X(DOWN, "rounded down")                                                                        \
    X(UP, "rounded up")                                                                            \
    X(HALF_UP, "rounded half up")                                                                  \
    X(HALF_EVEN, "rounded half even")

enum rounding {
#define X(name, text) ROUNDING_##name,
    ROUNDING_LIST(X)
#undef X
};

#define AMOUNT_MAXIMUM INT64_MAX

/* 128 bits, for sums of products that are divided once at the end. */
__extension__ typedef __int128 wide;

/* coefficient / 10^scale; scale is 0 to 18. */
struct decimal {
    int64_t coefficient;
    int32_t scale;
};
#define DECIMAL_SCALE_MAXIMUM 18

MUST_CHECK static inline enum status amount_add(int64_t a, int64_t b, int64_t *sum)
{
    int64_t exact;
    if (__builtin_add_overflow(a, b, &exact)) return STATUS_OVERFLOW;
    *sum = exact;
    return STATUS_OK;
}
MUST_CHECK static inline enum status amount_subtract(int64_t a, int64_t b, int64_t *difference)
{
    int64_t exact;
    if (__builtin_sub_overflow(a, b, &exact)) return STATUS_OVERFLOW;
    *difference = exact;
    return STATUS_OK;
}
MUST_CHECK static inline enum status amount_multiply(int64_t a, int64_t b, int64_t *product)
{
    int64_t exact;
    if (__builtin_mul_overflow(a, b, &exact)) return STATUS_OVERFLOW;
    *product = exact;
    return STATUS_OK;
}
/* *total += amount; *total -= amount. */
MUST_CHECK static inline enum status amount_increase(int64_t *total, int64_t amount)
{
    return amount_add(*total, amount, total);
}
MUST_CHECK static inline enum status amount_decrease(int64_t *total, int64_t amount)
{
    return amount_subtract(*total, amount, total);
}
/* a * b / divisor, exact in between, rounded once. divisor > 0. */
MUST_CHECK enum status amount_multiply_divide(int64_t a, int64_t b, int64_t divisor,
                                              enum rounding rounding, int64_t *quotient);
/* quantity x price in units of 10^-decimals, rounded once. */
MUST_CHECK enum status amount_of_price(int64_t quantity, struct decimal price, int32_t decimals,
                                       enum rounding rounding, int64_t *amount);
static inline int64_t amount_lesser(int64_t a, int64_t b)
{
    return a < b ? a : b;
}
static inline int64_t amount_greater(int64_t a, int64_t b)
{
    return a > b ? a : b;
}
/* What is above zero of an amount. */
static inline int64_t amount_positive(int64_t amount)
{
    return amount > 0 ? amount : 0;
}

/* *sum += a * b * c, checked in 128 bits. */
MUST_CHECK enum status wide_add_product(wide *sum, int64_t a, int64_t b, int64_t c);
/* dividend / (divisor_a * divisor_b), both > 0. */
MUST_CHECK enum status wide_divide(wide dividend, int64_t divisor_a, int64_t divisor_b,
                                   enum rounding rounding, int64_t *quotient);

/* 10^exponent for 0 to 18. */
int64_t power_of_ten(int32_t exponent);

/* Reads [+-]digits[.digits]; nothing else: no exponent, no grouping, no white space.
 * STATUS_SYNTAX, or STATUS_OVERFLOW past 18 decimals or 64 bits. Trailing zeros are kept: "1.50"
 * has scale 2. */
MUST_CHECK enum status decimal_parse(struct text text, struct decimal *decimal);
/* The same value with exactly `scale` decimals; STATUS_INVALID if digits would be lost. */
MUST_CHECK enum status decimal_rescale(struct decimal decimal, int32_t scale, int64_t *coefficient);
/* Without trailing zeros behind the point. */
struct decimal decimal_normalise(struct decimal decimal);
/* decimal_parse, then decimal_rescale. */
MUST_CHECK enum status amount_parse(struct text text, int32_t decimals, int64_t *amount);

#define AMOUNT_TEXT_MAXIMUM 24
#define AMOUNT_GROUPED_TEXT_MAXIMUM 32
/* "-12.34", at the start of `out`, which has room for AMOUNT_TEXT_MAXIMUM bytes; a NUL follows. The
 * view is good as long as `out`. decimals: 0 to 18. */
struct text amount_format(int64_t amount, int32_t decimals, char *out);
/* The same with thousands grouped by commas: "-1,234,567.80"; `out` has
 * AMOUNT_GROUPED_TEXT_MAXIMUM bytes. */
struct text amount_format_grouped(int64_t amount, int32_t decimals, char *out);

/* Decimals of an ISO 4217 currency code ("JPY" has 0, "KWD" 3), in capitals. STATUS_NOT_FOUND if
 * the code is not in the standard's list, or stands there without a minor unit (gold, "XXX"). */
MUST_CHECK enum status currency_decimals(struct text code, int32_t *decimals);

#endif
