/* What goes wrong in loyalty software, each once as a test: the engine must not.
 *
 * The numbers in the comments are those of the public failures collected before this was built
 * (points kept after a refund, a retry that pays twice, ...). Every decision also passes the bench:
 * its record folds to the same bytes, and its postings match the balances.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "auditor_bench.h"

struct shop {
    struct bench *bench;
    struct arena arena;
    struct program program;
    struct wallet wallet;
    struct rate rate;
    struct rule rules[2];
    struct currency currency;
    struct reward reward;
    struct limit limits[2];
    struct counter counter;
    struct tier_set tier_set;
    struct level levels[2];
    uint64_t position;
    int64_t now_us;
    struct decision decision;
};

static int64_t day_us(int year, int month, int day)
{
    return (int64_t)day_of_date((struct date){year, month, day}) * MICROSECONDS_PER_DAY;
}

static struct condition no_condition(void)
{
    return (struct condition){.tier_set = PROGRAM_NONE,
                              .order_at_least_currency = PROGRAM_NONE,
                              .from_us = INSTANT_EARLIEST,
                              .until_us = INSTANT_NEVER};
}

/* 1 point per 1.00 EUR, rounded down, no expiry, to zero. */
static void shop_tables(struct shop *shop)
{
    struct program *program = &shop->program;
    shop->currency = (struct currency){TEXT("EUR"), 2};
    shop->wallet = (struct wallet){.id = TEXT("points"),
                                   .symbol = hash_symbol(TEXT("wallet/points")),
                                   .live_again_for = {30, PERIOD_DAY},
                                   .liability_currency = PROGRAM_NONE};
    shop->rate = (struct rate){0, 1, 100};
    shop->rules[0] = (struct rule){.id = TEXT("base"),
                                   .symbol = hash_symbol(TEXT("rule/base")),
                                   .on = TRIGGER_PURCHASE,
                                   .condition = no_condition(),
                                   .campaign = PROGRAM_NONE,
                                   .earn = EARN_RATE,
                                   .rates = &shop->rate,
                                   .rate_count = 1,
                                   .calculator = PROGRAM_NONE,
                                   .measure = MEASURE_ELIGIBLE,
                                   .exclusive = PROGRAM_NONE,
                                   .priority = 100};
    shop->reward = (struct reward){.id = TEXT("mug"),
                                   .symbol = hash_symbol(TEXT("reward/mug")),
                                   .cost = 100,
                                   .discount_currency = PROGRAM_NONE,
                                   .value_currency = PROGRAM_NONE,
                                   .order_at_least_currency = PROGRAM_NONE,
                                   .needs = no_condition()};
    *program = (struct program){.id = TEXT("shop"),
                                .title = TEXT("Shop"),
                                .version = 1,
                                .zone = program->zone,
                                .week_starts = 1,
                                .currencies = &shop->currency,
                                .currency_count = 1,
                                .eligible = {.discounts_subtracted = true},
                                .wallets = &shop->wallet,
                                .wallet_count = 1,
                                .rules = shop->rules,
                                .rule_count = 1,
                                .rewards = &shop->reward,
                                .reward_count = 1,
                                .limits = shop->limits,
                                .late_within = {30, PERIOD_DAY}};
}

static void shop_zone(struct shop *shop, const char *name)
{
    assert_int_equal(zone_open(&shop->arena, text_of(name), &shop->program.zone), STATUS_OK);
}

static int shop_open(void **state)
{
    struct shop *shop = calloc(1, sizeof *shop);
    assert_non_null(shop);
    arena_init(&shop->arena, 16u << 20);
    shop->bench = bench_new();
    shop_zone(shop, "UTC");
    shop_tables(shop);
    shop->now_us = day_us(2027, 3, 1);
    bench_begin(shop->bench, &shop->program);
    *state = shop;
    return 0;
}

static int shop_close(void **state)
{
    struct shop *shop = *state;
    bench_free(shop->bench);
    arena_release(&shop->arena);
    free(shop);
    return 0;
}

/* Sends an event as it is now; the answer. */
static enum answer send(struct shop *shop, struct event event)
{
    enum status status = STATUS_OK;
    event.position = ++shop->position;
    event.clock_us = shop->now_us;
    if (event.occurred_at_us == 0) event.occurred_at_us = shop->now_us;
    if (!bench_decide(shop->bench, &event, &shop->decision, &status)) {
        fail_msg("%s", shop->bench->message);
    }
    assert_int_equal(status, STATUS_OK);
    if (!bench_keep(shop->bench, &event, &shop->decision)) {
        fail_msg("%s", shop->bench->message);
    }
    return shop->decision.answer;
}

static struct balance balance_of(struct shop *shop, const char *member)
{
    struct balance balance = {0};
    if (!bench_settle(shop->bench, text_of(member), shop->now_us)) {
        fail_msg("%s", shop->bench->message);
    }
    assert_int_equal(
        member_balance(&shop->bench->folded, text_of(member), shop->wallet.symbol, &balance),
        STATUS_OK);
    return balance;
}

static void next_days(struct shop *shop, int64_t days)
{
    shop->now_us += days * MICROSECONDS_PER_DAY;
}

