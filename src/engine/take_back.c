/* Taking back what returned goods had earned.
 *
 * For each piece, for each earning that counted its line: what the earning keeps is worked out
 * from what is left (order_points), and the difference is looked for, in this order, so that no
 * point is minted and none is taken twice:
 *
 *     1. in the order's own lot: pending, then available
 *     2. among what expired of that lot and no earlier return has counted: shortfall
 *     3. the rest counts as spent: the wallet's earned_but_spent
 *           to zero       other available lots, soonest expiry first; the rest is shortfall
 *           below zero    the same; the rest becomes debt
 *           only pending  pending lots of any order, soonest release first; the rest is shortfall
 *           write off     shortfall
 *
 * The kept points are set even if some could not be taken: a later return does not try again.
 * Held points are not touched; what they kept from being taken is a claim, collected when the
 * hold ends.
 */
#include "engine/take_back.h"

#include "engine/hold.h"
#include "engine/lots.h"
#include "engine/tiers.h"
#include "engine/window.h"

/* ---- points spent on the order ---- */

/* The pieces' units per line, taken off a copy of the order's lines; money refunded without goods
 * gives no spent points back. */
static enum status order_after(struct working *working, const struct state *state,
                               const struct piece *pieces, uint32_t count, struct order *after)
{
    *after = *state->order;
    size_t bytes = after->line_count * sizeof(struct order_line);
    after->lines = arena_allocate(&working->states->arena, bytes);
    if (after->lines == NULL) return STATUS_NO_MEMORY;
    memcpy(after->lines, state->order->lines, bytes);
    for (uint32_t i = 0; i < count; i++) {
        if (pieces[i].order == state) after->lines[pieces[i].line].returned += pieces[i].units;
    }
    for (uint32_t i = 0; i < after->line_count; i++)
        after->lines[i].refunded = 0;
    return STATUS_OK;
}

/* How much of the order goes back: `part` of `whole`; all of it with the last unit. */
struct share {
    int64_t part;
    int64_t whole;
    bool is_all;
};

/* One redemption of the order, in proportion, rounded down. */
static enum status give_back_spend(struct working *working, struct state *member,
                                   struct state *state, uint32_t index, const struct share *share)
{
    const struct spend *spend = &state->order->spends[index];
    int64_t back = spend->amount;
    int64_t more;
    if (!share->is_all) {
        if (share->whole <= 0 || share->part <= 0) return STATUS_OK;
        TRY(amount_multiply_divide(spend->amount, amount_lesser(share->part, share->whole),
                                   share->whole, ROUNDING_DOWN, &back));
    }
    TRY(amount_subtract(back, spend->given_back, &more));
    if (more > 0) {
        TRY(lots_put_back(working, member, state->order->member, spend, spend->given_back, more,
                          ACCOUNT_REDEEMED));
        TRY(emit(working, state,
                 (struct effect){.kind = EFFECT_SPEND_RETURNED, .index = index, .amount = more}));
    }
    if (!share->is_all) return STATUS_OK;
    spend = &state->order->spends[index];
    return reward_give_back(working, member, spend->reward, spend->limit_day, state->order->member);
}

static enum status give_back_spends(struct working *working, struct state *member,
                                    struct state *state, const struct piece *pieces, uint32_t count)
{
    const struct line_choice all = {.all = true};
    struct order after;
    struct share share;
    int64_t left;
    if (state->order->spend_count == 0) return STATUS_OK;
    TRY(order_after(working, state, pieces, count, &after));
    share.is_all = order_is_empty(&after);
    TRY(order_measure(&after, &all, MEASURE_SUBTOTAL, true, &share.whole));
    TRY(order_measure(&after, &all, MEASURE_SUBTOTAL, false, &left));
    TRY(amount_subtract(share.whole, left, &share.part));
    for (uint32_t i = 0; i < state->order->spend_count; i++) {
        TRY(give_back_spend(working, member, state, i, &share));
    }
    return STATUS_OK;
}

/* ---- points earned on the order ---- */

static enum status note_shortfall(struct working *working, struct state *member, uint32_t wallet,
                                  uint64_t earning, int64_t amount)
{
    if (amount == 0) return STATUS_OK;
    return emit(working, member,
                (struct effect){.kind = EFFECT_SHORTFALL,
                                .symbol = wallet,
                                .amount = amount,
                                .earning = earning,
                                .at_us = working->now_us});
}

