/* guerdon backtest: orders in, figures out, each worked out by hand here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "command.h"

#define HEADER "order,member,sku,category,quantity,unit_price,time\n"

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

static const char plain[] = "program: plain\n"
                            "currency: USD\n"
                            "wallets:\n"
                            "  points: {names: {en: {one: point, other: points}}}\n"
                            "rules:\n"
                            "  base:\n"
                            "    on: purchase\n"
                            "    earn: 1 point per 1.00 USD of order.eligible, rounded down\n"
                            "rewards:\n"
                            "  mug: {cost: 50 points, value: 2.50 USD}\n"
                            "  few: {cost: 10 points, stock: 3}\n";

static const char expiring[] = "program: expiring\n"
                               "currency: USD\n"
                               "wallets:\n"
                               "  points:\n"
                               "    names: {en: {one: point, other: points}}\n"
                               "    expires: {after: 30 days}\n"
                               "rules:\n"
                               "  base:\n"
                               "    on: purchase\n"
                               "    earn: 2 points per 1.00 USD of order.eligible, rounded down\n"
                               "rewards:\n"
                               "  mug: {cost: 50 points}\n";

static const char waiting[] = "program: waiting\n"
                              "currency: USD\n"
                              "wallets:\n"
                              "  points: {names: {en: {one: point, other: points}}}\n"
                              "rules:\n"
                              "  welcome: {on: join, earn: 5 points}\n"
                              "  base:\n"
                              "    on: purchase\n"
                              "    earn: 1 point per 1.00 USD of order.eligible, rounded down\n"
                              "    pending: {until: delivered, at_latest: 10 days}\n"
                              "rewards:\n"
                              "  mug: {cost: 50 points}\n"
                              "  last: {cost: 50 points, stock: 1}\n";

/* Ann buys for 120.50 and returns one A of two, and two of a sku that she never bought; Bob buys
 * for 60.00; somebody unknown for 10.00. */
static const char orders[] = HEADER "1,ann,A,toys,2,40.00,2020-01-01T10:00:00Z\n"
                                    "1,ann,B,toys,1,40.50,2020-01-01T10:00:00Z\n"
                                    "2,,A,toys,1,10.00,2020-01-02T10:00:00Z\n"
                                    "3,bob,A,toys,1,60.00,2020-01-03T10:00:00Z\n"
                                    "R4,ann,A,toys,-1,40.00,2020-01-04T10:00:00Z\n"
                                    "R4,ann,C,toys,-2,40.00,2020-01-04T10:00:00Z\n";

static void run_json(struct command *command, const char *arguments)
{
    put_file("map.yaml", map);
    put_file("plain.yaml", plain);
    put_file("expiring.yaml", expiring);
    put_file("waiting.yaml", waiting);
    run(command, "$guerdon backtest --map map.yaml %s --json", arguments);
    assert_exit(command, 0);
    command_squeeze(command);
}

static void orders_returns_and_anonymous_lines_are_counted(void **context)
{
    (void)context;
    struct command command;
    put_file("orders.csv", orders);
    run_json(&command, "plain.yaml orders.csv");
    assert_silent(&command);
    assert_printed(&command, "[{\"program\":\"plain\",\"orders\":2,\"members\":2,");
    assert_printed(&command, "\"lines\":{\"total\":6,\"anonymous\":1,\"unreadable\":0}");
    assert_printed(&command,
                   "\"returns\":{\"orders\":1,\"units_matched\":1,\"units_unmatched\":2}");
    assert_printed(&command, "\"eligible_sales\":\"180.50\"");
    /* 120 + 60; of Ann's 120.50 there remain 80.50. */
    assert_printed(&command, "\"points\":{\"issued\":\"180\",\"taken_back\":\"40\","
                             "\"shortfall\":\"0\",\"redeemed\":\"0\",\"expired\":\"0\","
                             "\"pending\":\"0\",\"outstanding\":\"140\"}");
    assert_printed(&command, "\"rules\":{\"base\":{\"fired\":2,\"issued\":\"180\"}}");
    assert_printed(&command, "\"mug\":{\"count\":0,\"cost\":\"0\"}");
    assert_printed(&command, "\"seconds\":");
    command_release(&command);
}

