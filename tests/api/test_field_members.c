/* What goes wrong in loyalty software with members, tiers, limits and lists, from public issue
 * trackers, each as a test of the API named after it. The others are in test_field.c.
 */
#include "client.h"

#include <stdio.h>
#include <string.h>

#include "crowd.h"

#define MANY_MEMBERS 40000
#define LINES_AT_ONCE 10000
#define PAGE 100

static const char *const program =
    "program: shop\n"
    "timezone: UTC\n"
    "currency: EUR\n"
    "wallets:\n"
    "  points:\n"
    "    names: {en: {one: point, other: points}}\n"
    "    expires: 60 days\n"
    "    on_return: {earned_but_spent: below zero}\n"
    "counters:\n"
    "  spend: {sum: order.eligible, on: purchase, window: calendar year, currency: EUR}\n"
    "tiers:\n"
    "  club:\n"
    "    measured_by: spend\n"
    "    levels:\n"
    "      silver: {title: Silver, from: 100.00 EUR}\n"
    "      gold: {title: Gold, from: 1000.00 EUR}\n"
    "    upgrade: at once\n"
    "    kept_until: end of next calendar year\n"
    "rules:\n"
    "  base:\n"
    "    on: purchase\n"
    "    earn: 1 point per 1.00 EUR of order.eligible, rounded down\n"
    "rewards:\n"
    "  mug: {title: A mug, cost: 10 points, limit: {per_member: 1 per day}}\n";

static const char *const limited =
    "program: shop\n"
    "timezone: UTC\n"
    "currency: EUR\n"
    "wallets:\n"
    "  points: {}\n"
    "  twice: {}\n"
    "rules:\n"
    "  fund:\n"
    "    on: purchase\n"
    "    earn: 1 point per 1.00 EUR of order.eligible, rounded down\n"
    "    limit: {in_all: 100 points}\n"
    "  daily:\n"
    "    on: purchase\n"
    "    earn: 5 twice\n"
    "    limit: {per_member: 2 per day}\n"
    "rewards:\n"
    "  mug: {title: A mug, cost: 1 point, limit: {per_member: 1 per day}}\n";

static struct world world;

static void open_shop(const char *text)
{
    world_open_with(&world, text, (struct api_options){.clock_is_given = true});
}

static struct answer tell(const char *format, ...) __attribute__((format(printf, 1, 2)));
static struct answer tell(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    struct text body = arena_format_arguments(&world.arena, format, arguments);
    va_end(arguments);
    assert_non_null(body.bytes);
    return world_post(&world, "/v1/events", "%s", body.bytes);
}

static void join(const char *member, const char *at)
{
    struct answer answer =
        tell("{'type': 'join', 'member': '%s', 'occurred_at': '%s'}", member, at);
    expect(&world, &answer, 200, "/answer", "done");
}

static void buy(const char *member, const char *order, const char *price, const char *at)
{
    struct answer answer = tell("{'type': 'purchase', 'member': '%s', 'order': '%s',"
                                " 'occurred_at': '%s', 'items': [{'id': 'a', 'sku': 'A',"
                                " 'unit_price': '%s'}]}",
                                member, order, at, price);
    expect(&world, &answer, 200, "/answer", "done");
}

static int64_t number_at(const struct answer *answer, const char *pointer)
{
    int64_t number = 0;
    const char *found = answer_at(&world, answer, pointer);
    assert_non_null(found);
    assert_int_equal(amount_parse(text_of(found), 0, &number), STATUS_OK);
    return number;
}

/* ---- 10 ---- */

