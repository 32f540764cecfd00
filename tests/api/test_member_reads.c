/* What is read of a member: summary, wallets, statement, explain, export. The clock is given, so
 * that a history of months is written in an instant and every instant of it is known. */
#include "client.h"

#include <stdio.h>
#include <stdlib.h>

#include "ledger.h"

static const char *const program =
    "program: shop\n"
    "timezone: Europe/Berlin\n"
    "currency: EUR\n"
    "wallets:\n"
    "  points:\n"
    "    names: {en: {one: point, other: points}}\n"
    "    expires: {after: 30 days}\n"
    "    on_return: {earned_but_spent: below zero}\n"
    "  miles:\n"
    "    names: {en: {one: mile, other: miles}}\n"
    "    decimals: 2\n"
    "counters:\n"
    "  spend: {sum: order.eligible, on: purchase, window: calendar year}\n"
    "tiers:\n"
    "  club:\n"
    "    measured_by: spend\n"
    "    levels:\n"
    "      silver: {title: Silver, from: 100.00 EUR}\n"
    "      gold: {title: Gold, from: 1000.00 EUR}\n"
    "    upgrade: at once\n"
    "    kept_until: end of next calendar year\n"
    "rules:\n"
    "  welcome: {on: join, earn: 100 points}\n"
    "  base:\n"
    "    on: purchase\n"
    "    earn: 1 point per 1.00 EUR of order.eligible, rounded down\n"
    "    pending: {until: delivered, at_latest: 14 days}\n"
    "  travel:\n"
    "    on: purchase\n"
    "    earn: 0.25 miles per 1.00 EUR of order.eligible, rounded down\n"
    "rewards:\n"
    "  mug: {title: A mug, cost: 50 points, stock: 1}\n"
    "  ten-off: {title: Ten off, cost: 80 points, gives: {discount: 10.00 EUR, on: order}}\n"
    "  trip: {title: A trip, cost: 500.00 miles}\n";

static struct world world;
static char folder[] = "/tmp/guerdon-reads-XXXXXX";

static int open_world(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    world_open_with(&world, program, (struct api_options){.data = folder, .clock_is_given = true});
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    world_close(&world);
    ledger_check_and_remove(folder);
    return 0;
}

/* An event at an instant; `more` begins with a comma, or is empty. */
static struct answer tell(const char *type, const char *at, const char *more)
{
    struct answer answer =
        world_post(&world, "/v1/events", "{'type': '%s', 'occurred_at': '%s'%s}", type, at, more);
    expect(&world, &answer, 200, "/answer", "done");
    return answer;
}

static void join(const char *member, const char *at)
{
    struct text more = arena_format(&world.arena, ", 'member': '%s'", member);
    (void)tell("join", at, more.bytes);
}

static void assert_points(const char *member, const char *at, const char *available,
                          const char *pending, const char *held, const char *debt)
{
    struct answer answer = world_get(&world, "/v1/members/%s/wallets?at=%s", member, at);
    expect(&world, &answer, 200, "/wallets/0/wallet", "points", "/wallets/0/available", available,
           "/wallets/0/pending", pending, "/wallets/0/held", held, "/wallets/0/debt", debt,
           "/as_of", at);
}

/* ---- wallets ---- */

