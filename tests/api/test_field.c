/* What goes wrong in loyalty software, told as requests to the server: each must not go wrong here.
 *
 * The server's time is what each request says, so that what takes months takes none.
 */
#include "client.h"

#include <stdio.h>
#include <string.h>

#include "crowd.h"
#include "inside.h"

#define MEMBERS_AND_WALLET                                                                         \
    "program: shop\n"                                                                              \
    "timezone: Europe/Berlin\n"                                                                    \
    "currency: EUR\n"                                                                              \
    "wallets:\n"                                                                                   \
    "  points:\n"                                                                                  \
    "    names: {en: {one: point, other: points}}\n"

#define EARN                                                                                       \
    "  base: {on: purchase, earn: '1 point per 1.00 EUR of order.eligible, rounded down'}\n"
#define REWARDS                                                                                    \
    "rewards:\n"                                                                                   \
    "  ten-off: {cost: 80 points, gives: {discount: 10.00 EUR, on: order}}\n"                      \
    "  mug: {cost: 50 points, stock: 1}\n"                                                         \
    "  card: {cost: 100 points, limit: {per_member: 1 per calendar day}}\n"

static const char *const PROGRAM =
    MEMBERS_AND_WALLET "    on_return: {earned_but_spent: below zero}\n"
                       "rules:\n"
                       "  welcome: {on: join, earn: 100 points}\n" EARN REWARDS;

static void open_shop(struct world *world, const char *program)
{
    world_open_with(world, program, (struct api_options){.clock_is_given = true});
}

static void join(struct world *world, const char *member)
{
    struct answer joined = world_post(world, "/v1/events",
                                      "{'type': 'join', 'member': '%s',"
                                      " 'occurred_at': '2026-01-10T10:00:00Z'}",
                                      member);
    expect(world, &joined, 200, "/answer", "done");
}

/* An order of two units for 50.00 each. */
static void buy(struct world *world, const char *order, const char *more)
{
    struct text path = arena_format(&world->arena, "/v1/orders/%s/confirm", order);
    struct answer bought =
        world_post(world, path.bytes,
                   "{'member': 'anna', 'occurred_at': '2026-02-01T10:00:00Z', %s"
                   " 'items': [{'id': 'a', 'sku': 'A', 'unit_price': '50.00', 'quantity': 2}]}",
                   more);
    expect(world, &bought, 200, "/answer", "done");
}

/* A member's only wallet, read at an instant. */
static void has(struct world *world, const char *member, const char *at, const char *available,
                const char *held, const char *debt)
{
    struct answer settled = world_post(
        world, "/v1/events", "{'type': 'settle', 'member': '%s', 'occurred_at': '%s'}", member, at);
    expect(world, &settled, 200, "/balances/0/available", available, "/balances/0/held", held,
           "/balances/0/debt", debt);
}

/* ---- refunds ---- */

static void points_earned_do_not_outlive_a_refund(void **state)
{
    struct world world;
    (void)state;
    open_shop(&world, PROGRAM);
    join(&world, "anna");
    buy(&world, "o1", "");
    has(&world, "anna", "2026-02-01T10:00:00Z", "200", "0", "0");
    struct answer back = world_call(&world, "PUT", "/v1/orders/o1/returns/r1", NULL,
                                    "{'occurred_at': '2026-02-02T10:00:00Z'}");
    expect(&world, &back, 200, "/postings/0/reason", "taken_back", "/postings/0/amount", "100",
           "/balances/0/available", "100");
    /* Spent meanwhile, they are owed. */
    buy(&world, "o2", "");
    struct answer spent = world_post(&world, "/v1/redemptions",
                                     "{'id': 's1', 'member': 'anna', 'wallet': 'points',"
                                     " 'amount': '200', 'occurred_at': '2026-02-03T10:00:00Z'}");
    expect(&world, &spent, 200, "/balances/0/available", "0");
    back = world_call(&world, "PUT", "/v1/orders/o2/returns/r1", NULL,
                      "{'occurred_at': '2026-02-04T10:00:00Z'}");
    expect(&world, &back, 200, "/balances/0/available", "0", "/balances/0/debt", "100");
    world_close(&world);
}

