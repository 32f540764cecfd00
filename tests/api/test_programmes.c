/* /v1/programme: versions, drafts, publishing, and the store's own history decided by a draft. */
#include "client.h"

static struct world world;

#define HEAD                                                                                       \
    "program: shop\n"                                                                              \
    "title: The Shop\n"                                                                            \
    "timezone: Europe/Berlin\n"                                                                    \
    "currency: EUR\n"
#define POINTS                                                                                     \
    "wallets:\n"                                                                                   \
    "  points:\n"                                                                                  \
    "    names: {en: {one: point, other: points}}\n"
#define MILES                                                                                      \
    "  miles:\n"                                                                                   \
    "    names: {en: {one: mile, other: miles}}\n"                                                 \
    "    decimals: 2\n"
#define RULES(points)                                                                              \
    "rules:\n"                                                                                     \
    "  welcome: {on: join, earn: 100 points}\n"                                                    \
    "  base:\n"                                                                                    \
    "    on: purchase\n"                                                                           \
    "    earn: " points " per 1.00 EUR of order.eligible, rounded down\n"                          \
    "rewards:\n"                                                                                   \
    "  mug: {title: A mug, cost: 150 points}\n"

static const char *const first = HEAD POINTS MILES RULES("1 point");
static const char *const doubled = HEAD POINTS MILES RULES("2 points");
static const char *const without_miles = HEAD POINTS RULES("1 point");
static const char *const without_points =
    HEAD "wallets:\n" MILES "rules:\n  travel: {on: join, earn: 1 mile}\n";
static const char *const coarser_miles =
    HEAD POINTS "  miles:\n    names: {en: {one: mile, other: miles}}\n" RULES("1 point");
static const char *const other_shop =
    "program: another\ntimezone: Europe/Berlin\ncurrency: EUR\n" POINTS
    "rules:\n  welcome: {on: join, earn: 100 points}\n";

static int open_world(void **state)
{
    (void)state;
    world_open(&world, first);
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    world_close(&world);
    return 0;
}

static struct answer send_text(const char *path, const char *key, const char *text)
{
    struct text headers = arena_format(
        &world.arena, "Content-Type: application/yaml\r\n%s%s%s",
        key == NULL ? "" : "Idempotency-Key: ", key == NULL ? "" : key, key == NULL ? "" : "\r\n");
    assert_non_null(headers.bytes);
    return world_send(&world, "POST", path, headers.bytes, text_of(text));
}

static void tell(const char *body)
{
    struct answer answer = world_post(&world, "/v1/events", "%s", body);
    expect(&world, &answer, 200, "/answer", "done");
}

static bool has_line(const struct answer *answer, const char *list, const char *part)
{
    for (size_t i = 0; i < answer_count(answer, list); i++) {
        struct text at = arena_format(&world.arena, "%s/%zu", list, i);
        if (strstr(answer_at(&world, answer, at.bytes), part) != NULL) return true;
    }
    return false;
}

static const char *version_in_force(void)
{
    struct answer answer = world_get(&world, "/v1/programme");
    expect(&world, &answer, 200, "/program", "shop", "/in_force", "true");
    return answer_at(&world, &answer, "/version");
}

/* ---- reading ---- */

static void the_version_in_force_is_read_with_its_text(void **state)
{
    (void)state;
    struct answer answer = world_get(&world, "/v1/programme");
    expect(&world, &answer, 200, "/version", "1", "/program", "shop", "/title", "The Shop",
           "/in_force", "true", "/in_force_from", NULL, "/text", first);
    assert_true(has_line(&answer, "/description", "1 point"));
    answer = world_get(&world, "/v1/programme/versions/1");
    expect(&world, &answer, 200, "/version", "1", "/text", first);
    static const char *const none[] = {"0", "2", "-1", "zebra", "1.5", "99999999999"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        answer = world_get(&world, "/v1/programme/versions/%s", none[i]);
        expect(&world, &answer, 404, "/code", "not_found");
    }
}

/* ---- drafts ---- */

