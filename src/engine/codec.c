/* The record of a decision.
 *
 *   version, type, answer, position, repeated position, occurred, recorded,
 *   programme version, reason, actor
 *   entities  count, then each: kind, id
 *   effects   count, then each: kind, entity, the fields that its kind uses, in list order
 *   fired     count, then each
 *   pieces    count, then each
 *   redeemed  count, then each
 *   balances  0: not noted; else count + 1, then each: entity, wallet, which are not 0, those
 *   levels    count, then each: entity and whether it ends, tier set, level, [kept until]
 *   units matched, unmatched, eligible, tier before, version of the time-zone data
 *   event     as event_codec.c writes it; empty: it is not kept
 *
 * Which fields a kind has is said once, in EFFECT_KIND_LIST. Later versions add fields at the end
 * of their kinds and raise the version byte; room for the chain (previous position and hash per
 * entity) comes with the store. Decoding trusts nothing.
 */
#include "engine/codec_bytes.h"
#include "engine/engine.h"
#include "engine/event_codec.h"

#define ZONE_DATA_MAXIMUM 32 /* bytes of a version such as "2026a" */
#define RECORD_ENTITY_MAXIMUM 65535u
#define RECORD_LIST_MAXIMUM (1u << 20)
#define EFFECT_ROOM (2 + FIELD_COUNT * VARINT_MAXIMUM)

/* ---- out ---- */

static uint8_t *write_effect(uint8_t *to, const struct effect *effect)
{
    uint32_t fields = effect_fields((enum effect_kind)effect->kind);
    to = write_unsigned(to, effect->kind);
    to = write_unsigned(to, effect->entity);
    if ((fields & FIELD(FROM)) != 0) to = write_unsigned(to, effect->from);
    if ((fields & FIELD(TO)) != 0) to = write_unsigned(to, effect->to);
    if ((fields & FIELD(SYMBOL)) != 0) to = write_unsigned(to, effect->symbol);
    if ((fields & FIELD(INDEX)) != 0) to = write_unsigned(to, effect->index);
    if ((fields & FIELD(LOT)) != 0) to = write_unsigned(to, effect->lot);
    if ((fields & FIELD(EARNING)) != 0) to = write_unsigned(to, effect->earning);
    if ((fields & FIELD(AMOUNT)) != 0) to = write_signed(to, effect->amount);
    if ((fields & FIELD(AT)) != 0) to = write_signed(to, effect->at_us);
    if ((fields & FIELD(RELEASE)) != 0) to = write_signed(to, effect->release_at_us);
    if ((fields & FIELD(EXPIRY)) != 0) to = write_signed(to, effect->expires_at_us);
    if ((fields & FIELD(RULE)) != 0) to = write_unsigned(to, effect->rule);
    if ((fields & FIELD(FUNDER)) != 0) to = write_unsigned(to, effect->funder);
    if ((fields & FIELD(DAY)) != 0) to = write_signed(to, effect->day);
    if ((fields & FIELD(OWNER)) != 0) to = write_unsigned(to, effect->owner);
    if ((fields & FIELD(REFERENCE)) != 0) to = write_unsigned(to, effect->reference);
    if ((fields & FIELD(PAYLOAD)) != 0) to = write_text(to, effect->payload);
    return to;
}

static size_t record_room(const struct decision *decision)
{
    size_t room = 32 * VARINT_MAXIMUM + decision->reason.length + decision->actor.length +
                  decision->zone_data.length;
    for (uint32_t i = 0; i < decision->entity_count; i++) {
        room += 2 * VARINT_MAXIMUM + decision->entities[i].id.length;
    }
    for (uint32_t i = 0; i < decision->effect_count; i++) {
        room += EFFECT_ROOM + decision->effects[i].payload.length;
    }
    room += (size_t)decision->fired_count * 8 * VARINT_MAXIMUM;
    for (uint32_t i = 0; i < decision->redeemed_count; i++) {
        room += (6 + (size_t)decision->redeemed[i].share_count) * VARINT_MAXIMUM;
    }
    room += (size_t)decision->balance_count * 7 * VARINT_MAXIMUM;
    room += (size_t)decision->level_count * 4 * VARINT_MAXIMUM;
    return room + (size_t)decision->piece_count * 3 * VARINT_MAXIMUM;
}