static void wallets_of_any_past_instant_are_what_was_answered_then(void **state)
{
    static const struct {
        const char *type;
        const char *at;
        const char *more;
    } steps[] = {
        {"join", "2026-08-01T10:00:00Z", ", 'member': 'past'"},
        {"purchase", "2026-08-05T10:00:00Z",
         ", 'member': 'past', 'order': 'p1', 'items': [{'id': 'a', 'sku': 'A',"
         " 'unit_price': '40.00', 'quantity': 5}]"},
        {"milestone", "2026-08-06T10:00:00Z", ", 'order': 'p1', 'milestone': 'delivered'"},
        {"hold", "2026-08-07T10:00:00Z",
         ", 'id': 'ph1', 'member': 'past', 'wallet': 'points', 'amount': '60',"
         " 'lapses_at': '2026-08-09T10:00:00Z'"},
        {"confirm", "2026-08-08T10:00:00Z",
         ", 'redemption': 'ph1', 'wallet': 'points', 'amount': '20'"},
        {"redeem", "2026-08-08T11:00:00Z",
         ", 'id': 'pr1', 'member': 'past', 'wallet': 'points', 'amount': '250'"},
        {"return", "2026-08-10T10:00:00Z",
         ", 'id': 'pret', 'order': 'p1', 'returns': [{'item': 'a', 'quantity': 2}]"},
        {"purchase", "2026-08-20T10:00:00Z",
         ", 'member': 'past', 'order': 'p2', 'items': [{'unit_price': '70.00'}]"},
        {"adjust", "2026-09-25T10:00:00Z",
         ", 'member': 'past', 'wallet': 'miles', 'amount': '3.25', 'reason': 'Found'"},
        {"purchase", "2026-09-26T10:00:00Z",
         ", 'member': 'past', 'order': 'p3', 'items': [{'unit_price': '10.00'}]"},
    };
    static const size_t count = sizeof steps / sizeof *steps;
    struct answer answers[sizeof steps / sizeof *steps];
    (void)state;
    for (size_t i = 0; i < count; i++)
        answers[i] = tell(steps[i].type, steps[i].at, steps[i].more);
    for (size_t i = 0; i < count; i++) {
        assert_points("past", steps[i].at, answer_at(&world, &answers[i], "/balances/0/available"),
                      answer_at(&world, &answers[i], "/balances/0/pending"),
                      answer_at(&world, &answers[i], "/balances/0/held"),
                      answer_at(&world, &answers[i], "/balances/0/debt"));
        const char *miles = answer_at(&world, &answers[i], "/balances/1/available");
        struct answer answer = world_get(&world, "/v1/members/past/wallets?at=%s", steps[i].at);
        expect(&world, &answer, 200, "/wallets/1/available", miles == NULL ? "0.00" : miles);
    }
    /* Between them: what was due by then had happened, whoever wrote it down later. */
    assert_points("past", "2026-07-31T00:00:00Z", "0", "0", "0", "0");
    assert_points("past", "2026-08-05T09:59:59Z", "100", "0", "0", "0");
    assert_points("past", "2026-08-05T10:00:01Z", "100", "200", "0", "0");
    assert_points("past", "2026-08-08T10:30:00Z", "280", "0", "0", "0");
    assert_points("past", "2026-08-09T00:00:00Z", "30", "0", "0", "0");
    assert_points("past", "2026-08-10T10:00:00Z", "0", "0", "0", "50");
    assert_points("past", "2026-09-03T09:59:59Z", "0", "70", "0", "50");
    assert_points("past", "2026-09-03T10:00:01Z", "20", "0", "0", "0");
}

static void what_happened_late_does_not_change_the_past(void **state)
{
    (void)state;
    join("late", "2026-08-01T10:00:00Z");
    (void)tell("adjust", "2026-10-10T10:00:00Z",
               ", 'member': 'late', 'wallet': 'points', 'amount': '5', 'reason': 'x'");
    /* Its points are born expired: opened and expired in one record of 10 October. */
    struct answer answer =
        tell("purchase", "2026-08-02T10:00:00Z",
             ", 'member': 'late', 'order': 'l1', 'items': [{'unit_price': '30.00'}]");
    expect(&world, &answer, 200, "/balances/0/available", "5", "/balances/0/pending", "0");
    assert_points("late", "2026-08-03T10:00:00Z", "100", "0", "0", "0");
    assert_points("late", "2026-08-20T10:00:00Z", "100", "0", "0", "0");
    assert_points("late", "2026-09-20T10:00:00Z", "0", "0", "0", "0");
    assert_points("late", "2026-10-10T10:00:00Z", "5", "0", "0", "0");
    assert_points("late", "2026-10-11T10:00:00Z", "5", "0", "0", "0");
}

