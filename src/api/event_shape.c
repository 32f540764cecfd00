/* Events as JSON: the tables of shapes, and the conversion to the engine's terms. */
#include "api/event_shape.h"

#include "api/custom_shape.h"

#define MONEY_EXAMPLE "\"19.99\""
#define EVALUATED_PROGRAM_BYTES 1000000

/* ---- types ---- */

/* name in the engine, name in the API, taken by POST /v1/events, what it needs */
enum need {
    NEED_MEMBER = 1u << 0,
    NEED_OTHER_MEMBER = 1u << 1,
    NEED_ORDER = 1u << 2,
    NEED_ITEMS = 1u << 3,
    NEED_RETURNS = 1u << 4,
    NEED_MILESTONE = 1u << 5,
    NEED_REWARD_OR_AMOUNT = 1u << 6,
    NEED_REDEMPTION = 1u << 7,
    NEED_WALLET = 1u << 8,
    NEED_AMOUNT = 1u << 9,
    NEED_REASON = 1u << 10,
    NEED_ID = 1u << 11,
    NEED_RETURN = 1u << 12,
    NEED_LAPSES_AT = 1u << 13,
};

#define EVENT_CODE_LIST(X)                                                                         \
    X(JOIN, "join", true, NEED_MEMBER)                                                             \
    X(PURCHASE, "purchase", true, NEED_ORDER | NEED_ITEMS)                                         \
    X(RETURN, "return", true, NEED_ORDER)                                                          \
    X(RETURN_BY_SKU, "return_by_sku", true, NEED_MEMBER | NEED_RETURNS)                            \
    X(MILESTONE, "milestone", true, NEED_ORDER | NEED_MILESTONE)                                   \
    X(REDEEM, "redeem", true, NEED_MEMBER | NEED_REWARD_OR_AMOUNT)                                 \
    X(HOLD, "hold", true, NEED_MEMBER | NEED_REWARD_OR_AMOUNT | NEED_ID | NEED_LAPSES_AT)          \
    X(CONFIRM, "confirm", true, NEED_REDEMPTION)                                                   \
    X(CANCEL, "cancel", true, NEED_REDEMPTION)                                                     \
    X(REVERSE, "reverse", true, NEED_REDEMPTION)                                                   \
    X(ADJUST, "adjust", true, NEED_MEMBER | NEED_WALLET | NEED_AMOUNT | NEED_REASON)               \
    X(TRANSFER, "transfer", true, NEED_MEMBER | NEED_OTHER_MEMBER | NEED_WALLET | NEED_AMOUNT)     \
    X(MERGE, "merge", true, NEED_MEMBER | NEED_OTHER_MEMBER)                                       \
    X(UNMERGE, "unmerge", true, NEED_MEMBER | NEED_OTHER_MEMBER)                                   \
    X(SETTLE, "settle", true, NEED_MEMBER)                                                         \
    X(PROFILE, "profile", false, NEED_MEMBER)                                                      \
    X(CLOSE, "close", true, NEED_MEMBER)                                                           \
    X(REOPEN, "reopen", true, NEED_MEMBER)                                                         \
    X(ERASE, "erase", false, NEED_MEMBER)                                                          \
    X(EXPIRE, "expire", true, NEED_MEMBER | NEED_WALLET | NEED_REASON)                             \
    X(RELEASE, "release", true, NEED_MEMBER | NEED_WALLET | NEED_REASON)                           \
    X(QUOTE, "quote", true, NEED_ORDER | NEED_ITEMS | NEED_LAPSES_AT)                              \
    X(CONFIRM_ORDER, "confirm_order", true, NEED_ORDER)                                            \
    X(CANCEL_ORDER, "cancel_order", true, NEED_ORDER)                                              \
    X(EDIT, "edit", true, NEED_ORDER | NEED_ITEMS | NEED_ID)                                       \
    X(CLAIM, "claim", true, NEED_ORDER | NEED_MEMBER)                                              \
    X(UNDO_RETURN, "undo_return", true, NEED_ORDER | NEED_RETURN)                                  \
    X(CUSTOM, "custom", false, NEED_MEMBER)

