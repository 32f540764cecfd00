/* Tests of backtest/report_html: that the page is sound HTML for every shape of shop and whatever
 * the names, that it says the figures, and that its colours can be told from its paper. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>

#include "backtest/report_page.h"
#include "html_checker.h"
#include "report_example.h"

struct fixture {
    struct arena arena;
    struct buffer out;
};

static int set_up(void **state)
{
    static struct fixture fixture;
    arena_init(&fixture.arena, (size_t)256 << 20);
    buffer_init(&fixture.out, (size_t)64 << 20);
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

static bool holds(struct text text, const char *part)
{
    return memmem(text.bytes, text.length, part, strlen(part)) != NULL;
}

#define assert_sound(page)                                                                         \
    do {                                                                                           \
        const char *problem_ = html_problem(page);                                                 \
        if (problem_ != NULL) fail_msg("%s", problem_);                                            \
    } while (0)

#define assert_holds(page, part)                                                                   \
    do {                                                                                           \
        if (!holds(page, part)) fail_msg("missing: %s", part);                                     \
    } while (0)

static struct text page_of(struct fixture *fixture, const struct totals *const *totals,
                           uint32_t count)
{
    struct comparison comparison = example_comparison(totals, count);
    buffer_clear(&fixture->out);
    assert_int_equal(STATUS_OK, report_html(&comparison, &fixture->out));
    return buffer_text(&fixture->out);
}

static const struct example_options usual = {.id = "plain",
                                             .title = "Plain points",
                                             .members = 437,
                                             .months = 13,
                                             .levels = 3,
                                             .rules = 3,
                                             .rewards = 2,
                                             .points_percent = 100,
                                             .redeemed_percent = 4,
                                             .expired_percent = 3,
                                             .pending_percent = 5,
                                             .has_liability = true};

static void the_page_of_one_programme_says_its_figures(void **state)
{
    struct fixture *fixture = *state;
    const struct totals *list[] = {example_retail(&fixture->arena)};
    struct text page = page_of(fixture, list, 1);
    assert_sound(page);
    assert_holds(page, "<title>Plain points");
    assert_holds(page, "<b>83,865.56 GBP</b>");
    assert_holds(page, "<b>1.00%</b>");
    assert_holds(page, "<td>8,902,670</td>");
    assert_holds(page, "There are no months to show.");
    assert_holds(page, "<h2>What was assumed</h2>");
    assert_holds(page, "<dt>Shortfall</dt>");
    assert_false(holds(page, "compared with"));
}

static void two_programmes_are_compared_member_by_member(void **state)
{
    struct fixture *fixture = *state;
    struct example_options richer = usual;
    richer.title = "Richer points";
    richer.points_percent = 150;
    const struct totals *list[] = {example_shop(&fixture->arena, &usual),
                                   example_shop(&fixture->arena, &richer)};
    struct text page = page_of(fixture, list, 2);
    assert_sound(page);
    assert_holds(page, "Compared with <b>A Plain points</b>, <b>B Richer points</b> costs <b>");
    assert_holds(page, "; 437 members have more points to use, 0 have fewer.</p>");
    assert_holds(page, "B Richer points compared with A Plain points");
    assert_holds(page, "Owed, in money");
    assert_holds(page, "<caption>Members by what they can use more or less");
}

/* Coordinates that are not numbers: after a path's letter, a space or a quote. */
static bool has_no_number(struct text page)
{
    static const char *const wrong[] = {"Mnan", "Lnan",  "hnan",   "Hnan", "Vnan", "\"nan",
                                        " nan", "-nan",  "Minf",   "Linf", "hinf", "Hinf",
                                        "Vinf", "\"inf", " inf\"", "-inf"};
    for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++)
        if (holds(page, wrong[k])) return true;
    return false;
}

