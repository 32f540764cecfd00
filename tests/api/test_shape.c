/* Shapes: JSON to struct and back by a table; every mistake with its place, code and sentence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/route.h"
#include "api/shape.h"

#define ARENA_BYTES ((size_t)16 << 20)

struct part {
    struct text name;
    bool has_count;
    int64_t count;
};

struct whole {
    struct text text;
    struct text id;
    int choice;
    bool flag;
    int64_t number;
    bool has_price;
    struct decimal price;
    int64_t at_us;
    struct date day;
    struct part *part;
    struct part *parts;
    uint32_t part_count;
    struct text *words;
    uint32_t word_count;
    struct text_pair *pairs;
    uint32_t pair_count;
    struct reference member;
    yyjson_val *any;
    struct text made;
};

static const char *const colours[] = {"red", "green", "", "blue", NULL};

static const struct field part_fields[] = {
    SHAPE_FIELD(part, name, TEXT, .is_required = true, .maximum = 10, .description = "Its name."),
    SHAPE_FIELD(part, count, QUANTITY, SHAPE_GIVEN(part, has_count), .minimum = -5, .maximum = 5),
};
static const struct shape part_shape = SHAPE("Part", "A part.", part, part_fields);

static const struct field whole_fields[] = {
    SHAPE_FIELD(whole, text, TEXT, .maximum = 20),
    SHAPE_FIELD(whole, id, ID, .description = NULL),
    SHAPE_FIELD(whole, choice, CHOICE, .choices = colours),
    SHAPE_FIELD(whole, flag, BOOLEAN, .description = NULL),
    SHAPE_FIELD(whole, number, INTEGER, .minimum = 1, .maximum = 100),
    SHAPE_FIELD(whole, price, DECIMAL, SHAPE_GIVEN(whole, has_price)),
    SHAPE_FIELD_AS("at", whole, at_us, INSTANT, .description = NULL),
    SHAPE_FIELD(whole, day, DATE, .description = NULL),
    SHAPE_FIELD(whole, part, OBJECT, .shape = &part_shape),
    SHAPE_FIELD(whole, parts, LIST, .shape = &part_shape, SHAPE_COUNT(whole, part_count),
                .maximum = 3),
    SHAPE_FIELD(whole, words, TEXT_LIST, SHAPE_COUNT(whole, word_count), .maximum = 2),
    SHAPE_FIELD(whole, pairs, MAP, SHAPE_COUNT(whole, pair_count), .maximum = 2),
    SHAPE_FIELD(whole, member, REFERENCE, .description = NULL),
    SHAPE_FIELD(whole, any, ANY, .description = NULL),
    SHAPE_FIELD(whole, made, TEXT, .is_read_only = true),
};
static const struct shape whole_shape = SHAPE("Whole", "All kinds.", whole, whole_fields);

/* ' stands for ". */
static struct text quoted(struct arena *arena, const char *json)
{
    struct text copy = arena_copy(arena, text_of(json));
    char *bytes = (char *)(uintptr_t)copy.bytes;
    for (size_t i = 0; i < copy.length; i++) {
        if (bytes[i] == '\'') bytes[i] = '"';
    }
    return copy;
}

static void read(struct arena *arena, const char *json, struct mistakes *mistakes,
                 struct whole *whole)
{
    struct json_error error;
    yyjson_val *root = NULL;
    *mistakes = (struct mistakes){.arena = arena};
    *whole = (struct whole){.choice = 0};
    assert_int_equal(json_parse(arena, quoted(arena, json), &error, &root), STATUS_OK);
    assert_int_equal(shape_read(&whole_shape, root, NULL, mistakes, whole), STATUS_OK);
}

static void what_is_read_is_written_again(void **state)
{
    static const char *const texts[] = {
        "{}",
        "{'text':'a \\\\ b \\u0001 \\n \\' ü 🎁','id':'x-1','choice':'blue','flag':true}",
        "{'number':100,'price':'-19.90','at':'2027-03-05T12:00:00.5Z','day':'2028-02-29'}",
        "{'price':'0.00','part':{'name':'p','count':0}}",
        "{'parts':[{'name':'','count':-5},{'name':'b'}],'words':['x','']}",
        "{'pairs':{'a':'1','b':'2'},'member':'anna','any':{'deep':[1,2.5,null]}}",
        "{'parts':[],'words':[],'pairs':{}}",
        "{'at':'0001-01-01T00:00:00Z','day':'9999-12-31'}",
    };
    (void)state;
    struct arena arena;
    arena_init(&arena, ARENA_BYTES);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct mistakes mistakes;
        struct whole whole;
        struct text json;
        read(&arena, texts[i], &mistakes, &whole);
        if (mistakes.count > 0) fail_msg("%s: %s", texts[i], mistakes.items[0].detail.bytes);
        assert_int_equal(shape_write(&whole_shape, &whole, &arena, &json), STATUS_OK);
        struct text wanted = quoted(&arena, texts[i]);
        yyjson_doc *a = yyjson_read(wanted.bytes, wanted.length, 0);
        yyjson_doc *b = yyjson_read(json.bytes, json.length, 0);
        assert_non_null(b);
        if (!yyjson_equals(yyjson_doc_get_root(a), yyjson_doc_get_root(b)))
            fail_msg("%s became %.*s", texts[i], TEXT_ARGUMENTS(json));
        yyjson_doc_free(a);
        yyjson_doc_free(b);
    }
    arena_release(&arena);
}

