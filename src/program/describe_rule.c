/* Describe, second half: what earns, what campaigns add, what points are spent on.
 *
 * "1 point for each whole 1.00 GBP" is said when the result is just that: one smallest unit a step,
 * rounded down, and no boost before the rounding. Otherwise the rounding is named.
 */
#include "program/describe_words.h"

/* By how many decimals to shorten both for reading: 125 points per 100.00 reads as 1.25 per 1.00,
 * but 1 point per 10.00 stays as it is. */
static int32_t readable_shift(int64_t points, int64_t per, int64_t one)
{
    int32_t shift = 0;
    while (shift < 6 && per > one && per % 10 == 0) {
        per /= 10;
        shift++;
    }
    bool is_shorter = per == one && points % 10 != 0 && points >= power_of_ten(shift);
    return is_shorter ? shift : 0;
}

static enum status say_rate(struct buffer *out, const struct program *program,
                            const struct wallet *wallet, struct rate rate, const char *each)
{
    if (rate.currency == PROGRAM_NONE) {
        TRY(say_points(out, wallet, rate.points, 0));
        if (rate.per == 1) return buffer_add(out, TEXT(" for each item"));
        return buffer_add_format(out, " for %s %lld items", each, (long long)rate.per);
    }
    int64_t one = power_of_ten(program->currencies[rate.currency].decimals);
    int32_t shift = readable_shift(rate.points, rate.per, one);
    TRY(say_points(out, wallet, rate.points, shift));
    TRY(buffer_add_format(out, " for %s ", each));
    return say_money(out, program, rate.currency, shift == 0 ? rate.per : one);
}

static const char *base_words(const struct rule *rule)
{
    bool is_subtotal = rule->measure == MEASURE_SUBTOTAL;
    if (rule->each_item)
        return is_subtotal ? "each item's subtotal" : "each item's eligible amount";
    return is_subtotal ? "the order's subtotal" : "the order's eligible amount";
}

/* True if rounding down is what counting whole steps is. */
static bool is_whole_steps(const struct program *program, const struct rule *rule)
{
    if (rule->per_whole) return true;
    if (rule->rounding != ROUNDING_DOWN || rule->boost_count > 0) return false;
    if (program->wallets[rule->wallet].decimals > 0) return false;
    for (uint32_t i = 0; i < rule->rate_count; i++)
        if (rule->rates[i].points != 1) return false;
    return true;
}

static enum status say_unrated(struct buffer *out, const struct program *program,
                               const struct rule *rule)
{
    for (uint32_t c = 0; c < program->currency_count; c++) {
        bool is_rated = rule->rates[0].currency == PROGRAM_NONE;
        for (uint32_t i = 0; i < rule->rate_count; i++)
            is_rated |= rule->rates[i].currency == c;
        if (!is_rated)
            TRY(buffer_add_format(out, " (nothing for orders in %.*s)",
                                  TEXT_ARGUMENTS(program->currencies[c].code)));
    }
    return STATUS_OK;
}

static enum status say_rates(struct buffer *out, const struct program *program,
                             const struct rule *rule)
{
    const struct wallet *wallet = &program->wallets[rule->wallet];
    bool is_whole = is_whole_steps(program, rule);
    for (uint32_t i = 0; i < rule->rate_count; i++) {
        if (i > 0) TRY(buffer_add(out, TEXT(", or ")));
        TRY(say_rate(out, program, wallet, rule->rates[i], is_whole ? "each whole" : "each"));
    }
    if (rule->measure != MEASURE_QUANTITY)
        TRY(buffer_add_format(out, " of %s", base_words(rule)));
    else if (rule->rates[0].per > 1)
        TRY(buffer_add_format(out, "%s", rule->each_item ? " of one line" : " of the order"));
    TRY(say_unrated(out, program, rule));
    bool needs_rounding = !is_whole || (rule->per_whole && rule->boost_count > 0);
    if (rule->measure == MEASURE_QUANTITY && rule->rates[0].per == 1 && rule->boost_count == 0)
        needs_rounding = false;
    if (!needs_rounding) return STATUS_OK;
    return buffer_add_format(out, ", %s%s %s", rounding_words(rule->rounding),
                             rule->each_item ? "" : " once",
                             rule->each_item ? "for each item" : "an order");
}

