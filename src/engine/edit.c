/* Edits: the difference between what the order was and what it would have been.
 *
 *   the new lines; what was returned or refunded of a line stays with it
 *   -> tried as a purchase at the order's own time, by the levels that it saw then, with what it
 *      has used of limits and budgets free again
 *   -> for each rule: what is kept now and was not is opened; then what no longer is, is taken
 *      as by a return
 *   -> counters, limits and budgets by their difference; then tiers
 *
 * Invariants:
 * 1. An edit to the same items changes nothing but the order's revision, whatever has happened to
 *    limits, budgets and the programme since.
 * 2. More is opened before less is taken: points that one rule gives and another takes are not a
 *    shortfall.
 * 3. Points that an edit was to take, and that were spent, are the first that a later edit gives:
 *    editing there and back gains nothing.
 *
 * Redemptions stay as they are; what a reward takes off is shared over the new lines. What a till
 * promised stands.
 */
#include "engine/edit.h"

#include "engine/cart.h"
#include "engine/counters.h"
#include "engine/earn.h"
#include "engine/evaluation.h"
#include "engine/lots.h"
#include "engine/purchase.h"
#include "engine/redeems.h"
#include "engine/returns.h"
#include "engine/savepoint.h"
#include "engine/settle.h"
#include "engine/take_back.h"
#include "engine/tiers.h"
#include "engine/window.h"

/* ---- the new lines ---- */

static bool same_price(struct decimal a, struct decimal b)
{
    a = decimal_normalise(a);
    b = decimal_normalise(b);
    return a.coefficient == b.coefficient && a.scale == b.scale;
}

static bool same_lines(const struct order *a, const struct order *b)
{
    if (a->line_count != b->line_count || a->currency != b->currency) return false;
    for (uint32_t i = 0; i < a->line_count; i++) {
        const struct order_line *one = &a->lines[i];
        const struct order_line *other = &b->lines[i];
        if (!text_equal(one->sku, other->sku) || !text_equal(one->item, other->item) ||
            one->quantity != other->quantity || one->adjustment != other->adjustment ||
            one->flags != other->flags || !same_price(one->unit_price, other->unit_price)) {
            return false;
        }
    }
    return true;
}

/* The line that an old one has become: by its item id, or by its number if it has none. */
static struct order_line *line_now(struct order *order, const struct order *old, uint32_t index)
{
    const struct order_line *line = &old->lines[index];
    for (uint32_t i = 0; i < order->line_count; i++) {
        struct order_line *now = &order->lines[i];
        if ((now->flags & LINE_SHIPPING) != (line->flags & LINE_SHIPPING)) continue;
        if ((line->flags & LINE_SHIPPING) != 0) return now;
        if (text_is_empty(line->item) ? i == index && text_is_empty(now->item)
                                      : text_equal(line->item, now->item)) {
            return now;
        }
    }
    return NULL;
}

static enum status carry_returned(struct working *working, const struct order *old,
                                  struct order *order)
{
    for (uint32_t i = 0; i < old->line_count; i++) {
        const struct order_line *line = &old->lines[i];
        if (line->returned == 0 && line->refunded == 0) continue;
        struct order_line *now = line_now(order, old, i);
        if (now == NULL && (line->flags & LINE_SHIPPING) != 0) continue;
        if (now == NULL || now->quantity < line->returned) {
            return refuse(working, ANSWER_INVALID_EVENT);
        }
        now->returned = line->returned;
        now->refunded = line->refunded;
    }
    return STATUS_OK;
}

static enum status new_order(struct working *working, const struct order *old, struct order *order)
{
    *order = (struct order){.milestones = old->milestones, .milestone_count = old->milestone_count};
    TRY(order_from_event(working, old->member, order));
    order->spend_count = old->spend_count;
    order->spends =
        arena_allocate(&working->states->arena, old->spend_count * sizeof(struct spend) + 1);
    if (order->spends == NULL) return STATUS_NO_MEMORY;
    if (old->spend_count > 0) {
        memcpy(order->spends, old->spends, old->spend_count * sizeof(struct spend));
    }
    TRY(redeems_discount(working, NULL, order));
    return carry_returned(working, old, order);
}

