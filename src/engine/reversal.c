/* Noting and undoing a return. See reversal.h.
 *
 *   a step of the return            its opposite
 *   points taken from a lot         into a lot like that one; expired meanwhile: spent_lot_expired
 *   an expired point counted        counted no more
 *   a shortfall                     a shortfall less
 *   debt raised                     points that pay it; if it was paid since, they are the member's
 *   a claim on held points          no claim; it must still be there
 *   a spent point put back          spent again, from where it was put; it must be available
 *   a counter, limit, stock lowered raised again; what is sold out meanwhile is not
 *   units, refunds, kept points     as they were
 *
 * What cannot be undone any more is found out on the way; the decision then goes back to before.
 * A level that the return lowered is as it was, unless it has changed since.
 */
#include "engine/reversal.h"

#include "engine/cart.h"
#include "engine/limits.h"
#include "engine/lots.h"
#include "engine/returns.h"
#include "engine/savepoint.h"
#include "engine/window.h"

/* ---- noting ---- */

static const struct order_return *find_return(const struct order *order, struct text id)
{
    for (uint32_t i = 0; i < order->return_count; i++) {
        if (text_equal(order->returns[i].id, id)) return &order->returns[i];
    }
    return NULL;
}

enum status reversal_begin(struct working *working, const struct state *order,
                           struct reversal_log *log)
{
    *log = (struct reversal_log){.before = order->order->changes};
    if (find_return(order->order, working->event->id) != NULL) {
        return refuse(working, ANSWER_ALREADY_EXISTS);
    }
    if (order->order->return_count >= ORDER_RETURN_MAXIMUM) return STATUS_LIMIT;
    working->reversals = log;
    return STATUS_OK;
}

/* The lot that an effect names, as it is before it. */
static void note_lot(const struct state *state, const struct effect *effect, struct reversal *step)
{
    const struct lot_class *lot_class = &member_classes(state)[effect->index];
    const struct lot *lot =
        &member_lots(state)[member_first_lot(state, effect->index) + effect->lot];
    step->account = lot_class->account;
    step->release_at_us = lot_class->release_at_us;
    step->lot = (struct spent_lot){.earning = effect->earning,
                                   .expires_at_us = member_class_expiry(state, lot_class),
                                   .is_renewed = lot_class->expires_at_us == EXPIRES_RENEWED,
                                   .rule = lot->rule,
                                   .owner = member_purses(state)[lot_class->purse].owner,
                                   .funder = lot_class->funder,
                                   .returnable_until_day = lot->returnable_until_day};
}

static enum status note_kept(const struct state *state, const struct effect *effect,
                             struct reversal *step)
{
    return amount_subtract(state->order->earnings[effect->index].kept, effect->amount,
                           &step->amount);
}

/* The level as it was; `index` is the one that the return leaves. */
static void note_tier(const struct state *state, const struct effect *effect, struct reversal *step)
{
    const struct tier *tier = member_tier(state, effect->symbol, 0);
    step->index = effect->rule;
    if (tier == NULL) return;
    step->lot = (struct spent_lot){.rule = tier->level,
                                   .earning = (uint64_t)tier->lent_by << 1 | tier->in_grace,
                                   .expires_at_us = tier->kept_until_us,
                                   .returnable_until_day = tier->earned_day};
    step->amount = tier->since_us;
    step->release_at_us = tier->upgrade_at_us;
}

