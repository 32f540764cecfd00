/* Lots: which are spent first, when they expire, when they become available. */
#include "world.h"

#define SHOP(zone, wallet)                                                                         \
    "program: shop\ntimezone: " zone "\ncurrency: EUR\nwallets:\n  points: " wallet                \
    "\nrules:\n  base: {on: purchase, earn: 1 point per 1.00 EUR}\n"

static void spending_takes_the_lot_that_expires_first_then_the_oldest(void **context)
{
    struct world world;
    (void)context;
    world_open(&world,
               "program: shop\ncurrency: EUR\nwallets:\n  points: {}\nrules:\n"
               "  ever: {on: purchase, if: {channel: ever}, earn: 10 points}\n"
               "  long: {on: purchase, if: {channel: long}, earn: 10 points, expires: 90 days}\n"
               "  short: {on: purchase, if: {channel: short}, earn: 10 points, "
               "expires: 30 days}\n");
    assert_done(happen(&world, EVENT(PURCHASE("ann", "o1"), ITEMS(ITEM("A", 1, "1.00")),
                                     .channel = TEXT("ever"))));
    assert_done(happen(&world, EVENT(PURCHASE("ann", "o2"), ITEMS(ITEM("A", 1, "1.00")),
                                     .channel = TEXT("long"))));
    assert_done(happen(&world, EVENT(PURCHASE("ann", "o3"), ITEMS(ITEM("A", 1, "1.00")),
                                     .channel = TEXT("short"))));
    at(&world, "2027-03-02T12:00");
    assert_done(happen(&world, EVENT(PURCHASE("ann", "o4"), ITEMS(ITEM("A", 1, "1.00")),
                                     .channel = TEXT("short"))));
    assert_done(redeem(&world, "ann", 15, NULL));
    assert_lots(&world, "ann",
                "available 5 ends 2027-04-01T12:00:00Z; "
                "available 10 ends 2027-05-30T12:00:00Z; available 10");
    assert_done(redeem(&world, "ann", 16, NULL));
    assert_lots(&world, "ann", "available 9");
    assert_answer(BALANCE_TOO_LOW, redeem(&world, "ann", 10, NULL));
    world_close(&world);
}

static void points_expire_at_their_instant_and_not_before(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP("Europe/Berlin", "{expires: 30 days}"));
    at(&world, "2027-03-01T12:00"); /* before the clocks go forward */
    assert_done(buy(&world, "ann", "o1", "10.00"));
    at(&world, "2027-03-31T11:59:59.999999");
    assert_balance(&world, "ann", .available = 10);
    assert_done(redeem(&world, "ann", 1, NULL));
    at(&world, "2027-03-31T12:00");
    assert_balance(&world, "ann", .available = 0);
    assert_answer(BALANCE_TOO_LOW, redeem(&world, "ann", 1, NULL));
    assert_posted(&world, EXPIRED, 9);
    world_close(&world);
}

struct expiry_case {
    const char *wallet;
    const char *earned;
    const char *ends;
};

static void an_expiry_is_counted_in_the_programmes_calendar(void **context)
{
    static const struct expiry_case cases[] = {
        {"{expires: 12 months}", "2027-03-15T08:30", "2028-03-15T08:30:00+01:00"},
        {"{expires: 1 month}", "2027-01-31T08:30", "2027-02-28T08:30:00+01:00"},
        {"{expires: 1 year}", "2028-02-29T08:30", "2029-02-28T08:30:00+01:00"},
        {"{expires: {after: 12 months, on: end of month}}", "2027-03-15T08:30",
         "2028-04-01T00:00:00+02:00"},
        {"{expires: {after: 1 month, on: end of month}}", "2027-03-31T23:59",
         "2027-05-01T00:00:00+02:00"},
        {"{expires: end of year}", "2027-03-15T08:30", "2028-01-01T00:00:00+01:00"},
        {"{expires: {after: 1 day, on: end of week}}", "2027-03-14T08:30",
         "2027-03-22T00:00:00+01:00"},
        {"{expires: 1 day}", "2027-03-27T02:30", "2027-03-28T03:30:00+02:00"}, /* no 02:30 */
    };
    (void)context;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world world;
        char text[400];
        char lots[100];
        (void)snprintf(text, sizeof text, SHOP("Europe/Berlin", "%s"), cases[i].wallet);
        (void)snprintf(lots, sizeof lots, "available 10 ends %s", cases[i].ends);
        world_open(&world, text);
        at(&world, cases[i].earned);
        assert_done(buy(&world, "ann", "o1", "10.00"));
        assert_lots(&world, "ann", lots);
        world_close(&world);
    }
}

