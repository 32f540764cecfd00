/* Tests of base/calendar: days and dates, weekdays, spans and periods, and spans as text. */
#include "check.h"

static int32_t day(int32_t year, int32_t month, int32_t day_of_month)
{
    return day_of_date((struct date){year, month, day_of_month});
}

static void assert_day(const char *wanted, int32_t got)
{
    char out[INSTANT_TEXT_MAXIMUM];
    assert_text(wanted, day_format(got, out));
}

static void known_days_have_their_numbers(void **state)
{
    (void)state;
    static const struct {
        struct date date;
        int32_t day;
        int32_t weekday;
    } cases[] = {
        {{1970, 1, 1}, 0, 4},         {{1969, 12, 31}, -1, 3},   {{2000, 2, 29}, 11016, 2},
        {{1900, 1, 1}, -25567, 1},    {{2200, 1, 1}, 84006, 3},  {{1, 1, 1}, -719162, 1},
        {{9999, 12, 31}, 2932896, 5}, {{2011, 12, 9}, 15317, 5}, {{0, 3, 1}, -719468, 3},
        {{2027, 3, 5}, 20882, 5},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(cases[i].day, day_of_date(cases[i].date));
        assert_int_equal(cases[i].weekday, weekday_of_day(cases[i].day));
        struct date back = date_of_day(cases[i].day);
        assert_int_equal(cases[i].date.year, back.year);
        assert_int_equal(cases[i].date.month, back.month);
        assert_int_equal(cases[i].date.day, back.day);
    }
}

/* Counts through the calendar as a child would, and compares every day. */
static void days_follow_each_other_from_year_1_to_9999(void **state)
{
    (void)state;
    static const int32_t lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int32_t number = -719162;
    int32_t weekday = 1;
    for (int32_t year = 1; year <= 9999; year++) {
        bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
        for (int32_t month = 1; month <= 12; month++) {
            int32_t length = lengths[month - 1] + (month == 2 && is_leap);
            for (int32_t of_month = 1; of_month <= length; of_month++) {
                struct date date = date_of_day(number);
                if (date.year != year || date.month != month || date.day != of_month ||
                    day(year, month, of_month) != number || weekday_of_day(number) != weekday)
                    fail_msg("%d-%d-%d is not day %d", year, month, of_month, number);
                number++;
                weekday = weekday % 7 + 1;
            }
            if (!date_is_valid((struct date){year, month, length}) ||
                date_is_valid((struct date){year, month, length + 1}))
                fail_msg("%d-%d does not end on %d", year, month, length);
        }
    }
    assert_int_equal(2932897, number);
}

static void far_days_are_read_back_and_lie_400_years_apart(void **state)
{
    (void)state;
    uint64_t seed = 1;
    for (int i = 0; i < 300000; i++) {
        int32_t number = (int32_t)random_between(&seed, INT32_MIN, INT32_MAX - 146097);
        struct date date = date_of_day(number);
        struct date later = date_of_day(number + 146097);
        assert_int_equal(number, day_of_date(date));
        assert_true(later.year == date.year + 400 && later.month == date.month &&
                    later.day == date.day);
    }
}

