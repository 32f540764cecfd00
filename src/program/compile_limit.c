/* Limits: "1 per calendar year", "500 points per calendar month", "1000".
 *
 * Whose they are is always said by the key, per_member or in_all; over which time by the phrase,
 * and without one they hold for the lifetime. A list holds several at once.
 */
#include "program/compile.h"
#include "program/compile_expression.h"
#include "program/phrase.h"

#define LIMIT_MAXIMUM 8u
#define LIMIT_TEXT                                                                                 \
    "a limit such as \"1 per calendar year\", \"500 points per calendar month\" or \"1000\""

static bool read_limit(struct compiler *compiler, const struct node *scalar, uint32_t wallet,
                       struct limit *limit)
{
    struct phrase phrase = phrase_of(compiler, scalar);
    struct decimal number = {0, 0};
    if (!phrase_number(&phrase, &number)) return false;
    if (number.coefficient == 0) {
        phrase.at = phrase.number_at;
        return phrase_fail(&phrase, "a limit of 0 gives nothing to anybody; write 1 or more, or "
                                    "leave out what it limits");
    }
    struct text word = phrase_peek(&phrase);
    limit->wallet = PROGRAM_NONE;
    bool is_times = word.length == 0 || text_equal(word, TEXT("per"));
    is_times |= phrase_take_noun(&phrase, "time");
    size_t unit_at = phrase.at;
    if (is_times) {
        if (!phrase_fit(&phrase, number, 0, TEXT("a number of times"), &limit->amount))
            return false;
    } else {
        if (!phrase_wallet(&phrase, &limit->wallet)) return false;
        const struct wallet *of = &compiler->program->wallets[limit->wallet];
        if (!phrase_fit(&phrase, number, of->decimals, of->id, &limit->amount)) return false;
        if (limit->wallet != wallet) {
            phrase.at = unit_at;
            return wallet == PROGRAM_NONE
                       ? phrase_fail(&phrase, "only how often can be limited here; write \"1 per "
                                              "calendar year\"")
                       : phrase_fail(&phrase,
                                     "the rule earns in another wallet, \"%.*s\"; limit that",
                                     SHOWN(compiler, compiler->program->wallets[wallet].id));
        }
    }
    limit->window = (struct window){.kind = WINDOW_LIFETIME};
    if (phrase_take(&phrase, "per") && !phrase_window(&phrase, true, &limit->window)) return false;
    return phrase_end(&phrase, LIMIT_TEXT);
}

static void add_limit(struct compiler *compiler, const struct node *scalar, struct limit limit)
{
    struct program *program = compiler->program;
    struct limit *grown = compile_grow(compiler, program->limits, program->limit_count,
                                       &compiler->limit_capacity, sizeof(struct limit));
    if (limit.scope == LIMIT_IN_ALL && limit.window.kind == WINDOW_MEMBERSHIP_YEAR)
        complain(compiler, scalar->position,
                 "members' years differ, so \"in_all\" cannot use them; write \"calendar year\" or "
                 "\"365 days\"");
    if (grown == NULL) return;
    program->limits = grown;
    program->limits[program->limit_count++] = limit;
}

static void compile_scope(struct compiler *compiler, const struct node *value, const char *key,
                          enum limit_scope scope, uint32_t wallet, struct text path,
                          const struct cel_expression *for_each)
{
    if (value == NULL || value->is_null) return;
    if (value->count > LIMIT_MAXIMUM) {
        complain(compiler, value->position, "\"%s\" takes at most %u limits; these are %u", key,
                 LIMIT_MAXIMUM, value->count);
        return;
    }
    const struct entry *item = value->first;
    const struct node *scalar = value->kind == NODE_SCALAR ? value : NULL;
    for (uint32_t nth = 1; scalar != NULL || item != NULL; nth++) {
        if (scalar == NULL) scalar = &item->value;
        struct limit limit = {.scope = scope, .for_each = for_each};
        if (scalar->kind == NODE_SCALAR && scalar->text.length > 0 &&
            read_limit(compiler, scalar, wallet, &limit)) {
            limit.symbol = nth == 1 ? compile_symbol(compiler, scalar->position, "limit/%.*s/%s",
                                                     TEXT_ARGUMENTS(path), key)
                                    : compile_symbol(compiler, scalar->position, "limit/%.*s/%s/%u",
                                                     TEXT_ARGUMENTS(path), key, nth);
            add_limit(compiler, scalar, limit);
        }
        scalar = NULL;
        if (item != NULL) item = item->next;
    }
}

/* Which tally a limit counts in is asked before the member is read: only the event can say it. */
static const struct cel_expression *
compile_for_each(struct compiler *compiler, const struct node *map, struct occasion_scope scope)
{
    const struct node *scalar = tree_scalar(map, "for_each");
    if (scalar == NULL) return NULL;
    struct expression_text source = whole_expression(scalar);
    if (scope.scope != SCOPE_EVENT) {
        complain_of_expression(compiler, source,
                               "a reward's limit is kept as a whole: what is given back does not "
                               "say for which value it was taken; leave \"for_each\" out");
        return NULL;
    }
    const struct cel_expression *expression = compile_expression(compiler, source, scope, "");
    if (expression == NULL) return NULL;
    enum cel_type_kind kind = cel_expression_type(expression)->kind;
    if (kind != CEL_TYPE_STRING && kind != CEL_TYPE_INT && kind != CEL_TYPE_BOOL)
        complain_of_expression(compiler, source,
                               "a limit is kept for each text or whole number, such as "
                               "event.product; this is neither");
    if (cel_expression_uses(expression, SLOT_MEMBER))
        complain_of_expression(compiler, source,
                               "\"for_each\" can look at event and order only; per_member is kept "
                               "for each member anyway");
    return expression;
}

struct limit_range compile_limits(struct compiler *compiler, const struct node *owner,
                                  struct occasion_scope scope, uint32_t wallet, struct text path)
{
    const struct node *map = tree_map(owner, "limit");
    const struct cel_expression *for_each = compile_for_each(compiler, map, scope);
    struct limit_range range = {compiler->program->limit_count, 0};
    compile_scope(compiler, tree_value(map, "per_member"), "per_member", LIMIT_PER_MEMBER, wallet,
                  path, for_each);
    compile_scope(compiler, tree_value(map, "in_all"), "in_all", LIMIT_IN_ALL, wallet, path,
                  for_each);
    range.count = compiler->program->limit_count - range.first;
    return range;
}