static void every_mistake_has_its_place_its_code_and_a_sentence(void **state)
{
    static const struct {
        const char *json;
        const char *field;
        enum mistake_code code;
        const char *part_of_detail;
    } cases[] = {
        {"[]", "", MISTAKE_WRONG_TYPE, "must be an object"},
        {"{'texd': 'a'}", "/texd", MISTAKE_UNKNOWN_FIELD, "did you mean 'text'?"},
        {"{'zebra': 1}", "/zebra", MISTAKE_UNKNOWN_FIELD, "leave it out"},
        {"{'a/b~': 1}", "/a~1b~0", MISTAKE_UNKNOWN_FIELD, ""},
        {"{'text': 'a', 'text': 'b'}", "/text", MISTAKE_REPEATED_FIELD, "twice"},
        {"{'text': 7}", "/text", MISTAKE_WRONG_TYPE, "string"},
        {"{'text': '123456789012345678901'}", "/text", MISTAKE_TOO_LONG, "may have 20"},
        {"{'text': '\\u0000'}", "/text", MISTAKE_MALFORMED, "U+0000"},
        {"{'id': ''}", "/id", MISTAKE_MALFORMED, "leave the field out"},
        {"{'id': 'a\\nb'}", "/id", MISTAKE_MALFORMED, "control"},
        {"{'choice': 'gren'}", "/choice", MISTAKE_NOT_A_CHOICE, "did you mean 'green'?"},
        {"{'choice': 'zebra'}", "/choice", MISTAKE_NOT_A_CHOICE, "red, green, blue"},
        {"{'choice': ''}", "/choice", MISTAKE_NOT_A_CHOICE, ""},
        {"{'flag': 'true'}", "/flag", MISTAKE_WRONG_TYPE, "true or false"},
        {"{'number': 0}", "/number", MISTAKE_OUT_OF_RANGE, "from 1 to 100"},
        {"{'number': 101}", "/number", MISTAKE_OUT_OF_RANGE, "from 1 to 100"},
        {"{'number': 18446744073709551615}", "/number", MISTAKE_OUT_OF_RANGE, ""},
        {"{'number': 1.0}", "/number", MISTAKE_WRONG_TYPE, "whole number"},
        {"{'price': 19.99}", "/price", MISTAKE_WRONG_TYPE, "send \"19.99\", not 19.99"},
        {"{'price': 20}", "/price", MISTAKE_WRONG_TYPE, "amounts are strings"},
        {"{'price': '1,5'}", "/price", MISTAKE_MALFORMED, "is no decimal"},
        {"{'price': '1e3'}", "/price", MISTAKE_MALFORMED, "is no decimal"},
        {"{'price': '99999999999999999999'}", "/price", MISTAKE_OUT_OF_RANGE, "too many digits"},
        {"{'at': '2027-03-05T12:00:00'}", "/at", MISTAKE_MALFORMED, "with an offset"},
        {"{'at': '2027-03-05'}", "/at", MISTAKE_MALFORMED, "RFC 3339"},
        {"{'at': '2027-02-30T12:00:00Z'}", "/at", MISTAKE_OUT_OF_RANGE, "no such time"},
        {"{'at': 1}", "/at", MISTAKE_WRONG_TYPE, "string"},
        {"{'day': '2027-02-29'}", "/day", MISTAKE_MALFORMED, "is no date"},
        {"{'part': {}}", "/part/name", MISTAKE_REQUIRED, "missing: Its name."},
        {"{'part': []}", "/part", MISTAKE_WRONG_TYPE, "object"},
        {"{'parts': [{'name': 'a'}, {'name': 5}]}", "/parts/1/name", MISTAKE_WRONG_TYPE, ""},
        {"{'parts': [{'name': 'a', 'count': 6}]}", "/parts/0/count", MISTAKE_OUT_OF_RANGE, ""},
        {"{'parts': [1]}", "/parts/0", MISTAKE_WRONG_TYPE, "object"},
        {"{'parts': {}}", "/parts", MISTAKE_WRONG_TYPE, "array"},
        {"{'parts': [{}, {}, {}, {}]}", "/parts", MISTAKE_OUT_OF_RANGE, "4 elements"},
        {"{'words': ['a', 1]}", "/words/1", MISTAKE_WRONG_TYPE, "string"},
        {"{'pairs': {'a': 1}}", "/pairs/a", MISTAKE_WRONG_TYPE, "string"},
        {"{'pairs': {'a': '1', 'a': '2'}}", "/pairs/a", MISTAKE_REPEATED_FIELD, "twice"},
        {"{'pairs': {'': '1'}}", "/pairs/", MISTAKE_MALFORMED, "1 to 64"},
        {"{'member': {'kind': 'email'}}", "/member/value", MISTAKE_REQUIRED, ""},
        {"{'member': 7}", "/member", MISTAKE_WRONG_TYPE, "an id, or an object"},
    };
    (void)state;
    struct arena arena;
    arena_init(&arena, ARENA_BYTES);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct mistakes mistakes;
        struct whole whole;
        read(&arena, cases[i].json, &mistakes, &whole);
        if (mistakes.count != 1) fail_msg("%s: %u mistakes", cases[i].json, mistakes.count);
        const struct mistake *found = &mistakes.items[0];
        if (!text_equal(found->field, text_of(cases[i].field)) || found->code != cases[i].code ||
            strstr(found->detail.bytes, cases[i].part_of_detail) == NULL) {
            fail_msg("%s: %s %s: %s", cases[i].json, found->field.bytes, mistake_name(found->code),
                     found->detail.bytes);
        }
    }
    arena_release(&arena);
}

