/* The SQLite store on a disk that fails: whichever write or sync it is, and however, every batch
 * that was acknowledged is there, and no half of one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "faulty_disk.h"
#include "shop.h"

#define BATCHES 8
#define COMMANDS 6
#define FIRST_COMMANDS 60

struct scene {
    bool defers; /* commits leave their sync to a later call */
    char folder[200];
    char base[240];
    char path[240];
    char image[240];
    struct store *store;
    struct shop shop;
    uint64_t acknowledged;
    int unknown;
    int refused;
};

static struct store *open_at(const char *path)
{
    struct sqlite_options options = {.path = path, .cache_bytes = 1u << 20};
    struct store *store = NULL;
    assert_int_equal(sqlite_store_open(&options, NULL, &store), STATUS_OK);
    return store;
}

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

static void remove_store(const char *path)
{
    static const char *const endings[] = {"", "-wal", "-shm", ".lock"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        char name[260];
        snprintf(name, sizeof name, "%s%s", path, endings[i]);
        unlink(name);
    }
}

static int set_up(void **context)
{
    struct scene *scene = calloc(1, sizeof *scene);
    assert_non_null(scene);
    folder_open(scene->folder, sizeof scene->folder);
    snprintf(scene->base, sizeof scene->base, "%s/base", scene->folder);
    snprintf(scene->path, sizeof scene->path, "%s/store", scene->folder);
    snprintf(scene->image, sizeof scene->image, "%s/image", scene->folder);
    scene->store = open_at(scene->base);
    shop_open(&scene->shop, scene->store, 11, 30);
    for (int i = 0; i < FIRST_COMMANDS / COMMANDS; i++)
        assert_int_equal(shop_batch(&scene->shop, COMMANDS), STATUS_OK);
    assert_int_equal(store_write_behind(scene->store, true), STATUS_OK);
    store_close(scene->store);
    *context = scene;
    return 0;
}

static int tear_down(void **context)
{
    struct scene *scene = *context;
    faulty_disk_disarm();
    shop_close(&scene->shop);
    folder_close(scene->folder);
    free(scene);
    return 0;
}

/* What a machine would start with that lost its power now: the files as they are. */
static void check_image(struct scene *scene)
{
    char log[260];
    char image_log[260];
    snprintf(log, sizeof log, "%s-wal", scene->path);
    snprintf(image_log, sizeof image_log, "%s-wal", scene->image);
    copy_file(scene->path, scene->image);
    if (access(log, F_OK) == 0) copy_file(log, image_log);
    struct store *store = open_at(scene->image);
    uint64_t position = shop_check(store);
    assert_true(position >= scene->acknowledged);
    assert_true((position - FIRST_COMMANDS) % COMMANDS == 0);
    store_close(store);
    remove_store(scene->image);
}

static enum status load_somebody(struct store *store)
{
    struct states states;
    struct entity_key key = {.kind = ENTITY_ORDER, .id = TEXT("order-000001")};
    assert_int_equal(states_init(&states, 1u << 20), STATUS_OK);
    assert_int_equal(states_add(&states, &key), STATUS_OK);
    enum status status = store_load(store, &states, 0);
    states_release(&states);
    return status;
}

/* One batch that waits for the disk, or two that do not and then a sync for both. What is durable
 * is acknowledged. */
static enum status write_batches(struct scene *scene)
{
    enum status status = STATUS_OK;
    if (!scene->defers) {
        status = shop_batch(&scene->shop, COMMANDS);
    } else {
        for (int batch = 0; batch < 2 && status == STATUS_OK; batch++)
            status = shop_batch_unsynced(&scene->shop, COMMANDS);
        if (status != STATUS_UNKNOWN_OUTCOME && store_sync(scene->store) != STATUS_OK) {
            status = STATUS_UNKNOWN_OUTCOME;
        }
    }
    if (status != STATUS_UNKNOWN_OUTCOME) scene->acknowledged = scene->shop.position;
    return status;
}

