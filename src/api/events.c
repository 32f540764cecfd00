/* POST /v1/events: one event as JSON, or many as NDJSON.
 *
 * Many are one command, so that they are decided in their order and committed together; each line
 * has its own answer. One that is refused or wrong does not disturb the others, unless `atomic` is
 * asked for: then nothing of any happens, and the problem names the lines.
 */
#include "api/decide.h"
#include "api/handlers.h"

#define LINE_MAXIMUM 10000
#define LINES_TYPE TEXT("application/x-ndjson")
#define REPLY_BYTES 400 /* of a usual line's reply */

struct events_query {
    bool atomic;
    bool explain;
};
static const struct field events_query_fields[] = {
    SHAPE_FIELD(events_query, explain, BOOLEAN,
                .description = "Tell which rules did not fire, and why."),
    SHAPE_FIELD(events_query, atomic, BOOLEAN,
                .description = "Of many: all or nothing. Else one bad line does not spoil the "
                               "others."),
};
static const struct shape events_query_shape =
    SHAPE("EventsQuery", "Parameters.", events_query, events_query_fields);

struct line {
    struct decide_work work;
    struct mistakes mistakes; /* what is wrong with its body */
    struct text malformed;    /* or why it is no JSON */
    bool lacks_key;
    enum status status; /* a fault of this line alone */
};

struct events_work {
    struct decide_work one; /* the first member: of a single event */
    struct line *lines;
    uint32_t count;
    bool is_spoilt; /* atomic, and a line was refused */
};

/* ---- reading ---- */

static bool line_is_wrong(const struct line *line)
{
    return line->malformed.bytes != NULL || line->lacks_key || !mistakes_are_none(&line->mistakes);
}

/* The key of a line: its own id, or the request's key and its number. */
static enum status key_line(struct request *request, struct line *line, struct text id,
                            uint32_t number)
{
    struct text key;
    struct text hash;
    if (!text_is_empty(id)) {
        key =
            arena_format(request->arena, "%s:%.*s", request->route->operation, TEXT_ARGUMENTS(id));
    } else if (!text_is_empty(request->idempotency_key)) {
        key = arena_format(request->arena, "%.*s:%u", TEXT_ARGUMENTS(request->idempotency_key),
                           number);
    } else {
        line->lacks_key = true;
        return STATUS_OK;
    }
    if (key.bytes == NULL) return STATUS_NO_MEMORY;
    TRY(request_hash_key(request, key, &hash));
    return decide_key(request, hash, &line->work);
}

static enum status read_line(struct request *request, struct text text, uint32_t number,
                             struct line *line)
{
    const struct events_query *query = request->query;
    struct event_body body = {.type = 0};
    struct json_error error;
    yyjson_val *root = NULL;
    line->mistakes = request_mistakes_none(request);
    line->work.explains = query->explain;
    enum status status = json_parse(request->arena, text, &error, &root);
    if (status == STATUS_SYNTAX || status == STATUS_LIMIT) {
        line->malformed = status == STATUS_SYNTAX
                              ? arena_format(request->arena, "column %u: %.*s",
                                             error.position.column, TEXT_ARGUMENTS(error.message))
                              : TEXT("it is nested too deeply");
        return line->malformed.bytes == NULL ? STATUS_NO_MEMORY : STATUS_OK;
    }
    TRY(status);
    TRY(shape_read(&event_shape, root, NULL, &line->mistakes, &body));
    if (!mistakes_are_none(&line->mistakes)) return STATUS_OK;
    TRY(decide_prepare(request, &body, NULL, &line->mistakes, &line->work));
    if (!mistakes_are_none(&line->mistakes)) return STATUS_OK;
    return key_line(request, line, body.id, number);
}

/* Lines that are not empty; LINE_MAXIMUM + 1 when there are more. */
static uint32_t count_lines(struct text rest)
{
    uint32_t count = 0;
    while (!text_is_empty(rest) && count <= LINE_MAXIMUM) {
        if (!text_is_empty(text_trim(text_split(rest, '\n', &rest)))) count++;
    }
    return count;
}

static enum status read_lines(struct request *request, struct events_work *work, uint32_t count)
{
    struct text rest = request->lines;
    work->lines = arena_new_array(request->arena, struct line, (size_t)count + 1);
    if (work->lines == NULL) return STATUS_NO_MEMORY;
    while (!text_is_empty(rest)) {
        struct text text = text_trim(text_split(rest, '\n', &rest));
        if (text_is_empty(text)) continue;
        TRY(read_line(request, text, work->count + 1, &work->lines[work->count]));
        work->count++;
    }
    return STATUS_OK;
}

