/* Store: what is the same for every implementation, and the calls that go through to one.
 *
 * Never keeps anything itself.
 */
#include "store/store.h"

/* A return needs three rounds; more than this is an engine that never has enough. */
#define LOAD_ROUND_MAXIMUM 64

enum status store_begin(struct store *store)
{
    return store->methods->begin(store);
}

enum status store_load(struct store *store, struct states *states, uint32_t index)
{
    return store->methods->load(store, states, index);
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

enum status store_append(struct store *store, uint64_t position, struct text record)
{
    return store->methods->append(store, position, record);
}

enum status store_save(struct store *store, const struct state *state)
{
    return store->methods->save(store, state);
}

enum status store_save_dirty(struct store *store, const struct states *states)
{
    for (uint32_t i = 0; i < states->count; i++) {
        if (states->list[i].is_dirty) TRY(store_save(store, &states->list[i]));
    }
    return STATUS_OK;
}

enum status store_commit(struct store *store)
{
    return store->methods->commit(store);
}

void store_rollback(struct store *store)
{
    store->methods->rollback(store);
}

enum status store_each_record(struct store *store,
                              enum status (*visit)(void *context, uint64_t position,
                                                   struct text record),
                              void *context)
{
    return store->methods->each_record(store, visit, context);
}

enum status store_each_state(struct store *store, enum entity_kind kind,
                             enum status (*visit)(void *context, const struct entity_key *key,
                                                  struct text bytes),
                             void *context)
{
    return store->methods->each_state(store, kind, visit, context);
}

void store_close(struct store *store)
{
    if (store != NULL) store->methods->close(store);
}
