/* SQLite: the store of a server, one file, one writer.
 *
 * What is appended is committed at once; what is keyed is written behind, in the same file:
 *
 *   store_write --> batch (memory) -- commit --> events, postings, documents      durable
 *                      |                |   \--> some states, some keys           written behind
 *                      |                v
 *                      +----------> cache of states (dirty ones are newer than their rows)
 *
 *   start:  rows of states + replay of the journal from `flushed` on = the states as committed
 *
 * Invariants, and the test in tests/store/test_sqlite.c (or the file named) that holds each
 *   1. A state stamped p holds every record of that entity up to p and none after.
 *      states_in_the_file_are_those_that_their_stamp_says
 *   2. A flush is part of a transaction and never stamps beyond it.
 *      states_in_the_file_are_those_that_their_stamp_says
 *   3. `flushed`, saved in the same transaction, is below the first record missing from any saved
 *      state; start-up replays from it, skipping per entity by stamp.
 *      a_store_opened_anew_has_the_states_that_it_had
 *   4. A dirty state is not evicted; clean ones are: memory is bounded, data is not.
 *      a_small_cache_forgets_nothing
 *   5. Versions become states only after the commit succeeded, and are dropped otherwise. One that
 *      does not wait for its sync is told to nobody before: whoever calls it sees to that.
 *      test_faults.c: whichever_write_fails_every_acknowledged_batch_is_there_and_no_half_of_one
 *   6. Reads see committed states only.
 *      test_contract.c: readers_see_what_was_committed_alone
 *   7. A key is answered only after its commit.
 *      test_contract.c: a_rollback_forgets_all_of_the_batch_and_nothing_else
 *   8. Flushing is a hand that sweeps in key order, at most 500 pages a commit.
 *      the_hand_writes_states_in_the_order_of_their_keys,
 *      flushing_keeps_pace_with_what_becomes_dirty
 *   9. Each index has its own stamp; lists show the unflushed states over it.
 *      a_list_shows_what_is_not_written_down_yet
 *
 * Must never: touch the file for a batch before its commit; answer from a batch that is not its
 * own.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/sqlite.h"

#define READ_BYTES_MAXIMUM ((size_t)1 << 30)
#define PATH_BYTES_MAXIMUM 4096u

/* ---- batches ---- */

static enum status sqlite_begin(struct store *store_face)
{
    struct sqlite_store *store = sqlite_of(store_face);
    if (sqlite_is_unknown(store)) return STATUS_UNKNOWN_OUTCOME;
    if (store->is_open) return STATUS_INVALID;
    TRY(connection_hold(&store->core->connection));
    batch_clear(&store->batch, store->core);
    store->is_open = true;
    return STATUS_OK;
}

static enum status sqlite_load(struct store *store_face, struct states *states, uint32_t index)
{
    struct sqlite_store *store = sqlite_of(store_face);
    const struct entity_key *key = &states->list[index].key;
    if (key->kind == ENTITY_LINES) return sqlite_load_lines(store, states, index);
    struct cached *cached = NULL;
    TRY(core_cached(store->core, key, states->list[index].hash, &cached));
    struct text bytes = newest_state(&store->batch, cached);
    TRY(states_load(states, index, bytes.bytes, bytes.length));
    if (cached->version > 0 || cached->is_made) states_trust(states, index);
    cache_trim(&store->core->cache);
    return STATUS_OK;
}

/* More of a state the processor fetches by itself, once somebody reads on. */
#define FETCHED_BYTES 4096u

static void sqlite_expect(struct store *store_face, const struct entity_key *key)
{
    struct sqlite_store *store = sqlite_of(store_face);
    const struct cached *cached = cache_expect(&store->core->cache, key);
    if (cached == NULL) return;
    struct text bytes = newest_state(&store->batch, cached);
    for (size_t at = 0; at < bytes.length && at < FETCHED_BYTES; at += 64)
        __builtin_prefetch(bytes.bytes + at);
}

