/* GET /v1/orders/{id}: what an order is, and everything that ever happened to it.
 *
 * Told from the order's own records, from the first to the last, so that it can say nothing that is
 * not recorded: its items are those that were named last, and what came back of them is what the
 * records took back.
 */
#include "api/event_shape.h"
#include "api/handlers.h"
#include "api/order_facts.h"
#include "api/reply_shape.h"

/* ---- shapes ---- */

static const char *const order_statuses[] = {"",        "open",      "confirmed", "guest",
                                             "claimed", "cancelled", NULL};
enum shown_status {
    SHOWN_NONE,
    SHOWN_OPEN,
    SHOWN_CONFIRMED,
    SHOWN_GUEST,
    SHOWN_CLAIMED,
    SHOWN_CANCELLED
};

struct ordered_body {
    struct text item;
    struct text sku;
    struct text name;
    struct text category;
    struct text type;
    int64_t quantity;
    int64_t returned;
    struct decimal unit_price;
    struct decimal discount;
    struct decimal tax;
    bool has_refunded;
    struct decimal refunded;
};
static const struct field ordered_fields[] = {
    SHAPE_FIELD(ordered_body, item, TEXT, .is_required = true,
                .description = "Its id, or its number from 1."),
    SHAPE_FIELD(ordered_body, sku, TEXT, .description = "The article."),
    SHAPE_FIELD(ordered_body, name, TEXT, .description = "Its name."),
    SHAPE_FIELD(ordered_body, category, TEXT, .description = "Its category."),
    SHAPE_FIELD(ordered_body, type, TEXT, .description = "Its type."),
    SHAPE_FIELD(ordered_body, quantity, QUANTITY, .is_required = true,
                .minimum = -EVENT_QUANTITY_MAXIMUM, .description = "Units that were bought."),
    SHAPE_FIELD(ordered_body, returned, QUANTITY, .is_required = true,
                .description = "Units that came back."),
    SHAPE_FIELD(ordered_body, unit_price, DECIMAL, .is_required = true, .example = "\"19.99\"",
                .description = "Money for one."),
    SHAPE_FIELD(ordered_body, discount, DECIMAL, .description = "Money off the line."),
    SHAPE_FIELD(ordered_body, tax, DECIMAL, .description = "Its tax."),
    SHAPE_FIELD(ordered_body, refunded, DECIMAL, SHAPE_GIVEN(ordered_body, has_refunded),
                .description = "Money given back for it without goods."),
};
static const struct shape ordered_shape =
    SHAPE("OrderedItem", "An item of an order, as it is now.", ordered_body, ordered_fields);

struct shown_body {
    struct text order;
    int status;
    struct text member;
    struct text currency;
    struct text quote;
    int64_t good_until_us;
    int64_t occurred_at_us;
    int64_t recorded_at_us;
    int64_t program_version;
    struct ordered_body *items;
    uint32_t item_count;
    struct payment_body *payments;
    uint32_t payment_count;
    struct text *milestones;
    uint32_t milestone_count;
    struct event_reply *history;
    uint32_t history_count;
};
static const struct field shown_fields[] = {
    SHAPE_FIELD(shown_body, order, TEXT, .is_required = true, .description = "Its id."),
    SHAPE_FIELD(shown_body, status, CHOICE, .is_required = true, .choices = order_statuses,
                .description = "`open`: quoted, not bought; `guest`: bought by nobody yet; "
                               "`claimed`: bought as a guest, credited later."),
    SHAPE_FIELD(shown_body, member, TEXT, .description = "Whose order it is."),
    SHAPE_FIELD(shown_body, currency, TEXT, .is_required = true, .example = "\"EUR\"",
                .description = "Of all money here."),
    SHAPE_FIELD(shown_body, quote, TEXT, .description = "Its last quote."),
    SHAPE_FIELD_AS("good_until", shown_body, good_until_us, INSTANT,
                   .description = "Of an open one: until when what it needs is held."),
    SHAPE_FIELD_AS("occurred_at", shown_body, occurred_at_us, INSTANT, .is_required = true,
                   .description = "When it was bought, or else quoted last."),
    SHAPE_FIELD_AS("recorded_at", shown_body, recorded_at_us, INSTANT, .is_required = true,
                   .description = "When something happened to it last."),
    SHAPE_FIELD(shown_body, program_version, INTEGER, .is_required = true,
                .description = "The version of the programme that it was bought under."),
    SHAPE_FIELD(shown_body, items, LIST, .is_required = true, .shape = &ordered_shape,
                SHAPE_COUNT(shown_body, item_count), .description = "Its items."),
    SHAPE_FIELD(shown_body, payments, LIST, .is_required = true, .shape = &payment_shape,
                SHAPE_COUNT(shown_body, payment_count),
                .description = "What it was paid with, beside points."),
    SHAPE_FIELD(shown_body, milestones, TEXT_LIST, .is_required = true,
                SHAPE_COUNT(shown_body, milestone_count), .description = "What it has reached."),
    SHAPE_FIELD(shown_body, history, LIST, .is_required = true, .shape = &event_reply_shape,
                SHAPE_COUNT(shown_body, history_count),
                .description = "All that happened to it, oldest first: every effect, every "
                               "reversal, and why."),
};
static const struct shape shown_shape =
    SHAPE("Order", "An order, and what happened to it.", shown_body, shown_fields);

