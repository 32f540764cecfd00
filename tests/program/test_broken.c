/* Broken programmes: each case of broken.txt is refused with exactly its messages at exactly its
 * places.
 *
 * The file is a table: "# case: NAME", the programme, "# expect:", the messages. A name that ends
 * in
 * "[schema]" is one that the JSON Schema refuses as well (schema_samples.py looks at that). To add
 * a case, write it with what should be said, not with what is said.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support.h"

#define CASE_MAXIMUM 400

struct broken_case {
    char name[128];
    struct text program;
    struct text expected;
};

static struct broken_case cases[CASE_MAXIMUM];
static struct CMUnitTest tests[CASE_MAXIMUM];

static void is_refused_as_expected(void **state)
{
    const struct broken_case *broken = *state;
    struct loaded loaded;
    support_load(&loaded, broken->program);
    assert_int_equal(loaded.status, STATUS_INVALID);
    assert_null(loaded.program);
    struct text said = buffer_text(&loaded.said);
    char *terminated = strndup(said.bytes, said.length);
    char *expected = strndup(broken->expected.bytes, broken->expected.length);
    assert_string_equal(terminated, expected);
    free(terminated);
    free(expected);
    support_unload(&loaded);
}

/* Where `mark` begins in `text`, or its end. */
static size_t find(struct text text, const char *mark)
{
    const char *found = strstr(text.bytes, mark);
    size_t at = found == NULL ? text.length : (size_t)(found - text.bytes);
    return at < text.length ? at : text.length;
}

static struct text skip_bytes(struct text text, size_t bytes)
{
    return (struct text){text.bytes + bytes, text.length - bytes};
}

static size_t read_cases(struct text rest)
{
    static const char *const begin = "# case: ";
    static const char *const expect = "# expect:\n";
    size_t count = 0;
    rest = skip_bytes(rest, find(rest, begin));
    while (rest.length > 0 && count < CASE_MAXIMUM) {
        struct broken_case *broken = &cases[count];
        rest = skip_bytes(rest, strlen(begin));
        size_t name_length = find(rest, "\n");
        ASSERT(name_length < sizeof broken->name);
        memcpy(broken->name, rest.bytes, name_length);
        rest = skip_bytes(rest, name_length + 1);
        size_t program_length = find(rest, expect);
        broken->program = (struct text){rest.bytes, program_length};
        rest = skip_bytes(rest, program_length + strlen(expect));
        size_t expected_length = find(rest, begin);
        broken->expected = (struct text){rest.bytes, expected_length};
        rest = skip_bytes(rest, expected_length);
        tests[count] =
            (struct CMUnitTest){broken->name, is_refused_as_expected, NULL, NULL, broken};
        count++;
    }
    return count;
}

int main(int count, char **words)
{
    if (count == 2) source_root = words[1];
    struct text table = support_read("tests/program/broken.txt");
    size_t case_count = read_cases(table);
    ASSERT(case_count >= 60);
    int failed = _cmocka_run_group_tests("broken programmes", tests, case_count, NULL, NULL);
    support_free(table);
    return failed;
}
