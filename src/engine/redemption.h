/* Redemption: a hold, or a redemption that can be reversed, and the lots that it took. */
#ifndef GUERDON_ENGINE_REDEMPTION_H
#define GUERDON_ENGINE_REDEMPTION_H

#include "engine/order.h"

#define REDEMPTION_FORMAT 1

/*          HOLD                 REDEEM
 *            |                    |
 *          HELD --- CONFIRM --> REDEEMED --- REVERSE ... --> (given_back grows to amount)
 *           | \
 *     CANCEL   its time is over
 *           |    \
 *      CANCELLED  LAPSED
 */
enum redemption_status {
    REDEMPTION_HELD,
    REDEMPTION_REDEEMED,
    REDEMPTION_CANCELLED,
    REDEMPTION_LAPSED
};

struct redemption {
    struct text member;
    uint64_t sequence;
    uint64_t position; /* of the hold or redemption: what held lots refer to */
    uint64_t last_position;
    int64_t recorded_at_us;
    enum redemption_status status;
    int64_t lapses_at_us;
    struct spend spend; /* amount: reserved, then redeemed; the lots once redeemed */
};

MUST_CHECK enum status redemption_encode(struct arena *arena, const struct redemption *redemption,
                                         struct text *bytes);
MUST_CHECK enum status redemption_decode(struct arena *arena, struct text bytes,
                                         struct redemption *redemption);
/* The position of the last event that touched it, and how many did, from its bytes. */
MUST_CHECK enum status redemption_bytes_stamp(const void *bytes, size_t size, uint64_t *position,
                                              uint64_t *sequence);

#endif
