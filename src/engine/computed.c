/* Computed points.
 *
 *   (POINTS) points                         POINTS
 *   (POINTS) points per 1.00 USD of BASE    a rate of POINTS, on the order's lines as any rate
 *   N points per 1.00 USD of (BASE)         N x BASE: a fixed grant, because no line says what is
 *                                           left of BASE when goods go back; it keeps its share of
 *                                           what is eligible
 *
 * with POINTS and BASE asked once an event, or for each item. They are exact to six digits behind
 * the wallet's (the currency's) own; the rule's rounding drops what is behind those, and rounds the
 * product once, as for points that stand in the programme. Below 0 counts as 0; so does a line on
 * which the expression cannot be computed.
 */
#include "engine/computed.h"

#include "engine/evaluation.h"

#define MORE_DIGITS 6

/* amount / 10^more of the wallet's smallest unit, over the rate's `per`. */
struct quantity {
    int64_t amount;
    int32_t more;
};

static bool points_of(const struct working *working, const struct attempt *attempt, uint32_t item,
                      const struct rate *rate, struct quantity *points)
{
    const struct rule *rule = attempt->rule;
    if (rule->points == NULL) {
        *points = (struct quantity){rate->points, 0};
        return true;
    }
    const struct computed_unit unit = {.decimals = working->program->wallets[rule->wallet].decimals,
                                       .more =
                                           rule->per_whole && rule->base == NULL ? 0 : MORE_DIGITS,
                                       .rounding = rule->rounding,
                                       .currency = PROGRAM_NONE};
    return evaluation_number(working, rule->points, item, &unit, &points->amount, &points->more);
}

static bool base_of(const struct working *working, const struct attempt *attempt, uint32_t item,
                    const struct rate *rate, struct quantity *base)
{
    const struct rule *rule = attempt->rule;
    struct computed_unit unit = {
        .more = MORE_DIGITS, .rounding = rule->rounding, .currency = rate->currency};
    if (rule->base == NULL) {
        *base = (struct quantity){1, 0};
        return true;
    }
    if (rate->currency != PROGRAM_NONE) {
        unit.decimals = working->program->currencies[rate->currency].decimals;
    }
    if (!evaluation_number(working, rule->base, item, &unit, &base->amount, &base->more)) {
        return false;
    }
    if (!rule->per_whole) return true;
    /* Whole `per`s; what they are of is done with. */
    int64_t per;
    int32_t more = base->more;
    base->more = 0;
    return amount_multiply(rate->per, power_of_ten(more), &per) == STATUS_OK &&
           amount_multiply_divide(amount_positive(base->amount), 1, per, ROUNDING_DOWN,
                                  &base->amount) == STATUS_OK;
}

/* 0 for a fault, which *has_fault notes, and for what is below 0. */
static struct quantity quantity_of(const struct working *working, const struct attempt *attempt,
                                   uint32_t item, const struct rate *rate, bool *has_fault)
{
    struct quantity points;
    struct quantity base;
    struct quantity product = {0, 0};
    if (!points_of(working, attempt, item, rate, &points) ||
        !base_of(working, attempt, item, rate, &base) ||
        amount_multiply(points.amount, base.amount, &product.amount) != STATUS_OK) {
        *has_fault = true;
        return (struct quantity){0, 0};
    }
    /* Two amounts below 0 earn nothing either. */
    if (points.amount <= 0 || base.amount <= 0) return (struct quantity){0, 0};
    product.more = points.more + base.more;
    return product;
}

/* What the points are over, when they have so many digits more. */
static enum status per_of(const struct rule *rule, const struct rate *rate, int32_t more,
                          int64_t *per)
{
    bool per_is_done = rule->base != NULL && rule->per_whole;
    return amount_multiply(per_is_done ? 1 : rate->per, power_of_ten(more), per);
}

static enum status compute_lines(struct working *working, struct attempt *attempt,
                                 const struct rate *rate, struct earning *earning,
                                 enum why_not *why)
{
    const struct rule *rule = attempt->rule;
    uint32_t lines = attempt->order->line_count;
    struct arena *arena = &working->states->arena;
    struct quantity *found = arena_new_array(arena, struct quantity, lines + 1);
    bool has_fault = false;
    bool has_some = false;
    int32_t more = 0;
    attempt->line_points = arena_new_array(arena, int64_t, lines + 1);
    if (found == NULL || attempt->line_points == NULL) return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < lines && i < working->event->item_count; i++) {
        if (!condition_item(working, &rule->condition, i)) continue;
        found[i] = quantity_of(working, attempt, i, rate, &has_fault);
        if (found[i].amount > 0 && found[i].more > more) more = found[i].more;
    }
    for (uint32_t i = 0; i < lines; i++) {
        int64_t *points = &attempt->line_points[i];
        if (amount_multiply(found[i].amount, power_of_ten(more - found[i].more), points) !=
            STATUS_OK) {
            *points = 0;
            has_fault = true;
        }
        has_some = has_some || *points > 0;
    }
    *why = has_some ? CONDITION_HOLDS : has_fault ? WHY_NOT_EXPRESSION : WHY_NOT_NOTHING;
    return per_of(rule, rate, more, &earning->per);
}

enum status compute_points(struct working *working, struct attempt *attempt,
                           const struct rate *rate, struct earning *earning, enum why_not *why)
{
    const struct rule *rule = attempt->rule;
    struct rate fixed = {.currency = PROGRAM_NONE, .points = rule->fixed, .per = 1};
    bool has_fault = false;
    if (rate == NULL) rate = &fixed;
    if (rule->base != NULL) {
        earning->flags = (uint8_t)((earning->flags | EARNING_FIXED) & ~EARNING_PER_WHOLE);
        earning->measure = MEASURE_ELIGIBLE;
    }
    if (working->evaluating != NULL) working->evaluating->detail = (struct text){"", 0};
    if (rule->each_item) return compute_lines(working, attempt, rate, earning, why);
    struct quantity found = quantity_of(working, attempt, NO_ITEM, rate, &has_fault);
    attempt->rate_points = found.amount;
    *why = found.amount > 0 ? CONDITION_HOLDS : has_fault ? WHY_NOT_EXPRESSION : WHY_NOT_NOTHING;
    return per_of(rule, rate, found.more, &earning->per);
}
