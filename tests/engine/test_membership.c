/* Closing, opening again, erasing; personal data; points that expire or are released by hand. */
#include "world.h"

#define SHOP                                                                                       \
    "program: shop\ncurrency: EUR\nwallets:\n  points:\n    expires: 100 days\n"                   \
    "    on_return: {earned_but_spent: below zero}\n"                                              \
    "  stars: {pending: {until: shipped, at_latest: 20 days}}\n"                                   \
    "rules:\n  base: {on: purchase, earn: 1 point per 1.00 EUR}\n"                                 \
    "  star: {on: purchase, earn: 3 stars}\n"                                                      \
    "rewards:\n  mug: {cost: 5 points, stock: 1, limit: {per_member: 1 per 7 days}}\n"
#define HASH "0123456789abcdef0123456789abcdef"

static enum answer close_member(struct world *world, const char *member)
{
    return happen(world, EVENT(.type = EVENT_CLOSE, .member = text_of(member),
                               .reason = TEXT("moved away"), .actor = TEXT("clerk")));
}

static enum answer reopen(struct world *world, const char *member)
{
    return happen(world, EVENT(.type = EVENT_REOPEN, .member = text_of(member)));
}

static enum answer erase(struct world *world, const char *member)
{
    return happen(world, EVENT(.type = EVENT_ERASE, .member = text_of(member),
                               .reason = TEXT("asked for it"), .actor = TEXT("clerk")));
}

static enum answer expire(struct world *world, const char *member, int64_t points)
{
    return happen(world,
                  EVENT(.type = EVENT_EXPIRE, .member = text_of(member), .wallet = TEXT("points"),
                        .amount = points, .reason = TEXT("a mistake")));
}

static enum answer release(struct world *world, const char *member, const char *order)
{
    return happen(world,
                  EVENT(.type = EVENT_RELEASE, .member = text_of(member), .wallet = TEXT("stars"),
                        .order = text_of(order), .reason = TEXT("waited long enough")));
}

static struct balance stars_of(struct world *world, const char *member)
{
    return balance_of(world, member, 1);
}

/* ---- closing ---- */

static void a_closed_member_earns_and_spends_nothing_more(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP);
    assert_done(buy(&world, "ann", "o1", "50.00"));
    assert_done(buy(&world, "bob", "o2", "50.00"));
    assert_done(close_member(&world, "ann"));
    assert_true(text_equal(world.decision.reason, TEXT("moved away")));
    assert_answer(MEMBER_CLOSED, buy(&world, "ann", "o3", "10.00"));
    assert_answer(MEMBER_CLOSED, join(&world, "ann"));
    assert_answer(MEMBER_CLOSED, redeem(&world, "ann", 1, NULL));
    assert_answer(MEMBER_CLOSED, take_reward(&world, "ann", "mug", NULL));
    assert_answer(MEMBER_CLOSED, hold(&world, "ann", 1, "h1", "2027-03-02T00:00"));
    assert_answer(MEMBER_CLOSED, adjust(&world, "ann", 5));
    assert_answer(MEMBER_CLOSED, transfer(&world, "ann", "bob", 1));
    assert_answer(MEMBER_CLOSED, transfer(&world, "bob", "ann", 1));
    assert_answer(MEMBER_CLOSED, merge(&world, "ann", "bob"));
    assert_answer(MEMBER_CLOSED, merge(&world, "bob", "ann"));
    assert_answer(MEMBER_CLOSED, close_member(&world, "ann"));
    assert_balance(&world, "ann", .available = 50);
    world_close(&world);
}

static void what_a_closed_member_has_stays_and_its_orders_go_on(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP);
    assert_done(buy(&world, "ann", "o1", "50.00"));
    assert_done(buy(&world, "ann", "o2", "30.00"));
    assert_done(redeem(&world, "ann", 20, "r1"));
    assert_done(close_member(&world, "ann"));
    assert_balance(&world, "ann", .available = 60);
    assert_done(reverse(&world, "r1", 0));
    assert_done(give_back_order(&world, "o1"));
    assert_balance(&world, "ann", .available = 30);
    assert_done(reach(&world, "o2", "shipped"));
    assert_int_equal(stars_of(&world, "ann").available, 3);
    at(&world, "2027-07-01T12:00");
    assert_balance(&world, "ann", .available = 0);
    world_close(&world);
}

