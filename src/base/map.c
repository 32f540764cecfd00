/* Map: open addressing with linear probing, from text to a 32-bit number.
 *
 *   slot, 32 bytes, two to a cache line
 *   +--------------+--------------+--------------+---------+---------+
 *   | hash, 0=free | first bytes  | key's bytes  | length  | value   |
 *   +--------------+--------------+--------------+---------+---------+
 *
 * `first bytes` is a number made from up to 8 bytes of the key. With the length it says everything
 * about a key of at most 8 bytes, so that finding a short key touches one cache line and never the
 * key's own memory.
 *
 * Invariants
 *   1. capacity is 0 or a power of two, and at least one slot is free: every probe ends.
 *   2. A key stands in the first free slot at or behind hash & (capacity - 1), as things stood when
 *      it was added; nothing is ever removed.
 *   3. count <= maximum.
 */
#include "base/map.h"

#include <stdlib.h>

#include "base/hash.h"

#define MAP_SLOTS_FIRST 16
#define CACHE_LINE_BYTES 64

struct map_slot {
    uint64_t hash;
    uint64_t first_bytes;
    const char *bytes;
    uint32_t length;
    uint32_t value;
};

/* A key with what finding it takes. */
struct sought_key {
    uint64_t hash;
    uint64_t first_bytes;
    struct text text;
};

void map_init(struct map *map, size_t maximum_count)
{
    *map = (struct map){.maximum = maximum_count};
}

void map_release(struct map *map)
{
    free(map->slots);
    map_init(map, map->maximum);
}

/* Equal for equal keys, and different for different keys of the same length up to 8: the two halves
 * read from 4 to 8 bytes overlap but leave none out, and so do the three bytes read from 1 to 3. */
static uint64_t first_bytes_of(struct text key)
{
    uint64_t eight = 0;
    if (key.length >= sizeof eight) {
        memcpy(&eight, key.bytes, sizeof eight);
        return eight;
    }
    if (key.length >= 4) {
        uint32_t start;
        uint32_t end;
        memcpy(&start, key.bytes, sizeof start);
        memcpy(&end, key.bytes + key.length - sizeof end, sizeof end);
        return (uint64_t)start << 32 | end;
    }
    if (key.length == 0) return 0;
    uint64_t first = (unsigned char)key.bytes[0];
    uint64_t middle = (unsigned char)key.bytes[key.length / 2];
    uint64_t last = (unsigned char)key.bytes[key.length - 1];
    return first << 16 | middle << 8 | last;
}

static struct sought_key sought(struct text key)
{
    uint64_t hash = hash_bytes(key);
    /* 0 marks a free slot. */
    return (struct sought_key){hash == 0 ? 1 : hash, first_bytes_of(key), key};
}

static bool slot_holds(const struct map_slot *slot, const struct sought_key *key)
{
    if (slot->hash != key->hash || slot->first_bytes != key->first_bytes ||
        slot->length != key->text.length)
        return false;
    return slot->length <= sizeof slot->first_bytes ||
           memcmp(slot->bytes, key->text.bytes, slot->length) == 0;
}

/* The slot that holds the key, or the free one where it belongs. The map has slots. */
static struct map_slot *find(const struct map *map, const struct sought_key *key)
{
    size_t mask = map->capacity - 1;
    size_t index = (size_t)key->hash & mask;
    while (map->slots[index].hash != 0 && !slot_holds(&map->slots[index], key))
        index = (index + 1) & mask;
    return &map->slots[index];
}

/* A slot is free when its hash is 0, so zeroed memory is an empty table. */
static struct map_slot *new_slots(size_t capacity)
{
    size_t bytes = 0;
    if (__builtin_mul_overflow(capacity, sizeof(struct map_slot), &bytes)) return NULL;
    struct map_slot *slots = aligned_alloc(CACHE_LINE_BYTES, bytes);
    if (slots != NULL) memset(slots, 0, bytes);
    return slots;
}

static enum status grow(struct map *map)
{
    size_t capacity = map->capacity == 0 ? MAP_SLOTS_FIRST : map->capacity * 2;
    struct map_slot *slots = new_slots(capacity);
    if (slots == NULL) return STATUS_NO_MEMORY;
    size_t mask = capacity - 1;
    for (size_t i = 0; i < map->capacity; i++) {
        if (map->slots[i].hash == 0) continue;
        size_t index = (size_t)map->slots[i].hash & mask;
        while (slots[index].hash != 0)
            index = (index + 1) & mask;
        slots[index] = map->slots[i];
    }
    free(map->slots);
    map->slots = slots;
    map->capacity = capacity;
    return STATUS_OK;
}

uint32_t map_get(const struct map *map, struct text key)
{
    if (map->capacity == 0) return MAP_NONE;
    struct sought_key wanted = sought(key);
    const struct map_slot *slot = find(map, &wanted);
    return slot->hash == 0 ? MAP_NONE : slot->value;
}

enum status map_add(struct map *map, struct text key, uint32_t value, uint32_t *found, bool *is_new)
{
    ASSERT(value != MAP_NONE);
    struct sought_key wanted = sought(key);
    struct map_slot *slot = map->capacity == 0 ? NULL : find(map, &wanted);
    bool there = slot != NULL && slot->hash != 0;
    if (!there) {
        if (map->count >= map->maximum || key.length > UINT32_MAX) return STATUS_LIMIT;
        if (map->count >= map->capacity / 4 * 3) {
            TRY(grow(map));
            slot = find(map, &wanted);
        }
        ASSERT(slot != NULL);
        *slot = (struct map_slot){wanted.hash, wanted.first_bytes, key.bytes, (uint32_t)key.length,
                                  value};
        map->count++;
    }
    *found = slot->value;
    if (is_new != NULL) *is_new = !there;
    return STATUS_OK;
}

/* The slot of a key that the caller knows to be there. */
static struct map_slot *slot_of(const struct map *map, struct text key)
{
    ASSERT(map->capacity > 0);
    struct sought_key wanted = sought(key);
    struct map_slot *slot = find(map, &wanted);
    ASSERT(slot->hash != 0);
    return slot;
}

void map_rekey(struct map *map, struct text key)
{
    slot_of(map, key)->bytes = key.bytes;
}

void map_set(struct map *map, struct text key, uint32_t value)
{
    ASSERT(value != MAP_NONE);
    slot_of(map, key)->value = value;
}
