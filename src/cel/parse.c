/* Parser: tokens into a tree, macros expanded.
 *
 *   expression = binary ["?" binary ":" expression]
 *   binary     = unary {operator binary of a higher level}       || && relations + - * / %
 *   unary      = {"!" | "-"} member                              a number takes its '-' with it
 *   member     = primary {"." name | ".?" name | "." name "(" ... ")" | "[" ["?"] ... "]"}
 *   primary    = literal | ["."] name | ["."] name "(" ... ")" | "(" expression ")"
 *              | "[" ... "]" | "{" ... "}" | name {"." name} "{" ... "}"
 *
 * Invariants:
 * 1. No recursion is deeper than CEL_DEPTH_MAXIMUM expressions, whatever the source: `nesting`
 *    counts what the parser itself recurses through, a node's `height` what was built by loops.
 * 2. Runs of && and || become balanced trees, so that many alternatives stay shallow; the grouping
 *    cannot be seen in the value, because both operators are associative.
 * 3. Once `status` is not OK nothing is built and nothing more is told.
 * 4. A node's range is what it was written as; parentheses around it belong to its parent's.
 */
#include "cel/parse.h"

#include <stdarg.h>

#define LEVEL_OR 1
#define LEVEL_AND 2
#define LEVEL_LOWEST LEVEL_OR
/* More than any macro makes on top of what it was given. */
#define MACRO_NODE_MAXIMUM 24

static struct cel_node *parse_expression(struct parser *parser);

struct infix {
    const char *sign;
    const char *function;
    uint32_t level;
};

static const struct infix *find_infix(const struct cel_token *token)
{
    static const struct infix infixes[] = {
        {"||", "_||_", LEVEL_OR}, {"&&", "_&&_", LEVEL_AND}, {"<", "_<_", 3},   {"<=", "_<=_", 3},
        {">", "_>_", 3},          {">=", "_>=_", 3},         {"==", "_==_", 3}, {"!=", "_!=_", 3},
        {"+", "_+_", 4},          {"-", "_-_", 4},           {"*", "_*_", 5},   {"/", "_/_", 5},
        {"%", "_%_", 5}};
    static const struct infix in = {"in", "@in", 3};
    if (token_is_word(token, "in")) return &in;
    if (token->kind != CEL_TOKEN_SIGN) return NULL;
    for (size_t i = 0; i < sizeof(infixes) / sizeof(infixes[0]); i++)
        if (text_equal(token->text, text_of(infixes[i].sign))) return &infixes[i];
    return NULL;
}

static uint32_t end_of(const struct cel_token *token)
{
    return token->position + (uint32_t)token->text.length;
}

static void advance(struct parser *parser)
{
    parser->previous = parser->token;
    if (parser->status == STATUS_OK) parser->status = cel_lex(&parser->lexer, &parser->token);
    if (parser->status != STATUS_OK)
        parser->token = (struct cel_token){CEL_TOKEN_END, {"", 0}, end_of(&parser->previous)};
}

/* Takes the sign if it is the next token. */
static bool take(struct parser *parser, const char *sign)
{
    if (!token_is_sign(&parser->token, sign)) return false;
    advance(parser);
    return true;
}

/* Closes what was opened at `position`. */
static bool close_bracket(struct parser *parser, const char *opening, const char *closing,
                          uint32_t position)
{
    if (parser->status != STATUS_OK) return false;
    if (take(parser, closing)) return true;
    (void)parser_fail_behind_value(parser, opening, position);
    return false;
}

/* Tells it and goes on: the expression's shape is right. */
static void tell_reserved(struct parser *parser, const struct cel_token *name)
{
    parser->has_problems = true;
    cel_problem_add(parser->problems, name->position,
                    "'%.*s' is a reserved word: it cannot be the name of a value",
                    TEXT_ARGUMENTS(name->text));
}

