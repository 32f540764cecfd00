/* An order's bytes.
 *
 *   format, member, sequence, position, last position,
 *   occurred, recorded, version, currency, decimals
 *   lines     count, then each: shape byte, sku, quantity, price,
 *             [item] [adjustment] [returned] [scale]
 *   earnings  count, then each
 *   tallies   count, then each
 *   spend     wallet, and if it is not 0: reward, amount, given back, lots
 *
 * A line's shape byte says which of the bracketed numbers follow; a plain one takes its sku and
 * about six bytes. Decoding trusts nothing: every count is bounded by the bytes that are left.
 */
#include "engine/codec_bytes.h"
#include "engine/order.h"
#include "engine/spend_codec.h"

enum line_shape {
    SHAPE_FLAGS = 3, /* enum order_line_flag */
    SHAPE_ITEM = 4,
    SHAPE_ADJUSTMENT = 8,
    SHAPE_RETURNED = 16,
    SHAPE_SCALE = 32,
    SHAPE_KNOWN = 63
};

#define LINE_FIXED_BYTES (1 + 7 * VARINT_MAXIMUM)
#define EARNING_FIXED_BYTES (16 * VARINT_MAXIMUM)
#define TALLY_FIXED_BYTES (12 * VARINT_MAXIMUM)

/* ---- out ---- */

static size_t choice_room(const struct line_choice *choice)
{
    return 2 * VARINT_MAXIMUM + (choice->all ? 0 : (size_t)choice->count * VARINT_MAXIMUM);
}

static size_t encoded_room(const struct order *order)
{
    size_t room = 16 * VARINT_MAXIMUM + order->member.length;
    for (uint32_t i = 0; i < order->line_count; i++) {
        room += LINE_FIXED_BYTES + order->lines[i].sku.length + order->lines[i].item.length;
    }
    for (uint32_t i = 0; i < order->earning_count; i++) {
        const struct earning *earning = &order->earnings[i];
        room += EARNING_FIXED_BYTES + earning->until.length + choice_room(&earning->choice);
        room += (size_t)earning->rate_count * 2 * VARINT_MAXIMUM;
        if (earning->line_rates != NULL) room += choice_count(&earning->choice, order->line_count);
    }
    for (uint32_t i = 0; i < order->tally_count; i++) {
        room += TALLY_FIXED_BYTES + choice_room(&order->tallies[i].choice);
    }
    return room + spend_room(&order->spend);
}

static uint8_t *write_line(uint8_t *to, const struct order *order, const struct order_line *line)
{
    uint8_t shape = line->flags;
    if (line->item.length > 0) shape |= SHAPE_ITEM;
    if (line->adjustment != 0) shape |= SHAPE_ADJUSTMENT;
    if (line->returned != 0) shape |= SHAPE_RETURNED;
    if (line->unit_price.scale != order->currency_decimals) shape |= SHAPE_SCALE;
    *to++ = shape;
    to = write_text(to, line->sku);
    to = write_signed(to, line->quantity);
    to = write_signed(to, line->unit_price.coefficient);
    if ((shape & SHAPE_ITEM) != 0) to = write_text(to, line->item);
    if ((shape & SHAPE_ADJUSTMENT) != 0) to = write_signed(to, line->adjustment);
    if ((shape & SHAPE_RETURNED) != 0) to = write_signed(to, line->returned);
    if ((shape & SHAPE_SCALE) != 0) to = write_unsigned(to, (uint64_t)line->unit_price.scale);
    return to;
}

/* 0: all lines; else 1 + count and the distances between their numbers. */
static uint8_t *write_choice(uint8_t *to, const struct line_choice *choice)
{
    if (choice->all) return write_unsigned(to, 0);
    to = write_unsigned(to, (uint64_t)choice->count + 1);
    uint32_t last = 0;
    for (uint32_t k = 0; k < choice->count; k++) {
        to = write_unsigned(to, choice->lines[k] - last);
        last = choice->lines[k];
    }
    return to;
}

static uint8_t *write_earning(uint8_t *to, const struct order *order, const struct earning *earning)
{
    to = write_unsigned(to, earning->rule);
    to = write_unsigned(to, earning->wallet);
    to = write_unsigned(to, earning->number);
    to = write_unsigned(to, earning->measure);
    to = write_unsigned(to, earning->rounding);
    to = write_unsigned(to, earning->flags);
    to = write_signed(to, earning->per);
    to = write_signed(to, earning->granted);
    to = write_signed(to, earning->kept);
    to = write_text(to, earning->until);
    to = write_choice(to, &earning->choice);
    to = write_unsigned(to, earning->rate_count);
    for (uint32_t r = 0; r < earning->rate_count; r++) {
        to = write_signed(to, earning->rates[r].points);
        to = write_signed(to, earning->rates[r].boost);
    }
    if (earning->rate_count > 1) {
        uint32_t count = choice_count(&earning->choice, order->line_count);
        memcpy(to, earning->line_rates, count);
        to += count;
    }
    return to;
}