static void closing_lets_go_of_every_hold(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP);
    assert_done(buy(&world, "ann", "o1", "50.00"));
    assert_done(hold(&world, "ann", 7, "h1", "2028-01-01T00:00"));
    assert_done(hold_reward(&world, "ann", "mug", "h2", "2028-01-01T00:00"));
    assert_balance(&world, "ann", .available = 38, .held = 12);
    assert_done(close_member(&world, "ann"));
    assert_balance(&world, "ann", .available = 50);
    assert_answer(NOT_HELD, confirm(&world, "h1", 0));
    assert_answer(NOT_HELD, cancel(&world, "h2"));
    /* Stock and limit are back. */
    assert_done(buy(&world, "bob", "o2", "50.00"));
    assert_done(take_reward(&world, "bob", "mug", NULL));
    assert_done(reopen(&world, "ann"));
    assert_answer(OUT_OF_STOCK, take_reward(&world, "ann", "mug", NULL));
    world_close(&world);
}

static void a_reopened_member_goes_on_as_before(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP);
    assert_answer(UNKNOWN_MEMBER, reopen(&world, "ann"));
    assert_done(buy(&world, "ann", "o1", "50.00"));
    assert_done(reopen(&world, "ann"));
    assert_int_equal(world.decision.effect_count, 1);
    assert_int_equal(world.decision.effects[0].kind, EFFECT_TOUCHED);
    assert_done(close_member(&world, "ann"));
    assert_done(reopen(&world, "ann"));
    assert_done(buy(&world, "ann", "o2", "10.00"));
    assert_done(redeem(&world, "ann", 60, NULL));
    assert_balance(&world, "ann", .available = 0);
    world_close(&world);
}

/* ---- erasing ---- */

static void an_erased_member_has_nothing_left_and_nothing_more_happens_to_it(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP);
    assert_done(buy(&world, "ann", "o1", "50.00"));
    assert_done(buy(&world, "ann", "o2", "30.00"));
    assert_done(redeem(&world, "ann", 20, "r1"));
    assert_done(hold(&world, "ann", 10, "h1", "2028-01-01T00:00"));
    assert_done(buy(&world, "bob", "o3", "5.00"));
    assert_done(erase(&world, "ann"));
    assert_balance(&world, "ann", .available = 0);
    assert_int_equal(stars_of(&world, "ann").pending, 0);
    assert_posted(&world, EXPIRED, 60 + 6);
    assert_true(text_equal(world.decision.reason, TEXT("asked for it")));
    assert_answer(MEMBER_ERASED, buy(&world, "ann", "o4", "10.00"));
    assert_answer(MEMBER_ERASED, join(&world, "ann"));
    assert_answer(MEMBER_ERASED, give_back_order(&world, "o1"));
    assert_answer(MEMBER_ERASED, give_back_sku(&world, "ann", "A", 1));
    assert_answer(MEMBER_ERASED, reach(&world, "o2", "shipped"));
    assert_answer(MEMBER_ERASED, reverse(&world, "r1", 0));
    assert_answer(MEMBER_ERASED, cancel(&world, "h1"));
    assert_answer(MEMBER_ERASED, adjust(&world, "ann", 5));
    assert_answer(MEMBER_ERASED, transfer(&world, "bob", "ann", 1));
    assert_answer(MEMBER_ERASED, merge(&world, "ann", "bob"));
    assert_answer(MEMBER_ERASED, merge(&world, "bob", "ann"));
    assert_answer(MEMBER_ERASED, expire(&world, "ann", 0));
    assert_answer(MEMBER_ERASED, release(&world, "ann", ""));
    assert_answer(MEMBER_ERASED, reopen(&world, "ann"));
    assert_answer(MEMBER_ERASED, close_member(&world, "ann"));
    assert_answer(MEMBER_ERASED, erase(&world, "ann"));
    assert_answer(MEMBER_ERASED, happen(&world, EVENT(.type = EVENT_PROFILE, .member = TEXT("ann"),
                                                      .fields_hash = TEXT(HASH))));
    assert_done(happen(&world, EVENT(.type = EVENT_SETTLE, .member = TEXT("ann"))));
    assert_posted(&world, EXPIRED, 60 + 6);
    world_close(&world);
}

static void a_key_of_an_erased_member_still_answers_repeated(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP);
    struct event event =
        EVENT(PURCHASE("ann", "o1"), ITEMS(ITEM("A", 1, "50.00")), .key = TEXT("k1"));
    assert_done(happen(&world, event));
    uint64_t first = world.position;
    assert_done(erase(&world, "ann"));
    assert_answer(REPEATED, happen(&world, event));
    assert_int_equal(world.decision.repeated_position, first);
    event.amount = 7;
    assert_answer(KEY_CONFLICT, happen(&world, event));
    world_close(&world);
}

