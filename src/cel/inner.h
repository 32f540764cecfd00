/* What the files of cel share among themselves.
 *
 * Who reads what: parse.c makes nodes, macro.c expands the macros among them; check.c finds names,
 * types and overloads; fold.c computes what is constant; cost.c bounds the work; plan.c lowers the
 * tree to steps; evaluate.c runs them; dispatch.c finds an overload by the kinds of its arguments.
 */
#ifndef GUERDON_CEL_INNER_H
#define GUERDON_CEL_INNER_H

#include "cel/cel.h"

/* An overload as the environment keeps it: its signature read. */
struct cel_signature {
    bool is_member;
    bool is_generic; /* a parameter (A, K, ...) occurs in it */
    uint32_t count;  /* parameters, the target included */
    const struct cel_type *const *parameters;
    const struct cel_type *result;
    const struct cel_overload *overload;
    const char *library; /* the one that it came with; NULL: the host's own */
};

/* All overloads of one name, of all libraries that have it. */
struct cel_declared_function {
    struct text name;
    struct cel_function function; /* overloads in one array, in the order of declaration */
    struct cel_signature *signatures;
};

struct cel_declared_field {
    struct text name;
    const struct cel_type *type;
    uint32_t field_id;
    uint32_t bound;
};

struct cel_declared_name { /* a variable or a constant */
    struct text name;
    const struct cel_type *type;
    uint32_t bound;
    uint32_t slot;
    bool is_constant;
    struct cel_value constant;
};

struct cel_declared_object {
    struct text name;
    const struct cel_type *type;
    struct cel_declared_name as_name; /* the type itself, where no variable has its name */
    struct cel_declared_field *fields;
    uint32_t field_count;
    uint32_t field_capacity;
    struct map field_map;
};

struct cel_environment {
    struct arena *arena;
    struct cel_rules rules;
    struct cel_declared_function **functions;
    uint32_t function_count;
    uint32_t function_capacity;
    struct map function_map;
    struct cel_declared_object *objects;
    uint32_t object_count;
    uint32_t object_capacity;
    struct map object_map;
    struct cel_declared_name *names;
    uint32_t name_count;
    uint32_t name_capacity;
    struct map name_map;
    uint32_t variable_count;
    struct cel_declared_name *type_names; /* int, list, google.protobuf.Timestamp, ... */
    uint32_t type_name_count;
};

/* type.c: "string.(int) -> string"; STATUS_SYNTAX, STATUS_NOT_FOUND, STATUS_LIMIT. `overload` is
 * left to the caller. */
MUST_CHECK enum status cel_signature_parse(struct arena *arena,
                                           const struct cel_environment *environment,
                                           struct text text, struct cel_signature *signature);

/* environment_print.c: "string.charAt(int)", "int + int". */
MUST_CHECK enum status cel_signature_print(struct text name, const struct cel_signature *signature,
                                           struct buffer *out);

/* environment.c. NULL when there is none. cel_find_name finds variables and constants first, then
 * the names of types (int, google.protobuf.Timestamp, an object's), which are constants too. */
const struct cel_declared_function *cel_find_function(const struct cel_environment *environment,
                                                      struct text name);
const struct cel_declared_object *cel_find_object(const struct cel_environment *environment,
                                                  struct text name);
const struct cel_declared_name *cel_find_name(const struct cel_environment *environment,
                                              struct text name);
const struct cel_declared_field *cel_find_field(const struct cel_environment *environment,
                                                uint32_t object, struct text name);

/* node.c: makes nodes, with `height`; NULL when memory ran out or a part is NULL. */
struct cel_node *cel_node_new(struct arena *arena, enum cel_node_kind kind, uint32_t position);
struct cel_node *cel_node_identifier(struct arena *arena, uint32_t position, struct text name);
struct cel_node *cel_node_constant(struct arena *arena, uint32_t position, struct cel_value value,
                                   struct text text);
struct cel_node *cel_node_select(struct arena *arena, uint32_t position, struct cel_node *operand,
                                 struct text field);
/* `target` may be NULL; the arguments are copied. */
struct cel_node *cel_node_call(struct arena *arena, uint32_t position, const char *function,
                               struct cel_node *target, struct cel_node *const *arguments,
                               uint32_t count);
/* Sets `height` from the node's parts, after they were put in. */
void cel_node_measure(struct cel_node *node);

