/* The socket's side and the parser's. */
#include "connection.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

static llhttp_settings_t settings;

static int on_body(llhttp_t *parser, const char *bytes, size_t length)
{
    struct connection *connection = parser->data;
    if (connection->counts_lines) reply_lines_add(&connection->lines, bytes, length);
    return 0;
}

static int on_message_complete(llhttp_t *parser)
{
    struct connection *connection = parser->data;
    if (!connection->is_busy || connection->has_reply) return -1; /* a reply to nothing */
    if (llhttp_get_status_code(parser) < 200) return 0;           /* 100: the real one follows */
    reply_lines_end(&connection->lines);
    connection->status = llhttp_get_status_code(parser);
    connection->has_reply = true;
    connection->stays_open = llhttp_should_keep_alive(parser) != 0;
    return 0;
}

void connections_init(void)
{
    llhttp_settings_init(&settings);
    settings.on_body = on_body;
    settings.on_message_complete = on_message_complete;
}

bool connection_open(struct connection *connection, const struct addrinfo *address)
{
    int one = 1;
    connection->is_busy = false;
    connection->is_watched_for_writing = false;
    connection->socket =
        socket(address->ai_family, address->ai_socktype | SOCK_CLOEXEC, address->ai_protocol);
    if (connection->socket < 0) return false;
    if (connect(connection->socket, address->ai_addr, address->ai_addrlen) != 0 ||
        fcntl(connection->socket, F_SETFL, O_NONBLOCK) != 0) {
        connection_close(connection);
        return false;
    }
    (void)setsockopt(connection->socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    llhttp_init(&connection->parser, HTTP_RESPONSE, &settings);
    connection->parser.data = connection;
    return true;
}

void connection_close(struct connection *connection)
{
    if (connection->socket >= 0) close(connection->socket);
    connection->socket = -1;
    connection->is_busy = false;
}

enum progress connection_begin(struct connection *connection)
{
    connection->is_busy = true;
    connection->has_reply = false;
    connection->sent = 0;
    reply_lines_clear(&connection->lines);
    return connection_send(connection);
}

enum progress connection_send(struct connection *connection)
{
    while (connection->sent < connection->request_length) {
        ssize_t length = send(connection->socket, connection->request + connection->sent,
                              connection->request_length - connection->sent, MSG_NOSIGNAL);
        if (length < 0 && errno == EINTR) continue;
        if (length < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return PROGRESS_WAIT;
        if (length < 0) return PROGRESS_LOST;
        connection->sent += (size_t)length;
    }
    return PROGRESS_DONE;
}

enum progress connection_receive(struct connection *connection, char *block, size_t block_length)
{
    for (;;) {
        ssize_t length = recv(connection->socket, block, block_length, 0);
        if (length < 0 && errno == EINTR) continue;
        if (length < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return PROGRESS_WAIT;
        if (length < 0) return PROGRESS_LOST;
        /* A reply without a length ends with the connection. */
        llhttp_errno_t result = length == 0
                                    ? llhttp_finish(&connection->parser)
                                    : llhttp_execute(&connection->parser, block, (size_t)length);
        if (result != HPE_OK) return PROGRESS_LOST;
        if (connection->is_busy && connection->has_reply) {
            connection->is_busy = false;
            /* An early reply leaves the rest of a request unsent: nothing may follow it. */
            if (length == 0 || connection->sent < connection->request_length) {
                connection->stays_open = false;
            }
            return PROGRESS_DONE;
        }
        if (length == 0) return PROGRESS_LOST;
        if ((size_t)length < block_length) return PROGRESS_WAIT;
    }
}
