/* /v1/members: create, change, find, list, and all that is done with a member by hand. On a store
 * in a file, which is verified at the end: whatever these tests did, the ledger is whole. */
#include "client.h"

#include <stdio.h>
#include <stdlib.h>

#include "ledger.h"

static struct world world;
static char folder[] = "/tmp/guerdon-members-XXXXXX";

static int open_world(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    world_open_with(&world, TEST_PROGRAM, (struct api_options){.data = folder});
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    world_close(&world);
    ledger_check_and_remove(folder);
    return 0;
}

static void create(const char *id)
{
    struct answer answer = world_post(&world, "/v1/members", "{'id': '%s'}", id);
    expect(&world, &answer, 201, "/id", id, "/status", "active", "/wallets/0/available", "100");
}

static struct answer act(const char *member, const char *what, const char *body)
{
    struct text path = arena_format(&world.arena, "/v1/members/%s/%s", member, what);
    assert_non_null(path.bytes);
    return world_post(&world, path.bytes, "%s", body);
}

static void assert_available(const char *member, const char *points, const char *miles)
{
    struct answer answer = world_get(&world, "/v1/members/%s", member);
    expect(&world, &answer, 200, "/wallets/0/wallet", "points", "/wallets/0/available", points,
           "/wallets/1/wallet", "miles", "/wallets/1/available", miles);
}

/* ---- create, change, find ---- */

static void a_member_is_created_once_and_a_repeat_is_answered_word_for_word(void **state)
{
    static const char *const headers = "Idempotency-Key: create-anna\r\n";
    static const char *const body =
        "{'id': 'anna', 'joined_at': '2026-11-01T10:00:00Z',"
        " 'fields': {'name': 'Anna', 'birthday': '1990-05-17', 'shoes': [38, 39]},"
        " 'external_ids': [{'kind': 'card', 'value': '4711'}, {'kind': 'email', 'value': "
        "'a@b.c'}]}";
    (void)state;
    struct answer made = world_call(&world, "POST", "/v1/members", headers, "%s", body);
    expect(&world, &made, 201, "/id", "anna", "/status", "active", "/joined_at",
           "2026-11-01T10:00:00Z", "/fields/name", "Anna", "/fields/shoes/1", "39",
           "/external_ids/1/value", "a@b.c", "/wallets/0/available", "100", "/tiers/0/level",
           "none", "/tiers/0/next_level", "silver", "/tiers/0/missing", "100.00");
    struct answer again = world_call(&world, "POST", "/v1/members", headers, "%s", body);
    expect(&world, &again, 201, "/id", "anna", "/joined_at", "2026-11-01T10:00:00Z", "/fields/name",
           "Anna", "/wallets/0/available", "100");
    assert_true(text_equal(answer_header(&again, "Idempotency-Replayed"), TEXT("true")));
    again = world_call(&world, "POST", "/v1/members", headers,
                       "{'id': 'anna', 'joined_at': '2026-11-01T10:00:00Z',"
                       " 'fields': {'name': 'Berta'}}");
    expect(&world, &again, 409, "/code", "key_conflict");
    again = world_post(&world, "/v1/members", "{'id': 'anna'}");
    expect(&world, &again, 409, "/code", "already_exists");
    again = world_get(&world, "/v1/members/anna");
    expect(&world, &again, 200, "/fields/name", "Anna", "/external_ids/0/value", "4711");
}

