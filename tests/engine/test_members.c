/* Members: adjusting, giving, merging and undoing it, and answering each request once. */
#include "world.h"

#define SHOP(wallet)                                                                               \
    "program: shop\ncurrency: EUR\nwallets:\n  points: " wallet                                    \
    "\nrules:\n  base: {on: purchase, earn: 1 point per 1.00 EUR}\n"

static void an_adjustment_needs_a_reason_and_records_it(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP("{expires: 30 days}"));
    assert_done(join(&world, "ann"));
    assert_answer(INVALID_EVENT, happen(&world, EVENT(.type = EVENT_ADJUST, .member = TEXT("ann"),
                                                      .wallet = TEXT("points"), .amount = 5)));
    assert_done(adjust(&world, "ann", 50));
    assert_true(text_equal(world.decision.reason, TEXT("goodwill")));
    assert_true(text_equal(world.decision.actor, TEXT("clerk")));
    assert_lots(&world, "ann", "available 50 ends 2027-03-31T12:00:00Z");
    assert_answer(BALANCE_TOO_LOW, adjust(&world, "ann", -51));
    assert_done(adjust(&world, "ann", -20));
    assert_balance(&world, "ann", .available = 30);
    assert_posted(&world, ADJUSTED, -30);
    assert_answer(INVALID_AMOUNT, adjust(&world, "ann", 0));
    assert_answer(INVALID_AMOUNT, adjust(&world, "ann", INT64_MIN));
    assert_answer(UNKNOWN_MEMBER, adjust(&world, "bob", 5));
    world_close(&world);
}

static void a_transfer_keeps_the_expiry_of_what_it_moves(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP("{expires: 30 days}"));
    assert_done(join(&world, "bob"));
    assert_done(buy(&world, "ann", "o1", "10.00"));
    at(&world, "2027-03-05T12:00");
    assert_done(buy(&world, "ann", "o2", "20.00"));
    assert_done(transfer(&world, "ann", "bob", 15));
    assert_lots(&world, "ann", "available 15 ends 2027-04-04T12:00:00Z");
    assert_lots(&world, "bob",
                "available 10 ends 2027-03-31T12:00:00Z; "
                "available 5 ends 2027-04-04T12:00:00Z");
    assert_true(text_equal(world.decision.reason, TEXT("a gift")));
    assert_answer(BALANCE_TOO_LOW, transfer(&world, "ann", "bob", 16));
    assert_answer(SAME_MEMBER, transfer(&world, "ann", "ann", 1));
    assert_answer(UNKNOWN_MEMBER, transfer(&world, "ann", "zoe", 1));
    assert_answer(INVALID_AMOUNT, transfer(&world, "ann", "bob", -1));
    world_close(&world);
}

static void points_given_away_count_as_spent_when_their_order_is_returned(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP("{on_return: {earned_but_spent: below zero}}"));
    assert_done(join(&world, "bob"));
    assert_done(buy(&world, "ann", "o1", "10.00"));
    assert_done(transfer(&world, "ann", "bob", 10));
    assert_done(give_back_order(&world, "o1"));
    assert_balance(&world, "ann", .debt = 10);
    assert_balance(&world, "bob", .available = 10);
    assert_done(transfer(&world, "bob", "ann", 4));
    assert_balance(&world, "ann", .debt = 6);
    world_close(&world);
}

static void twenty_gifts_of_a_hundred_from_a_hundred_give_a_hundred(void **context)
{
    struct world world;
    int given = 0;
    (void)context;
    world_open(&world, SHOP("{}"));
    assert_done(join(&world, "bob"));
    assert_done(buy(&world, "ann", "o1", "100.00"));
    for (int i = 0; i < 20; i++) {
        if (transfer(&world, "ann", "bob", 100) == ANSWER_DONE) given++;
    }
    assert_int_equal(given, 1);
    assert_balance(&world, "ann", .available = 0);
    assert_balance(&world, "bob", .available = 100);
    world_close(&world);
}

/* ---- merging ---- */

