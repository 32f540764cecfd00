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
/* A lot to be opened: how much, where from, and when it is released and ends. */
struct granting {
    uint32_t wallet; /* symbol */
    uint64_t earning;
    int64_t amount;
    uint8_t from; /* account */
    uint32_t rule;
    uint32_t funder;
    const struct pending *pending;
    const struct expiry *expires;
    bool is_released; /* the milestone that it would wait for is reached */
};
MUST_CHECK enum status earn_open_lot(struct working *working, struct state *member,
                                     const struct granting *granting, bool is_returnable);
/* Points of an order that no rule gave: promised by a till. */
MUST_CHECK enum status earn_beyond_rules(struct working *working, struct state *member,
                                         struct order *order, const struct wallet *wallet,
                                         int64_t amount, uint32_t funder);
/* Moves on the wallets' expiry that this event renews. */
MUST_CHECK enum status earn_renew_expiry(struct working *working, struct state *member,
                                         enum trigger trigger);
/* Notes in the order what was added to a tally, for its return. */
MUST_CHECK enum status order_note_tally(struct working *working, struct order *order,
                                        const struct order_tally *tally);

#endif
