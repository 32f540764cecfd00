/* A seed becomes a world: a random programme, built table by table as the loader would compile it,
 * and a number of members. The programmes are small and crowded, so that few commands make many
 * things meet.
 *
 * Invariants: the tables hold what program.h promises (symbols of paths, lists sorted by bytes,
 * rules by priority and then in file order, levels ascending); nothing here depends on anything but
 * the seed.
 */
#include <stdio.h>

#include "auditor.h"

uint64_t random_next(struct random *random)
{
    random->state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t mixed = random->state;
    mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ (mixed >> 31);
}

int random_below(struct random *random, int count)
{
    ASSERT(count > 0);
    return (int)(random_next(random) % (uint64_t)count);
}

bool random_chance(struct random *random, int percent)
{
    return random_below(random, 100) < percent;
}

static uint32_t world_symbol(struct world *world, const char *path, int number)
{
    return hash_symbol(arena_format(&world->arena, "%s%d", path, number));
}

struct text world_id(struct world *world, char letter, int number)
{
    struct text id = arena_format(&world->arena, "%c%d", letter, number);
    ASSERT(id.bytes != NULL);
    return id;
}

/* All but a few of the worlds' instants lie in the two years from here. */
static int64_t world_start_us(void)
{
    return (int64_t)day_of_date((struct date){2027, 1, 1}) * MICROSECONDS_PER_DAY;
}

static struct span random_span(struct random *random)
{
    static const struct span spans[] = {{1, PERIOD_DAY},   {7, PERIOD_DAY},    {30, PERIOD_DAY},
                                        {1, PERIOD_MONTH}, {3, PERIOD_MONTH},  {2, PERIOD_WEEK},
                                        {1, PERIOD_YEAR},  {1, PERIOD_QUARTER}};
    return spans[random_below(random, 8)];
}

static struct window random_window(struct random *random)
{
    struct window window = {WINDOW_LIFETIME, PERIOD_DAY, 0};
    static const enum period_unit units[] = {PERIOD_DAY, PERIOD_WEEK, PERIOD_MONTH, PERIOD_QUARTER,
                                             PERIOD_YEAR};
    static const int32_t days[] = {1, 7, 30, 90};
    switch (random_below(random, 7)) {
    case 0:
        break;
    case 1:
        window.kind = WINDOW_MEMBERSHIP_YEAR;
        break;
    case 2:
    case 3:
    case 4:
        window.kind = WINDOW_CALENDAR;
        window.unit = units[random_below(random, 5)];
        break;
    default:
        window.kind = WINDOW_ROLLING;
        window.days = days[random_below(random, 4)];
        break;
    }
    return window;
}

static struct expiry random_expiry(struct random *random)
{
    struct expiry expiry = {0};
    expiry.given = random_chance(random, 70);
    if (!expiry.given) return expiry;
    expiry.after = random_span(random);
    if (random_chance(random, 40)) {
        static const enum period_end ends[] = {PERIOD_END_DAY, PERIOD_END_WEEK, PERIOD_END_MONTH,
                                               PERIOD_END_QUARTER, PERIOD_END_YEAR};
        expiry.on = ends[random_below(random, 5)];
        if (random_chance(random, 30)) expiry.after.count = 0;
    }
    return expiry;
}

static struct pending random_pending(struct random *random)
{
    struct pending pending = {0};
    pending.given = random_chance(random, 45);
    if (!pending.given) return pending;
    int kind = random_below(random, 3);
    if (kind != 0) pending.until = random_chance(random, 70) ? TEXT("shipped") : TEXT("closed");
    if (kind != 1) {
        pending.has_at_latest = true;
        pending.at_latest = (struct span){1 + random_below(random, 14), PERIOD_DAY};
    }
    return pending;
}

static struct text *texts_of(struct world *world, int count, struct text first, struct text second)
{
    struct text *list = arena_new_array(&world->arena, struct text, 2);
    list[0] = first;
    if (count == 2) list[1] = second;
    return list;
}

