/* Webhook: an endpoint that is told what happened, as a document, and how what it gets is signed.
 *
 * Signatures are those of Standard Webhooks: HMAC-SHA256 over "ID.TIMESTAMP.BODY" with the
 * endpoint's secret, which is shown once as "whsec_" and base64. After a rotation both the new and
 * the old secret sign for a day, so that a receiver can change over at any moment of it.
 *
 * What is still to be delivered, or was given up, are documents too: delivery.h.
 */
#ifndef GUERDON_SERVICE_WEBHOOK_H
#define GUERDON_SERVICE_WEBHOOK_H

#include "store/store.h"

struct turn;

#define WEBHOOK_MAXIMUM 64       /* of one programme */
#define WEBHOOK_ID_MAXIMUM 40    /* bytes */
#define WEBHOOK_URL_MAXIMUM 2000 /* bytes */
#define WEBHOOK_TYPE_MAXIMUM 64  /* types of changes that there can be */
#define WEBHOOK_SECRET_BYTES 32
#define WEBHOOK_SECRET_TEXT_MAXIMUM 64
#define WEBHOOK_OLD_SECRET_US INT64_C(86400000000) /* how long the one before a rotation signs */

#define WEBHOOK_STATUS_LIST(X)                                                                     \
    X(ENABLED, "enabled")                                                                          \
    X(DISABLED, "disabled")

enum webhook_status {
#define X(name, text) WEBHOOK_##name,
    WEBHOOK_STATUS_LIST(X)
#undef X
        WEBHOOK_STATUS_COUNT
};
/* Their names, ending with NULL. */
extern const char *const webhook_status_names[];

struct webhook_secret {
    uint8_t bytes[WEBHOOK_SECRET_BYTES];
};

struct webhook {
    struct text id;
    struct text url;
    struct text description;
    struct text *types; /* none: every type */
    uint32_t type_count;
    enum webhook_status status;
    struct webhook_secret secret;
    struct webhook_secret old_secret;
    int64_t old_secret_until_us; /* 0: there is none */
    int64_t created_us;
    int64_t updated_us;
    uint64_t from; /* it is told of records behind this position */
};

/* Within a turn. NOT_FOUND; everything comes from the arena. */
MUST_CHECK enum status turn_webhook(struct turn *turn, struct text id, struct arena *arena,
                                    struct webhook *webhook);
/* In order of their ids. */
typedef enum status (*webhook_visit)(void *context, const struct webhook *webhook);
MUST_CHECK enum status turn_each_webhook(struct turn *turn, struct arena *arena,
                                         webhook_visit visit, void *context);
MUST_CHECK enum status turn_put_webhook(struct turn *turn, const struct webhook *webhook,
                                        struct arena *arena);
/* With all that was to be delivered to it. */
MUST_CHECK enum status turn_remove_webhook(struct turn *turn, struct text id, struct arena *arena);

/* STATUS_CORRUPT for what turn_put_webhook did not write. */
MUST_CHECK enum status webhook_read(struct text id, struct text value, struct arena *arena,
                                    struct webhook *webhook);

void webhook_secret_new(struct webhook_secret *secret);
/* "whsec_..." */
struct text webhook_secret_text(const struct webhook_secret *secret,
                                char out[WEBHOOK_SECRET_TEXT_MAXIMUM]);
/* The header webhook-signature: one signature for each secret that is good at `now_us`. */
MUST_CHECK enum status webhook_sign(const struct webhook *webhook, struct text id,
                                    int64_t timestamp_s, struct text body, int64_t now_us,
                                    struct arena *arena, struct text *signature);

#endif