static void a_refund_gives_the_points_back_and_charges_none(void **state)
{
    struct world world;
    (void)state;
    open_shop(&world, PROGRAM);
    join(&world, "anna");
    buy(&world, "o1", "'redeem': [{'reward': 'ten-off'}],");
    has(&world, "anna", "2026-02-01T10:00:00Z", "110", "0", "0"); /* 100 - 80 + 90 */
    struct answer back = world_call(&world, "PUT", "/v1/orders/o1/returns/r1", NULL,
                                    "{'occurred_at': '2026-02-02T10:00:00Z'}");
    expect(&world, &back, 200, "/postings/0/reason", "given_back", "/postings/0/amount", "80",
           "/balances/0/available", "100", "/balances/0/debt", "0");
    world_close(&world);
}

static void a_refund_of_a_part_keeps_the_rewards_part(void **state)
{
    struct world world;
    (void)state;
    open_shop(&world, PROGRAM);
    join(&world, "anna");
    buy(&world, "o1", "'redeem': [{'reward': 'ten-off'}],");
    struct answer back = world_call(&world, "PUT", "/v1/orders/o1/returns/r1", NULL,
                                    "{'items': [{'item': 'a'}],"
                                    " 'occurred_at': '2026-02-02T10:00:00Z'}");
    /* Half of the 80 that paid for it, and half of the 90 that it earned. */
    expect(&world, &back, 200, "/eligible", "45.00", "/balances/0/available", "105");
    back = world_call(&world, "PUT", "/v1/orders/o1/returns/r2", NULL,
                      "{'occurred_at': '2026-02-03T10:00:00Z'}");
    expect(&world, &back, 200, "/balances/0/available", "100");
    world_close(&world);
}

/* ---- rules that change ---- */

static void a_reversal_undoes_what_was_recorded_whatever_the_rules_say_today(void **state)
{
    struct world world;
    (void)state;
    open_shop(&world, PROGRAM);
    join(&world, "anna");
    buy(&world, "o1", "");
    struct answer guest = world_post(&world, "/v1/orders/g1/confirm",
                                     "{'occurred_at': '2027-05-30T10:00:00Z',"
                                     " 'items': [{'unit_price': '10.00'}]}");
    const char *code = answer_at(&world, &guest, "/claim_code");
    assert_int_equal(
        inside_publish(world.api, MEMBERS_AND_WALLET
                       "    on_return: {earned_but_spent: below zero}\n"
                       "rules:\n"
                       "  base: {on: purchase, earn: '5 points per 1.00 EUR of order.eligible, "
                       "rounded down'}\n" REWARDS),
        STATUS_OK);
    /* After it was published: the new version is in force. */
    struct answer tried = world_call(&world, "POST", "/v1/evaluate?at=2027-06-01T10:00:00Z", NULL,
                                     "{'type': 'purchase', 'member': 'anna', 'order': 'o9',"
                                     " 'items': [{'unit_price': '10.00'}]}");
    expect(&world, &tried, 200, "/fired/0/granted", "50");
    struct answer back = world_call(&world, "PUT", "/v1/orders/o1/returns/r1", NULL,
                                    "{'items': [{'item': 'a'}],"
                                    " 'occurred_at': '2027-06-02T10:00:00Z'}");
    expect(&world, &back, 200, "/program_version", "2", "/postings/0/amount", "50",
           "/balances/0/available", "150");
    /* So does an edit: by the version that it was bought under. */
    struct answer edited =
        world_call(&world, "PUT", "/v1/orders/o1/edits/e1", NULL,
                   "{'occurred_at': '2027-06-03T10:00:00Z',"
                   " 'items': [{'id': 'a', 'sku': 'A', 'unit_price': '50.00', 'quantity': 3}]}");
    expect(&world, &edited, 200, "/program_version", "1", "/balances/0/available", "200");
    struct answer claimed = world_post(&world, "/v1/orders/g1/claim",
                                       "{'member': 'anna', 'code': '%s',"
                                       " 'occurred_at': '2027-06-04T10:00:00Z'}",
                                       code);
    expect(&world, &claimed, 200, "/program_version", "1", "/balances/0/available", "210");
    world_close(&world);
}

/* ---- at the same moment ---- */

