/* PUT /v1/orders/{id}: the whole cart, again and again while it changes.
 *
 *   the cart -> QUOTE: what is limited is held -> the purchase is tried, on copies -> the answer
 *                                                                                    is kept
 *
 * The quote and its answer are written in one batch. A repeat with the same key, or with the same
 * revision where no key is sent, is answered word for word as the first one.
 */
#include "api/order_quote.h"

#include "api/handlers.h"

#define HOLD_STANDARD_US (1800 * MICROSECONDS_PER_SECOND)

/* ---- shapes ---- */

struct order_body {
    int64_t revision;
    int64_t occurred_at_us;
    struct reference member;
    struct text hold;
    int64_t lapses_at_us;
    struct basket_body basket;
};
static const struct field order_fields[] = {
    SHAPE_FIELD(order_body, revision, INTEGER, .minimum = 1,
                .description = "Yours, rising with each change: the idempotency key where no "
                               "header is sent; a lower one than the last is refused."),
    SHAPE_FIELD_AS("occurred_at", order_body, occurred_at_us, INSTANT,
                   .description = "When it is asked; now unless given."),
    SHAPE_FIELD(order_body, member, REFERENCE,
                .description = "Whose order it is; none for somebody who is no member (yet)."),
    SHAPE_FIELD(order_body, hold, TEXT, .maximum = 40, .example = "\"20 minutes\"",
                .description = "How long what is limited is held; 30 minutes unless given."),
    SHAPE_FIELD_AS("lapses_at", order_body, lapses_at_us, INSTANT, .description = "Or until when."),
    BASKET_FIELDS(order_body, basket),
};
static const struct shape order_shape = SHAPE("OrderCart", "A cart.", order_body, order_fields);

struct preview_query {
    bool preview;
};
static const struct field preview_fields[] = {
    SHAPE_FIELD(preview_query, preview, BOOLEAN,
                .description = "Hold nothing and write nothing, only tell. Needs no key, and no "
                               "member: it says what joining would give."),
};
static const struct shape preview_shape =
    SHAPE("PreviewQuery", "Parameters.", preview_query, preview_fields);

/* ---- in a turn ---- */

/* Tries the purchase and writes the answer. `quoted`: NULL for a preview. */
static enum status try_purchase(struct turn *turn, struct arena *arena, struct quoting *quoting,
                                const struct program *program, const struct decision *quoted)
{
    struct event event = quoting->work.event;
    struct states *states = turn_states(turn);
    struct decision preview;
    struct near_miss_list misses = {.count = 0};
    event.key = (struct text){NULL, 0};
    /* As turn_decide would. */
    bool clock_is_given = service_clock_kind(turn_service(turn)) == CLOCK_GIVEN;
    event.clock_us = clock_is_given ? event.occurred_at_us : turn_clock_us(turn);
    TRY(turn_load_for(turn, turn_store(turn), program, &event, states, arena));
    TRY(engine_preview(program, states, &event, NULL, &preview));
    if (preview.answer != ANSWER_DONE && quoted == NULL) {
        quoting->work.reply.answer = preview.answer;
        return STATUS_OK;
    }
    if (preview.answer == ANSWER_DONE) TRY(engine_near_misses(program, states, &event, &misses));
    const struct quote_facts facts = {
        .program = program,
        .event = &event,
        .quoted = quoted,
        .preview = &preview,
        .misses = &misses,
        .coupons = quoting->work.coupons,
        .coupon_count = quoting->work.coupon_count,
    };
    return quote_write(&facts, arena, &quoting->json);
}

