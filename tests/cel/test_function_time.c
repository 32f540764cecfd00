/* Tests of timestamps and durations: their text at every edge, their range, and their parts in
 * zones and offsets.
 */
#include "answer.h"

#include "cel/timestamp.h"

static void timestamps_are_read_and_written_as_rfc_3339(void **state)
{
    (void)state;
    static const struct answer_case cases[] = {
        {"timestamp('2027-03-05T12:00:00Z')", "2027-03-05T12:00:00Z"},
        {"timestamp('2027-03-05T12:00:00.5+05:30')", "2027-03-05T06:30:00.5Z"},
        {"timestamp('2027-03-05T12:00:00-00:00')", "2027-03-05T12:00:00Z"},
        {"timestamp('2027-03-05T23:59:59.000000001Z')", "2027-03-05T23:59:59.000000001Z"},
        {"timestamp('1969-12-31T23:59:59.25Z')", "1969-12-31T23:59:59.25Z"},
        {"timestamp('0001-01-01T00:00:00Z')", "0001-01-01T00:00:00Z"},
        {"timestamp('9999-12-31T23:59:59.999999999Z')", "9999-12-31T23:59:59.999999999Z"},
        {"timestamp('2024-02-29T00:00:00Z')", "2024-02-29T00:00:00Z"},
    };
    assert_answers(cases, COUNT(cases));
}

static void what_is_no_timestamp_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum cel_fault fault;
    } cases[] = {
        {"", CEL_FAULT_CONVERSION},
        {"2027-03-05", CEL_FAULT_CONVERSION},
        {"2027-03-05T12:00:00", CEL_FAULT_CONVERSION},
        {"2027-03-05 12:00:00Z", CEL_FAULT_CONVERSION},
        {"2027-03-05t12:00:00z", CEL_FAULT_CONVERSION},
        {"2027-3-05T12:00:00Z", CEL_FAULT_CONVERSION},
        {"2027-03-05T12:00:00.Z", CEL_FAULT_CONVERSION},
        {"2027-03-05T12:00:00.1234567890Z", CEL_FAULT_CONVERSION},
        {"2027-03-05T12:00:00ZZ", CEL_FAULT_CONVERSION},
        {"2027-03-05T12:00:00+5:30", CEL_FAULT_CONVERSION},
        {"2027-03-05T12:00:00+05:60", CEL_FAULT_CONVERSION},
        {"2027-03-05T12:00:00+24:00", CEL_FAULT_CONVERSION},
        {"2027-02-29T12:00:00Z", CEL_FAULT_CONVERSION},
        {"2027-13-01T12:00:00Z", CEL_FAULT_CONVERSION},
        {"2027-12-31T23:59:60Z", CEL_FAULT_CONVERSION},
        {"2027-12-31T24:00:00Z", CEL_FAULT_CONVERSION},
        {"0000-01-01T00:00:00Z", CEL_FAULT_RANGE},
        {"10000-01-01T00:00:00Z", CEL_FAULT_RANGE},
        {"0001-01-01T00:00:00+00:01", CEL_FAULT_RANGE},
        {"9999-12-31T23:59:59-00:01", CEL_FAULT_RANGE},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct cel_value value = cel_timestamp_parse(text_of(cases[i].text));
        if (!cel_is_error(value) || value.tag != cases[i].fault) print_error("%s\n", cases[i].text);
        assert_int_equal(CEL_ERROR, value.kind);
        assert_int_equal(cases[i].fault, value.tag);
    }
}