static void every_shape_of_shop_gives_a_sound_page(void **state)
{
    struct fixture *fixture = *state;
    static const struct example_options shapes[] = {
        {.id = "empty", .title = ""},
        {.id = "no-months", .title = "None", .members = 20, .points_percent = 100, .rules = 1},
        {.id = "one", .title = "One", .members = 1, .months = 1, .points_percent = 100},
        {.id = "worthless",
         .title = "Zero",
         .members = 9,
         .months = 2,
         .is_worthless = true,
         .has_liability = true,
         .rules = 1,
         .rewards = 1,
         .levels = 1},
        {.id = "debt",
         .title = "Debt",
         .members = 90,
         .months = 5,
         .points_percent = 100,
         .is_in_debt = true,
         .has_liability = true,
         .rules = 1},
        {.id = "long",
         .title = "Long",
         .members = 900,
         .months = 120,
         .points_percent = 100,
         .levels = 50,
         .rules = 40,
         .rewards = 12,
         .redeemed_percent = 4,
         .expired_percent = 2,
         .has_liability = true},
    };
    for (size_t k = 0; k < sizeof shapes / sizeof *shapes; k++) {
        const struct totals *shop = example_shop(&fixture->arena, &shapes[k]);
        const struct totals *list[] = {shop, shop, shop, shop, shop, shop, shop};
        static const uint32_t counts[] = {1, 2, 7};
        for (size_t c = 0; c < 3; c++) {
            struct text page = page_of(fixture, list, counts[c]);
            assert_sound(page);
            assert_false(has_no_number(page));
            assert_true(page.length < (size_t)4 << 20);
        }
    }
    assert_sound(page_of(fixture, NULL, 0));
}

static void names_cannot_break_out_of_the_text(void **state)
{
    struct fixture *fixture = *state;
    static const char hostile[] = "</title></style><script>alert('1')</script>&amp\"'\x01\xFF";
    struct totals *totals = (struct totals *)(uintptr_t)example_shop(&fixture->arena, &usual);
    struct program *program = example_own_program(&fixture->arena, totals);
    program->id = program->title = text_of(hostile);
    program->wallets[0].id = program->wallets[0].names[0].other = text_of(hostile);
    program->rules[0].id = text_of(hostile);
    program->rewards[0].title = text_of(hostile);
    program->tier_sets[0].id = program->tier_sets[0].levels[0].title = text_of(hostile);
    program->currencies[0].code = text_of(hostile);
    struct problem_list problems;
    problem_list_init(&problems, &fixture->arena);
    problem_add(&problems, TEXT("f"), (struct position){3, 0}, "%s", hostile);
    const struct totals *list[] = {totals, totals};
    struct comparison comparison = example_comparison(list, 2);
    comparison.orders_file = text_of(hostile);
    comparison.redeem = text_of(hostile);
    comparison.unreadable = &problems;
    assert_int_equal(STATUS_OK, report_html(&comparison, &fixture->out));
    struct text page = buffer_text(&fixture->out);
    assert_sound(page);
    assert_false(holds(page, "<script"));
    assert_holds(page, "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;amp&quot;&#39;");
}

static void programmes_with_nothing_in_common_stand_side_by_side(void **state)
{
    struct fixture *fixture = *state;
    struct totals *other = (struct totals *)(uintptr_t)example_shop(&fixture->arena, &usual);
    struct program *program = example_own_program(&fixture->arena, other);
    program->wallets[0].id = TEXT("stars");
    program->wallets[0].decimals = 2;
    program->rules[0].id = TEXT("other-rule");
    program->rewards[0].id = TEXT("other-reward");
    program->tier_sets[0].id = TEXT("other-set");
    const struct totals *list[] = {example_shop(&fixture->arena, &usual), other};
    struct text page = page_of(fixture, list, 2);
    assert_sound(page);
    assert_holds(page, "Wallet: stars (points)");
    assert_holds(page, "other-rule");
}

static void the_same_totals_give_the_same_bytes(void **state)
{
    struct fixture *fixture = *state;
    const struct totals *list[] = {example_shop(&fixture->arena, &usual)};
    struct text page = page_of(fixture, list, 1);
    struct text kept = arena_copy(&fixture->arena, page);
    assert_true(text_equal(kept, page_of(fixture, list, 1)));
}

