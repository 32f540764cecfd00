/* Facts: what a handful of orders says about customers, worked out by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "backtest/backtest.h"

struct fixture {
    struct arena arena;
    struct mapping mapping;
    struct book book;
    struct problem_list problems;
    const struct program *program;
    struct order_facts facts;
};

static const char program_text[] =
    "program: shop\n"
    "currency: USD\n"
    "wallets:\n"
    "  points:\n"
    "    names: {en: {one: point, other: points}}\n"
    "    expires: {after: 30 days}\n"
    "rules:\n"
    "  base: {on: purchase, earn: \"1 point per 1.00 USD of order.eligible, rounded down\"}\n"
    "rewards:\n"
    "  small: {cost: 10 points}\n"
    "  large: {cost: 50 points}\n"
    "  dream: {cost: 1000 points}\n";

static void gather(struct fixture *fixture, const char *orders)
{
    char path[] = "/tmp/guerdon-orders-XXXXXX";
    int descriptor = mkstemp(path);
    FILE *file = descriptor < 0 ? NULL : fdopen(descriptor, "wb");
    assert_non_null(file);
    assert_true(fputs("order,time,member,channel,sku,category,quantity,unit_price\n", file) >= 0);
    assert_true(fputs(orders, file) >= 0);
    assert_int_equal(fclose(file), 0);
    arena_init(&fixture->arena, 1u << 28);
    problem_list_init(&fixture->problems, &fixture->arena);
    assert_int_equal(mapping_default(&fixture->arena, &fixture->mapping), STATUS_OK);
    assert_int_equal(program_load(&fixture->arena, TEXT("shop.yaml"), TEXT(program_text),
                                  &fixture->problems, &fixture->program),
                     STATUS_OK);
    assert_int_equal(
        orders_read(&fixture->book, text_of(path), &fixture->mapping, 2, true, NULL, NULL),
        STATUS_OK);
    unlink(path);
    assert_int_equal(facts_gather(&fixture->book, fixture->program, 0, &fixture->arena,
                                  &fixture->problems, &fixture->facts),
                     STATUS_OK);
}

static void release(struct fixture *fixture)
{
    orders_release(&fixture->book);
    arena_release(&fixture->arena);
}

static void medians_are_those_of_the_customers_in_the_middle(void **context)
{
    (void)context;
    struct fixture fixture = {.program = NULL};
    /* Ann buys three times, 20 days apart on average; Bob twice, 40 days apart; Cleo once; Dora
     * only returns; Ed, too, buys once. */
    gather(&fixture, "1,2020-01-01T00:00:00Z,ann,web,A,t,1,30.00\n"
                     "2,2020-01-11T00:00:00Z,ann,web,A,t,1,25.00\n"
                     "3,2020-02-10T00:00:00Z,ann,web,A,t,1,5.00\n"
                     "4,2020-01-01T00:00:00Z,bob,web,A,t,1,40.00\n"
                     "5,2020-02-10T00:00:00Z,bob,web,A,t,1,40.00\n"
                     "6,2020-01-05T00:00:00Z,cleo,web,A,t,1,9.00\n"
                     "R7,2020-01-06T00:00:00Z,dora,web,A,t,-1,9.00\n"
                     "8,2020-01-06T00:00:00Z,ed,web,A,t,1,8.00\n"
                     "9,2020-03-01T00:00:00Z,,web,A,t,1,8.00\n");
    const struct order_facts *facts = &fixture.facts;
    assert_int_equal(facts->members, 4);
    assert_int_equal(facts->median_orders, 1);
    assert_int_equal(facts->median_gap_days, 20);
    assert_int_equal(facts->span_days, 60);
    assert_int_equal(facts->median_order_eligible, 2500);
    /* Ann and Bob with their first purchase. */
    assert_int_equal(facts->rewards[0].reached_millionths, 500000);
    assert_int_equal(facts->rewards[0].median_purchases, 1);
    assert_int_equal(facts->rewards[0].median_days, 0);
    /* Ann with her second; Bob's first 40 points have expired when he earns the others. */
    assert_int_equal(facts->rewards[1].reached_millionths, 250000);
    assert_int_equal(facts->rewards[1].median_purchases, -1);
    assert_int_equal(facts->rewards[1].median_days, -1);
    assert_int_equal(facts->rewards[2].reached_millionths, 0);
    release(&fixture);
}

static void the_way_to_a_reward_is_counted_in_purchases_and_days(void **context)
{
    (void)context;
    struct fixture fixture = {.program = NULL};
    gather(&fixture, "1,2020-01-01T00:00:00Z,ann,web,A,t,1,30.00\n"
                     "2,2020-01-11T00:00:00Z,ann,web,A,t,1,25.00\n");
    assert_int_equal(fixture.facts.rewards[1].reached_millionths, 1000000);
    assert_int_equal(fixture.facts.rewards[1].median_purchases, 2);
    assert_int_equal(fixture.facts.rewards[1].median_days, 10);
    release(&fixture);
}

static void without_orders_nothing_is_known(void **context)
{
    (void)context;
    struct fixture fixture = {.program = NULL};
    gather(&fixture, "");
    assert_int_equal(fixture.facts.members, 0);
    assert_int_equal(fixture.facts.median_orders, 0);
    assert_int_equal(fixture.facts.rewards[0].median_purchases, -1);
    release(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(medians_are_those_of_the_customers_in_the_middle),
        cmocka_unit_test(the_way_to_a_reward_is_counted_in_purchases_and_days),
        cmocka_unit_test(without_orders_nothing_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
