/* The planner: a tree becomes flat steps (plan.h says what they look like).
 *
 * Each node is planned for a register, its parts for that one and those above it; constants,
 * variables and locals are operands and need no step. && and || take their operands one after the
 * other and leave by a jump as soon as one decides; so do the branches of ?: .
 *
 * A tree that was not checked is planned just so, except that names and functions are looked for
 * here: a.b.c is the longest declared name, in the container first, and fields of what that is;
 * what is not found is a fault of the evaluation, where && and || may absorb it.
 *
 * Invariants
 *   1. A node planned for register r writes no register below r.
 *   2. The operand of a node is r, or nothing writes it before the node's parent has read it.
 *   3. Recursion is as deep as the tree, which is at most CEL_DEPTH_MAXIMUM.
 */
#include "cel/planner.h"

static void fail(struct cel_planner *planner, enum status status)
{
    if (planner->status == STATUS_OK) planner->status = status;
}

/* Room for one more in an array that is kept by address. */
static bool reserve(struct cel_planner *planner, void **array, uint32_t count, uint32_t *capacity,
                    size_t size)
{
    if (count < *capacity) return true;
    uint32_t larger = *capacity == 0 ? 16 : *capacity * 2;
    void *moved = arena_allocate_zeroed(planner->arena, larger, size);
    if (moved == NULL) {
        fail(planner, STATUS_NO_MEMORY);
        return false;
    }
    if (count > 0) memcpy(moved, *array, count * size);
    *array = moved;
    *capacity = larger;
    return true;
}

uint32_t cel_add_step_of(struct cel_planner *planner, const struct cel_node *node,
                         const struct cel_node *a, const struct cel_node *b, struct cel_step step)
{
    uint32_t capacity = planner->step_capacity;
    void *places = planner->places;
    void *steps = planner->steps;
    if (!reserve(planner, &places, planner->step_count, &capacity, sizeof(struct cel_place)) ||
        !reserve(planner, &steps, planner->step_count, &planner->step_capacity, sizeof step))
        return 0;
    planner->places = places;
    planner->steps = steps;
    if (step.to >= planner->register_count) planner->register_count = step.to + 1u;
    planner->steps[planner->step_count] = step;
    planner->places[planner->step_count] =
        (struct cel_place){node->position, a == NULL ? node->position : a->position,
                           b == NULL ? node->position : b->position};
    return planner->step_count++;
}

uint32_t cel_add_step(struct cel_planner *planner, const struct cel_node *node,
                      struct cel_step step)
{
    return cel_add_step_of(planner, node, NULL, NULL, step);
}

uint32_t cel_add_constant(struct cel_planner *planner, struct cel_value value)
{
    void *constants = planner->constants;
    if (!reserve(planner, &constants, planner->constant_count, &planner->constant_capacity,
                 sizeof value))
        return 0;
    planner->constants = constants;
    planner->constants[planner->constant_count] = value;
    return cel_operand(CEL_IN_CONSTANTS, planner->constant_count++);
}

uint32_t cel_add_fault(struct cel_planner *planner, const struct cel_node *node,
                       enum cel_fault fault, struct text detail)
{
    struct cel_value error = cel_error(fault, NULL);
    error.extra = node->position + 1;
    if (!text_is_empty(detail)) {
        error.detail = arena_format(planner->arena, "'%.*s'", TEXT_ARGUMENTS(detail)).bytes;
        if (error.detail == NULL) fail(planner, STATUS_NO_MEMORY);
    }
    return cel_add_constant(planner, error);
}

struct cel_site *cel_add_site(struct cel_planner *planner, uint32_t *number)
{
    void *sites = planner->sites;
    if (!reserve(planner, &sites, planner->site_count, &planner->site_capacity,
                 sizeof(struct cel_site)))
        return NULL;
    planner->sites = sites;
    *number = planner->site_count++;
    return &planner->sites[*number];
}

