/* Purchase and join.
 *
 *   order from the event -> settle -> rewards and points redeemed in it -> what they take off it
 *                        -> rules -> counters and tiers
 *                        -> the order's state, with all that a return will need
 *
 * purchase_by_member is this way; a cart that is confirmed, a guest's order that is claimed and a
 * trial of what an edited order would earn go it too.
 *
 * Amounts of the whole order (discount, points paid) are shared over its lines by what they
 * come to, each share being the difference of two rounded running sums, so that the shares sum
 * to the whole to the cent.
 */
#include "engine/purchase.h"

#include "engine/cart.h"
#include "engine/counters.h"
#include "engine/earn.h"
#include "engine/evaluation.h"
#include "engine/lots.h"
#include "engine/membership.h"
#include "engine/offline.h"
#include "engine/redeems.h"
#include "engine/savepoint.h"
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

bool purchase_is_valid(const struct working *working)
{
    const struct program *program = working->program;
    const struct event *event = working->event;
    if (text_is_empty(event->order) || !redeems_are_valid(event)) return false;
    if (event->promise_count > 0 && !offline_is_valid(working)) return false;
    if (event->item_count == 0 || event->item_count > EVENT_ITEM_MAXIMUM) return false;
    if (event->currency >= program->currency_count) return false;
    if (event->discount < 0 || event->shipping < 0 || event->paid_with_points < 0) return false;
    for (uint32_t i = 0; i < event->item_count; i++) {
        if (!item_is_valid(&event->items[i])) return false;
    }
    return true;
}

/* Takes a share of `total` off each line. */
static enum status take_off_lines(struct working *working, struct order *order, int64_t total)
{
    if (total == 0) return STATUS_OK;
    int64_t *shares =
        arena_allocate(&working->states->arena, order->line_count * sizeof(int64_t) + 1);
    if (shares == NULL) return STATUS_NO_MEMORY;
    TRY(share_over_lines(order, total, shares));
    for (uint32_t i = 0; i < order->line_count; i++) {
        TRY(amount_decrease(&order->lines[i].adjustment, shares[i]));
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

enum status order_from_event(struct working *working, struct text holder, struct order *order)
{
    const struct program *program = working->program;
    const struct event *event = working->event;
    *order = (struct order){.milestones = order->milestones,
                            .milestone_count = order->milestone_count,
                            .member = holder,
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
    if (program->eligible.discounts_subtracted) {
        TRY(take_off_lines(working, order, event->discount));
    }
    if (!program->eligible.paid_with_points_included) {
        TRY(take_off_lines(working, order, event->paid_with_points));
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

enum status purchase_open_member(struct working *working, struct state *member)
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
    TRY(purchase_open_member(working, member));
    TRY(membership_note_fields(working, member));
    TRY(tiers_note_held(working, member));
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

static void note_levels(const struct working *working, struct order *order)
{
    order->level_count = working->program->tier_set_count;
    for (uint32_t i = 0; i < order->level_count; i++) {
        uint32_t level = working->levels_before[i];
        order->levels[i] = level == PROGRAM_NONE ? 0 : (uint8_t)(level + 1);
    }
}

enum status purchase_earn(struct working *working, struct state *member, struct order *order)
{
    const struct line_choice all = {.all = true};
    int64_t eligible;
    TRY(order_measure(order, &all, MEASURE_ELIGIBLE, true, &eligible));
    working->decision->eligible = eligible;
    evaluation_see_order(working, order);
    TRY(earn_renew_expiry(working, member, TRIGGER_PURCHASE));
    TRY(earn_by_rules(working, member, TRIGGER_PURCHASE, order, eligible, true));
    if (working->event->promise_count > 0) TRY(offline_grant(working, member, order));
    return counters_count(working, member, TRIGGER_PURCHASE, order, eligible);
}

enum status purchase_by_member(struct working *working, const struct order *quote,
                               struct order *order, struct state **buyer)
{
    const struct event *event = working->event;
    struct state *member = find_state(working, ENTITY_MEMBER, event->member);
    if (member == NULL) return STATUS_CORRUPT;
    bool is_new = !member_exists(member);
    if (is_new && working->program->refuses_unknown_members) {
        return refuse(working, ANSWER_UNKNOWN_MEMBER);
    }
    if (!is_new) {
        member = find_member(working, event->member);
        if (member == NULL) return STATUS_CORRUPT;
        TRY(settle_member(working, member, working->now_us));
    }
    TRY(order_from_event(working, member->key.id, order));
    if (is_new && event->redeem_count > 0 && quote == NULL && event->promise_count == 0) {
        return refuse(working, ANSWER_UNKNOWN_MEMBER);
    }
    if (is_new) TRY(purchase_open_member(working, member));
    TRY(tiers_note_held(working, member));
    if (quote != NULL) TRY(evaluation_see_unheld(working, quote));
    note_tier_before(working);
    note_levels(working, order);
    TRY(redeems_take(working, member, quote, order));
    if (IS_REFUSED(working)) return STATUS_OK;
    TRY(redeems_discount(working, quote, order));
    *buyer = member;
    return purchase_earn(working, member, order);
}

enum status purchase_finish(struct working *working, struct state *member)
{
    if (working->occurred_at_us < working->now_us) {
        /* What a late purchase earned may be due, or over, already. */
        TRY(settle_member(working, member, working->now_us));
    }
    return working->program->has_returns_within ? lots_tidy(working, member) : STATUS_OK;
}

/* Nobody earns anything yet; the cart is kept, so that it can be claimed. */
enum status purchase_by_guest(struct working *working, struct order *order)
{
    const struct line_choice all = {.all = true};
    if (working->event->redeem_count > 0) return refuse(working, ANSWER_UNKNOWN_MEMBER);
    TRY(order_from_event(working, (struct text){"", 0}, order));
    order->status = ORDER_GUEST;
    TRY(cart_keep(working, order));
    return order_measure(order, &all, MEASURE_ELIGIBLE, true, &working->decision->eligible);
}

/* All of it or nothing: with several redemptions the last one may be refused. */
static enum status purchase_whole(struct working *working, struct order *order,
                                  struct state **buyer)
{
    struct savepoint before;
    if (working->event->redeem_count <= 1) {
        return purchase_by_member(working, NULL, order, buyer);
    }
    TRY(savepoint_open(working, &before));
    TRY(purchase_by_member(working, NULL, order, buyer));
    if (!IS_REFUSED(working)) return STATUS_OK;
    enum answer answer = working->decision->answer;
    TRY(savepoint_rollback(working, &before));
    return refuse(working, answer);
}

enum status decide_purchase(struct working *working)
{
    const struct event *event = working->event;
    struct order order = {0};
    struct text bytes;
    struct state *member = NULL;
    if (!purchase_is_valid(working)) return refuse(working, ANSWER_INVALID_EVENT);
    struct state *state = find_state(working, ENTITY_ORDER, event->order);
    if (state == NULL) return STATUS_CORRUPT;
    if (state->size > 0) return refuse(working, ANSWER_ALREADY_EXISTS);
    if (text_is_empty(event->member)) {
        TRY(purchase_by_guest(working, &order));
    } else {
        TRY(purchase_whole(working, &order, &member));
    }
    if (IS_REFUSED(working)) return STATUS_OK;
    TRY(order_encode(&working->states->arena, &order, &bytes));
    TRY(emit(working, state, (struct effect){.kind = EFFECT_ORDER_OPENED, .payload = bytes}));
    return member == NULL ? STATUS_OK : purchase_finish(working, member);
}