/* What an edit leaves as it was. */
static void keep_history(const struct order *old, struct order *order)
{
    order->status = old->status;
    order->sequence = old->sequence;
    order->position = old->position;
    order->program_version = old->program_version;
    order->level_count = old->level_count;
    memcpy(order->levels, old->levels, sizeof order->levels);
    order->revision = old->revision + 1;
    order->changes = old->changes + 1;
    order->quote = old->quote;
    order->return_count = old->return_count;
    order->returns = old->returns;
}

/* ---- the trial ---- */

static struct state *keeper_of(const struct working *working, struct state *member,
                               const struct order_tally *tally)
{
    return tally->is_in_all ? find_keeper(working, tally) : member;
}

static enum status free_tallies(struct working *working, struct state *member,
                                const struct order *old)
{
    uint32_t owner = member_owner_of(member, old->member);
    for (uint32_t i = 0; i < old->tally_count; i++) {
        const struct order_tally *tally = &old->tallies[i];
        TRY(window_give_back(working, keeper_of(working, member, tally), tally->symbol, tally->day,
                             tally->is_in_all ? 0 : owner, tally->left));
    }
    return STATUS_OK;
}

/* What the member has now, but for what the order itself gave it and took. */
static enum status see_member_without(struct working *working, struct state *member,
                                      const struct order *old)
{
    TRY(evaluation_begin(working, member));
    if (working->evaluating == NULL) return STATUS_OK;
    for (uint32_t i = 0; i < old->earning_count; i++) {
        const struct earning *earning = &old->earnings[i];
        uint64_t id = earning_id(old->position, earning->number);
        int64_t available;
        int64_t pending;
        TRY(lots_own_sum(working, member, earning->wallet, id, ACCOUNT_AVAILABLE, &available));
        TRY(lots_own_sum(working, member, earning->wallet, id, ACCOUNT_PENDING, &pending));
        TRY(evaluation_see_more(working, earning->wallet, -available, -pending));
    }
    for (uint32_t i = 0; i < old->spend_count; i++) {
        int64_t left;
        TRY(amount_subtract(old->spends[i].amount, old->spends[i].given_back, &left));
        TRY(evaluation_see_more(working, old->spends[i].wallet, left, 0));
    }
    return STATUS_OK;
}

/* Fills the order's earnings and tallies with what it would have earned and counted. */
static enum status try_order(struct working *working, struct state *member, const struct order *old,
                             struct order *order)
{
    struct savepoint before;
    TRY(savepoint_open(working, &before));
    for (uint32_t i = 0; i < working->program->tier_set_count; i++) {
        uint32_t level = i < old->level_count ? old->levels[i] : 0;
        working->levels_before[i] = level == 0 ? PROGRAM_NONE : level - 1;
    }
    TRY(free_tallies(working, member, old));
    TRY(see_member_without(working, member, old));
    TRY(purchase_earn(working, member, order));
    const struct decision tried = *working->decision;
    TRY(savepoint_rollback(working, &before));
    working->decision->eligible = tried.eligible;
    working->decision->fired = tried.fired;
    working->decision->fired_count = tried.fired_count;
    working->fired_capacity = tried.fired_count;
    return STATUS_OK;
}

/* ---- earnings, old and new ---- */

static bool is_touched(const struct order *order, const struct earning *earning)
{
    for (uint32_t k = 0; k < choice_count(&earning->choice, order->line_count); k++) {
        const struct order_line *line = &order->lines[choice_line(&earning->choice, k)];
        if (line->returned > 0 || line->refunded > 0) return true;
    }
    return false;
}

