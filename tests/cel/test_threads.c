/* An environment and an expression are read only: many threads compile in the one and evaluate the
 * other at once, each with an arena and an evaluation of its own. The thread sanitizer watches.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "shop.h"

#define THREADS 4
#define ROUNDS 200
#define ARENA_MAXIMUM ((size_t)16 << 20)

/* With patterns, time zones and lists made: all that could be shared by mistake. */
static const char source[] =
    "order.items.exists(i, i.category == 'skincare' && i.quantity >= 2) && "
    "order.id.matches('^order-[0-9]+$') && order.id.matches(order.id) && "
    "now.getHours('Europe/Berlin') == 1 && now.getHours(['Asia/Tokyo'][names.size() - 3]) == 9 && "
    "names.map(n, n + '!').join(' ').size() == 15 && order.eligible >= 54.98";

struct shared {
    struct cel_environment *environment;
    const struct cel_expression *expression;
};

static bool is_true(const struct shared *shared, const struct cel_expression *expression,
                    struct arena *scratch)
{
    struct cel_evaluation evaluation;
    cel_evaluation_init(&evaluation, shared->environment, &shop_host, scratch, NULL);
    struct cel_value value = cel_evaluate(expression, &evaluation, shop_variables());
    return value.kind == CEL_BOOL && value.boolean != 0;
}

static bool compile_and_evaluate(const struct shared *shared, struct arena *arena)
{
    struct cel_problems problems = {.arena = arena};
    const struct cel_expression *expression;
    return cel_compile(arena, shared->environment, TEXT(source), NULL, &problems, &expression) ==
               STATUS_OK &&
           is_true(shared, expression, arena);
}

static void *work(void *context)
{
    const struct shared *shared = context;
    struct arena arena;
    uintptr_t done = 0;
    arena_init(&arena, ARENA_MAXIMUM);
    for (int round = 0; round < ROUNDS; round++) {
        if (is_true(shared, shared->expression, &arena)) done++;
        if (round % 10 == 0 && !compile_and_evaluate(shared, &arena)) break;
        arena_clear(&arena);
    }
    arena_release(&arena);
    return (void *)done;
}

static void threads_share_an_environment_and_an_expression(void **state)
{
    static const struct cel_rules rules = {.money_meets_numbers = true};
    struct arena arena;
    struct shared shared;
    pthread_t threads[THREADS];
    (void)state;
    arena_init(&arena, ARENA_MAXIMUM);
    struct cel_problems problems = {.arena = &arena};
    assert_int_equal(shop_declare(&arena, &rules, &shared.environment), STATUS_OK);
    assert_int_equal(
        cel_compile(&arena, shared.environment, TEXT(source), NULL, &problems, &shared.expression),
        STATUS_OK);
    assert_true(is_true(&shared, shared.expression, &arena));
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work, &shared), 0);
    for (int i = 0; i < THREADS; i++) {
        void *done;
        assert_int_equal(pthread_join(threads[i], &done), 0);
        assert_int_equal((uintptr_t)done, ROUNDS);
    }
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_share_an_environment_and_an_expression)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
