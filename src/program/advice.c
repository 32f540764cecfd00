/* Advice: what a programme that works in the market would do otherwise.
 *
 * One table holds every piece of advice: a stable code, the threshold, whether it needs real
 * orders, and the function that looks. A line begins with "advice" when the threshold is crossed
 * and with "fine" when a figure was looked at and is within it; what cannot be looked at without
 * orders is named at the end. The programme is valid either way, and nothing here may refuse it.
 */
#include "program/describe_words.h"

struct advice;

struct look {
    const struct program *program;
    const struct order_facts *facts; /* NULL without orders */
    const struct advice *advice;
    struct buffer *out;
};

struct advice {
    const char *code;
    int64_t threshold;
    const char *threshold_text; /* what is fine */
    bool needs_orders;
    enum status (*look)(const struct look *look);
};

#define MILLION INT64_C(1000000)

/* Begins a line; the caller writes the sentence and ends it with finish_line. */
static enum status begin_line(const struct look *look, bool is_crossed)
{
    return buffer_add_format(look->out, "%s %s: ", is_crossed ? "advice" : "fine",
                             look->advice->code);
}

static enum status finish_line(const struct look *look)
{
    return buffer_add_format(look->out, " (%s)\n", look->advice->threshold_text);
}

static enum status say_share(struct buffer *out, int64_t millionths)
{
    char digits[AMOUNT_TEXT_MAXIMUM];
    int64_t hundredths;
    TRY(amount_multiply_divide(millionths, 100, 10000, ROUNDING_HALF_UP, &hundredths));
    return buffer_add_format(out, "%.*s%%", TEXT_ARGUMENTS(amount_format(hundredths, 2, digits)));
}

static enum status look_at_rule_count(const struct look *look)
{
    const struct program *program = look->program;
    uint32_t boosts = 0;
    for (uint32_t i = 0; i < program->rule_count; i++)
        boosts += program->rules[i].boost_count;
    uint32_t all = program->rule_count + boosts + program->tier_set_count;
    TRY(begin_line(look, all > look->advice->threshold));
    TRY(buffer_add_format(
        look->out, "a member has to know %u thing%s: %u rule%s, %u boost%s, %u tier set%s", all,
        all == 1 ? "" : "s", program->rule_count, program->rule_count == 1 ? "" : "s", boosts,
        boosts == 1 ? "" : "s", program->tier_set_count, program->tier_set_count == 1 ? "" : "s"));
    return finish_line(look);
}

static enum status look_at_level_count(const struct look *look)
{
    for (uint32_t i = 0; i < look->program->tier_set_count; i++) {
        const struct tier_set *set = &look->program->tier_sets[i];
        if (set->level_count <= look->advice->threshold) continue;
        TRY(begin_line(look, true));
        TRY(buffer_add_format(look->out,
                              "the tier set %.*s has %u levels; few members will know "
                              "where they are",
                              TEXT_ARGUMENTS(set->id), set->level_count));
        TRY(finish_line(look));
    }
    return STATUS_OK;
}

static bool wallet_is_spent(const struct program *program, uint32_t wallet)
{
    for (uint32_t i = 0; i < program->reward_count; i++)
        if (program->rewards[i].wallet == wallet) return true;
    return false;
}

static bool wallet_is_measured(const struct program *program, uint32_t wallet)
{
    for (uint32_t i = 0; i < program->counter_count; i++)
        if (program->counters[i].measure == MEASURE_EARNED && program->counters[i].wallet == wallet)
            return true;
    return false;
}

static bool wallet_is_earned(const struct program *program, uint32_t wallet)
{
    for (uint32_t i = 0; i < program->rule_count; i++)
        if (program->rules[i].wallet == wallet) return true;
    return false;
}

static enum status look_at_rewards(const struct look *look)
{
    for (uint32_t i = 0; i < look->program->wallet_count; i++) {
        if (wallet_is_spent(look->program, i) || wallet_is_measured(look->program, i)) continue;
        TRY(begin_line(look, true));
        TRY(buffer_add_format(look->out,
                              "nothing can be had for what is in the wallet %.*s; add a "
                              "reward",
                              TEXT_ARGUMENTS(look->program->wallets[i].id)));
        TRY(finish_line(look));
    }
    return STATUS_OK;
}

