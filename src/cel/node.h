/* Nodes: an expression as a tree, macros expanded, after parsing and, once checked, with types.
 *
 * Operators are calls of functions with the language definition's names: _+_ _-_ _*_ _/_ _%_ -_ !_
 * _==_ _!=_ _<_ _<=_ _>_ _>=_ @in _[_] _[?_] _?._ _&&_ _||_ _?_:_ @not_strictly_false.
 * `position` is the offset in bytes of what a person would point at: an operator's own sign, the
 * name of a function, the dot's field, the bracket of an index, the start of a literal.
 *
 * Runs of && and || are balanced: a hundred alternatives are seven levels deep, not a hundred.
 */
#ifndef GUERDON_CEL_NODE_H
#define GUERDON_CEL_NODE_H

#include "cel/type.h"

enum cel_node_kind {
    CEL_NODE_LITERAL,
    CEL_NODE_IDENTIFIER,
    CEL_NODE_SELECT,
    CEL_NODE_CALL,
    CEL_NODE_LIST,
    CEL_NODE_MAP,
    CEL_NODE_STRUCT,
    CEL_NODE_COMPREHENSION
};

/* What a comprehension was written as; the planner makes a better loop of those that it knows. */
enum cel_macro {
    CEL_MACRO_NONE,
    CEL_MACRO_ALL,
    CEL_MACRO_EXISTS,
    CEL_MACRO_EXISTS_ONE,
    CEL_MACRO_MAP,       /* x.map(i, T), x.map(i, P, T); transformList */
    CEL_MACRO_FILTER,    /* x.filter(i, P) */
    CEL_MACRO_MAP_ENTRY, /* transformMap, transformMapEntry */
    CEL_MACRO_BIND       /* cel.bind(v, init, body): no loop at all */
};

struct cel_function;
struct cel_overload;

struct cel_node {
    enum cel_node_kind kind;
    uint32_t position; /* offset in the source */
    uint32_t begin;    /* the source bytes that it was written as: [begin, end) */
    uint32_t end;
    const struct cel_type *type; /* NULL until checked */
    /* The constant that it always is, kind CEL_ERROR (the zero value) when it is none; set for
     * literals by the parser and for all others by folding. */
    struct cel_value constant;
    bool is_constant;
    /* Levels of nodes from here down, 1 for a leaf: at most CEL_DEPTH_MAXIMUM, so that a walk over
     * the tree may recurse. */
    uint16_t height;
    union {
        struct {
            struct text text; /* as written, sign included when it was folded in: "49.99" */
        } literal;
        struct {
            struct text name; /* "x"; qualified, once the checker found "a.b.c" to be one name */
            bool is_absolute; /* written with a leading dot */
            /* The checker's finding, or at evaluation without a check the planner's. */
            enum { CEL_NAME_UNKNOWN, CEL_NAME_VARIABLE, CEL_NAME_LOCAL, CEL_NAME_CONSTANT } found;
            uint32_t slot;                /* VARIABLE: of the environment */
            const struct cel_node *local; /* LOCAL: the comprehension that declares it */
        } identifier;
        struct {
            struct cel_node *operand;
            struct text field;
            bool is_test;     /* has(operand.field) */
            bool is_optional; /* operand.?field; the answer is an optional */
            uint32_t
                field_id; /* the host's id when the operand is an object; UINT32_MAX: by name */
        } select;
        struct {
            struct text function;
            struct cel_node *target; /* NULL: a global function */
            struct cel_node **arguments;
            uint32_t argument_count; /* without the target */
            /* The checker's finding: the function, and the only overload that can be meant (NULL
             * when more than one can, or without a check: it is then found by kinds at run time).
             */
            const struct cel_function *resolved;
            const struct cel_overload *overload;
        } call;
        struct {
            struct cel_node **elements;
            bool *is_optional; /* [?x]; NULL when no element is */
            uint32_t count;
        } list;
        struct {
            struct cel_node **keys;
            struct cel_node **values;
            bool *is_optional; /* {?k: v}; NULL when no entry is */
            uint32_t count;
        } map;
        struct {
            struct text name; /* Name{field: value}; object types cannot be made: a problem */
            struct text *fields;
            struct cel_node **values;
            bool *is_optional;
            uint32_t count;
        } structure;
        struct {
            enum cel_macro macro;
            struct text variable;        /* element, or key */
            struct text second_variable; /* value; empty in the one-variable forms */
            struct text accumulator;     /* "@result", or the name that cel.bind gives */
            struct cel_node *range;
            struct cel_node *initial;
            struct cel_node *condition; /* goes on while true */
            struct cel_node *step;
            struct cel_node *result;
            /* The parts as written, when `macro` is not NONE (they stand in the tree above too):
             * the predicate (ALL, EXISTS, EXISTS_ONE, FILTER, MAP with three arguments; else NULL)
             * and what an element becomes (MAP; MAP_ENTRY without key: transformMap; else NULL). */
            struct cel_node *predicate;
            struct cel_node *transform;
        } comprehension;
    };
};

struct cel_problem {
    uint32_t position;
    struct text message; /* one sentence: what is wrong, and what would be right */
};
/* What is wrong with an expression, in the order found; up to CEL_PROBLEM_MAXIMUM. */
struct cel_problems {
    struct arena *arena; /* owns the messages; its failure drops them */
    uint32_t count;
    struct cel_problem items[CEL_PROBLEM_MAXIMUM];
};
void cel_problem_add(struct cel_problems *problems, uint32_t position, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The line (from 1) and column (from 1, in characters) of an offset. */
struct position cel_position(struct text source, uint32_t offset);
/* The source's line that holds an offset, and a caret below the column; it stands right behind wide
 * and tab characters too. */
MUST_CHECK enum status cel_place_print(struct text source, uint32_t offset, struct buffer *out);
/* "1:15: undeclared reference to 'itmes'", and the place. */
MUST_CHECK enum status cel_problem_print(struct text source, const struct cel_problem *problem,
                                         struct buffer *out);

/* Reads an expression. The tree lives in `arena` and keeps views of `source` where it can.
 * STATUS_SYNTAX with at least one problem, STATUS_LIMIT (with a problem that names the limit),
 * STATUS_NO_MEMORY. */
MUST_CHECK enum status cel_parse(struct arena *arena, struct text source,
                                 struct cel_problems *problems, struct cel_node **root);
/* The node as text, with no more parentheses than it needs and macros as they were written: parsing
 * it again gives the same tree. */
MUST_CHECK enum status cel_node_print(const struct cel_node *node, struct buffer *out);

#endif
