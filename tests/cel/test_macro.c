/* Tests of cel/macro: what each macro stands for, what it remembers of how it was written, and what
 * is told of one that is used wrongly.
 */
#include "tree.h"

static void each_macro_stands_for_its_loop(void **state)
{
    static const struct {
        const char *source;
        enum cel_macro macro;
        const char *tree;
    } cases[] = {
        {"a.all(x, p)", CEL_MACRO_ALL,
         "(LOOP x in a; @result = true; (@not_strictly_false @result); (_&&_ @result p); @result)"},
        {"a.exists(x, p)", CEL_MACRO_EXISTS,
         "(LOOP x in a; @result = false; (@not_strictly_false (!_ @result)); (_||_ @result p); "
         "@result)"},
        {"a.exists_one(x, p)", CEL_MACRO_EXISTS_ONE,
         "(LOOP x in a; @result = 0; true; (_?_:_ p (_+_ @result 1) @result); (_==_ @result 1))"},
        {"a.existsOne(x, p)", CEL_MACRO_EXISTS_ONE,
         "(LOOP x in a; @result = 0; true; (_?_:_ p (_+_ @result 1) @result); (_==_ @result 1))"},
        {"a.map(x, t)", CEL_MACRO_MAP,
         "(LOOP x in a; @result = []; true; (_+_ @result [t]); @result)"},
        {"a.map(x, p, t)", CEL_MACRO_MAP,
         "(LOOP x in a; @result = []; true; (_?_:_ p (_+_ @result [t]) @result); @result)"},
        {"a.filter(x, p)", CEL_MACRO_FILTER,
         "(LOOP x in a; @result = []; true; (_?_:_ p (_+_ @result [x]) @result); @result)"},
        {"a.all(i, x, p)", CEL_MACRO_ALL,
         "(LOOP i, x in a; @result = true; (@not_strictly_false @result); (_&&_ @result p); "
         "@result)"},
        {"a.exists(i, x, p)", CEL_MACRO_EXISTS,
         "(LOOP i, x in a; @result = false; (@not_strictly_false (!_ @result)); (_||_ @result p); "
         "@result)"},
        {"a.existsOne(i, x, p)", CEL_MACRO_EXISTS_ONE,
         "(LOOP i, x in a; @result = 0; true; (_?_:_ p (_+_ @result 1) @result); (_==_ @result "
         "1))"},
        {"a.exists_one(i, x, p)", CEL_MACRO_EXISTS_ONE,
         "(LOOP i, x in a; @result = 0; true; (_?_:_ p (_+_ @result 1) @result); (_==_ @result "
         "1))"},
        {"a.transformList(i, x, t)", CEL_MACRO_MAP,
         "(LOOP i, x in a; @result = []; true; (_+_ @result [t]); @result)"},
        {"a.transformList(i, x, p, t)", CEL_MACRO_MAP,
         "(LOOP i, x in a; @result = []; true; (_?_:_ p (_+_ @result [t]) @result); @result)"},
        {"a.transformMap(k, v, t)", CEL_MACRO_MAP_ENTRY,
         "(LOOP k, v in a; @result = {}; true; (cel.@mapInsert @result k t); @result)"},
        {"a.transformMap(k, v, p, t)", CEL_MACRO_MAP_ENTRY,
         "(LOOP k, v in a; @result = {}; true; (_?_:_ p (cel.@mapInsert @result k t) @result); "
         "@result)"},
        {"a.transformMapEntry(k, v, {v: k})", CEL_MACRO_MAP_ENTRY,
         "(LOOP k, v in a; @result = {}; true; (cel.@mapInsert @result {v: k}); @result)"},
        {"a.transformMapEntry(k, v, p, {v: k})", CEL_MACRO_MAP_ENTRY,
         "(LOOP k, v in a; @result = {}; true; (_?_:_ p (cel.@mapInsert @result {v: k}) @result); "
         "@result)"},
        {"cel.bind(x, a, b)", CEL_MACRO_BIND, "(LOOP #unused in []; x = a; false; x; b)"},
        {"a.optMap(x, t)", CEL_MACRO_BIND,
         "(LOOP #unused in []; @target = a; false; @target; (_?_:_ (hasValue @target;) "
         "(optional.of (LOOP #unused in []; x = (value @target;); false; x; t)) (optional.none)))"},
        {"a.optFlatMap(x, t)", CEL_MACRO_BIND,
         "(LOOP #unused in []; @target = a; false; @target; (_?_:_ (hasValue @target;) "
         "(LOOP #unused in []; x = (value @target;); false; x; t) (optional.none)))"},
        {"a.sortBy(x, t)", CEL_MACRO_BIND,
         "(LOOP #unused in []; @list = a; false; @list; (@sortByAssociatedKeys @list; (LOOP x in "
         "@list; @result = []; true; (_+_ @result [t]); @result)))"},
    };
    struct reading *reading = *state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        reading_begin(reading);
        const struct cel_node *root = reading_tree(reading, cases[i].source);
        assert_int_equal(root->kind, CEL_NODE_COMPREHENSION);
        assert_int_equal(root->comprehension.macro, cases[i].macro);
        assert_text(cases[i].tree, reading_line(reading, root));
    }
}

