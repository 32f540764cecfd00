/* Load: the program around load.h.
 *
 *   load ADDRESS KEY closed --connections N [OPTION...]
 *   load ADDRESS KEY open --rate R --connections N [OPTION...]
 *
 * Ends with 1 if a request failed: what failed quickly would look fast.
 */
#include "load.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "purchases.h"

static const char usage[] = "usage: load ADDRESS KEY closed --connections N [OPTION...]\n"
                            "       load ADDRESS KEY open --rate R --connections N [OPTION...]\n"
                            "  --seconds S    how long to measure (10)\n"
                            "  --warm-up S    before that (1)\n"
                            "  --batch K      events a request: 1 is JSON, more are NDJSON (1)\n"
                            "  --members M    drawn uniformly from so many (10000)\n"
                            "  --seed N       of what is drawn (1)\n"
                            "  --json         one JSON object instead of a line\n";

struct arguments {
    int64_t connections, rate, batch, members, seed, measured_ms, warm_up_ms;
    bool is_json;
};

/* What a number may be, and where it goes. `decimals` of 3 turn seconds into milliseconds. */
static const struct number_option {
    const char *name;
    size_t offset;
    int32_t decimals;
    int64_t least, most;
} number_options[] = {
    {"connections", offsetof(struct arguments, connections), 0, 1, LOAD_CONNECTIONS_MAXIMUM},
    {"rate", offsetof(struct arguments, rate), 0, 1, LOAD_RATE_MAXIMUM},
    {"batch", offsetof(struct arguments, batch), 0, 1, BATCH_MAXIMUM},
    {"members", offsetof(struct arguments, members), 0, 1, MEMBERS_MAXIMUM},
    {"seed", offsetof(struct arguments, seed), 0, 0, INT64_MAX},
    {"seconds", offsetof(struct arguments, measured_ms), 3, 100, 86400000},
    {"warm-up", offsetof(struct arguments, warm_up_ms), 3, 0, 86400000},
};
#define NUMBER_OPTIONS (sizeof number_options / sizeof *number_options)

static bool read_number(const struct number_option *option, const char *word,
                        struct arguments *arguments)
{
    int64_t number = 0;
    if (amount_parse(text_of(word), option->decimals, &number) != STATUS_OK ||
        number < option->least || number > option->most) {
        fprintf(stderr, "load: --%s %s is not a number that it can be\n", option->name, word);
        return false;
    }
    memcpy((char *)arguments + option->offset, &number, sizeof number);
    return true;
}

static bool read_options(int count, char **words, struct arguments *arguments)
{
    struct option options[NUMBER_OPTIONS + 2] = {{0}};
    for (size_t i = 0; i < NUMBER_OPTIONS; i++)
        options[i] = (struct option){number_options[i].name, required_argument, NULL, (int)i};
    options[NUMBER_OPTIONS] = (struct option){"json", no_argument, NULL, NUMBER_OPTIONS};
    int found;
    while ((found = getopt_long(count, words, "", options, NULL)) != -1) {
        if (found == NUMBER_OPTIONS) {
            arguments->is_json = true;
        } else if (found < 0 || (size_t)found > NUMBER_OPTIONS ||
                   !read_number(&number_options[found], optarg, arguments)) {
            return false;
        }
    }
    return true;
}

int main(int argument_count, char **words)
{
    struct arguments arguments = {
        .batch = 1, .members = 10000, .seed = 1, .measured_ms = 10000, .warm_up_ms = 1000};
    bool is_understood = read_options(argument_count, words, &arguments);
    bool is_open = argument_count - optind == 3 && strcmp(words[optind + 2], "open") == 0;
    bool is_closed = argument_count - optind == 3 && strcmp(words[optind + 2], "closed") == 0;
    if (!is_understood || (!is_open && !is_closed) || is_open != (arguments.rate > 0) ||
        arguments.connections == 0) {
        fputs(usage, stderr);
        return 2;
    }
    struct load_options options = {
        .address = words[optind],
        .key = words[optind + 1],
        .is_open = is_open,
        .rate = (uint32_t)arguments.rate,
        .connections = (uint32_t)arguments.connections,
        .warm_up_ms = arguments.warm_up_ms,
        .measured_ms = arguments.measured_ms,
        .batch = (uint32_t)arguments.batch,
        .members = (uint32_t)arguments.members,
        .seed = (uint64_t)arguments.seed,
    };
    static struct load_result result;
    if (!load_run(&options, &result)) return EXIT_FAILURE;
    if (arguments.is_json) {
        load_print_json(stdout, &options, &result);
    } else {
        load_print(stdout, &options, &result);
    }
    return load_failures(&result) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
