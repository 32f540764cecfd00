/* POST /v1/evaluate: what an event would do, under any programme, at any time; nothing is written.
 *
 * The engine that decides is the one that decides the real thing, over the members as they are now;
 * a draft that is sent along is compiled as a published programme would be.
 */
#include "api/decide.h"
#include "api/handlers.h"
#include "api/order_facts.h"

struct evaluate_query {
    int64_t at_us;
    int64_t version;
};
static const struct field evaluate_query_fields[] = {
    SHAPE_FIELD_AS("at", evaluate_query, at_us, INSTANT,
                   .description = "As of when; the event's own time, or else now, unless given."),
    SHAPE_FIELD(evaluate_query, version, INTEGER, .minimum = 1, .maximum = UINT32_MAX,
                .description = "A published version of the programme; the one in force unless "
                               "given."),
};
static const struct shape evaluate_query_shape =
    SHAPE("EvaluateQuery", "Parameters.", evaluate_query, evaluate_query_fields);

struct evaluate_work {
    struct decide_work decide; /* the first member */
    const struct program *program;
};

/* ---- the programme ---- */

/* Every mistake of a draft, with its place. */
static void refuse_draft(struct request *request, const struct problem_list *problems)
{
    struct problem_body body = {.status = 0};
    size_t count =
        problems->count < SHAPE_MISTAKE_MAXIMUM ? problems->count : SHAPE_MISTAKE_MAXIMUM;
    body.errors = arena_new_array(request->arena, struct problem_error, count + 1);
    for (size_t i = 0; i < count && body.errors != NULL; i++) {
        body.errors[body.error_count++] = (struct problem_error){
            .field = TEXT("/program"),
            .code = text_of(mistake_name(MISTAKE_MALFORMED)),
            .detail = problems->items[i].message,
            .line = problems->items[i].position.line,
            .column = problems->items[i].position.column,
        };
    }
    body.field = TEXT("/program");
    if (body.error_count > 0) body.detail = body.errors[0].detail;
    problem_fill(&body, problem_kind(PROBLEM_INVALID_PROGRAM), request->arena);
    request_problem_body(request, &body);
}

/* NULL: a reply is made. */
static const struct program *load_draft(struct request *request, struct text text)
{
    struct problem_list problems;
    const struct program *program = NULL;
    problem_list_init(&problems, request->arena);
    enum status status = program_load(request->arena, TEXT("draft"), text, &problems, &program);
    if (status == STATUS_OK) return program;
    if (problem_list_is_empty(&problems)) {
        (void)request_refuse(request, status);
    } else {
        refuse_draft(request, &problems);
    }
    return NULL;
}

static const struct program *choose_program(struct request *request, int64_t at_us)
{
    const struct event_body *body = request->body;
    const struct evaluate_query *query = request->query;
    struct mistakes mistakes = request_mistakes_none(request);
    const struct place place = {.name = TEXT("version")};
    if (body->program.length > 0 && query->version != 0) {
        mistake_add(&mistakes, &place, MISTAKE_CONTRADICTION,
                    "name a version, or send a draft: not both");
    } else if (body->program.length > 0) {
        return load_draft(request, body->program);
    } else if (query->version == 0) {
        return service_program(request->service, at_us);
    }
    const struct program *program =
        service_program_numbered(request->service, (uint32_t)query->version);
    if (program == NULL) {
        mistake_add(&mistakes, &place, MISTAKE_UNKNOWN_ID, "there is no version %lld",
                    (long long)query->version);
    }
    if (mistakes_are_none(&mistakes)) return program;
    request_mistakes(request, PROBLEM_MALFORMED_PARAMETER, &mistakes);
    return NULL;
}

