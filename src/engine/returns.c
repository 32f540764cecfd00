/* Which units of which orders a return means, and milestones. What then happens is in take_back.c.
 */
#include "engine/returns.h"

#include "engine/lots.h"
#include "engine/pages.h"
#include "engine/reversal.h"
#include "engine/settle.h"
#include "engine/take_back.h"

struct piece_list {
    struct piece *items;
    uint32_t count;
    uint32_t capacity;
};

#define PIECE_MAXIMUM 100000u

static enum status add_units(struct working *working, struct piece_list *list, struct state *order,
                             uint32_t line, int64_t units)
{
    TRY(array_reserve(&working->states->arena, &list->items, list->count, &list->capacity,
                      sizeof(struct piece), PIECE_MAXIMUM));
    list->items[list->count++] = (struct piece){order, line, units};
    return STATUS_OK;
}

/* Units of a line that no piece has taken yet. */
static int64_t units_left(const struct piece_list *list, const struct state *order, uint32_t line)
{
    int64_t units = line_left(&order->order->lines[line]);
    for (uint32_t i = 0; i < list->count; i++) {
        if (list->items[i].order == order && list->items[i].line == line) {
            units -= list->items[i].units;
        }
    }
    return units;
}

/* The shipping goes back with the last unit of the order. */
static enum status add_shipping(struct working *working, struct piece_list *list,
                                struct state *order)
{
    uint32_t last = order->order->line_count - 1;
    if ((order->order->lines[last].flags & LINE_SHIPPING) == 0) return STATUS_OK;
    for (uint32_t i = 0; i < last; i++) {
        if (units_left(list, order, i) > 0) return STATUS_OK;
    }
    if (units_left(list, order, last) <= 0) return STATUS_OK;
    return add_units(working, list, order, last, 1);
}

static enum status add_piece(struct working *working, struct piece_list *list, struct state *order,
                             uint32_t line, int64_t units)
{
    TRY(add_units(working, list, order, line, units));
    return add_shipping(working, list, order);
}

/* True if the order was bought too long ago for a return at the event's time. */
static enum status is_period_over(const struct working *working, const struct order *order,
                                  bool *is_over)
{
    *is_over = false;
    if (!working->program->has_returns_within) return STATUS_OK;
    int64_t until_us;
    TRY(instant_add_span(working->program->zone, order->occurred_at_us,
                         working->program->returns_within, &until_us));
    *is_over = working->occurred_at_us > until_us;
    return STATUS_OK;
}

/* ---- by order ---- */

/* The number of the line with that item id; lines without ids are named by their number from 1. */
static bool find_line(const struct order *order, struct text item, uint32_t *line)
{
    struct decimal number;
    for (uint32_t i = 0; i < order->line_count; i++) {
        const struct order_line *candidate = &order->lines[i];
        if ((candidate->flags & LINE_SHIPPING) != 0) continue;
        if (!text_is_empty(candidate->item) && text_equal(candidate->item, item)) {
            *line = i;
            return true;
        }
    }
    if (decimal_parse(item, &number) != STATUS_OK || number.scale != 0) return false;
    if (number.coefficient < 1 || number.coefficient > (int64_t)order->line_count) return false;
    const struct order_line *numbered = &order->lines[number.coefficient - 1];
    if (!text_is_empty(numbered->item) || (numbered->flags & LINE_SHIPPING) != 0) return false;
    *line = (uint32_t)(number.coefficient - 1);
    return true;
}

static enum status pieces_of_order(struct working *working, struct state *state,
                                   struct piece_list *list)
{
    const struct event *event = working->event;
    const struct order *order = state->order;
    if (event->return_count == 0) {
        for (uint32_t i = 0; i < order->line_count; i++) {
            int64_t units = units_left(list, state, i);
            if (units > 0) TRY(add_piece(working, list, state, i, units));
        }
        return list->count == 0 ? refuse(working, ANSWER_RETURN_EXCEEDS) : STATUS_OK;
    }
    for (uint32_t k = 0; k < event->return_count; k++) {
        const struct returned *returned = &event->returns[k];
        uint32_t line;
        if (!find_line(order, returned->item, &line)) {
            return refuse(working, ANSWER_UNKNOWN_ITEM);
        }
        if (returned->quantity < 1) return refuse(working, ANSWER_INVALID_AMOUNT);
        if (returned->quantity > units_left(list, state, line)) {
            return refuse(working, ANSWER_RETURN_EXCEEDS);
        }
        TRY(add_piece(working, list, state, line, returned->quantity));
    }
    return STATUS_OK;
}

