/* A story: one customer's shopping, with everything that happens to it. Each reply is lost once:
 * the client sends the request, goes away at once, and sends it again; and once more, for luck. In
 * the end each effect has happened once.
 */
#include "client.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crowd.h"

static const char *const PROGRAM =
    "program: shop\n"
    "timezone: Europe/Berlin\n"
    "currency: EUR\n"
    "wallets:\n"
    "  points:\n"
    "    names: {en: {one: point, other: points}}\n"
    "    expires: 12 months\n"
    "    on_return: {earned_but_spent: below zero}\n"
    "rules:\n"
    "  welcome: {on: join, earn: 200 points}\n"
    "  base:\n"
    "    on: purchase\n"
    "    earn: 1 point per 1.00 EUR of order.eligible, rounded down\n"
    "    pending: {until: delivered, at_latest: 14 days}\n"
    "rewards:\n"
    "  ten-off: {cost: 100 points, gives: {discount: 10.00 EUR, on: order}, stock: 100}\n"
    "  mug: {cost: 50 points, stock: 1}\n"
    "claims: {within: 30 days}\n";

/* How each request is told: see tell(). */
static enum { TOLD_AGAIN, TOLD_TWICE_AT_ONCE } manner;

static bool is_replayed(const struct answer *answer)
{
    return text_equal(answer_header(answer, "Idempotency-Replayed"), TEXT("true"));
}

/* Two clients send the same request at the same moment: one of them is the first. */
static struct answer tell_at_once(struct world *world, struct crowd_request request)
{
    struct crowd_request both[2] = {request, request};
    crowd_send(world, both, 2);
    assert_int_equal(both[0].answer.status, both[1].answer.status);
    if (both[0].answer.status == 200) {
        assert_true(text_equal(both[0].answer.body, both[1].answer.body));
        assert_true(is_replayed(&both[0].answer) != is_replayed(&both[1].answer));
    }
    return both[0].answer;
}

/* Sends a request, loses its reply, and repeats it twice: both must be answered alike. Or sends it
 * twice at once. */
