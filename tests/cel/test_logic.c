/* Tests of logic against a model: random trees of && || ! ?: all exists exists_one over leaves that
 * are true, false or an error give what the language definition says, however they are planned.
 *
 * The model is the definition itself, three-valued: && is false if any part is, else an error if
 * any part is, else true; || is its mirror; ?: and ! are errors when what they look at is one; all
 * and exists are && and || over the elements, exists_one is an error if any element is.
 */
#include "../base/check.h"

#include "shop.h"

#define MEMORY_MAXIMUM ((size_t)64 << 20)
#define TREES 20000
#define TEXT_MAXIMUM 20000
#define DEPTH 5
#define ELEMENTS 3

enum truth { FALSE_, TRUE_, FAULT };

struct tree {
    struct buffer text;
    uint64_t random;
};

/* A part of a tree: its value for each value of the loop's variable around it. */
struct part {
    enum truth of[ELEMENTS];
};

static struct part same(enum truth truth)
{
    struct part part;
    for (int i = 0; i < ELEMENTS; i++)
        part.of[i] = truth;
    return part;
}

static void write_text(struct tree *tree, const char *text)
{
    assert_ok(buffer_add(&tree->text, text_of(text)));
}

static enum truth both(enum truth a, enum truth b)
{
    if (a == FALSE_ || b == FALSE_) return FALSE_;
    return a == FAULT || b == FAULT ? FAULT : TRUE_;
}

static enum truth opposite(enum truth a)
{
    return a == FAULT ? FAULT : a == TRUE_ ? FALSE_ : TRUE_;
}

static enum truth either(enum truth a, enum truth b)
{
    return opposite(both(opposite(a), opposite(b)));
}

static struct part leaf(struct tree *tree, bool is_in_loop)
{
    switch (random_between(&tree->random, 0, is_in_loop ? 5 : 3)) {
    case 0:
        write_text(tree, "twice(1) == 2");
        return same(TRUE_);
    case 1:
        write_text(tree, "twice(1) == 3");
        return same(FALSE_);
    case 2:
        write_text(tree, "1 / twice(0) == 1");
        return same(FAULT);
    case 3:
        write_text(tree, "order.items[0].is_gift");
        return same(FALSE_);
    case 4:
        write_text(tree, "i == 1");
        return (struct part){{FALSE_, TRUE_, FALSE_}};
    default:
        write_text(tree, "2 / i == 2");
        return (struct part){{FAULT, TRUE_, FALSE_}};
    }
}

static struct part grow(struct tree *tree, int depth, bool is_in_loop);

static struct part grow_pair(struct tree *tree, int depth, bool is_in_loop, bool is_and)
{
    struct part a = grow(tree, depth - 1, is_in_loop);
    write_text(tree, is_and ? " && " : " || ");
    struct part b = grow(tree, depth - 1, is_in_loop);
    for (int i = 0; i < ELEMENTS; i++)
        a.of[i] = is_and ? both(a.of[i], b.of[i]) : either(a.of[i], b.of[i]);
    return a;
}

static struct part grow_choice(struct tree *tree, int depth, bool is_in_loop)
{
    struct part condition = grow(tree, depth - 1, is_in_loop);
    write_text(tree, " ? ");
    struct part a = grow(tree, depth - 1, is_in_loop);
    write_text(tree, " : ");
    struct part b = grow(tree, depth - 1, is_in_loop);
    for (int i = 0; i < ELEMENTS; i++)
        if (condition.of[i] != FAULT)
            condition.of[i] = condition.of[i] == TRUE_ ? a.of[i] : b.of[i];
    return condition;
}

static struct part grow_loop(struct tree *tree, int depth)
{
    static const char *const macros[] = {"all", "exists", "exists_one"};
    int64_t macro = random_between(&tree->random, 0, 2);
    assert_ok(buffer_add_format(&tree->text, "[0, 1, 2].%s(i, ", macros[macro]));
    struct part predicate = grow(tree, depth - 1, true);
    write_text(tree, ")");
    enum truth all = TRUE_;
    enum truth any = FALSE_;
    int count = 0;
    bool has_fault = false;
    for (int i = 0; i < ELEMENTS; i++) {
        all = both(all, predicate.of[i]);
        any = either(any, predicate.of[i]);
        count += predicate.of[i] == TRUE_;
        has_fault = has_fault || predicate.of[i] == FAULT;
    }
    if (macro == 2) return same(has_fault ? FAULT : count == 1 ? TRUE_ : FALSE_);
    return same(macro == 0 ? all : any);
}

