/* Fuzz decision: bytes that claim to be a recorded decision are refused, or mean one thing: written
 * again and read again they are the same bytes, the event that they keep too; and folding them
 * changes states or says that they do not fit, but never breaks anything.
 */
#include "base/base.h"
#include "engine/engine.h"

#define ARENA_MAXIMUM ((size_t)64 << 20)
#define STATES_MAXIMUM ((size_t)64 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void check_written(struct arena *arena, const struct decision *decision)
{
    struct buffer first;
    struct buffer second;
    buffer_init(&first, ENGINE_RECORD_MAXIMUM);
    buffer_init(&second, ENGINE_RECORD_MAXIMUM);
    struct decision again;
    struct event event;
    bool has_event = engine_kept_event(decision, arena, &event) == STATUS_OK;
    if (engine_encode(decision, has_event ? &event : NULL, &first) == STATUS_OK) {
        ASSERT(engine_decode(buffer_text(&first), arena, &again) == STATUS_OK);
        if (has_event) ASSERT(engine_kept_event(&again, arena, &event) == STATUS_OK);
        ASSERT(engine_encode(&again, has_event ? &event : NULL, &second) == STATUS_OK);
        ASSERT(text_equal(buffer_text(&first), buffer_text(&second)));
    }
    buffer_release(&first);
    buffer_release(&second);
}

static void check_folded(const struct decision *decision)
{
    struct states states;
    ASSERT(states_init(&states, STATES_MAXIMUM) == STATUS_OK);
    /* Twice: what fits an empty state, and what fits the state that this left. */
    if (engine_apply(&states, decision) == STATUS_OK) {
        enum status status = engine_apply(&states, decision);
        ASSERT(status != STATUS_NOT_FOUND);
        /* What recovery does with them, and what verifying asks. */
        status = engine_apply_missing(&states, decision);
        ASSERT(status != STATUS_NOT_FOUND);
        status = engine_check_after(&states, decision);
        ASSERT(status == STATUS_OK || status == STATUS_CORRUPT || status == STATUS_OVERFLOW);
    }
    states_release(&states);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct arena arena;
    arena_init(&arena, ARENA_MAXIMUM);
    struct decision decision;
    struct text record = {(const char *)bytes, length};
    if (engine_decode(record, &arena, &decision) == STATUS_OK) {
        check_written(&arena, &decision);
        check_folded(&decision);
    }
    arena_release(&arena);
    return 0;
}
