/* Tests of cel/value, value_compare and value_print: lists and maps at their edges, what is equal
 * to what, what comes before what, and how each kind is written.
 */
#include "../base/check.h"

#include "cel/compare.h"

#define MEMORY_MAXIMUM ((size_t)8 << 20)
#define EUR 0x455552u
#define USD 0x555344u

static struct arena arena;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, MEMORY_MAXIMUM);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static struct cel_value text(const char *terminated)
{
    return cel_string(text_of(terminated));
}

static struct cel_value decimal(int64_t coefficient, int32_t scale)
{
    return cel_decimal((struct decimal){coefficient, scale});
}

static struct cel_value money(int64_t coefficient, int32_t scale, uint32_t currency)
{
    return cel_money((struct decimal){coefficient, scale}, currency);
}

static struct cel_value list_of(const struct cel_value *items, uint32_t count)
{
    struct cel_list *list = cel_list_new(&arena, 0);
    assert_non_null(list);
    for (uint32_t i = 0; i < count; i++)
        assert_ok(cel_list_add(&arena, list, items[i]));
    return cel_list_value(list);
}

static struct cel_value map_of(const struct cel_value *entries, uint32_t count)
{
    struct cel_map *map = cel_map_new(&arena, 0);
    assert_non_null(map);
    for (uint32_t i = 0; i < count; i++)
        assert_ok(cel_map_add(&arena, map, entries[2 * i], entries[2 * i + 1]));
    return cel_map_value(map);
}

static void a_list_grows_to_its_maximum_and_no_further(void **state)
{
    (void)state;
    struct cel_list *list = cel_list_new(&arena, 0);
    for (uint32_t i = 0; i < CEL_LIST_MAXIMUM; i++)
        assert_ok(cel_list_add(&arena, list, cel_int(i)));
    assert_status(STATUS_LIMIT, cel_list_add(&arena, list, cel_int(0)));
    assert_int_equal(CEL_LIST_MAXIMUM, list->count);
    for (uint32_t i = 0; i < CEL_LIST_MAXIMUM; i++)
        assert_int_equal(i, list->items[i].integer);
}

static void a_map_finds_each_of_its_keys_however_many_there_are(void **state)
{
    (void)state;
    struct cel_map *map = cel_map_new(&arena, 0);
    for (int64_t i = 0; i < CEL_LIST_MAXIMUM; i++) {
        struct cel_value key =
            i % 2 == 0 ? cel_int(i - 500) : cel_string(arena_format(&arena, "key %d", (int)i));
        assert_null(cel_map_find(map, key));
        assert_ok(cel_map_add(&arena, map, key, cel_int(i)));
        assert_status(STATUS_INVALID, cel_map_add(&arena, map, key, cel_int(-1)));
        assert_int_equal(i, cel_map_find(map, key)->integer);
    }
    assert_status(STATUS_LIMIT, cel_map_add(&arena, map, text("one more"), cel_null()));
    assert_int_equal(CEL_LIST_MAXIMUM, map->count);
    assert_int_equal(0, cel_map_find(map, cel_int(-500))->integer);
    assert_int_equal(1999, cel_map_find(map, text("key 1999"))->integer);
    assert_null(cel_map_find(map, text("key 2000")));
    /* Entries keep their order. */
    assert_int_equal(-500, map->entries[0].integer);
    assert_int_equal(-498, map->entries[4].integer);
}

