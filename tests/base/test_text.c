/* Tests of base/text: views, UTF-8, distances, and the buffer with its maximum. */
#include "check.h"

static int sign(int number)
{
    return (number > 0) - (number < 0);
}

static void comparing_orders_by_bytes_and_a_prefix_comes_first(void **state)
{
    (void)state;
    static const struct {
        const char *a;
        const char *b;
        int order;
    } cases[] = {{"", "", 0},          {"", "a", -1},     {"a", "a", 0},
                 {"a", "b", -1},       {"ab", "a", 1},    {"ab", "b", -1},
                 {"\xC3\xA4", "z", 1}, {"a\x01", "a", 1}, {"abc", "abd", -1}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct text a = text_of(cases[i].a);
        struct text b = text_of(cases[i].b);
        assert_int_equal(cases[i].order, sign(text_compare(a, b)));
        assert_int_equal(-cases[i].order, sign(text_compare(b, a)));
        assert_int_equal(cases[i].order == 0, text_equal(a, b));
    }
}

static void a_view_may_hold_zero_bytes_or_nothing(void **state)
{
    (void)state;
    struct text nothing = {NULL, 0};
    struct text zero = {"\0", 1};
    assert_true(text_equal(nothing, TEXT("")));
    assert_int_equal(0, text_compare(nothing, TEXT("")));
    assert_false(text_equal(zero, nothing));
    assert_int_equal(1, sign(text_compare(zero, nothing)));
    assert_true(text_starts_with(nothing, nothing));
    assert_true(text_ends_with(nothing, nothing));
    assert_true(text_is_utf8(nothing, NULL));
    assert_true(text_is_utf8(zero, NULL));
    assert_text("", text_trim(nothing));
    struct text rest;
    assert_text("", text_split(nothing, ',', &rest));
    assert_text("", rest);
}

static void starts_and_ends_are_found(void **state)
{
    (void)state;
    struct text text = TEXT("orders.csv.gz");
    assert_true(text_starts_with(text, TEXT("orders")));
    assert_true(text_starts_with(text, TEXT("")));
    assert_true(text_starts_with(text, text));
    assert_false(text_starts_with(text, TEXT("order.")));
    assert_false(text_starts_with(TEXT("ord"), TEXT("orders")));
    assert_true(text_ends_with(text, TEXT(".gz")));
    assert_true(text_ends_with(text, TEXT("")));
    assert_true(text_ends_with(text, text));
    assert_false(text_ends_with(text, TEXT(".zst")));
    assert_false(text_ends_with(TEXT("gz"), TEXT(".gz")));
}

static void trimming_takes_white_space_at_both_ends_only(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"", ""},
        {" \t\r\n\v\f", ""},
        {"a", "a"},
        {"  a b \n", "a b"},
        {"\xC2\xA0 x", "\xC2\xA0 x"},
        {"a\x1F", "a\x1F"},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_text(cases[i][1], text_trim(text_of(cases[i][0])));
}

static void splitting_leaves_the_rest_behind_the_first_separator(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        {"a,b,c", "a", "b,c"}, {",b", "", "b"}, {"a,", "a", ""}, {"abc", "abc", ""}, {"", "", ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct text rest = TEXT("untouched");
        assert_text(cases[i][1], text_split(text_of(cases[i][0]), ',', &rest));
        assert_text(cases[i][2], rest);
    }
}

static void case_is_ignored_for_ascii_letters_alone(void **state)
{
    (void)state;
    assert_true(text_equal_ignoring_case(TEXT("Zone-9"), TEXT("zONE-9")));
    assert_false(text_equal_ignoring_case(TEXT("zone"), TEXT("zones")));
    assert_false(text_equal_ignoring_case(TEXT("@"), TEXT("`")));
    assert_false(text_equal_ignoring_case(TEXT("["), TEXT("{")));
    assert_false(text_equal_ignoring_case(TEXT("\xC3\x84"), TEXT("\xC3\xA4")));
}