/* lex.c */
enum cel_token_kind {
    CEL_TOKEN_END,
    CEL_TOKEN_IDENTIFIER, /* also `in`, true, false, null: the parser looks at the text */
    CEL_TOKEN_QUOTED,     /* `a-b`: an identifier in backquotes, a field's name only */
    CEL_TOKEN_INT,
    CEL_TOKEN_UINT,
    CEL_TOKEN_DOUBLE,
    CEL_TOKEN_STRING, /* with prefixes and quotes */
    CEL_TOKEN_BYTES,
    CEL_TOKEN_SIGN /* one of ( ) [ ] { } . , : ? ! - + * / % < <= > >= == != && || */
};
struct cel_token {
    enum cel_token_kind kind;
    struct text text;
    uint32_t position;
};
struct cel_lexer {
    struct text source;
    uint32_t at;
    struct cel_problems *problems;
};
/* The next token; STATUS_SYNTAX with a problem for what is none. */
MUST_CHECK enum status cel_lex(struct cel_lexer *lexer, struct cel_token *token);
/* literal.c: the value of a literal token; escapes, triple quotes, raw strings, hexadecimal.
 * `is_negative` for a sign that stands right before a number. */
MUST_CHECK enum status cel_literal(struct arena *arena, const struct cel_token *token,
                                   bool is_negative, struct cel_problems *problems,
                                   struct cel_value *value);

/* macro.c: if the call is a macro's, `*expanded` is what it stands for, else NULL. Problems for a
 * macro that is used wrongly (a variable that is no name). */
MUST_CHECK enum status cel_expand_macro(struct arena *arena, struct cel_node *call,
                                        struct cel_problems *problems, struct cel_node **expanded);
/* How a macro of that name is written, "list.exists(x, x > 0)", for the problem of a call that is
 * none because its arguments are too few or too many; empty for a name that is no macro's. */
struct text cel_macro_usage(struct text name);
/* The same for the macro with that index; empty behind the last. */
struct text cel_macro_usage_at(uint32_t index);

/* walk.c: the node's direct parts by number, NULL behind the last: a call's target first, a map's
 * keys and values in turn, a comprehension's in the order of the enum. */
enum cel_part {
    CEL_PART_RANGE,
    CEL_PART_INITIAL,
    CEL_PART_CONDITION,
    CEL_PART_STEP,
    CEL_PART_RESULT
};
struct cel_node *cel_node_part(const struct cel_node *node, uint32_t index);

/* check.c: finds names and overloads, sets every node's type, reads double literals beside decimals
 * as decimals. STATUS_INVALID with problems. */
MUST_CHECK enum status cel_check(struct arena *arena, struct cel_environment *environment,
                                 const struct cel_compile_options *options, struct cel_node *root,
                                 struct cel_problems *problems);
/* fold.c: sets `constant` where a node is one, bottom up. A fault of constants (1 / 0) is left to
 * evaluation: it may stand where it is absorbed. */
MUST_CHECK enum status cel_fold(struct arena *arena, struct cel_environment *environment,
                                struct cel_node *root);
/* cost.c: the most steps, UINT64_MAX when unbounded. */
uint64_t cel_cost(const struct cel_environment *environment, const struct cel_node *root);
/* The problem of an expression that costs too much: which part, how much, what would make it less.
 */
void cel_cost_problem(const struct cel_environment *environment, const struct cel_node *root,
                      struct text source, struct cel_problems *problems);

/* plan.c and evaluate.c */
struct cel_plan;
/* Lowers a tree (or a part of one, for explanations); `*plan` lives in `arena`. Prepares constant
 * arguments: STATUS_INVALID with a problem for a pattern that is not valid. */
MUST_CHECK enum status cel_plan(struct arena *arena, struct cel_environment *environment,
                                const struct cel_compile_options *options,
                                const struct cel_node *root, struct cel_problems *problems,
                                const struct cel_plan **plan);
struct cel_value cel_run(const struct cel_plan *plan, struct cel_evaluation *evaluation,
                         const struct cel_value *variables);

/* dispatch.c: the first overload that takes arguments of these kinds, or NULL. */
const struct cel_overload *cel_dispatch(const struct cel_declared_function *function,
                                        bool is_member, const struct cel_value *arguments,
                                        uint32_t count);

struct cel_expression {
    struct text source;
    struct cel_node *root;
    const struct cel_plan *plan;
    const struct cel_environment *environment;
    uint64_t cost;
};

#endif
