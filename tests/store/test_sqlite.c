/* The SQLite store: what it promises beyond the contract, by its invariants (src/store/sqlite.c).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "shop.h"

struct fixture {
    char folder[200];
    char path[240];
    struct store *store;
    struct shop shop;
};

static struct store *open_at(const char *path, size_t cache_bytes)
{
    struct sqlite_options options = {.path = path, .cache_bytes = cache_bytes};
    struct store *store = NULL;
    struct buffer message;
    buffer_init(&message, 4096);
    enum status status = sqlite_store_open(&options, &message, &store);
    if (status != STATUS_OK) print_error("%.*s\n", TEXT_ARGUMENTS(buffer_text(&message)));
    assert_int_equal(status, STATUS_OK);
    buffer_release(&message);
    return store;
}

static int set_up(void **context)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    folder_open(fixture->folder, sizeof fixture->folder);
    snprintf(fixture->path, sizeof fixture->path, "%s/store", fixture->folder);
    fixture->store = open_at(fixture->path, 0);
    shop_open(&fixture->shop, fixture->store, 7, 50);
    *context = fixture;
    return 0;
}

static int tear_down(void **context)
{
    struct fixture *fixture = *context;
    store_close(fixture->store);
    shop_close(&fixture->shop);
    folder_close(fixture->folder);
    free(fixture);
    return 0;
}

static void reopen(struct fixture *fixture, size_t cache_bytes)
{
    store_close(fixture->store);
    fixture->store = open_at(fixture->path, cache_bytes);
    shop_resume(&fixture->shop, fixture->store);
}

/* What another program finds in the file now. */
static int64_t number_in_file(struct fixture *fixture, const char *sql)
{
    sqlite3 *database = NULL;
    sqlite3_stmt *statement = NULL;
    assert_int_equal(sqlite3_open_v2(fixture->path, &database, SQLITE_OPEN_READONLY, NULL),
                     SQLITE_OK);
    int code = sqlite3_prepare_v2(database, sql, -1, &statement, NULL);
    if (code != SQLITE_OK) print_error("%s\n", sqlite3_errmsg(database));
    assert_int_equal(code, SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int64_t number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    assert_int_equal(sqlite3_close(database), SQLITE_OK);
    return number;
}

static void a_store_opened_anew_has_the_states_that_it_had(void **context)
{
    struct fixture *fixture = *context;
    for (int round = 0; round < 6; round++) {
        for (int batch = 0; batch < 10; batch++)
            assert_int_equal(shop_batch(&fixture->shop, 20), STATUS_OK);
        if (round % 2 == 1)
            assert_int_equal(store_write_behind(fixture->store, round == 3), STATUS_OK);
        assert_int_equal(shop_check(fixture->store), fixture->shop.position);
        reopen(fixture, 0);
        assert_int_equal(shop_check(fixture->store), fixture->shop.position);
    }
    assert_int_equal(fixture->shop.position, 1200);
}

static void what_was_written_down_is_not_replayed(void **context)
{
    struct fixture *fixture = *context;
    struct store_figures figures;
    assert_int_equal(shop_batch(&fixture->shop, 300), STATUS_OK);
    reopen(fixture, 0);
    store_figures(fixture->store, &figures);
    assert_int_equal(figures.records_replayed, 300);
    assert_int_equal(store_write_behind(fixture->store, true), STATUS_OK);
    store_figures(fixture->store, &figures);
    assert_int_equal(figures.dirty_states, 0);
    assert_int_equal(figures.flushed_position, 300);
    reopen(fixture, 0);
    store_figures(fixture->store, &figures);
    assert_int_equal(figures.records_replayed, 0);
    assert_int_equal(shop_check(fixture->store), 300);
}

static void a_small_cache_forgets_nothing(void **context)
{
    struct fixture *fixture = *context;
    struct store_figures figures;
    fixture->shop.members = 3000;
    reopen(fixture, 200000);
    for (int batch = 0; batch < 60; batch++) {
        assert_int_equal(shop_batch(&fixture->shop, 50), STATUS_OK);
        assert_int_equal(store_write_behind(fixture->store, false), STATUS_OK);
    }
    assert_int_equal(store_write_behind(fixture->store, true), STATUS_OK);
    assert_int_equal(shop_check(fixture->store), 3000);
    store_figures(fixture->store, &figures);
    assert_true(figures.cached_states < 1000);
    reopen(fixture, 200000);
    assert_int_equal(shop_check(fixture->store), 3000);
}

/* Copies the file while it is in use, as a crash would leave it, and opens the copy. */
static void copy_file(const char *from, const char *to)
{
    char bytes[65536];
    size_t count;
    FILE *source = fopen(from, "rb");
    FILE *target = fopen(to, "wb");
    assert_non_null(source);
    assert_non_null(target);
    while ((count = fread(bytes, 1, sizeof bytes, source)) > 0)
        assert_int_equal(fwrite(bytes, 1, count, target), count);
    assert_int_equal(fclose(source), 0);
    assert_int_equal(fclose(target), 0);
}

/* Every row of a state is what folding the entity's records up to its stamp gives: the store's own
 * replay from `flushed` on would say CORRUPT at a gap, and the check says so at anything twice. */
static void states_in_the_file_are_those_that_their_stamp_says(void **context)
{
    struct fixture *fixture = *context;
    char copy[280];
    char copied_log[300];
    char log[300];
    snprintf(copy, sizeof copy, "%s/copy", fixture->folder);
    snprintf(copied_log, sizeof copied_log, "%s-wal", copy);
    snprintf(log, sizeof log, "%s-wal", fixture->path);
    for (int round = 0; round < 12; round++) {
        for (int batch = 0; batch < 3; batch++)
            assert_int_equal(shop_batch(&fixture->shop, 25), STATUS_OK);
        /* A piece at a time, so that some states are written and some are not. */
        if (round % 3 == 0) assert_int_equal(store_write_behind(fixture->store, false), STATUS_OK);
        /* The thread that checkpoints is between the two files: only a store at rest is copied. */
        reopen(fixture, 0);
        assert_int_equal(number_in_file(fixture,
                                        "SELECT count(*) FROM members WHERE position > (SELECT "
                                        "max(position) FROM events)"),
                         0);
        copy_file(fixture->path, copy);
        struct store *store = open_at(copy, 0);
        assert_int_equal(shop_check(store), fixture->shop.position);
        store_close(store);
        unlink(copy);
        unlink(copied_log);
    }
}

static enum status list_state(void *context, const struct entity_key *key, struct text bytes)
{
    TRY(buffer_add_format(context, "%.*s %zu;", TEXT_ARGUMENTS(key->id), bytes.length));
    return STATUS_OK;
}

static void a_list_shows_what_is_not_written_down_yet(void **context)
{
    struct fixture *fixture = *context;
    struct buffer before;
    struct buffer after;
    buffer_init(&before, 1u << 24);
    buffer_init(&after, 1u << 24);
    assert_int_equal(shop_batch(&fixture->shop, 200), STATUS_OK);
    assert_int_equal(store_write_behind(fixture->store, true), STATUS_OK);
    assert_int_equal(shop_batch(&fixture->shop, 200), STATUS_OK);
    assert_true(number_in_file(fixture, "SELECT max(position) FROM orders") <= 200);
    assert_int_equal(
        store_each_state(fixture->store, ENTITY_ORDER, TEXT("order-000050"), list_state, &before),
        STATUS_OK);
    assert_int_equal(store_write_behind(fixture->store, true), STATUS_OK);
    assert_int_equal(
        store_each_state(fixture->store, ENTITY_ORDER, TEXT("order-000050"), list_state, &after),
        STATUS_OK);
    assert_true(before.length > 0);
    assert_true(text_equal(buffer_text(&before), buffer_text(&after)));
    buffer_release(&before);
    buffer_release(&after);
}

static void flushing_keeps_pace_with_what_becomes_dirty(void **context)
{
    struct fixture *fixture = *context;
    struct store_figures figures;
    fixture->shop.members = 20000;
    uint64_t most = 0;
    for (int batch = 0; batch < 120; batch++) {
        assert_int_equal(shop_batch(&fixture->shop, 500), STATUS_OK);
        store_figures(fixture->store, &figures);
        if (figures.dirty_states > most) most = figures.dirty_states;
    }
    assert_true(most > 1000);
    assert_true(most <= 50000);
    /* What was dirty at first is long written. */
    assert_true(figures.flushed_position > 10000);
    assert_true(number_in_file(fixture, "SELECT count(*) FROM members") > 5000);
}

static void the_log_stays_short_and_the_file_grows_by_what_was_written(void **context)
{
    struct fixture *fixture = *context;
    struct store_figures figures;
    uint64_t most_log_bytes = 0;
    fixture->shop.members = 5000;
    uint64_t body_bytes = 0;
    for (int batch = 0; batch < 300; batch++) {
        assert_int_equal(shop_batch(&fixture->shop, 100), STATUS_OK);
        body_bytes += fixture->shop.body.length * 100;
        store_figures(fixture->store, &figures);
        if (figures.log_bytes > most_log_bytes) most_log_bytes = figures.log_bytes;
    }
    assert_true(most_log_bytes < UINT64_C(128) << 20);
    /* While it is open: without checkpoints all of it would stand in the log. */
    assert_true(figures.file_bytes > body_bytes / 4);
}

static void a_second_writer_is_turned_away(void **context)
{
    struct fixture *fixture = *context;
    struct sqlite_options options = {.path = fixture->path};
    struct store *second = NULL;
    struct buffer message;
    buffer_init(&message, 4096);
    assert_int_equal(sqlite_store_open(&options, &message, &second), STATUS_IO);
    assert_non_null(strstr(message.bytes, "in use"));
    buffer_release(&message);
}

static void a_reader_sees_what_is_committed(void **context)
{
    struct fixture *fixture = *context;
    struct store *reader = NULL;
    struct record record;
    struct entity_key key = {.kind = ENTITY_MEMBER, .id = TEXT("member-000001")};
    assert_int_equal(store_open_reader(fixture->store, &reader), STATUS_OK);
    for (int batch = 0; batch < 20; batch++) {
        uint64_t position = 0;
        uint64_t expected = 0;
        assert_int_equal(shop_batch(&fixture->shop, 20), STATUS_OK);
        assert_int_equal(store_record(reader, fixture->shop.position, &record), STATUS_OK);
        enum status status = store_last_touched(fixture->store, &key, &expected);
        assert_int_equal(store_last_touched(reader, &key, &position), status);
        assert_int_equal(position, expected);
        if (batch % 4 == 3) assert_int_equal(store_write_behind(fixture->store, true), STATUS_OK);
    }
    assert_int_equal(store_begin(fixture->store), STATUS_OK);
    assert_int_equal(shop_command(&fixture->shop), STATUS_OK);
    assert_int_equal(store_record(reader, fixture->shop.position, &record), STATUS_NOT_FOUND);
    store_rollback(fixture->store);
    assert_int_equal(store_begin(reader), STATUS_INVALID);
    assert_int_equal(store_commit(reader), STATUS_INVALID);
    assert_int_equal(store_write_behind(reader, true), STATUS_INVALID);
    store_close(reader);
}

static void a_backup_taken_while_writing_is_a_whole_store(void **context)
{
    struct fixture *fixture = *context;
    struct store *reader = NULL;
    char path[280];
    struct buffer message;
    buffer_init(&message, 4096);
    for (int round = 0; round < 4; round++) {
        snprintf(path, sizeof path, "%s/backup-%d", fixture->folder, round);
        for (int batch = 0; batch < 10; batch++)
            assert_int_equal(shop_batch(&fixture->shop, 30), STATUS_OK);
        if (round % 2 == 1)
            assert_int_equal(store_write_behind(fixture->store, round == 1), STATUS_OK);
        assert_int_equal(store_open_reader(fixture->store, &reader), STATUS_OK);
        enum status status = sqlite_store_backup(reader, path, &message);
        if (status != STATUS_OK) print_error("%.*s\n", TEXT_ARGUMENTS(buffer_text(&message)));
        assert_int_equal(status, STATUS_OK);
        /* Never over what is there. */
        assert_int_equal(sqlite_store_backup(reader, path, &message), STATUS_INVALID);
        store_close(reader);
        struct store *copy = open_at(path, 0);
        assert_int_equal(shop_check(copy), fixture->shop.position);
        store_close(copy);
    }
    assert_int_equal(sqlite_store_backup(fixture->store, path, &message), STATUS_INVALID);
    buffer_release(&message);
}

static void without_room_a_batch_is_refused_and_nothing_changes(void **context)
{
    struct fixture *fixture = *context;
    assert_int_equal(shop_batch(&fixture->shop, 50), STATUS_OK);
    store_close(fixture->store);
    struct sqlite_options options = {.path = fixture->path, .room_reserve = UINT64_MAX / 2};
    assert_int_equal(sqlite_store_open(&options, NULL, &fixture->store), STATUS_OK);
    shop_resume(&fixture->shop, fixture->store);
    assert_int_equal(shop_batch(&fixture->shop, 5), STATUS_FULL);
    assert_int_equal(shop_batch(&fixture->shop, 5), STATUS_FULL);
    assert_int_equal(store_write_behind(fixture->store, true), STATUS_FULL);
    assert_int_equal(shop_check(fixture->store), 50);
    reopen(fixture, 0);
    assert_int_equal(shop_batch(&fixture->shop, 5), STATUS_OK);
    assert_int_equal(shop_check(fixture->store), 55);
}

/* Another program that reads holds the log open. */
static void a_log_that_cannot_be_moved_is_bounded(void **context)
{
    struct fixture *fixture = *context;
    sqlite3 *database = NULL;
    fixture->shop.members = 5000;
    store_close(fixture->store);
    struct sqlite_options options = {.path = fixture->path, .log_limit = 2u << 20};
    assert_int_equal(sqlite_store_open(&options, NULL, &fixture->store), STATUS_OK);
    shop_resume(&fixture->shop, fixture->store);
    assert_int_equal(shop_batch(&fixture->shop, 50), STATUS_OK);
    assert_int_equal(sqlite3_open_v2(fixture->path, &database, SQLITE_OPEN_READONLY, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_exec(database, "BEGIN; SELECT count(*) FROM events", NULL, NULL, NULL),
                     SQLITE_OK);
    enum status status = STATUS_OK;
    int batches = 0;
    for (; status == STATUS_OK && batches < 3000; batches++)
        status = shop_batch(&fixture->shop, 50);
    assert_int_equal(status, STATUS_FULL);
    assert_int_equal(sqlite3_close(database), SQLITE_OK);
    /* The reader has gone: soon there is room again. */
    for (int i = 0; i < 1000000 && status == STATUS_FULL; i++)
        status = shop_batch(&fixture->shop, 1);
    assert_int_equal(status, STATUS_OK);
    assert_int_equal(shop_check(fixture->store), fixture->shop.position);
}

/* What any SQL tool reads. */
static void the_views_show_what_the_states_say(void **context)
{
    struct fixture *fixture = *context;
    for (int round = 0; round < 3; round++) {
        assert_int_equal(shop_batch(&fixture->shop, 150), STATUS_OK);
        if (round == 1) assert_int_equal(store_write_behind(fixture->store, true), STATUS_OK);
    }
    assert_true(number_in_file(fixture, "SELECT position FROM flushed") <
                (int64_t)fixture->shop.position);
    static const char sums[] = "SELECT sum(available) + 1000003 * sum(pending) + 1000033 * "
                               "sum(held) + 1000037 * sum(debt) FROM ";
    char text[200];
    snprintf(text, sizeof text, "%s balances_now", sums);
    int64_t now = number_in_file(fixture, text);
    assert_int_not_equal(now, 0);
    snprintf(text, sizeof text, "%s balances", sums);
    assert_int_not_equal(number_in_file(fixture, text), now);
    assert_int_equal(store_write_behind(fixture->store, true), STATUS_OK);
    assert_int_equal(number_in_file(fixture, text), now);
    assert_int_equal(number_in_file(fixture, "SELECT count(*) FROM postings_tail"), 0);
    assert_int_equal(
        number_in_file(fixture, "SELECT count(*) FROM members_now JOIN members USING (id)"),
        number_in_file(fixture, "SELECT count(*) FROM members"));
    assert_int_equal(
        number_in_file(fixture, "SELECT count(*) FROM events_named WHERE type = 'purchase'"),
        number_in_file(fixture, "SELECT count(*) FROM events WHERE type = 1"));
    assert_int_equal(number_in_file(fixture, "SELECT count(*) FROM postings_named"),
                     number_in_file(fixture, "SELECT count(*) FROM postings"));
    /* Points come from somewhere and go somewhere. */
    assert_int_equal(
        number_in_file(fixture, "SELECT sum(available + pending + held - debt) FROM balances"),
        number_in_file(fixture, "SELECT sum(amount * ((to_account IN (0, 1, 2, 4)) - (from_account "
                                "IN (0, 1, 2, 4)))) FROM postings"));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_store_opened_anew_has_the_states_that_it_had),
        CASE(what_was_written_down_is_not_replayed),
        CASE(a_small_cache_forgets_nothing),
        CASE(states_in_the_file_are_those_that_their_stamp_says),
        CASE(a_list_shows_what_is_not_written_down_yet),
        CASE(flushing_keeps_pace_with_what_becomes_dirty),
        CASE(the_log_stays_short_and_the_file_grows_by_what_was_written),
        CASE(a_second_writer_is_turned_away),
        CASE(a_reader_sees_what_is_committed),
        CASE(a_backup_taken_while_writing_is_a_whole_store),
        CASE(without_room_a_batch_is_refused_and_nothing_changes),
        CASE(a_log_that_cannot_be_moved_is_bounded),
        CASE(the_views_show_what_the_states_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
