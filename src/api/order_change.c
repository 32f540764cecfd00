/* What happens to an order after it was bought: milestones, edits, returns, cancellation.
 *
 * An edit or a return is named by the caller, in its path; so a repeat of the request is a repeat
 * even without an Idempotency-Key. An edit is decided by the version of the programme that the
 * order was bought under, which only the order's records tell: it is read when it runs.
 */
#include "api/decide.h"
#include "api/handlers.h"
#include "api/order_facts.h"

#define OWN_ID(structure)                                                                          \
    SHAPE_FIELD(structure, id, ID,                                                                 \
                .description = "Your id of the request: its idempotency key, unless there is a "   \
                               "header.")
#define OCCURRED_AT(structure)                                                                     \
    SHAPE_FIELD_AS("occurred_at", structure, occurred_at_us, INSTANT,                              \
                   .description = "When it happened; now unless given.")
#define REASON(structure)                                                                          \
    SHAPE_FIELD(structure, reason, TEXT, .maximum = EVENT_REASON_MAXIMUM,                          \
                .description = "Why, for people."),                                                \
        SHAPE_FIELD(structure, actor, TEXT, .maximum = EVENT_REASON_MAXIMUM,                       \
                    .description = "Who did it; the key's name unless given.")

/* ---- all of them ---- */

/* The key that the path makes, for requests that name what they do. */
static enum status take_path_key(struct request *request)
{
    return request_take_key(
        request, arena_format(request->arena, "%s:%.*s:%.*s", request->route->operation,
                              TEXT_ARGUMENTS(request->path[0]), TEXT_ARGUMENTS(request->path[1])));
}

/* From the body to the command. */
static enum next submit(struct request *request, const struct event_body *event)
{
    struct mistakes mistakes = request_mistakes_none(request);
    enum status status = decide_prepare(request, event, NULL, &mistakes, request->work);
    if (status != STATUS_OK) return request_refuse(request, status);
    if (mistakes_are_none(&mistakes)) return decide_submit(request, request->work);
    request_mistakes(request, PROBLEM_INVALID_REQUEST, &mistakes);
    return NEXT_REPLIED;
}

/* The body, with its white space taken out, as what a repeat must have in common. */
static enum status body_of(const struct request *request, struct text *more)
{
    struct json_error error;
    struct json_writer writer;
    yyjson_val *root;
    *more = TEXT("");
    if (request->exchange->body.length == 0) return STATUS_OK;
    TRY(json_parse(request->arena, request->exchange->body, &error, &root));
    json_writer_init(&writer, request->arena, request->exchange->body.length);
    json_add_value(&writer, root);
    return json_writer_finish(&writer, more);
}

static const struct route_reply change_replies[] = {
    {200, &event_reply_shape, NULL, "What it came to."},
};

/* ---- milestones ---- */

struct milestone_body {
    struct text id;
    int64_t occurred_at_us;
    struct text milestone;
};
static const struct field milestone_fields[] = {
    OWN_ID(milestone_body),
    OCCURRED_AT(milestone_body),
    SHAPE_FIELD(milestone_body, milestone, ID, .is_required = true, .example = "\"delivered\"",
                .description = "What the order has reached: `shipped`, `delivered`, ..."),
};
static const struct shape milestone_shape =
    SHAPE("OrderMilestone", "A step of an order on its way.", milestone_body, milestone_fields);

static enum next begin_milestone(struct request *request)
{
    const struct milestone_body *body = request->body;
    const struct event_body event = {
        .type = EVENT_MILESTONE,
        .occurred_at_us = body->occurred_at_us,
        .order = request->path[0],
        .milestone = body->milestone,
    };
    return submit(request, &event);
}

/* ---- cancellation ---- */

struct cancel_body {
    struct text id;
    int64_t occurred_at_us;
    struct text reason;
    struct text actor;
};
static const struct field cancel_fields[] = {
    OWN_ID(cancel_body),
    OCCURRED_AT(cancel_body),
    REASON(cancel_body),
};
static const struct shape cancel_shape =
    SHAPE("OrderCancellation", "An order is cancelled.", cancel_body, cancel_fields);

static enum next begin_cancel(struct request *request)
{
    const struct cancel_body *body = request->body;
    const struct event_body event = {
        .type = EVENT_CANCEL_ORDER,
        .occurred_at_us = body->occurred_at_us,
        .order = request->path[0],
        .reason = body->reason,
        .actor = body->actor,
    };
    return submit(request, &event);
}

/* ---- edits ---- */

struct edit_body {
    int64_t occurred_at_us;
    struct basket_body basket;
    struct text reason;
    struct text actor;
};
static const struct field edit_fields[] = {
    OCCURRED_AT(edit_body),
    BASKET_FIELDS(edit_body, basket),
    REASON(edit_body),
};
static const struct shape edit_shape =
    SHAPE("OrderEdit", "What a bought order consists of now.", edit_body, edit_fields);

struct edit_work {
    struct decide_work decide; /* the first member */
    struct event_body body;
};

