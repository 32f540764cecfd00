/* Cell: the numbers in the fields of an order line.
 *
 * Quantities are whole, prices are exact decimals of at most six decimals; nothing is rounded and
 * nothing is guessed. What cannot be read has a fault, and cell_fault_text says what would be
 * right. Texts of at most eight bytes, nearly all, are read without a loop: eight bytes are taken
 * as one number whose digits are added up in three multiplications.
 */
#ifndef GUERDON_BACKTEST_CELL_H
#define GUERDON_BACKTEST_CELL_H

#include "backtest/scan.h"
#include "base/base.h"

#define CELL_QUANTITY_MAXIMUM 1000000000
#define CELL_PRICE_MAXIMUM 1000000000 /* whole units of money */
#define CELL_PRICE_DECIMALS 6
/* quantity x price, whole units of money: sums of a hundred million such lines still fit. */
#define CELL_LINE_MAXIMUM INT64_C(1000000000000)

#define CELL_FAULT_LIST(X)                                                                         \
    X(READABLE, "")                                                                                \
    X(EMPTY, "is empty")                                                                           \
    X(NOT_A_NUMBER, "is not a number; write it in digits, such as 12 or 12.50")                    \
    X(HAS_EXPONENT, "has an exponent; write the number out in digits")                             \
    X(NOT_WHOLE, "is not a whole number of units; write 2 rather than 1.5")                        \
    X(QUANTITY_TOO_LARGE, "is out of range; a quantity lies within +-1,000,000,000")               \
    X(PRICE_TOO_LARGE, "is out of range; a price lies within +-1,000,000,000")                     \
    X(TOO_MANY_DECIMALS, "has more than 6 decimals; round it")                                     \
    X(TOO_MANY_FOR_CURRENCY, "has more decimals than the currency; round it")

enum cell_fault {
#define X(name, text) CELL_##name,
    CELL_FAULT_LIST(X)
#undef X
};

/* The part of the sentence that follows `Quantity "1.5"`. */
const char *cell_fault_text(enum cell_fault fault);

/* Any text; slower. White space at both ends is skipped. */
enum cell_fault cell_quantity_slow(struct text text, char decimal_mark, int32_t *quantity);
enum cell_fault cell_price_slow(struct text text, char decimal_mark, struct decimal *price);

/* The lowest `count` bytes of a number; count 0 to 8. */
static inline uint64_t cell_low_bytes(uint64_t eight, size_t count)
{
    return count == 0 ? 0 : eight & (UINT64_MAX >> (64 - 8 * count));
}

/* The number that `count` digits (1 to 8) in the low bytes of `eight` spell; false if one of them
 * is no digit. */
static inline bool cell_digits(uint64_t eight, size_t count, int64_t *number)
{
    unsigned shift = (unsigned)(64 - 8 * count);
    const uint64_t zeros = UINT64_C(0x3030303030303030);
    uint64_t digits = eight << shift | zeros >> 1 >> (63 - shift);
    const uint64_t high_halves = UINT64_C(0xf0f0f0f0f0f0f0f0);
    /* A digit is 0x30 to 0x39: its high half is 3, and still is with 6 added. */
    uint64_t raised = digits + UINT64_C(0x0606060606060606);
    if ((digits & high_halves) != zeros || (raised & high_halves) != zeros) return false;
    digits = (digits & UINT64_C(0x0f0f0f0f0f0f0f0f)) * 2561 >> 8;
    digits = (digits & UINT64_C(0x00ff00ff00ff00ff)) * 6553601 >> 16;
    digits = (digits & UINT64_C(0x0000ffff0000ffff)) * UINT64_C(42949672960001) >> 32;
    *number = (int64_t)digits;
    return true;
}

/* The text must have eight readable bytes behind its start. */
static inline enum cell_fault cell_quantity(struct text text, char decimal_mark, int32_t *quantity)
{
    bool is_negative = text.length > 1 && text.bytes[0] == '-';
    size_t count = text.length - (is_negative ? 1 : 0);
    int64_t number = 0;
    if (count == 0 || count > 8 ||
        !cell_digits(scan_load(text.bytes + (is_negative ? 1 : 0)), count, &number)) {
        return cell_quantity_slow(text, decimal_mark, quantity);
    }
    *quantity = (int32_t)(is_negative ? -number : number);
    return CELL_READABLE;
}

/* Likewise. */
static inline enum cell_fault cell_price(struct text text, char decimal_mark, struct decimal *price)
{
    size_t count = text.length;
    if (count < 2 || count > 8) return cell_price_slow(text, decimal_mark, price);
    uint64_t eight = scan_load(text.bytes);
    uint64_t marks = cell_low_bytes(scan_match(eight, decimal_mark), count);
    size_t whole = count;
    if (marks != 0) {
        whole = (size_t)__builtin_ctzll(marks) / 8;
        count--;
        eight = cell_low_bytes(eight, whole) | (eight >> 8 & ~cell_low_bytes(UINT64_MAX, whole));
    }
    int64_t number = 0;
    if (whole == 0 || (marks != 0 && whole == count) || count - whole > CELL_PRICE_DECIMALS ||
        !cell_digits(eight, count, &number)) {
        return cell_price_slow(text, decimal_mark, price);
    }
    *price = (struct decimal){number, (int32_t)(count - whole)};
    return CELL_READABLE;
}

#endif
