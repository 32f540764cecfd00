/* Keys: making, comparing, keeping in memory. A secret is compared by its hash, in constant time;
 * the id in front of it is no secret and finds the one to compare with.
 */
#include "api/keys.h"

#include <stdlib.h>
#include <sys/random.h>

static const char *const scope_names[] = {"none", "read", "write", "admin", NULL};

const char *scope_name(enum scope scope)
{
    return scope_names[scope];
}

enum status scope_parse(struct text name, enum scope *scope)
{
    for (int i = SCOPE_READ; i <= SCOPE_ADMIN; i++) {
        if (!text_equal(text_of(scope_names[i]), name)) continue;
        *scope = (enum scope)i;
        return STATUS_OK;
    }
    return STATUS_INVALID;
}

/* ---- the registry ---- */

void registry_init(struct key_registry *registry)
{
    *registry = (struct key_registry){.list = NULL};
    pthread_mutex_init(&registry->mutex, NULL);
}

void registry_release(struct key_registry *registry)
{
    free(registry->list);
    pthread_mutex_destroy(&registry->mutex);
}

/* Index of the first key that is not before `id`. */
static uint32_t lower_bound(const struct key_registry *registry, const char *id)
{
    uint32_t low = 0;
    uint32_t high = registry->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (memcmp(registry->list[middle].id, id, KEY_ID_CHARACTERS) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static bool is_at(const struct key_registry *registry, uint32_t index, const char *id)
{
    return index < registry->count && memcmp(registry->list[index].id, id, KEY_ID_CHARACTERS) == 0;
}

static enum status insert(struct key_registry *registry, uint32_t index, const struct api_key *key)
{
    if (registry->count == KEY_REGISTRY_MAXIMUM) return STATUS_LIMIT;
    if (registry->count == registry->capacity) {
        uint32_t capacity = registry->capacity == 0 ? 16 : registry->capacity * 2;
        struct api_key *list = realloc(registry->list, capacity * sizeof *list);
        if (list == NULL) return STATUS_NO_MEMORY;
        registry->list = list;
        registry->capacity = capacity;
    }
    memmove(registry->list + index + 1, registry->list + index,
            (registry->count - index) * sizeof *registry->list);
    registry->list[index] = *key;
    registry->count++;
    return STATUS_OK;
}

enum status registry_put(struct key_registry *registry, const struct api_key *key)
{
    enum status status = STATUS_OK;
    pthread_mutex_lock(&registry->mutex);
    uint32_t index = lower_bound(registry, key->id);
    if (!is_at(registry, index, key->id)) {
        status = insert(registry, index, key);
    } else {
        int64_t last_used_us = registry->list[index].last_used_us;
        registry->list[index] = *key;
        if (last_used_us > key->last_used_us) registry->list[index].last_used_us = last_used_us;
    }
    pthread_mutex_unlock(&registry->mutex);
    return status;
}

uint32_t registry_count(struct key_registry *registry, uint32_t host)
{
    uint32_t count = 0;
    pthread_mutex_lock(&registry->mutex);
    for (uint32_t i = 0; i < registry->count; i++)
        count += registry->list[i].host == host ? 1 : 0;
    pthread_mutex_unlock(&registry->mutex);
    return count;
}

static bool equal_in_constant_time(const uint8_t *a, const uint8_t *b, size_t count)
{
    volatile uint8_t difference = 0;
    for (size_t i = 0; i < count; i++)
        difference = (uint8_t)(difference | (a[i] ^ b[i]));
    return difference == 0;
}

static bool compare(struct key_registry *registry, const char *id,
                    const uint8_t hash[HASH_RECORD_BYTES], int64_t now_us,
                    struct key_holder *holder, uint32_t *host)
{
    static const struct api_key nobody;
    uint32_t index = lower_bound(registry, id);
    bool is_known = is_at(registry, index, id);
    const struct api_key *key = is_known ? &registry->list[index] : &nobody;
    bool is_same = equal_in_constant_time(key->hash, hash, HASH_RECORD_BYTES);
    if (!is_known || !is_same || key->revoked_us != 0) return false;
    registry->list[index].last_used_us = now_us;
    *host = key->host;
    *holder = (struct key_holder){.scope = key->scope};
    memcpy(holder->id, key->id, sizeof key->id);
    memcpy(holder->name, key->name, sizeof key->name);
    return true;
}

bool registry_find(struct key_registry *registry, struct text key, int64_t now_us,
                   struct key_holder *holder, uint32_t *host)
{
    static const size_t length = 3 + KEY_ID_CHARACTERS + 1 + KEY_SECRET_CHARACTERS;
    uint8_t hash[HASH_RECORD_BYTES];
    if (key.length != length || !text_starts_with(key, TEXT("gk_")) ||
        key.bytes[3 + KEY_ID_CHARACTERS] != '_') {
        return false;
    }
    hash_record((struct text){key.bytes + length - KEY_SECRET_CHARACTERS, KEY_SECRET_CHARACTERS},
                hash);
    pthread_mutex_lock(&registry->mutex);
    bool is_good = compare(registry, key.bytes + 3, hash, now_us, holder, host);
    pthread_mutex_unlock(&registry->mutex);
    return is_good;
}

#define USED_INTERVAL_US (60 * MICROSECONDS_PER_SECOND)

bool registry_take_used(struct key_registry *registry, struct api_key *key)
{
    bool is_found = false;
    pthread_mutex_lock(&registry->mutex);
    for (uint32_t i = 0; i < registry->count && !is_found; i++) {
        struct api_key *one = &registry->list[i];
        if (one->last_used_us - one->written_used_us < USED_INTERVAL_US) continue;
        one->written_used_us = one->last_used_us;
        *key = *one;
        is_found = true;
    }
    pthread_mutex_unlock(&registry->mutex);
    return is_found;
}

/* ---- making ---- */

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static const char hexadecimal[] = "0123456789abcdef";

enum status key_make(struct text name, enum scope scope, int64_t now_us, struct api_key *key,
                     char text[API_KEY_TEXT_MAXIMUM])
{
    uint8_t chance[KEY_ID_CHARACTERS + KEY_SECRET_CHARACTERS];
    struct api_key made = {.scope = scope, .created_us = now_us};
    if (name.length == 0 || name.length > KEY_NAME_MAXIMUM) return STATUS_INVALID;
    if (getrandom(chance, sizeof chance, 0) != (ssize_t)sizeof chance) return STATUS_IO;
    for (int i = 0; i < KEY_ID_CHARACTERS; i++)
        made.id[i] = hexadecimal[chance[i] & 15];
    char *to = text;
    memcpy(to, "gk_", 3);
    memcpy(to + 3, made.id, KEY_ID_CHARACTERS);
    to += 3 + KEY_ID_CHARACTERS;
    *to++ = '_';
    for (int i = 0; i < KEY_SECRET_CHARACTERS; i++)
        to[i] = base64_digits[chance[KEY_ID_CHARACTERS + i] & 63];
    to[KEY_SECRET_CHARACTERS] = '\0';
    hash_record((struct text){to, KEY_SECRET_CHARACTERS}, made.hash);
    memcpy(made.name, name.bytes, name.length);
    *key = made;
    return STATUS_OK;
}

/* ---- documents ---- */

struct key_value {
    struct text id;
    struct text name;
    int scope;
    int64_t created_us;
    int64_t revoked_us;
    int64_t last_used_us;
};

static const struct field key_value_fields[] = {
    SHAPE_FIELD(key_value, id, ID, .is_required = true),
    SHAPE_FIELD(key_value, name, TEXT, .is_required = true, .maximum = KEY_NAME_MAXIMUM),
    SHAPE_FIELD(key_value, scope, CHOICE, .is_required = true, .choices = scope_names),
    SHAPE_FIELD_AS("created_at", key_value, created_us, INSTANT, .is_required = true),
    SHAPE_FIELD_AS("revoked_at", key_value, revoked_us, INSTANT, .description = NULL),
    SHAPE_FIELD_AS("last_used_at", key_value, last_used_us, INSTANT, .description = NULL),
};
static const struct shape key_value_shape =
    SHAPE("StoredKey", "A key as its store has it.", key_value, key_value_fields);

void key_document_id(const struct api_key *key, char id[KEY_DOCUMENT_ID_BYTES])
{
    for (size_t i = 0; i < HASH_RECORD_BYTES; i++) {
        id[2 * i] = hexadecimal[key->hash[i] >> 4];
        id[2 * i + 1] = hexadecimal[key->hash[i] & 15];
    }
}

enum status key_write(const struct api_key *key, struct arena *arena, struct text *value)
{
    struct key_value kept = {
        .id = text_of(key->id),
        .name = text_of(key->name),
        .scope = (int)key->scope,
        .created_us = key->created_us,
        .revoked_us = key->revoked_us,
        .last_used_us = key->last_used_us,
    };
    return shape_write(&key_value_shape, &kept, arena, value);
}

static bool read_hash(struct text id, uint8_t hash[HASH_RECORD_BYTES])
{
    if (id.length != KEY_DOCUMENT_ID_BYTES) return false;
    for (size_t i = 0; i < id.length; i++) {
        const char *digit = memchr(hexadecimal, id.bytes[i], 16);
        if (digit == NULL) return false;
        uint8_t value = (uint8_t)(digit - hexadecimal);
        hash[i / 2] = (uint8_t)(i % 2 == 0 ? value << 4 : hash[i / 2] | value);
    }
    return true;
}

enum status key_read(struct arena *arena, struct text id, struct text value, struct api_key *key)
{
    struct api_key found = {.host = 0};
    struct key_value kept = {.scope = 0};
    struct json_error error;
    struct mistakes mistakes = {.arena = arena};
    yyjson_val *root = NULL;
    if (!read_hash(id, found.hash)) return STATUS_CORRUPT;
    if (json_parse(arena, value, &error, &root) != STATUS_OK) return STATUS_CORRUPT;
    TRY(shape_read(&key_value_shape, root, NULL, &mistakes, &kept));
    if (!mistakes_are_none(&mistakes) || kept.id.length != KEY_ID_CHARACTERS) return STATUS_CORRUPT;
    memcpy(found.id, kept.id.bytes, kept.id.length);
    memcpy(found.name, kept.name.bytes, kept.name.length);
    found.scope = (enum scope)kept.scope;
    found.created_us = kept.created_us;
    found.revoked_us = kept.revoked_us;
    found.last_used_us = kept.last_used_us;
    found.written_used_us = kept.last_used_us;
    *key = found;
    return STATUS_OK;
}
