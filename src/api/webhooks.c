/* /v1/webhooks: endpoints that are told what changed, and what is still to be told to them.
 *
 * A secret is shown by the request that makes it, and by a repeat of that request with its key;
 * never again. What makes one is no event, so its reply is kept beside the endpoint, under the key:
 * a repeat is answered as the first, whatever has become of the endpoint since. The outbox
 * delivers: whatever is written here, it is told to look.
 */
#include "api/change_shape.h"
#include "api/handlers.h"
#include "api/server.h"

#define ID_BYTES 12 /* of the key's hash: the id in hexadecimal is twice as long */
#define DESCRIPTION_MAXIMUM 500

/* ---- shapes ---- */

struct webhook_body {
    struct text url;
    struct text *types;
    uint32_t type_count;
    struct text description;
    int status;
    bool has_types;
    bool has_status;
};
#define URL_FIELD(structure, ...)                                                                  \
    SHAPE_FIELD(structure, url, TEXT, .maximum = WEBHOOK_URL_MAXIMUM, __VA_ARGS__,                 \
                .description = "Where changes are sent, by POST: https://...",                     \
                .example = "\"https://shop.example/guerdon\"")
#define DESCRIPTION_FIELD(structure)                                                               \
    SHAPE_FIELD(structure, description, TEXT, .maximum = DESCRIPTION_MAXIMUM,                      \
                .description = "For people.")
#define TYPES_FIELD(structure, ...)                                                                \
    SHAPE_FIELD(structure, types, TEXT_LIST, SHAPE_COUNT(structure, type_count), __VA_ARGS__,      \
                .maximum = WEBHOOK_TYPE_MAXIMUM,                                                   \
                .description = "Types of changes that it is told; none: all.",                     \
                .example = "[\"points.earned\"]")
#define STATUS_FIELD(structure, ...)                                                               \
    SHAPE_FIELD(structure, status, CHOICE, .choices = webhook_status_names, __VA_ARGS__,           \
                .description = "While it is disabled nothing is sent; enabled again, it is told "  \
                               "what it missed.")

static const struct field webhook_new_fields[] = {
    URL_FIELD(webhook_body, .is_required = true),
    TYPES_FIELD(webhook_body, SHAPE_GIVEN(webhook_body, has_types)),
    DESCRIPTION_FIELD(webhook_body),
    STATUS_FIELD(webhook_body, SHAPE_GIVEN(webhook_body, has_status)),
};
static const struct shape webhook_new_shape =
    SHAPE("NewWebhook", "An endpoint to be made.", webhook_body, webhook_new_fields);

static const struct field webhook_change_fields[] = {
    URL_FIELD(webhook_body, .is_required = false),
    TYPES_FIELD(webhook_body, SHAPE_GIVEN(webhook_body, has_types)),
    DESCRIPTION_FIELD(webhook_body),
    STATUS_FIELD(webhook_body, SHAPE_GIVEN(webhook_body, has_status)),
};
static const struct shape webhook_change_shape =
    SHAPE("WebhookChange", "What is to be different.", webhook_body, webhook_change_fields);

struct webhook_view {
    struct text id;
    struct text url;
    struct text *types;
    uint32_t type_count;
    struct text description;
    int status;
    int64_t created_us;
    int64_t updated_us;
    int64_t old_secret_until_us;
    struct text secret;
};
static const struct field webhook_view_fields[] = {
    SHAPE_FIELD(webhook_view, id, TEXT, .is_required = true, .description = "Its id."),
    URL_FIELD(webhook_view, .is_required = true),
    TYPES_FIELD(webhook_view, .is_required = true),
    DESCRIPTION_FIELD(webhook_view),
    STATUS_FIELD(webhook_view, .is_required = true),
    SHAPE_FIELD_AS("created_at", webhook_view, created_us, INSTANT, .is_required = true,
                   .description = "When it was made."),
    SHAPE_FIELD_AS("updated_at", webhook_view, updated_us, INSTANT, .is_required = true,
                   .description = "When it was changed last."),
    SHAPE_FIELD_AS("old_secret_until", webhook_view, old_secret_until_us, INSTANT,
                   .description = "Until when the secret before the rotation signs too."),
    SHAPE_FIELD(webhook_view, secret, TEXT,
                .description =
                    "What deliveries are signed with; shown when it is made, never again.",
                .example = "\"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\""),
};
static const struct shape webhook_view_shape =
    SHAPE("Webhook", "An endpoint.", webhook_view, webhook_view_fields);

