/* Earning: rates, calculators, boosts, conditions, limits, budgets, roundings, currencies. */
#include "world.h"

#define HEAD "program: shop\ncurrency: EUR\nwallets:\n  points: {}\n"
#define BASE HEAD "rules:\n  base:\n    on: purchase\n"

/* ---- rates ---- */

struct rate_case {
    const char *earn;
    const char *price;
    int64_t quantity;
    int64_t points;
};

static void a_rate_is_rounded_once_as_it_says(void **context)
{
    static const struct rate_case cases[] = {
        {"1 point per 1.00 EUR, rounded down", "10.99", 1, 10},
        {"1 point per 1.00 EUR", "10.99", 1, 10},
        {"1 point per 1.00 EUR, rounded up", "10.01", 1, 11},
        {"1 point per 1.00 EUR, rounded half up", "10.50", 1, 11},
        {"1 point per 1.00 EUR, rounded half up", "10.49", 1, 10},
        {"1 point per 1.00 EUR, rounded half even", "10.50", 1, 10},
        {"1 point per 1.00 EUR, rounded half even", "11.50", 1, 12},
        {"1.5 points per 1.00 EUR", "10.00", 1, 15},
        {"0.1 points per 1.00 EUR", "99.90", 1, 9},
        {"3 points per 2.00 EUR", "3.99", 1, 5},
        {"3 points per whole 2.00 EUR", "3.99", 1, 3},
        {"1 point per 1.00 EUR", "0.333", 3, 1},
        {"1 point per 1.00 EUR", "0.0049", 1000, 4},
        {"1 point per 1.00 EUR", "0.99", 1, 0},
        {"1 point per 1.00 EUR", "-5.00", 1, 0},
        {"5 points per item", "1.00", 3, 15},
        {"5 points per 2 items", "1.00", 3, 7},
        {"5 points per whole 2 items", "1.00", 3, 5},
        {"100 points", "1.00", 3, 100},
    };
    (void)context;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world world;
        char text[400];
        (void)snprintf(text, sizeof text, BASE "    earn: %s\n", cases[i].earn);
        world_open(&world, text);
        assert_done(happen(&world, EVENT(PURCHASE("ann", "o1"),
                                         ITEMS(ITEM("A", cases[i].quantity, cases[i].price)))));
        struct balance balance = balance_of(&world, "ann", 0);
        if (balance.available != cases[i].points) {
            fail_msg("%s of %s: %lld points", cases[i].earn, cases[i].price,
                     (long long)balance.available);
        }
        world_close(&world);
    }
}

static void a_line_is_rounded_half_up_to_the_minor_unit_once(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, BASE "    earn: 100 points per 1.00 EUR\n");
    /* 3 x 0.335 = 1.005 -> 1.01; 2 x 0.112 = 0.224 -> 0.22 */
    assert_done(happen(
        &world, EVENT(PURCHASE("ann", "o1"), ITEMS(ITEM("A", 3, "0.335"), ITEM("B", 2, "0.112")))));
    assert_int_equal(world.decision.eligible, 123);
    assert_balance(&world, "ann", .available = 123);
    world_close(&world);
}

static void per_item_rounding_gives_what_per_order_rounding_adds_up(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, "program: shop\ncurrency: EUR\nwallets:\n  points: {}\nrules:\n"
                       "  order: {on: purchase, earn: 1 point per 1.00 EUR of order.eligible}\n"
                       "  item: {on: purchase, earn: 1 point per 1.00 EUR of item.eligible}\n");
    assert_done(happen(
        &world, EVENT(PURCHASE("ann", "o1"), ITEMS(ITEM("A", 1, "1.60"), ITEM("B", 1, "1.60")))));
    assert_int_equal(fired(&world, "order")->granted, 3);
    assert_int_equal(fired(&world, "item")->granted, 2);
    assert_balance(&world, "ann", .available = 5);
    world_close(&world);
}