static void durations_are_read_in_parts_and_written_in_seconds(void **state)
{
    (void)state;
    static const struct answer_case cases[] = {
        {"duration('1h2m3.5s')", "3723.5s"},
        {"duration('-1.5h')", "-5400s"},
        {"duration('-0.25s')", "-0.25s"},
        {"duration('+90s')", "90s"},
        {"duration('0')", "0s"},
        {"duration('-0')", "0s"},
        {"duration('1us1\xC2\xB5s1\xCE\xBCs1ns1ms')", "0.001003001s"},
        {"duration('.5s')", "0.5s"},
        {"duration('5.s')", "5s"},
        {"duration('1.0000000009s')", "1s"},
        {"duration('0.0000000000000000000000001h')", "0s"},
        {"duration('9223372036.854775807s')", "9223372036.854775807s"},
        {"duration('-9223372036854775808ns')", "-9223372036.854775808s"},
    };
    assert_answers(cases, COUNT(cases));
}

static void what_is_no_duration_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum cel_fault fault;
    } cases[] = {
        {"", CEL_FAULT_CONVERSION},
        {"-", CEL_FAULT_CONVERSION},
        {"1", CEL_FAULT_CONVERSION},
        {"s", CEL_FAULT_CONVERSION},
        {".s", CEL_FAULT_CONVERSION},
        {"1d", CEL_FAULT_CONVERSION},
        {"1h ", CEL_FAULT_CONVERSION},
        {"1h-2m", CEL_FAULT_CONVERSION},
        {"--1h", CEL_FAULT_CONVERSION},
        {"1.2.3s", CEL_FAULT_CONVERSION},
        {"9223372036.854775808s", CEL_FAULT_RANGE},
        {"9223372036854775807h", CEL_FAULT_RANGE},
        {"99999999999999999999ns", CEL_FAULT_RANGE},
        {"-9223372036854775809ns", CEL_FAULT_RANGE},
        {"9000000000s9000000000s9000000000s", CEL_FAULT_RANGE},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct cel_value value = cel_duration_parse(text_of(cases[i].text));
        if (!cel_is_error(value) || value.tag != cases[i].fault) print_error("%s\n", cases[i].text);
        assert_int_equal(CEL_ERROR, value.kind);
        assert_int_equal(cases[i].fault, value.tag);
    }
}

static void sums_of_times_are_exact_to_the_nanosecond(void **state)
{
    (void)state;
    static const struct answer_case cases[] = {
        {"timestamp('1970-01-01T00:00:00Z') - duration('1ns')", "1969-12-31T23:59:59.999999999Z"},
        {"duration('0.9s') + timestamp('1969-12-31T23:59:59.2Z')", "1970-01-01T00:00:00.1Z"},
        {"timestamp('1970-01-01T00:00:00.1Z') - timestamp('1970-01-01T00:00:00.3Z')", "-0.2s"},
        {"duration('-0.5s') + duration('1.2s')", "0.7s"},
        {"duration('0.5s') - duration('1.2s')", "-0.7s"},
        {"duration('9223372036s') + duration('1s')",
         "error: range: a duration is at most some 292 years"},
        {"timestamp('9999-12-31T23:59:59Z') + duration('1s')",
         "error: range: a timestamp is in the years 1 to 9999"},
        {"timestamp('0001-01-01T00:00:00Z') - duration('9223372036s')",
         "error: range: a timestamp is in the years 1 to 9999"},
        {"timestamp('2300-01-01T00:00:00Z') - timestamp('1900-01-01T00:00:00Z')",
         "error: range: a duration is at most some 292 years"},
    };
    assert_answers(cases, COUNT(cases));
}

