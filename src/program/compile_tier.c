/* Tier sets: levels with thresholds in the unit of their counter, and how long a level is kept.
 *
 * Invariant: the levels' `from` strictly ascends, so that each can be reached; only the lowest may
 * do without, and then every member has at least that level.
 */
#include "program/compile.h"
#include "program/compile_expression.h"
#include "program/phrase.h"

#define KEPT_TEXT                                                                                  \
    "\"end of next calendar year\", \"end of calendar year\" (or quarter, month), \"12 months\", " \
    "\"for ever\" or \"as measured\""

static bool read_count(struct phrase *phrase, const char *noun, const char *example,
                       int64_t *amount)
{
    struct decimal number;
    if (!phrase_number(phrase, &number)) return false;
    if (!phrase_take_noun(phrase, noun))
        return phrase_fail(phrase, "this level is measured in %ss; write \"%s\"", noun, example);
    return phrase_fit(phrase, number, 0, text_of(example), amount);
}

/* A threshold in the unit of what the counter measures. */
static bool read_threshold(struct compiler *compiler, const struct node *scalar,
                           const struct tier_set *set, int64_t *amount)
{
    struct phrase phrase = phrase_of(compiler, scalar);
    const struct program *program = compiler->program;
    const struct counter *counter = &program->counters[set->counter];
    bool is_expression = set->measure != NULL || counter->measure == MEASURE_EXPRESSION;
    uint32_t currency = set->measure != NULL ? set->measure_currency : counter->currency;
    uint32_t of = PROGRAM_NONE;
    if (is_expression && currency == PROGRAM_NONE) {
        struct decimal number;
        return phrase_number(&phrase, &number) &&
               phrase_fit(&phrase, number, 0, TEXT("this level"), amount) &&
               phrase_end(&phrase, "a number, because that is what is measured");
    }
    enum measure measure = is_expression ? MEASURE_EXPRESSION : counter->measure;
    switch (measure) {
    case MEASURE_EVENTS:
        if (counter->on == TRIGGER_CUSTOM ? !read_count(&phrase, "event", "5 events", amount)
                                          : !read_count(&phrase, "purchase", "5 purchases", amount))
            return false;
        break;
    case MEASURE_QUANTITY:
        if (!read_count(&phrase, "item", "10 items", amount)) return false;
        break;
    case MEASURE_EARNED:
        if (!phrase_points(&phrase, &of, amount)) return false;
        if (of == counter->wallet) break;
        phrase.at = 0;
        return phrase_fail(&phrase,
                           "the counter sums what is earned in \"%.*s\"; write the level in "
                           "that",
                           SHOWN(compiler, program->wallets[counter->wallet].id));
    case MEASURE_ELIGIBLE:
    case MEASURE_SUBTOTAL:
    case MEASURE_EXPRESSION:
        if (!phrase_money(&phrase, &of, amount)) return false;
        if (of == currency || currency == PROGRAM_NONE) break;
        phrase.at = 0;
        return phrase_fail(&phrase, "the counter sums %.*s; write the level in that currency",
                           TEXT_ARGUMENTS(program->currencies[currency].code));
    }
    return phrase_end(&phrase, "one amount");
}

static void compile_level(struct compiler *compiler, const struct entry *entry,
                          struct tier_set *set)
{
    struct level *level = &set->levels[set->level_count];
    const struct level *below = set->level_count == 0 ? NULL : level - 1;
    level->id = entry->key;
    level->symbol = compile_symbol(compiler, entry->position, "level/%.*s/%.*s",
                                   TEXT_ARGUMENTS(set->id), TEXT_ARGUMENTS(entry->key));
    level->title = compile_text(&entry->value, "title", entry->key);
    set->level_count++;
    if (text_equal(entry->key, TEXT("none")))
        complain(compiler, entry->position,
                 "\"none\" stands for members without a level; call this level something else");
    const struct node *from = tree_scalar(&entry->value, "from");
    if (from == NULL) {
        if (below != NULL && tree_value(&entry->value, "from") == NULL)
            complain(
                compiler, entry->position,
                "level \"%.*s\" can't be reached: it does not say from where; add \"from\", or "
                "put the entry level first",
                SHOWN(compiler, level->id));
        if (below != NULL) level->from = INT64_MAX;
        return;
    }
    if (set->counter == PROGRAM_NONE) return;
    if (!read_threshold(compiler, from, set, &level->from)) {
        level->from = INT64_MAX;
    } else if (below != NULL && below->from != INT64_MAX && level->from <= below->from) {
        complain(
            compiler, from->position,
            "level \"%.*s\" can't be reached: the next one, \"%.*s\", does not start above it; "
            "list the levels from lowest to highest",
            SHOWN(compiler, below->id), SHOWN(compiler, level->id));
    }
}

