/* A member's lots as JSON: what ends soon, and where each point came from. */
#ifndef GUERDON_API_MEMBER_LOTS_H
#define GUERDON_API_MEMBER_LOTS_H

#include "api/reply_shape.h"

#define EXPIRING_MAXIMUM 50
#define EXPLAINED_LOT_MAXIMUM 1000

struct expiring_body {
    struct text wallet;
    struct decimal amount;
    int64_t at_us;
};

struct origin_body {
    struct text position;
    struct text type;
    struct text title;
    struct text order;
    int64_t occurred_at_us;
    int64_t program_version;
    struct text reason;
    struct text actor;
    struct fired_body *fired;
};

struct explained_lot_body {
    int account; /* enum account */
    struct decimal remaining;
    int64_t available_at_us;
    int64_t expires_at_us;
    struct text rule;
    struct origin_body *origin;
};

struct explanation_body {
    struct text member;
    struct text wallet;
    struct balance_body *balance;
    struct explained_lot_body *lots;
    uint32_t lot_count;
    int64_t lots_left_out;
    int64_t as_of_us;
};

extern const struct shape expiring_shape;
extern const struct shape explanation_shape;

/* What is available now and ends, soonest first; equal instants are added. */
MUST_CHECK enum status lots_expiring(const struct program *program, struct states *states,
                                     struct text member, struct arena *arena,
                                     struct expiring_body **list, uint32_t *count);
/* NOT_FOUND: no such member; INVALID: no such wallet. */
MUST_CHECK enum status lots_explain(struct turn *turn, struct text member, struct text wallet,
                                    int64_t at_us, struct arena *arena,
                                    struct explanation_body *body);

#endif
