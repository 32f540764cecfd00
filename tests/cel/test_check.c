/* Checking: the types that expressions get, and what is said of those that get none. */
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
#define ANSWER_BYTES 2000

struct fixture {
    struct arena arena;
    struct arena scratch;
    struct cel_environment *environment;
    char answer[ANSWER_BYTES];
};

static int set_up_with(void **state, const struct cel_rules *rules)
{
    static struct fixture fixture;
    fixture = (struct fixture){.environment = NULL};
    arena_init(&fixture.arena, ARENA_MAXIMUM);
    arena_init(&fixture.scratch, ARENA_MAXIMUM);
    *state = &fixture;
    return shop_declare(&fixture.arena, rules, &fixture.environment) == STATUS_OK ? 0 : -1;
}

static int set_up(void **state)
{
    return set_up_with(state, NULL);
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    arena_release(&fixture->scratch);
    arena_release(&fixture->arena);
    return 0;
}

/* The expression's type, or "OFFSET: what is wrong" of each problem, joined by " | ". */
static const char *check(struct fixture *fixture, const char *source,
                         const struct cel_compile_options *options)
{
    arena_clear(&fixture->scratch);
    struct cel_problems problems = {.arena = &fixture->scratch};
    struct cel_node *root = NULL;
    enum status status = cel_parse(&fixture->scratch, text_of(source), &problems, &root);
    if (status == STATUS_OK)
        status = cel_check(&fixture->scratch, fixture->environment, options, root, &problems);
    assert_int_equal(status == STATUS_OK, problems.count == 0);
    struct buffer out;
    buffer_init(&out, ANSWER_BYTES - 1);
    if (status == STATUS_OK) assert_int_equal(cel_type_print(root->type, &out), STATUS_OK);
    for (uint32_t i = 0; i < problems.count; i++)
        assert_int_equal(buffer_add_format(&out, "%s%u: %.*s", i == 0 ? "" : " | ",
                                           (unsigned)problems.items[i].position,
                                           TEXT_ARGUMENTS(problems.items[i].message)),
                         STATUS_OK);
    memcpy(fixture->answer, buffer_text(&out).bytes, out.length);
    fixture->answer[out.length] = '\0';
    buffer_release(&out);
    return fixture->answer;
}

struct check_case {
    const char *source;
    const char *answer;
};

static void assert_checked(struct fixture *fixture, const struct cel_compile_options *options,
                           const struct check_case *cases, size_t count)
{
    bool all = true;
    for (size_t i = 0; i < count; i++) {
        const char *found = check(fixture, cases[i].source, options);
        if (strcmp(found, cases[i].answer) == 0) continue;
        print_error("%s\n  gives  %s\n  wanted %s\n", cases[i].source, found, cases[i].answer);
        all = false;
    }
    assert_true(all);
}

static void every_expression_has_a_type(void **state)
{
    static const struct check_case cases[] = {
        {"1", "int"},
        {"[]", "list(dyn)"},
        {"{}", "map(dyn, dyn)"},
        {"[1, 2]", "list(int)"},
        {"[1, 2u]", "list(dyn)"},
        {"{'a': 1, 'b': 2u}", "map(string, dyn)"},
        {"[[], [1]]", "list(list(int))"},
        {"[1, dyn(2)]", "list(dyn)"},
        {"[null, now]", "list(timestamp)"},
        {"[now, null]", "list(timestamp)"},
        {"[] + [1]", "list(int)"},
        {"order", "order"},
        {"order.items", "list(item)"},
        {"order.items[0].sku", "string"},
        {"order.tags.colour", "string"},
        {"order.tags['colour']", "string"},
        {"order.?id", "optional_type(string)"},
        {"optional.of(order).id", "optional_type(string)"},
        {"order.items[?0].sku", "optional_type(string)"},
        {"maybe.orValue('x')", "string"},
        {"optional.none()", "optional_type(dyn)"},
        {"[?maybe, 'a']", "list(string)"},
        {"{?'a': maybe}", "map(string, string)"},
        {"has(order.items)", "bool"},
        {"whatever", "dyn"},
        {"whatever.a.b[1]", "dyn"},
        {"whatever + 1", "dyn"},
        {"whatever % 2", "int"},
        {"whatever + whatever", "dyn"},
        {"whatever && true", "bool"},
        {"true ? 1 : whatever", "dyn"},
        {"true ? order : null", "order"},
        {"type(order)", "type(order)"},
        {"type(1) == int", "bool"},
        {"type(order) == tier", "bool"},
        {"now - now", "duration"},
        {"now - order.waited", "timestamp"},
        {"order.items.map(i, i.quantity)", "list(int)"},
        {"order.items.filter(i, i.is_gift)", "list(item)"},
        {"order.items.exists_one(i, i.is_gift)", "bool"},
        {"order.items.transformMap(n, i, i.sku)", "map(int, string)"},
        {"order.tags.transformList(k, v, k + v)", "list(string)"},
        {"order.tags.map(k, k)", "list(string)"},
        {"[].map(x, x)", "list(dyn)"},
        {"whatever.map(x, x % 2)", "list(int)"},
        {"cel.bind(a, order.items, a[0].sku)", "string"},
        {"names.map(order, order + order)", "list(string)"},
        {"names.map(order, .order.id)", "list(string)"},
        {"shop.SIZE", "int"},
        {"shop.greet('x')", "string"},
        {"member.tiers.club.atLeast('vib')", "bool"},
        {"math.greatest(1, 2)", "int"},
        {"math.greatest([1, 2])", "int"},
    };
    assert_checked(*state, NULL, cases, COUNT(cases));
}

