/* The face of http: a server of HTTP/1.1 over TCP, TLS or a Unix socket; requests in, replies out.
 *
 * It knows nothing of what is served. One thread runs a server's loop and calls the handler there
 * with each complete request. The handler replies at once, or defers the exchange, lets any thread
 * work on it and hand it back, and replies when its `resume` is called, on the loop's thread again.
 * Replies leave a connection in the order of its requests, whatever the order they are made in.
 *
 *   arrives -> handler -> http_reply                                        -> written
 *                    \--> http_defer ... http_hand_back -> resume -> http_reply ->/
 *                         (loop)         (any thread)      (loop)
 *
 * Nothing is global: servers in threads of one process do not know of each other. What is
 * malformed, too large, too slow or too many is refused here, before the handler sees it.
 */
#ifndef GUERDON_HTTP_HTTP_H
#define GUERDON_HTTP_HTTP_H

#include "base/base.h"

/* The methods that reach a handler; others get 501. */
#define HTTP_METHOD_LIST(X) X(GET) X(HEAD) X(POST) X(PUT) X(PATCH) X(DELETE) X(OPTIONS)

enum http_method {
#define X(name) HTTP_METHOD_##name,
    HTTP_METHOD_LIST(X)
#undef X
};

/* Why the room itself refused a request or closed a connection. */
#define HTTP_REFUSAL_LIST(X)                                                                       \
    X(MALFORMED, "malformed")       /* 400, 417, 501, 505 */                                       \
    X(HEADER_BYTES, "header_bytes") /* 414, 431 */                                                 \
    X(BODY_BYTES, "body_bytes")     /* 413 */                                                      \
    X(HEADER_TIME, "header_time")   /* 408 */                                                      \
    X(BODY_TIME, "body_time")       /* 408 */                                                      \
    X(WRITE_TIME, "write_time")     /* closed: the client does not read */                         \
    X(IDLE_TIME, "idle_time")       /* closed */                                                   \
    X(CONNECTIONS, "connections")   /* 503 */                                                      \
    X(TLS, "tls")                   /* closed: the handshake failed */                             \
    X(MEMORY, "memory")             /* 503, or closed */

enum http_refusal {
#define X(name, text) HTTP_REFUSAL_##name,
    HTTP_REFUSAL_LIST(X)
#undef X
        HTTP_REFUSAL_COUNT
};

/* The name of a kind of refusal, for metrics. */
const char *http_refusal_name(enum http_refusal refusal);

struct http_header {
    struct text name;
    struct text value; /* without white space at its ends */
};

/* One request and its reply. Its texts and its arena live until the reply is written, and nobody
 * says when that is: after http_reply the handler touches none of it. What is marked as the
 * handler's may be set; the rest is to be read. */
struct http_exchange {
    enum http_method method;
    struct text path;  /* begins with '/', still percent-encoded; "*" is possible for OPTIONS */
    struct text query; /* what follows '?', still percent-encoded; "" if nothing does */
    struct text body;  /* 8 zero bytes follow its end */
    const struct http_header *headers; /* in the order of arrival */
    size_t header_count;
    struct text peer;      /* the client's address without port; "unix" on a Unix socket */
    struct arena *arena;   /* for the exchange's life; up to options.arena_bytes */
    void *server_context;  /* options.context */
    int64_t first_byte_us; /* when the request began and when it was complete, by a clock that */
    int64_t complete_us;   /* never goes back and has no date (http_clock_us) */

    void *context;                                  /* the handler's */
    void (*resume)(struct http_exchange *exchange); /* the handler's, set before http_hand_back */
};

/* A reply. The texts must live as long as the exchange: take them from its arena or from something
 * that outlives the server. */
struct http_reply {
    int status;               /* 200 to 599 */
    struct text content_type; /* "": none is sent */
    struct text body;         /* at most HTTP_REPLY_BYTES_MAXIMUM; not sent for HEAD, 204, 304 */
    /* More headers. The room writes Content-Type, Content-Length, Date and Connection itself. One
     * whose name or value could break the reply apart (a control character in it) is left out. */
    const struct http_header *headers;
    size_t header_count;
    bool closes; /* close the connection after it */
};
#define HTTP_REPLY_BYTES_MAXIMUM ((size_t)1 << 30)

/* Everything has a default, which 0 and NULL stand for; `handler` and `listen` must be given.
 * The callbacks are called on the loop's thread alone. */
struct http_options {
    /* "127.0.0.1:8080", "[::1]:0" (0: any free port), ":8080" (every address of the machine),
     * "localhost:8080", "unix:/run/guerdon.socket". */
    const char *listen;
    /* PEM files: the certificate with its chain, and its key. Both or neither; with them TLS 1.2
     * and 1.3 are spoken, and nothing else. */
    const char *certificate_file;
    const char *key_file;

    size_t body_bytes;     /* of a request; 4 MB */
    size_t header_bytes;   /* of a request line and its headers; 64 KB */
    size_t arena_bytes;    /* of one exchange's arena; 256 MB */
    size_t buffered_bytes; /* of all requests and replies under way; above it 503; 512 MB */
    int64_t idle_ms;       /* between two requests; 75 s */
    int64_t header_ms;     /* from a request's first byte to the end of its headers; 10 s */
    int64_t body_ms;       /* from there to the end of the body; 60 s */
    int64_t write_ms;      /* without the client taking a byte of a reply; 30 s */
    int64_t grace_ms;      /* from http_server_stop to closing whatever is still open; 10 s */
    uint32_t connections_maximum; /* 10,000 */
    uint32_t pipelined_maximum;   /* requests of one connection that are not yet answered; 16 */
    /* SIGTERM and SIGINT stop the server, a second one at once; SIGHUP has it read its certificate
     * again. */
    bool stops_on_signals;