const char *const event_codes[] = {
#define X(type, code, is_taken, needs) [EVENT_##type] = code,
    EVENT_CODE_LIST(X)
#undef X
        [EVENT_TYPE_COUNT] = NULL,
};

const char *const event_choices[] = {
#define X(type, code, is_taken, needs) [EVENT_##type] = (is_taken) ? (code) : "",
    EVENT_CODE_LIST(X)
#undef X
        [EVENT_TYPE_COUNT] = NULL,
};

static const unsigned event_needs[] = {
#define X(type, code, is_taken, needs) [EVENT_##type] = (needs),
    EVENT_CODE_LIST(X)
#undef X
};
_Static_assert(sizeof event_needs / sizeof *event_needs == EVENT_TYPE_COUNT, "each has its place");

/* ---- shapes ---- */

static const struct field item_fields[] = {
    SHAPE_FIELD(item_body, id, ID,
                .description = "Id of the line, for returns; its number from 1 unless given."),
    SHAPE_FIELD(item_body, sku, ID, .maximum = EVENT_SKU_MAXIMUM, .description = "The article.",
                .example = "\"SKU-1\""),
    SHAPE_FIELD(item_body, name, TEXT, .maximum = EVENT_NAME_MAXIMUM,
                .description = "Its name, for people."),
    SHAPE_FIELD(item_body, category, ID, .maximum = EVENT_SKU_MAXIMUM,
                .description = "Its category, for rules."),
    SHAPE_FIELD(item_body, type, ID, .maximum = EVENT_SKU_MAXIMUM,
                .description = "Its type; `gift_card` is known to every programme."),
    SHAPE_FIELD(item_body, quantity, QUANTITY, SHAPE_GIVEN(item_body, has_quantity),
                .minimum = -EVENT_QUANTITY_MAXIMUM, .maximum = EVENT_QUANTITY_MAXIMUM,
                .description = "Units; 1 unless given."),
    SHAPE_FIELD(item_body, unit_price, DECIMAL, .is_required = true, .example = MONEY_EXAMPLE,
                .description = "Money for one unit before discounts, at most 6 decimals."),
    SHAPE_FIELD(item_body, discount, DECIMAL, .example = "\"1.00\"",
                .description = "Money off this line."),
    SHAPE_FIELD(item_body, tax, DECIMAL, .example = "\"3.19\"",
                .description = "Tax of this line, in money."),
};
const struct shape item_shape = SHAPE("Item", "A line of an order.", item_body, item_fields);

static const struct field redeem_fields[] = {
    SHAPE_FIELD(redeem_body, reward, ID, .maximum = 200, .description = "Id of a reward."),
    SHAPE_FIELD(redeem_body, wallet, ID, .maximum = 200,
                .description = "Or a wallet, with an amount."),
    SHAPE_FIELD(redeem_body, amount, DECIMAL, .example = "\"500\"",
                .description = "Points of the wallet."),
};
const struct shape redeem_shape =
    SHAPE("Redeem", "A reward, or an amount of a wallet, to pay with.", redeem_body, redeem_fields);

static const struct field payment_fields[] = {
    SHAPE_FIELD(payment_body, kind, ID, .is_required = true,
                .description = "`card`, `cash`, or another of your own."),
    SHAPE_FIELD(payment_body, amount, DECIMAL, .is_required = true, .example = MONEY_EXAMPLE,
                .description = "Money."),
};
const struct shape payment_shape =
    SHAPE("Payment", "What a customer paid with.", payment_body, payment_fields);

static const struct field promise_fields[] = {
    SHAPE_FIELD(promise_body, wallet, ID, .maximum = 200, .is_required = true,
                .description = "Id of the wallet."),
    SHAPE_FIELD(promise_body, amount, DECIMAL, .is_required = true, .example = "\"25\"",
                .description = "Points that the customer was told to have earned."),
};
const struct shape promise_shape =
    SHAPE("Promise", "What a till without a connection promised.", promise_body, promise_fields);

