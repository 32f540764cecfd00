/* Apply: the only place that changes a state. */
#ifndef GUERDON_ENGINE_APPLY_H
#define GUERDON_ENGINE_APPLY_H

#include "engine/decision.h"
#include "engine/states.h"

/* Applies one effect to the entity that it names. STATUS_CORRUPT if it does not fit the state. */
MUST_CHECK enum status effect_apply(struct states *states, struct state *state,
                                    const struct effect *effect);
/* After the last effect of a decision: stamps every entity that the decision names with its
 * position and time, works out the members' next due instants, encodes the orders that were
 * changed. */
MUST_CHECK enum status states_stamp(struct states *states, const struct decision *decision);

#endif
