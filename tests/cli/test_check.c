/* guerdon check: findings with their places, or the programme in plain words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "command.h"

static const char right[] = "program: shop\n"
                            "title: The Shop\n"
                            "currency: USD\n"
                            "wallets:\n"
                            "  points: {names: {en: {one: point, other: points}}}\n"
                            "rules:\n"
                            "  base:\n"
                            "    on: purchase\n"
                            "    earn: 1 point per 1.00 USD of order.eligible, rounded down\n"
                            "rewards:\n"
                            "  mug: {cost: 50 points, value: 2.50 USD}\n";

static const char wrong[] = "program: shop\n"
                            "currency: USD\n"
                            "wallets:\n"
                            "  points: {decimal: 0}\n"
                            "rules:\n"
                            "  base: {on: purchase, earn: 1 star per 1.00 USD}\n";

/* What the columns of the test's orders mean. */
static const char map[] = "currency: USD\n"
                          "timezone: UTC\n"
                          "time_format: rfc3339\n"
                          "columns:\n"
                          "  order: order\n"
                          "  customer: member\n"
                          "  sku: sku\n"
                          "  category: category\n"
                          "  quantity: quantity\n"
                          "  unit_price: unit_price\n"
                          "  time: time\n"
                          "return: {order_starts_with: R}\n";

static const char orders[] = "order,member,sku,category,quantity,unit_price,time\n"
                             "1,ann,A,toys,1,60.00,2020-01-01T10:00:00Z\n"
                             "2,ann,A,toys,1,60.00,2020-01-11T10:00:00Z\n"
                             "3,bob,A,toys,1,20.00,2020-01-01T10:00:00Z\n";

static const char warned[] = "program: shop\n"
                             "title: The Shop\n"
                             "currency: EUR\n"
                             "wallets:\n"
                             "  points: {}\n"
                             "counters:\n"
                             "  spend: {on: purchase, sum: order.eligible, window: calendar year}\n"
                             "tiers:\n"
                             "  club:\n"
                             "    measured_by: spend\n"
                             "    levels:\n"
                             "      insider: {from: 0 EUR}\n"
                             "      vib: {from: 350 EUR}\n"
                             "      rouge: {from: 1000 EUR}\n"
                             "rules:\n"
                             "  base:\n"
                             "    on: purchase\n"
                             "    earn: 1 point per 1.00 EUR\n"
                             "    when: member.tiers.club == 'vib'\n";

static void a_right_programme_is_told_in_plain_words(void **context)
{
    (void)context;
    struct command command;
    put_file("right.yaml", right);
    run(&command, "$guerdon check right.yaml");
    assert_exit(&command, 0);
    assert_silent(&command);
    assert_printed(&command, "The Shop");
    assert_printed(&command, "1 point");
    command_release(&command);
}

static void every_mistake_is_listed_with_its_place(void **context)
{
    (void)context;
    struct command command;
    put_file("wrong.yaml", wrong);
    run(&command, "$guerdon check wrong.yaml");
    assert_exit(&command, 1);
    assert_silent(&command);
    assert_printed(&command, "wrong.yaml:4:");
    assert_printed(&command, "decimals");
    assert_printed(&command, "wrong.yaml:6:");
    command_release(&command);
}

/* Also where the file writes it in another way: doubled quotes, several lines. */
static void a_mistake_in_an_expression_is_shown_with_a_caret(void **context)
{
    (void)context;
    struct command command;
    put_file("wrong.yaml", "program: shop\n"
                           "currency: USD\n"
                           "wallets: {points: {}}\n"
                           "rules:\n"
                           "  a: {on: purchase, when: order.itmes.size() > 2, earn: 5 points}\n"
                           "  b: {on: purchase, when: 'event.stor == ''x''', earn: 5 points}\n"
                           "  c:\n"
                           "    on: purchase\n"
                           "    when: >\n"
                           "      order.quantity > 2 &&\n"
                           "      '日本' == event.sotre\n"
                           "    earn: (order.quantity * 2.5) points\n");
    run(&command, "$guerdon check wrong.yaml");
    assert_exit(&command, 1);
    assert_silent(&command);
    assert_string_equal(command.output.bytes,
                        "wrong.yaml:5:33: 'Order' has no field 'itmes'; did you mean 'items'?\n"
                        "order.itmes.size() > 2\n"
                        "      ^\n"
                        "wrong.yaml:6:27: 'Event' has no field 'stor'; did you mean 'store'?\n"
                        "event.stor == 'x'\n"
                        "      ^\n"
                        "wrong.yaml:9:11: 'Event' has no field 'sotre'; did you mean 'store'?\n"
                        "order.quantity > 2 && '日本' == event.sotre\n"
                        "                                      ^\n"
                        "wrong.yaml:12:27: '*' cannot multiply int by double\n"
                        "order.quantity * 2.5\n"
                        "               ^\n");
    command_release(&command);
}

static void a_warning_is_shown_with_a_caret(void **context)
{
    (void)context;
    struct command command;
    put_file("right.yaml",
             "program: shop\n"
             "currency: USD\n"
             "wallets: {points: {}}\n"
             "counters: {spend: {sum: order.eligible}}\n"
             "tiers: {club: {measured_by: spend, levels: {a: {}, b: {from: 5 USD}}}}\n"
             "rules: {a: {on: purchase, when: member.tiers.club == 'a', earn: 5 points}}\n");
    run(&command, "$guerdon check right.yaml --no-advice");
    assert_exit(&command, 0);
    assert_printed(&command, "\nwarning right.yaml:6:51: == 'a' leaves out the levels above it");
    assert_printed(&command, "\nmember.tiers.club == 'a'\n                  ^\n");
    command_release(&command);
}

