/* Orders without a member, claimed later; purchases that a till decided without a connection. */
#include "world.h"

#define HEAD(wallet) "program: shop\ncurrency: EUR\nwallets:\n  points: " wallet "\n"
#define RULE "rules:\n  base: {on: purchase, earn: 1 point per 1.00 EUR}\n"
#define PLAIN HEAD("{}") RULE
#define MUG "rewards:\n  mug: {cost: 40 points, stock: 1}\n"
#define PROMISES(points)                                                                           \
    .promises = (const struct promise[]){{TEXT("points"), (points)}}, .promise_count = 1,          \
    .till = TEXT("till-7")

/* ---- guests ---- */

static void a_guests_order_is_credited_once_with_its_own_dates(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, HEAD("{expires: 90 days}") RULE);
    assert_done(happen(&world, EVENT(GUEST("o1"), ITEMS(ITEM("A", 2, "10.00")))));
    assert_int_equal(world.decision.eligible, 2000);
    at(&world, "2027-03-11T12:00");
    assert_answer(INVALID_EVENT, happen(&world, EVENT(ABOUT_ORDER(CLAIM, "o1"))));
    assert_done(claim(&world, "o1", "ann"));
    assert_lots(&world, "ann", "available 20 ends 2027-05-30T12:00:00Z");
    assert_answer(ALREADY_CLAIMED, claim(&world, "o1", "bob"));
    assert_null(bytes_of(&world, ENTITY_MEMBER, "bob").bytes);
    assert_done(give_back_sku(&world, "ann", "A", 1));
    assert_balance(&world, "ann", .available = 10);
    assert_done(buy(&world, "ann", "o2", "1.00"));
    assert_answer(ALREADY_CLAIMED, claim(&world, "o2", "bob"));
    assert_answer(UNKNOWN_ORDER, claim(&world, "o3", "bob"));
    world_close(&world);
}

static void what_a_guest_returned_before_is_not_credited(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, PLAIN "counters:\n  spend: {sum: order.eligible, on: purchase, "
                             "window: lifetime}\n"
                             "tiers:\n  club:\n    measured_by: spend\n    on_return: re-evaluate\n"
                             "    levels: {gold: {from: 30.00 EUR}}\n");
    assert_done(happen(&world, EVENT(GUEST("o1"), ITEMS(ITEM("A", 4, "10.00")))));
    assert_done(happen(&world, EVENT(.type = EVENT_RETURN, .order = TEXT("o1"), .id = TEXT("r1"),
                                     RETURNED({.item = TEXT("1"), .quantity = 1}))));
    assert_done(undo_return(&world, "o1", "r1"));
    assert_done(happen(&world, EVENT(.type = EVENT_RETURN, .order = TEXT("o1"), .id = TEXT("r1"),
                                     RETURNED({.item = TEXT("1"), .quantity = 1}))));
    assert_done(happen(&world, EVENT(.type = EVENT_RETURN, .order = TEXT("o1"), .amount = 600)));
    assert_done(claim(&world, "o1", "ann"));
    assert_balance(&world, "ann", .available = 24);
    assert_level(&world, "ann", "none");
    assert_answer(RETURN_IN_USE, undo_return(&world, "o1", "r1"));
    assert_done(give_back_order(&world, "o1"));
    assert_balance(&world, "ann", .available = 0);
    world_close(&world);
}

static void a_claim_has_its_time(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, "claims: {within: 10 days}\n" PLAIN);
    assert_done(happen(&world, EVENT(GUEST("o1"), ITEMS(ITEM("A", 1, "10.00")))));
    assert_done(happen(&world, EVENT(GUEST("o2"), ITEMS(ITEM("A", 1, "10.00")))));
    at(&world, "2027-03-11T12:00");
    assert_done(claim(&world, "o1", "ann"));
    at(&world, "2027-03-11T12:00:00.000001");
    assert_answer(CLAIM_PERIOD_OVER, claim(&world, "o2", "ann"));
    assert_balance(&world, "ann", .available = 10);
    world_close(&world);
}

static void a_guest_redeems_nothing_and_its_order_can_be_cancelled(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, PLAIN MUG);
    assert_answer(UNKNOWN_MEMBER, happen(&world, EVENT(GUEST("o1"), ITEMS(ITEM("A", 1, "10.00")),
                                                       REDEEMS(REWARD("mug")))));
    assert_done(happen(&world, EVENT(QUOTE(&world, NULL, "o1", "2027-03-02T12:00"),
                                     ITEMS(ITEM("A", 1, "10.00")), REDEEMS(REWARD("mug")))));
    assert_int_equal(world.decision.redeemed[0].answer, ANSWER_UNKNOWN_MEMBER);
    assert_done(confirm_order(&world, "o1"));
    assert_done(cancel_order(&world, "o1"));
    assert_answer(ORDER_CANCELLED, claim(&world, "o1", "ann"));
    assert_done(happen(&world, EVENT(GUEST("o2"), ITEMS(ITEM("A", 1, "10.00")))));
    assert_done(happen(
        &world, EVENT(.type = EVENT_EDIT, .order = TEXT("o2"), ITEMS(ITEM("B", 1, "30.00")))));
    assert_done(claim(&world, "o2", "ann"));
    assert_balance(&world, "ann", .available = 30);
    world_close(&world);
}

static void a_milestone_before_the_claim_counts(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, HEAD("{pending: {until: shipped}}") RULE);
    assert_done(happen(&world, EVENT(GUEST("o1"), ITEMS(ITEM("A", 1, "10.00")))));
    assert_done(reach(&world, "o1", "shipped"));
    assert_done(claim(&world, "o1", "ann"));
    assert_balance(&world, "ann", .available = 10);
    assert_done(happen(&world, EVENT(GUEST("o2"), ITEMS(ITEM("A", 1, "10.00")))));
    assert_done(claim(&world, "o2", "ann"));
    assert_balance(&world, "ann", .available = 10, .pending = 10);
    assert_done(reach(&world, "o2", "shipped"));
    assert_balance(&world, "ann", .available = 20);
    world_close(&world);
}

