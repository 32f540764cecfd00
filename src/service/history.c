/* History: a member's records, newest first, each leading to the one before.
 *
 * No index is kept of them: a record names, for each entity it touched, the position of the record
 * that touched it before (store/record.h).
 */
#include "service/inner.h"

static uint64_t previous_of(const struct record *record, const struct entity_key *key)
{
    for (uint32_t i = 0; i < record->link_count; i++) {
        const struct record_link *link = &record->links[i];
        if (link->key.kind == key->kind && text_equal(link->key.id, key->id)) {
            return link->previous_position;
        }
    }
    return 0;
}

enum status turn_history(struct turn *turn, const struct entity_key *key, uint64_t before,
                         uint32_t limit, history_visit visit, void *context)
{
    uint64_t position;
    enum status status = store_last_touched(turn->store, key, &position);
    if (status == STATUS_NOT_FOUND) return STATUS_OK;
    TRY(status);
    for (uint32_t told = 0; position != 0 && told < limit;) {
        struct record record;
        struct decision decision;
        TRY(store_record(turn->store, position, &record));
        uint64_t previous = previous_of(&record, key);
        if (previous >= position) return STATUS_CORRUPT;
        if (before == 0 || position < before) {
            told++;
            arena_clear(&turn->arena);
            struct text body = arena_copy(&turn->arena, record.body);
            if (body.bytes == NULL) return STATUS_NO_MEMORY;
            TRY(engine_decode(body, &turn->arena, &decision));
            TRY(visit(context, &decision));
        }
        position = previous;
    }
    return STATUS_OK;
}
