/* Custom events: what happens to a member and is no purchase. */
#ifndef GUERDON_ENGINE_CUSTOM_H
#define GUERDON_ENGINE_CUSTOM_H

#include "engine/working.h"

/* Finds the event's declaration: working->custom. False for an event that the programme does not
 * have, or whose values do not fit what it declares. */
bool custom_find(struct working *working);
MUST_CHECK enum status decide_custom(struct working *working);

#endif
