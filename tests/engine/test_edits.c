/* Edits: a bought order has other items, and the effects are the difference. */
#include "world.h"

#define HEAD(wallet) "program: shop\ncurrency: EUR\nwallets:\n  points: " wallet "\n"
#define RULE "rules:\n  base: {on: purchase, earn: 1 point per 1.00 EUR}\n"
#define PLAIN HEAD("{}") RULE
#define POLICY(policy) HEAD("{on_return: {earned_but_spent: " policy "}}") RULE
#define EDIT(order_text) .type = EVENT_EDIT, .order = text_of(order_text)

static void an_edit_opens_or_takes_the_difference(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, HEAD("{expires: 90 days, pending: {until: shipped}}") RULE);
    assert_done(happen(&world, EVENT(PURCHASE("ann", "o1"), ITEMS(ITEM("A", 2, "10.00")))));
    at(&world, "2027-03-05T12:00");
    assert_done(
        happen(&world, EVENT(EDIT("o1"), ITEMS(ITEM("A", 2, "10.00"), ITEM("B", 1, "15.00")))));
    assert_lots(&world, "ann", "pending 35 ends 2027-05-30T12:00:00Z");
    assert_int_equal(effect_sum(&world, EFFECT_LOT_OPENED), 15);
    assert_done(reach(&world, "o1", "shipped"));
    assert_done(happen(&world, EVENT(EDIT("o1"), ITEMS(ITEM("A", 5, "10.00")))));
    assert_lots(&world, "ann", "available 50 ends 2027-05-30T12:00:00Z");
    assert_done(happen(&world, EVENT(EDIT("o1"), ITEMS(ITEM("A", 1, "10.00")))));
    assert_balance(&world, "ann", .available = 10);
    assert_posted(&world, TAKEN_BACK, 40);
    assert_done(give_back_order(&world, "o1"));
    assert_balance(&world, "ann", .available = 0);
    world_close(&world);
}

static void an_edit_to_the_same_items_changes_nothing(void **context)
{
    static const char *const policies[] = {"to zero", "below zero", "only pending", "write off"};
    (void)context;
    for (size_t i = 0; i < sizeof policies / sizeof *policies; i++) {
        struct world world;
        char program[500];
        (void)snprintf(program, sizeof program,
                       HEAD("{on_return: {earned_but_spent: %s}}") "rules:\n"
                                                                   "  base: {on: purchase, earn: 1 "
                                                                   "point per 1.00 EUR, "
                                                                   "limit: {per_member: 100 points "
                                                                   "per calendar year}}\n",
                       policies[i]);
        world_open(&world, program);
        assert_done(buy(&world, "ann", "o1", "60.00"));
        assert_done(buy(&world, "ann", "o2", "60.00")); /* 40 of its 60: the limit */
        assert_done(redeem(&world, "ann", 100, NULL));
        assert_done(give_back_order(&world, "o1"));
        struct balance before = balance_of(&world, "ann", 0);
        assert_done(happen(&world, EVENT(EDIT("o2"), ITEMS(ITEM("A", 1, "60.00")))));
        assert_int_equal(world.decision.effect_count, 2);
        assert_int_equal(world.decision.effects[0].kind, EFFECT_ORDER_CHANGED);
        assert_int_equal(world.decision.effects[1].kind, EFFECT_TOUCHED);
        check_balance(&world, "ann", before, __FILE__, (int)i);
        world_close(&world);
    }
}

static void editing_there_and_back_gains_nothing(void **context)
{
    static const char *const policies[] = {"to zero", "below zero", "only pending", "write off"};
    (void)context;
    for (size_t i = 0; i < sizeof policies / sizeof *policies; i++) {
        struct world world;
        char program[500];
        (void)snprintf(program, sizeof program, HEAD("{on_return: {earned_but_spent: %s}}") RULE,
                       policies[i]);
        world_open(&world, program);
        assert_done(happen(&world, EVENT(PURCHASE("ann", "o1"), ITEMS(ITEM("A", 10, "10.00")))));
        assert_done(redeem(&world, "ann", 80, NULL));
        for (int k = 0; k < 3; k++) {
            assert_done(happen(&world, EVENT(EDIT("o1"), ITEMS(ITEM("A", 1, "10.00")))));
            assert_done(happen(&world, EVENT(EDIT("o1"), ITEMS(ITEM("A", 10, "10.00")))));
            assert_balance(&world, "ann", .available = 20);
        }
        world_close(&world);
    }
}

