/* Tiers: reached by a measure, kept for a time, lost by a policy, never from the balance. */
#include "world.h"

/* Silver from 100.00, gold from 200.00; the counter's window and the set's own lines. */
#define CLUB(window, lines)                                                                        \
    "program: shop\ncurrency: EUR\nlate_within: 60 days\nwallets:\n  points: {}\n"                 \
    "counters:\n  spend: {sum: order.eligible, window: " window "}\n"                              \
    "tiers:\n  club:\n    measured_by: spend\n"                                                    \
    "    levels: {silver: {from: 100.00 EUR}, gold: {from: 200.00 EUR}}\n" lines                   \
    "rules:\n  base:\n    on: purchase\n    earn: 1 point per 1.00 EUR\n"                          \
    "    boosts: {gold: {if: {tier: gold}, by: 2}}\n"
#define YEAR "calendar year"

static void a_level_is_reached_at_once_and_an_order_earns_at_the_one_before_it(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, CLUB(YEAR, ""));
    assert_done(buy(&world, "ann", "o1", "99.99"));
    assert_level(&world, "ann", "none");
    assert_done(buy(&world, "ann", "o2", "100.01"));
    assert_level(&world, "ann", "gold");
    assert_balance(&world, "ann", .available = 199);
    assert_done(buy(&world, "ann", "o3", "10.00"));
    assert_int_equal(world.decision.tier_before, 1);
    assert_balance(&world, "ann", .available = 219);
    world_close(&world);
}

static void spending_or_getting_points_moves_no_tier(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, CLUB(YEAR, ""));
    assert_done(buy(&world, "ann", "o1", "100.00"));
    assert_done(redeem(&world, "ann", 100, NULL));
    assert_level(&world, "ann", "silver");
    assert_done(adjust(&world, "ann", 5000));
    assert_level(&world, "ann", "silver");
    world_close(&world);
}

static void an_entry_level_is_everybodys_and_has_no_end(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, "program: shop\ncurrency: EUR\nwallets:\n  points: {}\n"
                       "counters:\n  visits: {count: purchases, window: calendar year}\n"
                       "tiers:\n  club:\n    measured_by: visits\n"
                       "    levels: {insider: {}, regular: {from: 2 purchases}}\n"
                       "rules:\n  base: {on: purchase, earn: 1 point}\n");
    assert_done(join(&world, "ann"));
    assert_level(&world, "ann", "insider");
    assert_done(buy(&world, "ann", "o1", "1.00"));
    assert_done(buy(&world, "ann", "o2", "1.00"));
    assert_level(&world, "ann", "regular");
    at(&world, "2040-01-01T00:00");
    assert_level(&world, "ann", "insider");
    world_close(&world);
}

static void at_period_end_a_level_is_reached_when_the_window_closes(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, CLUB(YEAR, "    upgrade: at period end\n"
                                  "    kept_until: end of next calendar year\n"));
    assert_done(buy(&world, "ann", "o1", "150.00"));
    assert_done(buy(&world, "ann", "o2", "60.00"));
    assert_level(&world, "ann", "none");
    assert_done(give_back_order(&world, "o2"));
    at(&world, "2027-12-31T23:59:59");
    assert_level(&world, "ann", "none");
    at(&world, "2028-01-01T00:00");
    assert_level(&world, "ann", "silver"); /* as measured at the end, without the return */
    at(&world, "2028-12-31T23:59:59");
    assert_level(&world, "ann", "silver");
    at(&world, "2029-01-01T00:00");
    assert_level(&world, "ann", "none");
    world_close(&world);
}

struct kept_case {
    const char *program;
    const char *last; /* the last second of a level reached on 2027-03-01T12:00 */
};

