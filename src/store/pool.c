/* Pool: see pool.h.
 *
 * Invariants
 *   1. A chunk is in the list of its class exactly if it has a free block and one in use; without
 *      one in use it is in the list of empty chunks.
 *   2. A block's chunk begins at the multiple of CHUNK_BYTES before it.
 *   3. Blocks at `fresh` and behind it were never given out: a chunk's memory is touched when it is
 *      needed.
 *
 * Under a sanitizer every block is malloc's, so that a use after pool_give is reported.
 */
#include "store/pool.h"

#include <stdlib.h>
#include <sys/mman.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define POOL_IS_MALLOC 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define POOL_IS_MALLOC 1
#endif
#ifndef POOL_IS_MALLOC
#define POOL_IS_MALLOC 0
#endif

#define REGION_BYTES ((size_t)2 << 20)
#define CHUNK_BYTES ((size_t)64 << 10)
#define BLOCK_MAXIMUM 16384u

struct pool_chunk {
    struct pool_chunk *next;
    struct pool_chunk *previous; /* in the list of its class */
    void *free;                  /* given back: each leads to the next */
    uint32_t used;
    uint32_t fresh; /* from the chunk's beginning */
    uint32_t block_bytes;
    uint32_t class;
};
#define CHUNK_HEAD_BYTES ((sizeof(struct pool_chunk) + 15) & ~(size_t)15)

/* In a region's first chunk, in front of that chunk's header. */
struct pool_region {
    struct pool_region *next;
    size_t chunks; /* that were taken from it, the first one included */
};

/* Blocks of each size up to `most` come in steps; `class` is the first of them. */
static const struct pool_steps {
    uint32_t most, step, below, class;
} steps[] = {
    {256, 16, 0, 0},
    {1024, 64, 256, 16},
    {4096, 256, 1024, 28},
    {8192, 512, 4096, 40},
    {BLOCK_MAXIMUM, 1024, 8192, 48},
};

static const struct pool_steps *steps_of(size_t size)
{
    const struct pool_steps *at = steps;
    while (size > at->most)
        at++;
    return at;
}

static uint32_t class_of(size_t size)
{
    const struct pool_steps *at = steps_of(size);
    return at->class + (uint32_t)((size - at->below + at->step - 1) / at->step) - 1;
}

static size_t bytes_of_block(size_t size)
{
    const struct pool_steps *at = steps_of(size);
    return at->below + (size - at->below + at->step - 1) / at->step * at->step;
}

static bool is_pooled(size_t size)
{
    return !POOL_IS_MALLOC && size <= BLOCK_MAXIMUM;
}

size_t pool_block_bytes(size_t size)
{
    if (size == 0) return 0;
    return size <= BLOCK_MAXIMUM ? bytes_of_block(size) : size + 16;
}

void pool_init(struct pool *pool)
{
    *pool = (struct pool){.empty = NULL};
}

void pool_release(struct pool *pool)
{
    while (pool->regions != NULL) {
        struct pool_region *region = pool->regions;
        pool->regions = region->next;
        free(region);
    }
    pool_init(pool);
}

/* The first chunk of a region is short of what stands in front of it: it holds nothing else. */
static enum status add_region(struct pool *pool)
{
    struct pool_region *region = aligned_alloc(REGION_BYTES, REGION_BYTES);
    if (region == NULL) return STATUS_NO_MEMORY;
    if (madvise(region, REGION_BYTES, MADV_HUGEPAGE) != 0) {
        /* Small pages do as well, only slower. */
    }
    *region = (struct pool_region){.next = pool->regions, .chunks = 1};
    pool->regions = region;
    return STATUS_OK;
}

static struct pool_chunk *new_chunk(struct pool *pool)
{
    struct pool_chunk *chunk = pool->empty;
    if (chunk != NULL) {
        pool->empty = chunk->next;
        return chunk;
    }
    bool has_room = pool->regions != NULL && pool->regions->chunks < REGION_BYTES / CHUNK_BYTES;
    if (!has_room && add_region(pool) != STATUS_OK) return NULL;
    char *at = (char *)pool->regions + pool->regions->chunks++ * CHUNK_BYTES;
    return (struct pool_chunk *)(void *)at;
}

static void link_chunk(struct pool *pool, struct pool_chunk *chunk)
{
    struct pool_chunk **first = &pool->partial[chunk->class];
    chunk->next = *first;
    chunk->previous = NULL;
    if (*first != NULL) (*first)->previous = chunk;
    *first = chunk;
}

static void unlink_chunk(struct pool *pool, struct pool_chunk *chunk)
{
    if (chunk->next != NULL) chunk->next->previous = chunk->previous;
    if (chunk->previous != NULL) {
        chunk->previous->next = chunk->next;
    } else {
        pool->partial[chunk->class] = chunk->next;
    }
}

static bool is_full(const struct pool_chunk *chunk)
{
    return chunk->free == NULL && chunk->fresh + chunk->block_bytes > CHUNK_BYTES;
}

void *pool_take(struct pool *pool, size_t size)
{
    if (!is_pooled(size)) return malloc(size);
    uint32_t class = class_of(size);
    struct pool_chunk *chunk = pool->partial[class];
    if (chunk == NULL) {
        chunk = new_chunk(pool);
        if (chunk == NULL) return NULL;
        *chunk = (struct pool_chunk){.fresh = CHUNK_HEAD_BYTES,
                                     .block_bytes = (uint32_t)bytes_of_block(size),
                                     .class = class};
        link_chunk(pool, chunk);
    }
    void *block = chunk->free;
    if (block != NULL) {
        memcpy(&chunk->free, block, sizeof chunk->free);
    } else {
        block = (char *)chunk + chunk->fresh;
        chunk->fresh += chunk->block_bytes;
    }
    chunk->used++;
    if (is_full(chunk)) unlink_chunk(pool, chunk);
    return block;
}

void pool_give(struct pool *pool, void *bytes, size_t size)
{
    if (bytes == NULL || !is_pooled(size)) {
        free(bytes);
        return;
    }
    uintptr_t at = (uintptr_t)bytes;
    struct pool_chunk *chunk = (struct pool_chunk *)(at - at % CHUNK_BYTES);
    ASSERT(chunk->class == class_of(size) && chunk->used > 0);
    if (is_full(chunk)) link_chunk(pool, chunk);
    memcpy(bytes, &chunk->free, sizeof chunk->free);
    chunk->free = bytes;
    if (--chunk->used > 0) return;
    unlink_chunk(pool, chunk);
    chunk->next = pool->empty;
    pool->empty = chunk;
}

void *pool_table(size_t count, size_t size)
{
    if (count > SIZE_MAX / 2 / size) return NULL;
    size_t bytes = count * size;
    if (bytes < REGION_BYTES) return calloc(count, size);
    bytes = (bytes + REGION_BYTES - 1) / REGION_BYTES * REGION_BYTES;
    void *table = aligned_alloc(REGION_BYTES, bytes);
    if (table == NULL) return NULL;
    if (madvise(table, bytes, MADV_HUGEPAGE) != 0) {
        /* As above. */
    }
    memset(table, 0, bytes);
    return table;
}
