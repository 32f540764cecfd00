/* What every request goes through: who asks, what for, with which key, in which form. */
#include "client.h"

static struct world world;

static int open_world(void **state)
{
    (void)state;
    world_open(&world, TEST_PROGRAM);
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    world_close(&world);
    return 0;
}

#define JOIN "{'type': 'join', 'member': '%s'}"

static void without_a_good_key_nothing_is_told(void **state)
{
    static const char *const headers[] = {
        "Authorization:\r\n",
        "Authorization: Bearer\r\n",
        "Authorization: Bearer gk_00000000_0000000000000000000000000000000000000000000\r\n",
        "Authorization: Basic YTpi\r\n",
        "Authorization: gk_00000000_0000000000000000000000000000000000000000000\r\n",
    };
    (void)state;
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        struct answer answer =
            world_call(&world, "POST", "/v1/events", headers[i], "{'type': 'zebra'}");
        expect(&world, &answer, 401, "/code", "unauthorized", "/type", "/problems/unauthorized",
               "/status", "401", "/errors", NULL);
        assert_true(text_equal(answer_header(&answer, "WWW-Authenticate"),
                               TEXT("Bearer realm=\"guerdon\"")));
    }
}

static void a_path_that_is_not_there_names_the_nearest_that_is(void **state)
{
    (void)state;
    struct answer answer = world_get(&world, "/v1/event");
    expect(&world, &answer, 404, "/code", "not_found", "/detail",
           "there is nothing at '/v1/event'; did you mean '/v1/events'?");
    answer = world_call(&world, "PUT", "/v1/events", NULL, "{}");
    expect(&world, &answer, 405, "/code", "method_not_allowed");
    assert_true(text_equal(answer_header(&answer, "Allow"), TEXT("OPTIONS, POST")));
    answer = world_call(&world, "OPTIONS", "/v1/events", NULL, "%s", "");
    assert_int_equal(answer.status, 204);
    assert_true(text_equal(answer_header(&answer, "Allow"), TEXT("OPTIONS, POST")));
}

static void a_body_that_is_no_json_is_refused_with_its_place(void **state)
{
    (void)state;
    struct answer answer = world_post(&world, "/v1/events", "{'type': 'join',\n 'member': ?}");
    expect(&world, &answer, 400, "/code", "malformed_json");
    assert_non_null(strstr(answer_at(&world, &answer, "/detail"), "line 2, column 12"));
    answer = world_post(&world, "/v1/events", "%s", "");
    expect(&world, &answer, 400, "/code", "malformed_json");
    answer = world_call(&world, "POST", "/v1/events",
                        "Content-Type: text/xml\r\nIdempotency-Key: x\r\n", "<a/>");
    expect(&world, &answer, 415, "/code", "unsupported_media_type");
}

static void every_mistake_of_a_body_is_listed(void **state)
{
    (void)state;
    struct answer answer = world_post(&world, "/v1/events",
                                      "{'type': 'purchase', 'order': 'o', 'member': 'anna',"
                                      " 'items': [{'unit_price': '1.00'}, {'unit_price': 1.5,"
                                      " 'skoo': 'a'}]}");
    expect(&world, &answer, 422, "/code", "invalid_request", "/field", "/items/1/unit_price",
           "/errors/0/code", "wrong_type", "/errors/1/field", "/items/1/skoo", "/errors/1/code",
           "unknown_field");
    assert_int_equal(answer_count(&answer, "/errors"), 2);
}

static void a_write_needs_a_key_in_the_header_or_an_id_in_the_body(void **state)
{
    (void)state;
    struct answer answer = world_call(&world, "POST", "/v1/events", NULL, JOIN, "k1");
    expect(&world, &answer, 400, "/code", "idempotency_key_required");
    answer = world_call(&world, "POST", "/v1/events", NULL,
                        "{'type': 'join', 'member': 'k1', 'id': 'join-k1'}");
    expect(&world, &answer, 200, "/answer", "done");
    char key[300] = "Idempotency-Key: ";
    memset(key + 17, 'x', 256);
    memcpy(key + 273, "\r\n", 3);
    answer = world_call(&world, "POST", "/v1/events", key, JOIN, "k2");
    expect(&world, &answer, 400, "/code", "malformed_idempotency_key");
    memcpy(key + 272, "\r\n", 3);
    answer = world_call(&world, "POST", "/v1/events", key, JOIN, "k2");
    expect(&world, &answer, 200, "/answer", "done");
    answer = world_call(&world, "POST", "/v1/events", "Idempotency-Key: \xc3\xbc\r\n", JOIN, "k3");
    expect(&world, &answer, 400, "/code", "malformed_idempotency_key");
}

