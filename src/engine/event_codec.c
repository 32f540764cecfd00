/* An event as bytes, and back.
 *
 *   format, type, occurred, which fields are given, then each of those in list order
 *   item      shape, sku, price, [scale] and what else the shape says is given, in its order
 *
 * One event has one form, so that what these bytes hash to stands for the event: a field that is
 * empty, zero or false is not given and takes no byte, and a price is written without the zeros at
 * its end. So 10.00 comes back as 10. Position and clock are the store's, not the caller's, and are
 * no part of it.
 *
 * Must never: leave out a field that the caller chose, or take in a birthday: that is personal, and
 * what is written here cannot be erased. EVENT_FIELD_LIST is the only place that names the fields;
 * a new field of struct event is added at its end. Format 1, which no release ever wrote, had the
 * birthday.
 * Decoding trusts nothing: counts are bounded by the bytes that are left and by the engine's own
 * maxima, and a field that claims to be given and is not is STATUS_CORRUPT.
 */
#include "engine/event_codec.h"

#include "engine/codec_bytes.h"
#include "engine/engine.h"

#define EVENT_FORMAT 2

/* Name, kind, field. The first seven are those of a plain purchase: their bits fill one byte. */
#define EVENT_FIELD_LIST(X)                                                                        \
    X(MEMBER, TEXT, member)                                                                        \
    X(ORDER, TEXT, order)                                                                          \
    X(ITEMS, LIST, item)                                                                           \
    X(KEY, TEXT, key)                                                                              \
    X(CHANNEL, TEXT, channel)                                                                      \
    X(STORE, TEXT, store)                                                                          \
    X(TAX_IS_IN_PRICES, FLAG, tax_is_in_prices)                                                    \
    X(SHIPPING, SIGNED, shipping)                                                                  \
    X(CURRENCY, NUMBER, currency)                                                                  \
    X(TILL, TEXT, till)                                                                            \
    X(STAFF, TEXT, staff)                                                                          \
    X(DISCOUNT, SIGNED, discount)                                                                  \
    X(WALLET, TEXT, wallet)                                                                        \
    X(AMOUNT, SIGNED, amount)                                                                      \
    X(ID, TEXT, id)                                                                                \
    X(REWARD, TEXT, reward)                                                                        \
    X(RETURNS, LIST, return )                                                                      \
    X(REDEEMS, LIST, redeem)                                                                       \
    X(PAYMENTS, LIST, payment)                                                                     \
    X(QUOTE, POSITION, quote)                                                                      \
    X(REVISION, POSITION, revision)                                                                \
    X(LAPSES, SIGNED, lapses_at_us)                                                                \
    X(REASON, TEXT, reason)                                                                        \
    X(ACTOR, TEXT, actor)                                                                          \
    X(PARTNER, TEXT, partner)                                                                      \
    X(MILESTONE, TEXT, milestone)                                                                  \
    X(OTHER_MEMBER, TEXT, other_member)                                                            \
    X(PAID_WITH_POINTS, SIGNED, paid_with_points)                                                  \
    X(FIELDS_HASH, TEXT, fields_hash)                                                              \
    X(EXPIRES, SIGNED, expires_at_us)                                                              \
    X(PROMISES, LIST, promise)                                                                     \
    X(IS_IMPORT, FLAG, is_import)                                                                  \
    X(REFUSES_CHANGES, FLAG, refuses_changes)

enum event_field {
#define X(name, kind, field) EVENT_FIELD_##name,
    EVENT_FIELD_LIST(X)
#undef X
        EVENT_FIELD_COUNT
};
_Static_assert(EVENT_FIELD_COUNT <= 64, "one bit each");
#define GIVEN(name) (UINT64_C(1) << EVENT_FIELD_##name)

/* The lower bits of an item's shape are its price's scale, SCALE_FOLLOWS if it is none of those. */
enum item_shape {
    SCALE_BITS = 7,
    SCALE_FOLLOWS = 7,
    SHAPE_CATEGORY = 8,
    SHAPE_NAME = 16,
    SHAPE_QUANTITY = 32, /* else it is one unit */
    SHAPE_ID = 64,
    SHAPE_DISCOUNT = 128,
    SHAPE_TAX = 256,
    SHAPE_TYPE = 512,
    SHAPE_KNOWN = 1023
};
#define ITEM_LEAST_BYTES 3 /* shape, length of the sku, price */