static void numbers_of_one_value_are_one_key(void **state)
{
    (void)state;
    const struct cel_value entries[] = {
        cel_int(1),  text("one"),  cel_uint(2),        text("two"),          cel_bool(true),
        text("yes"), cel_int(-1),  text("minus one"),  cel_uint(UINT64_MAX), text("most"),
        text("1"),   text("text"), cel_int(INT64_MAX), text("largest int"),
    };
    for (int is_large = 0; is_large < 2; is_large++) {
        struct cel_map *map = cel_map_new(&arena, 2);
        for (size_t i = 0; i < COUNT(entries); i += 2)
            assert_ok(cel_map_add(&arena, map, entries[i], entries[i + 1]));
        for (int i = 100; is_large && i < 150; i++)
            assert_ok(cel_map_add(&arena, map, cel_int(i), cel_null()));
        assert_int_equal(is_large, map->index != NULL);
        static const struct {
            struct cel_value key;
            const char *found;
        } cases[] = {
            {{.kind = CEL_INT, .integer = 1}, "one"},
            {{.kind = CEL_UINT, .unsigned_integer = 1}, "one"},
            {{.kind = CEL_DOUBLE, .number = 1.0}, "one"},
            {{.kind = CEL_DOUBLE, .number = 1.5}, NULL},
            {{.kind = CEL_INT, .integer = 2}, "two"},
            {{.kind = CEL_BOOL, .boolean = 1}, "yes"},
            {{.kind = CEL_BOOL, .boolean = 0}, NULL},
            {{.kind = CEL_INT, .integer = -1}, "minus one"},
            {{.kind = CEL_DOUBLE, .number = -1.0}, "minus one"},
            {{.kind = CEL_UINT, .unsigned_integer = UINT64_MAX}, "most"},
            {{.kind = CEL_DOUBLE, .number = 0x1p64}, NULL},
            {{.kind = CEL_DOUBLE, .number = 0x1p63}, NULL},
            {{.kind = CEL_DOUBLE, .number = -0x1p63}, NULL},
            {{.kind = CEL_STRING, .extra = 1, .bytes = "1"}, "text"},
            {{.kind = CEL_BYTES, .extra = 1, .bytes = "1"}, NULL},
            {{.kind = CEL_NULL}, NULL},
        };
        for (size_t i = 0; i < COUNT(cases); i++) {
            const struct cel_value *found = cel_map_find(map, cases[i].key);
            if (cases[i].found == NULL)
                assert_null(found);
            else
                assert_text(cases[i].found, cel_text(*found));
        }
        assert_null(cel_map_find(map, cel_double(__builtin_nan(""))));
    }
}

static void what_is_no_key_is_refused(void **state)
{
    (void)state;
    struct cel_map *map = cel_map_new(&arena, 0);
    const struct cel_value keys[] = {cel_null(), cel_double(1), cel_bytes(TEXT("a")),
                                     list_of(NULL, 0), map_of(NULL, 0)};
    for (size_t i = 0; i < COUNT(keys); i++)
        assert_status(STATUS_SYNTAX, cel_map_add(&arena, map, keys[i], cel_null()));
    assert_int_equal(0, map->count);
}

static void what_memory_cannot_hold_is_refused_and_nothing_is_lost(void **state)
{
    (void)state;
    for (size_t maximum = 0; maximum < 4096; maximum += 16) {
        struct arena small;
        arena_init(&small, maximum);
        struct cel_map *map = cel_map_new(&small, 0);
        struct cel_list *list = cel_list_new(&small, 3);
        for (int64_t i = 0; map != NULL && i < 40; i++) {
            enum status status = cel_map_add(&small, map, cel_int(i), cel_int(i));
            if (status != STATUS_OK) {
                assert_status(STATUS_NO_MEMORY, status);
                assert_int_equal(i, map->count);
                break;
            }
            assert_int_equal(i, cel_map_find(map, cel_int(i))->integer);
        }
        for (int64_t i = 0; list != NULL && i < 40; i++) {
            enum status status = cel_list_add(&small, list, cel_int(i));
            if (status == STATUS_OK) continue;
            assert_status(STATUS_NO_MEMORY, status);
            assert_int_equal(i, list->count);
            break;
        }
        arena_release(&small);
    }
}