/* ---- folding ---- */

/* The order as far as its records have been read. */
struct folding {
    struct arena *arena;
    struct shown_body *body;
    struct event cart; /* that named the items last */
    const struct program *program;
    int64_t *returned;
    int64_t *refunded;
    struct past_return *returns; /* with ids; room for one a record */
    uint32_t return_count;
};

/* A return that can be undone: nothing else has happened to the items since, so its line numbers
 * are still right then. */
struct past_return {
    struct text id;
    struct decision decision;
};

/* Of all money in it. */
static int32_t money_decimals(const struct folding *folding)
{
    uint32_t currency = folding->cart.currency;
    if (folding->program == NULL || currency >= folding->program->currency_count) return 0;
    return folding->program->currencies[currency].decimals;
}

/* A line's number by what an earlier cart called it; the count: it is gone. */
static uint32_t line_of(const struct event *cart, const struct event *old, uint32_t index)
{
    struct text id = old->items[index].id;
    if (text_is_empty(id))
        return index < cart->item_count && text_is_empty(cart->items[index].id) ? index
                                                                                : cart->item_count;
    for (uint32_t i = 0; i < cart->item_count; i++) {
        if (text_equal(cart->items[i].id, id)) return i;
    }
    return cart->item_count;
}

/* Other items from now on; what came back of the old ones stays with them. */
static enum status take_cart(struct folding *folding, const struct program *program,
                             const struct event *cart)
{
    const struct event old = folding->cart;
    const int64_t *returned = folding->returned;
    const int64_t *refunded = folding->refunded;
    folding->cart = *cart;
    folding->program = program;
    folding->returned = arena_new_array(folding->arena, int64_t, (size_t)cart->item_count + 1);
    folding->refunded = arena_new_array(folding->arena, int64_t, (size_t)cart->item_count + 1);
    if (folding->returned == NULL || folding->refunded == NULL) return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < old.item_count; i++) {
        uint32_t line = line_of(cart, &old, i);
        folding->returned[line] = returned[i];
        folding->refunded[line] = refunded[i];
    }
    return STATUS_OK;
}

static void forget_returns(struct folding *folding)
{
    for (uint32_t i = 0; i < folding->cart.item_count; i++) {
        folding->returned[i] = 0;
        folding->refunded[i] = 0;
    }
}

/* What a decision took back; `is_undone`: what it took back no longer is. */
static enum status fold_effects(struct folding *folding, const struct decision *decision,
                                bool is_undone)
{
    for (uint32_t i = 0; i < decision->effect_count; i++) {
        const struct effect *effect = &decision->effects[i];
        if (effect->entity >= decision->entity_count) return STATUS_CORRUPT;
        const struct entity_key *key = &decision->entities[effect->entity];
        bool is_ours = key->kind == ENTITY_ORDER && text_equal(key->id, folding->body->order);
        if (!is_ours || effect->index >= folding->cart.item_count) continue;
        int64_t *sum = effect->kind == EFFECT_LINE_RETURNED   ? folding->returned
                       : effect->kind == EFFECT_LINE_REFUNDED ? folding->refunded
                                                              : NULL;
        if (sum == NULL) continue;
        TRY(is_undone ? amount_decrease(&sum[effect->index], effect->amount)
                      : amount_increase(&sum[effect->index], effect->amount));
    }
    return STATUS_OK;
}

static enum status fold_undone(struct folding *folding, struct text id)
{
    for (uint32_t i = folding->return_count; i > 0; i--) {
        struct past_return *past = &folding->returns[i - 1];
        if (!text_equal(past->id, id)) continue;
        past->id = TEXT("");
        return fold_effects(folding, &past->decision, true);
    }
    return STATUS_OK;
}

