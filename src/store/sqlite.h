/* What the files of the SQLite store share. The essay is in sqlite.c. */
#ifndef GUERDON_STORE_SQLITE_H
#define GUERDON_STORE_SQLITE_H

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>

#include "store/key_index.h"
#include "store/pool.h"
#include "store/puts.h"
#include "store/record.h"

#define SQLITE_APPLICATION_ID 0x47524E44 /* "GRND" */
#define SQLITE_SCHEMA_VERSION 1
#define SQLITE_MESSAGE_MAXIMUM 2000u
#define PAGE_BYTES 4096u
#define FRAME_BYTES (PAGE_BYTES + 24u) /* a page in the log */

/* Kinds of entities that have a table of states; a KEY's state is in its record, LINES have none.
 * X(kind, table) */
#define STATE_TABLE_LIST(X)                                                                        \
    X(MEMBER, members)                                                                             \
    X(ORDER, orders)                                                                               \
    X(REDEMPTION, redemptions)                                                                     \
    X(TALLY, tallies)                                                                              \
    X(PAGE, pages)

/* The statements of a handle that answer questions. */
#define READ_STATEMENT_LIST(X)                                                                     \
    X(LAST_EVENT, "SELECT position, record FROM events ORDER BY position DESC LIMIT 1")            \
    X(READ_RECORD, "SELECT record FROM events WHERE position = ?1")                                \
    X(READ_FLUSHED, "SELECT position FROM flushed")                                                \
    X(LOAD_MEMBER, "SELECT position, sequence, hash, state FROM members WHERE id = ?1")            \
    X(LOAD_ORDER, "SELECT position, sequence, hash, state FROM orders WHERE id = ?1")              \
    X(LOAD_REDEMPTION, "SELECT position, sequence, hash, state FROM redemptions WHERE id = ?1")    \
    X(LOAD_TALLY, "SELECT position, sequence, hash, state FROM tallies WHERE id = ?1")             \
    X(LOAD_PAGE, "SELECT position, sequence, hash, state FROM pages WHERE id = ?1")

/* The statements of the one that writes. */
#define WRITE_STATEMENT_LIST(X)                                                                    \
    X(BEGIN, "BEGIN IMMEDIATE")                                                                    \
    X(HOLD, "BEGIN")                                                                               \
    X(COMMIT, "COMMIT")                                                                            \
    X(LAST_POSTING, "SELECT coalesce(max(posting), 0) FROM postings")                              \
    X(ADD_EVENT, "INSERT INTO events (position, type, answer, member, order_id, occurred_at_us, "  \
                 "recorded_at_us, program_version, first_posting, key_fingerprint, record) "       \
                 "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)")                          \
    X(ADD_POSTING, "INSERT INTO postings (posting, position, member, wallet, from_account, "       \
                   "to_account, amount, at_us, rule, funder, earning) "                            \
                   "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)")                        \
    X(SET_FLUSHED, "UPDATE flushed SET position = ?1")                                             \
    X(SAVE_MEMBER,                                                                                 \
      "INSERT INTO members (id, position, sequence, hash, state, joined_at_us, recorded_at_us, "   \
      "next_due_us, merged_into, is_closed, is_erased) "                                           \
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) "                                     \
      "ON CONFLICT (id) DO UPDATE SET position = ?2, sequence = ?3, hash = ?4, state = ?5, "       \
      "joined_at_us = ?6, recorded_at_us = ?7, next_due_us = ?8, merged_into = ?9, "               \
      "is_closed = ?10, is_erased = ?11")                                                          \
    X(FIND_MEMBER, "SELECT rowid FROM members WHERE id = ?1")                                      \
    X(SAVE_MEMBER_AGAIN,                                                                           \
      "UPDATE members SET position = ?2, sequence = ?3, hash = ?4, state = ?5, "                   \
      "joined_at_us = ?6, recorded_at_us = ?7, next_due_us = ?8, merged_into = ?9, "               \
      "is_closed = ?10, is_erased = ?11 WHERE rowid = ?12 AND id = ?1")                            \
    X(SAVE_ORDER,                                                                                  \
      "REPLACE INTO orders (id, position, sequence, hash, state, member, opened_position) "        \
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")                                                       \
    X(SAVE_REDEMPTION,                                                                             \
      "REPLACE INTO redemptions (id, position, sequence, hash, state) VALUES (?1, ?2, ?3, ?4, "    \
      "?5)")                                                                                       \
    X(SAVE_TALLY, "REPLACE INTO tallies (id, position, sequence, hash, state, symbol) "            \
                  "VALUES (?1, ?2, ?3, ?4, ?5, ?6)")                                               \
    X(SAVE_PAGE,                                                                                   \
      "INSERT INTO pages (id, position, sequence, hash, state) VALUES (?1, ?2, ?3, ?4, ?5) "       \
      "ON CONFLICT (id) DO UPDATE SET position = ?2, sequence = ?3, hash = ?4, state = ?5")        \
    X(SAVE_BALANCE,                                                                                \
      "REPLACE INTO balances (member, wallet, position, available, pending, held, debt) "          \
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")                                                       \
    X(DROP_BALANCES, "DELETE FROM balances WHERE member = ?1 AND position <> ?2")                  \
    X(SAVE_TIER,                                                                                   \
      "INSERT INTO tiers (member, tier_set, position, level, since_us, kept_until_us) "            \
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6) "                                                           \
      "ON CONFLICT (member, tier_set) DO UPDATE SET position = ?3, level = ?4, since_us = ?5, "    \
      "kept_until_us = ?6 "                                                                        \
      "WHERE level <> ?4 OR since_us <> ?5 OR kept_until_us IS NOT ?6")                            \
    X(DROP_TIERS, "DELETE FROM tiers WHERE member = ?1")

