/* Programmes: /v1/programme: read versions, try a draft, publish it.
 *
 * A draft is sent as it is in its file: YAML, or the same tree as JSON. What is wrong with it is
 * answered with lines and columns. A wallet that somebody has points in cannot vanish.
 */
#include "api/handlers.h"
#include "api/programme_shape.h"

#define PROBLEMS_MAXIMUM 200

/* ---- versions ---- */

static enum status fill_version(const struct request *request, const struct version *version,
                                struct version_body *body)
{
    int64_t now_us = service_now_us(request->service);
    *body = (struct version_body){
        .version = version->number,
        .program = version->program->id,
        .title = version->program->title,
        .in_force_from_us = version->number == 1 ? 0 : version->from_us,
        .published_at_us = version->published_at_us,
        .is_in_force = service_program(request->service, now_us) == version->program,
    };
    return STATUS_OK;
}

static void reply_version(struct request *request, const struct version *version)
{
    struct version_body body;
    if (version == NULL) {
        request_problem(request, PROBLEM_NOT_FOUND, "there is no such version");
        return;
    }
    enum status status = fill_version(request, version, &body);
    body.text = version->text;
    if (status == STATUS_OK) {
        status = problems_told(&version->program->warnings, request->arena, &body.warnings,
                               &body.warning_count);
    }
    if (status == STATUS_OK) {
        status = describe_lines(version->program, request->arena, &body.description,
                                &body.description_count);
    }
    if (status != STATUS_OK) {
        request_problem(request, PROBLEM_INTERNAL, "%s", status_text(status));
        return;
    }
    request_reply_tagged(request, &version_shape, &body);
}

static enum next begin_current(struct request *request)
{
    const struct program *program = service_program(request->service, request->now_us);
    reply_version(request, service_version(request->service, program->version - 1));
    return NEXT_REPLIED;
}

/* A number without sign; 0 for anything else. */
static uint32_t read_version_number(struct text text)
{
    struct decimal decimal;
    int64_t number;
    if (decimal_parse(text, &decimal) != STATUS_OK ||
        decimal_rescale(decimal, 0, &number) != STATUS_OK || number < 1 || number > UINT32_MAX) {
        return 0;
    }
    return (uint32_t)number;
}

static enum next begin_version(struct request *request)
{
    uint32_t number = read_version_number(request->path[0]);
    reply_version(request, number == 0 ? NULL : service_version(request->service, number - 1));
    return NEXT_REPLIED;
}

struct versions_query {
    struct page page;
};
static const struct field versions_query_fields[] = {PAGE_FIELDS(versions_query)};
static const struct shape versions_query_shape =
    SHAPE("VersionsQuery", "Parameters.", versions_query, versions_query_fields);

static uint32_t count_versions(const struct service *service)
{
    uint32_t count = 0;
    while (service_version(service, count) != NULL)
        count++;
    return count;
}

static enum next begin_versions(struct request *request)
{
    const struct versions_query *query = request->query;
    struct versions_body body = {.version_count = 0};
    uint64_t before = (uint64_t)count_versions(request->service) + 1;
    if (!text_is_empty(query->page.cursor) &&
        cursor_number(request->arena, query->page.cursor, &before) != STATUS_OK) {
        request_problem(request, PROBLEM_MALFORMED_CURSOR, NULL);
        return NEXT_REPLIED;
    }
    uint32_t limit = page_limit(&query->page);
    body.versions = arena_new_array(request->arena, struct version_body, limit);
    if (body.versions == NULL) {
        request_problem(request, PROBLEM_INTERNAL, "%s", status_text(STATUS_NO_MEMORY));
        return NEXT_REPLIED;
    }
    uint64_t number = before;
    while (number > 1 && body.version_count < limit) {
        const struct version *version = service_version(request->service, (uint32_t)--number - 1);
        if (version == NULL) continue;
        enum status status = fill_version(request, version, &body.versions[body.version_count++]);
        ASSERT(status == STATUS_OK);
    }
    if (number > 1) body.next = cursor_of_number(request->arena, number);
    request_reply(request, 200, &versions_shape, &body);
    return NEXT_REPLIED;
}

/* ---- drafts ---- */

struct draft_work {
    const struct program *program;
    struct problem_list problems;
    struct rehearsal *rehearsal;
    uint32_t number;
    bool is_repeat; /* of what is published already */
    bool is_other;  /* the key was used for another draft */
    struct version_body version;
};

