/* Grouping: lines as they come from the file become orders in the order of replay. */
#ifndef GUERDON_BACKTEST_GROUPING_H
#define GUERDON_BACKTEST_GROUPING_H

#include "backtest/orders.h"

/* A line whose order was not the newest when it came. */
struct late_line {
    uint32_t order;
    struct book_line line;
};

struct grouping {
    struct book *book;
    /* Order numbers by invoice, customer and kind: upper half of the hash, then the number. */
    uint64_t *slots;
    uint32_t slot_count;
    uint64_t line_capacity;
    uint64_t expected_lines; /* a guess of how many there will be; 0: none */
    uint64_t order_capacity;
    struct late_line *late;
    struct book_line_extra *late_extras;
    uint32_t late_count;
    uint32_t late_capacity;
    bool has_extras; /* set before the first line */
};

void grouping_init(struct grouping *grouping, struct book *book);
void grouping_release(struct grouping *grouping);
/* The number of the order with this invoice, customer and kind; a copy of `order` becomes one if
 * there is none. */
MUST_CHECK enum status grouping_order(struct grouping *grouping, const struct book_order *order,
                                      uint32_t *number);
/* `extra` is looked at only if the grouping has extras. */
MUST_CHECK enum status grouping_add_line(struct grouping *grouping, uint32_t order,
                                         const struct book_line *line,
                                         const struct book_line_extra *extra);
/* The same prices with more decimals. */
MUST_CHECK enum status grouping_rescale(struct grouping *grouping, int32_t price_decimals);
/* Puts late lines where they belong and the orders in the order of replay. */
MUST_CHECK enum status grouping_finish(struct grouping *grouping);

#endif
