/* SQLite, backup: a copy of the whole store in another file while writing goes on.
 *
 * It is taken in pieces, each in a snapshot of its own, because one that is held for all of it
 * would keep the log from being moved into the file. Pieces taken at different times fit together
 * for the same reason that a start after a crash works:
 *
 *   1. how far states are flushed is copied first: every row copied later holds at least those
 * records
 *   2. states; a member's balances and levels in the same piece as the member
 *   3. records and postings, which never change, piece by piece until little is left
 *   4. in one last snapshot the rest of them, all documents, and the index of keys
 *
 * Opening the copy replays the journal from 1 on and skips what a row holds already. Documents are
 * as of the last record of the copy. Who is erased later is in it still; `guerdon restore` erases
 * them again.
 *
 * The copy appears under its name when it is whole and on disk.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/sqlite.h"
#include "store/sqlite_reader.h"

#define ROWS_A_PIECE 5000

struct backup {
    struct connection copy; /* with the store attached as `source` */
    struct buffer *message;
    struct buffer last; /* id of the last row copied */
};

static enum status run_with(struct backup *backup, const char *text, const struct text *after,
                            enum entity_kind kind)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(backup->copy.database, text, -1, &statement, NULL);
    if (code != SQLITE_OK) return status_of_sqlite(code);
    if (after != NULL) bind_id(statement, 1, kind, *after);
    code = sqlite3_step(statement);
    if (code == SQLITE_ROW) {
        /* The only question that is asked: the last id. */
        buffer_clear(&backup->last);
        struct text id = column_view(statement, 0);
        enum status status = id.length == 0 ? STATUS_OK : buffer_add(&backup->last, id);
        sqlite3_finalize(statement);
        return status;
    }
    return status_of_sqlite(sqlite3_finalize(statement));
}