static uint64_t given_fields(const struct event *event)
{
    uint64_t given = 0;
#define IS_TEXT(field) (event->field.length > 0)
#define IS_SIGNED(field) (event->field != 0)
#define IS_NUMBER(field) (event->field != 0)
#define IS_POSITION(field) (event->field != 0)
#define IS_FLAG(field) (event->field)
#define IS_LIST(field) (event->field##_count > 0)
#define X(name, kind, field)                                                                       \
    if (IS_##kind(field)) given |= GIVEN(name);
    EVENT_FIELD_LIST(X)
#undef X
    return given;
}

bool event_lists_fit(const struct event *event)
{
    return event->item_count <= EVENT_ITEM_MAXIMUM && event->return_count <= EVENT_ITEM_MAXIMUM &&
           event->redeem_count <= EVENT_REDEEM_MAXIMUM &&
           event->promise_count <= EVENT_REDEEM_MAXIMUM &&
           event->payment_count <= EVENT_REDEEM_MAXIMUM;
}

/* ---- out ---- */

static size_t text_room(struct text text)
{
    return VARINT_MAXIMUM + text.length;
}

static size_t lists_room(const struct event *event)
{
    size_t room = 0;
    for (uint32_t i = 0; i < event->item_count; i++) {
        const struct item *item = &event->items[i];
        room += 6 * VARINT_MAXIMUM + text_room(item->id) + text_room(item->sku) +
                text_room(item->name) + text_room(item->category) + text_room(item->type);
    }
    for (uint32_t i = 0; i < event->return_count; i++) {
        const struct returned *returned = &event->returns[i];
        room += VARINT_MAXIMUM + text_room(returned->item) + text_room(returned->sku);
    }
    for (uint32_t i = 0; i < event->redeem_count; i++) {
        const struct redeem *redeem = &event->redeems[i];
        room += VARINT_MAXIMUM + text_room(redeem->reward) + text_room(redeem->wallet);
    }
    for (uint32_t i = 0; i < event->promise_count; i++)
        room += VARINT_MAXIMUM + text_room(event->promises[i].wallet);
    for (uint32_t i = 0; i < event->payment_count; i++)
        room += VARINT_MAXIMUM + text_room(event->payments[i].kind);
    return room;
}

size_t event_room(const struct event *event)
{
    size_t room = (4 + EVENT_FIELD_COUNT) * VARINT_MAXIMUM + lists_room(event);
#define ROOM_TEXT(field) room += event->field.length
#define ROOM_SIGNED(field) (void)0
#define ROOM_NUMBER(field) (void)0
#define ROOM_POSITION(field) (void)0
#define ROOM_FLAG(field) (void)0
#define ROOM_LIST(field) (void)0
#define X(name, kind, field) ROOM_##kind(field);
    EVENT_FIELD_LIST(X)
#undef X
    return room;
}

static uint8_t *write_item_list(uint8_t *to, const struct event *event)
{
    to = write_unsigned(to, event->item_count);
    for (uint32_t i = 0; i < event->item_count; i++) {
        const struct item *item = &event->items[i];
        struct decimal price = decimal_normalise(item->unit_price);
        bool has_small_scale = price.scale >= 0 && price.scale < SCALE_FOLLOWS;
        uint64_t shape = has_small_scale ? (uint64_t)price.scale : SCALE_FOLLOWS;
        if (item->category.length > 0) shape |= SHAPE_CATEGORY;
        if (item->name.length > 0) shape |= SHAPE_NAME;
        if (item->quantity != 1) shape |= SHAPE_QUANTITY;
        if (item->id.length > 0) shape |= SHAPE_ID;
        if (item->discount != 0) shape |= SHAPE_DISCOUNT;
        if (item->tax != 0) shape |= SHAPE_TAX;
        if (item->type.length > 0) shape |= SHAPE_TYPE;
        to = write_unsigned(to, shape);
        to = write_text(to, item->sku);
        to = write_signed(to, price.coefficient);
        if (!has_small_scale) to = write_signed(to, price.scale);
        if ((shape & SHAPE_CATEGORY) != 0) to = write_text(to, item->category);
        if ((shape & SHAPE_NAME) != 0) to = write_text(to, item->name);
        if ((shape & SHAPE_QUANTITY) != 0) to = write_signed(to, item->quantity);
        if ((shape & SHAPE_ID) != 0) to = write_text(to, item->id);
        if ((shape & SHAPE_DISCOUNT) != 0) to = write_signed(to, item->discount);
        if ((shape & SHAPE_TAX) != 0) to = write_signed(to, item->tax);
        if ((shape & SHAPE_TYPE) != 0) to = write_text(to, item->type);
    }
    return to;
}

static uint8_t *write_return_list(uint8_t *to, const struct event *event)
{
    to = write_unsigned(to, event->return_count);
    for (uint32_t i = 0; i < event->return_count; i++) {
        to = write_text(to, event->returns[i].item);
        to = write_text(to, event->returns[i].sku);
        to = write_signed(to, event->returns[i].quantity);
    }
    return to;
}

static uint8_t *write_redeem_list(uint8_t *to, const struct event *event)
{
    to = write_unsigned(to, event->redeem_count);
    for (uint32_t i = 0; i < event->redeem_count; i++) {
        to = write_text(to, event->redeems[i].reward);
        to = write_text(to, event->redeems[i].wallet);
        to = write_signed(to, event->redeems[i].amount);
    }
    return to;
}

static uint8_t *write_promise_list(uint8_t *to, const struct event *event)
{
    to = write_unsigned(to, event->promise_count);
    for (uint32_t i = 0; i < event->promise_count; i++) {
        to = write_text(to, event->promises[i].wallet);
        to = write_signed(to, event->promises[i].amount);
    }
    return to;
}

static uint8_t *write_payment_list(uint8_t *to, const struct event *event)
{
    to = write_unsigned(to, event->payment_count);
    for (uint32_t i = 0; i < event->payment_count; i++) {
        to = write_text(to, event->payments[i].kind);
        to = write_signed(to, event->payments[i].amount);
    }
    return to;
}

uint8_t *write_event(uint8_t *to, const struct event *event)
{
    uint64_t given = given_fields(event);
    *to++ = EVENT_FORMAT;
    to = write_unsigned(to, event->type);
    to = write_signed(to, event->occurred_at_us);
    to = write_unsigned(to, given);
#define WRITE_TEXT(field) to = write_text(to, event->field)
#define WRITE_SIGNED(field) to = write_signed(to, event->field)
#define WRITE_NUMBER(field) to = write_unsigned(to, event->field)
#define WRITE_POSITION(field) to = write_unsigned(to, event->field)
#define WRITE_FLAG(field) (void)0
#define WRITE_LIST(field) to = write_##field##_list(to, event)
#define X(name, kind, field)                                                                       \
    if ((given & GIVEN(name)) != 0) WRITE_##kind(field);
    EVENT_FIELD_LIST(X)
#undef X
    return to;
}

enum status engine_encode_event(const struct event *event, struct arena *arena, struct text *bytes)
{
    if (!event_lists_fit(event)) return STATUS_LIMIT;
    size_t room = event_room(event);
    if (room > ENGINE_RECORD_MAXIMUM) return STATUS_LIMIT;
    uint8_t *start = arena_allocate(arena, room);
    if (start == NULL) return STATUS_NO_MEMORY;
    size_t length = (size_t)(write_event(start, event) - start);
    ASSERT(length <= room);
    *bytes = (struct text){(const char *)start, length};
    return STATUS_OK;
}

/* ---- in ---- */

static struct text read_long_text(struct reader *reader)
{
    return read_text(reader, ENGINE_RECORD_MAXIMUM);
}

static int32_t read_small(struct reader *reader)
{
    int64_t value = read_signed(reader);
    if (value < INT32_MIN || value > INT32_MAX) reader->failed = true;
    return (int32_t)value;
}

/* Room for a list whose elements take `least` bytes each. */
static enum status read_list(struct reader *reader, struct arena *arena, uint32_t maximum,
                             size_t size, size_t least, uint32_t *count, void *list)
{
    uint64_t wanted = read_bounded(reader, maximum);
    if (reader->failed || wanted * least > (size_t)(reader->end - reader->at)) {
        return STATUS_CORRUPT;
    }
    void *room = arena_allocate_zeroed(arena, (size_t)wanted + 1, size);
    if (room == NULL) return STATUS_NO_MEMORY;
    memcpy(list, &room, sizeof room);
    *count = (uint32_t)wanted;
    return STATUS_OK;
}

static void read_item(struct reader *reader, struct item *item)
{
    uint64_t shape = read_bounded(reader, SHAPE_KNOWN);
    item->sku = read_long_text(reader);
    item->unit_price.coefficient = read_signed(reader);
    bool has_small_scale = (shape & SCALE_BITS) != SCALE_FOLLOWS;
    item->unit_price.scale = has_small_scale ? (int32_t)(shape & SCALE_BITS) : read_small(reader);
    if ((shape & SHAPE_CATEGORY) != 0) item->category = read_long_text(reader);
    if ((shape & SHAPE_NAME) != 0) item->name = read_long_text(reader);
    item->quantity = (shape & SHAPE_QUANTITY) != 0 ? read_signed(reader) : 1;
    if ((shape & SHAPE_ID) != 0) item->id = read_long_text(reader);
    if ((shape & SHAPE_DISCOUNT) != 0) item->discount = read_signed(reader);
    if ((shape & SHAPE_TAX) != 0) item->tax = read_signed(reader);
    if ((shape & SHAPE_TYPE) != 0) item->type = read_long_text(reader);
}

static enum status read_item_list(struct reader *reader, struct arena *arena, struct event *event)
{
    struct item *items;
    TRY(read_list(reader, arena, EVENT_ITEM_MAXIMUM, sizeof *items, ITEM_LEAST_BYTES,
                  &event->item_count, &items));
    for (uint32_t i = 0; i < event->item_count && !reader->failed; i++)
        read_item(reader, &items[i]);
    event->items = items;
    return STATUS_OK;
}

static enum status read_return_list(struct reader *reader, struct arena *arena, struct event *event)
{
    struct returned *returns;
    TRY(read_list(reader, arena, EVENT_ITEM_MAXIMUM, sizeof *returns, 3, &event->return_count,
                  &returns));
    for (uint32_t i = 0; i < event->return_count && !reader->failed; i++) {
        returns[i].item = read_long_text(reader);
        returns[i].sku = read_long_text(reader);
        returns[i].quantity = read_signed(reader);
    }
    event->returns = returns;
    return STATUS_OK;
}

static enum status read_redeem_list(struct reader *reader, struct arena *arena, struct event *event)
{
    struct redeem *redeems;
    TRY(read_list(reader, arena, EVENT_REDEEM_MAXIMUM, sizeof *redeems, 3, &event->redeem_count,
                  &redeems));
    for (uint32_t i = 0; i < event->redeem_count && !reader->failed; i++) {
        redeems[i].reward = read_long_text(reader);
        redeems[i].wallet = read_long_text(reader);
        redeems[i].amount = read_signed(reader);
    }
    event->redeems = redeems;
    return STATUS_OK;
}

static enum status read_promise_list(struct reader *reader, struct arena *arena,
                                     struct event *event)
{
    struct promise *promises;
    TRY(read_list(reader, arena, EVENT_REDEEM_MAXIMUM, sizeof *promises, 2, &event->promise_count,
                  &promises));
    for (uint32_t i = 0; i < event->promise_count && !reader->failed; i++) {
        promises[i].wallet = read_long_text(reader);
        promises[i].amount = read_signed(reader);
    }
    event->promises = promises;
    return STATUS_OK;
}

static enum status read_payment_list(struct reader *reader, struct arena *arena,
                                     struct event *event)
{
    struct payment *payments;
    TRY(read_list(reader, arena, EVENT_REDEEM_MAXIMUM, sizeof *payments, 2, &event->payment_count,
                  &payments));
    for (uint32_t i = 0; i < event->payment_count && !reader->failed; i++) {
        payments[i].kind = read_long_text(reader);
        payments[i].amount = read_signed(reader);
    }
    event->payments = payments;
    return STATUS_OK;
}

enum status engine_decode_event(struct text bytes, struct arena *arena, struct event *event)
{
    struct reader reader = reader_of(bytes.bytes, bytes.length);
    struct event read = {0};
    if (bytes.length > ENGINE_RECORD_MAXIMUM) return STATUS_LIMIT;
    if (read_bounded(&reader, UINT8_MAX) != EVENT_FORMAT) return STATUS_CORRUPT;
    read.type = (enum event_type)read_bounded(&reader, EVENT_TYPE_COUNT - 1);
    read.occurred_at_us = read_signed(&reader);
    uint64_t given = read_unsigned(&reader);
#define READ_TEXT(field) read.field = read_long_text(&reader)
#define READ_SIGNED(field) read.field = read_signed(&reader)
#define READ_NUMBER(field) read.field = (uint32_t)read_bounded(&reader, UINT32_MAX)
#define READ_POSITION(field) read.field = read_unsigned(&reader)
#define READ_FLAG(field) read.field = true
#define READ_LIST(field) TRY(read_##field##_list(&reader, arena, &read))
#define X(name, kind, field)                                                                       \
    if ((given & GIVEN(name)) != 0) READ_##kind(field);
    EVENT_FIELD_LIST(X)
#undef X
    if (reader.failed || reader.at != reader.end) return STATUS_CORRUPT;
    if (given_fields(&read) != given) return STATUS_CORRUPT;
    *event = read;
    return STATUS_OK;
}