enum sqlite_statement {
#define X(name, text) STATEMENT_##name,
    READ_STATEMENT_LIST(X) WRITE_STATEMENT_LIST(X)
#undef X
        STATEMENT_COUNT
};
#define X(name, text) +1
enum { STATEMENT_READ_COUNT = 0 READ_STATEMENT_LIST(X) };
#undef X

/* ---- sqlite_connection.c: one connection and its statements ---- */

struct connection {
    sqlite3 *database;
    sqlite3_stmt *statements[STATEMENT_COUNT];
    sqlite3_stmt *get_document[DOCUMENT_KIND_COUNT];
    sqlite3_stmt *put_document[DOCUMENT_KIND_COUNT];
    sqlite3_stmt *drop_document[DOCUMENT_KIND_COUNT];
    bool is_read_only;
};

extern const char *const document_tables[DOCUMENT_KIND_COUNT];
/* Of the kinds without one, NULL. */
extern const char *const state_tables[ENTITY_KIND_COUNT];

/* Opens without statements; `flags` are SQLite's. */
MUST_CHECK enum status connection_open(struct connection *connection, const char *path, int flags,
                                       struct buffer *message);
/* Prepares what the handle needs; the schema must be there. */
MUST_CHECK enum status connection_prepare(struct connection *connection);
void connection_end(struct connection *connection);
MUST_CHECK enum status status_of_sqlite(int code);
/* Runs a statement that answers no row, and makes it ready for the next time. */
MUST_CHECK enum status statement_run(sqlite3_stmt *statement);
MUST_CHECK enum status connection_execute(struct connection *connection, const char *sql);
MUST_CHECK enum status connection_number(struct connection *connection, const char *sql,
                                         int64_t *number);
/* From now on reads share one snapshot, until connection_roll_back or a commit: what each read
 * takes to begin one of its own is more than the read. */