static void a_fixed_amount_is_given_once_an_order_or_for_each_line(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, HEAD "rules:\n"
                            "  order: {on: purchase, earn: 7 points}\n"
                            "  line: {on: purchase, each: item, earn: 5 points}\n");
    assert_done(happen(
        &world, EVENT(PURCHASE("ann", "o1"),
                      ITEMS(ITEM("A", 4, "1.00"), ITEM("B", 1, "0.00"), ITEM("C", -1, "1.00")))));
    assert_int_equal(fired(&world, "order")->granted, 7);
    assert_int_equal(fired(&world, "line")->granted, 10);
    world_close(&world);
}

static void joining_earns_what_its_rule_says_once(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, HEAD "rules:\n  welcome: {on: join, earn: 100 points}\n");
    assert_done(join(&world, "ann"));
    assert_balance(&world, "ann", .available = 100);
    assert_answer(ALREADY_EXISTS, join(&world, "ann"));
    assert_balance(&world, "ann", .available = 100);
    world_close(&world);
}

static void points_have_the_decimals_of_their_wallet(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, "program: shop\ncurrency: EUR\nwallets:\n  cash: {decimals: 2}\nrules:\n"
                       "  back: {on: purchase, earn: 0.05 cash per 1.00 EUR}\n");
    assert_done(buy(&world, "ann", "o1", "33.33"));
    assert_balance(&world, "ann", .available = 166); /* 1.6665 */
    world_close(&world);
}

static void each_currency_has_its_own_rate_and_nothing_is_converted(void **context)
{
    struct world world;
    (void)context;
    world_open(&world,
               "program: shop\ncurrencies: [EUR, SEK, JPY]\nwallets:\n  points: {}\nrules:\n"
               "  base:\n    on: purchase\n"
               "    earn: [1 point per 1.00 EUR, 1 point per 10.00 SEK]\n");
    assert_done(
        happen(&world, EVENT(PURCHASE("ann", "o1"), ITEMS(ITEM("A", 1, "50.00")), .currency = 0)));
    assert_int_equal(fired(&world, "base")->granted, 50);
    assert_done(
        happen(&world, EVENT(PURCHASE("ann", "o2"), ITEMS(ITEM("A", 1, "50.00")), .currency = 1)));
    assert_int_equal(fired(&world, "base")->granted, 5);
    assert_done(
        happen(&world, EVENT(PURCHASE("ann", "o3"), ITEMS(ITEM("A", 1, "50")), .currency = 2)));
    assert_null(fired(&world, "base"));
    assert_why_not(&world, "base", NULL, CURRENCY);
    assert_answer(INVALID_EVENT, happen(&world, EVENT(PURCHASE("ann", "o4"),
                                                      ITEMS(ITEM("A", 1, "50")), .currency = 3)));
    world_close(&world);
}

/* ---- what counts ---- */

struct eligible_case {
    const char *eligible;
    int64_t amount;
};

static void what_is_eligible_is_the_programmes_choice(void **context)
{
    /* 2 x 10.00 + gift card 5.00; 1.00 off line 1, 2.40 off all, tax 4.00 on top of line 1,
     * shipping 3.00, 4.80 paid with points: shares of what is off all by subtotal, 4 : 1. */
    static const struct eligible_case cases[] = {
        {"{tax: excluded}", 2000 - 100 - 192 - 384},
        {"{tax: included}", 2000 - 100 - 192 - 384 + 400},
        {"{shipping: included}", 2000 - 100 - 192 - 384 + 300},
        {"{discounts: not subtracted}", 2000 - 384},
        {"{paid_with_points: included}", 2000 - 100 - 192},
        {"{gift_cards: included}", 2500 - 100 - 240 - 480},
        {"{tax: included, shipping: included, discounts: not subtracted, paid_with_points: "
         "included, "
         "gift_cards: included}",
         2500 + 400 + 300},
    };
    (void)context;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world world;
        char text[600];
        (void)snprintf(
            text, sizeof text,
            "program: shop\ncurrency: EUR\neligible: %s\nwallets:\n  points: {}\nrules:\n"
            "  base: {on: purchase, earn: 100 points per 1.00 EUR}\n",
            cases[i].eligible);
        world_open(&world, text);
        assert_done(
            happen(&world, EVENT(PURCHASE("ann", "o1"),
                                 ITEMS(ITEM_WITH("A", 2, "10.00", .discount = 100, .tax = 400),
                                       ITEM_WITH("G", 1, "5.00", .type = TEXT("gift_card"))),
                                 .shipping = 300, .discount = 240, .paid_with_points = 480)));
        assert_int_equal(world.decision.eligible, cases[i].amount);
        assert_balance(&world, "ann", .available = cases[i].amount);
        world_close(&world);
    }
}

