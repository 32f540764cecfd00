/* The verb backtest: orders through one or several programmes, and what came out.
 *
 * Nothing is printed for a part: when an input is wrong or a replay stops, standard output stays
 * empty and the report file stays as it was.
 */
#include <stdlib.h>
#include <unistd.h>

#include "cli/inputs.h"
#include "cli/output.h"
#include "cli/progress.h"

#define PROGRAM_COUNT_MAXIMUM 16
#define REPORT_BYTES_MAXIMUM ((size_t)1 << 30)

struct backtest_values {
    const char *map;
    const char *redeem;
    const char *until;
    const char *report;
    bool json;
    bool strict;
};

static const struct option backtest_options[] = {
    {"map", "FILE",
     "what the columns of ORDERS mean; see examples/maps\n"
     "(default: as 'guerdon generate' writes them)",
     offsetof(struct backtest_values, map)},
    {"redeem", "REWARD",
     "members take that reward as soon as they can pay for it\n"
     "(default: nobody redeems); REWARD@0.3: that share of them",
     offsetof(struct backtest_values, redeem)},
    {"until", "TIME",
     "the end: orders before it count, and what is due at it;\n"
     "2012-01-01 or 2012-01-01T00:00:00Z (default: one second\n"
     "after the last order line)",
     offsetof(struct backtest_values, until)},
    {"json", NULL, "print JSON, one object for each programme, and nothing else",
     offsetof(struct backtest_values, json)},
    {"report", "FILE", "also write an HTML page with charts",
     offsetof(struct backtest_values, report)},
    {"strict", NULL, "stop at the first line that cannot be read",
     offsetof(struct backtest_values, strict)},
};

struct backtest {
    const struct backtest_values *values;
    const char *const *paths; /* of the programmes */
    uint32_t count;
    const char *orders;
    struct arena arena;
    struct mapping mapping;
    const struct program *programs[PROGRAM_COUNT_MAXIMUM];
    struct replay_options options[PROGRAM_COUNT_MAXIMUM];
    struct totals totals[PROGRAM_COUNT_MAXIMUM];
    struct book book;
    double reading_seconds;
};

/* `--redeem REWARD@SHARE`: the reward's id and, in 2^-64ths, the share of members. */
struct redeem_argument {
    struct text reward;
    bool everybody;
    uint64_t below;
};

/* A member's number is below share x 2^64 exactly when it is below that rounded up. */
static enum outcome read_redeem(const char *argument, struct redeem_argument *redeem)
{
    struct text share;
    *redeem = (struct redeem_argument){.everybody = true};
    redeem->reward = text_split(text_of(argument), '@', &share);
    if (redeem->reward.length == strlen(argument)) return OUTCOME_DONE;
    struct decimal decimal;
    enum status status = decimal_parse(share, &decimal);
    int64_t one = status == STATUS_OK ? power_of_ten(decimal.scale) : 0;
    if (status != STATUS_OK || decimal.coefficient < 0 || decimal.coefficient > one) {
        return usage_error(&verb_backtest,
                           "--redeem %s: the share after @ must be a number from 0 to 1, such as "
                           "0.3",
                           argument);
    }
    redeem->everybody = decimal.coefficient == one;
    if (redeem->everybody) return OUTCOME_DONE;
    __extension__ unsigned __int128 dividend =
        decimal.coefficient > 0 ? (unsigned __int128)decimal.coefficient << 64 : 0;
    redeem->below = (uint64_t)((dividend + (uint64_t)one - 1) / (uint64_t)one);
    return OUTCOME_DONE;
}

static enum outcome load_programs(struct backtest *backtest)
{
    for (uint32_t i = 0; i < backtest->count; i++) {
        struct problem_list problems;
        problem_list_init(&problems, &backtest->arena);
        enum status status =
            input_program(&backtest->arena, backtest->paths[i], &problems, &backtest->programs[i]);
        say_problems(&problems);
        if (status != STATUS_OK) return OUTCOME_FAILED;
    }
    return OUTCOME_DONE;
}

/* What the command line asks for, in the terms of each programme. */
static enum outcome set_options(struct backtest *backtest)
{
    const struct backtest_values *values = backtest->values;
    struct redeem_argument redeem = {.everybody = false};
    if (values->redeem != NULL) {
        enum outcome outcome = read_redeem(values->redeem, &redeem);
        if (outcome != OUTCOME_DONE) return outcome;
    }
    int64_t until_us = 0;
    if (values->until != NULL &&
        instant_parse(backtest->mapping.zone, text_of(values->until), &until_us) != STATUS_OK) {
        return usage_error(&verb_backtest,
                           "--until %s is no time; write 2012-01-01 or 2012-01-01T00:00:00Z",
                           values->until);
    }
    for (uint32_t i = 0; i < backtest->count; i++) {
        struct replay_options *options = &backtest->options[i];
        *options = (struct replay_options){
            .redeem_reward = PROGRAM_NONE,
            .redeem_everybody = redeem.everybody,
            .redeem_below = redeem.below,
            .has_until = values->until != NULL,
            .until_us = until_us,
        };
        if (input_currency(backtest->programs[i], backtest->paths[i], &backtest->mapping,
                           &options->currency) != STATUS_OK) {
            return OUTCOME_FAILED;
        }
        if (values->redeem == NULL) continue;
        options->redeem_reward = program_find_reward(backtest->programs[i], redeem.reward);
        if (options->redeem_reward == PROGRAM_NONE) {
            say("%s has no reward '%.*s', which --redeem asks for; every programme must have it",
                backtest->paths[i], TEXT_ARGUMENTS(redeem.reward));
            return OUTCOME_FAILED;
        }
    }
    return OUTCOME_DONE;
}

