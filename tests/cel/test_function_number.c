/* Tests of doubles as text and of the math library at its edges. */
#include "answer.h"

#include <math.h>

static void doubles_are_written_with_the_digits_that_read_them_back(void **state)
{
    (void)state;
    static const struct {
        double number;
        const char *wanted;
    } cases[] = {
        {0.0, "0"},
        {-0.0, "-0"},
        {0.1, "0.1"},
        {-4.5e-3, "-0.0045"},
        {0.000001, "0.000001"},
        {0.0000001, "1e-07"},
        {100000, "100000"},
        {123456789, "123456789"},
        {1e20, "100000000000000000000"},
        {1e21, "1e+21"},
        {1e300, "1e+300"},
        {5e-324, "5e-324"},
        {1.7976931348623157e308, "1.7976931348623157e+308"},
        {0.30000000000000004, "0.30000000000000004"},
        {(double)NAN, "NaN"},
        {(double)INFINITY, "Infinity"},
        {-(double)INFINITY, "-Infinity"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char out[CEL_DOUBLE_TEXT_MAXIMUM];
        struct text text = cel_double_format(cases[i].number, out);
        if (!text_equal(text, text_of(cases[i].wanted)))
            print_error("%s: %.*s\n", cases[i].wanted, TEXT_ARGUMENTS(text));
        assert_true(text_equal(text, text_of(cases[i].wanted)));
        double again = 0;
        assert_int_equal(STATUS_OK, cel_double_parse(text, &again));
        assert_true(again == cases[i].number || again != again);
        assert_int_equal(signbit(cases[i].number) != 0, signbit(again) != 0);
    }
}

static void any_double_is_read_back(void **state)
{
    (void)state;
    uint64_t bits = 88172645463325252u;
    for (int i = 0; i < 20000; i++) {
        bits ^= bits << 13; /* xorshift: Marsaglia, 2003 */
        bits ^= bits >> 7;
        bits ^= bits << 17;
        double number;
        memcpy(&number, &bits, sizeof number);
        if (number != number) continue;
        char out[CEL_DOUBLE_TEXT_MAXIMUM];
        double again = 0;
        assert_int_equal(STATUS_OK, cel_double_parse(cel_double_format(number, out), &again));
        assert_memory_equal(&number, &again, sizeof number);
    }
}

static void doubles_are_read_in_one_form(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum status status;
        double wanted;
    } cases[] = {
        {"1", STATUS_OK, 1},
        {"+1.50", STATUS_OK, 1.5},
        {".5", STATUS_OK, 0.5},
        {"5.", STATUS_OK, 5},
        {"1e3", STATUS_OK, 1000},
        {"1E+3", STATUS_OK, 1000},
        {"1e-3", STATUS_OK, 0.001},
        {"00012", STATUS_OK, 12},
        {"0.0e999999999999999999999", STATUS_OK, 0},
        {"1e-400", STATUS_OK, 0},
        {"1e-99999999999999999999", STATUS_OK, 0},
        {"0.00001e-321", STATUS_OK, 0},
        {"1e400", STATUS_OVERFLOW, 0},
        {"-1e400", STATUS_OVERFLOW, 0},
        {"100000e304", STATUS_OVERFLOW, 0},
        {"1e99999999999999999999", STATUS_OVERFLOW, 0},
        {"infinity", STATUS_OK, (double)INFINITY},
        {"-Inf", STATUS_OK, -(double)INFINITY},
        {"", STATUS_SYNTAX, 0},
        {"-", STATUS_SYNTAX, 0},
        {".", STATUS_SYNTAX, 0},
        {"e5", STATUS_SYNTAX, 0},
        {"1e", STATUS_SYNTAX, 0},
        {"1e+", STATUS_SYNTAX, 0},
        {"1 ", STATUS_SYNTAX, 0},
        {" 1", STATUS_SYNTAX, 0},
        {"--1", STATUS_SYNTAX, 0},
        {"+-1", STATUS_SYNTAX, 0},
        {"0x1p3", STATUS_SYNTAX, 0},
        {"1,5", STATUS_SYNTAX, 0},
        {"nan(1)", STATUS_SYNTAX, 0},
        {"-nan", STATUS_SYNTAX, 0},
        {"1.2.3", STATUS_SYNTAX, 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        double number = 42;
        enum status status = cel_double_parse(text_of(cases[i].text), &number);
        if (status != cases[i].status) print_error("%s: %s\n", cases[i].text, status_text(status));
        assert_int_equal(cases[i].status, status);
        assert_true(status == STATUS_OK ? number == cases[i].wanted : number == 42);
    }
}

static void the_greatest_and_the_least_are_found_among_all_numbers(void **state)
{
    (void)state;
    static const struct answer_case cases[] = {
        {"math.greatest([])", "error: invalid argument: the list is empty"},
        {"math.least(1, decimal('0.5'))", "0.5"},
        {"math.greatest(2, decimal('0.50'))", "2"},
        {"math.greatest([decimal('1.5'), 2])", "2"},
        {"math.greatest(money('1 EUR'), money('2 EUR'))", "2 EUR"},
        {"math.least(money('20 EUR'), 5)", "5 EUR"},
        {"math.greatest(decimal('20.5'), money('20 EUR'))", "20.5 EUR"},
        {"math.greatest(decimal('20'), 5)", "20"},
        {"math.greatest(money('1 EUR'), money('2 USD'))", "error: different currencies"},
        {"math.greatest(0.0/0.0, 1.0)", "error: invalid argument: NaN has no order"},
        {"math.greatest('a', 'b')", "error: no such overload"},
        {"math.greatest(['a'])", "error: no such overload"},
        {"math.least(-1, 18446744073709551615u)", "-1"},
        {"math.greatest(9007199254740993, 9007199254740992.0)", "9007199254740993"},
    };
    assert_answers(cases, COUNT(cases));
}

static void signs_roots_and_bits_keep_to_their_edges(void **state)
{
    (void)state;
    static const struct answer_case cases[] = {
        {"math.round(-0.5)", "-1"},
        {"math.round(2.5)", "3"},
        {"math.trunc(-0.5)", "-0"},
        {"math.ceil(-0.5)", "-0"},
        {"math.floor(1e300)", "1e+300"},
        {"math.sqrt(2)", "1.4142135623730951"},
        {"math.sqrt(81u)", "9"},
        {"math.sqrt(-1.0)", "NaN"},
        {"math.abs(-9223372036854775808)", "error: return error for overflow"},
        {"math.sign(-0.0)", "-0"},
        {"math.sign(0.0/0.0)", "NaN"},
        {"math.bitShiftLeft(1, 63)", "-9223372036854775808"},
        {"math.bitShiftLeft(1, 64)", "0"},
        {"math.bitShiftRight(-1, 63)", "1"},
        {"math.bitShiftRight(1u, -1)", "error: invalid argument: a shift by -1 bits"},
        {"math.bitXor(-1, 0)", "-1"},
    };
    assert_answers(cases, COUNT(cases));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(doubles_are_written_with_the_digits_that_read_them_back),
        cmocka_unit_test(any_double_is_read_back),
        cmocka_unit_test(doubles_are_read_in_one_form),
        cmocka_unit_test(the_greatest_and_the_least_are_found_among_all_numbers),
        cmocka_unit_test(signs_roots_and_bits_keep_to_their_edges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
