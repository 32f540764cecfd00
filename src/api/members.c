/* Members: /v1/members: create, read, change, find.
 *
 * Personal data and external ids live outside the ledger (service/people.c): a write is one event,
 * JOIN or PROFILE, whose record holds their salted hash, and the documents in the same batch.
 */
#include "api/decide.h"
#include "api/handlers.h"
#include "api/member_shape.h"

/* ---- create and change ---- */

struct person_body {
    struct text id;
    yyjson_val *fields;
    struct external_id_body *external_ids;
    uint32_t external_id_count;
    int64_t joined_at_us;
};

#define PERSON_FIELDS                                                                              \
    SHAPE_FIELD(person_body, fields, ANY,                                                          \
                .description = "Personal data: any object. `birthday` (`1990-05-17`, or "          \
                               "`--05-17` without the year) is what rules on birthdays look at.",  \
                .example = "{\"name\":\"Ann\",\"birthday\":\"1990-05-17\"}"),                      \
        SHAPE_FIELD(person_body, external_ids, LIST, .shape = &external_id_shape,                  \
                    SHAPE_COUNT(person_body, external_id_count), .maximum = PERSON_ID_MAXIMUM,     \
                    .description = "By what it can be found: e-mail address, card number, ...")

static const struct field new_member_fields[] = {
    SHAPE_FIELD(person_body, id, ID, .is_required = true,
                .description = "The member's id, yours to choose; it is the idempotency key too."),
    SHAPE_FIELD_AS("joined_at", person_body, joined_at_us, INSTANT,
                   .description = "When it joined; now unless given."),
    PERSON_FIELDS,
};
static const struct shape new_member_shape =
    SHAPE("NewMember", "A member to be created.", person_body, new_member_fields);

static const struct field changed_member_fields[] = {PERSON_FIELDS};
static const struct shape changed_member_shape =
    SHAPE("ChangedMember", "What is to replace the member's personal data and external ids.",
          person_body, changed_member_fields);

struct member_work {
    struct decide_work decide; /* the first member */
    struct person person;
    struct external_id ids[PERSON_ID_MAXIMUM];
    struct member_body member;
};

static void check_kind(struct text kind, uint32_t index, struct mistakes *mistakes)
{
    static const struct place ids = {.name = TEXT_INITIALISER("external_ids")};
    const struct place element = {.parent = &ids, .index = index};
    const struct place place = {.parent = &element, .name = TEXT("kind")};
    if (external_id_kind_valid(kind)) return;
    mistake_add(mistakes, &place, MISTAKE_MALFORMED, "a kind has no ':'");
}

static enum status read_person(struct request *request, const struct person_body *body,
                               struct mistakes *mistakes, struct member_work *work)
{
    static const struct place place = {.name = TEXT_INITIALISER("fields")};
    struct json_writer writer;
    struct person *person = &work->person;
    *person = (struct person){.fields = TEXT("{}"), .ids = work->ids};
    for (uint32_t i = 0; i < body->external_id_count; i++) {
        check_kind(body->external_ids[i].kind, i, mistakes);
        work->ids[i] =
            (struct external_id){body->external_ids[i].kind, body->external_ids[i].value};
    }
    person->id_count = body->external_id_count;
    if (body->fields == NULL) return STATUS_OK;
    if (!yyjson_is_obj(body->fields)) {
        mistake_add(mistakes, &place, MISTAKE_WRONG_TYPE, "send an object of fields");
        return STATUS_OK;
    }
    json_writer_init(&writer, request->arena, 256);
    json_add_value(&writer, body->fields);
    return json_writer_finish(&writer, &person->fields);
}

/* What a repeat must have in common beside the event: all that was said of the person. */
static enum status hash_more(const struct request *request, struct member_work *work)
{
    struct json_writer writer;
    json_writer_init(&writer, request->arena, 256);
    json_add(&writer, work->person.fields);
    for (uint32_t i = 0; i < work->person.id_count; i++) {
        json_add_text(&writer, work->ids[i].kind);
        json_add_text(&writer, work->ids[i].value);
    }
    return json_writer_finish(&writer, &work->decide.more);
}

static enum next begin_person(struct request *request, enum event_type type, struct text id)
{
    struct member_work *work = request->work;
    const struct person_body *body = request->body;
    struct mistakes mistakes = request_mistakes_none(request);
    struct event_body event = {
        .type = (int)type, .member = {.id = id}, .occurred_at_us = body->joined_at_us};
    enum status status = decide_prepare(request, &event, NULL, &mistakes, &work->decide);
    if (status == STATUS_OK) status = read_person(request, body, &mistakes, work);
    if (status == STATUS_OK) status = hash_more(request, work);
    if (status != STATUS_OK) {
        request_problem(request, PROBLEM_INTERNAL, "%s", status_text(status));
        return NEXT_REPLIED;
    }
    if (!mistakes_are_none(&mistakes)) {
        request_mistakes(request, PROBLEM_INVALID_REQUEST, &mistakes);
        return NEXT_REPLIED;
    }
    return decide_submit(request, &work->decide);
}

