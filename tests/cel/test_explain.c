/* Tests of cel/explain: for each way of being false, what a person is told; that the true say
 * nothing; that steps, memory and buffers have their bounds here too. The host is the shop.
 */
#include "../base/check.h"

#include "shop.h"

#define MEMORY_MAXIMUM ((size_t)32 << 20)
#define TOLD_MAXIMUM 4000

static struct arena arena;
static struct arena scratch;
static struct cel_environment *environment;
static struct cel_problems problems;
static struct cel_evaluation evaluation;
static struct buffer told;

static int set_up(void **state)
{
    (void)state;
    static const struct cel_rules rules = {.money_meets_numbers = true};
    arena_init(&arena, MEMORY_MAXIMUM);
    arena_init(&scratch, CEL_SCRATCH_MAXIMUM_BYTES);
    buffer_init(&told, TOLD_MAXIMUM);
    return shop_declare(&arena, &rules, &environment) == STATUS_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    buffer_release(&told);
    arena_release(&scratch);
    arena_release(&arena);
    return 0;
}

static const struct cel_expression *compile(struct text source)
{
    const struct cel_expression *expression = NULL;
    problems = (struct cel_problems){.arena = &arena};
    if (cel_compile(&arena, environment, source, NULL, &problems, &expression) == STATUS_OK)
        return expression;
    fail_msg("%.*s: %.*s", TEXT_ARGUMENTS(source), TEXT_ARGUMENTS(problems.items[0].message));
    return NULL;
}

static enum status explain(const struct cel_expression *expression)
{
    arena_clear(&scratch);
    buffer_clear(&told);
    cel_evaluation_init(&evaluation, environment, &shop_host, &scratch, NULL);
    return cel_explain(expression, &evaluation, shop_variables(), &told);
}

