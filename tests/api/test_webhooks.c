/* /v1/webhooks, against a receiver; what it was sent is verified with the reference library of
 * Standard Webhooks, in Node.js. */
#include "client.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "receiver.h"

#define WAIT_SECONDS 20

struct fixture {
    struct world world;
    struct receiver receiver;
    char folder[64];
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    snprintf(fixture->folder, sizeof fixture->folder, "/tmp/guerdon-webhooks-XXXXXX");
    assert_non_null(mkdtemp(fixture->folder));
    receiver_open(&fixture->receiver);
    world_open_with(&fixture->world, TEST_PROGRAM,
                    (struct api_options){.data = fixture->folder,
                                         .webhook_networks = "127.0.0.1",
                                         .webhook_http = true});
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    static const char *const files[] = {"shop.db",      "shop.db-wal",  "shop.db-shm",
                                        "shop.db.lock", "guerdon.lock", "requests",
                                        "verified"};
    struct fixture *fixture = *state;
    world_close(&fixture->world);
    receiver_close(&fixture->receiver);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", fixture->folder, files[i]);
        (void)!unlink(path);
    }
    assert_int_equal(rmdir(fixture->folder), 0);
    free(fixture);
    return 0;
}

static struct answer make(struct fixture *fixture, const char *more)
{
    struct answer made =
        world_post(&fixture->world, "/v1/webhooks", "{'url': 'http://127.0.0.1:%u/hook'%s}",
                   (unsigned)receiver_port(&fixture->receiver), more);
    expect(&fixture->world, &made, 201, "/status", "enabled");
    return made;
}

static void join(struct fixture *fixture, const char *member)
{
    struct answer answer =
        world_post(&fixture->world, "/v1/events", "{'type': 'join', 'member': '%s'}", member);
    expect(&fixture->world, &answer, 200, "/answer", "done");
}

/* Writes what was received from `first` on, a line of JSON each. */
static uint32_t write_requests(struct fixture *fixture, const char *path, uint32_t first)
{
    uint32_t count = receiver_count(&fixture->receiver);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (uint32_t i = first; i < count; i++) {
        struct received received = receiver_get(&fixture->receiver, i);
        yyjson_mut_doc *document = yyjson_mut_doc_new(NULL);
        yyjson_mut_val *root = yyjson_mut_obj(document);
        yyjson_mut_doc_set_root(document, root);
        yyjson_mut_obj_add_str(document, root, "id", received.id.bytes);
        yyjson_mut_obj_add_str(document, root, "timestamp", received.timestamp.bytes);
        yyjson_mut_obj_add_str(document, root, "signature", received.signature.bytes);
        yyjson_mut_obj_add_str(document, root, "body", received.body.bytes);
        char *line = yyjson_mut_write(document, 0, NULL);
        assert_non_null(line);
        fprintf(file, "%s\n", line);
        free(line);
        yyjson_mut_doc_free(document);
    }
    assert_int_equal(fclose(file), 0);
    return count - first;
}

/* All that was received from `first` on verifies with the secret. */
static void verify(struct fixture *fixture, const char *secret, uint32_t first)
{
    char requests[128];
    char verified[128];
    char script[512];
    char said[64] = "";
    int result = -1;
    pid_t process;
    posix_spawn_file_actions_t files;
    const char *source = getenv("GUERDON_SOURCE");
    assert_non_null(source);
    snprintf(requests, sizeof requests, "%s/requests", fixture->folder);
    snprintf(verified, sizeof verified, "%s/verified", fixture->folder);
    snprintf(script, sizeof script, "%s/tests/api/standard/verify.mjs", source);
    uint32_t count = write_requests(fixture, requests, first);
    assert_true(count > 0);
    const char *const words[] = {"node", script, secret, NULL};
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, requests, O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, verified, O_WRONLY | O_CREAT | O_TRUNC,
                                     0600);
    assert_int_equal(
        posix_spawnp(&process, "node", &files, NULL, (char *const *)(uintptr_t)words, environ), 0);
    posix_spawn_file_actions_destroy(&files);
    assert_int_equal(waitpid(process, &result, 0), process);
    assert_int_equal(result, 0);
    FILE *file = fopen(verified, "r");
    assert_non_null(file);
    assert_non_null(fgets(said, sizeof said, file));
    fclose(file);
    assert_int_equal(strtoul(said, NULL, 10), count);
}