void cel_land(struct cel_planner *planner, uint32_t step)
{
    if (planner->status == STATUS_OK) planner->steps[step].c = planner->step_count;
}

void cel_plan_into(struct cel_planner *planner, const struct cel_scope *scope,
                   const struct cel_node *node, uint32_t to)
{
    uint32_t operand = cel_plan_node(planner, scope, node, to);
    if (operand == cel_register(to)) return;
    cel_add_step_of(planner, node, node, NULL,
                    (struct cel_step){.kind = CEL_STEP_MOVE, .to = (uint16_t)to, .a = operand});
}

struct text cel_candidate(struct cel_planner *planner, struct text name, uint32_t *level)
{
    struct text container = planner->container;
    for (uint32_t i = 0; i < *level; i++) {
        if (text_is_empty(container)) return TEXT("");
        size_t length = container.length;
        while (length > 0 && container.bytes[length - 1] != '.')
            length--;
        container.length = length > 0 ? length - 1 : 0;
    }
    ++*level;
    if (text_is_empty(container)) return name;
    struct text whole =
        arena_format(planner->arena, "%.*s.%.*s", TEXT_ARGUMENTS(container), TEXT_ARGUMENTS(name));
    if (whole.bytes == NULL) {
        fail(planner, STATUS_NO_MEMORY);
        return TEXT("");
    }
    return whole;
}

static const struct cel_scope *find_local(const struct cel_scope *scope, struct text name)
{
    while (scope != NULL && !text_equal(scope->name, name))
        scope = scope->outer;
    return scope;
}

struct text cel_dotted_name(struct cel_planner *planner, const struct cel_scope *scope,
                            const struct cel_node *node)
{
    if (node->kind == CEL_NODE_IDENTIFIER) {
        bool is_local =
            !node->identifier.is_absolute && find_local(scope, node->identifier.name) != NULL;
        return is_local ? TEXT("") : node->identifier.name;
    }
    if (node->kind != CEL_NODE_SELECT || node->select.is_test || node->select.is_optional)
        return TEXT("");
    struct text operand = cel_dotted_name(planner, scope, node->select.operand);
    if (text_is_empty(operand)) return operand;
    struct text whole = arena_format(planner->arena, "%.*s.%.*s", TEXT_ARGUMENTS(operand),
                                     TEXT_ARGUMENTS(node->select.field));
    if (whole.bytes != NULL) return whole;
    fail(planner, STATUS_NO_MEMORY);
    return TEXT("");
}

static bool is_absolute(const struct cel_node *node)
{
    while (node->kind == CEL_NODE_SELECT)
        node = node->select.operand;
    return node->kind == CEL_NODE_IDENTIFIER && node->identifier.is_absolute;
}

/* The operand of a declared name, in the container first. False when there is none. */
static bool find_declared(struct cel_planner *planner, struct text name, bool is_whole,
                          uint32_t *operand)
{
    const struct cel_declared_name *declared = NULL;
    for (uint32_t level = 0; declared == NULL && !is_whole;) {
        struct text candidate = cel_candidate(planner, name, &level);
        if (text_is_empty(candidate)) break;
        declared = cel_find_name(planner->environment, candidate);
    }
    if (is_whole) declared = cel_find_name(planner->environment, name);
    if (declared == NULL) return false;
    *operand = declared->is_constant ? cel_add_constant(planner, declared->constant)
                                     : cel_operand(CEL_IN_VARIABLES, declared->slot);
    return true;
}

static uint32_t plan_identifier(struct cel_planner *planner, const struct cel_scope *scope,
                                const struct cel_node *node)
{
    struct text name = node->identifier.name;
    if (node->identifier.found == CEL_NAME_VARIABLE)
        return cel_operand(CEL_IN_VARIABLES, node->identifier.slot);
    bool may_be_local =
        node->identifier.found != CEL_NAME_CONSTANT && !node->identifier.is_absolute;
    const struct cel_scope *local = may_be_local ? find_local(scope, name) : NULL;
    if (local != NULL) return local->operand;
    uint32_t operand = 0;
    bool is_whole = node->identifier.is_absolute || node->type != NULL;
    if (find_declared(planner, name, is_whole, &operand)) return operand;
    return cel_add_fault(planner, node, CEL_FAULT_UNDECLARED, name);
}

