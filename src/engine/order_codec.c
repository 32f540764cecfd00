/* An order's bytes.
 *
 *   format, status, member, sequence, position, last position,
 *   occurred, recorded, version, currency, decimals, levels
 *   lines     count, then each: shape byte, sku, quantity, price,
 *             [item] [adjustment] [returned] [scale] [refunded]
 *   earnings  count, then each
 *   tallies   count, then each
 *   parts     a number that says which follow: [spends] [revision, changes, quote]
 *             [lapses, is holding, cart, promised] [milestones] [returns]
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
    SHAPE_REFUNDED = 64,
    SHAPE_KNOWN = 127
};

/* Where a tally is kept: 0 in the member, 1 in the entity that its symbol names, or in that of the
 * key which follows. */
#define KEPT_UNDER_KEY 2

enum order_part {
    PART_SPENDS = 1,
    PART_REVISION = 2,
    PART_CART = 4,
    PART_MILESTONES = 8,
    PART_RETURNS = 16,
    PART_KNOWN = 31
};

#define LINE_FIXED_BYTES (1 + 8 * VARINT_MAXIMUM)
#define EARNING_FIXED_BYTES (16 * VARINT_MAXIMUM)
#define TALLY_FIXED_BYTES (12 * VARINT_MAXIMUM)
#define REVERSAL_BYTES (16 * VARINT_MAXIMUM)

/* ---- out ---- */

static size_t choice_room(const struct line_choice *choice)
{
    return 2 * VARINT_MAXIMUM + (choice->all ? 0 : (size_t)choice->count * VARINT_MAXIMUM);
}

static size_t parts_room(const struct order *order)
{
    size_t room = 16 * VARINT_MAXIMUM + order->cart.length;
    for (uint32_t i = 0; i < order->spend_count; i++)
        room += spend_room(&order->spends[i]);
    room += (size_t)order->promised_count * 2 * VARINT_MAXIMUM;
    for (uint32_t i = 0; i < order->milestone_count; i++) {
        room += VARINT_MAXIMUM + order->milestones[i].length;
    }
    for (uint32_t i = 0; i < order->return_count; i++) {
        room += 6 * VARINT_MAXIMUM + order->returns[i].id.length + order->returns[i].holder.length;
        room += (size_t)order->returns[i].step_count * REVERSAL_BYTES;
    }
    return room;
}

static size_t encoded_room(const struct order *order)
{
    size_t room = 18 * VARINT_MAXIMUM + order->level_count + order->member.length;
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
        room += TALLY_FIXED_BYTES + choice_room(&order->tallies[i].choice) +
                order->tallies[i].key.length;
    }
    return room + parts_room(order);
}

static uint8_t *write_line(uint8_t *to, const struct order *order, const struct order_line *line)
{
    uint8_t shape = line->flags;
    if (line->item.length > 0) shape |= SHAPE_ITEM;
    if (line->adjustment != 0) shape |= SHAPE_ADJUSTMENT;
    if (line->returned != 0) shape |= SHAPE_RETURNED;
    if (line->unit_price.scale != order->currency_decimals) shape |= SHAPE_SCALE;
    if (line->refunded != 0) shape |= SHAPE_REFUNDED;
    *to++ = shape;
    to = write_text(to, line->sku);
    to = write_signed(to, line->quantity);
    to = write_signed(to, line->unit_price.coefficient);
    if ((shape & SHAPE_ITEM) != 0) to = write_text(to, line->item);
    if ((shape & SHAPE_ADJUSTMENT) != 0) to = write_signed(to, line->adjustment);
    if ((shape & SHAPE_RETURNED) != 0) to = write_signed(to, line->returned);
    if ((shape & SHAPE_SCALE) != 0) to = write_unsigned(to, (uint64_t)line->unit_price.scale);
    if ((shape & SHAPE_REFUNDED) != 0) to = write_signed(to, line->refunded);
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
    unsigned flags = earning->flags & ~(unsigned)EARNING_UNTAKEN;
    if (earning->untaken > 0) flags |= EARNING_UNTAKEN;
    to = write_unsigned(to, earning->rule);
    to = write_unsigned(to, earning->wallet);
    to = write_unsigned(to, earning->number);
    to = write_unsigned(to, earning->measure);
    to = write_unsigned(to, earning->rounding);
    to = write_unsigned(to, flags);
    to = write_signed(to, earning->per);
    to = write_signed(to, earning->granted);
    to = write_signed(to, earning->kept);
    if (earning->untaken > 0) to = write_signed(to, earning->untaken);
    to = write_text(to, earning->until);
    to = write_choice(to, &earning->choice);
    to = write_unsigned(to, earning->rate_count);
    for (uint32_t r = 0; r < earning->rate_count; r++) {
        to = write_signed(to, earning->rates[r].points);
        to = write_signed(to, earning->rates[r].boost);
    }
    if (earning->rate_count > 1) {
        uint32_t count = choice_count(&earning->choice, order->line_count);
        for (uint32_t k = 0; k < count; k++)
            *to++ = (uint8_t)earning->line_rates[k];
    }
    return to;
}

