/* Outbox, reading: endpoints, their deliveries, and the records that are new. */
#include "service/outbox_inner.h"

#define READ_RECORDS 64
#define READ_BYTES ((size_t)4 << 20)

enum status record_copy(const struct record *record, struct arena *arena, struct record *copy)
{
    struct record made = *record;
    struct record_link *links =
        arena_new_array(arena, struct record_link, (size_t)record->link_count + 1);
    made.body = arena_copy(arena, record->body);
    if (links == NULL || made.body.bytes == NULL) return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < record->link_count; i++) {
        links[i] = record->links[i];
        links[i].key.id = arena_copy(arena, record->links[i].key.id);
        if (links[i].key.id.bytes == NULL) return STATUS_NO_MEMORY;
    }
    made.links = links;
    *copy = made;
    return STATUS_OK;
}

/* ---- new records ---- */

struct reading {
    struct arena *arena;
    struct record records[READ_RECORDS];
    uint32_t count;
    size_t bytes;
};

static enum status take_record(void *context, const struct record *record)
{
    struct reading *reading = context;
    if (reading->count == READ_RECORDS || reading->bytes >= READ_BYTES) return STATUS_INTERRUPTED;
    TRY(record_copy(record, reading->arena, &reading->records[reading->count]));
    reading->bytes += record->body.length;
    reading->count++;
    return STATUS_OK;
}

static uint64_t hash_member(struct text member)
{
    if (member.length == 0) return 0;
    uint64_t hash = hash_bytes(member);
    return hash == 0 ? 1 : hash;
}

static struct entry new_entry(const struct outbox *outbox, const struct change *change,
                              uint64_t position, uint32_t index)
{
    int64_t now_us = outbox_now_us(outbox);
    return (struct entry){
        .delivery = {.position = position, .index = index, .type = change->type},
        .member = hash_member(change->member),
        .entered_us = now_us,
        .due_us = now_us,
    };
}

static enum status take_changes(struct outbox *outbox, struct endpoint *endpoint,
                                const struct record *record, struct arena *arena)
{
    struct change *changes = NULL;
    uint32_t count = 0;
    enum status status = outbox->options.list(outbox->options.context, outbox->reader, record,
                                              arena, &changes, &count);
    if (status == STATUS_CORRUPT) {
        service_tell(outbox->service, "error",
                     "webhooks: a record cannot be read and is passed over; position=%llu",
                     (unsigned long long)record->position);
        return STATUS_OK;
    }
    TRY(status);
    for (uint32_t i = 0; i < count; i++) {
        if ((endpoint->types >> changes[i].type & 1u) == 0) continue;
        struct entry entry = new_entry(outbox, &changes[i], record->position, i);
        TRY(endpoint_add(endpoint, &entry));
    }
    return STATUS_OK;
}

enum status outbox_read(struct outbox *outbox, struct endpoint *endpoint, bool *more)
{
    struct reading *reading;
    *more = false;
    if (endpoint->count <= ENDPOINT_WINDOW / 2) endpoint->is_filling = true;
    if (endpoint->count >= ENDPOINT_WINDOW) endpoint->is_filling = false;
    if (endpoint->scanned >= outbox->last_position || !endpoint->is_filling ||
        endpoint->webhook.status != WEBHOOK_ENABLED) {
        return STATUS_OK;
    }
    arena_clear(&outbox->arena);
    reading = arena_new(&outbox->arena, struct reading);
    if (reading == NULL) return STATUS_NO_MEMORY;
    reading->arena = &outbox->arena;
    enum status status = store_each_record(outbox->reader, endpoint->scanned, take_record, reading);
    if (status != STATUS_INTERRUPTED) TRY(status);
    for (uint32_t i = 0; i < reading->count && endpoint->count < ENDPOINT_WINDOW; i++) {
        /* What is behind it may not be durable yet. */
        if (reading->records[i].position > outbox->last_position) break;
        TRY(take_changes(outbox, endpoint, &reading->records[i], &outbox->arena));
        endpoint->scanned = reading->records[i].position;
    }
    *more = reading->count > 0 && endpoint->scanned < outbox->last_position;
    return STATUS_OK;
}

/* ---- endpoints ---- */

static struct endpoint *find_endpoint(const struct outbox *outbox, struct text id)
{
    for (uint32_t i = 0; i < outbox->endpoint_count; i++) {
        struct endpoint *endpoint = outbox->endpoints[i];
        if (!endpoint->is_gone && text_equal(text_of(endpoint->id), id)) return endpoint;
    }
    return NULL;
}

static uint64_t types_of(const struct outbox *outbox, const struct webhook *webhook)
{
    uint64_t types = 0;
    if (webhook->type_count == 0) return UINT64_MAX;
    for (uint32_t i = 0; outbox->options.types[i] != NULL; i++) {
        for (uint32_t k = 0; k < webhook->type_count; k++) {
            if (text_equal(text_of(outbox->options.types[i]), webhook->types[k]))
                types |= UINT64_C(1) << i;
        }
    }
    return types;
}

