/* Tests of what is said of an expression that cannot be read: for each mistake that people make,
 * the sentence and the place.
 */
#include "tree.h"

struct mistake {
    const char *source;
    const char *told; /* with line and column */
};

static void assert_told(struct reading *reading, const struct mistake *mistake)
{
    reading_begin(reading);
    struct text source = text_of(mistake->source);
    struct cel_node *root = NULL;
    assert_status(STATUS_SYNTAX, reading_parse(reading, source, &root));
    assert_null(root);
    assert_int_equal(reading->problems.count, 1);
    const struct cel_problem *problem = &reading->problems.items[0];
    struct position position = cel_position(source, problem->position);
    struct text told = arena_format(&reading->arena, "%u:%u: %.*s", position.line, position.column,
                                    TEXT_ARGUMENTS(problem->message));
    assert_text(mistake->told, told);
}

static void assert_all_told(void **state, const struct mistake *mistakes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_told(*state, &mistakes[i]);
}

static void words_of_other_languages_are_translated(void **state)
{
    static const struct mistake mistakes[] = {
        {"a and b", "1:3: 'and' is written '&&'"},
        {"a AND b", "1:3: 'AND' is written '&&'"},
        {"a or b", "1:3: 'or' is written '||'"},
        {"(a or b)", "1:4: 'or' is written '||'"},
        {"a is b", "1:3: 'is' is written '=='"},
        {"a equals b", "1:3: 'equals' is written '=='"},
        {"a ge b", "1:3: 'ge' is written '>='"},
        {"a mod b", "1:3: 'mod' is written '%'"},
        {"not a", "1:1: 'not' is written '!'"},
        {"a && not b", "1:6: 'not' is written '!'"},
        {"a not in b", "1:3: 'not' is written '!', and 'x is not y' is written x != y"},
        {"a xor b", "1:3: 'xor' is written '!='"},
        {"a between 1 and 2", "1:3: 'between' is written x >= 1 && x <= 10"},
        {"a like 'b%'", "1:3: 'like' is written text.contains('part') or text.matches('pattern')"},
        {"a contains b",
         "1:3: 'contains' is written text.contains('part'), and of a list value in list"},
        {"a startswith 'b'", "1:3: 'startswith' is written text.startsWith('part')"},
        {"a else b", "1:3: 'else' is written ':', and its 'if' '?'"},
        {"if (a) { b }", "1:1: 'if' is written condition ? value : value"},
        {"if(a)", "1:1: 'if' is written condition ? value : value"},
        {"'it''s'", "1:5: a quote inside of a text is written \\' or \\\""},
        {"a /* b */", "1:4: a comment begins with '//'"},
        {"/* b */ a", "1:1: a comment begins with '//'"},
        {"if a then b", "1:1: 'if' is written condition ? value : value"},
        {"a then b", "1:3: 'then' is written '?', and its 'else' ':'"},
    };
    assert_all_told(state, mistakes, COUNT(mistakes));
}

static void signs_of_other_languages_are_translated(void **state)
{
    static const struct mistake mistakes[] = {
        {"a = 'b'", "1:3: '=' compares nothing: write '=='"},
        {"a === b", "1:3: '===' is written '=='"},
        {"a !== b", "1:5: '=' compares nothing: write '=='"},
        {"a => b", "1:3: '=>' means nothing here: 'at least' is written '>='"},
        {"a =< b", "1:3: '=<' is written '<='"},
        {"a <> b", "1:4: a value is missing between '<' and '>'"},
        {"a & b", "1:3: '&' means nothing here: 'and' is written '&&'"},
        {"a | b", "1:3: '|' means nothing here: 'or' is written '||'"},
        {"a &&& b", "1:5: '&' means nothing here: 'and' is written '&&'"},
        {"a ! b", "1:3: '!' stands before a condition: 'is not equal' is written '!='"},
        {"a; b",
         "1:2: ';' means nothing here: an expression is one value, with '&&' or '||' between "
         "conditions"},
        {"a # b", "1:3: '#' means nothing here: a comment begins with '//'"},
        {"a ^ 2", "1:3: '^' means nothing here: a power is written as a product"},
        {"~a", "1:1: '~' means nothing here: 'not' is written '!'"},
        {"a == \\n", "1:6: '\\' stands inside of texts only"},
        {"a.b@c", "1:4: '@' cannot stand in a name"},
        {"+1", "1:1: a value is expected here: a number above 0 has no '+'"},
    };
    assert_all_told(state, mistakes, COUNT(mistakes));
}

