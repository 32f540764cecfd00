/* Tests of the report's charts and distributions: that columns stand where their values say, that
 * axes are round, and that every member is counted once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "backtest/report_chart.h"
#include "backtest/report_distribution.h"
#include "report_example.h"

struct fixture {
    struct arena arena;
    struct buffer out;
    struct sheet sheet;
};

static int set_up(void **state)
{
    static struct fixture fixture;
    arena_init(&fixture.arena, (size_t)256 << 20);
    buffer_init(&fixture.out, (size_t)16 << 20);
    sheet_init(&fixture.sheet, &fixture.out);
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    int result = sheet_finish(&fixture->sheet) == STATUS_OK ? 0 : -1;
    buffer_release(&fixture->out);
    arena_release(&fixture->arena);
    return result;
}

static bool holds(struct text text, const char *part)
{
    return memmem(text.bytes, text.length, part, strlen(part)) != NULL;
}

static const struct text three_labels[] = {{"a", 1}, {"b", 1}, {"c", 1}};

static struct chart chart_of(const struct chart_series *series, uint32_t count,
                             enum chart_kind kind)
{
    return (struct chart){.kind = kind,
                          .sentence = TEXT("three"),
                          .unit = TEXT("points"),
                          .count = 3,
                          .labels = three_labels,
                          .full_labels = three_labels,
                          .series = series,
                          .series_count = count};
}

static void stacks_add_up_on_both_sides_of_zero(void **state)
{
    (void)state;
    static const int64_t one[] = {10, 20, -5};
    static const int64_t two[] = {1, 2, -3};
    static const int64_t out[] = {4, 30, 0};
    const struct chart_series series[] = {{TEXT("one"), one, "s0", false},
                                          {TEXT("two"), two, "s1", false},
                                          {TEXT("out"), out, "s2", true}};
    int64_t low = 1;
    int64_t high = 1;
    struct chart chart = chart_of(series, 3, CHART_STACKED);
    chart_range(&chart, &low, &high);
    assert_int_equal(-30, low);
    assert_int_equal(22, high);
    chart.kind = CHART_GROUPED;
    chart_range(&chart, &low, &high);
    assert_int_equal(-30, low);
    assert_int_equal(20, high);
}

static struct text drawn(struct fixture *fixture, const struct chart *chart)
{
    buffer_clear(&fixture->out);
    chart_draw(&fixture->sheet, chart);
    assert_int_equal(STATUS_OK, fixture->sheet.status);
    return buffer_text(&fixture->out);
}

static void axes_have_round_steps_and_say_their_thousands(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        int64_t most;
        int32_t decimals;
        const char *unit;
        const char *tick;
    } cases[] = {
        {0, 0, ">points<", ">1<"},
        {1, 0, ">points<", ">1<"},
        {7, 0, ">points<", ">7<"},
        {97, 0, ">points<", ">80<"},
        {7900, 0, ">points<", ">8,000<"},
        {130000, 0, ">thousand points<", ">100<"},
        {15000000, 0, ">million points<", ">10<"},
        {123456, 2, ">points<", ">1,200<"},
        {INT64_MAX, 0, ">thousand million points<", ">2,000,000,000<"},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        const int64_t values[] = {0, cases[k].most, 0};
        const struct chart_series series = {TEXT("one"), values, "s0", false};
        struct chart chart = chart_of(&series, 1, CHART_STACKED);
        chart.decimals = cases[k].decimals;
        struct text svg = drawn(fixture, &chart);
        if (!holds(svg, cases[k].unit) || !holds(svg, cases[k].tick))
            fail_msg("case %zu: %.*s", k, TEXT_ARGUMENTS(svg));
    }
}

/* The next number of a path, in tenths of a pixel. */
static int64_t take_tenths(struct text *path)
{
    while (path->length > 0 && (path->bytes[0] < '0' || path->bytes[0] > '9'))
        *path = (struct text){path->bytes + 1, path->length - 1};
    struct text number = {path->bytes, 0};
    while (number.length < path->length &&
           (number.bytes[number.length] == '.' ||
            (number.bytes[number.length] >= '0' && number.bytes[number.length] <= '9')))
        number.length++;
    *path = (struct text){path->bytes + number.length, path->length - number.length};
    int64_t tenths = 0;
    assert_int_equal(STATUS_OK, amount_parse(number, 1, &tenths));
    return tenths;
}

static void a_column_of_half_the_height_ends_in_the_middle(void **state)
{
    struct fixture *fixture = *state;
    static const int64_t values[] = {100, 50, 0};
    const struct chart_series series = {TEXT("one"), values, "s0", false};
    struct chart chart = chart_of(&series, 1, CHART_STACKED);
    struct text svg = drawn(fixture, &chart);
    const char *path = memmem(svg.bytes, svg.length, "<path class=\"column s0\" d=\"M", 28);
    assert_non_null(path);
    struct text columns = {path + 27, svg.length - (size_t)(path + 27 - svg.bytes)};
    int64_t numbers[9] = {0}; /* x, top, width, bottom and width, twice */
    for (size_t k = 0; k < 9; k++)
        numbers[k] = take_tenths(&columns);
    assert_int_equal(numbers[3], numbers[8]);
    assert_int_equal(numbers[3] - numbers[1], 2 * (numbers[8] - numbers[6]));
}

