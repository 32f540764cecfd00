/* Tests of base/amount: overflow at every limit, each rounding of each sign, decimals as text, and
 * the currencies.
 */
#include "check.h"

__extension__ typedef unsigned __int128 unsigned_wide;

#define WIDE_MAXIMUM ((wide)(~(unsigned_wide)0 >> 1))
#define WIDE_MINIMUM (-WIDE_MAXIMUM - 1)
#define UNTOUCHED INT64_C(-424242)

static void sums_and_products_overflow_at_the_limits_and_not_before(void **state)
{
    (void)state;
    int64_t result = UNTOUCHED;
    assert_status(STATUS_OVERFLOW, amount_add(INT64_MAX, 1, &result));
    assert_status(STATUS_OVERFLOW, amount_add(INT64_MIN, -1, &result));
    assert_status(STATUS_OVERFLOW, amount_subtract(INT64_MIN, 1, &result));
    assert_status(STATUS_OVERFLOW, amount_subtract(0, INT64_MIN, &result));
    assert_status(STATUS_OVERFLOW, amount_multiply(INT64_MIN, -1, &result));
    assert_status(STATUS_OVERFLOW, amount_multiply(INT64_C(1) << 32, INT64_C(1) << 31, &result));
    assert_int_equal(UNTOUCHED, result);

    assert_ok(amount_add(INT64_MAX, INT64_MIN, &result));
    assert_int_equal(-1, result);
    assert_ok(amount_add(INT64_MAX - 1, 1, &result));
    assert_int_equal(INT64_MAX, result);
    assert_ok(amount_subtract(-1, INT64_MAX, &result));
    assert_int_equal(INT64_MIN, result);
    assert_ok(amount_multiply(INT64_C(1) << 32, -(INT64_C(1) << 31), &result));
    assert_int_equal(INT64_MIN, result);
}

static void a_total_that_would_overflow_stays(void **state)
{
    (void)state;
    int64_t total = INT64_MAX - 1;
    assert_ok(amount_increase(&total, 1));
    assert_status(STATUS_OVERFLOW, amount_increase(&total, 1));
    assert_int_equal(INT64_MAX, total);
    assert_ok(amount_decrease(&total, INT64_MAX));
    assert_ok(amount_decrease(&total, INT64_MAX));
    assert_status(STATUS_OVERFLOW, amount_decrease(&total, 2));
    assert_int_equal(-INT64_MAX, total);
}

static void lesser_greater_and_positive_choose(void **state)
{
    (void)state;
    assert_int_equal(-3, amount_lesser(-3, 2));
    assert_int_equal(2, amount_greater(-3, 2));
    assert_int_equal(0, amount_positive(-3));
    assert_int_equal(0, amount_positive(INT64_MIN));
    assert_int_equal(3, amount_positive(3));
}

