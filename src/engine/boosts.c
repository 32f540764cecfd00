/* Boosts and rates, line by line.
 *
 * A boost without an item condition holds for every line; where all lines come to the same rate,
 * the earning keeps that one rate and no list. `combine` is best (the highest factor), add (1 + the
 * sum of factor - 1) or multiply (the product, rounded down to the millionth).
 */
#include "engine/boosts.h"

#include "engine/evaluation.h"
#include "engine/limits.h"

enum why_not campaign_runs(const struct working *working, uint32_t campaign)
{
    if (campaign == PROGRAM_NONE) return CONDITION_HOLDS;
    const struct campaign *running = &working->program->campaigns[campaign];
    if (working->occurred_at_us < running->from_us) return WHY_NOT_NOT_YET;
    if (working->occurred_at_us >= running->until_us) return WHY_NOT_OVER;
    if (running->audience != NULL && !evaluation_holds(working, running->audience)) {
        return WHY_NOT_AUDIENCE;
    }
    return CONDITION_HOLDS;
}

static enum status try_boost(const struct working *working, const struct attempt *attempt,
                             const struct boost *boost, enum why_not *why)
{
    *why = campaign_runs(working, boost->campaign);
    if (*why != CONDITION_HOLDS) return STATUS_OK;
    *why = condition_try(working, &boost->condition, attempt->occasion);
    if (*why != CONDITION_HOLDS) return STATUS_OK;
    bool leaves;
    TRY(limits_leave_one(working, attempt->occasion->member, boost->limits, working->occurred_day,
                         &leaves));
    if (!leaves) {
        *why = WHY_NOT_LIMIT;
        return STATUS_OK;
    }
    if (boost->campaign == PROGRAM_NONE) return STATUS_OK;
    const struct campaign *campaign = &working->program->campaigns[boost->campaign];
    if (campaign->budget_wallet == PROGRAM_NONE) return STATUS_OK;
    int64_t left;
    TRY(allowance_left(working, campaign->symbol, campaign->budget, &left));
    if (left <= 0) *why = WHY_NOT_BUDGET;
    return STATUS_OK;
}

enum status boosts_find(const struct working *working, struct attempt *attempt)
{
    attempt->boosts = 0;
    for (uint32_t i = 0; i < attempt->rule->boost_count; i++) {
        enum why_not why;
        TRY(try_boost(working, attempt, &attempt->rule->boosts[i], &why));
        if (why == CONDITION_HOLDS) {
            attempt->boosts |= 1u << i;
        } else {
            tell_not_fired(working, attempt->rule_index, i, why);
        }
    }
    return STATUS_OK;
}

static enum status combine(struct attempt *attempt, uint32_t matching, int64_t *factor)
{
    const struct rule *rule = attempt->rule;
    int64_t result = BOOST_ONE;
    bool is_first = true;
    uint32_t best = 0;
    for (uint32_t i = 0; i < rule->boost_count; i++) {
        if ((matching >> i & 1) == 0) continue;
        int64_t by = rule->boosts[i].factor;
        if (rule->combine == COMBINE_BEST) {
            if (is_first || by > result) {
                result = by;
                best = 1u << i;
            }
        } else if (rule->combine == COMBINE_ADD) {
            int64_t more;
            TRY(amount_subtract(by, BOOST_ONE, &more));
            TRY(amount_increase(&result, more));
        } else {
            TRY(amount_multiply_divide(result, by, BOOST_ONE, ROUNDING_DOWN, &result));
        }
        is_first = false;
    }
    attempt->matched |= matching;
    attempt->used |= rule->combine == COMBINE_BEST ? best : matching;
    *factor = amount_positive(result);
    return STATUS_OK;
}

static const struct item no_item = {.quantity = 1};

static const struct item *item_of(const struct working *working, uint32_t line)
{
    return line < working->event->item_count ? &working->event->items[line] : &no_item;
}

static int64_t calculator_points(const struct calculator *calculator, const struct item *item)
{
    struct text key = calculator->by == CALCULATOR_BY_CATEGORY ? item->category
                      : calculator->by == CALCULATOR_BY_SKU    ? item->sku
                                                               : item->type;
    uint32_t low = 0;
    uint32_t high = calculator->row_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = text_compare(calculator->rows[middle].key, key);
        if (order == 0) return calculator->rows[middle].points;
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return calculator->otherwise;
}

