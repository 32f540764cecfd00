/* What a client is told when its command did not happen, or may not have; and whose programme a key
 * is for. The service's queue does what the test says: script.h.
 */
#include "client.h"
#include "script.h"

static void each_outcome_has_its_problem_and_says_when_to_come_again(void **state)
{
    static const struct {
        enum scripted scripted;
        enum status failed;
        int status;
        const char *code;
        bool has_retry_after;
    } cases[] = {
        {SCRIPT_REFUSED, STATUS_OK, 429, "too_many_requests", true},
        {SCRIPT_FULL, STATUS_FULL, 507, "disk_full", false},
        {SCRIPT_UNKNOWN, STATUS_OK, 503, "unknown_outcome", true},
        {SCRIPT_UNAVAILABLE, STATUS_OK, 503, "unavailable", true},
        {SCRIPT_FAILED, STATUS_CORRUPT, 500, "internal_error", false},
        {SCRIPT_FAILED, STATUS_OVERFLOW, 422, "invalid_request", false},
        {SCRIPT_FAILED, STATUS_LIMIT, 409, "conflict", false},
    };
    struct world world;
    (void)state;
    world_open(&world, TEST_PROGRAM);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        script_next(cases[i].scripted, cases[i].failed);
        struct answer answer = world_call(&world, "POST", "/v1/events", "Idempotency-Key: k\r\n",
                                          "{'type': 'join', 'member': 'anna'}");
        script_next(SCRIPT_NOTHING, STATUS_OK);
        expect(&world, &answer, cases[i].status, "/code", cases[i].code);
        assert_int_equal(!text_is_empty(answer_header(&answer, "Retry-After")),
                         cases[i].has_retry_after);
    }
    /* None of them happened: the same key is as new. */
    struct answer answer = world_call(&world, "POST", "/v1/events", "Idempotency-Key: k\r\n",
                                      "{'type': 'join', 'member': 'anna'}");
    expect(&world, &answer, 200, "/answer", "done");
    assert_true(text_is_empty(answer_header(&answer, "Idempotency-Replayed")));
    world_close(&world);
}

static void a_server_that_recovers_is_alive_and_not_ready(void **state)
{
    struct world world;
    (void)state;
    world_open(&world, TEST_PROGRAM);
    script_recovery(true);
    struct answer answer = world_get(&world, "/readyz");
    expect(&world, &answer, 503, "/code", "unavailable");
    answer = world_get(&world, "/healthz");
    expect(&world, &answer, 200, "/status", "ok");
    script_recovery(false);
    world_close(&world);
}

static const char *const OTHER_PROGRAM = "program: other\n"
                                         "title: Another\n"
                                         "timezone: UTC\n"
                                         "currency: USD\n"
                                         "wallets:\n"
                                         "  stars: {names: {en: {one: star, other: stars}}}\n"
                                         "rules:\n"
                                         "  welcome: {on: join, earn: 7 stars}\n";

static void the_key_decides_which_programme_is_meant(void **state)
{
    struct world world;
    struct api_program programs[] = {{"a.yaml", text_of(TEST_PROGRAM)},
                                     {"b.yaml", text_of(OTHER_PROGRAM)}};
    struct api_options options = {.programs = programs, .program_count = 2};
    (void)state;
    world_open_with(&world, TEST_PROGRAM, options);
    assert_string_equal(api_program_id(world.api, 1), "other");
    struct answer answer = world_post(&world, "/v1/events", "{'type': 'join', 'member': 'anna'}");
    expect(&world, &answer, 200, "/balances/0/wallet", "points", "/position", "1");
    struct text headers =
        arena_format(&world.arena, "Authorization: Bearer %s\r\nIdempotency-Key: test-1\r\n",
                     api_first_key(world.api, 1));
    answer = world_call(&world, "POST", "/v1/events", headers.bytes,
                        "{'type': 'join', 'member': 'anna'}");
    expect(&world, &answer, 200, "/balances/0/wallet", "stars", "/position", "1",
           "/balances/0/available", "7");
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_outcome_has_its_problem_and_says_when_to_come_again),
        cmocka_unit_test(a_server_that_recovers_is_alive_and_not_ready),
        cmocka_unit_test(the_key_decides_which_programme_is_meant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
