/* The examples: each loads, reads as described (a golden file each, read by eye when it changes),
 * means the same as JSON, and one of them shows every key.
 *
 * A golden file is renewed with `program_tool describe FILE > tests/program/described/NAME.txt`,
 * and then read: it is what a marketing person will be told.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "program/keys.h"
#include "program/yaml_read.h"
#include "support.h"

static char names[EXAMPLE_MAXIMUM][128];
static size_t name_count;

static struct text read_example(const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "examples/programs/%.127s", name);
    return support_read(path);
}

static void describe(struct loaded *loaded, struct text text, struct buffer *out)
{
    support_load(loaded, text);
    struct text said = buffer_text(&loaded->said);
    if (said.length > 0) fprintf(stderr, "%.*s", TEXT_ARGUMENTS(said));
    assert_int_equal(loaded->status, STATUS_OK);
    buffer_init(out, (size_t)1 << 20);
    assert_int_equal(program_describe(loaded->program, out), STATUS_OK);
    assert_int_equal(buffer_add_byte(out, '\0'), STATUS_OK);
}

static void every_example_reads_as_described(void **state)
{
    (void)state;
    for (size_t i = 0; i < name_count; i++) {
        char golden_name[192];
        struct loaded loaded;
        struct buffer said;
        struct text text = read_example(names[i]);
        snprintf(golden_name, sizeof golden_name, "tests/program/described/%.*s.txt",
                 (int)(strlen(names[i]) - strlen(".yaml")), names[i]);
        struct text golden = support_read(golden_name);
        describe(&loaded, text, &said);
        assert_string_equal(said.bytes, golden.bytes);
        buffer_release(&said);
        support_unload(&loaded);
        support_free(golden);
        support_free(text);
    }
}

static void every_example_means_the_same_as_json(void **state)
{
    (void)state;
    for (size_t i = 0; i < name_count; i++) {
        struct loaded from_yaml;
        struct loaded from_json;
        struct buffer yaml_said;
        struct buffer json_said;
        struct buffer json;
        const struct node *root = NULL;
        struct text text = read_example(names[i]);
        describe(&from_yaml, text, &yaml_said);
        assert_int_equal(yaml_read(&from_yaml.arena, TEXT("t"), text, &from_yaml.problems, &root),
                         STATUS_OK);
        buffer_init(&json, (size_t)1 << 20);
        assert_int_equal(support_json(root, true, &json), STATUS_OK);
        describe(&from_json, buffer_text(&json), &json_said);
        assert_string_equal(yaml_said.bytes, json_said.bytes);
        buffer_release(&json);
        buffer_release(&yaml_said);
        buffer_release(&json_said);
        support_unload(&from_yaml);
        support_unload(&from_json);
        support_free(text);
    }
}

/* Marks the keys that a map shows. */
static void mark_keys(const struct shape *shape, const struct node *map, const struct key **seen,
                      size_t *seen_count)
{
    for (const struct entry *entry = map->first; entry != NULL; entry = entry->next) {
        const struct key *key = shape_key(shape, entry->key);
        const struct node *value = &entry->value;
        if (key != NULL) seen[(*seen_count)++] = key;
        ASSERT(*seen_count < 1000);
        if (key == NULL && shape->others != NULL) mark_keys(shape->others, value, seen, seen_count);
        if (key == NULL || key->shape == NULL || value->kind != NODE_MAP) continue;
        if (!(key->forms & FORM_BY_ID)) {
            mark_keys(key->shape, value, seen, seen_count);
            continue;
        }
        for (const struct entry *one = value->first; one != NULL; one = one->next)
            mark_keys(key->shape, &one->value, seen, seen_count);
    }
}

static void the_complete_example_shows_every_key(void **state)
{
    (void)state;
    const struct key *seen[1000];
    size_t seen_count = 0;
    struct loaded loaded;
    const struct node *root = NULL;
    struct text text = read_example("complete.yaml");
    support_load(&loaded, text);
    assert_int_equal(yaml_read(&loaded.arena, TEXT("t"), text, &loaded.problems, &root), STATUS_OK);
    mark_keys(&shape_program, root, seen, &seen_count);
    for (size_t s = 0; s < shape_count; s++) {
        for (size_t k = 0; k < shapes[s]->count; k++) {
            const struct key *key = &shapes[s]->keys[k];
            bool is_seen = key->capability != NULL;
            /* `currency` is the other way to say `currencies`; a campaign's rules show the keys
             * that they share with loose ones there. */
            is_seen |= shapes[s] == &shape_program && strcmp(key->name, "currency") == 0;
            for (size_t i = 0; i < seen_count; i++)
                is_seen |= strcmp(shapes[s]->name, "campaign_rule") == 0
                               ? strcmp(seen[i]->name, key->name) == 0
                               : seen[i] == key;
            if (!is_seen)
                fprintf(stderr, "complete.yaml does not show %s.%s\n", shapes[s]->name, key->name);
            assert_true(is_seen);
        }
    }
    support_unload(&loaded);
    support_free(text);
}