static enum status sqlite_write(struct store *store_face, const struct written *written)
{
    struct sqlite_store *store = sqlite_of(store_face);
    return store->is_open ? batch_write(store, written) : STATUS_INVALID;
}

static enum status sqlite_put(struct store *store_face, enum document_kind kind, struct text id,
                              struct text value)
{
    struct sqlite_store *store = sqlite_of(store_face);
    return store->is_open ? batch_put(&store->batch, kind, id, value) : STATUS_INVALID;
}

static uint64_t sqlite_mark(struct store *store)
{
    return sqlite_of(store)->batch.step_count;
}

static void sqlite_back_to(struct store *store, uint64_t mark)
{
    batch_back_to(&sqlite_of(store)->batch, mark);
}

static void sqlite_rollback(struct store *store_face)
{
    struct sqlite_store *store = sqlite_of(store_face);
    connection_roll_back(&store->core->connection);
    batch_back_to(&store->batch, 0);
    batch_clear(&store->batch, store->core);
    store->is_open = false;
}

/* ---- reading ---- */

static enum status sqlite_get(struct store *store_face, enum document_kind kind, struct text id,
                              struct arena *arena, struct text *value)
{
    struct sqlite_store *store = sqlite_of(store_face);
    uint32_t put = put_list_find(&store->batch.puts, kind, id);
    if (put == PUT_NONE) return read_document(&store->core->connection, kind, id, arena, value);
    struct text found = put_list_value(&store->batch.puts, put);
    if (text_is_empty(found)) return STATUS_NOT_FOUND;
    struct text copy = arena_copy(arena, found);
    if (copy.bytes == NULL) return STATUS_NO_MEMORY;
    *value = copy;
    return STATUS_OK;
}

static enum status sqlite_record(struct store *store_face, uint64_t position, struct record *record)
{
    struct sqlite_store *store = sqlite_of(store_face);
    arena_clear(&store->read_arena);
    return read_record(&store->core->connection, position, &store->read_arena, &store->read_bytes,
                       record);
}

static enum status sqlite_each_record(struct store *store, uint64_t after, record_visit visit,
                                      void *context)
{
    return read_each_record(&sqlite_of(store)->core->connection, after, UINT64_MAX, visit, context);
}

static enum status sqlite_each_document(struct store *store, enum document_kind kind,
                                        struct text after, document_visit visit, void *context)
{
    return read_each_document(&sqlite_of(store)->core->connection, kind, after, visit, context);
}

static enum status sqlite_last_touched(struct store *store, const struct entity_key *key,
                                       uint64_t *position)
{
    struct cached *cached = NULL;
    if (key->kind == ENTITY_LINES) return STATUS_INVALID;
    TRY(core_cached(sqlite_of(store)->core, key, entity_key_hash(key), &cached));
    if (cached->stamp.position == 0) return STATUS_NOT_FOUND;
    *position = cached->stamp.position;
    return STATUS_OK;
}

/* Rows and the states that are newer than theirs, in one order. */
struct merged_list {
    struct cached **dirty; /* by id */
    size_t count;
    size_t next;
    enum entity_kind kind;
    state_visit visit;
    void *context;
};

static int compare_ids(const void *a, const void *b)
{
    return text_compare(cached_id(*(struct cached *const *)a),
                        cached_id(*(struct cached *const *)b));
}

static enum status show_dirty(struct merged_list *list)
{
    const struct cached *cached = list->dirty[list->next++];
    struct entity_key key = cached_key(cached);
    if (cached->bytes == NULL) return STATUS_OK;
    return list->visit(list->context, &key,
                       (struct text){(const char *)cached->bytes, cached->size});
}

