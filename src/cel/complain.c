/* What the parser says when a token does not fit: for a person who writes a rule and has never
 * written a program.
 *
 * Each sentence says what is wrong and what would be right, and guesses what was meant only from
 * what stands there: a word for an operator, an amount with its currency, a grouped number. A parse
 * ends with its first sentence; whatever would follow from it is not told.
 */
#include "cel/parse.h"

#include <stdarg.h>

#define SHOWN_BYTES_MAXIMUM 40

bool token_is_sign(const struct cel_token *token, const char *sign)
{
    return token->kind == CEL_TOKEN_SIGN && text_equal(token->text, text_of(sign));
}

bool token_is_word(const struct cel_token *token, const char *word)
{
    return token->kind == CEL_TOKEN_IDENTIFIER && text_equal(token->text, text_of(word));
}

struct text parser_shown(struct text text)
{
    if (text.length <= SHOWN_BYTES_MAXIMUM) return text;
    size_t length = SHOWN_BYTES_MAXIMUM;
    while (length > 0 && ((unsigned char)text.bytes[length] & 0xC0) == 0x80)
        length--;
    return (struct text){text.bytes, length};
}

struct cel_node *parser_fail(struct parser *parser, enum status status, uint32_t position,
                             const char *format, ...)
{
    if (parser->status != STATUS_OK) return NULL;
    parser->status = status;
    va_list arguments;
    va_start(arguments, format);
    struct text message = arena_format_arguments(parser->problems->arena, format, arguments);
    va_end(arguments);
    if (message.bytes == NULL)
        parser->status = STATUS_NO_MEMORY;
    else
        cel_problem_add(parser->problems, position, "%.*s", TEXT_ARGUMENTS(message));
    return NULL;
}

static bool begins_value(const struct cel_token *token)
{
    switch (token->kind) {
    case CEL_TOKEN_END:
        return false;
    case CEL_TOKEN_IDENTIFIER:
    case CEL_TOKEN_QUOTED:
    case CEL_TOKEN_INT:
    case CEL_TOKEN_UINT:
    case CEL_TOKEN_DOUBLE:
    case CEL_TOKEN_STRING:
    case CEL_TOKEN_BYTES:
        return true;
    case CEL_TOKEN_SIGN:
        break;
    }
    return token_is_sign(token, "(") || token_is_sign(token, "[") || token_is_sign(token, "{") ||
           token_is_sign(token, "!");
}

static bool is_number(const struct cel_token *token)
{
    return token->kind == CEL_TOKEN_INT || token->kind == CEL_TOKEN_DOUBLE;
}

static bool is_currency(const struct cel_token *token)
{
    if (token->kind != CEL_TOKEN_IDENTIFIER || token->text.length != 3) return false;
    for (size_t i = 0; i < 3; i++)
        if (token->text.bytes[i] < 'A' || token->text.bytes[i] > 'Z') return false;
    return true;
}

/* How a word is written that stands between two values in other languages, or in speech. */
static const char *right_for_word(const struct cel_token *token)
{
    static const struct {
        const char *word;
        const char *right;
    } words[] = {{"and", "'&&'"},
                 {"or", "'||'"},
                 {"xor", "'!='"},
                 {"is", "'=='"},
                 {"equals", "'=='"},
                 {"eq", "'=='"},
                 {"ne", "'!='"},
                 {"lt", "'<'"},
                 {"gt", "'>'"},
                 {"le", "'<='"},
                 {"ge", "'>='"},
                 {"plus", "'+'"},
                 {"minus", "'-'"},
                 {"times", "'*'"},
                 {"mod", "'%'"},
                 {"div", "'/'"},
                 {"then", "'?', and its 'else' ':'"},
                 {"else", "':', and its 'if' '?'"},
                 {"not", "'!', and 'x is not y' is written x != y"},
                 {"between", "x >= 1 && x <= 10"},
                 {"like", "text.contains('part') or text.matches('pattern')"},
                 {"contains", "text.contains('part'), and of a list value in list"},
                 {"startsWith", "text.startsWith('part')"},
                 {"endsWith", "text.endsWith('part')"},
                 {"matches", "text.matches('pattern')"}};
    if (token->kind != CEL_TOKEN_IDENTIFIER) return NULL;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (text_equal_ignoring_case(token->text, text_of(words[i].word))) return words[i].right;
    return NULL;
}

