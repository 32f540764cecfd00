/* Outbox: tells endpoints what was recorded, on a thread of its own.
 *
 *   records --reader--> entries of each endpoint --POST--> delivered: forgotten
 *                             ^                     \---> failed: again later, for three days,
 *                             |                           then parked until somebody asks
 *                             \--- documents, written by the service's writer in batches
 *
 * Each change reaches each endpoint that wants it at least once, with the same id every time; those
 * of one member in order. A change waits while an earlier one of its member is not delivered and
 * not parked; other members and other endpoints go on. Each endpoint has so many connections and a
 * window of so many open changes; past it no more records are read for it, and nobody else notices.
 *
 * What is in memory only is found again after a restart: the records behind the written cursor are
 * read again. So a change may come twice, and none is lost.
 */
#ifndef GUERDON_SERVICE_OUTBOX_H
#define GUERDON_SERVICE_OUTBOX_H

#include "service/delivery.h"
#include "service/network.h"
#include "service/webhook.h"

struct outbox;
struct service;

/* One change that a record brought about. */
struct change {
    uint32_t type;      /* index in the list of types */
    struct text member; /* whose order it keeps; empty: nobody's */
};

struct outbox_options {
    const char *const *types; /* names of all types, ending with NULL */
    /* The changes of a record, in order, in the arena. The store is a reader, to look further. */
    enum status (*list)(void *context, struct store *store, const struct record *record,
                        struct arena *arena, struct change **changes, uint32_t *count);
    /* The id and body of the index-th of them; of a test (record NULL), where index is any number.
     */
    enum status (*write)(void *context, struct store *store, const struct record *record,
                         uint32_t index, struct arena *arena, struct text *id, struct text *body);
    void *context;
    struct reach reach;
    int64_t timeout_ms;   /* of one attempt; 0: 20 s */
    uint32_t connections; /* of one endpoint; 0: 4 */
    int64_t grace_ms;     /* for what is under way when it stops; 0: 2 s */
    /* The time that back-off goes by, never going back; NULL: the machine's steady clock. For
     * tests, as `stepped`, which is called on the outbox's thread whenever it has done something.
     */
    int64_t (*clock)(void *clock_context);
    void (*stepped)(void *clock_context);
    void *clock_context;
};

/* STATUS_INVALID for a service whose store is in memory: nothing could be found again. */
MUST_CHECK enum status outbox_start(struct service *service, const struct outbox_options *options,
                                    struct outbox **outbox);
/* Before service_close. Lets what is under way finish, writes down what is known. NULL is allowed.
 */
void outbox_stop(struct outbox *outbox);
/* From any thread: endpoints or deliveries were written by somebody else. NULL is allowed. */
void outbox_reload(struct outbox *outbox);
/* From any thread: the clock has moved. */
void outbox_wake(struct outbox *outbox);

struct endpoint_figures {
    char id[WEBHOOK_ID_MAXIMUM + 1];
    uint64_t delivered; /* since the start */
    uint64_t failed;    /* attempts */
    uint64_t parked;
    uint64_t waiting; /* changes, now */
    uint64_t behind;  /* records that were not read for it yet */
};
struct outbox_figures {
    struct endpoint_figures endpoints[WEBHOOK_MAXIMUM];
    uint32_t count;
};
/* From any thread. */
void outbox_figures(struct outbox *outbox, struct outbox_figures *figures);

/* Why a URL cannot be an endpoint's, as a sentence; NULL: it can. */
const char *outbox_check_url(const struct reach *reach, const char *url);

/* A copy of a record in the arena; for visits that end before the record is used. */
MUST_CHECK enum status record_copy(const struct record *record, struct arena *arena,
                                   struct record *copy);

#endif