static enum next begin_create(struct request *request)
{
    return begin_person(request, EVENT_JOIN, ((const struct person_body *)request->body)->id);
}

static enum next begin_change(struct request *request)
{
    return begin_person(request, EVENT_PROFILE, request->path[0]);
}

static bool is_done(const struct request *request, const struct decide_work *work)
{
    struct decision decision;
    if (work->reply.record.length == 0 || work->is_gone) return false;
    return engine_decode(work->reply.record, request->arena, &decision) == STATUS_OK &&
           decision.answer == ANSWER_DONE;
}

/* The event is decided before an external id is called taken: a repeat is answered as at first,
 * whoever has the id by now. */
static enum status run_person(struct request *request, struct turn *turn)
{
    struct member_work *work = request->work;
    struct prepared_person prepared;
    struct states *states;
    struct event *event = &work->decide.event;
    TRY(turn_prepare_person(turn, event->member, &work->person, request->arena, &prepared));
    event->fields_hash = (struct text){(const char *)prepared.hash, HASH_RECORD_BYTES};
    event->birthday_month = prepared.birthday_month;
    event->birthday_day = prepared.birthday_day;
    TRY(service_profile(service_program(turn_service(turn), event->occurred_at_us),
                        work->person.fields, request->arena, event));
    TRY(decide_run(request, turn));
    if (!is_done(request, &work->decide)) return STATUS_OK;
    if (!work->decide.reply.is_repeat) {
        if (prepared.taken != PERSON_ID_NONE) {
            const struct external_id *id = &work->ids[prepared.taken];
            request_fail(request, PROBLEM_CONFLICT, "%.*s %.*s is another member's",
                         TEXT_ARGUMENTS(id->kind), TEXT_ARGUMENTS(id->value));
            return STATUS_INVALID;
        }
        TRY(turn_put_person(turn, &prepared, request->arena));
    }
    return member_describe(turn, event->member, 0, request->arena, &work->member, &states);
}

static void finish_person(struct request *request)
{
    struct member_work *work = request->work;
    if (!is_done(request, &work->decide)) {
        decide_finish(request);
        return;
    }
    decide_note_repeat(request, &work->decide);
    int status = work->decide.event.type == EVENT_JOIN ? 201 : 200;
    request_reply(request, status, &member_shape, &work->member);
}

/* ---- read ---- */

struct as_of_query {
    int64_t at_us;
};
static const struct field as_of_fields[] = {
    SHAPE_FIELD_AS("at", as_of_query, at_us, INSTANT,
                   .description = "Settled as of this instant, from what is recorded by now: what "
                                  "will be due until then has happened. Now unless given."),
};
static const struct shape as_of_shape = SHAPE("AsOf", "Parameters.", as_of_query, as_of_fields);

static enum next begin_read(struct request *request)
{
    (void)request;
    return NEXT_SUBMIT;
}

static enum status run_read(struct request *request, struct turn *turn)
{
    struct member_work *work = request->work;
    const struct as_of_query *query = request->query;
    struct states *states;
    enum status status = member_describe(turn, request->path[0], query->at_us, request->arena,
                                         &work->member, &states);
    if (status == STATUS_NOT_FOUND) request_fail(request, PROBLEM_UNKNOWN_MEMBER, NULL);
    return status;
}

static void finish_read(struct request *request)
{
    struct member_work *work = request->work;
    request_reply_tagged(request, &member_shape, &work->member);
}

/* ---- find and list ---- */

struct list_query {
    struct text kind;
    struct text value;
    struct page page;
};
static const struct field list_query_fields[] = {
    SHAPE_FIELD(list_query, kind, ID, .description = "Of an external id: `card`, `email`, ..."),
    SHAPE_FIELD(list_query, value, TEXT, .maximum = 200,
                .description = "With `kind`: the one member that has it."),
    PAGE_FIELDS(list_query),
};
static const struct shape list_query_shape =
    SHAPE("MemberQuery", "Parameters.", list_query, list_query_fields);

struct members_body {
    struct member_body *members;
    uint32_t member_count;
    struct text next;
};
static const struct field members_fields[] = {
    SHAPE_FIELD(members_body, members, LIST, .is_required = true, .shape = &member_shape,
                SHAPE_COUNT(members_body, member_count), .maximum = PAGE_LIMIT_MAXIMUM,
                .description = "By id, in byte order."),
    SHAPE_FIELD(members_body, next, TEXT, .description = "Cursor of the next page, if any."),
};
static const struct shape members_shape =
    SHAPE("Members", "A page of members.", members_body, members_fields);

struct list_work {
    struct members_body body;
    struct text after;
    struct text *ids;
    uint32_t id_count;
    uint32_t limit;
    struct arena *arena;
};