/* At each end the window that closes then is measured; kept then, it is kept one time further. */
static void a_level_is_kept_as_long_as_its_set_says(void **context)
{
    static const struct kept_case cases[] = {
        {CLUB("30 days", "    kept_until: as measured\n"), "2027-03-30T23:59:59"},
        {CLUB("30 days", "    kept_until: end of next calendar month\n"), "2027-04-30T23:59:59"},
        {CLUB("30 days", "    kept_until: 90 days\n"), "2027-05-30T11:59:59"},
        {CLUB("calendar month", "    kept_until: as measured\n"), "2027-04-30T23:59:59"},
        {CLUB("calendar month", ""), "2027-04-30T23:59:59"},
        {CLUB(YEAR, "    kept_until: end of calendar month\n"), "2028-01-31T23:59:59"},
        {CLUB(YEAR, "    kept_until: 90 days\n"), "2028-02-24T11:59:59"},
    };
    (void)context;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world world;
        world_open(&world, cases[i].program);
        assert_done(buy(&world, "ann", "o1", "100.00"));
        at(&world, cases[i].last);
        assert_level(&world, "ann", "silver");
        world.now_us += MICROSECONDS_PER_SECOND;
        assert_level(&world, "ann", "none");
        world_close(&world);
    }
}

static void a_level_kept_for_ever_is_never_lost(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, CLUB(YEAR, "    kept_until: for ever\n"));
    assert_done(buy(&world, "ann", "o1", "100.00"));
    at(&world, "2099-01-01T00:00");
    assert_level(&world, "ann", "silver");
    world_close(&world);
}

static void a_level_of_next_year_is_kept_to_the_end_of_the_year_after_it(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, CLUB(YEAR, "    kept_until: end of next calendar year\n"));
    assert_done(buy(&world, "ann", "o1", "200.00"));
    at(&world, "2028-12-31T23:59:59");
    assert_level(&world, "ann", "gold");
    at(&world, "2029-01-01T00:00");
    assert_level(&world, "ann", "none");
    world_close(&world);
}

static void reaching_the_threshold_again_renews_the_level(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, CLUB(YEAR, "    kept_until: end of next calendar year\n"));
    assert_done(buy(&world, "ann", "o1", "200.00"));
    at(&world, "2028-06-01T12:00");
    assert_done(buy(&world, "ann", "o2", "200.00"));
    at(&world, "2029-12-31T23:59:59");
    assert_level(&world, "ann", "gold");
    at(&world, "2030-01-01T00:00");
    assert_level(&world, "ann", "none");
    world_close(&world);
}

struct downgrade_case {
    const char *program;
    const char *level; /* on 1 January 2029, gold of 2027, 120.00 spent in 2028 */
    const char *later; /* a year later, nothing spent */
};

static void a_level_is_lost_by_the_downgrade_policy(void **context)
{
    static const struct downgrade_case cases[] = {
        {CLUB(YEAR, "    kept_until: end of next calendar year\n    downgrade: none\n"), "gold",
         "gold"},
        {CLUB(YEAR, "    kept_until: end of next calendar year\n    downgrade: one level\n"),
         "silver", "none"},
        {CLUB(YEAR, "    kept_until: end of next calendar year\n    downgrade: by measure\n"),
         "silver", "none"},
    };
    (void)context;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world world;
        world_open(&world, cases[i].program);
        assert_done(buy(&world, "ann", "o1", "200.00"));
        at(&world, "2028-06-01T12:00");
        assert_done(buy(&world, "ann", "o2", "120.00"));
        at(&world, "2028-12-31T23:59:59");
        assert_level(&world, "ann", "gold");
        at(&world, "2029-01-01T00:00");
        assert_level(&world, "ann", cases[i].level);
        at(&world, "2030-01-01T00:00");
        assert_level(&world, "ann", cases[i].later);
        world_close(&world);
    }
}

static void one_level_at_a_time_falls_one_level_at_each_end(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, CLUB(YEAR, "    kept_until: end of next calendar year\n"
                                  "    downgrade: one level\n"));
    assert_done(buy(&world, "ann", "o1", "200.00"));
    at(&world, "2029-01-01T00:00");
    assert_level(&world, "ann", "silver");
    at(&world, "2029-12-31T23:59:59");
    assert_level(&world, "ann", "silver");
    at(&world, "2030-01-01T00:00");
    assert_level(&world, "ann", "none");
    world_close(&world);
}

