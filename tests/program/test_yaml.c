/* Reading YAML and JSON: the same tree from both, places as in the file, and bounds on everything.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "program/yaml_read.h"
#include "support.h"

struct reading {
    struct arena arena;
    struct problem_list problems;
    const struct node *root;
    enum status status;
};

static void read_tree(struct reading *reading, struct text text)
{
    arena_init(&reading->arena, (size_t)256 << 20);
    problem_list_init(&reading->problems, &reading->arena);
    reading->root = NULL;
    reading->status =
        yaml_read(&reading->arena, TEXT("t"), text, &reading->problems, &reading->root);
}

static void assert_one_problem(struct text text, uint32_t line, uint32_t column,
                               const char *message)
{
    struct reading reading;
    read_tree(&reading, text);
    assert_int_equal(reading.status, STATUS_SYNTAX);
    assert_int_equal(reading.problems.count, 1);
    assert_int_equal(reading.problems.items[0].position.line, line);
    assert_int_equal(reading.problems.items[0].position.column, column);
    struct text said = reading.problems.items[0].message;
    assert_int_equal(said.length, strlen(message));
    assert_memory_equal(said.bytes, message, said.length);
    arena_release(&reading.arena);
}

static void assert_same_tree(const struct node *a, const struct node *b)
{
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->count, b->count);
    assert_int_equal(a->is_null, b->is_null);
    if (a->kind == NODE_SCALAR) assert_true(text_equal(a->text, b->text));
    const struct entry *there = b->first;
    for (const struct entry *here = a->first; here != NULL; here = here->next) {
        assert_non_null(there);
        assert_true(text_equal(here->key, there->key));
        assert_same_tree(&here->value, &there->value);
        there = there->next;
    }
}

static void every_example_reads_the_same_as_json(void **state)
{
    (void)state;
    char names[EXAMPLE_MAXIMUM][128];
    size_t count = support_examples(names);
    assert_true(count >= 10);
    for (size_t i = 0; i < count; i++) {
        char name[160];
        snprintf(name, sizeof name, "examples/programs/%s", names[i]);
        struct text yaml = support_read(name);
        struct reading from_yaml;
        read_tree(&from_yaml, yaml);
        assert_int_equal(from_yaml.status, STATUS_OK);
        for (int escaped = 0; escaped < 2; escaped++) {
            struct buffer json;
            struct reading from_json;
            buffer_init(&json, (size_t)1 << 20);
            assert_int_equal(support_json(from_yaml.root, escaped == 1, &json), STATUS_OK);
            read_tree(&from_json, buffer_text(&json));
            assert_int_equal(from_json.status, STATUS_OK);
            assert_same_tree(from_yaml.root, from_json.root);
            arena_release(&from_json.arena);
            buffer_release(&json);
        }
        arena_release(&from_yaml.arena);
        support_free(yaml);
    }
}

static struct text title_of(struct reading *reading, struct text text)
{
    read_tree(reading, text);
    assert_int_equal(reading->status, STATUS_OK);
    const struct node *title = tree_scalar(reading->root, "title");
    assert_non_null(title);
    return title->text;
}

static void json_escapes_mean_what_json_says(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        const char *title;
    } titles[] = {
        {"{\"title\": \"a\\/b\"}", "a/b"},
        {"{\"title\": \"\\u00e9\"}", "\xc3\xa9"},
        {"{\"title\": \"\\ud83d\\ude00!\"}", "\xf0\x9f\x98\x80!"},
        {"{\"title\": \"\\uD83D\\uDE00\"}", "\xf0\x9f\x98\x80"},
        {"{\"title\": \"\\\\ud83d\\\\ude00\"}", "\\ud83d\\ude00"},
        {"{\"title\": \"\\udbff\\udfff\"}", "\xf4\x8f\xbf\xbf"},
        {"{\"title\": \"tab\\there\"}", "tab\there"},
        {"\n  {\n\t\"title\"\t:\n\t\t\"x\"\n}\n", "x"},
        {"{\"title\":\"y\",\"z\":1}", "y"},
        {"title: '\\ud83d\\ude00'", "\\ud83d\\ude00"}, /* YAML, where a backslash is itself here */
    };
    for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++) {
        struct reading reading;
        struct text title = title_of(&reading, text_of(titles[i].json));
        assert_true(text_equal(title, text_of(titles[i].title)));
        arena_release(&reading.arena);
    }
}

static void places_behind_surrogate_pairs_are_those_of_the_file(void **state)
{
    (void)state;
    struct reading reading;
    read_tree(
        &reading,
        TEXT("{\"a\": \"\\ud83d\\ude00\", \"b\": \"\\ud83d\\ude00\\ud83d\\ude00\", \"c\": 1,\n"
             "\"d\": [\"\\ud83d\\ude00\", 2]}"));
    assert_int_equal(reading.status, STATUS_OK);
    assert_int_equal(tree_entry(reading.root, "a")->position.column, 2);
    assert_int_equal(tree_entry(reading.root, "b")->position.column, 23);
    assert_int_equal(tree_entry(reading.root, "c")->position.column, 56);
    const struct node *list = tree_value(reading.root, "d");
    assert_int_equal(list->last->position.line, 2);
    assert_int_equal(list->last->position.column, 23);
    arena_release(&reading.arena);
}

