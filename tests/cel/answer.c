/* Answer: walks a parsed expression and calls the implementations, as dispatch by kinds finds them.
 *
 * It knows literals, lists, maps and calls, and neither macros nor names: enough for functions, and
 * so plain that what is wrong is wrong in the function. A case is then compiled and evaluated too:
 * that must give the same, unless the checker refuses what would be a fault.
 */
#include "answer.h"

#include "cel/function_work.h"

void answers_open(struct answers *answers)
{
    static const struct cel_rules rules = {.money_meets_numbers = true};
    arena_init(&answers->kept, 16u << 20);
    arena_init(&answers->source, 4u << 20);
    arena_init(&answers->scratch, CEL_SCRATCH_MAXIMUM_BYTES);
    answers->step_maximum = CEL_STEP_MAXIMUM;
    assert_int_equal(STATUS_OK, cel_environment_new(&answers->kept, &rules, &answers->environment));
    assert_int_equal(STATUS_OK, cel_environment_add_extensions(answers->environment));
}

void answers_close(struct answers *answers)
{
    arena_release(&answers->scratch);
    arena_release(&answers->source);
    arena_release(&answers->kept);
}

static struct cel_value walk(struct cel_evaluation *evaluation, const struct cel_node *node);

static struct cel_value walk_list(struct cel_evaluation *evaluation, const struct cel_node *node)
{
    struct cel_list *list = cel_list_new(evaluation->arena, node->list.count);
    if (list == NULL) return cel_error(CEL_FAULT_NO_MEMORY, NULL);
    for (uint32_t i = 0; i < node->list.count; i++) {
        struct cel_value item = walk(evaluation, node->list.elements[i]);
        if (cel_is_error(item)) return item;
        enum status status = cel_list_add(evaluation->arena, list, item);
        if (status != STATUS_OK) return cel_failed_with(status);
    }
    return cel_list_value(list);
}

static struct cel_value walk_map(struct cel_evaluation *evaluation, const struct cel_node *node)
{
    struct cel_map *map = cel_map_new(evaluation->arena, node->map.count);
    if (map == NULL) return cel_error(CEL_FAULT_NO_MEMORY, NULL);
    for (uint32_t i = 0; i < node->map.count; i++) {
        struct cel_value key = walk(evaluation, node->map.keys[i]);
        struct cel_value value = walk(evaluation, node->map.values[i]);
        enum status status = cel_map_add(evaluation->arena, map, key, value);
        if (status != STATUS_OK) return cel_failed_with(status);
    }
    return cel_map_value(map);
}

/* "math" in math.greatest(...): part of the function's name, not a target. */
static const struct cel_declared_function *qualified(struct cel_evaluation *evaluation,
                                                     const struct cel_node *node)
{
    const struct cel_node *target = node->call.target;
    if (target == NULL || target->kind != CEL_NODE_IDENTIFIER) return NULL;
    char name[64];
    int length = snprintf(name, sizeof name, "%.*s.%.*s", TEXT_ARGUMENTS(target->identifier.name),
                          TEXT_ARGUMENTS(node->call.function));
    return cel_find_function(evaluation->environment, (struct text){name, (size_t)length});
}

static struct cel_value walk_call(struct cel_evaluation *evaluation, const struct cel_node *node)
{
    struct cel_value arguments[CEL_ARGUMENT_MAXIMUM + 1];
    uint32_t count = 0;
    const struct cel_declared_function *function = qualified(evaluation, node);
    bool is_member = function == NULL && node->call.target != NULL;
    if (function == NULL)
        function = cel_find_function(evaluation->environment, node->call.function);
    if (function == NULL) return cel_error(CEL_FAULT_UNKNOWN_FUNCTION, NULL);
    if (is_member) arguments[count++] = walk(evaluation, node->call.target);
    for (uint32_t i = 0; i < node->call.argument_count; i++)
        arguments[count++] = walk(evaluation, node->call.arguments[i]);
    for (uint32_t i = 0; i < count; i++)
        if (cel_is_error(arguments[i])) return arguments[i];
    const struct cel_overload *overload = cel_dispatch(function, is_member, arguments, count);
    if (overload == NULL) return cel_error(CEL_FAULT_NO_SUCH_OVERLOAD, NULL);
    struct cel_call call = {
        .evaluation = evaluation, .arena = evaluation->arena, .overload = overload, .count = count};
    return overload->implementation(&call, arguments);
}

static struct cel_value walk(struct cel_evaluation *evaluation, const struct cel_node *node)
{
    switch (node->kind) {
    case CEL_NODE_LITERAL:
        return node->constant;
    case CEL_NODE_LIST:
        return walk_list(evaluation, node);
    case CEL_NODE_MAP:
        return walk_map(evaluation, node);
    case CEL_NODE_CALL:
        return walk_call(evaluation, node);
    case CEL_NODE_IDENTIFIER: {
        const struct cel_declared_name *name =
            cel_find_name(evaluation->environment, node->identifier.name);
        return name == NULL ? cel_error(CEL_FAULT_UNDECLARED, NULL) : name->constant;
    }
    default:
        return cel_error(CEL_FAULT_UNDECLARED, "not for the tests of functions");
    }
}

