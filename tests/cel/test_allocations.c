/* Expressions when memory runs out: whichever allocation fails, whoever made an environment,
 * compiled or evaluated is told so, nothing leaks, and what comes out is right or an error.
 *
 * The linker puts the functions below in front of the arenas and of the allocator, so that every
 * single allocation of the room fails once, and not only those that need another block. What RE2
 * and ICU allocate is theirs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "shop.h"

#define ARENA_MAXIMUM ((size_t)16 << 20)
#define PRINT_MAXIMUM 4096
#define ALLOCATION_MAXIMUM 100000

/* Allocations that still succeed; below zero: all do. */
static long allocations_left = -1;
static bool has_refused;

static bool is_refused(void)
{
    if (allocations_left < 0) return false;
    if (allocations_left == 0) {
        has_refused = true;
        return true;
    }
    allocations_left--;
    return false;
}

void *__real_malloc(size_t size);
void *__real_realloc(void *block, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
void *__real_arena_allocate(struct arena *arena, size_t bytes);
void *__real_arena_allocate_zeroed(struct arena *arena, size_t count, size_t size);
struct text __real_arena_copy(struct arena *arena, struct text text);
struct text __real_arena_format_arguments(struct arena *arena, const char *format,
                                          va_list arguments) __attribute__((format(printf, 2, 0)));
enum status __real_arena_defer(struct arena *arena, void (*release)(void *thing), void *thing);
void *__wrap_malloc(size_t size);
void *__wrap_realloc(void *block, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
void *__wrap_arena_allocate(struct arena *arena, size_t bytes);
void *__wrap_arena_allocate_zeroed(struct arena *arena, size_t count, size_t size);
struct text __wrap_arena_copy(struct arena *arena, struct text text);
struct text __wrap_arena_format(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
struct text __wrap_arena_format_arguments(struct arena *arena, const char *format,
                                          va_list arguments) __attribute__((format(printf, 2, 0)));
enum status __wrap_arena_defer(struct arena *arena, void (*release)(void *thing), void *thing);

void *__wrap_malloc(size_t size)
{
    return is_refused() ? NULL : __real_malloc(size);
}

void *__wrap_realloc(void *block, size_t size)
{
    return is_refused() ? NULL : __real_realloc(block, size);
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
    return is_refused() ? NULL : __real_aligned_alloc(alignment, size);
}

void *__wrap_arena_allocate(struct arena *arena, size_t bytes)
{
    return is_refused() ? NULL : __real_arena_allocate(arena, bytes);
}

void *__wrap_arena_allocate_zeroed(struct arena *arena, size_t count, size_t size)
{
    return is_refused() ? NULL : __real_arena_allocate_zeroed(arena, count, size);
}

struct text __wrap_arena_copy(struct arena *arena, struct text text)
{
    return is_refused() ? (struct text){NULL, 0} : __real_arena_copy(arena, text);
}

struct text __wrap_arena_format(struct arena *arena, const char *format, ...)
{
    if (is_refused()) return (struct text){NULL, 0};
    va_list arguments;
    va_start(arguments, format);
    struct text made = __real_arena_format_arguments(arena, format, arguments);
    va_end(arguments);
    return made;
}

struct text __wrap_arena_format_arguments(struct arena *arena, const char *format,
                                          va_list arguments)
{
    return is_refused() ? (struct text){NULL, 0}
                        : __real_arena_format_arguments(arena, format, arguments);
}

enum status __wrap_arena_defer(struct arena *arena, void (*release)(void *thing), void *thing)
{
    return is_refused() ? STATUS_NO_MEMORY : __real_arena_defer(arena, release, thing);
}

/* Every kind of node and every function, each with what it gives. */
static const struct {
    const char *expression;
    const char *value;
    bool needs_check; /* a number beside an amount is read exactly by the checker */
} cases[] = {
    {"[1, -1, 0x1F, 2u]", "[1, -1, 31, 2u]"},
    {"[1.5, 1e300, -0.5]", "[1.5, 1e+300, -0.5]"},
    {"['a\\n', \"b\", r'\\d']", "['a\\n', 'b', '\\\\d']"},
    {"b'\\x00\\377'", "b'\\x00\\xff'"},
    {"{'a': 1, 2: [true, null]}", "{'a': 1, 2: [true, null]}"},
    {"1 + 2 * 3 - 8 / 4 % 3", "5"},
    {"-rate < -1.0", "true", true},
    {"-(twice(4))", "-8"},
    {"!member.tiers.club.atLeast('rouge')", "true"},
    {"1.5 + 2.5 * 2.0 / 4.0 - 1.0", "1.75"},
    {"5u + 2u * 3u - 4u / 2u % 3u", "9u"},
    {"'a' + order.id + 'b'", "'aorder-1b'"},
    {"b'a' + b'b'", "b'ab'"},
    {"names + ['x']", "['anna', 'björn', '😁', 'x']"},
    {"names[0] + string(points['points'])", "'anna120'"},
    {"'anna' in names && 'miles' in points && !('x' in order.tags)", "true"},
    {"order.items.size() + size(names) + size('grün') + b'ab'.size() + size(points)", "21"},
    {"order.eligible >= 50.00 ? 'much' : 'little'", "'much'", true},
    {"1 / 0 == 0 || true", "true"},
    {"order.eligible > 10.00 && names.size() > 5", "false", true},
    {"1 <= 2 && 1 < 2 && 2 >= 1 && 2 > 1 && 1 != 2 && 1 == 1", "true"},
    {"[1, 2] == [1, 2] && {'a': [1]} == {'a': [1]} && names != ['x']", "true"},
    {"has(order.note) && !has(member.birthday) && has(points.miles)", "true"},
    {"order.items.all(i, i.quantity > 0)", "true"},
    {"order.items.exists(i, i.category == 'skincare' && i.quantity >= 2)", "true"},
    {"order.items.exists_one(i, i.quantity == 2)", "true"},
    {"order.items.map(i, i.category).size()", "10"},
    {"order.items.filter(i, i.category == 'skincare').map(i, i.quantity)", "[1, 2]"},
    {"names.map(n, n != 'anna', n + '!')", "['björn!', '😁!']"},
    {"points.exists(k, v, v < 0 && k == 'miles') && points.all(k, v, v < 200) && "
     "points.existsOne(k, v, v > 0)",
     "true"},
    {"names.transformList(n, v, n > 0, v)", "['björn', '😁']"},
    {"points.transformMap(k, v, v > 0, v * 2)", "{'points': 240}"},
    {"points.transformMapEntry(k, v, {v: k})", "{120: 'points', -3: 'miles'}"},
    {"cel.bind(n, order.items.size(), n * n)", "100"},
    {"[1, 2].map(x, [3, 4].map(y, x * y))", "[[3, 4], [6, 8]]"},
    {"member.?birthday.orValue(\"none\") + string(points[?\"x\"].hasValue())", "'nonefalse'"},
    {"[?maybe, ?optional.none(), 'b']", "['perhaps', 'b']"},
    {"{?'a': maybe, 'b': 'c', ?'d': optional.none()}", "{'a': 'perhaps', 'b': 'c'}"},
    {"maybe.optMap(m, m + '!').or(optional.of('x')).value()", "'perhaps!'"},
    {"maybe.optFlatMap(m, optional.ofNonZeroValue(m)).hasValue()", "true"},
    {"optional.of([1, 2])", "optional.of([1, 2])"},
    {"optional.unwrap([maybe, optional.none()]) + [maybe, optional.none()].unwrapOpt()",
     "['perhaps', 'perhaps']"},
    {"names.first().orValue('') + names.last().orValue('')", "'anna😁'"},
    {"order.id.contains('der') && order.id.startsWith('order') && order.id.endsWith('-1')", "true"},
    {"order.id.matches('^order-[0-9]+$') && matches(order.id, member.id)", "false"},
    {"'tacocat'.charAt(3) + 'tacocat'.substring(4) + 'tacocat'.substring(0, 2)", "'ocatta'"},
    {"order.id.indexOf('r') + order.id.indexOf('r', 2) + order.id.lastIndexOf('r') + "
     "order.id.lastIndexOf('r', 3)",
     "10"},
    {"'A-b-C'.lowerAscii() + 'x'.upperAscii() + order.id.upperAscii()", "'a-b-cXORDER-1'"},
    {"order.id.replace('r', '') + 'aaa'.replace('a', 'b', 2)", "'ode-1bba'"},
    {"order.id.split('-') + 'a,b,c'.split(',', 2)", "['order', '1', 'a', 'b,c']"},
    {"names.join('+') + ['a', 'b'].join()", "'anna+björn+😁ab'"},
    {"('  ' + member.id + ' ').trim() + member.id.reverse()", "'annaanna'"},
    {"strings.quote(member.id + '\"\\n')", "'\"anna\\\\\"\\\\n\"'"},
    {"'%s %d %.2f %e %x %X %o %b %%'.format([names, 1, 2.5, 100.0, 255, 'hi', 8, 5])",
     "'[anna, björn, 😁] 1 2.50 1.000000e+02 ff 6869 10 101 %'"},
    {"math.greatest(1, 2, 3) + math.least([4, 5]) + math.greatest(7)", "14"},
    {"math.ceil(1.2) + math.floor(1.8) + math.round(2.5) + math.trunc(-1.5) + math.sqrt(16.0)",
     "9.0"},
    {"math.abs(-3) + math.sign(-2) + math.bitAnd(6, 3) + math.bitOr(4, 1) + math.bitXor(3, 5) + "
     "math.bitNot(0)",
     "14"},
    {"math.bitShiftLeft(1, 4) + math.bitShiftRight(16, 2)", "20"},
    {"math.isNaN(0.0 / 0.0) && math.isInf(1.0 / 0.0) && math.isFinite(1.0)", "true"},
    {"lists.range(4).reverse().slice(1, 3)", "[2, 1]"},
    {"([3, 1, 2, 1].sort() + [1]).distinct()", "[1, 2, 3]"},
    {"[[1], [2, [3]]].flatten() + [[[4]]].flatten(2)", "[1, 2, [3], 4]"},
    {"order.items.sortBy(i, i.weight)[9].category", "'tools'"},
    {"sets.contains(names, ['anna']) && sets.equivalent([1, 1], [1]) && sets.intersects(names, "
     "['x', 'anna'])",
     "true"},
    {"base64.encode(bytes(order.id)) + string(base64.decode('aGk='))", "'b3JkZXItMQ==hi'"},
    {"now.getFullYear() + now.getMonth() + now.getDate() + now.getDayOfMonth() + "
     "now.getDayOfYear() + now.getDayOfWeek()",
     "2110"},
    {"now.getHours('Europe/Berlin') + now.getMinutes('UTC') + now.getSeconds('-02:00') + "
     "now.getMilliseconds()",
     "251"},
    {"order.waited.getHours() + order.waited.getMinutes() + order.waited.getSeconds() + "
     "order.waited.getMilliseconds()",
     "5991"},
    {"now + order.waited - duration('1h') - member.joined_at > duration('24h')", "true"},
    {"timestamp('2027-03-05T17:30:00Z') < now && now - order.waited < now", "true"},
    {"string(now) + string(order.waited) + string(timestamp(0))",
     "'2027-03-06T00:00:00.25Z5400.5s1970-01-01T00:00:00Z'"},
    {"int('12') + int(3.7) + int(4u) + int(timestamp(5)) + int(rate * 4)", "29"},
    {"uint('1') + uint(2) + uint(3.0)", "6u"},
    {"double('1.5') + double(2) + double(3u)", "6.5"},
    {"string(1) + string(2u) + string(1.5) + string(true) + string(b\"x\") + string(rate)",
     "'121.5truex1.25'"},
    {"bool('true') && bytes('é') == b'\\303\\251'", "true"},
    {"type(1) == int && type(names) == list && type(type(1)) == type && type(now) == "
     "google.protobuf.Timestamp",
     "true"},
    {"type(order.items[0])", "item"},
    {"dyn(whatever)[0] == 7 && whatever[2].points == 120", "true"},
    {"whatever.exists(w, w == 'seven')", "true"},
    {"decimal(3) + decimal(4u) + decimal(rate) + decimal(money('1.50 EUR'))", "decimal('9.75')"},
    {"money(rate, 'EUR') + money(2, 'EUR') + money('1.00 EUR')", "4.25 EUR"},
    {"rate.divide(3, 2, 'half up') + rate.divide(rate, 0, 'down') + rate.round(1, 'up')",
     "decimal('2.72')"},
    {"order.eligible.divide(4, 2, 'half even') + order.eligible.divide(rate, 2, 'down') - "
     "order.eligible.round(0, 'up')",
     "2.74 EUR"},
    {"rate.floor() + rate.ceil() + int(rate.abs() * 4)", "8"},
    {"string((-order.eligible).abs().amount()) + order.eligible.currency() + "
     "string(order.eligible)",
     "'54.99EUR54.99 EUR'"},
    {"[1, 2].sum() + int([rate, rate].sum() * 2)", "8"},
    {"order.items.map(i, i.unit_price).sum()", "50.35 EUR"},
    {"decimal('0.1') + 0.2 == 0.3 && rate * 2 == decimal('2.50')", "true", true},
    {"order.eligible + order.items[0].unit_price", "59.98 EUR"},
    {"order.items.map(i, i.unit_price)", "[4.99 EUR, 5.00 EUR, 5.01 EUR, 5.02 EUR, 5.03 EUR, 5.04 "
                                         "EUR, 5.05 EUR, 5.06 EUR, 5.07 EUR, 5.08 EUR]"},
    {"money('1.00 EUR') < order.eligible", "true"},
    {"shop.greet(member.id) + string(shop.SIZE)", "'hello anna10'"},
    {"member.tiers.club.level + string(member.tiers.club.rank)", "'vib2'"},
    {"order.tags['colour'] + order.tags.wrapping", "'grünnone'"},
    {".order.id == order.id", "true"},
    {"points.`miles`", "-3"},
};

static const struct cel_rules plain = {.money_meets_numbers = true};

struct fixture {
    struct arena environment_arena;
    struct cel_environment *environment;
};

static int set_up(void **state)
{
    static struct fixture fixture;
    arena_init(&fixture.environment_arena, ARENA_MAXIMUM);
    *state = &fixture;
    return shop_declare(&fixture.environment_arena, &plain, &fixture.environment) == STATUS_OK ? 0
                                                                                               : -1;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    arena_release(&fixture->environment_arena);
    return 0;
}

/* What `attempt` is told when the n-th allocation fails, for every n; it looks at that itself. */
static void fail_each(void (*attempt)(void *context, bool is_failing), void *context)
{
    for (long n = 0;; n++) {
        assert_true(n < ALLOCATION_MAXIMUM);
        has_refused = false;
        allocations_left = n;
        attempt(context, true);
        allocations_left = -1;
        if (!has_refused) break;
        attempt(context, false);
    }
}

static void make_environment(void *context, bool is_failing)
{
    (void)context;
    struct arena arena;
    struct cel_environment *environment;
    arena_init(&arena, ARENA_MAXIMUM);
    enum status status = shop_declare(&arena, &plain, &environment);
    allocations_left = -1;
    if (status != STATUS_OK) {
        assert_true(is_failing);
        assert_int_equal(status, STATUS_NO_MEMORY);
    }
    arena_release(&arena);
}

static void an_environment_is_made_or_memory_ran_out(void **state)
{
    (void)state;
    fail_each(make_environment, NULL);
}

struct attempt {
    struct cel_environment *environment;
    const char *source;
    const char *wanted;
    const struct cel_expression *expression;
};

static bool prints_as(const struct cel_environment *environment, struct cel_value value,
                      const char *wanted)
{
    struct buffer out;
    buffer_init(&out, PRINT_MAXIMUM);
    assert_int_equal(cel_value_print(environment, value, PRINT_MAXIMUM / 2, &out), STATUS_OK);
    bool is_it = text_equal(buffer_text(&out), text_of(wanted));
    if (!is_it) print_error("got %.*s, wanted %s\n", TEXT_ARGUMENTS(buffer_text(&out)), wanted);
    buffer_release(&out);
    return is_it;
}

static struct cel_value evaluate(const struct attempt *attempt, struct arena *arena)
{
    struct cel_evaluation evaluation;
    cel_evaluation_init(&evaluation, attempt->environment, &shop_host, arena, NULL);
    return cel_evaluate(attempt->expression, &evaluation, shop_variables());
}

static void compile_it(void *context, bool is_failing)
{
    static struct cel_problems problems;
    struct attempt *attempt = context;
    struct arena arena;
    struct arena scratch;
    arena_init(&arena, ARENA_MAXIMUM);
    arena_init(&scratch, ARENA_MAXIMUM);
    problems = (struct cel_problems){.arena = &arena};
    enum status status = cel_compile(&arena, attempt->environment, text_of(attempt->source), NULL,
                                     &problems, &attempt->expression);
    allocations_left = -1;
    if (status == STATUS_OK) {
        struct cel_value value = evaluate(attempt, &scratch);
        if (!prints_as(attempt->environment, value, attempt->wanted))
            fail_msg("%s", attempt->source);
    } else if (!is_failing || status != STATUS_NO_MEMORY) {
        for (uint32_t i = 0; i < problems.count; i++)
            print_error("%.*s\n", TEXT_ARGUMENTS(problems.items[i].message));
        fail_msg("%s: %s", attempt->source, status_text(status));
    }
    arena_release(&arena);
    arena_release(&scratch);
}

static void an_expression_is_compiled_or_memory_ran_out(void **state)
{
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct attempt attempt = {fixture->environment, cases[i].expression, cases[i].value, NULL};
        fail_each(compile_it, &attempt);
    }
}

static void evaluate_it(void *context, bool is_failing)
{
    struct attempt *attempt = context;
    struct arena scratch;
    arena_init(&scratch, ARENA_MAXIMUM);
    struct cel_value value = evaluate(attempt, &scratch);
    allocations_left = -1;
    bool is_refused = cel_is_error(value) && value.tag == CEL_FAULT_NO_MEMORY;
    if (!(is_failing && is_refused) && !prints_as(attempt->environment, value, attempt->wanted))
        fail_msg("%s", attempt->source);
    arena_release(&scratch);
}

static void explain_it(void *context, bool is_failing)
{
    struct attempt *attempt = context;
    struct arena scratch;
    struct buffer out;
    struct cel_evaluation evaluation;
    arena_init(&scratch, ARENA_MAXIMUM);
    buffer_init(&out, (size_t)1 << 20);
    cel_evaluation_init(&evaluation, attempt->environment, &shop_host, &scratch, NULL);
    enum status status = cel_explain(attempt->expression, &evaluation, shop_variables(), &out);
    allocations_left = -1;
    if (status != STATUS_OK && !(is_failing && status == STATUS_NO_MEMORY))
        fail_msg("%s: %s", attempt->source, status_text(status));
    buffer_release(&out);
    arena_release(&scratch);
}

/* Without a check nothing is folded, so that the evaluation does all of it. */
static void evaluate_each(struct fixture *fixture, bool without_check,
                          void (*attempt_one)(void *context, bool is_failing))
{
    static struct cel_problems problems;
    const struct cel_compile_options options = {.without_check = without_check};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct attempt attempt = {fixture->environment, cases[i].expression, cases[i].value, NULL};
        if (without_check && cases[i].needs_check) continue;
        struct arena arena;
        arena_init(&arena, ARENA_MAXIMUM);
        problems = (struct cel_problems){.arena = &arena};
        enum status status = cel_compile(&arena, fixture->environment, text_of(attempt.source),
                                         &options, &problems, &attempt.expression);
        if (status != STATUS_OK) fail_msg("%s: %s", attempt.source, status_text(status));
        fail_each(attempt_one, &attempt);
        arena_release(&arena);
    }
}

static void an_evaluation_gives_the_value_or_says_that_memory_ran_out(void **state)
{
    evaluate_each(*state, false, evaluate_it);
    evaluate_each(*state, true, evaluate_it);
}

static void an_explanation_is_given_or_memory_ran_out(void **state)
{
    evaluate_each(*state, false, explain_it);
}

/* Names that people write: those of operators and of what macros call have a sign in them. */
static bool is_among_cases(const char *name)
{
    char call[128];
    snprintf(call, sizeof call, "%s(", name);
    if (strpbrk(name, "_!-@") != NULL) return true;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (strstr(cases[i].expression, call) != NULL) return true;
    return false;
}

static void assert_among_cases(const struct cel_library *library)
{
    for (uint32_t i = 0; i < library->function_count; i++)
        if (!is_among_cases(library->functions[i].name))
            fail_msg("%s of %s is not tried", library->functions[i].name, library->name);
    for (uint32_t i = 0; i < library->part_count; i++)
        assert_among_cases(library->parts[i]);
}

static void every_function_is_tried(void **state)
{
    static const struct cel_library *const libraries[] = {
        &cel_library_standard, &cel_library_strings,  &cel_library_math,      &cel_library_lists,
        &cel_library_sets,     &cel_library_encoders, &cel_library_optionals, &cel_library_amounts};
    (void)state;
    for (size_t i = 0; i < sizeof libraries / sizeof libraries[0]; i++)
        assert_among_cases(libraries[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_function_is_tried),
        cmocka_unit_test(an_environment_is_made_or_memory_ran_out),
        cmocka_unit_test(an_expression_is_compiled_or_memory_ran_out),
        cmocka_unit_test(an_evaluation_gives_the_value_or_says_that_memory_ran_out),
        cmocka_unit_test(an_explanation_is_given_or_memory_ran_out),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
