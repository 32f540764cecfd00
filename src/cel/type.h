/* Types: what the checker knows about a value before there is one.
 *
 * Types live in the arena of the environment (or of the expression whose check made them) and are
 * compared by structure with cel_type_equal; the ones without parameters are shared constants.
 *
 * Their texts, read by cel_type_parse and written by cel_type_print, which the signatures of
 * functions use too:
 *
 *   dyn null_type bool int uint double string bytes type timestamp duration decimal money
 *   list(T)  map(K, V)  type(T)  optional_type(T)  wrapper(int)
 *   ORDER           the name of a declared object type
 *   A, B, K, T, V   one capital letter: a parameter, to be found out by the checker
 *   tuple(A, B)     any other name with parameters: an abstract type
 */
#ifndef GUERDON_CEL_TYPE_H
#define GUERDON_CEL_TYPE_H

#include "cel/value.h"

enum cel_type_kind {
    CEL_TYPE_DYN,
    CEL_TYPE_ERROR, /* a problem has been told already: fits everywhere */
    CEL_TYPE_NULL,
    CEL_TYPE_BOOL,
    CEL_TYPE_INT,
    CEL_TYPE_UINT,
    CEL_TYPE_DOUBLE,
    CEL_TYPE_STRING,
    CEL_TYPE_BYTES,
    CEL_TYPE_TIMESTAMP,
    CEL_TYPE_DURATION,
    CEL_TYPE_DECIMAL,
    CEL_TYPE_MONEY,
    CEL_TYPE_LIST,      /* 1 parameter */
    CEL_TYPE_MAP,       /* 2 */
    CEL_TYPE_TYPE,      /* 0 or 1 */
    CEL_TYPE_OPTIONAL,  /* 1 */
    CEL_TYPE_WRAPPER,   /* 1: the primitive, or null */
    CEL_TYPE_OBJECT,    /* `name`, `object` */
    CEL_TYPE_ABSTRACT,  /* `name`, any number */
    CEL_TYPE_PARAMETER, /* `name` */
    CEL_TYPE_VARIABLE   /* the checker's own: `object` is the number of an unknown */
};

struct cel_type {
    enum cel_type_kind kind;
    uint32_t object; /* OBJECT: the type's id in its environment */
    struct text name;
    uint32_t parameter_count;
    const struct cel_type *const *parameters;
};

/* The shared types without parameters (kind DYN to MONEY; TYPE without parameter). */
const struct cel_type *cel_type_simple(enum cel_type_kind kind);
/* NULL when memory ran out. */
const struct cel_type *cel_type_list(struct arena *arena, const struct cel_type *element);
const struct cel_type *cel_type_map(struct arena *arena, const struct cel_type *key,
                                    const struct cel_type *value);
const struct cel_type *cel_type_with(struct arena *arena, enum cel_type_kind kind, struct text name,
                                     const struct cel_type *const *parameters, uint32_t count);
bool cel_type_equal(const struct cel_type *a, const struct cel_type *b);
/* The type whose text it is; object types are looked up in `environment` (may be NULL).
 * STATUS_SYNTAX, STATUS_NOT_FOUND for an unknown name, STATUS_NO_MEMORY. */
MUST_CHECK enum status cel_type_parse(struct arena *arena,
                                      const struct cel_environment *environment, struct text text,
                                      const struct cel_type **type);
MUST_CHECK enum status cel_type_print(const struct cel_type *type, struct buffer *out);
/* The type of a value at run time, as `type(x)` answers it: list, map and optional without their
 * parameters. */
const struct cel_type *cel_type_of_value(const struct cel_environment *environment,
                                         struct cel_value value);

#endif
