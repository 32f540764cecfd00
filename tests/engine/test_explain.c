/* Every balance explains itself: what fired and from which values, and why each other rule did not.
 */
#include "world.h"

#define HEAD "program: shop\ncurrency: EUR\nwallets:\n  points: {}\n"

static void what_fired_says_its_base_rate_boost_and_grant(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, HEAD "rules:\n  base:\n    on: purchase\n    if: {category: books}\n"
                            "    earn: 2 points per 1.00 EUR\n"
                            "    limit: {per_member: 50 points per calendar year}\n"
                            "    boosts: {web: {if: {channel: web}, by: 1.5}}\n");
    assert_done(happen(&world, EVENT(PURCHASE("ann", "o1"),
                                     ITEMS(ITEM_WITH("A", 2, "10.00", .category = TEXT("books")),
                                           ITEM("B", 1, "99.00")),
                                     .channel = TEXT("web"))));
    const struct fired *base = fired(&world, "base");
    assert_non_null(base);
    assert_int_equal(base->rule_symbol, world.program->rules[base->rule].symbol);
    assert_int_equal(base->wallet, world.program->wallets[0].symbol);
    assert_int_equal(base->base, 2000);
    assert_int_equal(base->boost, 1500000);
    assert_int_equal(base->line_count, 1);
    assert_int_equal(base->granted, 50);
    assert_int_equal(base->ungranted, 10);
    assert_int_equal(world.decision.program_version, 1);
    assert_true(text_equal(world.decision.zone_data, zone_data_version()));
    assert_int_equal(world.told_count, 0);
    world_close(&world);
}

static void a_lot_leads_to_the_event_and_rule_that_made_it(void **context)
{
    struct world world;
    struct lot_view lot;
    (void)context;
    world_open(&world, HEAD "rules:\n  base: {on: purchase, earn: 1 point per 1.00 EUR}\n"
                            "  thanks: {on: purchase, earn: 3 points}\n");
    assert_done(buy(&world, "ann", "o1", "10.00"));
    uint64_t position = world.decision.position;
    assert_balance(&world, "ann", .available = 13);
    for (uint32_t i = 0; i < 2; i++) {
        assert_int_equal(member_lot(&world.looked_at, TEXT("ann"), i, &lot), STATUS_OK);
        assert_int_equal(lot.earning >> 16, position);
        assert_int_equal(lot.earning & 0xffff, i);
        assert_int_equal(lot.rule, world.program->rules[i].symbol);
        assert_int_equal(lot.remaining, i == 0 ? 10 : 3);
    }
    assert_int_equal(member_lot(&world.looked_at, TEXT("ann"), 2, &lot), STATUS_NOT_FOUND);
    world_close(&world);
}

/* Each rule fails for one reason of its own. */
#define MANY                                                                                       \
    "program: shop\ncurrencies: [EUR, SEK]\nwallets:\n  points: {}\n"                              \
    "counters:\n  spend: {sum: order.eligible, currency: EUR}\n"                                   \
    "tiers:\n  club: {measured_by: spend, levels: {gold: {from: 1000.00 EUR}}}\n"                  \
    "rules:\n"                                                                                     \
    "  fires: {on: purchase, earn: 1 point, exclusive: one, priority: 1}\n"                        \
    "  excluded: {on: purchase, earn: 1 point, exclusive: one}\n"                                  \
    "  welcome: {on: join, earn: 1 point}\n"                                                       \
    "  tomorrow: {on: purchase, if: {from: 2027-03-02}, earn: 1 point}\n"                          \
    "  yesterday: {on: purchase, if: {until: 2027-03-01}, earn: 1 point}\n"                        \
    "  gold: {on: purchase, if: {tier: gold}, earn: 1 point}\n"                                    \
    "  birthday: {on: purchase, if: {birthday: day}, earn: 1 point}\n"                             \
    "  web: {on: purchase, if: {channel: [web]}, earn: 1 point}\n"                                 \
    "  harbour: {on: purchase, if: {store: harbour}, earn: 1 point}\n"                             \
    "  books: {on: purchase, if: {category: books}, earn: 1 point}\n"                              \
    "  large: {on: purchase, if: {order_at_least: 50.00 EUR}, earn: 1 point}\n"                    \
    "  crowns: {on: purchase, earn: 1 point per 1.00 SEK}\n"                                       \
    "  coarse: {on: purchase, earn: 1 point per 100.00 EUR}\n"                                     \
    "  once: {on: purchase, earn: 1 point, limit: {per_member: 1 per calendar day}}\n"             \
    "campaigns:\n  spring: {budget: 1 points, rules: {extra: {on: purchase, earn: 1 point}}}\n"    \
    "  past: {until: 2027-02-01, rules: {winter: {on: purchase, earn: 1 point}}}\n"