/* A value for the tables below, by its place in the list that values() fills. */
enum {
    ONE,
    ONE_U,
    ONE_D,
    ONE_DECIMAL, /* 1.00 */
    TWO,
    HALF,
    LARGEST,
    LARGEST_U,
    TWO_63,
    SMALLEST,
    MINUS_ONE,
    NOT_A_NUMBER,
    EURO,       /* 1.00 EUR */
    EURO_SHORT, /* 1 EUR */
    DOLLAR,
    FALSE_,
    TRUE_,
    NULL_,
    A,
    AB,
    B,
    A_BYTES,
    LIST_1,  /* [1] */
    LIST_1D, /* [1.0] */
    LIST_12,
    MAP_A1,
    MAP_A1D,
    MAP_B1,
    TIME,
    TIME_LATER,
    DURATION,
    DURATION_MINUS,
    NONE,
    SOME_1,
    SOME_1U,
    INT_TYPE,
    STRING_TYPE,
    OBJECT,
    OBJECT_OTHER,
    LIST_DECIMAL,
    VALUE_COUNT
};

static void fill(struct cel_value *values)
{
    static struct cel_value one;
    static struct cel_value one_unsigned;
    static int here;
    static int there;
    one = cel_int(1);
    one_unsigned = cel_uint(1);
    values[ONE] = cel_int(1);
    values[ONE_U] = cel_uint(1);
    values[ONE_D] = cel_double(1);
    values[ONE_DECIMAL] = decimal(100, 2);
    values[TWO] = cel_int(2);
    values[HALF] = cel_double(0.5);
    values[LARGEST] = cel_int(INT64_MAX);
    values[LARGEST_U] = cel_uint(UINT64_MAX);
    values[TWO_63] = cel_double(0x1p63);
    values[SMALLEST] = cel_int(INT64_MIN);
    values[MINUS_ONE] = cel_int(-1);
    values[NOT_A_NUMBER] = cel_double(__builtin_nan(""));
    values[EURO] = money(100, 2, EUR);
    values[EURO_SHORT] = money(1, 0, EUR);
    values[DOLLAR] = money(100, 2, USD);
    values[FALSE_] = cel_bool(false);
    values[TRUE_] = cel_bool(true);
    values[NULL_] = cel_null();
    values[A] = text("a");
    values[AB] = text("ab");
    values[B] = text("b");
    values[A_BYTES] = cel_bytes(TEXT("a"));
    values[LIST_1] = list_of(&values[ONE], 1);
    values[LIST_1D] = list_of(&values[ONE_D], 1);
    values[LIST_12] = list_of((struct cel_value[]){cel_int(1), cel_int(2)}, 2);
    values[MAP_A1] = map_of((struct cel_value[]){text("a"), cel_int(1)}, 1);
    values[MAP_A1D] = map_of((struct cel_value[]){text("a"), cel_double(1)}, 1);
    values[MAP_B1] = map_of((struct cel_value[]){text("b"), cel_int(1)}, 1);
    values[TIME] = cel_timestamp(1000, 5);
    values[TIME_LATER] = cel_timestamp(1000, 6);
    values[DURATION] = cel_duration(1, 500000000);
    values[DURATION_MINUS] = cel_duration(-1, -500000000);
    values[NONE] = cel_optional(NULL);
    values[SOME_1] = cel_optional(&one);
    values[SOME_1U] = cel_optional(&one_unsigned);
    values[INT_TYPE] = cel_type_value(cel_type_simple(CEL_TYPE_INT));
    values[STRING_TYPE] = cel_type_value(cel_type_simple(CEL_TYPE_STRING));
    values[OBJECT] = cel_object(3, 1, &here);
    values[OBJECT_OTHER] = cel_object(3, 1, &there);
    values[LIST_DECIMAL] = list_of(&values[ONE_DECIMAL], 1);
}

