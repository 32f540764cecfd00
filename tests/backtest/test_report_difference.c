/* Tests of backtest/report_difference: who keeps more, who keeps less, and by how much. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "backtest/report_difference.h"

struct pair {
    struct wallet wallets[2];
    struct program programs[2];
    struct member_totals members[2][4];
    struct totals totals[2];
};

static void pair_init(struct pair *pair, int32_t first_decimals, int32_t other_decimals,
                      uint64_t members)
{
    *pair = (struct pair){0};
    pair->wallets[0].decimals = first_decimals;
    pair->wallets[1].decimals = other_decimals;
    for (int k = 0; k < 2; k++) {
        pair->programs[k] = (struct program){.wallets = &pair->wallets[k], .wallet_count = 1};
        pair->totals[k] = (struct totals){
            .program = &pair->programs[k], .members = pair->members[k], .member_count = members};
    }
}

static struct difference measured(const struct pair *pair)
{
    struct difference difference = {0};
    assert_int_equal(STATUS_OK, difference_measure(&pair->totals[0], &pair->totals[1],
                                                   DIFFERENCE_OF_KEPT, &difference));
    return difference;
}

static void every_member_gains_loses_or_stays_the_same(void **state)
{
    (void)state;
    struct pair pair;
    pair_init(&pair, 0, 0, 4);
    const int64_t first[] = {100, 100, 100, 0};
    const int64_t other[] = {130, 60, 100, 7};
    for (int k = 0; k < 4; k++) {
        pair.members[0][k].issued = first[k];
        pair.members[1][k].issued = other[k];
    }
    struct difference difference = measured(&pair);
    assert_int_equal(2, difference.gain);
    assert_int_equal(1, difference.lose);
    assert_int_equal(1, difference.same);
    assert_int_equal(37, difference.gained);
    assert_int_equal(40, difference.lost);
    assert_int_equal(0, difference.decimals);
}

static void wallets_with_other_decimals_are_compared_in_the_finer_unit(void **state)
{
    (void)state;
    struct pair pair;
    pair_init(&pair, 0, 2, 2);
    pair.members[0][0].issued = 10;
    pair.members[1][0].issued = 1000;
    pair.members[0][1].issued = 10;
    pair.members[1][1].issued = 999;
    struct difference difference = measured(&pair);
    assert_int_equal(1, difference.same);
    assert_int_equal(1, difference.lose);
    assert_int_equal(1, difference.lost);
    assert_int_equal(2, difference.decimals);
    pair_init(&pair, 2, 0, 1);
    pair.members[0][0].issued = 150;
    pair.members[1][0].issued = 2;
    assert_int_equal(50, measured(&pair).gained);
}

static void points_below_zero_count_as_less(void **state)
{
    (void)state;
    struct pair pair;
    pair_init(&pair, 0, 0, 2);
    pair.members[0][0].issued = -5;
    pair.members[1][0].issued = 5;
    pair.members[0][1].issued = 5;
    pair.members[1][1].issued = -5;
    struct difference difference = measured(&pair);
    assert_int_equal(10, difference.gained);
    assert_int_equal(10, difference.lost);
}

static void what_expired_is_kept_and_cannot_be_used(void **state)
{
    (void)state;
    struct pair pair;
    pair_init(&pair, 0, 0, 1);
    pair.members[0][0] = (struct member_totals){.issued = 100};
    pair.members[1][0] = (struct member_totals){.issued = 120, .expired = 50};
    struct difference usable = {0};
    assert_int_equal(20, measured(&pair).gained);
    assert_int_equal(STATUS_OK, difference_measure(&pair.totals[0], &pair.totals[1],
                                                   DIFFERENCE_OF_USABLE, &usable));
    assert_int_equal(1, usable.lose);
    assert_int_equal(30, usable.lost);
}

static void no_members_make_no_difference(void **state)
{
    (void)state;
    struct pair pair;
    pair_init(&pair, 0, 0, 0);
    struct difference difference = measured(&pair);
    assert_int_equal(0, difference.gain + difference.lose + difference.same);
}

static void a_sum_that_overflows_is_an_error(void **state)
{
    (void)state;
    struct pair pair;
    pair_init(&pair, 0, 0, 2);
    struct difference difference = {.gain = 77};
    pair.members[1][0].issued = INT64_MAX;
    pair.members[1][1].issued = 1;
    assert_int_equal(STATUS_OVERFLOW, difference_measure(&pair.totals[0], &pair.totals[1],
                                                         DIFFERENCE_OF_KEPT, &difference));
    pair.members[0][0].issued = INT64_MIN;
    assert_int_equal(STATUS_OVERFLOW, difference_measure(&pair.totals[0], &pair.totals[1],
                                                         DIFFERENCE_OF_KEPT, &difference));
    assert_int_equal(77, difference.gain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_member_gains_loses_or_stays_the_same),
        cmocka_unit_test(wallets_with_other_decimals_are_compared_in_the_finer_unit),
        cmocka_unit_test(points_below_zero_count_as_less),
        cmocka_unit_test(what_expired_is_kept_and_cannot_be_used),
        cmocka_unit_test(no_members_make_no_difference),
        cmocka_unit_test(a_sum_that_overflows_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
