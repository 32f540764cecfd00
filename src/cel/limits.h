/* The limits of an expression and of what it works on; each is tested at its edge.
 *
 * An expression comes from a person, and is evaluated in the middle of a sale. So each of its
 * dimensions has a bound, and what cannot be bounded by looking at it is refused when it is
 * compiled.
 */
#ifndef GUERDON_CEL_LIMITS_H
#define GUERDON_CEL_LIMITS_H

#define CEL_SOURCE_MAXIMUM_BYTES (64u << 10) /* text of one expression */
#define CEL_DEPTH_MAXIMUM 250                /* nodes above each other, macros expanded */
#define CEL_NODE_MAXIMUM 20000               /* nodes of one expression, macros expanded */
#define CEL_ARGUMENT_MAXIMUM 64              /* arguments of one call */
#define CEL_NESTED_COMPREHENSION_MAXIMUM 12  /* comprehensions inside each other */
#define CEL_VARIABLE_MAXIMUM 256             /* variables of one environment */
#define CEL_OBJECT_TYPE_MAXIMUM 1000         /* object types of one environment */
#define CEL_FIELD_MAXIMUM 2000               /* fields of one object type */
#define CEL_PROBLEM_MAXIMUM 50               /* problems told of one expression */
#define CEL_STEP_MAXIMUM 1000000             /* steps of one evaluation */
#define CEL_STRING_MAXIMUM_BYTES (64u << 10) /* a string or bytes, read or made */
#define CEL_LIST_MAXIMUM 2000 /* elements of a list, entries of a map: items of an order */
#define CEL_SCRATCH_MAXIMUM_BYTES (16u << 20) /* memory of one evaluation */
#define CEL_PATTERN_MAXIMUM_BYTES 1000        /* text of one regular expression */
#define CEL_PATTERN_MEMORY_BYTES (256u << 10) /* memory of one compiled regular expression */

#endif
