/* The verb serve: a server of loyalty programmes over HTTP.
 *
 * What the server has to say goes to its log on standard error; the address and a first key, which
 * are shown once, go to standard output.
 */
#include <malloc.h>

#include "cli/output.h"
#include "cli/settings.h"

#define PROGRAM_BYTES_MAXIMUM ((size_t)4 << 20)
#define COMPLAINT_BYTES_MAXIMUM ((size_t)1 << 20)
#define KEPT_BLOCK_BYTES (32 << 20) /* what the C library allows at most */
#define KEPT_BYTES (128 << 20)
#define GROWTH_BYTES (1 << 20)

#define PROGRAM_OPTION                                                                             \
    {                                                                                              \
        "program", "FILE",                                                                         \
            "a programme file; again for another programme. Without it:\nthose "                   \
            "that the data directory has",                                                         \
            offsetof(struct serve_values, programs), true                                          \
    }

static const struct option serve_options[] = {PROGRAM_OPTION,
#define X(name, option, value, usual, help)                                                        \
    {option, value, help, offsetof(struct serve_values, given[SETTING_##name])},
                                              SETTING_LIST(X)
#undef X
};

struct serving {
    struct settings settings;
    struct api_options options;
    struct api_program programs[SETTING_PROGRAM_MAXIMUM];
    struct buffer texts[SETTING_PROGRAM_MAXIMUM];
};

static enum status read_programs(struct serving *serving)
{
    const struct settings *settings = &serving->settings;
    for (uint32_t i = 0; i < settings->program_count; i++) {
        TRY(read_file(settings->programs[i], PROGRAM_BYTES_MAXIMUM, &serving->texts[i]));
        serving->programs[i] =
            (struct api_program){settings->programs[i], buffer_text(&serving->texts[i])};
    }
    serving->options.programs = serving->programs;
    serving->options.program_count = settings->program_count;
    return STATUS_OK;
}

static enum outcome announce(const struct serving *serving, const struct api *api)
{
    struct buffer out;
    buffer_init(&out, COMPLAINT_BYTES_MAXIMUM);
    const char *listen = serving->options.listen;
    const char *scheme = serving->options.certificate_file == NULL ? "http" : "https";
    enum status status = STATUS_OK;
    if (text_starts_with(text_of(listen), TEXT("unix:"))) {
        status = buffer_add_format(&out, "Guerdon listens on %s\n", listen);
    } else {
        const char *colon = strrchr(listen, ':');
        int host_length = colon == NULL ? 0 : (int)(colon - listen);
        status = buffer_add_format(
            &out, "Guerdon listens on %s://%.*s:%u\n", scheme, host_length == 0 ? 9 : host_length,
            host_length == 0 ? "localhost" : listen, (unsigned)api_port(api));
    }
    for (uint32_t i = 0; status == STATUS_OK && api_program_id(api, i)[0] != '\0'; i++) {
        if (api_first_key(api, i)[0] == '\0') continue;
        status = buffer_add_format(&out,
                                   "The first key of %s, with scope admin, is shown this once:\n"
                                   "  %s\n",
                                   api_program_id(api, i), api_first_key(api, i));
    }
    enum outcome outcome = status == STATUS_OK ? print(buffer_text(&out)) : OUTCOME_FAILED;
    buffer_release(&out);
    return outcome;
}

static void say_lines(const struct buffer *complaint)
{
    struct text rest = buffer_text(complaint);
    while (!text_is_empty(rest)) {
        struct text line = text_split(rest, '\n', &rest);
        if (!text_is_empty(line)) say("%.*s", TEXT_ARGUMENTS(line));
    }
}

static enum outcome serve(struct serving *serving)
{
    struct api *api = NULL;
    struct buffer complaint;
    buffer_init(&complaint, COMPLAINT_BYTES_MAXIMUM);
    serving->options.stops_on_signals = true;
    enum status status = api_open(&serving->options, &complaint, &api);
    say_lines(&complaint);
    buffer_release(&complaint);
    if (status != STATUS_OK) return OUTCOME_FAILED;
    (void)announce(serving, api);
    status = api_run(api);
    api_close(api);
    if (status == STATUS_OK) return OUTCOME_DONE;
    say("the server ended: %s", status_text(status));
    return OUTCOME_FAILED;
}

static enum outcome prepare_and_serve(struct serving *serving, const struct serve_values *values)
{
    if (settings_read(values, &serving->settings) != STATUS_OK ||
        settings_apply(&serving->settings, &serving->options) != STATUS_OK) {
        return OUTCOME_USAGE;
    }
    if (serving->options.data == NULL)
        return usage_error(&verb_serve, "serve needs a directory for its stores: --data DIR");
    if (read_programs(serving) != STATUS_OK) return OUTCOME_FAILED;
    return serve(serving);
}

/* A request with thousands of lines needs megabytes for a moment, again and again: what the C
 * library gives back to the system each time costs more than deciding an event. */
static void keep_memory(void)
{
#ifdef M_MMAP_THRESHOLD
    /* Where it takes no advice, as under a sanitizer, such requests are only slower. */
    (void)mallopt(M_MMAP_THRESHOLD, KEPT_BLOCK_BYTES);
    (void)mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
    (void)mallopt(M_TOP_PAD, GROWTH_BYTES);
#endif
}

static enum outcome run_serve(const void *values, const char *const *operands, size_t operand_count)
{
    static struct serving serving;
    (void)operands;
    keep_memory();
    if (operand_count > 0)
        return usage_error(&verb_serve, "serve takes no FILE; name programmes with --program FILE");
    for (size_t i = 0; i < SETTING_PROGRAM_MAXIMUM; i++)
        buffer_init(&serving.texts[i], PROGRAM_BYTES_MAXIMUM);
    enum outcome outcome = prepare_and_serve(&serving, values);
    for (size_t i = 0; i < SETTING_PROGRAM_MAXIMUM; i++)
        buffer_release(&serving.texts[i]);
    settings_release(&serving.settings);
    return outcome;
}

const struct verb verb_serve = {
    .name = "serve",
    .operands = "--program FILE --data DIR [OPTION...]",
    .summary = "serve loyalty programmes over HTTP",
    .details =
        "Serves one programme, or several, each with a store of its own in the data directory:\n"
        "DIR/PROGRAMME.db. A programme file that has changed since the last start is published as\n"
        "a new version. Each option can be given by the environment too, as GUERDON_LISTEN for\n"
        "--listen (programme files: GUERDON_PROGRAMS, separated by ':'), or by a file of settings\n"
        "(--config): the command line goes before the environment, and that before the file.\n"
        "SIGTERM and SIGINT stop it: open requests are finished, everything is written down.\n"
        "SIGHUP has it read its TLS certificate again.",
    .examples = "  guerdon serve --program my-programme.yaml --data /var/lib/guerdon\n"
                "  guerdon serve --config /etc/guerdon/settings.yaml\n",
    .options = serve_options,
    .option_count = sizeof serve_options / sizeof serve_options[0],
    .run = run_serve,
};
