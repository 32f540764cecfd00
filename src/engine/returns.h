/* Returns and milestones: what happens to an order after it was bought. */
#ifndef GUERDON_ENGINE_RETURNS_H
#define GUERDON_ENGINE_RETURNS_H

#include "engine/working.h"

/* RETURN: by order; whole, or items with quantities, or an amount of money without goods. Refused
 * whole if one names too much. */
MUST_CHECK enum status decide_return(struct working *working);
/* The bought order that the event names, and who has its member's things now, settled; NULL for a
 * guest's. Refuses what is not there, or open, or cancelled. */
MUST_CHECK enum status order_of_event(struct working *working, struct state **order,
                                      struct state **member);
/* Everything that is left of an order goes back, whatever the time for returns. */
MUST_CHECK enum status return_what_is_left(struct working *working, struct state *state);
/* RETURN_BY_SKU: no order is named; the latest purchase comes first, in it the last line. */
MUST_CHECK enum status decide_return_by_sku(struct working *working);
/* MILESTONE: releases what is pending until it. */
MUST_CHECK enum status decide_milestone(struct working *working);
/* What is pending of one earning becomes available now and pays debt; past its end it expires. */
MUST_CHECK enum status release_earning(struct working *working, struct state *member,
                                       uint32_t wallet, uint64_t earning);

#endif
