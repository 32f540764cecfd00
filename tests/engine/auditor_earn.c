/* What a purchase or a join earns: conditions, boosts, roundings, limits and budgets.
 *
 * Choices where the design is silent:
 * - A line's tax and discount belong to its units in equal shares, rounded half up (like the
 *   design's "of a partly returned line what remains is rounded again").
 * - A boost of a fixed grant that is given once an order is that of the first item that counts.
 * - A birthday on 29 February is kept on the 28th of other years ("months clamp to the last day").
 * - What is kept of a fixed or cut grant whose base is nothing goes by units.
 */
#include "auditor.h"

static int64_t divide(wide dividend, wide divisor, enum rounding rounding)
{
    wide quotient = dividend / divisor;
    wide rest = dividend % divisor;
    if (rest < 0) {
        quotient -= 1;
        rest += divisor;
    }
    bool up = false;
    switch (rounding) {
    case ROUNDING_DOWN:
        break;
    case ROUNDING_UP:
        up = rest != 0;
        break;
    case ROUNDING_HALF_UP:
        up = dividend >= 0 ? rest * 2 >= divisor : rest * 2 > divisor;
        break;
    case ROUNDING_HALF_EVEN:
        up = rest * 2 > divisor || (rest * 2 == divisor && quotient % 2 != 0);
        break;
    }
    return (int64_t)(quotient + (up ? 1 : 0));
}

/* --- what lines are worth ----------------------------------------------------------------- */

/* Amounts of the whole order are shared over its lines by their subtotals, each share being the
 * difference of two rounded running sums. */
static void share_over_lines(const struct audit *audit, struct audit_order *order, int64_t total)
{
    wide whole = 0;
    wide running = 0;
    int64_t shared = 0;
    for (int i = 0; i < order->line_count; i++) {
        int64_t subtotal =
            audit_line_base(audit, order, i, MEASURE_SUBTOTAL, order->lines[i].item.quantity);
        if (subtotal > 0) whole += subtotal;
    }
    if (whole == 0) return;
    for (int i = 0; i < order->line_count; i++) {
        int64_t subtotal =
            audit_line_base(audit, order, i, MEASURE_SUBTOTAL, order->lines[i].item.quantity);
        if (subtotal > 0) running += subtotal;
        int64_t upto = divide(total * running, whole, ROUNDING_HALF_UP);
        order->lines[i].adjustment -= upto - shared;
        shared = upto;
    }
}

void audit_order_fill(const struct audit *audit, struct audit_order *order,
                      const struct event *event)
{
    const struct eligible *eligible = &audit->program->eligible;
    for (uint32_t i = 0; i < event->item_count; i++) {
        const struct item *item = &event->items[i];
        struct audit_line *line = &order->lines[order->line_count++];
        *line = (struct audit_line){.item = *item, .left = item->quantity > 0 ? item->quantity : 0};
        if (eligible->discounts_subtracted) line->adjustment -= item->discount;
        if (eligible->tax_included && !event->tax_is_in_prices) line->adjustment += item->tax;
        if (!eligible->tax_included && event->tax_is_in_prices) line->adjustment -= item->tax;
    }
    if (eligible->discounts_subtracted) share_over_lines(audit, order, event->discount);
    if (!eligible->paid_with_points_included) {
        share_over_lines(audit, order, event->paid_with_points);
    }
    if (!eligible->shipping_included || event->shipping == 0) return;
    order->lines[order->line_count++] = (struct audit_line){
        .item = {.quantity = 1,
                 .unit_price = {event->shipping,
                                audit->program->currencies[order->currency].decimals}},
        .is_shipping = true,
        .left = 1};
}

