/* Macros: calls that stand for loops, tests and bindings, replaced by what they mean.
 *
 *   e.all(x, p)         true,  while result,   result && p         -> result
 *   e.exists(x, p)      false, while !result,  result || p         -> result
 *   e.exists_one(x, p)  0,     p ? result + 1 : result             -> result == 1
 *   e.map(x, t)         [],    result + [t]                        -> result
 *   e.map(x, p, t)      [],    p ? result + [t] : result           -> result
 *   e.filter(x, p)      [],    p ? result + [x] : result           -> result
 *   cel.bind(x, e, b)   no loop: x is e in b
 *
 * where "result" is the accumulator, "@result", which no expression can name. With two variables
 * (index and element, or key and value) come transformList, transformMap and transformMapEntry, the
 * last two putting in entries by cel.@mapInsert(map, key, value) and cel.@mapInsert(map, entry).
 * e.optMap(x, t), e.optFlatMap(x, t) and e.sortBy(x, k) bind e first, to a name no expression can
 * write either, so that it is evaluated once.
 *
 * Nothing of the arguments is copied; each stands once in the expansion, so that a tree grows by a
 * constant for each macro. `predicate` and `transform` point at them a second time, for whoever
 * knows a better loop. The node limit of the parser counts on the constant.
 */
#include "cel/inner.h"

#define ACCUMULATOR TEXT("@result")

struct macro_form {
    const char *name;
    bool is_member;
    uint32_t argument_count;
    enum status (*expand)(struct arena *arena, struct cel_node *call, struct cel_problems *problems,
                          struct cel_node **expanded);
};

static struct cel_node *marked(struct cel_node *node, const struct cel_node *call)
{
    if (node == NULL) return NULL;
    node->begin = call->begin;
    node->end = call->end;
    return node;
}

static struct cel_node *name_node(struct arena *arena, const struct cel_node *call,
                                  struct text name)
{
    return marked(cel_node_identifier(arena, call->position, name), call);
}

static struct cel_node *constant_node(struct arena *arena, const struct cel_node *call,
                                      struct cel_value value, struct text text)
{
    return marked(cel_node_constant(arena, call->position, value, text), call);
}

static struct cel_node *truth(struct arena *arena, const struct cel_node *call, bool value)
{
    return constant_node(arena, call, cel_bool(value), value ? TEXT("true") : TEXT("false"));
}

/* Calls of a global function; an argument that is NULL, for want of memory, makes the call NULL. */
static struct cel_node *call_of(struct arena *arena, const struct cel_node *call,
                                const char *function, struct cel_node *const *arguments,
                                uint32_t count)
{
    return marked(cel_node_call(arena, call->position, function, NULL, arguments, count), call);
}

static struct cel_node *unary(struct arena *arena, const struct cel_node *call,
                              const char *function, struct cel_node *argument)
{
    return call_of(arena, call, function, &argument, 1);
}

static struct cel_node *binary(struct arena *arena, const struct cel_node *call,
                               const char *function, struct cel_node *left, struct cel_node *right)
{
    struct cel_node *const arguments[] = {left, right};
    return call_of(arena, call, function, arguments, 2);
}

static struct cel_node *ternary(struct arena *arena, const struct cel_node *call,
                                const char *function, struct cel_node *first,
                                struct cel_node *second, struct cel_node *third)
{
    struct cel_node *const arguments[] = {first, second, third};
    return call_of(arena, call, function, arguments, 3);
}

/* A list of the elements; they are copied. */
static struct cel_node *list_of(struct arena *arena, const struct cel_node *call,
                                struct cel_node *const *elements, uint32_t count)
{
    struct cel_node *list = cel_node_new(arena, CEL_NODE_LIST, call->position);
    struct cel_node **copies = arena_new_array(arena, struct cel_node *, count);
    if (list == NULL || copies == NULL) return NULL;
    for (uint32_t i = 0; i < count; i++) {
        if (elements[i] == NULL) return NULL;
        copies[i] = elements[i];
    }
    list->list.elements = copies;
    list->list.count = count;
    cel_node_measure(list);
    return marked(list, call);
}

static struct cel_node *empty_map(struct arena *arena, const struct cel_node *call)
{
    struct cel_node *map = cel_node_new(arena, CEL_NODE_MAP, call->position);
    if (map == NULL) return NULL;
    map->map.keys = arena_new_array(arena, struct cel_node *, 0);
    map->map.values = map->map.keys;
    return map->map.keys == NULL ? NULL : marked(map, call);
}