static int fail_always(void *context, const struct received *received, uint32_t number)
{
    (void)context;
    (void)received;
    (void)number;
    return 500;
}

/* ---- tests ---- */

static void what_happens_is_told_as_the_feed_has_it_and_verifies(void **state)
{
    struct fixture *fixture = *state;
    struct world *world = &fixture->world;
    struct answer made = make(fixture, "");
    join(fixture, "anna");
    receiver_wait(&fixture->receiver, 2);
    struct answer feed = world_get(world, "/v1/changes");
    assert_int_equal(answer_count(&feed, "/changes"), 2);
    for (uint32_t i = 0; i < 2; i++) {
        char pointer[32];
        struct received received = receiver_get(&fixture->receiver, i);
        snprintf(pointer, sizeof pointer, "/changes/%u", i);
        struct text told = text_of(answer_at(world, &feed, pointer));
        assert_true(text_equal(received.body, told));
        snprintf(pointer, sizeof pointer, "/changes/%u/id", i);
        assert_string_equal(received.id.bytes, answer_at(world, &feed, pointer));
    }
    verify(fixture, answer_at(world, &made, "/secret"), 0);
}

static void a_secret_is_shown_once_and_to_a_repeat_of_the_request(void **state)
{
    struct fixture *fixture = *state;
    struct world *world = &fixture->world;
    static const char key[] = "Idempotency-Key: again\r\n";
    static const char body[] = "{'url': 'https://shop.example/hook', 'description': 'Shop'}";
    struct answer first = world_call(world, "POST", "/v1/webhooks", key, "%s", body);
    struct answer again = world_call(world, "POST", "/v1/webhooks", key, "%s", body);
    assert_int_equal(first.status, 201);
    assert_true(text_equal(first.body, again.body));
    assert_true(strncmp(answer_at(world, &first, "/secret"), "whsec_", 6) == 0);
    struct answer other = world_call(world, "POST", "/v1/webhooks", key, "%s",
                                     "{'url': 'https://shop.example/other'}");
    expect(world, &other, 409, "/code", "conflict");
    struct answer read = world_get(world, "/v1/webhooks/%s", answer_at(world, &first, "/id"));
    expect(world, &read, 200, "/secret", NULL, "/description", "Shop");
    struct answer list = world_get(world, "/v1/webhooks");
    expect(world, &list, 200, "/webhooks/0/secret", NULL, "/webhooks/1", NULL);
    struct answer keyless = world_call(world, "POST", "/v1/webhooks", NULL, "%s", body);
    expect(world, &keyless, 400, "/code", "idempotency_key_required");
}

static void assert_replayed(const struct answer *first, const struct answer *again)
{
    assert_int_equal(again->status, first->status);
    assert_true(text_equal(again->body, first->body));
    assert_true(text_is_empty(answer_header(first, "Idempotency-Replayed")));
    assert_true(text_equal(answer_header(again, "Idempotency-Replayed"), TEXT("true")));
}

