/* Profiles: rules may look at what the programme declares of a person, wherever they decide; what
 * is kept of an event has nothing of it. Segments are told of the member as it is now. On a store
 * in a file. */
#include "client.h"

#include <stdio.h>
#include <stdlib.h>

#include "people.h"

static const char *const PROGRAM =
    "program: shop\n"
    "timezone: Europe/Berlin\n"
    "currency: EUR\n"
    "profile: {country: string, newsletter: bool, children: int, height: decimal,\n"
    "          income: money, since: timestamp, likes: list(string)}\n"
    "wallets:\n"
    "  points: {}\n"
    "events:\n"
    "  visit: {}\n"
    "counters:\n"
    "  purchases: {on: purchase, count: purchases}\n"
    "segments:\n"
    "  readers: {title: Readers, when: member.profile.newsletter}\n"
    "  regulars: {when: member.counters.purchases >= 2}\n"
    "  parents: {when: has(member.profile.children) && member.profile.children > 0}\n"
    "  born_in_may: {when: has(member.birthday) && member.birthday.month == 5}\n"
    "rules:\n"
    "  welcome: {on: join, when: member.profile.newsletter, earn: 5 points}\n"
    "  base:\n"
    "    on: purchase\n"
    "    earn: 1 point per 1.00 EUR of order.eligible, rounded down\n"
    "    boosts:\n"
    "      country: {when: member.profile.country.endsWith('Zembla'), by: 2}\n"
    "  may: {on: purchase, when: member.birthday.month == 5, earn: 7 points}\n"
    "  seen: {on: visit, when: member.segments.readers, earn: 1 point}\n"
    "  every: {on: visit, when: \"member.profile.height > 1.5 && member.profile.income > money('1"
    " EUR') && member.profile.since < now && 'cats' in member.profile.likes\", earn: 2 points}\n"
    "rewards:\n"
    "  book: {cost: 1 point, needs: {when: member.segments.readers}}\n"
    "claims: {within: 30 days}\n";

static const char *const ALL_DOUBLE =
    "program: shop\ntimezone: Europe/Berlin\ncurrency: EUR\nprofile: {country: string}\n"
    "wallets: {points: {}}\nrules:\n  base:\n    on: purchase\n"
    "    earn: 1 point per 1.00 EUR of order.eligible, rounded down\n"
    "    when: member.profile.country.endsWith('Zembla')\n";

#define FROM_ZEMBLA "{'name': 'X', 'country': 'XQ-Zembla', 'newsletter': true}"
#define FROM_NOWHERE "{'name': 'X'}"
#define CART(price) "'items': [{'id': 'a', 'sku': 'A', 'unit_price': '" price "'}]"

static struct world world;

static int open_world(void **state)
{
    (void)state;
    people_open(&world, PROGRAM);
    return 0;
}

/* Everybody is erased, the ledger is whole, and no country is left in it. */
static int close_world(void **state)
{
    static const char *const members[] = {"joined", "bought", "quoted", "edited", "claimed",
                                          "old-id", "new-id", "typed",  "tried",  "played"};
    (void)state;
    people_close(&world, members, sizeof members / sizeof *members, "XQ-Z");
    return 0;
}

static struct answer buy(const char *member, const char *order)
{
    return world_post(&world, "/v1/events",
                      "{'type': 'purchase', 'member': '%s', 'order': '%s',"
                      " 'occurred_at': '2027-05-02T10:00:00Z'," CART("40.00") "}",
                      member, order);
}

static struct answer visit(const char *member)
{
    return world_post(&world, "/v1/events",
                      "{'type': 'visit', 'member': '%s', 'occurred_at': '2027-05-02T10:00:00Z'}",
                      member);
}

static void who_joins_is_known_by_what_comes_along(void **state)
{
    (void)state;
    people_create(&world, "joined", FROM_ZEMBLA);
    people_check(&world, "joined", "5");
}