/* The parts of a loop; all but the names come as nodes, NULL for want of memory. */
static struct cel_node *loop_of(struct arena *arena, const struct cel_node *call,
                                enum cel_macro macro, struct cel_node *initial,
                                struct cel_node *condition, struct cel_node *step,
                                struct cel_node *result)
{
    struct cel_node *loop = cel_node_new(arena, CEL_NODE_COMPREHENSION, call->position);
    bool is_whole =
        loop != NULL && initial != NULL && condition != NULL && step != NULL && result != NULL;
    if (!is_whole) return NULL;
    loop->comprehension.macro = macro;
    loop->comprehension.accumulator = ACCUMULATOR;
    loop->comprehension.range = call->call.target;
    loop->comprehension.initial = initial;
    loop->comprehension.condition = condition;
    loop->comprehension.step = step;
    loop->comprehension.result = result;
    cel_node_measure(loop);
    return marked(loop, call);
}

/* `name` stands for `value` in `body`. */
static struct cel_node *binding_of(struct arena *arena, const struct cel_node *call,
                                   struct text name, struct cel_node *value, struct cel_node *body)
{
    struct cel_node *loop = loop_of(arena, call, CEL_MACRO_BIND, value, truth(arena, call, false),
                                    name_node(arena, call, name), body);
    if (loop == NULL) return NULL;
    loop->comprehension.range = list_of(arena, call, NULL, 0);
    loop->comprehension.variable = TEXT("#unused");
    loop->comprehension.accumulator = name;
    cel_node_measure(loop);
    return loop->comprehension.range == NULL ? NULL : loop;
}

static const struct {
    const char *name;
    const char *usage;
} usages[] = {{"has", "has(order.customer)"},
              {"all", "list.all(x, x > 0)"},
              {"exists", "list.exists(x, x > 0)"},
              {"exists_one", "list.exists_one(x, x > 0)"},
              {"existsOne", "list.existsOne(x, x > 0)"},
              {"map", "list.map(x, x * 2)"},
              {"filter", "list.filter(x, x > 0)"},
              {"transformList", "list.transformList(i, x, x * 2)"},
              {"transformMap", "map.transformMap(key, value, value * 2)"},
              {"transformMapEntry", "map.transformMapEntry(key, value, {value: key})"},
              {"bind", "cel.bind(x, 2 + 3, x * x)"},
              {"optMap", "value.optMap(x, x * 2)"},
              {"optFlatMap", "value.optFlatMap(x, x.?field)"},
              {"sortBy", "list.sortBy(x, x.size())"},
              {"greatest", "math.greatest(1, 2)"},
              {"least", "math.least(1, 2)"}};
#define USAGE_COUNT (sizeof(usages) / sizeof(usages[0]))

struct text cel_macro_usage(struct text name)
{
    for (size_t i = 0; i < USAGE_COUNT; i++)
        if (text_equal(name, text_of(usages[i].name))) return text_of(usages[i].usage);
    return TEXT("");
}

struct text cel_macro_usage_at(uint32_t index)
{
    return index < USAGE_COUNT ? text_of(usages[index].usage) : TEXT("");
}

static bool is_name(const struct cel_node *node)
{
    return node->kind == CEL_NODE_IDENTIFIER && !node->identifier.is_absolute;
}

/* The first `count` arguments are names, and differ. */
static bool names_variables(const struct cel_node *call, uint32_t count,
                            struct cel_problems *problems)
{
    struct cel_node *const *arguments = call->call.arguments;
    struct text usage = cel_macro_usage(call->call.function);
    for (uint32_t i = 0; i < count; i++) {
        if (is_name(arguments[i])) continue;
        cel_problem_add(problems, arguments[i]->position,
                        "%.*s wants a name here, which then stands for a value: write %.*s",
                        TEXT_ARGUMENTS(call->call.function), TEXT_ARGUMENTS(usage));
        return false;
    }
    if (count < 2 || !text_equal(arguments[0]->identifier.name, arguments[1]->identifier.name))
        return true;
    cel_problem_add(problems, arguments[1]->position,
                    "the two names of %.*s must differ: write %.*s",
                    TEXT_ARGUMENTS(call->call.function), TEXT_ARGUMENTS(usage));
    return false;
}

static struct text variable(const struct cel_node *call, uint32_t index)
{
    return call->call.arguments[index]->identifier.name;
}

static enum status expand_has(struct arena *arena, struct cel_node *call,
                              struct cel_problems *problems, struct cel_node **expanded)
{
    const struct cel_node *argument = call->call.arguments[0];
    bool is_field = argument->kind == CEL_NODE_SELECT && !argument->select.is_test &&
                    !argument->select.is_optional;
    if (!is_field) {
        cel_problem_add(problems, argument->position,
                        "has asks whether a field is there: write has(order.customer)");
        return STATUS_SYNTAX;
    }
    *expanded = cel_node_select(arena, argument->position, argument->select.operand,
                                argument->select.field);
    if (*expanded == NULL) return STATUS_NO_MEMORY;
    (*expanded)->select.is_test = true;
    return STATUS_OK;
}

