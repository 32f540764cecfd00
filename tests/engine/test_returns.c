/* Returns reverse what was recorded: whole, by item, by sku, each policy, each thing given back. */
#include "world.h"

#define HEAD(wallet) "program: shop\ncurrency: EUR\nwallets:\n  points: " wallet "\n"
#define RULE "rules:\n  base: {on: purchase, earn: 1 point per 1.00 EUR}\n"
#define PLAIN HEAD("{}") RULE
#define POLICY(policy) HEAD("{expires: 90 days, on_return: {earned_but_spent: " policy "}}") RULE

static void a_whole_return_takes_back_all_that_the_order_earned(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, PLAIN);
    assert_done(buy(&world, "ann", "o1", "60.00"));
    assert_done(buy(&world, "ann", "o2", "40.00"));
    assert_done(give_back_order(&world, "o1"));
    assert_balance(&world, "ann", .available = 40);
    assert_posted(&world, TAKEN_BACK, 60);
    assert_answer(RETURN_EXCEEDS, give_back_order(&world, "o1"));
    assert_answer(UNKNOWN_ORDER, give_back_order(&world, "o9"));
    assert_balance(&world, "ann", .available = 40);
    world_close(&world);
}

static void what_is_kept_is_rounded_down_of_what_remains(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, PLAIN);
    assert_done(happen(&world, EVENT(PURCHASE("ann", "o1"), ITEMS(ITEM("A", 3, "1.50")))));
    assert_balance(&world, "ann", .available = 4); /* 4.50 */
    assert_done(give_back_item(&world, "o1", "1", 1));
    assert_balance(&world, "ann", .available = 3); /* 3.00 */
    assert_done(give_back_item(&world, "o1", "1", 1));
    assert_balance(&world, "ann", .available = 1); /* 1.50 */
    assert_answer(RETURN_EXCEEDS, give_back_item(&world, "o1", "1", 2));
    assert_balance(&world, "ann", .available = 1);
    assert_done(give_back_item(&world, "o1", "1", 1));
    assert_balance(&world, "ann", .available = 0);
    world_close(&world);
}

static void what_is_kept_is_rounded_down_whatever_rounding_earned_it(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, HEAD("{}") "rules:\n  base:\n    on: purchase\n"
                                  "    earn: 1 point per 1.00 EUR, rounded up\n");
    assert_done(happen(&world, EVENT(PURCHASE("ann", "o1"), ITEMS(ITEM("A", 2, "1.20")))));
    assert_balance(&world, "ann", .available = 3);
    assert_done(give_back_item(&world, "o1", "1", 1));
    assert_balance(&world, "ann", .available = 1);
    world_close(&world);
}

static void a_partly_returned_line_is_rounded_again_and_the_difference_returned(void **context)
{
    struct world world;
    (void)context;
    world_open(&world,
               HEAD("{}") "rules:\n  base: {on: purchase, earn: 100 points per 1.00 EUR}\n");
    assert_done(happen(&world, EVENT(PURCHASE("ann", "o1"), ITEMS(ITEM("A", 3, "0.335")))));
    assert_balance(&world, "ann", .available = 101); /* 1.005 -> 1.01 */
    assert_done(give_back_item(&world, "o1", "1", 2));
    assert_balance(&world, "ann", .available = 34); /* 0.335 -> 0.34 */
    world_close(&world);
}

static void a_per_item_rule_keeps_the_sum_of_the_floors(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, HEAD("{}") "rules:\n  base: {on: purchase, "
                                  "earn: 1 point per 1.00 EUR of item.eligible}\n");
    assert_done(happen(
        &world, EVENT(PURCHASE("ann", "o1"), ITEMS(ITEM("A", 2, "1.60"), ITEM("B", 1, "1.90")))));
    assert_balance(&world, "ann", .available = 4);
    assert_done(give_back_item(&world, "o1", "1", 1));
    assert_balance(&world, "ann", .available = 2); /* 1.60 + 1.90 */
    world_close(&world);
}