static void twenty_gifts_of_all_the_points_at_once_are_one_gift(void **state)
{
    struct world world;
    struct crowd_request requests[20];
    char bodies[20][200];
    char keys[20][16];
    (void)state;
    open_shop(&world, PROGRAM);
    join(&world, "anna");
    for (int i = 0; i < 20; i++) {
        char member[16];
        snprintf(member, sizeof member, "friend%d", i);
        join(&world, member);
        snprintf(keys[i], sizeof keys[i], "gift-%d", i);
        snprintf(bodies[i], sizeof bodies[i],
                 "{'type': 'transfer', 'member': 'anna', 'other_member': '%s', 'wallet': 'points',"
                 " 'amount': '100', 'occurred_at': '2026-02-01T10:00:00Z'}",
                 member);
        requests[i] = (struct crowd_request){"POST", "/v1/events", keys[i], bodies[i], {0}};
    }
    crowd_send(&world, requests, 20);
    assert_int_equal(crowd_count(requests, 20, 200), 1);
    assert_int_equal(crowd_count(requests, 20, 409), 19);
    has(&world, "anna", "2026-02-02T10:00:00Z", "0", "0", "0");
    unsigned gifts = 0;
    for (int i = 0; i < 20; i++) {
        struct answer friend = world_post(&world, "/v1/events",
                                          "{'type': 'settle', 'member': 'friend%d',"
                                          " 'occurred_at': '2026-02-02T10:00:00Z'}",
                                          i);
        gifts += strcmp(answer_at(&world, &friend, "/balances/0/available"), "200") == 0 ? 1 : 0;
    }
    assert_int_equal(gifts, 1);
    world_close(&world);
}

static void one_card_does_not_pay_in_two_checkouts_at_once(void **state)
{
    struct world world;
    struct crowd_request requests[2];
    (void)state;
    open_shop(&world, PROGRAM);
    join(&world, "anna");
    struct answer held = world_post(&world, "/v1/redemptions",
                                    "{'id': 'card', 'member': 'anna', 'wallet': 'points',"
                                    " 'amount': '100', 'hold': '2 hours',"
                                    " 'occurred_at': '2026-02-01T10:00:00Z'}");
    expect(&world, &held, 200, "/balances/0/held", "100");
    for (int i = 0; i < 2; i++) {
        requests[i] = (struct crowd_request){"POST",
                                             "/v1/redemptions/card/confirm",
                                             i == 0 ? "till-1" : "till-2",
                                             "{'occurred_at': '2026-02-01T10:30:00Z'}",
                                             {0}};
    }
    crowd_send(&world, requests, 2);
    assert_int_equal(crowd_count(requests, 2, 200), 1);
    assert_int_equal(crowd_count(requests, 2, 409), 1);
    has(&world, "anna", "2026-02-02T10:00:00Z", "0", "0", "0");
    world_close(&world);
}

static void one_card_is_not_held_by_two_carts_at_once(void **state)
{
    struct world world;
    struct crowd_request requests[2];
    const char *body = "{'member': 'anna', 'occurred_at': '2026-02-01T10:00:00Z',"
                       " 'redeem': [{'reward': 'card'}], 'items': [{'unit_price': '20.00'}]}";
    (void)state;
    open_shop(&world, PROGRAM);
    join(&world, "anna");
    requests[0] = (struct crowd_request){"PUT", "/v1/orders/o1", "cart-1", body, {0}};
    requests[1] = (struct crowd_request){"PUT", "/v1/orders/o2", "cart-2", body, {0}};
    crowd_send(&world, requests, 2);
    assert_int_equal(crowd_count(requests, 2, 200), 2);
    const char *first = answer_at(&world, &requests[0].answer, "/redeem/0/answer");
    const char *second = answer_at(&world, &requests[1].answer, "/redeem/0/answer");
    assert_true((strcmp(first, "done") == 0) != (strcmp(second, "done") == 0));
    has(&world, "anna", "2026-02-01T10:01:00Z", "0", "100", "0");
    world_close(&world);
}

/* ---- repeats ---- */

