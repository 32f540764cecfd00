/* Tests of cel/literal and of the lexer's texts and numbers: what each form is worth, and where one
 * that is worth nothing is wrong.
 */
#include "tree.h"

static struct cel_value value_of(struct reading *reading, const char *source)
{
    reading_begin(reading);
    const struct cel_node *node = reading_tree(reading, source);
    assert_int_equal(node->kind, CEL_NODE_LITERAL);
    assert_true(node->is_constant);
    assert_text(source, node->literal.text);
    return node->constant;
}

static void whole_numbers_are_decimal_or_hexadecimal(void **state)
{
    static const struct {
        const char *source;
        int64_t value;
    } cases[] = {{"0", 0},
                 {"007", 7},
                 {"42", 42},
                 {"0x0", 0},
                 {"0xFF", 255},
                 {"0xabCD", 0xABCD},
                 {"9223372036854775807", INT64_MAX},
                 {"0x7fffffffffffffff", INT64_MAX},
                 {"-1", -1},
                 {"-0x10", -16},
                 {"-9223372036854775808", INT64_MIN},
                 {"-0x8000000000000000", INT64_MIN}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct cel_value value = value_of(*state, cases[i].source);
        assert_int_equal(value.kind, CEL_INT);
        assert_true(value.integer == cases[i].value);
    }
}

static void unsigned_numbers_end_in_u(void **state)
{
    static const struct {
        const char *source;
        uint64_t value;
    } cases[] = {{"0u", 0},
                 {"42U", 42},
                 {"0xFFu", 255},
                 {"18446744073709551615u", UINT64_MAX},
                 {"0xffffffffffffffffU", UINT64_MAX}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct cel_value value = value_of(*state, cases[i].source);
        assert_int_equal(value.kind, CEL_UINT);
        assert_true(value.unsigned_integer == cases[i].value);
    }
}

static void numbers_with_a_point_or_an_exponent_are_double(void **state)
{
    static const struct {
        const char *source;
        double value;
    } cases[] = {{"0.0", 0.0},     {"1.5", 1.5},     {".25", 0.25},      {"-.25", -0.25},
                 {"1e3", 1000.0},  {"1E-2", 0.01},   {"1.5e+3", 1500},   {"-1.5", -1.5},
                 {"49.99", 49.99}, {"1e308", 1e308}, {"5e-324", 5e-324}, {"00.50", 0.5},
                 {".5e1", 5.0}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct cel_value value = value_of(*state, cases[i].source);
        assert_int_equal(value.kind, CEL_DOUBLE);
        assert_memory_equal(&value.number, &cases[i].value, sizeof(double));
    }
}

static void a_sign_and_blanks_before_a_number_belong_to_it(void **state)
{
    const struct cel_node *node = reading_tree(*state, "- // no\n 1.50");
    assert_int_equal(node->kind, CEL_NODE_LITERAL);
    assert_text("-1.50", node->literal.text);
    assert_true(node->constant.number == -1.5);
    assert_int_equal(node->begin, 0);
    assert_int_equal(node->end, 13);
}

