/* Hashes: XXH3 for tables in memory, BLAKE2b for what is recorded.
 *
 * XXH3 is compiled into this file rather than called in its library: keys are short, and a call
 * through the library costs more than hashing them.
 *
 * libsodium is not initialised, here or anywhere. sodium_init opens the system's random device,
 * which base must not, and makes BLAKE2b use the widest vector instructions there are, with the
 * same answer. For inputs as short as a record these are the slower ones on some processors: on an
 * AMD EPYC of the fifth generation 1.1 us instead of 0.6 for 700 bytes. Nothing that is used of the
 * library needs more than that its random generator is begun before there are threads.
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
