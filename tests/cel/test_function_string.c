/* Tests of the standard string functions and of the strings library: code points, edges, empty
 * texts, limits. The public suite's cases are test_conformance.c's; here stands what it leaves out.
 */
#include "answer.h"

static void standard_tests_look_at_bytes_and_patterns(void **state)
{
    (void)state;
    static const struct answer_case cases[] = {
        {"'Straße'.contains('aß')", "true"},
        {"''.contains('')", "true"},
        {"'abc'.contains('abcd')", "false"},
        {"'abc'.startsWith('abcd')", "false"},
        {"'forté'.endsWith('é')", "true"},
        {"'order-7'.matches('^order-[0-9]+$')", "true"},
        {"matches('order-x', '^order-[0-9]+$')", "false"},
        {"'ÄÖ'.matches('^..$')", "true"},
        {"'a\\nb'.matches('^a.b$')", "false"},
        {"'x'.matches('(')", "error: invalid regular expression: missing ): ("},
        {"'x'.matches('(?=x)')", "error: invalid regular expression: invalid perl operator: (?="},
        {"'x'.matches('((((a{1000}){1000}){1000}){1000})')",
         "error: invalid regular expression: invalid repetition size: {1000}"},
        {"'x'.matches('\\\\pL{900}')",
         "error: invalid regular expression: pattern too large - compile failed"},
        {"'x'.contains(1)", "error: no such overload"},
    };
    assert_answers(cases, COUNT(cases));
}

static void positions_are_code_points(void **state)
{
    (void)state;
    static const struct answer_case cases[] = {
        {"'a😀b'.charAt(1)", "'😀'"},
        {"'a😀b'.charAt(2)", "'b'"},
        {"'a😀b'.charAt(3)", "''"},
        {"'a😀b'.charAt(4)", "error: index out of bounds: 4, in a text of 3 characters"},
        {"'a😀b'.charAt(-1)", "error: index out of bounds: -1, in a text of 3 characters"},
        {"''.charAt(0)", "''"},
        {"'a😀b😀'.indexOf('😀', 2)", "3"},
        {"'abc'.indexOf('c', 3)", "-1"},
        {"'abc'.indexOf('', 3)", "3"},
        {"'abc'.indexOf('', 4)", "error: index out of bounds: 4, in a text of 3 characters"},
        {"'a😀b😀'.lastIndexOf('😀')", "3"},
        {"'a😀b😀'.lastIndexOf('😀', 2)", "1"},
        {"'aaaa'.lastIndexOf('aa', 4)", "2"},
        {"'aaaa'.lastIndexOf('aa', 0)", "0"},
        {"'a'.lastIndexOf('aa', 1)", "-1"},
        {"''.lastIndexOf('')", "0"},
        {"'a😀b'.substring(1, 2)", "'😀'"},
        {"'a😀b'.substring(3)", "''"},
        {"'a😀b'.substring(4)", "error: index out of bounds: 4, in a text of 3 characters"},
        {"'abc'.substring(9223372036854775807)",
         "error: index out of bounds: 9223372036854775807, in a text of 3 characters"},
        {"'a😀b'.reverse()", "'b😀a'"},
        {"''.reverse()", "''"},
    };
    assert_answers(cases, COUNT(cases));
}

static void replacing_and_splitting_stop_at_their_limit(void **state)
{
    (void)state;
    static const struct answer_case cases[] = {
        {"'aaa'.replace('a', 'bb')", "'bbbbbb'"},
        {"'aaa'.replace('a', 'b', 2)", "'bba'"},
        {"'aaa'.replace('a', 'b', 0)", "'aaa'"},
        {"'aaa'.replace('a', 'b', -1)", "'bbb'"},
        {"'aé'.replace('', '_')", "'_a_é_'"},
        {"'aé'.replace('', '_', 2)", "'_a_é'"},
        {"''.replace('', '_')", "'_'"},
        {"'abc'.replace('abc', '')", "''"},
        {"'aXbXc'.split('X', 2)", "[a, bXc]"},
        {"'aXbXc'.split('X', 9)", "[a, b, c]"},
        {"'XaX'.split('X').size()", "3"},
        {"''.split('X').size()", "1"},
        {"''.split('').size()", "0"},
        {"'aéz'.split('')", "[a, é, z]"},
        {"'aéz'.split('', 2)", "[a, éz]"},
        {"['a', 'b'].join('é')", "'aéb'"},
        {"['a', 1].join()", "error: no such overload"},
    };
    assert_answers(cases, COUNT(cases));
}

static void only_ascii_letters_change_their_case(void **state)
{
    (void)state;
    static const struct answer_case cases[] = {
        {"'@AZ[`az{É'.lowerAscii()", "'@az[`az{É'"},
        {"'@AZ[`az{é'.upperAscii()", "'@AZ[`AZ{é'"},
    };
    assert_answers(cases, COUNT(cases));
}