/* What the earning is to keep of its grant, with what was returned before. */
static enum status kept_now(const struct order *order, const struct earning *earning, int64_t *kept)
{
    *kept = earning->granted;
    if (earning->granted == 0 || !is_touched(order, earning)) return STATUS_OK;
    TRY(order_points(order, earning, false, kept));
    *kept = amount_lesser(*kept, earning->granted);
    return STATUS_OK;
}

/* One that its rule no longer gives. */
static enum status emptied(struct working *working, const struct earning *old,
                           struct earning *earning)
{
    *earning = (struct earning){.rule = old->rule,
                                .wallet = old->wallet,
                                .number = old->number,
                                .measure = old->measure,
                                .rounding = ROUNDING_DOWN,
                                .flags = EARNING_FIXED,
                                .per = 1,
                                .untaken = old->untaken,
                                .until = old->until,
                                .choice = {.all = true},
                                .rate_count = 1};
    earning->rates = arena_new(&working->states->arena, struct line_rate);
    return earning->rates == NULL ? STATUS_NO_MEMORY : STATUS_OK;
}

static uint32_t find_earning(const struct order *order, const struct earning *wanted)
{
    for (uint32_t i = 0; i < order->earning_count; i++) {
        const struct earning *earning = &order->earnings[i];
        if (earning->rule == wanted->rule && earning->wallet == wanted->wallet) return i;
    }
    return UINT32_MAX;
}

/* The tried earnings in the places of the old ones, new ones behind them; tallies follow. */
static enum status join_earnings(struct working *working, const struct order *old,
                                 struct order *order)
{
    struct arena *arena = &working->states->arena;
    uint32_t tried = order->earning_count;
    struct earning *list = arena_new_array(arena, struct earning, old->earning_count + tried + 1);
    uint32_t *places = arena_new_array(arena, uint32_t, tried + 1);
    uint32_t number = 0;
    uint32_t count = old->earning_count;
    if (list == NULL || places == NULL) return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < tried; i++)
        places[i] = UINT32_MAX;
    for (uint32_t i = 0; i < old->earning_count; i++) {
        const struct earning *before = &old->earnings[i];
        uint32_t found = before->rule == 0 ? UINT32_MAX : find_earning(order, before);
        if (before->number >= number) number = before->number + 1;
        if (found != UINT32_MAX) {
            list[i] = order->earnings[found];
            list[i].number = before->number;
            list[i].untaken = before->untaken;
            places[found] = i;
        } else if (before->rule == 0) {
            list[i] = *before;
            list[i].choice = (struct line_choice){.all = true};
        } else {
            TRY(emptied(working, before, &list[i]));
        }
    }
    for (uint32_t i = 0; i < tried; i++) {
        if (places[i] != UINT32_MAX) continue;
        places[i] = count;
        list[count] = order->earnings[i];
        list[count++].number = number++;
    }
    if (count > ORDER_EARNING_MAXIMUM || number > UINT16_MAX) return STATUS_LIMIT;
    for (uint32_t i = 0; i < order->tally_count; i++) {
        struct order_tally *tally = &order->tallies[i];
        if (tally->kind == ORDER_TALLY_POINTS && tally->earning < tried) {
            tally->earning = places[tally->earning];
        }
    }
    order->earnings = list;
    order->earning_count = count;
    for (uint32_t i = 0; i < count; i++) {
        TRY(kept_now(order, &list[i], &list[i].kept));
        /* Beyond what a till promised there is nothing to give. */
        bool is_promise = list[i].rule == 0 && i < old->earning_count;
        if (is_promise) list[i].kept = amount_lesser(list[i].kept, old->earnings[i].kept);
    }
    return STATUS_OK;
}

/* ---- more and less ---- */

static const struct rule *rule_of_symbol(const struct program *program, uint32_t symbol)
{
    for (uint32_t i = 0; i < program->rule_count; i++) {
        if (program->rules[i].symbol == symbol) return &program->rules[i];
    }
    return NULL;
}