static void a_draft_is_validated_with_the_places_of_its_mistakes(void **state)
{
    (void)state;
    struct answer answer = send_text("/v1/programme/validate", NULL, doubled);
    expect(&world, &answer, 200, "/valid", "true", "/problems", NULL);
    assert_true(has_line(&answer, "/description", "2 points"));
    answer = send_text("/v1/programme/validate", NULL,
                       HEAD POINTS "rules:\n"
                                   "  base: {on: purchase, earn: 1 pionts per 1.00 EUR}\n"
                                   "  other: {onn: join, earn: 1 point}\n");
    expect(&world, &answer, 200, "/valid", "false", "/problems/0/line", "9");
    assert_true(answer_count(&answer, "/problems") >= 2);
    assert_non_null(answer_at(&world, &answer, "/problems/0/column"));
    answer = send_text("/v1/programme/validate", NULL, "program: [");
    expect(&world, &answer, 200, "/valid", "false");
    answer = send_text("/v1/programme/diff", NULL, "program: [");
    expect(&world, &answer, 422, "/code", "invalid_program");
    assert_non_null(answer_at(&world, &answer, "/errors/0/line"));
    answer = send_text("/v1/programme/publish", NULL, "program: [");
    expect(&world, &answer, 422, "/code", "invalid_program");
    answer = send_text("/v1/programme/backtest", NULL, "program: [");
    expect(&world, &answer, 422, "/code", "invalid_program");
}

static void a_draft_that_is_probably_not_meant_is_warned_of(void **state)
{
    static const char *const warned = HEAD POINTS MILES
        "counters:\n  spend: {on: purchase, sum: order.eligible}\n"
        "tiers:\n  club: {measured_by: spend, levels: {vib: {from: 1 EUR}, top: {from: 9 EUR}}}\n"
        "rules:\n  base: {on: purchase, earn: 1 point, when: member.tiers.club == 'vib'}\n";
    (void)state;
    struct answer answer = send_text("/v1/programme/validate", NULL, warned);
    expect(&world, &answer, 200, "/valid", "true", "/problems", NULL, "/warnings/0/line", "16",
           "/warnings/1", NULL);
    assert_non_null(strstr(answer_at(&world, &answer, "/warnings/0/message"), "vib"));
    answer = send_text("/v1/programme/publish?from=2098-01-01T00:00:00Z", NULL, warned);
    expect(&world, &answer, 201, "/warnings/0/line", "16");
    const char *version = answer_at(&world, &answer, "/version");
    answer = world_get(&world, "/v1/programme/versions/%s", version);
    expect(&world, &answer, 200, "/warnings/0/line", "16");
    answer = send_text("/v1/programme/publish?from=2098-01-01T00:00:00Z", NULL, first);
    expect(&world, &answer, 201, "/warnings", NULL);
}

static void a_diff_says_what_a_draft_changes(void **state)
{
    (void)state;
    struct answer answer = send_text("/v1/programme/diff", NULL, first);
    expect(&world, &answer, 200, "/added/0", NULL, "/removed/0", NULL);
    answer = send_text("/v1/programme/diff", NULL, doubled);
    assert_int_equal(answer.status, 200);
    assert_true(has_line(&answer, "/added", "2 points"));
    assert_true(has_line(&answer, "/removed", "1 point "));
    assert_false(has_line(&answer, "/added", "welcome"));
}

/* ---- back-test ---- */

