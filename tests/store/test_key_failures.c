/* What fails leaves the index of keys as it was: SQLite at any step, memory at any allocation, a
 * full disk; and harmed tables are a status, never a wrong answer or a crash.
 *
 * __wrap_malloc and its sisters stand in front of the allocator of what is linked here; SQLite is
 * made to fail by its own progress handler.
 */
#include <stdio.h>
#include <stdlib.h>

#include "key_world.h"

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
void *__wrap_reallocarray(void *block, size_t count, size_t size);
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void *__real_reallocarray(void *block, size_t count, size_t size);

/* Below 0: none fails. */
static long allocations_left = -1;

static bool allocation_fails(void)
{
    if (allocations_left < 0) return false;
    if (allocations_left == 0) return true;
    allocations_left--;
    return false;
}

void *__wrap_malloc(size_t size)
{
    return allocation_fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return allocation_fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *block, size_t size)
{
    return allocation_fails() ? NULL : __real_realloc(block, size);
}

void *__wrap_reallocarray(void *block, size_t count, size_t size)
{
    return allocation_fails() ? NULL : __real_reallocarray(block, count, size);
}

static const struct key_index_options small = {.memory_keys = 500, .growth = 4};

/* Three levels with merges under way. */
static void fill(struct key_world *world, uint32_t commits)
{
    key_world_open(world, &small);
    for (uint32_t i = 0; i < commits; i++)
        key_world_commit_keys(world, 50);
}

static int interrupt_after(void *context)
{
    long *left = context;
    return --*left < 0;
}

static void whichever_step_of_sqlite_fails_nothing_is_lost(void **context)
{
    (void)context;
    struct key_world world;
    fill(&world, 400);
    int failures = 0;
    /* Every commit is tried with more steps until it succeeds; the steps grow faster as they go. */
    for (int commits = 0; commits < 60; commits++) {
        bool is_done = false;
        for (long steps = commits % 7; !is_done; steps += 1 + steps / 3) {
            key_world_run(&world, "BEGIN");
            for (int i = 0; i < 60; i++)
                assert_true(key_world_add(&world, key_world_random(&world)));
            long left = steps;
            sqlite3_progress_handler(world.connection, 1, interrupt_after, &left);
            enum status status = key_world_write_behind(&world, 400, commits % 5 == 0);
            sqlite3_progress_handler(world.connection, 0, NULL, NULL);
            is_done = status == STATUS_OK;
            if (is_done) {
                key_world_commit(&world);
                continue;
            }
            assert_int_equal(status, STATUS_INTERRUPTED);
            failures++;
            key_world_check_present(&world, 1 + key_world_below(&world, world.count));
            key_world_roll_back(&world);
            for (int i = 0; i < 5; i++)
                key_world_check_present(&world, 1 + key_world_below(&world, world.count));
        }
    }
    assert_true(failures > 300);
    key_world_check_all(&world);
    key_world_crash(&world);
    key_world_check_all(&world);
    key_world_close(&world);
}

static void a_look_up_that_fails_leaves_nothing_open(void **context)
{
    (void)context;
    struct key_world world;
    fill(&world, 200);
    int failures = 0;
    for (uint64_t position = 1; position <= 20; position++) {
        enum status status = STATUS_INTERRUPTED;
        for (long steps = 0; status != STATUS_OK; steps++) {
            uint64_t positions[8];
            uint32_t count = 0;
            long left = steps;
            sqlite3_progress_handler(world.connection, 1, interrupt_after, &left);
            status =
                key_index_find(world.index, world.fingerprints[position - 1], positions, 8, &count);
            sqlite3_progress_handler(world.connection, 0, NULL, NULL);
            key_world_check_idle(&world);
            if (status == STATUS_OK) assert_int_equal(positions[0], position);
            if (status == STATUS_OK) continue;
            assert_int_equal(status, STATUS_INTERRUPTED);
            assert_int_equal(count, 0);
            failures++;
        }
    }
    assert_true(failures > 200);
    key_world_close(&world);
}

