/* Keys. A key's state is the position of the event that used it and the hash of what was asked for.
 *
 * The hash covers everything that the caller chose, each text behind its length, so that two
 * different requests never write the same bytes; it leaves out the position and the clock, which
 * are the store's.
 */
#include "engine/key.h"

#include "engine/codec_bytes.h"

#define NUMBERS_OF_EVENT 13
#define NUMBERS_OF_ITEM 5
#define TEXTS_OF_ITEM 4
#define TEXTS_OF_EVENT 11

static void event_texts(const struct event *event, struct text texts[TEXTS_OF_EVENT])
{
    const struct text all[TEXTS_OF_EVENT] = {event->member,    event->other_member, event->order,
                                             event->id,        event->channel,      event->store,
                                             event->milestone, event->wallet,       event->reward,
                                             event->reason,    event->actor};
    memcpy(texts, all, sizeof all);
}

static size_t text_room(struct text text)
{
    return VARINT_MAXIMUM + text.length;
}

static size_t request_room(const struct event *event)
{
    struct text texts[TEXTS_OF_EVENT];
    size_t room = NUMBERS_OF_EVENT * VARINT_MAXIMUM;
    event_texts(event, texts);
    for (size_t i = 0; i < TEXTS_OF_EVENT; i++)
        room += text_room(texts[i]);
    for (uint32_t i = 0; i < event->item_count; i++) {
        const struct item *item = &event->items[i];
        room += NUMBERS_OF_ITEM * VARINT_MAXIMUM + text_room(item->id) + text_room(item->sku) +
                text_room(item->category) + text_room(item->type);
    }
    for (uint32_t i = 0; i < event->return_count; i++) {
        room +=
            VARINT_MAXIMUM + text_room(event->returns[i].item) + text_room(event->returns[i].sku);
    }
    return room;
}

static uint8_t *write_item(uint8_t *to, const struct item *item)
{
    struct decimal price = decimal_normalise(item->unit_price);
    to = write_text(to, item->id);
    to = write_text(to, item->sku);
    to = write_text(to, item->category);
    to = write_text(to, item->type);
    to = write_signed(to, item->quantity);
    to = write_signed(to, price.coefficient);
    to = write_signed(to, price.scale);
    to = write_signed(to, item->discount);
    return write_signed(to, item->tax);
}

static uint8_t *write_request(uint8_t *to, const struct event *event)
{
    const int64_t numbers[NUMBERS_OF_EVENT] = {
        (int64_t)event->type,  event->occurred_at_us, event->currency,
        event->birthday_month, event->birthday_day,   event->tax_is_in_prices,
        event->shipping,       event->discount,       event->paid_with_points,
        event->amount,         event->lapses_at_us,   event->item_count,
        event->return_count};
    struct text texts[TEXTS_OF_EVENT];
    event_texts(event, texts);
    for (size_t i = 0; i < NUMBERS_OF_EVENT; i++)
        to = write_signed(to, numbers[i]);
    for (size_t i = 0; i < TEXTS_OF_EVENT; i++)
        to = write_text(to, texts[i]);
    for (uint32_t i = 0; i < event->item_count; i++)
        to = write_item(to, &event->items[i]);
    for (uint32_t i = 0; i < event->return_count; i++) {
        to = write_text(to, event->returns[i].item);
        to = write_text(to, event->returns[i].sku);
        to = write_signed(to, event->returns[i].quantity);
    }
    return to;
}

enum status key_check(struct working *working, struct key_use *use)
{
    const struct event *event = working->event;
    *use = (struct key_use){.position = event->position};
    if (text_is_empty(event->key)) return STATUS_OK;
    use->state = find_state(working, ENTITY_KEY, event->key);
    if (use->state == NULL) return STATUS_CORRUPT;
    uint8_t *start = arena_allocate(&working->states->arena, request_room(event));
    if (start == NULL) return STATUS_NO_MEMORY;
    size_t length = (size_t)(write_request(start, event) - start);
    hash_record((struct text){(const char *)start, length}, use->digest);
    if (use->state->size == 0) return STATUS_OK;
    struct reader reader = reader_of(use->state->bytes, use->state->size);
    uint64_t position = read_unsigned(&reader);
    struct text digest = read_text(&reader, HASH_RECORD_BYTES);
    if (reader.failed || digest.length != HASH_RECORD_BYTES) return STATUS_CORRUPT;
    if (memcmp(digest.bytes, use->digest, HASH_RECORD_BYTES) != 0) {
        return refuse(working, ANSWER_KEY_CONFLICT);
    }
    working->decision->repeated_position = position;
    return refuse(working, ANSWER_REPEATED);
}

enum status key_note(struct working *working, const struct key_use *use)
{
    if (use->state == NULL || working->decision->answer == ANSWER_INVALID_EVENT) return STATUS_OK;
    uint8_t *start =
        arena_allocate(&working->states->arena, 2 * VARINT_MAXIMUM + HASH_RECORD_BYTES);
    if (start == NULL) return STATUS_NO_MEMORY;
    uint8_t *to = write_unsigned(start, use->position);
    to = write_text(to, (struct text){(const char *)use->digest, HASH_RECORD_BYTES});
    struct text bytes = {(const char *)start, (size_t)(to - start)};
    return emit(working, use->state, (struct effect){.kind = EFFECT_KEY_USED, .payload = bytes});
}
