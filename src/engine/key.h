/* Keys: every write that carries a key happens once. */
#ifndef GUERDON_ENGINE_KEY_H
#define GUERDON_ENGINE_KEY_H

#include "engine/working.h"

/* The key of this event: its entity, NULL if the event carries none, and what to keep of it. */
struct key_use {
    struct state *state;
    uint64_t position;
    uint8_t digest[HASH_RECORD_BYTES];
};

/* Refuses a key that was used before: REPEATED for the same request, else KEY_CONFLICT. */
MUST_CHECK enum status key_check(struct working *working, struct key_use *use);
/* Keeps the key, but for a malformed event: that may be corrected and sent again. */
MUST_CHECK enum status key_note(struct working *working, const struct key_use *use);

#endif
