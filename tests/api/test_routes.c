/* Routes, problems, keys, cursors and the document, without a server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/keys.h"
#include "api/openapi.h"
#include "api/request.h"

#define ARENA_BYTES ((size_t)64 << 20)

static void a_path_leads_to_its_route_and_its_parameters(void **state)
{
    struct route_match match;
    (void)state;
    route_find(HTTP_METHOD_POST, TEXT("/v1/events"), &match);
    assert_non_null(match.route);
    assert_string_equal(match.route->operation, "postEvent");
    route_find(HTTP_METHOD_GET, TEXT("/problems/balance%5Ftoo_low"), &match);
    assert_non_null(match.route);
    assert_int_equal(match.parameter_count, 1);
    assert_true(text_equal(match.parameters[0], TEXT("balance%5Ftoo_low")));
    assert_true(text_equal(route_parameter_name(match.route, 0), TEXT("code")));
    assert_true(text_is_empty(route_parameter_name(match.route, 1)));
    route_find(HTTP_METHOD_HEAD, TEXT("/healthz"), &match);
    assert_non_null(match.route);
}

static void what_leads_nowhere_says_what_may_have_been_meant(void **state)
{
    struct route_match match;
    (void)state;
    route_find(HTTP_METHOD_DELETE, TEXT("/v1/events"), &match);
    assert_null(match.route);
    assert_int_equal(match.methods, 1u << HTTP_METHOD_POST);
    route_find(HTTP_METHOD_POST, TEXT("/v1/event"), &match);
    assert_null(match.route);
    assert_int_equal(match.methods, 0);
    assert_string_equal(match.nearest, "/v1/events");
    route_find(HTTP_METHOD_POST, TEXT("/v1/events/"), &match);
    assert_null(match.route);
    assert_string_equal(match.nearest, "/v1/events");
    route_find(HTTP_METHOD_GET, TEXT("/problems/"), &match);
    assert_null(match.route);
    route_find(HTTP_METHOD_GET, TEXT("/a/b/c/d/e/f/g/h/i/j"), &match);
    assert_null(match.route);
    assert_null(match.nearest);
    route_find(HTTP_METHOD_OPTIONS, TEXT("*"), &match);
    assert_null(match.route);
}

static void every_route_is_complete_and_the_only_one_of_its_name(void **state)
{
    const struct route *route;
    (void)state;
    assert_true(route_count() > 0 && route_count() <= ROUTE_MAXIMUM);
    assert_null(route_at(route_count()));
    for (uint32_t i = 0; (route = route_at(i)) != NULL; i++) {
        struct route_match match;
        assert_non_null(route->begin);
        assert_non_null(route->tag);
        assert_non_null(route->summary);
        assert_true((route->run == NULL) == (route->finish == NULL));
        assert_true(route->reply_count > 0);
        assert_true(!route->is_read || route->key == KEY_UNUSED);
        route_find(route->method, text_of(route->pattern), &match);
        if (match.route != route) fail_msg("%s leads to another route", route->pattern);
        for (uint32_t k = 0; k < i; k++) {
            assert_string_not_equal(route_at(k)->operation, route->operation);
            if (strcmp(route_at(k)->pattern, route->pattern) == 0)
                assert_int_not_equal(route_at(k)->method, route->method);
        }
    }
}

static void every_problem_has_a_code_of_its_own_and_says_what_to_do(void **state)
{
    const struct problem_kind *kind;
    (void)state;
    for (uint32_t i = 0; (kind = problem_at(i)) != NULL; i++) {
        assert_non_null(kind->code);
        if (kind->status < 400) continue;
        assert_true(strlen(kind->advice) > 10);
        assert_ptr_equal(problem_find(text_of(kind->code))->code, kind->code);
    }
    for (int i = 0; i < ANSWER_COUNT; i++) {
        kind = problem_of_answer((enum answer)i);
        assert_non_null(kind->code);
        assert_string_equal(answer_codes[i], kind->code);
        bool is_fine = i == ANSWER_DONE || i == ANSWER_REPEATED;
        assert_int_equal(is_fine ? 200 : kind->status, kind->status);
        assert_true(is_fine || (kind->status >= 400 && kind->status < 500));
    }
    assert_null(problem_find(TEXT("done")));
    assert_null(problem_find(TEXT("zebra")));
}

static void a_cursor_gives_back_what_it_was_made_of(void **state)
{
    static const char *const values[] = {"", "a", "ab", "abc", "abcd", "Zoë-ö/+?=", "0"};
    struct arena arena;
    struct text value;
    uint64_t number = 0;
    (void)state;
    arena_init(&arena, ARENA_BYTES);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        struct text cursor = cursor_make(&arena, 'm', text_of(values[i]));
        for (size_t k = 0; k < cursor.length; k++)
            assert_null(memchr("+/=", cursor.bytes[k], 3));
        assert_int_equal(cursor_read(&arena, 'm', cursor, &value), STATUS_OK);
        assert_true(text_equal(value, text_of(values[i])));
        assert_int_equal(cursor_read(&arena, 'x', cursor, &value), STATUS_SYNTAX);
    }
    assert_int_equal(cursor_number(&arena, cursor_of_number(&arena, 1234567890123u), &number),
                     STATUS_OK);
    assert_int_equal(number, 1234567890123u);
    static const char *const wrong[] = {"", "!", "bTp4", "bjo", "bjotMQ", "bjox/w"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(cursor_number(&arena, text_of(wrong[i]), &number), STATUS_SYNTAX);
    arena_release(&arena);
}

static void a_key_is_known_by_all_of_it_and_until_it_is_revoked(void **state)
{
    struct key_registry registry;
    struct key_holder holder;
    struct api_key keys[20];
    char texts[20][API_KEY_TEXT_MAXIMUM];
    uint32_t host = 7;
    (void)state;
    registry_init(&registry);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(key_make(TEXT("shop"), SCOPE_WRITE, 1000 + i, &keys[i], texts[i]),
                         STATUS_OK);
        keys[i].host = (uint32_t)i;
        assert_int_equal(registry_put(&registry, &keys[i]), STATUS_OK);
    }
    for (int i = 0; i < 20; i++) {
        assert_true(registry_find(&registry, text_of(texts[i]), 5, &holder, &host));
        assert_int_equal(host, i);
        assert_int_equal(holder.scope, SCOPE_WRITE);
        assert_string_equal(holder.name, "shop");
        struct text text = text_of(texts[i]);
        for (size_t k = 0; k < text.length; k++) {
            char other = texts[i][k];
            texts[i][k] = other == 'x' ? 'y' : 'x';
            assert_false(registry_find(&registry, text, 5, &holder, &host));
            texts[i][k] = other;
        }
        text.length--;
        assert_false(registry_find(&registry, text, 5, &holder, &host));
    }
    assert_false(registry_find(&registry, TEXT(""), 5, &holder, &host));
    keys[3].revoked_us = 9;
    assert_int_equal(registry_put(&registry, &keys[3]), STATUS_OK);
    assert_false(registry_find(&registry, text_of(texts[3]), 10, &holder, &host));
    assert_int_equal(registry_count(&registry, 3), 1);
    registry_release(&registry);
}

static void the_use_of_a_key_is_to_be_written_once_a_minute(void **state)
{
    struct key_registry registry;
    struct key_holder holder;
    struct api_key key;
    struct api_key used;
    char text[API_KEY_TEXT_MAXIMUM];
    uint32_t host;
    int64_t now_us = 1000 * MICROSECONDS_PER_DAY;
    (void)state;
    registry_init(&registry);
    assert_int_equal(key_make(TEXT("shop"), SCOPE_READ, now_us, &key, text), STATUS_OK);
    assert_int_equal(registry_put(&registry, &key), STATUS_OK);
    assert_false(registry_take_used(&registry, &used));
    assert_true(registry_find(&registry, text_of(text), now_us, &holder, &host));
    assert_true(registry_take_used(&registry, &used));
    assert_int_equal(used.last_used_us, now_us);
    assert_true(registry_find(&registry, text_of(text), now_us + 59000000, &holder, &host));
    assert_false(registry_take_used(&registry, &used));
    assert_true(registry_find(&registry, text_of(text), now_us + 60000000, &holder, &host));
    assert_true(registry_take_used(&registry, &used));
    registry_release(&registry);
}

static void the_document_of_a_key_holds_no_secret_and_can_be_read_back(void **state)
{
    struct arena arena;
    struct api_key key;
    struct api_key back;
    char text[API_KEY_TEXT_MAXIMUM];
    char id[KEY_DOCUMENT_ID_BYTES];
    struct text value;
    (void)state;
    arena_init(&arena, ARENA_BYTES);
    assert_int_equal(key_make(TEXT("a \"shop\""), SCOPE_ADMIN, 123456789, &key, text), STATUS_OK);
    key.revoked_us = 5;
    key_document_id(&key, id);
    assert_int_equal(key_write(&key, &arena, &value), STATUS_OK);
    assert_null(
        memmem(value.bytes, value.length, text + 3 + KEY_ID_CHARACTERS + 1, KEY_SECRET_CHARACTERS));
    assert_int_equal(key_read(&arena, (struct text){id, sizeof id}, value, &back), STATUS_OK);
    assert_string_equal(back.name, key.name);
    assert_string_equal(back.id, key.id);
    assert_memory_equal(back.hash, key.hash, HASH_RECORD_BYTES);
    assert_int_equal(back.scope, SCOPE_ADMIN);
    assert_int_equal(back.revoked_us, 5);
    assert_int_equal(key_read(&arena, TEXT("zz"), value, &back), STATUS_CORRUPT);
    assert_int_equal(key_read(&arena, (struct text){id, sizeof id}, TEXT("{}"), &back),
                     STATUS_CORRUPT);
    assert_int_equal(key_make(TEXT(""), SCOPE_READ, 1, &key, text), STATUS_INVALID);
    arena_release(&arena);
}

/* ---- the document ---- */

