/* Returns and milestones: what happens to an order after it was bought. */
#ifndef GUERDON_ENGINE_RETURNS_H
#define GUERDON_ENGINE_RETURNS_H

#include "engine/working.h"

/* RETURN: by order; whole, or items with quantities. Refused whole if one names too many units. */
MUST_CHECK enum status decide_return(struct working *working);
/* RETURN_BY_SKU: no order is named; the latest purchase comes first, in it the last line. */
MUST_CHECK enum status decide_return_by_sku(struct working *working);
/* MILESTONE: releases what is pending until it. */
MUST_CHECK enum status decide_milestone(struct working *working);
/* What is pending of one earning becomes available now and pays debt; past its end it expires. */
MUST_CHECK enum status release_earning(struct working *working, struct state *member,
                                       uint32_t wallet, uint64_t earning);

#endif
