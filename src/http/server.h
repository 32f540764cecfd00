/* Inside http: the server, its connections and its exchanges, and who does what with them.
 *
 *   server.c      makes, runs, stops and frees a server
 *   listen.c      opens its address
 *   connection.c  reads, parses, writes and closes one connection
 *   exchange.c    takes, replies to, hands back and recycles exchanges
 *   sweep.c       one timer for all time-outs
 *   request.c     bytes to requests; tls.c  plain bytes to encrypted ones; reply.c  a reply's head
 *
 * All of it belongs to the loop's thread but for `handed_back`, `stops` and the async handle.
 */
#ifndef GUERDON_HTTP_SERVER_H
#define GUERDON_HTTP_SERVER_H

#include <netinet/in.h>
#include <stdatomic.h>
#include <uv.h>

#include "http/request.h"
#include "http/tls.h"

#define READ_BYTES ((size_t)64 << 10)
/* Bodies up to this are copied behind their head, so that a reply is one piece; longer ones are
 * sent from where they are. */
#define COPIED_BODY_BYTES ((size_t)32 << 10)
#define PEER_BYTES_MAXIMUM 64

enum exchange_state {
    EXCHANGE_READING,      /* its request is arriving */
    EXCHANGE_WITH_HANDLER, /* the handler is being called, or `resume` */
    EXCHANGE_DEFERRED,     /* it belongs to others */
    EXCHANGE_REPLIED       /* it is or will be written */
};

struct exchange {
    struct http_exchange open; /* first: what the handler sees */
    struct http_server *server;
    struct connection *connection; /* NULL: the client has gone */
    struct exchange *next;         /* in its connection's queue, or in the pool */
    struct exchange *next_handed_back;
    enum exchange_state state;
    bool closes; /* the connection ends after this reply */
    struct arena arena;
    size_t counted_bytes;   /* its share of the buffered_bytes */
    struct buffer output;   /* the reply's head, and its body if that is short */
    struct text large_body; /* what is sent after `output` */
    char peer[PEER_BYTES_MAXIMUM];
    struct request request;
};

/* OPEN --last reply written--> LINGERING --client closes, or time--> CLOSING --> freed
 *   \------------client gone, time-out, end of grace------------------/
 * A lingering connection has sent its end and passes over what still arrives, so that the client
 * reads the last reply before the kernel resets the connection for unread bytes. */
enum connection_phase { CONNECTION_OPEN, CONNECTION_LINGERING, CONNECTION_CLOSING };

struct connection {
    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    };
    struct http_server *server;
    struct connection *previous;
    struct connection *next;
    struct connection *next_dirty;
    enum connection_phase phase;
    bool is_dirty;
    bool is_surplus;    /* above the maximum: gets 503 and goes */
    bool is_reading;    /* libuv reads from it */
    bool is_writing;    /* a uv_write is under way */
    bool input_ended;   /* the client will send no more */
    bool takes_no_more; /* no further request is parsed */

    struct request_parser parser;
    struct exchange *reading; /* its request is arriving, or NULL */
    struct exchange *first;   /* requests that are not answered in full, oldest first */
    struct exchange *last;
    uint32_t queued;

    struct buffer unread; /* plain bytes that wait for room in the queue */
    size_t unread_taken;
    struct tls_session *tls; /* NULL: plain */
    struct buffer sending;   /* encrypted bytes that libuv is writing */

    uv_write_t write;
    uv_shutdown_t shutdown;
    size_t interim_left; /* bytes of "100 Continue" that are still to be sent */
    size_t sent_bytes;   /* of the first exchange's reply */
    size_t writing_bytes;
    size_t write_queue_bytes; /* when the sweep last looked */

    int64_t active_us; /* when the connection last began to wait for a request */
    int64_t head_us;   /* when the headers of the arriving request were complete */
    int64_t write_us;  /* when the client last took bytes of a write under way */
    int64_t linger_us;
    char peer[PEER_BYTES_MAXIMUM];
};

#define HTTP_SIGNALS 3

struct http_server {
    uv_loop_t loop;
    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    } listener;
    uv_async_t wake;
    uv_timer_t sweep;
    uv_prepare_t prepare;
    uv_check_t check;
    uv_signal_t signals[HTTP_SIGNALS];
    bool has_loop;
    bool has_listener;       /* its handle is to be closed */
    bool has_waiting_client; /* memory ran out when it came */
    bool is_unix;
    bool is_stopping;
    bool has_news; /* the handler was called since `settled` was */
    uint16_t port;
    int64_t now_us;
    int64_t grace_until_us;

    struct http_options options;
    struct arena arena; /* the options' texts */
    struct tls_context *tls;
    struct http_counters counters;

    _Atomic(struct exchange *) handed_back; /* newest first */
    atomic_uint stops;                      /* calls of http_server_stop */
    unsigned stops_seen;
    atomic_uint reloads; /* calls of http_server_reload */
    unsigned reloads_seen;

    struct connection *connections;
    uint32_t connection_count; /* those that are not surplus */
    uint32_t surplus_count;
    struct connection *dirty; /* those to be advanced before the loop waits */
    size_t buffered_bytes;    /* held by all exchanges that are not in the pool */
    struct exchange *pool;
    uint32_t pool_count;

    struct buffer refusal_body;
    struct text date; /* of `date_bytes` */
    int64_t date_until_us;
    char date_bytes[32];
    char read_bytes[READ_BYTES];
    char plain_bytes[READ_BYTES];
};

static inline struct exchange *exchange_of(const struct http_exchange *open)
{
    return (struct exchange *)(uintptr_t)open;
}

/* connection.c */
/* Takes a client that waits at the listener. Without memory it goes on waiting, and the sweep tries
 * again: until it is taken libuv listens for no other. */
void connection_accept(struct http_server *server);
/* Ends it now; exchanges that are deferred become orphans. */
void connection_close(struct connection *connection);
/* It has something to do before the loop waits: replies to write, requests to parse. */
void connection_mark(struct connection *connection);
/* Does that for all that are marked; to be called at the end of every callback from libuv. */
void connections_advance(struct http_server *server);
/* The server refuses what is arriving; the reply takes its place in the queue. */
void connection_refuse(struct connection *connection, struct request_refusal refusal);
/* The server is stopping: idle connections go, the others take no further request. */
void connection_wind_up(struct connection *connection);
/* Is it waiting for the first byte of a request, with nothing left to answer? */
bool connection_is_idle(const struct connection *connection);

/* exchange.c */
/* An empty one from the pool; NULL when memory ran out. */
struct exchange *exchange_take(struct http_server *server, struct connection *connection);
/* Counts the memory that its request and its reply hold; false when it is too much in all. */
bool exchange_count(struct exchange *exchange);
/* Written or dropped: back into the pool. */
void exchange_recycle(struct exchange *exchange);
/* Makes the reply to a refusal. */
void exchange_refuse(struct exchange *exchange);
/* Calls `resume` for all that were handed back. */
void exchanges_resume(struct http_server *server);
void exchanges_free_pool(struct http_server *server);

/* listen.c */
/* Binds the listener to options.listen; `complaint` as in http_server_listen. */
MUST_CHECK enum status listener_bind(struct http_server *server, struct buffer *complaint);

/* sweep.c */
void sweep_start(struct http_server *server);

/* reply.c */
/* Writes status line and headers, up to the blank line and with it. */
MUST_CHECK enum status reply_write_head(struct http_server *server, struct buffer *output,
                                        const struct http_reply *reply, bool closes,
                                        bool keeps_alive_in_1_0);
/* Is the body of this status never sent, nor its length said? */
bool reply_has_no_body(int status);

#endif
