/* Cart: the event that named an order's items, kept in the order until it is bought by a member.
 * What is personal is not kept: the birthday is that of the event which decides the cart again. */
#ifndef GUERDON_ENGINE_CART_H
#define GUERDON_ENGINE_CART_H

#include "engine/working.h"

/* Keeps the working's event in the order. */
MUST_CHECK enum status cart_keep(struct working *working, struct order *order);
/* The kept event, as if it happened in the working's event: with its position, clock and birthday.
 */
MUST_CHECK enum status cart_read(const struct working *working, const struct order *order,
                                 struct event *event);
/* From here on the working decides `event`, which happened at `occurred_at_us`. */
void working_take_event(struct working *working, const struct event *event, int64_t occurred_at_us);
/* Replaces the order's bytes by what `order` says. */
MUST_CHECK enum status order_set(struct working *working, struct state *state,
                                 const struct order *order);

#endif
