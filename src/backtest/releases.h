/* Releases: the instants at which pending points of members become available, soonest first.
 *
 * An entry is a promise, not a fact: the points may be gone by then, so whoever takes one looks at
 * the member first.
 */
#ifndef GUERDON_BACKTEST_RELEASES_H
#define GUERDON_BACKTEST_RELEASES_H

#include "base/base.h"

struct release {
    int64_t at_us;
    uint64_t position; /* of the event that opened the lot: equal instants go in its order */
    uint32_t member;
};

struct releases {
    struct release *heap; /* heap[k] comes before heap[2k + 1] and heap[2k + 2] */
    size_t count;
    size_t capacity;
};

void releases_release(struct releases *releases);
MUST_CHECK enum status releases_add(struct releases *releases, struct release release);
/* Takes the soonest if it is due at `until_us` or before. */
bool releases_take(struct releases *releases, int64_t until_us, struct release *release);

#endif