static void grace_leaves_time_to_reach_the_level_again(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, CLUB(YEAR, "    kept_until: end of next calendar year\n"
                                  "    grace: 14 days\n"));
    assert_done(buy(&world, "ann", "o1", "100.00"));
    assert_done(buy(&world, "bob", "o2", "100.00"));
    at(&world, "2029-01-14T23:59:59");
    assert_level(&world, "ann", "silver");
    assert_done(buy(&world, "bob", "o3", "100.00"));
    at(&world, "2029-01-15T00:00");
    assert_level(&world, "ann", "none");
    assert_level(&world, "bob", "silver");
    at(&world, "2030-12-31T23:59:59");
    assert_level(&world, "bob", "silver");
    world_close(&world);
}

static void a_membership_year_begins_on_the_day_of_joining(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, CLUB("membership year", "    kept_until: as measured\n"));
    at(&world, "2027-06-15T12:00");
    assert_done(join(&world, "ann"));
    at(&world, "2028-06-14T12:00");
    assert_done(buy(&world, "ann", "o1", "60.00"));
    at(&world, "2028-06-15T12:00");
    assert_done(buy(&world, "ann", "o2", "60.00"));
    assert_level(&world, "ann", "none");
    at(&world, "2029-06-14T12:00");
    assert_done(buy(&world, "ann", "o3", "60.00"));
    assert_level(&world, "ann", "silver");
    at(&world, "2030-06-14T23:59:59"); /* kept at the end of its year, a year further */
    assert_level(&world, "ann", "silver");
    at(&world, "2030-06-15T00:00");
    assert_level(&world, "ann", "none");
    world_close(&world);
}

static void a_level_kept_as_measured_falls_as_days_leave_the_window(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, CLUB("30 days", "    kept_until: as measured\n"));
    assert_done(buy(&world, "ann", "o1", "100.00"));
    at(&world, "2027-03-11T12:00");
    assert_done(buy(&world, "ann", "o2", "120.00"));
    assert_level(&world, "ann", "gold");
    at(&world, "2027-03-31T00:00"); /* 1 March has left */
    assert_level(&world, "ann", "silver");
    at(&world, "2027-04-09T23:59:59");
    assert_level(&world, "ann", "silver");
    at(&world, "2027-04-10T00:00");
    assert_level(&world, "ann", "none");
    world_close(&world);
}

static void one_level_as_measured_goes_on_falling(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, CLUB("30 days", "    kept_until: as measured\n    downgrade: one level\n"));
    assert_done(buy(&world, "ann", "o1", "200.00"));
    at(&world, "2027-03-31T00:00");
    assert_level(&world, "ann", "silver");
    at(&world, "2027-12-01T00:00");
    assert_level(&world, "ann", "none");
    world_close(&world);
}

/* ---- returns ---- */

static void a_return_keeps_the_level_unless_the_set_re_evaluates(void **context)
{
    static const char *const programs[] = {
        CLUB(YEAR, "    kept_until: end of next calendar year\n    on_return: keep\n"),
        CLUB(YEAR, "    kept_until: end of next calendar year\n    on_return: re-evaluate\n"),
    };
    (void)context;
    for (size_t i = 0; i < 2; i++) {
        struct world world;
        world_open(&world, programs[i]);
        assert_done(buy(&world, "ann", "o1", "120.00"));
        assert_done(buy(&world, "ann", "o2", "90.00"));
        assert_level(&world, "ann", "gold");
        assert_done(give_back_order(&world, "o2"));
        assert_level(&world, "ann", i == 0 ? "gold" : "silver");
        assert_done(give_back_order(&world, "o1"));
        assert_level(&world, "ann", i == 0 ? "gold" : "none");
        world_close(&world);
    }
}

static void what_the_window_before_a_grace_gave_is_re_evaluated_from_that_window(void **context)
{
    (void)context;
    for (int is_late = 0; is_late < 2; is_late++) {
        struct world world;
        world_open(&world, CLUB("calendar week", "    kept_until: end of next calendar week\n"
                                                 "    downgrade: by measure\n    grace: 10 days\n"
                                                 "    on_return: re-evaluate\n"));
        assert_done(buy(&world, "ann", "o1", "200.00"));
        at(&world, is_late ? "2027-03-23T12:00" : "2027-03-09T12:00");
        assert_done(buy_late(&world, "2027-03-09T12:00", "ann", "o2", "120.00"));
        if (is_late) assert_done(buy_late(&world, "2027-03-09T12:00", "ann", "o4", "80.00"));
        at(&world, "2027-03-26T12:00"); /* the grace ended on the 25th */
        assert_level(&world, "ann", is_late ? "gold" : "silver");
        assert_done(buy(&world, "ann", "o3", "10.00"));
        assert_done(give_back_order(&world, "o3"));
        assert_level(&world, "ann", is_late ? "gold" : "silver");
        if (is_late) assert_done(give_back_order(&world, "o4"));
        assert_level(&world, "ann", "silver");
        assert_done(give_back_order(&world, "o2"));
        assert_level(&world, "ann", "none");
        world_close(&world);
    }
}

