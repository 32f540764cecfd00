/* Heap: size classes over chunks.
 *
 *   class 0 .. 63       16, 32, ... 1024 bytes
 *   class 64 .. 191     four to each doubling above: 1280, 1536, 1792, 2048, 2560 ...
 *
 *   chunk  +------+-------+-------+-----+----------------+
 *          | link | block | block | ... | not yet given  |
 *          +------+-------+-------+-----+----------------+
 *
 * Invariants
 *   1. A block belongs to the class of its size for ever; a class's list holds its free ones alone.
 *   2. heap_allocate of a class whose list is not empty cannot fail: undoing a step that freed a
 *      block of a size can always have one of that size back.
 */
#include "store/heap.h"

#include <stdlib.h>

#define HEAP_STEP 16
#define HEAP_SMALL_MAXIMUM 1024
#define HEAP_SMALL_CLASSES (HEAP_SMALL_MAXIMUM / HEAP_STEP)
#define HEAP_CHUNK_BYTES ((size_t)1 << 20)
/* Larger blocks stand in a chunk of their own. */
#define HEAP_SHARED_MAXIMUM (HEAP_CHUNK_BYTES / 8)

struct heap_chunk {
    struct heap_chunk *older;
    size_t unused; /* keeps the first block aligned to 16 */
};

struct heap_free {
    struct heap_free *next;
};

/* Which class a size belongs to, and how many bytes its blocks have. */
struct size_class {
    unsigned number;
    size_t bytes;
};

static struct size_class class_of(size_t size)
{
    if (size == 0) size = 1;
    if (size <= HEAP_SMALL_MAXIMUM) {
        size_t number = (size - 1) / HEAP_STEP;
        return (struct size_class){(unsigned)number, (number + 1) * HEAP_STEP};
    }
    unsigned doubling = 63u - (unsigned)__builtin_clzll((unsigned long long)size - 1);
    size_t step = (size_t)1 << (doubling - 2);
    size_t quarter = (size - 1 - ((size_t)1 << doubling)) / step;
    return (struct size_class){HEAP_SMALL_CLASSES + (doubling - 10) * 4 + (unsigned)quarter,
                               ((size_t)1 << doubling) + (quarter + 1) * step};
}

void heap_init(struct heap *heap)
{
    *heap = (struct heap){.chunks = NULL};
}

void heap_release(struct heap *heap)
{
    while (heap->chunks != NULL) {
        struct heap_chunk *chunk = heap->chunks;
        heap->chunks = chunk->older;
        free(chunk);
    }
    heap_init(heap);
}

static uint8_t *new_chunk(struct heap *heap, size_t bytes)
{
    struct heap_chunk *chunk = malloc(sizeof *chunk + bytes);
    if (chunk == NULL) return NULL;
    chunk->older = heap->chunks;
    heap->chunks = chunk;
    return (uint8_t *)(chunk + 1);
}

void *heap_allocate(struct heap *heap, size_t size)
{
    struct size_class class = class_of(size);
    if (class.number >= HEAP_CLASS_COUNT) return NULL;
    struct heap_free *block = heap->free[class.number];
    if (block != NULL) {
        heap->free[class.number] = block->next;
        return block;
    }
    if (class.bytes > HEAP_SHARED_MAXIMUM) return new_chunk(heap, class.bytes);
    if (heap->left < class.bytes) {
        uint8_t *bytes = new_chunk(heap, HEAP_CHUNK_BYTES);
        if (bytes == NULL) return NULL;
        heap->next = bytes;
        heap->left = HEAP_CHUNK_BYTES;
    }
    void *given = heap->next;
    heap->next += class.bytes;
    heap->left -= class.bytes;
    return given;
}

void heap_give_back(struct heap *heap, void *block, size_t size)
{
    unsigned number = class_of(size).number;
    struct heap_free *given_back = block;
    given_back->next = heap->free[number];
    heap->free[number] = given_back;
}

bool heap_fits(size_t old_size, size_t new_size)
{
    return class_of(old_size).number == class_of(new_size).number;
}
