/* Quotes: what an open order holds, how it lapses, is replaced, confirmed, cancelled; several
 * redemptions in one order; previews and near misses. */
#include "world.h"

#define HEAD "program: shop\ncurrency: EUR\nwallets:\n  points: {expires: 90 days}\n"
#define BASE "rules:\n  base: {on: purchase, earn: 1 point per 1.00 EUR}\n"
#define REWARDS                                                                                    \
    "rewards:\n"                                                                                   \
    "  mug: {cost: 40 points, stock: 1}\n"                                                         \
    "  ten: {cost: 50 points, gives: {discount: 10.00 EUR}, "                                      \
    "limit: {per_member: 1 per calendar year}}\n"                                                  \
    "  five: {cost: 20 points, gives: {discount: 5.00 EUR}}\n"
#define SHOP HEAD BASE REWARDS
#define CAMPAIGN                                                                                   \
    HEAD BASE "campaigns:\n  spring:\n    from: 2027-02-01\n    until: 2027-06-01\n"               \
              "    budget: 50 points\n    rules:\n"                                                \
              "      more: {on: purchase, earn: 1 point per 1.00 EUR}\n"
#define SOON "2027-03-01T12:30"

/* ---- several redemptions ---- */

static void an_order_redeems_several_things_or_nothing(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP);
    assert_done(buy(&world, "ann", "o1", "100.00"));
    assert_answer(BALANCE_TOO_LOW,
                  happen(&world, EVENT(PURCHASE("ann", "o2"), ITEMS(ITEM("A", 1, "40.00")),
                                       REDEEMS(REWARD("mug"), REWARD("ten"), REWARD("five")))));
    assert_balance(&world, "ann", .available = 100);
    assert_null(bytes_of(&world, ENTITY_ORDER, "o2").bytes);
    assert_answer(LIMIT_REACHED,
                  happen(&world, EVENT(PURCHASE("ann", "o2"), ITEMS(ITEM("A", 1, "40.00")),
                                       REDEEMS(REWARD("ten"), REWARD("ten")))));
    assert_done(happen(&world, EVENT(PURCHASE("ann", "o2"), ITEMS(ITEM("A", 1, "40.00")),
                                     REDEEMS(REWARD("mug"), REWARD("ten"), POINTS(10)))));
    assert_balance(&world, "ann", .available = 30); /* 40.00 less 10.00 */
    assert_answer(OUT_OF_STOCK, take_reward(&world, "ann", "mug", NULL));
    assert_done(give_back_order(&world, "o2"));
    assert_balance(&world, "ann", .available = 100);
    assert_done(take_reward(&world, "ann", "mug", NULL));
    world_close(&world);
}

static void what_rewards_take_off_is_shared_over_the_items_to_the_cent(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP);
    assert_done(buy(&world, "ann", "o1", "100.00"));
    assert_done(happen(
        &world, EVENT(PURCHASE("ann", "o2"),
                      ITEMS(ITEM("A", 1, "1.00"), ITEM("B", 2, "1.00"), ITEM("C", 1, "10.00")),
                      REDEEMS(REWARD("ten"), REWARD("five")))));
    const struct decision *decision = &world.decision;
    assert_int_equal(decision->redeemed_count, 2);
    assert_int_equal(decision->redeemed[0].discount, 1000);
    assert_int_equal(decision->redeemed[1].discount, 300); /* what is left of 13.00 */
    for (uint32_t i = 0; i < 2; i++) {
        int64_t sum = 0;
        assert_int_equal(decision->redeemed[i].share_count, 3);
        for (uint32_t k = 0; k < 3; k++)
            sum += decision->redeemed[i].shares[k];
        assert_int_equal(sum, decision->redeemed[i].discount);
    }
    assert_int_equal(decision->redeemed[0].shares[0], 77);
    assert_int_equal(decision->eligible, 0);
    world_close(&world);
}

