/* The plan: an expression as flat steps over registers; plan.c makes it, evaluate.c runs it.
 *
 * A step reads operands and writes one register. An operand is 2 bits of where and 30 of which:
 * a register of the frame, a variable of the host's, a constant of the plan; so names and constants
 * take no step of their own. A node planned for register `to` uses registers from `to` on, and
 * leaves its value in `to`, unless it is a constant, a variable or a local that stands somewhere
 * already. How many registers a plan needs is known when it is made, and nothing grows at run time.
 *
 *   order.eligible >= 50.00 && member.tiers.club.atLeast('vib')
 *
 *     FIELD     r1 = order.eligible          (variable 4, field id)
 *     ORDER >=  r1 = r1, constant 0
 *     AND       r0: r1, first; when false on to the end
 *     FIELD     r1 = member.tiers            (variable 0)
 *     FIELD     r1 = r1.club
 *     CALL_2    r1 = atLeast(r1, constant 1)
 *     AND       r0: r1; when false on to the end
 *     END       r0
 *
 * A loop accumulates in `to` and has four registers from its base on, filled by LOOP_ENTER and then
 * by the step that begins each further turn; the body's registers stand above them:
 *
 *   to | range, number of the turn, first variable, second variable | body
 */
#ifndef GUERDON_CEL_PLAN_H
#define GUERDON_CEL_PLAN_H

#include "cel/inner.h"

enum cel_operand_place { CEL_IN_FRAME, CEL_IN_VARIABLES, CEL_IN_CONSTANTS };
#define CEL_OPERAND_SHIFT 30
#define CEL_OPERAND_NUMBER ((1u << CEL_OPERAND_SHIFT) - 1)
#define CEL_REGISTER_MAXIMUM UINT16_MAX
/* A frame of up to so many registers stands on the C stack. */
#define CEL_STACK_REGISTERS 64

/* Of a loop, from its base. */
enum { CEL_LOOP_RANGE, CEL_LOOP_TURN, CEL_LOOP_FIRST, CEL_LOOP_SECOND, CEL_LOOP_REGISTERS };

enum cel_step_kind {
    CEL_STEP_END,            /* the value of the plan is a */
    CEL_STEP_MOVE,           /* to = a */
    CEL_STEP_JUMP,           /* on to c */
    CEL_STEP_FIELD,          /* to = a.field; b: field id, c: site */
    CEL_STEP_FIELD_TEST,     /* to = has(a.field) */
    CEL_STEP_FIELD_OPTIONAL, /* to = a.?field */
    CEL_STEP_INDEX,          /* to = a[b] */
    CEL_STEP_INDEX_OPTIONAL, /* to = a[?b] */
    CEL_STEP_EQUAL,          /* to = a == b, or != when `detail`; c: site */
    CEL_STEP_ORDER,          /* to = a < b, <=, >, >= as `detail` says; c: site */
    CEL_STEP_NOT,            /* to = !a */
    CEL_STEP_NOT_FALSE,      /* to = true unless a is false */
    CEL_STEP_AND,            /* to &= a (`detail`: the first); on to c when that is false */
    CEL_STEP_OR,
    CEL_STEP_CHOOSE,   /* a: on; not a: on to b; otherwise to = the error, on to c */
    CEL_STEP_OR_ELSE,  /* a has a value: to = it (`detail`), or a itself, on to c */
    CEL_STEP_CALL_1,   /* to = site c of a */
    CEL_STEP_CALL_2,   /* to = site c of a and b */
    CEL_STEP_CALL,     /* to = site c of b registers from a on */
    CEL_STEP_LIST,     /* to = a new list for a elements */
    CEL_STEP_LIST_ADD, /* list `to` gets a (`detail`: what is in optional a); c: when it fails */
    CEL_STEP_MAP,      /* to = a new map for a entries */
    CEL_STEP_MAP_ADD,  /* map `to` gets a: b (`detail`: what is in optional b); c: when it fails */
    /* Loops: b is the base. */
    CEL_STEP_LOOP_ENTER,  /* over a; `detail`: enum cel_loop; no turn: on to c */
    CEL_STEP_LOOP_ALL,    /* the predicate was a; another turn: on to c */
    CEL_STEP_LOOP_EXISTS, /* so too */
    CEL_STEP_LOOP_ONE,    /* so too */
    CEL_STEP_LOOP_WHEN,   /* a: on; not a: on to c, the turn's end; so too when it is an error */
    CEL_STEP_LOOP_TAKE,   /* the list gets a */
    CEL_STEP_LOOP_ENTRY,  /* the map gets first variable: a, or a's entries (`detail`) */
    CEL_STEP_LOOP_WHILE,  /* a: on; else on to c, behind the loop */
    CEL_STEP_LOOP_NEXT,   /* another turn: on to c; not after an error (`detail`) */
    CEL_STEP_COUNT
};