static const char *string_of(yyjson_val *value)
{
    const char *string = yyjson_get_str(value);
    return string == NULL ? "" : string;
}

static void check_references(yyjson_val *document, yyjson_val *value)
{
    size_t index;
    size_t count;
    yyjson_val *name;
    yyjson_val *member;
    yyjson_obj_foreach(value, index, count, name, member)
    {
        if (yyjson_equals_str(name, "$ref")) {
            const char *reference = string_of(member);
            struct text pointer;
            struct text before = text_split(text_of(reference), '#', &pointer);
            assert_true(text_is_empty(before));
            if (yyjson_ptr_getn(document, pointer.bytes, pointer.length) == NULL)
                fail_msg("%s leads nowhere", reference);
        }
        check_references(document, member);
    }
    yyjson_arr_foreach(value, index, count, member)
    {
        check_references(document, member);
    }
}

static void check_operation(const struct route *route, yyjson_val *operation)
{
    assert_non_null(operation);
    assert_true(yyjson_equals_str(yyjson_obj_get(operation, "operationId"), route->operation));
    yyjson_val *parameters = yyjson_obj_get(operation, "parameters");
    uint32_t path_count = 0;
    while (route_parameter_name(route, path_count).length > 0)
        path_count++;
    uint32_t query_count = route->query == NULL ? 0 : route->query->field_count;
    assert_int_equal(yyjson_arr_size(parameters),
                     path_count + query_count + (route->key != KEY_UNUSED ? 1 : 0));
    assert_int_equal(yyjson_obj_get(operation, "requestBody") != NULL,
                     route->body != NULL || route->takes_text);
    yyjson_val *responses = yyjson_obj_get(operation, "responses");
    assert_non_null(yyjson_obj_get(responses, "default"));
    for (uint32_t i = 0; i < route->reply_count; i++) {
        char status[16];
        snprintf(status, sizeof status, "%d", route->replies[i].status);
        assert_non_null(yyjson_obj_get(responses, status));
    }
    assert_non_null(yyjson_obj_get(operation, "security"));
}

