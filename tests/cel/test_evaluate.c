/* Tests of cel/plan, evaluate, dispatch and the standard functions: what expressions give, checked
 * and unchecked, where their errors stand, and that steps, memory and sizes have their bounds. The
 * host is the shop.
 */
#include "../base/check.h"

#include "cel/plan.h"
#include "shop.h"

#define MEMORY_MAXIMUM ((size_t)32 << 20)
#define PRINTED_MAXIMUM 300

static struct arena arena;   /* of environment and expressions */
static struct arena scratch; /* of an evaluation */
static struct cel_environment *environment;
static struct cel_problems problems;
static struct cel_evaluation evaluation;
static unsigned wrong_count; /* examples of this test that gave something else */

static int set_up(void **state)
{
    (void)state;
    static const struct cel_rules rules = {.money_meets_numbers = true};
    wrong_count = 0;
    arena_init(&arena, MEMORY_MAXIMUM);
    arena_init(&scratch, CEL_SCRATCH_MAXIMUM_BYTES);
    return shop_declare(&arena, &rules, &environment) == STATUS_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    arena_release(&scratch);
    arena_release(&arena);
    return wrong_count == 0 ? 0 : -1;
}

static const struct cel_expression *compile_as(struct text source, bool is_checked,
                                               struct text container)
{
    const struct cel_expression *expression = NULL;
    const struct cel_compile_options options = {.container = container,
                                                .without_check = !is_checked};
    problems = (struct cel_problems){.arena = &arena};
    enum status status = cel_compile(&arena, environment, source, &options, &problems, &expression);
    if (status == STATUS_OK) return expression;
    fail_msg("%.*s: %s: %.*s", TEXT_ARGUMENTS(source), status_text(status),
             problems.count == 0 ? 0 : (int)problems.items[0].message.length,
             problems.count == 0 ? "" : problems.items[0].message.bytes);
    return NULL;
}

static const struct cel_expression *compile(const char *source)
{
    return compile_as(text_of(source), true, TEXT(""));
}

static struct cel_value evaluate(const struct cel_expression *expression)
{
    arena_clear(&scratch);
    cel_evaluation_init(&evaluation, environment, &shop_host, &scratch, NULL);
    return cel_evaluate(expression, &evaluation, shop_variables());
}

static struct text printed(struct cel_value value, char *out)
{
    struct buffer buffer;
    buffer_init(&buffer, PRINTED_MAXIMUM);
    assert_ok(cel_value_print(environment, value, PRINTED_MAXIMUM, &buffer));
    size_t length = buffer.length;
    memcpy(out, buffer_text(&buffer).bytes, length);
    buffer_release(&buffer);
    return (struct text){out, length};
}

struct example {
    const char *source;
    const char *value;
};

static void check(const struct example *example, bool is_checked)
{
    char out[PRINTED_MAXIMUM];
    const struct cel_expression *expression =
        compile_as(text_of(example->source), is_checked, TEXT(""));
    struct text got = printed(evaluate(expression), out);
    if (evaluation.steps > cel_expression_cost(expression)) {
        print_error("%s costs more steps than %llu\n", example->source,
                    (unsigned long long)cel_expression_cost(expression));
        wrong_count++;
    }
    if (text_equal(got, text_of(example->value))) return;
    print_error("%s (%s) is %.*s, not %s\n", example->source, is_checked ? "checked" : "unchecked",
                TEXT_ARGUMENTS(got), example->value);
    wrong_count++;
}

