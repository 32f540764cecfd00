/* Tests of decimals and money: exact sums, products that fit or do not, each rounding, currencies.
 */
#include "answer.h"

static void decimals_are_read_and_keep_their_scale(void **state)
{
    (void)state;
    static const struct answer_case cases[] = {
        {"decimal('49.990')", "49.990"},
        {"decimal('-0.05')", "-0.05"},
        {"decimal(7)", "7"},
        {"decimal(7u)", "7"},
        {"decimal(18446744073709551615u)", "error: return error for overflow"},
        {"decimal(decimal('1.50'))", "1.50"},
        {"decimal(money('1.50 EUR'))", "1.50"},
        {"decimal(1.5)", "error: no such overload"},
        {"decimal('')", "error: type conversion error: a decimal is written like 49.99"},
        {"decimal('1e3')", "error: type conversion error: a decimal is written like 49.99"},
        {"decimal(' 1')", "error: type conversion error: a decimal is written like 49.99"},
        {"decimal('0.0000000000000000001')",
         "error: return error for overflow: a decimal has at most 18 decimals and 64 bits"},
        {"string(decimal('1.50'))", "'1.50'"},
        {"int(decimal('12.00'))", "12"},
        {"int(decimal('-1.5'))", "error: range: round it first"},
        {"decimal('1.50') == decimal('1.5')", "true"},
    };
    assert_answers(cases, COUNT(cases));
}

static void sums_have_the_decimals_of_the_finer_one(void **state)
{
    (void)state;
    static const struct answer_case cases[] = {
        {"decimal('0.1') + decimal('0.20')", "0.30"},
        {"decimal('0.1') - 1", "-0.9"},
        {"1 - decimal('0.1')", "0.9"},
        {"-decimal('0.1')", "-0.1"},
        {"-decimal('-9223372036854775808')", "error: return error for overflow"},
        {"decimal('-9223372036854775808').abs()", "error: return error for overflow"},
        {"decimal('-2.50').abs()", "2.50"},
        {"decimal('9223372036854775807') + 1", "error: return error for overflow"},
        {"decimal('9223372036854775807') + decimal('0.1')", "error: return error for overflow"},
        {"decimal('-9223372036854775807') - 1", "-9223372036854775808"},
    };
    assert_answers(cases, COUNT(cases));
}

static void products_are_exact_or_refused(void **state)
{
    (void)state;
    static const struct answer_case cases[] = {
        {"decimal('1.50') * decimal('2.0')", "3.000"},
        {"2 * decimal('0.25')", "0.50"},
        {"decimal('0.1000000000') * decimal('0.1000000000')", "0.010000000000000000"},
        {"decimal('0.1000000001') * decimal('0.1000000001')",
         "error: return error for overflow: more than 18 decimals, or too large: round it first"},
        {"decimal('3000000000.0') * decimal('3000000000.0')", "9000000000000000000"},
        {"decimal('9000000000000000000') * 2",
         "error: return error for overflow: more than 18 decimals, or too large: round it first"},
        {"money('19.99 EUR') * decimal('0.5')", "9.995 EUR"},
        {"3 * money('19.99 EUR')", "59.97 EUR"},
        {"decimal('1') / decimal('2')", "error: no such overload"},
    };
    assert_answers(cases, COUNT(cases));
}

static void divisions_name_their_rounding(void **state)
{
    (void)state;
    static const struct answer_case cases[] = {
        {"decimal('10').divide(decimal('3'), 2, 'down')", "3.33"},
        {"decimal('10').divide(3, 2, 'up')", "3.34"},
        {"decimal('-10').divide(3, 2, 'down')", "-3.34"},
        {"decimal('10').divide(-3, 2, 'down')", "-3.34"},
        {"decimal('10').divide(-3, 2, 'up')", "-3.33"},
        {"decimal('-10').divide(-3, 0, 'half up')", "3"},
        {"decimal('1').divide(8, 2, 'half up')", "0.13"},
        {"decimal('-1').divide(8, 2, 'half up')", "-0.13"},
        {"decimal('1').divide(8, 2, 'half even')", "0.12"},
        {"decimal('1').divide(decimal('0.000000000000000001'), 0, 'down')", "1000000000000000000"},
        {"decimal('1').divide(decimal('0.000000000000000001'), 1, 'down')",
         "error: return error for overflow"},
        {"decimal('0.000000000000000001').divide(1, 0, 'up')", "1"},
        {"decimal('0.000000000000000001').divide(decimal('9000000000000000000'), 18, 'up')",
         "0.000000000000000001"},
        {"decimal('9223372036854775807').divide(decimal('0.000000000000000001'), 18, 'up')",
         "error: return error for overflow"},
        {"decimal('1').divide(0, 2, 'down')", "error: divide by zero"},
        {"decimal('1').divide(decimal('0.00'), 2, 'down')", "error: divide by zero"},
        {"decimal('1').divide(3, 19, 'down')", "error: range: there are 0 to 18 decimals"},
        {"decimal('1').divide(3, -1, 'down')", "error: range: there are 0 to 18 decimals"},
        {"decimal('1').divide(3, 2, 'floor')",
         "error: invalid argument: a rounding is 'down', 'up', 'half up' or 'half even'"},
        {"decimal('1').divide(-9223372036854775808, 2, 'down')",
         "error: return error for overflow"},
        {"decimal('2.345').round(2, 'half up')", "2.35"},
        {"decimal('2.345').round(2, 'half even')", "2.34"},
        {"decimal('2.3').round(3, 'down')", "2.300"},
        {"decimal('-2.5').round(0, 'half up')", "-3"},
        {"decimal('-2.1').floor()", "-3"},
        {"decimal('-2.9').ceil()", "-2"},
        {"decimal('2.1').ceil()", "3"},
        {"money('10.00 EUR').divide(3, 2, 'half up')", "3.33 EUR"},
        {"money('10.005 EUR').round(2, 'half even')", "10.00 EUR"},
    };
    assert_answers(cases, COUNT(cases));
}

