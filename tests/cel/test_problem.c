/* Tests of cel/problem: places in a source of any shape, and the caret below them. */
#include "tree.h"

static void a_place_is_a_line_and_a_character(void **state)
{
    (void)state;
    static const struct {
        const char *source;
        uint32_t offset;
        uint32_t line;
        uint32_t column;
    } cases[] = {
        {"", 0, 1, 1},
        {"", 9, 1, 1},
        {"abc", 0, 1, 1},
        {"abc", 2, 1, 3},
        {"abc", 3, 1, 4},
        {"abc", 99, 1, 4},
        {"a\nbc", 1, 1, 2},
        {"a\nbc", 2, 2, 1},
        {"a\nbc", 4, 2, 3},
        {"a\r\nbc", 3, 2, 1},
        {"a\r\nbc", 1, 1, 2},
        {"a\n\nb", 2, 2, 1},
        {"a\n", 2, 2, 1},
        {"\xC3\xA9\xC3\xA9x", 4, 1, 3},
        {"\xF0\x9F\x98\x80x", 4, 1, 2},
        {"\xFF\xFFx", 2, 1, 3},
        {"\ta", 1, 1, 2},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct position position = cel_position(text_of(cases[i].source), cases[i].offset);
        assert_int_equal(position.line, cases[i].line);
        assert_int_equal(position.column, cases[i].column);
    }
}

static void the_caret_stands_below_the_place(void **state)
{
    static const struct {
        const char *source;
        uint32_t offset;
        const char *printed;
    } cases[] = {
        {"abc", 0, "1:1: wrong\nabc\n^\n"},
        {"abc", 2, "1:3: wrong\nabc\n  ^\n"},
        {"abc", 3, "1:4: wrong\nabc\n   ^\n"},
        {"", 0, "1:1: wrong\n\n^\n"},
        {"a\nbcd\ne", 3, "2:2: wrong\nbcd\n ^\n"},
        {"a\r\nbcd\r\ne", 4, "2:2: wrong\nbcd\n ^\n"},
        {"\ta\tb", 3, "1:4: wrong\n\ta\tb\n\t \t^\n"},
        {"\xE6\x97\xA5\xE6\x9C\xAC"
         "b",
         6,
         "1:3: wrong\n\xE6\x97\xA5\xE6\x9C\xAC"
         "b\n    ^\n"},
        {"\xF0\x9F\x98\x80 b", 5, "1:3: wrong\n\xF0\x9F\x98\x80 b\n   ^\n"},
        {"\xEF\xBC\xA1"
         "b",
         3,
         "1:2: wrong\n\xEF\xBC\xA1"
         "b\n  ^\n"},
        {"\xEA\xB0\x80"
         "b",
         3,
         "1:2: wrong\n\xEA\xB0\x80"
         "b\n  ^\n"},
        {"e\xCC\x81"
         "b",
         3,
         "1:3: wrong\ne\xCC\x81"
         "b\n ^\n"},
        {"\xC3\xA9"
         "b",
         2,
         "1:2: wrong\n\xC3\xA9"
         "b\n ^\n"},
        {"a\x1B[2Jb", 5, "1:6: wrong\na [2Jb\n     ^\n"},
    };
    struct reading *reading = *state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        reading_begin(reading);
        cel_problem_add(&reading->problems, cases[i].offset, "%s", "wrong");
        assert_ok(cel_problem_print(text_of(cases[i].source), &reading->problems.items[0],
                                    &reading->out));
        assert_text(cases[i].printed, buffer_text(&reading->out));
    }
}

static void a_wide_place_is_told_in_characters(void **state)
{
    struct reading *reading = *state;
    reading_begin(reading);
    struct text source = TEXT("name == '\xE6\x97\xA5\xE6\x9C\xAC' and a");
    struct cel_node *root = NULL;
    assert_status(STATUS_SYNTAX, reading_parse(reading, source, &root));
    assert_ok(cel_problem_print(source, &reading->problems.items[0], &reading->out));
    assert_text("1:14: 'and' is written '&&'\n"
                "name == '\xE6\x97\xA5\xE6\x9C\xAC' and a\n"
                "               ^\n",
                buffer_text(&reading->out));
}

