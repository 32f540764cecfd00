/* The heap of the memory store: blocks of a size, kept apart, used again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/heap.h"

static void blocks_hold_their_size_and_do_not_overlap(void **context)
{
    (void)context;
    struct heap heap;
    heap_init(&heap);
    enum { COUNT = 400 };
    static uint8_t *blocks[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        blocks[i] = heap_allocate(&heap, 1 + i * 37);
        assert_non_null(blocks[i]);
        assert_int_equal((uintptr_t)blocks[i] % 16, 0);
        memset(blocks[i], (int)(i % 251), 1 + i * 37);
    }
    for (size_t i = 0; i < COUNT; i++) {
        for (size_t k = 0; k < 1 + i * 37; k++)
            assert_int_equal(blocks[i][k], i % 251);
    }
    heap_release(&heap);
}

static void a_block_given_back_is_the_next_of_its_size(void **context)
{
    (void)context;
    struct heap heap;
    heap_init(&heap);
    const size_t sizes[] = {0, 1, 16, 17, 1000, 1024, 1025, 1280, 1281, 5000, 200000, 3000000};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        void *block = heap_allocate(&heap, sizes[i]);
        assert_non_null(block);
        heap_give_back(&heap, block, sizes[i]);
        assert_ptr_equal(heap_allocate(&heap, sizes[i]), block);
    }
    heap_release(&heap);
}

static void sizes_that_share_a_class_fit_each_other(void **context)
{
    (void)context;
    assert_true(heap_fits(1, 16));
    assert_false(heap_fits(16, 17));
    assert_true(heap_fits(1009, 1024));
    assert_false(heap_fits(1024, 1025));
    assert_true(heap_fits(1025, 1280));
    assert_false(heap_fits(1280, 1281));
    assert_true(heap_fits(1793, 2048));
    assert_false(heap_fits(2048, 2049));
}

static void a_size_beyond_every_class_is_refused(void **context)
{
    (void)context;
    struct heap heap;
    heap_init(&heap);
    assert_null(heap_allocate(&heap, SIZE_MAX));
    assert_null(heap_allocate(&heap, SIZE_MAX / 2));
    heap_release(&heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_hold_their_size_and_do_not_overlap),
        cmocka_unit_test(a_block_given_back_is_the_next_of_its_size),
        cmocka_unit_test(sizes_that_share_a_class_fit_each_other),
        cmocka_unit_test(a_size_beyond_every_class_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
