/* What must hold for every expression, whoever wrote it. See cel_promises.h. */
#include "cel_promises.h"

#include "shop.h"

#define ARENA_BYTES ((size_t)64 << 20)
#define PRINT_BYTES 65536
/* Enough to run into the limit now and then, and to be quick. */
#define STEPS 50000

#define RULE_BITS 15u

static struct cel_environment *environment_of(unsigned rules)
{
    static struct arena arenas[RULE_BITS + 1];
    static struct cel_environment *environments[RULE_BITS + 1];
    struct cel_environment **environment = &environments[rules & RULE_BITS];
    if (*environment != NULL) return *environment;
    const struct cel_rules chosen = {
        .getters_need_zone = (rules & 1) != 0,
        .patterns_are_constant = (rules & 2) != 0,
        .money_meets_numbers = (rules & 4) != 0,
        .cost_is_bounded = (rules & 8) != 0,
    };
    arena_init(&arenas[rules & RULE_BITS], ARENA_BYTES);
    ASSERT(shop_declare(&arenas[rules & RULE_BITS], &chosen, environment) == STATUS_OK);
    return *environment;
}

static void look_at_problems(struct text source, const struct cel_problems *problems)
{
    struct buffer out;
    buffer_init(&out, (size_t)1 << 20);
    for (uint32_t i = 0; i < problems->count; i++) {
        ASSERT(text_is_utf8(problems->items[i].message, NULL));
        ASSERT(problems->items[i].position <= source.length);
        ASSERT(cel_problem_print(source, &problems->items[i], &out) == STATUS_OK);
        buffer_clear(&out);
    }
    buffer_release(&out);
}

static bool parse(struct arena *arena, struct text source, struct cel_node **root)
{
    static struct cel_problems problems;
    problems = (struct cel_problems){.arena = arena};
    enum status status = cel_parse(arena, source, &problems, root);
    look_at_problems(source, &problems);
    ASSERT(status == STATUS_OK || status == STATUS_NO_MEMORY || problems.count > 0);
    return status == STATUS_OK;
}

/* Written again it can be longer than an expression may be: that alone is no fault. */
static void print_and_parse(struct arena *arena, struct text source)
{
    struct cel_node *root;
    struct buffer first;
    struct buffer second;
    if (!parse(arena, source, &root)) return;
    buffer_init(&first, CEL_SOURCE_MAXIMUM_BYTES);
    buffer_init(&second, CEL_SOURCE_MAXIMUM_BYTES);
    if (cel_node_print(root, &first) == STATUS_OK) {
        ASSERT(parse(arena, buffer_text(&first), &root));
        ASSERT(cel_node_print(root, &second) == STATUS_OK);
        ASSERT(text_equal(buffer_text(&first), buffer_text(&second)));
    }
    buffer_release(&first);
    buffer_release(&second);
}

static bool is_of_type(const struct cel_type *type, struct cel_value value)
{
    static const uint8_t kinds[] = {
        [CEL_TYPE_NULL] = CEL_NULL,
        [CEL_TYPE_BOOL] = CEL_BOOL,
        [CEL_TYPE_INT] = CEL_INT,
        [CEL_TYPE_UINT] = CEL_UINT,
        [CEL_TYPE_DOUBLE] = CEL_DOUBLE,
        [CEL_TYPE_STRING] = CEL_STRING,
        [CEL_TYPE_BYTES] = CEL_BYTES,
        [CEL_TYPE_TIMESTAMP] = CEL_TIMESTAMP,
        [CEL_TYPE_DURATION] = CEL_DURATION,
        [CEL_TYPE_DECIMAL] = CEL_DECIMAL,
        [CEL_TYPE_MONEY] = CEL_MONEY,
        [CEL_TYPE_LIST] = CEL_LIST,
        [CEL_TYPE_MAP] = CEL_MAP,
        [CEL_TYPE_TYPE] = CEL_TYPE,
        [CEL_TYPE_OPTIONAL] = CEL_OPTIONAL,
        [CEL_TYPE_OBJECT] = CEL_OBJECT,
        [CEL_TYPE_VARIABLE] = CEL_KIND_COUNT,
    };
    if (cel_is_error(value) || type->kind >= sizeof kinds) return true;
    uint8_t kind = kinds[type->kind];
    return kind == CEL_ERROR || kind == CEL_KIND_COUNT || kind == value.kind;
}