static const struct field returned_fields[] = {
    SHAPE_FIELD(returned_body, item, ID, .description = "Id of the order's item."),
    SHAPE_FIELD(returned_body, sku, ID, .maximum = EVENT_SKU_MAXIMUM,
                .description = "Or its article, where no order is named."),
    SHAPE_FIELD(returned_body, quantity, QUANTITY, SHAPE_GIVEN(returned_body, has_quantity),
                .minimum = 1, .maximum = EVENT_QUANTITY_MAXIMUM,
                .description = "Units; 1 unless given."),
};
const struct shape returned_shape =
    SHAPE("Returned", "Units that come back.", returned_body, returned_fields);

static const struct field event_fields[] = {
    SHAPE_FIELD(event_body, type, CHOICE, .is_required = true, .choices = event_choices,
                SHAPE_OTHER(event_body, name, EVENT_CUSTOM),
                .description = "What happened: one of these, or an event that the programme "
                               "declares itself, by its id.",
                .example = "\"purchase\""),
    SHAPE_FIELD(event_body, id, ID,
                .description = "Your id of the event: its idempotency key, unless there is a "
                               "header. Also names a hold, a redemption, a return or an edit."),
    SHAPE_FIELD_AS("occurred_at", event_body, occurred_at_us, INSTANT,
                   .description = "When it happened; now unless given.",
                   .example = "\"2027-03-05T12:00:00Z\""),
    SHAPE_FIELD(event_body, member, REFERENCE, .description = "Whose event it is."),
    SHAPE_FIELD(event_body, other_member, REFERENCE,
                .description = "The other side of a transfer or merge."),
    SHAPE_FIELD(event_body, order, ID, .description = "Id of the order."),
    SHAPE_FIELD(event_body, redemption, ID,
                .description = "Id of the hold or redemption that is confirmed, cancelled or "
                               "reversed."),
    SHAPE_FIELD_AS("return", event_body, returned, ID,
                   .description = "Id of the return that was made by mistake."),
    BASKET_FIELDS(event_body, basket),
    SHAPE_FIELD(event_body, returns, LIST, .shape = &returned_shape,
                SHAPE_COUNT(event_body, return_count), .maximum = EVENT_ITEM_MAXIMUM,
                .description = "What comes back; everything that is left unless given."),
    SHAPE_FIELD(event_body, milestone, ID, .description = "`shipped`, `delivered`, ..."),
    SHAPE_FIELD(event_body, wallet, ID, .maximum = 200, .description = "Id of the wallet."),
    SHAPE_FIELD(event_body, reward, ID, .maximum = 200, .description = "Id of the reward."),
    SHAPE_FIELD(event_body, amount, DECIMAL, SHAPE_GIVEN(event_body, has_amount),
                .description = "Points.", .example = "\"100\""),
    SHAPE_FIELD_AS("lapses_at", event_body, lapses_at_us, INSTANT,
                   .description = "When a hold ends by itself."),
    SHAPE_FIELD_AS("expires_at", event_body, expires_at_us, INSTANT,
                   .description = "When adjusted points end; as the wallet says unless given."),
    SHAPE_FIELD(event_body, quote, ID, .description = "The quote that is confirmed."),
    SHAPE_FIELD(event_body, refuses_changes, BOOLEAN,
                .description = "A lapsed quote that would come out differently is refused."),
    SHAPE_FIELD(event_body, revision, INTEGER,
                .description = "Of a quote: a higher one replaces a lower one."),
    SHAPE_FIELD(event_body, reason, TEXT, .maximum = EVENT_REASON_MAXIMUM,
                .description = "Why, for people."),
    SHAPE_FIELD(event_body, actor, TEXT, .maximum = EVENT_REASON_MAXIMUM,
                .description = "Who did it; the key's name unless given."),
    SHAPE_FIELD(event_body, data, ANY,
                .description = "Of an event of the programme's own: an object of the fields that "
                               "it declares. `decimal` and `money` are strings (`12.50 USD`), "
                               "`timestamp` is RFC 3339.",
                .example = "{\"rating\":5,\"approved\":true}"),
    /* The last two, which events that are recorded do not have. */
    SHAPE_FIELD(event_body, program, TEXT, .maximum = EVALUATED_PROGRAM_BYTES,
                .description = "A draft programme, as YAML or JSON text, that decides instead of a "
                               "published one."),
    SHAPE_FIELD(event_body, profile, ANY,
                .description = "Personal data to try it with, as `fields` of a member. What the "
                               "programme's `profile` declares is looked for here alone then; a "
                               "`birthday` here replaces the member's.",
                .example = "{\"birthday\":\"--05-17\",\"country\":\"DE\"}"),
};
#define EVENT_FIELD_COUNT (sizeof event_fields / sizeof *event_fields)
#define EVALUATED_FIELD_COUNT 2
const struct shape event_shape = {
    .name = "Event",
    .description = "What happened.",
    .fields = event_fields,
    .field_count = EVENT_FIELD_COUNT - EVALUATED_FIELD_COUNT,
    .size = sizeof(struct event_body),
};
const struct shape evaluated_shape =
    SHAPE("EvaluatedEvent", "What would happen.", event_body, event_fields);