static void wallets_of_the_future_are_settled_by_then(void **state)
{
    (void)state;
    join("future", "2026-11-20T10:00:00Z");
    (void)tell("purchase", "2026-11-21T10:00:00Z",
               ", 'member': 'future', 'order': 'f1', 'items': [{'unit_price': '20.00'}]");
    assert_points("future", "2026-11-21T10:00:00Z", "100", "20", "0", "0");
    assert_points("future", "2026-12-05T09:59:59Z", "100", "20", "0", "0");
    assert_points("future", "2026-12-05T10:00:00Z", "120", "0", "0", "0");
    assert_points("future", "2027-06-01T00:00:00Z", "0", "0", "0", "0");
    struct answer answer = world_get(&world, "/v1/members/future/wallets?at=2026-12-06T00:00:00Z");
    expect(&world, &answer, 200, "/expiring/0/amount", "100", "/expiring/0/at",
           "2026-12-20T10:00:00Z", "/expiring/1/amount", "20", "/expiring/2", NULL,
           "/wallets/1/available", "5.00");
    answer = world_get(&world, "/v1/members/nobody/wallets?at=2026-12-06T00:00:00Z");
    expect(&world, &answer, 404, "/code", "unknown_member");
    answer = world_get(&world, "/v1/members/nobody/wallets");
    expect(&world, &answer, 404, "/code", "unknown_member");
}

static void wallets_of_a_merged_member_are_the_survivors_from_the_merge_on(void **state)
{
    (void)state;
    join("m-old", "2026-10-20T10:00:00Z");
    join("m-new", "2026-10-21T10:00:00Z");
    (void)tell("merge", "2026-10-25T10:00:00Z", ", 'member': 'm-old', 'other_member': 'm-new'");
    (void)tell("redeem", "2026-10-27T10:00:00Z",
               ", 'member': 'm-new', 'wallet': 'points', 'amount': '30'");
    assert_points("m-old", "2026-10-24T10:00:00Z", "100", "0", "0", "0");
    assert_points("m-new", "2026-10-24T10:00:00Z", "100", "0", "0", "0");
    assert_points("m-old", "2026-10-26T10:00:00Z", "200", "0", "0", "0");
    assert_points("m-new", "2026-10-26T10:00:00Z", "200", "0", "0", "0");
    assert_points("m-old", "2026-10-28T10:00:00Z", "170", "0", "0", "0");
    struct answer answer = world_get(&world, "/v1/members/m-old/wallets?at=2026-10-28T10:00:00Z");
    expect(&world, &answer, 200, "/expiring/0/amount", "70", "/expiring/1/amount", "100");
}

/* ---- summary ---- */

static void a_summary_says_which_rewards_there_are_and_what_is_missing(void **state)
{
    (void)state;
    join("counter", "2026-11-20T10:00:00Z");
    (void)tell("purchase", "2026-11-21T10:00:00Z",
               ", 'member': 'counter', 'order': 'c1', 'items': [{'unit_price': '60.00'}]");
    struct answer answer = world_get(&world, "/v1/members/counter/summary?channel=store&store=s1");
    expect(&world, &answer, 200, "/member/id", "counter", "/member/wallets/0/available", "100",
           "/member/tiers/0/level", "none", "/member/tiers/0/measured", "60.00",
           "/member/tiers/0/next_level", "silver", "/member/tiers/0/missing", "40.00",
           "/expiring/0/amount", "100", "/rewards/0/reward", "mug", "/rewards/0/available", "true",
           "/rewards/0/why_not", NULL, "/rewards/0/missing", NULL, "/rewards/1/reward", "ten-off",
           "/rewards/1/available", "true", "/rewards/2/reward", "trip", "/rewards/2/available",
           "false", "/rewards/2/why_not", "balance_too_low", "/rewards/2/cost", "500.00",
           "/rewards/2/missing", "485.00");
    (void)tell("redeem", "2026-11-21T11:00:00Z", ", 'member': 'counter', 'reward': 'mug'");
    answer = world_get(&world, "/v1/members/counter/summary");
    expect(&world, &answer, 200, "/rewards/0/available", "false", "/rewards/0/why_not",
           "out_of_stock", "/rewards/0/missing", NULL, "/rewards/1/available", "false",
           "/rewards/1/missing", "30");
    /* It tried the rewards and took none. */
    assert_points("counter", "2026-11-21T12:00:00Z", "50", "60", "0", "0");
    answer = world_get(&world, "/v1/members/nobody/summary");
    expect(&world, &answer, 404, "/code", "unknown_member");
}