#define RENEWED "{expires: {after: 30 days, renewed_by: [purchase]}}"

static void activity_renews_the_whole_wallet(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP("UTC", RENEWED));
    assert_done(buy(&world, "ann", "o1", "10.00"));
    at(&world, "2027-03-20T12:00");
    assert_done(buy(&world, "ann", "o2", "0.10"));
    at(&world, "2027-04-19T11:59");
    assert_balance(&world, "ann", .available = 10);
    at(&world, "2027-04-19T12:00");
    assert_balance(&world, "ann", .available = 0);
    assert_done(buy(&world, "ann", "o3", "5.00"));
    assert_balance(&world, "ann", .available = 5);
    assert_posted(&world, EXPIRED, 10);
    world_close(&world);
}

static void points_spent_when_the_wallet_ended_do_not_live_by_a_later_renewal(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP("UTC", RENEWED));
    assert_done(buy(&world, "ann", "o1", "10.00"));
    assert_done(redeem(&world, "ann", 4, "r1"));
    assert_done(hold(&world, "ann", 3, "h1", "2027-06-01T00:00"));
    at(&world, "2027-04-10T12:00"); /* the wallet ended on 31 March */
    assert_done(buy(&world, "ann", "o2", "20.00"));
    assert_done(reverse(&world, "r1", 0));
    assert_done(cancel(&world, "h1"));
    assert_balance(&world, "ann", .available = 20);
    assert_posted(&world, EXPIRED, 10);
    world_close(&world);
}

static void points_spent_live_on_while_the_wallet_was_renewed_in_time(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP("UTC", RENEWED));
    assert_done(buy(&world, "ann", "o1", "10.00"));
    assert_done(redeem(&world, "ann", 4, "r1"));
    assert_done(hold(&world, "ann", 3, "h1", "2027-06-01T00:00"));
    at(&world, "2027-03-30T12:00");
    assert_done(buy(&world, "ann", "o2", "20.00"));
    at(&world, "2027-04-10T12:00");
    assert_done(reverse(&world, "r1", 0));
    assert_done(cancel(&world, "h1"));
    assert_balance(&world, "ann", .available = 30);
    world_close(&world);
}

/* ---- pending ---- */

static void pending_points_become_available_at_their_time(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP("UTC", "{pending: 14 days}"));
    assert_done(buy(&world, "ann", "o1", "10.00"));
    assert_balance(&world, "ann", .pending = 10);
    assert_answer(BALANCE_TOO_LOW, redeem(&world, "ann", 1, NULL));
    at(&world, "2027-03-15T11:59:59");
    assert_balance(&world, "ann", .pending = 10);
    at(&world, "2027-03-15T12:00");
    assert_balance(&world, "ann", .available = 10);
    assert_done(redeem(&world, "ann", 10, NULL));
    world_close(&world);
}