static void each_rounding_ends_where_its_name_says(void **state)
{
    (void)state;
    static const struct {
        int64_t dividend;
        int64_t divisor;
        int64_t down;
        int64_t up;
        int64_t half_up;
        int64_t half_even;
    } cases[] = {
        {0, 3, 0, 0, 0, 0},
        {6, 3, 2, 2, 2, 2},
        {-6, 3, -2, -2, -2, -2},
        {7, 3, 2, 3, 2, 2},
        {8, 3, 2, 3, 3, 3},
        {-7, 3, -3, -2, -2, -2},
        {-8, 3, -3, -2, -3, -3},
        {1, 2, 0, 1, 1, 0},
        {3, 2, 1, 2, 2, 2},
        {5, 2, 2, 3, 3, 2},
        {-1, 2, -1, 0, -1, 0},
        {-3, 2, -2, -1, -2, -2},
        {-5, 2, -3, -2, -3, -2},
        {5, 10, 0, 1, 1, 0},
        {15, 10, 1, 2, 2, 2},
        {149, 100, 1, 2, 1, 1},
        {-149, 100, -2, -1, -1, -1},
        {1, INT64_MAX, 0, 1, 0, 0},
        {-1, INT64_MAX, -1, 0, 0, 0},
        {INT64_MAX, 2, INT64_MAX / 2, INT64_MAX / 2 + 1, INT64_MAX / 2 + 1, INT64_MAX / 2 + 1},
        {INT64_MIN, 1, INT64_MIN, INT64_MIN, INT64_MIN, INT64_MIN},
        {INT64_MIN, INT64_MAX, -2, -1, -1, -1},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const int64_t wanted[] = {[ROUNDING_DOWN] = cases[i].down,
                                  [ROUNDING_UP] = cases[i].up,
                                  [ROUNDING_HALF_UP] = cases[i].half_up,
                                  [ROUNDING_HALF_EVEN] = cases[i].half_even};
        for (int rounding = ROUNDING_DOWN; rounding <= ROUNDING_HALF_EVEN; rounding++) {
            int64_t got = UNTOUCHED;
            assert_ok(
                wide_divide(cases[i].dividend, cases[i].divisor, 1, (enum rounding)rounding, &got));
            assert_int_equal(wanted[rounding], got);
            assert_ok(amount_multiply_divide(cases[i].dividend, 1, cases[i].divisor,
                                             (enum rounding)rounding, &got));
            assert_int_equal(wanted[rounding], got);
            /* The same quotient by the wide path. */
            const int64_t factor = INT64_C(1) << 62;
            wide dividend = (wide)cases[i].dividend * factor;
            assert_ok(
                wide_divide(dividend, cases[i].divisor, factor, (enum rounding)rounding, &got));
            assert_int_equal(wanted[rounding], got);
        }
    }
}

static void a_quotient_past_64_bits_is_an_overflow(void **state)
{
    (void)state;
    int64_t result = UNTOUCHED;
    assert_status(STATUS_OVERFLOW, amount_multiply_divide(INT64_MAX, 2, 1, ROUNDING_DOWN, &result));
    assert_status(STATUS_OVERFLOW,
                  amount_multiply_divide(INT64_MIN, -1, 1, ROUNDING_DOWN, &result));
    assert_status(STATUS_OVERFLOW, wide_divide(WIDE_MAXIMUM, 1, 1, ROUNDING_DOWN, &result));
    assert_status(STATUS_OVERFLOW, wide_divide(WIDE_MINIMUM, 1, 1, ROUNDING_DOWN, &result));
    /* Rounding alone can push a quotient over the edge. */
    wide just_over = (wide)INT64_MAX * 10 + 5;
    assert_status(STATUS_OVERFLOW, wide_divide(just_over, 10, 1, ROUNDING_HALF_UP, &result));
    assert_status(STATUS_OVERFLOW, wide_divide(just_over, 10, 1, ROUNDING_UP, &result));
    assert_int_equal(UNTOUCHED, result);
    assert_ok(wide_divide(just_over, 10, 1, ROUNDING_DOWN, &result));
    assert_int_equal(INT64_MAX, result);
    wide just_under = (wide)INT64_MIN * 10 - 1;
    assert_ok(wide_divide(just_under, 10, 1, ROUNDING_UP, &result));
    assert_int_equal(INT64_MIN, result);
    assert_status(STATUS_OVERFLOW, wide_divide(just_under, 10, 1, ROUNDING_DOWN, &result));
}

static void the_largest_divisors_divide(void **state)
{
    (void)state;
    int64_t result;
    assert_ok(wide_divide(WIDE_MAXIMUM, INT64_MAX, INT64_MAX, ROUNDING_DOWN, &result));
    assert_int_equal(2, result);
    assert_ok(wide_divide(WIDE_MINIMUM, INT64_MAX, INT64_MAX, ROUNDING_DOWN, &result));
    assert_int_equal(-3, result);
    assert_ok(wide_divide(1, INT64_MAX, INT64_MAX, ROUNDING_UP, &result));
    assert_int_equal(1, result);
    assert_ok(amount_multiply_divide(INT64_MIN, INT64_MAX, INT64_MAX, ROUNDING_DOWN, &result));
    assert_int_equal(INT64_MIN, result);
}

