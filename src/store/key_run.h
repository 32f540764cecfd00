/* Key run: sorted keys on disk, which are read, and written once from the first to the last.
 *
 * A run is two parts, pages of entries and pages of filters (key_page.h), each in extents of
 * key_disk.h. All that is kept in memory of it is which: 4 bytes for 32 pages, some 12,000 keys.
 *
 *   look-up   fingerprint -> its share's filter, 1 page: no, or pages first..last
 *                         -> the page that its place within the share points at, mostly the right
 *                            one, else a neighbour; then bisection
 *
 * Must never: be looked up before it is whole, or be written after.
 */
#ifndef GUERDON_STORE_KEY_RUN_H
#define GUERDON_STORE_KEY_RUN_H

#include "store/key_disk.h"

struct key_run_part {
    uint32_t *extents;
    uint32_t extent_count;
    uint32_t extent_capacity;
    uint32_t pages;
};

struct key_run {
    uint32_t number;
    uint64_t entries;
    struct key_run_part parts[KEY_PART_COUNT];
};

/* Positions that a look-up found, of at most `maximum`; more are a status. */
struct key_found {
    uint64_t *positions;
    uint32_t maximum;
    uint32_t count;
};

/* Adds a position that is not there yet. STATUS_LIMIT: no room. */
MUST_CHECK enum status key_found_add(struct key_found *found, uint64_t position);

MUST_CHECK enum status key_run_new(uint32_t number, struct key_run **run);
void key_run_free(struct key_run *run);
size_t key_run_bytes(const struct key_run *run);
/* The n-th extent of a part; they need not come in order. */
MUST_CHECK enum status key_run_set_extent(struct key_run *run, enum key_part part, uint32_t ordinal,
                                          uint32_t extent);
/* Whether no extent that the pages need is missing. */
bool key_run_is_whole(const struct key_run *run);
/* All its extents become free. */
void key_run_give_back(const struct key_run *run, struct key_disk *disk);

/* A page of the run, checked; key_disk_read_end must follow a success. */
MUST_CHECK enum status key_run_read(struct key_disk *disk, const struct key_run *run,
                                    enum key_part part, uint32_t index, const uint8_t **page);
/* Adds the positions of a fingerprint. */
MUST_CHECK enum status key_run_find(struct key_disk *disk, const struct key_run *run,
                                    uint64_t fingerprint, struct key_found *found);

#endif