static void all_mistakes_are_listed_up_to_a_limit(void **state)
{
    struct arena arena;
    struct mistakes mistakes;
    struct whole whole;
    struct buffer json;
    (void)state;
    arena_init(&arena, ARENA_BYTES);
    buffer_init(&json, 65536);
    assert_int_equal(buffer_add(&json, TEXT("{'flag': 1, 'number': 'x'")), STATUS_OK);
    for (int i = 0; i < 60; i++)
        assert_int_equal(buffer_add_format(&json, ", 'u%d': 1", i), STATUS_OK);
    assert_int_equal(buffer_add(&json, TEXT("}")), STATUS_OK);
    assert_int_equal(buffer_add_byte(&json, '\0'), STATUS_OK);
    read(&arena, json.bytes, &mistakes, &whole);
    assert_int_equal(mistakes.count, SHAPE_MISTAKE_MAXIMUM);
    assert_int_equal(mistakes.dropped, 62 - SHAPE_MISTAKE_MAXIMUM);
    assert_true(text_equal(mistakes.items[1].field, TEXT("/number")));
    buffer_release(&json);
    arena_release(&arena);
}

static void null_and_read_only_fields_are_passed_over(void **state)
{
    struct arena arena;
    struct mistakes mistakes;
    struct whole whole;
    (void)state;
    arena_init(&arena, ARENA_BYTES);
    read(&arena, "{'text': null, 'made': 'mine', 'price': null}", &mistakes, &whole);
    assert_true(mistakes_are_none(&mistakes));
    assert_null(whole.text.bytes);
    assert_null(whole.made.bytes);
    assert_false(whole.has_price);
    arena_release(&arena);
}

