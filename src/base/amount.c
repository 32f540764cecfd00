/* Amounts: exact products and quotients, decimals, and their text.
 *
 * A product of two 64-bit numbers always fits 128 bits, so everything that ends in a division is
 * computed exactly in `wide` and rounded once. Most dividends fit 64 bits all the same, and there a
 * division is several times faster: the fast path only chooses the width, never the result.
 *
 * The compilers' overflow check for a 128-bit product is not used: clang asks a run-time library
 * for it that gcc's does not have. wide_add_product multiplies in two halves instead.
 */
#include "base/amount.h"

__extension__ typedef unsigned __int128 unsigned_wide;

#define WIDE_MAXIMUM ((wide)(~(unsigned_wide)0 >> 1))

static const int64_t powers_of_ten[DECIMAL_SCALE_MAXIMUM + 1] = {
    INT64_C(1),
    INT64_C(10),
    INT64_C(100),
    INT64_C(1000),
    INT64_C(10000),
    INT64_C(100000),
    INT64_C(1000000),
    INT64_C(10000000),
    INT64_C(100000000),
    INT64_C(1000000000),
    INT64_C(10000000000),
    INT64_C(100000000000),
    INT64_C(1000000000000),
    INT64_C(10000000000000),
    INT64_C(100000000000000),
    INT64_C(1000000000000000),
    INT64_C(10000000000000000),
    INT64_C(100000000000000000),
    INT64_C(1000000000000000000),
};

int64_t power_of_ten(int32_t exponent)
{
    ASSERT(exponent >= 0 && exponent <= DECIMAL_SCALE_MAXIMUM);
    return powers_of_ten[exponent];
}

/* What a division left over, as far as rounding cares. */
struct remainder {
    bool is_negative;
    bool quotient_is_odd;
    int against_half; /* below, at or above 0: less than, exactly or more than half a divisor */
};

/* What rounding adds to a quotient that was cut off towards zero with something left over. */
static int rounding_step(struct remainder left, enum rounding rounding)
{
    int away_from_zero = left.is_negative ? -1 : 1;
    switch (rounding) {
    case ROUNDING_DOWN:
        return left.is_negative ? -1 : 0;
    case ROUNDING_UP:
        return left.is_negative ? 0 : 1;
    case ROUNDING_HALF_UP:
        return left.against_half >= 0 ? away_from_zero : 0;
    case ROUNDING_HALF_EVEN:
        if (left.against_half > 0) return away_from_zero;
        return left.against_half == 0 && left.quotient_is_odd ? away_from_zero : 0;
    }
    assertion_failed("rounding is one of ROUNDING_LIST", __FILE__, __LINE__);
}

static int64_t divide_narrow(int64_t dividend, int64_t divisor, enum rounding rounding)
{
    int64_t quotient = dividend / divisor;
    int64_t rest = dividend % divisor;
    if (rest == 0) return quotient;
    int64_t size = rest < 0 ? -rest : rest;
    int64_t other = divisor - size;
    struct remainder left = {rest < 0, (quotient & 1) != 0, (size > other) - (size < other)};
    /* A rest means that the divisor is 2 or more: the quotient is far from the limits. */
    return quotient + rounding_step(left, rounding);
}

static enum status divide(wide dividend, wide divisor, enum rounding rounding, int64_t *quotient)
{
    if (dividend == (int64_t)dividend && divisor == (int64_t)divisor) {
        *quotient = divide_narrow((int64_t)dividend, (int64_t)divisor, rounding);
        return STATUS_OK;
    }
    wide exact = dividend / divisor;
    wide rest = dividend % divisor;
    if (rest != 0) {
        wide size = rest < 0 ? -rest : rest;
        wide other = divisor - size;
        struct remainder left = {rest < 0, (exact & 1) != 0, (size > other) - (size < other)};
        exact += rounding_step(left, rounding);
    }
    if (exact != (int64_t)exact) return STATUS_OVERFLOW;
    *quotient = (int64_t)exact;
    return STATUS_OK;
}

enum status amount_multiply_divide(int64_t a, int64_t b, int64_t divisor, enum rounding rounding,
                                   int64_t *quotient)
{
    ASSERT(divisor > 0);
    return divide((wide)a * b, divisor, rounding, quotient);
}

enum status wide_divide(wide dividend, int64_t divisor_a, int64_t divisor_b, enum rounding rounding,
                        int64_t *quotient)
{
    ASSERT(divisor_a > 0 && divisor_b > 0);
    return divide(dividend, (wide)divisor_a * divisor_b, rounding, quotient);
}

enum status amount_of_price(int64_t quantity, struct decimal price, int32_t decimals,
                            enum rounding rounding, int64_t *amount)
{
    wide product = (wide)quantity * price.coefficient;
    if (price.scale >= decimals)
        return divide(product, power_of_ten(price.scale - decimals), rounding, amount);
    if (product != (int64_t)product) return STATUS_OVERFLOW;
    return amount_multiply((int64_t)product, power_of_ten(decimals - price.scale), amount);
}

static unsigned_wide magnitude(wide value)
{
    return value < 0 ? (unsigned_wide)0 - (unsigned_wide)value : (unsigned_wide)value;
}

/* pair * factor for a pair that does not fit 64 bits. The product -2^127 would fit, but counts as
 * an overflow like 2^127: the limits of sums are symmetric then. */
