/* What is done with a member by hand, each one event: /v1/members/{id}/ACT.
 *
 * All acts are one table: what the act is called, what type of event it is and which fields its
 * body has. Whoever does it by hand says why.
 */
#include "api/decide.h"
#include "api/handlers.h"

struct act_body {
    struct text id;
    int64_t occurred_at_us;
    struct text wallet;
    bool has_amount;
    struct decimal amount;
    struct reference to;
    struct text order;
    int64_t expires_at_us;
    struct returned_body *items;
    uint32_t item_count;
    struct text reason;
    struct text actor;
};

#define ACT_COMMON_FIELDS                                                                          \
    SHAPE_FIELD(act_body, id, ID, .description = "An idempotency key, in place of the header."),   \
        SHAPE_FIELD_AS("occurred_at", act_body, occurred_at_us, INSTANT,                           \
                       .description = "When it happened; now unless given."),                      \
        SHAPE_FIELD(act_body, actor, TEXT,                                                         \
                    .description = "Who did it; the name of the API key unless given.")
#define ACT_REASON(required)                                                                       \
    SHAPE_FIELD(act_body, reason, TEXT, .is_required = (required),                                 \
                .description = "Why; the member is told.", .example = "\"Goodwill\"")
#define ACT_WALLET                                                                                 \
    SHAPE_FIELD(act_body, wallet, ID, .is_required = true, .description = "In which wallet.",      \
                .example = "\"points\"")
#define ACT_AMOUNT(required, words)                                                                \
    SHAPE_FIELD(act_body, amount, DECIMAL, SHAPE_GIVEN(act_body, has_amount),                      \
                .is_required = (required), .description = (words), .example = "\"100\"")
#define ACT_TO(words)                                                                              \
    SHAPE_FIELD(act_body, to, REFERENCE, .is_required = true, .description = (words))

static const struct field plain_fields[] = {ACT_COMMON_FIELDS, ACT_REASON(false)};
static const struct field merge_fields[] = {
    ACT_COMMON_FIELDS, ACT_REASON(false),
    SHAPE_FIELD_AS("into", act_body, to, REFERENCE, .is_required = true,
                   .description = "Who has everything of this member afterwards.")};
static const struct field unmerge_fields[] = {
    ACT_COMMON_FIELDS, ACT_REASON(false),
    SHAPE_FIELD_AS("from", act_body, to, REFERENCE, .is_required = true,
                   .description = "The member that it was merged into.")};
static const struct field adjust_fields[] = {
    ACT_COMMON_FIELDS, ACT_REASON(true), ACT_WALLET,
    ACT_AMOUNT(true, "Points to give, or, below zero, to take."),
    SHAPE_FIELD_AS("expires_at", act_body, expires_at_us, INSTANT,
                   .description = "When what is given ends; as the wallet says unless given.")};
static const struct field transfer_fields[] = {ACT_COMMON_FIELDS, ACT_REASON(false), ACT_WALLET,
                                               ACT_AMOUNT(true, "Points to give away."),
                                               ACT_TO("Who gets them.")};
static const struct field expire_fields[] = {
    ACT_COMMON_FIELDS, ACT_REASON(true), ACT_WALLET,
    ACT_AMOUNT(false, "How many points end now; all that are available unless given.")};
static const struct field release_fields[] = {
    ACT_COMMON_FIELDS, ACT_REASON(true), ACT_WALLET,
    SHAPE_FIELD(act_body, order, ID,
                .description = "Of this order alone; whatever is pending unless given.")};
static const struct field return_fields[] = {
    ACT_COMMON_FIELDS, ACT_REASON(false),
    SHAPE_FIELD(act_body, items, LIST, .is_required = true, .shape = &returned_shape,
                SHAPE_COUNT(act_body, item_count), .maximum = EVENT_ITEM_MAXIMUM,
                .description = "What came back, by sku; of the latest purchases first.")};

static const struct shape plain_shape = SHAPE("Act", "What is done.", act_body, plain_fields);
static const struct shape merge_shape = SHAPE("Merge", "Who is merged.", act_body, merge_fields);
static const struct shape unmerge_shape =
    SHAPE("Unmerge", "Who is parted again.", act_body, unmerge_fields);
static const struct shape adjust_shape =
    SHAPE("Adjustment", "Points given or taken by hand.", act_body, adjust_fields);
static const struct shape transfer_shape =
    SHAPE("Transfer", "Points given away.", act_body, transfer_fields);
static const struct shape expire_shape =
    SHAPE("Expiry", "Points that end by hand.", act_body, expire_fields);
