/* Expressions: compiled once, asked about, evaluated. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cel/cel.h"
#include "shop.h"

#define ARENA_MAXIMUM ((size_t)64 << 20)

struct fixture {
    struct arena arena;
    struct cel_environment *environment;
    struct cel_problems problems;
};

static int set_up(void **state)
{
    static struct fixture fixture;
    fixture = (struct fixture){.problems = {.arena = &fixture.arena}};
    arena_init(&fixture.arena, ARENA_MAXIMUM);
    *state = &fixture;
    return shop_declare(&fixture.arena, NULL, &fixture.environment) == STATUS_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    arena_release(&fixture->arena);
    return 0;
}

static const struct cel_expression *compile(struct fixture *fixture, const char *source,
                                            const struct cel_compile_options *options)
{
    const struct cel_expression *expression = NULL;
    enum status status = cel_compile(&fixture->arena, fixture->environment, text_of(source),
                                     options, &fixture->problems, &expression);
    if (status != STATUS_OK) fail_msg("%s: %s", source, status_text(status));
    return expression;
}

static struct cel_value evaluate(struct fixture *fixture, const struct cel_expression *expression)
{
    struct cel_evaluation evaluation;
    cel_evaluation_init(&evaluation, fixture->environment, &shop_host, &fixture->arena, NULL);
    return cel_evaluate(expression, &evaluation, shop_variables());
}

static void an_expression_keeps_its_own_source(void **state)
{
    struct fixture *fixture = *state;
    char source[] = "order.tags.colour + 'abc'";
    const struct cel_expression *expression = compile(fixture, source, NULL);
    memset(source, 'x', sizeof source - 1);
    assert_true(text_equal(cel_expression_source(expression), TEXT("order.tags.colour + 'abc'")));
    assert_true(text_equal(cel_text(evaluate(fixture, expression)), TEXT("gr\303\274nabc")));
}

static void an_expression_knows_its_type(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(cel_expression_type(compile(fixture, "order.eligible", NULL))->kind,
                     CEL_TYPE_MONEY);
    const struct cel_compile_options unchecked = {.without_check = true};
    assert_int_equal(cel_expression_type(compile(fixture, "order.eligible", &unchecked))->kind,
                     CEL_TYPE_DYN);
}

static void the_variables_that_are_used_are_known(void **state)
{
    struct fixture *fixture = *state;
    const struct cel_expression *expression =
        compile(fixture, "order.items.exists(i, i.sku in names) && (true || now == now)", NULL);
    assert_true(cel_expression_uses(expression, SHOP_ORDER));
    assert_true(cel_expression_uses(expression, SHOP_NAMES));
    assert_false(cel_expression_uses(expression, SHOP_MEMBER));
    /* Folded away. */
    assert_false(cel_expression_uses(expression, SHOP_NOW));
    assert_false(
        cel_expression_uses(compile(fixture, "names.map(order, order)", NULL), SHOP_ORDER));
}

static void without_a_check_any_variable_may_be_used_at_any_cost(void **state)
{
    struct fixture *fixture = *state;
    const struct cel_compile_options unchecked = {.without_check = true};
    const struct cel_expression *expression = compile(fixture, "names[0] == 'anna'", &unchecked);
    assert_true(cel_expression_uses(expression, SHOP_MEMBER));
    assert_true(cel_expression_cost(expression) == UINT64_MAX);
    assert_true(evaluate(fixture, expression).boolean);
    struct cel_value value;
    assert_false(cel_expression_constant(expression, &value));
}

static void what_is_wrong_gives_no_expression(void **state)
{
    struct fixture *fixture = *state;
    static const char *const sources[] = {"", "1 +", "ordr", "order.id.matches('(')"};
    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
        const struct cel_expression *expression = NULL;
        fixture->problems.count = 0;
        assert_int_not_equal(cel_compile(&fixture->arena, fixture->environment, text_of(sources[i]),
                                         NULL, &fixture->problems, &expression),
                             STATUS_OK);
        assert_null(expression);
        assert_int_equal(fixture->problems.count, 1);
    }
}

static void an_evaluation_begins_with_nothing_spent(void **state)
{
    struct fixture *fixture = *state;
    struct cel_evaluation evaluation;
    memset(&evaluation, 0xAB, sizeof evaluation);
    cel_evaluation_init(&evaluation, fixture->environment, &shop_host, &fixture->arena, state);
    assert_true(evaluation.steps == 0);
    assert_true(evaluation.step_maximum == CEL_STEP_MAXIMUM);
    assert_ptr_equal(evaluation.context, state);
    assert_null(evaluation.zones);
}

static void an_evaluation_stops_at_its_step_limit(void **state)
{
    struct fixture *fixture = *state;
    const struct cel_expression *expression =
        compile(fixture, "order.items.all(i, order.items.all(j, j.quantity > 0))", NULL);
    struct cel_evaluation evaluation;
    cel_evaluation_init(&evaluation, fixture->environment, &shop_host, &fixture->arena, NULL);
    struct cel_value value = cel_evaluate(expression, &evaluation, shop_variables());
    assert_int_equal(value.kind, CEL_BOOL);
    uint64_t needed = evaluation.steps;
    cel_evaluation_init(&evaluation, fixture->environment, &shop_host, &fixture->arena, NULL);
    evaluation.step_maximum = needed;
    assert_int_equal(cel_evaluate(expression, &evaluation, shop_variables()).kind, CEL_BOOL);
    cel_evaluation_init(&evaluation, fixture->environment, &shop_host, &fixture->arena, NULL);
    evaluation.step_maximum = needed - 1;
    value = cel_evaluate(expression, &evaluation, shop_variables());
    assert_int_equal(value.kind, CEL_ERROR);
    assert_int_equal(value.tag, CEL_FAULT_STEPS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_expression_keeps_its_own_source, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_expression_knows_its_type, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_variables_that_are_used_are_known, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_a_check_any_variable_may_be_used_at_any_cost,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_wrong_gives_no_expression, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_evaluation_begins_with_nothing_spent, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_evaluation_stops_at_its_step_limit, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