enum status reversal_note(struct working *working, const struct state *state,
                          const struct effect *effect)
{
    struct reversal_log *log = working->reversals;
    struct reversal step = {.kind = effect->kind,
                            .symbol = effect->symbol,
                            .index = effect->index,
                            .amount = effect->amount,
                            .lot = {.earning = effect->earning, .owner = effect->owner}};
    switch ((enum effect_kind)effect->kind) {
    case EFFECT_LINE_RETURNED:
    case EFFECT_LINE_REFUNDED:
    case EFFECT_ORDER_TALLY_RETURNED:
    case EFFECT_SPEND_RETURNED:
    case EFFECT_SHORTFALL:
    case EFFECT_CLAIM_ADDED:
    case EFFECT_DEBT_RAISED:
        break;
    case EFFECT_EARNING_KEPT:
        TRY(note_kept(state, effect, &step));
        break;
    case EFFECT_TALLY_ADDED:
        step.index = state->key.kind == ENTITY_TALLY;
        step.release_at_us = effect->day;
        break;
    case EFFECT_TIER_SET:
        if (effect->owner != 0) return STATUS_OK;
        note_tier(state, effect, &step);
        break;
    case EFFECT_LOT_OPENED:
        if (effect->from != ACCOUNT_REDEEMED) return STATUS_OK;
        step.account = effect->to;
        break;
    case EFFECT_LOT_TAKEN:
        if (effect->to != ACCOUNT_TAKEN_BACK) return STATUS_OK;
        note_lot(state, effect, &step);
        break;
    case EFFECT_EXPIRED_COUNTED:
        note_lot(state, effect, &step);
        break;
    default:
        return STATUS_OK;
    }
    TRY(array_reserve(&working->states->arena, &log->steps, log->count, &log->capacity,
                      sizeof(struct reversal), ORDER_REVERSAL_MAXIMUM));
    log->steps[log->count++] = step;
    return STATUS_OK;
}

enum status reversal_keep(struct working *working, struct state *order, const struct state *member,
                          const struct reversal_log *log)
{
    struct order changed = *order->order;
    struct order_return *list =
        arena_new_array(&working->states->arena, struct order_return, changed.return_count + 1);
    if (list == NULL) return STATUS_NO_MEMORY;
    if (changed.return_count > 0) {
        memcpy(list, changed.returns, changed.return_count * sizeof *list);
    }
    list[changed.return_count] =
        (struct order_return){.id = working->event->id,
                              .position = working->event->position,
                              .before = log->before,
                              .mark = changed.changes,
                              .holder = member == NULL ? (struct text){"", 0} : member->key.id,
                              .step_count = log->count,
                              .steps = log->steps};
    changed.returns = list;
    changed.return_count++;
    return order_set(working, order, &changed);
}

/* ---- undoing ---- */

/* Points that were taken go back to a lot like the one they were in. */
static enum status put_taken_back(struct working *working, struct state *member,
                                  const struct reversal *step)
{
    if (step->account == ACCOUNT_PENDING && step->release_at_us > working->now_us) {
        return emit(working, member,
                    (struct effect){.kind = EFFECT_LOT_OPENED,
                                    .symbol = step->symbol,
                                    .owner = step->lot.owner,
                                    .from = ACCOUNT_TAKEN_BACK,
                                    .to = ACCOUNT_PENDING,
                                    .earning = step->lot.earning,
                                    .amount = step->amount,
                                    .at_us = working->now_us,
                                    .release_at_us = step->release_at_us,
                                    .expires_at_us = step->lot.is_renewed ? EXPIRES_RENEWED
                                                                          : step->lot.expires_at_us,
                                    .rule = step->lot.rule,
                                    .funder = step->lot.funder,
                                    .day = step->lot.returnable_until_day});
    }
    struct spent_lot lot = step->lot;
    lot.amount = step->amount;
    const struct spend spend = {
        .wallet = step->symbol, .amount = step->amount, .lot_count = 1, .lots = &lot};
    return lots_put_back(working, member, member->key.id, &spend, 0, step->amount,
                         ACCOUNT_TAKEN_BACK);
}

