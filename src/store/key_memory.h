/* Key memory: a table of keys that is in order as it stands.
 *
 * An entry's home is its fingerprint's share of the slots, so homes ascend with fingerprints, and
 * entries that crowd are kept in order too: reading the slots from the left is reading a sorted
 * run, and writing one behind needs no sorting.
 *
 *   slots   | . | 3 | 4 | 5 | . | . | 21 | . | 30 | 30' | 31 | . | ... | room |
 *                 home of 3, 4: here              30 with two positions
 *
 * Must never: allocate after key_memory_init.
 *
 * Invariants
 *   1. Entries ascend by fingerprint, then position, over all slots; none occurs twice.
 *   2. No entry stands before its home, and no free slot is between them.
 *   3. What crowds at the end goes to the room behind; nothing wraps around.
 */
#ifndef GUERDON_STORE_KEY_MEMORY_H
#define GUERDON_STORE_KEY_MEMORY_H

#include "store/key_page.h"

/* Positions are kept plus 1; 0: the slot is free. */
struct key_slot {
    uint64_t fingerprint;
    uint64_t position_and_1;
};

struct key_memory {
    struct key_slot *slots;
    uint32_t homes;
    uint32_t slot_count; /* homes and the room behind */
    uint32_t capacity;   /* entries, two thirds of the homes */
    uint32_t count;
    uint64_t least_position; /* of all entries; meaningful when there is one */
    uint64_t covered;        /* once no more is added: every key up to here is in it or on disk */
};

/* `capacity` from 1 to KEY_MEMORY_MAXIMUM. */
#define KEY_MEMORY_MAXIMUM ((uint32_t)1 << 28)
MUST_CHECK enum status key_memory_init(struct key_memory *memory, uint32_t capacity);
void key_memory_release(struct key_memory *memory);
void key_memory_clear(struct key_memory *memory);
size_t key_memory_bytes(const struct key_memory *memory);

/* What is there already stays as it is. False: the table is full. */
bool key_memory_add(struct key_memory *memory, struct key_entry entry);
/* How many entries went. */
uint32_t key_memory_forget_from(struct key_memory *memory, uint64_t position);
/* The first slot whose entry has that fingerprint, or slot_count. */
uint32_t key_memory_find(const struct key_memory *memory, uint64_t fingerprint);
/* The entry of the first slot from *slot on that is not free; *slot becomes the one behind it.
 * False: there is none. */
bool key_memory_next(const struct key_memory *memory, uint32_t *slot, struct key_entry *entry);

#endif