static void white_space_is_unicodes(void **state)
{
    (void)state;
    static const struct answer_case cases[] = {
        {"'\\u3000 a b\\u00a0'.trim()", "'a b'"},
        {"' \\t '.trim()", "''"},
        {"''.trim()", "''"},
        {"'\\u200b'.trim().size()", "1"},
    };
    assert_answers(cases, COUNT(cases));
}

static void formats_take_one_value_for_each_clause(void **state)
{
    (void)state;
    static const struct answer_case cases[] = {
        {"'%s%%'.format(['x'])", "'x%'"},
        {"'%s %s'.format(['x'])", "error: index out of bounds: no value for clause 2"},
        {"'%s'.format(['x', 'unused'])", "'x'"},
        {"'%'.format(['x'])", "error: invalid argument: %: a clause is one of %s %d %f %e %b %o %x "
                              "%X, or %% for the sign"},
        {"'%é'.format(['x'])", "error: invalid argument: %é: a clause is one of %s %d %f %e %b %o "
                               "%x %X, or %% for the sign"},
        {"'%.f'.format([2.5])", "'2'"},
        {"'%.f'.format([3.5])", "'4'"},
        {"'%.20f'.format([0.1])", "'0.10000000000000000555'"},
        {"'%.1001f'.format([0.1])",
         "error: invalid argument: %.1001f: at most 1000 digits can be asked for"},
        {"'%.1000f'.format([1.5]).size()", "1002"},
        {"'%.0f'.format([1.7976931348623157e308]).size()", "309"},
        {"'%f'.format([-0.0])", "'-0.000000'"},
        {"'%.2f'.format([12])", "'12.00'"},
        {"'%.0f'.format([12u])", "'12'"},
        {"'%.1f'.format([decimal('2.25')])", "'2.2'"},
        {"'%.1f'.format([decimal('-2.35')])", "'-2.4'"},
        {"'%.3f'.format([decimal('2')])", "'2.000'"},
        {"'%.20f'.format([decimal('0.5')])", "'0.50000000000000000000'"},
        {"'%.1f'.format([money('49.99 EUR')])", "'50.0'"},
        {"'%s'.format([money('49.99 EUR')])", "'49.99 EUR'"},
        {"'%.2e'.format([0.00012345])", "'1.23e-04'"},
        {"'%e'.format([1])", "error: invalid argument: %e takes a double, not a value of type int"},
        {"'%d'.format([-9223372036854775808])", "'-9223372036854775808'"},
        {"'%d'.format([1.5])",
         "error: invalid argument: %d takes an int or a uint, not a value of type double"},
        {"'%x %X %o %b'.format([-255, 255u, -8, -5])", "'-ff FF -10 -101'"},
        {"'%x'.format([-9223372036854775808])", "'-8000000000000000'"},
        {"'%b'.format([18446744073709551615u]).size()", "64"},
        {"'%x'.format(['é'])", "'c3a9'"},
        {"'%s'.format([b'\\xff'])", "error: invalid UTF-8"},
        {"'%s'.format([[]])", "'[]'"},
        {"'%s'.format([{}])", "'{}'"},
        {"'%s'.format([{'b': [1u], 'a': {2: null}}])", "'{a: {2: null}, b: [1]}'"},
        {"'%s'.format([{'10': 1, 9: 2, true: 3}])", "'{10: 1, 9: 2, true: 3}'"},
        {"'%s'.format([optional.of(1)])",
         "error: invalid argument: %s takes numbers, texts, bools, times, lists and maps, not a "
         "value of type optional_type"},
    };
    assert_answers(cases, COUNT(cases));
}

static struct text of_length(struct arena *arena, const char *before, size_t length,
                             const char *behind)
{
    char *bytes = arena_allocate(arena, length + 1);
    assert_non_null(bytes);
    memset(bytes, 'a', length);
    bytes[length] = '\0';
    return arena_format(arena, "%s%s%s", before, bytes, behind);
}

