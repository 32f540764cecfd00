/* Replies of events: what a record says, in plain terms. Rendered from the record alone, so that a
 * repeat is answered word for word as the first time.
 */
#ifndef GUERDON_API_REPLY_SHAPE_H
#define GUERDON_API_REPLY_SHAPE_H

#include "api/shape.h"
#include "service/service.h"

/* Why an amount moved: name, code in the API (and, behind "points.", of a change), words for
 * people. */
#define POSTING_REASON_LIST(X)                                                                     \
    X(EARNED, "earned", "earned")                                                                  \
    X(OFFLINE_DIFFERENCE, "offline_difference", "promised by a till")                              \
    X(ADJUSTED, "adjusted", "adjusted by hand")                                                    \
    X(TRANSFERRED, "transferred", "transferred")                                                   \
    X(CONVERTED, "converted", "converted")                                                         \
    X(WRITTEN_OFF, "written_off", "written off")                                                   \
    X(TAKEN_BACK, "taken_back", "taken back")                                                      \
    X(GIVEN_BACK, "given_back", "given back")                                                      \
    X(REDEEMED, "redeemed", "redeemed")                                                            \
    X(EXPIRED, "expired", "expired")                                                               \
    X(REVIVED, "revived", "live again")                                                            \
    X(HELD, "held", "reserved")                                                                    \
    X(LET_GO, "let_go", "no longer reserved")                                                      \
    X(RELEASED, "released", "now available")                                                       \
    X(DEBT_PAID, "debt_paid", "debt paid")                                                         \
    X(DEBT_RAISED, "debt_raised", "debt")                                                          \
    X(MOVED, "moved", "moved")

enum posting_reason {
#define X(name, code, words) REASON_##name,
    POSTING_REASON_LIST(X)
#undef X
        REASON_COUNT
};
enum posting_reason posting_reason_of(enum account from, enum account to);

/* One amount that went from one account to another. */
struct posting_body {
    struct text member;
    struct text wallet;
    int from; /* enum account */
    int to;
    struct decimal amount;
    int reason; /* enum posting_reason */
    struct text rule;
    int64_t at_us;
    int64_t available_at_us;
    int64_t expires_at_us;
};

struct fired_body {
    struct text rule;
    struct text wallet;
    bool has_base;
    struct decimal base;
    struct decimal granted;
    bool has_ungranted;
    struct decimal ungranted;
    bool has_boost;
    struct decimal boost;
    int64_t items;
};

struct balance_body {
    struct text member;
    struct text wallet;
    struct decimal available;
    struct decimal pending;
    struct decimal held;
    struct decimal debt;
};

struct level_body {
    struct text member;
    struct text tier_set;
    struct text level;
    struct text title;
    int64_t kept_until_us;
};

/* What a reward took off one item. */
struct share_body {
    int64_t item; /* its number, from 1 */
    struct decimal discount;
};

/* One redemption that an order asked for. */
struct redeemed_body {
    struct text reward;
    struct text wallet;
    struct decimal amount;
    int answer; /* enum answer */
    struct text detail;
    bool has_discount;
    struct decimal discount;
    struct share_body *shares;
    uint32_t share_count;
};

/* A code that was sent with an order. */
struct coupon_body {
    struct text code;
    int status; /* 0: not available */
};

struct not_fired_body {
    struct text rule;
    struct text boost;
    int reason; /* enum why_not */
    struct text detail;
};

struct event_reply {
    struct text position;
    int type;
    struct text name;  /* of an event of the programme's own */
    struct text title; /* its title, for people */
    struct text data;  /* its values, as JSON */
    int answer;
    int64_t occurred_at_us;
    int64_t recorded_at_us;
    int64_t program_version;
    struct text member;
    struct text order;
    struct text redemption;
    struct text returned; /* id of the return */
    struct text edit;     /* id of the edit */
    struct text milestone;
    struct text reason;
    struct text actor;
    struct text claim_code; /* of a guest's order; filled by decide_render */
    struct posting_body *postings;
    uint32_t posting_count;
    struct fired_body *fired;
    uint32_t fired_count;
    struct balance_body *balances;
    uint32_t balance_count;
    struct level_body *tiers;
    uint32_t tier_count;
    struct redeemed_body *redeemed;
    uint32_t redeemed_count;
    struct coupon_body *coupons; /* as the request said them; filled by decide_render */
    uint32_t coupon_count;
    bool has_eligible;
    struct decimal eligible;
    bool has_units;
    int64_t units_matched;
    int64_t units_unmatched;
    struct not_fired_body *not_fired;
    uint32_t not_fired_count;
};

extern const struct shape posting_shape;
extern const struct shape fired_shape;
extern const struct shape balance_shape;
extern const struct shape level_shape;
extern const struct shape redeemed_shape;
extern const struct shape coupon_shape;
extern const struct shape not_fired_shape;
extern const struct shape event_reply_shape;
extern const char *const account_codes[]; /* ends with NULL */
/* Why an amount moved, for people: "earned", "taken back". */
const char *posting_reason_words(int reason);

/* Names of things by their symbol, in the version that a decision was made by; empty for what it
 * has not. */
struct text wallet_by_symbol(const struct program *program, uint32_t symbol, int32_t *decimals);
struct text rule_by_symbol(const struct program *program, uint32_t symbol);

/* What orders asked to redeem, and what came of it. */
MUST_CHECK enum status reply_redeemed(const struct program *program,
                                      const struct decision *decision, int32_t money_decimals,
                                      struct arena *arena, struct redeemed_body **list,
                                      uint32_t *count);
/* What becomes of each code. */
MUST_CHECK enum status reply_coupons(const struct text *codes, uint32_t count, struct arena *arena,
                                     struct coupon_body **coupons);
/* Decodes a record into a reply, with lists in the arena. `program` is that of the decision's
 * version: service_program_numbered. */
MUST_CHECK enum status reply_of_decision(const struct program *program,
                                         const struct decision *decision, struct arena *arena,
                                         struct event_reply *reply);
/* The same where the event does not say in which currency its order is. */
MUST_CHECK enum status reply_of_decision_in(const struct program *program,
                                            const struct decision *decision, int32_t money_decimals,
                                            struct arena *arena, struct event_reply *reply);
#define MONEY_OF_EVENT (-1) /* money_decimals: those of the event's own currency */
/* Adds what did not fire. */
MUST_CHECK enum status reply_add_not_fired(const struct program *program, const struct reply *found,
                                           struct arena *arena, struct event_reply *reply);

#endif