static void a_repeat_is_answered_word_for_word_as_the_first_time(void **state)
{
    static const char *const key = "Idempotency-Key: once\r\n";
    (void)state;
    struct answer first = world_call(&world, "POST", "/v1/events", key, JOIN, "once");
    expect(&world, &first, 200, "/answer", "done");
    assert_true(text_is_empty(answer_header(&first, "Idempotency-Replayed")));
    struct answer again = world_call(&world, "POST", "/v1/events", key, JOIN, "once");
    expect(&world, &again, 200, "/answer", "done");
    assert_true(text_equal(answer_header(&again, "Idempotency-Replayed"), TEXT("true")));
    assert_true(text_equal(first.body, again.body));
    struct answer other = world_call(&world, "POST", "/v1/events", key, JOIN, "another");
    expect(&world, &other, 409, "/code", "key_conflict");
}

static void a_refusal_is_recorded_and_repeated_too(void **state)
{
    static const char *const key = "Idempotency-Key: refused\r\n";
    static const char *const body =
        "{'type': 'redeem', 'member': 'poor', 'wallet': 'points', 'amount': '1000000'}";
    (void)state;
    struct answer joined = world_post(&world, "/v1/events", JOIN, "poor");
    expect(&world, &joined, 200, "/answer", "done");
    struct answer first = world_call(&world, "POST", "/v1/events", key, "%s", body);
    expect(&world, &first, 409, "/code", "balance_too_low", "/type", "/problems/balance_too_low");
    const char *position = answer_at(&world, &first, "/position");
    assert_non_null(position);
    struct answer again = world_call(&world, "POST", "/v1/events", key, "%s", body);
    expect(&world, &again, 409, "/code", "balance_too_low", "/position", position);
    assert_true(text_equal(answer_header(&again, "Idempotency-Replayed"), TEXT("true")));
    struct answer page = world_get(&world, "/problems/balance_too_low");
    expect(&world, &page, 200, "/status", "409");
    page = world_get(&world, "/problems/zebra");
    expect(&world, &page, 404, "/code", "not_found");
}

static void parameters_are_held_to_their_table(void **state)
{
    (void)state;
    struct answer answer = world_call(&world, "POST", "/v1/events?explan=true", NULL, JOIN, "p");
    expect(&world, &answer, 400, "/code", "malformed_parameter", "/field", "/explan",
           "/errors/0/code", "unknown_field");
    assert_non_null(strstr(answer_at(&world, &answer, "/detail"), "explain"));
    answer = world_call(&world, "POST", "/v1/events?explain=perhaps", NULL, JOIN, "p");
    expect(&world, &answer, 400, "/errors/0/code", "malformed");
    answer = world_call(&world, "POST", "/v1/events?explain&explain", NULL, JOIN, "p");
    expect(&world, &answer, 400, "/errors/0/code", "repeated_field");
    answer = world_call(&world, "POST", "/v1/events?%C3", NULL, JOIN, "p");
    expect(&world, &answer, 400, "/errors/0/code", "malformed");
    answer = world_get(&world, "/healthz?x=1");
    expect(&world, &answer, 400, "/code", "malformed_parameter");
}

static void a_request_has_an_id_the_callers_own_if_it_sends_one(void **state)
{
    (void)state;
    struct answer answer =
        world_call(&world, "GET", "/healthz", "X-Request-Id: a-1.B\r\n", "%s", "");
    assert_true(text_equal(answer_header(&answer, "X-Request-Id"), TEXT("a-1.B")));
    answer = world_call(&world, "GET", "/v1/zebra", "X-Request-Id: a b\r\n", "%s", "");
    struct text id = answer_header(&answer, "X-Request-Id");
    assert_false(text_is_empty(id));
    assert_false(text_equal(id, TEXT("a b")));
    assert_true(text_equal(text_of(answer_at(&world, &answer, "/request")), id));
}

