/* Rules: what earns, in which order, with which limits and boosts; conditions and campaigns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support.h"

#define HEAD "program: p\ncurrency: USD\n"
#define WALLET HEAD "wallets: {points: {}}\n"

static const struct program *load(struct loaded *loaded, const char *text)
{
    support_load(loaded, text_of(text));
    struct text said = buffer_text(&loaded->said);
    if (said.length > 0) fprintf(stderr, "%.*s", TEXT_ARGUMENTS(said));
    assert_int_equal(loaded->status, STATUS_OK);
    return loaded->program;
}

static void assert_text(struct text text, const char *expected)
{
    assert_int_equal(text.length, strlen(expected));
    assert_memory_equal(text.bytes, expected, text.length);
}

static const struct rule *load_rule(struct loaded *loaded, const char *rest)
{
    char text[1024];
    snprintf(text, sizeof text, WALLET "rules:\n  a:\n    on: purchase\n    %s\n", rest);
    return &load(loaded, text)->rules[0];
}

static void rates_are_exact(void **state)
{
    (void)state;
    static const struct {
        const char *earn;
        int64_t points;
        int64_t per;
        bool is_money;
        enum measure measure;
        bool each_item;
        bool per_whole;
        enum rounding rounding;
    } rates[] = {
        {"1 point per 1.00 USD", 1, 100, true, MEASURE_ELIGIBLE, false, false, ROUNDING_DOWN},
        {"1 point per 1 USD of order.eligible", 1, 100, true, MEASURE_ELIGIBLE, false, false,
         ROUNDING_DOWN},
        {"1 point per 10.5 USD, rounded up", 1, 1050, true, MEASURE_ELIGIBLE, false, false,
         ROUNDING_UP},
        {"1.25 points per 1.00 USD", 125, 10000, true, MEASURE_ELIGIBLE, false, false,
         ROUNDING_DOWN},
        {"1.50 points per 1.00 USD", 15, 1000, true, MEASURE_ELIGIBLE, false, false, ROUNDING_DOWN},
        {"2.0 points per 1.00 USD", 2, 100, true, MEASURE_ELIGIBLE, false, false, ROUNDING_DOWN},
        {"2 points per whole 5.00 USD of order.subtotal", 2, 500, true, MEASURE_SUBTOTAL, false,
         true, ROUNDING_DOWN},
        {"1 point per 1.00 USD of item.eligible, rounded half up", 1, 100, true, MEASURE_ELIGIBLE,
         true, false, ROUNDING_HALF_UP},
        {"1 point per 1.00 USD of item.subtotal rounded half even", 1, 100, true, MEASURE_SUBTOTAL,
         true, false, ROUNDING_HALF_EVEN},
        {"5 points per item", 5, 1, false, MEASURE_QUANTITY, false, false, ROUNDING_DOWN},
        {"1 point per 3 items of item.quantity", 1, 3, false, MEASURE_QUANTITY, true, false,
         ROUNDING_DOWN},
        {"1 point per 3 items of order.quantity", 1, 3, false, MEASURE_QUANTITY, false, false,
         ROUNDING_DOWN},
    };
    for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        char text[256];
        struct loaded loaded;
        snprintf(text, sizeof text, "earn: %s", rates[i].earn);
        const struct rule *rule = load_rule(&loaded, text);
        assert_int_equal(rule->earn, EARN_RATE);
        assert_int_equal(rule->rate_count, 1);
        assert_int_equal(rule->rates[0].points, rates[i].points);
        assert_int_equal(rule->rates[0].per, rates[i].per);
        assert_int_equal(rule->rates[0].currency, rates[i].is_money ? 0 : PROGRAM_NONE);
        assert_int_equal(rule->measure, rates[i].measure);
        assert_int_equal(rule->each_item, rates[i].each_item);
        assert_int_equal(rule->per_whole, rates[i].per_whole);
        assert_int_equal(rule->rounding, rates[i].rounding);
        support_unload(&loaded);
    }
}

static void fixed_amounts_and_calculators_earn(void **state)
{
    (void)state;
    struct loaded loaded;
    const struct rule *rule = load_rule(&loaded, "earn: 100 points\n    each: item");
    assert_int_equal(rule->earn, EARN_FIXED);
    assert_int_equal(rule->fixed, 100);
    assert_int_equal(rule->rate_count, 0);
    assert_true(rule->each_item);
    assert_int_equal(rule->calculator, PROGRAM_NONE);
    assert_int_equal(rule->priority, 100);
    assert_int_equal(rule->exclusive, PROGRAM_NONE);
    assert_int_equal(rule->campaign, PROGRAM_NONE);
    support_unload(&loaded);
    const struct program *program =
        load(&loaded, HEAD "wallets: {points: {}, stars: {}}\n"
                           "calculators: {c: {by: sku, rates: {x: 1 star per 1.00 USD}}}\n"
                           "rules: {a: {on: purchase, earn: \"calculator c, rounded up\"}}\n");
    assert_int_equal(program->rules[0].earn, EARN_CALCULATOR);
    assert_int_equal(program->rules[0].calculator, 0);
    assert_int_equal(program->rules[0].wallet, 1);
    assert_int_equal(program->rules[0].rounding, ROUNDING_UP);
    support_unload(&loaded);
}

static void one_rule_has_a_rate_for_each_currency(void **state)
{
    (void)state;
    struct loaded loaded;
    const struct program *program =
        load(&loaded,
             "program: p\ncurrencies: [EUR, SEK, JPY]\nwallets: {points: {}}\n"
             "rules: {a: {on: purchase, earn: [1 point per 10.00 SEK, 1 point per 100 JPY]}}\n");
    const struct rule *rule = &program->rules[0];
    assert_int_equal(rule->rate_count, 2);
    assert_int_equal(rule->rates[0].currency, 1);
    assert_int_equal(rule->rates[0].per, 1000);
    assert_int_equal(rule->rates[1].currency, 2);
    assert_int_equal(rule->rates[1].per, 100);
    support_unload(&loaded);
}

static void a_unit_is_any_name_of_its_wallet(void **state)
{
    (void)state;
    static const struct {
        const char *unit;
        uint32_t wallet;
    } units[] = {{"stars", 0}, {"star", 0},        {"Stars", 0},      {"yıldız", 0},
                 {"miles", 1}, {"award miles", 1}, {"award mile", 1}, {"mile", 1}};
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        char text[512];
        struct loaded loaded;
        snprintf(
            text, sizeof text,
            HEAD
            "wallets: {stars: {names: {tr: {other: yıldız}}}, miles: {names: {en: {one: award "
            "mile, other: award miles}}}}\nrules: {a: {on: purchase, earn: 2 %s per 1.00 USD}}\n",
            units[i].unit);
        assert_int_equal(load(&loaded, text)->rules[0].wallet, units[i].wallet);
        support_unload(&loaded);
    }
    struct loaded loaded; /* with one wallet, "points" is always understood */
    const struct program *program =
        load(&loaded, HEAD "wallets: {crumbs: {}}\nrules: {a: {on: purchase, earn: 7 points}}\n");
    assert_int_equal(program->rules[0].fixed, 7);
    support_unload(&loaded);
}

