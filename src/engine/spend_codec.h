/* The bytes of a spend, which orders and redemptions both carry. */
#ifndef GUERDON_ENGINE_SPEND_CODEC_H
#define GUERDON_ENGINE_SPEND_CODEC_H

#include "engine/codec_bytes.h"
#include "engine/order.h"

static inline size_t spend_room(const struct spend *spend)
{
    return 8 * VARINT_MAXIMUM + (size_t)spend->lot_count * 9 * VARINT_MAXIMUM;
}
uint8_t *write_spend(uint8_t *to, const struct spend *spend);
void read_spend(struct reader *reader, struct arena *arena, struct spend *spend);

#endif
