/* The schema of the SQLite store: docs/schema.md names it all, files of every released version are
 * upgraded, and what is no store, or a newer one, is refused with a sentence. */
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
    struct buffer message;
};

static int set_up(void **context)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    folder_open(fixture->folder, sizeof fixture->folder);
    snprintf(fixture->path, sizeof fixture->path, "%s/store", fixture->folder);
    buffer_init(&fixture->message, 4096);
    *context = fixture;
    return 0;
}

static int tear_down(void **context)
{
    struct fixture *fixture = *context;
    buffer_release(&fixture->message);
    folder_close(fixture->folder);
    free(fixture);
    return 0;
}

static enum status open_store(struct fixture *fixture, struct store **store)
{
    struct sqlite_options options = {.path = fixture->path};
    return sqlite_store_open(&options, &fixture->message, store);
}

/* The whole file; freed by the caller. */
static char *read_source(const char *name)
{
    char path[400];
    const char *source = getenv("GUERDON_SOURCE");
    snprintf(path, sizeof path, "%s/%s", source == NULL ? "." : source, name);
    FILE *file = fopen(path, "rb");
    if (file == NULL) print_error("%s is missing\n", path);
    assert_non_null(file);
    char *text = calloc(1, 1u << 20);
    assert_non_null(text);
    assert_true(fread(text, 1, (1u << 20) - 1, file) > 0);
    assert_int_equal(fclose(file), 0);
    return text;
}

static void execute(struct fixture *fixture, const char *sql)
{
    sqlite3 *database = NULL;
    char *message = NULL;
    assert_int_equal(sqlite3_open(fixture->path, &database), SQLITE_OK);
    int code = sqlite3_exec(database, sql, NULL, NULL, &message);
    if (code != SQLITE_OK) print_error("%s\n", message);
    assert_int_equal(code, SQLITE_OK);
    assert_int_equal(sqlite3_close(database), SQLITE_OK);
}

/* "table.column" a line, in the order of the bytes. */
static int compare_lines(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

struct line_list {
    char *lines[1000];
    size_t count;
};

static void add_line(struct line_list *list, struct text table, struct text column)
{
    char line[200];
    assert_true(list->count < 1000);
    snprintf(line, sizeof line, "%.*s.%.*s", TEXT_ARGUMENTS(table), TEXT_ARGUMENTS(column));
    list->lines[list->count] = strdup(line);
    assert_non_null(list->lines[list->count++]);
}

static void free_lines(struct line_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->lines[i]);
}

/* What stands between the first two backticks. */
static struct text quoted(struct text line)
{
    struct text rest;
    text_split(line, '`', &rest);
    return text_split(rest, '`', &rest);
}

static void list_page(struct line_list *list, const char *page)
{
    struct text rest = text_of(page);
    struct text table = {"", 0};
    while (!text_is_empty(rest)) {
        struct text line = text_split(rest, '\n', &rest);
        if (text_starts_with(line, TEXT("### `"))) table = quoted(line);
        if (text_starts_with(line, TEXT("| `"))) add_line(list, table, quoted(line));
    }
}