static void a_limited_or_fixed_grant_keeps_its_share(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, HEAD("{}") "rules:\n  base: {on: purchase, earn: 1 point per 1.00 EUR, "
                                  "limit: {per_member: 50 points per calendar year}}\n"
                                  "  thanks: {on: purchase, earn: 11 points}\n");
    assert_done(happen(
        &world, EVENT(PURCHASE("ann", "o1"), ITEMS(ITEM("A", 1, "75.00"), ITEM("B", 1, "25.00")))));
    assert_balance(&world, "ann", .available = 61);
    assert_done(give_back_item(&world, "o1", "2", 1));
    assert_balance(&world, "ann", .available = 37 + 8); /* 50 x 3/4, 11 x 3/4 */
    assert_done(buy(&world, "ann", "o2", "30.00"));     /* 13 of the limit are free again */
    assert_int_equal(fired(&world, "base")->granted, 13);
    world_close(&world);
}

static void todays_rules_do_not_change_what_a_return_takes(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, HEAD("{}") "rules:\n  base: {on: purchase, earn: 2 points per 1.00 EUR}\n");
    assert_done(buy(&world, "ann", "o1", "10.00"));
    world_publish(&world,
                  HEAD("{}") "rules:\n  other: {on: purchase, earn: 9 points per 1.00 EUR}\n");
    assert_done(buy(&world, "ann", "o2", "1.00"));
    assert_done(give_back_order(&world, "o1"));
    assert_balance(&world, "ann", .available = 9);
    world_close(&world);
}

/* ---- earned but spent ---- */

struct policy_case {
    const char *program;
    struct balance after; /* 100 earned and 80 spent, 30 of another order, 20 pending: returned */
    int64_t taken_back;
    int64_t shortfall;
};

#define SPENT(policy)                                                                              \
    HEAD("{on_return: {earned_but_spent: " policy "}}")                                            \
    RULE "  later:\n    on: purchase\n    if: {channel: app}\n    earn: 20 points\n"               \
         "    pending: {until: shipped}\n"

static void points_earned_but_spent_follow_the_wallets_policy(void **context)
{
    static const struct policy_case cases[] = {
        {SPENT("to zero"), {.pending = 20}, 50, 50},
        {SPENT("below zero"), {.pending = 20, .debt = 50}, 100, 0},
        {SPENT("only pending"), {.available = 30}, 40, 60},
        {SPENT("write off"), {.available = 30, .pending = 20}, 20, 80},
    };
    (void)context;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world world;
        world_open(&world, cases[i].program);
        assert_done(buy(&world, "ann", "o1", "100.00"));
        assert_done(redeem(&world, "ann", 80, NULL));
        assert_done(happen(&world, EVENT(PURCHASE("ann", "o2"), ITEMS(ITEM("A", 1, "30.00")),
                                         .channel = TEXT("app"))));
        assert_balance(&world, "ann", .available = 50, .pending = 20);
        assert_done(give_back_order(&world, "o1"));
        check_balance(&world, "ann", cases[i].after, __FILE__, __LINE__);
        assert_posted(&world, TAKEN_BACK, cases[i].taken_back);
        assert_int_equal(effect_sum(&world, EFFECT_SHORTFALL), cases[i].shortfall);
        assert_done(buy(&world, "ann", "o3", "60.00"));
        if (cases[i].after.debt > 0) {
            assert_balance(&world, "ann", .available = 10, .pending = 20);
        }
        world_close(&world);
    }
}