static struct cel_node *fail_depth(struct parser *parser, uint32_t position)
{
    return parser_fail(parser, STATUS_LIMIT, position,
                       "this is nested too deeply: an expression has at most %d levels",
                       CEL_DEPTH_MAXIMUM);
}

/* Takes a new node into the tree; its source ends with the last token taken. NULL is passed on, and
 * is a lack of memory when nothing else was told. */
static struct cel_node *keep(struct parser *parser, struct cel_node *node, uint32_t begin)
{
    if (parser->status != STATUS_OK) return NULL;
    if (node == NULL) {
        parser->status = STATUS_NO_MEMORY;
        return NULL;
    }
    node->begin = begin;
    node->end = end_of(&parser->previous);
    if (node->height > CEL_DEPTH_MAXIMUM) return fail_depth(parser, node->position);
    if (++parser->node_count > CEL_NODE_MAXIMUM)
        return parser_fail(parser, STATUS_LIMIT, node->position,
                           "this expression is too long: it has more than %d parts",
                           CEL_NODE_MAXIMUM);
    return node;
}

/* Entries of a list, a map, a message, a call: what stands between two brackets, or between the
 * operators of a run. */
struct entry {
    struct text field;
    struct cel_node *key;
    struct cel_node *value;
    bool is_optional;
    uint32_t begin;    /* of a run's term, parentheses included */
    uint32_t end;      /* the same */
    uint32_t position; /* of the operator behind a run's term */
};
struct entries {
    struct entry *items;
    uint32_t count;
    uint32_t capacity;
    bool has_optional;
};

static void add_entry(struct parser *parser, struct entries *entries, struct entry entry)
{
    if (parser->status != STATUS_OK) return;
    if (entries->count == entries->capacity) {
        uint32_t capacity = entries->capacity == 0 ? 4 : entries->capacity * 2;
        struct entry *items = arena_new_array(parser->arena, struct entry, capacity);
        if (items == NULL) {
            parser->status = STATUS_NO_MEMORY;
            return;
        }
        if (entries->count > 0) memcpy(items, entries->items, entries->count * sizeof *items);
        entries->items = items;
        entries->capacity = capacity;
    }
    entries->items[entries->count++] = entry;
    entries->has_optional = entries->has_optional || entry.is_optional;
}

/* Copies of the entries' parts, in arrays of the arena; NULL without memory. */
static struct cel_node **values_of(struct parser *parser, const struct entries *entries)
{
    struct cel_node **values = arena_new_array(parser->arena, struct cel_node *, entries->count);
    for (uint32_t i = 0; values != NULL && i < entries->count; i++)
        values[i] = entries->items[i].value;
    return values;
}

static struct cel_node **keys_of(struct parser *parser, const struct entries *entries)
{
    struct cel_node **keys = arena_new_array(parser->arena, struct cel_node *, entries->count);
    for (uint32_t i = 0; keys != NULL && i < entries->count; i++)
        keys[i] = entries->items[i].key;
    return keys;
}

/* Which entries are optional; stays NULL when none is. */
static bool mark_optional(struct parser *parser, const struct entries *entries, bool **marks)
{
    *marks = NULL;
    if (!entries->has_optional) return true;
    *marks = arena_new_array(parser->arena, bool, entries->count);
    for (uint32_t i = 0; *marks != NULL && i < entries->count; i++)
        (*marks)[i] = entries->items[i].is_optional;
    return *marks != NULL;
}

static bool is_within(struct parser *parser, const struct entries *entries, const char *what)
{
    if (entries->count < CEL_LIST_MAXIMUM) return true;
    (void)parser_fail(parser, STATUS_LIMIT, parser->token.position, "%s has at most %d entries",
                      what, CEL_LIST_MAXIMUM);
    return false;
}

