/* Lexer: the bytes of an expression as tokens.
 *
 * Works from left to right and looks back at nothing; its state is one offset. What is no token is
 * told where it stands, and where people mean a token of the language by it (a typographic quote
 * out of a text program, "=", "and"), with what to write instead. Quoted texts are only delimited
 * here: what stands in them is literal.c's. The source is known to be UTF-8 by the time that it is
 * read here.
 */
#include "cel/inner.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_hexadecimal(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* The byte `ahead` of the lexer's place, 0 behind the end. */
static char peek(const struct cel_lexer *lexer, size_t ahead)
{
    size_t at = lexer->at + ahead;
    return at < lexer->source.length ? lexer->source.bytes[at] : '\0';
}

static bool is_at_end(const struct cel_lexer *lexer)
{
    return lexer->at >= lexer->source.length;
}

static bool stands_here(const struct cel_lexer *lexer, const char *bytes)
{
    struct text rest = {lexer->source.bytes + lexer->at, lexer->source.length - lexer->at};
    return text_starts_with(rest, text_of(bytes));
}

static void skip_blanks_and_comments(struct cel_lexer *lexer)
{
    while (!is_at_end(lexer)) {
        char c = peek(lexer, 0);
        if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f') {
            lexer->at++;
        } else if (c == '/' && peek(lexer, 1) == '/') {
            while (!is_at_end(lexer) && peek(lexer, 0) != '\n')
                lexer->at++;
        } else {
            return;
        }
    }
}

/* Ends the token that began at token->position where the lexer is now. */
static enum status finish(const struct cel_lexer *lexer, struct cel_token *token,
                          enum cel_token_kind kind)
{
    token->kind = kind;
    token->text = (struct text){lexer->source.bytes + token->position, lexer->at - token->position};
    return STATUS_OK;
}

static enum status lex_number(struct cel_lexer *lexer, struct cel_token *token)
{
    enum cel_token_kind kind = CEL_TOKEN_INT;
    if (peek(lexer, 0) == '0' && peek(lexer, 1) == 'x' && is_hexadecimal(peek(lexer, 2))) {
        lexer->at += 2;
        while (is_hexadecimal(peek(lexer, 0)))
            lexer->at++;
    } else {
        while (is_digit(peek(lexer, 0)))
            lexer->at++;
        if (peek(lexer, 0) == '.' && is_digit(peek(lexer, 1))) {
            kind = CEL_TOKEN_DOUBLE;
            lexer->at++;
            while (is_digit(peek(lexer, 0)))
                lexer->at++;
        }
        bool has_exponent = peek(lexer, 0) == 'e' || peek(lexer, 0) == 'E';
        uint32_t sign = peek(lexer, 1) == '+' || peek(lexer, 1) == '-' ? 1 : 0;
        if (has_exponent && is_digit(peek(lexer, sign + 1))) {
            kind = CEL_TOKEN_DOUBLE;
            lexer->at += sign + 1;
            while (is_digit(peek(lexer, 0)))
                lexer->at++;
        }
    }
    if (kind == CEL_TOKEN_INT && (peek(lexer, 0) == 'u' || peek(lexer, 0) == 'U')) {
        kind = CEL_TOKEN_UINT;
        lexer->at++;
    }
    return finish(lexer, token, kind);
}

static enum status fail_unclosed(struct cel_lexer *lexer, const struct cel_token *token, char quote,
                                 bool is_triple)
{
    char written[4] = {quote, is_triple ? quote : '\0', is_triple ? quote : '\0', '\0'};
    if (is_triple || is_at_end(lexer)) {
        cel_problem_add(lexer->problems, token->position,
                        "the text that begins here is not closed: it ends at the next %s", written);
    } else {
        cel_problem_add(lexer->problems, token->position,
                        "the text that begins here is not closed on its line: end it with %s, or "
                        "write \\n for a line break",
                        written);
    }
    return STATUS_SYNTAX;
}

