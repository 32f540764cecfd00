/* Key levels: which runs there are, which merges go on between them, and how fast.
 *
 *   memory    | keys are added |   | full: frozen |----+
 *                                                      v  merge into 1
 *   level 1   | live |             | leaving |----+  <-+   up to M * G keys
 *                                                 v  merge into 2
 *   level 2   | live |             | leaving |----+  <-+   up to M * G * G keys
 *   ...
 *
 * M keys fit a table in memory, and a level holds G times the one above. A level's live run takes
 * in what comes from above by being merged with it into a new live run; when that is G times too
 * large it becomes the leaving run and the level begins anew. A run that leaves to an empty level
 * just changes its level.
 *
 * Invariants
 *   1. A level has at most two runs, live and leaving, and the lowest has one: a look-up of a key
 *      that is not there reads one page of each, and another when a filter errs, once in 120. With
 *      M = 2^18 and G = 8 that is at most 5 pages for 100,000,000 keys, on 3 levels (4.0 on average
 *      when measured), and 7 for 1,000,000,000. A key that is there costs one page more, or two.
 *   2. The merge into level k has run its course before the level above is full again: it keeps
 *      pace so as to be done when M * G^(k-1) * 3/4 more keys have come. It has little more than
 *      M * G^(k-1) + M * G^k entries to go through, so each key that comes costs about
 *      (G + 1) * 4/3 entries a level at the worst, and half of that on average: N keys need
 *      O(N log N), in even steps.
 *   3. Only the merge into level 1 can hold up anything (memory, if its budget is too small). A
 *      late merge below makes runs larger than planned, never more of them.
 *   4. A merge that has ended changes nothing that look-ups see before key_levels_committed.
 *
 * Must never: free a run, or the extents of one, that the last commit still has.
 */
#ifndef GUERDON_STORE_KEY_LEVELS_H
#define GUERDON_STORE_KEY_LEVELS_H

#include "store/key_merge.h"

#define KEY_LEVELS_MAXIMUM 12

struct key_level {
    struct key_run *live;
    struct key_run *leaving;
    struct key_merge *merge; /* into this level, of the live run and what leaves above */
};

struct key_levels {
    struct key_disk *disk;
    struct key_level levels[KEY_LEVELS_MAXIMUM + 1]; /* from 1 on */
    uint64_t memory_keys;                            /* M */
    uint64_t growth;                                 /* G */
};

/* What memory says of itself when the levels go on. */
struct key_pressure {
    const struct key_memory *frozen; /* NULL: there is none */
    uint64_t keys;                   /* in memory */
    uint32_t part;                   /* how full the other table is, and */
    uint32_t whole;                  /* when the merge into level 1 must be over */
};

/* Reads everything from disk, forgetting what was there. On failure it is empty. */
MUST_CHECK enum status key_levels_load(struct key_levels *levels);
void key_levels_release(struct key_levels *levels);
size_t key_levels_bytes(const struct key_levels *levels);
uint64_t key_levels_entries(const struct key_levels *levels);
uint32_t key_levels_runs(const struct key_levels *levels);
/* The lowest level that has a run, or 0. */
uint32_t key_levels_depth(const struct key_levels *levels);

MUST_CHECK enum status key_levels_find(struct key_levels *levels, uint64_t fingerprint,
                                       struct key_found *found);
/* Starts the merges that are due and goes on with all, at the pace of invariant 2. *has_ended: the
 * frozen table is in the new run of level 1. */
MUST_CHECK enum status key_levels_work(struct key_levels *levels,
                                       const struct key_pressure *pressure, uint32_t *budget_pages,
                                       bool *has_ended);
/* What ended becomes what look-ups see. */
void key_levels_committed(struct key_levels *levels);

#endif
