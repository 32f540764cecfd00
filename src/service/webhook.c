/* Webhook: documents of endpoints, secrets, signatures. */
#include "service/webhook.h"

#include <stdlib.h>

#include <sodium.h>
#include <yyjson.h>

#include "service/delivery.h"
#include "service/inner.h"

#define SECRET_PREFIX "whsec_"
#define SIGNATURE_TEXT_MAXIMUM 64

const char *const webhook_status_names[] = {
#define X(name, text) [WEBHOOK_##name] = text,
    WEBHOOK_STATUS_LIST(X)
#undef X
        [WEBHOOK_STATUS_COUNT] = NULL,
};

/* ---- reading ---- */

static enum status read_text(yyjson_val *root, const char *name, struct arena *arena,
                             struct text *text)
{
    yyjson_val *value = yyjson_obj_get(root, name);
    if (value == NULL) return STATUS_OK;
    if (!yyjson_is_str(value)) return STATUS_CORRUPT;
    *text = arena_copy(arena, (struct text){yyjson_get_str(value), yyjson_get_len(value)});
    return text->bytes == NULL ? STATUS_NO_MEMORY : STATUS_OK;
}

static enum status read_types(yyjson_val *types, struct arena *arena, struct webhook *webhook)
{
    size_t index;
    size_t count;
    yyjson_val *type;
    if (yyjson_arr_size(types) > WEBHOOK_TYPE_MAXIMUM) return STATUS_CORRUPT;
    webhook->types = arena_new_array(arena, struct text, yyjson_arr_size(types) + 1);
    if (webhook->types == NULL) return STATUS_NO_MEMORY;
    yyjson_arr_foreach(types, index, count, type)
    {
        if (!yyjson_is_str(type)) return STATUS_CORRUPT;
        struct text copy =
            arena_copy(arena, (struct text){yyjson_get_str(type), yyjson_get_len(type)});
        if (copy.bytes == NULL) return STATUS_NO_MEMORY;
        webhook->types[webhook->type_count++] = copy;
    }
    return STATUS_OK;
}

static enum status read_secret(yyjson_val *value, struct webhook_secret *secret)
{
    size_t count = 0;
    const char *hex = yyjson_get_str(value);
    if (hex == NULL) return STATUS_CORRUPT;
    int failed = sodium_hex2bin(secret->bytes, sizeof secret->bytes, hex, yyjson_get_len(value),
                                NULL, &count, NULL);
    return failed != 0 || count != sizeof secret->bytes ? STATUS_CORRUPT : STATUS_OK;
}

static enum status read_webhook(yyjson_val *root, struct arena *arena, struct webhook *webhook)
{
    webhook->status = WEBHOOK_STATUS_COUNT;
    yyjson_val *status = yyjson_obj_get(root, "status");
    for (int i = 0; i < WEBHOOK_STATUS_COUNT; i++) {
        if (yyjson_equals_str(status, webhook_status_names[i]))
            webhook->status = (enum webhook_status)i;
    }
    if (webhook->status == WEBHOOK_STATUS_COUNT) return STATUS_CORRUPT;
    TRY(read_text(root, "url", arena, &webhook->url));
    TRY(read_text(root, "description", arena, &webhook->description));
    TRY(read_types(yyjson_obj_get(root, "types"), arena, webhook));
    TRY(read_secret(yyjson_obj_get(root, "secret"), &webhook->secret));
    webhook->old_secret_until_us = yyjson_get_sint(yyjson_obj_get(root, "old_secret_until_us"));
    if (webhook->old_secret_until_us != 0)
        TRY(read_secret(yyjson_obj_get(root, "old_secret"), &webhook->old_secret));
    webhook->created_us = yyjson_get_sint(yyjson_obj_get(root, "created_us"));
    webhook->updated_us = yyjson_get_sint(yyjson_obj_get(root, "updated_us"));
    webhook->from = yyjson_get_uint(yyjson_obj_get(root, "from"));
    return webhook->url.bytes == NULL ? STATUS_CORRUPT : STATUS_OK;
}

