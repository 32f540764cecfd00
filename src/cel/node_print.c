/* Nodes as text: an expression written again, so that parsing it gives the same tree.
 *
 * Parentheses stand only where the tree would change without them; macros are written as macros and
 * literals as they were. What decides is the level of an operator, as in the grammar of parse.c,
 * and two of its habits: a number takes the '-' before it, and a run of && or || becomes a balanced
 * tree, which is written without parentheses when it is the very one that the run would become.
 * Recursion is bounded because no tree is higher than CEL_DEPTH_MAXIMUM.
 */
#include "cel/inner.h"

#define LEVEL_CHOICE 0
#define LEVEL_OR 1
#define LEVEL_UNARY 6
#define LEVEL_MEMBER 7
/* In longer runs some parentheses are written that could be left out. */
#define RUN_TERMS_MAXIMUM 1000

static enum status print(const struct cel_node *node, uint32_t level, struct buffer *out);

struct infix {
    const char *function;
    const char *sign;
    uint32_t level;
};

static const struct infix *infix_of(const struct cel_node *node)
{
    static const struct infix infixes[] = {
        {"_||_", " || ", LEVEL_OR}, {"_&&_", " && ", 2}, {"_<_", " < ", 3},   {"_<=_", " <= ", 3},
        {"_>_", " > ", 3},          {"_>=_", " >= ", 3}, {"_==_", " == ", 3}, {"_!=_", " != ", 3},
        {"@in", " in ", 3},         {"_+_", " + ", 4},   {"_-_", " - ", 4},   {"_*_", " * ", 5},
        {"_/_", " / ", 5},          {"_%_", " % ", 5}};
    if (node->kind != CEL_NODE_CALL || node->call.argument_count != 2) return NULL;
    if (node->call.target != NULL) return NULL;
    for (size_t i = 0; i < sizeof(infixes) / sizeof(infixes[0]); i++)
        if (text_equal(node->call.function, text_of(infixes[i].function))) return &infixes[i];
    return NULL;
}

static bool is_call(const struct cel_node *node, const char *function, uint32_t count)
{
    return node->kind == CEL_NODE_CALL && node->call.argument_count == count &&
           text_equal(node->call.function, text_of(function));
}

static bool is_unary(const struct cel_node *node)
{
    return is_call(node, "!_", 1) || is_call(node, "-_", 1);
}

static uint32_t level_of(const struct cel_node *node)
{
    const struct infix *infix = infix_of(node);
    if (infix != NULL) return infix->level;
    if (is_call(node, "_?_:_", 3)) return LEVEL_CHOICE;
    return is_unary(node) ? LEVEL_UNARY : LEVEL_MEMBER;
}

static bool is_index(const struct cel_node *node)
{
    return is_call(node, "_[_]", 2) || is_call(node, "_[?_]", 2);
}

/* Is a number without sign what the node's text begins with? */
static bool begins_with_number(const struct cel_node *node)
{
    for (;;) {
        if (node->kind == CEL_NODE_SELECT && !node->select.is_test) {
            node = node->select.operand;
        } else if (node->kind == CEL_NODE_CALL && node->call.target != NULL) {
            node = node->call.target;
        } else if (is_index(node)) {
            node = node->call.arguments[0];
        } else if (node->kind == CEL_NODE_COMPREHENSION &&
                   node->comprehension.macro != CEL_MACRO_BIND) {
            node = node->comprehension.range;
        } else {
            break;
        }
        if (level_of(node) < LEVEL_MEMBER) return false;
    }
    if (node->kind == CEL_NODE_COMPREHENSION && node->comprehension.accumulator.length > 0 &&
        node->comprehension.accumulator.bytes[0] == '@')
        return begins_with_number(node->comprehension.initial);
    bool is_number = node->kind == CEL_NODE_LITERAL &&
                     (node->constant.kind == CEL_INT || node->constant.kind == CEL_DOUBLE);
    return is_number && !text_starts_with(node->literal.text, TEXT("-"));
}

