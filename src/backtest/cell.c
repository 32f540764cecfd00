/* Cell: the numbers that the short way does not read, byte by byte, and the words for what is
 * wrong.
 *
 * Must never lose a digit: decimals past the sixth are taken only if they are zeros.
 */
#include "backtest/cell.h"

/* No number in range has more digits than this. */
#define CELL_DIGITS_MAXIMUM 17

const char *cell_fault_text(enum cell_fault fault)
{
    static const char *const texts[] = {
#define X(name, text) text,
        CELL_FAULT_LIST(X)
#undef X
    };
    return texts[fault];
}

/* A number taken apart: sign, whole digits, decimals. */
struct cell_number {
    bool is_negative;
    bool is_too_large;
    bool has_lost_digits; /* past the decimals that are kept */
    int64_t coefficient;
    int32_t decimals;
};

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static size_t count_digits(struct text text, size_t from)
{
    size_t at = from;
    while (at < text.length && is_digit(text.bytes[at]))
        at++;
    return at - from;
}

static void take_whole(struct cell_number *number, struct text digits)
{
    while (digits.length > 1 && digits.bytes[0] == '0') {
        digits = (struct text){digits.bytes + 1, digits.length - 1};
    }
    number->is_too_large = digits.length > CELL_DIGITS_MAXIMUM - CELL_PRICE_DECIMALS;
    for (size_t i = 0; i < digits.length && !number->is_too_large; i++) {
        number->coefficient = number->coefficient * 10 + (digits.bytes[i] - '0');
    }
}

static void take_decimals(struct cell_number *number, struct text digits)
{
    while (digits.length > CELL_PRICE_DECIMALS && digits.bytes[digits.length - 1] == '0') {
        digits.length--;
    }
    number->has_lost_digits = digits.length > CELL_PRICE_DECIMALS;
    for (size_t i = 0; i < digits.length && i < CELL_PRICE_DECIMALS; i++) {
        number->coefficient = number->coefficient * 10 + (digits.bytes[i] - '0');
        number->decimals++;
    }
}

/* 1e9, 1.5E-05: what spreadsheets and data tools make of large and small numbers. */
static bool is_exponent(struct text text, size_t at)
{
    if (at >= text.length || (text.bytes[at] != 'e' && text.bytes[at] != 'E')) return false;
    at++;
    if (at < text.length && (text.bytes[at] == '+' || text.bytes[at] == '-')) at++;
    size_t digits = count_digits(text, at);
    return digits > 0 && at + digits == text.length;
}

static enum cell_fault take_apart(struct text text, char decimal_mark, struct cell_number *number)
{
    *number = (struct cell_number){.coefficient = 0};
    text = text_trim(text);
    if (text.length == 0) return CELL_EMPTY;
    size_t at = text.bytes[0] == '-' || text.bytes[0] == '+' ? 1 : 0;
    number->is_negative = text.bytes[0] == '-';
    size_t whole = count_digits(text, at);
    if (whole == 0) return CELL_NOT_A_NUMBER;
    take_whole(number, (struct text){text.bytes + at, whole});
    at += whole;
    if (at < text.length && text.bytes[at] == decimal_mark) {
        size_t decimals = count_digits(text, at + 1);
        if (decimals == 0) return CELL_NOT_A_NUMBER;
        take_decimals(number, (struct text){text.bytes + at + 1, decimals});
        at += 1 + decimals;
    }
    if (is_exponent(text, at)) return CELL_HAS_EXPONENT;
    return at == text.length ? CELL_READABLE : CELL_NOT_A_NUMBER;
}

enum cell_fault cell_quantity_slow(struct text text, char decimal_mark, int32_t *quantity)
{
    struct cell_number number;
    enum cell_fault fault = take_apart(text, decimal_mark, &number);
    if (fault != CELL_READABLE) return fault;
    if (number.is_too_large) return CELL_QUANTITY_TOO_LARGE;
    int64_t unit = power_of_ten(number.decimals);
    /* "6.0" is whole: data tools write whole columns with gaps like that. */
    if (number.has_lost_digits || number.coefficient % unit != 0) return CELL_NOT_WHOLE;
    int64_t whole = number.coefficient / unit;
    if (whole > CELL_QUANTITY_MAXIMUM) return CELL_QUANTITY_TOO_LARGE;
    *quantity = (int32_t)(number.is_negative ? -whole : whole);
    return CELL_READABLE;
}

enum cell_fault cell_price_slow(struct text text, char decimal_mark, struct decimal *price)
{
    struct cell_number number;
    enum cell_fault fault = take_apart(text, decimal_mark, &number);
    if (fault != CELL_READABLE) return fault;
    if (number.is_too_large) return CELL_PRICE_TOO_LARGE;
    if (number.has_lost_digits) return CELL_TOO_MANY_DECIMALS;
    if (number.coefficient > CELL_PRICE_MAXIMUM * power_of_ten(number.decimals)) {
        return CELL_PRICE_TOO_LARGE;
    }
    *price = (struct decimal){number.is_negative ? -number.coefficient : number.coefficient,
                              number.decimals};
    return CELL_READABLE;
}
