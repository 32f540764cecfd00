/* guerdon import: members and opening balances, exact, once, and not before their time over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "command.h"
#include "shop.h"

static void make_store(void)
{
    struct shop shop;
    shop_open(&shop);
    shop_close(&shop);
}

static void expect_export(const char *options, const char *line)
{
    struct command command;
    run(&command, "$guerdon export --data data %s", options);
    assert_exit(&command, 0);
    assert_printed(&command, line);
    command_release(&command);
}

static void expect_right(void)
{
    struct command command;
    run(&command, "$guerdon verify --data data");
    assert_exit(&command, 0);
    command_release(&command);
}

static void opening_balances_are_exact_and_end_when_the_file_says(void **context)
{
    (void)context;
    struct command command;
    make_store();
    put_file("members.csv", "member,joined_at,wallet,amount,expires_at,reason,id.card,field.name\n"
                            "ann,2024-03-01,points,1250,2099-03-31,,4711,\"Ann \"\"A\"\" Berg\"\n"
                            "ann,,credit,9223372036854775.07,2099-01-01T12:00:00Z,old system,,\n"
                            "bob,2024-03-01,,,,,4712,Bob\n");
    run(&command, "$guerdon import --data data members.csv");
    assert_silent(&command);
    assert_exit(&command, 0);
    assert_printed(&command, "3 lines, 0 of them wrong; 2 new members; 0 balances were there "
                             "already\npoints: 1,250 in 1 balances\n"
                             "credit: 9,223,372,036,854,775.07 in 1 balances\n");
    command_release(&command);
    expect_export("--table members",
                  "\"id\":\"ann\",\"status\":\"active\",\"joined_at\":\"2024-03-01T00:00:00Z\","
                  "\"external_ids\":[{\"kind\":\"card\",\"value\":\"4711\"}],"
                  "\"fields\":{\"name\":\"Ann \\\"A\\\" Berg\"}");
    expect_export("--table lots --format csv", "ann,points,available,1250,,2099-04-01T00:00:00Z,,");
    expect_export("--table lots --format csv",
                  "ann,credit,available,9223372036854775.07,,2099-01-01T12:00:00Z,,");
    expect_export("--table events", "\"reason\":\"opening balance\"");
    expect_export("--table events", "\"reason\":\"old system\"");
    expect_right();
}

static void being_imported_earns_nothing(void **context)
{
    (void)context;
    struct command command;
    make_store();
    put_file("members.csv", "member,wallet,amount\nann,points,7\nbob,,\n");
    run(&command, "$guerdon import --data data members.csv");
    assert_exit(&command, 0);
    command_release(&command);
    expect_export("--table balances --format csv", "ann,points,7,0,0,0\r\n");
    expect_export("--table balances --format csv", "bob,points,0,0,0,0\r\n");
}

static void a_file_imported_twice_doubles_nothing_whatever_its_order(void **context)
{
    (void)context;
    struct command command;
    make_store();
    put_file("one.csv", "member,wallet,amount,expires_at\n"
                        "ann,points,7,2099-01-01\nann,points,8,2099-01-01\n");
    put_file("two.csv", "expires_at,amount,wallet,member\n"
                        "2099-01-01,8,points,ann\n2099-01-01,07,points,ann\n,9,points,ann\n");
    run(&command, "$guerdon import --data data one.csv && $guerdon import --data data one.csv");
    assert_exit(&command, 0);
    assert_printed(&command, "2 lines, 0 of them wrong; 0 new members; 2 balances were there");
    command_release(&command);
    run(&command, "$guerdon import --data data two.csv");
    assert_exit(&command, 0);
    assert_printed(&command, "2 balances were there already\npoints: 9 in 1 balances\n");
    command_release(&command);
    expect_export("--table balances --format csv", "ann,points,24,0,0,0\r\n");
    expect_right();
}

static void a_wrong_line_is_named_and_does_not_spoil_the_others(void **context)
{
    (void)context;
    static const struct {
        const char *line;
        const char *said;
    } cases[] = {
        {"cid,points,12.5,,", "amount 12.5 has more decimals than points has: 0"},
        {"cid,points,-3,,", "amount -3: an opening balance is above zero"},
        {"cid,points,0,,", "amount 0: an opening balance is above zero"},
        {"cid,points,1e3,,", "amount \"1e3\" is no number such as 1250 or 12.50"},
        {"cid,points,9223372036854775808,,", "amount \"9223372036854775808\" is no number"},
        {"cid,points,7,2020-01-01,", "expires_at 2020-01-01 has passed"},
        {"cid,points,7,2099-02-30,", "expires_at \"2099-02-30\" does not exist"},
        {"cid,points,7,soon,", "expires_at \"soon\" is no time; write 2027-03-31"},
        {"cid,pints,7,,", "the programme has no wallet \"pints\""},
        {"cid,points,,,", "wallet and amount belong together"},
        {"cid,points,7,,4711", "card 4711 is another member's"},
        {"cid,points", "it has another number of columns than the first line"},
        {",points,7,,", "it names no member"},
        {"ann,points,1,,", "the same balance stands in an earlier line of this file"},
        {"c\xff,points,7,,", "column 1 is no UTF-8 text"},
        {"ann,points,9223372036854775807,,", ""},
    };
    struct command command;
    struct buffer file;
    make_store();
    buffer_init(&file, 1u << 16);
    assert_int_equal(buffer_add(&file, TEXT("member,wallet,amount,expires_at,id.card\n"
                                            "ann,points,1,,4711\n")),
                     STATUS_OK);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(buffer_add_format(&file, "%s\n", cases[i].line), STATUS_OK);
    assert_int_equal(buffer_add(&file, TEXT("zoe,points,5,,\n")), STATUS_OK);
    assert_int_equal(buffer_add_byte(&file, '\0'), STATUS_OK);
    put_file("members.csv", file.bytes);
    buffer_release(&file);
    run(&command, "$guerdon import --data data members.csv");
    assert_exit(&command, 1);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char said[200];
        (void)snprintf(said, sizeof said, "members.csv:%d: %s", (int)i + 3, cases[i].said);
        assert_said(&command, said);
    }
    assert_printed(&command, "18 lines, 16 of them wrong; 2 new members");
    command_release(&command);
    expect_export("--table balances --format csv", "ann,points,1,0,0,0\r\n");
    expect_export("--table balances --format csv", "zoe,points,5,0,0,0\r\n");
    expect_right();
}

static void strict_and_dry_run_write_nothing(void **context)
{
    (void)context;
    struct command command;
    make_store();
    put_file("members.csv", "member,wallet,amount\nann,points,7\nbob,points,x\n");
    run(&command, "$guerdon import --data data --strict members.csv");
    assert_exit(&command, 1);
    assert_printed(&command, "Nothing was written.\n");
    command_release(&command);
    put_file("members.csv", "member,wallet,amount\nann,points,7\n");
    run(&command, "$guerdon import --data data --dry-run members.csv");
    assert_exit(&command, 0);
    assert_printed(&command, "points: 7 in 1 balances\nNothing was written.\n");
    command_release(&command);
    run(&command, "$guerdon export --data data");
    assert_exit(&command, 0);
    assert_string_equal(command.output.bytes, "");
    command_release(&command);
    run(&command, "$guerdon import --data data --strict members.csv");
    assert_exit(&command, 0);
    command_release(&command);
    expect_export("--table balances --format csv", "ann,points,7,0,0,0\r\n");
}

static void a_header_that_cannot_be_meant_is_refused(void **context)
{
    (void)context;
    static const struct {
        const char *file;
        const char *said;
    } cases[] = {
        {"member,walet,amount\n", "members.csv:1: unknown column \"walet\"; did you mean "
                                  "\"wallet\"?"},
        {"member,zebra\n", "members.csv:1: unknown column \"zebra\"; there are member"},
        {"wallet,amount\n", "\"member\" must be among them"},
        {"member,wallet\n", "\"wallet\" and \"amount\" belong together"},
        {"member,member\n", "the column \"member\" is there twice"},
        {"", "the first line must name the columns"},
    };
    make_store();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct command command;
        put_file("members.csv", cases[i].file);
        run(&command, "$guerdon import --data data members.csv");
        assert_exit(&command, 1);
        assert_said(&command, cases[i].said);
        command_release(&command);
    }
}

static void a_store_that_a_server_has_open_is_left_alone(void **context)
{
    (void)context;
    struct shop shop;
    struct command command;
    shop_open(&shop);
    put_file("members.csv", "member,wallet,amount\nann,points,7\n");
    run(&command, "$guerdon import --data data members.csv");
    assert_exit(&command, 1);
    assert_said(&command, "stop that first, or import through its API");
    command_release(&command);
    shop_close(&shop);
}

static void wrong_calls_are_told_apart_from_failures(void **context)
{
    (void)context;
    static const struct {
        const char *line;
        int exit_code;
        const char *said;
    } cases[] = {
        {"$guerdon import members.csv", 2, "--data DIR"},
        {"$guerdon import --data data", 2, "import needs one FILE.csv"},
        {"$guerdon import --data none members.csv", 1, "none cannot be read"},
        {"$guerdon import --data data --program zoo members.csv", 1, "data/zoo.db"},
        {"$guerdon import --data data none.csv", 1, "none.csv"},
        {"$guerdon import --data data --strict -", 2, "it cannot be -"},
    };
    make_store();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct command command;
        run(&command, "%s", cases[i].line);
        assert_exit(&command, cases[i].exit_code);
        assert_said(&command, cases[i].said);
        command_release(&command);
    }
}

static int empty_the_folder(void **context)
{
    (void)context;
    struct command command;
    run(&command, "rm -rf data new *.db *.csv *.json");
    command_release(&command);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup(name, empty_the_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(opening_balances_are_exact_and_end_when_the_file_says),
        TEST(being_imported_earns_nothing),
        TEST(a_file_imported_twice_doubles_nothing_whatever_its_order),
        TEST(a_wrong_line_is_named_and_does_not_spoil_the_others),
        TEST(strict_and_dry_run_write_nothing),
        TEST(a_header_that_cannot_be_meant_is_refused),
        TEST(a_store_that_a_server_has_open_is_left_alone),
        TEST(wrong_calls_are_told_apart_from_failures),
    };
    return cmocka_run_group_tests(tests, command_set_up, command_tear_down);
}