static void compile_levels(struct compiler *compiler, const struct node *map, struct tier_set *set)
{
    if (map == NULL) return;
    if (map->count > PROGRAM_LEVEL_MAXIMUM) {
        complain(compiler, map->position, "a tier set has at most %d levels; this one has %u",
                 PROGRAM_LEVEL_MAXIMUM, map->count);
        return;
    }
    set->levels = COMPILE_ARRAY(compiler, struct level, map->count);
    if (set->levels == NULL) return;
    for (const struct entry *entry = map->first; entry != NULL; entry = entry->next)
        compile_level(compiler, entry, set);
}

/* How long a level is kept when the programme does not say. */
static void keep_as_usual(const struct window *window, struct tier_set *set)
{
    switch (window->kind) {
    case WINDOW_LIFETIME:
        set->kept = KEPT_FOR_EVER;
        return;
    case WINDOW_ROLLING:
        set->kept = KEPT_AS_MEASURED;
        return;
    case WINDOW_CALENDAR:
        set->kept = KEPT_TO_PERIOD_END;
        set->kept_unit = window->unit;
        set->kept_periods = 1;
        return;
    case WINDOW_MEMBERSHIP_YEAR:
        set->kept = KEPT_FOR_SPAN;
        set->kept_span = (struct span){12, PERIOD_MONTH};
        return;
    }
}

static void compile_kept(struct compiler *compiler, const struct node *scalar, struct tier_set *set)
{
    struct phrase phrase = phrase_of(compiler, scalar);
    if (phrase_take(&phrase, "for")) {
        set->kept = KEPT_FOR_EVER;
        if (!phrase_take(&phrase, "ever")) (void)phrase_misfit(&phrase, "\"for ever\"");
    } else if (phrase_take(&phrase, "as")) {
        set->kept = KEPT_AS_MEASURED;
        if (!phrase_take(&phrase, "measured")) (void)phrase_misfit(&phrase, "\"as measured\"");
    } else if (phrase_take(&phrase, "end")) {
        set->kept = KEPT_TO_PERIOD_END;
        bool is_of = phrase_take(&phrase, "of");
        set->kept_periods = phrase_take(&phrase, "next") ? 1 : 0;
        (void)phrase_take(&phrase, "calendar");
        if (!is_of || !phrase_unit(&phrase, &set->kept_unit))
            (void)phrase_misfit(&phrase, KEPT_TEXT);
    } else if (span_parse(scalar->text, &set->kept_span) == STATUS_OK) {
        set->kept = KEPT_FOR_SPAN;
        return;
    } else {
        (void)phrase_fail(&phrase, "\"kept_until\" cannot be \"%.*s\"; write %s",
                          SHOWN(compiler, scalar->text), KEPT_TEXT);
    }
    (void)phrase_end(&phrase, KEPT_TEXT);
}

/* Notes the counters that a measure reads; false for anything else of the member. */
static bool note_counters(const struct cel_node *node, struct tier_set *set)
{
    bool is_counter = node->kind == CEL_NODE_SELECT && node->select.operand->type != NULL &&
                      node->select.operand->type->kind == CEL_TYPE_OBJECT &&
                      node->select.operand->type->object == EXPRESSION_COUNTERS;
    if (is_counter) {
        uint32_t index = node->select.field_id - EXPRESSION_BY_INDEX;
        if (set->counter == PROGRAM_NONE || index < set->counter) set->counter = index;
        set->measured_counters[index] = true;
        return true;
    }
    if (node->kind == CEL_NODE_IDENTIFIER) return node->identifier.found != CEL_NAME_VARIABLE;
    if (node->kind == CEL_NODE_LITERAL) return true;
    if (node->kind != CEL_NODE_CALL) return false;
    bool is_fine = node->call.target == NULL || note_counters(node->call.target, set);
    for (uint32_t i = 0; i < node->call.argument_count; i++)
        is_fine &= note_counters(node->call.arguments[i], set);
    return is_fine;
}

static bool is_same_window(const struct window *a, const struct window *b)
{
    return a->kind == b->kind && (a->kind != WINDOW_CALENDAR || a->unit == b->unit) &&
           (a->kind != WINDOW_ROLLING || a->days == b->days);
}

static void check_measure(struct compiler *compiler, struct expression_text source,
                          struct tier_set *set)
{
    const struct program *program = compiler->program;
    if (!note_counters(cel_expression_root(set->measure), set) || set->counter == PROGRAM_NONE) {
        complain_of_expression(
            compiler, source,
            "a measure is made of counters, numbers and operators alone, such as "
            "member.counters.spend + member.counters.visits * 10");
        set->counter = PROGRAM_NONE;
        return;
    }
    const struct counter *first = &program->counters[set->counter];
    for (uint32_t i = 0; i < program->counter_count; i++)
        if (set->measured_counters[i] &&
            !is_same_window(&first->window, &program->counters[i].window))
            complain_of_expression(compiler, source,
                                   "counters \"%.*s\" and \"%.*s\" look at different times; a "
                                   "measure needs one window",
                                   SHOWN(compiler, first->id),
                                   SHOWN(compiler, program->counters[i].id));
    enum cel_type_kind kind = cel_expression_type(set->measure)->kind;
    if (kind == CEL_TYPE_MONEY) {
        set->measure_currency = first->currency == PROGRAM_NONE ? 0 : first->currency;
    } else if (kind != CEL_TYPE_INT) {
        complain_of_expression(compiler, source,
                               "a measure is a whole number or money; make it one with .floor()");
    }
}

