/* The cost of an expression: the most steps that an evaluation can take, told before there is one.
 *
 * A step is a node evaluated; each turn of a comprehension takes one more; and functions announce
 * what they do beyond that, as their overload's cost says (cel_spend). The estimate follows the
 * tree with the largest size that every value can have (extent.c): a comprehension costs its turns
 * times what a turn costs. It errs on the large side, never on the small one: tests/cel holds it
 * against what evaluations really take.
 *
 * The accumulator of a comprehension is not copied at every turn: evaluate.c grows it in place. So
 * it counts as empty where a step adds to it.
 *
 * All arithmetic saturates: UINT64_MAX is "no bound".
 */
#include "cel/cost.h"

#define OPERAND_MAXIMUM (CEL_ARGUMENT_MAXIMUM + 1)
#define EXCERPT_BYTES 60

/* Of values that are written: room grows by doubling, from a few bytes on. */
#define STEPS_PER_WRITER 16u
/* What a pattern or a zone takes that could not be made ready when it was compiled. */
#define STEPS_PER_PATTERN_BYTE 10u
#define STEPS_PER_ZONE 2000u
/* The levels of a merge sort over CEL_LIST_MAXIMUM elements, and one. */
#define SORT_LEVELS 12u

struct estimate {
    uint64_t steps;
    struct cel_extent extent;
};

/* What a name stands for inside a comprehension. */
struct locals {
    const struct locals *outer;
    const struct cel_node *comprehension;
    struct text name;
    struct cel_extent extent;
};

struct estimator {
    const struct cel_environment *environment;
    /* The innermost part that alone is too much, for the problem. */
    const struct cel_node *culprit;
    uint64_t culprit_steps;
    /* The comprehension that takes most. */
    const struct cel_node *heaviest;
    uint64_t heaviest_steps;
};

static struct estimate estimate(struct estimator *estimator, const struct cel_node *node,
                                const struct locals *locals);

/* Names. */

static struct cel_extent within_bound(struct cel_extent extent, uint32_t bound)
{
    if (bound < extent.size[0]) extent.size[0] = bound;
    return extent;
}

static struct cel_extent extent_of_name(const struct estimator *estimator,
                                        const struct cel_node *node, const struct locals *locals)
{
    struct cel_extent limits = cel_extent_of_type(node->type);
    if (node->identifier.found == CEL_NAME_LOCAL) {
        for (; locals != NULL; locals = locals->outer)
            if (locals->comprehension == node->identifier.local &&
                text_equal(locals->name, node->identifier.name))
                return cel_extent_meet(limits, locals->extent);
        return limits;
    }
    const struct cel_declared_name *declared =
        cel_find_name(estimator->environment, node->identifier.name);
    return declared == NULL ? limits : within_bound(limits, declared->bound);
}

static struct estimate of_select(struct estimator *estimator, const struct cel_node *node,
                                 const struct locals *locals)
{
    struct estimate operand = estimate(estimator, node->select.operand, locals);
    const struct cel_type *type = node->select.operand->type;
    if (type->kind == CEL_TYPE_OPTIONAL && type->parameter_count == 1) type = type->parameters[0];
    struct cel_extent extent = cel_extent_of_type(node->type);
    if (type->kind == CEL_TYPE_OBJECT) {
        const struct cel_declared_field *field =
            cel_find_field(estimator->environment, type->object, node->select.field);
        if (field != NULL) extent = within_bound(extent, field->bound);
    } else {
        extent = cel_extent_meet(extent, cel_extent_of_element(operand.extent));
    }
    return (struct estimate){cel_sum(operand.steps, 1), extent};
}

/* Lists and maps. */