enum status webhook_read(struct text id, struct text value, struct arena *arena,
                         struct webhook *webhook)
{
    struct webhook found = {.id = arena_copy(arena, id)};
    if (found.id.bytes == NULL) return STATUS_NO_MEMORY;
    yyjson_doc *document = yyjson_read(value.bytes, value.length, YYJSON_READ_NOFLAG);
    enum status status = STATUS_CORRUPT;
    if (document != NULL) status = read_webhook(yyjson_doc_get_root(document), arena, &found);
    yyjson_doc_free(document);
    if (status == STATUS_OK) *webhook = found;
    return status;
}

enum status turn_webhook(struct turn *turn, struct text id, struct arena *arena,
                         struct webhook *webhook)
{
    struct text value;
    if (id.length > WEBHOOK_ID_MAXIMUM) return STATUS_NOT_FOUND;
    TRY(store_get(turn->store, DOCUMENT_WEBHOOK, id, arena, &value));
    return webhook_read(id, value, arena, webhook);
}

struct webhook_list {
    struct arena *arena;
    webhook_visit visit;
    void *context;
};

static enum status show_webhook(void *context, struct text id, struct text value)
{
    const struct webhook_list *list = context;
    struct webhook webhook;
    TRY(webhook_read(id, value, list->arena, &webhook));
    return list->visit(list->context, &webhook);
}

enum status turn_each_webhook(struct turn *turn, struct arena *arena, webhook_visit visit,
                              void *context)
{
    struct webhook_list list = {arena, visit, context};
    return store_each_document(turn->store, DOCUMENT_WEBHOOK, TEXT(""), show_webhook, &list);
}

/* ---- writing ---- */

static bool add_text(yyjson_mut_doc *document, yyjson_mut_val *root, const char *name,
                     struct text text)
{
    if (text.bytes == NULL) return true;
    return yyjson_mut_obj_add_strncpy(document, root, name, text.bytes, text.length);
}

static bool add_secret(yyjson_mut_doc *document, yyjson_mut_val *root, const char *name,
                       const struct webhook_secret *secret)
{
    char hex[2 * WEBHOOK_SECRET_BYTES + 1];
    sodium_bin2hex(hex, sizeof hex, secret->bytes, sizeof secret->bytes);
    return yyjson_mut_obj_add_strcpy(document, root, name, hex);
}

static bool add_webhook(yyjson_mut_doc *document, yyjson_mut_val *root,
                        const struct webhook *webhook)
{
    bool is_whole =
        add_text(document, root, "url", webhook->url) &&
        add_text(document, root, "description", webhook->description) &&
        yyjson_mut_obj_add_str(document, root, "status", webhook_status_names[webhook->status]) &&
        add_secret(document, root, "secret", &webhook->secret);
    if (webhook->old_secret_until_us != 0)
        is_whole = is_whole && add_secret(document, root, "old_secret", &webhook->old_secret);
    yyjson_mut_val *types = yyjson_mut_obj_add_arr(document, root, "types");
    for (uint32_t i = 0; i < webhook->type_count; i++)
        is_whole = is_whole && yyjson_mut_arr_add_strncpy(document, types, webhook->types[i].bytes,
                                                          webhook->types[i].length);
    return is_whole &&
           yyjson_mut_obj_add_sint(document, root, "old_secret_until_us",
                                   webhook->old_secret_until_us) &&
           yyjson_mut_obj_add_sint(document, root, "created_us", webhook->created_us) &&
           yyjson_mut_obj_add_sint(document, root, "updated_us", webhook->updated_us) &&
           yyjson_mut_obj_add_uint(document, root, "from", webhook->from);
}

enum status turn_put_webhook(struct turn *turn, const struct webhook *webhook, struct arena *arena)
{
    size_t length = 0;
    char *json = NULL;
    yyjson_mut_doc *document = yyjson_mut_doc_new(NULL);
    yyjson_mut_val *root = yyjson_mut_obj(document);
    yyjson_mut_doc_set_root(document, root);
    if (root != NULL && add_webhook(document, root, webhook))
        json = yyjson_mut_write(document, YYJSON_WRITE_NOFLAG, &length);
    struct text value = {NULL, 0};
    if (json != NULL) value = arena_copy(arena, (struct text){json, length});
    free(json);
    yyjson_mut_doc_free(document);
    if (value.bytes == NULL) return STATUS_NO_MEMORY;
    return turn_put(turn, DOCUMENT_WEBHOOK, webhook->id, value);
}