static void whichever_allocation_fails_nothing_is_lost(void **context)
{
    (void)context;
    struct key_world world;
    fill(&world, 100);
    int failures = 0;
    for (int commits = 0; commits < 300; commits++) {
        bool is_done = false;
        for (long allowed = 0; !is_done; allowed++) {
            key_world_run(&world, "BEGIN");
            for (int i = 0; i < 50; i++)
                assert_true(key_world_add(&world, key_world_random(&world)));
            allocations_left = allowed;
            enum status status = key_world_write_behind(&world, 400, commits % 20 == 0);
            allocations_left = -1;
            is_done = status == STATUS_OK;
            if (is_done) {
                key_world_commit(&world);
                continue;
            }
            assert_int_equal(status, STATUS_NO_MEMORY);
            failures++;
            key_world_roll_back(&world);
        }
    }
    assert_true(failures > 50);
    key_world_check_all(&world);
    key_world_close(&world);
}

static void opening_without_memory_is_a_status(void **context)
{
    (void)context;
    struct key_world world;
    fill(&world, 200);
    key_index_close(world.index);
    world.index = NULL;
    enum status status = STATUS_NO_MEMORY;
    int failures = 0;
    for (long allowed = 0; status != STATUS_OK; allowed++) {
        allocations_left = allowed;
        status = key_index_open(world.connection, &small, &world.index);
        allocations_left = -1;
        if (status == STATUS_OK) break;
        assert_int_equal(status, STATUS_NO_MEMORY);
        assert_null(world.index);
        failures++;
    }
    assert_true(failures >= 5);
    key_world_crash(&world);
    key_world_check_all(&world);
    key_world_close(&world);
}

static void when_rolling_back_fails_it_can_be_done_again(void **context)
{
    (void)context;
    struct key_world world;
    fill(&world, 200);
    key_world_run(&world, "BEGIN");
    assert_true(key_world_add(&world, 1));
    assert_int_equal(key_world_write_behind(&world, 100, true), STATUS_OK);
    key_world_run(&world, "ROLLBACK");
    uint64_t stamp = key_index_stamp(world.index);
    allocations_left = 0;
    enum status status = key_index_rolled_back(world.index);
    allocations_left = -1;
    assert_int_equal(status, STATUS_NO_MEMORY);
    uint64_t positions[8];
    uint32_t count = 0;
    status = key_index_find(world.index, world.fingerprints[0], positions, 8, &count);
    assert_int_equal(status, STATUS_NO_MEMORY);
    assert_int_equal(key_index_write_behind(world.index, 1, 100, false), STATUS_NO_MEMORY);
    assert_int_equal(key_index_stamp(world.index), stamp);
    key_world_roll_back(&world);
    key_world_check_all(&world);
    key_world_close(&world);
}

static void a_savepoint_keeps_the_batch_when_writing_behind_fails(void **context)
{
    (void)context;
    struct key_world world;
    fill(&world, 200);
    int failures = 0;
    for (long commits = 0; commits < 200; commits++) {
        key_world_run(&world, "BEGIN");
        for (int i = 0; i < 10; i++)
            assert_true(key_world_add(&world, key_world_random(&world)));
        if (commits % 3 == 0)
            assert_int_equal(key_world_write_behind(&world, 400, true), STATUS_OK);
        key_world_run(&world, "SAVEPOINT behind");
        allocations_left = commits % 2 == 0 ? commits % 5 : -1;
        enum status status = key_world_write_behind(&world, 400, true);
        allocations_left = -1;
        bool failed = status != STATUS_OK;
        if (failed) assert_int_equal(status, STATUS_NO_MEMORY);
        failures += failed;
        if (failed || commits % 4 == 0) {
            key_world_run(&world, "ROLLBACK TO behind");
            assert_int_equal(key_index_rolled_back(world.index), STATUS_OK);
        }
        key_world_run(&world, "RELEASE behind");
        if (commits % 8 == 0) {
            key_world_roll_back(&world);
        } else {
            key_world_commit(&world);
        }
        key_world_check_present(&world, 1 + key_world_below(&world, world.count));
    }
    assert_true(failures > 20);
    key_world_check_all(&world);
    key_world_crash(&world);
    key_world_check_all(&world);
    key_world_close(&world);
}