/* ---- tills without a connection ---- */

static void what_a_till_promised_stands_and_the_difference_is_booked(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, PLAIN);
    assert_done(
        happen(&world, EVENT(PURCHASE("ann", "o1"), ITEMS(ITEM("A", 2, "10.00")), PROMISES(50))));
    assert_balance(&world, "ann", .available = 50);
    assert_posted(&world, ISSUED, -20);
    assert_posted(&world, OFFLINE_DIFFERENCE, -30);
    assert_done(
        happen(&world, EVENT(PURCHASE("ann", "o2"), ITEMS(ITEM("A", 2, "10.00")), PROMISES(5))));
    assert_balance(&world, "ann", .available = 70);
    assert_posted(&world, OFFLINE_DIFFERENCE, -30);
    assert_done(give_back_item(&world, "o1", "1", 1));
    assert_balance(&world, "ann", .available = 20 + 25);
    assert_done(happen(
        &world, EVENT(.type = EVENT_EDIT, .order = TEXT("o2"), ITEMS(ITEM("B", 1, "30.00")))));
    assert_done(give_back_order(&world, "o1"));
    assert_balance(&world, "ann", .available = 30);
    world_close(&world);
}

static void an_edit_adds_nothing_to_what_a_till_promised(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, PLAIN);
    assert_done(
        happen(&world, EVENT(PURCHASE("ann", "o1"), ITEMS(ITEM("A", 2, "10.00")), PROMISES(50))));
    assert_done(give_back_item(&world, "o1", "1", 1));
    assert_balance(&world, "ann", .available = 10 + 15);
    assert_done(happen(
        &world, EVENT(.type = EVENT_EDIT, .order = TEXT("o1"), ITEMS(ITEM("A", 9, "10.00")))));
    assert_balance(&world, "ann", .available = 80 + 15);
    assert_posted(&world, OFFLINE_DIFFERENCE, -30);
    world_close(&world);
}

static void a_till_is_the_funder_of_what_it_promised(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, PLAIN);
    assert_done(
        happen(&world, EVENT(PURCHASE("ann", "o1"), ITEMS(ITEM("A", 1, "10.00")), PROMISES(15))));
    uint32_t found = 0;
    for (uint32_t i = 0; i < world.decision.effect_count; i++) {
        const struct effect *effect = &world.decision.effects[i];
        if (effect->from != ACCOUNT_OFFLINE_DIFFERENCE) continue;
        assert_int_equal(effect->funder, hash_symbol(TEXT("till/till-7")));
        assert_int_equal(effect->amount, 5);
        found++;
    }
    assert_int_equal(found, 1);
    world_close(&world);
}

static void a_reward_given_offline_stays_given(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, HEAD("{on_return: {earned_but_spent: below zero}}") RULE MUG);
    assert_done(buy(&world, "ann", "o1", "25.00"));
    assert_done(buy(&world, "bob", "o2", "40.00"));
    assert_done(take_reward(&world, "bob", "mug", NULL));
    assert_answer(OUT_OF_STOCK,
                  happen(&world, EVENT(PURCHASE("ann", "o3"), ITEMS(ITEM("A", 1, "10.00")),
                                       REDEEMS(REWARD("mug")))));
    assert_done(happen(&world, EVENT(PURCHASE("ann", "o3"), ITEMS(ITEM("A", 1, "10.00")),
                                     REDEEMS(REWARD("mug")), PROMISES(10))));
    assert_balance(&world, "ann", .available = 10);
    assert_posted(&world, OFFLINE_DIFFERENCE, -15);
    assert_posted(&world, REDEEMED, 80);
    /* What the till lacked was never the member's: it does not come back. */
    assert_done(give_back_order(&world, "o3"));
    assert_balance(&world, "ann", .available = 25);
    assert_done(redeem(&world, "ann", 25, NULL));
    assert_done(give_back_order(&world, "o1"));
    assert_balance(&world, "ann", .debt = 25);
    assert_done(happen(&world, EVENT(PURCHASE("ann", "o4"), ITEMS(ITEM("A", 1, "10.00")),
                                     REDEEMS(POINTS(7)), PROMISES(10))));
    assert_balance(&world, "ann", .debt = 15);
    assert_posted(&world, OFFLINE_DIFFERENCE, -22);
    assert_answer(UNKNOWN_REWARD,
                  happen(&world, EVENT(PURCHASE("ann", "o5"), ITEMS(ITEM("A", 1, "10.00")),
                                       REDEEMS(REWARD("cup")), PROMISES(10))));
    assert_answer(INVALID_EVENT, happen(&world, EVENT(PURCHASE("ann", "o5"),
                                                      ITEMS(ITEM("A", 1, "10.00")), PROMISES(-1))));
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_guests_order_is_credited_once_with_its_own_dates),
        cmocka_unit_test(what_a_guest_returned_before_is_not_credited),
        cmocka_unit_test(a_claim_has_its_time),
        cmocka_unit_test(a_guest_redeems_nothing_and_its_order_can_be_cancelled),
        cmocka_unit_test(a_milestone_before_the_claim_counts),
        cmocka_unit_test(what_a_till_promised_stands_and_the_difference_is_booked),
        cmocka_unit_test(an_edit_adds_nothing_to_what_a_till_promised),
        cmocka_unit_test(a_till_is_the_funder_of_what_it_promised),
        cmocka_unit_test(a_reward_given_offline_stays_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
