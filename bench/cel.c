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
#include "program/program.h"
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
    double start = measure_processor_clock();
    for (uint32_t i = 0; i < EVALUATIONS; i++) {
        cel_evaluation_init(&evaluation, environment, &shop_host, &scratch, NULL);
        struct cel_value value = cel_evaluate(expression, &evaluation, variables);
        trues += value.kind == CEL_BOOL ? value.boolean : 0;
    }
    *nanoseconds = (measure_processor_clock() - start) * 1e9 / EVALUATIONS;
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

/* `form` with a number where # stands. */
static struct text numbered(struct arena *arena, const char *form, uint32_t number)
{
    struct text behind;
    struct text before = text_split(text_of(form), '#', &behind);
    return arena_format(arena, "%.*s%u%.*s", TEXT_ARGUMENTS(before), number,
                        TEXT_ARGUMENTS(behind));
}

/* Makes what is measured of `sources`; false when it is not right. */
typedef bool compile_all(const struct text sources[RULES], struct arena *arena);

static bool compile_rules(const struct text sources[RULES], struct arena *arena)
{
    struct cel_environment *environment;
    const struct cel_expression *expression;
    if (shop_declare(arena, &rules, &environment) != STATUS_OK) return false;
    for (uint32_t i = 0; i < RULES; i++) {
        if (compile(arena, environment, sources[i], &expression) != STATUS_OK) return false;
    }
    return true;
}

/* A programme with tiers, a counter and the rules. */
static bool load_programme(const struct text sources[RULES], struct arena *arena)
{
    static const char head[] =
        "program: bench\n"
        "currency: EUR\n"
        "wallets:\n"
        "  points: {}\n"
        "counters:\n"
        "  spend: {sum: order.eligible, on: purchase, window: calendar year}\n"
        "tiers:\n"
        "  club: {measured_by: spend, levels: {insider: {}, vib: {from: 350.00 EUR}}}\n"
        "rules:\n";
    struct buffer text;
    struct problem_list problems;
    const struct program *program;
    buffer_init(&text, (size_t)1 << 20);
    problem_list_init(&problems, arena);
    enum status status = buffer_add(&text, TEXT(head));
    for (uint32_t i = 0; status == STATUS_OK && i < RULES; i++) {
        status =
            buffer_add_format(&text, "  rule-%u: {on: purchase, when: \"%.*s\", earn: 1 point}\n",
                              i, TEXT_ARGUMENTS(sources[i]));
    }
    if (status == STATUS_OK)
        status = program_load(arena, TEXT("bench.yaml"), buffer_text(&text), &problems, &program);
    for (size_t i = 0; i < problems.count && i < 10; i++)
        fprintf(stderr, "bench.yaml:%u: %.*s\n", problems.items[i].position.line,
                TEXT_ARGUMENTS(problems.items[i].message));
    buffer_release(&text);
    return status == STATUS_OK;
}

static bool measure_compiling(const char *what, double target, const char *const *forms,
                              uint32_t form_count, compile_all *compile_them)
{
    double figures[MEASURE_RUNS];
    struct arena arena;
    struct text sources[RULES];
    bool is_done = true;
    arena_init(&arena, ARENA_BYTES_MAXIMUM);
    for (uint32_t i = 0; i < RULES; i++) {
        sources[i] = numbered(&arena, forms[i % form_count], i);
        is_done = is_done && sources[i].bytes != NULL;
    }
    for (int run = 0; is_done && run < MEASURE_RUNS; run++) {
        double start = measure_processor_clock();
        for (int round = 0; is_done && round < COMPILED_ROUNDS; round++) {
            struct arena made;
            arena_init(&made, ARENA_BYTES_MAXIMUM);
            is_done = compile_them(sources, &made);
            arena_release(&made);
        }
        figures[run] = (measure_processor_clock() - start) * 1e3 / COMPILED_ROUNDS;
    }
    if (is_done) measure_print(what, "ms", target, false, figures);
    arena_release(&arena);
    return is_done;
}

/* Rules as they stand in programme files: ten forms each, with a number of its own where # stands.
 */
static bool measure_rules(void)
{
    static const char *const shop_forms[] = {
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
    static const char *const programme_forms[] = {
        "order.eligible >= #.99 && member.tiers.club.atLeast('vib')",
        "order.items.exists(i, i.category == 'category-#' && i.quantity >= 2)",
        "event.local.weekday == 'tuesday' && order.eligible > #.00",
        "event.store in ['store-#', 'airport'] || member.wallets.points.available > 100",
        "order.items.filter(i, i.type == 'gift').map(i, i.quantity).exists(q, q > #)",
        "has(member.birthday) && member.birthday.month == 3 ? order.total > #.00 : true",
        "order.id.matches('^order-#-[0-9]+$') && !(event.channel == 'web')",
        "now - member.joined_at > duration('#h') && member.tiers.club.rank >= 1",
        "order.items.all(i, i.unit_price < 500.00 && i.subtotal >= 0.#)",
        "member.id.startsWith('a') && math.greatest(order.quantity, 10, #) >= 12",
    };
    return measure_compiling("load a programme of 200 rules", COMPILE_TARGET_MS, programme_forms,
                             sizeof programme_forms / sizeof *programme_forms, load_programme) &&
           measure_compiling("  compile 200 rules, with their environment", 0, shop_forms,
                             sizeof shop_forms / sizeof *shop_forms, compile_rules);
}

bool bench_cel(void)
{
    struct arena arena;
    struct cel_environment *environment;
    arena_init(&arena, ARENA_BYTES_MAXIMUM);
    bool is_done = shop_declare(&arena, &rules, &environment) == STATUS_OK &&
                   measure_condition(&arena, environment, TIER, TIER_TARGET_NS) &&
                   measure_condition(&arena, environment, ITEMS, ITEMS_TARGET_NS) &&
                   measure_rules();
    if (!is_done) fputs("bench: the expressions could not be measured\n", stderr);
    arena_release(&arena);
    return is_done;
}
