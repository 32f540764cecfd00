/* The planner's calls: which function is meant, how it is called, and the operators that are steps
 * of their own.
 *
 * Where the checker found the one overload that can be meant, its implementation is called without
 * a search; the kinds of its arguments are still compared, because null fits where an object does,
 * and a host's field may answer what was not declared. Where a static type says `dyn` in a place
 * that the signature has an opinion about, the argument is looked at as a whole.
 */
#include "cel/planner.h"
#include "cel/standard.h"

/* The arguments of a call as the implementation gets them: a member's target is the first. */
struct arguments {
    const struct cel_node *nodes[CEL_ARGUMENT_MAXIMUM + 1];
    uint32_t count;
};

static bool is_function(const struct cel_node *node, const char *name)
{
    return text_equal(node->call.function, text_of(name));
}

/* Every step from `first` on that wants to know where this ends. */
static void land_all(struct cel_planner *planner, uint32_t first, uint32_t to)
{
    for (uint32_t i = first; planner->status == STATUS_OK && i < planner->step_count; i++)
        if (planner->steps[i].c == CEL_NO_STEP && planner->steps[i].to == to) cel_land(planner, i);
}

/* a && b && c, however they stand in parentheses, one after the other. */
static void plan_operands(struct cel_planner *planner, const struct cel_scope *scope,
                          const struct cel_node *node, enum cel_step_kind kind, uint32_t to,
                          bool *is_first)
{
    for (uint32_t i = 0; i < node->call.argument_count; i++) {
        const struct cel_node *operand = node->call.arguments[i];
        bool is_same = operand->kind == CEL_NODE_CALL && !operand->is_constant &&
                       operand->call.target == NULL &&
                       text_equal(operand->call.function, node->call.function);
        if (is_same) {
            planner->node_count++;
            plan_operands(planner, scope, operand, kind, to, is_first);
            continue;
        }
        uint32_t a = cel_plan_node(planner, scope, operand, to + 1);
        cel_add_step_of(planner, node, operand, NULL,
                        (struct cel_step){.kind = (uint8_t)kind,
                                          .detail = *is_first,
                                          .to = (uint16_t)to,
                                          .a = a,
                                          .c = CEL_NO_STEP});
        *is_first = false;
    }
}

static uint32_t plan_logic(struct cel_planner *planner, const struct cel_scope *scope,
                           const struct cel_node *node, uint32_t to)
{
    enum cel_step_kind kind = is_function(node, "_&&_") ? CEL_STEP_AND : CEL_STEP_OR;
    uint32_t first = planner->step_count;
    bool is_first = true;
    plan_operands(planner, scope, node, kind, to, &is_first);
    land_all(planner, first, to);
    return cel_register(to);
}

static uint32_t plan_choice(struct cel_planner *planner, const struct cel_scope *scope,
                            const struct cel_node *node, uint32_t to)
{
    struct cel_node *const *parts = node->call.arguments;
    uint32_t a = cel_plan_node(planner, scope, parts[0], to);
    uint32_t choose =
        cel_add_step_of(planner, node, parts[0], NULL,
                        (struct cel_step){.kind = CEL_STEP_CHOOSE, .to = (uint16_t)to, .a = a});
    uint32_t before = planner->node_count;
    cel_plan_into(planner, scope, parts[1], to);
    uint32_t of_first = planner->node_count - before;
    uint32_t leave =
        cel_add_step(planner, node, (struct cel_step){.kind = CEL_STEP_JUMP, .to = (uint16_t)to});
    if (planner->status == STATUS_OK) planner->steps[choose].b = planner->step_count;
    planner->node_count = before;
    cel_plan_into(planner, scope, parts[2], to);
    /* Only one of the two is evaluated. */
    if (planner->node_count - before < of_first) planner->node_count = before + of_first;
    cel_land(planner, choose);
    cel_land(planner, leave);
    return cel_register(to);
}