/* Personal data that the body gives: nothing is looked up then. False: a reply is made. */
static bool read_profile(struct request *request, struct evaluate_work *work)
{
    const struct event_body *body = request->body;
    struct event *event = &work->decide.event;
    struct mistakes mistakes = request_mistakes_none(request);
    const struct place place = {.name = TEXT("profile")};
    struct person person = {.birthday_month = 0};
    struct json_writer writer;
    struct text fields;
    if (body->profile == NULL) return true;
    if (!yyjson_is_obj(body->profile)) {
        mistake_add(&mistakes, &place, MISTAKE_WRONG_TYPE, "send an object of fields");
        request_mistakes(request, PROBLEM_INVALID_REQUEST, &mistakes);
        return false;
    }
    json_writer_init(&writer, request->arena, 256);
    json_add_value(&writer, body->profile);
    enum status status = json_writer_finish(&writer, &fields);
    if (status == STATUS_OK) status = service_profile(work->program, fields, request->arena, event);
    if (status != STATUS_OK) {
        (void)request_refuse(request, status);
        return false;
    }
    person_read_birthday(json_text(yyjson_obj_get(body->profile, "birthday")), &person);
    event->birthday_month = person.birthday_month;
    event->birthday_day = person.birthday_day;
    return true;
}

/* ---- the handler ---- */

static enum next begin_evaluate(struct request *request)
{
    struct event_body *body = request->body;
    const struct evaluate_query *query = request->query;
    struct evaluate_work *work = request->work;
    struct mistakes mistakes = request_mistakes_none(request);
    int64_t at_us = query->at_us != 0 ? query->at_us : request->now_us;
    if (body->occurred_at_us == 0) body->occurred_at_us = at_us;
    work->program = choose_program(request, body->occurred_at_us);
    if (work->program == NULL) return NEXT_REPLIED;
    enum status status =
        decide_prepare_with(request, work->program, body, NULL, &mistakes, &work->decide);
    if (status != STATUS_OK) return request_refuse(request, status);
    if (!mistakes_are_none(&mistakes)) {
        request_mistakes(request, PROBLEM_INVALID_REQUEST, &mistakes);
        return NEXT_REPLIED;
    }
    if (!mistakes_are_none(&work->decide.undeclared)) {
        request_mistakes(request, PROBLEM_INVALID_REQUEST, &work->decide.undeclared);
        return NEXT_REPLIED;
    }
    if (!read_profile(request, work)) return NEXT_REPLIED;
    work->decide.is_evaluated = true;
    work->decide.explains = true;
    /* Without a time of its own it is asked as if it happened right now. */
    work->decide.at_us = query->at_us != 0 ? query->at_us : body->occurred_at_us;
    return NEXT_SUBMIT;
}

static enum status run_evaluate(struct request *request, struct turn *turn)
{
    struct evaluate_work *work = request->work;
    return decide_one(turn, work->program, request->arena, &work->decide);
}

static enum status render(const struct request *request, struct event_reply *reply)
{
    const struct evaluate_work *work = request->work;
    struct decision decision;
    TRY(engine_decode(work->decide.reply.record, request->arena, &decision));
    TRY(reply_of_decision(work->program, &decision, request->arena, reply));
    TRY(decide_add_coupons(&work->decide, request->arena, reply));
    reply->position = (struct text){NULL, 0};
    return reply_add_not_fired(work->program, &work->decide.reply, request->arena, reply);
}

/* A refusal is what it would come to, and so no problem: `answer` says it. */
static void finish_evaluate(struct request *request)
{
    struct event_reply reply;
    enum status status = render(request, &reply);
    if (status == STATUS_OK) {
        request_reply(request, 200, &event_reply_shape, &reply);
    } else {
        request_problem(request, PROBLEM_INTERNAL, "%s", status_text(status));
    }
}

static const struct route_reply evaluate_replies[] = {
    {200, &event_reply_shape, NULL,
     "What it would come to: effects, rules that fire, and rules that do not, with the reason. "
     "`answer` may be a refusal."},
};

const struct route evaluate_routes[] = {
    {
        .method = HTTP_METHOD_POST,
        .pattern = "/v1/evaluate",
        .operation = "evaluate",
        .tag = "events",
        .summary = "Try an event, and write nothing",
        .description = "The same bodies as for POST /v1/events, at any time, under any published "
                       "version of the programme or a draft.",
        .scope = SCOPE_READ,
        .key = KEY_UNUSED,
        .query = &evaluate_query_shape,
        .body = &evaluated_shape,
        .is_read = true,
        ROUTE_REPLIES(evaluate_replies),
        .work_bytes = sizeof(struct evaluate_work),
        .begin = begin_evaluate,
        .run = run_evaluate,
        .finish = finish_evaluate,
    },
};
const uint32_t evaluate_route_count = sizeof evaluate_routes / sizeof *evaluate_routes;
