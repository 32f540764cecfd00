/* What the members of an event have afterwards, as the record says it. That it is what the folded
 * states have is checked at every event of every scenario (world.c).
 */
#include "world.h"

#define SHOP                                                                                       \
    "program: shop\ncurrency: EUR\nwallets:\n  points: {expires: 30 days}\n"                       \
    "  stars: {pending: {until: shipped, at_latest: 20 days}}\n"                                   \
    "counters:\n  spend: {sum: order.eligible, window: 365 days}\n"                                \
    "tiers:\n  club: {measured_by: spend, levels: {base: {}, gold: {from: 50.00 EUR}}}\n"          \
    "rules:\n  base: {on: purchase, earn: 1 point per 1.00 EUR}\n"                                 \
    "  star: {on: purchase, earn: 3 stars}\n"                                                      \
    "rewards:\n  mug: {cost: 500 points}\n"

static const struct balance *balance_after(const struct decision *decision, const char *member,
                                           uint32_t wallet)
{
    for (uint32_t i = 0; i < decision->balance_count; i++) {
        const struct balance_after *after = &decision->balances[i];
        assert_in_range(after->entity, 0, decision->entity_count - 1);
        if (after->wallet != wallet) continue;
        if (text_equal(decision->entities[after->entity].id, text_of(member))) {
            return &after->balance;
        }
    }
    return NULL;
}

static struct decision decoded(struct world *world)
{
    struct decision decision;
    assert_int_equal(engine_decode(buffer_text(&world->record), &world->event_arena, &decision),
                     STATUS_OK);
    return decision;
}

static void assert_after(struct world *world, const char *member, int64_t available,
                         int64_t pending_stars)
{
    struct decision decision = decoded(world);
    const struct balance *points =
        balance_after(&decision, member, world->program->wallets[0].symbol);
    const struct balance *stars =
        balance_after(&decision, member, world->program->wallets[1].symbol);
    assert_true(decision.has_after);
    assert_int_equal(points == NULL ? 0 : points->available, available);
    assert_int_equal(stars == NULL ? 0 : stars->pending, pending_stars);
}

static void a_record_says_what_its_members_have_and_where_they_stand(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP);
    assert_done(join(&world, "ann"));
    assert_int_equal(decoded(&world).balance_count, 0);
    assert_int_equal(decoded(&world).level_count, 1);
    assert_done(buy(&world, "ann", "o1", "60.00"));
    assert_after(&world, "ann", 60, 3);
    struct decision decision = decoded(&world);
    assert_int_equal(decision.level_count, 1);
    assert_int_equal(decision.levels[0].tier_set, world.program->tier_sets[0].symbol);
    assert_int_equal(decision.levels[0].level, world.program->tier_sets[0].levels[1].symbol);
    assert_done(buy(&world, "bob", "o2", "7.00"));
    assert_done(transfer(&world, "ann", "bob", 20));
    assert_after(&world, "ann", 40, 3);
    assert_after(&world, "bob", 27, 3);
    assert_done(merge(&world, "bob", "ann"));
    assert_after(&world, "ann", 67, 6);
    assert_null(balance_after(&world.decision, "bob", world.program->wallets[0].symbol));
    world_close(&world);
}

static void a_refused_event_settles_its_member_and_says_what_it_has(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP);
    assert_done(buy(&world, "ann", "o1", "60.00"));
    assert_answer(BALANCE_TOO_LOW, take_reward(&world, "ann", "mug", NULL));
    assert_after(&world, "ann", 60, 3);
    at(&world, "2027-05-01T12:00"); /* the points are over, the stars released */
    assert_answer(UNKNOWN_REWARD, take_reward(&world, "ann", "cup", NULL));
    assert_after(&world, "ann", 0, 0);
    assert_answer(UNKNOWN_ITEM, give_back_item(&world, "o1", "7", 1));
    assert_after(&world, "ann", 0, 0);
    assert_answer(UNKNOWN_MEMBER, redeem(&world, "bob", 1, NULL));
    assert_int_equal(decoded(&world).balance_count, 0);
    world_close(&world);
}

static void a_used_key_says_nothing_about_members(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP);
    struct event event =
        EVENT(PURCHASE("ann", "o1"), ITEMS(ITEM("A", 1, "5.00")), .key = TEXT("k"));
    assert_done(happen(&world, event));
    assert_true(decoded(&world).has_after);
    assert_answer(REPEATED, happen(&world, event));
    assert_false(decoded(&world).has_after);
    event.order = TEXT("o2");
    assert_answer(KEY_CONFLICT, happen(&world, event));
    assert_false(decoded(&world).has_after);
    world_close(&world);
}

static void a_recorded_balance_or_level_that_the_states_do_not_have_is_corrupt(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP);
    assert_done(buy(&world, "ann", "o1", "60.00"));
    struct decision decision = decoded(&world);
    assert_int_equal(engine_check_after(&world.states, &decision), STATUS_OK);
    decision.balances[0].balance.available++;
    assert_int_equal(engine_check_after(&world.states, &decision), STATUS_CORRUPT);
    decision.balances[0].balance.available--;
    decision.balances[1].wallet++;
    assert_int_equal(engine_check_after(&world.states, &decision), STATUS_CORRUPT);
    decision.balances[1].wallet--;
    decision.levels[0].level++;
    assert_int_equal(engine_check_after(&world.states, &decision), STATUS_CORRUPT);
    decision.levels[0].level--;
    decision.balance_count--;
    assert_int_equal(engine_check_after(&world.states, &decision), STATUS_CORRUPT);
    decision.balance_count++;
    decision.level_count = 0;
    assert_int_equal(engine_check_after(&world.states, &decision), STATUS_CORRUPT);
    decision.has_after = false;
    assert_int_equal(engine_check_after(&world.states, &decision), STATUS_OK);
    world_close(&world);
}

static void leaving_them_out_changes_no_state(void **context)
{
    struct world world;
    struct decision decision;
    (void)context;
    world_open(&world, SHOP);
    assert_done(buy(&world, "ann", "o1", "60.00"));
    struct event event =
        EVENT(PURCHASE("ann", "o2"), ITEMS(ITEM("A", 1, "10.00")), .position = world.position + 1,
              .clock_us = world.now_us, .occurred_at_us = world.now_us);
    struct states without;
    assert_int_equal(states_init(&without, 1u << 20), STATUS_OK);
    without.skips_after = true;
    states_clear(&without);
    assert_int_equal(store_load_for(world.store, world.program, &event, &without), STATUS_OK);
    assert_int_equal(engine_decide(world.program, &without, &event, NULL, &decision), STATUS_OK);
    assert_false(decision.has_after);
    assert_int_equal(decision.balance_count, 0);
    assert_done(buy(&world, "ann", "o2", "10.00"));
    for (uint32_t i = 0; i < without.count; i++) {
        const struct state *with = states_find(&world.states, &without.list[i].key);
        assert_non_null(with);
        assert_int_equal(with->size, without.list[i].size);
        if (with->size > 0) assert_memory_equal(with->bytes, without.list[i].bytes, with->size);
    }
    states_release(&without);
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_says_what_its_members_have_and_where_they_stand),
        cmocka_unit_test(a_refused_event_settles_its_member_and_says_what_it_has),
        cmocka_unit_test(a_used_key_says_nothing_about_members),
        cmocka_unit_test(a_recorded_balance_or_level_that_the_states_do_not_have_is_corrupt),
        cmocka_unit_test(leaving_them_out_changes_no_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
