/* Earning by rules.
 *
 *   rules by priority -> campaign, group, condition, times left -> rates and boosts -> points
 *                     -> what limits and budgets leave -> lot, tallies, earning in the order
 *
 * A limit of points, or a budget, cuts a grant to what is left; what was cut is recorded. A
 * campaign's budget pays for its rules' whole grants, and for its boosts the points that the boost
 * added.
 */
#include "engine/earn.h"

#include "engine/computed.h"
#include "engine/evaluation.h"
#include "engine/limits.h"
#include "engine/lots.h"

enum status order_note_tally(struct working *working, struct order *order,
                             const struct order_tally *tally)
{
    TRY(array_reserve(&working->states->arena, &order->tallies, order->tally_count,
                      &working->tally_capacity, sizeof(struct order_tally), ORDER_TALLY_MAXIMUM));
    order->tallies[order->tally_count++] = *tally;
    return STATUS_OK;
}

/* What a rule or boost may still give, and why not more. */
struct ceiling {
    int64_t left;
    enum why_not why;
};

static void lower(struct ceiling *ceiling, int64_t left, enum why_not why)
{
    if (left >= ceiling->left) return;
    ceiling->left = left;
    ceiling->why = why;
}

static enum status lower_by_limits(const struct working *working, const struct state *member,
                                   struct limit_range range, struct ceiling *ceiling)
{
    for (uint32_t i = 0; i < range.count; i++) {
        const struct limit *limit = &working->program->limits[range.first + i];
        if (limit->wallet == PROGRAM_NONE) continue;
        int64_t left;
        TRY(limit_left(working, member, limit, working->occurred_day, &left));
        lower(ceiling, left, WHY_NOT_LIMIT);
    }
    return STATUS_OK;
}

static enum status lower_by_budget(const struct working *working, uint32_t campaign_index,
                                   uint32_t wallet, struct ceiling *ceiling)
{
    if (campaign_index == PROGRAM_NONE) return STATUS_OK;
    const struct campaign *campaign = &working->program->campaigns[campaign_index];
    if (campaign->budget_wallet != wallet) return STATUS_OK;
    int64_t left;
    TRY(allowance_left(working, campaign->symbol, campaign->budget, &left));
    lower(ceiling, left, WHY_NOT_BUDGET);
    return STATUS_OK;
}

/* Counts a firing against limits, and notes it in the order. `points` is what counts against limits
 * of points. */
static enum status use_limits(struct working *working, struct state *member,
                              struct attempt *attempt, struct limit_range range, int64_t points)
{
    for (uint32_t i = 0; i < range.count; i++) {
        const struct limit *limit = &working->program->limits[range.first + i];
        bool counts_times = limit->wallet == PROGRAM_NONE;
        int64_t amount = counts_times ? 1 : points;
        if (amount == 0) continue;
        struct order_tally tally = {
            .kind = counts_times ? ORDER_TALLY_ONCE : ORDER_TALLY_POINTS,
            .is_in_all = limit->scope == LIMIT_IN_ALL,
            .symbol = limit->symbol,
            .day = limit_bucket(working, member, limit, working->occurred_day),
            .amount = amount,
            .left = amount,
            .earning = attempt->order->earning_count,
            .choice = {.all = true},
        };
        if (limit->for_each != NULL) {
            tally.is_in_all = true;
            TRY(limit_key(working, member, limit, &tally.key));
            /* A trial of another basket counts in what nobody has loaded. */
            if (working->wanted != NULL && find_keeper(working, &tally) == NULL) continue;
        }
        TRY(limit_use(working, member, limit, working->occurred_day, amount));
        TRY(order_note_tally(working, attempt->order, &tally));
    }
    return STATUS_OK;
}

static enum status use_budget(struct working *working, struct attempt *attempt,
                              uint32_t campaign_index, uint32_t wallet, int64_t points)
{
    if (campaign_index == PROGRAM_NONE || points == 0) return STATUS_OK;
    const struct campaign *campaign = &working->program->campaigns[campaign_index];
    if (campaign->budget_wallet != wallet) return STATUS_OK;
    TRY(allowance_use(working, campaign->symbol, points));
    struct order_tally tally = {.kind = ORDER_TALLY_POINTS,
                                .is_in_all = true,
                                .symbol = campaign->symbol,
                                .amount = points,
                                .left = points,
                                .earning = attempt->order->earning_count,
                                .choice = {.all = true}};
    return order_note_tally(working, attempt->order, &tally);
}

/* A boost of the rule's own campaign needs no budget of its own: the rule's whole grant is paid
 * from it. */
