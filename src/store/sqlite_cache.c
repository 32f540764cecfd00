/* SQLite, the cache: states by kind and id, bounded, with the clock's hand for what goes.
 *
 *   slots: | hash place |            | hash place |     entries: | * | * | * | * |   in no order
 *                    \_____________________________________________^   ^ clock goes round
 *
 * A slot has the hash of its entry, so that what is not there is found not to be without looking at
 * an entry, each of which costs a miss of the processor's cache. Slots are probed one behind the
 * other; at most half of them are taken.
 *
 * An entity that is known not to exist has an entry too: most orders are looked for once, to find
 * that they are new.
 *
 * Invariants
 *   1. An entry that is dirty, listed by the hand, or has a version in the open batch stays.
 *   2. `bytes` is what all entries and the tables take in the pool.
 *   3. Between the slot where a hash belongs and the one that has it, all are taken.
 */
#include <stdlib.h>

#include "store/sqlite.h"

#define SLOTS_FIRST 2048u
#define ENTRIES_FIRST 1024u
#define TRIM_STEPS 512u
#define ENTRY_MAXIMUM (UINT32_MAX / 8)

enum status cache_init(struct cache *cache, size_t bytes_maximum)
{
    *cache = (struct cache){.bytes_maximum = bytes_maximum};
    pool_init(&cache->pool);
    cache->slots = pool_table(SLOTS_FIRST, sizeof *cache->slots);
    if (cache->slots == NULL) return STATUS_NO_MEMORY;
    cache->slot_count = SLOTS_FIRST;
    cache->bytes = SLOTS_FIRST * sizeof *cache->slots;
    return STATUS_OK;
}

static size_t entry_size(size_t id_length)
{
    return sizeof(struct cached) + id_length;
}

void cache_release(struct cache *cache)
{
    for (uint32_t i = 0; i < cache->count; i++) {
        struct cached *cached = cache->entries[i];
        pool_give(&cache->pool, cached->bytes, cached->size);
        pool_give(&cache->pool, cached, entry_size(cached->id_length));
    }
    pool_release(&cache->pool);
    free(cache->entries);
    free(cache->slots);
    *cache = (struct cache){.slots = NULL};
}

static uint32_t hash_of(const struct entity_key *key)
{
    uint64_t hash = hash_bytes(key->id) + (uint64_t)key->kind * UINT64_C(0x9E3779B97F4A7C15);
    return (uint32_t)(hash ^ hash >> 32);
}

static size_t entry_bytes(const struct cached *cached)
{
    return pool_block_bytes(entry_size(cached->id_length));
}

struct cached *cache_find(struct cache *cache, const struct entity_key *key)
{
    uint32_t hash = hash_of(key);
    uint32_t mask = cache->slot_count - 1;
    for (uint32_t at = hash & mask; cache->slots[at].place > 0; at = (at + 1) & mask) {
        if (cache->slots[at].hash != hash) continue;
        struct cached *cached = cache->entries[cache->slots[at].place - 1];
        if (cached->kind != (uint8_t)key->kind || !text_equal(cached_id(cached), key->id)) continue;
        cached->was_used = true;
        return cached;
    }
    return NULL;
}

static enum status grow_entries(struct cache *cache)
{
    if (cache->count < cache->capacity) return STATUS_OK;
    if (cache->count >= ENTRY_MAXIMUM) return STATUS_LIMIT;
    uint32_t capacity = cache->capacity == 0 ? ENTRIES_FIRST : 2 * cache->capacity;
    struct cached **entries = reallocarray(cache->entries, capacity, sizeof(struct cached *));
    if (entries == NULL) return STATUS_NO_MEMORY;
    cache->bytes += (size_t)(capacity - cache->capacity) * sizeof(struct cached *);
    cache->entries = entries;
    cache->capacity = capacity;
    return STATUS_OK;
}

static void put_in_slot(struct cache_slot *slots, uint32_t slot_count, const struct cached *cached)
{
    uint32_t at = cached->hash & (slot_count - 1);
    while (slots[at].place > 0)
        at = (at + 1) & (slot_count - 1);
    slots[at] = (struct cache_slot){cached->hash, cached->place + 1};
}