static struct part grow(struct tree *tree, int depth, bool is_in_loop)
{
    if (depth == 0) return leaf(tree, is_in_loop);
    struct part part;
    write_text(tree, "(");
    switch (random_between(&tree->random, 0, 9)) {
    case 0:
    case 1:
    case 2:
        part = grow_pair(tree, depth, is_in_loop, true);
        break;
    case 3:
    case 4:
    case 5:
        part = grow_pair(tree, depth, is_in_loop, false);
        break;
    case 6:
        part = grow_choice(tree, depth, is_in_loop);
        break;
    case 7:
        part = grow_loop(tree, depth);
        break;
    case 8:
        write_text(tree, "!(");
        part = grow(tree, depth - 1, is_in_loop);
        write_text(tree, ")");
        for (int i = 0; i < ELEMENTS; i++)
            part.of[i] = opposite(part.of[i]);
        break;
    default:
        part = leaf(tree, is_in_loop);
        break;
    }
    write_text(tree, ")");
    return part;
}

/* Explaining must say something of all that is not true, and must not fail. */
static void look_at_explanation(const struct cel_expression *expression,
                                struct cel_evaluation *evaluation, struct buffer *out,
                                enum truth wanted)
{
    buffer_clear(out);
    assert_ok(cel_explain(expression, evaluation, shop_variables(), out));
    assert_int_equal(wanted != TRUE_, out->length > 0);
}

static void logic_gives_what_the_definition_says(void **state)
{
    (void)state;
    static struct cel_problems problems;
    struct arena declared;
    struct arena arena;
    struct cel_environment *environment = NULL;
    struct buffer told;
    struct tree tree = {.random = 20261122};
    arena_init(&declared, MEMORY_MAXIMUM);
    arena_init(&arena, MEMORY_MAXIMUM);
    buffer_init(&told, TEXT_MAXIMUM);
    buffer_init(&tree.text, TEXT_MAXIMUM);
    const struct cel_rules rules = {.money_meets_numbers = true};
    assert_ok(shop_declare(&declared, &rules, &environment));
    unsigned counts[3] = {0, 0, 0};
    for (int i = 0; i < TREES; i++) {
        buffer_clear(&tree.text);
        arena_clear(&arena);
        enum truth wanted = grow(&tree, i % (DEPTH + 1), false).of[0];
        const struct cel_expression *expression = NULL;
        const struct cel_compile_options options = {.without_check = i % 2 == 0};
        problems = (struct cel_problems){.arena = &arena};
        enum status status = cel_compile(&arena, environment, buffer_text(&tree.text), &options,
                                         &problems, &expression);
        if (status != STATUS_OK)
            fail_msg("%.*s: %.*s", TEXT_ARGUMENTS(buffer_text(&tree.text)),
                     TEXT_ARGUMENTS(problems.items[0].message));
        struct cel_evaluation evaluation;
        cel_evaluation_init(&evaluation, environment, &shop_host, &arena, NULL);
        struct cel_value value = cel_evaluate(expression, &evaluation, shop_variables());
        enum truth got = value.kind != CEL_BOOL ? FAULT : value.boolean ? TRUE_ : FALSE_;
        if (got != wanted)
            fail_msg("%.*s is %d, not %d", TEXT_ARGUMENTS(buffer_text(&tree.text)), got, wanted);
        if (i % 8 < 2) look_at_explanation(expression, &evaluation, &told, wanted);
        counts[got]++;
    }
    for (int i = 0; i < 3; i++)
        assert_true(counts[i] > TREES / 10);
    buffer_release(&tree.text);
    buffer_release(&told);
    arena_release(&arena);
    arena_release(&declared);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logic_gives_what_the_definition_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
