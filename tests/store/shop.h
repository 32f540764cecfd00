/* A shop for the store's tests: random commands through the engine into a store, and the check that
 * a store is what its own records say. */
#ifndef GUERDON_TESTS_STORE_SHOP_H
#define GUERDON_TESTS_STORE_SHOP_H

#include "store/store.h"

struct shop {
    struct store *store;
    const struct program *program;
    struct states states;
    struct arena arena;
    struct buffer body;
    uint64_t seed;
    uint64_t position;               /* of the last event */
    uint64_t members;                /* how many there may be */
    uint64_t orders;                 /* how many there were */
    uint64_t done[EVENT_TYPE_COUNT]; /* commands of each type that were not refused */
};

/* `position`: of the last record that is in the store. */
void shop_open(struct shop *shop, struct store *store, uint64_t seed, uint64_t members);
void shop_close(struct shop *shop);
/* The store was opened anew: goes on behind what is in it. */
void shop_resume(struct shop *shop, struct store *store);
uint64_t shop_random(struct shop *shop, uint64_t below);
/* Decides one random command and writes it to the open batch. */
MUST_CHECK enum status shop_command(struct shop *shop);
/* One batch of so many commands, with a document that names its last position. */
MUST_CHECK enum status shop_batch(struct shop *shop, int commands);
/* The same, committed without waiting for the disk. */
MUST_CHECK enum status shop_batch_unsynced(struct shop *shop, int commands);

/* Every record follows from the one before, every state of the store is what folding its records
 * from nothing gives, every key is answered, and the document of the last batch fits the last
 * record. Answers the position of the last record. */
uint64_t shop_check(struct store *store);

/* An empty folder of the test's own, and its end. */
void folder_open(char *path, size_t size);
void folder_close(const char *path);

#endif
