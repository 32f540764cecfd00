/* The cost estimate: a bound that no evaluation passes, and one that is near enough to be of use.
 *
 * The variables here are as large as their bounds allow, so that an estimate that is too small
 * shows. Random expressions are drawn from a grammar that uses every kind of node and most
 * functions; the numbers come from a seed, so that a failure can be repeated.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cel/cost.h"
#include "shop.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ARENA_MAXIMUM ((size_t)64 << 20)

#define TEXT_BOUND 500
#define LIST_BOUND 40
#define RANDOM_EXPRESSIONS 6000

enum slot { SLOT_N, SLOT_S, SLOT_L, SLOT_T, SLOT_M, SLOT_D, SLOT_O, SLOT_COUNT };

struct fixture {
    struct arena arena;
    struct arena scratch;
    struct cel_environment *environment;
    struct cel_value variables[SLOT_COUNT];
};

static void fill(struct fixture *fixture)
{
    static char text[TEXT_BOUND + 1];
    memset(text, 'a', TEXT_BOUND);
    struct cel_value long_text = cel_string((struct text){text, TEXT_BOUND});
    struct cel_list *numbers = cel_list_new(&fixture->arena, LIST_BOUND);
    struct cel_list *texts = cel_list_new(&fixture->arena, LIST_BOUND);
    struct cel_map *map = cel_map_new(&fixture->arena, LIST_BOUND);
    struct cel_value *inner = arena_new(&fixture->arena, struct cel_value);
    assert_non_null(inner);
    *inner = long_text;
    for (int i = 0; i < LIST_BOUND; i++) {
        struct cel_value key = cel_string((struct text){text, (size_t)i * 10});
        assert_int_equal(cel_list_add(&fixture->arena, numbers, cel_int(i % 7)), STATUS_OK);
        assert_int_equal(cel_list_add(&fixture->arena, texts, key), STATUS_OK);
        assert_int_equal(cel_map_add(&fixture->arena, map, key, cel_int(i)), STATUS_OK);
    }
    fixture->variables[SLOT_N] = cel_int(3);
    fixture->variables[SLOT_S] = long_text;
    fixture->variables[SLOT_L] = cel_list_value(numbers);
    fixture->variables[SLOT_T] = cel_list_value(texts);
    fixture->variables[SLOT_M] = cel_map_value(map);
    fixture->variables[SLOT_D] = cel_list_value(texts);
    fixture->variables[SLOT_O] = cel_optional(inner);
}

static int set_up_with(void **state, const struct cel_rules *rules)
{
    static const struct {
        const char *name;
        const char *type;
        uint32_t bound;
    } variables[SLOT_COUNT] = {
        [SLOT_N] = {"n", "int", CEL_NO_BOUND},
        [SLOT_S] = {"s", "string", TEXT_BOUND},
        [SLOT_L] = {"l", "list(int)", LIST_BOUND},
        [SLOT_T] = {"t", "list(string)", LIST_BOUND},
        [SLOT_M] = {"m", "map(string, int)", LIST_BOUND},
        [SLOT_D] = {"d", "dyn", CEL_NO_BOUND},
        [SLOT_O] = {"o", "optional_type(string)", TEXT_BOUND},
    };
    static struct fixture fixture;
    arena_init(&fixture.arena, ARENA_MAXIMUM);
    arena_init(&fixture.scratch, ARENA_MAXIMUM);
    *state = &fixture;
    if (cel_environment_new(&fixture.arena, rules, &fixture.environment) != STATUS_OK ||
        cel_environment_add_extensions(fixture.environment) != STATUS_OK)
        return -1;
    for (int i = 0; i < SLOT_COUNT; i++) {
        uint32_t slot = 0;
        if (cel_environment_add_variable(fixture.environment, text_of(variables[i].name),
                                         text_of(variables[i].type), variables[i].bound,
                                         &slot) != STATUS_OK)
            return -1;
    }
    fill(&fixture);
    return 0;
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

/* The expression, or NULL when it has problems. */
static const struct cel_expression *compile(struct fixture *fixture, const char *source)
{
    struct cel_problems problems = {.arena = &fixture->scratch};
    const struct cel_expression *expression = NULL;
    if (cel_compile(&fixture->scratch, fixture->environment, text_of(source), NULL, &problems,
                    &expression) == STATUS_OK)
        return expression;
    assert_true(problems.count > 0);
    return NULL;
}

