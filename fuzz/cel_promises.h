/* Promises: what must hold for every expression, in an environment with objects and all extensions.
 *
 * 1. Problems are UTF-8, lie inside the source and can be printed.
 * 2. What a tree prints as is read again and prints the same.
 * 3. An evaluation takes no more steps than was estimated, and with a bounded cost never too many.
 * 4. It gives what the static type says, the same each time, and the constant that it was folded
 * to.
 * 5. Without a check it gives the same, or an error: what needs the check (a number read exactly
 *    beside an amount) has no other meaning without.
 */
#ifndef GUERDON_FUZZ_CEL_PROMISES_H
#define GUERDON_FUZZ_CEL_PROMISES_H

#include "cel/cel.h"

/* The lowest four bits of `rules` are those of the environment, in the order of struct cel_rules;
 * higher ones than these two are not looked at. */
#define CEL_WITHOUT_CHECK 16u

/* An assertion fails where one does not hold. */
void cel_hold_promises(unsigned rules, struct text source);

#endif
