/* Birthdays: rules may look at them, at a quote as at its confirmation, an edit or a back-test; and
 * nothing that is kept has them, so that an erasure leaves none. On a store in a file. */
#include "client.h"

#include <stdio.h>
#include <stdlib.h>

#include "people.h"

static const char *const PROGRAM =
    "program: shop\n"
    "timezone: Europe/Berlin\n"
    "currency: EUR\n"
    "wallets:\n"
    "  points: {}\n"
    "rules:\n"
    "  welcome: {on: join, earn: 5 points, if: {birthday: month}}\n"
    "  base:\n"
    "    on: purchase\n"
    "    earn: 1 point per 1.00 EUR of order.eligible, rounded down\n"
    "    boosts:\n"
    "      party: {if: {birthday: month}, by: 2}\n"
    "claims: {within: 30 days}\n";

static const char *const ALWAYS_DOUBLE =
    "program: shop\ntimezone: Europe/Berlin\ncurrency: EUR\nwallets:\n  points: {}\n"
    "rules:\n  base:\n    on: purchase\n    earn: 1 point per 1.00 EUR of order.eligible, rounded "
    "down\n    boosts:\n      day: {if: {birthday: day}, by: 10}\n";

#define BORN_IN_MAY "{'name': 'X', 'birthday': '1990-05-17'}"
#define NEVER_BORN "{'name': 'X'}"
#define CART(price) "'items': [{'id': 'a', 'sku': 'A', 'unit_price': '" price "'}]"

static struct world world;

static int open_world(void **state)
{
    (void)state;
    people_open(&world, PROGRAM);
    return 0;
}

/* Whatever the tests did: everybody is erased, the ledger is whole, and no birthday is left. */
static int close_world(void **state)
{
    static const char *const members[] = {"quoted", "changed", "gone",   "edited",    "claimed",
                                          "old-id", "new-id",  "played", "forgotten", "moved"};
    (void)state;
    people_close(&world, members, sizeof members / sizeof *members, "05-17");
    return 0;
}

static struct answer quote(const char *order, const char *member, const char *price)
{
    struct text path = arena_format(&world.arena, "/v1/orders/%s", order);
    return world_put(&world, path.bytes,
                     "{'revision': 1, 'member': '%s', 'occurred_at': '2027-05-02T10:00:00Z',"
                     " 'items': [{'id': 'a', 'sku': 'A', 'unit_price': '%s'}]}",
                     member, price);
}

static struct answer confirm(const char *order, const char *if_changed)
{
    struct text path = arena_format(&world.arena, "/v1/orders/%s/confirm", order);
    return world_post(&world, path.bytes,
                      "{'occurred_at': '2027-05-02T10:05:00Z', 'if_changed': '%s'}", if_changed);
}

static void a_birthday_counts_at_the_quote_and_at_its_confirmation(void **state)
{
    (void)state;
    people_create(&world, "quoted", BORN_IN_MAY);
    people_check(&world, "quoted", "5"); /* who joins in its birthday's month */
    struct answer answer = quote("q1", "quoted", "40.00");
    expect(&world, &answer, 200, "/will_earn/0/amount", "80", "/fired/0/boost", "2");
    answer = confirm("q1", "refuse");
    expect(&world, &answer, 200, "/answer", "done", "/fired/0/boost", "2");
    people_check(&world, "quoted", "85");
}

static void a_repeat_is_known_though_the_birthday_has_changed_meanwhile(void **state)
{
    static const char *const key = "Idempotency-Key: buy-moved\r\n";
    static const char *const body = "{'type': 'purchase', 'member': 'moved', 'order': 'mv1',"
                                    " 'occurred_at': '2027-05-02T10:00:00Z'," CART("40.00") "}";
    (void)state;
    people_create(&world, "moved", BORN_IN_MAY);
    struct answer first = world_call(&world, "POST", "/v1/events", key, "%s", body);
    expect(&world, &first, 200, "/balances/0/available", "85");
    people_change(&world, "moved", NEVER_BORN);
    struct answer again = world_call(&world, "POST", "/v1/events", key, "%s", body);
    assert_true(text_equal(again.body, first.body));
}

static void a_confirmation_goes_by_the_profile_as_it_is_then(void **state)
{
    (void)state;
    people_create(&world, "changed", BORN_IN_MAY);
    struct answer answer = quote("c1", "changed", "40.00");
    expect(&world, &answer, 200, "/will_earn/0/amount", "80");
    people_change(&world, "changed", NEVER_BORN);
    answer = confirm("c1", "refuse");
    expect(&world, &answer, 409, "/code", "quote_changed", "/details/will_earn/0/amount", "40");
    answer = confirm("c1", "honour");
    expect(&world, &answer, 200, "/answer", "done", "/fired/0/boost", NULL);
    people_check(&world, "changed", "45");
}

static void whoever_is_erased_confirms_nothing(void **state)
{
    (void)state;
    people_create(&world, "gone", BORN_IN_MAY);
    struct answer answer = quote("g1", "gone", "40.00");
    expect(&world, &answer, 200, "/will_earn/0/amount", "80");
    answer = world_post(&world, "/v1/members/gone/erase",
                        "{'occurred_at': "
                        "'2027-05-02T10:01:00Z'}");
    expect(&world, &answer, 200, "/answer", "done");
    answer = confirm("g1", "honour");
    expect(&world, &answer, 410, "/code", "member_erased");
}