static void a_return_gives_back_each_redemption_in_proportion(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP);
    assert_done(buy(&world, "ann", "o1", "100.00"));
    assert_done(happen(&world, EVENT(PURCHASE("ann", "o2"), ITEMS(ITEM("A", 4, "10.00")),
                                     REDEEMS(REWARD("ten"), POINTS(30)))));
    assert_balance(&world, "ann", .available = 20 + 30);
    assert_done(give_back_item(&world, "o2", "1", 1)); /* 12 and 7 come back, 8 are taken */
    assert_balance(&world, "ann", .available = 50 + 12 + 7 - 8);
    assert_int_equal(effect_sum(&world, EFFECT_SPEND_RETURNED), 19);
    assert_done(give_back_order(&world, "o2"));
    assert_balance(&world, "ann", .available = 100);
    world_close(&world);
}

/* ---- holding ---- */

static void a_quote_holds_what_it_redeems_and_says_what_it_cannot(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP);
    assert_done(buy(&world, "ann", "o1", "100.00"));
    assert_done(happen(&world, EVENT(QUOTE(&world, "ann", "o2", SOON), ITEMS(ITEM("A", 1, "40.00")),
                                     REDEEMS(REWARD("mug"), POINTS(70), REWARD("ten")))));
    const struct redeemed *redeemed = world.decision.redeemed;
    assert_int_equal(world.decision.redeemed_count, 3);
    assert_int_equal(redeemed[0].answer, ANSWER_DONE);
    assert_int_equal(redeemed[1].answer, ANSWER_BALANCE_TOO_LOW);
    assert_int_equal(redeemed[2].answer, ANSWER_DONE);
    assert_int_equal(redeemed[2].discount, 1000);
    assert_balance(&world, "ann", .available = 10, .held = 90);
    assert_done(buy(&world, "bob", "o3", "60.00"));
    assert_answer(OUT_OF_STOCK, take_reward(&world, "bob", "mug", NULL));
    assert_done(confirm_order(&world, "o2"));
    assert_balance(&world, "ann", .available = 10 + 30);
    assert_posted(&world, REDEEMED, 90);
    assert_answer(ALREADY_EXISTS, confirm_order(&world, "o2"));
    assert_done(give_back_order(&world, "o2"));
    assert_balance(&world, "ann", .available = 100);
    assert_done(take_reward(&world, "bob", "mug", NULL));
    world_close(&world);
}

static void a_new_quote_lets_go_of_what_the_former_one_held(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP);
    assert_done(buy(&world, "ann", "o1", "100.00"));
    for (int i = 0; i < 3; i++) {
        assert_done(
            happen(&world, EVENT(QUOTE(&world, "ann", "o2", SOON), ITEMS(ITEM("A", 1, "40.00")),
                                 REDEEMS(REWARD("mug"), REWARD("ten")))));
        assert_balance(&world, "ann", .available = 10, .held = 90);
    }
    assert_done(
        happen(&world, EVENT(QUOTE(&world, "ann", "o2", SOON), ITEMS(ITEM("A", 1, "40.00")))));
    assert_balance(&world, "ann", .available = 100);
    assert_done(happen(&world, EVENT(QUOTE(&world, "bob", "o2", SOON), ITEMS(ITEM("A", 1, "40.00")),
                                     REDEEMS(REWARD("mug")))));
    assert_int_equal(world.decision.redeemed[0].answer, ANSWER_UNKNOWN_MEMBER);
    assert_done(confirm_order(&world, "o2"));
    assert_balance(&world, "bob", .available = 40);
    assert_balance(&world, "ann", .available = 100);
    world_close(&world);
}

static void what_a_lapsed_quote_held_is_free_for_whoever_asks_next(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP);
    assert_done(buy(&world, "ann", "o1", "100.00"));
    assert_done(buy(&world, "bob", "o3", "60.00"));
    assert_done(happen(&world, EVENT(QUOTE(&world, "ann", "o2", SOON), ITEMS(ITEM("A", 1, "40.00")),
                                     REDEEMS(REWARD("mug")))));
    assert_answer(OUT_OF_STOCK, take_reward(&world, "bob", "mug", NULL));
    at(&world, SOON);
    assert_done(take_reward(&world, "bob", "mug", NULL));
    assert_balance(&world, "ann", .available = 100);
    assert_answer(OUT_OF_STOCK, confirm_order(&world, "o2"));
    assert_balance(&world, "ann", .available = 100);
    assert_done(happen(&world, EVENT(QUOTE(&world, "ann", "o2", "2027-03-01T13:00"),
                                     ITEMS(ITEM("A", 1, "40.00")))));
    assert_done(confirm_order(&world, "o2"));
    assert_balance(&world, "ann", .available = 140);
    world_close(&world);
}