static void what_is_too_long_is_a_fault(void **state)
{
    (void)state;
    struct answers answers;
    answers_open(&answers);
    /* 21,845 times three bytes is one short of the limit. */
    struct text fits = of_length(&answers.kept, "'", 21845, "'.replace('a', 'bbb').size()");
    assert_int_equal(65535, answer(&answers, fits.bytes).integer);
    struct text is_too_long = of_length(&answers.kept, "'", 21846, "'.replace('a', 'bbb').size()");
    struct cel_value error = answer(&answers, is_too_long.bytes);
    assert_true(cel_is_error(error));
    assert_int_equal(CEL_FAULT_SIZE, error.tag);
    struct text elements = of_length(&answers.kept, "'", CEL_LIST_MAXIMUM, "'.split('').size()");
    assert_int_equal(CEL_LIST_MAXIMUM, answer(&answers, elements.bytes).integer);
    elements = of_length(&answers.kept, "'", CEL_LIST_MAXIMUM + 1, "'.split('').size()");
    assert_int_equal(CEL_FAULT_SIZE, answer(&answers, elements.bytes).tag);
    struct text pattern = of_length(&answers.kept, "'a'.matches('", 1001, "')");
    assert_int_equal(CEL_FAULT_PATTERN, answer(&answers, pattern.bytes).tag);
    pattern = of_length(&answers.kept, "'a'.matches('", 1000, "')");
    assert_int_equal(CEL_BOOL, answer(&answers, pattern.bytes).kind);
    answers_close(&answers);
}

static void work_that_is_not_allowed_is_not_done(void **state)
{
    (void)state;
    static const char *const calls[] = {
        "'.contains('b')", "'.matches('b')", "'.indexOf('b')", "'.lastIndexOf('b')",
        "'.charAt(0)",     "'.substring(0)", "'.lowerAscii()", "'.replace('b', 'c')",
        "'.split('b')",    "'.trim()",       "'.reverse()",    "'.format([])",
    };
    struct answers answers;
    answers_open(&answers);
    for (size_t i = 0; i < COUNT(calls); i++) {
        struct text expression = of_length(&answers.kept, "'", 640, calls[i]);
        answers.step_maximum = 9;
        struct cel_value error = answer(&answers, expression.bytes);
        if (!cel_is_error(error) || error.tag != CEL_FAULT_STEPS) print_error("%s\n", calls[i]);
        assert_int_equal(CEL_FAULT_STEPS, error.tag);
        answers.step_maximum = 1000;
        assert_false(cel_is_error(answer(&answers, expression.bytes)));
    }
    answers_close(&answers);
}

static void a_large_pattern_is_announced_as_more_work(void **state)
{
    (void)state;
    struct answers answers;
    answers_open(&answers);
    struct text small = of_length(&answers.kept, "'", 6400, "'.matches(r'^b.*')");
    struct text large = of_length(&answers.kept, "'", 6400, "'.matches(r'\\pL{4}z')");
    answers.step_maximum = 300;
    assert_int_equal(CEL_BOOL, answer(&answers, small.bytes).kind);
    assert_int_equal(CEL_FAULT_STEPS, answer(&answers, large.bytes).tag);
    answers.step_maximum = 20000;
    assert_int_equal(CEL_BOOL, answer(&answers, large.bytes).kind);
    answers_close(&answers);
}

static void every_search_ends_soon(void **state)
{
    (void)state;
    struct answers answers;
    answers_open(&answers);
    /* A search that goes back for every byte would compare a thousand million. */
    struct text text = of_length(&answers.kept, "'", 30000, "'.lastIndexOf('");
    struct text sought = of_length(&answers.kept, text.bytes, 15000, "b')");
    for (int i = 0; i < 20; i++)
        assert_int_equal(-1, answer(&answers, sought.bytes).integer);
    answers_close(&answers);
}

static void a_constant_pattern_is_compiled_once(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1u << 20);
    const char *why = NULL;
    const struct cel_pattern *pattern = cel_pattern_new(&arena, TEXT("^é+$"), &why);
    assert_non_null(pattern);
    assert_true(cel_pattern_finds(pattern, TEXT("éé")));
    assert_false(cel_pattern_finds(pattern, TEXT("e")));
    assert_false(cel_pattern_finds(pattern, (struct text){NULL, 0}));
    assert_null(cel_pattern_new(&arena, TEXT("a**"), &why));
    assert_string_equal("bad repetition operator: **", why);
    arena_release(&arena);
    /* Without memory for its promise, it is freed at once. */
    struct arena none;
    arena_init(&none, 0);
    assert_null(cel_pattern_new(&none, TEXT("a"), &why));
    assert_null(why);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(standard_tests_look_at_bytes_and_patterns),
        cmocka_unit_test(positions_are_code_points),
        cmocka_unit_test(replacing_and_splitting_stop_at_their_limit),
        cmocka_unit_test(only_ascii_letters_change_their_case),
        cmocka_unit_test(white_space_is_unicodes),
        cmocka_unit_test(formats_take_one_value_for_each_clause),
        cmocka_unit_test(what_is_too_long_is_a_fault),
        cmocka_unit_test(work_that_is_not_allowed_is_not_done),
        cmocka_unit_test(a_large_pattern_is_announced_as_more_work),
        cmocka_unit_test(every_search_ends_soon),
        cmocka_unit_test(a_constant_pattern_is_compiled_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
