/* Server: its life, from the options to the last handle that is closed.
 *
 *   new -> listen -> run ... (stop) ... -> run returns -> free
 *
 * Stopping: the turn of the loop in which it is noticed is finished first, so that whatever had
 * arrived is served; then the listener and the idle connections are closed, and the loop ends when
 * the last of the others is. Handles that serve the house itself do not keep the loop alive. They
 * stay open until the server is freed, so that exchanges can be handed back until then.
 */
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "http/server.h"

#define REFUSAL_BYTES_MAXIMUM ((size_t)16 << 10)
#define OPTION_BYTES_MAXIMUM ((size_t)64 << 10)
#define COMPLAINT_BYTES_MAXIMUM ((size_t)64 << 10)

static void default_size(size_t *size, size_t value)
{
    if (*size == 0) *size = value;
}

static void default_time(int64_t *time_ms, int64_t value_ms)
{
    if (*time_ms == 0) *time_ms = value_ms;
}

static void set_defaults(struct http_options *options)
{
    default_size(&options->body_bytes, (size_t)4 << 20);
    default_size(&options->header_bytes, (size_t)64 << 10);
    default_size(&options->arena_bytes, (size_t)256 << 20);
    default_size(&options->buffered_bytes, (size_t)512 << 20);
    default_time(&options->idle_ms, 75000);
    default_time(&options->header_ms, 10000);
    default_time(&options->body_ms, 60000);
    default_time(&options->write_ms, 30000);
    default_time(&options->grace_ms, 10000);
    if (options->connections_maximum == 0) options->connections_maximum = 10000;
    if (options->pipelined_maximum == 0) options->pipelined_maximum = 16;
}

static enum status copy_text(struct arena *arena, const char **text)
{
    if (*text == NULL) return STATUS_OK;
    struct text copy = arena_copy(arena, text_of(*text));
    if (copy.bytes == NULL) return STATUS_NO_MEMORY;
    *text = copy.bytes;
    return STATUS_OK;
}

static enum status copy_options(struct http_server *server, const struct http_options *options)
{
    server->options = *options;
    set_defaults(&server->options);
    arena_init(&server->arena, OPTION_BYTES_MAXIMUM);
    TRY(copy_text(&server->arena, &server->options.listen));
    TRY(copy_text(&server->arena, &server->options.certificate_file));
    return copy_text(&server->arena, &server->options.key_file);
}

static enum status check_options(const struct http_options *options, struct buffer *complaint)
{
    ASSERT(options->handler != NULL && options->listen != NULL);
    ASSERT(options->header_bytes <= INT32_MAX && options->body_bytes <= (size_t)INT32_MAX * 2);
    bool is_half = (options->certificate_file == NULL) != (options->key_file == NULL);
    if (!is_half) return STATUS_OK;
    struct text sentence = TEXT("TLS needs both a certificate and its key: name both files");
    if (buffer_add(complaint, sentence) != STATUS_OK) buffer_clear(complaint);
    return STATUS_INVALID;
}

/* --- Stopping --- */

static void close_listener(struct http_server *server)
{
    if (!server->has_listener) return;
    server->has_listener = false;
    uv_close(&server->listener.handle, NULL);
}

static void begin_stop(struct http_server *server)
{
    server->is_stopping = true;
    server->grace_until_us = server->now_us + server->options.grace_ms * 1000;
    close_listener(server);
    struct connection *connection = server->connections;
    while (connection != NULL) {
        struct connection *next = connection->next;
        connection_wind_up(connection);
        connection = next;
    }
}

static void close_connections(struct http_server *server)
{
    while (server->connections != NULL)
        connection_close(server->connections);
}

static void settle(struct http_server *server)
{
    bool has_news = server->has_news;
    server->has_news = false;
    if (has_news && server->options.settled != NULL)
        server->options.settled(server->options.context);
}

/* Before the loop waits: requests may have been parsed outside its usual turn, when a write was
 * done. */
static void on_prepare(uv_prepare_t *prepare)
{
    settle(prepare->data);
}

/* --- Another certificate --- */

static void reload(struct http_server *server)
{
    const struct http_options *options = &server->options;
    struct buffer complaint;
    enum status status = STATUS_OK;
    buffer_init(&complaint, COMPLAINT_BYTES_MAXIMUM);
    if (server->tls == NULL) {
        status = buffer_add(&complaint, TEXT("there is no certificate to be read again"));
    } else {
        status = tls_context_reload(server->tls, options->certificate_file, options->key_file,
                                    &complaint);
    }
    struct text told = buffer_text(&complaint);
    if (status != STATUS_OK && text_is_empty(told)) told = text_of(status_text(status));
    if (options->reloaded != NULL) options->reloaded(options->context, told);
    buffer_release(&complaint);
}

static void reload_if_asked(struct http_server *server)
{
    unsigned reloads = atomic_load(&server->reloads);
    if (reloads == server->reloads_seen) return;
    server->reloads_seen = reloads;
    reload(server);
}

void http_server_reload(struct http_server *server)
{
    atomic_fetch_add(&server->reloads, 1);
    uv_async_send(&server->wake);
}

/* The end of a turn: everything that had arrived has been handled. */
static void on_check(uv_check_t *check)
{
    struct http_server *server = check->data;
    settle(server);
    reload_if_asked(server);
    unsigned stops = atomic_load(&server->stops);
    if (stops == server->stops_seen) return;
    server->now_us = http_clock_us();
    server->stops_seen = stops;
    if (!server->is_stopping) begin_stop(server);
    if (stops > 1) close_connections(server);
    connections_advance(server);
}

void http_server_stop(struct http_server *server)
{
    atomic_fetch_add(&server->stops, 1);
    uv_async_send(&server->wake);
}