/* What is the same with and without a check. */
static const struct example examples[] = {
    /* operators of numbers */
    {"1 + 2 * 3 - 4", "3"},
    {"-7 / 2", "-3"},
    {"-7 % 2", "-1"},
    {"7u / 2u + 1u", "4u"},
    {"7.0 / 2.0", "3.5"},
    {"1.0 / 0.0", "double('Infinity')"},
    {"twice(4611686018427387904)", "error: return error for overflow"},
    {"9223372036854775807 + twice(1)", "error: return error for overflow"},
    {"-9223372036854775807 - twice(2)", "error: return error for overflow"},
    {"-(-9223372036854775807 - 1)", "error: return error for overflow"},
    {"(-9223372036854775807 - 1) / -1", "error: return error for overflow"},
    {"(-9223372036854775807 - 1) % -1", "error: return error for overflow"},
    {"0u - 1u", "error: return error for overflow"},
    {"18446744073709551615u * 2u", "error: return error for overflow"},
    {"1 / (twice(1) - 2)", "error: divide by zero"},
    {"1 % (twice(1) - 2)", "error: modulus by zero"},
    {"1u / 0u", "error: divide by zero"},
    {"1u % 0u", "error: modulus by zero"},
    /* concatenation */
    {"'a' + 'b' + ''", "'ab'"},
    {"b'a' + b'\\xff'", "b'a\\xff'"},
    {"[1] + [] + [2, 3]", "[1, 2, 3]"},
    {"[] + []", "[]"},
    /* comparisons */
    {"1 < 2 && 2 <= 2 && 3 > 2 && 3 >= 3", "true"},
    {"dyn(1) < 1.5 && dyn(1u) < 2 && dyn(2.5) > 2u", "true"},
    {"dyn(1) == 1.0 && dyn(1u) == 1 && dyn(1) != 1.5", "true"},
    {"0.0 / 0.0 == 0.0 / 0.0", "false"},
    {"0.0 / 0.0 < 1.0 || 0.0 / 0.0 >= 1.0", "false"},
    {"'a' < 'b' && 'a' < 'aa' && b'a' < b'b' && false < true", "true"},
    {"[1, 2] == [1, 2] && [1, 2] != [2, 1] && {'a': 1} == {'a': dyn(1.0)}", "true"},
    {"dyn(1) == 'a' || dyn(null) == 1", "false"},
    {"type(1) == int && type('a') == string && type([1]) == list && type(int) == type", "true"},
    {"type(null) == null_type && type(now) == google.protobuf.Timestamp", "true"},
    {"now > timestamp('2020-01-01T00:00:00Z') && duration('1h') < duration('90m')", "true"},
    {"order.eligible > money('54.98 EUR') && order.eligible == money('54.99 EUR')", "true"},
    {"order.eligible > money('1 USD')", "error: different currencies: EUR and USD"},
    {"order.eligible > money('1.00 USD')", "error: different currencies: EUR and USD"},
    {"order.eligible == money('54.99 USD')", "false"},
    /* logic: what decides, decides, on whatever side */
    {"false && 1 / twice(0) == 1", "false"},
    {"1 / twice(0) == 1 && false", "false"},
    {"true || 1 / twice(0) == 1", "true"},
    {"1 / twice(0) == 1 || true", "true"},
    {"true && 1 / twice(0) == 1", "error: divide by zero"},
    {"1 / twice(0) == 1 && true", "error: divide by zero"},
    {"false || 1 / twice(0) == 1", "error: divide by zero"},
    {"1 / twice(0) == 1 || false", "error: divide by zero"},
    {"1 / twice(0) == 1 || 1 % twice(0) == 1", "error: divide by zero"},
    {"1 / twice(0) == 1 && true && 1 % twice(0) == 1 && twice(1) == 3", "false"},
    {"(true && 1 / twice(0) == 1) || twice(1) == 2", "true"},
    {"twice(1) == 2 ? 'yes' : 'no'", "'yes'"},
    {"twice(1) == 3 ? 1 / twice(0) : 5", "5"},
    {"twice(1) == 2 ? twice(1) + twice(2) + twice(3) : twice(4) + twice(5)", "12"},
    {"twice(1) == 3 ? twice(1) + twice(2) : twice(3) + twice(4) + twice(5)", "24"},
    {"1 / twice(0) == 1 ? 1 : 2", "error: divide by zero"},
    {"!(twice(1) == 2)", "false"},
    {"dyn(twice(1)) && false", "false"},
    {"true && dyn(twice(1))", "error: no such overload"},
    {"dyn('a') || false", "error: no such overload"},
    {"!dyn('a')", "error: no such overload"},
    {"dyn('a') ? 1 : 2", "error: no such overload"},
    /* fields, indexes, has */
    {"order.id + member.tiers.club.level", "'order-1vib'"},
    {"order.items[7].quantity", "2"},
    {"order.items[10].quantity", "error: index out of bounds"},
    {"order.items[-1].quantity", "error: index out of bounds"},
    {"[1, 2, 3][dyn(1.0)] + [1, 2, 3][dyn(2u)]", "5"},
    {"[1, 2, 3][dyn(1.5)]", "error: invalid argument"},
    {"[1, 2, 3][dyn(3.0)]", "error: index out of bounds"},
    {"[1, 2, 3][dyn(0.0 / 0.0)]", "error: index out of bounds"},
    {"[1][dyn(18446744073709551615u)]", "error: index out of bounds"},
    {"[1][dyn('0')]", "error: no such overload"},
    {"dyn(1)[0]", "error: no such overload"},
    {"order.tags.colour + order.tags['wrapping']", "'gr\xC3\xBCnnone'"},
    {"order.tags.size", "error: no such key"},
    {"order.tags['size']", "error: no such key"},
    {"{1: 'a', 2u: 'b'}[dyn(2.0)]", "'b'"},
    {"has(order.tags.colour) && !has(order.tags.size)", "true"},
    {"has(member.birthday)", "false"},
    {"member.birthday", "error: not known"},
    {"has(member.tiers.club)", "true"},
    {"dyn(1).a", "error: no such overload"},
    {"has(dyn(1).a)", "error: no such overload"},
    {"has(dyn(order).id) && dyn(order).eligible == order.eligible", "true"},
    {"dyn(order).nothing", "error: no such field"},
    {"has(dyn(order).nothing)", "error: no such field"},
    {"whatever[2].points", "120"},
    {"whatever[1].points", "error: no such overload"},
    /* lists, maps */
    {"[1, order.id, [null]]", "[1, 'order-1', [null]]"},
    {"[1, 1 / twice(0)]", "error: divide by zero"},
    {"{'a': order.id, 2: [true]}", "{'a': 'order-1', 2: [true]}"},
    {"{'a': 1, 'a': 2}", "error: Failed with repeated key"},
    {"{dyn(1): 1, dyn(1u): 2}", "error: Failed with repeated key"},
    {"{dyn(1.5): 1}", "error: unsupported key type"},
    {"{1: 1 / twice(0)}", "error: divide by zero"},
    {"{1 / twice(0): 1}", "error: divide by zero"},
    {"[?maybe, ?optional.none(), 3]", "['perhaps', 3]"},
    {"{?'a': maybe, ?'b': optional.none(), 'c': 'd'}", "{'a': 'perhaps', 'c': 'd'}"},
    {"[?dyn(1)]", "error: no such overload"},
    {"{?'a': dyn(1)}", "error: no such overload"},
    {"size([1, 2]) + size({1: 2}) + size('gr\xC3\xBCn') + size(b'\\xff')", "8"},
    {"[1, 2].size() + {1: 2}.size() + ''.size() + b'ab'.size()", "5"},
    {"2 in [1, 2] && !(3 in [1, 2]) && 'a' in {'a': 1} && !(dyn(1.5) in {1: 2})", "true"},
    {"dyn(2.0) in [1, 2] && dyn(1u) in {1: 2}", "true"},
    /* macros */
    {"order.items.exists(i, i.category == 'skincare' && i.quantity >= 2)", "true"},
    {"order.items.exists(i, i.category == 'cars')", "false"},
    {"order.items.all(i, i.quantity >= 1)", "true"},
    {"order.items.all(i, i.quantity == 1)", "false"},
    {"order.items.exists_one(i, i.quantity == 2)", "true"},
    {"order.items.exists_one(i, i.quantity == 1)", "false"},
    {"order.items.filter(i, i.category == 'skincare').map(i, i.quantity)", "[1, 2]"},
    {"order.items.map(i, i.quantity > 1, i.category)", "['skincare']"},
    {"[].all(x, false) && ![].exists(x, true) && ![].exists_one(x, true)", "true"},
    {"[].map(x, 1) == [].filter(x, true)", "true"},
    {"[1, 2, 0].exists(x, 2 / x == 1)", "true"},
    {"[0, 2].exists(x, 2 / x == 1)", "true"},
    {"[0, 3].exists(x, 2 / x == 1)", "error: divide by zero"},
    {"[0, 3].all(x, 2 / x == 1)", "false"},
    {"[0, 2].all(x, 2 / x == 1)", "error: divide by zero"},
    {"[2, 0].exists_one(x, 2 / x == 1)", "error: divide by zero"},
    {"[2, 0].map(x, 2 / x)", "error: divide by zero"},
    {"[2, 0].filter(x, 2 / x == 1)", "error: divide by zero"},
    {"[2, 0].map(x, 2 / x == 1, x)", "error: divide by zero"},
    {"[1, 2].exists(x, dyn(x))", "error: no such overload"},
    {"[1, 2].filter(x, dyn(x))", "error: no such overload"},
    {"dyn(1).all(x, true)", "error: no such overload"},
    {"[1 / twice(0)].all(x, true)", "error: divide by zero"},
    {"points.all(k, k.size() > 4) && points.exists(k, v, k == 'miles' && v < 0)", "true"},
    {"points.map(k, k)", "['points', 'miles']"},
    {"points.transformMap(k, v, v * 2)", "{'points': 240, 'miles': -6}"},
    {"points.transformMap(k, v, v > 0, v * 2)", "{'points': 240}"},
    {"points.transformMapEntry(k, v, {v: k})", "{120: 'points', -3: 'miles'}"},
    {"points.transformMapEntry(k, v, v > 0, {v: k})", "{120: 'points'}"},
    {"points.transformMapEntry(k, v, {1: k})", "error: Failed with repeated key"},
    {"points.transformMap(k, v, 1 / (v + 3))", "error: divide by zero"},
    {"['a', 'b'].transformList(i, v, v + string(i))", "['a0', 'b1']"},
    {"['a', 'b'].transformList(i, v, i > 0, v)", "['b']"},
    {"[[1, 2], [3]].map(x, x.map(y, y * x.size()))", "[[2, 4], [3]]"},
    {"[1, 2].map(x, [10, 20].filter(y, y > x * 8).map(z, z + x))", "[[11, 21], [22]]"},
    {"[1, 2].all(x, [3, 4].exists(y, [5, 6].all(z, z > y && y > x)))", "true"},
    {"cel.bind(x, twice(2), x * x + cel.bind(y, x, y + x))", "24"},
    {"cel.bind(x, order, x.id)", "'order-1'"},
    {"cel.bind(x, 1 / twice(0), x == 1 || true)", "true"},
    {"cel.bind(x, 1 / twice(0), 2)", "2"},
    {"cel.bind(x, 1, cel.bind(x, 2, x) + x)", "3"},
    {"[3, 1, 2].sortBy(x, -x)", "[3, 2, 1]"},
    /* optionals */
    {"maybe.hasValue() && maybe.value() == 'perhaps'", "true"},
    {"optional.none().value()", "error: optional.none() dereference"},
    {"optional.of(1).or(optional.of(1 / twice(0)))", "optional.of(1)"},
    {"optional.none().or(optional.of(2)).orValue(3)", "2"},
    {"optional.none().orValue(3)", "3"},
    {"optional.of(1).orValue(1 / twice(0))", "1"},
    {"optional.of(1 / twice(0)).orValue(3)", "error: divide by zero"},
    {"dyn(1).orValue(3)", "error: no such overload"},
    {"order.tags.?colour.optMap(c, c.size())", "optional.of(4)"},
    {"order.tags.?size.optMap(c, c.size())", "optional.none()"},
    {"order.tags.?colour.optFlatMap(c, order.tags[?c])", "optional.none()"},
    {"member.?birthday.hasValue() || !member.?id.hasValue()", "false"},
    {"names[?0].orValue('') + names[?9].orValue('-')", "'anna-'"},
    {"optional.of({'a': {'b': 1}}).a.b", "optional.of(1)"},
    {"optional.of({'a': 1}).b", "optional.none()"},
    {"optional.of([1, 2])[1]", "optional.of(2)"},
    {"has(optional.of({'a': 1}).a) && !has(optional.of({'a': 1}).b)", "true"},
    {"!has(optional.none().a)", "true"},
    {"optional.ofNonZeroValue(0).hasValue() || optional.ofNonZeroValue('').hasValue()", "false"},
    {"optional.ofNonZeroValue([]).hasValue() || optional.ofNonZeroValue({}).hasValue()", "false"},
    {"optional.ofNonZeroValue(0.0).hasValue() || optional.ofNonZeroValue(false).hasValue()",
     "false"},
    {"optional.ofNonZeroValue(now).hasValue() && optional.ofNonZeroValue(1).hasValue()", "true"},
    {"[1, 2].first().value() + [1, 2].last().value()", "3"},
    {"[].first() == optional.none() && [].last() == optional.none()", "true"},
    {"optional.unwrap([optional.of(1), optional.none(), optional.of(2)])", "[1, 2]"},
    {"[optional.of(1), optional.none()].unwrapOpt()", "[1]"},
    {"optional.of(1) == optional.of(1) && optional.of(1) != optional.none()", "true"},
    /* conversions */
    {"int('-9223372036854775808') + int('+9223372036854775807')", "-1"},
    {"int('9223372036854775808')", "error: range"},
    {"int('-9223372036854775809')", "error: range"},
    {"int('99999999999999999999999')", "error: range"},
    {"int('')", "error: type conversion error"},
    {"int('-')", "error: type conversion error"},
    {"int(' 1')", "error: type conversion error"},
    {"int('0x10')", "error: type conversion error"},
    {"uint('18446744073709551615')", "18446744073709551615u"},
    {"uint('-1')", "error: type conversion error"},
    {"uint(-1)", "error: range"},
    {"uint(-0.5)", "error: range"},
    {"uint(1e20)", "error: range"},
    {"int(18446744073709551615u)", "error: range"},
    {"int(-9.9) + int(9.9)", "0"},
    {"int(9223372036854775808.0)", "error: range"},
    {"int(-9223372036854775808.0)", "error: range"},
    {"int(0.0 / 0.0)", "error: range"},
    {"int(now)", "1804291200"},
    {"double('1.5') + double(2) + double(2u)", "5.5"},
    {"double('one')", "error: type conversion error"},
    {"string(1) + string(2u) + string(1.5) + string(true) + string('x') + string(b'y')",
     "'121.5truexy'"},
    {"string(now) + string(order.waited)", "'2027-03-06T00:00:00.25Z5400.5s'"},
    {"string(b'\\xff')", "error: invalid UTF-8"},
    {"bytes('gr\xC3\xBCn') == b'gr\xC3\xBCn' && bytes(b'a') == b'a'", "true"},
    {"bool('true') && bool('1') && !bool('f') && bool(true)", "true"},
    {"bool('yes')", "error: type conversion error"},
    {"timestamp(0) == timestamp('1970-01-01T00:00:00Z') && timestamp(now) == now", "true"},
    {"timestamp(253402300800)", "error: range"},
    {"timestamp(-62135596801)", "error: range"},
    {"timestamp('yesterday')", "error: type conversion error: a timestamp is written like "
                               "2027-03-05T12:00:00Z or ...+02:00"},
    {"duration('90m') == duration('1h30m') && duration(order.waited) == order.waited", "true"},
    {"now + duration('1h') - now", "duration('3600s')"},
    {"duration('1h') + now > now && now - duration('1h') < now", "true"},
    /* the host's */
    {"member.tiers.club.atLeast('vib') && order.eligible >= 50.00", "true"},
    {"member.tiers.club.atLeast('platinum')", "error: invalid argument: no such level"},
    {"shop.greet(member.id) + string(shop.SIZE)", "'hello anna10'"},
};

