/* Tests of base/problem: order, the maximum, and a list that never pretends to be empty. */
#include "check.h"

static void problems_stay_in_the_order_found(void **state)
{
    (void)state;
    struct arena arena;
    struct problem_list list;
    arena_init(&arena, 1 << 20);
    problem_list_init(&list, &arena);
    assert_true(problem_list_is_empty(&list));
    for (uint32_t i = 0; i < 100; i++)
        problem_add(&list, TEXT("shop.yaml"), (struct position){i + 1, 3}, "wallet %u: %s", i,
                    "no");
    assert_false(problem_list_is_empty(&list));
    assert_int_equal(100, list.count);
    assert_int_equal(0, list.dropped);
    for (uint32_t i = 0; i < 100; i++) {
        char wanted[32];
        (void)snprintf(wanted, sizeof wanted, "wallet %u: no", i);
        assert_text(wanted, list.items[i].message);
        assert_text("shop.yaml", list.items[i].file);
        assert_int_equal(i + 1, list.items[i].position.line);
        assert_int_equal(3, list.items[i].position.column);
    }
    arena_release(&arena);
}

static void past_the_maximum_problems_are_counted(void **state)
{
    (void)state;
    struct arena arena;
    struct problem_list list;
    arena_init(&arena, 16 << 20);
    problem_list_init(&list, &arena);
    for (int i = 0; i < PROBLEM_MAXIMUM + 7; i++)
        problem_add(&list, TEXT("f"), (struct position){0, 0}, "%d", i);
    assert_int_equal(PROBLEM_MAXIMUM, list.count);
    assert_int_equal(7, list.dropped);
    assert_text("999", list.items[PROBLEM_MAXIMUM - 1].message);
    arena_release(&arena);
}

static void without_memory_a_problem_is_still_counted(void **state)
{
    (void)state;
    for (size_t maximum = 0; maximum < 4096; maximum += 64) {
        struct arena arena;
        struct problem_list list;
        arena_init(&arena, maximum);
        problem_list_init(&list, &arena);
        for (int i = 0; i < 200; i++)
            problem_add(&list, TEXT("f"), (struct position){0, 0}, "problem %d", i);
        assert_false(problem_list_is_empty(&list));
        assert_int_equal(200, list.count + list.dropped);
        for (size_t i = 0; i < list.count; i++)
            assert_true(text_starts_with(list.items[i].message, TEXT("problem ")));
        arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(problems_stay_in_the_order_found),
        cmocka_unit_test(past_the_maximum_problems_are_counted),
        cmocka_unit_test(without_memory_a_problem_is_still_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
