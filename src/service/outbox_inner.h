/* What the files of the outbox share. */
#ifndef GUERDON_SERVICE_OUTBOX_INNER_H
#define GUERDON_SERVICE_OUTBOX_INNER_H

#include "service/endpoint.h"
#include "service/inner.h"
#include "service/outbox.h"
#include "service/sender.h"

/* Those that are gone stay until their requests have ended. */
#define ENDPOINT_MAXIMUM (2 * WEBHOOK_MAXIMUM)

enum flush_state { FLUSH_NONE, FLUSH_SUBMITTED, FLUSH_SUCCEEDED, FLUSH_FAILED };

/* What is to be written: a document of an endpoint; an empty value removes it. */
struct flush_item {
    struct text webhook;
    struct text id;
    struct text value;
};

/* One write of the outbox's state; repeated until it succeeds. */
struct flush {
    struct command command; /* the first member: commands are cast back */
    struct outbox *outbox;
    struct arena arena;
    struct flush_item *items;
    uint32_t count;
    _Atomic int state; /* enum flush_state */
    bool is_repeat;    /* it failed, and comes again as it is */
    int64_t next_us;   /* by the steady clock: not before */
};

struct outbox {
    struct service *service;
    struct outbox_options options;
    struct store *reader;
    struct sender *sender;
    struct endpoint *endpoints[ENDPOINT_MAXIMUM];
    uint32_t endpoint_count;
    struct arena arena; /* of one record or one delivery */
    struct flush flush;
    uint64_t last_position; /* of the store, as seen last */
    pthread_t thread;
    bool has_thread;
    _Atomic bool must_reload;
    int64_t reload_us; /* by the steady clock: not before */
    _Atomic bool is_stopping;
    pthread_mutex_t mutex; /* of `figures` */
    struct outbox_figures figures;
    int64_t figures_us; /* by the steady clock: when they are counted again */
};

int64_t outbox_now_us(const struct outbox *outbox);

/* ---- outbox_read.c ---- */

/* Endpoints and deliveries, as the store has them. */
MUST_CHECK enum status outbox_load(struct outbox *outbox);
/* The next records for an endpoint; *more: there are others to be read at once. */
MUST_CHECK enum status outbox_read(struct outbox *outbox, struct endpoint *endpoint, bool *more);

/* ---- outbox_flush.c ---- */

/* Looks after the state's way to the store: begins, repeats, ends a write. `at_once`: does not wait
 * until more has come. False: everything is written. */
bool outbox_flush(struct outbox *outbox, bool at_once);

#endif
