/* POST /v1/events, over HTTP. */
#include "client.h"

static void an_event_is_answered_with_its_effects_and_what_is_there_afterwards(void **state)
{
    struct world world;
    (void)state;
    world_open(&world, TEST_PROGRAM);
    struct answer joined =
        world_post(&world, "/v1/events", "{'type': 'join', 'member': 'anna', 'id': 'j1'}");
    expect(&world, &joined, 200, "/answer", "done", "/type", "join", "/member", "anna",
           "/postings/0/wallet", "points", "/postings/0/from", "issued", "/postings/0/to",
           "available", "/postings/0/amount", "100", "/postings/0/rule", "welcome",
           "/fired/0/rule", "welcome", "/balances/0/available", "100");
    struct answer bought = world_post(
        &world, "/v1/events",
        "{'type': 'purchase', 'id': 'p1', 'member': 'anna', 'order': 'o1',"
        " 'items': [{'sku': 'A', 'unit_price': '19.99', 'quantity': 10}]}");
    expect(&world, &bought, 200, "/answer", "done", "/order", "o1", "/eligible", "199.90",
           "/tiers/0/level", "silver", "/balances/0/member", "anna");
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_is_answered_with_its_effects_and_what_is_there_afterwards),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