static void expressions_give_what_they_should_checked_and_unchecked(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(examples); i++)
        check(&examples[i], true);
    for (size_t i = 0; i < COUNT(examples); i++) {
        /* A plain number becomes a decimal only where a check finds it beside an amount. */
        bool is_of_amounts = strstr(examples[i].source, "50.00") != NULL;
        if (!is_of_amounts) check(&examples[i], false);
    }
}

/* Makes every comprehension one that nobody knows a better loop for. */
static void forget_macros(struct cel_node *node)
{
    if (node == NULL) return;
    switch (node->kind) {
    case CEL_NODE_SELECT:
        forget_macros(node->select.operand);
        break;
    case CEL_NODE_CALL:
        forget_macros(node->call.target);
        for (uint32_t i = 0; i < node->call.argument_count; i++)
            forget_macros(node->call.arguments[i]);
        break;
    case CEL_NODE_LIST:
        for (uint32_t i = 0; i < node->list.count; i++)
            forget_macros(node->list.elements[i]);
        break;
    case CEL_NODE_MAP:
        for (uint32_t i = 0; i < node->map.count; i++) {
            forget_macros(node->map.keys[i]);
            forget_macros(node->map.values[i]);
        }
        break;
    case CEL_NODE_COMPREHENSION:
        node->comprehension.macro = CEL_MACRO_NONE;
        forget_macros(node->comprehension.range);
        forget_macros(node->comprehension.initial);
        forget_macros(node->comprehension.condition);
        forget_macros(node->comprehension.step);
        forget_macros(node->comprehension.result);
        break;
    default:
        break;
    }
}

