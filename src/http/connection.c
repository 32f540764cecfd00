/* Connection: one client, from its first byte to its last.
 *
 *   bytes -> [tls] -> request_parse -> handler          (as long as the queue has room)
 *                        | leftover                      (else it waits in `unread`, and reading
 * stops) queue of exchanges, oldest first -> [tls] -> uv_try_write, and uv_write for what did not
 * fit
 *
 * Every callback from libuv ends with connections_advance, which goes over the connections that
 * have something to do: so all replies that became ready in one turn of the loop leave in one write
 * for each connection.
 *
 * Invariants
 *   1. Replies are written from the queue's head alone, and only one uv_write is under way; what it
 *      writes is not touched until it is done.
 *   2. queued <= pipelined_maximum, but for a refusal's own exchange; bytes are read from the
 * socket only while `unread` is empty. So a client's share of memory is bounded.
 *   3. takes_no_more means that nothing is being read: `reading` is NULL.
 *   4. No function here closes a connection while its handler is being called.
 */
#include <stdlib.h>

#include "http/server.h"

#define UNREAD_BYTES_MAXIMUM (2 * READ_BYTES)
/* A client that was refused for the number of connections is told so if few others are being told.
 */
#define SURPLUS_MAXIMUM 64
#define SENDING_BYTES_MAXIMUM ((size_t)1 << 20)
#define PIECES_MAXIMUM 64
/* Bytes are encrypted in portions of about this size, each sent before the next. */
#define ENCRYPTED_BYTES ((size_t)64 << 10)

static const char interim_reply[] = "HTTP/1.1 100 Continue\r\n\r\n";
#define INTERIM_BYTES (sizeof interim_reply - 1)

static const struct request_refusal out_of_memory = {
    503, "The server has no room for this request now. Try again in a moment.", NULL,
    HTTP_REFUSAL_MEMORY};

void connection_mark(struct connection *connection)
{
    if (connection->is_dirty) return;
    connection->is_dirty = true;
    connection->next_dirty = connection->server->dirty;
    connection->server->dirty = connection;
}

bool connection_is_idle(const struct connection *connection)
{
    const struct exchange *reading = connection->reading;
    return connection->first == NULL && (reading == NULL || !reading->request.has_begun);
}

/* --- Closing --- */

static void drop_reading(struct connection *connection)
{
    if (connection->reading != NULL) exchange_recycle(connection->reading);
    connection->reading = NULL;
}

/* Replies that are not written are dropped; exchanges that others have become orphans. */
static void drop_queue(struct connection *connection)
{
    while (connection->first != NULL) {
        struct exchange *exchange = connection->first;
        connection->first = exchange->next;
        exchange->next = NULL;
        exchange->connection = NULL;
        ASSERT(exchange->state != EXCHANGE_WITH_HANDLER);
        if (exchange->state != EXCHANGE_REPLIED) continue;
        connection->server->counters.replies_dropped++;
        exchange_recycle(exchange);
    }
    connection->last = NULL;
    connection->queued = 0;
    connection->sent_bytes = 0;
}

static void on_closed(uv_handle_t *handle)
{
    struct connection *connection = handle->data;
    tls_session_free(connection->tls);
    buffer_release(&connection->sending);
    buffer_release(&connection->unread);
    free(connection);
}

static void leave_list(struct connection *connection)
{
    struct http_server *server = connection->server;
    if (connection->previous != NULL)
        connection->previous->next = connection->next;
    else
        server->connections = connection->next;
    if (connection->next != NULL) connection->next->previous = connection->previous;
    if (connection->is_surplus)
        server->surplus_count--;
    else
        server->connection_count--;
    server->counters.active--;
    if (server->connections == NULL) uv_unref((uv_handle_t *)&server->wake);
}

