/* The index of keys against its model: adding, writing behind, failed commits, crashes; and what is
 * promised of its memory, its pace and its look-ups. */
#include <stdio.h>
#include <stdlib.h>

#include "key_world.h"

/* Mostly spread evenly; some equal to an earlier one, some in crowds at the ends. */
static uint64_t some_fingerprint(struct key_world *world)
{
    uint64_t kind = key_world_below(world, 100);
    if (kind < 4 && world->count > 0)
        return world->fingerprints[key_world_below(world, world->count)];
    if (kind == 4) return key_world_below(world, 200);
    if (kind == 5) return UINT64_MAX - key_world_below(world, 200);
    return key_world_random(world);
}

static void add_some(struct key_world *world, uint64_t keys)
{
    for (uint64_t i = 0; i < keys; i++) {
        if (key_world_add(world, some_fingerprint(world))) continue;
        /* Memory is full, for the budgets were small. */
        assert_int_equal(key_world_write_behind(world, 100000, true), STATUS_OK);
        key_world_commit(world);
        key_world_run(world, "BEGIN");
    }
}

static void check_some(struct key_world *world)
{
    for (int i = 0; i < 10 && world->count > 0; i++)
        key_world_check_present(world, 1 + key_world_below(world, world->count));
    key_world_check_absent(world);
}

static void step(struct key_world *world)
{
    static const uint32_t budgets[] = {0, 1, 3, 20, 60, 1000};
    key_world_run(world, "BEGIN");
    add_some(world, key_world_below(world, 60));
    uint32_t budget = budgets[key_world_below(world, sizeof budgets / sizeof *budgets)];
    bool flushes = key_world_below(world, 8) == 0;
    if (key_world_below(world, 10) > 0)
        assert_int_equal(key_world_write_behind(world, budget, flushes), STATUS_OK);
    if (key_world_below(world, 10) == 0)
        assert_int_equal(key_world_write_behind(world, budget, flushes), STATUS_OK);
    check_some(world);
    uint64_t end = key_world_below(world, 100);
    if (end < 3) {
        key_world_crash(world);
    } else if (end < 15) {
        key_world_roll_back(world);
    } else {
        key_world_commit(world);
    }
    check_some(world);
}

static void whatever_happens_every_committed_key_is_found(void **context)
{
    (void)context;
    static const struct key_index_options options[] = {
        {.memory_keys = 100, .growth = 4, .tail_positions = 100000},
        {.memory_keys = 1000, .growth = 4, .tail_positions = 3000},
        {.memory_keys = 3000, .growth = 8, .tail_positions = 1000},
    };
    for (uint64_t i = 0; i < sizeof options / sizeof *options; i++) {
        struct key_world world;
        key_world_open(&world, &options[i]);
        world.seed = i + 1;
        for (int steps = 0; steps < 1500; steps++)
            step(&world);
        key_world_check_all(&world);
        key_world_crash(&world);
        key_world_check_all(&world);
        key_world_close(&world);
    }
}

static void a_long_merge_goes_on_after_every_crash(void **context)
{
    (void)context;
    struct key_world world;
    key_world_open(&world, &(struct key_index_options){.memory_keys = 2048, .growth = 4});
    /* Often enough that merges between levels on disk see several. */
    for (int commits = 0; commits < 1200; commits++) {
        key_world_commit_keys(&world, 128);
        if (commits % 17 == 0) key_world_crash(&world);
        check_some(&world);
    }
    assert_true(key_index_figures(world.index).levels >= 3);
    key_world_check_all(&world);
    key_world_close(&world);
}

struct load {
    struct key_index_options options;
    uint32_t keys; /* a commit */
    int commits;
    uint32_t levels; /* at the most */
};

static void check_load(const struct load *load)
{
    struct key_world world;
    key_world_open(&world, &load->options);
    for (int commits = 0; commits < load->commits; commits++) {
        struct key_index_figures before = key_index_figures(world.index);
        uint32_t budget = key_index_budget(world.index, load->keys);
        key_world_commit_keys(&world, load->keys);
        struct key_index_figures after = key_index_figures(world.index);
        assert_true(after.pages_read - before.pages_read + after.pages_written -
                        before.pages_written <=
                    budget);
        assert_true(after.runs <= 2 * after.levels);
        assert_true(after.levels <= load->levels);
        assert_int_equal(after.keys_in_memory + after.keys_on_disk, world.count);
        /* The stamp is behind by no more than what the two tables hold. */
        assert_true(world.count - key_index_stamp(world.index) <=
                    2 * (uint64_t)load->options.memory_keys);
    }
    assert_int_equal(key_index_figures(world.index).levels, load->levels);
    key_world_check_all(&world);
    key_world_close(&world);
}

