/* Published figures: real orders, and orders made up, give the totals that programs of others
 * found.
 *
 * Without the real data that part says `not run: real data`; the part on generated orders always
 * runs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "command.h"

/* GUERDON_DATA, or the folder beside the project. */
static void find_data(char *path, size_t size)
{
    const char *data = getenv("GUERDON_DATA");
    const char *source = getenv("GUERDON_SOURCE");
    assert_non_null(source);
    if (data != NULL && data[0] != '\0') {
        snprintf(path, size, "%s/online-retail/online_retail.csv.zst", data);
    } else {
        snprintf(path, size, "%s/../shared/data/online-retail/online_retail.csv.zst", source);
    }
}

static void the_online_retail_orders_give_the_published_figures(void **context)
{
    (void)context;
    char orders[4096];
    find_data(orders, sizeof orders);
    if (access(orders, R_OK) != 0) {
        puts("not run: real data");
        return;
    }
    struct command command;
    run(&command,
        "cd \"$GUERDON_SOURCE/examples\"; $guerdon backtest programs/retail-plain.yaml "
        "programs/retail-expiring.yaml '%s' --map maps/online-retail.yaml "
        "--until 2012-01-01T00:00:00Z --json",
        orders);
    assert_exit(&command, 0);
    assert_silent(&command);
    command_squeeze(&command);
    static const char counts[] =
        "\"orders\":18536,\"members\":4372,"
        "\"lines\":{\"total\":541909,\"anonymous\":135080,\"unreadable\":0},"
        "\"returns\":{\"orders\":3654,\"units_matched\":250838,\"units_unmatched\":23970},";
    char part[500];
    snprintf(part, sizeof part, "[{\"program\":\"retail-plain\",%s", counts);
    assert_printed(&command, part);
    snprintf(part, sizeof part, ",{\"program\":\"retail-expiring\",%s", counts);
    assert_printed(&command, part);
    assert_printed(&command, "\"points\":{\"issued\":\"8902670\",\"taken_back\":\"516114\","
                             "\"shortfall\":\"0\",\"redeemed\":\"0\",\"expired\":\"0\","
                             "\"pending\":\"0\",\"outstanding\":\"8386556\"}");
    assert_printed(&command, "\"points\":{\"issued\":\"8902670\",\"taken_back\":\"484628\","
                             "\"shortfall\":\"31486\",\"redeemed\":\"0\",\"expired\":\"5949884\","
                             "\"pending\":\"0\",\"outstanding\":\"2468158\"}");
    command_release(&command);
}

static const char plain[] = "program: plain\n"
                            "currency: USD\n"
                            "wallets:\n"
                            "  points:\n"
                            "    names: {en: {one: point, other: points}}\n"
                            "    on_return: {earned_but_spent: to zero}\n"
                            "rules:\n"
                            "  base:\n"
                            "    on: purchase\n"
                            "    earn: 1 point per 1.00 USD of order.eligible, rounded down\n"
                            "rewards:\n"
                            "  mug: {cost: 100 points}\n";

static const char expiring[] = "program: expiring\n"
                               "currency: USD\n"
                               "wallets:\n"
                               "  points:\n"
                               "    names: {en: {one: point, other: points}}\n"
                               "    expires: {after: 90 days}\n"
                               "    on_return: {earned_but_spent: to zero}\n"
                               "rules:\n"
                               "  base:\n"
                               "    on: purchase\n"
                               "    earn: 1 point per 1.00 USD of order.eligible, rounded down\n"
                               "rewards:\n"
                               "  mug: {cost: 100 points}\n";

static void generated_orders_give_the_figures_that_a_second_program_found(void **context)
{
    (void)context;
    struct command command;
    put_file("plain.yaml", plain);
    put_file("expiring.yaml", expiring);
    run(&command, "$guerdon generate --members 2000 --days 730 --seed 7 --output orders.csv && "
                  "$guerdon backtest plain.yaml expiring.yaml orders.csv --redeem mug@0.5 --json");
    assert_exit(&command, 0);
    assert_silent(&command);
    command_squeeze(&command);
    assert_printed(&command, "[{\"program\":\"plain\",\"orders\":4903,\"members\":2000,"
                             "\"lines\":{\"total\":15349,\"anonymous\":2500,\"unreadable\":0},"
                             "\"returns\":{\"orders\":291,\"units_matched\":515,"
                             "\"units_unmatched\":0},\"eligible_sales\":\"168041.58\",");
    assert_printed(&command, "\"points\":{\"issued\":\"165470\",\"taken_back\":\"6342\","
                             "\"shortfall\":\"680\",\"redeemed\":\"43100\",\"expired\":\"0\","
                             "\"pending\":\"0\",\"outstanding\":\"116028\"}");
    assert_printed(&command, "\"points\":{\"issued\":\"165470\",\"taken_back\":\"6326\","
                             "\"shortfall\":\"696\",\"redeemed\":\"30900\",\"expired\":\"104461\","
                             "\"pending\":\"0\",\"outstanding\":\"23783\"}");
    assert_printed(&command, "\"mug\":{\"count\":431,\"cost\":\"43100\"}");
    assert_printed(&command, "\"mug\":{\"count\":309,\"cost\":\"30900\"}");
    command_release(&command);
}

static void generating_twice_gives_the_same_bytes(void **context)
{
    (void)context;
    struct command command;
    run(&command, "$guerdon generate --members 50 >a && $guerdon generate --members=50 --days 730 "
                  "--seed 1 --output b && cmp a b && $guerdon generate --members 50 --seed 2 >c && "
                  "! cmp -s a c");
    assert_exit(&command, 0);
    command_release(&command);
}

static void wrong_numbers_are_refused(void **context)
{
    (void)context;
    static const struct {
        const char *arguments;
        const char *said;
    } cases[] = {
        {"--members 0", "--members 0 must be a whole number from 1 to 100000000"},
        {"--members 100000001", "--members 100000001 must be a whole number from 1"},
        {"--days 36501", "--days 36501 must be a whole number from 1 to 36500"},
        {"--days 1.5", "--days 1.5 must be a whole number"},
        {"--seed -1", "--seed -1 must be a whole number from 0 to 18446744073709551615"},
        {"--seed 18446744073709551616", "--seed 18446744073709551616 must be a whole number"},
        {"--seed=", "--seed  must be a whole number"},
        {"orders.csv", "generate takes options only"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct command command;
        run(&command, "$guerdon generate %s", cases[i].arguments);
        assert_exit(&command, 2);
        assert_said(&command, cases[i].said);
        assert_int_equal(command.output.length, 0);
        command_release(&command);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_online_retail_orders_give_the_published_figures),
        cmocka_unit_test(generated_orders_give_the_figures_that_a_second_program_found),
        cmocka_unit_test(generating_twice_gives_the_same_bytes),
        cmocka_unit_test(wrong_numbers_are_refused),
    };
    return cmocka_run_group_tests(tests, command_set_up, command_tear_down);
}
