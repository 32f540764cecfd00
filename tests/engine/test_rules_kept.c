/* What rules keep of an event: counters that sum expressions, segments and audiences over them,
 * tier measures, what rewards need, and limits that are kept for each value.
 */
#include "world.h"

#define HEAD "program: shop\ntimezone: Europe/Paris\ncurrency: EUR\nwallets:\n  points: {}\n"
#define EVENTS "events:\n  review: {fields: {product: string, rating: int, paid: money}}\n"

static int64_t points_of(struct world *world, const char *member)
{
    return balance_of(world, member, 0).available;
}

static enum answer review(struct world *world, const char *member, const char *product)
{
    return happen(world,
                  EVENT(.type = EVENT_CUSTOM, .member = text_of(member), .name = TEXT("review"),
                        .values = (const struct field_value[]){{.name = TEXT("product"),
                                                                .type = FIELD_STRING,
                                                                .text = text_of(product)}},
                        .value_count = 1));
}

/* ---- counters ---- */

static void a_summed_expression_goes_down_by_its_share(void **context)
{
    struct world world;
    (void)context;
    world_open(&world,
               HEAD "counters:\n"
                    "  care: {sum: item.eligible * 2, on: purchase, each: item,"
                    " where: item.category == 'care', window: lifetime}\n"
                    "  units: {sum: order.quantity * 10, on: purchase, window: lifetime}\n"
                    "rules:\n"
                    "  care: {on: purchase, earn: \"(int(member.counters.units)) points\"}\n"
                    "  rich: {on: purchase, when: member.counters.care >= 40.00,"
                    " earn: 1000 points}\n");
    assert_done(happen(&world, EVENT(PURCHASE("ann", "o1"),
                                     ITEMS(ITEM_WITH("A", 2, "10.00", .category = TEXT("care")),
                                           ITEM("B", 1, "5.00")))));
    assert_int_equal(points_of(&world, "ann"), 0);
    assert_done(happen(&world, EVENT(PURCHASE("ann", "o2"), ITEMS(ITEM("B", 1, "5.00")))));
    assert_int_equal(points_of(&world, "ann"), 30 + 1000);
    /* care: 40.00 to 20.00; units: 30 of 15.00 / 25.00, 18 */
    assert_done(give_back_item(&world, "o1", "1", 1));
    assert_done(happen(&world, EVENT(PURCHASE("ann", "o3"), ITEMS(ITEM("B", 1, "5.00")))));
    assert_int_equal(points_of(&world, "ann"), 1030 + 28);
    assert_why_not(&world, "rich", NULL, EXPRESSION);
    world_close(&world);
}

static void a_counter_counts_nothing_where_its_sum_is_not_known(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, HEAD EVENTS
               "counters:\n  paid: {sum: event.paid, on: review, window: lifetime}\n"
               "rules:\n  r: {on: review, when: member.counters.paid == 7.50, earn: 1 point}\n");
    assert_done(join(&world, "ann"));
    assert_done(review(&world, "ann", "soap"));
    const struct field_value paid = {
        .name = TEXT("paid"), .type = FIELD_MONEY, .decimal = {75, 1}, .currency = TEXT("EUR")};
    assert_done(happen(&world, (struct event){.type = EVENT_CUSTOM,
                                              .member = TEXT("ann"),
                                              .name = TEXT("review"),
                                              .values = &paid,
                                              .value_count = 1}));
    assert_int_equal(points_of(&world, "ann"), 0);
    assert_done(review(&world, "ann", "soap"));
    assert_int_equal(points_of(&world, "ann"), 1);
    world_close(&world);
}

/* ---- segments, audiences ---- */

static void a_campaign_is_for_its_audience(void **context)
{
    struct world world;
    (void)context;
    world_open(&world,
               HEAD "profile: {country: string}\n"
                    "counters:\n  spend: {sum: order.eligible, on: purchase, window: 30 days}\n"
                    "segments:\n"
                    "  big: {title: Big, when: member.counters.spend > 100.00}\n"
                    "  swedes: {when: member.profile.country == 'SE'}\n"
                    "campaigns:\n"
                    "  more:\n    from: 2027-01-01\n    until: 2028-01-01\n"
                    "    audience: member.segments.big && !member.segments.swedes\n"
                    "    rules: {extra: {on: purchase, earn: 50 points}}\n");
    at(&world, "2027-03-01T12:00");
    assert_done(buy(&world, "ann", "o1", "101.00"));
    assert_why_not(&world, "extra", NULL, AUDIENCE);
    const struct field_value country = {
        .name = TEXT("country"), .type = FIELD_STRING, .text = TEXT("SE")};
    assert_done(happen(&world, EVENT(PURCHASE("ann", "o2"), ITEMS(ITEM("A", 1, "1.00")),
                                     .profile = &country, .profile_count = 1)));
    assert_why_not(&world, "extra", NULL, AUDIENCE);
    assert_int_equal(points_of(&world, "ann"), 0);
    assert_done(buy(&world, "ann", "o3", "1.00"));
    assert_int_equal(points_of(&world, "ann"), 50);
    at(&world, "2027-04-01T12:00");
    assert_done(buy(&world, "ann", "o4", "1.00"));
    assert_int_equal(points_of(&world, "ann"), 50);
    world_close(&world);
}