static void a_quote_holds_its_share_of_a_campaigns_budget(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, CAMPAIGN);
    assert_done(happen(&world, EVENT(QUOTE(&world, "ann", "o1", SOON),
                                     ITEMS(ITEM("A", 1, "40.00"))))); /* nobody's member yet */
    assert_done(buy(&world, "bob", "o2", "30.00"));
    assert_balance(&world, "bob", .available = 30 + 10);
    assert_done(confirm_order(&world, "o1"));
    assert_balance(&world, "ann", .available = 80);
    assert_done(cancel_order(&world, "o1"));
    assert_balance(&world, "ann", .available = 0);
    assert_done(
        happen(&world, EVENT(QUOTE(&world, "cem", "o4", SOON), ITEMS(ITEM("A", 1, "40.00")))));
    at(&world, SOON);
    assert_done(buy(&world, "bob", "o5", "100.00"));
    assert_balance(&world, "bob", .available = 40 + 100 + 40);
    world_close(&world);
}

static void thirty_two_quotes_for_the_last_piece_hold_it_once(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP);
    uint32_t held = 0;
    for (int i = 0; i < 32; i++) {
        char member[16];
        char first[16];
        char order[16];
        (void)snprintf(member, sizeof member, "m%d", i);
        (void)snprintf(first, sizeof first, "f%d", i);
        (void)snprintf(order, sizeof order, "o%d", i);
        assert_done(buy(&world, member, first, "60.00"));
        assert_done(happen(&world, EVENT(QUOTE(&world, member, order, SOON),
                                         ITEMS(ITEM("A", 1, "10.00")), REDEEMS(REWARD("mug")))));
        if (world.decision.redeemed[0].answer == ANSWER_DONE) held++;
    }
    assert_int_equal(held, 1);
    assert_posted(&world, HELD, 40);
    world_close(&world);
}

/* ---- confirming ---- */

static void a_lapsed_quote_is_honoured_if_it_is_still_possible(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP);
    assert_done(buy(&world, "ann", "o1", "100.00"));
    assert_done(happen(&world, EVENT(QUOTE(&world, "ann", "o2", SOON), ITEMS(ITEM("A", 1, "40.00")),
                                     REDEEMS(REWARD("mug")))));
    at(&world, "2027-03-01T14:00");
    assert_done(happen(&world, EVENT(ABOUT_ORDER(CONFIRM_ORDER, "o2"), .refuses_changes = true)));
    assert_balance(&world, "ann", .available = 100);
    assert_posted(&world, REDEEMED, 40);
    world_close(&world);
}

static void a_changed_outcome_is_refused_if_the_caller_says_so(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, CAMPAIGN);
    assert_done(
        happen(&world, EVENT(QUOTE(&world, "ann", "o1", SOON), ITEMS(ITEM("A", 1, "40.00")))));
    at(&world, SOON);
    assert_done(buy(&world, "bob", "o2", "30.00"));
    assert_answer(QUOTE_CHANGED,
                  happen(&world, EVENT(ABOUT_ORDER(CONFIRM_ORDER, "o1"), .refuses_changes = true)));
    assert_null(bytes_of(&world, ENTITY_MEMBER, "ann").bytes);
    assert_done(confirm_order(&world, "o1"));
    assert_balance(&world, "ann", .available = 40 + 20);
    world_close(&world);
}