#define CLUB                                                                                       \
    "program: shop\ncurrency: EUR\nwallets:\n  points: {expires: 90 days}\n"                       \
    "counters:\n  spend: {sum: order.eligible, window: calendar year}\n"                           \
    "tiers:\n  club:\n    measured_by: spend\n"                                                    \
    "    levels: {silver: {from: 50.00 EUR}, gold: {from: 100.00 EUR}}\n"                          \
    "rules:\n  base: {on: purchase, earn: 1 point per 1.00 EUR}\n"                                 \
    "  once: {on: purchase, earn: 5 points, limit: {per_member: 1 per calendar year}}\n"

static void a_merge_adds_points_counters_and_limits_and_keeps_the_higher_tier(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, CLUB);
    assert_done(buy(&world, "ann", "o1", "60.00"));
    assert_done(join(&world, "bob"));
    assert_level(&world, "ann", "silver");
    assert_done(merge(&world, "ann", "bob"));
    assert_balance(&world, "bob", .available = 65);
    assert_balance(&world, "ann", .available = 65); /* the merged id forwards */
    assert_level(&world, "bob", "silver");
    assert_done(buy(&world, "bob", "o2", "40.00")); /* 100.00 together, and `once` is used up */
    assert_level(&world, "bob", "gold");
    assert_balance(&world, "bob", .available = 105);
    assert_why_not(&world, "once", NULL, LIMIT);
    assert_done(redeem(&world, "ann", 100, NULL)); /* by the old id */
    assert_balance(&world, "bob", .available = 5);
    world_close(&world);
}

static void merging_and_unmerging_give_the_same_bytes_but_for_the_stamps(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, CLUB);
    assert_done(buy(&world, "ann", "o1", "60.00"));
    assert_done(buy(&world, "ann", "o2", "30.00"));
    assert_done(redeem(&world, "ann", 20, NULL));
    assert_done(hold(&world, "ann", 10, "h1", "2027-04-01T12:00"));
    assert_done(buy(&world, "bob", "o3", "10.00"));
    assert_done(buy(&world, "cat", "o4", "10.00"));
    assert_done(merge(&world, "cat", "ann")); /* ann brings cat along */
    struct text ann = bytes_of(&world, ENTITY_MEMBER, "ann");
    struct buffer before;
    buffer_init(&before, 1u << 20);
    assert_int_equal(buffer_add(&before, ann), STATUS_OK);
    assert_done(merge(&world, "ann", "bob"));
    assert_balance(&world, "cat", .available = 95, .held = 10);
    assert_done(unmerge(&world, "ann", "bob"));
    ann = bytes_of(&world, ENTITY_MEMBER, "ann");
    assert_int_equal(ann.length, before.length);
    for (size_t i = 0; i < ann.length; i++) {
        /* sequence, last position and recorded time stand in bytes 8 to 31 of the header */
        if (i >= 8 && i < 32) continue;
        if (ann.bytes[i] != before.bytes[i]) fail_msg("byte %zu differs", i);
    }
    buffer_release(&before);
    assert_balance(&world, "ann", .available = 80, .held = 10);
    assert_balance(&world, "cat", .available = 80, .held = 10);
    assert_balance(&world, "bob", .available = 15);
    assert_level(&world, "bob", "none");
    assert_done(confirm(&world, "h1", 0));
    assert_done(unmerge(&world, "cat", "ann"));
    assert_balance(&world, "cat", .available = 15);
    world_close(&world);
}

static void returns_after_a_merge_find_the_points_of_either_side(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, CLUB);
    assert_done(buy(&world, "ann", "o1", "60.00"));
    assert_done(buy(&world, "bob", "o2", "10.00"));
    assert_done(merge(&world, "ann", "bob"));
    assert_done(give_back_order(&world, "o1"));
    assert_balance(&world, "bob", .available = 15);
    assert_int_equal(effect_sum(&world, EFFECT_SHORTFALL), 0);
    assert_done(buy(&world, "bob", "o3", "20.00"));
    assert_int_equal(fired(&world, "once") == NULL, true); /* bob's own use is still counted */
    assert_done(give_back_sku(&world, "ann", "A", 2));
    assert_int_equal(world.decision.units_matched, 2);
    assert_balance(&world, "bob", .available = 0);
    assert_done(unmerge(&world, "ann", "bob"));
    assert_done(buy(&world, "ann", "o4", "1.00"));
    assert_non_null(fired(&world, "once")); /* her own use came back to her */
    world_close(&world);
}

