/* Environments: what can be declared, what cannot, how it is found and shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cel/inner.h"
#include "shop.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ARENA_MAXIMUM ((size_t)64 << 20)

struct fixture {
    struct arena arena;
    struct cel_environment *environment;
};

static int set_up(void **state)
{
    static struct fixture fixture;
    arena_init(&fixture.arena, ARENA_MAXIMUM);
    if (cel_environment_new(&fixture.arena, NULL, &fixture.environment) != STATUS_OK) return -1;
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    arena_release(&fixture->arena);
    return 0;
}

static void a_name_is_declared_once(void **state)
{
    struct fixture *fixture = *state;
    struct cel_environment *environment = fixture->environment;
    uint32_t slot = 9;
    assert_int_equal(
        cel_environment_add_variable(environment, TEXT("a"), TEXT("int"), CEL_NO_BOUND, &slot),
        STATUS_OK);
    assert_int_equal(slot, 0);
    assert_int_equal(
        cel_environment_add_variable(environment, TEXT("a"), TEXT("int"), CEL_NO_BOUND, &slot),
        STATUS_INVALID);
    assert_int_equal(cel_environment_add_constant(environment, TEXT("a"), cel_int(1)),
                     STATUS_INVALID);
    assert_int_equal(cel_environment_add_variable(environment, TEXT("b.c"), TEXT("dyn"), 1, &slot),
                     STATUS_OK);
    assert_int_equal(slot, 1);
    uint16_t object = 0;
    assert_int_equal(cel_environment_add_object(environment, TEXT("o"), &object), STATUS_OK);
    assert_int_equal(cel_environment_add_object(environment, TEXT("o"), &object), STATUS_INVALID);
    assert_int_equal(
        cel_environment_add_field(environment, object, TEXT("f"), TEXT("o"), 7, CEL_NO_BOUND),
        STATUS_OK);
    assert_int_equal(
        cel_environment_add_field(environment, object, TEXT("f"), TEXT("int"), 8, CEL_NO_BOUND),
        STATUS_INVALID);
    assert_int_equal(cel_find_field(environment, object, TEXT("f"))->field_id, 7);
}

static void an_unknown_type_declares_nothing(void **state)
{
    struct fixture *fixture = *state;
    uint32_t slot = 9;
    assert_int_equal(cel_environment_add_variable(fixture->environment, TEXT("a"), TEXT("ordr"),
                                                  CEL_NO_BOUND, &slot),
                     STATUS_NOT_FOUND);
    assert_int_equal(cel_environment_add_variable(fixture->environment, TEXT("a"), TEXT("list("),
                                                  CEL_NO_BOUND, &slot),
                     STATUS_SYNTAX);
    assert_int_equal(slot, 9);
    assert_null(cel_find_name(fixture->environment, TEXT("a")));
}

static void a_library_is_added_once(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(cel_environment_add_extensions(fixture->environment), STATUS_OK);
    assert_int_equal(cel_environment_add_library(fixture->environment, &cel_library_math),
                     STATUS_INVALID);
}

static void variables_have_a_limit(void **state)
{
    struct fixture *fixture = *state;
    char name[16];
    uint32_t slot = 0;
    for (uint32_t i = 0; i < CEL_VARIABLE_MAXIMUM; i++) {
        snprintf(name, sizeof name, "v%u", (unsigned)i);
        assert_int_equal(cel_environment_add_variable(fixture->environment, text_of(name),
                                                      TEXT("int"), CEL_NO_BOUND, &slot),
                         STATUS_OK);
        assert_int_equal(slot, i);
    }
    assert_int_equal(cel_environment_add_variable(fixture->environment, TEXT("one_more"),
                                                  TEXT("int"), CEL_NO_BOUND, &slot),
                     STATUS_LIMIT);
    /* What was declared first is found still. */
    assert_int_equal(cel_find_name(fixture->environment, TEXT("v0"))->slot, 0);
}

