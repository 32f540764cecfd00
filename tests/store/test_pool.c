/* The pool against what it promises: blocks are whole, apart from each other, and used again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "store/pool.h"

#define THINGS 4000
#define REGION_BYTES ((size_t)2 << 20)

struct thing {
    uint8_t *bytes;
    size_t size;
    uint8_t mark;
};

static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed >> 8;
}

static void check(const struct thing *thing)
{
    for (size_t i = 0; i < thing->size; i++)
        assert_int_equal(thing->bytes[i], thing->mark);
}

static void blocks_of_every_size_stay_as_they_were_written(void **context)
{
    struct thing *things = calloc(THINGS, sizeof *things);
    struct pool pool;
    uint64_t seed = 7;
    (void)context;
    assert_non_null(things);
    pool_init(&pool);
    for (int step = 0; step < 40 * THINGS; step++) {
        struct thing *thing = &things[next_random(&seed) % THINGS];
        if (thing->bytes != NULL) {
            check(thing);
            pool_give(&pool, thing->bytes, thing->size);
            thing->bytes = NULL;
        } else {
            /* Mostly small, some larger than a block can be. */
            size_t most = next_random(&seed) % 8 == 0 ? 20000 : 400;
            thing->size = 1 + next_random(&seed) % most;
            thing->mark = (uint8_t)next_random(&seed);
            thing->bytes = pool_take(&pool, thing->size);
            assert_non_null(thing->bytes);
            assert_int_equal((uintptr_t)thing->bytes % 16, 0);
            memset(thing->bytes, thing->mark, thing->size);
        }
    }
    for (size_t i = 0; i < THINGS; i++) {
        if (things[i].bytes == NULL) continue;
        check(&things[i]);
        pool_give(&pool, things[i].bytes, things[i].size);
    }
    pool_release(&pool);
    free(things);
}

static void a_block_takes_what_its_class_says(void **context)
{
    (void)context;
    assert_int_equal(pool_block_bytes(0), 0);
    for (size_t size = 1; size <= 20000; size++) {
        assert_true(pool_block_bytes(size) >= size);
        assert_true(pool_block_bytes(size) <= size + size / 4 + 16);
        assert_true(pool_block_bytes(size) >= pool_block_bytes(size - 1));
    }
}

/* What small things gave back large ones get: memory is bounded by what is in use at a time. */
static void memory_given_back_serves_any_size(void **context)
{
    static const size_t sizes[] = {40, 100, 900, 3000};
    const size_t bytes = 4 * REGION_BYTES;
    struct pool pool;
    void **blocks = calloc(bytes / 40, sizeof *blocks);
    struct pool_region *last = NULL;
    (void)context;
    assert_non_null(blocks);
    pool_init(&pool);
    for (size_t round = 0; round < sizeof sizes / sizeof *sizes; round++) {
        size_t count = bytes / 2 / pool_block_bytes(sizes[round]);
        for (size_t i = 0; i < count; i++) {
            blocks[i] = pool_take(&pool, sizes[round]);
            assert_non_null(blocks[i]);
        }
        /* The newest region stays the newest: no other had to be taken. */
        if (round > 0 && sizes[round] < 1000) assert_ptr_equal(pool.regions, last);
        if (round == 0) last = pool.regions;
        for (size_t i = 0; i < count; i++)
            pool_give(&pool, blocks[i], sizes[round]);
    }
    pool_release(&pool);
    free(blocks);
}

static void a_large_table_is_zeroed(void **context)
{
    static const size_t counts[] = {1, 1000, 300000};
    (void)context;
    for (size_t i = 0; i < 3; i++) {
        uint64_t *table = pool_table(counts[i], sizeof *table);
        assert_non_null(table);
        for (size_t k = 0; k < counts[i]; k++)
            assert_int_equal(table[k], 0);
        free(table);
    }
    assert_null(pool_table(SIZE_MAX / 4, 8));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_of_every_size_stay_as_they_were_written),
        cmocka_unit_test(a_block_takes_what_its_class_says),
        cmocka_unit_test(memory_given_back_serves_any_size),
        cmocka_unit_test(a_large_table_is_zeroed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