static bool is_adjacent(const struct parser *parser)
{
    return parser->previous.position + parser->previous.text.length == parser->token.position;
}

static bool is_written(const struct parser *parser, uint32_t position, const char *bytes)
{
    struct text source = parser->lexer.source;
    struct text rest = {source.bytes + position, source.length - position};
    return text_starts_with(rest, text_of(bytes));
}

struct cel_node *parser_fail_at_value(struct parser *parser)
{
    const struct cel_token *token = &parser->token;
    struct text shown = parser_shown(token->text);
    struct text before = parser_shown(parser->previous.text);
    uint32_t at = token->position;
    if (token->kind == CEL_TOKEN_END && parser->previous.text.length == 0)
        return parser_fail(parser, STATUS_SYNTAX, at, "there is no expression here");
    if (token->kind == CEL_TOKEN_END)
        return parser_fail(parser, STATUS_SYNTAX, at,
                           "the expression ends here, but a value is missing after '%.*s'",
                           TEXT_ARGUMENTS(before));
    if (token->kind == CEL_TOKEN_QUOTED)
        return parser_fail(parser, STATUS_SYNTAX, at,
                           "only a field's name stands in backquotes, after a '.': texts stand in "
                           "' or \"");
    if (token_is_word(token, "in"))
        return parser_fail(parser, STATUS_SYNTAX, at,
                           "a value is missing before 'in': write x in [1, 2]");
    if (token_is_sign(token, "=="))
        return parser_fail(parser, STATUS_SYNTAX, at, "a value is missing before '=='");
    if (token_is_sign(token, "?"))
        return parser_fail(parser, STATUS_SYNTAX, at,
                           "'?' needs a condition before it: write condition ? value : value");
    if (token_is_sign(token, "+"))
        return parser_fail(parser, STATUS_SYNTAX, at,
                           "a value is expected here: a number above 0 has no '+'");
    bool is_comment =
        is_written(parser, at, "/*") ||
        (is_adjacent(parser) && token_is_sign(&parser->previous, "/") && token_is_sign(token, "*"));
    if (is_comment) return parser_fail(parser, STATUS_SYNTAX, at, "a comment begins with '//'");
    if (parser->previous.text.length == 0)
        return parser_fail(parser, STATUS_SYNTAX, at,
                           "an expression cannot begin with '%.*s': a value is missing before it",
                           TEXT_ARGUMENTS(shown));
    return parser_fail(parser, STATUS_SYNTAX, at, "a value is missing between '%.*s' and '%.*s'",
                       TEXT_ARGUMENTS(before), TEXT_ARGUMENTS(shown));
}

/* Two values stand side by side. */
static struct cel_node *fail_between_values(struct parser *parser)
{
    const struct cel_token *token = &parser->token;
    struct text shown = parser_shown(token->text);
    struct text before = parser_shown(parser->previous.text);
    uint32_t at = token->position;
    const char *right = right_for_word(token);
    if (right != NULL)
        return parser_fail(parser, STATUS_SYNTAX, at, "'%.*s' is written %s", TEXT_ARGUMENTS(shown),
                           right);
    if (token_is_word(&parser->previous, "not"))
        return parser_fail(parser, STATUS_SYNTAX, parser->previous.position,
                           "'not' is written '!'");
    if (token_is_word(&parser->previous, "if"))
        return parser_fail(parser, STATUS_SYNTAX, parser->previous.position,
                           "'if' is written condition ? value : value");
    bool are_texts = token->kind == CEL_TOKEN_STRING && parser->previous.kind == CEL_TOKEN_STRING;
    if (are_texts && is_adjacent(parser))
        return parser_fail(parser, STATUS_SYNTAX, at,
                           "a quote inside of a text is written \\' or \\\"");
    if (is_number(&parser->previous) && is_currency(token))
        return parser_fail(parser, STATUS_SYNTAX, at,
                           "an amount with its currency is written money('%.*s %.*s')",
                           TEXT_ARGUMENTS(before), TEXT_ARGUMENTS(shown));
    if (token_is_sign(token, "!"))
        return parser_fail(parser, STATUS_SYNTAX, at,
                           "'!' stands before a condition: 'is not equal' is written '!='");
    return parser_fail(parser, STATUS_SYNTAX, at,
                       "an operator such as '&&', '==' or '+' is missing between '%.*s' and '%.*s'",
                       TEXT_ARGUMENTS(before), TEXT_ARGUMENTS(shown));
}