static void parts_of_a_timestamp_are_those_of_its_zone(void **state)
{
    (void)state;
    static const struct answer_case cases[] = {
        {"timestamp('1969-12-31T23:59:59.999Z').getFullYear()", "1969"},
        {"timestamp('1969-12-31T23:59:59.999Z').getDayOfYear()", "364"},
        {"timestamp('1969-12-31T23:59:59.999Z').getMilliseconds()", "999"},
        {"timestamp('1969-12-31T23:59:59.999Z').getSeconds()", "59"},
        {"timestamp('2024-12-31T12:00:00Z').getDayOfYear()", "365"},
        {"timestamp('2026-11-22T10:00:00Z').getDayOfWeek()", "0"},
        {"timestamp('2026-11-21T10:00:00Z').getDayOfWeek()", "6"},
        {"timestamp('2026-11-22T23:30:00Z').getDayOfWeek('+00:30')", "1"},
        {"timestamp('2026-11-22T23:30:00Z').getHours('05:45')", "5"},
        {"timestamp('2026-11-22T23:30:00Z').getMinutes('-05:45')", "45"},
        {"timestamp('2026-07-01T12:00:00Z').getHours('Europe/London')", "13"},
        {"timestamp('2026-12-01T12:00:00Z').getHours('Europe/London')", "12"},
        {"timestamp('0001-01-01T00:00:00Z').getFullYear('-00:01')", "0"},
        {"timestamp('9999-12-31T23:59:59Z').getFullYear('Asia/Tokyo')", "10000"},
        {"timestamp('2026-11-22T23:30:00Z').getHours('Mars/Olympus')",
         "error: unknown time zone: 'Mars/Olympus'"},
        {"timestamp('2026-11-22T23:30:00Z').getHours('')", "error: unknown time zone: ''"},
        {"timestamp('2026-11-22T23:30:00Z').getHours('24:00')",
         "error: unknown time zone: '24:00'"},
        {"timestamp('2026-11-22T23:30:00Z').getHours('+1:00')",
         "error: unknown time zone: '+1:00'"},
        {"timestamp('2026-11-22T23:30:00Z').getHours('+01:60')",
         "error: unknown time zone: '+01:60'"},
    };
    assert_answers(cases, COUNT(cases));
}

static void parts_of_a_duration_are_whole(void **state)
{
    (void)state;
    static const struct answer_case cases[] = {
        {"duration('-90m').getHours()", "-1"},
        {"duration('-90.5s').getMinutes()", "-1"},
        {"duration('-0.5s').getSeconds()", "0"},
        {"duration('-1.25s').getMilliseconds()", "-250"},
        {"duration('1s').getFullYear()", "error: no such overload"},
    };
    assert_answers(cases, COUNT(cases));
}

static struct cel_value hours_in(struct cel_evaluation *evaluation, const char *zone)
{
    struct cel_call call = {.evaluation = evaluation, .arena = evaluation->arena, .count = 2};
    const struct cel_value arguments[] = {cel_timestamp(0, 0), cel_string(text_of(zone))};
    const struct cel_declared_function *function =
        cel_find_function(evaluation->environment, TEXT("getHours"));
    const struct cel_overload *overload = cel_dispatch(function, true, arguments, 2);
    assert_non_null(overload);
    return overload->implementation(&call, arguments);
}

/* xorshift: Marsaglia, 2003. */
static uint64_t next_random(uint64_t *bits)
{
    *bits ^= *bits << 13;
    *bits ^= *bits >> 7;
    *bits ^= *bits << 17;
    return *bits;
}

static void assert_same(struct cel_value wanted, struct cel_value got)
{
    assert_int_equal(wanted.kind, got.kind);
    assert_int_equal(wanted.integer, got.integer);
    assert_int_equal(wanted.extra, got.extra);
}

static void any_time_is_read_back_and_any_sum_undone(void **state)
{
    (void)state;
    uint64_t bits = 88172645463325252u;
    for (int i = 0; i < 20000; i++) {
        char out[CEL_TIME_TEXT_MAXIMUM];
        int64_t seconds = (int64_t)(next_random(&bits) % 315537897600u) - 62135596800;
        uint32_t digits = (uint32_t)(next_random(&bits) % 1000000000u);
        const struct cel_value timestamp = cel_timestamp(seconds, i % 3 == 0 ? 0 : digits);
        assert_same(timestamp, cel_timestamp_parse(cel_timestamp_format(timestamp, out)));

        int64_t nanoseconds = (int64_t)next_random(&bits) >> (i % 60);
        const struct cel_value duration =
            cel_duration(nanoseconds / 1000000000, (int32_t)(nanoseconds % 1000000000));
        assert_same(duration, cel_duration_parse(cel_duration_format(duration, out)));

        const struct cel_value sum[] = {timestamp, duration};
        struct cel_value later = cel_timestamp_plus_duration(NULL, sum);
        if (cel_is_error(later)) continue; /* past the year 9999, or before the year 1 */
        const struct cel_value back[] = {later, duration};
        assert_same(timestamp, cel_timestamp_minus_duration(NULL, back));
        const struct cel_value between[] = {later, timestamp};
        assert_same(duration, cel_timestamp_minus_timestamp(NULL, between));
    }
}

