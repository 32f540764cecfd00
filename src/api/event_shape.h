/* Events as JSON: the body of each type, and what it is as a struct event.
 *
 * Money becomes minor units of the event's currency, points the smallest unit of their wallet, both
 * exactly: what would lose a digit is a mistake with its place. What a type needs and the body does
 * not have is one too. Whether it fits what is there is the engine's to say.
 *
 * Orders are said in the same words everywhere: a handler embeds struct basket_body in its own body
 * and BASKET_FIELDS in its table.
 */
#ifndef GUERDON_API_EVENT_SHAPE_H
#define GUERDON_API_EVENT_SHAPE_H

#include "api/shape.h"
#include "engine/engine.h"

/* Names of event types by number, as the API has them; ends with NULL. */
extern const char *const event_codes[];
/* The same, without those that POST /v1/events does not take. */
extern const char *const event_choices[];

struct item_body {
    struct text id;
    struct text sku;
    struct text name;
    struct text category;
    struct text type;
    bool has_quantity; /* else 1 */
    int64_t quantity;
    struct decimal unit_price;
    struct decimal discount;
    struct decimal tax;
};

struct redeem_body {
    struct text reward;
    struct text wallet;
    struct decimal amount;
};

struct payment_body {
    struct text kind;
    struct decimal amount;
};

struct promise_body {
    struct text wallet;
    struct decimal amount;
};

struct returned_body {
    struct text item;
    struct text sku;
    bool has_quantity;
    int64_t quantity;
};

extern const struct shape item_shape;
extern const struct shape redeem_shape;
extern const struct shape payment_shape;
extern const struct shape promise_shape;
extern const struct shape returned_shape;

/* What an order consists of. */
struct basket_body {
    struct item_body *items;
    uint32_t item_count;
    struct text currency; /* empty: the programme's first */
    struct text channel;
    struct text store;
    struct text till;
    struct text staff;
    struct text partner;
    struct decimal shipping;
    struct decimal discount;
    struct decimal paid_with_points;
    bool tax_included;
    struct text *coupons;
    uint32_t coupon_count;
    struct redeem_body *redeem;
    uint32_t redeem_count;
    struct payment_body *payments;
    uint32_t payment_count;
    struct promise_body *promises;
    uint32_t promise_count;
};

#define BASKET_ITEMS_FIELD(structure, basket)                                                      \
    SHAPE_FIELD_AS("items", structure, basket.items, LIST, .shape = &item_shape,                   \
                   SHAPE_COUNT(structure, basket.item_count), .maximum = EVENT_ITEM_MAXIMUM,       \
                   .description = "The lines of the order.")