static void list_store(struct line_list *list, const char *path)
{
    sqlite3 *database = NULL;
    sqlite3_stmt *statement = NULL;
    assert_int_equal(sqlite3_open_v2(path, &database, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(
        sqlite3_prepare_v2(database,
                           "SELECT s.name, c.name FROM sqlite_schema s, pragma_table_xinfo(s.name) "
                           "c WHERE s.type IN ('table', 'view') AND s.name NOT LIKE 'sqlite%' AND "
                           "s.name NOT LIKE 'key\\_%' ESCAPE '\\'",
                           -1, &statement, NULL),
        SQLITE_OK);
    while (sqlite3_step(statement) == SQLITE_ROW) {
        add_line(list, text_of((const char *)sqlite3_column_text(statement, 0)),
                 text_of((const char *)sqlite3_column_text(statement, 1)));
    }
    sqlite3_finalize(statement);
    assert_int_equal(sqlite3_close(database), SQLITE_OK);
}

static void the_page_names_every_table_and_column(void **context)
{
    struct fixture *fixture = *context;
    struct line_list page = {.count = 0};
    struct line_list there = {.count = 0};
    struct store *store = NULL;
    char *text = read_source("docs/schema.md");
    list_page(&page, text);
    assert_int_equal(open_store(fixture, &store), STATUS_OK);
    list_store(&there, fixture->path);
    store_close(store);
    qsort(page.lines, page.count, sizeof *page.lines, compare_lines);
    qsort(there.lines, there.count, sizeof *there.lines, compare_lines);
    for (size_t i = 0; i < page.count && i < there.count; i++)
        assert_string_equal(page.lines[i], there.lines[i]);
    assert_int_equal(page.count, there.count);
    free_lines(&page);
    free_lines(&there);
    free(text);
}

static void the_pages_statements_run(void **context)
{
    struct fixture *fixture = *context;
    struct store *store = NULL;
    char *text = read_source("docs/schema.md");
    const char *begin = strstr(text, "```sql\n");
    int blocks = 0;
    assert_int_equal(open_store(fixture, &store), STATUS_OK);
    for (; begin != NULL; begin = strstr(begin, "```sql\n")) {
        begin += strlen("```sql\n");
        const char *end = strstr(begin, "```");
        assert_non_null(end);
        char *block = strndup(begin, (size_t)(end - begin));
        assert_non_null(block);
        execute(fixture, block);
        free(block);
        blocks++;
    }
    assert_int_equal(blocks, 1);
    store_close(store);
    free(text);
}

/* ---- files of other times and programs ---- */

struct chain {
    struct record_hash hashes[1000];
    struct buffer scratch;
    uint64_t position;
};

static enum status check_record(void *context, const struct record *record)
{
    struct chain *chain = context;
    struct record_hash previous[16];
    assert_int_equal(record->position, ++chain->position);
    assert_true(record->link_count <= 16 && record->position < 1000);
    for (uint32_t i = 0; i < record->link_count; i++)
        previous[i] = chain->hashes[record->links[i].previous_position];
    TRY(record_check(record, &chain->hashes[record->position - 1], previous, &chain->scratch));
    memcpy(chain->hashes[record->position].bytes, record->hash, HASH_RECORD_BYTES);
    return STATUS_OK;
}

static enum status count_state(void *context, const struct entity_key *key, struct text bytes)
{
    (void)key;
    assert_true(bytes.length > 0);
    ++*(uint64_t *)context;
    return STATUS_OK;
}

/* tests/store/schema_N.sql is what a store of that schema held: one row a version. */
static const struct released {
    const char *fixture;
    uint64_t records;
    uint64_t members;
    uint64_t orders;
} released[] = {
    {"tests/store/schema_1.sql", 24, 6, 18},
};

static void a_store_of_every_released_schema_is_upgraded(void **context)
{
    struct fixture *fixture = *context;
    for (size_t i = 0; i < sizeof released / sizeof *released; i++) {
        struct store *store = NULL;
        struct chain *chain = calloc(1, sizeof *chain);
        uint64_t members = 0;
        uint64_t orders = 0;
        char *sql = read_source(released[i].fixture);
        assert_non_null(chain);
        buffer_init(&chain->scratch, 1u << 20);
        unlink(fixture->path);
        execute(fixture, sql);
        enum status status = open_store(fixture, &store);
        if (status != STATUS_OK)
            print_error("%.*s\n", TEXT_ARGUMENTS(buffer_text(&fixture->message)));
        assert_int_equal(status, STATUS_OK);
        assert_int_equal(store_each_record(store, 0, check_record, chain), STATUS_OK);
        assert_int_equal(chain->position, released[i].records);
        assert_int_equal(store_each_state(store, ENTITY_MEMBER, TEXT(""), count_state, &members),
                         STATUS_OK);
        assert_int_equal(store_each_state(store, ENTITY_ORDER, TEXT(""), count_state, &orders),
                         STATUS_OK);
        assert_int_equal(members, released[i].members);
        assert_int_equal(orders, released[i].orders);
        store_close(store);
        /* And again, as a store of today. */
        assert_int_equal(open_store(fixture, &store), STATUS_OK);
        store_close(store);
        buffer_release(&chain->scratch);
        free(chain);
        free(sql);
    }
}

static void assert_refused(struct fixture *fixture, enum status expected, const char *words)
{
    struct store *store = NULL;
    assert_int_equal(open_store(fixture, &store), expected);
    assert_int_equal(buffer_add_byte(&fixture->message, '\0'), STATUS_OK);
    if (strstr(fixture->message.bytes, words) == NULL) print_error("%s\n", fixture->message.bytes);
    assert_non_null(strstr(fixture->message.bytes, words));
}

static void a_newer_store_is_refused_and_left_alone(void **context)
{
    struct fixture *fixture = *context;
    struct store *store = NULL;
    assert_int_equal(open_store(fixture, &store), STATUS_OK);
    store_close(store);
    execute(fixture, "PRAGMA user_version = 999");
    assert_refused(fixture, STATUS_NEWER, "newer");
    execute(fixture, "PRAGMA user_version = 1");
    assert_int_equal(open_store(fixture, &store), STATUS_OK);
    store_close(store);
}

static void another_programs_database_is_refused_and_left_alone(void **context)
{
    struct fixture *fixture = *context;
    execute(fixture, "CREATE TABLE songs (title TEXT)");
    assert_refused(fixture, STATUS_CORRUPT, "another program");
    execute(fixture, "INSERT INTO songs VALUES ('still here')");
}

static void a_file_that_is_no_database_is_refused(void **context)
{
    struct fixture *fixture = *context;
    FILE *file = fopen(fixture->path, "wb");
    assert_non_null(file);
    for (int i = 0; i < 2000; i++)
        assert_true(fputs("not a database; ", file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_refused(fixture, STATUS_CORRUPT, "not a database");
}

static void an_empty_file_becomes_a_store(void **context)
{
    struct fixture *fixture = *context;
    struct store *store = NULL;
    FILE *file = fopen(fixture->path, "wb");
    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(open_store(fixture, &store), STATUS_OK);
    store_close(store);
}

static void a_folder_that_is_not_there_is_an_error_of_the_disk(void **context)
{
    struct fixture *fixture = *context;
    snprintf(fixture->path, sizeof fixture->path, "%s/nowhere/store", fixture->folder);
    assert_refused(fixture, STATUS_IO, "nowhere");
}

static void a_reader_makes_no_store(void **context)
{
    struct fixture *fixture = *context;
    struct store *store = NULL;
    struct sqlite_options options = {.path = fixture->path, .is_read_only = true};
    assert_int_equal(sqlite_store_open(&options, &fixture->message, &store), STATUS_IO);
    assert_int_not_equal(access(fixture->path, F_OK), 0);
    assert_int_equal(open_store(fixture, &store), STATUS_OK);
    store_close(store);
    assert_int_equal(sqlite_store_open(&options, &fixture->message, &store), STATUS_OK);
    assert_int_equal(store_begin(store), STATUS_INVALID);
    store_close(store);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(the_page_names_every_table_and_column),
        CASE(the_pages_statements_run),
        CASE(a_store_of_every_released_schema_is_upgraded),
        CASE(a_newer_store_is_refused_and_left_alone),
        CASE(another_programs_database_is_refused_and_left_alone),
        CASE(a_file_that_is_no_database_is_refused),
        CASE(an_empty_file_becomes_a_store),
        CASE(a_folder_that_is_not_there_is_an_error_of_the_disk),
        CASE(a_reader_makes_no_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