/* What holds kept from being taken waits as a claim for their end. */
static enum status note_claim(struct working *working, struct state *member, uint32_t wallet,
                              int64_t held, int64_t missing)
{
    int64_t free = held;
    for (uint32_t i = 0; i < member_count(member, SECTION_PURSES); i++) {
        const struct purse *purse = &member_purses(member)[i];
        if (purse->wallet == wallet) TRY(amount_decrease(&free, purse->claim));
    }
    int64_t claim = amount_lesser(amount_positive(free), missing);
    if (claim == 0) return STATUS_OK;
    return emit(working, member,
                (struct effect){.kind = EFFECT_CLAIM_ADDED, .symbol = wallet, .amount = claim});
}

static enum status take_spent(struct working *working, struct state *member, uint32_t wallet,
                              uint64_t earning, int64_t amount)
{
    const struct wallet *policy = program_wallet_of_symbol(working->program, wallet);
    enum earned_but_spent spent = policy == NULL ? SPENT_TO_ZERO : policy->earned_but_spent;
    int64_t taken = 0;
    int64_t held;
    if (spent == SPENT_TO_ZERO || spent == SPENT_BELOW_ZERO) {
        TRY(lots_take_some(working, member, wallet, ACCOUNT_AVAILABLE, LOTS_SOONEST_EXPIRY, amount,
                           ACCOUNT_TAKEN_BACK, &taken));
        TRY(member_sum(member, wallet, ACCOUNT_HELD, &held));
    } else {
        if (spent == SPENT_ONLY_PENDING) {
            TRY(lots_take_some(working, member, wallet, ACCOUNT_PENDING, LOTS_SOONEST_RELEASE,
                               amount, ACCOUNT_TAKEN_BACK, &taken));
        }
        TRY(lots_own_sum(working, member, wallet, earning, ACCOUNT_HELD, &held));
    }
    TRY(amount_decrease(&amount, taken));
    if (amount == 0) return STATUS_OK;
    if (spent == SPENT_BELOW_ZERO) {
        return emit(working, member,
                    (struct effect){.kind = EFFECT_DEBT_RAISED,
                                    .symbol = wallet,
                                    .to = ACCOUNT_TAKEN_BACK,
                                    .amount = amount,
                                    .at_us = working->now_us});
    }
    TRY(note_shortfall(working, member, wallet, earning, amount));
    return note_claim(working, member, wallet, held, amount);
}

enum status take_back_points(struct working *working, struct state *member, uint32_t wallet,
                             uint64_t earning, int64_t amount)
{
    static const uint8_t own_accounts[] = {ACCOUNT_PENDING, ACCOUNT_AVAILABLE};
    int64_t part;
    for (size_t i = 0; i < sizeof own_accounts; i++) {
        TRY(lots_take_own(working, member, wallet, earning, own_accounts[i], amount,
                          ACCOUNT_TAKEN_BACK, &part));
        TRY(amount_decrease(&amount, part));
    }
    TRY(lots_count_expired(working, member, wallet, earning, amount, &part));
    TRY(note_shortfall(working, member, wallet, earning, part));
    TRY(amount_decrease(&amount, part));
    return amount == 0 ? STATUS_OK : take_spent(working, member, wallet, earning, amount);
}

static bool choice_holds(const struct line_choice *choice, uint32_t line)
{
    if (choice->all) return true;
    for (uint32_t k = 0; k < choice->count; k++) {
        if (choice->lines[k] == line) return true;
    }
    return false;
}

/* What the piece takes off the order's eligible amount, before it is returned. */
static enum status count_returned(struct working *working, const struct order *order,
                                  const struct piece *piece)
{
    const struct order_line *line = &order->lines[piece->line];
    int64_t left = line_left(line);
    int64_t before;
    int64_t after;
    TRY(line_measure(order, line, MEASURE_ELIGIBLE, left, &before));
    TRY(line_measure(order, line, MEASURE_ELIGIBLE, left - piece->units, &after));
    TRY(amount_decrease(&before, after));
    return amount_increase(&working->decision->eligible, before);
}

enum status take_back_note_eligible(struct working *working, const struct order *order,
                                    bool is_after)
{
    const struct line_choice all = {.all = true};
    int64_t worth;
    TRY(order_measure(order, &all, MEASURE_ELIGIBLE, false, &worth));
    return is_after ? amount_decrease(&working->decision->eligible, worth)
                    : amount_increase(&working->decision->eligible, worth);
}

/* Works out anew what an earning keeps, and takes what it no longer does. */
static enum status keep_less(struct working *working, struct state *member, struct state *state,
                             uint32_t index)
{
    const struct earning *earning = &state->order->earnings[index];
    int64_t kept;
    int64_t lost;
    TRY(order_points(state->order, earning, false, &kept));
    TRY(amount_subtract(earning->kept, kept, &lost));
    if (lost <= 0) return STATUS_OK;
    uint32_t wallet = earning->wallet;
    uint64_t id = earning_id(state->order->position, earning->number);
    TRY(emit(working, state,
             (struct effect){.kind = EFFECT_EARNING_KEPT, .index = index, .amount = kept}));
    return take_back_points(working, member, wallet, id, lost);
}

