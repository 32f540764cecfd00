/* Totals from hand-made decisions: what each posting counts as, in which month and for whom. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "backtest/months.h"
#include "backtest/releases.h"
#include "backtest/totals.h"

#define WALLET 11u
#define OTHER_WALLET 12u
#define TIERS 21u
#define SILVER 22u
#define GOLD 23u

struct fixture {
    struct arena arena;
    struct program program;
    struct problem_list problems;
    struct totals totals;
    struct wallet wallets[2];
    struct rule rules[1];
    struct reward rewards[1];
    struct tier_set tier_sets[1];
    struct level levels[2];
};

static int64_t at(int32_t year, int32_t month, int32_t day)
{
    return day_of_date((struct date){year, month, day}) * MICROSECONDS_PER_DAY;
}

static int set_up(void **context)
{
    static struct fixture fixture;
    fixture = (struct fixture){
        .wallets = {{.id = TEXT("points"), .symbol = WALLET},
                    {.id = TEXT("stars"), .symbol = OTHER_WALLET}},
        .rules = {{.id = TEXT("base"), .symbol = 31}},
        .rewards = {{.id = TEXT("mug"), .symbol = 41, .cost = 10, .has_value = true, .value = 250}},
        .levels = {{.id = TEXT("silver"), .symbol = SILVER}, {.id = TEXT("gold"), .symbol = GOLD}},
        .tier_sets = {{.id = TEXT("club"), .symbol = TIERS, .level_count = 2}},
    };
    arena_init(&fixture.arena, 1u << 26);
    problem_list_init(&fixture.problems, &fixture.arena);
    fixture.tier_sets[0].levels = fixture.levels;
    fixture.program = (struct program){.wallets = fixture.wallets,
                                       .wallet_count = 2,
                                       .rules = fixture.rules,
                                       .rule_count = 1,
                                       .rewards = fixture.rewards,
                                       .reward_count = 1,
                                       .tier_sets = fixture.tier_sets,
                                       .tier_set_count = 1};
    assert_int_equal(zone_open(&fixture.arena, TEXT("UTC"), &fixture.program.zone), STATUS_OK);
    assert_int_equal(totals_open(&fixture.totals, &fixture.program, 5, at(2020, 1, 15)), STATUS_OK);
    *context = &fixture;
    return 0;
}

static int tear_down(void **context)
{
    struct fixture *fixture = *context;
    totals_release(&fixture->totals);
    arena_release(&fixture->arena);
    return 0;
}

static uint32_t member(struct fixture *fixture, int64_t joined_at_us)
{
    uint32_t number = UINT32_MAX;
    assert_int_equal(totals_add_member(&fixture->totals, joined_at_us, &number), STATUS_OK);
    return number;
}

static enum status add(struct fixture *fixture, uint32_t number, enum event_type type,
                       struct effect effect)
{
    struct event event = {.type = type, .reward = TEXT("mug")};
    struct decision decision = {
        .occurred_at_us = effect.at_us, .effects = &effect, .effect_count = 1};
    return totals_add(&fixture->totals, number, &event, &decision);
}

static void post(struct fixture *fixture, uint32_t number, enum effect_kind kind, enum account from,
                 enum account to, int64_t amount, int64_t at_us)
{
    struct effect effect = {.kind = (uint8_t)kind,
                            .from = (uint8_t)from,
                            .to = (uint8_t)to,
                            .symbol = WALLET,
                            .amount = amount,
                            .at_us = at_us};
    assert_int_equal(add(fixture, number, EVENT_SETTLE, effect), STATUS_OK);
}

static void months_are_those_of_the_zone(void **context)
{
    struct fixture *fixture = *context;
    const struct zone *zone;
    struct months months;
    uint32_t month = 99;
    assert_int_equal(zone_open(&fixture->arena, TEXT("Asia/Tokyo"), &zone), STATUS_OK);
    /* 15:00 in UTC is midnight in Tokyo. */
    int64_t february_us = at(2020, 1, 31) + INT64_C(15) * 3600 * MICROSECONDS_PER_SECOND;
    assert_int_equal(months_open(&months, zone, february_us - 1), STATUS_OK);
    assert_int_equal(months.first_day, day_of_date((struct date){2020, 1, 1}));
    assert_int_equal(months_find(&months, february_us - 1, &month), STATUS_OK);
    assert_int_equal(month, 0);
    assert_int_equal(months_find(&months, february_us, &month), STATUS_OK);
    assert_int_equal(month, 1);
    assert_int_equal(months_find(&months, at(2030, 1, 15), &month), STATUS_OK);
    assert_int_equal(month, 120);
    assert_int_equal(months.count, 121);
    assert_int_equal(months_find(&months, february_us, &month), STATUS_OK);
    assert_int_equal(month, 1);
    assert_int_equal(months_find(&months, at(1990, 1, 1), &month), STATUS_OK);
    assert_int_equal(month, 0);
    assert_int_equal(months_find(&months, INSTANT_NEVER, &month), STATUS_CORRUPT);
    months_release(&months);
}

