/* Fuzz target: any bytes as the record of a decision.
 *
 * The record is decoded, folded into nothing, and folded again into what came of it; whatever the
 * bytes say, the answer is a status. What decodes must encode to bytes that decode to the same.
 */
#include <stdlib.h>

#include "engine/engine.h"

#define WORKING_SET_MAXIMUM (16u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_hold(bool condition)
{
    if (!condition) abort();
}

static void fold(struct states *states, const struct decision *decision)
{
    for (int round = 0; round < 2; round++) {
        if (engine_apply(states, decision) != STATUS_OK) return;
    }
    for (uint32_t i = 0; i < states->count; i++) {
        const struct state *state = &states->list[i];
        if (state->key.kind != ENTITY_MEMBER || state->size == 0) continue;
        uint32_t lots = member_lot_count(states, state->key.id);
        for (uint32_t k = 0; k < lots; k++) {
            struct lot_view view;
            if (member_lot(states, state->key.id, k, &view) == STATUS_OK) {
                must_hold(view.remaining > 0);
            }
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct states states;
    struct decision decision;
    struct decision again;
    struct buffer record;
    struct buffer record_again;
    arena_init(&arena, WORKING_SET_MAXIMUM);
    buffer_init(&record, ENGINE_RECORD_MAXIMUM);
    buffer_init(&record_again, ENGINE_RECORD_MAXIMUM);
    if (states_init(&states, WORKING_SET_MAXIMUM) != STATUS_OK) return 0;
    struct text bytes = {(const char *)data, size};
    if (engine_decode(bytes, &arena, &decision) == STATUS_OK) {
        if (engine_encode(&decision, &record) == STATUS_OK) {
            must_hold(engine_decode(buffer_text(&record), &arena, &again) == STATUS_OK);
            must_hold(engine_encode(&again, &record_again) == STATUS_OK);
            must_hold(text_equal(buffer_text(&record), buffer_text(&record_again)));
        }
        fold(&states, &decision);
    }
    states_release(&states);
    buffer_release(&record);
    buffer_release(&record_again);
    arena_release(&arena);
    return 0;
}
