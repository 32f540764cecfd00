/* guerdon verify: on the file of a server, while it works and when somebody has been at it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "command.h"
#include "store/store.h"

#define BYTES_MAXIMUM (64u << 20)
#define EVENTS 30
#define NOON_US INT64_C(1803900000000000)

static const char program_text[] = "program: shop\n"
                                   "currency: EUR\n"
                                   "wallets:\n"
                                   "  points: {}\n"
                                   "rules:\n"
                                   "  base: {on: purchase, earn: 1 point per 1.00 EUR}\n";

/* Purchases of three members, two of them once they are written down. */
static void write_events(struct store *store, const struct program *program, uint64_t first,
                         uint64_t last)
{
    struct states states;
    assert_int_equal(states_init(&states, BYTES_MAXIMUM), STATUS_OK);
    for (uint64_t position = first; position <= last; position++) {
        char order[16];
        struct decision decision;
        struct buffer body;
        const struct item item = {.sku = TEXT("A"), .quantity = 1, .unit_price = {1050, 2}};
        int length = snprintf(order, sizeof order, "o%d", (int)position);
        const struct event event = {.type = EVENT_PURCHASE,
                                    .position = position,
                                    .occurred_at_us = NOON_US,
                                    .clock_us = NOON_US,
                                    .member = position % 3 == 0 ? TEXT("ann") : TEXT("bob"),
                                    .order = {order, (size_t)length},
                                    .key = {order, (size_t)length},
                                    .items = &item,
                                    .item_count = 1};
        states_clear(&states);
        assert_int_equal(store_begin(store), STATUS_OK);
        assert_int_equal(store_load_for(store, program, &event, &states), STATUS_OK);
        assert_int_equal(engine_decide(program, &states, &event, NULL, &decision), STATUS_OK);
        buffer_init(&body, ENGINE_RECORD_MAXIMUM);
        assert_int_equal(engine_encode(&decision, &event, &body), STATUS_OK);
        const struct written written = {&decision, buffer_text(&body), &states};
        assert_int_equal(store_write(store, &written), STATUS_OK);
        assert_int_equal(store_commit(store), STATUS_OK);
        buffer_release(&body);
    }
    states_release(&states);
}

struct shop {
    struct arena arena;
    const struct program *program;
    struct store *store;
};

static void open_shop(struct shop *shop, const char *path)
{
    struct problem_list problems;
    const struct sqlite_options options = {.path = path};
    (void)remove(path);
    arena_init(&shop->arena, BYTES_MAXIMUM);
    problem_list_init(&problems, &shop->arena);
    assert_int_equal(program_load(&shop->arena, TEXT("shop.yaml"), TEXT(program_text), &problems,
                                  &shop->program),
                     STATUS_OK);
    assert_int_equal(sqlite_store_open(&options, NULL, &shop->store), STATUS_OK);
}

static void close_shop(struct shop *shop)
{
    store_close(shop->store);
    arena_release(&shop->arena);
}

/* A file with EVENTS events that nobody has open. */
static void make_file(const char *path)
{
    struct shop shop;
    open_shop(&shop, path);
    write_events(shop.store, shop.program, 1, EVENTS);
    assert_int_equal(store_write_behind(shop.store, true), STATUS_OK);
    close_shop(&shop);
}

static void change(const char *path, const char *sql)
{
    sqlite3 *database = NULL;
    char *message = NULL;
    assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
    int code = sqlite3_exec(database, sql, NULL, NULL, &message);
    if (code != SQLITE_OK) print_error("%s\n", message);
    assert_int_equal(code, SQLITE_OK);
    assert_true(sqlite3_changes(database) > 0);
    sqlite3_close(database);
}

static void a_file_that_is_right_is_said_to_be(void **context)
{
    (void)context;
    struct command command;
    make_file("shop.db");
    run(&command, "$guerdon verify --data shop.db");
    assert_printed(&command,
                   "shop.db: nothing is wrong; 30 records and 32 saved states are right\n");
    assert_silent(&command);
    assert_exit(&command, 0);
    command_release(&command);
}

static void a_servers_folder_will_do(void **context)
{
    (void)context;
    struct command command;
    assert_int_equal(mkdir("data", 0700), 0);
    make_file("data/shop.db");
    make_file("data/books.db");
    run(&command, "$guerdon verify --data data");
    assert_printed(&command, "data/books.db: nothing is wrong; 30 records and 32 saved states are "
                             "right\ndata/shop.db: nothing is wrong; ");
    assert_exit(&command, 0);
    command_release(&command);
    change("data/books.db", "DELETE FROM events WHERE position = 12");
    run(&command, "$guerdon verify --data data");
    assert_printed(&command, "data/books.db: record 12 is missing; 11 records are right\n"
                             "data/shop.db: nothing is wrong; ");
    assert_exit(&command, 1);
    command_release(&command);
}

static void a_server_may_work_on_the_file(void **context)
{
    (void)context;
    struct shop shop;
    struct command command;
    open_shop(&shop, "live.db");
    write_events(shop.store, shop.program, 1, 10);
    run(&command, "$guerdon verify --data live.db");
    assert_exit(&command, 0);
    assert_printed(&command, "; 10 records and ");
    command_release(&command);
    assert_int_equal(store_write_behind(shop.store, true), STATUS_OK);
    write_events(shop.store, shop.program, 11, 20);
    run(&command, "$guerdon verify --data live.db");
    assert_exit(&command, 0);
    assert_printed(&command, "; 20 records and ");
    command_release(&command);
    write_events(shop.store, shop.program, 21, EVENTS);
    close_shop(&shop);
    run(&command, "$guerdon verify --data live.db");
    assert_exit(&command, 0);
    command_release(&command);
}

