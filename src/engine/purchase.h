/* Purchase and join: how a member begins, and what an order does. */
#ifndef GUERDON_ENGINE_PURCHASE_H
#define GUERDON_ENGINE_PURCHASE_H

#include "engine/working.h"

MUST_CHECK enum status decide_join(struct working *working);
MUST_CHECK enum status decide_purchase(struct working *working);

/* The shape of the working's event as a purchase, with or without a member. */
bool purchase_is_valid(const struct working *working);
/* The order's lines from the event; the milestones that it has are kept. `holder`: who has the
 * member's things now; what happens after a merge stays with it. */
MUST_CHECK enum status order_from_event(struct working *working, struct text holder,
                                        struct order *order);
/* The working's event as a purchase of its member, who joins with it if need be. `quote`: the open
 * order that held what it redeems, or NULL. `*buyer` is who has it. After a refusal a part of it
 * may be done: see savepoint.h. The order is not written yet. */
MUST_CHECK enum status purchase_by_member(struct working *working, const struct order *quote,
                                          struct order *order, struct state **buyer);
/* What the order earns and counts, once its lines are worked out. */
MUST_CHECK enum status purchase_earn(struct working *working, struct state *member,
                                     struct order *order);
/* After the order is written: what is due already, and what is too old to keep apart. */
MUST_CHECK enum status purchase_finish(struct working *working, struct state *member);
/* The same without a member: nobody earns anything yet. */
MUST_CHECK enum status purchase_by_guest(struct working *working, struct order *order);

/* Somebody who is no member yet becomes one, by whatever happens first. */
MUST_CHECK enum status purchase_open_member(struct working *working, struct state *member);

#endif