void connection_close(struct connection *connection)
{
    if (connection->phase == CONNECTION_CLOSING) return;
    connection->phase = CONNECTION_CLOSING;
    drop_reading(connection);
    drop_queue(connection);
    leave_list(connection);
    uv_close(&connection->handle, on_closed);
}

static void on_shut_down(uv_shutdown_t *request, int status)
{
    struct connection *connection = request->data;
    if (status < 0) connection_close(connection);
}

static bool write_ready(struct connection *connection);

/* Everything was written: says so to the client and waits for it to close. */
static void start_lingering(struct connection *connection)
{
    connection->phase = CONNECTION_LINGERING;
    connection->linger_us = connection->server->now_us;
    buffer_release(&connection->unread);
    connection->unread_taken = 0;
    if (connection->tls != NULL) {
        tls_end(connection->tls);
        if (!write_ready(connection)) return;
    }
    connection->shutdown.data = connection;
    if (connection->input_ended ||
        uv_shutdown(&connection->shutdown, &connection->stream, on_shut_down) != 0)
        connection_close(connection);
}

/* --- Requests --- */

static void enqueue(struct connection *connection, struct exchange *exchange)
{
    connection->reading = NULL;
    if (connection->last == NULL)
        connection->first = exchange;
    else
        connection->last->next = exchange;
    connection->last = exchange;
    connection->queued++;
}

void connection_refuse(struct connection *connection, struct request_refusal refusal)
{
    struct exchange *exchange = connection->reading;
    if (exchange == NULL) exchange = exchange_take(connection->server, connection);
    if (exchange == NULL) {
        connection->server->counters.refused[HTTP_REFUSAL_MEMORY]++;
        connection_close(connection);
        return;
    }
    exchange->request.refusal = refusal;
    connection->takes_no_more = true;
    enqueue(connection, exchange);
    exchange_refuse(exchange);
}

static void call_handler(struct connection *connection, struct exchange *exchange)
{
    struct http_server *server = connection->server;
    exchange->open.complete_us = server->now_us;
    if (request_open(&exchange->request, &exchange->open) != STATUS_OK) {
        connection_refuse(connection, out_of_memory);
        return;
    }
    connection->takes_no_more = !exchange->request.keeps_alive || server->is_stopping;
    enqueue(connection, exchange);
    server->counters.requests++;
    server->has_news = true;
    exchange->state = EXCHANGE_WITH_HANDLER;
    server->options.handler(&exchange->open);
    ASSERT(exchange->state == EXCHANGE_REPLIED || exchange->state == EXCHANGE_DEFERRED);
}

static bool has_room(const struct connection *connection)
{
    return connection->phase == CONNECTION_OPEN && !connection->takes_no_more &&
           connection->queued < connection->server->options.pipelined_maximum;
}

/* Answers how many of the bytes were taken. */
static size_t parse(struct connection *connection, struct text bytes)
{
    struct http_server *server = connection->server;
    size_t taken = 0;
    while (taken < bytes.length && has_room(connection)) {
        if (connection->reading == NULL) connection->reading = exchange_take(server, connection);
        struct exchange *exchange = connection->reading;
        if (exchange == NULL) {
            server->counters.refused[HTTP_REFUSAL_MEMORY]++;
            connection_close(connection);
            break;
        }
        struct request *request = &exchange->request;
        bool had_begun = request->has_begun;
        bool had_head = request->has_head;
        size_t step = 0;
        enum request_outcome outcome =
            request_parse(&connection->parser, request,
                          (struct text){bytes.bytes + taken, bytes.length - taken}, &step);
        taken += step;
        if (!had_begun) exchange->open.first_byte_us = server->now_us;
        if (!had_head) connection->head_us = server->now_us;
        if (!exchange_count(exchange))
            connection_refuse(connection, out_of_memory);
        else if (outcome == REQUEST_COMPLETE)
            call_handler(connection, exchange);
        else if (outcome == REQUEST_REFUSED)
            connection_refuse(connection, request->refusal);
    }
    return taken;
}

