/* SQLite, the cache: states by kind and id, bounded, with the clock's hand for what goes.
 *
 *   slots: | hash * |            | hash * |        |     the clock goes round over the slots
 *                 \__ entry             \__ entry
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
 *   2. `bytes` is what all entries and the table take.
 *   3. Between the slot where a hash belongs and the one that has it, all are taken.
 */
#include <stdlib.h>

#include "store/sqlite.h"

#define SLOTS_FIRST 2048u
#define SLOTS_MAXIMUM ((uint32_t)1 << 30)
#define TRIM_STEPS 512u  /* entries looked at */
#define TRIM_SLOTS 4096u /* empty ones among them */

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

struct cached *cache_next(const struct cache *cache, uint32_t *slot)
{
    while (*slot < cache->slot_count) {
        struct cached *cached = cache->slots[(*slot)++].cached;
        if (cached != NULL) return cached;
    }
    return NULL;
}

void cache_release(struct cache *cache)
{
    uint32_t slot = 0;
    for (struct cached *cached; (cached = cache_next(cache, &slot)) != NULL;) {
        pool_give(&cache->pool, cached->bytes, cached->size);
        pool_give(&cache->pool, cached, entry_size(cached->id_length));
    }
    pool_release(&cache->pool);
    free(cache->slots);
    *cache = (struct cache){.slots = NULL};
}

static uint32_t fold(uint64_t hash)
{
    return (uint32_t)(hash ^ hash >> 32);
}

static size_t entry_bytes(const struct cached *cached)
{
    return pool_block_bytes(entry_size(cached->id_length));
}

struct cached *cache_find(struct cache *cache, const struct entity_key *key, uint64_t hash)
{
    uint32_t mask = cache->slot_count - 1;
    uint32_t folded = fold(hash);
    for (uint32_t at = folded & mask; cache->slots[at].cached != NULL; at = (at + 1) & mask) {
        if (cache->slots[at].hash != folded) continue;
        struct cached *cached = cache->slots[at].cached;
        if (cached->kind != (uint8_t)key->kind || !text_equal(cached_id(cached), key->id)) continue;
        cached->was_used = true;
        return cached;
    }
    return NULL;
}

/* The first entry with a hash that was expected, most likely the one that was meant. */
static struct cached *expected_at(const struct cache *cache, uint32_t before)
{
    uint32_t ring = EXPECTED_BYTES + 1;
    uint32_t hash = cache->expected[(cache->expected_next + ring - before) % ring];
    uint32_t mask = cache->slot_count - 1;
    uint32_t at = hash & mask;
    while (cache->slots[at].cached != NULL && cache->slots[at].hash != hash)
        at = (at + 1) & mask;
    return cache->slots[at].cached;
}

struct cached *cache_expect(struct cache *cache, const struct entity_key *key)
{
    uint32_t hash = fold(entity_key_hash(key));
    __builtin_prefetch(&cache->slots[hash & (cache->slot_count - 1)]);
    const struct cached *entry = expected_at(cache, EXPECTED_ENTRY);
    if (entry != NULL) {
        __builtin_prefetch(entry);
        __builtin_prefetch((const char *)entry + 64);
    }
    struct cached *oldest = expected_at(cache, EXPECTED_BYTES);
    cache->expected[cache->expected_next] = hash;
    cache->expected_next = (cache->expected_next + 1) % (EXPECTED_BYTES + 1);
    return oldest;
}

static void put_in_slot(struct cache_slot *slots, uint32_t slot_count, struct cache_slot slot)
{
    uint32_t at = slot.hash & (slot_count - 1);
    while (slots[at].cached != NULL)
        at = (at + 1) & (slot_count - 1);
    slots[at] = slot;
}

static enum status grow_slots(struct cache *cache)
{
    if (cache->count < cache->slot_count / 2) return STATUS_OK;
    if (cache->slot_count == SLOTS_MAXIMUM) return STATUS_LIMIT;
    uint32_t slot_count = 2 * cache->slot_count;
    struct cache_slot *slots = pool_table(slot_count, sizeof *slots);
    if (slots == NULL) return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < cache->slot_count; i++) {
        if (cache->slots[i].cached != NULL) put_in_slot(slots, slot_count, cache->slots[i]);
    }
    free(cache->slots);
    cache->bytes += (size_t)(slot_count - cache->slot_count) * sizeof *slots;
    cache->slots = slots;
    cache->slot_count = slot_count;
    return STATUS_OK;
}

enum status cache_add(struct cache *cache, const struct entity_key *key, uint64_t hash,
                      const struct record_stamp *stamp, struct text bytes, struct cached **added)
{
    if (key->id.length > UINT8_MAX || bytes.length > UINT32_MAX) return STATUS_LIMIT;
    TRY(grow_slots(cache));
    struct cached *cached = pool_take(&cache->pool, entry_size(key->id.length));
    if (cached == NULL) return STATUS_NO_MEMORY;
    *cached = (struct cached){.stamp = *stamp,
                              .size = (uint32_t)bytes.length,
                              .hash = fold(hash),
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
    cache->count++;
    put_in_slot(cache->slots, cache->slot_count, (struct cache_slot){cached, cached->hash});
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
    while (cache->slots[at].cached != cached)
        at = (at + 1) & (cache->slot_count - 1);
    return at;
}

/* What stands behind an empty slot and may not moves into it. */
static void empty_slot(struct cache *cache, uint32_t hole)
{
    struct cache_slot *slots = cache->slots;
    uint32_t mask = cache->slot_count - 1;
    for (uint32_t at = (hole + 1) & mask; slots[at].cached != NULL; at = (at + 1) & mask) {
        uint32_t way = (at - slots[at].hash) & mask;
        if (way < ((at - hole) & mask)) continue;
        slots[hole] = slots[at];
        hole = at;
    }
    slots[hole] = (struct cache_slot){NULL, 0};
}

/* Forgets what is in a slot. */
static void drop_slot(struct cache *cache, uint32_t slot)
{
    struct cached *cached = cache->slots[slot].cached;
    empty_slot(cache, slot);
    cache->count--;
    cache->bytes -= entry_bytes(cached) + pool_block_bytes(cached->size);
    pool_give(&cache->pool, cached->bytes, cached->size);
    pool_give(&cache->pool, cached, entry_size(cached->id_length));
}

void cache_drop(struct cache *cache, struct cached *cached)
{
    drop_slot(cache, slot_of(cache, cached));
}

void cache_trim(struct cache *cache)
{
    /* A bound on what one call does; it is called after each that adds. */
    uint32_t steps = TRIM_STEPS;
    for (uint32_t slots = TRIM_SLOTS;
         steps > 0 && slots > 0 && cache->bytes > cache->bytes_maximum && cache->count > 0;
         slots--) {
        if (cache->clock >= cache->slot_count) cache->clock = 0;
        struct cached *cached = cache->slots[cache->clock].cached;
        if (cached == NULL) {
            cache->clock++;
            continue;
        }
        steps--;
        if (cached->is_dirty || cached->is_listed || cached->version > 0) {
            cache->clock++;
        } else if (cached->was_used) {
            cached->was_used = false;
            cache->clock++;
        } else {
            /* Another may come into its slot, and is looked at next. */
            drop_slot(cache, cache->clock);
        }
    }
}
