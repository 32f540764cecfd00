/* Totals made up for the tests of the report.
 *
 * The shop: member k of n spends 40,000.00 / (k + 1) and something, spread over the months with a
 * peak each November; each month's points follow from its sales. What is rounded away lands in
 * outstanding, so that every invariant of totals.h holds.
 */
#include "report_example.h"

#define FIRST_MONTH_DAY 14944 /* 2010-12-01 */

static struct program *example_program(struct arena *arena, const char *id, const char *title)
{
    struct program *program = arena_new(arena, struct program);
    program->id = text_of(id);
    program->title = text_of(title);
    program->version = 1;
    program->week_starts = 1;
    ASSERT(zone_open(arena, TEXT("UTC"), &program->zone) == STATUS_OK);
    program->currencies = arena_new(arena, struct currency);
    program->currencies[0] = (struct currency){TEXT("GBP"), 2};
    program->currency_count = 1;
    program->wallets = arena_new(arena, struct wallet);
    program->wallet_count = 1;
    struct wallet *wallet = &program->wallets[0];
    wallet->id = TEXT("points");
    wallet->names = arena_new(arena, struct wallet_name);
    wallet->names[0] = (struct wallet_name){TEXT("en"), TEXT("point"), TEXT("points")};
    wallet->name_count = 1;
    return program;
}

static void add_liability(struct program *program)
{
    program->wallets[0].has_liability = true;
    program->wallets[0].liability = (struct decimal){1, 2};
}

static void add_levels(struct arena *arena, struct program *program, uint32_t count)
{
    static const char *const names[] = {"silver", "gold", "platinum", "diamond"};
    if (count == 0) return;
    program->tier_sets = arena_new(arena, struct tier_set);
    program->tier_set_count = 1;
    struct tier_set *set = program->tier_sets;
    set->id = TEXT("club");
    set->levels = arena_new_array(arena, struct level, count);
    set->level_count = count;
    for (uint32_t k = 0; k < count; k++) {
        set->levels[k].id = k < 4 ? text_of(names[k]) : arena_format(arena, "level-%u", k + 1);
        set->levels[k].title = k == 0   ? TEXT("Silver")
                               : k == 1 ? TEXT("Gold")
                               : k == 2 ? TEXT("Platinum")
                                        : arena_format(arena, "Level %u", k + 1);
        set->levels[k].from = 10000 * (k + 1);
    }
}

static void add_rules(struct arena *arena, struct program *program, uint32_t count)
{
    static const char *const names[] = {"base", "welcome", "free-delivery-bonus", "weekend-triple"};
    program->rules = arena_new_array(arena, struct rule, count + 1);
    program->rule_count = count;
    for (uint32_t k = 0; k < count; k++) {
        program->rules[k].id = k < 4 ? text_of(names[k]) : arena_format(arena, "rule-%u", k + 1);
        program->rules[k].campaign = PROGRAM_NONE;
    }
}

static void add_rewards(struct arena *arena, struct program *program, uint32_t count)
{
    program->rewards = arena_new_array(arena, struct reward, count + 1);
    program->reward_count = count;
    for (uint32_t k = 0; k < count; k++) {
        struct reward *reward = &program->rewards[k];
        reward->id = arena_format(arena, "%u-off", 5 * (k + 1));
        reward->title = arena_format(arena, "\xC2\xA3%u off", 5 * (k + 1));
        reward->cost = 500 * (k + 1);
        reward->has_value = true;
        reward->value = 500 * (k + 1);
    }
}

static struct totals *example_totals(struct arena *arena, const struct program *program,
                                     uint32_t months, uint32_t members)
{
    struct totals *totals = arena_new(arena, struct totals);
    totals->program = program;
    totals->wallets = arena_new_array(arena, struct wallet_totals, program->wallet_count);
    totals->months =
        arena_new_array(arena, struct month_totals, months * program->wallet_count + 1);
    totals->month_count = months;
    totals->first_month_day = FIRST_MONTH_DAY;
    totals->rules = arena_new_array(arena, struct rule_totals, program->rule_count + 1);
    totals->rewards = arena_new_array(arena, struct redemption_totals, program->reward_count + 1);
    totals->tiers = arena_new_array(arena, struct tier_totals, program->tier_set_count + 1);
    totals->members = arena_new_array(arena, struct member_totals, members + 1);
    totals->member_count = members;
    for (uint32_t k = 0; k < program->tier_set_count; k++) {
        size_t levels = program->tier_sets[k].level_count + 1;
        totals->tiers[k].members = arena_new_array(arena, uint64_t, levels);
        totals->tiers[k].month_members = arena_new_array(arena, uint64_t, levels * months + 1);
        totals->tiers[k].highest_to_end = arena_new_array(arena, uint64_t, levels * levels);
    }
    return totals;
}