static uint8_t *write_redeemed(uint8_t *to, const struct decision *decision)
{
    to = write_unsigned(to, decision->redeemed_count);
    for (uint32_t i = 0; i < decision->redeemed_count; i++) {
        const struct redeemed *redeemed = &decision->redeemed[i];
        to = write_unsigned(to, redeemed->reward);
        to = write_unsigned(to, redeemed->wallet);
        to = write_signed(to, redeemed->amount);
        to = write_unsigned(to, redeemed->answer);
        to = write_signed(to, redeemed->discount);
        to = write_unsigned(to, redeemed->share_count);
        for (uint32_t k = 0; k < redeemed->share_count; k++)
            to = write_signed(to, redeemed->shares[k]);
    }
    return to;
}

enum balance_shape {
    SHAPE_AVAILABLE = 1,
    SHAPE_PENDING = 2,
    SHAPE_HELD = 4,
    SHAPE_DEBT = 8,
    SHAPE_KNOWN = 15
};

static uint8_t *write_after(uint8_t *to, const struct decision *decision)
{
    if (!decision->has_after) return write_unsigned(to, 0);
    to = write_unsigned(to, (uint64_t)decision->balance_count + 1);
    for (uint32_t i = 0; i < decision->balance_count; i++) {
        const struct balance_after *after = &decision->balances[i];
        const struct balance *balance = &after->balance;
        unsigned shape = (balance->available != 0 ? SHAPE_AVAILABLE : 0u) |
                         (balance->pending != 0 ? SHAPE_PENDING : 0u) |
                         (balance->held != 0 ? SHAPE_HELD : 0u) |
                         (balance->debt != 0 ? SHAPE_DEBT : 0u);
        to = write_unsigned(to, after->entity);
        to = write_unsigned(to, after->wallet);
        to = write_unsigned(to, shape);
        if ((shape & SHAPE_AVAILABLE) != 0) to = write_signed(to, balance->available);
        if ((shape & SHAPE_PENDING) != 0) to = write_signed(to, balance->pending);
        if ((shape & SHAPE_HELD) != 0) to = write_signed(to, balance->held);
        if ((shape & SHAPE_DEBT) != 0) to = write_signed(to, balance->debt);
    }
    to = write_unsigned(to, decision->level_count);
    for (uint32_t i = 0; i < decision->level_count; i++) {
        const struct level_after *after = &decision->levels[i];
        bool has_end = after->kept_until_us != INSTANT_NEVER;
        to = write_unsigned(to, (uint64_t)after->entity << 1 | has_end);
        to = write_unsigned(to, after->tier_set);
        to = write_unsigned(to, after->level);
        if (has_end) to = write_signed(to, after->kept_until_us);
    }
    return to;
}

static uint8_t *write_lists(uint8_t *to, const struct decision *decision)
{
    to = write_unsigned(to, decision->entity_count);
    for (uint32_t i = 0; i < decision->entity_count; i++) {
        to = write_unsigned(to, decision->entities[i].kind);
        to = write_text(to, decision->entities[i].id);
    }
    to = write_unsigned(to, decision->effect_count);
    for (uint32_t i = 0; i < decision->effect_count; i++) {
        to = write_effect(to, &decision->effects[i]);
    }
    to = write_unsigned(to, decision->fired_count);
    for (uint32_t i = 0; i < decision->fired_count; i++) {
        const struct fired *fired = &decision->fired[i];
        to = write_unsigned(to, fired->rule);
        to = write_unsigned(to, fired->rule_symbol);
        to = write_unsigned(to, fired->wallet);
        to = write_signed(to, fired->base);
        to = write_signed(to, fired->granted);
        to = write_signed(to, fired->ungranted);
        to = write_signed(to, fired->boost);
        to = write_unsigned(to, fired->line_count);
    }
    to = write_unsigned(to, decision->piece_count);
    for (uint32_t i = 0; i < decision->piece_count; i++) {
        to = write_unsigned(to, decision->pieces[i].order);
        to = write_unsigned(to, decision->pieces[i].line);
        to = write_signed(to, decision->pieces[i].units);
    }
    return write_redeemed(to, decision);
}