static void values_are_equal_to_those_of_the_same_value_and_no_others(void **state)
{
    (void)state;
    /* Which pairs of different values are equal; every value equals itself but NaN. */
    static const uint8_t equals[][2] = {
        {ONE, ONE_U},         {ONE, ONE_D},      {ONE_U, ONE_D},         {ONE, ONE_DECIMAL},
        {ONE_U, ONE_DECIMAL}, {LARGEST, TWO_63}, {EURO, EURO_SHORT},     {LIST_1, LIST_1D},
        {MAP_A1, MAP_A1D},    {SOME_1, SOME_1U}, {LIST_1, LIST_DECIMAL},
    };
    struct cel_value values[VALUE_COUNT];
    fill(values);
    for (int a = 0; a < VALUE_COUNT; a++) {
        for (int b = 0; b < VALUE_COUNT; b++) {
            bool wanted = a == b && a != NOT_A_NUMBER;
            for (size_t i = 0; i < COUNT(equals); i++)
                wanted = wanted || (a == equals[i][0] && b == equals[i][1]) ||
                         (b == equals[i][0] && a == equals[i][1]);
            bool is_of_decimals = a == ONE_DECIMAL || b == ONE_DECIMAL;
            bool is_of_doubles = values[a].kind == CEL_DOUBLE || values[b].kind == CEL_DOUBLE;
            bool is_of_lists =
                (a == LIST_DECIMAL && b == LIST_1D) || (a == LIST_1D && b == LIST_DECIMAL);
            bool is_fault = (is_of_decimals && is_of_doubles) || is_of_lists;
            enum cel_fault fault = CEL_FAULT_STEPS;
            if (cel_equal(values[a], values[b], &fault) != wanted)
                fail_msg("%d == %d is not %d", a, b, wanted);
            assert_int_equal(is_fault ? CEL_FAULT_NO_SUCH_OVERLOAD : CEL_FAULT_NONE, fault);
        }
    }
}

static void values_have_the_order_of_their_kind(void **state)
{
    (void)state;
    enum { NO = 9 };
    static const struct {
        uint8_t a;
        uint8_t b;
        int order; /* NO: none */
        enum cel_fault fault;
    } cases[] = {
        {ONE, TWO, -1, CEL_FAULT_NONE},
        {ONE, ONE_U, 0, CEL_FAULT_NONE},
        {HALF, ONE, -1, CEL_FAULT_NONE},
        {HALF, ONE_U, -1, CEL_FAULT_NONE},
        {MINUS_ONE, LARGEST_U, -1, CEL_FAULT_NONE},
        {LARGEST, LARGEST_U, -1, CEL_FAULT_NONE},
        {SMALLEST, LARGEST, -1, CEL_FAULT_NONE},
        {LARGEST, TWO_63, 0, CEL_FAULT_NONE},
        {LARGEST_U, TWO_63, 1, CEL_FAULT_NONE},
        {ONE_DECIMAL, TWO, -1, CEL_FAULT_NONE},
        {ONE_DECIMAL, ONE_U, 0, CEL_FAULT_NONE},
        {LARGEST_U, ONE_DECIMAL, 1, CEL_FAULT_NONE},
        {SMALLEST, ONE_DECIMAL, -1, CEL_FAULT_NONE},
        {EURO, EURO_SHORT, 0, CEL_FAULT_NONE},
        {EURO, DOLLAR, NO, CEL_FAULT_CURRENCY},
        {ONE_DECIMAL, HALF, NO, CEL_FAULT_NO_SUCH_OVERLOAD},
        {NOT_A_NUMBER, ONE, NO, CEL_FAULT_NONE},
        {NOT_A_NUMBER, NOT_A_NUMBER, NO, CEL_FAULT_NONE},
        {FALSE_, TRUE_, -1, CEL_FAULT_NONE},
        {A, AB, -1, CEL_FAULT_NONE},
        {AB, B, -1, CEL_FAULT_NONE},
        {A_BYTES, A_BYTES, 0, CEL_FAULT_NONE},
        {A, A_BYTES, NO, CEL_FAULT_NO_SUCH_OVERLOAD},
        {TIME, TIME_LATER, -1, CEL_FAULT_NONE},
        {DURATION_MINUS, DURATION, -1, CEL_FAULT_NONE},
        {TIME, DURATION, NO, CEL_FAULT_NO_SUCH_OVERLOAD},
        {LIST_1, LIST_12, NO, CEL_FAULT_NO_SUCH_OVERLOAD},
        {NULL_, NULL_, NO, CEL_FAULT_NO_SUCH_OVERLOAD},
        {ONE, A, NO, CEL_FAULT_NO_SUCH_OVERLOAD},
        {OBJECT, OBJECT, NO, CEL_FAULT_NO_SUCH_OVERLOAD},
    };
    struct cel_value values[VALUE_COUNT];
    fill(values);
    for (size_t i = 0; i < COUNT(cases); i++) {
        for (int turned = 0; turned < 2; turned++) {
            int order = NO;
            enum cel_fault fault = CEL_FAULT_STEPS;
            const struct cel_value a = values[turned ? cases[i].b : cases[i].a];
            const struct cel_value b = values[turned ? cases[i].a : cases[i].b];
            bool is_ordered = cel_compare(a, b, &order, &fault);
            assert_int_equal(cases[i].fault, fault);
            assert_int_equal(cases[i].order != NO, is_ordered);
            if (is_ordered)
                assert_int_equal(turned ? -cases[i].order : cases[i].order,
                                 (order > 0) - (order < 0));
        }
    }
}

