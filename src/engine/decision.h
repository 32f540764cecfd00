/* Decisions: the full list of what an event did, complete enough to be folded without the
 * programme.
 *
 * A decision is a business answer (done, or a refusal with a stable number), the effects in the
 * order in which they apply, and the rules that fired with what they gave and from which values.
 * `engine_apply` needs the effects alone. All memory belongs to the working set's arena and lasts
 * until its next clear.
 *
 * Postings are part of the effects: LOT_OPENED posts `from` -> `to`, LOT_TAKEN and CLASS_TURNED
 * post from the lot's account to `to`, LOT_MOVED posts from the lot's account to `to`, DEBT_RAISED
 * posts DEBT -> `to`. Every effect moves one amount from one account to another, so each event sums
 * to zero.
 */
#ifndef GUERDON_ENGINE_DECISION_H
#define GUERDON_ENGINE_DECISION_H

#include "engine/entity.h"
#include "engine/event.h"

/* Business answers; the numbers are stable. */
#define ANSWER_LIST(X)                                                                             \
    X(0, DONE, "done")                                                                             \
    X(1, REPEATED, "this key was used before for the same request: nothing happened again")        \
    X(2, KEY_CONFLICT, "this key was used before for another request")                             \
    X(3, UNKNOWN_MEMBER, "there is no such member")                                                \
    X(4, UNKNOWN_ORDER, "there is no such order")                                                  \
    X(5, UNKNOWN_REDEMPTION, "there is no such hold or redemption")                                \
    X(6, UNKNOWN_REWARD, "the programme has no such reward")                                       \
    X(7, UNKNOWN_WALLET, "the programme has no such wallet")                                       \
    X(8, UNKNOWN_ITEM, "the order has no such item")                                               \
    X(9, ALREADY_EXISTS, "the id is taken")                                                        \
    X(10, BALANCE_TOO_LOW, "the balance is too low")                                               \
    X(11, OUT_OF_STOCK, "the reward is out of stock")                                              \
    X(12, LIMIT_REACHED, "the limit is reached")                                                   \
    X(13, NEEDS_NOT_MET, "what the reward needs is not met")                                       \
    X(14, TOO_LATE, "the event is older than the programme's limit for late events")               \
    X(15, TOO_EARLY, "the event lies in the future")                                               \
    X(16, RETURN_EXCEEDS, "more units are returned than are left of the item")                     \
    X(17, RETURN_PERIOD_OVER, "the time for returns is over")                                      \
    X(18, HOLD_LAPSED, "the hold has lapsed")                                                      \
    X(19, NOT_HELD, "the hold is no longer open")                                                  \
    X(20, NOT_REVERSIBLE, "there is nothing left of the redemption to give back")                  \
    X(21, SAME_MEMBER, "both sides are the same member")                                           \
    X(22, ALREADY_MERGED, "the member is merged already")                                          \
    X(23, NOT_MERGED, "these members are not merged")                                              \
    X(24, INVALID_AMOUNT, "the amount must be above zero")                                         \
    X(25, INVALID_EVENT, "the event is not complete or not valid")                                 \
    X(26, MEMBER_CLOSED, "the member is closed")                                                   \
    X(27, MEMBER_ERASED, "the member was erased")                                                  \
    X(28, ORDER_NOT_OPEN, "there is no open order to confirm: send the whole order")               \
    X(29, QUOTE_CHANGED, "the quote has lapsed and would come out differently now")                \
    X(30, ORDER_CANCELLED, "the order is cancelled")                                               \
    X(31, ORDER_OPEN, "the order is not confirmed yet")                                            \
    X(32, STALE_REVISION, "the order was changed by a later revision")                             \
    X(33, UNKNOWN_RETURN, "the order has no such return")                                          \
    X(34, RETURN_IN_USE, "the return can no longer be undone")                                     \
    X(35, ALREADY_CLAIMED, "the order was credited already")                                       \
    X(36, CLAIM_PERIOD_OVER, "the time for claiming the order is over")                            \
    X(37, UNKNOWN_EVENT, "the programme has no such event")

enum answer {
#define X(number, name, text) ANSWER_##name = number,
    ANSWER_LIST(X)
#undef X
        ANSWER_COUNT
};