static void a_rule_overrides_its_wallets_pending_and_expiry(void **state)
{
    (void)state;
    struct loaded loaded;
    const struct program *program =
        load(&loaded, HEAD
             "wallets: {points: {pending: {until: shipped}, expires: 1 year}}\nrules:\n"
             "  a: {on: purchase, earn: 1 point}\n"
             "  b: {on: purchase, earn: 1 point, pending: none, expires: never}\n"
             "  c: {on: purchase, earn: 1 point, pending: 3 days, expires: {on: end of month}}\n");
    assert_true(program->rules[0].pending.given);
    assert_text(program->rules[0].pending.until, "shipped");
    assert_int_equal(program->rules[0].expires.after.count, 1);
    assert_false(program->rules[1].pending.given);
    assert_false(program->rules[1].expires.given);
    assert_text(program->rules[2].pending.until, "");
    assert_int_equal(program->rules[2].pending.at_latest.count, 3);
    assert_int_equal(program->rules[2].expires.after.count, 0);
    assert_int_equal(program->rules[2].expires.on, PERIOD_END_MONTH);
    support_unload(&loaded);
}

static void rules_are_ordered_by_priority_and_then_as_in_the_file(void **state)
{
    (void)state;
    struct loaded loaded;
    const struct program *program =
        load(&loaded, WALLET "campaigns: {x: {rules: {d: {on: purchase, earn: 1 point}}}}\n"
                             "rules:\n  a: {on: purchase, earn: 1 point, exclusive: g}\n"
                             "  b: {on: join, earn: 1 point, priority: 5, exclusive: h}\n"
                             "  c: {on: purchase, earn: 1 point, priority: -1, exclusive: g}\n"
                             "  e: {on: purchase, earn: 1 point}\n");
    static const char *const order[] = {"c", "b", "d", "a", "e"};
    assert_int_equal(program->rule_count, 5);
    for (size_t i = 0; i < 5; i++)
        assert_text(program->rules[i].id, order[i]);
    assert_int_equal(program->exclusive_count, 2);
    assert_int_equal(program->rules[0].exclusive, program->rules[3].exclusive);
    assert_int_not_equal(program->rules[0].exclusive, program->rules[1].exclusive);
    assert_int_equal(program->rules[4].exclusive, PROGRAM_NONE);
    assert_int_equal(program->rules[2].campaign, 0);
    assert_int_equal(program->rules[1].on, TRIGGER_JOIN);
    support_unload(&loaded);
}

