/* Purchase and join: how a member begins, and what an order does. */
#ifndef GUERDON_ENGINE_PURCHASE_H
#define GUERDON_ENGINE_PURCHASE_H

#include "engine/working.h"

MUST_CHECK enum status decide_join(struct working *working);
MUST_CHECK enum status decide_purchase(struct working *working);

#endif
