/* Library: what stands behind the handles of <guerdon.h>. For this room alone.
 *
 * The public header is self-contained and knows nothing of the rooms, so every struct is translated
 * here, field by field, and every number of a public list is held to its room's at compile time.
 *
 * Invariants
 *   1. An event is counted only after `append` said that its entry is durable.
 *   2. After OUTCOME_UNKNOWN nothing is decided any more by that engine.
 *   3. Entries are chained: each hash covers the one before, so that none is left out, doubled or
 *      moved unseen.
 *   4. Nothing of a caller's struct is read beyond the size that it says.
 */
#ifndef GUERDON_LIBRARY_LIBRARY_H
#define GUERDON_LIBRARY_LIBRARY_H

#include <guerdon.h>

#include "store/store.h"

struct guerdon_program {
    struct arena arena;
    const struct program *program;
};

/* A rule or boost that did not fire. */
struct unfired {
    uint32_t rule;
    uint32_t boost;
    enum why_not why;
    struct text detail; /* in event_arena */
};

struct guerdon_engine {
    const struct program *program;
    struct store *store;
    guerdon_append append;
    void *context;
    bool keeps_records;
    bool has_decided;                /* it takes no more journal */
    bool is_outcome_unknown;         /* it reads only */
    bool is_calling;                 /* in one of the caller's functions */
    uint64_t position;               /* of the last entry that is a decision */
    uint8_t hash[HASH_RECORD_BYTES]; /* of the last entry */
    struct states states;            /* of the last event */
    struct states looked_at;         /* by the last read */
    struct arena arena;              /* what the last read or feed decoded */
    struct arena event_arena;        /* the last event, as the engine takes it, and its answer */
    struct buffer body;              /* the record at hand */
    struct buffer entry;             /* the entry at hand */
    struct decision decision;        /* of the last event */
    struct posting *postings;
    uint32_t posting_count;
    struct unfired *unfired;
    uint32_t unfired_count;
    uint32_t unfired_capacity;
};

/* ---- structs that say their size ---- */

/* Copies a caller's struct into one of ours; what theirs is too short for is zero. False: it is
 * smaller than `least`, the first version's size, or has something behind the end of ours that is
 * not zero. */
MUST_CHECK bool struct_read(void *own, size_t own_size, size_t least, const void *given);
/* Copies one of ours into a caller's, as much as there is room for; what theirs has beyond becomes
 * zero. False: it is smaller than `least`. */
MUST_CHECK bool struct_write(void *given, size_t least, const void *own, size_t own_size);
#define STRUCT_READ(own, given) struct_read((own), sizeof *(own), sizeof *(own), (given))
/* Of one that has grown: `first` is what came after its first version. */
#define STRUCT_READ_GROWN(own, type, first, given)                                                 \
    struct_read((own), sizeof *(own), offsetof(type, first), (given))
#define STRUCT_WRITE(given, own) struct_write((given), sizeof *(own), (own), sizeof *(own))
#define STRUCT_WRITE_GROWN(given, type, first, own)                                                \
    struct_write((given), offsetof(type, first), (own), sizeof *(own))

static inline struct guerdon_text public_text(struct text text)
{
    return (struct guerdon_text){text.bytes, text.length};
}
static inline struct text inner_text(struct guerdon_text text)
{
    return (struct text){text.bytes == NULL ? "" : text.bytes, text.length};
}
static inline bool text_is_misused(struct guerdon_text text)
{
    return text.bytes == NULL && text.length > 0;
}

enum guerdon_status public_status(enum status status);
/* Leave the function with the public form of a status that is not OK. */
#define TRY_PUBLIC(call)                                                                           \
    do {                                                                                           \
        enum status try_public_ = (call);                                                          \
        if (try_public_ != STATUS_OK) return public_status(try_public_);                           \
    } while (0)

/* ---- events ---- */

/* The caller's event as the engine takes it; lists come from the arena, texts stay views.
 * GUERDON_MISUSE, GUERDON_NOT_FOUND (its currency), GUERDON_LIMIT, GUERDON_NO_MEMORY. */
MUST_CHECK enum guerdon_status event_read(const struct guerdon_event *given,
                                          const struct program *program, struct arena *arena,
                                          struct event *event, struct text *note);

/* ---- the journal's entries ---- */

#define NOTE_MAXIMUM (1u << 20)

struct entry {
    bool is_decision;
    uint64_t position;
    struct text note;
    struct text body;
    uint8_t hash[HASH_RECORD_BYTES];
};
/* Appends the entry's bytes and works out its hash behind `previous`. */
MUST_CHECK enum status entry_write(struct entry *entry, const uint8_t previous[HASH_RECORD_BYTES],
                                   struct buffer *bytes);
/* The entry at the start of `bytes`: views into them. STATUS_NOT_FOUND: it is not finished;
 * STATUS_CORRUPT: it is not the one that was written behind `previous`. */
MUST_CHECK enum status entry_read(struct text bytes, const uint8_t previous[HASH_RECORD_BYTES],
                                  struct entry *entry, size_t *length);

/* ---- the rest ---- */

/* Works out what the accessors answer from engine->decision. */
MUST_CHECK enum status answer_prepare(struct guerdon_engine *engine);
/* A decoded decision as the public record; its note is left empty. */
struct guerdon_record record_of(const struct decision *decision);
/* The rule or wallet with that symbol; empty: the programme has none. */
struct text rule_named(const struct program *program, uint32_t symbol);
struct text wallet_named(const struct program *program, uint32_t symbol);

#endif
