/* Offline: what a till without a connection promised its customer stands. */
#ifndef GUERDON_ENGINE_OFFLINE_H
#define GUERDON_ENGINE_OFFLINE_H

#include "engine/working.h"

/* The shape of the event's promises. */
bool offline_is_valid(const struct working *working);
/* True if the redemption that was just refused was given by the till already; the refusal is taken
 * back. Of an unknown reward or wallet it stands. */
bool offline_stands(struct working *working);
/* Redeems what the balance has, and what it lacks from the account for such differences. */
MUST_CHECK enum status offline_cover(struct working *working, struct state *member,
                                     struct spend *spend);
/* What the till promised beyond what the order earned, as one more earning for each wallet. */
MUST_CHECK enum status offline_grant(struct working *working, struct state *member,
                                     struct order *order);

#endif
