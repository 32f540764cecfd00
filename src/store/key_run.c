/* Key run: extents and look-ups. See key_run.h. */
#include "store/key_run.h"

#include <stdlib.h>

#define NO_EXTENT UINT32_MAX
/* A run of 30,000,000,000 keys. */
#define EXTENTS_MAXIMUM ((uint32_t)1 << 22)

enum status key_found_add(struct key_found *found, uint64_t position)
{
    for (uint32_t i = 0; i < found->count; i++) {
        if (found->positions[i] == position) return STATUS_OK;
    }
    if (found->count == found->maximum) return STATUS_LIMIT;
    found->positions[found->count++] = position;
    return STATUS_OK;
}

enum status key_run_new(uint32_t number, struct key_run **run)
{
    struct key_run *made = calloc(1, sizeof *made);
    if (made == NULL) return STATUS_NO_MEMORY;
    made->number = number;
    *run = made;
    return STATUS_OK;
}

void key_run_free(struct key_run *run)
{
    if (run == NULL) return;
    for (int part = 0; part < KEY_PART_COUNT; part++)
        free(run->parts[part].extents);
    free(run);
}

size_t key_run_bytes(const struct key_run *run)
{
    size_t bytes = sizeof *run;
    for (int part = 0; part < KEY_PART_COUNT; part++)
        bytes += run->parts[part].extent_capacity * sizeof *run->parts[part].extents;
    return bytes;
}

enum status key_run_set_extent(struct key_run *run, enum key_part part, uint32_t ordinal,
                               uint32_t extent)
{
    struct key_run_part *of = &run->parts[part];
    if (ordinal >= EXTENTS_MAXIMUM) return STATUS_CORRUPT;
    if (ordinal >= of->extent_capacity) {
        uint32_t capacity = ordinal + ordinal / 2 + 8;
        uint32_t *extents = reallocarray(of->extents, capacity, sizeof *extents);
        if (extents == NULL) return STATUS_NO_MEMORY;
        of->extents = extents;
        of->extent_capacity = capacity;
    }
    while (of->extent_count <= ordinal)
        of->extents[of->extent_count++] = NO_EXTENT;
    if (of->extents[ordinal] != NO_EXTENT) return STATUS_CORRUPT;
    of->extents[ordinal] = extent;
    return STATUS_OK;
}

bool key_run_is_whole(const struct key_run *run)
{
    for (int part = 0; part < KEY_PART_COUNT; part++) {
        const struct key_run_part *of = &run->parts[part];
        if (of->pages > (uint64_t)of->extent_count * KEY_EXTENT_PAGES) return false;
        for (uint32_t i = 0; i < of->extent_count; i++) {
            if (of->extents[i] == NO_EXTENT) return false;
        }
    }
    return true;
}

void key_run_give_back(const struct key_run *run, struct key_disk *disk)
{
    for (int part = 0; part < KEY_PART_COUNT; part++) {
        for (uint32_t i = 0; i < run->parts[part].extent_count; i++)
            key_disk_give_back(disk, run->parts[part].extents[i]);
    }
}

enum status key_run_read(struct key_disk *disk, const struct key_run *run, enum key_part part,
                         uint32_t index, const uint8_t **page)
{
    const struct key_run_part *of = &run->parts[part];
    if (index >= of->pages) return STATUS_CORRUPT;
    uint32_t extent = of->extents[index / KEY_EXTENT_PAGES];
    TRY(key_disk_read(disk, (uint64_t)extent * KEY_EXTENT_PAGES + index % KEY_EXTENT_PAGES, page));
    if (key_page_is_sound(*page, part, run->number, index)) return STATUS_OK;
    key_disk_read_end(disk);
    return STATUS_CORRUPT;
}

/* ---- a look-up ---- */

/* Reads a page of entries; key_disk_read_end must follow a success. */
static enum status read_entries(struct key_disk *disk, const struct key_run *run, uint32_t index,
                                struct key_view *view)
{
    const uint8_t *page = NULL;
    TRY(key_run_read(disk, run, KEY_PART_ENTRIES, index, &page));
    if (key_view_init(view, page)) return STATUS_OK;
    key_disk_read_end(disk);
    return STATUS_CORRUPT;
}

