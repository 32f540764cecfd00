/* The table of keys in memory: in order whatever is added and forgotten, and full without harm. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "store/key_memory.h"

enum { CAPACITY = 400 };

static uint64_t seed;

static uint64_t next_random(void)
{
    uint64_t mixed = seed += 0x9e3779b97f4a7c15u;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
    return mixed ^ (mixed >> 31);
}

/* The plain list, in order. */
struct model {
    struct key_entry entries[CAPACITY];
    uint32_t count;
};

static void model_add(struct model *model, struct key_entry entry)
{
    uint32_t at = 0;
    while (at < model->count && key_entry_is_before(model->entries[at], entry))
        at++;
    if (at < model->count && !key_entry_is_before(entry, model->entries[at])) return;
    memmove(&model->entries[at + 1], &model->entries[at],
            (model->count - at) * sizeof *model->entries);
    model->entries[at] = entry;
    model->count++;
}

static void model_forget_from(struct model *model, uint64_t position)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < model->count; i++) {
        if (model->entries[i].position < position) model->entries[kept++] = model->entries[i];
    }
    model->count = kept;
}

static void check(const struct key_memory *memory, const struct model *model)
{
    uint32_t slot = 0;
    uint64_t least = UINT64_MAX;
    assert_int_equal(memory->count, model->count);
    for (uint32_t i = 0; i < model->count; i++) {
        struct key_entry entry = {0, 0};
        assert_true(key_memory_next(memory, &slot, &entry));
        assert_int_equal(entry.fingerprint, model->entries[i].fingerprint);
        assert_int_equal(entry.position, model->entries[i].position);
        if (entry.position < least) least = entry.position;
        uint32_t found = key_memory_find(memory, entry.fingerprint);
        struct key_entry first = {0, 0};
        assert_true(key_memory_next(memory, &found, &first));
        assert_int_equal(first.fingerprint, entry.fingerprint);
        assert_true(first.position <= entry.position);
    }
    struct key_entry none;
    assert_false(key_memory_next(memory, &slot, &none));
    if (model->count > 0) assert_int_equal(memory->least_position, least);
    uint64_t absent = next_random() ^ 0x5555555555555555u;
    assert_int_equal(key_memory_find(memory, absent), memory->slot_count);
}

static void entries_stand_in_order_whatever_comes_and_goes(void **context)
{
    (void)context;
    for (uint64_t round = 0; round < 60; round++) {
        struct key_memory memory;
        static struct model model;
        model.count = 0;
        assert_int_equal(key_memory_init(&memory, CAPACITY), STATUS_OK);
        for (uint64_t position = 1; memory.count < CAPACITY; position++) {
            uint64_t fingerprint = next_random();
            if (round % 4 == 1) fingerprint &= 0xf00000000000000fu;
            if (round % 4 == 2) fingerprint = UINT64_MAX - fingerprint % 40;
            if (round % 4 == 3) fingerprint %= 40;
            struct key_entry entry = {fingerprint, position - next_random() % 2};
            assert_true(key_memory_add(&memory, entry));
            model_add(&model, entry);
            if (position % 50 == 0) check(&memory, &model);
            if (position % 90 != 0) continue;
            uint32_t before = memory.count;
            uint64_t from = position - next_random() % 30;
            uint32_t forgotten = key_memory_forget_from(&memory, from);
            model_forget_from(&model, from);
            assert_int_equal(forgotten, before - memory.count);
            check(&memory, &model);
        }
        check(&memory, &model);
        assert_false(key_memory_add(&memory, (struct key_entry){next_random(), 1000000}));
        assert_true(key_memory_add(&memory, model.entries[CAPACITY / 2]));
        check(&memory, &model);
        key_memory_clear(&memory);
        model.count = 0;
        check(&memory, &model);
        key_memory_release(&memory);
    }
}

static void a_crowd_at_the_end_fills_the_table_early(void **context)
{
    (void)context;
    struct key_memory memory;
    enum { LARGE = 5000 };
    assert_int_equal(key_memory_init(&memory, LARGE), STATUS_OK);
    uint64_t position = 0;
    while (key_memory_add(&memory, (struct key_entry){UINT64_MAX, position}))
        position++;
    assert_in_range(position, 500, LARGE - 1);
    assert_int_equal(memory.count, position);
    uint32_t slot = key_memory_find(&memory, UINT64_MAX);
    for (uint64_t i = 0; i < position; i++) {
        struct key_entry entry = {0, 0};
        assert_true(key_memory_next(&memory, &slot, &entry));
        assert_int_equal(entry.position, i);
    }
    /* Others still fit. */
    assert_true(key_memory_add(&memory, (struct key_entry){12345, 1}));
    key_memory_release(&memory);
}

static void everything_can_be_forgotten(void **context)
{
    (void)context;
    struct key_memory memory;
    assert_int_equal(key_memory_init(&memory, 1), STATUS_OK);
    assert_true(key_memory_add(&memory, (struct key_entry){0, KEY_POSITION_MAXIMUM}));
    assert_false(key_memory_add(&memory, (struct key_entry){1, 0}));
    assert_int_equal(key_memory_forget_from(&memory, 0), 1);
    assert_int_equal(key_memory_forget_from(&memory, 0), 0);
    assert_true(key_memory_add(&memory, (struct key_entry){1, 0}));
    key_memory_release(&memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_stand_in_order_whatever_comes_and_goes),
        cmocka_unit_test(a_crowd_at_the_end_fills_the_table_early),
        cmocka_unit_test(everything_can_be_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