int64_t audit_line_base(const struct audit *audit, const struct audit_order *order, int line,
                        enum measure measure, int64_t units)
{
    const struct audit_line *it = &order->lines[line];
    const struct item *item = &it->item;
    if (it->is_shipping && measure != MEASURE_ELIGIBLE) return 0;
    if (measure == MEASURE_QUANTITY) return units;
    int32_t decimals = audit->program->currencies[order->currency].decimals;
    wide price = (wide)units * item->unit_price.coefficient * power_of_ten(decimals);
    int64_t subtotal = divide(price, power_of_ten(item->unit_price.scale), ROUNDING_HALF_UP);
    if (measure == MEASURE_SUBTOTAL) return subtotal;
    if (text_equal(item->type, TEXT("gift_card")) &&
        !audit->program->eligible.gift_cards_included) {
        return 0;
    }
    int64_t adjustment = it->adjustment;
    if (units != item->quantity) {
        adjustment = divide((wide)adjustment * units, item->quantity, ROUNDING_HALF_UP);
    }
    return subtotal + adjustment;
}

static int64_t line_units(const struct audit_order *order, int line, bool of_what_is_left)
{
    const struct audit_line *it = &order->lines[line];
    return of_what_is_left && it->item.quantity > 0 ? it->left : it->item.quantity;
}

int64_t audit_order_base(const struct audit *audit, const struct audit_order *order,
                         enum measure measure, bool of_what_is_left)
{
    int64_t sum = 0;
    for (int i = 0; i < order->line_count; i++) {
        sum += audit_line_base(audit, order, i, measure, line_units(order, i, of_what_is_left));
    }
    return sum;
}

/* --- conditions --------------------------------------------------------------------------- */

static bool is_one_of(struct text text, const struct text *list, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (text_equal(text, list[i])) return true;
    }
    return false;
}

static bool birthday_holds(const struct audit *audit, const struct event *event,
                           enum period_unit unit)
{
    if (event->birthday_month == 0) return false;
    int32_t today = zone_local_day(audit->program->zone, event->occurred_at_us);
    int32_t year = date_of_day(today).year;
    for (int32_t i = year - 1; i <= year + 1; i++) {
        struct date date = {i, event->birthday_month, event->birthday_day};
        if (!date_is_valid(date)) date.day = 28;
        int32_t birthday = day_of_date(date);
        int32_t first = period_first_day(unit, birthday, audit->program->week_starts);
        int32_t next = period_next_day(unit, birthday, audit->program->week_starts);
        if (first <= today && today < next) return true;
    }
    return false;
}

bool audit_condition_holds(const struct audit *audit, int member, const struct condition *condition,
                           const struct audit_order *order, int64_t occurred_us,
                           const struct event *event)
{
    if (!condition->is_given) return true;
    const struct audit_member *it = &audit->members[member];
    if (condition->tier_set != PROGRAM_NONE) {
        int level = it->levels[condition->tier_set].level;
        if (level < condition->level_lowest || level > condition->level_highest) return false;
    }
    if (condition->birthday_given && !birthday_holds(audit, event, condition->birthday)) {
        return false;
    }
    if (condition->channel_count > 0 &&
        !is_one_of(event->channel, condition->channels, condition->channel_count)) {
        return false;
    }
    if (condition->store_count > 0 &&
        !is_one_of(event->store, condition->stores, condition->store_count)) {
        return false;
    }
    if (condition->order_at_least_currency != PROGRAM_NONE) {
        if (order == NULL || order->currency != condition->order_at_least_currency) return false;
        if (audit_order_base(audit, order, MEASURE_ELIGIBLE, false) < condition->order_at_least) {
            return false;
        }
    }
    if (condition->when != NULL && !audit_when(audit, condition->when, order, event)) return false;
    return condition->from_us <= occurred_us && occurred_us < condition->until_us;
}

bool audit_line_matches(const struct condition *condition, const struct audit_line *line)
{
    const struct item *item = &line->item;
    if (!condition->is_given) return true;
    if (line->is_shipping && condition->category_count + condition->sku_count > 0) return false;
    if (condition->category_count > 0 &&
        !is_one_of(item->category, condition->categories, condition->category_count)) {
        return false;
    }
    if (condition->where != NULL && !audit_where(condition->where, line)) return false;
    return condition->sku_count == 0 || is_one_of(item->sku, condition->skus, condition->sku_count);
}

