/* Compiling: what wallets, counters, tiers, calculators and rewards become, key by key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support.h"

#define HEAD "program: p\ncurrency: USD\n"
#define WALLET HEAD "wallets: {points: {}}\n"

/* Loads what must be valid; the caller unloads. */
static const struct program *load(struct loaded *loaded, const char *text)
{
    support_load(loaded, text_of(text));
    struct text said = buffer_text(&loaded->said);
    if (said.length > 0) fprintf(stderr, "%.*s", TEXT_ARGUMENTS(said));
    assert_int_equal(loaded->status, STATUS_OK);
    assert_non_null(loaded->program);
    return loaded->program;
}

static void assert_text(struct text text, const char *expected)
{
    assert_int_equal(text.length, strlen(expected));
    assert_memory_equal(text.bytes, expected, text.length);
}

static void assert_span(struct span span, int32_t count, enum period_unit unit)
{
    assert_int_equal(span.count, count);
    assert_int_equal(span.unit, unit);
}

static void what_is_left_out_has_its_usual_value(void **state)
{
    (void)state;
    struct loaded loaded;
    const struct program *program = load(&loaded, WALLET);
    assert_text(program->id, "p");
    assert_text(program->title, "p");
    assert_text(zone_name(program->zone), "UTC");
    assert_int_equal(program->version, 1);
    assert_int_equal(program->week_starts, 1);
    assert_int_equal(program->currency_count, 1);
    assert_int_equal(program->currencies[0].decimals, 2);
    assert_false(program->eligible.tax_included);
    assert_false(program->eligible.shipping_included);
    assert_true(program->eligible.discounts_subtracted);
    assert_false(program->eligible.paid_with_points_included);
    assert_false(program->eligible.gift_cards_included);
    assert_false(program->has_returns_within);
    assert_false(program->refuses_unknown_members);
    assert_span(program->late_within, 30, PERIOD_DAY);
    const struct wallet *wallet = &program->wallets[0];
    assert_int_equal(wallet->decimals, 0);
    assert_false(wallet->expires.given);
    assert_false(wallet->pending.given);
    assert_int_equal(wallet->earned_but_spent, SPENT_TO_ZERO);
    assert_false(wallet->expired_lives_again);
    assert_false(wallet->has_liability);
    assert_int_equal(program->rule_count + program->reward_count + program->tier_set_count, 0);
    support_unload(&loaded);
}

static void the_basics_are_read(void **state)
{
    (void)state;
    struct loaded loaded;
    const struct program *program =
        load(&loaded,
             "program: p\ntitle: My shop\ntimezone: America/New_York\ncurrencies: [EUR, JPY, KWD]\n"
             "week_starts: sunday\nreturns_within: 2 months\nlate_within: 5 days\n"
             "members: {unknown: refuse}\n"
             "eligible: {tax: included, shipping: included, discounts: not subtracted, "
             "paid_with_points: included, gift_cards: included}\nwallets: {points: {}}\n");
    assert_text(program->title, "My shop");
    assert_text(zone_name(program->zone), "America/New_York");
    assert_int_equal(program->currency_count, 3);
    assert_text(program->currencies[2].code, "KWD");
    assert_int_equal(program->currencies[1].decimals, 0);
    assert_int_equal(program->currencies[2].decimals, 3);
    assert_int_equal(program->week_starts, 7);
    assert_true(program->has_returns_within);
    assert_true(program->refuses_unknown_members);
    assert_span(program->returns_within, 2, PERIOD_MONTH);
    assert_span(program->late_within, 5, PERIOD_DAY);
    assert_true(program->eligible.tax_included && program->eligible.shipping_included);
    assert_false(program->eligible.discounts_subtracted);
    assert_true(program->eligible.paid_with_points_included);
    assert_true(program->eligible.gift_cards_included);
    support_unload(&loaded);
}