/* " at column 7", or with the line where that is another one. */
static struct text place_of(struct parser *parser, uint32_t position)
{
    struct position there = cel_position(parser->lexer.source, position);
    struct position here = cel_position(parser->lexer.source, parser->token.position);
    if (there.line == here.line) return arena_format(parser->arena, "column %u", there.column);
    return arena_format(parser->arena, "line %u, column %u", there.line, there.column);
}

static struct cel_node *fail_unclosed(struct parser *parser, const char *opening, uint32_t position)
{
    struct text place = place_of(parser, position);
    if (place.bytes == NULL) {
        if (parser->status == STATUS_OK) parser->status = STATUS_NO_MEMORY;
        return NULL;
    }
    struct text shown = parser_shown(parser->token.text);
    bool is_end = parser->token.kind == CEL_TOKEN_END;
    if (opening[0] == '?')
        return parser_fail(
            parser, STATUS_SYNTAX, parser->token.position,
            "expected ':' and the other value of the '?' at %.*s: write "
            "condition ? value : value%s",
            TEXT_ARGUMENTS(place),
            is_written(parser, position, "?.") ? "; an optional field is written a.?b" : "");
    const char *closing = opening[0] == '(' ? ")" : opening[0] == '[' ? "]" : "}";
    if (is_end)
        return parser_fail(parser, STATUS_SYNTAX, parser->token.position,
                           "expected '%s' to close the '%s' at %.*s", closing, opening,
                           TEXT_ARGUMENTS(place));
    return parser_fail(parser, STATUS_SYNTAX, parser->token.position,
                       "expected '%s' to close the '%s' at %.*s, not '%.*s'", closing, opening,
                       TEXT_ARGUMENTS(place), TEXT_ARGUMENTS(shown));
}

struct cel_node *parser_fail_at_field(struct parser *parser, const struct cel_node *operand)
{
    struct text shown = parser_shown(parser->token.text);
    uint32_t at = parser->token.position;
    bool is_number =
        operand != NULL && operand->kind == CEL_NODE_LITERAL && operand->constant.kind == CEL_INT;
    if (is_number)
        return parser_fail(parser, STATUS_SYNTAX, at,
                           "a field's name is missing: a number is written %.*s.0",
                           TEXT_ARGUMENTS(parser_shown(operand->literal.text)));
    if (parser->token.kind == CEL_TOKEN_END)
        return parser_fail(parser, STATUS_SYNTAX, at, "a field's name is missing");
    return parser_fail(parser, STATUS_SYNTAX, at, "a field's name is missing before '%.*s'",
                       TEXT_ARGUMENTS(shown));
}

struct cel_node *parser_fail_behind_value(struct parser *parser, const char *opening,
                                          uint32_t position)
{
    const struct cel_token *token = &parser->token;
    struct text shown = parser_shown(token->text);
    uint32_t at = token->position;
    if (begins_value(token)) return fail_between_values(parser);
    if (token_is_sign(token, ",") && is_number(&parser->previous) && opening[0] != '[' &&
        opening[0] != '{')
        return parser_fail(parser, STATUS_SYNTAX, at,
                           "',' separates nothing here: numbers have no grouping, and a '.' before "
                           "decimals");
    if (opening[0] != '\0') return fail_unclosed(parser, opening, position);
    if (token_is_sign(token, ")") || token_is_sign(token, "]") || token_is_sign(token, "}"))
        return parser_fail(parser, STATUS_SYNTAX, at, "'%.*s' closes nothing that was opened",
                           TEXT_ARGUMENTS(shown));
    if (token_is_sign(token, ":"))
        return parser_fail(parser, STATUS_SYNTAX, at,
                           "':' needs a '?' before it: write condition ? value : value");
    return parser_fail(parser, STATUS_SYNTAX, at, "'%.*s' does not fit here",
                       TEXT_ARGUMENTS(shown));
}
