/* Harness: what a request's path makes the server do.
 *
 *   /echo      method, path, query, peer, X-Test and body, one a line
 *   /body      the request's body back
 *   /large     so many bytes as X-Test says
 *   /defer     deferred, answered with the query
 *   /again     deferred, and once more when it is resumed
 *   /status    an empty reply of the status in X-Test
 *   /headers   a reply with headers, some of which would break it apart
 *   /close     a reply after which the connection is closed
 *   /active    how many connections there are
 *   /dropped   how many replies were dropped
 */
#include "harness.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define WAIT_SECONDS 10
#define ARRIVED_BYTES_MAXIMUM ((size_t)256 << 20)

static struct server *server_of(const struct http_exchange *exchange)
{
    return exchange->server_context;
}

static void reply_text(struct http_exchange *exchange, int status, struct text body)
{
    http_reply(exchange, &(struct http_reply){
                             .status = status, .content_type = TEXT("text/plain"), .body = body});
}

static uint64_t number_in_header(const struct http_exchange *exchange)
{
    struct text value;
    int64_t number = 0;
    assert_true(http_header_find(exchange, TEXT("x-test"), &value));
    assert_int_equal(amount_parse(value, 0, &number), STATUS_OK);
    return (uint64_t)number;
}

static void reply_echo(struct http_exchange *exchange)
{
    struct text value = TEXT("");
    (void)http_header_find(exchange, TEXT("X-TEST"), &value);
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(exchange->body.bytes[exchange->body.length + i], 0);
    reply_text(exchange, 200,
               arena_format(exchange->arena, "%s\n%.*s\n%.*s\n%.*s\n%.*s\n%.*s",
                            http_method_name(exchange->method), TEXT_ARGUMENTS(exchange->path),
                            TEXT_ARGUMENTS(exchange->query), TEXT_ARGUMENTS(exchange->peer),
                            TEXT_ARGUMENTS(value), TEXT_ARGUMENTS(exchange->body)));
}

static void reply_large(struct http_exchange *exchange)
{
    size_t length = number_in_header(exchange);
    char *bytes = arena_allocate(exchange->arena, length);
    assert_non_null(bytes);
    for (size_t i = 0; i < length; i++)
        bytes[i] = (char)('a' + i % 23);
    reply_text(exchange, 200, (struct text){bytes, length});
}

static void reply_headers(struct http_exchange *exchange)
{
    static const struct http_header headers[] = {
        {TEXT_INITIALISER("X-Good"), TEXT_INITIALISER("caf\xc3\xa9")},
        {TEXT_INITIALISER("X-Split"), TEXT_INITIALISER("a\r\nX-Evil: 1")},
        {TEXT_INITIALISER("X-Nul"), TEXT_INITIALISER("a\0b")},
        {TEXT_INITIALISER("X Space"), TEXT_INITIALISER("a")},
        {TEXT_INITIALISER(""), TEXT_INITIALISER("a")},
        {TEXT_INITIALISER("X-Last"), TEXT_INITIALISER("")},
    };
    http_reply(exchange, &(struct http_reply){.status = 200,
                                              .content_type = TEXT("a/b\r\nX-Evil: 2"),
                                              .headers = headers,
                                              .header_count = sizeof headers / sizeof *headers});
}

static void resume(struct http_exchange *exchange)
{
    struct server *server = server_of(exchange);
    pthread_mutex_lock(&server->lock);
    server->gone += http_client_is_gone(exchange);
    pthread_mutex_unlock(&server->lock);
    reply_text(exchange, 200, exchange->query);
}

static void defer_exchange(struct http_exchange *exchange,
                           void (*resume_with)(struct http_exchange *))
{
    struct server *server = server_of(exchange);
    exchange->resume = resume_with;
    http_defer(exchange);
    pthread_mutex_lock(&server->lock);
    assert_true(server->held_count < HELD_MAXIMUM);
    server->held[server->held_count++] = exchange;
    pthread_cond_broadcast(&server->changed);
    pthread_mutex_unlock(&server->lock);
}

static void defer_again(struct http_exchange *exchange)
{
    defer_exchange(exchange, resume);
}

static void reply_number(struct http_exchange *exchange, uint64_t number)
{
    reply_text(exchange, 200, arena_format(exchange->arena, "%llu", (unsigned long long)number));
}

