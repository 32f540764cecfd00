/* Cel: what a condition costs, with host objects, and what compiling a programme's rules costs.
 *
 * The host is the small shop of tests/cel: a field of an object is a call of its function, and so
 * is atLeast(). An evaluation is set up once and evaluated again and again in the same arena, as
 * the engine does. The rules that are compiled are 200 different ones, environment included, as
 * they stand in programme files: conditions on the order, its items, the member and the time.
 */
#include <stdio.h>
#include <string.h>

#include "measure.h"
#include "shop.h"

#define EVALUATIONS 1000000
#define RULES 200
#define COMPILED_ROUNDS 10
#define ARENA_BYTES_MAXIMUM ((size_t)64 << 20)

#define TIER "member.tiers.club.atLeast('vib') && order.eligible >= 50.00"
#define ITEMS "order.items.exists(i, i.category == 'skincare' && i.quantity >= 2)"
#define TIER_TARGET_NS 60
#define ITEMS_TARGET_NS 300
#define COMPILE_TARGET_MS 20

static const struct cel_rules rules = {true, true, true, true};

static enum status compile(struct arena *arena, struct cel_environment *environment,
                           struct text source, const struct cel_expression **expression)
{
    static struct cel_problems problems;
    problems = (struct cel_problems){.arena = arena};
    const struct cel_compile_options options = {.result = cel_type_simple(CEL_TYPE_BOOL)};
    enum status status = cel_compile(arena, environment, source, &options, &problems, expression);
    for (uint32_t i = 0; status != STATUS_OK && i < problems.count; i++)
        fprintf(stderr, "%.*s: %.*s\n", TEXT_ARGUMENTS(source),
                TEXT_ARGUMENTS(problems.items[i].message));
    return status;
}

/* Nanoseconds for an evaluation that is true; the arena that they share must not grow. */
static bool evaluate_again(const struct cel_environment *environment,
                           const struct cel_expression *expression, double *nanoseconds)
{
    struct arena scratch;
    struct cel_evaluation evaluation;
    const struct cel_value *variables = shop_variables();
    uint64_t trues = 0;
    arena_init(&scratch, CEL_SCRATCH_MAXIMUM_BYTES);
    double start = measure_clock();
    for (uint32_t i = 0; i < EVALUATIONS; i++) {
        cel_evaluation_init(&evaluation, environment, &shop_host, &scratch, NULL);
        struct cel_value value = cel_evaluate(expression, &evaluation, variables);
        trues += value.kind == CEL_BOOL ? value.boolean : 0;
    }
    *nanoseconds = (measure_clock() - start) * 1e9 / EVALUATIONS;
    bool is_done = trues == EVALUATIONS && scratch.used == 0;
    arena_release(&scratch);
    return is_done;
}

static bool measure_condition(struct arena *arena, struct cel_environment *environment,
                              const char *source, double target)
{
    const struct cel_expression *expression;
    double figures[MEASURE_RUNS];
    if (compile(arena, environment, text_of(source), &expression) != STATUS_OK) return false;
    for (int run = 0; run < MEASURE_RUNS; run++) {
        if (!evaluate_again(environment, expression, &figures[run])) return false;
    }
    char what[64];
    snprintf(what, sizeof what, "%.40s...", source);
    measure_print(what, "ns", target, false, figures);
    return true;
}

/* The n-th of the rules: one of ten forms, with a number of its own where # stands. */
static struct text rule_source(struct arena *arena, uint32_t n)
{
    static const char *const forms[] = {
        "order.eligible >= #.99 && member.tiers.club.atLeast('vib')",
        "order.items.exists(i, i.category == 'category-#' && i.quantity >= 2)",
        "now.getDayOfWeek('Europe/Berlin') == 2 && order.eligible > #.00",
        "'segment-#' in member.segments || points['points'] > 100",
        "order.items.filter(i, i.is_gift).map(i, i.quantity).exists(q, q > #)",
        "has(order.note) && order.note.contains('gift-#') ? rate > 1.0 : rate <= 2.5",
        "order.id.matches('^order-#-[0-9]+$') && !(order.tags.wrapping == 'none')",
        "now - member.joined_at > duration('#h') && member.tiers.club.rank >= 2",
        "order.items.all(i, i.unit_price < 500.00 && i.weight >= 0.#)",
        "member.id.startsWith('a') && math.greatest(points['points'], 10, #) >= 120",
    };
    struct text behind;
    struct text before =
        text_split(text_of(forms[n % (sizeof forms / sizeof forms[0])]), '#', &behind);
    return arena_format(arena, "%.*s%u%.*s", TEXT_ARGUMENTS(before), n, TEXT_ARGUMENTS(behind));
}

static bool compile_programme(double *milliseconds)
{
    struct arena sources;
    struct text texts[RULES];
    bool is_done = true;
    arena_init(&sources, ARENA_BYTES_MAXIMUM);
    for (uint32_t i = 0; i < RULES; i++) {
        texts[i] = rule_source(&sources, i);
        is_done = is_done && texts[i].bytes != NULL;
    }
    double start = measure_clock();
    for (int round = 0; is_done && round < COMPILED_ROUNDS; round++) {
        struct arena arena;
        struct cel_environment *environment;
        const struct cel_expression *expression;
        arena_init(&arena, ARENA_BYTES_MAXIMUM);
        is_done = shop_declare(&arena, &rules, &environment) == STATUS_OK;
        for (uint32_t i = 0; is_done && i < RULES; i++)
            is_done = compile(&arena, environment, texts[i], &expression) == STATUS_OK;
        arena_release(&arena);
    }
    *milliseconds = (measure_clock() - start) * 1e3 / COMPILED_ROUNDS;
    arena_release(&sources);
    return is_done;
}

static bool measure_compiling(void)
{
    double figures[MEASURE_RUNS];
    for (int run = 0; run < MEASURE_RUNS; run++) {
        if (!compile_programme(&figures[run])) return false;
    }
    measure_print("compile 200 rules and their environment", "ms", COMPILE_TARGET_MS, false,
                  figures);
    return true;
}

bool bench_cel(void)
{
    struct arena arena;
    struct cel_environment *environment;
    arena_init(&arena, ARENA_BYTES_MAXIMUM);
    bool is_done = shop_declare(&arena, &rules, &environment) == STATUS_OK &&
                   measure_condition(&arena, environment, TIER, TIER_TARGET_NS) &&
                   measure_condition(&arena, environment, ITEMS, ITEMS_TARGET_NS) &&
                   measure_compiling();
    if (!is_done) fputs("bench: the expressions could not be measured\n", stderr);
    arena_release(&arena);
    return is_done;
}
