/* Unknown types and what they turn out to be.
 *
 * An unknown is born when a generic overload is tried, or for what an empty list holds. Assigning
 * a type to it binds it; assigning a second one makes it the more general of the two. The rules
 * are those of the language definition's public implementations: dyn fits everywhere and takes
 * everything, null fits timestamps, durations, objects, optionals, abstract types and wrappers, a
 * wrapper fits its primitive and the reverse.
 *
 * Invariants
 *   1. No unknown is bound to a type in which it occurs (the occurs check): substitution ends.
 *   2. A trial that fails leaves no trace: what it bound is taken back by the trail.
 *   3. No type that a node is given has more than PART_MAXIMUM parts with all that is bound put
 *      in: {a: x, b: x} of such of such would double at each level. What is bound later can make
 *      a type that was small large: comparing is bounded by the checker's work_left.
 */
#include "cel/check.h"

#define PART_MAXIMUM 1000
#define FIRST_CAPACITY 32

static const struct cel_type *failed(struct cel_checker *checker)
{
    checker->out_of_memory = true;
    return cel_type_simple(CEL_TYPE_ERROR);
}

const struct cel_type *cel_check_fresh(struct cel_checker *checker)
{
    if (checker->variable_count == checker->variable_capacity) {
        uint32_t larger =
            checker->variable_capacity == 0 ? FIRST_CAPACITY : checker->variable_capacity * 2;
        const struct cel_type **moved =
            arena_new_array(checker->arena, const struct cel_type *, larger);
        if (moved == NULL) return failed(checker);
        if (checker->variable_count > 0)
            memcpy(moved, checker->bound, checker->variable_count * sizeof(struct cel_type *));
        checker->bound = moved;
        checker->variable_capacity = larger;
    }
    struct cel_type *type = arena_new(checker->arena, struct cel_type);
    if (type == NULL) return failed(checker);
    *type = (struct cel_type){.kind = CEL_TYPE_VARIABLE, .object = checker->variable_count++};
    return type;
}

/* The same type with other parameters; itself when they are the same. */
static const struct cel_type *with_parameters(struct cel_checker *checker,
                                              const struct cel_type *type,
                                              const struct cel_type *const *parameters)
{
    bool is_same = true;
    for (uint32_t i = 0; i < type->parameter_count; i++)
        is_same = is_same && parameters[i] == type->parameters[i];
    if (is_same) return type;
    const struct cel_type *made =
        cel_type_with(checker->arena, type->kind, type->name, parameters, type->parameter_count);
    return made == NULL ? failed(checker) : made;
}

#define PARAMETER_MAXIMUM 8

const struct cel_type *cel_check_instantiate(struct cel_checker *checker,
                                             const struct cel_type *type,
                                             const struct cel_type *letters[26])
{
    if (type->kind == CEL_TYPE_PARAMETER) {
        uint32_t letter = (uint32_t)(type->name.bytes[0] - 'A');
        if (letters[letter] == NULL) letters[letter] = cel_check_fresh(checker);
        return letters[letter];
    }
    if (type->parameter_count == 0) return type;
    const struct cel_type *parameters[PARAMETER_MAXIMUM];
    ASSERT(type->parameter_count <= PARAMETER_MAXIMUM);
    for (uint32_t i = 0; i < type->parameter_count; i++)
        parameters[i] = cel_check_instantiate(checker, type->parameters[i], letters);
    return with_parameters(checker, type, parameters);
}

const struct cel_type *cel_check_known(const struct cel_checker *checker,
                                       const struct cel_type *type)
{
    while (type->kind == CEL_TYPE_VARIABLE && checker->bound[type->object] != NULL)
        type = checker->bound[type->object];
    return type;
}

static const struct cel_type *substitute(struct cel_checker *checker, const struct cel_type *type,
                                         bool finally)
{
    type = cel_check_known(checker, type);
    if (type->kind == CEL_TYPE_VARIABLE) return finally ? cel_type_simple(CEL_TYPE_DYN) : type;
    if (type->parameter_count == 0) return type;
    const struct cel_type *parameters[PARAMETER_MAXIMUM];
    ASSERT(type->parameter_count <= PARAMETER_MAXIMUM);
    for (uint32_t i = 0; i < type->parameter_count; i++)
        parameters[i] = substitute(checker, type->parameters[i], finally);
    return with_parameters(checker, type, parameters);
}

