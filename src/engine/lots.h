/* Lots: opening, choosing, taking and putting back, as steps of a decision. */
#ifndef GUERDON_ENGINE_LOTS_H
#define GUERDON_ENGINE_LOTS_H

#include "engine/working.h"

/* Where points come from and what becomes of them. */
struct opening {
    uint32_t wallet; /* symbol */
    uint32_t owner;
    uint64_t earning;
    int64_t amount;
    uint8_t from;          /* account */
    int64_t release_at_us; /* at or before now: available at once */
    int64_t expires_at_us;
    uint32_t rule;
    uint32_t funder;
    int32_t returnable_until_day;
};

/* Opens a lot; if it is available at once, it pays debt first. */
MUST_CHECK enum status lots_open(struct working *working, struct state *member,
                                 const struct opening *opening);
/* When points that are earned by this event expire. */
MUST_CHECK enum status lots_expiry(struct working *working, const struct expiry *expires,
                                   int64_t *expires_at_us);

/* Takes `amount` of a wallet's available lots to an account: soonest expiry first, then the oldest,
 * the non-expiring last. The caller has checked that there is enough. What was taken from where is
 * written to `spend` (may be NULL), whose wallet and amount the caller sets. */
MUST_CHECK enum status lots_spend(struct working *working, struct state *member, uint32_t wallet,
                                  int64_t amount, uint8_t to, int64_t at_us, struct spend *spend);
/* Available lots expire now, in the same order; a later return still finds what expired of its own.
 */
MUST_CHECK enum status lots_expire(struct working *working, struct state *member, uint32_t wallet,
                                   int64_t amount);
/* Moves available lots to a hold, in the same order. */
MUST_CHECK enum status lots_hold(struct working *working, struct state *member, uint32_t wallet,
                                 int64_t amount, uint64_t hold);
/* Takes from lots in `account`, chosen as said for `order`, up to `amount`; `*taken` says how much
 * there was. */
enum lot_order { LOTS_SOONEST_EXPIRY, LOTS_SOONEST_RELEASE };
MUST_CHECK enum status lots_take_some(struct working *working, struct state *member,
                                      uint32_t wallet, uint8_t account, enum lot_order order,
                                      int64_t amount, uint8_t to, int64_t *taken);
/* Takes from the lots of one earning in one account. */
MUST_CHECK enum status lots_take_own(struct working *working, struct state *member, uint32_t wallet,
                                     uint64_t earning, uint8_t account, int64_t amount, uint8_t to,
                                     int64_t *taken);
/* Counts expired points of one earning, each once. */
MUST_CHECK enum status lots_count_expired(struct working *working, struct state *member,
                                          uint32_t wallet, uint64_t earning, int64_t amount,
                                          int64_t *counted);
/* What one earning has in an account. */
MUST_CHECK enum status lots_own_sum(struct working *working, struct state *member, uint32_t wallet,
                                    uint64_t earning, uint8_t account, int64_t *sum);
/* Puts `amount` back of what was spent, the lots last taken first; expired ones by the wallet's
 * policy. `skip` is how much of the spend was put back before; `spent_by` who had the lots then,
 * perhaps merged into the member since. */
MUST_CHECK enum status lots_put_back(struct working *working, struct state *member,
                                     struct text spent_by, const struct spend *spend, int64_t skip,
                                     int64_t amount, uint8_t from);
/* Redeems `amount` of a wallet's held lots of a hold, soonest expiry first. */
MUST_CHECK enum status lots_redeem_held(struct working *working, struct state *member,
                                        uint64_t hold, uint32_t wallet, int64_t amount,
                                        struct spend *spend);
/* What is left of a hold becomes available again at `at_us`: first pays what a return could not
 * take because of it, then by the expired-meanwhile policy, then debt. */
MUST_CHECK enum status lots_release_held(struct working *working, struct state *member,
                                         uint64_t hold, int64_t at_us);
/* Pays debt from what is available. */
MUST_CHECK enum status lots_pay_debt(struct working *working, struct state *member, uint32_t wallet,
                                     int64_t at_us);
/* Merges and forgets what no return can reach any more. */
MUST_CHECK enum status lots_tidy(struct working *working, struct state *member);

#endif
