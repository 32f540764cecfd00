/* Tests of backtest/report_text: what a reader in a terminal sees, and that no line is wider than
 * it should be, whatever the names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "backtest/report_sheet.h"
#include "report_example.h"

struct fixture {
    struct arena arena;
    struct buffer out;
};

static int set_up(void **state)
{
    static struct fixture fixture;
    arena_init(&fixture.arena, (size_t)256 << 20);
    buffer_init(&fixture.out, (size_t)16 << 20);
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    buffer_release(&fixture->out);
    arena_release(&fixture->arena);
    return 0;
}

static struct text printed(struct fixture *fixture, const struct totals *const *totals,
                           uint32_t count, bool colour)
{
    struct comparison comparison = example_comparison(totals, count);
    buffer_clear(&fixture->out);
    assert_int_equal(STATUS_OK, report_text(&comparison, colour, &fixture->out));
    return buffer_text(&fixture->out);
}

static bool holds(struct text text, const char *part)
{
    return memmem(text.bytes, text.length, part, strlen(part)) != NULL;
}

#define assert_holds(text, part)                                                                   \
    do {                                                                                           \
        if (!holds(text, part)) print_message("missing: %s\n%.*s", part, TEXT_ARGUMENTS(text));    \
        assert_true(holds(text, part));                                                            \
    } while (0)

/* Whether the text has these words, wherever its lines are broken. */
static bool says(struct text text, const char *words)
{
    static char flat[1 << 16];
    size_t length = 0;
    for (size_t k = 0; k < text.length && length < sizeof flat; k++) {
        bool is_space = text.bytes[k] == ' ' || text.bytes[k] == '\n';
        if (is_space && length > 0 && flat[length - 1] == ' ') continue;
        flat[length++] = is_space ? ' ' : text.bytes[k];
    }
    return holds((struct text){flat, length}, words);
}

static size_t widest_line(struct text text)
{
    size_t widest = 0;
    while (!text_is_empty(text)) {
        struct text line = text_split(text, '\n', &text);
        size_t width = text_columns(line);
        if (width > widest) widest = width;
    }
    return widest;
}

static void one_programme_shows_points_their_value_and_their_share_of_sales(void **state)
{
    struct fixture *fixture = *state;
    const struct totals *totals[] = {example_retail(&fixture->arena)};
    struct text text = printed(fixture, totals, 1, false);
    assert_holds(text, "Plain points (retail-plain)\n");
    assert_holds(text, "back-tested over orders.csv.zst, 2010-12-01 to 2011-12-09\n");
    assert_holds(text, "\nWallet: points\n");
    assert_holds(
        text, "  Issued                                        8,902,670  89,026.70       1.06%\n");
    assert_holds(
        text, "  Taken back on returns                           516,114   5,161.14       0.06%\n");
    assert_holds(
        text, "  Outstanding                                   8,386,556  83,865.56       1.00%\n");
    assert_holds(text, "  Orders of members                                   18,536\n");
    assert_holds(text, "    Units matched to a purchase                      250,838\n");
    assert_holds(text, "    Their share of all sales                           16.4%\n");
    assert_holds(
        text, "  base                                 18,536  8,902,670       100.0%  89,026.70\n");
    assert_holds(text, "  Silver                                              2         66.7%\n");
    assert_true(says(text, "- Nobody redeems in this run"));
    assert_holds(text, "- Balances are those of 2012-01-01T00:00:00Z:");
    assert_false(holds(text, "milestone"));
    assert_true(widest_line(text) <= 80);
}

static void two_programmes_show_their_difference_within_80_columns(void **state)
{
    struct fixture *fixture = *state;
    struct totals *second = example_retail(&fixture->arena);
    second->wallets[0].taken_back = 484628;
    second->wallets[0].shortfall = 31486;
    second->wallets[0].expired = 5949884;
    second->wallets[0].outstanding = 2468158;
    second->members[2].issued = 12;
    const struct totals *totals[] = {example_retail(&fixture->arena), second};
    struct text text = printed(fixture, totals, 2, false);
    assert_holds(text, "2 programmes side by side\n");
    assert_holds(text, "  A  Plain points (retail-plain)\n  B  Plain points (retail-plain)\n");
    assert_holds(text, "Orders, the same for each programme\n");
    assert_holds(text, "B less A\n");
    assert_holds(
        text, "  Issued                                    8,902,670      8,902,670           =\n");
    assert_holds(
        text, "  Expired                                           0      5,949,884  +5,949,884\n");
    assert_holds(
        text, "  Outstanding                               8,386,556      2,468,158  -5,918,398\n");
    assert_holds(text, "  Members who keep more                                     1\n");
    assert_holds(text, "  Points kept more, in all                                 12\n");
    assert_true(widest_line(text) <= 80);
}