static enum next begin_list(struct request *request)
{
    struct list_work *work = request->work;
    const struct list_query *query = request->query;
    work->arena = request->arena;
    work->limit = page_limit(&query->page);
    if (text_is_empty(query->kind) != text_is_empty(query->value)) {
        request_problem(request, PROBLEM_MALFORMED_PARAMETER,
                        "send kind and value together, or neither");
        return NEXT_REPLIED;
    }
    if (!text_is_empty(query->page.cursor) &&
        cursor_read(request->arena, 'm', query->page.cursor, &work->after) != STATUS_OK) {
        request_problem(request, PROBLEM_MALFORMED_CURSOR, NULL);
        return NEXT_REPLIED;
    }
    return NEXT_SUBMIT;
}

static enum status note_id(void *context, const struct entity_key *key, struct text bytes)
{
    struct list_work *work = context;
    (void)bytes;
    if (work->id_count == work->limit) {
        work->body.next = cursor_make(work->arena, 'm', work->ids[work->limit - 1]);
        return STATUS_INTERRUPTED;
    }
    struct text copy = arena_copy(work->arena, key->id);
    if (copy.bytes == NULL) return STATUS_NO_MEMORY;
    work->ids[work->id_count++] = copy;
    return STATUS_OK;
}

static enum status find_ids(struct request *request, struct turn *turn, struct list_work *work)
{
    const struct list_query *query = request->query;
    work->ids = arena_new_array(request->arena, struct text, (size_t)work->limit + 1);
    if (work->ids == NULL) return STATUS_NO_MEMORY;
    if (text_is_empty(query->kind)) {
        enum status status =
            store_each_state(turn_store(turn), ENTITY_MEMBER, work->after, note_id, work);
        return status == STATUS_INTERRUPTED ? STATUS_OK : status;
    }
    struct external_id id = {query->kind, query->value};
    enum status status = turn_find_member(turn, &id, request->arena, &work->ids[0]);
    if (status == STATUS_NOT_FOUND) return STATUS_OK;
    work->id_count = 1;
    return status;
}

static enum status run_list(struct request *request, struct turn *turn)
{
    struct list_work *work = request->work;
    struct states *states;
    TRY(find_ids(request, turn, work));
    work->body.members =
        arena_new_array(request->arena, struct member_body, (size_t)work->id_count + 1);
    if (work->body.members == NULL) return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < work->id_count; i++) {
        TRY(member_describe(turn, work->ids[i], 0, request->arena, &work->body.members[i],
                            &states));
    }
    work->body.member_count = work->id_count;
    return STATUS_OK;
}

static void finish_list(struct request *request)
{
    struct list_work *work = request->work;
    request_reply(request, 200, &members_shape, &work->body);
}

/* ---- routes ---- */

static const struct route_reply created_replies[] = {{201, &member_shape, NULL, "It is created."}};
static const struct route_reply member_replies[] = {{200, &member_shape, NULL, "The member."}};
static const struct route_reply members_replies[] = {
    {200, &members_shape, NULL, "Those that there are; none is an empty list."}};

const struct route member_routes[] = {
    {
        .method = HTTP_METHOD_POST,
        .pattern = "/v1/members",
        .operation = "createMember",
        .tag = "members",
        .summary = "Create a member",
        .scope = SCOPE_WRITE,
        .key = KEY_REQUIRED,
        .body = &new_member_shape,
        ROUTE_REPLIES(created_replies),
        .work_bytes = sizeof(struct member_work),
        .begin = begin_create,
        .run = run_person,
        .finish = finish_person,
    },
    {
        .method = HTTP_METHOD_GET,
        .pattern = "/v1/members",
        .operation = "listMembers",
        .tag = "members",
        .summary = "Find or list members",
        .scope = SCOPE_READ,
        .query = &list_query_shape,
        ROUTE_REPLIES(members_replies),
        .work_bytes = sizeof(struct list_work),
        .is_read = true,
        .begin = begin_list,
        .run = run_list,
        .finish = finish_list,
    },
    {
        .method = HTTP_METHOD_GET,
        .pattern = "/v1/members/{id}",
        .operation = "getMember",
        .tag = "members",
        .summary = "Read a member",
        .scope = SCOPE_READ,
        .query = &as_of_shape,
        ROUTE_REPLIES(member_replies),
        .work_bytes = sizeof(struct member_work),
        .is_read = true,
        .begin = begin_read,
        .run = run_read,
        .finish = finish_read,
    },
    {
        .method = HTTP_METHOD_PATCH,
        .pattern = "/v1/members/{id}",
        .operation = "changeMember",
        .tag = "members",
        .summary = "Replace a member's personal data and external ids",
        .scope = SCOPE_WRITE,
        .key = KEY_REQUIRED,
        .body = &changed_member_shape,
        ROUTE_REPLIES(member_replies),
        .work_bytes = sizeof(struct member_work),
        .begin = begin_change,
        .run = run_person,
        .finish = finish_person,
    },
};
const uint32_t member_route_count = sizeof member_routes / sizeof *member_routes;
