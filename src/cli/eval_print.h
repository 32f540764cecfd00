/* What the verb eval prints: of a mistake its sentence, line and caret; of a value its text and, if
 * it is false, why. Or all of it as one JSON object, for programs.
 */
#ifndef GUERDON_CLI_EVAL_PRINT_H
#define GUERDON_CLI_EVAL_PRINT_H

#include "engine/engine.h"

#define EVAL_WHY_MAXIMUM_BYTES ((size_t)64 << 10)

struct evaluated {
    struct text source; /* the expression */
    struct tried_expression tried;
    const struct item *items; /* of the order; NULL: there is none */
    bool has_event;
    bool with_type;
    bool is_json;
    bool has_failed; /* it has problems, or a value is an error */
    bool has_values; /* one was added */
};

/* Problems and warnings, and the type. */
MUST_CHECK enum status eval_begin(struct evaluated *evaluated, struct buffer *out);
/* A value; `item`: of that item of the order, PROGRAM_NONE of none. */
MUST_CHECK enum status eval_add_value(struct evaluated *evaluated, uint32_t item,
                                      struct cel_value value, struct text why, struct buffer *out);
MUST_CHECK enum status eval_end(const struct evaluated *evaluated, struct buffer *out);

#endif
