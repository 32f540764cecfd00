/* Reversal: what a return did, step by step, and undoing it.
 *
 * While a return with an id is decided, each of its effects is noted just before it is applied,
 * together with the lot that it is about to change. The order keeps the steps. Undoing takes them
 * from the last to the first, and does the opposite of each. Only the latest thing that happened to
 * an order's units can be undone, because what an earning keeps is rounded from what is left; once
 * it is undone the one before it can be.
 */
#ifndef GUERDON_ENGINE_REVERSAL_H
#define GUERDON_ENGINE_REVERSAL_H

#include "engine/working.h"

struct reversal_log {
    struct reversal *steps;
    uint32_t count;
    uint32_t capacity;
    uint64_t before; /* the order's changes */
};

/* Begins to note; refuses an id that the order has already. */
MUST_CHECK enum status reversal_begin(struct working *working, const struct state *order,
                                      struct reversal_log *log);
/* Notes an effect that is about to be applied. */
MUST_CHECK enum status reversal_note(struct working *working, const struct state *state,
                                     const struct effect *effect);
/* Keeps what was noted in the order. `member` may be NULL. */
MUST_CHECK enum status reversal_keep(struct working *working, struct state *order,
                                     const struct state *member, const struct reversal_log *log);
MUST_CHECK enum status decide_undo_return(struct working *working);

#endif