static void what_is_not_known_is_named_with_what_is_near(void **state)
{
    static const struct check_case cases[] = {
        {"order.itmes", "6: 'order' has no field 'itmes'; did you mean 'items'?"},
        {"order.items.exists(i, i.categry == 'a')",
         "24: 'item' has no field 'categry'; did you mean 'category'?"},
        {"member.tiers.club.foo", "18: 'tier' has no field 'foo'; it has level and rank"},
        {"ordr.items", "0: 'ordr' is not known; did you mean 'order'?"},
        {"zzz", "0: 'zzz' is not known"},
        {"names.exists(name, nme == 'a')", "19: 'nme' is not known; did you mean 'name'?"},
        {"order.id.substrng(1)", "9: there is no function 'substrng'; did you mean 'substring'?"},
        {"siz(order.items)", "0: there is no function 'siz'; did you mean 'size'?"},
        {"math.greatst(1, 2)",
         "5: there is no function 'math.greatst'; did you mean 'math.greatest'?"},
        {"shop.gret('a')", "5: there is no function 'shop.gret'; did you mean 'shop.greet'?"},
        {"foo.startsWith('a')", "0: 'foo' is not known"},
        {"order.items.exists(i)", "12: exists is written as in list.exists(x, x > 0)"},
        {"order.id.length", "9: string has no fields, so no 'length'"},
        {"[].length", "3: list(dyn) has no fields, so no 'length'"},
        {"order.itmes.size() > ordr.total",
         "6: 'order' has no field 'itmes'; did you mean 'items'? | "
         "21: 'ordr' is not known; did you mean 'order'?"},
    };
    assert_checked(*state, NULL, cases, COUNT(cases));
}

static void what_does_not_fit_is_told_with_what_would(void **state)
{
    static const struct check_case cases[] = {
        {"order.eligible >= 'a'", "15: '>=' cannot compare money with string"},
        {"order.id + 1", "9: '+' cannot add string and int"},
        {"order.id * 2", "9: '*' cannot multiply string by int"},
        {"1 in order.id", "2: 'in' cannot look for int in string"},
        {"order.items['a']", "11: '[ ]' cannot find in list(item) by string"},
        {"-order.id", "0: '-' cannot negate string"},
        {"!order.id", "0: '!' cannot negate string: it turns true into false and false into true"},
        {"order.id.substring('a')",
         "9: substring(string) is not known: substring(int), substring(int, int)"},
        {"order.items.substring(1)", "12: list(item) has no function substring; known are "
                                     "string.substring(int), string.substring(int, int)"},
        {"substring('abc', 1)",
         "0: substring(string, int) is not known: it is written behind a value, as in "
         "string.substring(int), string.substring(int, int)"},
        {"shop.greet(1)", "5: shop.greet(int) is not known: shop.greet(string)"},
        {"order.id && true", "6: each side of '&&' must be true or false; this is string"},
        {"true || order.id", "14: each side of '||' must be true or false; this is string"},
        {"order.id ? 1 : 2", "6: what stands before '?' must be true or false; this is string"},
        {"true ? 'a' : 1",
         "5: both answers of '? :' must be of one type; these are string and int"},
        {"order.id.all(i, true)", "6: only the elements of a list or the keys of a map can be gone "
                                  "through; this is string"},
        {"[?order.id]", "8: '?' stands before something that may be missing (an optional); this is "
                        "string"},
        {"order{id: 'a'}",
         "0: 'order' cannot be made in an expression: only maps can, as in {'key': 1}"},
        {"rate / 2", "5: '/' cannot divide decimal by decimal: a division of amounts must say how "
                     "it is rounded, as in a.divide(b, 2, 'half up')"},
    };
    assert_checked(*state, NULL, cases, COUNT(cases));
}