static void a_tier_comes_from_the_measure_and_not_from_the_balance(void **state)
{
    (void)state;
    open_shop(program);
    join("anna", "2026-01-10T10:00:00Z");
    struct answer answer = tell("{'type': 'adjust', 'member': 'anna', 'wallet': 'points',"
                                " 'amount': '5000', 'reason': 'a prize',"
                                " 'occurred_at': '2026-01-10T11:00:00Z'}");
    expect(&world, &answer, 200, "/balances/0/available", "5000", "/tiers/0", NULL);
    buy("anna", "o1", "99.99", "2026-01-11T10:00:00Z");
    struct answer member = world_get(&world, "/v1/members/anna?at=2026-01-11T11:00:00Z");
    expect(&world, &member, 200, "/tiers/0/level", "none", "/tiers/0/measured", "99.99",
           "/tiers/0/missing", "0.01");
    buy("anna", "o2", "0.01", "2026-01-12T10:00:00Z");
    answer = tell("{'type': 'redeem', 'member': 'anna', 'wallet': 'points', 'amount': '5099',"
                  " 'occurred_at': '2026-01-13T10:00:00Z'}");
    expect(&world, &answer, 200, "/balances/0/available", "0", "/tiers/0/level", "silver");
    /* Not by a single point, in the year after either: what was spent counts anew. */
    member = world_get(&world, "/v1/members/anna?at=2027-12-31T23:59:59Z");
    expect(&world, &member, 200, "/tiers/0/level", "silver", "/tiers/0/measured", "0.00");
    member = world_get(&world, "/v1/members/anna?at=2028-01-01T00:00:00Z");
    expect(&world, &member, 200, "/tiers/0/level", "none");
    world_close(&world);
}

/* ---- 11 ---- */

static void limits_are_exact_with_everybody_at_once(void **state)
{
    struct crowd_request requests[CROWD_MAXIMUM];
    char keys[CROWD_MAXIMUM][16];
    char bodies[CROWD_MAXIMUM][240];
    (void)state;
    open_shop(limited);
    join("anna", "2026-01-10T10:00:00Z");
    /* One member, 32 orders of 7.00 at once: two of them count for the day, and the fund of 100
     * points gives 14 times 7 and 2. */
    for (unsigned i = 0; i < CROWD_MAXIMUM; i++) {
        snprintf(keys[i], sizeof keys[i], "buy-%u", i);
        snprintf(bodies[i], sizeof bodies[i],
                 "{'type': 'purchase', 'member': 'anna', 'order': 'o%u',"
                 " 'occurred_at': '2026-01-11T10:00:00Z', 'items': [{'unit_price': '7.00'}]}",
                 i);
        requests[i] = (struct crowd_request){"POST", "/v1/events", keys[i], bodies[i], {0}};
    }
    crowd_send(&world, requests, CROWD_MAXIMUM);
    assert_int_equal(crowd_count(requests, CROWD_MAXIMUM, 200), CROWD_MAXIMUM);
    struct answer member = world_get(&world, "/v1/members/anna?at=2026-01-11T10:00:00Z");
    expect(&world, &member, 200, "/wallets/0/available", "100", "/wallets/1/available", "10");
    /* One mug a day. */
    for (unsigned i = 0; i < CROWD_MAXIMUM; i++) {
        snprintf(keys[i], sizeof keys[i], "mug-%u", i);
        snprintf(bodies[i], sizeof bodies[i],
                 "{'type': 'redeem', 'member': 'anna', 'reward': 'mug',"
                 " 'occurred_at': '2026-01-11T11:00:00Z'}");
    }
    crowd_send(&world, requests, CROWD_MAXIMUM);
    assert_int_equal(crowd_count(requests, CROWD_MAXIMUM, 200), 1);
    for (unsigned i = 0; i < CROWD_MAXIMUM; i++) {
        if (requests[i].answer.status != 200)
            expect(&world, &requests[i].answer, 409, "/code", "limit_reached");
    }
    struct answer next_day = tell("{'type': 'redeem', 'member': 'anna', 'reward': 'mug',"
                                  " 'occurred_at': '2026-01-12T00:00:00Z'}");
    expect(&world, &next_day, 200, "/balances/0/available", "98");
    world_close(&world);
}

/* ---- 12 ---- */

