/* Endpoint: the window of entries. */
#include "service/endpoint.h"

#include <stdlib.h>

#define ENDPOINT_ARENA_BYTES ((size_t)1 << 20)
#define FIRST_DELAY_US INT64_C(5000000)
#define BLOCKED_SLOTS 16384 /* a power of two, above twice what a window can hold */
#define ENTRY_MAXIMUM 8000

enum status endpoint_new(struct text id, struct endpoint **endpoint)
{
    if (id.length > WEBHOOK_ID_MAXIMUM) return STATUS_CORRUPT;
    struct endpoint *made = calloc(1, sizeof *made);
    if (made == NULL) return STATUS_NO_MEMORY;
    arena_init(&made->arena, ENDPOINT_ARENA_BYTES);
    memcpy(made->id, id.bytes, id.length);
    for (uint32_t i = 0; i < ENDPOINT_CONNECTIONS_MAXIMUM; i++)
        made->flights[i].endpoint = made;
    *endpoint = made;
    return STATUS_OK;
}

void endpoint_free(struct endpoint *endpoint)
{
    if (endpoint == NULL) return;
    arena_release(&endpoint->arena);
    free(endpoint->entries);
    free(endpoint);
}

/* Where it is, or would be. */
static uint32_t place_of(const struct endpoint *endpoint, const struct delivery *delivery)
{
    uint32_t low = 0;
    uint32_t high = endpoint->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (delivery_compare(&endpoint->entries[middle].delivery, delivery) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static bool is_at(const struct endpoint *endpoint, uint32_t place, const struct delivery *delivery)
{
    return place < endpoint->count &&
           delivery_compare(&endpoint->entries[place].delivery, delivery) == 0;
}

struct entry *endpoint_find(const struct endpoint *endpoint, uint64_t position, uint32_t index)
{
    struct delivery wanted = {.position = position, .index = index};
    uint32_t place = place_of(endpoint, &wanted);
    return is_at(endpoint, place, &wanted) ? &endpoint->entries[place] : NULL;
}

static enum status grow(struct endpoint *endpoint)
{
    uint32_t capacity = endpoint->capacity == 0 ? 64 : endpoint->capacity * 2;
    if (capacity > ENTRY_MAXIMUM) capacity = ENTRY_MAXIMUM;
    if (capacity == endpoint->capacity) return STATUS_LIMIT;
    struct entry *grown = realloc(endpoint->entries, capacity * sizeof *grown);
    if (grown == NULL) return STATUS_NO_MEMORY;
    endpoint->entries = grown;
    endpoint->capacity = capacity;
    return STATUS_OK;
}

enum status endpoint_add(struct endpoint *endpoint, const struct entry *entry)
{
    uint32_t place = place_of(endpoint, &entry->delivery);
    if (is_at(endpoint, place, &entry->delivery)) return STATUS_OK;
    if (endpoint->count == endpoint->capacity) TRY(grow(endpoint));
    memmove(endpoint->entries + place + 1, endpoint->entries + place,
            (endpoint->count - place) * sizeof *entry);
    endpoint->entries[place] = *entry;
    endpoint->count++;
    endpoint->look_us = INT64_MIN;
    return STATUS_OK;
}

/* ---- who is next ---- */

/* Members with an entry that is still open: a set, emptied by counting generations. */
struct blocked {
    uint64_t members[BLOCKED_SLOTS];
    uint32_t generations[BLOCKED_SLOTS];
    uint32_t generation;
};

/* Adds a member; false if it was there. */
static bool block(struct blocked *blocked, uint64_t member)
{
    uint32_t slot = (uint32_t)member & (BLOCKED_SLOTS - 1);
    while (blocked->generations[slot] == blocked->generation) {
        if (blocked->members[slot] == member) return false;
        slot = (slot + 1) & (BLOCKED_SLOTS - 1);
    }
    blocked->generations[slot] = blocked->generation;
    blocked->members[slot] = member;
    return true;
}

uint32_t endpoint_choose(struct endpoint *endpoint, int64_t now_us, uint32_t maximum,
                         uint32_t *chosen)
{
    static _Thread_local struct blocked blocked;
    uint32_t count = 0;
    int64_t next_us = INT64_MAX;
    if (now_us < endpoint->look_us || maximum == 0) return 0;
    blocked.generation++;
    for (uint32_t i = 0; i < endpoint->count; i++) {
        struct entry *entry = &endpoint->entries[i];
        if (entry->is_done || entry->delivery.state == DELIVERY_PARKED) continue;
        entry->is_blocked = entry->member != 0 && !block(&blocked, entry->member);
        if (entry->is_blocked) continue;
        if (entry->is_sending) continue;
        if (entry->due_us > now_us) {
            if (entry->due_us < next_us) next_us = entry->due_us;
            continue;
        }
        if (count == maximum) {
            next_us = INT64_MIN;
            break;
        }
        chosen[count++] = i;
    }
    endpoint->look_us = next_us;
    return count;
}

/* ---- attempts ---- */

int64_t delivery_delay_us(uint32_t attempts, uint32_t chance)
{
    int64_t delay_us = FIRST_DELAY_US;
    for (uint32_t i = 1; i < attempts && delay_us < DELIVERY_DELAY_MAXIMUM_US; i++)
        delay_us *= 2;
    if (delay_us > DELIVERY_DELAY_MAXIMUM_US) delay_us = DELIVERY_DELAY_MAXIMUM_US;
    /* From four to six fifths, in thousandths. */
    return delay_us / 1000 * (800 + (int64_t)(chance % 401));
}

void endpoint_settle(struct endpoint *endpoint, struct entry *entry, enum delivery_failure failure,
                     int64_t http_status, int64_t now_us, uint32_t chance)
{
    struct delivery *delivery = &entry->delivery;
    entry->is_sending = false;
    entry->is_changed = true;
    endpoint->look_us = INT64_MIN;
    delivery->attempts++;
    delivery->failure = failure;
    delivery->http_status = http_status;
    if (failure == DELIVERY_FAILED_NONE) {
        entry->is_done = true;
        endpoint->done_count++;
        endpoint->delivered++;
        return;
    }
    endpoint->failed++;
    int64_t end_us = entry->entered_us + DELIVERY_PERIOD_US;
    if (now_us >= end_us) {
        delivery->state = DELIVERY_PARKED;
        endpoint->parked++;
        return;
    }
    entry->due_us = now_us + delivery_delay_us(delivery->attempts, chance);
    if (entry->due_us > end_us) entry->due_us = end_us;
}

/* ---- what has to be kept ---- */

static bool is_over(const struct endpoint *endpoint, const struct entry *entry)
{
    if (entry->is_sending) return false;
    if (entry->is_done) return !entry->is_written;
    return entry->delivery.state == DELIVERY_PARKED && entry->is_written && !entry->is_changed &&
           entry->delivery.position <= endpoint->scanned;
}

void endpoint_prune(struct endpoint *endpoint)
{
    uint32_t left = 0;
    for (uint32_t i = 0; i < endpoint->count; i++) {
        if (is_over(endpoint, &endpoint->entries[i])) continue;
        endpoint->entries[left++] = endpoint->entries[i];
    }
    endpoint->count = left;
    endpoint->done_count = 0;
}

uint64_t endpoint_cursor(const struct endpoint *endpoint)
{
    for (uint32_t i = 0; i < endpoint->count; i++) {
        const struct entry *entry = &endpoint->entries[i];
        if (entry->is_done || entry->is_written || entry->delivery.position == 0) continue;
        uint64_t before = entry->delivery.position - 1;
        return before < endpoint->scanned ? before : endpoint->scanned;
    }
    return endpoint->scanned;
}

uint32_t endpoint_waiting(const struct endpoint *endpoint)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < endpoint->count; i++) {
        const struct entry *entry = &endpoint->entries[i];
        count += !entry->is_done && entry->delivery.state == DELIVERY_WAITING ? 1 : 0;
    }
    return count;
}