/* Accounts. The first four belong to a member (a lot is in one of PENDING, AVAILABLE, HELD; past
 * its end it is in EXPIRED, an account of the programme that remembers whose it was). */
#define ACCOUNT_LIST(X)                                                                            \
    X(AVAILABLE, "available")                                                                      \
    X(PENDING, "pending")                                                                          \
    X(HELD, "held")                                                                                \
    X(EXPIRED, "expired")                                                                          \
    X(DEBT, "debt")                                                                                \
    X(ISSUED, "issued")                                                                            \
    X(TAKEN_BACK, "taken back")                                                                    \
    X(REDEEMED, "redeemed")                                                                        \
    X(ADJUSTED, "adjusted")                                                                        \
    X(TRANSFERRED, "transferred") /* clearing: zero at the end of every event */                   \
    X(CONVERTED, "converted")                                                                      \
    X(WRITTEN_OFF, "written off")                                                                  \
    X(OFFLINE_DIFFERENCE, "offline difference") /* promised by a till, beyond what was decided */

enum account {
#define X(name, text) ACCOUNT_##name,
    ACCOUNT_LIST(X)
#undef X
        ACCOUNT_COUNT
};

/* The fields of an effect; each kind below names those that it uses, and the codec writes no
 * other. */
#define EFFECT_FIELD_LIST(X)                                                                       \
    X(FROM, uint8_t, from)        /* account */                                                    \
    X(TO, uint8_t, to)            /* account */                                                    \
    X(SYMBOL, uint32_t, symbol)   /* wallet, counter, limit, tier set */                           \
    X(INDEX, uint32_t, index)     /* of a lot class, an order's line or earning */                 \
    X(LOT, uint32_t, lot)         /* index in the class */                                         \
    X(EARNING, uint64_t, earning) /* position of the event << 16 | its number in the event */      \
    X(AMOUNT, int64_t, amount)                                                                     \
    X(AT, int64_t, at_us) /* when it takes effect: its due time if it was due */                   \
    X(RELEASE, int64_t, release_at_us)                                                             \
    X(EXPIRY, int64_t, expires_at_us)                                                              \
    X(RULE, uint32_t, rule) /* symbol of the rule, level or reward */                              \
    X(FUNDER, uint32_t, funder)                                                                    \
    X(DAY, int32_t, day)              /* a window's bucket, or the last day of returns */          \
    X(OWNER, uint32_t, owner)         /* 0: the member; k: its k-th merged member */               \
    X(REFERENCE, uint64_t, reference) /* a hold's position, a page, or flags */                    \
    X(PAYLOAD, struct text, payload)

enum effect_field {
#define X(name, type, field) FIELD_##name,
    EFFECT_FIELD_LIST(X)
#undef X
        FIELD_COUNT
};
#define FIELD(name) (1u << FIELD_##name)