/* ---- amounts ---- */

static int64_t rescale(const struct converter *converter, struct decimal value, int32_t decimals,
                       struct text unit, const struct place *place)
{
    int64_t amount = 0;
    enum status status = decimal_rescale(value, decimals, &amount);
    if (status == STATUS_INVALID) {
        mistake_add(converter->mistakes, place, MISTAKE_TOO_PRECISE,
                    "it has more decimals than %.*s has: %d at most", TEXT_ARGUMENTS(unit),
                    decimals);
    } else if (status != STATUS_OK) {
        mistake_add(converter->mistakes, place, MISTAKE_OUT_OF_RANGE, "it is too large");
    }
    return status == STATUS_OK ? amount : 0;
}

int64_t convert_money(const struct converter *converter, struct decimal money, uint32_t currency,
                      const struct place *place)
{
    if (currency >= converter->program->currency_count) return 0;
    const struct currency *unit = &converter->program->currencies[currency];
    return rescale(converter, money, unit->decimals, unit->code, place);
}

/* Index of a wallet; what is not there is a mistake at `place`. */
static uint32_t find_wallet(const struct converter *converter, struct text id,
                            const struct place *place)
{
    const struct program *program = converter->program;
    struct text names[PROGRAM_WALLET_MAXIMUM];
    uint32_t index = program_find_wallet(program, id);
    if (index != PROGRAM_NONE) return index;
    for (uint32_t i = 0; i < program->wallet_count; i++)
        names[i] = program->wallets[i].id;
    int nearest = text_nearest(id, names, program->wallet_count);
    if (nearest < 0) {
        mistake_add(converter->mistakes, place, MISTAKE_UNKNOWN_ID,
                    "the programme has no wallet '%.*s'", TEXT_ARGUMENTS(id));
    } else {
        mistake_add(converter->mistakes, place, MISTAKE_UNKNOWN_ID,
                    "the programme has no wallet '%.*s'; did you mean '%.*s'?", TEXT_ARGUMENTS(id),
                    TEXT_ARGUMENTS(names[nearest]));
    }
    return PROGRAM_NONE;
}

int64_t convert_points(const struct converter *converter, struct decimal points, struct text wallet,
                       const struct place *place)
{
    struct place wallet_place = {.parent = place == NULL ? NULL : place->parent,
                                 .name = TEXT("wallet")};
    uint32_t index = find_wallet(converter, wallet, &wallet_place);
    if (index == PROGRAM_NONE) return 0;
    const struct wallet *found = &converter->program->wallets[index];
    return rescale(converter, points, found->decimals, found->id, place);
}

/* ---- baskets ---- */

static uint32_t find_currency(const struct converter *converter, struct text code)
{
    const struct program *program = converter->program;
    struct place place = {.parent = converter->place, .name = TEXT("currency")};
    if (text_is_empty(code)) return 0;
    struct text list = TEXT("");
    for (uint32_t i = 0; i < program->currency_count; i++) {
        if (text_equal(program->currencies[i].code, code)) return i;
        list = arena_format(converter->arena, "%.*s%s%.*s", TEXT_ARGUMENTS(list),
                            i == 0 ? "" : ", ", TEXT_ARGUMENTS(program->currencies[i].code));
        if (list.bytes == NULL) list = TEXT("");
    }
    mistake_add(converter->mistakes, &place, MISTAKE_UNKNOWN_ID,
                "the programme has no currency '%.*s'; it has %.*s", TEXT_ARGUMENTS(code),
                TEXT_ARGUMENTS(list));
    return 0;
}

