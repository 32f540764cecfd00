/* Redemptions of an order. See redeems.h.
 *
 * What a reward needs of the order is looked at before any reward has taken something off it. A
 * discount counts like other discounts: `eligible:` says whether it lowers what earns points. It is
 * never more than what the order still comes to after the discounts before it. What plain points
 * pay is the caller's to say (paid_with_points).
 *
 * A till without a connection has given the reward already, whatever the balance says now: what is
 * missing is posted from the account for such differences, used at once, and not given back by a
 * return; limits and stock count it and stop nobody.
 */
#include "engine/redeems.h"

#include "engine/evaluation.h"
#include "engine/hold.h"
#include "engine/lots.h"
#include "engine/offline.h"

bool redeems_are_valid(const struct event *event)
{
    if (event->redeem_count > EVENT_REDEEM_MAXIMUM) return false;
    for (uint32_t i = 0; i < event->redeem_count; i++) {
        const struct redeem *redeem = &event->redeems[i];
        if (redeem->reward.length > EVENT_ID_MAXIMUM || redeem->wallet.length > EVENT_ID_MAXIMUM) {
            return false;
        }
        if (text_is_empty(redeem->reward) && text_is_empty(redeem->wallet)) return false;
    }
    return true;
}

enum status redeems_check(struct working *working, struct state *member, const struct order *order,
                          const struct redeem *redeem, struct spend *spend)
{
    const struct line_choice all = {.all = true};
    evaluation_see_order(working, order);
    TRY(redeem_check(working, member, redeem, spend));
    const struct reward *reward = reward_of_symbol(working->program, spend->reward);
    if (IS_REFUSED(working) || reward == NULL) return STATUS_OK;
    if (reward->gives == GIVES_DISCOUNT && reward->discount_currency != order->currency) {
        return refuse(working, ANSWER_NEEDS_NOT_MET);
    }
    if (reward->order_at_least == 0) return STATUS_OK;
    int64_t eligible;
    TRY(order_measure(order, &all, MEASURE_ELIGIBLE, true, &eligible));
    if (reward->order_at_least_currency != order->currency || eligible < reward->order_at_least) {
        return refuse(working, ANSWER_NEEDS_NOT_MET);
    }
    return STATUS_OK;
}

static enum status take_now(struct working *working, struct state *member,
                            const struct redeem *redeem, struct order *order)
{
    struct spend spend;
    TRY(redeems_check(working, member, order, redeem, &spend));
    if (IS_REFUSED(working)) {
        if (!offline_stands(working)) return STATUS_OK;
        TRY(offline_cover(working, member, &spend));
    } else {
        TRY(lots_spend(working, member, spend.wallet, spend.amount, ACCOUNT_REDEEMED,
                       working->now_us, &spend));
    }
    TRY(reward_use(working, member, spend.reward, working->occurred_day));
    order->spends[order->spend_count++] = spend;
    return STATUS_OK;
}

/* The points are held; the limits and the stock were counted when they were. */
static enum status take_held(struct working *working, struct state *member,
                             const struct order *quote, uint32_t index, struct order *order)
{
    struct spend spend = quote->spends[index];
    TRY(lots_redeem_held(working, member, quote->quote, spend.wallet, spend.amount, &spend));
    if (!text_equal(quote->member, member->key.id)) {
        /* Held before a merge: from now on it is the survivor's. */
        TRY(reward_give_back(working, member, spend.reward, spend.limit_day, quote->member));
        TRY(reward_use(working, member, spend.reward, spend.limit_day));
    }
    order->spends[order->spend_count++] = spend;
    return STATUS_OK;
}

enum status redeems_take(struct working *working, struct state *member, const struct order *quote,
                         struct order *order)
{
    const struct event *event = working->event;
    if (event->redeem_count == 0) return STATUS_OK;
    order->spends =
        arena_allocate_zeroed(&working->states->arena, event->redeem_count, sizeof(struct spend));
    if (order->spends == NULL) return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < event->redeem_count; i++) {
        if (quote != NULL && quote->spends[i].refusal != ANSWER_DONE) continue;
        if (quote != NULL && quote->is_holding) {
            TRY(take_held(working, member, quote, i, order));
            continue;
        }
        TRY(take_now(working, member, &event->redeems[i], order));
        if (IS_REFUSED(working)) return STATUS_OK;
    }
    return STATUS_OK;
}

