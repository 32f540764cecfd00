/* Tests of bench/histogram: percentiles against sorted values, within the bound that is promised.
 */
#include "check.h"

#include "histogram.h"

static struct histogram histogram;

static int compare_values(const void *a, const void *b)
{
    int64_t first = *(const int64_t *)a;
    int64_t second = *(const int64_t *)b;
    return (first > second) - (first < second);
}

/* SplitMix64: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014. */
static uint64_t next_random(uint64_t *state)
{
    *state += UINT64_C(0x9E3779B97F4A7C15);
    uint64_t mixed = *state;
    mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94D049BB133111EB);
    return mixed ^ (mixed >> 31);
}

static void an_empty_one_answers_zero(void **state)
{
    (void)state;
    histogram_clear(&histogram);
    assert_int_equal(0, histogram_percentile(&histogram, 500000));
    assert_int_equal(0, histogram_percentile(&histogram, 1000000));
}

static void small_values_are_exact(void **state)
{
    (void)state;
    histogram_clear(&histogram);
    for (int64_t value = 1; value <= 100; value++)
        histogram_add(&histogram, value);
    assert_int_equal(1, histogram_percentile(&histogram, 0));
    assert_int_equal(1, histogram_percentile(&histogram, 10000));
    assert_int_equal(50, histogram_percentile(&histogram, 500000));
    assert_int_equal(99, histogram_percentile(&histogram, 990000));
    assert_int_equal(100, histogram_percentile(&histogram, 990001));
    assert_int_equal(100, histogram_percentile(&histogram, 1000000));
}

/* One value at a time, at and around every power of two. */
static void every_value_is_found_again_within_the_bound(void **state)
{
    (void)state;
    for (int bit = 0; bit < 40; bit++) {
        for (int64_t step = -2; step <= 2; step++) {
            int64_t value = (INT64_C(1) << bit) + step;
            if (value < 0 || value > HISTOGRAM_VALUE_MAXIMUM) continue;
            histogram_clear(&histogram);
            histogram_add(&histogram, value);
            /* A far higher one, so that the highest does not answer for it. */
            histogram_add(&histogram, INT64_MAX);
            int64_t found = histogram_percentile(&histogram, 500000);
            assert_true(found >= value && found - value <= value / 128);
        }
    }
}

static void percentiles_are_those_of_the_sorted_values_within_the_bound(void **state)
{
    (void)state;
    static int64_t values[20000];
    static const uint32_t asked[] = {0, 1, 100000, 500000, 900000, 990000, 999000, 999999};
    uint64_t random = 7;
    histogram_clear(&histogram);
    for (size_t i = 0; i < COUNT(values); i++) {
        /* As many short ones as long ones. */
        values[i] = (int64_t)(next_random(&random) >> (24 + next_random(&random) % 40));
        histogram_add(&histogram, values[i]);
    }
    qsort(values, COUNT(values), sizeof *values, compare_values);
    for (size_t i = 0; i < COUNT(asked); i++) {
        size_t rank = (COUNT(values) * asked[i] + 999999) / 1000000;
        int64_t exact = values[rank == 0 ? 0 : rank - 1];
        int64_t found = histogram_percentile(&histogram, asked[i]);
        assert_true(found >= exact && found - exact <= exact / 128);
    }
    assert_int_equal(values[COUNT(values) - 1], histogram_percentile(&histogram, 1000000));
}

static void what_lasts_too_long_is_kept_as_the_highest(void **state)
{
    (void)state;
    histogram_clear(&histogram);
    histogram_add(&histogram, HISTOGRAM_VALUE_MAXIMUM);
    histogram_add(&histogram, HISTOGRAM_VALUE_MAXIMUM + 1);
    histogram_add(&histogram, INT64_MAX);
    assert_int_equal(3, histogram.count);
    assert_int_equal(HISTOGRAM_VALUE_MAXIMUM, histogram_percentile(&histogram, 500000));
    assert_int_equal(INT64_MAX, histogram_percentile(&histogram, 1000000));
}

static void below_zero_counts_as_zero(void **state)
{
    (void)state;
    histogram_clear(&histogram);
    histogram_add(&histogram, -5);
    histogram_add(&histogram, INT64_MIN);
    assert_int_equal(2, histogram.counts[0]);
    assert_int_equal(0, histogram_percentile(&histogram, 1000000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_one_answers_zero),
        cmocka_unit_test(small_values_are_exact),
        cmocka_unit_test(every_value_is_found_again_within_the_bound),
        cmocka_unit_test(percentiles_are_those_of_the_sorted_values_within_the_bound),
        cmocka_unit_test(what_lasts_too_long_is_kept_as_the_highest),
        cmocka_unit_test(below_zero_counts_as_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
