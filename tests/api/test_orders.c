/* Orders over HTTP: quote, hold, confirm, then what happens to them. */
#include "client.h"

static const char *const PROGRAM =
    "program: shop\n"
    "timezone: Europe/Berlin\n"
    "currencies: [EUR, JPY]\n"
    "wallets:\n"
    "  points:\n"
    "    names: {en: {one: point, other: points}}\n"
    "    on_return: {earned_but_spent: below zero}\n"
    "counters:\n"
    "  spend: {sum: order.eligible, on: purchase, currency: EUR, window: calendar year}\n"
    "tiers:\n"
    "  club:\n"
    "    measured_by: spend\n"
    "    levels:\n"
    "      silver: {from: 100.00 EUR}\n"
    "      gold: {from: 1000.00 EUR}\n"
    "    upgrade: at once\n"
    "    kept_until: end of next calendar year\n"
    "rules:\n"
    "  welcome: {on: join, earn: 100 points}\n"
    "  base:\n"
    "    on: purchase\n"
    "    earn: 1 point per 1.00 EUR of order.eligible, rounded down\n"
    "    pending: {until: delivered, at_latest: 14 days}\n"
    "    boosts:\n"
    "      large: {if: {order_at_least: 60.00 EUR}, by: 2}\n"
    "rewards:\n"
    "  mug: {cost: 50 points, stock: 1}\n"
    "  ten-off: {cost: 80 points, gives: {discount: 10.00 EUR, on: order}}\n"
    "  free-trip: {cost: 5000 points}\n"
    "claims: {within: 30 days}\n";

/* A server whose time is what each request says, and anna, who has 100 points. */
static void open_shop(struct world *world)
{
    world_open_with(world, PROGRAM, (struct api_options){.clock_is_given = true});
    struct answer joined = world_post(world, "/v1/events",
                                      "{'type': 'join', 'member': 'anna', 'id': 'j1',"
                                      " 'occurred_at': '2026-03-01T10:00:00Z'}");
    expect(world, &joined, 200, "/balances/0/available", "100");
}

/* Three lines: 9.99 x 2, 5.01, 25.00; 49.99 in all. */
#define ITEMS                                                                                      \
    "'items': [{'id': 'a', 'sku': 'A', 'unit_price': '9.99', 'quantity': 2},"                      \
    " {'id': 'b', 'sku': 'B', 'unit_price': '5.01'}, {'id': 'c', 'sku': 'C', 'unit_price': "       \
    "'25.00'}]"

static void a_quote_tells_and_holds_everything(void **state)
{
    struct world world;
    (void)state;
    open_shop(&world);
    struct answer quote = world_put(
        &world, "/v1/orders/o1",
        "{'member': 'anna', 'occurred_at': '2026-03-02T10:00:00Z', 'hold': '20 minutes',"
        " 'coupons': ['SPRING'], 'discount': '1.00', 'shipping': '4.90',"
        " 'redeem': [{'reward': 'ten-off'}, {'reward': 'free-trip'}, {'reward': 'nothing'}]," ITEMS
        "}");
    expect(&world, &quote, 200, "/status", "open", "/good_until", "2026-03-02T10:20:00Z",
           "/totals/subtotal", "49.99", "/totals/discounts", "1.00", "/totals/before", "53.89",
           "/totals/rewards", "10.00", "/totals/after", "43.89", "/coupons/0/code", "SPRING",
           "/coupons/0/status", "not_available", "/redeem/0/answer", "done", "/redeem/0/discount",
           "10.00", "/redeem/1/answer", "balance_too_low", "/redeem/2/answer", "unknown_reward",
           "/redeem/2/reward", "nothing", "/balances/0/available", "20", "/balances/0/held", "80",
           "/eligible", "38.99", "/will_earn/0/amount", "38", "/will_earn/0/rule", "base",
           "/will_earn/0/available_at", "2026-03-16T10:00:00Z", "/balances_after/0/pending", "38",
           "/balances_after/0/held", "0", "/fired/0/rule", "base", "/fired/0/base", "38.99");
    /* Every discount is on the items, to the cent. */
    expect(&world, &quote, 200, "/items/0/discounts/0/source", "order",
           "/items/0/discounts/0/amount", "0.40", "/items/1/discounts/0/amount", "0.10",
           "/items/2/discounts/0/amount", "0.50", "/items/0/discounts/1/source", "reward",
           "/items/0/discounts/1/reward", "ten-off", "/items/0/discounts/1/amount", "4.00",
           "/items/1/discounts/1/amount", "1.00", "/items/2/discounts/1/amount", "5.00",
           "/items/0/total", "15.58", "/items/1/total", "3.91", "/items/2/total", "19.50");
    world_close(&world);
}

