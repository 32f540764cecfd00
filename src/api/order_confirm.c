/* POST /v1/orders/{id}/confirm and .../claim: an order is bought, or a guest's is credited.
 *
 *   no items: CONFIRM_ORDER of the open order       refused, and the order is still open:
 *   items:    PURCHASE, there being no open order   it is quoted anew, and the problem shows that
 *
 * What a refusal shows is kept beside its record, so that a repeat is answered word for word.
 */
#include "api/handlers.h"
#include "api/order_quote.h"

/* ---- shapes ---- */

static const char *const if_changed_choices[] = {"", "honour", "refuse", NULL};
enum if_changed { IF_CHANGED_UNSAID, IF_CHANGED_HONOUR, IF_CHANGED_REFUSE };

struct confirm_body {
    struct text id;
    int64_t occurred_at_us;
    struct text quote;
    int if_changed;
    struct reference member;
    struct basket_body basket;
};
static const struct field confirm_fields[] = {
    SHAPE_FIELD(confirm_body, id, ID,
                .description = "Your id of the request: its idempotency key, unless there is a "
                               "header."),
    SHAPE_FIELD_AS("occurred_at", confirm_body, occurred_at_us, INSTANT,
                   .description = "When it was bought; now unless given."),
    SHAPE_FIELD(confirm_body, quote, ID, .example = "\"1042\"",
                .description = "The quote that the customer agreed to; the order's present one "
                               "unless given."),
    SHAPE_FIELD(confirm_body, if_changed, CHOICE, .choices = if_changed_choices,
                .description = "When the quote has lapsed: `honour` decides anew (the default); "
                               "`refuse` confirms only what comes out the same."),
    SHAPE_FIELD(confirm_body, member, REFERENCE,
                .description = "Without an open order: whose purchase it is; none for a guest."),
    BASKET_FIELDS(confirm_body, basket),
};
static const struct shape confirm_shape =
    SHAPE("OrderConfirmation", "A purchase. Without items it is what was quoted.", confirm_body,
          confirm_fields);

struct claim_body {
    struct text id;
    int64_t occurred_at_us;
    struct reference member;
    struct text code;
};
static const struct field claim_fields[] = {
    SHAPE_FIELD(claim_body, id, ID,
                .description = "Your id of the request: its idempotency key, unless there is a "
                               "header."),
    SHAPE_FIELD_AS("occurred_at", claim_body, occurred_at_us, INSTANT,
                   .description = "When it is claimed; now unless given."),
    SHAPE_FIELD(claim_body, member, REFERENCE, .is_required = true,
                .description = "Who is to be credited."),
    SHAPE_FIELD(claim_body, code, TEXT, .is_required = true, .maximum = 40,
                .description = "The claim code on the receipt.", .example = "\"7KQ2-M4XA-9TCE\""),
};
static const struct shape claim_shape =
    SHAPE("OrderClaim", "A guest's order is to be credited.", claim_body, claim_fields);

struct confirm_work {
    struct decide_work decide; /* the first member */
    struct text details;       /* the new quote, as JSON */
};

/* ---- payments of what was quoted ---- */

/* They are money of the order's currency, which only its records tell: converted when it runs. What
 * was said is what a repeat must have in common. */
static struct text payments_said(const struct request *request, const struct basket_body *basket)
{
    struct text said = TEXT("");
    for (uint32_t i = 0; i < basket->payment_count && said.bytes != NULL; i++) {
        const struct payment_body *payment = &basket->payments[i];
        struct decimal amount = decimal_normalise(payment->amount);
        said = arena_format(request->arena, "%.*s%zu:%.*s=%lld/%d ", TEXT_ARGUMENTS(said),
                            payment->kind.length, TEXT_ARGUMENTS(payment->kind),
                            (long long)amount.coefficient, amount.scale);
    }
    return said;
}