static void expiry_is_read_in_each_of_its_forms(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool given;
        int32_t count;
        enum period_unit unit;
        enum period_end on;
        bool by_join;
        bool by_purchase;
    } forms[] = {
        {"never", false, 0, PERIOD_DAY, PERIOD_END_NONE, false, false},
        {"90 days", true, 90, PERIOD_DAY, PERIOD_END_NONE, false, false},
        {"1 year", true, 1, PERIOD_YEAR, PERIOD_END_NONE, false, false},
        {"{after: 12 months}", true, 12, PERIOD_MONTH, PERIOD_END_NONE, false, false},
        {"{after: 12 months, on: end of month}", true, 12, PERIOD_MONTH, PERIOD_END_MONTH, false,
         false},
        {"{on: end of calendar year}", true, 0, PERIOD_DAY, PERIOD_END_YEAR, false, false},
        {"end of quarter", true, 0, PERIOD_DAY, PERIOD_END_QUARTER, false, false},
        {"{after: 2 weeks, on: end of week}", true, 2, PERIOD_WEEK, PERIOD_END_WEEK, false, false},
        {"{after: 6 months, renewed_by: purchase}", true, 6, PERIOD_MONTH, PERIOD_END_NONE, false,
         true},
        {"{after: 6 months, on: end of day, renewed_by: [join, purchase]}", true, 6, PERIOD_MONTH,
         PERIOD_END_DAY, true, true},
    };
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        char text[512];
        struct loaded loaded;
        snprintf(text, sizeof text, HEAD "wallets: {points: {expires: %s}}\n", forms[i].text);
        const struct expiry *expiry = &load(&loaded, text)->wallets[0].expires;
        assert_int_equal(expiry->given, forms[i].given);
        assert_span(expiry->after, forms[i].count, forms[i].unit);
        assert_int_equal(expiry->on, forms[i].on);
        assert_int_equal(expiry->renewed_by[TRIGGER_JOIN], forms[i].by_join);
        assert_int_equal(expiry->renewed_by[TRIGGER_PURCHASE], forms[i].by_purchase);
        assert_int_equal(expiry->is_renewed, forms[i].by_join || forms[i].by_purchase);
        support_unload(&loaded);
    }
}

static void pending_is_read_in_each_of_its_forms(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool given;
        const char *until;
        int32_t at_latest_days; /* 0: none */
    } forms[] = {
        {"none", false, "", 0},
        {"14 days", true, "", 14},
        {"{until: delivered, at_latest: 14 days}", true, "delivered", 14},
        {"{until: delivered}", true, "delivered", 0},
        {"{until: 14 days}", true, "", 14},
        {"{at_latest: 14 days}", true, "", 14},
        {"{for: 14 days}", true, "", 14},
    };
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        char text[512];
        struct loaded loaded;
        snprintf(text, sizeof text, HEAD "wallets: {points: {pending: %s}}\n", forms[i].text);
        const struct pending *pending = &load(&loaded, text)->wallets[0].pending;
        assert_int_equal(pending->given, forms[i].given);
        assert_text(pending->until, forms[i].until);
        assert_int_equal(pending->has_at_latest, forms[i].at_latest_days > 0);
        assert_span(pending->at_latest, forms[i].at_latest_days, PERIOD_DAY);
        support_unload(&loaded);
    }
}

