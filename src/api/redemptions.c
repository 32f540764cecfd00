/* /v1/redemptions: rewards and points that are used outside an order.
 *
 *   POST                with a time: HOLD          confirm (whole or part) -> redeemed
 *                       without: REDEEM at once    cancel                  -> cancelled
 *                                                  its time is over        -> lapsed
 *                                                  refund (whole or part)  -> given back
 *
 * An amount of a confirmation or a refund is in the redemption's own wallet, which only its records
 * tell: it is read when it runs.
 */
#include "api/decide.h"
#include "api/handlers.h"
#include "api/order_facts.h"

#define OCCURRED_AT(structure)                                                                     \
    SHAPE_FIELD_AS("occurred_at", structure, occurred_at_us, INSTANT,                              \
                   .description = "When it happened; now unless given.")

static const struct route_reply event_replies[] = {
    {200, &event_reply_shape, NULL, "What it came to."},
};

static enum next submit(struct request *request, const struct event_body *event,
                        struct mistakes *mistakes)
{
    enum status status = decide_prepare(request, event, NULL, mistakes, request->work);
    if (status != STATUS_OK) return request_refuse(request, status);
    if (mistakes_are_none(mistakes)) return decide_submit(request, request->work);
    request_mistakes(request, PROBLEM_INVALID_REQUEST, mistakes);
    return NEXT_REPLIED;
}

/* ---- making one ---- */

struct redemption_body {
    struct text id;
    int64_t occurred_at_us;
    struct reference member;
    struct text reward;
    struct text wallet;
    bool has_amount;
    struct decimal amount;
    struct text hold;
    int64_t lapses_at_us;
    struct text channel;
    struct text store;
};
static const struct field redemption_fields[] = {
    SHAPE_FIELD(redemption_body, id, ID, .is_required = true,
                .description = "Your id of the redemption; its idempotency key, unless there is a "
                               "header.",
                .example = "\"r-1001\""),
    OCCURRED_AT(redemption_body),
    SHAPE_FIELD(redemption_body, member, REFERENCE, .is_required = true,
                .description = "Whose points."),
    SHAPE_FIELD(redemption_body, reward, ID, .maximum = 200, .description = "Id of a reward."),
    SHAPE_FIELD(redemption_body, wallet, ID, .maximum = 200,
                .description = "Or a wallet, with an amount."),
    SHAPE_FIELD(redemption_body, amount, DECIMAL, SHAPE_GIVEN(redemption_body, has_amount),
                .description = "Points of the wallet.", .example = "\"100\""),
    SHAPE_FIELD(redemption_body, hold, TEXT, .maximum = 40, .example = "\"20 minutes\"",
                .description = "Reserve them so long; without this and `lapses_at` they are "
                               "redeemed at once."),
    SHAPE_FIELD_AS("lapses_at", redemption_body, lapses_at_us, INSTANT,
                   .description = "Or reserve them until then."),
    SHAPE_FIELD(redemption_body, channel, ID,
                .description = "Where it is redeemed: `web`, `store`, ..."),
    SHAPE_FIELD(redemption_body, store, ID, .description = "Id of the store."),
};
static const struct shape redemption_shape = SHAPE(
    "Redemption", "A reward or points, used outside an order.", redemption_body, redemption_fields);

/* When the hold ends; 0: there is none. */
static int64_t read_hold(const struct request *request, const struct redemption_body *body,
                         struct mistakes *mistakes)
{
    const struct place place = {.name = TEXT("hold")};
    int64_t until_us = body->lapses_at_us;
    if (body->hold.length == 0) return until_us;
    if (body->lapses_at_us != 0) {
        mistake_add(mistakes, &place, MISTAKE_CONTRADICTION, "give either `hold` or `lapses_at`");
        return 0;
    }
    int64_t from_us = body->occurred_at_us == 0 ? request->now_us : body->occurred_at_us;
    bool clock_is_given = service_clock_kind(request->service) == CLOCK_GIVEN;
    if (!clock_is_given && from_us < request->now_us) from_us = request->now_us;
    if (hold_until(request->program, body->hold, from_us, &until_us) == STATUS_OK) return until_us;
    mistake_add(mistakes, &place, MISTAKE_MALFORMED,
                "it must be a time such as \"20 minutes\", \"2 hours\" or \"3 days\"");
    return 0;
}