static const struct {
    const char *source;
    const char *told;
} examples[] = {
    {"twice(1) == 2 && (member.birthday == 'x' || member.id == 'bob')",
     "member.birthday: not known; member.id == 'bob': 'anna' == 'bob'"},
    {"order.eligible >= 60.00", "order.eligible >= 60.00: 54.99 >= 60.00"},
    {"order.eligible >= 60", "order.eligible >= 60: 54.99 >= 60"},
    {"order.eligible < money('60.00 EUR') && order.eligible >= money('100 EUR')",
     "order.eligible >= money('100 EUR'): 54.99 >= money('100 EUR')"},
    {"member.tiers.club.atLeast('rouge')",
     "member.tiers.club.atLeast('rouge'): member.tiers.club is 'vib'"},
    {"member.tiers.club.atLeast('vib') && order.eligible >= 60.00",
     "order.eligible >= 60.00: 54.99 >= 60.00"},
    {"order.items.exists(i, i.category == 'cars')",
     "order.items.exists(i, i.category == 'cars'): true of none of 10"},
    {"order.items.all(i, i.quantity >= 2)",
     "order.items.all(i, i.quantity >= 2): not of element 1 of 10: i.quantity >= 2: 1 >= 2"},
    {"order.items.all(i, i.category == 'books' || i.quantity > 3)",
     "order.items.all(i, i.category == 'books' || i.quantity > 3): not of element 2 of 10: "
     "i.category == 'books': 'toys' == 'books'; i.quantity > 3: 1 > 3"},
    {"!order.items.exists(i, i.category == 'skincare')",
     "order.items.exists(i, i.category == 'skincare') is true: of element 3 of 10"},
    {"!(member.id == 'anna')", "member.id == 'anna' is true"},
    {"!member.tiers.club.atLeast('vib')",
     "member.tiers.club.atLeast('vib') is true: member.tiers.club is 'vib'"},
    {"has(member.birthday)", "has(member.birthday): not known"},
    {"member.birthday == '01-01'", "member.birthday: not known"},
    {"member.birthday == '01-01' || member.id == 'bob'",
     "member.birthday: not known; member.id == 'bob': 'anna' == 'bob'"},
    {"member.id in ['bob', 'carl']", "member.id in ['bob', 'carl']: member.id is 'anna'"},
    {"'vip' in member.segments",
     "'vip' in member.segments: member.segments is ['skincare_lovers', 'big_baskets']"},
    {"member.id == 'anna' ? order.eligible > 100.00 : false",
     "member.id == 'anna' is true; order.eligible > 100.00: 54.99 > 100.00"},
    {"order.tags.colour == 'blue'", "order.tags.colour == 'blue': 'gr\303\274n' == 'blue'"},
    {"order.tags.size() > 3", "order.tags.size() > 3: 2 > 3"},
    {"order.tags['size'] == 'L'", "order.tags['size']: no such key"},
    {"order.tags.all(k, v, v != 'none')",
     "order.tags.all(k, v, v != 'none'): not of 'wrapping': v != 'none': 'none' != 'none'"},
    {"points.points > 200", "points.points > 200: 120 > 200"},
    {"cel.bind(x, order.eligible, x > 100.00 && x < 50.00)", "x > 100.00: 54.99 > 100.00"},
    {"1 / 0 == 1", "1 / 0: divide by zero"},
    {"order.items.exists_one(i, i.category == 'skincare')",
     "order.items.exists_one(i, i.category == 'skincare'): true of 2 of 10"},
    {"names.exists_one(n, n == 'zoe')", "names.exists_one(n, n == 'zoe'): true of none of 3"},
    {"order.items[20].quantity == 1", "order.items[20]: index out of bounds"},
    {"order.items[0].is_gift", "order.items[0].is_gift is false"},
    {"false", "false is always false"},
    {"false && member.id == 'x'", "false && member.id == 'x' is always false"},
    {"1 == 2", "1 == 2 is always false"},
    {"now < timestamp('2020-01-01T00:00:00Z')",
     "now < timestamp('2020-01-01T00:00:00Z'): timestamp('2027-03-06T00:00:00.25Z') < "
     "timestamp('2020-01-01T00:00:00Z')"},
    {"order.waited > duration('3h')",
     "order.waited > duration('3h'): duration('5400.5s') > duration('3h')"},
    {"maybe.orValue('x') == 'x'", "maybe.orValue('x') == 'x': 'perhaps' == 'x'"},
    {"maybe.hasValue() && maybe.value().startsWith('x')",
     "maybe.value().startsWith('x'): maybe.value() is 'perhaps'"},
    {"whatever[0] == 8", "whatever[0] == 8: 7 == 8"},
    {"whatever[1] > 3", "whatever[1] > 3: no such overload"},
    {"type(whatever) == map", "type(whatever) == map: list == map"},
    {"order.items.filter(i, i.category == 'skincare').size() >= 3",
     "order.items.filter(i, i.category == 'skincare').size() >= 3: 2 >= 3"},
    {"member.id.startsWith('b')", "member.id.startsWith('b'): member.id is 'anna'"},
    {"order.discount > 0.5", "order.discount > 0.5: 0.125 > 0.5"},
    {"rate > 2", "rate > 2: 1.25 > 2"},
    {"twice(3) == 7", "twice(3) == 7: 6 == 7"},
    {"order.note.contains('x') || order.note.matches('^z')",
     "order.note.contains('x'): order.note is 'leave it at the door, please'; "
     "order.note.matches('^z'): order.note is 'leave it at the door, please'"},
    {"order.items.all(i, order.items.exists(j, j.category == 'toys' && i.quantity == 5))",
     "order.items.all(i, order.items.exists(j, j.category == 'toys' && i.quantity == 5)): not of "
     "element 1 of 10: order.items.exists(j, j.category == 'toys' && i.quantity == 5): true of "
     "none of 10"},
    {"bool('false')", "bool('false') is always false"},
    {"dyn(1) == 'a'", "dyn(1) == 'a' is always false"},
    {"order.items.map(i, i.quantity).exists(q, q > 5)",
     "order.items.map(i, i.quantity).exists(q, q > 5): true of none of 10"},
    {"{'a': false}.a", "{'a': false}.a is always false"},
    {"[1, 2].all(x, [3, 4].all(y, x < 2))", "[1, 2].all(x, [3, 4].all(y, x < 2)) is always false"},
    {"math.greatest(order.items.map(i, i.quantity)) > 2",
     "math.greatest(order.items.map(i, i.quantity)) > 2: 2 > 2"},
    {"[order.items[0].is_gift] == [true]", "[order.items[0].is_gift] == [true]: [false] == [true]"},
    {"!order.items.exists(i, i.category == 'skincare')",
     "order.items.exists(i, i.category == 'skincare') is true: of element 3 of 10"},
    {"!order.items.all(i, i.quantity > 0)",
     "order.items.all(i, i.quantity > 0) is true: of all 10"},
    {"!points.exists(k, k == 'miles')", "points.exists(k, k == 'miles') is true: of 'miles'"},
    {"!(order.eligible > 50.00 && member.id == 'anna')",
     "order.eligible > 50.00 is true: 54.99 > 50.00; member.id == 'anna' is true"},
    {"!(member.id == 'x' || order.eligible > 50.00)",
     "order.eligible > 50.00 is true: 54.99 > 50.00"},
    {"!(!(member.id == 'x'))", "member.id == 'x': 'anna' == 'x'"},
    {"!has(member.id)", "has(member.id) is true"},
    {"!('skincare_lovers' in member.segments)",
     "'skincare_lovers' in member.segments is true: member.segments is ['skincare_lovers', "
     "'big_baskets']"},
    {"!order.items[1].is_gift", "order.items[1].is_gift is true"},
    {"points.all(k, v, v > 0)", "points.all(k, v, v > 0): not of 'miles': v > 0: -3 > 0"},
    {"order.items.all(i, i.category.startsWith('b'))",
     "order.items.all(i, i.category.startsWith('b')): not of element 2 of 10: "
     "i.category.startsWith('b'): i.category is 'toys'"},
    {"order.items.all(i, cel.bind(q, i.quantity, q > 1))",
     "order.items.all(i, cel.bind(q, i.quantity, q > 1)): not of element 1 of 10: q > 1: 1 > 1"},
    {"[].exists(x, member.id == x)", "[].exists(x, member.id == x): true of none of 0"},
    {"order.items.filter(i, i.quantity > 5).exists(i, true)",
     "order.items.filter(i, i.quantity > 5).exists(i, true): true of none of 0"},
    {"order.items.exists(i, has(i.category) && i.quantity / (i.quantity - 1) == 9)",
     "i.quantity / (i.quantity - 1): divide by zero"},
    {"member.id == 'a' || member.id == 'b' || member.id == 'c' || member.id == 'd' || member.id == "
     "'e' || member.id == 'f' || member.id == 'g'",
     "member.id == 'a': 'anna' == 'a'; member.id == 'b': 'anna' == 'b'; member.id == 'c': 'anna' "
     "== 'c'; member.id == 'd': 'anna' == 'd'; member.id == 'e': 'anna' == 'e'; and 2 more"},
    {"member.id == 'a' && order.items.exists(i, 1 / 0 == 1)", "member.id == 'a': 'anna' == 'a'"},
    {"1 / twice(0) == 1 && member.id == 'anna'", "1 / twice(0): divide by zero"},
    {"member.birthday.startsWith('01') && member.id == 'anna'", "member.birthday: not known"},
    {"dyn(member.id) > 3", "dyn(member.id) > 3: no such overload"},
    {"order.eligible == money('54.99 USD')",
     "order.eligible == money('54.99 USD'): 54.99 EUR == money('54.99 USD')"},
    {"order.eligible > money('1 USD')",
     "order.eligible > money('1 USD'): different currencies: EUR and USD"},
    {"order.eligible - money('10.00 EUR') > order.eligible",
     "order.eligible - money('10.00 EUR') > order.eligible: 44.99 > 54.99"},
    {"now - member.joined_at < duration('24h')",
     "now - member.joined_at < duration('24h'): duration('37065600.25s') < duration('24h')"},
    {"member.id != 'anna'", "member.id != 'anna': 'anna' != 'anna'"},
    {"names == ['a', 'b']",
     "names == ['a', 'b']: ['anna', 'bj\303\266rn', '\360\237\230\201'] == ['a', 'b']"},
    {"points == {'a': 1}", "points == {'a': 1}: {'points': 120, 'miles': -3} == {'a': 1}"},
    {"order.waited.getHours() > 3", "order.waited.getHours() > 3: 1 > 3"},
    {"math.greatest(1, order.items.size()) < 10",
     "math.greatest(1, order.items.size()) < 10: 10 < 10"},
    {"string(order.items.size()) == '11'", "string(order.items.size()) == '11': '10' == '11'"},
    {"order.items[0].unit_price * 2 > 100.00",
     "order.items[0].unit_price * 2 > 100.00: 9.98 > 100.00"},
    {"optional.of(member.id).hasValue() == false",
     "optional.of(member.id).hasValue() == false: true == false"},
    {"order.items.map(i, i.category) == ['books']",
     "order.items.map(i, i.category) == ['books']: ['books', 'toys', 'skincare', 'garden', "
     "'music', 'film', 'food', 'skincare', 'paper', 'tools'] == ['books']"},
    {"member.tiers == dyn(1)", "member.tiers == dyn(1): tiers == dyn(1)"},
    {"type(order) == int", "type(order) == int: order == int"},
    {"twice(1) == 2 ? order.items.all(i, i.is_gift) : true",
     "twice(1) == 2 is true; order.items.all(i, i.is_gift): not of element 1 of 10: i.is_gift is "
     "false"},
    {"twice(1) == 3 ? true : has(member.birthday)",
     "twice(1) == 3 is false; has(member.birthday): not known"},
    {"member.birthday == 'x' ? true : false", "member.birthday: not known"},
    {"[false, true][0]", "[false, true][0] is always false"},
    {"points['points'] < 100", "points['points'] < 100: 120 < 100"},
    {"rate * 2 == 2", "rate * 2 == 2: 2.50 == 2"},
    {"order.discount + 1.0 == 1.0", "order.discount + 1.0 == 1.0: 1.125 == 1.0"},
    {"order.items.exists_one(i, i.quantity > 0)",
     "order.items.exists_one(i, i.quantity > 0): true of 10 of 10"},
};

