/* Real: series on a short interval, and exact steps of powers of two around it.
 *
 * Must never call the C library's functions, nor be compiled with fused multiply-add or wider
 * intermediate results: each would change the last bits (-ffp-contract=off; checked below).
 *
 * Logarithm: x = m 2^e with m in [sqrt(1/2), sqrt(2)); with f = (m - 1) / (m + 1), |f| < 0.1716,
 *   log m = 2 (f + f^3/3 + f^5/5 + ...); what follows f^21 is below 2^-58 of the sum.
 * Exponential: x = k log 2 + r with |r| <= log(2)/2; exp r by Taylor's series; what follows r^15 is
 *   below 2^-60. In both, log 2 is taken as a sum whose first part has 16 zero bits at its end, so
 *   that k times it is exact.
 */
#include "backtest/real.h"

#include <float.h>
#include <stdint.h>
#include <string.h>

_Static_assert(FLT_EVAL_METHOD == 0, "intermediate results must be plain doubles");
_Static_assert(DBL_MANT_DIG == 53, "doubles must be those of IEEE 754");

#define LOG_2_HIGH 0x1.62e42fefap-1
#define LOG_2_LOW 0x1.cf79abc9e3b3ap-40
#define SQUARE_ROOT_2 0x1.6a09e667f3bcdp+0
#define MANTISSA_BITS 52
#define EXPONENT_BIAS 1023
#define LOG_TERMS 11
#define EXP_TERMS 15
#define EXP_BOUND 700.0

static uint64_t bits_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static double of_bits(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static double power_of_two(int exponent)
{
    return of_bits((uint64_t)(exponent + EXPONENT_BIAS) << MANTISSA_BITS);
}

double real_log(double x)
{
    uint64_t bits = bits_of(x);
    int exponent = (int)(bits >> MANTISSA_BITS) - EXPONENT_BIAS;
    const uint64_t mantissa = (UINT64_C(1) << MANTISSA_BITS) - 1;
    double m = of_bits((bits & mantissa) | (uint64_t)EXPONENT_BIAS << MANTISSA_BITS);
    if (m >= SQUARE_ROOT_2) {
        m = m * 0.5;
        exponent++;
    }
    double f = (m - 1.0) / (m + 1.0);
    double square = f * f;
    double sum = 0.0;
    for (int i = LOG_TERMS - 1; i > 0; i--)
        sum = (sum + 1.0 / (2.0 * i + 1.0)) * square;
    double tail = 2.0 * f * sum + exponent * LOG_2_LOW;
    return exponent * LOG_2_HIGH + (2.0 * f + tail);
}

double real_exp(double x)
{
    if (x > EXP_BOUND) x = EXP_BOUND;
    if (x < -EXP_BOUND) x = -EXP_BOUND;
    double steps = x / (LOG_2_HIGH + LOG_2_LOW);
    int k = (int)(steps < 0 ? steps - 0.5 : steps + 0.5);
    double r = (x - k * LOG_2_HIGH) - k * LOG_2_LOW;
    double sum = 1.0;
    for (int i = EXP_TERMS; i > 0; i--)
        sum = 1.0 + r * sum / i;
    /* Two factors, since 2^k may lie outside the normal numbers where the product does not. */
    return sum * power_of_two(k / 2) * power_of_two(k - k / 2);
}

/* Newton's steps from the exponential's value, which is nearly right. */
double real_sqrt(double x)
{
    if (!(x > 0.0)) return 0.0;
    double root = real_exp(0.5 * real_log(x));
    root = 0.5 * (root + x / root);
    return 0.5 * (root + x / root);
}