static void what_a_text_program_makes_of_signs_is_told(void **state)
{
    static const struct mistake mistakes[] = {
        {"a == \u2018b\u2019", "1:6: this quote is typographic: write a straight one, '"},
        {"a == \u201Cb\u201D", "1:6: this quote is typographic: write a straight one, \""},
        {"a == \u201Eb\u201C", "1:6: this quote is typographic: write a straight one, \""},
        {"a == \u00ABb\u00BB", "1:6: texts stand between straight quotes: write ' or \""},
        {"a \u2265 b", "1:3: '\u2265' is written '>='"},
        {"a \u2264 b", "1:3: '\u2264' is written '<='"},
        {"a \u2260 b", "1:3: '\u2260' is written '!='"},
        {"a \u00D7 b", "1:3: '\u00D7' is written '*'"},
        {"a \u00F7 b", "1:3: '\u00F7' is written '/'"},
        {"a \u2212 b", "1:3: this minus sign is typographic: write '-'"},
        {"a \u2013 b", "1:3: this dash is typographic: write '-'"},
        {"a\u00A0+ b", "1:2: this blank is a no-break space: write an ordinary one"},
        {"a\u200B + b", "1:2: an invisible character stands here: delete it"},
        {"\uFEFFa", "1:1: an invisible character stands here: delete it"},
        {"a \x01 b", "1:3: a control character stands here: delete it"},
        {"stra\u00DFe", "1:5: '\u00DF' can stand inside of texts only, and names are written with "
                        "the letters a to "
                        "z, digits and '_'"},
        {"'\u00E9\u00E9' == \u00E9", "1:9: '\u00E9' can stand inside of texts only, and names are "
                                     "written with the letters a to "
                                     "z, digits and '_'"},
    };
    assert_all_told(state, mistakes, COUNT(mistakes));
}

static void amounts_are_numbers_alone(void **state)
{
    static const struct mistake mistakes[] = {
        {"a >= 10 USD", "1:9: an amount with its currency is written money('10 USD')"},
        {"a >= 10.50 EUR && b", "1:12: an amount with its currency is written money('10.50 EUR')"},
        {"$10", "1:1: '$' cannot stand in a name or an amount: write the number alone"},
        {"10\u20AC", "1:3: '\u20AC' cannot stand in an amount: write the number alone"},
        {"\u00A310", "1:1: '\u00A3' cannot stand in an amount: write the number alone"},
        {"1,000",
         "1:2: ',' separates nothing here: numbers have no grouping, and a '.' before decimals"},
        {"a > (1,5)",
         "1:7: ',' separates nothing here: numbers have no grouping, and a '.' before decimals"},
        {"7.", "1:3: a field's name is missing: a number is written 7.0"},
        {"7. + a", "1:4: a field's name is missing: a number is written 7.0"},
        {"5 %", "1:4: the expression ends here, but a value is missing after '%'"},
        {"1x", "1:2: an operator such as '&&', '==' or '+' is missing between '1' and 'x'"},
    };
    assert_all_told(state, mistakes, COUNT(mistakes));
}

static void what_is_open_is_to_be_closed(void **state)
{
    static const struct mistake mistakes[] = {
        {"(a", "1:3: expected ')' to close the '(' at column 1"},
        {"a && (b || c", "1:13: expected ')' to close the '(' at column 6"},
        {"(a]", "1:3: expected ')' to close the '(' at column 1, not ']'"},
        {"f(a, b", "1:7: expected ')' to close the '(' at column 2"},
        {"f(a; b)",
         "1:4: ';' means nothing here: an expression is one value, with '&&' or '||' between "
         "conditions"},
        {"[a, b", "1:6: expected ']' to close the '[' at column 1"},
        {"a[0", "1:4: expected ']' to close the '[' at column 2"},
        {"{a: b", "1:6: expected '}' to close the '{' at column 1"},
        {"(\na +\n b", "3:3: expected ')' to close the '(' at line 1, column 1"},
        {"N{a: b", "1:7: expected '}' to close the '{' at column 2"},
        {"a)", "1:2: ')' closes nothing that was opened"},
        {"a]", "1:2: ']' closes nothing that was opened"},
        {"{a: b}}", "1:7: '}' closes nothing that was opened"},
        {"a ? b", "1:6: expected ':' and the other value of the '?' at column 3: write condition ? "
                  "value : value"},
        {"a ? b ? c : d : e",
         "1:7: expected ':' and the other value of the '?' at column 3: write condition ? value : "
         "value"},
        {"(a ? b)", "1:7: expected ':' and the other value of the '?' at column 4: write condition "
                    "? value : value"},
        {"a : b", "1:3: ':' needs a '?' before it: write condition ? value : value"},
        {"? a : b", "1:1: '?' needs a condition before it: write condition ? value : value"},
    };
    assert_all_told(state, mistakes, COUNT(mistakes));
}

