/* SQLite, reading: records, states and documents, for the one that writes and for readers.
 *
 * Long lists are read in pieces, each in a snapshot of its own: a snapshot that is held keeps the
 * log from being moved into the file. Records never change, so pieces of them fit together; of
 * states and documents a list shows each as it was when its piece was read.
 */
#include <stdio.h>
#include <stdlib.h>

#include "store/sqlite.h"

#define RECORDS_A_PIECE 2000
#define ROWS_A_PIECE 500
#define PIECE_BYTES_MAXIMUM ((size_t)1 << 30)

static enum status add_view(struct buffer *buffer, struct text view)
{
    return view.length == 0 ? STATUS_OK : buffer_add(buffer, view);
}

enum status read_record(struct connection *connection, uint64_t position, struct arena *arena,
                        struct buffer *bytes, struct record *record)
{
    if (position > INT64_MAX) return STATUS_NOT_FOUND;
    sqlite3_stmt *statement = connection->statements[STATEMENT_READ_RECORD];
    sqlite3_bind_int64(statement, 1, (int64_t)position);
    int code = sqlite3_step(statement);
    enum status status = code == SQLITE_DONE ? STATUS_NOT_FOUND : status_of_sqlite(code);
    buffer_clear(bytes);
    if (status == STATUS_OK) status = add_view(bytes, column_view(statement, 0));
    sqlite3_reset(statement);
    TRY(status);
    TRY(record_decode(buffer_text(bytes), arena, record));
    return record->position == position ? STATUS_OK : STATUS_CORRUPT;
}

/* Rows of (number or id, bytes), gathered while their snapshot is held and shown when it is not. */
struct piece {
    struct buffer bytes;
    struct piece_row {
        uint64_t position;
        size_t offset;
        size_t id_length;
        size_t length;
        struct record_stamp stamp;
        bool is_null;
    } rows[RECORDS_A_PIECE];
    size_t count;
};

static struct piece *piece_new(void)
{
    struct piece *piece = calloc(1, sizeof *piece);
    if (piece != NULL) buffer_init(&piece->bytes, PIECE_BYTES_MAXIMUM);
    return piece;
}

static void piece_free(struct piece *piece)
{
    buffer_release(&piece->bytes);
    free(piece);
}

static struct text row_id(const struct piece *piece, const struct piece_row *row)
{
    return (struct text){buffer_text(&piece->bytes).bytes + row->offset, row->id_length};
}

static struct text row_bytes(const struct piece *piece, const struct piece_row *row)
{
    if (row->is_null) return (struct text){NULL, 0};
    return (struct text){buffer_text(&piece->bytes).bytes + row->offset + row->id_length,
                         row->length};
}

static enum status gather_records(sqlite3_stmt *statement, struct piece *piece)
{
    int code;
    piece->count = 0;
    buffer_clear(&piece->bytes);
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        struct text record = column_view(statement, 1);
        struct piece_row *row = &piece->rows[piece->count++];
        *row = (struct piece_row){.position = (uint64_t)sqlite3_column_int64(statement, 0),
                                  .offset = piece->bytes.length,
                                  .length = record.length};
        TRY(add_view(&piece->bytes, record));
    }
    return status_of_sqlite(code);
}

static enum status show_records(const struct piece *piece, struct arena *arena, record_visit visit,
                                void *context)
{
    for (size_t i = 0; i < piece->count; i++) {
        struct record record;
        arena_clear(arena);
        TRY(record_decode(row_bytes(piece, &piece->rows[i]), arena, &record));
        if (record.position != piece->rows[i].position) return STATUS_CORRUPT;
        TRY(visit(context, &record));
    }
    return STATUS_OK;
}

static enum status each_record(sqlite3_stmt *statement, struct piece *piece, uint64_t after,
                               uint64_t until, record_visit visit, void *context)
{
    struct arena arena;
    arena_init(&arena, PIECE_BYTES_MAXIMUM);
    enum status status = STATUS_OK;
    do {
        sqlite3_bind_int64(statement, 1, (int64_t)after);
        sqlite3_bind_int64(statement, 2, (int64_t)until);
        sqlite3_bind_int(statement, 3, RECORDS_A_PIECE);
        status = gather_records(statement, piece);
        sqlite3_reset(statement);
        if (status == STATUS_OK) status = show_records(piece, &arena, visit, context);
        if (piece->count > 0) after = piece->rows[piece->count - 1].position;
    } while (status == STATUS_OK && piece->count == RECORDS_A_PIECE);
    arena_release(&arena);
    return status;
}

