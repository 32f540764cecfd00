/* The log's writes are gathered: seen from a VFS below, which counts what reaches the system. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>
#include <sqlite3.h>

#include "shop.h"

#define FRAME_BYTES 4120
#define PIECE_MAXIMUM (120 << 10)

static sqlite3_vfs *real_vfs;
static const sqlite3_io_methods *real_methods;
static sqlite3_io_methods counting_methods;

/* Of all logs: the writer's thread alone writes one, the checkpointer syncs it too. */
static struct {
    _Atomic uint64_t writes;
    _Atomic uint64_t bytes;
    _Atomic uint64_t since_sync;
    _Atomic uint64_t syncs;
    _Atomic int largest;
} counted;

static int counting_write(sqlite3_file *file, const void *bytes, int count, sqlite3_int64 offset)
{
    counted.writes++;
    counted.bytes += (uint64_t)count;
    counted.since_sync += (uint64_t)count;
    if (count > counted.largest) counted.largest = count;
    return real_methods->xWrite(file, bytes, count, offset);
}

static int counting_sync(sqlite3_file *file, int flags)
{
    if (counted.since_sync > 0) counted.syncs++;
    counted.since_sync = 0;
    return real_methods->xSync(file, flags);
}

/* The real file with other methods, for logs. */
static int counting_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags,
                         int *flags_out)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    (void)vfs;
    int code = real_vfs->xOpen(real_vfs, path, file, flags, flags_out);
    if (code != SQLITE_OK || (flags & SQLITE_OPEN_WAL) == 0) return code;
    pthread_mutex_lock(&lock);
    if (real_methods == NULL) {
        real_methods = file->pMethods;
        counting_methods = *real_methods;
        counting_methods.xWrite = counting_write;
        counting_methods.xSync = counting_sync;
    }
    pthread_mutex_unlock(&lock);
    file->pMethods = &counting_methods;
    return code;
}

static void install(void)
{
    static sqlite3_vfs counting_vfs;
    real_vfs = sqlite3_vfs_find(NULL);
    counting_vfs = *real_vfs;
    counting_vfs.zName = "counting";
    counting_vfs.pNext = NULL;
    counting_vfs.xOpen = counting_open;
    assert_int_equal(sqlite3_vfs_register(&counting_vfs, 1), SQLITE_OK);
}

struct fixture {
    char folder[64];
    char path[100];
    struct shop shop;
    struct store *store;
};

static int set_up(void **context)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    folder_open(fixture->folder, sizeof fixture->folder);
    (void)snprintf(fixture->path, sizeof fixture->path, "%s/store", fixture->folder);
    struct sqlite_options options = {.path = fixture->path};
    assert_int_equal(sqlite_store_open(&options, NULL, &fixture->store), STATUS_OK);
    shop_open(&fixture->shop, fixture->store, 1, 50);
    *context = fixture;
    return 0;
}

static int tear_down(void **context)
{
    struct fixture *fixture = *context;
    shop_close(&fixture->shop);
    store_close(fixture->store);
    folder_close(fixture->folder);
    free(fixture);
    return 0;
}

static void a_commit_reaches_the_log_in_few_large_pieces(void **context)
{
    struct fixture *fixture = *context;
    counted.writes = 0;
    counted.bytes = 0;
    for (int batch = 0; batch < 10; batch++)
        assert_int_equal(shop_batch(&fixture->shop, 1000), STATUS_OK);
    uint64_t frames = counted.bytes / FRAME_BYTES;
    assert_true(frames > 500);
    /* Full pieces, and for each commit a rest and a header of the log. */
    assert_true(counted.writes <= counted.bytes / (PIECE_MAXIMUM / 2) + 4 * 10);
    assert_true(counted.largest <= PIECE_MAXIMUM);
}

static void nothing_is_kept_back_when_a_commit_is_acknowledged(void **context)
{
    struct fixture *fixture = *context;
    for (int batch = 0; batch < 20; batch++) {
        sqlite3 *other = NULL;
        sqlite3_stmt *statement = NULL;
        counted.syncs = 0;
        assert_int_equal(shop_batch(&fixture->shop, 3), STATUS_OK);
        /* Everything that was written was synced, and whoever else looks finds it. */
        assert_true(counted.syncs >= 1);
        assert_int_equal(atomic_load(&counted.since_sync), 0);
        assert_int_equal(sqlite3_open_v2(fixture->path, &other, SQLITE_OPEN_READONLY, NULL),
                         SQLITE_OK);
        assert_int_equal(
            sqlite3_prepare_v2(other, "SELECT max(position) FROM events", -1, &statement, NULL),
            SQLITE_OK);
        assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
        assert_int_equal(sqlite3_column_int64(statement, 0), fixture->shop.position);
        sqlite3_finalize(statement);
        assert_int_equal(sqlite3_close(other), SQLITE_OK);
    }
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(a_commit_reaches_the_log_in_few_large_pieces),
        CASE(nothing_is_kept_back_when_a_commit_is_acknowledged),
    };
    install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