static void equal_ids_in_campaigns_are_told_apart(void **state)
{
    (void)state;
    struct loaded loaded;
    const struct program *program =
        load(&loaded, WALLET
             "rules: {extra: {on: purchase, earn: 1 point}}\n"
             "campaigns:\n  x: {rules: {extra: {on: purchase, earn: 1 point}, only: {on: "
             "purchase, earn: 1 point}}}\n  y: {rules: {extra: {on: purchase, earn: 1 point}}}\n");
    static const char *const ids[] = {"extra", "x/extra", "only", "y/extra"};
    for (size_t i = 0; i < 4; i++)
        assert_text(program->rules[i].id, ids[i]);
    support_unload(&loaded);
}

static void limits_say_whose_how_much_and_over_which_time(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum limit_scope scope;
        bool is_points;
        int64_t amount;
        enum window_kind kind;
        enum period_unit unit;
        int32_t days;
    } limits[] = {
        {"per_member: 1 per calendar year", LIMIT_PER_MEMBER, false, 1, WINDOW_CALENDAR,
         PERIOD_YEAR, 0},
        {"per_member: 2 per calendar week", LIMIT_PER_MEMBER, false, 2, WINDOW_CALENDAR,
         PERIOD_WEEK, 0},
        {"per_member: 2 times per day", LIMIT_PER_MEMBER, false, 2, WINDOW_CALENDAR, PERIOD_DAY, 0},
        {"per_member: 1 per 30 days", LIMIT_PER_MEMBER, false, 1, WINDOW_ROLLING, PERIOD_DAY, 30},
        {"per_member: 1 per membership year", LIMIT_PER_MEMBER, false, 1, WINDOW_MEMBERSHIP_YEAR,
         PERIOD_DAY, 0},
        {"per_member: 3", LIMIT_PER_MEMBER, false, 3, WINDOW_LIFETIME, PERIOD_DAY, 0},
        {"per_member: 1 time", LIMIT_PER_MEMBER, false, 1, WINDOW_LIFETIME, PERIOD_DAY, 0},
        {"per_member: 1 per lifetime", LIMIT_PER_MEMBER, false, 1, WINDOW_LIFETIME, PERIOD_DAY, 0},
        {"in_all: 1000", LIMIT_IN_ALL, false, 1000, WINDOW_LIFETIME, PERIOD_DAY, 0},
        {"in_all: 500 points per calendar month", LIMIT_IN_ALL, true, 500, WINDOW_CALENDAR,
         PERIOD_MONTH, 0},
        {"per_member: 500 points", LIMIT_PER_MEMBER, true, 500, WINDOW_LIFETIME, PERIOD_DAY, 0},
    };
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        char text[256];
        struct loaded loaded;
        snprintf(text, sizeof text, "earn: 1 point\n    limit: {%s}", limits[i].text);
        const struct rule *rule = load_rule(&loaded, text);
        assert_int_equal(rule->limits.count, 1);
        const struct limit *limit = &loaded.program->limits[rule->limits.first];
        assert_int_equal(limit->scope, limits[i].scope);
        assert_int_equal(limit->wallet, limits[i].is_points ? 0 : PROGRAM_NONE);
        assert_int_equal(limit->amount, limits[i].amount);
        assert_int_equal(limit->window.kind, limits[i].kind);
        assert_int_equal(limit->window.unit, limits[i].unit);
        assert_int_equal(limit->window.days, limits[i].days);
        support_unload(&loaded);
    }
}