static void tax_in_the_prices_is_taken_off_unless_it_counts(void **context)
{
    static const struct eligible_case cases[] = {{"{tax: excluded}", 1000},
                                                 {"{tax: included}", 1200}};
    (void)context;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world world;
        char text[300];
        (void)snprintf(
            text, sizeof text,
            "program: shop\ncurrency: EUR\neligible: %s\nwallets:\n  points: {}\nrules:\n"
            "  base: {on: purchase, earn: 1 point per 1.00 EUR}\n",
            cases[i].eligible);
        world_open(&world, text);
        assert_done(happen(&world, EVENT(PURCHASE("ann", "o1"),
                                         ITEMS(ITEM_WITH("A", 1, "12.00", .tax = 200)),
                                         .tax_is_in_prices = true)));
        assert_int_equal(world.decision.eligible, cases[i].amount);
        world_close(&world);
    }
}

static void shares_of_a_discount_sum_to_the_whole_to_the_cent(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, BASE "    earn: 100 points per 1.00 EUR\n");
    assert_done(happen(
        &world, EVENT(PURCHASE("ann", "o1"),
                      ITEMS(ITEM("A", 1, "1.00"), ITEM("B", 1, "1.00"), ITEM("C", 1, "1.00")),
                      .discount = 100)));
    assert_int_equal(world.decision.eligible, 200);
    assert_balance(&world, "ann", .available = 200);
    world_close(&world);
}

/* ---- calculators ---- */

static void a_calculator_rates_each_line_by_its_table(void **context)
{
    struct world world;
    (void)context;
    world_open(&world,
               HEAD "calculators:\n"
                    "  basket:\n    by: category\n"
                    "    rates: {coffee: 2 points per 1.00 EUR, tea: 0.5 points per 1.00 EUR}\n"
                    "    otherwise: 1 point per 1.00 EUR\n"
                    "rules:\n  base: {on: purchase, earn: calculator basket}\n"
                    "  again: {on: purchase, each: item, earn: calculator basket}\n");
    assert_done(happen(&world, EVENT(PURCHASE("ann", "o1"),
                                     ITEMS(ITEM_WITH("A", 1, "3.00", .category = TEXT("coffee")),
                                           ITEM_WITH("B", 1, "3.00", .category = TEXT("tea")),
                                           ITEM_WITH("C", 1, "2.50", .category = TEXT("cups"))))));
    assert_int_equal(fired(&world, "base")->granted, 10); /* 6 + 1.5 + 2.5 */
    assert_int_equal(fired(&world, "again")->granted, 9); /* 6 + 1 + 2 */
    world_close(&world);
}

