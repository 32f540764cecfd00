/* The long way through a variable-length number. See codec_bytes.h. */
#include "engine/codec_bytes.h"

uint64_t read_unsigned_slow(struct reader *reader)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (reader->failed || reader->at == reader->end) break;
        uint8_t byte = *reader->at++;
        if (shift == 63 && byte > 1) break;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) return value;
    }
    reader->failed = true;
    return 0;
}