static enum status return_piece(struct working *working, struct state *member,
                                const struct piece *piece)
{
    struct state *state = piece->order;
    struct decision *decision = working->decision;
    TRY(count_returned(working, state->order, piece));
    TRY(emit(working, state,
             (struct effect){
                 .kind = EFFECT_LINE_RETURNED, .index = piece->line, .amount = piece->units}));
    TRY(array_reserve(&working->states->arena, &decision->pieces, decision->piece_count,
                      &working->piece_capacity, sizeof(struct returned_piece), 1u << 20));
    decision->pieces[decision->piece_count++] =
        (struct returned_piece){state->entity, piece->line, piece->units};
    for (uint32_t i = 0; i < state->order->earning_count; i++) {
        if (!choice_holds(&state->order->earnings[i].choice, piece->line)) continue;
        TRY(keep_less(working, member, state, i));
    }
    return STATUS_OK;
}

/* ---- counters, limits and budgets ---- */

/* What the order should still count in a tally, now. */
enum status take_back_tally_due(const struct order *order, const struct order_tally *tally,
                                int64_t *due)
{
    if (tally->kind == ORDER_TALLY_ONCE) {
        *due = order_is_empty(order) ? 0 : tally->amount;
        return STATUS_OK;
    }
    if (tally->kind == ORDER_TALLY_SHARE) {
        return order_share(order, &tally->choice, tally->measure, tally->amount, due);
    }
    if (tally->kind == ORDER_TALLY_SUM) {
        return order_measure(order, &tally->choice, tally->measure, false, due);
    }
    int64_t kept = 0;
    if (tally->earning == UINT32_MAX) {
        for (uint32_t i = 0; i < order->earning_count; i++) {
            if (order->earnings[i].wallet != tally->wallet) continue;
            TRY(amount_increase(&kept, order->earnings[i].kept));
        }
        *due = kept;
        return STATUS_OK;
    }
    if (tally->earning >= order->earning_count) return STATUS_CORRUPT;
    const struct earning *earning = &order->earnings[tally->earning];
    return amount_multiply_divide(tally->amount, earning->kept, earning->granted, ROUNDING_DOWN,
                                  due);
}

static enum status give_back_tallies(struct working *working, struct state *member,
                                     struct state *state)
{
    for (uint32_t i = 0; i < state->order->tally_count; i++) {
        struct order_tally tally = state->order->tallies[i];
        int64_t due;
        int64_t back;
        TRY(take_back_tally_due(state->order, &tally, &due));
        TRY(amount_subtract(tally.left, due, &back));
        if (back == 0) continue;
        struct state *keeper = tally.is_in_all ? find_keeper(working, &tally) : member;
        uint32_t owner = tally.is_in_all ? 0 : member_owner_of(member, state->order->member);
        TRY(window_give_back(working, keeper, tally.symbol, tally.day, owner, back));
        TRY(emit(working, state,
                 (struct effect){.kind = EFFECT_ORDER_TALLY_RETURNED, .index = i, .amount = back}));
    }
    return STATUS_OK;
}

/* True if no earlier piece is of the same order. */
static bool is_first_of_order(const struct piece *pieces, uint32_t index)
{
    for (uint32_t i = 0; i < index; i++) {
        if (pieces[i].order == pieces[index].order) return false;
    }
    return true;
}

enum status take_back_pieces(struct working *working, struct state *member,
                             const struct piece *pieces, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (!is_first_of_order(pieces, i)) continue;
        TRY(give_back_spends(working, member, pieces[i].order, pieces, count));
    }
    for (uint32_t i = 0; i < count; i++)
        TRY(return_piece(working, member, &pieces[i]));
    for (uint32_t i = 0; i < count; i++) {
        if (!is_first_of_order(pieces, i)) continue;
        TRY(give_back_tallies(working, member, pieces[i].order));
    }
    return count == 0 || member == NULL ? STATUS_OK : tiers_re_evaluate(working, member);
}

enum status take_back_money(struct working *working, struct state *member, struct state *state)
{
    if (member == NULL) return STATUS_OK;
    for (uint32_t i = 0; i < state->order->earning_count; i++) {
        TRY(keep_less(working, member, state, i));
    }
    TRY(give_back_tallies(working, member, state));
    return tiers_re_evaluate(working, member);
}