/* From the opening quote on, prefixes being behind us. */
static enum status lex_quoted(struct cel_lexer *lexer, struct cel_token *token, bool is_raw,
                              enum cel_token_kind kind)
{
    char quote = peek(lexer, 0);
    bool is_triple = peek(lexer, 1) == quote && peek(lexer, 2) == quote;
    lexer->at += is_triple ? 3 : 1;
    while (!is_at_end(lexer)) {
        char c = peek(lexer, 0);
        bool is_closing =
            c == quote && (!is_triple || (peek(lexer, 1) == quote && peek(lexer, 2) == quote));
        if (is_closing) {
            lexer->at += is_triple ? 3 : 1;
            return finish(lexer, token, kind);
        }
        if (!is_triple && (c == '\n' || c == '\r')) break;
        lexer->at++;
        bool is_escape = c == '\\' && !is_raw && !is_at_end(lexer);
        if (is_escape && (is_triple || (peek(lexer, 0) != '\n' && peek(lexer, 0) != '\r')))
            lexer->at++;
    }
    return fail_unclosed(lexer, token, quote, is_triple);
}

/* Is it a text with prefixes (r, b, br in either case) that begins here? */
static bool find_prefix(const struct cel_lexer *lexer, uint32_t *length, bool *is_raw,
                        bool *is_bytes)
{
    *length = 0;
    *is_bytes = peek(lexer, 0) == 'b' || peek(lexer, 0) == 'B';
    if (*is_bytes) ++*length;
    *is_raw = peek(lexer, *length) == 'r' || peek(lexer, *length) == 'R';
    if (*is_raw) ++*length;
    char quote = peek(lexer, *length);
    return quote == '\'' || quote == '"';
}

static bool may_be_backquoted(char c)
{
    return is_letter(c) || is_digit(c) || c == '.' || c == '-' || c == '/' || c == ' ';
}

static enum status lex_backquoted(struct cel_lexer *lexer, struct cel_token *token)
{
    lexer->at++;
    while (may_be_backquoted(peek(lexer, 0)))
        lexer->at++;
    if (peek(lexer, 0) == '`' && lexer->at > token->position + 1) {
        lexer->at++;
        return finish(lexer, token, CEL_TOKEN_QUOTED);
    }
    cel_problem_add(lexer->problems, lexer->at,
                    "a name in ` ` holds letters, digits, '_', '.', '-', '/' and blanks only, and "
                    "ends with '`'");
    return STATUS_SYNTAX;
}

/* What people write for something else: found in texts that went through a text program, and in
 * the habits of other languages. */
static const struct {
    const char *bytes;
    const char *message;
} mistakes[] = {
    {"\u2018", "this quote is typographic: write a straight one, '"},
    {"\u2019", "this quote is typographic: write a straight one, '"},
    {"\u201A", "this quote is typographic: write a straight one, '"},
    {"\u201C", "this quote is typographic: write a straight one, \""},
    {"\u201D", "this quote is typographic: write a straight one, \""},
    {"\u201E", "this quote is typographic: write a straight one, \""},
    {"\u00AB", "texts stand between straight quotes: write ' or \""},
    {"\u00BB", "texts stand between straight quotes: write ' or \""},
    {"\u2264", "'\u2264' is written '<='"},
    {"\u2265", "'\u2265' is written '>='"},
    {"\u2260", "'\u2260' is written '!='"},
    {"\u00D7", "'\u00D7' is written '*'"},
    {"\u00F7", "'\u00F7' is written '/'"},
    {"\u2212", "this minus sign is typographic: write '-'"},
    {"\u2013", "this dash is typographic: write '-'"},
    {"\u2014", "this dash is typographic: write '-'"},
    {"\u00A0", "this blank is a no-break space: write an ordinary one"},
    {"\u202F", "this blank is a no-break space: write an ordinary one"},
    {"\u200B", "an invisible character stands here: delete it"},
    {"\uFEFF", "an invisible character stands here: delete it"},
    {"===", "'===' is written '=='"},
    {"=>", "'=>' means nothing here: 'at least' is written '>='"},
    {"=<", "'=<' is written '<='"},
    {"=", "'=' compares nothing: write '=='"},
    {"&", "'&' means nothing here: 'and' is written '&&'"},
    {"|", "'|' means nothing here: 'or' is written '||'"},
    {"#", "'#' means nothing here: a comment begins with '//'"},
    {"@", "'@' cannot stand in a name"},
    {"$", "'$' cannot stand in a name or an amount: write the number alone"},
    {"\u20AC", "'\u20AC' cannot stand in an amount: write the number alone"},
    {"\u00A3", "'\u00A3' cannot stand in an amount: write the number alone"},
    {";", "';' means nothing here: an expression is one value, with '&&' or '||' between "
          "conditions"},
    {"^", "'^' means nothing here: a power is written as a product"},
    {"~", "'~' means nothing here: 'not' is written '!'"},
    {"\\", "'\\' stands inside of texts only"},
};

