/* Heap: blocks of many sizes for a store that lives in memory.
 *
 * Blocks are cut from large chunks and sorted into size classes; a freed block is kept in its
 * class's list and given out again, last freed first. Nothing goes back to the system before
 * heap_release. The caller remembers each block's size.
 */
#ifndef GUERDON_STORE_HEAP_H
#define GUERDON_STORE_HEAP_H

#include "base/base.h"

#define HEAP_CLASS_COUNT 192

struct heap_chunk;
struct heap_free;

struct heap {
    struct heap_chunk *chunks;
    uint8_t *next; /* of the newest chunk: what is not given out yet */
    size_t left;
    struct heap_free *free[HEAP_CLASS_COUNT];
};

void heap_init(struct heap *heap);
void heap_release(struct heap *heap);
/* A block of at least `size` bytes, aligned to 16; NULL when memory ran out. */
void *heap_allocate(struct heap *heap, size_t size);
/* Gives back a block that was allocated, or last fitted, with that size. */
void heap_give_back(struct heap *heap, void *block, size_t size);
/* Whether a block allocated for `old_size` also holds `new_size`, and no smaller block would. */
bool heap_fits(size_t old_size, size_t new_size);

#endif
