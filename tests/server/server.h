/* Server: `guerdon serve` as a process of its own, seen from outside: started, killed, started
 * again on the same port and the same data, and asked over loopback.
 *
 * It never waits by the clock: a server is up when it has said so on its standard output. Links are
 * used by threads, so a link never fails a test; it says what happened, and the test judges.
 * GUERDON_PROGRAM names the program.
 */
#ifndef GUERDON_TESTS_SERVER_H
#define GUERDON_TESTS_SERVER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <cmocka.h>

#include "base/base.h"

#define SERVER_OPTION_MAXIMUM 8

struct server {
    char folder[64]; /* everything below is in it; removed by server_remove */
    char data[80];
    char program[80];
    char log[80]; /* what it says on standard error, of all its starts */
    uint16_t port;
    pid_t process;                              /* 0: does not run */
    int output;                                 /* the reading end of its standard output */
    char key[128];                              /* the first key */
    int64_t file_bytes_maximum;                 /* of one file; 0: no limit but the system's */
    const char *options[SERVER_OPTION_MAXIMUM]; /* more of them, ending with NULL */
};

/* A folder with the programme's text in it, and a port; nothing runs. */
void server_init(struct server *server, const char *program);
/* Starts it and comes back when it listens. */
void server_start(struct server *server);
/* Starts it and comes back at once: it can be killed, and nothing else. */
void server_begin(struct server *server);
/* SIGKILL, and waits for the end. */
void server_kill(struct server *server);
/* SIGTERM: it must end well. */
void server_stop(struct server *server);
/* `guerdon verify` on its data: must say that all is right. */
void server_verify(const struct server *server);
/* Kills it if it runs, and removes the folder; NULL for what is not there. */
void server_remove(struct server *server);

/* One connection with one request at a time. */
struct link {
    const struct server *server;
    int socket; /* -1: closed */
    struct buffer reply;
};

/* Valid until the next call on the link. */
struct reply {
    int status;
    struct text headers; /* "name: value\r\n" each */
    struct text body;    /* NUL-terminated behind its end */
    bool is_replayed;    /* it says Idempotency-Replayed: true */
};

struct call {
    const char *method;
    const char *path;
    const char *key;  /* NULL: none is sent */
    const char *type; /* NULL: application/json */
    struct text body;
};

void link_init(struct link *link, const struct server *server);
void link_close(struct link *link);
void link_release(struct link *link);
/* False: the connection ended without a whole reply; what became of the request nobody knows. */
bool link_call(struct link *link, const struct call *call, struct reply *reply);
/* The same, where a reply must come; for the test's own thread. */
struct reply link_must(struct link *link, const struct call *call);
struct reply link_get(struct link *link, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

struct text reply_header(const struct reply *reply, const char *name);
/* The value of the first `"name":"..."` in the text, or of a number there; empty: none. */
struct text find_value(struct text json, const char *name);
/* find_value of a decimal without decimals; 0 if there is none. */
int64_t find_number(struct text json, const char *name);
/* The body without the id of its request, which is another one each time, as a number. */
uint64_t hash_answer(struct text body);

/* Numbers by chance, the same for the same seed. */
uint64_t chance_next(uint64_t *state);
uint32_t chance_below(uint64_t *state, uint32_t end);

/* The environment's number, or what is usual. */
int32_t setting(const char *name, int32_t usual);

#endif