static enum status look_at_earning(const struct look *look)
{
    for (uint32_t i = 0; i < look->program->reward_count; i++) {
        const struct reward *reward = &look->program->rewards[i];
        if (wallet_is_earned(look->program, reward->wallet)) continue;
        TRY(begin_line(look, true));
        TRY(buffer_add_format(look->out,
                              "no rule earns in the wallet %.*s, so nobody can pay for the "
                              "reward %.*s",
                              TEXT_ARGUMENTS(look->program->wallets[reward->wallet].id),
                              TEXT_ARGUMENTS(reward->id)));
        TRY(finish_line(look));
    }
    return STATUS_OK;
}

static enum status look_at_tier_measures(const struct look *look)
{
    for (uint32_t i = 0; i < look->program->tier_set_count; i++) {
        const struct tier_set *set = &look->program->tier_sets[i];
        const struct counter *counter = &look->program->counters[set->counter];
        if (counter->measure != MEASURE_EARNED || wallet_is_earned(look->program, counter->wallet))
            continue;
        TRY(begin_line(look, true));
        TRY(buffer_add_format(look->out,
                              "the tier set %.*s is measured by the wallet %.*s, in which no "
                              "rule earns, so nobody can move up",
                              TEXT_ARGUMENTS(set->id),
                              TEXT_ARGUMENTS(look->program->wallets[counter->wallet].id)));
        TRY(finish_line(look));
    }
    return STATUS_OK;
}

static enum status look_at_campaign_budgets(const struct look *look)
{
    const struct program *program = look->program;
    for (uint32_t c = 0; c < program->campaign_count; c++) {
        const struct campaign *campaign = &program->campaigns[c];
        bool is_used = campaign->budget_wallet == PROGRAM_NONE;
        for (uint32_t i = 0; i < program->rule_count; i++) {
            const struct rule *rule = &program->rules[i];
            if (rule->wallet != campaign->budget_wallet) continue;
            is_used |= rule->campaign == c;
            for (uint32_t b = 0; b < rule->boost_count; b++)
                is_used |= rule->boosts[b].campaign == c;
        }
        if (is_used) continue;
        TRY(begin_line(look, true));
        TRY(buffer_add_format(look->out,
                              "the budget of the campaign %.*s is in a wallet that the "
                              "campaign does not give, so it limits nothing",
                              TEXT_ARGUMENTS(campaign->id)));
        TRY(finish_line(look));
    }
    return STATUS_OK;
}

/* True if every purchase in that currency sets the rule off, and it earns by a rate; the rate then.
 */
static const struct rate *plain_rate(const struct rule *rule, uint32_t wallet, uint32_t currency)
{
    if (rule->on != TRIGGER_PURCHASE || rule->campaign != PROGRAM_NONE || rule->wallet != wallet ||
        rule->earn != EARN_RATE || condition_asks(&rule->condition) ||
        rule->exclusive != PROGRAM_NONE || rule->limits.count > 0)
        return NULL;
    for (uint32_t i = 0; i < rule->rate_count; i++)
        if (rule->rates[i].currency == currency) return &rule->rates[i];
    return NULL;
}

/* What comes back of spend through a reward, in millionths; 0 when that cannot be told. */
static int64_t worth_of(const struct program *program, const struct reward *reward)
{
    int64_t worth = 0;
    if (!reward->has_value || reward->cost <= 0) return 0;
    for (uint32_t i = 0; i < program->rule_count; i++) {
        const struct rate *rate =
            plain_rate(&program->rules[i], reward->wallet, reward->value_currency);
        wide product = 0;
        int64_t share;
        if (rate == NULL) continue;
        if (wide_add_product(&product, reward->value, rate->points, MILLION) != STATUS_OK ||
            wide_divide(product, reward->cost, rate->per, ROUNDING_HALF_UP, &share) != STATUS_OK ||
            amount_increase(&worth, share) != STATUS_OK)
            return 0;
    }
    return worth;
}

static enum status say_worth(const struct look *look, bool is_crossed, const struct reward *best,
                             int64_t worth)
{
    TRY(begin_line(look, is_crossed));
    TRY(buffer_add_format(look->out, "through the reward %.*s, points are worth ",
                          TEXT_ARGUMENTS(best->id)));
    TRY(say_share(look->out, worth));
    TRY(buffer_add(look->out, TEXT(" of spend")));
    return finish_line(look);
}

static const struct reward *best_reward(const struct program *program, int64_t *worth)
{
    const struct reward *best = NULL;
    *worth = 0;
    for (uint32_t i = 0; i < program->reward_count; i++) {
        int64_t here = worth_of(program, &program->rewards[i]);
        if (here <= *worth) continue;
        *worth = here;
        best = &program->rewards[i];
    }
    return best;
}

