/* /v1/webhooks/{id}/deliveries: what waits for an endpoint or was given up, and sending it again.
 */
#include "api/change_shape.h"
#include "api/handlers.h"
#include "api/server.h"

#define DELIVERY_CURSOR 'd'

struct delivery_view {
    struct text id;
    int type;
    int status;
    int64_t attempts;
    int failure;
    int64_t response_status;
    int64_t since_us;
    int64_t next_us;
    int64_t last_us;
};
static const struct field delivery_view_fields[] = {
    SHAPE_FIELD(delivery_view, id, TEXT, .is_required = true,
                .description = "Of the change; it is sent as webhook-id."),
    SHAPE_FIELD(delivery_view, type, CHOICE, .is_required = true, .choices = change_codes,
                .description = "Of the change."),
    SHAPE_FIELD(delivery_view, status, CHOICE, .is_required = true, .choices = delivery_state_names,
                .description = "`waiting` for its next attempt, or `parked`: given up."),
    SHAPE_FIELD(delivery_view, attempts, INTEGER, .is_required = true,
                .description = "How often it was tried."),
    SHAPE_FIELD(delivery_view, failure, CHOICE, .is_required = true,
                .choices = delivery_failure_names, .description = "What the last attempt came to."),
    SHAPE_FIELD(delivery_view, response_status, INTEGER,
                .description = "Status of the last answer; none: there was no answer."),
    SHAPE_FIELD_AS("waiting_since", delivery_view, since_us, INSTANT, .is_required = true,
                   .description = "Since when it is to be delivered."),
    SHAPE_FIELD_AS("next_attempt_at", delivery_view, next_us, INSTANT,
                   .description = "When it is tried next."),
    SHAPE_FIELD_AS("last_attempt_at", delivery_view, last_us, INSTANT,
                   .description = "When it was tried last."),
};
static const struct shape delivery_view_shape =
    SHAPE("Delivery", "A change on its way to an endpoint.", delivery_view, delivery_view_fields);

struct delivery_page {
    struct delivery_view *deliveries;
    uint32_t delivery_count;
    struct text next;
};
static const struct field delivery_page_fields[] = {
    SHAPE_FIELD(delivery_page, deliveries, LIST, .is_required = true, .shape = &delivery_view_shape,
                SHAPE_COUNT(delivery_page, delivery_count),
                .description = "In the order of their records."),
    SHAPE_FIELD(delivery_page, next, TEXT, .description = "`cursor` of the next page."),
};
static const struct shape delivery_page_shape =
    SHAPE("Deliveries", "A page of deliveries.", delivery_page, delivery_page_fields);

struct deliveries_query {
    struct page page;
    int status;
    bool has_status;
};
static const struct field deliveries_query_fields[] = {
    PAGE_FIELDS(deliveries_query),
    SHAPE_FIELD(deliveries_query, status, CHOICE, .choices = delivery_state_names,
                SHAPE_GIVEN(deliveries_query, has_status), .description = "Only these."),
};
static const struct shape deliveries_query_shape =
    SHAPE("DeliveriesQuery", "Parameters.", deliveries_query, deliveries_query_fields);

struct delivery_work {
    struct delivery after;
    bool has_after;
    struct delivery last;
    struct delivery_page page;
    struct delivery one;
    struct delivery_view view; /* of it */
    struct store *store;       /* while it runs */
};

static enum status id_of(const struct request *request, struct store *store,
                         const struct delivery *delivery, struct text *id)
{
    struct text program = request->program->id;
    struct record record;
    if (delivery->position == 0) {
        *id = change_test_id(request->arena, program, delivery->index);
    } else {
        TRY(store_record(store, delivery->position, &record));
        *id = change_id(request->arena, program, &record, delivery->index);
    }
    return id->bytes == NULL ? STATUS_NO_MEMORY : STATUS_OK;
}

