/* Moves: adjustments, transfers, merging two members and undoing it. */
#ifndef GUERDON_ENGINE_MOVES_H
#define GUERDON_ENGINE_MOVES_H

#include "engine/working.h"

MUST_CHECK enum status decide_adjust(struct working *working);
MUST_CHECK enum status decide_transfer(struct working *working);
MUST_CHECK enum status decide_merge(struct working *working);
MUST_CHECK enum status decide_unmerge(struct working *working);

#endif