static uint32_t plan_unary(struct cel_planner *planner, const struct cel_scope *scope,
                           const struct cel_node *node, uint32_t to)
{
    const struct cel_node *operand = node->call.arguments[0];
    enum cel_step_kind kind = is_function(node, "!_") ? CEL_STEP_NOT : CEL_STEP_NOT_FALSE;
    uint32_t a = cel_plan_node(planner, scope, operand, to);
    cel_add_step_of(planner, node, operand, NULL,
                    (struct cel_step){.kind = (uint8_t)kind, .to = (uint16_t)to, .a = a});
    return cel_register(to);
}

/* Does the static type say all that the parameter's says? Kinds at the top are compared when the
 * call is made, so that what counts here is what lies below, and which object it is. */
static bool is_certain(const struct cel_type *parameter, const struct cel_type *argument)
{
    if (parameter->kind == CEL_TYPE_WRAPPER) return false;
    if (cel_kind_of_type(parameter) == CEL_ERROR || parameter->parameter_count == 0)
        return parameter->kind != CEL_TYPE_OBJECT ||
               (argument != NULL && argument->kind == CEL_TYPE_OBJECT &&
                argument->object == parameter->object);
    if (parameter->kind == CEL_TYPE_TYPE) return true;
    for (uint32_t i = 0; i < parameter->parameter_count; i++) {
        const struct cel_type *part = parameter->parameters[i];
        if (cel_kind_of_type(part) == CEL_ERROR && part->kind != CEL_TYPE_WRAPPER) continue;
        if (argument == NULL || argument->kind != parameter->kind ||
            i >= argument->parameter_count || argument->parameters[i]->kind != part->kind ||
            !is_certain(part, argument->parameters[i]))
            return false;
    }
    return true;
}

static void decide_way(struct cel_site *site, const struct arguments *arguments)
{
    const struct cel_signature *signature = site->signature;
    site->way = site->overload->implementation == NULL ? CEL_CALL_HOST : CEL_CALL_DIRECT;
    bool is_known = arguments->count <= CEL_CALL_KINDS;
    for (uint32_t i = 0; i < arguments->count && is_known; i++) {
        site->kinds[i] = (uint8_t)cel_kind_of_type(signature->parameters[i]);
        is_known = is_certain(signature->parameters[i], arguments->nodes[i]->type);
    }
    if (!is_known) site->way = CEL_CALL_CHECKED;
}

static const struct cel_signature *signature_of(const struct cel_declared_function *function,
                                                const struct cel_overload *overload)
{
    for (uint32_t i = 0; i < function->function.overload_count; i++) {
        const struct cel_overload *own = function->signatures[i].overload;
        if (own == overload || strcmp(own->id, overload->id) == 0) return &function->signatures[i];
    }
    return NULL;
}

/* The only overload that so many arguments can mean, or NULL. */
static const struct cel_signature *only_signature(const struct cel_declared_function *function,
                                                  bool is_member, uint32_t count)
{
    const struct cel_signature *only = NULL;
    for (uint32_t i = 0; i < function->function.overload_count; i++) {
        const struct cel_signature *signature = &function->signatures[i];
        if (signature->is_member != is_member || signature->count != count) continue;
        if (only != NULL) return NULL;
        only = signature;
    }
    return only;
}

/* Lets an overload prepare its constant argument. What it refuses is told when the tree was
 * checked, and else when it is evaluated. */
static void prepare(struct cel_planner *planner, const struct cel_node *node,
                    const struct arguments *arguments, struct cel_site *site)
{
    const struct cel_overload *overload = site->overload;
    if (planner->problems == NULL || overload->prepare == NULL ||
        overload->prepare_argument >= arguments->count)
        return;
    const struct cel_node *argument = arguments->nodes[overload->prepare_argument];
    if (!argument->is_constant ||
        !cel_fits(site->signature->parameters[overload->prepare_argument], argument->constant))
        return;
    enum cel_fault fault = CEL_FAULT_NONE;
    const char *detail = NULL;
    site->prepared = overload->prepare(planner->environment, planner->arena, argument->constant,
                                       &fault, &detail);
    if (fault == CEL_FAULT_NO_MEMORY) planner->status = STATUS_NO_MEMORY;
    if (fault == CEL_FAULT_NONE || fault == CEL_FAULT_NO_MEMORY || node->type == NULL) return;
    cel_problem_add(planner->problems, argument->position, "%s%s%s", cel_fault_text(fault),
                    detail == NULL ? "" : ": ", detail == NULL ? "" : detail);
    planner->status = STATUS_INVALID;
}

