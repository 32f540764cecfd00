/* The structured `if:` (and a reward's `needs:`), for whoever has one.
 *
 * Levels are looked up in the tier sets, so these must be compiled before. Categories and articles
 * choose items and need an order, as does `order_at_least`.
 */
#include "program/compile.h"

#include <stdlib.h>

#include "program/compile_expression.h"
#include "program/phrase.h"

static int by_bytes(const void *a, const void *b)
{
    return text_compare(*(const struct text *)a, *(const struct text *)b);
}

/* A single value or a list, sorted and without repeats. */
static void read_words(struct compiler *compiler, const struct node *map, const char *key,
                       struct text **words, uint32_t *count)
{
    const struct node *value = tree_value(map, key);
    if (value == NULL || value->kind == NODE_MAP) return;
    uint32_t most = value->kind == NODE_LIST ? value->count : 1;
    struct text *read = COMPILE_ARRAY(compiler, struct text, most);
    if (read == NULL) return;
    uint32_t found = 0;
    if (value->kind == NODE_SCALAR) read[found++] = value->text;
    for (const struct entry *item = value->first; item != NULL; item = item->next)
        if (item->value.kind == NODE_SCALAR) read[found++] = item->value.text;
    if (found == 0) return;
    qsort(read, found, sizeof(struct text), by_bytes);
    uint32_t unique = 1;
    for (uint32_t i = 1; i < found; i++)
        if (!text_equal(read[i], read[unique - 1])) read[unique++] = read[i];
    *words = read;
    *count = unique;
}

static int32_t find_level(const struct tier_set *set, struct text id)
{
    for (uint32_t i = 0; i < set->level_count; i++)
        if (text_equal(set->levels[i].id, id)) return (int32_t)i;
    return text_equal(id, TEXT("none")) ? -1 : -2;
}

static void fail_at_level(struct phrase *phrase, struct text id, uint32_t only_set)
{
    struct text names[PROGRAM_LEVEL_MAXIMUM + 1];
    size_t count = 0;
    const struct program *program = phrase->compiler->program;
    for (uint32_t s = 0; s < program->tier_set_count; s++) {
        const struct tier_set *set = &program->tier_sets[s];
        if (only_set != PROGRAM_NONE && s != only_set) continue;
        for (uint32_t i = 0; i < set->level_count && count < PROGRAM_LEVEL_MAXIMUM; i++)
            names[count++] = set->levels[i].id;
    }
    names[count++] = TEXT("none");
    int nearest = nearest_of(phrase->compiler, id, names, count);
    if (nearest < 0) nearest = 0;
    if (program->tier_set_count == 0)
        (void)phrase_fail(phrase, "the programme has no tiers; add them under \"tiers\", or leave "
                                  "this out");
    else
        (void)phrase_fail(phrase, "there is no level \"%.*s\"; did you mean \"%.*s\"?",
                          SHOWN(phrase->compiler, id), SHOWN(phrase->compiler, names[nearest]));
}

/* Which set's level it is, when the key was `tier`. */
static bool choose_set(struct phrase *phrase, struct text id, uint32_t *set)
{
    const struct program *program = phrase->compiler->program;
    uint32_t found = PROGRAM_NONE;
    for (uint32_t i = 0; i < program->tier_set_count; i++) {
        if (find_level(&program->tier_sets[i], id) == -2) continue;
        if (found != PROGRAM_NONE)
            return phrase_fail(
                phrase,
                "level \"%.*s\" is in several tier sets; write {%.*s: %.*s} with the "
                "set's id instead of \"tier\"",
                SHOWN(phrase->compiler, id), TEXT_ARGUMENTS(program->tier_sets[found].id),
                SHOWN(phrase->compiler, phrase->node->text));
        found = i;
    }
    if (found == PROGRAM_NONE) {
        fail_at_level(phrase, id, PROGRAM_NONE);
        return false;
    }
    *set = found;
    return true;
}

/* One level, or one with "or above" or "or below". `set` is PROGRAM_NONE when it is to be found. */
static bool read_level(struct compiler *compiler, const struct node *scalar, uint32_t *set,
                       int32_t *lowest, int32_t *highest)
{
    struct phrase phrase = phrase_of(compiler, scalar);
    struct text id = phrase_peek(&phrase);
    if (*set == PROGRAM_NONE && !choose_set(&phrase, id, set)) return false;
    const struct tier_set *levels = &compiler->program->tier_sets[*set];
    int32_t level = find_level(levels, id);
    if (level == -2) {
        fail_at_level(&phrase, id, *set);
        return false;
    }
    (void)phrase_word(&phrase);
    *lowest = level;
    *highest = level;
    if (phrase_take(&phrase, "or")) {
        if (phrase_take(&phrase, "above"))
            *highest = (int32_t)levels->level_count - 1;
        else if (phrase_take(&phrase, "below"))
            *lowest = -1;
        else
            return phrase_misfit(&phrase, "\"or above\" or \"or below\"");
    }
    return phrase_end(&phrase, "a level, or a level \"or above\" or \"or below\"");
}