static enum status print_unary(const struct cel_node *node, struct buffer *out)
{
    const struct cel_node *operand = node->call.arguments[0];
    bool is_minus = text_equal(node->call.function, TEXT("-_"));
    TRY(buffer_add_byte(out, is_minus ? '-' : '!'));
    if (!is_minus || level_of(operand) < LEVEL_UNARY || !begins_with_number(operand))
        return print(operand, LEVEL_UNARY, out);
    TRY(buffer_add_byte(out, '('));
    TRY(print(operand, LEVEL_CHOICE, out));
    return buffer_add_byte(out, ')');
}

static bool is_of_run(const struct cel_node *node, const struct infix *infix)
{
    return is_call(node, infix->function, 2);
}

static uint32_t count_terms(const struct cel_node *node, const struct infix *infix)
{
    if (!is_of_run(node, infix)) return 1;
    return count_terms(node->call.arguments[0], infix) +
           count_terms(node->call.arguments[1], infix);
}

/* Terms in the left half of a run of `count`, as the parser balances it. */
static uint32_t left_terms(uint32_t count)
{
    return (count - 1) / 2 + 1;
}

/* Is the node what a run of `count` terms becomes? */
static bool is_run(const struct cel_node *node, const struct infix *infix, uint32_t count)
{
    if (count == 1) return true;
    uint32_t left = left_terms(count);
    return is_of_run(node, infix) && is_run(node->call.arguments[0], infix, left) &&
           is_run(node->call.arguments[1], infix, count - left);
}

static enum status print_terms(const struct cel_node *node, const struct infix *infix,
                               uint32_t count, struct buffer *out)
{
    if (count == 1) return print(node, infix->level + 1, out);
    uint32_t left = left_terms(count);
    TRY(print_terms(node->call.arguments[0], infix, left, out));
    TRY(buffer_add(out, text_of(infix->sign)));
    return print_terms(node->call.arguments[1], infix, count - left, out);
}

static enum status print_run(const struct cel_node *node, const struct infix *infix,
                             struct buffer *out)
{
    uint32_t count = count_terms(node, infix);
    while (count > 2 && !is_run(node, infix, count))
        count = count > RUN_TERMS_MAXIMUM ? 2 : count - 1;
    return print_terms(node, infix, count, out);
}

static enum status print_infix(const struct cel_node *node, const struct infix *infix,
                               struct buffer *out)
{
    if (infix->level <= 2) return print_run(node, infix, out);
    TRY(print(node->call.arguments[0], infix->level, out));
    TRY(buffer_add(out, text_of(infix->sign)));
    return print(node->call.arguments[1], infix->level + 1, out);
}

static enum status print_choice(const struct cel_node *node, struct buffer *out)
{
    TRY(print(node->call.arguments[0], LEVEL_OR, out));
    TRY(buffer_add(out, TEXT(" ? ")));
    TRY(print(node->call.arguments[1], LEVEL_OR, out));
    TRY(buffer_add(out, TEXT(" : ")));
    return print(node->call.arguments[2], LEVEL_CHOICE, out);
}

static enum status print_field_name(struct text field, struct buffer *out)
{
    bool is_plain = field.length > 0 && (field.bytes[0] < '0' || field.bytes[0] > '9');
    for (size_t i = 0; i < field.length; i++) {
        char c = field.bytes[i];
        bool is_of_names =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c >= '0' && c <= '9');
        is_plain = is_plain && is_of_names;
    }
    bool is_word = text_equal(field, TEXT("in")) || text_equal(field, TEXT("true")) ||
                   text_equal(field, TEXT("false")) || text_equal(field, TEXT("null"));
    if (is_plain && !is_word) return buffer_add(out, field);
    return buffer_add_format(out, "`%.*s`", TEXT_ARGUMENTS(field));
}

static enum status print_select(const struct cel_node *node, struct buffer *out)
{
    if (node->select.is_test) TRY(buffer_add(out, TEXT("has(")));
    TRY(print(node->select.operand, LEVEL_MEMBER, out));
    TRY(buffer_add(out, node->select.is_optional ? TEXT(".?") : TEXT(".")));
    TRY(print_field_name(node->select.field, out));
    return node->select.is_test ? buffer_add_byte(out, ')') : STATUS_OK;
}

static enum status print_index(const struct cel_node *node, struct buffer *out)
{
    bool is_optional = text_equal(node->call.function, TEXT("_[?_]"));
    TRY(print(node->call.arguments[0], LEVEL_MEMBER, out));
    TRY(buffer_add(out, is_optional ? TEXT("[?") : TEXT("[")));
    TRY(print(node->call.arguments[1], LEVEL_CHOICE, out));
    return buffer_add_byte(out, ']');
}