/* Fills a site for a call whose function is known. */
static void settle(struct cel_planner *planner, const struct cel_node *node,
                   const struct cel_declared_function *function, bool is_member,
                   const struct arguments *arguments, struct cel_site *site)
{
    site->function = function;
    site->is_member = is_member;
    site->count = arguments->count;
    site->way = CEL_CALL_DISPATCH;
    const struct cel_overload *overload = node->call.overload;
    if (overload != NULL) {
        site->signature = signature_of(function, overload);
        if (site->signature == NULL || site->signature->count != arguments->count) return;
        site->overload = site->signature->overload;
        decide_way(site, arguments);
    } else {
        site->signature = only_signature(function, is_member, arguments->count);
        if (site->signature == NULL) return;
        site->overload = site->signature->overload;
        site->way = CEL_CALL_CHECKED;
    }
    prepare(planner, node, arguments, site);
}

/* The function that is meant; `*is_member` when the target is its first argument. */
static const struct cel_declared_function *find_function(struct cel_planner *planner,
                                                         const struct cel_scope *scope,
                                                         const struct cel_node *node,
                                                         bool *is_member)
{
    struct text name = node->call.function;
    *is_member = node->call.target != NULL;
    if (node->call.resolved != NULL) {
        struct text resolved = text_of(node->call.resolved->name);
        *is_member = *is_member && text_equal(name, resolved);
        return cel_find_function(planner->environment, resolved);
    }
    if (node->call.target != NULL) {
        struct text space = cel_dotted_name(planner, scope, node->call.target);
        if (text_is_empty(space)) return cel_find_function(planner->environment, name);
        name = arena_format(planner->arena, "%.*s.%.*s", TEXT_ARGUMENTS(space),
                            TEXT_ARGUMENTS(node->call.function));
        if (name.bytes == NULL) {
            planner->status = STATUS_NO_MEMORY;
            return NULL;
        }
    }
    const struct cel_declared_function *function = NULL;
    bool is_absolute = name.length > 0 && name.bytes[0] == '.';
    if (is_absolute) name = (struct text){name.bytes + 1, name.length - 1};
    for (uint32_t level = 0; function == NULL && !is_absolute;) {
        struct text candidate = cel_candidate(planner, name, &level);
        if (text_is_empty(candidate)) break;
        function = cel_find_function(planner->environment, candidate);
    }
    if (is_absolute) function = cel_find_function(planner->environment, name);
    if (function != NULL) {
        *is_member = false;
        return function;
    }
    return *is_member ? cel_find_function(planner->environment, node->call.function) : NULL;
}

/* What kind of step a binary operator is; CALL_2 for what is no such operator. */
static enum cel_step_kind step_of_operator(const struct cel_node *node, uint8_t *detail)
{
    static const struct {
        const char *name;
        uint8_t kind;
        uint8_t detail;
    } operators[] = {
        {"_==_", CEL_STEP_EQUAL, 0},          {"_!=_", CEL_STEP_EQUAL, 1},
        {"_<_", CEL_STEP_ORDER, CEL_LESS},    {"_<=_", CEL_STEP_ORDER, CEL_LESS_EQUAL},
        {"_>_", CEL_STEP_ORDER, CEL_GREATER}, {"_>=_", CEL_STEP_ORDER, CEL_GREATER_EQUAL},
        {"_[_]", CEL_STEP_INDEX, 0},          {"_[?_]", CEL_STEP_INDEX_OPTIONAL, 0},
    };
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++) {
        if (!is_function(node, operators[i].name)) continue;
        *detail = operators[i].detail;
        return operators[i].kind;
    }
    return CEL_STEP_CALL_2;
}

static bool is_or_else(const struct cel_site *site)
{
    return site->overload != NULL && (site->overload->implementation == cel_optional_or ||
                                      site->overload->implementation == cel_optional_or_value);
}

