/* Explanations: why a condition is not true, as one line for people.
 *
 * The tree is walked from the root towards what made it false: through && to the first part that is
 * false, through || to every part (none was true), through ?: to the branch that was taken, into
 * all to the first element that it is not true of. What is left is the smallest part that decided,
 * told with the values that it saw:
 *
 *   order.eligible >= 50.00: 42.10 >= 50.00
 *   member.tiers.club.atLeast('vib'): member.tiers.club is 'insider'
 *   order.items.exists(i, i.category == 'skincare'): true of none of 3
 *   order.items.all(i, i.quantity >= 2): not of element 2 of 3: i.quantity >= 2: 1 >= 2
 *   !member.is_staff: member.is_staff is true
 *   member.birthday: not known
 *
 * Parts are planned and evaluated again, each by itself; the locals of the comprehensions around a
 * part become variables behind the host's. The steps of all that are bounded together.
 */
#include "cel/explain.h"

#define ALTERNATIVES_MAXIMUM 5
/* Evaluating again, part by part, takes more than evaluating once. */
#define EFFORT 8

static bool explain(struct cel_explainer *explainer, const struct cel_node *node,
                    struct cel_value value);

static bool is_call_of(const struct cel_node *node, const char *function, uint32_t count)
{
    return node->kind == CEL_NODE_CALL && node->call.target == NULL &&
           node->call.argument_count == count && text_equal(node->call.function, text_of(function));
}

static bool is_truth(struct cel_value value, bool truth)
{
    return value.kind == CEL_BOOL && (value.boolean != 0) == truth;
}

struct cel_value cel_explainer_value(struct cel_explainer *explainer, const struct cel_node *node)
{
    if (node->is_constant) return node->constant;
    const struct cel_plan *plan = NULL;
    enum status status =
        cel_plan_part(explainer->evaluation.arena, explainer->evaluation.environment,
                      explainer->outer, node, &plan);
    if (status == STATUS_OK) return cel_run(plan, &explainer->evaluation, explainer->variables);
    if (explainer->status == STATUS_OK) explainer->status = status;
    return cel_error(CEL_FAULT_NO_MEMORY, NULL);
}

/* Adds a local around what is explained next; NULL when there are too many. */
static struct cel_outer *bind(struct cel_explainer *explainer, struct cel_outer *local,
                              struct text name, struct cel_value value)
{
    if (explainer->variable_count >= explainer->variable_capacity) return NULL;
    *local = (struct cel_outer){explainer->outer, name, explainer->variable_count};
    explainer->variables[explainer->variable_count++] = value;
    explainer->outer = local;
    return local;
}

static void unbind(struct cel_explainer *explainer, uint32_t count)
{
    for (; count > 0; count--) {
        explainer->outer = explainer->outer->next;
        explainer->variable_count--;
    }
}

/* ---- errors ---- */

static const struct cel_node *at_position(const struct cel_node *node, uint32_t position);

static const struct cel_node *among(struct cel_node *const *nodes, uint32_t count,
                                    uint32_t position)
{
    const struct cel_node *found = NULL;
    for (uint32_t i = 0; found == NULL && i < count; i++)
        found = at_position(nodes[i], position);
    return found;
}

/* The node that stands at a position of the source; the outermost of those that a macro made. */
static const struct cel_node *at_position(const struct cel_node *node, uint32_t position)
{
    if (node == NULL || position < node->begin || position >= node->end) return NULL;
    if (node->position == position) return node;
    const struct cel_node *found = NULL;
    switch (node->kind) {
    case CEL_NODE_SELECT:
        return at_position(node->select.operand, position);
    case CEL_NODE_CALL:
        found = at_position(node->call.target, position);
        if (found != NULL) return found;
        return among(node->call.arguments, node->call.argument_count, position);
    case CEL_NODE_LIST:
        return among(node->list.elements, node->list.count, position);
    case CEL_NODE_MAP:
        found = among(node->map.keys, node->map.count, position);
        return found != NULL ? found : among(node->map.values, node->map.count, position);
    case CEL_NODE_COMPREHENSION: {
        struct cel_node *const parts[] = {node->comprehension.range, node->comprehension.initial,
                                          node->comprehension.step, node->comprehension.result};
        return among(parts, sizeof parts / sizeof parts[0], position);
    }
    default:
        return NULL;
    }
}