static void a_full_disk_is_a_status_and_passes(void **context)
{
    (void)context;
    struct key_world world;
    fill(&world, 30);
    int refusals = 0;
    for (int room = 0; room < 120; room++) {
        char pragma[64];
        snprintf(pragma, sizeof pragma, "PRAGMA max_page_count = %d", 60 + room * 6);
        key_world_run(&world, pragma);
        for (int commits = 0; commits < 20; commits++) {
            key_world_run(&world, "BEGIN");
            for (int i = 0; i < 50; i++)
                assert_true(key_world_add(&world, key_world_random(&world)));
            enum status status = key_world_write_behind(&world, 400, false);
            if (status == STATUS_OK) {
                key_world_commit(&world);
                continue;
            }
            assert_int_equal(status, STATUS_IO);
            refusals++;
            key_world_roll_back(&world);
            key_world_check_present(&world, 1 + key_world_below(&world, world.count));
            break;
        }
    }
    assert_true(refusals > 10);
    key_world_run(&world, "PRAGMA max_page_count = 1000000");
    for (int commits = 0; commits < 50; commits++)
        key_world_commit_keys(&world, 50);
    key_world_check_all(&world);
    key_world_close(&world);
}

/* ---- harm ---- */

/* Looks for every key: found where it is, or the tables are said to be corrupt. */
static int corrupt_answers(struct key_world *world)
{
    int corrupt = 0;
    for (uint64_t position = 1; position <= world->count; position++) {
        uint64_t positions[8];
        uint32_t count = 0;
        enum status status =
            key_index_find(world->index, world->fingerprints[position - 1], positions, 8, &count);
        if (status == STATUS_CORRUPT) {
            corrupt++;
            continue;
        }
        assert_int_equal(status, STATUS_OK);
        assert_int_equal(count, 1);
        assert_int_equal(positions[0], position);
    }
    return corrupt;
}

/* Writes behind until a merge has read what was harmed, or long enough. */
static enum status work_on(struct key_world *world)
{
    enum status status = STATUS_OK;
    for (int commits = 0; commits < 30 && status == STATUS_OK; commits++) {
        key_world_run(world, "BEGIN");
        for (int i = 0; i < 50; i++)
            assert_true(key_world_add(world, key_world_random(world)));
        status = key_world_write_behind(world, 400, true);
        if (status == STATUS_OK) {
            key_world_run(world, "COMMIT");
            key_index_committed(world->index);
        } else {
            key_world_run(world, "ROLLBACK");
        }
    }
    return status;
}

static void a_harmed_page_is_said_to_be_corrupt(void **context)
{
    (void)context;
    static const char *const harms[] = {
        "UPDATE key_page SET bytes = zeroblob(4048)",
        "UPDATE key_page SET bytes = zeroblob(100)",
        "UPDATE key_page SET bytes = randomblob(4048)",
        "UPDATE key_page SET bytes = (SELECT bytes FROM key_page WHERE id = 40)"
        " WHERE id % 32 <> 8",
        "UPDATE key_page SET bytes = CAST(substr(bytes, 1, 2000) || x'00' || substr(bytes, 2002)"
        " AS BLOB) WHERE id % 3 = 0",
        "DELETE FROM key_page WHERE id % 5 = 0",
    };
    for (size_t i = 0; i < sizeof harms / sizeof *harms; i++) {
        struct key_world world;
        fill(&world, 150);
        key_world_run(&world, harms[i]);
        int corrupt = corrupt_answers(&world);
        if (corrupt == 0) print_error("not noticed: %s\n", harms[i]);
        assert_true(corrupt > 0);
        assert_int_equal(work_on(&world), STATUS_CORRUPT);
        key_world_close(&world);
    }
}