static uint8_t *write_tally(uint8_t *to, const struct order_tally *tally)
{
    to = write_unsigned(to, tally->kind);
    to = write_unsigned(to, tally->is_in_all);
    to = write_unsigned(to, tally->symbol);
    to = write_signed(to, tally->day);
    to = write_signed(to, tally->amount);
    to = write_signed(to, tally->left);
    to = write_unsigned(to, tally->measure);
    to = write_unsigned(to, tally->earning);
    to = write_unsigned(to, tally->wallet);
    return write_choice(to, &tally->choice);
}

uint8_t *write_spend(uint8_t *to, const struct spend *spend)
{
    to = write_unsigned(to, spend->wallet);
    if (spend->wallet == 0) return to;
    to = write_unsigned(to, spend->reward);
    to = write_signed(to, spend->amount);
    to = write_signed(to, spend->given_back);
    to = write_unsigned(to, spend->lot_count);
    for (uint32_t i = 0; i < spend->lot_count; i++) {
        const struct spent_lot *lot = &spend->lots[i];
        to = write_unsigned(to, lot->earning);
        to = write_signed(to, lot->amount);
        to = write_signed(to, lot->expires_at_us);
        to = write_unsigned(to, lot->is_renewed);
        to = write_unsigned(to, lot->rule);
        to = write_unsigned(to, lot->owner);
        to = write_unsigned(to, lot->funder);
        to = write_signed(to, lot->returnable_until_day);
    }
    return to;
}

enum status order_encode(struct arena *arena, const struct order *order, struct text *bytes)
{
    size_t room = encoded_room(order);
    uint8_t *start = arena_allocate(arena, room);
    if (start == NULL) return STATUS_NO_MEMORY;
    uint8_t *to = start;
    *to++ = ORDER_FORMAT;
    to = write_text(to, order->member);
    to = write_unsigned(to, order->sequence);
    to = write_unsigned(to, order->position);
    to = write_unsigned(to, order->last_position);
    to = write_signed(to, order->occurred_at_us);
    to = write_signed(to, order->recorded_at_us);
    to = write_unsigned(to, order->program_version);
    to = write_unsigned(to, order->currency);
    to = write_unsigned(to, (uint64_t)order->currency_decimals);
    to = write_unsigned(to, order->line_count);
    for (uint32_t i = 0; i < order->line_count; i++)
        to = write_line(to, order, &order->lines[i]);
    to = write_unsigned(to, order->earning_count);
    for (uint32_t i = 0; i < order->earning_count; i++) {
        to = write_earning(to, order, &order->earnings[i]);
    }
    to = write_unsigned(to, order->tally_count);
    for (uint32_t i = 0; i < order->tally_count; i++)
        to = write_tally(to, &order->tallies[i]);
    to = write_spend(to, &order->spend);
    ASSERT((size_t)(to - start) <= room);
    *bytes = (struct text){(const char *)start, (size_t)(to - start)};
    return STATUS_OK;
}

/* ---- in ---- */

static void read_line(struct reader *reader, int32_t decimals, struct order_line *line)
{
    uint8_t shape = (uint8_t)read_bounded(reader, SHAPE_KNOWN);
    line->flags = shape & SHAPE_FLAGS;
    line->sku = read_text(reader, EVENT_SKU_MAXIMUM);
    line->quantity = read_signed(reader);
    line->unit_price = (struct decimal){read_signed(reader), decimals};
    line->item = (struct text){"", 0};
    line->adjustment = 0;
    line->returned = 0;
    if ((shape & SHAPE_ITEM) != 0) line->item = read_text(reader, EVENT_ID_MAXIMUM);
    if ((shape & SHAPE_ADJUSTMENT) != 0) line->adjustment = read_signed(reader);
    if ((shape & SHAPE_RETURNED) != 0) line->returned = read_signed(reader);
    if ((shape & SHAPE_SCALE) != 0) {
        line->unit_price.scale = (int32_t)read_bounded(reader, DECIMAL_SCALE_MAXIMUM);
    }
    if (line->quantity > EVENT_QUANTITY_MAXIMUM || line->quantity < -EVENT_QUANTITY_MAXIMUM ||
        line->returned < 0 || line->returned > amount_positive(line->quantity)) {
        reader->failed = true;
    }
}

