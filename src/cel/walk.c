/* Walking: the direct parts of a node, one after the other, whatever its kind.
 *
 * What a comprehension was written as (predicate, transform) stands in its step already and is no
 * part of its own.
 */
#include "cel/inner.h"

static struct cel_node *part_of_call(const struct cel_node *node, uint32_t index)
{
    if (node->call.target != NULL) {
        if (index == 0) return node->call.target;
        index--;
    }
    return index < node->call.argument_count ? node->call.arguments[index] : NULL;
}

static struct cel_node *part_of_comprehension(const struct cel_node *node, uint32_t index)
{
    switch (index) {
    case CEL_PART_RANGE:
        return node->comprehension.range;
    case CEL_PART_INITIAL:
        return node->comprehension.initial;
    case CEL_PART_CONDITION:
        return node->comprehension.condition;
    case CEL_PART_STEP:
        return node->comprehension.step;
    case CEL_PART_RESULT:
        return node->comprehension.result;
    default:
        return NULL;
    }
}

struct cel_node *cel_node_part(const struct cel_node *node, uint32_t index)
{
    switch (node->kind) {
    case CEL_NODE_LITERAL:
    case CEL_NODE_IDENTIFIER:
        return NULL;
    case CEL_NODE_SELECT:
        return index == 0 ? node->select.operand : NULL;
    case CEL_NODE_CALL:
        return part_of_call(node, index);
    case CEL_NODE_LIST:
        return index < node->list.count ? node->list.elements[index] : NULL;
    case CEL_NODE_MAP:
        if (index / 2 >= node->map.count) return NULL;
        return index % 2 == 0 ? node->map.keys[index / 2] : node->map.values[index / 2];
    case CEL_NODE_STRUCT:
        return index < node->structure.count ? node->structure.values[index] : NULL;
    case CEL_NODE_COMPREHENSION:
        return part_of_comprehension(node, index);
    }
    return NULL;
}