static void a_quote_names_what_the_basket_just_misses(void **state)
{
    struct world world;
    (void)state;
    open_shop(&world);
    struct answer quote =
        world_put(&world, "/v1/orders/o1?preview=true",
                  "{'member': 'anna', 'occurred_at': '2026-03-02T10:00:00Z'," ITEMS "}");
    expect(&world, &quote, 200, "/status", "preview", "/quote", NULL, "/near_misses/0/kind",
           "reward", "/near_misses/0/reward", "free-trip", "/near_misses/0/missing", "4900",
           "/near_misses/0/of", "points", "/near_misses/1/kind", "level", "/near_misses/1/level",
           "silver", "/near_misses/1/missing", "50.01", "/near_misses/1/unit", "measure",
           "/near_misses/2/kind", "boost", "/near_misses/2/boost", "large",
           "/near_misses/2/missing", "10.01", "/near_misses/2/of", "EUR", "/near_misses/2/gain",
           "71", "/near_misses/2/gain_of", "points");
    world_close(&world);
}

static void a_preview_holds_nothing_and_needs_no_member(void **state)
{
    struct world world;
    (void)state;
    open_shop(&world);
    struct answer guest = world_call(&world, "PUT", "/v1/orders/o1?preview=true", NULL,
                                     "{'occurred_at': '2026-03-02T10:00:00Z'," ITEMS "}");
    expect(&world, &guest, 200, "/status", "preview", "/would_join", "true", "/member", NULL,
           "/will_earn/0/amount", "49", "/will_earn/0/member", NULL, "/balances_after/0/pending",
           "49");
    struct answer anna = world_call(&world, "PUT", "/v1/orders/o1?preview=true", NULL,
                                    "{'member': 'anna', 'occurred_at': '2026-03-02T10:00:00Z', "
                                    "'redeem': [{'reward': 'mug'}]," ITEMS "}");
    expect(&world, &anna, 200, "/redeem/0/answer", "done", "/balances_after/0/available", "50");
    struct answer settled = world_post(&world, "/v1/events",
                                       "{'type': 'settle', 'member': 'anna',"
                                       " 'occurred_at': '2026-03-02T11:00:00Z'}");
    expect(&world, &settled, 200, "/balances/0/available", "100", "/balances/0/held", "0");
    struct answer read = world_get(&world, "/v1/orders/o1");
    expect(&world, &read, 404, "/code", "unknown_order");
    world_close(&world);
}

static void what_is_not_right_is_refused_with_its_place(void **state)
{
    static const struct {
        const char *method;
        const char *path;
        const char *body;
        const char *field;
    } cases[] = {
        {"PUT", "/v1/orders/o1", "{'items': [{'unit_price': '1.00'}], 'hold': 'long'}", "/hold"},
        {"PUT", "/v1/orders/o1",
         "{'items': [{'unit_price': '1.00'}], 'hold': '1 hour', 'lapses_at': "
         "'2027-01-01T00:00:00Z'}",
         "/hold"},
        {"PUT", "/v1/orders/o1", "{'items': []}", "/items"},
        {"PUT", "/v1/orders/o1", "{'items': [{'sku': 'A'}]}", "/items/0/unit_price"},
        {"PUT", "/v1/orders/o1", "{'items': [{'unit_price': '1.00'}], 'revision': 0}", "/revision"},
        {"PUT", "/v1/orders/o1", "{'items': [{'unit_price': '1.00'}], 'redeem': [{}]}",
         "/redeem/0"},
        {"PUT", "/v1/orders/o1", "{'items': [{'unit_price': '1.00', 'discount': '-1.00'}]}",
         "/items/0/discount"},
        {"POST", "/v1/orders/o1/confirm", "{'quote': 'first'}", "/quote"},
        {"POST", "/v1/orders/o1/confirm", "{'if_changed': 'maybe'}", "/if_changed"},
        {"POST", "/v1/orders/o1/milestones", "{}", "/milestone"},
        {"POST", "/v1/orders/o1/claim", "{'member': 'anna'}", "/code"},
        {"POST", "/v1/orders/o1/claim", "{'member': 'anna', 'code': ''}", "/code"},
        {"POST", "/v1/orders/o1/cancel", "{'because': 'x'}", "/because"},
        {"PUT", "/v1/orders/o1/edits/e1", "{'items': []}", "/items"},
        {"PUT", "/v1/orders/o1/returns/r1", "{'amount': '0.00'}", "/amount"},
        {"PUT", "/v1/orders/o1/returns/r1", "{'items': [{'sku': 'A'}]}", "/items/0"},
        {"PUT", "/v1/orders/o1/returns/r1", "{'items': [{'item': 'a', 'quantity': 0}]}",
         "/items/0/quantity"},
    };
    struct world world;
    (void)state;
    open_shop(&world);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct answer answer = world_call(&world, cases[i].method, cases[i].path,
                                          "Idempotency-Key: k\r\n", "%s", cases[i].body);
        expect(&world, &answer, 422, "/code", "invalid_request", "/field", cases[i].field);
    }
    world_close(&world);
}

