/* Counting an event. Conditions see the tier held before it, like the rules. */
#include "engine/counters.h"

#include "engine/condition.h"
#include "engine/earn.h"
#include "engine/evaluation.h"
#include "engine/tiers.h"
#include "engine/window.h"

/* The lines that a counter sums: all, or those whose items its condition chooses. */
static enum status choose_lines(struct working *working, const struct counter *counter,
                                const struct order *order, struct line_choice *choice)
{
    *choice = (struct line_choice){.all = true};
    if (!condition_chooses_items(&counter->condition)) return STATUS_OK;
    choice->all = false;
    choice->lines = arena_allocate(&working->states->arena, order->line_count * sizeof(uint32_t));
    if (choice->lines == NULL) return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < working->event->item_count && i < order->line_count; i++) {
        if (condition_item(working, &counter->condition, i)) {
            choice->lines[choice->count++] = i;
        }
    }
    return STATUS_OK;
}

/* What the order's earnings gave in a wallet. */
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

/* What the counter's expression comes to, over the event or over its chosen items; what cannot be
 * computed counts nothing. */
static enum status sum_expression(const struct working *working, const struct counter *counter,
                                  const struct line_choice *choice, uint32_t item_count,
                                  int64_t *sum)
{
    struct computed_unit unit = {.rounding = ROUNDING_HALF_UP, .currency = counter->currency};
    int64_t total = 0;
    int64_t part;
    int32_t more;
    if (counter->currency != PROGRAM_NONE) {
        unit.decimals = working->program->currencies[counter->currency].decimals;
    }
    uint32_t count = counter->each_item ? choice_count(choice, item_count) : 1;
    for (uint32_t k = 0; k < count; k++) {
        uint32_t item = counter->each_item ? choice_line(choice, k) : NO_ITEM;
        if (!evaluation_number(working, counter->sum, item, &unit, &part, &more)) continue;
        TRY(amount_increase(&total, part));
    }
    *sum = total;
    return STATUS_OK;
}

static enum status measure_counter(struct working *working, const struct counter *counter,
                                   const struct order *order, struct order_tally *tally)
{
    TRY(choose_lines(working, counter, order, &tally->choice));
    if (!tally->choice.all && tally->choice.count == 0) return STATUS_OK;
    if (counter->measure == MEASURE_EVENTS) {
        tally->kind = ORDER_TALLY_ONCE;
        tally->amount = 1;
        return STATUS_OK;
    }
    if (counter->measure == MEASURE_EARNED) {
        tally->kind = ORDER_TALLY_POINTS;
        tally->earning = UINT32_MAX;
        tally->wallet = working->program->wallets[counter->wallet].symbol;
        return earned_in(order, tally->wallet, &tally->amount);
    }
    if (counter->measure == MEASURE_EXPRESSION) {
        tally->kind = ORDER_TALLY_SHARE;
        tally->measure = MEASURE_ELIGIBLE;
        return sum_expression(working, counter, &tally->choice, working->event->item_count,
                              &tally->amount);
    }
    bool is_money = counter->measure != MEASURE_QUANTITY;
    if (is_money && counter->currency != PROGRAM_NONE &&
        counter->currency != working->event->currency) {
        return STATUS_OK;
    }
    tally->kind = ORDER_TALLY_SUM;
    tally->measure = counter->measure;
    return order_measure(order, &tally->choice, counter->measure, true, &tally->amount);
}

enum status counters_count(struct working *working, struct state *member, enum trigger trigger,
                           struct order *order, int64_t order_eligible)
{
    const struct program *program = working->program;
    struct occasion occasion = {.member = member, .order = order, .order_eligible = order_eligible};
    for (uint32_t i = 0; i < program->counter_count; i++) {
        const struct counter *counter = &program->counters[i];
        if (!working_is_trigger(working, counter->on, counter->event, trigger)) continue;
        if (condition_try(working, &counter->condition, &occasion) != CONDITION_HOLDS) continue;
        int32_t joined_day = member_joined_day(working, member, &counter->window);
        struct order_tally tally = {.symbol = counter->symbol};
        TRY(measure_counter(working, counter, order, &tally));
        if (tally.amount != 0) {
            tally.left = tally.amount;
            tally.day = window_bucket(working, &counter->window, working->occurred_day, joined_day);
            TRY(window_add(working, member, counter->symbol, &counter->window,
                           working->occurred_day, joined_day, tiers_oldest_day(working, member, i),
                           tally.amount));
            TRY(order_note_tally(working, order, &tally));
        }
        TRY(tiers_measure(working, member, i, working->occurred_day));
    }
    return STATUS_OK;
}
