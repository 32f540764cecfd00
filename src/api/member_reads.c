/* What is read of a member: at the counter, on a statement, and why it has what it has.
 *
 *   summary    balances, tier, what expires soon, and which rewards it can have now: one read
 *   wallets    balances as of any instant, past or to come
 *   statement  what happened, newest first, in plain words
 *   explain    a wallet as the sum of its lots, each with the event and the rule that made it
 *   export     all that is kept of it, for the member itself
 */
#include "api/handlers.h"
#include "api/member_lots.h"
#include "api/member_shape.h"
#include "api/member_statement.h"

static enum next begin_read(struct request *request)
{
    (void)request;
    return NEXT_SUBMIT;
}

static enum status fail_unknown(struct request *request, enum status status)
{
    if (status == STATUS_NOT_FOUND) request_fail(request, PROBLEM_UNKNOWN_MEMBER, NULL);
    return status;
}

/* ---- summary ---- */

struct summary_query {
    struct text channel;
    struct text store;
    int64_t at_us;
};
static const struct field summary_query_fields[] = {
    SHAPE_FIELD(summary_query, channel, ID, .description = "Where the member stands: `store`, ..."),
    SHAPE_FIELD(summary_query, store, ID, .description = "Id of the store."),
    SHAPE_FIELD_AS("at", summary_query, at_us, INSTANT, .description = "Now unless given."),
};
static const struct shape summary_query_shape =
    SHAPE("SummaryQuery", "Parameters.", summary_query, summary_query_fields);

struct reward_body {
    struct text reward;
    struct text title;
    struct text wallet;
    struct decimal cost;
    bool is_available;
    int answer; /* enum answer: why it is not */
    bool has_missing;
    struct decimal missing;
};
static const struct field reward_fields[] = {
    SHAPE_FIELD(reward_body, reward, ID, .is_required = true, .description = "Its id."),
    SHAPE_FIELD(reward_body, title, TEXT, .is_required = true, .description = "For people."),
    SHAPE_FIELD(reward_body, wallet, ID, .is_required = true, .description = "What it is paid in."),
    SHAPE_FIELD(reward_body, cost, DECIMAL, .is_required = true, .description = "What it costs.",
                .example = "\"500\""),
    SHAPE_FIELD_AS("available", reward_body, is_available, BOOLEAN, .is_required = true,
                   .description = "The member can have it now."),
    SHAPE_FIELD_AS("why_not", reward_body, answer, CHOICE, .choices = answer_codes,
                   .description = "Why it cannot."),
    SHAPE_FIELD(reward_body, missing, DECIMAL, SHAPE_GIVEN(reward_body, has_missing),
                .description = "How much it still has to earn.", .example = "\"120\""),
};
static const struct shape reward_shape = SHAPE(
    "RewardForMember", "A reward, and whether the member can have it.", reward_body, reward_fields);

struct summary_body {
    struct member_body *member;
    struct expiring_body *expiring;
    uint32_t expiring_count;
    struct reward_body *rewards;
    uint32_t reward_count;
};
static const struct field summary_fields[] = {
    SHAPE_FIELD(summary_body, member, OBJECT, .is_required = true, .shape = &member_shape,
                .description = "Who it is, what it has, where it stands."),
    SHAPE_FIELD(summary_body, expiring, LIST, .shape = &expiring_shape,
                SHAPE_COUNT(summary_body, expiring_count), .maximum = EXPIRING_MAXIMUM,
                .description = "What ends next, soonest first."),
    SHAPE_FIELD(summary_body, rewards, LIST, .shape = &reward_shape,
                SHAPE_COUNT(summary_body, reward_count),
                .description = "Rewards to have now, and what is missing for the others."),
};
static const struct shape summary_shape =
    SHAPE("MemberSummary", "A member at the counter.", summary_body, summary_fields);

struct summary_work {
    struct summary_body body;
    struct member_body member;
};

/* Tried on copies, by the very function that redeems. */
static enum status try_reward(struct request *request, struct turn *turn,
                              const struct program *program, const struct member_body *member,
                              const struct reward *reward, struct reward_body *body)
{
    const struct summary_query *query = request->query;
    const struct wallet *wallet = &program->wallets[reward->wallet];
    int64_t available = member->wallets[reward->wallet].available.coefficient;
    struct reply reply;
    struct event event = {.type = EVENT_REDEEM,
                          .member = member->id,
                          .reward = reward->id,
                          .channel = query->channel,
                          .store = query->store,
                          .occurred_at_us = member->as_of_us,
                          .is_import = true};
    TRY(turn_evaluate(turn, program, &event, member->as_of_us, false, request->arena, &reply));
    *body = (struct reward_body){.reward = reward->id,
                                 .title = reward->title,
                                 .wallet = wallet->id,
                                 .cost = {reward->cost, wallet->decimals},
                                 .is_available = reply.answer == ANSWER_DONE};
    if (!body->is_available) body->answer = (int)reply.answer;
    if (available < reward->cost) {
        body->has_missing = true;
        body->missing.scale = wallet->decimals;
        TRY(amount_subtract(reward->cost, available, &body->missing.coefficient));
    }
    return STATUS_OK;
}

