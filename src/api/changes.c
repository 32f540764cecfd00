/* GET /v1/changes: everything that was recorded, in its order, page by page; and the types that
 * there are, each with its JSON Schema.
 *
 * A cursor says how many records are told, and how many changes of the next one. A page ends when
 * it is full, when the records are at their end, or when many records had nothing of the type that
 * is asked for: there is always a `next`.
 */
#include "api/change_shape.h"
#include "api/handlers.h"
#include "api/openapi.h"

#define CURSOR_KIND 'c'
#define LOOKED_AT_MAXIMUM 5000 /* records a page */
#define CHUNK_RECORDS 64
#define CHUNK_BYTES ((size_t)1 << 20) /* of records: no more are read at once */
#define PAGE_BYTES ((size_t)64 << 20) /* of the request's memory: no more records are begun */
#define SCRATCH_BYTES ((size_t)256 << 20)

struct changes_query {
    struct text after;
    int64_t limit;
    int type;
};
static const struct field changes_query_fields[] = {
    SHAPE_FIELD(changes_query, after, TEXT, .maximum = CURSOR_BYTES_MAXIMUM,
                .description = "`next` of the page before; without it, from the very beginning."),
    SHAPE_FIELD(changes_query, limit, INTEGER, .minimum = 1, .maximum = PAGE_LIMIT_MAXIMUM,
                .description = "How many at most; 100 unless given."),
    SHAPE_FIELD(changes_query, type, CHOICE, .choices = change_codes, .description = "Only these."),
};
static const struct shape changes_query_shape =
    SHAPE("ChangesQuery", "Parameters.", changes_query, changes_query_fields);

struct change_page {
    struct change_body *changes;
    uint32_t change_count;
    struct text next;
    bool has_more;
};
static const struct field change_page_fields[] = {
    SHAPE_FIELD(change_page, changes, LIST, .is_required = true, .shape = &change_shape,
                SHAPE_COUNT(change_page, change_count), .description = "In order."),
    SHAPE_FIELD(change_page, next, TEXT, .is_required = true,
                .description =
                    "`after` of the next page; good for ever, also when there is nothing "
                    "more now."),
    SHAPE_FIELD(change_page, has_more, BOOLEAN, .is_required = true,
                .description = "More was recorded already: ask at once."),
};
static const struct shape change_page_shape =
    SHAPE("ChangePage", "A page of changes.", change_page, change_page_fields);

struct changes_work {
    uint64_t told;  /* records that are told wholly */
    uint32_t begun; /* changes of the next one that are told too */
    uint32_t limit;
    uint32_t looked_at;
    struct change_page page;
};

/* ---- cursors ---- */

static enum status read_cursor(struct request *request, struct text cursor,
                               struct changes_work *work)
{
    struct text value;
    struct text begun_text;
    int64_t told;
    int64_t begun = 0;
    TRY(cursor_read(request->arena, CURSOR_KIND, cursor, &value));
    struct text told_text = text_split(value, '.', &begun_text);
    if (amount_parse(told_text, 0, &told) != STATUS_OK || told < 0) return STATUS_SYNTAX;
    if (told_text.length < value.length &&
        (amount_parse(begun_text, 0, &begun) != STATUS_OK || begun < 0 || begun > UINT32_MAX)) {
        return STATUS_SYNTAX;
    }
    work->told = (uint64_t)told;
    work->begun = (uint32_t)begun;
    return STATUS_OK;
}

static struct text make_cursor(const struct request *request, const struct changes_work *work)
{
    struct text value =
        work->begun == 0
            ? arena_format(request->arena, "%llu", (unsigned long long)work->told)
            : arena_format(request->arena, "%llu.%u", (unsigned long long)work->told, work->begun);
    return value.bytes == NULL ? value : cursor_make(request->arena, CURSOR_KIND, value);
}

/* ---- reading ---- */

struct chunk {
    struct arena *arena; /* cleared for each chunk */
    struct record records[CHUNK_RECORDS];
    uint32_t count;
    size_t bytes;
};

static enum status take_record(void *context, const struct record *record)
{
    struct chunk *chunk = context;
    if (chunk->count == CHUNK_RECORDS || chunk->bytes >= CHUNK_BYTES) return STATUS_INTERRUPTED;
    chunk->bytes += record->body.length;
    return record_copy(record, chunk->arena, &chunk->records[chunk->count++]);
}

