/* Expressions: what they see of an event, and what a rule, boost, counter, segment, audience, tier
 * or reward makes of what they come to.
 */
#include "world.h"

#define HEAD "program: shop\ntimezone: Europe/Paris\ncurrency: EUR\nwallets:\n  points: {}\n"
#define EVENTS                                                                                     \
    "events:\n"                                                                                    \
    "  review: {fields: {approved: bool, rating: int, product: string, worth: money,\n"            \
    "           share: decimal, at: timestamp, tags: list(string)}}\n"                             \
    "  visit: {}\n"
#define TIERS                                                                                      \
    "counters:\n"                                                                                  \
    "  spend: {sum: order.eligible, on: purchase, window: lifetime}\n"                             \
    "tiers:\n"                                                                                     \
    "  club:\n"                                                                                    \
    "    measured_by: spend\n"                                                                     \
    "    levels: {insider: {}, vib: {from: 100.00 EUR}, rouge: {from: 500.00 EUR}}\n"

#define VALUE(field, kind, ...)                                                                    \
    {                                                                                              \
        .name = TEXT(field), .type = FIELD_##kind, __VA_ARGS__                                     \
    }
#define VALUES(...)                                                                                \
    .values = (const struct field_value[]){__VA_ARGS__},                                           \
    .value_count = sizeof((const struct field_value[]){__VA_ARGS__}) / sizeof(struct field_value)
#define CUSTOM(member_text, name_text)                                                             \
    .type = EVENT_CUSTOM, .member = text_of(member_text), .name = text_of(name_text)

static int64_t points_of(struct world *world, const char *member)
{
    return balance_of(world, member, 0).available;
}

/* The detail that was told of a rule that did not fire. */
static void assert_detail(const struct world *world, const char *rule, const char *detail)
{
    for (uint32_t i = 0; i < world->told_count; i++) {
        const struct told *told = &world->told[i];
        if (told->boost != PROGRAM_NONE) continue;
        if (!text_equal(world->program->rules[told->rule].id, text_of(rule))) continue;
        char got[500];
        (void)snprintf(got, sizeof got, "%.*s", TEXT_ARGUMENTS(told->detail));
        assert_string_equal(got, detail);
        return;
    }
    fail_msg("nothing was told of %s", rule);
}

/* ---- what they see ---- */

/* One purchase: two items, a discount, tax on top, shipping; on Friday, 5 March 2027, at 18:30. */
static enum answer buy_two(struct world *world, const char *order)
{
    at(world, "2027-03-05T18:30");
    return happen(
        world,
        EVENT(PURCHASE("ann", order),
              ITEMS(ITEM_WITH("A", 2, "10.125", .category = TEXT("skincare"), .discount = 100,
                              .tax = 20),
                    ITEM_WITH("B", 1, "30.00", .id = TEXT("line-b"), .type = TEXT("gift_card"))),
              .shipping = 490, .discount = 200, .paid_with_points = 150, .channel = TEXT("web"),
              .store = TEXT("s1"), .birthday_month = 3, .birthday_day = 7));
}