static const struct shape release_shape =
    SHAPE("Release", "Pending points that become available.", act_body, release_fields);
static const struct shape return_shape =
    SHAPE("ReturnBySku", "Goods that came back without their order.", act_body, return_fields);

/* ---- the handler ---- */

static enum next begin_act(struct request *request, enum event_type type)
{
    struct decide_work *work = request->work;
    const struct act_body *body = request->body;
    struct mistakes mistakes = request_mistakes_none(request);
    struct event_body event = {.type = (int)type,
                               .member = {.id = request->path[0]},
                               .other_member = body->to,
                               .occurred_at_us = body->occurred_at_us,
                               .wallet = body->wallet,
                               .has_amount = body->has_amount,
                               .amount = body->amount,
                               .order = body->order,
                               .expires_at_us = body->expires_at_us,
                               .returns = body->items,
                               .return_count = body->item_count,
                               .reason = body->reason,
                               .actor = body->actor};
    enum status status = decide_prepare(request, &event, NULL, &mistakes, work);
    if (status != STATUS_OK) {
        request_problem(request, PROBLEM_INTERNAL, "%s", status_text(status));
        return NEXT_REPLIED;
    }
    if (!mistakes_are_none(&mistakes)) {
        request_mistakes(request, PROBLEM_INVALID_REQUEST, &mistakes);
        return NEXT_REPLIED;
    }
    return decide_submit(request, work);
}

static enum status run_erase(struct request *request, struct turn *turn)
{
    struct decide_work *work = request->work;
    TRY(decide_run(request, turn));
    if (work->reply.answer != ANSWER_DONE) return STATUS_OK;
    return turn_erase_person(turn, work->event.member, request->arena);
}

/* method is POST for all; pattern, operation, type, scope, shape, run, summary */
#define ACT_LIST(X)                                                                                \
    X("close", "closeMember", CLOSE, WRITE, plain_shape, decide_run,                               \
      "Close a member: it earns and spends no more")                                               \
    X("reopen", "reopenMember", REOPEN, WRITE, plain_shape, decide_run, "Open it again")           \
    X("erase", "eraseMember", ERASE, ADMIN, plain_shape, run_erase,                                \
      "Erase a member's personal data for ever; the ledger stays whole")                           \
    X("merge", "mergeMember", MERGE, WRITE, merge_shape, decide_run,                               \
      "Merge it into another, which has everything of both")                                       \
    X("unmerge", "unmergeMember", UNMERGE, WRITE, unmerge_shape, decide_run,                       \
      "Undo a merge: each gets back what is left of its own")                                      \
    X("adjustments", "adjustMember", ADJUST, WRITE, adjust_shape, decide_run,                      \
      "Give or take points by hand")                                                               \
    X("transfers", "transferPoints", TRANSFER, WRITE, transfer_shape, decide_run,                  \
      "Give points to another member; they keep their expiry")                                     \
    X("expiries", "expirePoints", EXPIRE, WRITE, expire_shape, decide_run,                         \
      "Let points end by hand")                                                                    \
    X("releases", "releasePoints", RELEASE, WRITE, release_shape, decide_run,                      \
      "Make pending points available by hand")                                                     \
    X("returns", "returnBySku", RETURN_BY_SKU, WRITE, return_shape, decide_run,                    \
      "Take back goods by sku, without naming their order")

#define X(path, operation, type, scope, shape, run, summary)                                       \
    static enum next begin_##type(struct request *request)                                         \
    {                                                                                              \
        return begin_act(request, EVENT_##type);                                                   \
    }
ACT_LIST(X)
#undef X

static const struct route_reply act_replies[] = {
    {200, &event_reply_shape, NULL, "What it came to."}};

const struct route member_act_routes[] = {
#define X(path, operation_, type, scope_, shape, run_, summary_)                                   \
    {                                                                                              \
        .method = HTTP_METHOD_POST,                                                                \
        .pattern = "/v1/members/{id}/" path,                                                       \
        .operation = operation_,                                                                   \
        .tag = "members",                                                                          \
        .summary = summary_,                                                                       \
        .scope = SCOPE_##scope_,                                                                   \
        .key = KEY_REQUIRED,                                                                       \
        .body = &shape,                                                                            \
        ROUTE_REPLIES(act_replies),                                                                \
        .work_bytes = sizeof(struct decide_work),                                                  \
        .begin = begin_##type,                                                                     \
        .run = run_,                                                                               \
        .finish = decide_finish,                                                                   \
    },
    ACT_LIST(X)
#undef X
};
const uint32_t member_act_route_count = sizeof member_act_routes / sizeof *member_act_routes;