static void parse_unread(struct connection *connection)
{
    struct text bytes = buffer_text(&connection->unread);
    if (bytes.length == 0) return;
    bytes.bytes += connection->unread_taken;
    bytes.length -= connection->unread_taken;
    size_t taken = parse(connection, bytes);
    connection->unread_taken += taken;
    if (taken < bytes.length && !connection->takes_no_more) return;
    buffer_clear(&connection->unread);
    connection->unread_taken = 0;
}

static void take_plain(struct connection *connection, struct text bytes)
{
    if (connection->unread.length == 0) {
        size_t taken = parse(connection, bytes);
        bytes.bytes += taken;
        bytes.length -= taken;
    }
    if (connection->phase != CONNECTION_OPEN || connection->takes_no_more) return;
    if (buffer_add(&connection->unread, bytes) == STATUS_OK) return;
    connection->server->counters.refused[HTTP_REFUSAL_MEMORY]++;
    connection_close(connection);
}

/* --- Replies --- */

static size_t reply_bytes(const struct exchange *exchange)
{
    return exchange->output.length + exchange->large_body.length;
}

static void finish_first(struct connection *connection)
{
    struct exchange *exchange = connection->first;
    bool closes = exchange->closes;
    connection->first = exchange->next;
    if (connection->first == NULL) connection->last = NULL;
    connection->queued--;
    connection->sent_bytes = 0;
    connection->active_us = connection->server->now_us;
    exchange_recycle(exchange);
    if (!closes) return;
    drop_queue(connection);
    drop_reading(connection);
    connection->takes_no_more = true;
}

/* So many bytes of what is ready have been written or encrypted. */
static void count_sent(struct connection *connection, size_t bytes)
{
    size_t interim = bytes < connection->interim_left ? bytes : connection->interim_left;
    connection->interim_left -= interim;
    bytes -= interim;
    while (connection->first != NULL && connection->first->state == EXCHANGE_REPLIED) {
        size_t left = reply_bytes(connection->first) - connection->sent_bytes;
        if (bytes < left) {
            connection->sent_bytes += bytes;
            return;
        }
        bytes -= left;
        finish_first(connection);
    }
}

static size_t add_piece(uv_buf_t *piece, struct text text, size_t *skipped)
{
    size_t skip = *skipped < text.length ? *skipped : text.length;
    *skipped -= skip;
    if (skip == text.length) return 0;
    /* libuv's buffers are not const, but it does not write to what it sends. */
    piece->base = (char *)(uintptr_t)(text.bytes + skip);
    piece->len = text.length - skip;
    return 1;
}

/* What can be written now, in order; `*total` is the sum of it. */
static unsigned collect(struct connection *connection, uv_buf_t pieces[PIECES_MAXIMUM],
                        size_t *total)
{
    count_sent(connection, 0); /* takes replies without a byte from the queue's head */
    struct exchange *reading = connection->reading;
    if (connection->first == NULL && reading != NULL && reading->request.expects_continue) {
        reading->request.expects_continue = false;
        connection->interim_left = INTERIM_BYTES;
    }
    size_t count = 0;
    size_t skipped = INTERIM_BYTES - connection->interim_left;
    count += add_piece(pieces, (struct text){interim_reply, INTERIM_BYTES}, &skipped);
    skipped = connection->sent_bytes;
    const struct exchange *exchange = connection->first;
    while (exchange != NULL && exchange->state == EXCHANGE_REPLIED && count < PIECES_MAXIMUM - 2) {
        count += add_piece(pieces + count, buffer_text(&exchange->output), &skipped);
        count += add_piece(pieces + count, exchange->large_body, &skipped);
        exchange = exchange->closes ? NULL : exchange->next;
    }
    *total = 0;
    for (size_t i = 0; i < count; i++)
        *total += pieces[i].len;
    return (unsigned)count;
}

