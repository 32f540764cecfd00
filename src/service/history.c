/* History: a member's records, newest first, each leading to the one before.
 *
 * No index is kept of them: a record names, for each entity it touched, the position of the record
 * that touched it before (store/record.h).
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

enum status turn_history(struct turn *turn, const struct entity_key *key, uint64_t before,
                         uint32_t limit, history_visit visit, void *context)
{
    uint64_t position;
    enum status status = find_begin(turn, key, before, &position);
    if (status == STATUS_NOT_FOUND) return STATUS_OK;
    TRY(status);
    for (uint32_t told = 0; position != 0 && told < limit;) {
        struct record record;
        struct decision decision;
        TRY(store_record(turn->store, position, &record));
        uint64_t previous = previous_of(&record, key);
        if (previous >= position) return STATUS_CORRUPT;
        told++;
        arena_clear(&turn->arena);
        struct text body = arena_copy(&turn->arena, record.body);
        if (body.bytes == NULL) return STATUS_NO_MEMORY;
        TRY(engine_decode(body, &turn->arena, &decision));
        TRY(visit(context, &decision));
        position = previous;
    }
    return STATUS_OK;
}