static void time_that_another_window_gave_goes_with_what_reached_it_there(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, CLUB("calendar week", "    kept_until: end of calendar week\n"
                                             "    on_return: re-evaluate\n"));
    at(&world, "2027-03-09T12:00");
    assert_done(buy(&world, "ann", "o1", "200.00"));
    at(&world, "2027-03-16T12:00"); /* as measured on the 15th */
    assert_done(buy_late(&world, "2027-03-02T12:00", "ann", "o2", "200.00"));
    assert_level(&world, "ann", "gold");
    assert_done(give_back_order(&world, "o1"));
    assert_level(&world, "ann", "none");
    world_close(&world);
}

static void a_level_of_last_year_is_re_evaluated_from_the_window_it_was_earned_in(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, CLUB(YEAR, "    kept_until: end of next calendar year\n"
                                  "    on_return: re-evaluate\n"));
    assert_done(buy(&world, "ann", "o1", "120.00"));
    assert_done(buy(&world, "ann", "o2", "90.00"));
    at(&world, "2028-02-01T12:00");
    assert_done(buy(&world, "ann", "o3", "10.00"));
    assert_done(give_back_order(&world, "o3"));
    assert_level(&world, "ann", "gold");
    assert_done(give_back_order(&world, "o2")); /* in the bucket of its purchase */
    assert_level(&world, "ann", "silver");
    at(&world, "2028-12-31T23:59:59");
    assert_level(&world, "ann", "silver");
    at(&world, "2029-01-01T00:00");
    assert_level(&world, "ann", "none");
    world_close(&world);
}

static void a_return_goes_down_in_the_bucket_of_the_purchase(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, CLUB("calendar month", "    kept_until: as measured\n"));
    assert_done(buy(&world, "ann", "o1", "50.00"));
    at(&world, "2027-04-01T12:00");
    assert_done(buy(&world, "ann", "o2", "60.00"));
    assert_done(give_back_order(&world, "o1"));
    assert_done(buy(&world, "ann", "o3", "40.00"));
    assert_level(&world, "ann", "silver");
    world_close(&world);
}

/* ---- late ---- */

static void a_late_purchase_raises_a_level_from_now_on(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, CLUB(YEAR, "    kept_until: end of next calendar year\n"));
    at(&world, "2027-12-20T12:00");
    assert_done(buy(&world, "ann", "o1", "90.00"));
    at(&world, "2028-01-10T12:00");
    assert_done(buy(&world, "ann", "o2", "20.00"));
    assert_level(&world, "ann", "none");
    assert_done(buy_late(&world, "2027-12-28T12:00", "ann", "o3", "10.00"));
    assert_level(&world, "ann", "silver");
    at(&world, "2028-12-31T23:59:59");
    assert_level(&world, "ann", "silver");
    at(&world, "2029-01-01T00:00");
    assert_level(&world, "ann", "none");
    world_close(&world);
}

static void a_late_purchase_undoes_the_downgrade_that_it_would_have_prevented(void **context)
{
    static const char *const programs[] = {
        CLUB(YEAR, "    kept_until: end of next calendar year\n"),
        CLUB(YEAR, "    kept_until: end of calendar year\n"),
    };
    (void)context;
    for (size_t i = 0; i < 2; i++) {
        struct world world;
        world_open(&world, programs[i]);
        assert_done(buy(&world, "ann", "o1", "200.00"));
        at(&world, "2028-12-01T12:00");
        assert_done(buy(&world, "ann", "o2", "150.00"));
        at(&world, "2029-01-05T12:00");
        assert_level(&world, "ann", "silver");
        assert_done(buy_late(&world, "2028-12-20T12:00", "ann", "o3", "50.00"));
        assert_level(&world, "ann", "gold");
        at(&world, "2029-12-31T23:59:59");
        assert_level(&world, "ann", "gold");
        at(&world, "2030-01-01T00:00");
        assert_level(&world, "ann", "none");
        world_close(&world);
    }
}

