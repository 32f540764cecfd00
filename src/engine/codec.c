/* The record of a decision.
 *
 *   version, type, answer, position, repeated position, recorded, occurred,
 *   programme version, reason, actor
 *   entities  count, then each: kind, id
 *   effects   count, then each: kind, entity, the fields that its kind uses, in list order
 *   fired     count, then each
 *   pieces    count, then each
 *   redeemed  count, then each
 *   balances  0: not noted; else count + 1, then each: entity, wallet, which are not 0, those
 *   levels    count, then each: entity and whether it ends, tier set, level, [kept until]
 *   units matched, unmatched, eligible, tier before, version of the time-zone data
 *   event     its length, what of it was said above, and the rest as event_codec.c writes it;
 *             length 0: it is not kept
 *
 * An instant is a few fixed ones, or how far it is from when the decision was recorded, which most
 * are near. Of the event, what the decision has said is left out: ids are most of a small record.
 *
 * In version 2 every instant is a number of its own, occurred stands before recorded, and the event
 * is whole, behind its length.
 *
 * Which fields a kind has is said once, in EFFECT_KIND_LIST. Later versions add fields at the end
 * of their kinds and raise the version byte; room for the chain (previous position and hash per
 * entity) comes with the store. Decoding trusts nothing.
 */
#include "engine/codec_bytes.h"
#include "engine/engine.h"
#include "engine/event_codec.h"
#include "engine/member.h"

#define ZONE_DATA_MAXIMUM 32 /* bytes of a version such as "2026a" */
#define RECORD_ENTITY_MAXIMUM 65535u
#define RECORD_LIST_MAXIMUM (1u << 20)
#define EFFECT_ROOM (5 + FIELD_COUNT * VARINT_MAXIMUM) /* a far instant takes one byte more */

/* What the decision says of its event. */
enum event_said {
    SAID_OCCURRED = 1,
    SAID_REASON = 2,
    SAID_ACTOR = 4,
    SAID_MEMBER = 8,
    SAID_ORDER = 16,
    SAID_KEY = 32,
    SAID_KNOWN = 63
};

/* An instant, by its first number; from INSTANT_NEAR on that is the distance, folded. */
enum instant_code {
    INSTANT_CODE_ZERO,
    INSTANT_CODE_NEVER,
    INSTANT_CODE_RENEWED,
    INSTANT_CODE_FAR, /* it follows as a number of its own */
    INSTANT_CODE_NEAR
};
#define NEAR_US (INT64_C(1) << 61)

static struct text first_entity(const struct decision *decision, enum entity_kind kind)
{
    for (uint32_t i = 0; i < decision->entity_count; i++) {
        if (decision->entities[i].kind == kind) return decision->entities[i].id;
    }
    return (struct text){NULL, 0};
}

/* ---- out ---- */

static uint8_t *write_instant(uint8_t *to, int64_t at_us, int64_t recorded_at_us)
{
    int64_t distance_us;
    if (at_us == 0) return write_unsigned(to, INSTANT_CODE_ZERO);
    if (at_us == INSTANT_NEVER) return write_unsigned(to, INSTANT_CODE_NEVER);
    if (at_us == EXPIRES_RENEWED) return write_unsigned(to, INSTANT_CODE_RENEWED);
    if (amount_subtract(at_us, recorded_at_us, &distance_us) != STATUS_OK ||
        distance_us >= NEAR_US || distance_us <= -NEAR_US) {
        return write_signed(write_unsigned(to, INSTANT_CODE_FAR), at_us);
    }
    uint64_t folded = (uint64_t)distance_us << 1 ^ (uint64_t)(distance_us >> 63);
    return write_unsigned(to, INSTANT_CODE_NEAR + folded);
}

static uint8_t *write_effect(uint8_t *to, const struct effect *effect, int64_t recorded_at_us)
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
    if ((fields & FIELD(AT)) != 0) to = write_instant(to, effect->at_us, recorded_at_us);
    if ((fields & FIELD(RELEASE)) != 0)
        to = write_instant(to, effect->release_at_us, recorded_at_us);
    if ((fields & FIELD(EXPIRY)) != 0)
        to = write_instant(to, effect->expires_at_us, recorded_at_us);
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
        if (has_end) to = write_instant(to, after->kept_until_us, decision->recorded_at_us);
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
        to = write_effect(to, &decision->effects[i], decision->recorded_at_us);
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