static void utf8_is_told_from_what_only_looks_like_it(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        int bad; /* -1: well-formed */
    } cases[] = {
        {"plain ASCII, more than eight bytes", -1},
        {"\x7F", -1},
        {"\xC2\x80", -1},
        {"\xDF\xBF", -1},
        {"\xE0\xA0\x80", -1},
        {"\xED\x9F\xBF", -1},
        {"\xEE\x80\x80", -1},
        {"\xEF\xBF\xBF", -1},
        {"\xF0\x90\x80\x80", -1},
        {"\xF4\x8F\xBF\xBF", -1},
        {"12345678\xE2\x82\xAC", -1},
        {"\x80", 0},             /* a continuation with nothing before it */
        {"\xC0\xAF", 0},         /* overlong in two bytes */
        {"\xC1\xBF", 0},         /* the same, the highest */
        {"\xE0\x9F\xBF", 0},     /* overlong in three */
        {"\xF0\x8F\xBF\xBF", 0}, /* overlong in four */
        {"\xED\xA0\x80", 0},     /* a surrogate */
        {"\xED\xBF\xBF", 0},     /* the last surrogate */
        {"\xF4\x90\x80\x80", 0}, /* above U+10FFFF */
        {"\xF5\x80\x80\x80", 0},
        {"\xFF", 0},
        {"\xC2", 0}, /* cut off */
        {"a\xE2\x82", 1},
        {"ab\xF0\x90\x80", 2},
        {"\xC2\x41", 0},
        {"\xE2\x82\x41", 0},
        {"\xF0\x90\x80\xC0", 0},
        {"12345678\xE2\x82\xAC\x80", 11},
        {"1234567\x80", 7},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t bad = 999;
        bool is_good = text_is_utf8(text_of(cases[i].bytes), &bad);
        assert_int_equal(cases[i].bad < 0, is_good);
        assert_int_equal(cases[i].bad < 0 ? 999 : cases[i].bad, bad);
    }
}

static void every_code_point_is_utf8_but_the_surrogates(void **state)
{
    (void)state;
    for (uint32_t point = 0x80; point <= 0x1FFFFF; point += point < 0x11000 ? 1 : 0x101) {
        char bytes[4];
        size_t length = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
        for (size_t i = length; i-- > 1;)
            bytes[i] = (char)(0x80 | ((point >> (6 * (length - 1 - i))) & 0x3F));
        uint32_t lead = length == 2 ? 0xC0 : length == 3 ? 0xE0 : 0xF0;
        bytes[0] = (char)(lead | (point >> (6 * (length - 1))));
        bool wanted = point <= 0x10FFFF && (point < 0xD800 || point > 0xDFFF);
        assert_int_equal(wanted, text_is_utf8((struct text){bytes, length}, NULL));
        assert_false(text_is_utf8((struct text){bytes, length - 1}, NULL));
    }
}

static void distance_counts_the_least_number_of_slips(void **state)
{
    (void)state;
    static const struct {
        const char *a;
        const char *b;
        unsigned distance;
    } cases[] = {
        {"", "", 0},
        {"", "abc", 3},
        {"expiry", "expiry", 0},
        {"expiry", "expiri", 1},
        {"expiry", "expriy", 1},
        {"expiry", "epiry", 1},
        {"expiry", "exxpiry", 1},
        {"kitten", "sitting", 3},
        {"ca", "abc", 3},
        {"ab", "ba", 1},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct text a = text_of(cases[i].a);
        struct text b = text_of(cases[i].b);
        assert_int_equal(cases[i].distance, text_distance(a, b));
        assert_int_equal(cases[i].distance, text_distance(b, a));
    }
}

static void distance_looks_at_64_bytes(void **state)
{
    (void)state;
    char a[100];
    char b[100];
    memset(a, 'x', sizeof a);
    memset(b, 'x', sizeof b);
    b[64] = 'y';
    assert_int_equal(0, text_distance((struct text){a, 100}, (struct text){b, 100}));
    b[63] = 'y';
    assert_int_equal(1, text_distance((struct text){a, 100}, (struct text){b, 100}));
    assert_int_equal(64, text_distance((struct text){a, 100}, TEXT("")));
}

