/* Expressions in a programme file, for the compile_*.c files. Inner to the room. */
#ifndef GUERDON_PROGRAM_COMPILE_EXPRESSION_H
#define GUERDON_PROGRAM_COMPILE_EXPRESSION_H

#include "program/compile.h"

/* An expression's text where it stands: a whole scalar, or the part of it from `offset` on. */
struct expression_text {
    const struct node *scalar;
    struct text text;
    size_t offset;
};

struct compiled_expression {
    const struct cel_expression *expression;
    struct expression_text source;
};

struct expression_text whole_expression(const struct node *scalar);
/* What expressions of that scope may name; NULL when memory is out. */
struct cel_environment *expression_environment(struct compiler *compiler,
                                               struct occasion_scope scope);
/* Counters that sum expressions have a type once these are compiled: what was declared before knows
 * nothing of them and is made anew. */
void forget_environments(struct compiler *compiler);
/* Compiles it; `result` is the text of the type that it must have, "" for any. In SCOPE_EVENT it
 * must not look at `item`. NULL when it was complained of. */
const struct cel_expression *compile_expression(struct compiler *compiler,
                                                struct expression_text source,
                                                struct occasion_scope scope, const char *result);
/* Complains at the expression's beginning. */
void complain_of_expression(struct compiler *compiler, struct expression_text source,
                            const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Adds what is wrong inside an expression to `list`, with its place in the file and an excerpt. */
void note_in_expression(struct compiler *compiler, struct problem_list *list,
                        struct expression_text source, const struct cel_problem *problem);

/* check_expression.c: what the levels, weekdays and words in an expression say, once the tier sets
 * are compiled: those that do not exist are problems, `==` on a level that has one above it is a
 * warning. Notes in the programme whether birthdays and profiles are asked for. */
struct expression_notes {
    struct cel_problems problems;
    struct cel_problems warnings;
};
void check_expression(struct compiler *compiler, const struct cel_expression *expression,
                      struct expression_notes *notes);
/* The same for all that were compiled, told with their places in the file. */
void check_expressions(struct compiler *compiler);

/* compile_event.c */
/* Custom events and `profile:`, which name nothing else. */
void compile_events(struct compiler *compiler);
/* Segments: after the counters, before whoever names them. */
void compile_segments(struct compiler *compiler);
/* `on:`: join, purchase or the id of a custom event. */
void compile_trigger(struct compiler *compiler, const struct node *map,
                     struct occasion_scope *scope);
/* The same for one scalar; complains and answers false when it is none. */
bool find_trigger(struct compiler *compiler, const struct node *scalar, enum trigger *on,
                  uint32_t *event);

#endif
