/* The bench: the engine over a tiny store of its own. A command is planned, loaded, decided,
 * encoded, decoded and applied to copies of the states from before; bytes and postings are
 * compared; then it is saved. The tests of the engine stand on it.
 */
#ifndef GUERDON_TESTS_AUDITOR_BENCH_H
#define GUERDON_TESTS_AUDITOR_BENCH_H

#include "engine/bounds.h"

#define BENCH_SLOTS 32768 /* a power of two, far above what a world makes */

struct entry {
    bool is_used;
    enum entity_kind kind;
    char id[EVENT_ID_MAXIMUM];
    size_t id_length;
    uint8_t *bytes;
    size_t size;
    size_t capacity;
};

struct bench {
    const struct program *program;
    struct bounds bounds; /* of the members' states; the usual ones unless a test sets others */
    struct entry entries[BENCH_SLOTS];
    int used[BENCH_SLOTS];
    int used_count;
    struct states states;
    struct states folded;
    struct arena arena;
    struct buffer record;
    struct buffer record_again;
    /* When there is a shadow: every record, each behind its length, and what the shadow is to
     * recover from: of each entity the state as of a position of its own. */
    struct bench *shadow;
    uint64_t shadow_seed;
    uint64_t shadow_until; /* at the latest */
    struct buffer journal;
    long spilled;       /* pages that decisions opened, */
    long recalled;      /* and looked into */
    char message[1000]; /* what went wrong last */
};

struct bench *bench_new(void);
void bench_free(struct bench *bench);
/* Forgets every state. */
void bench_begin(struct bench *bench, const struct program *program);
/* False, with a message. */
bool bench_fail(struct bench *bench, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Plans, loads and decides; `*status` is the decision's. Saves nothing. */
bool bench_decide(struct bench *bench, const struct event *event, struct decision *decision,
                  enum status *status);
/* Checks the decision by folding its record and by its postings, and saves. */
bool bench_keep(struct bench *bench, const struct event *event, const struct decision *decision);
/* From now on the shadow has of each entity what was saved last before a position of its own, which
 * is at most `until` and hangs on the seed. */
void bench_shadow(struct bench *bench, struct bench *shadow, uint64_t seed, uint64_t until);
/* Folds the journal into the shadow's states; false when it then has not the same states. */
bool bench_recover(struct bench *bench);
/* False when the two stores differ in a member, order or redemption. */
bool bench_same(struct bench *bench, const struct bench *other);
/* Loads a member into `folded`, settles that copy, and loads all its lots. */
bool bench_settle(struct bench *bench, struct text member, int64_t at_us);

#endif