static enum status fail_at_character(struct cel_lexer *lexer)
{
    for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
        if (!stands_here(lexer, mistakes[i].bytes)) continue;
        cel_problem_add(lexer->problems, lexer->at, "%s", mistakes[i].message);
        return STATUS_SYNTAX;
    }
    unsigned char first = (unsigned char)peek(lexer, 0);
    int length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    const char *bytes = lexer->source.bytes + lexer->at;
    if (first < 0x20 || first == 0x7F)
        cel_problem_add(lexer->problems, lexer->at, "a control character stands here: delete it");
    else if (length == 1)
        cel_problem_add(lexer->problems, lexer->at, "'%.*s' means nothing here", length, bytes);
    else
        cel_problem_add(lexer->problems, lexer->at,
                        "'%.*s' can stand inside of texts only, and names are written with the "
                        "letters a to z, digits and '_'",
                        length, bytes);
    return STATUS_SYNTAX;
}

static enum status lex_sign(struct cel_lexer *lexer, struct cel_token *token)
{
    static const char *const signs[] = {"<=", ">=", "!=", "&&", "||", "(", ")", "[",
                                        "]",  "{",  "}",  ".",  ",",  ":", "?", "!",
                                        "-",  "+",  "*",  "/",  "%",  "<", ">"};
    bool is_equality = stands_here(lexer, "==") && peek(lexer, 2) != '=';
    if (is_equality) {
        lexer->at += 2;
        return finish(lexer, token, CEL_TOKEN_SIGN);
    }
    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
        if (!stands_here(lexer, signs[i])) continue;
        lexer->at += (uint32_t)strlen(signs[i]);
        return finish(lexer, token, CEL_TOKEN_SIGN);
    }
    return fail_at_character(lexer);
}

enum status cel_lex(struct cel_lexer *lexer, struct cel_token *token)
{
    skip_blanks_and_comments(lexer);
    token->position = lexer->at;
    if (is_at_end(lexer)) return finish(lexer, token, CEL_TOKEN_END);
    char c = peek(lexer, 0);
    uint32_t prefix;
    bool is_raw;
    bool is_bytes;
    if (find_prefix(lexer, &prefix, &is_raw, &is_bytes)) {
        lexer->at += prefix;
        return lex_quoted(lexer, token, is_raw, is_bytes ? CEL_TOKEN_BYTES : CEL_TOKEN_STRING);
    }
    if (is_letter(c)) {
        while (is_letter(peek(lexer, 0)) || is_digit(peek(lexer, 0)))
            lexer->at++;
        return finish(lexer, token, CEL_TOKEN_IDENTIFIER);
    }
    if (is_digit(c) || (c == '.' && is_digit(peek(lexer, 1)))) return lex_number(lexer, token);
    if (c == '`') return lex_backquoted(lexer, token);
    return lex_sign(lexer, token);
}
