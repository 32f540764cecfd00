/* Pages of keys: what is packed is found again, filters forget nothing and err seldom, and no bytes
 * make a reader leave its page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "store/key_page.h"

static uint64_t seed;

static uint64_t next_random(void)
{
    uint64_t mixed = seed += 0x9e3779b97f4a7c15u;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
    return mixed ^ (mixed >> 31);
}

/* Fills a page with entries whose steps have so many bits; of its own memory, so that a read beyond
 * it is noticed. */
static uint8_t *filled_page(int fingerprint_bits, int position_bits, struct key_page_draft *draft)
{
    uint8_t *page = malloc(KEY_PAGE_BYTES);
    assert_non_null(page);
    *draft = (struct key_page_draft){.count = 0};
    struct key_entry entry = {next_random() >> 8, 0};
    uint64_t base = next_random() >> 17;
    do {
        uint64_t step = fingerprint_bits == 0 ? 0 : next_random() >> (64 - fingerprint_bits);
        if (entry.fingerprint > UINT64_MAX - step) break;
        entry.fingerprint += step;
        entry.position = base + (position_bits == 0 ? 0 : next_random() >> (64 - position_bits));
    } while (key_page_draft_add(draft, entry));
    key_page_draft_write(draft, 5, 9, page);
    return page;
}

static void what_is_packed_is_read_at_every_width(void **context)
{
    (void)context;
    static struct key_page_draft draft;
    for (int fingerprint_bits = 0; fingerprint_bits <= 56; fingerprint_bits += 4) {
        for (int position_bits = 0; position_bits <= 46; position_bits += 3) {
            uint8_t *page = filled_page(fingerprint_bits, position_bits, &draft);
            assert_true(key_page_is_sound(page, KEY_PART_ENTRIES, 5, 9));
            struct key_view view;
            assert_true(key_view_init(&view, page));
            assert_int_equal(view.count, draft.count);
            for (uint32_t i = 0; i < view.count; i++) {
                struct key_entry entry = key_view_entry(&view, i);
                assert_int_equal(entry.fingerprint, draft.entries[i].fingerprint);
                assert_int_equal(entry.position, draft.entries[i].position);
                uint32_t at = key_view_find(&view, entry.fingerprint);
                assert_true(at <= i);
                assert_int_equal(key_view_fingerprint(&view, at), entry.fingerprint);
                assert_true(at == 0 || draft.entries[at - 1].fingerprint < entry.fingerprint);
            }
            free(page);
        }
    }
}

static void the_widest_entries_fill_a_page_to_what_is_promised(void **context)
{
    (void)context;
    static struct key_page_draft draft;
    draft.count = 0;
    for (uint64_t i = 0; i < KEY_PAGE_ENTRIES_LEAST; i++) {
        uint64_t fingerprint = i == 0 ? 0 : UINT64_MAX - KEY_PAGE_ENTRIES_LEAST + i;
        uint64_t position = i % 2 == 0 ? 0 : KEY_POSITION_MAXIMUM;
        assert_true(key_page_draft_add(&draft, (struct key_entry){fingerprint, position}));
    }
    assert_false(key_page_draft_add(&draft, (struct key_entry){UINT64_MAX, 1}));
    uint8_t page[KEY_PAGE_BYTES];
    key_page_draft_write(&draft, 1, 0, page);
    struct key_view view;
    assert_true(key_view_init(&view, page));
    assert_int_equal(view.count, KEY_PAGE_ENTRIES_LEAST);
    struct key_entry last = key_view_entry(&view, view.count - 1);
    assert_int_equal(last.fingerprint, UINT64_MAX - 1);
    assert_int_equal(key_view_find(&view, UINT64_MAX), view.count);
    assert_int_equal(key_view_find(&view, 0), 0);
    assert_int_equal(key_view_find(&view, 1), 1);
}

