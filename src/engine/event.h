/* Events: what happened or is asked for, typed, as the engine takes it.
 *
 * An event is filled by a caller (back-test, API, command line) and is read only: times, ids and
 * the position in the journal are arguments, because the engine has no clock and no counter. All
 * text is a view that must outlive the call. Fields that a type does not name are ignored; zeroed
 * is "not given".
 *
 *   type              reads
 *   JOIN              member, profile
 *   PURCHASE          order, member, items, shipping ... paid_with_points, redeem_*
 *   RETURN            order, returns (none: everything that is left)
 *   RETURN_BY_SKU     member, returns (by sku)
 *   MILESTONE         order, milestone: releases what is pending until it
 *   REDEEM            member, reward or wallet + amount; id (optional: then it can be reversed)
 *   HOLD              member, reward or wallet + amount, id, lapses_at_us
 *   CONFIRM           id, amount (0: all of it; less: the rest is released)
 *   CANCEL            id: of a hold still open
 *   REVERSE           id, amount (0: all that is left): a redemption is given back
 *   ADJUST            member, wallet, amount (either sign), reason, actor
 *   TRANSFER          member, other_member, wallet, amount, reason
 *   MERGE             member goes into other_member
 *   UNMERGE           member comes out of other_member again
 *   SETTLE            member: writes down what is due
 */
#ifndef GUERDON_ENGINE_EVENT_H
#define GUERDON_ENGINE_EVENT_H

#include "base/base.h"

#define EVENT_TYPE_LIST(X)                                                                         \
    X(JOIN, "join")                                                                                \
    X(PURCHASE, "purchase")                                                                        \
    X(RETURN, "return")                                                                            \
    X(RETURN_BY_SKU, "return by sku")                                                              \
    X(MILESTONE, "milestone")                                                                      \
    X(REDEEM, "redeem")                                                                            \
    X(HOLD, "hold")                                                                                \
    X(CONFIRM, "confirm")                                                                          \
    X(CANCEL, "cancel")                                                                            \
    X(REVERSE, "reverse")                                                                          \
    X(ADJUST, "adjust")                                                                            \
    X(TRANSFER, "transfer")                                                                        \
    X(MERGE, "merge")                                                                              \
    X(UNMERGE, "unmerge")                                                                          \
    X(SETTLE, "settle")

enum event_type {
#define X(name, text) EVENT_##name,
    EVENT_TYPE_LIST(X)
#undef X
        EVENT_TYPE_COUNT
};

#define EVENT_ID_MAXIMUM 64      /* bytes of a member, order, hold or key id */
#define EVENT_SKU_MAXIMUM 200    /* bytes of a sku */
#define EVENT_ITEM_MAXIMUM 10000 /* items of an order, return lines of a return */
#define EVENT_QUANTITY_MAXIMUM INT64_C(1000000000)
#define EVENT_REASON_MAXIMUM 500 /* bytes of a reason or an actor */

struct item {
    struct text id; /* empty: its number in the order, from 1 */
    struct text sku;
    struct text category;
    struct text type; /* "gift_card" is known to `eligible:` */
    int64_t quantity; /* units; <= 0 counts in the order's amount and cannot be returned against */
    struct decimal unit_price; /* money a unit, before discounts; at most 6 decimals */
    int64_t discount;          /* money off this line, minor units, >= 0 */
    int64_t tax;               /* money, minor units */
};

struct returned {
    struct text item; /* RETURN: an item's id */
    struct text sku;  /* RETURN_BY_SKU */
    int64_t quantity; /* units, >= 1 */
};

struct event {
    enum event_type type;
    uint64_t position;      /* in the journal: >= 1, below 2^48, never twice in one store */
    int64_t occurred_at_us; /* when it happened */
    int64_t clock_us;       /* now; recorded_at = max(this, the last of every entity touched) */
    bool is_import;         /* exempt from the limit on late events */
    struct text key;        /* the caller's idempotency key; empty: none */
    struct text member;
    struct text other_member;
    struct text order;
    struct text id;
    uint32_t currency; /* index in the programme's list */
    struct text channel;
    struct text store;
    int32_t birthday_month; /* of the member's profile; 0: not known */
    int32_t birthday_day;
    const struct item *items;
    uint32_t item_count;
    bool tax_is_in_prices;    /* else `tax` comes on top of the prices */
    int64_t shipping;         /* money, minor units */
    int64_t discount;         /* off the whole order, beside the items' own */
    int64_t paid_with_points; /* the part of the order that points paid, money */
    const struct returned *returns;
    uint32_t return_count;
    struct text milestone;
    struct text wallet;
    struct text reward;
    int64_t amount; /* points, smallest unit */
    int64_t lapses_at_us;
    struct text reason;
    struct text actor;
};

const char *event_type_name(enum event_type type);

#endif
