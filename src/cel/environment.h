/* Environment: what expressions may name. Made once, then read only, by any number of threads.
 *
 * The host declares its object types with their fields, variables and functions; how a field is
 * read it says to each evaluation (struct cel_host, function.h). Everything is kept in the arena
 * that the environment was made in.
 */
#ifndef GUERDON_CEL_ENVIRONMENT_H
#define GUERDON_CEL_ENVIRONMENT_H

#include "cel/function.h"

#define CEL_NO_BOUND UINT32_MAX

/* What an environment is stricter about than the language definition. */
struct cel_rules {
    /* A timestamp's get functions must name a time zone: without, they mean UTC. */
    bool getters_need_zone;
    /* matches() and the like take constant patterns only. */
    bool patterns_are_constant;
    /* Money beside a plain number means that number in the money's own currency; otherwise that is
     * a problem which says to write money('50.00 EUR'). */
    bool money_meets_numbers;
    /* An expression that could take more steps than the maximum is refused. */
    bool cost_is_bounded;
};

/* The standard library alone; the others are added. STATUS_NO_MEMORY. */
MUST_CHECK enum status cel_environment_new(struct arena *arena, const struct cel_rules *rules,
                                           struct cel_environment **environment);

/* STATUS_LIMIT, STATUS_NO_MEMORY; STATUS_INVALID for a name that is taken. */
MUST_CHECK enum status cel_environment_add_library(struct cel_environment *environment,
                                                   const struct cel_library *library);
/* All of function.h's libraries. */
MUST_CHECK enum status cel_environment_add_extensions(struct cel_environment *environment);
MUST_CHECK enum status cel_environment_add_object(struct cel_environment *environment,
                                                  struct text name, uint16_t *object);
/* `type` as text ("list(item)"); `bound`: the most bytes of a string or elements of a list that it
 * can have, CEL_NO_BOUND for the limit of all. STATUS_SYNTAX, STATUS_NOT_FOUND of the type. */
MUST_CHECK enum status cel_environment_add_field(struct cel_environment *environment,
                                                 uint16_t object, struct text name,
                                                 struct text type, uint32_t field_id,
                                                 uint32_t bound);
MUST_CHECK enum status cel_environment_add_variable(struct cel_environment *environment,
                                                    struct text name, struct text type,
                                                    uint32_t bound, uint32_t *slot);
/* A name that always stands for that value (an enumeration's). */
MUST_CHECK enum status cel_environment_add_constant(struct cel_environment *environment,
                                                    struct text name, struct cel_value value);
/* One function of the host's: its overloads have implementation NULL and a host_id, or an
 * implementation. The table must outlive the environment. */
MUST_CHECK enum status cel_environment_add_function(struct cel_environment *environment,
                                                    const struct cel_function *function);

/* What was declared, for whoever writes documentation, completion or `--types`, as text lines in
 * the order of declaration ("order: order", "order.eligible: money", "string.charAt(int) ->
 * string"). They come in groups, an empty line between two, each under a line that begins with "#
 * ": variables, object types with fields, the host's functions, those of each library, operators,
 * and macros, as they are written. */
MUST_CHECK enum status cel_environment_print(const struct cel_environment *environment,
                                             struct buffer *out);
struct text cel_environment_object_name(const struct cel_environment *environment, uint16_t object);

#endif
