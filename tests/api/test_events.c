/* POST /v1/events: what each event answers, one by one and many at once. */
#include "client.h"

static struct world world;

static int open_world(void **state)
{
    (void)state;
    world_open(&world, TEST_PROGRAM);
    world.repeats = true;
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    world_close(&world);
    return 0;
}

static struct answer post(const char *format, ...) __attribute__((format(printf, 1, 2)));
static struct answer post(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    struct text body = arena_format_arguments(&world.arena, format, arguments);
    va_end(arguments);
    return world_post(&world, "/v1/events", "%s", body.bytes);
}

static void join(const char *member)
{
    struct answer answer = post("{'type': 'join', 'member': '%s'}", member);
    expect(&world, &answer, 200, "/answer", "done", "/balances/0/available", "100");
}

static void an_event_is_answered_with_its_effects_and_what_is_there_afterwards(void **state)
{
    (void)state;
    struct answer joined = post("{'type': 'join', 'member': 'anna', 'id': 'j1'}");
    expect(&world, &joined, 200, "/answer", "done", "/type", "join", "/member", "anna",
           "/postings/0/wallet", "points", "/postings/0/from", "issued", "/postings/0/to",
           "available", "/postings/0/amount", "100", "/postings/0/rule", "welcome",
           "/postings/0/reason", "earned", "/fired/0/rule", "welcome", "/fired/0/base", NULL,
           "/balances/0/available", "100");
    struct answer bought = post("{'type': 'purchase', 'id': 'p1', 'member': 'anna', 'order': 'o1',"
                                " 'items': [{'sku': 'A', 'unit_price': '19.99', 'quantity': 10}]}");
    expect(&world, &bought, 200, "/answer", "done", "/order", "o1", "/eligible", "199.90",
           "/tiers/0/level", "silver", "/tiers/0/title", "Silver", "/fired/0/rule", "base",
           "/fired/0/base", "199.90", "/fired/0/granted", "199", "/fired/1/granted", "49.97",
           "/balances/0/wallet", "points", "/balances/0/available", "299", "/balances/1/available",
           "49.97");
}

static void each_type_of_event_is_taken(void **state)
{
    (void)state;
    join("t1");
    join("t2");
    struct answer answer = post("{'type': 'hold', 'id': 'h1', 'member': 't1', 'wallet': 'points',"
                                " 'amount': '60', 'lapses_at': '2100-01-01T00:00:00Z'}");
    expect(&world, &answer, 200, "/redemption", "h1", "/balances/0/held", "60",
           "/postings/0/reason", "held");
    answer = post("{'type': 'confirm', 'redemption': 'h1', 'wallet': 'points', 'amount': '20'}");
    expect(&world, &answer, 200, "/balances/0/held", "0", "/balances/0/available", "80");
    answer = post("{'type': 'reverse', 'redemption': 'h1'}");
    expect(&world, &answer, 200, "/balances/0/available", "100", "/postings/0/reason",
           "given_back");
    answer = post("{'type': 'hold', 'id': 'h2', 'member': 't1', 'reward': 'ten-off',"
                  " 'lapses_at': '2100-01-01T00:00:00Z'}");
    expect(&world, &answer, 200, "/balances/0/available", "20");
    answer = post("{'type': 'cancel', 'redemption': 'h2'}");
    expect(&world, &answer, 200, "/balances/0/available", "100");
    answer = post("{'type': 'redeem', 'member': 't1', 'reward': 'mug'}");
    expect(&world, &answer, 200, "/balances/0/available", "50", "/postings/0/reason", "redeemed");
    answer = post("{'type': 'redeem', 'member': 't2', 'reward': 'mug'}");
    expect(&world, &answer, 409, "/code", "out_of_stock");
    answer = post("{'type': 'adjust', 'member': 't1', 'wallet': 'miles', 'amount': '-0.01',"
                  " 'reason': 'a try'}");
    expect(&world, &answer, 409, "/code", "balance_too_low");
    answer = post("{'type': 'adjust', 'member': 't1', 'wallet': 'miles', 'amount': '1.25',"
                  " 'reason': 'goodwill', 'expires_at': '2099-01-01T00:00:00Z'}");
    expect(&world, &answer, 200, "/postings/0/amount", "1.25", "/postings/0/expires_at",
           "2099-01-01T00:00:00Z", "/postings/0/reason", "adjusted");
    answer = post("{'type': 'transfer', 'member': 't1', 'other_member': 't2',"
                  " 'wallet': 'points', 'amount': '10', 'reason': 'a gift'}");
    expect(&world, &answer, 200, "/answer", "done", "/balances/0/available", "40");
    answer = post("{'type': 'expire', 'member': 't2', 'wallet': 'points', 'amount': '5',"
                  " 'reason': 'by hand'}");
    expect(&world, &answer, 200, "/balances/0/available", "105");
    answer = post("{'type': 'merge', 'member': 't2', 'other_member': 't1'}");
    expect(&world, &answer, 200, "/answer", "done");
    answer = post("{'type': 'unmerge', 'member': 't2', 'other_member': 't1'}");
    expect(&world, &answer, 200, "/answer", "done");
    answer = post("{'type': 'settle', 'member': 't2'}");
    expect(&world, &answer, 200, "/answer", "done");
    answer = post("{'type': 'close', 'member': 't2', 'reason': 'asked'}");
    expect(&world, &answer, 200, "/answer", "done");
    answer = post("{'type': 'reopen', 'member': 't2', 'reason': 'asked again'}");
    expect(&world, &answer, 200, "/answer", "done");
}

