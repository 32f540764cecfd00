/* Arena: memory for one command or one programme, given back all at once.
 *
 * Blocks are taken from malloc; arena_clear keeps the largest, so that a cleared arena soon serves
 * a command without allocating. Every arena has a maximum; past it an allocation answers NULL.
 * What comes out is aligned to 16 bytes and, from arena_new*, zeroed.
 *
 *   +-------+--------------------------+     +-------+------------------+
 *   | block | used ....... | free      | <-- | block | used .... | free |   newest first
 *   +-------+--------------------------+     +-------+------------------+
 */
#ifndef GUERDON_BASE_ARENA_H
#define GUERDON_BASE_ARENA_H

#include "base/text.h"

struct arena_block;
struct arena_promise;

struct arena {
    struct arena_block *newest;
    struct arena_block *spare;      /* the block kept by arena_clear, or NULL */
    struct arena_promise *promises; /* what arena_clear calls first; NULL: nothing */
    size_t used; /* bytes given out since the last clear, each rounded up to 16 */
    size_t maximum;
};

void arena_init(struct arena *arena, size_t maximum_bytes);
void arena_release(struct arena *arena);
/* Forgets everything given out; keeps the largest block. */
void arena_clear(struct arena *arena);

/* For what a library allocated for something in the arena: `release(thing)` is called when the
 * arena is cleared or released, the latest first, before any of its memory goes. STATUS_NO_MEMORY:
 * it was not noted, and the caller releases it. */
MUST_CHECK enum status arena_defer(struct arena *arena, void (*release)(void *thing), void *thing);

/* `bytes` of memory, not zeroed; NULL when malloc or the maximum says no. */
void *arena_allocate(struct arena *arena, size_t bytes);
/* `count` zeroed elements of `size` bytes. */
void *arena_allocate_zeroed(struct arena *arena, size_t count, size_t size);
#define arena_new(arena, type) ((type *)arena_allocate_zeroed((arena), 1, sizeof(type)))
#define arena_new_array(arena, type, count)                                                        \
    ((type *)arena_allocate_zeroed((arena), (count), sizeof(type)))

/* A copy of the bytes, NUL-terminated behind its end for the sake of C libraries.
 * Its bytes are NULL when memory ran out. */
struct text arena_copy(struct arena *arena, struct text text);
/* printf into the arena, NUL-terminated too; bytes NULL when memory ran out. */
struct text arena_format(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
struct text arena_format_arguments(struct arena *arena, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

#endif
