/* Exchange: from the pool to a reply and back, by way of other threads.
 *
 * An exchange keeps its memory when it is recycled, unless it had to take a lot: in the steady
 * state a request allocates nothing. Handing back is a push on a list without locks; whoever finds
 * it empty wakes the loop, which takes the whole list at once.
 *
 * Invariants
 *   1. An exchange is in exactly one place: the pool; its connection as `reading`; its connection's
 *      queue; or, when the client has gone, nowhere but with whoever it was deferred to.
 *   2. Between http_defer and the loop's taking it from the list, the loop touches only
 * `connection` and `next`, and others only `open` and `next_handed_back`.
 *   3. A list is taken whole, so that the same exchange may be pushed again at once without
 * confusing those who push meanwhile.
 */
#include <stdio.h>
#include <stdlib.h>

#include "http/server.h"

#define POOL_MAXIMUM 2048
/* What a recycled exchange may keep of its buffers and of its arena. */
#define KEPT_BYTES_MAXIMUM ((size_t)32 << 10)
#define OUTPUT_BYTES_MAXIMUM ((size_t)1 << 20)

static struct exchange *exchange_new(struct http_server *server)
{
    struct exchange *exchange = calloc(1, sizeof *exchange);
    if (exchange == NULL) return NULL;
    const struct http_options *options = &server->options;
    arena_init(&exchange->arena, options->arena_bytes);
    buffer_init(&exchange->output, OUTPUT_BYTES_MAXIMUM);
    buffer_init(&exchange->request.bytes,
                request_bytes_maximum(options->header_bytes, options->body_bytes));
    exchange->server = server;
    return exchange;
}

static void exchange_free(struct exchange *exchange)
{
    arena_release(&exchange->arena);
    buffer_release(&exchange->output);
    buffer_release(&exchange->request.bytes);
    free(exchange);
}

struct exchange *exchange_take(struct http_server *server, struct connection *connection)
{
    struct exchange *exchange = server->pool;
    if (exchange == NULL) {
        exchange = exchange_new(server);
        if (exchange == NULL) return NULL;
    } else {
        server->pool = exchange->next;
        server->pool_count--;
    }
    exchange->connection = connection;
    exchange->next = NULL;
    exchange->state = EXCHANGE_READING;
    exchange->closes = false;
    exchange->large_body = TEXT("");
    memcpy(exchange->peer, connection->peer, sizeof exchange->peer);
    exchange->open = (struct http_exchange){.path = TEXT(""),
                                            .query = TEXT(""),
                                            .body = TEXT(""),
                                            .peer = text_of(exchange->peer),
                                            .arena = &exchange->arena,
                                            .server_context = server->options.context,
                                            .first_byte_us = server->now_us,
                                            .complete_us = server->now_us};
    return exchange;
}

static void clear_buffer(struct buffer *buffer)
{
    if (buffer->capacity > KEPT_BYTES_MAXIMUM)
        buffer_release(buffer);
    else
        buffer_clear(buffer);
}

bool exchange_count(struct exchange *exchange)
{
    struct http_server *server = exchange->server;
    size_t bytes = exchange->request.bytes.length + exchange->arena.used;
    server->buffered_bytes += bytes - exchange->counted_bytes;
    exchange->counted_bytes = bytes;
    return server->buffered_bytes <= server->options.buffered_bytes;
}

void exchange_recycle(struct exchange *exchange)
{
    struct http_server *server = exchange->server;
    server->buffered_bytes -= exchange->counted_bytes;
    exchange->counted_bytes = 0;
    if (server->pool_count == POOL_MAXIMUM) {
        exchange_free(exchange);
        return;
    }
    if (exchange->arena.used > KEPT_BYTES_MAXIMUM)
        arena_release(&exchange->arena);
    else
        arena_clear(&exchange->arena);
    clear_buffer(&exchange->output);
    clear_buffer(&exchange->request.bytes);
    request_clear(&exchange->request);
    exchange->connection = NULL;
    exchange->next = server->pool;
    server->pool = exchange;
    server->pool_count++;
}

void exchanges_free_pool(struct http_server *server)
{
    while (server->pool != NULL) {
        struct exchange *exchange = server->pool;
        server->pool = exchange->next;
        exchange_free(exchange);
    }
    server->pool_count = 0;
}

static enum status write_reply(struct exchange *exchange, const struct http_reply *reply)
{
    const struct request *request = &exchange->request;
    TRY(reply_write_head(exchange->server, &exchange->output, reply, exchange->closes,
                         request->is_http_1_0));
    bool is_head = request->has_head && request->method == HTTP_METHOD_HEAD;
    if (is_head || reply_has_no_body(reply->status)) return STATUS_OK;
    if (reply->body.length <= COPIED_BODY_BYTES) return buffer_add(&exchange->output, reply->body);
    exchange->large_body = reply->body;
    return STATUS_OK;
}