static void a_wallet_keeps_its_names_decimals_and_return_policy(void **state)
{
    (void)state;
    struct loaded loaded;
    const struct program *program =
        load(&loaded,
             HEAD "wallets: {miles: {names: {de: {one: Meile, other: Meilen}, en: {other: miles}}, "
                  "decimals: 2, liability: 0.0125 USD, on_return: {earned_but_spent: write off, "
                  "spent_lot_expired: live 30 days}}, points: {on_return: {earned_but_spent: only "
                  "pending, spent_lot_expired: stay expired}}}\n");
    const struct wallet *miles = &program->wallets[0];
    assert_int_equal(miles->name_count, 2);
    assert_text(miles->names[0].language, "de");
    assert_text(miles->names[0].one, "Meile");
    assert_text(miles->names[1].one, "");
    assert_int_equal(miles->decimals, 2);
    assert_true(miles->has_liability);
    assert_int_equal(miles->liability.coefficient, 125);
    assert_int_equal(miles->liability.scale, 4);
    assert_int_equal(miles->liability_currency, 0);
    assert_int_equal(miles->earned_but_spent, SPENT_WRITE_OFF);
    assert_true(miles->expired_lives_again);
    assert_span(miles->live_again_for, 30, PERIOD_DAY);
    assert_text(wallet_unit(miles, 100), "miles");
    assert_text(wallet_unit(&program->wallets[1], 1), "point");
    assert_text(wallet_unit(&program->wallets[1], 2), "points");
    assert_int_equal(program->wallets[1].earned_but_spent, SPENT_ONLY_PENDING);
    assert_int_equal(program_find_wallet(program, TEXT("points")), 1);
    assert_int_equal(program_find_wallet(program, TEXT("point")), PROGRAM_NONE);
    support_unload(&loaded);
}

static void counters_sum_and_count_over_their_windows(void **state)
{
    (void)state;
    struct loaded loaded;
    const struct program *program =
        load(&loaded,
             "program: p\ncurrencies: [EUR, SEK]\nwallets: {points: {}, miles: {}}\ncounters:\n"
             "  a: {sum: order.eligible, currency: SEK, window: calendar quarter}\n"
             "  b: {sum: item.subtotal, currency: EUR, window: 365 days}\n"
             "  c: {count: purchases, window: membership year, if: {channel: [web, app, web]}}\n"
             "  d: {sum: earned.miles, on: join}\n"
             "  e: {sum: order.quantity, each: item, if: {category: x}, window: 2 weeks}\n"
             "  f: {sum: order.quantity, window: lifetime}\n");
    const struct counter *counters = program->counters;
    assert_int_equal(program->counter_count, 6);
    assert_int_equal(counters[0].measure, MEASURE_ELIGIBLE);
    assert_int_equal(counters[0].currency, 1);
    assert_int_equal(counters[0].on, TRIGGER_PURCHASE);
    assert_false(counters[0].each_item);
    assert_int_equal(counters[0].window.kind, WINDOW_CALENDAR);
    assert_int_equal(counters[0].window.unit, PERIOD_QUARTER);
    assert_false(counters[0].condition.is_given);
    assert_int_equal(counters[1].measure, MEASURE_SUBTOTAL);
    assert_true(counters[1].each_item);
    assert_int_equal(counters[1].window.kind, WINDOW_ROLLING);
    assert_int_equal(counters[1].window.days, 365);
    assert_int_equal(counters[2].measure, MEASURE_EVENTS);
    assert_int_equal(counters[2].window.kind, WINDOW_MEMBERSHIP_YEAR);
    assert_true(counters[2].condition.is_given);
    assert_int_equal(counters[2].condition.channel_count, 2);
    assert_text(counters[2].condition.channels[0], "app");
    assert_int_equal(counters[3].measure, MEASURE_EARNED);
    assert_int_equal(counters[3].wallet, 1);
    assert_int_equal(counters[3].on, TRIGGER_JOIN);
    assert_int_equal(counters[3].window.kind, WINDOW_LIFETIME);
    assert_true(counters[4].each_item);
    assert_int_equal(counters[4].window.days, 14);
    assert_false(counters[5].each_item);
    assert_int_equal(program_find_counter(program, TEXT("d")), 3);
    support_unload(&loaded);
}

static const struct tier_set *load_tiers(struct loaded *loaded, const char *window,
                                         const char *rest)
{
    char text[1024];
    snprintf(text, sizeof text,
             WALLET
             "counters: {c: {sum: order.eligible, window: %s}}\n"
             "tiers: {t: {measured_by: c, levels: {a: {}, b: {title: Bee, from: 10.5 USD}}%s}}\n",
             window, rest);
    return &load(loaded, text)->tier_sets[0];
}