static void what_made_a_condition_false_is_told_with_its_values(void **state)
{
    (void)state;
    unsigned wrong = 0;
    assert_true(COUNT(examples) >= 60);
    for (size_t i = 0; i < COUNT(examples); i++) {
        assert_ok(explain(compile(text_of(examples[i].source))));
        if (text_equal(buffer_text(&told), text_of(examples[i].told))) continue;
        print_error("%s\n  is %.*s\n", examples[i].source, TEXT_ARGUMENTS(buffer_text(&told)));
        wrong++;
    }
    assert_int_equal(0, wrong);
}

static void of_what_is_true_nothing_is_told(void **state)
{
    (void)state;
    static const char *const sources[] = {
        "true",
        "order.eligible >= 50.00",
        "member.birthday == 'x' || member.id == 'anna'",
        "order.items.exists(i, 1 / (i.quantity - 1) == 1)",
    };
    for (size_t i = 0; i < COUNT(sources); i++) {
        assert_ok(explain(compile(text_of(sources[i]))));
        assert_int_equal(0, told.length);
    }
}

static void what_is_told_is_added_to_what_was_there(void **state)
{
    (void)state;
    const struct cel_expression *expression = compile(TEXT("member.id == 'bob'"));
    assert_ok(buffer_add(&told, TEXT("rule: ")));
    cel_evaluation_init(&evaluation, environment, &shop_host, &scratch, NULL);
    assert_ok(cel_explain(expression, &evaluation, shop_variables(), &told));
    assert_text("rule: member.id == 'bob': 'anna' == 'bob'", buffer_text(&told));
}

