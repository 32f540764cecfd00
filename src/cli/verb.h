/* Verbs: what the program can be told to do, each declared once, and their options.
 *
 * A verb is a table: its options name where in the verb's own struct of values they go, so that
 * parsing, help and the nearest-option suggestion come from the same list.
 */
#ifndef GUERDON_CLI_VERB_H
#define GUERDON_CLI_VERB_H

#include "base/base.h"

/* Exit codes. */
enum outcome {
    OUTCOME_DONE = 0,
    OUTCOME_FAILED = 1, /* findings, or the work could not be done */
    OUTCOME_USAGE = 2   /* the command line cannot be understood */
};

/* An option: --name, or --name VALUE. */
struct option {
    const char *name;
    const char *value; /* what the value is called; NULL: a switch */
    const char *help;  /* lines after the first are broken by hand */
    size_t offset; /* in the values: of a const char * (NULL: not given), or of a switch's bool */
    bool repeats;  /* it may be given again: there is a struct option_list */
};

#define OPTION_REPEATS_MAXIMUM 32
struct option_list {
    const char *items[OPTION_REPEATS_MAXIMUM];
    uint32_t count;
};

#define VALUES_BYTES_MAXIMUM 1024

struct verb {
    const char *name;
    const char *operands; /* as the usage line shows them */
    const char *summary;  /* one line, for the list of verbs */
    const char *details;  /* paragraphs, for its own help */
    const char *examples; /* lines */
    const struct option *options;
    size_t option_count;
    enum outcome (*run)(const void *values, const char *const *operands, size_t operand_count);
};

/* The verbs, in the order in which help lists them. */
#define VERB_LIST(X)                                                                               \
    X(check)                                                                                       \
    X(backtest)                                                                                    \
    X(generate)                                                                                    \
    X(serve)                                                                                       \
    X(key)                                                                                         \
    X(verify)                                                                                      \
    X(import)                                                                                      \
    X(backup)                                                                                      \
    X(restore)                                                                                     \
    X(eval)                                                                                        \
    X(explain)                                                                                     \
    X(export)                                                                                      \
    X(help)                                                                                        \
    X(version)

#define X(name) extern const struct verb verb_##name;
VERB_LIST(X)
#undef X

/* NULL if there is no such verb. */
const struct verb *find_verb(const char *name);
/* Every verb, ending with NULL. */
extern const struct verb *const all_verbs[];

/* Says that there is none, and which may have been meant. */
enum outcome unknown_verb(const char *name);

/* Splits the arguments behind the verb into values and operands, and runs it. */
enum outcome verb_run(const struct verb *verb, size_t argument_count, const char *const *arguments);
/* The verb's help. */
enum outcome print_verb_help(const struct verb *verb);
/* The program's help. */
enum outcome print_program_help(void);
/* Says that a verb was called wrongly, and where its help is. */
enum outcome usage_error(const struct verb *verb, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