/* "member.birthday: not known" */
static bool explain_error(struct cel_explainer *explainer, const struct cel_node *node,
                          struct cel_value error)
{
    const struct cel_node *failing =
        error.extra == 0 ? NULL : at_position(explainer->root, error.extra - 1);
    cel_explain_node(explainer, failing == NULL ? node : failing);
    cel_explain_text(explainer, ": ");
    cel_explain_text(explainer, cel_fault_text((enum cel_fault)error.tag));
    if (error.detail == NULL) return true;
    cel_explain_text(explainer, ": ");
    cel_explain_text(explainer, error.detail);
    return true;
}

/* ---- logic ---- */

/* The first part of a && b && c that decided: the first that is false, else the first error. */
static const struct cel_node *first_deciding(struct cel_explainer *explainer,
                                             const struct cel_node *node, bool wants_error,
                                             struct cel_value *value)
{
    if (is_call_of(node, "_&&_", 2) && !node->is_constant) {
        const struct cel_node *found =
            first_deciding(explainer, node->call.arguments[0], wants_error, value);
        return found != NULL
                   ? found
                   : first_deciding(explainer, node->call.arguments[1], wants_error, value);
    }
    *value = cel_explainer_value(explainer, node);
    return (wants_error ? cel_is_error(*value) : is_truth(*value, false)) ? node : NULL;
}

static bool explain_and(struct cel_explainer *explainer, const struct cel_node *node)
{
    struct cel_value value;
    const struct cel_node *part = first_deciding(explainer, node, false, &value);
    if (part == NULL) part = first_deciding(explainer, node, true, &value);
    return part != NULL && explain(explainer, part, value);
}

/* Every part of a || b || c, as none is true; `*count` of them so far. */
static void explain_alternatives(struct cel_explainer *explainer, const struct cel_node *node,
                                 uint32_t *count)
{
    if (is_call_of(node, "_||_", 2) && !node->is_constant) {
        explain_alternatives(explainer, node->call.arguments[0], count);
        explain_alternatives(explainer, node->call.arguments[1], count);
        return;
    }
    if (++*count > ALTERNATIVES_MAXIMUM) return;
    if (*count > 1) cel_explain_text(explainer, "; ");
    explain(explainer, node, cel_explainer_value(explainer, node));
}

static bool explain_or(struct cel_explainer *explainer, const struct cel_node *node)
{
    uint32_t count = 0;
    explain_alternatives(explainer, node, &count);
    if (count > ALTERNATIVES_MAXIMUM) {
        cel_explain_text(explainer, "; and ");
        cel_explain_value(explainer, cel_int(count - ALTERNATIVES_MAXIMUM));
        cel_explain_text(explainer, " more");
    }
    return true;
}

/* "member.is_staff is true; order.eligible >= 50.00: 42.10 >= 50.00" */
static bool explain_choice(struct cel_explainer *explainer, const struct cel_node *node)
{
    struct cel_value condition = cel_explainer_value(explainer, node->call.arguments[0]);
    if (condition.kind != CEL_BOOL) return explain(explainer, node->call.arguments[0], condition);
    cel_explain_node(explainer, node->call.arguments[0]);
    cel_explain_text(explainer, condition.boolean ? " is true; " : " is false; ");
    const struct cel_node *branch = node->call.arguments[condition.boolean ? 1 : 2];
    return explain(explainer, branch, cel_explainer_value(explainer, branch));
}

/* The elements that exists and all are true of: ": of element 3 of 10", ": of all 10". */
static void explain_true_test(struct cel_explainer *explainer, const struct cel_node *node);

/* What is true although its opposite was wanted. */
static void explain_truth(struct cel_explainer *explainer, const struct cel_node *node)
{
    if (is_call_of(node, "_&&_", 2) && !node->is_constant) {
        explain_truth(explainer, node->call.arguments[0]);
        cel_explain_text(explainer, "; ");
        explain_truth(explainer, node->call.arguments[1]);
        return;
    }
    if (is_call_of(node, "_||_", 2) && !node->is_constant) {
        bool is_first = is_truth(cel_explainer_value(explainer, node->call.arguments[0]), true);
        explain_truth(explainer, node->call.arguments[is_first ? 0 : 1]);
        return;
    }
    if (is_call_of(node, "!_", 1)) {
        explain(explainer, node->call.arguments[0], cel_bool(false));
        return;
    }
    cel_explain_node(explainer, node);
    cel_explain_text(explainer, " is true");
    if (node->kind == CEL_NODE_COMPREHENSION && !node->is_constant)
        explain_true_test(explainer, node);
    else
        cel_explain_operands(explainer, node, true);
}

