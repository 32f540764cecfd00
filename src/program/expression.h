/* Expressions in a programme: what they may name, and how they are read.
 *
 * Guerdon's own types are declared to the expression language here, once: objects with their
 * fields, variables, functions. Which ids stand for which is all that the engine knows of it: it
 * answers a field's value by (object, field) and a function's by its id, through the `struct
 * cel_host` that it gives to each evaluation's environment at load (program_load takes it).
 *
 *   variable   type      where
 *   member     Member    everywhere
 *   program    Program   everywhere
 *   now        timestamp everywhere: when it happened (event.occurred_at), or the instant asked for
 *   event      Event     rules, boosts, counters, limits, rewards; with the fields of its own type
 *   order      Order     where the event is a purchase
 *   item       Item      `where`, and what is counted line by line
 *
 * Amounts: money has its currency's decimals; what a wallet or counter holds is an int when it has
 * no decimals, money when it counts money, else a decimal. Everything is as it was before the
 * event.
 */
#ifndef GUERDON_PROGRAM_EXPRESSION_H
#define GUERDON_PROGRAM_EXPRESSION_H

#include "cel/cel.h"

struct program;

/* Variables, by slot; each scope has the first few of them. */
enum expression_slot {
    SLOT_MEMBER,
    SLOT_PROGRAM,
    SLOT_NOW,
    SLOT_EVENT,
    SLOT_ORDER,
    SLOT_ITEM,
    SLOT_COUNT
};

/* X(object, field's name, field's type, NAME). Objects are declared in this order, so that their
 * ids are enum expression_object in every environment; the fields' ids are enum expression_field.
 */
#define EXPRESSION_OBJECT_LIST(X)                                                                  \
    X(LOCAL, "LocalTime")                                                                          \
    X(BIRTHDAY, "Birthday")                                                                        \
    X(TIER, "Tier")         /* extra: index of the tier set */                                     \
    X(TIERS, "Tiers")       /* a field for each tier set: EXPRESSION_BY_INDEX + index */           \
    X(WALLET, "Wallet")     /* extra: index of the wallet */                                       \
    X(WALLETS, "Wallets")   /* a field for each wallet */                                          \
    X(COUNTERS, "Counters") /* a field for each counter */                                         \
    X(SEGMENTS, "Segments") /* a field for each segment: bool */                                   \
    X(PROFILE, "Profile")   /* a field for each of `profile:` */                                   \
    X(MEMBER, "Member")                                                                            \
    X(PROGRAM, "Program")                                                                          \
    X(ITEM, "Item") /* extra: its index in the event's items */                                    \
    X(ORDER, "Order")                                                                              \
    X(EVENT, "Event") /* of this event's type: also a field for each of its own */

enum expression_object {
#define X(name, text) EXPRESSION_##name,
    EXPRESSION_OBJECT_LIST(X)
#undef X
        EXPRESSION_OBJECT_COUNT
};