static void products_of_three_are_summed_exactly(void **state)
{
    (void)state;
    wide sum = 5;
    assert_ok(wide_add_product(&sum, 3, -7, 11));
    assert_true(sum == 5 - 231);
    sum = 0;
    assert_ok(wide_add_product(&sum, INT64_MAX, INT64_MAX, 2));
    assert_true(sum == (wide)INT64_MAX * INT64_MAX * 2);
    assert_ok(wide_add_product(&sum, INT64_MAX, INT64_MAX, -2));
    assert_true(sum == 0);
    assert_ok(wide_add_product(&sum, INT64_MAX, INT64_MIN, 1));
    assert_true(sum == (wide)INT64_MAX * INT64_MIN);
    assert_ok(wide_add_product(&sum, INT64_MIN, 0, INT64_MIN));
    assert_ok(wide_add_product(&sum, INT64_MIN, INT64_MIN, 0));
    assert_true(sum == (wide)INT64_MAX * INT64_MIN);
}

static void a_product_or_sum_past_128_bits_is_an_overflow(void **state)
{
    (void)state;
    const int64_t limits[] = {INT64_MAX, INT64_MIN};
    for (size_t a = 0; a < 2; a++) {
        for (size_t b = 0; b < 2; b++) {
            for (size_t c = 0; c < 2; c++) {
                wide sum = 7;
                assert_status(STATUS_OVERFLOW,
                              wide_add_product(&sum, limits[a], limits[b], limits[c]));
                assert_true(sum == 7);
            }
        }
    }
    wide sum = WIDE_MAXIMUM;
    assert_status(STATUS_OVERFLOW, wide_add_product(&sum, 1, 1, 1));
    assert_true(sum == WIDE_MAXIMUM);
    sum = WIDE_MINIMUM;
    assert_status(STATUS_OVERFLOW, wide_add_product(&sum, 1, -1, 1));
    assert_true(sum == WIDE_MINIMUM);
    /* 2^62 x 2^62 x 8 is 2^127, the first that does not fit. */
    const int64_t power = INT64_C(1) << 62;
    sum = 0;
    assert_status(STATUS_OVERFLOW, wide_add_product(&sum, power, power, 8));
    assert_ok(wide_add_product(&sum, power, power, 7));
    assert_true(sum == (wide)power * power * 7);
}

static void powers_of_ten_are_powers_of_ten(void **state)
{
    (void)state;
    int64_t power = 1;
    for (int32_t exponent = 0; exponent <= 18; exponent++) {
        assert_int_equal(power, power_of_ten(exponent));
        if (exponent < 18) assert_ok(amount_multiply(power, 10, &power));
    }
}

static void prices_times_quantities_round_once(void **state)
{
    (void)state;
    static const struct {
        int64_t quantity;
        struct decimal price;
        int32_t decimals;
        enum rounding rounding;
        enum status status;
        int64_t amount;
    } cases[] = {
        {6, {255, 2}, 2, ROUNDING_DOWN, STATUS_OK, 1530},
        {3, {333, 3}, 2, ROUNDING_DOWN, STATUS_OK, 99},
        {3, {333, 3}, 2, ROUNDING_UP, STATUS_OK, 100},
        {5, {1, 3}, 2, ROUNDING_HALF_UP, STATUS_OK, 1},
        {5, {1, 3}, 2, ROUNDING_HALF_EVEN, STATUS_OK, 0},
        {-5, {1, 3}, 2, ROUNDING_HALF_UP, STATUS_OK, -1},
        {-5, {1, 3}, 2, ROUNDING_DOWN, STATUS_OK, -1},
        {7, {12, 0}, 2, ROUNDING_DOWN, STATUS_OK, 8400},
        {2, {123456789, 8}, 0, ROUNDING_HALF_UP, STATUS_OK, 2},
        {INT64_MAX, {1000, 3}, 0, ROUNDING_DOWN, STATUS_OK, INT64_MAX},
        {INT64_MAX, {INT64_MAX, 18}, 0, ROUNDING_DOWN, STATUS_OVERFLOW, UNTOUCHED},
        {INT64_MAX, {1, 0}, 2, ROUNDING_DOWN, STATUS_OVERFLOW, UNTOUCHED},
        {INT64_MAX, {2, 0}, 18, ROUNDING_DOWN, STATUS_OVERFLOW, UNTOUCHED},
        {INT64_MIN, {1, 0}, 0, ROUNDING_DOWN, STATUS_OK, INT64_MIN},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t amount = UNTOUCHED;
        assert_status(cases[i].status,
                      amount_of_price(cases[i].quantity, cases[i].price, cases[i].decimals,
                                      cases[i].rounding, &amount));
        assert_int_equal(cases[i].amount, amount);
    }
}