/* --- what an earning comes to ------------------------------------------------------------- */

static int64_t earning_per(const struct audit *audit, const struct audit_order *order,
                           const struct rule *rule)
{
    if (rule->earn == EARN_CALCULATOR) return audit->program->calculators[rule->calculator].per;
    for (uint32_t i = 0; i < rule->rate_count; i++) {
        const struct rate *rate = &rule->rates[i];
        if (rate->currency == PROGRAM_NONE || rate->currency == order->currency) return rate->per;
    }
    return 0;
}

/* Whole numbers, all that a rate's points are computed as; below 0 nothing. */
static int64_t computed_points(const struct audit *audit, const struct audit_order *order,
                               const struct rule *rule, int line)
{
    int64_t hundredths = 0;
    int64_t unit = power_of_ten(audit->program->wallets[rule->wallet].decimals);
    if (!audit_amount(audit, rule->points, order, line, NULL, &hundredths) || hundredths < 0) {
        return 0;
    }
    return hundredths / 100 * unit;
}

/* Points for each `per` of a line's base. */
static int64_t line_points(const struct audit *audit, const struct audit_order *order,
                           const struct rule *rule, int line)
{
    if (rule->points != NULL) return computed_points(audit, order, rule, line);
    if (rule->earn != EARN_CALCULATOR) {
        for (uint32_t i = 0; i < rule->rate_count; i++) {
            const struct rate *rate = &rule->rates[i];
            if (rate->currency == PROGRAM_NONE || rate->currency == order->currency) {
                return rate->points;
            }
        }
        return 0;
    }
    const struct calculator *calculator = &audit->program->calculators[rule->calculator];
    const struct item *item = &order->lines[line].item;
    struct text key = calculator->by == CALCULATOR_BY_SKU        ? item->sku
                      : calculator->by == CALCULATOR_BY_CATEGORY ? item->category
                                                                 : item->type;
    for (uint32_t i = 0; i < calculator->row_count; i++) {
        if (text_equal(calculator->rows[i].key, key)) return calculator->rows[i].points;
    }
    return calculator->otherwise;
}

static bool is_fixed(const struct rule *rule)
{
    return rule->earn == EARN_FIXED || rule->base != NULL;
}

/* What is given once, or for that line: *points over *per. */
static void fixed_points(const struct audit *audit, const struct audit_order *order, int line,
                         const struct event *event, const struct rule *rule, wide *points,
                         wide *per)
{
    int64_t hundredths = 0;
    *points = rule->fixed;
    *per = 1;
    if (rule->base != NULL) {
        ASSERT(order != NULL); /* random programmes earn for money on purchases alone */
        int64_t base = audit_money(audit, rule->base, order, line);
        *per = earning_per(audit, order, rule);
        if (audit->program->currencies[order->currency].decimals == 0) *per *= 100;
        if (base < 0) base = 0;
        if (rule->per_whole) base = (int64_t)(base / *per);
        if (rule->per_whole) *per = 1;
        *points = (wide)base * line_points(audit, order, rule, line);
    } else if (rule->points != NULL) {
        if (!audit_amount(audit, rule->points, order, line, event, &hundredths) || hundredths < 0) {
            hundredths = 0;
        }
        *points = (wide)hundredths * power_of_ten(audit->program->wallets[rule->wallet].decimals);
        *per = 100;
    }
}

static int64_t fixed_grant(const struct audit *audit, const struct audit_order *order,
                           const struct audit_earning *earning, const struct rule *rule)
{
    int64_t sum = 0;
    for (int i = 0; i < order->line_count; i++) {
        if (!earning->counts[i]) continue;
        wide points;
        wide per;
        fixed_points(audit, order, i, NULL, rule, &points, &per);
        sum += divide(points * earning->boost[i], per * BOOST_ONE, rule->rounding);
        if (!rule->each_item) break;
    }
    return sum;
}