static void a_retry_pays_once(void **state)
{
    static const struct {
        const char *method;
        const char *path;
        const char *body;
    } writes[] = {
        {"POST", "/v1/events",
         "{'type': 'adjust', 'member': 'anna', 'wallet': 'points', 'amount': '10',"
         " 'reason': 'sorry', 'occurred_at': '2026-02-01T10:00:00Z'}"},
        {"POST", "/v1/orders/o1/confirm",
         "{'member': 'anna', 'occurred_at': '2026-02-01T10:01:00Z',"
         " 'items': [{'id': 'a', 'unit_price': '30.00', 'quantity': 2}]}"},
        {"PUT", "/v1/orders/o1/returns/r1",
         "{'items': [{'item': 'a'}], 'occurred_at': '2026-02-01T10:02:00Z'}"},
        {"POST", "/v1/redemptions",
         "{'id': 's1', 'member': 'anna', 'wallet': 'points', 'amount': '5',"
         " 'occurred_at': '2026-02-01T10:03:00Z'}"},
    };
    struct world world;
    (void)state;
    open_shop(&world, PROGRAM);
    join(&world, "anna");
    for (size_t i = 0; i < sizeof writes / sizeof *writes; i++) {
        struct crowd_request requests[8];
        char key[16];
        snprintf(key, sizeof key, "write-%zu", i);
        for (int k = 0; k < 8; k++) {
            requests[k] =
                (struct crowd_request){writes[i].method, writes[i].path, key, writes[i].body, {0}};
        }
        crowd_send(&world, requests, 8);
        assert_int_equal(crowd_count(requests, 8, 200), 8);
        for (int k = 1; k < 8; k++)
            assert_true(text_equal(requests[k].answer.body, requests[0].answer.body));
        struct crowd_request changed = requests[0];
        changed.body = "{'occurred_at': '2026-02-01T10:00:01Z', 'type': 'join', 'member': 'bob'}";
        struct answer conflict = world_call(
            &world, "POST", "/v1/events",
            arena_format(&world.arena, "Idempotency-Key: %s\r\n", key).bytes, "%s", changed.body);
        expect(&world, &conflict, 409, "/code", "key_conflict");
    }
    has(&world, "anna", "2026-02-02T10:00:00Z", "135", "0", "0"); /* 100 + 10 + 60 - 30 - 5 */
    world_close(&world);
}

static void a_cancellation_gives_back_once(void **state)
{
    struct world world;
    struct crowd_request requests[8];
    char keys[8][16];
    (void)state;
    open_shop(&world, PROGRAM);
    join(&world, "anna");
    buy(&world, "o1", "'redeem': [{'reward': 'ten-off'}],");
    struct answer card = world_post(&world, "/v1/redemptions",
                                    "{'id': 's1', 'member': 'anna', 'wallet': 'points',"
                                    " 'amount': '30', 'occurred_at': '2026-02-01T11:00:00Z'}");
    expect(&world, &card, 200, "/balances/0/available", "80");
    for (int round = 0; round < 2; round++) {
        const char *path = round == 0 ? "/v1/redemptions/s1/refund" : "/v1/orders/o1/cancel";
        for (int i = 0; i < 8; i++) {
            snprintf(keys[i], sizeof keys[i], "cancel-%d-%d", round, i);
            requests[i] = (struct crowd_request){
                "POST", path, keys[i], "{'occurred_at': '2026-02-01T12:00:00Z'}", {0}};
        }
        crowd_send(&world, requests, 8);
        assert_int_equal(crowd_count(requests, 8, 200), 1);
        assert_int_equal(crowd_count(requests, 8, 409), 7);
        has(&world, "anna", "2026-02-01T13:00:00Z", round == 0 ? "110" : "100", "0", "0");
    }
    world_close(&world);
}

/* ---- expiry ---- */

static void expiry_takes_what_is_left_of_the_oldest_points_and_no_other(void **state)
{
    struct world world;
    (void)state;
    open_shop(&world, MEMBERS_AND_WALLET "    expires: 12 months\n"
                                         "rules:\n"
                                         "  welcome: {on: join, earn: 100 points}\n" EARN REWARDS);
    join(&world, "anna");  /* 100 until 2027-01-10 */
    buy(&world, "o1", ""); /* 100 until 2027-02-01 */
    struct answer spent = world_post(&world, "/v1/redemptions",
                                     "{'id': 's1', 'member': 'anna', 'wallet': 'points',"
                                     " 'amount': '70', 'occurred_at': '2026-06-01T10:00:00Z'}");
    expect(&world, &spent, 200, "/balances/0/available", "130");
    has(&world, "anna", "2027-01-10T09:59:59Z", "130", "0", "0");
    has(&world, "anna", "2027-01-10T10:00:00Z", "100", "0", "0");
    has(&world, "anna", "2027-02-01T10:00:00Z", "0", "0", "0");
    world_close(&world);
}