static void decimals_are_read_as_they_stand(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum status status;
        int64_t coefficient;
        int32_t scale;
    } cases[] = {
        {"0", STATUS_OK, 0, 0},
        {"-0", STATUS_OK, 0, 0},
        {"+7", STATUS_OK, 7, 0},
        {"1.50", STATUS_OK, 150, 2},
        {"-12.345", STATUS_OK, -12345, 3},
        {"000000000000000000000000000001.0", STATUS_OK, 10, 1},
        {"0.000000000000000001", STATUS_OK, 1, 18},
        {"9223372036854775807", STATUS_OK, INT64_MAX, 0},
        {"-9223372036854775808", STATUS_OK, INT64_MIN, 0},
        {"9.223372036854775807", STATUS_OK, INT64_MAX, 18},
        {"9223372036854775808", STATUS_OVERFLOW, 0, 0},
        {"-9223372036854775809", STATUS_OVERFLOW, 0, 0},
        {"18446744073709551616", STATUS_OVERFLOW, 0, 0},
        {"99999999999999999999", STATUS_OVERFLOW, 0, 0},
        {"36893488147419103232", STATUS_OVERFLOW, 0, 0},
        {"0.0000000000000000001", STATUS_OVERFLOW, 0, 0},
        {"0.0000000000000000000", STATUS_OVERFLOW, 0, 0},
        {"", STATUS_SYNTAX, 0, 0},
        {"-", STATUS_SYNTAX, 0, 0},
        {"+-1", STATUS_SYNTAX, 0, 0},
        {".5", STATUS_SYNTAX, 0, 0},
        {"5.", STATUS_SYNTAX, 0, 0},
        {"-.5", STATUS_SYNTAX, 0, 0},
        {"1.2.3", STATUS_SYNTAX, 0, 0},
        {"1,000", STATUS_SYNTAX, 0, 0},
        {"1e9", STATUS_SYNTAX, 0, 0},
        {" 1", STATUS_SYNTAX, 0, 0},
        {"1 ", STATUS_SYNTAX, 0, 0},
        {"0x10", STATUS_SYNTAX, 0, 0},
        {"nan", STATUS_SYNTAX, 0, 0},
        {"99999999999999999999999x", STATUS_SYNTAX, 0, 0},
        {"\xD9\xA1", STATUS_SYNTAX, 0, 0}, /* Arabic-Indic one */
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct decimal decimal = {UNTOUCHED, -1};
        assert_status(cases[i].status, decimal_parse(text_of(cases[i].text), &decimal));
        bool is_ok = cases[i].status == STATUS_OK;
        assert_int_equal(is_ok ? cases[i].coefficient : UNTOUCHED, decimal.coefficient);
        assert_int_equal(is_ok ? cases[i].scale : -1, decimal.scale);
    }
    struct decimal decimal;
    assert_status(STATUS_SYNTAX, decimal_parse((struct text){"1\0", 2}, &decimal));
    assert_status(STATUS_SYNTAX, decimal_parse((struct text){NULL, 0}, &decimal));
}

