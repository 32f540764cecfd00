/* Functions: how they are declared, called and found.
 *
 * A library is a table of functions, each with its overloads; every one has a signature in words of
 * type.h and the C function that computes it:
 *
 *     {"string_char_at_int", "string.(int) -> string", string_char_at, CEL_COST_ONE}
 *
 * "T.(...)" is a member function, called as target.name(...); its target is the first argument of
 * the implementation. Declared once here, a function is known to the checker (signature), the
 * planner (dispatch) and the cost estimate (cost).
 *
 * An implementation is pure: the same arguments give the same value, so that calls of constants are
 * computed when an expression is compiled. It gets arguments of kinds that fit its signature
 * (checked at run time where the checker could not) and never an error among them. What it makes it
 * takes from call->arena; when memory runs out it answers cel_error(CEL_FAULT_NO_MEMORY, NULL).
 * Work that grows with its arguments it announces with cel_spend first.
 */
#ifndef GUERDON_CEL_FUNCTION_H
#define GUERDON_CEL_FUNCTION_H

#include "cel/type.h"

struct cel_overload;
struct cel_pattern;

struct cel_evaluation;

/* How the host's objects are read. Neither function may keep a value that it was given, and what
 * they answer lives until the evaluation is over (evaluation->arena serves). */
struct cel_host {
    /* The field with the id that cel_environment_add_field was given; cel_error(CEL_FAULT_UNSET)
     * for one that this object does not have, and has(object.field) is then false. */
    struct cel_value (*field)(struct cel_evaluation *evaluation, struct cel_value object,
                              uint32_t field_id);
    /* A function of the host's with the id of its overload's host_id. */
    struct cel_value (*call)(struct cel_evaluation *evaluation, uint32_t host_id,
                             const struct cel_value *arguments, uint32_t count);
};

/* What one evaluation shares: the host's context, memory, and the steps that are left. */
struct cel_evaluation {
    const struct cel_environment *environment;
    const struct cel_host *host; /* NULL: there are no objects */
    void *context;               /* the host's: given to its field and call functions */
    struct arena *arena;         /* results and whatever is in between */
    uint64_t steps;              /* spent so far */
    uint64_t step_maximum;
};

struct cel_call {
    struct cel_evaluation *evaluation;
    struct arena *arena; /* evaluation->arena, at hand */
    const struct cel_overload *overload;
    uint32_t count;       /* arguments, the target included */
    const void *prepared; /* what the planner made of constant arguments, or NULL */
};

typedef struct cel_value (*cel_implementation)(struct cel_call *call,
                                               const struct cel_value *arguments);

/* How many steps a call takes, for the static estimate; announced at run time by cel_spend. */
enum cel_cost {
    CEL_COST_ONE,      /* whatever the arguments */
    CEL_COST_TEXT,     /* one more for each 64 bytes of its text arguments, and of its result */
    CEL_COST_ELEMENTS, /* one more for each element of its list or map arguments */
    CEL_COST_PRODUCT   /* the product of the sizes of its two first arguments */
};

/* Prepares a call whose argument `index` is a constant: a pattern to compile, a time zone to open.
 * NULL and a fault when the constant can never be right; told at compile time. */
typedef const void *(*cel_prepare)(const struct cel_environment *environment, struct arena *arena,
                                   struct cel_value constant, enum cel_fault *fault,
                                   const char **detail);

struct cel_overload {
    const char *id;
    const char *signature;
    cel_implementation implementation; /* NULL: the host's, called by host.call with `host_id` */
    enum cel_cost cost;
    cel_prepare prepare; /* NULL: nothing to prepare */
    uint32_t prepare_argument;
    uint32_t host_id;
};

struct cel_function {
    const char *name; /* "substring", "math.greatest", "_+_" */
    const struct cel_overload *overloads;
    uint32_t overload_count;
};

struct cel_library {
    const char *name; /* "strings" */
    const struct cel_function *functions;
    uint32_t function_count;
};
/* {"charAt", CEL_OVERLOADS(char_at)} */
#define CEL_OVERLOADS(array) (array), (uint32_t)(sizeof(array) / sizeof((array)[0]))

/* Operators, conversions, size, string tests, timestamps and durations, type, dyn: what the
 * language definition calls standard. Written over several files; standard.c joins them. */
extern const struct cel_library cel_library_standard;
/* The public extensions, by their published names. */
extern const struct cel_library cel_library_strings;
extern const struct cel_library cel_library_math;
extern const struct cel_library cel_library_lists;
extern const struct cel_library cel_library_sets;
extern const struct cel_library cel_library_encoders;
extern const struct cel_library cel_library_optionals;
/* decimal and money. */
extern const struct cel_library cel_library_amounts;

/* Announces `steps` of work; false when that is more than is left, and the caller then answers
 * cel_error(CEL_FAULT_STEPS, NULL). */
static inline bool cel_spend(struct cel_call *call, uint64_t steps)
{
    call->evaluation->steps += steps;
    return call->evaluation->steps <= call->evaluation->step_maximum;
}

/* Regular expressions by RE2, in cxx.cc. A pattern lives as long as the arena, which releases it
 * (arena_defer). NULL when it is not valid or too large; `*message` (in `arena`) then says why. */
struct cel_pattern *cel_pattern_new(struct arena *arena, struct text pattern, const char **message);
/* Is some part of `text` matched? */
bool cel_pattern_finds(const struct cel_pattern *pattern, struct text text);
/* The shortest text that reads back as the same double ("1.5", "1e+300", "NaN", "inf" as the
 * language writes them), and its reverse; without locale, in cxx.cc. */
#define CEL_DOUBLE_TEXT_MAXIMUM 32
struct text cel_double_format(double number, char out[CEL_DOUBLE_TEXT_MAXIMUM]);
MUST_CHECK enum status cel_double_parse(struct text text, double *number);

#endif