static void why_points_were_lost_is_told(void **state)
{
    (void)state;
    open_shop(program);
    join("anna", "2026-01-10T10:00:00Z");
    join("ben", "2026-01-10T10:00:00Z");
    buy("anna", "o1", "40.00", "2026-01-11T10:00:00Z");
    buy("anna", "o2", "30.00", "2026-02-11T10:00:00Z");
    struct answer answer = tell("{'type': 'transfer', 'member': 'anna', 'other_member': 'ben',"
                                " 'wallet': 'points', 'amount': '5', 'reason': 'a present',"
                                " 'actor': 'Zoe', 'occurred_at': '2026-02-12T10:00:00Z'}");
    expect(&world, &answer, 200, "/answer", "done");
    answer = tell("{'type': 'return', 'order': 'o2', 'occurred_at': '2026-02-13T10:00:00Z'}");
    expect(&world, &answer, 200, "/answer", "done");
    answer = tell("{'type': 'expire', 'member': 'anna', 'wallet': 'points', 'amount': '2',"
                  " 'reason': 'a mistake', 'occurred_at': '2026-02-14T10:00:00Z'}");
    expect(&world, &answer, 200, "/answer", "done");
    answer = tell("{'type': 'settle', 'member': 'anna', 'occurred_at': '2026-04-01T10:00:00Z'}");
    expect(&world, &answer, 200, "/balances/0/available", "0");
    struct answer statement = world_get(&world, "/v1/members/anna/statement");
    expect(&world, &statement, 200, "/entries/0/words/0", "-33 points: expired",
           "/entries/0/event/postings/0/at", "2026-03-12T10:00:00Z", "/entries/1/words/0",
           "-2 points: expired: a mistake", "/entries/1/reason", "a mistake", "/entries/2/words/0",
           "-30 points: taken back, order o2", "/entries/3/words/0",
           "-5 points: transferred: a present", "/entries/3/reason", "a present",
           "/entries/3/actor", "Zoe", "/entries/4/words/0",
           "+30 points: earned, order o2, by rule base");
    /* And, before they ended, each that was there down to its order. */
    struct answer explained =
        world_get(&world, "/v1/members/anna/explain?wallet=points&at=2026-02-28T10:00:00Z");
    expect(&world, &explained, 200, "/member", "anna");
    world_close(&world);
}

static void what_is_there_is_explained_down_to_the_order(void **state)
{
    (void)state;
    open_shop(program);
    join("anna", "2026-01-10T10:00:00Z");
    buy("anna", "o1", "40.00", "2026-01-11T10:00:00Z");
    buy("anna", "o2", "30.00", "2026-01-12T10:00:00Z");
    struct answer answer = tell("{'type': 'redeem', 'member': 'anna', 'reward': 'mug',"
                                " 'occurred_at': '2026-01-13T10:00:00Z'}");
    expect(&world, &answer, 200, "/balances/0/available", "60");
    struct answer explained =
        world_get(&world, "/v1/members/anna/explain?wallet=points&at=2026-01-14T10:00:00Z");
    expect(&world, &explained, 200, "/balance/available", "60", "/lots/0/remaining", "30",
           "/lots/0/origin/order", "o1", "/lots/0/origin/fired/granted", "40", "/lots/0/rule",
           "base", "/lots/0/expires_at", "2026-03-12T10:00:00Z", "/lots/1/remaining", "30",
           "/lots/1/origin/order", "o2", "/lots/2", NULL);
    world_close(&world);
}

/* ---- 13 ---- */

static void merging_two_accounts_loses_nothing_and_is_undone(void **state)
{
    (void)state;
    open_shop(program);
    join("anna", "2026-01-10T10:00:00Z");
    join("ben", "2026-01-10T10:00:00Z");
    buy("anna", "a1", "60.00", "2026-01-11T10:00:00Z");
    buy("ben", "b1", "70.00", "2026-01-12T10:00:00Z");
    buy("ben", "b2", "20.00", "2026-01-13T09:00:00Z");
    struct answer answer = world_post(&world, "/v1/members/ben/merge",
                                      "{'into': 'anna', 'occurred_at': '2026-01-13T10:00:00Z'}");
    expect(&world, &answer, 200, "/answer", "done");
    struct answer anna = world_get(&world, "/v1/members/anna?at=2026-01-13T11:00:00Z");
    expect(&world, &anna, 200, "/wallets/0/available", "150", "/tiers/0/measured", "150.00");
    struct answer ben = world_get(&world, "/v1/members/ben?at=2026-01-13T11:00:00Z");
    expect(&world, &ben, 200, "/status", "merged", "/merged_into", "anna");
    struct answer explained =
        world_get(&world, "/v1/members/anna/explain?wallet=points&at=2026-01-13T11:00:00Z");
    expect(&world, &explained, 200, "/balance/available", "150", "/lots/0/remaining", "60",
           "/lots/0/expires_at", "2026-03-12T10:00:00Z", "/lots/1/remaining", "70",
           "/lots/1/expires_at", "2026-03-13T10:00:00Z", "/lots/2/remaining", "20", "/lots/3",
           NULL);
    /* What ben buys under his old number counts, with what both spent before, and what he bought
     * can be returned. */
    buy("ben", "b3", "5.00", "2026-01-14T10:00:00Z");
    anna = world_get(&world, "/v1/members/anna?at=2026-01-14T11:00:00Z");
    expect(&world, &anna, 200, "/wallets/0/available", "155", "/tiers/0/measured", "155.00",
           "/tiers/0/level", "silver");
    answer = tell("{'type': 'return', 'order': 'b1', 'occurred_at': '2026-01-15T10:00:00Z'}");
    expect(&world, &answer, 200, "/balances/0/member", "anna", "/balances/0/available", "85");
    answer = world_post(&world, "/v1/members/ben/unmerge",
                        "{'from': 'anna', 'occurred_at': '2026-01-16T10:00:00Z'}");
    expect(&world, &answer, 200, "/answer", "done");
    anna = world_get(&world, "/v1/members/anna?at=2026-01-16T11:00:00Z");
    ben = world_get(&world, "/v1/members/ben?at=2026-01-16T11:00:00Z");
    /* Each has what is left of its own; what came after the merge stays where it was booked. */
    expect(&world, &ben, 200, "/status", "active", "/merged_into", NULL, "/wallets/0/available",
           "20");
    expect(&world, &anna, 200, "/wallets/0/available", "65");
    world_close(&world);
}