static void a_summary_of_a_merged_member_is_the_survivors(void **state)
{
    (void)state;
    join("s-old", "2026-11-20T10:00:00Z");
    join("s-new", "2026-11-20T11:00:00Z");
    (void)tell("merge", "2026-11-21T10:00:00Z", ", 'member': 's-old', 'other_member': 's-new'");
    struct answer answer = world_get(&world, "/v1/members/s-old/summary");
    expect(&world, &answer, 200, "/member/status", "merged", "/member/merged_into", "s-new",
           "/member/wallets/0/available", "200", "/expiring/0/amount", "100", "/expiring/1/amount",
           "100", "/rewards/1/available", "true");
}

/* ---- statement ---- */

static void a_statement_says_each_amount_with_its_reason_in_pages(void **state)
{
    (void)state;
    join("told", "2026-10-01T10:00:00Z");
    join("other", "2026-10-01T10:00:00Z");
    (void)tell("purchase", "2026-10-02T10:00:00Z",
               ", 'member': 'told', 'order': 'o-1', 'items': [{'unit_price': '12.00'}]");
    (void)tell("adjust", "2026-10-03T10:00:00Z",
               ", 'member': 'told', 'wallet': 'points', 'amount': '5', 'reason': 'Goodwill',"
               " 'actor': 'Eve'");
    (void)tell("transfer", "2026-10-04T10:00:00Z",
               ", 'member': 'told', 'other_member': 'other', 'wallet': 'points', 'amount': '15',"
               " 'reason': 'A gift'");
    (void)tell("milestone", "2026-10-05T10:00:00Z", ", 'order': 'o-1', 'milestone': 'delivered'");
    struct answer answer = world_get(&world, "/v1/members/told/statement");
    expect(&world, &answer, 200, "/entries/0/event/type", "milestone", "/entries/0/words/0",
           "12 points: now available, order o-1", "/entries/1/event/type", "transfer",
           "/entries/1/words/0", "-15 points: transferred: A gift", "/entries/1/words/1", NULL,
           "/entries/1/reason", "A gift", "/entries/2/words/0",
           "+5 points: adjusted by hand: Goodwill", "/entries/2/reason", "Goodwill",
           "/entries/2/actor", "Eve", "/entries/3/words/0",
           "+12 points: earned, order o-1, by rule base", "/entries/3/words/1",
           "+3.00 miles: earned, order o-1, by rule travel", "/entries/4/words/0",
           "+100 points: earned, by rule welcome", "/entries/5", NULL, "/next", NULL);
    answer = world_get(&world, "/v1/members/other/statement");
    expect(&world, &answer, 200, "/entries/0/words/0", "+15 points: transferred: A gift",
           "/entries/0/words/1", NULL, "/entries/2", NULL);
    const char *cursor = "";
    for (int i = 0; i < 5; i++) {
        struct answer page = world_get(&world, "/v1/members/told/statement?limit=1%s%s",
                                       i == 0 ? "" : "&cursor=", cursor);
        static const char *const types[] = {"milestone", "transfer", "adjust", "purchase", "join"};
        expect(&world, &page, 200, "/entries/0/event/type", types[i], "/entries/1", NULL);
        cursor = answer_at(&world, &page, "/next");
        assert_true((cursor == NULL) == (i == 4));
    }
    answer = world_get(&world, "/v1/members/told/statement?cursor=zebra");
    expect(&world, &answer, 400, "/code", "malformed_cursor");
    answer = world_get(&world, "/v1/members/nobody/statement");
    expect(&world, &answer, 404, "/code", "unknown_member");
}

