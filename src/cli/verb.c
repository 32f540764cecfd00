/* Verbs: parsing a verb's command line by its table, and its help.
 *
 * Options may stand anywhere among the operands, as --name=value or --name value; "--" ends them,
 * and "-" alone is an operand.
 */
#include "cli/verb.h"

#include <stdio.h>
#include <stdlib.h>

#include "cli/output.h"

#define HELP_BYTES_MAXIMUM ((size_t)1 << 16)
#define HELP_COLUMN 22
#define OPTION_MAXIMUM 32
#define VERB_MAXIMUM 32

#define X(name) &verb_##name,
const struct verb *const all_verbs[] = {VERB_LIST(X) NULL};
#undef X

const struct verb *find_verb(const char *name)
{
    for (size_t i = 0; all_verbs[i] != NULL; i++) {
        if (text_equal(text_of(all_verbs[i]->name), text_of(name))) return all_verbs[i];
    }
    return NULL;
}

enum outcome unknown_verb(const char *name)
{
    struct text candidates[VERB_MAXIMUM];
    size_t count = 0;
    for (; all_verbs[count] != NULL; count++) {
        ASSERT(count < VERB_MAXIMUM);
        candidates[count] = text_of(all_verbs[count]->name);
    }
    int nearest = text_nearest(text_of(name), candidates, count);
    if (nearest >= 0) {
        say("there is no verb '%s'; did you mean '%s'?", name, all_verbs[nearest]->name);
    } else {
        say("there is no verb '%s'", name);
    }
    fputs("'guerdon help' lists them\n", stderr);
    return OUTCOME_USAGE;
}

enum outcome usage_error(const struct verb *verb, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say_arguments(format, arguments);
    va_end(arguments);
    fprintf(stderr, "usage: guerdon %s %s\n", verb->name, verb->operands);
    fprintf(stderr, "'guerdon %s --help' says more\n", verb->name);
    return OUTCOME_USAGE;
}

static const struct option help_option = {"help", NULL, "show this help", 0};

static const struct option *find_option(const struct verb *verb, struct text name)
{
    for (size_t i = 0; i < verb->option_count; i++) {
        if (text_equal(text_of(verb->options[i].name), name)) return &verb->options[i];
    }
    return text_equal(text_of(help_option.name), name) ? &help_option : NULL;
}

static enum outcome unknown_option(const struct verb *verb, struct text name)
{
    struct text candidates[OPTION_MAXIMUM];
    size_t count = 0;
    ASSERT(verb->option_count < OPTION_MAXIMUM);
    for (; count < verb->option_count; count++)
        candidates[count] = text_of(verb->options[count].name);
    candidates[count++] = text_of(help_option.name);
    int nearest = text_nearest(name, candidates, count);
    if (nearest < 0)
        return usage_error(verb, "%s has no option --%.*s", verb->name, TEXT_ARGUMENTS(name));
    return usage_error(verb, "%s has no option --%.*s; did you mean --%.*s?", verb->name,
                       TEXT_ARGUMENTS(name), TEXT_ARGUMENTS(candidates[nearest]));
}

/* The command line as it is being read. */
struct reading {
    const struct verb *verb;
    const char *const *arguments;
    size_t count;
    size_t next;
    char *values;
    const char **operands;
    size_t operand_count;
    bool wants_help;
};

static enum outcome keep_value(struct reading *reading, const struct option *option,
                               const char *given)
{
    char *place = reading->values + option->offset;
    if (option->repeats) {
        struct option_list list;
        memcpy(&list, place, sizeof list);
        if (list.count == OPTION_REPEATS_MAXIMUM)
            return usage_error(reading->verb, "--%s is given more than %d times", option->name,
                               OPTION_REPEATS_MAXIMUM);
        list.items[list.count++] = given;
        memcpy(place, &list, sizeof list);
        return OUTCOME_DONE;
    }
    const char *before;
    memcpy(&before, place, sizeof before);
    if (before != NULL) return usage_error(reading->verb, "--%s is given twice", option->name);
    memcpy(place, &given, sizeof given);
    return OUTCOME_DONE;
}

/* Takes the option that arguments[next - 1] names, and its value. */
static enum outcome read_option(struct reading *reading)
{
    const char *argument = reading->arguments[reading->next - 1];
    struct text value;
    struct text name = text_split(text_of(argument + 2), '=', &value);
    bool has_value = name.length < strlen(argument + 2);
    const struct option *option = find_option(reading->verb, name);
    if (option == NULL) return unknown_option(reading->verb, name);
    if (option == &help_option) {
        reading->wants_help = true;
        return OUTCOME_DONE;
    }
    if (option->value == NULL) {
        if (has_value)
            return usage_error(reading->verb, "--%s is a switch and takes no value", option->name);
        bool is_on = true;
        memcpy(reading->values + option->offset, &is_on, sizeof is_on);
        return OUTCOME_DONE;
    }
    const char *given = has_value ? argument + 2 + name.length + 1 : NULL;
    if (!has_value && reading->next < reading->count) given = reading->arguments[reading->next];
    if (given == NULL || (!has_value && text_starts_with(text_of(given), TEXT("--"))))
        return usage_error(reading->verb, "--%s needs a value: --%s %s", option->name, option->name,
                           option->value);
    if (!has_value) reading->next++;
    return keep_value(reading, option, given);
}