static uint8_t *write_tally(uint8_t *to, const struct order_tally *tally)
{
    to = write_unsigned(to, tally->kind);
    to = write_unsigned(to, tally->key.length > 0 ? KEPT_UNDER_KEY : tally->is_in_all);
    if (tally->key.length > 0) to = write_text(to, tally->key);
    to = write_unsigned(to, tally->symbol);
    to = write_signed(to, tally->day);
    to = write_signed(to, tally->amount);
    to = write_signed(to, tally->left);
    to = write_unsigned(to, tally->measure);
    to = write_unsigned(to, tally->earning);
    to = write_unsigned(to, tally->wallet);
    return write_choice(to, &tally->choice);
}

static uint8_t *write_spent_lot(uint8_t *to, const struct spent_lot *lot)
{
    to = write_unsigned(to, lot->earning);
    to = write_signed(to, lot->amount);
    to = write_signed(to, lot->expires_at_us);
    to = write_unsigned(to, lot->is_renewed);
    to = write_unsigned(to, lot->rule);
    to = write_unsigned(to, lot->owner);
    to = write_unsigned(to, lot->funder);
    return write_signed(to, lot->returnable_until_day);
}

uint8_t *write_spend(uint8_t *to, const struct spend *spend)
{
    to = write_unsigned(to, spend->wallet);
    to = write_unsigned(to, spend->reward);
    to = write_signed(to, spend->amount);
    to = write_signed(to, spend->given_back);
    to = write_signed(to, spend->discount);
    to = write_signed(to, spend->limit_day);
    to = write_unsigned(to, spend->refusal);
    to = write_unsigned(to, spend->lot_count);
    for (uint32_t i = 0; i < spend->lot_count; i++)
        to = write_spent_lot(to, &spend->lots[i]);
    return to;
}

static uint8_t *write_reversal(uint8_t *to, const struct reversal *step)
{
    to = write_unsigned(to, step->kind);
    to = write_unsigned(to, step->account);
    to = write_unsigned(to, step->symbol);
    to = write_unsigned(to, step->index);
    to = write_signed(to, step->amount);
    to = write_signed(to, step->release_at_us);
    return write_spent_lot(to, &step->lot);
}

static uint8_t *write_returns(uint8_t *to, const struct order *order)
{
    to = write_unsigned(to, order->return_count);
    for (uint32_t i = 0; i < order->return_count; i++) {
        const struct order_return *past = &order->returns[i];
        to = write_text(to, past->id);
        to = write_unsigned(to, past->position);
        to = write_unsigned(to, past->before);
        to = write_unsigned(to, past->mark);
        to = write_text(to, past->holder);
        to = write_unsigned(to, past->step_count);
        for (uint32_t k = 0; k < past->step_count; k++)
            to = write_reversal(to, &past->steps[k]);
    }
    return to;
}