static enum status view_of(const struct request *request, struct store *store,
                           const struct delivery *delivery, struct delivery_view *view)
{
    *view = (struct delivery_view){
        .type = delivery->type < CHANGE_TYPE_COUNT ? (int)delivery->type : CHANGE_NONE,
        .status = (int)delivery->state,
        .attempts = delivery->attempts,
        .failure = (int)delivery->failure,
        .response_status = delivery->http_status,
        .since_us = delivery->since_us,
        .next_us = delivery->next_us,
        .last_us = delivery->last_us,
    };
    return id_of(request, store, delivery, &view->id);
}

static enum status check_webhook(struct request *request, struct turn *turn)
{
    struct webhook webhook;
    enum status status = turn_webhook(turn, request->path[0], request->arena, &webhook);
    if (status == STATUS_NOT_FOUND)
        request_fail(request, PROBLEM_NOT_FOUND, "there is no webhook with this id");
    return status;
}

/* ---- the list ---- */

static enum status read_cursor(struct request *request, struct text cursor, struct delivery *after)
{
    struct text value;
    struct text index_text;
    int64_t position;
    int64_t index;
    TRY(cursor_read(request->arena, DELIVERY_CURSOR, cursor, &value));
    struct text position_text = text_split(value, '.', &index_text);
    if (amount_parse(position_text, 0, &position) != STATUS_OK || position < 0 ||
        amount_parse(index_text, 0, &index) != STATUS_OK || index < 0 || index > UINT32_MAX) {
        return STATUS_SYNTAX;
    }
    *after = (struct delivery){.position = (uint64_t)position, .index = (uint32_t)index};
    return STATUS_OK;
}

static enum next begin_list(struct request *request)
{
    const struct deliveries_query *query = request->query;
    struct delivery_work *work = request->work;
    if (query->page.cursor.bytes == NULL) return NEXT_SUBMIT;
    if (read_cursor(request, query->page.cursor, &work->after) != STATUS_OK) {
        request_problem(request, PROBLEM_MALFORMED_CURSOR, NULL);
        return NEXT_REPLIED;
    }
    work->has_after = true;
    return NEXT_SUBMIT;
}

static enum status list_delivery(void *context, const struct delivery *delivery)
{
    struct request *request = context;
    struct delivery_work *work = request->work;
    const struct deliveries_query *query = request->query;
    if (query->has_status && (int)delivery->state != query->status) return STATUS_OK;
    if (work->page.delivery_count == page_limit(&query->page)) {
        struct text value = arena_format(request->arena, "%llu.%u",
                                         (unsigned long long)work->last.position, work->last.index);
        if (value.bytes == NULL) return STATUS_NO_MEMORY;
        work->page.next = cursor_make(request->arena, DELIVERY_CURSOR, value);
        return STATUS_INTERRUPTED;
    }
    work->last = *delivery;
    return view_of(request, work->store, delivery,
                   &work->page.deliveries[work->page.delivery_count++]);
}

static enum status run_list(struct request *request, struct turn *turn)
{
    const struct deliveries_query *query = request->query;
    struct delivery_work *work = request->work;
    TRY(check_webhook(request, turn));
    work->store = turn_store(turn);
    work->page.deliveries =
        arena_new_array(request->arena, struct delivery_view, (size_t)page_limit(&query->page) + 1);
    if (work->page.deliveries == NULL) return STATUS_NO_MEMORY;
    enum status status =
        store_each_delivery(turn_store(turn), request->path[0],
                            work->has_after ? &work->after : NULL, list_delivery, request);
    return status == STATUS_INTERRUPTED ? STATUS_OK : status;
}

static void finish_list(struct request *request)
{
    const struct delivery_work *work = request->work;
    request_reply(request, 200, &delivery_page_shape, &work->page);
}

/* ---- sending something ---- */

static enum next begin_submit(struct request *request)
{
    (void)request;
    return NEXT_SUBMIT;
}

static enum status put_delivery(struct request *request, struct turn *turn)
{
    struct delivery_work *work = request->work;
    work->one.since_us = work->one.next_us = work->one.resent_us = turn_clock_us(turn);
    TRY(view_of(request, turn_store(turn), &work->one, &work->view));
    return turn_put_delivery(turn, request->path[0], &work->one, request->arena);
}

