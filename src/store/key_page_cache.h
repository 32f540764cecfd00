/* Key page cache: filter pages that were read lately, so that most look-ups read none.
 *
 * Each page has one place, which it shares with others; whoever was read last is there. There are
 * 3,200 keys behind a filter page, so up to 3,000,000 keys mostly find theirs here; what of a
 * larger index is missing is read from the database file, as everything was once.
 *
 * Invariant: a page that is here is what its run has on disk, and was sound. The pages of a run are
 * written once, before look-ups read the run, and its number is not given again while anything of
 * it is committed; so only a roll-back, after which other pages may come under the same number, has
 * to clear the cache.
 */
#ifndef GUERDON_STORE_KEY_PAGE_CACHE_H
#define GUERDON_STORE_KEY_PAGE_CACHE_H

#include "store/key_page.h"

#define KEY_CACHE_SLOTS 1024u

struct key_page_cache {
    uint64_t *names; /* of the page in each slot: run << 32 | index, + 1; 0: none */
    uint8_t *pages;  /* KEY_CACHE_SLOTS of KEY_PAGE_BYTES; memory is taken as they are filled */
};

MUST_CHECK enum status key_page_cache_init(struct key_page_cache *cache);
void key_page_cache_release(struct key_page_cache *cache);
/* The page of that index among a run's filters; NULL: it is not here. Good until the next is kept.
 */
const uint8_t *key_page_cache_find(const struct key_page_cache *cache, uint32_t run,
                                   uint32_t index);
void key_page_cache_keep(struct key_page_cache *cache, uint32_t run, uint32_t index,
                         const uint8_t page[KEY_PAGE_BYTES]);
void key_page_cache_clear(struct key_page_cache *cache);
size_t key_page_cache_bytes(const struct key_page_cache *cache);

#endif