static enum status show_row(void *context, struct text id, const struct record_stamp *stamp,
                            struct text bytes)
{
    struct merged_list *list = context;
    struct entity_key key = {.kind = list->kind, .id = id};
    int order = 1;
    (void)stamp;
    while (list->next < list->count && order > 0) {
        order = text_compare(id, cached_id(list->dirty[list->next]));
        if (order >= 0) TRY(show_dirty(list));
    }
    if (order == 0 || bytes.bytes == NULL) return STATUS_OK;
    return list->visit(list->context, &key, bytes);
}

static enum status sqlite_each_state(struct store *store_face, enum entity_kind kind,
                                     struct text after, state_visit visit, void *context)
{
    struct sqlite_core *core = sqlite_of(store_face)->core;
    struct merged_list list = {.kind = kind, .visit = visit, .context = context};
    if (state_tables[kind] == NULL) return STATUS_OK;
    list.dirty = reallocarray(NULL, (size_t)core->cache.count + 1, sizeof(struct cached *));
    if (list.dirty == NULL) return STATUS_NO_MEMORY;
    uint32_t slot = 0;
    for (struct cached *cached; (cached = cache_next(&core->cache, &slot)) != NULL;) {
        if (!cached->is_dirty || cached->kind != (uint8_t)kind) continue;
        if (text_compare(cached_id(cached), after) > 0) list.dirty[list.count++] = cached;
    }
    qsort(list.dirty, list.count, sizeof(struct cached *), compare_ids);
    enum status status = read_each_row(&core->connection, kind, after, show_row, &list);
    while (status == STATUS_OK && list.next < list.count)
        status = show_dirty(&list);
    free(list.dirty);
    return status;
}

static uint64_t bytes_of_file(const char *path)
{
    struct stat file;
    return stat(path, &file) == 0 ? (uint64_t)file.st_size : 0;
}

static void sqlite_figures(struct store *store_face, struct store_figures *figures)
{
    const struct sqlite_store *store = sqlite_of(store_face);
    const struct sqlite_core *core = store->core;
    struct key_index_figures keys = key_index_figures(core->keys);
    *figures = (struct store_figures){.last_position = core->last_position,
                                      .flushed_position = core->hand.flushed_position,
                                      .records_replayed = core->records_replayed,
                                      .cached_states = core->cache.count,
                                      .dirty_states = hand_dirty_count(&core->hand),
                                      .cache_bytes = core->cache.bytes + keys.memory_bytes,
                                      .file_bytes = bytes_of_file(store->path),
                                      .commits = store->commits};
    char log[PATH_BYTES_MAXIMUM + 8];
    int length = snprintf(log, sizeof log, "%s-wal", store->path);
    if (length > 0 && (size_t)length < sizeof log) figures->log_bytes = bytes_of_file(log);
}

/* ---- opening and closing ---- */

/* Two writers would each have states that the other does not know of: the second is turned away. */
static enum status take_guard(struct sqlite_store *store, struct buffer *message)
{
    char path[PATH_BYTES_MAXIMUM + 8];
    int length = snprintf(path, sizeof path, "%s.lock", store->path);
    if (length < 0 || (size_t)length >= sizeof path) return STATUS_LIMIT;
    store->guard = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (store->guard < 0) {
        tell(message, "%s cannot be written: %s.", path, strerrordesc_np(errno));
        return STATUS_IO;
    }
    if (flock(store->guard, LOCK_EX | LOCK_NB) == 0) return STATUS_OK;
    tell(message, "%s is in use by another process.", store->path);
    return STATUS_IO;
}

static void sqlite_close(struct store *store_face)
{
    struct sqlite_store *store = sqlite_of(store_face);
    checkpointer_stop(&store->checkpointer);
    batch_release(&store->batch);
    core_close(store->core);
    arena_release(&store->read_arena);
    buffer_release(&store->read_bytes);
    if (store->guard >= 0) (void)close(store->guard);
    free(store->path);
    free(store);
}

