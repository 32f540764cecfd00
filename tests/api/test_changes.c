/* GET /v1/changes: the feed of everything that was recorded, and its types. */
#include "client.h"

#include <stdio.h>
#include <stdlib.h>

#include "schema.h"

#define DOCUMENT_BYTES 65536

static struct answer join(struct world *world, const char *member)
{
    struct answer answer =
        world_post(world, "/v1/events", "{'type': 'join', 'member': '%s'}", member);
    expect(world, &answer, 200, "/answer", "done");
    return answer;
}

static void buy(struct world *world, const char *member, const char *order, const char *price)
{
    struct answer answer = world_post(world, "/v1/events",
                                      "{'type': 'purchase', 'member': '%s', 'order': '%s',"
                                      " 'items': [{'sku': 'A', 'unit_price': '%s'}]}",
                                      member, order, price);
    expect(world, &answer, 200, "/answer", "done");
}

/* Types of all changes, in order, separated by spaces. */
static const char *types_of(struct world *world, const struct answer *answer)
{
    struct text list = TEXT("");
    size_t count = answer_count(answer, "/changes");
    for (size_t i = 0; i < count; i++) {
        char pointer[40];
        snprintf(pointer, sizeof pointer, "/changes/%zu/type", i);
        list = arena_format(&world->arena, "%.*s%s%s", TEXT_ARGUMENTS(list), i > 0 ? " " : "",
                            answer_at(world, answer, pointer));
        assert_non_null(list.bytes);
    }
    return list.bytes;
}

static void a_record_gives_a_change_for_each_thing_that_it_changed(void **state)
{
    struct world world;
    (void)state;
    world_open(&world, TEST_PROGRAM);
    join(&world, "anna");
    struct answer feed = world_get(&world, "/v1/changes");
    expect(&world, &feed, 200, "/has_more", "false", "/changes/0/member", "anna",
           "/changes/1/data/type", "join", "/changes/1/data/postings/0/amount", "100");
    assert_string_equal(types_of(&world, &feed), "member.created points.earned");
    world_close(&world);
}

static void a_level_is_told_when_it_changes_and_not_when_it_is_kept(void **state)
{
    struct world world;
    (void)state;
    world_open(&world, TEST_PROGRAM);
    join(&world, "anna");
    buy(&world, "anna", "o1", "150.00");
    buy(&world, "anna", "o2", "150.00");
    buy(&world, "anna", "o3", "900.00");
    struct answer feed = world_get(&world, "/v1/changes?type=tier.changed");
    assert_int_equal(answer_count(&feed, "/changes"), 2);
    expect(&world, &feed, 200, "/changes/0/data/order", "o1", "/changes/0/data/tiers/0/level",
           "silver", "/changes/1/data/order", "o3", "/changes/1/data/tiers/0/level", "gold");
    world_close(&world);
}

static void pages_of_any_size_give_each_change_once_and_in_order(void **state)
{
    struct world world;
    (void)state;
    world_open(&world, TEST_PROGRAM);
    for (int i = 0; i < 5; i++) {
        char member[16];
        char order[16];
        snprintf(member, sizeof member, "m%d", i);
        snprintf(order, sizeof order, "o%d", i);
        join(&world, member);
        buy(&world, member, order, "150.00");
    }
    struct answer all = world_get(&world, "/v1/changes?limit=1000");
    size_t total = answer_count(&all, "/changes");
    assert_int_equal(total, 25);
    for (int limit = 1; limit <= 7; limit++) {
        struct answer page = world_get(&world, "/v1/changes?limit=%d", limit);
        for (size_t told = 0; told < total;) {
            size_t count = answer_count(&page, "/changes");
            assert_true(count > 0 && count <= (size_t)limit);
            for (size_t i = 0; i < count; i++, told++) {
                char here[40];
                char there[40];
                snprintf(here, sizeof here, "/changes/%zu/id", i);
                snprintf(there, sizeof there, "/changes/%zu/id", told);
                assert_string_equal(answer_at(&world, &page, here), answer_at(&world, &all, there));
            }
            expect(&world, &page, 200, "/has_more", told < total ? "true" : "false");
            page = world_get(&world, "/v1/changes?limit=%d&after=%s", limit,
                             answer_at(&world, &page, "/next"));
        }
        assert_int_equal(answer_count(&page, "/changes"), 0);
    }
    world_close(&world);
}

