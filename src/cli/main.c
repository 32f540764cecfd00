/* guerdon: the command line. Finds the verb and hands it the rest.
 *
 * Exit codes: 0 done, 1 findings or failed, 2 the command line cannot be understood.
 */
#include <signal.h>
#include <stdio.h>

#include "cli/output.h"
#include "cli/verb.h"

/* What people type where a verb is expected. */
static const struct {
    const char *given;
    const struct verb *verb;
} aliases[] = {
    {"--help", &verb_help},
    {"-h", &verb_help},
    {"--version", &verb_version},
    {"-V", &verb_version},
};

static const struct verb *verb_of_argument(const char *argument)
{
    for (size_t i = 0; i < sizeof aliases / sizeof aliases[0]; i++) {
        if (text_equal(text_of(aliases[i].given), text_of(argument))) return aliases[i].verb;
    }
    return find_verb(argument);
}

int main(int argc, char **argv)
{
    /* A reader that goes away is an error of write, not a signal. */
    signal(SIGPIPE, SIG_IGN);
    if (argc < 2) {
        fputs("usage: guerdon VERB [ARGUMENT...] [--OPTION...]\n'guerdon help' lists the verbs\n",
              stderr);
        return OUTCOME_USAGE;
    }
    const struct verb *verb = verb_of_argument(argv[1]);
    if (verb == NULL) return (int)unknown_verb(argv[1]);
    return (int)verb_run(verb, (size_t)argc - 2, (const char *const *)argv + 2);
}
