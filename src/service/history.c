/* History: a member's records, newest first, each leading to the one before.
 *
 * No index is kept of them: a record names, for each entity it touched, the position of the record
 * that touched it before (store/record.h). What the open batch has written comes first, from the
 * turn: the store does not show it yet.
 */
#include "service/inner.h"

static uint64_t previous_of(const struct record *record, const struct entity_key *key)
{
    const struct record_link *link = record_link_of(record, key);
    return link == NULL ? 0 : link->previous_position;
}

/* Where to begin: at the newest, or at the one before a record of the entity's, whose own link
 * leads on. So a page costs what is on it, however long the history is. */
static enum status find_begin(struct turn *turn, const struct entity_key *key, uint64_t before,
                              uint64_t *position)
{
    struct record record;
    if (before == 0) return store_last_touched(turn->store, key, position);
    enum status status = store_record(turn->store, before, &record);
    if (status == STATUS_NOT_FOUND) return STATUS_SYNTAX;
    TRY(status);
    const struct record_link *link = record_link_of(&record, key);
    if (link == NULL) return STATUS_SYNTAX;
    *position = link->previous_position;
    return STATUS_OK;
}

static bool has_touched(const struct batch_record *record, uint64_t hash)
{
    for (uint32_t i = 0; i < record->touched_count; i++) {
        if (record->touched[i] == hash) return true;
    }
    return false;
}

static bool names(const struct decision *decision, const struct entity_key *key)
{
    for (uint32_t i = 0; i < decision->entity_count; i++) {
        const struct entity_key *named = &decision->entities[i];
        if (named->kind == key->kind && text_equal(named->id, key->id)) return true;
    }
    return false;
}

static enum status decode(struct turn *turn, struct text body, struct decision *decision)
{
    arena_clear(&turn->arena);
    struct text copy = arena_copy(&turn->arena, body);
    if (copy.bytes == NULL) return STATUS_NO_MEMORY;
    return engine_decode(copy, &turn->arena, decision);
}

/* Of the open batch; `*told` counts up to `limit`. */
static enum status tell_batch(struct turn *turn, const struct entity_key *key, uint64_t before,
                              uint32_t limit, history_visit visit, void *context, uint32_t *told)
{
    const uint64_t hash = entity_key_hash(key);
    if (turn->is_reader) return STATUS_OK;
    for (uint64_t at = turn->next_position; at > turn->written.first_position && *told < limit;) {
        const struct batch_record *record = turn_written(turn, --at);
        struct decision decision;
        if (record == NULL || (before != 0 && at >= before) || !has_touched(record, hash)) continue;
        TRY(decode(turn, record->body, &decision));
        if (!names(&decision, key)) continue;
        (*told)++;
        TRY(visit(context, &decision));
    }
    return STATUS_OK;
}

enum status turn_history(struct turn *turn, const struct entity_key *key, uint64_t before,
                         uint32_t limit, history_visit visit, void *context)
{
    uint64_t position;
    uint32_t told = 0;
    TRY(tell_batch(turn, key, before, limit, visit, context, &told));
    enum status status = find_begin(turn, key, before, &position);
    if (status == STATUS_NOT_FOUND) return STATUS_OK;
    TRY(status);
    while (position != 0 && told < limit) {
        struct record record;
        struct decision decision;
        TRY(store_record(turn->store, position, &record));
        uint64_t previous = previous_of(&record, key);
        if (previous >= position) return STATUS_CORRUPT;
        told++;
        TRY(decode(turn, record.body, &decision));
        TRY(visit(context, &decision));
        position = previous;
    }
    return STATUS_OK;
}
