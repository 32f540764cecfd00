/* Arena: how blocks are taken, filled, kept and given back.
 *
 * Allocation moves a mark along the newest block. When that block is too full, the spare one takes
 * its place if it is large enough; only without it does malloc answer, with a block at least twice
 * as large as the newest. Clearing keeps the largest block alone, as the spare: after a few
 * commands one block holds all that a command needs, and malloc is not asked again.
 *
 * Invariants
 *   1. Everything given out is a multiple of 16 bytes long and starts at a multiple of 16.
 *   2. used = what was given out since the last clear, so rounded, and used <= maximum.
 *   3. Under the address sanitizer every byte that was not asked for is poisoned, so that a use
 *      after arena_clear, or past the end, is reported.
 */
#include "base/arena.h"

#include <stdio.h>
#include <stdlib.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_POISONS 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define ARENA_POISONS 1
#endif

#ifdef ARENA_POISONS
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(bytes, size) ((void)(bytes), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(bytes, size) ((void)(bytes), (void)(size))
#endif

#define ALIGNMENT_BYTES 16
#define BLOCK_BYTES_FIRST 4096
#define FORMAT_USUAL_BYTES 200 /* what is not longer is formatted once */
#define BLOCK_BYTES_DOUBLED_TO (16 * 1024 * 1024)

struct arena_block {
    struct arena_block *older;
    size_t capacity;
    size_t used;
    _Alignas(ALIGNMENT_BYTES) char bytes[];
};

void arena_init(struct arena *arena, size_t maximum_bytes)
{
    *arena = (struct arena){.maximum = maximum_bytes};
}

static void free_block(struct arena_block *block)
{
    if (block != NULL) ASAN_UNPOISON_MEMORY_REGION(block->bytes, block->capacity);
    free(block);
}

/* Makes `block` the spare unless there is a larger one; frees the one that is not needed. */
static void keep_larger(struct arena *arena, struct arena_block *block)
{
    struct arena_block *spare = arena->spare;
    bool is_larger = spare == NULL || spare->capacity < block->capacity;
    arena->spare = is_larger ? block : spare;
    free_block(is_larger ? spare : block);
}

struct arena_promise {
    struct arena_promise *earlier;
    void (*release)(void *thing);
    void *thing;
};

enum status arena_defer(struct arena *arena, void (*release)(void *thing), void *thing)
{
    struct arena_promise *promise = arena_new(arena, struct arena_promise);
    if (promise == NULL) return STATUS_NO_MEMORY;
    *promise = (struct arena_promise){arena->promises, release, thing};
    arena->promises = promise;
    return STATUS_OK;
}

void arena_clear(struct arena *arena)
{
    for (; arena->promises != NULL; arena->promises = arena->promises->earlier)
        arena->promises->release(arena->promises->thing);
    while (arena->newest != NULL) {
        struct arena_block *block = arena->newest;
        arena->newest = block->older;
        block->used = 0;
        ASAN_POISON_MEMORY_REGION(block->bytes, block->capacity);
        keep_larger(arena, block);
    }
    arena->used = 0;
}

void arena_release(struct arena *arena)
{
    arena_clear(arena);
    free_block(arena->spare);
    arena->spare = NULL;
}

static size_t new_block_capacity(const struct arena *arena, size_t bytes)
{
    size_t capacity = BLOCK_BYTES_FIRST;
    if (arena->newest != NULL && arena->newest->capacity >= capacity)
        capacity = arena->newest->capacity * 2;
    if (capacity > BLOCK_BYTES_DOUBLED_TO) capacity = BLOCK_BYTES_DOUBLED_TO;
    size_t left = arena->maximum - arena->used;
    if (capacity > left) capacity = left;
    return capacity < bytes ? bytes : capacity;
}

static struct arena_block *new_block(const struct arena *arena, size_t bytes)
{
    size_t capacity = new_block_capacity(arena, bytes);
    if (capacity > SIZE_MAX - sizeof(struct arena_block)) return NULL;
    struct arena_block *block = malloc(sizeof *block + capacity);
    if (block == NULL) return NULL;
    block->capacity = capacity;
    block->used = 0;
    ASAN_POISON_MEMORY_REGION(block->bytes, capacity);
    return block;
}

/* Makes a block with room for `bytes` the newest. */
static struct arena_block *add_block(struct arena *arena, size_t bytes)
{
    struct arena_block *block = arena->spare;
    if (block != NULL && block->capacity >= bytes)
        arena->spare = NULL;
    else
        block = new_block(arena, bytes);
    if (block == NULL) return NULL;
    block->older = arena->newest;
    arena->newest = block;
    return block;
}

void *arena_allocate(struct arena *arena, size_t bytes)
{
    if (bytes > SIZE_MAX - (ALIGNMENT_BYTES - 1)) return NULL;
    size_t rounded = (bytes + (ALIGNMENT_BYTES - 1)) & ~(size_t)(ALIGNMENT_BYTES - 1);
    /* Nothing asked for is still an address of its own, not NULL. */
    if (rounded == 0) rounded = ALIGNMENT_BYTES;
    if (rounded > arena->maximum - arena->used) return NULL;

    struct arena_block *block = arena->newest;
    if (block == NULL || rounded > block->capacity - block->used) {
        block = add_block(arena, rounded);
        if (block == NULL) return NULL;
    }
    char *result = block->bytes + block->used;
    block->used += rounded;
    arena->used += rounded;
    ASAN_UNPOISON_MEMORY_REGION(result, bytes == 0 ? 1 : bytes);
    return result;
}

void *arena_allocate_zeroed(struct arena *arena, size_t count, size_t size)
{
    size_t bytes = 0;
    if (__builtin_mul_overflow(count, size, &bytes)) return NULL;
    void *result = arena_allocate(arena, bytes);
    if (result != NULL) memset(result, 0, bytes);
    return result;
}

struct text arena_copy(struct arena *arena, struct text text)
{
    if (text.length == SIZE_MAX) return (struct text){NULL, 0};
    char *bytes = arena_allocate(arena, text.length + 1);
    if (bytes == NULL) return (struct text){NULL, 0};
    if (text.length > 0) memcpy(bytes, text.bytes, text.length);
    bytes[text.length] = '\0';
    return (struct text){bytes, text.length};
}

struct text arena_format(struct arena *arena, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    struct text result = arena_format_arguments(arena, format, arguments);
    va_end(arguments);
    return result;
}

struct text arena_format_arguments(struct arena *arena, const char *format, va_list arguments)
{
    va_list again;
    va_copy(again, arguments);
    struct text result = {NULL, 0};
    char usual[FORMAT_USUAL_BYTES];
    int length = vsnprintf(usual, sizeof usual, format, arguments);
    char *bytes = length < 0 ? NULL : arena_allocate(arena, (size_t)length + 1);
    if (bytes != NULL && (size_t)length < sizeof usual) {
        memcpy(bytes, usual, (size_t)length + 1);
        result = (struct text){bytes, (size_t)length};
    } else if (bytes != NULL && vsnprintf(bytes, (size_t)length + 1, format, again) == length) {
        result = (struct text){bytes, (size_t)length};
    }
    va_end(again);
    return result;
}