/* The event behind its length, which is known once it is written. A key has had it written. */
static uint8_t *write_kept_event(uint8_t *to, const struct decision *decision,
                                 const struct event *event)
{
    if (event == NULL) return write_unsigned(to, 0);
    if (decision->event.length > 0) return write_text(to, decision->event);
    uint8_t *start = to + VARINT_MAXIMUM;
    size_t length = (size_t)(write_event(start, event) - start);
    to = write_unsigned(to, length);
    memmove(to, start, length);
    return to + length;
}

enum status engine_encode(const struct decision *decision, const struct event *event,
                          struct buffer *record)
{
    size_t room = record_room(decision);
    if (event != NULL) {
        if (!event_lists_fit(event)) return STATUS_LIMIT;
        room += VARINT_MAXIMUM + decision->event.length + event_room(event);
    }
    TRY(buffer_reserve(record, room));
    uint8_t *start = (uint8_t *)record->bytes + record->length;
    uint8_t *to = start;
    *to++ = ENGINE_RECORD_VERSION;
    to = write_unsigned(to, decision->type);
    to = write_unsigned(to, decision->answer);
    to = write_unsigned(to, decision->position);
    to = write_unsigned(to, decision->repeated_position);
    to = write_signed(to, decision->occurred_at_us);
    to = write_signed(to, decision->recorded_at_us);
    to = write_unsigned(to, decision->program_version);
    to = write_text(to, decision->reason);
    to = write_text(to, decision->actor);
    to = write_lists(to, decision);
    to = write_after(to, decision);
    to = write_signed(to, decision->units_matched);
    to = write_signed(to, decision->units_unmatched);
    to = write_signed(to, decision->eligible);
    to = write_unsigned(to, decision->tier_before);
    to = write_text(to, decision->zone_data);
    to = write_kept_event(to, decision, event);
    ASSERT((size_t)(to - start) <= room);
    record->length += (size_t)(to - start);
    return STATUS_OK;
}

/* ---- in ---- */

static void read_effect(struct reader *reader, uint32_t entity_count, struct effect *effect)
{
    *effect = (struct effect){.payload = {"", 0}};
    effect->kind = (uint8_t)read_bounded(reader, EFFECT_KIND_COUNT - 1);
    effect->entity = (uint16_t)read_bounded(reader, entity_count == 0 ? 0 : entity_count - 1);
    if (entity_count == 0) reader->failed = true;
    uint32_t fields = effect_fields((enum effect_kind)effect->kind);
    if ((fields & FIELD(FROM)) != 0)
        effect->from = (uint8_t)read_bounded(reader, ACCOUNT_COUNT - 1);
    if ((fields & FIELD(TO)) != 0) effect->to = (uint8_t)read_bounded(reader, ACCOUNT_COUNT - 1);
    if ((fields & FIELD(SYMBOL)) != 0) effect->symbol = (uint32_t)read_bounded(reader, UINT32_MAX);
    if ((fields & FIELD(INDEX)) != 0) effect->index = (uint32_t)read_bounded(reader, UINT32_MAX);
    if ((fields & FIELD(LOT)) != 0) effect->lot = (uint32_t)read_bounded(reader, UINT32_MAX);
    if ((fields & FIELD(EARNING)) != 0) effect->earning = read_unsigned(reader);
    if ((fields & FIELD(AMOUNT)) != 0) effect->amount = read_signed(reader);
    if ((fields & FIELD(AT)) != 0) effect->at_us = read_signed(reader);
    if ((fields & FIELD(RELEASE)) != 0) effect->release_at_us = read_signed(reader);
    if ((fields & FIELD(EXPIRY)) != 0) effect->expires_at_us = read_signed(reader);
    if ((fields & FIELD(RULE)) != 0) effect->rule = (uint32_t)read_bounded(reader, UINT32_MAX);
    if ((fields & FIELD(FUNDER)) != 0) effect->funder = (uint32_t)read_bounded(reader, UINT32_MAX);
    if ((fields & FIELD(DAY)) != 0) effect->day = (int32_t)read_signed(reader);
    if ((fields & FIELD(OWNER)) != 0) effect->owner = (uint32_t)read_bounded(reader, UINT32_MAX);
    if ((fields & FIELD(REFERENCE)) != 0) effect->reference = read_unsigned(reader);
    if ((fields & FIELD(PAYLOAD)) != 0) effect->payload = read_text(reader, ENGINE_RECORD_MAXIMUM);
}