static void standard_input_and_equals_signs_do_as_well(void **context)
{
    (void)context;
    struct command command;
    put_file("orders.csv", orders);
    put_file("map.yaml", map);
    put_file("plain.yaml", plain);
    run(&command,
        "$guerdon backtest --map map.yaml --json --until=2020-01-02 -- plain.yaml - <orders.csv");
    assert_exit(&command, 0);
    command_squeeze(&command);
    assert_printed(&command, "\"orders\":1,\"members\":1,");
    command_release(&command);
}

static void several_programmes_are_compared_with_the_first(void **context)
{
    (void)context;
    struct command command;
    put_file("orders.csv", orders);
    run_json(&command, "plain.yaml expiring.yaml plain.yaml orders.csv");
    /* Ann keeps 161 of 241 against 80 of 120, Bob 120 against 60: both gain. */
    assert_printed(&command, "\"against_first\":{\"gain\":2,\"lose\":0,\"same\":0,"
                             "\"gained\":\"141\",\"lost\":\"0\"}");
    assert_printed(&command, "\"against_first\":{\"gain\":0,\"lose\":0,\"same\":2,"
                             "\"gained\":\"0\",\"lost\":\"0\"}");
    command_release(&command);
}

static void the_end_lets_expire_what_is_due_at_it(void **context)
{
    (void)context;
    static const struct {
        const char *until;
        const char *points;
    } cases[] = {
        /* Ann's 241 points of 1 January live until the 31st, 10:00. */
        {"2020-01-31T09:59:59Z", "\"expired\":\"0\",\"pending\":\"0\",\"outstanding\":\"281\""},
        {"2020-01-31T10:00:00Z", "\"expired\":\"161\",\"pending\":\"0\",\"outstanding\":\"120\""},
        {"2030-01-01", "\"expired\":\"281\",\"pending\":\"0\",\"outstanding\":\"0\""},
        /* Before everything. */
        {"2020-01-01T10:00:00Z", "\"issued\":\"0\""},
    };
    put_file("orders.csv", orders);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct command command;
        char arguments[100];
        snprintf(arguments, sizeof arguments, "expiring.yaml orders.csv --until %s",
                 cases[i].until);
        run_json(&command, arguments);
        assert_printed(&command, cases[i].points);
        assert_printed(&command, "\"total\":6");
        command_release(&command);
    }
}

static void members_redeem_as_often_as_they_can_pay(void **context)
{
    (void)context;
    static const struct {
        const char *redeem;
        const char *result;
    } cases[] = {
        /* Ann has 120: two mugs; the return finds 20 of 40. Bob has 60: one. */
        {"mug", "\"mug\":{\"count\":3,\"cost\":\"150\"}"},
        {"mug", "\"taken_back\":\"20\",\"shortfall\":\"20\",\"redeemed\":\"150\""},
        {"mug@1", "\"mug\":{\"count\":3,\"cost\":\"150\"}"},
        {"mug@1.000", "\"mug\":{\"count\":3,\"cost\":\"150\"}"},
        {"mug@0", "\"mug\":{\"count\":0,\"cost\":\"0\"}"},
        /* Three in stock, and Ann comes first. */
        {"few", "\"few\":{\"count\":3,\"cost\":\"30\"}"},
    };
    put_file("orders.csv", orders);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct command command;
        char arguments[100];
        snprintf(arguments, sizeof arguments, "plain.yaml orders.csv --redeem %s", cases[i].redeem);
        run_json(&command, arguments);
        assert_printed(&command, cases[i].result);
        command_release(&command);
    }
}

/* BLAKE2b of "ann" begins with 62498115adfdffb3, 0.383934085648427... of the whole; that of "bob"
 * with 87683da837137691, 0.528934339111470... */
static void a_share_of_members_is_chosen_by_the_hash_of_their_ids(void **context)
{
    (void)context;
    static const struct {
        const char *share;
        const char *result;
    } cases[] = {
        {"0.383934085648426", "\"count\":0"},
        {"0.383934085648428", "\"count\":2"},
        {"0.528934339111470", "\"count\":2"},
        {"0.528934339111471", "\"count\":3"},
    };
    put_file("orders.csv", orders);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct command command;
        char arguments[100];
        snprintf(arguments, sizeof arguments, "plain.yaml orders.csv --redeem mug@%s",
                 cases[i].share);
        run_json(&command, arguments);
        assert_printed(&command, cases[i].result);
        command_release(&command);
    }
}

