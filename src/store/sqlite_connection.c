/* SQLite, one connection: opening it as the design asks for, its statements, and small helpers.
 *
 * Settings, and why:
 *   journal_mode WAL, synchronous FULL   a commit is one sync of the log; acknowledged is durable
 *   wal_autocheckpoint 0                 the checkpointer's thread does it, never a commit
 *   cache_spill OFF                      what is written is written by COMMIT alone, so that a
 *                                        failure before it has changed nothing
 *   secure_delete ON                     people, external_ids and replies hold personal data; what
 *                                        is deleted or overwritten leaves no copy in the file
 */
#include <stdio.h>
#include <string.h>

#include "store/sqlite.h"

#define X(name, table) [DOCUMENT_##name] = table,
const char *const document_tables[DOCUMENT_KIND_COUNT] = {DOCUMENT_KIND_LIST(X)};
#undef X

#define X(kind, table) [ENTITY_##kind] = #table,
const char *const state_tables[ENTITY_KIND_COUNT] = {STATE_TABLE_LIST(X)};
#undef X

static const char *const statement_texts[STATEMENT_COUNT] = {
#define X(name, text) [STATEMENT_##name] = text,
    READ_STATEMENT_LIST(X) WRITE_STATEMENT_LIST(X)
#undef X
};

void tell(struct buffer *message, const char *format, ...)
{
    if (message == NULL) return;
    va_list arguments;
    va_start(arguments, format);
    buffer_clear(message);
    /* A sentence that does not fit is none. */
    if (buffer_add_arguments(message, format, arguments) != STATUS_OK) buffer_clear(message);
    va_end(arguments);
}

enum status status_of_sqlite(int code)
{
    switch (code & 0xFF) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return STATUS_OK;
    case SQLITE_NOMEM:
        return STATUS_NO_MEMORY;
    case SQLITE_FULL:
        return STATUS_FULL;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return STATUS_CORRUPT;
    case SQLITE_TOOBIG:
        return STATUS_LIMIT;
    default:
        return STATUS_IO;
    }
}

enum status connection_execute(struct connection *connection, const char *sql)
{
    return status_of_sqlite(sqlite3_exec(connection->database, sql, NULL, NULL, NULL));
}

enum status connection_number(struct connection *connection, const char *sql, int64_t *number)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(connection->database, sql, -1, &statement, NULL);
    if (code == SQLITE_OK) code = sqlite3_step(statement);
    if (code == SQLITE_ROW) *number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return code == SQLITE_DONE ? STATUS_NOT_FOUND : status_of_sqlite(code);
}

void connection_roll_back(struct connection *connection)
{
    if (sqlite3_get_autocommit(connection->database) != 0) return;
    sqlite3_exec(connection->database, "ROLLBACK", NULL, NULL, NULL);
}

enum status connection_hold(struct connection *connection)
{
    if (sqlite3_get_autocommit(connection->database) == 0) return STATUS_OK;
    return statement_run(connection->statements[STATEMENT_HOLD]);
}

enum status connection_begin(struct connection *connection)
{
    connection_roll_back(connection);
    return statement_run(connection->statements[STATEMENT_BEGIN]);
}

enum status statement_run(sqlite3_stmt *statement)
{
    int code = sqlite3_step(statement);
    /* The reset says again what the step said. */
    sqlite3_reset(statement);
    return status_of_sqlite(code);
}

int bind_view(sqlite3_stmt *statement, int index, struct text text)
{
    return sqlite3_bind_text64(statement, index, text.bytes == NULL ? "" : text.bytes, text.length,
                               SQLITE_STATIC, SQLITE_UTF8);
}

int bind_bytes(sqlite3_stmt *statement, int index, struct text bytes)
{
    return sqlite3_bind_blob64(statement, index, bytes.bytes == NULL ? "" : bytes.bytes,
                               bytes.length, SQLITE_STATIC);
}

