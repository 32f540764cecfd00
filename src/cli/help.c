/* The verbs help and version: what the program can do, and which it is. Both read no file and
 * change nothing. */
#include "cli/output.h"
#include "cli/verb.h"

static enum outcome run_help(const void *values, const char *const *operands, size_t operand_count)
{
    (void)values;
    if (operand_count == 0) return print_program_help();
    if (operand_count > 1) return usage_error(&verb_help, "help takes one verb");
    const struct verb *verb = find_verb(operands[0]);
    return verb == NULL ? unknown_verb(operands[0]) : print_verb_help(verb);
}

const struct verb verb_help = {
    .name = "help",
    .operands = "[VERB]",
    .summary = "show what guerdon can do, or what a verb does",
    .details = "Shows the list of verbs, or the help of one.",
    .examples = "  guerdon help\n"
                "  guerdon help backtest\n",
    .run = run_help,
};

static enum outcome run_version(const void *values, const char *const *operands,
                                size_t operand_count)
{
    (void)values;
    (void)operands;
    if (operand_count > 0) return usage_error(&verb_version, "version takes no arguments");
    return print(TEXT("guerdon " GUERDON_VERSION "\n"));
}

const struct verb verb_version = {
    .name = "version",
    .operands = "",
    .summary = "show which version of guerdon this is",
    .details = "Shows which version of guerdon this is.",
    .run = run_version,
};
