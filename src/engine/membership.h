/* Membership: what becomes of a member as such, and which of its events are then refused. */
#ifndef GUERDON_ENGINE_MEMBERSHIP_H
#define GUERDON_ENGINE_MEMBERSHIP_H

#include "engine/working.h"

/* Refuses what a closed or an erased member no longer does; `flags` are those of every member of
 * the event, together. */
MUST_CHECK enum status membership_check(struct working *working, uint32_t flags);
/* Records the hash of personal data that came with the event, if any did. */
MUST_CHECK enum status membership_note_fields(struct working *working, struct state *member);

MUST_CHECK enum status decide_profile(struct working *working);
MUST_CHECK enum status decide_close(struct working *working);
MUST_CHECK enum status decide_reopen(struct working *working);
MUST_CHECK enum status decide_erase(struct working *working);
/* By hand: points expire, pending ones are released. */
MUST_CHECK enum status decide_expire(struct working *working);
MUST_CHECK enum status decide_release(struct working *working);

#endif