static struct event purchase(const char *member, const char *order, const struct item *items,
                             uint32_t count)
{
    return (struct event){.type = EVENT_PURCHASE,
                          .member = text_of(member),
                          .order = text_of(order),
                          .items = items,
                          .item_count = count};
}

/* One item of so many euros. */
static enum answer buy(struct shop *shop, const char *member, const char *order, int64_t euros)
{
    struct item item = {.sku = TEXT("a"), .quantity = 1, .unit_price = {euros, 0}};
    return send(shop, purchase(member, order, &item, 1));
}

static enum answer give_back(struct shop *shop, const char *order)
{
    return send(shop, (struct event){.type = EVENT_RETURN, .order = text_of(order)});
}

static enum answer redeem(struct shop *shop, const char *member, const char *id, int64_t amount)
{
    return send(shop, (struct event){.type = EVENT_REDEEM,
                                     .member = text_of(member),
                                     .id = text_of(id),
                                     .wallet = TEXT("points"),
                                     .amount = amount});
}

static enum answer hold(struct shop *shop, const char *member, const char *id, int64_t amount,
                        int64_t days)
{
    return send(shop, (struct event){.type = EVENT_HOLD,
                                     .member = text_of(member),
                                     .id = text_of(id),
                                     .wallet = TEXT("points"),
                                     .amount = amount,
                                     .lapses_at_us = shop->now_us + days * MICROSECONDS_PER_DAY});
}

static enum answer about(struct shop *shop, enum event_type type, const char *id)
{
    return send(shop, (struct event){.type = type, .id = text_of(id)});
}

/* 1. Points earned were kept after a refund: unlimited points at no cost. */
static void a_refund_takes_back_what_the_order_earned(void **state)
{
    struct shop *shop = *state;
    for (int i = 0; i < 5; i++) {
        char order[8];
        snprintf(order, sizeof order, "o%d", i);
        assert_int_equal(buy(shop, "ann", order, 100), ANSWER_DONE);
        assert_int_equal(balance_of(shop, "ann").available, 100);
        assert_int_equal(give_back(shop, order), ANSWER_DONE);
        assert_int_equal(balance_of(shop, "ann").available, 0);
    }
}