static void a_level_is_kept_as_said_or_as_its_window_suggests(void **state)
{
    (void)state;
    static const struct {
        const char *window;
        const char *rest;
        enum tier_kept kept;
        enum period_unit unit;
        int32_t periods;
        int32_t months;
    } forms[] = {
        {"lifetime", "", KEPT_FOR_EVER, PERIOD_DAY, 0, 0},
        {"365 days", "", KEPT_AS_MEASURED, PERIOD_DAY, 0, 0},
        {"calendar quarter", "", KEPT_TO_PERIOD_END, PERIOD_QUARTER, 1, 0},
        {"membership year", "", KEPT_FOR_SPAN, PERIOD_DAY, 0, 12},
        {"lifetime", ", kept_until: end of calendar year", KEPT_TO_PERIOD_END, PERIOD_YEAR, 0, 0},
        {"lifetime", ", kept_until: end of next calendar year", KEPT_TO_PERIOD_END, PERIOD_YEAR, 1,
         0},
        {"lifetime", ", kept_until: end of next month", KEPT_TO_PERIOD_END, PERIOD_MONTH, 1, 0},
        {"calendar year", ", kept_until: 18 months", KEPT_FOR_SPAN, PERIOD_DAY, 0, 18},
        {"calendar year", ", kept_until: for ever", KEPT_FOR_EVER, PERIOD_DAY, 0, 0},
        {"calendar year", ", kept_until: as measured", KEPT_AS_MEASURED, PERIOD_DAY, 0, 0},
    };
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        struct loaded loaded;
        const struct tier_set *set = load_tiers(&loaded, forms[i].window, forms[i].rest);
        assert_int_equal(set->kept, forms[i].kept);
        if (set->kept == KEPT_TO_PERIOD_END) {
            assert_int_equal(set->kept_unit, forms[i].unit);
            assert_int_equal(set->kept_periods, forms[i].periods);
        }
        if (set->kept == KEPT_FOR_SPAN) assert_span(set->kept_span, forms[i].months, PERIOD_MONTH);
        support_unload(&loaded);
    }
}

static void a_tier_set_has_its_levels_and_policies(void **state)
{
    (void)state;
    struct loaded loaded;
    const struct tier_set *set = load_tiers(&loaded, "calendar year", "");
    assert_int_equal(set->counter, 0);
    assert_int_equal(set->level_count, 2);
    assert_text(set->levels[0].title, "a");
    assert_text(set->levels[1].title, "Bee");
    assert_int_equal(set->levels[0].from, 0);
    assert_int_equal(set->levels[1].from, 1050);
    assert_int_equal(set->upgrade, UPGRADE_AT_ONCE);
    assert_int_equal(set->downgrade, DOWNGRADE_BY_MEASURE);
    assert_int_equal(set->on_return, TIER_KEEP);
    assert_int_equal(set->grace.count + set->at_risk.count, 0);
    assert_int_equal(program_find_tier_set(loaded.program, TEXT("t")), 0);
    support_unload(&loaded);
    set = load_tiers(&loaded, "membership year",
                     ", upgrade: at period end, downgrade: one level, grace: 14 days, at_risk: 2 "
                     "months, on_return: re-evaluate");
    assert_int_equal(set->upgrade, UPGRADE_AT_PERIOD_END);
    assert_int_equal(set->downgrade, DOWNGRADE_ONE_LEVEL);
    assert_span(set->grace, 14, PERIOD_DAY);
    assert_span(set->at_risk, 2, PERIOD_MONTH);
    assert_int_equal(set->on_return, TIER_RE_EVALUATE);
    support_unload(&loaded);
    set = load_tiers(&loaded, "365 days", ", downgrade: none");
    assert_int_equal(set->downgrade, DOWNGRADE_NONE);
    support_unload(&loaded);
}