static enum next begin_create(struct request *request)
{
    const struct redemption_body *body = request->body;
    struct decide_work *work = request->work;
    struct mistakes mistakes = request_mistakes_none(request);
    int64_t lapses_at_us = read_hold(request, body, &mistakes);
    const struct event_body event = {
        .type = lapses_at_us == 0 ? EVENT_REDEEM : EVENT_HOLD,
        .id = body->id,
        .occurred_at_us = body->occurred_at_us,
        .member = body->member,
        .reward = body->reward,
        .wallet = body->wallet,
        .has_amount = body->has_amount,
        .amount = body->amount,
        .lapses_at_us = lapses_at_us,
        .basket = {.channel = body->channel, .store = body->store},
    };
    work->more = arena_format(request->arena, "hold:%.*s", TEXT_ARGUMENTS(body->hold));
    if (work->more.bytes == NULL) return request_refuse(request, STATUS_NO_MEMORY);
    enum status status = decide_prepare(request, &event, NULL, &mistakes, work);
    if (status != STATUS_OK) return request_refuse(request, status);
    if (!mistakes_are_none(&mistakes)) {
        request_mistakes(request, PROBLEM_INVALID_REQUEST, &mistakes);
        return NEXT_REPLIED;
    }
    /* A repeat comes later, and the same span ends later then: what was said is what counts. */
    work->event.lapses_at_us = body->lapses_at_us;
    enum next next = decide_submit(request, work);
    work->event.lapses_at_us = lapses_at_us;
    return next;
}

/* ---- what becomes of it ---- */

struct change_body {
    struct text id;
    int64_t occurred_at_us;
    bool has_amount;
    struct decimal amount;
    struct text reason;
    struct text actor;
};
#define CHANGE_FIELDS                                                                              \
    SHAPE_FIELD(change_body, id, ID,                                                               \
                .description = "Your id of the request: its idempotency key, unless there is a "   \
                               "header."),                                                         \
        OCCURRED_AT(change_body),                                                                  \
        SHAPE_FIELD(change_body, reason, TEXT, .maximum = EVENT_REASON_MAXIMUM,                    \
                    .description = "Why, for people."),                                            \
        SHAPE_FIELD(change_body, actor, TEXT, .maximum = EVENT_REASON_MAXIMUM,                     \
                    .description = "Who did it; the key's name unless given.")
static const struct field change_fields[] = {CHANGE_FIELDS};
static const struct field amount_fields[] = {
    CHANGE_FIELDS,
    SHAPE_FIELD(change_body, amount, DECIMAL, SHAPE_GIVEN(change_body, has_amount),
                .description = "Points; all of them unless given.", .example = "\"100\""),
};
static const struct shape cancel_shape =
    SHAPE("RedemptionChange", "What becomes of a redemption.", change_body, change_fields);
static const struct shape amount_shape =
    SHAPE("RedemptionAmount", "What becomes of a redemption, or of a part of it.", change_body,
          amount_fields);

static enum next begin_change(struct request *request, enum event_type type)
{
    const struct change_body *body = request->body;
    struct decide_work *work = request->work;
    struct mistakes mistakes = request_mistakes_none(request);
    const struct place place = {.name = TEXT("amount")};
    struct decimal amount = decimal_normalise(body->amount);
    const struct event_body event = {
        .type = (int)type,
        .occurred_at_us = body->occurred_at_us,
        .redemption = request->path[0],
        .reason = body->reason,
        .actor = body->actor,
    };
    if (body->has_amount && amount.coefficient <= 0)
        mistake_add(&mistakes, &place, MISTAKE_OUT_OF_RANGE, "it must be above zero");
    if (body->has_amount) {
        work->more = arena_format(request->arena, "amount:%lld/%d", (long long)amount.coefficient,
                                  amount.scale);
        if (work->more.bytes == NULL) return request_refuse(request, STATUS_NO_MEMORY);
    }
    return submit(request, &event, &mistakes);
}

