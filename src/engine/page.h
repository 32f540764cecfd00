/* Page: a run of a member's lots, kept in an entity of its own.
 *
 *   member:   ... lot  lot  entry  lot ...          pages: {page, newest, day, lots, is_mixed}
 *                             |                               |
 *   page:                  [ lot lot lot ... ] <--------------+   immutable until it is emptied
 *
 * The entry is a lot whose remaining is what the page holds in all and whose returnable_until_day
 * is DAY_OF_PAGE. It stands where the first of the page's lots could stand: its earning, and of a
 * mixed page its class's release and expiry too, are the least of theirs. So whoever picks lots in
 * any order, oldest or soonest first, meets the entry before the first lot of the page would be its
 * turn, and recalls the page: then the lots stand in the member again. Recalling too early costs
 * time and changes nothing else, so no answer and no balance depends on what is in pages.
 *
 * A page holds lots of one purse, account and hold. Of one class: the class may be released or
 * expire as a whole, and its pages with it. Of several classes (mixed; points that each end at an
 * instant of their own): it is recalled when the first of them is due.
 *
 * A page is named by the event that opened it, not by the member: merging moves references alone.
 *
 *   bytes: format, position of the event that opened it, count of classes; each: release, expiry,
 * funder, count of lots; each: earning, remaining, rule, day: as differences from the one before
 */
#ifndef GUERDON_ENGINE_PAGE_H
#define GUERDON_ENGINE_PAGE_H

#include "engine/member.h"

#define PAGE_FORMAT 1
#define PAGE_ID_BYTES 8
#define PAGE_LOT_MAXIMUM 4096 /* in any page, whatever bounds it was made with */

/* A lot of a page; of its class release, expiry and funder are meant. */
struct page_lot {
    struct lot_class lot_class;
    struct lot lot;
};

/* The 8 bytes that are a page entity's id. */
struct text page_id(uint64_t page, char bytes[PAGE_ID_BYTES]);

/* `count` lots of a member from one place on, none of them an entry. */
MUST_CHECK enum status page_encode(struct arena *arena, uint64_t position,
                                   const struct state *member, uint32_t class_index,
                                   uint32_t lot_index, uint32_t count, struct text *bytes);
MUST_CHECK enum status page_decode(struct arena *arena, struct text bytes, struct page_lot **lots,
                                   uint32_t *count);
/* The event that opened it. */
MUST_CHECK enum status page_bytes_position(const void *bytes, size_t size, uint64_t *position);
/* The lots of a page when its bytes are not at hand: one that stands for all. */
MUST_CHECK enum status page_stand_in(struct arena *arena, const struct lot *entry,
                                     const struct page_reference *page, struct text *bytes);

/* True if that earning could be in the page. */
static inline bool page_covers(const struct lot *entry, const struct page_reference *page,
                               uint64_t earning)
{
    return entry->earning <= earning && earning <= page->newest;
}

/* LOTS_SPILLED and LOTS_RECALLED on a member. */
MUST_CHECK enum status member_spill(struct states *states, struct state *state,
                                    const struct effect *effect);
MUST_CHECK enum status member_recall(struct states *states, struct state *state,
                                     const struct effect *effect);

#endif