static uint32_t plan_field(struct cel_planner *planner, const struct cel_scope *scope,
                           const struct cel_node *node, uint32_t to)
{
    const struct cel_node *operand = node->select.operand;
    uint32_t a = cel_plan_node(planner, scope, operand, to);
    uint32_t number = 0;
    struct cel_site *site = cel_add_site(planner, &number);
    if (site == NULL) return 0;
    site->field = cel_string(node->select.field);
    enum cel_step_kind kind = node->select.is_test       ? CEL_STEP_FIELD_TEST
                              : node->select.is_optional ? CEL_STEP_FIELD_OPTIONAL
                                                         : CEL_STEP_FIELD;
    /* Without a check the id that the node was made with means nothing. */
    uint32_t field_id = operand->type != NULL && operand->type->kind == CEL_TYPE_OBJECT
                            ? node->select.field_id
                            : UINT32_MAX;
    cel_add_step_of(
        planner, node, operand, NULL,
        (struct cel_step){
            .kind = (uint8_t)kind, .to = (uint16_t)to, .a = a, .b = field_id, .c = number});
    return cel_register(to);
}

static uint32_t plan_select(struct cel_planner *planner, const struct cel_scope *scope,
                            const struct cel_node *node, uint32_t to)
{
    if (node->type == NULL) {
        struct text name = cel_dotted_name(planner, scope, node);
        uint32_t operand = 0;
        if (!text_is_empty(name) && find_declared(planner, name, is_absolute(node), &operand))
            return operand;
    }
    return plan_field(planner, scope, node, to);
}

/* A list is made in `to`; each element gets the register above. */
static uint32_t plan_list(struct cel_planner *planner, const struct cel_scope *scope,
                          const struct cel_node *node, uint32_t to)
{
    uint32_t count = node->list.count;
    cel_add_step(planner, node,
                 (struct cel_step){.kind = CEL_STEP_LIST, .to = (uint16_t)to, .a = count});
    uint32_t first = planner->step_count;
    for (uint32_t i = 0; i < count; i++) {
        const struct cel_node *element = node->list.elements[i];
        uint32_t a = cel_plan_node(planner, scope, element, to + 1);
        bool is_optional = node->list.is_optional != NULL && node->list.is_optional[i];
        cel_add_step_of(planner, node, element, NULL,
                        (struct cel_step){.kind = CEL_STEP_LIST_ADD,
                                          .detail = is_optional,
                                          .to = (uint16_t)to,
                                          .a = a,
                                          .c = CEL_NO_STEP});
    }
    for (uint32_t i = first; planner->status == STATUS_OK && i < planner->step_count; i++)
        if (planner->steps[i].c == CEL_NO_STEP && planner->steps[i].to == to) cel_land(planner, i);
    return cel_register(to);
}

static uint32_t plan_map(struct cel_planner *planner, const struct cel_scope *scope,
                         const struct cel_node *node, uint32_t to)
{
    uint32_t count = node->map.count;
    cel_add_step(planner, node,
                 (struct cel_step){.kind = CEL_STEP_MAP, .to = (uint16_t)to, .a = count});
    uint32_t first = planner->step_count;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t a = cel_plan_node(planner, scope, node->map.keys[i], to + 1);
        uint32_t b = cel_plan_node(planner, scope, node->map.values[i], to + 2);
        bool is_optional = node->map.is_optional != NULL && node->map.is_optional[i];
        cel_add_step_of(planner, node, node->map.keys[i], node->map.values[i],
                        (struct cel_step){.kind = CEL_STEP_MAP_ADD,
                                          .detail = is_optional,
                                          .to = (uint16_t)to,
                                          .a = a,
                                          .b = b,
                                          .c = CEL_NO_STEP});
    }
    for (uint32_t i = first; planner->status == STATUS_OK && i < planner->step_count; i++)
        if (planner->steps[i].c == CEL_NO_STEP && planner->steps[i].to == to) cel_land(planner, i);
    return cel_register(to);
}

