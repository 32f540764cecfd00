/* Events: what happened or is asked for, typed, as the engine takes it.
 *
 * An event is filled by a caller (back-test, API, command line) and is read only: times, ids and
 * the position in the journal are arguments, because the engine has no clock and no counter. All
 * text is a view that must outlive the call. Fields that a type does not name are ignored; zeroed
 * is "not given".
 *
 *   type              reads
 *   JOIN              member, profile
 *   PURCHASE          order, member, items, shipping ... paid_with_points, redeems, promises
 *   RETURN            order, returns (none: everything that is left), or amount; id
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
 *   PROFILE           member, fields_hash: its personal data changed, outside the records
 *   CLOSE, REOPEN     member, reason, actor
 *   ERASE             member, reason, actor: its personal data are gone for ever
 *   EXPIRE            member, wallet, amount (0: all that is available), reason, actor
 *   RELEASE           member, wallet, order (empty: whatever is pending), reason, actor
 *   QUOTE             as PURCHASE, lapses_at_us, revision: holds what is limited
 *   CONFIRM_ORDER     order, quote, refuses_changes, payments: the open order becomes a purchase
 *   CANCEL_ORDER      order: an open one lets go of its holds, a bought one is returned whole
 *   EDIT              order, revision, items ... as PURCHASE: the bought order has other items now
 *   CLAIM             order, member: a guest's order is credited
 *   UNDO_RETURN       order, id: that return was made by mistake
 *   CUSTOM            member, name, values; order: one that it is about
 *
 * A RETURN with an id can be undone; with an amount of money and no lines it is a refund without
 * goods. An EDIT is decided by the programme version that the order was confirmed under; whoever
 * passes an older one settles the member by the present one first (SETTLE, with the same clock).
 * ADJUST with expires_at_us opens a lot that ends then (an opening balance that is imported).
 * PURCHASE without a member is a guest's: it can be claimed. PURCHASE with promises was decided by
 * a till without a connection: what the customer was told stands. CUSTOM is one of the programme's
 * own events; its values are recorded by name and type, so that they can be read whatever the
 * programme says later.
 * The birthday and the profile are read by whatever is decided by the rules: JOIN, PURCHASE,
 * REDEEM, HOLD, QUOTE, CUSTOM, and CONFIRM_ORDER, EDIT and CLAIM, because an order keeps its cart
 * without them. engine_person says whose is asked for.
 */
#ifndef GUERDON_ENGINE_EVENT_H
#define GUERDON_ENGINE_EVENT_H

#include "base/base.h"
#include "program/program.h"

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
    X(SETTLE, "settle")                                                                            \
    X(PROFILE, "profile")                                                                          \
    X(CLOSE, "close")                                                                              \
    X(REOPEN, "reopen")                                                                            \
    X(ERASE, "erase")                                                                              \
    X(EXPIRE, "expire")                                                                            \
    X(RELEASE, "release")                                                                          \
    X(QUOTE, "quote")                                                                              \
    X(CONFIRM_ORDER, "confirm order")                                                              \
    X(CANCEL_ORDER, "cancel order")                                                                \
    X(EDIT, "edit")                                                                                \
    X(CLAIM, "claim")                                                                              \
    X(UNDO_RETURN, "undo return")                                                                  \
    X(CUSTOM, "custom")

enum event_type {
#define X(name, text) EVENT_##name,
    EVENT_TYPE_LIST(X)
#undef X
        EVENT_TYPE_COUNT
};

#define EVENT_ID_MAXIMUM 64      /* bytes of a member, order, hold or key id */
#define EVENT_SKU_MAXIMUM 200    /* bytes of a sku, category or type */
#define EVENT_NAME_MAXIMUM 500   /* bytes of an item's name */
#define EVENT_ITEM_MAXIMUM 10000 /* items of an order, return lines of a return */
#define EVENT_QUANTITY_MAXIMUM INT64_C(1000000000)
#define EVENT_REDEEM_MAXIMUM                                                                       \
    16                           /* redemptions of one order; and payments, promises of a purchase \
                                  */
#define EVENT_REASON_MAXIMUM 500 /* bytes of a reason or an actor */

struct item {
    struct text id; /* empty: its number in the order, from 1 */
    struct text sku;
    struct text name; /* for people; no rule sees it */
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

/* A reward, or an amount of a wallet, that pays for a part of an order. */
struct redeem {
    struct text reward; /* empty: plain points */
    struct text wallet;
    int64_t amount;
};

/* What a till without a connection told its customer. */
struct promise {
    struct text wallet;
    int64_t amount; /* points that this purchase earned */
};

/* What the customer paid with, beside points: for the order's history, no rule sees it. */
struct payment {
    struct text kind;
    int64_t amount; /* money, minor units */
};

/* One value of a custom event, or of what a profile says. The type says which field has it. */
struct field_value {
    struct text name;
    enum field_type type;
    bool boolean;
    int64_t integer;          /* INT; TIMESTAMP: microseconds */
    struct decimal decimal;   /* DECIMAL, MONEY */
    struct text currency;     /* MONEY: three letters */
    struct text text;         /* STRING */
    const struct text *texts; /* STRINGS */
    uint32_t text_count;
};
#define EVENT_VALUE_MAXIMUM 100 /* values of an event, fields of a profile */

struct event {
    enum event_type type;
    uint64_t position;      /* in the journal: >= 1, below 2^48, never twice in one store */
    int64_t occurred_at_us; /* when it happened */
    int64_t clock_us;       /* now; recorded_at = max(this, the last of every entity touched) */
    bool is_import;         /* exempt from the limit on late events */
    struct text key;        /* the caller's idempotency key; empty: none */
    /* What a repeat with the same key must have in common: the hash of the request as it came,
     * before times and people were looked up. HASH_RECORD_BYTES; empty: the hash of the event
     * itself. */
    struct text request_hash;
    struct text member;
    struct text other_member;
    struct text order;
    struct text id;
    uint32_t currency; /* index in the programme's list */
    struct text channel;
    struct text store;
    struct text till;
    struct text staff;
    struct text partner;
    int32_t birthday_month; /* of the person's profile, as known now; never written; 0: unknown */
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
    int64_t amount; /* points, smallest unit; RETURN: money, minor units */
    int64_t lapses_at_us;
    struct text reason;
    struct text actor;
    struct text fields_hash; /* of the personal data: HASH_RECORD_BYTES, or empty */
    int64_t expires_at_us;   /* ADJUST: when what it opens ends; 0: as the wallet says */
    uint64_t quote;          /* CONFIRM_ORDER: position of the quote; 0: the order's present one */
    bool refuses_changes;    /* CONFIRM_ORDER: a lapsed quote is not honoured if it came out anew */
    uint64_t revision;       /* QUOTE, EDIT: above the order's, else it is stale; 0: none */
    const struct redeem *redeems;
    uint32_t redeem_count;
    const struct promise *promises;
    uint32_t promise_count;
    const struct payment *payments;
    uint32_t payment_count;
    struct text name; /* CUSTOM: the event's id in the programme */
    const struct field_value *values;
    uint32_t value_count;
    /* What of the member's personal data rules may look at: filled in by the caller for each
     * decision, like the birthday; it is no part of the event's bytes. */
    const struct field_value *profile;
    uint32_t profile_count;
};

const char *event_type_name(enum event_type type);

#endif