static enum status take_webhook(void *context, struct text id, struct text value)
{
    struct outbox *outbox = context;
    struct endpoint *endpoint = find_endpoint(outbox, id);
    if (endpoint == NULL) {
        if (outbox->endpoint_count == ENDPOINT_MAXIMUM) return STATUS_OK;
        TRY(endpoint_new(id, &endpoint));
        outbox->endpoints[outbox->endpoint_count++] = endpoint;
        endpoint->scanned = UINT64_MAX; /* until its cursor is read */
    }
    endpoint->is_listed = true;
    endpoint->look_us = INT64_MIN;
    endpoint->webhook = (struct webhook){.status = WEBHOOK_DISABLED};
    arena_clear(&endpoint->arena);
    enum status status = webhook_read(id, value, &endpoint->arena, &endpoint->webhook);
    if (status != STATUS_OK) {
        service_tell(outbox->service, "error", "webhooks: an endpoint cannot be read: %s; id=%s",
                     status_text(status), endpoint->id);
        return status == STATUS_CORRUPT ? STATUS_OK : status;
    }
    endpoint->types = types_of(outbox, &endpoint->webhook);
    return STATUS_OK;
}

static enum status load_cursor(struct outbox *outbox, struct endpoint *endpoint)
{
    struct text value;
    enum status status =
        store_get(outbox->reader, DOCUMENT_DELIVERY, text_of(endpoint->id), &outbox->arena, &value);
    endpoint->scanned = endpoint->webhook.from;
    if (status == STATUS_OK) status = delivery_read_cursor(value, &endpoint->scanned);
    endpoint->written_cursor = endpoint->scanned;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

/* ---- deliveries ---- */

struct loading {
    struct outbox *outbox;
    struct endpoint *endpoint;
    bool is_full;
};

static int64_t clamp_us(int64_t span_us, int64_t most_us)
{
    if (span_us < 0) return 0;
    return span_us > most_us ? most_us : span_us;
}

/* A document in memory; instants of the machine's clock become those of the outbox's. */
static struct entry entry_of(const struct outbox *outbox, const struct delivery *delivery)
{
    int64_t now_us = outbox_now_us(outbox);
    int64_t real_us = real_clock_us();
    return (struct entry){
        .delivery = *delivery,
        .entered_us = now_us - clamp_us(real_us - delivery->since_us, DELIVERY_PERIOD_US),
        .due_us = now_us + clamp_us(delivery->next_us - real_us, 2 * DELIVERY_DELAY_MAXIMUM_US),
        .is_written = true,
    };
}

/* Somebody asked for it again: it begins anew. */
static void begin_again(const struct outbox *outbox, struct entry *entry, int64_t resent_us)
{
    entry->delivery.state = DELIVERY_WAITING;
    entry->delivery.attempts = 0;
    entry->delivery.resent_us = resent_us;
    entry->entered_us = entry->due_us = outbox_now_us(outbox);
    entry->is_changed = true;
}

static enum status take_delivery(void *context, const struct delivery *delivery)
{
    struct loading *loading = context;
    struct endpoint *endpoint = loading->endpoint;
    struct entry *found = endpoint_find(endpoint, delivery->position, delivery->index);
    if (found != NULL) {
        if (delivery->resent_us > found->delivery.resent_us && !found->is_sending)
            begin_again(loading->outbox, found, delivery->resent_us);
        endpoint->look_us = INT64_MIN;
        return STATUS_OK;
    }
    bool is_behind = delivery->position <= endpoint->scanned;
    if (delivery->state == DELIVERY_PARKED && is_behind) return STATUS_OK;
    struct entry entry = entry_of(loading->outbox, delivery);
    enum status status = endpoint_add(endpoint, &entry);
    loading->is_full = loading->is_full || status == STATUS_LIMIT;
    return status == STATUS_LIMIT ? STATUS_OK : status;
}

/* Who each of the new entries is about: their records say. */
static enum status name_members(struct outbox *outbox, struct endpoint *endpoint)
{
    for (uint32_t i = 0; i < endpoint->count; i++) {
        struct entry *entry = &endpoint->entries[i];
        struct record found;
        struct record record;
        struct change *changes = NULL;
        uint32_t count = 0;
        if (entry->member != 0 || !entry->is_written || entry->delivery.position == 0) continue;
        arena_clear(&outbox->arena);
        enum status status = store_record(outbox->reader, entry->delivery.position, &found);
        if (status == STATUS_OK) status = record_copy(&found, &outbox->arena, &record);
        if (status == STATUS_OK)
            status = outbox->options.list(outbox->options.context, outbox->reader, &record,
                                          &outbox->arena, &changes, &count);
        if (status == STATUS_NO_MEMORY) return status;
        if (entry->delivery.index < count)
            entry->member = hash_member(changes[entry->delivery.index].member);
    }
    return STATUS_OK;
}

static enum status load_deliveries(struct outbox *outbox, struct endpoint *endpoint)
{
    struct loading loading = {.outbox = outbox, .endpoint = endpoint};
    if (endpoint->scanned == UINT64_MAX) TRY(load_cursor(outbox, endpoint));
    TRY(store_each_delivery(outbox->reader, text_of(endpoint->id), NULL, take_delivery, &loading));
    if (loading.is_full) {
        service_tell(outbox->service, "warning",
                     "webhooks: more deliveries wait than are looked at; endpoint=%s",
                     endpoint->id);
    }
    return name_members(outbox, endpoint);
}

enum status outbox_load(struct outbox *outbox)
{
    for (uint32_t i = 0; i < outbox->endpoint_count; i++)
        outbox->endpoints[i]->is_listed = false;
    TRY(store_each_document(outbox->reader, DOCUMENT_WEBHOOK, TEXT(""), take_webhook, outbox));
    for (uint32_t i = 0; i < outbox->endpoint_count; i++) {
        struct endpoint *endpoint = outbox->endpoints[i];
        if (!endpoint->is_listed) endpoint->is_gone = true;
        if (!endpoint->is_gone) TRY(load_deliveries(outbox, endpoint));
    }
    return STATUS_OK;
}