static void numbers_of_all_scales_are_compared_by_value(void **state)
{
    (void)state;
    static const struct answer_case cases[] = {
        {"decimal('1.10') < decimal('1.2')", "true"},
        {"decimal('1.0') <= 1", "true"},
        {"2 > decimal('1.999999999999999999')", "true"},
        {"decimal('9223372036854775807') > decimal('0.000000000000000001')", "true"},
        {"decimal('-9223372036854775808') >= -9223372036854775807", "false"},
        {"money('49.99 EUR') >= money('49.990 EUR')", "true"},
        {"money('49.99 EUR') < money('50 USD')", "error: different currencies: EUR and USD"},
        {"money('49.99 EUR') < decimal('50')", "true"},
        {"50 > money('49.99 EUR')", "true"},
        {"money('50.00 EUR') == 50", "true"},
        {"decimal('50.0') != money('50.00 EUR')", "false"},
        {"money('50.00 EUR') == money('50.00 USD')", "false"},
        {"money('50.00 EUR') == money('50 EUR')", "true"},
    };
    assert_answers(cases, COUNT(cases));
}

static void money_keeps_its_currency(void **state)
{
    (void)state;
    static const struct answer_case cases[] = {
        {"money('49.99 EUR')", "49.99 EUR"},
        {"money(decimal('5'), 'JPY')", "5 JPY"},
        {"money(5, 'JPY')", "5 JPY"},
        {"money('49.99')", "error: type conversion error: '' is not the code of a currency"},
        {"money('49.99 eur')", "error: type conversion error: 'eur' is not the code of a currency"},
        {"money('49.99  EUR')",
         "error: type conversion error: ' EUR' is not the code of a currency"},
        {"money('49.99 XXX')", "error: type conversion error: 'XXX' is not the code of a currency"},
        {"money('EUR 49.99')", "error: type conversion error: money is written like 49.99 EUR"},
        {"money(5, 'a code that is far too long to be shownö whole')",
         "error: type conversion error: 'a code that is far too long to be shown' is not the code "
         "of a currency"},
        {"money(5, '')", "error: type conversion error: '' is not the code of a currency"},
        {"money('1.50 EUR') + money('0.5 EUR')", "2.00 EUR"},
        {"money('1.50 EUR') - money('2 EUR')", "-0.50 EUR"},
        {"money('1.50 EUR') + money('0.5 USD')", "error: different currencies: EUR and USD"},
        {"money('1.50 EUR') - 1", "0.50 EUR"},
        {"decimal('2') - money('1.50 EUR')", "0.50 EUR"},
        {"-money('1.50 EUR')", "-1.50 EUR"},
        {"(-money('1.50 EUR')).abs()", "1.50 EUR"},
        {"money('1.50 EUR').amount()", "1.50"},
        {"money('1.50 EUR').currency()", "'EUR'"},
        {"string(money('-1.50 EUR'))", "'-1.50 EUR'"},
        {"money('1 EUR') * money('1 EUR')", "error: no such overload"},
    };
    assert_answers(cases, COUNT(cases));
}

static void sums_of_lists_are_of_one_kind(void **state)
{
    (void)state;
    static const struct answer_case cases[] = {
        {"[1, 2, 3].sum()", "6"},
        {"[].sum()", "0"},
        {"[9223372036854775807, 1].sum()", "error: return error for overflow"},
        {"[decimal('0.1'), decimal('0.20')].sum()", "0.30"},
        {"[money('1 EUR'), money('0.50 EUR')].sum()", "1.50 EUR"},
        {"[money('1 EUR'), money('0.50 USD')].sum()", "error: different currencies: EUR and USD"},
        {"['a'].sum()", "error: no such overload"},
        {"lists.range(2000).sum()", "1999000"},
    };
    assert_answers(cases, COUNT(cases));
}