static void a_buffer_that_is_full_stays_as_it_was(void **state)
{
    (void)state;
    const struct cel_expression *expression = compile(TEXT("member.id == 'bob'"));
    struct buffer small;
    buffer_init(&small, 20);
    assert_ok(buffer_add(&small, TEXT("rule: ")));
    cel_evaluation_init(&evaluation, environment, &shop_host, &scratch, NULL);
    assert_status(STATUS_LIMIT, cel_explain(expression, &evaluation, shop_variables(), &small));
    assert_text("rule: ", buffer_text(&small));
    buffer_release(&small);
}

static void memory_that_runs_out_is_told(void **state)
{
    (void)state;
    const struct cel_expression *expression =
        compile(TEXT("order.items.all(i, [i.category, 'x'] == ['books', 'x'])"));
    assert_ok(explain(expression));
    size_t needed = scratch.used;
    unsigned failed = 0;
    for (size_t maximum = 0; maximum < needed; maximum += 16) {
        struct arena small;
        arena_init(&small, maximum);
        buffer_clear(&told);
        cel_evaluation_init(&evaluation, environment, &shop_host, &small, NULL);
        enum status status = cel_explain(expression, &evaluation, shop_variables(), &told);
        /* Memory that ends in the evaluation itself is one of its faults, and explained. */
        assert_true(status == STATUS_OK || status == STATUS_NO_MEMORY);
        failed += status != STATUS_OK;
        arena_release(&small);
    }
    assert_true(failed > 0);
}

