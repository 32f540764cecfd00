/* Every limit of cel/limits.h at its edge: what is just allowed works, and what is one more is
 * refused with the limit's name, or is the fault that says so.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cel/cel.h"

#define SOURCE_ROOM ((size_t)1 << 20)
#define ARENA_MAXIMUM ((size_t)64 << 20)

struct fixture {
    struct arena arena;
    struct buffer source; /* the expression that is being written */
    struct cel_problems problems;
};

static int set_up(void **state)
{
    static struct fixture fixture;
    fixture = (struct fixture){.problems = {.arena = &fixture.arena}};
    arena_init(&fixture.arena, ARENA_MAXIMUM);
    buffer_init(&fixture.source, SOURCE_ROOM);
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    buffer_release(&fixture->source);
    arena_release(&fixture->arena);
    return 0;
}

/* ---- writing long expressions ---- */

static void begin(struct fixture *fixture)
{
    buffer_clear(&fixture->source);
    fixture->problems.count = 0;
}

static void add(struct fixture *fixture, const char *text, uint32_t times)
{
    for (uint32_t i = 0; i < times; i++)
        assert_int_equal(buffer_add(&fixture->source, text_of(text)), STATUS_OK);
}

static struct cel_environment *environment_with(struct fixture *fixture,
                                                const struct cel_rules *rules)
{
    static const struct cel_rules plain = {0};
    struct cel_environment *environment;
    assert_int_equal(
        cel_environment_new(&fixture->arena, rules == NULL ? &plain : rules, &environment),
        STATUS_OK);
    assert_int_equal(cel_environment_add_extensions(environment), STATUS_OK);
    return environment;
}

static uint32_t declare(struct cel_environment *environment, const char *name, const char *type,
                        uint32_t bound)
{
    uint32_t slot;
    assert_int_equal(
        cel_environment_add_variable(environment, text_of(name), text_of(type), bound, &slot),
        STATUS_OK);
    return slot;
}

static enum status compile(struct fixture *fixture, struct cel_environment *environment,
                           const struct cel_expression **expression)
{
    return cel_compile(&fixture->arena, environment, buffer_text(&fixture->source), NULL,
                       &fixture->problems, expression);
}

static void assert_told(const struct fixture *fixture, const char *limit)
{
    assert_int_not_equal(fixture->problems.count, 0);
    struct text message = fixture->problems.items[0].message;
    if (memmem(message.bytes, message.length, limit, strlen(limit)) == NULL)
        fail_msg("\"%.*s\" does not name %s", TEXT_ARGUMENTS(message), limit);
}

static enum status parse(struct fixture *fixture)
{
    struct cel_node *root;
    return cel_parse(&fixture->arena, buffer_text(&fixture->source), &fixture->problems, &root);
}

/* The expression that is written is read; the one more is not, and the limit is named. */
static void assert_parses(struct fixture *fixture)
{
    enum status status = parse(fixture);
    if (status != STATUS_OK)
        fail_msg("%s: %.*s", status_text(status),
                 TEXT_ARGUMENTS(fixture->problems.items[0].message));
}

static void assert_refused(struct fixture *fixture, const char *limit)
{
    assert_int_equal(parse(fixture), STATUS_LIMIT);
    assert_told(fixture, limit);
}

/* ---- what is read ---- */

static void write_source(struct fixture *fixture, uint32_t bytes)
{
    begin(fixture);
    add(fixture, "1", 1);
    add(fixture, " ", bytes - 1);
}

static void an_expression_has_at_most_64_kilobytes(void **state)
{
    struct fixture *fixture = *state;
    write_source(fixture, CEL_SOURCE_MAXIMUM_BYTES);
    assert_parses(fixture);
    write_source(fixture, CEL_SOURCE_MAXIMUM_BYTES + 1);
    assert_refused(fixture, "65536");
}

