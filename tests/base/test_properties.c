/* Properties of base on random input: what is written is read back, a quotient is what its rounding
 * says, and sums of products agree with a slower way to compute them. Every run draws the same
 * numbers.
 */
#include "check.h"

#define ROUNDS 200000

__extension__ typedef unsigned __int128 unsigned_wide;

static void amounts_are_read_back_as_written(void **state)
{
    (void)state;
    uint64_t seed = 1;
    for (int i = 0; i < ROUNDS; i++) {
        int64_t amount = random_amount(&seed);
        int32_t decimals = (int32_t)random_between(&seed, 0, 18);
        char out[AMOUNT_TEXT_MAXIMUM];
        struct text text = amount_format(amount, decimals, out);
        assert_true(text.length < AMOUNT_TEXT_MAXIMUM && out[text.length] == '\0');
        int64_t back = 0;
        assert_ok(amount_parse(text, decimals, &back));
        assert_int_equal(amount, back);
        struct decimal decimal;
        assert_ok(decimal_parse(text, &decimal));
        assert_int_equal(decimals, decimal.scale);
        struct decimal normal = decimal_normalise(decimal);
        assert_true(normal.scale == 0 || normal.coefficient % 10 != 0);
        assert_ok(decimal_rescale(normal, decimals, &back));
        assert_int_equal(amount, back);
    }
}

static void grouping_only_adds_commas(void **state)
{
    (void)state;
    uint64_t seed = 2;
    for (int i = 0; i < ROUNDS; i++) {
        int64_t amount = random_amount(&seed);
        int32_t decimals = (int32_t)random_between(&seed, 0, 18);
        char plain[AMOUNT_TEXT_MAXIMUM];
        char grouped[AMOUNT_GROUPED_TEXT_MAXIMUM];
        char without[AMOUNT_GROUPED_TEXT_MAXIMUM];
        struct text wanted = amount_format(amount, decimals, plain);
        struct text text = amount_format_grouped(amount, decimals, grouped);
        size_t length = 0;
        size_t digits = 0;
        for (size_t at = text.length - (decimals > 0 ? (size_t)decimals + 1 : 0); at-- > 0;) {
            if (text.bytes[at] == ',') assert_int_equal(0, digits % 3);
            digits += text.bytes[at] != ',';
        }
        for (size_t at = 0; at < text.length; at++)
            if (text.bytes[at] != ',') without[length++] = text.bytes[at];
        assert_true(text_equal(wanted, (struct text){without, length}));
    }
}

/* quotient x divisor lies where the rounding says, seen from the dividend. */
static bool is_rounded(wide dividend, wide divisor, enum rounding rounding, int64_t quotient)
{
    wide gap = dividend - quotient * divisor;
    switch (rounding) {
    case ROUNDING_DOWN:
        return gap >= 0 && gap < divisor;
    case ROUNDING_UP:
        return gap <= 0 && gap > -divisor;
    case ROUNDING_HALF_UP:
        if (2 * gap == divisor) return dividend < 0;
        if (2 * gap == -divisor) return dividend > 0;
        return 2 * gap < divisor && 2 * gap > -divisor;
    case ROUNDING_HALF_EVEN:
        if (2 * gap == divisor || 2 * gap == -divisor) return quotient % 2 == 0;
        return 2 * gap < divisor && 2 * gap > -divisor;
    }
    return false;
}

static void quotients_are_what_their_rounding_says(void **state)
{
    (void)state;
    uint64_t seed = 3;
    int taken = 0;
    for (int i = 0; i < ROUNDS; i++) {
        int64_t a = random_amount(&seed);
        int64_t b = random_amount(&seed);
        int64_t divisor = random_amount(&seed);
        if (i % 4 == 0) divisor = random_between(&seed, 1, 20);
        if (divisor == INT64_MIN || divisor == 0) continue;
        if (divisor < 0) divisor = -divisor;
        enum rounding rounding = (enum rounding)random_between(&seed, 0, 3);
        wide dividend = (wide)a * b;
        int64_t quotient = 0;
        if (amount_multiply_divide(a, b, divisor, rounding, &quotient) == STATUS_OK) {
            assert_true(is_rounded(dividend, divisor, rounding, quotient));
            int64_t again = 0;
            assert_ok(wide_divide(dividend, 1, divisor, rounding, &again));
            assert_int_equal(quotient, again);
            taken++;
        } else {
            wide rough = dividend / divisor;
            assert_true(rough >= INT64_MAX || rough <= INT64_MIN);
        }
    }
    assert_true(taken > ROUNDS / 4);
}

