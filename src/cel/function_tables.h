/* The parts of the standard library that function_string.c and function_time.c keep; standard.c
 * joins them with the others. */
#ifndef GUERDON_CEL_FUNCTION_TABLES_H
#define GUERDON_CEL_FUNCTION_TABLES_H

#include "cel/function.h"

extern const struct cel_library cel_part_string; /* contains, startsWith, endsWith, matches */
extern const struct cel_library cel_part_time;   /* getFullYear and the like */

#endif
