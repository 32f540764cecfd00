/* Replay: folding records, into states from just before them or into states of any later time.
 *
 * A state carries its stamp: the position of the last record that touched it. After a crash every
 * entity has the state that was saved last, each from a time of its own, and the records since the
 * low-water mark are folded again. A record folded twice would count twice, so an entity whose
 * stamp is not below a record's position is skipped. That this ends in the states before the crash
 * needs
 *
 * 1. A state stamped p holds every record of its entity up to p and none after (the store's part).
 * 2. An effect changes its own entity's state, from that state and the effect alone: what comes
 * back from a page, what a merge brings and what an unmerge takes out are in the effect's payload.
 * So an entity may be skipped or not whatever the others of the record do.
 * 3. The first record missing from any entity's state is replayed, and every later one in order.
 *
 * A state that is gone has no stamp, and only a page is ever gone. One is opened once, by the event
 * after which it is named, and closed once. Saved before it closed, it is stamped, and then emptied
 * by the record that closed it. Absent, it was either not yet saved when it was opened or is gone
 * already: if the record that opened it is replayed, so is the one that closed it, if there is any,
 * since records are replayed up to the last; if only the closing one is replayed, it finds nothing
 * and leaves nothing. Between the two a page may come up again for a while; nothing reads it, as a
 * member's recall has the lots in its effect. By 3 a page that is open in the store and whose
 * closing is not saved yet counts as missing that record: the store marks it as it marks a change.
 *
 * The other kinds, once there, stay: members, orders, redemptions and tallies change in place (a
 * hold that ends leaves the list in its member's and tally's state, under their own stamps), and a
 * key is written once, by the record that its position names.
 */
#include "engine/apply.h"
#include "engine/engine.h"
#include "engine/member.h"
#include "engine/order.h"
#include "engine/page.h"
#include "engine/redemption.h"

#include "engine/codec_bytes.h"

/* ---- stamps ---- */

static enum status member_stamp(const void *bytes, size_t size, uint64_t *position,
                                uint64_t *sequence)
{
    struct member header;
    if (size < sizeof header) return STATUS_CORRUPT;
    memcpy(&header, bytes, sizeof header);
    if (header.format != MEMBER_FORMAT) return STATUS_CORRUPT;
    *position = header.last_position;
    *sequence = header.sequence;
    return STATUS_OK;
}

static enum status key_stamp(const void *bytes, size_t size, uint64_t *position, uint64_t *sequence)
{
    struct reader reader = reader_of(bytes, size);
    uint64_t read = read_unsigned(&reader);
    if (reader.failed) return STATUS_CORRUPT;
    *position = read;
    *sequence = 1;
    return STATUS_OK;
}

enum status entity_bytes_stamp(enum entity_kind kind, const void *bytes, size_t size,
                               uint64_t *position, uint64_t *sequence)
{
    if (bytes == NULL || size == 0) return STATUS_CORRUPT;
    switch (kind) {
    case ENTITY_MEMBER:
    case ENTITY_TALLY:
        return member_stamp(bytes, size, position, sequence);
    case ENTITY_ORDER:
        return order_bytes_stamp(bytes, size, position, sequence);
    case ENTITY_REDEMPTION:
        return redemption_bytes_stamp(bytes, size, position, sequence);
    case ENTITY_KEY:
        return key_stamp(bytes, size, position, sequence);
    case ENTITY_PAGE:
        *sequence = 1;
        return page_bytes_position(bytes, size, position);
    case ENTITY_LINES:
    case ENTITY_KIND_COUNT:
    default:
        return STATUS_CORRUPT;
    }
}

/* ---- folding ---- */

static enum status add_entities(struct states *states, const struct decision *decision)
{
    for (uint32_t e = 0; e < decision->entity_count; e++) {
        if (states_find(states, &decision->entities[e]) == NULL) {
            TRY(states_add(states, &decision->entities[e]));
        }
    }
    for (uint32_t e = 0; e < decision->entity_count; e++) {
        struct state *state = states_find(states, &decision->entities[e]);
        bool is_member_shaped = state->key.kind == ENTITY_MEMBER || state->key.kind == ENTITY_TALLY;
        if (is_member_shaped) TRY(member_check(state));
    }
    return STATUS_OK;
}

/* `has`: for each entity, whether its state has the record already; NULL: none has. */
static enum status apply_effects(struct states *states, const struct decision *decision,
                                 const bool *has)
{
    for (uint32_t i = 0; i < decision->effect_count; i++) {
        const struct effect *effect = &decision->effects[i];
        if (effect->entity >= decision->entity_count) return STATUS_CORRUPT;
        if (has != NULL && has[effect->entity]) continue;
        struct state *state = states_find(states, &decision->entities[effect->entity]);
        TRY(effect_apply(states, state, effect));
    }
    return states_stamp(states, decision);
}

enum status engine_apply(struct states *states, const struct decision *decision)
{
    TRY(add_entities(states, decision));
    return apply_effects(states, decision, NULL);
}

enum status engine_apply_missing(struct states *states, const struct decision *decision)
{
    TRY(add_entities(states, decision));
    bool *has = arena_new_array(&states->arena, bool, (size_t)decision->entity_count + 1);
    if (has == NULL) return STATUS_NO_MEMORY;
    for (uint32_t e = 0; e < decision->entity_count; e++) {
        const struct state *state = states_find(states, &decision->entities[e]);
        uint64_t position;
        uint64_t sequence;
        if (state->size == 0) continue;
        TRY(entity_bytes_stamp(state->key.kind, state->bytes, state->size, &position, &sequence));
        has[e] = position >= decision->position;
    }
    return apply_effects(states, decision, has);
}