static void anothers_cursor_is_refused(void **state)
{
    (void)state;
    join("cursor-a", "2026-10-01T10:00:00Z");
    join("cursor-b", "2026-10-01T10:00:00Z");
    (void)tell("adjust", "2026-10-02T10:00:00Z",
               ", 'member': 'cursor-a', 'wallet': 'points', 'amount': '5', 'reason': 'x'");
    struct answer answer = world_get(&world, "/v1/members/cursor-a/statement?limit=1");
    const char *cursor = answer_at(&world, &answer, "/next");
    assert_non_null(cursor);
    answer = world_get(&world, "/v1/members/cursor-b/statement?cursor=%s", cursor);
    expect(&world, &answer, 400, "/code", "malformed_cursor");
}

static void a_statement_of_a_merged_member_says_who_has_everything_now(void **state)
{
    (void)state;
    join("st-old", "2026-10-20T10:00:00Z");
    join("st-new", "2026-10-21T10:00:00Z");
    (void)tell("merge", "2026-10-25T10:00:00Z", ", 'member': 'st-old', 'other_member': 'st-new'");
    (void)tell("adjust", "2026-10-26T10:00:00Z",
               ", 'member': 'st-old', 'wallet': 'points', 'amount': '5', 'reason': 'x'");
    struct answer answer = world_get(&world, "/v1/members/st-old/statement");
    expect(&world, &answer, 200, "/member", "st-old", "/merged_into", "st-new",
           "/entries/0/event"
           "/type",
           "merge", "/entries/1/event/type", "join", "/entries/2", NULL);
    answer = world_get(&world, "/v1/members/st-new/statement");
    expect(&world, &answer, 200, "/member", "st-new", "/merged_into", NULL, "/entries/0/event/type",
           "adjust", "/entries/1/event/type", "merge", "/entries/2/event/type", "join",
           "/entries/3", NULL);
}

/* ---- explain ---- */

static int64_t sum_of_lots(const struct answer *answer, const char *account)
{
    int64_t sum = 0;
    size_t count = answer_count(answer, "/lots");
    for (size_t i = 0; i < count; i++) {
        int64_t remaining;
        struct text at = arena_format(&world.arena, "/lots/%zu/account", i);
        if (strcmp(answer_at(&world, answer, at.bytes), account) != 0) continue;
        at = arena_format(&world.arena, "/lots/%zu/remaining", i);
        assert_int_equal(amount_parse(text_of(answer_at(&world, answer, at.bytes)), 0, &remaining),
                         STATUS_OK);
        sum += remaining;
    }
    return sum;
}

static void assert_lots_sum_up(const struct answer *answer)
{
    static const char *const accounts[] = {"available", "pending", "held"};
    for (size_t i = 0; i < 3; i++) {
        int64_t balance;
        struct text at = arena_format(&world.arena, "/balance/%s", accounts[i]);
        assert_int_equal(amount_parse(text_of(answer_at(&world, answer, at.bytes)), 0, &balance),
                         STATUS_OK);
        assert_int_equal(sum_of_lots(answer, accounts[i]), balance);
    }
}