static void what_was_returned_of_a_line_stays_returned(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, PLAIN);
    assert_done(happen(
        &world, EVENT(PURCHASE("ann", "o1"), ITEMS(ITEM_WITH("A", 3, "10.00", .id = TEXT("a")),
                                                   ITEM_WITH("B", 1, "5.00", .id = TEXT("b"))))));
    assert_done(happen(&world, EVENT(.type = EVENT_RETURN, .order = TEXT("o1"), .id = TEXT("r1"),
                                     RETURNED({.item = TEXT("a"), .quantity = 2}))));
    assert_balance(&world, "ann", .available = 15);
    assert_answer(
        INVALID_EVENT,
        happen(&world, EVENT(EDIT("o1"), ITEMS(ITEM_WITH("B", 1, "5.00", .id = TEXT("b"))))));
    assert_answer(
        INVALID_EVENT,
        happen(&world, EVENT(EDIT("o1"), ITEMS(ITEM_WITH("A", 1, "10.00", .id = TEXT("a"))))));
    assert_balance(&world, "ann", .available = 15);
    assert_done(
        happen(&world, EVENT(EDIT("o1"), ITEMS(ITEM_WITH("C", 1, "7.00", .id = TEXT("c")),
                                               ITEM_WITH("A", 4, "10.00", .id = TEXT("a"))))));
    assert_balance(&world, "ann", .available = 27);
    assert_answer(RETURN_IN_USE, undo_return(&world, "o1", "r1"));
    assert_done(give_back_order(&world, "o1"));
    assert_balance(&world, "ann", .available = 0);
    world_close(&world);
}

static void an_edit_is_decided_as_of_the_purchase(void **context)
{
    struct world world;
    (void)context;
    world_open(
        &world,
        HEAD("{expires: 90 days}") "counters:\n  spend: {sum: order.eligible, on: purchase, "
                                   "window: lifetime}\n"
                                   "tiers:\n  club:\n    measured_by: spend\n"
                                   "    levels: {gold: {from: 100.00 EUR}}\n" RULE
                                   "  extra: {on: purchase, earn: 7 points, if: {tier: gold}}\n"
                                   "  spring: {on: purchase, earn: 5 points, if: {until: "
                                   "2027-03-02}}\n");
    assert_done(buy(&world, "ann", "o1", "90.00"));
    assert_balance(&world, "ann", .available = 95);
    at(&world, "2027-03-10T12:00");
    assert_done(buy(&world, "ann", "o2", "10.00"));
    assert_level(&world, "ann", "gold");
    assert_done(happen(&world, EVENT(EDIT("o1"), ITEMS(ITEM("A", 1, "80.00")))));
    assert_balance(&world, "ann", .available = 95 + 10 - 10);
    assert_lots(&world, "ann",
                "available 80 ends 2027-05-30T12:00:00Z; available 5 ends 2027-05-30T12:00:00Z; "
                "available 10 ends 2027-06-08T12:00:00Z");
    assert_done(happen(&world, EVENT(EDIT("o2"), ITEMS(ITEM("A", 1, "30.00")))));
    assert_balance(&world, "ann", .available = 95 + 20);
    world_close(&world);
}

static void limits_budgets_and_levels_move_by_the_difference(void **context)
{
    struct world world;
    (void)context;
    world_open(
        &world,
        HEAD(
            "{}") "counters:\n  spend: {sum: order.eligible, on: purchase, window: calendar year}\n"
                  "tiers:\n  club:\n    measured_by: spend\n    on_return: re-evaluate\n"
                  "    levels: {gold: {from: 100.00 EUR}}\n" RULE
                  "campaigns:\n  spring:\n    from: 2027-02-01\n    until: 2027-06-01\n"
                  "    budget: 50 points\n    rules:\n"
                  "      more: {on: purchase, earn: 1 point per 1.00 EUR}\n");
    assert_done(buy(&world, "ann", "o1", "40.00"));
    assert_balance(&world, "ann", .available = 80);
    assert_done(buy(&world, "bob", "o2", "20.00"));
    assert_balance(&world, "bob", .available = 30);
    assert_done(happen(&world, EVENT(EDIT("o1"), ITEMS(ITEM("A", 1, "30.00")))));
    assert_balance(&world, "ann", .available = 60);
    assert_done(happen(&world, EVENT(EDIT("o2"), ITEMS(ITEM("A", 1, "100.00")))));
    assert_balance(&world, "bob", .available = 100 + 20);
    assert_level(&world, "bob", "gold");
    assert_done(happen(&world, EVENT(EDIT("o2"), ITEMS(ITEM("A", 1, "20.00")))));
    assert_level(&world, "bob", "none");
    assert_balance(&world, "bob", .available = 40);
    assert_done(give_back_order(&world, "o1"));
    assert_done(buy(&world, "cem", "o3", "100.00"));
    assert_balance(&world, "cem", .available = 100 + 30);
    world_close(&world);
}