/* ---- replying ---- */

static void fill_mistaken(const struct request *request, const struct line *line,
                          struct problem_body *problem)
{
    enum problem_code code = PROBLEM_INVALID_REQUEST;
    *problem = (struct problem_body){.status = 0};
    if (line->malformed.bytes != NULL) {
        code = PROBLEM_MALFORMED_JSON;
        problem->detail = line->malformed;
    } else if (line->lacks_key) {
        code = PROBLEM_KEY_REQUIRED;
        problem->detail = TEXT("the line has no id, and the request no Idempotency-Key");
    } else if (line->status != STATUS_OK) {
        problem->detail = text_of(status_text(line->status));
    }
    problem_fill(problem, problem_kind(code), request->arena);
    problem_fill_mistakes(problem, &line->mistakes);
}

/* What a line came to: a reply, or a problem. */
static enum status render_line(const struct request *request, const struct line *line,
                               struct event_reply *reply, struct problem_body *problem)
{
    if (line_is_wrong(line) || line->status != STATUS_OK) {
        fill_mistaken(request, line, problem);
        return problem->type.bytes == NULL ? STATUS_NO_MEMORY : STATUS_OK;
    }
    return decide_render(request, &line->work, reply, problem);
}

/* One problem that lists the first mistake of each line that spoilt the batch. */
static void reply_not_applied(struct request *request, const struct events_work *work)
{
    struct mistakes mistakes = request_mistakes_none(request);
    struct problem_body body = {.status = 0};
    struct event_reply reply;
    struct problem_body problem;
    uint32_t count = 0;
    body.errors = arena_new_array(request->arena, struct problem_error, SHAPE_MISTAKE_MAXIMUM);
    for (uint32_t i = 0; i < work->count && body.errors != NULL; i++) {
        if (render_line(request, &work->lines[i], &reply, &problem) != STATUS_OK) continue;
        if (problem.status == 200 || count == SHAPE_MISTAKE_MAXIMUM) continue;
        body.errors[count++] = (struct problem_error){
            .field = arena_format(mistakes.arena, "/%u%.*s", i, TEXT_ARGUMENTS(problem.field)),
            .code = problem.code,
            .detail = problem.detail,
        };
    }
    body.error_count = count;
    if (count > 0) {
        body.field = body.errors[0].field;
        body.detail = body.errors[0].detail;
    }
    problem_fill(&body, problem_kind(PROBLEM_NOT_APPLIED), request->arena);
    request_problem_body(request, &body);
}

/* The whole of the batch was answered before: the header says so, as for one event. */
static void note_repeats(struct request *request, const struct events_work *work)
{
    const struct decide_work *repeated = NULL;
    for (uint32_t i = 0; i < work->count; i++) {
        const struct line *line = &work->lines[i];
        if (line_is_wrong(line)) continue;
        if (!line->work.reply.is_repeat) return;
        repeated = &line->work;
    }
    if (repeated != NULL) decide_note_repeat(request, repeated);
}

static void finish_lines(struct request *request, const struct events_work *work)
{
    struct json_writer writer;
    struct text text;
    note_repeats(request, work);
    json_writer_init(&writer, request->arena, (size_t)work->count * REPLY_BYTES);
    for (uint32_t i = 0; i < work->count; i++) {
        struct event_reply reply;
        struct problem_body problem;
        if (render_line(request, &work->lines[i], &reply, &problem) != STATUS_OK) {
            writer.has_failed = true;
            break;
        }
        if (problem.status == 200) {
            shape_add(&writer, &event_reply_shape, &reply);
        } else {
            shape_add(&writer, &problem_shape, &problem);
        }
        json_add_byte(&writer, '\n');
    }
    if (json_writer_finish(&writer, &text) == STATUS_OK) {
        request_reply_text(request, 200, LINES_TYPE, text);
    } else {
        request_problem(request, PROBLEM_INTERNAL,
                        "the replies need more memory than a request "
                        "may have: send fewer lines at once");
    }
}

/* ---- the handler ---- */

