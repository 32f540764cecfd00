/* Key pages: the bytes of the two kinds of page that a run of keys is made of.
 *
 * Must never: know of SQLite, or of which run stands where. Bytes in, bytes out.
 *
 * A page has KEY_PAGE_BYTES, little-endian, so that with its row's header it fills a database page
 * of 4,096 to the last bytes and needs no overflow page.
 *
 *   both       0 u64 sum of all that follows    8 u32 run     12 u32 index in its part of the run
 *             16 u16 entries   18 u8 part    19 u8 bytes of a fingerprint   20 u8 of a position
 *
 *   entries   24 u64 first fingerprint      32 u64 least position
 *             40 fingerprints less the first, then positions less the least, each of as few bytes
 *                as the page's largest difference needs
 *
 *   filter    24 u32 first page of entries, 28 u32 last page that hold its fingerprints
 *             32 bits of a Bloom filter
 *
 * Entries ascend by fingerprint, then by position. Fingerprints are spread evenly over 64 bits, so
 * all of a page's are close to each other: about 10 bytes an entry, 400 a page, found by bisection
 * without unpacking.
 *
 * A run's fingerprints are divided into equal shares, one a filter page: the one that a look-up
 * reads says "certainly not here", or else which few pages of entries its share begins and ends on.
 * The whole page is one block: 10 bits a key and 7 probes err once in 120.
 */
#ifndef GUERDON_STORE_KEY_PAGE_H
#define GUERDON_STORE_KEY_PAGE_H

#include "base/base.h"

#define KEY_PAGE_BYTES 4048
#define KEY_PAGE_ENTRIES_MAXIMUM 1024
/* At the widest, 8 bytes of fingerprint and 6 of position. */
#define KEY_PAGE_ENTRIES_LEAST 285
#define KEY_FILTER_ENTRIES 3200
#define KEY_POSITION_MAXIMUM (((uint64_t)1 << 48) - 1)

struct key_entry {
    uint64_t fingerprint;
    uint64_t position;
};

/* Ascending by fingerprint, then by position. */
static inline bool key_entry_is_before(struct key_entry first, struct key_entry second)
{
    if (first.fingerprint != second.fingerprint) return first.fingerprint < second.fingerprint;
    return first.position < second.position;
}

__extension__ typedef unsigned __int128 key_product;

/* Which of `shares` equal shares of all fingerprints this one falls in. */
static inline uint32_t key_share(uint64_t fingerprint, uint64_t shares)
{
    return (uint32_t)(((key_product)fingerprint * shares) >> 64);
}

/* The two parts of a run. */
enum key_part { KEY_PART_ENTRIES, KEY_PART_FILTERS, KEY_PART_COUNT };

/* Whether the bytes are that page, unharmed. */
bool key_page_is_sound(const uint8_t page[KEY_PAGE_BYTES], enum key_part part, uint32_t run,
                       uint32_t index);

/* ---- a page of entries ---- */

/* Good as long as the page's bytes are. */
struct key_view {
    const uint8_t *fingerprints;
    const uint8_t *positions;
    uint64_t first_fingerprint;
    uint64_t least_position;
    uint64_t fingerprint_mask;
    uint64_t position_mask;
    uint32_t fingerprint_bytes;
    uint32_t position_bytes;
    uint32_t count; /* at least 1 */
};

/* False: no page of entries looks like this. */
bool key_view_init(struct key_view *view, const uint8_t page[KEY_PAGE_BYTES]);
/* Of the entry with that index, below view->count. */
uint64_t key_view_fingerprint(const struct key_view *view, uint32_t index);
struct key_entry key_view_entry(const struct key_view *view, uint32_t index);
/* The first entry whose fingerprint is not below that one; view->count if all are. */
uint32_t key_view_find(const struct key_view *view, uint64_t fingerprint);

/* Entries that are to become a page; zeroed, it is empty. */
struct key_page_draft {
    struct key_entry entries[KEY_PAGE_ENTRIES_MAXIMUM];
    uint64_t least_position;
    uint64_t most_position;
    uint32_t count;
};

/* Adds what is not before the last one added; false: it does not fit any more. */
bool key_page_draft_add(struct key_page_draft *draft, struct key_entry entry);
/* Writes the page; there is at least one entry. */
void key_page_draft_write(const struct key_page_draft *draft, uint32_t run, uint32_t index,
                          uint8_t page[KEY_PAGE_BYTES]);

/* ---- a filter page ---- */

/* Of a page that was all zeros before the first. */
void key_filter_add(uint8_t page[KEY_PAGE_BYTES], uint64_t fingerprint);
/* False: the fingerprint was not added. */
bool key_filter_may_hold(const uint8_t page[KEY_PAGE_BYTES], uint64_t fingerprint);
/* Fills in the header. */
void key_filter_write(uint8_t page[KEY_PAGE_BYTES], uint32_t run, uint32_t index,
                      uint32_t first_page, uint32_t last_page);
uint32_t key_filter_first_page(const uint8_t page[KEY_PAGE_BYTES]);
uint32_t key_filter_last_page(const uint8_t page[KEY_PAGE_BYTES]);

#endif