static void objects_and_fields_have_a_limit(void **state)
{
    struct fixture *fixture = *state;
    char name[16];
    uint16_t object = 0;
    for (uint32_t i = 0; i < CEL_OBJECT_TYPE_MAXIMUM; i++) {
        snprintf(name, sizeof name, "o%u", (unsigned)i);
        assert_int_equal(cel_environment_add_object(fixture->environment, text_of(name), &object),
                         STATUS_OK);
        assert_int_equal(object, i);
    }
    assert_int_equal(cel_environment_add_object(fixture->environment, TEXT("one_more"), &object),
                     STATUS_LIMIT);
    for (uint32_t i = 0; i < CEL_FIELD_MAXIMUM; i++) {
        snprintf(name, sizeof name, "f%u", (unsigned)i);
        assert_int_equal(cel_environment_add_field(fixture->environment, 3, text_of(name),
                                                   TEXT("o3"), i, CEL_NO_BOUND),
                         STATUS_OK);
    }
    assert_int_equal(cel_environment_add_field(fixture->environment, 3, TEXT("one_more"),
                                               TEXT("o3"), 0, CEL_NO_BOUND),
                     STATUS_LIMIT);
    assert_int_equal(cel_find_field(fixture->environment, 3, TEXT("f1999"))->field_id, 1999);
    assert_null(cel_find_field(fixture->environment, 4, TEXT("f1999")));
}

static void a_variable_hides_a_type_of_its_name(void **state)
{
    struct fixture *fixture = *state;
    struct cel_environment *environment = fixture->environment;
    uint16_t object = 0;
    uint32_t slot = 0;
    assert_int_equal(cel_environment_add_object(environment, TEXT("order"), &object), STATUS_OK);
    assert_true(cel_find_name(environment, TEXT("order"))->is_constant);
    assert_int_equal(cel_find_name(environment, TEXT("order"))->constant.kind, CEL_TYPE);
    assert_int_equal(cel_environment_add_variable(environment, TEXT("order"), TEXT("order"),
                                                  CEL_NO_BOUND, &slot),
                     STATUS_OK);
    assert_false(cel_find_name(environment, TEXT("order"))->is_constant);
    assert_int_equal(cel_find_name(environment, TEXT("order"))->type->kind, CEL_TYPE_OBJECT);
}

static void a_constant_keeps_its_own_text(void **state)
{
    struct fixture *fixture = *state;
    char text[] = "vib";
    assert_int_equal(cel_environment_add_constant(fixture->environment, TEXT("level.VIB"),
                                                  cel_string(text_of(text))),
                     STATUS_OK);
    text[0] = 'x';
    const struct cel_declared_name *name = cel_find_name(fixture->environment, TEXT("level.VIB"));
    assert_true(text_equal(cel_text(name->constant), TEXT("vib")));
}

static void an_object_is_named(void **state)
{
    struct fixture *fixture = *state;
    uint16_t object = 0;
    assert_int_equal(cel_environment_add_object(fixture->environment, TEXT("item"), &object),
                     STATUS_OK);
    assert_true(
        text_equal(cel_environment_object_name(fixture->environment, object), TEXT("item")));
    assert_true(text_equal(cel_environment_object_name(fixture->environment, 999), TEXT("object")));
}

static void what_was_declared_is_shown_line_by_line(void **state)
{
    struct fixture *fixture = *state;
    struct cel_environment *environment = NULL;
    assert_int_equal(shop_declare(&fixture->arena, NULL, &environment), STATUS_OK);
    struct buffer out;
    buffer_init(&out, 1 << 20);
    assert_int_equal(cel_environment_print(environment, &out), STATUS_OK);
    assert_int_equal(buffer_add_byte(&out, '\0'), STATUS_OK);
    static const char *const lines[] = {
        "# variables\nmember: member\norder: order\n",
        "\nnames: list(string)\n",
        "\nshop.SIZE: int\n",
        "\norder.eligible: money\norder.items: list(item)\n",
        "\nint + int -> int\n",
        "\nA in list(A) -> bool\n",
        "\nlist(A)[int] -> A\n",
        "\n!bool -> bool\n",
        "\nstring.charAt(int) -> string\n",
        "\nsize(string) -> int\n",
        "\ntier.atLeast(string) -> bool\n",
        "\nshop.greet(string) -> string\n",
        "\n\n# types\n",
        "\n\n# functions\n",
        "\n\n# functions: standard\n",
        "\n\n# operators\n",
        "\n\n# macros\nhas(order.customer)\n",
        "\nlist.exists(x, x > 0)\n",
    };
    for (size_t i = 0; i < COUNT(lines); i++)
        if (strstr(out.bytes, lines[i]) == NULL)
            fail_msg("missing: %s in\n%s", lines[i], out.bytes);
    assert_null(strchr(out.bytes, '@'));
    buffer_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_name_is_declared_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_unknown_type_declares_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_library_is_added_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(variables_have_a_limit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(objects_and_fields_have_a_limit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_variable_hides_a_type_of_its_name, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_constant_keeps_its_own_text, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_object_is_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_was_declared_is_shown_line_by_line, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