static void write_depth(struct fixture *fixture, uint32_t nodes)
{
    begin(fixture);
    add(fixture, "[", nodes - 1);
    add(fixture, "1", 1);
    add(fixture, "]", nodes - 1);
}

static void nodes_stand_at_most_250_above_each_other(void **state)
{
    struct fixture *fixture = *state;
    write_depth(fixture, CEL_DEPTH_MAXIMUM);
    assert_parses(fixture);
    write_depth(fixture, CEL_DEPTH_MAXIMUM + 1);
    assert_refused(fixture, "250");
}

/* Whatever nests is bounded, also what makes no node of its own. */
static void nothing_nests_without_bound(void **state)
{
    static const struct {
        const char *opening;
        const char *innermost;
        const char *closing;
    } cases[] = {
        {"(", "1", ")"},
        {"[", "1", "]"},
        {"{1: ", "1", "}"},
        {"-", " 1", ""},
        {"!", "true", ""},
        {"a.f(", "1", ")"},
        {"a[", "1", "]"},
        {"1 + ", "1", ""},
        {"true ? 1 : ", "2", ""},
        {"a", "", ".b"},
        {"a", "", "[1]"},
        {"a", "", ".f()"},
        {"true && (", "a", ")"},
        {"a || (", "a", ")"},
        {"true ? ", "1", " : 2"},
        {"[1].all(x, ", "true", ")"},
        {"cel.bind(x, ", "1", ", x)"},
        {"T{a: ", "1", "}"},
        {"a", "", " < 1"},
        {"a", "", " - 1"},
        {"a", "", " in b"},
        {"has(", "a.b", ")"},
        {"", "a", "?.b"},
        {"1 in ", "a", ""},
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint32_t times = 4000;
        begin(fixture);
        add(fixture, cases[i].opening, cases[i].innermost[0] == '\0' ? 1 : times);
        add(fixture, cases[i].innermost, 1);
        add(fixture, cases[i].closing, times);
        enum status status = parse(fixture);
        if (status == STATUS_OK) fail_msg("%s...%s", cases[i].opening, cases[i].closing);
        assert_int_not_equal(fixture->problems.count, 0);
        arena_clear(&fixture->arena);
    }
}

/* Lists of 99 numbers in a list, and what is left. */
static void write_nodes(struct fixture *fixture, uint32_t nodes)
{
    begin(fixture);
    add(fixture, "[", 1);
    for (uint32_t left = nodes - 1; left > 0;) {
        uint32_t count = left > 100 ? 100 : left;
        add(fixture, "[", 1);
        add(fixture, "1,", count - 1);
        add(fixture, "],", 1);
        left -= count;
    }
    add(fixture, "]", 1);
}

static void an_expression_has_at_most_20000_nodes(void **state)
{
    struct fixture *fixture = *state;
    write_nodes(fixture, CEL_NODE_MAXIMUM);
    assert_parses(fixture);
    write_nodes(fixture, CEL_NODE_MAXIMUM + 1);
    assert_refused(fixture, "20000");
}

static void write_call(struct fixture *fixture, uint32_t arguments)
{
    begin(fixture);
    add(fixture, "f(1", 1);
    add(fixture, ", 1", arguments - 1);
    add(fixture, ")", 1);
}

static void a_call_has_at_most_64_arguments(void **state)
{
    struct fixture *fixture = *state;
    write_call(fixture, CEL_ARGUMENT_MAXIMUM);
    assert_parses(fixture);
    write_call(fixture, CEL_ARGUMENT_MAXIMUM + 1);
    assert_refused(fixture, "64");
}

static void write_comprehensions(struct fixture *fixture, uint32_t count)
{
    begin(fixture);
    add(fixture, "[1].all(x, ", count);
    add(fixture, "true", 1);
    add(fixture, ")", count);
}

static void comprehensions_stand_at_most_12_inside_each_other(void **state)
{
    struct fixture *fixture = *state;
    write_comprehensions(fixture, CEL_NESTED_COMPREHENSION_MAXIMUM);
    assert_parses(fixture);
    write_comprehensions(fixture, CEL_NESTED_COMPREHENSION_MAXIMUM + 1);
    assert_refused(fixture, "12");
}