static void compile_measure_expression(struct compiler *compiler, const struct node *scalar,
                                       struct tier_set *set)
{
    const struct occasion_scope scope = {.scope = SCOPE_MEMBER};
    struct expression_text source = whole_expression(scalar);
    set->measured_counters = COMPILE_ARRAY(compiler, bool, compiler->program->counter_count);
    set->measure = compile_expression(compiler, source, scope, "");
    if (set->measure != NULL) check_measure(compiler, source, set);
}

static void compile_measure(struct compiler *compiler, const struct node *map, struct tier_set *set)
{
    const struct program *program = compiler->program;
    const struct node *scalar = tree_scalar(map, "measured_by");
    if (scalar == NULL) return;
    set->counter = program_find_counter(program, scalar->text);
    if (set->counter != PROGRAM_NONE) return;
    if (text_starts_with(scalar->text, TEXT("member.")) ||
        memchr(scalar->text.bytes, '(', scalar->text.length) != NULL) {
        compile_measure_expression(compiler, scalar, set);
        return;
    }
    struct text ids[NEAREST_MAXIMUM];
    uint32_t count = 0;
    for (; count < program->counter_count && count < NEAREST_MAXIMUM; count++)
        ids[count] = program->counters[count].id;
    int nearest = nearest_of(compiler, scalar->text, ids, count);
    if (nearest >= 0)
        complain(compiler, scalar->position, "there is no counter \"%.*s\"; did you mean \"%.*s\"?",
                 SHOWN(compiler, scalar->text), SHOWN(compiler, ids[nearest]));
    else
        complain(compiler, scalar->position,
                 "there is no counter \"%.*s\"; add it under \"counters\"",
                 SHOWN(compiler, scalar->text));
}

static void check_set_id(struct compiler *compiler, const struct entry *entry)
{
    static const char *const taken[] = {"tier",  "birthday",       "channel",
                                        "store", "order_at_least", "category",
                                        "sku",   "from",           "until"};
    for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
        if (text_equal(entry->key, text_of(taken[i])))
            complain(compiler, entry->position,
                     "a tier set cannot be called \"%s\", because \"if\" has a key of that name; "
                     "choose another id",
                     taken[i]);
}

static void compile_tier_set(struct compiler *compiler, const struct entry *entry,
                             struct tier_set *set)
{
    const struct node *map = &entry->value;
    set->id = entry->key;
    set->symbol =
        compile_symbol(compiler, entry->position, "tier/%.*s", TEXT_ARGUMENTS(entry->key));
    set->counter = PROGRAM_NONE;
    set->measure_currency = PROGRAM_NONE;
    check_set_id(compiler, entry);
    compile_measure(compiler, map, set);
    compile_levels(compiler, tree_map(map, "levels"), set);
    set->upgrade =
        (enum tier_upgrade)compile_choice(map, "upgrade", "at once|at period end", UPGRADE_AT_ONCE);
    set->downgrade = (enum tier_downgrade)compile_choice(
        map, "downgrade", "none|one level|by measure", DOWNGRADE_BY_MEASURE);
    set->on_return =
        (enum tier_on_return)compile_choice(map, "on_return", "keep|re-evaluate", TIER_KEEP);
    (void)compile_span(map, "grace", &set->grace);
    (void)compile_span(map, "at_risk", &set->at_risk);
    if (set->counter == PROGRAM_NONE) return;
    const struct window *window = &compiler->program->counters[set->counter].window;
    keep_as_usual(window, set);
    const struct node *kept = tree_scalar(map, "kept_until");
    if (kept != NULL) compile_kept(compiler, kept, set);
    if (set->upgrade == UPGRADE_AT_PERIOD_END && window->kind != WINDOW_CALENDAR &&
        window->kind != WINDOW_MEMBERSHIP_YEAR)
        complain(
            compiler, tree_scalar(map, "upgrade")->position,
            "\"at period end\" needs a counter with a calendar or membership-year window; give "
            "it one, or write \"at once\"");
}

void compile_tiers(struct compiler *compiler)
{
    struct program *program = compiler->program;
    uint32_t count = compile_count(compiler, "tiers", PROGRAM_TIER_SET_MAXIMUM);
    program->tier_sets = COMPILE_ARRAY(compiler, struct tier_set, count);
    if (program->tier_sets == NULL) return;
    const struct node *map = tree_map(compiler->root, "tiers");
    for (const struct entry *entry = map->first; entry != NULL; entry = entry->next)
        compile_tier_set(compiler, entry, &program->tier_sets[program->tier_set_count++]);
}