/* Puts in the variables of a loop whose last arguments are predicate or transform. */
static enum status finish_loop(struct cel_node *loop, const struct cel_node *call,
                               uint32_t variable_count, struct cel_node *predicate,
                               struct cel_node *transform, struct cel_node **expanded)
{
    if (loop == NULL) return STATUS_NO_MEMORY;
    loop->comprehension.variable = variable(call, 0);
    if (variable_count == 2) loop->comprehension.second_variable = variable(call, 1);
    loop->comprehension.predicate = predicate;
    loop->comprehension.transform = transform;
    *expanded = loop;
    return STATUS_OK;
}

static uint32_t variables_of_predicate(const struct cel_node *call)
{
    return call->call.argument_count - 1;
}

static enum status expand_all(struct arena *arena, struct cel_node *call,
                              struct cel_problems *problems, struct cel_node **expanded)
{
    uint32_t variables = variables_of_predicate(call);
    if (!names_variables(call, variables, problems)) return STATUS_SYNTAX;
    struct cel_node *predicate = call->call.arguments[variables];
    struct cel_node *condition =
        unary(arena, call, "@not_strictly_false", name_node(arena, call, ACCUMULATOR));
    struct cel_node *step =
        binary(arena, call, "_&&_", name_node(arena, call, ACCUMULATOR), predicate);
    struct cel_node *loop = loop_of(arena, call, CEL_MACRO_ALL, truth(arena, call, true), condition,
                                    step, name_node(arena, call, ACCUMULATOR));
    return finish_loop(loop, call, variables, predicate, NULL, expanded);
}

static enum status expand_exists(struct arena *arena, struct cel_node *call,
                                 struct cel_problems *problems, struct cel_node **expanded)
{
    uint32_t variables = variables_of_predicate(call);
    if (!names_variables(call, variables, problems)) return STATUS_SYNTAX;
    struct cel_node *predicate = call->call.arguments[variables];
    struct cel_node *opposite = unary(arena, call, "!_", name_node(arena, call, ACCUMULATOR));
    struct cel_node *condition = unary(arena, call, "@not_strictly_false", opposite);
    struct cel_node *step =
        binary(arena, call, "_||_", name_node(arena, call, ACCUMULATOR), predicate);
    struct cel_node *loop = loop_of(arena, call, CEL_MACRO_EXISTS, truth(arena, call, false),
                                    condition, step, name_node(arena, call, ACCUMULATOR));
    return finish_loop(loop, call, variables, predicate, NULL, expanded);
}

/* `accumulated` where the predicate holds, else the accumulator as it was. */
static struct cel_node *step_where(struct arena *arena, const struct cel_node *call,
                                   struct cel_node *predicate, struct cel_node *accumulated)
{
    if (predicate == NULL || accumulated == NULL) return accumulated;
    return ternary(arena, call, "_?_:_", predicate, accumulated,
                   name_node(arena, call, ACCUMULATOR));
}

static enum status expand_exists_one(struct arena *arena, struct cel_node *call,
                                     struct cel_problems *problems, struct cel_node **expanded)
{
    uint32_t variables = variables_of_predicate(call);
    if (!names_variables(call, variables, problems)) return STATUS_SYNTAX;
    struct cel_node *predicate = call->call.arguments[variables];
    struct cel_node *counted = binary(arena, call, "_+_", name_node(arena, call, ACCUMULATOR),
                                      constant_node(arena, call, cel_int(1), TEXT("1")));
    struct cel_node *result = binary(arena, call, "_==_", name_node(arena, call, ACCUMULATOR),
                                     constant_node(arena, call, cel_int(1), TEXT("1")));
    struct cel_node *loop = loop_of(
        arena, call, CEL_MACRO_EXISTS_ONE, constant_node(arena, call, cel_int(0), TEXT("0")),
        truth(arena, call, true), step_where(arena, call, predicate, counted), result);
    return finish_loop(loop, call, variables, predicate, NULL, expanded);
}

