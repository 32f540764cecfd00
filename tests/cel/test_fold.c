/* Folding: what is constant is found, what is not is left, and nothing changes what is given. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cel/inner.h"
#include "shop.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ARENA_MAXIMUM ((size_t)64 << 20)

struct fixture {
    struct arena arena;
    struct arena scratch;
    struct cel_environment *environment;
};

static int set_up(void **state)
{
    static struct fixture fixture;
    arena_init(&fixture.arena, ARENA_MAXIMUM);
    arena_init(&fixture.scratch, ARENA_MAXIMUM);
    *state = &fixture;
    return shop_declare(&fixture.arena, NULL, &fixture.environment) == STATUS_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    arena_release(&fixture->scratch);
    arena_release(&fixture->arena);
    return 0;
}

static const struct cel_expression *compile(struct fixture *fixture, const char *source)
{
    arena_clear(&fixture->scratch);
    struct cel_problems problems = {.arena = &fixture->scratch};
    const struct cel_expression *expression = NULL;
    enum status status = cel_compile(&fixture->scratch, fixture->environment, text_of(source), NULL,
                                     &problems, &expression);
    if (status != STATUS_OK) fail_msg("%s: %s", source, status_text(status));
    return expression;
}

static void assert_value(struct fixture *fixture, const char *source, struct cel_value value,
                         const char *wanted)
{
    struct buffer out;
    buffer_init(&out, 10000);
    assert_int_equal(cel_value_print(fixture->environment, value, 5000, &out), STATUS_OK);
    assert_int_equal(buffer_add_byte(&out, '\0'), STATUS_OK);
    if (strcmp(out.bytes, wanted) != 0) fail_msg("%s gives %s, not %s", source, out.bytes, wanted);
    buffer_release(&out);
}

static void what_names_nothing_is_constant(void **state)
{
    static const struct {
        const char *source;
        const char *value;
    } cases[] = {
        {"1 + 2 * 3", "7"},
        {"'a' + 'b'", "'ab'"},
        {"[1, 2].map(x, x * 2)", "[2, 4]"},
        {"{'a': [1], 'b': []}", "{'a': [1], 'b': []}"},
        {"decimal('0.1') + 0.2", "decimal('0.3')"},
        {"optional.of([1])", "optional.of([1])"},
        {"optional.none()", "optional.none()"},
        {"b'ab' + b'c'", "b'abc'"},
        {"type(1)", "int"},
        {"shop.SIZE + 1", "11"},
        {"timestamp('2027-03-05T00:00:00Z').getMonth()", "2"},
        {"cel.bind(x, 2, x * x)", "4"},
        {"false && order.id == 'a'", "false"},
        {"order.id == 'a' && false", "false"},
        {"order.id == 'a' || true", "true"},
        {"!(order.id == 'a' || 1 < 2)", "false"},
        {"true ? 'a' : order.id", "'a'"},
        {"1 > 2 ? order.id : 'b'", "'b'"},
        {"[1, 2].exists(x, x / 0 > 1 || true)", "true"},
        {"1 / 0 == 1 && false", "false"},
        {"'abc'.matches('b')", "true"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct cel_expression *expression = compile(*state, cases[i].source);
        struct cel_value value;
        if (!cel_expression_constant(expression, &value)) fail_msg("%s", cases[i].source);
        assert_value(*state, cases[i].source, value, cases[i].value);
        struct cel_evaluation evaluation;
        struct fixture *fixture = *state;
        cel_evaluation_init(&evaluation, fixture->environment, &shop_host, &fixture->scratch, NULL);
        assert_value(*state, cases[i].source,
                     cel_evaluate(expression, &evaluation, shop_variables()), cases[i].value);
    }
}

static void what_depends_on_anything_is_not(void **state)
{
    static const char *const sources[] = {
        "order.id",
        "order.id == 'a'",
        "true && order.id == 'a'",
        "false ? 'a' : order.id",
        "shop.greet('a')",
        "twice(2) + 1",
        "[1, 2].map(x, order.id)",
        "names.map(x, 1)",
        "1 / 0",
        "[1][2]",
        "{1: 1, 1: 2}",
        "int('a')",
        "{'a': 1}.b",
    };
    for (size_t i = 0; i < COUNT(sources); i++) {
        struct cel_value value;
        if (cel_expression_constant(compile(*state, sources[i]), &value))
            fail_msg("%s", sources[i]);
    }
}

static void parts_are_folded_within_what_is_not(void **state)
{
    const struct cel_expression *expression =
        compile(*state, "order.items.exists(i, i.sku in ['a' + 'b', 'c'] && i.quantity > 1 / 0)");
    const struct cel_node *loop = cel_expression_root(expression);
    assert_false(loop->is_constant);
    const struct cel_node *predicate = loop->comprehension.predicate;
    const struct cel_node *list = predicate->call.arguments[0]->call.arguments[1];
    assert_true(list->is_constant);
    assert_int_equal(list->constant.list->count, 2);
    const struct cel_node *fault = predicate->call.arguments[1]->call.arguments[1];
    assert_false(fault->is_constant);
}

static void what_the_loop_gives_is_not_taken_for_constant(void **state)
{
    const struct cel_expression *expression =
        compile(*state, "names.map(n, [1, 2].map(x, x + size(n)))");
    assert_false(cel_expression_root(expression)->is_constant);
    assert_false(cel_expression_root(expression)->comprehension.transform->is_constant);
}

static void large_values_and_long_work_are_left_to_run_time(void **state)
{
    static const char *const sources[] = {
        /* 300 elements are 4,800 bytes; the other takes more steps than a fold may take. */
        "lists.range(300)",
        "lists.range(2000).map(x, lists.range(20).map(y, y)).size()",
    };
    for (size_t i = 0; i < COUNT(sources); i++) {
        struct cel_value value;
        const struct cel_expression *expression = compile(*state, sources[i]);
        if (cel_expression_constant(expression, &value)) fail_msg("%s", sources[i]);
    }
    struct cel_value value;
    assert_true(cel_expression_constant(compile(*state, "lists.range(200)"), &value));
    assert_int_equal(value.list->count, 200);
}

static void a_pattern_is_folded_before_it_is_asked_for(void **state)
{
    struct fixture *fixture = *state;
    static const struct cel_rules rules = {.patterns_are_constant = true};
    struct cel_environment *environment = NULL;
    assert_int_equal(shop_declare(&fixture->arena, &rules, &environment), STATUS_OK);
    fixture->environment = environment;
    assert_non_null(compile(fixture, "order.id.matches('^' + 'order')"));
    assert_non_null(compile(fixture, "matches(order.id, true ? 'a' : order.note)"));
    struct cel_problems problems = {.arena = &fixture->scratch};
    const struct cel_expression *expression = NULL;
    assert_int_equal(cel_compile(&fixture->scratch, environment,
                                 TEXT("names.all(n, n.matches(order.note))"), NULL, &problems,
                                 &expression),
                     STATUS_INVALID);
    assert_int_equal(problems.count, 1);
    assert_int_equal(problems.items[0].position, 29);
    assert_true(text_starts_with(problems.items[0].message, TEXT("the pattern of matches()")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_names_nothing_is_constant, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_depends_on_anything_is_not, set_up, tear_down),
        cmocka_unit_test_setup_teardown(parts_are_folded_within_what_is_not, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_the_loop_gives_is_not_taken_for_constant, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(large_values_and_long_work_are_left_to_run_time, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_pattern_is_folded_before_it_is_asked_for, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