static void an_instant_is_read_with_any_offset_and_written_in_utc(void **state)
{
    static const struct {
        const char *given;
        const char *written;
    } cases[] = {
        {"2027-03-05T12:00:00+02:00", "2027-03-05T10:00:00Z"},
        {"2027-01-01T00:30:00+01:00", "2026-12-31T23:30:00Z"},
        {"1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z"},
        {"2027-03-05T12:00:00.120-00:30", "2027-03-05T12:30:00.12Z"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t at_us = 0;
        char out[INSTANT_TEXT_MAXIMUM];
        assert_int_equal(instant_parse(NULL, text_of(cases[i].given), &at_us), STATUS_OK);
        assert_true(text_equal(instant_text(at_us, out), text_of(cases[i].written)));
    }
    struct arena arena;
    struct json_writer writer;
    struct text json;
    arena_init(&arena, ARENA_BYTES);
    json_writer_init(&writer, &arena, 1);
    json_add_instant(&writer, INSTANT_NEVER);
    assert_int_equal(json_writer_finish(&writer, &json), STATUS_OK);
    assert_true(text_equal(json, TEXT("null")));
    arena_release(&arena);
}

static void what_is_nested_too_deeply_or_not_json_is_refused(void **state)
{
    struct arena arena;
    struct json_error error;
    yyjson_val *root = NULL;
    char deep[2 * JSON_DEPTH_MAXIMUM + 3];
    (void)state;
    arena_init(&arena, ARENA_BYTES);
    memset(deep, '[', sizeof deep);
    assert_int_equal(json_parse(&arena, (struct text){deep, JSON_DEPTH_MAXIMUM + 1}, &error, &root),
                     STATUS_LIMIT);
    assert_int_equal(json_parse(&arena, TEXT("{\n  \"ü\": ?}"), &error, &root), STATUS_SYNTAX);
    assert_int_equal(error.position.line, 2);
    assert_int_equal(error.position.column, 8);
    assert_int_equal(json_parse(&arena, TEXT(""), &error, &root), STATUS_SYNTAX);
    assert_int_equal(json_parse(&arena, TEXT("{\"a\": \"\xff\"}"), &error, &root), STATUS_SYNTAX);
    arena_release(&arena);
}

static void running_out_of_memory_is_a_status_and_no_crash(void **state)
{
    (void)state;
    const char *json = "{'text':'a','parts':[{'name':'b'}],'pairs':{'a':'1'},'words':['x'],"
                       "'part':{'name':'c'},'zebra':1}";
    for (size_t bytes = 16; bytes < 8192; bytes += 16) {
        struct arena arena;
        struct arena source;
        struct json_error error;
        yyjson_val *root = NULL;
        struct text written;
        arena_init(&arena, bytes);
        arena_init(&source, ARENA_BYTES);
        struct mistakes mistakes = {.arena = &arena};
        struct whole whole = {.choice = 0};
        struct text text = quoted(&source, json);
        if (json_parse(&arena, text, &error, &root) == STATUS_OK &&
            shape_read(&whole_shape, root, NULL, &mistakes, &whole) == STATUS_OK) {
            assert_false(mistakes_are_none(&mistakes));
            enum status status = shape_write(&whole_shape, &whole, &arena, &written);
            assert_true(status == STATUS_OK || status == STATUS_NO_MEMORY);
        }
        arena_release(&arena);
        arena_release(&source);
    }
}

/* The tables of the API itself. */
static void check_shape(const struct shape *shape)
{
    assert_true(shape->field_count <= SHAPE_FIELD_MAXIMUM);
    assert_non_null(shape->description);
    for (uint32_t i = 0; i < shape->field_count; i++) {
        const struct field *field = &shape->fields[i];
        struct text name = field_name(field);
        bool counts =
            field->kind == KIND_LIST || field->kind == KIND_TEXT_LIST || field->kind == KIND_MAP;
        if (field->description == NULL)
            fail_msg("%s.%.*s has no description", shape->name, TEXT_ARGUMENTS(name));
        if (counts && field->count_offset == 0)
            fail_msg("%s.%.*s has no count", shape->name, TEXT_ARGUMENTS(name));
        bool needs_shape = field->kind == KIND_LIST || field->kind == KIND_OBJECT;
        if (needs_shape && field->shape == NULL)
            fail_msg("%s.%.*s has no shape", shape->name, TEXT_ARGUMENTS(name));
        if (field->kind == KIND_CHOICE) assert_non_null(field->choices);
        for (uint32_t k = 0; k < i; k++) {
            if (text_equal(field_name(&shape->fields[k]), name))
                fail_msg("%s.%.*s is there twice", shape->name, TEXT_ARGUMENTS(name));
        }
        if (field->shape != NULL && field->shape != shape) check_shape(field->shape);
    }
}

static void every_shape_of_the_api_is_complete(void **state)
{
    const struct route *route;
    (void)state;
    for (uint32_t i = 0; (route = route_at(i)) != NULL; i++) {
        if (route->body != NULL) check_shape(route->body);
        if (route->query != NULL) check_shape(route->query);
        for (uint32_t k = 0; k < route->reply_count; k++) {
            if (route->replies[k].shape != NULL) check_shape(route->replies[k].shape);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_read_is_written_again),
        cmocka_unit_test(every_mistake_has_its_place_its_code_and_a_sentence),
        cmocka_unit_test(all_mistakes_are_listed_up_to_a_limit),
        cmocka_unit_test(null_and_read_only_fields_are_passed_over),
        cmocka_unit_test(an_instant_is_read_with_any_offset_and_written_in_utc),
        cmocka_unit_test(what_is_nested_too_deeply_or_not_json_is_refused),
        cmocka_unit_test(running_out_of_memory_is_a_status_and_no_crash),
        cmocka_unit_test(every_shape_of_the_api_is_complete),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