/* Written as doubles, read as decimals: only the checker can do that. */
static void a_literal_beside_an_amount_is_exact(void **state)
{
    (void)state;
    static const struct answer_case cases[] = {
        {"decimal('0.3') - 0.1 == 0.2", "true"},
        {"money('20.00 EUR').divide(2.5, 2, 'down')", "8.00 EUR"},
        {"math.least(money('20.00 EUR'), 12.50)", "12.50 EUR"},
        {"math.greatest(0.1, decimal('0.10'))", "0.1"},
        {"math.greatest(decimal('0.10'), double('0.1'))", NULL},
        {"decimal('1').divide(double('0.1'), 2, 'down')", NULL},
    };
    struct answers answers;
    answers_open(&answers);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct text got = answer_compiled(&answers, cases[i].expression);
        if (cases[i].wanted == NULL) {
            assert_null(got.bytes);
            continue;
        }
        if (got.bytes == NULL) print_error("%s is refused\n", cases[i].expression);
        assert_non_null(got.bytes);
        assert_string_equal(cases[i].wanted, got.bytes);
    }
    answers_close(&answers);
}

static const struct cel_overload *overload_of(struct answers *answers, const char *function,
                                              const char *id)
{
    const struct cel_declared_function *declared =
        cel_find_function(answers->environment, text_of(function));
    assert_non_null(declared);
    for (uint32_t i = 0; i < declared->function.overload_count; i++)
        if (text_equal(text_of(declared->function.overloads[i].id), text_of(id)))
            return &declared->function.overloads[i];
    fail();
    return NULL;
}

static void a_constant_rounding_is_looked_up_once(void **state)
{
    (void)state;
    struct answers answers;
    answers_open(&answers);
    const struct cel_overload *overload = overload_of(&answers, "round", "decimal_round");
    assert_int_equal(2, overload->prepare_argument);
    enum cel_fault fault = CEL_FAULT_NONE;
    const char *detail = NULL;
    assert_null(overload->prepare(answers.environment, &answers.kept, cel_string(TEXT("half-up")),
                                  &fault, &detail));
    assert_int_equal(CEL_FAULT_INVALID_ARGUMENT, fault);
    assert_string_equal("a rounding is 'down', 'up', 'half up' or 'half even'", detail);
    struct cel_evaluation evaluation = {.environment = answers.environment,
                                        .arena = &answers.scratch};
    struct cel_call call = {.evaluation = &evaluation, .arena = &answers.scratch, .count = 3};
    call.prepared = overload->prepare(answers.environment, &answers.kept, cel_string(TEXT("up")),
                                      &fault, &detail);
    assert_non_null(call.prepared);
    const struct cel_value arguments[] = {cel_decimal((struct decimal){21, 1}), cel_int(0),
                                          cel_string(TEXT("up"))};
    struct cel_value rounded = overload->implementation(&call, arguments);
    assert_int_equal(CEL_DECIMAL, rounded.kind);
    assert_int_equal(3, rounded.integer);
    answers_close(&answers);
}

static void the_sum_of_no_money_is_a_fault(void **state)
{
    (void)state;
    struct answers answers;
    answers_open(&answers);
    const struct cel_overload *money = overload_of(&answers, "sum", "list_money_sum");
    const struct cel_overload *decimal = overload_of(&answers, "sum", "list_decimal_sum");
    struct cel_evaluation evaluation = {.environment = answers.environment,
                                        .arena = &answers.scratch};
    struct cel_call call = {.evaluation = &evaluation, .arena = &answers.scratch, .count = 1};
    const struct cel_list empty = {0};
    const struct cel_value argument = cel_list_value(&empty);
    struct cel_value sum = money->implementation(&call, &argument);
    assert_int_equal(CEL_FAULT_INVALID_ARGUMENT, sum.tag);
    assert_true(cel_is_error(sum));
    assert_int_equal(CEL_DECIMAL, decimal->implementation(&call, &argument).kind);
    answers_close(&answers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decimals_are_read_and_keep_their_scale),
        cmocka_unit_test(sums_have_the_decimals_of_the_finer_one),
        cmocka_unit_test(products_are_exact_or_refused),
        cmocka_unit_test(divisions_name_their_rounding),
        cmocka_unit_test(numbers_of_all_scales_are_compared_by_value),
        cmocka_unit_test(money_keeps_its_currency),
        cmocka_unit_test(sums_of_lists_are_of_one_kind),
        cmocka_unit_test(a_literal_beside_an_amount_is_exact),
        cmocka_unit_test(a_constant_rounding_is_looked_up_once),
        cmocka_unit_test(the_sum_of_no_money_is_a_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
