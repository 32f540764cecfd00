/* Trying expressions out: one more expression over a programme that is loaded.
 *
 * The compiler that reads programme files is set up anew around the loaded programme, so that the
 * expression is understood, checked and refused as it would be in the file. It must never change
 * that programme: a copy of its outermost struct is what notes the new expression.
 */
#include "program/compile_expression.h"

/* A compiler around a copy of the programme; NULL when memory is out. */
static struct program *begin(struct compiler *compiler, struct problem_list *problems,
                             struct arena *arena, const struct program *program)
{
    struct program *copy = arena_new(arena, struct program);
    if (copy == NULL) return NULL;
    *copy = *program;
    problem_list_init(problems, arena);
    problem_list_init(&copy->warnings, arena);
    *compiler = (struct compiler){.arena = arena, .problems = problems, .program = copy};
    return copy;
}

/* `item` too: it is the wider scope, and has the same environment. */
static struct cel_environment *environment_of(struct compiler *compiler, struct tried_scope scope)
{
    return expression_environment(
        compiler,
        (struct occasion_scope){.scope = SCOPE_ITEM, .on = scope.on, .event = scope.event});
}

enum status program_try_expression(struct arena *arena, const struct program *program,
                                   struct tried_scope scope, struct text source,
                                   struct tried_expression *tried)
{
    struct compiler compiler;
    struct problem_list problems;
    struct expression_notes notes;
    struct program *copy = begin(&compiler, &problems, arena, program);
    if (copy == NULL) return STATUS_NO_MEMORY;
    struct cel_environment *environment = environment_of(&compiler, scope);
    if (environment == NULL) return STATUS_NO_MEMORY;
    *tried = (struct tried_expression){
        .program = copy, .problems = {.arena = arena}, .warnings = {.arena = arena}};
    const struct cel_expression *expression = NULL;
    enum status status =
        cel_compile(arena, environment, source, NULL, &tried->problems, &expression);
    if (status == STATUS_NO_MEMORY) return status;
    if (status != STATUS_OK) return STATUS_OK;
    check_expression(&compiler, expression, &notes);
    if (compiler.is_out_of_memory) return STATUS_NO_MEMORY;
    tried->problems = notes.problems;
    tried->warnings = notes.warnings;
    if (notes.problems.count > 0) return STATUS_OK;
    copy->environment = environment;
    copy->has_expressions = true;
    tried->expression = expression;
    return STATUS_OK;
}

enum status program_print_names(struct arena *arena, const struct program *program,
                                struct tried_scope scope, struct buffer *out)
{
    struct compiler compiler;
    struct problem_list problems;
    if (begin(&compiler, &problems, arena, program) == NULL) return STATUS_NO_MEMORY;
    struct cel_environment *environment = environment_of(&compiler, scope);
    return environment == NULL ? STATUS_NO_MEMORY : cel_environment_print(environment, out);
}