static void one_mistake_is_one_problem(void **state)
{
    static const struct check_case cases[] = {
        {"size(ordr.items.map(i, i.x + 1)) > 3 && !(ordr.y)",
         "5: 'ordr' is not known; did you mean 'order'? | "
         "42: 'ordr' is not known; did you mean 'order'?"},
        {"[zzz, 1].exists(x, x == 'a')", "1: 'zzz' is not known"},
    };
    assert_checked(*state, NULL, cases, COUNT(cases));
}

static void numbers_beside_amounts_are_read_exactly(void **state)
{
    static const struct check_case cases[] = {
        {"rate * 1.1", "decimal"},
        {"rate - -.5", "decimal"},
        {"1 + rate == 2", "bool"},
        {"decimal('0.1') + 0.2 == 0.3", "bool"},
        {"rate < 1e3", "bool"},
        {"rate < 1.5e-3", "bool"},
        {"rate < 1e19",
         "7: 1e19 beside an amount must be exact: at most 18 decimals and 18 digits"},
        {"rate < 1e-19",
         "7: 1e-19 beside an amount must be exact: at most 18 decimals and 18 digits"},
        {"rate < 1e100",
         "7: 1e100 beside an amount must be exact: at most 18 decimals and 18 digits"},
        {"rate < 18446744073709551615u", "7: 18446744073709551615u beside an amount must be exact: "
                                         "at most 18 decimals and 18 digits"},
        {"order.discount * rate",
         "6: decimal is exact and a double is not: write exact numbers, as in decimal('0.1')"},
        {"rate + (true ? 0.1 : 0.2)",
         "13: decimal is exact and a double is not: write exact numbers, as in decimal('0.1')"},
        {"0.1 + 0.2 == rate",
         "4: decimal is exact and a double is not: write exact numbers, as in decimal('0.1')"},
        {"rate in [1.25, 2.0]", "9: decimal is exact and a double is not: write decimal('1.25')"},
        {"[rate, 0.5]", "7: decimal is exact and a double is not: write decimal('0.5')"},
        {"{'a': rate, 'b': 1.5}", "17: decimal is exact and a double is not: write decimal('1.5')"},
        {"order.eligible * 1.5", "money"},
        {"order.eligible > 50.00",
         "15: money has a currency and a plain number has none: write money('50.00 EUR'), with the "
         "currency that is meant"},
        {"order.eligible + rate",
         "15: money has a currency and a plain number has none: write money('50.00 EUR'), with the "
         "currency that is meant"},
    };
    assert_checked(*state, NULL, cases, COUNT(cases));
}

static void a_number_beside_an_amount_keeps_every_digit(void **state)
{
    static const struct {
        const char *source;
        struct decimal decimal;
    } cases[] = {
        {"rate == 0.1", {1, 1}},
        {"rate == -0.10", {-10, 2}},
        {"rate == .5", {5, 1}},
        {"rate == 123456789.123456789", {123456789123456789, 9}},
        {"rate == 1e3", {1000, 0}},
        {"rate == 1.5e-3", {15, 4}},
        {"rate == 1.50E+1", {15, 0}},
        {"rate == 0e-30", {0, 0}},
        {"rate == 1e18", {1000000000000000000, 0}},
        {"rate == 7", {7, 0}},
        {"rate == 0x10", {16, 0}},
        {"rate == 7u", {7, 0}},
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct cel_problems problems = {.arena = &fixture->scratch};
        struct cel_node *root = NULL;
        assert_int_equal(cel_parse(&fixture->scratch, text_of(cases[i].source), &problems, &root),
                         STATUS_OK);
        assert_int_equal(cel_check(&fixture->scratch, fixture->environment, NULL, root, &problems),
                         STATUS_OK);
        struct cel_value value = root->call.arguments[1]->constant;
        assert_int_equal(value.kind, CEL_DECIMAL);
        assert_int_equal(value.integer, cases[i].decimal.coefficient);
        assert_int_equal(value.scale, cases[i].decimal.scale);
    }
}

