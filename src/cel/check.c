/* Checking: every node gets a type, every name its meaning, every call the overloads it can mean.
 *
 * One walk, children first, in the order of the source, so that problems come in reading order.
 * A node whose type cannot be told gets the error type, which fits everywhere: one mistake is one
 * problem. When the walk is over, a second one puts in what unknown types turned out to be; what
 * stayed unknown is dyn.
 *
 * Must never: change what an expression means. Two things are rewritten because they are two ways
 * to write one thing: a.b.c that is one name becomes an identifier, and a number beside an amount
 * is read exactly from its text.
 *
 * The recursion follows the tree, whose depth the parser bounds (CEL_DEPTH_MAXIMUM).
 */
#include "cel/check.h"

/* Comparisons of types for one expression; some thousands are usual for a large one. */
#define WORK_MAXIMUM 5000000u

void cel_check_give(struct cel_checker *checker, struct cel_node *node, const struct cel_type *type)
{
    if (type == NULL) {
        checker->out_of_memory = true;
        type = cel_type_simple(CEL_TYPE_ERROR);
    }
    if (type->parameter_count > 0 && !cel_check_is_bounded(checker, type)) {
        cel_problem_add(checker->problems, node->position,
                        "this makes lists or maps of too many kinds inside each other: "
                        "build it of fewer levels");
        type = cel_type_simple(CEL_TYPE_ERROR);
    }
    node->type = type;
}

static const struct cel_type *type_of_literal(struct cel_value constant)
{
    return cel_type_of_value(NULL, constant);
}

/* [?x]: x must be an optional, and what it holds is the element. */
static const struct cel_type *unwrap(struct cel_checker *checker, const struct cel_node *node)
{
    const struct cel_type *type = cel_check_known(checker, node->type);
    if (type->kind == CEL_TYPE_OPTIONAL) return type->parameters[0];
    if (type->kind == CEL_TYPE_DYN || type->kind == CEL_TYPE_ERROR) return type;
    cel_problem_add(checker->problems, node->position,
                    "'?' stands before something that may be missing (an optional); this is %s",
                    cel_check_type_words(checker, type));
    return cel_type_simple(CEL_TYPE_ERROR);
}

/* The one type of several nodes; NULL when there are none. */
static const struct cel_type *join_all(struct cel_checker *checker, struct cel_node **nodes,
                                       const bool *is_optional, uint32_t count)
{
    const struct cel_type *joined = NULL;
    for (uint32_t i = 0; i < count; i++) {
        bool unwrapped = is_optional != NULL && is_optional[i];
        const struct cel_type *type = unwrapped ? unwrap(checker, nodes[i]) : nodes[i]->type;
        joined = cel_check_join(checker, joined, type);
    }
    return joined;
}

static void check_list(struct cel_checker *checker, struct cel_node *node)
{
    for (uint32_t i = 0; i < node->list.count; i++)
        cel_check_node(checker, node->list.elements[i]);
    if (!cel_check_mixture(checker, node->list.elements, node->list.count)) {
        cel_check_give(checker, node, cel_type_simple(CEL_TYPE_ERROR));
        return;
    }
    const struct cel_type *element =
        join_all(checker, node->list.elements, node->list.is_optional, node->list.count);
    if (element == NULL) element = cel_check_fresh(checker);
    cel_check_give(checker, node, cel_type_list(checker->arena, element));
}

static void check_map(struct cel_checker *checker, struct cel_node *node)
{
    for (uint32_t i = 0; i < node->map.count; i++) {
        cel_check_node(checker, node->map.keys[i]);
        cel_check_node(checker, node->map.values[i]);
    }
    if (!cel_check_mixture(checker, node->map.values, node->map.count)) {
        cel_check_give(checker, node, cel_type_simple(CEL_TYPE_ERROR));
        return;
    }
    const struct cel_type *key = join_all(checker, node->map.keys, NULL, node->map.count);
    const struct cel_type *value =
        join_all(checker, node->map.values, node->map.is_optional, node->map.count);
    if (key == NULL) {
        key = cel_check_fresh(checker);
        value = cel_check_fresh(checker);
    }
    cel_check_give(checker, node, cel_type_map(checker->arena, key, value));
}

static void check_structure(struct cel_checker *checker, struct cel_node *node)
{
    for (uint32_t i = 0; i < node->structure.count; i++)
        cel_check_node(checker, node->structure.values[i]);
    cel_problem_add(checker->problems, node->position,
                    "'%.*s' cannot be made in an expression: only maps can, as in {'key': 1}",
                    TEXT_ARGUMENTS(node->structure.name));
    cel_check_give(checker, node, cel_type_simple(CEL_TYPE_ERROR));
}

/* What the variables of a comprehension over `range` are: the first and the second. */
static void range_types(struct cel_checker *checker, const struct cel_node *range, bool has_two,
                        const struct cel_type *types[2])
{
    const struct cel_type *type = cel_check_known(checker, range->type);
    const struct cel_type *dyn = cel_type_simple(CEL_TYPE_DYN);
    types[0] = dyn;
    types[1] = dyn;
    switch (type->kind) {
    case CEL_TYPE_LIST:
        if (type->parameter_count == 0) return;
        types[0] = has_two ? cel_type_simple(CEL_TYPE_INT) : type->parameters[0];
        types[1] = type->parameters[0];
        return;
    case CEL_TYPE_MAP:
        if (type->parameter_count == 0) return;
        types[0] = type->parameters[0];
        types[1] = type->parameters[1];
        return;
    case CEL_TYPE_VARIABLE:
        /* Whatever it turns out to be: it must not become one thing here and another there. */
        (void)cel_check_assignable(checker, dyn, type);
        return;
    case CEL_TYPE_DYN:
    case CEL_TYPE_ERROR:
        return;
    default:
        cel_problem_add(checker->problems, range->position,
                        "only the elements of a list or the keys of a map can be gone through; "
                        "this is %s",
                        cel_check_type_words(checker, type));
    }
}