static void the_document_has_every_route_and_nothing_else(void **state)
{
    static const char *const methods[] = {"get",   "head",   "post",   "put",
                                          "patch", "delete", "options"};
    struct arena arena;
    struct text json;
    const struct route *route;
    size_t operation_count = 0;
    size_t index;
    size_t count;
    yyjson_val *path;
    yyjson_val *item;
    (void)state;
    arena_init(&arena, ARENA_BYTES);
    assert_int_equal(openapi_write(&arena, &json), STATUS_OK);
    yyjson_doc *parsed = yyjson_read(json.bytes, json.length, 0);
    assert_non_null(parsed);
    yyjson_val *document = yyjson_doc_get_root(parsed);
    assert_true(yyjson_equals_str(yyjson_obj_get(document, "openapi"), "3.1.0"));
    yyjson_val *paths = yyjson_obj_get(document, "paths");
    for (uint32_t i = 0; (route = route_at(i)) != NULL; i++) {
        yyjson_val *found = yyjson_obj_get(paths, route->pattern);
        check_operation(route, yyjson_obj_get(found, methods[route->method]));
    }
    yyjson_obj_foreach(paths, index, count, path, item)
    {
        operation_count += yyjson_obj_size(item);
        assert_int_equal(string_of(path)[0], '/');
    }
    assert_int_equal(operation_count, route_count());
    check_references(document, document);
    yyjson_doc_free(parsed);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_leads_to_its_route_and_its_parameters),
        cmocka_unit_test(what_leads_nowhere_says_what_may_have_been_meant),
        cmocka_unit_test(every_route_is_complete_and_the_only_one_of_its_name),
        cmocka_unit_test(every_problem_has_a_code_of_its_own_and_says_what_to_do),
        cmocka_unit_test(a_cursor_gives_back_what_it_was_made_of),
        cmocka_unit_test(a_key_is_known_by_all_of_it_and_until_it_is_revoked),
        cmocka_unit_test(the_use_of_a_key_is_to_be_written_once_a_minute),
        cmocka_unit_test(the_document_of_a_key_holds_no_secret_and_can_be_read_back),
        cmocka_unit_test(the_document_has_every_route_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
