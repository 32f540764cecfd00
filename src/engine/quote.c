/* Quotes. See quote.h.
 *
 *   QUOTE: what the former quote held is free -> each redemption is held, or it says why not
 *          -> the purchase is tried, for what it would earn of budgets and limits in all -> held
 *   CONFIRM_ORDER: holds still there: they are used     \  the purchase, all of it or nothing
 *                  lapsed, or another quote was meant:   > tried anew, as if it were quoted now
 *
 * What is held is listed where it is held: at the member, and at every stock, budget and limit in
 * all, under the quote's position and the order's id. So whoever asks any of them finds out when
 * its time is over. A purchase by somebody who is no member yet holds its share of budgets alone.
 *
 * A redemption that the quote refused is no part of what is confirmed: the answer said so.
 */
#include "engine/quote.h"

#include "engine/cart.h"
#include "engine/hold.h"
#include "engine/limits.h"
#include "engine/lots.h"
#include "engine/purchase.h"
#include "engine/redeems.h"
#include "engine/returns.h"
#include "engine/savepoint.h"
#include "engine/settle.h"
#include "engine/tiers.h"
#include "engine/window.h"

/* ---- where holds are listed ---- */

/* Opens or ends the quote's hold in one list, once. */
static enum status tell(struct working *working, struct state *state, const struct effect *effect)
{
    if (state == NULL) return STATUS_CORRUPT;
    bool is_listed = state->size > 0 && member_hold(state, effect->reference) != NULL;
    if (is_listed != (effect->kind == EFFECT_HOLD_ENDED)) return STATUS_OK;
    return emit(working, state, *effect);
}

static enum status tell_all(struct working *working, const struct order *quote,
                            const struct effect *effect)
{
    for (uint32_t i = 0; i < quote->spend_count; i++) {
        const struct reward *reward = reward_of_symbol(working->program, quote->spends[i].reward);
        if (reward == NULL || quote->spends[i].refusal != ANSWER_DONE) continue;
        if (reward->has_stock) {
            TRY(tell(working, find_tally(working, reward->symbol), effect));
        }
        for (uint32_t k = 0; k < reward->limits.count; k++) {
            const struct limit *limit = &working->program->limits[reward->limits.first + k];
            if (limit->scope != LIMIT_IN_ALL) continue;
            TRY(tell(working, find_tally(working, limit->symbol), effect));
        }
    }
    for (uint32_t i = 0; i < quote->tally_count; i++) {
        TRY(tell(working, find_keeper(working, &quote->tallies[i]), effect));
    }
    return STATUS_OK;
}

static bool is_held(const struct order *quote)
{
    for (uint32_t i = 0; i < quote->spend_count; i++) {
        if (quote->spends[i].refusal == ANSWER_DONE) return true;
    }
    return quote->tally_count > 0;
}

/* ---- letting go ---- */

static enum status give_tallies_back(struct working *working, const struct order *quote)
{
    for (uint32_t i = 0; i < quote->tally_count; i++) {
        const struct order_tally *tally = &quote->tallies[i];
        TRY(window_give_back(working, find_keeper(working, tally), tally->symbol, tally->day, 0,
                             tally->left));
    }
    return STATUS_OK;
}

/* The lists no longer name it. */
static enum status end_hold(struct working *working, struct state *member,
                            const struct order *quote)
{
    const struct effect ended = {.kind = EFFECT_HOLD_ENDED, .reference = quote->quote};
    if (member != NULL) {
        TRY(tell(working, member, &ended));
        for (uint32_t i = 0; i < quote->spend_count; i++) {
            TRY(hold_drop_claims(working, member, quote->spends[i].wallet));
        }
    }
    return tell_all(working, quote, &ended);
}

static enum status release_points(struct working *working, struct state *member,
                                  const struct order *quote, int64_t at_us)
{
    TRY(lots_release_held(working, member, quote->quote, at_us));
    for (uint32_t i = 0; i < quote->spend_count; i++) {
        const struct spend *spend = &quote->spends[i];
        if (spend->refusal != ANSWER_DONE) continue;
        TRY(lots_pay_debt(working, member, spend->wallet, at_us));
        TRY(reward_give_back(working, member, spend->reward, spend->limit_day, quote->member));
    }
    return STATUS_OK;
}