static void a_line_that_a_calculator_does_not_name_earns_nothing(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, HEAD "calculators:\n  basket: {by: sku, rates: {A: 2 points per 1.00 EUR}}\n"
                            "rules:\n  base: {on: purchase, earn: calculator basket}\n");
    assert_done(happen(
        &world, EVENT(PURCHASE("ann", "o1"), ITEMS(ITEM("A", 1, "3.00"), ITEM("B", 1, "90.00")))));
    assert_int_equal(fired(&world, "base")->granted, 6);
    assert_int_equal(fired(&world, "base")->line_count, 1);
    assert_done(happen(&world, EVENT(PURCHASE("ann", "o2"), ITEMS(ITEM("B", 1, "90.00")))));
    assert_null(fired(&world, "base"));
    assert_why_not(&world, "base", NULL, ITEMS);
    world_close(&world);
}

/* ---- boosts ---- */

struct combine_case {
    const char *combine;
    int64_t points;
};

static void boosts_combine_as_the_rule_says_and_round_once_at_the_end(void **context)
{
    static const struct combine_case cases[] = {
        {"best", 15},     /* 10.50 x 1.5 = 15.75 */
        {"add", 18},      /* 10.50 x 1.75 = 18.375 */
        {"multiply", 19}, /* 10.50 x 1.875 = 19.6875 */
    };
    (void)context;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world world;
        char text[500];
        (void)snprintf(text, sizeof text,
                       BASE "    earn: 1 point per 1.00 EUR\n"
                            "    boosts:\n      combine: %s\n"
                            "      web: {if: {channel: web}, by: 1.25}\n"
                            "      harbour: {if: {store: harbour}, by: 1.5}\n"
                            "      app: {if: {channel: app}, by: 9}\n",
                       cases[i].combine);
        world_open(&world, text);
        assert_done(happen(&world, EVENT(PURCHASE("ann", "o1"), ITEMS(ITEM("A", 1, "10.50")),
                                         .channel = TEXT("web"), .store = TEXT("harbour"))));
        assert_int_equal(fired(&world, "base")->granted, cases[i].points);
        world_close(&world);
    }
}

static void a_boost_with_an_item_condition_holds_for_those_items_alone(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, BASE "    earn: 1 point per 1.00 EUR\n"
                            "    boosts: {care: {if: {category: skincare}, by: 3}}\n");
    assert_done(happen(&world, EVENT(PURCHASE("ann", "o1"),
                                     ITEMS(ITEM_WITH("A", 1, "10.50", .category = TEXT("skincare")),
                                           ITEM("B", 1, "10.25")))));
    assert_balance(&world, "ann", .available = 41); /* 31.5 + 10.25 */
    world_close(&world);
}

static void whole_units_are_counted_before_the_boost(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, BASE "    earn: 1 point per whole 1.00 EUR\n"
                            "    boosts: {web: {if: {channel: web}, by: 1.5}}\n");
    assert_done(happen(
        &world, EVENT(PURCHASE("ann", "o1"), ITEMS(ITEM("A", 1, "3.90")), .channel = TEXT("web"))));
    assert_balance(&world, "ann", .available = 4); /* 3 x 1.5 = 4.5 */
    world_close(&world);
}

static void a_boost_factor_can_also_lower(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, BASE "    earn: 1 point per 1.00 EUR\n"
                            "    boosts: {outlet: {if: {store: outlet}, by: 0.5}}\n");
    assert_done(happen(&world, EVENT(PURCHASE("ann", "o1"), ITEMS(ITEM("A", 1, "9.00")),
                                     .store = TEXT("outlet"))));
    assert_balance(&world, "ann", .available = 4);
    world_close(&world);
}

/* ---- conditions ---- */

#define CONDITION(condition)                                                                       \
    HEAD "rules:\n  base: {on: purchase, if: {" condition "}, earn: 1 point per 1.00 EUR}\n"

static void a_condition_on_items_counts_the_matching_lines_alone(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, CONDITION("category: [books, music]"));
    assert_done(happen(&world, EVENT(PURCHASE("ann", "o1"),
                                     ITEMS(ITEM_WITH("A", 1, "5.00", .category = TEXT("books")),
                                           ITEM("B", 1, "50.00")))));
    assert_int_equal(fired(&world, "base")->granted, 5);
    assert_int_equal(fired(&world, "base")->base, 500);
    assert_done(buy(&world, "ann", "o2", "50.00"));
    assert_why_not(&world, "base", NULL, ITEMS);
    world_close(&world);
}

