/* Memory: whatever the arena's maximum, a programme is loaded whole or refused for want of memory,
 * and a finished one keeps no view of the text it came from. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support.h"

static enum status load_within(size_t maximum, struct text text, size_t *used)
{
    struct arena arena;
    struct arena problem_arena;
    struct problem_list problems;
    const struct program *program = NULL;
    arena_init(&arena, maximum);
    arena_init(&problem_arena, (size_t)1 << 20);
    problem_list_init(&problems, &problem_arena);
    enum status status = program_load(&arena, TEXT("t"), text, &problems, &program);
    assert_int_equal(status == STATUS_OK, program != NULL);
    *used = arena.used;
    arena_release(&arena);
    arena_release(&problem_arena);
    return status;
}

static void every_arena_maximum_gives_a_whole_programme_or_none(void **state)
{
    (void)state;
    struct text text = support_read("examples/programs/complete.yaml");
    size_t needed;
    size_t used;
    assert_int_equal(load_within((size_t)64 << 20, text, &needed), STATUS_OK);
    size_t refused = 0;
    for (size_t maximum = 16; maximum < needed; maximum += maximum / 50 + 16) {
        enum status status = load_within(maximum, text, &used);
        assert_int_equal(status, STATUS_NO_MEMORY);
        refused++;
    }
    assert_true(refused > 50);
    support_free(text);
}

static void a_broken_programme_within_any_arena_is_never_taken(void **state)
{
    (void)state;
    static const char *const broken =
        "program: a b\ncurrency: XXQ\nwallets: {points: {expires: x}}\nrules: {a: {on: x, earn: 1 "
        "mile}, b: "
        "{on: join, earn: 1 point, if: {tier: vib}, boosts: {x: {by: 2}, y: {by: 3}}}}\n";
    for (size_t maximum = 16; maximum < 65536; maximum += 61) {
        size_t used;
        enum status status = load_within(maximum, text_of(broken), &used);
        assert_true(status == STATUS_NO_MEMORY || status == STATUS_INVALID);
    }
}

/* Over the same programme, which stays as it is. */
static void an_expression_is_tried_whole_or_not_at_all(void **state)
{
    (void)state;
    struct text text = support_read("examples/programs/complete.yaml");
    const struct tried_scope scope = {TRIGGER_PURCHASE, 0};
    struct loaded loaded;
    support_load(&loaded, text);
    assert_int_equal(loaded.status, STATUS_OK);
    const struct cel_environment *before = loaded.program->environment;
    size_t refused = 0;
    size_t tried_out = 0;
    for (size_t maximum = 16; maximum < (size_t)4 << 20; maximum += maximum / 20 + 16) {
        struct arena arena;
        struct tried_expression tried;
        arena_init(&arena, maximum);
        enum status status = program_try_expression(&arena, loaded.program, scope,
                                                    TEXT("order.items.exists(i, i.sku == 'a') && "
                                                         "'x'.matches('^[a-z]+$')"),
                                                    &tried);
        assert_true(status == STATUS_OK || status == STATUS_NO_MEMORY);
        if (status == STATUS_OK) assert_non_null(tried.expression);
        if (status == STATUS_OK) assert_int_equal(tried.problems.count, 0);
        refused += status == STATUS_NO_MEMORY;
        tried_out += status == STATUS_OK;
        arena_release(&arena);
    }
    assert_true(refused > 20 && tried_out > 5);
    assert_ptr_equal(loaded.program->environment, before);
    support_unload(&loaded);
    support_free(text);
}

static void a_small_arena_for_problems_still_refuses(void **state)
{
    (void)state;
    struct arena arena;
    struct arena problem_arena;
    struct problem_list problems;
    const struct program *program = NULL;
    arena_init(&arena, (size_t)1 << 20);
    arena_init(&problem_arena, 16);
    problem_list_init(&problems, &problem_arena);
    assert_int_equal(program_load(&arena, TEXT("t"), TEXT("program: p\n"), &problems, &program),
                     STATUS_INVALID);
    assert_true(problems.dropped > 0);
    arena_release(&arena);
    arena_release(&problem_arena);
}

static void a_programme_keeps_no_view_of_its_text(void **state)
{
    (void)state;
    struct text text = support_read("examples/programs/complete.yaml");
    struct loaded loaded;
    struct buffer before;
    struct buffer after;
    buffer_init(&before, (size_t)1 << 20);
    buffer_init(&after, (size_t)1 << 20);
    support_load(&loaded, text);
    assert_int_equal(loaded.status, STATUS_OK);
    assert_int_equal(program_describe(loaded.program, &before), STATUS_OK);
    memset((void *)(uintptr_t)text.bytes, 'x', text.length);
    support_free(text);
    assert_int_equal(program_describe(loaded.program, &after), STATUS_OK);
    assert_true(text_equal(buffer_text(&before), buffer_text(&after)));
    buffer_release(&before);
    buffer_release(&after);
    support_unload(&loaded);
}

static void earlier_problems_of_other_files_stay_as_they_are(void **state)
{
    (void)state;
    struct arena arena;
    struct problem_list problems;
    const struct program *program = NULL;
    arena_init(&arena, (size_t)8 << 20);
    problem_list_init(&problems, &arena);
    problem_add(&problems, TEXT("other"), (struct position){99, 9}, "something else");
    assert_int_equal(program_load(&arena, TEXT("a"),
                                  TEXT("program: p\ncurrency: USD\nwallets: {points: "
                                       "{}}\n"),
                                  &problems, &program),
                     STATUS_OK);
    program = NULL;
    assert_int_equal(program_load(&arena, TEXT("b"), TEXT("b: 1\na: 2\n"), &problems, &program),
                     STATUS_INVALID);
    assert_null(program);
    assert_int_equal(problems.items[0].position.line, 99);
    assert_true(text_equal(problems.items[1].file, TEXT("b")));
    arena_release(&arena);
}

int main(int count, char **words)
{
    if (count == 2) source_root = words[1];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_arena_maximum_gives_a_whole_programme_or_none),
        cmocka_unit_test(a_broken_programme_within_any_arena_is_never_taken),
        cmocka_unit_test(an_expression_is_tried_whole_or_not_at_all),
        cmocka_unit_test(a_small_arena_for_problems_still_refuses),
        cmocka_unit_test(a_programme_keeps_no_view_of_its_text),
        cmocka_unit_test(earlier_problems_of_other_files_stay_as_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
