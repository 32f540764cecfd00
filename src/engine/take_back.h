/* Take back: returns reverse what was recorded. */
#ifndef GUERDON_ENGINE_TAKE_BACK_H
#define GUERDON_ENGINE_TAKE_BACK_H

#include "engine/working.h"

/* Units of one line of one order that go back. */
struct piece {
    struct state *order;
    uint32_t line;
    int64_t units;
};

/* `member` is NULL for a guest's order, which has neither earned nor spent.
 * Returns the pieces, which the caller has checked: first the points spent on the orders go back,
 * then the earned ones are taken, piece by piece; then counters, limits, budgets and tiers follow.
 */
MUST_CHECK enum status take_back_pieces(struct working *working, struct state *member,
                                        const struct piece *pieces, uint32_t count);

/* The same after money was given back for lines without goods. Points spent on the order stay. */
MUST_CHECK enum status take_back_money(struct working *working, struct state *member,
                                       struct state *state);
/* Takes points that an earning no longer keeps, from where they are. */
MUST_CHECK enum status take_back_points(struct working *working, struct state *member,
                                        uint32_t wallet, uint64_t earning, int64_t amount);
/* What the order, as it is left, still counts in a tally. */
MUST_CHECK enum status take_back_tally_due(const struct order *order,
                                           const struct order_tally *tally, int64_t *due);
/* Adds what the order's lines are worth to the decision's eligible amount, or takes it off. */
MUST_CHECK enum status take_back_note_eligible(struct working *working, const struct order *order,
                                               bool is_after);

#endif
