/* Person: whose profile an event's decision asks for.
 *
 * Personal data are never recorded, so an order that is decided again (confirmed, edited, claimed)
 * has nothing of them in its cart, and its caller looks them up once more: here is for whom. The
 * engine reads no profile itself.
 */
#include "engine/working.h"

static struct state *order_state(struct states *states, const struct event *event)
{
    const struct entity_key key = {.kind = ENTITY_ORDER, .id = event->order};
    struct state *state = states_find(states, &key);
    return state == NULL || state->size == 0 ? NULL : state;
}

/* An open order is bought by whom its cart names, and by whom it holds something of while it does:
 * a merge may have been undone since. */
static enum status person_of_quote(struct states *states, const struct event *event,
                                   const struct order *order, struct text *member)
{
    struct event cart;
    if (order->status != ORDER_OPEN) return STATUS_OK;
    if (order->is_holding && order->lapses_at_us > states_recorded_at(states, event->clock_us)) {
        *member = order->member;
        return STATUS_OK;
    }
    TRY(engine_decode_event(order->cart, &states->arena, &cart));
    *member = cart.member;
    return STATUS_OK;
}

static enum status person_of_order(struct states *states, const struct event *event,
                                   struct text *member)
{
    struct state *state = order_state(states, event);
    if (state == NULL) return STATUS_OK;
    TRY(order_open(states, state));
    if (event->type == EVENT_CONFIRM_ORDER) {
        return person_of_quote(states, event, state->order, member);
    }
    *member = state->order->member;
    return STATUS_OK;
}

enum status engine_person(struct states *states, const struct event *event, struct text *member)
{
    *member = (struct text){"", 0};
    switch (event->type) {
    case EVENT_JOIN:
    case EVENT_PURCHASE:
    case EVENT_REDEEM:
    case EVENT_HOLD:
    case EVENT_QUOTE:
    case EVENT_CLAIM:
        *member = event->member;
        return STATUS_OK;
    case EVENT_CONFIRM_ORDER:
    case EVENT_EDIT:
        return person_of_order(states, event, member);
    default:
        return STATUS_OK;
    }
}
