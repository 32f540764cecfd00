/* Folding: what is the same whatever the variables are is computed once, when it is compiled.
 *
 * From the top down, the largest sub-expression that names no variable, no local of a comprehension
 * around it and no function of the host's is planned, run and, if that gives a value, becomes a
 * constant. What comes to a fault is left as it is: it may stand where it is absorbed, and who
 * evaluates is told. Then, from the bottom up, `false && x`, `true || x` and a choice by a constant
 * become constants although x is none.
 *
 * Work is bounded: a fold takes at most FOLD_STEP_MAXIMUM steps, all folds of an expression
 * TOTAL_STEP_MAXIMUM, and a value of more than VALUE_MAXIMUM_BYTES is left to run time.
 *
 * Must never: change what an expression gives, or fail because of what it contains.
 */
#include "cel/inner.h"

#define FOLD_STEP_MAXIMUM 10000u
#define TOTAL_STEP_MAXIMUM 100000u
#define VALUE_MAXIMUM_BYTES 4096u
#define SCRATCH_MAXIMUM_BYTES (1u << 20)

/* The comprehensions around a node, innermost first. */
struct surrounding {
    const struct surrounding *outer;
    const struct cel_node *comprehension;
};

struct folder {
    struct arena *arena;
    struct cel_environment *environment;
    struct arena scratch;
    uint64_t steps_left;
    bool out_of_memory;
};

/* Is it one of the comprehensions around the sub-expression that is looked at? */
static bool surrounds(const struct surrounding *around, const struct cel_node *comprehension)
{
    for (; around != NULL; around = around->outer)
        if (around->comprehension == comprehension) return true;
    return false;
}

/* Does the host compute it? */
static bool is_of_host(const struct cel_node *call)
{
    const struct cel_function *function = call->call.resolved;
    if (call->call.overload != NULL) return call->call.overload->implementation == NULL;
    if (function == NULL) return false;
    for (uint32_t i = 0; i < function->overload_count; i++)
        if (function->overloads[i].implementation == NULL) return true;
    return false;
}

/* Does nothing in it depend on what it is evaluated with? */
static bool is_closed(const struct cel_node *node, const struct surrounding *around)
{
    if (node->is_constant) return true;
    if (node->kind == CEL_NODE_IDENTIFIER)
        return node->identifier.found == CEL_NAME_LOCAL &&
               !surrounds(around, node->identifier.local);
    if (node->kind == CEL_NODE_CALL && is_of_host(node)) return false;
    const struct cel_node *part = NULL;
    for (uint32_t i = 0; (part = cel_node_part(node, i)) != NULL; i++)
        if (!is_closed(part, around)) return false;
    return true;
}

static bool afford(uint32_t *left, size_t bytes)
{
    if (bytes > *left) return false;
    *left -= (uint32_t)bytes;
    return true;
}

/* The same value in memory that lasts; STATUS_LIMIT when it is too large. */
static enum status copy_value(struct arena *arena, struct cel_value value, uint32_t *left,
                              struct cel_value *copy);

static enum status copy_list(struct arena *arena, struct cel_value value, uint32_t *left,
                             struct cel_value *copy)
{
    struct cel_list *list = cel_list_new(arena, value.list->count);
    if (list == NULL) return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < value.list->count; i++) {
        struct cel_value element;
        TRY(copy_value(arena, value.list->items[i], left, &element));
        TRY(cel_list_add(arena, list, element));
    }
    *copy = cel_list_value(list);
    return STATUS_OK;
}

static enum status copy_map(struct arena *arena, struct cel_value value, uint32_t *left,
                            struct cel_value *copy)
{
    struct cel_map *map = cel_map_new(arena, value.map->count);
    if (map == NULL) return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < value.map->count; i++) {
        struct cel_value key;
        struct cel_value kept;
        TRY(copy_value(arena, value.map->entries[2 * (size_t)i], left, &key));
        TRY(copy_value(arena, value.map->entries[2 * (size_t)i + 1], left, &kept));
        TRY(cel_map_add(arena, map, key, kept));
    }
    *copy = cel_map_value(map);
    return STATUS_OK;
}

static enum status copy_value(struct arena *arena, struct cel_value value, uint32_t *left,
                              struct cel_value *copy)
{
    if (!afford(left, sizeof value)) return STATUS_LIMIT;
    switch (value.kind) {
    case CEL_STRING:
    case CEL_BYTES: {
        if (!afford(left, value.extra)) return STATUS_LIMIT;
        struct text text = arena_copy(arena, cel_text(value));
        if (text.bytes == NULL) return STATUS_NO_MEMORY;
        value.bytes = text.bytes;
        break;
    }
    case CEL_LIST:
        return copy_list(arena, value, left, copy);
    case CEL_MAP:
        return copy_map(arena, value, left, copy);
    case CEL_OPTIONAL: {
        if (value.inner == NULL) break;
        struct cel_value *inner = arena_new(arena, struct cel_value);
        if (inner == NULL) return STATUS_NO_MEMORY;
        TRY(copy_value(arena, *value.inner, left, inner));
        value.inner = inner;
        break;
    }
    default:
        break;
    }
    *copy = value;
    return STATUS_OK;
}