/* What an earlier edit could not take is given back by asking no longer for it. */
static enum status forgive(struct working *working, struct state *member, struct earning *earning,
                           uint64_t id, int64_t *more)
{
    int64_t part = amount_lesser(earning->untaken, *more);
    const struct purse *purse = member_purse(member, earning->wallet, 0);
    if (part == 0) return STATUS_OK;
    TRY(amount_decrease(&earning->untaken, part));
    TRY(amount_decrease(more, part));
    if (purse != NULL && purse->claim > 0) {
        TRY(emit(working, member,
                 (struct effect){.kind = EFFECT_CLAIM_ADDED,
                                 .symbol = earning->wallet,
                                 .amount = -amount_lesser(purse->claim, part)}));
    }
    return emit(working, member,
                (struct effect){.kind = EFFECT_SHORTFALL,
                                .symbol = earning->wallet,
                                .amount = -part,
                                .earning = id,
                                .at_us = working->now_us});
}

static enum status give_more(struct working *working, struct state *member,
                             const struct order *order, struct earning *earning, int64_t more)
{
    const struct rule *rule = rule_of_symbol(working->program, earning->rule);
    uint64_t id = earning_id(order->position, earning->number);
    TRY(forgive(working, member, earning, id, &more));
    if (more == 0) return STATUS_OK;
    if (rule == NULL) return STATUS_CORRUPT;
    const struct granting granting = {.wallet = earning->wallet,
                                      .earning = id,
                                      .amount = more,
                                      .from = ACCOUNT_ISSUED,
                                      .rule = rule->symbol,
                                      .pending = &rule->pending,
                                      .expires = &rule->expires,
                                      .is_released = order_has_reached(order, rule->pending.until)};
    return earn_open_lot(working, member, &granting, true);
}

/* Sum of an effect's amounts from one place of the decision on. */
static enum status sum_since(const struct working *working, uint32_t first, enum effect_kind kind,
                             int64_t *sum)
{
    int64_t total = 0;
    for (uint32_t i = first; i < working->decision->effect_count; i++) {
        const struct effect *effect = &working->decision->effects[i];
        if (effect->kind == kind) TRY(amount_increase(&total, effect->amount));
    }
    *sum = total;
    return STATUS_OK;
}

static enum status take_less(struct working *working, struct state *member,
                             const struct order *order, struct earning *earning, int64_t less)
{
    uint32_t first = working->decision->effect_count;
    int64_t missing;
    int64_t expired;
    TRY(take_back_points(working, member, earning->wallet,
                         earning_id(order->position, earning->number), less));
    TRY(sum_since(working, first, EFFECT_SHORTFALL, &missing));
    TRY(sum_since(working, first, EFFECT_EXPIRED_COUNTED, &expired));
    TRY(amount_decrease(&missing, expired));
    return amount_increase(&earning->untaken, missing);
}

static enum status move_points(struct working *working, struct state *member,
                               const struct order *old, struct order *order)
{
    for (uint32_t pass = 0; pass < 2; pass++) {
        for (uint32_t i = 0; i < order->earning_count; i++) {
            struct earning *earning = &order->earnings[i];
            int64_t before = i < old->earning_count ? old->earnings[i].kept : 0;
            int64_t more;
            TRY(amount_subtract(earning->kept, before, &more));
            if (pass == 0 && more > 0) TRY(give_more(working, member, order, earning, more));
            if (pass == 1 && more < 0) TRY(take_less(working, member, order, earning, -more));
        }
    }
    return STATUS_OK;
}

/* ---- counters, limits, budgets ---- */

static bool same_bucket(const struct order_tally *a, const struct order_tally *b)
{
    return a->symbol == b->symbol && a->day == b->day && a->is_in_all == b->is_in_all &&
           text_equal(a->key, b->key);
}

static enum status left_in_bucket(const struct order *order, const struct order_tally *bucket,
                                  int64_t *left)
{
    int64_t total = 0;
    for (uint32_t i = 0; i < order->tally_count; i++) {
        if (!same_bucket(&order->tallies[i], bucket)) continue;
        TRY(amount_increase(&total, order->tallies[i].left));
    }
    *left = total;
    return STATUS_OK;
}