static bool explain_not(struct cel_explainer *explainer, const struct cel_node *node)
{
    struct cel_value operand = cel_explainer_value(explainer, node->call.arguments[0]);
    if (operand.kind != CEL_BOOL) return explain(explainer, node->call.arguments[0], operand);
    explain_truth(explainer, node->call.arguments[0]);
    return true;
}

/* ---- comprehensions ---- */

/* Binds the variables of a comprehension for one turn; how many, 0 when there is no room. */
static uint32_t bind_turn(struct cel_explainer *explainer, const struct cel_node *node,
                          struct cel_value range, uint32_t turn, struct cel_outer locals[2])
{
    struct text second_name = node->comprehension.second_variable;
    bool has_second = !text_is_empty(second_name);
    struct cel_value first;
    struct cel_value second;
    if (range.kind == CEL_LIST) {
        first = has_second ? cel_int(turn) : range.list->items[turn];
        second = range.list->items[turn];
    } else {
        first = range.map->entries[(size_t)turn * 2];
        second = range.map->entries[(size_t)turn * 2 + 1];
    }
    if (bind(explainer, &locals[0], node->comprehension.variable, first) == NULL) return 0;
    if (!has_second) return 1;
    if (bind(explainer, &locals[1], second_name, second) != NULL) return 2;
    unbind(explainer, 1);
    return 0;
}

/* "element 2 of 3", or a map's key. */
static void tell_turn(struct cel_explainer *explainer, struct cel_value range, uint32_t turn)
{
    if (range.kind == CEL_MAP) {
        cel_explain_value(explainer, range.map->entries[(size_t)turn * 2]);
        return;
    }
    cel_explain_text(explainer, "element ");
    cel_explain_value(explainer, cel_int((int64_t)turn + 1));
    cel_explain_text(explainer, " of ");
    cel_explain_value(explainer, cel_int(range.list->count));
}

/* How many turns have a true predicate; `*first` is the first of them. */
static uint32_t count_true(struct cel_explainer *explainer, const struct cel_node *node,
                           struct cel_value range, uint32_t count, uint32_t *first)
{
    uint32_t found = 0;
    for (uint32_t turn = 0; turn < count; turn++) {
        struct cel_outer locals[2];
        uint32_t bound = bind_turn(explainer, node, range, turn, locals);
        if (bound == 0) break;
        struct cel_value value = cel_explainer_value(explainer, node->comprehension.predicate);
        unbind(explainer, bound);
        if (is_truth(value, true) && found++ == 0) *first = turn;
    }
    return found;
}

/* The first element that all is not true of, with why. */
static bool explain_all(struct cel_explainer *explainer, const struct cel_node *node,
                        struct cel_value range, uint32_t count)
{
    for (uint32_t turn = 0; turn < count; turn++) {
        struct cel_outer locals[2];
        uint32_t bound = bind_turn(explainer, node, range, turn, locals);
        if (bound == 0) return false;
        struct cel_value value = cel_explainer_value(explainer, node->comprehension.predicate);
        if (is_truth(value, false)) {
            cel_explain_node(explainer, node);
            cel_explain_text(explainer, ": not of ");
            tell_turn(explainer, range, turn);
            cel_explain_text(explainer, ": ");
            bool is_told = explain(explainer, node->comprehension.predicate, value);
            unbind(explainer, bound);
            return is_told;
        }
        unbind(explainer, bound);
    }
    return false;
}

/* The range of a comprehension, and how many turns it gives; false when it gives none. */
static bool find_range(struct cel_explainer *explainer, const struct cel_node *node,
                       struct cel_value *range, uint32_t *count)
{
    *range = cel_explainer_value(explainer, node->comprehension.range);
    if (range->kind != CEL_LIST && range->kind != CEL_MAP) return false;
    *count = range->kind == CEL_LIST ? range->list->count : range->map->count;
    return true;
}

static void explain_true_test(struct cel_explainer *explainer, const struct cel_node *node)
{
    struct cel_value range;
    uint32_t count = 0;
    uint32_t first = 0;
    enum cel_macro macro = node->comprehension.macro;
    if (node->comprehension.predicate == NULL || !find_range(explainer, node, &range, &count))
        return;
    if (macro == CEL_MACRO_ALL) {
        cel_explain_text(explainer, count == 0 ? ": there is no element" : ": of all ");
        if (count > 0) cel_explain_value(explainer, cel_int(count));
    } else if (count_true(explainer, node, range, count, &first) > 0) {
        cel_explain_text(explainer, ": of ");
        tell_turn(explainer, range, first);
    }
}