static void seven_programmes_show_their_differences_under_each_figure(void **state)
{
    struct fixture *fixture = *state;
    struct totals *other = example_retail(&fixture->arena);
    other->wallets[0].pending = 1000;
    const struct totals *first = example_retail(&fixture->arena);
    const struct totals *totals[] = {first, first, first, other, first, first, first};
    struct text text = printed(fixture, totals, 7, false);
    assert_holds(text, "7 programmes side by side\n");
    assert_holds(text, "  G  Plain points (retail-plain)\n");
    assert_holds(text, "+1,000");
    assert_false(holds(text, "B less A"));
}

static void shops_of_every_shape_can_be_shown(void **state)
{
    struct fixture *fixture = *state;
    static const struct example_options shapes[] = {
        {.id = "empty", .title = ""},
        {.id = "one", .title = "One", .members = 1, .months = 1, .points_percent = 100},
        {.id = "worthless", .title = "Zero", .members = 9, .months = 2, .is_worthless = true},
        {.id = "debt",
         .title = "Debt",
         .members = 90,
         .months = 5,
         .points_percent = 100,
         .is_in_debt = true,
         .has_liability = true,
         .rules = 1},
        {.id = "tiers",
         .title = "Many",
         .members = 900,
         .months = 120,
         .points_percent = 100,
         .levels = 50,
         .rules = 40,
         .rewards = 12,
         .redeemed_percent = 4,
         .has_liability = true},
    };
    size_t count = sizeof shapes / sizeof *shapes;
    for (size_t k = 0; k < count; k++) {
        const struct totals *shop = example_shop(&fixture->arena, &shapes[k]);
        const struct totals *totals[] = {shop, shop};
        assert_true(widest_line(printed(fixture, totals, 1, false)) <= 80);
        assert_true(widest_line(printed(fixture, totals, 2, false)) <= 80);
    }
}

static void a_wallet_without_a_liability_shows_no_money_and_says_why(void **state)
{
    struct fixture *fixture = *state;
    struct totals *totals = example_retail(&fixture->arena);
    totals->program->wallets[0].has_liability = false;
    const struct totals *list[] = {totals};
    struct text text = printed(fixture, list, 1, false);
    assert_false(holds(text, "% of sales"));
    assert_false(holds(text, "Cost of the programme"));
    assert_true(says(text, "the programme does not say what finance books for a point"));
}

static void a_liability_in_another_currency_is_left_out(void **state)
{
    struct fixture *fixture = *state;
    struct totals *totals = example_retail(&fixture->arena);
    struct program *program = example_own_program(&fixture->arena, totals);
    program->currencies = arena_new_array(&fixture->arena, struct currency, 2);
    program->currencies[0] = (struct currency){TEXT("GBP"), 2};
    program->currencies[1] = (struct currency){TEXT("EUR"), 2};
    program->wallets[0].liability_currency = 1;
    const struct totals *list[] = {totals};
    struct text text = printed(fixture, list, 1, false);
    assert_false(holds(text, "Cost of the programme"));
    assert_true(says(text, "not the currency of the orders"));
}

static void wide_and_combining_characters_keep_the_columns_straight(void **state)
{
    struct fixture *fixture = *state;
    struct totals *totals = example_retail(&fixture->arena);
    totals->program->rules[0].id = TEXT("\xE6\x97\xA5\xE6\x9C\xAC e\xCC\x81"); /* 日本 é */
    const struct totals *list[] = {totals};
    struct text text = printed(fixture, list, 1, false);
    size_t expected = text_columns(TEXT("  base                                 18,536"));
    const char *row = memmem(text.bytes, text.length, "  \xE6\x97\xA5", 5);
    assert_non_null(row);
    size_t left = text.length - (size_t)(row - text.bytes);
    const char *end = memmem(row, left, "18,536", 6);
    assert_non_null(end);
    assert_int_equal(expected, text_columns((struct text){row, (size_t)(end - row) + 6}));
}

