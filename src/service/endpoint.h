/* Endpoint: what is still to be told to one webhook, in memory.
 *
 *   entries, by position and index; at most ENDPOINT_WINDOW, and what one record more adds
 *   +-----------+---------+---------+-----------+---------+
 *   | A waiting | B done  | A waits | C sending | parked  |  ... scanned: records read so far
 *   +-----------+---------+---------+-----------+---------+
 *     ^ cursor: everything before it is delivered, or has a document of its own
 *
 * Invariants
 *   1. Of one member's entries only the first that is neither done nor parked is sent.
 *   2. Every change up to `scanned` that the endpoint wants is delivered, or an entry, or parked in
 * a document; every one behind it is in the store's records.
 *   3. The cursor that is written is below every entry that is not done and has no document.
 */
#ifndef GUERDON_SERVICE_ENDPOINT_H
#define GUERDON_SERVICE_ENDPOINT_H

#include "service/delivery.h"
#include "service/webhook.h"

#define ENDPOINT_WINDOW 4096
#define ENDPOINT_CONNECTIONS_MAXIMUM 16
#define DELIVERY_PERIOD_US INT64_C(259200000000)       /* three days */
#define DELIVERY_DELAY_MAXIMUM_US INT64_C(21600000000) /* six hours, and a fifth of it */

struct entry {
    struct delivery delivery;
    uint64_t member;    /* hash of who it is about; 0: nobody */
    int64_t entered_us; /* by the outbox's clock: since when it waits */
    int64_t due_us;     /* when it may be sent */
    bool is_sending;
    bool is_blocked; /* when it was looked at last, an earlier one of its member was open */
    bool is_done;
    bool is_written; /* the store has a document of it */
    bool is_changed; /* which says something else */
};

struct endpoint;

/* One request under way. */
struct flight {
    struct endpoint *endpoint;
    uint64_t position;
    uint32_t index;
    bool is_busy;
};

struct endpoint {
    struct arena arena; /* of `webhook` */
    struct webhook webhook;
    char id[WEBHOOK_ID_MAXIMUM + 1];
    uint64_t types; /* a bit for each type that it wants */
    struct entry *entries;
    uint32_t count;
    uint32_t capacity;
    uint64_t scanned;
    uint64_t written_cursor;
    struct flight flights[ENDPOINT_CONNECTIONS_MAXIMUM];
    uint32_t flight_count;
    bool is_filling; /* records are read until the window is full; then not before it is half empty
                      */
    uint32_t done_count; /* entries that endpoint_prune would find */
    int64_t read_us;     /* by the steady clock: no record is read before, for one could not be */
    int64_t look_us;     /* before then nothing is due, unless something changes */
    bool is_listed;      /* while endpoints are read: it is still there */
    bool is_gone;
    uint64_t delivered;
    uint64_t failed;
    uint64_t parked;
};

MUST_CHECK enum status endpoint_new(struct text id, struct endpoint **endpoint);
void endpoint_free(struct endpoint *endpoint);

/* The entry, or NULL. Good until entries are added or removed. */
struct entry *endpoint_find(const struct endpoint *endpoint, uint64_t position, uint32_t index);
/* Adds one at its place, unless it is there. */
MUST_CHECK enum status endpoint_add(struct endpoint *endpoint, const struct entry *entry);
/* Indexes of entries to be sent now, at most `maximum`; sets look_us. */
uint32_t endpoint_choose(struct endpoint *endpoint, int64_t now_us, uint32_t maximum,
                         uint32_t *chosen);
/* What an attempt came to; `chance` is any number. */
void endpoint_settle(struct endpoint *endpoint, struct entry *entry, enum delivery_failure failure,
                     int64_t http_status, int64_t now_us, uint32_t chance);
/* Forgets entries that need no memory any more. */
void endpoint_prune(struct endpoint *endpoint);
uint64_t endpoint_cursor(const struct endpoint *endpoint);
uint32_t endpoint_waiting(const struct endpoint *endpoint);

/* How long to wait after so many attempts: 5 s, doubled each time up to six hours, a fifth more or
 * less by chance, so that what failed together does not come again together. */
int64_t delivery_delay_us(uint32_t attempts, uint32_t chance);

#endif
