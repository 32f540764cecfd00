/* Nodes: made in one place, so that each knows how high it stands above its lowest leaf.
 *
 * It must never recurse: a node's height comes from the heights of its direct parts, and the parser
 * refuses a node that is too high before anything walks down it. Any part may be NULL, because
 * memory ran out below; what is made of it is then NULL as well, so that a caller who builds
 * several levels checks once.
 */
#include "cel/inner.h"

struct cel_node *cel_node_new(struct arena *arena, enum cel_node_kind kind, uint32_t position)
{
    struct cel_node *node = arena_new(arena, struct cel_node);
    if (node == NULL) return NULL;
    node->kind = kind;
    node->position = position;
    node->begin = position;
    node->end = position;
    node->height = 1;
    return node;
}

struct cel_node *cel_node_identifier(struct arena *arena, uint32_t position, struct text name)
{
    struct cel_node *node = cel_node_new(arena, CEL_NODE_IDENTIFIER, position);
    if (node == NULL) return NULL;
    node->identifier.name = name;
    return node;
}

struct cel_node *cel_node_constant(struct arena *arena, uint32_t position, struct cel_value value,
                                   struct text text)
{
    struct cel_node *node = cel_node_new(arena, CEL_NODE_LITERAL, position);
    if (node == NULL) return NULL;
    node->constant = value;
    node->is_constant = true;
    node->literal.text = text;
    return node;
}

struct cel_node *cel_node_select(struct arena *arena, uint32_t position, struct cel_node *operand,
                                 struct text field)
{
    struct cel_node *node = cel_node_new(arena, CEL_NODE_SELECT, position);
    if (node == NULL || operand == NULL) return NULL;
    node->select.operand = operand;
    node->select.field = field;
    node->select.field_id = UINT32_MAX;
    cel_node_measure(node);
    return node;
}

struct cel_node *cel_node_call(struct arena *arena, uint32_t position, const char *function,
                               struct cel_node *target, struct cel_node *const *arguments,
                               uint32_t count)
{
    struct cel_node *node = cel_node_new(arena, CEL_NODE_CALL, position);
    struct cel_node **copies = arena_new_array(arena, struct cel_node *, count);
    if (node == NULL || copies == NULL) return NULL;
    for (uint32_t i = 0; i < count; i++) {
        if (arguments[i] == NULL) return NULL;
        copies[i] = arguments[i];
    }
    node->call.function = text_of(function);
    node->call.target = target;
    node->call.arguments = copies;
    node->call.argument_count = count;
    cel_node_measure(node);
    return node;
}

static uint16_t above(uint16_t height, const struct cel_node *part)
{
    if (part == NULL || part->height < height) return height;
    return part->height == UINT16_MAX ? UINT16_MAX : (uint16_t)(part->height + 1);
}

static uint16_t above_all(uint16_t height, struct cel_node *const *parts, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        height = above(height, parts[i]);
    return height;
}

void cel_node_measure(struct cel_node *node)
{
    uint16_t height = 1;
    switch (node->kind) {
    case CEL_NODE_LITERAL:
    case CEL_NODE_IDENTIFIER:
        break;
    case CEL_NODE_SELECT:
        height = above(height, node->select.operand);
        break;
    case CEL_NODE_CALL:
        height = above(height, node->call.target);
        height = above_all(height, node->call.arguments, node->call.argument_count);
        break;
    case CEL_NODE_LIST:
        height = above_all(height, node->list.elements, node->list.count);
        break;
    case CEL_NODE_MAP:
        height = above_all(height, node->map.keys, node->map.count);
        height = above_all(height, node->map.values, node->map.count);
        break;
    case CEL_NODE_STRUCT:
        height = above_all(height, node->structure.values, node->structure.count);
        break;
    case CEL_NODE_COMPREHENSION:
        height = above(height, node->comprehension.range);
        height = above(height, node->comprehension.initial);
        height = above(height, node->comprehension.condition);
        height = above(height, node->comprehension.step);
        height = above(height, node->comprehension.result);
        break;
    }
    node->height = height;
}