static void the_nearest_is_offered_only_if_it_may_be_meant(void **state)
{
    (void)state;
    const struct text names[] = {TEXT("wallets"), TEXT("rules"), TEXT("rewards"), TEXT("rule")};
    assert_int_equal(0, text_nearest(TEXT("walets"), names, COUNT(names)));
    assert_int_equal(1, text_nearest(TEXT("rulse"), names, COUNT(names)));
    assert_int_equal(2, text_nearest(TEXT("rewrads"), names, COUNT(names)));
    assert_int_equal(-1, text_nearest(TEXT("campaigns"), names, COUNT(names)));
    assert_int_equal(-1, text_nearest(TEXT("ru"), names, COUNT(names)));
    assert_int_equal(-1, text_nearest(TEXT("wallets"), names, 0));
    /* Three of nine letters may be wrong, four may not. */
    const struct text nine[] = {TEXT("abcdefghi")};
    assert_int_equal(0, text_nearest(TEXT("abcdefxyz"), nine, 1));
    assert_int_equal(-1, text_nearest(TEXT("abcdewxyz"), nine, 1));
    /* Of two equally near the first. */
    const struct text twins[] = {TEXT("cat"), TEXT("cot")};
    assert_int_equal(0, text_nearest(TEXT("cut"), twins, 2));
}

static void a_buffer_fills_to_its_last_byte_and_no_further(void **state)
{
    (void)state;
    for (size_t maximum = 0; maximum < 300; maximum += 13) {
        struct buffer buffer;
        buffer_init(&buffer, maximum);
        for (size_t i = 0; i < maximum; i++)
            assert_ok(buffer_add_byte(&buffer, (char)('a' + i % 26)));
        assert_status(STATUS_LIMIT, buffer_add_byte(&buffer, '!'));
        assert_status(STATUS_LIMIT, buffer_add(&buffer, TEXT("!")));
        assert_status(STATUS_LIMIT, buffer_add_format(&buffer, "%d", 7));
        assert_status(STATUS_LIMIT, buffer_reserve(&buffer, SIZE_MAX));
        assert_ok(buffer_add(&buffer, (struct text){NULL, 0}));
        assert_int_equal(maximum, buffer.length);
        assert_true(buffer.capacity <= maximum);
        for (size_t i = 0; i < maximum; i++)
            assert_int_equal('a' + i % 26, buffer.bytes[i]);
        buffer_release(&buffer);
    }
}

static void a_format_that_does_not_fit_leaves_the_buffer_as_it_was(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 10);
    assert_ok(buffer_add(&buffer, TEXT("12345")));
    assert_status(STATUS_LIMIT, buffer_add_format(&buffer, "%s", "abcdef"));
    assert_text("12345", buffer_text(&buffer));
    assert_ok(buffer_add_format(&buffer, "%s", "abcde"));
    assert_text("12345abcde", buffer_text(&buffer));
    buffer_release(&buffer);
}

static void a_long_format_makes_the_buffer_grow(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, SIZE_MAX);
    assert_text("", buffer_text(&buffer));
    assert_ok(buffer_add_format(&buffer, "%s", ""));
    assert_ok(buffer_add_format(&buffer, "%05000d", 42));
    assert_int_equal(5000, buffer.length);
    assert_ok(buffer_add_format(&buffer, "%c%c", 'x', '\0'));
    assert_int_equal(5002, buffer.length);
    assert_memory_equal("0042x\0", buffer.bytes + 4996, 6);
    buffer_clear(&buffer);
    assert_text("", buffer_text(&buffer));
    size_t kept = buffer.capacity;
    assert_ok(buffer_reserve(&buffer, 5002));
    assert_int_equal(kept, buffer.capacity);
    buffer_release(&buffer);
    assert_ok(buffer_add(&buffer, TEXT("again")));
    assert_text("again", buffer_text(&buffer));
    buffer_release(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comparing_orders_by_bytes_and_a_prefix_comes_first),
        cmocka_unit_test(a_view_may_hold_zero_bytes_or_nothing),
        cmocka_unit_test(starts_and_ends_are_found),
        cmocka_unit_test(trimming_takes_white_space_at_both_ends_only),
        cmocka_unit_test(splitting_leaves_the_rest_behind_the_first_separator),
        cmocka_unit_test(case_is_ignored_for_ascii_letters_alone),
        cmocka_unit_test(utf8_is_told_from_what_only_looks_like_it),
        cmocka_unit_test(every_code_point_is_utf8_but_the_surrogates),
        cmocka_unit_test(distance_counts_the_least_number_of_slips),
        cmocka_unit_test(distance_looks_at_64_bytes),
        cmocka_unit_test(the_nearest_is_offered_only_if_it_may_be_meant),
        cmocka_unit_test(a_buffer_fills_to_its_last_byte_and_no_further),
        cmocka_unit_test(a_format_that_does_not_fit_leaves_the_buffer_as_it_was),
        cmocka_unit_test(a_long_format_makes_the_buffer_grow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
