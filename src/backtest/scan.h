/* Scan: where in 64 bytes the separators, line feeds and quotes of a CSV stand.
 *
 * The only file that knows a processor's vector instructions. Bit i of the answer belongs to
 * byte i. The portable version compares eight bytes at a time inside one number: for each byte,
 * x + 0x7f sets the high bit of any low seven bits that are not zero and carries into no
 * neighbour, so that the high bit stays clear for a zero byte alone.
 */
#ifndef GUERDON_BACKTEST_SCAN_H
#define GUERDON_BACKTEST_SCAN_H

#include <stdint.h>
#include <string.h>

#define SCAN_BLOCK_BYTES 64

/* Eight bytes as a number whose lowest byte is the first, on every machine. */
static inline uint64_t scan_load(const char *bytes)
{
    uint64_t number;
    memcpy(&number, bytes, sizeof number);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    number = __builtin_bswap64(number);
#endif
    return number;
}

/* The high bit of each byte that is `byte`, and no other bit. */
static inline uint64_t scan_match(uint64_t eight, char byte)
{
    const uint64_t low_bits = UINT64_C(0x7f7f7f7f7f7f7f7f);
    uint64_t different = eight ^ (UINT64_C(0x0101010101010101) * (unsigned char)byte);
    return ~(((different & low_bits) + low_bits) | different | low_bits);
}

static inline uint64_t scan_block_portable(const char *bytes, char separator)
{
    uint64_t found = 0;
    for (unsigned i = 0; i < SCAN_BLOCK_BYTES; i += 8) {
        uint64_t eight = scan_load(bytes + i);
        uint64_t high =
            scan_match(eight, separator) | scan_match(eight, '\n') | scan_match(eight, '"');
        /* Each product term moves one byte's bit to its place in the top byte. */
        found |= ((high >> 7) * UINT64_C(0x0102040810204080) >> 56) << i;
    }
    return found;
}

#if defined(__SSE2__)
#include <emmintrin.h>

static inline uint64_t scan_block(const char *bytes, char separator)
{
    const __m128i separators = _mm_set1_epi8(separator);
    const __m128i line_feeds = _mm_set1_epi8('\n');
    const __m128i quotes = _mm_set1_epi8('"');
    uint64_t found = 0;
    for (unsigned i = 0; i < SCAN_BLOCK_BYTES; i += 16) {
        __m128i sixteen = _mm_loadu_si128((const __m128i *)(const void *)(bytes + i));
        __m128i match = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(sixteen, separators),
                                                  _mm_cmpeq_epi8(sixteen, line_feeds)),
                                     _mm_cmpeq_epi8(sixteen, quotes));
        found |= (uint64_t)(unsigned)_mm_movemask_epi8(match) << i;
    }
    return found;
}
#else
static inline uint64_t scan_block(const char *bytes, char separator)
{
    return scan_block_portable(bytes, separator);
}
#endif

#endif