static void reply_problems(struct request *request, const struct problem_list *problems)
{
    struct problem_body body = {.status = 0};
    size_t count = problems->count < PROBLEMS_MAXIMUM ? problems->count : PROBLEMS_MAXIMUM;
    body.errors = arena_new_array(request->arena, struct problem_error, count + 1);
    for (size_t i = 0; i < count && body.errors != NULL; i++) {
        const struct problem *problem = &problems->items[i];
        body.errors[i] = (struct problem_error){.code = TEXT("invalid_program"),
                                                .detail = problem->message,
                                                .line = problem->position.line,
                                                .column = problem->position.column};
        body.error_count++;
    }
    if (body.error_count > 0) body.detail = body.errors[0].detail;
    problem_fill(&body, problem_kind(PROBLEM_INVALID_PROGRAM), request->arena);
    request_problem_body(request, &body);
}

/* Compiles the draft; on its mistakes the problem is replied and NULL answered. */
static const struct program *read_draft(struct request *request, struct problem_list *problems)
{
    const struct program *program = NULL;
    problem_list_init(problems, request->arena);
    enum status status =
        program_load(request->arena, TEXT("draft"), request->text, problems, &program);
    return status == STATUS_OK ? program : NULL;
}

static enum next begin_validate(struct request *request)
{
    struct problem_list problems;
    struct validation_body body = {.is_valid = true};
    const struct program *program = read_draft(request, &problems);
    enum status status = STATUS_OK;
    if (program != NULL) {
        status =
            describe_lines(program, request->arena, &body.description, &body.description_count);
        if (status == STATUS_OK) {
            status = advise_lines(program, request->arena, &body.advice, &body.advice_count);
        }
        if (status == STATUS_OK) {
            status = problems_told(&program->warnings, request->arena, &body.warnings,
                                   &body.warning_count);
        }
    } else {
        body.is_valid = false;
        status = problems_told(&problems, request->arena, &body.problems, &body.problem_count);
    }
    if (status != STATUS_OK) {
        request_problem(request, PROBLEM_INTERNAL, "%s", status_text(status));
    } else {
        request_reply(request, 200, &validation_shape, &body);
    }
    return NEXT_REPLIED;
}

static enum next begin_diff(struct request *request)
{
    struct problem_list problems;
    struct difference_body body = {.added_count = 0};
    const struct program *program = read_draft(request, &problems);
    if (program == NULL) {
        reply_problems(request, &problems);
        return NEXT_REPLIED;
    }
    enum status status = difference_of(
        request->arena, service_program(request->service, request->now_us), program, &body);
    if (status != STATUS_OK) {
        request_problem(request, PROBLEM_INTERNAL, "%s", status_text(status));
    } else {
        request_reply(request, 200, &difference_shape, &body);
    }
    return NEXT_REPLIED;
}

/* ---- back-test ---- */

static enum next begin_rehearse(struct request *request)
{
    struct draft_work *work = request->work;
    work->program = read_draft(request, &work->problems);
    work->rehearsal = arena_new(request->arena, struct rehearsal);
    if (work->program == NULL || work->rehearsal == NULL) {
        reply_problems(request, &work->problems);
        return NEXT_REPLIED;
    }
    return NEXT_SUBMIT;
}

static enum status run_rehearse(struct request *request, struct turn *turn)
{
    struct draft_work *work = request->work;
    return turn_rehearse(turn, work->program, work->rehearsal);
}

static void finish_rehearse(struct request *request)
{
    struct draft_work *work = request->work;
    const struct program *program = service_program(request->service, request->now_us);
    struct rehearsal_body body = {.events = (int64_t)work->rehearsal->events,
                                  .refused = (int64_t)work->rehearsal->refused,
                                  .allowed = (int64_t)work->rehearsal->allowed};
    struct totals recorded;
    service_totals(request->service, &recorded);
    enum status status =
        rehearsed_wallets(program, &recorded, request->arena, &body.recorded, &body.recorded_count);
    if (status == STATUS_OK) {
        status = rehearsed_wallets(work->program, &work->rehearsal->totals, request->arena,
                                   &body.rehearsed, &body.rehearsed_count);
    }
    if (status != STATUS_OK) {
        request_problem(request, PROBLEM_INTERNAL, "%s", status_text(status));
    } else {
        request_reply(request, 200, &rehearsal_shape, &body);
    }
}

/* ---- publish ---- */