static void a_profile_is_in_no_record(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, HEAD "profile: {country: string}\n"
                            "rules:\n  r: {on: purchase, when: member.profile.country == 'Utopia',"
                            " earn: 5 points}\n");
    const struct field_value country = {
        .name = TEXT("country"), .type = FIELD_STRING, .text = TEXT("Utopia")};
    assert_done(happen(&world, EVENT(PURCHASE("ann", "o1"), ITEMS(ITEM("A", 1, "1.00")),
                                     .profile = &country, .profile_count = 1)));
    assert_int_equal(points_of(&world, "ann"), 5);
    struct text record = buffer_text(&world.record);
    assert_null(memmem(record.bytes, record.length, "Utopia", 6));
    /* A cart does not keep it either: whoever confirms brings it. */
    at(&world, "2027-03-01T12:00");
    assert_done(happen(&world, EVENT(QUOTE(&world, "ann", "o2", "2027-03-01T13:00"),
                                     ITEMS(ITEM("A", 1, "1.00")), .profile = &country,
                                     .profile_count = 1)));
    assert_done(confirm_order(&world, "o2"));
    assert_int_equal(points_of(&world, "ann"), 5);
    world_close(&world);
}

/* ---- tiers ---- */

static void a_tier_is_measured_by_an_expression_of_counters(void **context)
{
    struct world world;
    (void)context;
    world_open(&world,
               HEAD EVENTS "counters:\n"
                           "  spend: {sum: order.subtotal, on: purchase, window: 30 days}\n"
                           "  paid: {sum: event.paid, on: review, window: 30 days}\n"
                           "tiers:\n"
                           "  club:\n"
                           "    measured_by: member.counters.spend + member.counters.paid * 2\n"
                           "    levels: {silver: {from: 100.00 EUR}, gold: {from: 200.00 EUR}}\n"
                           "    kept_until: as measured\n"
                           "    downgrade: by measure\n"
                           "    on_return: re-evaluate\n"
                           "rules:\n  r: {on: purchase, earn: 1 point}\n");
    const struct field_value paid = {
        .name = TEXT("paid"), .type = FIELD_MONEY, .decimal = {50, 0}, .currency = TEXT("EUR")};
    at(&world, "2027-03-01T12:00");
    assert_done(buy(&world, "ann", "o1", "99.99"));
    assert_level(&world, "ann", "none");
    at(&world, "2027-03-11T12:00");
    assert_done(happen(&world, (struct event){.type = EVENT_CUSTOM,
                                              .member = TEXT("ann"),
                                              .name = TEXT("review"),
                                              .values = &paid,
                                              .value_count = 1}));
    assert_level(&world, "ann", "silver");
    assert_done(buy(&world, "ann", "o2", "0.01"));
    assert_level(&world, "ann", "gold");
    assert_done(give_back_order(&world, "o2"));
    assert_level(&world, "ann", "silver");
    struct tier_progress progress;
    assert_int_equal(
        member_progress(world.program, &world.states, TEXT("ann"), 0, world.now_us, &progress),
        STATUS_OK);
    assert_int_equal(progress.measured, 19999);
    assert_int_equal(progress.missing, 1);
    /* The purchase leaves the window on the 31st, the review on 10 April. */
    at(&world, "2027-04-01T12:00");
    assert_level(&world, "ann", "silver");
    at(&world, "2027-04-11T12:00");
    assert_level(&world, "ann", "none");
    world_close(&world);
}

/* ---- rewards ---- */