static void returns_by_sku_after_a_merge_reach_the_orders_of_the_merged_member(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, CLUB);
    assert_done(buy(&world, "ann", "o1", "60.00"));
    assert_done(join(&world, "bob"));
    assert_done(merge(&world, "ann", "bob"));
    assert_done(give_back_sku(&world, "bob", "A", 1));
    assert_int_equal(world.decision.units_matched, 1);
    assert_balance(&world, "bob", .available = 0);
    world_close(&world);
}

static void what_was_spent_before_a_merge_comes_back_to_its_owner(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, CLUB);
    assert_done(buy(&world, "ann", "o1", "60.00"));
    assert_done(redeem(&world, "ann", 40, "r1"));
    assert_done(hold(&world, "ann", 20, "h1", "2027-04-01T12:00"));
    assert_done(buy(&world, "bob", "o2", "10.00"));
    assert_done(merge(&world, "ann", "bob"));
    assert_done(reverse(&world, "r1", 30));
    assert_done(confirm(&world, "h1", 0));
    assert_balance(&world, "bob", .available = 50);
    assert_done(reverse(&world, "h1", 5));
    assert_done(unmerge(&world, "ann", "bob"));
    assert_balance(&world, "bob", .available = 15);
    assert_balance(&world, "ann", .available = 40);
    assert_done(reverse(&world, "r1", 0));
    assert_done(reverse(&world, "h1", 0));
    assert_balance(&world, "ann", .available = 65);
    assert_balance(&world, "bob", .available = 15);
    assert_posted(&world, REDEEMED, 0);
    world_close(&world);
}

static void what_happens_after_a_merge_stays_with_the_survivor(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, CLUB);
    assert_done(buy(&world, "ann", "o1", "60.00"));
    assert_done(join(&world, "bob"));
    assert_done(merge(&world, "ann", "bob"));
    assert_done(buy(&world, "ann", "o2", "30.00")); /* by the old id */
    assert_done(unmerge(&world, "ann", "bob"));
    assert_balance(&world, "ann", .available = 65);
    assert_balance(&world, "bob", .available = 30);
    assert_done(give_back_order(&world, "o2"));
    assert_balance(&world, "ann", .available = 65);
    assert_balance(&world, "bob", .available = 0);
    assert_int_equal(effect_sum(&world, EFFECT_SHORTFALL), 0);
    world_close(&world);
}

static void points_held_after_a_merge_stay_in_the_survivors_hold(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, CLUB);
    assert_done(buy(&world, "ann", "o1", "60.00"));
    assert_done(join(&world, "bob"));
    assert_done(merge(&world, "ann", "bob"));
    assert_done(hold(&world, "bob", 50, "h1", "2027-04-01T12:00"));
    assert_done(unmerge(&world, "ann", "bob"));
    assert_balance(&world, "ann", .available = 15);
    assert_balance(&world, "bob", .held = 50);
    assert_done(confirm(&world, "h1", 20));
    assert_balance(&world, "bob", .available = 30);
    assert_done(redeem(&world, "bob", 30, NULL));
    world_close(&world);
}

static void claims_of_both_sides_never_exceed_what_is_still_held(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP("{on_return: {earned_but_spent: write off}}"));
    assert_done(buy(&world, "ann", "o1", "60.00"));
    assert_done(hold(&world, "ann", 60, "h1", "2027-04-01T12:00"));
    assert_done(give_back_order(&world, "o1"));
    assert_done(buy(&world, "bob", "o2", "40.00"));
    assert_done(hold(&world, "bob", 40, "h2", "2027-04-01T12:00"));
    assert_done(give_back_order(&world, "o2"));
    assert_done(merge(&world, "ann", "bob"));
    assert_done(confirm(&world, "h1", 0)); /* 40 held are left, and 40 of the claims */
    assert_done(buy(&world, "bob", "o3", "100.00"));
    assert_done(hold(&world, "bob", 100, "h3", "2027-04-01T12:00"));
    assert_done(cancel(&world, "h2"));
    assert_done(cancel(&world, "h3"));
    assert_posted(&world, TAKEN_BACK, 40);
    assert_balance(&world, "bob", .available = 100);
    world_close(&world);
}