/* Where to look, between pages `low` and `high`, which hold one share: half of the first and half
 * of the last belong to its neighbours. */
static uint32_t guess_of(const struct key_run *run, uint64_t fingerprint, uint32_t low,
                         uint32_t high)
{
    uint64_t within = fingerprint * run->parts[KEY_PART_FILTERS].pages;
    return low + (key_share(within, 2 * (uint64_t)(high - low)) + 1) / 2;
}

/* Adds what equals the fingerprint from one entry of a page on; *goes_on: to its end. */
static enum status add_equal(const struct key_view *view, uint32_t at, uint64_t fingerprint,
                             struct key_found *found, bool *goes_on)
{
    *goes_on = false;
    for (; at < view->count && key_view_fingerprint(view, at) == fingerprint; at++) {
        TRY(key_found_add(found, key_view_entry(view, at).position));
        *goes_on = at + 1 == view->count;
    }
    return STATUS_OK;
}

/* Adds the positions of a fingerprint whose first entry, if it has any, is in one of the pages low
 * to high. Nearly always one page is read: the one that the guess names. */
static enum status find_in_pages(struct key_disk *disk, const struct key_run *run,
                                 uint64_t fingerprint, uint32_t low, uint32_t high,
                                 struct key_found *found)
{
    uint32_t guess = guess_of(run, fingerprint, low, high);
    bool goes_on = false;
    for (int round = 0;; round++) {
        struct key_view view;
        TRY(read_entries(disk, run, guess, &view));
        uint32_t at = key_view_find(&view, fingerprint);
        bool is_below = at == view.count;
        bool is_here = !is_below && (at > 0 || guess == low);
        enum status status = STATUS_OK;
        if (is_here) status = add_equal(&view, at, fingerprint, found, &goes_on);
        key_disk_read_end(disk);
        TRY(status);
        if (is_here) break;
        if (is_below && guess == high) return STATUS_OK;
        if (is_below) {
            low = guess + 1;
        } else {
            high = guess;
        }
        /* A guess is seldom wrong by more than one; if it is, the fingerprints are not even. */
        uint32_t middle = low + (high - low) / 2;
        uint32_t neighbour = is_below || low == high ? low : high - 1;
        guess = round > 1 ? middle : neighbour;
    }
    for (guess++; goes_on && guess < run->parts[KEY_PART_ENTRIES].pages; guess++) {
        struct key_view view;
        TRY(read_entries(disk, run, guess, &view));
        enum status status = add_equal(&view, 0, fingerprint, found, &goes_on);
        key_disk_read_end(disk);
        TRY(status);
    }
    return STATUS_OK;
}

/* What a filter says of a fingerprint: perhaps on these pages of entries, or nowhere. */
static bool asks_filter(const uint8_t *filter, uint64_t fingerprint, uint32_t *first,
                        uint32_t *last)
{
    *first = key_filter_first_page(filter);
    *last = key_filter_last_page(filter);
    return key_filter_may_hold(filter, fingerprint);
}

enum status key_run_find(struct key_disk *disk, const struct key_run *run, uint64_t fingerprint,
                         struct key_found *found)
{
    uint32_t share = key_share(fingerprint, run->parts[KEY_PART_FILTERS].pages);
    uint32_t first;
    uint32_t last;
    bool may_hold;
    const uint8_t *filter = key_page_cache_find(&disk->filters, run->number, share);
    if (filter != NULL) {
        may_hold = asks_filter(filter, fingerprint, &first, &last);
    } else {
        TRY(key_run_read(disk, run, KEY_PART_FILTERS, share, &filter));
        may_hold = asks_filter(filter, fingerprint, &first, &last);
        key_page_cache_keep(&disk->filters, run->number, share, filter);
        key_disk_read_end(disk);
    }
    if (!may_hold) return STATUS_OK;
    if (first > last || last >= run->parts[KEY_PART_ENTRIES].pages) return STATUS_CORRUPT;
    return find_in_pages(disk, run, fingerprint, first, last, found);
}