static void finish_delivery(struct request *request)
{
    const struct delivery_work *work = request->work;
    outbox_reload(request->host->outbox);
    request_reply(request, 202, &delivery_view_shape, &work->view);
}

/* The number of a test is the key's, so that a repeated request sends the same webhook-id. */
static enum status run_test(struct request *request, struct turn *turn)
{
    struct delivery_work *work = request->work;
    TRY(check_webhook(request, turn));
    work->one.type = CHANGE_TEST;
    memcpy(&work->one.index, request->key_hash.bytes, sizeof work->one.index);
    return put_delivery(request, turn);
}

/* Which change the path names. NOT_FOUND. */
static enum status find_change(struct request *request, struct turn *turn,
                               struct delivery *delivery)
{
    struct record found;
    struct record record;
    struct change *changes = NULL;
    uint32_t count = 0;
    struct text named = request->path[1];
    if (change_id_read(named, request->program->id, &delivery->position, &delivery->index) !=
        STATUS_OK) {
        return STATUS_NOT_FOUND;
    }
    delivery->type = CHANGE_TEST;
    if (delivery->position == 0) return STATUS_OK;
    TRY(store_record(turn_store(turn), delivery->position, &found));
    TRY(record_copy(&found, request->arena, &record));
    TRY(change_list(NULL, turn_store(turn), &record, request->arena, &changes, &count));
    struct text id = change_id(request->arena, request->program->id, &record, delivery->index);
    if (delivery->index >= count || !text_equal(id, named)) return STATUS_NOT_FOUND;
    delivery->type = changes[delivery->index].type;
    return STATUS_OK;
}

static enum status run_resend(struct request *request, struct turn *turn)
{
    struct delivery_work *work = request->work;
    TRY(check_webhook(request, turn));
    enum status status = find_change(request, turn, &work->one);
    if (status == STATUS_NOT_FOUND)
        request_fail(request, PROBLEM_NOT_FOUND, "there is no change with this id");
    TRY(status);
    return put_delivery(request, turn);
}

static const struct route_reply page_replies[] = {
    {200, &delivery_page_shape, NULL, "What is not delivered."},
};
static const struct route_reply sent_replies[] = {
    {202, &delivery_view_shape, NULL, "It is on its way."},
};

const struct route webhook_delivery_routes[] = {
    {
        .method = HTTP_METHOD_POST,
        .pattern = "/v1/webhooks/{id}/test",
        .operation = "testWebhook",
        .tag = "webhooks",
        .summary = "Send a change of type webhook.test",
        .scope = SCOPE_ADMIN,
        .key = KEY_REQUIRED,
        ROUTE_REPLIES(sent_replies),
        .work_bytes = sizeof(struct delivery_work),
        .begin = begin_submit,
        .run = run_test,
        .finish = finish_delivery,
    },
    {
        .method = HTTP_METHOD_GET,
        .pattern = "/v1/webhooks/{id}/deliveries",
        .operation = "listDeliveries",
        .tag = "webhooks",
        .summary = "What waits for an endpoint, or was given up",
        .description = "A change that is delivered at once never stands here.",
        .scope = SCOPE_ADMIN,
        .query = &deliveries_query_shape,
        .is_read = true,
        ROUTE_REPLIES(page_replies),
        .work_bytes = sizeof(struct delivery_work),
        .begin = begin_list,
        .run = run_list,
        .finish = finish_list,
    },
    {
        .method = HTTP_METHOD_POST,
        .pattern = "/v1/webhooks/{id}/deliveries/{delivery}/resend",
        .operation = "resendDelivery",
        .tag = "webhooks",
        .summary = "Send a change again, parked or delivered",
        .scope = SCOPE_ADMIN,
        .key = KEY_OPTIONAL,
        ROUTE_REPLIES(sent_replies),
        .work_bytes = sizeof(struct delivery_work),
        .begin = begin_submit,
        .run = run_resend,
        .finish = finish_delivery,
    },
};
const uint32_t webhook_delivery_route_count =
    sizeof webhook_delivery_routes / sizeof *webhook_delivery_routes;
