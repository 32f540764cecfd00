/* The public conformance tests of the language, all that need no protobuf messages.
 *
 *   test_conformance [--messages] [COLLECTION]
 *
 * Prints, for each suite, how many pass, fail, are skipped and need protobuf, and each failure.
 * What is skipped stands in conformance/skipped.txt with its reason, and must fail: one that passes
 * is a failure too, so that the list stays true. As in the reference's own runner any error will do
 * where one is expected; --messages also prints where ours says something else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "conformance.h"

#define SUITE_MAXIMUM 64
#define SAID_MAXIMUM 2000
#define ARENA_MAXIMUM ((size_t)64 << 20)

/* What the published data hold, and how much of it has to pass. */
#define TEST_COUNT 2344
#define PLAIN_COUNT 1645
#define PASS_COUNT 1620

static bool wants_messages;
static const char *only_collection;

struct suite {
    char name[64];
    uint32_t passed;
    uint32_t failed;
    uint32_t skipped;
    uint32_t protobuf;
};

struct run {
    struct suite suites[SUITE_MAXIMUM];
    uint32_t suite_count;
    struct buffer skipped; /* the skip list's bytes */
    struct arena arena;    /* of one test */
};

/* ---- one test ---- */

struct trial {
    struct arena *arena;
    yyjson_val *test;
    struct cel_environment *environment;
    struct cel_problems problems;
    const struct cel_expression *expression; /* NULL: it does not compile */
    struct cel_value *variables;
    struct cel_evaluation evaluation;
    struct cel_value value;
    struct buffer said; /* why it fails */
};

