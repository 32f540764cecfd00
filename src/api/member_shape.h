/* Members as JSON: what is known of one, and how that is put together from its state. */
#ifndef GUERDON_API_MEMBER_SHAPE_H
#define GUERDON_API_MEMBER_SHAPE_H

#include "api/reply_shape.h"
#include "api/request.h"

enum member_standing { STANDING_ACTIVE, STANDING_CLOSED, STANDING_ERASED, STANDING_MERGED };

struct external_id_body {
    struct text kind;
    struct text value;
};

struct progress_body {
    struct text tier_set;
    struct text level;
    struct text title;
    int64_t since_us;
    int64_t kept_until_us;
    struct text measured_by;
    struct decimal measured;
    struct text next_level;
    struct text next_title;
    bool has_missing;
    struct decimal missing;
};

struct member_body {
    struct text id;
    int status; /* enum member_standing */
    struct text merged_into;
    int64_t joined_at_us;
    struct text fields; /* RAW */
    struct external_id_body *external_ids;
    uint32_t external_id_count;
    struct balance_body *wallets;
    uint32_t wallet_count;
    struct progress_body *tiers;
    uint32_t tier_count;
    struct text *segments;
    uint32_t segment_count;
    int64_t as_of_us;
};

extern const struct shape external_id_shape;
extern const struct shape progress_shape;
extern const struct shape member_shape;

/* Who has what the member has: itself, or whom it was merged into. */
static inline struct text member_holder(const struct member_body *body)
{
    return text_is_empty(body->merged_into) ? body->id : body->merged_into;
}

/* All of a member as it is at an instant (0: now), in the arena. NOT_FOUND. The states are in the
 * turn's working set then. */
MUST_CHECK enum status member_describe(struct turn *turn, struct text id, int64_t at_us,
                                       struct arena *arena, struct member_body *body,
                                       struct states **states);

#endif