static int64_t money_of(const struct converter *converter, struct decimal money, uint32_t currency,
                        const struct place *parent, struct text name)
{
    struct place place = {.parent = parent, .name = name};
    int64_t amount = convert_money(converter, money, currency, &place);
    if (amount < 0) {
        mistake_add(converter->mistakes, &place, MISTAKE_OUT_OF_RANGE, "it is below zero");
        return 0;
    }
    return amount;
}

#define UNIT_PRICE_DECIMALS_MAXIMUM 6

static enum status convert_items(const struct converter *converter,
                                 const struct basket_body *basket, struct event *event)
{
    struct place list = {.parent = converter->place, .name = TEXT("items")};
    struct item *items =
        arena_new_array(converter->arena, struct item, (size_t)basket->item_count + 1);
    if (items == NULL) return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < basket->item_count; i++) {
        const struct item_body *body = &basket->items[i];
        struct place here = {.parent = &list, .index = i};
        struct place price = {.parent = &here, .name = TEXT("unit_price")};
        struct place tax = {.parent = &here, .name = TEXT("tax")};
        items[i] = (struct item){
            .id = body->id,
            .sku = body->sku,
            .name = body->name,
            .category = body->category,
            .type = body->type,
            .quantity = body->has_quantity ? body->quantity : 1,
            .unit_price = decimal_normalise(body->unit_price),
            .discount =
                money_of(converter, body->discount, event->currency, &here, TEXT("discount")),
            .tax = convert_money(converter, body->tax, event->currency, &tax),
        };
        if (items[i].unit_price.scale > UNIT_PRICE_DECIMALS_MAXIMUM) {
            mistake_add(converter->mistakes, &price, MISTAKE_TOO_PRECISE,
                        "a unit price has at most %d decimals", UNIT_PRICE_DECIMALS_MAXIMUM);
        }
    }
    event->items = items;
    event->item_count = basket->item_count;
    return STATUS_OK;
}

static enum status convert_redeems(const struct converter *converter,
                                   const struct basket_body *basket, struct event *event)
{
    struct place list = {.parent = converter->place, .name = TEXT("redeem")};
    struct redeem *redeems =
        arena_new_array(converter->arena, struct redeem, (size_t)basket->redeem_count + 1);
    if (redeems == NULL) return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < basket->redeem_count; i++) {
        const struct redeem_body *body = &basket->redeem[i];
        struct place here = {.parent = &list, .index = i};
        struct place amount = {.parent = &here, .name = TEXT("amount")};
        redeems[i] = (struct redeem){.reward = body->reward, .wallet = body->wallet};
        if ((body->reward.length == 0) == (body->wallet.length == 0)) {
            mistake_add(converter->mistakes, &here, MISTAKE_CONTRADICTION,
                        "name either a reward, or a wallet and an amount");
        } else if (body->wallet.length > 0) {
            redeems[i].amount = convert_points(converter, body->amount, body->wallet, &amount);
        }
    }
    event->redeems = redeems;
    event->redeem_count = basket->redeem_count;
    return STATUS_OK;
}