static void with_its_budget_memory_never_fills_and_runs_stay_few(void **context)
{
    (void)context;
    static const struct load loads[] = {
        {{.memory_keys = 1024, .growth = 8}, 32, 5000, 3},
        {{.memory_keys = 1024, .growth = 4}, 128, 1200, 4},
        {{.memory_keys = 800, .growth = 16}, 100, 1500, 2},
        {{.memory_keys = 8, .growth = 4}, 1, 6000, 5},
    };
    for (size_t i = 0; i < sizeof loads / sizeof *loads; i++)
        check_load(&loads[i]);
}

static void a_small_budget_is_kept_and_says_when_memory_is_full(void **context)
{
    (void)context;
    struct key_world world;
    key_world_open(&world, &(struct key_index_options){.memory_keys = 1000});
    bool was_full = false;
    for (int commits = 0; commits < 3000; commits++) {
        key_world_run(&world, "BEGIN");
        for (int i = 0; i < 20 && key_world_add(&world, key_world_random(&world)); i++)
            was_full = was_full || key_index_figures(world.index).keys_in_memory > 2000;
        struct key_index_figures before = key_index_figures(world.index);
        uint32_t budget = (uint32_t)commits % 3;
        assert_int_equal(key_world_write_behind(&world, budget, false), STATUS_OK);
        struct key_index_figures after = key_index_figures(world.index);
        assert_true(after.pages_read - before.pages_read + after.pages_written -
                        before.pages_written <=
                    budget);
        key_world_commit(&world);
        assert_true(key_index_figures(world.index).keys_in_memory <= 2500);
    }
    assert_true(was_full);
    /* It still goes on, as slowly as it is let. */
    assert_true(key_index_figures(world.index).keys_on_disk > 2500);
    key_world_check_all(&world);
    key_world_close(&world);
}

static void memory_does_not_grow_with_the_keys(void **context)
{
    (void)context;
    struct key_world world;
    key_world_open(&world, &(struct key_index_options){.memory_keys = 4096, .growth = 8});
    size_t tables = 2 * (4096 * 5 / 4 * 3 / 2 + 513) * 16;
    for (int commits = 0; commits < 800; commits++) {
        key_world_commit_keys(&world, 256);
        struct key_index_figures figures = key_index_figures(world.index);
        /* Of each level a merge, and for 32 pages 4 bytes, doubled for what grows. */
        size_t levels = ((size_t)figures.levels + 1) * 50000;
        size_t extents = figures.keys_on_disk / 300 / 32 * 4 * 4;
        size_t filters = (size_t)1024 * 4056;
        assert_true(figures.memory_bytes <= tables + levels + extents + filters + 4096);
    }
    key_world_close(&world);
}

static void a_look_up_reads_few_pages(void **context)
{
    (void)context;
    struct key_world world;
    key_world_open(&world, &(struct key_index_options){.memory_keys = 4096, .growth = 8});
    for (int commits = 0; commits < 800; commits++)
        key_world_commit_keys(&world, 256);
    struct key_index_figures figures = key_index_figures(world.index);
    uint64_t before = figures.pages_read;
    for (int i = 0; i < 10000; i++)
        key_world_check_absent(&world);
    uint64_t absent = key_index_figures(world.index).pages_read - before;
    assert_true(absent <= 10000ull * figures.runs * 102 / 100);
    for (int i = 0; i < 10000; i++)
        key_world_check_present(&world, 1 + key_world_below(&world, world.count));
    uint64_t present = key_index_figures(world.index).pages_read - before - absent;
    assert_true(present <= absent + 10000ull * 14 / 10);
    key_world_close(&world);
}

static void keys_that_share_a_fingerprint_are_all_answered_newest_first(void **context)
{
    (void)context;
    struct key_world world;
    key_world_open(&world, &(struct key_index_options){.memory_keys = 1000, .growth = 4});
    enum { COUNT = 20000 };
    for (uint64_t i = 0; i < COUNT; i++) {
        if (i % 100 == 0) key_world_run(&world, "BEGIN");
        uint64_t fingerprint = i % 4 == 0 ? 77 : key_world_random(&world);
        assert_true(key_world_add(&world, fingerprint));
        if (i % 100 != 99) continue;
        assert_int_equal(key_world_write_behind(&world, 10000, false), STATUS_OK);
        key_world_commit(&world);
    }
    static uint64_t positions[COUNT];
    uint32_t count = 0;
    assert_int_equal(key_index_find(world.index, 77, positions, COUNT, &count), STATUS_OK);
    assert_int_equal(count, COUNT / 4);
    for (uint32_t i = 0; i < count; i++)
        assert_int_equal(positions[i], COUNT - 3 - 4 * i);
    assert_int_equal(key_index_find(world.index, 77, positions, 100, &count), STATUS_LIMIT);
    assert_int_equal(count, COUNT / 4);
    for (int i = 0; i < 1000; i++)
        key_world_check_absent(&world);
    key_world_close(&world);
}