static enum status fill_payments(struct request *request, struct turn *turn, struct event *event)
{
    const struct confirm_body *body = request->body;
    const struct place list = {.name = TEXT("payments")};
    struct mistakes mistakes = request_mistakes_none(request);
    uint32_t count = body->basket.payment_count;
    struct payment *payments = arena_new_array(request->arena, struct payment, (size_t)count + 1);
    struct order_past past;
    if (payments == NULL) return STATUS_NO_MEMORY;
    TRY(order_past_read(turn, request->arena, event->order, &past));
    const struct converter converter = {
        .program = service_program_numbered(request->service, past.items_version),
        .arena = request->arena,
        .mistakes = &mistakes,
    };
    if (converter.program == NULL) return STATUS_OK;
    for (uint32_t i = 0; i < count; i++) {
        const struct place here = {.parent = &list, .index = i};
        const struct place amount = {.parent = &here, .name = TEXT("amount")};
        payments[i].kind = body->basket.payments[i].kind;
        payments[i].amount =
            convert_money(&converter, body->basket.payments[i].amount, past.currency, &amount);
    }
    event->payments = payments;
    event->payment_count = count;
    if (mistakes_are_none(&mistakes)) return STATUS_OK;
    return request_fail_with(request, &mistakes);
}

/* ---- confirming ---- */

static enum next begin_confirm(struct request *request)
{
    const struct confirm_body *body = request->body;
    struct confirm_work *work = request->work;
    struct mistakes mistakes = request_mistakes_none(request);
    bool is_whole = body->basket.item_count > 0;
    struct event_body event = {
        .type = is_whole ? EVENT_PURCHASE : EVENT_CONFIRM_ORDER,
        .occurred_at_us = body->occurred_at_us,
        .member = is_whole ? body->member : (struct reference){.id = {NULL, 0}},
        .order = request->path[0],
        .basket = body->basket,
        .quote = body->quote,
        .refuses_changes = body->if_changed == IF_CHANGED_REFUSE,
    };
    if (!is_whole) {
        event.basket.payments = NULL;
        event.basket.payment_count = 0;
        work->decide.more = payments_said(request, &body->basket);
        if (work->decide.more.bytes == NULL) return request_refuse(request, STATUS_NO_MEMORY);
    }
    if (is_whole && body->quote.length > 0) {
        const struct place place = {.name = TEXT("quote")};
        mistake_add(&mistakes, &place, MISTAKE_CONTRADICTION,
                    "confirm a quote, or send the whole order: not both");
    }
    enum status status = decide_prepare(request, &event, NULL, &mistakes, &work->decide);
    if (status != STATUS_OK) return request_refuse(request, status);
    if (!mistakes_are_none(&mistakes)) {
        request_mistakes(request, PROBLEM_INVALID_REQUEST, &mistakes);
        return NEXT_REPLIED;
    }
    return decide_submit(request, &work->decide);
}

/* Refusals after which another quote may still be bought. */
static bool can_be_quoted(enum answer answer)
{
    return answer == ANSWER_QUOTE_CHANGED || answer == ANSWER_BALANCE_TOO_LOW ||
           answer == ANSWER_OUT_OF_STOCK || answer == ANSWER_LIMIT_REACHED ||
           answer == ANSWER_NEEDS_NOT_MET || answer == ANSWER_UNKNOWN_REWARD ||
           answer == ANSWER_UNKNOWN_WALLET;
}