static void a_test_of_a_field_is_no_loop(void **state)
{
    struct reading *reading = *state;
    reading_begin(reading);
    assert_text("(has (. a b) c)", reading_line(reading, reading_tree(reading, "has(a.b.c)")));
    assert_text("(has (.? a b) c)", reading_line(reading, reading_tree(reading, "has(a.?b.c)")));
}

static void three_numbers_to_compare_are_one_list(void **state)
{
    static const struct {
        const char *source;
        const char *tree;
    } cases[] = {{"math.greatest(a)", "(greatest math; a)"},
                 {"math.greatest(a, b)", "(greatest math; a b)"},
                 {"math.greatest(a, b, c)", "(greatest math; [a b c])"},
                 {"math.least(1, 2u, 3.0, d)", "(least math; [1 2u 3.0 d])"},
                 {"math.least([a])", "(least math; [a])"},
                 {".math.least(a, b, c)", "(least .math; a b c)"},
                 {"other.least(a, b, c)", "(least other; a b c)"}};
    struct reading *reading = *state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        reading_begin(reading);
        assert_text(cases[i].tree, reading_line(reading, reading_tree(reading, cases[i].source)));
    }
}

static void assert_part(struct reading *reading, const char *wanted, const struct cel_node *part)
{
    if (wanted == NULL)
        assert_null(part);
    else
        assert_text(wanted, reading_line(reading, part));
}

static void a_loop_keeps_predicate_and_transform(void **state)
{
    static const struct {
        const char *source;
        const char *predicate;
        const char *transform;
    } cases[] = {{"a.all(x, p)", "p", NULL},
                 {"a.exists(i, x, p)", "p", NULL},
                 {"a.exists_one(x, p)", "p", NULL},
                 {"a.filter(x, p)", "p", NULL},
                 {"a.map(x, t)", NULL, "t"},
                 {"a.map(x, p, t)", "p", "t"},
                 {"a.transformList(i, x, p, t)", "p", "t"},
                 {"a.transformMap(k, v, t)", NULL, "t"},
                 {"a.transformMap(k, v, p, t)", "p", "t"},
                 {"a.transformMapEntry(k, v, p, t)", "p", NULL},
                 {"cel.bind(x, a, b)", NULL, NULL}};
    struct reading *reading = *state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        reading_begin(reading);
        const struct cel_node *root = reading_tree(reading, cases[i].source);
        assert_part(reading, cases[i].predicate, root->comprehension.predicate);
        assert_part(reading, cases[i].transform, root->comprehension.transform);
    }
}

