/* Source: a C file as the tokens that the rules look at.
 *
 * This is a lexer, not a parser: it knows comments, strings, directives and operators, and for each
 * token its line and whether space stands beside it. It never follows an include and expands no
 * macro; what a macro's body says is seen where it is defined.
 */
#ifndef GUERDON_TESTS_TIDY_SOURCE_H
#define GUERDON_TESTS_TIDY_SOURCE_H

#include "base/base.h"

enum token_kind {
    TOKEN_NAME, /* identifier or keyword */
    TOKEN_NUMBER,
    TOKEN_STRING, /* or character constant */
    TOKEN_OPERATOR,
    TOKEN_INCLUDE, /* what follows #include, with its quotes or brackets */
};

struct token {
    enum token_kind kind;
    struct text text;
    uint32_t line;
    bool space_before;
    bool space_after;
    bool in_directive;
};

struct comment {
    struct text text;
    uint32_t first_line;
    uint32_t last_line;
};

/* A path from the project's root, such as src/engine/lot.c, and what it holds. Tokens and comments
 * are views of `bytes`, in an arena of the caller's. */
struct source {
    struct text path;
    struct text bytes;
    struct token *tokens;
    size_t token_count;
    struct comment *comments;
    size_t comment_count;
    uint32_t line_count;
};

/* STATUS_NO_MEMORY; STATUS_SYNTAX when a comment or string has no end. */
MUST_CHECK enum status source_read(struct arena *arena, struct text path, struct text bytes,
                                   struct source *source);

static inline bool token_is(const struct token *token, const char *text)
{
    return text_equal(token->text, text_of(text));
}

/* The token `distance` after (or before) index `at`; one that equals nothing past either end. */
const struct token *source_token(const struct source *source, size_t at, int distance);

#endif
