/* The lexer of source.h: one pass over the bytes, twice: to count, then to keep. */
#include "source.h"

struct cursor {
    struct text bytes;
    size_t at;
    uint32_t line;
    bool in_directive;
    bool line_is_empty;    /* nothing but space so far */
    bool include_is_next;  /* the directive's name was `include` */
    bool directive_is_new; /* only `#` was seen of it */
};

enum piece { PIECE_END, PIECE_TOKEN, PIECE_COMMENT, PIECE_BROKEN };

/* Longest first, so that the first match is the right one. */
static const char *const operators[] = {
    "...", "<<=", ">>=", "->", "++", "--", "+=", "-=", "*=", "/=", "%=", "&=",
    "|=",  "^=",  "==",  "!=", "<=", ">=", "&&", "||", "<<", ">>", "##"};

static bool is_name_byte(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_' ||
           (byte >= '0' && byte <= '9') || (unsigned char)byte >= 0x80;
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_space(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r' || byte == '\f';
}

static char byte_at(const struct cursor *cursor, size_t at)
{
    return at < cursor->bytes.length ? cursor->bytes.bytes[at] : '\0';
}

/* Moves over white space and joined lines; keeps count of lines and of where directives end. */
static void skip_space(struct cursor *cursor)
{
    for (; cursor->at < cursor->bytes.length; cursor->at++) {
        char byte = byte_at(cursor, cursor->at);
        if (byte == '\\' && byte_at(cursor, cursor->at + 1) == '\n') {
            cursor->line++;
            cursor->at++;
        } else if (byte == '\n') {
            cursor->line++;
            cursor->in_directive = false;
            cursor->include_is_next = false;
            cursor->line_is_empty = true;
        } else if (!is_space(byte)) {
            return;
        }
    }
}

static size_t end_of_quoted(const struct cursor *cursor, char quote)
{
    size_t at = cursor->at + 1;
    while (at < cursor->bytes.length && byte_at(cursor, at) != quote) {
        if (byte_at(cursor, at) == '\n') return 0;
        at += byte_at(cursor, at) == '\\' ? 2 : 1;
    }
    return at < cursor->bytes.length ? at + 1 : 0;
}

static size_t end_of_number(const struct cursor *cursor)
{
    size_t at = cursor->at;
    while (is_name_byte(byte_at(cursor, at)) || byte_at(cursor, at) == '.') {
        char byte = byte_at(cursor, at);
        char next = byte_at(cursor, at + 1);
        bool exponent = byte == 'e' || byte == 'E' || byte == 'p' || byte == 'P';
        at += exponent && (next == '+' || next == '-') ? 2 : 1;
    }
    return at;
}

static size_t end_of_line(const struct cursor *cursor)
{
    size_t at = cursor->at;
    while (at < cursor->bytes.length && byte_at(cursor, at) != '\n')
        at++;
    return at;
}

static size_t end_of_operator(const struct cursor *cursor)
{
    struct text rest = {cursor->bytes.bytes + cursor->at, cursor->bytes.length - cursor->at};
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
        struct text known = text_of(operators[i]);
        if (text_starts_with(rest, known)) return cursor->at + known.length;
    }
    return cursor->at + 1;
}

static enum piece read_comment(struct cursor *cursor, struct comment *comment)
{
    size_t start = cursor->at;
    comment->first_line = cursor->line;
    if (byte_at(cursor, start + 1) == '/') {
        cursor->at = end_of_line(cursor);
    } else {
        cursor->at += 2;
        while (byte_at(cursor, cursor->at) != '*' || byte_at(cursor, cursor->at + 1) != '/') {
            if (cursor->at >= cursor->bytes.length) return PIECE_BROKEN;
            if (byte_at(cursor, cursor->at) == '\n') cursor->line++;
            cursor->at++;
        }
        cursor->at += 2;
    }
    comment->last_line = cursor->line;
    comment->text = (struct text){cursor->bytes.bytes + start, cursor->at - start};
    return PIECE_COMMENT;
}

