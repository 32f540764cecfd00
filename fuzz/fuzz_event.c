/* Fuzz event: bytes that claim to be an event are refused, or mean one event: written again they
 * read as the same, and are then the same bytes however often that is done.
 */
#include "base/base.h"
#include "engine/engine.h"

#define ARENA_MAXIMUM ((size_t)64 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct arena arena;
    struct event event;
    struct event again;
    struct text first;
    struct text second;
    arena_init(&arena, ARENA_MAXIMUM);
    if (engine_decode_event((struct text){(const char *)bytes, length}, &arena, &event) ==
            STATUS_OK &&
        engine_encode_event(&event, &arena, &first) == STATUS_OK) {
        ASSERT(engine_decode_event(first, &arena, &again) == STATUS_OK);
        ASSERT(engine_encode_event(&again, &arena, &second) == STATUS_OK);
        ASSERT(text_equal(first, second));
    }
    arena_release(&arena);
    return 0;
}