static void expect(struct cel_checker *checker, const struct cel_node *node,
                   const struct cel_type *type)
{
    if (cel_check_assignable(checker, type, node->type)) return;
    bool is_condition = type->kind == CEL_TYPE_BOOL;
    cel_problem_add(checker->problems, node->position,
                    is_condition ? "this must be true or false, so a bool; it is %s, not %s"
                                 : "this is %s where it must be %s",
                    cel_check_type_words(checker, node->type), cel_check_type_words(checker, type));
}

static void check_comprehension(struct cel_checker *checker, struct cel_node *node)
{
    cel_check_node(checker, node->comprehension.range);
    cel_check_node(checker, node->comprehension.initial);
    bool has_two = !text_is_empty(node->comprehension.second_variable);
    const struct cel_type *types[2];
    range_types(checker, node->comprehension.range, has_two, types);

    const struct cel_type *accumulated = node->comprehension.initial->type;
    struct cel_scope accumulator = {checker->scope, node->comprehension.accumulator, accumulated,
                                    node};
    struct cel_scope first = {&accumulator, node->comprehension.variable, types[0], node};
    struct cel_scope second = {&first, node->comprehension.second_variable, types[1], node};
    checker->scope = has_two ? &second : &first;
    cel_check_node(checker, node->comprehension.condition);
    expect(checker, node->comprehension.condition, cel_type_simple(CEL_TYPE_BOOL));
    cel_check_node(checker, node->comprehension.step);
    expect(checker, node->comprehension.step, accumulated);
    checker->scope = &accumulator;
    cel_check_node(checker, node->comprehension.result);
    checker->scope = accumulator.outer;
    cel_check_give(checker, node,
                   cel_check_substitute(checker, node->comprehension.result->type, false));
}

void cel_check_node(struct cel_checker *checker, struct cel_node *node)
{
    if (checker->out_of_memory) {
        node->type = cel_type_simple(CEL_TYPE_ERROR);
        return;
    }
    switch (node->kind) {
    case CEL_NODE_LITERAL:
        cel_check_give(checker, node, type_of_literal(node->constant));
        return;
    case CEL_NODE_IDENTIFIER:
        cel_check_identifier(checker, node);
        return;
    case CEL_NODE_SELECT:
        cel_check_select(checker, node);
        return;
    case CEL_NODE_CALL:
        cel_check_call(checker, node);
        return;
    case CEL_NODE_LIST:
        check_list(checker, node);
        return;
    case CEL_NODE_MAP:
        check_map(checker, node);
        return;
    case CEL_NODE_STRUCT:
        check_structure(checker, node);
        return;
    case CEL_NODE_COMPREHENSION:
        check_comprehension(checker, node);
        return;
    }
}

/* The second walk. */
static void finish(struct cel_checker *checker, struct cel_node *node)
{
    if (checker->out_of_memory) return;
    cel_check_give(checker, node, cel_check_substitute(checker, node->type, true));
    struct cel_node *part = NULL;
    for (uint32_t i = 0; (part = cel_node_part(node, i)) != NULL; i++)
        finish(checker, part);
}

/* What the whole must be, in words for whoever writes it. */
static void check_result(struct cel_checker *checker, const struct cel_type *wanted,
                         const struct cel_node *root)
{
    if (wanted == NULL || cel_check_assignable(checker, root->type, wanted)) return;
    const char *found = cel_check_type_words(checker, root->type);
    if (wanted->kind == CEL_TYPE_BOOL)
        cel_problem_add(checker->problems, root->position,
                        "a condition must be true or false; this is %s", found);
    else
        cel_problem_add(checker->problems, root->position, "this must be %s; it is %s",
                        cel_check_type_words(checker, wanted), found);
}

/* The caller's list may be full already: whether there is a problem is told by one of our own. */
static void hand_over(const struct cel_problems *own, struct cel_problems *problems)
{
    for (uint32_t i = 0; i < own->count && problems->count < CEL_PROBLEM_MAXIMUM; i++)
        problems->items[problems->count++] = own->items[i];
}

enum status cel_check(struct arena *arena, struct cel_environment *environment,
                      const struct cel_compile_options *options, struct cel_node *root,
                      struct cel_problems *problems)
{
    struct cel_problems own;
    own.arena = problems->arena;
    own.count = 0;
    struct cel_checker checker = {
        .arena = arena, .environment = environment, .problems = &own, .work_left = WORK_MAXIMUM};
    if (options != NULL) checker.container = options->container;
    cel_check_node(&checker, root);
    if (own.count == 0 && !checker.out_of_memory) {
        finish(&checker, root);
        if (options != NULL) check_result(&checker, options->result, root);
    }
    if (checker.work_left == 0) {
        own.count = 0;
        cel_problem_add(&own, root->position,
                        "this is too complicated to be checked: build it of simpler parts");
    }
    hand_over(&own, problems);
    if (checker.out_of_memory) return STATUS_NO_MEMORY;
    return own.count == 0 ? STATUS_OK : STATUS_INVALID;
}
