/* What the files of the planner share: plan.c (names, fields, logic, lists), plan_call.c (calls and
 * operators), plan_loop.c (comprehensions). */
#ifndef GUERDON_CEL_PLANNER_H
#define GUERDON_CEL_PLANNER_H

#include "cel/plan.h"

/* A local name and where its value stands. */
struct cel_scope {
    const struct cel_scope *outer;
    struct text name;
    uint32_t operand;
};

struct cel_planner {
    struct arena *arena;
    const struct cel_environment *environment;
    struct text container;
    struct cel_problems *problems; /* NULL: nothing is prepared */
    struct cel_step *steps;
    struct cel_place *places;
    uint32_t step_count;
    uint32_t step_capacity;
    struct cel_value *constants;
    uint32_t constant_count;
    uint32_t constant_capacity;
    struct cel_site *sites;
    uint32_t site_count;
    uint32_t site_capacity;
    uint32_t register_count;
    uint32_t node_count;
    enum status status; /* the first failure; what is planned after it is dropped */
};

#define CEL_NO_STEP UINT32_MAX

static inline uint32_t cel_operand(enum cel_operand_place place, uint32_t number)
{
    return (uint32_t)place << CEL_OPERAND_SHIFT | number;
}
static inline uint32_t cel_register(uint32_t number)
{
    return cel_operand(CEL_IN_FRAME, number);
}

/* Plans a node for register `to`; the operand where its value will stand: that register, or one
 * that stays as it is while the node's parent is evaluated. */
uint32_t cel_plan_node(struct cel_planner *planner, const struct cel_scope *scope,
                       const struct cel_node *node, uint32_t to);
/* The same, with the value in register `to` and nowhere else. */
void cel_plan_into(struct cel_planner *planner, const struct cel_scope *scope,
                   const struct cel_node *node, uint32_t to);
uint32_t cel_plan_call(struct cel_planner *planner, const struct cel_scope *scope,
                       const struct cel_node *node, uint32_t to);
uint32_t cel_plan_loop(struct cel_planner *planner, const struct cel_scope *scope,
                       const struct cel_node *node, uint32_t to);

/* Adds a step; its number. Only `kind`, `detail`, `to`, operands and `c` of `step` are read. */
uint32_t cel_add_step(struct cel_planner *planner, const struct cel_node *node,
                      struct cel_step step);
/* The same, with the nodes that its operands stand for; each may be NULL. */
uint32_t cel_add_step_of(struct cel_planner *planner, const struct cel_node *node,
                         const struct cel_node *a, const struct cel_node *b, struct cel_step step);
uint32_t cel_add_constant(struct cel_planner *planner, struct cel_value value);
/* An operand that is always that error, at the node; `detail` (may be empty) is copied. */
uint32_t cel_add_fault(struct cel_planner *planner, const struct cel_node *node,
                       enum cel_fault fault, struct text detail);
/* The number of a new site; NULL when memory ran out. */
struct cel_site *cel_add_site(struct cel_planner *planner, uint32_t *number);
/* The next step is where that step jumps to. */
void cel_land(struct cel_planner *planner, uint32_t step);

/* "a.b.c" when the node is nothing but a chain of names whose first is no local; else empty. */
struct text cel_dotted_name(struct cel_planner *planner, const struct cel_scope *scope,
                            const struct cel_node *node);
/* The next name to try for `name` in the planner's container, from "c.o.n.name" to "name"; empty
 * when there is none. `*level` begins with 0. */
struct text cel_candidate(struct cel_planner *planner, struct text name, uint32_t *level);

#endif