static void an_order_of_at_least_means_its_eligible_amount(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, CONDITION("order_at_least: 20.00 EUR"));
    assert_done(buy(&world, "ann", "o1", "19.99"));
    assert_why_not(&world, "base", NULL, ORDER_AT_LEAST);
    assert_done(buy(&world, "ann", "o2", "20.00"));
    assert_int_equal(fired(&world, "base")->granted, 20);
    assert_done(
        happen(&world, EVENT(PURCHASE("ann", "o3"), ITEMS(ITEM("A", 1, "20.00")), .discount = 1)));
    assert_why_not(&world, "base", NULL, ORDER_AT_LEAST);
    world_close(&world);
}

static void dates_hold_from_the_first_instant_up_to_the_last(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, "program: shop\ntimezone: America/New_York\ncurrency: EUR\nwallets:\n"
                       "  points: {}\nrules:\n  base: {on: purchase, earn: 1 point per 1.00 EUR, "
                       "if: {from: 2027-03-05, until: 2027-03-08}}\n");
    at(&world, "2027-03-05T04:59:59Z");
    assert_done(buy(&world, "ann", "o1", "1.00"));
    assert_why_not(&world, "base", NULL, NOT_YET);
    at(&world, "2027-03-05T05:00:00Z");
    assert_done(buy(&world, "ann", "o2", "1.00"));
    assert_non_null(fired(&world, "base"));
    at(&world, "2027-03-07T23:59:59");
    assert_done(buy(&world, "ann", "o3", "1.00"));
    assert_non_null(fired(&world, "base"));
    at(&world, "2027-03-08T00:00");
    assert_done(buy(&world, "ann", "o4", "1.00"));
    assert_why_not(&world, "base", NULL, OVER);
    world_close(&world);
}

struct birthday_case {
    const char *unit;
    int32_t month;
    int32_t day;
    const char *time;
    bool holds;
};

static void a_birthday_is_the_day_week_or_month_of_the_programmes_zone(void **context)
{
    static const struct birthday_case cases[] = {
        {"day", 3, 5, "2027-03-05T00:00", true},     {"day", 3, 5, "2027-03-06T00:00", false},
        {"day", 2, 29, "2027-02-28T12:00", true},    {"day", 2, 29, "2028-02-28T12:00", false},
        {"day", 2, 29, "2028-02-29T12:00", true},    {"month", 3, 31, "2027-03-01T00:00", true},
        {"month", 3, 31, "2027-04-01T00:00", false}, {"week", 1, 2, "2026-12-30T12:00", true},
        {"week", 12, 30, "2027-01-02T12:00", true},  {"week", 1, 4, "2027-01-03T12:00", false},
        {"month", 0, 0, "2027-03-01T00:00", false},
    };
    (void)context;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world world;
        char text[300];
        (void)snprintf(text, sizeof text,
                       HEAD "rules:\n  base: {on: purchase, if: {birthday: %s}, earn: 5 points}\n",
                       cases[i].unit);
        world_open(&world, text);
        at(&world, cases[i].time);
        assert_done(
            happen(&world, EVENT(PURCHASE("ann", "o1"), ITEMS(ITEM("A", 1, "1.00")),
                                 .birthday_month = cases[i].month, .birthday_day = cases[i].day)));
        assert_int_equal(fired(&world, "base") != NULL, cases[i].holds);
        world_close(&world);
    }
}

/* ---- rules among each other ---- */

