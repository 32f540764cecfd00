/* Settings: reading the environment and the file, checking what was given. */
#include "cli/settings.h"

#include <stdlib.h>

#include "cli/output.h"

#define ARENA_BYTES ((size_t)16 << 20)
#define FILE_BYTES_MAXIMUM ((size_t)1 << 20)
#define VARIABLE_BYTES 64

const struct setting_words setting_words[] = {
#define X(name, option, value, usual, help) {option, value, usual, help},
    SETTING_LIST(X)
#undef X
};

/* ---- where they come from ---- */

/* "tls-cert" is GUERDON_TLS_CERT. */
static const char *from_environment(const char *option)
{
    char variable[VARIABLE_BYTES] = "GUERDON_";
    size_t at = strlen(variable);
    for (size_t i = 0; option[i] != '\0' && at + 1 < sizeof variable; i++) {
        char c = option[i];
        variable[at++] = c == '-' ? '_' : (char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    }
    variable[at] = '\0';
    return getenv(variable);
}

static const char *keep(struct settings *settings, struct text text)
{
    struct text copy = arena_copy(&settings->arena, text);
    return copy.bytes == NULL ? "" : copy.bytes;
}

static enum status add_program(struct settings *settings, struct text path)
{
    if (settings->program_count == SETTING_PROGRAM_MAXIMUM) {
        say("there are more than %d programmes", SETTING_PROGRAM_MAXIMUM);
        return STATUS_INVALID;
    }
    settings->programs[settings->program_count++] = keep(settings, path);
    return STATUS_OK;
}

static struct text unquoted(struct text value)
{
    value = text_trim(value);
    bool has_quotes = value.length >= 2 && (value.bytes[0] == '"' || value.bytes[0] == '\'') &&
                      value.bytes[value.length - 1] == value.bytes[0];
    return has_quotes ? (struct text){value.bytes + 1, value.length - 2} : value;
}

/* The line without its comment, which begins with '#' at its start or behind a space. */
static struct text without_comment(struct text line)
{
    for (size_t i = 0; i < line.length; i++) {
        if (line.bytes[i] == '#' && (i == 0 || line.bytes[i - 1] == ' ')) line.length = i;
    }
    return text_trim(line);
}

static enum status unknown_setting(const char *path, unsigned number, struct text name)
{
    struct text names[SETTING_COUNT + 1];
    for (size_t i = 0; i < SETTING_COUNT; i++)
        names[i] = text_of(setting_words[i].option);
    names[SETTING_COUNT] = TEXT("program");
    int nearest = text_nearest(name, names, SETTING_COUNT + 1);
    if (nearest < 0) {
        say("%s:%u: there is no setting '%.*s'", path, number, TEXT_ARGUMENTS(name));
    } else {
        say("%s:%u: there is no setting '%.*s'; did you mean '%.*s'?", path, number,
            TEXT_ARGUMENTS(name), TEXT_ARGUMENTS(names[nearest]));
    }
    return STATUS_INVALID;
}

static enum status read_line(struct settings *settings, const char *path, unsigned number,
                             struct text line, bool takes_programs)
{
    struct text value;
    struct text name = text_trim(text_split(line, ':', &value));
    value = unquoted(value);
    if (text_is_empty(value)) {
        say("%s:%u: write `name: value`", path, number);
        return STATUS_INVALID;
    }
    if (text_equal(name, TEXT("program")))
        return takes_programs ? add_program(settings, value) : STATUS_OK;
    for (int i = 0; i < SETTING_COUNT; i++) {
        if (i == SETTING_CONFIG || !text_equal(name, text_of(setting_words[i].option))) continue;
        if (settings->values[i] == NULL) settings->values[i] = keep(settings, value);
        return STATUS_OK;
    }
    return unknown_setting(path, number, name);
}

static enum status read_settings_file(struct settings *settings, const char *path)
{
    struct buffer bytes;
    buffer_init(&bytes, FILE_BYTES_MAXIMUM);
    enum status status = read_file(path, FILE_BYTES_MAXIMUM, &bytes);
    struct text rest = buffer_text(&bytes);
    bool takes_programs = settings->program_count == 0;
    for (unsigned number = 1; status == STATUS_OK && !text_is_empty(rest); number++) {
        struct text line = without_comment(text_split(rest, '\n', &rest));
        if (!text_is_empty(line)) status = read_line(settings, path, number, line, takes_programs);
    }
    buffer_release(&bytes);
    return status;
}

static enum status read_programs(const struct serve_values *given, struct settings *settings)
{
    for (uint32_t i = 0; i < given->programs.count; i++)
        TRY(add_program(settings, text_of(given->programs.items[i])));
    const char *listed = getenv("GUERDON_PROGRAMS");
    if (settings->program_count > 0 || listed == NULL) return STATUS_OK;
    struct text rest = text_of(listed);
    while (!text_is_empty(rest)) {
        struct text path = text_split(rest, ':', &rest);
        if (!text_is_empty(path)) TRY(add_program(settings, path));
    }
    return STATUS_OK;
}

enum status settings_read(const struct serve_values *given, struct settings *settings)
{
    *settings = (struct settings){.program_count = 0};
    arena_init(&settings->arena, ARENA_BYTES);
    for (int i = 0; i < SETTING_COUNT; i++) {
        settings->values[i] = given->given[i];
        if (settings->values[i] != NULL) continue;
        const char *value = from_environment(setting_words[i].option);
        if (value != NULL && value[0] != '\0') settings->values[i] = value;
    }
    TRY(read_programs(given, settings));
    if (settings->values[SETTING_CONFIG] != NULL)
        TRY(read_settings_file(settings, settings->values[SETTING_CONFIG]));
    for (int i = 0; i < SETTING_COUNT; i++) {
        if (settings->values[i] == NULL) settings->values[i] = setting_words[i].usual;
    }
    return STATUS_OK;
}

void settings_release(struct settings *settings)
{
    arena_release(&settings->arena);
}

/* ---- what they mean ---- */

static enum status read_number(const struct settings *settings, enum setting setting,
                               int64_t highest, int64_t *number)
{
    const char *value = settings->values[setting];
    int64_t found = 0;
    if (amount_parse(text_of(value), 0, &found) == STATUS_OK && found >= 1 && found <= highest) {
        *number = found;
        return STATUS_OK;
    }
    say("%s: '%s' must be a whole number from 1 to %lld", setting_words[setting].option, value,
        (long long)highest);
    return STATUS_INVALID;
}

/* Index of the word among the list's, which ends with NULL; -1 having said what is right. */
static int read_word(const struct settings *settings, enum setting setting,
                     const char *const *words)
{
    const char *value = settings->values[setting];
    for (int i = 0; words[i] != NULL; i++) {
        if (text_equal(text_of(words[i]), text_of(value))) return i;
    }
    say("%s: there is no '%s'; 'guerdon serve --help' lists what there is",
        setting_words[setting].option, value);
    return -1;
}

static enum status apply_words(const struct settings *settings, struct api_options *options)
{
    static const char *const clocks[] = {"real", "given", NULL};
    static const char *const levels[] = {"error", "warning", "info", "debug", NULL};
    static const char *const formats[] = {"logfmt", "json", NULL};
    static const char *const answers[] = {"no", "yes", NULL};
    int clock = read_word(settings, SETTING_CLOCK, clocks);
    int level = read_word(settings, SETTING_LOG_LEVEL, levels);
    int format = read_word(settings, SETTING_LOG_FORMAT, formats);
    int logs_access = read_word(settings, SETTING_ACCESS_LOG, answers);
    int webhook_http = read_word(settings, SETTING_WEBHOOK_HTTP, answers);
    if (clock < 0 || level < 0 || format < 0 || logs_access < 0 || webhook_http < 0) {
        return STATUS_INVALID;
    }
    options->webhook_http = webhook_http == 1;
    options->clock_is_given = clock == 1;
    options->log_level = (enum api_log_level)level;
    options->log_format = (enum api_log_format)format;
    options->logs_access = logs_access == 1;
    return STATUS_OK;
}

static const char *or_null(const char *value)
{
    return value[0] == '\0' ? NULL : value;
}

enum status settings_apply(const struct settings *settings, struct api_options *options)
{
    int64_t cache_mb;
    int64_t log_limit_mb;
    int64_t queue;
    int64_t batch;
    int64_t connections;
    int64_t body_mb;
    int64_t idle_s;
    int64_t grace_s;
    TRY(read_number(settings, SETTING_CACHE_MB, 1 << 24, &cache_mb));
    TRY(read_number(settings, SETTING_LOG_LIMIT_MB, 1 << 24, &log_limit_mb));
    TRY(read_number(settings, SETTING_QUEUE, 10000000, &queue));
    TRY(read_number(settings, SETTING_BATCH, 100000, &batch));
    TRY(read_number(settings, SETTING_CONNECTIONS, 1000000, &connections));
    TRY(read_number(settings, SETTING_BODY_MB, 1024, &body_mb));
    TRY(read_number(settings, SETTING_IDLE_S, 86400, &idle_s));
    TRY(read_number(settings, SETTING_GRACE_S, 3600, &grace_s));
    TRY(apply_words(settings, options));
    options->data = or_null(settings->values[SETTING_DATA]);
    options->listen = settings->values[SETTING_LISTEN];
    options->webhook_networks = or_null(settings->values[SETTING_WEBHOOK_NETWORKS]);
    options->certificate_file = or_null(settings->values[SETTING_TLS_CERT]);
    options->key_file = or_null(settings->values[SETTING_TLS_KEY]);
    options->cache_bytes = (size_t)cache_mb << 20;
    options->log_limit_bytes = (uint64_t)log_limit_mb << 20;
    options->queue_maximum = (uint32_t)queue;
    options->batch_maximum = (uint32_t)batch;
    options->connections_maximum = (uint32_t)connections;
    options->body_bytes = (size_t)body_mb << 20;
    options->idle_ms = idle_s * 1000;
    options->grace_ms = grace_s * 1000;
    return STATUS_OK;
}