static struct answer tell(struct world *world, const char *method, const char *path,
                          const char *key, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
static struct answer tell(struct world *world, const char *method, const char *path,
                          const char *key, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    struct text body = arena_format_arguments(&world->arena, format, arguments);
    va_end(arguments);
    assert_non_null(body.bytes);
    struct crowd_request request = {method, path, key, body.bytes, {0}};
    if (manner == TOLD_TWICE_AT_ONCE) return tell_at_once(world, request);
    const char *headers =
        key == NULL ? NULL : arena_format(&world->arena, "Idempotency-Key: %s\r\n", key).bytes;
    crowd_send_and_go(world, &request);
    struct answer first = world_call(world, method, path, headers, "%s", body.bytes);
    struct answer second = world_call(world, method, path, headers, "%s", body.bytes);
    assert_int_equal(first.status, second.status);
    if (first.status == 200) {
        assert_true(text_equal(first.body, second.body));
        assert_true(is_replayed(&second));
    }
    return first;
}

/* Paid with a reward: 2 x 20.00 and 15.00, less 10.00. */
#define CART                                                                                       \
    "'items': [{'id': 'shirt', 'sku': 'S', 'unit_price': '20.00', 'quantity': 2},"                 \
    " {'id': 'socks', 'sku': 'T', 'unit_price': '15.00'}]"

static void shop_with_a_reward(struct world *world)
{
    struct answer joined = tell(world, "POST", "/v1/events", "join",
                                "{'type': 'join', 'member': 'anna',"
                                " 'occurred_at': '2026-03-01T09:00:00Z'}");
    expect(world, &joined, 200, "/balances/0/available", "200");
    struct answer preview = world_call(world, "PUT", "/v1/orders/o1?preview=true", NULL, "%s",
                                       "{'member': 'anna', 'occurred_at': '2026-03-01T10:00:00Z',"
                                       " 'redeem': [{'reward': 'ten-off'}]," CART "}");
    expect(world, &preview, 200, "/status", "preview", "/totals/after", "45.00",
           "/will_earn/0/amount", "45", "/balances_after/0/available", "100");
    struct answer quote = tell(world, "PUT", "/v1/orders/o1", NULL,
                               "{'member': 'anna', 'revision': 1,"
                               " 'occurred_at': '2026-03-01T10:01:00Z',"
                               " 'redeem': [{'reward': 'ten-off'}]," CART "}");
    expect(world, &quote, 200, "/totals/after", "45.00", "/balances/0/available", "100",
           "/balances/0/held", "100");
    struct answer bought =
        tell(world, "POST", "/v1/orders/o1/confirm", "pay-o1",
             "{'quote': '%s', 'occurred_at': '2026-03-01T10:05:00Z',"
             " 'payments': [{'kind': 'card', 'amount': '45.00'}], 'if_changed': 'refuse'}",
             answer_at(world, &quote, "/quote"));
    expect(world, &bought, 200, "/eligible", "45.00", "/balances/0/available", "100",
           "/balances/0/pending", "45", "/balances/0/held", "0");
    struct answer delivered = tell(world, "POST", "/v1/orders/o1/milestones", "delivered-o1",
                                   "{'milestone': 'delivered',"
                                   " 'occurred_at': '2026-03-03T12:00:00Z'}");
    expect(world, &delivered, 200, "/balances/0/available", "145", "/balances/0/pending", "0");
}

static void bring_one_of_two_back(struct world *world)
{
    const char *body = "{'items': [{'item': 'shirt'}], 'occurred_at': '2026-03-10T12:00:00Z'}";
    struct answer preview =
        world_call(world, "PUT", "/v1/orders/o1/returns/r1?preview=true", NULL, "%s", body);
    struct answer back = tell(world, "PUT", "/v1/orders/o1/returns/r1", NULL, "%s", body);
    /* 20 of 55: 100 x 20 / 55 = 36.36 of the reward come back; the 35.00 that are left, less
     * their share of the discount (6.36), keep 28 of the 45 points. */
    expect(world, &back, 200, "/balances/0/available", "164");
    expect(world, &preview, 200, "/balances/0/available", "164");
    struct answer repeated = world_call(world, "PUT", "/v1/orders/o1/returns/r1", NULL, "%s", body);
    assert_true(text_equal(repeated.body, back.body));
    struct answer more = tell(world, "PUT", "/v1/orders/o1/returns/r2", NULL, "%s",
                              "{'items': [{'item': 'shirt', 'quantity': 2}],"
                              " 'occurred_at': '2026-03-10T13:00:00Z'}");
    expect(world, &more, 409, "/code", "return_exceeds");
    struct answer read = world_get(world, "/v1/orders/o1");
    expect(world, &read, 200, "/items/0/returned", "1", "/items/1/returned", "0");
}

static void change_and_cancel(struct world *world)
{
    struct answer bought =
        tell(world, "POST", "/v1/orders/o2/confirm", "pay-o2",
             "{'member': 'anna', 'occurred_at': '2026-03-11T10:00:00Z'," CART "}");
    expect(world, &bought, 200, "/balances/0/pending", "55");
    struct answer edited =
        tell(world, "PUT", "/v1/orders/o2/edits/e1", NULL, "%s",
             "{'occurred_at': '2026-03-11T11:00:00Z', 'items': ["
             "{'id': 'shirt', 'sku': 'S', 'unit_price': '20.00', 'quantity': 3}]}");
    expect(world, &edited, 200, "/balances/0/pending", "60");
    struct answer cancelled = tell(world, "POST", "/v1/orders/o2/cancel", "cancel-o2",
                                   "{'occurred_at': '2026-03-11T12:00:00Z'}");
    expect(world, &cancelled, 200, "/balances/0/pending", "0", "/balances/0/available", "164");
    struct answer again = tell(world, "POST", "/v1/orders/o2/cancel", "cancel-o2-again",
                               "{'occurred_at': '2026-03-11T13:00:00Z'}");
    expect(world, &again, 409, "/code", "order_cancelled");
}

static void claim_what_was_bought_as_a_guest(struct world *world)
{
    struct answer bought = tell(world, "POST", "/v1/orders/o3/confirm", "pay-o3",
                                "{'occurred_at': '2026-03-12T10:00:00Z'," CART "}");
    expect(world, &bought, 200, "/balances/0", NULL);
    struct answer claimed = tell(world, "POST", "/v1/orders/o3/claim", "claim-o3",
                                 "{'member': 'anna', 'code': '%s',"
                                 " 'occurred_at': '2026-03-14T10:00:00Z'}",
                                 answer_at(world, &bought, "/claim_code"));
    expect(world, &claimed, 200, "/balances/0/pending", "55");
    struct answer twice = tell(world, "POST", "/v1/orders/o3/claim", "claim-o3-again",
                               "{'member': 'anna', 'code': '%s',"
                               " 'occurred_at': '2026-03-14T11:00:00Z'}",
                               answer_at(world, &bought, "/claim_code"));
    expect(world, &twice, 409, "/code", "already_claimed");
}

/* A till without a connection promised 20 points for 15.00, and says so when it is back. */
static void hear_from_an_offline_till(struct world *world)
{
    struct answer told =
        tell(world, "POST", "/v1/events", "till-7-0001",
             "{'type': 'purchase', 'order': 'o4', 'member': 'anna', 'till': 'till-7',"
             " 'occurred_at': '2026-03-15T10:00:00Z',"
             " 'items': [{'sku': 'T', 'unit_price': '15.00'}],"
             " 'promises': [{'wallet': 'points', 'amount': '20'}]}");
    expect(world, &told, 200, "/fired/0/granted", "15");
    unsigned found = 0;
    for (unsigned i = 0; i < answer_count(&told, "/postings"); i++) {
        char pointer[40];
        snprintf(pointer, sizeof pointer, "/postings/%u/from", i);
        if (strcmp(answer_at(world, &told, pointer), "offline_difference") != 0) continue;
        snprintf(pointer, sizeof pointer, "/postings/%u/amount", i);
        assert_string_equal(answer_at(world, &told, pointer), "5");
        found++;
    }
    assert_int_equal(found, 1);
}

/* How often something is in an order's history and was done. */
static unsigned times(struct world *world, const char *order, const char *type)
{
    unsigned found = 0;
    struct answer read = world_get(world, "/v1/orders/%s", order);
    for (unsigned i = 0; i < answer_count(&read, "/history"); i++) {
        char pointer[40];
        snprintf(pointer, sizeof pointer, "/history/%u/type", i);
        bool is_it = strcmp(answer_at(world, &read, pointer), type) == 0;
        snprintf(pointer, sizeof pointer, "/history/%u/answer", i);
        found += is_it && strcmp(answer_at(world, &read, pointer), "done") == 0 ? 1 : 0;
    }
    return found;
}

static void tell_the_story(struct world *world)
{
    shop_with_a_reward(world);
    bring_one_of_two_back(world);
    change_and_cancel(world);
    claim_what_was_bought_as_a_guest(world);
    hear_from_an_offline_till(world);
    /* The claimed points become available by themselves, 14 days after the purchase. */
    struct answer settled = tell(world, "POST", "/v1/events", "settle",
                                 "{'type': 'settle', 'member': 'anna',"
                                 " 'occurred_at': '2026-03-29T10:00:00Z'}");
    expect(world, &settled, 200, "/balances/0/available", "239", "/balances/0/pending", "0",
           "/balances/0/held", "0", "/balances/0/debt", "0");
    static const struct {
        const char *order;
        const char *type;
    } once[] = {
        {"o1", "quote"},    {"o1", "confirm_order"}, {"o1", "milestone"},    {"o1", "return"},
        {"o2", "purchase"}, {"o2", "edit"},          {"o2", "cancel_order"}, {"o3", "purchase"},
        {"o3", "claim"},    {"o4", "purchase"},
    };
    for (size_t i = 0; i < sizeof once / sizeof *once; i++)
        assert_int_equal(times(world, once[i].order, once[i].type), 1);
}

static void a_story_with_every_request_sent_twice_at_once_ends_well(void **state)
{
    struct world world;
    (void)state;
    manner = TOLD_TWICE_AT_ONCE;
    world_open_with(&world, PROGRAM, (struct api_options){.clock_is_given = true});
    tell_the_story(&world);
    world_close(&world);
}

static void a_story_with_every_reply_lost_once_ends_well_in_memory(void **state)
{
    struct world world;
    (void)state;
    manner = TOLD_AGAIN;
    world_open_with(&world, PROGRAM, (struct api_options){.clock_is_given = true});
    tell_the_story(&world);
    world_close(&world);
}

/* A directory with files and empty directories in it. */
static void remove_directory(const char *path)
{
    DIR *directory = opendir(path);
    assert_non_null(directory);
    for (const struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        char name[400];
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        if (unlink(name) != 0) (void)rmdir(name);
    }
    closedir(directory);
    assert_int_equal(rmdir(path), 0);
}

static void a_story_with_every_reply_lost_once_ends_well_on_disk(void **state)
{
    struct world world;
    struct arena kept;
    char key[API_KEY_TEXT_MAXIMUM];
    char directory[] = "/tmp/guerdon-story-XXXXXX";
    const struct api_options options = {.clock_is_given = true, .data = directory};
    const char *bought = "{'occurred_at': '2026-03-12T10:00:00Z'," CART "}";
    (void)state;
    manner = TOLD_AGAIN;
    arena_init(&kept, (size_t)1 << 24);
    assert_non_null(mkdtemp(directory));
    world_open_with(&world, PROGRAM, options);
    tell_the_story(&world);
    struct answer read = world_get(&world, "/v1/orders/o1");
    struct answer paid = world_call(&world, "POST", "/v1/orders/o3/confirm",
                                    "Idempotency-Key: pay-o3\r\n", "%s", bought);
    struct text order = arena_copy(&kept, read.body);
    struct text answer = arena_copy(&kept, paid.body);
    memcpy(key, world.key, sizeof key);
    world_close(&world);
    /* What was answered is there after a restart, and a repeat is still a repeat. */
    world_open_with(&world, PROGRAM, options);
    memcpy(world.key, key, sizeof key);
    read = world_get(&world, "/v1/orders/o1");
    assert_int_equal(read.status, 200);
    assert_true(text_equal(read.body, order));
    paid = world_call(&world, "POST", "/v1/orders/o3/confirm", "Idempotency-Key: pay-o3\r\n", "%s",
                      bought);
    assert_int_equal(paid.status, 200);
    assert_true(text_equal(paid.body, answer));
    world_close(&world);
    arena_release(&kept);
    remove_directory(directory);
}

static void thirty_two_race_for_the_last_piece_and_one_gets_it(void **state)
{
    struct world world;
    struct crowd_request requests[CROWD_MAXIMUM];
    char paths[CROWD_MAXIMUM][40];
    char keys[CROWD_MAXIMUM][16];
    char bodies[CROWD_MAXIMUM][200];
    (void)state;
    world_open_with(&world, PROGRAM, (struct api_options){.clock_is_given = true});
    for (unsigned i = 0; i < CROWD_MAXIMUM; i++) {
        struct answer joined = world_post(&world, "/v1/events",
                                          "{'type': 'join', 'member': 'm%u',"
                                          " 'occurred_at': '2026-03-01T09:00:00Z'}",
                                          i);
        expect(&world, &joined, 200, "/answer", "done");
        snprintf(paths[i], sizeof paths[i], "/v1/orders/o%u/confirm", i);
        snprintf(keys[i], sizeof keys[i], "race-%u", i);
        snprintf(bodies[i], sizeof bodies[i],
                 "{'member': 'm%u', 'occurred_at': '2026-03-02T09:00:00Z',"
                 " 'redeem': [{'reward': 'mug'}], 'items': [{'unit_price': '5.00'}]}",
                 i);
        requests[i] = (struct crowd_request){"POST", paths[i], keys[i], bodies[i], {0}};
    }
    crowd_send(&world, requests, CROWD_MAXIMUM);
    assert_int_equal(crowd_count(requests, CROWD_MAXIMUM, 200), 1);
    assert_int_equal(crowd_count(requests, CROWD_MAXIMUM, 409), CROWD_MAXIMUM - 1);
    for (unsigned i = 0; i < CROWD_MAXIMUM; i++) {
        if (requests[i].answer.status == 200) {
            expect(&world, &requests[i].answer, 200, "/redeemed/0/reward", "mug",
                   "/balances/0/available", "150");
        } else {
            expect(&world, &requests[i].answer, 409, "/code", "out_of_stock");
        }
        struct answer settled = world_post(&world, "/v1/events",
                                           "{'type': 'settle', 'member': 'm%u',"
                                           " 'occurred_at': '2026-03-02T10:00:00Z'}",
                                           i);
        expect(&world, &settled, 200, "/balances/0/available",
               requests[i].answer.status == 200 ? "150" : "200");
    }
    world_close(&world);
}

static void thirty_two_carts_ask_for_the_last_piece_and_one_holds_it(void **state)
{
    struct world world;
    struct crowd_request requests[CROWD_MAXIMUM];
    char paths[CROWD_MAXIMUM][40];
    char bodies[CROWD_MAXIMUM][200];
    unsigned held = 0;
    unsigned winner = 0;
    (void)state;
    world_open_with(&world, PROGRAM, (struct api_options){.clock_is_given = true});
    for (unsigned i = 0; i < CROWD_MAXIMUM; i++) {
        struct answer joined = world_post(&world, "/v1/events",
                                          "{'type': 'join', 'member': 'm%u',"
                                          " 'occurred_at': '2026-03-01T09:00:00Z'}",
                                          i);
        expect(&world, &joined, 200, "/answer", "done");
        snprintf(paths[i], sizeof paths[i], "/v1/orders/o%u", i);
        snprintf(bodies[i], sizeof bodies[i],
                 "{'member': 'm%u', 'revision': 1, 'occurred_at': '2026-03-02T09:00:00Z',"
                 " 'redeem': [{'reward': 'mug'}], 'items': [{'unit_price': '5.00'}]}",
                 i);
        requests[i] = (struct crowd_request){"PUT", paths[i], NULL, bodies[i], {0}};
    }
    crowd_send(&world, requests, CROWD_MAXIMUM);
    assert_int_equal(crowd_count(requests, CROWD_MAXIMUM, 200), CROWD_MAXIMUM);
    for (unsigned i = 0; i < CROWD_MAXIMUM; i++) {
        const char *answer = answer_at(&world, &requests[i].answer, "/redeem/0/answer");
        bool is_held = strcmp(answer, "done") == 0;
        if (!is_held) assert_string_equal(answer, "out_of_stock");
        held += is_held ? 1 : 0;
        winner = is_held ? i : winner;
    }
    assert_int_equal(held, 1);
    /* When its hold lapses, the piece is there for the next. */
    struct answer next = world_put(&world, "/v1/orders/next",
                                   "{'member': 'm%u', 'occurred_at': '2026-03-02T09:30:00Z',"
                                   " 'redeem': [{'reward': 'mug'}],"
                                   " 'items': [{'unit_price': '5.00'}]}",
                                   (winner + 1) % CROWD_MAXIMUM);
    expect(&world, &next, 200, "/redeem/0/answer", "done");
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_story_with_every_request_sent_twice_at_once_ends_well),
        cmocka_unit_test(a_story_with_every_reply_lost_once_ends_well_in_memory),
        cmocka_unit_test(a_story_with_every_reply_lost_once_ends_well_on_disk),
        cmocka_unit_test(thirty_two_race_for_the_last_piece_and_one_gets_it),
        cmocka_unit_test(thirty_two_carts_ask_for_the_last_piece_and_one_holds_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