MUST_CHECK enum status connection_hold(struct connection *connection);
/* Begins to write; ends what connection_hold began, if that is not what goes on. */
MUST_CHECK enum status connection_begin(struct connection *connection);
/* Ends an open transaction, if SQLite has not done so by itself. */
void connection_roll_back(struct connection *connection);
int bind_view(sqlite3_stmt *statement, int index, struct text text);
int bind_bytes(sqlite3_stmt *statement, int index, struct text bytes);
struct text column_view(sqlite3_stmt *statement, int column);
/* Ids of members, orders and redemptions are text; of tallies and pages bytes. */
int bind_id(sqlite3_stmt *statement, int index, enum entity_kind kind, struct text id);
/* Leaves a sentence for people in `message`, which may be NULL. */
void tell(struct buffer *message, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- sqlite_log.c ---- */

/* The VFS for the connection that commits: it writes the log in large pieces. NULL: there is none,
 * and the usual one does. */
const char *log_vfs_name(void);
struct log_file;
/* The log of a database that was opened through it, once it was written; NULL: there is none. */
struct log_file *log_file_of(sqlite3 *database);
/* Whether commits leave their sync to log_sync_now; see sqlite_log.c for those that never do. */
void log_defer(struct log_file *log, bool defers);
/* Whatever was written when it began is on the disk. In any thread. */
MUST_CHECK enum status log_sync_now(struct log_file *log);

/* ---- sqlite_schema.c ---- */

/* Makes or upgrades the schema; checks alone, if the connection is read-only. */
MUST_CHECK enum status schema_migrate(struct connection *connection, struct buffer *message);

/* ---- sqlite_cache.c: the states in memory ---- */

struct cached {
    uint8_t *bytes; /* of the committed state, in the cache's pool; NULL: there is none */
    struct record_stamp stamp;
    int64_t row;     /* of a member: its rowid, once that is known; 0 before */
    uint64_t levels; /* of a member: a hash of those in the table; 0: not known */
    uint32_t size;
    uint32_t hash;
    uint32_t version; /* above 0: the open batch's newest version of it, index + 1 */
    uint8_t kind;     /* enum entity_kind */
    uint8_t id_length;
    bool is_dirty;  /* the table's row is older, or missing */
    bool is_listed; /* in one of the hand's lists */
    bool was_used;  /* since the clock's hand came by */
    bool is_made;   /* by a decision of this process, not read from a table */
    char id[];
};

struct cache_slot {
    struct cached *cached; /* NULL: empty */
    uint32_t hash;
};

/* How many keys back the next step of fetching is due: see cache_expect. */
#define EXPECTED_ENTRY 2u
#define EXPECTED_BYTES 4u

struct cache {
    struct cache_slot *slots;
    uint32_t expected[EXPECTED_BYTES + 1]; /* the last keys' hashes, in a ring */
    uint32_t expected_next;
    struct pool pool;    /* of entries and states */
    uint32_t slot_count; /* a power of two */
    uint32_t count;
    uint32_t clock; /* the slot that it comes to next */
    size_t bytes;
    size_t bytes_maximum;
};

MUST_CHECK enum status cache_init(struct cache *cache, size_t bytes_maximum);
void cache_release(struct cache *cache);
struct cached *cache_find(struct cache *cache, const struct entity_key *key, uint64_t hash);
/* The entity will be asked for soon: the processor begins to fetch its slot, and the entry of one
 * that was expected before. Answers one that was expected before that, whose bytes it can fetch
 * now; NULL: there is none. */
struct cached *cache_expect(struct cache *cache, const struct entity_key *key);
/* All of them, while nothing is added or dropped; `*slot` begins at 0. NULL at the end. */
struct cached *cache_next(const struct cache *cache, uint32_t *slot);
/* Adds what is not there; `bytes` are copied. */
MUST_CHECK enum status cache_add(struct cache *cache, const struct entity_key *key, uint64_t hash,
                                 const struct record_stamp *stamp, struct text bytes,
                                 struct cached **added);
/* Gives a cached state other bytes of the cache's pool, which become the cache's. */
void cache_set(struct cache *cache, struct cached *cached, uint8_t *bytes, uint32_t size);
/* Forgets one that may go. */
void cache_drop(struct cache *cache, struct cached *cached);
/* Drops clean states until it fits its maximum, or no more can go. */
void cache_trim(struct cache *cache);

static inline struct text cached_id(const struct cached *cached)
{
    return (struct text){cached->id, cached->id_length};
}
static inline struct entity_key cached_key(const struct cached *cached)
{
    return (struct entity_key){.kind = (enum entity_kind)cached->kind, .id = cached_id(cached)};
}

/* ---- sqlite_flush.c: the hand that writes states behind ---- */

/* A state, and its place among its kind: see sqlite_flush.c. */
struct placed {
    uint64_t order;
    struct cached *cached;
};

struct placed_list {
    struct placed *items;
    size_t count;
    size_t capacity;
};

/* What all ids of a kind begin with, as far as was seen. */
struct id_prefix {
    char id[UINT8_MAX];
    size_t length;
    bool is_set;
};

/* What is written behind apart from the other, each in its own time. */
enum lap_kind {
    LAP_LASTING, /* members, and all that changes again and again */
    LAP_PASSING, /* orders: most are written once */
    LAP_COUNT
};

/* One way round over all that is dirty. */
struct lap {
    struct placed_list dirty;  /* since the sweep began */
    struct placed_list sweep;  /* in key order */
    size_t next;               /* in sweep: the first not yet written */
    size_t written;            /* in sweep: behind the last that the open transaction wrote */
    uint64_t sweep_position;   /* when the sweep is over, states hold all records up to it */
    uint64_t swept_position;   /* they hold all up to here */
    uint64_t pending_position; /* what the open transaction makes of swept_position */
    bool has_shorter_prefix;   /* than some of the dirty were placed by */
};

struct hand {
    struct lap laps[LAP_COUNT];
    uint64_t sweep_records; /* see struct sqlite_options */
    uint64_t flushed_position;
    uint64_t pending_position;  /* what the open transaction saved as flushed */
    struct placed_list scratch; /* room to sort in */
    struct id_prefix prefixes[ENTITY_KIND_COUNT];
};

/* How many units of work each lap may do; a page is 8. */
struct hand_quota {
    uint32_t units[LAP_COUNT];
};

struct sqlite_core;

static inline enum lap_kind lap_of(enum entity_kind kind)
{
    return kind == ENTITY_ORDER ? LAP_PASSING : LAP_LASTING;
}

/* `sweep_records` as in struct sqlite_options. */
void hand_init(struct hand *hand, uint64_t sweep_records);
/* Every lap's swept position: as the file says. */
void hand_begin_at(struct hand *hand, uint64_t flushed_position);
/* How much a commit should do that dirties so many states of each lap in so many records. */
struct hand_quota hand_quota(const struct sqlite_core *core, const uint32_t dirtied[LAP_COUNT],
                             size_t records);
/* Room for so many states more in the lists: after it hand_note cannot fail. */
MUST_CHECK enum status hand_reserve(struct hand *hand, const uint32_t more[LAP_COUNT]);
/* The committed state is newer than its row. */
void hand_note(struct hand *hand, struct cached *cached);
/* Writes states in the open transaction; `is_done`: nothing is left to write. */
MUST_CHECK enum status hand_sweep(struct sqlite_core *core, struct hand_quota quota, bool *is_done);
void hand_committed(struct sqlite_core *core);
void hand_rolled_back(struct hand *hand);
void hand_release(struct hand *hand);
size_t hand_dirty_count(const struct hand *hand);

/* A log of so many pages is helped: see sqlite_checkpoint.c. */
#define LOG_LONG 12000u

/* ---- sqlite_checkpoint.c: the thread that moves the log into the file ---- */

struct checkpointer {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool is_running;
    bool is_stopping; /* under the lock */
    bool has_work;    /* under the lock */
    char *path;
    atomic_uint log_frames; /* in the log, as the last pass saw it */
    atomic_uint done_frames;
    atomic_uint failed; /* passes, one after the other */
};

MUST_CHECK enum status checkpointer_start(struct checkpointer *checkpointer, const char *path);
void checkpointer_stop(struct checkpointer *checkpointer);
/* There is something in the log. */
void checkpointer_wake(struct checkpointer *checkpointer);

/* ---- the writer ---- */

/* Everything that is made anew when the store recovers. */
struct sqlite_core {
    struct connection connection;
    struct cache cache;
    struct hand hand;
    struct key_index *keys;
    uint64_t last_position; /* committed */
    uint64_t last_posting;
    struct record_hash last_hash;
    uint64_t records_replayed;
    uint32_t log_frames; /* in the log after the last commit */
    struct arena arena;  /* of one look-up */
    struct buffer bytes;
};

/* One version of an entity in the open batch. */
struct version {
    struct cached *cached;
    uint8_t *bytes;
    uint32_t size;
    uint32_t older; /* of the same entity in the batch, index + 1 */
    struct record_stamp stamp;
};

/* A record of the open batch, as the row that it becomes. Texts are in batch.texts. */
struct batch_record {
    uint64_t position;
    size_t offset; /* in batch.records */
    size_t length;
    size_t member_offset;
    size_t order_offset;
    uint64_t key_fingerprint;
    int64_t occurred_at_us;
    int64_t recorded_at_us;
    uint32_t first_posting;
    uint32_t program_version;
    uint16_t type;
    uint16_t answer;
    uint8_t member_length;
    uint8_t order_length;
    bool has_key;
};

struct batch_posting {
    int64_t amount;
    int64_t at_us;
    uint64_t earning;
    size_t member_offset;
    uint32_t wallet;
    uint32_t rule;
    uint32_t funder;
    uint8_t from;
    uint8_t to;
    uint8_t member_length;
};

/* What the batch was before one store_write or store_put: a mark is a number of steps. */
struct batch_step {
    uint32_t record_count;
    uint32_t posting_count;
    uint32_t version_count;
    uint32_t put_count;
    uint32_t key_count;
    size_t record_bytes;
    size_t text_bytes;
    uint64_t last_position;
    struct record_hash last_hash;
};

struct batch {
    struct batch_record *records;
    struct batch_posting *postings;
    struct version *versions;
    struct batch_step *steps;
    size_t record_count, record_capacity;
    size_t posting_count, posting_capacity;
    size_t version_count, version_capacity;
    size_t step_count, step_capacity;
    uint32_t key_count;
    uint32_t dirtied[LAP_COUNT]; /* versions of each */
    struct buffer record_bytes;
    struct buffer texts;
    struct put_list puts;
    struct arena arena; /* of one store_write */
    struct pool *pool;  /* of the open batch's core: versions become its states */
    uint64_t last_position;
    struct record_hash last_hash;
};

struct sqlite_store {
    struct store store; /* first: a store is cast to this */
    struct sqlite_options options;
    char *path;
    int guard;                           /* of the file that says: somebody writes here; -1 */
    bool is_open;                        /* a batch is */
    bool is_unknown;                     /* a commit had an unknown outcome */
    _Atomic(struct log_file *) unsynced; /* the log that has commits that were not waited for */
    atomic_bool has_lost;                /* some of these: a sync failed */
    struct sqlite_core *core;
    struct batch batch;
    struct checkpointer checkpointer;
    struct arena read_arena;
    struct buffer read_bytes;
    uint64_t commits;
};

static inline struct sqlite_store *sqlite_of(struct store *store)
{
    return (struct sqlite_store *)store;
}

/* sqlite_batch.c */
void batch_init(struct batch *batch);
void batch_release(struct batch *batch);
void batch_clear(struct batch *batch, struct sqlite_core *core);
void batch_back_to(struct batch *batch, size_t step);
MUST_CHECK enum status batch_write(struct sqlite_store *store, const struct written *written);
MUST_CHECK enum status batch_put(struct batch *batch, enum document_kind kind, struct text id,
                                 struct text value);
/* The bytes of a record of the batch; bytes NULL: it is none of it. */
struct text batch_find_record(const struct batch *batch, uint64_t position);
static inline struct record_stamp newest_stamp(const struct batch *batch,
                                               const struct cached *cached)
{
    return cached->version > 0 ? batch->versions[cached->version - 1].stamp : cached->stamp;
}
static inline struct text newest_state(const struct batch *batch, const struct cached *cached)
{
    if (cached->version == 0) return (struct text){(const char *)cached->bytes, cached->size};
    const struct version *version = &batch->versions[cached->version - 1];
    return (struct text){(const char *)version->bytes, version->size};
}

/* sqlite_core.c: the file opened for writing, its states and its records. */
MUST_CHECK enum status core_open(const struct sqlite_options *options, const char *path,
                                 struct buffer *message, struct sqlite_core **core);
void core_close(struct sqlite_core *core);
/* The entity's entry in the cache, read from its table if it is not there; `hash` is the key's. */
MUST_CHECK enum status core_cached(struct sqlite_core *core, const struct entity_key *key,
                                   uint64_t hash, struct cached **cached);
uint64_t key_fingerprint(struct text id);

/* sqlite_lines.c */
MUST_CHECK enum status sqlite_load_lines(struct sqlite_store *store, struct states *states,
                                         uint32_t index);

/* sqlite_commit.c */
MUST_CHECK enum status sqlite_commit(struct store *store);
MUST_CHECK enum status sqlite_commit_unsynced(struct store *store);
MUST_CHECK enum status sqlite_sync(struct store *store);
/* Whether an outcome is unknown, of a commit or of a sync. */
bool sqlite_is_unknown(struct sqlite_store *store);
MUST_CHECK enum status sqlite_write_behind(struct store *store, bool all);
/* How much one transaction writes behind: what nobody notices, what is worth a sync, everything. */
enum flush_size { FLUSH_PIECE, FLUSH_LARGE, FLUSH_ALL };
/* A transaction that is no batch's. */
MUST_CHECK enum status core_flush(struct sqlite_core *core, enum flush_size size, bool *is_done);

/* sqlite_replay.c */
MUST_CHECK enum status core_replay(struct sqlite_core *core, struct buffer *message);

/* sqlite_read.c: what both kinds of handle can be asked. */
MUST_CHECK enum status read_record(struct connection *connection, uint64_t position,
                                   struct arena *arena, struct buffer *bytes,
                                   struct record *record);
MUST_CHECK enum status read_each_record(struct connection *connection, uint64_t after,
                                        uint64_t until, record_visit visit, void *context);
MUST_CHECK enum status read_document(struct connection *connection, enum document_kind kind,
                                     struct text id, struct arena *arena, struct text *value);
MUST_CHECK enum status read_each_document(struct connection *connection, enum document_kind kind,
                                          struct text after, document_visit visit, void *context);
/* A state's row: hands over stamp and bytes (NULL: it is gone), views until it returns. */
typedef enum status (*row_visit)(void *context, struct text id, const struct record_stamp *stamp,
                                 struct text bytes);
/* STATUS_NOT_FOUND: there is no row. */
MUST_CHECK enum status read_state(struct connection *connection, const struct entity_key *key,
                                  row_visit visit, void *context);
MUST_CHECK enum status read_each_row(struct connection *connection, enum entity_kind kind,
                                     struct text after, row_visit visit, void *context);
/* A key's state, from its record's KEY_USED effect; bytes NULL: that record did not use it. */
MUST_CHECK enum status key_state_of(struct text body, struct text id, struct arena *arena,
                                    struct text *state);

/* sqlite_reader.c */
MUST_CHECK enum status sqlite_reader_open(const char *path, struct buffer *message,
                                          struct store **reader);
MUST_CHECK enum status sqlite_open_reader(struct store *store, struct store **reader);

/* sqlite_plain.c: what of a state stands in columns of its own. */
MUST_CHECK enum status plain_save(struct sqlite_core *core, struct cached *cached);

#endif