static enum status find_reply(struct turn *turn, struct arena *arena, struct quoting *quoting)
{
    char id[REPLY_ID_BYTES + 1];
    enum status status =
        store_get(turn_store(turn), DOCUMENT_REPLY, reply_id(quoting->work.reply.position, id),
                  arena, &quoting->json);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status quote_in_turn(struct turn *turn, struct arena *arena, struct quoting *quoting)
{
    struct decide_work *work = &quoting->work;
    const struct program *program = service_program(turn_service(turn), work->event.occurred_at_us);
    struct decision quoted;
    char id[REPLY_ID_BYTES + 1];
    TRY(decide_look_up(turn, arena, work));
    if (quoting->is_preview) return try_purchase(turn, arena, quoting, program, NULL);
    TRY(turn_decide(turn, program, &work->event, false, arena, &work->reply));
    if (work->reply.is_repeat) return find_reply(turn, arena, quoting);
    if (work->reply.answer != ANSWER_DONE) return STATUS_OK;
    TRY(engine_decode(work->reply.record, arena, &quoted));
    TRY(try_purchase(turn, arena, quoting, program, &quoted));
    return turn_put(turn, DOCUMENT_REPLY, reply_id(work->reply.position, id), quoting->json);
}

/* ---- the handler ---- */

int64_t quote_lapse_us(const struct request *request, int64_t occurred_at_us)
{
    bool clock_is_given = service_clock_kind(request->service) == CLOCK_GIVEN;
    int64_t from_us =
        clock_is_given || occurred_at_us > request->now_us ? occurred_at_us : request->now_us;
    return from_us + HOLD_STANDARD_US;
}

/* When the hold ends, from what the cart says. */
static int64_t read_lapse(const struct request *request, const struct order_body *body,
                          int64_t occurred_at_us, struct mistakes *mistakes)
{
    const struct place place = {.name = TEXT("hold")};
    int64_t standard_us = quote_lapse_us(request, occurred_at_us);
    int64_t until_us = standard_us;
    if (body->hold.length > 0 && body->lapses_at_us != 0) {
        mistake_add(mistakes, &place, MISTAKE_CONTRADICTION, "give either `hold` or `lapses_at`");
    } else if (body->hold.length > 0 &&
               hold_until(request->program, body->hold, standard_us - HOLD_STANDARD_US,
                          &until_us) != STATUS_OK) {
        mistake_add(mistakes, &place, MISTAKE_MALFORMED,
                    "it must be a time such as \"20 minutes\", \"2 hours\" or \"3 days\"");
    }
    return body->lapses_at_us != 0 ? body->lapses_at_us : until_us;
}

static enum status prepare_cart(struct request *request, int64_t lapses_at_us,
                                struct mistakes *mistakes)
{
    const struct order_body *body = request->body;
    const struct preview_query *query = request->query;
    struct quoting *quoting = request->work;
    const struct event_body event = {
        .type = EVENT_QUOTE,
        .occurred_at_us = body->occurred_at_us,
        .member = body->member,
        .order = request->path[0],
        .basket = body->basket,
        .revision = body->revision,
        .lapses_at_us = lapses_at_us,
    };
    quoting->is_preview = query->preview;
    quoting->work.more = arena_format(request->arena, "hold:%.*s", TEXT_ARGUMENTS(body->hold));
    if (quoting->work.more.bytes == NULL) return STATUS_NO_MEMORY;
    TRY(decide_prepare(request, &event, NULL, mistakes, &quoting->work));
    if (query->preview) return STATUS_OK;
    if (body->revision == 0) return STATUS_OK;
    return request_take_key(
        request, arena_format(request->arena, "%s:%.*s:%lld", request->route->operation,
                              TEXT_ARGUMENTS(request->path[0]), (long long)body->revision));
}

static enum next begin_quote(struct request *request)
{
    const struct order_body *body = request->body;
    struct quoting *quoting = request->work;
    struct event *event = &quoting->work.event;
    struct mistakes mistakes = request_mistakes_none(request);
    int64_t occurred_at_us = body->occurred_at_us == 0 ? request->now_us : body->occurred_at_us;
    int64_t lapses_at_us = read_lapse(request, body, occurred_at_us, &mistakes);
    enum status status = prepare_cart(request, lapses_at_us, &mistakes);
    if (status != STATUS_OK) return request_refuse(request, status);
    if (!mistakes_are_none(&mistakes)) {
        request_mistakes(request, PROBLEM_INVALID_REQUEST, &mistakes);
        return NEXT_REPLIED;
    }
    if (!quoting->is_preview && text_is_empty(request->idempotency_key)) {
        request_problem(request, PROBLEM_KEY_REQUIRED,
                        "send an Idempotency-Key header, or a `revision` that rises with each "
                        "change of the cart");
        return NEXT_REPLIED;
    }
    /* A repeat comes later, and the same span ends later then: what was said is what counts. */
    event->lapses_at_us = body->lapses_at_us;
    enum next next = decide_submit(request, &quoting->work);
    event->lapses_at_us = lapses_at_us;
    return next;
}

static enum status run_quote(struct request *request, struct turn *turn)
{
    return quote_in_turn(turn, request->arena, request->work);
}

static void finish_quote(struct request *request)
{
    struct quoting *quoting = request->work;
    struct event_reply reply;
    struct problem_body problem;
    decide_note_repeat(request, &quoting->work);
    if (quoting->json.bytes != NULL) {
        request_reply_json(request, 200, quoting->json);
        return;
    }
    enum status status = decide_render(request, &quoting->work, &reply, &problem);
    if (status != STATUS_OK) {
        request_problem(request, PROBLEM_INTERNAL, "%s", status_text(status));
    } else if (problem.status == 200) {
        request_problem(request, PROBLEM_GONE, "the answer to this request was erased");
    } else {
        request_problem_body(request, &problem);
    }
}

static const struct route_reply quote_replies[] = {
    {200, &quote_shape, NULL, "What it comes to, and what is held."},
};

const struct route order_quote_routes[] = {
    {
        .method = HTTP_METHOD_PUT,
        .pattern = "/v1/orders/{id}",
        .operation = "putOrder",
        .tag = "orders",
        .summary = "Quote an order and hold what it needs",
        .description =
            "The whole cart, as often as it changes. Everything is decided now; points, stock, "
            "budgets and limits are held for it until the quote lapses, is replaced, confirmed or "
            "cancelled.",
        .scope = SCOPE_WRITE,
        .key = KEY_OPTIONAL,
        .query = &preview_shape,
        .body = &order_shape,
        ROUTE_REPLIES(quote_replies),
        .work_bytes = sizeof(struct quoting),
        .begin = begin_quote,
        .run = run_quote,
        .finish = finish_quote,
    },
};
const uint32_t order_quote_route_count = sizeof order_quote_routes / sizeof *order_quote_routes;