static void of_a_long_line_the_part_around_the_place_is_shown(void **state)
{
    struct reading *reading = *state;
    reading_begin(reading);
    char source[1001];
    memset(source, 'a', 1000);
    source[1000] = '\0';
    source[500] = 'X';
    cel_problem_add(&reading->problems, 500, "wrong");
    assert_ok(cel_problem_print(text_of(source), &reading->problems.items[0], &reading->out));
    struct text rest = buffer_text(&reading->out);
    assert_text("1:501: wrong", text_split(rest, '\n', &rest));
    struct text line = text_split(rest, '\n', &rest);
    struct text caret = text_split(rest, '\n', &rest);
    assert_true(line.length < 200);
    assert_true(text_starts_with(line, TEXT("...")));
    assert_true(text_ends_with(line, TEXT("...")));
    assert_int_equal(caret.bytes[caret.length - 1], '^');
    assert_int_equal(line.bytes[caret.length - 1], 'X');
}

static void no_more_than_50_problems_are_kept(void **state)
{
    struct reading *reading = *state;
    reading_begin(reading);
    for (uint32_t i = 0; i < CEL_PROBLEM_MAXIMUM + 10; i++)
        cel_problem_add(&reading->problems, i, "wrong %u", i);
    assert_int_equal(reading->problems.count, CEL_PROBLEM_MAXIMUM);
    assert_text("wrong 0", reading->problems.items[0].message);
    assert_text("wrong 49", reading->problems.items[CEL_PROBLEM_MAXIMUM - 1].message);
}

static void a_problem_without_memory_is_still_a_problem(void **state)
{
    (void)state;
    struct arena empty;
    arena_init(&empty, 0);
    struct cel_problems problems = {.arena = &empty};
    cel_problem_add(&problems, 3, "wrong");
    assert_int_equal(problems.count, 1);
    assert_int_equal(problems.items[0].position, 3);
    assert_true(problems.items[0].message.length > 0);
    arena_release(&empty);
}

static void a_place_does_not_fit_into_too_small_a_buffer(void **state)
{
    (void)state;
    struct cel_problem problem = {1, TEXT("wrong")};
    for (size_t maximum = 0; maximum < 17; maximum++) {
        struct buffer small;
        buffer_init(&small, maximum);
        assert_status(STATUS_LIMIT, cel_problem_print(TEXT("abc"), &problem, &small));
        buffer_release(&small);
    }
}

/* An expression is read in an arena of any size: to its end, or not at all. */
static void what_finds_no_memory_is_not_read(void **state)
{
    (void)state;
    struct text source = TEXT("a.b.all(x, x in [1, ?2]) ? {'k\\n': N{f: -1}} : c.optMap(y, 'd' + y)"
                              " || e && math.least(1, 2, 3) == cel.bind(z, 0u, z)");
    size_t maximum = 0;
    enum status status = STATUS_NO_MEMORY;
    while (status == STATUS_NO_MEMORY) {
        assert_true(maximum < (size_t)1 << 20);
        struct arena arena;
        arena_init(&arena, maximum);
        struct cel_problems problems = {.arena = &arena};
        struct cel_node *root = NULL;
        status = cel_parse(&arena, source, &problems, &root);
        assert_int_equal(root != NULL, status == STATUS_OK);
        arena_release(&arena);
        maximum += 16;
    }
    assert_status(STATUS_OK, status);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_place_is_a_line_and_a_character),
        cmocka_unit_test(the_caret_stands_below_the_place),
        cmocka_unit_test(a_wide_place_is_told_in_characters),
        cmocka_unit_test(of_a_long_line_the_part_around_the_place_is_shown),
        cmocka_unit_test(no_more_than_50_problems_are_kept),
        cmocka_unit_test(a_problem_without_memory_is_still_a_problem),
        cmocka_unit_test(a_place_does_not_fit_into_too_small_a_buffer),
        cmocka_unit_test(what_finds_no_memory_is_not_read),
    };
    return cmocka_run_group_tests(tests, reading_set_up, reading_tear_down);
}