static wide chosen_base(const struct audit *audit, const struct audit_order *order,
                        const bool *counts, enum measure measure, bool of_what_is_left)
{
    wide sum = 0;
    for (int i = 0; i < order->line_count; i++) {
        if (!counts[i]) continue;
        sum += audit_line_base(audit, order, i, measure, line_units(order, i, of_what_is_left));
    }
    return sum;
}

static wide chosen_units(const struct audit_order *order, const bool *counts, bool of_what_is_left)
{
    wide sum = 0;
    for (int i = 0; i < order->line_count; i++) {
        const struct audit_line *line = &order->lines[i];
        if (!counts[i] || line->is_shipping || line->item.quantity <= 0) continue;
        sum += line_units(order, i, of_what_is_left);
    }
    return sum;
}

/* floor(granted x remaining base / base); of a base that is nothing the units bought decide. */
int64_t audit_share(const struct audit *audit, const struct audit_order *order, const bool *counts,
                    enum measure measure, int64_t amount)
{
    wide whole = chosen_base(audit, order, counts, measure, false);
    wide left = chosen_base(audit, order, counts, measure, true);
    if (whole <= 0) {
        whole = chosen_units(order, counts, false);
        left = chosen_units(order, counts, true);
    }
    if (whole <= 0) return amount;
    if (left <= 0) return 0;
    if (left > whole) left = whole;
    return divide(amount * left, whole, ROUNDING_DOWN);
}

/* The base is summed for lines of equal rate and boost, and each sum cut to whole `per`s. */
static int64_t whole_grant(const struct audit *audit, const struct audit_order *order,
                           const struct audit_earning *earning, const struct rule *rule,
                           bool of_what_is_left, enum rounding rounding)
{
    int64_t per = earning_per(audit, order, rule);
    bool is_done[AUDIT_LINES] = {false};
    wide sum = 0;
    for (int i = 0; i < order->line_count; i++) {
        if (!earning->counts[i] || is_done[i]) continue;
        wide base = 0;
        int64_t points = line_points(audit, order, rule, i);
        for (int k = i; k < order->line_count; k++) {
            if (!earning->counts[k] || earning->boost[k] != earning->boost[i]) continue;
            if (line_points(audit, order, rule, k) != points) continue;
            is_done[k] = true;
            base += audit_line_base(audit, order, k, rule->measure,
                                    line_units(order, k, of_what_is_left));
        }
        if (base > 0) sum += base / per * points * earning->boost[i];
    }
    return divide(sum, BOOST_ONE, rounding);
}

int64_t audit_grant(const struct audit *audit, const struct audit_order *order,
                    const struct audit_earning *earning, bool of_what_is_left)
{
    const struct rule *rule = &audit->program->rules[earning->rule];
    enum measure measure = rule->base != NULL ? MEASURE_ELIGIBLE : rule->measure;
    if (of_what_is_left && (earning->is_limited || is_fixed(rule))) {
        return audit_share(audit, order, earning->counts, measure, earning->granted);
    }
    if (is_fixed(rule)) return fixed_grant(audit, order, earning, rule);
    enum rounding rounding = of_what_is_left ? ROUNDING_DOWN : rule->rounding;
    if (rule->per_whole && !rule->each_item) {
        return whole_grant(audit, order, earning, rule, of_what_is_left, rounding);
    }
    wide per = (wide)earning_per(audit, order, rule) * BOOST_ONE;
    wide sum = 0;
    int64_t total = 0;
    for (int i = 0; i < order->line_count; i++) {
        if (!earning->counts[i]) continue;
        wide base =
            audit_line_base(audit, order, i, rule->measure, line_units(order, i, of_what_is_left));
        if (rule->per_whole) {
            int64_t whole = (int64_t)(per / BOOST_ONE);
            base = base > 0 ? base / whole * whole : 0;
        }
        wide exact = base * line_points(audit, order, rule, i) * earning->boost[i];
        if (rule->each_item) {
            int64_t points = divide(exact, per, rounding);
            if (points > 0) total += points;
        } else {
            sum += exact;
        }
    }
    if (rule->each_item) return total;
    return sum > 0 ? divide(sum, per, rounding) : 0;
}

