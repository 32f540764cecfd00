/* Releases: a binary heap in an array.
 *
 * Invariant: no entry comes before its parent; see struct releases.
 */
#include "backtest/releases.h"

#include <stdlib.h>

#define RELEASES_FIRST 256

void releases_release(struct releases *releases)
{
    free(releases->heap);
    *releases = (struct releases){.heap = NULL};
}

static bool comes_before(const struct release *a, const struct release *b)
{
    if (a->at_us != b->at_us) return a->at_us < b->at_us;
    return a->position < b->position;
}

enum status releases_add(struct releases *releases, struct release release)
{
    if (releases->count == releases->capacity) {
        size_t capacity = releases->capacity == 0 ? RELEASES_FIRST : releases->capacity * 2;
        struct release *heap = reallocarray(releases->heap, capacity, sizeof *heap);
        if (heap == NULL) return STATUS_NO_MEMORY;
        releases->heap = heap;
        releases->capacity = capacity;
    }
    struct release *heap = releases->heap;
    size_t at = releases->count++;
    while (at > 0 && comes_before(&release, &heap[(at - 1) / 2])) {
        heap[at] = heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap[at] = release;
    return STATUS_OK;
}

bool releases_take(struct releases *releases, int64_t until_us, struct release *release)
{
    struct release *heap = releases->heap;
    if (releases->count == 0 || heap[0].at_us > until_us) return false;
    *release = heap[0];
    struct release last = heap[--releases->count];
    size_t at = 0;
    for (size_t child = 1; child < releases->count; child = 2 * at + 1) {
        if (child + 1 < releases->count && comes_before(&heap[child + 1], &heap[child])) child++;
        if (!comes_before(&heap[child], &last)) break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = last;
    return true;
}