/* ---- discounts ---- */

enum status share_over_lines(const struct order *order, int64_t total, int64_t *shares)
{
    int64_t whole = 0;
    int64_t running = 0;
    int64_t shared = 0;
    for (uint32_t pass = 0; pass < 2; pass++) {
        for (uint32_t i = 0; i < order->line_count; i++) {
            const struct order_line *line = &order->lines[i];
            int64_t subtotal;
            int64_t upto;
            TRY(line_measure(order, line, MEASURE_SUBTOTAL, line->quantity, &subtotal));
            subtotal = amount_positive(subtotal);
            shares[i] = 0;
            if (pass == 0) {
                TRY(amount_increase(&whole, subtotal));
                continue;
            }
            if (whole == 0 || total == 0) continue;
            TRY(amount_increase(&running, subtotal));
            TRY(amount_multiply_divide(total, running, whole, ROUNDING_HALF_UP, &upto));
            TRY(amount_subtract(upto, shared, &shares[i]));
            shared = upto;
        }
    }
    return STATUS_OK;
}

/* What the order comes to before any reward: what can still be taken off. */
static enum status payable(const struct working *working, const struct order *order,
                           int64_t *amount)
{
    int64_t total = 0;
    for (uint32_t i = 0; i < order->line_count; i++) {
        const struct order_line *line = &order->lines[i];
        int64_t subtotal;
        TRY(line_measure(order, line, MEASURE_SUBTOTAL, line->quantity, &subtotal));
        TRY(amount_increase(&total, amount_positive(subtotal)));
    }
    for (uint32_t i = 0; i < working->event->item_count; i++) {
        TRY(amount_decrease(&total, working->event->items[i].discount));
    }
    TRY(amount_decrease(&total, working->event->discount));
    *amount = amount_positive(total);
    return STATUS_OK;
}

static enum status take_off(struct working *working, struct order *order, struct spend *spend,
                            int64_t *left, struct redeemed *noted)
{
    const struct reward *reward = reward_of_symbol(working->program, spend->reward);
    spend->discount = 0;
    if (reward == NULL || reward->gives != GIVES_DISCOUNT) return STATUS_OK;
    spend->discount = amount_lesser(reward->discount, *left);
    TRY(amount_decrease(left, spend->discount));
    noted->discount = spend->discount;
    noted->shares =
        arena_allocate(&working->states->arena, order->line_count * sizeof(int64_t) + 1);
    if (noted->shares == NULL) return STATUS_NO_MEMORY;
    noted->share_count = working->event->item_count;
    TRY(share_over_lines(order, spend->discount, noted->shares));
    if (!working->program->eligible.discounts_subtracted) return STATUS_OK;
    for (uint32_t i = 0; i < order->line_count; i++) {
        TRY(amount_decrease(&order->lines[i].adjustment, noted->shares[i]));
    }
    return STATUS_OK;
}

static enum status new_note(struct working *working, const struct spend *spend, uint32_t capacity,
                            struct redeemed **note)
{
    struct decision *decision = working->decision;
    if (decision->redeemed == NULL) {
        decision->redeemed =
            arena_allocate_zeroed(&working->states->arena, capacity, sizeof(struct redeemed));
        if (decision->redeemed == NULL) return STATUS_NO_MEMORY;
    }
    *note = &decision->redeemed[decision->redeemed_count++];
    **note = (struct redeemed){.reward = spend->reward,
                               .wallet = spend->wallet,
                               .amount = spend->amount,
                               .answer = (enum answer)spend->refusal};
    return STATUS_OK;
}

enum status redeems_discount(struct working *working, const struct order *quote,
                             struct order *order)
{
    uint32_t asked = quote == NULL ? order->spend_count : quote->spend_count;
    uint32_t taken = 0;
    int64_t left;
    if (asked == 0) return STATUS_OK;
    TRY(payable(working, order, &left));
    for (uint32_t i = 0; i < asked; i++) {
        bool is_taken = quote == NULL || quote->spends[i].refusal == ANSWER_DONE;
        struct spend *spend = is_taken ? &order->spends[taken++] : &quote->spends[i];
        struct redeemed *note;
        TRY(new_note(working, spend, asked, &note));
        if (is_taken) TRY(take_off(working, order, spend, &left, note));
    }
    return STATUS_OK;
}
