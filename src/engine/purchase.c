/* Purchase and join.
 *
 *   order from the event -> settle -> points redeemed in it -> rules -> counters and tiers
 *                        -> the order's state, with all that a return will need
 *
 * Amounts of the whole order (discount, points paid) are shared over its lines by what they
 * come to, each share being the difference of two rounded running sums, so that the shares sum
 * to the whole to the cent.
 */
#include "engine/purchase.h"

#include "engine/counters.h"
#include "engine/earn.h"
#include "engine/hold.h"
#include "engine/lots.h"
#include "engine/membership.h"
#include "engine/settle.h"
#include "engine/tiers.h"

#define UNIT_PRICE_DECIMALS_MAXIMUM 6

/* ---- the order from the event ---- */

static bool item_is_valid(const struct item *item)
{
    return item->id.length <= EVENT_ID_MAXIMUM && item->sku.length <= EVENT_SKU_MAXIMUM &&
           item->name.length <= EVENT_NAME_MAXIMUM && item->category.length <= EVENT_SKU_MAXIMUM &&
           item->type.length <= EVENT_SKU_MAXIMUM && item->quantity <= EVENT_QUANTITY_MAXIMUM &&
           item->quantity >= -EVENT_QUANTITY_MAXIMUM && item->unit_price.scale >= 0 &&
           item->unit_price.scale <= UNIT_PRICE_DECIMALS_MAXIMUM && item->discount >= 0;
}

static bool purchase_is_valid(const struct program *program, const struct event *event)
{
    if (text_is_empty(event->order) || text_is_empty(event->member)) return false;
    if (event->item_count == 0 || event->item_count > EVENT_ITEM_MAXIMUM) return false;
    if (event->currency >= program->currency_count) return false;
    if (event->discount < 0 || event->shipping < 0 || event->paid_with_points < 0) return false;
    for (uint32_t i = 0; i < event->item_count; i++) {
        if (!item_is_valid(&event->items[i])) return false;
    }
    return true;
}

/* Shares `total` over the lines by their subtotals, and subtracts each share from its line. */
static enum status share_over_lines(struct order *order, int64_t total)
{
    int64_t whole = 0;
    int64_t running = 0;
    int64_t shared = 0;
    if (total == 0) return STATUS_OK;
    for (uint32_t pass = 0; pass < 2; pass++) {
        for (uint32_t i = 0; i < order->line_count; i++) {
            struct order_line *line = &order->lines[i];
            int64_t subtotal;
            int64_t upto;
            int64_t share;
            TRY(line_measure(order, line, MEASURE_SUBTOTAL, line->quantity, &subtotal));
            subtotal = amount_positive(subtotal);
            if (pass == 0) {
                TRY(amount_increase(&whole, subtotal));
                continue;
            }
            if (whole == 0) return STATUS_OK;
            TRY(amount_increase(&running, subtotal));
            TRY(amount_multiply_divide(total, running, whole, ROUNDING_HALF_UP, &upto));
            TRY(amount_subtract(upto, shared, &share));
            TRY(amount_decrease(&line->adjustment, share));
            shared = upto;
        }
    }
    return STATUS_OK;
}

static enum status fill_line(const struct working *working, const struct item *item,
                             struct order_line *line)
{
    const struct eligible *eligible = &working->program->eligible;
    *line = (struct order_line){.sku = item->sku,
                                .item = item->id,
                                .quantity = item->quantity,
                                .unit_price = item->unit_price};
    if (eligible->discounts_subtracted) TRY(amount_decrease(&line->adjustment, item->discount));
    if (eligible->tax_included && !working->event->tax_is_in_prices) {
        TRY(amount_increase(&line->adjustment, item->tax));
    }
    if (!eligible->tax_included && working->event->tax_is_in_prices) {
        TRY(amount_decrease(&line->adjustment, item->tax));
    }
    if (!eligible->gift_cards_included && text_equal(item->type, TEXT("gift_card"))) {
        line->flags |= LINE_EXCLUDED;
    }
    return STATUS_OK;
}

/* `holder`: who has the member's things now. What happens after a merge stays with it. */
static enum status order_from_event(struct working *working, struct text holder,
                                    struct order *order)
{
    const struct program *program = working->program;
    const struct event *event = working->event;
    *order = (struct order){.member = holder,
                            .sequence = 1,
                            .position = event->position,
                            .last_position = event->position,
                            .occurred_at_us = working->occurred_at_us,
                            .recorded_at_us = working->now_us,
                            .program_version = program->version,
                            .currency = event->currency,
                            .currency_decimals = program->currencies[event->currency].decimals,
                            .line_count = event->item_count};
    bool has_shipping = program->eligible.shipping_included && event->shipping > 0;
    order->lines = arena_allocate(&working->states->arena,
                                  ((size_t)event->item_count + 1) * sizeof(struct order_line));
    if (order->lines == NULL) return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < event->item_count; i++) {
        TRY(fill_line(working, &event->items[i], &order->lines[i]));
    }
    if (program->eligible.discounts_subtracted) TRY(share_over_lines(order, event->discount));
    if (!program->eligible.paid_with_points_included) {
        TRY(share_over_lines(order, event->paid_with_points));
    }
    if (has_shipping) {
        order->lines[order->line_count++] =
            (struct order_line){.sku = {"", 0},
                                .item = {"", 0},
                                .quantity = 1,
                                .unit_price = {event->shipping, order->currency_decimals},
                                .flags = LINE_SHIPPING};
    }
    return STATUS_OK;
}