static void a_replaced_quote_is_refused_if_the_caller_says_so(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP);
    assert_done(
        happen(&world, EVENT(QUOTE(&world, "ann", "o1", SOON), ITEMS(ITEM("A", 1, "40.00")))));
    uint64_t first = world.position;
    assert_done(
        happen(&world, EVENT(QUOTE(&world, "ann", "o1", SOON), ITEMS(ITEM("A", 1, "50.00")))));
    assert_answer(QUOTE_CHANGED, happen(&world, EVENT(ABOUT_ORDER(CONFIRM_ORDER, "o1"),
                                                      .quote = first, .refuses_changes = true)));
    assert_done(happen(&world, EVENT(ABOUT_ORDER(CONFIRM_ORDER, "o1"), .quote = first)));
    assert_balance(&world, "ann", .available = 50);
    world_close(&world);
}

static void points_do_not_expire_while_a_quote_holds_them(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP);
    assert_done(buy(&world, "ann", "o1", "100.00"));
    at(&world, "2027-05-30T11:00");
    assert_done(happen(&world, EVENT(QUOTE(&world, "ann", "o2", "2027-05-30T13:00"),
                                     ITEMS(ITEM("A", 1, "40.00")), REDEEMS(REWARD("mug")))));
    at(&world, "2027-05-30T12:30");
    assert_balance(&world, "ann", .held = 40);
    assert_done(confirm_order(&world, "o2"));
    assert_balance(&world, "ann", .available = 40);
    world_close(&world);
}

static void an_order_says_what_state_it_is_in(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP);
    assert_answer(ORDER_NOT_OPEN, confirm_order(&world, "o1"));
    assert_answer(UNKNOWN_ORDER, cancel_order(&world, "o1"));
    assert_answer(INVALID_EVENT,
                  happen(&world, EVENT(QUOTE(&world, "ann", "o1", "2027-03-01T12:00"),
                                       ITEMS(ITEM("A", 1, "1.00")))));
    assert_done(happen(&world, EVENT(QUOTE(&world, "ann", "o1", SOON), ITEMS(ITEM("A", 1, "1.00")),
                                     .revision = 7)));
    assert_answer(STALE_REVISION,
                  happen(&world, EVENT(QUOTE(&world, "ann", "o1", SOON),
                                       ITEMS(ITEM("A", 1, "1.00")), .revision = 7)));
    assert_answer(ORDER_OPEN, give_back_order(&world, "o1"));
    assert_answer(ORDER_OPEN, reach(&world, "o1", "shipped"));
    assert_answer(ORDER_OPEN, claim(&world, "o1", "ann"));
    assert_answer(ALREADY_EXISTS, buy(&world, "ann", "o1", "1.00"));
    assert_done(cancel_order(&world, "o1"));
    assert_answer(ORDER_CANCELLED, cancel_order(&world, "o1"));
    assert_answer(ORDER_CANCELLED, confirm_order(&world, "o1"));
    assert_answer(ORDER_CANCELLED, happen(&world, EVENT(QUOTE(&world, "ann", "o1", SOON),
                                                        ITEMS(ITEM("A", 1, "1.00")))));
    assert_done(buy(&world, "ann", "o2", "1.00"));
    assert_answer(ALREADY_EXISTS, happen(&world, EVENT(QUOTE(&world, "ann", "o2", SOON),
                                                       ITEMS(ITEM("A", 1, "1.00")))));
    world_close(&world);
}

/* ---- cancelling ---- */

static void a_cancelled_order_lets_go_or_is_taken_back_whole(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, "returns_within: 30 days\n" SHOP);
    assert_done(buy(&world, "ann", "o1", "100.00"));
    assert_done(happen(&world, EVENT(QUOTE(&world, "ann", "o2", SOON), ITEMS(ITEM("A", 1, "40.00")),
                                     REDEEMS(REWARD("mug")))));
    assert_done(cancel_order(&world, "o2"));
    assert_balance(&world, "ann", .available = 100);
    assert_done(happen(&world, EVENT(PURCHASE("ann", "o3"), ITEMS(ITEM("A", 2, "20.00")),
                                     REDEEMS(REWARD("mug")))));
    assert_done(give_back_item(&world, "o3", "1", 1));
    assert_balance(&world, "ann", .available = 60 + 40 + 20 - 20);
    at(&world, "2027-04-20T12:00");
    assert_answer(RETURN_PERIOD_OVER, give_back_order(&world, "o3"));
    assert_done(cancel_order(&world, "o3"));
    assert_balance(&world, "ann", .available = 100);
    assert_answer(ORDER_CANCELLED, give_back_order(&world, "o3"));
    assert_done(take_reward(&world, "ann", "mug", NULL));
    world_close(&world);
}