static void a_comprehension_gives_by_its_parts_what_it_gives_as_a_macro(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(examples); i++) {
        char out[PRINTED_MAXIMUM];
        struct cel_node *root = NULL;
        const struct cel_plan *plan = NULL;
        if (strstr(examples[i].source, "50.00") != NULL) continue;
        problems = (struct cel_problems){.arena = &arena};
        assert_ok(cel_parse(&arena, text_of(examples[i].source), &problems, &root));
        forget_macros(root);
        assert_ok(cel_plan(&arena, environment, NULL, root, &problems, &plan));
        arena_clear(&scratch);
        cel_evaluation_init(&evaluation, environment, &shop_host, &scratch, NULL);
        struct text got = printed(cel_run(plan, &evaluation, shop_variables()), out);
        if (text_equal(got, text_of(examples[i].value))) continue;
        print_error("%s is %.*s, not %s\n", examples[i].source, TEXT_ARGUMENTS(got),
                    examples[i].value);
        wrong_count++;
    }
}

static void what_is_not_found_without_a_check_is_found_out_at_evaluation(void **state)
{
    (void)state;
    static const struct example unchecked[] = {
        {"nothing", "error: undeclared reference: 'nothing'"},
        {"nothing.at.all", "error: undeclared reference: 'nothing'"},
        {"nothing || true", "true"},
        {"no.such(1)", "error: unbound function: 'such'"},
        {"nosuch(1) || true", "true"},
        {".nosuch(1)", "error: unbound function: '.nosuch'"},
        {".order.id", "'order-1'"},
        {".twice(2)", "4"},
        {"Thing{a: 1}", "error: undeclared reference: 'Thing'"},
        {"1 + 'a'", "error: no such overload"},
        {"'a' + 1u", "error: no such overload"},
        {"1 < 'a'", "error: no such overload"},
        {"[1] < [2]", "error: no such overload"},
        {"1 == 'a'", "false"},
        {"1 in 2", "error: no such overload"},
        {"!1", "error: no such overload"},
        {"-1u", "error: no such overload"},
        {"1 && false", "false"},
        {"1 ? 2 : 3", "error: no such overload"},
        {"'a'.atLeast('b')", "error: no such overload"},
        {"member.atLeast('b')", "error: no such overload"},
        {"twice('a')", "error: no such overload"},
        {"twice(1, 2)", "error: no such overload"},
        {"size(1)", "error: no such overload"},
        {"[1, 'a'].map(x, x + 1)", "error: no such overload"},
        {"math.greatest(1, 2.5)", "2.5"},
        {"cel.bind(math, 'x', math + 'y')", "'xy'"},
        {"[1].map(order, order + 1)", "[2]"},
        {"[order].map(x, x.id)", "['order-1']"},
        {"int", "int"},
        {"'a'.matches('[')", "error: invalid regular expression: missing ]: ["},
        {"dyn", "error: undeclared reference: 'dyn'"},
    };
    for (size_t i = 0; i < COUNT(unchecked); i++)
        check(&unchecked[i], false);
}