static void a_repeat_is_answered_as_the_first_whatever_has_become_of_the_endpoint(void **state)
{
    struct fixture *fixture = *state;
    struct world *world = &fixture->world;
    static const char create_key[] = "Idempotency-Key: made-once\r\n";
    static const char rotate_key[] = "Idempotency-Key: turned-once\r\n";
    static const char body[] = "{'url': 'https://shop.example/hook', 'description': 'Shop'}";
    struct answer made = world_call(world, "POST", "/v1/webhooks", create_key, "%s", body);
    struct text path =
        arena_format(&world->arena, "/v1/webhooks/%s", answer_at(world, &made, "/id"));
    struct text turn = arena_format(&world->arena, "%s/rotate", path.bytes);
    struct answer rotated = world_call(world, "POST", turn.bytes, rotate_key, "%s", "");
    assert_int_equal(rotated.status, 200);
    struct answer answer =
        world_call(world, "PATCH", path.bytes, NULL, "%s", "{'description': 'Another'}");
    expect(world, &answer, 200, "/description", "Another");
    answer = world_post(world, turn.bytes, "%s", "");
    assert_int_equal(answer.status, 200);
    answer = world_call(world, "POST", "/v1/webhooks", create_key, "%s", body);
    assert_replayed(&made, &answer);
    answer = world_call(world, "POST", turn.bytes, rotate_key, "%s", "");
    assert_replayed(&rotated, &answer);
    answer = world_delete(world, "%s", path.bytes);
    assert_int_equal(answer.status, 204);
    answer = world_call(world, "POST", "/v1/webhooks", create_key, "%s", body);
    assert_replayed(&made, &answer);
    answer = world_call(world, "POST", turn.bytes, rotate_key, "%s", "");
    assert_replayed(&rotated, &answer);
    answer = world_get(world, "%s", path.bytes);
    expect(world, &answer, 404, "/code", "not_found");
    answer = world_call(world, "POST", turn.bytes, create_key, "%s", "");
    expect(world, &answer, 409, "/code", "conflict");
}

static void a_change_that_changes_nothing_leaves_no_trace(void **state)
{
    struct fixture *fixture = *state;
    struct world *world = &fixture->world;
    struct answer made = make(fixture, ", 'types': ['points.earned'], 'description': 'Shop'");
    struct text path =
        arena_format(&world->arena, "/v1/webhooks/%s", answer_at(world, &made, "/id"));
    const char *updated = answer_at(world, &made, "/updated_at");
    struct answer before = world_get(world, "%s", path.bytes);
    struct text tag = answer_header(&before, "ETag");
    assert_false(text_is_empty(tag));
    static const char *const same[] = {
        "{}", "{'description': 'Shop'}",
        "{'types': ['points.earned'], 'status': 'enabled', 'description': 'Shop'}"};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        struct answer answer = world_call(world, "PATCH", path.bytes, NULL, "%s", same[i]);
        expect(world, &answer, 200, "/updated_at", updated);
        answer = world_get(world, "%s", path.bytes);
        assert_true(text_equal(answer_header(&answer, "ETag"), tag));
    }
    struct answer answer =
        world_call(world, "PATCH", path.bytes, NULL, "%s", "{'types': ['points.expired']}");
    assert_int_equal(answer.status, 200);
    assert_string_not_equal(answer_at(world, &answer, "/updated_at"), updated);
    answer = world_get(world, "%s", path.bytes);
    assert_false(text_equal(answer_header(&answer, "ETag"), tag));
}

static void for_a_day_after_a_rotation_both_secrets_verify(void **state)
{
    struct fixture *fixture = *state;
    struct world *world = &fixture->world;
    static const char key[] = "Idempotency-Key: turn\r\n";
    struct answer made = make(fixture, "");
    struct text path =
        arena_format(&world->arena, "/v1/webhooks/%s/rotate", answer_at(world, &made, "/id"));
    struct answer rotated = world_call(world, "POST", path.bytes, key, "%s", "");
    struct answer again = world_call(world, "POST", path.bytes, key, "%s", "");
    const char *before = answer_at(world, &made, "/secret");
    const char *after = answer_at(world, &rotated, "/secret");
    expect(world, &again, 200, "/secret", after);
    assert_string_not_equal(before, after);
    assert_non_null(answer_at(world, &rotated, "/old_secret_until"));
    struct answer tested = world_post(world, "/v1/webhooks", "{'url': 'https://shop.example/x'}");
    assert_int_equal(tested.status, 201);
    path = arena_format(&world->arena, "/v1/webhooks/%s/test", answer_at(world, &made, "/id"));
    tested = world_post(world, path.bytes, "%s", "");
    expect(world, &tested, 202, "/type", "webhook.test", "/status", "waiting");
    receiver_wait(&fixture->receiver, 1);
    struct received received = receiver_get(&fixture->receiver, 0);
    assert_string_equal(received.id.bytes, answer_at(world, &tested, "/id"));
    verify(fixture, before, 0);
    verify(fixture, after, 0);
}