/* ---- merges ---- */

static void an_open_order_follows_its_member_into_a_merge(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP);
    assert_done(buy(&world, "ann", "o1", "100.00"));
    assert_done(buy(&world, "bob", "o2", "10.00"));
    assert_done(happen(&world, EVENT(QUOTE(&world, "ann", "o3", SOON), ITEMS(ITEM("A", 1, "40.00")),
                                     REDEEMS(REWARD("ten")))));
    assert_done(merge(&world, "ann", "bob"));
    assert_balance(&world, "bob", .available = 60, .held = 50);
    assert_done(confirm_order(&world, "o3"));
    assert_balance(&world, "bob", .available = 60 + 30);
    assert_answer(LIMIT_REACHED, take_reward(&world, "bob", "ten", NULL));
    assert_done(give_back_order(&world, "o3"));
    assert_balance(&world, "bob", .available = 110);
    assert_done(take_reward(&world, "bob", "ten", NULL));
    world_close(&world);
}

static void an_open_order_of_a_merged_member_lapses_for_the_survivor(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP);
    assert_done(buy(&world, "ann", "o1", "100.00"));
    assert_done(join(&world, "bob"));
    assert_done(happen(&world, EVENT(QUOTE(&world, "ann", "o3", SOON), ITEMS(ITEM("A", 1, "40.00")),
                                     REDEEMS(REWARD("ten"), REWARD("mug")))));
    assert_done(merge(&world, "ann", "bob"));
    at(&world, SOON);
    assert_balance(&world, "bob", .available = 100);
    assert_done(take_reward(&world, "bob", "ten", NULL));
    assert_done(take_reward(&world, "bob", "mug", NULL));
    assert_done(unmerge(&world, "ann", "bob"));
    world_close(&world);
}

static void a_quote_lapses_for_whoever_has_its_members_things(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP);
    assert_done(buy(&world, "ann", "o1", "100.00"));
    assert_done(join(&world, "bob"));
    assert_done(join(&world, "cem"));
    assert_done(happen(&world, EVENT(QUOTE(&world, "ann", "o3", SOON), ITEMS(ITEM("A", 1, "40.00")),
                                     REDEEMS(REWARD("ten")))));
    assert_done(merge(&world, "ann", "bob"));
    assert_done(merge(&world, "bob", "cem"));
    assert_balance(&world, "cem", .available = 50, .held = 50);
    at(&world, SOON);
    assert_balance(&world, "cem", .available = 100); /* nobody looks at ann or bob */
    assert_done(adjust(&world, "cem", 5));
    assert_balance(&world, "cem", .available = 105);
    world_close(&world);
}

static void what_a_quote_holds_pays_for_it_though_a_merge_is_undone(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP);
    assert_done(buy(&world, "bob", "o1", "100.00"));
    assert_done(join(&world, "ann"));
    assert_done(merge(&world, "ann", "bob"));
    assert_done(happen(&world, EVENT(QUOTE(&world, "ann", "o2", SOON), ITEMS(ITEM("A", 1, "40.00")),
                                     REDEEMS(POINTS(30)))));
    assert_done(unmerge(&world, "ann", "bob"));
    assert_done(confirm_order(&world, "o2"));
    assert_balance(&world, "bob", .available = 70 + 40);
    assert_balance(&world, "ann", .available = 0);
    world_close(&world);
}

/* ---- birthdays ---- */

#define BIRTHDAYS                                                                                  \
    HEAD "rules:\n  base:\n    on: purchase\n    earn: 1 point per 1.00 EUR\n    boosts:\n"        \
         "      party: {if: {birthday: month}, by: 2}\n"