static bool boost_is_capped(const struct working *working, const struct rule *rule,
                            const struct boost *boost)
{
    if (boost->campaign != PROGRAM_NONE && boost->campaign != rule->campaign &&
        working->program->campaigns[boost->campaign].budget_wallet == rule->wallet) {
        return true;
    }
    for (uint32_t i = 0; i < boost->limits.count; i++) {
        if (working->program->limits[boost->limits.first + i].wallet != PROGRAM_NONE) return true;
    }
    return false;
}

/* What the rule comes to with only some of its boosts. */
static enum status points_with(struct working *working, const struct attempt *attempt,
                               const struct earning *earning, uint32_t boosts, int64_t *points)
{
    struct earning other = *earning;
    struct attempt trial = *attempt;
    TRY(boosts_rate_lines(working, &trial, boosts, &other));
    return order_points(attempt->order, &other, true, points);
}

/* What the boost's own limits and budget leave, less what this order has used of that budget
 * through other boosts of the campaign. */
static enum status boost_ceiling(const struct working *working, const struct state *member,
                                 const struct attempt *attempt, uint32_t index,
                                 const int64_t extras[PROGRAM_BOOST_MAXIMUM], int64_t *left)
{
    const struct boost *boost = &attempt->rule->boosts[index];
    struct ceiling ceiling = {.left = INT64_MAX};
    TRY(lower_by_budget(working, boost->campaign, attempt->rule->wallet, &ceiling));
    for (uint32_t i = 0; i < index && ceiling.left != INT64_MAX; i++) {
        if (attempt->rule->boosts[i].campaign != boost->campaign) continue;
        TRY(amount_decrease(&ceiling.left, extras[i]));
    }
    ceiling.left = amount_positive(ceiling.left);
    TRY(lower_by_limits(working, member, boost->limits, &ceiling));
    *left = ceiling.left;
    return STATUS_OK;
}

/* The grant within the rule's own ceiling and the boosts' budgets. Boosts without a budget come
 * first; then those with one, in file order, each adding what its budget leaves of the points that
 * the grant grows by; `extras` becomes what each of these added. */
static enum status grant_within(struct working *working, struct state *member,
                                struct attempt *attempt, const struct earning *earning,
                                int64_t points, int64_t ceiling, int64_t *granted,
                                int64_t extras[PROGRAM_BOOST_MAXIMUM])
{
    const struct rule *rule = attempt->rule;
    uint32_t counted = attempt->boosts;
    for (uint32_t i = 0; i < rule->boost_count; i++) {
        if (boost_is_capped(working, rule, &rule->boosts[i])) counted &= ~(1u << i);
    }
    int64_t before = points;
    if (counted != attempt->boosts) TRY(points_with(working, attempt, earning, counted, &before));
    int64_t total = before;
    for (uint32_t i = 0; i < rule->boost_count; i++) {
        int64_t after;
        int64_t extra;
        int64_t left;
        if ((counted >> i & 1) != 0 || (attempt->used >> i & 1) == 0) continue;
        counted |= 1u << i;
        TRY(points_with(working, attempt, earning, counted, &after));
        TRY(boost_ceiling(working, member, attempt, i, extras, &left));
        /* Below zero for a factor below one: that takes from the grant and needs no budget. */
        TRY(amount_subtract(after, before, &extra));
        before = after;
        TRY(amount_add(total, amount_lesser(extra, left), &after));
        TRY(amount_subtract(amount_lesser(after, ceiling), amount_lesser(total, ceiling),
                            &extras[i]));
        extras[i] = amount_positive(extras[i]);
        total = after;
    }
    *granted = amount_positive(amount_lesser(total, ceiling));
    return STATUS_OK;
}