static void boosts_are_the_rules_own_and_then_the_campaigns(void **state)
{
    (void)state;
    struct loaded loaded;
    const struct program *program =
        load(&loaded, WALLET
             "campaigns:\n  x: {rules: {up: {boosts: base, by: 3, if: {category: c}}}}\n"
             "  y: {rules: {own: {on: purchase, earn: 1 point}, up: {boosts: own, by: 0.5}}}\n"
             "rules:\n  base:\n    on: purchase\n    earn: 1 point per 1.00 USD\n    boosts:\n"
             "      combine: multiply\n      b: {by: 1.25}\n"
             "      a: {by: 2, limit: {per_member: 1 per calendar year}}\n");
    const struct rule *own = &program->rules[0];
    const struct rule *base = &program->rules[1];
    assert_text(base->id, "base");
    assert_int_equal(base->boost_count, 3);
    assert_int_equal(base->combine, COMBINE_MULTIPLY);
    assert_text(base->boosts[0].id, "b");
    assert_int_equal(base->boosts[0].factor, 1250000);
    assert_int_equal(base->boosts[0].campaign, PROGRAM_NONE);
    assert_int_equal(base->boosts[1].limits.count, 1);
    assert_text(base->boosts[2].id, "up");
    assert_int_equal(base->boosts[2].campaign, 0);
    assert_int_equal(base->boosts[2].condition.category_count, 1);
    assert_int_equal(own->boost_count, 1);
    assert_int_equal(own->boosts[0].factor, 500000);
    assert_int_equal(own->boosts[0].campaign, 1);
    support_unload(&loaded);
}

static void a_campaign_has_dates_in_the_programmes_zone_and_a_budget(void **state)
{
    (void)state;
    struct loaded loaded;
    const struct program *program = load(
        &loaded,
        "program: p\ncurrency: USD\ntimezone: America/New_York\nwallets: {points: {}}\ncampaigns:\n"
        "  a: {title: Aye, from: 2027-03-05, until: 2027-03-08T12:30, budget: 200000 points, "
        "rules: "
        "{r: {on: purchase, earn: 1 point}}}\n"
        "  b: {rules: {r: {on: purchase, earn: 1 point}}}\n"
        "  c: {from: 2027-03-05T00:00Z, rules: {r: {on: purchase, earn: 1 point}}}\n");
    const struct campaign *campaigns = program->campaigns;
    assert_text(campaigns[0].title, "Aye");
    assert_int_equal(campaigns[0].from_us, INT64_C(1804222800) * 1000000);  /* 05:00Z */
    assert_int_equal(campaigns[0].until_us, INT64_C(1804527000) * 1000000); /* 17:30Z */
    assert_int_equal(campaigns[0].budget_wallet, 0);
    assert_int_equal(campaigns[0].budget, 200000);
    assert_int_equal(campaigns[1].from_us, INSTANT_EARLIEST);
    assert_int_equal(campaigns[1].until_us, INSTANT_NEVER);
    assert_int_equal(campaigns[1].budget_wallet, PROGRAM_NONE);
    assert_int_equal(campaigns[2].from_us, INT64_C(1804204800) * 1000000);
    support_unload(&loaded);
}