static void at_most_50_problems_are_told(void **state)
{
    struct fixture *fixture = *state;
    const struct cel_expression *expression;
    struct cel_environment *environment = environment_with(fixture, NULL);
    begin(fixture);
    add(fixture, "[wrong", 1);
    add(fixture, ", wrong", CEL_PROBLEM_MAXIMUM - 1);
    add(fixture, "]", 1);
    assert_int_equal(compile(fixture, environment, &expression), STATUS_INVALID);
    assert_int_equal(fixture->problems.count, CEL_PROBLEM_MAXIMUM);
    begin(fixture);
    add(fixture, "[wrong", 1);
    add(fixture, ", wrong", CEL_PROBLEM_MAXIMUM);
    add(fixture, "]", 1);
    assert_int_equal(compile(fixture, environment, &expression), STATUS_INVALID);
    assert_int_equal(fixture->problems.count, CEL_PROBLEM_MAXIMUM);
}

/* ---- environments ---- */

static struct text numbered(struct fixture *fixture, const char *word, uint32_t number)
{
    struct text name = arena_format(&fixture->arena, "%s%u", word, number);
    assert_non_null(name.bytes);
    return name;
}

static void an_environment_has_at_most_256_variables(void **state)
{
    struct fixture *fixture = *state;
    struct cel_environment *environment = environment_with(fixture, NULL);
    uint32_t slot;
    for (uint32_t i = 0; i < CEL_VARIABLE_MAXIMUM; i++) {
        assert_int_equal(cel_environment_add_variable(environment, numbered(fixture, "v", i),
                                                      TEXT("int"), CEL_NO_BOUND, &slot),
                         STATUS_OK);
        assert_int_equal(slot, i);
    }
    assert_int_equal(
        cel_environment_add_variable(environment, TEXT("more"), TEXT("int"), CEL_NO_BOUND, &slot),
        STATUS_LIMIT);
}

static void an_environment_has_at_most_1000_object_types_of_2000_fields(void **state)
{
    struct fixture *fixture = *state;
    struct cel_environment *environment = environment_with(fixture, NULL);
    uint16_t object;
    for (uint32_t i = 0; i < CEL_OBJECT_TYPE_MAXIMUM; i++)
        assert_int_equal(
            cel_environment_add_object(environment, numbered(fixture, "o", i), &object), STATUS_OK);
    for (uint32_t i = 0; i < CEL_FIELD_MAXIMUM; i++)
        assert_int_equal(cel_environment_add_field(environment, object, numbered(fixture, "f", i),
                                                   TEXT("int"), i, CEL_NO_BOUND),
                         STATUS_OK);
    assert_int_equal(cel_environment_add_field(environment, object, TEXT("more"), TEXT("int"),
                                               CEL_FIELD_MAXIMUM, CEL_NO_BOUND),
                     STATUS_LIMIT);
    assert_int_equal(cel_environment_add_object(environment, TEXT("more"), &object), STATUS_LIMIT);
}

/* ---- evaluations ---- */

struct evaluated {
    struct cel_value value;
    uint64_t steps;
};