enum status earn_open_lot(struct working *working, struct state *member,
                          const struct granting *granting, bool is_returnable)
{
    const struct program *program = working->program;
    struct opening opening = {
        .wallet = granting->wallet,
        .earning = granting->earning,
        .amount = granting->amount,
        .from = granting->from,
        .rule = granting->rule,
        .funder = granting->funder,
        .returnable_until_day = INT32_MIN,
        .release_at_us = INSTANT_EARLIEST,
    };
    if (granting->pending->given && !granting->is_released) {
        opening.release_at_us = INSTANT_NEVER;
        if (granting->pending->has_at_latest) {
            TRY(instant_add_span(program->zone, working->occurred_at_us,
                                 granting->pending->at_latest, &opening.release_at_us));
        }
    }
    if (is_returnable) {
        opening.returnable_until_day =
            program->has_returns_within
                ? day_add_span(working->occurred_day, program->returns_within)
                : INT32_MAX;
    }
    TRY(lots_expiry(working, granting->expires, &opening.expires_at_us));
    if (granting->expires->is_renewed) {
        const struct purse *purse = member_purse(member, granting->wallet, 0);
        if (purse == NULL || purse->renewed_expires_at_us == INSTANT_NEVER ||
            purse->renewed_expires_at_us <= working->occurred_at_us) {
            TRY(emit(working, member,
                     (struct effect){.kind = EFFECT_EXPIRY_RENEWED,
                                     .at_us = working->now_us,
                                     .symbol = granting->wallet,
                                     .expires_at_us = opening.expires_at_us}));
        }
        opening.expires_at_us = EXPIRES_RENEWED;
    }
    return lots_open(working, member, &opening);
}

static enum status open_lot(struct working *working, struct state *member,
                            const struct attempt *attempt, struct earning *earning,
                            bool is_returnable)
{
    const struct rule *rule = attempt->rule;
    const struct granting granting = {
        .wallet = earning->wallet,
        .earning = earning_id(working->event->position, earning->number),
        .amount = earning->granted,
        .from = ACCOUNT_ISSUED,
        .rule = rule->symbol,
        .pending = &rule->pending,
        .expires = &rule->expires,
        .is_released = order_has_reached(attempt->order, rule->pending.until)};
    if (rule->pending.given) earning->until = rule->pending.until;
    return earn_open_lot(working, member, &granting, is_returnable);
}

static enum status add_earning(struct working *working, struct order *order,
                               const struct earning *earning)
{
    working->earning_count++;
    TRY(array_reserve(&working->states->arena, &order->earnings, order->earning_count,
                      &working->earning_capacity, sizeof(struct earning), ORDER_EARNING_MAXIMUM));
    order->earnings[order->earning_count++] = *earning;
    return STATUS_OK;
}

enum status earn_beyond_rules(struct working *working, struct state *member, struct order *order,
                              const struct wallet *wallet, int64_t amount, uint32_t funder)
{
    struct earning earning = {.wallet = wallet->symbol,
                              .number = working->earning_count,
                              .measure = MEASURE_ELIGIBLE,
                              .rounding = ROUNDING_DOWN,
                              .flags = EARNING_FIXED,
                              .per = 1,
                              .granted = amount,
                              .kept = amount,
                              .choice = {.all = true},
                              .rate_count = 1};
    const struct granting granting = {
        .wallet = wallet->symbol,
        .earning = earning_id(working->event->position, earning.number),
        .amount = amount,
        .from = ACCOUNT_OFFLINE_DIFFERENCE,
        .funder = funder,
        .pending = &wallet->pending,
        .expires = &wallet->expires,
        .is_released = order_has_reached(order, wallet->pending.until)};
    earning.rates = arena_new(&working->states->arena, struct line_rate);
    if (earning.rates == NULL) return STATUS_NO_MEMORY;
    *earning.rates = (struct line_rate){amount, BOOST_ONE};
    if (wallet->pending.given) earning.until = wallet->pending.until;
    TRY(earn_open_lot(working, member, &granting, true));
    return add_earning(working, order, &earning);
}

static enum status note_fired(struct working *working, const struct attempt *attempt,
                              const struct earning *earning, int64_t ungranted)
{
    struct decision *decision = working->decision;
    int64_t base;
    TRY(order_measure(attempt->order, &earning->choice, earning->measure, true, &base));
    TRY(array_reserve(&working->states->arena, &decision->fired, decision->fired_count,
                      &working->fired_capacity, sizeof(struct fired), PROGRAM_RULE_MAXIMUM));
    decision->fired[decision->fired_count++] = (struct fired){
        .rule = attempt->rule_index,
        .rule_symbol = attempt->rule->symbol,
        .wallet = earning->wallet,
        .base = base,
        .granted = earning->granted,
        .ungranted = ungranted,
        .boost = earning->rates[0].boost,
        .line_count = choice_count(&earning->choice, attempt->order->line_count),
    };
    return STATUS_OK;
}