/* ---- The first case ---- */

struct totals *example_retail(struct arena *arena)
{
    struct program *program = example_program(arena, "retail-plain", "Plain points");
    add_liability(program);
    add_levels(arena, program, 1);
    add_rules(arena, program, 1);
    add_rewards(arena, program, 1);
    struct totals *totals = example_totals(arena, program, 0, 3);
    totals->wallets[0] = (struct wallet_totals){
        .issued = 8902670, .taken_back = 516114, .available = 8386556, .outstanding = 8386556};
    totals->rules[0] = (struct rule_totals){18536, 8902670};
    totals->tiers[0].members[0] = 1;
    totals->tiers[0].members[1] = 2;
    totals->members[0] = (struct member_totals){.issued = 100, .eligible = 10000, .orders = 1};
    totals->members[1] = (struct member_totals){.issued = 50, .eligible = 5000, .orders = 1};
    totals->members[2] = (struct member_totals){.issued = 0, .eligible = 0, .orders = 0};
    totals->orders = 18536;
    totals->lines_total = 541909;
    totals->lines_anonymous = 135080;
    totals->lines_unreadable = 0;
    totals->return_orders = 3654;
    totals->units_matched = 250838;
    totals->units_unmatched = 23970;
    totals->eligible_sales = 891140890;
    totals->returned_sales = 51611400;
    totals->anonymous_orders = 3710;
    totals->anonymous_sales = 175428312;
    totals->first_us = INT64_C(1291192000) * MICROSECONDS_PER_SECOND;
    totals->last_us = INT64_C(1323435000) * MICROSECONDS_PER_SECOND;
    totals->until_us = INT64_C(1325376000) * MICROSECONDS_PER_SECOND;
    totals->seconds = 0.25;
    return totals;
}

/* ---- A shop of any size ---- */

static int64_t spending_of(const struct example_options *options, uint32_t member)
{
    if (options->is_worthless) return 0;
    return 4000000 / ((int64_t)member + 1) + (int64_t)(member * 2654435761u % 30000);
}

static void fill_members(const struct example_options *options, struct totals *totals)
{
    for (uint32_t k = 0; k < options->members; k++) {
        struct member_totals *member = &totals->members[k];
        int64_t spent = spending_of(options, k);
        int64_t counted = spent < options->spend_more_than ? 0 : spent;
        member->eligible = spent;
        member->orders = 1 + (uint32_t)(spent / 20000);
        member->issued = counted * options->points_percent / 10000;
        if (options->is_in_debt && k % 7 == 0) member->issued = -member->issued / 2;
        member->redeemed = member->issued * options->redeemed_percent / 100;
        member->expired = member->issued * options->expired_percent / 100;
        member->balance = member->issued - member->redeemed - member->expired;
        totals->orders += member->orders;
        totals->eligible_sales += spent;
    }
}

static void fill_month(const struct example_options *options, struct month_totals *month,
                       const struct month_totals *before, int64_t sales)
{
    month->eligible_sales = sales;
    month->orders = sales / 35000;
    month->issued = sales * options->points_percent / 10000;
    month->taken_back = options->is_in_debt ? month->issued * 13 / 10 : month->issued * 6 / 100;
    int64_t carried = before == NULL ? 0 : before->outstanding;
    month->redeemed = carried > 0 ? carried * options->redeemed_percent / 100 : 0;
    month->expired = carried > 0 ? carried * options->expired_percent / 100 : 0;
    int64_t pending_before = before == NULL ? 0 : before->pending;
    month->pending = month->issued * options->pending_percent / 100;
    month->outstanding = carried + month->issued - month->taken_back - month->redeemed -
                         month->expired - (month->pending - pending_before);
}