static void several_sets_stand_on_their_own(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, "program: shop\ncurrency: EUR\nwallets:\n  points: {}\n"
                       "counters:\n  spend: {sum: order.eligible, window: calendar year}\n"
                       "  earned: {sum: earned.points}\n"
                       "  books: {sum: item.quantity, if: {category: books}}\n"
                       "tiers:\n"
                       "  club: {measured_by: spend, levels: {gold: {from: 50.00 EUR}}}\n"
                       "  life: {measured_by: earned, levels: {star: {from: 500 points}}, "
                       "on_return: re-evaluate}\n"
                       "  reader: {measured_by: books, levels: {worm: {from: 3 items}}}\n"
                       "rules:\n  base: {on: purchase, earn: 10 points per 1.00 EUR}\n"
                       "  thanks: {on: purchase, if: {life: star}, earn: 7 points}\n");
    assert_done(happen(&world, EVENT(PURCHASE("ann", "o1"),
                                     ITEMS(ITEM_WITH("B", 3, "15.00", .category = TEXT("books")),
                                           ITEM("A", 1, "5.00")))));
    check_text(level_of(&world, "ann", 0), "gold", __FILE__, __LINE__);
    check_text(level_of(&world, "ann", 1), "star", __FILE__, __LINE__);
    check_text(level_of(&world, "ann", 2), "worm", __FILE__, __LINE__);
    assert_done(buy(&world, "ann", "o2", "1.00"));
    assert_int_equal(fired(&world, "thanks")->granted, 7);
    assert_done(give_back_item(&world, "o1", "1", 1));
    check_text(level_of(&world, "ann", 0), "gold", __FILE__, __LINE__);
    check_text(level_of(&world, "ann", 1), "none", __FILE__, __LINE__);
    check_text(level_of(&world, "ann", 2), "worm", __FILE__, __LINE__);
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_level_is_reached_at_once_and_an_order_earns_at_the_one_before_it),
        cmocka_unit_test(spending_or_getting_points_moves_no_tier),
        cmocka_unit_test(an_entry_level_is_everybodys_and_has_no_end),
        cmocka_unit_test(at_period_end_a_level_is_reached_when_the_window_closes),
        cmocka_unit_test(a_level_is_kept_as_long_as_its_set_says),
        cmocka_unit_test(a_level_kept_for_ever_is_never_lost),
        cmocka_unit_test(a_level_of_next_year_is_kept_to_the_end_of_the_year_after_it),
        cmocka_unit_test(reaching_the_threshold_again_renews_the_level),
        cmocka_unit_test(a_level_is_lost_by_the_downgrade_policy),
        cmocka_unit_test(one_level_at_a_time_falls_one_level_at_each_end),
        cmocka_unit_test(grace_leaves_time_to_reach_the_level_again),
        cmocka_unit_test(a_membership_year_begins_on_the_day_of_joining),
        cmocka_unit_test(a_level_kept_as_measured_falls_as_days_leave_the_window),
        cmocka_unit_test(one_level_as_measured_goes_on_falling),
        cmocka_unit_test(a_return_keeps_the_level_unless_the_set_re_evaluates),
        cmocka_unit_test(a_level_of_last_year_is_re_evaluated_from_the_window_it_was_earned_in),
        cmocka_unit_test(what_the_window_before_a_grace_gave_is_re_evaluated_from_that_window),
        cmocka_unit_test(time_that_another_window_gave_goes_with_what_reached_it_there),
        cmocka_unit_test(a_return_goes_down_in_the_bucket_of_the_purchase),
        cmocka_unit_test(a_late_purchase_raises_a_level_from_now_on),
        cmocka_unit_test(a_late_purchase_undoes_the_downgrade_that_it_would_have_prevented),
        cmocka_unit_test(several_sets_stand_on_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
