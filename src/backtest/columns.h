/* Columns: where in a record of this file each part of an order line stands. */
#ifndef GUERDON_BACKTEST_COLUMNS_H
#define GUERDON_BACKTEST_COLUMNS_H

#include "backtest/csv.h"
#include "backtest/mapping.h"

/* Room for a column's name or a value, shortened, as a problem shows it. */
#define COLUMN_SHOWN_MAXIMUM 96

struct columns {
    const struct mapping *mapping;
    bool has[ORDER_COLUMN_COUNT];
    bool trims[ORDER_COLUMN_COUNT];     /* a prefix or suffix is dropped */
    uint32_t slots[ORDER_COLUMN_COUNT]; /* where in `fields` its value is */
    uint32_t wanted[ORDER_COLUMN_COUNT];
    uint32_t wanted_count;
    uint32_t column_count;
    /* The values of the record being read in the order of `wanted`; behind them, for good, the
     * constants and an empty text for what is not mapped. */
    struct text fields[2 * ORDER_COLUMN_COUNT + 1];
    char constant_bytes[ORDER_COLUMN_COUNT][MAPPING_VALUE_MAXIMUM + CSV_SLACK_BYTES];
};

/* Finds the mapping's columns in the header, or checks their numbers against the first record.
 * STATUS_INVALID adds a problem for each that is missing. */
MUST_CHECK enum status columns_resolve(struct columns *columns, const struct mapping *mapping,
                                       const struct csv_record *first, struct text file,
                                       struct problem_list *problems);

static inline bool columns_has(const struct columns *columns, enum order_column column)
{
    return columns->has[column];
}

/* As it stands in the file. */
static inline struct text columns_raw_value(const struct columns *columns, enum order_column column)
{
    return columns->fields[columns->slots[column]];
}

struct text columns_trim(const struct columns *columns, enum order_column column,
                         struct text value);

/* Without the prefix and suffix that the mapping drops. */
static inline struct text columns_value(const struct columns *columns, enum order_column column)
{
    struct text value = columns_raw_value(columns, column);
    return columns->trims[column] ? columns_trim(columns, column, value) : value;
}

/* "Quantity" or "column 4", into `out` of COLUMN_SHOWN_MAXIMUM bytes, NUL-terminated. */
void columns_show_name(const struct mapping *mapping, enum order_column column, char *out);
/* A value as a terminal can show it: shortened, other bytes than printable ASCII and UTF-8 as \xNN.
 */
void column_show_value(struct text value, char *out);

#endif