static void of_an_exclusive_group_only_the_first_by_priority_fires(void **context)
{
    struct world world;
    (void)context;
    world_open(&world,
               HEAD "rules:\n"
                    "  plain: {on: purchase, earn: 1 point, exclusive: bonus}\n"
                    "  large: {on: purchase, if: {order_at_least: 50.00 EUR}, earn: 9 points, "
                    "exclusive: bonus, priority: 10}\n"
                    "  other: {on: purchase, earn: 3 points}\n");
    assert_done(buy(&world, "ann", "o1", "60.00"));
    assert_balance(&world, "ann", .available = 12);
    assert_why_not(&world, "plain", NULL, EXCLUDED);
    assert_done(buy(&world, "bob", "o2", "10.00"));
    assert_balance(&world, "bob", .available = 4);
    assert_why_not(&world, "large", NULL, ORDER_AT_LEAST);
    world_close(&world);
}

static void a_rule_of_a_group_that_gave_nothing_leaves_room_for_the_next(void **context)
{
    struct world world;
    (void)context;
    world_open(&world,
               HEAD "rules:\n"
                    "  first: {on: purchase, earn: 1 point per 100.00 EUR, exclusive: g, "
                    "priority: 1}\n"
                    "  second: {on: purchase, earn: 2 points, exclusive: g, priority: 2}\n");
    assert_done(buy(&world, "ann", "o1", "99.00"));
    assert_why_not(&world, "first", NULL, NOTHING);
    assert_balance(&world, "ann", .available = 2);
    world_close(&world);
}

/* ---- limits and budgets ---- */

static void a_limit_of_times_is_per_member_and_calendar_period_of_the_zone(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, "program: shop\ntimezone: Asia/Tokyo\ncurrency: EUR\nwallets:\n"
                       "  points: {}\nrules:\n  base: {on: purchase, earn: 5 points, "
                       "limit: {per_member: 2 per calendar week}}\n");
    at(&world, "2027-03-01T00:00"); /* a Monday */
    assert_done(buy(&world, "ann", "o1", "1.00"));
    at(&world, "2027-03-07T23:59");
    assert_done(buy(&world, "ann", "o2", "1.00"));
    assert_done(buy(&world, "ann", "o3", "1.00"));
    assert_why_not(&world, "base", NULL, LIMIT);
    assert_done(buy(&world, "bob", "o4", "1.00"));
    assert_balance(&world, "bob", .available = 5);
    at(&world, "2027-03-08T00:00");
    assert_done(buy(&world, "ann", "o5", "1.00"));
    assert_balance(&world, "ann", .available = 15);
    world_close(&world);
}

static void a_rolling_limit_counts_whole_local_days_today_included(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, HEAD "rules:\n  base: {on: purchase, earn: 5 points, "
                            "limit: {per_member: 1 per 7 days}}\n");
    at(&world, "2027-03-01T23:00");
    assert_done(buy(&world, "ann", "o1", "1.00"));
    at(&world, "2027-03-07T23:59");
    assert_done(buy(&world, "ann", "o2", "1.00"));
    assert_why_not(&world, "base", NULL, LIMIT);
    at(&world, "2027-03-08T00:00");
    assert_done(buy(&world, "ann", "o3", "1.00"));
    assert_balance(&world, "ann", .available = 10);
    world_close(&world);
}

static void a_limit_of_points_cuts_the_grant_to_what_is_left(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, HEAD "rules:\n  base: {on: purchase, earn: 1 point per 1.00 EUR, "
                            "limit: {per_member: 100 points per calendar month}}\n");
    assert_done(buy(&world, "ann", "o1", "80.00"));
    assert_done(buy(&world, "ann", "o2", "80.00"));
    assert_int_equal(fired(&world, "base")->granted, 20);
    assert_int_equal(fired(&world, "base")->ungranted, 60);
    assert_done(buy(&world, "ann", "o3", "80.00"));
    assert_why_not(&world, "base", NULL, LIMIT);
    assert_balance(&world, "ann", .available = 100);
    world_close(&world);
}

