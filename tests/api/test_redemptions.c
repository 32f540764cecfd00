/* Redemptions outside an order, over HTTP. */
#include "client.h"

static const char *const PROGRAM =
    "program: shop\n"
    "timezone: Europe/Berlin\n"
    "currency: EUR\n"
    "wallets:\n"
    "  points: {names: {en: {one: point, other: points}}}\n"
    "  miles: {names: {en: {one: mile, other: miles}}, decimals: 2}\n"
    "rules:\n"
    "  welcome: {on: join, earn: 100 points}\n"
    "  travel: {on: join, earn: 12.50 miles}\n"
    "rewards:\n"
    "  mug: {cost: 40 points, stock: 1}\n";

static void open_shop(struct world *world)
{
    world_open_with(world, PROGRAM, (struct api_options){.clock_is_given = true});
    struct answer joined = world_post(world, "/v1/events",
                                      "{'type': 'join', 'member': 'anna', 'id': 'j1',"
                                      " 'occurred_at': '2026-03-01T10:00:00Z'}");
    expect(world, &joined, 200, "/balances/0/available", "100", "/balances/1/available", "12.50");
}

static void a_reservation_is_confirmed_in_part_and_refunded_in_part(void **state)
{
    struct world world;
    (void)state;
    open_shop(&world);
    world.repeats = true;
    struct answer held =
        world_call(&world, "POST", "/v1/redemptions", NULL,
                   "{'id': 'r1', 'member': 'anna', 'wallet': 'miles', 'amount': '10.00',"
                   " 'hold': '2 hours', 'occurred_at': '2026-03-02T10:00:00Z'}");
    expect(&world, &held, 200, "/type", "hold", "/redemption", "r1", "/balances/1/available",
           "2.50", "/balances/1/held", "10.00");
    struct answer read = world_get(&world, "/v1/redemptions/r1");
    expect(&world, &read, 200, "/lapses_at", "2026-03-02T12:00:00Z", "/amount", "10.00", "/wallet",
           "miles", "/member", "anna");
    struct answer precise = world_post(&world, "/v1/redemptions/r1/confirm", "{'amount': '7.255'}");
    expect(&world, &precise, 422, "/field", "/amount", "/errors/0/code", "too_precise");
    struct answer confirmed =
        world_post(&world, "/v1/redemptions/r1/confirm",
                   "{'amount': '7.25', 'occurred_at': '2026-03-02T11:00:00Z'}");
    expect(&world, &confirmed, 200, "/type", "confirm", "/balances/1/available", "5.25",
           "/balances/1/held", "0.00");
    struct answer refund = world_post(&world, "/v1/redemptions/r1/refund",
                                      "{'amount': '7.00', 'occurred_at': '2026-03-03T11:00:00Z'}");
    expect(&world, &refund, 200, "/type", "reverse", "/balances/1/available", "12.25");
    read = world_get(&world, "/v1/redemptions/r1");
    expect(&world, &read, 200, "/status", "redeemed", "/amount", "7.25", "/given_back", "7.00",
           "/history/2/type", "reverse", "/history/3", NULL);
    struct answer rest =
        world_post(&world, "/v1/redemptions/r1/refund", "{'occurred_at': '2026-03-03T12:00:00Z'}");
    expect(&world, &rest, 200, "/balances/1/available", "12.50");
    struct answer none =
        world_post(&world, "/v1/redemptions/r1/refund", "{'occurred_at': '2026-03-03T13:00:00Z'}");
    expect(&world, &none, 409, "/code", "not_reversible");
    world_close(&world);
}

static void without_a_time_it_is_redeemed_at_once(void **state)
{
    struct world world;
    (void)state;
    open_shop(&world);
    struct answer mug = world_call(&world, "POST", "/v1/redemptions", NULL,
                                   "{'id': 'r1', 'member': 'anna', 'reward': 'mug',"
                                   " 'occurred_at': '2026-03-02T10:00:00Z'}");
    expect(&world, &mug, 200, "/type", "redeem", "/balances/0/available", "60");
    struct answer gone = world_call(&world, "POST", "/v1/redemptions", NULL,
                                    "{'id': 'r2', 'member': 'anna', 'reward': 'mug',"
                                    " 'occurred_at': '2026-03-02T10:01:00Z'}");
    expect(&world, &gone, 409, "/code", "out_of_stock");
    struct answer read = world_get(&world, "/v1/redemptions/r1");
    expect(&world, &read, 200, "/status", "redeemed", "/reward", "mug", "/amount", "40",
           "/lapses_at", NULL);
    read = world_get(&world, "/v1/redemptions/r9");
    expect(&world, &read, 404, "/code", "unknown_redemption");
    struct answer refunded =
        world_post(&world, "/v1/redemptions/r1/refund", "{'occurred_at': '2026-03-02T11:00:00Z'}");
    expect(&world, &refunded, 200, "/balances/0/available", "100");
    struct answer back = world_call(&world, "POST", "/v1/redemptions", NULL,
                                    "{'id': 'r3', 'member': 'anna', 'reward': 'mug',"
                                    " 'occurred_at': '2026-03-02T12:00:00Z'}");
    expect(&world, &back, 200, "/balances/0/available", "60");
    world_close(&world);
}