/* A part of the money of what is left goes back, and no goods: each line's share of it. */
static enum status refund_money(struct working *working, struct state *member, struct state *state)
{
    const struct order *order = state->order;
    int64_t amount = working->event->amount;
    int64_t whole = 0;
    int64_t running = 0;
    int64_t shared = 0;
    if (amount < 0) return refuse(working, ANSWER_INVALID_AMOUNT);
    for (uint32_t i = 0; i < order->line_count; i++) {
        int64_t left;
        TRY(line_money_left(order, &order->lines[i], &left));
        TRY(amount_increase(&whole, left));
    }
    if (amount > whole) return refuse(working, ANSWER_RETURN_EXCEEDS);
    TRY(take_back_note_eligible(working, state->order, false));
    for (uint32_t i = 0; i < state->order->line_count; i++) {
        int64_t left;
        int64_t upto;
        int64_t share;
        TRY(line_money_left(state->order, &state->order->lines[i], &left));
        TRY(amount_increase(&running, left));
        TRY(amount_multiply_divide(amount, running, whole, ROUNDING_HALF_UP, &upto));
        TRY(amount_subtract(upto, shared, &share));
        shared = upto;
        if (share == 0) continue;
        TRY(emit(working, state,
                 (struct effect){.kind = EFFECT_LINE_REFUNDED, .index = i, .amount = share}));
    }
    TRY(take_back_note_eligible(working, state->order, true));
    return take_back_money(working, member, state);
}

static enum status return_from(struct working *working, struct state *member, struct state *state)
{
    struct piece_list list = {0};
    if (working->event->amount != 0 && working->event->return_count == 0) {
        return refund_money(working, member, state);
    }
    TRY(pieces_of_order(working, state, &list));
    if (IS_REFUSED(working)) return STATUS_OK;
    return take_back_pieces(working, member, list.items, list.count);
}

enum status order_of_event(struct working *working, struct state **order, struct state **member)
{
    struct state *state = find_state(working, ENTITY_ORDER, working->event->order);
    *order = state;
    *member = NULL;
    if (state == NULL || state->size == 0) return refuse(working, ANSWER_UNKNOWN_ORDER);
    TRY(order_open(working->states, state));
    if (state->order->status == ORDER_OPEN) return refuse(working, ANSWER_ORDER_OPEN);
    if (state->order->status == ORDER_CANCELLED) return refuse(working, ANSWER_ORDER_CANCELLED);
    if (text_is_empty(state->order->member)) return STATUS_OK;
    *member = find_member(working, state->order->member);
    if (*member == NULL) return STATUS_CORRUPT;
    return settle_member(working, *member, working->now_us);
}

enum status decide_return(struct working *working)
{
    struct state *state;
    struct state *member;
    if (working->event->return_count > EVENT_ITEM_MAXIMUM) {
        return refuse(working, ANSWER_INVALID_EVENT);
    }
    TRY(order_of_event(working, &state, &member));
    if (IS_REFUSED(working)) return STATUS_OK;
    bool is_over;
    TRY(is_period_over(working, state->order, &is_over));
    if (is_over) return refuse(working, ANSWER_RETURN_PERIOD_OVER);
    if (text_is_empty(working->event->id)) return return_from(working, member, state);
    struct reversal_log log;
    TRY(reversal_begin(working, state, &log));
    if (IS_REFUSED(working)) return STATUS_OK;
    TRY(return_from(working, member, state));
    working->reversals = NULL;
    return IS_REFUSED(working) ? STATUS_OK : reversal_keep(working, state, member, &log);
}

enum status return_what_is_left(struct working *working, struct state *state)
{
    struct piece_list list = {0};
    struct state *member = NULL;
    if (!text_is_empty(state->order->member)) {
        member = find_member(working, state->order->member);
        if (member == NULL) return STATUS_CORRUPT;
    }
    for (uint32_t i = 0; i < state->order->line_count; i++) {
        int64_t units = units_left(&list, state, i);
        if (units > 0) TRY(add_piece(working, &list, state, i, units));
    }
    return take_back_pieces(working, member, list.items, list.count);
}

/* ---- by member and sku ---- */

/* The loaded orders, the latest purchase first. */
static enum status loaded_orders(struct working *working, struct state ***orders, uint32_t *count)
{
    struct states *states = working->states;
    struct state **list =
        arena_allocate(&states->arena, (states->count + 1) * sizeof(struct state *));
    uint32_t found = 0;
    if (list == NULL) return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < states->count; i++) {
        struct state *state = &states->list[i];
        bool is_over;
        if (state->key.kind != ENTITY_ORDER || state->size == 0) continue;
        TRY(order_open(states, state));
        if (state->order->status == ORDER_OPEN || state->order->status == ORDER_GUEST) continue;
        TRY(is_period_over(working, state->order, &is_over));
        if (is_over) continue;
        uint32_t place = found++;
        while (place > 0 && list[place - 1]->order->position < state->order->position) {
            list[place] = list[place - 1];
            place--;
        }
        list[place] = state;
    }
    *orders = list;
    *count = found;
    return STATUS_OK;
}