struct publish_query {
    int64_t from_us;
};
static const struct field publish_query_fields[] = {
    SHAPE_FIELD_AS("from", publish_query, from_us, INSTANT,
                   .description = "From when on it decides; now unless given, and not before."),
};
static const struct shape publish_query_shape =
    SHAPE("PublishQuery", "Parameters.", publish_query, publish_query_fields);

static enum next begin_publish(struct request *request)
{
    struct draft_work *work = request->work;
    work->program = read_draft(request, &work->problems);
    if (work->program == NULL) {
        reply_problems(request, &work->problems);
        return NEXT_REPLIED;
    }
    if (!text_equal(work->program->id, request->program->id)) {
        request_problem(request, PROBLEM_CONFLICT,
                        "this is programme %.*s and the key belongs to %.*s: the id stays the same "
                        "in every version",
                        TEXT_ARGUMENTS(work->program->id), TEXT_ARGUMENTS(request->program->id));
        return NEXT_REPLIED;
    }
    return NEXT_SUBMIT;
}

/* On the writer's thread, with what the open batch has posted: no point is earned in between. */
static enum status check_wallets(struct request *request, struct turn *turn,
                                 const struct program *draft, int64_t from_us)
{
    const struct wallet *hurt = turn_find_hurt_wallet(turn, draft, from_us);
    if (hurt == NULL) return STATUS_OK;
    request_fail(request, PROBLEM_CONFLICT,
                 "wallet %.*s would vanish or change its decimals, and members may have points in "
                 "it: keep it, without rules that earn, until nobody has; then it can go at once",
                 TEXT_ARGUMENTS(hurt->id));
    return STATUS_INVALID;
}

/* ---- exactly once: a key's version is a document ---- */

/* Where a key's document is, and what the key was used for: the instant and the text's hash. */
static enum status describe_use(const struct request *request, int64_t from_us, struct text *id,
                                struct text *use)
{
    uint8_t hash[HASH_RECORD_BYTES];
    hash_record(request->text, hash);
    struct text hexadecimal =
        hexadecimal_text(request->arena, (struct text){(const char *)hash, sizeof hash});
    struct text key = hexadecimal_text(request->arena, request->key_hash);
    if (hexadecimal.bytes == NULL || key.bytes == NULL) return STATUS_NO_MEMORY;
    *id = arena_format(request->arena, "published:%.*s", TEXT_ARGUMENTS(key));
    *use =
        arena_format(request->arena, "%lld %.*s", (long long)from_us, TEXT_ARGUMENTS(hexadecimal));
    return id->bytes == NULL || use->bytes == NULL ? STATUS_NO_MEMORY : STATUS_OK;
}

/* The version that the request's key was used for; NOT_FOUND: it is new. */
static enum status find_used(struct request *request, struct turn *turn, struct text id,
                             struct text use)
{
    struct draft_work *work = request->work;
    struct text value;
    struct text used_for;
    int64_t number;
    TRY(store_get(turn_store(turn), DOCUMENT_SETTING, id, request->arena, &value));
    TRY(amount_parse(text_split(value, ' ', &used_for), 0, &number));
    work->number = (uint32_t)number;
    work->is_other = !text_equal(used_for, use);
    work->is_repeat = !work->is_other;
    return STATUS_OK;
}

/* Without a key: the latest version is this very draft from this very time. */
static bool is_latest(const struct request *request, const struct turn *turn, int64_t from_us,
                      uint32_t *number)
{
    const struct version *latest = turn_last_version(turn);
    bool was_at_once = latest->from_us <= latest->published_at_us;
    bool is_at_once = from_us <= latest->published_at_us;
    *number = latest->number;
    return text_equal(latest->text, request->text) &&
           (is_at_once ? was_at_once : from_us == latest->from_us);
}

static enum status publish_once(struct request *request, struct turn *turn)
{
    struct draft_work *work = request->work;
    int64_t from_us = ((const struct publish_query *)request->query)->from_us;
    work->is_repeat = is_latest(request, turn, from_us, &work->number);
    if (work->is_repeat) return STATUS_OK;
    TRY(check_wallets(request, turn, work->program, from_us));
    return turn_publish(turn, TEXT("draft"), request->text, from_us, &work->problems,
                        &work->number);
}

