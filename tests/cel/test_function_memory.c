/* Tests of functions that find no memory: each allocation of an evaluation fails once, and what
 * comes back is the fault that says so, never a wrong answer.
 */
#include "answer.h"

static const char *const expressions[] = {
    "'a,b,c'.split(',')",
    "'abc'.split('', 2)",
    "['abc', 'def'].join(', ')",
    "'abc'.replace('b', 'xyz')",
    "'ABC'.lowerAscii()",
    "'abc'.reverse()",
    "'abcabc'.lastIndexOf('bc')",
    "strings.quote('a\"b')",
    "'%s and %d and %.2f'.format([{'b': [1, 2], 'a': timestamp('2027-03-05T12:00:00Z')}, 5, 1.5])",
    "'%s'.format(['a text that is longer than what a writer begins with, by some more bytes'])",
    "'%x'.format([b'bytes'])",
    "'%s'.format([type(1)])",
    "timestamp('2027-03-05T12:00:00Z').getHours('Europe/London')",
    "timestamp('2027-03-05T12:00:00Z').getHours('+01:00')",
    "base64.encode(b'bytes')",
    "base64.decode('Ynl0ZXM=')",
    "[1, 2, 3].slice(1, 2)",
    "[[1], [2, 3]].flatten()",
    "[[1], [2], 3, 'x', 3].distinct()",
    "[3, 1, 2].sort()",
    "[3, 1, 2].reverse()",
    "lists.range(9)",
    "string(money('49.99 EUR'))",
    "money('49.99 EUR').currency()",
    "math.greatest([1, 2, 3])",
    "sets.contains([1, 2], [2])",
};

static void the_fault_of_missing_memory_comes_back(void **state)
{
    (void)state;
    struct answers answers;
    answers_open(&answers);
    for (size_t i = 0; i < COUNT(expressions); i++) {
        struct cel_value whole = answer(&answers, expressions[i]);
        assert_false(cel_is_error(whole));
        enum cel_kind wanted = (enum cel_kind)whole.kind;
        size_t needed = answers.scratch.used;
        for (size_t bytes = 0; bytes < needed; bytes += 16) {
            struct cel_value value = answer_within(&answers, expressions[i], bytes);
            if (cel_is_error(value) && value.tag == CEL_FAULT_NO_MEMORY) continue;
            print_error("%s: within %zu of %zu bytes\n", expressions[i], bytes, needed);
            assert_int_equal(CEL_FAULT_NO_MEMORY, cel_is_error(value) ? value.tag : 0);
        }
        assert_int_equal(wanted, answer_within(&answers, expressions[i], needed).kind);
    }
    answers_close(&answers);
}

/* An error's detail may be missing; its fault is not. */
static void a_fault_without_memory_for_its_words_stays_that_fault(void **state)
{
    (void)state;
    static const struct {
        const char *expression;
        enum cel_fault fault;
    } cases[] = {
        {"'abc'.charAt(9)", CEL_FAULT_INDEX},
        {"'abc'.matches('(')", CEL_FAULT_PATTERN},
        {"money('1 ABC')", CEL_FAULT_CONVERSION},
        {"math.bitShiftLeft(1, -1)", CEL_FAULT_INVALID_ARGUMENT},
    };
    struct answers answers;
    answers_open(&answers);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct cel_value value = answer_within(&answers, cases[i].expression, 0);
        assert_int_equal(cases[i].fault, value.tag);
        assert_null(value.detail);
        value = answer(&answers, cases[i].expression);
        assert_int_equal(cases[i].fault, value.tag);
        assert_non_null(value.detail);
    }
    answers_close(&answers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_fault_of_missing_memory_comes_back),
        cmocka_unit_test(a_fault_without_memory_for_its_words_stays_that_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