int bind_id(sqlite3_stmt *statement, int index, enum entity_kind kind, struct text id)
{
    bool is_bytes = kind == ENTITY_TALLY || kind == ENTITY_PAGE;
    return is_bytes ? bind_bytes(statement, index, id) : bind_view(statement, index, id);
}

struct text column_view(sqlite3_stmt *statement, int column)
{
    const void *bytes = sqlite3_column_blob(statement, column);
    return (struct text){bytes, (size_t)sqlite3_column_bytes(statement, column)};
}

static const char settings[] = "PRAGMA busy_timeout = 2000;"
                               "PRAGMA synchronous = FULL;"
                               "PRAGMA wal_autocheckpoint = 0;"
                               "PRAGMA cache_spill = OFF;"
                               "PRAGMA secure_delete = ON;"
                               "PRAGMA cache_size = -8192;"
                               "PRAGMA temp_store = MEMORY;"
                               "PRAGMA trusted_schema = OFF;";

enum status connection_open(struct connection *connection, const char *path, int flags,
                            struct buffer *message)
{
    *connection = (struct connection){.is_read_only = (flags & SQLITE_OPEN_READONLY) != 0};
    const char *vfs = connection->is_read_only ? NULL : log_vfs_name();
    int code = sqlite3_open_v2(path, &connection->database, flags | SQLITE_OPEN_NOMUTEX, vfs);
    if (code == SQLITE_OK) {
        sqlite3_extended_result_codes(connection->database, 1);
        code = sqlite3_exec(connection->database, settings, NULL, NULL, NULL);
    }
    if (code == SQLITE_OK) return STATUS_OK;
    tell(message, "%s cannot be opened: %s.", path,
         connection->database == NULL ? "out of memory" : sqlite3_errmsg(connection->database));
    connection_end(connection);
    return status_of_sqlite(code);
}

static enum status prepare(struct connection *connection, const char *text,
                           sqlite3_stmt **statement)
{
    return status_of_sqlite(sqlite3_prepare_v3(connection->database, text, -1,
                                               SQLITE_PREPARE_PERSISTENT, statement, NULL));
}

static enum status prepare_documents(struct connection *connection, enum document_kind kind)
{
    char text[200];
    snprintf(text, sizeof text, "SELECT value FROM %s WHERE id = ?1", document_tables[kind]);
    TRY(prepare(connection, text, &connection->get_document[kind]));
    if (connection->is_read_only) return STATUS_OK;
    snprintf(text, sizeof text,
             "INSERT INTO %s (id, value) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET value = ?2",
             document_tables[kind]);
    TRY(prepare(connection, text, &connection->put_document[kind]));
    snprintf(text, sizeof text, "DELETE FROM %s WHERE id = ?1", document_tables[kind]);
    return prepare(connection, text, &connection->drop_document[kind]);
}

enum status connection_prepare(struct connection *connection)
{
    size_t count = connection->is_read_only ? STATEMENT_READ_COUNT : STATEMENT_COUNT;
    for (size_t i = 0; i < count; i++)
        TRY(prepare(connection, statement_texts[i], &connection->statements[i]));
    for (int kind = 0; kind < DOCUMENT_KIND_COUNT; kind++)
        TRY(prepare_documents(connection, (enum document_kind)kind));
    return STATUS_OK;
}

void connection_end(struct connection *connection)
{
    for (size_t i = 0; i < STATEMENT_COUNT; i++)
        sqlite3_finalize(connection->statements[i]);
    for (size_t kind = 0; kind < DOCUMENT_KIND_COUNT; kind++) {
        sqlite3_finalize(connection->get_document[kind]);
        sqlite3_finalize(connection->put_document[kind]);
        sqlite3_finalize(connection->drop_document[kind]);
    }
    int code = sqlite3_close(connection->database);
    ASSERT(code == SQLITE_OK);
    *connection = (struct connection){.database = NULL};
}
