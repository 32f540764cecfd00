/* The standard tests of strings: contains, startsWith, endsWith, matches; and patterns.
 *
 * A constant pattern is compiled when the expression is; one that comes from outside for that one
 * search, and dropped at once, so that a loop of them holds the memory of one.
 */
#include "cel/cxx.h"
#include "cel/function_tables.h"
#include "cel/function_work.h"

#define MESSAGE_BYTES 200
/* A search through 64 bytes is one step, and one more for each so many instructions. */
#define INSTRUCTIONS_PER_STEP 64
/* Compiling a pattern takes some microseconds for each of its bytes. */
#define STEPS_PER_PATTERN_BYTE 10

static void release_pattern(void *pattern)
{
    cel_cxx_pattern_free(pattern);
}

static struct cel_pattern *compile(struct text text, char message[MESSAGE_BYTES])
{
    if (text.length <= CEL_PATTERN_MAXIMUM_BYTES)
        return cel_cxx_pattern_new(text.bytes, text.length, CEL_PATTERN_MEMORY_BYTES, message,
                                   MESSAGE_BYTES);
    static const char too_long[] = "a pattern has at most 1000 bytes";
    memcpy(message, too_long, sizeof too_long);
    return NULL;
}

struct cel_pattern *cel_pattern_new(struct arena *arena, struct text pattern, const char **message)
{
    char why[MESSAGE_BYTES];
    struct cel_pattern *compiled = compile(pattern, why);
    *message = NULL;
    if (compiled == NULL) {
        *message = arena_copy(arena, text_of(why)).bytes;
        return NULL;
    }
    if (arena_defer(arena, release_pattern, compiled) == STATUS_OK) return compiled;
    cel_cxx_pattern_free(compiled);
    return NULL;
}

bool cel_pattern_finds(const struct cel_pattern *pattern, struct text text)
{
    return cel_cxx_pattern_finds(pattern, text.bytes, text.length);
}

static const void *prepare_pattern(const struct cel_environment *environment, struct arena *arena,
                                   struct cel_value constant, enum cel_fault *fault,
                                   const char **detail)
{
    (void)environment;
    const struct cel_pattern *pattern = cel_pattern_new(arena, cel_given(constant), detail);
    if (pattern == NULL) *fault = *detail == NULL ? CEL_FAULT_NO_MEMORY : CEL_FAULT_PATTERN;
    return pattern;
}

static struct cel_value string_contains(struct cel_call *call, const struct cel_value *arguments)
{
    if (!cel_spend_text(call, arguments[0].extra)) return cel_too_many_steps();
    return cel_bool(cel_text_find(cel_given(arguments[0]), cel_given(arguments[1])) != SIZE_MAX);
}

static struct cel_value string_starts_with(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    return cel_bool(text_starts_with(cel_given(arguments[0]), cel_given(arguments[1])));
}

static struct cel_value string_ends_with(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    return cel_bool(text_ends_with(cel_given(arguments[0]), cel_given(arguments[1])));
}

static struct cel_value search(struct cel_call *call, const struct cel_pattern *pattern,
                               struct text text)
{
    uint64_t steps_each = 1 + cel_cxx_pattern_size(pattern) / INSTRUCTIONS_PER_STEP;
    if (!cel_spend(call, (text.length + 63) / 64 * steps_each)) return cel_too_many_steps();
    return cel_bool(cel_pattern_finds(pattern, text));
}

static struct cel_value string_matches(struct cel_call *call, const struct cel_value *arguments)
{
    struct text text = cel_given(arguments[0]);
    if (call->prepared != NULL) return search(call, call->prepared, text);
    if (!cel_spend(call, (uint64_t)arguments[1].extra * STEPS_PER_PATTERN_BYTE))
        return cel_too_many_steps();
    char why[MESSAGE_BYTES];
    struct cel_pattern *pattern = compile(cel_given(arguments[1]), why);
    if (pattern == NULL) return cel_fail(call, CEL_FAULT_PATTERN, "%s", why);
    struct cel_value found = search(call, pattern, text);
    cel_cxx_pattern_free(pattern);
    return found;
}

static const struct cel_overload contains[] = {
    {"contains_string", "string.(string) -> bool", string_contains, CEL_COST_TEXT, NULL, 0, 0},
};
static const struct cel_overload starts_with[] = {
    {"starts_with_string", "string.(string) -> bool", string_starts_with, CEL_COST_TEXT, NULL, 0,
     0},
};
static const struct cel_overload ends_with[] = {
    {"ends_with_string", "string.(string) -> bool", string_ends_with, CEL_COST_TEXT, NULL, 0, 0},
};
static const struct cel_overload matches[] = {
    {"matches_string", "string.(string) -> bool", string_matches, CEL_COST_TEXT, prepare_pattern, 1,
     0},
    {"matches", "(string, string) -> bool", string_matches, CEL_COST_TEXT, prepare_pattern, 1, 0},
};

static const struct cel_function functions[] = {
    {"contains", CEL_OVERLOADS(contains)},
    {"startsWith", CEL_OVERLOADS(starts_with)},
    {"endsWith", CEL_OVERLOADS(ends_with)},
    {"matches", CEL_OVERLOADS(matches)},
};

const struct cel_library cel_part_string = {.name = "strings of the standard",
                                            .functions = functions,
                                            .function_count =
                                                sizeof functions / sizeof functions[0]};
