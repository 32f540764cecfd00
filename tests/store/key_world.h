/* A key index in a file of its own, beside a plain list of what must be in it.
 *
 * The list is the model: positions are its indexes plus 1, a failed commit cuts it, a crash closes
 * the connection without commit and adds again what is above the stamp.
 */
#ifndef GUERDON_TESTS_KEY_WORLD_H
#define GUERDON_TESTS_KEY_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/key_index.h"

struct key_world {
    char folder[64];
    char path[80];
    struct key_index_options options;
    sqlite3 *connection;
    struct key_index *index;
    uint64_t *fingerprints; /* of position 1, 2, ... */
    uint64_t count;
    uint64_t committed;
    uint64_t capacity;
    uint64_t seed;
};

void key_world_open(struct key_world *world, const struct key_index_options *options);
void key_world_close(struct key_world *world);

/* The next of the seeded numbers, spread evenly over 64 bits. */
uint64_t key_world_random(struct key_world *world);
/* A number below `bound`. */
uint64_t key_world_below(struct key_world *world, uint64_t bound);

void key_world_run(struct key_world *world, const char *text);
/* Adds the fingerprint at the next position; false: memory was full. */
bool key_world_add(struct key_world *world, uint64_t fingerprint);
MUST_CHECK enum status key_world_write_behind(struct key_world *world, uint32_t budget_pages,
                                              bool flushes);
/* COMMIT, and what follows it. */
void key_world_commit(struct key_world *world);
/* ROLLBACK, unless SQLite did it, and what follows it. */
void key_world_roll_back(struct key_world *world);
/* The whole of a commit with so many random keys, and the budget that it should have. */
void key_world_commit_keys(struct key_world *world, uint32_t keys);
/* The connection is gone in the middle of whatever it did. */
void key_world_crash(struct key_world *world);

/* No statement of the connection is left open. */
void key_world_check_idle(struct key_world *world);
/* What is there is found at its position, what is not is not found. */
void key_world_check_present(struct key_world *world, uint64_t position);
void key_world_check_absent(struct key_world *world);
void key_world_check_all(struct key_world *world);

#endif
