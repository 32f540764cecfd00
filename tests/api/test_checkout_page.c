/* docs/checkout.md, sent: each request of the page, in its order, is answered with what the page
 * shows of the answer.
 *
 * The page's form: the programme is its first yaml block; a line that is `METHOD /path` is followed
 * by the body (not for GET) and by what must be in the answer.
 */
#include "client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/json.h"

#define PAGE_BYTES 65536

static struct text read_page(void)
{
    static char page[PAGE_BYTES];
    char path[1000];
    const char *root = getenv("GUERDON_SOURCE");
    assert_non_null(root);
    snprintf(path, sizeof path, "%s/docs/checkout.md", root);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t length = fread(page, 1, sizeof page, file);
    assert_true(length < sizeof page);
    assert_int_equal(fclose(file), 0);
    return (struct text){page, length};
}

/* The next line, without its end. */
static struct text next_line(struct text *rest)
{
    return text_split(*rest, '\n', rest);
}

/* The lines of the next block, after its fence. */
static struct text next_block(struct text *rest)
{
    while (!text_starts_with(next_line(rest), TEXT("```")))
        assert_false(text_is_empty(*rest));
    struct text block = *rest;
    for (;;) {
        assert_false(text_is_empty(*rest));
        struct text line = next_line(rest);
        if (!text_starts_with(line, TEXT("```"))) continue;
        block.length = (size_t)(line.bytes - block.bytes);
        return block;
    }
}

/* Everything that is in `wanted` must be in `found`, at the same place. */
static void must_have(struct arena *arena, yyjson_val *found, yyjson_val *wanted, struct text path)
{
    size_t index;
    size_t count;
    yyjson_val *key;
    yyjson_val *value;
    if (yyjson_is_obj(wanted)) {
        yyjson_obj_foreach(wanted, index, count, key, value)
        {
            struct text name = json_text(key);
            if (name.bytes == NULL) continue;
            must_have(arena, yyjson_obj_getn(found, name.bytes, name.length), value,
                      arena_format(arena, "%.*s/%.*s", TEXT_ARGUMENTS(path), TEXT_ARGUMENTS(name)));
        }
    } else if (yyjson_is_arr(wanted)) {
        yyjson_arr_foreach(wanted, index, count, value)
        {
            must_have(arena, yyjson_arr_get(found, index), value,
                      arena_format(arena, "%.*s/%zu", TEXT_ARGUMENTS(path), index));
        }
    } else if (found == NULL || !yyjson_equals(found, wanted)) {
        const char *said = yyjson_val_write(wanted, 0, NULL);
        const char *is = found == NULL ? NULL : yyjson_val_write(found, 0, NULL);
        fail_msg("%.*s is %s and the page says %s", TEXT_ARGUMENTS(path),
                 is == NULL ? "not there" : is, said == NULL ? "something else" : said);
    }
}

static void send_and_compare(struct world *world, struct text request, struct text *rest)
{
    struct json_error error;
    yyjson_val *wanted = NULL;
    struct text path;
    struct text method = text_split(request, ' ', &path);
    bool has_body = !text_equal(method, TEXT("GET"));
    struct text body = has_body ? next_block(rest) : TEXT("");
    struct text shown = next_block(rest);
    method = arena_copy(&world->arena, method);
    path = arena_copy(&world->arena, path);
    struct text key = arena_format(&world->arena, "Idempotency-Key: page-%zu\r\n", rest->length);
    /* A quote goes by its revision, edits and returns by their path. */
    bool is_named = text_equal(method, TEXT("PUT")) || !has_body;
    char method_name[8];
    char path_name[200];
    snprintf(method_name, sizeof method_name, "%.*s", TEXT_ARGUMENTS(method));
    snprintf(path_name, sizeof path_name, "%.*s", TEXT_ARGUMENTS(path));
    struct answer answer =
        world_send(world, method_name, path_name, is_named ? NULL : key.bytes, body);
    assert_int_equal(json_parse(&world->arena, shown, &error, &wanted), STATUS_OK);
    must_have(&world->arena, answer.json, wanted, path);
}

static void the_page_is_what_the_server_does(void **state)
{
    struct world world;
    struct text rest = read_page();
    unsigned count = 0;
    (void)state;
    struct text yaml = next_block(&rest);
    char program[PAGE_BYTES];
    snprintf(program, sizeof program, "%.*s", TEXT_ARGUMENTS(yaml));
    world_open_with(&world, program, (struct api_options){.clock_is_given = true});
    while (!text_is_empty(rest)) {
        struct text line = next_line(&rest);
        bool is_request =
            text_starts_with(line, TEXT("`GET /")) || text_starts_with(line, TEXT("`PUT /")) ||
            text_starts_with(line, TEXT("`PATCH /")) || text_starts_with(line, TEXT("`POST /"));
        if (!is_request || !text_ends_with(line, TEXT("`"))) continue;
        send_and_compare(&world, (struct text){line.bytes + 1, line.length - 2}, &rest);
        count++;
    }
    assert_true(count >= 10);
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_page_is_what_the_server_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