/* Has the record anything that is asked for? Most have not, and need no reply. */
static enum status is_wanted(const struct request *request, struct turn *turn,
                             const struct record *record, struct arena *scratch, bool *wanted)
{
    const struct changes_query *query = request->query;
    struct change *changes = NULL;
    uint32_t count = 0;
    TRY(change_list(NULL, turn_store(turn), record, scratch, &changes, &count));
    *wanted = query->type == CHANGE_NONE && count > 0;
    for (uint32_t i = 0; i < count; i++)
        *wanted = *wanted || changes[i].type == (uint32_t)query->type;
    return STATUS_OK;
}

static enum status add_changes(struct request *request, struct turn *turn,
                               const struct record *record, bool *is_whole)
{
    struct changes_work *work = request->work;
    const struct changes_query *query = request->query;
    struct change_body *bodies = NULL;
    uint32_t count = 0;
    struct record kept; /* bodies are views of it */
    TRY(record_copy(record, request->arena, &kept));
    TRY(change_bodies(request->service, turn_store(turn), &kept, request->arena, &bodies, &count));
    for (uint32_t i = work->begun; i < count; i++) {
        if (query->type != CHANGE_NONE && bodies[i].type != query->type) continue;
        if (work->page.change_count == work->limit) {
            work->begun = i;
            *is_whole = false;
            return STATUS_OK;
        }
        work->page.changes[work->page.change_count++] = bodies[i];
    }
    return STATUS_OK;
}

/* Adds the record's changes behind those that are told; not whole when the page is full before its
 * end. */
static enum status add_record(struct request *request, struct turn *turn,
                              const struct record *record, struct arena *scratch, bool *is_whole)
{
    struct changes_work *work = request->work;
    bool wanted = false;
    *is_whole = true;
    TRY(is_wanted(request, turn, record, scratch, &wanted));
    if (wanted) TRY(add_changes(request, turn, record, is_whole));
    if (!*is_whole) return STATUS_OK;
    work->told = record->position;
    work->begun = 0;
    work->looked_at++;
    return STATUS_OK;
}

static bool is_full(const struct request *request)
{
    const struct changes_work *work = request->work;
    return work->page.change_count == work->limit || work->looked_at >= LOOKED_AT_MAXIMUM ||
           request->arena->used >= PAGE_BYTES;
}

static enum status fill_page(struct request *request, struct turn *turn, struct chunk *chunk)
{
    struct changes_work *work = request->work;
    for (;;) {
        chunk->count = 0;
        chunk->bytes = 0;
        arena_clear(chunk->arena);
        enum status status = store_each_record(turn_store(turn), work->told, take_record, chunk);
        if (status != STATUS_OK && status != STATUS_INTERRUPTED) return status;
        bool is_last = status == STATUS_OK;
        for (uint32_t i = 0; i < chunk->count; i++) {
            bool is_whole = false;
            if (!is_full(request))
                TRY(add_record(request, turn, &chunk->records[i], chunk->arena, &is_whole));
            if (is_whole) continue;
            work->page.has_more = true;
            return STATUS_OK;
        }
        if (is_last) return STATUS_OK;
    }
}

static enum status run_changes(struct request *request, struct turn *turn)
{
    struct changes_work *work = request->work;
    struct arena scratch;
    struct chunk *chunk = arena_new(request->arena, struct chunk);
    work->page.changes =
        arena_new_array(request->arena, struct change_body, (size_t)work->limit + 1);
    if (chunk == NULL || work->page.changes == NULL) return STATUS_NO_MEMORY;
    arena_init(&scratch, SCRATCH_BYTES);
    chunk->arena = &scratch;
    enum status status = fill_page(request, turn, chunk);
    arena_release(&scratch);
    return status;
}

static enum next begin_changes(struct request *request)
{
    const struct changes_query *query = request->query;
    struct changes_work *work = request->work;
    work->limit = query->limit == 0 ? PAGE_LIMIT_DEFAULT : (uint32_t)query->limit;
    if (query->after.bytes != NULL && read_cursor(request, query->after, work) != STATUS_OK) {
        request_problem(request, PROBLEM_MALFORMED_CURSOR, NULL);
        return NEXT_REPLIED;
    }
    return NEXT_SUBMIT;
}