static enum status fold_milestone(struct folding *folding, struct text milestone)
{
    struct shown_body *body = folding->body;
    for (uint32_t i = 0; i < body->milestone_count; i++) {
        if (text_equal(body->milestones[i], milestone)) return STATUS_OK;
    }
    struct text *list = arena_new_array(folding->arena, struct text, body->milestone_count + 1);
    if (list == NULL) return STATUS_NO_MEMORY;
    if (body->milestone_count > 0)
        memcpy(list, body->milestones, body->milestone_count * sizeof *list);
    list[body->milestone_count++] = milestone;
    body->milestones = list;
    return STATUS_OK;
}

static enum status fold_payments(struct folding *folding, const struct event *event)
{
    struct shown_body *body = folding->body;
    int32_t decimals = money_decimals(folding);
    body->payments =
        arena_new_array(folding->arena, struct payment_body, (size_t)event->payment_count + 1);
    if (body->payments == NULL) return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < event->payment_count; i++) {
        body->payments[i] =
            (struct payment_body){event->payments[i].kind, {event->payments[i].amount, decimals}};
    }
    body->payment_count = event->payment_count;
    return STATUS_OK;
}

static bool has_member(const struct decision *decision)
{
    for (uint32_t i = 0; i < decision->entity_count; i++) {
        if (decision->entities[i].kind == ENTITY_MEMBER) return true;
    }
    return false;
}

static enum status fold_bought(struct folding *folding, const struct program *program,
                               const struct decision *decision, const struct event *event)
{
    struct shown_body *body = folding->body;
    if (decision->type == EVENT_PURCHASE) TRY(take_cart(folding, program, event));
    body->status = has_member(decision) ? SHOWN_CONFIRMED : SHOWN_GUEST;
    if (event->member.length > 0) body->member = event->member;
    body->occurred_at_us = decision->occurred_at_us;
    body->program_version = decision->program_version;
    body->good_until_us = 0;
    return fold_payments(folding, event);
}

static enum status fold_quote(struct folding *folding, const struct program *program,
                              const struct decision *decision, const struct event *event)
{
    struct shown_body *body = folding->body;
    TRY(take_cart(folding, program, event));
    body->status = SHOWN_OPEN;
    body->member = event->member.length > 0 ? event->member : (struct text){NULL, 0};
    body->quote = arena_format(folding->arena, "%llu", (unsigned long long)decision->position);
    body->good_until_us = event->lapses_at_us;
    body->occurred_at_us = decision->occurred_at_us;
    body->program_version = decision->program_version;
    return body->quote.bytes == NULL ? STATUS_NO_MEMORY : STATUS_OK;
}

static enum status fold(struct folding *folding, const struct program *program,
                        const struct decision *decision, const struct event *event)
{
    struct shown_body *body = folding->body;
    bool is_about_it = text_equal(event->order, body->order);
    body->recorded_at_us = decision->recorded_at_us;
    if (decision->answer != ANSWER_DONE) return STATUS_OK;
    if (is_about_it && decision->type == EVENT_QUOTE)
        TRY(fold_quote(folding, program, decision, event));
    if (is_about_it &&
        (decision->type == EVENT_PURCHASE || decision->type == EVENT_CONFIRM_ORDER)) {
        TRY(fold_bought(folding, program, decision, event));
    }
    if (is_about_it && decision->type == EVENT_EDIT) TRY(take_cart(folding, program, event));
    if (is_about_it && decision->type == EVENT_MILESTONE)
        TRY(fold_milestone(folding, event->milestone));
    if (is_about_it && decision->type == EVENT_CANCEL_ORDER) {
        body->status = SHOWN_CANCELLED;
        body->good_until_us = 0;
    }
    if (is_about_it && decision->type == EVENT_CLAIM) {
        /* Whatever came back before comes back again, from the member. */
        forget_returns(folding);
        body->status = SHOWN_CLAIMED;
        body->member = event->member;
    }
    if (is_about_it && decision->type == EVENT_UNDO_RETURN) return fold_undone(folding, event->id);
    if (is_about_it && decision->type == EVENT_RETURN && event->id.length > 0)
        folding->returns[folding->return_count++] = (struct past_return){event->id, *decision};
    return fold_effects(folding, decision, false);
}