static void urls_that_may_not_be_reached_are_refused(void **state)
{
    struct fixture *fixture = *state;
    struct world *world = &fixture->world;
    static const char *const urls[] = {"http://10.0.0.1/",   "https://[::1]/x",
                                       "https://a:b@x.com/", "https://169.254.169.254/latest",
                                       "gopher://x.com/",    ""};
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        struct answer refused = world_post(world, "/v1/webhooks", "{'url': '%s'}", urls[i]);
        expect(world, &refused, 422, "/code", "invalid_request", "/errors/0/field", "/url");
    }
    struct answer unknown = world_post(
        world, "/v1/webhooks", "{'url': 'https://shop.example/', 'types': ['points.invented']}");
    expect(world, &unknown, 422, "/errors/0/field", "/types/0", "/errors/0/code", "not_a_choice");
}

static void only_the_types_that_are_asked_for_are_sent(void **state)
{
    struct fixture *fixture = *state;
    make(fixture, ", 'types': ['member.created']");
    join(fixture, "anna");
    join(fixture, "berta");
    receiver_wait(&fixture->receiver, 2);
    for (uint32_t i = 0; i < 2; i++) {
        struct received received = receiver_get(&fixture->receiver, i);
        assert_non_null(strstr(received.body.bytes, "\"type\":\"member.created\""));
    }
}

/* Asks until the endpoint's list of deliveries has so many. */
static struct answer wait_for_deliveries(struct world *world, const char *id, size_t count)
{
    time_t end = time(NULL) + WAIT_SECONDS;
    struct answer page;
    do {
        page = world_get(world, "/v1/webhooks/%s/deliveries?status=waiting", id);
        if (answer_count(&page, "/deliveries") == count) return page;
    } while (time(NULL) < end);
    fail_msg("there are never %zu deliveries", count);
    return page;
}

static void what_failed_is_listed_and_can_be_sent_again(void **state)
{
    struct fixture *fixture = *state;
    struct world *world = &fixture->world;
    receiver_answer(&fixture->receiver, fail_always);
    struct answer made = make(fixture, ", 'types': ['member.created']");
    const char *id = answer_at(world, &made, "/id");
    join(fixture, "anna");
    receiver_wait(&fixture->receiver, 1);
    struct answer page = wait_for_deliveries(world, id, 1);
    expect(world, &page, 200, "/deliveries/0/type", "member.created", "/deliveries/0/attempts", "1",
           "/deliveries/0/failure", "unsuccessful_status", "/deliveries/0/response_status", "500");
    const char *change = answer_at(world, &page, "/deliveries/0/id");
    assert_string_equal(receiver_get(&fixture->receiver, 0).id.bytes, change);
    receiver_answer(&fixture->receiver, NULL);
    struct text path =
        arena_format(&world->arena, "/v1/webhooks/%s/deliveries/%s/resend", id, change);
    struct answer sent = world_post(world, path.bytes, "%s", "");
    expect(world, &sent, 202, "/id", change);
    receiver_wait(&fixture->receiver, 2);
    assert_string_equal(receiver_get(&fixture->receiver, 1).id.bytes, change);
    wait_for_deliveries(world, id, 0);
    static const char *const unknown[] = {"chg_shop_1_1",
                                          "chg_shop_1_1_00000000",
                                          "chg_shop_1_9_00000000",
                                          "chg_shop_9_1_00000000",
                                          "chg_other_1_1_00000000",
                                          "chg_shop_x_1_00000000",
                                          "chg_shop_1",
                                          "nothing"};
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        path = arena_format(&world->arena, "/v1/webhooks/%s/deliveries/%s/resend", id, unknown[i]);
        struct answer refused = world_post(world, path.bytes, "%s", "");
        expect(world, &refused, 404, "/code", "not_found");
    }
}