static void who_was_merged_is_erased_with_the_survivor(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP);
    assert_done(buy(&world, "ann", "o1", "50.00"));
    assert_done(buy(&world, "bob", "o2", "30.00"));
    assert_done(merge(&world, "bob", "ann"));
    assert_done(erase(&world, "bob"));
    assert_balance(&world, "ann", .available = 0);
    assert_answer(MEMBER_ERASED, buy(&world, "ann", "o3", "10.00"));
    assert_answer(MEMBER_ERASED, buy(&world, "bob", "o4", "10.00"));
    assert_answer(MEMBER_ERASED, unmerge(&world, "bob", "ann"));
    world_close(&world);
}

static void a_member_with_pages_is_erased_whole(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP);
    for (int i = 0; i < 900; i++) {
        char order[16];
        (void)snprintf(order, sizeof order, "o%d", i);
        world.now_us += MICROSECONDS_PER_DAY / 12;
        assert_done(buy(&world, "ann", order, "1.00"));
    }
    assert_balance(&world, "ann", .available = 900);
    assert_done(erase(&world, "ann"));
    assert_balance(&world, "ann", .available = 0);
    assert_int_equal(stars_of(&world, "ann").available, 0);
    assert_int_equal(stars_of(&world, "ann").pending, 0);
    assert_posted(&world, EXPIRED, 900 + 3 * 900);
    world_close(&world);
}

/* ---- orders that are open ---- */

static void an_open_order_lets_go_when_its_member_is_closed_or_erased(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP);
    for (int erases = 0; erases < 2; erases++) {
        const char *member = erases ? "bob" : "ann";
        const char *order = erases ? "o4" : "o2";
        assert_done(buy(&world, member, erases ? "o3" : "o1", "50.00"));
        assert_done(
            happen(&world, EVENT(QUOTE(&world, member, order, "2027-03-09T00:00"),
                                 ITEMS(ITEM("A", 1, "9.00")), REDEEMS(REWARD("mug"), POINTS(10)))));
        assert_balance(&world, member, .available = 35, .held = 15);
        assert_done(erases ? erase(&world, member) : close_member(&world, member));
        assert_balance(&world, member, .available = erases ? 0 : 50);
        check_answer(erases ? ANSWER_MEMBER_ERASED : ANSWER_MEMBER_CLOSED,
                     confirm_order(&world, order), __FILE__, __LINE__);
    }
    assert_done(buy(&world, "carl", "o5", "50.00"));
    assert_done(take_reward(&world, "carl", "mug", NULL)); /* the only one is free again */
    assert_done(cancel_order(&world, "o2"));
    assert_answer(MEMBER_ERASED, cancel_order(&world, "o4"));
    assert_done(reopen(&world, "ann"));
    assert_answer(ORDER_CANCELLED, confirm_order(&world, "o2"));
    world_close(&world);
}

static void a_confirmed_order_of_a_closed_member_can_be_edited_and_undone(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP);
    assert_done(buy(&world, "ann", "o1", "50.00"));
    assert_done(close_member(&world, "ann"));
    assert_done(happen(
        &world, EVENT(ABOUT_ORDER(EDIT, "o1"), .id = TEXT("e1"), ITEMS(ITEM("A", 1, "30.00")))));
    assert_balance(&world, "ann", .available = 30);
    assert_done(happen(&world, EVENT(ABOUT_ORDER(RETURN, "o1"), .id = TEXT("r1"))));
    assert_balance(&world, "ann", .available = 0);
    assert_done(undo_return(&world, "o1", "r1"));
    assert_balance(&world, "ann", .available = 30);
    assert_done(erase(&world, "ann"));
    assert_answer(MEMBER_ERASED, undo_return(&world, "o1", "r1"));
    world_close(&world);
}

static void a_guests_order_is_not_credited_to_whoever_is_closed_or_erased(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, "members: {unknown: refuse}\n" SHOP);
    assert_done(join(&world, "ann"));
    assert_done(join(&world, "bob"));
    assert_done(happen(&world, EVENT(GUEST("o1"), ITEMS(ITEM("A", 1, "50.00")))));
    assert_done(close_member(&world, "ann"));
    assert_done(erase(&world, "bob"));
    assert_answer(MEMBER_CLOSED, claim(&world, "o1", "ann"));
    assert_answer(MEMBER_ERASED, claim(&world, "o1", "bob"));
    assert_answer(UNKNOWN_MEMBER, claim(&world, "o1", "carl"));
    assert_answer(UNKNOWN_MEMBER,
                  happen(&world, EVENT(QUOTE(&world, "carl", "o2", "2027-03-09T00:00"),
                                       ITEMS(ITEM("A", 1, "9.00")))));
    assert_done(reopen(&world, "ann"));
    assert_done(claim(&world, "o1", "ann"));
    assert_balance(&world, "ann", .available = 50);
    world_close(&world);
}