static void expressions_see_the_event_the_order_and_the_member(void **context)
{
    static const char *const true_ones[] = {
        "event.type == 'purchase'",
        "event.channel == 'web' && event.store == 's1' && event.till == ''",
        "event.local.weekday == 'friday' && event.local.week_day == 5",
        "event.local.year == 2027 && event.local.month == 3 && event.local.day == 5",
        "event.local.hour == 18 && event.local.minute == 30",
        "event.local.date == '2027-03-05' && event.local.time == '18:30'",
        "event.occurred_at == timestamp('2027-03-05T17:30:00Z') && now == event.occurred_at",
        "order.id == 'o1' && order.currency == 'EUR' && order.quantity == 3",
        "order.subtotal == 50.25",
        "order.discount == 3.00",
        "order.tax == 0.20 && order.shipping == 4.90 && order.paid_with_points == 1.50",
        "order.total == 52.35",
        "order.items.size() == 2 && order.items[0].id == '1' && order.items[1].id == 'line-b'",
        "order.items[0].unit_price == 10.125 && order.items[0].subtotal == 20.25",
        "order.items.exists(i, i.category == 'skincare' && i.quantity >= 2)",
        "order.items.exists_one(i, i.type == 'gift_card')",
        "order.items[0].discount == 1.00 && order.items[0].tax == 0.20",
        "order.items[1].eligible == 0.00 && order.items[0].sku == 'A' && order.items[0].name == ''",
        "order.eligible == order.items[0].eligible",
        "member.id == 'ann' && member.joined_at == now",
        "member.birthday.month == 3 && member.birthday.day == 7",
        "member.birthday.within('week') && member.birthday.within('month')",
        "!member.birthday.within('day')",
        "member.tiers.club == 'insider' && member.tiers.club != 'vib'",
        "member.tiers.club.level == 'insider' && member.tiers.club.rank == 1",
        "member.tiers.club.atLeast('insider') && member.tiers.club.below('vib')",
        "member.tiers.club in ['insider', 'none']",
        "member.tiers.club.since == now && !has(member.tiers.club.kept_until)",
        "member.counters.spend == 0.00",
        "member.wallets.points.available == 0 && member.wallets.points.debt == 0",
        "program.id == 'shop' && program.version == 1 && program.timezone == 'Europe/Paris'",
        "has(member.birthday) && !has(member.profile.country)",
    };
    (void)context;
    for (size_t i = 0; i < sizeof true_ones / sizeof *true_ones; i++) {
        struct world world;
        char text[1500];
        (void)snprintf(text, sizeof text,
                       HEAD "profile: {country: string}\n" TIERS
                            "rules:\n  r: {on: purchase, when: \"%s\", earn: 7 points}\n",
                       true_ones[i]);
        world_open(&world, text);
        assert_done(buy_two(&world, "o1"));
        if (points_of(&world, "ann") != 7) {
            fail_msg("%s: %.*s", true_ones[i],
                     world.told_count == 0 ? 0 : TEXT_ARGUMENTS(world.told[0].detail));
        }
        world_close(&world);
    }
}

struct reason_case {
    const char *when;
    const char *detail;
};

static void what_did_not_hold_is_told_with_its_values(void **context)
{
    static const struct reason_case cases[] = {
        {"order.eligible >= 50.00", "order.eligible >= 50.00: 42.10 >= 50.00"},
        {"order.eligible >= 10.00 && member.tiers.club.atLeast('vib')",
         "member.tiers.club.atLeast('vib'): member.tiers.club is 'insider'"},
        {"member.profile.country == 'SE'", "member.profile.country: not known"},
        {"money('1.00 USD') < order.eligible",
         "money('1.00 USD') < order.eligible: different currencies: USD and EUR"},
    };
    (void)context;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world world;
        char text[1500];
        (void)snprintf(text, sizeof text,
                       HEAD "profile: {country: string}\n" TIERS
                            "rules:\n  r: {on: purchase, when: \"%s\", earn: 7 points}\n",
                       cases[i].when);
        world_open(&world, text);
        assert_done(buy(&world, "ann", "o1", "42.10"));
        assert_int_equal(points_of(&world, "ann"), 0);
        assert_done(buy(&world, "ann", "o2", "42.10"));
        assert_why_not(&world, "r", NULL, EXPRESSION);
        assert_detail(&world, "r", cases[i].detail);
        world_close(&world);
    }
}

static void a_rule_looks_at_the_items_where_says(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, HEAD
               "rules:\n"
               "  base: {on: purchase, where: \"item.category == 'care' && item.quantity > 1\","
               " earn: 1 point per 1.00 EUR}\n");
    assert_done(happen(&world, EVENT(PURCHASE("ann", "o1"),
                                     ITEMS(ITEM_WITH("A", 2, "10.00", .category = TEXT("care")),
                                           ITEM_WITH("B", 1, "5.00", .category = TEXT("care")),
                                           ITEM("C", 3, "7.00")))));
    assert_int_equal(points_of(&world, "ann"), 20);
    assert_done(give_back_item(&world, "o1", "1", 1));
    assert_int_equal(points_of(&world, "ann"), 10);
    assert_done(happen(&world, EVENT(PURCHASE("ann", "o2"), ITEMS(ITEM("C", 3, "7.00")))));
    assert_why_not(&world, "base", NULL, ITEMS);
    world_close(&world);
}

