/* SQLite, the commit: a batch becomes rows in one transaction, and then what is committed.
 *
 *   room? -- no --> FULL, the batch is forgotten
 *     | yes
 *   BEGIN; events, postings, documents, a piece of write-behind (states, keys)
 *     | fails --> ROLLBACK: FULL or IO, the batch is forgotten, nothing has changed
 *   COMMIT
 *     | fails --> UNKNOWN_OUTCOME: the log may hold it; nothing in memory changed; recover first
 *   the batch's versions become the cached states, which cannot fail: all room was made before
 *
 * A commit that does not wait for its sync is one like any other: what is behind it in the log is
 * never durable without it. When the sync fails, the system may have dropped what it has not
 * written, though it still shows it: so a store that recovers from that moves all of the log into
 * the file, which is synced, before it goes on.
 */
#include <stdlib.h>
#include <sys/statvfs.h>

#include "store/sqlite.h"

#define LOG_LIMIT_USUAL (UINT64_C(4) << 30)
#define ROOM_RESERVE_USUAL (UINT64_C(16) << 20)
#define LOG_NEARLY_DONE 300u
#define UNITS_A_PIECE 4000u
#define KEY_PAGES_A_PIECE 500u

/* ---- room ---- */

/* What a batch may write at most: each row about twice, in the log and in the file, and the pages
 * that flushing touches. */
static uint64_t room_needed(const struct sqlite_store *store)
{
    const struct batch *batch = &store->batch;
    uint64_t rows = batch->record_bytes.length + batch->puts.bytes.length +
                    100 * (batch->record_count + batch->posting_count);
    struct hand_quota quota = hand_quota(store->core, batch->dirtied, batch->record_count);
    uint64_t units = (uint64_t)quota.units[LAP_LASTING] + quota.units[LAP_PASSING];
    uint64_t pages = units / 8 * 3 + 64;
    return 3 * rows + pages * FRAME_BYTES;
}

static bool has_room(const struct sqlite_store *store)
{
    uint64_t reserve = store->options.room_reserve;
    if (reserve == 0) reserve = ROOM_RESERVE_USUAL;
    uint64_t needed = room_needed(store);
    if (needed > UINT64_MAX - reserve) return false;
    struct statvfs disk;
    /* What cannot be asked is found by writing. */
    if (statvfs(store->path, &disk) != 0) return true;
    return (uint64_t)disk.f_bavail >= (reserve + needed) / disk.f_frsize;
}

/* A log that somebody's snapshot keeps from being moved into the file grows for ever. */
static bool log_is_too_long(const struct sqlite_store *store)
{
    uint64_t limit = store->options.log_limit;
    if (limit == 0) limit = LOG_LIMIT_USUAL;
    const struct checkpointer *checkpointer = &store->checkpointer;
    bool is_waiting =
        atomic_load(&checkpointer->done_frames) < atomic_load(&checkpointer->log_frames);
    return is_waiting && (uint64_t)store->core->log_frames * FRAME_BYTES > limit;
}

/* ---- rows ---- */

static struct text text_at(const struct batch *batch, size_t offset, uint8_t length)
{
    return (struct text){buffer_text(&batch->texts).bytes + offset, length};
}

static void bind_id_or_null(sqlite3_stmt *statement, int index, struct text id)
{
    if (text_is_empty(id)) {
        sqlite3_bind_null(statement, index);
    } else {
        bind_view(statement, index, id);
    }
}

static void bind_number_or_null(sqlite3_stmt *statement, int index, uint64_t number)
{
    if (number == 0) {
        sqlite3_bind_null(statement, index);
    } else {
        sqlite3_bind_int64(statement, index, (int64_t)number);
    }
}

static enum status add_event(const struct sqlite_core *core, const struct batch *batch,
                             const struct batch_record *row)
{
    sqlite3_stmt *statement = core->connection.statements[STATEMENT_ADD_EVENT];
    struct text record = {batch->record_bytes.bytes + row->offset, row->length};
    sqlite3_bind_int64(statement, 1, (int64_t)row->position);
    sqlite3_bind_int(statement, 2, row->type);
    sqlite3_bind_int(statement, 3, row->answer);
    bind_id_or_null(statement, 4, text_at(batch, row->member_offset, row->member_length));
    bind_id_or_null(statement, 5, text_at(batch, row->order_offset, row->order_length));
    sqlite3_bind_int64(statement, 6, row->occurred_at_us);
    sqlite3_bind_int64(statement, 7, row->recorded_at_us);
    sqlite3_bind_int64(statement, 8, row->program_version);
    sqlite3_bind_int64(statement, 9, (int64_t)(core->last_posting + 1 + row->first_posting));
    if (row->has_key) {
        sqlite3_bind_int64(statement, 10, (int64_t)row->key_fingerprint);
    } else {
        sqlite3_bind_null(statement, 10);
    }
    bind_bytes(statement, 11, record);
    return statement_run(statement);
}

