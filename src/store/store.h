/* The face of store: the contract that keeps records, states and documents, and its two
 * implementations, in memory and in SQLite.
 *
 * One caller writes at a time:
 *
 *     store_begin -> { store_load ..., engine_decide, store_write, store_put ... } for each command
 *                 -> store_commit
 *
 * What was written is what a later store_load of the same batch answers; nothing of a batch is seen
 * by a reader before store_commit, and store_rollback forgets it. store_mark and store_back_to
 * forget a part of it. The contract's tests (tests/store) run on every implementation; nothing in
 * it assumes that there is one process, or that anything is in memory.
 *
 * Three kinds of things are kept:
 *   records     what happened, in order, never changed: a decision, the event it decided, and its
 *               place in the chain (record.h)
 *   states      what follows from the records; bytes that the engine alone understands
 *   documents   what does not follow from them: programmes, people, keys, settings. Small, written
 *               with the batch, looked up by kind and id.
 */
#ifndef GUERDON_STORE_STORE_H
#define GUERDON_STORE_STORE_H

#include "engine/engine.h"
#include "store/verify.h"

/* Kinds of documents, and the SQL table of each. */
#define DOCUMENT_KIND_LIST(X)                                                                      \
    X(SETTING, "settings")                                                                         \
    X(PROGRAMME, "programmes")     /* id: the version, 8 digits; value: JSON with the text */      \
    X(PERSON, "people")            /* id: the member; value: JSON of its personal data and salt */ \
    X(EXTERNAL_ID, "external_ids") /* id: "kind:value"; value: the member */                       \
    X(API_KEY, "api_keys")         /* id: hash of the key, hex; value: JSON */                     \
    X(WEBHOOK, "webhooks")                                                                         \
    X(DELIVERY, "deliveries")                                                                      \
    X(REPLY, "replies") /* id: position, 20 digits; value: a reply that its record cannot give */  \
    X(ERASURE, "erasures") /* id: the member; value: JSON */                                       \
    X(SYMBOL, "symbols")   /* written by store_name_symbol */

enum document_kind {
#define X(name, table) DOCUMENT_##name,
    DOCUMENT_KIND_LIST(X)
#undef X
        DOCUMENT_KIND_COUNT
};

/* One entity's link of a record: where the record stands in the entity's own history. */
struct record_link {
    struct entity_key key;
    uint64_t sequence;          /* of this record among those that touched the entity, from 1 */
    uint64_t previous_position; /* of the one before; 0: there is none */
};

/* A record as it is kept; views good until the next call on the store or reader. */
struct record {
    uint64_t position;
    struct text body; /* engine_encode's bytes */
    const struct record_link *links;
    uint32_t link_count;
    uint8_t version;                 /* of its layout, which the hash covers: see record.h */
    uint8_t hash[HASH_RECORD_BYTES]; /* covers body, links, the links' previous hashes and the hash
                                        of the record before it: see record.h */
};

/* What one decided event leaves behind. */
struct written {
    const struct decision *decision;
    struct text body;            /* its record, by engine_encode */
    const struct states *states; /* its dirty states are saved */
};

typedef enum status (*record_visit)(void *context, const struct record *record);
typedef enum status (*state_visit)(void *context, const struct entity_key *key, struct text bytes);
typedef enum status (*document_visit)(void *context, struct text id, struct text value);

/* For metrics; zero where an implementation has no such thing. */
struct store_figures {
    uint64_t last_position;    /* of the last committed record */
    uint64_t flushed_position; /* every state holds all records up to it on disk */
    uint64_t records_replayed; /* when the store was opened */
    uint64_t cached_states;
    uint64_t dirty_states;
    uint64_t cache_bytes;
    uint64_t log_bytes; /* of the write-ahead log */
    uint64_t file_bytes;
    uint64_t commits;
};

struct store;