static void an_edit_goes_by_the_birthday_too(void **state)
{
    (void)state;
    people_create(&world, "edited", BORN_IN_MAY);
    struct answer answer = world_post(&world, "/v1/events",
                                      "{'type': 'purchase', 'member': 'edited', 'order': 'e1',"
                                      " 'occurred_at': '2027-05-03T10:00:00Z'," CART("40.00") "}");
    expect(&world, &answer, 200, "/balances/0/available", "85");
    /* As of the purchase: June is not the month, May was. */
    answer = world_put(&world, "/v1/orders/e1/edits/1",
                       "{'occurred_at': '2027-06-01T09:00:00Z'," CART("30.00") "}");
    expect(&world, &answer, 200, "/answer", "done", "/balances/0/available", "65");
}

static void a_guests_order_is_credited_with_the_birthday_of_who_claims_it(void **state)
{
    (void)state;
    struct answer answer = world_post(&world, "/v1/events",
                                      "{'type': 'purchase', 'order': 'l1', 'occurred_at': "
                                      "'2027-05-03T10:00:00Z'," CART("40.00") "}");
    expect(&world, &answer, 200, "/answer", "done");
    const char *code = answer_at(&world, &answer, "/claim_code");
    people_create(&world, "claimed", BORN_IN_MAY);
    answer = world_post(&world, "/v1/orders/l1/claim",
                        "{'member': 'claimed', 'code': '%s', 'occurred_at': "
                        "'2027-05-20T10:00:00Z'}",
                        code);
    expect(&world, &answer, 200, "/balances/0/available", "85");
}

static void merged_ids_have_one_birthday_by_whatever_id_they_are_named(void **state)
{
    (void)state;
    people_create(&world, "old-id", BORN_IN_MAY);
    people_create(&world, "new-id", NEVER_BORN);
    struct answer answer = world_post(&world, "/v1/members/old-id/merge",
                                      "{'into': 'new-id', 'occurred_at': '2027-05-01T11:00:00Z'}");
    expect(&world, &answer, 200, "/answer", "done");
    answer = quote("m1", "old-id", "40.00");
    expect(&world, &answer, 200, "/will_earn/0/amount", "80");
    answer = confirm("m1", "refuse");
    expect(&world, &answer, 200, "/answer", "done");
    answer = quote("m2", "new-id", "10.00");
    expect(&world, &answer, 200, "/will_earn/0/amount", "20");
    answer = world_put(&world, "/v1/orders/m1/edits/1",
                       "{'occurred_at': '2027-05-04T09:00:00Z'," CART("20.00") "}");
    expect(&world, &answer, 200, "/answer", "done", "/postings/0/amount", "40");
}

static const char *issued_by(const char *program)
{
    struct answer answer = world_send(&world, "POST", "/v1/programme/backtest",
                                      "Content-Type: application/yaml\r\n", text_of(program));
    assert_int_equal(answer.status, 200);
    return answer_at(&world, &answer, "/rehearsed/0/issued");
}

static void a_backtest_of_the_stores_own_history_knows_who_is_known_now(void **state)
{
    (void)state;
    people_create(&world, "played", BORN_IN_MAY);
    people_create(&world, "forgotten", BORN_IN_MAY);
    long before = strtol(issued_by(ALWAYS_DOUBLE), NULL, 10);
    static const char *const members[] = {"played", "forgotten"};
    for (size_t i = 0; i < 2; i++) {
        struct answer answer =
            world_post(&world, "/v1/events",
                       "{'type': 'purchase', 'member': '%s', 'order': 'p-%s',"
                       " 'occurred_at': '2027-05-17T10:00:00Z'," CART("3.00") "}",
                       members[i], members[i]);
        expect(&world, &answer, 200, "/balances/0/available", "11");
    }
    assert_int_equal(strtol(issued_by(ALWAYS_DOUBLE), NULL, 10), before + 60);
    struct answer answer = world_post(&world, "/v1/members/forgotten/erase",
                                      "{'occurred_at': '2027-05-18T10:00:00Z'}");
    expect(&world, &answer, 200, "/answer", "done");
    assert_int_equal(strtol(issued_by(ALWAYS_DOUBLE), NULL, 10), before + 33);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_birthday_counts_at_the_quote_and_at_its_confirmation),
        cmocka_unit_test(a_repeat_is_known_though_the_birthday_has_changed_meanwhile),
        cmocka_unit_test(a_confirmation_goes_by_the_profile_as_it_is_then),
        cmocka_unit_test(whoever_is_erased_confirms_nothing),
        cmocka_unit_test(an_edit_goes_by_the_birthday_too),
        cmocka_unit_test(a_guests_order_is_credited_with_the_birthday_of_who_claims_it),
        cmocka_unit_test(merged_ids_have_one_birthday_by_whatever_id_they_are_named),
        cmocka_unit_test(a_backtest_of_the_stores_own_history_knows_who_is_known_now),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