static void rescaling_loses_no_digit(void **state)
{
    (void)state;
    static const struct {
        struct decimal decimal;
        int32_t scale;
        enum status status;
        int64_t coefficient;
    } cases[] = {
        {{150, 2}, 2, STATUS_OK, 150},
        {{150, 2}, 1, STATUS_OK, 15},
        {{150, 2}, 4, STATUS_OK, 15000},
        {{-1000, 3}, 0, STATUS_OK, -1},
        {{0, 18}, 0, STATUS_OK, 0},
        {{7, 0}, 18, STATUS_OK, INT64_C(7000000000000000000)},
        {{150, 2}, 0, STATUS_INVALID, UNTOUCHED},
        {{-1, 18}, 17, STATUS_INVALID, UNTOUCHED},
        {{10, 0}, 18, STATUS_OVERFLOW, UNTOUCHED},
        {{INT64_MIN, 0}, 1, STATUS_OVERFLOW, UNTOUCHED},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t coefficient = UNTOUCHED;
        assert_status(cases[i].status,
                      decimal_rescale(cases[i].decimal, cases[i].scale, &coefficient));
        assert_int_equal(cases[i].coefficient, coefficient);
    }
}

static void normalising_drops_trailing_zeros_behind_the_point(void **state)
{
    (void)state;
    static const struct decimal cases[][2] = {
        {{150, 2}, {15, 1}}, {{100, 2}, {1, 0}},     {{100, 0}, {100, 0}},
        {{0, 7}, {0, 0}},    {{-2500, 3}, {-25, 1}}, {{123, 3}, {123, 3}},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct decimal got = decimal_normalise(cases[i][0]);
        assert_int_equal(cases[i][1].coefficient, got.coefficient);
        assert_int_equal(cases[i][1].scale, got.scale);
    }
}

static void an_amount_has_no_more_decimals_than_its_unit(void **state)
{
    (void)state;
    int64_t amount = UNTOUCHED;
    assert_status(STATUS_INVALID, amount_parse(TEXT("1.005"), 2, &amount));
    assert_status(STATUS_SYNTAX, amount_parse(TEXT("1.00 GBP"), 2, &amount));
    assert_status(STATUS_OVERFLOW, amount_parse(TEXT("92233720368547758.08"), 2, &amount));
    assert_int_equal(UNTOUCHED, amount);
    assert_ok(amount_parse(TEXT("92233720368547758.07"), 2, &amount));
    assert_int_equal(INT64_MAX, amount);
    assert_ok(amount_parse(TEXT("1.5000"), 2, &amount));
    assert_int_equal(150, amount);
    assert_ok(amount_parse(TEXT("-3"), 2, &amount));
    assert_int_equal(-300, amount);
}

