/* Shape: how a file opens, how long it and its functions are, how headers declare. */
#include "rules.h"

#include <stdio.h>

/* A sentence has at least this many bytes. */
#define HEADER_MINIMUM 30

static void check_header(struct check *check)
{
    const struct source *source = check->source;
    bool present = source->comment_count > 0 && source->comments[0].first_line == 1 &&
                   text_starts_with(source->bytes, TEXT("/*"));
    if (!present) {
        check_report(check, 1, "header",
                     "open the file with a comment: what it is for, what it must never do, how");
    } else if (source->comments[0].text.length < HEADER_MINIMUM) {
        check_report(check, 1, "header", "say in the opening comment what the file is for");
    }
}

static void check_guard(struct check *check, struct place place)
{
    const struct source *source = check->source;
    if (!text_equal(place.top, TEXT("src")) || !text_ends_with(source->path, TEXT(".h"))) return;
    char guard[256];
    struct text path = {source->path.bytes + 4, source->path.length - 4};
    int length = snprintf(guard, sizeof guard, "GUERDON_%.*s", TEXT_ARGUMENTS(path));
    for (int i = 0; i < length && i < (int)sizeof guard; i++) {
        if (guard[i] >= 'a' && guard[i] <= 'z') guard[i] = (char)(guard[i] - 'a' + 'A');
        if (guard[i] == '/' || guard[i] == '.' || guard[i] == '-') guard[i] = '_';
    }
    if (token_is(source_token(source, 1, 0), "ifndef") &&
        token_is(source_token(source, 2, 0), guard)) {
        return;
    }
    check_report(check, 1, "guard", "begin with #ifndef %s", guard);
}

static uint32_t first_line_of_declaration(const struct source *source, size_t start)
{
    const struct token *token = source_token(source, start, 0);
    return token->line;
}

/* Reports the function whose body is open from `open_line` on when it is too long. */
static void check_function_end(struct check *check, struct text name, uint32_t first_line,
                               uint32_t last_line)
{
    uint32_t lines = last_line - first_line + 1;
    if (lines <= FUNCTION_LINES_MAXIMUM) return;
    check_report(check, first_line, "function-length",
                 "%.*s has %u lines; %d fit a screen: give a part of it a name of its own",
                 TEXT_ARGUMENTS(name), lines, FUNCTION_LINES_MAXIMUM);
}

/* The name before the first bracket of a declaration that starts at `start`. */
static struct text name_of_declaration(const struct source *source, size_t start, size_t end)
{
    for (size_t i = start; i + 1 < end; i++) {
        if (source->tokens[i].kind == TOKEN_NAME && token_is(&source->tokens[i + 1], "(") &&
            !token_is(&source->tokens[i], "__attribute__")) {
            return source->tokens[i].text;
        }
    }
    return TEXT("this function");
}

static void check_must_check(struct check *check, size_t start, size_t end)
{
    const struct source *source = check->source;
    bool marked = false;
    for (size_t i = start; i + 3 < end; i++) {
        const struct token *token = &source->tokens[i];
        if (token_is(token, "MUST_CHECK")) marked = true;
        if (token_is(token, "typedef") || token_is(token, "(")) return;
        if (!token_is(token, "enum") || !token_is(token + 1, "status")) continue;
        if (token[2].kind != TOKEN_NAME || !token_is(token + 3, "(") || marked) continue;
        check_report(check, token->line, "must-check",
                     "declare %.*s MUST_CHECK, so that no caller drops its status",
                     TEXT_ARGUMENTS(token[2].text));
        return;
    }
}

/* Walks the declarations at the top level of a file. */
static void check_declarations(struct check *check)
{
    const struct source *source = check->source;
    bool is_header = text_ends_with(source->path, TEXT(".h"));
    int depth = 0;
    size_t start = 0; /* first token of the declaration at hand */
    size_t body = 0;  /* its opening brace, 0 if it is no function */
    for (size_t i = 0; i < source->token_count; i++) {
        const struct token *token = &source->tokens[i];
        if (token->in_directive) {
            if (start == i) start = i + 1;
            continue;
        }
        if (token_is(token, "{")) {
            if (depth == 0 && token_is(source_token(source, i, -1), ")")) body = i;
            depth++;
        } else if (token_is(token, "}") && depth > 0) {
            depth--;
        }
        bool ends_function = depth == 0 && body != 0 && token_is(token, "}");
        bool ends_declaration = depth == 0 && token_is(token, ";");
        if (!ends_function && !ends_declaration) continue;
        size_t end = ends_function ? body : i;
        if (is_header) check_must_check(check, start, end);
        if (ends_function) {
            check_function_end(check, name_of_declaration(source, start, end),
                               first_line_of_declaration(source, start), token->line);
        }
        start = i + 1;
        body = 0;
    }
}

void check_shape(struct check *check)
{
    check_header(check);
    check_guard(check, place_of(check->source->path));
    if (check->source->line_count > FILE_LINES_MAXIMUM) {
        check_report(check, 1, "file-length",
                     "%u lines; a file is one idea and has at most %d: what is the second idea?",
                     check->source->line_count, FILE_LINES_MAXIMUM);
    }
    check_declarations(check);
}
