/* Verify: everything that a store holds, worked out again from its records. A part of store.h. */
#ifndef GUERDON_STORE_VERIFY_H
#define GUERDON_STORE_VERIFY_H

#include "engine/engine.h"

struct store;

/* What can be wrong with a record, then with a state. */
#define VERIFY_FAULT_LIST(X)                                                                       \
    X(NONE, "nothing is wrong")                                                                    \
    X(UNREADABLE, "cannot be read")                                                                \
    X(MISSING, "is missing")                                                                       \
    X(LINK, "does not follow the record before that it links to")                                  \
    X(HASH, "is not what was written: its hash is another")                                        \
    X(DECISION, "says something that is no decision")                                              \
    X(EFFECTS, "does not fit the states that the records before it lead to")                       \
    X(TOUCHED, "links to other entities than it changes")                                          \
    X(POSTINGS, "has postings that do not sum to zero")                                            \
    X(BALANCES, "names balances or levels that do not follow from it")                             \
    X(STATE, "is saved otherwise than the records lead to")                                        \
    X(STATE_BEHIND, "is saved without a record that all saved states should have")                 \
    X(STATE_AHEAD, "is saved with a record that is not there")                                     \
    X(STATE_MISSING, "is not saved")                                                               \
    X(STATE_UNKNOWN, "is saved though no record made it")                                          \
    X(STATE_UNREADABLE, "cannot be read")

enum verify_fault {
#define X(name, text) VERIFY_##name,
    VERIFY_FAULT_LIST(X)
#undef X
        VERIFY_FAULT_COUNT
};

#define VERIFY_ID_MAXIMUM 255

struct verify_options {
    /* Called now and then; false ends it with STATUS_INTERRUPTED. May be NULL. */
    bool (*progress)(void *context, uint64_t records, uint64_t of_records);
    void *context;
};

/* The first fault in the order of the journal; those of states come after those of records. */
struct verify_report {
    enum verify_fault fault;
    uint64_t position; /* of the wrong record; of a wrong state: its last record, as folded */
    bool has_entity;   /* about which entity it is is known */
    enum entity_kind
        kind; /* of a record: what the wrong link, or the first member it touches, is */
    size_t id_length;
    char id[VERIFY_ID_MAXIMUM];
    uint64_t records; /* that are right */
    uint64_t states;  /* likewise; saved ones */
};

/* Folds all records from nothing into a store in memory, and compares. OK with a fault is a
 * finding; another status says why it could not be looked for. `store` may be one that others write
 * to at the same time, through a reader.
 *
 * Takes the memory that all states take in the memory store, and about 200 bytes more for each
 * member, order, redemption and tally. */
MUST_CHECK enum status store_verify(struct store *store, const struct verify_options *options,
                                    struct verify_report *report);
/* "record 17 (member ann) is not what was written: its hash is another" */
MUST_CHECK enum status verify_sentence(const struct verify_report *report, struct buffer *out);

#endif