static void everything_is_as_it_was_before_the_event(void **context)
{
    struct world world;
    (void)context;
    /* The first rule gives points, the counter counts before the others look at it. */
    world_open(&world,
               HEAD "counters:\n"
                    "  orders: {count: purchases, window: lifetime}\n"
                    "  firsts: {count: purchases, when: member.counters.orders == 0,"
                    " window: lifetime}\n"
                    "rules:\n"
                    "  give: {on: purchase, earn: 100 points}\n"
                    "  empty: {on: purchase, when: member.wallets.points.available == 0,"
                    " earn: 5 points}\n"
                    "  third: {on: purchase, when: member.counters.orders == 2, earn: 30 points}\n"
                    "  again: {on: purchase, when: member.counters.firsts == 1, earn: 1 point}\n");
    assert_done(buy(&world, "ann", "o1", "1.00"));
    assert_int_equal(points_of(&world, "ann"), 105);
    assert_done(buy(&world, "ann", "o2", "1.00"));
    assert_int_equal(points_of(&world, "ann"), 206);
    assert_done(buy(&world, "ann", "o3", "1.00"));
    assert_int_equal(points_of(&world, "ann"), 337);
    world_close(&world);
}

/* ---- computed points ---- */

struct earn_case {
    const char *earn; /* with what else the rule says */
    int64_t points;   /* for 2 x 10.55 of A and 1 x 5.00 of B */
    int64_t kept;     /* when one A has gone back */
};

static void computed_points_are_given_and_keep_their_share(void **context)
{
    static const struct earn_case cases[] = {
        {"earn: (order.quantity * 10) points", 30, 17},
        {"earn: (decimal('10.5')) points", 10, 5},
        {"earn: \"(decimal('10.5')) points, rounded half up\"", 11, 6},
        {"earn: (0 - 5) points", 0, 0},
        {"earn: (order.quantity) points per 1.00 EUR of order.eligible", 78, 46},
        {"earn: (decimal('0.5')) points per 1.00 EUR of order.eligible", 13, 7},
        {"earn: 1 point per 1.00 EUR of (order.eligible - order.items[0].eligible)", 5, 2},
        {"earn: 2 points per whole 10.00 EUR of (order.total)", 4, 2},
        {"earn: 1 point per 1.00 EUR of (order.eligible - 100.00)", 0, 0},
        {"earn: 3 points per item of (order.items.size() * 2)", 12, 7},
        {"earn: (item.quantity * 5) points", 15, 8},
        {"each: item\n    earn: \"(item.sku == 'A' ? 4 : 0 - 4) points\"", 4, 2},
        {"earn: 1 point per 1.00 EUR of (item.eligible - 4.10)", 17, 10},
        {"earn: \"(item.sku == 'A' ? 2 : 1) points per 1.00 EUR of item.eligible\"", 47, 26},
    };
    (void)context;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world world;
        char text[600];
        (void)snprintf(text, sizeof text, HEAD "rules:\n  r:\n    on: purchase\n    %s\n",
                       cases[i].earn);
        world_open(&world, text);
        assert_done(happen(&world, EVENT(PURCHASE("ann", "o1"),
                                         ITEMS(ITEM("A", 2, "10.55"), ITEM("B", 1, "5.00")))));
        int64_t points = points_of(&world, "ann");
        assert_done(give_back_item(&world, "o1", "1", 1));
        int64_t kept = points_of(&world, "ann");
        if (points != cases[i].points || kept != cases[i].kept) {
            fail_msg("%s: %lld points, %lld kept", cases[i].earn, (long long)points,
                     (long long)kept);
        }
        assert_done(give_back_order(&world, "o1"));
        assert_balance(&world, "ann", .available = 0);
        world_close(&world);
    }
}