struct webhook_list_body {
    struct webhook_view *webhooks;
    uint32_t webhook_count;
};
static const struct field webhook_list_fields[] = {
    SHAPE_FIELD(webhook_list_body, webhooks, LIST, .is_required = true,
                .shape = &webhook_view_shape, SHAPE_COUNT(webhook_list_body, webhook_count),
                .description = "All of them."),
};
static const struct shape webhook_list_shape =
    SHAPE("Webhooks", "Endpoints.", webhook_list_body, webhook_list_fields);

/* ---- common ---- */

struct webhook_work {
    struct webhook webhook;
    struct webhook_list_body list;
    struct text reply_id; /* of what makes a secret: the document that keeps its reply */
    struct text asked;    /* the hash of the request, hexadecimal */
    struct text reply;    /* JSON */
    bool is_repeat;
};

static void view_of(const struct webhook *webhook, int64_t now_us, struct webhook_view *view)
{
    static struct text none;
    *view = (struct webhook_view){
        .id = webhook->id,
        .url = webhook->url,
        .types = webhook->types == NULL ? &none : webhook->types,
        .type_count = webhook->type_count,
        .description = webhook->description,
        .status = (int)webhook->status,
        .created_us = webhook->created_us,
        .updated_us = webhook->updated_us,
        .old_secret_until_us =
            now_us < webhook->old_secret_until_us ? webhook->old_secret_until_us : 0,
    };
}

static void reply_webhook(struct request *request, int status)
{
    const struct webhook_work *work = request->work;
    struct webhook_view view;
    view_of(&work->webhook, request->now_us, &view);
    request_reply(request, status, &webhook_view_shape, &view);
}

static enum next begin_submit(struct request *request)
{
    (void)request;
    return NEXT_SUBMIT;
}

static enum status find_webhook(struct request *request, struct turn *turn, struct webhook *webhook)
{
    enum status status = turn_webhook(turn, request->path[0], request->arena, webhook);
    if (status == STATUS_NOT_FOUND)
        request_fail(request, PROBLEM_NOT_FOUND, "there is no webhook with this id");
    return status;
}

/* What no table can say of a body. */
static void check_body(const struct request *request, const struct webhook_body *body,
                       struct mistakes *mistakes)
{
    struct place url_place = {.name = TEXT("url")};
    struct place types_place = {.name = TEXT("types")};
    if (body->url.bytes != NULL) {
        struct text url = arena_copy(request->arena, body->url);
        const char *wrong = url.bytes == NULL || strlen(url.bytes) != url.length
                                ? "it is not a URL"
                                : outbox_check_url(&request->api->reach, url.bytes);
        if (wrong != NULL) mistake_add(mistakes, &url_place, MISTAKE_MALFORMED, "%s", wrong);
    }
    for (uint32_t i = 0; i < body->type_count; i++) {
        struct place place = {.parent = &types_place, .index = i};
        bool is_known = false;
        for (uint32_t k = CHANGE_NONE + 1; k < CHANGE_TYPE_COUNT; k++)
            is_known = is_known || text_equal(body->types[i], text_of(change_codes[k]));
        if (is_known) continue;
        mistake_add(mistakes, &place, MISTAKE_NOT_A_CHOICE,
                    "there is no type '%.*s'; /v1/changes/types lists them",
                    TEXT_ARGUMENTS(body->types[i]));
    }
}

static enum next begin_body(struct request *request)
{
    struct mistakes mistakes = request_mistakes_none(request);
    check_body(request, request->body, &mistakes);
    if (mistakes_are_none(&mistakes)) return NEXT_SUBMIT;
    request_mistakes(request, PROBLEM_INVALID_REQUEST, &mistakes);
    return NEXT_REPLIED;
}

