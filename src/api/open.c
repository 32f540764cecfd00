/* Open: putting a server together, and taking it apart in the reverse order.
 *
 *   lock the directory -> for each programme: service, keys -> HTTP server, address -> keeper
 */
#include "api/change_shape.h"
#include "api/openapi.h"
#include "api/server.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define API_ARENA_BYTES ((size_t)256 << 20)
#define PROGRAM_ARENA_BYTES ((size_t)256 << 20)

/* ---- the directory ---- */

static enum status complain(struct buffer *complaint, enum status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static enum status complain(struct buffer *complaint, enum status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    enum status added = buffer_add_arguments(complaint, format, arguments);
    va_end(arguments);
    return added == STATUS_OK ? status : added;
}

int data_lock(const char *data, struct buffer *complaint)
{
    char path[4096];
    int length = snprintf(path, sizeof path, "%s/guerdon.lock", data);
    if (length >= (int)sizeof path) {
        (void)!complain(complaint, STATUS_INVALID, "%s: the path is too long\n", data);
        return -1;
    }
    if (mkdir(data, 0750) != 0 && errno != EEXIST) {
        (void)!complain(complaint, STATUS_IO,
                        "%s cannot be made: %s. Make the directory, or choose another with --data "
                        "DIR.\n",
                        data, strerror(errno));
        return -1;
    }
    int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (lock < 0) {
        (void)!complain(complaint, STATUS_IO,
                        "%s cannot be written to: %s. Give this user the right to, or choose "
                        "another directory with --data DIR.\n",
                        data, strerror(errno));
        return -1;
    }
    if (flock(lock, LOCK_EX | LOCK_NB) == 0) return lock;
    close(lock);
    (void)!complain(complaint, STATUS_IO,
                    "%s is in use by another server: stop that one first, or choose another "
                    "directory with --data DIR.\n",
                    data);
    return -2;
}

/* ---- programmes ---- */

/* The programme's id; what is wrong with it goes to the complaint with its places. */
static enum status read_id(const struct api_program *program, char id[EVENT_ID_MAXIMUM + 1],
                           struct buffer *complaint)
{
    struct arena arena;
    struct problem_list problems;
    const struct program *compiled = NULL;
    arena_init(&arena, PROGRAM_ARENA_BYTES);
    problem_list_init(&problems, &arena);
    enum status status =
        program_load(&arena, text_of(program->file), program->text, &problems, &compiled);
    for (size_t i = 0; i < problems.count && status == STATUS_INVALID; i++) {
        const struct problem *problem = &problems.items[i];
        TRY(buffer_add_format(complaint, "%.*s:%u:%u: %.*s\n", TEXT_ARGUMENTS(problem->file),
                              problem->position.line, problem->position.column,
                              TEXT_ARGUMENTS(problem->message)));
    }
    if (status == STATUS_OK && compiled->id.length > EVENT_ID_MAXIMUM) {
        status = complain(complaint, STATUS_INVALID, "%s: the programme's id is longer than %d\n",
                          program->file, EVENT_ID_MAXIMUM);
    }
    if (status == STATUS_OK) {
        memcpy(id, compiled->id.bytes, compiled->id.length);
        id[compiled->id.length] = '\0';
    }
    arena_release(&arena);
    return status;
}

static void log_of_service(void *context, const char *level, struct text line)
{
    struct host *host = context;
    enum api_log_level found = API_LOG_INFO;
    if (strcmp(level, "error") == 0) found = API_LOG_ERROR;
    if (strcmp(level, "warning") == 0) found = API_LOG_WARNING;
    if (strcmp(level, "debug") == 0) found = API_LOG_DEBUG;
    LOG_LINE(&host->api->log, found, line, LOG_TEXT("program", text_of(host->id)));
}

static enum status open_host(struct api *api, const struct api_program *program, const char *id,
                             struct buffer *complaint)
{
    struct host *host = &api->hosts[api->host_count];
    const struct api_options *options = &api->options;
    *host = (struct host){.api = api, .index = api->host_count};
    (void)snprintf(host->id, sizeof host->id, "%s", id);
    for (uint32_t i = 0; i < api->host_count; i++) {
        if (strcmp(api->hosts[i].id, host->id) != 0) continue;
        return complain(
            complaint, STATUS_INVALID,
            "%s: another file has the programme id %s already; each has its own store\n",
            program->file, host->id);
    }
    struct service_options wanted = {
        .clock = options->clock_is_given ? CLOCK_GIVEN : CLOCK_REAL,
        .program_file = text_of(program->file),
        .program_text = program->text,
        .queue_maximum = options->queue_maximum,
        .batch_maximum = options->batch_maximum,
        .log = log_of_service,
        .log_context = host,
    };
    wanted.store.cache_bytes = options->cache_bytes;
    wanted.store.log_limit = options->log_limit_bytes;
    if (options->data != NULL) {
        struct text path = arena_format(&api->arena, "%s/%s.db", options->data, host->id);
        struct text spool = arena_format(&api->arena, "%s/%s.keys", options->data, host->id);
        if (path.bytes == NULL || spool.bytes == NULL) return STATUS_NO_MEMORY;
        wanted.store.path = path.bytes;
        host->spool = (char *)(uintptr_t)spool.bytes;
    }
    TRY(service_open(&wanted, complaint, &host->service));
    api->host_count++;
    return host_load_keys(host, complaint);
}

/* Without programme files: those whose stores the directory has, as they were published last. */
static enum status open_stored(struct api *api, struct buffer *complaint)
{
    struct text *ids = NULL;
    uint32_t count = 0;
    struct api_program none = {"", TEXT("")};
    if (api->options.data != NULL)
        TRY(api_data_programs(api->options.data, &api->arena, &ids, &count, complaint));
    if (count == 0) {
        return complain(complaint, STATUS_INVALID,
                        "there is no programme yet: give one with --program FILE\n");
    }
    for (uint32_t i = 0; i < count; i++) {
        none.file = ids[i].bytes;
        TRY(open_host(api, &none, ids[i].bytes, complaint));
    }
    return STATUS_OK;
}

/* ---- webhooks ---- */

static enum status read_reach(struct api *api, struct buffer *complaint)
{
    const char *networks = api->options.webhook_networks;
    api->reach.allows_http = api->options.webhook_http;
    if (networks == NULL) return STATUS_OK;
    enum status status = network_list_read(text_of(networks), &api->reach.allowed);
    if (status == STATUS_OK) return STATUS_OK;
    return complain(complaint, STATUS_INVALID,
                    "webhook networks: '%s' cannot be read: write at most %d like 10.1.0.0/16, "
                    "separated by commas\n",
                    networks, NETWORK_MAXIMUM);
}

/* A store in memory has nothing that could be told after a restart: there, nobody is told. */
static enum status start_outboxes(struct api *api)
{
    if (api->options.data == NULL) return STATUS_OK;
    for (uint32_t i = 0; i < api->host_count; i++) {
        struct host *host = &api->hosts[i];
        struct outbox_options wanted = {
            .types = change_codes,
            .list = change_list,
            .write = change_write,
            .context = host->service,
            .reach = api->reach,
            .timeout_ms = api->options.webhook_timeout_ms,
        };
        TRY(outbox_start(host->service, &wanted, &host->outbox));
    }
    return STATUS_OK;
}

/* ---- HTTP ---- */

static enum status open_http(struct api *api, struct buffer *complaint)
{
    const struct api_options *options = &api->options;
    struct http_options wanted = {
        .listen = options->listen,
        .certificate_file = options->certificate_file,
        .key_file = options->key_file,
        .body_bytes = options->body_bytes,
        .idle_ms = options->idle_ms,
        .grace_ms = options->grace_ms,
        .connections_maximum = options->connections_maximum,
        .stops_on_signals = options->stops_on_signals,
        .context = api,
        .handler = server_handle,
        .describe_error = server_describe_error,
        .replied = server_replied,
        .reloaded = server_reloaded,
        .settled = server_settled,
    };
    TRY(http_server_new(&wanted, complaint, &api->http));
    return http_server_listen(api->http, complaint);
}

static enum status start_keeper(struct api *api)
{
    if (pthread_create(&api->keeper, NULL, keeper_run, api) != 0) return STATUS_LIMIT;
    api->has_keeper = true;
    return STATUS_OK;
}

static enum status open_parts(struct api *api, struct buffer *complaint)
{
    const struct api_options *options = &api->options;
    if (options->program_count > HOST_MAXIMUM) {
        return complain(complaint, STATUS_INVALID, "a server has at most %d programmes\n",
                        HOST_MAXIMUM);
    }
    if (getrandom(&api->boot, sizeof api->boot, 0) != (ssize_t)sizeof api->boot) return STATUS_IO;
    if (options->data != NULL) {
        api->lock = data_lock(options->data, complaint);
        if (api->lock < 0) return STATUS_IO;
    }
    TRY(read_reach(api, complaint));
    TRY(metrics_init(&api->metrics));
    TRY(openapi_write(&api->arena, &api->document));
    for (uint32_t i = 0; i < options->program_count; i++) {
        char id[EVENT_ID_MAXIMUM + 1];
        TRY(read_id(&options->programs[i], id, complaint));
        TRY(open_host(api, &options->programs[i], id, complaint));
    }
    if (options->program_count == 0) TRY(open_stored(api, complaint));
    TRY(open_http(api, complaint));
    TRY(start_outboxes(api));
    return start_keeper(api);
}

enum status api_open(const struct api_options *options, struct buffer *complaint, struct api **api)
{
    struct api *made = calloc(1, sizeof *made);
    if (made == NULL) return STATUS_NO_MEMORY;
    made->options = *options;
    made->lock = -1;
    arena_init(&made->arena, API_ARENA_BYTES);
    registry_init(&made->keys);
    log_init(&made->log, options);
    pthread_mutex_init(&made->keeper_mutex, NULL);
    pthread_cond_init(&made->keeper_wake, NULL);
    enum status status = open_parts(made, complaint);
    if (status != STATUS_OK) {
        if (complaint->length == 0) {
            (void)!complain(complaint, status, "the server cannot start: %s\n",
                            status_text(status));
        }
        api_close(made);
        return status;
    }
    *api = made;
    return STATUS_OK;
}

uint16_t api_port(const struct api *api)
{
    return http_server_port(api->http);
}

const char *api_first_key(const struct api *api, uint32_t program)
{
    return program < api->host_count ? api->hosts[program].first_key : "";
}

const char *api_program_id(const struct api *api, uint32_t program)
{
    return program < api->host_count ? api->hosts[program].id : "";
}

enum status api_run(struct api *api)
{
    LOG_LINE(&api->log, API_LOG_INFO, TEXT("listening"),
             LOG_TEXT("address", text_of(api->options.listen)), LOG_NUMBER("port", api_port(api)));
    enum status status = http_server_run(api->http);
    LOG_LINE(&api->log, API_LOG_INFO, TEXT("stopped listening; writing everything down"),
             LOG_TEXT("status", text_of(status_text(status))));
    return status;
}

void api_stop(struct api *api)
{
    http_server_stop(api->http);
}

static void stop_keeper(struct api *api)
{
    if (!api->has_keeper) return;
    pthread_mutex_lock(&api->keeper_mutex);
    api->is_stopping = true;
    pthread_cond_signal(&api->keeper_wake);
    pthread_mutex_unlock(&api->keeper_mutex);
    pthread_join(api->keeper, NULL);
}

void api_close(struct api *api)
{
    if (api == NULL) return;
    stop_keeper(api);
    api->is_closing = true;
    for (uint32_t i = 0; i < api->host_count; i++)
        outbox_stop(api->hosts[i].outbox);
    for (uint32_t i = 0; i < api->host_count; i++)
        service_close(api->hosts[i].service);
    http_server_free(api->http);
    metrics_release(&api->metrics);
    registry_release(&api->keys);
    pthread_cond_destroy(&api->keeper_wake);
    pthread_mutex_destroy(&api->keeper_mutex);
    arena_release(&api->arena);
    if (api->lock >= 0) close(api->lock);
    free(api);
}