static enum status print_function(const struct cel_node *node, struct buffer *out)
{
    if (node->call.target != NULL) {
        TRY(print(node->call.target, LEVEL_MEMBER, out));
        TRY(buffer_add_byte(out, '.'));
    }
    TRY(buffer_add(out, node->call.function));
    TRY(buffer_add_byte(out, '('));
    for (uint32_t i = 0; i < node->call.argument_count; i++) {
        if (i > 0) TRY(buffer_add(out, TEXT(", ")));
        TRY(print(node->call.arguments[i], LEVEL_CHOICE, out));
    }
    return buffer_add_byte(out, ')');
}

static enum status print_call(const struct cel_node *node, struct buffer *out)
{
    const struct infix *infix = infix_of(node);
    if (infix != NULL) return print_infix(node, infix, out);
    if (is_unary(node)) return print_unary(node, out);
    if (is_call(node, "_?_:_", 3)) return print_choice(node, out);
    return is_index(node) ? print_index(node, out) : print_function(node, out);
}

/* ", " before every entry but the first, and "?" before an optional one. */
static enum status print_separator(uint32_t index, const bool *is_optional, struct buffer *out)
{
    if (index > 0) TRY(buffer_add(out, TEXT(", ")));
    return is_optional != NULL && is_optional[index] ? buffer_add_byte(out, '?') : STATUS_OK;
}

static enum status print_list(const struct cel_node *node, struct buffer *out)
{
    TRY(buffer_add_byte(out, '['));
    for (uint32_t i = 0; i < node->list.count; i++) {
        TRY(print_separator(i, node->list.is_optional, out));
        TRY(print(node->list.elements[i], LEVEL_CHOICE, out));
    }
    return buffer_add_byte(out, ']');
}

static enum status print_map(const struct cel_node *node, struct buffer *out)
{
    TRY(buffer_add_byte(out, '{'));
    for (uint32_t i = 0; i < node->map.count; i++) {
        TRY(print_separator(i, node->map.is_optional, out));
        TRY(print(node->map.keys[i], LEVEL_CHOICE, out));
        TRY(buffer_add(out, TEXT(": ")));
        TRY(print(node->map.values[i], LEVEL_CHOICE, out));
    }
    return buffer_add_byte(out, '}');
}

static enum status print_structure(const struct cel_node *node, struct buffer *out)
{
    TRY(buffer_add(out, node->structure.name));
    TRY(buffer_add_byte(out, '{'));
    for (uint32_t i = 0; i < node->structure.count; i++) {
        TRY(print_separator(i, node->structure.is_optional, out));
        TRY(print_field_name(node->structure.fields[i], out));
        TRY(buffer_add(out, TEXT(": ")));
        TRY(print(node->structure.values[i], LEVEL_CHOICE, out));
    }
    return buffer_add_byte(out, '}');
}

/* target.name(variable, last) */
static enum status print_macro(const struct cel_node *target, const char *name,
                               struct text variable, const struct cel_node *last,
                               struct buffer *out)
{
    TRY(print(target, LEVEL_MEMBER, out));
    TRY(buffer_add_format(out, ".%s(%.*s, ", name, TEXT_ARGUMENTS(variable)));
    TRY(print(last, LEVEL_CHOICE, out));
    return buffer_add_byte(out, ')');
}

/* cel.bind, and the macros that bind their target first: optMap, optFlatMap, sortBy. */
static enum status print_binding(const struct cel_node *node, struct buffer *out)
{
    const struct cel_node *initial = node->comprehension.initial;
    const struct cel_node *body = node->comprehension.result;
    struct text name = node->comprehension.accumulator;
    if (text_equal(name, TEXT("@target"))) {
        const struct cel_node *mapped = body->call.arguments[1];
        bool is_flat = mapped->kind == CEL_NODE_COMPREHENSION;
        const struct cel_node *inner = is_flat ? mapped : mapped->call.arguments[0];
        return print_macro(initial, is_flat ? "optFlatMap" : "optMap",
                           inner->comprehension.accumulator, inner->comprehension.result, out);
    }
    if (text_equal(name, TEXT("@list"))) {
        const struct cel_node *keys = body->call.arguments[0];
        return print_macro(initial, "sortBy", keys->comprehension.variable,
                           keys->comprehension.transform, out);
    }
    TRY(buffer_add_format(out, "cel.bind(%.*s, ", TEXT_ARGUMENTS(name)));
    TRY(print(initial, LEVEL_CHOICE, out));
    TRY(buffer_add(out, TEXT(", ")));
    TRY(print(body, LEVEL_CHOICE, out));
    return buffer_add_byte(out, ')');
}

