/* Quoting an order, within a turn. */
#ifndef GUERDON_API_ORDER_QUOTE_H
#define GUERDON_API_ORDER_QUOTE_H

#include "api/decide.h"
#include "api/order_facts.h"
#include "api/quote_shape.h"

/* One cart that is asked about. */
struct quoting {
    struct decide_work work; /* the first member */
    bool is_preview;         /* nothing is held */
    struct text json;        /* the answer; empty: it is refused, as work.reply says */
};

/* Decides the QUOTE in the work and keeps its answer; or, as a preview, writes nothing. */
MUST_CHECK enum status quote_in_turn(struct turn *turn, struct arena *arena,
                                     struct quoting *quoting);
/* When what a quote holds is let go, unless it was said. */
int64_t quote_lapse_us(const struct request *request, int64_t occurred_at_us);

#endif
