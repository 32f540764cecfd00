/* Sender: HTTP POST of signed bodies, many at a time, by libcurl. One thread uses a sender.
 *
 * It follows no redirect, uses no proxy and keeps no cookie, and opens no socket to an address that
 * network.h refuses. What a receiver says is not kept: only its status counts.
 */
#ifndef GUERDON_SERVICE_SENDER_H
#define GUERDON_SERVICE_SENDER_H

#include "service/delivery.h"
#include "service/network.h"

struct sender;

struct sender_options {
    struct reach reach;
    int64_t timeout_ms;
    long connections_maximum;
};

/* One POST. Everything is copied; `url` ends with a zero. */
struct post {
    const char *url;
    struct text id;
    int64_t timestamp_s;
    struct text signature;
    struct text body;
};

struct post_result {
    enum delivery_failure failure; /* NONE: the receiver answered 200 to 299 */
    int64_t http_status;           /* 0: there was no answer */
};

typedef void (*post_done)(void *context, void *transfer, const struct post_result *result);

/* `done` is called by sender_step alone. */
MUST_CHECK enum status sender_new(const struct sender_options *options, post_done done,
                                  void *context, struct sender **sender);
/* Drops what is under way: `done` is not called. NULL is allowed. */
void sender_free(struct sender *sender);
/* `transfer` is the caller's, handed to `done`. */
MUST_CHECK enum status sender_post(struct sender *sender, const struct post *post, void *transfer);
/* Sends and receives; waits at most so long for something to happen. */
void sender_step(struct sender *sender, int64_t wait_ms);
/* From any thread: ends the wait. */
void sender_wake(struct sender *sender);

/* Why a URL cannot be an endpoint's, as a sentence; NULL: it can. Names are resolved later. */
const char *sender_check_url(const struct reach *reach, const char *url);

#endif