static enum answer quote_on(struct world *world, const char *order, int32_t month, int32_t day)
{
    return happen(world, EVENT(QUOTE(world, "ann", order, SOON), ITEMS(ITEM("A", 1, "40.00")),
                               .birthday_month = month, .birthday_day = day));
}

static enum answer confirm_on(struct world *world, const char *order, int32_t month,
                              bool refuses_changes)
{
    return happen(world, (struct event){.type = EVENT_CONFIRM_ORDER,
                                        .order = text_of(order),
                                        .birthday_month = month,
                                        .birthday_day = month == 0 ? 0 : 9,
                                        .refuses_changes = refuses_changes});
}

/* The cart that an order keeps has no birthday: whoever confirms says it again. */
static void a_confirmation_is_decided_by_the_birthday_that_is_known_then(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, BIRTHDAYS);
    assert_done(quote_on(&world, "o1", 3, 9));
    assert_done(confirm_on(&world, "o1", 3, true));
    assert_balance(&world, "ann", .available = 80);
    assert_done(quote_on(&world, "o2", 3, 9));
    assert_answer(QUOTE_CHANGED, confirm_on(&world, "o2", 0, true));
    assert_done(confirm_on(&world, "o2", 0, false));
    assert_balance(&world, "ann", .available = 120);
    assert_done(quote_on(&world, "o3", 0, 0));
    assert_done(confirm_on(&world, "o3", 3, false));
    assert_balance(&world, "ann", .available = 200);
    world_close(&world);
}

static void an_edit_and_a_claim_are_decided_by_the_birthday_that_is_known_then(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, BIRTHDAYS);
    assert_done(happen(&world, EVENT(PURCHASE("ann", "o1"), ITEMS(ITEM("A", 1, "40.00")),
                                     .birthday_month = 3, .birthday_day = 9)));
    assert_done(happen(&world, EVENT(ABOUT_ORDER(EDIT, "o1"), ITEMS(ITEM("A", 1, "30.00")),
                                     .birthday_month = 3, .birthday_day = 9)));
    assert_balance(&world, "ann", .available = 60);
    assert_done(happen(&world, EVENT(ABOUT_ORDER(EDIT, "o1"), ITEMS(ITEM("A", 1, "20.00")))));
    assert_balance(&world, "ann", .available = 20);
    assert_done(buy(&world, "", "o2", "40.00"));
    assert_done(happen(&world, (struct event){.type = EVENT_CLAIM,
                                              .order = TEXT("o2"),
                                              .member = TEXT("ann"),
                                              .birthday_month = 3,
                                              .birthday_day = 9}));
    assert_balance(&world, "ann", .available = 100);
    world_close(&world);
}

/* The record of the last event and the order's state, one behind the other. */
static struct text kept_bytes(struct arena *arena, struct world *world, const char *order)
{
    struct text record = buffer_text(&world->record);
    struct text state = bytes_of(world, ENTITY_ORDER, order);
    char *both = arena_allocate(arena, record.length + state.length);
    assert_non_null(both);
    memcpy(both, record.bytes, record.length);
    memcpy(both + record.length, state.bytes, state.length);
    return (struct text){both, record.length + state.length};
}

static void no_record_and_no_order_tells_one_birthday_from_another(void **context)
{
    struct world worlds[2];
    struct arena arena;
    (void)context;
    arena_init(&arena, 1u << 20);
    for (int i = 0; i < 2; i++)
        world_open(&worlds[i], BIRTHDAYS);
    for (int step = 0; step < 3; step++) {
        struct text kept[2];
        for (int i = 0; i < 2; i++) {
            int32_t day = i == 0 ? 9 : 28;
            struct event bought = EVENT(PURCHASE("ann", "o2"), ITEMS(ITEM("A", 1, "40.00")),
                                        .birthday_month = 3, .birthday_day = day);
            if (step == 0) assert_done(quote_on(&worlds[i], "o1", 3, day));
            if (step == 1) assert_done(confirm_on(&worlds[i], "o1", 3, true));
            if (step == 2) assert_done(happen(&worlds[i], bought));
            kept[i] = kept_bytes(&arena, &worlds[i], step < 2 ? "o1" : "o2");
        }
        assert_true(text_equal(kept[0], kept[1]));
    }
    for (int i = 0; i < 2; i++)
        world_close(&worlds[i]);
    arena_release(&arena);
}