static void thresholds_are_in_the_unit_of_their_counter(void **state)
{
    (void)state;
    struct loaded loaded;
    const struct program *program =
        load(&loaded, HEAD
             "wallets: {points: {decimals: 2}, miles: {}}\ncounters:\n"
             "  visits: {count: purchases}\n  units: {sum: item.quantity}\n"
             "  earned: {sum: earned.points}\ntiers:\n"
             "  a: {measured_by: visits, levels: {x: {from: 1 purchase}, y: {from: 5 purchases}}}\n"
             "  b: {measured_by: units, levels: {x: {from: 1 item}, y: {from: 12 items}}}\n"
             "  c: {measured_by: earned, levels: {x: {from: 1.5 points}}}\n");
    assert_int_equal(program->tier_sets[0].levels[0].from, 1);
    assert_int_equal(program->tier_sets[0].levels[1].from, 5);
    assert_int_equal(program->tier_sets[1].levels[1].from, 12);
    assert_int_equal(program->tier_sets[2].levels[0].from, 150);
    support_unload(&loaded);
}

static void a_calculator_brings_its_rates_to_one_denominator(void **state)
{
    (void)state;
    struct loaded loaded;
    const struct program *program =
        load(&loaded, WALLET
             "calculators:\n  a:\n    by: category\n    rates: {z: 2 points per 1.00 USD, "
             "\"a b\": 1 point per 3.00 USD, m: 0 points per 1.00 USD, h: 0.5 points per 1.00 "
             "USD}\n    otherwise: 1 point per 2.00 USD\n  b: {by: sku, rates: {x: 1 point per "
             "1.00 USD}}\n  c: {by: type, rates: {gift_card: 0 points per 1.00 USD}}\n");
    const struct calculator *a = &program->calculators[0];
    assert_int_equal(a->by, CALCULATOR_BY_CATEGORY);
    assert_int_equal(a->per, 3000);
    assert_int_equal(a->row_count, 4);
    assert_text(a->rows[0].key, "a b");
    assert_int_equal(a->rows[0].points, 10);
    assert_text(a->rows[1].key, "h");
    assert_int_equal(a->rows[1].points, 15);
    assert_text(a->rows[2].key, "m");
    assert_int_equal(a->rows[2].points, 0);
    assert_text(a->rows[3].key, "z");
    assert_int_equal(a->rows[3].points, 60);
    assert_int_equal(a->otherwise, 15);
    assert_int_equal(program->calculators[1].by, CALCULATOR_BY_SKU);
    assert_int_equal(program->calculators[1].otherwise, 0);
    assert_int_equal(program->calculators[2].by, CALCULATOR_BY_TYPE);
    support_unload(&loaded);
}

static void a_reward_has_its_cost_gift_value_stock_and_needs(void **state)
{
    (void)state;
    struct loaded loaded;
    const struct program *program =
        load(&loaded,
             WALLET "rewards:\n"
                    "  a: {cost: 500 points, gives: {discount: 10.00 USD, on: order}, needs: "
                    "{order_at_least: 12.50 USD, store: b}}\n"
                    "  b: {title: Bee, cost: 1 point, gives: {choose: 2, of: [Y, X, Z]}, stock: 0, "
                    "value: 3 USD}\n"
                    "  c: {cost: 7 points, gives: {discount: 5.00 USD}, value: 4.00 USD, limit: "
                    "{per_member: 1 per day, in_all: 1000}}\n  d: {cost: 9 points}\n");
    const struct reward *rewards = program->rewards;
    assert_int_equal(rewards[0].cost, 500);
    assert_int_equal(rewards[0].gives, GIVES_DISCOUNT);
    assert_int_equal(rewards[0].discount, 1000);
    assert_true(rewards[0].has_value);
    assert_int_equal(rewards[0].value, 1000);
    assert_int_equal(rewards[0].order_at_least, 1250);
    assert_int_equal(rewards[0].order_at_least_currency, 0);
    assert_int_equal(rewards[0].needs.order_at_least_currency, PROGRAM_NONE);
    assert_int_equal(rewards[0].needs.store_count, 1);
    assert_false(rewards[0].has_stock);
    assert_text(rewards[1].title, "Bee");
    assert_int_equal(rewards[1].gives, GIVES_CHOICE);
    assert_int_equal(rewards[1].choose, 2);
    assert_int_equal(rewards[1].of_count, 3);
    assert_text(rewards[1].of[0], "Y");
    assert_true(rewards[1].has_stock);
    assert_int_equal(rewards[1].stock, 0);
    assert_int_equal(rewards[1].value, 300);
    assert_int_equal(rewards[2].value, 400);
    assert_int_equal(rewards[2].limits.count, 2);
    const struct limit *limit = &program->limits[rewards[2].limits.first];
    assert_int_equal(limit[0].scope, LIMIT_PER_MEMBER);
    assert_int_equal(limit[0].window.kind, WINDOW_CALENDAR);
    assert_int_equal(limit[0].window.unit, PERIOD_DAY);
    assert_int_equal(limit[1].scope, LIMIT_IN_ALL);
    assert_int_equal(limit[1].amount, 1000);
    assert_int_equal(limit[1].window.kind, WINDOW_LIFETIME);
    assert_int_equal(rewards[3].gives, GIVES_NOTHING_MORE);
    assert_false(rewards[3].has_value);
    assert_int_equal(rewards[3].order_at_least_currency, PROGRAM_NONE);
    assert_int_equal(program_find_reward(program, TEXT("d")), 3);
    support_unload(&loaded);
}