static enum status multiply_wide(wide pair, int64_t factor, wide *product)
{
    unsigned_wide size = magnitude(pair);
    unsigned_wide factor_size = magnitude(factor);
    unsigned_wide low = (size & UINT64_MAX) * factor_size;
    unsigned_wide high = (size >> 64) * factor_size + (low >> 64);
    if (high > (unsigned_wide)WIDE_MAXIMUM >> 64) return STATUS_OVERFLOW;
    wide exact = (wide)(high << 64 | (low & UINT64_MAX));
    *product = (pair < 0) == (factor < 0) ? exact : -exact;
    return STATUS_OK;
}

enum status wide_add_product(wide *sum, int64_t a, int64_t b, int64_t c)
{
    wide product = (wide)a * b;
    if (product == (int64_t)product)
        product *= c;
    else
        TRY(multiply_wide(product, c, &product));
    wide exact;
    if (__builtin_add_overflow(*sum, product, &exact)) return STATUS_OVERFLOW;
    *sum = exact;
    return STATUS_OK;
}

/* Digits read so far: their value unless it went past 64 bits. */
struct digits {
    uint64_t value;
    bool is_too_large;
};

/* Reads digits from `at` on and says how many there were. */
static size_t read_digits(const char *at, const char *end, struct digits *digits)
{
    const char *start = at;
    for (; at < end && *at >= '0' && *at <= '9'; at++) {
        digits->is_too_large |= __builtin_mul_overflow(digits->value, 10, &digits->value);
        uint64_t digit = (uint64_t)(*at - '0');
        digits->is_too_large |= __builtin_add_overflow(digits->value, digit, &digits->value);
    }
    return (size_t)(at - start);
}

enum status decimal_parse(struct text text, struct decimal *decimal)
{
    if (text.length == 0) return STATUS_SYNTAX;
    const char *at = text.bytes;
    const char *end = at + text.length;
    bool is_negative = *at == '-';
    if (*at == '-' || *at == '+') at++;

    struct digits digits = {0, false};
    size_t whole = read_digits(at, end, &digits);
    if (whole == 0) return STATUS_SYNTAX;
    at += whole;
    size_t scale = 0;
    if (at < end && *at == '.') {
        scale = read_digits(at + 1, end, &digits);
        if (scale == 0) return STATUS_SYNTAX;
        at += 1 + scale;
    }
    if (at != end) return STATUS_SYNTAX;

    uint64_t largest = (uint64_t)INT64_MAX + (is_negative ? 1 : 0);
    if (digits.is_too_large || digits.value > largest || scale > DECIMAL_SCALE_MAXIMUM)
        return STATUS_OVERFLOW;
    decimal->coefficient = is_negative ? (int64_t)(0 - digits.value) : (int64_t)digits.value;
    decimal->scale = (int32_t)scale;
    return STATUS_OK;
}

enum status decimal_rescale(struct decimal decimal, int32_t scale, int64_t *coefficient)
{
    if (scale >= decimal.scale)
        return amount_multiply(decimal.coefficient, power_of_ten(scale - decimal.scale),
                               coefficient);
    int64_t divisor = power_of_ten(decimal.scale - scale);
    if (decimal.coefficient % divisor != 0) return STATUS_INVALID;
    *coefficient = decimal.coefficient / divisor;
    return STATUS_OK;
}

struct decimal decimal_normalise(struct decimal decimal)
{
    if (decimal.coefficient == 0) return (struct decimal){0, 0};
    while (decimal.scale > 0 && decimal.coefficient % 10 == 0) {
        decimal.coefficient /= 10;
        decimal.scale--;
    }
    return decimal;
}

enum status amount_parse(struct text text, int32_t decimals, int64_t *amount)
{
    struct decimal decimal;
    TRY(decimal_parse(text, &decimal));
    return decimal_rescale(decimal, decimals, amount);
}

/* Writes from the last digit to the sign, then moves the text to the start of `out`. */
static struct text format(int64_t amount, int32_t decimals, bool is_grouped, char *out)
{
    ASSERT(decimals >= 0 && decimals <= DECIMAL_SCALE_MAXIMUM);
    char reversed[AMOUNT_GROUPED_TEXT_MAXIMUM];
    char *end = reversed + sizeof reversed;
    char *at = end;
    uint64_t rest = amount < 0 ? 0 - (uint64_t)amount : (uint64_t)amount;
    for (int32_t i = 0; i < decimals; i++) {
        *--at = (char)('0' + rest % 10);
        rest /= 10;
    }
    if (decimals > 0) *--at = '.';
    int32_t whole = 0;
    do {
        if (is_grouped && whole > 0 && whole % 3 == 0) *--at = ',';
        *--at = (char)('0' + rest % 10);
        rest /= 10;
        whole++;
    } while (rest > 0);
    if (amount < 0) *--at = '-';
    size_t length = (size_t)(end - at);
    memcpy(out, at, length);
    out[length] = '\0';
    return (struct text){out, length};
}

struct text amount_format(int64_t amount, int32_t decimals, char *out)
{
    return format(amount, decimals, false, out);
}

struct text amount_format_grouped(int64_t amount, int32_t decimals, char *out)
{
    return format(amount, decimals, true, out);
}