/* --- limits ------------------------------------------------------------------------------- */

static int64_t limit_left(const struct audit *audit, const struct limit *limit, int member,
                          const struct event *event)
{
    int32_t day = zone_local_day(audit->program->zone, event->occurred_at_us);
    int whose = limit->scope == LIMIT_PER_MEMBER ? member : AUDIT_NONE;
    int64_t used = audit_counted(audit, audit_limit_symbol(limit, event), whose, &limit->window,
                                 day, audit->members[member].joined_day);
    return limit->amount - used;
}

bool audit_limits_allow(const struct audit *audit, const struct limit_range *range, int member,
                        const struct event *event)
{
    for (uint32_t i = 0; i < range->count; i++) {
        const struct limit *limit = &audit->program->limits[range->first + i];
        if (limit_left(audit, limit, member, event) <= 0) return false;
    }
    return true;
}

static void limits_use(struct audit *audit, const struct limit_range *range, int member,
                       struct audit_order *order, const struct event *event, int64_t points)
{
    for (uint32_t i = 0; i < range->count; i++) {
        const struct limit *limit = &audit->program->limits[range->first + i];
        bool is_times = limit->wallet == PROGRAM_NONE;
        struct audit_use use = {.kind = is_times ? USE_ONCE : USE_EARNING,
                                .symbol = audit_limit_symbol(limit, event),
                                .member = limit->scope == LIMIT_PER_MEMBER ? member : AUDIT_NONE,
                                .day = zone_local_day(audit->program->zone, event->occurred_at_us),
                                .amount = is_times ? 1 : points,
                                .earning = order == NULL ? 0 : order->earning_count};
        audit_order_use(audit, order, use);
    }
}

static void budget_use(struct audit *audit, uint32_t campaign, uint32_t wallet,
                       struct audit_order *order, int64_t points)
{
    if (campaign == PROGRAM_NONE) return;
    if (audit->program->campaigns[campaign].budget_wallet != wallet) return;
    struct audit_use use = {.kind = USE_EARNING,
                            .symbol = audit->program->campaigns[campaign].symbol,
                            .member = AUDIT_NONE,
                            .amount = points,
                            .earning = order == NULL ? 0 : order->earning_count};
    audit_order_use(audit, order, use);
}

static int64_t budget_left(const struct audit *audit, const struct campaign *campaign)
{
    struct window lifetime = {WINDOW_LIFETIME, PERIOD_DAY, 0};
    return campaign->budget - audit_counted(audit, campaign->symbol, AUDIT_NONE, &lifetime, 0, 0);
}

static bool campaign_runs(const struct audit *audit, uint32_t campaign, int64_t occurred_us)
{
    if (campaign == PROGRAM_NONE) return true;
    const struct campaign *it = &audit->program->campaigns[campaign];
    return it->from_us <= occurred_us && occurred_us < it->until_us;
}

/* --- boosts ------------------------------------------------------------------------------- */

/* Which boosts apply to a line: those that may and whose items it matches; of `best` the highest.
 */
static void boosts_of_line(const struct audit_order *order, const struct rule *rule, int line,
                           const bool *may_apply, bool *applied)
{
    int best = AUDIT_NONE;
    for (uint32_t b = 0; b < rule->boost_count; b++) {
        const struct boost *boost = &rule->boosts[b];
        applied[b] = may_apply[b] && audit_line_matches(&boost->condition, &order->lines[line]);
        if (!applied[b]) continue;
        if (best == AUDIT_NONE || boost->factor > rule->boosts[best].factor) best = (int)b;
    }
    for (uint32_t b = 0; b < rule->boost_count && rule->combine == COMBINE_BEST; b++) {
        applied[b] = (int)b == best;
    }
}