static void a_shortfall_is_not_tried_again_by_a_later_return(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, POLICY("to zero"));
    assert_done(happen(&world, EVENT(PURCHASE("ann", "o1"), ITEMS(ITEM("A", 2, "50.00")))));
    assert_done(redeem(&world, "ann", 100, NULL));
    assert_done(give_back_item(&world, "o1", "1", 1));
    assert_int_equal(effect_sum(&world, EFFECT_SHORTFALL), 50);
    assert_done(buy(&world, "ann", "o2", "80.00"));
    assert_done(give_back_item(&world, "o1", "1", 1));
    assert_balance(&world, "ann", .available = 30);
    world_close(&world);
}

static void each_expired_point_is_a_shortfall_once(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, POLICY("to zero"));
    assert_done(happen(&world, EVENT(PURCHASE("ann", "o1"), ITEMS(ITEM("A", 2, "50.00")))));
    assert_done(redeem(&world, "ann", 50, NULL));
    at(&world, "2027-05-30T12:00"); /* 90 days: the other 50 expire */
    assert_done(buy(&world, "ann", "o2", "80.00"));
    assert_balance(&world, "ann", .available = 80);
    assert_posted(&world, EXPIRED, 50);
    assert_done(give_back_item(&world, "o1", "1", 1));
    assert_int_equal(effect_sum(&world, EFFECT_SHORTFALL), 50);
    assert_balance(&world, "ann", .available = 80);
    assert_done(give_back_item(&world, "o1", "1", 1)); /* the rest had been spent */
    assert_int_equal(effect_sum(&world, EFFECT_SHORTFALL), 0);
    assert_balance(&world, "ann", .available = 30);
    world_close(&world);
}

static void the_orders_own_points_are_taken_before_others_pending_first(void **context)
{
    struct world world;
    (void)context;
    world_open(
        &world,
        HEAD("{expires: 90 days}") "rules:\n  base: {on: purchase, earn: 1 point per 1.00 EUR}\n"
                                   "  later:\n    on: purchase\n    earn: 5 points\n    pending: "
                                   "{until: shipped}\n");
    assert_done(buy(&world, "ann", "o1", "10.00"));
    at(&world, "2027-03-05T12:00");
    assert_done(buy(&world, "ann", "o2", "20.00"));
    assert_done(give_back_order(&world, "o2"));
    assert_balance(&world, "ann", .available = 10, .pending = 5);
    assert_lots(&world, "ann",
                "available 10 ends 2027-05-30T12:00:00Z; pending 5 ends 2027-05-30T12:00:00Z");
    world_close(&world);
}

/* ---- points spent on the order ---- */

static void points_spent_on_the_order_go_back_before_the_earned_ones_are_taken(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, PLAIN);
    assert_done(buy(&world, "ann", "o1", "100.00"));
    assert_done(happen(
        &world, EVENT(PURCHASE("ann", "o2"), ITEMS(ITEM("A", 4, "10.00")), REDEEMS(POINTS(90)))));
    assert_balance(&world, "ann", .available = 50);
    assert_done(redeem(&world, "ann", 50, NULL));
    assert_done(give_back_item(&world, "o2", "1", 1)); /* 22 come back, 10 are taken of them */
    assert_balance(&world, "ann", .available = 12);
    assert_int_equal(effect_sum(&world, EFFECT_SHORTFALL), 0);
    assert_done(give_back_order(&world, "o2"));
    assert_balance(&world, "ann", .available = 12 + 68 - 30);
    assert_posted(&world, REDEEMED, 50);
    world_close(&world);
}

static void a_return_says_what_it_took_off_the_eligible_amount(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, PLAIN);
    assert_done(happen(&world, EVENT(PURCHASE("ann", "o1"), ITEMS(ITEM("A", 4, "10.00")))));
    assert_done(give_back_item(&world, "o1", "1", 1));
    assert_int_equal(world.decision.eligible, 1000);
    assert_done(give_back_order(&world, "o1"));
    assert_int_equal(world.decision.eligible, 3000);
    world_close(&world);
}