/* ---- 14 ---- */

static void add_many_members(void)
{
    struct buffer lines;
    for (unsigned first = 0; first < MANY_MEMBERS; first += LINES_AT_ONCE) {
        buffer_init(&lines, (size_t)4 << 20);
        for (unsigned i = first; i < first + LINES_AT_ONCE; i++) {
            enum status status = buffer_add_format(
                &lines,
                "{\"type\":\"join\",\"id\":\"j%u\",\"member\":\"m%05u\",\"occurred_at\":"
                "\"2026-01-10T10:00:00Z\"}\n",
                i, i);
            assert_int_equal(status, STATUS_OK);
        }
        struct answer answer =
            world_send(&world, "POST", "/v1/events", "Content-Type: application/x-ndjson\r\n",
                       buffer_text(&lines));
        assert_int_equal(answer.status, 200);
        buffer_release(&lines);
    }
}

static void forty_thousand_members_are_listed_by_pages(void **state)
{
    unsigned found = 0;
    unsigned pages = 0;
    const char *next = "";
    (void)state;
    open_shop(program);
    add_many_members();
    while (next != NULL) {
        char wanted[24];
        struct answer page = world_get(&world, "/v1/members?limit=%d%s%s", PAGE,
                                       next[0] == '\0' ? "" : "&cursor=", next);
        assert_int_equal(page.status, 200);
        /* No page is larger than asked for; together they are everybody, once, in order. */
        size_t count = answer_count(&page, "/members");
        assert_in_range(count, 1, PAGE);
        for (size_t i = 0; i < count; i++) {
            char pointer[48];
            snprintf(pointer, sizeof pointer, "/members/%zu/id", i);
            snprintf(wanted, sizeof wanted, "m%05u", found++);
            assert_string_equal(answer_at(&world, &page, pointer), wanted);
        }
        pages++;
        next = answer_at(&world, &page, "/next");
    }
    assert_int_equal(found, MANY_MEMBERS);
    assert_int_equal(pages, MANY_MEMBERS / PAGE);
    world_close(&world);
}

/* ---- 15 ---- */