/* The written expression's value with one variable, `x`, in at most so many steps. */
static struct evaluated evaluate(struct fixture *fixture, const char *type, struct cel_value x,
                                 uint64_t step_maximum)
{
    const struct cel_expression *expression;
    struct cel_evaluation evaluation;
    struct cel_environment *environment = environment_with(fixture, NULL);
    struct arena *scratch = arena_new(&fixture->arena, struct arena);
    assert_non_null(scratch);
    declare(environment, "x", type, CEL_NO_BOUND);
    enum status status = compile(fixture, environment, &expression);
    if (status != STATUS_OK)
        fail_msg("%s: %.*s", status_text(status),
                 TEXT_ARGUMENTS(fixture->problems.items[0].message));
    arena_init(scratch, CEL_SCRATCH_MAXIMUM_BYTES);
    cel_evaluation_init(&evaluation, environment, NULL, scratch, NULL);
    assert_int_equal(evaluation.step_maximum, CEL_STEP_MAXIMUM);
    if (step_maximum != 0) evaluation.step_maximum = step_maximum;
    struct evaluated evaluated = {.value = cel_evaluate(expression, &evaluation, &x),
                                  .steps = evaluation.steps};
    /* Only its kind and its size are looked at afterwards, and those do not lie in the arena. */
    if (evaluated.value.kind == CEL_LIST) evaluated.value = cel_int(evaluated.value.list->count);
    arena_release(scratch);
    return evaluated;
}

static void put(struct fixture *fixture, const char *source)
{
    begin(fixture);
    add(fixture, source, 1);
}

static void assert_fault(struct cel_value value, enum cel_fault fault)
{
    assert_int_equal(value.kind, CEL_ERROR);
    if (value.tag != fault)
        fail_msg("%s instead of %s: %s", cel_fault_text((enum cel_fault)value.tag),
                 cel_fault_text(fault), value.detail == NULL ? "" : value.detail);
}

/* 0, 1, 2, ... */
static struct cel_value numbers(struct fixture *fixture, uint32_t count)
{
    struct cel_list *list = cel_list_new(&fixture->arena, count);
    assert_non_null(list);
    for (uint32_t i = 0; i < count; i++)
        assert_int_equal(cel_list_add(&fixture->arena, list, cel_int(i)), STATUS_OK);
    return cel_list_value(list);
}

static struct cel_value letters(struct fixture *fixture, size_t count)
{
    char *bytes = arena_allocate(&fixture->arena, count);
    assert_non_null(bytes);
    memset(bytes, 'a', count);
    return cel_string((struct text){bytes, count});
}

static void an_evaluation_ends_at_its_last_step(void **state)
{
    struct fixture *fixture = *state;
    struct cel_value ten = numbers(fixture, 10);
    put(fixture, "x.all(a, x.exists(b, b >= a)) && x.map(a, a + 1).size() == 10");
    struct evaluated free = evaluate(fixture, "list(int)", ten, 0);
    assert_int_equal(free.value.kind, CEL_BOOL);
    assert_true(free.steps > 20);
    struct evaluated enough = evaluate(fixture, "list(int)", ten, free.steps);
    assert_int_equal(enough.value.kind, CEL_BOOL);
    assert_fault(evaluate(fixture, "list(int)", ten, free.steps - 1).value, CEL_FAULT_STEPS);
}

static void an_evaluation_takes_at_most_1000000_steps(void **state)
{
    struct fixture *fixture = *state;
    struct cel_value many = numbers(fixture, CEL_LIST_MAXIMUM);
    put(fixture, "x.all(a, x.all(b, a + b >= 0))");
    struct evaluated evaluated = evaluate(fixture, "list(int)", many, 0);
    assert_fault(evaluated.value, CEL_FAULT_STEPS);
    assert_true(evaluated.steps <= CEL_STEP_MAXIMUM + CEL_STEP_MAXIMUM / 100);
}

static bool is_within_cost(struct fixture *fixture, uint32_t bound, uint64_t *cost)
{
    static const struct cel_rules strict = {.cost_is_bounded = true};
    const struct cel_expression *expression;
    struct cel_environment *environment = environment_with(fixture, &strict);
    declare(environment, "x", "list(int)", bound);
    put(fixture, "x.all(a, x.all(b, a + b >= 0))");
    enum status status = compile(fixture, environment, &expression);
    if (status == STATUS_OK) *cost = cel_expression_cost(expression);
    return status == STATUS_OK;
}