static void nothing_to_show_draws_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct chart chart = chart_of(NULL, 0, CHART_LINES);
    assert_int_equal(0, drawn(fixture, &chart).length);
    static const int64_t values[] = {1, 2, 3};
    const struct chart_series series = {TEXT("one"), values, "s0", false};
    chart = chart_of(&series, 1, CHART_LINES);
    chart.count = 0;
    assert_int_equal(0, drawn(fixture, &chart).length);
}

static void short_numbers_are_short(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        int64_t value;
        int32_t decimals;
        const char *shown;
    } cases[] = {
        {0, 0, "0"},           {999, 0, "999"}, {1000, 0, "1k"}, {-2500, 0, "-2.5k"},
        {1234567, 0, "1.23M"}, {5000, 2, "50"}, {150, 2, "1.5"}, {INT64_MAX, 0, "9223.37qd"},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        struct text shown = short_number(&fixture->sheet, cases[k].value, cases[k].decimals);
        if (!text_equal(shown, text_of(cases[k].shown)))
            fail_msg("case %zu: %.*s", k, TEXT_ARGUMENTS(shown));
    }
}

static void every_member_is_in_one_bin(void **state)
{
    struct fixture *fixture = *state;
    struct totals *totals = example_retail(&fixture->arena);
    static const int64_t issued[] = {0, 1, 2, 4, 5, 9, 10, 19, 20, -1, -49, -50, 1000, INT64_MAX};
    uint64_t count = sizeof issued / sizeof *issued;
    totals->members = arena_new_array(&fixture->arena, struct member_totals, count);
    totals->member_count = count;
    for (uint64_t k = 0; k < count; k++)
        totals->members[k].issued = issued[k];
    const struct totals *list[] = {totals};
    struct comparison comparison = example_comparison(list, 1);
    struct histogram histogram;
    histogram_of_points(&fixture->sheet, &comparison, &histogram);
    static const struct {
        const char *label;
        int64_t members;
        int32_t sign;
    } bins[] = {{"\xE2\x88\x92"
                 "50",
                 1, -1},
                {"\xE2\x88\x92"
                 "20",
                 1, -1},
                {"\xE2\x88\x92"
                 "1",
                 1, -1},
                {"0", 1, 0},
                {"1", 1, 1},
                {"2", 2, 1},
                {"5", 2, 1},
                {"10", 2, 1},
                {"20", 1, 1},
                {"1k", 1, 1}};
    int64_t all = 0;
    for (uint32_t k = 0; k < histogram.count; k++)
        all += histogram.members[0][k];
    assert_int_equal(count, all);
    for (size_t b = 0; b < sizeof bins / sizeof *bins; b++) {
        uint32_t found = 0;
        while (found < histogram.count &&
               !text_equal(histogram.labels[found], text_of(bins[b].label)))
            found++;
        if (found == histogram.count) fail_msg("no bin %s", bins[b].label);
        assert_int_equal(bins[b].members, histogram.members[0][found]);
        assert_int_equal(bins[b].sign, histogram.signs[found]);
    }
}

static void tenths_hold_every_buyer_once_and_the_highest_spenders_first(void **state)
{
    struct fixture *fixture = *state;
    static const uint32_t sizes[] = {0, 1, 9, 10, 11, 437};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        struct example_options options = {
            .id = "x", .title = "X", .members = sizes[s], .months = 2, .points_percent = 100};
        const struct totals *shop = example_shop(&fixture->arena, &options);
        const struct totals *list[] = {shop, shop};
        struct comparison comparison = example_comparison(list, 2);
        struct tenths tenths;
        tenths_make(&fixture->sheet, &comparison, &tenths);
        uint64_t members = 0;
        int64_t spent = 0;
        assert_int_equal(sizes[s] < 10 ? sizes[s] : 10, tenths.count);
        for (uint32_t k = 0; k < tenths.count; k++) {
            const struct tenth *tenth = &tenths.list[k];
            assert_true(tenth->members == sizes[s] / 10 || tenth->members == sizes[s] / 10 + 1);
            /* The mean of a tenth is not above that of the one before. */
            const struct tenth *before = &tenths.list[k > 0 ? k - 1 : 0];
            assert_true(tenth->spent[0] * (int64_t)before->members <=
                        before->spent[0] * (int64_t)tenth->members);
            assert_int_equal(0, tenth->gain[1] + tenth->lose[1]);
            members += tenth->members;
            spent += tenth->spent[0];
        }
        assert_int_equal(sizes[s], members);
        assert_int_equal(shop->eligible_sales, spent);
    }
}

static void text_takes_the_columns_of_its_characters(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t columns;
    } cases[] = {
        {"", 0},
        {"abc", 3},
        {"\xC3\xA9", 1},                 /* é */
        {"e\xCC\x81", 1},                /* e and a combining acute */
        {"\xE6\x97\xA5\xE6\x9C\xAC", 4}, /* 日本 */
        {"\xF0\x9F\x8E\x81", 2},         /* a wrapped gift */
        {"\xFF\xFE", 2},
        {"\xE2\x82", 2}, /* cut in the middle */
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++)
        assert_int_equal(cases[k].columns, text_columns(text_of(cases[k].text)));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(stacks_add_up_on_both_sides_of_zero),
        TEST(axes_have_round_steps_and_say_their_thousands),
        TEST(a_column_of_half_the_height_ends_in_the_middle),
        TEST(nothing_to_show_draws_nothing),
        TEST(short_numbers_are_short),
        TEST(every_member_is_in_one_bin),
        TEST(tenths_hold_every_buyer_once_and_the_highest_spenders_first),
        TEST(text_takes_the_columns_of_its_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
