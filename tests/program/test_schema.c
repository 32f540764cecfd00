/* The schema and the page of keys are made from the list of keys, and what is published is what is
 * made. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "program/document.h"
#include "program/keys.h"
#include "support.h"

static void the_published_schema_is_the_one_that_is_made(void **state)
{
    (void)state;
    struct buffer made;
    buffer_init(&made, (size_t)1 << 20);
    assert_int_equal(program_schema(&made), STATUS_OK);
    assert_int_equal(buffer_add_byte(&made, '\0'), STATUS_OK);
    struct text published = support_read("docs/program.schema.json");
    assert_string_equal(made.bytes, published.bytes);
    support_free(published);
    buffer_release(&made);
}

static void the_page_holds_every_key_as_it_is_made(void **state)
{
    (void)state;
    struct buffer made;
    buffer_init(&made, (size_t)1 << 20);
    assert_int_equal(document_keys(&made), STATUS_OK);
    struct text page = support_read("docs/program.md");
    const char *begin = strstr(page.bytes, DOCUMENT_BEGIN);
    const char *end = strstr(page.bytes, DOCUMENT_END);
    assert_non_null(begin);
    assert_non_null(end);
    begin += strlen(DOCUMENT_BEGIN);
    assert_int_equal(end - begin, made.length);
    assert_memory_equal(begin, made.bytes, made.length);
    support_free(page);
    buffer_release(&made);
}

static void every_key_stands_once_in_its_shape(void **state)
{
    (void)state;
    for (size_t s = 0; s < shape_count; s++) {
        for (size_t k = 0; k < shapes[s]->count; k++) {
            const struct key *key = &shapes[s]->keys[k];
            assert_ptr_equal(shape_key(shapes[s], text_of(key->name)), key);
            if (key->capability != NULL) continue;
            assert_int_not_equal(key->forms, 0);
            assert_non_null(key->meaning);
            assert_non_null(key->example);
            assert_true(text_ends_with(text_of(key->meaning), TEXT(".")));
            bool has_map = key->forms & (FORM_MAP | FORM_BY_ID);
            assert_int_equal(has_map, key->shape != NULL);
            if (key->scalar == SCALAR_CHOICE && (key->forms & (FORM_SCALAR | FORM_LIST)))
                assert_non_null(key->choices);
        }
    }
}

static void a_schema_that_does_not_fit_its_buffer_is_refused(void **state)
{
    (void)state;
    struct buffer whole;
    buffer_init(&whole, (size_t)1 << 20);
    assert_int_equal(program_schema(&whole), STATUS_OK);
    for (size_t maximum = 1; maximum < whole.length; maximum += 997) {
        struct buffer small;
        buffer_init(&small, maximum);
        assert_int_equal(program_schema(&small), STATUS_LIMIT);
        buffer_release(&small);
    }
    buffer_release(&whole);
}

int main(int count, char **words)
{
    if (count == 2) source_root = words[1];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_schema_is_the_one_that_is_made),
        cmocka_unit_test(the_page_holds_every_key_as_it_is_made),
        cmocka_unit_test(every_key_stands_once_in_its_shape),
        cmocka_unit_test(a_schema_that_does_not_fit_its_buffer_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