static void a_milestone_releases_what_waits_for_it_and_nothing_else(void **context)
{
    struct world world;
    (void)context;
    world_open(
        &world,
        SHOP("UTC",
             "{pending: {until: delivered}}") "  gift:\n    on: purchase\n    earn: 5 points\n"
                                              "    pending: {until: reviewed, at_latest: 10 "
                                              "days}\n");
    assert_done(buy(&world, "ann", "o1", "10.00"));
    assert_done(buy(&world, "ann", "o2", "100.00"));
    assert_balance(&world, "ann", .pending = 120);
    assert_done(reach(&world, "o1", "shipped"));
    assert_balance(&world, "ann", .pending = 120);
    assert_done(reach(&world, "o1", "delivered"));
    assert_balance(&world, "ann", .available = 10, .pending = 110);
    assert_done(reach(&world, "o1", "delivered"));
    assert_balance(&world, "ann", .available = 10, .pending = 110);
    at(&world, "2027-03-11T12:00");
    assert_balance(&world, "ann", .available = 20, .pending = 100);
    assert_answer(UNKNOWN_ORDER, reach(&world, "o9", "delivered"));
    assert_answer(INVALID_EVENT, reach(&world, "o1", ""));
    world_close(&world);
}

static void pending_points_pay_debt_when_they_are_released(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP("UTC", "{pending: {until: delivered}, "
                                   "on_return: {earned_but_spent: below zero}}"));
    assert_done(buy(&world, "ann", "o1", "50.00"));
    assert_done(reach(&world, "o1", "delivered"));
    assert_done(redeem(&world, "ann", 50, NULL));
    assert_done(give_back_order(&world, "o1"));
    assert_done(buy(&world, "ann", "o2", "80.00"));
    assert_balance(&world, "ann", .pending = 80, .debt = 50);
    assert_done(reach(&world, "o2", "delivered"));
    assert_balance(&world, "ann", .available = 30);
    world_close(&world);
}

static void pending_points_do_not_expire_but_one_released_past_its_end_never_lives(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP("UTC", "{pending: {until: delivered, at_latest: 40 days}, "
                                   "expires: 30 days, on_return: {earned_but_spent: below zero}}"));
    assert_done(buy(&world, "ann", "o0", "50.00"));
    assert_done(reach(&world, "o0", "delivered"));
    assert_done(redeem(&world, "ann", 50, NULL));
    assert_done(give_back_order(&world, "o0"));
    assert_done(buy(&world, "ann", "o1", "10.00"));
    assert_done(buy(&world, "ann", "o2", "20.00"));
    at(&world, "2027-04-05T12:00");
    assert_balance(&world, "ann", .pending = 30, .debt = 50);
    assert_done(reach(&world, "o1", "delivered"));
    assert_posted(&world, EXPIRED, 10);
    assert_balance(&world, "ann", .pending = 20, .debt = 50);
    at(&world, "2027-04-10T12:00");
    assert_balance(&world, "ann", .debt = 50);
    world_close(&world);
}

/* ---- late ---- */

static void a_late_purchase_has_its_own_dates(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP("UTC", "{pending: 7 days, expires: 60 days}"));
    at(&world, "2027-03-20T12:00");
    assert_done(buy_late(&world, "2027-03-10T12:00", "ann", "o1", "10.00"));
    assert_lots(&world, "ann", "available 10 ends 2027-05-09T12:00:00Z");
    assert_done(buy_late(&world, "2027-03-15T12:00", "ann", "o2", "20.00"));
    assert_balance(&world, "ann", .available = 10, .pending = 20);
    at(&world, "2027-03-22T12:00");
    assert_balance(&world, "ann", .available = 30);
    world_close(&world);
}

static void a_lot_born_expired_is_opened_and_expired_in_the_same_record(void **context)
{
    struct world world;
    (void)context;
    world_open(&world,
               SHOP("UTC", "{expires: 10 days, on_return: {earned_but_spent: below zero}}"));
    assert_done(buy(&world, "ann", "o0", "50.00"));
    assert_done(redeem(&world, "ann", 50, NULL));
    assert_done(give_back_order(&world, "o0"));
    at(&world, "2027-03-20T12:00");
    assert_done(buy_late(&world, "2027-03-10T11:00", "ann", "o1", "10.00"));
    assert_posted(&world, EXPIRED, 10);
    assert_balance(&world, "ann", .debt = 50); /* it never was there to pay */
    assert_done(give_back_order(&world, "o1"));
    assert_int_equal(effect_sum(&world, EFFECT_SHORTFALL), 10);
    assert_balance(&world, "ann", .debt = 50);
    world_close(&world);
}