static void apply_body(const struct webhook_body *body, struct webhook *webhook)
{
    if (body->url.bytes != NULL) webhook->url = body->url;
    if (body->description.bytes != NULL) webhook->description = body->description;
    if (body->has_status) webhook->status = (enum webhook_status)body->status;
    if (!body->has_types) return;
    webhook->types = body->types;
    webhook->type_count = body->type_count;
}

/* ---- replies that are kept ---- */

#define KEPT_HEAD TEXT("{\"request\":\"")
#define KEPT_MIDDLE TEXT("\",\"reply\":")

/* What a repeat of the request must have in common: what it does, to what, and the body. */
static struct text hash_asked(const struct request *request)
{
    uint8_t hash[HASH_RECORD_BYTES];
    struct text asked =
        arena_format(request->arena, "%s %.*s %.*s", request->route->operation,
                     TEXT_ARGUMENTS(request->path[0]), TEXT_ARGUMENTS(request->exchange->body));
    if (asked.bytes == NULL) return asked;
    hash_record(asked, hash);
    return hexadecimal_text(request->arena, (struct text){(const char *)hash, sizeof hash});
}

/* The reply to the same request, if it came before: in work->reply. */
static enum status find_repeat(struct request *request, struct turn *turn)
{
    struct webhook_work *work = request->work;
    struct text kept;
    struct text key = hexadecimal_text(request->arena, request->key_hash);
    if (key.bytes == NULL) return STATUS_NO_MEMORY;
    work->reply_id = arena_format(request->arena, "key_%.*s", TEXT_ARGUMENTS(key));
    work->asked = hash_asked(request);
    if (work->reply_id.bytes == NULL || work->asked.bytes == NULL) return STATUS_NO_MEMORY;
    enum status status =
        store_get(turn_store(turn), DOCUMENT_REPLY, work->reply_id, request->arena, &kept);
    if (status == STATUS_NOT_FOUND) return STATUS_OK;
    TRY(status);
    size_t head = KEPT_HEAD.length;
    size_t reply = head + work->asked.length + KEPT_MIDDLE.length;
    if (kept.length <= reply) return STATUS_CORRUPT;
    if (!text_equal((struct text){kept.bytes + head, work->asked.length}, work->asked)) {
        request_fail(request, PROBLEM_CONFLICT, "the key was used before for another request");
        return STATUS_INVALID;
    }
    work->is_repeat = true;
    work->reply = (struct text){kept.bytes + reply, kept.length - reply - 1};
    return STATUS_OK;
}

/* The endpoint with its secret is the reply. */
static enum status keep_reply(struct request *request, struct turn *turn)
{
    struct webhook_work *work = request->work;
    struct webhook_view view;
    char secret[WEBHOOK_SECRET_TEXT_MAXIMUM];
    view_of(&work->webhook, request->now_us, &view);
    view.secret = webhook_secret_text(&work->webhook.secret, secret);
    TRY(shape_write(&webhook_view_shape, &view, request->arena, &work->reply));
    struct text kept = arena_format(request->arena, "%.*s%.*s%.*s%.*s}", TEXT_ARGUMENTS(KEPT_HEAD),
                                    TEXT_ARGUMENTS(work->asked), TEXT_ARGUMENTS(KEPT_MIDDLE),
                                    TEXT_ARGUMENTS(work->reply));
    if (kept.bytes == NULL) return STATUS_NO_MEMORY;
    return turn_put(turn, DOCUMENT_REPLY, work->reply_id, kept);
}

static void reply_kept(struct request *request, int status)
{
    const struct webhook_work *work = request->work;
    outbox_reload(request->host->outbox);
    if (work->is_repeat) request_header(request, TEXT("Idempotency-Replayed"), TEXT("true"));
    request_reply_json(request, status, work->reply);
}

/* ---- making ---- */

static enum status count_webhook(void *context, const struct webhook *webhook)
{
    (void)webhook;
    ++*(uint32_t *)context;
    return STATUS_OK;
}

