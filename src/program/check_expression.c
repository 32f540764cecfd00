/* What the expression language cannot know of an expression: which levels a tier set has, what the
 * days of the week are called, which parts of a birthday there are.
 *
 * Method: walk the tree of each expression; beside a value of Guerdon's, look at constants. It runs
 * when everything is compiled, because rules may name tier sets that stand further down.
 */
#include "program/compile_expression.h"

struct checking {
    struct compiler *compiler;
    struct expression_notes *notes;
};

static bool is_object(const struct cel_node *node, enum expression_object object)
{
    return node->type != NULL && node->type->kind == CEL_TYPE_OBJECT &&
           node->type->object == (uint32_t)object;
}

static bool is_field(const struct cel_node *node, enum expression_object object,
                     enum expression_field field)
{
    return node->kind == CEL_NODE_SELECT && node->select.field_id == (uint32_t)field &&
           is_object(node->select.operand, object);
}

/* The tier set that `member.tiers.SET` names; NULL for a tier that comes from elsewhere. */
static const struct tier_set *set_of(const struct checking *checking, const struct cel_node *node)
{
    const struct program *program = checking->compiler->program;
    if (node->kind != CEL_NODE_SELECT || !is_object(node->select.operand, EXPRESSION_TIERS))
        return NULL;
    uint32_t index = node->select.field_id - EXPRESSION_BY_INDEX;
    return index < program->tier_set_count ? &program->tier_sets[index] : NULL;
}

static int32_t level_of(const struct tier_set *set, struct text id)
{
    for (uint32_t i = 0; i < set->level_count; i++)
        if (text_equal(set->levels[i].id, id)) return (int32_t)i;
    return -1;
}

static void complain_of_word(struct checking *checking, const struct cel_node *node,
                             const char *what, const struct text *words, size_t count)
{
    struct compiler *compiler = checking->compiler;
    struct text word = cel_text(node->constant);
    int nearest = nearest_of(compiler, word, words, count);
    cel_problem_add(&checking->notes->problems, node->position,
                    "there is no %s '%.*s'; did you mean '%.*s'?", what, SHOWN(compiler, word),
                    TEXT_ARGUMENTS(words[nearest < 0 ? 0 : nearest]));
}

static bool is_text(const struct cel_node *node)
{
    return node->is_constant && node->constant.kind == CEL_STRING;
}

/* A constant, or each constant of a list. */
static void check_words(struct checking *checking, const struct cel_node *node, const char *what,
                        const struct text *words, size_t count)
{
    if (node->kind == CEL_NODE_LIST)
        for (uint32_t i = 0; i < node->list.count; i++)
            check_words(checking, node->list.elements[i], what, words, count);
    if (!is_text(node)) return;
    for (size_t i = 0; i < count; i++)
        if (text_equal(cel_text(node->constant), words[i])) return;
    complain_of_word(checking, node, what, words, count);
}

static void check_level(struct checking *checking, const struct cel_node *tier,
                        const struct cel_node *level)
{
    struct text words[PROGRAM_LEVEL_MAXIMUM + 1];
    const struct tier_set *set = set_of(checking, tier);
    if (set == NULL || set->level_count == 0) return;
    for (uint32_t i = 0; i < set->level_count; i++)
        words[i] = set->levels[i].id;
    words[set->level_count] = TEXT("none");
    check_words(checking, level, "level", words, set->level_count + 1);
}

/* Who writes == 'vib' has seldom meant to leave out those above. */
static void warn_of_one_level(struct checking *checking, const struct cel_node *call,
                              const struct cel_node *tier, const struct cel_node *level)
{
    const struct tier_set *set = set_of(checking, tier);
    if (set == NULL || !is_text(level)) return;
    struct text id = cel_text(level->constant);
    int32_t index = level_of(set, id);
    if (index < 0 || index + 1 >= (int32_t)set->level_count) return;
    struct compiler *compiler = checking->compiler;
    cel_problem_add(&checking->notes->warnings, call->position,
                    "== '%.*s' leaves out the levels above it, such as '%.*s'; for \"%.*s or "
                    "above\" write member.tiers.%.*s.atLeast('%.*s')",
                    SHOWN(compiler, id), SHOWN(compiler, set->levels[index + 1].id),
                    SHOWN(compiler, id), TEXT_ARGUMENTS(set->id), SHOWN(compiler, id));
}