static void a_reward_needs_what_its_expression_says(void **context)
{
    struct world world;
    (void)context;
    world_open(&world,
               HEAD "counters:\n  orders: {count: purchases, window: lifetime}\n"
                    "rules:\n  r: {on: purchase, earn: 100 points}\n"
                    "rewards:\n"
                    "  loyal: {cost: 10 points, needs: {when: member.counters.orders >= 2}}\n"
                    "  large: {cost: 10 points, gives: {discount: 1.00 EUR},"
                    " needs: {when: order.eligible >= 20.00 || member.id == 'ann'}}\n");
    assert_done(buy(&world, "ann", "o1", "1.00"));
    assert_answer(NEEDS_NOT_MET, take_reward(&world, "ann", "loyal", NULL));
    assert_done(buy(&world, "ann", "o2", "1.00"));
    assert_done(take_reward(&world, "ann", "loyal", NULL));
    /* What names the order holds in an order only. */
    assert_answer(NEEDS_NOT_MET, take_reward(&world, "ann", "large", NULL));
    assert_done(happen(&world, EVENT(PURCHASE("ann", "o3"), ITEMS(ITEM("A", 1, "5.00")),
                                     REDEEMS(REWARD("large")))));
    assert_done(buy(&world, "bob", "o4", "1.00"));
    assert_answer(NEEDS_NOT_MET,
                  happen(&world, EVENT(PURCHASE("bob", "o5"), ITEMS(ITEM("A", 1, "19.99")),
                                       REDEEMS(REWARD("large")))));
    assert_done(happen(&world, EVENT(PURCHASE("bob", "o5"), ITEMS(ITEM("A", 1, "20.00")),
                                     REDEEMS(REWARD("large")))));
    world_close(&world);
}

/* ---- limits for each value ---- */

#define FOR_EACH(limit)                                                                            \
    HEAD EVENTS "rules:\n"                                                                         \
                "  r: {on: review, earn: 10 points, limit: {" limit                                \
                ", for_each: event.product}}\n"

static void a_limit_for_each_value_does_not_grow_the_member(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, FOR_EACH("per_member: 1"));
    assert_done(join(&world, "ann"));
    assert_done(join(&world, "bob"));
    assert_done(review(&world, "ann", "soap"));
    size_t bytes = bytes_of(&world, ENTITY_MEMBER, "ann").length;
    assert_int_equal(points_of(&world, "ann"), 10);
    assert_done(review(&world, "ann", "soap"));
    assert_why_not(&world, "r", NULL, LIMIT);
    for (int i = 0; i < 30; i++) {
        char product[16];
        (void)snprintf(product, sizeof product, "p%d", i);
        assert_done(review(&world, "ann", product));
    }
    assert_int_equal(points_of(&world, "ann"), 310);
    /* Thirty lots of one class, and nothing else. */
    assert_true(bytes_of(&world, ENTITY_MEMBER, "ann").length <= bytes + 30 * 24);
    assert_done(review(&world, "bob", "soap"));
    assert_int_equal(points_of(&world, "bob"), 10);
    /* Of no value nobody can say how often it was used. */
    assert_done(
        happen(&world, EVENT(.type = EVENT_CUSTOM, .member = TEXT("bob"), .name = TEXT("review"))));
    assert_why_not(&world, "r", NULL, LIMIT);
    world_close(&world);
}

static void a_limit_in_all_for_each_value_counts_everybody(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, FOR_EACH("in_all: 2"));
    assert_done(join(&world, "ann"));
    assert_done(join(&world, "bob"));
    assert_done(review(&world, "ann", "soap"));
    assert_done(review(&world, "bob", "soap"));
    assert_done(review(&world, "ann", "soap"));
    assert_why_not(&world, "r", NULL, LIMIT);
    assert_done(review(&world, "ann", "salt"));
    assert_int_equal(points_of(&world, "ann"), 20);
    world_close(&world);
}

static void who_was_merged_has_used_what_both_have(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, FOR_EACH("per_member: 1"));
    assert_done(join(&world, "ann"));
    assert_done(join(&world, "bob"));
    assert_done(review(&world, "bob", "soap"));
    assert_done(merge(&world, "bob", "ann"));
    assert_done(review(&world, "ann", "soap"));
    assert_why_not(&world, "r", NULL, LIMIT);
    assert_done(review(&world, "bob", "soap"));
    assert_why_not(&world, "r", NULL, LIMIT);
    assert_done(unmerge(&world, "bob", "ann"));
    assert_done(review(&world, "ann", "soap"));
    assert_int_equal(points_of(&world, "ann"), 10);
    world_close(&world);
}

#define PER_STORE                                                                                  \
    HEAD "rules:\n"                                                                                \
         "  base: {on: purchase, earn: 1 point}\n"                                                 \
         "  r: {on: purchase, earn: 10 points, limit: {per_member: 1, for_each: event.store}}\n"   \
         "  big: {on: purchase, earn: 1 point per 1.00 EUR,"                                       \
         " limit: {in_all: 50 points, for_each: order.quantity}}\n"

static enum answer buy_at(struct world *world, const char *member, const char *order,
                          const char *store, int64_t units)
{
    return happen(world, EVENT(PURCHASE(member, order), ITEMS(ITEM("A", units, "10.00")),
                               .store = text_of(store)));
}