static enum status use_everything(struct working *working, struct state *member,
                                  struct attempt *attempt, const struct earning *earning,
                                  const int64_t extras[PROGRAM_BOOST_MAXIMUM])
{
    const struct rule *rule = attempt->rule;
    TRY(use_limits(working, member, attempt, rule->limits, earning->granted));
    TRY(use_budget(working, attempt, rule->campaign, rule->wallet, earning->granted));
    for (uint32_t i = 0; i < rule->boost_count; i++) {
        if ((attempt->used >> i & 1) == 0) {
            if ((attempt->boosts >> i & 1) != 0) {
                bool has_lines = (attempt->matched >> i & 1) != 0;
                tell_not_fired(working, attempt->rule_index, i,
                               has_lines ? WHY_NOT_NOT_BEST : WHY_NOT_ITEMS);
            }
            continue;
        }
        const struct boost *boost = &rule->boosts[i];
        TRY(use_limits(working, member, attempt, boost->limits, extras[i]));
        TRY(use_budget(working, attempt, boost->campaign, rule->wallet, extras[i]));
    }
    return STATUS_OK;
}

/* Whether the rule may fire at all, before its points are known. */
static enum status try_rule(const struct working *working, const struct attempt *attempt,
                            enum why_not *why)
{
    const struct rule *rule = attempt->rule;
    *why = campaign_runs(working, rule->campaign);
    if (*why != CONDITION_HOLDS) return STATUS_OK;
    if (rule->exclusive != PROGRAM_NONE &&
        (working->exclusive_fired[rule->exclusive / 64] >> (rule->exclusive % 64) & 1) != 0) {
        *why = WHY_NOT_EXCLUDED;
        return STATUS_OK;
    }
    *why = condition_try(working, &rule->condition, attempt->occasion);
    if (*why != CONDITION_HOLDS) return STATUS_OK;
    bool leaves;
    TRY(limits_leave_one(working, attempt->occasion->member, rule->limits, working->occurred_day,
                         &leaves));
    if (!leaves) *why = WHY_NOT_LIMIT;
    return STATUS_OK;
}

/* What the rule's rate is over, and its points; *rate is the one for the event's currency, or for
 * that of what an expression says it is of. False: it has none. */
static bool find_rate(const struct working *working, struct attempt *attempt, int64_t *per,
                      const struct rate **rate)
{
    const struct rule *rule = attempt->rule;
    uint32_t currency = working->event->currency;
    *per = 1;
    attempt->rate_points = rule->fixed;
    if (rule->earn == EARN_FIXED) return true;
    if (rule->earn == EARN_CALCULATOR) {
        const struct calculator *calculator = &working->program->calculators[rule->calculator];
        *per = calculator->per;
        return calculator->currency == PROGRAM_NONE || calculator->currency == currency;
    }
    bool has_order = working->event->item_count > 0;
    if (rule->base != NULL && !has_order &&
        !evaluation_currency(working, rule->base, NO_ITEM, &currency)) {
        return false;
    }
    for (uint32_t i = 0; i < rule->rate_count; i++) {
        if (rule->rates[i].currency != PROGRAM_NONE && rule->rates[i].currency != currency) {
            continue;
        }
        *rate = &rule->rates[i];
        *per = (*rate)->per;
        attempt->rate_points = (*rate)->points;
        return true;
    }
    return false;
}

/* The rates of so many lines are not kept one by one: the grant keeps its share instead. */
static void keep_few_rates(struct earning *earning)
{
    if (earning->rate_count <= ORDER_RATE_MAXIMUM) return;
    earning->flags = EARNING_FIXED;
    earning->per = 1;
    earning->rates[0] = (struct line_rate){earning->granted, BOOST_ONE};
    earning->rate_count = 1;
    earning->line_rates = NULL;
}