static uint64_t steps_of(struct fixture *fixture, const struct cel_expression *expression)
{
    struct cel_evaluation evaluation;
    cel_evaluation_init(&evaluation, fixture->environment, NULL, &fixture->scratch, NULL);
    /* What it would take, had it the time. */
    evaluation.step_maximum = UINT64_MAX / 2;
    (void)cel_evaluate(expression, &evaluation, fixture->variables);
    return evaluation.steps;
}

/* Expressions that take much, each in its own way. */
static const char *const sources[] = {
    "1",
    "n",
    "n + 1 == 4 && s == 'a' || l[0] > 2",
    "l.exists(x, x > 100)",
    "l.all(x, l.all(y, l.all(z, x + y + z >= 0)))",
    "l.map(x, l.map(y, x * y))",
    "l.filter(x, x > 2).map(x, x * 2).exists_one(x, x == 8)",
    "t.map(x, x + s)",
    "t.join(s)",
    "t.map(x, x + x).join('-').split('-').size()",
    "t.exists(x, x in t)",
    "s.split('')",
    "s.split('').map(x, x + s)",
    "s.replace('a', 'bb')",
    "s + s + s + s",
    "(s + s).matches('b')",
    "s.matches(s)",
    "s < s",
    "t == t",
    "[t, t, t] == [t, t, t]",
    "[[t], [t]] == [[t], [t]]",
    "m == m",
    "s in m",
    "m.all(k, v, k.size() >= v)",
    "m.transformMap(k, v, k + string(v))",
    "m.transformList(k, v, k)",
    "m.transformMapEntry(k, v, {v: k})",
    "l.sort()",
    "t.sort()",
    "t.sortBy(x, x.size())",
    "l.distinct()",
    "l.map(x, [x]).distinct()",
    "[l, l].flatten()",
    "sets.contains(l, l)",
    "sets.equivalent(t, t)",
    "lists.range(n * 100).map(x, x * x)",
    "lists.range(30).map(x, s)",
    "'%s %s %d'.format([s, t, n])",
    "base64.encode(bytes(s))",
    "base64.decode(base64.encode(bytes(s + s)))",
    "timestamp('2027-03-05T00:00:00Z').getHours(n > 2 ? 'Europe/Paris' : 'UTC')",
    "l.map(x, timestamp(x).getHours(n > 2 ? 'Asia/Tokyo' : 'UTC'))",
    "cel.bind(a, t.map(x, x + s), a + a + a)",
    "cel.bind(a, s + s, cel.bind(b, a + a, b + b)).size()",
    "o.orValue('') + o.value()",
    "[?o, ?o].map(x, x + x)",
    "d == d",
    "d.map(x, x + x)",
    "d[3] == s",
    "d.exists(x, x == s)",
    "[d, d] == [d, d]",
    "strings.quote(s)",
    "s.reverse().upperAscii().lowerAscii().trim().substring(3).charAt(2)",
    "s.lastIndexOf('b') + s.indexOf('ab')",
    "math.greatest(l) + math.least([1, 2, n])",
    "l.map(x, decimal(x)).sum()",
    "{'a': t, 'b': t}.map(k, k)",
    "{'a': t, 'b': t} == {'a': t, 'b': t}",
    "type(s) == string && has(m.a)",
    "string(n) + string(1.5) + string(b'abc')",
};

static void an_evaluation_takes_no_more_than_was_told(void **state)
{
    struct fixture *fixture = *state;
    bool all = true;
    for (size_t i = 0; i < COUNT(sources); i++) {
        const struct cel_expression *expression = compile(fixture, sources[i]);
        if (expression == NULL) fail_msg("%s", sources[i]);
        uint64_t steps = steps_of(fixture, expression);
        if (steps > cel_expression_cost(expression)) {
            print_error("%s: %llu steps, %llu told\n", sources[i], (unsigned long long)steps,
                        (unsigned long long)cel_expression_cost(expression));
            all = false;
        }
        arena_clear(&fixture->scratch);
    }
    assert_true(all);
}

/* Drawing expressions. */
struct drawing {
    uint64_t seed;
    struct buffer out;
    int depth;
    int locals; /* of type int: i0, i1, ... */
};

static uint32_t draw(struct drawing *drawing, uint32_t count)
{
    drawing->seed = drawing->seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((drawing->seed >> 33) % count);
}

static void write_kind(struct drawing *drawing, char kind);

