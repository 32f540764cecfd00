/* Holds and redemptions: reserve, confirm, cancel, lapse, reverse, and what happens meanwhile. */
#include "world.h"

#define SHOP(wallet)                                                                               \
    "program: shop\ncurrency: EUR\nwallets:\n  points: " wallet                                    \
    "\nrules:\n  base: {on: purchase, earn: 1 point per 1.00 EUR}\n"
#define REWARDS                                                                                    \
    "rewards:\n  mug: {cost: 40 points, stock: 1, limit: {per_member: 1 per calendar year}}\n"

static void held_points_are_reserved_and_confirmed_whole(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP("{}"));
    assert_done(buy(&world, "ann", "o1", "100.00"));
    assert_done(hold(&world, "ann", 70, "h1", "2027-03-01T13:00"));
    assert_balance(&world, "ann", .available = 30, .held = 70);
    assert_answer(BALANCE_TOO_LOW, redeem(&world, "ann", 31, NULL));
    assert_answer(ALREADY_EXISTS, hold(&world, "ann", 1, "h1", "2027-03-01T13:00"));
    assert_done(confirm(&world, "h1", 0));
    assert_balance(&world, "ann", .available = 30);
    assert_posted(&world, REDEEMED, 70);
    assert_answer(NOT_HELD, confirm(&world, "h1", 0));
    assert_answer(NOT_HELD, cancel(&world, "h1"));
    assert_balance(&world, "ann", .available = 30);
    world_close(&world);
}

static void confirming_a_part_releases_the_rest(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP("{}"));
    assert_done(buy(&world, "ann", "o1", "100.00"));
    assert_done(hold(&world, "ann", 70, "h1", "2027-03-01T13:00"));
    assert_answer(BALANCE_TOO_LOW, confirm(&world, "h1", 71));
    assert_done(confirm(&world, "h1", 20));
    assert_balance(&world, "ann", .available = 80);
    assert_done(reverse(&world, "h1", 0));
    assert_balance(&world, "ann", .available = 100);
    world_close(&world);
}

static void a_hold_is_cancelled_once(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP("{}"));
    assert_done(buy(&world, "ann", "o1", "100.00"));
    assert_done(hold(&world, "ann", 70, "h1", "2027-03-01T13:00"));
    assert_done(cancel(&world, "h1"));
    assert_balance(&world, "ann", .available = 100);
    assert_answer(NOT_HELD, cancel(&world, "h1"));
    assert_answer(NOT_REVERSIBLE, reverse(&world, "h1", 0));
    assert_answer(UNKNOWN_REDEMPTION, cancel(&world, "h9"));
    assert_balance(&world, "ann", .available = 100);
    world_close(&world);
}

static void a_hold_lapses_by_itself_at_its_instant(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP("{}"));
    assert_done(buy(&world, "ann", "o1", "100.00"));
    assert_answer(INVALID_EVENT, hold(&world, "ann", 1, "h0", "2027-03-01T12:00"));
    assert_done(hold(&world, "ann", 70, "h1", "2027-03-01T13:00"));
    at(&world, "2027-03-01T12:59:59");
    assert_balance(&world, "ann", .available = 30, .held = 70);
    at(&world, "2027-03-01T13:00");
    assert_balance(&world, "ann", .available = 100);
    assert_answer(HOLD_LAPSED, confirm(&world, "h1", 0));
    assert_answer(HOLD_LAPSED, cancel(&world, "h1"));
    assert_done(redeem(&world, "ann", 100, NULL));
    world_close(&world);
}

static void held_points_do_not_expire_while_held(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP("{expires: 30 days}"));
    assert_done(buy(&world, "ann", "o1", "100.00"));
    assert_done(hold(&world, "ann", 70, "h1", "2027-06-01T00:00"));
    at(&world, "2027-05-01T12:00");
    assert_balance(&world, "ann", .held = 70);
    assert_posted(&world, EXPIRED, 0);
    assert_done(confirm(&world, "h1", 0));
    assert_posted(&world, REDEEMED, 70);
    assert_posted(&world, EXPIRED, 30);
    world_close(&world);
}

struct meanwhile_case {
    const char *program;
    const char *lots;
    int64_t expired;
};

