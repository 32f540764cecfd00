/* Reading YAML, and JSON as the YAML that it is, into a tree. */
#ifndef GUERDON_PROGRAM_YAML_READ_H
#define GUERDON_PROGRAM_YAML_READ_H

#include "program/tree.h"

/* Reads one document. Mistakes go to `problems`, duplicate keys among them; after those the tree is
 * still given, without the later of the two. STATUS_SYNTAX when there is no tree to look at,
 * STATUS_NO_MEMORY when the arena is full. */
MUST_CHECK enum status yaml_read(struct arena *arena, struct text file, struct text text,
                                 struct problem_list *problems, const struct node **root);

#endif