static enum status match_sku(struct working *working, struct state **orders, uint32_t order_count,
                             const struct returned *returned, struct piece_list *list)
{
    int64_t wanted = returned->quantity;
    for (uint32_t i = 0; i < order_count && wanted > 0; i++) {
        const struct order *order = orders[i]->order;
        for (uint32_t k = order->line_count; k > 0 && wanted > 0; k--) {
            const struct order_line *line = &order->lines[k - 1];
            if ((line->flags & LINE_SHIPPING) != 0 || line_left(line) <= 0) continue;
            if (!text_equal(line->sku, returned->sku)) continue;
            int64_t units = units_left(list, orders[i], k - 1);
            if (units > wanted) units = wanted;
            if (units <= 0) continue;
            TRY(add_piece(working, list, orders[i], k - 1, units));
            wanted -= units;
        }
    }
    working->decision->units_matched += returned->quantity - wanted;
    working->decision->units_unmatched += wanted;
    return STATUS_OK;
}

enum status decide_return_by_sku(struct working *working)
{
    const struct event *event = working->event;
    struct piece_list list = {0};
    struct state **orders;
    uint32_t order_count;
    if (event->return_count == 0 || event->return_count > EVENT_ITEM_MAXIMUM) {
        return refuse(working, ANSWER_INVALID_EVENT);
    }
    for (uint32_t i = 0; i < event->return_count; i++) {
        if (event->returns[i].quantity < 1 || event->returns[i].quantity > EVENT_QUANTITY_MAXIMUM) {
            return refuse(working, ANSWER_INVALID_AMOUNT);
        }
    }
    struct state *member = find_member(working, event->member);
    if (member == NULL) return refuse(working, ANSWER_UNKNOWN_MEMBER);
    TRY(settle_member(working, member, working->now_us));
    TRY(loaded_orders(working, &orders, &order_count));
    for (uint32_t i = 0; i < event->return_count; i++) {
        TRY(match_sku(working, orders, order_count, &event->returns[i], &list));
    }
    return take_back_pieces(working, member, list.items, list.count);
}

/* ---- milestones ---- */

enum status release_earning(struct working *working, struct state *member, uint32_t wallet,
                            uint64_t earning)
{
    TRY(pages_recall_earning(working, member, wallet, ACCOUNT_PENDING, earning));
    const struct lot *lots = member_lots(member);
    for (uint32_t c = 0; c < member_count(member, SECTION_CLASSES); c++) {
        struct lot_class lot_class = member_classes(member)[c];
        for (uint32_t k = 0; k < lot_class.lots; k++) {
            if (lot_class.account != ACCOUNT_PENDING || lots[k].earning != earning) continue;
            /* Past its end it expires now: it never was there to be spent or to pay debt. */
            int64_t ends_at_us = member_class_expiry(member, &lot_class);
            bool is_over = ends_at_us <= working->now_us;
            TRY(emit(
                working, member,
                (struct effect){.kind = EFFECT_LOT_MOVED,
                                .symbol = wallet,
                                .from = ACCOUNT_PENDING,
                                .to = is_over ? ACCOUNT_EXPIRED : ACCOUNT_AVAILABLE,
                                .index = c,
                                .lot = k,
                                .earning = earning,
                                .amount = lots[k].remaining,
                                .at_us = working->now_us,
                                .expires_at_us = is_over ? ends_at_us : lot_class.expires_at_us}));
            return lots_pay_debt(working, member, wallet, working->now_us);
        }
        lots += lot_class.lots;
    }
    return STATUS_OK;
}

enum status decide_milestone(struct working *working)
{
    const struct event *event = working->event;
    struct state *state;
    struct state *member;
    state = find_state(working, ENTITY_ORDER, event->order);
    if (state == NULL || state->size == 0) return refuse(working, ANSWER_UNKNOWN_ORDER);
    if (text_is_empty(event->milestone)) return refuse(working, ANSWER_INVALID_EVENT);
    TRY(order_of_event(working, &state, &member));
    if (IS_REFUSED(working)) return STATUS_OK;
    if (!order_has_reached(state->order, event->milestone) &&
        state->order->milestone_count < ORDER_MILESTONE_MAXIMUM) {
        TRY(emit(working, state,
                 (struct effect){.kind = EFFECT_MILESTONE_REACHED, .payload = event->milestone}));
    }
    for (uint32_t i = 0; i < state->order->earning_count; i++) {
        const struct earning *earning = &state->order->earnings[i];
        if (!text_equal(earning->until, event->milestone)) continue;
        TRY(release_earning(working, member, earning->wallet,
                            earning_id(state->order->position, earning->number)));
    }
    return STATUS_OK;
}
