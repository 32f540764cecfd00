/* Types as text, their equality, and the types of values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cel/inner.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ARENA_MAXIMUM ((size_t)8 << 20)

struct fixture {
    struct arena arena;
    struct cel_environment *environment;
};

static int set_up(void **state)
{
    static struct fixture fixture;
    uint16_t object = 0;
    arena_init(&fixture.arena, ARENA_MAXIMUM);
    if (cel_environment_new(&fixture.arena, NULL, &fixture.environment) != STATUS_OK) return -1;
    if (cel_environment_add_object(fixture.environment, TEXT("shop.order"), &object) != STATUS_OK)
        return -1;
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    arena_release(&fixture->arena);
    return 0;
}

static enum status parse(struct fixture *fixture, const char *text, const struct cel_type **type)
{
    return cel_type_parse(&fixture->arena, fixture->environment, text_of(text), type);
}

static void assert_printed(const struct cel_type *type, const char *wanted)
{
    struct buffer out;
    buffer_init(&out, 1000);
    assert_int_equal(cel_type_print(type, &out), STATUS_OK);
    assert_int_equal(buffer_add_byte(&out, '\0'), STATUS_OK);
    assert_string_equal(out.bytes, wanted);
    buffer_release(&out);
}

static void a_type_is_printed_as_it_is_read(void **state)
{
    static const struct {
        const char *text;
        const char *printed; /* NULL: the same */
    } cases[] = {
        {"dyn", NULL},
        {"null_type", NULL},
        {"bool", NULL},
        {"int", NULL},
        {"uint", NULL},
        {"double", NULL},
        {"string", NULL},
        {"bytes", NULL},
        {"type", NULL},
        {"timestamp", NULL},
        {"duration", NULL},
        {"decimal", NULL},
        {"money", NULL},
        {"list", NULL},
        {"google.protobuf.Timestamp", "timestamp"},
        {"google.protobuf.Duration", "duration"},
        {"list(int)", NULL},
        {" map( string ,list( dyn ) ) ", "map(string, list(dyn))"},
        {"type(int)", NULL},
        {"optional_type(shop.order)", NULL},
        {"wrapper(int)", NULL},
        {"shop.order", NULL},
        {"A", NULL},
        {"map(K, list(V))", NULL},
        {"tuple(A, int, string)", NULL},
        {"my.own.set(T)", NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct cel_type *type = NULL;
        assert_int_equal(parse(*state, cases[i].text, &type), STATUS_OK);
        assert_printed(type, cases[i].printed == NULL ? cases[i].text : cases[i].printed);
    }
}

static void what_is_no_type_is_refused(void **state)
{
    static const struct {
        const char *text;
        enum status status;
    } cases[] = {
        {"", STATUS_SYNTAX},
        {" ", STATUS_SYNTAX},
        {"(int)", STATUS_SYNTAX},
        {"list(", STATUS_SYNTAX},
        {"list()", STATUS_SYNTAX},
        {"list(int", STATUS_SYNTAX},
        {"list(int))", STATUS_SYNTAX},
        {"list(int, int)", STATUS_SYNTAX},
        {"map(int)", STATUS_SYNTAX},
        {"int(int)", STATUS_SYNTAX},
        {"int string", STATUS_SYNTAX},
        {"1nt", STATUS_SYNTAX},
        {"int.", STATUS_SYNTAX},
        {"tuple(A,)", STATUS_SYNTAX},
        {"nine(A, B, C, D, E, F, G, H, I)", STATUS_SYNTAX},
        {"order", STATUS_NOT_FOUND},
        {"AB", STATUS_NOT_FOUND},
        {"error", STATUS_NOT_FOUND},
        {"list(shop.ordr)", STATUS_NOT_FOUND},
        {"list(list(list(list(list(list(list(list(list(list(list(list(list(list(list(list(list("
         "int)))))))))))))))))",
         STATUS_SYNTAX},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct cel_type *type = NULL;
        enum status status = parse(*state, cases[i].text, &type);
        if (status != cases[i].status) fail_msg("%s: %s", cases[i].text, status_text(status));
        assert_null(type);
    }
}

static void types_are_equal_by_structure(void **state)
{
    static const char *const texts[] = {
        "dyn",
        "int",
        "list",
        "list(int)",
        "list(string)",
        "map(int, int)",
        "map(int, uint)",
        "shop.order",
        "A",
        "B",
        "tuple(int)",
        "tuple(int, int)",
        "pair(int, int)",
        "optional_type(int)",
        "wrapper(int)",
        "type",
        "type(int)",
    };
    for (size_t i = 0; i < COUNT(texts); i++) {
        for (size_t k = 0; k < COUNT(texts); k++) {
            const struct cel_type *a = NULL;
            const struct cel_type *b = NULL;
            assert_int_equal(parse(*state, texts[i], &a), STATUS_OK);
            assert_int_equal(parse(*state, texts[k], &b), STATUS_OK);
            assert_int_equal(cel_type_equal(a, b), i == k);
        }
    }
}

