/* Purchases that a till decided without a connection. See offline.h.
 *
 * The purchase is decided again. Where it earns less than the customer was told, the difference is
 * granted too, posted from `offline difference`, with the till as its funder: summed by funder it
 * is what each till cost. It is an earning of the order like a fixed one, so a return takes its
 * share. Nothing is ever taken from the customer; where the purchase earns more, the customer has
 * more.
 */
#include "engine/offline.h"

#include "engine/earn.h"
#include "engine/lots.h"

bool offline_is_valid(const struct working *working)
{
    const struct event *event = working->event;
    if (event->promise_count > EVENT_REDEEM_MAXIMUM) return false;
    for (uint32_t i = 0; i < event->promise_count; i++) {
        const struct promise *promise = &event->promises[i];
        if (promise->amount < 0) return false;
        if (program_find_wallet(working->program, promise->wallet) == PROGRAM_NONE) return false;
        for (uint32_t k = 0; k < i; k++) {
            if (text_equal(event->promises[k].wallet, promise->wallet)) return false;
        }
    }
    return true;
}

bool offline_stands(struct working *working)
{
    enum answer answer = working->decision->answer;
    if (working->event->promise_count == 0) return false;
    if (answer != ANSWER_BALANCE_TOO_LOW && answer != ANSWER_OUT_OF_STOCK &&
        answer != ANSWER_LIMIT_REACHED && answer != ANSWER_NEEDS_NOT_MET) {
        return false;
    }
    working->decision->answer = ANSWER_DONE;
    return true;
}

/* Sums by till: the funder of what it promised. */
static enum status till_symbol(struct working *working, uint32_t *symbol)
{
    struct text path =
        arena_format(&working->states->arena, "till/%.*s", TEXT_ARGUMENTS(working->event->till));
    if (path.bytes == NULL) return STATUS_NO_MEMORY;
    *symbol = hash_symbol(path);
    return STATUS_OK;
}

enum status offline_cover(struct working *working, struct state *member, struct spend *spend)
{
    int64_t available;
    int64_t missing;
    uint32_t till;
    TRY(member_sum(member, spend->wallet, ACCOUNT_AVAILABLE, &available));
    int64_t covered = amount_lesser(available, spend->amount);
    TRY(amount_subtract(spend->amount, covered, &missing));
    TRY(lots_spend(working, member, spend->wallet, covered, ACCOUNT_REDEEMED, working->now_us,
                   spend));
    spend->amount = covered;
    if (missing == 0) return STATUS_OK;
    TRY(till_symbol(working, &till));
    /* Opened and used up at once, before any debt could be paid with it: the balance is empty, so
     * it is the lot that is taken. */
    uint64_t earning = earning_id(working->event->position, working->earning_count++);
    int64_t taken;
    TRY(emit(working, member,
             (struct effect){.kind = EFFECT_LOT_OPENED,
                             .symbol = spend->wallet,
                             .from = ACCOUNT_OFFLINE_DIFFERENCE,
                             .to = ACCOUNT_AVAILABLE,
                             .earning = earning,
                             .amount = missing,
                             .at_us = working->now_us,
                             .expires_at_us = INSTANT_NEVER,
                             .funder = till,
                             .day = INT32_MIN}));
    TRY(lots_take_own(working, member, spend->wallet, earning, ACCOUNT_AVAILABLE, missing,
                      ACCOUNT_REDEEMED, &taken));
    return taken == missing ? STATUS_OK : STATUS_CORRUPT;
}

static enum status earned_in(const struct order *order, uint32_t wallet, int64_t *sum)
{
    int64_t total = 0;
    for (uint32_t i = 0; i < order->earning_count; i++) {
        if (order->earnings[i].wallet != wallet) continue;
        TRY(amount_increase(&total, order->earnings[i].granted));
    }
    *sum = total;
    return STATUS_OK;
}

enum status offline_grant(struct working *working, struct state *member, struct order *order)
{
    const struct event *event = working->event;
    for (uint32_t i = 0; i < event->promise_count; i++) {
        uint32_t index = program_find_wallet(working->program, event->promises[i].wallet);
        const struct wallet *wallet = &working->program->wallets[index];
        int64_t earned;
        int64_t missing;
        uint32_t till;
        TRY(earned_in(order, wallet->symbol, &earned));
        TRY(amount_subtract(event->promises[i].amount, earned, &missing));
        if (missing <= 0) continue;
        TRY(till_symbol(working, &till));
        TRY(earn_beyond_rules(working, member, order, wallet, missing, till));
    }
    return STATUS_OK;
}