static bool is_first_of_bucket(const struct order *order, uint32_t index)
{
    for (uint32_t i = 0; i < index; i++) {
        if (same_bucket(&order->tallies[i], &order->tallies[index])) return false;
    }
    return true;
}

/* Every bucket of `order`; with `only_gone`, those that the other order does not know. */
static enum status move_buckets(struct working *working, struct state *member,
                                const struct order *old, const struct order *order, bool only_gone)
{
    const struct order *walked = only_gone ? old : order;
    uint32_t owner = member_owner_of(member, old->member);
    for (uint32_t i = 0; i < walked->tally_count; i++) {
        const struct order_tally *bucket = &walked->tallies[i];
        int64_t before;
        int64_t now;
        if (!is_first_of_bucket(walked, i)) continue;
        TRY(left_in_bucket(old, bucket, &before));
        TRY(left_in_bucket(order, bucket, &now));
        TRY(amount_decrease(&now, before));
        bool is_known = false;
        for (uint32_t k = 0; only_gone && k < order->tally_count; k++) {
            is_known = is_known || same_bucket(&order->tallies[k], bucket);
        }
        if (now == 0 || is_known) continue;
        struct state *keeper = keeper_of(working, member, bucket);
        if (keeper == NULL) return STATUS_CORRUPT;
        TRY(emit(working, keeper,
                 (struct effect){.kind = EFFECT_TALLY_ADDED,
                                 .symbol = bucket->symbol,
                                 .day = bucket->day,
                                 .owner = bucket->is_in_all ? 0 : owner,
                                 .amount = now}));
    }
    return STATUS_OK;
}

static enum status move_tallies(struct working *working, struct state *member,
                                const struct order *old, struct order *order)
{
    const struct earning all = {.choice = {.all = true}};
    for (uint32_t i = 0; i < order->tally_count && is_touched(order, &all); i++) {
        struct order_tally *tally = &order->tallies[i];
        TRY(take_back_tally_due(order, tally, &tally->left));
    }
    TRY(move_buckets(working, member, old, order, false));
    TRY(move_buckets(working, member, old, order, true));
    for (uint32_t i = 0; i < working->program->counter_count; i++) {
        TRY(tiers_measure(working, member, i, working->occurred_day));
    }
    return tiers_re_evaluate(working, member);
}

/* ---- the command ---- */

static enum status edit_bought(struct working *working, struct state *member,
                               const struct order *old, struct order *order)
{
    TRY(try_order(working, member, old, order));
    TRY(join_earnings(working, old, order));
    keep_history(old, order);
    TRY(move_points(working, member, old, order));
    return move_tallies(working, member, old, order);
}

enum status decide_edit(struct working *working)
{
    const struct event *event = working->event;
    struct state *state;
    struct state *member;
    struct order order;
    if (!purchase_is_valid(working) || event->redeem_count > 0 || event->promise_count > 0) {
        return refuse(working, ANSWER_INVALID_EVENT);
    }
    TRY(order_of_event(working, &state, &member));
    if (IS_REFUSED(working)) return STATUS_OK;
    struct order old = *state->order;
    if (event->revision != 0 && event->revision <= old.revision) {
        return refuse(working, ANSWER_STALE_REVISION);
    }
    working_take_event(working, event, old.occurred_at_us);
    TRY(new_order(working, &old, &order));
    if (IS_REFUSED(working)) return STATUS_OK;
    if (same_lines(&old, &order)) {
        order = old;
        order.revision = event->revision != 0 ? event->revision : old.revision + 1;
        return order_set(working, state, &order);
    }
    if (member != NULL) {
        TRY(edit_bought(working, member, &old, &order));
    } else {
        keep_history(&old, &order);
        TRY(cart_keep(working, &order));
    }
    if (event->revision != 0) order.revision = event->revision;
    TRY(order_set(working, state, &order));
    return member == NULL ? STATUS_OK : settle_member(working, member, working->now_us);
}
