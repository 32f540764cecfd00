/* Key disk: the tables of the index of keys, in a connection that somebody else owns.
 *
 * Must never: begin, commit or roll back, or keep a statement open over a call of the index. What
 * it writes is part of the caller's transaction.
 *
 *   key_page     rows of KEY_PAGE_BYTES, numbered from 0 without a gap. A row is appended once, as
 *                zeros, and from then on overwritten in place: nothing is deleted, nothing moves,
 *                no neighbour is touched, one row is one database page.
 *
 *                extent 0              extent 1              extent 2
 *                | 0 | 1 | ... | 31 |  | 32 | ...     | 63 |  | 64 | ...
 *                   run 7, entries        run 9, filters         free
 *
 *   key_extent   whose each 32 rows are: the n-th of a run's entries or filters. An extent that
 *                names no run of key_run or key_merge is free: so a run goes by deleting one row,
 *                and an unfinished one that was forgotten has nothing to be tidied up.
 *   key_run      the runs that look-ups read
 *   key_merge    how far the merges between levels on disk have come (see key_merge.h)
 *   key_stamp    one row: every key up to that position is in the runs
 *
 * Invariants
 *   1. A row of a run in key_run is not written while look-ups may read the run: an extent is free
 *      only after the commit that ended its run.
 *   2. Numbers of runs ascend and are not given again while any row names them.
 */
#ifndef GUERDON_STORE_KEY_DISK_H
#define GUERDON_STORE_KEY_DISK_H

#include <sqlite3.h>

#include "store/key_page_cache.h"

#define KEY_EXTENT_PAGES 32
#define KEY_COLUMNS_MAXIMUM 13

/* Every statement there is. */
#define KEY_STATEMENTS(X)                                                                          \
    X(READ_PAGE, "SELECT bytes FROM key_page WHERE id = ?1")                                       \
    X(WRITE_PAGE, "UPDATE key_page SET bytes = ?2 WHERE id = ?1")                                  \
    X(APPEND_PAGE, "INSERT INTO key_page (id, bytes) VALUES (?1, zeroblob(?2))")                   \
    X(COUNT_PAGES, "SELECT coalesce(max(id), -1) + 1 FROM key_page")                               \
    X(READ_EXTENTS, "SELECT extent, run, part, ordinal FROM key_extent ORDER BY extent")           \
    X(SET_EXTENT, "INSERT OR REPLACE INTO key_extent VALUES (?1, ?2, ?3, ?4)")                     \
    X(READ_RUNS, "SELECT run, level, is_leaving, entries, pages, filters FROM key_run")            \
    X(SET_RUN, "INSERT OR REPLACE INTO key_run VALUES (?1, ?2, ?3, ?4, ?5, ?6)")                   \
    X(DELETE_RUN, "DELETE FROM key_run WHERE run = ?1")                                            \
    X(READ_MERGES, "SELECT * FROM key_merge")                                                      \
    X(SET_MERGE, "INSERT OR REPLACE INTO key_merge VALUES "                                        \
                 "(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)")                       \
    X(DELETE_MERGE, "DELETE FROM key_merge WHERE level = ?1")                                      \
    X(READ_STAMP, "SELECT position FROM key_stamp")                                                \
    X(HOLD, "SELECT 1 FROM key_stamp")                                                             \
    X(SET_STAMP, "INSERT OR REPLACE INTO key_stamp VALUES (1, ?1)")

enum key_statement {
#define X(name, text) KEY_##name,
    KEY_STATEMENTS(X)
#undef X
        KEY_STATEMENT_COUNT
};

struct key_disk {
    sqlite3 *connection;
    sqlite3_stmt *statements[KEY_STATEMENT_COUNT];
    uint64_t rows; /* of key_page */
    struct key_page_cache filters;
    uint32_t *free_extents;
    uint32_t free_count;
    uint32_t free_capacity; /* at least as many as there are extents */
    uint32_t next_run;
    uint64_t pages_read; /* since it was opened; not from the cache */
    uint64_t pages_written;
};

/* Creates the tables that are missing. Fails clean: nothing to close. */
MUST_CHECK enum status key_disk_open(struct key_disk *disk, sqlite3 *connection);
void key_disk_close(struct key_disk *disk);

/* Runs a statement that answers no rows, with integers for its parameters. */
MUST_CHECK enum status key_disk_change(struct key_disk *disk, enum key_statement statement,
                                       int count, const int64_t *values);
/* Hands over every row of a statement that answers `columns` integers, none of them negative. */
MUST_CHECK enum status key_disk_each(struct key_disk *disk, enum key_statement statement,
                                     int columns,
                                     enum status (*visit)(void *context, const int64_t *values),
                                     void *context);

/* Outside a transaction SQLite locks and unlocks the file for every page, which costs as much as
 * the page: from here to key_disk_let_go, which must follow a success, it does so once. */
MUST_CHECK enum status key_disk_hold(struct key_disk *disk);
void key_disk_let_go(struct key_disk *disk);
/* The bytes of a row, good until key_disk_read_end, which must follow a success. */
MUST_CHECK enum status key_disk_read(struct key_disk *disk, uint64_t row, const uint8_t **page);
void key_disk_read_end(struct key_disk *disk);
MUST_CHECK enum status key_disk_write(struct key_disk *disk, uint64_t row,
                                      const uint8_t page[KEY_PAGE_BYTES]);

/* Forgets which extents are free and counts the rows again; what follows says whose each is. */
MUST_CHECK enum status key_disk_recount(struct key_disk *disk);
uint32_t key_disk_extent_count(const struct key_disk *disk);
/* An extent for a part of a run: a free one, or a new one appended for one page of the budget a
 * row. *is_taken false: the budget ended first, what was appended stays for the next time. */
MUST_CHECK enum status key_disk_take(struct key_disk *disk, uint32_t run, enum key_part part,
                                     uint32_t ordinal, uint32_t *budget_pages, uint32_t *extent,
                                     bool *is_taken);
/* The extent may be written again: no run on disk has it any more. */
void key_disk_give_back(struct key_disk *disk, uint32_t extent);

#endif