/* What the rule gives with those boosts alone. */
static int64_t grant_with(const struct audit *audit, const struct audit_order *order,
                          struct audit_earning *earning, const bool *counted)
{
    const struct rule *rule = &audit->program->rules[earning->rule];
    for (int i = 0; i < order->line_count; i++) {
        bool applied[4] = {false};
        boosts_of_line(order, rule, i, counted, applied);
        wide sum = BOOST_ONE;
        wide product = BOOST_ONE;
        for (uint32_t b = 0; b < rule->boost_count; b++) {
            if (!applied[b]) continue;
            sum += rule->boosts[b].factor - BOOST_ONE;
            product = product * rule->boosts[b].factor / BOOST_ONE;
        }
        if (sum < 0) sum = 0;
        earning->boost[i] = (int64_t)(rule->combine == COMBINE_ADD ? sum : product);
    }
    return audit_grant(audit, order, earning, false);
}

static bool has_budget(const struct audit *audit, const struct rule *rule, uint32_t boost)
{
    uint32_t campaign = rule->boosts[boost].campaign;
    /* The rule's own campaign pays for the whole grant already. */
    return campaign != PROGRAM_NONE && campaign != rule->campaign &&
           audit->program->campaigns[campaign].budget_wallet == rule->wallet;
}

/* Which boosts may apply to this order at all. */
static void boosts_find(const struct audit *audit, int member, const struct audit_order *order,
                        const struct event *event, const struct rule *rule, bool *may_apply)
{
    const struct program *program = audit->program;
    for (uint32_t b = 0; b < rule->boost_count; b++) {
        const struct boost *boost = &rule->boosts[b];
        may_apply[b] = campaign_runs(audit, boost->campaign, event->occurred_at_us) &&
                       (boost->campaign == PROGRAM_NONE ||
                        program->campaigns[boost->campaign].budget_wallet == PROGRAM_NONE ||
                        budget_left(audit, &program->campaigns[boost->campaign]) > 0) &&
                       audit_condition_holds(audit, member, &boost->condition, order,
                                             event->occurred_at_us, event) &&
                       audit_limits_allow(audit, &boost->limits, member, event);
    }
}

static bool boost_applied(const struct audit_earning *earning, int line_count, uint32_t boost)
{
    for (int i = 0; i < line_count; i++) {
        if (earning->counts[i] && earning->boosted[i][boost]) return true;
    }
    return false;
}