static void points_that_expired_while_held_follow_the_wallets_policy(void **context)
{
    static const struct meanwhile_case cases[] = {
        {SHOP("{expires: 30 days}"), "expired 100 ends 2027-03-31T12:00:00Z", 100},
        {SHOP("{expires: 30 days, on_return: {spent_lot_expired: live 10 days}}"),
         "available 70 ends 2027-05-11T12:00:00Z; expired 30 ends 2027-03-31T12:00:00Z", 30},
    };
    (void)context;
    for (size_t i = 0; i < 2 * (sizeof cases / sizeof *cases); i++) {
        struct world world;
        const struct meanwhile_case *test = &cases[i / 2];
        world_open(&world, test->program);
        assert_done(buy(&world, "ann", "o1", "100.00"));
        /* The end comes by itself, or the hold is confirmed in time and reversed later. */
        assert_done(hold(&world, "ann", 70, "h1", "2027-05-01T12:00"));
        if (i % 2 == 1) assert_done(confirm(&world, "h1", 0));
        at(&world, "2027-05-01T12:00");
        if (i % 2 == 1) {
            assert_done(reverse(&world, "h1", 0));
        } else {
            assert_done(happen(&world, EVENT(.type = EVENT_SETTLE, .member = TEXT("ann"))));
        }
        assert_lots(&world, "ann", test->lots);
        assert_posted(&world, EXPIRED, test->expired);
        assert_posted(&world, REDEEMED, 0);
        world_close(&world);
    }
}

static void a_reversal_puts_points_back_where_they_came_from_in_parts(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP("{expires: 60 days}"));
    assert_done(buy(&world, "ann", "o1", "10.00"));
    at(&world, "2027-03-02T12:00");
    assert_done(buy(&world, "ann", "o2", "20.00"));
    assert_done(redeem(&world, "ann", 25, "r1"));
    assert_done(reverse(&world, "r1", 15)); /* the lots last taken first */
    assert_lots(&world, "ann", "available 20 ends 2027-05-01T12:00:00Z");
    assert_answer(NOT_REVERSIBLE, reverse(&world, "r1", 11));
    assert_done(reverse(&world, "r1", 0));
    assert_lots(&world, "ann",
                "available 10 ends 2027-04-30T12:00:00Z; available 20 ends 2027-05-01T12:00:00Z");
    assert_answer(NOT_REVERSIBLE, reverse(&world, "r1", 0));
    assert_posted(&world, REDEEMED, 0);
    world_close(&world);
}

static void
what_lots_of_a_reversal_expired_meanwhile_stays_expired_and_the_rest_comes_back(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP("{expires: 60 days}"));
    assert_done(buy(&world, "ann", "o1", "10.00"));
    at(&world, "2027-03-20T12:00");
    assert_done(buy(&world, "ann", "o2", "20.00"));
    assert_done(redeem(&world, "ann", 25, "r1"));
    at(&world, "2027-05-10T12:00");
    assert_done(reverse(&world, "r1", 0));
    assert_balance(&world, "ann", .available = 20);
    assert_posted(&world, EXPIRED, 10);
    world_close(&world);
}

/* ---- claims ---- */

struct claim_case {
    const char *policy;
    bool is_confirmed;
    struct balance after;
    int64_t taken_back;
    int64_t shortfall; /* in the end */
};

static void what_a_hold_kept_from_being_taken_is_collected_first_when_it_ends(void **context)
{
    /* 100 earned by an order and 60 held of it; the order is returned. */
    static const struct claim_case cases[] = {
        {SHOP("{on_return: {earned_but_spent: to zero}}"), false, {0}, 100, 0},
        {SHOP("{on_return: {earned_but_spent: to zero}}"), true, {0}, 40, 60},
        {SHOP("{on_return: {earned_but_spent: below zero}}"), false, {0}, 100, 0},
        {SHOP("{on_return: {earned_but_spent: below zero}}"), true, {.debt = 60}, 100, 0},
        {SHOP("{on_return: {earned_but_spent: only pending}}"), false, {0}, 100, 0},
        {SHOP("{on_return: {earned_but_spent: write off}}"), false, {0}, 100, 0},
        {SHOP("{on_return: {earned_but_spent: write off}}"), true, {0}, 40, 60},
    };
    (void)context;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world world;
        world_open(&world, cases[i].policy);
        assert_done(buy(&world, "ann", "o1", "100.00"));
        assert_done(hold(&world, "ann", 60, "h1", "2027-03-10T12:00"));
        assert_done(give_back_order(&world, "o1"));
        int64_t shortfall = effect_sum(&world, EFFECT_SHORTFALL);
        assert_int_equal(balance_of(&world, "ann", 0).held, 60);
        assert_done(cases[i].is_confirmed ? confirm(&world, "h1", 0) : cancel(&world, "h1"));
        shortfall += effect_sum(&world, EFFECT_SHORTFALL);
        check_balance(&world, "ann", cases[i].after, __FILE__, __LINE__);
        assert_posted(&world, TAKEN_BACK, cases[i].taken_back);
        assert_int_equal(shortfall, cases[i].shortfall);
        world_close(&world);
    }
}