static void amounts_are_written_with_their_decimals(void **state)
{
    (void)state;
    static const struct {
        int64_t amount;
        int32_t decimals;
        const char *plain;
        const char *grouped;
    } cases[] = {
        {0, 0, "0", "0"},
        {0, 2, "0.00", "0.00"},
        {5, 2, "0.05", "0.05"},
        {-5, 2, "-0.05", "-0.05"},
        {-1234, 2, "-12.34", "-12.34"},
        {999, 0, "999", "999"},
        {1000, 0, "1000", "1,000"},
        {-999, 0, "-999", "-999"},
        {-123456780, 2, "-1234567.80", "-1,234,567.80"},
        {100000, 2, "1000.00", "1,000.00"},
        {1, 18, "0.000000000000000001", "0.000000000000000001"},
        {INT64_MIN, 18, "-9.223372036854775808", "-9.223372036854775808"},
        {INT64_MIN, 0, "-9223372036854775808", "-9,223,372,036,854,775,808"},
        {INT64_MAX, 2, "92233720368547758.07", "92,233,720,368,547,758.07"},
        {INT64_MIN, 1, "-922337203685477580.8", "-922,337,203,685,477,580.8"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char out[AMOUNT_TEXT_MAXIMUM];
        char grouped[AMOUNT_GROUPED_TEXT_MAXIMUM];
        assert_text(cases[i].plain, amount_format(cases[i].amount, cases[i].decimals, out));
        assert_string_equal(cases[i].plain, out);
        assert_text(cases[i].grouped,
                    amount_format_grouped(cases[i].amount, cases[i].decimals, grouped));
        assert_string_equal(cases[i].grouped, grouped);
    }
}

static void currencies_have_the_decimals_of_the_standard(void **state)
{
    (void)state;
    static const struct {
        const char *code;
        int32_t decimals;
    } cases[] = {{"AED", 2}, {"EUR", 2}, {"GBP", 2}, {"USD", 2}, {"JPY", 0}, {"KRW", 0},
                 {"ISK", 0}, {"UGX", 0}, {"KWD", 3}, {"TND", 3}, {"BHD", 3}, {"CLF", 4},
                 {"UYW", 4}, {"CLP", 0}, {"XOF", 0}, {"ZWG", 2}, {"HUF", 2}, {"MRU", 2}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        int32_t decimals = -1;
        assert_ok(currency_decimals(text_of(cases[i].code), &decimals));
        assert_int_equal(cases[i].decimals, decimals);
    }
    static const char *const unknown[] = {"",    "EU",  "EURO", "eur", "XXX", "XAU",         "ZZZ",
                                          "AAA", "DEM", "XTS",  "E R", "HRK", "\xFF\xFF\xFF"};
    for (size_t i = 0; i < COUNT(unknown); i++) {
        int32_t decimals = -1;
        assert_status(STATUS_NOT_FOUND, currency_decimals(text_of(unknown[i]), &decimals));
        assert_int_equal(-1, decimals);
    }
}

static void every_currency_of_the_table_is_found(void **state)
{
    (void)state;
    /* A table that is not sorted hides codes from the search that halves it. */
    int counts[5] = {0, 0, 0, 0, 0};
    for (int first = 'A'; first <= 'Z'; first++) {
        for (int second = 'A'; second <= 'Z'; second++) {
            for (int third = 'A'; third <= 'Z'; third++) {
                char code[3] = {(char)first, (char)second, (char)third};
                int32_t decimals;
                if (currency_decimals((struct text){code, 3}, &decimals) == STATUS_OK)
                    counts[decimals]++;
            }
        }
    }
    assert_int_equal(17, counts[0]);
    assert_int_equal(0, counts[1]);
    assert_int_equal(141, counts[2]);
    assert_int_equal(7, counts[3]);
    assert_int_equal(2, counts[4]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_and_products_overflow_at_the_limits_and_not_before),
        cmocka_unit_test(a_total_that_would_overflow_stays),
        cmocka_unit_test(lesser_greater_and_positive_choose),
        cmocka_unit_test(each_rounding_ends_where_its_name_says),
        cmocka_unit_test(a_quotient_past_64_bits_is_an_overflow),
        cmocka_unit_test(the_largest_divisors_divide),
        cmocka_unit_test(products_of_three_are_summed_exactly),
        cmocka_unit_test(a_product_or_sum_past_128_bits_is_an_overflow),
        cmocka_unit_test(powers_of_ten_are_powers_of_ten),
        cmocka_unit_test(prices_times_quantities_round_once),
        cmocka_unit_test(decimals_are_read_as_they_stand),
        cmocka_unit_test(rescaling_loses_no_digit),
        cmocka_unit_test(normalising_drops_trailing_zeros_behind_the_point),
        cmocka_unit_test(an_amount_has_no_more_decimals_than_its_unit),
        cmocka_unit_test(amounts_are_written_with_their_decimals),
        cmocka_unit_test(currencies_have_the_decimals_of_the_standard),
        cmocka_unit_test(every_currency_of_the_table_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
