/* Delivery: documents of deliveries, and of how far an endpoint was told. */
#include "service/delivery.h"

#include <stdio.h>

#include <yyjson.h>

#include "service/service.h"

#define POSITION_DIGITS 20
#define INDEX_DIGITS 10

const char *const delivery_state_names[] = {
#define X(name, text) [DELIVERY_##name] = text,
    DELIVERY_STATE_LIST(X)
#undef X
        [DELIVERY_STATE_COUNT] = NULL,
};

const char *const delivery_failure_names[] = {
#define X(name, text) [DELIVERY_FAILED_##name] = text,
    DELIVERY_FAILURE_LIST(X)
#undef X
        [DELIVERY_FAILURE_COUNT] = NULL,
};

int delivery_compare(const struct delivery *a, const struct delivery *b)
{
    if (a->position != b->position) return a->position < b->position ? -1 : 1;
    if (a->index != b->index) return a->index < b->index ? -1 : 1;
    return 0;
}

struct text delivery_id(struct text webhook, const struct delivery *delivery,
                        char out[DELIVERY_ID_MAXIMUM])
{
    int length = snprintf(out, DELIVERY_ID_MAXIMUM, "%.*s/%0*llu.%0*u", TEXT_ARGUMENTS(webhook),
                          POSITION_DIGITS, (unsigned long long)delivery->position, INDEX_DIGITS,
                          delivery->index);
    ASSERT(length > 0 && length < DELIVERY_ID_MAXIMUM);
    return (struct text){out, (size_t)length};
}

enum status delivery_write(const struct delivery *delivery, struct arena *arena, struct text *value)
{
    struct text made = arena_format(
        arena,
        "{\"type\":%u,\"state\":\"%s\",\"failure\":\"%s\",\"attempts\":%u,\"http_status\":%lld,"
        "\"since_us\":%lld,\"next_us\":%lld,\"last_us\":%lld,\"resent_us\":%lld}",
        delivery->type, delivery_state_names[delivery->state],
        delivery_failure_names[delivery->failure], delivery->attempts,
        (long long)delivery->http_status, (long long)delivery->since_us,
        (long long)delivery->next_us, (long long)delivery->last_us, (long long)delivery->resent_us);
    if (made.bytes == NULL) return STATUS_NO_MEMORY;
    *value = made;
    return STATUS_OK;
}

/* Index of the name in a list that ends with NULL; -1: it is not there. */
static int find_name(yyjson_val *value, const char *const *names)
{
    for (int i = 0; names[i] != NULL; i++) {
        if (yyjson_equals_str(value, names[i])) return i;
    }
    return -1;
}

static enum status read_place(struct text id, struct delivery *delivery)
{
    struct text place;
    struct text index_text;
    int64_t position;
    int64_t index;
    (void)text_split(id, '/', &place);
    struct text position_text = text_split(place, '.', &index_text);
    if (amount_parse(position_text, 0, &position) != STATUS_OK || position < 0 ||
        amount_parse(index_text, 0, &index) != STATUS_OK || index < 0 || index > UINT32_MAX) {
        return STATUS_CORRUPT;
    }
    delivery->position = (uint64_t)position;
    delivery->index = (uint32_t)index;
    return STATUS_OK;
}

static enum status read_fields(yyjson_val *root, struct delivery *delivery)
{
    int state = find_name(yyjson_obj_get(root, "state"), delivery_state_names);
    int failure = find_name(yyjson_obj_get(root, "failure"), delivery_failure_names);
    if (state < 0 || failure < 0) return STATUS_CORRUPT;
    delivery->state = (enum delivery_state)state;
    delivery->failure = (enum delivery_failure)failure;
    delivery->type = (uint32_t)yyjson_get_uint(yyjson_obj_get(root, "type"));
    delivery->attempts = (uint32_t)yyjson_get_uint(yyjson_obj_get(root, "attempts"));
    delivery->http_status = yyjson_get_sint(yyjson_obj_get(root, "http_status"));
    delivery->since_us = yyjson_get_sint(yyjson_obj_get(root, "since_us"));
    delivery->next_us = yyjson_get_sint(yyjson_obj_get(root, "next_us"));
    delivery->last_us = yyjson_get_sint(yyjson_obj_get(root, "last_us"));
    delivery->resent_us = yyjson_get_sint(yyjson_obj_get(root, "resent_us"));
    return STATUS_OK;
}

enum status delivery_read(struct text id, struct text value, struct delivery *delivery)
{
    struct delivery found = {.position = 0};
    TRY(read_place(id, &found));
    yyjson_doc *document = yyjson_read(value.bytes, value.length, YYJSON_READ_NOFLAG);
    enum status status = STATUS_CORRUPT;
    if (document != NULL) status = read_fields(yyjson_doc_get_root(document), &found);
    yyjson_doc_free(document);
    if (status == STATUS_OK) *delivery = found;
    return status;
}

struct text delivery_write_cursor(uint64_t cursor, struct arena *arena)
{
    return arena_format(arena, "{\"cursor\":%llu}", (unsigned long long)cursor);
}

enum status delivery_read_cursor(struct text value, uint64_t *cursor)
{
    yyjson_doc *document = yyjson_read(value.bytes, value.length, YYJSON_READ_NOFLAG);
    yyjson_val *found = yyjson_obj_get(yyjson_doc_get_root(document), "cursor");
    enum status status = yyjson_is_uint(found) ? STATUS_OK : STATUS_CORRUPT;
    if (status == STATUS_OK) *cursor = yyjson_get_uint(found);
    yyjson_doc_free(document);
    return status;
}

/* ---- lists ---- */

struct delivery_list {
    struct text webhook;
    delivery_visit visit;
    void *context;
};

static enum status show_delivery(void *context, struct text id, struct text value)
{
    const struct delivery_list *list = context;
    struct delivery delivery;
    size_t length = list->webhook.length;
    bool is_its =
        id.length > length && text_starts_with(id, list->webhook) && id.bytes[length] == '/';
    if (!is_its) return STATUS_NOT_FOUND;
    TRY(delivery_read(id, value, &delivery));
    return list->visit(list->context, &delivery);
}

enum status store_each_delivery(struct store *store, struct text webhook,
                                const struct delivery *after, delivery_visit visit, void *context)
{
    char id[DELIVERY_ID_MAXIMUM];
    struct delivery_list list = {webhook, visit, context};
    struct text begin = after == NULL ? webhook : delivery_id(webhook, after, id);
    /* NOT_FOUND: those of this endpoint are over. */
    enum status status = store_each_document(store, DOCUMENT_DELIVERY, begin, show_delivery, &list);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status turn_put_delivery(struct turn *turn, struct text webhook,
                              const struct delivery *delivery, struct arena *arena)
{
    char id[DELIVERY_ID_MAXIMUM];
    struct text value;
    TRY(delivery_write(delivery, arena, &value));
    return turn_put(turn, DOCUMENT_DELIVERY, delivery_id(webhook, delivery, id), value);
}