static void
joining_earns_with_the_first_order_and_pending_points_are_redeemed_when_released(void **context)
{
    (void)context;
    struct command command;
    put_file("orders.csv", HEADER "1,ann,A,toys,1,47.00,2020-01-01T10:00:00Z\n"
                                  "2,bob,A,toys,1,60.00,2020-01-02T10:00:00Z\n"
                                  "3,ann,A,toys,1,1.00,2020-01-20T10:00:00Z\n");
    run_json(&command, "waiting.yaml orders.csv --redeem mug --until 2020-01-21");
    /* Ann: 5 + 47 on 11 January, a mug, 2 left; Bob: 5 + 60 on the 12th, a mug, 15 left. */
    assert_printed(&command, "\"issued\":\"118\"");
    assert_printed(&command, "\"redeemed\":\"100\"");
    assert_printed(&command, "\"pending\":\"1\",\"outstanding\":\"17\"");
    assert_printed(&command, "\"welcome\":{\"fired\":2,\"issued\":\"10\"}");
    command_release(&command);
    /* Released at the end is settled, and not redeemed any more. */
    run_json(&command, "waiting.yaml orders.csv --redeem mug --until 2020-01-11T10:00:00Z");
    assert_printed(&command, "\"mug\":{\"count\":0,\"cost\":\"0\"}");
    assert_printed(&command, "\"pending\":\"60\",\"outstanding\":\"57\"");
    command_release(&command);
}

static void the_last_of_a_stock_goes_to_whose_points_are_released_first(void **context)
{
    (void)context;
    struct command command;
    /* Bob is first in the file's order of customers, Ann's points are released first. */
    put_file("orders.csv", HEADER "1,bob,A,toys,1,1.00,2020-01-01T10:00:00Z\n"
                                  "2,ann,A,toys,1,70.00,2020-01-02T10:00:00Z\n"
                                  "3,bob,A,toys,1,80.00,2020-01-03T10:00:00Z\n"
                                  "R4,ann,A,toys,-1,70.00,2020-02-03T10:00:00Z\n");
    run_json(&command, "waiting.yaml orders.csv --redeem last");
    assert_printed(&command, "\"last\":{\"count\":1,\"cost\":\"50\"}");
    /* Ann paid with her 5 and 45 of the 70 that are to be taken. */
    assert_printed(&command, "\"taken_back\":\"25\",\"shortfall\":\"45\"");
    command_release(&command);
}

static void one_invoice_of_two_customers_is_two_orders(void **context)
{
    (void)context;
    struct command command;
    put_file("orders.csv", HEADER "1,ann,A,toys,1,10.00,2020-01-01T10:00:00Z\n"
                                  "1,bob,A,toys,1,20.00,2020-01-01T10:00:00Z\n"
                                  "1,ann,B,toys,1,5.00,2020-01-05T10:00:00Z\n"
                                  "R2,bob,A,toys,-1,20.00,2020-01-06T10:00:00Z\n");
    run_json(&command, "plain.yaml orders.csv");
    assert_printed(&command, "\"orders\":2,\"members\":2");
    assert_printed(&command, "\"issued\":\"35\",\"taken_back\":\"20\"");
    command_release(&command);
}

static void a_customer_who_only_returns_is_a_member_without_points(void **context)
{
    (void)context;
    struct command command;
    put_file("orders.csv", HEADER "R1,ann,A,toys,-3,10.00,2020-01-01T10:00:00Z\n");
    run_json(&command, "plain.yaml orders.csv");
    assert_printed(&command, "\"orders\":0,\"members\":1");
    assert_printed(&command,
                   "\"returns\":{\"orders\":1,\"units_matched\":0,\"units_unmatched\":3}");
    command_release(&command);
}

static void a_file_without_orders_gives_zeros(void **context)
{
    (void)context;
    struct command command;
    put_file("orders.csv", HEADER);
    run_json(&command, "plain.yaml orders.csv --redeem mug");
    assert_printed(&command, "\"orders\":0,\"members\":0,\"lines\":{\"total\":0,");
    assert_printed(&command, "\"issued\":\"0\"");
    command_release(&command);
}

