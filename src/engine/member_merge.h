/* Member states put together and taken apart again. */
#ifndef GUERDON_ENGINE_MEMBER_MERGE_H
#define GUERDON_ENGINE_MEMBER_MERGE_H

#include "engine/member.h"

/* The payload of MEMBER_ADOPTED: the length of the id, the id, the state, in its header the day. */
MUST_CHECK enum status member_adopt_payload(struct arena *arena, struct text id,
                                            const struct state *from, int32_t day,
                                            struct text *payload);
/* Takes in everything of another member, under the owner number effect->owner and those above. */
MUST_CHECK enum status member_adopt(struct states *states, struct state *state,
                                    const struct effect *effect);
/* Empties the state and leaves the id of the member that has it all. */
MUST_CHECK enum status member_set_forward(struct state *state, const struct effect *effect);
/* Drops what owner k and the owners inside it brought. */
MUST_CHECK enum status member_release_owner(struct state *state, uint32_t owner);
/* The state that an owner gets back: its own part of `from`, with `old` (the forwarded state) for
 * its header. */
MUST_CHECK enum status member_extract(struct states *states, const struct state *from,
                                      uint32_t owner, const struct state *old, struct text *bytes);
/* True if owner number `inner` is `outer` or came inside it. */
bool member_owner_within(const struct state *state, uint32_t inner, uint32_t outer);
static inline struct text owner_id(const struct owner *owner)
{
    return (struct text){owner->id, owner->id_length};
}

#endif