static void count_parts(const struct cel_checker *checker, const struct cel_type *type,
                        uint32_t *left)
{
    if (*left == 0) return;
    (*left)--;
    type = cel_check_known(checker, type);
    for (uint32_t i = 0; i < type->parameter_count; i++)
        count_parts(checker, type->parameters[i], left);
}

bool cel_check_is_bounded(const struct cel_checker *checker, const struct cel_type *type)
{
    uint32_t left = PART_MAXIMUM;
    count_parts(checker, type, &left);
    return left > 0;
}

const struct cel_type *cel_check_substitute(struct cel_checker *checker,
                                            const struct cel_type *type, bool finally)
{
    return cel_check_is_bounded(checker, type) ? substitute(checker, type, finally) : type;
}

static void bind(struct cel_checker *checker, uint32_t variable, const struct cel_type *type)
{
    if (checker->trail_count == checker->trail_capacity) {
        uint32_t larger =
            checker->trail_capacity == 0 ? FIRST_CAPACITY : checker->trail_capacity * 2;
        struct cel_binding *moved = arena_new_array(checker->arena, struct cel_binding, larger);
        if (moved == NULL) {
            checker->out_of_memory = true;
            return;
        }
        if (checker->trail_count > 0)
            memcpy(moved, checker->trail, checker->trail_count * sizeof(struct cel_binding));
        checker->trail = moved;
        checker->trail_capacity = larger;
    }
    checker->trail[checker->trail_count++] =
        (struct cel_binding){variable, checker->bound[variable]};
    checker->bound[variable] = type;
}

/* One comparison more, one level deeper; false when that is too much. */
static bool enter(struct cel_checker *checker)
{
    if (checker->work_left == 0 || checker->depth == PART_MAXIMUM) {
        checker->work_left = 0;
        return false;
    }
    checker->work_left--;
    checker->depth++;
    return true;
}

static bool occurs_in(struct cel_checker *checker, uint32_t variable,
                      const struct cel_type *within);

static bool occurs(struct cel_checker *checker, uint32_t variable, const struct cel_type *within)
{
    if (!enter(checker)) return true;
    bool found = occurs_in(checker, variable, within);
    checker->depth--;
    return found;
}

static bool occurs_in(struct cel_checker *checker, uint32_t variable, const struct cel_type *within)
{
    if (within->kind == CEL_TYPE_VARIABLE) {
        if (within->object == variable) return true;
        const struct cel_type *bound = checker->bound[within->object];
        return bound != NULL && occurs(checker, variable, bound);
    }
    for (uint32_t i = 0; i < within->parameter_count; i++)
        if (occurs(checker, variable, within->parameters[i])) return true;
    return false;
}

static bool is_dyn(const struct cel_type *type)
{
    return type->kind == CEL_TYPE_DYN || type->kind == CEL_TYPE_ERROR;
}

static bool takes_null(const struct cel_type *type)
{
    switch (type->kind) {
    case CEL_TYPE_NULL:
    case CEL_TYPE_TIMESTAMP:
    case CEL_TYPE_DURATION:
    case CEL_TYPE_OPTIONAL:
    case CEL_TYPE_WRAPPER:
    case CEL_TYPE_OBJECT:
    case CEL_TYPE_ABSTRACT:
        return true;
    default:
        return false;
    }
}

/* Does the first say no more than the second? */
static bool is_no_more_specific(const struct cel_type *first, const struct cel_type *second)
{
    if (is_dyn(first) || first->kind == CEL_TYPE_VARIABLE) return true;
    if (is_dyn(second) || second->kind == CEL_TYPE_VARIABLE) return false;
    if (first->kind == CEL_TYPE_WRAPPER && second->kind == first->parameters[0]->kind) return true;
    if (second->kind == CEL_TYPE_NULL) return takes_null(first);
    if (first->kind != second->kind) return false;
    if (first->kind == CEL_TYPE_TYPE) return true;
    if (first->parameter_count != second->parameter_count) return false;
    for (uint32_t i = 0; i < first->parameter_count; i++)
        if (!is_no_more_specific(first->parameters[i], second->parameters[i])) return false;
    return first->parameter_count > 0 || cel_type_equal(first, second);
}

