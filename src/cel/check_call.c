/* Calls: which overloads can be meant, and what the call then gives.
 *
 * Every overload of the name is tried against the types of the arguments, in the order of
 * declaration. One that fits is the overload; where several do (an argument is dyn) the call is
 * settled by kinds at run time, and its type is theirs if they agree, else dyn. The four operators
 * that need not evaluate all of their operands (&&, ||, ?: and what macros are made of) are no
 * functions of any library and are checked here.
 */
#include "cel/check.h"

#define OPERAND_MAXIMUM (CEL_ARGUMENT_MAXIMUM + 1)

/* What resolving a call comes to. */
struct choice {
    uint32_t matches;
    const struct cel_signature *first;
    const struct cel_type *result;
};

static void check_arguments(struct cel_checker *checker, struct cel_node *node)
{
    for (uint32_t i = 0; i < node->call.argument_count; i++)
        cel_check_node(checker, node->call.arguments[i]);
}

/* Types of different kinds never fit: spares most overloads their instantiation. */
static bool may_fit(const struct cel_checker *checker, const struct cel_type *argument,
                    const struct cel_type *parameter)
{
    argument = cel_check_known(checker, argument);
    if (argument->kind == parameter->kind) return true;
    switch (argument->kind) {
    case CEL_TYPE_DYN:
    case CEL_TYPE_ERROR:
    case CEL_TYPE_NULL:
    case CEL_TYPE_WRAPPER:
    case CEL_TYPE_VARIABLE:
        return true;
    default:
        break;
    }
    return parameter->kind == CEL_TYPE_DYN || parameter->kind == CEL_TYPE_PARAMETER ||
           parameter->kind == CEL_TYPE_WRAPPER || parameter->kind == CEL_TYPE_NULL;
}

/* The result of the overload for these arguments, NULL if it does not take them. */
static const struct cel_type *try_signature(struct cel_checker *checker,
                                            const struct cel_signature *signature,
                                            const struct cel_type *const *arguments, uint32_t count)
{
    if (signature->count != count) return NULL;
    for (uint32_t i = 0; i < count; i++)
        if (!may_fit(checker, arguments[i], signature->parameters[i])) return NULL;
    if (!signature->is_generic)
        return cel_check_assignable_all(checker, arguments, signature->parameters, count)
                   ? signature->result
                   : NULL;
    const struct cel_type *letters[26] = {0};
    const struct cel_type *parameters[OPERAND_MAXIMUM];
    for (uint32_t i = 0; i < count; i++)
        parameters[i] = cel_check_instantiate(checker, signature->parameters[i], letters);
    if (!cel_check_assignable_all(checker, arguments, parameters, count)) return NULL;
    const struct cel_type *result = cel_check_instantiate(checker, signature->result, letters);
    if (!cel_check_is_bounded(checker, result)) return result; /* cel_check_give says so */
    return cel_check_substitute(checker, result, false);
}

/* Takes anything, or a list of anything: declared for what no other overload takes. */
static bool is_last_resort(const struct cel_signature *signature)
{
    for (uint32_t i = 0; i < signature->count; i++) {
        const struct cel_type *parameter = signature->parameters[i];
        if (parameter->kind == CEL_TYPE_LIST && parameter->parameter_count == 1)
            parameter = parameter->parameters[0];
        if (parameter->kind == CEL_TYPE_DYN) return true;
    }
    return false;
}

static bool holds_dyn(const struct cel_checker *checker, const struct cel_type *type)
{
    type = cel_check_known(checker, type);
    if (type->kind == CEL_TYPE_DYN) return true;
    return type->kind == CEL_TYPE_LIST && type->parameter_count == 1 &&
           holds_dyn(checker, type->parameters[0]);
}

static bool may_be_anything(const struct cel_checker *checker,
                            const struct cel_type *const *arguments, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (holds_dyn(checker, arguments[i])) return true;
    return false;
}