static void check_comparison(struct checking *checking, const struct cel_node *call,
                             const struct cel_node *left, const struct cel_node *right)
{
    static const struct text weekdays[] = {
        TEXT_INITIALISER("monday"),   TEXT_INITIALISER("tuesday"), TEXT_INITIALISER("wednesday"),
        TEXT_INITIALISER("thursday"), TEXT_INITIALISER("friday"),  TEXT_INITIALISER("saturday"),
        TEXT_INITIALISER("sunday")};
    struct text function = call->call.function;
    bool is_equality = text_equal(function, TEXT("_==_")) || text_equal(function, TEXT("_!=_"));
    if (!is_equality && !text_equal(function, TEXT("@in"))) return;
    if (is_object(left, EXPRESSION_TIER)) {
        check_level(checking, left, right);
        if (text_equal(function, TEXT("_==_"))) warn_of_one_level(checking, call, left, right);
    }
    if (is_field(left, EXPRESSION_LOCAL, EXPRESSION_LOCAL_WEEKDAY_FIELD))
        check_words(checking, right, "weekday", weekdays, 7);
    if (is_field(right, EXPRESSION_LOCAL, EXPRESSION_LOCAL_WEEKDAY_FIELD))
        check_words(checking, left, "weekday", weekdays, 7);
}

static void check_call(struct checking *checking, const struct cel_node *node)
{
    static const struct text parts[] = {TEXT_INITIALISER("day"), TEXT_INITIALISER("week"),
                                        TEXT_INITIALISER("month")};
    const struct cel_node *target = node->call.target;
    struct cel_node *const *arguments = node->call.arguments;
    if (target == NULL && node->call.argument_count == 2)
        check_comparison(checking, node, arguments[0], arguments[1]);
    if (target == NULL || node->call.argument_count != 1) return;
    if (is_object(target, EXPRESSION_TIER)) check_level(checking, target, arguments[0]);
    if (is_object(target, EXPRESSION_BIRTHDAY))
        check_words(checking, arguments[0], "part of a birthday", parts, 3);
}

static void check_node(struct checking *checking, const struct cel_node *node);

static void check_nodes(struct checking *checking, struct cel_node *const *nodes, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        check_node(checking, nodes[i]);
}

/* The parts of a comprehension as they were written; of one that no macro wrote, all of them. */
static void check_comprehension(struct checking *checking, const struct cel_node *node)
{
    check_node(checking, node->comprehension.range);
    check_node(checking, node->comprehension.initial);
    check_node(checking, node->comprehension.condition);
    check_node(checking, node->comprehension.step);
    check_node(checking, node->comprehension.result);
}

static void check_node(struct checking *checking, const struct cel_node *node)
{
    struct program *program = checking->compiler->program;
    if (node == NULL) return;
    if (is_object(node, EXPRESSION_BIRTHDAY)) program->uses_birthdays = true;
    if (is_object(node, EXPRESSION_PROFILE)) program->uses_profile = true;
    switch (node->kind) {
    case CEL_NODE_LITERAL:
    case CEL_NODE_IDENTIFIER:
    case CEL_NODE_STRUCT:
        return;
    case CEL_NODE_SELECT:
        check_node(checking, node->select.operand);
        return;
    case CEL_NODE_CALL:
        check_call(checking, node);
        check_node(checking, node->call.target);
        check_nodes(checking, node->call.arguments, node->call.argument_count);
        return;
    case CEL_NODE_LIST:
        check_nodes(checking, node->list.elements, node->list.count);
        return;
    case CEL_NODE_MAP:
        check_nodes(checking, node->map.keys, node->map.count);
        check_nodes(checking, node->map.values, node->map.count);
        return;
    case CEL_NODE_COMPREHENSION:
        check_comprehension(checking, node);
        return;
    }
}

void check_expression(struct compiler *compiler, const struct cel_expression *expression,
                      struct expression_notes *notes)
{
    struct checking checking = {compiler, notes};
    *notes = (struct expression_notes){.problems = {.arena = compiler->arena},
                                       .warnings = {.arena = compiler->arena}};
    check_node(&checking, cel_expression_root(expression));
}

void check_expressions(struct compiler *compiler)
{
    for (uint32_t i = 0; i < compiler->expression_count; i++) {
        const struct compiled_expression *compiled = &compiler->expressions[i];
        struct expression_notes notes;
        check_expression(compiler, compiled->expression, &notes);
        for (uint32_t k = 0; k < notes.problems.count; k++)
            note_in_expression(compiler, compiler->problems, compiled->source,
                               &notes.problems.items[k]);
        for (uint32_t k = 0; k < notes.warnings.count; k++)
            note_in_expression(compiler, &compiler->program->warnings, compiled->source,
                               &notes.warnings.items[k]);
    }
}