static bool is_letter(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

/* Forms: capital letters stand for a part of that kind: B bool, I int, S string, L list(int),
 * T list(string), M map(string, int); "#" for a new local, "@" for any that there is. */
static void write_form(struct drawing *drawing, const char *form)
{
    int own = -1;
    for (const char *at = form; *at != '\0'; at++) {
        bool is_alone = at == form || !is_letter(at[-1]);
        if (strchr("BISLTM", *at) != NULL && is_alone && !is_letter(at[1])) {
            write_kind(drawing, *at);
        } else if (*at == '#') {
            if (own < 0) own = drawing->locals;
            assert_int_equal(buffer_add_format(&drawing->out, "i%d", own), STATUS_OK);
            if (at[1] == ',') drawing->locals = own + 1;
        } else {
            assert_int_equal(buffer_add_byte(&drawing->out, *at), STATUS_OK);
        }
    }
    if (own >= 0) drawing->locals = own;
}

static const char *const simple_forms[] = {
    ['B'] = "true", ['I'] = "n", ['S'] = "s", ['L'] = "l", ['T'] = "t", ['M'] = "m"};

static const char *const bool_forms[] = {"(B && B)",
                                         "(B || B)",
                                         "!(B)",
                                         "(I < I)",
                                         "(I == I)",
                                         "(S == S)",
                                         "(S < S)",
                                         "(L == L)",
                                         "(T == T)",
                                         "(M == M)",
                                         "(I in L)",
                                         "(S in T)",
                                         "(S in M)",
                                         "(B ? B : B)",
                                         "L.exists(#, B)",
                                         "L.all(#, B)",
                                         "L.exists_one(#, B)",
                                         "S.contains(S)",
                                         "S.startsWith(S)",
                                         "S.matches('a+b')",
                                         "sets.contains(L, L)",
                                         "sets.intersects(T, T)",
                                         "has(m.a)",
                                         "(d == S)",
                                         "M.all(k, v, B)"};
static const char *const int_forms[] = {"1",
                                        "7",
                                        "n",
                                        "(I + I)",
                                        "(I - I)",
                                        "(I * I)",
                                        "size(L)",
                                        "size(S)",
                                        "size(T)",
                                        "L[0]",
                                        "(B ? I : I)",
                                        "cel.bind(#, size(s), I)",
                                        "S.indexOf(S)",
                                        "math.greatest(I, I)",
                                        "L.sum()",
                                        "math.least(L)",
                                        "[?optional.of(I)][0]",
                                        "optional.of(I).orValue(I)",
                                        "int(string(I))"};
static const char *const string_forms[] = {"'ab'",
                                           "s",
                                           "(S + S)",
                                           "T[0]",
                                           "(B ? S : S)",
                                           "string(I)",
                                           "T.join()",
                                           "T.join(S)",
                                           "S.replace('a', S)",
                                           "S.substring(0)",
                                           "S.upperAscii()",
                                           "S.trim()",
                                           "S.reverse()",
                                           "'%s-%d'.format([S, I])",
                                           "strings.quote(S)",
                                           "o.orValue(S)"};
static const char *const list_forms[] = {"[n]",
                                         "[I, I]",
                                         "l",
                                         "(L + L)",
                                         "L.map(#, I)",
                                         "L.filter(#, B)",
                                         "L.map(#, B, I)",
                                         "L.distinct()",
                                         "L.sort()",
                                         "L.reverse()",
                                         "lists.range(5)",
                                         "[L, L].flatten()",
                                         "M.transformList(k, v, I)",
                                         "T.map(x, I)",
                                         "L.sortBy(#, I)",
                                         "(B ? L : L)",
                                         "L.slice(0, 1)"};
static const char *const text_list_forms[] = {
    "['a', S]",       "t",        "(T + T)",     "S.split('b')", "S.split('')", "L.map(#, S)",
    "T.filter(x, B)", "T.sort()", "M.map(k, k)", "T.distinct()", "(B ? T : T)"};
static const char *const map_forms[] = {"{'a': I}",    "{S: I, 'b': I}",
                                        "m",           "M.transformMap(k, v, I)",
                                        "(B ? M : M)", "L.transformMapEntry(j, #, {S: I})"};

static void write_kind(struct drawing *drawing, char kind)
{
    if (drawing->locals > 0 && kind == 'I' && draw(drawing, 3) == 0) {
        assert_int_equal(buffer_add_format(&drawing->out, "i%u",
                                           (unsigned)draw(drawing, (uint32_t)drawing->locals)),
                         STATUS_OK);
        return;
    }
    if (drawing->depth == 0) {
        write_form(drawing, simple_forms[(int)kind]);
        return;
    }
    drawing->depth--;
    switch (kind) {
    case 'B':
        write_form(drawing, bool_forms[draw(drawing, COUNT(bool_forms))]);
        break;
    case 'I':
        write_form(drawing, int_forms[draw(drawing, COUNT(int_forms))]);
        break;
    case 'S':
        write_form(drawing, string_forms[draw(drawing, COUNT(string_forms))]);
        break;
    case 'L':
        write_form(drawing, list_forms[draw(drawing, COUNT(list_forms))]);
        break;
    case 'T':
        write_form(drawing, text_list_forms[draw(drawing, COUNT(text_list_forms))]);
        break;
    default:
        write_form(drawing, map_forms[draw(drawing, COUNT(map_forms))]);
        break;
    }
    drawing->depth++;
}

static void no_random_expression_takes_more_than_was_told(void **state)
{
    struct fixture *fixture = *state;
    struct drawing drawing = {.seed = 20270305};
    buffer_init(&drawing.out, 1 << 20);
    int compiled = 0;
    for (int i = 0; i < RANDOM_EXPRESSIONS; i++) {
        buffer_clear(&drawing.out);
        drawing.depth = 2 + i % 3;
        write_kind(&drawing, "BISLTM"[i % 6]);
        assert_int_equal(buffer_add_byte(&drawing.out, '\0'), STATUS_OK);
        const struct cel_expression *expression = compile(fixture, drawing.out.bytes);
        if (expression == NULL) fail_msg("%s", drawing.out.bytes);
        uint64_t cost = cel_expression_cost(expression);
        /* What could take a minute is not tried. */
        if (cost < 50000000) {
            compiled++;
            uint64_t steps = steps_of(fixture, expression);
            if (steps > cost)
                fail_msg("%s: %llu steps, %llu told", drawing.out.bytes, (unsigned long long)steps,
                         (unsigned long long)cost);
        }
        arena_clear(&fixture->scratch);
    }
    assert_true(compiled > RANDOM_EXPRESSIONS / 2);
    buffer_release(&drawing.out);
}

static void an_estimate_is_near(void **state)
{
    static const struct {
        const char *source;
        uint64_t at_most; /* times what it takes */
    } cases[] = {
        {"n + 1", 1},
        {"l.exists(x, x > 100)", 2},
        {"l.all(x, l.all(y, x + y >= 0))", 2},
        {"l.filter(x, x > 100)", 2},
        {"n > 2 && s == 'a'", 2},
        {"l.map(x, x * 2)", 2},
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct cel_expression *expression = compile(fixture, cases[i].source);
        assert_non_null(expression);
        uint64_t steps = steps_of(fixture, expression);
        uint64_t cost = cel_expression_cost(expression);
        if (cost > cases[i].at_most * steps + 10)
            fail_msg("%s: %llu told, %llu taken", cases[i].source, (unsigned long long)cost,
                     (unsigned long long)steps);
    }
}

static void what_could_take_too_long_is_refused_with_what_it_is(void **state)
{
    struct fixture *fixture = *state;
    static const struct cel_rules rules = {.money_meets_numbers = true, .cost_is_bounded = true};
    struct cel_environment *shop = NULL;
    assert_int_equal(shop_declare(&fixture->arena, &rules, &shop), STATUS_OK);
    static const struct {
        const char *source;
        const char *problem; /* NULL: it is taken */
    } cases[] = {
        {"order.items.exists(i, i.category == 'skincare' && i.quantity >= 2)", NULL},
        {"order.items.map(i, i.unit_price).sum() > 100", NULL},
        {"order.items.filter(i, i.is_gift).exists(i, i.sku in ['A', 'B'])", NULL},
        {"order.items.exists(i, order.items.exists(j, j.sku == i.sku))",
         "'order.items.exists(i, order.items.exists(j, j.sku == i.sku))' could take"},
        {"order.id == 'a' || order.items.all(i, order.items.all(j, j == i))",
         "'order.items.all(i, order.items.all(j, j == i))' could take"},
        {"order.items.map(i, order.note.matches('a+$')).size() > 2",
         "'order.items.map(i, order.note.matches('a+$'))' could take"},
        {"whatever == whatever",
         "'whatever == whatever' could take more steps than can be counted, and one evaluation may "
         "take 1,000,000: compare or search shorter texts and lists, or split the condition"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct cel_problems problems = {.arena = &fixture->scratch};
        const struct cel_expression *expression = NULL;
        enum status status = cel_compile(&fixture->scratch, shop, text_of(cases[i].source), NULL,
                                         &problems, &expression);
        if (cases[i].problem == NULL) {
            if (status != STATUS_OK) fail_msg("%s", problems.items[0].message.bytes);
            assert_true(cel_expression_cost(expression) <= CEL_STEP_MAXIMUM);
            continue;
        }
        assert_int_equal(status, STATUS_INVALID);
        assert_int_equal(problems.count, 1);
        if (!text_starts_with(problems.items[0].message, text_of(cases[i].problem)))
            fail_msg("%s: %s", cases[i].source, problems.items[0].message.bytes);
    }
}

static void two_loops_over_all_items_are_four_million_turns(void **state)
{
    struct fixture *fixture = *state;
    struct cel_environment *shop = NULL;
    assert_int_equal(shop_declare(&fixture->arena, NULL, &shop), STATUS_OK);
    static const char *const loops[] = {"order.items.exists(i, true == i.is_gift)",
                                        "order.items.all(i, order.items.all(j, i.is_gift))"};
    static const uint64_t turns[] = {CEL_LIST_MAXIMUM,
                                     (uint64_t)CEL_LIST_MAXIMUM * CEL_LIST_MAXIMUM};
    for (size_t i = 0; i < COUNT(loops); i++) {
        struct cel_problems problems = {.arena = &fixture->scratch};
        const struct cel_expression *expression = NULL;
        assert_int_equal(
            cel_compile(&fixture->scratch, shop, text_of(loops[i]), NULL, &problems, &expression),
            STATUS_OK);
        assert_true(cel_expression_cost(expression) > turns[i]);
        assert_true(cel_expression_cost(expression) < turns[i] * 20);
    }
}

static void sizes_are_told_by_types_values_and_bounds(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        const char *type;
        uint32_t size[CEL_EXTENT_LEVELS];
    } cases[] = {
        {"int", {0, 0, 0, 0}},
        {"money", {0, 0, 0, 0}},
        {"string", {CEL_STRING_MAXIMUM_BYTES, 0, 0, 0}},
        {"list(int)", {CEL_LIST_MAXIMUM, 0, 0, 0}},
        {"list(string)", {CEL_LIST_MAXIMUM, CEL_STRING_MAXIMUM_BYTES, 0, 0}},
        {"map(int, list(bytes))",
         {CEL_LIST_MAXIMUM, CEL_LIST_MAXIMUM, CEL_STRING_MAXIMUM_BYTES, 0}},
        {"optional_type(list(int))", {CEL_LIST_MAXIMUM, 0, 0, 0}},
        {"dyn",
         {CEL_STRING_MAXIMUM_BYTES, CEL_STRING_MAXIMUM_BYTES, CEL_STRING_MAXIMUM_BYTES,
          CEL_STRING_MAXIMUM_BYTES}},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct cel_type *type = NULL;
        assert_int_equal(cel_type_parse(&fixture->arena, NULL, text_of(cases[i].type), &type),
                         STATUS_OK);
        struct cel_extent extent = cel_extent_of_type(type);
        assert_memory_equal(extent.size, cases[i].size, sizeof extent.size);
    }
    struct cel_extent of_list = cel_extent_of_value(fixture->variables[SLOT_T]);
    assert_int_equal(of_list.size[0], LIST_BOUND);
    assert_int_equal(of_list.size[1], (LIST_BOUND - 1) * 10);
    assert_int_equal(of_list.size[2], 0);
}

static int set_up_bounded(void **state)
{
    static const struct cel_rules rules = {.cost_is_bounded = true};
    return set_up_with(state, &rules);
}

/* A condition that is just cheap enough, and one turn more. */
static void the_limit_is_the_steps_of_one_evaluation(void **state)
{
    struct fixture *fixture = *state;
    char source[200];
    uint64_t last = 0;
    bool was_refused = false;
    for (int turns = 1; turns <= CEL_LIST_MAXIMUM && !was_refused; turns += 7) {
        snprintf(source, sizeof source,
                 "lists.range(%d).all(x, lists.range(300).all(y, x + y > n))", turns);
        arena_clear(&fixture->scratch);
        const struct cel_expression *expression = compile(fixture, source);
        was_refused = expression == NULL;
        if (expression != NULL) last = cel_expression_cost(expression);
    }
    assert_true(was_refused);
    assert_true(last <= CEL_STEP_MAXIMUM);
    assert_true(last > CEL_STEP_MAXIMUM - 20000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_evaluation_takes_no_more_than_was_told, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(no_random_expression_takes_more_than_was_told, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(an_estimate_is_near, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_could_take_too_long_is_refused_with_what_it_is, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(two_loops_over_all_items_are_four_million_turns, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(sizes_are_told_by_types_values_and_bounds, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_limit_is_the_steps_of_one_evaluation, set_up_bounded,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