/* ---- personal data ---- */

static void the_hash_of_personal_data_is_recorded_and_no_state_has_it(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP);
    struct event event = {.type = EVENT_PROFILE, .member = TEXT("ann"), .fields_hash = TEXT(HASH)};
    assert_answer(UNKNOWN_MEMBER, happen(&world, event));
    assert_done(happen(
        &world, EVENT(.type = EVENT_JOIN, .member = TEXT("ann"), .fields_hash = TEXT(HASH))));
    assert_done(happen(&world, event));
    assert_int_equal(world.decision.effect_count, 1);
    assert_int_equal(world.decision.effects[0].kind, EFFECT_MEMBER_PROFILED);
    assert_true(text_equal(world.decision.effects[0].payload, TEXT(HASH)));
    struct text state = bytes_of(&world, ENTITY_MEMBER, "ann");
    assert_null(memmem(state.bytes, state.length, HASH, 8));
    event.fields_hash = TEXT("too short");
    assert_answer(INVALID_EVENT, happen(&world, event));
    event.fields_hash.length = 0;
    assert_answer(INVALID_EVENT, happen(&world, event));
    world_close(&world);
}

static void who_has_not_joined_can_buy_where_the_programme_says_so(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, "members: {unknown: refuse}\n" SHOP);
    assert_answer(UNKNOWN_MEMBER, buy(&world, "ann", "o1", "50.00"));
    assert_done(join(&world, "ann"));
    assert_done(buy(&world, "ann", "o1", "50.00"));
    assert_balance(&world, "ann", .available = 50);
    world_publish(&world, SHOP);
    assert_done(buy(&world, "bob", "o2", "5.00"));
    assert_balance(&world, "bob", .available = 5);
    world_close(&world);
}

/* ---- by hand ---- */

static void points_expired_by_hand_are_those_that_end_first(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP);
    assert_done(buy(&world, "ann", "o1", "50.00"));
    at(&world, "2027-03-11T12:00");
    assert_done(buy(&world, "ann", "o2", "30.00"));
    assert_answer(BALANCE_TOO_LOW, expire(&world, "ann", 81));
    assert_answer(INVALID_AMOUNT, expire(&world, "ann", -1));
    assert_done(expire(&world, "ann", 60));
    assert_balance(&world, "ann", .available = 20);
    assert_posted(&world, EXPIRED, 60);
    at(&world, "2027-06-12T12:00"); /* all of the first order would have ended by now */
    assert_balance(&world, "ann", .available = 20);
    assert_done(expire(&world, "ann", 0));
    assert_balance(&world, "ann", .available = 0);
    assert_posted(&world, EXPIRED, 80);
    assert_answer(UNKNOWN_MEMBER, expire(&world, "bob", 0));
    world_close(&world);
}

static void what_expired_by_hand_is_not_taken_again_by_a_return(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP);
    assert_done(buy(&world, "ann", "o1", "50.00"));
    assert_done(buy(&world, "ann", "o2", "30.00"));
    assert_done(expire(&world, "ann", 50));
    assert_done(give_back_order(&world, "o1"));
    assert_balance(&world, "ann", .available = 30);
    assert_int_equal(effect_sum(&world, EFFECT_SHORTFALL), 50);
    world_close(&world);
}

static void pending_points_are_released_by_hand_of_a_wallet_or_of_one_order(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP);
    assert_done(buy(&world, "ann", "o1", "50.00"));
    assert_done(buy(&world, "ann", "o2", "30.00"));
    assert_done(buy(&world, "ann", "o3", "30.00"));
    assert_done(buy(&world, "bob", "o4", "30.00"));
    assert_answer(UNKNOWN_ORDER, release(&world, "ann", "o4"));
    assert_answer(UNKNOWN_ORDER, release(&world, "ann", "o5"));
    assert_done(release(&world, "ann", "o2"));
    assert_int_equal(stars_of(&world, "ann").available, 3);
    assert_int_equal(stars_of(&world, "ann").pending, 6);
    assert_done(release(&world, "ann", ""));
    assert_int_equal(stars_of(&world, "ann").available, 9);
    assert_int_equal(stars_of(&world, "ann").pending, 0);
    assert_done(release(&world, "ann", ""));
    assert_int_equal(stars_of(&world, "bob").pending, 3);
    world_close(&world);
}