static void a_reward_of_a_returned_order_has_its_stock_and_limit_back(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, PLAIN "rewards:\n  ten: {cost: 50 points, gives: {discount: 10.00 EUR}, "
                             "stock: 1, limit: {per_member: 1 per calendar year}}\n");
    assert_done(buy(&world, "ann", "o1", "200.00"));
    assert_done(happen(&world, EVENT(PURCHASE("ann", "o2"), ITEMS(ITEM("A", 1, "40.00")),
                                     REDEEMS(REWARD("ten")))));
    assert_balance(&world, "ann", .available = 180);
    assert_answer(LIMIT_REACHED, take_reward(&world, "ann", "ten", NULL));
    assert_done(buy(&world, "bob", "o3", "60.00"));
    assert_answer(OUT_OF_STOCK, take_reward(&world, "bob", "ten", NULL));
    assert_done(give_back_order(&world, "o2"));
    assert_balance(&world, "ann", .available = 200);
    assert_done(take_reward(&world, "ann", "ten", NULL));
    world_close(&world);
}

/* ---- what an order counted ---- */

static void a_use_of_a_limit_comes_back_with_the_whole_order_alone(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, HEAD("{}") "rules:\n  base: {on: purchase, earn: 5 points, "
                                  "limit: {per_member: 1 per calendar month}}\n");
    assert_done(happen(&world, EVENT(PURCHASE("ann", "o1"), ITEMS(ITEM("A", 2, "10.00")))));
    assert_done(give_back_item(&world, "o1", "1", 1));
    assert_done(buy(&world, "ann", "o2", "10.00"));
    assert_why_not(&world, "base", NULL, LIMIT);
    at(&world, "2027-03-31T12:00");
    assert_done(give_back_item(&world, "o1", "1", 1));
    assert_done(buy(&world, "ann", "o3", "10.00"));
    assert_int_equal(fired(&world, "base")->granted, 5);
    world_close(&world);
}

static void a_returned_order_leaves_no_hole_in_a_campaigns_budget(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, HEAD("{}") "campaigns:\n  spring:\n    budget: 30 points\n"
                                  "    rules: {extra: {on: purchase, earn: 20 points}}\n");
    assert_done(buy(&world, "ann", "o1", "10.00"));
    assert_done(buy(&world, "bob", "o2", "10.00"));
    assert_int_equal(fired(&world, "extra")->granted, 10);
    assert_done(give_back_order(&world, "o1"));
    assert_done(buy(&world, "cat", "o3", "10.00"));
    assert_int_equal(fired(&world, "extra")->granted, 20);
    assert_done(buy(&world, "dan", "o4", "10.00"));
    assert_why_not(&world, "extra", NULL, BUDGET);
    world_close(&world);
}

static void shipping_goes_back_with_the_last_unit(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, "program: shop\ncurrency: EUR\neligible: {shipping: included}\n"
                       "wallets:\n  points: {}\n" RULE);
    assert_done(happen(&world, EVENT(PURCHASE("ann", "o1"),
                                     ITEMS(ITEM("A", 1, "10.00"), ITEM("B", 1, "20.00")),
                                     .shipping = 500)));
    assert_balance(&world, "ann", .available = 35);
    assert_done(give_back_item(&world, "o1", "1", 1));
    assert_balance(&world, "ann", .available = 25);
    assert_done(give_back_sku(&world, "ann", "B", 1));
    assert_balance(&world, "ann", .available = 0);
    world_close(&world);
}

static void a_gift_card_returned_takes_nothing_that_it_did_not_earn(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, PLAIN);
    assert_done(happen(&world, EVENT(PURCHASE("ann", "o1"),
                                     ITEMS(ITEM("A", 1, "10.00"),
                                           ITEM_WITH("G", 1, "50.00", .type = TEXT("gift_card"))),
                                     .paid_with_points = 600)));
    assert_balance(&world, "ann", .available = 9); /* 10.00 less its sixth of 6.00 */
    assert_done(give_back_item(&world, "o1", "2", 1));
    assert_balance(&world, "ann", .available = 9);
    assert_done(give_back_item(&world, "o1", "1", 1));
    assert_balance(&world, "ann", .available = 0);
    world_close(&world);
}