static void a_return_gives_back_what_was_recorded(void **state)
{
    (void)state;
    join("r1");
    struct answer answer =
        post("{'type': 'purchase', 'member': 'r1', 'order': 'ro1', 'items': [{'id': 'a',"
             " 'sku': 'A', 'unit_price': '10.00', 'quantity': 3}, {'sku': 'B', 'unit_price': "
             "'5.50'}]}");
    expect(&world, &answer, 200, "/eligible", "35.50", "/balances/0/available", "135");
    answer = post("{'type': 'return', 'id': 'ret1', 'order': 'ro1', 'returns': [{'item': 'a',"
                  " 'quantity': 2}]}");
    expect(&world, &answer, 200, "/eligible", "20.00", "/balances/0/available", "115");
    answer = post("{'type': 'return', 'order': 'ro1', 'returns': [{'item': 'a', 'quantity': 2}]}");
    expect(&world, &answer, 409, "/code", "return_exceeds");
    answer = post("{'type': 'return_by_sku', 'member': 'r1', 'returns': [{'sku': 'B'}]}");
    expect(&world, &answer, 200, "/units_matched", "1", "/units_unmatched", "0",
           "/balances/0/available", "110");
    answer = post("{'type': 'return', 'order': 'zebra'}");
    expect(&world, &answer, 404, "/code", "unknown_order");
}

