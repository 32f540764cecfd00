/* Claims: once, within the programme's time.
 *
 * The cart is decided as the purchase that it was, at the time when it was, by the programme that
 * the caller gives; then what has gone back since goes back again, this time from a member: so the
 * claimed order is what it would be had the member been known from the start. Its lots lead to the
 * claim. Returns of before can no longer be undone.
 */
#include "engine/claim.h"

#include "engine/cart.h"
#include "engine/purchase.h"
#include "engine/take_back.h"

static enum status check_claim(struct working *working, const struct state *state)
{
    const struct program *program = working->program;
    int64_t until_us;
    if (text_is_empty(working->event->member)) return refuse(working, ANSWER_INVALID_EVENT);
    if (state == NULL || state->size == 0) return refuse(working, ANSWER_UNKNOWN_ORDER);
    switch (state->order->status) {
    case ORDER_OPEN:
        return refuse(working, ANSWER_ORDER_OPEN);
    case ORDER_CANCELLED:
        return refuse(working, ANSWER_ORDER_CANCELLED);
    case ORDER_CONFIRMED:
    case ORDER_CLAIMED:
        return refuse(working, ANSWER_ALREADY_CLAIMED);
    case ORDER_GUEST:
    default:
        break;
    }
    TRY(instant_add_span(program->zone, state->order->occurred_at_us, program->claims_within,
                         &until_us));
    return working->occurred_at_us > until_us ? refuse(working, ANSWER_CLAIM_PERIOD_OVER)
                                              : STATUS_OK;
}

/* What has gone back since, goes back from the member. */
static enum status return_again(struct working *working, struct state *member, struct state *state,
                                const struct order *guest)
{
    struct piece *pieces =
        arena_new_array(&working->states->arena, struct piece, guest->line_count + 1);
    uint32_t count = 0;
    bool has_refund = false;
    if (pieces == NULL) return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < guest->line_count; i++) {
        if (guest->lines[i].returned > 0) {
            pieces[count++] = (struct piece){state, i, guest->lines[i].returned};
        }
        if (guest->lines[i].refunded == 0) continue;
        has_refund = true;
        TRY(emit(working, state,
                 (struct effect){.kind = EFFECT_LINE_REFUNDED,
                                 .index = i,
                                 .amount = guest->lines[i].refunded}));
    }
    if (has_refund) TRY(take_back_money(working, member, state));
    return take_back_pieces(working, member, pieces, count);
}

static void keep_history(const struct order *guest, struct order *order)
{
    order->status = ORDER_CLAIMED;
    order->sequence = guest->sequence;
    order->revision = guest->revision;
    order->quote = guest->quote;
    order->changes = guest->changes + 1;
    order->return_count = guest->return_count;
    order->returns = guest->returns;
    for (uint32_t i = 0; i < order->return_count; i++) {
        order->returns[i].mark = 0;
        order->returns[i].step_count = 0;
    }
}

enum status decide_claim(struct working *working)
{
    const struct event *claim = working->event;
    struct state *state = find_state(working, ENTITY_ORDER, claim->order);
    struct state *member;
    struct event cart;
    if (state != NULL && state->size > 0) TRY(order_open(working->states, state));
    TRY(check_claim(working, state));
    if (IS_REFUSED(working)) return STATUS_OK;
    struct order guest = *state->order;
    struct order order = {.milestones = guest.milestones, .milestone_count = guest.milestone_count};
    TRY(cart_read(working, &guest, &cart));
    cart.member = claim->member;
    working_take_event(working, &cart, guest.occurred_at_us);
    if (!purchase_is_valid(working)) return refuse(working, ANSWER_INVALID_EVENT);
    TRY(purchase_by_member(working, NULL, &order, &member));
    if (IS_REFUSED(working)) return STATUS_OK;
    keep_history(&guest, &order);
    TRY(order_set(working, state, &order));
    int64_t eligible = working->decision->eligible;
    TRY(return_again(working, member, state, &guest));
    working->decision->eligible = eligible;
    TRY(purchase_finish(working, member));
    working->event = claim;
    return STATUS_OK;
}
