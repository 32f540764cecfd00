/* The parser's own: what parse.c and complain.c share. Never seen by the rest of the room. */
#ifndef GUERDON_CEL_PARSE_H
#define GUERDON_CEL_PARSE_H

#include "cel/inner.h"

struct parser {
    struct arena *arena;
    struct cel_lexer lexer;
    struct cel_token token;    /* the next one */
    struct cel_token previous; /* the last one taken */
    struct cel_problems *problems;
    enum status status;  /* of what ended the parse; nothing is told after it */
    bool has_problems;   /* told of an expression whose shape is right */
    uint32_t nesting;    /* calls of the parser above each other */
    uint32_t node_count; /* made so far */
};

/* Each ends the parse and answers NULL. */
struct cel_node *parser_fail(struct parser *parser, enum status status, uint32_t position,
                             const char *format, ...) __attribute__((format(printf, 4, 5)));
/* The next token cannot begin a value. */
struct cel_node *parser_fail_at_value(struct parser *parser);
/* The next token is no name of a field, of `operand` or (NULL) of a message. */
struct cel_node *parser_fail_at_field(struct parser *parser, const struct cel_node *operand);
/* The next token can neither go on with the value that ends here nor close what `opening` opened at
 * `position` ("(", "[", "{", "?", or "" for the expression itself). */
struct cel_node *parser_fail_behind_value(struct parser *parser, const char *opening,
                                          uint32_t position);
/* The start of a token's text, short enough for a sentence. */
struct text parser_shown(struct text text);

bool token_is_sign(const struct cel_token *token, const char *sign);
bool token_is_word(const struct cel_token *token, const char *word);

#endif