struct removal {
    struct text webhook;
    struct arena *arena;
    struct doomed {
        struct doomed *next;
        struct text id;
    } * first;
};

static enum status note_doomed(void *context, struct text id, struct text value)
{
    struct removal *removal = context;
    (void)value;
    bool is_its = id.length > removal->webhook.length && text_starts_with(id, removal->webhook) &&
                  id.bytes[removal->webhook.length] == '/';
    if (!is_its) return STATUS_INTERRUPTED;
    struct doomed *doomed = arena_new(removal->arena, struct doomed);
    if (doomed == NULL) return STATUS_NO_MEMORY;
    *doomed = (struct doomed){removal->first, arena_copy(removal->arena, id)};
    if (doomed->id.bytes == NULL) return STATUS_NO_MEMORY;
    removal->first = doomed;
    return STATUS_OK;
}

enum status turn_remove_webhook(struct turn *turn, struct text id, struct arena *arena)
{
    struct removal removal = {.webhook = id, .arena = arena};
    struct text none = {"", 0};
    enum status status =
        store_each_document(turn->store, DOCUMENT_DELIVERY, id, note_doomed, &removal);
    if (status != STATUS_INTERRUPTED) TRY(status);
    for (struct doomed *doomed = removal.first; doomed != NULL; doomed = doomed->next)
        TRY(turn_put(turn, DOCUMENT_DELIVERY, doomed->id, none));
    TRY(turn_put(turn, DOCUMENT_DELIVERY, id, none));
    return turn_put(turn, DOCUMENT_WEBHOOK, id, none);
}

/* ---- signatures ---- */

void webhook_secret_new(struct webhook_secret *secret)
{
    random_bytes(secret->bytes, sizeof secret->bytes);
}

struct text webhook_secret_text(const struct webhook_secret *secret,
                                char out[WEBHOOK_SECRET_TEXT_MAXIMUM])
{
    size_t prefix = sizeof SECRET_PREFIX - 1;
    memcpy(out, SECRET_PREFIX, prefix);
    (void)sodium_bin2base64(out + prefix, WEBHOOK_SECRET_TEXT_MAXIMUM - prefix, secret->bytes,
                            sizeof secret->bytes, sodium_base64_VARIANT_ORIGINAL);
    return text_of(out);
}

static enum status add_signature(struct text *list, const struct webhook_secret *secret,
                                 struct text content, struct arena *arena)
{
    unsigned char digest[crypto_auth_hmacsha256_BYTES];
    char base64[SIGNATURE_TEXT_MAXIMUM];
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, secret->bytes, sizeof secret->bytes);
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)content.bytes, content.length);
    crypto_auth_hmacsha256_final(&state, digest);
    (void)sodium_bin2base64(base64, sizeof base64, digest, sizeof digest,
                            sodium_base64_VARIANT_ORIGINAL);
    *list = arena_format(arena, "%.*s%sv1,%s", TEXT_ARGUMENTS(*list), list->length > 0 ? " " : "",
                         base64);
    return list->bytes == NULL ? STATUS_NO_MEMORY : STATUS_OK;
}

enum status webhook_sign(const struct webhook *webhook, struct text id, int64_t timestamp_s,
                         struct text body, int64_t now_us, struct arena *arena,
                         struct text *signature)
{
    struct text head =
        arena_format(arena, "%.*s.%lld.", TEXT_ARGUMENTS(id), (long long)timestamp_s);
    if (head.bytes == NULL) return STATUS_NO_MEMORY;
    char *content = arena_allocate(arena, head.length + body.length);
    if (content == NULL) return STATUS_NO_MEMORY;
    memcpy(content, head.bytes, head.length);
    memcpy(content + head.length, body.bytes, body.length);
    struct text whole = {content, head.length + body.length};
    struct text list = TEXT("");
    TRY(add_signature(&list, &webhook->secret, whole, arena));
    if (now_us < webhook->old_secret_until_us)
        TRY(add_signature(&list, &webhook->old_secret, whole, arena));
    *signature = list;
    return STATUS_OK;
}