/* ---- previews ---- */

static void load_for(struct world *world, struct event *event)
{
    event->clock_us = world->now_us;
    event->occurred_at_us = world->now_us;
    states_clear(&world->states);
    assert_int_equal(store_load_for(world->store, world->program, event, &world->states),
                     STATUS_OK);
}

static void a_preview_needs_no_member_and_changes_nothing(void **context)
{
    struct world world;
    struct decision decision;
    (void)context;
    world_open(&world, SHOP);
    struct event event =
        EVENT(QUOTE(&world, NULL, "", SOON), ITEMS(ITEM("A", 1, "40.00")), REDEEMS(REWARD("mug")));
    load_for(&world, &event);
    assert_int_equal(engine_preview(world.program, &world.states, &event, NULL, &decision),
                     STATUS_OK);
    assert_int_equal(decision.answer, ANSWER_DONE);
    assert_int_equal(decision.fired_count, 1);
    assert_int_equal(decision.fired[0].granted, 40);
    assert_int_equal(decision.redeemed[0].answer, ANSWER_UNKNOWN_MEMBER);
    assert_done(buy(&world, "ann", "o1", "100.00"));
    event = EVENT(QUOTE(&world, "ann", "o2", SOON), ITEMS(ITEM("A", 1, "40.00")),
                  REDEEMS(REWARD("ten")));
    for (int i = 0; i < 2; i++) {
        load_for(&world, &event);
        assert_int_equal(engine_preview(world.program, &world.states, &event, NULL, &decision),
                         STATUS_OK);
        assert_int_equal(decision.answer, ANSWER_DONE);
        assert_int_equal(decision.redeemed[0].discount, 1000);
        assert_int_equal(decision.fired[0].granted, 30);
        for (uint32_t k = 0; k < world.states.count; k++)
            assert_false(world.states.list[k].is_dirty);
        event.revision = 0;
        assert_done(happen(&world, event)); /* quoted, then previewed over its own holds */
    }
    assert_balance(&world, "ann", .available = 50, .held = 50);
    world_close(&world);
}

static void what_a_basket_just_misses_is_solved_exactly(void **context)
{
    struct world world;
    struct near_miss_list list;
    (void)context;
    world_open(&world,
               HEAD "counters:\n  spend: {sum: order.eligible, on: purchase, window: lifetime}\n"
                    "tiers:\n  club:\n    measured_by: spend\n"
                    "    levels: {gold: {from: 100.00 EUR}}\n"
                    "rules:\n"
                    "  base: {on: purchase, earn: 1 point per 1.00 EUR}\n"
                    "  extra: {on: purchase, earn: 25 points, if: {order_at_least: 50.00 EUR}}\n"
                    "rewards:\n  mug: {cost: 60 points, value: 4.00 EUR}\n");
    struct event event = EVENT(QUOTE(&world, NULL, "", SOON), ITEMS(ITEM("A", 1, "44.10")));
    load_for(&world, &event);
    assert_int_equal(engine_near_misses(world.program, &world.states, &event, &list), STATUS_OK);
    assert_int_equal(list.count, 3);
    assert_int_equal(list.items[0].kind, NEAR_REWARD);
    assert_int_equal(list.items[0].missing, 60 - 44);
    assert_int_equal(list.items[0].gain, 400);
    assert_int_equal(list.items[1].kind, NEAR_LEVEL);
    assert_int_equal(list.items[1].missing, 10000 - 4410);
    assert_int_equal(list.items[2].kind, NEAR_RULE);
    assert_int_equal(list.items[2].missing, 590);
    assert_int_equal(list.items[2].gain, 25);
    world_close(&world);
}