static void texts_are_what_stands_between_their_quotes(void **state)
{
    static const struct {
        const char *source;
        const char *value;
    } cases[] = {
        {"''", ""},
        {"\"\"", ""},
        {"''''''", ""},
        {"\"\"\"\"\"\"", ""},
        {"'a'", "a"},
        {"\"it's\"", "it's"},
        {"'say \"yes\"'", "say \"yes\""},
        {"'''it's 'quoted' here'''", "it's 'quoted' here"},
        {"\"\"\"a\"b\"\"c\"\"\"", "a\"b\"\"c"},
        {"'''two\nlines'''", "two\nlines"},
        {"'''two\r\nlines\rthree'''", "two\nlines\nthree"},
        {"r'''two\r\nlines'''", "two\nlines"},
        {"'\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80'", "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"},
        {"r'a\\nb'", "a\\nb"},
        {"R\"\\\\\"", "\\\\"},
        {"r'\\d+'", "\\d+"},
        {"'\\a\\b\\f\\n\\r\\t\\v'", "\a\b\f\n\r\t\v"},
        {"'\\\\ \\? \\\" \\' \\`'", "\\ ? \" ' `"},
        {"'\\x41\\X6a'", "Aj"},
        {"'\\xff'", "\xC3\xBF"},
        {"'\\101\\377'", "A\xC3\xBF"},
        {"'\\u00e9\\u20AC'", "\xC3\xA9\xE2\x82\xAC"},
        {"'\\ud7ff\\ue000\\uffff'", "\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBF"},
        {"'\\U0001F600'", "\xF0\x9F\x98\x80"},
        {"'\\U0010FFFF'", "\xF4\x8F\xBF\xBF"},
        {"'// no comment'", "// no comment"},
        {"'a\tb'", "a\tb"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct cel_value value = value_of(*state, cases[i].source);
        assert_int_equal(value.kind, CEL_STRING);
        assert_text(cases[i].value, cel_text(value));
    }
}

static void an_escape_is_an_octet_in_bytes(void **state)
{
    static const struct {
        const char *source;
        const char *value;
    } cases[] = {{"b''", ""},
                 {"b'abc'", "abc"},
                 {"B\"abc\"", "abc"},
                 {"b'\xC3\xBF'", "\xC3\xBF"},
                 {"b'\\xff'", "\xFF"},
                 {"b'\\303\\277'", "\xC3\xBF"},
                 {"b'''a\r\nb'''", "a\nb"},
                 {"br'\\n'", "\\n"},
                 {"bR\"\"\"\\x00\"\"\"", "\\x00"},
                 {"Br'a'", "a"},
                 {"BR'a'", "a"}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct cel_value value = value_of(*state, cases[i].source);
        assert_int_equal(value.kind, CEL_BYTES);
        assert_text(cases[i].value, cel_text(value));
    }
}

static void zero_bytes_are_kept(void **state)
{
    struct cel_value value = value_of(*state, "'a\\000b\\u0000'");
    assert_int_equal(value.extra, 4);
    assert_memory_equal(value.bytes, "a\0b\0", 4);
    value = value_of(*state, "b'\\x00'");
    assert_int_equal(value.extra, 1);
    assert_memory_equal(value.bytes, "\0", 1);
}

static void a_text_without_escapes_is_a_view_of_the_source(void **state)
{
    const char *source = "'plain'";
    assert_ptr_equal(value_of(*state, source).bytes, source + 1);
    source = "r'a\\n'";
    assert_ptr_equal(value_of(*state, source).bytes, source + 2);
}

static void the_words_of_the_language_are_values(void **state)
{
    struct cel_value value = value_of(*state, "true");
    assert_int_equal(value.kind, CEL_BOOL);
    assert_int_equal(value.boolean, 1);
    value = value_of(*state, "false");
    assert_int_equal(value.kind, CEL_BOOL);
    assert_int_equal(value.boolean, 0);
    assert_int_equal(value_of(*state, "null").kind, CEL_NULL);
}

static void what_is_no_value_is_told_at_its_place(void **state)
{
    static const struct {
        const char *source;
        uint32_t position;
        const char *message;
    } cases[] = {
        {"9223372036854775808", 0,
         "this number is too large: whole numbers go from -9223372036854775808 to "
         "9223372036854775807"},
        {"1 + -9223372036854775809", 5,
         "this number is too large: whole numbers go from -9223372036854775808 to "
         "9223372036854775807"},
        {"0x8000000000000000", 0,
         "this number is too large: whole numbers go from -9223372036854775808 to "
         "9223372036854775807"},
        {"0xFFFFFFFFFFFFFFFFF", 0,
         "this number is too large: whole numbers go from -9223372036854775808 to "
         "9223372036854775807"},
        {"18446744073709551616u", 0,
         "this number is too large: whole numbers go from 0 to 18446744073709551615 with 'u'"},
        {"2 * 1.99e90000009", 4, "this number is too large or too small for a double"},
        {"'abc", 0, "the text that begins here is not closed: it ends at the next '"},
        {"x == \"abc", 5, "the text that begins here is not closed: it ends at the next \""},
        {"'''abc''", 0, "the text that begins here is not closed: it ends at the next '''"},
        {"'abc\\'", 0, "the text that begins here is not closed: it ends at the next '"},
        {"'abc\n'", 0,
         "the text that begins here is not closed on its line: end it with ', or write \\n for a "
         "line break"},
        {"'abc\\\n'", 0,
         "the text that begins here is not closed on its line: end it with ', or write \\n for a "
         "line break"},
        {"'ab\\q'", 3,
         "'\\' begins an escape such as \\n, \\' or \\u00E9: write '\\\\' for a backslash, or "
         "r'...' "
         "for a text without escapes"},
        {"'\\8'", 1,
         "'\\' begins an escape such as \\n, \\' or \\u00E9: write '\\\\' for a backslash, or "
         "r'...' "
         "for a text without escapes"},
        {"'''\\\n'''", 3,
         "'\\' begins an escape such as \\n, \\' or \\u00E9: write '\\\\' for a backslash, or "
         "r'...' "
         "for a text without escapes"},
        {"'a\\x1'", 2, "\\x has two hexadecimal digits, such as \\x1F"},
        {"'a\\xFh'", 2, "\\x has two hexadecimal digits, such as \\x1F"},
        {"'\\12'", 1, "an octal escape has three digits, \\000 to \\377"},
        {"'\\189'", 1, "an octal escape has three digits, \\000 to \\377"},
        {"'\\u12'", 1, "\\u has four hexadecimal digits, such as \\u00E9"},
        {"'\\U0001F60'", 1, "\\U has eight hexadecimal digits, such as \\U0001F600"},
        {"'\\ud800'", 1, "this is not the number of a Unicode character"},
        {"'\\udFFF'", 1, "this is not the number of a Unicode character"},
        {"'\\U00110000'", 1, "this is not the number of a Unicode character"},
        {"'\\UFFFFFFFF'", 1, "this is not the number of a Unicode character"},
        {"b'\\u0041'", 2,
         "\\u and \\U cannot stand in bytes: write the character itself, or octets as \\x00"},
        {"b'\\U00000041'", 2,
         "\\u and \\U cannot stand in bytes: write the character itself, or octets as \\x00"},
    };
    struct reading *reading = *state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        reading_begin(reading);
        struct cel_node *root = NULL;
        assert_status(STATUS_SYNTAX, reading_parse(reading, text_of(cases[i].source), &root));
        assert_null(root);
        assert_int_equal(reading->problems.count, 1);
        assert_text(cases[i].message, reading->problems.items[0].message);
        assert_int_equal(reading->problems.items[0].position, cases[i].position);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_numbers_are_decimal_or_hexadecimal),
        cmocka_unit_test(unsigned_numbers_end_in_u),
        cmocka_unit_test(numbers_with_a_point_or_an_exponent_are_double),
        cmocka_unit_test(a_sign_and_blanks_before_a_number_belong_to_it),
        cmocka_unit_test(texts_are_what_stands_between_their_quotes),
        cmocka_unit_test(an_escape_is_an_octet_in_bytes),
        cmocka_unit_test(zero_bytes_are_kept),
        cmocka_unit_test(a_text_without_escapes_is_a_view_of_the_source),
        cmocka_unit_test(the_words_of_the_language_are_values),
        cmocka_unit_test(what_is_no_value_is_told_at_its_place),
    };
    return cmocka_run_group_tests(tests, reading_set_up, reading_tear_down);
}
