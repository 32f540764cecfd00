/* SQLite, the cache: states by kind and id, bounded, with the clock's hand for what goes.
 *
 *   buckets            entries (in no order; the clock goes round)
 *   | -|--> cached --> cached          | * | * | * | * |
 *   | -|--> cached                           ^ clock
 *
 * An entity that is known not to exist has an entry too: most orders are looked for once, to find
 * that they are new.
 *
 * Invariants
 *   1. An entry that is dirty, listed by the hand, or has a version in the open batch stays.
 *   2. `bytes` is what malloc was asked for by all entries and the tables of pointers.
 */
#include <stdlib.h>

#include "store/sqlite.h"

#define BUCKETS_FIRST 1024u
#define TRIM_STEPS 512u
#define ENTRY_MAXIMUM (UINT32_MAX / 4)
/* What the allocator takes beside each block. */
#define BLOCK_OVERHEAD 16u

enum status cache_init(struct cache *cache, size_t bytes_maximum)
{
    *cache = (struct cache){.bytes_maximum = bytes_maximum};
    cache->buckets = calloc(BUCKETS_FIRST, sizeof(struct cached *));
    if (cache->buckets == NULL) return STATUS_NO_MEMORY;
    cache->bucket_count = BUCKETS_FIRST;
    cache->bytes = BUCKETS_FIRST * sizeof(struct cached *);
    return STATUS_OK;
}

void cache_release(struct cache *cache)
{
    for (uint32_t i = 0; i < cache->count; i++) {
        free(cache->entries[i]->bytes);
        free(cache->entries[i]);
    }
    free(cache->entries);
    free(cache->buckets);
    *cache = (struct cache){.buckets = NULL};
}

static uint32_t hash_of(const struct entity_key *key)
{
    uint64_t hash = hash_bytes(key->id) + (uint64_t)key->kind * UINT64_C(0x9E3779B97F4A7C15);
    return (uint32_t)(hash ^ hash >> 32);
}

static size_t entry_bytes(const struct cached *cached)
{
    return sizeof *cached + cached->id_length + BLOCK_OVERHEAD;
}

static size_t state_bytes(uint32_t size)
{
    return size == 0 ? 0 : size + BLOCK_OVERHEAD;
}

struct cached *cache_find(struct cache *cache, const struct entity_key *key)
{
    uint32_t hash = hash_of(key);
    struct cached *cached = cache->buckets[hash & (cache->bucket_count - 1)];
    for (; cached != NULL; cached = cached->next) {
        if (cached->hash != hash || cached->kind != (uint8_t)key->kind) continue;
        if (!text_equal(cached_id(cached), key->id)) continue;
        cached->was_used = true;
        return cached;
    }
    return NULL;
}

static enum status grow_entries(struct cache *cache)
{
    if (cache->count < cache->capacity) return STATUS_OK;
    if (cache->count >= ENTRY_MAXIMUM) return STATUS_LIMIT;
    uint32_t capacity = cache->capacity == 0 ? BUCKETS_FIRST : 2 * cache->capacity;
    struct cached **entries = reallocarray(cache->entries, capacity, sizeof(struct cached *));
    if (entries == NULL) return STATUS_NO_MEMORY;
    cache->bytes += (size_t)(capacity - cache->capacity) * sizeof(struct cached *);
    cache->entries = entries;
    cache->capacity = capacity;
    return STATUS_OK;
}

static void put_in_bucket(struct cached **buckets, uint32_t bucket_count, struct cached *cached)
{
    struct cached **bucket = &buckets[cached->hash & (bucket_count - 1)];
    cached->next = *bucket;
    *bucket = cached;
}

/* Without memory for more buckets it goes on with longer chains. */
static void grow_buckets(struct cache *cache)
{
    if (cache->count < cache->bucket_count || cache->bucket_count > UINT32_MAX / 2) return;
    uint32_t bucket_count = 2 * cache->bucket_count;
    struct cached **buckets = calloc(bucket_count, sizeof(struct cached *));
    if (buckets == NULL) return;
    for (uint32_t i = 0; i < cache->count; i++)
        put_in_bucket(buckets, bucket_count, cache->entries[i]);
    free(cache->buckets);
    cache->bytes += (size_t)(bucket_count - cache->bucket_count) * sizeof(struct cached *);
    cache->buckets = buckets;
    cache->bucket_count = bucket_count;
}

enum status cache_add(struct cache *cache, const struct entity_key *key,
                      const struct record_stamp *stamp, struct text bytes, struct cached **added)
{
    if (key->id.length > UINT8_MAX || bytes.length > UINT32_MAX) return STATUS_LIMIT;
    TRY(grow_entries(cache));
    grow_buckets(cache);
    struct cached *cached = malloc(sizeof *cached + key->id.length);
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
        cached->bytes = malloc(bytes.length);
        if (cached->bytes == NULL) {
            free(cached);
            return STATUS_NO_MEMORY;
        }
        memcpy(cached->bytes, bytes.bytes, bytes.length);
    }
    cache->entries[cache->count++] = cached;
    put_in_bucket(cache->buckets, cache->bucket_count, cached);
    cache->bytes += entry_bytes(cached) + state_bytes(cached->size);
    *added = cached;
    return STATUS_OK;
}

void cache_set(struct cache *cache, struct cached *cached, uint8_t *bytes, uint32_t size)
{
    cache->bytes -= state_bytes(cached->size);
    free(cached->bytes);
    cached->bytes = bytes;
    cached->size = size;
    cache->bytes += state_bytes(size);
}

static void drop(struct cache *cache, struct cached *cached)
{
    struct cached **link = &cache->buckets[cached->hash & (cache->bucket_count - 1)];
    while (*link != cached)
        link = &(*link)->next;
    *link = cached->next;
    struct cached *last = cache->entries[--cache->count];
    cache->entries[cached->place] = last;
    last->place = cached->place;
    cache->bytes -= entry_bytes(cached) + state_bytes(cached->size);
    free(cached->bytes);
    free(cached);
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
            drop(cache, cached);
        }
    }
}