static struct estimate of_collection(struct estimator *estimator, const struct cel_node *node,
                                     const struct locals *locals)
{
    uint64_t steps = 1;
    struct cel_extent element = {{0}};
    uint32_t count = node->kind == CEL_NODE_MAP ? node->map.count : node->list.count;
    const struct cel_node *part = NULL;
    for (uint32_t i = 0; (part = cel_node_part(node, i)) != NULL; i++) {
        struct estimate one = estimate(estimator, part, locals);
        steps = cel_sum(steps, one.steps);
        element = cel_extent_join(element, one.extent);
    }
    return (struct estimate){steps, cel_extent_around(element, count)};
}

/* Calls. */

struct operands {
    uint32_t count;
    const struct cel_node *nodes[OPERAND_MAXIMUM];
    struct cel_extent extents[OPERAND_MAXIMUM];
};

static uint64_t weight(const struct operands *operands, uint32_t index)
{
    return cel_extent_weight(operands->nodes[index]->type, operands->extents[index]);
}

static uint64_t weight_of_all(const struct operands *operands)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < operands->count; i++)
        sum = cel_sum(sum, weight(operands, i));
    return sum;
}

static uint64_t lesser(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static const struct cel_type *element_type(const struct cel_type *type)
{
    if (type->kind == CEL_TYPE_OPTIONAL && type->parameter_count == 1) type = type->parameters[0];
    return type->parameter_count > 0 ? type->parameters[0] : cel_type_simple(CEL_TYPE_DYN);
}

static uint32_t elements_of(struct cel_extent extent)
{
    return extent.size[0] < CEL_LIST_MAXIMUM ? extent.size[0] : CEL_LIST_MAXIMUM;
}

/* Each element of the second compared with the first, `in`. */
static uint64_t search_work(const struct operands *operands)
{
    uint64_t sought = weight(operands, 0);
    uint64_t element = cel_extent_weight(element_type(operands->nodes[1]->type),
                                         cel_extent_of_element(operands->extents[1]));
    return cel_product(elements_of(operands->extents[1]), cel_sum(1, lesser(sought, element)));
}

/* Each of one with each of the other, forth and back. */
static uint64_t product_work(const struct operands *operands)
{
    uint32_t other = operands->count > 1 ? 1 : 0;
    uint64_t pairs = cel_product(2 * (uint64_t)elements_of(operands->extents[0]),
                                 elements_of(operands->extents[other]));
    uint64_t a = cel_extent_weight(element_type(operands->nodes[0]->type),
                                   cel_extent_of_element(operands->extents[0]));
    uint64_t b = cel_extent_weight(element_type(operands->nodes[other]->type),
                                   cel_extent_of_element(operands->extents[other]));
    return cel_product(pairs, cel_sum(1, lesser(a, b)));
}

/* Removing what is there twice takes a look at each pair where elements cannot be keys. */
static uint64_t distinct_work(const struct operands *operands)
{
    switch (element_type(operands->nodes[0]->type)->kind) {
    case CEL_TYPE_BOOL:
    case CEL_TYPE_INT:
    case CEL_TYPE_UINT:
    case CEL_TYPE_STRING:
        return cel_product(2, weight_of_all(operands));
    default:
        return product_work(operands);
    }
}

/* Does it put elements together without looking into them? */
static bool is_copying(struct text function)
{
    return text_equal(function, TEXT("_+_")) || text_equal(function, TEXT("cel.@mapInsert")) ||
           text_equal(function, TEXT("reverse"));
}

static uint64_t copying_work(const struct operands *operands)
{
    uint64_t sum = 1;
    for (uint32_t i = 0; i < operands->count; i++)
        sum += elements_of(operands->extents[i]);
    return sum;
}

static uint64_t elements_work(const struct cel_node *call, const struct operands *operands,
                              struct cel_extent result)
{
    struct text function = call->call.function;
    bool is_equality = text_equal(function, TEXT("_==_")) || text_equal(function, TEXT("_!=_"));
    if (is_equality && operands->count == 2)
        return cel_sum(1, lesser(weight(operands, 0), weight(operands, 1)));
    if (text_equal(function, TEXT("@in")) && operands->count == 2) return search_work(operands);
    if (text_equal(function, TEXT("distinct"))) return distinct_work(operands);
    if (is_copying(function)) return copying_work(operands);
    uint64_t work = cel_sum(weight_of_all(operands), elements_of(result));
    bool is_sorting =
        text_equal(function, TEXT("sort")) || text_equal(function, TEXT("@sortByAssociatedKeys"));
    return is_sorting ? cel_product(work, SORT_LEVELS) : work;
}

/* What could not be made ready before: the planner prepares constants of settled calls. */
static uint64_t preparing_work(const struct cel_node *call, const struct cel_overload *overload,
                               const struct operands *operands)
{
    if (overload->prepare == NULL || overload->prepare_argument >= operands->count) return 0;
    uint32_t index = overload->prepare_argument;
    if (call->call.overload != NULL && operands->nodes[index]->is_constant) return 0;
    return STEPS_PER_ZONE + (uint64_t)operands->extents[index].size[0] * STEPS_PER_PATTERN_BYTE;
}

static uint64_t work_of_overload(const struct cel_node *call, const struct cel_overload *overload,
                                 const struct operands *operands, struct cel_extent result)
{
    uint64_t work = preparing_work(call, overload, operands);
    switch (overload->cost) {
    case CEL_COST_ONE:
        return work;
    case CEL_COST_TEXT: {
        uint64_t written = 2 * (uint64_t)(result.size[0] / 64) + STEPS_PER_WRITER;
        return cel_sum(work, cel_sum(weight_of_all(operands), written));
    }
    case CEL_COST_ELEMENTS:
        return cel_sum(work, elements_work(call, operands, result));
    case CEL_COST_PRODUCT:
        return cel_sum(work, product_work(operands));
    }
    return UINT64_MAX;
}

/* The dearest of the overloads that can be meant. */
static uint64_t work_of_call(const struct cel_node *call, const struct operands *operands,
                             struct cel_extent result)
{
    if (call->call.overload != NULL)
        return work_of_overload(call, call->call.overload, operands, result);
    const struct cel_function *function = call->call.resolved;
    uint64_t most = 0;
    for (uint32_t i = 0; function != NULL && i < function->overload_count; i++) {
        uint64_t work = work_of_overload(call, &function->overloads[i], operands, result);
        if (work > most) most = work;
    }
    return most;
}

static struct estimate of_call(struct estimator *estimator, const struct cel_node *node,
                               const struct locals *locals)
{
    struct operands operands = {0};
    uint64_t steps = 1;
    const struct cel_node *part = NULL;
    for (uint32_t i = 0; i < OPERAND_MAXIMUM && (part = cel_node_part(node, i)) != NULL; i++) {
        struct estimate one = estimate(estimator, part, locals);
        steps = cel_sum(steps, one.steps);
        operands.nodes[i] = part;
        operands.extents[i] = one.extent;
        operands.count++;
    }
    struct cel_extent result = cel_extent_of_call(node, operands.extents, operands.count);
    return (struct estimate){cel_sum(steps, work_of_call(node, &operands, result)), result};
}

/* Comprehensions. */

static void note_heaviest(struct estimator *estimator, const struct cel_node *node, uint64_t steps)
{
    if (steps < estimator->heaviest_steps) return;
    estimator->heaviest = node;
    estimator->heaviest_steps = steps;
}

/* cel.bind: the value once, and what is made of it. */
static struct estimate of_bind(struct estimator *estimator, const struct cel_node *node,
                               const struct locals *locals)
{
    struct estimate bound = estimate(estimator, node->comprehension.initial, locals);
    struct locals inside = {locals, node, node->comprehension.accumulator, bound.extent};
    struct estimate result = estimate(estimator, node->comprehension.result, &inside);
    result.steps = cel_sum(cel_sum(result.steps, bound.steps), 1);
    return result;
}

/* Of the two variables: with one name, an element or a key; with two, number or key and value. */
static struct cel_extent first_extent(const struct cel_node *node, struct cel_extent range)
{
    bool has_two = !text_is_empty(node->comprehension.second_variable);
    bool is_list = node->comprehension.range->type->kind == CEL_TYPE_LIST;
    return has_two && is_list ? (struct cel_extent){{0}} : cel_extent_of_element(range);
}

/* What one turn takes, and what it leaves in the accumulator. */
static struct estimate of_turn(struct estimator *estimator, const struct cel_node *node,
                               const struct locals *inside, struct cel_extent element)
{
    const struct cel_node *predicate = node->comprehension.predicate;
    const struct cel_node *transform = node->comprehension.transform;
    enum cel_macro macro = node->comprehension.macro;
    bool is_written = macro == CEL_MACRO_ALL || macro == CEL_MACRO_EXISTS ||
                      macro == CEL_MACRO_EXISTS_ONE || macro == CEL_MACRO_FILTER ||
                      macro == CEL_MACRO_MAP;
    if (!is_written) {
        struct estimate condition = estimate(estimator, node->comprehension.condition, inside);
        struct estimate step = estimate(estimator, node->comprehension.step, inside);
        step.steps = cel_sum(step.steps, condition.steps);
        return step;
    }
    /* The planner's loops evaluate what was written, and no more. */
    struct estimate turn = {0, cel_extent_around(element, 1)};
    if (predicate != NULL) turn.steps = estimate(estimator, predicate, inside).steps;
    if (transform != NULL) {
        struct estimate made = estimate(estimator, transform, inside);
        turn.steps = cel_sum(turn.steps, made.steps);
        turn.extent = cel_extent_around(made.extent, 1);
    }
    return turn;
}

static struct estimate of_loop(struct estimator *estimator, const struct cel_node *node,
                               const struct locals *locals)
{
    struct estimate range = estimate(estimator, node->comprehension.range, locals);
    struct estimate initial = estimate(estimator, node->comprehension.initial, locals);
    uint32_t turns = elements_of(range.extent);
    struct cel_extent accumulated = node->comprehension.macro == CEL_MACRO_NONE
                                        ? cel_extent_of_type(node->comprehension.initial->type)
                                        : initial.extent;
    struct locals accumulator = {locals, node, node->comprehension.accumulator, accumulated};
    struct cel_extent element = cel_extent_of_element(range.extent);
    struct locals first = {&accumulator, node, node->comprehension.variable,
                           first_extent(node, range.extent)};
    struct locals second = {&first, node, node->comprehension.second_variable, element};
    bool has_two = !text_is_empty(node->comprehension.second_variable);
    struct estimate turn = of_turn(estimator, node, has_two ? &second : &first, element);

    accumulator.extent = turn.extent;
    uint64_t largest = cel_product(turns, turn.extent.size[0]);
    accumulator.extent.size[0] = (uint32_t)lesser(largest, CEL_STRING_MAXIMUM_BYTES);
    struct estimate result = estimate(estimator, node->comprehension.result, &accumulator);
    uint64_t steps = cel_sum(range.steps, initial.steps);
    steps = cel_sum(steps, cel_product(turns, cel_sum(turn.steps, 1)));
    steps = cel_sum(steps, cel_sum(result.steps, 1));
    note_heaviest(estimator, node, steps);
    return (struct estimate){steps, result.extent};
}

/* All nodes. */

static struct estimate estimate_kind(struct estimator *estimator, const struct cel_node *node,
                                     const struct locals *locals)
{
    if (node->is_constant) return (struct estimate){1, cel_extent_of_value(node->constant)};
    switch (node->kind) {
    case CEL_NODE_IDENTIFIER:
        return (struct estimate){1, extent_of_name(estimator, node, locals)};
    case CEL_NODE_SELECT:
        return of_select(estimator, node, locals);
    case CEL_NODE_CALL:
        return of_call(estimator, node, locals);
    case CEL_NODE_LIST:
    case CEL_NODE_MAP:
        return of_collection(estimator, node, locals);
    case CEL_NODE_COMPREHENSION:
        return node->comprehension.macro == CEL_MACRO_BIND ? of_bind(estimator, node, locals)
                                                           : of_loop(estimator, node, locals);
    case CEL_NODE_LITERAL:
    case CEL_NODE_STRUCT:
        break;
    }
    return (struct estimate){1, cel_extent_of_type(node->type)};
}

static struct estimate estimate(struct estimator *estimator, const struct cel_node *node,
                                const struct locals *locals)
{
    struct estimate found = estimate_kind(estimator, node, locals);
    if (found.steps > CEL_STEP_MAXIMUM && estimator->culprit == NULL) {
        estimator->culprit = node;
        estimator->culprit_steps = found.steps;
    }
    return found;
}

uint64_t cel_cost(const struct cel_environment *environment, const struct cel_node *root)
{
    struct estimator estimator = {.environment = environment};
    return estimate(&estimator, root, NULL).steps;
}

/* The problem of an expression that costs too much. */

/* What was written there, its end left out where it is long. */
static struct text excerpt(struct text source, const struct cel_node *node)
{
    uint32_t end = node->end <= source.length ? node->end : (uint32_t)source.length;
    uint32_t begin = node->begin <= end ? node->begin : end;
    size_t length = end - begin;
    if (length > EXCERPT_BYTES) length = EXCERPT_BYTES;
    /* Not within a character. */
    while (length > 0 && length < end - begin &&
           ((unsigned char)source.bytes[begin + length] & 0xC0) == 0x80)
        length--;
    return (struct text){source.bytes + begin, length};
}

static bool has_loop(const struct cel_node *node)
{
    bool is_loop =
        node->kind == CEL_NODE_COMPREHENSION && node->comprehension.macro != CEL_MACRO_BIND;
    const struct cel_node *part = NULL;
    for (uint32_t i = 0; !is_loop && (part = cel_node_part(node, i)) != NULL; i++)
        is_loop = has_loop(part);
    return is_loop;
}

/* What would make it less. */
static const char *advice(const struct cel_node *node)
{
    if (node->kind != CEL_NODE_COMPREHENSION)
        return "compare or search shorter texts and lists, or split the condition";
    bool is_nested = has_loop(node->comprehension.step) || has_loop(node->comprehension.range);
    return is_nested ? "it goes through one list for each element of another: go through one of "
                       "them only, or work one out before, as in cel.bind(most, ..., ...)"
                     : "do less for each element, or compare with shorter texts and lists";
}

void cel_cost_problem(const struct cel_environment *environment, const struct cel_node *root,
                      struct text source, struct cel_problems *problems)
{
    struct estimator estimator = {.environment = environment};
    struct estimate whole = estimate(&estimator, root, NULL);
    const struct cel_node *node = estimator.culprit == NULL ? root : estimator.culprit;
    uint64_t steps = estimator.culprit == NULL ? whole.steps : estimator.culprit_steps;
    if (node->kind != CEL_NODE_COMPREHENSION && estimator.heaviest != NULL) {
        node = estimator.heaviest;
        steps = estimator.heaviest_steps;
    }
    char count[AMOUNT_GROUPED_TEXT_MAXIMUM];
    char limit[AMOUNT_GROUPED_TEXT_MAXIMUM];
    struct text most = TEXT("more steps than can be counted");
    if (steps <= INT64_MAX) most = amount_format_grouped((int64_t)steps, 0, count);
    struct text allowed = amount_format_grouped(CEL_STEP_MAXIMUM, 0, limit);
    struct text written = excerpt(source, node);
    bool is_cut = node->end > node->begin + written.length;
    cel_problem_add(problems, node->begin,
                    "'%.*s%s' could take %.*s%s, and one evaluation may take %.*s: %s",
                    TEXT_ARGUMENTS(written), is_cut ? "..." : "", TEXT_ARGUMENTS(most),
                    steps <= INT64_MAX ? " steps" : "", TEXT_ARGUMENTS(allowed), advice(node));
}
