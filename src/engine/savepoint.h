/* Savepoint: a place in a decision to which it can go back.
 *
 * Some things are found out only by doing them: what an order would earn, whether the last of three
 * redemptions is possible. So a decision marks a place, goes on, and goes back if need be: states,
 * effects and everything else in the working are then as they were. It costs a copy of the loaded
 * states; the plain ways of an event do without it.
 *
 * Invariant: between open and rollback no entity is added to the working set.
 */
#ifndef GUERDON_ENGINE_SAVEPOINT_H
#define GUERDON_ENGINE_SAVEPOINT_H

#include "engine/working.h"

struct savepoint {
    struct working working;
    struct decision decision;
    struct state *list;
    uint32_t count;
};

/* Copies of the loaded states into `*list`, in their arena; orders are copied as they stand. */
MUST_CHECK enum status states_copy(struct states *states, struct state **list);
MUST_CHECK enum status savepoint_open(const struct working *working, struct savepoint *savepoint);
MUST_CHECK enum status savepoint_rollback(struct working *working,
                                          const struct savepoint *savepoint);

#endif