/* Explaining evaluates again and again; all of that together has a bound. */
static void steps_that_run_out_are_told_as_a_fault(void **state)
{
    (void)state;
    const struct cel_expression *expression = compile(TEXT(
        "names.all(a, names.all(b, names.all(c, names.all(d, names.all(e, names.all(f, a != '' && "
        "order.items.all(i, order.items.all(j, i.quantity + j.quantity < 4)))))))) "));
    assert_ok(explain(expression));
    assert_true(told.length > 0);
    for (uint64_t maximum = 0; maximum < 400; maximum++) {
        arena_clear(&scratch);
        buffer_clear(&told);
        cel_evaluation_init(&evaluation, environment, &shop_host, &scratch, NULL);
        evaluation.step_maximum = maximum;
        assert_ok(cel_explain(expression, &evaluation, shop_variables(), &told));
        assert_true(told.length > 0);
    }
}

static void long_texts_are_cut(void **state)
{
    (void)state;
    struct buffer source;
    buffer_init(&source, 10000);
    assert_ok(buffer_add(&source, TEXT("member.id + '")));
    for (int i = 0; i < 400; i++)
        assert_ok(buffer_add(&source, TEXT("\303\274")));
    assert_ok(buffer_add(&source, TEXT("' == order.id")));
    assert_ok(explain(compile(buffer_text(&source))));
    assert_true(told.length < 500);
    assert_true(text_is_utf8(buffer_text(&told), NULL));
    assert_true(text_ends_with(buffer_text(&told), TEXT("... == 'order-1'")));
    buffer_release(&source);
}

static void the_deepest_expressions_are_explained(void **state)
{
    (void)state;
    struct buffer source;
    buffer_init(&source, 10000);
    for (int i = 0; i < 200; i++)
        assert_ok(buffer_add_format(&source, "cel.bind(x%d, member.id, ", i));
    assert_ok(buffer_add(&source, TEXT("x199 == 'bob'")));
    for (int i = 0; i < 200; i++)
        assert_ok(buffer_add_byte(&source, ')'));
    assert_ok(explain(compile(buffer_text(&source))));
    assert_text("x199 == 'bob': 'anna' == 'bob'", buffer_text(&told));
    buffer_clear(&source);
    for (int i = 0; i < 240; i++)
        assert_ok(buffer_add(&source, TEXT("!")));
    assert_ok(buffer_add(&source, TEXT("(member.id == 'bob')")));
    assert_ok(explain(compile(buffer_text(&source))));
    assert_text("member.id == 'bob': 'anna' == 'bob'", buffer_text(&told));
    buffer_release(&source);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(what_made_a_condition_false_is_told_with_its_values),
        CASE(of_what_is_true_nothing_is_told),
        CASE(what_is_told_is_added_to_what_was_there),
        CASE(a_buffer_that_is_full_stays_as_it_was),
        CASE(memory_that_runs_out_is_told),
        CASE(steps_that_run_out_are_told_as_a_fault),
        CASE(long_texts_are_cut),
        CASE(the_deepest_expressions_are_explained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