static enum outcome read_arguments(struct reading *reading)
{
    bool takes_options = true;
    while (reading->next < reading->count) {
        const char *argument = reading->arguments[reading->next++];
        struct text text = text_of(argument);
        if (takes_options && text_equal(text, TEXT("--"))) {
            takes_options = false;
        } else if (takes_options && text_equal(text, TEXT("-h"))) {
            reading->wants_help = true;
        } else if (takes_options && text_starts_with(text, TEXT("--"))) {
            enum outcome outcome = read_option(reading);
            if (outcome != OUTCOME_DONE) return outcome;
        } else if (takes_options && text.length > 1 && argument[0] == '-') {
            return usage_error(reading->verb, "%s has no option %s; options begin with --",
                               reading->verb->name, argument);
        } else {
            reading->operands[reading->operand_count++] = argument;
        }
    }
    return OUTCOME_DONE;
}

enum outcome verb_run(const struct verb *verb, size_t argument_count, const char *const *arguments)
{
    _Alignas(16) char values[VALUES_BYTES_MAXIMUM] = {0};
    const char **operands = calloc(argument_count + 1, sizeof *operands);
    if (operands == NULL) {
        say("%s", status_text(STATUS_NO_MEMORY));
        return OUTCOME_FAILED;
    }
    struct reading reading = {.verb = verb,
                              .arguments = arguments,
                              .count = argument_count,
                              .values = values,
                              .operands = operands};
    enum outcome outcome = read_arguments(&reading);
    if (outcome == OUTCOME_DONE) {
        outcome = reading.wants_help ? print_verb_help(verb)
                                     : verb->run(values, operands, reading.operand_count);
    }
    free(operands);
    return outcome;
}

/* "  --name VALUE      help", the help's further lines under its first. */
static enum status add_option_help(struct buffer *out, const struct option *option)
{
    size_t start = out->length;
    TRY(buffer_add_format(out, "  --%s", option->name));
    if (option->value != NULL) TRY(buffer_add_format(out, " %s", option->value));
    struct text rest = text_of(option->help);
    while (!text_is_empty(rest)) {
        struct text line = text_split(rest, '\n', &rest);
        if (out->length - start >= HELP_COLUMN) TRY(buffer_add_byte(out, '\n'));
        if (out->bytes[out->length - 1] == '\n') start = out->length;
        while (out->length - start < HELP_COLUMN)
            TRY(buffer_add_byte(out, ' '));
        TRY(buffer_add(out, line));
        TRY(buffer_add_byte(out, '\n'));
        start = out->length;
    }
    return STATUS_OK;
}

static enum status write_verb_help(const struct verb *verb, struct buffer *out)
{
    TRY(buffer_add_format(out, "usage: guerdon %s %s\n\n%s\n", verb->name, verb->operands,
                          verb->details));
    TRY(buffer_add(out, TEXT("\noptions:\n")));
    for (size_t i = 0; i < verb->option_count; i++)
        TRY(add_option_help(out, &verb->options[i]));
    TRY(add_option_help(out, &help_option));
    if (verb->examples == NULL) return STATUS_OK;
    return buffer_add_format(out, "\nexamples:\n%s", verb->examples);
}

/* Prints what was written, or says why it was not. */
static enum outcome print_help(struct buffer *out, enum status status)
{
    enum outcome outcome = OUTCOME_FAILED;
    if (status == STATUS_OK) {
        outcome = print(buffer_text(out));
    } else {
        say("%s", status_text(status));
    }
    buffer_release(out);
    return outcome;
}

enum outcome print_verb_help(const struct verb *verb)
{
    struct buffer out;
    buffer_init(&out, HELP_BYTES_MAXIMUM);
    return print_help(&out, write_verb_help(verb, &out));
}

static enum status write_program_help(struct buffer *out)
{
    TRY(buffer_add(out, TEXT("usage: guerdon VERB [ARGUMENT...] [--OPTION...]\n\n"
                             "Runs loyalty programmes: each is one text file.\n\nverbs:\n")));
    for (size_t i = 0; all_verbs[i] != NULL; i++)
        TRY(buffer_add_format(out, "  %-10s %s\n", all_verbs[i]->name, all_verbs[i]->summary));
    return buffer_add(out, TEXT("\n'guerdon VERB --help' says more about each.\n"));
}

enum outcome print_program_help(void)
{
    struct buffer out;
    buffer_init(&out, HELP_BYTES_MAXIMUM);
    return print_help(&out, write_program_help(&out));
}