static void show_item(const struct folding *folding, uint32_t index, struct ordered_body *shown)
{
    const struct item *item = &folding->cart.items[index];
    int32_t decimals = folding->program->currencies[folding->cart.currency].decimals;
    *shown = (struct ordered_body){
        .item = item->id,
        .quantity = item->quantity,
        .returned = folding->returned[index],
        .unit_price = item->unit_price,
        .has_refunded = folding->refunded[index] != 0,
        .refunded = {folding->refunded[index], decimals},
    };
    if (shown->unit_price.scale < decimals) {
        int64_t coefficient = 0;
        if (decimal_rescale(item->unit_price, decimals, &coefficient) == STATUS_OK)
            shown->unit_price = (struct decimal){coefficient, decimals};
    }
    if (text_is_empty(shown->item)) shown->item = arena_format(folding->arena, "%u", index + 1);
    if (item->sku.length > 0) shown->sku = item->sku;
    if (item->name.length > 0) shown->name = item->name;
    if (item->category.length > 0) shown->category = item->category;
    if (item->type.length > 0) shown->type = item->type;
    if (item->discount != 0) shown->discount = (struct decimal){item->discount, decimals};
    if (item->tax != 0) shown->tax = (struct decimal){item->tax, decimals};
}

static enum status show_items(struct folding *folding)
{
    struct shown_body *body = folding->body;
    uint32_t count = folding->cart.item_count;
    body->items = arena_new_array(folding->arena, struct ordered_body, (size_t)count + 1);
    if (body->items == NULL) return STATUS_NO_MEMORY;
    if (folding->program == NULL || folding->cart.currency >= folding->program->currency_count)
        return STATUS_CORRUPT;
    for (uint32_t i = 0; i < count; i++) {
        show_item(folding, i, &body->items[i]);
        if (body->items[i].item.bytes == NULL) return STATUS_NO_MEMORY;
    }
    body->item_count = count;
    body->currency = folding->program->currencies[folding->cart.currency].code;
    return STATUS_OK;
}

/* ---- the handler ---- */

static enum next begin_read(struct request *request)
{
    (void)request;
    return NEXT_SUBMIT;
}

static enum status run_read(struct request *request, struct turn *turn)
{
    const struct entity_key key = {.kind = ENTITY_ORDER, .id = request->path[0]};
    struct shown_body *body = request->work;
    struct folding folding = {.arena = request->arena, .body = body};
    uint64_t *positions;
    uint32_t count;
    body->order = request->path[0];
    TRY(history_positions(turn, request->arena, &key, &positions, &count));
    if (count == 0) {
        request_fail(request, PROBLEM_UNKNOWN_ORDER, NULL);
        return STATUS_NOT_FOUND;
    }
    body->history = arena_new_array(request->arena, struct event_reply, count);
    body->milestones = arena_new_array(request->arena, struct text, 1);
    body->payments = arena_new_array(request->arena, struct payment_body, 1);
    folding.returns = arena_new_array(request->arena, struct past_return, count);
    if (body->history == NULL || body->milestones == NULL || body->payments == NULL ||
        folding.returns == NULL)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < count; i++) {
        struct decision decision;
        struct event event;
        TRY(history_decision(turn, request->arena, positions[i], &decision, &event));
        const struct program *program =
            service_program_numbered(request->service, decision.program_version);
        if (program == NULL) return STATUS_CORRUPT;
        TRY(fold(&folding, program, &decision, &event));
        TRY(reply_of_decision_in(program, &decision, money_decimals(&folding), request->arena,
                                 &body->history[i]));
    }
    body->history_count = count;
    return show_items(&folding);
}

static void finish_read(struct request *request)
{
    request_reply_tagged(request, &shown_shape, request->work);
}

static const struct route_reply read_replies[] = {
    {200, &shown_shape, NULL, "The order."},
};

const struct route order_read_routes[] = {
    {
        .method = HTTP_METHOD_GET,
        .pattern = "/v1/orders/{id}",
        .operation = "getOrder",
        .tag = "orders",
        .summary = "Read an order",
        .description = "Its state, every effect it had, every reversal, and why.",
        .scope = SCOPE_READ,
        .key = KEY_UNUSED,
        .is_read = true,
        ROUTE_REPLIES(read_replies),
        .work_bytes = sizeof(struct shown_body),
        .begin = begin_read,
        .run = run_read,
        .finish = finish_read,
    },
};
const uint32_t order_read_route_count = sizeof order_read_routes / sizeof *order_read_routes;