/* Kind and end of the token at the cursor; 0 when it has no end. */
static size_t measure_token(const struct cursor *cursor, enum token_kind *kind)
{
    char byte = byte_at(cursor, cursor->at);
    if (cursor->include_is_next) {
        *kind = TOKEN_INCLUDE;
        size_t end = end_of_line(cursor);
        char close = byte == '<' ? '>' : '"';
        for (size_t at = cursor->at + 1; at < end; at++) {
            if (byte_at(cursor, at) == close) return at + 1;
        }
        return end;
    }
    if (byte == '"' || byte == '\'') {
        *kind = TOKEN_STRING;
        return end_of_quoted(cursor, byte);
    }
    if (is_digit(byte) || (byte == '.' && is_digit(byte_at(cursor, cursor->at + 1)))) {
        *kind = TOKEN_NUMBER;
        return end_of_number(cursor);
    }
    if (is_name_byte(byte)) {
        *kind = TOKEN_NAME;
        size_t end = cursor->at;
        while (is_name_byte(byte_at(cursor, end)))
            end++;
        return end;
    }
    *kind = TOKEN_OPERATOR;
    return end_of_operator(cursor);
}

static enum piece read_token(struct cursor *cursor, struct token *token)
{
    enum token_kind kind = TOKEN_OPERATOR;
    size_t start = cursor->at;
    size_t end = measure_token(cursor, &kind);
    if (end == 0) return PIECE_BROKEN;
    struct text text = {cursor->bytes.bytes + start, end - start};
    bool opens_directive = cursor->line_is_empty && text_equal(text, TEXT("#"));
    cursor->include_is_next = cursor->directive_is_new && text_equal(text, TEXT("include"));
    cursor->directive_is_new = opens_directive;
    cursor->in_directive = cursor->in_directive || opens_directive;
    cursor->line_is_empty = false;
    cursor->at = end;
    *token = (struct token){
        .kind = kind,
        .text = text,
        .line = cursor->line,
        .space_before = start == 0 || is_space(byte_at(cursor, start - 1)),
        .space_after = end >= cursor->bytes.length || is_space(byte_at(cursor, end)),
        .in_directive = cursor->in_directive,
    };
    return PIECE_TOKEN;
}

static enum piece read_piece(struct cursor *cursor, struct token *token, struct comment *comment)
{
    skip_space(cursor);
    if (cursor->at >= cursor->bytes.length) return PIECE_END;
    char next = byte_at(cursor, cursor->at + 1);
    if (byte_at(cursor, cursor->at) == '/' && (next == '*' || next == '/')) {
        return read_comment(cursor, comment);
    }
    return read_token(cursor, token);
}

static struct cursor cursor_at_start(struct text bytes)
{
    return (struct cursor){.bytes = bytes, .line = 1, .line_is_empty = true};
}

enum status source_read(struct arena *arena, struct text path, struct text bytes,
                        struct source *source)
{
    struct token token = {0};
    struct comment comment = {0};
    size_t token_count = 0;
    size_t comment_count = 0;
    enum piece piece;
    struct cursor cursor = cursor_at_start(bytes);
    while ((piece = read_piece(&cursor, &token, &comment)) != PIECE_END) {
        if (piece == PIECE_BROKEN) return STATUS_SYNTAX;
        if (piece == PIECE_TOKEN) token_count++;
        if (piece == PIECE_COMMENT) comment_count++;
    }
    struct source result = {
        .path = path,
        .bytes = bytes,
        .tokens = arena_new_array(arena, struct token, token_count + 1),
        .comments = arena_new_array(arena, struct comment, comment_count + 1),
    };
    if (result.tokens == NULL || result.comments == NULL) return STATUS_NO_MEMORY;
    cursor = cursor_at_start(bytes);
    while ((piece = read_piece(&cursor, &token, &comment)) != PIECE_END) {
        if (piece == PIECE_TOKEN) result.tokens[result.token_count++] = token;
        if (piece == PIECE_COMMENT) result.comments[result.comment_count++] = comment;
    }
    for (size_t at = 0; at < bytes.length; at++) {
        if (bytes.bytes[at] == '\n') result.line_count++;
    }
    *source = result;
    return STATUS_OK;
}

const struct token *source_token(const struct source *source, size_t at, int distance)
{
    static const struct token none = {.kind = TOKEN_OPERATOR, .text = {"", 0}};
    if (distance < 0 && (size_t)-distance > at) return &none;
    size_t index = distance < 0 ? at - (size_t)-distance : at + (size_t)distance;
    return index < source->token_count ? &source->tokens[index] : &none;
}