static const struct cel_node *parse(struct arena *arena, const char *expression)
{
    struct text source = arena_copy(arena, text_of(expression));
    assert_non_null(source.bytes);
    struct cel_problems problems = {.arena = arena};
    struct cel_node *root = NULL;
    enum status status = cel_parse(arena, source, &problems, &root);
    if (status != STATUS_OK) {
        print_error("%s: %s\n", expression,
                    problems.count == 0 ? "" : problems.items[0].message.bytes);
        fail();
    }
    return root;
}

struct cel_value answer_within(struct answers *answers, const char *expression, size_t bytes)
{
    arena_clear(&answers->source);
    arena_clear(&answers->scratch);
    const struct cel_node *root = parse(&answers->source, expression);
    answers->scratch.maximum = bytes;
    struct cel_evaluation evaluation = {.environment = answers->environment,
                                        .arena = &answers->scratch,
                                        .step_maximum = answers->step_maximum};
    struct cel_value value = walk(&evaluation, root);
    answers->scratch.maximum = CEL_SCRATCH_MAXIMUM_BYTES;
    return value;
}

struct cel_value answer(struct answers *answers, const char *expression)
{
    return answer_within(answers, expression, CEL_SCRATCH_MAXIMUM_BYTES);
}

static struct text error_text(struct answers *answers, struct cel_value value)
{
    const char *sentence = cel_fault_text((enum cel_fault)value.tag);
    if (value.detail == NULL) return arena_format(&answers->scratch, "error: %s", sentence);
    return arena_format(&answers->scratch, "error: %s: %s", sentence, value.detail);
}

/* The value as the cases write it. */
static struct text shown_text(struct answers *answers, struct cel_value value)
{
    if (cel_is_error(value)) return error_text(answers, value);
    struct cel_evaluation evaluation = {.environment = answers->environment,
                                        .arena = &answers->scratch,
                                        .step_maximum = CEL_STEP_MAXIMUM};
    struct cel_call call = {.evaluation = &evaluation, .arena = &answers->scratch};
    const struct cel_list values = {1, 1, &value};
    const struct cel_value arguments[] = {cel_string(TEXT("%s")), cel_list_value(&values)};
    const struct cel_declared_function *format =
        cel_find_function(answers->environment, TEXT("format"));
    assert_non_null(format);
    struct cel_value shown = format->function.overloads[0].implementation(&call, arguments);
    if (cel_is_error(shown)) return error_text(answers, shown);
    const char *quote = value.kind == CEL_STRING ? "'" : "";
    return arena_format(&answers->scratch, "%s%.*s%s%s", quote, TEXT_ARGUMENTS(cel_text(shown)),
                        quote, value.kind == CEL_UINT ? "u" : "");
}

struct text answer_text(struct answers *answers, const char *expression)
{
    return shown_text(answers, answer(answers, expression));
}

struct text answer_compiled(struct answers *answers, const char *expression)
{
    arena_clear(&answers->source);
    struct cel_problems problems = {.arena = &answers->source};
    const struct cel_expression *compiled = NULL;
    enum status status = cel_compile(&answers->source, answers->environment, text_of(expression),
                                     NULL, &problems, &compiled);
    if (status != STATUS_OK) {
        assert_int_equal(STATUS_INVALID, status);
        assert_true(problems.count > 0);
        return (struct text){NULL, 0};
    }
    struct cel_evaluation evaluation;
    cel_evaluation_init(&evaluation, answers->environment, NULL, &answers->scratch, NULL);
    return shown_text(answers, cel_evaluate(compiled, &evaluation, NULL));
}

static bool is_answered(struct answers *answers, const struct answer_case *wanted)
{
    struct text got = answer_text(answers, wanted->expression);
    struct text compiled = answer_compiled(answers, wanted->expression);
    bool is_fault = text_starts_with(text_of(wanted->wanted), TEXT("error: "));
    bool is_refused = compiled.bytes == NULL;
    if (text_equal(got, text_of(wanted->wanted)) &&
        (is_refused ? is_fault : text_equal(compiled, got)))
        return true;
    print_error("%s\n    is       %.*s\n    compiled %.*s\n    not      %s\n", wanted->expression,
                TEXT_ARGUMENTS(got), is_refused ? 7 : (int)compiled.length,
                is_refused ? "refused" : compiled.bytes, wanted->wanted);
    return false;
}

void assert_answers(const struct answer_case *cases, size_t count)
{
    struct answers answers;
    answers_open(&answers);
    bool is_right = true;
    for (size_t i = 0; i < count; i++)
        is_right = is_answered(&answers, &cases[i]) && is_right;
    answers_close(&answers);
    assert_true(is_right);
}