    void *context;
    /* Called with each complete request. Before it returns it calls http_reply or http_defer. */
    void (*handler)(struct http_exchange *exchange);
    /* Writes the body of a refusal into `body` and answers its content type; "" stands for the
     * plain text that is written without it. `detail` is a sentence. */
    struct text (*describe_error)(void *context, int status, struct text detail,
                                  struct buffer *body);
    /* Called once for each reply, refusals included, as it is made. For a refusal the exchange may
     * be without method, path and headers (is_refusal). Latencies: http_clock_us() minus
     * first_byte_us or complete_us. */
    void (*replied)(struct http_exchange *exchange, int status, bool is_refusal);
    /* Called when the certificate was to be read again. `complaint` is a sentence about why it was
     * not, and the old one stays; empty: it was. */
    void (*reloaded)(void *context, struct text complaint);
    /* Called when everything that had arrived was given to the handler, before the loop waits: the
     * moment to pass on what was collected. */
    void (*settled)(void *context);
};

struct http_counters {
    uint64_t accepted;        /* connections */
    uint64_t active;          /* of them now */
    uint64_t requests;        /* given to the handler */
    uint64_t replies;         /* made by http_reply */
    uint64_t replies_dropped; /* of them, because the client had gone */
    uint64_t deferred;        /* exchanges that are not handed back yet */
    uint64_t bytes_in;        /* on the wire */
    uint64_t bytes_out;
    uint64_t refused[HTTP_REFUSAL_COUNT];
};

struct http_server;

/* Makes a server and reads its certificate. The options' texts are copied; `context` is not.
 * On failure `complaint` has a sentence that says what to do, if it was not for want of memory. */
MUST_CHECK enum status http_server_new(const struct http_options *options, struct buffer *complaint,
                                       struct http_server **server);
/* Opens the address, once: from here on clients can connect, and wait. On failure `complaint` has a
 * sentence that says what to do. */
MUST_CHECK enum status http_server_listen(struct http_server *server, struct buffer *complaint);
/* After http_server_listen: the port, 0 for a Unix socket. */
uint16_t http_server_port(const struct http_server *server);
/* Serves in the calling thread until it is stopped. */
MUST_CHECK enum status http_server_run(struct http_server *server);
/* Stops the server: no more connections, idle ones are closed, requests that have begun are
 * finished within the grace time; then http_server_run returns. The second call ends the grace
 * time. To be called from any thread, and from a signal handler. */
void http_server_stop(struct http_server *server);
/* Reads the certificate and its key again, for connections that begin from then on. To be called
 * from any thread, and from a signal handler; the loop's thread does it, and calls `reloaded`. */
void http_server_reload(struct http_server *server);
/* Frees it, after http_server_run has returned and no other thread will hand back an exchange.
 * Those handed back in the meantime are resumed here; their replies are dropped. NULL is allowed.
 */
void http_server_free(struct http_server *server);
/* Only on the loop's thread, or when it does not run. */
const struct http_counters *http_server_counters(const struct http_server *server);

/* Only within the handler, and within `resume`, on the loop's thread. */
void http_reply(struct http_exchange *exchange, const struct http_reply *reply);
/* Within the handler, and again within `resume`: the reply comes later. From here until
 * http_hand_back the exchange belongs to whoever has it; if the client goes away meanwhile, its
 * reply is dropped. */
void http_defer(struct http_exchange *exchange);
/* Gives the exchange back to its loop, which calls `resume`. From any thread, once for each
 * http_defer; many handed back at once cost one wake-up. */
void http_hand_back(struct http_exchange *exchange);
/* Has the client gone? Only on the loop's thread; worth asking before a costly reply. */
bool http_client_is_gone(const struct http_exchange *exchange);
int64_t http_clock_us(void);

/* The value of the first header of this name, in any case; false if there is none. */
bool http_header_find(const struct http_exchange *exchange, struct text name, struct text *value);
const char *http_method_name(enum http_method method);
/* "Not Found"; "" for a status without a name. */
const char *http_status_phrase(int status);

/* Percent-decoding into the arena; a text without '%' is given as it is. STATUS_SYNTAX for a '%'
 * without two hexadecimal digits, for %00 and for what is not UTF-8 in the end. In a query, '+' is
 * a space. */
MUST_CHECK enum status http_decode_segment(struct arena *arena, struct text encoded,
                                           struct text *decoded);
MUST_CHECK enum status http_decode_query(struct arena *arena, struct text encoded,
                                         struct text *decoded);
/* The next part of a path, still encoded: *path is "/v1/orders/7" and becomes "/orders/7", *segment
 * "v1". False at the end; a slash at the very end gives one empty segment. */
bool http_path_next(struct text *path, struct text *segment);
/* The next name and value of a query, still encoded; empty parts are passed over. False at the
 * end. */
bool http_query_next(struct text *query, struct text *name, struct text *value);
/* The decoded value of the first parameter whose decoded name is this. STATUS_NOT_FOUND if there is
 * none. */
MUST_CHECK enum status http_query_find(const struct http_exchange *exchange, struct text name,
                                       struct text *value);

#endif
