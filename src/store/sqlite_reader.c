/* SQLite, a reader: a handle with a connection of its own, for one other thread, or for another
 * process while somebody else writes.
 *
 * It sees what is committed: records and documents all, states as far as they are written behind.
 * An idempotency key and a look-up of lines need what the writer has in memory: they are refused.
 */
#include <stdlib.h>

#include "store/sqlite.h"
#include "store/sqlite_reader.h"

#define READ_BYTES_MAXIMUM ((size_t)1 << 30)

static struct sqlite_reader *reader_of(struct store *store)
{
    return (struct sqlite_reader *)store;
}

struct loading {
    struct states *states;
    uint32_t index;
};

static enum status load_row(void *context, struct text id, const struct record_stamp *stamp,
                            struct text bytes)
{
    struct loading *loading = context;
    (void)id;
    (void)stamp;
    return states_load(loading->states, loading->index, bytes.bytes, bytes.length);
}

static enum status reader_load(struct store *store, struct states *states, uint32_t index)
{
    struct loading loading = {states, index};
    enum status status =
        read_state(&reader_of(store)->connection, &states->list[index].key, load_row, &loading);
    return status == STATUS_NOT_FOUND ? states_load(states, index, NULL, 0) : status;
}

static enum status reader_get(struct store *store, enum document_kind kind, struct text id,
                              struct arena *arena, struct text *value)
{
    return read_document(&reader_of(store)->connection, kind, id, arena, value);
}

static enum status reader_record(struct store *store, uint64_t position, struct record *record)
{
    struct sqlite_reader *reader = reader_of(store);
    arena_clear(&reader->arena);
    return read_record(&reader->connection, position, &reader->arena, &reader->bytes, record);
}

static enum status reader_each_record(struct store *store, uint64_t after, record_visit visit,
                                      void *context)
{
    return read_each_record(&reader_of(store)->connection, after, UINT64_MAX, visit, context);
}

struct state_list {
    enum entity_kind kind;
    state_visit visit;
    void *context;
};

static enum status show_state(void *context, struct text id, const struct record_stamp *stamp,
                              struct text bytes)
{
    const struct state_list *list = context;
    struct entity_key key = {.kind = list->kind, .id = id};
    (void)stamp;
    return bytes.bytes == NULL ? STATUS_OK : list->visit(list->context, &key, bytes);
}

static enum status reader_each_state(struct store *store, enum entity_kind kind, struct text after,
                                     state_visit visit, void *context)
{
    struct state_list list = {kind, visit, context};
    return read_each_row(&reader_of(store)->connection, kind, after, show_state, &list);
}

static enum status reader_each_document(struct store *store, enum document_kind kind,
                                        struct text after, document_visit visit, void *context)
{
    return read_each_document(&reader_of(store)->connection, kind, after, visit, context);
}

/* ---- who was touched last: the row's stamp, and what came after all rows were written ---- */

struct last_touch {
    const struct entity_key *key;
    uint64_t position;
};

static enum status note_stamp(void *context, struct text id, const struct record_stamp *stamp,
                              struct text bytes)
{
    (void)id;
    (void)bytes;
    ((struct last_touch *)context)->position = stamp->position;
    return STATUS_OK;
}

static enum status note_link(void *context, const struct record *record)
{
    struct last_touch *last = context;
    if (record_link_of(record, last->key) != NULL) last->position = record->position;
    return STATUS_OK;
}

static enum status flushed_position(struct connection *connection, uint64_t *position)
{
    sqlite3_stmt *statement = connection->statements[STATEMENT_READ_FLUSHED];
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW) *position = (uint64_t)sqlite3_column_int64(statement, 0);
    sqlite3_reset(statement);
    return code == SQLITE_DONE ? STATUS_CORRUPT : status_of_sqlite(code);
}

static enum status reader_last_touched(struct store *store, const struct entity_key *key,
                                       uint64_t *position)
{
    struct connection *connection = &reader_of(store)->connection;
    struct last_touch last = {.key = key};
    uint64_t flushed = 0;
    /* First how far rows are written, then the row: it can only be newer than that. */
    TRY(flushed_position(connection, &flushed));
    enum status status = read_state(connection, key, note_stamp, &last);
    if (status != STATUS_NOT_FOUND) TRY(status);
    uint64_t after = last.position > flushed ? last.position : flushed;
    TRY(read_each_record(connection, after, UINT64_MAX, note_link, &last));
    if (last.position == 0) return STATUS_NOT_FOUND;
    *position = last.position;
    return STATUS_OK;
}

static void reader_figures(struct store *store, struct store_figures *figures)
{
    struct connection *connection = &reader_of(store)->connection;
    int64_t last = 0;
    *figures = (struct store_figures){.last_position = 0};
    if (connection_number(connection, "SELECT coalesce(max(position), 0) FROM events", &last) ==
        STATUS_OK)
        figures->last_position = (uint64_t)last;
    if (flushed_position(connection, &figures->flushed_position) != STATUS_OK)
        figures->flushed_position = 0;
}

static void reader_close(struct store *store)
{
    struct sqlite_reader *reader = reader_of(store);
    if (reader->connection.database != NULL) connection_end(&reader->connection);
    arena_release(&reader->arena);
    buffer_release(&reader->bytes);
    free(reader->path);
    free(reader);
}

static const struct store_methods reader_methods = {
    .load = reader_load,
    .get = reader_get,
    .record = reader_record,
    .each_record = reader_each_record,
    .each_state = reader_each_state,
    .each_document = reader_each_document,
    .last_touched = reader_last_touched,
    .figures = reader_figures,
    .close = reader_close,
};

bool is_sqlite_reader(const struct store *store)
{
    return store->methods == &reader_methods;
}

enum status sqlite_reader_open(const char *path, struct buffer *message, struct store **reader)
{
    struct sqlite_reader *opened = calloc(1, sizeof *opened);
    if (opened == NULL) return STATUS_NO_MEMORY;
    opened->store.methods = &reader_methods;
    arena_init(&opened->arena, READ_BYTES_MAXIMUM);
    buffer_init(&opened->bytes, READ_BYTES_MAXIMUM);
    opened->path = strdup(path);
    enum status status = opened->path == NULL ? STATUS_NO_MEMORY : STATUS_OK;
    if (status == STATUS_OK)
        status = connection_open(&opened->connection, path, SQLITE_OPEN_READONLY, message);
    if (status == STATUS_OK) status = schema_migrate(&opened->connection, message);
    if (status == STATUS_OK) status = connection_prepare(&opened->connection);
    if (status != STATUS_OK) {
        reader_close(&opened->store);
        return status;
    }
    *reader = &opened->store;
    return STATUS_OK;
}

enum status sqlite_open_reader(struct store *store, struct store **reader)
{
    return sqlite_reader_open(sqlite_of(store)->path, NULL, reader);
}
