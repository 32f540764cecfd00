/* Hashes: XXH3 for tables in memory, BLAKE2b for what is recorded.
 *
 * XXH3 is compiled into this file rather than called in its library: keys are short, and a call
 * through the library costs more than hashing them.
 *
 * libsodium is not initialised here, for that opens the system's random device, which base must
 * not: BLAKE2b answers the same without it, only by its portable code. A program that wants the
 * fast one calls sodium_init when it starts.
 */
#include "base/hash.h"

#define XXH_INLINE_ALL
#include <sodium.h>
#include <xxhash.h>

uint64_t hash_bytes(struct text text)
{
    return XXH3_64bits(text.bytes, text.length);
}

void hash_record(struct text text, uint8_t digest[HASH_RECORD_BYTES])
{
    /* It can only fail for a wrong length of digest or key. */
    int failed = crypto_generichash(digest, HASH_RECORD_BYTES, (const unsigned char *)text.bytes,
                                    text.length, NULL, 0);
    ASSERT(failed == 0);
}

void hash_record_keyed(const uint8_t key[HASH_RECORD_BYTES], struct text text,
                       uint8_t digest[HASH_RECORD_BYTES])
{
    int failed = crypto_generichash(digest, HASH_RECORD_BYTES, (const unsigned char *)text.bytes,
                                    text.length, key, HASH_RECORD_BYTES);
    ASSERT(failed == 0);
}

uint32_t hash_symbol(struct text text)
{
    uint8_t digest[HASH_RECORD_BYTES];
    hash_record(text, digest);
    uint32_t symbol = (uint32_t)digest[0] << 24 | (uint32_t)digest[1] << 16 |
                      (uint32_t)digest[2] << 8 | (uint32_t)digest[3];
    return symbol == 0 ? 1 : symbol;
}
