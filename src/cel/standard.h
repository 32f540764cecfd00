/* The tables that standard.c joins into the standard library, one for each file, and what the
 * planner has to know of single functions. */
#ifndef GUERDON_CEL_STANDARD_H
#define GUERDON_CEL_STANDARD_H

#include "cel/function.h"

/* _+_ _-_ _*_ _/_ _%_ -_ */
extern const struct cel_library cel_part_arithmetic;
/* _==_ _!=_ _<_ _<=_ _>_ _>=_ !_ _&&_ _||_ _?_:_ @not_strictly_false */
extern const struct cel_library cel_part_compare;
/* bool int uint double string bytes timestamp duration type dyn */
extern const struct cel_library cel_part_convert;
/* size @in _[_] _[?_] cel.@mapInsert */
extern const struct cel_library cel_part_collection;

/* The generic equality, its negation, and the orders: the evaluator does the common ones itself. */
struct cel_value cel_equals(struct cel_call *call, const struct cel_value *arguments);
struct cel_value cel_differs(struct cel_call *call, const struct cel_value *arguments);
/* These two are jumps when they are planned: the second part may never be evaluated. */
struct cel_value cel_optional_or(struct cel_call *call, const struct cel_value *arguments);
struct cel_value cel_optional_or_value(struct cel_call *call, const struct cel_value *arguments);

/* What an index finds in a list, map or optional: the element, an error, and for `is_optional`
 * optional.none() or what is there in an optional made in `arena`. */
struct cel_value cel_index(struct arena *arena, struct cel_value container, struct cel_value key,
                           bool is_optional);
/* `value` in an optional; CEL_FAULT_NO_MEMORY. */
struct cel_value cel_optional_of(struct arena *arena, struct cel_value value);

#endif