static void what_is_released_by_hand_pays_debt_first(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, "program: p\ncurrency: EUR\nwallets:\n"
                       "  points: {}\n"
                       "  stars: {pending: {until: shipped}, "
                       "on_return: {earned_but_spent: below zero}}\n"
                       "rules:\n  star: {on: purchase, earn: 1 star per 1.00 EUR}\n");
    assert_done(buy(&world, "ann", "o1", "50.00"));
    assert_done(release(&world, "ann", "o1"));
    assert_done(happen(&world, EVENT(.type = EVENT_REDEEM, .member = TEXT("ann"),
                                     .wallet = TEXT("stars"), .amount = 50)));
    assert_done(give_back_order(&world, "o1"));
    assert_int_equal(stars_of(&world, "ann").debt, 50);
    assert_done(buy(&world, "ann", "o2", "60.00"));
    assert_done(release(&world, "ann", ""));
    assert_int_equal(stars_of(&world, "ann").debt, 0);
    assert_int_equal(stars_of(&world, "ann").available, 10);
    world_close(&world);
}

static void by_hand_needs_a_reason_and_a_wallet(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP);
    assert_done(buy(&world, "ann", "o1", "50.00"));
    static const enum event_type types[] = {EVENT_EXPIRE, EVENT_RELEASE};
    for (size_t i = 0; i < 2; i++) {
        assert_answer(INVALID_EVENT, happen(&world, EVENT(.type = types[i], .member = TEXT("ann"),
                                                          .wallet = TEXT("points"))));
        assert_answer(UNKNOWN_WALLET,
                      happen(&world, EVENT(.type = types[i], .member = TEXT("ann"),
                                           .wallet = TEXT("miles"), .reason = TEXT("why not"))));
    }
    assert_balance(&world, "ann", .available = 50);
    world_close(&world);
}

static void an_adjustment_can_name_the_end_of_what_it_opens(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, "program: p\ncurrency: EUR\nwallets:\n"
                       "  points: {expires: {after: 10 days, renewed_by: [purchase]}}\n"
                       "rules:\n  base: {on: purchase, earn: 1 point per 1.00 EUR}\n");
    assert_done(join(&world, "ann"));
    struct event event =
        EVENT(.type = EVENT_ADJUST, .member = TEXT("ann"), .wallet = TEXT("points"), .amount = 40,
              .reason = TEXT("moved here"), .expires_at_us = instant(&world, "2027-05-01T00:00"));
    assert_done(happen(&world, event));
    assert_lots(&world, "ann", "available 40 ends 2027-05-01T00:00:00Z");
    assert_done(buy(&world, "ann", "o1", "5.00")); /* renews the wallet, but not this */
    at(&world, "2027-04-30T23:59");
    assert_balance(&world, "ann", .available = 40);
    at(&world, "2027-05-01T00:00");
    assert_balance(&world, "ann", .available = 0);
    assert_done(happen(&world, event)); /* born expired */
    assert_balance(&world, "ann", .available = 0);
    event.amount = -1;
    assert_answer(INVALID_EVENT, happen(&world, event));
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_closed_member_earns_and_spends_nothing_more),
        cmocka_unit_test(what_a_closed_member_has_stays_and_its_orders_go_on),
        cmocka_unit_test(closing_lets_go_of_every_hold),
        cmocka_unit_test(a_reopened_member_goes_on_as_before),
        cmocka_unit_test(an_erased_member_has_nothing_left_and_nothing_more_happens_to_it),
        cmocka_unit_test(a_key_of_an_erased_member_still_answers_repeated),
        cmocka_unit_test(who_was_merged_is_erased_with_the_survivor),
        cmocka_unit_test(a_member_with_pages_is_erased_whole),
        cmocka_unit_test(an_open_order_lets_go_when_its_member_is_closed_or_erased),
        cmocka_unit_test(a_confirmed_order_of_a_closed_member_can_be_edited_and_undone),
        cmocka_unit_test(a_guests_order_is_not_credited_to_whoever_is_closed_or_erased),
        cmocka_unit_test(the_hash_of_personal_data_is_recorded_and_no_state_has_it),
        cmocka_unit_test(who_has_not_joined_can_buy_where_the_programme_says_so),
        cmocka_unit_test(points_expired_by_hand_are_those_that_end_first),
        cmocka_unit_test(what_expired_by_hand_is_not_taken_again_by_a_return),
        cmocka_unit_test(pending_points_are_released_by_hand_of_a_wallet_or_of_one_order),
        cmocka_unit_test(what_is_released_by_hand_pays_debt_first),
        cmocka_unit_test(by_hand_needs_a_reason_and_a_wallet),
        cmocka_unit_test(an_adjustment_can_name_the_end_of_what_it_opens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
