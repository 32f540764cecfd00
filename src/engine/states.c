/* The working set: copies of the states that one event reads and changes.
 *
 * A flat list searched from the beginning: an event touches a handful of entities. Bytes, keys and
 * everything decoded live in the set's arena, which states_clear empties without giving the memory
 * back, so that no event allocates once the first ones have been through.
 *
 * Must never: keep anything from one event to the next.
 */
#include "engine/states.h"

#include "program/program.h"

#define STATES_FIRST_CAPACITY 16
#define FEW_STATES 8

uint64_t entity_key_hash(const struct entity_key *key)
{
    uint64_t hash = hash_bytes(key->id) + (uint64_t)key->kind * UINT64_C(0x9E3779B97F4A7C15);
    if (key->kind == ENTITY_LINES) hash ^= hash_bytes(key->sku) << 1;
    return hash;
}

static bool key_equal(const struct entity_key *a, const struct entity_key *b)
{
    return a->kind == b->kind && text_equal(a->id, b->id) &&
           (a->kind != ENTITY_LINES || text_equal(a->sku, b->sku));
}

enum status states_init(struct states *states, size_t maximum_bytes)
{
    *states = (struct states){0};
    arena_init(&states->arena, maximum_bytes);
    arena_init(&states->scratch, CEL_SCRATCH_MAXIMUM_BYTES);
    states->list = arena_new_array(&states->arena, struct state, STATES_FIRST_CAPACITY);
    if (states->list == NULL) return STATUS_NO_MEMORY;
    states->capacity = STATES_FIRST_CAPACITY;
    return STATUS_OK;
}

void states_release(struct states *states)
{
    arena_release(&states->arena);
    arena_release(&states->scratch);
    *states = (struct states){0};
}

void states_clear(struct states *states)
{
    arena_clear(&states->arena);
    states->count = 0;
    states->capacity = 0;
    states->list = NULL;
    states->shown_page = (struct shown_page){.bytes = NULL};
}

struct state *states_find(const struct states *states, const struct entity_key *key)
{
    /* Comparing a few ids is quicker than hashing one. */
    bool are_few = states->count <= FEW_STATES;
    uint64_t hash = are_few ? 0 : entity_key_hash(key);
    for (uint32_t i = 0; i < states->count; i++) {
        struct state *state = &states->list[i];
        if ((are_few || state->hash == hash) && key_equal(&state->key, key)) return state;
    }
    return NULL;
}

void states_trust(struct states *states, uint32_t index)
{
    ASSERT(index < states->count && states->list[index].is_loaded);
    states->list[index].is_checked = true;
}

enum status states_add(struct states *states, const struct entity_key *key)
{
    if (states->count == states->capacity) {
        uint32_t capacity = states->capacity == 0 ? STATES_FIRST_CAPACITY : 2 * states->capacity;
        struct state *list =
            arena_allocate(&states->arena, (size_t)capacity * sizeof(struct state));
        if (list == NULL) return STATUS_NO_MEMORY;
        if (states->count > 0) memcpy(list, states->list, states->count * sizeof(struct state));
        states->list = list;
        states->capacity = capacity;
    }
    states->list[states->count++] =
        (struct state){.key = *key, .hash = entity_key_hash(key), .entity = ENTITY_NOT_NAMED};
    return STATUS_OK;
}

enum status state_reserve(struct states *states, struct state *state, size_t size)
{
    if (size <= state->capacity) return STATUS_OK;
    if (size > STATE_BYTES_MAXIMUM) return STATUS_LIMIT;
    size_t capacity = size + size / 2 + 256;
    uint8_t *bytes = arena_allocate(&states->arena, capacity);
    if (bytes == NULL) return STATUS_NO_MEMORY;
    if (state->size > 0) memcpy(bytes, state->bytes, state->size);
    state->bytes = bytes;
    state->capacity = (uint32_t)capacity;
    return STATUS_OK;
}

enum status states_load(struct states *states, uint32_t index, const void *bytes, size_t size)
{
    ASSERT(index < states->count);
    struct state *state = &states->list[index];
    ASSERT(!state->is_loaded);
    if (bytes != NULL && size > 0) {
        TRY(state_reserve(states, state, size));
        memcpy(state->bytes, bytes, size);
        state->size = (uint32_t)size;
    }
    state->is_loaded = true;
    return STATUS_OK;
}

/* A LINES answer is the texts' lengths and bytes, one behind the other. */
enum status states_add_lines_order(struct states *states, uint32_t index, struct text order)
{
    ASSERT(index < states->count);
    struct state *state = &states->list[index];
    ASSERT(state->key.kind == ENTITY_LINES && !state->is_loaded);
    if (order.length > EVENT_ID_MAXIMUM) return STATUS_CORRUPT;
    TRY(state_reserve(states, state, state->size + 1 + order.length));
    state->bytes[state->size] = (uint8_t)order.length;
    memcpy(state->bytes + state->size + 1, order.bytes, order.length);
    state->size += (uint32_t)(1 + order.length);
    return STATUS_OK;
}

void states_finish_lines(struct states *states, uint32_t index)
{
    ASSERT(index < states->count);
    states->list[index].is_loaded = true;
}

struct text state_lines_order(const struct state *state, uint32_t *offset)
{
    if (*offset >= state->size) return (struct text){NULL, 0};
    size_t length = state->bytes[*offset];
    struct text order = {(const char *)state->bytes + *offset + 1, length};
    *offset += (uint32_t)(1 + length);
    return order;
}