static void releases_come_soonest_first_and_equal_ones_as_they_were_earned(void **context)
{
    (void)context;
    struct releases releases = {.heap = NULL};
    struct release release;
    uint64_t seed = 12345;
    enum { COUNT = 2000 };
    for (uint64_t i = 0; i < COUNT; i++) {
        seed = seed * UINT64_C(6364136223846793005) + 1;
        struct release added = {(int64_t)(seed >> 55), i, (uint32_t)i};
        assert_int_equal(releases_add(&releases, added), STATUS_OK);
    }
    assert_false(releases_take(&releases, -1, &release));
    struct release before = {INT64_MIN, 0, 0};
    for (int i = 0; i < COUNT; i++) {
        assert_true(releases_take(&releases, INSTANT_NEVER, &release));
        assert_true(before.at_us < release.at_us ||
                    (before.at_us == release.at_us && before.position < release.position));
        before = release;
    }
    assert_false(releases_take(&releases, INSTANT_NEVER, &release));
    releases_release(&releases);
}

static void postings_are_counted_on_both_of_their_sides(void **context)
{
    struct fixture *fixture = *context;
    uint32_t ann = member(fixture, at(2020, 1, 15));
    post(fixture, ann, EFFECT_LOT_OPENED, ACCOUNT_ISSUED, ACCOUNT_PENDING, 100, at(2020, 1, 15));
    post(fixture, ann, EFFECT_LOT_MOVED, ACCOUNT_PENDING, ACCOUNT_AVAILABLE, 60, at(2020, 2, 1));
    post(fixture, ann, EFFECT_LOT_TAKEN, ACCOUNT_AVAILABLE, ACCOUNT_REDEEMED, 20, at(2020, 2, 2));
    post(fixture, ann, EFFECT_CLASS_TURNED, ACCOUNT_AVAILABLE, ACCOUNT_EXPIRED, 40, at(2020, 3, 1));
    post(fixture, ann, EFFECT_DEBT_RAISED, 0, ACCOUNT_TAKEN_BACK, 7, at(2020, 4, 1));
    const struct member_totals *sums = &fixture->totals.members[ann];
    assert_int_equal(sums->issued, 93);
    assert_int_equal(sums->redeemed, 20);
    assert_int_equal(sums->expired, 40);
    assert_int_equal(sums->balance, 33);
}

/* Makes what the members' states say the same as what was posted, as the engine would. */
static enum status close(struct fixture *fixture)
{
    return totals_close(&fixture->totals, &fixture->problems);
}

static void a_balance_that_no_state_holds_is_named(void **context)
{
    struct fixture *fixture = *context;
    uint32_t ann = member(fixture, at(2020, 1, 15));
    post(fixture, ann, EFFECT_LOT_OPENED, ACCOUNT_ISSUED, ACCOUNT_AVAILABLE, 5, at(2020, 1, 15));
    assert_int_equal(close(fixture), STATUS_CORRUPT);
    assert_int_equal(fixture->problems.count, 1);
    struct text message = fixture->problems.items[0].message;
    assert_true(text_starts_with(
        message, TEXT("wallet points: the postings say available is 5, but 0 was found")));
}

static void months_end_with_what_was_owed_then(void **context)
{
    struct fixture *fixture = *context;
    uint32_t ann = member(fixture, at(2020, 1, 15));
    post(fixture, ann, EFFECT_LOT_OPENED, ACCOUNT_ISSUED, ACCOUNT_AVAILABLE, 50, at(2020, 1, 15));
    post(fixture, ann, EFFECT_LOT_TAKEN, ACCOUNT_AVAILABLE, ACCOUNT_REDEEMED, 30, at(2020, 4, 30));
    /* Fell due long before, and is written down last. */
    post(fixture, ann, EFFECT_CLASS_TURNED, ACCOUNT_AVAILABLE, ACCOUNT_EXPIRED, 20,
         at(2020, 2, 29));
    assert_int_equal(close(fixture), STATUS_OK);
    const struct totals *totals = &fixture->totals;
    assert_int_equal(totals->month_count, 4);
    assert_int_equal(totals->first_month_day, day_of_date((struct date){2020, 1, 1}));
    const int64_t outstanding[] = {50, 30, 30, 0};
    const int64_t expired[] = {0, 20, 0, 0};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(totals->months[i].first_day, day_of_date((struct date){2020, i + 1, 1}));
        assert_int_equal(totals->months[i].outstanding, outstanding[i]);
        assert_int_equal(totals->months[i].expired, expired[i]);
        assert_int_equal(totals->months[4 + i].outstanding, 0);
    }
    assert_int_equal(totals->wallets[0].issued, 50);
    assert_int_equal(totals->wallets[0].redeemed, 30);
    assert_int_equal(totals->wallets[0].expired, 20);
    assert_int_equal(totals->wallets[1].issued, 0);
}