enum status read_each_record(struct connection *connection, uint64_t after, uint64_t until,
                             record_visit visit, void *context)
{
    if (after >= INT64_MAX) return STATUS_OK;
    if (until > INT64_MAX) until = INT64_MAX;
    sqlite3_stmt *statement = NULL;
    TRY(status_of_sqlite(sqlite3_prepare_v2(connection->database,
                                            "SELECT position, record FROM events WHERE position > "
                                            "?1 AND position <= ?2 ORDER BY position LIMIT ?3",
                                            -1, &statement, NULL)));
    struct piece *piece = piece_new();
    enum status status = STATUS_NO_MEMORY;
    if (piece != NULL) {
        status = each_record(statement, piece, after, until, visit, context);
        piece_free(piece);
    }
    sqlite3_finalize(statement);
    return status;
}

/* ---- states ---- */

/* Columns from `column` on: position, sequence, hash. */
static enum status stamp_of_row(sqlite3_stmt *statement, int column, struct record_stamp *stamp)
{
    struct text hash = column_view(statement, column + 2);
    if (hash.length != HASH_RECORD_BYTES) return STATUS_CORRUPT;
    stamp->position = (uint64_t)sqlite3_column_int64(statement, column);
    stamp->sequence = (uint64_t)sqlite3_column_int64(statement, column + 1);
    memcpy(stamp->hash.bytes, hash.bytes, HASH_RECORD_BYTES);
    return STATUS_OK;
}

static sqlite3_stmt *load_statement(struct connection *connection, enum entity_kind kind)
{
    switch (kind) {
    case ENTITY_MEMBER:
        return connection->statements[STATEMENT_LOAD_MEMBER];
    case ENTITY_ORDER:
        return connection->statements[STATEMENT_LOAD_ORDER];
    case ENTITY_REDEMPTION:
        return connection->statements[STATEMENT_LOAD_REDEMPTION];
    case ENTITY_TALLY:
        return connection->statements[STATEMENT_LOAD_TALLY];
    case ENTITY_PAGE:
        return connection->statements[STATEMENT_LOAD_PAGE];
    default:
        return NULL;
    }
}

enum status read_state(struct connection *connection, const struct entity_key *key, row_visit visit,
                       void *context)
{
    sqlite3_stmt *statement = load_statement(connection, key->kind);
    if (statement == NULL) return STATUS_INVALID;
    bind_id(statement, 1, key->kind, key->id);
    int code = sqlite3_step(statement);
    enum status status = code == SQLITE_DONE ? STATUS_NOT_FOUND : status_of_sqlite(code);
    struct record_stamp stamp;
    if (status == STATUS_OK) status = stamp_of_row(statement, 0, &stamp);
    if (status == STATUS_OK) status = visit(context, key->id, &stamp, column_view(statement, 3));
    sqlite3_reset(statement);
    return status;
}

/* Rows of id, then bytes, then (of states) position, sequence and hash. */
static enum status gather_rows(sqlite3_stmt *statement, struct piece *piece, bool is_state)
{
    int code;
    piece->count = 0;
    buffer_clear(&piece->bytes);
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        struct text id = column_view(statement, 0);
        struct text bytes = column_view(statement, 1);
        struct piece_row *row = &piece->rows[piece->count++];
        *row = (struct piece_row){.offset = piece->bytes.length,
                                  .id_length = id.length,
                                  .length = bytes.length,
                                  .is_null = sqlite3_column_type(statement, 1) == SQLITE_NULL};
        TRY(add_view(&piece->bytes, id));
        TRY(add_view(&piece->bytes, bytes));
        if (is_state) TRY(stamp_of_row(statement, 2, &row->stamp));
    }
    return status_of_sqlite(code);
}

/* Shows rows of states to `visit`, of documents to `show`. */
struct row_list {
    sqlite3_stmt *statement;
    enum entity_kind kind; /* whose ids are bytes or text */
    row_visit visit;
    document_visit show;
    void *context;
};