uint32_t cel_plan_node(struct cel_planner *planner, const struct cel_scope *scope,
                       const struct cel_node *node, uint32_t to)
{
    if (planner->status != STATUS_OK) return 0;
    if (to > CEL_REGISTER_MAXIMUM - CEL_LOOP_REGISTERS - CEL_ARGUMENT_MAXIMUM) {
        fail(planner, STATUS_LIMIT);
        return 0;
    }
    planner->node_count++;
    if (node->is_constant) return cel_add_constant(planner, node->constant);
    switch (node->kind) {
    case CEL_NODE_LITERAL:
        return cel_add_constant(planner, node->constant);
    case CEL_NODE_IDENTIFIER:
        return plan_identifier(planner, scope, node);
    case CEL_NODE_SELECT:
        return plan_select(planner, scope, node, to);
    case CEL_NODE_CALL:
        return cel_plan_call(planner, scope, node, to);
    case CEL_NODE_LIST:
        return plan_list(planner, scope, node, to);
    case CEL_NODE_MAP:
        return plan_map(planner, scope, node, to);
    case CEL_NODE_COMPREHENSION:
        return cel_plan_loop(planner, scope, node, to);
    case CEL_NODE_STRUCT:
        break;
    }
    return cel_add_fault(planner, node, CEL_FAULT_UNDECLARED, node->structure.name);
}

static enum status plan_root(struct cel_planner *planner, const struct cel_scope *scope,
                             const struct cel_node *root, const struct cel_plan **plan)
{
    uint32_t operand = cel_plan_node(planner, scope, root, 0);
    cel_add_step_of(planner, root, root, NULL,
                    (struct cel_step){.kind = CEL_STEP_END, .a = operand});
    if (planner->status != STATUS_OK) return planner->status;
    struct cel_plan *made = arena_new(planner->arena, struct cel_plan);
    if (made == NULL) return STATUS_NO_MEMORY;
    *made = (struct cel_plan){.steps = planner->steps,
                              .places = planner->places,
                              .constants = planner->constants,
                              .sites = planner->sites,
                              .step_count = planner->step_count,
                              .register_count = planner->register_count,
                              .node_count = planner->node_count};
    *plan = made;
    return STATUS_OK;
}

enum status cel_plan(struct arena *arena, struct cel_environment *environment,
                     const struct cel_compile_options *options, const struct cel_node *root,
                     struct cel_problems *problems, const struct cel_plan **plan)
{
    struct cel_planner planner = {.arena = arena,
                                  .environment = environment,
                                  .container = options == NULL ? TEXT("") : options->container,
                                  .problems = problems};
    return plan_root(&planner, NULL, root, plan);
}

enum status cel_plan_part(struct arena *arena, const struct cel_environment *environment,
                          const struct cel_outer *outer, const struct cel_node *root,
                          const struct cel_plan **plan)
{
    struct cel_planner planner = {.arena = arena, .environment = environment};
    struct cel_scope *innermost = NULL;
    struct cel_scope **link = &innermost;
    for (; outer != NULL; outer = outer->next) {
        struct cel_scope *scope = arena_new(arena, struct cel_scope);
        if (scope == NULL) return STATUS_NO_MEMORY;
        scope->name = outer->name;
        scope->operand = cel_operand(CEL_IN_VARIABLES, outer->slot);
        *link = scope;
        link = (struct cel_scope **)(uintptr_t)&scope->outer;
    }
    return plan_root(&planner, innermost, root, plan);
}