static enum status make_webhook(struct request *request, struct turn *turn, struct webhook *webhook)
{
    uint32_t count = 0;
    struct store_figures figures;
    TRY(turn_each_webhook(turn, request->arena, count_webhook, &count));
    if (count >= WEBHOOK_MAXIMUM) {
        request_fail(request, PROBLEM_CONFLICT, "there are %d webhooks, and no more can be made",
                     WEBHOOK_MAXIMUM);
        return STATUS_LIMIT;
    }
    store_figures(turn_store(turn), &figures);
    webhook->created_us = webhook->updated_us = turn_clock_us(turn);
    webhook->from = figures.last_position;
    webhook_secret_new(&webhook->secret);
    apply_body(request->body, webhook);
    return turn_put_webhook(turn, webhook, request->arena);
}

static enum status run_create(struct request *request, struct turn *turn)
{
    struct webhook_work *work = request->work;
    TRY(find_repeat(request, turn));
    if (work->is_repeat) return STATUS_OK;
    struct text name =
        hexadecimal_text(request->arena, (struct text){request->key_hash.bytes, ID_BYTES});
    if (name.bytes == NULL) return STATUS_NO_MEMORY;
    struct text id = arena_format(request->arena, "wh_%.*s", TEXT_ARGUMENTS(name));
    if (id.bytes == NULL) return STATUS_NO_MEMORY;
    work->webhook = (struct webhook){.id = id};
    TRY(make_webhook(request, turn, &work->webhook));
    return keep_reply(request, turn);
}

static void finish_create(struct request *request)
{
    reply_kept(request, 201);
}

/* ---- reading, changing, removing ---- */

static enum status list_webhook(void *context, const struct webhook *webhook)
{
    struct request *request = context;
    struct webhook_work *work = request->work;
    if (work->list.webhook_count == WEBHOOK_MAXIMUM) return STATUS_OK;
    view_of(webhook, request->now_us, &work->list.webhooks[work->list.webhook_count++]);
    return STATUS_OK;
}

static enum status run_list(struct request *request, struct turn *turn)
{
    struct webhook_work *work = request->work;
    work->list.webhooks = arena_new_array(request->arena, struct webhook_view, WEBHOOK_MAXIMUM);
    if (work->list.webhooks == NULL) return STATUS_NO_MEMORY;
    return turn_each_webhook(turn, request->arena, list_webhook, request);
}

static void finish_list(struct request *request)
{
    const struct webhook_work *work = request->work;
    request_reply(request, 200, &webhook_list_shape, &work->list);
}

static enum status run_get(struct request *request, struct turn *turn)
{
    struct webhook_work *work = request->work;
    return find_webhook(request, turn, &work->webhook);
}

static void finish_get(struct request *request)
{
    const struct webhook_work *work = request->work;
    struct webhook_view view;
    view_of(&work->webhook, request->now_us, &view);
    request_reply_tagged(request, &webhook_view_shape, &view);
}

static bool same_webhook(const struct webhook *a, const struct webhook *b)
{
    if (!text_equal(a->url, b->url) || !text_equal(a->description, b->description)) return false;
    if (a->status != b->status || a->type_count != b->type_count) return false;
    for (uint32_t i = 0; i < a->type_count; i++) {
        if (!text_equal(a->types[i], b->types[i])) return false;
    }
    return true;
}

static enum status run_change(struct request *request, struct turn *turn)
{
    struct webhook_work *work = request->work;
    TRY(find_webhook(request, turn, &work->webhook));
    const struct webhook before = work->webhook;
    apply_body(request->body, &work->webhook);
    if (same_webhook(&before, &work->webhook)) return STATUS_OK;
    work->webhook.updated_us = turn_clock_us(turn);
    return turn_put_webhook(turn, &work->webhook, request->arena);
}

static void finish_change(struct request *request)
{
    outbox_reload(request->host->outbox);
    reply_webhook(request, 200);
}

static enum status run_rotate(struct request *request, struct turn *turn)
{
    struct webhook_work *work = request->work;
    struct webhook *webhook = &work->webhook;
    TRY(find_repeat(request, turn));
    if (work->is_repeat) return STATUS_OK;
    TRY(find_webhook(request, turn, webhook));
    webhook->old_secret = webhook->secret;
    webhook->old_secret_until_us = turn_clock_us(turn) + WEBHOOK_OLD_SECRET_US;
    webhook->updated_us = turn_clock_us(turn);
    webhook_secret_new(&webhook->secret);
    TRY(turn_put_webhook(turn, webhook, request->arena));
    return keep_reply(request, turn);
}

