/* Key disk: statements, rows and extents. See key_disk.h. */
#include "store/key_disk.h"

#include <stdlib.h>

static const char *const statement_texts[KEY_STATEMENT_COUNT] = {
#define X(name, text) [KEY_##name] = (text),
    KEY_STATEMENTS(X)
#undef X
};

static const char tables[] =
    "CREATE TABLE IF NOT EXISTS key_page ("
    " id INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;"
    "CREATE TABLE IF NOT EXISTS key_extent ("
    " extent INTEGER PRIMARY KEY, run INTEGER NOT NULL, part INTEGER NOT NULL,"
    " ordinal INTEGER NOT NULL) STRICT;"
    "CREATE TABLE IF NOT EXISTS key_run ("
    " run INTEGER PRIMARY KEY, level INTEGER NOT NULL, is_leaving INTEGER NOT NULL,"
    " entries INTEGER NOT NULL, pages INTEGER NOT NULL, filters INTEGER NOT NULL) STRICT;"
    "CREATE TABLE IF NOT EXISTS key_merge ("
    " level INTEGER PRIMARY KEY, run INTEGER NOT NULL, entries INTEGER NOT NULL,"
    " pages INTEGER NOT NULL, filters INTEGER NOT NULL, filters_in_all INTEGER NOT NULL,"
    " filter_first_page INTEGER NOT NULL, done INTEGER NOT NULL, below_at_start INTEGER NOT NULL,"
    " upper_page INTEGER NOT NULL, upper_entry INTEGER NOT NULL,"
    " lower_page INTEGER NOT NULL, lower_entry INTEGER NOT NULL) STRICT;"
    "CREATE TABLE IF NOT EXISTS key_stamp ("
    " id INTEGER PRIMARY KEY CHECK (id = 1), position INTEGER NOT NULL) STRICT;";

static enum status status_of(int code)
{
    switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return STATUS_OK;
    case SQLITE_NOMEM:
        return STATUS_NO_MEMORY;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_MISMATCH:
    case SQLITE_CONSTRAINT:
        return STATUS_CORRUPT;
    case SQLITE_INTERRUPT:
        return STATUS_INTERRUPTED;
    default:
        return STATUS_IO;
    }
}

enum status key_disk_open(struct key_disk *disk, sqlite3 *connection)
{
    *disk = (struct key_disk){.connection = connection, .next_run = 1};
    TRY(key_page_cache_init(&disk->filters));
    int code = sqlite3_exec(connection, tables, NULL, NULL, NULL);
    for (size_t i = 0; code == SQLITE_OK && i < KEY_STATEMENT_COUNT; i++) {
        code = sqlite3_prepare_v3(connection, statement_texts[i], -1, SQLITE_PREPARE_PERSISTENT,
                                  &disk->statements[i], NULL);
    }
    if (code == SQLITE_OK) return STATUS_OK;
    key_disk_close(disk);
    return status_of(code);
}

void key_disk_close(struct key_disk *disk)
{
    for (size_t i = 0; i < KEY_STATEMENT_COUNT; i++) {
        (void)sqlite3_finalize(disk->statements[i]);
        disk->statements[i] = NULL;
    }
    key_page_cache_release(&disk->filters);
    free(disk->free_extents);
    disk->free_extents = NULL;
}

static enum status finish(sqlite3_stmt *statement, int code)
{
    int reset_code = sqlite3_reset(statement);
    if (code == SQLITE_DONE) return status_of(reset_code);
    /* A row where none is expected contradicts the schema. */
    return code == SQLITE_ROW ? STATUS_CORRUPT : status_of(code);
}

static int bind_integers(sqlite3_stmt *statement, int count, const int64_t *values)
{
    int code = SQLITE_OK;
    for (int i = 0; code == SQLITE_OK && i < count; i++)
        code = sqlite3_bind_int64(statement, i + 1, values[i]);
    return code;
}

enum status key_disk_change(struct key_disk *disk, enum key_statement statement, int count,
                            const int64_t *values)
{
    sqlite3_stmt *prepared = disk->statements[statement];
    int code = bind_integers(prepared, count, values);
    if (code == SQLITE_OK) code = sqlite3_step(prepared);
    return finish(prepared, code);
}

enum status key_disk_each(struct key_disk *disk, enum key_statement statement, int columns,
                          enum status (*visit)(void *context, const int64_t *values), void *context)
{
    ASSERT(columns <= KEY_COLUMNS_MAXIMUM);
    sqlite3_stmt *prepared = disk->statements[statement];
    int64_t values[KEY_COLUMNS_MAXIMUM] = {0};
    enum status status = STATUS_OK;
    int code = sqlite3_step(prepared);
    for (; status == STATUS_OK && code == SQLITE_ROW; code = sqlite3_step(prepared)) {
        for (int i = 0; i < columns; i++) {
            values[i] = sqlite3_column_int64(prepared, i);
            if (values[i] < 0) status = STATUS_CORRUPT;
        }
        if (status == STATUS_OK) status = visit(context, values);
        if (status != STATUS_OK) break;
    }
    if (status == STATUS_OK) return finish(prepared, code);
    (void)sqlite3_reset(prepared);
    return status;
}

