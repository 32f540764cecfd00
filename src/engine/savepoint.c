/* Going back in a decision. See savepoint.h.
 *
 * An order that was looked into is kept as bytes, and as its decoded form once an effect has
 * touched it: a copy has its own bytes and is decoded anew when it is looked into. So before the
 * copy an order that was changed is written back to its bytes, without a stamp.
 */
#include "engine/savepoint.h"

enum status states_copy(struct states *states, struct state **list)
{
    *list = arena_allocate(&states->arena, states->count * sizeof(struct state) + 1);
    if (*list == NULL) return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < states->count; i++) {
        struct state *copy = &(*list)[i];
        *copy = states->list[i];
        bool is_changed_order = copy->order != NULL && copy->is_dirty;
        if (!is_changed_order) copy->order = NULL;
        if (is_changed_order) {
            struct text bytes;
            TRY(order_encode(&states->arena, states->list[i].order, &bytes));
            copy->bytes = (uint8_t *)(uintptr_t)bytes.bytes;
            copy->size = (uint32_t)bytes.length;
            copy->capacity = copy->size;
            continue;
        }
        copy->capacity = copy->size;
        if (copy->size == 0) continue;
        copy->bytes = arena_allocate(&states->arena, copy->size);
        if (copy->bytes == NULL) return STATUS_NO_MEMORY;
        memcpy(copy->bytes, states->list[i].bytes, copy->size);
    }
    return STATUS_OK;
}

enum status savepoint_open(const struct working *working, struct savepoint *savepoint)
{
    savepoint->working = *working;
    savepoint->decision = *working->decision;
    savepoint->count = working->states->count;
    return states_copy(working->states, &savepoint->list);
}

enum status savepoint_rollback(struct working *working, const struct savepoint *savepoint)
{
    struct states *states = working->states;
    struct decision *decision = working->decision;
    if (states->count != savepoint->count) return STATUS_CORRUPT;
    for (uint32_t i = 0; i < states->count; i++) {
        struct state *state = &states->list[i];
        *state = savepoint->list[i];
        if (state->order == NULL) continue;
        /* What an effect had decoded is stamped at the end, so it has to be there. */
        state->order = NULL;
        TRY(order_open(states, state));
    }
    *working = savepoint->working;
    *decision = savepoint->decision;
    return STATUS_OK;
}
