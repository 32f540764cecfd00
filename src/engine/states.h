/* What the engine's own files see of the working set, beyond entity.h. */
#ifndef GUERDON_ENGINE_STATES_H
#define GUERDON_ENGINE_STATES_H

#include "engine/entity.h"
#include "engine/event.h"

#define STATE_BYTES_MAXIMUM (8u << 20)

/* Room for `size` bytes; what was there is kept. STATUS_LIMIT past STATE_BYTES_MAXIMUM. */
MUST_CHECK enum status state_reserve(struct states *states, struct state *state, size_t size);

/* The next order of a LINES answer; bytes NULL at the end. `*offset` starts at 0. */
struct text state_lines_order(const struct state *state, uint32_t *offset);

#endif