/* With what LOOP_ENTER begins to accumulate, and which variables there are. */
enum cel_loop {
    CEL_LOOP_FALSE,
    CEL_LOOP_TRUE,
    CEL_LOOP_COUNT,
    CEL_LOOP_LIST,
    CEL_LOOP_MAP,
    CEL_LOOP_OWN, /* it stands there already */
    CEL_LOOP_MAKES = 7,
    CEL_LOOP_HAS_SECOND = 8,
    CEL_LOOP_KEEPS_ALL = 16 /* as many elements as the range has */
};

enum cel_order { CEL_LESS, CEL_LESS_EQUAL, CEL_GREATER, CEL_GREATER_EQUAL };

struct cel_step {
    uint8_t kind;
    uint8_t detail;
    uint16_t to;
    uint32_t a;
    uint32_t b;
    uint32_t c;
};
_Static_assert(sizeof(struct cel_step) == 16, "four steps in a cache line");

/* A step that ends a loop's turn has in `b` the base and, above it, how many steps a turn spends.
 */
#define CEL_LOOP_BASE UINT16_MAX
#define CEL_LOOP_SPENDS_SHIFT 16
_Static_assert(CEL_NODE_MAXIMUM < UINT16_MAX, "what a turn spends fits");

/* Where a step and its operands stand in the source, for errors. */
struct cel_place {
    uint32_t own;
    uint32_t a;
    uint32_t b;
};

/* What a call or a field needs to know beyond its operands. */
enum cel_call_way {
    CEL_CALL_DIRECT,   /* one overload, whose arguments have the kinds of `kinds` */
    CEL_CALL_HOST,     /* the same, by the host */
    CEL_CALL_CHECKED,  /* one overload, when the arguments fit its signature */
    CEL_CALL_DISPATCH, /* found by the kinds of the arguments */
};
#define CEL_CALL_KINDS 4
struct cel_site {
    enum cel_call_way way;
    bool is_member;
    uint8_t kinds[CEL_CALL_KINDS]; /* of the first arguments; CEL_ERROR: any */
    uint32_t count;
    const struct cel_overload *overload;
    const struct cel_signature *signature;
    const struct cel_declared_function *function;
    const void *prepared;
    struct cel_value field; /* a field's name */
};

struct cel_plan {
    const struct cel_step *steps;
    const struct cel_place *places;
    const struct cel_value *constants;
    const struct cel_site *sites;
    uint32_t step_count;
    uint32_t register_count;
    uint32_t node_count; /* what is spent for the nodes outside of loops */
};

/* A local of an enclosing comprehension, for a plan of a part of an expression. */
struct cel_outer {
    const struct cel_outer *next;
    struct text name;
    uint32_t slot; /* of the variables */
};
/* cel_plan for a part of an expression: without preparing anything, with the locals around it. */
MUST_CHECK enum status cel_plan_part(struct arena *arena, const struct cel_environment *environment,
                                     const struct cel_outer *outer, const struct cel_node *root,
                                     const struct cel_plan **plan);

/* Is it a value that an argument with that parameter's type may have? Elements are looked at where
 * the type says what they are. */
bool cel_fits(const struct cel_type *type, struct cel_value value);
/* The kind that values of a type have; CEL_ERROR for any. */
enum cel_kind cel_kind_of_type(const struct cel_type *type);
bool cel_signature_fits(const struct cel_signature *signature, bool is_member,
                        const struct cel_value *arguments, uint32_t count);

#endif