static void a_claim_is_collected_when_a_hold_lapses_and_before_its_points_expire(void **context)
{
    static const char *const programs[] = {
        SHOP("{expires: 30 days, on_return: {earned_but_spent: to zero}}"),
        SHOP("{expires: 30 days, on_return: {earned_but_spent: below zero}}"),
    };
    (void)context;
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        struct world world;
        world_open(&world, programs[i]);
        assert_done(buy(&world, "ann", "o1", "100.00"));
        assert_done(hold(&world, "ann", 100, "h1", "2027-05-01T12:00"));
        assert_done(give_back_order(&world, "o1"));
        at(&world, "2027-05-02T12:00");
        assert_balance(&world, "ann", .available = 0);
        assert_done(buy(&world, "ann", "o2", "5.00"));
        assert_balance(&world, "ann", .available = 5);
        assert_posted(&world, TAKEN_BACK, 100);
        assert_posted(&world, EXPIRED, 0);
        world_close(&world);
    }
}

/* ---- rewards ---- */

static void stock_and_limit_come_back_when_a_hold_ends_unused(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP("{}") REWARDS);
    assert_done(buy(&world, "ann", "o1", "100.00"));
    assert_done(buy(&world, "bob", "o2", "100.00"));
    assert_done(hold_reward(&world, "ann", "mug", "h1", "2027-03-02T12:00"));
    assert_balance(&world, "ann", .available = 60, .held = 40);
    assert_answer(OUT_OF_STOCK, take_reward(&world, "bob", "mug", NULL));
    assert_done(cancel(&world, "h1"));
    assert_done(hold_reward(&world, "ann", "mug", "h2", "2027-03-02T12:00"));
    at(&world, "2027-03-02T12:00");
    assert_done(hold_reward(&world, "ann", "mug", "h3", "2027-03-03T12:00")); /* h2 has lapsed */
    assert_done(confirm(&world, "h3", 0));
    assert_answer(LIMIT_REACHED, take_reward(&world, "ann", "mug", NULL));
    assert_answer(OUT_OF_STOCK, take_reward(&world, "bob", "mug", NULL));
    assert_done(reverse(&world, "h3", 0));
    assert_done(take_reward(&world, "bob", "mug", "r1"));
    assert_balance(&world, "ann", .available = 100);
    assert_balance(&world, "bob", .available = 60);
    world_close(&world);
}

static void what_a_lapsed_hold_kept_is_free_for_whoever_asks_next(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP("{}") REWARDS);
    assert_done(buy(&world, "ann", "o1", "100.00"));
    assert_done(buy(&world, "bob", "o2", "100.00"));
    assert_done(hold_reward(&world, "ann", "mug", "h1", "2027-03-02T12:00"));
    assert_answer(OUT_OF_STOCK, take_reward(&world, "bob", "mug", NULL));
    at(&world, "2027-03-02T12:00");
    assert_done(take_reward(&world, "bob", "mug", NULL)); /* nobody has looked at ann since */
    assert_answer(HOLD_LAPSED, confirm(&world, "h1", 0));
    assert_balance(&world, "ann", .available = 100);
    assert_answer(OUT_OF_STOCK, take_reward(&world, "ann", "mug", NULL));
    world_close(&world);
}