static void a_quote_needs_a_key_or_a_revision(void **state)
{
    struct world world;
    (void)state;
    open_shop(&world);
    struct answer bare = world_call(&world, "PUT", "/v1/orders/o1", NULL,
                                    "{'occurred_at': '2026-03-02T10:00:00Z'," ITEMS "}");
    expect(&world, &bare, 400, "/code", "idempotency_key_required");
    const char *body = "{'member': 'anna', 'revision': 2, 'occurred_at': '2026-03-02T10:00:00Z',"
                       " 'redeem': [{'reward': 'mug'}]," ITEMS "}";
    struct answer first = world_call(&world, "PUT", "/v1/orders/o1", NULL, "%s", body);
    expect(&world, &first, 200, "/revision", "2", "/redeem/0/answer", "done");
    struct answer again = world_call(&world, "PUT", "/v1/orders/o1", NULL, "%s", body);
    expect(&world, &again, 200, "/revision", "2");
    assert_true(text_equal(first.body, again.body));
    assert_true(text_equal(answer_header(&again, "Idempotency-Replayed"), TEXT("true")));
    struct answer other = world_call(
        &world, "PUT", "/v1/orders/o1", NULL,
        "{'member': 'anna', 'revision': 2, 'occurred_at': '2026-03-02T10:00:00Z'," ITEMS "}");
    expect(&world, &other, 409, "/code", "key_conflict");
    struct answer stale = world_call(
        &world, "PUT", "/v1/orders/o1", NULL,
        "{'member': 'anna', 'revision': 1, 'occurred_at': '2026-03-02T10:00:00Z'," ITEMS "}");
    expect(&world, &stale, 409, "/code", "stale_revision");
    struct answer later = world_call(
        &world, "PUT", "/v1/orders/o1", NULL,
        "{'member': 'anna', 'revision': 3, 'occurred_at': '2026-03-02T10:01:00Z'," ITEMS "}");
    expect(&world, &later, 200, "/revision", "3", "/balances/0/available", "100",
           "/balances/0/held", "0");
    world_close(&world);
}

static void confirming_a_quote_buys_what_it_said(void **state)
{
    struct world world;
    (void)state;
    open_shop(&world);
    struct answer quote = world_put(&world, "/v1/orders/o1",
                                    "{'member': 'anna', 'occurred_at': '2026-03-02T10:00:00Z',"
                                    " 'redeem': [{'reward': 'ten-off'}]," ITEMS "}");
    expect(&world, &quote, 200, "/status", "open");
    struct answer bought =
        world_post(&world, "/v1/orders/o1/confirm",
                   "{'quote': '%s', 'occurred_at': '2026-03-02T10:05:00Z',"
                   " 'payments': [{'kind': 'card', 'amount': '39.99'}], 'if_changed': 'refuse'}",
                   answer_at(&world, &quote, "/quote"));
    expect(&world, &bought, 200, "/type", "confirm_order", "/answer", "done", "/claim_code", NULL,
           "/redeemed/0/reward", "ten-off", "/redeemed/0/discount", "10.00", "/eligible", "39.99",
           "/balances/0/available", "20", "/balances/0/pending", "39", "/balances/0/held", "0");
    struct answer delivered =
        world_post(&world, "/v1/orders/o1/milestones",
                   "{'milestone': 'delivered', 'occurred_at': '2026-03-04T10:00:00Z'}");
    expect(&world, &delivered, 200, "/milestone", "delivered", "/balances/0/available", "59",
           "/balances/0/pending", "0");
    struct answer read = world_get(&world, "/v1/orders/o1");
    expect(&world, &read, 200, "/payments/0/kind", "card", "/payments/0/amount", "39.99");
    expect(&world, &read, 200, "/status", "confirmed", "/member", "anna", "/currency", "EUR",
           "/items/0/item", "a", "/items/0/quantity", "2", "/items/0/returned", "0",
           "/items/0/unit_price", "9.99", "/milestones/0", "delivered", "/history/0/type", "quote",
           "/history/1/type", "confirm_order", "/history/1/postings/0/reason", "redeemed",
           "/history/2/type", "milestone", "/history/3", NULL);
    world_close(&world);
}

