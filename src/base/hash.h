/* Hashes: a fast one for tables in memory, and the cryptographic one for what is recorded.
 *
 * hash_bytes (XXH3, 64 bits) may change between versions and is never written anywhere.
 * hash_record (BLAKE2b, 32 bytes, by libsodium) is what records, keys and shares of members use.
 */
#ifndef GUERDON_BASE_HASH_H
#define GUERDON_BASE_HASH_H

#include "base/text.h"

#define HASH_RECORD_BYTES 32

uint64_t hash_bytes(struct text text);
/* Unkeyed BLAKE2b with a 32-byte digest (RFC 7693). */
void hash_record(struct text text, uint8_t digest[HASH_RECORD_BYTES]);
/* BLAKE2b keyed with 32 bytes: only who has the key can tell what a digest stands for. */
void hash_record_keyed(const uint8_t key[HASH_RECORD_BYTES], struct text text,
                       uint8_t digest[HASH_RECORD_BYTES]);
/* The stable 32-bit number of a name in recorded data: the first 4 bytes, big-endian, of
 * hash_record; 0 is never given (it stands for none). */
uint32_t hash_symbol(struct text text);

#endif
