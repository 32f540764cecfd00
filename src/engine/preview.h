/* Preview: what engine_preview and engine_near_misses share with decide. */
#ifndef GUERDON_ENGINE_PREVIEW_H
#define GUERDON_ENGINE_PREVIEW_H

#include "engine/working.h"

/* Decides over the working set as it stands, not kept within bounds. */
MUST_CHECK enum status decide_unbounded(const struct program *program, struct states *states,
                                        const struct event *event, const struct sink *sink,
                                        struct decision *decision);

#endif