static enum status look_at_low_worth(const struct look *look)
{
    int64_t worth;
    const struct reward *best = best_reward(look->program, &worth);
    return best == NULL ? STATUS_OK : say_worth(look, worth < look->advice->threshold, best, worth);
}

static enum status look_at_high_worth(const struct look *look)
{
    int64_t worth;
    const struct reward *best = best_reward(look->program, &worth);
    bool is_crossed = worth > look->advice->threshold;
    return best == NULL || !is_crossed ? STATUS_OK : say_worth(look, true, best, worth);
}

static enum status look_at_endless_points(const struct look *look)
{
    for (uint32_t i = 0; i < look->program->wallet_count; i++) {
        const struct wallet *wallet = &look->program->wallets[i];
        if (wallet->expires.given || !wallet_is_earned(look->program, i)) continue;
        TRY(begin_line(look, true));
        TRY(buffer_add_format(look->out,
                              "what is in the wallet %.*s never expires, so what the shop "
                              "owes has no ceiling",
                              TEXT_ARGUMENTS(wallet->id)));
        TRY(finish_line(look));
    }
    return STATUS_OK;
}

static enum status look_at_liability(const struct look *look)
{
    for (uint32_t i = 0; i < look->program->wallet_count; i++) {
        const struct wallet *wallet = &look->program->wallets[i];
        if (wallet->has_liability || !wallet_is_spent(look->program, i)) continue;
        TRY(begin_line(look, true));
        TRY(buffer_add_format(look->out,
                              "the wallet %.*s does not say what finance books for it; add "
                              "\"liability\"",
                              TEXT_ARGUMENTS(wallet->id)));
        TRY(finish_line(look));
    }
    return STATUS_OK;
}

static enum status look_at_endless_pending(const struct look *look)
{
    for (uint32_t i = 0; i < look->program->rule_count; i++) {
        const struct rule *rule = &look->program->rules[i];
        if (!rule->pending.given || rule->pending.has_at_latest) continue;
        TRY(begin_line(look, true));
        TRY(buffer_add_format(look->out,
                              "what the rule %.*s gives stays pending for ever if nobody "
                              "reports \"%.*s\"; add \"at_latest\"",
                              TEXT_ARGUMENTS(rule->id), TEXT_ARGUMENTS(rule->pending.until)));
        TRY(finish_line(look));
    }
    return STATUS_OK;
}

static enum status look_at_written_off(const struct look *look)
{
    for (uint32_t i = 0; i < look->program->wallet_count; i++) {
        const struct wallet *wallet = &look->program->wallets[i];
        if (wallet->earned_but_spent != SPENT_WRITE_OFF) continue;
        TRY(begin_line(look, true));
        TRY(buffer_add_format(look->out,
                              "who buys, spends the points of the wallet %.*s and returns the "
                              "goods keeps what the points bought",
                              TEXT_ARGUMENTS(wallet->id)));
        TRY(finish_line(look));
    }
    return STATUS_OK;
}

/* The reward that the median customer reaches first, or NULL. */
static const struct reward_reach *first_reached(const struct look *look, uint32_t *reward)
{
    const struct reward_reach *first = NULL;
    for (uint32_t i = 0; i < look->program->reward_count; i++) {
        const struct reward_reach *reach = &look->facts->rewards[i];
        if (reach->median_days < 0) continue;
        if (first != NULL && first->median_days <= reach->median_days) continue;
        first = reach;
        *reward = i;
    }
    return first;
}

/* `figure` of the first reward that the median customer reaches, in `noun`s. */
static enum status look_at_first_reward(const struct look *look, bool in_days)
{
    uint32_t reward = 0;
    const struct reward_reach *first = first_reached(look, &reward);
    if (look->program->reward_count == 0) return STATUS_OK;
    if (first == NULL) {
        TRY(begin_line(look, true));
        TRY(buffer_add(look->out, TEXT("the median customer never reaches a reward")));
        return finish_line(look);
    }
    int64_t figure = in_days ? first->median_days : first->median_purchases;
    TRY(begin_line(look, figure > look->advice->threshold));
    TRY(buffer_add_format(look->out,
                          "the median customer reaches the first reward, %.*s, after %lld "
                          "%s%s",
                          TEXT_ARGUMENTS(look->program->rewards[reward].id), (long long)figure,
                          in_days ? "day" : "purchase", figure == 1 ? "" : "s"));
    return finish_line(look);
}