static void a_limit_in_all_is_exact_over_all_members(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, HEAD "rules:\n  base: {on: purchase, earn: 5 points, limit: {in_all: 2}}\n");
    assert_done(buy(&world, "ann", "o1", "1.00"));
    assert_done(buy(&world, "bob", "o2", "1.00"));
    assert_done(buy(&world, "cat", "o3", "1.00"));
    assert_why_not(&world, "base", NULL, LIMIT);
    assert_posted(&world, AVAILABLE, 10);
    world_close(&world);
}

static void a_campaigns_budget_is_never_exceeded(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, BASE "    earn: 1 point per 1.00 EUR\n"
                            "campaigns:\n  spring:\n    from: 2027-03-01\n    until: 2027-04-01\n"
                            "    budget: 50 points\n"
                            "    rules: {extra: {on: purchase, earn: 20 points}, "
                            "double: {boosts: base, by: 2}}\n");
    at(&world, "2027-02-28T12:00");
    assert_done(buy(&world, "ann", "o0", "10.00"));
    assert_balance(&world, "ann", .available = 10);
    at(&world, "2027-03-02T12:00");
    assert_done(buy(&world, "ann", "o1", "10.00")); /* 20 of base, 10 of them the boost's; 20 */
    assert_balance(&world, "ann", .available = 50);
    assert_done(buy(&world, "ann", "o2", "15.00")); /* 30, 15 of them the boost's; 5 are left */
    assert_int_equal(fired(&world, "base")->granted + fired(&world, "extra")->granted, 35);
    assert_done(buy(&world, "ann", "o3", "10.00"));
    assert_int_equal(fired(&world, "base")->granted, 10);
    assert_null(fired(&world, "extra"));
    assert_why_not(&world, "extra", NULL, BUDGET);
    assert_why_not(&world, "base", "double", BUDGET);
    world_close(&world);
}

static void a_late_purchase_finds_its_own_days_limit_used_up(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, HEAD "rules:\n  base: {on: purchase, earn: 5 points, "
                            "limit: {per_member: 1 per calendar day}}\n");
    at(&world, "2027-03-01T12:00");
    assert_done(buy(&world, "ann", "o1", "1.00"));
    for (int day = 2; day < 29; day++) {
        char time[32];
        char order[16];
        (void)snprintf(time, sizeof time, "2027-03-%02dT12:00", day);
        (void)snprintf(order, sizeof order, "d%d", day);
        at(&world, time);
        assert_done(buy(&world, "ann", order, "1.00"));
        assert_non_null(fired(&world, "base"));
    }
    assert_done(buy_late(&world, "2027-03-01T13:00", "ann", "o2", "1.00"));
    assert_null(fired(&world, "base"));
    assert_why_not(&world, "base", NULL, LIMIT);
    world_close(&world);
}

/* ---- edges ---- */

static void an_order_id_is_taken_once(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, BASE "    earn: 1 point per 1.00 EUR\n");
    assert_done(buy(&world, "ann", "o1", "10.00"));
    assert_answer(ALREADY_EXISTS, buy(&world, "ann", "o1", "10.00"));
    assert_answer(ALREADY_EXISTS, buy(&world, "bob", "o1", "10.00"));
    assert_balance(&world, "ann", .available = 10);
    assert_balance(&world, "bob", .available = 0);
    world_close(&world);
}

static void an_event_too_old_or_ahead_is_refused(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, BASE "    earn: 1 point per 1.00 EUR\n");
    at(&world, "2027-03-31T12:00");
    assert_done(buy_late(&world, "2027-03-01T12:00", "ann", "o1", "10.00"));
    assert_answer(TOO_LATE, buy_late(&world, "2027-03-01T11:59:59", "ann", "o2", "10.00"));
    assert_done(buy_late(&world, "2027-03-31T12:05:00", "ann", "o3", "10.00"));
    assert_answer(TOO_EARLY, buy_late(&world, "2027-03-31T12:05:01", "ann", "o4", "10.00"));
    world.lives_in_imports = true;
    assert_done(buy_late(&world, "2019-03-01T12:00", "ann", "o5", "10.00"));
    assert_balance(&world, "ann", .available = 30);
    world_close(&world);
}