static enum next begin_lines(struct request *request, struct events_work *work)
{
    const struct events_query *query = request->query;
    uint32_t count = count_lines(request->lines);
    uint32_t wrong_count = 0;
    if (count > LINE_MAXIMUM) {
        request_problem(request, PROBLEM_BODY_TOO_LARGE, "send at most %d lines at once",
                        LINE_MAXIMUM);
        return NEXT_REPLIED;
    }
    enum status status = read_lines(request, work, count);
    if (status != STATUS_OK) {
        request_problem(request, PROBLEM_INTERNAL, "%s", status_text(status));
        return NEXT_REPLIED;
    }
    for (uint32_t i = 0; i < work->count; i++)
        wrong_count += line_is_wrong(&work->lines[i]) ? 1 : 0;
    if (query->atomic && wrong_count > 0) {
        /* None was decided: those that are right say nothing. */
        for (uint32_t i = 0; i < work->count; i++)
            work->lines[i].work.reply.answer = ANSWER_DONE;
        reply_not_applied(request, work);
        return NEXT_REPLIED;
    }
    if (wrong_count == work->count) {
        finish_lines(request, work);
        return NEXT_REPLIED;
    }
    request->command.weight = work->count;
    return NEXT_SUBMIT;
}

static enum next begin_events(struct request *request)
{
    struct events_work *work = request->work;
    const struct events_query *query = request->query;
    if (request->lines.bytes != NULL) return begin_lines(request, work);
    struct mistakes mistakes = request_mistakes_none(request);
    enum status status = decide_prepare(request, request->body, NULL, &mistakes, &work->one);
    if (status != STATUS_OK) {
        request_problem(request, PROBLEM_INTERNAL, "%s", status_text(status));
        return NEXT_REPLIED;
    }
    if (!mistakes_are_none(&mistakes)) {
        request_mistakes(request, PROBLEM_INVALID_REQUEST, &mistakes);
        return NEXT_REPLIED;
    }
    work->one.explains = query->explain;
    return decide_submit(request, &work->one);
}

/* A fault of one event alone: its amounts are too large, or it touches too much. */
static bool is_own_fault(enum status status)
{
    return status == STATUS_OVERFLOW || status == STATUS_LIMIT || status == STATUS_INVALID;
}

static bool was_refused(const struct decide_work *work)
{
    enum answer answer = work->reply.answer;
    return answer != ANSWER_DONE && answer != ANSWER_REPEATED;
}

static enum status run_lines(struct request *request, struct turn *turn, struct events_work *work)
{
    const struct events_query *query = request->query;
    for (uint32_t i = 0; i < work->count; i++) {
        struct line *line = &work->lines[i];
        if (i + TURN_EXPECTS_AHEAD < work->count)
            turn_expect(turn, &line[TURN_EXPECTS_AHEAD].work.event);
        if (line_is_wrong(line)) continue;
        line->status = decide_one(turn, NULL, request->arena, &line->work);
        if (line->status != STATUS_OK && !is_own_fault(line->status)) return line->status;
        if (!query->atomic) continue;
        if (line->status == STATUS_OK && !was_refused(&line->work)) continue;
        work->is_spoilt = true;
        request->finishes_anyway = true;
    }
    return work->is_spoilt ? STATUS_INTERRUPTED : STATUS_OK;
}

static enum status run_events(struct request *request, struct turn *turn)
{
    struct events_work *work = request->work;
    return request->lines.bytes != NULL ? run_lines(request, turn, work)
                                        : decide_run(request, turn);
}

static void finish_events(struct request *request)
{
    struct events_work *work = request->work;
    if (request->lines.bytes == NULL) {
        decide_finish(request);
    } else if (work->is_spoilt) {
        reply_not_applied(request, work);
    } else {
        finish_lines(request, work);
    }
}

static const struct route_reply event_replies[] = {
    {200, &event_reply_shape, NULL,
     "What the event came to; of NDJSON, a line for each, in order: a reply or a problem."},
};

const struct route event_routes[] = {
    {
        .method = HTTP_METHOD_POST,
        .pattern = "/v1/events",
        .operation = "postEvent",
        .tag = "events",
        .summary = "Tell what happened",
        .description =
            "One event as JSON, or up to 10,000 as NDJSON, one a line, which are answered line by "
            "line in the same order. An event that cannot be done is refused with a problem, and "
            "the refusal is recorded: a repeat is answered as the first time.",
        .scope = SCOPE_WRITE,
        .key = KEY_REQUIRED,
        .query = &events_query_shape,
        .body = &event_shape,
        .takes_lines = true,
        ROUTE_REPLIES(event_replies),
        .work_bytes = sizeof(struct events_work),
        .begin = begin_events,
        .run = run_events,
        .finish = finish_events,
    },
};
const uint32_t event_route_count = sizeof event_routes / sizeof *event_routes;