static void dates_that_do_not_exist_are_not_valid(void **state)
{
    (void)state;
    static const struct date cases[] = {
        {2023, 2, 29}, {1900, 2, 29}, {2024, 2, 30}, {2024, 4, 31},     {2024, 0, 1},
        {2024, 13, 1}, {2024, 1, 0},  {2024, 1, 32}, {0, 1, 1},         {10000, 1, 1},
        {-1, 1, 1},    {2024, -1, 1}, {2024, 1, -1}, {INT32_MAX, 1, 1}, {2024, INT32_MAX, 1},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_false(date_is_valid(cases[i]));
    assert_true(date_is_valid((struct date){2000, 2, 29}));
}

static void the_first_and_last_day_of_all_are_dates_too(void **state)
{
    (void)state;
    assert_int_equal(INT32_MAX, day_of_date(date_of_day(INT32_MAX)));
    assert_int_equal(INT32_MIN, day_of_date(date_of_day(INT32_MIN)));
    assert_int_equal(weekday_of_day(INT32_MAX - 7), weekday_of_day(INT32_MAX));
    assert_int_equal(weekday_of_day(INT32_MIN + 7), weekday_of_day(INT32_MIN));
    assert_day("+5881580-07-11", INT32_MAX);
    assert_day("-5877641-06-23", INT32_MIN);
    assert_int_equal(INT32_MAX, day(INT32_MAX, 12, 31));
    assert_int_equal(INT32_MIN, day(INT32_MIN, 1, 1));
}

static void spans_move_days_and_months_clamp(void **state)
{
    (void)state;
    static const struct {
        struct date from;
        struct span span;
        const char *to;
    } cases[] = {
        {{2024, 1, 31}, {1, PERIOD_MONTH}, "2024-02-29"},
        {{2023, 1, 31}, {1, PERIOD_MONTH}, "2023-02-28"},
        {{2024, 1, 31}, {2, PERIOD_MONTH}, "2024-03-31"},
        {{2024, 3, 31}, {1, PERIOD_MONTH}, "2024-04-30"},
        {{2024, 3, 31}, {-1, PERIOD_MONTH}, "2024-02-29"},
        {{2024, 1, 15}, {-1, PERIOD_MONTH}, "2023-12-15"},
        {{2024, 12, 31}, {12, PERIOD_MONTH}, "2025-12-31"},
        {{2024, 2, 29}, {1, PERIOD_YEAR}, "2025-02-28"},
        {{2024, 2, 29}, {4, PERIOD_YEAR}, "2028-02-29"},
        {{2024, 2, 29}, {-1, PERIOD_YEAR}, "2023-02-28"},
        {{2024, 11, 30}, {1, PERIOD_QUARTER}, "2025-02-28"},
        {{2024, 11, 30}, {-3, PERIOD_QUARTER}, "2024-02-29"},
        {{2024, 2, 28}, {2, PERIOD_DAY}, "2024-03-01"},
        {{2024, 3, 1}, {-1, PERIOD_DAY}, "2024-02-29"},
        {{2024, 12, 30}, {1, PERIOD_WEEK}, "2025-01-06"},
        {{2024, 1, 1}, {0, PERIOD_MONTH}, "2024-01-01"},
        {{2024, 1, 1}, {100000, PERIOD_YEAR}, "+102024-01-01"},
        {{2024, 1, 1}, {-2024, PERIOD_YEAR}, "+0000-01-01"},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_day(cases[i].to, day_add_span(day_of_date(cases[i].from), cases[i].span));
}

static void spans_past_the_last_day_end_there(void **state)
{
    (void)state;
    for (int unit = PERIOD_DAY; unit <= PERIOD_YEAR; unit++) {
        struct span longest = {INT32_MAX, (enum period_unit)unit};
        struct span shortest = {INT32_MIN, (enum period_unit)unit};
        assert_int_equal(INT32_MAX, day_add_span(INT32_MAX, longest));
        assert_int_equal(INT32_MIN, day_add_span(INT32_MIN, shortest));
    }
}

static void periods_begin_and_end_on_their_days(void **state)
{
    (void)state;
    static const struct {
        enum period_unit unit;
        struct date date;
        int32_t week_starts;
        const char *first;
        const char *next;
    } cases[] = {
        {PERIOD_DAY, {2024, 2, 29}, 1, "2024-02-29", "2024-03-01"},
        {PERIOD_WEEK, {2024, 2, 29}, 1, "2024-02-26", "2024-03-04"}, /* a Thursday */
        {PERIOD_WEEK, {2024, 2, 29}, 7, "2024-02-25", "2024-03-03"},
        {PERIOD_WEEK, {2024, 2, 29}, 4, "2024-02-29", "2024-03-07"},
        {PERIOD_WEEK, {2024, 2, 29}, 5, "2024-02-23", "2024-03-01"},
        {PERIOD_WEEK, {1969, 12, 28}, 1, "1969-12-22", "1969-12-29"},
        {PERIOD_MONTH, {2024, 2, 29}, 1, "2024-02-01", "2024-03-01"},
        {PERIOD_MONTH, {2024, 12, 31}, 1, "2024-12-01", "2025-01-01"},
        {PERIOD_QUARTER, {2024, 1, 1}, 1, "2024-01-01", "2024-04-01"},
        {PERIOD_QUARTER, {2024, 6, 30}, 1, "2024-04-01", "2024-07-01"},
        {PERIOD_QUARTER, {2024, 12, 31}, 1, "2024-10-01", "2025-01-01"},
        {PERIOD_YEAR, {2024, 12, 31}, 1, "2024-01-01", "2025-01-01"},
        {PERIOD_YEAR, {1900, 1, 1}, 1, "1900-01-01", "1901-01-01"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        int32_t within = day_of_date(cases[i].date);
        assert_day(cases[i].first, period_first_day(cases[i].unit, within, cases[i].week_starts));
        assert_day(cases[i].next, period_next_day(cases[i].unit, within, cases[i].week_starts));
    }
}

static void every_day_lies_in_the_period_that_claims_it(void **state)
{
    (void)state;
    for (int32_t number = day(1999, 12, 1); number < day(2009, 2, 1); number++) {
        for (int unit = PERIOD_DAY; unit <= PERIOD_YEAR; unit++) {
            for (int32_t starts = 1; starts <= 7; starts++) {
                int32_t first = period_first_day((enum period_unit)unit, number, starts);
                int32_t next = period_next_day((enum period_unit)unit, number, starts);
                assert_true(first <= number && number < next);
                assert_int_equal(first, period_first_day((enum period_unit)unit, first, starts));
                assert_int_equal(first, period_first_day((enum period_unit)unit, next - 1, starts));
                assert_int_equal(next, period_first_day((enum period_unit)unit, next, starts));
                if (unit == PERIOD_WEEK) assert_int_equal(starts, weekday_of_day(first));
            }
        }
    }
}

static void periods_of_the_last_days_do_not_wrap(void **state)
{
    (void)state;
    for (int unit = PERIOD_DAY; unit <= PERIOD_YEAR; unit++) {
        enum period_unit period = (enum period_unit)unit;
        assert_true(period_first_day(period, INT32_MIN, 1) == INT32_MIN);
        assert_true(period_first_day(period, INT32_MAX, 1) > INT32_MAX - 366);
        assert_true(period_next_day(period, INT32_MAX, 1) == INT32_MAX);
    }
}

static void spans_are_read_as_written(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        struct span span;
        const char *written;
    } cases[] = {
        {"12 months", {12, PERIOD_MONTH}, "12 months"},
        {"1 year", {1, PERIOD_YEAR}, "1 year"},
        {"90 days", {90, PERIOD_DAY}, "90 days"},
        {"2 weeks", {2, PERIOD_WEEK}, "2 weeks"},
        {"1 quarter", {1, PERIOD_QUARTER}, "1 quarter"},
        {"1 days", {1, PERIOD_DAY}, "1 day"},
        {"2 day", {2, PERIOD_DAY}, "2 days"},
        {"100000 quarters", {100000, PERIOD_QUARTER}, "100000 quarters"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct span span = {-1, PERIOD_DAY};
        char out[SPAN_TEXT_MAXIMUM];
        assert_ok(span_parse(text_of(cases[i].text), &span));
        assert_int_equal(cases[i].span.count, span.count);
        assert_int_equal(cases[i].span.unit, span.unit);
        assert_text(cases[i].written, span_format(span, out));
    }
    char out[SPAN_TEXT_MAXIMUM];
    assert_text("-2147483648 quarters", span_format((struct span){INT32_MIN, PERIOD_QUARTER}, out));
}

static void what_is_not_a_span_is_not_read(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",           "12",          "months",  "12months", "12  months",
        " 12 months", "12 months ",  "0 days",  "-1 days",  "+1 days",
        "1.5 days",   "100001 days", "01 day",  "1 Day",    "1 hour",
        "1 ",         "1 s",         "1 dayss", "1\tday",   "99999999999999999999 days",
        "one day",    "1 days s",    "1 day,",
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct span span = {-1, PERIOD_DAY};
        assert_status(STATUS_SYNTAX, span_parse(text_of(cases[i]), &span));
        assert_int_equal(-1, span.count);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_days_have_their_numbers),
        cmocka_unit_test(days_follow_each_other_from_year_1_to_9999),
        cmocka_unit_test(far_days_are_read_back_and_lie_400_years_apart),
        cmocka_unit_test(dates_that_do_not_exist_are_not_valid),
        cmocka_unit_test(the_first_and_last_day_of_all_are_dates_too),
        cmocka_unit_test(spans_move_days_and_months_clamp),
        cmocka_unit_test(spans_past_the_last_day_end_there),
        cmocka_unit_test(periods_begin_and_end_on_their_days),
        cmocka_unit_test(every_day_lies_in_the_period_that_claims_it),
        cmocka_unit_test(periods_of_the_last_days_do_not_wrap),
        cmocka_unit_test(spans_are_read_as_written),
        cmocka_unit_test(what_is_not_a_span_is_not_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