/* `of_items`: may it choose items? */
static struct condition random_condition(struct world *world, bool of_items)
{
    struct random *random = &world->random;
    struct program *program = world->program;
    struct condition condition = {.tier_set = PROGRAM_NONE,
                                  .order_at_least_currency = PROGRAM_NONE,
                                  .from_us = INSTANT_EARLIEST,
                                  .until_us = INSTANT_NEVER};
    if (random_chance(random, 50)) return condition;
    condition.is_given = true;
    if (random_chance(random, 30) && program->tier_set_count > 0) {
        condition.tier_set = (uint32_t)random_below(random, (int)program->tier_set_count);
        int levels = (int)program->tier_sets[condition.tier_set].level_count;
        condition.level_lowest = random_below(random, levels + 1) - 1;
        condition.level_highest = random_chance(random, 60) ? levels - 1 : condition.level_lowest;
        if (condition.level_highest < condition.level_lowest) {
            condition.level_highest = condition.level_lowest;
        }
    }
    if (random_chance(random, 15)) {
        condition.birthday_given = true;
        static const enum period_unit units[] = {PERIOD_DAY, PERIOD_WEEK, PERIOD_MONTH};
        condition.birthday = units[random_below(random, 3)];
    }
    if (random_chance(random, 20)) {
        condition.channel_count = 1;
        condition.channels = texts_of(world, 1, TEXT("web"), TEXT(""));
    }
    if (random_chance(random, 15)) {
        condition.store_count = 2;
        condition.stores = texts_of(world, 2, TEXT("s1"), TEXT("s2"));
    }
    if (of_items && random_chance(random, 30)) {
        condition.category_count = 1 + (uint32_t)random_below(random, 2);
        condition.categories = texts_of(world, (int)condition.category_count, TEXT("x"), TEXT("y"));
    }
    if (of_items && random_chance(random, 20)) {
        condition.sku_count = 2;
        condition.skus = texts_of(world, 2, TEXT("a"), TEXT("c"));
    }
    if (random_chance(random, 25)) {
        condition.order_at_least_currency = 0;
        condition.order_at_least = 1000 * (1 + random_below(random, 10));
    }
    if (random_chance(random, 20)) {
        int64_t day_us = MICROSECONDS_PER_DAY;
        condition.from_us = world_start_us() + random_below(random, 200) * day_us;
        if (random_chance(random, 60)) {
            condition.until_us = condition.from_us + (1 + random_below(random, 200)) * day_us;
        }
    }
    return condition;
}

/* Adds up to two limits to the programme; `path` names their owner. */
static struct limit_range random_limits(struct world *world, const char *path, int number,
                                        uint32_t wallet, int percent)
{
    struct random *random = &world->random;
    struct program *program = world->program;
    struct limit_range range = {program->limit_count, 0};
    static const char *const scopes[] = {"per_member", "in_all"};
    for (int scope = 0; scope < (world->is_separable ? 1 : 2); scope++) {
        if (!random_chance(random, percent)) continue;
        struct limit *limit = &program->limits[program->limit_count++];
        *limit = (struct limit){.scope = scope == 0 ? LIMIT_PER_MEMBER : LIMIT_IN_ALL,
                                .wallet = PROGRAM_NONE,
                                .amount = 1 + random_below(random, 4),
                                .window = random_window(random)};
        limit->symbol =
            hash_symbol(arena_format(&world->arena, "limit/%s%d/%s", path, number, scopes[scope]));
        if (scope == 1 && limit->window.kind == WINDOW_MEMBERSHIP_YEAR) {
            limit->window.kind = WINDOW_LIFETIME;
        }
        if (wallet != PROGRAM_NONE && random_chance(random, 40)) {
            limit->wallet = wallet;
            limit->amount =
                power_of_ten(program->wallets[wallet].decimals) * (10 + random_below(random, 300));
        }
        range.count++;
    }
    return range;
}

