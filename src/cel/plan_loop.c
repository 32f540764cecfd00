/* The planner's loops: comprehensions.
 *
 * A macro that is known becomes a loop that does just what the macro means: all and exists leave at
 * the first element that decides, filter and map append to one list, cel.bind is no loop. Any other
 * comprehension runs as its parts say. The nodes of a body are spent once for each turn.
 */
#include "cel/planner.h"

/* A loop while it is planned. */
struct loop {
    const struct cel_node *node;
    uint32_t to;
    uint32_t base;
    uint32_t body; /* the first register that the body may use */
    uint32_t enter;
    uint32_t nodes_before;
    struct cel_scope first;
    struct cel_scope second;
    const struct cel_scope *inside; /* the scope of predicate, transform, step */
};

static uint32_t add(struct cel_planner *planner, const struct loop *loop,
                    const struct cel_node *part, struct cel_step step)
{
    step.to = (uint16_t)loop->to;
    step.b = loop->base;
    return cel_add_step_of(planner, loop->node, part, NULL, step);
}

/* Plans the range and the step that begins the loop. */
static void enter(struct cel_planner *planner, const struct cel_scope *scope, struct loop *loop,
                  unsigned makes)
{
    const struct cel_node *node = loop->node;
    bool has_second = !text_is_empty(node->comprehension.second_variable);
    loop->base = loop->to + 1;
    loop->body = loop->base + CEL_LOOP_REGISTERS;
    uint32_t range =
        cel_plan_node(planner, scope, node->comprehension.range, loop->base + CEL_LOOP_RANGE);
    /* It stands below the range, and what it needs above it. */
    if (makes == CEL_LOOP_OWN) {
        uint32_t initial =
            cel_plan_node(planner, scope, node->comprehension.initial, loop->base + 1);
        cel_add_step_of(
            planner, node, node->comprehension.initial, NULL,
            (struct cel_step){.kind = CEL_STEP_MOVE, .to = (uint16_t)loop->to, .a = initial});
    }
    loop->enter =
        add(planner, loop, node->comprehension.range,
            (struct cel_step){.kind = CEL_STEP_LOOP_ENTER,
                              .detail = (uint8_t)(makes | (has_second ? CEL_LOOP_HAS_SECOND : 0)),
                              .a = range});
    if (loop->base + CEL_LOOP_REGISTERS > planner->register_count)
        planner->register_count = loop->base + CEL_LOOP_REGISTERS;
    loop->first = (struct cel_scope){scope, node->comprehension.variable,
                                     cel_register(loop->base + CEL_LOOP_FIRST)};
    loop->inside = &loop->first;
    if (has_second) {
        loop->second = (struct cel_scope){&loop->first, node->comprehension.second_variable,
                                          cel_register(loop->base + CEL_LOOP_SECOND)};
        loop->inside = &loop->second;
    }
    loop->nodes_before = planner->node_count;
}

/* Ends the body: what a turn costs goes to the step that begins the next one. */
static void leave_body(struct cel_planner *planner, const struct loop *loop, uint32_t next)
{
    uint32_t of_body = planner->node_count - loop->nodes_before;
    planner->node_count = loop->nodes_before;
    if (planner->status != STATUS_OK) return;
    planner->steps[next].c = loop->enter + 1;
    planner->steps[next].b |= (of_body + 1) << CEL_LOOP_SPENDS_SHIFT;
    cel_land(planner, loop->enter);
}

/* all, exists, exists_one */
static uint32_t plan_test(struct cel_planner *planner, const struct cel_scope *scope,
                          struct loop *loop)
{
    enum cel_macro macro = loop->node->comprehension.macro;
    const struct cel_node *predicate = loop->node->comprehension.predicate;
    enum cel_step_kind kind = macro == CEL_MACRO_ALL      ? CEL_STEP_LOOP_ALL
                              : macro == CEL_MACRO_EXISTS ? CEL_STEP_LOOP_EXISTS
                                                          : CEL_STEP_LOOP_ONE;
    enter(planner, scope, loop,
          macro == CEL_MACRO_ALL      ? CEL_LOOP_TRUE
          : macro == CEL_MACRO_EXISTS ? CEL_LOOP_FALSE
                                      : CEL_LOOP_COUNT);
    uint32_t a = cel_plan_node(planner, loop->inside, predicate, loop->body);
    uint32_t next = add(planner, loop, predicate, (struct cel_step){.kind = (uint8_t)kind, .a = a});
    leave_body(planner, loop, next);
    return cel_register(loop->to);
}

/* transformMapEntry's last argument: the map whose entries are put in, or NULL. */
static const struct cel_node *inserted(const struct cel_node *node)
{
    const struct cel_node *step = node->comprehension.step;
    if (step->kind == CEL_NODE_CALL && text_equal(step->call.function, TEXT("_?_:_")) &&
        step->call.argument_count == 3)
        step = step->call.arguments[1];
    bool is_insert = step->kind == CEL_NODE_CALL && step->call.argument_count == 2 &&
                     text_ends_with(step->call.function, TEXT("@mapInsert"));
    return is_insert ? step->call.arguments[1] : NULL;
}

/* map, filter, transformList, transformMap, transformMapEntry: an element, if the predicate holds,
 * is added as it is, or as what it becomes. */