static void a_balance_is_explained_lot_by_lot(void **state)
{
    (void)state;
    join("why", "2026-11-01T10:00:00Z");
    struct answer bought =
        tell("purchase", "2026-11-02T10:00:00Z",
             ", 'member': 'why', 'order': 'w1', 'items': [{'unit_price': '33.70'}]");
    struct answer given =
        tell("adjust", "2026-11-03T10:00:00Z",
             ", 'member': 'why', 'wallet': 'points', 'amount': '5', 'reason': 'Goodwill',"
             " 'actor': 'Eve'");
    (void)tell("hold", "2026-11-04T10:00:00Z",
               ", 'id': 'wh', 'member': 'why', 'wallet': 'points', 'amount': '30',"
               " 'lapses_at': '2099-01-01T00:00:00Z'");
    (void)tell("redeem", "2026-11-05T10:00:00Z",
               ", 'member': 'why', 'wallet': 'points', 'amount': '10'");
    struct answer answer =
        world_get(&world, "/v1/members/why/explain?wallet=points&at=2026-11-06T10:00:00Z");
    expect(&world, &answer, 200, "/member", "why", "/wallet", "points", "/balance/available", "65",
           "/balance/pending", "33", "/balance/held", "30");
    assert_lots_sum_up(&answer);
    bool found_purchase = false;
    bool found_adjustment = false;
    for (size_t i = 0; i < answer_count(&answer, "/lots"); i++) {
        struct answer lot = {.status = 200};
        lot.json = yyjson_arr_get(yyjson_obj_get(answer.json, "lots"), i);
        const char *type = answer_at(&world, &lot, "/origin/type");
        assert_non_null(type);
        if (strcmp(type, "purchase") == 0) {
            found_purchase = true;
            expect(&world, &lot, 200, "/account", "pending", "/remaining", "33", "/rule", "base",
                   "/available_at", "2026-11-16T10:00:00Z", "/origin/order", "w1",
                   "/origin/position", answer_at(&world, &bought, "/position"),
                   "/origin/occurred_at", "2026-11-02T10:00:00Z", "/origin/program_version", "1",
                   "/origin/fired/rule", "base", "/origin/fired/base", "33.70",
                   "/origin/fired/granted", "33");
        } else if (strcmp(type, "adjust") == 0) {
            found_adjustment = true;
            expect(&world, &lot, 200, "/remaining", "5", "/rule", NULL, "/origin/reason",
                   "Goodwill", "/origin/actor", "Eve", "/origin/position",
                   answer_at(&world, &given, "/position"));
        } else {
            expect(&world, &lot, 200, "/rule", "welcome", "/origin/type", "join",
                   "/origin/fired/granted", "100");
        }
    }
    assert_true(found_purchase && found_adjustment);
    answer = world_get(&world, "/v1/members/why/explain?wallet=stars");
    expect(&world, &answer, 404, "/code", "not_found");
    answer = world_get(&world, "/v1/members/why/explain");
    expect(&world, &answer, 400, "/code", "malformed_parameter");
    answer = world_get(&world, "/v1/members/nobody/explain?wallet=points");
    expect(&world, &answer, 404, "/code", "unknown_member");
}

static void after_a_merge_either_id_explains_the_survivors_balance(void **state)
{
    (void)state;
    join("ex-old", "2026-11-01T10:00:00Z");
    join("ex-new", "2026-11-02T10:00:00Z");
    (void)tell("merge", "2026-11-03T10:00:00Z", ", 'member': 'ex-old', 'other_member': 'ex-new'");
    static const char *const ids[] = {"ex-old", "ex-new"};
    for (size_t i = 0; i < 2; i++) {
        struct answer answer = world_get(
            &world, "/v1/members/%s/explain?wallet=points&at=2026-11-04T10:00:00Z", ids[i]);
        expect(&world, &answer, 200, "/member", "ex-new", "/balance/available", "200",
               "/lots/0/origin/type", "join", "/lots/0/origin/fired/rule", "welcome",
               "/lots/1/origin/type", "join", "/lots/1/origin/fired/rule", "welcome");
        assert_lots_sum_up(&answer);
    }
}

