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

/* Returns the pieces, which the caller has checked: first the points spent on the orders go back,
 * then the earned ones are taken, piece by piece; then counters, limits, budgets and tiers follow.
 */
MUST_CHECK enum status take_back_pieces(struct working *working, struct state *member,
                                        const struct piece *pieces, uint32_t count);

#endif
