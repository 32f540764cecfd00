/* The verb check: whether a programme file is right, what it says, and what would be better.
 *
 * What it finds goes to standard output: that is what was asked for.
 */
#include "cli/inputs.h"
#include "cli/output.h"

#define CHECK_BYTES_MAXIMUM ((size_t)64 << 20)

struct check_values {
    const char *orders;
    const char *map;
    bool no_advice;
    bool schema;
};

static const struct option check_options[] = {
    {"no-advice", NULL, "leave the advice out", offsetof(struct check_values, no_advice)},
    {"orders", "FILE", "a CSV of order lines, so that the advice can look at real\ncustomers",
     offsetof(struct check_values, orders)},
    {"map", "FILE", "what the columns of that CSV mean; see examples/maps",
     offsetof(struct check_values, map)},
    {"schema", NULL, "print the JSON Schema of programme files, for editors",
     offsetof(struct check_values, schema)},
};

/* The orders that advice looks at, read once for all programmes. */
struct check {
    const struct check_values *values;
    struct arena arena;
    struct mapping mapping;
    struct book book;
};

static enum outcome failed(const char *what, enum status status)
{
    say("%s: %s", what, status_text(status));
    return OUTCOME_FAILED;
}

static enum outcome print_schema(void)
{
    struct buffer out;
    buffer_init(&out, CHECK_BYTES_MAXIMUM);
    enum status status = program_schema(&out);
    enum outcome outcome =
        status == STATUS_OK ? print(buffer_text(&out)) : failed("the schema", status);
    buffer_release(&out);
    return outcome;
}

/* What the orders say; on failure everything has been said. */
static enum outcome gather(struct check *check, const char *path, const struct program *program,
                           struct arena *arena, struct order_facts *facts)
{
    uint32_t currency = 0;
    struct problem_list problems;
    if (input_currency(program, path, &check->mapping, &currency) != STATUS_OK)
        return OUTCOME_FAILED;
    problem_list_init(&problems, arena);
    enum status status = facts_gather(&check->book, program, currency, arena, &problems, facts);
    if (status == STATUS_OK) return OUTCOME_DONE;
    say_problems(&problems);
    return problem_list_is_empty(&problems) ? failed(path, status) : OUTCOME_FAILED;
}

/* What can be loaded and is probably not meant, each with its place. */
static enum status add_warnings(const struct problem_list *warnings, struct buffer *out)
{
    if (warnings->count > 0) TRY(buffer_add_byte(out, '\n'));
    for (size_t i = 0; i < warnings->count; i++) {
        const struct problem *warning = &warnings->items[i];
        TRY(buffer_add_format(out, "warning %.*s:%u:%u: %.*s\n", TEXT_ARGUMENTS(warning->file),
                              warning->position.line, warning->position.column,
                              TEXT_ARGUMENTS(warning->message)));
        TRY(buffer_add(out, warning->excerpt));
    }
    return STATUS_OK;
}

static enum outcome print_program(struct check *check, const char *path,
                                  const struct program *program, struct arena *arena,
                                  struct buffer *out)
{
    bool has_advice = !check->values->no_advice;
    bool has_facts = has_advice && check->values->orders != NULL;
    struct order_facts facts;
    if (has_facts) {
        enum outcome outcome = gather(check, path, program, arena, &facts);
        if (outcome != OUTCOME_DONE) return outcome;
    }
    enum status status = program_describe(program, out);
    if (status == STATUS_OK) status = add_warnings(&program->warnings, out);
    if (has_advice && status == STATUS_OK) status = buffer_add(out, TEXT("\nAdvice\n"));
    if (has_advice && status == STATUS_OK)
        status = program_advise(program, has_facts ? &facts : NULL, out);
    return status == STATUS_OK ? print(buffer_text(out)) : failed(path, status);
}

static enum outcome check_file(struct check *check, const char *path, struct arena *arena)
{
    const struct program *program = NULL;
    struct problem_list problems;
    problem_list_init(&problems, arena);
    if (input_program(arena, path, &problems, &program) != STATUS_OK) {
        (void)print_problems(&problems);
        return OUTCOME_FAILED;
    }
    struct buffer out;
    buffer_init(&out, CHECK_BYTES_MAXIMUM);
    enum outcome outcome = print_program(check, path, program, arena, &out);
    buffer_release(&out);
    return outcome;
}

static enum outcome check_files(struct check *check, const char *const *paths, size_t count)
{
    if (check->values->orders != NULL) {
        if (input_mapping(&check->arena, check->values->map, &check->mapping) != STATUS_OK ||
            input_orders(&check->book, check->values->orders, &check->mapping, false) !=
                STATUS_OK) {
            return OUTCOME_FAILED;
        }
    }
    enum outcome worst = OUTCOME_DONE;
    for (size_t i = 0; i < count; i++) {
        struct arena arena;
        arena_init(&arena, INPUT_ARENA_BYTES_MAXIMUM);
        if (count > 1 && i > 0) (void)print(TEXT("\n"));
        enum outcome outcome = check_file(check, paths[i], &arena);
        if (outcome != OUTCOME_DONE) worst = outcome;
        arena_release(&arena);
    }
    return worst;
}

static enum outcome run_check(const void *values, const char *const *operands, size_t operand_count)
{
    struct check check = {.values = values};
    if (check.values->schema) {
        if (operand_count > 0) return usage_error(&verb_check, "--schema takes no FILE");
        return print_schema();
    }
    if (operand_count == 0) return usage_error(&verb_check, "check needs a programme file");
    if (check.values->map != NULL && check.values->orders == NULL)
        return usage_error(&verb_check, "--map goes with --orders");
    arena_init(&check.arena, INPUT_ARENA_BYTES_MAXIMUM);
    enum outcome outcome = check_files(&check, operands, operand_count);
    orders_release(&check.book);
    arena_release(&check.arena);
    return outcome;
}

const struct verb verb_check = {
    .name = "check",
    .operands = "FILE... [OPTION...]",
    .summary = "find what is wrong in programme files, or say in plain words what they do",
    .details =
        "Reads programme files. Of a wrong one every mistake is listed, with its place and what\n"
        "would be right, and the exit code is 1. A right one is told in plain words, with advice\n"
        "on what members may find hard.",
    .examples =
        "  guerdon check my-programme.yaml\n"
        "  guerdon check --orders orders.csv.zst --map examples/maps/online-retail.yaml \\\n"
        "      examples/programs/retail-plain.yaml\n"
        "  guerdon check --schema > program.schema.json\n",
    .options = check_options,
    .option_count = sizeof check_options / sizeof check_options[0],
    .run = run_check,
};