static void a_reservation_is_cancelled_or_lapses(void **state)
{
    struct world world;
    (void)state;
    open_shop(&world);
    struct answer held = world_call(&world, "POST", "/v1/redemptions", NULL,
                                    "{'id': 'r1', 'member': 'anna', 'reward': 'mug',"
                                    " 'lapses_at': '2026-03-02T11:00:00Z',"
                                    " 'occurred_at': '2026-03-02T10:00:00Z'}");
    expect(&world, &held, 200, "/balances/0/held", "40");
    struct answer cancelled =
        world_post(&world, "/v1/redemptions/r1/cancel", "{'occurred_at': '2026-03-02T10:10:00Z'}");
    expect(&world, &cancelled, 200, "/balances/0/held", "0", "/balances/0/available", "100");
    struct answer late =
        world_post(&world, "/v1/redemptions/r1/confirm", "{'occurred_at': '2026-03-02T10:20:00Z'}");
    expect(&world, &late, 409, "/code", "not_held");
    held = world_call(&world, "POST", "/v1/redemptions", NULL,
                      "{'id': 'r2', 'member': 'anna', 'reward': 'mug', 'hold': '10 minutes',"
                      " 'occurred_at': '2026-03-02T11:00:00Z'}");
    expect(&world, &held, 200, "/balances/0/held", "40");
    struct answer read = world_get(&world, "/v1/redemptions/r1");
    expect(&world, &read, 200, "/status", "cancelled");
    late =
        world_post(&world, "/v1/redemptions/r2/confirm", "{'occurred_at': '2026-03-02T11:10:00Z'}");
    expect(&world, &late, 409, "/code", "hold_lapsed");
    read = world_get(&world, "/v1/redemptions/r2");
    expect(&world, &read, 200, "/status", "lapsed");
    struct answer settled = world_post(&world, "/v1/events",
                                       "{'type': 'settle', 'member': 'anna',"
                                       " 'occurred_at': '2026-03-02T12:00:00Z'}");
    expect(&world, &settled, 200, "/balances/0/available", "100");
    world_close(&world);
}

static void what_is_not_right_is_refused_with_its_place(void **state)
{
    static const struct {
        const char *body;
        const char *field;
    } cases[] = {
        {"{'member': 'anna', 'reward': 'mug'}", "/id"},
        {"{'id': 'r1', 'reward': 'mug'}", "/member"},
        {"{'id': 'r1', 'member': 'anna'}", "/reward"},
        {"{'id': 'r1', 'member': 'anna', 'reward': 'mug', 'wallet': 'points'}", "/wallet"},
        {"{'id': 'r1', 'member': 'anna', 'wallet': 'pints', 'amount': '1'}", "/wallet"},
        {"{'id': 'r1', 'member': 'anna', 'wallet': 'points', 'amount': '1.5'}", "/amount"},
        {"{'id': 'r1', 'member': 'anna', 'reward': 'mug', 'hold': 'a while'}", "/hold"},
        {"{'id': 'r1', 'member': 'anna', 'reward': 'mug', 'hold': '0 minutes'}", "/hold"},
        {"{'id': 'r1', 'member': 'anna', 'reward': 'mug', 'hold': '2 days',"
         " 'lapses_at': '2027-01-01T00:00:00Z'}",
         "/hold"},
    };
    struct world world;
    (void)state;
    open_shop(&world);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct answer answer = world_call(&world, "POST", "/v1/redemptions",
                                          "Idempotency-Key: k\r\n", "%s", cases[i].body);
        expect(&world, &answer, 422, "/code", "invalid_request", "/field", cases[i].field);
    }
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reservation_is_confirmed_in_part_and_refunded_in_part),
        cmocka_unit_test(without_a_time_it_is_redeemed_at_once),
        cmocka_unit_test(a_reservation_is_cancelled_or_lapses),
        cmocka_unit_test(what_is_not_right_is_refused_with_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