#define BASKET_FIELDS(structure, basket)                                                           \
    BASKET_ITEMS_FIELD(structure, basket),                                                         \
        SHAPE_FIELD_AS("currency", structure, basket.currency, ID, .maximum = 3,                   \
                       .description = "ISO 4217 code; the programme's first unless given.",        \
                       .example = "\"EUR\""),                                                      \
        SHAPE_FIELD_AS("channel", structure, basket.channel, ID,                                   \
                       .description = "Where it was bought: `web`, `app`, `store`, ..."),          \
        SHAPE_FIELD_AS("store", structure, basket.store, ID, .description = "Id of the store."),   \
        SHAPE_FIELD_AS("till", structure, basket.till, ID, .description = "Id of the till."),      \
        SHAPE_FIELD_AS("staff", structure, basket.staff, ID,                                       \
                       .description = "Id of who served the customer."),                           \
        SHAPE_FIELD_AS("partner", structure, basket.partner, ID,                                   \
                       .description = "Id of the partner whose sale it is."),                      \
        SHAPE_FIELD_AS("shipping", structure, basket.shipping, DECIMAL,                            \
                       .description = "Money for shipping.", .example = "\"4.90\""),               \
        SHAPE_FIELD_AS("discount", structure, basket.discount, DECIMAL,                            \
                       .description = "Money off the whole order, beside the lines' own.",         \
                       .example = "\"5.00\""),                                                     \
        SHAPE_FIELD_AS("paid_with_points", structure, basket.paid_with_points, DECIMAL,            \
                       .description = "The part of the order that points paid, in money.",         \
                       .example = "\"0.00\""),                                                     \
        SHAPE_FIELD_AS("tax_included", structure, basket.tax_included, BOOLEAN,                    \
                       .description = "Prices include the tax; else it comes on top."),            \
        SHAPE_FIELD_AS("coupons", structure, basket.coupons, TEXT_LIST, .maximum = 50,             \
                       SHAPE_COUNT(structure, basket.coupon_count),                                \
                       .description = "Codes of coupons. Each is answered `not_available`."),      \
        SHAPE_FIELD_AS("redeem", structure, basket.redeem, LIST, .shape = &redeem_shape,           \
                       SHAPE_COUNT(structure, basket.redeem_count),                                \
                       .maximum = EVENT_REDEEM_MAXIMUM,                                            \
                       .description = "Rewards, or amounts of a wallet, to pay with."),            \
        SHAPE_FIELD_AS("payments", structure, basket.payments, LIST, .shape = &payment_shape,      \
                       SHAPE_COUNT(structure, basket.payment_count),                               \
                       .maximum = EVENT_REDEEM_MAXIMUM,                                            \
                       .description = "What the customer paid with, beside points."),              \
        SHAPE_FIELD_AS("promises", structure, basket.promises, LIST, .shape = &promise_shape,      \
                       SHAPE_COUNT(structure, basket.promise_count),                               \
                       .maximum = EVENT_REDEEM_MAXIMUM,                                            \
                       .description = "What a till without a connection promised.")

struct event_body {
    int type;         /* enum event_type */
    struct text name; /* EVENT_CUSTOM: which of the programme's own events */
    yyjson_val *data; /* EVENT_CUSTOM: what it brings; NULL: nothing */
    struct text id;
    int64_t occurred_at_us; /* 0: now */
    struct reference member;
    struct reference other_member;
    struct text order;
    struct text redemption;
    struct text returned; /* `return`: UNDO_RETURN's */
    struct basket_body basket;
    struct returned_body *returns;
    uint32_t return_count;
    struct text milestone;
    struct text wallet;
    struct text reward;
    bool has_amount;
    struct decimal amount;
    int64_t lapses_at_us;
    int64_t expires_at_us;
    struct text quote;
    bool refuses_changes;
    int64_t revision;
    struct text reason;
    struct text actor;
    struct text program; /* of an evaluation alone: a draft */
    yyjson_val *profile; /* of an evaluation alone: personal data to try it with */
};
extern const struct shape event_shape;
/* The same, with a draft programme and personal data to try it on. */
extern const struct shape evaluated_shape;

/* Turning bodies into events: which programme's units, and where mistakes go. */
struct converter {
    const struct program *program;
    struct arena *arena;
    struct mistakes *mistakes;
    const struct place *place; /* of the body: NULL, or a line */
    /* What of an event of the programme's own does not fit its declaration: kept apart, because a
     * repeat is answered from the record, whatever the programme declares by then. The event has
     * no name then, so that the engine takes it for a repeat alone. */
    struct mistakes *undeclared;
};

/* Money in minor units of a currency (an index); 0 with a mistake. `name`: of the field. */
int64_t convert_money(const struct converter *converter, struct decimal money, uint32_t currency,
                      const struct place *place);
/* Points in the smallest unit of a wallet, by its id; 0 with a mistake. */
int64_t convert_points(const struct converter *converter, struct decimal points, struct text wallet,
                       const struct place *place);
/* Fills the event's currency, items, amounts, redeems, payments and promises. */
MUST_CHECK enum status convert_basket(const struct converter *converter,
                                      const struct basket_body *basket, struct event *event);
MUST_CHECK enum status convert_returns(const struct converter *converter,
                                       const struct returned_body *returns, uint32_t count,
                                       struct event *event);
/* The whole of an event; `now_us` when it does not say when. References by external id leave the
 * event's member empty: see decide.h. STATUS_OK even with mistakes. */
MUST_CHECK enum status convert_event(const struct converter *converter,
                                     const struct event_body *body, int64_t now_us,
                                     struct event *event);

#endif