/* "(event.rating * 2) points for each 1.00 USD of (order.total)": an amount that is worked out. */
static enum status say_computed(struct buffer *out, const struct program *program,
                                const struct rule *rule)
{
    const struct wallet *wallet = &program->wallets[rule->wallet];
    if (rule->points != NULL) {
        TRY(buffer_add_byte(out, '('));
        TRY(say_expression(out, rule->points));
        TRY(buffer_add_format(out, ") %.*s", TEXT_ARGUMENTS(wallet_unit(wallet, 0))));
    }
    if (rule->earn == EARN_RATE) {
        const struct rate *rate = &rule->rates[0];
        if (rule->points == NULL) TRY(say_points(out, wallet, rate->points, 0));
        TRY(buffer_add(out, TEXT(" for each ")));
        if (rate->currency == PROGRAM_NONE)
            TRY(buffer_add_format(out, "%lld", (long long)rate->per));
        else
            TRY(say_money(out, program, rate->currency, rate->per));
        TRY(buffer_add(out, TEXT(" of ")));
        if (rule->base != NULL) {
            TRY(buffer_add_byte(out, '('));
            TRY(say_expression(out, rule->base));
            TRY(buffer_add_byte(out, ')'));
        } else {
            TRY(buffer_add_format(out, "%s", base_words(rule)));
        }
    }
    if (rule->each_item) TRY(buffer_add(out, TEXT(", line by line")));
    return buffer_add_format(out, ", %s", rounding_words(rule->rounding));
}

static enum status say_earning(struct buffer *out, const struct program *program,
                               const struct rule *rule)
{
    if (rule->points != NULL || rule->base != NULL) return say_computed(out, program, rule);
    switch (rule->earn) {
    case EARN_FIXED:
        TRY(say_points(out, &program->wallets[rule->wallet], rule->fixed, 0));
        if (rule->each_item) TRY(buffer_add(out, TEXT(" for each line of the order")));
        return rule->boost_count == 0 ? STATUS_OK
                                      : buffer_add_format(out, ", boosted and then %s",
                                                          rounding_words(rule->rounding));
    case EARN_RATE:
        return say_rates(out, program, rule);
    case EARN_CALCULATOR:
        return buffer_add_format(out, "%.*s by the calculator %.*s, %s %s",
                                 TEXT_ARGUMENTS(wallet_unit(&program->wallets[rule->wallet], 0)),
                                 TEXT_ARGUMENTS(program->calculators[rule->calculator].id),
                                 rounding_words(rule->rounding),
                                 rule->each_item ? "for each item" : "once an order");
    }
    return STATUS_OK;
}

static bool same_pending(const struct pending *a, const struct pending *b)
{
    if (a->given != b->given) return false;
    return text_equal(a->until, b->until) && a->has_at_latest == b->has_at_latest &&
           a->at_latest.count == b->at_latest.count && a->at_latest.unit == b->at_latest.unit;
}

static bool same_expiry(const struct expiry *a, const struct expiry *b)
{
    return a->given == b->given && a->after.count == b->after.count &&
           a->after.unit == b->after.unit && a->on == b->on;
}

static enum status say_exclusive(struct buffer *out, const struct program *program, uint32_t index)
{
    const struct rule *rule = &program->rules[index];
    if (rule->exclusive == PROGRAM_NONE) return STATUS_OK;
    bool is_first = true;
    for (uint32_t i = 0; i < program->rule_count; i++) {
        if (i == index || program->rules[i].exclusive != rule->exclusive) continue;
        TRY(buffer_add_format(out, "%s%.*s", is_first ? "    Of this and " : ", ",
                              TEXT_ARGUMENTS(program->rules[i].id)));
        is_first = false;
    }
    if (is_first) return STATUS_OK;
    return buffer_add(out, TEXT(" only the first that fits earns, in the order of this list.\n"));
}

static enum status say_boost(struct buffer *out, const struct program *program,
                             const struct boost *boost)
{
    TRY(buffer_add_format(out, "    Boost %.*s: times ", TEXT_ARGUMENTS(boost->id)));
    TRY(say_factor(out, boost->factor));
    if (boost->campaign != PROGRAM_NONE)
        TRY(buffer_add_format(out, " in the campaign %.*s",
                              TEXT_ARGUMENTS(program->campaigns[boost->campaign].id)));
    if (condition_asks(&boost->condition)) {
        TRY(buffer_add(out, boost->campaign == PROGRAM_NONE ? TEXT(" ") : TEXT(", ")));
        TRY(say_condition(out, program, &boost->condition));
    } else if (boost->campaign == PROGRAM_NONE) {
        TRY(buffer_add(out, TEXT(" always")));
    }
    TRY(say_limits(out, program, boost->limits));
    return buffer_add(out, TEXT(".\n"));
}

static enum status describe_boosts(const struct program *program, const struct rule *rule,
                                   struct buffer *out)
{
    static const char *const combines[] = {
        [COMBINE_BEST] = "the best one counts",
        [COMBINE_ADD] = "what each adds is added up (times 2 and times 1.5 is times 2.5)",
        [COMBINE_MULTIPLY] = "they are multiplied (times 2 and times 1.5 is times 3)",
    };
    for (uint32_t i = 0; i < rule->boost_count; i++)
        TRY(say_boost(out, program, &rule->boosts[i]));
    if (rule->boost_count < 2) return STATUS_OK;
    return buffer_add_format(out, "    When several boosts fit, %s; rounding comes last.\n",
                             combines[rule->combine]);
}

