/* Tests of bench/reply_lines: lines and failures are found wherever the pieces end. */
#include "check.h"

#include "reply_lines.h"

static void assert_lines(const char *text, uint32_t count, uint32_t failed)
{
    size_t length = strlen(text);
    for (size_t cut = 0; cut <= length; cut++) {
        struct reply_lines lines;
        reply_lines_clear(&lines);
        reply_lines_add(&lines, text, cut);
        reply_lines_add(&lines, text + cut, length - cut);
        reply_lines_end(&lines);
        assert_int_equal(count, lines.count);
        assert_int_equal(failed, lines.failed);
    }
}

static void lines_are_counted_with_and_without_the_last_line_feed(void **state)
{
    (void)state;
    assert_lines("", 0, 0);
    assert_lines("\n\n", 0, 0);
    assert_lines("{}", 1, 0);
    assert_lines("{}\n", 1, 0);
    assert_lines("{}\n{}\n\n{}", 3, 0);
}

static void a_line_with_a_status_of_4xx_or_5xx_has_failed_once(void **state)
{
    (void)state;
    assert_lines("{\"status\":422}\n{\"status\":200}\n{\"status\": 503}", 3, 2);
    assert_lines("{\"status\":422,\"status\":500}\n", 1, 1);
    assert_lines("{\"code\":\"x\",\"\"status\":404}\n", 1, 1);
}

static void another_member_or_another_value_is_no_failure(void **state)
{
    (void)state;
    assert_lines("{\"state\":422}\n{\"status\":\"open\"}\n{\"status\":40", 3, 1);
    assert_lines("{\"status\n\":422}", 2, 0);
    assert_lines("{\"my_status\":422}\n", 1, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_counted_with_and_without_the_last_line_feed),
        cmocka_unit_test(a_line_with_a_status_of_4xx_or_5xx_has_failed_once),
        cmocka_unit_test(another_member_or_another_value_is_no_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
