/* Values: lists and maps as they are made and searched, and the sentences of faults.
 *
 * A list or map is filled by who makes it, in an arena, and is never changed once it is a value.
 * Growing takes a new array and leaves the old one to the arena: at most twice the memory.
 *
 * A map keeps its entries in the order in which they were added. Up to INDEX_FROM of them are
 * searched one by one; past that a hash table of entry numbers (from 1, 0 is free) stands beside
 * them, open addressing, at most half full.
 *
 * Invariants
 *   1. Keys are bool, int, uint or string, and no two are equal; 1 and 1u are equal.
 *   2. index == NULL or it holds every entry once, and index_mask + 1 >= 2 * count.
 */
#include "cel/inner.h"

#define FIRST_CAPACITY 8u
#define INDEX_FROM 8u

const char *cel_fault_text(enum cel_fault fault)
{
    switch (fault) {
#define X(number, name, text)                                                                      \
    case CEL_FAULT_##name:                                                                         \
        return text;
        CEL_FAULT_LIST(X)
#undef X
    }
    return "error";
}

/* Who is making a list or map may write what others only read. */
static struct cel_value *writable(const struct cel_value *items)
{
    return (struct cel_value *)(uintptr_t)items;
}

/* Room for one more in an array of `width` values an element. */
static enum status reserve(struct arena *arena, const struct cel_value **items, uint32_t count,
                           uint32_t *capacity, uint32_t width)
{
    if (count >= CEL_LIST_MAXIMUM) return STATUS_LIMIT;
    if (count < *capacity) return STATUS_OK;
    uint32_t larger = *capacity < FIRST_CAPACITY ? FIRST_CAPACITY : *capacity * 2;
    if (larger > CEL_LIST_MAXIMUM) larger = CEL_LIST_MAXIMUM;
    struct cel_value *moved = arena_allocate(arena, sizeof *moved * larger * width);
    if (moved == NULL) return STATUS_NO_MEMORY;
    if (count > 0) memcpy(moved, *items, sizeof *moved * count * width);
    *items = moved;
    *capacity = larger;
    return STATUS_OK;
}

struct cel_list *cel_list_new(struct arena *arena, uint32_t capacity)
{
    if (capacity > CEL_LIST_MAXIMUM) capacity = CEL_LIST_MAXIMUM;
    struct cel_list *list = arena_new(arena, struct cel_list);
    if (list == NULL || capacity == 0) return list;
    list->items = arena_allocate(arena, sizeof *list->items * capacity);
    list->capacity = capacity;
    return list->items == NULL ? NULL : list;
}

enum status cel_list_add(struct arena *arena, struct cel_list *list, struct cel_value value)
{
    enum status status = reserve(arena, &list->items, list->count, &list->capacity, 1);
    if (status != STATUS_OK) return status;
    writable(list->items)[list->count++] = value;
    return STATUS_OK;
}

struct cel_map *cel_map_new(struct arena *arena, uint32_t capacity)
{
    if (capacity > CEL_LIST_MAXIMUM) capacity = CEL_LIST_MAXIMUM;
    struct cel_map *map = arena_new(arena, struct cel_map);
    if (map == NULL || capacity == 0) return map;
    map->entries = arena_allocate(arena, 2 * sizeof *map->entries * capacity);
    map->capacity = capacity;
    return map->entries == NULL ? NULL : map;
}

/* The key that a value stands for: a double that is a whole number stands for that number. False
 * for what can be no key. */
static bool key_of(struct cel_value value, struct cel_value *key)
{
    *key = value;
    switch (value.kind) {
    case CEL_BOOL:
    case CEL_INT:
    case CEL_UINT:
    case CEL_STRING:
        return true;
    case CEL_DOUBLE:
        break;
    default:
        return false;
    }
    /* 2^63 and 2^64 are doubles; the largest int and uint are not. */
    if (value.number >= -0x1p63 && value.number < 0x1p63)
        *key = cel_int((int64_t)value.number);
    else if (value.number >= 0 && value.number < 0x1p64)
        *key = cel_uint((uint64_t)value.number);
    else
        return false;
    double again = key->kind == CEL_INT ? (double)key->integer : (double)key->unsigned_integer;
    return !(again < value.number) && !(again > value.number);
}

