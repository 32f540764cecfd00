/* Key page cache. See key_page_cache.h. */
#include "store/key_page_cache.h"

#include <stdlib.h>

enum status key_page_cache_init(struct key_page_cache *cache)
{
    cache->names = calloc(KEY_CACHE_SLOTS, sizeof *cache->names);
    cache->pages = calloc(KEY_CACHE_SLOTS, KEY_PAGE_BYTES);
    if (cache->names != NULL && cache->pages != NULL) return STATUS_OK;
    key_page_cache_release(cache);
    return STATUS_NO_MEMORY;
}

void key_page_cache_release(struct key_page_cache *cache)
{
    free(cache->names);
    free(cache->pages);
    *cache = (struct key_page_cache){NULL, NULL};
}

/* A run's pages stand next to each other, and runs apart from each other. */
static size_t slot_of(uint32_t run, uint32_t index)
{
    return ((uint64_t)run * UINT64_C(0x9E3779B1) + index) % KEY_CACHE_SLOTS;
}

static uint64_t name_of(uint32_t run, uint32_t index)
{
    return ((uint64_t)run << 32 | index) + 1;
}

const uint8_t *key_page_cache_find(const struct key_page_cache *cache, uint32_t run, uint32_t index)
{
    size_t slot = slot_of(run, index);
    return cache->names[slot] == name_of(run, index) ? cache->pages + slot * KEY_PAGE_BYTES : NULL;
}

void key_page_cache_keep(struct key_page_cache *cache, uint32_t run, uint32_t index,
                         const uint8_t page[KEY_PAGE_BYTES])
{
    size_t slot = slot_of(run, index);
    cache->names[slot] = name_of(run, index);
    memcpy(cache->pages + slot * KEY_PAGE_BYTES, page, KEY_PAGE_BYTES);
}

void key_page_cache_clear(struct key_page_cache *cache)
{
    memset(cache->names, 0, KEY_CACHE_SLOTS * sizeof *cache->names);
}

size_t key_page_cache_bytes(const struct key_page_cache *cache)
{
    return cache->names == NULL ? 0 : KEY_CACHE_SLOTS * (sizeof *cache->names + KEY_PAGE_BYTES);
}