static enum status fire_rule(struct working *working, struct state *member, struct attempt *attempt,
                             bool is_returnable, enum why_not *why)
{
    const struct rule *rule = attempt->rule;
    struct order *order = attempt->order;
    struct earning earning = {.rule = rule->symbol,
                              .wallet = working->program->wallets[rule->wallet].symbol,
                              .number = working->earning_count,
                              .measure = rule->measure,
                              .rounding = rule->rounding};
    const struct rate *rate = NULL;
    *why = WHY_NOT_CURRENCY;
    if (!find_rate(working, attempt, &earning.per, &rate)) return STATUS_OK;
    if (rule->each_item) earning.flags |= EARNING_EACH_ITEM;
    if (rule->per_whole) earning.flags |= EARNING_PER_WHOLE;
    if (rule->earn == EARN_FIXED) earning.flags |= EARNING_FIXED;
    if (rule_is_computed(rule)) {
        TRY(compute_points(working, attempt, rate, &earning, why));
        if (*why != CONDITION_HOLDS) return STATUS_OK;
    }
    TRY(boosts_find(working, attempt));
    TRY(boosts_rate_lines(working, attempt, attempt->boosts, &earning));
    *why = WHY_NOT_ITEMS;
    if (!earning.choice.all && earning.choice.count == 0) return STATUS_OK;
    int64_t points;
    TRY(order_points(order, &earning, true, &points));
    *why = WHY_NOT_NOTHING;
    if (points == 0) return STATUS_OK;
    int64_t granted;
    int64_t extras[PROGRAM_BOOST_MAXIMUM] = {0};
    struct ceiling ceiling = {.left = INT64_MAX, .why = WHY_NOT_BUDGET};
    TRY(lower_by_limits(working, member, rule->limits, &ceiling));
    TRY(lower_by_budget(working, rule->campaign, rule->wallet, &ceiling));
    TRY(grant_within(working, member, attempt, &earning, points, ceiling.left, &granted, extras));
    *why = ceiling.why;
    if (granted == 0) return STATUS_OK;
    earning.granted = granted;
    earning.kept = granted;
    if (granted < points) earning.flags |= EARNING_LIMITED;
    int64_t ungranted;
    TRY(amount_subtract(points, granted, &ungranted));
    TRY(note_fired(working, attempt, &earning, ungranted));
    TRY(use_everything(working, member, attempt, &earning, extras));
    keep_few_rates(&earning);
    TRY(open_lot(working, member, attempt, &earning, is_returnable));
    TRY(add_earning(working, order, &earning));
    *why = CONDITION_HOLDS;
    return STATUS_OK;
}

enum status earn_by_rules(struct working *working, struct state *member, enum trigger trigger,
                          struct order *order, int64_t order_eligible, bool is_returnable)
{
    const struct program *program = working->program;
    struct occasion occasion = {.member = member, .order = order, .order_eligible = order_eligible};
    for (uint32_t i = 0; i < program->rule_count; i++) {
        struct attempt attempt = {
            .rule_index = i, .rule = &program->rules[i], .order = order, .occasion = &occasion};
        enum why_not why = WHY_NOT_OTHER_EVENT;
        if (working_is_trigger(working, attempt.rule->on, attempt.rule->event, trigger))
            TRY(try_rule(working, &attempt, &why));
        if (why == CONDITION_HOLDS) {
            TRY(fire_rule(working, member, &attempt, is_returnable, &why));
        }
        if (why != CONDITION_HOLDS) {
            tell_not_fired(working, i, PROGRAM_NONE, why);
        } else if (attempt.rule->exclusive != PROGRAM_NONE) {
            working->exclusive_fired[attempt.rule->exclusive / 64] |=
                UINT64_C(1) << (attempt.rule->exclusive % 64);
        }
    }
    return STATUS_OK;
}

static enum status renew_purse(struct working *working, struct state *member, uint32_t wallet,
                               uint32_t owner, int64_t expires_at_us)
{
    const struct purse *purse = member_purse(member, wallet, owner);
    if (purse != NULL && purse->renewed_expires_at_us != INSTANT_NEVER &&
        purse->renewed_expires_at_us >= expires_at_us) {
        return STATUS_OK;
    }
    return emit(working, member,
                (struct effect){.kind = EFFECT_EXPIRY_RENEWED,
                                .at_us = working->now_us,
                                .symbol = wallet,
                                .owner = owner,
                                .expires_at_us = expires_at_us});
}

static bool is_renewed_by(const struct working *working, const struct expiry *expiry,
                          enum trigger trigger)
{
    if (trigger != TRIGGER_CUSTOM) return expiry->renewed_by[trigger];
    return expiry->renewed_by_event != NULL &&
           expiry->renewed_by_event[working->custom - working->program->events];
}

/* One instant per wallet: what merged members brought is renewed with it. */
enum status earn_renew_expiry(struct working *working, struct state *member, enum trigger trigger)
{
    for (uint32_t i = 0; i < working->program->wallet_count; i++) {
        const struct wallet *wallet = &working->program->wallets[i];
        if (!wallet->expires.is_renewed || !is_renewed_by(working, &wallet->expires, trigger)) {
            continue;
        }
        int64_t expires_at_us;
        TRY(lots_expiry(working, &wallet->expires, &expires_at_us));
        TRY(renew_purse(working, member, wallet->symbol, 0, expires_at_us));
        for (uint32_t k = 0; k < member_count(member, SECTION_PURSES); k++) {
            struct purse purse = member_purses(member)[k];
            if (purse.wallet != wallet->symbol || purse.owner == 0) continue;
            TRY(renew_purse(working, member, wallet->symbol, purse.owner, expires_at_us));
        }
    }
    return STATUS_OK;
}