static void what_is_added_again_is_there_once(void **context)
{
    (void)context;
    struct key_world world;
    key_world_open(&world, &(struct key_index_options){.memory_keys = 512, .growth = 4});
    for (int commits = 0; commits < 100; commits++)
        key_world_commit_keys(&world, 64);
    /* As after a crash, but from the very beginning; and written behind again. */
    for (uint64_t position = 1; position <= world.count; position++) {
        uint64_t fingerprint = world.fingerprints[position - 1];
        if (position % 64 == 1) key_world_run(&world, "BEGIN");
        assert_int_equal(key_index_add(world.index, fingerprint, position), STATUS_OK);
        if (position % 64 != 0) continue;
        assert_int_equal(key_world_write_behind(&world, 10000, false), STATUS_OK);
        key_world_commit(&world);
    }
    for (uint64_t position = 1; position <= world.count; position++) {
        uint64_t positions[8];
        uint32_t count = 0;
        uint64_t fingerprint = world.fingerprints[position - 1];
        assert_int_equal(key_index_find(world.index, fingerprint, positions, 8, &count), STATUS_OK);
        assert_int_equal(count, 1);
        assert_int_equal(positions[0], position);
    }
    key_world_close(&world);
}

static void flushing_empties_memory_and_the_stamp_follows(void **context)
{
    (void)context;
    struct key_world world;
    key_world_open(&world, &(struct key_index_options){.memory_keys = 1000});
    for (int commits = 0; commits < 30; commits++)
        key_world_commit_keys(&world, 50);
    int commits = 0;
    for (; key_index_figures(world.index).keys_in_memory > 0; commits++) {
        key_world_run(&world, "BEGIN");
        assert_int_equal(key_world_write_behind(&world, 10, true), STATUS_OK);
        key_world_commit(&world);
        assert_true(commits < 1000);
    }
    assert_true(commits > 2);
    assert_int_equal(key_index_stamp(world.index), world.count);
    key_world_crash(&world);
    assert_int_equal(key_index_figures(world.index).keys_in_memory, 0);
    key_world_check_all(&world);
    key_world_close(&world);
}

static void the_stamp_follows_records_that_carry_no_keys(void **context)
{
    (void)context;
    struct key_world world;
    key_world_open(&world,
                   &(struct key_index_options){.memory_keys = 1000, .tail_positions = 5000});
    key_world_commit_keys(&world, 5);
    for (uint64_t position = world.count; position < 50000; position += 100) {
        key_world_run(&world, "BEGIN");
        assert_int_equal(key_index_write_behind(world.index, position, 40, false), STATUS_OK);
        key_world_commit(&world);
        uint64_t stamp = key_index_stamp(world.index);
        assert_true(stamp <= position && position - stamp <= 5000);
    }
    key_world_check_all(&world);
    key_world_close(&world);
}

static void options_out_of_range_are_refused(void **context)
{
    (void)context;
    static const struct key_index_options bad[] = {
        {.growth = 1}, {.growth = 3}, {.growth = 65}, {.memory_keys = UINT32_MAX}};
    sqlite3 *connection = NULL;
    assert_int_equal(sqlite3_open(":memory:", &connection), SQLITE_OK);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct key_index *index = NULL;
        assert_int_equal(key_index_open(connection, &bad[i], &index), STATUS_INVALID);
        assert_null(index);
    }
    struct key_index *index = NULL;
    assert_int_equal(key_index_open(connection, NULL, &index), STATUS_OK);
    key_index_close(index);
    assert_int_equal(sqlite3_close(connection), SQLITE_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_happens_every_committed_key_is_found),
        cmocka_unit_test(a_long_merge_goes_on_after_every_crash),
        cmocka_unit_test(with_its_budget_memory_never_fills_and_runs_stay_few),
        cmocka_unit_test(a_small_budget_is_kept_and_says_when_memory_is_full),
        cmocka_unit_test(memory_does_not_grow_with_the_keys),
        cmocka_unit_test(a_look_up_reads_few_pages),
        cmocka_unit_test(keys_that_share_a_fingerprint_are_all_answered_newest_first),
        cmocka_unit_test(what_is_added_again_is_there_once),
        cmocka_unit_test(flushing_empties_memory_and_the_stamp_follows),
        cmocka_unit_test(the_stamp_follows_records_that_carry_no_keys),
        cmocka_unit_test(options_out_of_range_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
