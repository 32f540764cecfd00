/* Harness: a server in a thread of its own, and clients that talk to it over loopback.
 *
 * The server's handler does what a request's path says (see harness.c). A client blocks until what
 * it waits for has come; a wait that lasts ten seconds fails the test.
 */
#ifndef GUERDON_TESTS_HTTP_HARNESS_H
#define GUERDON_TESTS_HTTP_HARNESS_H

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/ssl.h>

#include "http/http.h"

#define HELD_MAXIMUM 4096

struct server {
    struct http_server *http;
    struct http_options options;
    void (*prepare)(void); /* called in the server's thread before it runs, or NULL */
    pthread_t thread;
    bool is_running;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t changed;
    struct http_exchange *held[HELD_MAXIMUM]; /* deferred, in the order of arrival */
    size_t held_count;
    uint64_t settled;
    uint64_t replied;
    uint64_t refused;
    int last_status;
    uint64_t gone; /* resumes that found the client gone */
};

/* Fills in what a test's options leave open: handler, callbacks, listen. */
void server_make(struct server *server, struct http_options options);
void server_start(struct server *server, struct http_options options);
/* Runs one that was made. */
void server_run(struct server *server);
/* Stops it, waits for its end and frees it. */
void server_end(struct server *server);
/* Waits for its end, when it was stopped already. */
void server_join(struct server *server);
/* Waits until so many exchanges were deferred since the start. */
void server_wait_for_held(struct server *server, size_t count);
/* Hands the k-th deferred exchange back. */
void server_answer(struct server *server, size_t index);

struct client {
    int file;
    SSL *ssl; /* NULL: plain */
    struct buffer arrived;
    size_t taken;
};

struct answer {
    int status;
    struct text head;
    struct text body;
};

/* client_connect is both. */
void client_open(struct client *client);
void client_join(struct client *client, const struct server *server);
void client_connect(struct client *client, const struct server *server);
void client_connect_to_path(struct client *client, const char *path);
void client_send(struct client *client, struct text bytes);
#define SEND(client, literal) client_send((client), TEXT(literal))
/* Does the other side take the bytes? */
/* SSL_connect, over a connection that has an `ssl`; what it answered. */
int client_shake_hands(struct client *client);
bool client_try_send(struct client *client, struct text bytes);
/* The next answer; its texts are good until the next call. */
struct answer client_receive(struct client *client);
/* The next answer, to HEAD. */
struct answer client_receive_head(struct client *client);
/* The value of a header, "" if it is not there. */
struct text answer_header(struct answer answer, struct text name);
/* Waits until the server ends the connection, and finds nothing before that. */
void client_expect_end(struct client *client);
/* The server says no more: it ended, or reset, the connection. */
void client_expect_gone(struct client *client);
void client_close(struct client *client);
/* Closes so that the server sees a reset. */
void client_reset(struct client *client);
/* Sends a request for `path` and answers the body. */
struct answer client_get(struct client *client, const char *path);

#define assert_text(actual, expected)                                                              \
    do {                                                                                           \
        struct text actual_ = (actual);                                                            \
        struct text expected_ = text_of(expected);                                                 \
        assert_int_equal(actual_.length, expected_.length);                                        \
        assert_memory_equal(actual_.bytes, expected_.bytes, expected_.length);                     \
    } while (0)

#endif
