/* Memory: what the library's parts call instead of malloc and its kin.
 *
 * Nothing in the rooms names these: when they are put together to one library, their references to
 * malloc, calloc, realloc, reallocarray, aligned_alloc and free are turned to these six (see
 * meson.build), so that the rooms are compiled once and know nothing of it.
 */
#ifndef GUERDON_LIBRARY_MEMORY_H
#define GUERDON_LIBRARY_MEMORY_H

#include <stddef.h>

void *memory_take(size_t bytes);
void *memory_take_zeroed(size_t count, size_t bytes);
void *memory_resize(void *memory, size_t bytes);
void *memory_resize_array(void *memory, size_t count, size_t bytes);
/* Aligned as malloc does: more is asked for speed alone. */
void *memory_take_aligned(size_t alignment, size_t bytes);
void memory_give_back(void *memory);

#endif