/* Points for one `per` of a line before boosts; 0: the rule does not look at this line. */
static int64_t line_points(const struct working *working, const struct attempt *attempt,
                           uint32_t line)
{
    const struct rule *rule = attempt->rule;
    const struct item *item = item_of(working, line);
    bool is_shipping = (attempt->order->lines[line].flags & LINE_SHIPPING) != 0;
    if (attempt->line_points != NULL && attempt->line_points[line] == 0) return 0;
    if (condition_chooses_items(&rule->condition) &&
        (is_shipping || !condition_item(working, &rule->condition, line))) {
        return 0;
    }
    if (rule->earn == EARN_FIXED && rule->each_item && (is_shipping || item->quantity <= 0)) {
        return 0;
    }
    if (attempt->line_points != NULL) return attempt->line_points[line];
    if (rule->earn != EARN_CALCULATOR) return attempt->rate_points;
    return calculator_points(&working->program->calculators[rule->calculator], item);
}

static bool all_lines_alike(const struct attempt *attempt, uint32_t boosts)
{
    const struct rule *rule = attempt->rule;
    if (rule->earn == EARN_CALCULATOR || condition_chooses_items(&rule->condition)) return false;
    if (rule->earn == EARN_FIXED && rule->each_item) return false;
    if (attempt->line_points != NULL) return false;
    for (uint32_t i = 0; i < rule->boost_count; i++) {
        if ((boosts >> i & 1) != 0 && condition_chooses_items(&rule->boosts[i].condition)) {
            return false;
        }
    }
    return true;
}

/* The number of the rate among those of the earning; one that is as far back as an order keeps may
 * stand there twice. */
static uint16_t add_rate(struct earning *earning, struct line_rate rate)
{
    uint32_t count = earning->rate_count;
    uint32_t first = count > ORDER_RATE_MAXIMUM ? count - ORDER_RATE_MAXIMUM : 0;
    for (uint32_t r = first; r < count; r++) {
        if (earning->rates[r].points == rate.points && earning->rates[r].boost == rate.boost) {
            return (uint16_t)r;
        }
    }
    earning->rates[earning->rate_count++] = rate;
    return (uint16_t)count;
}

/* The boosts of `boosts` that hold for one line. */
static uint32_t matching_boosts(const struct working *working, const struct attempt *attempt,
                                uint32_t boosts, uint32_t line)
{
    uint32_t matching = boosts;
    bool is_shipping = (attempt->order->lines[line].flags & LINE_SHIPPING) != 0;
    for (uint32_t i = 0; i < attempt->rule->boost_count; i++) {
        const struct condition *condition = &attempt->rule->boosts[i].condition;
        if ((boosts >> i & 1) == 0 || !condition_chooses_items(condition)) continue;
        if (is_shipping || !condition_item(working, condition, line)) {
            matching &= ~(1u << i);
        }
    }
    return matching;
}

static enum status rate_each_line(struct working *working, struct attempt *attempt, uint32_t boosts,
                                  struct earning *earning)
{
    struct arena *arena = &working->states->arena;
    uint32_t lines = attempt->order->line_count;
    earning->choice = (struct line_choice){.all = false};
    earning->choice.lines = arena_allocate(arena, lines * sizeof(uint32_t));
    earning->line_rates = arena_allocate(arena, lines * sizeof(uint16_t));
    earning->rates = arena_allocate(arena, lines * sizeof(struct line_rate));
    if (earning->choice.lines == NULL || earning->line_rates == NULL || earning->rates == NULL) {
        return STATUS_NO_MEMORY;
    }
    for (uint32_t line = 0; line < lines; line++) {
        int64_t points = line_points(working, attempt, line);
        if (points == 0) continue;
        struct line_rate rate = {.points = points};
        TRY(combine(attempt, matching_boosts(working, attempt, boosts, line), &rate.boost));
        earning->line_rates[earning->choice.count] = add_rate(earning, rate);
        earning->choice.lines[earning->choice.count++] = line;
    }
    earning->choice.all = earning->choice.count == lines;
    if (earning->rate_count <= 1) earning->line_rates = NULL;
    return STATUS_OK;
}

enum status boosts_rate_lines(struct working *working, struct attempt *attempt, uint32_t boosts,
                              struct earning *earning)
{
    attempt->used = 0;
    attempt->matched = 0;
    earning->rate_count = 0;
    earning->line_rates = NULL;
    if (!all_lines_alike(attempt, boosts)) {
        return rate_each_line(working, attempt, boosts, earning);
    }
    earning->choice = (struct line_choice){.all = true};
    earning->rates = arena_allocate(&working->states->arena, sizeof(struct line_rate));
    if (earning->rates == NULL) return STATUS_NO_MEMORY;
    earning->rate_count = 1;
    earning->rates[0].points = attempt->rate_points;
    return combine(attempt, boosts, &earning->rates[0].boost);
}
