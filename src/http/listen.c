/* Listen: from the text of an address to an open socket, or to a sentence that says what to do. */
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "http/server.h"

#define BACKLOG 1024
#define HOST_BYTES_MAXIMUM 256

static enum status complain(struct buffer *complaint, const char *address, const char *what)
{
    if (buffer_add_format(complaint, "cannot listen on \"%s\": %s", address, what) != STATUS_OK)
        buffer_clear(complaint);
    return STATUS_IO;
}

static enum status complain_of(struct buffer *complaint, const char *address, int error)
{
    switch (error) {
    case UV_EADDRINUSE:
        return complain(complaint, address,
                        "the address is in use; stop the other program or choose another port");
    case UV_EACCES:
    case UV_EPERM:
        return complain(complaint, address,
                        "no permission; choose a port above 1023 or a folder that may be written");
    case UV_EADDRNOTAVAIL:
    case UV_EAI_NONAME:
    case UV_EAI_NODATA:
        return complain(complaint, address,
                        "this machine has no such address; \":PORT\" stands for all it has");
    case UV_ENOENT:
        return complain(complaint, address, "there is no such folder; make it first");
    default:
        return complain(complaint, address, uv_strerror(error));
    }
}

static enum status complain_of_form(struct buffer *complaint, const char *address)
{
    (void)complain(complaint, address,
                   "write HOST:PORT, [IPV6]:PORT, :PORT or unix:/PATH, the port from 0 to 65535");
    return STATUS_SYNTAX;
}

static bool read_port(struct text text, char port[8])
{
    uint32_t number = 0;
    if (text.length == 0 || text.length > 5) return false;
    for (size_t i = 0; i < text.length; i++) {
        if (text.bytes[i] < '0' || text.bytes[i] > '9') return false;
        number = number * 10 + (uint32_t)(text.bytes[i] - '0');
    }
    snprintf(port, 8, "%u", (unsigned)number);
    return number <= UINT16_MAX;
}

/* "host:port" into its parts; "*" and nothing are every address. */
static bool split_address(const char *address, char host[HOST_BYTES_MAXIMUM], char port[8])
{
    const char *colon = strrchr(address, ':');
    if (colon == NULL || !read_port(text_of(colon + 1), port)) return false;
    struct text name = {address, (size_t)(colon - address)};
    if (text_starts_with(name, TEXT("["))) {
        if (!text_ends_with(name, TEXT("]"))) return false;
        name = (struct text){name.bytes + 1, name.length - 2};
    } else if (name.length > 0 && memchr(name.bytes, ':', name.length) != NULL) {
        return false;
    }
    if (text_equal(name, TEXT("*"))) name = TEXT("");
    if (name.length >= HOST_BYTES_MAXIMUM) return false;
    if (name.length > 0) memcpy(host, name.bytes, name.length);
    host[name.length] = '\0';
    return true;
}

/* Binds a socket of its own: libuv's handle could not try a second family. */
static int open_socket(const struct addrinfo *address, int *opened)
{
    int on = 1;
    int off = 0;
    int file = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (file < 0) return uv_translate_sys_error(errno);
    bool is_set = setsockopt(file, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0;
    if (address->ai_family == AF_INET6)
        is_set = setsockopt(file, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) == 0 && is_set;
    if (is_set && bind(file, address->ai_addr, address->ai_addrlen) == 0) {
        *opened = file;
        return 0;
    }
    int error = uv_translate_sys_error(errno);
    close(file);
    return error;
}

static int find_port(struct http_server *server)
{
    struct sockaddr_storage bound;
    int length = sizeof bound;
    int error = uv_tcp_getsockname(&server->listener.tcp, (struct sockaddr *)&bound, &length);
    if (error != 0) return error;
    uint16_t port = bound.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&bound)->sin6_port
                                                : ((struct sockaddr_in *)&bound)->sin_port;
    server->port = ntohs(port);
    return 0;
}