static void a_refund_of_spent_points_follows_the_wallets_policy(void **state)
{
    struct shop *shop = *state;
    static const struct {
        enum earned_but_spent policy;
        int64_t available, debt;
    } cases[] = {{SPENT_TO_ZERO, 0, 0},
                 {SPENT_BELOW_ZERO, 0, 60},
                 {SPENT_ONLY_PENDING, 40, 0},
                 {SPENT_WRITE_OFF, 40, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bench_begin(shop->bench, &shop->program);
        shop->wallet.earned_but_spent = cases[i].policy;
        assert_int_equal(buy(shop, "ann", "old", 100), ANSWER_DONE);
        assert_int_equal(redeem(shop, "ann", "r", 100), ANSWER_DONE);
        assert_int_equal(buy(shop, "ann", "new", 40), ANSWER_DONE);
        assert_int_equal(give_back(shop, "old"), ANSWER_DONE);
        assert_int_equal(balance_of(shop, "ann").available, cases[i].available);
        assert_int_equal(balance_of(shop, "ann").debt, cases[i].debt);
    }
}

static void a_debt_is_paid_by_whatever_becomes_available_next(void **state)
{
    struct shop *shop = *state;
    shop->wallet.earned_but_spent = SPENT_BELOW_ZERO;
    assert_int_equal(buy(shop, "ann", "o1", 100), ANSWER_DONE);
    assert_int_equal(redeem(shop, "ann", "r", 100), ANSWER_DONE);
    assert_int_equal(give_back(shop, "o1"), ANSWER_DONE);
    assert_int_equal(balance_of(shop, "ann").debt, 100);
    assert_int_equal(buy(shop, "ann", "o2", 130), ANSWER_DONE);
    assert_int_equal(balance_of(shop, "ann").debt, 0);
    assert_int_equal(balance_of(shop, "ann").available, 30);
}

/* 2. A refund charged the points again; a partial refund forgot the reward. */
static void a_refund_gives_back_the_points_spent_on_the_order(void **state)
{
    struct shop *shop = *state;
    assert_int_equal(buy(shop, "ann", "o1", 100), ANSWER_DONE);
    struct item items[2] = {{.sku = TEXT("a"), .quantity = 3, .unit_price = {10, 0}},
                            {.sku = TEXT("b"), .quantity = 1, .unit_price = {10, 0}}};
    struct event event = purchase("ann", "o2", items, 2);
    const struct redeem points = {.wallet = TEXT("points"), .amount = 90};
    event.redeems = &points;
    event.redeem_count = 1;
    assert_int_equal(send(shop, event), ANSWER_DONE);
    assert_int_equal(balance_of(shop, "ann").available, 10 + 40);
    struct returned one = {.item = TEXT("1"), .quantity = 1};
    struct event returned = {
        .type = EVENT_RETURN, .order = TEXT("o2"), .returns = &one, .return_count = 1};
    /* A quarter of 90 is 22.5: 22 come back; 10 of the 40 earned are taken. */
    assert_int_equal(send(shop, returned), ANSWER_DONE);
    assert_int_equal(balance_of(shop, "ann").available, 50 + 22 - 10);
    assert_int_equal(give_back(shop, "o2"), ANSWER_DONE);
    assert_int_equal(balance_of(shop, "ann").available, 100);
}

/* 3. A reversal was computed from today's rules. */
static void a_refund_reverses_what_was_recorded_whatever_the_rules_say_now(void **state)
{
    struct shop *shop = *state;
    assert_int_equal(buy(shop, "ann", "o1", 100), ANSWER_DONE);
    assert_int_equal(buy(shop, "ann", "o2", 100), ANSWER_DONE);
    shop->rate.points = 5;
    shop->rules[0].rounding = ROUNDING_UP;
    assert_int_equal(give_back(shop, "o1"), ANSWER_DONE);
    assert_int_equal(balance_of(shop, "ann").available, 100);
    shop->program.rule_count = 0;
    assert_int_equal(give_back(shop, "o2"), ANSWER_DONE);
    assert_int_equal(balance_of(shop, "ann").available, 0);
}

/* 4. Twenty gifts of 100 out of 100 points credited 2,000. */
static void a_hundred_points_are_given_once(void **state)
{
    struct shop *shop = *state;
    assert_int_equal(buy(shop, "ann", "o1", 100), ANSWER_DONE);
    assert_int_equal(send(shop, (struct event){.type = EVENT_JOIN, .member = TEXT("bob")}),
                     ANSWER_DONE);
    for (int i = 0; i < 20; i++) {
        struct event gift = {.type = EVENT_TRANSFER,
                             .member = TEXT("ann"),
                             .other_member = TEXT("bob"),
                             .wallet = TEXT("points"),
                             .amount = 100,
                             .reason = TEXT("gift"),
                             .actor = TEXT("ann")};
        assert_int_equal(send(shop, gift), i == 0 ? ANSWER_DONE : ANSWER_BALANCE_TOO_LOW);
    }
    assert_int_equal(balance_of(shop, "ann").available, 0);
    assert_int_equal(balance_of(shop, "bob").available, 100);
}

static void the_same_points_do_not_pay_in_two_checkouts(void **state)
{
    struct shop *shop = *state;
    assert_int_equal(buy(shop, "ann", "o1", 100), ANSWER_DONE);
    assert_int_equal(hold(shop, "ann", "till 1", 100, 1), ANSWER_DONE);
    assert_int_equal(hold(shop, "ann", "till 2", 100, 1), ANSWER_BALANCE_TOO_LOW);
    assert_int_equal(redeem(shop, "ann", "till 3", 1), ANSWER_BALANCE_TOO_LOW);
    assert_int_equal(about(shop, EVENT_CONFIRM, "till 1"), ANSWER_DONE);
    assert_int_equal(about(shop, EVENT_CONFIRM, "till 1"), ANSWER_NOT_HELD);
    assert_int_equal(balance_of(shop, "ann").held, 0);
    assert_int_equal(balance_of(shop, "ann").available, 0);
}

/* 5. A retry paid twice. */
static void a_retry_answers_as_before_and_pays_nothing(void **state)
{
    struct shop *shop = *state;
    struct item item = {.sku = TEXT("a"), .quantity = 1, .unit_price = {100, 0}};
    struct event event = purchase("ann", "o1", &item, 1);
    event.key = TEXT("key");
    event.occurred_at_us = shop->now_us;
    assert_int_equal(send(shop, event), ANSWER_DONE);
    uint64_t first = shop->position;
    for (int i = 0; i < 3; i++) {
        next_days(shop, 100);
        assert_int_equal(send(shop, event), ANSWER_REPEATED);
        assert_int_equal(shop->decision.repeated_position, first);
    }
    item.quantity = 2;
    assert_int_equal(send(shop, event), ANSWER_KEY_CONFLICT);
    assert_int_equal(balance_of(shop, "ann").available, 100);
}

static void a_refused_request_answers_a_retry_as_repeated(void **state)
{
    struct shop *shop = *state;
    assert_int_equal(buy(shop, "ann", "o1", 10), ANSWER_DONE);
    struct event event = {.type = EVENT_REDEEM,
                          .key = TEXT("key"),
                          .member = TEXT("ann"),
                          .wallet = TEXT("points"),
                          .amount = 50,
                          .occurred_at_us = shop->now_us};
    assert_int_equal(send(shop, event), ANSWER_BALANCE_TOO_LOW);
    uint64_t first = shop->position;
    assert_int_equal(buy(shop, "ann", "o2", 100), ANSWER_DONE);
    assert_int_equal(send(shop, event), ANSWER_REPEATED);
    assert_int_equal(shop->decision.repeated_position, first);
    assert_int_equal(balance_of(shop, "ann").available, 110);
}

/* 6. A cancelled payment gave credit back twice. */
static void a_cancelled_hold_gives_back_once(void **state)
{
    struct shop *shop = *state;
    assert_int_equal(buy(shop, "ann", "o1", 100), ANSWER_DONE);
    assert_int_equal(hold(shop, "ann", "h1", 70, 1), ANSWER_DONE);
    assert_int_equal(about(shop, EVENT_CANCEL, "h1"), ANSWER_DONE);
    assert_int_equal(about(shop, EVENT_CANCEL, "h1"), ANSWER_NOT_HELD);
    assert_int_equal(about(shop, EVENT_REVERSE, "h1"), ANSWER_NOT_REVERSIBLE);
    assert_int_equal(balance_of(shop, "ann").available, 100);
    assert_int_equal(hold(shop, "ann", "h2", 70, 1), ANSWER_DONE);
    next_days(shop, 2);
    assert_int_equal(balance_of(shop, "ann").available, 100);
    assert_int_equal(about(shop, EVENT_CANCEL, "h2"), ANSWER_HOLD_LAPSED);
    assert_int_equal(about(shop, EVENT_CONFIRM, "h2"), ANSWER_HOLD_LAPSED);
    assert_int_equal(balance_of(shop, "ann").available, 100);
}

static void a_redemption_is_reversed_once(void **state)
{
    struct shop *shop = *state;
    assert_int_equal(buy(shop, "ann", "o1", 100), ANSWER_DONE);
    assert_int_equal(redeem(shop, "ann", "r1", 100), ANSWER_DONE);
    assert_int_equal(about(shop, EVENT_REVERSE, "r1"), ANSWER_DONE);
    assert_int_equal(about(shop, EVENT_REVERSE, "r1"), ANSWER_NOT_REVERSIBLE);
    assert_int_equal(balance_of(shop, "ann").available, 100);
}

/* 7. Expiry without pairing spends to lots wiped valid points. */
static void expiry_takes_only_what_is_left_of_the_old_lot(void **state)
{
    struct shop *shop = *state;
    shop->rules[0].expires = (struct expiry){.given = true, .after = {30, PERIOD_DAY}};
    assert_int_equal(buy(shop, "ann", "o1", 100), ANSWER_DONE);
    next_days(shop, 20);
    assert_int_equal(buy(shop, "ann", "o2", 100), ANSWER_DONE);
    assert_int_equal(redeem(shop, "ann", "r1", 80), ANSWER_DONE);
    shop->now_us += 10 * MICROSECONDS_PER_DAY - 1;
    assert_int_equal(balance_of(shop, "ann").available, 120);
    shop->now_us += 1;
    assert_int_equal(balance_of(shop, "ann").available, 100);
    next_days(shop, 20);
    assert_int_equal(balance_of(shop, "ann").available, 0);
}

static void points_that_activity_renews_do_end_without_any(void **state)
{
    struct shop *shop = *state;
    shop->wallet.expires = (struct expiry){.given = true,
                                           .after = {30, PERIOD_DAY},
                                           .renewed_by = {[TRIGGER_PURCHASE] = true},
                                           .is_renewed = true};
    shop->rules[0].expires = shop->wallet.expires;
    shop->rules[1] = shop->rules[0];
    shop->rules[1].on = TRIGGER_JOIN;
    shop->rules[1].symbol = hash_symbol(TEXT("rule/welcome"));
    shop->rules[1].earn = EARN_FIXED;
    shop->rules[1].fixed = 50;
    shop->program.rule_count = 2;
    assert_int_equal(send(shop, (struct event){.type = EVENT_JOIN, .member = TEXT("ann")}),
                     ANSWER_DONE);
    assert_int_equal(send(shop, (struct event){.type = EVENT_JOIN, .member = TEXT("bob")}),
                     ANSWER_DONE);
    next_days(shop, 20);
    assert_int_equal(buy(shop, "bob", "o1", 10), ANSWER_DONE);
    next_days(shop, 20);
    assert_int_equal(balance_of(shop, "ann").available, 0);
    assert_int_equal(balance_of(shop, "bob").available, 60);
    next_days(shop, 20);
    assert_int_equal(balance_of(shop, "bob").available, 0);
}

/* 8. One cent was left over; -1e-14 made a coupon invalid. */
static void returning_piece_by_piece_leaves_nothing_over(void **state)
{
    struct shop *shop = *state;
    static const struct decimal prices[] = {{333, 3}, {1, 1}, {2, 1}, {9999999, 6}, {1005, 3}};
    shop->wallet.decimals = 2;
    shop->rate = (struct rate){0, 300, 100};
    for (size_t i = 0; i < sizeof prices / sizeof prices[0]; i++) {
        bench_begin(shop->bench, &shop->program);
        struct item item = {.sku = TEXT("a"),
                            .quantity = 7,
                            .unit_price = prices[i],
                            .discount = i % 2 == 0 ? 0 : 1};
        assert_int_equal(send(shop, purchase("ann", "o1", &item, 1)), ANSWER_DONE);
        int64_t eligible = shop->decision.eligible;
        assert_int_equal(balance_of(shop, "ann").available, 3 * eligible);
        int64_t before = 3 * eligible;
        for (int unit = 0; unit < 7; unit++) {
            struct returned one = {.sku = TEXT("a"), .quantity = 1};
            struct event event = {.type = EVENT_RETURN_BY_SKU,
                                  .member = TEXT("ann"),
                                  .returns = &one,
                                  .return_count = 1};
            assert_int_equal(send(shop, event), ANSWER_DONE);
            assert_int_equal(shop->decision.units_matched, 1);
            int64_t left = balance_of(shop, "ann").available;
            assert_true(left <= before);
            before = left;
        }
        assert_int_equal(before, 0);
        assert_int_equal(balance_of(shop, "ann").debt, 0);
    }
}

static void thousands_of_tenths_of_a_point_are_exact(void **state)
{
    struct shop *shop = *state;
    shop->wallet.decimals = 1;
    shop->rate = (struct rate){0, 1, 100};
    for (int i = 0; i < 1000; i++) {
        char order[12];
        snprintf(order, sizeof order, "o%d", i);
        assert_int_equal(buy(shop, "ann", order, 1), ANSWER_DONE);
    }
    assert_int_equal(balance_of(shop, "ann").available, 1000);
    assert_int_equal(redeem(shop, "ann", "r1", 1000), ANSWER_DONE);
    assert_int_equal(redeem(shop, "ann", "r2", 1), ANSWER_BALANCE_TOO_LOW);
}

/* 9. The cart was priced in one time zone and confirmed in another. */
static void a_limit_of_a_calendar_day_is_one_of_the_programmes_zone(void **state)
{
    struct shop *shop = *state;
    shop_zone(shop, "America/New_York");
    shop->limits[0] = (struct limit){.symbol = hash_symbol(TEXT("limit/rule/base/per_member")),
                                     .scope = LIMIT_PER_MEMBER,
                                     .wallet = PROGRAM_NONE,
                                     .amount = 1,
                                     .window = {WINDOW_CALENDAR, PERIOD_DAY, 0}};
    shop->program.limit_count = 1;
    shop->rules[0].limits = (struct limit_range){0, 1};
    /* 21:00 and 23:00 in New York, one each side of midnight UTC; then 00:30 of the next day. */
    shop->now_us = day_us(2027, 1, 1) + 2 * 3600 * MICROSECONDS_PER_SECOND;
    assert_int_equal(buy(shop, "ann", "o1", 10), ANSWER_DONE);
    shop->now_us = day_us(2027, 1, 1) + 4 * 3600 * MICROSECONDS_PER_SECOND;
    assert_int_equal(buy(shop, "ann", "o2", 10), ANSWER_DONE);
    assert_int_equal(balance_of(shop, "ann").available, 10);
    shop->now_us = day_us(2027, 1, 1) + 5 * 3600 * MICROSECONDS_PER_SECOND + 1;
    assert_int_equal(buy(shop, "ann", "o3", 10), ANSWER_DONE);
    assert_int_equal(balance_of(shop, "ann").available, 20);
}

static void add_tiers(struct shop *shop, enum tier_on_return on_return)
{
    shop->counter = (struct counter){.id = TEXT("spend"),
                                     .symbol = hash_symbol(TEXT("counter/spend")),
                                     .on = TRIGGER_PURCHASE,
                                     .measure = MEASURE_ELIGIBLE,
                                     .wallet = PROGRAM_NONE,
                                     .condition = no_condition(),
                                     .window = {WINDOW_CALENDAR, PERIOD_YEAR, 0}};
    shop->levels[0] = (struct level){TEXT("silver"), hash_symbol(TEXT("level/club/silver")),
                                     TEXT("Silver"), 10000};
    shop->levels[1] =
        (struct level){TEXT("gold"), hash_symbol(TEXT("level/club/gold")), TEXT("Gold"), 50000};
    shop->tier_set = (struct tier_set){.id = TEXT("club"),
                                       .symbol = hash_symbol(TEXT("tier/club")),
                                       .levels = shop->levels,
                                       .level_count = 2,
                                       .kept = KEPT_TO_PERIOD_END,
                                       .kept_unit = PERIOD_YEAR,
                                       .kept_periods = 1,
                                       .downgrade = DOWNGRADE_ONE_LEVEL,
                                       .on_return = on_return};
    shop->program.counters = &shop->counter;
    shop->program.counter_count = 1;
    shop->program.tier_sets = &shop->tier_set;
    shop->program.tier_set_count = 1;
}

static uint32_t level_of(struct shop *shop, const char *member)
{
    balance_of(shop, member);
    return member_level(&shop->program, &shop->bench->folded, text_of(member), 0);
}

/* 10. The tier was computed from the balance; the wrong tier was held for years. */
static void spending_points_does_not_lower_a_tier(void **state)
{
    struct shop *shop = *state;
    add_tiers(shop, TIER_KEEP);
    assert_int_equal(buy(shop, "ann", "o1", 600), ANSWER_DONE);
    assert_int_equal(level_of(shop, "ann"), 1);
    assert_int_equal(redeem(shop, "ann", "r1", 600), ANSWER_DONE);
    assert_int_equal(level_of(shop, "ann"), 1);
    assert_int_equal(send(shop, (struct event){.type = EVENT_ADJUST,
                                               .member = TEXT("bob"),
                                               .wallet = TEXT("points"),
                                               .amount = 100000,
                                               .reason = TEXT("gift"),
                                               .actor = TEXT("clerk")}),
                     ANSWER_UNKNOWN_MEMBER);
    assert_int_equal(buy(shop, "bob", "o2", 1), ANSWER_DONE);
    assert_int_equal(level_of(shop, "bob"), PROGRAM_NONE);
}

static void a_tier_is_kept_to_the_end_of_next_year_and_then_falls_one_level(void **state)
{
    struct shop *shop = *state;
    add_tiers(shop, TIER_KEEP);
    assert_int_equal(buy(shop, "ann", "o1", 600), ANSWER_DONE);
    shop->now_us = day_us(2029, 1, 1) - 1;
    assert_int_equal(level_of(shop, "ann"), 1);
    shop->now_us = day_us(2029, 1, 1);
    assert_int_equal(level_of(shop, "ann"), 0);
    shop->now_us = day_us(2030, 1, 1) - 1;
    assert_int_equal(level_of(shop, "ann"), 0);
    shop->now_us = day_us(2030, 1, 1);
    assert_int_equal(level_of(shop, "ann"), PROGRAM_NONE);
}

static void reaching_the_threshold_again_keeps_the_tier_a_year_longer(void **state)
{
    struct shop *shop = *state;
    add_tiers(shop, TIER_KEEP);
    assert_int_equal(buy(shop, "ann", "o1", 600), ANSWER_DONE);
    shop->now_us = day_us(2028, 6, 1);
    assert_int_equal(buy(shop, "ann", "o2", 500), ANSWER_DONE);
    shop->now_us = day_us(2030, 1, 1) - 1;
    assert_int_equal(level_of(shop, "ann"), 1);
    shop->now_us = day_us(2030, 1, 1);
    assert_int_equal(level_of(shop, "ann"), 0);
}

static void a_refund_lowers_the_tier_only_where_it_re_evaluates(void **state)
{
    struct shop *shop = *state;
    for (int i = 0; i < 2; i++) {
        add_tiers(shop, i == 0 ? TIER_KEEP : TIER_RE_EVALUATE);
        bench_begin(shop->bench, &shop->program);
        assert_int_equal(buy(shop, "ann", "o1", 200), ANSWER_DONE);
        assert_int_equal(buy(shop, "ann", "o2", 400), ANSWER_DONE);
        assert_int_equal(level_of(shop, "ann"), 1);
        assert_int_equal(give_back(shop, "o2"), ANSWER_DONE);
        assert_int_equal(level_of(shop, "ann"), i == 0 ? 1 : 0);
    }
}

/* 11. Usage limits leaked. */
static void a_limit_holds_and_is_given_back_with_the_whole_order(void **state)
{
    struct shop *shop = *state;
    shop->limits[0] = (struct limit){.symbol = hash_symbol(TEXT("limit/rule/base/in_all")),
                                     .scope = LIMIT_IN_ALL,
                                     .wallet = PROGRAM_NONE,
                                     .amount = 2,
                                     .window = {WINDOW_LIFETIME, PERIOD_DAY, 0}};
    shop->program.limit_count = 1;
    shop->rules[0].limits = (struct limit_range){0, 1};
    assert_int_equal(buy(shop, "ann", "o1", 10), ANSWER_DONE);
    assert_int_equal(buy(shop, "bob", "o2", 10), ANSWER_DONE);
    assert_int_equal(buy(shop, "ann", "o3", 10), ANSWER_DONE);
    assert_int_equal(shop->decision.fired_count, 0);
    assert_int_equal(give_back(shop, "o2"), ANSWER_DONE);
    assert_int_equal(buy(shop, "ann", "o4", 10), ANSWER_DONE);
    assert_int_equal(buy(shop, "ann", "o5", 10), ANSWER_DONE);
    assert_int_equal(balance_of(shop, "ann").available, 20);
}

static void a_late_event_finds_its_own_day_used_up(void **state)
{
    struct shop *shop = *state;
    shop->limits[0] = (struct limit){.symbol = hash_symbol(TEXT("limit/rule/base/per_member")),
                                     .scope = LIMIT_PER_MEMBER,
                                     .wallet = PROGRAM_NONE,
                                     .amount = 1,
                                     .window = {WINDOW_CALENDAR, PERIOD_DAY, 0}};
    shop->program.limit_count = 1;
    shop->rules[0].limits = (struct limit_range){0, 1};
    int64_t first_us = shop->now_us;
    for (int i = 0; i < 4; i++) {
        char order[8];
        snprintf(order, sizeof order, "o%d", i);
        assert_int_equal(buy(shop, "ann", order, 10), ANSWER_DONE);
        next_days(shop, 5);
    }
    struct item item = {.sku = TEXT("a"), .quantity = 1, .unit_price = {10, 0}};
    struct event late = purchase("ann", "late", &item, 1);
    late.occurred_at_us = first_us + 1;
    assert_int_equal(send(shop, late), ANSWER_DONE);
    assert_int_equal(shop->decision.fired_count, 0);
    assert_int_equal(balance_of(shop, "ann").available, 40);
}

static void a_stock_is_exact_and_comes_back_with_a_cancelled_hold(void **state)
{
    struct shop *shop = *state;
    shop->reward.has_stock = true;
    shop->reward.stock = 1;
    assert_int_equal(buy(shop, "ann", "o1", 500), ANSWER_DONE);
    struct event event = {.type = EVENT_HOLD,
                          .member = TEXT("ann"),
                          .reward = TEXT("mug"),
                          .id = TEXT("h1"),
                          .lapses_at_us = shop->now_us + MICROSECONDS_PER_DAY};
    assert_int_equal(send(shop, event), ANSWER_DONE);
    event.id = TEXT("h2");
    assert_int_equal(send(shop, event), ANSWER_OUT_OF_STOCK);
    next_days(shop, 1);
    event.lapses_at_us = shop->now_us + MICROSECONDS_PER_DAY;
    assert_int_equal(balance_of(shop, "ann").available, 500);
    event.id = TEXT("h3");
    event.member = TEXT("ann");
    assert_int_equal(send(shop, event), ANSWER_DONE);
    assert_int_equal(balance_of(shop, "ann").available, 400);
}

/* 12. "Why did I lose these points?" */
static void points_do_not_change_by_hand_without_a_reason(void **state)
{
    struct shop *shop = *state;
    assert_int_equal(buy(shop, "ann", "o1", 100), ANSWER_DONE);
    assert_int_equal(buy(shop, "bob", "o2", 100), ANSWER_DONE);
    struct event event = {.type = EVENT_ADJUST,
                          .member = TEXT("ann"),
                          .wallet = TEXT("points"),
                          .amount = -10,
                          .actor = TEXT("clerk")};
    assert_int_equal(send(shop, event), ANSWER_INVALID_EVENT);
    event.reason = TEXT("wrong till");
    assert_int_equal(send(shop, event), ANSWER_DONE);
    assert_int_equal(balance_of(shop, "ann").available, 90);
}

/* 13. Merging two accounts lost points. */
static void a_merge_keeps_every_point_and_can_be_undone(void **state)
{
    struct shop *shop = *state;
    assert_int_equal(buy(shop, "ann", "o1", 100), ANSWER_DONE);
    assert_int_equal(buy(shop, "bob", "o2", 50), ANSWER_DONE);
    struct event event = {.type = EVENT_MERGE, .member = TEXT("bob"), .other_member = TEXT("ann")};
    assert_int_equal(send(shop, event), ANSWER_DONE);
    assert_int_equal(balance_of(shop, "ann").available, 150);
    assert_int_equal(send(shop, event), ANSWER_ALREADY_MERGED);
    assert_int_equal(give_back(shop, "o2"), ANSWER_DONE);
    assert_int_equal(balance_of(shop, "ann").available, 100);
    assert_int_equal(buy(shop, "bob", "o3", 7), ANSWER_DONE);
    assert_int_equal(balance_of(shop, "ann").available, 107);
    event.type = EVENT_UNMERGE;
    assert_int_equal(send(shop, event), ANSWER_DONE);
    assert_int_equal(balance_of(shop, "ann").available, 107);
    assert_int_equal(balance_of(shop, "bob").available, 0);
    assert_int_equal(send(shop, event), ANSWER_NOT_MERGED);
}

/* 16. Does the part of an order that points paid earn? Does buying a gift card? */
static void what_is_eligible_is_the_programmes_choice(void **state)
{
    struct shop *shop = *state;
    /* A third of the 30.00 that points paid falls on the gift card. */
    static const struct {
        bool paid_with_points, gift_cards;
        int64_t earned;
    } cases[] = {{false, false, 80}, {true, false, 100}, {false, true, 120}, {true, true, 150}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        shop->program.eligible.paid_with_points_included = cases[i].paid_with_points;
        shop->program.eligible.gift_cards_included = cases[i].gift_cards;
        bench_begin(shop->bench, &shop->program);
        struct item items[2] = {
            {.sku = TEXT("a"), .quantity = 1, .unit_price = {100, 0}},
            {.sku = TEXT("card"), .type = TEXT("gift_card"), .quantity = 1, .unit_price = {50, 0}}};
        struct event event = purchase("ann", "o1", items, 2);
        event.paid_with_points = 3000;
        assert_int_equal(send(shop, event), ANSWER_DONE);
        assert_int_equal(balance_of(shop, "ann").available, cases[i].earned);
    }
}

/* 17. A redemption was cancelled after its lot had expired: what comes back? */
static void points_of_an_expired_lot_come_back_by_the_wallets_policy(void **state)
{
    struct shop *shop = *state;
    for (int i = 0; i < 2; i++) {
        shop->wallet.expired_lives_again = i == 1;
        shop->rules[0].expires = (struct expiry){.given = true, .after = {10, PERIOD_DAY}};
        bench_begin(shop->bench, &shop->program);
        assert_int_equal(buy(shop, "ann", "o1", 100), ANSWER_DONE);
        assert_int_equal(hold(shop, "ann", "h1", 60, 90), ANSWER_DONE);
        assert_int_equal(redeem(shop, "ann", "r1", 40), ANSWER_DONE);
        next_days(shop, 20);
        assert_int_equal(balance_of(shop, "ann").held, 60);
        assert_int_equal(about(shop, EVENT_REVERSE, "r1"), ANSWER_DONE);
        assert_int_equal(balance_of(shop, "ann").available, i == 0 ? 0 : 40);
        assert_int_equal(about(shop, EVENT_CANCEL, "h1"), ANSWER_DONE);
        assert_int_equal(balance_of(shop, "ann").available, i == 0 ? 0 : 100);
        assert_int_equal(balance_of(shop, "ann").held, 0);
        next_days(shop, 30);
        assert_int_equal(balance_of(shop, "ann").available, 0);
    }
}

/* 18. Opening balances at import. */
static void an_opening_balance_expires_by_its_own_date(void **state)
{
    struct shop *shop = *state;
    shop->wallet.expires = (struct expiry){.given = true, .after = {12, PERIOD_MONTH}};
    assert_int_equal(send(shop, (struct event){.type = EVENT_JOIN,
                                               .member = TEXT("ann"),
                                               .is_import = true,
                                               .occurred_at_us = day_us(2025, 1, 1)}),
                     ANSWER_DONE);
    struct event event = {.type = EVENT_ADJUST,
                          .member = TEXT("ann"),
                          .wallet = TEXT("points"),
                          .amount = 250,
                          .reason = TEXT("opening balance"),
                          .actor = TEXT("import"),
                          .occurred_at_us = day_us(2026, 5, 1)};
    assert_int_equal(send(shop, event), ANSWER_TOO_LATE);
    event.is_import = true;
    assert_int_equal(send(shop, event), ANSWER_DONE);
    assert_int_equal(balance_of(shop, "ann").available, 250);
    shop->now_us = day_us(2027, 5, 1);
    assert_int_equal(balance_of(shop, "ann").available, 0);
}

/* An amount that is too large is an error, never a wrapped number, and changes nothing. */
static void an_amount_past_64_bits_is_an_error_and_changes_nothing(void **state)
{
    struct shop *shop = *state;
    struct decision decision;
    enum status status = STATUS_OK;
    struct event adjust = {.type = EVENT_ADJUST,
                           .member = TEXT("ann"),
                           .wallet = TEXT("points"),
                           .amount = INT64_MAX,
                           .reason = TEXT("large"),
                           .actor = TEXT("clerk")};
    assert_int_equal(buy(shop, "ann", "o1", 100), ANSWER_DONE);
    adjust.position = ++shop->position;
    adjust.clock_us = adjust.occurred_at_us = shop->now_us;
    assert_true(bench_decide(shop->bench, &adjust, &decision, &status));
    assert_int_equal(status, STATUS_OVERFLOW);
    assert_int_equal(balance_of(shop, "ann").available, 100);
    struct item item = {
        .sku = TEXT("a"), .quantity = EVENT_QUANTITY_MAXIMUM, .unit_price = {INT64_MAX, 0}};
    struct event large = purchase("ann", "o2", &item, 1);
    large.position = ++shop->position;
    large.clock_us = large.occurred_at_us = shop->now_us;
    assert_true(bench_decide(shop->bench, &large, &decision, &status));
    assert_int_equal(status, STATUS_OVERFLOW);
    assert_int_equal(balance_of(shop, "ann").available, 100);
    adjust.amount = INT64_MIN;
    assert_int_equal(send(shop, adjust), ANSWER_INVALID_AMOUNT);
}

#define FIELD_TEST(name) cmocka_unit_test_setup_teardown(name, shop_open, shop_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIELD_TEST(a_refund_takes_back_what_the_order_earned),
        FIELD_TEST(a_refund_of_spent_points_follows_the_wallets_policy),
        FIELD_TEST(a_debt_is_paid_by_whatever_becomes_available_next),
        FIELD_TEST(a_refund_gives_back_the_points_spent_on_the_order),
        FIELD_TEST(a_refund_reverses_what_was_recorded_whatever_the_rules_say_now),
        FIELD_TEST(a_hundred_points_are_given_once),
        FIELD_TEST(the_same_points_do_not_pay_in_two_checkouts),
        FIELD_TEST(a_retry_answers_as_before_and_pays_nothing),
        FIELD_TEST(a_refused_request_answers_a_retry_as_repeated),
        FIELD_TEST(a_cancelled_hold_gives_back_once),
        FIELD_TEST(a_redemption_is_reversed_once),
        FIELD_TEST(expiry_takes_only_what_is_left_of_the_old_lot),
        FIELD_TEST(points_that_activity_renews_do_end_without_any),
        FIELD_TEST(returning_piece_by_piece_leaves_nothing_over),
        FIELD_TEST(thousands_of_tenths_of_a_point_are_exact),
        FIELD_TEST(a_limit_of_a_calendar_day_is_one_of_the_programmes_zone),
        FIELD_TEST(spending_points_does_not_lower_a_tier),
        FIELD_TEST(a_tier_is_kept_to_the_end_of_next_year_and_then_falls_one_level),
        FIELD_TEST(reaching_the_threshold_again_keeps_the_tier_a_year_longer),
        FIELD_TEST(a_refund_lowers_the_tier_only_where_it_re_evaluates),
        FIELD_TEST(a_limit_holds_and_is_given_back_with_the_whole_order),
        FIELD_TEST(a_late_event_finds_its_own_day_used_up),
        FIELD_TEST(a_stock_is_exact_and_comes_back_with_a_cancelled_hold),
        FIELD_TEST(points_do_not_change_by_hand_without_a_reason),
        FIELD_TEST(a_merge_keeps_every_point_and_can_be_undone),
        FIELD_TEST(what_is_eligible_is_the_programmes_choice),
        FIELD_TEST(points_of_an_expired_lot_come_back_by_the_wallets_policy),
        FIELD_TEST(an_opening_balance_expires_by_its_own_date),
        FIELD_TEST(an_amount_past_64_bits_is_an_error_and_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