static void lines_that_cannot_be_read_are_counted_and_shown(void **context)
{
    (void)context;
    struct command command;
    put_file("orders.csv", HEADER "1,ann,A,toys,1,10.00,2020-01-01T10:00:00Z\n"
                                  "2,ann,A,toys,one,10.00,2020-01-02T10:00:00Z\n"
                                  "3,ann,A,toys,1,10.00,2020-02-30T10:00:00Z\n");
    run_json(&command, "plain.yaml orders.csv");
    assert_printed(&command, "\"lines\":{\"total\":3,\"anonymous\":0,\"unreadable\":2}");
    assert_said(&command, "orders.csv:3:");
    assert_said(&command, "orders.csv:4:");
    command_release(&command);
    run(&command, "$guerdon backtest --map map.yaml plain.yaml orders.csv");
    assert_exit(&command, 0);
    assert_printed(&command, "line 3: ");
    command_release(&command);
    run(&command, "$guerdon backtest --map map.yaml plain.yaml orders.csv --strict");
    assert_exit(&command, 1);
    assert_int_equal(command.output.length, 0);
    assert_said(&command, "orders.csv:3:");
    command_release(&command);
}

static void what_cannot_be_done_is_said_and_nothing_is_printed(void **context)
{
    (void)context;
    static const struct {
        const char *arguments;
        int exit_code;
        const char *said;
    } cases[] = {
        {"plain.yaml orders.csv --redeem mug@x", 2, "must be a number from 0 to 1"},
        {"plain.yaml orders.csv --redeem mug@1.1", 2, "must be a number from 0 to 1"},
        {"plain.yaml orders.csv --redeem mug@-0.1", 2, "must be a number from 0 to 1"},
        {"plain.yaml orders.csv --redeem mug@", 2, "must be a number from 0 to 1"},
        {"plain.yaml orders.csv --until yesterday", 2, "--until yesterday is no time"},
        {"plain.yaml orders.csv --until 2020-02-30", 2, "--until 2020-02-30 is no time"},
        {"plain.yaml expiring.yaml orders.csv --redeem few", 1,
         "expiring.yaml has no reward 'few'"},
        {"plain.yaml orders.csv --map nowhere.yaml", 2, "--map is given twice"},
        {"nowhere.yaml orders.csv", 1, "nowhere.yaml cannot be read"},
        {"plain.yaml nowhere.csv", 1, "nowhere.csv"},
        {"orders.csv orders.csv", 1, "orders.csv:1:"},
        {"euro.yaml orders.csv", 1, "the orders are in USD, which is no currency"},
    };
    put_file("map.yaml", map);
    put_file("plain.yaml", plain);
    put_file("expiring.yaml", expiring);
    put_file("orders.csv", orders);
    put_file("euro.yaml", "program: euro\ncurrency: EUR\nwallets: {points: {}}\n");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct command command;
        run(&command, "$guerdon backtest --map map.yaml %s --json", cases[i].arguments);
        assert_exit(&command, cases[i].exit_code);
        assert_said(&command, "guerdon: ");
        assert_said(&command, cases[i].said);
        assert_int_equal(command.output.length, 0);
        command_release(&command);
    }
}

/* A line of orders with its texts repeated to some length. */
static void append_line(struct buffer *file, const char *order, size_t order_length,
                        const char *member, size_t member_length, const char *sku,
                        size_t sku_length, int quantity)
{
    static const char *const ends[] = {",", ",", ",toys,"};
    const char *const texts[] = {order, member, sku};
    const size_t lengths[] = {order_length, member_length, sku_length};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(buffer_add(file, text_of(texts[i])), STATUS_OK);
        for (size_t k = strlen(texts[i]); k < lengths[i]; k++)
            assert_int_equal(buffer_add_byte(file, '-'), STATUS_OK);
        assert_int_equal(buffer_add(file, text_of(ends[i])), STATUS_OK);
    }
    assert_int_equal(buffer_add_format(file, "%d,1.00,2020-01-01T10:00:00Z\n", quantity),
                     STATUS_OK);
}

static void texts_of_any_length_and_shared_invoices_are_kept_apart(void **context)
{
    (void)context;
    struct command command;
    struct buffer file;
    buffer_init(&file, 1u << 20);
    assert_int_equal(buffer_add(&file, TEXT(HEADER)), STATUS_OK);
    append_line(&file, "1", 100, "ann", 100, "A", 300, 5);
    append_line(&file, "1", 100, "bob", 100, "B", 300, 7);
    append_line(&file, "2", 60, "ann", 100, "A", 300, 11);
    append_line(&file, "2", 60, "cleo", 4, "A", 300, 13);
    append_line(&file, "R3", 100, "ann", 100, "A", 300, -12);
    append_line(&file, "R3", 100, "bob", 100, "A", 300, -1);
    assert_int_equal(buffer_add_byte(&file, '\0'), STATUS_OK);
    put_file("orders.csv", file.bytes);
    buffer_release(&file);
    run_json(&command, "plain.yaml orders.csv");
    assert_printed(&command, "\"orders\":4,\"members\":3");
    assert_printed(&command,
                   "\"returns\":{\"orders\":2,\"units_matched\":12,\"units_unmatched\":1}");
    assert_printed(&command, "\"issued\":\"36\",\"taken_back\":\"12\"");
    command_release(&command);
}

