/* Sweep: one timer looks at every connection now and then, instead of a timer for each.
 *
 * A connection is late by at most the sweep's period. What it waits for is read from its state, and
 * since when from the instants that were noted on the way.
 */
#include "http/server.h"

#define PERIOD_MS_LEAST 5
#define PERIOD_MS_MOST 1000
/* How long a client may take to close after the last reply. */
#define LINGER_US (2 * MICROSECONDS_PER_SECOND)

static const struct request_refusal header_too_slow = {
    408, "The request's headers took too long to arrive.", NULL, HTTP_REFUSAL_HEADER_TIME};
static const struct request_refusal body_too_slow = {
    408, "The request's body took too long to arrive.", NULL, HTTP_REFUSAL_BODY_TIME};

static bool has_passed(const struct http_server *server, int64_t since_us, int64_t limit_ms)
{
    return server->now_us - since_us > limit_ms * 1000;
}

static void close_for(struct connection *connection, enum http_refusal refusal)
{
    connection->server->counters.refused[refusal]++;
    connection_close(connection);
}

/* A write under way: as long as the client takes bytes it is in time. */
static bool takes_too_long(struct connection *connection)
{
    if (!connection->is_writing) return false;
    size_t left = uv_stream_get_write_queue_size(&connection->stream);
    if (left != connection->write_queue_bytes) {
        connection->write_queue_bytes = left;
        connection->write_us = connection->server->now_us;
    }
    return has_passed(connection->server, connection->write_us,
                      connection->server->options.write_ms);
}

static void check_request(struct connection *connection)
{
    const struct http_server *server = connection->server;
    const struct http_options *options = &server->options;
    const struct exchange *reading = connection->reading;
    if (reading != NULL && reading->request.has_begun) {
        bool has_head = reading->request.has_head;
        int64_t since_us = has_head ? connection->head_us : reading->open.first_byte_us;
        if (!has_passed(server, since_us, has_head ? options->body_ms : options->header_ms)) return;
        connection_refuse(connection, has_head ? body_too_slow : header_too_slow);
        connection_mark(connection);
        return;
    }
    if (!connection_is_idle(connection) || connection->is_writing) return;
    bool shakes_hands = connection->tls != NULL && !tls_is_established(connection->tls);
    int64_t limit_ms = shakes_hands ? options->header_ms : options->idle_ms;
    if (has_passed(server, connection->active_us, limit_ms))
        close_for(connection, shakes_hands ? HTTP_REFUSAL_TLS : HTTP_REFUSAL_IDLE_TIME);
}

static void check_connection(struct connection *connection)
{
    const struct http_server *server = connection->server;
    bool is_over = server->is_stopping && server->now_us >= server->grace_until_us;
    bool has_lingered = connection->phase == CONNECTION_LINGERING &&
                        server->now_us - connection->linger_us > LINGER_US;
    if (is_over || has_lingered)
        connection_close(connection);
    else if (takes_too_long(connection))
        close_for(connection, HTTP_REFUSAL_WRITE_TIME);
    else if (connection->phase == CONNECTION_OPEN)
        check_request(connection);
}

static void on_sweep(uv_timer_t *timer)
{
    struct http_server *server = timer->data;
    server->now_us = http_clock_us();
    struct connection *connection = server->connections;
    while (connection != NULL) {
        struct connection *next = connection->next;
        check_connection(connection);
        connection = next;
    }
    if (server->has_waiting_client && server->has_listener) connection_accept(server);
    connections_advance(server);
}

void sweep_start(struct http_server *server)
{
    const struct http_options *options = &server->options;
    int64_t limits_ms[] = {options->idle_ms, options->header_ms, options->body_ms,
                           options->write_ms, options->grace_ms};
    int64_t period_ms = PERIOD_MS_MOST;
    for (size_t i = 0; i < sizeof limits_ms / sizeof *limits_ms; i++) {
        if (limits_ms[i] / 4 < period_ms) period_ms = limits_ms[i] / 4;
    }
    if (period_ms < PERIOD_MS_LEAST) period_ms = PERIOD_MS_LEAST;
    uv_timer_start(&server->sweep, on_sweep, (uint64_t)period_ms, (uint64_t)period_ms);
    uv_unref((uv_handle_t *)&server->sweep);
}