static uint64_t parts_of(const struct order *order)
{
    uint64_t parts = 0;
    if (order->spend_count > 0) parts |= PART_SPENDS;
    if (order->revision != 0 || order->changes != 0 || order->quote != 0) parts |= PART_REVISION;
    if (order->cart.length > 0) parts |= PART_CART;
    if (order->milestone_count > 0) parts |= PART_MILESTONES;
    if (order->return_count > 0) parts |= PART_RETURNS;
    return parts;
}

static uint8_t *write_parts(uint8_t *to, const struct order *order)
{
    uint64_t parts = parts_of(order);
    to = write_unsigned(to, parts);
    if ((parts & PART_SPENDS) != 0) {
        to = write_unsigned(to, order->spend_count);
        for (uint32_t i = 0; i < order->spend_count; i++)
            to = write_spend(to, &order->spends[i]);
    }
    if ((parts & PART_REVISION) != 0) {
        to = write_unsigned(to, order->revision);
        to = write_unsigned(to, order->changes);
        to = write_unsigned(to, order->quote);
    }
    if ((parts & PART_CART) != 0) {
        to = write_signed(to, order->lapses_at_us);
        to = write_unsigned(to, order->is_holding);
        to = write_text(to, order->cart);
        to = write_unsigned(to, order->promised_count);
        for (uint32_t i = 0; i < order->promised_count; i++) {
            to = write_unsigned(to, order->promised[i].wallet);
            to = write_signed(to, order->promised[i].amount);
        }
    }
    if ((parts & PART_MILESTONES) != 0) {
        to = write_unsigned(to, order->milestone_count);
        for (uint32_t i = 0; i < order->milestone_count; i++)
            to = write_text(to, order->milestones[i]);
    }
    return (parts & PART_RETURNS) != 0 ? write_returns(to, order) : to;
}

