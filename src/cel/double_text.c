/* Doubles as text, and back, the same in every locale.
 *
 * Written: the shortest digits that read back as the same double, without an exponent from 0.000001
 * to below 10^21 and with one beyond; "NaN", "Infinity" and "-Infinity".
 *
 * Read: [+-]digits[.digits][e[+-]digits], digits[.] or .digits, and the three names in any case,
 * "inf" too. What is too large for a double is STATUS_OVERFLOW; what is too near to 0 is 0. The
 * form is checked here, before C++ sees the text, so that its wider notions (hexadecimal, "nan(1)")
 * stay out.
 */
#include "cel/cxx.h"
#include "cel/inner.h"

#define FIXED_LEAST 1e-6
#define FIXED_LIMIT 1e21
/* Digits of an exponent beyond which nobody counts. */
#define EXPONENT_LIMIT 100000

static struct text name_of(double number, char *out)
{
    const char *name = number != number ? "NaN" : number > 0 ? "Infinity" : "-Infinity";
    size_t length = strlen(name);
    memcpy(out, name, length);
    return (struct text){out, length};
}

static bool is_finite(double number)
{
    return __builtin_isfinite(number) != 0;
}

struct text cel_double_format(double number, char out[CEL_DOUBLE_TEXT_MAXIMUM])
{
    if (!is_finite(number)) return name_of(number, out);
    double size = number < 0 ? -number : number;
    bool is_fixed = size == 0 || (size >= FIXED_LEAST && size < FIXED_LIMIT);
    size_t length = cel_cxx_double_format(
        number, is_fixed ? CEL_CXX_FIXED_SHORTEST : CEL_CXX_SCIENTIFIC_SHORTEST, 0, out,
        CEL_DOUBLE_TEXT_MAXIMUM);
    ASSERT(length > 0);
    return (struct text){out, length};
}

struct text cel_double_format_precise(double number, bool is_scientific, uint32_t precision,
                                      char out[CEL_DOUBLE_PRECISE_TEXT_MAXIMUM])
{
    if (!is_finite(number)) return name_of(number, out);
    ASSERT(precision <= CEL_PRECISION_MAXIMUM);
    size_t length =
        cel_cxx_double_format(number, is_scientific ? CEL_CXX_SCIENTIFIC : CEL_CXX_FIXED,
                              (int)precision, out, CEL_DOUBLE_PRECISE_TEXT_MAXIMUM);
    ASSERT(length > 0);
    return (struct text){out, length};
}

/* What is known of a number's text before it is read. */
struct shape {
    size_t whole_digits;
    size_t fraction_digits;
    int64_t magnitude; /* the power of ten of its first digit that is not 0 */
    bool is_zero;
};

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* Reads digits, and looks for the first that is not 0. */
static size_t skip_digits(struct text text, size_t at, struct shape *shape, int64_t *first)
{
    size_t start = at;
    for (; at < text.length && is_digit(text.bytes[at]); at++) {
        if (text.bytes[at] == '0' || !shape->is_zero) continue;
        shape->is_zero = false;
        *first = (int64_t)(at - start);
    }
    return at;
}

static bool read_exponent(struct text text, size_t at, int64_t *exponent)
{
    bool is_negative = at < text.length && text.bytes[at] == '-';
    if (at < text.length && (text.bytes[at] == '-' || text.bytes[at] == '+')) at++;
    if (at == text.length) return false;
    int64_t value = 0;
    for (; at < text.length; at++) {
        if (!is_digit(text.bytes[at])) return false;
        if (value < EXPONENT_LIMIT) value = value * 10 + (text.bytes[at] - '0');
    }
    *exponent = is_negative ? -value : value;
    return true;
}

/* `text` without its sign. */
static bool read_shape(struct text text, struct shape *shape)
{
    *shape = (struct shape){.is_zero = true};
    int64_t first = 0;
    size_t at = skip_digits(text, 0, shape, &first);
    shape->whole_digits = at;
    bool is_in_whole = !shape->is_zero;
    if (at < text.length && text.bytes[at] == '.') {
        size_t end = skip_digits(text, at + 1, shape, &first);
        shape->fraction_digits = end - at - 1;
        at = end;
    }
    if (shape->whole_digits + shape->fraction_digits == 0) return false;
    shape->magnitude = is_in_whole ? (int64_t)shape->whole_digits - 1 - first : -1 - first;
    if (at == text.length) return true;
    if (text.bytes[at] != 'e' && text.bytes[at] != 'E') return false;
    int64_t exponent = 0;
    if (!read_exponent(text, at + 1, &exponent)) return false;
    shape->magnitude += exponent;
    return true;
}

static bool read_name(struct text text, bool has_sign, double *number)
{
    if (!has_sign && text_equal_ignoring_case(text, TEXT("nan"))) {
        *number = __builtin_nan("");
        return true;
    }
    if (!text_equal_ignoring_case(text, TEXT("infinity")) &&
        !text_equal_ignoring_case(text, TEXT("inf")))
        return false;
    *number = __builtin_inf();
    return true;
}

enum status cel_double_parse(struct text text, double *number)
{
    if (text.length == 0) return STATUS_SYNTAX;
    bool is_negative = text.bytes[0] == '-';
    bool has_sign = is_negative || text.bytes[0] == '+';
    if (has_sign) text = (struct text){text.bytes + 1, text.length - 1};

    double size = 0;
    struct shape shape;
    if (!read_name(text, has_sign, &size)) {
        if (!read_shape(text, &shape)) return STATUS_SYNTAX;
        /* What C++ cannot read in the right form is beyond the range, at one end or the other. */
        if (!shape.is_zero && !cel_cxx_double_parse(text.bytes, text.length, &size)) {
            if (shape.magnitude > 0) return STATUS_OVERFLOW;
            size = 0;
        }
    }
    *number = is_negative ? -size : size;
    return STATUS_OK;
}