static bool explain_test(struct cel_explainer *explainer, const struct cel_node *node)
{
    struct cel_value range;
    uint32_t count = 0;
    uint32_t first = 0;
    if (!find_range(explainer, node, &range, &count)) return false;
    if (node->comprehension.macro == CEL_MACRO_ALL)
        return explain_all(explainer, node, range, count);
    uint32_t found = count_true(explainer, node, range, count, &first);
    cel_explain_node(explainer, node);
    cel_explain_text(explainer, ": true of ");
    if (found == 0)
        cel_explain_text(explainer, "none");
    else
        cel_explain_value(explainer, cel_int(found));
    cel_explain_text(explainer, " of ");
    cel_explain_value(explainer, cel_int(count));
    return true;
}

static bool explain_bound(struct cel_explainer *explainer, const struct cel_node *node)
{
    struct cel_outer local;
    struct cel_value initial = cel_explainer_value(explainer, node->comprehension.initial);
    if (bind(explainer, &local, node->comprehension.accumulator, initial) == NULL) return false;
    const struct cel_node *body = node->comprehension.result;
    bool is_told = explain(explainer, body, cel_explainer_value(explainer, body));
    unbind(explainer, 1);
    return is_told;
}

static bool explain_loop(struct cel_explainer *explainer, const struct cel_node *node)
{
    switch (node->comprehension.macro) {
    case CEL_MACRO_ALL:
    case CEL_MACRO_EXISTS:
    case CEL_MACRO_EXISTS_ONE:
        return explain_test(explainer, node);
    case CEL_MACRO_BIND:
        return explain_bound(explainer, node);
    default:
        return false;
    }
}

/* ---- */

/* What is false by itself. */
static void explain_leaf(struct cel_explainer *explainer, const struct cel_node *node,
                         struct cel_value value)
{
    cel_explain_node(explainer, node);
    if (node->is_constant) {
        cel_explain_text(explainer, " is always ");
        cel_explain_value(explainer, value);
    } else if (node->kind == CEL_NODE_SELECT && node->select.is_test) {
        cel_explain_text(explainer, ": not known");
    } else if (!cel_explain_operands(explainer, node, false)) {
        cel_explain_text(explainer, " is ");
        cel_explain_value(explainer, value);
    }
}

/* Why the node has that value, which is not true; always true itself. */
static bool explain(struct cel_explainer *explainer, const struct cel_node *node,
                    struct cel_value value)
{
    bool is_told = false;
    if (!node->is_constant && explainer->status == STATUS_OK) {
        if (is_call_of(node, "_&&_", 2))
            is_told = explain_and(explainer, node);
        else if (is_call_of(node, "_||_", 2))
            is_told = explain_or(explainer, node);
        else if (is_call_of(node, "_?_:_", 3))
            is_told = explain_choice(explainer, node);
        else if (is_call_of(node, "!_", 1))
            is_told = explain_not(explainer, node);
        else if (node->kind == CEL_NODE_COMPREHENSION && !cel_is_error(value))
            is_told = explain_loop(explainer, node);
    }
    if (is_told) return true;
    if (cel_is_error(value)) return explain_error(explainer, node, value);
    explain_leaf(explainer, node, value);
    return true;
}

static enum status explain_all_of_it(struct cel_explainer *explainer, struct cel_value value,
                                     const struct cel_value *variables)
{
    uint32_t own = explainer->evaluation.environment->variable_count;
    explainer->variable_capacity = own + CEL_DEPTH_MAXIMUM;
    explainer->variables = arena_new_array(explainer->evaluation.arena, struct cel_value,
                                           explainer->variable_capacity);
    if (explainer->variables == NULL) return STATUS_NO_MEMORY;
    if (own > 0) memcpy(explainer->variables, variables, sizeof *variables * own);
    explainer->variable_count = own;
    explain(explainer, explainer->root, value);
    return explainer->status;
}

enum status cel_explain(const struct cel_expression *expression, struct cel_evaluation *evaluation,
                        const struct cel_value *variables, struct buffer *out)
{
    struct cel_explainer explainer = {
        .root = expression->root, .evaluation = *evaluation, .out = out};
    explainer.evaluation.steps = 0;
    struct cel_value value = cel_run(expression->plan, &explainer.evaluation, variables);
    if (is_truth(value, true)) return STATUS_OK;
    explainer.evaluation.step_maximum = evaluation->step_maximum > UINT64_MAX / EFFORT
                                            ? UINT64_MAX
                                            : evaluation->step_maximum * EFFORT;
    size_t before = out->length;
    enum status status = explain_all_of_it(&explainer, value, variables);
    evaluation->zones = explainer.evaluation.zones;
    if (status != STATUS_OK) out->length = before;
    return status;
}