static void activity_of_the_survivor_renews_what_the_merged_member_brought(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP("{expires: {after: 30 days, renewed_by: [purchase]}}"));
    assert_done(buy(&world, "ann", "o1", "60.00"));
    assert_done(join(&world, "bob"));
    assert_done(merge(&world, "ann", "bob"));
    at(&world, "2027-03-20T12:00");
    assert_done(buy(&world, "bob", "o2", "1.00"));
    at(&world, "2027-04-19T11:59:59");
    assert_balance(&world, "bob", .available = 61);
    assert_done(unmerge(&world, "ann", "bob"));
    assert_balance(&world, "ann", .available = 60);
    at(&world, "2027-04-19T12:00");
    assert_balance(&world, "ann", .available = 0);
    assert_balance(&world, "bob", .available = 0);
    world_close(&world);
}

static void debt_adds_and_is_paid_from_what_the_other_had(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP("{on_return: {earned_but_spent: below zero}}"));
    assert_done(buy(&world, "ann", "o1", "60.00"));
    assert_done(redeem(&world, "ann", 60, NULL));
    assert_done(give_back_order(&world, "o1"));
    assert_done(buy(&world, "bob", "o2", "20.00"));
    assert_done(merge(&world, "ann", "bob"));
    assert_balance(&world, "bob", .debt = 40);
    world_close(&world);
}

static void a_hold_of_the_merged_member_lapses_for_the_survivor(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP("{}"));
    assert_done(buy(&world, "ann", "o1", "60.00"));
    assert_done(hold(&world, "ann", 60, "h1", "2027-03-05T12:00"));
    assert_done(join(&world, "bob"));
    assert_done(merge(&world, "ann", "bob"));
    assert_balance(&world, "bob", .held = 60);
    at(&world, "2027-03-05T12:00");
    assert_balance(&world, "bob", .available = 60);
    assert_answer(HOLD_LAPSED, cancel(&world, "h1"));
    world_close(&world);
}

static void a_chain_of_merges_forwards_in_one_step_and_cycles_are_refused(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP("{}"));
    assert_done(buy(&world, "ann", "o1", "1.00"));
    assert_done(buy(&world, "bob", "o2", "10.00"));
    assert_done(buy(&world, "cat", "o3", "100.00"));
    assert_done(merge(&world, "ann", "bob"));
    assert_answer(SAME_MEMBER, merge(&world, "bob", "ann"));
    assert_answer(SAME_MEMBER, merge(&world, "bob", "bob"));
    assert_done(merge(&world, "bob", "cat"));
    assert_answer(SAME_MEMBER, merge(&world, "cat", "ann"));
    assert_answer(ALREADY_MERGED, merge(&world, "ann", "cat"));
    assert_balance(&world, "ann", .available = 111);
    assert_answer(NOT_MERGED, unmerge(&world, "cat", "ann"));
    assert_answer(UNKNOWN_MEMBER, merge(&world, "zoe", "ann"));
    assert_done(unmerge(&world, "ann", "cat"));
    assert_balance(&world, "ann", .available = 1);
    assert_balance(&world, "bob", .available = 110);
    assert_answer(NOT_MERGED, unmerge(&world, "ann", "cat"));
    assert_done(merge(&world, "ann", "cat"));
    assert_done(unmerge(&world, "bob", "cat"));
    assert_balance(&world, "ann", .available = 101);
    assert_balance(&world, "bob", .available = 10);
    world_close(&world);
}

/* ---- exactly once ---- */

#define PAYS(amount_points, key_text)                                                              \
    EVENT(.type = EVENT_REDEEM, .member = TEXT("ann"), .wallet = TEXT("points"),                   \
          .amount = (amount_points), .key = TEXT(key_text), .occurred_at_us = occurred_us)