/* [[x, x], [x, x]] and so on: 2^40 atoms in 40 lists. */
static void comparing_what_shares_its_parts_ends(void **state)
{
    (void)state;
    struct cel_value a = cel_int(1);
    struct cel_value b = cel_int(1);
    for (int i = 0; i < 40; i++) {
        a = list_of((struct cel_value[]){a, a}, 2);
        b = list_of((struct cel_value[]){b, b}, 2);
    }
    enum cel_fault fault = CEL_FAULT_NONE;
    assert_false(cel_equal(a, b, &fault));
    assert_int_equal(CEL_FAULT_STEPS, fault);
    uint64_t left = 100;
    assert_false(cel_equal_within(a, b, &left, &fault));
    assert_int_equal(CEL_FAULT_STEPS, fault);
    assert_int_equal(0, left);
    left = 3;
    assert_true(cel_equal_within(list_of((struct cel_value[]){cel_int(1), cel_int(2)}, 2),
                                 list_of((struct cel_value[]){cel_int(1), cel_int(2)}, 2), &left,
                                 &fault));
    assert_int_equal(0, left);
}

static void comparing_what_is_too_deep_is_refused(void **state)
{
    (void)state;
    struct cel_value a = cel_int(1);
    struct cel_value b = cel_int(1);
    enum cel_fault fault = CEL_FAULT_NONE;
    for (int i = 0; i < CEL_DEPTH_MAXIMUM; i++) {
        assert_true(cel_equal(a, b, &fault));
        a = list_of(&a, 1);
        b = list_of(&b, 1);
    }
    assert_true(cel_equal(a, b, &fault));
    a = list_of(&a, 1);
    b = list_of(&b, 1);
    assert_false(cel_equal(a, b, &fault));
    assert_int_equal(CEL_FAULT_SIZE, fault);
}

static void check_printed(struct cel_value value, size_t maximum, const char *wanted)
{
    struct buffer out;
    buffer_init(&out, 4096);
    assert_ok(buffer_add(&out, TEXT("> ")));
    assert_ok(cel_value_print(NULL, value, maximum, &out));
    struct text printed = buffer_text(&out);
    assert_text(wanted, ((struct text){printed.bytes + 2, printed.length - 2}));
    buffer_release(&out);
}