#define FIELDS_WHERE (FIELD(INDEX) | FIELD(LOT) | FIELD(EARNING))
#define EFFECT_KIND_LIST(X)                                                                        \
    X(MEMBER_JOINED, FIELD(AT))                                                                    \
    X(LOT_OPENED, FIELD(SYMBOL) | FIELD(FROM) | FIELD(TO) | FIELD(EARNING) | FIELD(AMOUNT) |       \
                      FIELD(AT) | FIELD(RELEASE) | FIELD(EXPIRY) | FIELD(RULE) | FIELD(FUNDER) |   \
                      FIELD(DAY) | FIELD(OWNER) | FIELD(PAYLOAD))                                  \
    X(LOT_TAKEN, FIELDS_WHERE | FIELD(SYMBOL) | FIELD(FROM) | FIELD(TO) | FIELD(AMOUNT) |          \
                     FIELD(AT) | FIELD(OWNER))                                                     \
    X(LOT_MOVED, FIELDS_WHERE | FIELD(SYMBOL) | FIELD(FROM) | FIELD(TO) | FIELD(AMOUNT) |          \
                     FIELD(AT) | FIELD(RELEASE) | FIELD(EXPIRY) | FIELD(REFERENCE))                \
    X(CLASS_TURNED,                                                                                \
      FIELD(INDEX) | FIELD(SYMBOL) | FIELD(FROM) | FIELD(TO) | FIELD(AMOUNT) | FIELD(AT))          \
    X(LOTS_MERGED, FIELD(INDEX) | FIELD(LOT))                                                      \
    X(LOTS_FORGOTTEN, FIELD(INDEX) | FIELD(LOT))                                                   \
    X(EXPIRED_COUNTED, FIELDS_WHERE | FIELD(SYMBOL) | FIELD(AMOUNT))                               \
    X(SHORTFALL, FIELD(SYMBOL) | FIELD(AMOUNT) | FIELD(EARNING) | FIELD(AT))                       \
    X(DEBT_RAISED, FIELD(SYMBOL) | FIELD(TO) | FIELD(AMOUNT) | FIELD(AT) | FIELD(OWNER))           \
    X(CLAIM_ADDED, FIELD(SYMBOL) | FIELD(AMOUNT) | FIELD(OWNER))                                   \
    X(EXPIRY_RENEWED, FIELD(SYMBOL) | FIELD(EXPIRY) | FIELD(AT) | FIELD(OWNER))                    \
    X(TALLY_ADDED, FIELD(SYMBOL) | FIELD(DAY) | FIELD(AMOUNT) | FIELD(OWNER))                      \
    X(TALLY_FORGOTTEN, FIELD(SYMBOL) | FIELD(DAY) | FIELD(OWNER))                                  \
    X(TIER_SET, FIELD(SYMBOL) | FIELD(RULE) | FIELD(AT) | FIELD(EXPIRY) | FIELD(RELEASE) |         \
                    FIELD(DAY) | FIELD(REFERENCE) | FIELD(OWNER))                                  \
    X(ORDER_OPENED, FIELD(PAYLOAD))                                                                \
    X(LINE_RETURNED, FIELD(INDEX) | FIELD(AMOUNT))                                                 \
    X(EARNING_KEPT, FIELD(INDEX) | FIELD(AMOUNT))                                                  \
    X(ORDER_TALLY_RETURNED, FIELD(INDEX) | FIELD(AMOUNT))                                          \
    X(SPEND_RETURNED, FIELD(INDEX) | FIELD(AMOUNT))                                                \
    X(REDEMPTION_OPENED, FIELD(PAYLOAD))                                                           \
    X(REDEMPTION_CHANGED, FIELD(PAYLOAD))                                                          \
    X(HOLD_OPENED,                                                                                 \
      FIELD(REFERENCE) | FIELD(EXPIRY) | FIELD(SYMBOL) | FIELD(RULE) | FIELD(PAYLOAD))             \
    X(HOLD_ENDED, FIELD(REFERENCE))                                                                \
    X(MEMBER_ADOPTED, FIELD(OWNER) | FIELD(PAYLOAD))                                               \
    X(MEMBER_FORWARDED, FIELD(PAYLOAD))                                                            \
    X(MEMBER_RELEASED, FIELD(OWNER))                                                               \
    X(MEMBER_RESTORED, FIELD(PAYLOAD))                                                             \
    X(KEY_USED, FIELD(PAYLOAD))                                                                    \
    X(LOTS_SPILLED, FIELD(INDEX) | FIELD(LOT) | FIELD(AMOUNT) | FIELD(REFERENCE))                  \
    X(LOTS_RECALLED, FIELD(INDEX) | FIELD(LOT) | FIELD(REFERENCE) | FIELD(PAYLOAD))                \
    X(PAGE_OPENED, FIELD(PAYLOAD))                                                                 \
    X(PAGE_CLOSED, 0)                                                                              \
    X(MEMBER_PROFILED, FIELD(PAYLOAD))         /* the hash of its personal data */                 \
    X(MEMBER_MARKED, FIELD(INDEX) | FIELD(AT)) /* enum member_flag */                              \
    X(ORDER_CHANGED, FIELD(PAYLOAD))                                                               \
    X(LINE_REFUNDED, FIELD(INDEX) | FIELD(AMOUNT))                                                 \
    X(MILESTONE_REACHED, FIELD(PAYLOAD))                                                           \
    X(TOUCHED, 0) /* nothing changes, but the event belongs to the history of member or order */

enum effect_kind {
#define X(name, fields) EFFECT_##name,
    EFFECT_KIND_LIST(X)
#undef X
        EFFECT_KIND_COUNT
};