static int set_up_strict(void **state)
{
    static const struct cel_rules rules = {.getters_need_zone = true,
                                           .patterns_are_constant = true,
                                           .money_meets_numbers = true,
                                           .cost_is_bounded = true};
    return set_up_with(state, &rules);
}

static void money_meets_numbers_where_the_rules_say_so(void **state)
{
    static const struct check_case cases[] = {
        {"order.eligible >= 50.00", "bool"},
        {"50 < order.eligible", "bool"},
        {"order.eligible == 54.99", "bool"},
        {"order.eligible + 1.5", "money"},
        {"order.eligible - rate", "money"},
        {"order.eligible > order.items.size()", "bool"},
        {"order.eligible * order.eligible", "15: '*' cannot multiply money by money"},
        {"order.eligible + order.discount", "23: money is exact and a double is not: write exact "
                                            "numbers, as in money('0.1 EUR')"},
        {"order.eligible in [50.0]",
         "19: money is exact and a double is not: write money('50.0 EUR')"},
    };
    assert_checked(*state, NULL, cases, COUNT(cases));
}

static void getters_name_their_zone_where_the_rules_say_so(void **state)
{
    static const struct check_case cases[] = {
        {"now.getHours('Europe/Paris')", "int"},
        {"order.waited.getHours()", "int"},
        {"now.getHours()", "4: getHours() without a time zone means UTC: name the zone, as in "
                           "getHours('America/New_York')"},
        {"whatever.getMonth()", "9: getMonth() without a time zone means UTC: name the zone, as in "
                                "getMonth('America/New_York')"},
    };
    assert_checked(*state, NULL, cases, COUNT(cases));
    tear_down(state);
    assert_int_equal(set_up(state), 0);
    assert_checked(*state, NULL, &(struct check_case){"now.getHours()", "int"}, 1);
}

static void the_whole_is_what_was_asked_for(void **state)
{
    struct cel_compile_options options = {.result = cel_type_simple(CEL_TYPE_BOOL)};
    static const struct check_case conditions[] = {
        {"order.id == 'a'", "bool"},
        {"whatever", "dyn"},
        {"order.id", "6: a condition must be true or false; this is string"},
        {"order.eligible", "6: a condition must be true or false; this is money"},
    };
    assert_checked(*state, &options, conditions, COUNT(conditions));
    options.result = cel_type_simple(CEL_TYPE_MONEY);
    static const struct check_case amounts[] = {
        {"order.eligible * 2", "money"},
        {"order.items.size()", "12: this must be money; it is int"},
    };
    assert_checked(*state, &options, amounts, COUNT(amounts));
}

static void names_are_looked_up_in_the_container_first(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        const char *name;
        const char *type;
    } variables[] = {{"a", "map(string, string)"},
                     {"a.b", "map(string, int)"},
                     {"a.b.c", "bool"},
                     {"x.a", "uint"},
                     {"x.y.a", "double"},
                     {"x.b", "bytes"}};
    for (size_t i = 0; i < COUNT(variables); i++) {
        uint32_t slot = 0;
        assert_int_equal(
            cel_environment_add_variable(fixture->environment, text_of(variables[i].name),
                                         text_of(variables[i].type), CEL_NO_BOUND, &slot),
            STATUS_OK);
    }
    static const struct check_case outside[] = {
        {"a", "map(string, string)"},
        {"a.b", "map(string, int)"},
        {"a.b.c", "bool"},
        {"a.b.d", "int"},
        {"a.d", "string"},
        {"[1].map(a, a)", "list(int)"},
        {"x.y.a", "double"},
    };
    assert_checked(fixture, NULL, outside, COUNT(outside));
    static const struct check_case inside[] = {
        {"a", "double"},   {".a", "map(string, string)"}, {".a.b.c", "bool"}, {"b", "bytes"},
        {"y.a", "double"}, {"order.id", "string"},
    };
    const struct cel_compile_options options = {.container = TEXT("x.y")};
    assert_checked(fixture, &options, inside, COUNT(inside));
    static const struct check_case test[] = {
        {"has(a.b)", "6: has() asks whether an object has a field; 'a.b' is a name of its own"}};
    assert_checked(fixture, NULL, test, COUNT(test));
}

