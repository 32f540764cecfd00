/* Tests of base/map: keys of every length, growth, the maximum, and changed values and views. */
#include "check.h"

#define KEYS 20000

static void an_empty_map_has_nothing(void **state)
{
    (void)state;
    struct map map;
    map_init(&map, 10);
    assert_int_equal(MAP_NONE, map_get(&map, TEXT("a")));
    assert_int_equal(MAP_NONE, map_get(&map, (struct text){NULL, 0}));
    map_release(&map);
}

static void what_was_added_is_found_and_nothing_else(void **state)
{
    (void)state;
    static char bytes[KEYS][16];
    struct map map;
    map_init(&map, KEYS);
    for (uint32_t i = 0; i < KEYS; i++) {
        (void)snprintf(bytes[i], sizeof bytes[i], "%u", i * 7);
        uint32_t found = MAP_NONE;
        bool is_new = false;
        assert_int_equal(MAP_NONE, map_get(&map, text_of(bytes[i])));
        assert_ok(map_add(&map, text_of(bytes[i]), i, &found, &is_new));
        assert_int_equal(i, found);
        assert_true(is_new);
        assert_int_equal(i + 1, map.count);
    }
    for (uint32_t number = 0; number < KEYS * 7; number++) {
        char key[16];
        (void)snprintf(key, sizeof key, "%u", number);
        uint32_t wanted = number % 7 == 0 ? number / 7 : MAP_NONE;
        assert_int_equal(wanted, map_get(&map, text_of(key)));
    }
    map_release(&map);
    assert_int_equal(MAP_NONE, map_get(&map, TEXT("0")));
}

/* Keys of up to 8 bytes are compared by a number made of them: each byte must count. */
static void keys_that_differ_in_one_byte_or_in_length_are_different(void **state)
{
    (void)state;
    enum { LONGEST = 40 };
    struct map map;
    map_init(&map, 100000);
    static char bytes[LONGEST + 1][LONGEST + 1][LONGEST + 1];
    uint32_t count = 0;
    for (size_t length = 0; length <= LONGEST; length++) {
        for (size_t changed = 0; changed <= length; changed++) {
            /* `changed == length`: all bytes are zero, and so is every shorter such key. */
            if (changed < length) bytes[length][changed][changed] = 1;
            bool is_new = false;
            uint32_t found;
            assert_ok(map_add(&map, (struct text){bytes[length][changed], length}, count, &found,
                              &is_new));
            assert_true(is_new);
            assert_int_equal(count, found);
            count++;
        }
    }
    uint32_t wanted = 0;
    for (size_t length = 0; length <= LONGEST; length++)
        for (size_t changed = 0; changed <= length; changed++)
            assert_int_equal(wanted++,
                             map_get(&map, (struct text){bytes[length][changed], length}));
    map_release(&map);
}

static void a_key_is_added_once(void **state)
{
    (void)state;
    struct map map;
    map_init(&map, 10);
    uint32_t found = 0;
    bool is_new = false;
    assert_ok(map_add(&map, TEXT("member"), 4, &found, NULL));
    assert_ok(map_add(&map, TEXT("member"), 5, &found, &is_new));
    assert_int_equal(4, found);
    assert_false(is_new);
    assert_int_equal(1, map.count);
    map_set(&map, TEXT("member"), 6);
    assert_int_equal(6, map_get(&map, TEXT("member")));
    map_release(&map);
}

static void a_rekeyed_map_no_longer_looks_at_the_old_bytes(void **state)
{
    (void)state;
    struct map map;
    map_init(&map, 10);
    char passing[] = "a key of many bytes";
    static const char lasting[] = "a key of many bytes";
    uint32_t found;
    assert_ok(map_add(&map, text_of(passing), 3, &found, NULL));
    map_rekey(&map, text_of(lasting));
    memset(passing, 'x', sizeof passing - 1);
    assert_int_equal(3, map_get(&map, text_of(lasting)));
    assert_int_equal(MAP_NONE, map_get(&map, text_of(passing)));
    map_release(&map);
}

static void a_full_map_still_finds_but_takes_no_more(void **state)
{
    (void)state;
    for (uint32_t maximum = 0; maximum < 50; maximum++) {
        char bytes[50][4];
        struct map map;
        map_init(&map, maximum);
        uint32_t found;
        for (uint32_t i = 0; i < maximum; i++) {
            (void)snprintf(bytes[i], sizeof bytes[i], "%u", i);
            assert_ok(map_add(&map, text_of(bytes[i]), i, &found, NULL));
        }
        found = 77;
        bool is_new = true;
        assert_status(STATUS_LIMIT, map_add(&map, TEXT("more"), 1, &found, &is_new));
        assert_int_equal(77, found);
        assert_true(is_new);
        assert_int_equal(MAP_NONE, map_get(&map, TEXT("more")));
        for (uint32_t i = 0; i < maximum; i++) {
            assert_ok(map_add(&map, text_of(bytes[i]), 99, &found, &is_new));
            assert_int_equal(i, found);
            assert_false(is_new);
        }
        map_release(&map);
    }
}

static void there_is_always_a_free_slot(void **state)
{
    (void)state;
    static char bytes[1000][8];
    struct map map;
    map_init(&map, SIZE_MAX);
    for (uint32_t i = 0; i < 1000; i++) {
        uint32_t found;
        (void)snprintf(bytes[i], sizeof bytes[i], "k%u", i);
        assert_ok(map_add(&map, text_of(bytes[i]), i, &found, NULL));
        assert_true(map.count < map.capacity);
        assert_int_equal(0, map.capacity & (map.capacity - 1));
    }
    map_release(&map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_map_has_nothing),
        cmocka_unit_test(what_was_added_is_found_and_nothing_else),
        cmocka_unit_test(keys_that_differ_in_one_byte_or_in_length_are_different),
        cmocka_unit_test(a_key_is_added_once),
        cmocka_unit_test(a_rekeyed_map_no_longer_looks_at_the_old_bytes),
        cmocka_unit_test(a_full_map_still_finds_but_takes_no_more),
        cmocka_unit_test(there_is_always_a_free_slot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