enum status order_encode(struct arena *arena, const struct order *order, struct text *bytes)
{
    size_t room = encoded_room(order);
    uint8_t *start = arena_allocate(arena, room);
    if (start == NULL) return STATUS_NO_MEMORY;
    uint8_t *to = start;
    *to++ = ORDER_FORMAT;
    to = write_unsigned(to, order->status);
    to = write_text(to, order->member);
    to = write_unsigned(to, order->sequence);
    to = write_unsigned(to, order->position);
    to = write_unsigned(to, order->last_position);
    to = write_signed(to, order->occurred_at_us);
    to = write_signed(to, order->recorded_at_us);
    to = write_unsigned(to, order->program_version);
    to = write_unsigned(to, order->currency);
    to = write_unsigned(to, (uint64_t)order->currency_decimals);
    to = write_unsigned(to, order->level_count);
    memcpy(to, order->levels, order->level_count);
    to += order->level_count;
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
    to = write_parts(to, order);
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
    line->refunded = 0;
    if ((shape & SHAPE_ITEM) != 0) line->item = read_text(reader, EVENT_ID_MAXIMUM);
    if ((shape & SHAPE_ADJUSTMENT) != 0) line->adjustment = read_signed(reader);
    if ((shape & SHAPE_RETURNED) != 0) line->returned = read_signed(reader);
    if ((shape & SHAPE_SCALE) != 0) {
        line->unit_price.scale = (int32_t)read_bounded(reader, DECIMAL_SCALE_MAXIMUM);
    }
    if ((shape & SHAPE_REFUNDED) != 0) line->refunded = read_signed(reader);
    if (line->quantity > EVENT_QUANTITY_MAXIMUM || line->quantity < -EVENT_QUANTITY_MAXIMUM ||
        line->returned < 0 || line->returned > amount_positive(line->quantity) ||
        line->refunded < 0) {
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
    earning->flags = (uint8_t)read_bounded(reader, 31);
    earning->per = read_signed(reader);
    earning->granted = read_signed(reader);
    earning->kept = read_signed(reader);
    if ((earning->flags & EARNING_UNTAKEN) != 0) earning->untaken = read_signed(reader);
    earning->until = read_text(reader, EVENT_ID_MAXIMUM);
    read_choice(reader, arena, line_count, &earning->choice);
    earning->rates = read_array(reader, arena, ORDER_RATE_MAXIMUM, sizeof(struct line_rate),
                                &earning->rate_count);
    for (uint32_t r = 0; r < earning->rate_count; r++) {
        earning->rates[r].points = read_signed(reader);
        earning->rates[r].boost = read_signed(reader);
    }
    if (earning->per <= 0 || earning->rate_count == 0 || earning->granted < 0 ||
        earning->kept < 0 || earning->untaken < 0) {
        reader->failed = true;
    }
    if (reader->failed || earning->rate_count == 1) return;
    uint32_t count = choice_count(&earning->choice, line_count);
    if (count > (uint64_t)(reader->end - reader->at)) {
        reader->failed = true;
        return;
    }
    earning->line_rates = arena_new_array(arena, uint16_t, count + 1);
    if (earning->line_rates == NULL) {
        reader->failed = true;
        return;
    }
    for (uint32_t k = 0; k < count; k++) {
        earning->line_rates[k] = *reader->at++;
        if (earning->line_rates[k] >= earning->rate_count) reader->failed = true;
    }
}

static void read_tally(struct reader *reader, struct arena *arena, uint32_t line_count,
                       struct order_tally *tally)
{
    tally->kind = (uint8_t)read_bounded(reader, ORDER_TALLY_SHARE);
    uint64_t keeper = read_bounded(reader, KEPT_UNDER_KEY);
    tally->is_in_all = keeper != 0;
    if (keeper == KEPT_UNDER_KEY) {
        tally->key = read_text(reader, TALLY_KEY_BYTES);
        if (tally->key.length != TALLY_KEY_BYTES) reader->failed = true;
    }
    tally->symbol = (uint32_t)read_bounded(reader, UINT32_MAX);
    tally->day = (int32_t)read_signed(reader);
    tally->amount = read_signed(reader);
    tally->left = read_signed(reader);
    tally->measure = (enum measure)read_bounded(reader, MEASURE_EARNED);
    tally->earning = (uint32_t)read_bounded(reader, UINT32_MAX);
    tally->wallet = (uint32_t)read_bounded(reader, UINT32_MAX);
    read_choice(reader, arena, line_count, &tally->choice);
}

static void read_spent_lot(struct reader *reader, struct spent_lot *lot)
{
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

void read_spend(struct reader *reader, struct arena *arena, struct spend *spend)
{
    *spend = (struct spend){.wallet = (uint32_t)read_bounded(reader, UINT32_MAX)};
    spend->reward = (uint32_t)read_bounded(reader, UINT32_MAX);
    spend->amount = read_signed(reader);
    spend->given_back = read_signed(reader);
    spend->discount = read_signed(reader);
    spend->limit_day = (int32_t)read_signed(reader);
    spend->refusal = (uint32_t)read_bounded(reader, UINT8_MAX);
    spend->lots = read_array(reader, arena, ORDER_SPEND_LOT_MAXIMUM, sizeof(struct spent_lot),
                             &spend->lot_count);
    for (uint32_t i = 0; i < spend->lot_count; i++)
        read_spent_lot(reader, &spend->lots[i]);
    if (spend->amount < 0 || spend->given_back < 0 || spend->given_back > spend->amount) {
        reader->failed = true;
    }
}

static void read_return(struct reader *reader, struct arena *arena, struct order_return *past)
{
    past->id = read_text(reader, EVENT_ID_MAXIMUM);
    past->position = read_unsigned(reader);
    past->before = read_unsigned(reader);
    past->mark = read_unsigned(reader);
    past->holder = read_text(reader, EVENT_ID_MAXIMUM);
    past->steps = read_array(reader, arena, ORDER_REVERSAL_MAXIMUM, sizeof(struct reversal),
                             &past->step_count);
    for (uint32_t i = 0; i < past->step_count && !reader->failed; i++) {
        struct reversal *step = &past->steps[i];
        step->kind = (uint8_t)read_bounded(reader, UINT8_MAX);
        step->account = (uint8_t)read_bounded(reader, UINT8_MAX);
        step->symbol = (uint32_t)read_bounded(reader, UINT32_MAX);
        step->index = (uint32_t)read_bounded(reader, UINT32_MAX);
        step->amount = read_signed(reader);
        step->release_at_us = read_signed(reader);
        read_spent_lot(reader, &step->lot);
    }
}

static void read_cart(struct reader *reader, struct arena *arena, struct order *order)
{
    order->lapses_at_us = read_signed(reader);
    order->is_holding = read_bounded(reader, 1) != 0;
    order->cart = read_text(reader, ORDER_CART_MAXIMUM);
    order->promised = read_array(reader, arena, PROGRAM_WALLET_MAXIMUM, sizeof(struct promised),
                                 &order->promised_count);
    for (uint32_t i = 0; i < order->promised_count; i++) {
        order->promised[i].wallet = (uint32_t)read_bounded(reader, UINT32_MAX);
        order->promised[i].amount = read_signed(reader);
    }
    if (order->cart.length == 0) reader->failed = true;
}

static void read_parts(struct reader *reader, struct arena *arena, struct order *order)
{
    uint64_t parts = read_bounded(reader, PART_KNOWN);
    if ((parts & PART_SPENDS) != 0) {
        order->spends = read_array(reader, arena, EVENT_REDEEM_MAXIMUM, sizeof(struct spend),
                                   &order->spend_count);
        for (uint32_t i = 0; i < order->spend_count && !reader->failed; i++) {
            read_spend(reader, arena, &order->spends[i]);
        }
    }
    if ((parts & PART_REVISION) != 0) {
        order->revision = read_unsigned(reader);
        order->changes = read_unsigned(reader);
        order->quote = read_unsigned(reader);
    }
    if ((parts & PART_CART) != 0) read_cart(reader, arena, order);
    if ((parts & PART_MILESTONES) != 0) {
        order->milestones = read_array(reader, arena, ORDER_MILESTONE_MAXIMUM, sizeof(struct text),
                                       &order->milestone_count);
        for (uint32_t i = 0; i < order->milestone_count; i++) {
            order->milestones[i] = read_text(reader, EVENT_ID_MAXIMUM);
        }
    }
    if ((parts & PART_RETURNS) != 0) {
        order->returns = read_array(reader, arena, ORDER_RETURN_MAXIMUM,
                                    sizeof(struct order_return), &order->return_count);
        for (uint32_t i = 0; i < order->return_count && !reader->failed; i++) {
            read_return(reader, arena, &order->returns[i]);
        }
    }
}

/* Only what a member bought is whoever's: an open order, or a guest's, is in nobody's list. */
static bool has_buyer(const struct order *order)
{
    return order->status != ORDER_OPEN && order->status != ORDER_GUEST;
}

static bool read_header(struct reader *reader, struct order *order)
{
    if (read_bounded(reader, UINT8_MAX) != ORDER_FORMAT) return false;
    order->status = (enum order_status)read_bounded(reader, ORDER_CLAIMED);
    order->member = read_text(reader, EVENT_ID_MAXIMUM);
    order->sequence = read_unsigned(reader);
    order->position = read_unsigned(reader);
    order->last_position = read_unsigned(reader);
    order->occurred_at_us = read_signed(reader);
    order->recorded_at_us = read_signed(reader);
    order->program_version = (uint32_t)read_bounded(reader, UINT32_MAX);
    order->currency = (uint32_t)read_bounded(reader, UINT32_MAX);
    order->currency_decimals = (int32_t)read_bounded(reader, DECIMAL_SCALE_MAXIMUM);
    order->level_count = (uint32_t)read_bounded(reader, PROGRAM_TIER_SET_MAXIMUM);
    for (uint32_t i = 0; i < order->level_count; i++) {
        order->levels[i] = (uint8_t)read_bounded(reader, PROGRAM_LEVEL_MAXIMUM);
    }
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
    if (!reader.failed) read_parts(&reader, arena, order);
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
    *member = has_buyer(&order) ? order.member : (struct text){"", 0};
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
