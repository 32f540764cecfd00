/* Tree, for the tests of reading: see tree.h. Every part of a node is compared and written, so that
 * a part that was forgotten shows.
 */
#include "tree.h"

#define ARENA_MAXIMUM ((size_t)64 << 20)
#define OUT_MAXIMUM ((size_t)4 << 20)

int reading_set_up(void **state)
{
    static struct reading reading;
    arena_init(&reading.arena, ARENA_MAXIMUM);
    buffer_init(&reading.out, OUT_MAXIMUM);
    reading.problems = (struct cel_problems){.arena = &reading.arena};
    *state = &reading;
    return 0;
}

int reading_tear_down(void **state)
{
    struct reading *reading = *state;
    buffer_release(&reading->out);
    arena_release(&reading->arena);
    return 0;
}

void reading_begin(struct reading *reading)
{
    arena_clear(&reading->arena);
    buffer_clear(&reading->out);
    reading->problems = (struct cel_problems){.arena = &reading->arena};
}

enum status reading_parse(struct reading *reading, struct text source, struct cel_node **root)
{
    return cel_parse(&reading->arena, source, &reading->problems, root);
}

struct cel_node *reading_tree(struct reading *reading, const char *source)
{
    struct cel_node *root = NULL;
    enum status status = reading_parse(reading, text_of(source), &root);
    if (status == STATUS_OK) return root;
    if (reading->problems.count > 0)
        print_error("%s: %.*s\n", source, TEXT_ARGUMENTS(reading->problems.items[0].message));
    fail_msg("%s: %s", source, status_text(status));
    return NULL;
}

static void put(struct reading *reading, const char *text)
{
    assert_ok(buffer_add(&reading->out, text_of(text)));
}

static void put_text(struct reading *reading, struct text text)
{
    assert_ok(buffer_add(&reading->out, text));
}

static void put_node(struct reading *reading, const struct cel_node *node);

static void put_call(struct reading *reading, const struct cel_node *node)
{
    put(reading, "(");
    put_text(reading, node->call.function);
    if (node->call.target != NULL) {
        put(reading, " ");
        put_node(reading, node->call.target);
        put(reading, ";");
    }
    for (uint32_t i = 0; i < node->call.argument_count; i++) {
        put(reading, " ");
        put_node(reading, node->call.arguments[i]);
    }
    put(reading, ")");
}

static void put_mark(struct reading *reading, const bool *is_optional, uint32_t index)
{
    if (index > 0) put(reading, " ");
    if (is_optional != NULL && is_optional[index]) put(reading, "?");
}

static void put_list(struct reading *reading, const struct cel_node *node)
{
    put(reading, "[");
    for (uint32_t i = 0; i < node->list.count; i++) {
        put_mark(reading, node->list.is_optional, i);
        put_node(reading, node->list.elements[i]);
    }
    put(reading, "]");
}

static void put_map(struct reading *reading, const struct cel_node *node)
{
    put(reading, "{");
    for (uint32_t i = 0; i < node->map.count; i++) {
        put_mark(reading, node->map.is_optional, i);
        put_node(reading, node->map.keys[i]);
        put(reading, ": ");
        put_node(reading, node->map.values[i]);
    }
    put(reading, "}");
}

static void put_structure(struct reading *reading, const struct cel_node *node)
{
    put_text(reading, node->structure.name);
    put(reading, "{");
    for (uint32_t i = 0; i < node->structure.count; i++) {
        put_mark(reading, node->structure.is_optional, i);
        put_text(reading, node->structure.fields[i]);
        put(reading, ": ");
        put_node(reading, node->structure.values[i]);
    }
    put(reading, "}");
}

static void put_loop(struct reading *reading, const struct cel_node *node)
{
    const struct cel_node *const parts[] = {node->comprehension.initial,
                                            node->comprehension.condition, node->comprehension.step,
                                            node->comprehension.result};
    assert_ok(buffer_add_format(&reading->out, "(LOOP %.*s%s%.*s in ",
                                TEXT_ARGUMENTS(node->comprehension.variable),
                                node->comprehension.second_variable.length > 0 ? ", " : "",
                                TEXT_ARGUMENTS(node->comprehension.second_variable)));
    put_node(reading, node->comprehension.range);
    assert_ok(buffer_add_format(&reading->out,
                                "; %.*s =", TEXT_ARGUMENTS(node->comprehension.accumulator)));
    for (size_t i = 0; i < COUNT(parts); i++) {
        put(reading, i == 0 ? " " : "; ");
        put_node(reading, parts[i]);
    }
    put(reading, ")");
}