/* Takes out of the event what the decision says; answers what that is. */
static uint8_t take_said(const struct decision *decision, struct event *event)
{
    uint8_t said = 0;
#define TAKE_TEXT(bit, field, value)                                                               \
    if (event->field.length > 0 && text_equal(event->field, value)) {                              \
        said |= (bit);                                                                             \
        event->field = (struct text){NULL, 0};                                                     \
    }
    TAKE_TEXT(SAID_REASON, reason, decision->reason)
    TAKE_TEXT(SAID_ACTOR, actor, decision->actor)
    TAKE_TEXT(SAID_MEMBER, member, first_entity(decision, ENTITY_MEMBER))
    TAKE_TEXT(SAID_ORDER, order, first_entity(decision, ENTITY_ORDER))
    TAKE_TEXT(SAID_KEY, key, first_entity(decision, ENTITY_KEY))
#undef TAKE_TEXT
    if (event->occurred_at_us == decision->occurred_at_us) {
        said |= SAID_OCCURRED;
        event->occurred_at_us = 0;
    }
    return said;
}

/* The event behind its length, which is known once it is written. */
static uint8_t *write_kept_event(uint8_t *to, const struct decision *decision,
                                 const struct event *event)
{
    if (event == NULL) return write_unsigned(to, 0);
    struct event rest = *event;
    uint8_t said = take_said(decision, &rest);
    uint8_t *start = to + 2 * VARINT_MAXIMUM;
    size_t length = (size_t)(write_event(start, &rest) - start);
    to = write_unsigned(to, length);
    to = write_unsigned(to, said);
    memmove(to, start, length);
    return to + length;
}