/* A count of things of at least one byte each, and room for them. */
static enum status read_count(struct reader *reader, struct arena *arena, uint64_t maximum,
                              size_t size, uint32_t *count, void *array)
{
    uint64_t wanted = read_bounded(reader, maximum);
    if (reader->failed || wanted > (uint64_t)(reader->end - reader->at)) return STATUS_CORRUPT;
    void *room = arena_allocate_zeroed(arena, (size_t)wanted + 1, size);
    if (room == NULL) return STATUS_NO_MEMORY;
    memcpy(array, &room, sizeof room);
    *count = (uint32_t)wanted;
    return STATUS_OK;
}

static enum status read_entities(struct reader *reader, struct arena *arena,
                                 struct decision *decision)
{
    TRY(read_count(reader, arena, RECORD_ENTITY_MAXIMUM, sizeof(struct entity_key),
                   &decision->entity_count, &decision->entities));
    for (uint32_t i = 0; i < decision->entity_count; i++) {
        struct entity_key *key = &decision->entities[i];
        key->kind = (enum entity_kind)read_bounded(reader, ENTITY_LINES - 1);
        key->id = read_text(reader, EVENT_ID_MAXIMUM);
    }
    return reader->failed ? STATUS_CORRUPT : STATUS_OK;
}

static enum status read_redeemed(struct reader *reader, struct arena *arena,
                                 struct decision *decision)
{
    TRY(read_count(reader, arena, EVENT_REDEEM_MAXIMUM, sizeof(struct redeemed),
                   &decision->redeemed_count, &decision->redeemed));
    for (uint32_t i = 0; i < decision->redeemed_count && !reader->failed; i++) {
        struct redeemed *redeemed = &decision->redeemed[i];
        redeemed->reward = (uint32_t)read_bounded(reader, UINT32_MAX);
        redeemed->wallet = (uint32_t)read_bounded(reader, UINT32_MAX);
        redeemed->amount = read_signed(reader);
        redeemed->answer = (enum answer)read_bounded(reader, ANSWER_COUNT - 1);
        redeemed->discount = read_signed(reader);
        TRY(read_count(reader, arena, EVENT_ITEM_MAXIMUM, sizeof(int64_t), &redeemed->share_count,
                       &redeemed->shares));
        for (uint32_t k = 0; k < redeemed->share_count; k++)
            redeemed->shares[k] = read_signed(reader);
    }
    return reader->failed ? STATUS_CORRUPT : STATUS_OK;
}

static enum status read_lists(struct reader *reader, struct arena *arena, struct decision *decision)
{
    TRY(read_entities(reader, arena, decision));
    TRY(read_count(reader, arena, RECORD_LIST_MAXIMUM, sizeof(struct effect),
                   &decision->effect_count, &decision->effects));
    for (uint32_t i = 0; i < decision->effect_count && !reader->failed; i++) {
        read_effect(reader, decision->entity_count, &decision->effects[i]);
    }
    TRY(read_count(reader, arena, RECORD_LIST_MAXIMUM, sizeof(struct fired), &decision->fired_count,
                   &decision->fired));
    for (uint32_t i = 0; i < decision->fired_count && !reader->failed; i++) {
        struct fired *fired = &decision->fired[i];
        fired->rule = (uint32_t)read_bounded(reader, UINT32_MAX);
        fired->rule_symbol = (uint32_t)read_bounded(reader, UINT32_MAX);
        fired->wallet = (uint32_t)read_bounded(reader, UINT32_MAX);
        fired->base = read_signed(reader);
        fired->granted = read_signed(reader);
        fired->ungranted = read_signed(reader);
        fired->boost = read_signed(reader);
        fired->line_count = (uint32_t)read_bounded(reader, UINT32_MAX);
    }
    TRY(read_count(reader, arena, RECORD_LIST_MAXIMUM, sizeof(struct returned_piece),
                   &decision->piece_count, &decision->pieces));
    for (uint32_t i = 0; i < decision->piece_count && !reader->failed; i++) {
        struct returned_piece *piece = &decision->pieces[i];
        piece->order = (uint16_t)read_bounded(reader, UINT16_MAX);
        piece->line = (uint32_t)read_bounded(reader, UINT32_MAX);
        piece->units = read_signed(reader);
    }
    return reader->failed ? STATUS_CORRUPT : read_redeemed(reader, arena, decision);
}