static void handle(struct http_exchange *exchange)
{
    const struct http_counters *counters = http_server_counters(server_of(exchange)->http);
    struct text path = exchange->path;
    assert_true(exchange->first_byte_us <= exchange->complete_us);
    if (text_equal(path, TEXT("/defer")))
        defer_exchange(exchange, resume);
    else if (text_equal(path, TEXT("/again")))
        defer_exchange(exchange, defer_again);
    else if (text_equal(path, TEXT("/body")))
        reply_text(exchange, 200, exchange->body);
    else if (text_equal(path, TEXT("/large")))
        reply_large(exchange);
    else if (text_equal(path, TEXT("/status")))
        http_reply(exchange, &(struct http_reply){.status = (int)number_in_header(exchange)});
    else if (text_equal(path, TEXT("/headers")))
        reply_headers(exchange);
    else if (text_equal(path, TEXT("/close")))
        http_reply(exchange, &(struct http_reply){.status = 200, .closes = true});
    else if (text_equal(path, TEXT("/active")))
        reply_number(exchange, counters->active);
    else if (text_equal(path, TEXT("/dropped")))
        reply_number(exchange, counters->replies_dropped);
    else
        reply_echo(exchange);
}

static void settled(void *context)
{
    struct server *server = context;
    pthread_mutex_lock(&server->lock);
    server->settled++;
    pthread_mutex_unlock(&server->lock);
}

static void replied(struct http_exchange *exchange, int status, bool is_refusal)
{
    struct server *server = server_of(exchange);
    assert_true(http_clock_us() >= exchange->complete_us);
    pthread_mutex_lock(&server->lock);
    server->replied++;
    server->refused += is_refusal;
    server->last_status = status;
    pthread_mutex_unlock(&server->lock);
}

/* --- The server --- */

void server_make(struct server *server, struct http_options options)
{
    *server = (struct server){.options = options};
    pthread_mutex_init(&server->lock, NULL);
    pthread_cond_init(&server->changed, NULL);
    struct http_options *filled = &server->options;
    if (filled->listen == NULL) filled->listen = "127.0.0.1:0";
    if (filled->grace_ms == 0) filled->grace_ms = 60000;
    filled->context = server;
    filled->handler = handle;
    filled->settled = settled;
    filled->replied = replied;
    struct buffer complaint;
    buffer_init(&complaint, 1000);
    enum status status = http_server_new(filled, &complaint, &server->http);
    if (status == STATUS_OK) status = http_server_listen(server->http, &complaint);
    if (status != STATUS_OK) fail_msg("%.*s", TEXT_ARGUMENTS(buffer_text(&complaint)));
    buffer_release(&complaint);
}

static void *run(void *argument)
{
    struct server *server = argument;
    if (server->prepare != NULL) server->prepare();
    assert_int_equal(http_server_run(server->http), STATUS_OK);
    return NULL;
}

void server_start(struct server *server, struct http_options options)
{
    server_make(server, options);
    server_run(server);
}

void server_run(struct server *server)
{
    assert_int_equal(pthread_create(&server->thread, NULL, run, server), 0);
    server->is_running = true;
}

void server_join(struct server *server)
{
    assert_int_equal(pthread_join(server->thread, NULL), 0);
    server->is_running = false;
}

void server_end(struct server *server)
{
    if (server->is_running) {
        http_server_stop(server->http);
        server_join(server);
    }
    http_server_free(server->http);
    pthread_mutex_destroy(&server->lock);
    pthread_cond_destroy(&server->changed);
}

void server_wait_for_held(struct server *server, size_t count)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += WAIT_SECONDS;
    pthread_mutex_lock(&server->lock);
    while (server->held_count < count)
        assert_int_equal(pthread_cond_timedwait(&server->changed, &server->lock, &until), 0);
    pthread_mutex_unlock(&server->lock);
}

void server_answer(struct server *server, size_t index)
{
    pthread_mutex_lock(&server->lock);
    assert_true(index < server->held_count);
    struct http_exchange *exchange = server->held[index];
    pthread_mutex_unlock(&server->lock);
    http_hand_back(exchange);
}

/* --- A client --- */

