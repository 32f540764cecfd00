/* Pool: memory for a great many small things of one owner, which come and go singly.
 *
 * The states in a cache are a million blocks of a hundred bytes. malloc asks the system for each
 * few pages of them and scatters them over small pages, so that every look-up misses the
 * processor's table of pages. A pool takes 2 MB at a time, asks for one large page each, and needs
 * no lock.
 *
 *   region, 2 MB   | chunk | chunk | chunk | ...          one large page, if the system has one
 *   chunk, 64 KB   | header | block | block | block ...   of one size each
 *
 * A chunk with no block in use serves any size again. Regions are given back by pool_release.
 */
#ifndef GUERDON_STORE_POOL_H
#define GUERDON_STORE_POOL_H

#include "base/base.h"

#define POOL_CLASS_COUNT 56

struct pool_chunk;
struct pool_region;

struct pool {
    struct pool_chunk *partial[POOL_CLASS_COUNT]; /* those with a free block */
    struct pool_chunk *empty;
    struct pool_region *regions;
};

void pool_init(struct pool *pool);
/* Everything that is still in use, too, except what is larger than a block can be. */
void pool_release(struct pool *pool);
/* NULL: no memory. Aligned to 16 bytes; `size` above 0. */
void *pool_take(struct pool *pool, size_t size);
/* `size` as it was asked for; `bytes` may be NULL. */
void pool_give(struct pool *pool, void *bytes, size_t size);
/* What a block of that size takes. */
size_t pool_block_bytes(size_t size);

/* A large zeroed table, to be given to free(). NULL: no memory. */
void *pool_table(size_t count, size_t size);

#endif