static void what_a_macro_made_points_at_its_name(void **state)
{
    struct reading *reading = *state;
    reading_begin(reading);
    const struct cel_node *root = reading_tree(reading, "b || a.all(x, x > 0)");
    const struct cel_node *loop = root->call.arguments[1];
    const struct cel_node *made[] = {loop, loop->comprehension.initial,
                                     loop->comprehension.condition, loop->comprehension.step,
                                     loop->comprehension.result};
    for (size_t i = 0; i < COUNT(made); i++) {
        assert_int_equal(made[i]->position, 7);
        assert_int_equal(made[i]->begin, 5);
        assert_int_equal(made[i]->end, 20);
    }
    assert_int_equal(loop->comprehension.predicate->position, 16);
}

static void a_macro_used_wrongly_is_told_with_its_right_form(void **state)
{
    static const struct {
        const char *source;
        uint32_t position;
        const char *message;
    } cases[] = {
        {"has(a)", 4, "has asks whether a field is there: write has(order.customer)"},
        {"has(a[0])", 5, "has asks whether a field is there: write has(order.customer)"},
        {"has(has(a.b))", 10, "has asks whether a field is there: write has(order.customer)"},
        {"has(a.?b)", 7, "has asks whether a field is there: write has(order.customer)"},
        {"a.all(b.c, d)", 8,
         "all wants a name here, which then stands for a value: write list.all(x, x > 0)"},
        {"a.exists(.b, d)", 10,
         "exists wants a name here, which then stands for a value: write list.exists(x, x > 0)"},
        {"a.map(1, d)", 6,
         "map wants a name here, which then stands for a value: write list.map(x, x * 2)"},
        {"a.map('x', d, e)", 6,
         "map wants a name here, which then stands for a value: write list.map(x, x * 2)"},
        {"a.filter(b + c, d)", 11,
         "filter wants a name here, which then stands for a value: write list.filter(x, x > 0)"},
        {"a.exists_one([b], d)", 13,
         "exists_one wants a name here, which then stands for a value: write list.exists_one(x, x "
         "> 0)"},
        {"a.transformList(i, 1, d)", 19,
         "transformList wants a name here, which then stands for a value: write "
         "list.transformList(i, x, x * 2)"},
        {"a.transformMap(k, k, d)", 18,
         "the two names of transformMap must differ: write map.transformMap(key, value, value * "
         "2)"},
        {"a.all(i, i, d)", 9, "the two names of all must differ: write list.all(x, x > 0)"},
        {"cel.bind(1, d, e)", 9,
         "bind wants a name here, which then stands for a value: write cel.bind(x, 2 + 3, x * x)"},
        {"a.optMap(1, d)", 9,
         "optMap wants a name here, which then stands for a value: write value.optMap(x, x * 2)"},
        {"a.optFlatMap(1, d)", 13,
         "optFlatMap wants a name here, which then stands for a value: write value.optFlatMap(x, "
         "x.?field)"},
        {"a.sortBy(1, d)", 9,
         "sortBy wants a name here, which then stands for a value: write list.sortBy(x, x.size())"},
        {"math.greatest()", 5,
         "math.greatest needs at least one number: write math.greatest(1, 2)"},
        {"math.least()", 5, "math.least needs at least one number: write math.least(1, 2)"},
    };
    struct reading *reading = *state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        reading_begin(reading);
        struct cel_node *root = NULL;
        assert_status(STATUS_SYNTAX, reading_parse(reading, text_of(cases[i].source), &root));
        assert_int_equal(reading->problems.count, 1);
        assert_text(cases[i].message, reading->problems.items[0].message);
        assert_int_equal(reading->problems.items[0].position, cases[i].position);
    }
}