static uint32_t plan_collection(struct cel_planner *planner, const struct cel_scope *scope,
                                struct loop *loop, const struct cel_node *made)
{
    const struct cel_node *node = loop->node;
    const struct cel_node *predicate = node->comprehension.predicate;
    bool is_map = node->comprehension.macro == CEL_MACRO_MAP_ENTRY;
    unsigned makes = is_map ? CEL_LOOP_MAP : CEL_LOOP_LIST;
    enter(planner, scope, loop, makes | (predicate == NULL ? CEL_LOOP_KEEPS_ALL : 0));
    uint32_t when = CEL_NO_STEP;
    if (predicate != NULL) {
        uint32_t a = cel_plan_node(planner, loop->inside, predicate, loop->body);
        when = add(planner, loop, predicate, (struct cel_step){.kind = CEL_STEP_LOOP_WHEN, .a = a});
    }
    uint32_t a = made == NULL ? cel_register(loop->base + CEL_LOOP_FIRST)
                              : cel_plan_node(planner, loop->inside, made, loop->body);
    bool is_whole_entry = is_map && node->comprehension.transform == NULL;
    add(planner, loop, made,
        (struct cel_step){.kind = is_map ? CEL_STEP_LOOP_ENTRY : CEL_STEP_LOOP_TAKE,
                          .detail = is_whole_entry,
                          .a = a});
    if (when != CEL_NO_STEP) cel_land(planner, when);
    uint32_t next =
        add(planner, loop, NULL, (struct cel_step){.kind = CEL_STEP_LOOP_NEXT, .detail = 1});
    leave_body(planner, loop, next);
    return cel_register(loop->to);
}

/* cel.bind(name, value, body): the value stands in `to`, or wherever it is. */
static uint32_t plan_bind(struct cel_planner *planner, const struct cel_scope *scope,
                          const struct loop *loop)
{
    const struct cel_node *node = loop->node;
    uint32_t to = loop->to;
    uint32_t value = cel_plan_node(planner, scope, node->comprehension.initial, to);
    struct cel_scope bound = {scope, node->comprehension.accumulator, value};
    uint32_t body = value == cel_register(to) ? to + 1 : to;
    uint32_t result = cel_plan_node(planner, &bound, node->comprehension.result, body);
    if (result != cel_register(body) || body == to) return result;
    cel_add_step_of(planner, node, node->comprehension.result, NULL,
                    (struct cel_step){.kind = CEL_STEP_MOVE, .to = (uint16_t)to, .a = result});
    return cel_register(to);
}

static uint32_t plan_general(struct cel_planner *planner, const struct cel_scope *scope,
                             struct loop *loop)
{
    const struct cel_node *node = loop->node;
    enter(planner, scope, loop, CEL_LOOP_OWN);
    struct cel_scope inside = {loop->inside, node->comprehension.accumulator,
                               cel_register(loop->to)};
    uint32_t condition = cel_plan_node(planner, &inside, node->comprehension.condition, loop->body);
    uint32_t stop = add(planner, loop, node->comprehension.condition,
                        (struct cel_step){.kind = CEL_STEP_LOOP_WHILE, .a = condition});
    uint32_t value = cel_plan_node(planner, &inside, node->comprehension.step, loop->body);
    cel_add_step_of(planner, node, node->comprehension.step, NULL,
                    (struct cel_step){.kind = CEL_STEP_MOVE, .to = (uint16_t)loop->to, .a = value});
    uint32_t next = add(planner, loop, NULL, (struct cel_step){.kind = CEL_STEP_LOOP_NEXT});
    leave_body(planner, loop, next);
    cel_land(planner, stop);
    struct cel_scope outside = {scope, node->comprehension.accumulator, cel_register(loop->to)};
    uint32_t result = cel_plan_node(planner, &outside, node->comprehension.result, loop->base);
    cel_add_step_of(
        planner, node, node->comprehension.result, NULL,
        (struct cel_step){.kind = CEL_STEP_MOVE, .to = (uint16_t)loop->to, .a = result});
    return cel_register(loop->to);
}

uint32_t cel_plan_loop(struct cel_planner *planner, const struct cel_scope *scope,
                       const struct cel_node *node, uint32_t to)
{
    struct loop loop = {.node = node, .to = to, .base = to + 1};
    const struct cel_node *transform = node->comprehension.transform;
    switch (node->comprehension.macro) {
    case CEL_MACRO_ALL:
    case CEL_MACRO_EXISTS:
    case CEL_MACRO_EXISTS_ONE:
        return plan_test(planner, scope, &loop);
    case CEL_MACRO_FILTER:
        return plan_collection(planner, scope, &loop, NULL);
    case CEL_MACRO_MAP:
        return plan_collection(planner, scope, &loop, transform);
    case CEL_MACRO_MAP_ENTRY:
        if (transform == NULL) transform = inserted(node);
        if (transform == NULL) break;
        return plan_collection(planner, scope, &loop, transform);
    case CEL_MACRO_BIND:
        return plan_bind(planner, scope, &loop);
    case CEL_MACRO_NONE:
        break;
    }
    return plan_general(planner, scope, &loop);
}
