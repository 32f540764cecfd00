/* Amounts: finds bare + - * / where a name says that an operand is money or points.
 *
 * A heuristic, kept simple on purpose: the last word of a variable's or member's name tells what it
 * is (line_amount, lot->remaining), and a name that ends in another word is something else
 * (points_count, available_from_us). The operators are told from pointers and signs by the space on
 * both sides, which clang-format sets. Looked for in src/ but base/amount.*, which is where amounts
 * are computed; tests may say 3 * amount, and overflow there is caught by the sanitizers.
 */
#include "rules.h"

/* The one table of words that say: this is an amount of money or points. */
static const char *const amount_words[] = {
    "amount", "amounts",  "points",      "remaining", "granted",   "grant",     "kept",
    "debt",   "balance",  "price",       "eligible",  "available", "pending",   "held",
    "issued", "earned",   "redeemed",    "spent",     "expired",   "shortfall", "subtotal",
    "cost",   "discount", "outstanding", "liability", "refunded",  "owed",
};

static const char *const binary_operators[] = {"+", "-", "*", "/", "+=", "-=", "*=", "/="};

static bool is_one_of(struct text text, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (text_equal(text, text_of(words[i]))) return true;
    }
    return false;
}

static struct text last_word(struct text name)
{
    for (size_t at = name.length; at > 0; at--) {
        if (name.bytes[at - 1] == '_') {
            return (struct text){name.bytes + at, name.length - at};
        }
    }
    return name;
}

static bool is_amount(struct text name)
{
    return is_one_of(last_word(name), amount_words, sizeof amount_words / sizeof *amount_words);
}

/* From a closing bracket back to the token before its opening one. */
static size_t skip_index_backwards(const struct source *source, size_t at)
{
    int depth = 0;
    while (at > 0) {
        if (token_is(&source->tokens[at], "]")) depth++;
        if (token_is(&source->tokens[at], "[")) depth--;
        at--;
        if (depth == 0) break;
    }
    return at;
}

/* The variable or member that ends just before the operator at index `at`. */
static struct text operand_before(const struct source *source, size_t at)
{
    if (at == 0) return TEXT("");
    at--;
    while (at > 0 && token_is(&source->tokens[at], "]"))
        at = skip_index_backwards(source, at);
    const struct token *token = &source->tokens[at];
    return token->kind == TOKEN_NAME ? token->text : TEXT("");
}

/* The variable or member that follows the operator at index `at`, to the end of its path. */
static struct text operand_after(const struct source *source, size_t at)
{
    size_t i = at + 1;
    while (token_is(source_token(source, i, 0), "*") || token_is(source_token(source, i, 0), "-")) {
        i++;
    }
    struct text name = TEXT("");
    while (i < source->token_count && source->tokens[i].kind == TOKEN_NAME) {
        name = source->tokens[i++].text;
        int depth = 0;
        while (i < source->token_count && (depth > 0 || token_is(&source->tokens[i], "["))) {
            if (token_is(&source->tokens[i], "[")) depth++;
            if (token_is(&source->tokens[i], "]")) depth--;
            i++;
        }
        if (!token_is(source_token(source, i, 0), ".") &&
            !token_is(source_token(source, i, 0), "->")) {
            break;
        }
        i++;
    }
    return token_is(source_token(source, i, 0), "(") ? TEXT("") : name;
}

static void check_operator(struct check *check, size_t at)
{
    const struct source *source = check->source;
    const struct token *token = &source->tokens[at];
    bool is_step = token_is(token, "++") || token_is(token, "--");
    bool is_binary =
        token->space_before && token->space_after &&
        is_one_of(token->text, binary_operators, sizeof binary_operators / sizeof(char *));
    if (!is_step && !is_binary) return;
    struct text operand = operand_before(source, at);
    if (!is_amount(operand)) operand = operand_after(source, at);
    if (!is_amount(operand)) return;
    check_report(check, token->line, "amount",
                 "no bare %.*s on %.*s: use amount_add, amount_multiply_divide and their like",
                 TEXT_ARGUMENTS(token->text), TEXT_ARGUMENTS(operand));
}

void check_amounts(struct check *check)
{
    const struct source *source = check->source;
    struct place place = place_of(source->path);
    if (!text_equal(place.top, TEXT("src"))) return;
    if (text_starts_with(source->path, TEXT("src/base/amount."))) return;
    for (size_t i = 0; i < source->token_count; i++) {
        if (source->tokens[i].kind == TOKEN_OPERATOR) check_operator(check, i);
    }
}