static enum next begin_edit(struct request *request)
{
    const struct edit_body *body = request->body;
    struct edit_work *work = request->work;
    enum status status = take_path_key(request);
    work->body = (struct event_body){
        .type = EVENT_EDIT,
        .id = request->path[1],
        .occurred_at_us = body->occurred_at_us,
        .order = request->path[0],
        .basket = body->basket,
        .reason = body->reason,
        .actor = body->actor,
    };
    work->decide.event =
        (struct event){.type = EVENT_EDIT, .order = request->path[0], .id = request->path[1]};
    if (status == STATUS_OK) status = body_of(request, &work->decide.more);
    if (status != STATUS_OK) return request_refuse(request, status);
    return decide_submit(request, &work->decide);
}

static enum status run_edit(struct request *request, struct turn *turn)
{
    struct edit_work *work = request->work;
    const struct event asked = work->decide.event;
    struct mistakes mistakes = request_mistakes_none(request);
    struct order_past facts;
    TRY(order_past_read(turn, request->arena, request->path[0], &facts));
    const struct program *program =
        service_program_numbered(request->service, facts.bought_version);
    if (program == NULL) program = request->program;
    TRY(decide_prepare_with(request, program, &work->body, NULL, &mistakes, &work->decide));
    if (!mistakes_are_none(&mistakes)) return request_fail_with(request, &mistakes);
    work->decide.event.key = asked.key;
    work->decide.event.request_hash = asked.request_hash;
    return decide_one(turn, program, request->arena, &work->decide);
}

/* ---- returns ---- */

struct return_body {
    int64_t occurred_at_us;
    struct returned_body *items;
    uint32_t item_count;
    bool has_amount;
    struct decimal amount;
    struct text reason;
    struct text actor;
};
static const struct field return_fields[] = {
    OCCURRED_AT(return_body),
    SHAPE_FIELD(return_body, items, LIST, .shape = &returned_shape,
                SHAPE_COUNT(return_body, item_count), .maximum = EVENT_ITEM_MAXIMUM,
                .description = "What comes back; without items and amount, all that is left."),
    SHAPE_FIELD(return_body, amount, DECIMAL, SHAPE_GIVEN(return_body, has_amount),
                .description = "Or money that is given back and no goods, in the order's currency.",
                .example = "\"5.00\""),
    REASON(return_body),
};
static const struct shape return_shape =
    SHAPE("OrderReturn", "A return of an order, or of a part of it.", return_body, return_fields);

struct return_query {
    bool preview;
};
static const struct field return_query_fields[] = {
    SHAPE_FIELD(return_query, preview, BOOLEAN,
                .description = "Write nothing, only tell what would be taken back and given back."),
};
static const struct shape return_query_shape =
    SHAPE("ReturnQuery", "Parameters.", return_query, return_query_fields);

static void check_return(const struct return_body *body, struct mistakes *mistakes)
{
    const struct place items = {.name = TEXT("items")};
    const struct place amount = {.name = TEXT("amount")};
    if (body->has_amount && body->item_count > 0) {
        mistake_add(mistakes, &amount, MISTAKE_CONTRADICTION, "name either items or an amount");
    }
    if (body->has_amount && body->amount.coefficient <= 0)
        mistake_add(mistakes, &amount, MISTAKE_OUT_OF_RANGE, "it must be above zero");
    for (uint32_t i = 0; i < body->item_count; i++) {
        struct place here = {.parent = &items, .index = i};
        if (body->items[i].item.length > 0 && body->items[i].sku.length == 0) continue;
        mistake_add(mistakes, &here, MISTAKE_CONTRADICTION, "name the order's item, and no sku");
    }
}

static enum next begin_return(struct request *request)
{
    const struct return_body *body = request->body;
    const struct return_query *query = request->query;
    struct decide_work *work = request->work;
    struct mistakes mistakes = request_mistakes_none(request);
    const struct event_body event = {
        .type = EVENT_RETURN,
        .id = request->path[1],
        .occurred_at_us = body->occurred_at_us,
        .order = request->path[0],
        .returns = body->items,
        .return_count = body->item_count,
        .reason = body->reason,
        .actor = body->actor,
    };
    check_return(body, &mistakes);
    if (!mistakes_are_none(&mistakes)) {
        request_mistakes(request, PROBLEM_INVALID_REQUEST, &mistakes);
        return NEXT_REPLIED;
    }
    work->is_evaluated = query->preview;
    if (service_clock_kind(request->service) == CLOCK_GIVEN) work->at_us = body->occurred_at_us;
    struct decimal amount = decimal_normalise(body->amount);
    if (body->has_amount) {
        work->more = arena_format(request->arena, "amount:%lld/%d", (long long)amount.coefficient,
                                  amount.scale);
    }
    enum status status = query->preview ? STATUS_OK : take_path_key(request);
    if (status != STATUS_OK) return request_refuse(request, status);
    return submit(request, &event);
}