struct effect {
    uint8_t kind;    /* enum effect_kind */
    uint16_t entity; /* index in decision.entities */
#define X(name, type, field) type field;
    EFFECT_FIELD_LIST(X)
#undef X
};

/* A rule that fired, and from which values. */
struct fired {
    uint32_t rule; /* index in the programme */
    uint32_t rule_symbol;
    uint32_t wallet;     /* symbol */
    int64_t base;        /* money in minor units, or units */
    int64_t granted;     /* points, smallest unit, after limits */
    int64_t ungranted;   /* what a limit or budget held back */
    int64_t boost;       /* millionths; of the first item that counted */
    uint32_t line_count; /* items that counted */
};

/* One piece of a return: which order gave it. */
struct returned_piece {
    uint16_t order; /* index in decision.entities */
    uint32_t line;
    int64_t units;
};

/* One redemption that an order asked for: whether it was given, and what it took off each item. */
struct redeemed {
    uint32_t reward; /* symbol; 0: plain points */
    uint32_t wallet; /* symbol */
    int64_t amount;  /* points */
    enum answer answer;
    int64_t discount;     /* money off the order, minor units */
    uint32_t share_count; /* 0, or the order's items */
    int64_t *shares;      /* of the discount, for each item; they sum to it */
};

/* What a member had in a wallet after the event; a wallet it never had anything in is left out. */
struct balance {
    int64_t available; /* what remains in available lots */
    int64_t pending;
    int64_t held;
    int64_t debt;
};
struct balance_after {
    uint16_t entity; /* index in decision.entities, a member's */
    uint32_t wallet; /* symbol */
    struct balance balance;
};

/* The level a member was at after the event; one at none is left out. */
struct level_after {
    uint16_t entity;
    uint32_t tier_set; /* symbol */
    uint32_t level;    /* symbol */
    int64_t kept_until_us;
};

struct decision {
    enum event_type type;
    enum answer answer;
    struct text reason; /* as given with the event */
    struct text actor;
    uint64_t position;
    uint64_t repeated_position; /* REPEATED: of the event that was answered first */
    int64_t occurred_at_us;
    int64_t recorded_at_us;
    uint32_t program_version;
    struct text zone_data; /* version of the time-zone data that it used */
    struct entity_key *entities;
    uint32_t entity_count;
    struct effect *effects;
    uint32_t effect_count;
    struct fired *fired;
    uint32_t fired_count;
    struct returned_piece *pieces;
    uint32_t piece_count;
    /* Of every member of the event, and every other that it changed, so that the answer can be
     * given again from the record; a refused event has settled its members first. Empty unless
     * has_after: a used key or an invalid event says nothing about members, and states.skips_after
     * asks for nothing. */
    bool has_after;
    struct balance_after *balances;
    uint32_t balance_count;
    struct level_after *levels;
    uint32_t level_count;
    struct redeemed *redeemed; /* PURCHASE, QUOTE, CONFIRM_ORDER, EDIT */
    uint32_t redeemed_count;
    int64_t units_matched;   /* RETURN_BY_SKU */
    int64_t units_unmatched; /* RETURN_BY_SKU: nothing left that they could come from */
    int64_t eligible;        /* PURCHASE: order.eligible; returns: what they took off it */
    struct text event;       /* when read from a record that keeps it: for engine_kept_event */
    uint8_t event_said;      /* what of it the decision says: see codec.c */
    uint32_t tier_before;    /* of the first tier set: index of the level, PROGRAM_NONE for none */
};

/* One amount that moves from one account to another. */
struct posting {
    uint16_t entity; /* index in decision.entities: whose state it is recorded in */
    uint32_t wallet; /* symbol */
    enum account from;
    enum account to;
    int64_t amount; /* above zero */
    int64_t at_us;
};
/* The posting that an effect makes; false if it makes none. Every effect with a side to go to is
 * one; what names no side to come from raises debt. */
bool effect_posting(const struct effect *effect, struct posting *posting);

const char *answer_text(enum answer answer);
const char *account_name(enum account account);
const char *effect_name(enum effect_kind kind);
uint32_t effect_fields(enum effect_kind kind);

#endif