static void on_written(uv_write_t *request, int status)
{
    struct connection *connection = request->data;
    struct http_server *server = connection->server;
    connection->is_writing = false;
    if (connection->phase == CONNECTION_CLOSING) return;
    server->now_us = http_clock_us();
    if (status < 0) {
        connection_close(connection);
    } else {
        server->counters.bytes_out += connection->writing_bytes;
        if (connection->tls == NULL)
            count_sent(connection, connection->writing_bytes);
        else
            buffer_clear(&connection->sending);
        connection_mark(connection);
    }
    connections_advance(server);
}

/* libuv writes what the kernel would not take at once. */
static bool start_write(struct connection *connection, const uv_buf_t *pieces, unsigned count,
                        size_t total)
{
    connection->write.data = connection;
    if (uv_write(&connection->write, &connection->stream, pieces, count, on_written) != 0) {
        connection_close(connection);
        return false;
    }
    connection->is_writing = true;
    connection->writing_bytes = total;
    connection->write_us = connection->server->now_us;
    connection->write_queue_bytes = uv_stream_get_write_queue_size(&connection->stream);
    return true;
}

/* Writes what the kernel takes; false when the client has gone. */
static bool try_write(struct connection *connection, const uv_buf_t *pieces, unsigned count,
                      size_t *written)
{
    int result = uv_try_write(&connection->stream, pieces, count);
    *written = result < 0 ? 0 : (size_t)result;
    connection->server->counters.bytes_out += *written;
    if (result >= 0 || result == UV_EAGAIN) return true;
    connection_close(connection);
    return false;
}

static bool write_plain(struct connection *connection)
{
    uv_buf_t pieces[PIECES_MAXIMUM];
    while (!connection->is_writing) {
        size_t total;
        unsigned count = collect(connection, pieces, &total);
        if (count == 0) return true;
        size_t written;
        if (!try_write(connection, pieces, count, &written)) return false;
        count_sent(connection, written);
        if (written == total) continue;
        count = collect(connection, pieces, &total);
        if (!start_write(connection, pieces, count, total)) return false;
    }
    return true;
}

/* Encrypts what is ready, up to a portion; false when the session has failed. */
static bool encrypt_portion(struct connection *connection)
{
    const struct buffer *output = tls_output(connection->tls);
    uv_buf_t pieces[PIECES_MAXIMUM];
    size_t total;
    while (output->length < ENCRYPTED_BYTES && collect(connection, pieces, &total) > 0) {
        size_t taken = 0;
        struct text plain = {pieces[0].base, pieces[0].len};
        enum tls_outcome outcome = tls_write(connection->tls, plain, &taken);
        if (outcome == TLS_WAITS) return true;
        if (outcome != TLS_DONE) {
            connection_close(connection);
            return false;
        }
        count_sent(connection, taken);
    }
    return true;
}

static bool write_encrypted(struct connection *connection)
{
    while (!connection->is_writing) {
        if (!encrypt_portion(connection)) return false;
        struct buffer *output = tls_output(connection->tls);
        if (output->length == 0) return true;
        uv_buf_t piece = {output->bytes, output->length};
        size_t written;
        if (!try_write(connection, &piece, 1, &written)) return false;
        if (written == output->length) {
            buffer_clear(output);
            continue;
        }
        struct buffer sent = connection->sending;
        connection->sending = *output;
        *output = sent;
        piece.base += written;
        piece.len -= written;
        if (!start_write(connection, &piece, 1, piece.len)) return false;
    }
    return true;
}

static bool write_ready(struct connection *connection)
{
    return connection->tls == NULL ? write_plain(connection) : write_encrypted(connection);
}

/* --- Reading --- */

