/* Text: views that own nothing, and a buffer that grows.
 *
 * `struct text` is a view of bytes that somebody else owns; it is not NUL-terminated and may hold
 * any byte. `struct buffer` owns its bytes and grows up to a maximum that its owner names; past it
 * an append fails with STATUS_LIMIT and the buffer stays as it was.
 */
#ifndef GUERDON_BASE_TEXT_H
#define GUERDON_BASE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/status.h"

struct text {
    const char *bytes;
    size_t length;
};

/* A view of a string literal, or of an array whose last byte is NUL. */
#define TEXT(literal) ((struct text){(literal), sizeof(literal) - 1})
/* The same in the initialiser of a static table. */
#define TEXT_INITIALISER(literal)                                                                  \
    {                                                                                              \
        (literal), sizeof(literal) - 1                                                             \
    }
/* For printf: printf("%.*s", TEXT_ARGUMENTS(view)). */
#define TEXT_ARGUMENTS(view) (int)(view).length, (view).bytes

static inline struct text text_of(const char *terminated)
{
    return (struct text){terminated, strlen(terminated)};
}

static inline bool text_equal(struct text a, struct text b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.bytes, b.bytes, a.length) == 0);
}

static inline bool text_is_empty(struct text text)
{
    return text.length == 0;
}

/* Byte order; a prefix comes first. Below, equal to or above 0, like memcmp. */
int text_compare(struct text a, struct text b);
bool text_starts_with(struct text text, struct text prefix);
bool text_ends_with(struct text text, struct text suffix);
/* Without ASCII white space at both ends. */
struct text text_trim(struct text text);
/* The part before the first `separator`; `*rest` becomes what follows it (empty if there is none).
 */
struct text text_split(struct text text, char separator, struct text *rest);
/* ASCII letters compared without case. */
bool text_equal_ignoring_case(struct text a, struct text b);

/* True if the bytes are well-formed UTF-8 (no surrogates, no overlong forms, at most U+10FFFF).
 * On false, `*bad` (may be NULL) is the offset of the first byte that is not. */
bool text_is_utf8(struct text text, size_t *bad);

/* Number of insertions, deletions, substitutions and swaps of neighbours between two short texts
 * (at most 64 bytes each are looked at). Damerau, "A technique for computer detection and
 * correction of spelling errors", 1964, in its restricted form. */
unsigned text_distance(struct text a, struct text b);
/* Index of the candidate nearest to `wrong`, or -1 if none is near enough to be meant
 * (more than a third of its length away). */
int text_nearest(struct text wrong, const struct text *candidates, size_t count);

struct buffer {
    char *bytes;
    size_t length;
    size_t capacity;
    size_t maximum;
};

/* An empty buffer that may grow to `maximum` bytes; allocates nothing yet. */
void buffer_init(struct buffer *buffer, size_t maximum);
/* Frees the bytes; the buffer may be used again with its old maximum. */
void buffer_release(struct buffer *buffer);
/* Empties it and keeps its memory. */
void buffer_clear(struct buffer *buffer);
MUST_CHECK enum status buffer_reserve(struct buffer *buffer, size_t more);
MUST_CHECK enum status buffer_add(struct buffer *buffer, struct text text);
MUST_CHECK enum status buffer_add_byte(struct buffer *buffer, char byte);
MUST_CHECK enum status buffer_add_format(struct buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
MUST_CHECK enum status buffer_add_arguments(struct buffer *buffer, const char *format,
                                            va_list arguments)
    __attribute__((format(printf, 2, 0)));
/* A view of what it holds, good until the next call that changes it. */
static inline struct text buffer_text(const struct buffer *buffer)
{
    return (struct text){buffer->bytes == NULL ? "" : buffer->bytes, buffer->length};
}

#endif
