/* Tree: what the tests of reading have in common: an expression that is read, its tree as one line,
 * and whether two trees are the same. Never part of the program.
 *
 * A tree is written (function part part ...): (_+_ a (_*_ b 2)), (. a b), (.? a b), (has a b),
 * (f target; argument), [a b], {k: v}, Name{field: value}; a loop (LOOP x in range; initial;
 * condition; step; result).
 */
#ifndef GUERDON_TESTS_CEL_TREE_H
#define GUERDON_TESTS_CEL_TREE_H

#include "../base/check.h"

#include "cel/inner.h"

struct reading {
    struct arena arena;
    struct cel_problems problems;
    struct buffer out;
};

/* For cmocka: makes a reading, and gives it back. */
int reading_set_up(void **state);
int reading_tear_down(void **state);
/* Forgets what was read before. */
void reading_begin(struct reading *reading);
MUST_CHECK enum status reading_parse(struct reading *reading, struct text source,
                                     struct cel_node **root);
/* The tree of an expression that can be read; the test fails for another. */
struct cel_node *reading_tree(struct reading *reading, const char *source);
/* The tree as a line, in reading->out. */
struct text reading_line(struct reading *reading, const struct cel_node *node);
/* Whether two trees are the same in all but their places. */
bool reading_same(const struct cel_node *a, const struct cel_node *b);

#endif