static enum status add_posting(const struct sqlite_core *core, const struct batch *batch,
                               size_t index, uint64_t position)
{
    sqlite3_stmt *statement = core->connection.statements[STATEMENT_ADD_POSTING];
    const struct batch_posting *row = &batch->postings[index];
    sqlite3_bind_int64(statement, 1, (int64_t)(core->last_posting + 1 + index));
    sqlite3_bind_int64(statement, 2, (int64_t)position);
    bind_view(statement, 3, text_at(batch, row->member_offset, row->member_length));
    sqlite3_bind_int64(statement, 4, row->wallet);
    sqlite3_bind_int(statement, 5, row->from);
    sqlite3_bind_int(statement, 6, row->to);
    sqlite3_bind_int64(statement, 7, row->amount);
    sqlite3_bind_int64(statement, 8, row->at_us);
    bind_number_or_null(statement, 9, row->rule);
    bind_number_or_null(statement, 10, row->funder);
    bind_number_or_null(statement, 11, row->earning);
    return statement_run(statement);
}

static enum status add_records(const struct sqlite_core *core, const struct batch *batch)
{
    for (size_t i = 0; i < batch->record_count; i++) {
        const struct batch_record *row = &batch->records[i];
        size_t end = i + 1 < batch->record_count ? row[1].first_posting : batch->posting_count;
        TRY(add_event(core, batch, row));
        for (size_t posting = row->first_posting; posting < end; posting++)
            TRY(add_posting(core, batch, posting, row->position));
    }
    return STATUS_OK;
}

static enum status put_documents(const struct sqlite_core *core, const struct batch *batch)
{
    for (uint32_t i = 0; i < batch->puts.count; i++) {
        enum document_kind kind = (enum document_kind)batch->puts.puts[i].kind;
        struct text value = put_list_value(&batch->puts, i);
        bool is_dropped = text_is_empty(value);
        sqlite3_stmt *statement =
            is_dropped ? core->connection.drop_document[kind] : core->connection.put_document[kind];
        bind_view(statement, 1, put_list_id(&batch->puts, i));
        if (!is_dropped) bind_view(statement, 2, value);
        TRY(statement_run(statement));
    }
    return STATUS_OK;
}

static enum status add_keys(struct sqlite_core *core, const struct batch *batch)
{
    for (size_t i = 0; i < batch->record_count; i++) {
        const struct batch_record *row = &batch->records[i];
        if (!row->has_key) continue;
        TRY(key_index_add(core->keys, row->key_fingerprint, row->position));
    }
    return key_index_write_behind(core->keys, batch->last_position,
                                  key_index_budget(core->keys, batch->key_count), false);
}

/* ---- the transaction ---- */

static enum status write_rows(struct sqlite_store *store)
{
    struct sqlite_core *core = store->core;
    const struct batch *batch = &store->batch;
    struct hand_quota quota = hand_quota(core, batch->dirtied, batch->record_count);
    bool is_done = false;
    TRY(add_records(core, batch));
    TRY(put_documents(core, batch));
    TRY(hand_sweep(core, quota, &is_done));
    TRY(hand_reserve(&core->hand, batch->dirtied));
    return add_keys(core, batch);
}

static void roll_back(struct sqlite_core *core)
{
    connection_roll_back(&core->connection);
    hand_rolled_back(&core->hand);
    key_index_forget_from(core->keys, core->last_position + 1);
    if (key_index_rolled_back(core->keys) != STATUS_OK) {
        /* It answers so itself until it succeeds. */
    }
}

/* The versions become the states: only the newest of each is kept. A key's state is its record, and
 * it is hardly ever asked for again. */
static void take_versions(struct sqlite_core *core, struct batch *batch)
{
    for (size_t i = 0; i < batch->version_count; i++) {
        struct version *version = &batch->versions[i];
        struct cached *cached = version->cached;
        if (cached->version != i + 1) {
            pool_give(batch->pool, version->bytes, version->size);
            continue;
        }
        cached->version = 0;
        cached->stamp = version->stamp;
        cache_set(&core->cache, cached, version->bytes, version->size);
        if (cached->kind == ENTITY_KEY) {
            cache_drop(&core->cache, cached);
        } else {
            cached->was_used = true;
            cached->is_made = true;
            hand_note(&core->hand, cached);
        }
    }
}

/* The batch is over, and nothing of it happened. */
static enum status give_up(struct sqlite_store *store, enum status status)
{
    connection_roll_back(&store->core->connection);
    batch_back_to(&store->batch, 0);
    batch_clear(&store->batch, store->core);
    store->is_open = false;
    return status;
}

/* Between two commits, when the thread nearly has it: then the next commit writes from the log's
 * beginning again. */
static void checkpoint_now(struct sqlite_store *store)
{
    struct sqlite_core *core = store->core;
    if (core->log_frames < LOG_LONG) return;
    uint32_t done = atomic_load(&store->checkpointer.done_frames);
    if (done > core->log_frames || core->log_frames - done >= LOG_NEARLY_DONE) return;
    sqlite3_wal_checkpoint_v2(core->connection.database, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL,
                              NULL);
}