static void each_kind_is_written_as_the_language_writes_it(void **state)
{
    (void)state;
    struct cel_value values[VALUE_COUNT];
    fill(values);
    const struct {
        struct cel_value value;
        const char *text;
    } cases[] = {
        {cel_null(), "null"},
        {cel_bool(true), "true"},
        {cel_bool(false), "false"},
        {cel_int(INT64_MIN), "-9223372036854775808"},
        {cel_uint(UINT64_MAX), "18446744073709551615u"},
        {cel_double(1), "1.0"},
        {cel_double(-0.5), "-0.5"},
        {cel_double(1e300), "1e+300"},
        {cel_double(__builtin_inf()), "double('Infinity')"},
        {cel_double(__builtin_nan("")), "double('NaN')"},
        {text(""), "''"},
        {text("it's\n\t\r\\ \x01 \xC3\xBC"), "'it\\'s\\n\\t\\r\\\\ \\x01 \xC3\xBC'"},
        {cel_bytes(TEXT("a\xC3\x00'")), "b'a\\xc3\\x00\\''"},
        {list_of(NULL, 0), "[]"},
        {values[LIST_12], "[1, 2]"},
        {map_of(NULL, 0), "{}"},
        {values[MAP_A1], "{'a': 1}"},
        {map_of((struct cel_value[]){cel_bool(true), cel_uint(1), cel_int(2), cel_null()}, 2),
         "{true: 1u, 2: null}"},
        {cel_timestamp(0, 0), "timestamp('1970-01-01T00:00:00Z')"},
        {values[DURATION_MINUS], "duration('-1.5s')"},
        {decimal(4999, 2), "decimal('49.99')"},
        {money(-5, 2, USD), "-0.05 USD"},
        {values[NONE], "optional.none()"},
        {values[SOME_1U], "optional.of(1u)"},
        {values[INT_TYPE], "int"},
        {cel_type_value(cel_type_simple(CEL_TYPE_TIMESTAMP)), "google.protobuf.Timestamp"},
        {values[OBJECT], "object"},
        {cel_error(CEL_FAULT_NO_SUCH_KEY, NULL), "error: no such key"},
        {cel_error(CEL_FAULT_UNDECLARED, "'x'"), "error: undeclared reference: 'x'"},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        check_printed(cases[i].value, 100, cases[i].text);
}

static void what_is_too_long_ends_in_dots_between_two_characters(void **state)
{
    (void)state;
    check_printed(text("abcdef"), 8, "'abcdef'");
    check_printed(text("abcdef"), 7, "'abc...");
    check_printed(text("ab\xC3\xBC"
                       "def"),
                  7, "'ab...");
    check_printed(text("ab\xC3\xBC"
                       "def"),
                  8, "'ab\xC3\xBC...");
    check_printed(text("abc"), 3, "...");
    check_printed(text("abc"), 2, "..");
    check_printed(text("abc"), 0, "");
    struct cel_value broad = cel_int(1);
    for (int i = 0; i < 60; i++)
        broad = list_of((struct cel_value[]){broad, broad}, 2);
    check_printed(broad, 20, "[[[[[[[[[[[[[[[[[...");
}

static void a_buffer_that_is_full_is_told(void **state)
{
    (void)state;
    struct buffer out;
    buffer_init(&out, 4);
    assert_status(STATUS_LIMIT, cel_value_print(NULL, text("abcdef"), 100, &out));
    buffer_release(&out);
}

static void every_fault_has_a_sentence(void **state)
{
    (void)state;
#define X(number, name, sentence)                                                                  \
    assert_string_equal(sentence, cel_fault_text(CEL_FAULT_##name));                               \
    assert_int_equal(number, CEL_FAULT_##name);
    CEL_FAULT_LIST(X)
#undef X
    assert_string_equal("error", cel_fault_text((enum cel_fault)999));
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(a_list_grows_to_its_maximum_and_no_further),
        CASE(a_map_finds_each_of_its_keys_however_many_there_are),
        CASE(numbers_of_one_value_are_one_key),
        CASE(what_is_no_key_is_refused),
        CASE(what_memory_cannot_hold_is_refused_and_nothing_is_lost),
        CASE(values_are_equal_to_those_of_the_same_value_and_no_others),
        CASE(values_have_the_order_of_their_kind),
        CASE(comparing_what_shares_its_parts_ends),
        CASE(comparing_what_is_too_deep_is_refused),
        CASE(each_kind_is_written_as_the_language_writes_it),
        CASE(what_is_too_long_ends_in_dots_between_two_characters),
        CASE(a_buffer_that_is_full_is_told),
        CASE(every_fault_has_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