static enum status show_rows(const struct row_list *list, const struct piece *piece)
{
    for (size_t i = 0; i < piece->count; i++) {
        const struct piece_row *row = &piece->rows[i];
        struct text id = row_id(piece, row);
        struct text bytes = row_bytes(piece, row);
        TRY(list->show != NULL ? list->show(list->context, id, bytes)
                               : list->visit(list->context, id, &row->stamp, bytes));
    }
    return STATUS_OK;
}

static enum status each_row(const struct row_list *list, struct piece *piece, struct text after)
{
    struct buffer last;
    buffer_init(&last, PIECE_BYTES_MAXIMUM);
    enum status status = STATUS_OK;
    do {
        bind_id(list->statement, 1, list->kind, after);
        sqlite3_bind_int(list->statement, 2, ROWS_A_PIECE);
        status = gather_rows(list->statement, piece, list->show == NULL);
        sqlite3_reset(list->statement);
        if (status == STATUS_OK) status = show_rows(list, piece);
        if (status != STATUS_OK || piece->count == 0) break;
        buffer_clear(&last);
        status = add_view(&last, row_id(piece, &piece->rows[piece->count - 1]));
        after = buffer_text(&last);
    } while (status == STATUS_OK && piece->count == ROWS_A_PIECE);
    buffer_release(&last);
    return status;
}

static enum status list_rows(struct connection *connection, const char *text, struct row_list *list,
                             struct text after)
{
    TRY(status_of_sqlite(
        sqlite3_prepare_v2(connection->database, text, -1, &list->statement, NULL)));
    struct piece *piece = piece_new();
    enum status status = STATUS_NO_MEMORY;
    if (piece != NULL) {
        status = each_row(list, piece, after);
        piece_free(piece);
    }
    sqlite3_finalize(list->statement);
    return status;
}

enum status read_each_row(struct connection *connection, enum entity_kind kind, struct text after,
                          row_visit visit, void *context)
{
    char text[160];
    if (state_tables[kind] == NULL) return STATUS_OK;
    snprintf(text, sizeof text,
             "SELECT id, state, position, sequence, hash FROM %s WHERE id > ?1 ORDER BY id "
             "LIMIT ?2",
             state_tables[kind]);
    struct row_list list = {.kind = kind, .visit = visit, .context = context};
    return list_rows(connection, text, &list, after);
}

/* ---- documents ---- */

enum status read_document(struct connection *connection, enum document_kind kind, struct text id,
                          struct arena *arena, struct text *value)
{
    sqlite3_stmt *statement = connection->get_document[kind];
    bind_view(statement, 1, id);
    int code = sqlite3_step(statement);
    enum status status = code == SQLITE_DONE ? STATUS_NOT_FOUND : status_of_sqlite(code);
    struct text copy = {NULL, 0};
    if (status == STATUS_OK) {
        copy = arena_copy(arena, column_view(statement, 0));
        if (copy.bytes == NULL) status = STATUS_NO_MEMORY;
    }
    sqlite3_reset(statement);
    TRY(status);
    *value = copy;
    return STATUS_OK;
}

enum status read_each_document(struct connection *connection, enum document_kind kind,
                               struct text after, document_visit visit, void *context)
{
    char text[160];
    snprintf(text, sizeof text, "SELECT id, value FROM %s WHERE id > ?1 ORDER BY id LIMIT ?2",
             document_tables[kind]);
    struct row_list list = {.kind = ENTITY_MEMBER, .show = visit, .context = context};
    return list_rows(connection, text, &list, after);
}

/* ---- keys ---- */

enum status key_state_of(struct text body, struct text id, struct arena *arena, struct text *state)
{
    struct decision decision;
    *state = (struct text){NULL, 0};
    TRY(engine_decode(body, arena, &decision));
    for (uint32_t i = 0; i < decision.effect_count; i++) {
        const struct effect *effect = &decision.effects[i];
        if (effect->kind != EFFECT_KEY_USED || effect->entity >= decision.entity_count) continue;
        const struct entity_key *key = &decision.entities[effect->entity];
        if (key->kind != ENTITY_KEY || !text_equal(key->id, id)) continue;
        *state = effect->payload;
        return STATUS_OK;
    }
    return STATUS_OK;
}