static void no_name_can_give_the_terminal_a_command(void **state)
{
    struct fixture *fixture = *state;
    struct totals *totals = example_retail(&fixture->arena);
    struct program *program = example_own_program(&fixture->arena, totals);
    program->title = TEXT("a\x1b[2Jb\rc\x07\xC2\x9B"
                          "d\xFF");
    program->rules[0].id = TEXT("x\x1b]0;y\x07\n");
    const struct totals *list[] = {totals};
    struct text text = printed(fixture, list, 1, false);
    for (size_t k = 0; k < text.length; k++)
        assert_true((unsigned char)text.bytes[k] >= ' ' || text.bytes[k] == '\n');
    assert_holds(text, "a?[2Jb?c??d? (retail-plain)\n");
    assert_false(holds(text, "\xC2\x9B"));
}

static void colour_is_written_only_when_asked_for(void **state)
{
    struct fixture *fixture = *state;
    const struct totals *list[] = {example_retail(&fixture->arena)};
    assert_false(holds(printed(fixture, list, 1, false), "\x1b"));
    assert_holds(printed(fixture, list, 1, true), "\x1b[1mPlain points (retail-plain)");
}

static void assumptions_are_said(void **state)
{
    struct fixture *fixture = *state;
    struct totals *totals = example_retail(&fixture->arena);
    totals->has_pending_without_end = true;
    const struct totals *list[] = {totals};
    struct comparison comparison = example_comparison(list, 1);
    comparison.redeem = TEXT("5-off@0.3");
    assert_int_equal(STATUS_OK, report_text(&comparison, false, &fixture->out));
    struct text text = buffer_text(&fixture->out);
    assert_true(says(text, "a share of 0.3 of the members, chosen by their id, takes"));
    assert_true(says(text, "the reward 5-off as soon as it can be paid"));
    assert_true(says(text, "points without `at_latest` stay pending"));
    buffer_clear(&fixture->out);
    comparison.redeem = TEXT("5-off");
    assert_int_equal(STATUS_OK, report_text(&comparison, false, &fixture->out));
    assert_true(says(buffer_text(&fixture->out), "Assumed: every member takes the reward 5-off"));
}

static void lines_that_cannot_be_read_are_shown_with_their_numbers(void **state)
{
    struct fixture *fixture = *state;
    const struct totals *list[] = {example_retail(&fixture->arena)};
    struct comparison comparison = example_comparison(list, 1);
    struct problem_list problems;
    problem_list_init(&problems, &fixture->arena);
    problem_add(&problems, TEXT("orders.csv"), (struct position){17, 0},
                "2011-02-30 is no date; the month has 28 days");
    comparison.unreadable = &problems;
    assert_int_equal(STATUS_OK, report_text(&comparison, false, &fixture->out));
    assert_holds(buffer_text(&fixture->out), "The first lines that cannot be read\n"
                                             "  line 17: 2011-02-30 is no date; the month has 28 "
                                             "days\n");
}

static void the_largest_amounts_are_shown_or_refused_but_never_wrapped(void **state)
{
    struct fixture *fixture = *state;
    struct totals *totals = example_retail(&fixture->arena);
    totals->wallets[0].issued = INT64_MAX;
    totals->wallets[0].outstanding = INT64_MIN;
    const struct totals *list[] = {totals};
    assert_holds(printed(fixture, list, 1, false), "9,223,372,036,854,775,807");
    const struct totals *first[] = {example_retail(&fixture->arena), totals};
    struct comparison comparison = example_comparison(first, 2);
    buffer_clear(&fixture->out);
    assert_int_equal(STATUS_OVERFLOW, report_text(&comparison, false, &fixture->out));
    assert_int_equal(0, fixture->out.length);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_programme_shows_points_their_value_and_their_share_of_sales),
        TEST(two_programmes_show_their_difference_within_80_columns),
        TEST(seven_programmes_show_their_differences_under_each_figure),
        TEST(shops_of_every_shape_can_be_shown),
        TEST(a_wallet_without_a_liability_shows_no_money_and_says_why),
        TEST(a_liability_in_another_currency_is_left_out),
        TEST(wide_and_combining_characters_keep_the_columns_straight),
        TEST(no_name_can_give_the_terminal_a_command),
        TEST(colour_is_written_only_when_asked_for),
        TEST(assumptions_are_said),
        TEST(lines_that_cannot_be_read_are_shown_with_their_numbers),
        TEST(the_largest_amounts_are_shown_or_refused_but_never_wrapped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