static void what_an_expression_asks_for_more_is_a_near_miss(void **context)
{
    static const struct {
        const char *when;
        enum near_unit unit;
        int64_t missing; /* 0: it is none */
    } cases[] = {
        {"order.eligible >= 50.00", NEAR_MONEY, 590},
        {"50.00 <= order.subtotal && event.channel == 'web'", NEAR_MONEY, 590},
        {"order.total > 50.00", NEAR_MONEY, 591},
        {"order.quantity >= 3", NEAR_UNITS, 2},
        {"order.eligible >= 50.00 && event.channel == 'app'", NEAR_MONEY, 0},
        {"order.eligible >= 50.00 || event.channel == 'app'", NEAR_MONEY, 0},
        {"order.eligible <= 40.00", NEAR_MONEY, 0},
        {"order.eligible >= member.counters.spend + 50.00", NEAR_MONEY, 0},
    };
    (void)context;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world world;
        struct near_miss_list list;
        char text[1000];
        (void)snprintf(text, sizeof text,
                       HEAD
                       "counters:\n  spend: {sum: order.eligible, on: purchase, window: lifetime}\n"
                       "rules:\n  base: {on: purchase, earn: 1 point per 1.00 EUR}\n"
                       "  extra: {on: purchase, earn: 25 points, when: \"%s\","
                       " limit: {per_member: 1, for_each: order.quantity}}\n",
                       cases[i].when);
        world_open(&world, text);
        struct event event = EVENT(QUOTE(&world, NULL, "", SOON), ITEMS(ITEM("A", 1, "44.10")),
                                   .channel = TEXT("web"));
        load_for(&world, &event);
        assert_int_equal(engine_near_misses(world.program, &world.states, &event, &list),
                         STATUS_OK);
        assert_int_equal(list.count, cases[i].missing != 0);
        for (uint32_t k = 0; k < list.count; k++) {
            assert_int_equal(list.items[k].kind, NEAR_RULE);
            assert_int_equal(list.items[k].unit, cases[i].unit);
            assert_int_equal(list.items[k].missing, cases[i].missing);
            assert_int_equal(list.items[k].gain, 25);
        }
        world_close(&world);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_order_redeems_several_things_or_nothing),
        cmocka_unit_test(what_rewards_take_off_is_shared_over_the_items_to_the_cent),
        cmocka_unit_test(a_return_gives_back_each_redemption_in_proportion),
        cmocka_unit_test(a_quote_holds_what_it_redeems_and_says_what_it_cannot),
        cmocka_unit_test(a_new_quote_lets_go_of_what_the_former_one_held),
        cmocka_unit_test(what_a_lapsed_quote_held_is_free_for_whoever_asks_next),
        cmocka_unit_test(a_quote_holds_its_share_of_a_campaigns_budget),
        cmocka_unit_test(thirty_two_quotes_for_the_last_piece_hold_it_once),
        cmocka_unit_test(a_lapsed_quote_is_honoured_if_it_is_still_possible),
        cmocka_unit_test(a_changed_outcome_is_refused_if_the_caller_says_so),
        cmocka_unit_test(a_replaced_quote_is_refused_if_the_caller_says_so),
        cmocka_unit_test(points_do_not_expire_while_a_quote_holds_them),
        cmocka_unit_test(an_order_says_what_state_it_is_in),
        cmocka_unit_test(a_cancelled_order_lets_go_or_is_taken_back_whole),
        cmocka_unit_test(an_open_order_follows_its_member_into_a_merge),
        cmocka_unit_test(an_open_order_of_a_merged_member_lapses_for_the_survivor),
        cmocka_unit_test(a_quote_lapses_for_whoever_has_its_members_things),
        cmocka_unit_test(what_a_quote_holds_pays_for_it_though_a_merge_is_undone),
        cmocka_unit_test(a_confirmation_is_decided_by_the_birthday_that_is_known_then),
        cmocka_unit_test(an_edit_and_a_claim_are_decided_by_the_birthday_that_is_known_then),
        cmocka_unit_test(no_record_and_no_order_tells_one_birthday_from_another),
        cmocka_unit_test(a_preview_needs_no_member_and_changes_nothing),
        cmocka_unit_test(what_a_basket_just_misses_is_solved_exactly),
        cmocka_unit_test(what_an_expression_asks_for_more_is_a_near_miss),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