static void a_balance_of_thousands_of_lots_is_explained(void **state)
{
    static const char *const headers = "Content-Type: application/x-ndjson\r\n";
    struct buffer lines;
    (void)state;
    buffer_init(&lines, (size_t)4 << 20);
    join("lots", "2026-11-01T10:00:00Z");
    for (int i = 0; i < 3000; i++) {
        assert_int_equal(
            buffer_add_format(&lines,
                              "{\"type\":\"purchase\",\"member\":\"lots\",\"order\":\"lots-%d\","
                              "\"id\":\"lots-%d\",\"occurred_at\":\"2026-11-02T%02d:%02d:%02dZ\","
                              "\"items\":[{\"unit_price\":\"2.00\"}]}\n",
                              i, i, i / 3600, i / 60 % 60, i % 60),
            STATUS_OK);
    }
    struct answer answer = world_send(&world, "POST", "/v1/events", headers, buffer_text(&lines));
    assert_int_equal(answer.status, 200);
    buffer_release(&lines);
    answer = world_get(&world, "/v1/members/lots/explain?wallet=points&at=2026-11-03T10:00:00Z");
    expect(&world, &answer, 200, "/balance/available", "100", "/balance/pending", "6000",
           "/lots_left_out", "2001", "/lots/0/origin/type", "join", "/lots/1/origin/order",
           "lots-0", "/lots/999/origin/order", "lots-998", "/lots/999/remaining", "2");
    assert_int_equal(answer_count(&answer, "/lots"), 1000);
}

/* ---- export ---- */

static void an_export_has_the_person_and_all_that_happened(void **state)
{
    (void)state;
    struct answer answer =
        world_post(&world, "/v1/members",
                   "{'id': 'mine', 'joined_at': '2026-11-01T10:00:00Z', 'fields': {'name': 'M'},"
                   " 'external_ids': [{'kind': 'card', 'value': 'm'}]}");
    assert_int_equal(answer.status, 201);
    for (int i = 0; i < 4; i++) {
        (void)tell("adjust", "2026-11-02T10:00:00Z",
                   ", 'member': 'mine', 'wallet': 'points', 'amount': '1', 'reason': 'x'");
    }
    answer = world_get(&world, "/v1/members/mine/export");
    expect(&world, &answer, 200, "/member/fields/name", "M", "/member/external_ids/0/value", "m",
           "/statement/entries/4/event/type", "join", "/statement/entries/5", NULL,
           "/statement/next", NULL);
    answer = world_get(&world, "/v1/members/mine/export?limit=3");
    expect(&world, &answer, 200, "/statement/entries/2/event/type", "adjust",
           "/statement/entries/3", NULL);
    const char *cursor = answer_at(&world, &answer, "/statement/next");
    assert_non_null(cursor);
    answer = world_get(&world, "/v1/members/mine/export?limit=3&cursor=%s", cursor);
    expect(&world, &answer, 200, "/statement/entries/1/event/type", "join", "/statement/entries/2",
           NULL, "/statement/next", NULL, "/member/id", "mine");
    answer = world_get(&world, "/v1/members/nobody/export");
    expect(&world, &answer, 404, "/code", "unknown_member");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wallets_of_any_past_instant_are_what_was_answered_then),
        cmocka_unit_test(what_happened_late_does_not_change_the_past),
        cmocka_unit_test(wallets_of_the_future_are_settled_by_then),
        cmocka_unit_test(wallets_of_a_merged_member_are_the_survivors_from_the_merge_on),
        cmocka_unit_test(a_summary_says_which_rewards_there_are_and_what_is_missing),
        cmocka_unit_test(a_summary_of_a_merged_member_is_the_survivors),
        cmocka_unit_test(a_statement_says_each_amount_with_its_reason_in_pages),
        cmocka_unit_test(anothers_cursor_is_refused),
        cmocka_unit_test(a_statement_of_a_merged_member_says_who_has_everything_now),
        cmocka_unit_test(a_balance_is_explained_lot_by_lot),
        cmocka_unit_test(after_a_merge_either_id_explains_the_survivors_balance),
        cmocka_unit_test(a_balance_of_thousands_of_lots_is_explained),
        cmocka_unit_test(an_export_has_the_person_and_all_that_happened),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