/* The key's example as the value of the key is accepted by the YAML reader in the key's own form.
 */
static void the_example_of_every_key_has_a_form_of_the_key(void **state)
{
    (void)state;
    for (size_t s = 0; s < shape_count; s++) {
        for (size_t k = 0; k < shapes[s]->count; k++) {
            const struct key *key = &shapes[s]->keys[k];
            char text[512];
            struct loaded loaded;
            const struct node *root = NULL;
            if (key->capability != NULL) continue;
            snprintf(text, sizeof text, "{%s: %s}", key->name, key->example);
            support_load(&loaded, TEXT("{}"));
            assert_int_equal(
                yaml_read(&loaded.arena, TEXT("t"), text_of(text), &loaded.problems, &root),
                STATUS_OK);
            assert_int_equal(root->count, 1);
            unsigned form = root->first->value.kind == NODE_SCALAR ? FORM_SCALAR
                            : root->first->value.kind == NODE_LIST
                                ? FORM_LIST
                                : FORM_MAP | FORM_BY_ID | FORM_BY_NAME;
            assert_true((key->forms & form) != 0);
            support_unload(&loaded);
        }
    }
}

static void the_examples_that_a_demonstration_needs_are_there(void **state)
{
    (void)state;
    static const char *const shops[] = {"shop-simple.yaml", "shop-tiers.yaml"};
    for (size_t i = 0; i < 2; i++) {
        struct loaded loaded;
        struct text text = read_example(shops[i]);
        support_load(&loaded, text);
        assert_int_equal(loaded.status, STATUS_OK);
        assert_int_not_equal(program_find_reward(loaded.program, TEXT("five-off")), PROGRAM_NONE);
        assert_true(text_equal(loaded.program->currencies[0].code, TEXT("USD")));
        support_unload(&loaded);
        support_free(text);
    }
}

static void two_hundred_rules_compile_at_once(void **state)
{
    (void)state;
    struct buffer text;
    struct loaded loaded;
    buffer_init(&text, (size_t)1 << 20);
    assert_int_equal(
        buffer_add(&text, TEXT("program: p\ncurrency: USD\nwallets: {points: {}}\nrules:\n")),
        STATUS_OK);
    for (int i = 0; i < 200; i++)
        assert_int_equal(
            buffer_add_format(&text,
                              "  rule-%d:\n    on: purchase\n    if: {category: [a, b, c%d], "
                              "channel: web}\n    earn: 1 point per 1.00 USD of order.eligible, "
                              "rounded down\n    limit: {per_member: 1 per calendar year}\n    "
                              "boosts: {combine: best, x: {by: 2}, y: {by: 3}}\n",
                              i, i),
            STATUS_OK);
    clock_t before = clock();
    support_load(&loaded, buffer_text(&text));
    double seconds = (double)(clock() - before) / CLOCKS_PER_SEC;
    assert_int_equal(loaded.status, STATUS_OK);
    assert_int_equal(loaded.program->rule_count, 200);
    print_message("200 rules: %.1f ms\n", seconds * 1000);
    assert_true(seconds < 1.0); /* 20 ms on the machines that we measure on; sanitizers are slow */
    support_unload(&loaded);
    buffer_release(&text);
}

int main(int count, char **words)
{
    if (count == 2) source_root = words[1];
    name_count = support_examples(names);
    ASSERT(name_count >= 10);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_example_reads_as_described),
        cmocka_unit_test(every_example_means_the_same_as_json),
        cmocka_unit_test(the_complete_example_shows_every_key),
        cmocka_unit_test(the_example_of_every_key_has_a_form_of_the_key),
        cmocka_unit_test(the_examples_that_a_demonstration_needs_are_there),
        cmocka_unit_test(two_hundred_rules_compile_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