enum status key_disk_hold(struct key_disk *disk)
{
    if (sqlite3_get_autocommit(disk->connection) == 0) return STATUS_OK;
    enum status status = status_of(sqlite3_step(disk->statements[KEY_HOLD]));
    if (status != STATUS_OK) key_disk_let_go(disk);
    return status;
}

void key_disk_let_go(struct key_disk *disk)
{
    (void)sqlite3_reset(disk->statements[KEY_HOLD]);
}

enum status key_disk_read(struct key_disk *disk, uint64_t row, const uint8_t **page)
{
    sqlite3_stmt *prepared = disk->statements[KEY_READ_PAGE];
    int code = sqlite3_bind_int64(prepared, 1, (int64_t)row);
    if (code == SQLITE_OK) code = sqlite3_step(prepared);
    enum status status = status_of(code);
    const void *bytes = NULL;
    if (code == SQLITE_ROW) {
        bytes = sqlite3_column_blob(prepared, 0);
        if (bytes == NULL || sqlite3_column_bytes(prepared, 0) != KEY_PAGE_BYTES) {
            int failure = sqlite3_errcode(disk->connection);
            status = failure == SQLITE_NOMEM ? STATUS_NO_MEMORY : STATUS_CORRUPT;
        }
    } else if (code == SQLITE_DONE) {
        status = STATUS_CORRUPT;
    }
    if (status != STATUS_OK) {
        (void)sqlite3_reset(prepared);
        return status;
    }
    disk->pages_read++;
    *page = bytes;
    return STATUS_OK;
}

void key_disk_read_end(struct key_disk *disk)
{
    (void)sqlite3_reset(disk->statements[KEY_READ_PAGE]);
}

enum status key_disk_write(struct key_disk *disk, uint64_t row, const uint8_t page[KEY_PAGE_BYTES])
{
    sqlite3_stmt *prepared = disk->statements[KEY_WRITE_PAGE];
    int code = sqlite3_bind_int64(prepared, 1, (int64_t)row);
    if (code == SQLITE_OK)
        code = sqlite3_bind_blob(prepared, 2, page, KEY_PAGE_BYTES, SQLITE_STATIC);
    if (code == SQLITE_OK) code = sqlite3_step(prepared);
    enum status status = finish(prepared, code);
    (void)sqlite3_bind_null(prepared, 2);
    if (status != STATUS_OK) return status;
    disk->pages_written++;
    return sqlite3_changes(disk->connection) == 1 ? STATUS_OK : STATUS_CORRUPT;
}

/* ---- extents ---- */

static enum status reserve_extents(struct key_disk *disk, uint64_t count)
{
    if (count <= disk->free_capacity) return STATUS_OK;
    if (count > UINT32_MAX / 2) return STATUS_LIMIT;
    uint32_t capacity = (uint32_t)count + (uint32_t)count / 2 + 64;
    uint32_t *list = reallocarray(disk->free_extents, capacity, sizeof *list);
    if (list == NULL) return STATUS_NO_MEMORY;
    disk->free_extents = list;
    disk->free_capacity = capacity;
    return STATUS_OK;
}

static enum status take_row_count(void *context, const int64_t *values)
{
    ((struct key_disk *)context)->rows = (uint64_t)values[0];
    return STATUS_OK;
}

enum status key_disk_recount(struct key_disk *disk)
{
    disk->free_count = 0;
    key_page_cache_clear(&disk->filters);
    TRY(key_disk_each(disk, KEY_COUNT_PAGES, 1, take_row_count, disk));
    return reserve_extents(disk, disk->rows / KEY_EXTENT_PAGES);
}

uint32_t key_disk_extent_count(const struct key_disk *disk)
{
    return (uint32_t)(disk->rows / KEY_EXTENT_PAGES);
}

/* Appends the rows of one extent, as far as the budget allows. */
static enum status append_extent(struct key_disk *disk, uint32_t *budget_pages, bool *is_whole)
{
    TRY(reserve_extents(disk, disk->rows / KEY_EXTENT_PAGES + 1));
    *is_whole = false;
    while (!*is_whole && *budget_pages > 0) {
        TRY(key_disk_change(disk, KEY_APPEND_PAGE, 2,
                            (const int64_t[]){(int64_t)disk->rows, KEY_PAGE_BYTES}));
        disk->rows++;
        disk->pages_written++;
        --*budget_pages;
        *is_whole = disk->rows % KEY_EXTENT_PAGES == 0;
    }
    return STATUS_OK;
}

enum status key_disk_take(struct key_disk *disk, uint32_t run, enum key_part part, uint32_t ordinal,
                          uint32_t *budget_pages, uint32_t *extent, bool *is_taken)
{
    *is_taken = false;
    if (disk->free_count == 0) {
        bool is_whole = false;
        TRY(append_extent(disk, budget_pages, &is_whole));
        if (!is_whole) return STATUS_OK;
        key_disk_give_back(disk, key_disk_extent_count(disk) - 1);
    }
    uint32_t taken = disk->free_extents[disk->free_count - 1];
    TRY(key_disk_change(disk, KEY_SET_EXTENT, 4,
                        (const int64_t[]){taken, run, (int64_t)part, ordinal}));
    disk->free_count--;
    *extent = taken;
    *is_taken = true;
    return STATUS_OK;
}

void key_disk_give_back(struct key_disk *disk, uint32_t extent)
{
    ASSERT(disk->free_count < disk->free_capacity);
    disk->free_extents[disk->free_count++] = extent;
}