static void an_order_can_have_ten_thousand_lines_and_a_return_any_number(void **context)
{
    (void)context;
    struct command command;
    struct buffer file;
    buffer_init(&file, 8u << 20);
    assert_int_equal(buffer_add(&file, TEXT(HEADER)), STATUS_OK);
    for (int i = 0; i < 10000; i++)
        append_line(&file, "1", 1, "ann", 3, "A", 1, 1);
    append_line(&file, "2", 1, "ann", 3, "B", 1, 20000);
    for (int i = 0; i < 10005; i++)
        append_line(&file, "R3", 2, "ann", 3, "B", 1, -1);
    size_t length = file.length;
    assert_int_equal(buffer_add_byte(&file, '\0'), STATUS_OK);
    put_file("orders.csv", file.bytes);
    run_json(&command, "plain.yaml orders.csv");
    assert_printed(&command, "\"issued\":\"30000\",\"taken_back\":\"10005\"");
    command_release(&command);
    file.length = length;
    append_line(&file, "1", 1, "ann", 3, "A", 1, 1);
    assert_int_equal(buffer_add_byte(&file, '\0'), STATUS_OK);
    put_file("orders.csv", file.bytes);
    buffer_release(&file);
    run(&command, "$guerdon backtest --map map.yaml plain.yaml orders.csv --json");
    assert_exit(&command, 1);
    assert_said(&command, "guerdon: order 1 of 2020-01-01T10:00:00Z: an order can have at most "
                          "10000 lines; the back-test stops here");
    assert_int_equal(command.output.length, 0);
    command_release(&command);
}

static void the_first_and_the_last_year_can_be_replayed(void **context)
{
    (void)context;
    struct command command;
    put_file("orders.csv", HEADER "1,ann,A,toys,1,10.00,9999-12-31T23:59:59Z\n"
                                  "2,ann,A,toys,1,20.00,0001-01-01T00:00:00Z\n");
    run_json(&command, "plain.yaml orders.csv");
    assert_printed(&command, "\"issued\":\"30\"");
    command_release(&command);
}

static void a_report_is_written_whole_or_not_at_all(void **context)
{
    (void)context;
    struct command command;
    put_file("map.yaml", map);
    put_file("plain.yaml", plain);
    put_file("orders.csv", orders);
    put_file("report.html", "old");
    run(&command, "ln -s report.html link.html; "
                  "$guerdon backtest --map map.yaml plain.yaml orders.csv --report link.html");
    assert_exit(&command, 0);
    command_release(&command);
    struct buffer page = get_file("report.html");
    assert_non_null(strstr(page.bytes, "</html>"));
    buffer_release(&page);
    run(&command, "test -L link.html && ls | grep -c '\\.html\\.'");
    assert_string_equal(command.output.bytes, "0\n");
    command_release(&command);
    run(&command,
        "$guerdon backtest --map map.yaml plain.yaml orders.csv --report nowhere/report.html");
    assert_exit(&command, 1);
    assert_said(&command, "guerdon: nowhere/report.html cannot be written");
    assert_int_equal(command.output.length, 0);
    command_release(&command);
    run(&command, "$guerdon backtest --map map.yaml plain.yaml orders.csv --report /dev/full");
    assert_exit(&command, 1);
    assert_said(&command, "guerdon: /dev/full cannot be written: No space left on device");
    command_release(&command);
}

static void the_table_is_for_people(void **context)
{
    (void)context;
    struct command command;
    put_file("map.yaml", map);
    put_file("plain.yaml", plain);
    put_file("expiring.yaml", expiring);
    put_file("orders.csv", orders);
    run(&command, "$guerdon backtest --map map.yaml plain.yaml expiring.yaml orders.csv");
    assert_exit(&command, 0);
    assert_silent(&command);
    assert_printed(&command, "issued");
    assert_printed(&command, "180");
    assert_not_printed(&command, "\x1b");
    command_release(&command);
}