static const char *macro_name(const struct cel_node *node)
{
    bool has_two = node->comprehension.second_variable.length > 0;
    switch (node->comprehension.macro) {
    case CEL_MACRO_ALL:
        return "all";
    case CEL_MACRO_EXISTS:
        return "exists";
    case CEL_MACRO_EXISTS_ONE:
        return has_two ? "existsOne" : "exists_one";
    case CEL_MACRO_MAP:
        return has_two ? "transformList" : "map";
    case CEL_MACRO_FILTER:
        return "filter";
    case CEL_MACRO_MAP_ENTRY:
        return node->comprehension.transform == NULL ? "transformMapEntry" : "transformMap";
    case CEL_MACRO_NONE:
    case CEL_MACRO_BIND:
        break;
    }
    return NULL;
}

/* What transformMapEntry makes of an element: it stands in the step alone. */
static const struct cel_node *entry_of(const struct cel_node *node)
{
    const struct cel_node *step = node->comprehension.step;
    if (node->comprehension.predicate != NULL) step = step->call.arguments[1];
    return step->call.arguments[1];
}

static enum status print_comprehension(const struct cel_node *node, struct buffer *out)
{
    if (node->comprehension.macro == CEL_MACRO_BIND) return print_binding(node, out);
    const char *name = macro_name(node);
    if (name == NULL) return STATUS_INVALID;
    const struct cel_node *transform = node->comprehension.transform;
    if (transform == NULL && node->comprehension.macro == CEL_MACRO_MAP_ENTRY)
        transform = entry_of(node);
    TRY(print(node->comprehension.range, LEVEL_MEMBER, out));
    TRY(buffer_add_format(out, ".%s(%.*s", name, TEXT_ARGUMENTS(node->comprehension.variable)));
    if (node->comprehension.second_variable.length > 0)
        TRY(buffer_add_format(out, ", %.*s", TEXT_ARGUMENTS(node->comprehension.second_variable)));
    const struct cel_node *const parts[] = {node->comprehension.predicate, transform};
    for (size_t i = 0; i < 2; i++) {
        if (parts[i] == NULL) continue;
        TRY(buffer_add(out, TEXT(", ")));
        TRY(print(parts[i], LEVEL_CHOICE, out));
    }
    return buffer_add_byte(out, ')');
}

static enum status print_bare(const struct cel_node *node, struct buffer *out)
{
    switch (node->kind) {
    case CEL_NODE_LITERAL:
        return buffer_add(out, node->literal.text);
    case CEL_NODE_IDENTIFIER:
        if (node->identifier.is_absolute) TRY(buffer_add_byte(out, '.'));
        return buffer_add(out, node->identifier.name);
    case CEL_NODE_SELECT:
        return print_select(node, out);
    case CEL_NODE_CALL:
        return print_call(node, out);
    case CEL_NODE_LIST:
        return print_list(node, out);
    case CEL_NODE_MAP:
        return print_map(node, out);
    case CEL_NODE_STRUCT:
        return print_structure(node, out);
    case CEL_NODE_COMPREHENSION:
        return print_comprehension(node, out);
    }
    return STATUS_INVALID;
}

/* In parentheses when the node's level is below the one that its place asks for. */
static enum status print(const struct cel_node *node, uint32_t level, struct buffer *out)
{
    if (level_of(node) >= level) return print_bare(node, out);
    TRY(buffer_add_byte(out, '('));
    TRY(print_bare(node, out));
    return buffer_add_byte(out, ')');
}

enum status cel_node_print(const struct cel_node *node, struct buffer *out)
{
    return print(node, LEVEL_CHOICE, out);
}