static void sums_of_products_agree_with_long_multiplication(void **state)
{
    (void)state;
    uint64_t seed = 4;
    int refused = 0;
    for (int i = 0; i < ROUNDS; i++) {
        int64_t a = random_amount(&seed);
        int64_t b = random_amount(&seed);
        int64_t c = random_amount(&seed);
        wide sum = 0;
        enum status status = wide_add_product(&sum, a, b, c);
        /* Modulo 2^128 the product is right even where it does not fit; that it fits is told by
         * dividing again. */
        unsigned_wide wrapped = (unsigned_wide)((wide)a * b) * (unsigned_wide)(wide)c;
        bool fits = c == 0 || ((wide)wrapped / c == (wide)a * b && (wide)wrapped % c == 0);
        if (wrapped == (unsigned_wide)1 << 127) fits = false;
        assert_int_equal(fits ? STATUS_OK : STATUS_OVERFLOW, status);
        assert_true(sum == (fits ? (wide)wrapped : 0));
        if (!fits) {
            refused++;
            continue;
        }
        assert_ok(wide_add_product(&sum, -1, 1, 1));
        assert_true(sum == (wide)wrapped - 1);
    }
    assert_true(refused > ROUNDS / 100);
}

static void decimals_never_crash_on_any_bytes(void **state)
{
    (void)state;
    static const char letters[] = "0123456789.-+e, \0x\xFF";
    uint64_t seed = 5;
    int taken = 0;
    for (int i = 0; i < ROUNDS; i++) {
        char bytes[40];
        size_t length = (size_t)random_between(&seed, 0, sizeof bytes);
        int64_t last = i % 2 == 0 ? 10 : (int64_t)sizeof letters - 1;
        for (size_t at = 0; at < length; at++)
            bytes[at] = letters[random_between(&seed, 0, last)];
        struct decimal decimal = {0, 0};
        if (decimal_parse((struct text){bytes, length}, &decimal) != STATUS_OK) continue;
        assert_in_range(decimal.scale, 0, DECIMAL_SCALE_MAXIMUM);
        taken++;
    }
    assert_true(taken > 1000);
}

static void instants_are_read_back_as_written(void **state)
{
    (void)state;
    static const char *const names[] = {"UTC",
                                        "Europe/London",
                                        "America/New_York",
                                        "Asia/Kathmandu",
                                        "Australia/Lord_Howe",
                                        "Africa/Casablanca",
                                        "Africa/Monrovia",
                                        "Pacific/Kiritimati"};
    struct arena arena;
    arena_init(&arena, 1 << 20);
    uint64_t seed = 6;
    for (size_t name = 0; name < COUNT(names); name++) {
        const struct zone *zone;
        assert_ok(zone_open(&arena, text_of(names[name]), &zone));
        for (int i = 0; i < ROUNDS / 4; i++) {
            int64_t instant_us = i % 2 == 0
                                     ? random_between(&seed, INSTANT_EARLIEST, INSTANT_LATEST)
                                     : random_between(&seed, 0, 4000000000) * 1000000;
            char out[INSTANT_TEXT_MAXIMUM];
            struct text text = instant_format(zone, instant_us, out);
            assert_true(text.length < INSTANT_TEXT_MAXIMUM && out[text.length] == '\0');
            int64_t back_us = 0;
            assert_ok(instant_parse(zone, text, &back_us));
            assert_true(instant_us == back_us);
            /* Instant to wall time and back: the same, or the earlier with that wall time. */
            struct wall_time wall = zone_to_wall(zone, instant_us);
            assert_true(wall.time_of_day_us >= 0 && wall.time_of_day_us < MICROSECONDS_PER_DAY);
            int64_t earlier_us = zone_from_wall(zone, wall);
            struct wall_time again = zone_to_wall(zone, earlier_us);
            assert_true(earlier_us <= instant_us);
            assert_int_equal(wall.local_day, again.local_day);
            assert_int_equal(wall.time_of_day_us, again.time_of_day_us);
        }
    }
    arena_release(&arena);
}