static void a_return_gives_back_what_was_used_of_the_value(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, PER_STORE);
    assert_done(buy_at(&world, "ann", "o1", "s1", 3));
    assert_int_equal(points_of(&world, "ann"), 1 + 10 + 30);
    assert_done(buy_at(&world, "ann", "o2", "s1", 3));
    assert_why_not(&world, "r", NULL, LIMIT);
    assert_int_equal(points_of(&world, "ann"), 41 + 1 + 20);
    assert_done(happen(&world, EVENT(ABOUT_ORDER(RETURN, "o1"), .id = TEXT("back"))));
    assert_int_equal(points_of(&world, "ann"), 21);
    assert_done(undo_return(&world, "o1", "back"));
    assert_int_equal(points_of(&world, "ann"), 62);
    assert_done(buy_at(&world, "ann", "o3", "s1", 3));
    assert_int_equal(points_of(&world, "ann"), 63);
    assert_done(give_back_order(&world, "o1"));
    assert_done(buy_at(&world, "ann", "o4", "s1", 3));
    assert_int_equal(points_of(&world, "ann"), 63 - 41 + 41);
    /* An edit counts against the value that it has now. */
    assert_done(happen(
        &world, EVENT(ABOUT_ORDER(EDIT, "o4"), ITEMS(ITEM("A", 2, "10.00")), .store = TEXT("s2"))));
    assert_int_equal(points_of(&world, "ann"), 63 - 10);
    assert_done(buy_at(&world, "ann", "o5", "s2", 3));
    assert_why_not(&world, "r", NULL, LIMIT);
    assert_int_equal(points_of(&world, "ann"), 53 + 1 + 30);
    assert_done(buy_at(&world, "ann", "o6", "s1", 1));
    assert_int_equal(points_of(&world, "ann"), 84 + 1 + 10 + 10);
    world_close(&world);
}

static void a_quote_holds_what_is_left_of_the_value(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, PER_STORE);
    at(&world, "2027-03-01T12:00");
    assert_done(join(&world, "ann"));
    assert_done(happen(&world, EVENT(QUOTE(&world, "ann", "o1", "2027-03-01T13:00"),
                                     ITEMS(ITEM("A", 4, "10.00")), .store = TEXT("s1"))));
    assert_done(buy_at(&world, "bob", "o2", "s1", 4));
    assert_int_equal(points_of(&world, "bob"), 1 + 10 + 10);
    assert_done(confirm_order(&world, "o1"));
    assert_int_equal(points_of(&world, "ann"), 1 + 10 + 40);
    assert_done(happen(&world, EVENT(QUOTE(&world, "ann", "o3", "2027-03-01T13:00"),
                                     ITEMS(ITEM("A", 5, "10.00")), .store = TEXT("s2"))));
    at(&world, "2027-03-01T14:00");
    assert_done(buy_at(&world, "bob", "o4", "s2", 5));
    assert_int_equal(points_of(&world, "bob"), 21 + 1 + 10 + 50);
    assert_done(confirm_order(&world, "o3"));
    assert_int_equal(points_of(&world, "ann"), 51 + 1 + 10);
    world_close(&world);
}

static void a_claimed_order_counts_for_who_claims_it(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, PER_STORE);
    at(&world, "2027-03-01T12:00");
    assert_done(join(&world, "ann"));
    assert_done(
        happen(&world, EVENT(GUEST("o1"), ITEMS(ITEM("A", 1, "10.00")), .store = TEXT("s1"))));
    assert_done(claim(&world, "o1", "ann"));
    assert_int_equal(points_of(&world, "ann"), 1 + 10 + 10);
    assert_done(buy_at(&world, "ann", "o2", "s1", 1));
    assert_int_equal(points_of(&world, "ann"), 21 + 1 + 10);
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_summed_expression_goes_down_by_its_share),
        cmocka_unit_test(a_counter_counts_nothing_where_its_sum_is_not_known),
        cmocka_unit_test(a_campaign_is_for_its_audience),
        cmocka_unit_test(a_profile_is_in_no_record),
        cmocka_unit_test(a_tier_is_measured_by_an_expression_of_counters),
        cmocka_unit_test(a_reward_needs_what_its_expression_says),
        cmocka_unit_test(a_limit_for_each_value_does_not_grow_the_member),
        cmocka_unit_test(a_limit_in_all_for_each_value_counts_everybody),
        cmocka_unit_test(who_was_merged_has_used_what_both_have),
        cmocka_unit_test(a_return_gives_back_what_was_used_of_the_value),
        cmocka_unit_test(a_quote_holds_what_is_left_of_the_value),
        cmocka_unit_test(a_claimed_order_counts_for_who_claims_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
