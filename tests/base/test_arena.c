/* Tests of base/arena: alignment, the maximum, reuse of blocks, and copies. */
#include "check.h"

static void what_comes_out_is_aligned_zeroed_and_apart(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    unsigned char *previous = NULL;
    for (size_t size = 1; size < 600; size += 7) {
        unsigned char *bytes = arena_allocate_zeroed(&arena, 1, size);
        assert_non_null(bytes);
        assert_int_equal(0, (uintptr_t)bytes % 16);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(0, bytes[i]);
        memset(bytes, (int)(size % 255) + 1, size);
        if (previous != NULL) assert_int_equal((size - 7) % 255 + 1, previous[size - 8]);
        previous = bytes;
    }
    arena_release(&arena);
}

static void zeroed_memory_is_zeroed_again_after_a_clear(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 16);
    for (int round = 0; round < 3; round++) {
        uint64_t *numbers = arena_new_array(&arena, uint64_t, 100);
        assert_non_null(numbers);
        for (size_t i = 0; i < 100; i++) {
            assert_int_equal(0, numbers[i]);
            numbers[i] = UINT64_MAX;
        }
        arena_clear(&arena);
    }
    arena_release(&arena);
}

static char released[8];

static void note_release(void *thing)
{
    size_t length = strlen(released);
    memcpy(released + length, thing, 1);
    released[length + 1] = '\0';
}

static void what_was_deferred_is_released_once_the_latest_first(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 16);
    char first[] = "a";
    char second[] = "b";
    released[0] = '\0';
    for (int round = 0; round < 2; round++) {
        assert_int_equal(STATUS_OK, arena_defer(&arena, note_release, first));
        assert_int_equal(STATUS_OK, arena_defer(&arena, note_release, second));
        if (round == 0) arena_clear(&arena);
    }
    assert_string_equal("ba", released);
    arena_release(&arena);
    assert_string_equal("baba", released);
    arena_clear(&arena);
    assert_string_equal("baba", released);
    arena_init(&arena, 8);
    assert_int_equal(STATUS_NO_MEMORY, arena_defer(&arena, note_release, first));
    arena_release(&arena);
    assert_string_equal("baba", released);
}

static void the_maximum_holds_to_the_byte(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 160);
    for (int i = 0; i < 10; i++)
        assert_non_null(arena_allocate(&arena, 9));
    assert_int_equal(160, arena.used);
    assert_null(arena_allocate(&arena, 1));
    assert_null(arena_allocate(&arena, 0));
    assert_int_equal(160, arena.used);
    arena_clear(&arena);
    assert_int_equal(0, arena.used);
    assert_null(arena_allocate(&arena, 161));
    assert_non_null(arena_allocate(&arena, 160));
    arena_release(&arena);
    assert_non_null(arena_allocate(&arena, 160));
    arena_release(&arena);
    arena_init(&arena, 0);
    assert_null(arena_allocate(&arena, 1));
    arena_release(&arena);
}

static void absurd_sizes_are_refused_not_wrapped(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    assert_null(arena_allocate(&arena, SIZE_MAX));
    assert_null(arena_allocate(&arena, SIZE_MAX - 15));
    assert_null(arena_allocate_zeroed(&arena, SIZE_MAX / 2, 3));
    assert_null(arena_allocate_zeroed(&arena, (size_t)1 << 33, (size_t)1 << 33));
    assert_null(arena_copy(&arena, (struct text){"x", SIZE_MAX}).bytes);
    assert_int_equal(0, arena.used);
    arena_release(&arena);
}

static void nothing_is_still_an_address_of_its_own(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    char *first = arena_allocate(&arena, 0);
    char *second = arena_allocate_zeroed(&arena, 0, 8);
    assert_non_null(first);
    assert_non_null(second);
    assert_ptr_not_equal(first, second);
    arena_release(&arena);
}

static void a_cleared_arena_soon_needs_one_block_only(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 8 << 20);
    void *first = NULL;
    for (int round = 0; round < 50; round++) {
        for (int i = 0; i < 200; i++) {
            void *bytes = arena_allocate(&arena, 1000);
            assert_non_null(bytes);
            if (round == 10 && i == 0) first = bytes;
            if (round > 10 && i == 0) assert_ptr_equal(first, bytes);
        }
        /* The one block in use takes the spare's place: nothing was allocated or freed. */
        if (round >= 10) assert_null(arena.spare);
        arena_clear(&arena);
    }
    arena_release(&arena);
}

static void an_allocation_larger_than_any_block_gets_its_own(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 64 << 20);
    char *small = arena_allocate(&arena, 10);
    char *large = arena_allocate(&arena, 5 << 20);
    assert_non_null(small);
    assert_non_null(large);
    memset(large, 1, 5 << 20);
    memset(small, 2, 10);
    arena_clear(&arena);
    char *larger = arena_allocate(&arena, 6 << 20);
    assert_non_null(larger);
    memset(larger, 3, 6 << 20);
    arena_release(&arena);
}

static void copies_are_terminated_and_stand_alone(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 12);
    char source[] = "a\0b";
    struct text copy = arena_copy(&arena, (struct text){source, 3});
    source[0] = 'x';
    assert_int_equal(3, copy.length);
    assert_memory_equal("a\0b\0", copy.bytes, 4);
    struct text empty = arena_copy(&arena, (struct text){NULL, 0});
    assert_non_null(empty.bytes);
    assert_int_equal(0, empty.length);
    assert_int_equal('\0', empty.bytes[0]);
    arena_release(&arena);
}

static void formats_are_as_long_as_they_need_to_be(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 14);
    struct text text = arena_format(&arena, "%s-%d", "lot", -7);
    assert_text("lot--7", text);
    assert_int_equal('\0', text.bytes[text.length]);
    assert_int_equal(5000, arena_format(&arena, "%05000d", 1).length);
    assert_text("", arena_format(&arena, "%s", ""));
    struct text too_long = arena_format(&arena, "%020000d", 1);
    assert_null(too_long.bytes);
    assert_int_equal(0, too_long.length);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_comes_out_is_aligned_zeroed_and_apart),
        cmocka_unit_test(zeroed_memory_is_zeroed_again_after_a_clear),
        cmocka_unit_test(what_was_deferred_is_released_once_the_latest_first),
        cmocka_unit_test(the_maximum_holds_to_the_byte),
        cmocka_unit_test(absurd_sizes_are_refused_not_wrapped),
        cmocka_unit_test(nothing_is_still_an_address_of_its_own),
        cmocka_unit_test(a_cleared_arena_soon_needs_one_block_only),
        cmocka_unit_test(an_allocation_larger_than_any_block_gets_its_own),
        cmocka_unit_test(copies_are_terminated_and_stand_alone),
        cmocka_unit_test(formats_are_as_long_as_they_need_to_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
