/* Order facts: what was recorded of an order, for those who decide more of it.
 *
 * Read from the order's own records, newest first, so that an edit or a claim is decided by the
 * version of the programme that the order was bought under, whatever is in force today.
 */
#ifndef GUERDON_API_ORDER_FACTS_H
#define GUERDON_API_ORDER_FACTS_H

#include "api/request.h"

/* Records of one order, at most, that are looked at. */
#define ORDER_HISTORY_MAXIMUM 10000

struct order_past {
    bool exists;
    uint32_t bought_version; /* of the programme; 0: it was not bought */
    uint32_t items_version;  /* of whoever named the items last */
    uint32_t currency;       /* index in items_version's list */
    uint64_t quote;          /* position of the newest quote; 0: none */
};
MUST_CHECK enum status order_past_read(struct turn *turn, struct arena *arena, struct text order,
                                       struct order_past *facts);

/* The positions of an entity's records, oldest first, in the arena. */
MUST_CHECK enum status history_positions(struct turn *turn, struct arena *arena,
                                         const struct entity_key *key, uint64_t **positions,
                                         uint32_t *count);
/* A decision as it is recorded, with its event; everything in the arena. */
MUST_CHECK enum status history_decision(struct turn *turn, struct arena *arena, uint64_t position,
                                        struct decision *decision, struct event *event);

/* The code on the receipt of a guest's order, "7KQ2-M4XA-9TCE": whoever has it may claim the order.
 * Made of the order's id and the store's secret, so it is kept nowhere. */
#define CLAIM_CODE_BYTES 16
MUST_CHECK enum status claim_code_make(const struct service *service, struct arena *arena,
                                       struct text order, char code[CLAIM_CODE_BYTES]);
/* However it was typed: small letters, without dashes, O for 0. */
MUST_CHECK enum status claim_code_check(const struct service *service, struct arena *arena,
                                        struct text order, struct text typed, bool *is_right);

/* The 20 digits under which a reply is kept. */
#define REPLY_ID_BYTES 20
struct text reply_id(uint64_t position, char id[REPLY_ID_BYTES + 1]);

/* "20 minutes", "2 hours", "3 days": the instant so long after another. STATUS_SYNTAX for other
 * words, INVALID for nothing or too long. */
MUST_CHECK enum status hold_until(const struct program *program, struct text hold, int64_t from_us,
                                  int64_t *until_us);

/* Takes a key made of the request's path, when the caller gave none. */
MUST_CHECK enum status request_take_key(struct request *request, struct text key);
/* In `run`: what is wrong with the body is known only there. Returns the status to fail with. */
MUST_CHECK enum status request_fail_with(struct request *request, const struct mistakes *mistakes);
/* Answers a fault of `begin`. */
enum next request_refuse(struct request *request, enum status status);

#endif