#define EVENLY "program: p\ncurrency: USD\nprofile: {country: string}\nwallets: {points: {}}\n"

/* What members have no birthday and no profile for does not hold, and stops nothing. */
static void expressions_come_to_what_the_short_forms_come_to(void **context)
{
    (void)context;
    struct command command;
    put_file("short.yaml",
             EVENLY "counters: {visits: {count: purchases}}\n"
                    "tiers: {club: {measured_by: visits, levels: {friend: {from: 3 purchases}}}}\n"
                    "rules:\n"
                    "  base:\n"
                    "    on: purchase\n"
                    "    earn: \"1 point per 1.00 USD of order.eligible, rounded down\"\n"
                    "    boosts: {friend: {if: {tier: friend}, by: 2}}\n"
                    "  large: {on: purchase, if: {order_at_least: 30.00 USD}, earn: 5 points,"
                    " limit: {per_member: 1 per calendar month}}\n"
                    "  chosen: {on: purchase, if: {category: [gifts, fragrance]},"
                    " earn: 1 point per item}\n");
    put_file("long.yaml",
             EVENLY "counters: {visits: {count: purchases}}\n"
                    "tiers: {club: {measured_by: member.counters.visits, levels: {friend: {from: "
                    "3}}}}\n"
                    "segments: {friends: {when: member.tiers.club == 'friend'}}\n"
                    "rules:\n"
                    "  base:\n"
                    "    on: purchase\n"
                    "    earn: \"1 point per 1.00 USD of order.eligible, rounded down\"\n"
                    "    boosts: {friend: {when: member.segments.friends, by: 2}}\n"
                    "  large: {on: purchase, when: order.eligible >= 30.00, earn: (2 + 3) points,"
                    " limit: {per_member: 1 per calendar month}}\n"
                    "  chosen: {on: purchase, where: \"item.category in ['gifts', 'fragrance']\","
                    " earn: 1 point per item}\n"
                    "  never: {on: purchase, earn: 1000 points, when: \"member.profile.country =="
                    " 'US' || member.birthday.month == 5\"}\n");
    run(&command, "$guerdon generate --members 400 --days 500 --output made.csv && "
                  "$guerdon backtest short.yaml made.csv >short.txt && "
                  "$guerdon backtest long.yaml made.csv >long.txt && "
                  "grep -q '^  chosen  .*[1-9]' short.txt && grep -q '^  never  *0 ' long.txt && "
                  "grep -v '^  never  ' long.txt | diff short.txt -");
    assert_exit(&command, 0);
    assert_silent(&command);
    command_release(&command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expressions_come_to_what_the_short_forms_come_to),
        cmocka_unit_test(orders_returns_and_anonymous_lines_are_counted),
        cmocka_unit_test(standard_input_and_equals_signs_do_as_well),
        cmocka_unit_test(several_programmes_are_compared_with_the_first),
        cmocka_unit_test(the_end_lets_expire_what_is_due_at_it),
        cmocka_unit_test(members_redeem_as_often_as_they_can_pay),
        cmocka_unit_test(a_share_of_members_is_chosen_by_the_hash_of_their_ids),
        cmocka_unit_test(
            joining_earns_with_the_first_order_and_pending_points_are_redeemed_when_released),
        cmocka_unit_test(the_last_of_a_stock_goes_to_whose_points_are_released_first),
        cmocka_unit_test(one_invoice_of_two_customers_is_two_orders),
        cmocka_unit_test(a_customer_who_only_returns_is_a_member_without_points),
        cmocka_unit_test(a_file_without_orders_gives_zeros),
        cmocka_unit_test(lines_that_cannot_be_read_are_counted_and_shown),
        cmocka_unit_test(what_cannot_be_done_is_said_and_nothing_is_printed),
        cmocka_unit_test(texts_of_any_length_and_shared_invoices_are_kept_apart),
        cmocka_unit_test(an_order_can_have_ten_thousand_lines_and_a_return_any_number),
        cmocka_unit_test(the_first_and_the_last_year_can_be_replayed),
        cmocka_unit_test(a_report_is_written_whole_or_not_at_all),
        cmocka_unit_test(the_table_is_for_people),
    };
    return cmocka_run_group_tests(tests, command_set_up, command_tear_down);
}
