/* Counters: the only history that rules see. */
#ifndef GUERDON_ENGINE_COUNTERS_H
#define GUERDON_ENGINE_COUNTERS_H

#include "engine/working.h"

/* Adds the event to every counter that waits for `trigger`, notes it in the order, and lets the
 * tiers that they measure follow. */
MUST_CHECK enum status counters_count(struct working *working, struct state *member,
                                      enum trigger trigger, struct order *order,
                                      int64_t order_eligible);

#endif
