/* guerdon backup, restore, explain and export, beside a shop at work. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "command.h"
#include "shop.h"

static void expect(const char *line, int exit_code, const char *printed, const char *said)
{
    struct command command;
    run(&command, "%s", line);
    assert_exit(&command, exit_code);
    if (printed != NULL) assert_printed(&command, printed);
    if (said != NULL) assert_said(&command, said);
    if (said == NULL) assert_silent(&command);
    command_release(&command);
}

static void a_backup_is_taken_beside_a_server_and_restored(void **context)
{
    (void)context;
    struct shop shop;
    shop_open(&shop);
    shop_join(&shop, "ann", "4711");
    shop_buy(&shop, "ann", "o1", 1050);
    expect("$guerdon backup --data data --output copy.db", 0, "copy.db: a copy up to record 2\n",
           NULL);
    expect("stat -c %a copy.db", 0, "600\n", NULL);
    shop_buy(&shop, "ann", "o2", 1000);
    shop_close(&shop);
    expect("$guerdon backup --data data --output copy.db", 1, NULL, "copy.db is there already");
    expect("$guerdon restore --input copy.db --data new", 0,
           "new/shop.db: restored; 2 records are right\nErased again: 0 members\n", NULL);
    expect("$guerdon verify --data new", 0, "nothing is wrong; 2 records", NULL);
    expect("$guerdon export --data new --table balances --format csv", 0,
           "ann,points,121,0,0,0\r\n", NULL);
    expect("ls new", 0, "shop.db\n", NULL);
}

static void nothing_is_restored_over_a_store(void **context)
{
    (void)context;
    struct shop shop;
    shop_open(&shop);
    shop_buy(&shop, "ann", "o1", 1050);
    expect("$guerdon backup --data data --output copy.db", 0, NULL, NULL);
    shop_buy(&shop, "ann", "o2", 1000);
    shop_close(&shop);
    expect("$guerdon restore --input copy.db --data data", 1, NULL,
           "data/shop.db is there already, and nothing is written over it");
    expect("$guerdon export --data data --table balances --format csv", 0, "ann,points,41,0,0,0",
           NULL);
    expect("ls data | grep -c restore", 1, "0\n", NULL);
}

static void what_is_no_whole_backup_is_not_restored(void **context)
{
    (void)context;
    struct shop shop;
    shop_open(&shop);
    shop_buy(&shop, "ann", "o1", 1050);
    expect("$guerdon backup --data data --output copy.db", 0, NULL, NULL);
    shop_close(&shop);
    put_file("text.db", "this is no store");
    expect("$guerdon restore --input text.db --data new", 1, NULL, "text.db");
    expect("$guerdon restore --input none.db --data new", 1, NULL, "none.db");
    expect("$guerdon restore --input copy.db", 2, NULL, "--data DIR");
    expect("$guerdon backup --data data", 2, NULL, "--output FILE");
    expect("head -c 20000 copy.db >part.db; $guerdon restore --input part.db --data new", 1, NULL,
           "part.db");
    expect("ls new", 0, "", NULL);
}

static void who_was_erased_since_is_erased_again(void **context)
{
    (void)context;
    struct shop shop;
    shop_open(&shop);
    shop_join(&shop, "ann", "4711");
    shop_join(&shop, "bob", "4712");
    expect("$guerdon backup --data data --output copy.db", 0, NULL, NULL);
    shop_erase(&shop, "ann");
    shop_close(&shop);
    expect("$guerdon restore --input copy.db --data new --erasures-from data/shop.db", 0,
           "Erased again: 1 members\n", NULL);
    expect("$guerdon export --data new --table members", 0, "\"id\":\"ann\",\"status\":\"erased\"",
           NULL);
    expect("$guerdon export --data new --member ann --table members --format csv", 0,
           "ann,erased,,", NULL);
    expect("$guerdon export --data new --table members | grep -c 4711", 1, "0\n", NULL);
    expect("$guerdon export --data new --table members | grep -c 4712", 0, "1\n", NULL);
    expect("$guerdon verify --data new", 0, "nothing is wrong; 3 records", NULL);
}

static void a_balance_is_explained_while_its_states_are_not_written_down(void **context)
{
    (void)context;
    struct shop shop;
    shop_open(&shop);
    shop_join(&shop, "ann", "4711");
    shop_buy(&shop, "ann", "o1", 1050);
    shop_buy(&shop, "ann", "o2", 2000);
    expect("$guerdon explain --data data ann", 0,
           "points: 161 to spend\n  161 available:\n    100 until ", NULL);
    expect("$guerdon explain --data data --wallet points ann", 0,
           ", by rule \"base\": 21 for 10.50 EUR (version 1 of the programme, record 2)\n", NULL);
    expect("$guerdon explain --data data --wallet points ann", 0,
           ", by rule \"welcome\": 100 (version 1 of the programme, record 1)\n", NULL);
    expect("$guerdon explain --data data --wallet points ann | grep -c 'purchase o2 on'", 0, "1\n",
           NULL);
    expect("$guerdon explain --data data nobody", 1, NULL, "there is no member \"nobody\"");
    expect("$guerdon explain --data data --wallet pints ann", 1, NULL,
           "the programme has no wallet \"pints\"");
    expect("$guerdon explain --data data", 2, NULL, "explain needs one MEMBER");
    shop_close(&shop);
}

static void the_lots_that_are_told_sum_up_to_the_balance(void **context)
{
    (void)context;
    struct shop shop;
    int64_t sum = 100;
    shop_open(&shop);
    shop_join(&shop, "ann", "4711");
    for (int i = 0; i < 100; i++) {
        char order[16];
        (void)snprintf(order, sizeof order, "o%d", i);
        shop_buy(&shop, "ann", order, 100 + i);
        sum += (100 + i) * 2 / 100;
    }
    char balance[64];
    (void)snprintf(balance, sizeof balance, "ann,points,%d,0,0,0\r\n", (int)sum);
    expect("$guerdon export --data data --table balances --format csv", 0, balance, NULL);
    char lots[64];
    (void)snprintf(lots, sizeof lots, "%d\n", (int)sum);
    expect("$guerdon export --data data --table lots --format csv | "
           "awk -F, 'NR > 1 { sum += $4 } END { print sum }'",
           0, lots, NULL);
    shop_close(&shop);
}

static void an_export_holds_every_table_or_one(void **context)
{
    (void)context;
    struct shop shop;
    shop_open(&shop);
    shop_join(&shop, "ann", "4711");
    shop_join(&shop, "bob", "4712");
    shop_buy(&shop, "bob", "o1", 1050);
    expect("$guerdon export --data data | grep -c .", 0, "15\n", NULL);
    expect("$guerdon export --data data --member bob | grep -c '\"ann\"'", 1, "0\n", NULL);
    expect("$guerdon export --data data --table postings --format csv", 0,
           "position,member,wallet,from,to,amount\r\n1,ann,points,issued,available,100\r\n", NULL);
    expect("$guerdon export --data data --table events --format csv", 0,
           "3,purchase,done,bob,o1,20", NULL);
    expect("$guerdon export --data data --member bob --output bob.json && grep -c . bob.json", 0,
           "9\n", NULL);
    expect("$guerdon export --data data --member zoe", 1, NULL, "there is no member \"zoe\"");
    expect("$guerdon export --data data --format csv", 2, NULL, "name it with --table NAME");
    expect("$guerdon export --data data --format xml", 2, NULL, "neither json nor csv");
    expect("$guerdon export --data data --table zoo", 2, NULL, "members, balances, lots");
    expect("$guerdon export", 2, NULL, "--data DIR");
    shop_close(&shop);
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

static void an_event_of_the_programmes_own_is_told_by_its_name(void **context)
{
    (void)context;
    struct shop shop;
    shop_open(&shop);
    shop_buy(&shop, "ann", "o1", 1000);
    shop_review(&shop, "ann", 5);
    shop_review(&shop, "ann", 3);
    shop_close(&shop);
    expect("$guerdon explain --data data ann", 0, "Product review on ", NULL);
    expect("$guerdon explain --data data ann", 0, ", by rule \"review\": 10", NULL);
    expect("$guerdon export --data data --table events --format csv", 0, "2,review,done,ann,",
           NULL);
    expect("$guerdon export --data data --table balances --format csv", 0, "ann,points,30,0,0,0",
           NULL);
    expect("$guerdon verify --data data", 0, "nothing is wrong; 3 records", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_event_of_the_programmes_own_is_told_by_its_name),
        TEST(a_backup_is_taken_beside_a_server_and_restored),
        TEST(nothing_is_restored_over_a_store),
        TEST(what_is_no_whole_backup_is_not_restored),
        TEST(who_was_erased_since_is_erased_again),
        TEST(a_balance_is_explained_while_its_states_are_not_written_down),
        TEST(the_lots_that_are_told_sum_up_to_the_balance),
        TEST(an_export_holds_every_table_or_one),
    };
    return cmocka_run_group_tests(tests, command_set_up, command_tear_down);
}