static void an_endpoint_is_changed_and_removed(void **state)
{
    struct fixture *fixture = *state;
    struct world *world = &fixture->world;
    struct answer made = make(fixture, "");
    const char *id = answer_at(world, &made, "/id");
    struct text path = arena_format(&world->arena, "/v1/webhooks/%s", id);
    struct answer changed = world_call(world, "PATCH", path.bytes, NULL, "%s",
                                       "{'status': 'disabled', 'types': ['tier.changed']}");
    expect(world, &changed, 200, "/status", "disabled", "/types/0", "tier.changed", "/url",
           answer_at(world, &made, "/url"));
    changed = world_call(world, "PATCH", path.bytes, NULL, "%s", "{'types': []}");
    expect(world, &changed, 200, "/status", "disabled", "/types/0", NULL);
    struct answer removed = world_delete(world, "/v1/webhooks/%s", id);
    assert_int_equal(removed.status, 204);
    struct answer gone = world_get(world, "/v1/webhooks/%s", id);
    expect(world, &gone, 404, "/code", "not_found");
    gone = world_get(world, "/v1/webhooks/%s/deliveries", id);
    expect(world, &gone, 404, "/code", "not_found");
}

static void metrics_say_what_was_delivered(void **state)
{
    struct fixture *fixture = *state;
    struct world *world = &fixture->world;
    struct answer made = make(fixture, "");
    join(fixture, "anna");
    receiver_wait(&fixture->receiver, 2);
    struct text line = arena_format(
        &world->arena, "guerdon_webhook_delivered_total{program=\"shop\",webhook=\"%s\"} 2\n",
        answer_at(world, &made, "/id"));
    time_t end = time(NULL) + WAIT_SECONDS;
    bool is_there = false;
    while (!is_there && time(NULL) < end) {
        struct answer metrics = world_get(world, "/metrics");
        is_there = strstr(metrics.body.bytes, line.bytes) != NULL;
    }
    assert_true(is_there);
}

static void networks_that_cannot_be_read_keep_the_server_from_starting(void **state)
{
    struct buffer complaint;
    struct api *api = NULL;
    struct api_program program = {"test.yaml", text_of(TEST_PROGRAM)};
    struct api_options options = {.programs = &program,
                                  .program_count = 1,
                                  .listen = "127.0.0.1:0",
                                  .webhook_networks = "10.0.0.0/99"};
    (void)state;
    buffer_init(&complaint, 4096);
    assert_int_equal(api_open(&options, &complaint, &api), STATUS_INVALID);
    assert_true(text_starts_with(buffer_text(&complaint),
                                 TEXT("webhook networks: '10.0.0.0/99' cannot be read")));
    buffer_release(&complaint);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(what_happens_is_told_as_the_feed_has_it_and_verifies),
        TEST(a_secret_is_shown_once_and_to_a_repeat_of_the_request),
        TEST(a_repeat_is_answered_as_the_first_whatever_has_become_of_the_endpoint),
        TEST(a_change_that_changes_nothing_leaves_no_trace),
        TEST(for_a_day_after_a_rotation_both_secrets_verify),
        TEST(urls_that_may_not_be_reached_are_refused),
        TEST(only_the_types_that_are_asked_for_are_sent),
        TEST(what_failed_is_listed_and_can_be_sent_again),
        TEST(an_endpoint_is_changed_and_removed),
        TEST(metrics_say_what_was_delivered),
        cmocka_unit_test(networks_that_cannot_be_read_keep_the_server_from_starting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