static void world_wallets(struct world *world)
{
    struct random *random = &world->random;
    struct program *program = world->program;
    program->wallet_count = 1 + (uint32_t)random_below(random, AUDIT_WALLETS);
    program->wallets = arena_new_array(&world->arena, struct wallet, program->wallet_count);
    for (uint32_t i = 0; i < program->wallet_count; i++) {
        struct wallet *wallet = &program->wallets[i];
        wallet->id = world_id(world, 'w', (int)i);
        wallet->symbol = world_symbol(world, "wallet/w", (int)i);
        wallet->decimals = random_below(random, 3);
        wallet->expires = random_expiry(random);
        if (wallet->expires.given && random_chance(random, 25)) {
            wallet->expires.is_renewed = true;
            wallet->expires.renewed_by[TRIGGER_PURCHASE] = true;
            wallet->expires.renewed_by[TRIGGER_JOIN] = random_chance(random, 30);
        }
        wallet->pending = random_pending(random);
        wallet->earned_but_spent = (enum earned_but_spent)random_below(random, 4);
        wallet->expired_lives_again = random_chance(random, 50);
        wallet->live_again_for = (struct span){1 + random_below(random, 30), PERIOD_DAY};
        wallet->liability_currency = PROGRAM_NONE;
    }
}

static void world_counters(struct world *world)
{
    struct random *random = &world->random;
    struct program *program = world->program;
    program->counter_count = (uint32_t)random_below(random, 4);
    program->counters = arena_new_array(&world->arena, struct counter, 4);
    for (uint32_t i = 0; i < program->counter_count; i++) {
        struct counter *counter = &program->counters[i];
        counter->id = world_id(world, 'c', (int)i);
        counter->symbol = world_symbol(world, "counter/c", (int)i);
        counter->on = TRIGGER_PURCHASE;
        counter->measure = (enum measure)random_below(random, 5);
        counter->wallet = PROGRAM_NONE;
        counter->currency = PROGRAM_NONE;
        if (counter->measure == MEASURE_EARNED) {
            counter->wallet = (uint32_t)random_below(random, (int)program->wallet_count);
        } else if (counter->measure == MEASURE_ELIGIBLE || counter->measure == MEASURE_SUBTOTAL) {
            counter->currency = 0;
        }
        if (counter->measure != MEASURE_EARNED && counter->measure != MEASURE_EVENTS) {
            counter->each_item = random_chance(random, 50);
        }
        counter->condition = random_condition(world, counter->each_item);
        counter->condition.tier_set = PROGRAM_NONE;
        counter->window = random_window(random);
    }
}

/* A level that is kept to the end of a period is measured over such periods: few windows can then
 * justify it at a time. */
static void random_level_kept(struct random *random, struct tier_set *set,
                              const struct window *window)
{
    set->kept = (enum tier_kept)random_below(random, 4);
    static const enum period_unit units[] = {PERIOD_WEEK, PERIOD_MONTH, PERIOD_QUARTER,
                                             PERIOD_YEAR};
    if (set->kept == KEPT_TO_PERIOD_END) {
        set->kept_span = random_span(random);
        set->kept_unit = units[random_below(random, 4)];
        if (window->kind == WINDOW_CALENDAR) set->kept_unit = window->unit;
        if (window->kind == WINDOW_MEMBERSHIP_YEAR) set->kept = KEPT_FOR_SPAN;
        set->kept_periods = random_below(random, 2);
    } else if (set->kept == KEPT_FOR_SPAN) {
        set->kept_span = random_span(random);
    }
}