static void points_of_a_lot_that_expired_meanwhile_come_back_as_the_wallet_says(void **state)
{
    static const struct {
        const char *wallet;
        const char *available;
        const char *later;
    } cases[] = {
        {"    on_return: {spent_lot_expired: stay expired}\n", "0", "0"},
        {"    on_return: {spent_lot_expired: live 30 days}\n", "80", "0"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world world;
        char program[2000];
        snprintf(program, sizeof program, "%s    expires: 12 months\n%srules:\n%s%s",
                 MEMBERS_AND_WALLET, cases[i].wallet,
                 "  welcome: {on: join, earn: 100 points}\n" EARN, REWARDS);
        open_shop(&world, program);
        join(&world, "anna");
        struct answer spent = world_post(&world, "/v1/redemptions",
                                         "{'id': 's1', 'member': 'anna', 'reward': 'ten-off',"
                                         " 'occurred_at': '2026-12-01T10:00:00Z'}");
        expect(&world, &spent, 200, "/balances/0/available", "20");
        struct answer back = world_post(&world, "/v1/redemptions/s1/refund",
                                        "{'occurred_at': '2027-01-20T10:00:00Z'}");
        expect(&world, &back, 200, "/balances/0/available", cases[i].available);
        has(&world, "anna", "2027-02-19T10:00:00Z", cases[i].later, "0", "0");
        world_close(&world);
    }
}

/* ---- exactness ---- */

static void tenths_of_points_and_cents_are_exact(void **state)
{
    struct world world;
    (void)state;
    open_shop(&world, "program: shop\ntimezone: Europe/Berlin\ncurrency: EUR\n"
                      "wallets:\n"
                      "  points: {names: {en: {one: point, other: points}}, decimals: 1}\n"
                      "rules:\n"
                      "  base: {on: purchase, earn: '0.1 points per 1.00 EUR of order.eligible, "
                      "rounded down'}\n"
                      "rewards:\n"
                      "  prize: {cost: 0.3 points}\n"
                      "  third-off: {cost: 0.1 points, gives: {discount: 10.00 EUR, on: order}}\n");
    join(&world, "anna");
    for (int i = 0; i < 3; i++) {
        struct answer bought = world_post(&world, "/v1/events",
                                          "{'type': 'purchase', 'member': 'anna', 'order': 'o%d',"
                                          " 'occurred_at': '2026-02-01T10:00:00Z',"
                                          " 'items': [{'unit_price': '1.00'}]}",
                                          i);
        expect(&world, &bought, 200, "/postings/0/amount", "0.1");
    }
    /* Three tenths are three tenths: nothing is left over and nothing is missing. */
    struct answer prize = world_post(&world, "/v1/redemptions",
                                     "{'id': 's1', 'member': 'anna', 'reward': 'prize',"
                                     " 'occurred_at': '2026-02-01T11:00:00Z'}");
    expect(&world, &prize, 200, "/balances/0/available", "0.0");
    struct answer back =
        world_post(&world, "/v1/redemptions/s1/refund", "{'occurred_at': '2026-02-01T12:00:00Z'}");
    expect(&world, &back, 200, "/balances/0/available", "0.3");
    /* A discount over three equal items: one has the odd cent, and they sum to it. */
    struct answer quote = world_put(&world, "/v1/orders/thirds",
                                    "{'member': 'anna', 'occurred_at': '2026-02-02T10:00:00Z',"
                                    " 'redeem': [{'reward': 'third-off'}], 'items': ["
                                    "{'unit_price': '33.33'}, {'unit_price': '33.33'},"
                                    " {'unit_price': '33.33'}]}");
    expect(&world, &quote, 200, "/redeem/0/shares/0/discount", "3.33",
           "/redeem/0/shares/1/discount", "3.34", "/redeem/0/shares/2/discount", "3.33",
           "/totals/after", "89.99");
    /* Amounts are text: a number of JSON, which many read as binary floating point, is refused. */
    struct answer number = world_post(&world, "/v1/events",
                                      "{'type': 'adjust', 'member': 'anna', 'wallet': 'points',"
                                      " 'amount': 0.1, 'reason': 'x'}");
    expect(&world, &number, 422, "/field", "/amount", "/errors/0/code", "wrong_type");
    world_close(&world);
}

static void a_cart_is_confirmed_in_the_zone_that_it_was_priced_in(void **state)
{
    struct world world;
    (void)state;
    open_shop(&world, MEMBERS_AND_WALLET "rules:\n"
                                         "  base: {on: purchase, earn: 10 points}\n"
                                         "campaigns:\n"
                                         "  may-day:\n"
                                         "    from: 2026-05-01\n"
                                         "    until: 2026-05-02\n"
                                         "    rules: {gift: {on: purchase, earn: 7 points}}\n");
    join(&world, "anna");
    /* 00:30 in Berlin, where the shop is; in UTC it is still April. */
    struct answer quote = world_put(&world, "/v1/orders/o1",
                                    "{'member': 'anna', 'occurred_at': '2026-04-30T22:30:00Z',"
                                    " 'items': [{'unit_price': '10.00'}]}");
    expect(&world, &quote, 200, "/will_earn/1/rule", "gift", "/will_earn/1/amount", "7");
    /* The same instant, as a till in New York writes it. */
    struct answer bought = world_post(
        &world, "/v1/orders/o1/confirm",
        "{'quote': '%s', 'if_changed': 'refuse', 'occurred_at': '2026-04-30T18:30:00-04:00'}",
        answer_at(&world, &quote, "/quote"));
    expect(&world, &bought, 200, "/balances/0/available", "17", "/occurred_at",
           "2026-04-30T22:30:00Z");
    struct answer after = world_put(&world, "/v1/orders/o2",
                                    "{'member': 'anna', 'occurred_at': '2026-05-01T22:00:00Z',"
                                    " 'items': [{'unit_price': '10.00'}]}");
    expect(&world, &after, 200, "/will_earn/0/amount", "10", "/will_earn/1", NULL);
    world_close(&world);
}

/* ---- what counts ---- */

static void whether_points_paid_and_gift_cards_earn_is_the_programmes_choice(void **state)
{
    static const struct {
        const char *eligible;
        const char *order_eligible;
        const char *granted;
    } cases[] = {
        {"eligible: {paid_with_points: excluded, gift_cards: excluded}\n", "50.00", "50"},
        {"eligible: {paid_with_points: included, gift_cards: excluded}\n", "60.00", "60"},
        {"eligible: {paid_with_points: included, gift_cards: included}\n", "100.00", "100"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world world;
        char program[2000];
        snprintf(program, sizeof program, "%s%srules:\n%s", MEMBERS_AND_WALLET, cases[i].eligible,
                 EARN);
        open_shop(&world, program);
        join(&world, "anna");
        /* 100.00, of which 40.00 are a gift card; a sixth of 60.00 was paid with points. */
        struct answer bought =
            world_post(&world, "/v1/orders/o1/confirm",
                       "{'member': 'anna', 'occurred_at': '2026-02-01T10:00:00Z',"
                       " 'paid_with_points': '%s', 'items': [{'unit_price': '60.00'},"
                       " {'unit_price': '40.00', 'type': 'gift_card'}]}",
                       "16.67");
        expect(&world, &bought, 200, "/eligible", cases[i].order_eligible, "/fired/0/granted",
               cases[i].granted);
        world_close(&world);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_earned_do_not_outlive_a_refund),
        cmocka_unit_test(a_refund_gives_the_points_back_and_charges_none),
        cmocka_unit_test(a_refund_of_a_part_keeps_the_rewards_part),
        cmocka_unit_test(a_reversal_undoes_what_was_recorded_whatever_the_rules_say_today),
        cmocka_unit_test(twenty_gifts_of_all_the_points_at_once_are_one_gift),
        cmocka_unit_test(one_card_does_not_pay_in_two_checkouts_at_once),
        cmocka_unit_test(one_card_is_not_held_by_two_carts_at_once),
        cmocka_unit_test(a_retry_pays_once),
        cmocka_unit_test(a_cancellation_gives_back_once),
        cmocka_unit_test(expiry_takes_what_is_left_of_the_oldest_points_and_no_other),
        cmocka_unit_test(points_of_a_lot_that_expired_meanwhile_come_back_as_the_wallet_says),
        cmocka_unit_test(tenths_of_points_and_cents_are_exact),
        cmocka_unit_test(a_cart_is_confirmed_in_the_zone_that_it_was_priced_in),
        cmocka_unit_test(whether_points_paid_and_gift_cards_earn_is_the_programmes_choice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