static enum next begin_confirm(struct request *request)
{
    return begin_change(request, EVENT_CONFIRM);
}

static enum next begin_cancel(struct request *request)
{
    return begin_change(request, EVENT_CANCEL);
}

static enum next begin_refund(struct request *request)
{
    return begin_change(request, EVENT_REVERSE);
}

/* What a redemption's first record says of it. */
struct made {
    bool exists;
    const struct program *program;
    struct decision decision;
    struct event event;
    struct text wallet;
};

static struct text wallet_named(const struct program *program, const struct event *event)
{
    uint32_t reward = program_find_reward(program, event->reward);
    if (event->wallet.length > 0 || reward == PROGRAM_NONE) return event->wallet;
    return program->wallets[program->rewards[reward].wallet].id;
}

static enum status find_made(const struct request *request, struct turn *turn, uint64_t position,
                             struct made *made)
{
    TRY(history_decision(turn, request->arena, position, &made->decision, &made->event));
    made->program = service_program_numbered(request->service, made->decision.program_version);
    if (made->program == NULL) return STATUS_CORRUPT;
    made->wallet = wallet_named(made->program, &made->event);
    made->exists = true;
    return STATUS_OK;
}

/* The amount, in the wallet of the redemption. */
static enum status fill_amount(struct request *request, struct turn *turn, struct decide_work *work)
{
    const struct change_body *body = request->body;
    const struct entity_key key = {.kind = ENTITY_REDEMPTION, .id = request->path[0]};
    const struct place place = {.name = TEXT("amount")};
    struct mistakes mistakes = request_mistakes_none(request);
    struct made made = {.exists = false};
    uint64_t *positions;
    uint32_t count;
    TRY(history_positions(turn, request->arena, &key, &positions, &count));
    if (count == 0) return STATUS_OK;
    TRY(find_made(request, turn, positions[0], &made));
    const struct converter converter = {
        .program = made.program, .arena = request->arena, .mistakes = &mistakes};
    work->event.amount = convert_points(&converter, body->amount, made.wallet, &place);
    return mistakes_are_none(&mistakes) ? STATUS_OK : request_fail_with(request, &mistakes);
}

static enum status run_change(struct request *request, struct turn *turn)
{
    const struct change_body *body = request->body;
    if (body->has_amount) TRY(fill_amount(request, turn, request->work));
    return decide_run(request, turn);
}

/* ---- reading ---- */

static const char *const redemption_statuses[] = {"",          "held",   "redeemed",
                                                  "cancelled", "lapsed", NULL};
enum shown_status { SHOWN_NONE, SHOWN_HELD, SHOWN_REDEEMED, SHOWN_CANCELLED, SHOWN_LAPSED };