static void decrypt(struct connection *connection, struct text encrypted)
{
    struct http_server *server = connection->server;
    bool was_established = tls_is_established(connection->tls);
    enum tls_outcome outcome = TLS_DONE;
    while (outcome == TLS_DONE && connection->phase == CONNECTION_OPEN) {
        size_t length = 0;
        outcome = tls_read(connection->tls, &encrypted, server->plain_bytes,
                           sizeof server->plain_bytes, &length);
        if (outcome == TLS_DONE) take_plain(connection, (struct text){server->plain_bytes, length});
    }
    if (!was_established && tls_is_established(connection->tls))
        connection->active_us = server->now_us;
    if (outcome == TLS_ENDED) {
        connection->input_ended = true;
        drop_reading(connection);
    }
    if (outcome == TLS_FAILED && connection->phase == CONNECTION_OPEN) {
        if (!was_established) server->counters.refused[HTTP_REFUSAL_TLS]++;
        /* The alert that says why is worth one try. */
        if (write_ready(connection)) connection_close(connection);
    }
}

static void on_allocate(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    /* libuv reads and calls on_read before anything else happens: one buffer serves everybody. */
    struct connection *connection = handle->data;
    (void)suggested;
    *buffer = uv_buf_init(connection->server->read_bytes, READ_BYTES);
}

static void on_end(struct connection *connection, ssize_t error)
{
    if (error != UV_EOF || connection->phase == CONNECTION_LINGERING) {
        connection_close(connection);
        return;
    }
    connection->input_ended = true;
    connection->is_reading = false;
    uv_read_stop(&connection->stream);
    drop_reading(connection);
    connection_mark(connection);
}

static void on_read(uv_stream_t *stream, ssize_t length, const uv_buf_t *buffer)
{
    struct connection *connection = stream->data;
    struct http_server *server = connection->server;
    if (length == 0 || connection->phase == CONNECTION_CLOSING) return;
    server->now_us = http_clock_us();
    if (length < 0) {
        on_end(connection, length);
    } else {
        server->counters.bytes_in += (uint64_t)length;
        struct text bytes = {buffer->base, (size_t)length};
        if (connection->phase == CONNECTION_OPEN && connection->tls == NULL)
            take_plain(connection, bytes);
        else if (connection->phase == CONNECTION_OPEN)
            decrypt(connection, bytes);
        if (connection->phase == CONNECTION_OPEN) connection_mark(connection);
    }
    connections_advance(server);
}

/* Reads while somebody wants the bytes. */
static void control_reading(struct connection *connection)
{
    bool wants = connection->phase == CONNECTION_LINGERING ||
                 (connection->phase == CONNECTION_OPEN && !connection->input_ended &&
                  !connection->takes_no_more && connection->unread.length == 0);
    if (connection->phase == CONNECTION_CLOSING || wants == connection->is_reading) return;
    connection->is_reading = wants;
    if (!wants)
        uv_read_stop(&connection->stream);
    else if (uv_read_start(&connection->stream, on_allocate, on_read) != 0)
        connection_close(connection);
}

/* --- The turn --- */

static void end_if_done(struct connection *connection)
{
    bool is_written = connection->first == NULL && !connection->is_writing;
    if (!is_written || connection->phase != CONNECTION_OPEN) return;
    if (connection->takes_no_more || connection->input_ended) start_lingering(connection);
}

static void advance(struct connection *connection)
{
    do {
        if (connection->phase != CONNECTION_OPEN) break;
        parse_unread(connection);
        if (connection->phase != CONNECTION_OPEN || !write_ready(connection)) break;
    } while (connection->unread.length > 0 && has_room(connection));
    end_if_done(connection);
    control_reading(connection);
}

void connections_advance(struct http_server *server)
{
    while (server->dirty != NULL) {
        struct connection *connection = server->dirty;
        server->dirty = connection->next_dirty;
        connection->is_dirty = false;
        advance(connection);
    }
}

void connection_wind_up(struct connection *connection)
{
    if (connection->phase != CONNECTION_OPEN) return;
    if (connection_is_idle(connection) && !connection->is_writing) {
        connection_close(connection);
        return;
    }
    const struct exchange *reading = connection->reading;
    if (reading != NULL && reading->request.has_begun) return;
    drop_reading(connection);
    connection->takes_no_more = true;
    connection_mark(connection);
}