static enum status count_no_more(struct working *working, struct state *member,
                                 const struct reversal *step)
{
    return emit(working, member,
                (struct effect){.kind = EFFECT_LOT_OPENED,
                                .symbol = step->symbol,
                                .owner = step->lot.owner,
                                .from = ACCOUNT_EXPIRED,
                                .to = ACCOUNT_EXPIRED,
                                .earning = step->lot.earning,
                                .amount = step->amount,
                                .at_us = working->now_us,
                                .expires_at_us = step->lot.expires_at_us,
                                .rule = step->lot.rule,
                                .funder = step->lot.funder,
                                .day = step->lot.returnable_until_day});
}

/* What was owed for spent points is given: it pays the debt if that is still there. Where nothing
 * is left of the lot that it came from, it ends as the wallet says from now on. */
static enum status pay_raised_debt(struct working *working, struct state *member,
                                   const struct reversal *step)
{
    const struct wallet *wallet = program_wallet_of_symbol(working->program, step->symbol);
    struct opening opening = {.wallet = step->symbol,
                              .earning =
                                  earning_id(working->event->position, working->earning_count++),
                              .amount = step->amount,
                              .from = ACCOUNT_TAKEN_BACK,
                              .release_at_us = INSTANT_EARLIEST,
                              .expires_at_us = INSTANT_NEVER,
                              .returnable_until_day = INT32_MIN};
    const struct purse *purse = member_purse(member, step->symbol, 0);
    if (wallet != NULL && !wallet->expires.is_renewed) {
        TRY(lots_expiry(working, &wallet->expires, &opening.expires_at_us));
    } else if (wallet != NULL && purse != NULL && purse->renewed_expires_at_us > working->now_us) {
        opening.expires_at_us = EXPIRES_RENEWED;
    }
    return lots_open(working, member, &opening);
}

static enum status drop_claim(struct working *working, struct state *member,
                              const struct reversal *step)
{
    const struct purse *purse = member_purse(member, step->symbol, step->lot.owner);
    if (purse == NULL || purse->claim < step->amount) return refuse(working, ANSWER_RETURN_IN_USE);
    return emit(working, member,
                (struct effect){.kind = EFFECT_CLAIM_ADDED,
                                .symbol = step->symbol,
                                .owner = step->lot.owner,
                                .amount = -step->amount});
}

/* True if more of a stock, budget or limit in all is used than there is. */
static enum status is_exceeded(const struct working *working, const struct state *state,
                               uint32_t symbol, int32_t day, bool *exceeded)
{
    const struct program *program = working->program;
    const struct window lifetime = {.kind = WINDOW_LIFETIME};
    const struct window *window = &lifetime;
    int64_t most = INT64_MAX;
    int64_t used;
    for (uint32_t i = 0; i < program->reward_count; i++) {
        if (program->rewards[i].symbol == symbol) most = program->rewards[i].stock;
    }
    for (uint32_t i = 0; i < program->campaign_count; i++) {
        if (program->campaigns[i].symbol == symbol) most = program->campaigns[i].budget;
    }
    for (uint32_t i = 0; i < program->limit_count; i++) {
        if (program->limits[i].symbol != symbol) continue;
        most = program->limits[i].amount;
        window = &program->limits[i].window;
    }
    TRY(window_sum(working, state, symbol, window, day, 0, &used));
    *exceeded = used > most;
    return STATUS_OK;
}

static enum status count_again(struct working *working, struct state *member,
                               const struct reversal *step)
{
    bool is_in_all = step->index != 0;
    struct state *state = is_in_all ? find_tally(working, step->symbol) : member;
    int32_t day = (int32_t)step->release_at_us;
    bool exceeded = false;
    if (state == NULL || step->amount == INT64_MIN) return STATUS_CORRUPT;
    TRY(emit(working, state,
             (struct effect){.kind = EFFECT_TALLY_ADDED,
                             .symbol = step->symbol,
                             .day = day,
                             .owner = step->lot.owner,
                             .amount = -step->amount}));
    if (is_in_all) TRY(is_exceeded(working, state, step->symbol, day, &exceeded));
    return exceeded ? refuse(working, ANSWER_RETURN_IN_USE) : STATUS_OK;
}

