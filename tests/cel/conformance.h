/* Conformance: the public tests of the language as C sees them.
 *
 * conformance/lines.js turns them into lines of JSON and says there what each member means;
 * conformance_read.c runs it, conformance_value.c makes values of what the lines say and compares
 * values with it. That comparison is its own on purpose: the room's `==` is among what is tested.
 */
#ifndef GUERDON_TESTS_CEL_CONFORMANCE_H
#define GUERDON_TESTS_CEL_CONFORMANCE_H

#include <yyjson.h>

#include "cel/cel.h"

struct conformance_lines {
    struct buffer bytes;
    size_t at;
};

/* The lines of "conformance", "parsing", "checking" or "comprehension"; release them with
 * buffer_release(&lines->bytes). False, with a word on standard error, when Node.js or the package
 * is not there. */
bool conformance_read(const char *collection, struct conformance_lines *lines);
/* The next line's object, to be freed by the caller; NULL behind the last. */
yyjson_doc *conformance_next(struct conformance_lines *lines);
/* Members of a line; an empty view and NULL when it has none of that name. */
struct text conformance_text(yyjson_val *object, const char *member);

/* The value that a line says, in `arena`; its texts are views of the line. */
struct cel_value conformance_value(struct arena *arena, yyjson_val *said);
/* Are they the same, kind by kind? NaN is NaN here; maps have no order. */
bool conformance_matches(yyjson_val *said, struct cel_value value);

#endif