static void a_value_knows_its_type(void **state)
{
    struct fixture *fixture = *state;
    struct cel_list *list = cel_list_new(&fixture->arena, 0);
    struct cel_map *map = cel_map_new(&fixture->arena, 0);
    const struct {
        struct cel_value value;
        const char *type;
    } cases[] = {
        {cel_null(), "null_type"},
        {cel_bool(true), "bool"},
        {cel_int(-1), "int"},
        {cel_uint(1), "uint"},
        {cel_double(0.5), "double"},
        {cel_string(TEXT("a")), "string"},
        {cel_bytes(TEXT("a")), "bytes"},
        {cel_list_value(list), "list"},
        {cel_map_value(map), "map"},
        {cel_type_value(cel_type_simple(CEL_TYPE_INT)), "type"},
        {cel_timestamp(0, 0), "timestamp"},
        {cel_duration(0, 0), "duration"},
        {cel_optional(NULL), "optional_type"},
        {cel_decimal((struct decimal){1, 1}), "decimal"},
        {cel_money((struct decimal){1, 2}, cel_currency(TEXT("EUR"))), "money"},
        {cel_object(0, 0, NULL), "shop.order"},
        {cel_object(9, 0, NULL), "dyn"},
        {cel_error(CEL_FAULT_INDEX, NULL), "error"},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_printed(cel_type_of_value(fixture->environment, cases[i].value), cases[i].type);
}

static void a_signature_says_what_a_function_takes(void **state)
{
    static const struct {
        const char *text;
        const char *printed; /* NULL: it is none */
        bool is_generic;
    } cases[] = {
        {"() -> int", "f()", false},
        {"(int, list(string)) -> bool", "f(int, list(string))", false},
        {"string.(int) -> string", "string.f(int)", false},
        {"list(T).() -> T", "list(T).f()", true},
        {"google.protobuf.Timestamp.(string) -> int", "timestamp.f(string)", false},
        {" ( A ,A ) ->bool ", "f(A, A)", true},
        {"() -> list(A)", "f()", true},
        {"(int) int", NULL, false},
        {"(int) ->", NULL, false},
        {"string(int) -> int", NULL, false},
        {"string.(int -> int", NULL, false},
        {"(int,) -> int", NULL, false},
        {"(ints) -> int", NULL, false},
        {"(int) -> int int", NULL, false},
        {"", NULL, false},
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct cel_signature signature;
        enum status status = cel_signature_parse(&fixture->arena, fixture->environment,
                                                 text_of(cases[i].text), &signature);
        if ((status == STATUS_OK) != (cases[i].printed != NULL))
            fail_msg("%s: %s", cases[i].text, status_text(status));
        if (status != STATUS_OK) continue;
        struct buffer out;
        buffer_init(&out, 1000);
        assert_int_equal(cel_signature_print(TEXT("f"), &signature, &out), STATUS_OK);
        assert_int_equal(buffer_add_byte(&out, '\0'), STATUS_OK);
        assert_string_equal(out.bytes, cases[i].printed);
        assert_int_equal(signature.is_generic, cases[i].is_generic);
        buffer_release(&out);
    }
}

static void no_type_is_made_without_memory(void **state)
{
    (void)state;
    struct arena none;
    arena_init(&none, 0);
    const struct cel_type *type = NULL;
    assert_null(cel_type_list(&none, cel_type_simple(CEL_TYPE_INT)));
    assert_int_equal(cel_type_parse(&none, NULL, TEXT("list(int)"), &type), STATUS_NO_MEMORY);
    assert_int_equal(cel_type_parse(&none, NULL, TEXT("A"), &type), STATUS_NO_MEMORY);
    struct cel_environment *environment = NULL;
    assert_int_equal(cel_environment_new(&none, NULL, &environment), STATUS_NO_MEMORY);
    arena_release(&none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_type_is_printed_as_it_is_read),
        cmocka_unit_test(what_is_no_type_is_refused),
        cmocka_unit_test(types_are_equal_by_structure),
        cmocka_unit_test(a_value_knows_its_type),
        cmocka_unit_test(a_signature_says_what_a_function_takes),
        cmocka_unit_test(no_type_is_made_without_memory),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