static void a_lapsed_quote_is_honoured_while_it_can_be(void **state)
{
    struct world world;
    (void)state;
    open_shop(&world);
    struct answer quote = world_put(&world, "/v1/orders/o1",
                                    "{'member': 'anna', 'occurred_at': '2026-03-02T10:00:00Z',"
                                    " 'redeem': [{'reward': 'ten-off'}]," ITEMS "}");
    expect(&world, &quote, 200, "/good_until", "2026-03-02T10:30:00Z");
    struct answer bought = world_post(&world, "/v1/orders/o1/confirm",
                                      "{'quote': '%s', 'occurred_at': '2026-03-03T10:00:00Z'}",
                                      answer_at(&world, &quote, "/quote"));
    expect(&world, &bought, 200, "/redeemed/0/answer", "done", "/balances/0/available", "20");
    world_close(&world);
}

static void a_lapsed_quote_that_comes_out_otherwise_is_honoured_or_refused(void **state)
{
    struct world world;
    (void)state;
    world_open_with(&world,
                    "program: shop\ntimezone: Europe/Berlin\ncurrencies: [EUR, JPY]\n"
                    "wallets: {points: {names: {en: {one: point, other: points}}}}\n"
                    "rules:\n"
                    "  base: {on: purchase, earn: 10 points}\n"
                    "campaigns:\n"
                    "  spring:\n"
                    "    from: 2026-03-01\n"
                    "    until: 2026-03-03\n"
                    "    rules: {gift: {on: purchase, earn: 7 points}}\n",
                    (struct api_options){.clock_is_given = true});
    for (int i = 0; i < 2; i++) {
        struct text path = arena_format(&world.arena, "/v1/orders/o%d", i);
        struct answer quote = world_put(&world, path.bytes,
                                        "{'member': 'anna', 'currency': 'JPY',"
                                        " 'occurred_at': '2026-03-02T10:00:00Z',"
                                        " 'items': [{'unit_price': '500'}]}");
        expect(&world, &quote, 200, "/will_earn/1/rule", "gift");
        path = arena_format(&world.arena, "/v1/orders/o%d/confirm", i);
        struct answer confirmed =
            world_post(&world, path.bytes,
                       "{'quote': '%s', 'if_changed': '%s', 'occurred_at': '2026-03-03T10:0%d:00Z',"
                       " 'payments': [{'kind': 'cash', 'amount': '500'}]}",
                       answer_at(&world, &quote, "/quote"), i == 0 ? "refuse" : "honour", i);
        if (i == 0) {
            expect(&world, &confirmed, 409, "/code", "quote_changed", "/details/will_earn/0/amount",
                   "10", "/details/will_earn/1", NULL, "/details/totals/after", "500");
        } else {
            expect(&world, &confirmed, 200, "/balances/0/available", "10", "/eligible", "500");
        }
    }
    struct answer read = world_get(&world, "/v1/orders/o1");
    expect(&world, &read, 200, "/payments/0/amount", "500", "/currency", "JPY",
           "/history/1/eligible", "500");
    /* Half a yen is none. */
    struct answer half = world_post(&world, "/v1/orders/o0/confirm",
                                    "{'payments': [{'kind': 'cash', 'amount': '0.5'}],"
                                    " 'occurred_at': '2026-03-03T10:05:00Z'}");
    expect(&world, &half, 422, "/field", "/payments/0/amount", "/errors/0/code", "too_precise");
    world_close(&world);
}

static void a_lapsed_quote_that_cannot_be_honoured_is_quoted_anew(void **state)
{
    struct world world;
    (void)state;
    open_shop(&world);
    struct answer quote = world_put(&world, "/v1/orders/o1",
                                    "{'member': 'anna', 'occurred_at': '2026-03-02T10:00:00Z',"
                                    " 'redeem': [{'reward': 'ten-off'}]," ITEMS "}");
    expect(&world, &quote, 200, "/balances/0/held", "80");
    struct answer spent = world_post(&world, "/v1/redemptions",
                                     "{'id': 'r1', 'member': 'anna', 'wallet': 'points',"
                                     " 'amount': '90', 'occurred_at': '2026-03-02T12:00:00Z'}");
    expect(&world, &spent, 200, "/balances/0/available", "10");
    world.repeats = true;
    struct answer refused = world_post(&world, "/v1/orders/o1/confirm",
                                       "{'quote': '%s', 'occurred_at': '2026-03-02T13:00:00Z'}",
                                       answer_at(&world, &quote, "/quote"));
    expect(&world, &refused, 409, "/code", "balance_too_low", "/details/status", "open",
           "/details/redeem/0/answer", "balance_too_low", "/details/totals/after", "49.99",
           "/details/good_until", "2026-03-02T13:30:00Z", "/details/balances/0/available", "10");
    struct answer read = world_get(&world, "/v1/orders/o1");
    expect(&world, &read, 200, "/status", "open");
    struct answer bought =
        world_post(&world, "/v1/orders/o1/confirm",
                   "{'quote': '%s', 'occurred_at': '2026-03-02T13:10:00Z', 'if_changed': 'refuse'}",
                   answer_at(&world, &refused, "/details/quote"));
    expect(&world, &bought, 200, "/balances/0/available", "10", "/balances/0/pending", "49");
    world_close(&world);
}