static enum outcome replay_one(struct backtest *backtest, uint32_t index)
{
    struct replay_options *options = &backtest->options[index];
    struct problem_list problems;
    struct progress progress;
    problem_list_init(&problems, &backtest->arena);
    progress_start(&progress, backtest->paths[index]);
    options->problems = &problems;
    options->progress = progress_show;
    options->progress_context = &progress;
    double start = seconds_now();
    enum status status =
        replay_run(&backtest->book, backtest->programs[index], options, &backtest->totals[index]);
    backtest->totals[index].seconds = backtest->reading_seconds + seconds_now() - start;
    progress_end(&progress);
    if (status == STATUS_OK) return OUTCOME_DONE;
    say_problems(&problems);
    if (problem_list_is_empty(&problems))
        say("%s: %s", backtest->paths[index], status_text(status));
    return OUTCOME_FAILED;
}

static enum status write_report(const struct backtest *backtest,
                                const struct comparison *comparison, bool html, struct buffer *out)
{
    buffer_clear(out);
    if (html) return report_html(comparison, out);
    if (backtest->values->json) return report_json(comparison, out);
    return report_text(comparison, isatty(STDOUT_FILENO) == 1, out);
}

static enum outcome report(const struct backtest *backtest)
{
    const struct totals *totals[PROGRAM_COUNT_MAXIMUM];
    for (uint32_t i = 0; i < backtest->count; i++)
        totals[i] = &backtest->totals[i];
    struct comparison comparison = {
        .totals = totals,
        .count = backtest->count,
        .orders_file = text_of(backtest->orders),
        .redeem = text_of(backtest->values->redeem == NULL ? "" : backtest->values->redeem),
        .unreadable = &backtest->book.problems,
    };
    struct buffer out;
    buffer_init(&out, REPORT_BYTES_MAXIMUM);
    const char *path = backtest->values->report;
    enum outcome outcome = OUTCOME_DONE;
    enum status status = STATUS_OK;
    if (path != NULL) {
        status = write_report(backtest, &comparison, true, &out);
        if (status == STATUS_OK) outcome = write_file(path, buffer_text(&out));
    }
    if (status == STATUS_OK && outcome == OUTCOME_DONE) {
        status = write_report(backtest, &comparison, false, &out);
        if (status == STATUS_OK) outcome = print(buffer_text(&out));
    }
    buffer_release(&out);
    if (status == STATUS_OK) return outcome;
    say("the report: %s", status_text(status));
    return OUTCOME_FAILED;
}

static enum outcome run_all(struct backtest *backtest)
{
    if (input_mapping(&backtest->arena, backtest->values->map, &backtest->mapping) != STATUS_OK)
        return OUTCOME_FAILED;
    enum outcome outcome = load_programs(backtest);
    if (outcome == OUTCOME_DONE) outcome = set_options(backtest);
    if (outcome != OUTCOME_DONE) return outcome;
    double start = seconds_now();
    if (input_orders(&backtest->book, backtest->orders, &backtest->mapping,
                     backtest->values->strict) != STATUS_OK) {
        return OUTCOME_FAILED;
    }
    backtest->reading_seconds = seconds_now() - start;
    /* The table shows them itself; JSON has no place for them. */
    if (backtest->values->json) say_problems(&backtest->book.problems);
    for (uint32_t i = 0; i < backtest->count; i++) {
        outcome = replay_one(backtest, i);
        if (outcome != OUTCOME_DONE) return outcome;
    }
    return report(backtest);
}

static enum outcome run_backtest(const void *values, const char *const *operands,
                                 size_t operand_count)
{
    if (operand_count < 2)
        return usage_error(&verb_backtest, "backtest needs a programme and a file of orders");
    if (operand_count - 1 > PROGRAM_COUNT_MAXIMUM)
        return usage_error(&verb_backtest, "backtest takes at most %d programmes",
                           PROGRAM_COUNT_MAXIMUM);
    struct backtest *backtest = calloc(1, sizeof *backtest);
    if (backtest == NULL) {
        say("%s", status_text(STATUS_NO_MEMORY));
        return OUTCOME_FAILED;
    }
    backtest->values = values;
    backtest->paths = operands;
    backtest->count = (uint32_t)operand_count - 1;
    backtest->orders = operands[operand_count - 1];
    arena_init(&backtest->arena, INPUT_ARENA_BYTES_MAXIMUM);
    enum outcome outcome = run_all(backtest);
    for (uint32_t i = 0; i < backtest->count; i++)
        totals_release(&backtest->totals[i]);
    orders_release(&backtest->book);
    arena_release(&backtest->arena);
    free(backtest);
    return outcome;
}

const struct verb verb_backtest = {
    .name = "backtest",
    .operands = "PROGRAM [PROGRAM...] ORDERS [--map FILE] [OPTION...]",
    .summary = "replay real orders through programmes and show what they cost",
    .details =
        "Replays ORDERS, a CSV file of order lines (plain, .gz or .zst; '-' is standard\n"
        "input), through each PROGRAM and shows what it issues, costs and owes. With several\n"
        "programmes they are shown side by side, with who gains and who loses against the\n"
        "first. Each customer is taken to have joined with its first order.",
    .examples = "  guerdon backtest examples/programs/retail-plain.yaml orders.csv.zst \\\n"
                "      --map examples/maps/online-retail.yaml --until 2012-01-01\n"
                "  guerdon backtest today.yaml draft.yaml orders.csv --redeem ten-off@0.3 \\\n"
                "      --report difference.html\n"
                "  zcat orders.csv.gz | guerdon backtest draft.yaml - --json\n",
    .options = backtest_options,
    .option_count = sizeof backtest_options / sizeof backtest_options[0],
    .run = run_backtest,
};