enum status quote_release(struct working *working, struct state *state, struct state *member,
                          int64_t at_us)
{
    TRY(order_open(working->states, state));
    if (!state->order->is_holding) return STATUS_OK;
    struct order quote = *state->order;
    if (member != NULL) TRY(release_points(working, member, &quote, at_us));
    TRY(give_tallies_back(working, &quote));
    TRY(end_hold(working, member, &quote));
    quote.is_holding = false;
    quote.tally_count = 0;
    return order_set(working, state, &quote);
}

enum status quote_lapse_listed(struct working *working, const struct hold *hold)
{
    struct state *state =
        find_state(working, ENTITY_ORDER, (struct text){hold->id, hold->id_length});
    if (state == NULL || state->size == 0) return STATUS_CORRUPT;
    TRY(order_open(working->states, state));
    if (!state->order->is_holding || state->order->quote != hold->position) return STATUS_OK;
    struct state *member = find_member(working, state->order->member);
    if (member != NULL && member_hold(member, hold->position) != NULL) {
        return settle_member(working, member, working->now_us);
    }
    return quote_release(working, state, member, hold->lapses_at_us);
}

/* Settles who is named, and lets go of what the order held, if its time is over. */
static enum status settle_quote(struct working *working, struct state *state)
{
    if (state->size == 0) return STATUS_OK;
    TRY(order_open(working->states, state));
    struct state *member = find_member(working, state->order->member);
    if (member != NULL) TRY(settle_member(working, member, working->now_us));
    TRY(order_open(working->states, state));
    if (!state->order->is_holding || state->order->lapses_at_us > working->now_us) return STATUS_OK;
    return quote_release(working, state, member, state->order->lapses_at_us);
}

/* ---- QUOTE ---- */

static enum status hold_redeems(struct working *working, struct state *member,
                                const struct order *lines, struct order *quote)
{
    const struct event *event = working->event;
    if (event->redeem_count == 0) return STATUS_OK;
    quote->spends =
        arena_allocate_zeroed(&working->states->arena, event->redeem_count, sizeof(struct spend));
    if (quote->spends == NULL) return STATUS_NO_MEMORY;
    quote->spend_count = event->redeem_count;
    for (uint32_t i = 0; i < event->redeem_count; i++) {
        struct spend *spend = &quote->spends[i];
        if (member == NULL) {
            spend->refusal = ANSWER_UNKNOWN_MEMBER;
            continue;
        }
        TRY(redeems_check(working, member, lines, &event->redeems[i], spend));
        spend->refusal = working->decision->answer;
        working->decision->answer = ANSWER_DONE;
        if (spend->refusal != ANSWER_DONE) continue;
        TRY(lots_hold(working, member, spend->wallet, spend->amount, event->position));
        TRY(reward_use(working, member, spend->reward, spend->limit_day));
    }
    return STATUS_OK;
}

/* What the order earned, wallet by wallet, in the order of the programme. */
static enum status sum_earned(struct working *working, const struct order *order,
                              struct order *quote)
{
    const struct program *program = working->program;
    quote->promised =
        arena_new_array(&working->states->arena, struct promised, program->wallet_count + 1);
    if (quote->promised == NULL) return STATUS_NO_MEMORY;
    quote->promised_count = 0;
    for (uint32_t i = 0; i < program->wallet_count; i++) {
        struct promised promised = {.wallet = program->wallets[i].symbol};
        for (uint32_t k = 0; k < order->earning_count; k++) {
            if (order->earnings[k].wallet != promised.wallet) continue;
            TRY(amount_increase(&promised.amount, order->earnings[k].granted));
        }
        if (promised.amount > 0) quote->promised[quote->promised_count++] = promised;
    }
    return STATUS_OK;
}

/* The purchase as it would be now. What it uses of budgets and limits in all is to be held. */
static enum status try_purchase(struct working *working, struct order *quote)
{
    struct savepoint before;
    struct order order = {0};
    struct state *buyer;
    TRY(savepoint_open(working, &before));
    working->sink = NULL;
    if (text_is_empty(working->event->member)) {
        TRY(order_from_event(working, (struct text){"", 0}, &order));
        TRY(redeems_discount(working, quote, &order));
        const struct line_choice all = {.all = true};
        TRY(order_measure(&order, &all, MEASURE_ELIGIBLE, true, &working->decision->eligible));
    } else {
        TRY(purchase_by_member(working, quote, &order, &buyer));
    }
    const struct decision tried = *working->decision;
    TRY(savepoint_rollback(working, &before));
    if (tried.answer != ANSWER_DONE) return refuse(working, tried.answer);
    struct decision *decision = working->decision;
    decision->redeemed = tried.redeemed;
    decision->redeemed_count = tried.redeemed_count;
    decision->eligible = tried.eligible;
    decision->tier_before = tried.tier_before;
    for (uint32_t i = 0, taken = 0; i < quote->spend_count; i++) {
        if (quote->spends[i].refusal != ANSWER_DONE) continue;
        quote->spends[i].discount = order.spends[taken++].discount;
    }
    TRY(sum_earned(working, &order, quote));
    quote->tallies = order.tallies;
    for (uint32_t i = 0; i < order.tally_count; i++) {
        if (order.tallies[i].is_in_all) quote->tallies[quote->tally_count++] = order.tallies[i];
    }
    return STATUS_OK;
}