/* An amount is money of the order's currency, which its records tell. */
static enum status fill_amount(struct request *request, struct turn *turn, struct decide_work *work)
{
    const struct return_body *body = request->body;
    const struct place place = {.name = TEXT("amount")};
    struct mistakes mistakes = request_mistakes_none(request);
    struct order_past facts;
    TRY(order_past_read(turn, request->arena, request->path[0], &facts));
    const struct converter converter = {
        .program = service_program_numbered(request->service, facts.items_version),
        .arena = request->arena,
        .mistakes = &mistakes,
    };
    if (converter.program == NULL) return STATUS_OK;
    work->event.amount = convert_money(&converter, body->amount, facts.currency, &place);
    return mistakes_are_none(&mistakes) ? STATUS_OK : request_fail_with(request, &mistakes);
}

static enum status run_return(struct request *request, struct turn *turn)
{
    const struct return_body *body = request->body;
    struct decide_work *work = request->work;
    if (body->has_amount) TRY(fill_amount(request, turn, work));
    return decide_run(request, turn);
}

struct undo_query {
    int64_t occurred_at_us;
};
static const struct field undo_query_fields[] = {OCCURRED_AT(undo_query)};
static const struct shape undo_query_shape =
    SHAPE("UndoQuery", "Parameters.", undo_query, undo_query_fields);

static enum next begin_undo(struct request *request)
{
    const struct undo_query *query = request->query;
    const struct event_body event = {
        .type = EVENT_UNDO_RETURN,
        .occurred_at_us = query->occurred_at_us,
        .order = request->path[0],
        .returned = request->path[1],
    };
    enum status status = take_path_key(request);
    if (status != STATUS_OK) return request_refuse(request, status);
    return submit(request, &event);
}

/* ---- routes ---- */

const struct route order_change_routes[] = {
    {
        .method = HTTP_METHOD_POST,
        .pattern = "/v1/orders/{id}/milestones",
        .operation = "postMilestone",
        .tag = "orders",
        .summary = "Tell how far an order is",
        .description = "Points that wait for it become available.",
        .scope = SCOPE_WRITE,
        .key = KEY_REQUIRED,
        .body = &milestone_shape,
        ROUTE_REPLIES(change_replies),
        .work_bytes = sizeof(struct decide_work),
        .begin = begin_milestone,
        .run = decide_run,
        .finish = decide_finish,
    },
    {
        .method = HTTP_METHOD_PUT,
        .pattern = "/v1/orders/{id}/edits/{edit}",
        .operation = "putEdit",
        .tag = "orders",
        .summary = "Change the items of a bought order",
        .description = "Decided by the version of the programme that it was bought under; the "
                       "reply is the difference.",
        .scope = SCOPE_WRITE,
        .key = KEY_OPTIONAL,
        .body = &edit_shape,
        ROUTE_REPLIES(change_replies),
        .work_bytes = sizeof(struct edit_work),
        .begin = begin_edit,
        .run = run_edit,
        .finish = decide_finish,
    },
    {
        .method = HTTP_METHOD_PUT,
        .pattern = "/v1/orders/{id}/returns/{return}",
        .operation = "putReturn",
        .tag = "orders",
        .summary = "Take items back",
        .description = "Points that the items earned are taken back, points that paid for them are "
                       "given back. With ?preview nothing happens: it tells the clerk.",
        .scope = SCOPE_WRITE,
        .key = KEY_OPTIONAL,
        .query = &return_query_shape,
        .body = &return_shape,
        .body_is_optional = true,
        ROUTE_REPLIES(change_replies),
        .work_bytes = sizeof(struct decide_work),
        .begin = begin_return,
        .run = run_return,
        .finish = decide_finish,
    },
    {
        .method = HTTP_METHOD_DELETE,
        .pattern = "/v1/orders/{id}/returns/{return}",
        .operation = "deleteReturn",
        .tag = "orders",
        .summary = "Undo a return that was made by mistake",
        .scope = SCOPE_WRITE,
        .key = KEY_OPTIONAL,
        .query = &undo_query_shape,
        ROUTE_REPLIES(change_replies),
        .work_bytes = sizeof(struct decide_work),
        .begin = begin_undo,
        .run = decide_run,
        .finish = decide_finish,
    },
    {
        .method = HTTP_METHOD_POST,
        .pattern = "/v1/orders/{id}/cancel",
        .operation = "cancelOrder",
        .tag = "orders",
        .summary = "Cancel an order",
        .description = "An open one lets go of what it holds; a bought one is returned whole.",
        .scope = SCOPE_WRITE,
        .key = KEY_REQUIRED,
        .body = &cancel_shape,
        .body_is_optional = true,
        ROUTE_REPLIES(change_replies),
        .work_bytes = sizeof(struct decide_work),
        .begin = begin_cancel,
        .run = decide_run,
        .finish = decide_finish,
    },
};
const uint32_t order_change_route_count = sizeof order_change_routes / sizeof *order_change_routes;