static void another_quote_than_the_present_one_is_refused_with_the_present_one(void **state)
{
    struct world world;
    (void)state;
    open_shop(&world);
    struct answer first =
        world_put(&world, "/v1/orders/o1",
                  "{'member': 'anna', 'occurred_at': '2026-03-02T10:00:00Z'," ITEMS "}");
    struct answer second = world_put(&world, "/v1/orders/o1",
                                     "{'member': 'anna', 'occurred_at': '2026-03-02T10:01:00Z',"
                                     " 'items': [{'id': 'a', 'sku': 'A', 'unit_price': '7.00'}]}");
    struct answer refused =
        world_post(&world, "/v1/orders/o1/confirm",
                   "{'quote': '%s', 'occurred_at': '2026-03-02T10:02:00Z', 'if_changed': 'refuse'}",
                   answer_at(&world, &first, "/quote"));
    expect(&world, &refused, 409, "/code", "quote_changed", "/details/quote",
           answer_at(&world, &second, "/quote"), "/details/totals/after", "7.00");
    world_close(&world);
}

static void a_whole_order_needs_no_quote(void **state)
{
    struct world world;
    (void)state;
    open_shop(&world);
    struct answer bought = world_post(&world, "/v1/orders/o1/confirm",
                                      "{'member': 'anna', 'occurred_at': '2026-03-02T10:00:00Z',"
                                      " 'redeem': [{'reward': 'mug'}]," ITEMS "}");
    expect(&world, &bought, 200, "/type", "purchase", "/redeemed/0/reward", "mug",
           "/balances/0/available", "50", "/balances/0/pending", "49");
    struct answer nothing =
        world_post(&world, "/v1/orders/o2/confirm", "{'occurred_at': '2026-03-02T10:00:00Z'}");
    expect(&world, &nothing, 409, "/code", "order_not_open");
    struct answer both =
        world_post(&world, "/v1/orders/o3/confirm",
                   "{'quote': '1', 'occurred_at': '2026-03-02T10:00:00Z'," ITEMS "}");
    expect(&world, &both, 422, "/code", "invalid_request", "/field", "/quote");
    world_close(&world);
}

/* Anna buys the three lines, delivered. */
static void buy(struct world *world)
{
    struct answer bought =
        world_post(world, "/v1/orders/o1/confirm",
                   "{'member': 'anna', 'occurred_at': '2026-03-02T10:00:00Z'," ITEMS "}");
    expect(world, &bought, 200, "/balances/0/pending", "49");
    struct answer delivered =
        world_post(world, "/v1/orders/o1/milestones",
                   "{'milestone': 'delivered', 'occurred_at': '2026-03-04T10:00:00Z'}");
    expect(world, &delivered, 200, "/balances/0/available", "149");
}

static void a_return_can_be_looked_at_made_repeated_and_undone(void **state)
{
    struct world world;
    (void)state;
    open_shop(&world);
    buy(&world);
    const char *body = "{'items': [{'item': 'a'}], 'occurred_at': '2026-03-09T10:00:00Z'}";
    struct answer preview =
        world_call(&world, "PUT", "/v1/orders/o1/returns/r1?preview=true", NULL, "%s", body);
    expect(&world, &preview, 200, "/position", NULL, "/eligible", "9.99", "/postings/0/reason",
           "taken_back", "/postings/0/amount", "9", "/balances/0/available", "140");
    struct answer made = world_call(&world, "PUT", "/v1/orders/o1/returns/r1", NULL, "%s", body);
    expect(&world, &made, 200, "/return", "r1", "/balances/0/available", "140");
    struct answer again = world_call(&world, "PUT", "/v1/orders/o1/returns/r1", NULL, "%s", body);
    assert_int_equal(again.status, 200);
    assert_true(text_equal(made.body, again.body));
    struct answer other = world_call(&world, "PUT", "/v1/orders/o1/returns/r1", NULL, "%s",
                                     "{'items': [{'item': 'b'}]}");
    expect(&world, &other, 409, "/code", "key_conflict");
    struct answer more = world_call(&world, "PUT", "/v1/orders/o1/returns/r2", NULL, "%s",
                                    "{'items': [{'item': 'a', 'quantity': 2}],"
                                    " 'occurred_at': '2026-03-09T11:00:00Z'}");
    expect(&world, &more, 409, "/code", "return_exceeds");
    struct answer read = world_get(&world, "/v1/orders/o1");
    expect(&world, &read, 200, "/items/0/returned", "1", "/items/1/returned", "0");
    struct answer undone =
        world_call(&world, "DELETE", "/v1/orders/o1/returns/r1?occurred_at=2026-03-09T12:00:00Z",
                   NULL, "%s", "");
    expect(&world, &undone, 200, "/type", "undo_return", "/balances/0/available", "149");
    read = world_get(&world, "/v1/orders/o1");
    expect(&world, &read, 200, "/items/0/returned", "0");
    undone = world_call(&world, "DELETE", "/v1/orders/o1/returns/r9", NULL, "%s", "");
    expect(&world, &undone, 404, "/code", "unknown_return");
    world_close(&world);
}