static void what_could_take_more_steps_is_refused_when_compiled(void **state)
{
    struct fixture *fixture = *state;
    uint64_t cost = 0;
    uint32_t allowed = 1;
    uint32_t refused = CEL_LIST_MAXIMUM;
    assert_true(is_within_cost(fixture, allowed, &cost));
    assert_false(is_within_cost(fixture, refused, &cost));
    while (refused - allowed > 1) {
        uint32_t middle = allowed + (refused - allowed) / 2;
        if (is_within_cost(fixture, middle, &cost))
            allowed = middle;
        else
            refused = middle;
    }
    assert_true(is_within_cost(fixture, allowed, &cost));
    assert_true(cost <= CEL_STEP_MAXIMUM && cost > CEL_STEP_MAXIMUM * 9 / 10);
    assert_false(is_within_cost(fixture, refused, &cost));
    assert_told(fixture, "1,000,000");
}

static void a_string_has_at_most_64_kilobytes(void **state)
{
    static const char *const makers[] = {"x + 'a'", "x + 'b'", "[x, 'a'].join()",
                                         "x.replace('', '', 0) + 'a'", "'%sa'.format([x])"};
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof makers / sizeof makers[0]; i++) {
        put(fixture, makers[i]);
        struct evaluated evaluated =
            evaluate(fixture, "string", letters(fixture, CEL_STRING_MAXIMUM_BYTES - 1), 0);
        assert_int_equal(evaluated.value.kind, CEL_STRING);
        assert_int_equal(evaluated.value.extra, CEL_STRING_MAXIMUM_BYTES);
        evaluated = evaluate(fixture, "string", letters(fixture, CEL_STRING_MAXIMUM_BYTES), 0);
        assert_fault(evaluated.value, CEL_FAULT_SIZE);
    }
}

static void a_list_has_at_most_2000_elements(void **state)
{
    struct fixture *fixture = *state;
    put(fixture, "x + [1]");
    struct evaluated evaluated =
        evaluate(fixture, "list(int)", numbers(fixture, CEL_LIST_MAXIMUM - 1), 0);
    assert_int_equal(evaluated.value.integer, CEL_LIST_MAXIMUM);
    evaluated = evaluate(fixture, "list(int)", numbers(fixture, CEL_LIST_MAXIMUM), 0);
    assert_fault(evaluated.value, CEL_FAULT_SIZE);
    put(fixture, "lists.range(x)");
    evaluated = evaluate(fixture, "int", cel_int(CEL_LIST_MAXIMUM), 0);
    assert_int_equal(evaluated.value.integer, CEL_LIST_MAXIMUM);
    evaluated = evaluate(fixture, "int", cel_int(CEL_LIST_MAXIMUM + 1), 0);
    assert_fault(evaluated.value, CEL_FAULT_SIZE);
}

static void lists_and_maps_that_are_made_have_at_most_2000_elements(void **state)
{
    struct fixture *fixture = *state;
    struct cel_list *list = cel_list_new(&fixture->arena, 0);
    struct cel_map *map = cel_map_new(&fixture->arena, 0);
    assert_true(list != NULL && map != NULL);
    for (uint32_t i = 0; i < CEL_LIST_MAXIMUM; i++) {
        assert_int_equal(cel_list_add(&fixture->arena, list, cel_int(i)), STATUS_OK);
        assert_int_equal(cel_map_add(&fixture->arena, map, cel_int(i), cel_int(i)), STATUS_OK);
    }
    assert_int_equal(cel_list_add(&fixture->arena, list, cel_int(0)), STATUS_LIMIT);
    assert_int_equal(cel_map_add(&fixture->arena, map, cel_int(-1), cel_int(0)), STATUS_LIMIT);
    assert_int_equal(list->count, CEL_LIST_MAXIMUM);
    assert_int_equal(map->count, CEL_LIST_MAXIMUM);
    for (uint32_t i = 0; i < CEL_LIST_MAXIMUM; i++)
        assert_int_equal(cel_map_find(map, cel_int(i))->integer, i);
}