enum status engine_encode(const struct decision *decision, const struct event *event,
                          struct buffer *record)
{
    size_t room = record_room(decision);
    if (event != NULL) {
        if (!event_lists_fit(event)) return STATUS_LIMIT;
        room += 2 * VARINT_MAXIMUM + event_room(event);
    }
    TRY(buffer_reserve(record, room));
    uint8_t *start = (uint8_t *)record->bytes + record->length;
    uint8_t *to = start;
    *to++ = ENGINE_RECORD_VERSION;
    to = write_unsigned(to, decision->type);
    to = write_unsigned(to, decision->answer);
    to = write_unsigned(to, decision->position);
    to = write_unsigned(to, decision->repeated_position);
    to = write_signed(to, decision->recorded_at_us);
    to = write_instant(to, decision->occurred_at_us, decision->recorded_at_us);
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

/* What the bytes of a version look like. */
struct shape_of_version {
    bool has_plain_instants;
    int64_t recorded_at_us;
};

static int64_t read_instant(struct reader *reader, const struct shape_of_version *shape)
{
    if (shape->has_plain_instants) return read_signed(reader);
    uint64_t code = read_unsigned(reader);
    int64_t at_us = 0;
    switch (code) {
    case INSTANT_CODE_ZERO:
        return 0;
    case INSTANT_CODE_NEVER:
        return INSTANT_NEVER;
    case INSTANT_CODE_RENEWED:
        return EXPIRES_RENEWED;
    case INSTANT_CODE_FAR:
        return read_signed(reader);
    default:
        code -= INSTANT_CODE_NEAR;
        if (amount_add(shape->recorded_at_us, (int64_t)(code >> 1) ^ -(int64_t)(code & 1),
                       &at_us) != STATUS_OK) {
            reader->failed = true;
        }
        return at_us;
    }
}

static void read_effect(struct reader *reader, const struct shape_of_version *shape,
                        uint32_t entity_count, struct effect *effect)
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
    if ((fields & FIELD(AT)) != 0) effect->at_us = read_instant(reader, shape);
    if ((fields & FIELD(RELEASE)) != 0) effect->release_at_us = read_instant(reader, shape);
    if ((fields & FIELD(EXPIRY)) != 0) effect->expires_at_us = read_instant(reader, shape);
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

static enum status read_lists(struct reader *reader, struct arena *arena,
                              const struct shape_of_version *shape, struct decision *decision)
{
    TRY(read_entities(reader, arena, decision));
    TRY(read_count(reader, arena, RECORD_LIST_MAXIMUM, sizeof(struct effect),
                   &decision->effect_count, &decision->effects));
    for (uint32_t i = 0; i < decision->effect_count && !reader->failed; i++) {
        read_effect(reader, shape, decision->entity_count, &decision->effects[i]);
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

static enum status read_after(struct reader *reader, struct arena *arena,
                              const struct shape_of_version *shape, struct decision *decision)
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
        after->kept_until_us = (entity & 1) != 0 ? read_instant(reader, shape) : INSTANT_NEVER;
        if (after->entity >= decision->entity_count) reader->failed = true;
    }
    return reader->failed ? STATUS_CORRUPT : STATUS_OK;
}

enum status engine_decode(struct text record, struct arena *arena, struct decision *decision)
{
    struct reader reader = reader_of(record.bytes, record.length);
    struct decision read = {0};
    if (record.length > ENGINE_RECORD_MAXIMUM) return STATUS_LIMIT;
    uint64_t version = read_bounded(&reader, UINT8_MAX);
    if (version != ENGINE_RECORD_VERSION && version != 2) return STATUS_CORRUPT;
    struct shape_of_version shape = {.has_plain_instants = version == 2};
    read.type = (enum event_type)read_bounded(&reader, EVENT_TYPE_COUNT - 1);
    read.answer = (enum answer)read_bounded(&reader, ANSWER_COUNT - 1);
    read.position = read_unsigned(&reader);
    read.repeated_position = read_unsigned(&reader);
    if (version == 2) read.occurred_at_us = read_signed(&reader);
    read.recorded_at_us = shape.recorded_at_us = read_signed(&reader);
    if (version != 2) read.occurred_at_us = read_instant(&reader, &shape);
    read.program_version = (uint32_t)read_bounded(&reader, UINT32_MAX);
    read.reason = read_text(&reader, EVENT_REASON_MAXIMUM);
    read.actor = read_text(&reader, EVENT_REASON_MAXIMUM);
    TRY(read_lists(&reader, arena, &shape, &read));
    TRY(read_after(&reader, arena, &shape, &read));
    read.units_matched = read_signed(&reader);
    read.units_unmatched = read_signed(&reader);
    read.eligible = read_signed(&reader);
    read.tier_before = (uint32_t)read_bounded(&reader, UINT32_MAX);
    read.zone_data = read_text(&reader, ZONE_DATA_MAXIMUM);
    uint64_t event_length = read_bounded(&reader, ENGINE_RECORD_MAXIMUM);
    if (event_length > 0 && version != 2)
        read.event_said = (uint8_t)read_bounded(&reader, SAID_KNOWN);
    read.event = read_view(&reader, event_length);
    if (reader.failed || reader.at != reader.end) return STATUS_CORRUPT;
    *decision = read;
    return STATUS_OK;
}

/* Puts back what the decision says; false if it does not say it, or the event says it too. */
static bool put_said(const struct decision *decision, struct event *event)
{
#define PUT_TEXT(bit, field, value)                                                                \
    if ((decision->event_said & (bit)) != 0) {                                                     \
        struct text said = (value);                                                                \
        if (event->field.length > 0 || text_is_empty(said)) return false;                          \
        event->field = said;                                                                       \
    }
    PUT_TEXT(SAID_REASON, reason, decision->reason)
    PUT_TEXT(SAID_ACTOR, actor, decision->actor)
    PUT_TEXT(SAID_MEMBER, member, first_entity(decision, ENTITY_MEMBER))
    PUT_TEXT(SAID_ORDER, order, first_entity(decision, ENTITY_ORDER))
    PUT_TEXT(SAID_KEY, key, first_entity(decision, ENTITY_KEY))
#undef PUT_TEXT
    if ((decision->event_said & SAID_OCCURRED) == 0) return true;
    if (event->occurred_at_us != 0) return false;
    event->occurred_at_us = decision->occurred_at_us;
    return true;
}

enum status engine_kept_event(const struct decision *decision, struct arena *arena,
                              struct event *event)
{
    struct event kept;
    if (text_is_empty(decision->event)) return STATUS_NOT_FOUND;
    TRY(engine_decode_event(decision->event, arena, &kept));
    if (!put_said(decision, &kept)) return STATUS_CORRUPT;
    *event = kept;
    return STATUS_OK;
}