static void make_constant(struct folder *folder, struct cel_node *node, struct cel_value value)
{
    uint32_t left = VALUE_MAXIMUM_BYTES;
    struct cel_value copy;
    switch (copy_value(folder->arena, value, &left, &copy)) {
    case STATUS_OK:
        node->constant = copy;
        node->is_constant = true;
        return;
    case STATUS_NO_MEMORY:
        folder->out_of_memory = true;
        return;
    default:
        return;
    }
}

static uint64_t count_nodes(const struct cel_node *node)
{
    uint64_t count = 1;
    const struct cel_node *part = NULL;
    for (uint32_t i = 0; (part = cel_node_part(node, i)) != NULL; i++)
        count += count_nodes(part);
    return count;
}

static void spend(struct folder *folder, uint64_t steps)
{
    folder->steps_left -= steps < folder->steps_left ? steps : folder->steps_left;
}

/* Runs the closed sub-expression, and keeps its value if it has one. Planning it is work too. */
static void compute(struct folder *folder, struct cel_node *node)
{
    spend(folder, count_nodes(node));
    if (folder->steps_left == 0) return;
    struct arena *scratch = &folder->scratch;
    struct cel_problems *problems = arena_new(scratch, struct cel_problems);
    const struct cel_plan *plan = NULL;
    if (problems == NULL) return;
    problems->arena = scratch;
    enum status status = cel_plan(scratch, folder->environment, NULL, node, problems, &plan);
    if (status == STATUS_OK) {
        struct cel_evaluation evaluation;
        cel_evaluation_init(&evaluation, folder->environment, NULL, scratch, NULL);
        evaluation.step_maximum =
            folder->steps_left < FOLD_STEP_MAXIMUM ? folder->steps_left : FOLD_STEP_MAXIMUM;
        struct cel_value value = cel_run(plan, &evaluation, NULL);
        spend(folder, evaluation.steps);
        if (!cel_is_error(value)) make_constant(folder, node, value);
    }
    arena_clear(scratch);
}

static bool is_truth(const struct cel_node *node, bool truth)
{
    return node->is_constant && node->constant.kind == CEL_BOOL &&
           (node->constant.boolean != 0) == truth;
}

static void become(struct cel_node *node, struct cel_value constant)
{
    node->constant = constant;
    node->is_constant = true;
}

/* What constants among the operands of a lazy operator decide. */
static void decide(struct cel_node *node)
{
    if (node->kind != CEL_NODE_CALL || node->call.target != NULL) return;
    struct text function = node->call.function;
    struct cel_node **operands = node->call.arguments;
    bool is_and = text_equal(function, TEXT("_&&_"));
    bool is_or = text_equal(function, TEXT("_||_"));
    for (uint32_t i = 0; (is_and || is_or) && i < node->call.argument_count; i++)
        if (is_truth(operands[i], is_or)) become(node, cel_bool(is_or));
    if (!text_equal(function, TEXT("_?_:_"))) return;
    for (uint32_t i = 1; i <= 2; i++)
        if (is_truth(operands[0], i == 1) && operands[i]->is_constant)
            become(node, operands[i]->constant);
}

static void fold(struct folder *folder, struct cel_node *node, const struct surrounding *around)
{
    if (node->is_constant || folder->out_of_memory) return;
    bool was_closed = is_closed(node, around);
    if (was_closed) compute(folder, node);
    if (node->is_constant) return;
    struct surrounding inner = {around, node};
    struct cel_node *part = NULL;
    for (uint32_t i = 0; (part = cel_node_part(node, i)) != NULL; i++) {
        bool is_inside = node->kind == CEL_NODE_COMPREHENSION && i >= CEL_PART_CONDITION;
        fold(folder, part, is_inside ? &inner : around);
    }
    decide(node);
    if (!was_closed && !node->is_constant && is_closed(node, around)) compute(folder, node);
}

enum status cel_fold(struct arena *arena, struct cel_environment *environment,
                     struct cel_node *root)
{
    struct folder folder = {
        .arena = arena, .environment = environment, .steps_left = TOTAL_STEP_MAXIMUM};
    arena_init(&folder.scratch, SCRATCH_MAXIMUM_BYTES);
    fold(&folder, root, NULL);
    arena_release(&folder.scratch);
    return folder.out_of_memory ? STATUS_NO_MEMORY : STATUS_OK;
}
