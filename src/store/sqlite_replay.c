/* SQLite, replay: what is in the journal and not in the tables yet is folded again, at every start.
 *
 * The journal is read from the first record that some saved state may miss. Each entity that a
 * record links to is looked at by its stamp: one that holds the record already is skipped, every
 * other must be exactly where the link says it was. So a state is never folded twice and never with
 * a gap.
 *
 * Keys are added to their index from its own stamp on; that needs no record, the rows name them.
 */
#include <stdlib.h>

#include "store/sqlite.h"

#define REPLAY_BYTES_MAXIMUM ((size_t)1 << 30)
/* A long tail is written behind on the way: memory is bounded. */
#define DIRTY_MAXIMUM 40000u
#define KEYS_A_FLUSH_PAGES 4000u

struct replay {
    struct sqlite_core *core;
    struct states states;
    struct arena arena;
    struct buffer *message;
};

/* ---- keys ---- */

/* Makes room in the index's memory. */
static enum status flush_keys(struct sqlite_core *core, uint64_t upto_position)
{
    TRY(connection_begin(&core->connection));
    enum status status =
        key_index_write_behind(core->keys, upto_position, KEYS_A_FLUSH_PAGES, true);
    if (status == STATUS_OK) status = statement_run(core->connection.statements[STATEMENT_COMMIT]);
    if (status == STATUS_OK) {
        key_index_committed(core->keys);
        return STATUS_OK;
    }
    connection_roll_back(&core->connection);
    TRY(key_index_rolled_back(core->keys));
    return status;
}

static enum status add_key(struct sqlite_core *core, uint64_t fingerprint, uint64_t position)
{
    enum status status = key_index_add(core->keys, fingerprint, position);
    while (status == STATUS_LIMIT) {
        TRY(flush_keys(core, position - 1));
        status = key_index_add(core->keys, fingerprint, position);
    }
    return status;
}

#define KEYS_A_PIECE 10000
struct key_row {
    uint64_t position;
    uint64_t fingerprint;
};

/* Gathered first: writing behind wants no open snapshot. */
static enum status replay_some_keys(struct sqlite_core *core, sqlite3_stmt *statement,
                                    struct key_row *rows, uint64_t *after, bool *is_done)
{
    size_t count = 0;
    int code;
    sqlite3_bind_int64(statement, 1, (int64_t)*after);
    sqlite3_bind_int(statement, 2, KEYS_A_PIECE);
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        rows[count++] = (struct key_row){(uint64_t)sqlite3_column_int64(statement, 0),
                                         (uint64_t)sqlite3_column_int64(statement, 1)};
    }
    sqlite3_reset(statement);
    TRY(status_of_sqlite(code));
    for (size_t i = 0; i < count; i++)
        TRY(add_key(core, rows[i].fingerprint, rows[i].position));
    if (count > 0) *after = rows[count - 1].position;
    *is_done = count < KEYS_A_PIECE;
    return STATUS_OK;
}

static enum status replay_keys(struct sqlite_core *core)
{
    sqlite3_stmt *statement = NULL;
    TRY(status_of_sqlite(
        sqlite3_prepare_v2(core->connection.database,
                           "SELECT position, key_fingerprint FROM events WHERE position > ?1 "
                           "AND key_fingerprint IS NOT NULL ORDER BY position LIMIT ?2",
                           -1, &statement, NULL)));
    struct key_row *rows = reallocarray(NULL, KEYS_A_PIECE, sizeof *rows);
    enum status status = rows == NULL ? STATUS_NO_MEMORY : STATUS_OK;
    uint64_t after = key_index_stamp(core->keys);
    bool is_done = false;
    while (status == STATUS_OK && !is_done)
        status = replay_some_keys(core, statement, rows, &after, &is_done);
    free(rows);
    sqlite3_finalize(statement);
    return status;
}

/* ---- states ---- */

