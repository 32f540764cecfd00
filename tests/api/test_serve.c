/* The verbs serve and key, as an operator uses them: a server in a process of its own. */
#include "client.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../cli/command.h"
#include "running.h"

static const char *bearer(struct world *world, const char *key)
{
    struct text line =
        arena_format(&world->arena, "Authorization: Bearer %s\r\nIdempotency-Key: k\r\n", key);
    assert_non_null(line.bytes);
    return line.bytes;
}

static const char *const arguments = "--program test.yaml --data data --listen 127.0.0.1:0";

static void what_was_acknowledged_is_there_after_a_restart(void **state)
{
    struct running running;
    struct world world;
    char key[API_KEY_TEXT_MAXIMUM];
    (void)state;
    running_start(&running, "", arguments);
    running_key(running.said, key);
    world_attach(&world, running_port(&running), key);
    static const char *const once = "Idempotency-Key: once\r\n";
    struct answer first =
        world_call(&world, "POST", "/v1/events", once, "{'type': 'join', 'member': 'anna'}");
    expect(&world, &first, 200, "/answer", "done");
    running_stop(&running);
    struct running again;
    running_start(&again, "", arguments);
    assert_null(strstr(again.said, "gk_"));
    world.port = running_port(&again);
    close(world.connection);
    world.connection = -1;
    struct answer repeat =
        world_call(&world, "POST", "/v1/events", once, "{'type': 'join', 'member': 'anna'}");
    expect(&world, &repeat, 200, "/answer", "done");
    assert_true(text_equal(first.body, repeat.body));
    assert_true(text_equal(answer_header(&repeat, "Idempotency-Replayed"), TEXT("true")));
    running_stop(&again);
    /* Without a programme file: as it was published. */
    running_start(&again, "", "--data data --listen 127.0.0.1:0");
    running_stop(&again);
    world_close(&world);
}

static void keys_are_made_and_revoked_while_the_server_runs(void **state)
{
    struct running running;
    struct world world;
    struct command command;
    char first[API_KEY_TEXT_MAXIMUM];
    char key[API_KEY_TEXT_MAXIMUM];
    char id[9] = {0};
    (void)state;
    running_start(&running, "", "--program test.yaml --data keys --listen 127.0.0.1:0");
    running_key(running.said, first);
    world_attach(&world, running_port(&running), first);
    run(&command, "$guerdon key add --data keys --name 'a till' --scope read");
    assert_exit(&command, 0);
    running_key(command.output.bytes, key);
    command_release(&command);
    memcpy(id, key + 3, 8);
    struct answer answer = world_call(&world, "POST", "/v1/events", bearer(&world, key),
                                      "{'type': 'join', 'member': 'anna'}");
    expect(&world, &answer, 403, "/code", "forbidden");
    run(&command, "$guerdon key revoke --data keys --id %s", id);
    assert_exit(&command, 0);
    command_release(&command);
    answer = world_call(&world, "POST", "/v1/events", bearer(&world, key),
                        "{'type': 'join', 'member': 'anna'}");
    expect(&world, &answer, 401, "/code", "unauthorized");
    running_stop(&running);
    run(&command, "$guerdon key list --data keys");
    assert_exit(&command, 0);
    assert_printed(&command, "a till");
    assert_printed(&command, "first key");
    assert_printed(&command, id);
    command_release(&command);
    /* And without a server. */
    run(&command, "$guerdon key add --data keys --program shop --name other --scope admin && "
                  "$guerdon key list --data keys");
    assert_exit(&command, 0);
    assert_printed(&command, "other");
    command_release(&command);
    world_close(&world);
}

static void a_directory_and_an_address_have_one_server(void **state)
{
    struct running running;
    struct command command;
    (void)state;
    running_start(&running, "", "--program test.yaml --data one --listen 127.0.0.1:0");
    run(&command, "$guerdon serve --program test.yaml --data one --listen 127.0.0.1:0");
    assert_exit(&command, 1);
    assert_said(&command, "one is in use by another server: stop that one first");
    command_release(&command);
    run(&command, "$guerdon serve --program test.yaml --data two --listen 127.0.0.1:%u",
        running_port(&running));
    assert_exit(&command, 1);
    assert_said(&command, "in use");
    command_release(&command);
    running_stop(&running);
}