static void money_goes_back_without_goods_in_the_orders_currency(void **state)
{
    struct world world;
    (void)state;
    open_shop(&world);
    buy(&world);
    struct answer refund = world_call(&world, "PUT", "/v1/orders/o1/returns/r1", NULL, "%s",
                                      "{'amount': '10.00', 'occurred_at': '2026-03-09T10:00:00Z'}");
    expect(&world, &refund, 200, "/eligible", "10.00", "/balances/0/available", "139");
    struct answer read = world_get(&world, "/v1/orders/o1");
    expect(&world, &read, 200, "/items/0/refunded", "4.00", "/items/1/refunded", "1.00",
           "/items/2/refunded", "5.00");
    struct answer precise =
        world_call(&world, "PUT", "/v1/orders/o1/returns/r2", NULL, "%s", "{'amount': '1.001'}");
    expect(&world, &precise, 422, "/errors/0/code", "too_precise", "/field", "/amount");
    struct answer yen = world_post(&world, "/v1/orders/y1/confirm",
                                   "{'member': 'anna', 'currency': 'JPY',"
                                   " 'occurred_at': '2026-03-10T10:00:00Z',"
                                   " 'items': [{'unit_price': '500'}]}");
    expect(&world, &yen, 200, "/eligible", "500");
    struct answer yen_back = world_call(&world, "PUT", "/v1/orders/y1/returns/r1", NULL, "%s",
                                        "{'amount': '100', 'occurred_at': '2026-03-11T10:00:00Z'}");
    expect(&world, &yen_back, 200, "/eligible", "100");
    struct answer half =
        world_call(&world, "PUT", "/v1/orders/y1/returns/r2", NULL, "%s", "{'amount': '0.5'}");
    expect(&world, &half, 422, "/errors/0/code", "too_precise");
    struct answer both = world_call(&world, "PUT", "/v1/orders/o1/returns/r3", NULL, "%s",
                                    "{'amount': '1.00', 'items': [{'item': 'a'}]}");
    expect(&world, &both, 422, "/field", "/amount");
    world_close(&world);
}

static void an_edit_answers_with_the_difference(void **state)
{
    struct world world;
    (void)state;
    open_shop(&world);
    buy(&world);
    const char *body = "{'occurred_at': '2026-03-05T10:00:00Z', 'reason': 'one more', 'items': ["
                       "{'id': 'a', 'sku': 'A', 'unit_price': '9.99', 'quantity': 3},"
                       "{'id': 'b', 'sku': 'B', 'unit_price': '5.01'}]}";
    struct answer edited = world_call(&world, "PUT", "/v1/orders/o1/edits/e1", NULL, "%s", body);
    expect(&world, &edited, 200, "/edit", "e1", "/reason", "one more", "/balances/0/available",
           "134");
    struct answer again = world_call(&world, "PUT", "/v1/orders/o1/edits/e1", NULL, "%s", body);
    assert_true(text_equal(edited.body, again.body));
    struct answer wrong = world_call(&world, "PUT", "/v1/orders/o1/edits/e2", NULL, "%s",
                                     "{'items': [{'unit_price': '1.00', 'discount': '0.001'}]}");
    expect(&world, &wrong, 422, "/field", "/items/0/discount");
    struct answer nobody = world_call(&world, "PUT", "/v1/orders/o9/edits/e1", NULL, "%s",
                                      "{'occurred_at': '2026-03-05T10:00:00Z',"
                                      " 'items': [{'unit_price': '1.00'}]}");
    expect(&world, &nobody, 404, "/code", "unknown_order");
    struct answer read = world_get(&world, "/v1/orders/o1");
    expect(&world, &read, 200, "/items/0/quantity", "3", "/items/2", NULL, "/history/2/edit", "e1");
    world_close(&world);
}