/* A count of things that take at least one byte each, and room for them. */
static void *read_array(struct reader *reader, struct arena *arena, uint64_t maximum, size_t size,
                        uint32_t *count)
{
    uint64_t wanted = read_bounded(reader, maximum);
    *count = 0;
    if (reader->failed || wanted > (uint64_t)(reader->end - reader->at)) {
        reader->failed = true;
        return NULL;
    }
    if (wanted == 0) return NULL;
    void *array = arena_allocate_zeroed(arena, (size_t)wanted, size);
    if (array == NULL) {
        reader->failed = true;
        return NULL;
    }
    *count = (uint32_t)wanted;
    return array;
}

static void read_choice(struct reader *reader, struct arena *arena, uint32_t line_count,
                        struct line_choice *choice)
{
    uint64_t shape = read_bounded(reader, (uint64_t)line_count + 1);
    *choice = (struct line_choice){.all = shape == 0};
    if (shape <= 1) return;
    uint32_t count = (uint32_t)shape - 1;
    choice->lines = arena_new_array(arena, uint32_t, count);
    if (choice->lines == NULL) {
        reader->failed = true;
        return;
    }
    uint64_t last = 0;
    for (uint32_t k = 0; k < count && !reader->failed; k++) {
        last += read_bounded(reader, line_count);
        if (last >= line_count) reader->failed = true;
        choice->lines[k] = (uint32_t)last;
    }
    choice->count = count;
}

static void read_earning(struct reader *reader, struct arena *arena, uint32_t line_count,
                         struct earning *earning)
{
    earning->rule = (uint32_t)read_bounded(reader, UINT32_MAX);
    earning->wallet = (uint32_t)read_bounded(reader, UINT32_MAX);
    earning->number = (uint32_t)read_bounded(reader, UINT16_MAX);
    earning->measure = (enum measure)read_bounded(reader, MEASURE_EARNED);
    earning->rounding = (enum rounding)read_bounded(reader, ROUNDING_HALF_EVEN);
    earning->flags = (uint8_t)read_bounded(reader, 15);
    earning->per = read_signed(reader);
    earning->granted = read_signed(reader);
    earning->kept = read_signed(reader);
    earning->until = read_text(reader, EVENT_ID_MAXIMUM);
    read_choice(reader, arena, line_count, &earning->choice);
    earning->rates =
        read_array(reader, arena, UINT8_MAX + 1, sizeof(struct line_rate), &earning->rate_count);
    for (uint32_t r = 0; r < earning->rate_count; r++) {
        earning->rates[r].points = read_signed(reader);
        earning->rates[r].boost = read_signed(reader);
    }
    if (earning->per <= 0 || earning->rate_count == 0 || earning->granted < 0 ||
        earning->kept < 0) {
        reader->failed = true;
    }
    if (reader->failed || earning->rate_count == 1) return;
    uint32_t count = choice_count(&earning->choice, line_count);
    if (count > (uint64_t)(reader->end - reader->at)) {
        reader->failed = true;
        return;
    }
    earning->line_rates = arena_allocate(arena, count);
    if (earning->line_rates == NULL) {
        reader->failed = true;
        return;
    }
    memcpy(earning->line_rates, reader->at, count);
    reader->at += count;
    for (uint32_t k = 0; k < count; k++) {
        if (earning->line_rates[k] >= earning->rate_count) reader->failed = true;
    }
}

static void read_tally(struct reader *reader, struct arena *arena, uint32_t line_count,
                       struct order_tally *tally)
{
    tally->kind = (uint8_t)read_bounded(reader, ORDER_TALLY_POINTS);
    tally->is_in_all = read_bounded(reader, 1) != 0;
    tally->symbol = (uint32_t)read_bounded(reader, UINT32_MAX);
    tally->day = (int32_t)read_signed(reader);
    tally->amount = read_signed(reader);
    tally->left = read_signed(reader);
    tally->measure = (enum measure)read_bounded(reader, MEASURE_EARNED);
    tally->earning = (uint32_t)read_bounded(reader, UINT32_MAX);
    tally->wallet = (uint32_t)read_bounded(reader, UINT32_MAX);
    read_choice(reader, arena, line_count, &tally->choice);
}

void read_spend(struct reader *reader, struct arena *arena, struct spend *spend)
{
    *spend = (struct spend){.wallet = (uint32_t)read_bounded(reader, UINT32_MAX)};
    if (spend->wallet == 0) return;
    spend->reward = (uint32_t)read_bounded(reader, UINT32_MAX);
    spend->amount = read_signed(reader);
    spend->given_back = read_signed(reader);
    spend->lots = read_array(reader, arena, ORDER_SPEND_LOT_MAXIMUM, sizeof(struct spent_lot),
                             &spend->lot_count);
    for (uint32_t i = 0; i < spend->lot_count; i++) {
        struct spent_lot *lot = &spend->lots[i];
        lot->earning = read_unsigned(reader);
        lot->amount = read_signed(reader);
        lot->expires_at_us = read_signed(reader);
        lot->is_renewed = read_bounded(reader, 1) != 0;
        lot->rule = (uint32_t)read_bounded(reader, UINT32_MAX);
        lot->owner = (uint32_t)read_bounded(reader, UINT32_MAX);
        lot->funder = (uint32_t)read_bounded(reader, UINT32_MAX);
        lot->returnable_until_day = (int32_t)read_signed(reader);
        if (lot->amount < 0) reader->failed = true;
    }
}