static void the_server_says_that_it_is_well(void **state)
{
    (void)state;
    struct answer answer = world_get(&world, "/healthz");
    expect(&world, &answer, 200, "/status", "ok");
    answer = world_get(&world, "/readyz");
    expect(&world, &answer, 200, "/status", "ok");
}

/* A sample: name, labels in braces or none, a space, a number. */
static void check_sample(struct text line)
{
    struct text value;
    struct text name = line;
    const char *space = memrchr(line.bytes, ' ', line.length);
    assert_non_null(space);
    name.length = (size_t)(space - line.bytes);
    value = (struct text){space + 1, line.length - name.length - 1};
    struct decimal number;
    if (decimal_parse(value, &number) != STATUS_OK)
        fail_msg("no number: %.*s", TEXT_ARGUMENTS(line));
    assert_true(text_starts_with(name, TEXT("guerdon_")));
    if (memchr(name.bytes, '{', name.length) != NULL) assert_true(text_ends_with(name, TEXT("}")));
}

static void the_figures_are_in_prometheus_format(void **state)
{
    (void)state;
    struct answer answer = world_get(&world, "/metrics");
    assert_int_equal(answer.status, 200);
    assert_true(text_equal(answer.content_type, TEXT("text/plain; version=0.0.4; charset=utf-8")));
    struct text rest = answer.body;
    struct text type_of = TEXT("");
    size_t sample_count = 0;
    assert_true(text_ends_with(rest, TEXT("\n")));
    while (!text_is_empty(rest)) {
        struct text line = text_split(rest, '\n', &rest);
        if (text_starts_with(line, TEXT("# HELP "))) {
            struct text after = {line.bytes + 7, line.length - 7};
            struct text help;
            type_of = text_split(after, ' ', &help);
            assert_true(text_ends_with(help, TEXT(".")));
        } else if (!text_starts_with(line, TEXT("# TYPE "))) {
            check_sample(line);
            assert_true(text_starts_with(line, type_of));
            sample_count++;
        }
    }
    assert_true(sample_count > 30);
    static const char *const wanted[] = {
        "guerdon_events_total{program=\"shop\"}",
        "guerdon_http_request_seconds_bucket{operation=\"postEvent\",status=\"2xx\",le=\"+Inf\"}",
        "guerdon_http_request_seconds_count{operation=\"postEvent\",status=\"4xx\"}",
        "guerdon_process_resident_bytes",
        "guerdon_wallet_points{program=\"shop\",wallet=\"points\",account=\"available\"} ",
    };
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        assert_non_null(
            memmem(answer.body.bytes, answer.body.length, wanted[i], strlen(wanted[i])));
}

static void what_http_itself_refuses_is_a_problem_too(void **state)
{
    (void)state;
    struct answer answer = world_call(&world, "BREW", "/v1/events", NULL, "%s", "");
    assert_true(answer.status == 400 || answer.status == 501);
    assert_non_null(answer_at(&world, &answer, "/code"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_good_key_nothing_is_told),
        cmocka_unit_test(a_path_that_is_not_there_names_the_nearest_that_is),
        cmocka_unit_test(a_body_that_is_no_json_is_refused_with_its_place),
        cmocka_unit_test(every_mistake_of_a_body_is_listed),
        cmocka_unit_test(a_write_needs_a_key_in_the_header_or_an_id_in_the_body),
        cmocka_unit_test(a_repeat_is_answered_word_for_word_as_the_first_time),
        cmocka_unit_test(a_refusal_is_recorded_and_repeated_too),
        cmocka_unit_test(parameters_are_held_to_their_table),
        cmocka_unit_test(a_request_has_an_id_the_callers_own_if_it_sends_one),
        cmocka_unit_test(the_server_says_that_it_is_well),
        cmocka_unit_test(the_figures_are_in_prometheus_format),
        cmocka_unit_test(what_http_itself_refuses_is_a_problem_too),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