static const struct cel_type *more_general(const struct cel_type *first,
                                           const struct cel_type *second)
{
    return is_no_more_specific(first, second) ? first : second;
}

static bool assign(struct cel_checker *checker, const struct cel_type *from,
                   const struct cel_type *to);

enum fit { FIT_NO, FIT_NO_BUT_BOUND, FIT_YES };

/* May the unknown be (or become) that type? */
static enum fit fit_unknown(struct cel_checker *checker, const struct cel_type *type,
                            const struct cel_type *unknown)
{
    if (type->kind == CEL_TYPE_VARIABLE && type->object == unknown->object) return FIT_YES;
    const struct cel_type *bound = checker->bound[unknown->object];
    if (bound == NULL) {
        if (occurs(checker, unknown->object, type)) return FIT_NO;
        bind(checker, unknown->object, type);
        return FIT_YES;
    }
    if (cel_type_equal(type, bound)) return FIT_YES;
    if (!assign(checker, type, bound)) return FIT_NO_BUT_BOUND;
    const struct cel_type *general = more_general(type, bound);
    if (!occurs(checker, unknown->object, general)) bind(checker, unknown->object, general);
    return FIT_YES;
}

static bool assign_in(struct cel_checker *checker, const struct cel_type *from,
                      const struct cel_type *to)
{
    if (to->kind == CEL_TYPE_VARIABLE) {
        enum fit fit = fit_unknown(checker, from, to);
        if (fit != FIT_NO) return fit == FIT_YES;
    }
    if (from->kind == CEL_TYPE_VARIABLE) return fit_unknown(checker, to, from) == FIT_YES;
    if (is_dyn(from) || is_dyn(to)) return true;
    if (from->kind == CEL_TYPE_NULL) return takes_null(to);
    if (to->kind == CEL_TYPE_NULL) return takes_null(from);
    if (from->kind == CEL_TYPE_WRAPPER) from = from->parameters[0];
    if (to->kind == CEL_TYPE_WRAPPER) to = to->parameters[0];
    if (from->kind != to->kind) return false;
    /* A type is a type: what it is the type of plays no part. */
    if (from->kind == CEL_TYPE_TYPE) return true;
    if (from->parameter_count == 0 || from->parameter_count != to->parameter_count)
        return cel_type_equal(from, to);
    if (from->kind == CEL_TYPE_ABSTRACT && !text_equal(from->name, to->name)) return false;
    for (uint32_t i = 0; i < from->parameter_count; i++)
        if (!assign(checker, from->parameters[i], to->parameters[i])) return false;
    return true;
}

static bool assign(struct cel_checker *checker, const struct cel_type *from,
                   const struct cel_type *to)
{
    if (!enter(checker)) return false;
    bool fits = assign_in(checker, from, to);
    checker->depth--;
    return fits;
}

bool cel_check_assignable_all(struct cel_checker *checker, const struct cel_type *const *from,
                              const struct cel_type *const *to, uint32_t count)
{
    checker->trail_count = 0;
    bool all = true;
    for (uint32_t i = 0; i < count && all; i++)
        all = assign(checker, from[i], to[i]);
    while (!all && checker->trail_count > 0) {
        struct cel_binding undone = checker->trail[--checker->trail_count];
        checker->bound[undone.variable] = undone.before;
    }
    return all;
}

bool cel_check_assignable(struct cel_checker *checker, const struct cel_type *from,
                          const struct cel_type *to)
{
    return cel_check_assignable_all(checker, &from, &to, 1);
}

const struct cel_type *cel_check_join(struct cel_checker *checker, const struct cel_type *previous,
                                      const struct cel_type *current)
{
    if (previous == NULL) return current;
    if (cel_check_assignable(checker, previous, current)) return more_general(previous, current);
    return cel_type_simple(CEL_TYPE_DYN);
}