static enum status run_summary(struct request *request, struct turn *turn)
{
    struct summary_work *work = request->work;
    const struct summary_query *query = request->query;
    struct summary_body *body = &work->body;
    struct states *states;
    enum status status = member_describe(turn, request->path[0], query->at_us, request->arena,
                                         &work->member, &states);
    if (status != STATUS_OK) return fail_unknown(request, status);
    const struct program *program = service_program(turn_service(turn), work->member.as_of_us);
    body->member = &work->member;
    TRY(lots_expiring(program, states, member_holder(&work->member), request->arena,
                      &body->expiring, &body->expiring_count));
    body->rewards = arena_new_array(request->arena, struct reward_body, program->reward_count + 1);
    if (body->rewards == NULL) return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < program->reward_count; i++) {
        TRY(try_reward(request, turn, program, &work->member, &program->rewards[i],
                       &body->rewards[i]));
    }
    body->reward_count = program->reward_count;
    return STATUS_OK;
}

static void finish_summary(struct request *request)
{
    struct summary_work *work = request->work;
    request_reply_tagged(request, &summary_shape, &work->body);
}

/* ---- wallets ---- */

struct wallets_query {
    int64_t at_us;
};
static const struct field wallets_query_fields[] = {
    SHAPE_FIELD_AS("at", wallets_query, at_us, INSTANT,
                   .description = "As of this instant, past or to come; now unless given."),
};
static const struct shape wallets_query_shape =
    SHAPE("WalletsQuery", "Parameters.", wallets_query, wallets_query_fields);

struct wallets_body {
    struct balance_body *wallets;
    uint32_t wallet_count;
    struct expiring_body *expiring;
    uint32_t expiring_count;
    int64_t as_of_us;
};
static const struct field wallets_fields[] = {
    SHAPE_FIELD(wallets_body, wallets, LIST, .is_required = true, .shape = &balance_shape,
                SHAPE_COUNT(wallets_body, wallet_count), .description = "What it has, by wallet."),
    SHAPE_FIELD(wallets_body, expiring, LIST, .shape = &expiring_shape,
                SHAPE_COUNT(wallets_body, expiring_count), .maximum = EXPIRING_MAXIMUM,
                .description = "What ends next, soonest first; not told of the past."),
    SHAPE_FIELD_AS("as_of", wallets_body, as_of_us, INSTANT, .is_required = true,
                   .description = "The instant that this is true of."),
};
static const struct shape wallets_shape =
    SHAPE("Wallets", "What a member has at an instant.", wallets_body, wallets_fields);

static enum status run_wallets(struct request *request, struct turn *turn)
{
    struct wallets_body *body = request->work;
    const struct wallets_query *query = request->query;
    struct member_body member;
    struct states *states;
    bool is_past = false;
    if (query->at_us != 0) {
        enum status past =
            statement_balances_at(turn, request->path[0], query->at_us, request->arena,
                                  &body->wallets, &body->wallet_count, &is_past);
        if (past == STATUS_LIMIT) {
            request_fail(request, PROBLEM_MALFORMED_PARAMETER,
                         "more than %d events have happened since: the statement tells them",
                         STATEMENT_LOOK_BACK_MAXIMUM);
        }
        if (past != STATUS_OK) return fail_unknown(request, past);
    }
    body->as_of_us = query->at_us;
    if (is_past) return STATUS_OK;
    enum status status =
        member_describe(turn, request->path[0], query->at_us, request->arena, &member, &states);
    if (status != STATUS_OK) return fail_unknown(request, status);
    body->wallets = member.wallets;
    body->wallet_count = member.wallet_count;
    body->as_of_us = member.as_of_us;
    const struct program *program = service_program(turn_service(turn), member.as_of_us);
    return lots_expiring(program, states, member_holder(&member), request->arena, &body->expiring,
                         &body->expiring_count);
}

static void finish_wallets(struct request *request)
{
    request_reply_tagged(request, &wallets_shape, request->work);
}

/* ---- explain ---- */

struct explain_query {
    struct text wallet;
    int64_t at_us;
};
static const struct field explain_query_fields[] = {
    SHAPE_FIELD(explain_query, wallet, ID, .is_required = true, .description = "Which wallet."),
    SHAPE_FIELD_AS("at", explain_query, at_us, INSTANT, .description = "Now unless given."),
};
static const struct shape explain_query_shape =
    SHAPE("ExplainQuery", "Parameters.", explain_query, explain_query_fields);

static enum status run_explain(struct request *request, struct turn *turn)
{
    struct explanation_body *body = request->work;
    const struct explain_query *query = request->query;
    enum status status =
        lots_explain(turn, request->path[0], query->wallet, query->at_us, request->arena, body);
    if (status == STATUS_INVALID) {
        request_fail(request, PROBLEM_NOT_FOUND, "the programme has no wallet %.*s",
                     TEXT_ARGUMENTS(query->wallet));
    }
    return fail_unknown(request, status);
}