static void points_that_live_again_lower_what_expired(void **context)
{
    struct fixture *fixture = *context;
    uint32_t ann = member(fixture, at(2020, 1, 15));
    post(fixture, ann, EFFECT_LOT_OPENED, ACCOUNT_ISSUED, ACCOUNT_AVAILABLE, 50, at(2020, 1, 15));
    post(fixture, ann, EFFECT_CLASS_TURNED, ACCOUNT_AVAILABLE, ACCOUNT_EXPIRED, 50, at(2020, 2, 1));
    post(fixture, ann, EFFECT_LOT_OPENED, ACCOUNT_EXPIRED, ACCOUNT_AVAILABLE, 20, at(2020, 3, 1));
    post(fixture, ann, EFFECT_LOT_TAKEN, ACCOUNT_AVAILABLE, ACCOUNT_TAKEN_BACK, 20, at(2020, 3, 2));
    assert_int_equal(close(fixture), STATUS_OK);
    assert_int_equal(fixture->totals.wallets[0].expired, 30);
    assert_int_equal(fixture->totals.wallets[0].taken_back, 20);
    assert_int_equal(fixture->totals.members[ann].issued, 30);
}

static void a_purchase_counts_in_its_month_and_for_its_member(void **context)
{
    struct fixture *fixture = *context;
    uint32_t ann = member(fixture, at(2020, 1, 15));
    struct event event = {.type = EVENT_PURCHASE};
    struct fired fired = {.rule = 0, .granted = 12};
    struct decision decision = {
        .occurred_at_us = at(2020, 2, 3), .eligible = 1250, .fired = &fired, .fired_count = 1};
    assert_int_equal(totals_add(&fixture->totals, ann, &event, &decision), STATUS_OK);
    assert_int_equal(close(fixture), STATUS_OK);
    assert_int_equal(fixture->totals.orders, 1);
    assert_int_equal(fixture->totals.eligible_sales, 1250);
    assert_int_equal(fixture->totals.members[ann].eligible, 1250);
    assert_int_equal(fixture->totals.members[ann].orders, 1);
    assert_int_equal(fixture->totals.months[0].orders, 0);
    assert_int_equal(fixture->totals.months[1].orders, 1);
    assert_int_equal(fixture->totals.months[1].eligible_sales, 1250);
    assert_int_equal(fixture->totals.rules[0].fired, 1);
    assert_int_equal(fixture->totals.rules[0].issued, 12);
}

static void a_redemption_counts_its_points_and_its_value(void **context)
{
    struct fixture *fixture = *context;
    uint32_t ann = member(fixture, at(2020, 1, 15));
    post(fixture, ann, EFFECT_LOT_OPENED, ACCOUNT_ISSUED, ACCOUNT_AVAILABLE, 20, at(2020, 1, 15));
    struct effect effect = {.kind = EFFECT_LOT_TAKEN,
                            .from = ACCOUNT_AVAILABLE,
                            .to = ACCOUNT_REDEEMED,
                            .symbol = WALLET,
                            .amount = 10,
                            .at_us = at(2020, 1, 15)};
    assert_int_equal(add(fixture, ann, EVENT_REDEEM, effect), STATUS_OK);
    assert_int_equal(add(fixture, ann, EVENT_REDEEM, effect), STATUS_OK);
    assert_int_equal(close(fixture), STATUS_OK);
    assert_int_equal(fixture->totals.rewards[0].count, 2);
    assert_int_equal(fixture->totals.rewards[0].cost, 20);
    assert_int_equal(fixture->totals.rewards[0].value, 500);
}

static void a_refused_event_counts_what_was_settled_and_nothing_else(void **context)
{
    struct fixture *fixture = *context;
    uint32_t ann = member(fixture, at(2020, 1, 15));
    post(fixture, ann, EFFECT_LOT_OPENED, ACCOUNT_ISSUED, ACCOUNT_AVAILABLE, 20, at(2020, 1, 15));
    struct effect effect = {.kind = EFFECT_CLASS_TURNED,
                            .from = ACCOUNT_AVAILABLE,
                            .to = ACCOUNT_EXPIRED,
                            .symbol = WALLET,
                            .amount = 20,
                            .at_us = at(2020, 2, 1)};
    struct event event = {.type = EVENT_REDEEM, .reward = TEXT("mug")};
    struct decision decision = {
        .answer = ANSWER_BALANCE_TOO_LOW, .effects = &effect, .effect_count = 1};
    assert_int_equal(totals_add(&fixture->totals, ann, &event, &decision), STATUS_OK);
    assert_int_equal(close(fixture), STATUS_OK);
    assert_int_equal(fixture->totals.wallets[0].expired, 20);
    assert_int_equal(fixture->totals.rewards[0].count, 0);
}