static void say(struct trial *trial, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(struct trial *trial, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    enum status status = buffer_add_arguments(&trial->said, format, arguments);
    va_end(arguments);
    (void)status; /* a failure that is too long to tell is one all the same */
}

static struct cel_value no_field(struct cel_evaluation *evaluation, struct cel_value object,
                                 uint32_t field_id)
{
    (void)evaluation;
    (void)object;
    (void)field_id;
    return cel_error(CEL_FAULT_NO_SUCH_FIELD, NULL);
}

static struct cel_value no_call(struct cel_evaluation *evaluation, uint32_t host_id,
                                const struct cel_value *arguments, uint32_t count)
{
    (void)evaluation;
    (void)host_id;
    (void)arguments;
    (void)count;
    return cel_error(CEL_FAULT_UNKNOWN_FUNCTION, NULL);
}

static struct text text_at(yyjson_val *array, size_t index)
{
    yyjson_val *value = yyjson_arr_get(array, index);
    return (struct text){yyjson_get_str(value), yyjson_get_len(value)};
}

static void declare_functions(struct trial *trial)
{
    size_t index;
    size_t count;
    yyjson_val *said;
    yyjson_arr_foreach(yyjson_obj_get(trial->test, "functions"), index, count, said)
    {
        yyjson_val *signatures = yyjson_arr_get(said, 1);
        uint32_t overload_count = (uint32_t)yyjson_arr_size(signatures);
        struct cel_overload *overloads =
            arena_new_array(trial->arena, struct cel_overload, overload_count);
        struct cel_function *function = arena_new(trial->arena, struct cel_function);
        assert_true(overloads != NULL && function != NULL);
        for (uint32_t i = 0; i < overload_count; i++) {
            overloads[i].id = text_at(yyjson_arr_get(signatures, i), 0).bytes;
            overloads[i].signature = text_at(yyjson_arr_get(signatures, i), 1).bytes;
        }
        *function = (struct cel_function){text_at(said, 0).bytes, overloads, overload_count};
        enum status status = cel_environment_add_function(trial->environment, function);
        if (status != STATUS_OK)
            say(trial, "cannot declare %s: %s; ", function->name, status_text(status));
    }
}

/* A literal's name (true) can be declared in the tests, and must not be found. */
static bool is_literal(struct text name)
{
    return text_equal(name, TEXT("true")) || text_equal(name, TEXT("false")) ||
           text_equal(name, TEXT("null"));
}

static uint32_t declare_variable(struct trial *trial, struct text name, struct text type)
{
    uint32_t slot = UINT32_MAX;
    enum status status =
        cel_environment_add_variable(trial->environment, name, type, CEL_NO_BOUND, &slot);
    if (status == STATUS_OK || is_literal(name)) return slot;
    say(trial, "cannot declare %.*s: %.*s (%s); ", TEXT_ARGUMENTS(name), TEXT_ARGUMENTS(type),
        status_text(status));
    return UINT32_MAX;
}

static yyjson_val *binding_of(struct trial *trial, struct text name)
{
    size_t index;
    size_t count;
    yyjson_val *binding;
    yyjson_arr_foreach(yyjson_obj_get(trial->test, "bindings"), index, count, binding)
    {
        if (text_equal(text_at(binding, 0), name)) return yyjson_arr_get(binding, 1);
    }
    return NULL;
}

static bool is_declared(struct trial *trial, struct text name)
{
    size_t index;
    size_t count;
    yyjson_val *said;
    yyjson_arr_foreach(yyjson_obj_get(trial->test, "variables"), index, count, said)
    {
        if (text_equal(text_at(said, 0), name)) return true;
    }
    return false;
}

static void bind(struct trial *trial, uint32_t slot, yyjson_val *said)
{
    if (slot >= CEL_VARIABLE_MAXIMUM) return;
    trial->variables[slot] = said == NULL ? cel_error(CEL_FAULT_UNDECLARED, "unknown variable")
                                          : conformance_value(trial->arena, said);
}

/* A variable that is bound and not declared is dyn, which matters without a check only. */
static void declare(struct trial *trial)
{
    static const struct cel_rules rules = {0};
    struct cel_environment *environment;
    assert_int_equal(cel_environment_new(trial->arena, &rules, &environment), STATUS_OK);
    trial->environment = environment;
    assert_int_equal(cel_environment_add_extensions(environment), STATUS_OK);
    trial->variables = arena_new_array(trial->arena, struct cel_value, CEL_VARIABLE_MAXIMUM);
    assert_non_null(trial->variables);
    size_t index;
    size_t count;
    yyjson_val *said;
    yyjson_arr_foreach(yyjson_obj_get(trial->test, "variables"), index, count, said)
    {
        struct text name = text_at(said, 0);
        bind(trial, declare_variable(trial, name, text_at(said, 1)), binding_of(trial, name));
    }
    yyjson_arr_foreach(yyjson_obj_get(trial->test, "bindings"), index, count, said)
    {
        struct text name = text_at(said, 0);
        if (is_declared(trial, name) || yyjson_get_bool(yyjson_obj_get(trial->test, "check")))
            continue;
        bind(trial, declare_variable(trial, name, TEXT("dyn")), yyjson_arr_get(said, 1));
    }
    declare_functions(trial);
}

static void compile(struct trial *trial)
{
    struct cel_compile_options options = {
        .container = conformance_text(trial->test, "container"),
        .without_check = !yyjson_get_bool(yyjson_obj_get(trial->test, "check")),
    };
    trial->problems.arena = trial->arena;
    enum status status =
        cel_compile(trial->arena, trial->environment, conformance_text(trial->test, "expr"),
                    &options, &trial->problems, &trial->expression);
    if (status == STATUS_OK) return;
    trial->expression = NULL;
    if (trial->problems.count == 0) say(trial, "%s without a problem; ", status_text(status));
}

/* The message of what went wrong: a problem's or the fault's. */
static void message_of(struct trial *trial, struct buffer *out)
{
    enum status status = STATUS_OK;
    if (trial->expression == NULL) {
        for (uint32_t i = 0; i < trial->problems.count && status == STATUS_OK; i++)
            status = buffer_add_format(out, "%s%.*s", i == 0 ? "" : "; ",
                                       TEXT_ARGUMENTS(trial->problems.items[i].message));
    } else {
        status = cel_value_print(trial->environment, trial->value, SAID_MAXIMUM / 2, out);
    }
    (void)status;
}

static void say_outcome(struct trial *trial)
{
    struct buffer message;
    buffer_init(&message, SAID_MAXIMUM);
    message_of(trial, &message);
    say(trial, "%s %.*s", trial->expression == NULL ? "does not compile:" : "gives",
        TEXT_ARGUMENTS(buffer_text(&message)));
    buffer_release(&message);
}

static bool type_is_right(struct trial *trial)
{
    struct text wanted = conformance_text(trial->test, "type");
    if (wanted.length == 0 || trial->expression == NULL) return true;
    struct buffer found;
    buffer_init(&found, SAID_MAXIMUM);
    assert_int_equal(cel_type_print(cel_expression_type(trial->expression), &found), STATUS_OK);
    bool is_it = text_equal(buffer_text(&found), wanted);
    if (!is_it)
        say(trial, "has the type %.*s instead of %.*s; ", TEXT_ARGUMENTS(buffer_text(&found)),
            TEXT_ARGUMENTS(wanted));
    buffer_release(&found);
    return is_it;
}

static void compare_message(struct trial *trial)
{
    struct text wanted = conformance_text(trial->test, "error");
    struct buffer message;
    buffer_init(&message, SAID_MAXIMUM);
    message_of(trial, &message);
    struct text found = buffer_text(&message);
    if (wanted.length > 0 && memmem(found.bytes, found.length, wanted.bytes, wanted.length) == NULL)
        print_message("     %.*s: \"%.*s\", ours: %.*s\n",
                      TEXT_ARGUMENTS(conformance_text(trial->test, "name")), TEXT_ARGUMENTS(wanted),
                      TEXT_ARGUMENTS(found));
    buffer_release(&message);
}

static bool passes_parsing(struct trial *trial)
{
    struct cel_node *root;
    trial->problems.arena = trial->arena;
    enum status status =
        cel_parse(trial->arena, conformance_text(trial->test, "expr"), &trial->problems, &root);
    bool is_right = (status == STATUS_OK) == yyjson_get_bool(yyjson_obj_get(trial->test, "parses"));
    if (!is_right && status == STATUS_OK) say(trial, "parses");
    if (!is_right && status != STATUS_OK) say_outcome(trial);
    return is_right;
}

static bool passes(struct trial *trial)
{
    if (yyjson_obj_get(trial->test, "parses") != NULL) return passes_parsing(trial);
    static const struct cel_host host = {no_field, no_call};
    bool is_evaluated = yyjson_get_bool(yyjson_obj_get(trial->test, "evaluate"));
    declare(trial);
    compile(trial);
    if (trial->expression != NULL && is_evaluated) {
        cel_evaluation_init(&trial->evaluation, trial->environment, &host, trial->arena, NULL);
        trial->value = cel_evaluate(trial->expression, &trial->evaluation, trial->variables);
    }
    bool is_right = type_is_right(trial);
    if (yyjson_obj_get(trial->test, "error") != NULL) {
        bool has_failed = trial->expression == NULL || (is_evaluated && cel_is_error(trial->value));
        if (!has_failed) say_outcome(trial);
        if (has_failed && wants_messages) compare_message(trial);
        return is_right && has_failed;
    }
    yyjson_val *value = yyjson_obj_get(trial->test, "value");
    bool is_it =
        trial->expression != NULL && (value == NULL || conformance_matches(value, trial->value));
    if (!is_it) say_outcome(trial);
    return is_right && is_it;
}

/* ---- a collection ---- */

static struct suite *suite_of(struct run *run, struct text name)
{
    for (uint32_t i = 0; i < run->suite_count; i++) {
        if (text_equal(text_of(run->suites[i].name), name)) return &run->suites[i];
    }
    assert_true(run->suite_count < SUITE_MAXIMUM);
    struct suite *suite = &run->suites[run->suite_count++];
    *suite = (struct suite){0};
    snprintf(suite->name, sizeof suite->name, "%.*s", TEXT_ARGUMENTS(name));
    return suite;
}

/* Is "suite/name -- reason" a line of the skip list? */
static bool is_skipped(const struct run *run, struct text suite, struct text name)
{
    struct text rest = buffer_text(&run->skipped);
    while (rest.length > 0) {
        struct text line = text_split(rest, '\n', &rest);
        if (!text_starts_with(line, suite) || line.length < suite.length + 1 + name.length)
            continue;
        struct text behind = {line.bytes + suite.length + 1, line.length - suite.length - 1};
        if (line.bytes[suite.length] != '/' || !text_starts_with(behind, name)) continue;
        behind.bytes += name.length;
        behind.length -= name.length;
        if (text_starts_with(behind, TEXT(" -- "))) return true;
    }
    return false;
}

static void judge(struct run *run, yyjson_val *test)
{
    struct text suite_name = conformance_text(test, "suite");
    struct text name = conformance_text(test, "name");
    struct suite *suite = suite_of(run, suite_name);
    if (yyjson_get_bool(yyjson_obj_get(test, "protobuf"))) {
        suite->protobuf++;
        return;
    }
    static struct trial trial;
    trial = (struct trial){.arena = &run->arena, .test = test};
    buffer_init(&trial.said, SAID_MAXIMUM);
    bool is_passed = passes(&trial);
    bool is_left_out = is_skipped(run, suite_name, name);
    if (is_passed && is_left_out) say(&trial, "passes, and stands in the skip list");
    if (is_passed != is_left_out) {
        if (is_passed)
            suite->passed++;
        else
            suite->skipped++;
    } else {
        suite->failed++;
        print_message("FAIL %.*s/%.*s: %.*s\n     %.*s\n", TEXT_ARGUMENTS(suite_name),
                      TEXT_ARGUMENTS(name), TEXT_ARGUMENTS(conformance_text(test, "expr")),
                      TEXT_ARGUMENTS(buffer_text(&trial.said)));
    }
    buffer_release(&trial.said);
    arena_clear(&run->arena);
}

static void read_skip_list(struct run *run)
{
    const char *source = getenv("GUERDON_SOURCE");
    char path[4096];
    snprintf(path, sizeof path, "%s/tests/cel/conformance/skipped.txt",
             source == NULL ? "." : source);
    buffer_init(&run->skipped, (size_t)1 << 20);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(buffer_reserve(&run->skipped, (size_t)1 << 18), STATUS_OK);
    run->skipped.length = fread(run->skipped.bytes, 1, (size_t)1 << 18, file);
    assert_int_equal(fclose(file), 0);
}

static struct suite print_table(const struct run *run)
{
    struct suite total = {.name = "in all"};
    print_message("%-18s %7s %7s %8s %9s\n", "suite", "passed", "failed", "skipped", "protobuf");
    for (uint32_t i = 0; i <= run->suite_count; i++) {
        const struct suite *suite = i == run->suite_count ? &total : &run->suites[i];
        print_message("%-18s %7u %7u %8u %9u\n", suite->name, suite->passed, suite->failed,
                      suite->skipped, suite->protobuf);
        if (suite == &total) break;
        total.passed += suite->passed;
        total.failed += suite->failed;
        total.skipped += suite->skipped;
        total.protobuf += suite->protobuf;
    }
    return total;
}

static struct suite run_collection(const char *collection, struct run *run)
{
    struct conformance_lines lines;
    *run = (struct run){0};
    arena_init(&run->arena, ARENA_MAXIMUM);
    read_skip_list(run);
    assert_true(conformance_read(collection, &lines));
    for (;;) {
        yyjson_doc *line = conformance_next(&lines);
        if (line == NULL) break;
        judge(run, yyjson_doc_get_root(line));
        yyjson_doc_free(line);
    }
    buffer_release(&lines.bytes);
    buffer_release(&run->skipped);
    arena_release(&run->arena);
    return print_table(run);
}

static bool is_left_out(const char *collection)
{
    return only_collection != NULL && strcmp(only_collection, collection) != 0;
}

static void the_conformance_tests_pass(void **state)
{
    (void)state;
    static const char *const whole[] = {
        "basic",  "conversions", "fields", "fp_math",    "integer_math", "lists",    "logic",
        "macros", "macros2",     "string", "string_ext", "math_ext",     "optionals"};
    static struct run run;
    if (is_left_out("conformance")) return;
    struct suite total = run_collection("conformance", &run);
    assert_int_equal(total.passed + total.failed + total.skipped, PLAIN_COUNT);
    assert_int_equal(total.protobuf, TEST_COUNT - PLAIN_COUNT);
    for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++) {
        struct suite *suite = suite_of(&run, text_of(whole[i]));
        assert_true(suite->passed > 0);
        assert_int_equal(suite->skipped, 0);
    }
    assert_true(total.passed >= PASS_COUNT);
    assert_int_equal(total.failed, 0);
}

static void assert_all_pass(const char *collection, uint32_t count)
{
    static struct run run;
    if (is_left_out(collection)) return;
    struct suite total = run_collection(collection, &run);
    assert_int_equal(total.failed, 0);
    assert_int_equal(total.passed + total.skipped, count);
}

static void what_the_reference_parses_is_parsed_and_nothing_else(void **state)
{
    (void)state;
    assert_all_pass("parsing", 159);
}

static void what_the_reference_checks_has_the_same_type(void **state)
{
    (void)state;
    assert_all_pass("checking", 76);
}

static void comprehensions_of_two_variables_do_what_the_reference_does(void **state)
{
    (void)state;
    assert_all_pass("comprehension", 70);
}

int main(int argument_count, char **arguments)
{
    for (int i = 1; i < argument_count; i++) {
        if (strcmp(arguments[i], "--messages") == 0)
            wants_messages = true;
        else
            only_collection = arguments[i];
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_conformance_tests_pass),
        cmocka_unit_test(what_the_reference_parses_is_parsed_and_nothing_else),
        cmocka_unit_test(what_the_reference_checks_has_the_same_type),
        cmocka_unit_test(comprehensions_of_two_variables_do_what_the_reference_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