static void a_missing_value_is_told_with_its_neighbours(void **state)
{
    static const struct mistake mistakes[] = {
        {"", "1:1: there is no expression here"},
        {"  \n // nothing\n", "3:1: there is no expression here"},
        {"a &&", "1:5: the expression ends here, but a value is missing after '&&'"},
        {"1 + ", "1:5: the expression ends here, but a value is missing after '+'"},
        {"--", "1:3: the expression ends here, but a value is missing after '-'"},
        {"(", "1:2: the expression ends here, but a value is missing after '('"},
        {"()", "1:2: a value is missing between '(' and ')'"},
        {"a && && b", "1:6: a value is missing between '&&' and '&&'"},
        {"a + * b", "1:5: a value is missing between '+' and '*'"},
        {"a == == b", "1:6: a value is missing before '=='"},
        {"== b", "1:1: a value is missing before '=='"},
        {"&& b", "1:1: an expression cannot begin with '&&': a value is missing before it"},
        {")", "1:1: an expression cannot begin with ')': a value is missing before it"},
        {"in a", "1:1: a value is missing before 'in': write x in [1, 2]"},
        {"f(a,)", "1:5: a value is missing between ',' and ')'"},
        {"f(,a)", "1:3: a value is missing between '(' and ','"},
        {"[,]", "1:2: a value is missing between '[' and ','"},
        {"[a,,]", "1:4: a value is missing between ',' and ','"},
        {"a[]", "1:3: '[ ]' needs an index: write list[0] or map['key']"},
        {"a ? : b", "1:5: a value is missing between '?' and ':'"},
        {".", "1:2: the expression ends here, but a value is missing after '.'"},
        {".'a'", "1:2: a value is missing between '.' and ''a''"},
        {"`a-b`",
         "1:1: only a field's name stands in backquotes, after a '.': texts stand in ' or \""},
    };
    assert_all_told(state, mistakes, COUNT(mistakes));
}

static void two_values_need_an_operator(void **state)
{
    static const struct mistake mistakes[] = {
        {"a b", "1:3: an operator such as '&&', '==' or '+' is missing between 'a' and 'b'"},
        {"a 'b'", "1:3: an operator such as '&&', '==' or '+' is missing between 'a' and ''b''"},
        {"f(a b)", "1:5: an operator such as '&&', '==' or '+' is missing between 'a' and 'b'"},
        {"[a b]", "1:4: an operator such as '&&', '==' or '+' is missing between 'a' and 'b'"},
        {"(a) (b)", "1:5: an operator such as '&&', '==' or '+' is missing between ')' and '('"},
        {"'a'('b')", "1:4: an operator such as '&&', '==' or '+' is missing between ''a'' and '('"},
        {"N(){}", "1:4: an operator such as '&&', '==' or '+' is missing between ')' and '{'"},
        {"(a.N){}", "1:6: an operator such as '&&', '==' or '+' is missing between ')' and '{'"},
        {"N{}()", "1:4: an operator such as '&&', '==' or '+' is missing between '}' and '('"},
        {"a a23456789012345678901234567890123456789012345",
         "1:3: an operator such as '&&', '==' or '+' is missing between 'a' and "
         "'a234567890123456789012345678901234567890'"},
        {"a '\u00E9\u00E9\u00E9\u00E9\u00E9\u00E9\u00E9\u00E9\u00E9\u00E9\u00E9\u00E9\u00E9\u00E9"
         "\u00E9\u00E9\u00E9\u00E9\u00E9\u00E9\u00E9'",
         "1:3: an operator such as '&&', '==' or '+' is missing between 'a' and "
         "''\u00E9\u00E9\u00E9\u00E9\u00E9\u00E9\u00E9\u00E9\u00E9\u00E9\u00E9\u00E9\u00E9\u00E9"
         "\u00E9\u00E9\u00E9\u00E9\u00E9'"},
    };
    assert_all_told(state, mistakes, COUNT(mistakes));
}

