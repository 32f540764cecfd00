/* Returns that have an id and can be undone, refunds of money without goods, milestones told of
 * orders. */
#include "world.h"

#define HEAD(wallet) "program: shop\ncurrency: EUR\nwallets:\n  points: " wallet "\n"
#define RULE "rules:\n  base: {on: purchase, earn: 1 point per 1.00 EUR}\n"
#define PLAIN HEAD("{}") RULE
#define POLICY(policy) HEAD("{on_return: {earned_but_spent: " policy "}}") RULE
#define RETURN(order_text, id_text)                                                                \
    .type = EVENT_RETURN, .order = text_of(order_text), .id = text_of(id_text)
#define ONE(item_text) RETURNED({.item = TEXT(item_text), .quantity = 1})

/* The state's bytes without what stamps them, as the order and member tell it. */
static void assert_same_member(struct world *world, const char *lots, struct balance balance)
{
    assert_lots(world, "ann", lots);
    check_balance(world, "ann", balance, __FILE__, __LINE__);
}

static void a_return_that_is_undone_leaves_everything_as_it_was(void **context)
{
    struct world world;
    (void)context;
    world_open(&world,
               HEAD("{expires: 90 days}") RULE "rewards:\n  mug: {cost: 30 points, stock: 1, "
                                               "limit: {per_member: 1 per calendar year}}\n");
    assert_done(buy(&world, "ann", "o1", "50.00"));
    at(&world, "2027-03-05T12:00");
    assert_done(happen(&world, EVENT(PURCHASE("ann", "o2"), ITEMS(ITEM("A", 2, "10.00")),
                                     REDEEMS(REWARD("mug")))));
    struct balance before = balance_of(&world, "ann", 0);
    char lots[200];
    (void)snprintf(lots, sizeof lots, "%s", lots_of(&world, "ann"));
    assert_done(happen(&world, EVENT(RETURN("o2", "r1"), ONE("1"))));
    assert_done(happen(&world, EVENT(RETURN("o2", "r2"), ONE("1"))));
    assert_balance(&world, "ann", .available = 50);
    assert_answer(ALREADY_EXISTS, happen(&world, EVENT(RETURN("o2", "r2"), ONE("1"))));
    assert_answer(RETURN_IN_USE, undo_return(&world, "o2", "r1"));
    assert_done(undo_return(&world, "o2", "r2"));
    assert_answer(LIMIT_REACHED, take_reward(&world, "ann", "mug", NULL));
    assert_done(undo_return(&world, "o2", "r1"));
    assert_same_member(&world, lots, before);
    assert_answer(UNKNOWN_RETURN, undo_return(&world, "o2", "r1"));
    assert_done(give_back_order(&world, "o2"));
    assert_balance(&world, "ann", .available = 50);
    assert_done(take_reward(&world, "ann", "mug", NULL));
    world_close(&world);
}

static void an_undone_return_gives_back_what_each_policy_took(void **context)
{
    static const struct {
        const char *program;
        struct balance returned;
        struct balance undone;
    } cases[] = {
        {POLICY("to zero"), {.available = 0}, {.available = 30}},
        {POLICY("below zero"), {.debt = 70}, {.available = 30}},
        {POLICY("only pending"), {.available = 30}, {.available = 30}},
        {POLICY("write off"), {.available = 30}, {.available = 30}},
    };
    (void)context;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world world;
        world_open(&world, cases[i].program);
        assert_done(buy(&world, "ann", "o1", "100.00"));
        assert_done(redeem(&world, "ann", 100, NULL));
        assert_done(buy(&world, "ann", "o2", "30.00"));
        assert_done(happen(&world, EVENT(RETURN("o1", "r1"))));
        check_balance(&world, "ann", cases[i].returned, __FILE__, (int)i);
        assert_done(undo_return(&world, "o1", "r1"));
        check_balance(&world, "ann", cases[i].undone, __FILE__, (int)i);
        assert_done(give_back_order(&world, "o1"));
        check_balance(&world, "ann", cases[i].returned, __FILE__, (int)i);
        world_close(&world);
    }
}