static enum status look_at_purchases(const struct look *look)
{
    return look_at_first_reward(look, false);
}

static enum status look_at_days(const struct look *look)
{
    return look_at_first_reward(look, true);
}

static enum status look_at_reach(const struct look *look)
{
    for (uint32_t i = 0; i < look->program->reward_count; i++) {
        int64_t share = look->facts->rewards[i].reached_millionths;
        TRY(begin_line(look, share < look->advice->threshold));
        TRY(say_share(look->out, share));
        TRY(buffer_add_format(look->out, " of the customers earn enough for the reward %.*s",
                              TEXT_ARGUMENTS(look->program->rewards[i].id)));
        TRY(finish_line(look));
    }
    return STATUS_OK;
}

/* The days of a span as they are on average, rounded down; a month is a twelfth of 365. */
static int64_t days_of_span(struct span span)
{
    static const int64_t twelfths_of_days[] = {12, 84, 365, 1095, 4380};
    return span.count * twelfths_of_days[span.unit] / 12;
}

static enum status look_at_expiry(const struct look *look)
{
    if (look->facts->median_gap_days <= 0) return STATUS_OK;
    for (uint32_t i = 0; i < look->program->wallet_count; i++) {
        const struct wallet *wallet = &look->program->wallets[i];
        if (!wallet->expires.given || wallet->expires.after.count == 0) continue;
        int64_t days = days_of_span(wallet->expires.after);
        TRY(begin_line(look, days < look->facts->median_gap_days));
        TRY(buffer_add_format(look->out,
                              "the wallet %.*s expires after about %lld days, and the usual "
                              "gap between two purchases is %lld",
                              TEXT_ARGUMENTS(wallet->id), (long long)days,
                              (long long)look->facts->median_gap_days));
        TRY(finish_line(look));
    }
    return STATUS_OK;
}

/* Codes are stable: tools and people refer to them. */
static const struct advice advices[] = {
    {"many-rules", 7, "fine up to 7", false, look_at_rule_count},
    {"many-levels", 5, "fine up to 5", false, look_at_level_count},
    {"no-reward", 1, "at least 1 a wallet", false, look_at_rewards},
    {"wallet-not-earned", 1, "at least 1 rule a wallet", false, look_at_earning},
    {"tier-not-earned", 1, "at least 1 rule a measured wallet", false, look_at_tier_measures},
    {"budget-limits-nothing", 1, "at least 1 rule or boost in the budget's wallet", false,
     look_at_campaign_budgets},
    {"point-worth-low", 5000, "fine from 0.50%", false, look_at_low_worth},
    {"point-worth-high", 100000, "fine up to 10.00%", false, look_at_high_worth},
    {"never-expires", 0, "any expiry", false, look_at_endless_points},
    {"no-liability", 0, "any amount", false, look_at_liability},
    {"pending-for-ever", 0, "any at_latest", false, look_at_endless_pending},
    {"return-written-off", 0, "any other on_return", false, look_at_written_off},
    {"first-reward-purchases", 10, "fine up to 10", true, look_at_purchases},
    {"first-reward-days", 180, "fine up to 180", true, look_at_days},
    {"reward-out-of-reach", 50000, "fine from 5.00%", true, look_at_reach},
    {"expiry-before-next-purchase", 0, "fine when not shorter than the gap", true, look_at_expiry},
};

enum status program_advise(const struct program *program, const struct order_facts *facts,
                           struct buffer *out)
{
    struct look look = {.program = program, .facts = facts, .out = out};
    bool is_left_out = false;
    for (size_t i = 0; i < sizeof(advices) / sizeof(advices[0]); i++) {
        look.advice = &advices[i];
        is_left_out |= advices[i].needs_orders && facts == NULL;
        if (!advices[i].needs_orders || facts != NULL) TRY(advices[i].look(&look));
    }
    if (!is_left_out) return STATUS_OK;
    TRY(buffer_add(out, TEXT("not looked at, because it needs real orders:")));
    const char *joint = " ";
    for (size_t i = 0; i < sizeof(advices) / sizeof(advices[0]); i++) {
        if (!advices[i].needs_orders) continue;
        TRY(buffer_add_format(out, "%s%s", joint, advices[i].code));
        joint = ", ";
    }
    return buffer_add_byte(out, '\n');
}
