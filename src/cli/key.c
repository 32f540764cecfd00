/* The verb key: who may use a server's API. Works while the server runs, and without it. */
#include <time.h>

#include "api/api.h"
#include "cli/output.h"
#include "cli/verb.h"

#define ARENA_BYTES ((size_t)256 << 20)
#define OUT_BYTES_MAXIMUM ((size_t)16 << 20)

struct key_values {
    const char *data;
    const char *program;
    const char *name;
    const char *scope;
    const char *id;
};

static const struct option key_options[] = {
    {"data", "DIR", "the server's data directory", offsetof(struct key_values, data)},
    {"program", "ID", "which programme, if there are several",
     offsetof(struct key_values, program)},
    {"name", "NAME", "add: what it is for, for people", offsetof(struct key_values, name)},
    {"scope", "SCOPE", "add: read, write or admin", offsetof(struct key_values, scope)},
    {"id", "ID", "revoke: the id that list shows", offsetof(struct key_values, id)},
};

/* A run of the verb: its arguments and where its words go. */
struct key_run {
    const struct key_values *values;
    struct text program;
    struct arena arena;
    struct buffer complaint;
    struct buffer out;
};

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * MICROSECONDS_PER_SECOND + now.tv_nsec / 1000;
}

static enum outcome say_failure(const struct key_run *run, enum status status)
{
    struct text rest = buffer_text(&run->complaint);
    if (text_is_empty(rest)) say("%s", status_text(status));
    while (!text_is_empty(rest)) {
        struct text line = text_split(rest, '\n', &rest);
        if (!text_is_empty(line)) say("%.*s", TEXT_ARGUMENTS(line));
    }
    return OUTCOME_FAILED;
}

/* The programme that is meant: the one given, or the only one. */
static enum status choose_program(struct key_run *run)
{
    struct text *ids = NULL;
    uint32_t count = 0;
    if (run->values->program != NULL) {
        run->program = text_of(run->values->program);
        return STATUS_OK;
    }
    TRY(api_data_programs(run->values->data, &run->arena, &ids, &count, &run->complaint));
    if (count == 1) {
        run->program = ids[0];
        return STATUS_OK;
    }
    TRY(buffer_add_format(&run->complaint,
                          count == 0 ? "%s has no programme yet: start the server on it once\n"
                                     : "%s has several programmes: name one with --program ID\n",
                          run->values->data));
    return STATUS_INVALID;
}

static enum outcome add_key(struct key_run *run)
{
    char key[API_KEY_TEXT_MAXIMUM];
    if (run->values->name == NULL || run->values->scope == NULL)
        return usage_error(&verb_key, "key add needs --name NAME and --scope SCOPE");
    enum status status = api_key_add(run->values->data, run->program, text_of(run->values->name),
                                     text_of(run->values->scope), now_us(), key, &run->complaint);
    if (status != STATUS_OK) return say_failure(run, status);
    status = buffer_add_format(&run->out, "%s\n", key);
    return status == STATUS_OK ? print(buffer_text(&run->out)) : say_failure(run, status);
}

static enum status add_time(struct buffer *out, int64_t instant_us, const char *otherwise)
{
    /* Seconds are enough for people. */
    char day[INSTANT_TEXT_MAXIMUM];
    if (instant_us == 0) return buffer_add_format(out, "  %-19s", otherwise);
    int64_t second = instant_us % MICROSECONDS_PER_DAY / MICROSECONDS_PER_SECOND;
    struct text date = day_format((int32_t)(instant_us / MICROSECONDS_PER_DAY), day);
    return buffer_add_format(out, "  %.*s %02d:%02d UTC", TEXT_ARGUMENTS(date),
                             (int)(second / 3600), (int)(second / 60 % 60));
}

static enum status write_list(struct key_run *run)
{
    struct api_key_view *keys = NULL;
    uint32_t count = 0;
    TRY(api_key_list(run->values->data, run->program, &run->arena, &keys, &count, &run->complaint));
    TRY(buffer_add(&run->out, TEXT("id        scope  created               last used             "
                                   "revoked               name\n")));
    for (uint32_t i = 0; i < count; i++) {
        const struct api_key_view *key = &keys[i];
        TRY(buffer_add_format(&run->out, "%.*s  %-5.*s", TEXT_ARGUMENTS(key->id),
                              TEXT_ARGUMENTS(key->scope)));
        TRY(add_time(&run->out, key->created_us, ""));
        TRY(add_time(&run->out, key->last_used_us, "never"));
        TRY(add_time(&run->out, key->revoked_us, "no"));
        TRY(buffer_add_format(&run->out, "  %.*s\n", TEXT_ARGUMENTS(key->name)));
    }
    return STATUS_OK;
}

static enum outcome list_keys(struct key_run *run)
{
    enum status status = write_list(run);
    return status == STATUS_OK ? print(buffer_text(&run->out)) : say_failure(run, status);
}

static enum outcome revoke_key(struct key_run *run)
{
    if (run->values->id == NULL) return usage_error(&verb_key, "key revoke needs --id ID");
    enum status status = api_key_revoke(run->values->data, run->program, text_of(run->values->id),
                                        now_us(), &run->complaint);
    return status == STATUS_OK ? OUTCOME_DONE : say_failure(run, status);
}

static enum outcome run_action(struct key_run *run, struct text action)
{
    static const struct {
        const char *name;
        enum outcome (*run)(struct key_run *run);
    } actions[] = {{"add", add_key}, {"list", list_keys}, {"revoke", revoke_key}};
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
        if (!text_equal(action, text_of(actions[i].name))) continue;
        enum status status = choose_program(run);
        return status == STATUS_OK ? actions[i].run(run) : say_failure(run, status);
    }
    return usage_error(&verb_key, "key has no action '%.*s'", TEXT_ARGUMENTS(action));
}

static enum outcome run_key(const void *values, const char *const *operands, size_t operand_count)
{
    struct key_run run = {.values = values};
    if (operand_count != 1) return usage_error(&verb_key, "key needs an action");
    if (run.values->data == NULL)
        return usage_error(&verb_key, "key needs the server's directory: --data DIR");
    arena_init(&run.arena, ARENA_BYTES);
    buffer_init(&run.complaint, OUT_BYTES_MAXIMUM);
    buffer_init(&run.out, OUT_BYTES_MAXIMUM);
    enum outcome outcome = run_action(&run, text_of(operands[0]));
    buffer_release(&run.out);
    buffer_release(&run.complaint);
    arena_release(&run.arena);
    return outcome;
}

const struct verb verb_key = {
    .name = "key",
    .operands = "add|list|revoke --data DIR [OPTION...]",
    .summary = "make, show and revoke the API keys of a server",
    .details =
        "A key is shown once, when it is made; the server keeps a hash of it. It works at once,\n"
        "and stops working at once when it is revoked, whether a server runs or not.\n"
        "Scopes: read; write, which includes it; admin, which includes both.",
    .examples = "  guerdon key add --data /var/lib/guerdon --name 'web shop' --scope write\n"
                "  guerdon key list --data /var/lib/guerdon\n"
                "  guerdon key revoke --data /var/lib/guerdon --id 1f00c4d2\n",
    .options = key_options,
    .option_count = sizeof key_options / sizeof key_options[0],
    .run = run_key,
};
