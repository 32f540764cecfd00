/* The reference of all keys for docs/program.md. Inner to the room. */
#ifndef GUERDON_PROGRAM_DOCUMENT_H
#define GUERDON_PROGRAM_DOCUMENT_H

#include "base/base.h"

/* Markdown: a table for each shape, and the reserved keys. What the page holds between its two
 * markers is exactly this. */
MUST_CHECK enum status document_keys(struct buffer *out);
#define DOCUMENT_BEGIN "<!-- keys: begin -->\n"
#define DOCUMENT_END "<!-- keys: end -->\n"

#endif