static void every_rule_that_did_not_fire_is_told_with_its_reason_once(void **context)
{
    static const struct {
        const char *rule;
        enum why_not why;
    } cases[] = {
        {"fires", WHY_NOT_COUNT},          {"excluded", WHY_NOT_EXCLUDED},
        {"welcome", WHY_NOT_OTHER_EVENT},  {"tomorrow", WHY_NOT_NOT_YET},
        {"yesterday", WHY_NOT_OVER},       {"gold", WHY_NOT_TIER},
        {"birthday", WHY_NOT_BIRTHDAY},    {"web", WHY_NOT_CHANNEL},
        {"harbour", WHY_NOT_STORE},        {"books", WHY_NOT_ITEMS},
        {"large", WHY_NOT_ORDER_AT_LEAST}, {"crowns", WHY_NOT_CURRENCY},
        {"coarse", WHY_NOT_NOTHING},       {"once", WHY_NOT_LIMIT},
        {"extra", WHY_NOT_BUDGET},         {"winter", WHY_NOT_OVER},
    };
    struct world world;
    (void)context;
    world_open(&world, MANY);
    assert_done(buy(&world, "ann", "o1", "10.00"));
    assert_non_null(fired(&world, "once"));
    assert_done(buy(&world, "ann", "o2", "10.00"));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (why_not(&world, cases[i].rule, NULL) != cases[i].why) {
            fail_msg("%s was told %d", cases[i].rule, why_not(&world, cases[i].rule, NULL));
        }
    }
    assert_int_equal(world.told_count, sizeof cases / sizeof *cases - 1);
    assert_int_equal(world.decision.fired_count, 1);
    world_close(&world);
}

static void every_boost_that_did_not_count_is_told_with_its_reason_once(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, HEAD "rules:\n  base:\n    on: purchase\n    earn: 1 point per 1.00 EUR\n"
                            "    boosts:\n      combine: best\n"
                            "      double: {by: 2}\n"
                            "      half: {by: 1.5}\n"
                            "      web: {if: {channel: web}, by: 3}\n"
                            "      books: {if: {category: books}, by: 4}\n"
                            "      once: {by: 5, limit: {per_member: 1 per calendar year}}\n");
    assert_done(buy(&world, "ann", "o1", "10.00"));
    assert_int_equal(fired(&world, "base")->granted, 50);
    assert_why_not(&world, "base", "double", NOT_BEST);
    assert_done(buy(&world, "ann", "o2", "10.00"));
    assert_int_equal(fired(&world, "base")->granted, 20);
    assert_why_not(&world, "base", "double", COUNT);
    assert_why_not(&world, "base", "half", NOT_BEST);
    assert_why_not(&world, "base", "web", CHANNEL);
    assert_why_not(&world, "base", "books", ITEMS);
    assert_why_not(&world, "base", "once", LIMIT);
    assert_int_equal(world.told_count, 4);
    world_close(&world);
}

static void without_a_sink_the_decision_is_the_same(void **context)
{
    struct world world;
    struct decision decision;
    struct buffer record;
    (void)context;
    world_open(&world, MANY);
    assert_done(buy(&world, "ann", "o1", "10.00"));
    struct event event =
        EVENT(PURCHASE("ann", "o2"), ITEMS(ITEM("A", 1, "10.00")), .position = world.position + 1,
              .clock_us = world.now_us, .occurred_at_us = world.now_us);
    buffer_init(&record, ENGINE_RECORD_MAXIMUM);
    states_clear(&world.looked_at);
    assert_int_equal(store_load_for(world.store, world.program, &event, &world.looked_at),
                     STATUS_OK);
    assert_int_equal(engine_decide(world.program, &world.looked_at, &event, NULL, &decision),
                     STATUS_OK);
    assert_int_equal(engine_encode(&decision, &event, &record), STATUS_OK);
    assert_done(buy(&world, "ann", "o2", "10.00"));
    assert_int_equal(record.length, world.record.length);
    assert_memory_equal(record.bytes, world.record.bytes, record.length);
    buffer_release(&record);
    world_close(&world);
}

static void an_event_of_one_member_changes_no_other(void **context)
{
    struct world world;
    struct buffer before;
    (void)context;
    world_open(&world, MANY);
    assert_done(buy(&world, "ann", "o1", "10.00"));
    buffer_init(&before, 1u << 16);
    assert_int_equal(buffer_add(&before, bytes_of(&world, ENTITY_MEMBER, "ann")), STATUS_OK);
    assert_done(buy(&world, "bob", "o2", "70.00"));
    assert_done(give_back_order(&world, "o2"));
    struct text after = bytes_of(&world, ENTITY_MEMBER, "ann");
    assert_int_equal(after.length, before.length);
    assert_memory_equal(after.bytes, before.bytes, after.length);
    buffer_release(&before);
    world_close(&world);
}

static void every_answer_reason_account_and_event_has_its_words(void **context)
{
    (void)context;
    for (int i = 0; i < ANSWER_COUNT; i++)
        assert_true(text_of(answer_text((enum answer)i)).length > 0);
    for (int i = 0; i < WHY_NOT_COUNT; i++)
        assert_true(text_of(why_not_text((enum why_not)i)).length > 0);
    for (int i = 0; i < ACCOUNT_COUNT; i++)
        assert_true(text_of(account_name((enum account)i)).length > 0);
    for (int i = 0; i < EVENT_TYPE_COUNT; i++)
        assert_true(text_of(event_type_name((enum event_type)i)).length > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_fired_says_its_base_rate_boost_and_grant),
        cmocka_unit_test(a_lot_leads_to_the_event_and_rule_that_made_it),
        cmocka_unit_test(every_rule_that_did_not_fire_is_told_with_its_reason_once),
        cmocka_unit_test(every_boost_that_did_not_count_is_told_with_its_reason_once),
        cmocka_unit_test(without_a_sink_the_decision_is_the_same),
        cmocka_unit_test(an_event_of_one_member_changes_no_other),
        cmocka_unit_test(every_answer_reason_account_and_event_has_its_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