static void harmed_tables_are_said_to_be_corrupt_when_opened(void **context)
{
    (void)context;
    static const char *const harms[] = {
        "UPDATE key_run SET level = 0",
        "UPDATE key_run SET level = 13",
        "UPDATE key_run SET level = 1, is_leaving = 0",
        "UPDATE key_run SET is_leaving = 2",
        "UPDATE key_run SET is_leaving = 1",
        "UPDATE key_run SET pages = pages + 1000000",
        "UPDATE key_run SET pages = -1",
        "UPDATE key_run SET pages = 5000000000",
        "UPDATE key_run SET filters = 0",
        "UPDATE key_run SET entries = 0",
        "DELETE FROM key_run WHERE is_leaving = 1",
        "UPDATE key_extent SET ordinal = 4000000000",
        "UPDATE key_extent SET ordinal = 7",
        "UPDATE key_extent SET part = 2",
        "UPDATE key_extent SET run = -5",
        "DELETE FROM key_extent",
        "INSERT INTO key_extent VALUES (1000000, 1, 0, 0)",
        "DELETE FROM key_page",
        "UPDATE key_merge SET level = 1",
        "UPDATE key_merge SET level = 12",
        "UPDATE key_merge SET filters_in_all = filters_in_all + 1",
        "UPDATE key_merge SET filters = 100000",
        "UPDATE key_merge SET pages = 100000",
        "UPDATE key_merge SET done = -1",
        "UPDATE key_merge SET done = 1000000000",
        "UPDATE key_merge SET upper_page = 5000000000",
        "DELETE FROM key_merge",
        "UPDATE key_stamp SET position = -1",
    };
    for (size_t i = 0; i < sizeof harms / sizeof *harms; i++) {
        struct key_world world;
        fill(&world, 154);
        assert_true(key_index_figures(world.index).runs > key_index_figures(world.index).levels);
        key_world_run(&world, harms[i]);
        struct key_index *index = NULL;
        enum status status = key_index_open(world.connection, &small, &index);
        if (status != STATUS_CORRUPT) print_error("not noticed: %s\n", harms[i]);
        assert_int_equal(status, STATUS_CORRUPT);
        assert_null(index);
        key_world_close(&world);
    }
}

static void a_note_that_leads_astray_is_noticed_before_the_merge_ends(void **context)
{
    (void)context;
    static const char *const harms[] = {
        "UPDATE key_merge SET upper_page = 100000",
        "UPDATE key_merge SET upper_page = 1",
        "UPDATE key_merge SET lower_entry = 5000",
        "UPDATE key_merge SET done = done + 1",
        "UPDATE key_run SET entries = entries + 1 WHERE is_leaving = 1",
    };
    for (size_t i = 0; i < sizeof harms / sizeof *harms; i++) {
        struct key_world world;
        fill(&world, 154);
        key_world_run(&world, harms[i]);
        key_index_close(world.index);
        assert_int_equal(key_index_open(world.connection, &small, &world.index), STATUS_OK);
        enum status status = STATUS_OK;
        for (int rounds = 0; rounds < 20 && status == STATUS_OK; rounds++)
            status = work_on(&world);
        if (status != STATUS_CORRUPT) print_error("not noticed: %s\n", harms[i]);
        assert_int_equal(status, STATUS_CORRUPT);
        key_world_close(&world);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whichever_step_of_sqlite_fails_nothing_is_lost),
        cmocka_unit_test(a_look_up_that_fails_leaves_nothing_open),
        cmocka_unit_test(whichever_allocation_fails_nothing_is_lost),
        cmocka_unit_test(opening_without_memory_is_a_status),
        cmocka_unit_test(when_rolling_back_fails_it_can_be_done_again),
        cmocka_unit_test(a_savepoint_keeps_the_batch_when_writing_behind_fails),
        cmocka_unit_test(a_full_disk_is_a_status_and_passes),
        cmocka_unit_test(a_harmed_page_is_said_to_be_corrupt),
        cmocka_unit_test(harmed_tables_are_said_to_be_corrupt_when_opened),
        cmocka_unit_test(a_note_that_leads_astray_is_noticed_before_the_merge_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
