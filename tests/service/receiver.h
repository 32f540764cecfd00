/* Receiver: what webhooks are sent to in tests. An HTTP server in a thread of its own that keeps
 * every request and answers as the test says. */
#ifndef GUERDON_TESTS_SERVICE_RECEIVER_H
#define GUERDON_TESTS_SERVICE_RECEIVER_H

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/http.h"

#define RECEIVED_MAXIMUM 4096
#define RECEIVER_HOLDS (-1) /* an answer that never comes */

struct received {
    struct text path;
    struct text id;
    struct text timestamp;
    struct text signature;
    struct text body;
    int status; /* that it was answered with */
};

struct receiver {
    struct http_server *http;
    pthread_t thread;
    pthread_mutex_t mutex; /* of what follows */
    pthread_cond_t changed;
    struct arena arena;
    struct received list[RECEIVED_MAXIMUM];
    uint32_t count;
    struct http_exchange *held[RECEIVED_MAXIMUM];
    uint32_t held_count;
    /* The status of the answer to a request, called with the mutex held; NULL: 200. `number` counts
     * requests from 0. */
    int (*answer)(void *context, const struct received *received, uint32_t number);
    void *context;
};

void receiver_open(struct receiver *receiver);
void receiver_close(struct receiver *receiver);
uint16_t receiver_port(const struct receiver *receiver);
/* Answers otherwise from now on. */
void receiver_answer(struct receiver *receiver,
                     int (*answer)(void *context, const struct received *received,
                                   uint32_t number));
/* Waits until so many requests have come. */
void receiver_wait(struct receiver *receiver, uint32_t count);
/* A copy of the number-th; its texts live as long as the receiver. */
struct received receiver_get(struct receiver *receiver, uint32_t number);
uint32_t receiver_count(struct receiver *receiver);
/* Does any request that was answered with 200 have this id? */
bool receiver_has(struct receiver *receiver, const char *id);

#endif
