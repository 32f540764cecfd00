/* Scan: where the separators, line feeds and quotes of a CSV stand.
 *
 * scan.c is the only file that knows a processor's vector instructions; the helpers here read eight
 * bytes as one number, on every machine alike.
 */
#ifndef GUERDON_BACKTEST_SCAN_H
#define GUERDON_BACKTEST_SCAN_H

#include <stdint.h>
#include <string.h>

#define SCAN_BLOCK_BYTES 64

/* Lists the places in [start, end) of the separator, of line feeds and of quotes, ascending, and
 * answers how many they are. Whole blocks are read: SCAN_BLOCK_BYTES zeros must follow `end`.
 * `marks` has room for end - start + SCAN_BLOCK_BYTES. */
uint32_t scan(const char *bytes, uint32_t start, uint32_t end, char separator, uint32_t *marks);
/* The same on any processor; here for the tests. */
uint32_t scan_portable(const char *bytes, uint32_t start, uint32_t end, char separator,
                       uint32_t *marks);

/* Eight bytes as a number whose lowest byte is the first. */
static inline uint64_t scan_load(const char *bytes)
{
    uint64_t number;
    memcpy(&number, bytes, sizeof number);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    number = __builtin_bswap64(number);
#endif
    return number;
}

/* The high bit of each byte that is `byte`, and no other bit. For each byte, x + 0x7f sets the high
 * bit of any low seven bits that are not zero and carries into no neighbour, so that the high bit
 * stays clear for a zero byte alone. */
static inline uint64_t scan_match(uint64_t eight, char byte)
{
    const uint64_t low_bits = UINT64_C(0x7f7f7f7f7f7f7f7f);
    uint64_t different = eight ^ (UINT64_C(0x0101010101010101) * (unsigned char)byte);
    return ~(((different & low_bits) + low_bits) | different | low_bits);
}

#endif
