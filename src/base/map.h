/* Map: from text to a 32-bit number, open addressing, grows by doubling.
 *
 * The map keeps views of the keys, not copies: the owner of the bytes must outlive the map.
 */
#ifndef GUERDON_BASE_MAP_H
#define GUERDON_BASE_MAP_H

#include "base/text.h"

struct map_slot;

struct map {
    struct map_slot *slots;
    size_t count;
    size_t capacity; /* a power of two, or 0 */
    size_t maximum;
};

#define MAP_NONE UINT32_MAX

void map_init(struct map *map, size_t maximum_count);
void map_release(struct map *map);
/* The number kept for `key`, or MAP_NONE. */
uint32_t map_get(const struct map *map, struct text key);
/* Finds `key`, or adds it with `value`. `*found` is the number now kept for it; `*is_new` (may be
 * NULL) whether it was added. The key's bytes are kept by reference when it is new: map_rekey swaps
 * in a lasting copy. */
MUST_CHECK enum status map_add(struct map *map, struct text key, uint32_t value, uint32_t *found,
                               bool *is_new);
/* Replaces the view that is kept for an equal key. */
void map_rekey(struct map *map, struct text key);
/* Replaces the number that is kept for a key that is there. */
void map_set(struct map *map, struct text key, uint32_t value);

#endif