static void a_cancelled_order_gives_everything_back(void **state)
{
    struct world world;
    (void)state;
    open_shop(&world);
    buy(&world);
    struct answer cancelled =
        world_post(&world, "/v1/orders/o1/cancel",
                   "{'reason': 'never came', 'occurred_at': '2026-03-06T10:00:00Z'}");
    expect(&world, &cancelled, 200, "/type", "cancel_order", "/balances/0/available", "100");
    struct answer twice =
        world_post(&world, "/v1/orders/o1/cancel", "{'occurred_at': '2026-03-06T11:00:00Z'}");
    expect(&world, &twice, 409, "/code", "order_cancelled");
    struct answer read = world_get(&world, "/v1/orders/o1");
    expect(&world, &read, 200, "/status", "cancelled", "/items/0/returned", "2");
    struct answer open = world_put(&world, "/v1/orders/o2",
                                   "{'member': 'anna', 'redeem': [{'reward': 'mug'}],"
                                   " 'occurred_at': '2026-03-06T12:00:00Z'," ITEMS "}");
    expect(&world, &open, 200, "/balances/0/held", "50");
    struct answer dropped =
        world_post(&world, "/v1/orders/o2/cancel", "{'occurred_at': '2026-03-06T12:01:00Z'}");
    expect(&world, &dropped, 200, "/balances/0/held", "0", "/balances/0/available", "100");
    world_close(&world);
}

static void a_guests_order_is_claimed_once_with_its_code(void **state)
{
    struct world world;
    (void)state;
    open_shop(&world);
    world.repeats = true;
    struct answer bought = world_post(&world, "/v1/orders/g1/confirm",
                                      "{'occurred_at': '2026-03-02T10:00:00Z'," ITEMS "}");
    expect(&world, &bought, 200, "/answer", "done", "/member", NULL);
    const char *code = answer_at(&world, &bought, "/claim_code");
    assert_non_null(code);
    struct answer wrong = world_post(&world, "/v1/orders/g1/claim",
                                     "{'member': 'anna', 'code': '0000-0000-0000',"
                                     " 'occurred_at': '2026-03-03T10:00:00Z'}");
    expect(&world, &wrong, 422, "/field", "/code");
    struct answer read = world_get(&world, "/v1/orders/g1");
    expect(&world, &read, 200, "/status", "guest");
    struct answer claimed = world_post(&world, "/v1/orders/g1/claim",
                                       "{'member': 'anna', 'code': ' %s',"
                                       " 'occurred_at': '2026-03-03T10:00:00Z'}",
                                       code);
    expect(&world, &claimed, 200, "/type", "claim", "/balances/0/pending", "49");
    struct answer twice = world_post(&world, "/v1/orders/g1/claim",
                                     "{'member': 'anna', 'code': '%s',"
                                     " 'occurred_at': '2026-03-03T11:00:00Z'}",
                                     code);
    expect(&world, &twice, 409, "/code", "already_claimed");
    read = world_get(&world, "/v1/orders/g1");
    expect(&world, &read, 200, "/status", "claimed", "/member", "anna");
    /* However the purchase came. */
    struct answer event = world_post(&world, "/v1/events",
                                     "{'type': 'purchase', 'order': 'g2',"
                                     " 'occurred_at': '2026-03-02T10:00:00Z'," ITEMS "}");
    assert_non_null(answer_at(&world, &event, "/claim_code"));
    struct answer late = world_post(&world, "/v1/orders/g2/claim",
                                    "{'member': 'anna', 'code': '%s',"
                                    " 'occurred_at': '2026-04-02T10:00:00Z'}",
                                    answer_at(&world, &event, "/claim_code"));
    expect(&world, &late, 409, "/code", "claim_period_over");
    world_close(&world);
}

static void a_repeat_that_says_no_time_is_still_the_same_request(void **state)
{
    struct world world;
    (void)state;
    world_open(&world, PROGRAM);
    world.repeats = true;
    struct answer joined = world_post(&world, "/v1/events", "{'type': 'join', 'member': 'anna'}");
    expect(&world, &joined, 200, "/balances/0/available", "100");
    struct answer quote =
        world_put(&world, "/v1/orders/o1",
                  "{'member': 'anna', 'hold': '1 hour', 'redeem': [{'reward': 'mug'}]," ITEMS "}");
    expect(&world, &quote, 200, "/balances/0/held", "50");
    struct answer bought = world_post(&world, "/v1/orders/o1/confirm", "{'quote': '%s'}",
                                      answer_at(&world, &quote, "/quote"));
    expect(&world, &bought, 200, "/balances/0/available", "50", "/balances/0/pending", "49");
    struct answer back =
        world_put(&world, "/v1/orders/o1/returns/r1", "{'items': [{'item': 'c'}]}");
    expect(&world, &back, 200, "/balances/0/pending", "24");
    struct answer undone = world_delete(&world, "/v1/orders/o1/returns/r1");
    expect(&world, &undone, 200, "/balances/0/pending", "49");
    struct answer held = world_post(&world, "/v1/redemptions",
                                    "{'id': 'r1', 'member': 'anna', 'wallet': 'points',"
                                    " 'amount': '5', 'hold': '10 minutes'}");
    expect(&world, &held, 200, "/balances/0/held", "5");
    struct answer cancelled = world_post(&world, "/v1/orders/o1/cancel", "%s", "");
    expect(&world, &cancelled, 200, "/balances/0/pending", "0");
    world_close(&world);
}