static void a_zone_named_at_run_time_is_opened_once(void **state)
{
    (void)state;
    struct answers answers;
    answers_open(&answers);
    struct cel_evaluation evaluation = {
        .environment = answers.environment, .arena = &answers.scratch, .step_maximum = 10000};
    for (int i = 0; i < 100; i++) {
        assert_int_equal(9, hours_in(&evaluation, "Asia/Tokyo").integer);
        assert_int_equal(19, hours_in(&evaluation, "America/New_York").integer);
    }
    assert_true(evaluation.steps < 5000);
    /* Opening many is bounded by the steps that each takes. */
    assert_int_equal(1, hours_in(&evaluation, "Europe/Paris").integer);
    assert_int_equal(CEL_INT, hours_in(&evaluation, "Europe/Berlin").kind);
    assert_int_equal(CEL_INT, hours_in(&evaluation, "Europe/Rome").kind);
    assert_int_equal(CEL_FAULT_STEPS, hours_in(&evaluation, "Europe/Oslo").tag);
    answers_close(&answers);
}

static void a_constant_zone_is_opened_when_it_is_prepared(void **state)
{
    (void)state;
    struct answers answers;
    answers_open(&answers);
    const struct cel_value arguments[] = {cel_timestamp(0, 0), cel_string(TEXT("Asia/Tokyo"))};
    const struct cel_overload *overload =
        cel_dispatch(cel_find_function(answers.environment, TEXT("getHours")), true, arguments, 2);
    assert_non_null(overload->prepare);
    assert_int_equal(1, overload->prepare_argument);
    enum cel_fault fault = CEL_FAULT_NONE;
    const char *detail = NULL;
    assert_null(overload->prepare(answers.environment, &answers.kept, cel_string(TEXT("Tokyo")),
                                  &fault, &detail));
    assert_int_equal(CEL_FAULT_TIME_ZONE, fault);
    assert_non_null(detail);
    struct cel_evaluation evaluation = {.environment = answers.environment,
                                        .arena = &answers.scratch};
    struct cel_call call = {.evaluation = &evaluation, .arena = &answers.scratch, .count = 2};
    call.prepared =
        overload->prepare(answers.environment, &answers.kept, arguments[1], &fault, &detail);
    assert_non_null(call.prepared);
    assert_int_equal(9, overload->implementation(&call, arguments).integer);
    assert_int_equal(0, evaluation.steps);
    answers_close(&answers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(timestamps_are_read_and_written_as_rfc_3339),
        cmocka_unit_test(what_is_no_timestamp_is_refused),
        cmocka_unit_test(durations_are_read_in_parts_and_written_in_seconds),
        cmocka_unit_test(what_is_no_duration_is_refused),
        cmocka_unit_test(sums_of_times_are_exact_to_the_nanosecond),
        cmocka_unit_test(parts_of_a_timestamp_are_those_of_its_zone),
        cmocka_unit_test(parts_of_a_duration_are_whole),
        cmocka_unit_test(any_time_is_read_back_and_any_sum_undone),
        cmocka_unit_test(a_zone_named_at_run_time_is_opened_once),
        cmocka_unit_test(a_constant_zone_is_opened_when_it_is_prepared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