/* int and uint of the same value are the same key; both keep it in the same bits. */
static bool is_same_key(struct cel_value a, struct cel_value b)
{
    if (a.kind == CEL_STRING || b.kind == CEL_STRING)
        return a.kind == b.kind && text_equal(cel_text(a), cel_text(b));
    if (a.kind == b.kind) return a.unsigned_integer == b.unsigned_integer;
    if (a.kind == CEL_BOOL || b.kind == CEL_BOOL) return false;
    return a.unsigned_integer == b.unsigned_integer && a.integer >= 0;
}

static uint32_t key_hash(struct cel_value key)
{
    uint64_t hash = key.kind == CEL_STRING ? hash_bytes(cel_text(key))
                                           : key.unsigned_integer * UINT64_C(0x9E3779B97F4A7C15);
    return (uint32_t)(hash ^ hash >> 32);
}

/* The number of the entry with that key, from 1; 0 when there is none. */
static uint32_t find_entry(const struct cel_map *map, struct cel_value key)
{
    if (map->index == NULL) {
        for (uint32_t i = 0; i < map->count; i++)
            if (is_same_key(map->entries[(size_t)i * 2], key)) return i + 1;
        return 0;
    }
    for (uint32_t at = key_hash(key);; at++) {
        uint32_t entry = map->index[at & map->index_mask];
        if (entry == 0 || is_same_key(map->entries[((size_t)entry - 1) * 2], key)) return entry;
    }
}

const struct cel_value *cel_map_find(const struct cel_map *map, struct cel_value key)
{
    struct cel_value exact;
    if (!key_of(key, &exact)) return NULL;
    uint32_t entry = find_entry(map, exact);
    return entry == 0 ? NULL : &map->entries[((size_t)entry - 1) * 2 + 1];
}

static void index_entry(uint32_t *index, uint32_t mask, struct cel_value key, uint32_t entry)
{
    uint32_t at = key_hash(key) & mask;
    while (index[at] != 0)
        at = (at + 1) & mask;
    index[at] = entry;
}

/* Makes the table anew for `capacity` entries, with all that there are. */
static enum status index_all(struct arena *arena, struct cel_map *map)
{
    uint32_t size = INDEX_FROM * 4;
    while (size < map->capacity * 2)
        size *= 2;
    uint32_t *index = arena_new_array(arena, uint32_t, size);
    if (index == NULL) return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < map->count; i++)
        index_entry(index, size - 1, map->entries[(size_t)i * 2], i + 1);
    map->index = index;
    map->index_mask = size - 1;
    return STATUS_OK;
}

enum status cel_map_add(struct arena *arena, struct cel_map *map, struct cel_value key,
                        struct cel_value value)
{
    if (key.kind != CEL_BOOL && key.kind != CEL_INT && key.kind != CEL_UINT &&
        key.kind != CEL_STRING)
        return STATUS_SYNTAX;
    if (find_entry(map, key) != 0) return STATUS_INVALID;
    enum status status = reserve(arena, &map->entries, map->count, &map->capacity, 2);
    if (status != STATUS_OK) return status;
    bool is_indexed = map->index != NULL && (map->count + 1) * 2 <= map->index_mask + 1;
    if (map->count >= INDEX_FROM && !is_indexed) {
        status = index_all(arena, map);
        if (status != STATUS_OK) return status;
    }
    struct cel_value *entry = &writable(map->entries)[(size_t)map->count * 2];
    entry[0] = key;
    entry[1] = value;
    map->count++;
    if (map->index != NULL)
        index_entry((uint32_t *)(uintptr_t)map->index, map->index_mask, key, map->count);
    return STATUS_OK;
}