static void fill_months(const struct example_options *options, struct totals *totals)
{
    static const int64_t season[12] = {9, 7, 6, 8, 6, 8, 8, 8, 8, 12, 13, 15}; /* from December */
    struct wallet_totals *sums = &totals->wallets[0];
    for (uint32_t m = 0; m < options->months; m++) {
        struct month_totals *month = &totals->months[m];
        struct span ahead = {(int32_t)m, PERIOD_MONTH};
        month->first_day = day_add_span(FIRST_MONTH_DAY, ahead);
        int64_t sales = totals->eligible_sales / options->months * season[m % 12] / 9;
        fill_month(options, month, m == 0 ? NULL : month - 1, sales);
        sums->issued += month->issued;
        sums->taken_back += month->taken_back;
        sums->redeemed += month->redeemed;
        sums->expired += month->expired;
        sums->pending = month->pending;
        sums->outstanding = month->outstanding;
    }
    sums->debt = options->is_in_debt ? 1000 : 0;
    sums->available = sums->outstanding + sums->debt;
    sums->shortfall = sums->taken_back / 20;
}

static void fill_tiers(const struct example_options *options, struct totals *totals)
{
    if (options->levels == 0) return;
    size_t width = options->levels + 1;
    struct tier_totals *tier = &totals->tiers[0];
    for (uint32_t m = 0; m < options->months; m++) {
        uint64_t left = options->members * (uint64_t)(m + 1) / options->months;
        uint64_t *row = &tier->month_members[m * width];
        for (size_t level = width; level > 1; level--) {
            row[level - 1] = left / (level * level + 1) * (m + 3) / (options->months + 3);
            left -= row[level - 1];
        }
        row[0] = left;
        memcpy(tier->members, row, width * sizeof *row);
    }
    for (size_t end = 0; end < width; end++) {
        uint64_t fallen = end + 1 < width ? tier->members[end] / 12 : 0;
        tier->highest_to_end[end * width + end] = tier->members[end] - fallen;
        if (end + 1 < width) tier->highest_to_end[(end + 1) * width + end] = fallen;
    }
}

static void fill_rules_and_rewards(const struct example_options *options, struct totals *totals)
{
    int64_t left = totals->wallets[0].issued;
    for (uint32_t k = 0; k < options->rules; k++) {
        int64_t part = k + 1 == options->rules ? left : left * 7 / 10;
        totals->rules[k] = (struct rule_totals){totals->orders / (k + 1), part};
        left -= part;
    }
    for (uint32_t k = 0; k < options->rewards; k++) {
        int64_t cost = totals->program->rewards[k].cost;
        int64_t count = totals->wallets[0].redeemed / options->rewards / cost;
        totals->rewards[k] =
            (struct redemption_totals){(uint64_t)count, count * cost, count * cost};
    }
}

const struct totals *example_shop(struct arena *arena, const struct example_options *options)
{
    struct program *program = example_program(arena, options->id, options->title);
    if (options->has_liability) add_liability(program);
    add_levels(arena, program, options->levels);
    add_rules(arena, program, options->rules);
    add_rewards(arena, program, options->rewards);
    struct totals *totals = example_totals(arena, program, options->months, options->members);
    fill_members(options, totals);
    fill_months(options, totals);
    fill_tiers(options, totals);
    fill_rules_and_rewards(options, totals);
    totals->lines_total = totals->orders * 22;
    totals->lines_anonymous = totals->lines_total / 4;
    totals->anonymous_orders = totals->orders / 5;
    totals->anonymous_sales = totals->eligible_sales / 6;
    totals->return_orders = totals->orders / 8;
    totals->units_matched = totals->orders * 3;
    totals->units_unmatched = totals->orders / 3;
    totals->returned_sales = totals->eligible_sales / 17;
    totals->first_us = FIRST_MONTH_DAY * MICROSECONDS_PER_DAY;
    totals->last_us = (FIRST_MONTH_DAY + 30 * (int64_t)options->months) * MICROSECONDS_PER_DAY;
    totals->until_us = totals->last_us + MICROSECONDS_PER_SECOND;
    totals->has_pending_without_end = options->pending_percent > 0;
    return totals;
}

struct comparison example_comparison(const struct totals *const *totals, uint32_t count)
{
    return (struct comparison){
        .totals = totals, .count = count, .orders_file = TEXT("orders.csv.zst")};
}

struct program *example_own_program(struct arena *arena, struct totals *totals)
{
    struct program *program = arena_new(arena, struct program);
    *program = *totals->program;
    totals->program = program;
    return program;
}