static void one_wrong_file_among_right_ones_fails(void **context)
{
    (void)context;
    struct command command;
    put_file("right.yaml", right);
    put_file("wrong.yaml", wrong);
    run(&command, "$guerdon check right.yaml wrong.yaml right.yaml");
    assert_exit(&command, 1);
    assert_printed(&command, "The Shop");
    assert_printed(&command, "wrong.yaml:4:");
    command_release(&command);
}

static void a_file_that_cannot_be_read_is_said(void **context)
{
    (void)context;
    struct command command;
    run(&command, "$guerdon check nowhere.yaml");
    assert_exit(&command, 1);
    assert_said(&command, "guerdon: nowhere.yaml cannot be read: No such file or directory");
    command_release(&command);
    run(&command, "$guerdon check .");
    assert_exit(&command, 1);
    assert_said(&command, "guerdon: . cannot be read: Is a directory");
    command_release(&command);
    run(&command, "head -c 5000000 /dev/zero >large.yaml; $guerdon check large.yaml");
    assert_exit(&command, 1);
    assert_said(&command, "large.yaml is larger than 4194304 bytes");
    command_release(&command);
}

static void a_programme_can_come_from_standard_input(void **context)
{
    (void)context;
    struct command command;
    put_file("right.yaml", right);
    run(&command, "cat right.yaml | $guerdon check -");
    assert_exit(&command, 0);
    assert_printed(&command, "The Shop");
    command_release(&command);
}

static void advice_can_be_left_out(void **context)
{
    (void)context;
    struct command with;
    struct command without;
    put_file("right.yaml", right);
    run(&with, "$guerdon check right.yaml");
    run(&without, "$guerdon check --no-advice right.yaml");
    assert_exit(&without, 0);
    assert_true(with.output.length > without.output.length);
    /* What says that advice needs orders is part of it. */
    assert_printed(&with, "needs real orders");
    assert_not_printed(&without, "needs real orders");
    command_release(&with);
    command_release(&without);
}

static void advice_looks_at_real_orders(void **context)
{
    (void)context;
    struct command command;
    put_file("right.yaml", right);
    put_file("orders.csv", orders);
    put_file("map.yaml", map);
    run(&command, "$guerdon check right.yaml --orders orders.csv --map map.yaml");
    assert_exit(&command, 0);
    assert_silent(&command);
    assert_not_printed(&command, "needs real orders");
    /* Ann can pay for a mug at once, Bob never. */
    assert_printed(&command, "first-reward-purchases");
    command_release(&command);
    run(&command, "$guerdon check right.yaml --orders nowhere.csv");
    assert_exit(&command, 1);
    assert_said(&command, "nowhere.csv");
    command_release(&command);
}

static void the_schema_is_json(void **context)
{
    (void)context;
    struct command command;
    run(&command, "$guerdon check --schema");
    assert_exit(&command, 0);
    assert_silent(&command);
    assert_int_equal(command.output.bytes[0], '{');
    assert_printed(&command, "\"$schema\"");
    command_release(&command);
}

static void what_is_probably_not_meant_is_warned_of(void **context)
{
    (void)context;
    struct command command;
    put_file("warned.yaml", warned);
    run(&command, "$guerdon check --no-advice warned.yaml");
    assert_exit(&command, 0);
    assert_silent(&command);
    assert_printed(&command, "The Shop");
    assert_printed(&command, "\n\nwarning warned.yaml:19:");
    assert_printed(&command, "vib");
    command_release(&command);
}

static void a_mistake_in_an_expression_has_its_place(void **context)
{
    (void)context;
    struct command command;
    put_file("wrong.yaml",
             "program: p\ncurrency: EUR\nwallets: {points: {}}\n"
             "rules: {a: {on: purchase, when: \"size(order.itmes) > 0\", earn: 1 point}}\n");
    run(&command, "$guerdon check wrong.yaml");
    assert_exit(&command, 1);
    assert_printed(&command, "wrong.yaml:4:");
    assert_printed(&command, "items");
    command_release(&command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_probably_not_meant_is_warned_of),
        cmocka_unit_test(a_mistake_in_an_expression_has_its_place),
        cmocka_unit_test(a_right_programme_is_told_in_plain_words),
        cmocka_unit_test(every_mistake_is_listed_with_its_place),
        cmocka_unit_test(a_mistake_in_an_expression_is_shown_with_a_caret),
        cmocka_unit_test(a_warning_is_shown_with_a_caret),
        cmocka_unit_test(one_wrong_file_among_right_ones_fails),
        cmocka_unit_test(a_file_that_cannot_be_read_is_said),
        cmocka_unit_test(a_programme_can_come_from_standard_input),
        cmocka_unit_test(advice_can_be_left_out),
        cmocka_unit_test(advice_looks_at_real_orders),
        cmocka_unit_test(the_schema_is_json),
    };
    return cmocka_run_group_tests(tests, command_set_up, command_tear_down);
}