/* target.or(other), target.orValue(other): the other only when the target has no value. */
static uint32_t plan_or_else(struct cel_planner *planner, const struct cel_scope *scope,
                             const struct cel_node *node, const struct arguments *arguments,
                             const struct cel_site *site, uint32_t to)
{
    bool is_value = site->overload->implementation == cel_optional_or_value;
    uint32_t a = cel_plan_node(planner, scope, arguments->nodes[0], to);
    uint32_t step = cel_add_step_of(
        planner, node, arguments->nodes[0], NULL,
        (struct cel_step){
            .kind = CEL_STEP_OR_ELSE, .detail = is_value, .to = (uint16_t)to, .a = a});
    cel_plan_into(planner, scope, arguments->nodes[1], to);
    cel_land(planner, step);
    return cel_register(to);
}

static void plan_arguments(struct cel_planner *planner, const struct cel_scope *scope,
                           const struct cel_node *node, const struct arguments *arguments,
                           uint32_t site, uint32_t to)
{
    struct cel_step step = {.to = (uint16_t)to, .c = site};
    const struct cel_node *const *nodes = arguments->nodes;
    switch (arguments->count) {
    case 1:
        step.kind = CEL_STEP_CALL_1;
        step.a = cel_plan_node(planner, scope, nodes[0], to);
        cel_add_step_of(planner, node, nodes[0], NULL, step);
        return;
    case 2:
        step.kind = (uint8_t)step_of_operator(node, &step.detail);
        /* What the host does, only the host does. */
        if (planner->sites[site].way == CEL_CALL_HOST) step.kind = CEL_STEP_CALL_2;
        step.a = cel_plan_node(planner, scope, nodes[0], to);
        step.b = cel_plan_node(planner, scope, nodes[1], to + 1);
        cel_add_step_of(planner, node, nodes[0], nodes[1], step);
        return;
    default:
        for (uint32_t i = 0; i < arguments->count; i++)
            cel_plan_into(planner, scope, nodes[i], to + i);
        step.kind = CEL_STEP_CALL;
        step.a = to;
        step.b = arguments->count;
        cel_add_step(planner, node, step);
        return;
    }
}

static uint32_t plan_function(struct cel_planner *planner, const struct cel_scope *scope,
                              const struct cel_node *node, uint32_t to)
{
    bool is_member = false;
    const struct cel_declared_function *function = find_function(planner, scope, node, &is_member);
    if (function == NULL)
        return cel_add_fault(planner, node, CEL_FAULT_UNKNOWN_FUNCTION, node->call.function);
    if (node->call.argument_count > CEL_ARGUMENT_MAXIMUM) {
        planner->status = STATUS_LIMIT;
        return 0;
    }
    struct arguments arguments = {.count = 0};
    if (is_member) arguments.nodes[arguments.count++] = node->call.target;
    for (uint32_t i = 0; i < node->call.argument_count; i++)
        arguments.nodes[arguments.count++] = node->call.arguments[i];
    uint32_t number = 0;
    struct cel_site *site = cel_add_site(planner, &number);
    if (site == NULL) return 0;
    settle(planner, node, function, is_member, &arguments, site);
    if (planner->status != STATUS_OK) return 0;
    if (is_or_else(site)) return plan_or_else(planner, scope, node, &arguments, site, to);
    plan_arguments(planner, scope, node, &arguments, number, to);
    return cel_register(to);
}

uint32_t cel_plan_call(struct cel_planner *planner, const struct cel_scope *scope,
                       const struct cel_node *node, uint32_t to)
{
    uint32_t count = node->call.argument_count;
    if (node->call.target == NULL && count == 2 &&
        (is_function(node, "_&&_") || is_function(node, "_||_")))
        return plan_logic(planner, scope, node, to);
    if (node->call.target == NULL && count == 3 && is_function(node, "_?_:_"))
        return plan_choice(planner, scope, node, to);
    if (node->call.target == NULL && count == 1 &&
        (is_function(node, "!_") || is_function(node, "@not_strictly_false")))
        return plan_unary(planner, scope, node, to);
    return plan_function(planner, scope, node, to);
}