static void points_come_back_to_their_lots_or_by_the_expired_policy(void **context)
{
    struct world world;
    (void)context;
    world_open(&world,
               HEAD("{expires: 30 days, on_return: {spent_lot_expired: live 10 days}}") RULE);
    assert_done(buy(&world, "ann", "o1", "10.00"));
    assert_done(happen(&world, EVENT(RETURN("o1", "r1"))));
    at(&world, "2027-03-11T12:00");
    assert_done(undo_return(&world, "o1", "r1"));
    assert_lots(&world, "ann", "available 10 ends 2027-03-31T12:00:00Z");
    assert_done(happen(&world, EVENT(RETURN("o1", "r1"))));
    at(&world, "2027-04-11T12:00");
    assert_done(undo_return(&world, "o1", "r1"));
    assert_lots(&world, "ann", "available 10 ends 2027-04-21T12:00:00Z");
    world_close(&world);
}

static void pending_points_wait_again_and_expired_ones_count_again(void **context)
{
    struct world world;
    (void)context;
    world_open(&world,
               HEAD("{expires: 90 days, pending: {until: shipped, at_latest: 20 days}}") RULE);
    assert_done(buy(&world, "ann", "o1", "10.00"));
    assert_done(happen(&world, EVENT(RETURN("o1", "r1"), .amount = 400)));
    assert_balance(&world, "ann", .pending = 6);
    assert_done(undo_return(&world, "o1", "r1"));
    assert_balance(&world, "ann", .pending = 10);
    at(&world, "2027-08-01T12:00");
    assert_balance(&world, "ann", .available = 0);
    assert_done(happen(&world, EVENT(RETURN("o1", "r2"))));
    assert_int_equal(effect_sum(&world, EFFECT_EXPIRED_COUNTED), 10);
    assert_done(undo_return(&world, "o1", "r2"));
    assert_done(happen(&world, EVENT(RETURN("o1", "r3"))));
    assert_int_equal(effect_sum(&world, EFFECT_EXPIRED_COUNTED), 10);
    world_close(&world);
}

static void what_came_back_expired_is_not_spent_again(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, HEAD("{expires: 30 days}") RULE);
    assert_done(buy(&world, "ann", "o1", "50.00"));
    at(&world, "2027-03-21T12:00");
    assert_done(happen(
        &world, EVENT(PURCHASE("ann", "o2"), ITEMS(ITEM("A", 1, "20.00")), REDEEMS(POINTS(50)))));
    at(&world, "2027-04-10T12:00");
    assert_balance(&world, "ann", .available = 20);
    assert_done(happen(&world, EVENT(RETURN("o2", "r1"))));
    assert_balance(&world, "ann", .available = 0); /* the 50 have expired meanwhile */
    assert_done(undo_return(&world, "o2", "r1"));
    assert_balance(&world, "ann", .available = 20);
    world_close(&world);
}

static void a_return_whose_points_are_spent_again_stays(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, PLAIN "rewards:\n  mug: {cost: 30 points, stock: 1}\n");
    assert_done(buy(&world, "ann", "o1", "30.00"));
    assert_done(happen(&world, EVENT(PURCHASE("ann", "o2"), ITEMS(ITEM("A", 1, "10.00")),
                                     REDEEMS(REWARD("mug")))));
    assert_done(happen(&world, EVENT(RETURN("o2", "r1"))));
    assert_balance(&world, "ann", .available = 30);
    assert_done(redeem(&world, "ann", 25, "again"));
    assert_answer(RETURN_IN_USE, undo_return(&world, "o2", "r1"));
    assert_balance(&world, "ann", .available = 5);
    assert_done(reverse(&world, "again", 0));
    assert_done(buy(&world, "bob", "o3", "30.00"));
    assert_done(take_reward(&world, "bob", "mug", "bobs"));
    assert_answer(RETURN_IN_USE, undo_return(&world, "o2", "r1"));
    assert_done(reverse(&world, "bobs", 0));
    assert_done(undo_return(&world, "o2", "r1"));
    assert_balance(&world, "ann", .available = 10);
    world_close(&world);
}

