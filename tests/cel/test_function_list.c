/* Tests of the libraries lists, sets and encoders: order, edges, limits, what is refused. */
#include "answer.h"

static void parts_of_lists_stay_within_them(void **state)
{
    (void)state;
    static const struct answer_case cases[] = {
        {"[1, 2, 3, 4].slice(1, 3)", "[2, 3]"},
        {"[1, 2].slice(2, 2)", "[]"},
        {"[].slice(0, 0)", "[]"},
        {"[1, 2].slice(0, 3)", "error: index out of bounds: slice(0, 3) of 2 elements"},
        {"[1, 2].slice(-1, 1)", "error: index out of bounds: slice(-1, 1) of 2 elements"},
        {"[1, 2].slice(2, 1)", "error: invalid argument: a slice from 2 to 1"},
        {"[1, 2, 3].reverse()", "[3, 2, 1]"},
        {"[].reverse()", "[]"},
        {"lists.range(3)", "[0, 1, 2]"},
        {"lists.range(0)", "[]"},
        {"lists.range(2000).size()", "2000"},
        {"lists.range(2001)", "error: a string or list is too long"},
        {"lists.range(-1)", "error: invalid argument: a range of -1"},
    };
    assert_answers(cases, COUNT(cases));
}

static void flattening_goes_as_deep_as_it_is_told(void **state)
{
    (void)state;
    static const struct answer_case cases[] = {
        {"[[1], [], [2, 3]].flatten()", "[1, 2, 3]"},
        {"[1, [2, [3, [4]]]].flatten()", "[1, 2, [3, [4]]]"},
        {"[1, [2, [3, [4]]]].flatten(2)", "[1, 2, 3, [4]]"},
        {"[1, [2, [3, [4]]]].flatten(9223372036854775807)", "[1, 2, 3, 4]"},
        {"[1, [2]].flatten(0)", "[1, [2]]"},
        {"[1].flatten(-1)", "error: invalid argument: the depth is 0 or more"},
        {"[lists.range(1500), lists.range(1500)].flatten()", "error: a string or list is too long"},
    };
    assert_answers(cases, COUNT(cases));
}

static void distinct_keeps_the_first_of_equal_ones(void **state)
{
    (void)state;
    static const struct answer_case cases[] = {
        {"[].distinct()", "[]"},
        {"['b', 'a', 'b', 'c', 'a'].distinct()", "[b, a, c]"},
        {"[1, 1u, 1.0, 2.0, 2, true].distinct()", "[1, 2, true]"},
        {"[1.5, 1, 1.5].distinct()", "[1.5, 1]"},
        {"[[1], [2], [1]].distinct()", "[[1], [2]]"},
        {"[null, null].distinct()", "[null]"},
        {"[1, decimal('1.0'), decimal('1.00')].distinct()", "[1]"},
        {"[decimal('1.0'), 1].distinct()", "[1.0]"},
        {"[0.0/0.0, 0.0/0.0].distinct().size()", "2"},
        {"lists.range(2000).distinct().size()", "2000"},
    };
    assert_answers(cases, COUNT(cases));
}

static void sorting_is_stable_and_of_one_kind(void **state)
{
    (void)state;
    static const struct answer_case cases[] = {
        {"[].sort()", "[]"},
        {"[7].sort()", "[7]"},
        {"[3, 1, 2, 5, 4].sort()", "[1, 2, 3, 4, 5]"},
        {"['b', 'a', 'é', 'z'].sort()", "[a, b, z, é]"},
        {"[true, false].sort()", "[false, true]"},
        {"[duration('2s'), duration('1s')].sort()", "[1s, 2s]"},
        {"[decimal('1.50'), decimal('1.5'), decimal('1')].sort()", "[1, 1.50, 1.5]"},
        {"[money('2 EUR'), money('1 EUR')].sort()", "[1 EUR, 2 EUR]"},
        {"[money('2 EUR'), money('1 USD')].sort()", "error: different currencies"},
        {"[2.0, 0.0/0.0].sort()", "error: invalid argument: NaN has no order"},
        {"[1, 'b'].sort()", "error: no such overload"},
        {"[[1], [2]].sort()", "error: no such overload"},
        {"lists.range(2000).reverse().sort().slice(0, 3)", "[0, 1, 2]"},
    };
    assert_answers(cases, COUNT(cases));
}

static void sets_look_at_what_is_there_and_not_at_how_often(void **state)
{
    (void)state;
    static const struct answer_case cases[] = {
        {"sets.contains([1, 2], [])", "true"},
        {"sets.contains([], [1])", "false"},
        {"sets.contains([1, 2.0], [2u, 1, 1])", "true"},
        {"sets.equivalent([], [])", "true"},
        {"sets.equivalent([1, 2, 2], [2u, 1.0])", "true"},
        {"sets.equivalent([1, 2], [1])", "false"},
        {"sets.equivalent([1], [1, 2])", "false"},
        {"sets.intersects([], [])", "false"},
        {"sets.intersects([[1], 2], [3, [1]])", "true"},
        {"sets.intersects([dyn(1)], ['1'])", "false"},
        {"sets.contains(lists.range(2000), lists.range(2000))", "error: too many steps"},
        {"sets.contains(lists.range(1000), lists.range(1000))", "true"},
    };
    assert_answers(cases, COUNT(cases));
}

static void base64_is_read_as_it_is_written(void **state)
{
    (void)state;
    static const struct answer_case cases[] = {
        {"base64.encode(b'')", "''"},
        {"base64.encode(b'f')", "'Zg=='"},
        {"base64.encode(b'fo')", "'Zm8='"},
        {"base64.encode(b'foo')", "'Zm9v'"},
        {"base64.encode(b'\\xff\\xfe\\x00')", "'//4A'"},
        {"base64.decode('')", ""},
        {"base64.decode('Zm9vYmE=')", "fooba"},
        {"base64.decode('Zm9vYmE')", "fooba"},
        {"base64.decode('Zg==')", "f"},
        {"base64.decode('Zg')", "f"},
        {"base64.decode('Zg=')", "error: invalid argument: this is not base64"},
        {"base64.decode('Z')", "error: invalid argument: this is not base64"},
        {"base64.decode('Zh')", "error: invalid argument: this is not base64"},
        {"base64.decode('Zm9v\\n')", "error: invalid argument: this is not base64"},
        {"base64.decode('Zm9=v')", "error: invalid argument: this is not base64"},
        {"base64.decode('===')", "error: invalid argument: this is not base64"},
        {"base64.decode('////') == b'\\xff\\xff\\xff'", "true"},
    };
    assert_answers(cases, COUNT(cases));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_of_lists_stay_within_them),
        cmocka_unit_test(flattening_goes_as_deep_as_it_is_told),
        cmocka_unit_test(distinct_keeps_the_first_of_equal_ones),
        cmocka_unit_test(sorting_is_stable_and_of_one_kind),
        cmocka_unit_test(sets_look_at_what_is_there_and_not_at_how_often),
        cmocka_unit_test(base64_is_read_as_it_is_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