static void a_boost_multiplies_computed_points_and_is_rounded_once(void **context)
{
    struct world world;
    (void)context;
    world_open(&world,
               HEAD "rules:\n"
                    "  r:\n    on: purchase\n    earn: (decimal('1.5') * order.quantity) points\n"
                    "    boosts: {web: {when: event.channel == 'web', by: 1.5}}\n");
    assert_done(happen(
        &world, EVENT(PURCHASE("ann", "o1"), ITEMS(ITEM("A", 3, "1.00")), .channel = TEXT("web"))));
    assert_int_equal(points_of(&world, "ann"), 6); /* 4.5 x 1.5 = 6.75 */
    assert_done(happen(&world, EVENT(PURCHASE("ann", "o2"), ITEMS(ITEM("A", 3, "1.00")))));
    assert_int_equal(points_of(&world, "ann"), 10);
    assert_why_not(&world, "r", "web", EXPRESSION);
    world_close(&world);
}

static void points_that_cannot_be_computed_are_not_given(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, HEAD "rules:\n"
                            "  r: {on: purchase, earn: (1 / (order.quantity - 1)) points}\n");
    assert_done(buy(&world, "ann", "o1", "1.00"));
    assert_why_not(&world, "r", NULL, EXPRESSION);
    assert_done(happen(&world, EVENT(PURCHASE("ann", "o2"), ITEMS(ITEM("A", 2, "1.00")))));
    assert_int_equal(points_of(&world, "ann"), 1);
    world_close(&world);
}

static void an_order_of_many_different_rates_keeps_its_share(void **context)
{
    enum { MANY = 600 };
    struct world world;
    struct item *items = calloc(MANY, sizeof *items);
    int64_t whole = 0;
    (void)context;
    assert_non_null(items);
    world_open(&world, HEAD "rules:\n"
                            "  r: {on: purchase, earn: (int(item.sku)) points per 1.00 EUR of"
                            " item.eligible}\n");
    static char skus[MANY][8];
    for (int i = 0; i < MANY; i++) {
        (void)snprintf(skus[i], sizeof skus[i], "%d", i + 1);
        items[i] =
            (struct item){.sku = text_of(skus[i]), .quantity = 2, .unit_price = price_of("1.00")};
        whole += 2 * (i + 1);
    }
    assert_done(
        happen(&world, (struct event){PURCHASE("ann", "o1"), .items = items, .item_count = MANY}));
    assert_int_equal(points_of(&world, "ann"), whole);
    assert_done(give_back_item(&world, "o1", "1", 2));
    assert_int_equal(points_of(&world, "ann"), whole * (MANY - 1) / MANY);
    world_close(&world);
    free(items);
}

/* ---- custom events ---- */