/* A loop that appends `element` to a list, where `predicate` (may be NULL) holds. */
static struct cel_node *collect(struct arena *arena, const struct cel_node *call,
                                enum cel_macro macro, struct cel_node *predicate,
                                struct cel_node *element)
{
    struct cel_node *single = list_of(arena, call, &element, 1);
    struct cel_node *appended =
        binary(arena, call, "_+_", name_node(arena, call, ACCUMULATOR), single);
    return loop_of(arena, call, macro, list_of(arena, call, NULL, 0), truth(arena, call, true),
                   step_where(arena, call, predicate, appended),
                   name_node(arena, call, ACCUMULATOR));
}

/* map(x, t), map(x, p, t) and transformList(i, x, t), transformList(i, x, p, t) */
static enum status expand_map(struct arena *arena, struct cel_node *call,
                              struct cel_problems *problems, struct cel_node **expanded)
{
    uint32_t variables = text_equal(call->call.function, TEXT("map")) ? 1 : 2;
    if (!names_variables(call, variables, problems)) return STATUS_SYNTAX;
    uint32_t count = call->call.argument_count;
    struct cel_node *predicate = count - variables == 2 ? call->call.arguments[variables] : NULL;
    struct cel_node *transform = call->call.arguments[count - 1];
    struct cel_node *loop = collect(arena, call, CEL_MACRO_MAP, predicate, transform);
    return finish_loop(loop, call, variables, predicate, transform, expanded);
}

static enum status expand_filter(struct arena *arena, struct cel_node *call,
                                 struct cel_problems *problems, struct cel_node **expanded)
{
    if (!names_variables(call, 1, problems)) return STATUS_SYNTAX;
    struct cel_node *predicate = call->call.arguments[1];
    struct cel_node *element = name_node(arena, call, variable(call, 0));
    struct cel_node *loop = collect(arena, call, CEL_MACRO_FILTER, predicate, element);
    return finish_loop(loop, call, 1, predicate, NULL, expanded);
}

static enum status expand_map_entry(struct arena *arena, struct cel_node *call,
                                    struct cel_problems *problems, struct cel_node **expanded)
{
    if (!names_variables(call, 2, problems)) return STATUS_SYNTAX;
    uint32_t count = call->call.argument_count;
    bool has_key = text_equal(call->call.function, TEXT("transformMapEntry"));
    struct cel_node *predicate = count == 4 ? call->call.arguments[2] : NULL;
    struct cel_node *last = call->call.arguments[count - 1];
    struct cel_node *map = name_node(arena, call, ACCUMULATOR);
    struct cel_node *inserted = has_key ? binary(arena, call, "cel.@mapInsert", map, last)
                                        : ternary(arena, call, "cel.@mapInsert", map,
                                                  name_node(arena, call, variable(call, 0)), last);
    struct cel_node *loop =
        loop_of(arena, call, CEL_MACRO_MAP_ENTRY, empty_map(arena, call), truth(arena, call, true),
                step_where(arena, call, predicate, inserted), name_node(arena, call, ACCUMULATOR));
    return finish_loop(loop, call, 2, predicate, has_key ? NULL : last, expanded);
}

static bool is_target(const struct cel_node *call, const char *name)
{
    const struct cel_node *target = call->call.target;
    return target != NULL && is_name(target) && text_equal(target->identifier.name, text_of(name));
}

static enum status expand_bind(struct arena *arena, struct cel_node *call,
                               struct cel_problems *problems, struct cel_node **expanded)
{
    if (!is_target(call, "cel")) return STATUS_OK;
    if (!names_variables(call, 1, problems)) return STATUS_SYNTAX;
    *expanded = binding_of(arena, call, variable(call, 0), call->call.arguments[1],
                           call->call.arguments[2]);
    return *expanded == NULL ? STATUS_NO_MEMORY : STATUS_OK;
}

/* target.function(), or target.function(argument) */
static struct cel_node *member_call(struct arena *arena, const struct cel_node *call,
                                    const char *function, struct cel_node *target,
                                    struct cel_node *const *argument)
{
    if (target == NULL) return NULL;
    uint32_t count = argument == NULL ? 0 : 1;
    return marked(cel_node_call(arena, call->position, function, target, argument, count), call);
}

/* cel.bind(@target, e, @target.hasValue() ? optional.of(cel.bind(x, @target.value(), t))
 *                                         : optional.none()); optFlatMap without the optional.of */
static enum status expand_optional(struct arena *arena, struct cel_node *call,
                                   struct cel_problems *problems, struct cel_node **expanded)
{
    struct text target = TEXT("@target");
    if (!names_variables(call, 1, problems)) return STATUS_SYNTAX;
    struct cel_node *value =
        member_call(arena, call, "value", name_node(arena, call, target), NULL);
    struct cel_node *mapped =
        binding_of(arena, call, variable(call, 0), value, call->call.arguments[1]);
    if (text_equal(call->call.function, TEXT("optMap")))
        mapped = unary(arena, call, "optional.of", mapped);
    struct cel_node *condition =
        member_call(arena, call, "hasValue", name_node(arena, call, target), NULL);
    struct cel_node *none = call_of(arena, call, "optional.none", NULL, 0);
    struct cel_node *body = ternary(arena, call, "_?_:_", condition, mapped, none);
    *expanded = binding_of(arena, call, target, call->call.target, body);
    return *expanded == NULL ? STATUS_NO_MEMORY : STATUS_OK;
}