static struct cel_node *parse_list(struct parser *parser)
{
    uint32_t position = parser->token.position;
    struct entries entries = {0};
    advance(parser);
    while (parser->status == STATUS_OK && !token_is_sign(&parser->token, "]")) {
        if (!is_within(parser, &entries, "a list")) return NULL;
        struct entry entry = {.is_optional = take(parser, "?")};
        entry.value = parse_expression(parser);
        add_entry(parser, &entries, entry);
        if (!take(parser, ",")) break;
    }
    if (!close_bracket(parser, "[", "]", position)) return NULL;
    struct cel_node *node = cel_node_new(parser->arena, CEL_NODE_LIST, position);
    if (node == NULL) return keep(parser, NULL, position);
    node->list.count = entries.count;
    node->list.elements = values_of(parser, &entries);
    if (node->list.elements == NULL || !mark_optional(parser, &entries, &node->list.is_optional))
        return keep(parser, NULL, position);
    cel_node_measure(node);
    return keep(parser, node, position);
}

static bool expect_colon(struct parser *parser, const char *what)
{
    if (parser->status != STATUS_OK) return false;
    if (take(parser, ":")) return true;
    (void)parser_fail(parser, STATUS_SYNTAX, parser->token.position,
                      "expected ':' between %s and its value", what);
    return false;
}

static struct cel_node *parse_map(struct parser *parser)
{
    uint32_t position = parser->token.position;
    struct entries entries = {0};
    advance(parser);
    while (parser->status == STATUS_OK && !token_is_sign(&parser->token, "}")) {
        if (!is_within(parser, &entries, "a map")) return NULL;
        struct entry entry = {.is_optional = take(parser, "?")};
        entry.key = parse_expression(parser);
        if (!expect_colon(parser, "a key")) return NULL;
        entry.value = parse_expression(parser);
        add_entry(parser, &entries, entry);
        if (!take(parser, ",")) break;
    }
    if (!close_bracket(parser, "{", "}", position)) return NULL;
    struct cel_node *node = cel_node_new(parser->arena, CEL_NODE_MAP, position);
    if (node == NULL) return keep(parser, NULL, position);
    node->map.count = entries.count;
    node->map.keys = keys_of(parser, &entries);
    node->map.values = values_of(parser, &entries);
    if (node->map.keys == NULL || node->map.values == NULL ||
        !mark_optional(parser, &entries, &node->map.is_optional))
        return keep(parser, NULL, position);
    cel_node_measure(node);
    return keep(parser, node, position);
}

/* "a.b.c" of a chain of names; bytes NULL without memory. */
static struct text qualified_name(struct parser *parser, const struct cel_node *chain)
{
    size_t length = 0;
    const struct cel_node *part = chain;
    for (; part->kind == CEL_NODE_SELECT; part = part->select.operand)
        length += part->select.field.length + 1;
    length += part->identifier.name.length + (part->identifier.is_absolute ? 1 : 0);
    char *bytes = arena_allocate(parser->arena, length);
    if (bytes == NULL) return (struct text){NULL, 0};
    size_t at = length;
    for (part = chain; part->kind == CEL_NODE_SELECT; part = part->select.operand) {
        at -= part->select.field.length;
        memcpy(bytes + at, part->select.field.bytes, part->select.field.length);
        bytes[--at] = '.';
    }
    at -= part->identifier.name.length;
    memcpy(bytes + at, part->identifier.name.bytes, part->identifier.name.length);
    if (part->identifier.is_absolute) bytes[0] = '.';
    return (struct text){bytes, length};
}