static void set_level(struct fixture *fixture, uint32_t number, uint32_t level, int64_t at_us)
{
    struct effect effect = {
        .kind = EFFECT_TIER_SET, .symbol = TIERS, .rule = level, .at_us = at_us};
    assert_int_equal(add(fixture, number, EVENT_SETTLE, effect), STATUS_OK);
}

static void levels_are_followed_from_month_to_month(void **context)
{
    struct fixture *fixture = *context;
    uint32_t ann = member(fixture, at(2020, 1, 15));
    uint32_t bob = member(fixture, at(2020, 2, 15));
    set_level(fixture, ann, GOLD, at(2020, 1, 20));
    set_level(fixture, bob, SILVER, at(2020, 2, 20));
    set_level(fixture, ann, SILVER, at(2020, 3, 1));
    set_level(fixture, bob, 0, at(2020, 4, 1));
    assert_int_equal(close(fixture), STATUS_OK);
    const struct tier_totals *tiers = &fixture->totals.tiers[0];
    const uint64_t months[4][3] = {{0, 0, 1}, {0, 1, 1}, {0, 2, 0}, {1, 1, 0}};
    assert_int_equal(fixture->totals.month_count, 4);
    assert_memory_equal(tiers->month_members, months, sizeof months);
    const uint64_t end[3] = {1, 1, 0};
    assert_memory_equal(tiers->members, end, sizeof end);
    const uint64_t highest_to_end[3][3] = {{0, 0, 0}, {1, 0, 0}, {0, 1, 0}};
    assert_memory_equal(tiers->highest_to_end, highest_to_end, sizeof highest_to_end);
}

static void an_unknown_wallet_or_level_is_corrupt(void **context)
{
    struct fixture *fixture = *context;
    uint32_t ann = member(fixture, at(2020, 1, 15));
    struct effect posting = {.kind = EFFECT_LOT_OPENED,
                             .from = ACCOUNT_ISSUED,
                             .to = ACCOUNT_AVAILABLE,
                             .symbol = 99,
                             .amount = 1,
                             .at_us = at(2020, 1, 15)};
    assert_int_equal(add(fixture, ann, EVENT_SETTLE, posting), STATUS_CORRUPT);
    posting.symbol = WALLET;
    posting.to = ACCOUNT_COUNT;
    assert_int_equal(add(fixture, ann, EVENT_SETTLE, posting), STATUS_CORRUPT);
    struct effect level = {
        .kind = EFFECT_TIER_SET, .symbol = TIERS, .rule = 99, .at_us = at(2020, 1, 15)};
    assert_int_equal(add(fixture, ann, EVENT_SETTLE, level), STATUS_CORRUPT);
}

static void sums_that_do_not_fit_are_an_overflow(void **context)
{
    struct fixture *fixture = *context;
    uint32_t ann = member(fixture, at(2020, 1, 15));
    post(fixture, ann, EFFECT_LOT_OPENED, ACCOUNT_ISSUED, ACCOUNT_AVAILABLE, AMOUNT_MAXIMUM,
         at(2020, 1, 15));
    struct effect more = {.kind = EFFECT_LOT_OPENED,
                          .from = ACCOUNT_ISSUED,
                          .to = ACCOUNT_AVAILABLE,
                          .symbol = WALLET,
                          .amount = 2,
                          .at_us = at(2020, 1, 16)};
    assert_int_equal(add(fixture, ann, EVENT_SETTLE, more), STATUS_OVERFLOW);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(months_are_those_of_the_zone),
        CASE(releases_come_soonest_first_and_equal_ones_as_they_were_earned),
        CASE(postings_are_counted_on_both_of_their_sides),
        CASE(a_balance_that_no_state_holds_is_named),
        CASE(months_end_with_what_was_owed_then),
        CASE(points_that_live_again_lower_what_expired),
        CASE(a_purchase_counts_in_its_month_and_for_its_member),
        CASE(a_redemption_counts_its_points_and_its_value),
        CASE(a_refused_event_counts_what_was_settled_and_nothing_else),
        CASE(levels_are_followed_from_month_to_month),
        CASE(an_unknown_wallet_or_level_is_corrupt),
        CASE(sums_that_do_not_fit_are_an_overflow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
