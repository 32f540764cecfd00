/* Tail: a store as of its last record, for somebody who may only read it.
 *
 * What a reader sees of states lags behind the records, because states are written behind. Here the
 * records after the low-water mark are folded, once, when it is opened: each over the states that
 * the reader has and that the ones before left, in memory. Bounded by the tail, as a start is.
 *
 *   load:  folded here?  -> that        else the reader's row
 *
 * Nothing is written. A server may go on meanwhile: an entity that was not touched in the tail may
 * then be newer than the others, never older.
 */
#include <stdlib.h>

#include "store/store.h"

#define TAIL_BYTES_MAXIMUM ((size_t)1 << 30)

struct tail_store {
    struct store store; /* first: a store is cast to this */
    struct store *reader;
    struct store *folded; /* states of the tail */
    struct states states; /* while folding */
    struct arena arena;
};

static struct tail_store *tail_of(struct store *store)
{
    return (struct tail_store *)store;
}

/* ---- folding ---- */

static enum status load_newest(struct tail_store *tail, struct states *states, uint32_t index)
{
    enum entity_kind kind = states->list[index].key.kind;
    TRY(store_load(tail->folded, states, index));
    if (states->list[index].size > 0 || kind == ENTITY_KEY) return STATUS_OK;
    /* It was answered "there is none", of the folded ones: asked again. */
    states->list[index].is_loaded = false;
    return store_load(tail->reader, states, index);
}

static enum status fold(void *context, const struct record *record)
{
    struct tail_store *tail = context;
    struct states *states = &tail->states;
    struct decision decision;
    states_clear(states);
    arena_clear(&tail->arena);
    TRY(engine_decode(record->body, &tail->arena, &decision));
    for (uint32_t i = 0; i < decision.entity_count; i++) {
        TRY(states_add(states, &decision.entities[i]));
        TRY(load_newest(tail, states, i));
    }
    TRY(engine_apply_missing(states, &decision));
    return store_save_dirty(tail->folded, states);
}

static enum status fold_all(struct tail_store *tail)
{
    struct store_figures figures;
    store_figures(tail->reader, &figures);
    TRY(store_begin(tail->folded));
    TRY(store_each_record(tail->reader, figures.flushed_position, fold, tail));
    return store_commit(tail->folded);
}

/* ---- reading ---- */

static enum status tail_load(struct store *store, struct states *states, uint32_t index)
{
    return load_newest(tail_of(store), states, index);
}

static enum status tail_get(struct store *store, enum document_kind kind, struct text id,
                            struct arena *arena, struct text *value)
{
    return store_get(tail_of(store)->reader, kind, id, arena, value);
}

static enum status tail_record(struct store *store, uint64_t position, struct record *record)
{
    return store_record(tail_of(store)->reader, position, record);
}

static enum status tail_each_record(struct store *store, uint64_t after, record_visit visit,
                                    void *context)
{
    return store_each_record(tail_of(store)->reader, after, visit, context);
}

static enum status tail_each_document(struct store *store, enum document_kind kind,
                                      struct text after, document_visit visit, void *context)
{
    return store_each_document(tail_of(store)->reader, kind, after, visit, context);
}

static enum status tail_last_touched(struct store *store, const struct entity_key *key,
                                     uint64_t *position)
{
    return store_last_touched(tail_of(store)->reader, key, position);
}

static void tail_figures(struct store *store, struct store_figures *figures)
{
    store_figures(tail_of(store)->reader, figures);
}

/* Two ordered lists as one: the reader's rows, and before each the folded states that come first.
 */
struct merging {
    struct text *ids; /* of folded states */
    struct text *states;
    uint32_t count;
    uint32_t capacity;
    uint32_t next;
    struct arena *arena;
    enum entity_kind kind;
    state_visit visit;
    void *context;
};

static enum status note_folded(void *context, const struct entity_key *key, struct text bytes)
{
    struct merging *merging = context;
    if (merging->count == merging->capacity) {
        uint32_t capacity = merging->capacity == 0 ? 1000 : merging->capacity * 2;
        struct text *ids = arena_new_array(merging->arena, struct text, capacity);
        struct text *states = arena_new_array(merging->arena, struct text, capacity);
        if (ids == NULL || states == NULL) return STATUS_NO_MEMORY;
        for (uint32_t i = 0; i < merging->count; i++) {
            ids[i] = merging->ids[i];
            states[i] = merging->states[i];
        }
        merging->ids = ids;
        merging->states = states;
        merging->capacity = capacity;
    }
    merging->ids[merging->count] = arena_copy(merging->arena, key->id);
    merging->states[merging->count] = arena_copy(merging->arena, bytes);
    if (merging->states[merging->count].bytes == NULL) return STATUS_NO_MEMORY;
    merging->count++;
    return STATUS_OK;
}

static enum status show_folded(struct merging *merging)
{
    const struct entity_key key = {.kind = merging->kind, .id = merging->ids[merging->next]};
    struct text bytes = merging->states[merging->next++];
    return bytes.length == 0 ? STATUS_OK : merging->visit(merging->context, &key, bytes);
}

static enum status show_row(void *context, const struct entity_key *key, struct text bytes)
{
    struct merging *merging = context;
    while (merging->next < merging->count) {
        int order = text_compare(merging->ids[merging->next], key->id);
        if (order > 0) break;
        TRY(show_folded(merging));
        if (order == 0) return STATUS_OK;
    }
    return merging->visit(merging->context, key, bytes);
}

static enum status tail_each_state(struct store *store, enum entity_kind kind, struct text after,
                                   state_visit visit, void *context)
{
    struct tail_store *tail = tail_of(store);
    struct arena arena;
    arena_init(&arena, TAIL_BYTES_MAXIMUM);
    struct merging merging = {.arena = &arena, .kind = kind, .visit = visit, .context = context};
    enum status status = store_each_state(tail->folded, kind, after, note_folded, &merging);
    if (status == STATUS_OK)
        status = store_each_state(tail->reader, kind, after, show_row, &merging);
    while (status == STATUS_OK && merging.next < merging.count)
        status = show_folded(&merging);
    arena_release(&arena);
    return status;
}

static void tail_close(struct store *store)
{
    struct tail_store *tail = tail_of(store);
    store_close(tail->folded);
    store_close(tail->reader);
    states_release(&tail->states);
    arena_release(&tail->arena);
    free(tail);
}

static const struct store_methods tail_methods = {
    .load = tail_load,
    .get = tail_get,
    .record = tail_record,
    .each_record = tail_each_record,
    .each_state = tail_each_state,
    .each_document = tail_each_document,
    .last_touched = tail_last_touched,
    .figures = tail_figures,
    .close = tail_close,
};

enum status store_open_tail(struct store *reader, struct store **store)
{
    struct tail_store *tail = calloc(1, sizeof *tail);
    if (tail == NULL) return STATUS_NO_MEMORY;
    tail->store.methods = &tail_methods;
    arena_init(&tail->arena, TAIL_BYTES_MAXIMUM);
    enum status status = states_init(&tail->states, TAIL_BYTES_MAXIMUM);
    if (status == STATUS_OK) status = memory_store_open(false, &tail->folded);
    tail->reader = reader;
    if (status == STATUS_OK) status = fold_all(tail);
    if (status != STATUS_OK) {
        tail->reader = NULL;
        tail_close(&tail->store);
        return status;
    }
    *store = &tail->store;
    return STATUS_OK;
}