static void world_tiers(struct world *world)
{
    struct random *random = &world->random;
    struct program *program = world->program;
    if (program->counter_count > 0) {
        program->tier_set_count = (uint32_t)random_below(random, AUDIT_TIER_SETS + 1);
    }
    program->tier_sets = arena_new_array(&world->arena, struct tier_set, AUDIT_TIER_SETS);
    for (uint32_t i = 0; i < program->tier_set_count; i++) {
        struct tier_set *set = &program->tier_sets[i];
        set->id = world_id(world, 't', (int)i);
        set->symbol = world_symbol(world, "tier/t", (int)i);
        set->counter = (uint32_t)random_below(random, (int)program->counter_count);
        set->level_count = 1 + (uint32_t)random_below(random, 4);
        set->levels = arena_new_array(&world->arena, struct level, set->level_count);
        bool counts_few = program->counters[set->counter].measure == MEASURE_EVENTS ||
                          program->counters[set->counter].measure == MEASURE_QUANTITY;
        int64_t from = random_chance(random, 30) ? 0 : 1;
        for (uint32_t level = 0; level < set->level_count; level++) {
            struct level *it = &set->levels[level];
            it->id = world_id(world, 'l', (int)level);
            it->symbol = hash_symbol(
                arena_format(&world->arena, "level/t%u/l%u", (unsigned)i, (unsigned)level));
            it->title = it->id;
            it->from = from;
            from += 1 + random_below(random, counts_few ? 4 : 20000);
        }
        /* Only a window with an end can raise a level there. */
        enum window_kind kind = program->counters[set->counter].window.kind;
        if (kind == WINDOW_CALENDAR || kind == WINDOW_MEMBERSHIP_YEAR) {
            set->upgrade = random_chance(random, 50) ? UPGRADE_AT_ONCE : UPGRADE_AT_PERIOD_END;
        }
        random_level_kept(random, set, &program->counters[set->counter].window);
        set->downgrade = (enum tier_downgrade)random_below(random, 3);
        if (random_chance(random, 30)) set->grace = (struct span){10, PERIOD_DAY};
        set->on_return = random_chance(random, 50) ? TIER_KEEP : TIER_RE_EVALUATE;
    }
}

static void world_campaigns(struct world *world)
{
    struct random *random = &world->random;
    struct program *program = world->program;
    program->campaign_count = (uint32_t)random_below(random, 3);
    program->campaigns = arena_new_array(&world->arena, struct campaign, 2);
    for (uint32_t i = 0; i < program->campaign_count; i++) {
        struct campaign *campaign = &program->campaigns[i];
        campaign->id = world_id(world, 'k', (int)i);
        campaign->symbol = world_symbol(world, "campaign/k", (int)i);
        campaign->title = campaign->id;
        campaign->from_us = world_start_us() + random_below(random, 100) * MICROSECONDS_PER_DAY;
        campaign->until_us =
            random_chance(random, 40)
                ? INSTANT_NEVER
                : campaign->from_us + (1 + random_below(random, 300)) * MICROSECONDS_PER_DAY;
        campaign->budget_wallet = PROGRAM_NONE;
        if (random_chance(random, 60) && !world->is_separable) {
            campaign->budget_wallet = (uint32_t)random_below(random, (int)program->wallet_count);
            campaign->budget = power_of_ten(program->wallets[campaign->budget_wallet].decimals) *
                               (10 + random_below(random, 1000));
        }
    }
}

static void world_calculator(struct world *world)
{
    struct random *random = &world->random;
    struct program *program = world->program;
    program->calculator_count = 1;
    struct calculator *calculator = arena_new(&world->arena, struct calculator);
    program->calculators = calculator;
    calculator->id = TEXT("calc");
    calculator->symbol = hash_symbol(TEXT("calculator/calc"));
    calculator->by = (enum calculator_by)random_below(random, 3);
    calculator->wallet = (uint32_t)random_below(random, (int)program->wallet_count);
    calculator->currency = 0;
    calculator->row_count = 2;
    calculator->rows = arena_new_array(&world->arena, struct calculator_row, 2);
    static const char *const keys[3][2] = {{"x", "y"}, {"a", "d"}, {"gift_card", "service"}};
    int64_t unit = power_of_ten(program->wallets[calculator->wallet].decimals);
    for (int i = 0; i < 2; i++) {
        calculator->rows[i].key = text_of(keys[calculator->by][i]);
        calculator->rows[i].points = unit * random_below(random, 5);
    }
    calculator->otherwise = unit * random_below(random, 2);
    calculator->per = random_chance(random, 50) ? 100 : 300;
}