static void discounts_and_tax_go_back_in_proportion_to_the_units(void **context)
{
    struct world world;
    (void)context;
    world_open(&world,
               HEAD("{}") "rules:\n  base: {on: purchase, earn: 100 points per 1.00 EUR}\n");
    assert_done(happen(&world, EVENT(PURCHASE("ann", "o1"),
                                     ITEMS(ITEM_WITH("A", 3, "10.00", .discount = 100, .tax = 500)),
                                     .tax_is_in_prices = true, .discount = 50)));
    assert_balance(&world, "ann", .available = 3000 - 100 - 500 - 50);
    assert_done(give_back_item(&world, "o1", "1", 1));
    assert_balance(&world, "ann", .available = 2000 - 433); /* 650 x 2/3, half up */
    assert_done(give_back_item(&world, "o1", "1", 2));
    assert_balance(&world, "ann", .available = 0);
    world_close(&world);
}

/* ---- which units ---- */

static void a_return_that_names_more_than_remains_is_refused_whole(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, PLAIN);
    assert_done(happen(
        &world, EVENT(PURCHASE("ann", "o1"), ITEMS(ITEM_WITH("A", 2, "10.00", .id = TEXT("first")),
                                                   ITEM("B", 1, "10.00")))));
    assert_answer(RETURN_EXCEEDS,
                  happen(&world, EVENT(.type = EVENT_RETURN, .order = TEXT("o1"),
                                       RETURNED({.item = TEXT("2"), .quantity = 1},
                                                {.item = TEXT("first"), .quantity = 3}))));
    assert_answer(RETURN_EXCEEDS,
                  happen(&world, EVENT(.type = EVENT_RETURN, .order = TEXT("o1"),
                                       RETURNED({.item = TEXT("first"), .quantity = 1},
                                                {.item = TEXT("first"), .quantity = 2}))));
    assert_answer(UNKNOWN_ITEM, give_back_item(&world, "o1", "1", 1)); /* it has an id */
    assert_answer(INVALID_AMOUNT, give_back_item(&world, "o1", "2", 0));
    assert_balance(&world, "ann", .available = 30);
    world_close(&world);
}

static void a_return_by_sku_takes_the_latest_purchase_first_and_its_last_line_first(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, PLAIN);
    assert_done(happen(&world, EVENT(PURCHASE("ann", "o1"), ITEMS(ITEM("A", 2, "1.00")))));
    assert_done(happen(&world, EVENT(PURCHASE("ann", "o2"),
                                     ITEMS(ITEM("A", 1, "10.00"), ITEM("A", 1, "100.00")))));
    assert_done(buy(&world, "bob", "o3", "1000.00"));
    assert_done(give_back_sku(&world, "ann", "A", 1));
    assert_balance(&world, "ann", .available = 12);
    assert_done(give_back_sku(&world, "ann", "A", 2));
    assert_balance(&world, "ann", .available = 1);
    assert_done(give_back_sku(&world, "ann", "A", 3));
    assert_balance(&world, "ann", .available = 0);
    assert_int_equal(world.decision.units_matched, 1);
    assert_int_equal(world.decision.units_unmatched, 2);
    assert_done(give_back_sku(&world, "ann", "Z", 5));
    assert_int_equal(world.decision.units_unmatched, 5);
    assert_balance(&world, "bob", .available = 1000);
    world_close(&world);
}

static void lines_of_no_quantity_cannot_be_returned_against(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, PLAIN);
    assert_done(happen(
        &world, EVENT(PURCHASE("ann", "o1"),
                      ITEMS(ITEM("A", 1, "10.00"), ITEM("A", -1, "4.00"), ITEM("A", 0, "9.00")))));
    assert_balance(&world, "ann", .available = 6);
    assert_answer(RETURN_EXCEEDS, give_back_item(&world, "o1", "2", 1));
    assert_done(give_back_sku(&world, "ann", "A", 2));
    assert_int_equal(world.decision.units_matched, 1);
    assert_balance(&world, "ann", .available = 0);
    world_close(&world);
}