/* ---- members ---- */

static void note_tier_before(const struct working *working)
{
    working->decision->tier_before =
        working->program->tier_set_count == 0 ? PROGRAM_NONE : working->levels_before[0];
}

static enum status open_member(struct working *working, struct state *member)
{
    TRY(emit(working, member,
             (struct effect){.kind = EFFECT_MEMBER_JOINED, .at_us = working->occurred_at_us}));
    return tiers_enter(working, member);
}

enum status decide_join(struct working *working)
{
    const struct event *event = working->event;
    if (text_is_empty(event->member)) return refuse(working, ANSWER_INVALID_EVENT);
    struct state *member = find_state(working, ENTITY_MEMBER, event->member);
    if (member == NULL) return STATUS_CORRUPT;
    if (member_exists(member)) return refuse(working, ANSWER_ALREADY_EXISTS);
    TRY(open_member(working, member));
    TRY(membership_note_fields(working, member));
    tiers_note_held(working, member);
    note_tier_before(working);
    TRY(earn_renew_expiry(working, member, TRIGGER_JOIN));
    /* Rules on joining give fixed amounts; one line of nothing is what they are tried on. */
    struct order_line line = {.sku = {"", 0}, .item = {"", 0}, .quantity = 1};
    struct order order = {.lines = &line, .line_count = 1};
    TRY(earn_by_rules(working, member, TRIGGER_JOIN, &order, 0, false));
    TRY(counters_count(working, member, TRIGGER_JOIN, &order, 0));
    return settle_member(working, member, working->now_us);
}

/* ---- purchase ---- */

static enum status redeem_in_order(struct working *working, struct state *member,
                                   struct order *order)
{
    const struct event *event = working->event;
    if (text_is_empty(event->reward) && text_is_empty(event->wallet)) return STATUS_OK;
    TRY(redeem_check(working, member, &order->spend));
    if (IS_REFUSED(working)) return STATUS_OK;
    const struct reward *reward = reward_of_symbol(working->program, order->spend.reward);
    int64_t eligible;
    TRY(order_measure(order, &(struct line_choice){.all = true}, MEASURE_ELIGIBLE, true,
                      &eligible));
    if (reward != NULL && reward->order_at_least > 0 &&
        (reward->order_at_least_currency != event->currency || eligible < reward->order_at_least)) {
        return refuse(working, ANSWER_NEEDS_NOT_MET);
    }
    TRY(lots_spend(working, member, order->spend.wallet, order->spend.amount, ACCOUNT_REDEEMED,
                   working->now_us, &order->spend));
    return reward_use(working, member, order->spend.reward, working->occurred_day);
}

static enum status record_order(struct working *working, struct state *state,
                                const struct order *order)
{
    struct text bytes;
    TRY(order_encode(&working->states->arena, order, &bytes));
    return emit(working, state, (struct effect){.kind = EFFECT_ORDER_OPENED, .payload = bytes});
}

enum status decide_purchase(struct working *working)
{
    const struct event *event = working->event;
    struct order order;
    if (!purchase_is_valid(working->program, event)) {
        return refuse(working, ANSWER_INVALID_EVENT);
    }
    struct state *order_state = find_state(working, ENTITY_ORDER, event->order);
    struct state *member = find_state(working, ENTITY_MEMBER, event->member);
    if (order_state == NULL || member == NULL) return STATUS_CORRUPT;
    if (order_state->size > 0) return refuse(working, ANSWER_ALREADY_EXISTS);
    bool is_new = !member_exists(member);
    if (is_new && working->program->refuses_unknown_members) {
        return refuse(working, ANSWER_UNKNOWN_MEMBER);
    }
    if (!is_new) {
        member = find_member(working, event->member);
        if (member == NULL) return STATUS_CORRUPT;
        TRY(settle_member(working, member, working->now_us));
    }
    TRY(order_from_event(working, member->key.id, &order));
    if (is_new && !(text_is_empty(event->reward) && text_is_empty(event->wallet))) {
        return refuse(working, ANSWER_UNKNOWN_MEMBER);
    }
    if (is_new) TRY(open_member(working, member));
    tiers_note_held(working, member);
    note_tier_before(working);
    TRY(redeem_in_order(working, member, &order));
    if (IS_REFUSED(working)) return STATUS_OK;
    int64_t eligible;
    TRY(order_measure(&order, &(struct line_choice){.all = true}, MEASURE_ELIGIBLE, true,
                      &eligible));
    working->decision->eligible = eligible;
    TRY(earn_renew_expiry(working, member, TRIGGER_PURCHASE));
    TRY(earn_by_rules(working, member, TRIGGER_PURCHASE, &order, eligible, true));
    TRY(counters_count(working, member, TRIGGER_PURCHASE, &order, eligible));
    TRY(record_order(working, order_state, &order));
    if (working->occurred_at_us < working->now_us) {
        /* What a late purchase earned may be due, or over, already. */
        TRY(settle_member(working, member, working->now_us));
    }
    if (working->program->has_returns_within) TRY(lots_tidy(working, member));
    return STATUS_OK;
}
