/* Key index: which record a key was used in, for ever, in bounded memory.
 *
 * It maps a 64-bit fingerprint, a keyed hash of the key, to the positions of the records that may
 * carry it. Different keys can have equal fingerprints: the caller compares the whole hash in the
 * record, and takes a position without a record for a mismatch.
 *
 *   key_index_add --> table in memory --> frozen table --> runs on disk, in levels
 *                     (open addressing)   (when full)      (key_levels.h, key_page.h)
 *
 * Keys are committed with their records in the journal; the index follows behind, inside the same
 * transactions. What it has not written yet is in memory and, after a start, is added again from
 * the journal's tail, from the first record after key_index_stamp on.
 *
 *   begin
 *     records appended; key_index_add for each key
 *     key_index_write_behind(upto the last record, budget)
 *   commit    succeeded: key_index_committed
 *             failed:    key_index_rolled_back, and key_index_forget_from the first lost record
 *
 * With a savepoint around key_index_write_behind its failure need not be the batch's, unless SQLite
 * has rolled back everything by itself (then sqlite3_get_autocommit says so): after ROLLBACK TO and
 * key_index_rolled_back the keys are still in memory, and the batch goes on.
 * Look-ups need no transaction, but several are faster in one: SQLite locks the file once then.
 *
 * The index begins, commits and rolls back nothing; the connection is its caller's and outlives it.
 * One thread at a time.
 *
 * Invariants
 *   1. key_index_find answers every key that was added and not forgotten, at any moment: nothing
 *      leaves memory, and no run takes another's place, before key_index_committed.
 *   2. Every key with a position up to the stamp is in the runs; the stamp is saved in the
 *      transaction that makes it true.
 *   3. Memory is two tables of 30 bytes a key, 16 MB as usual, and 4 MB of filter pages, 4 bytes
 *      for each 12,000 keys on disk, and 50 KB for each merge.
 *   4. One call of key_index_write_behind does at most `budget_pages` pages of work. With the
 *      budget of key_index_budget memory never fills up.
 */
#ifndef GUERDON_STORE_KEY_INDEX_H
#define GUERDON_STORE_KEY_INDEX_H

#include <sqlite3.h>

#include "base/base.h"

struct key_index;

/* 0 in any of them: the usual. */
struct key_index_options {
    uint32_t memory_keys;    /* when a table is full, a quarter before it must be; 262,144 */
    uint32_t growth;         /* a level holds so many times the one above it; 8, at least 4 */
    uint64_t tail_positions; /* how far the stamp may lie behind; 1,000,000 */
};

struct key_index_figures {
    uint64_t keys_in_memory;
    uint64_t keys_on_disk;
    uint64_t memory_bytes;
    uint64_t pages_read; /* since it was opened, by look-ups and merges */
    uint64_t pages_written;
    uint32_t runs;
    uint32_t levels;
};

/* Creates the tables key_* that are missing and reads what is there; `options` may be NULL. In a
 * transaction of the caller's, or outside. */
MUST_CHECK enum status key_index_open(sqlite3 *connection, const struct key_index_options *options,
                                      struct key_index **index);
void key_index_close(struct key_index *index);

/* Positions are from 1 to 2^48 - 1 and do not descend, except that what is in the index already may
 * be added again. STATUS_LIMIT, and nothing is added: memory is full; write behind, commit, repeat.
 */
MUST_CHECK enum status key_index_add(struct key_index *index, uint64_t fingerprint,
                                     uint64_t position);
/* Drops from memory what is at or above a position whose records were not committed. */
void key_index_forget_from(struct key_index *index, uint64_t position);
/* The candidates, newest (highest position) first. STATUS_LIMIT: there are more than `maximum`. */
MUST_CHECK enum status key_index_find(struct key_index *index, uint64_t fingerprint,
                                      uint64_t *positions, uint32_t maximum, uint32_t *count);

/* In the caller's transaction, which holds or follows every record up to `upto_position`; their
 * keys were added. With `flushes` the frozen table is written as fast as the budget allows, and the
 * other one is frozen next, until key_index_figures says that memory is empty: before a stop.
 * Unless it succeeds what it wrote must be rolled back. */
MUST_CHECK enum status key_index_write_behind(struct key_index *index, uint64_t upto_position,
                                              uint32_t budget_pages, bool flushes);
void key_index_committed(struct key_index *index);
/* Reads the runs again as the last commit left them. If that fails look-ups and writing behind
 * answer its status until key_index_rolled_back succeeds; adding and forgetting go on. */
MUST_CHECK enum status key_index_rolled_back(struct key_index *index);

/* Enough pages for a commit that adds so many keys, which should be at most an eighth of
 * memory_keys: mostly a tenth of it will be used. */
uint32_t key_index_budget(const struct key_index *index, uint32_t keys);
/* Every key up to here is in the runs of the last commit. */
uint64_t key_index_stamp(const struct key_index *index);
struct key_index_figures key_index_figures(const struct key_index *index);

#endif