static void finish_rotate(struct request *request)
{
    reply_kept(request, 200);
}

static enum status run_remove(struct request *request, struct turn *turn)
{
    if (request->path[0].length > WEBHOOK_ID_MAXIMUM) return STATUS_OK;
    return turn_remove_webhook(turn, request->path[0], request->arena);
}

static void finish_remove(struct request *request)
{
    outbox_reload(request->host->outbox);
    request_reply_text(request, 204, TEXT(""), TEXT(""));
}

static const struct route_reply created_replies[] = {
    {201, &webhook_view_shape, NULL, "The endpoint, with its secret."},
};
static const struct route_reply webhook_replies[] = {
    {200, &webhook_view_shape, NULL, "The endpoint."},
};
static const struct route_reply list_replies[] = {
    {200, &webhook_list_shape, NULL, "The endpoints."},
};
static const struct route_reply removed_replies[] = {
    {204, NULL, NULL, "It is gone, or was never there."},
};

const struct route webhook_routes[] = {
    {
        .method = HTTP_METHOD_POST,
        .pattern = "/v1/webhooks",
        .operation = "createWebhook",
        .tag = "webhooks",
        .summary = "Have changes sent to an address",
        .description =
            "It is told everything that is recorded from now on, signed by the scheme of "
            "Standard Webhooks. The secret is shown here and never again.",
        .scope = SCOPE_ADMIN,
        .key = KEY_REQUIRED,
        .body = &webhook_new_shape,
        ROUTE_REPLIES(created_replies),
        .work_bytes = sizeof(struct webhook_work),
        .begin = begin_body,
        .run = run_create,
        .finish = finish_create,
    },
    {
        .method = HTTP_METHOD_GET,
        .pattern = "/v1/webhooks",
        .operation = "listWebhooks",
        .tag = "webhooks",
        .summary = "The endpoints",
        .scope = SCOPE_ADMIN,
        .is_read = true,
        ROUTE_REPLIES(list_replies),
        .work_bytes = sizeof(struct webhook_work),
        .begin = begin_submit,
        .run = run_list,
        .finish = finish_list,
    },
    {
        .method = HTTP_METHOD_GET,
        .pattern = "/v1/webhooks/{id}",
        .operation = "getWebhook",
        .tag = "webhooks",
        .summary = "One endpoint",
        .scope = SCOPE_ADMIN,
        .is_read = true,
        ROUTE_REPLIES(webhook_replies),
        .work_bytes = sizeof(struct webhook_work),
        .begin = begin_submit,
        .run = run_get,
        .finish = finish_get,
    },
    {
        .method = HTTP_METHOD_PATCH,
        .pattern = "/v1/webhooks/{id}",
        .operation = "changeWebhook",
        .tag = "webhooks",
        .summary = "Change an endpoint",
        .scope = SCOPE_ADMIN,
        .body = &webhook_change_shape,
        ROUTE_REPLIES(webhook_replies),
        .work_bytes = sizeof(struct webhook_work),
        .begin = begin_body,
        .run = run_change,
        .finish = finish_change,
    },
    {
        .method = HTTP_METHOD_DELETE,
        .pattern = "/v1/webhooks/{id}",
        .operation = "deleteWebhook",
        .tag = "webhooks",
        .summary = "Remove an endpoint, and what was to be sent to it",
        .scope = SCOPE_ADMIN,
        ROUTE_REPLIES(removed_replies),
        .work_bytes = sizeof(struct webhook_work),
        .begin = begin_submit,
        .run = run_remove,
        .finish = finish_remove,
    },
    {
        .method = HTTP_METHOD_POST,
        .pattern = "/v1/webhooks/{id}/rotate",
        .operation = "rotateWebhookSecret",
        .tag = "webhooks",
        .summary = "A new secret; the one before signs too for a day",
        .scope = SCOPE_ADMIN,
        .key = KEY_REQUIRED,
        ROUTE_REPLIES(webhook_replies),
        .work_bytes = sizeof(struct webhook_work),
        .begin = begin_submit,
        .run = run_rotate,
        .finish = finish_rotate,
    },
};
const uint32_t webhook_route_count = sizeof webhook_routes / sizeof *webhook_routes;