static enum status describe_rule(const struct program *program, uint32_t index, struct buffer *out)
{
    const struct rule *rule = &program->rules[index];
    const struct wallet *wallet = &program->wallets[rule->wallet];
    struct text what = rule->on == TRIGGER_JOIN       ? TEXT("joining")
                       : rule->on == TRIGGER_PURCHASE ? TEXT("a purchase")
                                                      : program->events[rule->event].title;
    TRY(buffer_add_format(out, "  %.*s: %.*s earns ", TEXT_ARGUMENTS(rule->id),
                          TEXT_ARGUMENTS(what)));
    TRY(say_earning(out, program, rule));
    if (rule->campaign != PROGRAM_NONE)
        TRY(buffer_add_format(out, ", in the campaign %.*s",
                              TEXT_ARGUMENTS(program->campaigns[rule->campaign].id)));
    TRY(say_limits(out, program, rule->limits));
    TRY(buffer_add(out, TEXT(".\n")));
    if (condition_asks(&rule->condition)) {
        TRY(buffer_add(out, TEXT("    Only ")));
        TRY(say_condition(out, program, &rule->condition));
        TRY(buffer_add(out, TEXT(".\n")));
    }
    if (!same_pending(&rule->pending, &wallet->pending)) {
        TRY(buffer_add_format(out, "    These %.*s ", TEXT_ARGUMENTS(wallet_unit(wallet, 0))));
        TRY(say_pending(out, &rule->pending));
        TRY(buffer_add(out, TEXT(".\n")));
    }
    if (!same_expiry(&rule->expires, &wallet->expires)) {
        TRY(buffer_add_format(out, "    These %.*s ", TEXT_ARGUMENTS(wallet_unit(wallet, 0))));
        TRY(say_expiry(out, &rule->expires));
        TRY(buffer_add(out, TEXT(".\n")));
    }
    TRY(say_exclusive(out, program, index));
    return describe_boosts(program, rule, out);
}

enum status describe_rules(const struct program *program, struct buffer *out)
{
    TRY(buffer_add(out, TEXT("\nWhat earns\n")));
    if (program->rule_count == 0) TRY(buffer_add(out, TEXT("  Nothing earns yet.\n")));
    for (uint32_t i = 0; i < program->rule_count; i++)
        TRY(describe_rule(program, i, out));
    return STATUS_OK;
}

/* A row's rate over the common denominator, brought back to one unit of money where it can be. */
static enum status say_row(struct buffer *out, const struct program *program,
                           const struct calculator *calculator, int64_t points)
{
    struct rate rate = {calculator->currency, points, calculator->per};
    int64_t one = power_of_ten(program->currencies[rate.currency].decimals);
    int64_t whole;
    if (points == 0) return buffer_add(out, TEXT("nothing"));
    if (amount_multiply_divide(points, one, rate.per, ROUNDING_DOWN, &whole) == STATUS_OK &&
        whole > 0) {
        int64_t back;
        if (amount_multiply_divide(whole, rate.per, one, ROUNDING_DOWN, &back) == STATUS_OK &&
            back == points)
            rate = (struct rate){calculator->currency, whole, one};
    }
    return say_rate(out, program, &program->wallets[calculator->wallet], rate, "each");
}

enum status describe_calculators(const struct program *program, struct buffer *out)
{
    static const char *const by[] = {[CALCULATOR_BY_CATEGORY] = "category",
                                     [CALCULATOR_BY_SKU] = "article",
                                     [CALCULATOR_BY_TYPE] = "type"};
    for (uint32_t i = 0; i < program->calculator_count; i++) {
        const struct calculator *calculator = &program->calculators[i];
        TRY(buffer_add_format(out,
                              "\nCalculator %.*s, by the %s of each item, on its eligible amount",
                              TEXT_ARGUMENTS(calculator->id), by[calculator->by]));
        if (program->currency_count > 1)
            TRY(buffer_add_format(out, " (nothing for orders in other currencies than %.*s)",
                                  TEXT_ARGUMENTS(program->currencies[calculator->currency].code)));
        TRY(buffer_add_byte(out, '\n'));
        for (uint32_t r = 0; r < calculator->row_count; r++) {
            TRY(buffer_add_format(out, "  %.*s: ", TEXT_ARGUMENTS(calculator->rows[r].key)));
            TRY(say_row(out, program, calculator, calculator->rows[r].points));
            TRY(buffer_add(out, TEXT(".\n")));
        }
        TRY(buffer_add(out, TEXT("  All others: ")));
        TRY(say_row(out, program, calculator, calculator->otherwise));
        TRY(buffer_add(out, TEXT(".\n")));
    }
    return STATUS_OK;
}

