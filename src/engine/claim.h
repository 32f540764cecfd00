/* Claim: a guest's order is credited to a member. */
#ifndef GUERDON_ENGINE_CLAIM_H
#define GUERDON_ENGINE_CLAIM_H

#include "engine/working.h"

MUST_CHECK enum status decide_claim(struct working *working);

#endif