/* Does nothing follow this exchange on its connection? */
static bool is_last(const struct exchange *exchange)
{
    const struct connection *connection = exchange->connection;
    return connection != NULL && connection->takes_no_more && connection->last == exchange;
}

static void make_reply(struct exchange *exchange, const struct http_reply *reply, bool is_refusal)
{
    struct http_server *server = exchange->server;
    ASSERT(reply->status >= 200 && reply->status <= 599);
    ASSERT(reply->body.length <= HTTP_REPLY_BYTES_MAXIMUM);
    exchange->state = EXCHANGE_REPLIED;
    exchange->closes = reply->closes || !exchange->request.keeps_alive || is_last(exchange);
    if (write_reply(exchange, reply) != STATUS_OK) {
        /* Nothing is better than half a head: the client sees the connection end. */
        server->counters.refused[HTTP_REFUSAL_MEMORY]++;
        buffer_clear(&exchange->output);
        exchange->large_body = TEXT("");
        exchange->closes = true;
    }
    (void)exchange_count(exchange);
    if (server->options.replied != NULL)
        server->options.replied(&exchange->open, reply->status, is_refusal);
    if (exchange->connection != NULL) {
        connection_mark(exchange->connection);
        return;
    }
    server->counters.replies_dropped++;
    exchange_recycle(exchange);
}

void http_reply(struct http_exchange *exchange, const struct http_reply *reply)
{
    struct exchange *whole = exchange_of(exchange);
    ASSERT(whole->state == EXCHANGE_WITH_HANDLER);
    whole->server->counters.replies++;
    make_reply(whole, reply, false);
}

void exchange_refuse(struct exchange *exchange)
{
    struct http_server *server = exchange->server;
    const struct request_refusal *refusal = &exchange->request.refusal;
    server->counters.refused[refusal->kind]++;
    exchange->request.keeps_alive = false;
    if (exchange->request.has_head &&
        request_open(&exchange->request, &exchange->open) != STATUS_OK)
        exchange->open.header_count = 0;

    char detail[256];
    snprintf(detail, sizeof detail, "%s%s%s%s", refusal->title, refusal->why == NULL ? "" : " (",
             refusal->why == NULL ? "" : refusal->why, refusal->why == NULL ? "" : ")");
    struct buffer *body = &server->refusal_body;
    buffer_clear(body);
    struct text content_type = TEXT("");
    if (server->options.describe_error != NULL) {
        content_type = server->options.describe_error(server->options.context, refusal->status,
                                                      text_of(detail), body);
    }
    if (text_is_empty(content_type)) {
        buffer_clear(body);
        content_type = TEXT("text/plain; charset=utf-8");
        if (buffer_add_format(body, "%s\n", detail) != STATUS_OK) buffer_clear(body);
    }
    static const struct http_header retry = {TEXT_INITIALISER("Retry-After"),
                                             TEXT_INITIALISER("1")};
    make_reply(exchange,
               &(struct http_reply){.status = refusal->status,
                                    .content_type = content_type,
                                    .body = buffer_text(body),
                                    .headers = &retry,
                                    .header_count = refusal->status == 503,
                                    .closes = true},
               true);
}

void http_defer(struct http_exchange *exchange)
{
    struct exchange *whole = exchange_of(exchange);
    ASSERT(whole->state == EXCHANGE_WITH_HANDLER);
    whole->state = EXCHANGE_DEFERRED;
    whole->server->counters.deferred++;
}

void http_hand_back(struct http_exchange *exchange)
{
    struct exchange *whole = exchange_of(exchange);
    struct http_server *server = whole->server;
    ASSERT(exchange->resume != NULL);
    struct exchange *newest = atomic_load_explicit(&server->handed_back, memory_order_relaxed);
    do {
        whole->next_handed_back = newest;
    } while (!atomic_compare_exchange_weak_explicit(&server->handed_back, &newest, whole,
                                                    memory_order_release, memory_order_relaxed));
    /* Once pushed the exchange may be gone; `newest` is what was there before. */
    if (newest == NULL) uv_async_send(&server->wake);
}

void exchanges_resume(struct http_server *server)
{
    struct exchange *newest =
        atomic_exchange_explicit(&server->handed_back, NULL, memory_order_acquire);
    struct exchange *oldest = NULL;
    while (newest != NULL) {
        struct exchange *next = newest->next_handed_back;
        newest->next_handed_back = oldest;
        oldest = newest;
        newest = next;
    }
    while (oldest != NULL) {
        struct exchange *exchange = oldest;
        oldest = exchange->next_handed_back;
        server->counters.deferred--;
        ASSERT(exchange->state == EXCHANGE_DEFERRED);
        exchange->state = EXCHANGE_WITH_HANDLER;
        exchange->open.resume(&exchange->open);
    }
}

bool http_client_is_gone(const struct http_exchange *exchange)
{
    return exchange_of(exchange)->connection == NULL;
}

int64_t http_clock_us(void)
{
    return (int64_t)(uv_hrtime() / 1000);
}