static void a_reward_asks_for_the_members_own_tier(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, "program: shop\ncurrency: EUR\nwallets:\n  points: {}\n"
                       "counters:\n  spend: {sum: order.eligible}\n"
                       "tiers:\n  club:\n    measured_by: spend\n"
                       "    levels: {silver: {from: 50.00 EUR}, gold: {from: 100.00 EUR}}\n"
                       "rules:\n  base: {on: purchase, earn: 1 point per 1.00 EUR}\n"
                       "rewards:\n  lounge: {cost: 10 points, needs: {tier: gold}}\n"
                       "  tea: {cost: 10 points, needs: {tier: silver or above}}\n");
    assert_done(buy(&world, "ann", "o1", "40.00"));
    assert_answer(NEEDS_NOT_MET, take_reward(&world, "ann", "tea", NULL));
    assert_answer(NEEDS_NOT_MET, hold_reward(&world, "ann", "tea", "h1", "2027-04-01T00:00"));
    assert_done(buy(&world, "ann", "o2", "20.00"));
    assert_done(take_reward(&world, "ann", "tea", NULL));
    assert_answer(NEEDS_NOT_MET, take_reward(&world, "ann", "lounge", NULL));
    assert_done(buy(&world, "ann", "o3", "60.00"));
    assert_done(take_reward(&world, "ann", "lounge", NULL));
    assert_done(hold_reward(&world, "ann", "lounge", "h2", "2027-04-01T00:00"));
    world_close(&world);
}

static void a_refused_redemption_changes_nothing(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP("{}") REWARDS);
    assert_done(buy(&world, "ann", "o1", "30.00"));
    assert_answer(BALANCE_TOO_LOW, take_reward(&world, "ann", "mug", "r1"));
    assert_int_equal(world.decision.effect_count, 0);
    assert_answer(UNKNOWN_REWARD, take_reward(&world, "ann", "cup", "r1"));
    assert_answer(UNKNOWN_MEMBER, take_reward(&world, "bob", "mug", "r1"));
    assert_answer(INVALID_AMOUNT, redeem(&world, "ann", 0, "r1"));
    assert_answer(INVALID_AMOUNT, redeem(&world, "ann", -5, "r1"));
    assert_answer(UNKNOWN_WALLET, happen(&world, EVENT(.type = EVENT_REDEEM, .member = TEXT("ann"),
                                                       .wallet = TEXT("gems"), .amount = 5)));
    assert_done(redeem(&world, "ann", 30, "r1"));
    world_close(&world);
}

static void the_same_points_do_not_pay_in_two_checkouts(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP("{}"));
    assert_done(buy(&world, "ann", "o1", "100.00"));
    assert_done(hold(&world, "ann", 100, "till 1", "2027-03-02T12:00"));
    assert_answer(BALANCE_TOO_LOW, hold(&world, "ann", 100, "till 2", "2027-03-02T12:00"));
    assert_answer(BALANCE_TOO_LOW,
                  happen(&world, EVENT(PURCHASE("ann", "o2"), ITEMS(ITEM("A", 1, "100.00")),
                                       REDEEMS(POINTS(1)))));
    assert_null(bytes_of(&world, ENTITY_ORDER, "o2").bytes);
    assert_done(confirm(&world, "till 1", 0));
    assert_posted(&world, REDEEMED, 100);
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(held_points_are_reserved_and_confirmed_whole),
        cmocka_unit_test(confirming_a_part_releases_the_rest),
        cmocka_unit_test(a_hold_is_cancelled_once),
        cmocka_unit_test(a_hold_lapses_by_itself_at_its_instant),
        cmocka_unit_test(held_points_do_not_expire_while_held),
        cmocka_unit_test(points_that_expired_while_held_follow_the_wallets_policy),
        cmocka_unit_test(a_reversal_puts_points_back_where_they_came_from_in_parts),
        cmocka_unit_test(
            what_lots_of_a_reversal_expired_meanwhile_stays_expired_and_the_rest_comes_back),
        cmocka_unit_test(what_a_hold_kept_from_being_taken_is_collected_first_when_it_ends),
        cmocka_unit_test(a_claim_is_collected_when_a_hold_lapses_and_before_its_points_expire),
        cmocka_unit_test(stock_and_limit_come_back_when_a_hold_ends_unused),
        cmocka_unit_test(what_a_lapsed_hold_kept_is_free_for_whoever_asks_next),
        cmocka_unit_test(a_reward_asks_for_the_members_own_tier),
        cmocka_unit_test(a_refused_redemption_changes_nothing),
        cmocka_unit_test(the_same_points_do_not_pay_in_two_checkouts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