static void a_return_in_other_hands_or_behind_another_stays(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, PLAIN);
    assert_done(happen(&world, EVENT(PURCHASE("ann", "o1"), ITEMS(ITEM("A", 4, "10.00")))));
    assert_done(happen(&world, EVENT(RETURN("o1", "r1"), ONE("1"))));
    assert_done(give_back_item(&world, "o1", "1", 1));
    assert_answer(RETURN_IN_USE, undo_return(&world, "o1", "r1"));
    assert_done(happen(&world, EVENT(RETURN("o1", "r2"), ONE("1"))));
    assert_done(join(&world, "bob"));
    assert_done(merge(&world, "ann", "bob"));
    assert_answer(RETURN_IN_USE, undo_return(&world, "o1", "r2"));
    assert_done(unmerge(&world, "ann", "bob"));
    assert_done(undo_return(&world, "o1", "r2"));
    assert_balance(&world, "ann", .available = 20);
    assert_answer(UNKNOWN_RETURN, undo_return(&world, "o1", "r9"));
    assert_answer(UNKNOWN_ORDER, undo_return(&world, "o9", "r1"));
    world_close(&world);
}

static void a_level_and_its_measure_come_back_with_an_undone_return(void **context)
{
    struct world world;
    (void)context;
    world_open(
        &world,
        HEAD(
            "{}") "counters:\n  spend: {sum: order.eligible, on: purchase, window: calendar year}\n"
                  "tiers:\n  club:\n    measured_by: spend\n    on_return: re-evaluate\n"
                  "    levels: {gold: {from: 100.00 EUR}}\n" RULE);
    assert_done(buy(&world, "ann", "o1", "100.00"));
    assert_level(&world, "ann", "gold");
    assert_done(happen(&world, EVENT(RETURN("o1", "r1"))));
    assert_level(&world, "ann", "none");
    assert_done(undo_return(&world, "o1", "r1"));
    assert_level(&world, "ann", "gold");
    assert_done(happen(&world, EVENT(RETURN("o1", "r2"))));
    assert_level(&world, "ann", "none");
    world_close(&world);
}

/* ---- money without goods ---- */

static void refunded_money_no_longer_earns(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, HEAD("{}") RULE "  fixed: {on: purchase, earn: 30 points}\n"
                                       "rewards:\n  mug: {cost: 10 points}\n");
    assert_done(buy(&world, "ann", "o1", "10.00"));
    assert_done(happen(&world, EVENT(PURCHASE("ann", "o2"),
                                     ITEMS(ITEM("A", 2, "10.00"), ITEM("B", 1, "10.00")),
                                     REDEEMS(REWARD("mug")))));
    assert_balance(&world, "ann", .available = 30 + 60);
    /* 3.33 and 1.67; the points that were spent stay spent */
    assert_done(happen(&world, EVENT(RETURN("o2", ""), .amount = 500)));
    assert_int_equal(world.decision.eligible, 500);
    assert_balance(&world, "ann", .available = 30 + 25 + 25);
    assert_answer(RETURN_EXCEEDS, happen(&world, EVENT(RETURN("o2", ""), .amount = 2501)));
    assert_answer(INVALID_AMOUNT, happen(&world, EVENT(RETURN("o2", ""), .amount = -1)));
    assert_done(give_back_item(&world, "o2", "2", 1)); /* 16.67 are left */
    assert_balance(&world, "ann", .available = 30 + 3 + 16 + 16);
    assert_done(give_back_order(&world, "o2"));
    assert_balance(&world, "ann", .available = 40);
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_return_that_is_undone_leaves_everything_as_it_was),
        cmocka_unit_test(an_undone_return_gives_back_what_each_policy_took),
        cmocka_unit_test(points_come_back_to_their_lots_or_by_the_expired_policy),
        cmocka_unit_test(pending_points_wait_again_and_expired_ones_count_again),
        cmocka_unit_test(what_came_back_expired_is_not_spent_again),
        cmocka_unit_test(a_return_whose_points_are_spent_again_stays),
        cmocka_unit_test(a_return_in_other_hands_or_behind_another_stays),
        cmocka_unit_test(a_level_and_its_measure_come_back_with_an_undone_return),
        cmocka_unit_test(refunded_money_no_longer_earns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