static void a_repeated_key_answers_as_the_first_and_does_nothing(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP("{}"));
    int64_t occurred_us = world.now_us;
    assert_done(buy(&world, "ann", "o1", "100.00"));
    assert_done(happen(&world, PAYS(60, "k1")));
    uint64_t first = world.decision.position;
    at(&world, "2029-03-01T12:00"); /* at any later time */
    assert_answer(REPEATED, happen(&world, PAYS(60, "k1")));
    assert_int_equal(world.decision.repeated_position, first);
    assert_int_equal(world.decision.effect_count, 0);
    assert_balance(&world, "ann", .available = 40);
    assert_answer(KEY_CONFLICT, happen(&world, PAYS(61, "k1")));
    assert_balance(&world, "ann", .available = 40);
    world_close(&world);
}

static void a_refused_request_is_answered_again_as_it_was(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP("{}"));
    int64_t occurred_us = world.now_us;
    assert_done(buy(&world, "ann", "o1", "50.00"));
    assert_answer(BALANCE_TOO_LOW, happen(&world, PAYS(60, "k1")));
    uint64_t first = world.decision.position;
    assert_done(buy(&world, "ann", "o2", "50.00"));
    assert_answer(REPEATED, happen(&world, PAYS(60, "k1")));
    assert_int_equal(world.decision.repeated_position, first);
    assert_balance(&world, "ann", .available = 100);
    world_close(&world);
}

static void a_malformed_request_leaves_its_key_free(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP("{}"));
    assert_answer(INVALID_EVENT, happen(&world, EVENT(PURCHASE("ann", "o1"), .key = TEXT("k1"))));
    assert_done(happen(
        &world, EVENT(PURCHASE("ann", "o1"), ITEMS(ITEM("A", 1, "10.00")), .key = TEXT("k1"))));
    assert_balance(&world, "ann", .available = 10);
    world_close(&world);
}

static void a_key_is_unique_whatever_the_member(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP("{}"));
    assert_done(happen(
        &world, EVENT(PURCHASE("ann", "o1"), ITEMS(ITEM("A", 1, "10.00")), .key = TEXT("k1"))));
    assert_answer(KEY_CONFLICT,
                  happen(&world, EVENT(PURCHASE("bob", "o1"), ITEMS(ITEM("A", 1, "10.00")),
                                       .key = TEXT("k1"))));
    /* The same price written otherwise is the same request. */
    assert_answer(REPEATED, happen(&world, EVENT(PURCHASE("ann", "o1"), ITEMS(ITEM("A", 1, "10.0")),
                                                 .key = TEXT("k1"))));
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_adjustment_needs_a_reason_and_records_it),
        cmocka_unit_test(a_transfer_keeps_the_expiry_of_what_it_moves),
        cmocka_unit_test(points_given_away_count_as_spent_when_their_order_is_returned),
        cmocka_unit_test(twenty_gifts_of_a_hundred_from_a_hundred_give_a_hundred),
        cmocka_unit_test(a_merge_adds_points_counters_and_limits_and_keeps_the_higher_tier),
        cmocka_unit_test(merging_and_unmerging_give_the_same_bytes_but_for_the_stamps),
        cmocka_unit_test(returns_after_a_merge_find_the_points_of_either_side),
        cmocka_unit_test(returns_by_sku_after_a_merge_reach_the_orders_of_the_merged_member),
        cmocka_unit_test(what_was_spent_before_a_merge_comes_back_to_its_owner),
        cmocka_unit_test(what_happens_after_a_merge_stays_with_the_survivor),
        cmocka_unit_test(points_held_after_a_merge_stay_in_the_survivors_hold),
        cmocka_unit_test(claims_of_both_sides_never_exceed_what_is_still_held),
        cmocka_unit_test(activity_of_the_survivor_renews_what_the_merged_member_brought),
        cmocka_unit_test(debt_adds_and_is_paid_from_what_the_other_had),
        cmocka_unit_test(a_hold_of_the_merged_member_lapses_for_the_survivor),
        cmocka_unit_test(a_chain_of_merges_forwards_in_one_step_and_cycles_are_refused),
        cmocka_unit_test(a_repeated_key_answers_as_the_first_and_does_nothing),
        cmocka_unit_test(a_refused_request_is_answered_again_as_it_was),
        cmocka_unit_test(a_malformed_request_leaves_its_key_free),
        cmocka_unit_test(a_key_is_unique_whatever_the_member),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
