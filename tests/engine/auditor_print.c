/* A random programme in words, for the trace of one seed. */
#include <inttypes.h>
#include <stdio.h>

#include "auditor.h"

static const char *const unit_names[] = {"day", "week", "month", "quarter", "year"};

static void print_window(const struct window *window)
{
    static const char *const kinds[] = {"lifetime", "calendar", "rolling", "membership year"};
    printf(" [%s %s %d]", kinds[window->kind], unit_names[window->unit], window->days);
}

static void print_list(const char *label, const struct text *list, uint32_t count)
{
    if (count == 0) return;
    printf(" %s", label);
    for (uint32_t i = 0; i < count; i++)
        printf(" %.*s", TEXT_ARGUMENTS(list[i]));
}

static void print_expression(const char *label, const struct cel_expression *expression)
{
    if (expression == NULL) return;
    printf(" %s \"%.*s\"", label, TEXT_ARGUMENTS(cel_expression_source(expression)));
}

static void print_condition(const struct condition *condition)
{
    if (!condition->is_given) return;
    printf(" if(");
    if (condition->tier_set != PROGRAM_NONE) {
        printf("tier %u: %d to %d", condition->tier_set, condition->level_lowest,
               condition->level_highest);
    }
    if (condition->birthday_given) printf(" birthday %s", unit_names[condition->birthday]);
    print_list("channel", condition->channels, condition->channel_count);
    print_list("store", condition->stores, condition->store_count);
    print_list("category", condition->categories, condition->category_count);
    print_list("sku", condition->skus, condition->sku_count);
    if (condition->order_at_least_currency != PROGRAM_NONE) {
        printf(" at least %" PRId64, condition->order_at_least);
    }
    if (condition->from_us != INSTANT_EARLIEST || condition->until_us != INSTANT_NEVER) {
        printf(" from %" PRId64 " until %" PRId64, condition->from_us, condition->until_us);
    }
    print_expression("when", condition->when);
    print_expression("where", condition->where);
    printf(")");
}

static void print_limits(const struct program *program, const struct limit_range *range)
{
    for (uint32_t i = 0; i < range->count; i++) {
        const struct limit *limit = &program->limits[range->first + i];
        printf(" limit %s %" PRId64 "%s", limit->scope == LIMIT_IN_ALL ? "in all" : "per member",
               limit->amount, limit->wallet == PROGRAM_NONE ? " times" : " points");
        print_window(&limit->window);
        print_expression("for each", limit->for_each);
    }
}

static void print_expiry(const struct expiry *expiry)
{
    if (!expiry->given) return;
    printf(" expires %d %s end %d%s", expiry->after.count, unit_names[expiry->after.unit],
           expiry->on, expiry->is_renewed ? " renewed" : "");
}

static void print_pending(const struct pending *pending)
{
    if (!pending->given) return;
    printf(" pending until '%.*s'", TEXT_ARGUMENTS(pending->until));
    if (pending->has_at_latest) printf(" at latest %d days", pending->at_latest.count);
}

static void print_rule(const struct program *program, const struct rule *rule)
{
    static const char *const measures[] = {"events", "eligible", "subtotal", "quantity", "earned"};
    printf("  rule %.*s on %d wallet %u measure %s rounding %d%s%s", TEXT_ARGUMENTS(rule->id),
           rule->on, rule->wallet, measures[rule->measure], rule->rounding,
           rule->each_item ? " each item" : "", rule->per_whole ? " per whole" : "");
    if (rule->earn == EARN_FIXED) printf(" fixed %" PRId64, rule->fixed);
    print_expression("points", rule->points);
    print_expression("of", rule->base);
    if (rule->earn == EARN_CALCULATOR) printf(" calculator");
    for (uint32_t i = 0; i < rule->rate_count && rule->earn == EARN_RATE; i++) {
        printf(" rate %" PRId64 "/%" PRId64 " (%d)", rule->rates[i].points, rule->rates[i].per,
               (int)rule->rates[i].currency);
    }
    printf(" campaign %d exclusive %d priority %d", (int)rule->campaign, (int)rule->exclusive,
           rule->priority);
    print_pending(&rule->pending);
    print_expiry(&rule->expires);
    print_condition(&rule->condition);
    print_limits(program, &rule->limits);
    printf(" combine %d\n", rule->combine);
    for (uint32_t i = 0; i < rule->boost_count; i++) {
        const struct boost *boost = &rule->boosts[i];
        printf("    boost %" PRId64 " campaign %d", boost->factor, (int)boost->campaign);
        print_condition(&boost->condition);
        print_limits(program, &boost->limits);
        printf("\n");
    }
}

static void print_tiers(const struct program *program)
{
    for (uint32_t i = 0; i < program->counter_count; i++) {
        const struct counter *counter = &program->counters[i];
        printf("  counter %u on %d measure %d%s", i, counter->on, counter->measure,
               counter->each_item ? " each" : "");
        print_expression("sum", counter->sum);
        print_window(&counter->window);
        print_condition(&counter->condition);
        printf("\n");
    }
    for (uint32_t i = 0; i < program->tier_set_count; i++) {
        const struct tier_set *set = &program->tier_sets[i];
        printf("  tiers %u by counter %u upgrade %d kept %d (%s %d; %d %s) downgrade %d grace %d "
               "on_return %d:",
               i, set->counter, set->upgrade, set->kept, unit_names[set->kept_unit],
               set->kept_periods, set->kept_span.count, unit_names[set->kept_span.unit],
               set->downgrade, set->grace.count, set->on_return);
        for (uint32_t k = 0; k < set->level_count; k++)
            printf(" %" PRId64, set->levels[k].from);
        printf("\n");
    }
}

void world_print_program(const struct world *world)
{
    const struct program *program = world->program;
    const struct eligible *eligible = &program->eligible;
    printf("zone %.*s week %d eligible tax %d shipping %d discounts %d points %d gift cards %d "
           "returns within %d\n",
           TEXT_ARGUMENTS(zone_name(program->zone)), program->week_starts, eligible->tax_included,
           eligible->shipping_included, eligible->discounts_subtracted,
           eligible->paid_with_points_included, eligible->gift_cards_included,
           program->has_returns_within ? program->returns_within.count : 0);
    for (uint32_t i = 0; i < program->wallet_count; i++) {
        const struct wallet *wallet = &program->wallets[i];
        static const char *const policies[] = {"to zero", "below zero", "only pending",
                                               "write off"};
        printf("  wallet %u decimals %d %s live again %d", i, wallet->decimals,
               policies[wallet->earned_but_spent],
               wallet->expired_lives_again ? wallet->live_again_for.count : 0);
        print_expiry(&wallet->expires);
        printf("\n");
    }
    print_tiers(program);
    for (uint32_t i = 0; i < program->campaign_count; i++) {
        const struct campaign *campaign = &program->campaigns[i];
        printf("  campaign %u from %" PRId64 " until %" PRId64 " budget %" PRId64 " of %d\n", i,
               campaign->from_us, campaign->until_us, campaign->budget,
               (int)campaign->budget_wallet);
    }
    for (uint32_t i = 0; i < program->rule_count; i++)
        print_rule(program, &program->rules[i]);
    for (uint32_t i = 0; i < program->reward_count; i++) {
        const struct reward *reward = &program->rewards[i];
        printf("  reward %u wallet %u cost %" PRId64 " stock %" PRId64, i, reward->wallet,
               reward->cost, reward->has_stock ? reward->stock : -1);
        print_condition(&reward->needs);
        print_limits(program, &reward->limits);
        printf("\n");
    }
}
