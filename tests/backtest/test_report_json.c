/* Tests of backtest/report_json: the keys and values that other programs rely on, and that the
 * output is JSON whatever the names hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "json_checker.h"
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

static const char retail_json[] = "[\n"
                                  "  {\n"
                                  "    \"program\": \"retail-plain\",\n"
                                  "    \"orders\": 18536,\n"
                                  "    \"members\": 3,\n"
                                  "    \"lines\": {\n"
                                  "      \"total\": 541909,\n"
                                  "      \"anonymous\": 135080,\n"
                                  "      \"unreadable\": 0\n"
                                  "    },\n"
                                  "    \"returns\": {\n"
                                  "      \"orders\": 3654,\n"
                                  "      \"units_matched\": 250838,\n"
                                  "      \"units_unmatched\": 23970\n"
                                  "    },\n"
                                  "    \"eligible_sales\": \"8911408.90\",\n"
                                  "    \"wallets\": {\n"
                                  "      \"points\": {\n"
                                  "        \"issued\": \"8902670\",\n"
                                  "        \"taken_back\": \"516114\",\n"
                                  "        \"shortfall\": \"0\",\n"
                                  "        \"redeemed\": \"0\",\n"
                                  "        \"expired\": \"0\",\n"
                                  "        \"pending\": \"0\",\n"
                                  "        \"outstanding\": \"8386556\"\n"
                                  "      }\n"
                                  "    },\n"
                                  "    \"redemptions\": {\n"
                                  "      \"5-off\": {\n"
                                  "        \"count\": 0,\n"
                                  "        \"cost\": \"0\"\n"
                                  "      }\n"
                                  "    },\n"
                                  "    \"tiers\": {\n"
                                  "      \"club\": {\n"
                                  "        \"none\": 1,\n"
                                  "        \"silver\": 2\n"
                                  "      }\n"
                                  "    },\n"
                                  "    \"rules\": {\n"
                                  "      \"base\": {\n"
                                  "        \"fired\": 18536,\n"
                                  "        \"issued\": \"8902670\"\n"
                                  "      }\n"
                                  "    },\n"
                                  "    \"seconds\": 0.250\n"
                                  "  }\n"
                                  "]\n";

static void one_programme_is_an_array_of_one_object_with_every_key(void **state)
{
    struct fixture *fixture = *state;
    const struct totals *totals[] = {example_retail(&fixture->arena)};
    struct comparison comparison = example_comparison(totals, 1);
    assert_int_equal(STATUS_OK, report_json(&comparison, &fixture->out));
    assert_int_equal(STATUS_OK, buffer_add_byte(&fixture->out, '\0'));
    assert_string_equal(retail_json, fixture->out.bytes);
}

static bool holds(const struct buffer *out, const char *part)
{
    return memmem(out->bytes, out->length, part, strlen(part)) != NULL;
}

static void each_object_after_the_first_is_compared_with_the_first(void **state)
{
    struct fixture *fixture = *state;
    struct totals *first = example_retail(&fixture->arena);
    struct totals *second = example_retail(&fixture->arena);
    second->members[0].issued = 175;
    second->members[1].issued = 10;
    const struct totals *totals[] = {first, second, first};
    struct comparison comparison = example_comparison(totals, 3);
    assert_int_equal(STATUS_OK, report_json(&comparison, &fixture->out));
    assert_true(holds(&fixture->out, "    \"seconds\": 0.250,\n"
                                     "    \"against_first\": {\n"
                                     "      \"gain\": 1,\n"
                                     "      \"lose\": 1,\n"
                                     "      \"same\": 1,\n"
                                     "      \"gained\": \"75\",\n"
                                     "      \"lost\": \"40\"\n"
                                     "    }\n"));
    assert_true(holds(&fixture->out, "\"gain\": 0,\n      \"lose\": 0,\n      \"same\": 3"));
    assert_true(json_is_valid(buffer_text(&fixture->out)));
}

static void amounts_have_the_decimals_of_their_wallet_or_currency(void **state)
{
    struct fixture *fixture = *state;
    struct totals *totals = example_retail(&fixture->arena);
    totals->program->wallets[0].decimals = 2;
    totals->program->currencies[0] = (struct currency){TEXT("JPY"), 0};
    totals->wallets[0].pending = -5;
    const struct totals *list[] = {totals, totals};
    struct comparison comparison = example_comparison(list, 2);
    assert_int_equal(STATUS_OK, report_json(&comparison, &fixture->out));
    assert_true(holds(&fixture->out, "\"eligible_sales\": \"891140890\""));
    assert_true(holds(&fixture->out, "\"issued\": \"89026.70\""));
    assert_true(holds(&fixture->out, "\"pending\": \"-0.05\""));
    assert_true(holds(&fixture->out, "\"gained\": \"0.00\""));
}

static void names_of_any_bytes_leave_it_valid(void **state)
{
    struct fixture *fixture = *state;
    static const char *const names[] = {"quote\" backslash\\ slash/",
                                        "line\nfeed tab\t escape\x1b delete\x7f",
                                        "not utf-8 \xff\xc3 \xed\xa0\x80 cut \xe2\x82",
                                        "\xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x8e\x81", ""};
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        struct totals *totals = example_retail(&fixture->arena);
        struct program *program = example_own_program(&fixture->arena, totals);
        program->id = text_of(names[k]);
        program->rules[0].id = text_of(names[k]);
        program->wallets[0].id = text_of(names[k]);
        const struct totals *list[] = {totals};
        struct comparison comparison = example_comparison(list, 1);
        buffer_clear(&fixture->out);
        assert_int_equal(STATUS_OK, report_json(&comparison, &fixture->out));
        assert_true(json_is_valid(buffer_text(&fixture->out)));
        assert_true(text_is_utf8(buffer_text(&fixture->out), NULL));
    }
}

static void nothing_at_all_is_still_an_array(void **state)
{
    struct fixture *fixture = *state;
    struct comparison none = example_comparison(NULL, 0);
    assert_int_equal(STATUS_OK, report_json(&none, &fixture->out));
    assert_true(text_equal(TEXT("[]\n"), buffer_text(&fixture->out)));

    struct totals *totals = example_retail(&fixture->arena);
    struct program *program = example_own_program(&fixture->arena, totals);
    program->rule_count = program->reward_count = program->tier_set_count = 0;
    const struct totals *list[] = {totals};
    struct comparison comparison = example_comparison(list, 1);
    assert_int_equal(STATUS_OK, report_json(&comparison, &fixture->out));
    assert_true(
        holds(&fixture->out, "\"redemptions\": {},\n    \"tiers\": {},\n    \"rules\": {}"));
}

static void the_checker_refuses_what_is_no_json(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",         "[",     "[1,]",      "{\"a\":1,}", "[01]",
                                        "[.5]",     "[1.]",  "[\"\\x\"]", "[\"\n\"]",   "[1] 2",
                                        "{\"a\"1}", "[1 2]", "{a:1}",     "[\"a]",      "nul"};
    for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++)
        assert_false(json_is_valid(text_of(wrong[k])));
    assert_true(
        json_is_valid(TEXT(" [{\"a\": [1, -0.25, 1e9, true, null, \"\\u00e9\\n\"]}, {}] ")));
}

static void a_buffer_that_is_too_small_is_left_as_it_was(void **state)
{
    struct fixture *fixture = *state;
    const struct totals *totals[] = {example_retail(&fixture->arena)};
    struct comparison comparison = example_comparison(totals, 1);
    for (size_t maximum = 8; maximum < 700; maximum += 53) {
        struct buffer small;
        buffer_init(&small, maximum);
        assert_int_equal(STATUS_OK, buffer_add(&small, TEXT("before")));
        assert_int_equal(STATUS_LIMIT, report_json(&comparison, &small));
        assert_true(text_equal(TEXT("before"), buffer_text(&small)));
        buffer_release(&small);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_programme_is_an_array_of_one_object_with_every_key),
        TEST(each_object_after_the_first_is_compared_with_the_first),
        TEST(amounts_have_the_decimals_of_their_wallet_or_currency),
        TEST(names_of_any_bytes_leave_it_valid),
        TEST(nothing_at_all_is_still_an_array),
        TEST(the_checker_refuses_what_is_no_json),
        TEST(a_buffer_that_is_too_small_is_left_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