static void a_purchase_a_visit_and_a_reward_go_by_the_profile(void **state)
{
    (void)state;
    people_create(&world, "bought", FROM_NOWHERE);
    people_check(&world, "bought", "0");
    struct answer answer = buy("bought", "b1");
    expect(&world, &answer, 200, "/balances/0/available", "40");
    answer = world_get(&world, "/v1/members/bought/summary");
    expect(&world, &answer, 200, "/rewards/0/available", "false", "/member/segments/0", NULL);
    people_change(&world, "bought", FROM_ZEMBLA);
    answer = buy("bought", "b2");
    expect(&world, &answer, 200, "/balances/0/available", "120");
    answer = visit("bought");
    expect(&world, &answer, 200, "/balances/0/available", "121", "/fired/0/rule", "seen");
    answer = world_get(&world, "/v1/members/bought/summary");
    expect(&world, &answer, 200, "/rewards/0/available", "true", "/member/segments/0", "readers",
           "/member/segments/1", "regulars", "/member/segments/2", NULL);
    answer = world_post(&world, "/v1/events",
                        "{'type': 'redeem', 'member': 'bought', 'reward': 'book', 'occurred_at': "
                        "'2027-05-02T11:00:00Z'}");
    expect(&world, &answer, 200, "/answer", "done");
}

static void quotes_confirmations_edits_and_claims_go_by_it(void **state)
{
    (void)state;
    people_create(&world, "quoted", FROM_ZEMBLA);
    struct answer answer =
        world_put(&world, "/v1/orders/q1",
                  "{'revision': 1, 'member': 'quoted', 'occurred_at': '2027-05-02T10:00:00Z',"
                  " " CART("40.00") "}");
    expect(&world, &answer, 200, "/will_earn/0/amount", "80", "/fired/0/boost", "2");
    answer = world_post(&world, "/v1/orders/q1/confirm",
                        "{'occurred_at': '2027-05-02T10:05:00Z', 'if_changed': 'refuse'}");
    expect(&world, &answer, 200, "/answer", "done", "/fired/0/boost", "2");
    people_check(&world, "quoted", "85");
    answer = world_put(&world, "/v1/orders/q1/edits/1",
                       "{'occurred_at': '2027-05-03T09:00:00Z'," CART("30.00") "}");
    expect(&world, &answer, 200, "/answer", "done", "/balances/0/available", "65");
    answer = world_post(&world, "/v1/events",
                        "{'type': 'purchase', 'order': 'l1', 'occurred_at': "
                        "'2027-05-03T10:00:00Z'," CART("40.00") "}");
    const char *code = answer_at(&world, &answer, "/claim_code");
    people_create(&world, "claimed", FROM_ZEMBLA);
    answer = world_post(&world, "/v1/orders/l1/claim",
                        "{'member': 'claimed', 'code': '%s', 'occurred_at': "
                        "'2027-05-20T10:00:00Z'}",
                        code);
    expect(&world, &answer, 200, "/balances/0/available", "85");
    people_create(&world, "edited", FROM_NOWHERE);
}

static void merged_ids_know_what_either_of_them_said(void **state)
{
    (void)state;
    people_create(&world, "old-id", "{'newsletter': true, 'children': 2}");
    people_create(&world, "new-id", "{'children': 0, 'birthday': '--05-17'}");
    struct answer answer = world_post(&world, "/v1/members/old-id/merge",
                                      "{'into': 'new-id', 'occurred_at': '2027-05-01T11:00:00Z'}");
    expect(&world, &answer, 200, "/answer", "done");
    /* The survivor's own word counts; what it does not say, the other does. */
    answer = world_get(&world, "/v1/members/new-id");
    expect(&world, &answer, 200, "/segments/0", "readers", "/segments/1", "born_in_may",
           "/segments/2", NULL);
    answer = world_get(&world, "/v1/members/old-id");
    expect(&world, &answer, 200, "/segments/0", "readers", "/segments/1", "born_in_may");
}