/* Adds the entities that miss the record to the working set, each with its state. */
static enum status load_missing(struct replay *replay, const struct record *record)
{
    states_clear(&replay->states);
    for (uint32_t i = 0; i < record->link_count; i++) {
        const struct record_link *link = &record->links[i];
        struct cached *cached = NULL;
        TRY(core_cached(replay->core, &link->key, entity_key_hash(&link->key), &cached));
        if (cached->stamp.position >= record->position) continue;
        if (!record_follows(link, &cached->stamp)) return STATUS_CORRUPT;
        uint32_t index = replay->states.count;
        TRY(states_add(&replay->states, &link->key));
        TRY(states_load(&replay->states, index, cached->bytes, cached->size));
    }
    return STATUS_OK;
}

/* Leaves the decision with the effects of the working set's entities alone. */
static void keep_effects_of_missing(const struct states *states, struct decision *decision)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < decision->effect_count; i++) {
        const struct effect *effect = &decision->effects[i];
        if (effect->entity < decision->entity_count &&
            states_find(states, &decision->entities[effect->entity]) == NULL)
            continue;
        decision->effects[count++] = *effect;
    }
    decision->effect_count = count;
}

static enum status take_state(struct sqlite_core *core, const struct state *state,
                              const struct record *record)
{
    struct cached *cached = NULL;
    uint8_t *bytes = NULL;
    TRY(core_cached(core, &state->key, state->hash, &cached));
    static const uint32_t one[LAP_COUNT] = {1, 1};
    TRY(hand_reserve(&core->hand, one));
    if (state->size > 0) {
        bytes = pool_take(&core->cache.pool, state->size);
        if (bytes == NULL) return STATUS_NO_MEMORY;
        memcpy(bytes, state->bytes, state->size);
    }
    cache_set(&core->cache, cached, bytes, state->size);
    cached->stamp.position = record->position;
    cached->stamp.sequence++;
    memcpy(cached->stamp.hash.bytes, record->hash, sizeof record->hash);
    hand_note(&core->hand, cached);
    return STATUS_OK;
}

static enum status fold(struct replay *replay, const struct record *record)
{
    struct decision decision;
    uint32_t missing = replay->states.count;
    arena_clear(&replay->arena);
    TRY(engine_decode(record->body, &replay->arena, &decision));
    if (decision.position != record->position) return STATUS_CORRUPT;
    keep_effects_of_missing(&replay->states, &decision);
    TRY(engine_apply(&replay->states, &decision));
    for (uint32_t i = 0; i < missing; i++)
        TRY(take_state(replay->core, &replay->states.list[i], record));
    return STATUS_OK;
}

static enum status replay_record(void *context, const struct record *record)
{
    struct replay *replay = context;
    struct sqlite_core *core = replay->core;
    enum status status = connection_hold(&core->connection);
    if (status == STATUS_OK) status = load_missing(replay, record);
    if (status == STATUS_OK && replay->states.count > 0) status = fold(replay, record);
    if (status != STATUS_OK) {
        tell(replay->message, "The record at position %llu cannot be replayed: %s.",
             (unsigned long long)record->position, status_text(status));
        return status;
    }
    core->last_position = record->position;
    core->records_replayed++;
    cache_trim(&core->cache);
    bool is_done = false;
    if (hand_dirty_count(&core->hand) > DIRTY_MAXIMUM)
        return core_flush(core, FLUSH_LARGE, &is_done);
    return STATUS_OK;
}

enum status core_replay(struct sqlite_core *core, struct buffer *message)
{
    struct replay replay = {.core = core, .message = message};
    uint64_t last_position = core->last_position;
    TRY(replay_keys(core));
    TRY(states_init(&replay.states, REPLAY_BYTES_MAXIMUM));
    arena_init(&replay.arena, REPLAY_BYTES_MAXIMUM);
    /* What is flushed on the way may only say what is folded by then. */
    core->last_position = core->hand.flushed_position;
    enum status status = read_each_record(&core->connection, core->hand.flushed_position,
                                          last_position, replay_record, &replay);
    core->last_position = last_position;
    connection_roll_back(&core->connection);
    states_release(&replay.states);
    arena_release(&replay.arena);
    return status;
}
