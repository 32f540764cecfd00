/* Tests of bench/measure: medians, and what becomes of a child's words and of its end. */
#include "check.h"

#include "measure.h"

static void the_median_is_the_middle_of_the_sorted_figures(void **state)
{
    (void)state;
    const double figures[] = {5, 1, 4, 2, 3};
    assert_true(measure_median(figures, 5) == 3);
    assert_true(measure_median(figures, 3) == 4);
    assert_true(measure_median(figures, 1) == 5);
    assert_true(figures[0] == 5 && figures[4] == 3);
}

static void a_childs_output_is_caught(void **state)
{
    (void)state;
    char out[64];
    bool is_missing = true;
    const char *const arguments[] = {"/bin/sh", "-c", "echo first; echo second", NULL};
    assert_true(measure_child_output(arguments, out, sizeof out, &is_missing));
    assert_false(is_missing);
    assert_string_equal("first\nsecond\n", out);
}

static void output_without_room_is_cut_and_does_not_hold_the_child_up(void **state)
{
    (void)state;
    char out[8];
    bool is_missing = true;
    const char *const arguments[] = {"/bin/sh", "-c",
                                     "i=0; while [ $i -lt 20000 ]; do echo 0123456789; "
                                     "i=$((i + 1)); done",
                                     NULL};
    assert_true(measure_child_output(arguments, out, sizeof out, &is_missing));
    assert_string_equal("0123456", out);
}

static void a_child_that_fails_is_a_failure(void **state)
{
    (void)state;
    char out[8];
    bool is_missing = true;
    struct child_cost cost;
    static const char *const commands[] = {"exit 1", "kill -9 $$"};
    for (size_t i = 0; i < COUNT(commands); i++) {
        const char *const arguments[] = {"/bin/sh", "-c", commands[i], NULL};
        assert_false(measure_child_output(arguments, out, sizeof out, &is_missing));
        assert_false(is_missing);
        assert_false(measure_child(arguments, &cost));
    }
    const char *const nobody[] = {"/no/such/program", "x", NULL};
    assert_false(measure_child_output(nobody, out, sizeof out, &is_missing));
    assert_false(is_missing);
}

static void a_child_can_say_that_its_subject_is_not_installed(void **state)
{
    (void)state;
    char out[8];
    bool is_missing = false;
    const char *const arguments[] = {"/bin/sh", "-c", "exit 3", NULL};
    assert_false(measure_child_output(arguments, out, sizeof out, &is_missing));
    assert_true(is_missing);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_median_is_the_middle_of_the_sorted_figures),
        cmocka_unit_test(a_childs_output_is_caught),
        cmocka_unit_test(output_without_room_is_cut_and_does_not_hold_the_child_up),
        cmocka_unit_test(a_child_that_fails_is_a_failure),
        cmocka_unit_test(a_child_can_say_that_its_subject_is_not_installed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
