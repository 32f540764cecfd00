/* What the tests of this room share: files of the source tree, and trees written as JSON. */
#ifndef GUERDON_TESTS_PROGRAM_SUPPORT_H
#define GUERDON_TESTS_PROGRAM_SUPPORT_H

#include "program/program.h"
#include "program/tree.h"

/* The source tree; set from the first argument of each test program. */
extern const char *source_root;

/* A whole file below source_root, NUL-terminated; the caller frees the bytes. Ends the program when
 * it cannot be read, so that no test passes by looking in the wrong place. */
struct text support_read(const char *name);
void support_free(struct text text);

/* Names below source_root/examples/programs, sorted. */
#define EXAMPLE_MAXIMUM 64
size_t support_examples(char names[EXAMPLE_MAXIMUM][128]);

/* A programme from a text, with its arenas; problems as lines "LINE:COLUMN: message\n" in `said`.
 */
struct loaded {
    struct arena arena;
    struct arena problem_arena;
    struct problem_list problems;
    struct buffer said;
    enum status status;
    const struct program *program; /* NULL when it was refused */
};
void support_load(struct loaded *loaded, struct text text);
void support_unload(struct loaded *loaded);

/* The tree as JSON, plain scalars typed as YAML 1.2 (core schema) types them. With `escaped` every
 * character that JSON can escape is escaped: / as \/, and above ASCII as \u, in pairs if need be.
 */
MUST_CHECK enum status support_json(const struct node *node, bool escaped, struct buffer *out);

#endif