static struct choice choose(struct cel_checker *checker,
                            const struct cel_declared_function *function, bool is_member,
                            const struct cel_type *const *arguments, uint32_t count)
{
    struct choice choice = {0};
    for (uint32_t i = 0; i < function->function.overload_count; i++) {
        const struct cel_signature *signature = &function->signatures[i];
        if (signature->is_member != is_member) continue;
        bool is_vague = choice.matches > 0 && is_last_resort(signature);
        const struct cel_type *result = try_signature(checker, signature, arguments, count);
        if (result == NULL) continue;
        if (is_vague) {
            /* Kinds settle it at run time where an argument may be anything. */
            if (may_be_anything(checker, arguments, count)) choice.matches++;
        } else if (choice.matches++ == 0) {
            choice.first = signature;
            choice.result = result;
        } else if (!cel_type_equal(choice.result, result)) {
            choice.result = cel_type_simple(CEL_TYPE_DYN);
        }
    }
    return choice;
}

/* A timestamp's get functions mean UTC unless they name a zone. */
static bool breaks_zone_rule(struct cel_checker *checker, const struct cel_node *node,
                             const struct choice *choice)
{
    if (!checker->environment->rules.getters_need_zone) return false;
    const struct cel_signature *signature = choice->first;
    bool is_getter = signature->is_member && signature->count == 1 &&
                     signature->parameters[0]->kind == CEL_TYPE_TIMESTAMP &&
                     text_starts_with(node->call.function, TEXT("get"));
    if (!is_getter) return false;
    cel_problem_add(checker->problems, node->position,
                    "%.*s() without a time zone means UTC: name the zone, as in "
                    "%.*s('America/New_York')",
                    TEXT_ARGUMENTS(node->call.function), TEXT_ARGUMENTS(node->call.function));
    return true;
}

static void resolve(struct cel_checker *checker, struct cel_node *node,
                    const struct cel_declared_function *function)
{
    const struct cel_type *arguments[OPERAND_MAXIMUM];
    uint32_t count = 0;
    bool is_wrong = false;
    if (node->call.target != NULL) arguments[count++] = node->call.target->type;
    for (uint32_t i = 0; i < node->call.argument_count; i++)
        arguments[count++] = node->call.arguments[i]->type;
    for (uint32_t i = 0; i < count; i++)
        is_wrong = is_wrong || cel_check_known(checker, arguments[i])->kind == CEL_TYPE_ERROR;
    cel_check_give(checker, node, cel_type_simple(CEL_TYPE_ERROR));
    if (is_wrong) return;

    struct choice choice = choose(checker, function, node->call.target != NULL, arguments, count);
    if (checker->out_of_memory) return;
    if (choice.matches == 0) {
        cel_check_no_overload(checker, node, function, arguments, count);
        return;
    }
    if (breaks_zone_rule(checker, node, &choice)) return;
    node->call.resolved = &function->function;
    if (choice.matches == 1) node->call.overload = choice.first->overload;
    cel_check_give(checker, node, choice.result);
}

static void expect_condition(struct cel_checker *checker, const struct cel_node *call,
                             const struct cel_node *operand)
{
    const struct cel_type *boolean = cel_type_simple(CEL_TYPE_BOOL);
    if (cel_check_assignable(checker, operand->type, boolean)) return;
    bool is_choice = text_equal(call->call.function, TEXT("_?_:_"));
    const char *sign = is_choice                                       ? "what stands before '?'"
                       : text_equal(call->call.function, TEXT("_&&_")) ? "each side of '&&'"
                       : text_equal(call->call.function, TEXT("_||_")) ? "each side of '||'"
                                                                       : "a condition";
    cel_problem_add(checker->problems, operand->position, "%s must be true or false; this is %s",
                    sign, cel_check_type_words(checker, operand->type));
}

static void check_choice(struct cel_checker *checker, struct cel_node *node)
{
    struct cel_node **arguments = node->call.arguments;
    expect_condition(checker, node, arguments[0]);
    const struct cel_type *types[] = {arguments[1]->type, arguments[2]->type};
    const struct cel_type *answer = cel_check_fresh(checker);
    const struct cel_type *answers[] = {answer, answer};
    if (cel_check_assignable_all(checker, types, answers, 2)) {
        cel_check_give(checker, node, cel_check_substitute(checker, answer, false));
        return;
    }
    cel_problem_add(checker->problems, node->position,
                    "both answers of '? :' must be of one type; these are %s and %s",
                    cel_check_type_words(checker, types[0]),
                    cel_check_type_words(checker, types[1]));
    cel_check_give(checker, node, cel_type_simple(CEL_TYPE_ERROR));
}