static void an_evaluation_has_at_most_16_megabytes(void **state)
{
    struct fixture *fixture = *state;
    struct cel_value half = letters(fixture, CEL_STRING_MAXIMUM_BYTES / 2);
    put(fixture, "lists.range(400).map(i, x + string(i)).size()");
    assert_int_equal(evaluate(fixture, "string", half, 0).value.integer, 400);
    put(fixture, "lists.range(600).map(i, x + string(i)).size()");
    assert_fault(evaluate(fixture, "string", half, 0).value, CEL_FAULT_NO_MEMORY);
}

static void write_pattern(struct fixture *fixture, uint32_t bytes)
{
    begin(fixture);
    add(fixture, "'a'.matches('", 1);
    add(fixture, "a", bytes);
    add(fixture, "')", 1);
}

static void a_pattern_has_at_most_1000_bytes(void **state)
{
    struct fixture *fixture = *state;
    const struct cel_expression *expression;
    struct cel_environment *environment = environment_with(fixture, NULL);
    write_pattern(fixture, CEL_PATTERN_MAXIMUM_BYTES);
    assert_int_equal(compile(fixture, environment, &expression), STATUS_OK);
    write_pattern(fixture, CEL_PATTERN_MAXIMUM_BYTES + 1);
    assert_int_not_equal(compile(fixture, environment, &expression), STATUS_OK);
    assert_told(fixture, "1000");
    put(fixture, "'a'.matches(x)");
    struct cel_value pattern = letters(fixture, CEL_PATTERN_MAXIMUM_BYTES);
    assert_int_equal(evaluate(fixture, "string", pattern, 0).value.kind, CEL_BOOL);
    pattern = letters(fixture, CEL_PATTERN_MAXIMUM_BYTES + 1);
    assert_fault(evaluate(fixture, "string", pattern, 0).value, CEL_FAULT_PATTERN);
}

static void a_compiled_pattern_has_at_most_256_kilobytes(void **state)
{
    struct fixture *fixture = *state;
    const struct cel_expression *expression;
    struct cel_environment *environment = environment_with(fixture, NULL);
    put(fixture, "'a'.matches('(a{10}){10}')");
    assert_int_equal(compile(fixture, environment, &expression), STATUS_OK);
    put(fixture, "'a'.matches('((a{30}){30}){1,30}')");
    assert_int_not_equal(compile(fixture, environment, &expression), STATUS_OK);
    assert_int_not_equal(fixture->problems.count, 0);
}

#define FIXTURE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(an_expression_has_at_most_64_kilobytes),
        FIXTURE_TEST(nodes_stand_at_most_250_above_each_other),
        FIXTURE_TEST(nothing_nests_without_bound),
        FIXTURE_TEST(an_expression_has_at_most_20000_nodes),
        FIXTURE_TEST(a_call_has_at_most_64_arguments),
        FIXTURE_TEST(comprehensions_stand_at_most_12_inside_each_other),
        FIXTURE_TEST(at_most_50_problems_are_told),
        FIXTURE_TEST(an_environment_has_at_most_256_variables),
        FIXTURE_TEST(an_environment_has_at_most_1000_object_types_of_2000_fields),
        FIXTURE_TEST(an_evaluation_ends_at_its_last_step),
        FIXTURE_TEST(an_evaluation_takes_at_most_1000000_steps),
        FIXTURE_TEST(what_could_take_more_steps_is_refused_when_compiled),
        FIXTURE_TEST(a_string_has_at_most_64_kilobytes),
        FIXTURE_TEST(a_list_has_at_most_2000_elements),
        FIXTURE_TEST(lists_and_maps_that_are_made_have_at_most_2000_elements),
        FIXTURE_TEST(an_evaluation_has_at_most_16_megabytes),
        FIXTURE_TEST(a_pattern_has_at_most_1000_bytes),
        FIXTURE_TEST(a_compiled_pattern_has_at_most_256_kilobytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