static struct cel_value evaluate(const struct cel_expression *expression,
                                 const struct cel_environment *environment, struct arena *arena,
                                 struct buffer *printed)
{
    struct cel_evaluation evaluation;
    cel_evaluation_init(&evaluation, environment, &shop_host, arena, NULL);
    evaluation.step_maximum = STEPS;
    struct cel_value value = cel_evaluate(expression, &evaluation, shop_variables());
    bool is_too_long = cel_is_error(value) && value.tag == CEL_FAULT_STEPS;
    uint64_t cost = cel_expression_cost(expression);
    ASSERT(is_too_long ? cost > STEPS : evaluation.steps <= cost);
    ASSERT(cel_value_print(environment, value, PRINT_BYTES / 2, printed) == STATUS_OK);
    return value;
}

static void explain(const struct cel_expression *expression,
                    const struct cel_environment *environment, struct arena *arena,
                    struct cel_value value)
{
    struct buffer why;
    struct cel_evaluation evaluation;
    buffer_init(&why, (size_t)1 << 20);
    cel_evaluation_init(&evaluation, environment, &shop_host, arena, NULL);
    evaluation.step_maximum = STEPS;
    ASSERT(cel_explain(expression, &evaluation, shop_variables(), &why) == STATUS_OK);
    ASSERT(text_is_utf8(buffer_text(&why), NULL));
    if (value.kind == CEL_BOOL && value.boolean != 0) ASSERT(why.length == 0);
    buffer_release(&why);
}

static void run(const struct cel_expression *expression, const struct cel_environment *environment,
                bool is_checked)
{
    struct arena arena;
    struct buffer first;
    struct buffer second;
    struct cel_value constant;
    arena_init(&arena, CEL_SCRATCH_MAXIMUM_BYTES);
    buffer_init(&first, PRINT_BYTES);
    buffer_init(&second, PRINT_BYTES);
    struct cel_value value = evaluate(expression, environment, &arena, &first);
    if (is_checked) ASSERT(is_of_type(cel_expression_type(expression), value));
    if (cel_expression_constant(expression, &constant)) {
        ASSERT(cel_value_print(environment, constant, PRINT_BYTES / 2, &second) == STATUS_OK);
        ASSERT(text_equal(buffer_text(&first), buffer_text(&second)));
        buffer_clear(&second);
    }
    explain(expression, environment, &arena, value);
    arena_clear(&arena);
    evaluate(expression, environment, &arena, &second);
    ASSERT(text_equal(buffer_text(&first), buffer_text(&second)));
    buffer_release(&first);
    buffer_release(&second);
    arena_release(&arena);
}

static void run_without_check(struct arena *arena, struct cel_environment *environment,
                              struct text source, const struct cel_expression *checked)
{
    static struct cel_problems problems;
    static const struct cel_compile_options options = {.without_check = true};
    const struct cel_expression *expression;
    struct arena scratch;
    struct buffer first;
    struct buffer second;
    problems = (struct cel_problems){.arena = arena};
    if (cel_compile(arena, environment, source, &options, &problems, &expression) != STATUS_OK)
        return;
    arena_init(&scratch, CEL_SCRATCH_MAXIMUM_BYTES);
    buffer_init(&first, PRINT_BYTES);
    buffer_init(&second, PRINT_BYTES);
    struct cel_value value = evaluate(checked, environment, &scratch, &first);
    struct cel_value other = evaluate(expression, environment, &scratch, &second);
    if (!cel_is_error(value) && !cel_is_error(other))
        ASSERT(text_equal(buffer_text(&first), buffer_text(&second)));
    buffer_release(&first);
    buffer_release(&second);
    arena_release(&scratch);
}

static void print_type(const struct cel_type *type)
{
    struct buffer out;
    buffer_init(&out, (size_t)1 << 20);
    ASSERT(cel_type_print(type, &out) == STATUS_OK);
    buffer_release(&out);
}

void cel_hold_promises(unsigned rules, struct text source)
{
    static struct cel_problems problems;
    struct arena arena;
    const struct cel_expression *expression;
    bool is_checked = (rules & CEL_WITHOUT_CHECK) == 0;
    struct cel_environment *environment = environment_of(rules);
    const struct cel_compile_options options = {.without_check = !is_checked};
    arena_init(&arena, ARENA_BYTES);
    print_and_parse(&arena, source);
    problems = (struct cel_problems){.arena = &arena};
    enum status status = cel_compile(&arena, environment, source, &options, &problems, &expression);
    look_at_problems(source, &problems);
    ASSERT(status == STATUS_OK || status == STATUS_NO_MEMORY || problems.count > 0);
    if (status == STATUS_OK) {
        if (is_checked) print_type(cel_expression_type(expression));
        run(expression, environment, is_checked);
        if (is_checked) run_without_check(&arena, environment, source, expression);
    }
    arena_release(&arena);
}
