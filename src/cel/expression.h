/* Expressions: compiled once, evaluated often.
 *
 *   source -> cel_parse -> tree -> check: names, types, overloads -> fold: what is constant
 *          -> cost: bounded by the limits of its inputs? -> plan: flat steps -> evaluate
 *
 * An expression lives in the arena that it was compiled in, is immutable, and may be evaluated by
 * many threads at once, each with an evaluation of its own.
 */
#ifndef GUERDON_CEL_EXPRESSION_H
#define GUERDON_CEL_EXPRESSION_H

#include "cel/environment.h"
#include "cel/node.h"

struct cel_expression;

struct cel_compile_options {
    struct text container;         /* names are looked up in it first: "a.b" */
    const struct cel_type *result; /* what it must give (DYN or NULL: anything) */
    bool without_check;            /* overloads and names are found at run time */
};

/* STATUS_INVALID (or cel_parse's) with at least one problem; warnings are none of them. `options`
 * may be NULL. `source` need not outlive the call. */
MUST_CHECK enum status cel_compile(struct arena *arena, struct cel_environment *environment,
                                   struct text source, const struct cel_compile_options *options,
                                   struct cel_problems *problems,
                                   const struct cel_expression **expression);

const struct cel_type *cel_expression_type(const struct cel_expression *expression);
const struct cel_node *cel_expression_root(const struct cel_expression *expression);
struct text cel_expression_source(const struct cel_expression *expression);
/* The most steps that an evaluation can take within the limits of its inputs; UINT64_MAX if that
 * is not bounded. */
uint64_t cel_expression_cost(const struct cel_expression *expression);
/* Is it the same whatever the variables? Then `*value` is it. */
bool cel_expression_constant(const struct cel_expression *expression, struct cel_value *value);
/* Is that variable of the environment used? */
bool cel_expression_uses(const struct cel_expression *expression, uint32_t slot);

/* Sets up an evaluation; `arena` is not cleared by anything here. */
void cel_evaluation_init(struct cel_evaluation *evaluation,
                         const struct cel_environment *environment, const struct cel_host *host,
                         struct arena *arena, void *context);
/* The expression's value; `variables` by slot. Never fails: a fault is a value of kind CEL_ERROR.
 * Allocates nothing for expressions that make no strings, lists, maps or optionals. */
struct cel_value cel_evaluate(const struct cel_expression *expression,
                              struct cel_evaluation *evaluation, const struct cel_value *variables);

/* Why a condition is not true: the smallest sub-expression that made it so, with its values, as one
 * line: "order.eligible >= 50.00: 42.10 >= 50.00",
 * "member.tiers.club.atLeast('vib'): member.tiers.club is 'insider'",
 * "order.items.exists(i, i.category == 'skincare'): true of none of 3". Evaluates again what it
 * needs; for a value that is true it says nothing and leaves `out` as it was. */
MUST_CHECK enum status cel_explain(const struct cel_expression *expression,
                                   struct cel_evaluation *evaluation,
                                   const struct cel_value *variables, struct buffer *out);

#endif