static void next_is_good_also_when_there_is_nothing_yet(void **state)
{
    struct world world;
    (void)state;
    world_open(&world, TEST_PROGRAM);
    struct answer none = world_get(&world, "/v1/changes");
    assert_int_equal(answer_count(&none, "/changes"), 0);
    const char *next = answer_at(&world, &none, "/next");
    struct answer again = world_get(&world, "/v1/changes?after=%s", next);
    expect(&world, &again, 200, "/next", next, "/has_more", "false");
    join(&world, "anna");
    struct answer some = world_get(&world, "/v1/changes?after=%s&type=points.earned", next);
    assert_string_equal(types_of(&world, &some), "points.earned");
    struct answer broken = world_get(&world, "/v1/changes?after=abc");
    expect(&world, &broken, 400, "/code", "malformed_cursor");
    struct answer unknown = world_get(&world, "/v1/changes?type=points.invented");
    expect(&world, &unknown, 400, "/code", "malformed_parameter");
    world_close(&world);
}

static void a_refusal_is_no_change(void **state)
{
    struct world world;
    (void)state;
    world_open(&world, TEST_PROGRAM);
    join(&world, "anna");
    struct answer refused = world_post(&world, "/v1/events",
                                       "{'type': 'redeem', 'member': 'anna', 'wallet': 'points',"
                                       " 'amount': '5000'}");
    expect(&world, &refused, 409, "/code", "balance_too_low");
    struct answer feed = world_get(&world, "/v1/changes");
    assert_string_equal(types_of(&world, &feed), "member.created points.earned");
    world_close(&world);
}

static void each_type_has_a_schema_that_its_changes_fit(void **state)
{
    struct world world;
    (void)state;
    world_open(&world, TEST_PROGRAM);
    join(&world, "anna");
    buy(&world, "anna", "o1", "150.00");
    struct answer types = world_get(&world, "/v1/changes/types");
    struct answer feed = world_get(&world, "/v1/changes");
    size_t count = answer_count(&feed, "/changes");
    assert_true(count >= 5);
    for (size_t i = 0; i < count; i++) {
        char pointer[64];
        uint32_t found = 0;
        snprintf(pointer, sizeof pointer, "/changes/%zu", i);
        yyjson_val *change = yyjson_ptr_get(feed.json, pointer);
        const char *type = yyjson_get_str(yyjson_obj_get(change, "type"));
        for (size_t k = 0; k < answer_count(&types, "/types"); k++) {
            snprintf(pointer, sizeof pointer, "/types/%zu/schema", k);
            yyjson_val *schema = yyjson_ptr_get(types.json, pointer);
            if (!yyjson_equals_str(yyjson_ptr_get(schema, "/properties/type/const"), type))
                continue;
            found++;
            struct text finding = schema_check(
                &world.arena, schema, yyjson_ptr_get(schema, "/components/schemas/Change"), change);
            if (finding.length > 0) fail_msg("%s: %.*s", type, TEXT_ARGUMENTS(finding));
            assert_string_equal(yyjson_get_str(yyjson_obj_get(schema, "$ref")),
                                "#/components/schemas/Change");
        }
        assert_int_equal(found, 1);
    }
    world_close(&world);
}

/* Every row of the table is a type, and every type has its row, word for word. */
static void the_table_in_the_documentation_is_the_list_of_types(void **state)
{
    struct world world;
    static char text[DOCUMENT_BYTES];
    char path[512];
    (void)state;
    const char *source = getenv("GUERDON_SOURCE");
    assert_non_null(source);
    snprintf(path, sizeof path, "%s/docs/webhooks.md", source);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[length] = '\0';
    size_t row_count = 0;
    for (const char *row = text; (row = strstr(row, "\n| `")) != NULL; row++)
        row_count += strncmp(row, "\n| `webhook-", 12) != 0 ? 1 : 0;
    world_open(&world, TEST_PROGRAM);
    struct answer types = world_get(&world, "/v1/changes/types");
    size_t count = answer_count(&types, "/types");
    assert_int_equal(row_count, count);
    for (size_t i = 0; i < count; i++) {
        char type[40];
        char description[40];
        snprintf(type, sizeof type, "/types/%zu/type", i);
        snprintf(description, sizeof description, "/types/%zu/description", i);
        struct text row =
            arena_format(&world.arena, "\n| `%s` | %s |\n", answer_at(&world, &types, type),
                         answer_at(&world, &types, description));
        if (strstr(text, row.bytes) == NULL)
            fail_msg("docs/webhooks.md lacks the row%s", row.bytes);
    }
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_gives_a_change_for_each_thing_that_it_changed),
        cmocka_unit_test(a_level_is_told_when_it_changes_and_not_when_it_is_kept),
        cmocka_unit_test(pages_of_any_size_give_each_change_once_and_in_order),
        cmocka_unit_test(next_is_good_also_when_there_is_nothing_yet),
        cmocka_unit_test(a_refusal_is_no_change),
        cmocka_unit_test(each_type_has_a_schema_that_its_changes_fit),
        cmocka_unit_test(the_table_in_the_documentation_is_the_list_of_types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
