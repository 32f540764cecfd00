/* Key merge: two sorted sources become one run, a few pages at a time.
 *
 *   upper: the table that is full, or the run that leaves the level above --+
 *                                                                           +--> output, a new run
 *   lower: the run that lives on the level (or none) ----------------------+
 *
 * The output is invisible until it is whole. Between levels on disk, where a merge may take days,
 * it notes how far it has come whenever an extent's worth of pages is written, in key_merge and in
 * the same transaction as the pages; after a crash it goes on from there and overwrites what came
 * later with the same bytes. A merge from memory is short and begins again: its source is rebuilt
 * from the journal.
 *
 * Must never: write a page that a run in key_run has; work past its budget.
 *
 * Invariants
 *   1. The output's entries ascend; an entry that both sources have is written once.
 *   2. Filter k of the output is written when the first entry of a later share comes, before that
 *      entry's page is: so a filter names pages by the number they will have.
 *   3. A note is made only when a page was just written: no entry of the draft precedes it. The
 *      bits of the filter that was begun are set again from the pages since its first.
 */
#ifndef GUERDON_STORE_KEY_MERGE_H
#define GUERDON_STORE_KEY_MERGE_H

#include "store/key_memory.h"
#include "store/key_run.h"

/* Where reading a source has come to. */
struct key_source {
    const struct key_memory *memory; /* this, or */
    const struct key_run *run;       /* this, or neither */
    uint32_t slot;                   /* behind the head's */
    uint32_t page;
    uint32_t entry;
    bool is_loaded; /* head is what comes next; of a run, bytes are its page */
    struct key_entry head;
    struct key_view view;
    uint8_t bytes[KEY_PAGE_BYTES];
};

struct key_merge {
    struct key_source upper;
    struct key_source lower;
    struct key_run *output;
    uint64_t entries; /* of both sources */
    uint64_t done;
    uint64_t below_at_start; /* see key_levels.h */
    uint32_t level;          /* of the output */
    bool takes_notes;
    bool is_finished;
    uint32_t filters;           /* of the output, in all */
    uint32_t filter_first_page; /* of the filter that is begun */
    bool filter_is_begun;       /* it has an entry */
    struct key_page_draft draft;
    uint8_t filter[KEY_PAGE_BYTES];
};

MUST_CHECK enum status key_merge_new(uint32_t run_number, struct key_merge **merge);
void key_merge_free(struct key_merge *merge);
size_t key_merge_bytes(const struct key_merge *merge);
/* Once the sources are set: how many entries and filters there will be. */
void key_merge_begin(struct key_merge *merge);
/* Goes on until `wanted` entries are done, or the budget is; one page read, written or appended
 * costs 1. Wanting all of them finishes the output too. */
MUST_CHECK enum status key_merge_step(struct key_merge *merge, struct key_disk *disk,
                                      uint64_t wanted, uint32_t *budget_pages);
/* Saves how far it is; once at its start, then it does so itself. */
MUST_CHECK enum status key_merge_note(const struct key_merge *merge, struct key_disk *disk);
/* Takes up what a row of key_merge says, except for the runs of the sources. */
MUST_CHECK enum status key_merge_take_note(struct key_merge *merge, const int64_t *values);
/* Once sources and extents are there: sets the bits of the filter that was begun. */
MUST_CHECK enum status key_merge_resume(struct key_merge *merge, struct key_disk *disk);

#endif