static enum status stored_reply(struct turn *turn, struct arena *arena, uint64_t position,
                                struct text *json)
{
    char id[REPLY_ID_BYTES + 1];
    enum status status =
        store_get(turn_store(turn), DOCUMENT_REPLY, reply_id(position, id), arena, json);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

/* The order's present quote, if it is another than was meant and still good; else one that is made
 * now. Nothing when the order cannot be quoted any more. */
static enum status quote_anew(struct request *request, struct turn *turn, struct confirm_work *work)
{
    const struct event *confirm = &work->decide.event;
    struct order_past facts;
    struct decision decision;
    struct event cart;
    TRY(order_past_read(turn, request->arena, confirm->order, &facts));
    if (facts.quote == 0) return STATUS_OK;
    TRY(history_decision(turn, request->arena, facts.quote, &decision, &cart));
    if (confirm->quote != 0 && confirm->quote != facts.quote &&
        cart.lapses_at_us > confirm->clock_us) {
        return stored_reply(turn, request->arena, facts.quote, &work->details);
    }
    struct quoting quoting = {.work = {.event = cart}};
    struct event *event = &quoting.work.event;
    event->occurred_at_us = confirm->occurred_at_us;
    event->lapses_at_us = quote_lapse_us(request, confirm->occurred_at_us);
    event->key = (struct text){NULL, 0};
    event->request_hash = (struct text){NULL, 0};
    event->revision = 0;
    event->actor = confirm->actor;
    TRY(quote_in_turn(turn, request->arena, &quoting));
    work->details = quoting.json;
    return STATUS_OK;
}

static enum status run_confirm(struct request *request, struct turn *turn)
{
    struct confirm_work *work = request->work;
    struct reply *reply = &work->decide.reply;
    const struct confirm_body *body = request->body;
    char id[REPLY_ID_BYTES + 1];
    if (work->decide.event.type == EVENT_CONFIRM_ORDER && body->basket.payment_count > 0)
        TRY(fill_payments(request, turn, &work->decide.event));
    TRY(decide_run(request, turn));
    if (reply->is_repeat)
        return stored_reply(turn, request->arena, reply->position, &work->details);
    if (work->decide.event.type != EVENT_CONFIRM_ORDER || !can_be_quoted(reply->answer))
        return STATUS_OK;
    TRY(quote_anew(request, turn, work));
    if (text_is_empty(work->details)) return STATUS_OK;
    return turn_put(turn, DOCUMENT_REPLY, reply_id(reply->position, id), work->details);
}

static void finish_confirm(struct request *request)
{
    const struct confirm_work *work = request->work;
    struct event_reply reply;
    struct problem_body problem;
    enum status status = decide_render(request, &work->decide, &reply, &problem);
    if (status != STATUS_OK) {
        request_problem(request, PROBLEM_INTERNAL, "%s", status_text(status));
        return;
    }
    decide_note_repeat(request, &work->decide);
    if (problem.status == 200) {
        request_reply(request, 200, &event_reply_shape, &reply);
        return;
    }
    if (!text_is_empty(work->details)) problem.details = work->details;
    request_problem_body(request, &problem);
}

/* ---- claiming ---- */

static enum next begin_claim(struct request *request)
{
    const struct claim_body *body = request->body;
    struct mistakes mistakes = request_mistakes_none(request);
    const struct event_body event = {
        .type = EVENT_CLAIM,
        .occurred_at_us = body->occurred_at_us,
        .member = body->member,
        .order = request->path[0],
    };
    enum status status = decide_prepare(request, &event, NULL, &mistakes, request->work);
    bool is_right = false;
    if (status == STATUS_OK) {
        status = claim_code_check(request->service, request->arena, request->path[0], body->code,
                                  &is_right);
    }
    if (status != STATUS_OK) return request_refuse(request, status);
    if (!is_right) {
        const struct place place = {.name = TEXT("code")};
        mistake_add(&mistakes, &place, MISTAKE_MALFORMED, "it is not the claim code of this order");
    }
    if (!mistakes_are_none(&mistakes)) {
        request_mistakes(request, PROBLEM_INVALID_REQUEST, &mistakes);
        return NEXT_REPLIED;
    }
    return decide_submit(request, request->work);
}

static const struct route_reply confirm_replies[] = {
    {200, &event_reply_shape, NULL, "What the purchase came to."},
};
static const struct route_reply claim_replies[] = {
    {200, &event_reply_shape, NULL, "What the member was credited."},
};

const struct route order_confirm_routes[] = {
    {
        .method = HTTP_METHOD_POST,
        .pattern = "/v1/orders/{id}/confirm",
        .operation = "confirmOrder",
        .tag = "orders",
        .summary = "Buy what was quoted, or a whole order",
        .description =
            "Everything happens at once or not at all. A quote that has lapsed is honoured if that "
            "is still possible; when it is not, or comes out differently and `if_changed` is "
            "`refuse`, nothing is bought and the problem's `details` are a new quote.",
        .scope = SCOPE_WRITE,
        .key = KEY_REQUIRED,
        .body = &confirm_shape,
        .body_is_optional = true,
        ROUTE_REPLIES(confirm_replies),
        .work_bytes = sizeof(struct confirm_work),
        .begin = begin_confirm,
        .run = run_confirm,
        .finish = finish_confirm,
    },
    {
        .method = HTTP_METHOD_POST,
        .pattern = "/v1/orders/{id}/claim",
        .operation = "claimOrder",
        .tag = "orders",
        .summary = "Credit a guest's order to a member",
        .description = "Once, within the programme's time, with the code of the receipt.",
        .scope = SCOPE_WRITE,
        .key = KEY_REQUIRED,
        .body = &claim_shape,
        ROUTE_REPLIES(claim_replies),
        .work_bytes = sizeof(struct decide_work),
        .begin = begin_claim,
        .run = decide_run,
        .finish = decide_finish,
    },
};
const uint32_t order_confirm_route_count =
    sizeof order_confirm_routes / sizeof *order_confirm_routes;