static bool read_header(struct reader *reader, struct order *order)
{
    if (read_bounded(reader, UINT8_MAX) != ORDER_FORMAT) return false;
    order->member = read_text(reader, EVENT_ID_MAXIMUM);
    order->sequence = read_unsigned(reader);
    order->position = read_unsigned(reader);
    order->last_position = read_unsigned(reader);
    order->occurred_at_us = read_signed(reader);
    order->recorded_at_us = read_signed(reader);
    order->program_version = (uint32_t)read_bounded(reader, UINT32_MAX);
    order->currency = (uint32_t)read_bounded(reader, UINT32_MAX);
    order->currency_decimals = (int32_t)read_bounded(reader, DECIMAL_SCALE_MAXIMUM);
    return !reader->failed;
}

enum status order_decode(struct arena *arena, struct text bytes, struct order *order)
{
    struct reader reader = reader_of(bytes.bytes, bytes.length);
    *order = (struct order){0};
    if (!read_header(&reader, order)) return STATUS_CORRUPT;
    order->lines = read_array(&reader, arena, EVENT_ITEM_MAXIMUM + 1, sizeof(struct order_line),
                              &order->line_count);
    for (uint32_t i = 0; i < order->line_count && !reader.failed; i++) {
        read_line(&reader, order->currency_decimals, &order->lines[i]);
    }
    order->earnings = read_array(&reader, arena, ORDER_EARNING_MAXIMUM, sizeof(struct earning),
                                 &order->earning_count);
    for (uint32_t i = 0; i < order->earning_count && !reader.failed; i++) {
        read_earning(&reader, arena, order->line_count, &order->earnings[i]);
    }
    order->tallies = read_array(&reader, arena, ORDER_TALLY_MAXIMUM, sizeof(struct order_tally),
                                &order->tally_count);
    for (uint32_t i = 0; i < order->tally_count && !reader.failed; i++) {
        read_tally(&reader, arena, order->line_count, &order->tallies[i]);
    }
    if (!reader.failed) read_spend(&reader, arena, &order->spend);
    if (reader.failed || reader.at != reader.end) return STATUS_CORRUPT;
    return STATUS_OK;
}

enum status order_open(struct states *states, struct state *state)
{
    if (state->order != NULL) return STATUS_OK;
    struct order *order = arena_new(&states->arena, struct order);
    if (order == NULL) return STATUS_NO_MEMORY;
    struct text bytes = {(const char *)state->bytes, state->size};
    TRY(order_decode(&states->arena, bytes, order));
    state->order = order;
    return STATUS_OK;
}

/* ---- for a store's index ---- */

enum status order_bytes_member(const void *bytes, size_t size, struct text *member,
                               uint64_t *position)
{
    struct reader reader = reader_of(bytes, size);
    struct order order = {0};
    if (!read_header(&reader, &order)) return STATUS_CORRUPT;
    *member = order.member;
    *position = order.position;
    return STATUS_OK;
}

enum status order_bytes_stamp(const void *bytes, size_t size, uint64_t *position,
                              uint64_t *sequence)
{
    struct reader reader = reader_of(bytes, size);
    struct order order = {0};
    if (!read_header(&reader, &order)) return STATUS_CORRUPT;
    *position = order.last_position;
    *sequence = order.sequence;
    return STATUS_OK;
}

enum status order_bytes_units(const void *bytes, size_t size, struct text sku, int64_t *units)
{
    struct reader reader = reader_of(bytes, size);
    struct order order = {0};
    if (!read_header(&reader, &order)) return STATUS_CORRUPT;
    uint64_t count = read_bounded(&reader, EVENT_ITEM_MAXIMUM + 1);
    int64_t total = 0;
    for (uint64_t i = 0; i < count; i++) {
        struct order_line line;
        read_line(&reader, order.currency_decimals, &line);
        if (reader.failed) return STATUS_CORRUPT;
        if ((line.flags & LINE_SHIPPING) == 0 && text_equal(line.sku, sku)) {
            TRY(amount_increase(&total, amount_positive(line_left(&line))));
        }
    }
    *units = total;
    return STATUS_OK;
}