static int64_t lesser(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t campaign_left(const struct audit *audit, uint32_t campaign, uint32_t wallet)
{
    if (campaign == PROGRAM_NONE) return INT64_MAX;
    if (audit->program->campaigns[campaign].budget_wallet != wallet) return INT64_MAX;
    return budget_left(audit, &audit->program->campaigns[campaign]);
}

/* What the rule's own limits and its campaign's budget leave. */
static int64_t rule_ceiling(const struct audit *audit, int member, const struct rule *rule,
                            const struct event *event)
{
    int64_t left = campaign_left(audit, rule->campaign, rule->wallet);
    for (uint32_t i = 0; i < rule->limits.count; i++) {
        const struct limit *limit = &audit->program->limits[rule->limits.first + i];
        if (limit->wallet == PROGRAM_NONE) continue;
        left = lesser(left, limit_left(audit, limit, member, event));
    }
    return left;
}

/* Boosts whose campaign has a budget are added one after the other; each one's extra points are
 * cut to what its budget leaves, and a budget pays only for what is granted. */
static int64_t grant_order(struct audit *audit, struct audit_order *order, const struct rule *rule,
                           struct audit_earning *earning, const bool *may_apply, int64_t ceiling,
                           int64_t *used)
{
    bool counted[4];
    int64_t paid[2] = {0};
    for (uint32_t b = 0; b < 4; b++) {
        counted[b] = b < rule->boost_count && may_apply[b] && !has_budget(audit, rule, b);
    }
    int64_t before = grant_with(audit, order, earning, counted);
    int64_t total = before;
    for (uint32_t b = 0; b < rule->boost_count; b++) {
        if (!has_budget(audit, rule, b)) continue;
        if (!boost_applied(earning, order->line_count, b)) continue;
        counted[b] = true;
        int64_t with = grant_with(audit, order, earning, counted);
        uint32_t campaign = rule->boosts[b].campaign;
        int64_t left = campaign_left(audit, campaign, rule->wallet) - paid[campaign];
        int64_t next = total + lesser(with - before, left);
        used[b] = lesser(next, ceiling) - lesser(total, ceiling);
        if (used[b] < 0) used[b] = 0;
        paid[campaign] += used[b];
        total = next;
        before = with;
    }
    earning->is_limited = lesser(total, ceiling) < before;
    return lesser(total, ceiling);
}

static void use_limits(struct audit *audit, int member, struct audit_order *order,
                       const struct rule *rule, const struct audit_earning *earning, int64_t grant,
                       const int64_t *used, const struct event *event)
{
    limits_use(audit, &rule->limits, member, order, event, grant);
    budget_use(audit, rule->campaign, rule->wallet, order, grant);
    for (uint32_t b = 0; b < rule->boost_count && order != NULL; b++) {
        if (!boost_applied(earning, order->line_count, b)) continue;
        limits_use(audit, &rule->boosts[b].limits, member, order, event, used[b]);
        budget_use(audit, rule->boosts[b].campaign, rule->wallet, order, used[b]);
    }
}

/* --- one rule ----------------------------------------------------------------------------- */

/* Does what is computed come to anything, for all or for that line? */
static bool gives_points(const struct audit *audit, const struct rule *rule,
                         const struct audit_order *order, int line)
{
    wide points;
    wide per;
    if (rule->each_item && order->lines[line].is_shipping) return false;
    if (!is_fixed(rule)) return line_points(audit, order, rule, line) > 0;
    fixed_points(audit, order, line, NULL, rule, &points, &per);
    return points > 0;
}

/* The lines that the rule looks at: those whose items its condition chooses and that it has points
 * for; of a grant for each item, those that are items. */
static bool choose_lines(const struct audit *audit, const struct rule *rule,
                         const struct audit_order *order, struct audit_earning *earning)
{
    bool any = false;
    for (int i = 0; i < order->line_count; i++) {
        const struct audit_line *line = &order->lines[i];
        earning->boost[i] = BOOST_ONE;
        earning->counts[i] = audit_line_matches(&rule->condition, line);
        bool is_computed = rule->points != NULL || rule->base != NULL;
        if (rule->earn == EARN_FIXED && rule->each_item) {
            if (line->is_shipping || line->item.quantity <= 0) earning->counts[i] = false;
        }
        if (is_computed && !gives_points(audit, rule, order, i)) {
            earning->counts[i] = false;
        } else if (rule->earn != EARN_FIXED && line_points(audit, order, rule, i) == 0) {
            earning->counts[i] = false;
        }
        any = any || earning->counts[i];
    }
    return any;
}

static bool rule_currency_fits(const struct audit *audit, const struct audit_order *order,
                               const struct rule *rule)
{
    if (rule->earn == EARN_FIXED) return true;
    if (rule->earn == EARN_CALCULATOR) {
        return audit->program->calculators[rule->calculator].currency == order->currency;
    }
    return earning_per(audit, order, rule) > 0;
}

static int64_t rule_fires(struct audit *audit, int member, struct audit_order *order,
                          const struct event *event, uint32_t index, struct audit_earning *earning)
{
    const struct rule *rule = &audit->program->rules[index];
    *earning = (struct audit_earning){.rule = (int)index, .wallet = (int)rule->wallet};
    int64_t occurred_us = event->occurred_at_us;
    if (!campaign_runs(audit, rule->campaign, occurred_us)) return 0;
    if (!audit_condition_holds(audit, member, &rule->condition, order, occurred_us, event))
        return 0;
    if (order != NULL && !rule_currency_fits(audit, order, rule)) return 0;
    if (order != NULL && !choose_lines(audit, rule, order, earning)) return 0;
    if (!audit_limits_allow(audit, &rule->limits, member, event)) return 0;
    int64_t ceiling = rule_ceiling(audit, member, rule, event);
    int64_t grant = 0;
    if (order == NULL) {
        wide points;
        wide per;
        fixed_points(audit, order, 0, event, rule, &points, &per);
        grant = lesser(divide(points, per, rule->rounding), ceiling);
    }
    int64_t used[4] = {0};
    if (order != NULL) {
        bool may_apply[4] = {false};
        boosts_find(audit, member, order, event, rule, may_apply);
        for (int i = 0; i < order->line_count; i++) {
            if (earning->counts[i]) boosts_of_line(order, rule, i, may_apply, earning->boosted[i]);
        }
        grant = grant_order(audit, order, rule, earning, may_apply, ceiling, used);
    }
    if (grant <= 0) return 0;
    use_limits(audit, member, order, rule, earning, grant, used, event);
    earning->granted = grant;
    earning->kept = grant;
    return grant;
}

/* What does not renew the wallet's one end, and is told late, has the end that the wallet had when
 * it happened, even if that has passed since. */
static int64_t expiry_of(struct audit *audit, int member, const struct rule *rule,
                         const struct event *event, int64_t now_us)
{
    int64_t renewed_us = audit->members[member].renewed_us[rule->wallet];
    if (rule->expires.is_renewed && renewed_us != INSTANT_NEVER &&
        renewed_us > event->occurred_at_us) {
        return renewed_us;
    }
    return audit_lot_expiry(audit, member, (int)rule->wallet, &rule->expires, event->occurred_at_us,
                            now_us);
}

static void open_lot(struct audit *audit, int member, struct audit_order *order,
                     const struct event *event, const struct rule *rule, int number, int64_t amount,
                     int64_t now_us)
{
    struct piece piece = {.wallet = (int)rule->wallet,
                          .position = event->position,
                          .number = number,
                          .order = order == NULL ? AUDIT_NONE : (int)(order - audit->orders),
                          .earning = order == NULL ? 0 : order->earning_count - 1,
                          .owner = member,
                          .is_renewed = rule->expires.is_renewed,
                          .release_us = INT64_MIN};
    piece.expires_us = expiry_of(audit, member, rule, event, now_us);
    if (rule->pending.given) {
        piece.release_us = INSTANT_NEVER;
        if (rule->pending.has_at_latest &&
            instant_add_span(audit->program->zone, event->occurred_at_us, rule->pending.at_latest,
                             &piece.release_us) != STATUS_OK) {
            piece.release_us = INSTANT_NEVER;
        }
    }
    audit_open(audit, member, piece, amount, now_us);
}

void audit_earn(struct audit *audit, int member, struct audit_order *order,
                const struct event *event, int64_t now_us, struct prediction *prediction)
{
    const struct program *program = audit->program;
    bool group_fired[8] = {false};
    enum trigger trigger = event->type == EVENT_CUSTOM ? TRIGGER_CUSTOM
                           : order == NULL             ? TRIGGER_JOIN
                                                       : TRIGGER_PURCHASE;
    int number = 0;
    for (uint32_t r = 0; r < program->rule_count; r++) {
        const struct rule *rule = &program->rules[r];
        if (rule->on != trigger) continue;
        if (rule->exclusive != PROGRAM_NONE && group_fired[rule->exclusive]) continue;
        struct audit_earning earning;
        int64_t amount = rule_fires(audit, member, order, event, r, &earning);
        if (amount <= 0) continue;
        if (rule->exclusive != PROGRAM_NONE) group_fired[rule->exclusive] = true;
        if (order != NULL) order->earnings[order->earning_count++] = earning;
        open_lot(audit, member, order, event, rule, number++, amount, now_us);
        prediction->fired[r] = true;
        prediction->granted[r] = amount;
    }
}