static void on_client(uv_stream_t *listener, int status)
{
    struct http_server *server = listener->data;
    if (status < 0) return;
    server->now_us = http_clock_us();
    connection_accept(server);
    connections_advance(server);
}

/* A bound socket for the first of the hosts that this machine has. */
static int open_first(struct http_server *server, const char *const hosts[2], const char *port,
                      int *file)
{
    int error = UV_EADDRNOTAVAIL;
    for (size_t i = 0; i < 2 && hosts[i] != NULL; i++) {
        struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
        uv_getaddrinfo_t request;
        error = uv_getaddrinfo(&server->loop, &request, NULL, hosts[i], port, &hints);
        if (error != 0) continue;
        error = open_socket(request.addrinfo, file);
        uv_freeaddrinfo(request.addrinfo);
        if (error != UV_EAFNOSUPPORT && error != UV_EADDRNOTAVAIL) break;
    }
    return error;
}

static enum status listen_on_tcp(struct http_server *server, struct buffer *complaint)
{
    const char *address = server->options.listen;
    char host[HOST_BYTES_MAXIMUM];
    char port[8];
    if (!split_address(address, host, port)) return complain_of_form(complaint, address);
    /* Every address: IPv6's socket takes IPv4 as well; a machine without IPv6 has the other. */
    bool is_every = host[0] == '\0';
    /* "localhost" is this machine even where no file or resolver says so (RFC 6761, 6.3). */
    bool is_local = text_equal_ignoring_case(text_of(host), TEXT("localhost"));
    const char *const hosts[2] = {
        is_every   ? "::"
        : is_local ? "127.0.0.1"
                   : host,
        is_every   ? "0.0.0.0"
        : is_local ? "::1"
                   : NULL,
    };
    int file = -1;
    int error = open_first(server, hosts, port, &file);
    if (error == 0) error = uv_tcp_open(&server->listener.tcp, file);
    if (error == 0) error = uv_listen(&server->listener.stream, BACKLOG, on_client);
    if (error == 0) error = find_port(server);
    return error == 0 ? STATUS_OK : complain_of(complaint, address, error);
}

/* Is there a socket's file that nobody listens behind any more? */
static bool is_left_behind(const char *path)
{
    struct stat status;
    if (lstat(path, &status) != 0 || !S_ISSOCK(status.st_mode)) return false;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, path, strlen(path) + 1);
    int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (probe < 0) return false;
    bool is_refused =
        connect(probe, (struct sockaddr *)&address, sizeof address) != 0 && errno == ECONNREFUSED;
    close(probe);
    return is_refused;
}

static enum status listen_on_unix(struct http_server *server, const char *path,
                                  struct buffer *complaint)
{
    const char *address = server->options.listen;
    if (path[0] == '\0' || strlen(path) >= sizeof((struct sockaddr_un *)NULL)->sun_path) {
        (void)complain(complaint, address, "the path of a socket has 1 to 107 bytes");
        return STATUS_SYNTAX;
    }
    uv_pipe_t *pipe = &server->listener.pipe;
    int error = uv_pipe_bind(pipe, path);
    if (error == UV_EADDRINUSE && is_left_behind(path) && unlink(path) == 0)
        error = uv_pipe_bind(pipe, path);
    if (error == 0) error = uv_listen(&server->listener.stream, BACKLOG, on_client);
    return error == 0 ? STATUS_OK : complain_of(complaint, address, error);
}

enum status listener_bind(struct http_server *server, struct buffer *complaint)
{
    struct text address = text_of(server->options.listen);
    server->is_unix = text_starts_with(address, TEXT("unix:"));
    int error = server->is_unix ? uv_pipe_init(&server->loop, &server->listener.pipe, 0)
                                : uv_tcp_init(&server->loop, &server->listener.tcp);
    ASSERT(error == 0);
    server->listener.handle.data = server;
    server->has_listener = true;
    if (!server->is_unix) return listen_on_tcp(server, complaint);
    return listen_on_unix(server, server->options.listen + 5, complaint);
}
