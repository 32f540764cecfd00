/* Holds and redemptions: reserve, confirm whole or part, cancel, lapse, reverse. */
#ifndef GUERDON_ENGINE_HOLD_H
#define GUERDON_ENGINE_HOLD_H

#include "engine/working.h"

MUST_CHECK enum status decide_redeem(struct working *working);
MUST_CHECK enum status decide_hold(struct working *working);
MUST_CHECK enum status decide_confirm(struct working *working);
MUST_CHECK enum status decide_cancel(struct working *working);
MUST_CHECK enum status decide_reverse(struct working *working);
/* Claims can only wait for points that are still held: drops what is beyond them. */
MUST_CHECK enum status hold_drop_claims(struct working *working, struct state *member,
                                        uint32_t wallet);
/* The time of the member's hold number `index` is over. */
MUST_CHECK enum status hold_lapse(struct working *working, struct state *member, uint32_t index,
                                  int64_t at_us);

/* Every hold of the member is let go, the oldest first, as if cancelled. */
MUST_CHECK enum status hold_end_all(struct working *working, struct state *member);

/* Holds of other members on the stocks and limits that this event asks for: those whose time is
 * over lapse first, as far as the plan has loaded them. */
MUST_CHECK enum status hold_lapse_listed(struct working *working);

/* Looks whether the member may redeem what is named (reward, or wallet and amount); answers
 * refusals in the decision. `spend` says the wallet, reward and amount, as far as they are known.
 */
MUST_CHECK enum status redeem_check(struct working *working, struct state *member,
                                    const struct redeem *redeem, struct spend *spend);
/* What a REDEEM or HOLD names. */
static inline struct redeem redeem_of(const struct event *event)
{
    return (struct redeem){event->reward, event->wallet, event->amount};
}
/* Counts the reward's limits and stock; gives them back. */
MUST_CHECK enum status reward_use(struct working *working, struct state *member,
                                  uint32_t reward_symbol, int32_t day);
MUST_CHECK enum status reward_give_back(struct working *working, struct state *member,
                                        uint32_t reward_symbol, int32_t day,
                                        struct text redeemed_by);

#endif