static void client_init(struct client *client, int family)
{
    struct timeval wait = {.tv_sec = WAIT_SECONDS};
    *client = (struct client){.file = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    assert_true(client->file >= 0);
    assert_int_equal(setsockopt(client->file, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait), 0);
    assert_int_equal(setsockopt(client->file, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait), 0);
    buffer_init(&client->arrived, ARRIVED_BYTES_MAXIMUM);
}

void client_open(struct client *client)
{
    client_init(client, AF_INET);
}

void client_join(struct client *client, const struct server *server)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(http_server_port(server->http)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(connect(client->file, (struct sockaddr *)&address, sizeof address), 0);
}

void client_connect(struct client *client, const struct server *server)
{
    client_open(client);
    client_join(client, server);
}

void client_connect_to_path(struct client *client, const char *path)
{
    client_init(client, AF_UNIX);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    assert_true(strlen(path) < sizeof address.sun_path);
    memcpy(address.sun_path, path, strlen(path) + 1);
    assert_int_equal(connect(client->file, (struct sockaddr *)&address, sizeof address), 0);
}

/* A call that something else interrupted is made again: a kernel may end a wait so even when no
 * signal has a handler. */
static bool was_interrupted(const SSL *ssl, int result)
{
    if (result > 0 || errno != EINTR) return false;
    int error = SSL_get_error(ssl, result);
    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
}

int client_shake_hands(struct client *client)
{
    int result;
    do {
        errno = 0;
        result = SSL_connect(client->ssl);
    } while (was_interrupted(client->ssl, result));
    return result;
}

bool client_try_send(struct client *client, struct text bytes)
{
    while (bytes.length > 0) {
        ssize_t sent = 0;
        if (client->ssl != NULL)
            sent = SSL_write(client->ssl, bytes.bytes, (int)bytes.length);
        else
            sent = TEMP_FAILURE_RETRY(send(client->file, bytes.bytes, bytes.length, MSG_NOSIGNAL));
        if (sent <= 0) return false;
        bytes.bytes += sent;
        bytes.length -= (size_t)sent;
    }
    return true;
}

void client_send(struct client *client, struct text bytes)
{
    assert_true(client_try_send(client, bytes));
}

/* Bytes that arrived; 0 at the end, below 0 for an error. */
static ssize_t read_more(struct client *client)
{
    char bytes[65536];
    ssize_t length = 0;
    if (client->ssl != NULL) {
        do {
            errno = 0;
            length = SSL_read(client->ssl, bytes, sizeof bytes);
        } while (was_interrupted(client->ssl, (int)length));
        if (length <= 0)
            length = SSL_get_error(client->ssl, (int)length) == SSL_ERROR_ZERO_RETURN ? 0 : -1;
    } else {
        length = TEMP_FAILURE_RETRY(recv(client->file, bytes, sizeof bytes, 0));
    }
    if (length > 0)
        assert_int_equal(buffer_add(&client->arrived, (struct text){bytes, (size_t)length}),
                         STATUS_OK);
    return length;
}

static struct text unread(const struct client *client)
{
    struct text all = buffer_text(&client->arrived);
    return (struct text){all.bytes + client->taken, all.length - client->taken};
}

static void forget_taken(struct client *client)
{
    struct text rest = unread(client);
    if (client->taken == 0) return;
    memmove(client->arrived.bytes, rest.bytes, rest.length);
    client->arrived.length = rest.length;
    client->taken = 0;
}

static size_t wait_for_head(struct client *client)
{
    for (;;) {
        struct text bytes = unread(client);
        const char *end =
            bytes.length == 0 ? NULL : memmem(bytes.bytes, bytes.length, "\r\n\r\n", 4);
        if (end != NULL) return (size_t)(end - bytes.bytes) + 4;
        assert_true(read_more(client) > 0);
    }
}

static struct answer receive(struct client *client, bool has_body)
{
    forget_taken(client);
    size_t head_length = wait_for_head(client);
    struct answer answer = {.head = {unread(client).bytes, head_length}};
    assert_true(text_starts_with(answer.head, TEXT("HTTP/1.1 ")));
    answer.status = (answer.head.bytes[9] - '0') * 100 + (answer.head.bytes[10] - '0') * 10 +
                    (answer.head.bytes[11] - '0');
    int64_t length = 0;
    struct text value = answer_header(answer, TEXT("content-length"));
    if (has_body && value.length > 0) assert_int_equal(amount_parse(value, 0, &length), STATUS_OK);
    while (unread(client).length < head_length + (size_t)length)
        assert_true(read_more(client) > 0);
    answer.head = (struct text){unread(client).bytes, head_length};
    answer.body = (struct text){unread(client).bytes + head_length, (size_t)length};
    client->taken = head_length + (size_t)length;
    return answer;
}

struct answer client_receive(struct client *client)
{
    return receive(client, true);
}

struct answer client_receive_head(struct client *client)
{
    return receive(client, false);
}

struct text answer_header(struct answer answer, struct text name)
{
    struct text rest = answer.head;
    while (rest.length > 0) {
        struct text value;
        struct text found = text_split(text_split(rest, '\n', &rest), ':', &value);
        if (text_equal_ignoring_case(found, name)) return text_trim(value);
    }
    return TEXT("");
}

void client_expect_end(struct client *client)
{
    ssize_t length = read_more(client);
    assert_int_equal(length, 0);
    assert_int_equal(unread(client).length, 0);
}

void client_expect_gone(struct client *client)
{
    ssize_t length = 0;
    do {
        errno = 0;
        length = read_more(client);
    } while (length > 0);
    assert_int_not_equal(errno, EAGAIN);
}

void client_close(struct client *client)
{
    if (client->ssl != NULL) {
        SSL_shutdown(client->ssl);
        SSL_free(client->ssl);
    }
    close(client->file);
    buffer_release(&client->arrived);
}

void client_reset(struct client *client)
{
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    assert_int_equal(setsockopt(client->file, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
    client_close(client);
}

struct answer client_get(struct client *client, const char *path)
{
    char request[512];
    int length = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", path);
    client_send(client, (struct text){request, (size_t)length});
    return client_receive(client);
}
