/* Memory: the caller's function, or the C library's.
 *
 * Which one it is is settled by the first call, whichever that is, and stays: memory taken from one
 * must not be given back to the other.
 */
#include "library/memory.h"

#include <guerdon.h>
#include <stdatomic.h>
#include <stdlib.h>

static void *usual_resize(void *context, void *memory, size_t bytes)
{
    (void)context;
    if (bytes > 0) return realloc(memory, bytes);
    free(memory);
    return NULL;
}

enum settling { OPEN, SETTLING, SETTLED };

static atomic_int settled = OPEN;
static struct guerdon_memory source = {sizeof source, usual_resize, NULL};

/* True for the one caller that found it open. */
static int settle_first(void)
{
    int expected = OPEN;
    return atomic_compare_exchange_strong(&settled, &expected, SETTLING);
}

enum guerdon_status guerdon_set_memory(const struct guerdon_memory *memory)
{
    if (memory == NULL || memory->size != sizeof *memory || memory->resize == NULL) {
        return GUERDON_MISUSE;
    }
    if (!settle_first()) return GUERDON_MISUSE;
    source = *memory;
    atomic_store(&settled, SETTLED);
    return GUERDON_OK;
}

void *memory_resize(void *memory, size_t bytes)
{
    if (settle_first()) atomic_store(&settled, SETTLED);
    while (atomic_load(&settled) != SETTLED) {
        /* another thread is in the two lines of guerdon_set_memory */
    }
    return source.resize(source.context, memory, bytes == 0 ? 1 : bytes);
}

void *memory_take(size_t bytes)
{
    return memory_resize(NULL, bytes);
}

void *memory_resize_array(void *memory, size_t count, size_t bytes)
{
    size_t all;
    return __builtin_mul_overflow(count, bytes, &all) ? NULL : memory_resize(memory, all);
}

void *memory_take_zeroed(size_t count, size_t bytes)
{
    void *memory = memory_resize_array(NULL, count, bytes);
    if (memory != NULL) memset(memory, 0, count * bytes);
    return memory;
}

void *memory_take_aligned(size_t alignment, size_t bytes)
{
    (void)alignment;
    return memory_resize(NULL, bytes);
}

void memory_give_back(void *memory)
{
    if (memory != NULL) (void)source.resize(source.context, memory, 0);
}