static void symbols_are_the_hashes_of_the_paths(void **state)
{
    (void)state;
    struct loaded loaded;
    const struct program *program =
        load(&loaded, WALLET
             "counters: {spend: {sum: order.eligible}}\n"
             "tiers: {club: {measured_by: spend, levels: {vib: {}}}}\n"
             "rules: {base: {on: purchase, earn: 1 point, limit: {per_member: [1 per day, 2 per "
             "calendar week]}, boosts: {b: {by: 2, limit: {in_all: 3}}}}}\n"
             "campaigns: {spring: {rules: {extra: {on: purchase, earn: 1 point}}}}\n"
             "rewards: {ten-off: {cost: 1 point}}\n");
    assert_int_equal(program->wallets[0].symbol, hash_symbol(TEXT("wallet/points")));
    assert_int_equal(program->counters[0].symbol, hash_symbol(TEXT("counter/spend")));
    assert_int_equal(program->tier_sets[0].symbol, hash_symbol(TEXT("tier/club")));
    assert_int_equal(program->tier_sets[0].levels[0].symbol, hash_symbol(TEXT("level/club/vib")));
    assert_int_equal(program->rules[0].symbol, hash_symbol(TEXT("rule/base")));
    assert_int_equal(program->rules[1].symbol, hash_symbol(TEXT("rule/spring/extra")));
    assert_int_equal(program->rewards[0].symbol, hash_symbol(TEXT("reward/ten-off")));
    assert_int_equal(program->campaigns[0].symbol, hash_symbol(TEXT("campaign/spring")));
    assert_int_equal(program->limits[0].symbol, hash_symbol(TEXT("limit/rule/base/per_member")));
    assert_int_equal(program->limits[1].symbol, hash_symbol(TEXT("limit/rule/base/per_member/2")));
    assert_int_equal(program->limits[2].symbol, hash_symbol(TEXT("limit/boost/base/b/in_all")));
    support_unload(&loaded);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_left_out_has_its_usual_value),
        cmocka_unit_test(the_basics_are_read),
        cmocka_unit_test(expiry_is_read_in_each_of_its_forms),
        cmocka_unit_test(pending_is_read_in_each_of_its_forms),
        cmocka_unit_test(a_wallet_keeps_its_names_decimals_and_return_policy),
        cmocka_unit_test(counters_sum_and_count_over_their_windows),
        cmocka_unit_test(a_level_is_kept_as_said_or_as_its_window_suggests),
        cmocka_unit_test(a_tier_set_has_its_levels_and_policies),
        cmocka_unit_test(thresholds_are_in_the_unit_of_their_counter),
        cmocka_unit_test(a_calculator_brings_its_rates_to_one_denominator),
        cmocka_unit_test(a_reward_has_its_cost_gift_value_stock_and_needs),
        cmocka_unit_test(symbols_are_the_hashes_of_the_paths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