static void names_keep_to_their_rules(void **state)
{
    static const struct mistake mistakes[] = {
        {"var", "1:1: 'var' is a reserved word: it cannot be the name of a value"},
        {"a + while.b", "1:5: 'while' is a reserved word: it cannot be the name of a value"},
        {"for(a)", "1:1: 'for' is a reserved word: it cannot be the name of a value"},
        {"a.true",
         "1:3: 'true' is a word of the language: as a field's name it stands in backquotes, "
         "`true`"},
        {"a.in", "1:3: 'in' is a word of the language: as a field's name it stands in backquotes, "
                 "`in`"},
        {"a.?null",
         "1:4: 'null' is a word of the language: as a field's name it stands in backquotes, "
         "`null`"},
        {"N{true: a}",
         "1:3: 'true' is a word of the language: as a field's name it stands in backquotes, "
         "`true`"},
        {".true", "1:2: a value is missing between '.' and 'true'"},
        {"a.", "1:3: a field's name is missing"},
        {"a.'b'", "1:3: a field's name is missing before ''b''"},
        {"a..b", "1:3: a field's name is missing before '.'"},
        {"a.(b)", "1:3: a field's name is missing before '('"},
        {"a.?b(c)", "1:5: an optional field cannot be called: write .b(...)"},
        {"a.`b`(c)", "1:6: a function's name stands without backquotes, not `b`"},
        {"a.`$b`", "1:4: a name in ` ` holds letters, digits, '_', '.', '-', '/' and blanks only, "
                   "and ends with '`'"},
        {"a.``", "1:4: a name in ` ` holds letters, digits, '_', '.', '-', '/' and blanks only, "
                 "and ends with '`'"},
        {"a.`b", "1:5: a name in ` ` holds letters, digits, '_', '.', '-', '/' and blanks only, "
                 "and ends with '`'"},
        {"{a}", "1:3: expected ':' between a key and its value"},
        {"{a, b}", "1:3: expected ':' between a key and its value"},
        {"{:a}", "1:2: a value is missing between '{' and ':'"},
        {"N{a}", "1:4: expected ':' between a field's name and its value"},
        {"N{:a}", "1:3: a field's name is missing before ':'"},
        {"N{{a}}", "1:3: a field's name is missing before '{'"},
        {"a.?", "1:4: a field's name is missing"},
        {"a?.b", "1:5: expected ':' and the other value of the '?' at column 2: write condition ? "
                 "value : value; an optional field is written a.?b"},
    };
    assert_all_told(state, mistakes, COUNT(mistakes));
}

static void bytes_that_are_no_text_are_told_with_their_place(void **state)
{
    static const struct mistake mistakes[] = {
        {"'a\xFF'", "1:3: this byte is not UTF-8 text: save the file in the encoding UTF-8"},
        {"a + \xC3", "1:5: this byte is not UTF-8 text: save the file in the encoding UTF-8"},
        {"'\xED\xA0\x80'", "1:2: this byte is not UTF-8 text: save the file in the encoding UTF-8"},
        {"// \xC0\x80\na", "1:4: this byte is not UTF-8 text: save the file in the encoding UTF-8"},
    };
    assert_all_told(state, mistakes, COUNT(mistakes));
    struct reading *reading = *state;
    reading_begin(reading);
    struct cel_node *root = NULL;
    struct text zero = {"a\0b", 3};
    assert_status(STATUS_SYNTAX, reading_parse(reading, zero, &root));
    assert_text("a control character stands here: delete it", reading->problems.items[0].message);
    assert_int_equal(reading->problems.items[0].position, 1);
}

/* Every prefix of expressions that can be read either can be read or is told once. */
static void no_prefix_is_passed_over_in_silence(void **state)
{
    static const char *const sources[] = {
        "a.b.all(x, x > -1.5e3 && !has(x.y)) ? [1, ?b, 'c\\n'] : {'k': 0x1Fu, ?d: b\"e\"}",
        "N.M{a: 1, ?`b-c`: cel.bind(x, a[?0].?b, x)} in .f(a || b || c, '''it's''', r'\\d') // end",
    };
    struct reading *reading = *state;
    for (size_t i = 0; i < COUNT(sources); i++) {
        for (size_t length = 0; length <= strlen(sources[i]); length++) {
            reading_begin(reading);
            struct cel_node *root = NULL;
            struct text source = {sources[i], length};
            enum status status = reading_parse(reading, source, &root);
            assert_int_equal(reading->problems.count, status == STATUS_OK ? 0 : 1);
            assert_int_equal(root == NULL, status != STATUS_OK);
            if (status == STATUS_OK) continue;
            assert_true(reading->problems.items[0].position <= length);
            assert_true(text_is_utf8(reading->problems.items[0].message, NULL));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_of_other_languages_are_translated),
        cmocka_unit_test(signs_of_other_languages_are_translated),
        cmocka_unit_test(what_a_text_program_makes_of_signs_is_told),
        cmocka_unit_test(amounts_are_numbers_alone),
        cmocka_unit_test(what_is_open_is_to_be_closed),
        cmocka_unit_test(a_missing_value_is_told_with_its_neighbours),
        cmocka_unit_test(two_values_need_an_operator),
        cmocka_unit_test(names_keep_to_their_rules),
        cmocka_unit_test(bytes_that_are_no_text_are_told_with_their_place),
        cmocka_unit_test(no_prefix_is_passed_over_in_silence),
    };
    return cmocka_run_group_tests(tests, reading_set_up, reading_tear_down);
}