static enum status hold_tallies(struct working *working, const struct order *quote)
{
    for (uint32_t i = 0; i < quote->tally_count; i++) {
        const struct order_tally *tally = &quote->tallies[i];
        struct state *state = find_keeper(working, tally);
        if (state == NULL) return STATUS_CORRUPT;
        TRY(emit(working, state,
                 (struct effect){.kind = EFFECT_TALLY_ADDED,
                                 .symbol = tally->symbol,
                                 .day = tally->day,
                                 .amount = tally->left}));
    }
    return STATUS_OK;
}

static enum status list_hold(struct working *working, struct state *member,
                             const struct order *quote)
{
    const struct effect opened = {.kind = EFFECT_HOLD_OPENED,
                                  .reference = quote->quote,
                                  .expires_at_us = quote->lapses_at_us,
                                  .payload = working->event->order};
    if (member != NULL) TRY(tell(working, member, &opened));
    return tell_all(working, quote, &opened);
}

/* Whether the order may be quoted, after what was due has happened to it. */
static enum status check_quotable(struct working *working, const struct state *state)
{
    const struct event *event = working->event;
    if (state->size == 0) return STATUS_OK;
    const struct order *order = state->order;
    if (order->status == ORDER_CANCELLED) return refuse(working, ANSWER_ORDER_CANCELLED);
    if (order->status != ORDER_OPEN) return refuse(working, ANSWER_ALREADY_EXISTS);
    if (event->revision != 0 && event->revision <= order->revision) {
        return refuse(working, ANSWER_STALE_REVISION);
    }
    return STATUS_OK;
}

enum status decide_quote(struct working *working)
{
    const struct event *event = working->event;
    struct order lines = {0};
    if (!purchase_is_valid(working) || event->lapses_at_us <= working->now_us ||
        event->promise_count > 0) {
        return refuse(working, ANSWER_INVALID_EVENT);
    }
    struct state *state = find_state(working, ENTITY_ORDER, event->order);
    if (state == NULL) return STATUS_CORRUPT;
    TRY(settle_quote(working, state));
    TRY(check_quotable(working, state));
    if (IS_REFUSED(working)) return STATUS_OK;
    struct order quote = {.status = ORDER_OPEN, .revision = 1};
    if (state->size > 0) {
        struct state *holder = find_member(working, state->order->member);
        TRY(quote_release(working, state, holder, working->now_us));
        quote.sequence = state->order->sequence;
        quote.revision = state->order->revision + 1;
    }
    if (event->revision != 0) quote.revision = event->revision;
    struct state *member = find_member(working, event->member);
    if (member != NULL) TRY(settle_member(working, member, working->now_us));
    if (member != NULL) TRY(tiers_note_held(working, member));
    TRY(order_from_event(working, member != NULL ? member->key.id : event->member, &lines));
    quote.member = lines.member;
    quote.position = event->position;
    quote.occurred_at_us = lines.occurred_at_us;
    quote.recorded_at_us = lines.recorded_at_us;
    quote.program_version = lines.program_version;
    quote.currency = lines.currency;
    quote.currency_decimals = lines.currency_decimals;
    quote.quote = event->position;
    quote.lapses_at_us = event->lapses_at_us;
    quote.is_holding = true;
    TRY(hold_redeems(working, member, &lines, &quote));
    TRY(cart_keep(working, &quote));
    TRY(try_purchase(working, &quote));
    if (IS_REFUSED(working)) return STATUS_OK;
    quote.is_holding = is_held(&quote);
    TRY(hold_tallies(working, &quote));
    if (quote.is_holding) TRY(list_hold(working, member, &quote));
    return order_set(working, state, &quote);
}

/* ---- CONFIRM_ORDER ---- */