static void a_backtest_of_the_same_programme_gives_what_is_recorded(void **state)
{
    (void)state;
    tell("{'type': 'join', 'member': 'bt-a', 'id': 'bt1'}");
    tell("{'type': 'join', 'member': 'bt-b', 'id': 'bt2'}");
    tell("{'type': 'purchase', 'member': 'bt-a', 'order': 'bt-o1', 'id': 'bt3',"
         " 'items': [{'id': 'i', 'sku': 'S', 'unit_price': '30.00', 'quantity': 2}]}");
    tell("{'type': 'return', 'id': 'bt-r', 'order': 'bt-o1',"
         " 'returns': [{'item': 'i', 'quantity': 1}]}");
    struct answer answer =
        world_post(&world, "/v1/events", "{'type': 'redeem', 'member': 'bt-a', 'reward': 'mug'}");
    expect(&world, &answer, 409, "/code", "balance_too_low");
    tell("{'type': 'adjust', 'member': 'bt-a', 'wallet': 'miles', 'amount': '2.50',"
         " 'reason': 'x'}");
    tell("{'type': 'transfer', 'member': 'bt-a', 'other_member': 'bt-b', 'wallet': 'points',"
         " 'amount': '10'}");
    tell("{'type': 'merge', 'member': 'bt-b', 'other_member': 'bt-a'}");
    answer = send_text("/v1/programme/backtest", NULL, first);
    expect(&world, &answer, 200, "/events", "8", "/refused", NULL, "/allowed", NULL,
           "/recorded/0/wallet", "points", "/recorded/0/issued", "260", "/recorded/0/taken_back",
           "30", "/recorded/0/outstanding", "230", "/recorded/1/outstanding", "2.50");
    for (int i = 0; i < 2; i++) {
        static const char *const figures[] = {"issued", "taken_back", "redeemed", "expired",
                                              "outstanding"};
        for (size_t k = 0; k < sizeof figures / sizeof *figures; k++) {
            struct text recorded = arena_format(&world.arena, "/recorded/%d/%s", i, figures[k]);
            struct text rehearsed = arena_format(&world.arena, "/rehearsed/%d/%s", i, figures[k]);
            assert_string_equal(answer_at(&world, &answer, recorded.bytes),
                                answer_at(&world, &answer, rehearsed.bytes));
        }
    }
}

static void a_backtest_of_another_says_what_would_have_been(void **state)
{
    (void)state;
    struct answer answer = send_text("/v1/programme/backtest", NULL, doubled);
    /* 100 + 100 + 2 x 60 earned, 2 x 30 taken back; 160 are enough for the mug. */
    expect(&world, &answer, 200, "/events", "8", "/refused", NULL, "/allowed", "1",
           "/rehearsed/0/issued", "320", "/rehearsed/0/taken_back", "60", "/rehearsed/0/redeemed",
           "150", "/rehearsed/0/outstanding", "110", "/recorded/0/issued", "260",
           "/recorded/0/redeemed", "0");
    answer = send_text("/v1/programme/backtest", NULL, without_miles);
    expect(&world, &answer, 200, "/refused", "1", "/allowed", NULL, "/rehearsed/1", NULL,
           "/recorded/1/outstanding", "2.50");
    /* Nothing of it is written. */
    answer = world_get(&world, "/v1/members/bt-a");
    expect(&world, &answer, 200, "/wallets/0/available", "230");
    assert_string_equal(version_in_force(), "1");
}

/* ---- publish ---- */

static void what_would_hurt_is_not_published(void **state)
{
    static const struct {
        const char *text;
        const char *part;
    } cases[] = {
        {other_shop, "this is programme another"},
        {without_miles, "wallet miles would vanish"},
        {without_points, "wallet points would vanish"},
        {coarser_miles, "wallet miles would vanish or change its decimals"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct answer answer = send_text("/v1/programme/publish", NULL, cases[i].text);
        expect(&world, &answer, 409, "/code", "conflict");
        if (strstr(answer_at(&world, &answer, "/detail"), cases[i].part) == NULL)
            fail_msg("%zu: %s", i, answer_at(&world, &answer, "/detail"));
    }
    struct answer answer = world_get(&world, "/v1/programme/versions");
    expect(&world, &answer, 200, "/versions/0/version", "1", "/versions/1", NULL);
}

static void a_draft_is_published_and_a_repeat_publishes_nothing_new(void **state)
{
    (void)state;
    struct answer answer = send_text("/v1/programme/publish", "pub-2", doubled);
    expect(&world, &answer, 201, "/version", "2", "/in_force", "true", "/text", NULL);
    answer = send_text("/v1/programme/publish", "pub-2", doubled);
    expect(&world, &answer, 201, "/version", "2");
    answer = send_text("/v1/programme/publish", NULL, doubled);
    expect(&world, &answer, 201, "/version", "2");
    assert_string_equal(version_in_force(), "2");
    tell("{'type': 'join', 'member': 'v2', 'id': 'v2-join'}");
    answer = world_post(&world, "/v1/events",
                        "{'type': 'purchase', 'member': 'v2', 'order': 'v2-o', 'id': 'v2-p',"
                        " 'items': [{'unit_price': '10.00'}]}");
    expect(&world, &answer, 200, "/program_version", "2", "/balances/0/available", "120");
    answer = send_text("/v1/programme/publish", "pub-3", first);
    expect(&world, &answer, 201, "/version", "3");
    /* Answered as the first time, and it does not come back into force. */
    answer = send_text("/v1/programme/publish", "pub-2", doubled);
    expect(&world, &answer, 201, "/version", "2", "/in_force", "true");
    assert_true(text_equal(answer_header(&answer, "Idempotency-Replayed"), TEXT("true")));
    assert_string_equal(version_in_force(), "3");
    answer = send_text("/v1/programme/publish", "pub-2", first);
    expect(&world, &answer, 409, "/code", "key_conflict");
}

static void a_draft_is_published_for_a_time_to_come_once(void **state)
{
    static const char *const path = "/v1/programme/publish?from=2099-01-01T00:00:00Z";
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct answer answer = send_text(path, NULL, doubled);
        expect(&world, &answer, 201, "/version", "4", "/in_force", "false", "/in_force_from",
               "2099-01-01T00:00:00Z");
    }
    assert_string_equal(version_in_force(), "3");
    struct answer answer =
        send_text("/v1/programme/publish?from=2000-01-01T00:00:00Z", NULL, without_points);
    expect(&world, &answer, 409, "/code", "conflict");
}