/* A name that may stand for a field, of `operand` or (NULL) of a message; the token is taken. */
static bool take_field(struct parser *parser, const struct cel_node *operand, struct text *field)
{
    const struct cel_token *token = &parser->token;
    *field = token->text;
    if (parser->status != STATUS_OK) return false;
    if (token->kind == CEL_TOKEN_QUOTED) {
        *field = (struct text){token->text.bytes + 1, token->text.length - 2};
        advance(parser);
        return true;
    }
    bool is_word = token_is_word(token, "in") || token_is_word(token, "true") ||
                   token_is_word(token, "false") || token_is_word(token, "null");
    if (is_word) {
        (void)parser_fail(parser, STATUS_SYNTAX, token->position,
                          "'%.*s' is a word of the language: as a field's name it stands in "
                          "backquotes, `%.*s`",
                          TEXT_ARGUMENTS(token->text), TEXT_ARGUMENTS(token->text));
        return false;
    }
    if (token->kind != CEL_TOKEN_IDENTIFIER) {
        (void)parser_fail_at_field(parser, operand);
        return false;
    }
    advance(parser);
    return true;
}

/* Name{field: value, ...}; the next token is the brace. */
static struct cel_node *parse_structure(struct parser *parser, const struct cel_node *name,
                                        uint32_t begin)
{
    uint32_t position = parser->token.position;
    struct entries entries = {0};
    advance(parser);
    while (parser->status == STATUS_OK && !token_is_sign(&parser->token, "}")) {
        if (!is_within(parser, &entries, "a message")) return NULL;
        struct entry entry = {.is_optional = take(parser, "?")};
        if (!take_field(parser, NULL, &entry.field) || !expect_colon(parser, "a field's name"))
            return NULL;
        entry.value = parse_expression(parser);
        add_entry(parser, &entries, entry);
        if (!take(parser, ",")) break;
    }
    if (!close_bracket(parser, "{", "}", position)) return NULL;
    struct cel_node *node = cel_node_new(parser->arena, CEL_NODE_STRUCT, name->begin);
    struct text *fields = arena_new_array(parser->arena, struct text, entries.count);
    if (node == NULL || fields == NULL) return keep(parser, NULL, begin);
    for (uint32_t i = 0; i < entries.count; i++)
        fields[i] = entries.items[i].field;
    node->structure.fields = fields;
    node->structure.count = entries.count;
    node->structure.name = qualified_name(parser, name);
    node->structure.values = values_of(parser, &entries);
    if (node->structure.name.bytes == NULL || node->structure.values == NULL ||
        !mark_optional(parser, &entries, &node->structure.is_optional))
        return keep(parser, NULL, begin);
    cel_node_measure(node);
    return keep(parser, node, begin);
}

/* A call whose name was just taken, up to its closing bracket; a macro becomes what it stands for.
 */
static struct cel_node *parse_call(struct parser *parser, struct cel_node *target,
                                   struct text function, uint32_t position, uint32_t begin)
{
    uint32_t opening = parser->token.position;
    struct entries entries = {0};
    advance(parser);
    bool goes_on = !token_is_sign(&parser->token, ")");
    while (parser->status == STATUS_OK && goes_on) {
        if (entries.count == CEL_ARGUMENT_MAXIMUM)
            return parser_fail(parser, STATUS_LIMIT, parser->token.position,
                               "a call has at most %d arguments", CEL_ARGUMENT_MAXIMUM);
        struct entry entry = {.value = parse_expression(parser)};
        add_entry(parser, &entries, entry);
        goes_on = take(parser, ",");
    }
    if (!close_bracket(parser, "(", ")", opening)) return NULL;
    struct cel_node *call = cel_node_new(parser->arena, CEL_NODE_CALL, position);
    if (call == NULL) return keep(parser, NULL, begin);
    call->call.function = function;
    call->call.target = target;
    call->call.argument_count = entries.count;
    call->call.arguments = values_of(parser, &entries);
    if (call->call.arguments == NULL) return keep(parser, NULL, begin);
    cel_node_measure(call);
    if (keep(parser, call, begin) == NULL) return NULL;
    struct cel_node *expanded = NULL;
    enum status status = cel_expand_macro(parser->arena, call, parser->problems, &expanded);
    if (status == STATUS_NO_MEMORY) return keep(parser, NULL, begin);
    parser->has_problems = parser->has_problems || status != STATUS_OK;
    if (status != STATUS_OK || expanded == NULL) return call;
    parser->node_count += MACRO_NODE_MAXIMUM;
    return keep(parser, expanded, begin);
}