/* && || ?: and @not_strictly_false; false for any other function. */
static bool check_lazy(struct cel_checker *checker, struct cel_node *node)
{
    struct text function = node->call.function;
    bool is_choice = text_equal(function, TEXT("_?_:_"));
    bool is_lazy = is_choice || text_equal(function, TEXT("_&&_")) ||
                   text_equal(function, TEXT("_||_")) ||
                   text_equal(function, TEXT("@not_strictly_false"));
    if (!is_lazy || node->call.target != NULL) return false;
    check_arguments(checker, node);
    if (is_choice) {
        check_choice(checker, node);
        return true;
    }
    for (uint32_t i = 0; i < node->call.argument_count; i++)
        expect_condition(checker, node, node->call.arguments[i]);
    cel_check_give(checker, node, cel_type_simple(CEL_TYPE_BOOL));
    return true;
}

/* math.greatest(1, 2): is the target the beginning of a function's name? Then the call becomes one
 * of that function, without a target. */
static const struct cel_declared_function *qualified_function(struct cel_checker *checker,
                                                              struct cel_node *node)
{
    bool is_absolute = false;
    struct text before = cel_check_qualified_name(checker, node->call.target, &is_absolute);
    if (text_is_empty(before)) return NULL;
    struct text name = arena_format(checker->arena, "%.*s.%.*s", TEXT_ARGUMENTS(before),
                                    TEXT_ARGUMENTS(node->call.function));
    if (name.bytes == NULL) {
        checker->out_of_memory = true;
        return NULL;
    }
    const struct cel_declared_function *found = cel_check_find_function(checker, name, is_absolute);
    if (found == NULL) return NULL;
    node->call.target = NULL;
    node->call.function = found->name;
    return found;
}

/* The parser leaves the dot that a name may begin with. */
static const struct cel_declared_function *global_function(struct cel_checker *checker,
                                                           struct cel_node *node)
{
    bool is_absolute = text_starts_with(node->call.function, TEXT("."));
    if (is_absolute) {
        node->call.function.bytes++;
        node->call.function.length--;
    }
    const struct cel_declared_function *found =
        cel_check_find_function(checker, node->call.function, is_absolute);
    if (found != NULL) node->call.function = found->name;
    return found;
}

static void no_function(struct cel_checker *checker, struct cel_node *node)
{
    cel_check_unknown_function(checker, node);
    cel_check_give(checker, node, cel_type_simple(CEL_TYPE_ERROR));
}

/* The arguments are checked; `function` is NULL where there is none of the name. */
static void settle(struct cel_checker *checker, struct cel_node *node,
                   const struct cel_declared_function *function)
{
    if (function == NULL)
        no_function(checker, node);
    else if (cel_check_amounts(checker, node))
        resolve(checker, node, function);
    else
        cel_check_give(checker, node, cel_type_simple(CEL_TYPE_ERROR));
}

static void check_member_call(struct cel_checker *checker, struct cel_node *node)
{
    const struct cel_declared_function *function =
        cel_check_find_function(checker, node->call.function, false);
    /* A macro that is written wrongly, or a function of a library: neither has a value before its
     * dot, nor names that mean anything. */
    bool is_other = !text_is_empty(cel_macro_usage(node->call.function)) ||
                    !cel_check_begins_with_name(checker, node->call.target);
    if (function == NULL && is_other) {
        no_function(checker, node);
        return;
    }
    cel_check_node(checker, node->call.target);
    check_arguments(checker, node);
    settle(checker, node, function);
}

void cel_check_call(struct cel_checker *checker, struct cel_node *node)
{
    node->call.resolved = NULL;
    node->call.overload = NULL;
    if (check_lazy(checker, node)) return;
    const struct cel_declared_function *function = node->call.target == NULL
                                                       ? global_function(checker, node)
                                                       : qualified_function(checker, node);
    if (node->call.target != NULL) {
        check_member_call(checker, node);
        return;
    }
    check_arguments(checker, node);
    settle(checker, node, function);
}