static void finish_explain(struct request *request)
{
    request_reply(request, 200, &explanation_shape, request->work);
}

/* ---- statement ---- */

struct statement_query {
    struct page page;
};
static const struct field statement_query_fields[] = {PAGE_FIELDS(statement_query)};
static const struct shape statement_query_shape =
    SHAPE("StatementQuery", "Parameters.", statement_query, statement_query_fields);

struct statement_work {
    struct statement_body body;
    uint64_t before;
};

static enum next begin_statement(struct request *request)
{
    struct statement_work *work = request->work;
    const struct statement_query *query = request->query;
    if (!text_is_empty(query->page.cursor) &&
        cursor_number(request->arena, query->page.cursor, &work->before) != STATUS_OK) {
        request_problem(request, PROBLEM_MALFORMED_CURSOR, NULL);
        return NEXT_REPLIED;
    }
    return NEXT_SUBMIT;
}

static enum status read_page(struct request *request, struct turn *turn,
                             struct statement_work *work)
{
    const struct statement_query *query = request->query;
    enum status status = statement_read(turn, request->path[0], work->before,
                                        page_limit(&query->page), request->arena, &work->body);
    if (status == STATUS_SYNTAX) request_fail(request, PROBLEM_MALFORMED_CURSOR, NULL);
    return fail_unknown(request, status);
}

static enum status run_statement(struct request *request, struct turn *turn)
{
    return read_page(request, turn, request->work);
}

static void finish_statement(struct request *request)
{
    struct statement_work *work = request->work;
    request_reply(request, 200, &statement_shape, &work->body);
}

/* ---- export: a statement's pages, each with the member as it is then ---- */

struct export_body {
    struct member_body *member;
    struct statement_body *statement;
};
static const struct field export_fields[] = {
    SHAPE_FIELD(export_body, member, OBJECT, .is_required = true, .shape = &member_shape,
                .description = "Who it is, with its personal data."),
    SHAPE_FIELD(export_body, statement, OBJECT, .is_required = true, .shape = &statement_shape,
                .description = "All that happened, newest first, a page at a time: follow its "
                               "`next` to the end."),
};
static const struct shape export_shape =
    SHAPE("MemberExport", "All that is kept of a member.", export_body, export_fields);

struct export_work {
    struct statement_work statement; /* the first member: begin_statement's */
    struct export_body body;
    struct member_body member;
};

static enum status run_export(struct request *request, struct turn *turn)
{
    struct export_work *work = request->work;
    struct states *states;
    enum status status =
        member_describe(turn, request->path[0], 0, request->arena, &work->member, &states);
    if (status != STATUS_OK) return fail_unknown(request, status);
    work->body = (struct export_body){&work->member, &work->statement.body};
    return read_page(request, turn, &work->statement);
}

static void finish_export(struct request *request)
{
    struct export_work *work = request->work;
    request_reply(request, 200, &export_shape, &work->body);
}

/* ---- routes ---- */

/* path, operation, begin, name (of run and finish), query, reply, work, summary */
#define READ_LIST(X)                                                                               \
    X("summary", "getMemberSummary", begin_read, summary, &summary_query_shape, summary_shape,     \
      struct summary_work, "A member at the counter, in one read")                                 \
    X("wallets", "getMemberWallets", begin_read, wallets, &wallets_query_shape, wallets_shape,     \
      struct wallets_body, "What a member has, as of any instant")                                 \
    X("explain", "explainMember", begin_read, explain, &explain_query_shape, explanation_shape,    \
      struct explanation_body, "Why a member has what it has, lot by lot")                         \
    X("statement", "getMemberStatement", begin_statement, statement, &statement_query_shape,       \
      statement_shape, struct statement_work, "What happened, newest first, in plain words")       \
    X("export", "exportMember", begin_statement, export, &statement_query_shape, export_shape,     \
      struct export_work, "All that is kept of a member")

#define X(path, operation, begin, name, query, reply, work, summary)                               \
    static const struct route_reply name##_replies[] = {{200, &reply, NULL, summary "."}};
READ_LIST(X)
#undef X

const struct route member_read_routes[] = {
#define X(path, operation_, begin_, name, query_, reply, work, summary_)                           \
    {                                                                                              \
        .method = HTTP_METHOD_GET,                                                                 \
        .pattern = "/v1/members/{id}/" path,                                                       \
        .operation = operation_,                                                                   \
        .tag = "members",                                                                          \
        .summary = summary_,                                                                       \
        .scope = SCOPE_READ,                                                                       \
        .query = query_,                                                                           \
        .is_read = true,                                                                           \
        ROUTE_REPLIES(name##_replies),                                                             \
        .work_bytes = sizeof(work),                                                                \
        .begin = begin_,                                                                           \
        .run = run_##name,                                                                         \
        .finish = finish_##name,                                                                   \
    },
    READ_LIST(X)
#undef X
};
const uint32_t member_read_route_count = sizeof member_read_routes / sizeof *member_read_routes;
