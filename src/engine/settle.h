/* Settle: writes down what has fallen due. */
#ifndef GUERDON_ENGINE_SETTLE_H
#define GUERDON_ENGINE_SETTLE_H

#include "engine/working.h"

/* Everything of the member that is due at or before `until_us`, in order of due time, and at equal
 * times: pending release, hold lapse, expiry, tier period end. */
MUST_CHECK enum status settle_member(struct working *working, struct state *member,
                                     int64_t until_us);
/* A whole class turns to another account at `at_us`; debt is the caller's to pay. A class with lots
 * in mixed pages has one of them recalled and does not turn yet: look at the classes anew. */
MUST_CHECK enum status settle_turn_class(struct working *working, struct state *member,
                                         uint32_t class_index, uint8_t to, int64_t at_us);

#endif