static void days_are_read_back_as_written(void **state)
{
    (void)state;
    struct arena arena;
    const struct zone *zone;
    arena_init(&arena, 1 << 20);
    assert_ok(zone_open(&arena, TEXT("America/Sao_Paulo"), &zone));
    for (int32_t day = -25567; day < 84006; day++) {
        char out[INSTANT_TEXT_MAXIMUM];
        int64_t start_us = 0;
        assert_ok(instant_parse(zone, day_format(day, out), &start_us));
        assert_true(start_us == zone_start_of_day(zone, day));
        assert_int_equal(day, zone_local_day(zone, start_us));
        assert_true(zone_local_day(zone, start_us - 1) < day);
    }
    arena_release(&arena);
}

static void spans_are_read_back_and_moving_there_and_back_ends_near(void **state)
{
    (void)state;
    uint64_t seed = 7;
    for (int i = 0; i < ROUNDS; i++) {
        struct span span = {(int32_t)random_between(&seed, 1, 100000),
                            (enum period_unit)random_between(&seed, PERIOD_DAY, PERIOD_YEAR)};
        char out[SPAN_TEXT_MAXIMUM];
        struct span back;
        assert_ok(span_parse(span_format(span, out), &back));
        assert_int_equal(span.count, back.count);
        assert_int_equal(span.unit, back.unit);
        int32_t day = (int32_t)random_between(&seed, -25567, 84006);
        int32_t there = day_add_span(day, span);
        int32_t returned = day_add_span(there, (struct span){-span.count, span.unit});
        bool is_exact = span.unit == PERIOD_DAY || span.unit == PERIOD_WEEK;
        /* Months clamp: 31 January, 28 February, 28 January. */
        assert_true(there > day);
        assert_in_range(day - returned, 0, is_exact ? 0 : 3);
    }
}

static void instants_never_crash_on_any_bytes(void **state)
{
    (void)state;
    static const char letters[] = "0123456789-:TZ+. \0\xFF";
    struct arena arena;
    const struct zone *zone;
    arena_init(&arena, 1 << 20);
    assert_ok(zone_open(&arena, TEXT("Europe/London"), &zone));
    uint64_t seed = 8;
    int taken = 0;
    for (int i = 0; i < ROUNDS; i++) {
        char bytes[] = "2024-03-31T01:30:00.000000+01:00";
        size_t length = (size_t)random_between(&seed, 0, sizeof bytes);
        for (int64_t changes = random_between(&seed, 0, 2); changes > 0; changes--)
            bytes[random_between(&seed, 0, sizeof bytes - 1)] =
                letters[random_between(&seed, 0, sizeof letters - 1)];
        int64_t instant_us = INSTANT_EARLIEST;
        struct text text = {bytes, length};
        taken += instant_parse(zone, text, &instant_us) == STATUS_OK;
        assert_true(instant_us >= INSTANT_EARLIEST && instant_us <= INSTANT_LATEST);
    }
    assert_true(taken > 1000);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(amounts_are_read_back_as_written),
        cmocka_unit_test(grouping_only_adds_commas),
        cmocka_unit_test(quotients_are_what_their_rounding_says),
        cmocka_unit_test(sums_of_products_agree_with_long_multiplication),
        cmocka_unit_test(decimals_never_crash_on_any_bytes),
        cmocka_unit_test(instants_are_read_back_as_written),
        cmocka_unit_test(days_are_read_back_as_written),
        cmocka_unit_test(spans_are_read_back_and_moving_there_and_back_ends_near),
        cmocka_unit_test(instants_never_crash_on_any_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
