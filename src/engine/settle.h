/* Settle: writes down what has fallen due. */
#ifndef GUERDON_ENGINE_SETTLE_H
#define GUERDON_ENGINE_SETTLE_H

#include "engine/working.h"

/* Everything of the member that is due at or before `until_us`, in order of due time, and at equal
 * times: pending release, hold lapse, expiry, tier period end. */
MUST_CHECK enum status settle_member(struct working *working, struct state *member,
                                     int64_t until_us);

#endif