/* What an implementation provides; see the functions below for what each means. */
struct store_methods {
    enum status (*begin)(struct store *store);
    enum status (*load)(struct store *store, struct states *states, uint32_t index);
    void (*expect)(struct store *store, const struct entity_key *key);
    enum status (*write)(struct store *store, const struct written *written);
    enum status (*save)(struct store *store, const struct state *state);
    enum status (*put)(struct store *store, enum document_kind kind, struct text id,
                       struct text value);
    uint64_t (*mark)(struct store *store);
    void (*back_to)(struct store *store, uint64_t mark);
    enum status (*commit)(struct store *store);
    enum status (*commit_unsynced)(struct store *store);
    enum status (*sync)(struct store *store);
    void (*rollback)(struct store *store);
    enum status (*write_behind)(struct store *store, bool all);
    enum status (*recover)(struct store *store);
    enum status (*get)(struct store *store, enum document_kind kind, struct text id,
                       struct arena *arena, struct text *value);
    enum status (*record)(struct store *store, uint64_t position, struct record *record);
    enum status (*each_record)(struct store *store, uint64_t after, record_visit visit,
                               void *context);
    enum status (*each_state)(struct store *store, enum entity_kind kind, struct text after,
                              state_visit visit, void *context);
    enum status (*each_document)(struct store *store, enum document_kind kind, struct text after,
                                 document_visit visit, void *context);
    enum status (*last_touched)(struct store *store, const struct entity_key *key,
                                uint64_t *position);
    enum status (*open_reader)(struct store *store, struct store **reader);
    void (*figures)(struct store *store, struct store_figures *figures);
    void (*close)(struct store *store);
};

struct store {
    const struct store_methods *methods;
};

/* ---- writing: one caller at a time ---- */

MUST_CHECK enum status store_begin(struct store *store);
/* Answers states->list[index]: loads its bytes, or marks it loaded and absent. A LINES look-up is
 * answered from the refundable orders of the member, newest (highest position) first, until their
 * units reach key.units. A KEY is answered for ever, however long ago it was used. Works without a
 * batch too, and then sees what is committed. */
MUST_CHECK enum status store_load(struct store *store, struct states *states, uint32_t index);
/* The entity will be loaded a few events later: a store that has it in memory lets the processor
 * fetch it meanwhile. Nothing depends on it. */
void store_expect(struct store *store, const struct entity_key *key);
/* Plans and loads until nothing is missing. STATUS_LIMIT past 64 rounds. */
MUST_CHECK enum status store_load_for(struct store *store, const struct program *program,
                                      const struct event *event, struct states *states);
/* Appends the record at decision->position (positions ascend) and saves the dirty states, each with
 * its link. On failure nothing of it is kept. */
MUST_CHECK enum status store_write(struct store *store, const struct written *written);
/* Saves states without a record: for stores that keep none (a back-test's). A state of 0 bytes: the
 * entity is gone. STATUS_INVALID in a store that keeps records. */
MUST_CHECK enum status store_save_dirty(struct store *store, const struct states *states);
/* A document; an empty value removes it. */
MUST_CHECK enum status store_put(struct store *store, enum document_kind kind, struct text id,
                                 struct text value);
/* Says for readers of the tables what a symbol in them stands for: kind is "wallet", "rule",
 * "level" and the like (one word), name its id in the programme. A document, as store_put's. */
MUST_CHECK enum status store_name_symbol(struct store *store, uint32_t symbol, struct text kind,
                                         struct text name);
/* A point in the open batch, and forgetting all that was written after it. */
uint64_t store_mark(struct store *store);
void store_back_to(struct store *store, uint64_t mark);
/* Ends the batch, whatever it answers. STATUS_FULL: there is no room (or IO, NO_MEMORY: something
 * else failed before the commit); nothing of the batch happened, the store goes on.
 * STATUS_UNKNOWN_OUTCOME: it may have happened; call store_recover before the next batch. Loads and
 * reads go on meanwhile, from what was committed before. */
MUST_CHECK enum status store_commit(struct store *store);
/* The same without waiting for the disk: the next batch can begin, and sees it. It is durable when
 * a store_sync that began later has answered OK, or a store_commit: until then nobody may be told
 * of it, nor of what was read since. What was committed like this stands in the file in this order,
 * so that no batch outlives one before it. */
MUST_CHECK enum status store_commit_unsynced(struct store *store);
/* Waits until the disk has everything that was committed when it began. For one other thread, while
 * the store is used; not while it recovers or is closed. STATUS_UNKNOWN_OUTCOME: what was not yet
 * durable may be lost. From then on the store answers so itself, until store_recover. */
MUST_CHECK enum status store_sync(struct store *store);
void store_rollback(struct store *store);
/* Writes down a part of what is kept in memory only (`all`: everything); to be called while nothing
 * else is written, often enough that tables do not lag. */
