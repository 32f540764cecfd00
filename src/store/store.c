/* Store: what is the same for every implementation, and the calls that go through to one.
 *
 * Never keeps anything itself. What an implementation does not provide (a reader cannot write) is
 * answered as STATUS_INVALID.
 */
#include "store/store.h"

#include <stdio.h>

/* A return needs three rounds; more than this is an engine that never has enough. */
#define LOAD_ROUND_MAXIMUM 64

enum status store_begin(struct store *store)
{
    if (store->methods->begin == NULL) return STATUS_INVALID;
    return store->methods->begin(store);
}

enum status store_load(struct store *store, struct states *states, uint32_t index)
{
    return store->methods->load(store, states, index);
}

void store_expect(struct store *store, const struct entity_key *key)
{
    if (store->methods->expect != NULL) store->methods->expect(store, key);
}

enum status store_load_for(struct store *store, const struct program *program,
                           const struct event *event, struct states *states)
{
    for (int round = 0; round < LOAD_ROUND_MAXIMUM; round++) {
        uint32_t added = 0;
        TRY(engine_plan(program, event, states, &added));
        bool is_complete = added == 0;
        /* From the first: a plan can also put an earlier look-up again. */
        for (uint32_t i = 0; i < states->count; i++) {
            if (states->list[i].is_loaded) continue;
            is_complete = false;
            TRY(store_load(store, states, i));
        }
        if (is_complete) return STATUS_OK;
    }
    return STATUS_LIMIT;
}

enum status store_write(struct store *store, const struct written *written)
{
    if (store->methods->write == NULL) return STATUS_INVALID;
    return store->methods->write(store, written);
}

enum status store_save_dirty(struct store *store, const struct states *states)
{
    if (store->methods->save == NULL) return STATUS_INVALID;
    for (uint32_t i = 0; i < states->count; i++) {
        if (states->list[i].is_dirty) TRY(store->methods->save(store, &states->list[i]));
    }
    return STATUS_OK;
}

enum status store_put(struct store *store, enum document_kind kind, struct text id,
                      struct text value)
{
    if (store->methods->put == NULL) return STATUS_INVALID;
    return store->methods->put(store, kind, id, value);
}

enum status store_name_symbol(struct store *store, uint32_t symbol, struct text kind,
                              struct text name)
{
    char id[16];
    size_t length = (size_t)snprintf(id, sizeof id, "%010u", symbol);
    struct buffer value;
    buffer_init(&value, 1u << 16);
    enum status status =
        buffer_add_format(&value, "%.*s %.*s", TEXT_ARGUMENTS(kind), TEXT_ARGUMENTS(name));
    if (status == STATUS_OK)
        status = store_put(store, DOCUMENT_SYMBOL, (struct text){id, length}, buffer_text(&value));
    buffer_release(&value);
    return status;
}

uint64_t store_mark(struct store *store)
{
    return store->methods->mark == NULL ? 0 : store->methods->mark(store);
}

void store_back_to(struct store *store, uint64_t mark)
{
    if (store->methods->back_to != NULL) store->methods->back_to(store, mark);
}

enum status store_commit(struct store *store)
{
    if (store->methods->commit == NULL) return STATUS_INVALID;
    return store->methods->commit(store);
}

enum status store_commit_unsynced(struct store *store)
{
    if (store->methods->commit_unsynced == NULL) return store_commit(store);
    return store->methods->commit_unsynced(store);
}

enum status store_sync(struct store *store)
{
    return store->methods->sync == NULL ? STATUS_OK : store->methods->sync(store);
}

void store_rollback(struct store *store)
{
    if (store->methods->rollback != NULL) store->methods->rollback(store);
}

enum status store_write_behind(struct store *store, bool all)
{
    if (store->methods->write_behind == NULL) return STATUS_INVALID;
    return store->methods->write_behind(store, all);
}

enum status store_recover(struct store *store)
{
    if (store->methods->recover == NULL) return STATUS_INVALID;
    return store->methods->recover(store);
}

enum status store_open_reader(struct store *store, struct store **reader)
{
    if (store->methods->open_reader == NULL) return STATUS_INVALID;
    return store->methods->open_reader(store, reader);
}

enum status store_get(struct store *store, enum document_kind kind, struct text id,
                      struct arena *arena, struct text *value)
{
    return store->methods->get(store, kind, id, arena, value);
}

enum status store_record(struct store *store, uint64_t position, struct record *record)
{
    return store->methods->record(store, position, record);
}

enum status store_each_record(struct store *store, uint64_t after, record_visit visit,
                              void *context)
{
    return store->methods->each_record(store, after, visit, context);
}

enum status store_each_state(struct store *store, enum entity_kind kind, struct text after,
                             state_visit visit, void *context)
{
    return store->methods->each_state(store, kind, after, visit, context);
}

enum status store_each_document(struct store *store, enum document_kind kind, struct text after,
                                document_visit visit, void *context)
{
    return store->methods->each_document(store, kind, after, visit, context);
}

enum status store_last_touched(struct store *store, const struct entity_key *key,
                               uint64_t *position)
{
    return store->methods->last_touched(store, key, position);
}

void store_figures(struct store *store, struct store_figures *figures)
{
    store->methods->figures(store, figures);
}

void store_close(struct store *store)
{
    if (store != NULL) store->methods->close(store);
}
