/* Fuzz mapping: whatever stands in a mapping file is understood, or refused with problems. */
#include "backtest/backtest.h"
#include "base/base.h"

#define ARENA_MAXIMUM ((size_t)16 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct arena arena;
    arena_init(&arena, ARENA_MAXIMUM);
    struct problem_list problems;
    problem_list_init(&problems, &arena);
    struct mapping mapping;
    struct text text = {(const char *)bytes, length};
    enum status status = mapping_load(&arena, TEXT("fuzz.yaml"), text, &problems, &mapping);
    ASSERT(status != STATUS_OK || problem_list_is_empty(&problems));
    ASSERT(status != STATUS_INVALID || !problem_list_is_empty(&problems));
    arena_release(&arena);
    return 0;
}