/* --- Beginning --- */

static void write_peer(struct connection *connection)
{
    struct sockaddr_storage address;
    int length = sizeof address;
    memcpy(connection->peer, "unix", sizeof "unix");
    if (connection->server->is_unix) return;
    connection->peer[0] = '\0';
    if (uv_tcp_getpeername(&connection->tcp, (struct sockaddr *)&address, &length) != 0) return;
    if (uv_ip_name((const struct sockaddr *)&address, connection->peer, sizeof connection->peer) !=
        0)
        return;
    /* IPv4's addresses as a socket of IPv6 shows them. */
    struct text peer = text_of(connection->peer);
    struct text mapped = TEXT("::ffff:");
    if (text_starts_with(peer, mapped) && memchr(peer.bytes, '.', peer.length) != NULL)
        memmove(connection->peer, connection->peer + mapped.length,
                peer.length - mapped.length + 1);
}

static struct connection *connection_new(struct http_server *server)
{
    struct connection *connection = calloc(1, sizeof *connection);
    if (connection == NULL) return NULL;
    connection->server = server;
    buffer_init(&connection->unread, UNREAD_BYTES_MAXIMUM);
    buffer_init(&connection->sending, SENDING_BYTES_MAXIMUM);
    request_parser_init(&connection->parser, server->options.header_bytes,
                        server->options.body_bytes);
    int result = server->is_unix ? uv_pipe_init(&server->loop, &connection->pipe, 0)
                                 : uv_tcp_init(&server->loop, &connection->tcp);
    ASSERT(result == 0);
    connection->handle.data = connection;
    return connection;
}

static void join_list(struct connection *connection)
{
    struct http_server *server = connection->server;
    connection->is_surplus = server->connection_count >= server->options.connections_maximum;
    connection->next = server->connections;
    if (connection->next != NULL) connection->next->previous = connection;
    server->connections = connection;
    /* A connection that is not read from does not keep the loop alive; the wake-up that its reply
     * comes by does. */
    uv_ref((uv_handle_t *)&server->wake);
    if (connection->is_surplus)
        server->surplus_count++;
    else
        server->connection_count++;
    server->counters.active++;
    server->counters.accepted++;
}

static void begin(struct connection *connection)
{
    static const struct request_refusal too_many = {
        503, "The server has as many connections as it takes. Try again in a moment.", NULL,
        HTTP_REFUSAL_CONNECTIONS};
    struct http_server *server = connection->server;
    connection->active_us = server->now_us;
    bool is_told = server->tls == NULL && server->surplus_count <= SURPLUS_MAXIMUM;
    if (connection->is_surplus && !is_told) {
        server->counters.refused[HTTP_REFUSAL_CONNECTIONS]++;
        connection_close(connection);
        return;
    }
    if (connection->is_surplus) {
        connection_refuse(connection, too_many);
        return;
    }
    if (server->tls != NULL) connection->tls = tls_session_new(server->tls);
    if (server->tls != NULL && connection->tls == NULL) {
        server->counters.refused[HTTP_REFUSAL_MEMORY]++;
        connection_close(connection);
    }
}

void connection_accept(struct http_server *server)
{
    struct connection *connection = connection_new(server);
    server->has_waiting_client = connection == NULL;
    if (connection == NULL) return;
    join_list(connection);
    if (uv_accept(&server->listener.stream, &connection->stream) != 0) {
        connection_close(connection);
        return;
    }
    /* Without it the kernel may hold a small reply back until the client has acknowledged the one
     * before. */
    if (!server->is_unix) (void)uv_tcp_nodelay(&connection->tcp, 1);
    write_peer(connection);
    begin(connection);
    if (connection->phase == CONNECTION_OPEN) connection_mark(connection);
}
