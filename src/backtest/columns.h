/* Columns: where in a record of this file each part of an order line stands. */
#ifndef GUERDON_BACKTEST_COLUMNS_H
#define GUERDON_BACKTEST_COLUMNS_H

#include "backtest/csv.h"
#include "backtest/mapping.h"

/* Room for a column's name or a value, shortened, as a problem shows it. */
#define COLUMN_SHOWN_MAXIMUM 96

struct columns {
    const struct mapping *mapping;
    const struct text *fields; /* of the record being read, in the order of `wanted` */
    uint32_t wanted[ORDER_COLUMN_COUNT];
    uint32_t wanted_count;
    uint32_t column_count;
    bool has[ORDER_COLUMN_COUNT];
    int32_t slots[ORDER_COLUMN_COUNT]; /* index in `fields`; -1: the constant, or not mapped */
    struct text constants[ORDER_COLUMN_COUNT];
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
    int32_t slot = columns->slots[column];
    return slot >= 0 ? columns->fields[slot] : columns->constants[column];
}

/* Without the prefix and suffix that the mapping drops. */
static inline struct text columns_value(const struct columns *columns, enum order_column column)
{
    struct text value = columns_raw_value(columns, column);
    const struct mapped_column *mapped = &columns->mapping->columns[column];
    if (mapped->prefix.length > 0 && text_starts_with(value, mapped->prefix)) {
        value = (struct text){value.bytes + mapped->prefix.length,
                              value.length - mapped->prefix.length};
    }
    if (mapped->suffix.length > 0 && text_ends_with(value, mapped->suffix)) {
        value.length -= mapped->suffix.length;
    }
    return value;
}

/* "Quantity" or "column 4", into `out` of COLUMN_SHOWN_MAXIMUM bytes, NUL-terminated. */
void columns_show_name(const struct mapping *mapping, enum order_column column, char *out);
/* A value as a terminal can show it: shortened, other bytes than printable ASCII and UTF-8 as \xNN.
 */
void column_show_value(struct text value, char *out);

#endif