/* Batches and what has to be done behind them. */
static void run_batch(struct scene *scene)
{
    enum status status = write_batches(scene);
    if (status == STATUS_UNKNOWN_OUTCOME) {
        scene->unknown++;
        /* Until it has recovered it takes nothing, and goes on answering. */
        assert_int_equal(store_begin(scene->store), STATUS_UNKNOWN_OUTCOME);
        assert_int_equal(store_write_behind(scene->store, true), STATUS_UNKNOWN_OUTCOME);
        assert_int_equal(load_somebody(scene->store), STATUS_OK);
        status = store_recover(scene->store);
        if (status != STATUS_OK) {
            /* The disk is not well yet. */
            assert_true(status == STATUS_IO || status == STATUS_FULL);
            assert_int_equal(load_somebody(scene->store), STATUS_OK);
            faulty_disk_disarm();
            assert_int_equal(store_recover(scene->store), STATUS_OK);
        }
        struct store_figures figures;
        store_figures(scene->store, &figures);
        uint64_t more = figures.last_position - scene->acknowledged;
        assert_true(more == 0 || more == COMMANDS || (scene->defers && more == 2 * COMMANDS));
        scene->acknowledged = figures.last_position;
        shop_resume(&scene->shop, scene->store);
    } else if (status != STATUS_OK) {
        assert_true(status == STATUS_FULL || status == STATUS_IO);
        scene->refused++;
    }
}

/* A run whose n-th operation fails. Answers whether one did. */
static bool run_with(struct scene *scene, enum fault fault, long countdown, bool lasts)
{
    remove_store(scene->path);
    copy_file(scene->base, scene->path);
    scene->store = open_at(scene->path);
    shop_resume(&scene->shop, scene->store);
    scene->acknowledged = FIRST_COMMANDS;
    faulty_disk_arm(fault, countdown, lasts);
    for (int batch = 0; batch < BATCHES; batch++) {
        run_batch(scene);
        if (batch % 3 != 2) continue;
        enum status status = store_write_behind(scene->store, batch == 5);
        assert_true(status == STATUS_OK || status == STATUS_IO || status == STATUS_FULL ||
                    status == STATUS_UNKNOWN_OUTCOME);
    }
    bool has_failed = faulty_disk_disarm() > 0;
    /* A disk that failed for good is well again. */
    if (store_begin(scene->store) == STATUS_UNKNOWN_OUTCOME) {
        assert_int_equal(store_recover(scene->store), STATUS_OK);
    } else {
        store_rollback(scene->store);
    }
    if (has_failed) check_image(scene);
    assert_int_equal(shop_check(scene->store), scene->acknowledged);
    run_batch(scene);
    store_close(scene->store);
    scene->store = open_at(scene->path);
    assert_int_equal(shop_check(scene->store), scene->acknowledged);
    store_close(scene->store);
    return has_failed;
}

/* Under a sanitizer each run takes longer: there every third write fails, and every one without. */
#ifndef __has_feature
#define __has_feature(name) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer) ||                           \
    __has_feature(thread_sanitizer)
#define FAULT_STEP 3
#else
#define FAULT_STEP 1
#endif

static void
whichever_write_fails_every_acknowledged_batch_is_there_and_no_half_of_one(void **context)
{
    struct scene *scene = *context;
    for (int fault = FAULT_NONE + 1; fault < FAULT_COUNT; fault++) {
        scene->unknown = 0;
        int failed = 0;
        bool has_failed = true;
        for (long countdown = 0; has_failed && countdown < 2000; countdown += FAULT_STEP) {
            has_failed = run_with(scene, (enum fault)fault, countdown, false);
            failed += has_failed;
        }
        assert_false(has_failed);
        assert_true(failed > 50 / FAULT_STEP);
        assert_true(scene->unknown > 20 / FAULT_STEP);
    }
}

static void what_was_committed_without_waiting_is_there_once_a_sync_says_so(void **context)
{
    struct scene *scene = *context;
    scene->defers = true;
    for (int fault = FAULT_NONE + 1; fault < FAULT_COUNT; fault++) {
        scene->unknown = 0;
        int failed = 0;
        bool has_failed = true;
        for (long countdown = 0; has_failed && countdown < 2000; countdown += 2 * FAULT_STEP) {
            has_failed = run_with(scene, (enum fault)fault, countdown, countdown % 6 == 4);
            failed += has_failed;
        }
        assert_false(has_failed);
        assert_true(failed > 30 / FAULT_STEP);
        assert_true(scene->unknown > 10 / FAULT_STEP);
    }
}

static void a_disk_that_goes_on_failing_is_waited_for(void **context)
{
    struct scene *scene = *context;
    bool has_failed = true;
    long countdown = 0;
    for (; has_failed && countdown < 2000; countdown += 7)
        has_failed = run_with(scene, countdown % 2 == 0 ? FAULT_WRITE_FAILS : FAULT_DISK_FULL,
                              countdown, true);
    assert_false(has_failed);
    assert_true(countdown > 50);
    assert_true(scene->unknown > 5);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(whichever_write_fails_every_acknowledged_batch_is_there_and_no_half_of_one),
        CASE(what_was_committed_without_waiting_is_there_once_a_sync_says_so),
        CASE(a_disk_that_goes_on_failing_is_waited_for),
    };
    faulty_disk_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