static enum status end_transaction(struct sqlite_store *store, bool is_synced)
{
    struct connection *connection = &store->core->connection;
    struct log_file *log = is_synced ? NULL : log_file_of(connection->database);
    if (log != NULL) log_defer(log, true);
    enum status status = statement_run(connection->statements[STATEMENT_COMMIT]);
    if (log != NULL) {
        log_defer(log, false);
        atomic_store(&store->unsynced, log);
    }
    return status;
}

static enum status run_transaction(struct sqlite_store *store, bool is_synced)
{
    struct sqlite_core *core = store->core;
    enum status status = connection_begin(&core->connection);
    if (status == STATUS_OK) status = write_rows(store);
    if (status != STATUS_OK) {
        roll_back(core);
        return give_up(store, status);
    }
    status = end_transaction(store, is_synced);
    if (status != STATUS_OK) {
        roll_back(core);
        store->is_unknown = true;
        return give_up(store, STATUS_UNKNOWN_OUTCOME);
    }
    return STATUS_OK;
}

static enum status commit(struct sqlite_store *store, bool is_synced)
{
    struct sqlite_core *core = store->core;
    struct batch *batch = &store->batch;
    if (!store->is_open) return STATUS_INVALID;
    if (batch->step_count > 0) {
        if (sqlite_is_unknown(store)) return give_up(store, STATUS_UNKNOWN_OUTCOME);
        if (log_is_too_long(store) || !has_room(store)) return give_up(store, STATUS_FULL);
        TRY(run_transaction(store, is_synced));
        hand_committed(core);
        key_index_committed(core->keys);
        take_versions(core, batch);
        core->last_position = batch->last_position;
        core->last_hash = batch->last_hash;
        core->last_posting += batch->posting_count;
        checkpointer_wake(&store->checkpointer);
        checkpoint_now(store);
        cache_trim(&core->cache);
    }
    connection_roll_back(&core->connection);
    store->commits++;
    store->is_open = false;
    batch_clear(batch, core);
    return STATUS_OK;
}

enum status sqlite_commit(struct store *store)
{
    return commit(sqlite_of(store), true);
}

enum status sqlite_commit_unsynced(struct store *store)
{
    return commit(sqlite_of(store), false);
}

enum status sqlite_sync(struct store *store_face)
{
    struct sqlite_store *store = sqlite_of(store_face);
    struct log_file *log = atomic_load(&store->unsynced);
    if (atomic_load(&store->has_lost)) return STATUS_UNKNOWN_OUTCOME;
    if (log == NULL) return STATUS_OK;
    enum status status = log_sync_now(log);
    if (status != STATUS_OK) atomic_store(&store->has_lost, true);
    return status;
}

bool sqlite_is_unknown(struct sqlite_store *store)
{
    return store->is_unknown || atomic_load(&store->has_lost);
}

/* ---- write-behind without a batch ---- */

static enum status flush_rows(struct sqlite_core *core, enum flush_size size, bool *is_done)
{
    static const uint32_t units[] = {[FLUSH_PIECE] = UNITS_A_PIECE,
                                     [FLUSH_LARGE] = 16 * UNITS_A_PIECE,
                                     [FLUSH_ALL] = UINT32_MAX};
    TRY(hand_sweep(core, (struct hand_quota){{units[size], units[size]}}, is_done));
    TRY(key_index_write_behind(core->keys, core->last_position, KEY_PAGES_A_PIECE,
                               size == FLUSH_ALL));
    return statement_run(core->connection.statements[STATEMENT_COMMIT]);
}

enum status core_flush(struct sqlite_core *core, enum flush_size size, bool *is_done)
{
    TRY(connection_begin(&core->connection));
    enum status status = flush_rows(core, size, is_done);
    if (status != STATUS_OK) {
        roll_back(core);
        return status;
    }
    hand_committed(core);
    key_index_committed(core->keys);
    if (key_index_figures(core->keys).keys_in_memory > 0) *is_done = false;
    return STATUS_OK;
}

enum status sqlite_write_behind(struct store *store_face, bool all)
{
    struct sqlite_store *store = sqlite_of(store_face);
    struct sqlite_core *core = store->core;
    if (store->is_open) return STATUS_INVALID;
    if (sqlite_is_unknown(store)) return STATUS_UNKNOWN_OUTCOME;
    bool has_states =
        hand_dirty_count(&core->hand) > 0 || core->hand.flushed_position < core->last_position;
    bool has_keys = all && key_index_figures(core->keys).keys_in_memory > 0;
    if (!has_states && !has_keys) return STATUS_OK;
    bool is_done = false;
    do {
        if (log_is_too_long(store) || !has_room(store)) return STATUS_FULL;
        TRY(core_flush(core, all ? FLUSH_ALL : FLUSH_PIECE, &is_done));
        checkpointer_wake(&store->checkpointer);
    } while (all && !is_done);
    cache_trim(&core->cache);
    return STATUS_OK;
}