/* cel.bind(@list, e, @list.@sortByAssociatedKeys(@list.map(x, k))) */
static enum status expand_sort(struct arena *arena, struct cel_node *call,
                               struct cel_problems *problems, struct cel_node **expanded)
{
    struct text list = TEXT("@list");
    if (!names_variables(call, 1, problems)) return STATUS_SYNTAX;
    struct cel_node *key = call->call.arguments[1];
    struct cel_node *keys = collect(arena, call, CEL_MACRO_MAP, NULL, key);
    struct cel_node *range = name_node(arena, call, list);
    if (keys == NULL || range == NULL) return STATUS_NO_MEMORY;
    keys->comprehension.range = range;
    cel_node_measure(keys);
    TRY(finish_loop(keys, call, 1, NULL, key, &keys));
    struct cel_node *sorted =
        member_call(arena, call, "@sortByAssociatedKeys", name_node(arena, call, list), &keys);
    *expanded = binding_of(arena, call, list, call->call.target, sorted);
    return *expanded == NULL ? STATUS_NO_MEMORY : STATUS_OK;
}

/* math.greatest(a, b, c, ...) is math.greatest([a, b, c, ...]); one or two stay as they are. */
static enum status expand_extreme(struct arena *arena, struct cel_node *call,
                                  struct cel_problems *problems, struct cel_node **expanded)
{
    if (!is_target(call, "math")) return STATUS_OK;
    uint32_t count = call->call.argument_count;
    if (count == 0) {
        cel_problem_add(problems, call->position, "math.%.*s needs at least one number: write %.*s",
                        TEXT_ARGUMENTS(call->call.function),
                        TEXT_ARGUMENTS(cel_macro_usage(call->call.function)));
        return STATUS_SYNTAX;
    }
    if (count <= 2) return STATUS_OK;
    struct cel_node *list = list_of(arena, call, call->call.arguments, count);
    struct cel_node *node = cel_node_call(arena, call->position, "", call->call.target, &list, 1);
    if (list == NULL || node == NULL) return STATUS_NO_MEMORY;
    node->call.function = call->call.function;
    *expanded = node;
    return STATUS_OK;
}

#define ANY_COUNT UINT32_MAX

static const struct macro_form forms[] = {{"has", false, 1, expand_has},
                                          {"all", true, 2, expand_all},
                                          {"all", true, 3, expand_all},
                                          {"exists", true, 2, expand_exists},
                                          {"exists", true, 3, expand_exists},
                                          {"exists_one", true, 2, expand_exists_one},
                                          {"exists_one", true, 3, expand_exists_one},
                                          {"existsOne", true, 2, expand_exists_one},
                                          {"existsOne", true, 3, expand_exists_one},
                                          {"map", true, 2, expand_map},
                                          {"map", true, 3, expand_map},
                                          {"filter", true, 2, expand_filter},
                                          {"transformList", true, 3, expand_map},
                                          {"transformList", true, 4, expand_map},
                                          {"transformMap", true, 3, expand_map_entry},
                                          {"transformMap", true, 4, expand_map_entry},
                                          {"transformMapEntry", true, 3, expand_map_entry},
                                          {"transformMapEntry", true, 4, expand_map_entry},
                                          {"bind", true, 3, expand_bind},
                                          {"optMap", true, 2, expand_optional},
                                          {"optFlatMap", true, 2, expand_optional},
                                          {"sortBy", true, 2, expand_sort},
                                          {"greatest", true, ANY_COUNT, expand_extreme},
                                          {"least", true, ANY_COUNT, expand_extreme}};

enum status cel_expand_macro(struct arena *arena, struct cel_node *call,
                             struct cel_problems *problems, struct cel_node **expanded)
{
    *expanded = NULL;
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        const struct macro_form *form = &forms[i];
        bool fits =
            form->argument_count == ANY_COUNT || form->argument_count == call->call.argument_count;
        if (!fits || form->is_member != (call->call.target != NULL)) continue;
        if (!text_equal(call->call.function, text_of(form->name))) continue;
        return form->expand(arena, call, problems, expanded);
    }
    return STATUS_OK;
}