static void random_boosts(struct world *world, struct rule *rule, int number)
{
    struct random *random = &world->random;
    struct program *program = world->program;
    rule->boosts = arena_new_array(&world->arena, struct boost, 3);
    rule->boost_count = random_chance(random, 50) ? (uint32_t)random_below(random, 4) : 0;
    rule->combine = (enum boost_combine)random_below(random, 3);
    static const int64_t factors[] = {1250000, 1500000, 2000000, 3000000, 1100000, 500000};
    for (uint32_t i = 0; i < rule->boost_count; i++) {
        struct boost *boost = &rule->boosts[i];
        int name = 10 * number + (int)i;
        boost->id = world_id(world, 'b', name);
        boost->symbol = world_symbol(world, "boost/b", name);
        boost->condition = random_condition(world, rule->earn != EARN_FIXED || rule->each_item);
        boost->factor = factors[random_below(random, 6)];
        boost->campaign = PROGRAM_NONE;
        /* Campaigns' boosts stand behind the rule's own. */
        if (program->campaign_count > 0 &&
            (random_chance(random, 30) || (i > 0 && boost[-1].campaign != PROGRAM_NONE))) {
            boost->campaign = (uint32_t)random_below(random, (int)program->campaign_count);
        }
        boost->limits = random_limits(world, "boost/b", name, PROGRAM_NONE, 15);
    }
}

static void random_earn(struct world *world, struct rule *rule)
{
    struct random *random = &world->random;
    struct program *program = world->program;
    rule->wallet = (uint32_t)random_below(random, (int)program->wallet_count);
    rule->calculator = PROGRAM_NONE;
    int kind = random_below(random, 6);
    rule->earn = kind == 0 ? EARN_FIXED : kind == 1 ? EARN_CALCULATOR : EARN_RATE;
    if (rule->on == TRIGGER_JOIN) rule->earn = EARN_FIXED;
    static const enum measure measures[] = {MEASURE_ELIGIBLE, MEASURE_ELIGIBLE, MEASURE_SUBTOTAL,
                                            MEASURE_QUANTITY};
    rule->measure = measures[random_below(random, 4)];
    rule->each_item = rule->on == TRIGGER_PURCHASE && random_chance(random, 35);
    rule->rounding = (enum rounding)random_below(random, 4);
    if (random_chance(random, 50)) rule->rounding = ROUNDING_DOWN;
    if (rule->earn == EARN_CALCULATOR) {
        rule->calculator = 0;
        rule->wallet = program->calculators[0].wallet;
        rule->measure = MEASURE_ELIGIBLE;
    }
    int64_t unit = power_of_ten(program->wallets[rule->wallet].decimals);
    if (rule->earn == EARN_FIXED) rule->fixed = unit * (1 + random_below(random, 150));
    if (rule->earn != EARN_RATE) return;
    rule->per_whole = random_chance(random, 25);
    rule->rates = arena_new_array(&world->arena, struct rate, 2);
    rule->rate_count = 1;
    static const int64_t pers[] = {100, 100, 250, 1000, 1};
    if (rule->measure == MEASURE_QUANTITY) {
        rule->rates[0] = (struct rate){PROGRAM_NONE, unit * (1 + random_below(random, 5)),
                                       1 + random_below(random, 2)};
        return;
    }
    rule->rates[0] =
        (struct rate){0, unit * (1 + random_below(random, 3)), pers[random_below(random, 5)]};
    if (program->currency_count == 2 && random_chance(random, 60)) {
        rule->rates[1] = (struct rate){1, unit, 10 + random_below(random, 3)};
        rule->rate_count = 2;
    }
}

static int rule_compare(const struct rule *a, const struct rule *b)
{
    return a->priority < b->priority ? -1 : a->priority > b->priority;
}

static void world_rules(struct world *world)
{
    struct random *random = &world->random;
    struct program *program = world->program;
    program->rule_count = 1 + (uint32_t)random_below(random, 4);
    program->rules = arena_new_array(&world->arena, struct rule, program->rule_count);
    program->exclusive_count = 2;
    for (uint32_t i = 0; i < program->rule_count; i++) {
        struct rule rule = {.on = random_chance(random, 88) ? TRIGGER_PURCHASE : TRIGGER_JOIN};
        rule.id = world_id(world, 'r', (int)i);
        rule.symbol = world_symbol(world, "rule/r", (int)i);
        random_earn(world, &rule);
        rule.condition = random_condition(world, rule.on == TRIGGER_PURCHASE);
        if (rule.on == TRIGGER_JOIN) rule.condition.order_at_least_currency = PROGRAM_NONE;
        rule.campaign = PROGRAM_NONE;
        if (program->campaign_count > 0 && random_chance(random, 30)) {
            rule.campaign = (uint32_t)random_below(random, (int)program->campaign_count);
        }
        const struct wallet *wallet = &program->wallets[rule.wallet];
        rule.pending = random_chance(random, 70) ? wallet->pending : random_pending(random);
        rule.expires = wallet->expires;
        if (!wallet->expires.is_renewed && random_chance(random, 30)) {
            rule.expires = random_expiry(random);
        }
        if (rule.on == TRIGGER_PURCHASE) random_boosts(world, &rule, (int)i);
        rule.exclusive =
            random_chance(random, 70) ? PROGRAM_NONE : (uint32_t)random_below(random, 2);
        rule.priority = random_chance(random, 60) ? 100 : 90 + random_below(random, 20);
        rule.limits = random_limits(world, "rule/r", (int)i, rule.wallet, 15);
        uint32_t place = i;
        for (; place > 0 && rule_compare(&rule, &program->rules[place - 1]) < 0; place--) {
            program->rules[place] = program->rules[place - 1];
        }
        program->rules[place] = rule;
    }
}

