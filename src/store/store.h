/* The face of store: the contract that keeps states and records, and the memory store.
 *
 * One caller writes at a time:
 *
 *     store_begin -> { store_load ... , store_append, store_save ... } for each event ->
 * store_commit
 *
 * What store_save was given is what a later store_load of the same batch answers; nothing of a
 * batch is seen by readers before store_commit, and store_rollback forgets it. The contract's tests
 * (tests/store) run on every implementation.
 */
#ifndef GUERDON_STORE_STORE_H
#define GUERDON_STORE_STORE_H

#include "engine/engine.h"

struct store;

/* What an implementation provides; see the functions below for what each means. */
struct store_methods {
    enum status (*begin)(struct store *store);
    enum status (*load)(struct store *store, struct states *states, uint32_t index);
    enum status (*append)(struct store *store, uint64_t position, struct text record);
    enum status (*save)(struct store *store, const struct state *state);
    enum status (*commit)(struct store *store);
    void (*rollback)(struct store *store);
    enum status (*each_record)(struct store *store,
                               enum status (*visit)(void *context, uint64_t position,
                                                    struct text record),
                               void *context);
    enum status (*each_state)(struct store *store, enum entity_kind kind,
                              enum status (*visit)(void *context, const struct entity_key *key,
                                                   struct text bytes),
                              void *context);
    void (*close)(struct store *store);
};

struct store {
    const struct store_methods *methods;
};

MUST_CHECK enum status store_begin(struct store *store);
/* Answers states->list[index]: loads its bytes, or marks it loaded and absent. A LINES look-up is
 * answered from the refundable orders of the member, newest (highest position) first, until their
 * units reach key.units. */
MUST_CHECK enum status store_load(struct store *store, struct states *states, uint32_t index);
/* Plans and loads until nothing is missing. STATUS_LIMIT past 64 rounds. */
MUST_CHECK enum status store_load_for(struct store *store, const struct program *program,
                                      const struct event *event, struct states *states);
/* The record of an event; positions ascend. */
MUST_CHECK enum status store_append(struct store *store, uint64_t position, struct text record);
/* A state of 0 bytes: the entity is gone. */
MUST_CHECK enum status store_save(struct store *store, const struct state *state);
/* Saves every dirty state of the working set. */
MUST_CHECK enum status store_save_dirty(struct store *store, const struct states *states);
MUST_CHECK enum status store_commit(struct store *store);
void store_rollback(struct store *store);
/* In position order. */
MUST_CHECK enum status store_each_record(struct store *store,
                                         enum status (*visit)(void *context, uint64_t position,
                                                              struct text record),
                                         void *context);
/* In an order that is the same for the same history. */
MUST_CHECK enum status store_each_state(struct store *store, enum entity_kind kind,
                                        enum status (*visit)(void *context,
                                                             const struct entity_key *key,
                                                             struct text bytes),
                                        void *context);
void store_close(struct store *store);

/* A store that lives in memory. With keeps_records it keeps what is appended; a back-test does not
 * need it. */
MUST_CHECK enum status memory_store_open(bool keeps_records, struct store **store);

#endif