/* After a sync that failed: what the log shows may not be on the disk, but it is what was read. */
static enum status move_whole_log(struct sqlite_core *core)
{
    int frames = 0;
    int done = 0;
    int code = sqlite3_wal_checkpoint_v2(core->connection.database, NULL, SQLITE_CHECKPOINT_FULL,
                                         &frames, &done);
    return code == SQLITE_OK && done == frames ? STATUS_OK : STATUS_IO;
}

/* The old core answers questions until the new one is ready. */
static enum status sqlite_recover(struct store *store_face)
{
    struct sqlite_store *store = sqlite_of(store_face);
    struct sqlite_core *core = NULL;
    sqlite_rollback(store_face);
    checkpointer_stop(&store->checkpointer);
    enum status status = core_open(&store->options, store->path, NULL, &core);
    if (status == STATUS_OK && atomic_load(&store->has_lost)) {
        status = move_whole_log(core);
        if (status != STATUS_OK) core_close(core);
    }
    if (status == STATUS_OK) {
        atomic_store(&store->unsynced, NULL);
        atomic_store(&store->has_lost, false);
        core_close(store->core);
        store->core = core;
        store->is_unknown = false;
        batch_clear(&store->batch, core);
    }
    enum status started = checkpointer_start(&store->checkpointer, store->path);
    if (started == STATUS_OK) checkpointer_wake(&store->checkpointer);
    return status == STATUS_OK ? started : status;
}

static const struct store_methods sqlite_methods = {
    .begin = sqlite_begin,
    .load = sqlite_load,
    .expect = sqlite_expect,
    .write = sqlite_write,
    .put = sqlite_put,
    .mark = sqlite_mark,
    .back_to = sqlite_back_to,
    .commit = sqlite_commit,
    .commit_unsynced = sqlite_commit_unsynced,
    .sync = sqlite_sync,
    .rollback = sqlite_rollback,
    .write_behind = sqlite_write_behind,
    .recover = sqlite_recover,
    .get = sqlite_get,
    .record = sqlite_record,
    .each_record = sqlite_each_record,
    .each_state = sqlite_each_state,
    .each_document = sqlite_each_document,
    .last_touched = sqlite_last_touched,
    .open_reader = sqlite_open_reader,
    .figures = sqlite_figures,
    .close = sqlite_close,
};

/* Its count of the memory it uses takes a lock at each allocation, and nobody asks for it. */
static void configure_sqlite(void)
{
    if (sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0) != SQLITE_OK) {
        /* It is in use already: then it goes on counting. */
    }
}

static enum status open_all(struct sqlite_store *store, struct buffer *message)
{
    TRY(take_guard(store, message));
    TRY(core_open(&store->options, store->path, message, &store->core));
    batch_clear(&store->batch, store->core);
    TRY(checkpointer_start(&store->checkpointer, store->path));
    checkpointer_wake(&store->checkpointer);
    return STATUS_OK;
}

enum status sqlite_store_open(const struct sqlite_options *options, struct buffer *message,
                              struct store **store)
{
    static pthread_once_t is_configured = PTHREAD_ONCE_INIT;
    if (strlen(options->path) > PATH_BYTES_MAXIMUM) return STATUS_LIMIT;
    pthread_once(&is_configured, configure_sqlite);
    if (options->is_read_only) return sqlite_reader_open(options->path, message, store);
    struct sqlite_store *opened = calloc(1, sizeof *opened);
    if (opened == NULL) return STATUS_NO_MEMORY;
    opened->store.methods = &sqlite_methods;
    opened->options = *options;
    opened->guard = -1;
    batch_init(&opened->batch);
    arena_init(&opened->read_arena, READ_BYTES_MAXIMUM);
    buffer_init(&opened->read_bytes, READ_BYTES_MAXIMUM);
    opened->path = strdup(options->path);
    enum status status = opened->path == NULL ? STATUS_NO_MEMORY : open_all(opened, message);
    opened->options.path = opened->path;
    if (status != STATUS_OK) {
        sqlite_close(&opened->store);
        return status;
    }
    *store = &opened->store;
    return STATUS_OK;
}