/* ---- the sweep ---- */

static void a_sweep_changes_no_balance_and_no_date(void **context)
{
    struct world swept;
    struct world plain;
    (void)context;
    world_open(&swept, SHOP("UTC", "{pending: 7 days, expires: 30 days}"));
    world_open(&plain, SHOP("UTC", "{pending: 7 days, expires: 30 days}"));
    assert_done(buy(&swept, "ann", "o1", "10.00"));
    assert_done(buy(&plain, "ann", "o1", "10.00"));
    for (int day = 2; day < 29; day++) {
        char time[32];
        (void)snprintf(time, sizeof time, "2027-03-%02dT12:00", day);
        at(&swept, time);
        assert_done(happen(&swept, EVENT(.type = EVENT_SETTLE, .member = TEXT("ann"))));
    }
    at(&swept, "2027-03-29T12:00");
    at(&plain, "2027-03-29T12:00");
    assert_done(buy(&swept, "ann", "o2", "5.00"));
    assert_done(buy(&plain, "ann", "o2", "5.00"));
    struct balance balance = balance_of(&swept, "ann", 0);
    assert_balance(&plain, "ann", .available = balance.available, .pending = balance.pending);
    assert_balance(&plain, "ann", .available = 10, .pending = 5);
    at(&swept, "2027-04-01T12:00");
    at(&plain, "2027-04-01T12:00");
    assert_balance(&swept, "ann", .pending = 5);
    assert_balance(&plain, "ann", .pending = 5);
    world_close(&swept);
    world_close(&plain);
}

static void many_small_lots_of_one_class_stay_bounded_and_spendable(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, "program: shop\ncurrency: EUR\nreturns_within: 10 days\nwallets:\n"
                       "  points: {expires: end of year}\nrules:\n"
                       "  base: {on: purchase, earn: 1 point per 1.00 EUR}\n");
    size_t size = 0;
    for (int i = 0; i < 300; i++) {
        char order[16];
        (void)snprintf(order, sizeof order, "o%d", i);
        world.now_us += MICROSECONDS_PER_DAY / 2;
        assert_done(buy(&world, "ann", order, "3.00"));
        if (i == 150) size = bytes_of(&world, ENTITY_MEMBER, "ann").length;
    }
    assert_true(bytes_of(&world, ENTITY_MEMBER, "ann").length <= size + 2000);
    assert_balance(&world, "ann", .available = 900);
    assert_done(redeem(&world, "ann", 899, "r1"));
    assert_done(reverse(&world, "r1", 0));
    assert_balance(&world, "ann", .available = 900);
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spending_takes_the_lot_that_expires_first_then_the_oldest),
        cmocka_unit_test(points_expire_at_their_instant_and_not_before),
        cmocka_unit_test(an_expiry_is_counted_in_the_programmes_calendar),
        cmocka_unit_test(activity_renews_the_whole_wallet),
        cmocka_unit_test(points_spent_when_the_wallet_ended_do_not_live_by_a_later_renewal),
        cmocka_unit_test(points_spent_live_on_while_the_wallet_was_renewed_in_time),
        cmocka_unit_test(pending_points_become_available_at_their_time),
        cmocka_unit_test(a_milestone_releases_what_waits_for_it_and_nothing_else),
        cmocka_unit_test(pending_points_pay_debt_when_they_are_released),
        cmocka_unit_test(pending_points_do_not_expire_but_one_released_past_its_end_never_lives),
        cmocka_unit_test(a_late_purchase_has_its_own_dates),
        cmocka_unit_test(a_lot_born_expired_is_opened_and_expired_in_the_same_record),
        cmocka_unit_test(a_sweep_changes_no_balance_and_no_date),
        cmocka_unit_test(many_small_lots_of_one_class_stay_bounded_and_spendable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