MUST_CHECK enum status store_write_behind(struct store *store, bool all);
/* Opens the file anew, recovers and replays. STATUS_FULL or IO: not yet; try again later. */
MUST_CHECK enum status store_recover(struct store *store);
/* A handle for one other thread, which reads what is committed while writing goes on: records,
 * documents, and states as far as they are written down. A KEY and LINES it cannot answer
 * (STATUS_INVALID), nor anything that writes. To be closed before the store. */
MUST_CHECK enum status store_open_reader(struct store *store, struct store **reader);

/* ---- reading ---- */

/* NOT_FOUND if there is none; else a copy in the arena. In a batch: with what it has put. */
MUST_CHECK enum status store_get(struct store *store, enum document_kind kind, struct text id,
                                 struct arena *arena, struct text *value);
/* NOT_FOUND if there is no such record. */
MUST_CHECK enum status store_record(struct store *store, uint64_t position, struct record *record);
/* In position order, those above `after`. A visit that returns STATUS_INTERRUPTED ends it, and that
 * is its answer. */
MUST_CHECK enum status store_each_record(struct store *store, uint64_t after, record_visit visit,
                                         void *context);
/* States by id in byte order, those above `after`, committed ones; a KEY is not among them. A visit
 * may load and get; it must not commit, recover or write behind. */
MUST_CHECK enum status store_each_state(struct store *store, enum entity_kind kind,
                                        struct text after, state_visit visit, void *context);
MUST_CHECK enum status store_each_document(struct store *store, enum document_kind kind,
                                           struct text after, document_visit visit, void *context);
/* Position of the last record that touched the entity; from there a record's link leads to the one
 * before. NOT_FOUND if there is none. */
MUST_CHECK enum status store_last_touched(struct store *store, const struct entity_key *key,
                                          uint64_t *position);
void store_figures(struct store *store, struct store_figures *figures);
void store_close(struct store *store);

/* ---- the chain, worked out again by whoever has the records ---- */

struct record_hash {
    uint8_t bytes[HASH_RECORD_BYTES];
};
/* STATUS_CORRUPT unless the record's hash is that of a record behind `before`, the hash of the one
 * before it in the journal (zeros for the first), whose links lead to records with the hashes
 * `previous`, one a link (zeros where there is none). `scratch` is cleared and used. */
MUST_CHECK enum status record_check(const struct record *record, const struct record_hash *before,
                                    const struct record_hash *previous, struct buffer *scratch);
/* The link of that entity, or NULL. Idempotency keys have none: they are touched once. */
const struct record_link *record_link_of(const struct record *record, const struct entity_key *key);

/* ---- implementations ---- */

/* A store that lives in memory. With keeps_records it keeps what is written; a back-test does not
 * need it. */
MUST_CHECK enum status memory_store_open(bool keeps_records, struct store **store);

struct sqlite_options {
    const char *path;       /* of the database file; made when it is not there */
    size_t cache_bytes;     /* for states; 0: 256 MB. Dirty ones stay whatever it says */
    uint64_t log_limit;     /* bytes of log from which writes are refused as FULL; 0: 4 GB */
    uint64_t room_reserve;  /* bytes that must be free on the disk before a commit; 0: 16 MB */
    uint64_t sweep_records; /* every state is written once in so many: a start replays at most
                               twice as many, and so far tables lag; 0: 150,000 */
    bool is_read_only;      /* another process may be writing: a reader's methods alone */
};
/* STATUS_NEWER: the file is a newer version's; CORRUPT: it is no store; IO: somebody else writes
 * it. `message` (a buffer, may be NULL) gets a sentence for people. Replays the tail of the
 * journal. Beside the file stand PATH-wal and PATH-shm while it is open, and PATH.lock. */
MUST_CHECK enum status sqlite_store_open(const struct sqlite_options *options,
                                         struct buffer *message, struct store **store);
/* What a reader sees, with the states as of the last record: those that are not written behind yet
 * are folded in memory. The tail owns the reader from then on; on failure the caller still does. */
MUST_CHECK enum status store_open_tail(struct store *reader, struct store **tail);
/* A copy of the whole store in another file, taken in steps while writing goes on. It is as of some
 * record between the call and its return; opening it replays what its tables lag. STATUS_INVALID:
 * the store is no reader, or the file is there already. */
MUST_CHECK enum status sqlite_store_backup(struct store *reader, const char *path,
                                           struct buffer *message);

#endif