static void bytes_that_are_not_utf8_are_refused_where_they_stand(void **state)
{
    (void)state;
    static const char *const message =
        "this byte is not UTF-8; save the file in the encoding UTF-8";
    assert_one_problem(TEXT("program: p\ntitle: caf\xe9\n"), 2, 11, message);
    assert_one_problem(TEXT("# \xc3\xa9\xc3\xa9 \xff\n"), 1, 6, message);
    assert_one_problem(TEXT("a: \xed\xa0\x80\n"), 1, 4, message); /* a surrogate */
    assert_one_problem(TEXT("a: \xc0\xaf\n"), 1, 4, message);     /* overlong */
    assert_one_problem(TEXT("\xff\xfe\x61\x00"), 1, 1, message);  /* UTF-16 */
}

static void control_characters_are_refused_where_they_stand(void **state)
{
    (void)state;
    assert_one_problem((struct text){"a: 1\nb: \0x\n", 11}, 2, 4,
                       "this character must not stand in a programme; remove it");
    assert_one_problem(TEXT("a: 1\nb: \x01\n"), 2, 4,
                       "this character must not stand in a programme; remove it");
    assert_one_problem(TEXT("a: \"x\\0y\"\n"), 1, 4, "a text must not hold control characters");
    assert_one_problem(TEXT("\"a\\eb\": 1\n"), 1, 1, "a text must not hold control characters");
}

static void a_file_that_is_too_large_is_refused(void **state)
{
    (void)state;
    size_t length = PROGRAM_TEXT_MAXIMUM + 1u;
    char *bytes = malloc(length);
    assert_non_null(bytes);
    memset(bytes, '#', length);
    assert_one_problem((struct text){bytes, length}, 1, 1,
                       "the file is larger than 4 MB; a programme is a text of a few pages");
    assert_one_problem((struct text){bytes, length - 1}, 1, 1,
                       "the file is empty; a programme begins with \"program: \" and its id");
    free(bytes);
}

static void a_file_of_too_many_values_is_refused(void **state)
{
    (void)state;
    size_t count = TREE_NODE_MAXIMUM + 10u;
    char *bytes = malloc(2 * count + 8);
    assert_non_null(bytes);
    static const char beginning[] = {'a', ':', ' ', '['};
    size_t length = sizeof beginning;
    memcpy(bytes, beginning, length);
    for (size_t i = 0; i < count; i++) {
        bytes[length++] = '1';
        bytes[length++] = ',';
    }
    bytes[length++] = ']';
    struct reading reading;
    read_tree(&reading, (struct text){bytes, length});
    assert_int_equal(reading.status, STATUS_SYNTAX);
    assert_int_equal(reading.problems.count, 1);
    arena_release(&reading.arena);
    free(bytes);
}

static void deep_nesting_is_refused_without_reading_it_all(void **state)
{
    (void)state;
    size_t length = (size_t)1 << 20;
    char *bytes = malloc(length);
    assert_non_null(bytes);
    memset(bytes, '[', length);
    struct reading reading;
    read_tree(&reading, (struct text){bytes, length});
    assert_int_equal(reading.status, STATUS_SYNTAX);
    assert_int_equal(reading.problems.items[0].position.column, 25);
    memset(bytes, '{', length);
    arena_release(&reading.arena);
    read_tree(&reading, (struct text){bytes, length});
    assert_int_equal(reading.status, STATUS_SYNTAX);
    arena_release(&reading.arena);
    free(bytes);
}

static void every_repeated_key_is_reported_and_the_first_is_kept(void **state)
{
    (void)state;
    struct reading reading;
    read_tree(&reading, TEXT("a: 1\nb: {x: 1, x: {y: 2}}\na: [3]\n"));
    assert_int_equal(reading.status, STATUS_OK);
    assert_int_equal(reading.problems.count, 2);
    assert_true(text_equal(tree_scalar(reading.root, "a")->text, TEXT("1")));
    assert_true(text_equal(tree_scalar(tree_map(reading.root, "b"), "x")->text, TEXT("1")));
    arena_release(&reading.arena);
}

static void places_inside_a_scalar_are_told_when_they_can_be(void **state)
{
    (void)state;
    struct reading reading;
    read_tree(&reading, TEXT("a: \xc3\xa9 bc\nb: 'x y'\nc: \"x\\ty\"\nd: >\n  x\n  y\n"));
    struct position place = tree_place(tree_scalar(reading.root, "a"), 3);
    assert_int_equal(place.column, 6);
    assert_int_equal(tree_place(tree_scalar(reading.root, "b"), 2).column, 7);
    assert_int_equal(tree_place(tree_scalar(reading.root, "c"), 2).column, 4);
    place = tree_place(tree_scalar(reading.root, "d"), 2);
    assert_int_equal(place.line, 4);
    assert_int_equal(place.column, 4);
    arena_release(&reading.arena);
}

int main(int count, char **words)
{
    if (count == 2) source_root = words[1];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_example_reads_the_same_as_json),
        cmocka_unit_test(json_escapes_mean_what_json_says),
        cmocka_unit_test(places_behind_surrogate_pairs_are_those_of_the_file),
        cmocka_unit_test(bytes_that_are_not_utf8_are_refused_where_they_stand),
        cmocka_unit_test(control_characters_are_refused_where_they_stand),
        cmocka_unit_test(a_file_that_is_too_large_is_refused),
        cmocka_unit_test(a_file_of_too_many_values_is_refused),
        cmocka_unit_test(deep_nesting_is_refused_without_reading_it_all),
        cmocka_unit_test(every_repeated_key_is_reported_and_the_first_is_kept),
        cmocka_unit_test(places_inside_a_scalar_are_told_when_they_can_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