static enum status convert_payments(const struct converter *converter,
                                    const struct basket_body *basket, struct event *event)
{
    struct place list = {.parent = converter->place, .name = TEXT("payments")};
    struct place promised = {.parent = converter->place, .name = TEXT("promises")};
    struct payment *payments =
        arena_new_array(converter->arena, struct payment, (size_t)basket->payment_count + 1);
    struct promise *promises =
        arena_new_array(converter->arena, struct promise, (size_t)basket->promise_count + 1);
    if (payments == NULL || promises == NULL) return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < basket->payment_count; i++) {
        struct place here = {.parent = &list, .index = i};
        struct place amount = {.parent = &here, .name = TEXT("amount")};
        payments[i].kind = basket->payments[i].kind;
        payments[i].amount =
            convert_money(converter, basket->payments[i].amount, event->currency, &amount);
    }
    for (uint32_t i = 0; i < basket->promise_count; i++) {
        struct place here = {.parent = &promised, .index = i};
        struct place amount = {.parent = &here, .name = TEXT("amount")};
        promises[i].wallet = basket->promises[i].wallet;
        promises[i].amount = convert_points(converter, basket->promises[i].amount,
                                            basket->promises[i].wallet, &amount);
    }
    event->payments = payments;
    event->payment_count = basket->payment_count;
    event->promises = promises;
    event->promise_count = basket->promise_count;
    return STATUS_OK;
}

enum status convert_basket(const struct converter *converter, const struct basket_body *basket,
                           struct event *event)
{
    const struct place *place = converter->place;
    event->currency = find_currency(converter, basket->currency);
    event->channel = basket->channel;
    event->store = basket->store;
    event->till = basket->till;
    event->staff = basket->staff;
    event->partner = basket->partner;
    event->tax_is_in_prices = basket->tax_included;
    event->shipping =
        money_of(converter, basket->shipping, event->currency, place, TEXT("shipping"));
    event->discount =
        money_of(converter, basket->discount, event->currency, place, TEXT("discount"));
    event->paid_with_points = money_of(converter, basket->paid_with_points, event->currency, place,
                                       TEXT("paid_with_points"));
    TRY(convert_items(converter, basket, event));
    TRY(convert_redeems(converter, basket, event));
    return convert_payments(converter, basket, event);
}

enum status convert_returns(const struct converter *converter, const struct returned_body *returns,
                            uint32_t count, struct event *event)
{
    struct place list = {.parent = converter->place, .name = TEXT("returns")};
    struct returned *units = arena_new_array(converter->arena, struct returned, (size_t)count + 1);
    bool is_by_sku = event->type == EVENT_RETURN_BY_SKU;
    if (units == NULL) return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < count; i++) {
        struct place here = {.parent = &list, .index = i};
        struct text wanted = is_by_sku ? returns[i].sku : returns[i].item;
        struct text other = is_by_sku ? returns[i].item : returns[i].sku;
        units[i] = (struct returned){returns[i].item, returns[i].sku,
                                     returns[i].has_quantity ? returns[i].quantity : 1};
        if (text_is_empty(wanted) || !text_is_empty(other)) {
            mistake_add(converter->mistakes, &here, MISTAKE_CONTRADICTION,
                        is_by_sku ? "name the sku, and no item: no order is named"
                                  : "name the order's item, and no sku");
        }
    }
    event->returns = units;
    event->return_count = count;
    return STATUS_OK;
}

/* ---- whole events ---- */

static bool has_reference(const struct reference *reference)
{
    return reference->id.length > 0 || reference->kind.length > 0;
}

static void require(const struct converter *converter, bool is_there, const char *name,
                    struct text code)
{
    struct place place = {.parent = converter->place, .name = text_of(name)};
    if (is_there) return;
    mistake_add(converter->mistakes, &place, MISTAKE_REQUIRED, "it is missing: %.*s needs it",
                TEXT_ARGUMENTS(code));
}

