/* Surrogate pairs: JSON writes a character above U+FFFF as two escapes (\ud83d\ude00), which YAML
 * does not know. Before the parser sees a JSON text, each pair is replaced by the character itself;
 * the columns that this takes away are remembered, so that places can still be given as in the
 * file.
 */
#ifndef GUERDON_PROGRAM_SURROGATE_H
#define GUERDON_PROGRAM_SURROGATE_H

#include "base/base.h"

struct surrogate_shift {
    uint32_t line;   /* from 1 */
    uint32_t column; /* from 1, of the character in the new text */
    uint32_t nth;    /* from 1, among the pairs of its line */
};

struct surrogate_map {
    struct surrogate_shift *shifts; /* in file order */
    size_t count;
};

/* The text with its pairs replaced, in `arena`; the same view when it is not JSON or has none. */
MUST_CHECK enum status surrogate_replace(struct arena *arena, struct text text,
                                         struct text *replaced, struct surrogate_map *map);
/* Where in the original text a place of the new one is. */
struct position surrogate_original(const struct surrogate_map *map, struct position place);

#endif
