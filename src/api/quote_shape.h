/* Quotes as JSON: what a cart comes to, what is held for it, what it would earn and what it just
 * misses.
 *
 * Not all of it stands in the quote's record (what would be earned, what is missed), so the answer
 * is kept beside the record, in the same batch, and a repeat gets it word for word.
 */
#ifndef GUERDON_API_QUOTE_SHAPE_H
#define GUERDON_API_QUOTE_SHAPE_H

#include "api/order_totals.h"

extern const struct shape quote_shape;

/* What an answer is made from. */
struct quote_facts {
    const struct program *program;
    const struct event *event;
    const struct decision *quoted;  /* NULL: nothing is held, it is a preview */
    const struct decision *preview; /* the purchase, as it would be */
    const struct near_miss_list *misses;
    const struct text *coupons;
    uint32_t coupon_count;
};
MUST_CHECK enum status quote_write(const struct quote_facts *facts, struct arena *arena,
                                   struct text *json);

#endif
