/* POST /v1/evaluate, over HTTP. */
#include "client.h"

#include <stdio.h>
#include <string.h>

#define PURCHASE                                                                                   \
    "'type': 'purchase', 'member': 'anna', 'order': 'o1', 'channel': 'web',"                       \
    " 'items': [{'sku': 'A', 'unit_price': '19.99', 'quantity': 3}]"

static const char *const PROGRAM =
    "program: shop\n"
    "timezone: Europe/Berlin\n"
    "currency: EUR\n"
    "wallets:\n"
    "  points: {names: {en: {one: point, other: points}}}\n"
    "rules:\n"
    "  welcome: {on: join, earn: 100 points}\n"
    "  base:\n"
    "    on: purchase\n"
    "    earn: 1 point per 1.00 EUR of order.eligible, rounded down\n"
    "    boosts:\n"
    "      large: {if: {order_at_least: 100.00 EUR}, by: 2}\n"
    "  store-only: {on: purchase, if: {channel: store}, earn: 10 points}\n"
    "campaigns:\n"
    "  december:\n"
    "    from: 2026-12-01\n"
    "    until: 2027-01-01\n"
    "    rules: {gift: {on: purchase, earn: 25 points}}\n"
    "rewards:\n"
    "  mug: {cost: 50 points}\n";

/* The reason why a rule, or its boost, did not fire; empty: it is not among them. */
static const char *why_not(struct world *world, const struct answer *answer, const char *rule,
                           const char *boost)
{
    for (unsigned i = 0; i < answer_count(answer, "/not_fired"); i++) {
        char pointer[64];
        snprintf(pointer, sizeof pointer, "/not_fired/%u/rule", i);
        if (strcmp(answer_at(world, answer, pointer), rule) != 0) continue;
        snprintf(pointer, sizeof pointer, "/not_fired/%u/boost", i);
        const char *found = answer_at(world, answer, pointer);
        if ((boost == NULL) != (found == NULL)) continue;
        if (boost != NULL && strcmp(found, boost) != 0) continue;
        snprintf(pointer, sizeof pointer, "/not_fired/%u/reason", i);
        return answer_at(world, answer, pointer);
    }
    return "";
}

static void open_shop(struct world *world)
{
    world_open(world, PROGRAM);
    struct answer joined =
        world_post(world, "/v1/events", "{'type': 'join', 'member': 'anna', 'id': 'j1'}");
    expect(world, &joined, 200, "/balances/0/available", "100");
}

static void an_evaluation_tells_of_every_rule_and_writes_nothing(void **state)
{
    struct world world;
    (void)state;
    open_shop(&world);
    struct answer tried = world_call(&world, "POST", "/v1/evaluate", NULL, "{" PURCHASE "}");
    expect(&world, &tried, 200, "/answer", "done", "/position", NULL, "/fired/0/rule", "base",
           "/fired/0/granted", "59", "/balances/0/available", "159");
    assert_string_equal(why_not(&world, &tried, "base", "large"), "order_at_least");
    assert_string_equal(why_not(&world, &tried, "store-only", NULL), "channel");
    assert_string_equal(why_not(&world, &tried, "welcome", NULL), "other_event");
    assert_string_equal(why_not(&world, &tried, "gift", NULL), "not_yet");
    struct answer read = world_get(&world, "/v1/orders/o1");
    expect(&world, &read, 404, "/code", "unknown_order");
    struct answer settled =
        world_post(&world, "/v1/events", "{'type': 'settle', 'member': 'anna'}");
    expect(&world, &settled, 200, "/balances/0/available", "100");
    world_close(&world);
}

static void an_evaluation_can_look_at_another_time(void **state)
{
    struct world world;
    (void)state;
    open_shop(&world);
    struct answer tried =
        world_call(&world, "POST", "/v1/evaluate?at=2026-12-24T18:00:00Z", NULL, "{" PURCHASE "}");
    expect(&world, &tried, 200, "/occurred_at", "2026-12-24T18:00:00Z", "/fired/1/rule", "gift",
           "/balances/0/available", "184");
    tried =
        world_call(&world, "POST", "/v1/evaluate?at=2027-01-01T18:00:00Z", NULL, "{" PURCHASE "}");
    expect(&world, &tried, 200, "/balances/0/available", "159");
    assert_string_equal(why_not(&world, &tried, "gift", NULL), "over");
    world_close(&world);
}

static void an_evaluation_can_try_a_draft(void **state)
{
    struct world world;
    (void)state;
    open_shop(&world);
    struct answer tried = world_call(
        &world, "POST", "/v1/evaluate", NULL,
        "{" PURCHASE ", 'program': 'program: shop\\ntimezone: Europe/Berlin\\ncurrency: EUR\\n"
        "wallets:\\n  points: {names: {en: {one: point, other: points}}}\\n"
        "rules:\\n  triple:\\n    on: purchase\\n"
        "    earn: 3 points per 1.00 EUR of order.eligible, rounded down\\n'}");
    expect(&world, &tried, 200, "/fired/0/rule", "triple", "/fired/0/granted", "179",
           "/balances/0/available", "279");
    tried = world_call(&world, "POST", "/v1/evaluate", NULL,
                       "{" PURCHASE ", 'program': 'program: shop\\nwallet: 1\\n'}");
    expect(&world, &tried, 422, "/code", "invalid_program", "/field", "/program",
           "/errors/2/column", "1", "/errors/2/line", "2");
    tried = world_call(&world, "POST", "/v1/evaluate?version=1", NULL,
                       "{" PURCHASE ", 'program': 'program: shop'}");
    expect(&world, &tried, 400, "/code", "malformed_parameter");
    struct answer recorded =
        world_post(&world, "/v1/events", "{" PURCHASE ", 'program': 'program: shop'}");
    expect(&world, &recorded, 422, "/errors/0/code", "unknown_field");
    world_close(&world);
}

static void an_evaluation_can_use_any_published_version(void **state)
{
    struct world world;
    (void)state;
    open_shop(&world);
    struct answer tried =
        world_call(&world, "POST", "/v1/evaluate?version=1", NULL, "{" PURCHASE "}");
    expect(&world, &tried, 200, "/program_version", "1", "/balances/0/available", "159");
    tried = world_call(&world, "POST", "/v1/evaluate?version=2", NULL, "{" PURCHASE "}");
    expect(&world, &tried, 400, "/field", "/version");
    world_close(&world);
}

static void a_refusal_is_what_it_would_come_to(void **state)
{
    struct world world;
    (void)state;
    open_shop(&world);
    struct answer tried = world_call(&world, "POST", "/v1/evaluate", NULL,
                                     "{'type': 'redeem', 'member': 'anna', 'wallet': 'points',"
                                     " 'amount': '101'}");
    expect(&world, &tried, 200, "/answer", "balance_too_low", "/balances/0/available", "100");
    tried =
        world_call(&world, "POST", "/v1/evaluate", NULL, "{'type': 'redeem', 'member': 'anna'}");
    expect(&world, &tried, 422, "/field", "/reward");
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_evaluation_tells_of_every_rule_and_writes_nothing),
        cmocka_unit_test(an_evaluation_can_look_at_another_time),
        cmocka_unit_test(an_evaluation_can_try_a_draft),
        cmocka_unit_test(an_evaluation_can_use_any_published_version),
        cmocka_unit_test(a_refusal_is_what_it_would_come_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