/* True if the purchase is what the quote said: points in each wallet, redemptions, discounts. */
static enum status is_as_quoted(struct working *working, const struct order *quote,
                                const struct order *order, bool *is_same)
{
    struct order now = {0};
    TRY(sum_earned(working, order, &now));
    *is_same = now.promised_count == quote->promised_count;
    for (uint32_t i = 0; *is_same && i < now.promised_count; i++) {
        *is_same = now.promised[i].wallet == quote->promised[i].wallet &&
                   now.promised[i].amount == quote->promised[i].amount;
    }
    for (uint32_t i = 0, taken = 0; *is_same && i < quote->spend_count; i++) {
        if (quote->spends[i].refusal != ANSWER_DONE) continue;
        const struct spend *spend = &order->spends[taken++];
        *is_same = spend->amount == quote->spends[i].amount &&
                   spend->discount == quote->spends[i].discount;
    }
    return STATUS_OK;
}

/* Everything that confirming does, or a refusal in the middle of it. */
static enum status confirm_quote(struct working *working, struct state *state,
                                 const struct order *quote, struct state **buyer)
{
    struct order order = {0};
    bool refuses_changes = working->event->refuses_changes;
    bool is_other_quote = working->event->quote != 0 && working->event->quote != quote->quote;
    struct event cart;
    bool is_same = true;
    *buyer = NULL;
    if (refuses_changes && is_other_quote) return refuse(working, ANSWER_QUOTE_CHANGED);
    TRY(cart_read(working, quote, &cart));
    /* Whoever has what it holds: a merge may have been undone since. */
    if (quote->is_holding) cart.member = quote->member;
    working_take_event(working, &cart, working->occurred_at_us);
    if (!purchase_is_valid(working)) return refuse(working, ANSWER_INVALID_EVENT);
    if (quote->is_holding) TRY(give_tallies_back(working, quote));
    if (text_is_empty(cart.member)) {
        cart.redeems = NULL;
        cart.redeem_count = 0;
        TRY(purchase_by_guest(working, &order));
    } else {
        TRY(purchase_by_member(working, quote, &order, buyer));
        if (IS_REFUSED(working)) return STATUS_OK;
        if (refuses_changes) TRY(is_as_quoted(working, quote, &order, &is_same));
        if (!is_same) return refuse(working, ANSWER_QUOTE_CHANGED);
    }
    if (IS_REFUSED(working)) return STATUS_OK;
    if (quote->is_holding) {
        TRY(end_hold(working, find_member(working, quote->member), quote));
    }
    order.sequence = quote->sequence;
    order.revision = quote->revision;
    order.quote = quote->quote;
    return order_set(working, state, &order);
}

enum status decide_confirm_order(struct working *working)
{
    const struct event *event = working->event;
    struct state *state = find_state(working, ENTITY_ORDER, event->order);
    struct state *buyer;
    struct savepoint before;
    if (text_is_empty(event->order)) return refuse(working, ANSWER_INVALID_EVENT);
    if (state == NULL || state->size == 0) return refuse(working, ANSWER_ORDER_NOT_OPEN);
    TRY(settle_quote(working, state));
    if (state->order->status == ORDER_CANCELLED) return refuse(working, ANSWER_ORDER_CANCELLED);
    if (state->order->status != ORDER_OPEN) return refuse(working, ANSWER_ALREADY_EXISTS);
    struct order quote = *state->order;
    TRY(savepoint_open(working, &before));
    TRY(confirm_quote(working, state, &quote, &buyer));
    if (IS_REFUSED(working)) {
        enum answer answer = working->decision->answer;
        TRY(savepoint_rollback(working, &before));
        return refuse(working, answer);
    }
    TRY(buyer == NULL ? STATUS_OK : purchase_finish(working, buyer));
    working->event = event;
    return STATUS_OK;
}

/* ---- CANCEL_ORDER ---- */

enum status decide_cancel_order(struct working *working)
{
    struct state *state = find_state(working, ENTITY_ORDER, working->event->order);
    if (state == NULL || state->size == 0) return refuse(working, ANSWER_UNKNOWN_ORDER);
    TRY(settle_quote(working, state));
    if (state->order->status == ORDER_CANCELLED) return refuse(working, ANSWER_ORDER_CANCELLED);
    if (state->order->status == ORDER_OPEN) {
        struct state *holder = find_member(working, state->order->member);
        TRY(quote_release(working, state, holder, working->now_us));
    } else {
        TRY(return_what_is_left(working, state));
    }
    struct order cancelled = *state->order;
    cancelled.status = ORDER_CANCELLED;
    cancelled.cart = (struct text){"", 0};
    return order_set(working, state, &cancelled);
}
