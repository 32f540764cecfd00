/* After: what the members of an event have once it is decided, for its answer. */
#ifndef GUERDON_ENGINE_AFTER_H
#define GUERDON_ENGINE_AFTER_H

#include "engine/working.h"

/* A refused event still finds its members as they are now: what was due is written down. */
MUST_CHECK enum status after_settle_refused(struct working *working);
/* Notes the balances and levels of every member of the event in the decision. */
MUST_CHECK enum status after_note(struct working *working);

#endif
