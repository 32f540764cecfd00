/* Bytes in and out: variable-length numbers and texts, for records and order states.
 *
 * An unsigned number is seven bits a byte, the lowest first, the top bit saying that more follow
 * (LEB128); a signed one is folded first so that small negatives stay short. A reader never passes
 * its end: after the first read beyond it, or a number that does not fit, `failed` stays set and
 * every further read answers zero.
 */
#ifndef GUERDON_ENGINE_CODEC_BYTES_H
#define GUERDON_ENGINE_CODEC_BYTES_H

#include "base/base.h"

#define VARINT_MAXIMUM 10 /* bytes of the longest number */

struct reader {
    const uint8_t *at;
    const uint8_t *end;
    bool failed;
};

static inline struct reader reader_of(const void *bytes, size_t size)
{
    const uint8_t *start = bytes;
    return (struct reader){start, start + size, false};
}

uint64_t read_unsigned_slow(struct reader *reader);

static inline uint64_t read_unsigned(struct reader *reader)
{
    if (reader->at < reader->end && *reader->at < 0x80) return *reader->at++;
    return read_unsigned_slow(reader);
}

static inline int64_t read_signed(struct reader *reader)
{
    uint64_t folded = read_unsigned(reader);
    return (int64_t)(folded >> 1) ^ -(int64_t)(folded & 1);
}

/* An unsigned number that must be at most `maximum`. */
static inline uint64_t read_bounded(struct reader *reader, uint64_t maximum)
{
    uint64_t value = read_unsigned(reader);
    if (value > maximum) {
        reader->failed = true;
        return 0;
    }
    return value;
}

/* So many bytes: a view into the reader's own. */
static inline struct text read_view(struct reader *reader, uint64_t length)
{
    if (reader->failed || length > (uint64_t)(reader->end - reader->at)) {
        reader->failed = true;
        return (struct text){"", 0};
    }
    struct text text = {(const char *)reader->at, (size_t)length};
    reader->at += length;
    return text;
}

/* A length and so many bytes. */
static inline struct text read_text(struct reader *reader, size_t maximum)
{
    return read_view(reader, read_bounded(reader, maximum));
}

/* The writers append at `to` and answer the new end; the caller has made room: VARINT_MAXIMUM a
 * number, VARINT_MAXIMUM + length a text. */
static inline uint8_t *write_unsigned(uint8_t *to, uint64_t value)
{
    while (value >= 0x80) {
        *to++ = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    *to++ = (uint8_t)value;
    return to;
}

static inline uint8_t *write_signed(uint8_t *to, int64_t value)
{
    return write_unsigned(to, ((uint64_t)value << 1) ^ (uint64_t)(value >> 63));
}

static inline uint8_t *write_text(uint8_t *to, struct text text)
{
    to = write_unsigned(to, text.length);
    if (text.length > 0) memcpy(to, text.bytes, text.length);
    return to + text.length;
}

#endif