static void a_value_of_another_type_counts_as_not_known(void **state)
{
    static const char *const wrong[] = {
        "{'height': 1.8, 'income': '9 EUR', 'since': '2020-01-01T00:00:00Z', 'likes': ['cats']}",
        "{'height': '1.8', 'income': '9 USD', 'since': '2020-01-01T00:00:00Z', 'likes': ['cats']}",
        "{'height': '1.8', 'income': 9, 'since': '2020-01-01T00:00:00Z', 'likes': ['cats']}",
        "{'height': '1.8', 'income': '9 EUR', 'since': '2020-01-01', 'likes': ['cats']}",
        "{'height': '1.8', 'income': '9 EUR', 'since': '2020-01-01T00:00:00Z', 'likes': 'cats'}",
        "{'height': '1.8', 'income': '9 EUR', 'since': '2020-01-01T00:00:00Z', 'likes': ['a',1]}",
        "{'height': '1.8', 'income': '9 EUR', 'since': '2020-01-01T00:00:00Z', 'likes': null}",
    };
    (void)state;
    people_create(&world, "typed", "{'newsletter': 'yes', 'children': '2'}");
    struct answer answer = world_get(&world, "/v1/members/typed");
    expect(&world, &answer, 200, "/segments/0", NULL);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        people_change(&world, "typed", wrong[i]);
        answer = visit("typed");
        expect(&world, &answer, 200, "/fired/0", NULL);
    }
    people_change(&world, "typed",
                  "{'height': '1.8', 'income': '9 EUR', 'since': '2020-01-01T00:00:00+02:00',"
                  " 'likes': ['dogs', 'cats']}");
    answer = visit("typed");
    expect(&world, &answer, 200, "/fired/0/rule", "every", "/balances/0/available", "2");
}

static void a_try_takes_a_profile_instead_of_the_members(void **state)
{
    (void)state;
    people_create(&world, "tried", FROM_NOWHERE);
#define TRIED                                                                                      \
    "'type': 'purchase', 'member': 'tried', 'order': 't', 'occurred_at': '2027-05-02T10:00:00Z',"  \
    " " CART("40.00")
    struct answer answer = world_post(&world, "/v1/evaluate", "{" TRIED "}");
    expect(&world, &answer, 200, "/fired/0/granted", "40", "/not_fired/1/boost", "country",
           "/not_fired/1/reason", "expression", "/not_fired/1/detail",
           "member.profile.country: not known");
    answer = world_post(&world, "/v1/evaluate", "{" TRIED ", 'profile': {'country': 'XQ-Zembla'}}");
    expect(&world, &answer, 200, "/fired/0/granted", "80");
    people_change(&world, "tried", FROM_ZEMBLA);
    answer = world_post(&world, "/v1/evaluate", "{" TRIED "}");
    expect(&world, &answer, 200, "/fired/0/granted", "80");
    answer = world_post(&world, "/v1/evaluate", "{" TRIED ", 'profile': {}}");
    expect(&world, &answer, 200, "/fired/0/granted", "40");
    answer = world_post(&world, "/v1/evaluate", "{" TRIED ", 'profile': {'birthday': '--05-17'}}");
    expect(&world, &answer, 200, "/fired/1/rule", "may", "/fired/1/granted", "7");
    answer = world_post(&world, "/v1/evaluate", "{" TRIED ", 'profile': 7}");
    expect(&world, &answer, 422, "/errors/0/field", "/profile");
    answer = world_post(&world, "/v1/events", "{" TRIED ", 'profile': {}}");
    expect(&world, &answer, 422, "/errors/0/field", "/profile", "/errors/0/code", "unknown_field");
    people_check(&world, "tried", "0");
}

static long issued_by(const char *program)
{
    struct answer answer = world_send(&world, "POST", "/v1/programme/backtest",
                                      "Content-Type: application/yaml\r\n", text_of(program));
    assert_int_equal(answer.status, 200);
    return strtol(answer_at(&world, &answer, "/rehearsed/0/issued"), NULL, 10);
}

static void a_backtest_of_the_stores_own_history_knows_who_is_known_now(void **state)
{
    (void)state;
    people_create(&world, "played", FROM_NOWHERE);
    long before = issued_by(ALL_DOUBLE);
    struct answer answer = buy("played", "p1");
    expect(&world, &answer, 200, "/balances/0/available", "40");
    assert_int_equal(issued_by(ALL_DOUBLE), before);
    people_change(&world, "played", FROM_ZEMBLA);
    assert_int_equal(issued_by(ALL_DOUBLE), before + 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_joins_is_known_by_what_comes_along),
        cmocka_unit_test(a_purchase_a_visit_and_a_reward_go_by_the_profile),
        cmocka_unit_test(quotes_confirmations_edits_and_claims_go_by_it),
        cmocka_unit_test(merged_ids_know_what_either_of_them_said),
        cmocka_unit_test(a_value_of_another_type_counts_as_not_known),
        cmocka_unit_test(a_try_takes_a_profile_instead_of_the_members),
        cmocka_unit_test(a_backtest_of_the_stores_own_history_knows_who_is_known_now),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