static const struct condition *load_condition(struct loaded *loaded, const char *condition)
{
    char text[1024];
    snprintf(text, sizeof text,
             WALLET
             "counters: {c: {count: purchases}}\ntiers:\n"
             "  club: {measured_by: c, levels: {low: {}, mid: {from: 2 purchases}, top: {from: 9 "
             "purchases}}}\n  status: {measured_by: c, levels: {gold: {from: 3 purchases}, low: "
             "{from: 8 "
             "purchases}}}\nrules: {a: {on: purchase, earn: 1 point, if: %s}}\n",
             condition);
    return &load(loaded, text)->rules[0].condition;
}

static void levels_become_a_range_of_one_tier_set(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t set;
        int32_t lowest;
        int32_t highest;
    } levels[] = {
        {"{tier: mid}", 0, 1, 1},           {"{tier: mid or above}", 0, 1, 2},
        {"{tier: mid or below}", 0, -1, 1}, {"{tier: gold or above}", 1, 0, 1},
        {"{club: low or above}", 0, 0, 2},  {"{status: low}", 1, 1, 1},
        {"{club: none}", 0, -1, -1},        {"{club: none or above}", 0, -1, 2},
        {"{tier: [mid, top]}", 0, 1, 2},    {"{club: [low, none]}", 0, -1, 0},
        {"{club: [top]}", 0, 2, 2},
    };
    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
        struct loaded loaded;
        const struct condition *condition = load_condition(&loaded, levels[i].text);
        assert_true(condition->is_given);
        assert_int_equal(condition->tier_set, levels[i].set);
        assert_int_equal(condition->level_lowest, levels[i].lowest);
        assert_int_equal(condition->level_highest, levels[i].highest);
        support_unload(&loaded);
    }
}

static void every_part_of_a_condition_is_read(void **state)
{
    (void)state;
    struct loaded loaded;
    const struct condition *condition = load_condition(
        &loaded,
        "{birthday: week, channel: web, store: [b, a, c, a], category: [y, x], sku: 22423, "
        "order_at_least: 10.00 USD, from: 2027-01-01, until: 2028-01-01}");
    assert_int_equal(condition->tier_set, PROGRAM_NONE);
    assert_true(condition->birthday_given);
    assert_int_equal(condition->birthday, PERIOD_WEEK);
    assert_int_equal(condition->channel_count, 1);
    assert_int_equal(condition->store_count, 3);
    assert_text(condition->stores[0], "a");
    assert_text(condition->stores[2], "c");
    assert_text(condition->categories[0], "x");
    assert_text(condition->skus[0], "22423");
    assert_int_equal(condition->order_at_least, 1000);
    assert_int_equal(condition->order_at_least_currency, 0);
    assert_int_equal(condition->from_us, INT64_C(1798761600) * 1000000);
    assert_int_equal(condition->until_us, INT64_C(1830297600) * 1000000);
    support_unload(&loaded);
    const struct rule *rule = load_rule(&loaded, "earn: 1 point");
    assert_false(rule->condition.is_given);
    assert_int_equal(rule->condition.tier_set, PROGRAM_NONE);
    assert_int_equal(rule->condition.order_at_least_currency, PROGRAM_NONE);
    assert_int_equal(rule->condition.from_us, INSTANT_EARLIEST);
    assert_int_equal(rule->condition.until_us, INSTANT_NEVER);
    support_unload(&loaded);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rates_are_exact),
        cmocka_unit_test(fixed_amounts_and_calculators_earn),
        cmocka_unit_test(one_rule_has_a_rate_for_each_currency),
        cmocka_unit_test(a_unit_is_any_name_of_its_wallet),
        cmocka_unit_test(a_rule_overrides_its_wallets_pending_and_expiry),
        cmocka_unit_test(rules_are_ordered_by_priority_and_then_as_in_the_file),
        cmocka_unit_test(equal_ids_in_campaigns_are_told_apart),
        cmocka_unit_test(limits_say_whose_how_much_and_over_which_time),
        cmocka_unit_test(boosts_are_the_rules_own_and_then_the_campaigns),
        cmocka_unit_test(a_campaign_has_dates_in_the_programmes_zone_and_a_budget),
        cmocka_unit_test(levels_become_a_range_of_one_tier_set),
        cmocka_unit_test(every_part_of_a_condition_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