static enum status restore_tier(struct working *working, struct state *member,
                                const struct reversal *step)
{
    const struct tier *tier = member_tier(member, step->symbol, 0);
    uint32_t lender = (uint32_t)(step->lot.earning >> 1);
    if (tier == NULL || tier->level != step->index) return STATUS_OK;
    if (lender > member_count(member, SECTION_OWNERS)) return STATUS_CORRUPT;
    /* Who lent the level that the return took has left since. */
    if (lender > 0 && member_owners(member)[lender - 1].is_present == 0) return STATUS_OK;
    if (step->lot.expires_at_us <= working->now_us) return STATUS_OK;
    return emit(working, member,
                (struct effect){.kind = EFFECT_TIER_SET,
                                .symbol = step->symbol,
                                .rule = step->lot.rule,
                                .at_us = step->amount,
                                .expires_at_us = step->lot.expires_at_us,
                                .release_at_us = step->release_at_us,
                                .day = step->lot.returnable_until_day,
                                .reference = step->lot.earning});
}

static enum status undo_member_step(struct working *working, struct state *member,
                                    const struct reversal *step)
{
    switch ((enum effect_kind)step->kind) {
    case EFFECT_LOT_TAKEN:
        return put_taken_back(working, member, step);
    case EFFECT_EXPIRED_COUNTED:
        return count_no_more(working, member, step);
    case EFFECT_SHORTFALL:
        return emit(working, member,
                    (struct effect){.kind = EFFECT_SHORTFALL,
                                    .symbol = step->symbol,
                                    .amount = -step->amount,
                                    .earning = step->lot.earning,
                                    .at_us = working->now_us});
    case EFFECT_DEBT_RAISED:
        return pay_raised_debt(working, member, step);
    case EFFECT_CLAIM_ADDED:
        return drop_claim(working, member, step);
    case EFFECT_TIER_SET:
        return restore_tier(working, member, step);
    case EFFECT_TALLY_ADDED:
        return count_again(working, member, step);
    default:
        return STATUS_OK;
    }
}

/* What was put back of a redemption is spent again: from the lots it was put in, as far as it is
 * still there, then from others. What had come back expired was never there to be spent. */
static enum status spend_again(struct working *working, struct state *member,
                               const struct order *order, const struct order_return *past,
                               uint32_t spend_step)
{
    uint32_t wallet = order->spends[past->steps[spend_step].index].wallet;
    int64_t left = past->steps[spend_step].amount;
    int64_t available;
    int64_t taken;
    /* Its lots were opened just before it was noted. */
    uint32_t first = spend_step;
    for (; first > 0 && past->steps[first - 1].kind == EFFECT_LOT_OPENED; first--) {
        const struct reversal *step = &past->steps[first - 1];
        if (step->account != ACCOUNT_EXPIRED) continue;
        TRY(lots_take_own(working, member, wallet, step->lot.earning, ACCOUNT_EXPIRED, step->amount,
                          ACCOUNT_REDEEMED, &taken));
        TRY(amount_decrease(&left, step->amount));
    }
    TRY(member_sum(member, wallet, ACCOUNT_AVAILABLE, &available));
    if (available < left) return refuse(working, ANSWER_RETURN_IN_USE);
    for (uint32_t i = spend_step; i > first; i--) {
        const struct reversal *step = &past->steps[i - 1];
        if (step->account == ACCOUNT_EXPIRED) continue;
        TRY(lots_take_own(working, member, wallet, step->lot.earning, ACCOUNT_AVAILABLE,
                          amount_lesser(step->amount, left), ACCOUNT_REDEEMED, &taken));
        TRY(amount_decrease(&left, taken));
    }
    return lots_spend(working, member, wallet, left, ACCOUNT_REDEEMED, working->now_us, NULL);
}

