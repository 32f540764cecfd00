/* A redemption's bytes. See redemption.h for what it is. */
#include "engine/redemption.h"

#include "engine/codec_bytes.h"
#include "engine/spend_codec.h"

enum status redemption_encode(struct arena *arena, const struct redemption *redemption,
                              struct text *bytes)
{
    size_t room = 12 * VARINT_MAXIMUM + redemption->member.length + spend_room(&redemption->spend);
    uint8_t *start = arena_allocate(arena, room);
    if (start == NULL) return STATUS_NO_MEMORY;
    uint8_t *to = start;
    *to++ = REDEMPTION_FORMAT;
    to = write_text(to, redemption->member);
    to = write_unsigned(to, redemption->sequence);
    to = write_unsigned(to, redemption->position);
    to = write_unsigned(to, redemption->last_position);
    to = write_signed(to, redemption->recorded_at_us);
    to = write_unsigned(to, redemption->status);
    to = write_signed(to, redemption->lapses_at_us);
    to = write_spend(to, &redemption->spend);
    *bytes = (struct text){(const char *)start, (size_t)(to - start)};
    return STATUS_OK;
}

enum status redemption_decode(struct arena *arena, struct text bytes, struct redemption *redemption)
{
    struct reader reader = reader_of(bytes.bytes, bytes.length);
    *redemption = (struct redemption){0};
    if (read_bounded(&reader, UINT8_MAX) != REDEMPTION_FORMAT) return STATUS_CORRUPT;
    redemption->member = read_text(&reader, EVENT_ID_MAXIMUM);
    redemption->sequence = read_unsigned(&reader);
    redemption->position = read_unsigned(&reader);
    redemption->last_position = read_unsigned(&reader);
    redemption->recorded_at_us = read_signed(&reader);
    redemption->status = (enum redemption_status)read_bounded(&reader, REDEMPTION_LAPSED);
    redemption->lapses_at_us = read_signed(&reader);
    read_spend(&reader, arena, &redemption->spend);
    if (reader.failed || reader.at != reader.end) return STATUS_CORRUPT;
    return STATUS_OK;
}

enum status redemption_bytes_stamp(const void *bytes, size_t size, uint64_t *position,
                                   uint64_t *sequence)
{
    struct reader reader = reader_of(bytes, size);
    if (read_bounded(&reader, UINT8_MAX) != REDEMPTION_FORMAT) return STATUS_CORRUPT;
    (void)read_text(&reader, EVENT_ID_MAXIMUM);
    uint64_t touched = read_unsigned(&reader);
    (void)read_unsigned(&reader);
    uint64_t last = read_unsigned(&reader);
    if (reader.failed) return STATUS_CORRUPT;
    *position = last;
    *sequence = touched;
    return STATUS_OK;
}