/* Writes until nobody listens any more; says each ten events that they are there. */
static void write_until_told(const char *path, int said, int heard)
{
    struct shop shop;
    uint64_t position = 1;
    struct pollfd end = {.fd = heard, .events = POLLIN};
    open_shop(&shop, path);
    while (poll(&end, 1, 0) == 0) {
        write_events(shop.store, shop.program, position, position + 9);
        position += 10;
        assert_int_equal(store_write_behind(shop.store, false), STATUS_OK);
        assert_int_equal(write(said, "x", 1), 1);
    }
    close_shop(&shop);
    _exit(0);
}

static void a_server_may_write_meanwhile(void **context)
{
    (void)context;
    int said[2];
    int told[2];
    char byte;
    int child_status = 1;
    assert_int_equal(pipe(said), 0);
    assert_int_equal(pipe(told), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(told[1]);
        write_until_told("busy.db", said[1], told[0]);
    }
    close(told[0]);
    close(said[1]);
    for (int i = 0; i < 10; i++) {
        struct command command;
        assert_int_equal(read(said[0], &byte, 1), 1);
        run(&command, "$guerdon verify --data busy.db");
        assert_printed(&command, "nothing is wrong");
        assert_exit(&command, 0);
        command_release(&command);
    }
    close(told[1]);
    while (read(said[0], &byte, 1) == 1) {
        /* so that the child is not held up by a full pipe */
    }
    close(said[0]);
    assert_int_equal(waitpid(child, &child_status, 0), child);
    assert_int_equal(child_status, 0);
}

static void what_was_changed_is_named(void **context)
{
    (void)context;
    static const struct {
        const char *sql;
        const char *sentence;
    } cases[] = {
        {"UPDATE events SET record = cast(substr(record, 1, length(record) - 1) || x'7f' AS BLOB) "
         "WHERE position = 7",
         "record 7 (member bob) is not what was written: its hash is another"},
        {"UPDATE events SET record = cast(substr(record, 1, 9) || x'5a' || substr(record, 11) AS "
         "BLOB) WHERE position = 9",
         "record 9 (member ann) is not what was written: its hash is another"},
        {"UPDATE events SET record = x'00' WHERE position = 11", "record 11 cannot be read"},
        {"DELETE FROM events WHERE position = 12", "record 12 is missing"},
        {"UPDATE events SET record = (SELECT record FROM events AS other WHERE other.position = "
         "29 - events.position) WHERE position IN (14, 15)",
         "record 14 cannot be read"},
        {"UPDATE members SET state = cast(substr(state, 1, length(state) - 1) || x'33' AS BLOB) "
         "WHERE id = 'ann'",
         "the state of member ann, last touched by record 30, is saved otherwise than the records "
         "lead to"},
        {"DELETE FROM orders WHERE id = 'o5'",
         "the state of order o5, last touched by record 5, is not saved"},
        {"INSERT INTO orders SELECT 'o99', position, sequence, member, opened_position, hash, "
         "state FROM orders WHERE id = 'o3'",
         "the state of order o99 is saved though no record made it"},
        {"UPDATE orders SET hash = x'00' WHERE id = 'o3'",
         "the saved state of an order cannot be read"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct command command;
        make_file("changed.db");
        change("changed.db", cases[i].sql);
        run(&command, "$guerdon verify --data changed.db");
        assert_printed(&command, cases[i].sentence);
        assert_exit(&command, 1);
        command_release(&command);
    }
}

static void what_is_no_store_cannot_be_verified(void **context)
{
    (void)context;
    struct command command;
    run(&command, "$guerdon verify --data nowhere");
    assert_exit(&command, 1);
    assert_said(&command, "nowhere: No such file or directory");
    command_release(&command);
    run(&command, "mkdir empty; $guerdon verify --data empty");
    assert_exit(&command, 1);
    assert_said(&command, "empty: there is no store in it");
    command_release(&command);
    put_file("text.db", "this is no database, however long it is, and nobody thinks it is one\n");
    run(&command, "$guerdon verify --data text.db");
    assert_exit(&command, 1);
    assert_said(&command, "text.db: ");
    command_release(&command);
}

static void a_wrong_command_line_exits_with_2(void **context)
{
    (void)context;
    struct command command;
    run(&command, "$guerdon verify");
    assert_exit(&command, 2);
    command_release(&command);
    run(&command, "$guerdon verify shop.db");
    assert_exit(&command, 2);
    command_release(&command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_that_is_right_is_said_to_be),
        cmocka_unit_test(a_servers_folder_will_do),
        cmocka_unit_test(a_server_may_work_on_the_file),
        cmocka_unit_test(a_server_may_write_meanwhile),
        cmocka_unit_test(what_was_changed_is_named),
        cmocka_unit_test(what_is_no_store_cannot_be_verified),
        cmocka_unit_test(a_wrong_command_line_exits_with_2),
    };
    return cmocka_run_group_tests(tests, command_set_up, command_tear_down);
}