/* Rows of members take their balances and levels along. */
static enum status copy_beside(struct backup *backup, struct text after)
{
    static const char *const texts[] = {
        "INSERT INTO balances SELECT b.* FROM source.balances b WHERE b.member > ?1 AND b.member "
        "<= (SELECT max(id) FROM members)",
        "INSERT INTO tiers SELECT t.* FROM source.tiers t WHERE t.member > ?1 AND t.member <= "
        "(SELECT max(id) FROM members)",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        TRY(run_with(backup, texts[i], &after, ENTITY_MEMBER));
    return STATUS_OK;
}

static enum status copy_piece(struct backup *backup, enum entity_kind kind, struct text after,
                              bool *is_done)
{
    char text[200];
    snprintf(text, sizeof text,
             "INSERT INTO %s SELECT * FROM source.%s WHERE id > ?1 ORDER BY id LIMIT %d",
             state_tables[kind], state_tables[kind], ROWS_A_PIECE);
    TRY(run_with(backup, text, &after, kind));
    *is_done = sqlite3_changes(backup->copy.database) < ROWS_A_PIECE;
    return kind == ENTITY_MEMBER ? copy_beside(backup, after) : STATUS_OK;
}

static enum status copy_states(struct backup *backup, enum entity_kind kind)
{
    char text[100];
    struct buffer after;
    bool is_done = false;
    enum status status = STATUS_OK;
    buffer_init(&after, 1u << 16);
    snprintf(text, sizeof text, "SELECT max(id) FROM %s", state_tables[kind]);
    while (status == STATUS_OK && !is_done) {
        status = connection_execute(&backup->copy, "BEGIN");
        if (status == STATUS_OK) status = copy_piece(backup, kind, buffer_text(&after), &is_done);
        if (status == STATUS_OK) status = connection_execute(&backup->copy, "COMMIT");
        if (status == STATUS_OK && !is_done) status = run_with(backup, text, NULL, kind);
        buffer_clear(&after);
        if (status == STATUS_OK && backup->last.length > 0)
            status = buffer_add(&after, buffer_text(&backup->last));
    }
    buffer_release(&after);
    return status;
}

#define COPY_JOURNAL(table, column, limit)                                                         \
    "INSERT INTO " table " SELECT * FROM source." table " WHERE " column " > "                     \
    "(SELECT coalesce(max(" column "), 0) FROM " table ") ORDER BY " column limit

static enum status copy_journal(struct backup *backup)
{
    for (bool is_done = false; !is_done;) {
        TRY(connection_execute(&backup->copy, COPY_JOURNAL("events", "position", " LIMIT 5000")));
        is_done = sqlite3_changes(backup->copy.database) < ROWS_A_PIECE;
    }
    for (bool is_done = false; !is_done;) {
        TRY(connection_execute(&backup->copy, COPY_JOURNAL("postings", "posting", " LIMIT 5000")));
        is_done = sqlite3_changes(backup->copy.database) < ROWS_A_PIECE;
    }
    return STATUS_OK;
}

static const char *const key_tables[] = {"key_page", "key_extent", "key_run", "key_merge",
                                         "key_stamp"};

static enum status copy_whole_table(struct backup *backup, const char *table, const char *columns)
{
    char text[200];
    snprintf(text, sizeof text, "DELETE FROM %s", table);
    TRY(connection_execute(&backup->copy, text));
    snprintf(text, sizeof text, "INSERT INTO %s SELECT %s FROM source.%s", table, columns, table);
    return connection_execute(&backup->copy, text);
}

static enum status copy_rest(struct backup *backup)
{
    TRY(connection_execute(&backup->copy, COPY_JOURNAL("events", "position", "")));
    TRY(connection_execute(&backup->copy, COPY_JOURNAL("postings", "posting", "")));
    for (int kind = 0; kind < DOCUMENT_KIND_COUNT; kind++) {
        char text[200];
        snprintf(text, sizeof text, "INSERT INTO %s (id, value) SELECT id, value FROM source.%s",
                 document_tables[kind], document_tables[kind]);
        TRY(connection_execute(&backup->copy, text));
    }
    for (size_t i = 0; i < sizeof key_tables / sizeof *key_tables; i++)
        TRY(copy_whole_table(backup, key_tables[i], "*"));
    return STATUS_OK;
}

static enum status copy_all(struct backup *backup)
{
    TRY(connection_execute(&backup->copy,
                           "UPDATE flushed SET position = (SELECT position FROM source.flushed)"));
    for (int kind = 0; kind < ENTITY_KIND_COUNT; kind++) {
        if (state_tables[kind] != NULL) TRY(copy_states(backup, (enum entity_kind)kind));
    }
    TRY(copy_journal(backup));
    TRY(connection_execute(&backup->copy, "BEGIN"));
    TRY(copy_rest(backup));
    return connection_execute(&backup->copy, "COMMIT");
}

/* An empty store with the other one attached. */
static enum status prepare_copy(struct backup *backup, const char *source, const char *path)
{
    struct key_index *keys = NULL;
    sqlite3_stmt *statement = NULL;
    TRY(connection_open(&backup->copy, path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                        backup->message));
    TRY(schema_migrate(&backup->copy, backup->message));
    TRY(key_index_open(backup->copy.database, NULL, &keys));
    key_index_close(keys);
    /* Nobody reads it before it is whole: no journal, and one sync at the end. */
    TRY(connection_execute(&backup->copy, "PRAGMA journal_mode = DELETE"));
    TRY(connection_execute(&backup->copy, "PRAGMA journal_mode = OFF"));
    TRY(connection_execute(&backup->copy, "PRAGMA synchronous = OFF"));
    TRY(connection_execute(&backup->copy, "PRAGMA cache_spill = ON"));
    TRY(status_of_sqlite(
        sqlite3_prepare_v2(backup->copy.database, "ATTACH ?1 AS source", -1, &statement, NULL)));
    bind_view(statement, 1, text_of(source));
    int code = sqlite3_step(statement);
    sqlite3_finalize(statement);
    return status_of_sqlite(code);
}

static enum status sync_path(const char *path, int flags)
{
    int file = open(path, flags | O_CLOEXEC);
    if (file < 0) return STATUS_IO;
    bool is_synced = fsync(file) == 0;
    return close(file) == 0 && is_synced ? STATUS_OK : STATUS_IO;
}

/* Gives the finished copy its name, for ever. */
static enum status publish(const char *part, const char *path)
{
    TRY(sync_path(part, O_RDONLY));
    /* Never over a file that is there. */
    if (link(part, path) != 0) return STATUS_IO;
    if (unlink(part) != 0) return STATUS_IO;
    char *copy = strdup(path);
    if (copy == NULL) return STATUS_NO_MEMORY;
    enum status status = sync_path(dirname(copy), O_RDONLY | O_DIRECTORY);
    free(copy);
    return status;
}

static enum status run_backup(const char *source, const char *part, const char *path,
                              struct buffer *message)
{
    struct backup backup = {.message = message};
    buffer_init(&backup.last, 1u << 16);
    enum status status = prepare_copy(&backup, source, part);
    if (status == STATUS_OK) status = copy_all(&backup);
    if (status != STATUS_OK && backup.copy.database != NULL) {
        tell(message, "The backup stopped: %s.", sqlite3_errmsg(backup.copy.database));
    }
    if (backup.copy.database != NULL) connection_end(&backup.copy);
    buffer_release(&backup.last);
    TRY(status);
    status = publish(part, path);
    if (status != STATUS_OK) tell(message, "The backup cannot be put at %s.", path);
    return status;
}

enum status sqlite_store_backup(struct store *reader, const char *path, struct buffer *message)
{
    if (!is_sqlite_reader(reader)) return STATUS_INVALID;
    if (access(path, F_OK) == 0) {
        tell(message, "%s is there already: choose another name for the backup.", path);
        return STATUS_INVALID;
    }
    struct buffer part;
    buffer_init(&part, 1u << 16);
    enum status status = buffer_add_format(&part, "%s.part", path);
    if (status == STATUS_OK) {
        /* What an interrupted backup left. */
        if (unlink(part.bytes) != 0 && errno != ENOENT) status = STATUS_IO;
        if (status == STATUS_OK)
            status = run_backup(((struct sqlite_reader *)reader)->path, part.bytes, path, message);
        if (status != STATUS_OK) unlink(part.bytes);
    }
    buffer_release(&part);
    return status;
}
