/* Earn: tries the programme's rules on an event and opens the lots. */
#ifndef GUERDON_ENGINE_EARN_H
#define GUERDON_ENGINE_EARN_H

#include "engine/boosts.h"

/* Tries every rule that waits for `trigger`, in the programme's order. What fires becomes an
 * earning of `order` and a lot of the member. `is_returnable`: the order will be kept, so that
 * returns can reach its lots. */
MUST_CHECK enum status earn_by_rules(struct working *working, struct state *member,
                                     enum trigger trigger, struct order *order,
                                     int64_t order_eligible, bool is_returnable);
/* Moves on the wallets' expiry that this event renews. */
MUST_CHECK enum status earn_renew_expiry(struct working *working, struct state *member,
                                         enum trigger trigger);
/* Notes in the order what was added to a tally, for its return. */
MUST_CHECK enum status order_note_tally(struct working *working, struct order *order,
                                        const struct order_tally *tally);

#endif