static void on_signal(uv_signal_t *handle, int number)
{
    if (number == SIGHUP) {
        http_server_reload(handle->data);
    } else {
        http_server_stop(handle->data);
    }
}

static void on_wake(uv_async_t *wake)
{
    struct http_server *server = wake->data;
    server->now_us = http_clock_us();
    exchanges_resume(server);
    connections_advance(server);
}

/* --- Its life --- */

static void own(uv_handle_t *handle, struct http_server *server)
{
    handle->data = server;
    uv_unref(handle);
}

static enum status start_loop(struct http_server *server)
{
    if (uv_loop_init(&server->loop) != 0) return STATUS_NO_MEMORY;
    /* From here on http_server_free closes the handles. All but the first cannot fail. */
    int error = uv_async_init(&server->loop, &server->wake, on_wake);
    if (error != 0) {
        uv_loop_close(&server->loop);
        return STATUS_IO;
    }
    server->has_loop = true;
    uv_timer_init(&server->loop, &server->sweep);
    uv_prepare_init(&server->loop, &server->prepare);
    uv_prepare_start(&server->prepare, on_prepare);
    uv_check_init(&server->loop, &server->check);
    uv_check_start(&server->check, on_check);
    for (size_t i = 0; i < HTTP_SIGNALS; i++)
        uv_signal_init(&server->loop, &server->signals[i]);
    own((uv_handle_t *)&server->wake, server);
    own((uv_handle_t *)&server->sweep, server);
    own((uv_handle_t *)&server->prepare, server);
    own((uv_handle_t *)&server->check, server);
    for (size_t i = 0; i < HTTP_SIGNALS; i++)
        own((uv_handle_t *)&server->signals[i], server);
    server->now_us = http_clock_us();
    return STATUS_OK;
}

enum status http_server_new(const struct http_options *options, struct buffer *complaint,
                            struct http_server **server)
{
    TRY(check_options(options, complaint));
    struct http_server *made = calloc(1, sizeof *made);
    if (made == NULL) return STATUS_NO_MEMORY;
    buffer_init(&made->refusal_body, REFUSAL_BYTES_MAXIMUM);
    enum status status = copy_options(made, options);
    if (status == STATUS_OK && options->certificate_file != NULL) {
        status = tls_context_new(made->options.certificate_file, made->options.key_file, complaint,
                                 &made->tls);
    }
    if (status == STATUS_OK) status = start_loop(made);
    if (status != STATUS_OK) {
        http_server_free(made);
        return status;
    }
    *server = made;
    return STATUS_OK;
}

static enum status watch_signals(struct http_server *server)
{
    static const int numbers[HTTP_SIGNALS] = {SIGTERM, SIGINT, SIGHUP};
    if (!server->options.stops_on_signals) return STATUS_OK;
    for (size_t i = 0; i < HTTP_SIGNALS; i++) {
        if (uv_signal_start(&server->signals[i], on_signal, numbers[i]) != 0) return STATUS_IO;
        uv_unref((uv_handle_t *)&server->signals[i]);
    }
    return STATUS_OK;
}

/* Signals are watched from here on: whoever is told the address may stop the server at once. */
enum status http_server_listen(struct http_server *server, struct buffer *complaint)
{
    ASSERT(!server->has_listener);
    TRY(listener_bind(server, complaint));
    return watch_signals(server);
}

uint16_t http_server_port(const struct http_server *server)
{
    return server->port;
}

const struct http_counters *http_server_counters(const struct http_server *server)
{
    return &server->counters;
}

/* Writing to a client that has gone raises SIGPIPE in this thread. It is held back while the loop
 * runs, and taken away before the thread's mask is as it was; the rest of the process keeps its own
 * ways. */
static void release_broken_pipes(const sigset_t *before, const sigset_t *pipes)
{
    const struct timespec at_once = {0, 0};
    if (sigismember(before, SIGPIPE) == 0)
        while (sigtimedwait(pipes, NULL, &at_once) > 0)
            continue;
    pthread_sigmask(SIG_SETMASK, before, NULL);
}

enum status http_server_run(struct http_server *server)
{
    sigset_t pipes;
    sigset_t before;
    sigemptyset(&pipes);
    sigaddset(&pipes, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipes, &before);
    sweep_start(server);
    uv_run(&server->loop, UV_RUN_DEFAULT);
    uv_timer_stop(&server->sweep);
    for (size_t i = 0; i < HTTP_SIGNALS; i++)
        uv_signal_stop(&server->signals[i]);
    release_broken_pipes(&before, &pipes);
    return STATUS_OK;
}

static void close_loop(struct http_server *server)
{
    close_listener(server);
    close_connections(server);
    server->dirty = NULL;
    uv_close((uv_handle_t *)&server->wake, NULL);
    uv_close((uv_handle_t *)&server->sweep, NULL);
    uv_close((uv_handle_t *)&server->prepare, NULL);
    uv_close((uv_handle_t *)&server->check, NULL);
    for (size_t i = 0; i < HTTP_SIGNALS; i++)
        uv_close((uv_handle_t *)&server->signals[i], NULL);
    uv_run(&server->loop, UV_RUN_DEFAULT);
    ASSERT(uv_loop_close(&server->loop) == 0);
}

void http_server_free(struct http_server *server)
{
    if (server == NULL) return;
    if (server->has_loop) close_loop(server);
    exchanges_resume(server);
    ASSERT(server->counters.deferred == 0);
    exchanges_free_pool(server);
    tls_context_free(server->tls);
    buffer_release(&server->refusal_body);
    arena_release(&server->arena);
    free(server);
}
