/* Bounds of a member's state, and a decision with bounds of one's own.
 *
 * The usual bounds are the engine's. Others are for its tests, so that small worlds have pages too;
 * a record folds the same whatever bounds it was decided with.
 */
#ifndef GUERDON_ENGINE_BOUNDS_H
#define GUERDON_ENGINE_BOUNDS_H

#include "engine/engine.h"

/* When lots of a member go to pages, and which. Expired points go as they are; of others the first
 * and the last stay: the first are spent next, the last are returned most. */
struct bounds {
    uint32_t high_bytes; /* of a member's state, above which lots go */
    uint32_t low_bytes;  /* until it is at most this, or nothing is left that may go */
    uint32_t kept_lots;  /* at either end */
    uint32_t least_lots; /* of a page, at least 1 */
    uint32_t most_lots;
};
extern const struct bounds usual_bounds;

/* engine_decide with other bounds; NULL: states may grow. */
MUST_CHECK enum status engine_decide_bounded(const struct program *program, struct states *states,
                                             const struct event *event, const struct sink *sink,
                                             const struct bounds *bounds,
                                             struct decision *decision);

#endif