static void a_custom_event_earns_counts_and_is_known_by_its_values(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, HEAD EVENTS
               "counters:\n"
               "  reviews: {count: events, on: review, when: event.approved, window: lifetime}\n"
               "  stars: {sum: event.rating, on: review, window: lifetime}\n"
               "tiers:\n  critics: {measured_by: stars, levels: {pen: {from: 5}}}\n"
               "rules:\n"
               "  review: {on: review, when: event.approved, earn: (event.rating * 2) points}\n"
               "  worth: {on: review, earn: 1 point per 1.00 EUR of (event.worth)}\n"
               "  tag: {on: review, when: \"'new' in event.tags && event.share > 0.25\","
               " earn: 100 points}\n"
               "  visit: {on: visit, when: event.type == 'visit' && event.channel == 'app',"
               " earn: 3 points}\n"
               "  stars: {on: visit, earn: (member.counters.stars) points}\n");
    assert_done(join(&world, "ann"));
    assert_answer(UNKNOWN_EVENT, happen(&world, EVENT(CUSTOM("ann", "revue"))));
    assert_done(happen(
        &world, EVENT(CUSTOM("ann", "review"), VALUES(VALUE("approved", BOOL, .boolean = true),
                                                      VALUE("rating", INT, .integer = 5)))));
    assert_int_equal(points_of(&world, "ann"), 10);
    assert_why_not(&world, "worth", NULL, CURRENCY);
    assert_level(&world, "ann", "pen");
    static const struct text tags[] = {{"old", 3}, {"new", 3}};
    assert_done(happen(
        &world, EVENT(CUSTOM("ann", "review"),
                      VALUES(VALUE("approved", BOOL, .boolean = true),
                             VALUE("worth", MONEY, .decimal = {1250, 2}, .currency = TEXT("EUR")),
                             VALUE("share", DECIMAL, .decimal = {3, 1}),
                             VALUE("at", TIMESTAMP, .integer = 0),
                             VALUE("tags", STRINGS, .texts = tags, .text_count = 2),
                             VALUE("product", STRING, .text = TEXT("soap"))))));
    assert_why_not(&world, "review", NULL, EXPRESSION);
    assert_detail(&world, "review", "event.rating: not known");
    assert_int_equal(points_of(&world, "ann"), 10 + 12 + 100);
    assert_level(&world, "ann", "pen");
    assert_done(happen(&world, EVENT(CUSTOM("ann", "visit"), .channel = TEXT("app"))));
    assert_int_equal(points_of(&world, "ann"), 122 + 3 + 5);
    assert_why_not(&world, "review", NULL, OTHER_EVENT);
    world_close(&world);
}

static void values_that_do_not_fit_the_declaration_are_refused(void **context)
{
    char long_text[501];
    memset(long_text, 'x', sizeof long_text);
    const struct field_value wrong[] = {
        VALUE("aproved", BOOL, .boolean = true),
        VALUE("approved", INT, .integer = 1),
        VALUE("worth", MONEY, .decimal = {1, 0}, .currency = TEXT("USD")),
        VALUE("worth", MONEY, .decimal = {1, 0}),
        VALUE("product", STRING, .text = {long_text, 501}),
        VALUE("product", STRING, .text = {"\xff", 1}),
        VALUE("at", TIMESTAMP, .integer = INT64_MAX),
    };
    struct world world;
    (void)context;
    world_open(&world, HEAD EVENTS "rules:\n  r: {on: review, earn: 5 points}\n");
    assert_done(join(&world, "ann"));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_answer(INVALID_EVENT,
                      happen(&world, (struct event){CUSTOM("ann", "review"), .values = &wrong[i],
                                                    .value_count = 1}));
    }
    assert_answer(INVALID_EVENT, happen(&world, EVENT(CUSTOM("ann", "review"),
                                                      VALUES(VALUE("rating", INT, .integer = 1),
                                                             VALUE("rating", INT, .integer = 1)))));
    assert_answer(INVALID_EVENT,
                  happen(&world, EVENT(.type = EVENT_CUSTOM, .name = TEXT("review"))));
    const struct field_value longest = VALUE("product", STRING, .text = {long_text, 500});
    assert_done(happen(
        &world, (struct event){CUSTOM("ann", "review"), .values = &longest, .value_count = 1}));
    assert_int_equal(points_of(&world, "ann"), 5);
    world_close(&world);
}

static void a_custom_event_is_late_early_or_shut_out_like_any_other(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, HEAD EVENTS "rules:\n  r: {on: visit, earn: 5 points}\n");
    at(&world, "2027-06-01T12:00");
    assert_done(join(&world, "ann"));
    assert_answer(TOO_LATE, happen_late(&world, "2027-04-01T12:00", EVENT(CUSTOM("ann", "visit"))));
    assert_answer(TOO_EARLY,
                  happen_late(&world, "2027-06-01T12:06", EVENT(CUSTOM("ann", "visit"))));
    assert_done(happen_late(&world, "2027-05-20T12:00", EVENT(CUSTOM("ann", "visit"))));
    assert_done(happen(
        &world, EVENT(.type = EVENT_CLOSE, .member = TEXT("ann"), .reason = TEXT("asked for"))));
    assert_answer(MEMBER_CLOSED, happen(&world, EVENT(CUSTOM("ann", "visit"))));
    world_close(&world);
}