static void a_return_after_its_time_is_refused(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, "program: shop\ncurrency: EUR\nreturns_within: 60 days\nwallets:\n"
                       "  points: {}\n" RULE);
    at(&world, "2027-03-01T12:00");
    assert_done(buy(&world, "ann", "o1", "10.00"));
    at(&world, "2027-03-02T12:00");
    assert_done(buy(&world, "ann", "o2", "20.00"));
    at(&world, "2027-04-30T12:00:01");
    assert_answer(RETURN_PERIOD_OVER, give_back_order(&world, "o1"));
    assert_done(give_back_sku(&world, "ann", "A", 2));
    assert_int_equal(world.decision.units_matched, 1);
    assert_balance(&world, "ann", .available = 10);
    world_close(&world);
}

static void an_order_told_late_is_found_by_sku_though_older_ones_are_over(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, "program: shop\ncurrency: EUR\nreturns_within: 30 days\nwallets:\n"
                       "  points: {}\n" RULE);
    at(&world, "2027-03-20T12:00");
    assert_done(buy(&world, "ann", "o1", "10.00"));
    assert_done(buy_late(&world, "2027-03-01T12:00", "ann", "o2", "20.00"));
    at(&world, "2027-04-10T12:00");
    assert_done(give_back_sku(&world, "ann", "A", 1));
    assert_int_equal(world.decision.units_matched, 1);
    assert_balance(&world, "ann", .available = 20);
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_return_takes_back_all_that_the_order_earned),
        cmocka_unit_test(what_is_kept_is_rounded_down_of_what_remains),
        cmocka_unit_test(what_is_kept_is_rounded_down_whatever_rounding_earned_it),
        cmocka_unit_test(a_partly_returned_line_is_rounded_again_and_the_difference_returned),
        cmocka_unit_test(a_per_item_rule_keeps_the_sum_of_the_floors),
        cmocka_unit_test(a_limited_or_fixed_grant_keeps_its_share),
        cmocka_unit_test(todays_rules_do_not_change_what_a_return_takes),
        cmocka_unit_test(points_earned_but_spent_follow_the_wallets_policy),
        cmocka_unit_test(a_shortfall_is_not_tried_again_by_a_later_return),
        cmocka_unit_test(each_expired_point_is_a_shortfall_once),
        cmocka_unit_test(the_orders_own_points_are_taken_before_others_pending_first),
        cmocka_unit_test(points_spent_on_the_order_go_back_before_the_earned_ones_are_taken),
        cmocka_unit_test(a_return_says_what_it_took_off_the_eligible_amount),
        cmocka_unit_test(a_reward_of_a_returned_order_has_its_stock_and_limit_back),
        cmocka_unit_test(a_use_of_a_limit_comes_back_with_the_whole_order_alone),
        cmocka_unit_test(a_returned_order_leaves_no_hole_in_a_campaigns_budget),
        cmocka_unit_test(shipping_goes_back_with_the_last_unit),
        cmocka_unit_test(a_gift_card_returned_takes_nothing_that_it_did_not_earn),
        cmocka_unit_test(discounts_and_tax_go_back_in_proportion_to_the_units),
        cmocka_unit_test(a_return_that_names_more_than_remains_is_refused_whole),
        cmocka_unit_test(a_return_by_sku_takes_the_latest_purchase_first_and_its_last_line_first),
        cmocka_unit_test(lines_of_no_quantity_cannot_be_returned_against),
        cmocka_unit_test(a_return_after_its_time_is_refused),
        cmocka_unit_test(an_order_told_late_is_found_by_sku_though_older_ones_are_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