static void what_cannot_be_served_is_said_with_what_to_do(void **state)
{
    static const struct {
        const char *line;
        int exit_code;
        const char *said;
    } cases[] = {
        {"serve --program test.yaml", 2, "serve needs a directory for its stores: --data DIR"},
        {"serve --data d", 1, "there is no programme yet: give one with --program FILE"},
        {"serve --program nothing.yaml --data d", 1, "nothing.yaml"},
        {"serve --program broken.yaml --data d", 1, "broken.yaml:1:"},
        {"serve --program test.yaml --data test.yaml/d", 1, "cannot be made"},
        {"serve --program test.yaml --program test.yaml --data twice", 1,
         "another file has the programme id shop already"},
        {"serve --program test.yaml --data d --clock zebra", 2, "clock: there is no 'zebra'"},
        {"serve --program test.yaml --data d --cache-mb 0", 2,
         "cache-mb: '0' must be a whole number"},
        {"serve --program test.yaml --data d --config bad.conf", 2,
         "bad.conf:2: there is no setting 'lissen'; did you mean 'listen'?"},
        {"serve --program test.yaml --data d --tls-cert test.yaml --listen 127.0.0.1:0", 1, "key"},
        {"serve --program test.yaml --data d --listen nowhere", 1, "nowhere"},
        {"serve test.yaml", 2, "--program FILE"},
        {"key", 2, "key needs an action"},
        {"key list", 2, "--data DIR"},
        {"key list --data nowhere", 1, "nowhere cannot be read"},
        {"key zebra --data nowhere", 2, "no action 'zebra'"},
        {"key add --data data --name x --scope zebra", 1, "give read, write or admin"},
        {"key add --data data --program zebra --name x --scope read", 1, "no programme 'zebra'"},
        {"key revoke --data data --id 00000000", 1, "there is no key '00000000'"},
    };
    (void)state;
    put_file("broken.yaml", "program\n");
    put_file("bad.conf", "# settings\nlissen: 127.0.0.1:0\n");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct command command;
        run(&command, "$guerdon %s", cases[i].line);
        assert_exit(&command, cases[i].exit_code);
        assert_said(&command, cases[i].said);
        command_release(&command);
    }
}

static void the_command_line_goes_before_the_environment_and_that_before_the_file(void **state)
{
    struct running running;
    (void)state;
    put_file("all.conf", "# all of it\n"
                         "listen: \"unix:file.socket\"   # a comment\n"
                         "data: conf\n"
                         "program: test.yaml\n");
    running_start(&running, "", "--config all.conf");
    assert_non_null(strstr(running.said, "unix:file.socket"));
    running_stop(&running);
    running_start(&running, "GUERDON_LISTEN=unix:variable.socket", "--config all.conf");
    assert_non_null(strstr(running.said, "unix:variable.socket"));
    running_stop(&running);
    running_start(&running, "GUERDON_LISTEN=unix:variable.socket GUERDON_CONFIG=all.conf",
                  "--listen unix:line.socket");
    assert_non_null(strstr(running.said, "unix:line.socket"));
    running_stop(&running);
}

/* Every line of the log is an object with these; answers how many there are with that message. */
static int count_lines(const char *message)
{
    struct buffer log = get_file("log");
    struct text rest = buffer_text(&log);
    int count = 0;
    assert_false(text_is_empty(rest));
    while (!text_is_empty(rest)) {
        struct text line = text_split(rest, '\n', &rest);
        yyjson_doc *document = yyjson_read(line.bytes, line.length, YYJSON_READ_NOFLAG);
        if (document == NULL) fail_msg("no JSON: %.*s", TEXT_ARGUMENTS(line));
        yyjson_val *root = yyjson_doc_get_root(document);
        assert_true(yyjson_is_str(yyjson_obj_get(root, "time")));
        assert_true(yyjson_is_str(yyjson_obj_get(root, "level")));
        const char *found = yyjson_get_str(yyjson_obj_get(root, "msg"));
        assert_non_null(found);
        if (strcmp(found, message) == 0) count++;
        yyjson_doc_free(document);
    }
    buffer_release(&log);
    return count;
}

static void the_log_is_json_when_it_is_asked_for(void **state)
{
    static const struct {
        const char *variables;
        const char *more;
    } ways[] = {
        {"", "--log-format json"}, {"GUERDON_LOG_FORMAT=json", ""}, {"", "--config json.conf"}};
    struct world world;
    struct running running;
    char key[API_KEY_TEXT_MAXIMUM];
    (void)state;
    put_file("json.conf", "log-format: json\n");
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        char line[300];
        (void)snprintf(line, sizeof line, "%s --data json-%zu --access-log yes %s",
                       "--program test.yaml --listen 127.0.0.1:0", i, ways[i].more);
        running_start(&running, ways[i].variables, line);
        running_key(running.said, key);
        world_attach(&world, running_port(&running), key);
        struct answer answer = world_get(&world, "/v1/members?kind=%%22%%0A");
        assert_int_equal(answer.status, 400);
        world_close(&world);
        running_stop(&running);
        assert_int_equal(count_lines("listening"), 1);
        assert_int_equal(count_lines("request"), 2);
    }
}

static int set_up(void **state)
{
    int failed = command_set_up(state);
    if (failed != 0) return failed;
    put_file("test.yaml", TEST_PROGRAM);
    /* The tests' own variable for their data must not be the server's directory. */
    return unsetenv("GUERDON_DATA");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_acknowledged_is_there_after_a_restart),
        cmocka_unit_test(keys_are_made_and_revoked_while_the_server_runs),
        cmocka_unit_test(a_directory_and_an_address_have_one_server),
        cmocka_unit_test(what_cannot_be_served_is_said_with_what_to_do),
        cmocka_unit_test(the_command_line_goes_before_the_environment_and_that_before_the_file),
        cmocka_unit_test(the_log_is_json_when_it_is_asked_for),
    };
    return cmocka_run_group_tests(tests, set_up, command_tear_down);
}