static void names_are_looked_for_in_the_container_and_the_longest_first(void **state)
{
    (void)state;
    static const struct cel_map empty = {.count = 0};
    assert_ok(cel_environment_add_constant(environment, TEXT("a.b"), cel_map_value(&empty)));
    assert_ok(cel_environment_add_constant(environment, TEXT("a.b.c"), cel_int(1)));
    assert_ok(cel_environment_add_constant(environment, TEXT("a.x"), cel_int(2)));
    assert_ok(cel_environment_add_constant(environment, TEXT("x"), cel_int(3)));
    assert_ok(cel_environment_add_constant(environment, TEXT("a.b.a.x"), cel_int(4)));
    static const struct {
        const char *container;
        const char *source;
        const char *value;
    } cases[] = {
        {"", "a.b.c", "1"},
        {"", "a.b.d", "error: no such key"},
        {"", "x", "3"},
        {"a", "x", "2"},
        {"a", ".x", "3"},
        {"a", "b.c", "1"},
        {"a.q.r", "x", "2"},
        {"a.b", "a.x", "4"},
        {"a.b", ".a.x", "2"},
        {"q", "x + twice(1)", "5"},
        {"shop", "greet('x')", "'hello x'"},
        {"shop.deep", "greet('x') + string(SIZE)", "'hello x10'"},
        {"q", "[1].map(x, x)", "[1]"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        for (int is_checked = 0; is_checked < 2; is_checked++) {
            char out[PRINTED_MAXIMUM];
            if (is_checked && strcmp(cases[i].source, "a.b.d") == 0) continue;
            const struct cel_expression *expression =
                compile_as(text_of(cases[i].source), is_checked, text_of(cases[i].container));
            assert_text(cases[i].value, printed(evaluate(expression), out));
        }
    }
}

static void an_error_stands_where_it_arose(void **state)
{
    (void)state;
    static const struct {
        const char *source;
        uint32_t position;
    } cases[] = {
        {"member.birthday == '01-01'", 7},
        {"1 + twice(1) / 0 + 2", 13},
        {"true && [1, 2][twice(1)] == 1", 14},
        {"order.items.map(i, 1 / (i.quantity - 1))", 21},
        {"[1, 1 / twice(0)].size() > 1", 6},
        {"{'a': 1, 'a': 2}.size() == 1", 9},
        {"order.tags['x'].size()", 10},
        {"order.tags.x.size()", 11},
        {"cel.bind(x, 1 / twice(0), x + 1)", 14},
        {"(twice(0) == 0 ? 1 / twice(0) : 2) == 1", 19},
        {"false || dyn(1)", 6},
        {"[1].exists(x, dyn(x))", 4},
        {"dyn(1).all(x, true)", 7},
        {"twice(9223372036854775807)", 0},
        {"int('x' + member.id)", 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct cel_value value = evaluate(compile(cases[i].source));
        assert_int_equal(CEL_ERROR, value.kind);
        if (value.extra == cases[i].position + 1) continue;
        print_error("%s: error at %d\n", cases[i].source, (int)value.extra - 1);
        wrong_count++;
    }
}

static void conditions_take_no_memory(void **state)
{
    (void)state;
    static const char *const conditions[] = {
        "member.tiers.club.atLeast('vib') && order.eligible >= 50.00",
        "order.items.exists(i, i.category == 'skincare' && i.quantity >= 2)",
        "order.items.all(i, i.unit_price < 100.00) ? now > member.joined_at : false",
        "has(member.birthday) || 'vip' in member.segments || order.items.size() > 3",
        "cel.bind(x, order.items[0], x.quantity * 2 + 1 > 2) && points['points'] == 120",
    };
    for (size_t i = 0; i < COUNT(conditions); i++) {
        const struct cel_expression *expression = compile(conditions[i]);
        size_t before = arena.used;
        assert_false(cel_is_error(evaluate(expression)));
        assert_int_equal(0, scratch.used);
        assert_int_equal(before, arena.used);
    }
}

static void steps_end_where_their_maximum_is(void **state)
{
    (void)state;
    static const char *const sources[] = {
        "names.map(a, names.map(b, names.map(c, a + b + c))).size() == 3",
        "names.exists(a, names.exists(b, names.exists(c, a + b == c)))",
        "names.all(a, names.all(b, a.size() + b.size() > 0))",
        "names.exists_one(a, names.filter(b, b > a).size() > 5)",
        "names.transformList(i, a, a + a) == names",
    };
    for (size_t i = 0; i < COUNT(sources); i++) {
        const struct cel_expression *expression = compile(sources[i]);
        assert_false(cel_is_error(evaluate(expression)));
        uint64_t taken = evaluation.steps;
        assert_true(taken <= cel_expression_cost(expression));
        assert_true(taken > 10);
        for (uint64_t maximum = 0; maximum <= taken; maximum++) {
            arena_clear(&scratch);
            cel_evaluation_init(&evaluation, environment, &shop_host, &scratch, NULL);
            evaluation.step_maximum = maximum;
            struct cel_value value = cel_evaluate(expression, &evaluation, shop_variables());
            assert_int_equal(maximum < taken, cel_is_error(value));
            if (cel_is_error(value)) assert_int_equal(CEL_FAULT_STEPS, value.tag);
        }
    }
}

/* Twelve loops over a list of 2,000: 4 * 10^39 turns. */
static void an_evaluation_without_a_cost_limit_ends_too(void **state)
{
    (void)state;
    struct buffer source;
    buffer_init(&source, 10000);
    assert_ok(buffer_add(&source, TEXT("cel.bind(l, names.map(a, names.map(b, a)), ")));
    for (int i = 0; i < 11; i++)
        assert_ok(buffer_add_format(&source, "l.all(x%d, ", i));
    for (int i = 0; i < 30; i++)
        assert_ok(buffer_add(&source, TEXT("names.map(y, names).size() > 0 && ")));
    assert_ok(buffer_add(&source, TEXT("true")));
    for (int i = 0; i < 12; i++)
        assert_ok(buffer_add_byte(&source, ')'));
    const struct cel_expression *expression = compile_as(buffer_text(&source), true, TEXT(""));
    struct cel_value value = evaluate(expression);
    assert_int_equal(CEL_ERROR, value.kind);
    assert_int_equal(CEL_FAULT_STEPS, value.tag);
    assert_true(evaluation.steps < CEL_STEP_MAXIMUM + 20000);
    buffer_release(&source);
}

static void what_grows_past_its_size_is_a_fault(void **state)
{
    (void)state;
    static const struct example cases[] = {
        {"cel.bind(a, names + names + names + names + names + names + names + names, "
         "cel.bind(b, a + a + a + a + a + a + a + a, cel.bind(c, b + b + b + b + b + b + b + b, "
         "(c + c).size())))",
         "error: a string or list is too long"},
        {"cel.bind(a, order.note + order.note + order.note + order.note, "
         "cel.bind(b, a + a + a + a + a + a + a + a, cel.bind(c, b + b + b + b + b + b + b + b, "
         "cel.bind(d, c + c + c + c + c + c + c + c, (d + d).size() + size(b'a' + bytes(d))))))",
         "error: a string or list is too long"},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        check(&cases[i], true);
}

static void an_arena_that_is_full_is_a_fault(void **state)
{
    (void)state;
    static const char *const sources[] = {
        "[order.id, member.id]",
        "{'a': order.id, 'b': order.id}",
        "names.map(n, n + n)",
        "names.filter(n, n != '')",
        "points.transformMap(k, v, k + k)",
        "order.tags.?colour",
        "names[?0]",
        "optional.of(order.id)",
        "names + names",
        "string(order.items.size())",
    };
    for (size_t i = 0; i < COUNT(sources); i++) {
        const struct cel_expression *expression = compile(sources[i]);
        assert_false(cel_is_error(evaluate(expression)));
        size_t needed = scratch.used;
        assert_true(needed > 0);
        for (size_t maximum = 0; maximum <= needed; maximum += 16) {
            struct arena small;
            arena_init(&small, maximum);
            cel_evaluation_init(&evaluation, environment, &shop_host, &small, NULL);
            struct cel_value value = cel_evaluate(expression, &evaluation, shop_variables());
            assert_int_equal(maximum < needed, cel_is_error(value));
            if (cel_is_error(value)) assert_int_equal(CEL_FAULT_NO_MEMORY, value.tag);
            arena_release(&small);
        }
    }
}

/* f(f(f(...))) of three arguments each, so that registers do not fit on the stack. */
static void a_deep_expression_takes_its_registers_from_the_arena(void **state)
{
    (void)state;
    struct buffer source;
    buffer_init(&source, 100000);
    for (int i = 0; i < 100; i++)
        assert_ok(buffer_add(&source, TEXT("[1, 2, ")));
    assert_ok(buffer_add(&source, TEXT("order.id")));
    for (int i = 0; i < 100; i++)
        assert_ok(buffer_add(&source, TEXT("][2]")));
    const struct cel_expression *expression = compile_as(buffer_text(&source), false, TEXT(""));
    assert_true(expression->plan->register_count > CEL_STACK_REGISTERS);
    struct cel_value value = evaluate(expression);
    assert_int_equal(CEL_STRING, value.kind);
    assert_text("order-1", cel_text(value));
    struct arena none;
    arena_init(&none, 0);
    cel_evaluation_init(&evaluation, environment, &shop_host, &none, NULL);
    value = cel_evaluate(expression, &evaluation, shop_variables());
    assert_int_equal(CEL_ERROR, value.kind);
    assert_int_equal(CEL_FAULT_NO_MEMORY, value.tag);
    arena_release(&none);
    buffer_release(&source);
}

static void a_host_that_answers_what_it_did_not_declare_is_a_fault(void **state)
{
    (void)state;
    static const struct {
        const char *source;
        int fault; /* -1: none */
    } cases[] = {
        {"member.tiers.club.atLeast('vib')", CEL_FAULT_NO_SUCH_OVERLOAD},
        {"member.id.startsWith('a')", CEL_FAULT_NO_SUCH_OVERLOAD},
        {"order.items.exists(i, i.is_gift)", CEL_FAULT_NO_SUCH_OVERLOAD},
        {"order.eligible >= 50.00", CEL_FAULT_NO_SUCH_OVERLOAD},
        {"twice(rate > 1 ? 1 : 2) == 2", CEL_FAULT_NO_SUCH_OVERLOAD},
        {"now.getFullYear() == 2027", CEL_FAULT_NO_SUCH_OVERLOAD},
        {"maybe.orValue('x') == 'x'", CEL_FAULT_NO_SUCH_OVERLOAD},
        {"member.id == 'anna'", CEL_FAULT_NO_SUCH_OVERLOAD},
    };
    struct cel_value wrong[SHOP_SLOT_COUNT];
    for (int kind = CEL_NULL; kind <= CEL_BOOL; kind++) {
        for (uint32_t i = 0; i < SHOP_SLOT_COUNT; i++)
            wrong[i] = kind == CEL_NULL ? cel_null() : cel_bool(true);
        for (size_t i = 0; i < COUNT(cases); i++) {
            const struct cel_expression *expression = compile(cases[i].source);
            arena_clear(&scratch);
            cel_evaluation_init(&evaluation, environment, &shop_host, &scratch, NULL);
            struct cel_value value = cel_evaluate(expression, &evaluation, wrong);
            if (!cel_is_error(value)) fail_msg("%s: no error", cases[i].source);
            assert_int_equal(cases[i].fault, value.tag);
        }
    }
}

static void null_in_the_place_of_an_object_is_a_fault(void **state)
{
    (void)state;
    static const struct example cases[] = {
        {"(twice(1) == 2 ? null : member.tiers.club).atLeast('vib')", "error: no such overload"},
        {"(twice(1) == 2 ? null : now).getFullYear()", "error: no such overload"},
        {"(twice(1) == 2 ? null : member).id", "error: no such overload"},
        {"[optional.of(1), null][1].hasValue()", "error: no such overload"},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        check(&cases[i], true);
}

static void a_variable_that_is_an_error_is_one_where_it_is_used(void **state)
{
    (void)state;
    struct cel_value variables[SHOP_SLOT_COUNT];
    for (uint32_t i = 0; i < SHOP_SLOT_COUNT; i++)
        variables[i] = cel_error(CEL_FAULT_UNSET, NULL);
    static const struct {
        const char *source;
        const char *value;
        uint32_t position;
    } cases[] = {
        {"order.id == 'x'", "error: not known", 0},
        {"1 == 1 && has(order.id)", "error: not known", 14},
        {"order.items.all(i, true) || twice(1) == 2", "true", 0},
        {"twice(2) > 1 && now == timestamp(0)", "error: not known", 16},
        {"rate", "error: not known", 0},
        {"[rate].size()", "error: not known", 1},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char out[PRINTED_MAXIMUM];
        const struct cel_expression *expression = compile(cases[i].source);
        arena_clear(&scratch);
        cel_evaluation_init(&evaluation, environment, &shop_host, &scratch, NULL);
        struct cel_value value = cel_evaluate(expression, &evaluation, variables);
        assert_text(cases[i].value, printed(value, out));
        if (cel_is_error(value)) assert_int_equal(cases[i].position + 1, value.extra);
    }
}

static void without_a_host_there_are_no_objects(void **state)
{
    (void)state;
    static const char *const sources[] = {"order.id", "has(order.id)", "twice(1)", "order.?id"};
    for (size_t i = 0; i < COUNT(sources); i++) {
        const struct cel_expression *expression = compile(sources[i]);
        cel_evaluation_init(&evaluation, environment, NULL, &scratch, NULL);
        assert_true(cel_is_error(cel_evaluate(expression, &evaluation, shop_variables())));
    }
}

/* A host that says itself when a tier equals a level's name. */
static struct cel_value tier_call(struct cel_evaluation *of, uint32_t host_id,
                                  const struct cel_value *arguments, uint32_t count)
{
    (void)of;
    assert_int_equal(2, count);
    assert_int_equal(CEL_OBJECT, arguments[0].kind);
    return cel_bool((arguments[1].kind == CEL_STRING) == (host_id == 1));
}

static void a_host_may_say_what_its_objects_are_equal_to(void **state)
{
    (void)state;
    static const struct cel_overload equal[] = {
        {.id = "tier_equal", .signature = "(tier, string) -> bool", .host_id = 1}};
    static const struct cel_overload in[] = {
        {.id = "tier_in", .signature = "(tier, list(string)) -> bool", .host_id = 2}};
    static const struct cel_function functions[] = {{"_==_", CEL_OVERLOADS(equal)},
                                                    {"@in", CEL_OVERLOADS(in)}};
    assert_ok(cel_environment_add_function(environment, &functions[0]));
    assert_ok(cel_environment_add_function(environment, &functions[1]));
    static const struct example cases[] = {
        {"member.tiers.club == 'vib'", "true"},
        {"member.tiers.club in ['vib', 'rouge']", "true"},
        {"member.tiers.club == member.tiers.club", "true"},
        {"dyn(member.tiers.club) == 'vib'", "true"},
        {"dyn(member.tiers.club) == 1", "false"},
        {"member.id == 'vib' || 1 == 2 || 'a' in ['b']", "false"},
    };
    const struct cel_host host = {shop_host.field, tier_call};
    for (size_t i = 0; i < COUNT(cases); i++) {
        for (int is_checked = 0; is_checked < 2; is_checked++) {
            char out[PRINTED_MAXIMUM];
            const struct cel_expression *expression =
                compile_as(text_of(cases[i].source), is_checked, TEXT(""));
            cel_evaluation_init(&evaluation, environment, &host, &scratch, NULL);
            struct cel_value value = cel_evaluate(expression, &evaluation, shop_variables());
            assert_text(cases[i].value, printed(value, out));
        }
    }
}

static struct cel_value lengths_call(struct cel_evaluation *of, uint32_t host_id,
                                     const struct cel_value *arguments, uint32_t count)
{
    (void)of;
    (void)host_id;
    int64_t length = 0;
    assert_int_equal(1, count);
    assert_int_equal(CEL_LIST, arguments[0].kind);
    for (uint32_t i = 0; i < arguments[0].list->count; i++) {
        assert_int_equal(CEL_STRING, arguments[0].list->items[i].kind);
        length += arguments[0].list->items[i].extra;
    }
    return cel_int(length);
}

static void a_host_gets_only_what_its_signature_says(void **state)
{
    (void)state;
    static const struct cel_overload lengths[] = {
        {.id = "lengths", .signature = "(list(string)) -> int", .host_id = 1}};
    static const struct cel_function function = {"lengths", CEL_OVERLOADS(lengths)};
    assert_ok(cel_environment_add_function(environment, &function));
    static const struct example cases[] = {
        {"lengths(['a', order.id])", "8"},
        {"lengths([dyn('a'), dyn(order.id)])", "8"},
        {"lengths([dyn('a'), dyn(1)])", "error: no such overload"},
        {"lengths(dyn(['a', 1]))", "error: no such overload"},
        {"lengths(dyn(order.id))", "error: no such overload"},
        {"lengths(dyn({'a': 'b'}))", "error: no such overload"},
    };
    const struct cel_host host = {shop_host.field, lengths_call};
    for (size_t i = 0; i < COUNT(cases); i++) {
        for (int is_checked = 0; is_checked < 2; is_checked++) {
            char out[PRINTED_MAXIMUM];
            const struct cel_expression *expression =
                compile_as(text_of(cases[i].source), is_checked, TEXT(""));
            cel_evaluation_init(&evaluation, environment, &host, &scratch, NULL);
            struct cel_value value = cel_evaluate(expression, &evaluation, shop_variables());
            assert_text(cases[i].value, printed(value, out));
        }
    }
}

static void nodes_are_spent_as_often_as_they_are_evaluated(void **state)
{
    (void)state;
    static const struct {
        const char *source;
        uint64_t steps;
    } cases[] = {
        {"order.id", 2},
        {"twice(1) + twice(2)", 5},
        {"twice(1) == 2 ? twice(1) + twice(2) : twice(4)", 10},
        {"twice(1) == 2 ? twice(4) : twice(1) + twice(2)", 10},
        /* The loop and its range, then three turns of four. */
        {"names.all(n, n != 'x')", 2 + 3 * 4},
        {"names.exists(n, true)", 2 + 0 * 2},
        {"names.map(n, n)", 2 + 3 * 2},
        {"names.all(n, names.all(m, true))", 2 + 3 * (3 + 3 * 2)},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct cel_expression *expression = compile(cases[i].source);
        assert_false(cel_is_error(evaluate(expression)));
        if (cases[i].steps == evaluation.steps) continue;
        print_error("%s takes %d steps\n", cases[i].source, (int)evaluation.steps);
        wrong_count++;
    }
}

static void elements_are_looked_at_where_a_signature_says_what_they_are(void **state)
{
    (void)state;
    static const struct example cases[] = {
        {"dyn(['a', 'b']).join('-')", "'a-b'"},
        {"dyn(['a', 1]).join('-')", "error: no such overload"},
        {"[dyn('a'), dyn('b')].join('-')", "'a-b'"},
        {"[dyn('a'), dyn(1)].join('-')", "error: no such overload"},
        {"math.greatest(dyn([1, 2]))", "2"},
        {"math.greatest(dyn([1.5, 2.5]))", "2.5"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        check(&cases[i], true);
        check(&cases[i], false);
    }
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(expressions_give_what_they_should_checked_and_unchecked),
        CASE(a_comprehension_gives_by_its_parts_what_it_gives_as_a_macro),
        CASE(what_is_not_found_without_a_check_is_found_out_at_evaluation),
        CASE(names_are_looked_for_in_the_container_and_the_longest_first),
        CASE(an_error_stands_where_it_arose),
        CASE(conditions_take_no_memory),
        CASE(steps_end_where_their_maximum_is),
        CASE(an_evaluation_without_a_cost_limit_ends_too),
        CASE(what_grows_past_its_size_is_a_fault),
        CASE(an_arena_that_is_full_is_a_fault),
        CASE(a_deep_expression_takes_its_registers_from_the_arena),
        CASE(a_host_that_answers_what_it_did_not_declare_is_a_fault),
        CASE(null_in_the_place_of_an_object_is_a_fault),
        CASE(a_variable_that_is_an_error_is_one_where_it_is_used),
        CASE(without_a_host_there_are_no_objects),
        CASE(a_host_may_say_what_its_objects_are_equal_to),
        CASE(a_host_gets_only_what_its_signature_says),
        CASE(nodes_are_spent_as_often_as_they_are_evaluated),
        CASE(elements_are_looked_at_where_a_signature_says_what_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
