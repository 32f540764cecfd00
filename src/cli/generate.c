/* The verb generate: order lines of a shop that does not exist. */
#include "cli/inputs.h"
#include "cli/output.h"

struct generate_values {
    const char *members;
    const char *days;
    const char *seed;
    const char *output;
};

static const struct option option_list[] = {
    {"members", "N", "customers with a name (default 1000)",
     offsetof(struct generate_values, members)},
    {"days", "D", "days that the orders span (default 730)",
     offsetof(struct generate_values, days)},
    {"seed", "S", "another seed, another shop (default 1)", offsetof(struct generate_values, seed)},
    {"output", "FILE", "where the lines go (default standard output)",
     offsetof(struct generate_values, output)},
};

/* A whole number from `lowest` to `highest`; `*number` stays as it is when nothing was given. */
static enum outcome read_number(const char *option, const char *given, uint64_t lowest,
                                uint64_t highest, uint64_t *number)
{
    if (given == NULL) return OUTCOME_DONE;
    uint64_t read = 0;
    bool is_number = given[0] != '\0';
    for (const char *digit = given; is_number && *digit != '\0'; digit++) {
        is_number = *digit >= '0' && *digit <= '9' && !__builtin_mul_overflow(read, 10u, &read) &&
                    !__builtin_add_overflow(read, (uint64_t)(*digit - '0'), &read);
    }
    if (!is_number || read < lowest || read > highest) {
        return usage_error(&verb_generate, "--%s %s must be a whole number from %llu to %llu",
                           option, given, (unsigned long long)lowest, (unsigned long long)highest);
    }
    *number = read;
    return OUTCOME_DONE;
}

static enum outcome read_options(const struct generate_values *values,
                                 struct generate_options *options)
{
    *options = generate_defaults();
    uint64_t members = options->members;
    uint64_t days = options->days;
    enum outcome outcome =
        read_number("members", values->members, 1, GENERATE_MEMBERS_MAXIMUM, &members);
    if (outcome == OUTCOME_DONE)
        outcome = read_number("days", values->days, 1, GENERATE_DAYS_MAXIMUM, &days);
    if (outcome == OUTCOME_DONE)
        outcome = read_number("seed", values->seed, 0, UINT64_MAX, &options->seed);
    options->members = (uint32_t)members;
    options->days = (uint32_t)days;
    return outcome;
}

static enum status write_lines(void *context, struct text bytes)
{
    return output_write(context, bytes);
}

static enum outcome run_generate(const void *values, const char *const *operands,
                                 size_t operand_count)
{
    (void)operands;
    struct generate_options options;
    const struct generate_values *given = values;
    if (operand_count > 0)
        return usage_error(&verb_generate,
                           "generate takes options only; for a file: --output FILE");
    enum outcome outcome = read_options(given, &options);
    if (outcome != OUTCOME_DONE) return outcome;
    struct output output;
    if (output_open(&output, given->output) != STATUS_OK) return OUTCOME_FAILED;
    enum status status = generate_orders(&options, write_lines, &output);
    if (status != STATUS_OK) {
        if (status != STATUS_IO) say("generate: %s", status_text(status));
        output_abandon(&output);
        return OUTCOME_FAILED;
    }
    return output_finish(&output) == STATUS_OK ? OUTCOME_DONE : OUTCOME_FAILED;
}

const struct verb verb_generate = {
    .name = "generate",
    .operands = "[--members N] [--days D] [--seed S] [--output FILE]",
    .summary = "make up the order lines of a shop, the same for the same seed",
    .details =
        "Writes a CSV of order lines that 'guerdon backtest' reads without a mapping: purchases\n"
        "drawn from the BG/NBD model and amounts from Gamma-Gamma, with the parameters published\n"
        "for the customers of CDNOW, a catalogue with categories, returns, and lines without a\n"
        "customer. The same options give the same bytes on every machine.",
    .examples = "  guerdon generate --members 5000 --output orders.csv\n"
                "  guerdon generate --seed 7 | guerdon backtest examples/programs/shop.yaml -\n",
    .options = option_list,
    .option_count = sizeof option_list / sizeof option_list[0],
    .run = run_generate,
};