static void the_sum_of_the_members_is_the_total_of_the_ledger(void **state)
{
    int64_t sum = 0;
    (void)state;
    open_shop(program);
    for (unsigned i = 0; i < 20; i++) {
        char member[24];
        char order[24];
        char price[24];
        snprintf(member, sizeof member, "m%02u", i);
        snprintf(order, sizeof order, "o%u", i);
        snprintf(price, sizeof price, "%u.50", 10 + i * i);
        join(member, "2026-01-10T10:00:00Z");
        buy(member, order, price, i % 2 == 0 ? "2026-01-11T10:00:00Z" : "2026-02-20T10:00:00Z");
    }
    struct answer answer = tell("{'type': 'transfer', 'member': 'm19', 'other_member': 'm03',"
                                " 'wallet': 'points', 'amount': '50',"
                                " 'occurred_at': '2026-02-21T10:00:00Z'}");
    expect(&world, &answer, 200, "/answer", "done");
    answer = tell("{'type': 'redeem', 'member': 'm17', 'wallet': 'points', 'amount': '299',"
                  " 'occurred_at': '2026-02-21T10:00:00Z'}");
    expect(&world, &answer, 200, "/balances/0/available", "0");
    answer = tell("{'type': 'return', 'order': 'o17', 'occurred_at': '2026-02-22T10:00:00Z'}");
    expect(&world, &answer, 200, "/balances/0/debt", "299");
    for (unsigned i = 0; i < 20; i++) {
        answer = tell("{'type': 'settle', 'member': 'm%02u',"
                      " 'occurred_at': '2026-04-01T10:00:00Z'}",
                      i);
        expect(&world, &answer, 200, "/answer", "done");
        /* Expired points count for nobody: those of January are gone. */
        if (i % 2 == 0) expect(&world, &answer, 200, "/balances/0/available", "0");
        struct answer member = world_get(&world, "/v1/members/m%02u?at=2026-04-01T10:00:00Z", i);
        assert_int_equal(number_at(&member, "/wallets/0/available"),
                         number_at(&answer, "/balances/0/available"));
        sum += number_at(&member, "/wallets/0/available") +
               number_at(&member, "/wallets/0/pending") + number_at(&member, "/wallets/0/held") -
               number_at(&member, "/wallets/0/debt");
    }
    struct answer totals = world_call(&world, "POST", "/v1/programme/backtest",
                                      "Content-Type: application/yaml\r\n", "%s", program);
    expect(&world, &totals, 200, "/recorded/0/wallet", "points");
    assert_int_equal(number_at(&totals, "/recorded/0/outstanding"), sum);
    world_close(&world);
}

/* ---- 18 ---- */

static void opening_balances_come_with_their_expiry_and_are_not_earned(void **state)
{
    static const char *const lines =
        "{'type': 'join', 'id': 'open-1', 'member': 'anna', 'occurred_at': "
        "'2026-01-10T10:00:00Z'}\n"
        "{'type': 'adjust', 'id': 'open-2', 'member': 'anna', 'wallet': 'points',"
        " 'amount': '120', 'reason': 'opening balance', 'expires_at': '2026-02-01T00:00:00Z',"
        " 'occurred_at': '2026-01-10T10:00:00Z'}\n"
        "{'type': 'adjust', 'id': 'open-3', 'member': 'anna', 'wallet': 'points',"
        " 'amount': '80', 'reason': 'opening balance', 'expires_at': '2027-01-01T00:00:00Z',"
        " 'occurred_at': '2026-01-10T10:00:00Z'}\n";
    (void)state;
    open_shop(program);
    struct answer first = world_lines(&world, "/v1/events", "%s", lines);
    struct answer again = world_lines(&world, "/v1/events", "%s", lines);
    assert_int_equal(first.status, 200);
    assert_true(text_equal(first.body, again.body));
    struct answer anna = world_get(&world, "/v1/members/anna/wallets?at=2026-01-11T10:00:00Z");
    expect(&world, &anna, 200, "/wallets/0/available", "200", "/expiring/0/amount", "120",
           "/expiring/0/at", "2026-02-01T00:00:00Z", "/expiring/1/amount", "80", "/expiring/1/at",
           "2027-01-01T00:00:00Z");
    /* Nobody is silver by what the old system gave. */
    anna = world_get(&world, "/v1/members/anna?at=2026-02-01T00:00:00Z");
    expect(&world, &anna, 200, "/wallets/0/available", "80", "/tiers/0/level", "none");
    struct answer statement = world_get(&world, "/v1/members/anna/statement");
    expect(&world, &statement, 200, "/entries/0/words/0",
           "+80 points: adjusted by hand: opening balance", "/entries/0/reason", "opening balance",
           "/entries/3", NULL);
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tier_comes_from_the_measure_and_not_from_the_balance),
        cmocka_unit_test(limits_are_exact_with_everybody_at_once),
        cmocka_unit_test(why_points_were_lost_is_told),
        cmocka_unit_test(what_is_there_is_explained_down_to_the_order),
        cmocka_unit_test(merging_two_accounts_loses_nothing_and_is_undone),
        cmocka_unit_test(forty_thousand_members_are_listed_by_pages),
        cmocka_unit_test(the_sum_of_the_members_is_the_total_of_the_ledger),
        cmocka_unit_test(opening_balances_come_with_their_expiry_and_are_not_earned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