/* Several levels are taken when they are neighbours, because a condition is one range. */
static void read_levels(struct compiler *compiler, const struct node *list, uint32_t set,
                        struct condition *condition)
{
    bool is_wanted[PROGRAM_LEVEL_MAXIMUM + 1] = {false};
    int32_t lowest = PROGRAM_LEVEL_MAXIMUM;
    int32_t highest = -1;
    for (const struct entry *item = list->first; item != NULL; item = item->next) {
        int32_t from;
        int32_t to;
        if (item->value.kind != NODE_SCALAR || item->value.text.length == 0 ||
            !read_level(compiler, &item->value, &set, &from, &to))
            return;
        for (int32_t i = from; i <= to; i++)
            is_wanted[i + 1] = true;
        if (from < lowest) lowest = from;
        if (to > highest) highest = to;
    }
    if (list->count == 0) return;
    for (int32_t i = lowest; i <= highest; i++) {
        if (is_wanted[i + 1]) continue;
        complain(
            compiler, list->position,
            "these levels are not neighbours; name levels that follow each other, or write two "
            "rules");
        return;
    }
    condition->tier_set = set;
    condition->level_lowest = lowest;
    condition->level_highest = highest;
}

static void compile_tier_condition(struct compiler *compiler, const struct entry *entry,
                                   uint32_t set, struct condition *condition)
{
    const struct node *value = &entry->value;
    if (condition->tier_set != PROGRAM_NONE) {
        complain(compiler, entry->position,
                 "a condition asks for one tier set; keep one of them, or write two rules");
    } else if (value->kind == NODE_LIST) {
        read_levels(compiler, value, set, condition);
    } else if (value->kind == NODE_SCALAR && value->text.length > 0) {
        int32_t lowest;
        int32_t highest;
        if (!read_level(compiler, value, &set, &lowest, &highest)) return;
        condition->tier_set = set;
        condition->level_lowest = lowest;
        condition->level_highest = highest;
    }
}

static void compile_condition_tiers(struct compiler *compiler, const struct node *map,
                                    struct condition *condition)
{
    for (const struct entry *entry = map->first; entry != NULL; entry = entry->next) {
        uint32_t set = program_find_tier_set(compiler->program, entry->key);
        if (text_equal(entry->key, TEXT("tier")))
            compile_tier_condition(compiler, entry, PROGRAM_NONE, condition);
        else if (set != PROGRAM_NONE)
            compile_tier_condition(compiler, entry, set, condition);
    }
}

static void compile_dates(struct compiler *compiler, const struct node *map,
                          struct condition *condition)
{
    bool has_from = compile_instant(compiler, map, "from", &condition->from_us);
    bool has_until = compile_instant(compiler, map, "until", &condition->until_us);
    if (has_from && has_until && condition->until_us <= condition->from_us)
        complain(compiler, tree_scalar(map, "until")->position,
                 "\"until\" is not after \"from\", so this never holds; \"until\" is the first "
                 "instant that is no longer in it");
}

void compile_condition(struct compiler *compiler, const struct node *map, bool has_order,
                       struct condition *condition)
{
    static const char *const of_orders[] = {"category", "sku", "order_at_least"};
    *condition = (struct condition){
        .is_given = map != NULL,
        .tier_set = PROGRAM_NONE,
        .order_at_least_currency = PROGRAM_NONE,
        .from_us = INSTANT_EARLIEST,
        .until_us = INSTANT_NEVER,
    };
    if (map == NULL) return;
    compile_condition_tiers(compiler, map, condition);
    const struct node *birthday = tree_scalar(map, "birthday");
    condition->birthday_given = birthday != NULL;
    if (birthday != NULL) compiler->program->uses_birthdays = true;
    condition->birthday =
        (enum period_unit)compile_choice(map, "birthday", "day|week|month", PERIOD_DAY);
    read_words(compiler, map, "channel", &condition->channels, &condition->channel_count);
    read_words(compiler, map, "store", &condition->stores, &condition->store_count);
    read_words(compiler, map, "category", &condition->categories, &condition->category_count);
    read_words(compiler, map, "sku", &condition->skus, &condition->sku_count);
    (void)read_money(compiler, map, "order_at_least", &condition->order_at_least_currency,
                     &condition->order_at_least);
    compile_dates(compiler, map, condition);
    for (size_t i = 0; !has_order && i < sizeof(of_orders) / sizeof(of_orders[0]); i++) {
        const struct entry *entry = tree_entry(map, of_orders[i]);
        if (entry != NULL)
            complain(compiler, entry->position,
                     "\"%s\" needs an order; it can only stand where \"on\" is \"purchase\"",
                     of_orders[i]);
    }
}

void compile_when(struct compiler *compiler, const struct node *owner, struct occasion_scope scope,
                  struct condition *condition)
{
    const struct node *when = tree_scalar(owner, "when");
    const struct node *where = tree_scalar(owner, "where");
    condition->is_given |= when != NULL || where != NULL;
    if (when != NULL)
        condition->when = compile_expression(compiler, whole_expression(when), scope, "bool");
    if (where == NULL) return;
    if (scope.on != TRIGGER_PURCHASE) {
        complain(compiler, where->position,
                 "\"where\" chooses items, and only a purchase has them; write \"when\"");
        return;
    }
    scope.scope = SCOPE_ITEM;
    condition->where = compile_expression(compiler, whole_expression(where), scope, "bool");
}