static void versions_are_listed_newest_first_in_pages(void **state)
{
    (void)state;
    struct answer answer = world_get(&world, "/v1/programme/versions");
    expect(&world, &answer, 200, "/versions/0/version", "4", "/versions/1/version", "3",
           "/versions/1/in_force", "true", "/versions/3/version", "1", "/versions/4", NULL, "/next",
           NULL, "/versions/0/text", NULL);
    answer = world_get(&world, "/v1/programme/versions?limit=3");
    expect(&world, &answer, 200, "/versions/2/version", "2", "/versions/3", NULL);
    answer = world_get(&world, "/v1/programme/versions?limit=3&cursor=%s",
                       answer_at(&world, &answer, "/next"));
    expect(&world, &answer, 200, "/versions/0/version", "1", "/versions/1", NULL, "/next", NULL);
    answer = world_get(&world, "/v1/programme/versions?cursor=zebra");
    expect(&world, &answer, 400, "/code", "malformed_cursor");
}

static void a_wallet_may_go_when_nobody_has_anything_in_it(void **state)
{
    (void)state;
    tell("{'type': 'adjust', 'member': 'bt-a', 'wallet': 'miles', 'amount': '-2.50',"
         " 'reason': 'gone'}");
    /* Until then somebody may be given some again. */
    struct answer answer =
        send_text("/v1/programme/publish?from=2099-02-01T00:00:00Z", NULL, without_miles);
    expect(&world, &answer, 409, "/code", "conflict");
    answer = send_text("/v1/programme/publish", NULL, without_miles);
    expect(&world, &answer, 201, "/version", "5", "/in_force", "true");
    answer = world_get(&world, "/v1/members/bt-a");
    expect(&world, &answer, 200, "/wallets/0/wallet", "points", "/wallets/1", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_version_in_force_is_read_with_its_text),
        cmocka_unit_test(a_draft_is_validated_with_the_places_of_its_mistakes),
        cmocka_unit_test(a_diff_says_what_a_draft_changes),
        cmocka_unit_test(a_backtest_of_the_same_programme_gives_what_is_recorded),
        cmocka_unit_test(a_backtest_of_another_says_what_would_have_been),
        cmocka_unit_test(what_would_hurt_is_not_published),
        cmocka_unit_test(a_draft_is_published_and_a_repeat_publishes_nothing_new),
        cmocka_unit_test(a_draft_is_published_for_a_time_to_come_once),
        cmocka_unit_test(versions_are_listed_newest_first_in_pages),
        cmocka_unit_test(a_wallet_may_go_when_nobody_has_anything_in_it),
        cmocka_unit_test(a_draft_that_is_probably_not_meant_is_warned_of),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