static void put_node(struct reading *reading, const struct cel_node *node)
{
    switch (node->kind) {
    case CEL_NODE_LITERAL:
        put_text(reading, node->literal.text);
        break;
    case CEL_NODE_IDENTIFIER:
        put(reading, node->identifier.is_absolute ? "." : "");
        put_text(reading, node->identifier.name);
        break;
    case CEL_NODE_SELECT:
        put(reading, node->select.is_test ? "(has " : node->select.is_optional ? "(.? " : "(. ");
        put_node(reading, node->select.operand);
        put(reading, " ");
        put_text(reading, node->select.field);
        put(reading, ")");
        break;
    case CEL_NODE_CALL:
        put_call(reading, node);
        break;
    case CEL_NODE_LIST:
        put_list(reading, node);
        break;
    case CEL_NODE_MAP:
        put_map(reading, node);
        break;
    case CEL_NODE_STRUCT:
        put_structure(reading, node);
        break;
    case CEL_NODE_COMPREHENSION:
        put_loop(reading, node);
        break;
    }
}

struct text reading_line(struct reading *reading, const struct cel_node *node)
{
    buffer_clear(&reading->out);
    put_node(reading, node);
    return buffer_text(&reading->out);
}

static bool same_all(struct cel_node *const *a, struct cel_node *const *b, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (!reading_same(a[i], b[i])) return false;
    return true;
}

static bool same_marks(const bool *a, const bool *b, uint32_t count)
{
    if (a == NULL || b == NULL) return a == b;
    return memcmp(a, b, count) == 0;
}

static bool same_literal(const struct cel_node *a, const struct cel_node *b)
{
    bool is_text = a->constant.kind == CEL_STRING || a->constant.kind == CEL_BYTES;
    if (a->constant.kind != b->constant.kind || !a->is_constant || !b->is_constant) return false;
    if (!text_equal(a->literal.text, b->literal.text)) return false;
    return is_text ? text_equal(cel_text(a->constant), cel_text(b->constant))
                   : a->constant.integer == b->constant.integer;
}

static bool same_fields(const struct cel_node *a, const struct cel_node *b)
{
    if (!text_equal(a->structure.name, b->structure.name)) return false;
    if (a->structure.count != b->structure.count) return false;
    for (uint32_t i = 0; i < a->structure.count; i++)
        if (!text_equal(a->structure.fields[i], b->structure.fields[i])) return false;
    return same_marks(a->structure.is_optional, b->structure.is_optional, a->structure.count) &&
           same_all(a->structure.values, b->structure.values, a->structure.count);
}

static bool same_loop(const struct cel_node *a, const struct cel_node *b)
{
    struct cel_node *const of_a[] = {
        a->comprehension.range,     a->comprehension.initial, a->comprehension.condition,
        a->comprehension.step,      a->comprehension.result,  a->comprehension.predicate,
        a->comprehension.transform,
    };
    struct cel_node *const of_b[] = {
        b->comprehension.range,     b->comprehension.initial, b->comprehension.condition,
        b->comprehension.step,      b->comprehension.result,  b->comprehension.predicate,
        b->comprehension.transform,
    };
    return a->comprehension.macro == b->comprehension.macro &&
           text_equal(a->comprehension.variable, b->comprehension.variable) &&
           text_equal(a->comprehension.second_variable, b->comprehension.second_variable) &&
           text_equal(a->comprehension.accumulator, b->comprehension.accumulator) &&
           same_all(of_a, of_b, COUNT(of_a));
}

bool reading_same(const struct cel_node *a, const struct cel_node *b)
{
    if (a == NULL || b == NULL) return a == b;
    if (a->kind != b->kind || a->height != b->height) return false;
    switch (a->kind) {
    case CEL_NODE_LITERAL:
        return same_literal(a, b);
    case CEL_NODE_IDENTIFIER:
        return text_equal(a->identifier.name, b->identifier.name) &&
               a->identifier.is_absolute == b->identifier.is_absolute;
    case CEL_NODE_SELECT:
        return text_equal(a->select.field, b->select.field) &&
               a->select.is_test == b->select.is_test &&
               a->select.is_optional == b->select.is_optional &&
               reading_same(a->select.operand, b->select.operand);
    case CEL_NODE_CALL:
        return text_equal(a->call.function, b->call.function) &&
               a->call.argument_count == b->call.argument_count &&
               reading_same(a->call.target, b->call.target) &&
               same_all(a->call.arguments, b->call.arguments, a->call.argument_count);
    case CEL_NODE_LIST:
        return a->list.count == b->list.count &&
               same_marks(a->list.is_optional, b->list.is_optional, a->list.count) &&
               same_all(a->list.elements, b->list.elements, a->list.count);
    case CEL_NODE_MAP:
        return a->map.count == b->map.count &&
               same_marks(a->map.is_optional, b->map.is_optional, a->map.count) &&
               same_all(a->map.keys, b->map.keys, a->map.count) &&
               same_all(a->map.values, b->map.values, a->map.count);
    case CEL_NODE_STRUCT:
        return same_fields(a, b);
    case CEL_NODE_COMPREHENSION:
        return same_loop(a, b);
    }
    return false;
}