static void a_harmed_page_is_not_sound(void **context)
{
    (void)context;
    static struct key_page_draft draft;
    uint8_t *page = filled_page(40, 30, &draft);
    assert_true(key_page_is_sound(page, KEY_PART_ENTRIES, 5, 9));
    assert_false(key_page_is_sound(page, KEY_PART_FILTERS, 5, 9));
    assert_false(key_page_is_sound(page, KEY_PART_ENTRIES, 6, 9));
    assert_false(key_page_is_sound(page, KEY_PART_ENTRIES, 5, 8));
    for (size_t at = 0; at < KEY_PAGE_BYTES; at++) {
        uint8_t before = page[at];
        page[at] ^= (uint8_t)(1u << (at % 8));
        assert_false(key_page_is_sound(page, KEY_PART_ENTRIES, 5, 9));
        page[at] = before;
    }
    memset(page, 0, KEY_PAGE_BYTES);
    assert_false(key_page_is_sound(page, KEY_PART_ENTRIES, 0, 0));
    free(page);
}

static void no_bytes_make_a_reader_leave_the_page(void **context)
{
    (void)context;
    uint8_t *page = malloc(KEY_PAGE_BYTES);
    assert_non_null(page);
    int accepted = 0;
    for (int round = 0; round < 20000; round++) {
        for (size_t at = 0; at < KEY_PAGE_BYTES; at += 8) {
            uint64_t random = next_random();
            memcpy(page + at, &random, 8);
        }
        /* Small enough to be believed, now and then. */
        if (round % 2 == 0) page[17] &= 3u;
        if (round % 3 == 0) page[19] %= 12;
        if (round % 5 != 0) page[20] %= 9;
        struct key_view view;
        if (!key_view_init(&view, page)) continue;
        accepted++;
        uint64_t sum = 0;
        for (uint32_t i = 0; i < view.count; i++)
            sum += key_view_entry(&view, i).position;
        assert_true(key_view_find(&view, sum) <= view.count);
    }
    assert_true(accepted > 100);
    free(page);
}

static void a_filter_forgets_nothing_and_errs_once_in_a_hundred(void **context)
{
    (void)context;
    enum { FILTERS = 20, STRANGERS = 20000 };
    int errors = 0;
    for (uint64_t filter = 0; filter < FILTERS; filter++) {
        uint8_t page[KEY_PAGE_BYTES] = {0};
        static uint64_t members[KEY_FILTER_ENTRIES];
        /* One share of 2^15: the upper bits are the same for all, as in a large run. */
        uint64_t upper = filter << 49;
        for (size_t i = 0; i < KEY_FILTER_ENTRIES; i++) {
            members[i] = upper | next_random() >> 15;
            key_filter_add(page, members[i]);
        }
        key_filter_write(page, 3, (uint32_t)filter, 17, 25);
        assert_true(key_page_is_sound(page, KEY_PART_FILTERS, 3, (uint32_t)filter));
        assert_int_equal(key_filter_first_page(page), 17);
        assert_int_equal(key_filter_last_page(page), 25);
        for (size_t i = 0; i < KEY_FILTER_ENTRIES; i++)
            assert_true(key_filter_may_hold(page, members[i]));
        for (int i = 0; i < STRANGERS; i++)
            errors += key_filter_may_hold(page, upper | next_random() >> 15);
    }
    assert_true(errors < FILTERS * STRANGERS / 100);
    assert_true(errors > 0);
}

static void shares_ascend_and_are_even(void **context)
{
    (void)context;
    static const uint64_t counts[] = {1, 2, 3, 7, 1000, 31250, UINT32_MAX};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        assert_int_equal(key_share(0, counts[i]), 0);
        assert_int_equal(key_share(UINT64_MAX, counts[i]), counts[i] - 1);
        assert_int_equal(key_share(UINT64_MAX / 2 + 1, counts[i]), counts[i] / 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_packed_is_read_at_every_width),
        cmocka_unit_test(the_widest_entries_fill_a_page_to_what_is_promised),
        cmocka_unit_test(a_harmed_page_is_not_sound),
        cmocka_unit_test(no_bytes_make_a_reader_leave_the_page),
        cmocka_unit_test(a_filter_forgets_nothing_and_errs_once_in_a_hundred),
        cmocka_unit_test(shares_ascend_and_are_even),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
