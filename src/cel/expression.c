/* Compiling, and what can be asked of what was compiled.
 *
 * An expression is made of its own copy of the source, the tree and the plan, all in the caller's
 * arena. What needs the whole tree checked and folded is looked at last: is every pattern a
 * constant, is the cost bounded?
 */
#include "cel/inner.h"

/* matches() takes its pattern last, as a function and as a member. */
static bool check_patterns(const struct cel_node *node, struct cel_problems *problems)
{
    bool is_right = true;
    bool is_match = node->kind == CEL_NODE_CALL && node->call.argument_count > 0 &&
                    text_equal(node->call.function, TEXT("matches"));
    if (is_match) {
        const struct cel_node *pattern = node->call.arguments[node->call.argument_count - 1];
        is_right = pattern->is_constant;
        if (!is_right)
            cel_problem_add(problems, pattern->position,
                            "the pattern of matches() must be the same for every evaluation: "
                            "write it as a text, matches('^SKU-[0-9]+$')");
    }
    const struct cel_node *part = NULL;
    for (uint32_t i = 0; (part = cel_node_part(node, i)) != NULL; i++)
        is_right = check_patterns(part, problems) && is_right;
    return is_right;
}

static enum status check_rules(const struct cel_environment *environment,
                               const struct cel_expression *expression,
                               struct cel_problems *problems)
{
    const struct cel_rules *rules = &environment->rules;
    bool is_right = !rules->patterns_are_constant || check_patterns(expression->root, problems);
    if (rules->cost_is_bounded && expression->cost > CEL_STEP_MAXIMUM) {
        cel_cost_problem(environment, expression->root, expression->source, problems);
        is_right = false;
    }
    return is_right ? STATUS_OK : STATUS_INVALID;
}

/* Checked, folded and costed; without a check the plan finds names and overloads at run time. */
static enum status check_and_fold(struct arena *arena, struct cel_environment *environment,
                                  const struct cel_compile_options *options,
                                  struct cel_problems *problems, struct cel_expression *expression)
{
    expression->cost = UINT64_MAX;
    if (options != NULL && options->without_check) return STATUS_OK;
    TRY(cel_check(arena, environment, options, expression->root, problems));
    TRY(cel_fold(arena, environment, expression->root));
    expression->cost = cel_cost(environment, expression->root);
    return check_rules(environment, expression, problems);
}

enum status cel_compile(struct arena *arena, struct cel_environment *environment,
                        struct text source, const struct cel_compile_options *options,
                        struct cel_problems *problems, const struct cel_expression **expression)
{
    struct cel_expression *made = arena_new(arena, struct cel_expression);
    if (made == NULL) return STATUS_NO_MEMORY;
    /* A text that is too long is not worth a copy: the parser says so. */
    if (source.length <= CEL_SOURCE_MAXIMUM_BYTES) {
        source = arena_copy(arena, source);
        if (source.bytes == NULL) return STATUS_NO_MEMORY;
    }
    made->source = source;
    made->environment = environment;
    TRY(cel_parse(arena, source, problems, &made->root));
    TRY(check_and_fold(arena, environment, options, problems, made));
    TRY(cel_plan(arena, environment, options, made->root, problems, &made->plan));
    *expression = made;
    return STATUS_OK;
}

const struct cel_type *cel_expression_type(const struct cel_expression *expression)
{
    const struct cel_type *type = expression->root->type;
    return type == NULL ? cel_type_simple(CEL_TYPE_DYN) : type;
}

const struct cel_node *cel_expression_root(const struct cel_expression *expression)
{
    return expression->root;
}

struct text cel_expression_source(const struct cel_expression *expression)
{
    return expression->source;
}

uint64_t cel_expression_cost(const struct cel_expression *expression)
{
    return expression->cost;
}

bool cel_expression_constant(const struct cel_expression *expression, struct cel_value *value)
{
    if (!expression->root->is_constant) return false;
    *value = expression->root->constant;
    return true;
}

static bool uses(const struct cel_node *node, uint32_t slot)
{
    if (node->is_constant) return false;
    if (node->kind == CEL_NODE_IDENTIFIER)
        return node->identifier.found == CEL_NAME_VARIABLE && node->identifier.slot == slot;
    const struct cel_node *part = NULL;
    for (uint32_t i = 0; (part = cel_node_part(node, i)) != NULL; i++)
        if (uses(part, slot)) return true;
    return false;
}

bool cel_expression_uses(const struct cel_expression *expression, uint32_t slot)
{
    /* Without a check names are found at run time: any may be. */
    return expression->root->type == NULL || uses(expression->root, slot);
}

void cel_evaluation_init(struct cel_evaluation *evaluation,
                         const struct cel_environment *environment, const struct cel_host *host,
                         struct arena *arena, void *context)
{
    *evaluation = (struct cel_evaluation){.environment = environment,
                                          .host = host,
                                          .context = context,
                                          .arena = arena,
                                          .step_maximum = CEL_STEP_MAXIMUM};
}

struct cel_value cel_evaluate(const struct cel_expression *expression,
                              struct cel_evaluation *evaluation, const struct cel_value *variables)
{
    return cel_run(expression->plan, evaluation, variables);
}
