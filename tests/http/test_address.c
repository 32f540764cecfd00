/* Paths, queries and percent-encoding. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/http.h"

static const struct {
    struct text encoded;
    bool is_query;
    enum status status;
    struct text decoded;
} decodings[] = {
    {TEXT_INITIALISER(""), false, STATUS_OK, TEXT_INITIALISER("")},
    {TEXT_INITIALISER("plain"), false, STATUS_OK, TEXT_INITIALISER("plain")},
    {TEXT_INITIALISER("a%20b"), false, STATUS_OK, TEXT_INITIALISER("a b")},
    {TEXT_INITIALISER("a+b"), false, STATUS_OK, TEXT_INITIALISER("a+b")},
    {TEXT_INITIALISER("a+b"), true, STATUS_OK, TEXT_INITIALISER("a b")},
    {TEXT_INITIALISER("a%2Bb"), true, STATUS_OK, TEXT_INITIALISER("a+b")},
    {TEXT_INITIALISER("%2f%2F"), false, STATUS_OK, TEXT_INITIALISER("//")},
    {TEXT_INITIALISER("%41%61%7e"), false, STATUS_OK, TEXT_INITIALISER("Aa~")},
    {TEXT_INITIALISER("caf%C3%A9"), false, STATUS_OK, TEXT_INITIALISER("caf\xc3\xa9")},
    {TEXT_INITIALISER("caf\xc3\xa9"), false, STATUS_OK, TEXT_INITIALISER("caf\xc3\xa9")},
    {TEXT_INITIALISER("%25%32%30"), false, STATUS_OK, TEXT_INITIALISER("%20")},
    {TEXT_INITIALISER("%"), false, STATUS_SYNTAX, TEXT_INITIALISER("")},
    {TEXT_INITIALISER("%2"), false, STATUS_SYNTAX, TEXT_INITIALISER("")},
    {TEXT_INITIALISER("a%2"), false, STATUS_SYNTAX, TEXT_INITIALISER("")},
    {TEXT_INITIALISER("%zz"), false, STATUS_SYNTAX, TEXT_INITIALISER("")},
    {TEXT_INITIALISER("%2g"), false, STATUS_SYNTAX, TEXT_INITIALISER("")},
    {TEXT_INITIALISER("%%20"), false, STATUS_SYNTAX, TEXT_INITIALISER("")},
    {TEXT_INITIALISER("%00"), false, STATUS_SYNTAX, TEXT_INITIALISER("")},
    {TEXT_INITIALISER("a%00b"), true, STATUS_SYNTAX, TEXT_INITIALISER("")},
    {TEXT_INITIALISER("%C3"), false, STATUS_SYNTAX, TEXT_INITIALISER("")},
    {TEXT_INITIALISER("%C0%80"), false, STATUS_SYNTAX, TEXT_INITIALISER("")},
    {TEXT_INITIALISER("%ED%A0%80"), false, STATUS_SYNTAX, TEXT_INITIALISER("")},
    {TEXT_INITIALISER("\xff"), false, STATUS_SYNTAX, TEXT_INITIALISER("")},
};

static void percent_encoding_is_undone_or_refused(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 16);
    for (size_t i = 0; i < sizeof decodings / sizeof *decodings; i++) {
        struct text decoded = TEXT("untouched");
        enum status status = decodings[i].is_query
                                 ? http_decode_query(&arena, decodings[i].encoded, &decoded)
                                 : http_decode_segment(&arena, decodings[i].encoded, &decoded);
        assert_int_equal(status, decodings[i].status);
        struct text expected = status == STATUS_OK ? decodings[i].decoded : TEXT("untouched");
        if (!text_equal(decoded, expected)) fail_msg("%.*s", TEXT_ARGUMENTS(decodings[i].encoded));
    }
    arena_release(&arena);
}

static void a_text_without_encoding_is_not_copied(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 0);
    struct text encoded = TEXT("plain");
    struct text decoded;
    assert_int_equal(http_decode_segment(&arena, encoded, &decoded), STATUS_OK);
    assert_ptr_equal(decoded.bytes, encoded.bytes);
    assert_int_equal(http_decode_segment(&arena, TEXT("%41"), &decoded), STATUS_NO_MEMORY);
    arena_release(&arena);
}

static void a_path_falls_into_its_segments(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        const char *segments; /* a bar behind each */
    } paths[] = {
        {"/v1/orders/7", "v1|orders|7|"},
        {"/", "|"},
        {"/v1/", "v1||"},
        {"//a", "|a|"},
        {"/a%2Fb", "a%2Fb|"},
        {"*", ""},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct text path = text_of(paths[i].path);
        struct text segment;
        struct buffer found;
        buffer_init(&found, 100);
        while (http_path_next(&path, &segment)) {
            assert_int_equal(buffer_add(&found, segment), STATUS_OK);
            assert_int_equal(buffer_add_byte(&found, '|'), STATUS_OK);
        }
        assert_true(text_equal(buffer_text(&found), text_of(paths[i].segments)));
        buffer_release(&found);
    }
}

static void a_query_falls_into_names_and_values(void **state)
{
    (void)state;
    struct text query = TEXT("a=1&&b&=c&d=e=f&");
    struct text name;
    struct text value;
    static const char *const expected[][2] = {{"a", "1"}, {"b", ""}, {"", "c"}, {"d", "e=f"}};
    for (size_t i = 0; i < 4; i++) {
        assert_true(http_query_next(&query, &name, &value));
        assert_true(text_equal(name, text_of(expected[i][0])));
        assert_true(text_equal(value, text_of(expected[i][1])));
    }
    assert_false(http_query_next(&query, &name, &value));
}

static void a_parameter_is_found_by_its_decoded_name(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 16);
    struct http_exchange exchange = {.arena = &arena,
                                     .query = TEXT("at=1&p%61ge=a+b%21&page=2&x=%")};
    struct text value;
    assert_int_equal(http_query_find(&exchange, TEXT("page"), &value), STATUS_OK);
    assert_true(text_equal(value, TEXT("a b!")));
    assert_int_equal(http_query_find(&exchange, TEXT("x"), &value), STATUS_SYNTAX);
    assert_int_equal(http_query_find(&exchange, TEXT("y"), &value), STATUS_NOT_FOUND);
    arena_release(&arena);
}

static void every_status_and_refusal_has_its_name(void **state)
{
    (void)state;
    assert_string_equal(http_status_phrase(404), "Not Found");
    assert_string_equal(http_status_phrase(299), "");
    assert_string_equal(http_method_name(HTTP_METHOD_DELETE), "DELETE");
    for (int i = 0; i < HTTP_REFUSAL_COUNT; i++)
        assert_true(http_refusal_name((enum http_refusal)i)[0] != '\0');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(percent_encoding_is_undone_or_refused),
        cmocka_unit_test(a_text_without_encoding_is_not_copied),
        cmocka_unit_test(a_path_falls_into_its_segments),
        cmocka_unit_test(a_query_falls_into_names_and_values),
        cmocka_unit_test(a_parameter_is_found_by_its_decoded_name),
        cmocka_unit_test(every_status_and_refusal_has_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