static enum status run_publish(struct request *request, struct turn *turn)
{
    struct draft_work *work = request->work;
    int64_t from_us = ((const struct publish_query *)request->query)->from_us;
    struct text id;
    struct text use;
    if (text_is_empty(request->key_hash)) return publish_once(request, turn);
    TRY(describe_use(request, from_us, &id, &use));
    enum status status = find_used(request, turn, id, use);
    if (status != STATUS_NOT_FOUND) return status;
    TRY(publish_once(request, turn));
    struct text value = arena_format(request->arena, "%u %.*s", work->number, TEXT_ARGUMENTS(use));
    if (value.bytes == NULL) return STATUS_NO_MEMORY;
    return turn_put(turn, DOCUMENT_SETTING, id, value);
}

static void finish_publish(struct request *request)
{
    struct draft_work *work = request->work;
    if (work->is_other) {
        struct problem_body body = {.status = 0};
        problem_fill(&body, problem_of_answer(ANSWER_KEY_CONFLICT), request->arena);
        request_problem_body(request, &body);
        return;
    }
    const struct version *version = service_version(request->service, work->number - 1);
    ASSERT(version != NULL);
    enum status status = fill_version(request, version, &work->version);
    if (status == STATUS_OK) {
        status = problems_told(&version->program->warnings, request->arena, &work->version.warnings,
                               &work->version.warning_count);
    }
    if (status != STATUS_OK) {
        request_problem(request, PROBLEM_INTERNAL, "%s", status_text(status));
        return;
    }
    /* As it was when it was published, for a repeat as for the first. */
    work->version.is_in_force = version->from_us <= version->published_at_us;
    if (work->is_repeat) request_header(request, TEXT("Idempotency-Replayed"), TEXT("true"));
    request_reply(request, 201, &version_shape, &work->version);
}

/* ---- routes ---- */

static const struct route_reply version_replies[] = {{200, &version_shape, NULL, "The version."}};
static const struct route_reply versions_replies[] = {
    {200, &versions_shape, NULL, "The versions, newest first."}};
static const struct route_reply validation_replies[] = {
    {200, &validation_shape, NULL, "Whether it is right, and what it says."}};
static const struct route_reply difference_replies[] = {
    {200, &difference_shape, NULL, "What it changes."}};
static const struct route_reply rehearsal_replies[] = {
    {200, &rehearsal_shape, NULL, "What was, and what would have been."}};
static const struct route_reply published_replies[] = {
    {201, &version_shape, NULL, "It is published."}};

#define READ_ROUTE(path, operation_, begin_, replies_, summary_)                                   \
    .method = HTTP_METHOD_GET, .pattern = (path), .operation = (operation_), .tag = "programme",   \
    .summary = (summary_), .scope = SCOPE_READ, ROUTE_REPLIES(replies_), .begin = (begin_)
#define DRAFT_ROUTE(path, operation_, begin_, replies_, summary_)                                  \
    .method = HTTP_METHOD_POST, .pattern = (path), .operation = (operation_), .tag = "programme",  \
    .summary = (summary_), .takes_text = true, ROUTE_REPLIES(replies_), .begin = (begin_)

const struct route programme_routes[] = {
    {READ_ROUTE("/v1/programme", "getProgramme", begin_current, version_replies,
                "The version in force")},
    {READ_ROUTE("/v1/programme/versions", "listVersions", begin_versions, versions_replies,
                "All versions"),
     .query = &versions_query_shape},
    {READ_ROUTE("/v1/programme/versions/{number}", "getVersion", begin_version, version_replies,
                "One version")},
    {DRAFT_ROUTE("/v1/programme/validate", "validateProgramme", begin_validate, validation_replies,
                 "Is this draft right?"),
     .scope = SCOPE_READ},
    {DRAFT_ROUTE("/v1/programme/diff", "diffProgramme", begin_diff, difference_replies,
                 "What does this draft change?"),
     .scope = SCOPE_READ},
    {DRAFT_ROUTE("/v1/programme/backtest", "backtestProgramme", begin_rehearse, rehearsal_replies,
                 "What would this draft have made of all that happened?"),
     .scope = SCOPE_READ, .is_read = true, .is_long = true, .work_bytes = sizeof(struct draft_work),
     .run = run_rehearse, .finish = finish_rehearse},
    {DRAFT_ROUTE("/v1/programme/publish", "publishProgramme", begin_publish, published_replies,
                 "Publish this draft, now or at a time"),
     .scope = SCOPE_ADMIN, .key = KEY_OPTIONAL, .query = &publish_query_shape,
     .work_bytes = sizeof(struct draft_work), .run = run_publish, .finish = finish_publish},
};
const uint32_t programme_route_count = sizeof programme_routes / sizeof *programme_routes;
