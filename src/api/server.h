/* What a server consists of: its programmes' services, its keys, its figures, its log.
 *
 *   thread             does
 *   the loop           reads requests, calls `begin` and `finish`, replies
 *   each service's     run commands
 *   the keeper         twice a second: takes up keys of other processes, writes down their last use
 */
#ifndef GUERDON_API_SERVER_H
#define GUERDON_API_SERVER_H

#include "api/keys.h"
#include "api/log.h"
#include "api/metrics.h"

#define HOST_MAXIMUM 64

/* Commands of this iteration of the loop. */
struct chain {
    struct command *first;
    struct command *last;
    uint32_t count;
};

/* One programme that is served. */
struct host {
    struct api *api;
    uint32_t index;
    char id[EVENT_ID_MAXIMUM + 1];
    struct service *service;
    struct outbox *outbox; /* NULL: the store is in memory, and nobody is told */
    char first_key[API_KEY_TEXT_MAXIMUM];
    char *spool;            /* the directory of other processes' keys; NULL: none */
    struct chain chains[2]; /* the second: long reads */
};

struct api {
    struct api_options options;
    struct arena arena; /* for as long as the server */
    struct host hosts[HOST_MAXIMUM];
    uint32_t host_count;
    struct reach reach; /* of webhooks */
    int lock;           /* descriptor of the locked file; -1 */
    struct key_registry keys;
    struct metrics metrics;
    struct log log;
    struct http_server *http;
    struct text document; /* the OpenAPI document */
    uint64_t boot;        /* of request ids */
    uint64_t request_count;
    pthread_t keeper;
    bool has_keeper;
    pthread_mutex_t keeper_mutex;
    pthread_cond_t keeper_wake;
    bool is_stopping; /* the keeper is to end */
    bool is_closing;  /* the services are being closed */
};

/* Handlers of the HTTP room. */
void server_handle(struct http_exchange *exchange);
void server_settled(void *context);
void server_reloaded(void *context, struct text complaint);
void server_replied(struct http_exchange *exchange, int status, bool is_refusal);
struct text server_describe_error(void *context, int status, struct text detail,
                                  struct buffer *body);

/* The keys of a store into the registry; makes the first key when there is none. */
MUST_CHECK enum status host_load_keys(struct host *host, struct buffer *complaint);
/* Writes a key to the store and puts it into the registry; not on the loop's thread. */
MUST_CHECK enum status host_save_key(struct host *host, const struct api_key *key);
/* Takes the directory for this process: a descriptor to be closed in the end, -1 on failure, -2
 * when another process has it. */
int data_lock(const char *data, struct buffer *complaint);

/* The keeper's thread. */
void *keeper_run(void *context);

#endif