static void the_checker_finds_what_is_wrong(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "<p></p>",
        "<!doctype html>\n<p>",
        "<!doctype html>\n<p><b></p></b>",
        "<!doctype html>\n</p>",
        "<!doctype html>\n<p>a & b</p>",
        "<!doctype html>\n<p>a > b</p>",
        "<!doctype html>\n<p class=x></p>",
        "<!doctype html>\n<p onclick=\"x\"></p>",
        "<!doctype html>\n<img src=\"x\"/>",
        "<!doctype html>\n<a href=\"https://example.org\"></a>",
        "<!doctype html>\n<script></script>",
        "<!doctype html>\n<p id=\"a\"></p><p id=\"a\"></p>",
        "<!doctype html>\n<p title=\"a<b\"></p>",
        "<!doctype html>\n<style>p{</style>",
        "<!doctype html>\n<style>p{background:url(x)}</style>",
        "<!doctype html>\n\xFF",
    };
    for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++)
        assert_non_null(html_problem(text_of(wrong[k])));
    assert_null(html_problem(TEXT("<!doctype html>\n<meta charset=\"utf-8\"><p id=\"a\">1 &lt; "
                                  "2<path d=\"M0 0\"/></p>")));
}

/* ---- Colours ---- */

static double luminance(const char *hexadecimal)
{
    static const double weights[] = {0.2126, 0.7152, 0.0722};
    double sum = 0;
    for (int k = 0; k < 3; k++) {
        int value = 0;
        for (int digit = 0; digit < 2; digit++) {
            char letter = hexadecimal[2 * k + digit];
            value = value * 16 + (letter <= '9' ? letter - '0' : letter - 'a' + 10);
        }
        double part = value / 255.0;
        sum += weights[k] * (part <= 0.04045 ? part / 12.92 : pow((part + 0.055) / 1.055, 2.4));
    }
    return sum;
}

/* As in the Web Content Accessibility Guidelines 2.2, "contrast ratio". */
static double contrast(double a, double b)
{
    return a > b ? (a + 0.05) / (b + 0.05) : (b + 0.05) / (a + 0.05);
}

/* Of every colour that the theme names beside those of lines and washes. */
static void check_theme(struct text theme)
{
    static const char *const texts[] = {"ink", "soft", "accent"};
    static const char *const shapes[] = {
        "s0",          "s1",      "s2",       "s3",      "s4",    "s5",   "s6",   "issued",
        "outstanding", "pending", "redeemed", "expired", "taken", "less", "same", "more",
        "l0",          "l1",      "l2",       "l3",      "l4",    "l5",   "l6"};
    const char *paper = memmem(theme.bytes, theme.length, "--paper:#", 9);
    assert_non_null(paper);
    for (size_t k = 0; k < sizeof texts / sizeof *texts + sizeof shapes / sizeof *shapes; k++) {
        bool is_text = k < sizeof texts / sizeof *texts;
        char name[32];
        snprintf(name, sizeof name, "--%s:#",
                 is_text ? texts[k] : shapes[k - sizeof texts / sizeof *texts]);
        const char *colour = memmem(theme.bytes, theme.length, name, strlen(name));
        assert_non_null(colour);
        double ratio = contrast(luminance(paper + 9), luminance(colour + strlen(name)));
        if (ratio < (is_text ? 4.5 : 3.0)) fail_msg("%s has a contrast of %.2f", name, ratio);
    }
}

static void every_colour_can_be_told_from_the_paper(void **state)
{
    (void)state;
    uint32_t themes = 0;
    for (size_t k = 0; k < page_style_count; k++) {
        if (strstr(page_style[k], ":root{") == NULL || strstr(page_style[k], "--ink") == NULL)
            continue;
        check_theme(text_of(page_style[k]));
        themes++;
    }
    assert_int_equal(2, themes);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_page_of_one_programme_says_its_figures),
        TEST(two_programmes_are_compared_member_by_member),
        TEST(every_shape_of_shop_gives_a_sound_page),
        TEST(names_cannot_break_out_of_the_text),
        TEST(programmes_with_nothing_in_common_stand_side_by_side),
        TEST(the_same_totals_give_the_same_bytes),
        TEST(the_checker_finds_what_is_wrong),
        TEST(every_colour_can_be_told_from_the_paper),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