static void orders_of_one_batch_see_each_other(void **state)
{
    struct world world;
    (void)state;
    open_shop(&world);
    struct answer lines = world_lines(
        &world, "/v1/events",
        "{'type': 'purchase', 'id': 'p1', 'order': 'y1', 'member': 'anna', 'currency': 'JPY',"
        " 'occurred_at': '2026-03-02T10:00:00Z', 'items': [{'id': 'a', 'unit_price': '500'}]}\n"
        "{'type': 'edit', 'id': 'e1', 'order': 'y1', 'currency': 'JPY',"
        " 'occurred_at': '2026-03-02T10:01:00Z', 'items': [{'id': 'a', 'unit_price': '700'}]}\n"
        "{'type': 'return', 'id': 'r1', 'order': 'y1', 'occurred_at': '2026-03-02T10:02:00Z'}\n");
    struct answer bought = answer_line(&world, &lines, 0);
    struct answer edited = answer_line(&world, &lines, 1);
    struct answer back = answer_line(&world, &lines, 2);
    expect(&world, &bought, 200, "/eligible", "500");
    expect(&world, &edited, 200, "/program_version", "1", "/edit", "e1");
    /* In yen, which have no decimals, as the purchase of the same batch says. */
    expect(&world, &back, 200, "/eligible", "700");
    world_close(&world);
}

#define LARGE 10000

static void the_largest_cart_is_quoted_and_bought(void **state)
{
    struct world world;
    struct buffer items;
    (void)state;
    open_shop(&world);
    buffer_init(&items, (size_t)4 << 20);
    for (int i = 0; i < LARGE; i++) {
        assert_int_equal(buffer_add_format(&items, "%s{'sku': 'S%d', 'unit_price': '0.01'}",
                                           i == 0 ? "" : ",", i),
                         STATUS_OK);
    }
    assert_int_equal(buffer_add_byte(&items, '\0'), STATUS_OK);
    struct answer quote = world_put(&world, "/v1/orders/o1",
                                    "{'member': 'anna', 'occurred_at': '2026-03-02T10:00:00Z',"
                                    " 'redeem': [{'reward': 'ten-off'}], 'items': [%s]}",
                                    items.bytes);
    expect(&world, &quote, 200, "/totals/after", "90.00", "/items/9999/total", "0.01",
           "/will_earn/0/amount", "180");
    struct answer bought =
        world_post(&world, "/v1/orders/o1/confirm", "{'occurred_at': '2026-03-02T10:01:00Z'}");
    expect(&world, &bought, 200, "/balances/0/pending", "180");
    struct answer read = world_get(&world, "/v1/orders/o1");
    expect(&world, &read, 200, "/items/9999/sku", "S9999");
    buffer_release(&items);
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_quote_tells_and_holds_everything),
        cmocka_unit_test(a_quote_names_what_the_basket_just_misses),
        cmocka_unit_test(a_preview_holds_nothing_and_needs_no_member),
        cmocka_unit_test(a_quote_needs_a_key_or_a_revision),
        cmocka_unit_test(confirming_a_quote_buys_what_it_said),
        cmocka_unit_test(a_lapsed_quote_is_honoured_while_it_can_be),
        cmocka_unit_test(a_lapsed_quote_that_comes_out_otherwise_is_honoured_or_refused),
        cmocka_unit_test(what_is_not_right_is_refused_with_its_place),
        cmocka_unit_test(a_lapsed_quote_that_cannot_be_honoured_is_quoted_anew),
        cmocka_unit_test(another_quote_than_the_present_one_is_refused_with_the_present_one),
        cmocka_unit_test(a_whole_order_needs_no_quote),
        cmocka_unit_test(a_return_can_be_looked_at_made_repeated_and_undone),
        cmocka_unit_test(money_goes_back_without_goods_in_the_orders_currency),
        cmocka_unit_test(an_edit_answers_with_the_difference),
        cmocka_unit_test(a_cancelled_order_gives_everything_back),
        cmocka_unit_test(a_guests_order_is_claimed_once_with_its_code),
        cmocka_unit_test(a_repeat_that_says_no_time_is_still_the_same_request),
        cmocka_unit_test(orders_of_one_batch_see_each_other),
        cmocka_unit_test(the_largest_cart_is_quoted_and_bought),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