static enum status say_campaign_dates(struct buffer *out, const struct program *program,
                                      const struct campaign *campaign)
{
    bool has_from = campaign->from_us != INSTANT_EARLIEST;
    bool has_until = campaign->until_us != INSTANT_NEVER;
    if (!has_from && !has_until) return buffer_add(out, TEXT("always"));
    if (has_from) {
        TRY(buffer_add(out, TEXT("from ")));
        TRY(say_instant(out, program, campaign->from_us));
        TRY(buffer_add(out, has_until ? TEXT(" ") : TEXT(" on")));
    }
    return has_until ? say_end(out, program, campaign->until_us) : STATUS_OK;
}

enum status describe_campaigns(const struct program *program, struct buffer *out)
{
    if (program->campaign_count > 0) TRY(buffer_add(out, TEXT("\nCampaigns\n")));
    for (uint32_t i = 0; i < program->campaign_count; i++) {
        const struct campaign *campaign = &program->campaigns[i];
        TRY(buffer_add_format(out, "  %.*s", TEXT_ARGUMENTS(campaign->title)));
        if (!text_equal(campaign->title, campaign->id))
            TRY(buffer_add_format(out, " (%.*s)", TEXT_ARGUMENTS(campaign->id)));
        TRY(buffer_add(out, TEXT(": ")));
        TRY(say_campaign_dates(out, program, campaign));
        if (campaign->audience != NULL) {
            TRY(buffer_add(out, TEXT(", for members with ")));
            TRY(say_expression(out, campaign->audience));
        }
        if (campaign->budget_wallet != PROGRAM_NONE) {
            TRY(buffer_add(out, TEXT("; gives at most ")));
            TRY(say_points(out, &program->wallets[campaign->budget_wallet], campaign->budget, 0));
            TRY(buffer_add(out, TEXT(" in all")));
        }
        TRY(buffer_add(out, TEXT(".\n")));
    }
    return STATUS_OK;
}

static enum status say_gives(struct buffer *out, const struct program *program,
                             const struct reward *reward)
{
    switch (reward->gives) {
    case GIVES_NOTHING_MORE:
        return STATUS_OK;
    case GIVES_DISCOUNT:
        TRY(buffer_add(out, TEXT(" for ")));
        TRY(say_money(out, program, reward->discount_currency, reward->discount));
        return buffer_add(out, TEXT(" off an order"));
    case GIVES_CHOICE:
        TRY(buffer_add_format(out, " for %d of ", (int)reward->choose));
        return say_list(out, reward->of, reward->of_count, "and");
    }
    return STATUS_OK;
}

static enum status describe_reward(const struct program *program, const struct reward *reward,
                                   struct buffer *out)
{
    TRY(buffer_add_format(out, "  %.*s", TEXT_ARGUMENTS(reward->title)));
    if (!text_equal(reward->title, reward->id))
        TRY(buffer_add_format(out, " (%.*s)", TEXT_ARGUMENTS(reward->id)));
    TRY(buffer_add(out, TEXT(": ")));
    TRY(say_points(out, &program->wallets[reward->wallet], reward->cost, 0));
    TRY(say_gives(out, program, reward));
    if (reward->has_stock) {
        char digits[40];
        TRY(buffer_add_format(out, "; %.*s in stock",
                              TEXT_ARGUMENTS(amount_format_grouped(reward->stock, 0, digits))));
    }
    TRY(say_limits(out, program, reward->limits));
    bool asks = condition_asks(&reward->needs);
    bool asks_for_order = reward->order_at_least_currency != PROGRAM_NONE;
    if (asks || asks_for_order) TRY(buffer_add(out, TEXT("; only ")));
    if (asks) TRY(say_condition(out, program, &reward->needs));
    if (asks_for_order) {
        TRY(buffer_add_format(out, "%son orders with an eligible amount of at least ",
                              asks ? ", " : ""));
        TRY(say_money(out, program, reward->order_at_least_currency, reward->order_at_least));
    }
    bool is_said = reward->gives == GIVES_DISCOUNT && reward->value == reward->discount &&
                   reward->value_currency == reward->discount_currency;
    if (reward->has_value && !is_said) {
        TRY(buffer_add(out, TEXT("; costs the shop ")));
        TRY(say_money(out, program, reward->value_currency, reward->value));
    }
    return buffer_add(out, TEXT(".\n"));
}

enum status describe_rewards(const struct program *program, struct buffer *out)
{
    TRY(buffer_add(out, TEXT("\nRewards\n")));
    if (program->reward_count == 0) TRY(buffer_add(out, TEXT("  There is no reward yet.\n")));
    for (uint32_t i = 0; i < program->reward_count; i++)
        TRY(describe_reward(program, &program->rewards[i], out));
    return STATUS_OK;
}