static void world_rewards(struct world *world)
{
    struct random *random = &world->random;
    struct program *program = world->program;
    program->reward_count = 1 + (uint32_t)random_below(random, 3);
    program->rewards = arena_new_array(&world->arena, struct reward, program->reward_count);
    for (uint32_t i = 0; i < program->reward_count; i++) {
        struct reward *reward = &program->rewards[i];
        reward->id = world_id(world, 'g', (int)i);
        reward->symbol = world_symbol(world, "reward/g", (int)i);
        reward->wallet = (uint32_t)random_below(random, (int)program->wallet_count);
        reward->cost = power_of_ten(program->wallets[reward->wallet].decimals) *
                       (1 + random_below(random, 60));
        reward->discount_currency = PROGRAM_NONE;
        reward->value_currency = PROGRAM_NONE;
        reward->order_at_least_currency = PROGRAM_NONE;
        reward->has_stock = random_chance(random, 40) && !world->is_separable;
        reward->stock = 1 + random_below(random, 6);
        reward->limits = random_limits(world, "reward/g", (int)i, PROGRAM_NONE, 25);
        reward->needs = random_condition(world, false);
        reward->needs.order_at_least_currency = PROGRAM_NONE;
    }
}

void world_begin(struct world *world, uint64_t seed, const struct zones *zones)
{
    world->seed = seed;
    world->random.state = seed;
    world->command_count = 0;
    arena_clear(&world->arena);
    struct random *random = &world->random;
    world->is_separable = random_chance(random, 15);
    world->is_unsteady = world->is_separable && random_chance(random, 50);
    world->latest_us = INT64_MIN;
    struct program *program = arena_new(&world->arena, struct program);
    world->program = program;
    program->id = TEXT("audited");
    program->title = program->id;
    program->version = 1;
    program->zone = zones->list[random_below(random, 3)];
    program->week_starts = random_chance(random, 70) ? 1 : 7;
    program->currency_count = 1 + (uint32_t)random_below(random, 2);
    program->currencies = arena_new_array(&world->arena, struct currency, 2);
    program->currencies[0] = (struct currency){TEXT("EUR"), 2};
    program->currencies[1] = (struct currency){TEXT("JPY"), 0};
    program->eligible = (struct eligible){random_chance(random, 50), random_chance(random, 30),
                                          random_chance(random, 70), random_chance(random, 50),
                                          random_chance(random, 30)};
    program->limits = arena_new_array(&world->arena, struct limit, 64);
    program->has_returns_within = random_chance(random, 25);
    program->returns_within = (struct span){30 + random_below(random, 60), PERIOD_DAY};
    program->late_within = (struct span){30, PERIOD_DAY};
    world_wallets(world);
    world_counters(world);
    world_tiers(world);
    world_campaigns(world);
    world_calculator(world);
    world_rules(world);
    world_rewards(world);
    world_expressions(world);
    world->member_count = 3 + random_below(random, AUDIT_MEMBERS - 2);
    world->clock_us = world_start_us() + random_below(random, 365) * MICROSECONDS_PER_DAY +
                      (int64_t)(random_next(random) % (uint64_t)MICROSECONDS_PER_DAY);
}