static bool is_reserved(struct text name)
{
    static const char *const words[] = {
        "as",  "break", "const",   "continue",  "else",   "for", "function", "if",   "import",
        "let", "loop",  "package", "namespace", "return", "var", "void",     "while"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (text_equal(name, text_of(words[i]))) return true;
    return false;
}

static struct cel_node *parse_constant(struct parser *parser, struct cel_value value)
{
    struct cel_token token = parser->token;
    advance(parser);
    return keep(parser, cel_node_constant(parser->arena, token.position, value, token.text),
                token.position);
}

/* A name, or the call of a global function; `begin` is its leading dot's place, or its own. */
static struct cel_node *parse_name(struct parser *parser, bool is_absolute, uint32_t begin)
{
    struct cel_token name = parser->token;
    bool is_plain = name.kind == CEL_TOKEN_IDENTIFIER && !token_is_word(&name, "in") &&
                    !token_is_word(&name, "true") && !token_is_word(&name, "false") &&
                    !token_is_word(&name, "null");
    if (!is_plain) return parser_fail_at_value(parser);
    advance(parser);
    bool is_call = token_is_sign(&parser->token, "(");
    if (is_reserved(name.text) && parser->token.kind == CEL_TOKEN_IDENTIFIER)
        return parser_fail_behind_value(parser, "", begin);
    if (token_is_word(&name, "if"))
        return parser_fail(parser, STATUS_SYNTAX, name.position,
                           "'if' is written condition ? value : value");
    if (is_reserved(name.text)) tell_reserved(parser, &name);
    if (is_call && is_absolute) {
        struct text dotted = arena_format(parser->arena, ".%.*s", TEXT_ARGUMENTS(name.text));
        if (dotted.bytes == NULL) return keep(parser, NULL, begin);
        name.text = dotted;
    }
    if (is_call) return parse_call(parser, NULL, name.text, name.position, begin);
    struct cel_node *node = cel_node_identifier(parser->arena, name.position, name.text);
    if (node != NULL) node->identifier.is_absolute = is_absolute;
    return keep(parser, node, begin);
}

/* A literal; `minus` is the place of the sign before a number, or UINT32_MAX. */
static struct cel_node *parse_literal(struct parser *parser, uint32_t minus)
{
    struct cel_token token = parser->token;
    bool is_negative = minus != UINT32_MAX;
    struct cel_value value;
    enum status status = cel_literal(parser->arena, &token, is_negative, parser->problems, &value);
    if (status != STATUS_OK) {
        if (parser->status == STATUS_OK) parser->status = status;
        return NULL;
    }
    advance(parser);
    struct text text = token.text;
    if (is_negative && minus + 1 == token.position)
        text = (struct text){text.bytes - 1, text.length + 1};
    else if (is_negative)
        text = arena_format(parser->arena, "-%.*s", TEXT_ARGUMENTS(text));
    if (text.bytes == NULL) return keep(parser, NULL, minus);
    uint32_t begin = is_negative ? minus : token.position;
    return keep(parser, cel_node_constant(parser->arena, begin, value, text), begin);
}

static struct cel_node *parse_primary(struct parser *parser, uint32_t minus)
{
    const struct cel_token *token = &parser->token;
    uint32_t begin = token->position;
    if (parser->status != STATUS_OK) return NULL;
    switch (token->kind) {
    case CEL_TOKEN_INT:
    case CEL_TOKEN_UINT:
    case CEL_TOKEN_DOUBLE:
    case CEL_TOKEN_STRING:
    case CEL_TOKEN_BYTES:
        return parse_literal(parser, minus);
    case CEL_TOKEN_IDENTIFIER:
        if (token_is_word(token, "true")) return parse_constant(parser, cel_bool(true));
        if (token_is_word(token, "false")) return parse_constant(parser, cel_bool(false));
        if (token_is_word(token, "null")) return parse_constant(parser, cel_null());
        return parse_name(parser, false, begin);
    case CEL_TOKEN_END:
    case CEL_TOKEN_QUOTED:
        return parser_fail_at_value(parser);
    case CEL_TOKEN_SIGN:
        break;
    }
    if (take(parser, ".")) return parse_name(parser, true, begin);
    if (token_is_sign(token, "[")) return parse_list(parser);
    if (token_is_sign(token, "{")) return parse_map(parser);
    if (!take(parser, "(")) return parser_fail_at_value(parser);
    struct cel_node *inner = parse_expression(parser);
    return close_bracket(parser, "(", ")", begin) ? inner : NULL;
}

/* What follows a dot: a field, an optional field, or a function of what stands before it. */
static struct cel_node *parse_dot(struct parser *parser, struct cel_node *operand, uint32_t begin,
                                  bool *is_name)
{
    bool is_optional = take(parser, "?");
    struct cel_token name = parser->token;
    struct text field;
    if (!take_field(parser, operand, &field)) return NULL;
    *is_name = *is_name && !is_optional && name.kind == CEL_TOKEN_IDENTIFIER;
    if (token_is_sign(&parser->token, "(")) {
        *is_name = false;
        if (!is_optional && name.kind == CEL_TOKEN_IDENTIFIER)
            return parse_call(parser, operand, field, name.position, begin);
        return parser_fail(parser, STATUS_SYNTAX, parser->token.position,
                           is_optional ? "an optional field cannot be called: write .%.*s(...)"
                                       : "a function's name stands without backquotes, not `%.*s`",
                           TEXT_ARGUMENTS(parser_shown(field)));
    }
    struct cel_node *node = cel_node_select(parser->arena, name.position, operand, field);
    if (node != NULL) node->select.is_optional = is_optional;
    return keep(parser, node, begin);
}

static struct cel_node *parse_index(struct parser *parser, struct cel_node *operand, uint32_t begin)
{
    uint32_t position = parser->token.position;
    advance(parser);
    const char *function = take(parser, "?") ? "_[?_]" : "_[_]";
    if (token_is_sign(&parser->token, "]"))
        return parser_fail(parser, STATUS_SYNTAX, parser->token.position,
                           "'[ ]' needs an index: write list[0] or map['key']");
    struct cel_node *index = parse_expression(parser);
    if (!close_bracket(parser, "[", "]", position)) return NULL;
    struct cel_node *const arguments[] = {operand, index};
    return keep(parser, cel_node_call(parser->arena, position, function, NULL, arguments, 2),
                begin);
}

/* `minus` as in parse_literal. */
static struct cel_node *parse_member(struct parser *parser, uint32_t minus)
{
    uint32_t begin = minus != UINT32_MAX ? minus : parser->token.position;
    bool is_parenthesised = token_is_sign(&parser->token, "(");
    struct cel_node *node = parse_primary(parser, minus);
    bool is_name = node != NULL && node->kind == CEL_NODE_IDENTIFIER && !is_parenthesised;
    while (parser->status == STATUS_OK) {
        if (take(parser, ".")) {
            node = parse_dot(parser, node, begin, &is_name);
        } else if (token_is_sign(&parser->token, "[")) {
            node = parse_index(parser, node, begin);
            is_name = false;
        } else if (is_name && token_is_sign(&parser->token, "{")) {
            node = parse_structure(parser, node, begin);
            is_name = false;
        } else {
            return node;
        }
    }
    return NULL;
}

static struct cel_node *parse_unary(struct parser *parser)
{
    uint32_t position = parser->token.position;
    bool is_minus = token_is_sign(&parser->token, "-");
    if (!is_minus && !token_is_sign(&parser->token, "!")) return parse_member(parser, UINT32_MAX);
    if (parser->nesting >= CEL_DEPTH_MAXIMUM) return fail_depth(parser, position);
    advance(parser);
    bool is_number = parser->token.kind == CEL_TOKEN_INT || parser->token.kind == CEL_TOKEN_DOUBLE;
    if (is_minus && is_number) return parse_member(parser, position);
    parser->nesting++;
    struct cel_node *operand = parse_unary(parser);
    parser->nesting--;
    const char *function = is_minus ? "-_" : "!_";
    return keep(parser, cel_node_call(parser->arena, position, function, NULL, &operand, 1),
                position);
}

/* The terms from `first` to `last` of a run, as a tree whose halves are equally high. */
static struct cel_node *balance(struct parser *parser, const struct entry *terms, uint32_t first,
                                uint32_t last, const char *function)
{
    if (parser->status != STATUS_OK || first == last) return terms[first].value;
    uint32_t middle = first + (last - first) / 2; /* the last term of the left half */
    struct cel_node *const halves[] = {balance(parser, terms, first, middle, function),
                                       balance(parser, terms, middle + 1, last, function)};
    struct cel_node *node =
        cel_node_call(parser->arena, terms[middle].position, function, NULL, halves, 2);
    node = keep(parser, node, terms[first].begin);
    if (node != NULL) node->end = terms[last].end;
    return node;
}

static struct cel_node *parse_binary(struct parser *parser, uint32_t level);

/* A run of the same && or ||, `left` being its first term. */
static struct cel_node *parse_run(struct parser *parser, struct cel_node *left, uint32_t begin,
                                  const struct infix *infix)
{
    struct entries terms = {0};
    struct entry term = {.value = left, .begin = begin};
    for (;;) {
        term.end = end_of(&parser->previous);
        term.position = parser->token.position;
        add_entry(parser, &terms, term);
        if (!take(parser, infix->sign)) break;
        term.begin = parser->token.position;
        term.value = parse_binary(parser, infix->level + 1);
    }
    if (parser->status != STATUS_OK) return NULL;
    return balance(parser, terms.items, 0, terms.count - 1, infix->function);
}

/* Operators of `level` and above. */
static struct cel_node *parse_binary(struct parser *parser, uint32_t level)
{
    uint32_t begin = parser->token.position;
    struct cel_node *left = parse_unary(parser);
    while (parser->status == STATUS_OK) {
        uint32_t position = parser->token.position;
        const struct infix *infix = find_infix(&parser->token);
        if (infix == NULL || infix->level < level) return left;
        if (infix->level <= LEVEL_AND) {
            left = parse_run(parser, left, begin, infix);
            continue;
        }
        advance(parser);
        struct cel_node *const sides[] = {left, parse_binary(parser, infix->level + 1)};
        left = keep(parser, cel_node_call(parser->arena, position, infix->function, NULL, sides, 2),
                    begin);
    }
    return NULL;
}

static struct cel_node *parse_choice(struct parser *parser)
{
    uint32_t begin = parser->token.position;
    struct cel_node *condition = parse_binary(parser, LEVEL_LOWEST);
    uint32_t position = parser->token.position;
    if (parser->status != STATUS_OK || !take(parser, "?")) return condition;
    struct cel_node *yes = parse_binary(parser, LEVEL_LOWEST);
    if (!close_bracket(parser, "?", ":", position)) return NULL;
    struct cel_node *const arguments[] = {condition, yes, parse_expression(parser)};
    return keep(parser, cel_node_call(parser->arena, position, "_?_:_", NULL, arguments, 3), begin);
}

static struct cel_node *parse_expression(struct parser *parser)
{
    if (parser->status != STATUS_OK) return NULL;
    if (parser->nesting >= CEL_DEPTH_MAXIMUM) return fail_depth(parser, parser->token.position);
    parser->nesting++;
    struct cel_node *node = parse_choice(parser);
    parser->nesting--;
    return parser->status == STATUS_OK ? node : NULL;
}

/* Is the source short enough, and text at all? */
static enum status look_over(struct text source, struct cel_problems *problems)
{
    if (source.length > CEL_SOURCE_MAXIMUM_BYTES) {
        cel_problem_add(problems, 0,
                        "this expression is too long: it has %zu bytes, and %u are "
                        "the most",
                        source.length, CEL_SOURCE_MAXIMUM_BYTES);
        return STATUS_LIMIT;
    }
    size_t bad;
    if (!text_is_utf8(source, &bad)) {
        cel_problem_add(problems, (uint32_t)bad,
                        "this byte is not UTF-8 text: save the file in the encoding UTF-8");
        return STATUS_SYNTAX;
    }
    return STATUS_OK;
}

/* Refuses loops inside loops beyond the limit: what a loop goes over is outside of it. */
static void check_loops(struct parser *parser, const struct cel_node *node, uint32_t nested);

static void check_all(struct parser *parser, struct cel_node *const *nodes, uint32_t count,
                      uint32_t nested)
{
    for (uint32_t i = 0; i < count; i++)
        check_loops(parser, nodes[i], nested);
}

static void check_loop(struct parser *parser, const struct cel_node *node, uint32_t nested)
{
    check_loops(parser, node->comprehension.range, nested);
    check_loops(parser, node->comprehension.initial, nested);
    if (node->comprehension.macro != CEL_MACRO_BIND) nested++;
    if (nested > CEL_NESTED_COMPREHENSION_MAXIMUM) {
        (void)parser_fail(parser, STATUS_LIMIT, node->position,
                          "this is a loop in a loop too often: there are at most %d inside each "
                          "other",
                          CEL_NESTED_COMPREHENSION_MAXIMUM);
        return;
    }
    check_loops(parser, node->comprehension.condition, nested);
    check_loops(parser, node->comprehension.step, nested);
    check_loops(parser, node->comprehension.result, nested);
}

static void check_loops(struct parser *parser, const struct cel_node *node, uint32_t nested)
{
    if (node == NULL || parser->status != STATUS_OK) return;
    switch (node->kind) {
    case CEL_NODE_LITERAL:
    case CEL_NODE_IDENTIFIER:
        return;
    case CEL_NODE_SELECT:
        check_loops(parser, node->select.operand, nested);
        return;
    case CEL_NODE_CALL:
        check_loops(parser, node->call.target, nested);
        check_all(parser, node->call.arguments, node->call.argument_count, nested);
        return;
    case CEL_NODE_LIST:
        check_all(parser, node->list.elements, node->list.count, nested);
        return;
    case CEL_NODE_MAP:
        check_all(parser, node->map.keys, node->map.count, nested);
        check_all(parser, node->map.values, node->map.count, nested);
        return;
    case CEL_NODE_STRUCT:
        check_all(parser, node->structure.values, node->structure.count, nested);
        return;
    case CEL_NODE_COMPREHENSION:
        check_loop(parser, node, nested);
        return;
    }
}

enum status cel_parse(struct arena *arena, struct text source, struct cel_problems *problems,
                      struct cel_node **root)
{
    TRY(look_over(source, problems));
    struct parser parser = {.arena = arena,
                            .lexer = {.source = source, .problems = problems},
                            .token = {CEL_TOKEN_END, {"", 0}, 0},
                            .problems = problems};
    advance(&parser);
    struct cel_node *node = parse_expression(&parser);
    if (parser.status == STATUS_OK && parser.token.kind != CEL_TOKEN_END)
        (void)parser_fail_behind_value(&parser, "", 0);
    check_loops(&parser, node, 0);
    TRY(parser.status);
    if (parser.has_problems) return STATUS_SYNTAX;
    *root = node;
    return STATUS_OK;
}