static void what_is_no_member_is_refused_with_the_field(void **state)
{
    static const struct {
        const char *body;
        const char *field;
    } cases[] = {
        {"{}", "/id"},
        {"{'id': ''}", "/id"},
        {"{'id': 'x', 'fields': 3}", "/fields"},
        {"{'id': 'x', 'external_ids': [{'kind': 'card'}]}", "/external_ids/0/value"},
        {"{'id': 'x', 'external_ids': [{'kind': 'c:d', 'value': 'v'}]}", "/external_ids/0/kind"},
        {"{'id': 'x', 'name': 'X'}", "/name"},
        {"{'id': 'x', 'joined_at': 'yesterday'}", "/joined_at"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct answer answer = world_post(&world, "/v1/members", "%s", cases[i].body);
        expect(&world, &answer, 422, "/code", "invalid_request", "/field", cases[i].field);
    }
    struct answer answer = world_get(&world, "/v1/members/x");
    expect(&world, &answer, 404, "/code", "unknown_member");
    answer = world_call(&world, "PATCH", "/v1/members/x", "Idempotency-Key: px\r\n", "{}");
    expect(&world, &answer, 404, "/code", "unknown_member");
}

static void an_external_id_names_one_member_and_can_be_moved(void **state)
{
    (void)state;
    struct answer answer = world_post(
        &world, "/v1/members", "{'id': 'one', 'external_ids': [{'kind': 'card', 'value': '1'}]}");
    expect(&world, &answer, 201, "/external_ids/0/value", "1");
    answer = world_post(&world, "/v1/members",
                        "{'id': 'two', 'external_ids': [{'kind': 'phone', 'value': '7'},"
                        " {'kind': 'card', 'value': '1'}]}");
    expect(&world, &answer, 409, "/code", "conflict", "/detail", "card 1 is another member's");
    answer = world_get(&world, "/v1/members/two");
    expect(&world, &answer, 404, "/code", "unknown_member");
    answer = world_get(&world, "/v1/members?kind=phone&value=7");
    expect(&world, &answer, 200, "/members/0/id", NULL, "/next", NULL);
    create("two");
    answer = world_call(&world, "PATCH", "/v1/members/one", "Idempotency-Key: p1\r\n",
                        "{'fields': {'name': 'One'}, 'external_ids': []}");
    expect(&world, &answer, 200, "/fields/name", "One", "/external_ids/0", NULL);
    answer = world_call(&world, "PATCH", "/v1/members/two", "Idempotency-Key: p2\r\n",
                        "{'external_ids': [{'kind': 'card', 'value': '1'}]}");
    expect(&world, &answer, 200, "/external_ids/0/value", "1");
    answer = world_get(&world, "/v1/members?kind=card&value=1");
    expect(&world, &answer, 200, "/members/0/id", "two", "/members/1", NULL);
    answer = world_post(&world, "/v1/events",
                        "{'type': 'purchase', 'member': {'kind': 'card', 'value': '1'}, 'order':"
                        " 'by-card', 'items': [{'unit_price': '5.00'}]}");
    expect(&world, &answer, 200, "/member", "two", "/balances/0/available", "105");
}

static void the_same_external_id_given_twice_is_still_found(void **state)
{
    (void)state;
    struct answer answer =
        world_post(&world, "/v1/members",
                   "{'id': 'twice', 'external_ids': [{'kind': 'tag', 'value': 't'},"
                   " {'kind': 'tag', 'value': 't'}]}");
    expect(&world, &answer, 201, "/id", "twice");
    answer = world_get(&world, "/v1/members?kind=tag&value=t");
    expect(&world, &answer, 200, "/members/0/id", "twice");
}

static void a_list_has_every_member_once_over_many_pages(void **state)
{
    unsigned count = 0;
    bool found_last = false;
    const char *cursor = NULL;
    const char *last = "";
    (void)state;
    for (int i = 0; i < 23; i++) {
        char id[16];
        snprintf(id, sizeof id, "list-%02d", i);
        create(id);
    }
    struct answer whole = world_get(&world, "/v1/members?limit=1000");
    size_t all = answer_count(&whole, "/members");
    assert_true(all >= 23);
    expect(&world, &whole, 200, "/next", NULL);
    do {
        struct answer page =
            world_get(&world, "/v1/members?limit=5%s%s",
                      cursor == NULL ? "" : "&cursor=", cursor == NULL ? "" : cursor);
        assert_int_equal(page.status, 200);
        size_t on_page = answer_count(&page, "/members");
        assert_true(on_page > 0 && on_page <= 5);
        for (size_t i = 0; i < on_page; i++) {
            struct text at = arena_format(&world.arena, "/members/%zu/id", i);
            const char *id = answer_at(&world, &page, at.bytes);
            assert_true(strcmp(last, id) < 0);
            last = id;
            found_last = found_last || strcmp(id, "list-22") == 0;
            count++;
        }
        cursor = answer_at(&world, &page, "/next");
    } while (cursor != NULL);
    assert_int_equal(count, all);
    assert_true(found_last);
}

static void a_list_refuses_what_it_cannot_read(void **state)
{
    (void)state;
    struct answer answer = world_get(&world, "/v1/members?cursor=zebra");
    expect(&world, &answer, 400, "/code", "malformed_cursor");
    answer = world_get(&world, "/v1/members?kind=card");
    expect(&world, &answer, 400, "/code", "malformed_parameter");
    answer = world_get(&world, "/v1/members?limit=1001");
    expect(&world, &answer, 400, "/code", "malformed_parameter");
    answer = world_get(&world, "/v1/members?limit=0");
    expect(&world, &answer, 400, "/code", "malformed_parameter");
}

/* ---- merge, close ---- */

static void a_merge_is_undone_and_each_has_its_own_again(void **state)
{
    (void)state;
    create("left");
    create("right");
    struct answer answer =
        act("left", "adjustments", "{'wallet': 'miles', 'amount': '2.50', 'reason': 'found'}");
    expect(&world, &answer, 200, "/balances/1/available", "2.50");
    answer = act("left", "merge", "{'into': 'left'}");
    expect(&world, &answer, 422, "/code", "same_member");
    answer = act("left", "merge", "{'into': 'right', 'reason': 'the same person'}");
    expect(&world, &answer, 200, "/answer", "done");
    assert_available("right", "200", "2.50");
    answer = world_get(&world, "/v1/members/left");
    expect(&world, &answer, 200, "/id", "left", "/status", "merged", "/merged_into", "right",
           "/wallets/0/available", "200");
    answer = act("left", "merge", "{'into': 'right'}");
    expect(&world, &answer, 409, "/code", "already_merged");
    answer = act("left", "unmerge", "{'from': 'anna'}");
    expect(&world, &answer, 409, "/code", "not_merged");
    answer = act("left", "unmerge", "{'from': 'right', 'reason': 'a mistake'}");
    expect(&world, &answer, 200, "/answer", "done");
    assert_available("left", "100", "2.50");
    assert_available("right", "100", "0.00");
    answer = world_get(&world, "/v1/members/left");
    expect(&world, &answer, 200, "/status", "active", "/merged_into", NULL);
}

static void spend(const char *member, const char *price)
{
    struct answer answer = world_post(&world, "/v1/events",
                                      "{'type': 'purchase', 'member': '%s', 'order': 'of-%s',"
                                      " 'items': [{'unit_price': '%s'}]}",
                                      member, member, price);
    expect(&world, &answer, 200, "/answer", "done");
}

static void a_merge_gives_the_level_of_the_sum_and_its_undoing_takes_it(void **state)
{
    (void)state;
    create("sum-a");
    create("sum-b");
    spend("sum-a", "60.00");
    spend("sum-b", "50.00");
    struct answer answer = act("sum-a", "merge", "{'into': 'sum-b'}");
    expect(&world, &answer, 200, "/answer", "done", "/tiers/0/level", "silver");
    const char *merged_at = answer_at(&world, &answer, "/position");
    answer = world_get(&world, "/v1/changes?type=tier.changed&limit=1000");
    size_t last = answer_count(&answer, "/changes") - 1;
    struct text pointer = arena_format(&world.arena, "/changes/%zu/data/position", last);
    expect(&world, &answer, 200, pointer.bytes, merged_at);
    answer = world_get(&world, "/v1/members/sum-b");
    expect(&world, &answer, 200, "/tiers/0/level", "silver", "/tiers/0/measured", "110.00");
    answer = act("sum-a", "unmerge", "{'from': 'sum-b'}");
    expect(&world, &answer, 200, "/answer", "done");
    answer = world_get(&world, "/v1/members/sum-b");
    expect(&world, &answer, 200, "/tiers/0/level", "none", "/tiers/0/measured", "50.00",
           "/tiers/0/since", NULL);
    answer = world_get(&world, "/v1/members/sum-a");
    expect(&world, &answer, 200, "/tiers/0/level", "none", "/tiers/0/measured", "60.00");
}

static void a_closed_member_earns_nothing_until_it_is_reopened(void **state)
{
    (void)state;
    create("closing");
    struct answer answer = act("closing", "close", "{'reason': 'asked for it'}");
    expect(&world, &answer, 200, "/answer", "done");
    answer = world_get(&world, "/v1/members/closing");
    expect(&world, &answer, 200, "/status", "closed");
    answer = world_post(&world, "/v1/events",
                        "{'type': 'purchase', 'member': 'closing', 'order': 'c1',"
                        " 'items': [{'unit_price': '5.00'}]}");
    expect(&world, &answer, 409, "/code", "member_closed");
    answer = act("closing", "reopen", "{}");
    expect(&world, &answer, 200, "/answer", "done");
    answer = world_post(&world, "/v1/events",
                        "{'type': 'purchase', 'member': 'closing', 'order': 'c1',"
                        " 'items': [{'unit_price': '5.00'}]}");
    expect(&world, &answer, 200, "/balances/0/available", "105");
}

/* ---- erase ---- */

static void an_erased_member_leaves_no_personal_data_and_an_old_key_does_nothing(void **state)
{
    static const char *const create_key = "Idempotency-Key: create-gone\r\n";
    static const char *const create_body = "{'id': 'gone', 'fields': {'name': 'Gone'},"
                                           " 'external_ids': [{'kind': 'card', 'value': '666'}]}";
    static const char *const buy_key = "Idempotency-Key: buy-gone\r\n";
    static const char *const buy_body = "{'type': 'purchase', 'member': {'kind': 'card', 'value':"
                                        " '666'}, 'order': 'g1', 'items': [{'unit_price': "
                                        "'40.00'}]}";
    static const char *const erase_key = "Idempotency-Key: erase-gone\r\n";
    (void)state;
    struct answer answer = world_call(&world, "POST", "/v1/members", create_key, "%s", create_body);
    expect(&world, &answer, 201, "/fields/name", "Gone");
    answer = world_call(&world, "POST", "/v1/events", buy_key, "%s", buy_body);
    expect(&world, &answer, 200, "/balances/0/available", "140");
    answer = world_call(&world, "POST", "/v1/members/gone/erase", erase_key,
                        "{'reason': 'asked for it'}");
    expect(&world, &answer, 200, "/answer", "done", "/balances/0/available", "0");
    const char *erased_at = answer_at(&world, &answer, "/position");
    answer = world_get(&world, "/v1/members/gone");
    expect(&world, &answer, 200, "/status", "erased", "/fields", NULL, "/external_ids", NULL,
           "/wallets/0/available", "0");
    answer = world_get(&world, "/v1/members?kind=card&value=666");
    expect(&world, &answer, 200, "/members/0", NULL);
    answer = world_call(&world, "POST", "/v1/members", create_key, "%s", create_body);
    expect(&world, &answer, 410, "/code", "gone", "/position", NULL);
    answer = world_call(&world, "POST", "/v1/events", buy_key, "%s", buy_body);
    expect(&world, &answer, 410, "/code", "gone", "/position", NULL);
    answer = world_get(&world, "/v1/members/gone");
    expect(&world, &answer, 200, "/status", "erased", "/fields", NULL, "/external_ids", NULL,
           "/wallets/0/available", "0");
    answer = world_call(&world, "POST", "/v1/members/gone/erase", erase_key,
                        "{'reason': 'asked for it'}");
    expect(&world, &answer, 200, "/answer", "done", "/position", erased_at);
    answer = act("gone", "adjustments", "{'wallet': 'points', 'amount': '1', 'reason': 'x'}");
    expect(&world, &answer, 410, "/code", "member_erased");
}

static void of_lines_an_erased_members_are_gone_and_the_others_are_answered(void **state)
{
    static const char *const lines = "{'type': 'settle', 'member': 'lines-a', 'id': 'la'}\n"
                                     "{'type': 'settle', 'member': 'lines-b', 'id': 'lb'}\n";
    (void)state;
    create("lines-a");
    create("lines-b");
    struct answer answer = world_lines(&world, "/v1/events", "%s", lines);
    assert_int_equal(answer.status, 200);
    answer = act("lines-a", "erase", "{}");
    expect(&world, &answer, 200, "/answer", "done");
    answer = world_lines(&world, "/v1/events", "%s", lines);
    struct answer line = answer_line(&world, &answer, 0);
    expect(&world, &line, 410, "/code", "gone");
    line = answer_line(&world, &answer, 1);
    expect(&world, &line, 200, "/answer", "done", "/member", "lines-b");
}

static void an_erasure_reaches_whoever_was_merged_into_the_member(void **state)
{
    (void)state;
    struct answer answer = world_post(&world, "/v1/members",
                                      "{'id': 'old-self', 'fields': {'name': 'Old'},"
                                      " 'external_ids': [{'kind': 'card', 'value': 'old'}]}");
    expect(&world, &answer, 201, "/fields/name", "Old");
    answer = world_post(&world, "/v1/members",
                        "{'id': 'new-self', 'fields': {'name': 'New'},"
                        " 'external_ids': [{'kind': 'card', 'value': 'new'}]}");
    expect(&world, &answer, 201, "/fields/name", "New");
    answer = act("old-self", "merge", "{'into': 'new-self'}");
    expect(&world, &answer, 200, "/answer", "done");
    answer = act("new-self", "erase", "{}");
    expect(&world, &answer, 200, "/answer", "done");
    answer = world_get(&world, "/v1/members/old-self");
    expect(&world, &answer, 200, "/fields", NULL, "/external_ids", NULL);
    answer = world_get(&world, "/v1/members/new-self");
    expect(&world, &answer, 200, "/fields", NULL, "/external_ids", NULL, "/status", "erased");
    answer = world_get(&world, "/v1/members?kind=card&value=old");
    expect(&world, &answer, 200, "/members/0", NULL);
}

/* ---- by hand ---- */

static void points_are_given_and_taken_by_hand(void **state)
{
    (void)state;
    create("hand");
    struct answer answer = act("hand", "adjustments",
                               "{'wallet': 'points', 'amount': '50', 'reason': 'Goodwill',"
                               " 'actor': 'Eve', 'expires_at': '2099-01-01T00:00:00Z'}");
    expect(&world, &answer, 200, "/balances/0/available", "150", "/postings/0/expires_at",
           "2099-01-01T00:00:00Z", "/postings/0/reason", "adjusted");
    answer = world_get(&world, "/v1/members/hand/wallets");
    expect(&world, &answer, 200, "/expiring/0/wallet", "points", "/expiring/0/amount", "50",
           "/expiring/0/at", "2099-01-01T00:00:00Z");
    answer =
        act("hand", "adjustments", "{'wallet': 'points', 'amount': '-60', 'reason': 'A mistake'}");
    expect(&world, &answer, 200, "/balances/0/available", "90");
    answer = act("hand", "adjustments", "{'wallet': 'points', 'amount': '-91', 'reason': 'More'}");
    expect(&world, &answer, 409, "/code", "balance_too_low");
    answer = act("hand", "adjustments", "{'wallet': 'points', 'amount': '1'}");
    expect(&world, &answer, 422, "/field", "/reason");
    answer = act("hand", "adjustments", "{'wallet': 'stars', 'amount': '1', 'reason': 'x'}");
    expect(&world, &answer, 422, "/field", "/wallet");
    answer = act("nobody", "adjustments", "{'wallet': 'points', 'amount': '1', 'reason': 'x'}");
    expect(&world, &answer, 404, "/code", "unknown_member");
}

static void points_are_transferred_and_expired(void **state)
{
    (void)state;
    create("giver");
    create("taker");
    struct answer answer =
        act("giver", "transfers", "{'wallet': 'points', 'amount': '30', 'to': 'taker'}");
    expect(&world, &answer, 200, "/answer", "done");
    assert_available("giver", "70", "0.00");
    assert_available("taker", "130", "0.00");
    answer = act("giver", "transfers", "{'wallet': 'points', 'amount': '71', 'to': 'taker'}");
    expect(&world, &answer, 409, "/code", "balance_too_low");
    answer = act("giver", "transfers", "{'wallet': 'points', 'amount': '1', 'to': 'nobody'}");
    expect(&world, &answer, 404, "/code", "unknown_member");
    answer = act("taker", "expiries", "{'wallet': 'points', 'amount': '5', 'reason': 'by hand'}");
    expect(&world, &answer, 200, "/balances/0/available", "125");
    answer = act("taker", "expiries", "{'wallet': 'points', 'reason': 'all of them'}");
    expect(&world, &answer, 200, "/balances/0/available", "0");
}

static void goods_come_back_by_sku_and_no_more_than_were_bought(void **state)
{
    (void)state;
    create("returner");
    struct answer answer = world_post(&world, "/v1/events",
                                      "{'type': 'purchase', 'member': 'returner', 'order': 'sku1',"
                                      " 'items': [{'sku': 'TEA', 'unit_price': '10.00',"
                                      " 'quantity': 3}]}");
    expect(&world, &answer, 200, "/balances/0/available", "130");
    answer = act("returner", "returns", "{'items': [{'sku': 'TEA', 'quantity': 2}]}");
    expect(&world, &answer, 200, "/units_matched", "2", "/units_unmatched", "0",
           "/balances/0/available", "110");
    answer = act("returner", "returns", "{'items': [{'sku': 'TEA', 'quantity': 2}]}");
    expect(&world, &answer, 200, "/units_matched", "1", "/units_unmatched", "1",
           "/balances/0/available", "100");
    answer = act("returner", "returns", "{'items': []}");
    expect(&world, &answer, 422, "/code", "invalid_request");
}

static void an_act_repeated_under_its_key_happens_once(void **state)
{
    static const char *const key = "Idempotency-Key: once\r\n";
    static const char *const body = "{'wallet': 'points', 'amount': '7', 'reason': 'once'}";
    (void)state;
    create("once");
    struct answer first =
        world_call(&world, "POST", "/v1/members/once/adjustments", key, "%s", body);
    expect(&world, &first, 200, "/balances/0/available", "107");
    struct answer again =
        world_call(&world, "POST", "/v1/members/once/adjustments", key, "%s", body);
    assert_true(text_equal(first.body, again.body));
    assert_available("once", "107", "0.00");
    again = world_call(&world, "POST", "/v1/members/once/adjustments", NULL, "%s", body);
    expect(&world, &again, 400, "/code", "idempotency_key_required");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_member_is_created_once_and_a_repeat_is_answered_word_for_word),
        cmocka_unit_test(what_is_no_member_is_refused_with_the_field),
        cmocka_unit_test(an_external_id_names_one_member_and_can_be_moved),
        cmocka_unit_test(the_same_external_id_given_twice_is_still_found),
        cmocka_unit_test(a_list_has_every_member_once_over_many_pages),
        cmocka_unit_test(a_list_refuses_what_it_cannot_read),
        cmocka_unit_test(a_merge_is_undone_and_each_has_its_own_again),
        cmocka_unit_test(a_merge_gives_the_level_of_the_sum_and_its_undoing_takes_it),
        cmocka_unit_test(a_closed_member_earns_nothing_until_it_is_reopened),
        cmocka_unit_test(an_erased_member_leaves_no_personal_data_and_an_old_key_does_nothing),
        cmocka_unit_test(of_lines_an_erased_members_are_gone_and_the_others_are_answered),
        cmocka_unit_test(an_erasure_reaches_whoever_was_merged_into_the_member),
        cmocka_unit_test(points_are_given_and_taken_by_hand),
        cmocka_unit_test(points_are_transferred_and_expired),
        cmocka_unit_test(goods_come_back_by_sku_and_no_more_than_were_bought),
        cmocka_unit_test(an_act_repeated_under_its_key_happens_once),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
