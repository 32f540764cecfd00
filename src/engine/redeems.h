/* Redeems: the rewards and points that pay for a part of an order. */
#ifndef GUERDON_ENGINE_REDEEMS_H
#define GUERDON_ENGINE_REDEEMS_H

#include "engine/working.h"

/* The shape of what the event asks for. */
bool redeems_are_valid(const struct event *event);
/* Whether the member may redeem that in this order; refusals go to the decision. The order's lines
 * are filled, and no reward has taken anything off them yet. */
MUST_CHECK enum status redeems_check(struct working *working, struct state *member,
                                     const struct order *order, const struct redeem *redeem,
                                     struct spend *spend);
/* Redeems what the event asks for, one by one, and notes it in the order. With a `quote` only what
 * that held, from its holds if they have not ended. After a refusal some of it may be done: see
 * savepoint.h. */
MUST_CHECK enum status redeems_take(struct working *working, struct state *member,
                                    const struct order *quote, struct order *order);
/* Works out what the order's rewards take off it, shares that over its lines, and notes every
 * redemption in the decision. `quote` as above, or NULL. */
MUST_CHECK enum status redeems_discount(struct working *working, const struct order *quote,
                                        struct order *order);
/* Shares `total` over the lines by their subtotals: the shares, each the difference of two rounded
 * running sums, sum to it. All 0 when the lines come to nothing. */
MUST_CHECK enum status share_over_lines(const struct order *order, int64_t total, int64_t *shares);

#endif