static void amounts_are_exact_or_refused(void **state)
{
    static const struct {
        const char *body;
        const char *field;
        const char *code;
        const char *part;
    } cases[] = {
        {"'shipping': '1.999', 'items': [{'unit_price': '1'}]", "/shipping", "too_precise",
         "more decimals than EUR has: 2"},
        {"'currency': 'JPY', 'items': [{'unit_price': '100', 'tax': '0.5'}]", "/items/0/tax",
         "too_precise", "more decimals than JPY has: 0"},
        {"'items': [{'unit_price': '1.1234567'}]", "/items/0/unit_price", "too_precise",
         "at most 6 decimals"},
        {"'discount': '-1.00', 'items': [{'unit_price': '1'}]", "/discount", "out_of_range",
         "below zero"},
        {"'currency': 'SEK', 'items': [{'unit_price': '1'}]", "/currency", "unknown_id",
         "it has EUR, JPY"},
        {"'redeem': [{'wallet': 'pionts', 'amount': '1'}], 'items': [{'unit_price': '1'}]",
         "/redeem/0/wallet", "unknown_id", "did you mean 'points'?"},
        {"'redeem': [{'wallet': 'points', 'amount': '1.5'}], 'items': [{'unit_price': '1'}]",
         "/redeem/0/amount", "too_precise", "more decimals than points has: 0"},
        {"'redeem': [{}], 'items': [{'unit_price': '1'}]", "/redeem/0", "contradiction",
         "either a reward"},
        {"'items': []", "/items", "required", "purchase needs it"},
        {"'items': [{'unit_price': '1', 'quantity': 1000000001}]", "/items/0/quantity",
         "out_of_range", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct answer answer =
            post("{'type': 'purchase', 'member': 'anna', 'order': 'x', %s}", cases[i].body);
        expect(&world, &answer, 422, "/code", "invalid_request", "/field", cases[i].field,
               "/errors/0/code", cases[i].code);
        if (strstr(answer_at(&world, &answer, "/detail"), cases[i].part) == NULL)
            fail_msg("%s: %s", cases[i].body, answer_at(&world, &answer, "/detail"));
    }
    join("yen");
    struct answer answer = post("{'type': 'purchase', 'member': 'yen', 'order': 'y1',"
                                " 'currency': 'JPY', 'items': [{'unit_price': '100.00'}]}");
    expect(&world, &answer, 200, "/eligible", "100");
}

static void what_a_type_needs_is_asked_for(void **state)
{
    static const struct {
        const char *body;
        const char *field;
    } cases[] = {
        {"{'type': 'join'}", "/member"},
        {"{'type': 'join', 'member': {'kind': 'email', 'value': 'a@b'}}", "/member"},
        {"{'type': 'hold', 'member': 'anna', 'reward': 'mug',"
         " 'lapses_at': '2100-01-01T00:00:00Z'}",
         "/id"},
        {"{'type': 'hold', 'member': 'anna', 'reward': 'mug', 'id': 'h'}", "/lapses_at"},
        {"{'type': 'redeem', 'member': 'anna'}", "/reward"},
        {"{'type': 'redeem', 'member': 'anna', 'reward': 'mug', 'wallet': 'points'}", "/wallet"},
        {"{'type': 'redeem', 'member': 'anna', 'reward': 'mug', 'quote': 'x'}", "/quote"},
        {"{'type': 'adjust', 'member': 'anna', 'wallet': 'points', 'amount': '1'}", "/reason"},
        {"{'type': 'confirm', 'redemption': 'h1', 'amount': '1'}", "/wallet"},
        {"{'type': 'milestone', 'order': 'o1'}", "/milestone"},
        {"{'type': 'return_by_sku', 'member': 'anna', 'returns': [{'item': 'a'}]}", "/returns/0"},
        {"{'type': 'undo_return', 'order': 'o1'}", "/return"},
        {"{'type': 'erase', 'member': 'anna'}", "/type"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct answer answer = post("%s", cases[i].body);
        expect(&world, &answer, 422, "/code", "invalid_request", "/field", cases[i].field);
    }
}

static void an_unknown_member_is_a_refusal_however_it_is_named(void **state)
{
    (void)state;
    struct answer answer = post("{'type': 'settle', 'member': 'nobody'}");
    expect(&world, &answer, 404, "/code", "unknown_member");
    answer = post("{'type': 'settle', 'member': {'kind': 'email', 'value': 'nobody@example'}}");
    expect(&world, &answer, 404, "/code", "unknown_member");
}

static void an_event_tells_why_rules_did_not_fire_when_asked(void **state)
{
    (void)state;
    world.repeats = false;
    struct answer answer = world_post(&world, "/v1/events?explain=true",
                                      "{'type': 'purchase', 'member': 'anna', 'order': 'ex1',"
                                      " 'items': [{'unit_price': '3.00'}]}");
    expect(&world, &answer, 200, "/not_fired/0/rule", "welcome", "/not_fired/0/boost", NULL,
           "/not_fired/0/reason", "other_event", "/not_fired/1/rule", "base", "/not_fired/1/boost",
           "gold", "/not_fired/1/reason", "tier");
    world.repeats = true;
}

static void each_coupon_of_a_purchase_is_answered(void **state)
{
    static const char *const key = "Idempotency-Key: with-coupons\r\n";
    (void)state;
    join("coupons");
    struct answer answer =
        post("{'type': 'purchase', 'member': 'coupons', 'order': 'cp1',"
             " 'coupons': ['SPRING', 'TEN'], 'items': [{'unit_price': '1.00'}]}");
    expect(&world, &answer, 200, "/coupons/0/code", "SPRING", "/coupons/0/status", "not_available",
           "/coupons/1/code", "TEN", "/coupons/1/status", "not_available", "/coupons/2", NULL);
    answer = world_lines(&world, "/v1/events",
                         "{'type': 'purchase', 'id': 'cl1', 'member': 'coupons', 'order': 'cp2',"
                         " 'coupons': ['SPRING'], 'items': [{'unit_price': '1.00'}]}\n"
                         "{'type': 'purchase', 'id': 'cl2', 'member': 'coupons', 'order': 'cp3',"
                         " 'items': [{'unit_price': '1.00'}]}\n");
    struct answer line = answer_line(&world, &answer, 0);
    expect(&world, &line, 200, "/coupons/0/code", "SPRING", "/coupons/0/status", "not_available");
    line = answer_line(&world, &answer, 1);
    expect(&world, &line, 200, "/order", "cp3", "/coupons", NULL);
    answer = world_post(&world, "/v1/evaluate?at=2030-01-01T00:00:00Z",
                        "{'type': 'purchase', 'member': 'coupons', 'order': 'cp4',"
                        " 'coupons': ['TEN'], 'items': [{'unit_price': '1.00'}]}");
    expect(&world, &answer, 200, "/coupons/0/code", "TEN", "/coupons/0/status", "not_available");
    answer = world_post(&world, "/v1/orders/cp5/confirm",
                        "{'member': 'coupons', 'coupons': ['TEN'], 'items': [{'unit_price': "
                        "'1.00'}]}");
    expect(&world, &answer, 200, "/coupons/0/code", "TEN");
    /* Another coupon is another request. */
    answer = world_call(&world, "POST", "/v1/events", key,
                        "{'type': 'purchase', 'member': 'coupons', 'order': 'cp6',"
                        " 'coupons': ['TEN'], 'items': [{'unit_price': '1.00'}]}");
    expect(&world, &answer, 200, "/coupons/0/code", "TEN");
    answer = world_call(&world, "POST", "/v1/events", key,
                        "{'type': 'purchase', 'member': 'coupons', 'order': 'cp6',"
                        " 'coupons': ['SPRING'], 'items': [{'unit_price': '1.00'}]}");
    expect(&world, &answer, 409, "/code", "key_conflict");
}

static void lines_are_answered_in_order_and_a_bad_one_spoils_no_other(void **state)
{
    (void)state;
    struct answer answer =
        world_lines(&world, "/v1/events",
                    "{'type': 'join', 'member': 'l1', 'id': 'l1'}\n"
                    "{'type': 'join', 'member': 'l1', 'id': 'l1-again'}\n"
                    "\n"
                    "{'type': 'join', 'membr': 'l2', 'id': 'l2'}\n"
                    "{'type': 'join'\n"
                    "{'type': 'purchase', 'member': 'l1', 'order': 'lo1', 'items': [{'unit_price': "
                    "'7.00'}]}\n"
                    "{'type': 'join', 'member': 'l1', 'id': 'l1'}");
    expect(&world, &answer, 200, "/code", NULL);
    assert_true(text_equal(answer.content_type, TEXT("application/x-ndjson")));
    struct answer line = answer_line(&world, &answer, 0);
    expect(&world, &line, 200, "/answer", "done", "/member", "l1");
    const char *position = answer_at(&world, &line, "/position");
    line = answer_line(&world, &answer, 1);
    expect(&world, &line, 409, "/code", "already_exists");
    line = answer_line(&world, &answer, 2);
    expect(&world, &line, 422, "/code", "invalid_request", "/field", "/membr");
    line = answer_line(&world, &answer, 3);
    expect(&world, &line, 400, "/code", "malformed_json");
    line = answer_line(&world, &answer, 4);
    expect(&world, &line, 200, "/answer", "done", "/balances/0/available", "107");
    line = answer_line(&world, &answer, 5);
    expect(&world, &line, 200, "/answer", "done", "/position", position);
}

static void of_an_atomic_batch_all_or_nothing_happens(void **state)
{
    (void)state;
    struct answer answer =
        world_lines(&world, "/v1/events?atomic=true",
                    "{'type': 'join', 'member': 'b1', 'id': 'b1'}\n"
                    "{'type': 'redeem', 'member': 'b1', 'reward': 'zebra', 'id': 'b2'}\n"
                    "{'type': 'join', 'member': 'b3', 'id': 'b3'}\n");
    expect(&world, &answer, 409, "/code", "not_applied", "/errors/0/field", "/1", "/errors/0/code",
           "unknown_reward");
    assert_int_equal(answer_count(&answer, "/errors"), 1);
    answer = post("{'type': 'settle', 'member': 'b1'}");
    expect(&world, &answer, 404, "/code", "unknown_member");
    answer = world_lines(&world, "/v1/events?atomic=true",
                         "{'type': 'join', 'member': 'b1', 'id': 'b1'}\n"
                         "{'type': 'join', 'id': 'b3'}\n");
    expect(&world, &answer, 409, "/code", "not_applied", "/errors/0/field", "/1/member");
    answer = world_lines(&world, "/v1/events?atomic=true",
                         "{'type': 'join', 'member': 'b1', 'id': 'b1'}\n"
                         "{'type': 'join', 'member': 'b3', 'id': 'b3'}\n");
    assert_int_equal(answer.status, 200);
    struct answer line = answer_line(&world, &answer, 1);
    expect(&world, &line, 200, "/answer", "done", "/member", "b3");
}

static void lines_without_ids_go_by_the_requests_key_and_their_number(void **state)
{
    (void)state;
    struct text body = TEXT("{\"type\": \"join\", \"member\": \"n1\"}\n"
                            "{\"type\": \"join\", \"member\": \"n2\"}\n");
    struct answer answer =
        world_send(&world, "POST", "/v1/events", "Content-Type: application/x-ndjson\r\n", body);
    assert_int_equal(answer.status, 200);
    struct answer line = answer_line(&world, &answer, 0);
    expect(&world, &line, 400, "/code", "idempotency_key_required");
    static const char *const headers =
        "Content-Type: application/x-ndjson\r\nIdempotency-Key: many\r\n";
    answer = world_send(&world, "POST", "/v1/events", headers, body);
    line = answer_line(&world, &answer, 1);
    expect(&world, &line, 200, "/answer", "done", "/member", "n2");
}

static void as_many_lines_as_are_allowed_and_no_more(void **state)
{
    struct buffer lines;
    (void)state;
    world.repeats = false;
    buffer_init(&lines, (size_t)4 << 20);
    for (int i = 0; i < 10000; i++) {
        assert_int_equal(
            buffer_add_format(&lines, "{\"type\":\"join\",\"member\":\"m%d\",\"id\":\"m%d\"}\n", i,
                              i),
            STATUS_OK);
    }
    static const char *const headers = "Content-Type: application/x-ndjson\r\n";
    struct answer answer = world_send(&world, "POST", "/v1/events", headers, buffer_text(&lines));
    assert_int_equal(answer.status, 200);
    struct answer line = answer_line(&world, &answer, 9999);
    expect(&world, &line, 200, "/answer", "done", "/member", "m9999");
    assert_int_equal(buffer_add(&lines, TEXT("{}\n")), STATUS_OK);
    answer = world_send(&world, "POST", "/v1/events", headers, buffer_text(&lines));
    expect(&world, &answer, 413, "/code", "body_too_large");
    buffer_release(&lines);
    world.repeats = true;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_is_answered_with_its_effects_and_what_is_there_afterwards),
        cmocka_unit_test(each_type_of_event_is_taken),
        cmocka_unit_test(a_return_gives_back_what_was_recorded),
        cmocka_unit_test(amounts_are_exact_or_refused),
        cmocka_unit_test(what_a_type_needs_is_asked_for),
        cmocka_unit_test(an_unknown_member_is_a_refusal_however_it_is_named),
        cmocka_unit_test(an_event_tells_why_rules_did_not_fire_when_asked),
        cmocka_unit_test(each_coupon_of_a_purchase_is_answered),
        cmocka_unit_test(lines_are_answered_in_order_and_a_bad_one_spoils_no_other),
        cmocka_unit_test(of_an_atomic_batch_all_or_nothing_happens),
        cmocka_unit_test(lines_without_ids_go_by_the_requests_key_and_their_number),
        cmocka_unit_test(as_many_lines_as_are_allowed_and_no_more),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
