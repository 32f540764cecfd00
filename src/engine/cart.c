/* The cart of an order, and writing an order anew. See cart.h. */
#include "engine/cart.h"

enum status cart_keep(struct working *working, struct order *order)
{
    return engine_encode_event(working->event, &working->states->arena, &order->cart);
}

enum status cart_read(const struct working *working, const struct order *order, struct event *event)
{
    TRY(engine_decode_event(order->cart, &working->states->arena, event));
    event->type = working->event->type;
    event->position = working->event->position;
    event->clock_us = working->event->clock_us;
    event->order = working->event->order;
    event->is_import = working->event->is_import;
    event->birthday_month = working->event->birthday_month;
    event->birthday_day = working->event->birthday_day;
    return STATUS_OK;
}

void working_take_event(struct working *working, const struct event *event, int64_t occurred_at_us)
{
    working->event = event;
    working->last_expiry = NULL;
    working->occurred_at_us = occurred_at_us;
    working->occurred_day = zone_local_day(working->program->zone, occurred_at_us);
    if (working->occurred_day < working->oldest_day) working->oldest_day = working->occurred_day;
}

enum status order_set(struct working *working, struct state *state, const struct order *order)
{
    struct text bytes;
    TRY(order_encode(&working->states->arena, order, &bytes));
    return emit(working, state, (struct effect){.kind = EFFECT_ORDER_CHANGED, .payload = bytes});
}