static void a_node_knows_what_it_found(void **state)
{
    struct fixture *fixture = *state;
    struct cel_problems problems = {.arena = &fixture->scratch};
    struct cel_node *root = NULL;
    assert_int_equal(cel_parse(&fixture->scratch, TEXT("math.greatest(shop.SIZE, whatever % 2)"),
                               &problems, &root),
                     STATUS_OK);
    assert_int_equal(cel_check(&fixture->scratch, fixture->environment, NULL, root, &problems),
                     STATUS_OK);
    assert_null(root->call.target);
    assert_true(text_equal(root->call.function, TEXT("math.greatest")));
    assert_string_equal(root->call.resolved->name, "math.greatest");
    assert_non_null(root->call.overload);
    const struct cel_node *size = root->call.arguments[0];
    assert_int_equal(size->kind, CEL_NODE_IDENTIFIER);
    assert_int_equal(size->identifier.found, CEL_NAME_CONSTANT);
    assert_int_equal(size->constant.integer, SHOP_ITEM_COUNT);
    const struct cel_node *variable = root->call.arguments[1]->call.arguments[0];
    assert_int_equal(variable->identifier.found, CEL_NAME_VARIABLE);
    assert_int_equal(variable->identifier.slot, SHOP_WHATEVER);
}

static void types_that_would_grow_without_end_are_refused(void **state)
{
    struct fixture *fixture = *state;
    struct buffer source;
    buffer_init(&source, 10000);
    for (int i = 0; i < 12; i++)
        assert_int_equal(buffer_add_format(&source, "cel.bind(v%d, {v%d: v%d}, ", i + 1, i, i),
                         STATUS_OK);
    assert_int_equal(buffer_add(&source, TEXT("v12")), STATUS_OK);
    for (int i = 0; i < 12; i++)
        assert_int_equal(buffer_add_byte(&source, ')'), STATUS_OK);
    assert_int_equal(buffer_add_byte(&source, '\0'), STATUS_OK);
    const char *first = strchr(source.bytes, '{');
    *(char *)(uintptr_t)(first + 1) = ' '; /* {v0: v0} becomes { 0: v0} */
    struct buffer whole;
    buffer_init(&whole, 10000);
    assert_int_equal(buffer_add_format(&whole, "cel.bind(v0, 1, %s)", source.bytes), STATUS_OK);
    assert_int_equal(buffer_add_byte(&whole, '\0'), STATUS_OK);
    const char *found = check(fixture, whole.bytes, NULL);
    if (strstr(found, "too many kinds inside each other") == NULL) fail_msg("%s", found);
    buffer_release(&source);
    buffer_release(&whole);
}

static void a_full_list_of_problems_hides_none(void **state)
{
    struct fixture *fixture = *state;
    struct cel_problems problems = {.arena = &fixture->scratch};
    for (int i = 0; i < CEL_PROBLEM_MAXIMUM; i++)
        cel_problem_add(&problems, 0, "of another expression");
    struct cel_node *root = NULL;
    assert_int_equal(cel_parse(&fixture->scratch, TEXT("ordr"), &problems, &root), STATUS_OK);
    assert_int_equal(cel_check(&fixture->scratch, fixture->environment, NULL, root, &problems),
                     STATUS_INVALID);
    assert_int_equal(problems.count, CEL_PROBLEM_MAXIMUM);
}

#define TEST(name, set_up_name) cmocka_unit_test_setup_teardown(name, set_up_name, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_expression_has_a_type, set_up),
        TEST(what_is_not_known_is_named_with_what_is_near, set_up),
        TEST(what_does_not_fit_is_told_with_what_would, set_up),
        TEST(one_mistake_is_one_problem, set_up),
        TEST(numbers_beside_amounts_are_read_exactly, set_up),
        TEST(a_number_beside_an_amount_keeps_every_digit, set_up),
        TEST(money_meets_numbers_where_the_rules_say_so, set_up_strict),
        TEST(getters_name_their_zone_where_the_rules_say_so, set_up_strict),
        TEST(the_whole_is_what_was_asked_for, set_up),
        TEST(names_are_looked_up_in_the_container_first, set_up),
        TEST(a_node_knows_what_it_found, set_up),
        TEST(types_that_would_grow_without_end_are_refused, set_up),
        TEST(a_full_list_of_problems_hides_none, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