static void a_custom_event_makes_a_member_as_buying_does(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, HEAD EVENTS TIERS
               "rules:\n  hello: {on: join, earn: 100 points}\n"
               "  r: {on: visit, when: member.tiers.club == 'insider', earn: 5 points}\n");
    assert_done(happen(&world, EVENT(CUSTOM("ann", "visit"))));
    assert_int_equal(points_of(&world, "ann"), 5);
    assert_level(&world, "ann", "insider");
    assert_answer(ALREADY_EXISTS, join(&world, "ann"));
    world_close(&world);
    world_open(&world, HEAD EVENTS "members: {unknown: refuse}\n"
                                   "rules:\n  r: {on: visit, earn: 5 points}\n");
    assert_answer(UNKNOWN_MEMBER, happen(&world, EVENT(CUSTOM("ann", "visit"))));
    world_close(&world);
}

static void a_custom_event_about_an_order_leaves_the_order_as_it_is(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, HEAD EVENTS "rules:\n  r: {on: visit, earn: 5 points}\n");
    assert_done(join(&world, "ann"));
    assert_answer(UNKNOWN_ORDER,
                  happen(&world, EVENT(CUSTOM("ann", "visit"), .order = TEXT("o1"))));
    assert_done(buy(&world, "ann", "o1", "10.00"));
    assert_done(happen(&world, EVENT(CUSTOM("ann", "visit"), .order = TEXT("o1"))));
    bool is_in_history = false;
    for (uint32_t i = 0; i < world.decision.entity_count; i++) {
        is_in_history = is_in_history || world.decision.entities[i].kind == ENTITY_ORDER;
    }
    assert_true(is_in_history);
    assert_done(give_back_order(&world, "o1"));
    assert_int_equal(points_of(&world, "ann"), 5);
    world_close(&world);
}

static void an_event_renews_what_it_is_said_to_renew(void **context)
{
    struct world world;
    (void)context;
    world_open(&world,
               "program: shop\ncurrency: EUR\n"
               "wallets:\n  points: {expires: {after: 10 days, renewed_by: [visit]}}\n" EVENTS
               "rules:\n  r: {on: join, earn: 5 points}\n");
    at(&world, "2027-06-01T12:00");
    assert_done(join(&world, "ann"));
    at(&world, "2027-06-08T12:00");
    assert_done(happen(&world, EVENT(CUSTOM("ann", "review"))));
    at(&world, "2027-06-09T12:00");
    assert_done(happen(&world, EVENT(CUSTOM("ann", "visit"))));
    at(&world, "2027-06-18T12:00");
    assert_int_equal(points_of(&world, "ann"), 5);
    at(&world, "2027-06-20T12:00");
    assert_int_equal(points_of(&world, "ann"), 0);
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expressions_see_the_event_the_order_and_the_member),
        cmocka_unit_test(what_did_not_hold_is_told_with_its_values),
        cmocka_unit_test(a_rule_looks_at_the_items_where_says),
        cmocka_unit_test(everything_is_as_it_was_before_the_event),
        cmocka_unit_test(computed_points_are_given_and_keep_their_share),
        cmocka_unit_test(a_boost_multiplies_computed_points_and_is_rounded_once),
        cmocka_unit_test(points_that_cannot_be_computed_are_not_given),
        cmocka_unit_test(an_order_of_many_different_rates_keeps_its_share),
        cmocka_unit_test(a_custom_event_earns_counts_and_is_known_by_its_values),
        cmocka_unit_test(values_that_do_not_fit_the_declaration_are_refused),
        cmocka_unit_test(a_custom_event_is_late_early_or_shut_out_like_any_other),
        cmocka_unit_test(a_custom_event_makes_a_member_as_buying_does),
        cmocka_unit_test(a_custom_event_about_an_order_leaves_the_order_as_it_is),
        cmocka_unit_test(an_event_renews_what_it_is_said_to_renew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