static void rules_that_no_longer_fire_are_taken_and_new_ones_open(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, HEAD("{}") RULE
               "  fruit: {on: purchase, earn: 20 points, if: {category: [fruit]}}\n"
               "  bread: {on: purchase, earn: 20 points, if: {category: [bread]}}\n");
    assert_done(
        happen(&world, EVENT(PURCHASE("ann", "o1"),
                             ITEMS(ITEM_WITH("A", 1, "10.00", .category = TEXT("fruit"))))));
    assert_balance(&world, "ann", .available = 30);
    assert_done(redeem(&world, "ann", 30, NULL));
    assert_done(happen(
        &world, EVENT(EDIT("o1"), ITEMS(ITEM_WITH("B", 1, "10.00", .category = TEXT("bread"))))));
    assert_balance(&world, "ann", .available = 0); /* what one gives the other takes */
    assert_int_equal(effect_sum(&world, EFFECT_SHORTFALL), 0);
    assert_done(give_back_order(&world, "o1"));
    assert_balance(&world, "ann", .available = 0);
    world_close(&world);
}

static void an_edited_order_shares_its_rewards_discount_anew(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, PLAIN "rewards:\n  ten: {cost: 50 points, gives: {discount: 10.00 EUR}}\n");
    assert_done(buy(&world, "ann", "o1", "50.00"));
    assert_done(happen(&world, EVENT(PURCHASE("ann", "o2"), ITEMS(ITEM("A", 1, "40.00")),
                                     REDEEMS(REWARD("ten")))));
    assert_balance(&world, "ann", .available = 30);
    assert_done(happen(&world, EVENT(EDIT("o2"), ITEMS(ITEM("A", 1, "8.00")))));
    assert_int_equal(world.decision.redeemed[0].discount, 800);
    assert_balance(&world, "ann", .available = 0);
    assert_done(give_back_order(&world, "o2"));
    assert_balance(&world, "ann", .available = 50);
    world_close(&world);
}

static void an_edit_of_a_merged_members_order_finds_its_points(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, PLAIN "counters:\n  spend: {sum: order.eligible, on: purchase, "
                             "window: lifetime}\n");
    assert_done(buy(&world, "ann", "o1", "40.00"));
    assert_done(buy(&world, "bob", "o2", "5.00"));
    assert_done(merge(&world, "ann", "bob"));
    assert_done(happen(&world, EVENT(EDIT("o1"), ITEMS(ITEM("A", 1, "10.00")))));
    assert_balance(&world, "bob", .available = 15);
    assert_done(happen(&world, EVENT(EDIT("o1"), ITEMS(ITEM("A", 1, "60.00")))));
    assert_balance(&world, "bob", .available = 65);
    assert_done(give_back_order(&world, "o1"));
    assert_balance(&world, "bob", .available = 5);
    assert_done(unmerge(&world, "ann", "bob"));
    assert_balance(&world, "ann", .available = 0);
    world_close(&world);
}

static void an_edit_says_what_it_cannot_do(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, PLAIN);
    assert_answer(UNKNOWN_ORDER, happen(&world, EVENT(EDIT("o1"), ITEMS(ITEM("A", 1, "1.00")))));
    assert_done(happen(&world, EVENT(QUOTE(&world, "ann", "o1", "2027-03-02T12:00"),
                                     ITEMS(ITEM("A", 1, "1.00")))));
    assert_answer(ORDER_OPEN, happen(&world, EVENT(EDIT("o1"), ITEMS(ITEM("A", 1, "1.00")))));
    assert_done(confirm_order(&world, "o1"));
    assert_done(happen(&world, EVENT(EDIT("o1"), ITEMS(ITEM("A", 1, "1.00")), .revision = 9)));
    assert_answer(STALE_REVISION,
                  happen(&world, EVENT(EDIT("o1"), ITEMS(ITEM("A", 1, "2.00")), .revision = 9)));
    assert_answer(INVALID_EVENT, happen(&world, EVENT(EDIT("o1"))));
    assert_answer(INVALID_EVENT, happen(&world, EVENT(EDIT("o1"), ITEMS(ITEM("A", 1, "2.00")),
                                                      REDEEMS(POINTS(1)))));
    assert_done(cancel_order(&world, "o1"));
    assert_answer(ORDER_CANCELLED, happen(&world, EVENT(EDIT("o1"), ITEMS(ITEM("A", 1, "1.00")))));
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_edit_opens_or_takes_the_difference),
        cmocka_unit_test(an_edit_to_the_same_items_changes_nothing),
        cmocka_unit_test(editing_there_and_back_gains_nothing),
        cmocka_unit_test(what_was_returned_of_a_line_stays_returned),
        cmocka_unit_test(an_edit_is_decided_as_of_the_purchase),
        cmocka_unit_test(limits_budgets_and_levels_move_by_the_difference),
        cmocka_unit_test(rules_that_no_longer_fire_are_taken_and_new_ones_open),
        cmocka_unit_test(an_edited_order_shares_its_rewards_discount_anew),
        cmocka_unit_test(an_edit_of_a_merged_members_order_finds_its_points),
        cmocka_unit_test(an_edit_says_what_it_cannot_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
