/* SQLite, the core: the file opened for writing, with the states and counters that belong to it.
 *
 * A store that recovers opens a second one beside the first, which answers questions until the new
 * one is ready: so nothing here knows of batches, and nothing points from one core to another.
 */
#include <stdlib.h>

#include "store/sqlite.h"

#define CACHE_BYTES_USUAL ((size_t)256 << 20)
#define LOOK_UP_BYTES_MAXIMUM ((size_t)1 << 28)
#define KEY_CANDIDATES 64u

uint64_t key_fingerprint(struct text id)
{
    uint64_t fingerprint = 0;
    for (size_t i = 0; i < 8; i++)
        fingerprint = fingerprint << 8 | (i < id.length ? (uint8_t)id.bytes[i] : 0);
    return fingerprint;
}

static enum status read_counters(struct sqlite_core *core)
{
    sqlite3_stmt *statement = core->connection.statements[STATEMENT_LAST_EVENT];
    int code = sqlite3_step(statement);
    enum status status = status_of_sqlite(code);
    if (code == SQLITE_ROW) {
        struct record record;
        core->last_position = (uint64_t)sqlite3_column_int64(statement, 0);
        status = record_decode(column_view(statement, 1), &core->arena, &record);
        if (status == STATUS_OK) memcpy(core->last_hash.bytes, record.hash, sizeof record.hash);
    }
    sqlite3_reset(statement);
    TRY(status);
    statement = core->connection.statements[STATEMENT_LAST_POSTING];
    code = sqlite3_step(statement);
    if (code == SQLITE_ROW) core->last_posting = (uint64_t)sqlite3_column_int64(statement, 0);
    sqlite3_reset(statement);
    TRY(status_of_sqlite(code));
    statement = core->connection.statements[STATEMENT_READ_FLUSHED];
    code = sqlite3_step(statement);
    if (code == SQLITE_ROW) {
        hand_begin_at(&core->hand, (uint64_t)sqlite3_column_int64(statement, 0));
    }
    sqlite3_reset(statement);
    if (code == SQLITE_DONE) return STATUS_CORRUPT;
    TRY(status_of_sqlite(code));
    return core->hand.flushed_position <= core->last_position ? STATUS_OK : STATUS_CORRUPT;
}

/* The writer is told how long the log is after each commit. */
static int note_frames(void *context, sqlite3 *database, const char *name, int frames)
{
    (void)database;
    (void)name;
    ((struct sqlite_core *)context)->log_frames = (uint32_t)frames;
    return SQLITE_OK;
}

static enum status open_all(struct sqlite_core *core, const struct sqlite_options *options,
                            const char *path, struct buffer *message)
{
    TRY(connection_open(&core->connection, path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                        message));
    TRY(schema_migrate(&core->connection, message));
    /* Beside the cache of states: the inner pages of what is written behind. */
    TRY(connection_execute(&core->connection, "PRAGMA cache_size = -65536"));
    sqlite3_wal_hook(core->connection.database, note_frames, core);
    hand_init(&core->hand, options->sweep_records);
    size_t bytes = options->cache_bytes == 0 ? CACHE_BYTES_USUAL : options->cache_bytes;
    TRY(cache_init(&core->cache, bytes));
    enum status status = key_index_open(core->connection.database, NULL, &core->keys);
    if (status == STATUS_OK) status = connection_prepare(&core->connection);
    if (status == STATUS_OK) status = read_counters(core);
    if (status != STATUS_OK) {
        tell(message, "The store cannot be read: %s.",
             status == STATUS_CORRUPT ? status_text(status)
                                      : sqlite3_errmsg(core->connection.database));
        return status;
    }
    return core_replay(core, message);
}

enum status core_open(const struct sqlite_options *options, const char *path,
                      struct buffer *message, struct sqlite_core **core)
{
    struct sqlite_core *opened = calloc(1, sizeof *opened);
    if (opened == NULL) return STATUS_NO_MEMORY;
    arena_init(&opened->arena, LOOK_UP_BYTES_MAXIMUM);
    buffer_init(&opened->bytes, LOOK_UP_BYTES_MAXIMUM);
    enum status status = open_all(opened, options, path, message);
    if (status == STATUS_OK) {
        *core = opened;
    } else {
        core_close(opened);
    }
    return status;
}

void core_close(struct sqlite_core *core)
{
    if (core == NULL) return;
    if (core->keys != NULL) key_index_close(core->keys);
    connection_end(&core->connection);
    hand_release(&core->hand);
    if (core->cache.slots != NULL) cache_release(&core->cache);
    arena_release(&core->arena);
    buffer_release(&core->bytes);
    free(core);
}

struct loading {
    struct sqlite_core *core;
    const struct entity_key *key;
    uint64_t hash;
    struct cached *cached;
};

static enum status add_row(void *context, struct text id, const struct record_stamp *stamp,
                           struct text bytes)
{
    struct loading *loading = context;
    (void)id;
    return cache_add(&loading->core->cache, loading->key, loading->hash, stamp, bytes,
                     &loading->cached);
}

/* The key's state from the record that used it; there are hardly ever two candidates. */
static enum status add_key(struct loading *loading)
{
    struct sqlite_core *core = loading->core;
    struct record_stamp stamp = {.position = 0};
    struct text state = {NULL, 0};
    uint64_t positions[KEY_CANDIDATES];
    uint32_t count = 0;
    TRY(key_index_find(core->keys, key_fingerprint(loading->key->id), positions, KEY_CANDIDATES,
                       &count));
    for (uint32_t i = 0; i < count && state.bytes == NULL; i++) {
        struct record record;
        arena_clear(&core->arena);
        enum status status =
            read_record(&core->connection, positions[i], &core->arena, &core->bytes, &record);
        if (status == STATUS_NOT_FOUND) continue;
        TRY(status);
        TRY(key_state_of(record.body, loading->key->id, &core->arena, &state));
        stamp.position = positions[i];
    }
    if (state.bytes == NULL) stamp.position = 0;
    return cache_add(&core->cache, loading->key, loading->hash, &stamp, state, &loading->cached);
}

enum status core_cached(struct sqlite_core *core, const struct entity_key *key, uint64_t hash,
                        struct cached **cached)
{
    *cached = cache_find(&core->cache, key, hash);
    if (*cached != NULL) return STATUS_OK;
    struct loading loading = {.core = core, .key = key, .hash = hash};
    enum status status = key->kind == ENTITY_KEY
                             ? add_key(&loading)
                             : read_state(&core->connection, key, add_row, &loading);
    if (status == STATUS_NOT_FOUND) {
        static const struct record_stamp none = {.position = 0};
        status = cache_add(&core->cache, key, hash, &none, (struct text){NULL, 0}, &loading.cached);
    }
    TRY(status);
    *cached = loading.cached;
    return STATUS_OK;
}
