/* Delivery: one change that is to reach one endpoint, as a document.
 *
 * Documents of kind DOCUMENT_DELIVERY:
 *   "ENDPOINT"                    how far records were read for it: {"cursor": position}
 *   "ENDPOINT/POSITION.INDEX"     a change that is not delivered yet, or was given up
 * A change behind the cursor without a document is still to be looked at; one before it without a
 * document is delivered.
 */
#ifndef GUERDON_SERVICE_DELIVERY_H
#define GUERDON_SERVICE_DELIVERY_H

#include "store/store.h"

struct turn;

#define DELIVERY_ID_MAXIMUM 80 /* bytes of a document's id */

#define DELIVERY_STATE_LIST(X)                                                                     \
    X(WAITING, "waiting")                                                                          \
    X(PARKED, "parked")

enum delivery_state {
#define X(name, text) DELIVERY_##name,
    DELIVERY_STATE_LIST(X)
#undef X
        DELIVERY_STATE_COUNT
};
extern const char *const delivery_state_names[]; /* ending with NULL */

/* What the last attempt came to; the names are stable. */
#define DELIVERY_FAILURE_LIST(X)                                                                   \
    X(NONE, "none")                                                                                \
    X(STATUS, "unsuccessful_status")                                                               \
    X(REDIRECT, "redirect")                                                                        \
    X(ADDRESS, "address_not_allowed")                                                              \
    X(NAME, "name_not_resolved")                                                                   \
    X(CONNECT, "not_connected")                                                                    \
    X(TLS, "tls_failed")                                                                           \
    X(TIMEOUT, "timed_out")                                                                        \
    X(BROKEN, "connection_broken")                                                                 \
    X(UNREADABLE, "change_unreadable")

enum delivery_failure {
#define X(name, text) DELIVERY_FAILED_##name,
    DELIVERY_FAILURE_LIST(X)
#undef X
        DELIVERY_FAILURE_COUNT
};
extern const char *const delivery_failure_names[]; /* ending with NULL */

struct delivery {
    uint64_t position; /* of the record; 0: a test, see `type` */
    uint32_t index;    /* among the record's changes */
    uint32_t type;     /* of the change: index in outbox_options.types */
    enum delivery_state state;
    enum delivery_failure failure;
    uint32_t attempts;
    int64_t http_status; /* of the last answer; 0: there was none */
    int64_t since_us;    /* by the machine's clock: since when it waits */
    int64_t next_us;     /* when it is tried next */
    int64_t last_us;     /* when it was tried last; 0: never */
    int64_t resent_us;   /* when somebody asked for it again; 0: nobody */
};

/* Below, equal to or above 0, by position and index. */
int delivery_compare(const struct delivery *a, const struct delivery *b);

/* "ENDPOINT/POSITION.INDEX" */
struct text delivery_id(struct text webhook, const struct delivery *delivery,
                        char out[DELIVERY_ID_MAXIMUM]);
MUST_CHECK enum status delivery_write(const struct delivery *delivery, struct arena *arena,
                                      struct text *value);
/* STATUS_CORRUPT for what delivery_write did not write. */
MUST_CHECK enum status delivery_read(struct text id, struct text value, struct delivery *delivery);
struct text delivery_write_cursor(uint64_t cursor, struct arena *arena);
MUST_CHECK enum status delivery_read_cursor(struct text value, uint64_t *cursor);

/* Those of an endpoint, in order, behind `after` (NULL: all). */
typedef enum status (*delivery_visit)(void *context, const struct delivery *delivery);
MUST_CHECK enum status store_each_delivery(struct store *store, struct text webhook,
                                           const struct delivery *after, delivery_visit visit,
                                           void *context);
MUST_CHECK enum status turn_put_delivery(struct turn *turn, struct text webhook,
                                         const struct delivery *delivery, struct arena *arena);

#endif