static enum status grow_slots(struct cache *cache)
{
    if (cache->count < cache->slot_count / 2) return STATUS_OK;
    uint32_t slot_count = 2 * cache->slot_count;
    struct cache_slot *slots = pool_table(slot_count, sizeof *slots);
    if (slots == NULL) return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < cache->count; i++)
        put_in_slot(slots, slot_count, cache->entries[i]);
    free(cache->slots);
    cache->bytes += (size_t)(slot_count - cache->slot_count) * sizeof *slots;
    cache->slots = slots;
    cache->slot_count = slot_count;
    return STATUS_OK;
}

enum status cache_add(struct cache *cache, const struct entity_key *key,
                      const struct record_stamp *stamp, struct text bytes, struct cached **added)
{
    if (key->id.length > UINT8_MAX || bytes.length > UINT32_MAX) return STATUS_LIMIT;
    TRY(grow_entries(cache));
    TRY(grow_slots(cache));
    struct cached *cached = pool_take(&cache->pool, entry_size(key->id.length));
    if (cached == NULL) return STATUS_NO_MEMORY;
    *cached = (struct cached){.stamp = *stamp,
                              .size = (uint32_t)bytes.length,
                              .hash = hash_of(key),
                              .place = cache->count,
                              .kind = (uint8_t)key->kind,
                              .id_length = (uint8_t)key->id.length,
                              .was_used = true};
    if (key->id.length > 0) memcpy(cached->id, key->id.bytes, key->id.length);
    if (bytes.length > 0) {
        cached->bytes = pool_take(&cache->pool, bytes.length);
        if (cached->bytes == NULL) {
            pool_give(&cache->pool, cached, entry_size(key->id.length));
            return STATUS_NO_MEMORY;
        }
        memcpy(cached->bytes, bytes.bytes, bytes.length);
    }
    cache->entries[cache->count++] = cached;
    put_in_slot(cache->slots, cache->slot_count, cached);
    cache->bytes += entry_bytes(cached) + pool_block_bytes(cached->size);
    *added = cached;
    return STATUS_OK;
}

void cache_set(struct cache *cache, struct cached *cached, uint8_t *bytes, uint32_t size)
{
    cache->bytes -= pool_block_bytes(cached->size);
    pool_give(&cache->pool, cached->bytes, cached->size);
    cached->bytes = bytes;
    cached->size = size;
    cache->bytes += pool_block_bytes(size);
}

static uint32_t slot_of(const struct cache *cache, const struct cached *cached)
{
    uint32_t at = cached->hash & (cache->slot_count - 1);
    while (cache->slots[at].place != cached->place + 1)
        at = (at + 1) & (cache->slot_count - 1);
    return at;
}

/* What stands behind an empty slot and may not moves into it. */
static void empty_slot(struct cache *cache, uint32_t hole)
{
    struct cache_slot *slots = cache->slots;
    uint32_t mask = cache->slot_count - 1;
    for (uint32_t at = (hole + 1) & mask; slots[at].place > 0; at = (at + 1) & mask) {
        uint32_t way = (at - slots[at].hash) & mask;
        if (way < ((at - hole) & mask)) continue;
        slots[hole] = slots[at];
        hole = at;
    }
    slots[hole] = (struct cache_slot){0, 0};
}

void cache_drop(struct cache *cache, struct cached *cached)
{
    empty_slot(cache, slot_of(cache, cached));
    struct cached *last = cache->entries[cache->count - 1];
    if (last != cached) {
        cache->slots[slot_of(cache, last)].place = cached->place + 1;
        cache->entries[cached->place] = last;
        last->place = cached->place;
    }
    cache->count--;
    cache->bytes -= entry_bytes(cached) + pool_block_bytes(cached->size);
    pool_give(&cache->pool, cached->bytes, cached->size);
    pool_give(&cache->pool, cached, entry_size(cached->id_length));
}

void cache_trim(struct cache *cache)
{
    /* A bound on what one call does; it is called after each that adds. */
    for (uint32_t steps = TRIM_STEPS;
         steps > 0 && cache->bytes > cache->bytes_maximum && cache->count > 0; steps--) {
        if (cache->clock >= cache->count) cache->clock = 0;
        struct cached *cached = cache->entries[cache->clock];
        if (cached->is_dirty || cached->is_listed || cached->version > 0) {
            cache->clock++;
        } else if (cached->was_used) {
            cached->was_used = false;
            cache->clock++;
        } else {
            cache_drop(cache, cached);
        }
    }
}
