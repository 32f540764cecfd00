/* The standard library: what the language definition calls standard, joined of the files that have
 * it. */
#include "cel/standard.h"

#include "cel/function_tables.h"

static const struct cel_library *const parts[] = {
    &cel_part_arithmetic, &cel_part_compare, &cel_part_convert,
    &cel_part_collection, &cel_part_string,  &cel_part_time,
};

const struct cel_library cel_library_standard = {
    .name = "standard",
    .parts = parts,
    .part_count = sizeof parts / sizeof parts[0],
};
