/* Edit: a bought order has other items now. */
#ifndef GUERDON_ENGINE_EDIT_H
#define GUERDON_ENGINE_EDIT_H

#include "engine/working.h"

MUST_CHECK enum status decide_edit(struct working *working);

#endif
