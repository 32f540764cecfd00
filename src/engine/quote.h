/* Quotes: an open order, what it holds, and how it ends. See the state diagram in order.h. */
#ifndef GUERDON_ENGINE_QUOTE_H
#define GUERDON_ENGINE_QUOTE_H

#include "engine/working.h"

/* A hold of an order's quote, in a member's or tally's list, names no wallet; its id is the
 * order's. */
static inline bool hold_is_quote(const struct hold *hold)
{
    return hold->wallet == 0;
}

MUST_CHECK enum status decide_quote(struct working *working);
MUST_CHECK enum status decide_confirm_order(struct working *working);
MUST_CHECK enum status decide_cancel_order(struct working *working);

/* Lets go of everything that the open order holds; it stays open. `member`: who has its member's
 * things now; NULL if there is no such member. `at_us`: now, or when its time was over. */
MUST_CHECK enum status quote_release(struct working *working, struct state *state,
                                     struct state *member, int64_t at_us);
/* The time of a quote that a tally lists is over. */
MUST_CHECK enum status quote_lapse_listed(struct working *working, const struct hold *hold);

#endif
