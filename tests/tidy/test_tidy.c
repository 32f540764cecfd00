/* Tests of tidy: each bad sample is found, line by line, and nothing else is.
 *
 * A sample's line says what is to be found in it: WANT: and the rule's name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "rules.h"

#define ARENA_MAXIMUM ((size_t)16 << 20)

static struct arena arena;

static struct text read_sample(const char *path)
{
    char name[512];
    snprintf(name, sizeof name, "%s/tests/tidy/samples/%s", getenv("GUERDON_SOURCE"), path);
    FILE *file = fopen(name, "rb");
    assert_non_null(file);
    char *bytes = arena_allocate(&arena, 65536);
    assert_non_null(bytes);
    size_t length = fread(bytes, 1, 65536, file);
    assert_true(length > 0 && length < 65536);
    fclose(file);
    return (struct text){bytes, length};
}

static struct problem_list check(const char *path, struct text bytes)
{
    struct problem_list findings;
    problem_list_init(&findings, &arena);
    struct source source;
    assert_int_equal(source_read(&arena, text_of(path), bytes, &source), STATUS_OK);
    assert_int_equal(rules_check(&arena, &source, &findings), STATUS_OK);
    assert_int_equal(findings.dropped, 0);
    return findings;
}

/* The rule that a line wants to be found, "" if none. */
static struct text wanted(struct text line)
{
    struct text marker = TEXT("WANT: ");
    for (size_t at = 0; at + marker.length <= line.length; at++) {
        struct text here = {line.bytes + at, line.length - at};
        if (!text_starts_with(here, marker)) continue;
        size_t end = marker.length;
        while (end < here.length &&
               ((here.bytes[end] >= 'a' && here.bytes[end] <= 'z') || here.bytes[end] == '-')) {
            end++;
        }
        return (struct text){here.bytes + marker.length, end - marker.length};
    }
    return TEXT("");
}

static bool is_found(const struct problem_list *findings, uint32_t line, struct text rule)
{
    for (size_t i = 0; i < findings->count; i++) {
        const struct problem *problem = &findings->items[i];
        if (problem->position.line != line) continue;
        if (text_starts_with(problem->message, rule) &&
            problem->message.bytes[rule.length] == ':') {
            return true;
        }
    }
    return false;
}

static void expect_what_it_wants(const char *path)
{
    struct text bytes = read_sample(path);
    struct problem_list findings = check(path, bytes);
    size_t wanted_count = 0;
    uint32_t line_number = 0;
    struct text rest = bytes;
    while (!text_is_empty(rest)) {
        struct text rule = wanted(text_split(rest, '\n', &rest));
        line_number++;
        if (text_is_empty(rule)) continue;
        wanted_count++;
        if (!is_found(&findings, line_number, rule)) {
            fail_msg("%s:%u: %.*s is not found", path, line_number, TEXT_ARGUMENTS(rule));
        }
    }
    if (findings.count == wanted_count) return;
    for (size_t i = 0; i < findings.count; i++) {
        print_error("%s:%u: %.*s\n", path, findings.items[i].position.line,
                    TEXT_ARGUMENTS(findings.items[i].message));
    }
    fail_msg("%s: %zu findings, %zu wanted", path, findings.count, wanted_count);
}

static void every_bad_sample_is_found_and_nothing_else(void **state)
{
    (void)state;
    static const char *const samples[] = {
        "src/engine/calls.c",        "src/engine/unclosed.h", "src/engine/short.c",
        "src/backtest/allowed.c",    "src/base/floating.c",   "src/cli/empty_header.c",
        "tests/engine/test_inner.c", "fuzz/fuzz_yaml.c",      "src/cel/doubles.c",
    };
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        expect_what_it_wants(samples[i]);
        arena_clear(&arena);
    }
}

/* A file with one function of `lines` lines, then `more` empty ones. */
static struct text write_function(int lines, int more)
{
    struct buffer buffer;
    buffer_init(&buffer, 65536);
    struct text header = TEXT("/* A file that a test writes, long as it wants it. */\n\n");
    assert_int_equal(buffer_add(&buffer, header), STATUS_OK);
    assert_int_equal(buffer_add(&buffer, TEXT("static int f(void)\n{\n")), STATUS_OK);
    for (int i = 0; i < lines - 3; i++) {
        assert_int_equal(buffer_add(&buffer, TEXT("    { g(); }\n")), STATUS_OK);
    }
    assert_int_equal(buffer_add(&buffer, TEXT("}\n")), STATUS_OK);
    for (int i = 0; i < more; i++) {
        assert_int_equal(buffer_add_byte(&buffer, '\n'), STATUS_OK);
    }
    struct text text = arena_copy(&arena, buffer_text(&buffer));
    buffer_release(&buffer);
    return text;
}

static void a_function_of_seventy_lines_passes_and_one_more_does_not(void **state)
{
    (void)state;
    assert_int_equal(check("src/cli/f.c", write_function(70, 0)).count, 0);
    struct problem_list findings = check("src/cli/f.c", write_function(71, 0));
    assert_int_equal(findings.count, 1);
    assert_true(is_found(&findings, 3, TEXT("function-length")));
}

static void a_file_of_nine_hundred_lines_passes_and_one_more_does_not(void **state)
{
    (void)state;
    assert_int_equal(check("src/cli/f.c", write_function(10, 888)).count, 0);
    struct problem_list findings = check("src/cli/f.c", write_function(10, 889));
    assert_int_equal(findings.count, 1);
    assert_true(is_found(&findings, 1, TEXT("file-length")));
}

static void a_comment_or_string_without_end_is_an_error_not_a_crash(void **state)
{
    (void)state;
    static const char *const broken[] = {"/*",    "/* x",        "\"x", "'",
                                         "\"x\\", "#include <x", "a /", "\\"};
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        struct source source;
        enum status status = source_read(&arena, TEXT("src/cli/x.c"), text_of(broken[i]), &source);
        assert_int_equal(status, i < 5 ? STATUS_SYNTAX : STATUS_OK);
    }
}

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, ARENA_MAXIMUM);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_bad_sample_is_found_and_nothing_else),
        cmocka_unit_test(a_function_of_seventy_lines_passes_and_one_more_does_not),
        cmocka_unit_test(a_file_of_nine_hundred_lines_passes_and_one_more_does_not),
        cmocka_unit_test(a_comment_or_string_without_end_is_an_error_not_a_crash),
    };
    return cmocka_run_group_tests_name("tidy", tests, set_up, tear_down);
}