struct shown_body {
    struct text id;
    int status;
    struct text member;
    struct text reward;
    struct text wallet;
    struct decimal amount;
    struct decimal given_back;
    int64_t lapses_at_us;
    int64_t occurred_at_us;
    int64_t recorded_at_us;
    struct event_reply *history;
    uint32_t history_count;
};
static const struct field shown_fields[] = {
    SHAPE_FIELD(shown_body, id, TEXT, .is_required = true, .description = "Its id."),
    SHAPE_FIELD(shown_body, status, CHOICE, .is_required = true, .choices = redemption_statuses,
                .description = "`held`: reserved, and not used yet."),
    SHAPE_FIELD(shown_body, member, TEXT, .description = "Whose points."),
    SHAPE_FIELD(shown_body, reward, TEXT, .description = "Id of the reward, if it is one."),
    SHAPE_FIELD(shown_body, wallet, TEXT, .is_required = true, .description = "Of which wallet."),
    SHAPE_FIELD(shown_body, amount, DECIMAL, .is_required = true, .example = "\"100\"",
                .description = "Points that are held, or were redeemed."),
    SHAPE_FIELD(shown_body, given_back, DECIMAL, .is_required = true, .example = "\"0\"",
                .description = "Of those redeemed, what was refunded."),
    SHAPE_FIELD_AS("lapses_at", shown_body, lapses_at_us, INSTANT,
                   .description = "Of a hold: when it ends by itself."),
    SHAPE_FIELD_AS("occurred_at", shown_body, occurred_at_us, INSTANT, .is_required = true,
                   .description = "When it was asked for."),
    SHAPE_FIELD_AS("recorded_at", shown_body, recorded_at_us, INSTANT, .is_required = true,
                   .description = "When something happened to it last."),
    SHAPE_FIELD(shown_body, history, LIST, .is_required = true, .shape = &event_reply_shape,
                SHAPE_COUNT(shown_body, history_count),
                .description = "All that happened to it, oldest first."),
};
static const struct shape shown_shape =
    SHAPE("RedemptionState", "A redemption, and what happened to it.", shown_body, shown_fields);

/* What went to, or came from, an account. */
static enum status sum_postings(const struct decision *decision, int from, int to, int64_t *sum)
{
    *sum = 0;
    for (uint32_t i = 0; i < decision->effect_count; i++) {
        struct posting posting;
        if (!effect_posting(&decision->effects[i], &posting)) continue;
        if (from >= 0 && (int)posting.from != from) continue;
        if (to >= 0 && (int)posting.to != to) continue;
        TRY(amount_increase(sum, posting.amount));
    }
    return STATUS_OK;
}

static enum status fold(struct shown_body *body, const struct decision *decision,
                        const struct event *event)
{
    bool is_own = text_equal(event->id, body->id);
    int64_t given_back;
    body->recorded_at_us = decision->recorded_at_us;
    if (decision->answer != ANSWER_DONE) return STATUS_OK;
    switch (is_own ? decision->type : EVENT_SETTLE) {
    case EVENT_HOLD:
        body->status = SHOWN_HELD;
        return sum_postings(decision, -1, ACCOUNT_HELD, &body->amount.coefficient);
    case EVENT_REDEEM:
    case EVENT_CONFIRM:
        body->status = SHOWN_REDEEMED;
        return sum_postings(decision, -1, ACCOUNT_REDEEMED, &body->amount.coefficient);
    case EVENT_CANCEL:
        body->status = SHOWN_CANCELLED;
        return STATUS_OK;
    case EVENT_REVERSE:
        TRY(sum_postings(decision, ACCOUNT_REDEEMED, -1, &given_back));
        return amount_increase(&body->given_back.coefficient, given_back);
    default:
        /* Something else touched it: its time was over, or its member left. */
        if (body->status != SHOWN_HELD) return STATUS_OK;
        if (body->lapses_at_us <= decision->recorded_at_us)
            body->status = SHOWN_LAPSED;
        else if (decision->type == EVENT_CLOSE || decision->type == EVENT_ERASE)
            body->status = SHOWN_CANCELLED;
        return STATUS_OK;
    }
}

static void begin_body(const struct made *made, struct shown_body *body)
{
    uint32_t wallet = program_find_wallet(made->program, made->wallet);
    int32_t decimals = wallet == PROGRAM_NONE ? 0 : made->program->wallets[wallet].decimals;
    body->member = made->event.member;
    body->wallet = made->wallet;
    if (made->event.reward.length > 0) body->reward = made->event.reward;
    body->amount = (struct decimal){0, decimals};
    body->given_back = (struct decimal){0, decimals};
    body->lapses_at_us = made->event.lapses_at_us;
    body->occurred_at_us = made->decision.occurred_at_us;
}