static void check_needs(const struct converter *converter, const struct event_body *body)
{
    bool is_custom = body->type == EVENT_CUSTOM;
    /* That there is no such event is said instead. */
    bool is_known =
        !is_custom || program_find_event(converter->program, body->name) != PROGRAM_NONE;
    unsigned needs = is_known ? event_needs[body->type] : 0;
    struct text code = is_custom ? body->name : text_of(event_codes[body->type]);
    const struct {
        unsigned need;
        bool is_there;
        const char *name;
    } checks[] = {
        {NEED_MEMBER, has_reference(&body->member), "member"},
        {NEED_OTHER_MEMBER, has_reference(&body->other_member), "other_member"},
        {NEED_ORDER, body->order.length > 0, "order"},
        {NEED_ITEMS, body->basket.item_count > 0, "items"},
        {NEED_RETURNS, body->return_count > 0, "returns"},
        {NEED_MILESTONE, body->milestone.length > 0, "milestone"},
        {NEED_REWARD_OR_AMOUNT, body->reward.length > 0 || body->wallet.length > 0, "reward"},
        {NEED_REDEMPTION, body->redemption.length > 0, "redemption"},
        {NEED_WALLET, body->wallet.length > 0, "wallet"},
        {NEED_AMOUNT, body->has_amount, "amount"},
        {NEED_REASON, body->reason.length > 0, "reason"},
        {NEED_ID, body->id.length > 0, "id"},
        {NEED_RETURN, body->returned.length > 0, "return"},
        {NEED_LAPSES_AT, body->lapses_at_us != 0, "lapses_at"},
    };
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        if ((needs & checks[i].need) != 0)
            require(converter, checks[i].is_there, checks[i].name, code);
    }
    if (body->reward.length > 0 && body->wallet.length > 0) {
        struct place place = {.parent = converter->place, .name = TEXT("wallet")};
        mistake_add(converter->mistakes, &place, MISTAKE_CONTRADICTION,
                    "name either a reward, or a wallet and an amount");
    }
    if (body->type == EVENT_JOIN && body->member.kind.length > 0) {
        struct place place = {.parent = converter->place, .name = TEXT("member")};
        mistake_add(converter->mistakes, &place, MISTAKE_CONTRADICTION,
                    "give the id that the new member is to have");
    }
}

/* The id that the engine calls by this name: of the event itself, or of what it is about. */
static struct text engine_id(const struct event_body *body)
{
    switch (body->type) {
    case EVENT_CONFIRM:
    case EVENT_CANCEL:
    case EVENT_REVERSE:
        return body->redemption;
    case EVENT_UNDO_RETURN:
        return body->returned;
    case EVENT_REDEEM:
    case EVENT_HOLD:
    case EVENT_RETURN:
    case EVENT_EDIT:
        return body->id;
    default:
        return TEXT("");
    }
}

static uint64_t quote_of(const struct converter *converter, struct text quote)
{
    struct place place = {.parent = converter->place, .name = TEXT("quote")};
    int64_t position = 0;
    if (text_is_empty(quote)) return 0;
    if (amount_parse(quote, 0, &position) == STATUS_OK && position > 0) return (uint64_t)position;
    mistake_add(converter->mistakes, &place, MISTAKE_MALFORMED,
                "it is no quote: give `quote` of the order's reply");
    return 0;
}

enum status convert_event(const struct converter *converter, const struct event_body *body,
                          int64_t now_us, struct event *event)
{
    struct place amount = {.parent = converter->place, .name = TEXT("amount")};
    check_needs(converter, body);
    *event = (struct event){
        .type = (enum event_type)body->type,
        .occurred_at_us = body->occurred_at_us == 0 ? now_us : body->occurred_at_us,
        .member = body->member.id,
        .other_member = body->other_member.id,
        .order = body->order,
        .id = engine_id(body),
        .milestone = body->milestone,
        .wallet = body->wallet,
        .reward = body->reward,
        .lapses_at_us = body->lapses_at_us,
        .expires_at_us = body->expires_at_us,
        .quote = quote_of(converter, body->quote),
        .refuses_changes = body->refuses_changes,
        .revision = body->revision > 0 ? (uint64_t)body->revision : 0,
        .reason = body->reason,
        .actor = body->actor,
    };
    if (body->has_amount && body->wallet.length > 0) {
        event->amount = convert_points(converter, body->amount, body->wallet, &amount);
    } else if (body->has_amount && body->reward.length == 0) {
        struct place wallet = {.parent = converter->place, .name = TEXT("wallet")};
        mistake_add(converter->mistakes, &wallet, MISTAKE_REQUIRED,
                    "it is missing: an amount needs its wallet");
    }
    TRY(convert_custom(converter, body, event));
    TRY(convert_returns(converter, body->returns, body->return_count, event));
    return convert_basket(converter, &body->basket, event);
}
