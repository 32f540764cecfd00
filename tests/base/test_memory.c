/* Tests of what happens when memory runs out: the n-th allocation fails, for every n until all goes
 * well. The linker puts the functions below in front of malloc, realloc and aligned_alloc as called
 * by base. Whatever fails must say so, leave things as they were, and leak nothing (which the leak
 * sanitizer sees).
 */
#include "check.h"

void *__real_malloc(size_t bytes);
void *__real_realloc(void *old, size_t bytes);
void *__real_aligned_alloc(size_t alignment, size_t bytes);
void *__wrap_malloc(size_t bytes);
void *__wrap_realloc(void *old, size_t bytes);
void *__wrap_aligned_alloc(size_t alignment, size_t bytes);

/* Allocations that still succeed; SIZE_MAX: all of them. */
static size_t allowed = SIZE_MAX;

static bool is_allowed(void)
{
    if (allowed == SIZE_MAX) return true;
    if (allowed == 0) return false;
    allowed--;
    return true;
}

void *__wrap_malloc(size_t bytes)
{
    return is_allowed() ? __real_malloc(bytes) : NULL;
}

void *__wrap_realloc(void *old, size_t bytes)
{
    return is_allowed() ? __real_realloc(old, bytes) : NULL;
}

void *__wrap_aligned_alloc(size_t alignment, size_t bytes)
{
    return is_allowed() ? __real_aligned_alloc(alignment, bytes) : NULL;
}

/* Runs `attempt` with 0, 1, 2, ... allocations until it says that everything went well; answers how
 * many times something failed. */
static int fail_every_allocation(bool (*attempt)(void))
{
    for (int failures = 0; failures < 1000; failures++) {
        allowed = (size_t)failures;
        bool is_done = attempt();
        allowed = SIZE_MAX;
        if (is_done) return failures;
    }
    return -1;
}

static bool fill_buffer(void)
{
    struct buffer buffer;
    buffer_init(&buffer, 1 << 20);
    bool is_done = true;
    size_t length = 0;
    for (int i = 0; i < 300 && is_done; i++) {
        enum status status = i % 3 == 0   ? buffer_add(&buffer, TEXT("0123456789"))
                             : i % 3 == 1 ? buffer_add_format(&buffer, "%010d", 123456789)
                                          : buffer_add_byte(&buffer, '0');
        if (status == STATUS_OK) length += i % 3 == 2 ? 1 : 10;
        is_done = status == STATUS_OK;
        assert_true(is_done || status == STATUS_NO_MEMORY);
        assert_int_equal(length, buffer.length);
        for (size_t at = 0; at < length; at++)
            assert_int_equal('0' + at % 21 % 10, buffer.bytes[at]);
    }
    buffer_release(&buffer);
    return is_done;
}

static bool fill_map(void)
{
    static char keys[500][8];
    struct map map;
    map_init(&map, 500);
    bool is_done = true;
    for (uint32_t i = 0; i < 500 && is_done; i++) {
        (void)snprintf(keys[i], sizeof keys[i], "%u", i);
        uint32_t found = 7777;
        enum status status = map_add(&map, text_of(keys[i]), i, &found, NULL);
        is_done = status == STATUS_OK;
        assert_true(is_done || status == STATUS_NO_MEMORY);
        assert_int_equal(is_done ? i : 7777, found);
        assert_int_equal(is_done ? i : MAP_NONE, map_get(&map, text_of(keys[i])));
        if (i > 0) assert_int_equal(i - 1, map_get(&map, text_of(keys[i - 1])));
    }
    map_release(&map);
    return is_done;
}

static bool fill_arena(void)
{
    struct arena arena;
    arena_init(&arena, 1 << 20);
    bool is_done = true;
    for (int i = 0; i < 300 && is_done; i++) {
        size_t used = arena.used;
        struct text text =
            i % 2 == 0 ? arena_copy(&arena, TEXT("0123456789")) : arena_format(&arena, "%0500d", i);
        is_done = text.bytes != NULL;
        if (!is_done) assert_int_equal(used, arena.used);
        if (i == 200) arena_clear(&arena);
    }
    arena_release(&arena);
    return is_done;
}

static bool open_zone(void)
{
    struct arena arena;
    arena_init(&arena, 1 << 20);
    const struct zone *zone = NULL;
    enum status status = zone_open(&arena, TEXT("America/New_York"), &zone);
    assert_true(status == STATUS_OK || (status == STATUS_NO_MEMORY && zone == NULL));
    arena_release(&arena);
    return status == STATUS_OK;
}

static bool add_problems(void)
{
    struct arena arena;
    struct problem_list list;
    arena_init(&arena, 1 << 20);
    problem_list_init(&list, &arena);
    for (int i = 0; i < 300; i++)
        problem_add(&list, TEXT("f"), (struct position){0, 0}, "%d", i);
    assert_int_equal(300, list.count + list.dropped);
    bool is_done = list.dropped == 0;
    arena_release(&arena);
    return is_done;
}

static void a_buffer_survives_every_failing_allocation(void **state)
{
    (void)state;
    assert_in_range(fail_every_allocation(fill_buffer), 4, 100);
}

static void a_map_survives_every_failing_allocation(void **state)
{
    (void)state;
    assert_in_range(fail_every_allocation(fill_map), 4, 100);
}

static void an_arena_survives_every_failing_allocation(void **state)
{
    (void)state;
    assert_in_range(fail_every_allocation(fill_arena), 4, 100);
}

static void a_zone_survives_every_failing_allocation(void **state)
{
    (void)state;
    assert_in_range(fail_every_allocation(open_zone), 2, 100);
}

static void a_list_of_problems_survives_every_failing_allocation(void **state)
{
    (void)state;
    assert_in_range(fail_every_allocation(add_problems), 2, 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_buffer_survives_every_failing_allocation),
        cmocka_unit_test(a_map_survives_every_failing_allocation),
        cmocka_unit_test(an_arena_survives_every_failing_allocation),
        cmocka_unit_test(a_zone_survives_every_failing_allocation),
        cmocka_unit_test(a_list_of_problems_survives_every_failing_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
