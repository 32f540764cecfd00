/* Mapping: what the columns of a shop's order file mean.
 *
 * Written in YAML, read once, immutable afterwards; docs/orders.md tells every key. Each part of an
 * order line comes from a column, named or numbered, or is the same for every line.
 */
#ifndef GUERDON_BACKTEST_MAPPING_H
#define GUERDON_BACKTEST_MAPPING_H

#include "backtest/time_format.h"

#define MAPPING_TEXT_MAXIMUM ((size_t)256 << 10)
#define MAPPING_VALUE_MAXIMUM 256 /* bytes of a column's constant */

/* The parts of an order line: name in the mapping file, and how the description calls it. */
#define ORDER_COLUMN_LIST(X)                                                                       \
    X(ORDER, "order")                                                                              \
    X(CUSTOMER, "customer")                                                                        \
    X(SKU, "sku")                                                                                  \
    X(QUANTITY, "quantity")                                                                        \
    X(UNIT_PRICE, "unit_price")                                                                    \
    X(LINE_AMOUNT, "line_amount")                                                                  \
    X(TIME, "time")                                                                                \
    X(CATEGORY, "category")                                                                        \
    X(TYPE, "type")                                                                                \
    X(CHANNEL, "channel")                                                                          \
    X(STORE, "store")                                                                              \
    X(DISCOUNT, "discount")                                                                        \
    X(TAX, "tax")                                                                                  \
    X(RETURN, "return") /* the column that tells returns; given by the key `return` */

enum order_column {
#define X(name, text) ORDER_COLUMN_##name,
    ORDER_COLUMN_LIST(X)
#undef X
        ORDER_COLUMN_COUNT
};

enum mapping_source { MAPPED_NOT, MAPPED_BY_NAME, MAPPED_BY_NUMBER, MAPPED_VALUE };

struct mapped_column {
    enum mapping_source source;
    struct text name;   /* BY_NAME; of BY_NUMBER "column 3" */
    uint32_t number;    /* BY_NUMBER, from 1 */
    struct text value;  /* VALUE: the same on every line */
    struct text prefix; /* dropped from the start and the end of the text, if it is there */
    struct text suffix;
    bool is_optional;         /* BY_NAME: left out if the header does not have it */
    struct position position; /* in the mapping file */
};

enum return_mark { RETURN_NONE, RETURN_ORDER_STARTS_WITH, RETURN_NEGATIVE, RETURN_COLUMN_EQUALS };

struct mapping {
    struct text file; /* the mapping file's name; empty for the default */
    struct mapped_column columns[ORDER_COLUMN_COUNT];
    char separator; /* ' ': any white space */
    char decimal_mark;
    bool has_header;
    struct text currency; /* ISO 4217 */
    int32_t currency_decimals;
    const struct zone *zone;
    struct time_format time_format;
    enum return_mark return_mark;
    struct text return_text; /* what the order starts with, or what the column equals */
};

/* Reads a mapping. All mistakes go to `problems`, each with its place; STATUS_INVALID when there is
 * one, and `*mapping` stays as it was. What it holds lives in `arena`. */
MUST_CHECK enum status mapping_load(struct arena *arena, struct text file, struct text text,
                                    struct problem_list *problems, struct mapping *mapping);
/* Guerdon's own format, which generate writes: what is read when no mapping is named. Of its
 * columns only order, member, sku, quantity, unit_price and time must be there. */
MUST_CHECK enum status mapping_default(struct arena *arena, struct mapping *mapping);
/* "unit_price". */
struct text order_column_name(enum order_column column);

#endif