#define EXPRESSION_FIELD_LIST(X)                                                                   \
    X(LOCAL, "year", "int", YEAR)                                                                  \
    X(LOCAL, "month", "int", MONTH)        /* 1 to 12 */                                           \
    X(LOCAL, "day", "int", DAY)            /* 1 to 31 */                                           \
    X(LOCAL, "hour", "int", HOUR)          /* 0 to 23 */                                           \
    X(LOCAL, "minute", "int", MINUTE)      /* 0 to 59 */                                           \
    X(LOCAL, "weekday", "string", WEEKDAY) /* monday to sunday */                                  \
    X(LOCAL, "week_day", "int", WEEK_DAY)  /* 1 is Monday, 7 Sunday (ISO 8601) */                  \
    X(LOCAL, "date", "string", DATE)       /* 2027-03-05: in the order of time */                  \
    X(LOCAL, "time", "string", TIME)       /* 17:30 */                                             \
    X(BIRTHDAY, "month", "int", MONTH)                                                             \
    X(BIRTHDAY, "day", "int", DAY)                                                                 \
    X(TIER, "level", "string", LEVEL) /* the level's id, or none */                                \
    X(TIER, "rank", "int", RANK)      /* 0 is none, 1 the lowest level */                          \
    X(TIER, "since", "timestamp", SINCE)                                                           \
    X(TIER, "kept_until", "timestamp", KEPT_UNTIL) /* not known when it has no end */              \
    X(WALLET, "available", "decimal", AVAILABLE)                                                   \
    X(WALLET, "pending", "decimal", PENDING)                                                       \
    X(WALLET, "held", "decimal", HELD)                                                             \
    X(WALLET, "debt", "decimal", DEBT)                                                             \
    X(MEMBER, "id", "string", ID)                                                                  \
    X(MEMBER, "joined_at", "timestamp", JOINED_AT)                                                 \
    X(MEMBER, "birthday", "Birthday", BIRTHDAY) /* not known: has(member.birthday) is false */     \
    X(MEMBER, "tiers", "Tiers", TIERS)                                                             \
    X(MEMBER, "wallets", "Wallets", WALLETS)                                                       \
    X(MEMBER, "counters", "Counters", COUNTERS)                                                    \
    X(MEMBER, "segments", "Segments", SEGMENTS)                                                    \
    X(MEMBER, "profile", "Profile", PROFILE)                                                       \
    X(PROGRAM, "id", "string", ID)                                                                 \
    X(PROGRAM, "title", "string", TITLE)                                                           \
    X(PROGRAM, "version", "int", VERSION)                                                          \
    X(PROGRAM, "timezone", "string", TIMEZONE)                                                     \
    X(ITEM, "id", "string", ID)                                                                    \
    X(ITEM, "sku", "string", SKU)                                                                  \
    X(ITEM, "name", "string", NAME)                                                                \
    X(ITEM, "category", "string", CATEGORY)                                                        \
    X(ITEM, "type", "string", TYPE)                                                                \
    X(ITEM, "quantity", "int", QUANTITY)                                                           \
    X(ITEM, "unit_price", "money", UNIT_PRICE)                                                     \
    X(ITEM, "subtotal", "money", SUBTOTAL)                                                         \
    X(ITEM, "discount", "money", DISCOUNT)                                                         \
    X(ITEM, "tax", "money", TAX)                                                                   \
    X(ITEM, "eligible", "money", ELIGIBLE)                                                         \
    X(ORDER, "id", "string", ID)                                                                   \
    X(ORDER, "currency", "string", CURRENCY)                                                       \
    X(ORDER, "items", "list(Item)", ITEMS)                                                         \
    X(ORDER, "quantity", "int", QUANTITY)                                                          \
    X(ORDER, "subtotal", "money", SUBTOTAL)                                                        \
    X(ORDER, "discount", "money", DISCOUNT)                                                        \
    X(ORDER, "tax", "money", TAX)                                                                  \
    X(ORDER, "shipping", "money", SHIPPING)                                                        \
    X(ORDER, "paid_with_points", "money", PAID_WITH_POINTS)                                        \
    X(ORDER, "total", "money", TOTAL)                                                              \
    X(ORDER, "eligible", "money", ELIGIBLE)                                                        \
    X(EVENT, "type", "string", TYPE)                                                               \
    X(EVENT, "occurred_at", "timestamp", OCCURRED_AT)                                              \
    X(EVENT, "local", "LocalTime", LOCAL)                                                          \
    X(EVENT, "channel", "string", CHANNEL)                                                         \
    X(EVENT, "store", "string", STORE)                                                             \
    X(EVENT, "till", "string", TILL)                                                               \
    X(EVENT, "staff", "string", STAFF)                                                             \
    X(EVENT, "partner", "string", PARTNER)

/* OBJECT_FIELD: EXPRESSION_ORDER_ELIGIBLE_FIELD, ... */
enum expression_field {
#define X(object, text, type, name) EXPRESSION_##object##_##name##_FIELD,
    EXPRESSION_FIELD_LIST(X)
#undef X
        EXPRESSION_FIELD_COUNT
};
/* The fields that a programme brings itself (of TIERS, WALLETS, COUNTERS, SEGMENTS, PROFILE, and an
 * event's own) have this id plus their index in the programme's list. */
#define EXPRESSION_BY_INDEX 1000u

/* The host's functions, by host_id. */
#define EXPRESSION_FUNCTION_LIST(X)                                                                \
    X(TIER_AT_LEAST, "atLeast", "Tier.(string) -> bool")                                           \
    X(TIER_BELOW, "below", "Tier.(string) -> bool")                                                \
    X(TIER_EQUAL, "_==_", "(Tier, string) -> bool")                                                \
    X(TIER_NOT_EQUAL, "_!=_", "(Tier, string) -> bool")                                            \
    X(TIER_IN, "@in", "(Tier, list(string)) -> bool")                                              \
    X(BIRTHDAY_WITHIN, "within", "Birthday.(string) -> bool") /* day, week, month of the event */

enum expression_function {
#define X(name, function, signature) EXPRESSION_##name,
    EXPRESSION_FUNCTION_LIST(X)
#undef X
        EXPRESSION_FUNCTION_COUNT
};

/* What an expression may name. */
enum expression_scope {
    SCOPE_SEGMENT, /* member (without its segments), program, now */
    SCOPE_MEMBER,  /* member, program, now: audiences, tier measures */
    SCOPE_EVENT,   /* and event; order, when that is a purchase */
    SCOPE_ITEM     /* and item */
};

/* The type of a field of a custom event or of `profile:`; the texts are how it is written. */
#define FIELD_TYPE_LIST(X)                                                                         \
    X(BOOL, "bool")                                                                                \
    X(INT, "int")                                                                                  \
    X(DECIMAL, "decimal")                                                                          \
    X(MONEY, "money")                                                                              \
    X(STRING, "string")                                                                            \
    X(TIMESTAMP, "timestamp")                                                                      \
    X(STRINGS, "list(string)")

enum field_type {
#define X(name, text) FIELD_##name,
    FIELD_TYPE_LIST(X)
#undef X
        FIELD_TYPE_COUNT
};

struct declared_field {
    struct text name;
    enum field_type type;
};

#define FIELD_STRING_MAXIMUM_BYTES 500 /* of a custom event's or profile's string */
#define FIELD_STRINGS_MAXIMUM 50       /* of a list of them */

#endif