static enum next begin_read(struct request *request)
{
    (void)request;
    return NEXT_SUBMIT;
}

static enum status run_read(struct request *request, struct turn *turn)
{
    const struct entity_key key = {.kind = ENTITY_REDEMPTION, .id = request->path[0]};
    struct shown_body *body = request->work;
    uint64_t *positions;
    uint32_t count;
    body->id = request->path[0];
    TRY(history_positions(turn, request->arena, &key, &positions, &count));
    if (count == 0) {
        request->failure = arena_new(request->arena, struct problem_body);
        if (request->failure == NULL) return STATUS_NO_MEMORY;
        problem_fill(request->failure, problem_of_answer(ANSWER_UNKNOWN_REDEMPTION),
                     request->arena);
        return STATUS_NOT_FOUND;
    }
    body->history = arena_new_array(request->arena, struct event_reply, count);
    if (body->history == NULL) return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < count; i++) {
        struct made made;
        TRY(find_made(request, turn, positions[i], &made));
        if (i == 0) begin_body(&made, body);
        TRY(fold(body, &made.decision, &made.event));
        TRY(reply_of_decision(made.program, &made.decision, request->arena, &body->history[i]));
    }
    body->history_count = count;
    /* Its time is over, though nobody has written it down yet. */
    if (body->status == SHOWN_HELD && body->lapses_at_us <= turn_clock_us(turn))
        body->status = SHOWN_LAPSED;
    return STATUS_OK;
}

static void finish_read(struct request *request)
{
    request_reply_tagged(request, &shown_shape, request->work);
}

static const struct route_reply read_replies[] = {
    {200, &shown_shape, NULL, "The redemption."},
};

/* ---- routes ---- */

#define CHANGE_ROUTE(name, begin_, body_, operation_, summary_)                                    \
    {                                                                                              \
        .method = HTTP_METHOD_POST, .pattern = "/v1/redemptions/{id}/" name,                       \
        .operation = (operation_), .tag = "redemptions", .summary = (summary_),                    \
        .scope = SCOPE_WRITE, .key = KEY_REQUIRED, .body = &(body_), .body_is_optional = true,     \
        ROUTE_REPLIES(event_replies), .work_bytes = sizeof(struct decide_work), .begin = (begin_), \
        .run = run_change, .finish = decide_finish,                                                \
    }

const struct route redemption_routes[] = {
    {
        .method = HTTP_METHOD_POST,
        .pattern = "/v1/redemptions",
        .operation = "postRedemption",
        .tag = "redemptions",
        .summary = "Reserve or redeem a reward or points",
        .description = "Outside an order. What is reserved is confirmed (whole or in part) or "
                       "cancelled; it lapses by itself.",
        .scope = SCOPE_WRITE,
        .key = KEY_REQUIRED,
        .body = &redemption_shape,
        ROUTE_REPLIES(event_replies),
        .work_bytes = sizeof(struct decide_work),
        .begin = begin_create,
        .run = decide_run,
        .finish = decide_finish,
    },
    CHANGE_ROUTE("confirm", begin_confirm, amount_shape, "confirmRedemption",
                 "Use what is reserved, or a part of it"),
    CHANGE_ROUTE("cancel", begin_cancel, cancel_shape, "cancelRedemption",
                 "Let go of what is reserved"),
    CHANGE_ROUTE("refund", begin_refund, amount_shape, "refundRedemption",
                 "Give redeemed points back, all or a part"),
    {
        .method = HTTP_METHOD_GET,
        .pattern = "/v1/redemptions/{id}",
        .operation = "getRedemption",
        .tag = "redemptions",
        .summary = "Read a redemption",
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
const uint32_t redemption_route_count = sizeof redemption_routes / sizeof *redemption_routes;