static void finish_changes(struct request *request)
{
    struct changes_work *work = request->work;
    work->page.next = make_cursor(request, work);
    if (work->page.next.bytes == NULL) work->page.next = TEXT("");
    request_reply(request, 200, &change_page_shape, &work->page);
}

/* ---- types ---- */

struct change_kind {
    struct text type;
    struct text description;
    struct text schema;
};
static const struct field change_kind_fields[] = {
    SHAPE_FIELD(change_kind, type, TEXT, .is_required = true, .description = "Its code.",
                .example = "\"points.earned\""),
    SHAPE_FIELD(change_kind, description, TEXT, .is_required = true,
                .description = "What it says."),
    SHAPE_FIELD(change_kind, schema, RAW, .is_required = true,
                .description = "JSON Schema of such a change, complete in itself."),
};
static const struct shape change_kind_shape =
    SHAPE("ChangeType", "A type of changes.", change_kind, change_kind_fields);

struct change_kinds {
    struct change_kind *types;
    uint32_t type_count;
};
static const struct field change_kinds_fields[] = {
    SHAPE_FIELD(change_kinds, types, LIST, .is_required = true, .shape = &change_kind_shape,
                SHAPE_COUNT(change_kinds, type_count), .description = "All of them."),
};
static const struct shape change_kinds_shape =
    SHAPE("ChangeTypes", "The types of changes.", change_kinds, change_kinds_fields);

static enum status list_kinds(struct arena *arena, struct change_kinds *kinds)
{
    kinds->types = arena_new_array(arena, struct change_kind, CHANGE_TYPE_COUNT);
    if (kinds->types == NULL) return STATUS_NO_MEMORY;
    for (uint32_t i = CHANGE_NONE + 1; i < CHANGE_TYPE_COUNT; i++) {
        struct change_kind *kind = &kinds->types[kinds->type_count++];
        kind->type = text_of(change_codes[i]);
        kind->description = text_of(change_description((enum change_type)i));
        struct text more =
            arena_format(arena, "\"properties\":{\"type\":{\"const\":\"%s\"}}", change_codes[i]);
        if (more.bytes == NULL) return STATUS_NO_MEMORY;
        TRY(openapi_schema(arena, &change_shape, more, &kind->schema));
    }
    return STATUS_OK;
}

static enum next begin_kinds(struct request *request)
{
    struct change_kinds kinds = {.type_count = 0};
    enum status status = list_kinds(request->arena, &kinds);
    if (status == STATUS_OK) {
        request_reply_tagged(request, &change_kinds_shape, &kinds);
    } else {
        request_problem(request, PROBLEM_INTERNAL, "%s", status_text(status));
    }
    return NEXT_REPLIED;
}

static const struct route_reply changes_replies[] = {
    {200, &change_page_shape, NULL, "What was recorded behind the cursor."},
};
static const struct route_reply kinds_replies[] = {
    {200, &change_kinds_shape, NULL, "The types, with their schemas."},
};

const struct route change_routes[] = {
    {
        .method = HTTP_METHOD_GET,
        .pattern = "/v1/changes",
        .operation = "listChanges",
        .tag = "changes",
        .summary = "Everything that changed, in order",
        .description = "The pull feed of what webhooks tell. Keep `next` and ask again with it: "
                       "nothing is left out and nothing comes twice.",
        .scope = SCOPE_READ,
        .query = &changes_query_shape,
        .is_read = true,
        .is_long = true,
        ROUTE_REPLIES(changes_replies),
        .work_bytes = sizeof(struct changes_work),
        .begin = begin_changes,
        .run = run_changes,
        .finish = finish_changes,
    },
    {
        .method = HTTP_METHOD_GET,
        .pattern = "/v1/changes/types",
        .operation = "listChangeTypes",
        .tag = "changes",
        .summary = "The types of changes",
        .scope = SCOPE_READ,
        ROUTE_REPLIES(kinds_replies),
        .begin = begin_kinds,
    },
};
const uint32_t change_route_count = sizeof change_routes / sizeof *change_routes;