static void an_amount_that_overflows_is_a_fault_and_no_wrapped_number(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, BASE "    earn: 1000000 points per 1.00 EUR\n");
    struct event event = EVENT(PURCHASE("ann", "o1"), .position = 1,
                               ITEMS(ITEM("A", EVENT_QUANTITY_MAXIMUM, "1000000000.00")),
                               .occurred_at_us = world.now_us, .clock_us = world.now_us);
    struct decision decision;
    assert_int_equal(store_load_for(world.store, world.program, &event, &world.states), STATUS_OK);
    assert_int_equal(engine_decide(world.program, &world.states, &event, NULL, &decision),
                     STATUS_OVERFLOW);
    assert_answer(INVALID_EVENT,
                  happen(&world, EVENT(PURCHASE("ann", "o2"),
                                       ITEMS(ITEM("A", EVENT_QUANTITY_MAXIMUM + 1, "1.00")))));
    assert_answer(INVALID_EVENT, happen(&world, EVENT(PURCHASE("ann", "o3"))));
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rate_is_rounded_once_as_it_says),
        cmocka_unit_test(a_line_is_rounded_half_up_to_the_minor_unit_once),
        cmocka_unit_test(per_item_rounding_gives_what_per_order_rounding_adds_up),
        cmocka_unit_test(a_fixed_amount_is_given_once_an_order_or_for_each_line),
        cmocka_unit_test(joining_earns_what_its_rule_says_once),
        cmocka_unit_test(points_have_the_decimals_of_their_wallet),
        cmocka_unit_test(each_currency_has_its_own_rate_and_nothing_is_converted),
        cmocka_unit_test(what_is_eligible_is_the_programmes_choice),
        cmocka_unit_test(tax_in_the_prices_is_taken_off_unless_it_counts),
        cmocka_unit_test(shares_of_a_discount_sum_to_the_whole_to_the_cent),
        cmocka_unit_test(a_calculator_rates_each_line_by_its_table),
        cmocka_unit_test(a_line_that_a_calculator_does_not_name_earns_nothing),
        cmocka_unit_test(boosts_combine_as_the_rule_says_and_round_once_at_the_end),
        cmocka_unit_test(a_boost_with_an_item_condition_holds_for_those_items_alone),
        cmocka_unit_test(whole_units_are_counted_before_the_boost),
        cmocka_unit_test(a_boost_factor_can_also_lower),
        cmocka_unit_test(a_condition_on_items_counts_the_matching_lines_alone),
        cmocka_unit_test(an_order_of_at_least_means_its_eligible_amount),
        cmocka_unit_test(dates_hold_from_the_first_instant_up_to_the_last),
        cmocka_unit_test(a_birthday_is_the_day_week_or_month_of_the_programmes_zone),
        cmocka_unit_test(of_an_exclusive_group_only_the_first_by_priority_fires),
        cmocka_unit_test(a_rule_of_a_group_that_gave_nothing_leaves_room_for_the_next),
        cmocka_unit_test(a_limit_of_times_is_per_member_and_calendar_period_of_the_zone),
        cmocka_unit_test(a_rolling_limit_counts_whole_local_days_today_included),
        cmocka_unit_test(a_limit_of_points_cuts_the_grant_to_what_is_left),
        cmocka_unit_test(a_limit_in_all_is_exact_over_all_members),
        cmocka_unit_test(a_campaigns_budget_is_never_exceeded),
        cmocka_unit_test(a_late_purchase_finds_its_own_days_limit_used_up),
        cmocka_unit_test(an_order_id_is_taken_once),
        cmocka_unit_test(an_event_too_old_or_ahead_is_refused),
        cmocka_unit_test(an_amount_that_overflows_is_a_fault_and_no_wrapped_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