static enum status read_balances(struct reader *reader, struct arena *arena, uint32_t count,
                                 struct decision *decision)
{
    if (count > (uint64_t)(reader->end - reader->at)) return STATUS_CORRUPT;
    decision->balances = arena_new_array(arena, struct balance_after, (size_t)count + 1);
    if (decision->balances == NULL) return STATUS_NO_MEMORY;
    decision->balance_count = count;
    for (uint32_t i = 0; i < count && !reader->failed; i++) {
        struct balance_after *after = &decision->balances[i];
        after->entity = (uint16_t)read_bounded(reader, UINT16_MAX);
        after->wallet = (uint32_t)read_bounded(reader, UINT32_MAX);
        uint64_t shape = read_bounded(reader, SHAPE_KNOWN);
        if ((shape & SHAPE_AVAILABLE) != 0) after->balance.available = read_signed(reader);
        if ((shape & SHAPE_PENDING) != 0) after->balance.pending = read_signed(reader);
        if ((shape & SHAPE_HELD) != 0) after->balance.held = read_signed(reader);
        if ((shape & SHAPE_DEBT) != 0) after->balance.debt = read_signed(reader);
        if (after->entity >= decision->entity_count) reader->failed = true;
    }
    return reader->failed ? STATUS_CORRUPT : STATUS_OK;
}

static enum status read_after(struct reader *reader, struct arena *arena, struct decision *decision)
{
    uint64_t wanted = read_bounded(reader, RECORD_LIST_MAXIMUM);
    if (wanted == 0) return reader->failed ? STATUS_CORRUPT : STATUS_OK;
    decision->has_after = true;
    TRY(read_balances(reader, arena, (uint32_t)wanted - 1, decision));
    TRY(read_count(reader, arena, RECORD_LIST_MAXIMUM, sizeof(struct level_after),
                   &decision->level_count, &decision->levels));
    for (uint32_t i = 0; i < decision->level_count && !reader->failed; i++) {
        struct level_after *after = &decision->levels[i];
        uint64_t entity = read_bounded(reader, 2 * (uint64_t)UINT16_MAX + 1);
        after->entity = (uint16_t)(entity >> 1);
        after->tier_set = (uint32_t)read_bounded(reader, UINT32_MAX);
        after->level = (uint32_t)read_bounded(reader, UINT32_MAX);
        after->kept_until_us = (entity & 1) != 0 ? read_signed(reader) : INSTANT_NEVER;
        if (after->entity >= decision->entity_count) reader->failed = true;
    }
    return reader->failed ? STATUS_CORRUPT : STATUS_OK;
}

enum status engine_decode(struct text record, struct arena *arena, struct decision *decision)
{
    struct reader reader = reader_of(record.bytes, record.length);
    struct decision read = {0};
    if (record.length > ENGINE_RECORD_MAXIMUM) return STATUS_LIMIT;
    if (read_bounded(&reader, UINT8_MAX) != ENGINE_RECORD_VERSION) return STATUS_CORRUPT;
    read.type = (enum event_type)read_bounded(&reader, EVENT_TYPE_COUNT - 1);
    read.answer = (enum answer)read_bounded(&reader, ANSWER_COUNT - 1);
    read.position = read_unsigned(&reader);
    read.repeated_position = read_unsigned(&reader);
    read.occurred_at_us = read_signed(&reader);
    read.recorded_at_us = read_signed(&reader);
    read.program_version = (uint32_t)read_bounded(&reader, UINT32_MAX);
    read.reason = read_text(&reader, EVENT_REASON_MAXIMUM);
    read.actor = read_text(&reader, EVENT_REASON_MAXIMUM);
    TRY(read_lists(&reader, arena, &read));
    TRY(read_after(&reader, arena, &read));
    read.units_matched = read_signed(&reader);
    read.units_unmatched = read_signed(&reader);
    read.eligible = read_signed(&reader);
    read.tier_before = (uint32_t)read_bounded(&reader, UINT32_MAX);
    read.zone_data = read_text(&reader, ZONE_DATA_MAXIMUM);
    read.event = read_text(&reader, ENGINE_RECORD_MAXIMUM);
    if (reader.failed || reader.at != reader.end) return STATUS_CORRUPT;
    *decision = read;
    return STATUS_OK;
}
