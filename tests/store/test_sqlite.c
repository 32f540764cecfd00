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
#include <pthread.h>
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
    /* Fewer than usual, so that the hand goes round within a test. */
    struct sqlite_options options = {
        .path = path, .cache_bytes = cache_bytes, .sweep_records = 50000};
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
    /* The history was one of all kinds of commands. */
    static const enum event_type types[] = {
        EVENT_PURCHASE,      EVENT_RETURN,       EVENT_RETURN_BY_SKU, EVENT_REDEEM,
        EVENT_TRANSFER,      EVENT_MERGE,        EVENT_QUOTE,         EVENT_CLAIM,
        EVENT_CONFIRM_ORDER, EVENT_CANCEL_ORDER, EVENT_EDIT,
    };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        assert_true(fixture->shop.done[types[i]] > 0);
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

/* ---- the rows of states, against the records alone ---- */

struct row {
    enum entity_kind kind;
    char id[EVENT_ID_MAXIMUM + 1];
    uint64_t position;
    uint8_t *bytes;
    size_t size;
    bool was_compared;
};

struct row_check {
    struct row *rows;
    size_t count;
    uint64_t flushed;
    struct store *refold;
    struct states states;
    struct arena arena;
};

static void read_rows(struct row_check *check, sqlite3 *database, enum entity_kind kind,
                      const char *sql)
{
    sqlite3_stmt *statement = NULL;
    assert_int_equal(sqlite3_prepare_v2(database, sql, -1, &statement, NULL), SQLITE_OK);
    while (sqlite3_step(statement) == SQLITE_ROW) {
        check->rows = reallocarray(check->rows, check->count + 1, sizeof *check->rows);
        assert_non_null(check->rows);
        struct row *row = &check->rows[check->count++];
        *row = (struct row){.kind = kind};
        snprintf(row->id, sizeof row->id, "%s", (const char *)sqlite3_column_text(statement, 0));
        row->position = (uint64_t)sqlite3_column_int64(statement, 1);
        row->size = (size_t)sqlite3_column_bytes(statement, 2);
        row->bytes = malloc(row->size + 1);
        assert_non_null(row->bytes);
        if (row->size > 0) memcpy(row->bytes, sqlite3_column_blob(statement, 2), row->size);
    }
    sqlite3_finalize(statement);
}

static struct row *find_row(struct row_check *check, const struct entity_key *key)
{
    for (size_t i = 0; i < check->count; i++) {
        struct row *row = &check->rows[i];
        if (row->kind == key->kind && text_equal(text_of(row->id), key->id)) return row;
    }
    return NULL;
}

/* A row whose stamp is this record has the bytes that folding up to here gives; and a record that
 * `flushed` speaks of is in its entities' rows. */
static enum status compare_rows(void *context, const struct record *record)
{
    struct row_check *check = context;
    struct decision decision;
    arena_clear(&check->arena);
    states_clear(&check->states);
    TRY(engine_decode(record->body, &check->arena, &decision));
    for (uint32_t i = 0; i < decision.entity_count; i++) {
        TRY(states_add(&check->states, &decision.entities[i]));
        TRY(store_load(check->refold, &check->states, i));
    }
    TRY(engine_apply(&check->states, &decision));
    for (uint32_t i = 0; i < record->link_count; i++) {
        const struct entity_key *key = &record->links[i].key;
        if (key->kind != ENTITY_MEMBER && key->kind != ENTITY_ORDER) continue;
        struct row *row = find_row(check, key);
        assert_true(row != NULL || record->position > check->flushed);
        if (row == NULL) continue;
        assert_true(row->position >= record->position || record->position > check->flushed);
        if (row->position != record->position) continue;
        const struct state *state = states_find(&check->states, key);
        assert_non_null(state);
        assert_int_equal(state->size, row->size);
        assert_memory_equal(state->bytes, row->bytes, row->size);
        row->was_compared = true;
    }
    TRY(store_begin(check->refold));
    TRY(store_save_dirty(check->refold, &check->states));
    return store_commit(check->refold);
}