static void several_wrong_macros_are_told_together(void **state)
{
    struct reading *reading = *state;
    reading_begin(reading);
    struct cel_node *root = NULL;
    struct text source = TEXT("a.all(1, b) && has(c) && var");
    assert_status(STATUS_SYNTAX, reading_parse(reading, source, &root));
    assert_int_equal(reading->problems.count, 3);
    assert_int_equal(reading->problems.items[0].position, 6);
    assert_int_equal(reading->problems.items[1].position, 19);
    assert_int_equal(reading->problems.items[2].position, 25);
}

static void a_macro_with_too_few_arguments_has_a_form_to_be_told(void **state)
{
    (void)state;
    assert_text("list.exists(x, x > 0)", cel_macro_usage(TEXT("exists")));
    assert_text("cel.bind(x, 2 + 3, x * x)", cel_macro_usage(TEXT("bind")));
    assert_text("", cel_macro_usage(TEXT("substring")));
}

static enum status parse_repeated(struct reading *reading, const char *before, const char *after,
                                  uint32_t times)
{
    reading_begin(reading);
    for (uint32_t i = 0; i < times; i++)
        assert_ok(buffer_add(&reading->out, text_of(before)));
    assert_ok(buffer_add(&reading->out, TEXT("a")));
    for (uint32_t i = 0; i < times; i++)
        assert_ok(buffer_add(&reading->out, text_of(after)));
    struct cel_node *root = NULL;
    return reading_parse(reading, buffer_text(&reading->out), &root);
}

static void loops_stand_at_most_12_inside_each_other(void **state)
{
    struct reading *reading = *state;
    assert_ok(parse_repeated(reading, "b.all(x, ", ")", CEL_NESTED_COMPREHENSION_MAXIMUM));
    assert_status(STATUS_LIMIT,
                  parse_repeated(reading, "b.all(x, ", ")", CEL_NESTED_COMPREHENSION_MAXIMUM + 1));
    assert_text("this is a loop in a loop too often: there are at most 12 inside each other",
                reading->problems.items[0].message);
    assert_int_equal(reading->problems.items[0].position, 12 * 9 + 2);
}

static void loops_behind_each_other_and_bindings_are_not_nested(void **state)
{
    struct reading *reading = *state;
    assert_ok(parse_repeated(reading, "", ".map(x, x)", 40));
    assert_ok(parse_repeated(reading, "cel.bind(x, 1, ", ")", 40));
}

static void macros_count_in_the_height_of_a_tree(void **state)
{
    struct reading *reading = *state;
    assert_status(STATUS_LIMIT, parse_repeated(reading, "", ".map(x, x)", CEL_DEPTH_MAXIMUM));
    assert_status(STATUS_LIMIT, parse_repeated(reading, "", ".optMap(x, x)", CEL_DEPTH_MAXIMUM));
}

/* The tree of a chain of optMap grows by a constant for each: the target is not copied. */
static void a_chain_of_optional_maps_stays_small(void **state)
{
    struct reading *reading = *state;
    assert_ok(parse_repeated(reading, "", ".optMap(x, x)", 200));
    assert_true(reading->arena.used < (size_t)2 << 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_macro_stands_for_its_loop),
        cmocka_unit_test(a_test_of_a_field_is_no_loop),
        cmocka_unit_test(three_numbers_to_compare_are_one_list),
        cmocka_unit_test(a_loop_keeps_predicate_and_transform),
        cmocka_unit_test(what_a_macro_made_points_at_its_name),
        cmocka_unit_test(a_macro_used_wrongly_is_told_with_its_right_form),
        cmocka_unit_test(several_wrong_macros_are_told_together),
        cmocka_unit_test(a_macro_with_too_few_arguments_has_a_form_to_be_told),
        cmocka_unit_test(loops_stand_at_most_12_inside_each_other),
        cmocka_unit_test(loops_behind_each_other_and_bindings_are_not_nested),
        cmocka_unit_test(macros_count_in_the_height_of_a_tree),
        cmocka_unit_test(a_chain_of_optional_maps_stays_small),
    };
    return cmocka_run_group_tests(tests, reading_set_up, reading_tear_down);
}