static enum status undo_order_step(struct order *order, const struct reversal *step)
{
    switch ((enum effect_kind)step->kind) {
    case EFFECT_LINE_RETURNED:
        if (step->index >= order->line_count) return STATUS_CORRUPT;
        return amount_decrease(&order->lines[step->index].returned, step->amount);
    case EFFECT_LINE_REFUNDED:
        if (step->index >= order->line_count) return STATUS_CORRUPT;
        return amount_decrease(&order->lines[step->index].refunded, step->amount);
    case EFFECT_EARNING_KEPT:
        if (step->index >= order->earning_count) return STATUS_CORRUPT;
        return amount_increase(&order->earnings[step->index].kept, step->amount);
    case EFFECT_ORDER_TALLY_RETURNED:
        if (step->index >= order->tally_count) return STATUS_CORRUPT;
        return amount_increase(&order->tallies[step->index].left, step->amount);
    case EFFECT_SPEND_RETURNED:
        if (step->index >= order->spend_count) return STATUS_CORRUPT;
        return amount_decrease(&order->spends[step->index].given_back, step->amount);
    default:
        return STATUS_OK;
    }
}

/* The effects on orders were noted with the index of a line, those on members not. */
static enum status undo_steps(struct working *working, struct state *member, struct order *order,
                              const struct order_return *past)
{
    for (uint32_t i = past->step_count; i > 0; i--) {
        TRY(undo_order_step(order, &past->steps[i - 1]));
        if (member == NULL) continue;
        TRY(undo_member_step(working, member, &past->steps[i - 1]));
        if (IS_REFUSED(working)) return STATUS_OK;
    }
    for (uint32_t i = past->step_count; i > 0; i--) {
        if (past->steps[i - 1].kind != EFFECT_SPEND_RETURNED || member == NULL) continue;
        TRY(spend_again(working, member, order, past, i - 1));
        if (IS_REFUSED(working)) return STATUS_OK;
    }
    return STATUS_OK;
}

static bool owners_are_there(const struct state *member, const struct order_return *past)
{
    for (uint32_t i = 0; i < past->step_count; i++) {
        uint32_t owner = past->steps[i].lot.owner;
        if (owner == 0) continue;
        if (member == NULL || owner > member_count(member, SECTION_OWNERS)) return false;
        if (member_owners(member)[owner - 1].is_present == 0) return false;
    }
    return true;
}

static enum status undo_return(struct working *working, struct state *state, struct state *member,
                               const struct order_return *past)
{
    struct savepoint before;
    struct order order;
    TRY(savepoint_open(working, &before));
    struct text bytes = {(const char *)state->bytes, state->size};
    TRY(order_decode(&working->states->arena, bytes, &order));
    TRY(undo_steps(working, member, &order, past));
    if (IS_REFUSED(working)) {
        TRY(savepoint_rollback(working, &before));
        return refuse(working, ANSWER_RETURN_IN_USE);
    }
    uint32_t index = (uint32_t)(past - state->order->returns);
    order.changes = past->before;
    memmove(order.returns + index, order.returns + index + 1,
            (order.return_count - index - 1) * sizeof *order.returns);
    order.return_count--;
    return order_set(working, state, &order);
}

enum status decide_undo_return(struct working *working)
{
    struct state *state;
    struct state *member;
    TRY(order_of_event(working, &state, &member));
    if (IS_REFUSED(working)) return STATUS_OK;
    const struct order_return *past = find_return(state->order, working->event->id);
    if (past == NULL || text_is_empty(working->event->id)) {
        return refuse(working, ANSWER_UNKNOWN_RETURN);
    }
    bool is_same_holder =
        member == NULL ? past->holder.length == 0 : text_equal(past->holder, member->key.id);
    if (past->mark != state->order->changes || !is_same_holder || !owners_are_there(member, past)) {
        return refuse(working, ANSWER_RETURN_IN_USE);
    }
    return undo_return(working, state, member, past);
}