static size_t check_rows(struct fixture *fixture)
{
    struct row_check check = {.count = 0};
    sqlite3 *database = NULL;
    assert_int_equal(sqlite3_open_v2(fixture->path, &database, SQLITE_OPEN_READONLY, NULL),
                     SQLITE_OK);
    read_rows(&check, database, ENTITY_MEMBER, "SELECT id, position, state FROM members");
    read_rows(&check, database, ENTITY_ORDER, "SELECT id, position, state FROM orders");
    assert_int_equal(sqlite3_close(database), SQLITE_OK);
    check.flushed = (uint64_t)number_in_file(fixture, "SELECT position FROM flushed");
    assert_int_equal(memory_store_open(false, &check.refold), STATUS_OK);
    assert_int_equal(states_init(&check.states, 1u << 28), STATUS_OK);
    arena_init(&check.arena, 1u << 28);
    assert_int_equal(store_each_record(fixture->store, 0, compare_rows, &check), STATUS_OK);
    size_t count = check.count;
    for (size_t i = 0; i < check.count; i++) {
        assert_true(check.rows[i].was_compared);
        free(check.rows[i].bytes);
    }
    free(check.rows);
    store_close(check.refold);
    states_release(&check.states);
    arena_release(&check.arena);
    return count;
}

static void states_in_the_file_are_those_that_their_stamp_says(void **context)
{
    struct fixture *fixture = *context;
    size_t rows = 0;
    for (int round = 0; round < 12; round++) {
        for (int batch = 0; batch < 3; batch++)
            assert_int_equal(shop_batch(&fixture->shop, 25), STATUS_OK);
        /* Each commit writes a part of what is dirty; now and then a piece more. */
        if (round % 4 == 0) assert_int_equal(store_write_behind(fixture->store, false), STATUS_OK);
        rows = check_rows(fixture);
    }
    assert_true(rows > 300);
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
    for (int batch = 0; batch < 200; batch++) {
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

struct counting {
    struct text until;
    uint64_t count;
};

static enum status count_until(void *context, const struct entity_key *key, struct text bytes)
{
    struct counting *counting = context;
    (void)bytes;
    if (text_compare(key->id, counting->until) <= 0) counting->count++;
    return STATUS_OK;
}

static void the_hand_writes_states_in_the_order_of_their_keys(void **context)
{
    struct fixture *fixture = *context;
    fixture->shop.members = 20000;
    assert_int_equal(shop_batch(&fixture->shop, 5000), STATUS_OK);
    assert_int_equal(number_in_file(fixture, "SELECT count(*) FROM members"), 0);
    for (int piece = 0; piece < 3; piece++) {
        char id[24];
        assert_int_equal(store_write_behind(fixture->store, false), STATUS_OK);
        int64_t rows = number_in_file(fixture, "SELECT count(*) FROM members");
        int64_t last = number_in_file(fixture, "SELECT substr(max(id), 8) FROM members");
        int length = snprintf(id, sizeof id, "member-%06lld", (long long)last);
        struct counting counting = {.until = {id, (size_t)length}};
        assert_int_equal(
            store_each_state(fixture->store, ENTITY_MEMBER, TEXT(""), count_until, &counting),
            STATUS_OK);
        /* Whoever stands before the last that was written is written, too. */
        assert_int_equal(rows, counting.count);
        assert_true(rows > 100 * piece && rows < 2000);
    }
}

/* A state that only the engine's next version understands is kept all the same. */
static void bytes_that_are_no_members_leave_their_columns_empty(void **context)
{
    struct fixture *fixture = *context;
    struct states states;
    struct buffer body;
    struct entity_key keys[2] = {{.kind = ENTITY_MEMBER, .id = TEXT("ann")},
                                 {.kind = ENTITY_ORDER, .id = TEXT("o1")}};
    struct decision decision = {.position = 1, .entities = keys, .entity_count = 2};
    buffer_init(&body, ENGINE_RECORD_MAXIMUM);
    assert_int_equal(states_init(&states, 1u << 20), STATUS_OK);
    for (uint32_t i = 0; i < 2; i++) {
        assert_int_equal(states_add(&states, &keys[i]), STATUS_OK);
        assert_int_equal(states_load(&states, i, "\xff\xff\xff strange bytes", 17), STATUS_OK);
        states.list[i].is_dirty = true;
    }
    assert_int_equal(engine_encode(&decision, NULL, &body), STATUS_OK);
    const struct written written = {&decision, buffer_text(&body), &states};
    assert_int_equal(store_begin(fixture->store), STATUS_OK);
    assert_int_equal(store_write(fixture->store, &written), STATUS_OK);
    assert_int_equal(store_commit(fixture->store), STATUS_OK);
    assert_int_equal(store_write_behind(fixture->store, true), STATUS_OK);
    assert_int_equal(number_in_file(fixture, "SELECT count(*) FROM members WHERE position = 1 AND "
                                             "joined_at_us IS NULL AND is_closed IS NULL AND "
                                             "length(state) = 17"),
                     1);
    assert_int_equal(number_in_file(fixture, "SELECT count(*) FROM orders WHERE position = 1 AND "
                                             "member IS NULL AND length(state) = 17"),
                     1);
    assert_int_equal(number_in_file(fixture, "SELECT count(*) FROM balances"), 0);
    states_release(&states);
    buffer_release(&body);
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

struct copying {
    struct store *reader;
    const char *path;
    enum status status;
};

static void *copy(void *context)
{
    struct copying *copying = context;
    copying->status = sqlite_store_backup(copying->reader, copying->path, NULL);
    return NULL;
}

/* While the copy is made batches go on, rows are written, and checkpoints pass. */
static void a_backup_by_another_thread_is_a_whole_store(void **context)
{
    struct fixture *fixture = *context;
    char path[280];
    fixture->shop.members = 400;
    for (int batch = 0; batch < 40; batch++)
        assert_int_equal(shop_batch(&fixture->shop, 100), STATUS_OK);
    for (int round = 0; round < 6; round++) {
        pthread_t thread;
        uint64_t first = fixture->shop.position;
        struct copying copying = {.path = path};
        snprintf(path, sizeof path, "%s/backup-%d", fixture->folder, round);
        assert_int_equal(store_open_reader(fixture->store, &copying.reader), STATUS_OK);
        assert_int_equal(pthread_create(&thread, NULL, copy, &copying), 0);
        /* Until it is there: it appears when it is whole. */
        while (access(path, F_OK) != 0) {
            assert_int_equal(shop_batch(&fixture->shop, 10), STATUS_OK);
            assert_int_equal(store_write_behind(fixture->store, false), STATUS_OK);
            assert_true(fixture->shop.position < first + 200000);
        }
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_int_equal(copying.status, STATUS_OK);
        store_close(copying.reader);
        struct store *store = open_at(path, 0);
        uint64_t position = shop_check(store);
        assert_true(position >= first && position <= fixture->shop.position);
        store_close(store);
    }
}

static bool file_contains(const char *path, const char *words)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) return false;
    char *bytes = malloc(1u << 24);
    assert_non_null(bytes);
    size_t count = fread(bytes, 1, 1u << 24, file);
    assert_int_equal(fclose(file), 0);
    bool contains = memmem(bytes, count, words, strlen(words)) != NULL;
    free(bytes);
    return contains;
}

static void what_was_deleted_leaves_no_copy_in_the_file(void **context)
{
    struct fixture *fixture = *context;
    static const char name[] = "Annabella Unforgettable";
    char log[260];
    snprintf(log, sizeof log, "%s-wal", fixture->path);
    for (int i = 0; i < 50; i++) {
        char id[24];
        char value[3000];
        int length = snprintf(id, sizeof id, "person-%d", i);
        memset(value, 'x', sizeof value);
        snprintf(value, sizeof value, "%s", name);
        assert_int_equal(store_begin(fixture->store), STATUS_OK);
        assert_int_equal(store_put(fixture->store, DOCUMENT_PERSON,
                                   (struct text){id, (size_t)length},
                                   (struct text){value, 30 + (size_t)i * 59}),
                         STATUS_OK);
        assert_int_equal(store_commit(fixture->store), STATUS_OK);
    }
    reopen(fixture, 0);
    assert_true(file_contains(fixture->path, name));
    assert_int_equal(store_begin(fixture->store), STATUS_OK);
    for (int i = 0; i < 50; i++) {
        char id[24];
        int length = snprintf(id, sizeof id, "person-%d", i);
        /* Half of them get other words first. */
        if (i % 2 == 0)
            assert_int_equal(store_put(fixture->store, DOCUMENT_PERSON,
                                       (struct text){id, (size_t)length}, TEXT("gone")),
                             STATUS_OK);
        if (i % 3 != 0 || i % 2 != 0)
            assert_int_equal(store_put(fixture->store, DOCUMENT_PERSON,
                                       (struct text){id, (size_t)length}, TEXT("")),
                             STATUS_OK);
    }
    assert_int_equal(store_commit(fixture->store), STATUS_OK);
    reopen(fixture, 0);
    assert_false(file_contains(fixture->path, name));
    assert_false(file_contains(log, name));
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
        CASE(the_hand_writes_states_in_the_order_of_their_keys),
        CASE(bytes_that_are_no_members_leave_their_columns_empty),
        CASE(the_log_stays_short_and_the_file_grows_by_what_was_written),
        CASE(a_second_writer_is_turned_away),
        CASE(a_reader_sees_what_is_committed),
        CASE(a_backup_taken_while_writing_is_a_whole_store),
        CASE(a_backup_by_another_thread_is_a_whole_store),
        CASE(what_was_deleted_leaves_no_copy_in_the_file),
        CASE(without_room_a_batch_is_refused_and_nothing_changes),
        CASE(a_log_that_cannot_be_moved_is_bounded),
        CASE(the_views_show_what_the_states_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
