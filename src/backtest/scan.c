/* Scan: lists marks 64 bytes at a time, with the widest instructions that the processor has.
 *
 * Each version is the same loop around another way to compare 64 bytes; they give the same list,
 * which a test asserts. The portable one compares eight bytes at a time inside one number.
 */
#include "backtest/scan.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* Writes the places of the bits of `found`, counted from `at`. Eight are written whether there are
 * so many or not: most blocks have fewer, and that saves a branch for each. */
static inline uint32_t write_marks(uint32_t *marks, uint32_t at, uint64_t found, uint32_t count)
{
    for (uint32_t i = 0; i < 8; i++) {
        marks[i] = at + (found == 0 ? 0u : (uint32_t)__builtin_ctzll(found));
        found &= found - 1;
    }
    for (uint32_t i = 8; i < count; i++) {
        marks[i] = at + (uint32_t)__builtin_ctzll(found);
        found &= found - 1;
    }
    return count;
}

static inline uint64_t scan_block_portable(const char *bytes, char separator)
{
    uint64_t found = 0;
    for (unsigned i = 0; i < SCAN_BLOCK_BYTES; i += 8) {
        uint64_t eight = scan_load(bytes + i);
        uint64_t high =
            scan_match(eight, separator) | scan_match(eight, '\n') | scan_match(eight, '"');
        /* Each term of the product moves one byte's bit to its place in the top byte. */
        found |= ((high >> 7) * UINT64_C(0x0102040810204080) >> 56) << i;
    }
    return found;
}

uint32_t scan_portable(const char *bytes, uint32_t start, uint32_t end, char separator,
                       uint32_t *marks)
{
    uint32_t count = 0;
    for (uint32_t at = start; at < end; at += SCAN_BLOCK_BYTES) {
        uint64_t found = scan_block_portable(bytes + at, separator);
        uint32_t more = 0;
        for (uint64_t rest = found; rest != 0; rest &= rest - 1)
            more++;
        count += write_marks(marks + count, at, found, more);
    }
    return count;
}

#if defined(__x86_64__)
__attribute__((target("avx2,popcnt,bmi"))) static uint32_t
scan_with_avx2(const char *bytes, uint32_t start, uint32_t end, char separator, uint32_t *marks)
{
    const __m256i separators = _mm256_set1_epi8(separator);
    const __m256i line_feeds = _mm256_set1_epi8('\n');
    const __m256i quotes = _mm256_set1_epi8('"');
    uint32_t count = 0;
    for (uint32_t at = start; at < end; at += SCAN_BLOCK_BYTES) {
        uint64_t found = 0;
        for (unsigned i = 0; i < SCAN_BLOCK_BYTES; i += 32) {
            __m256i part = _mm256_loadu_si256((const __m256i *)(const void *)(bytes + at + i));
            __m256i match = _mm256_or_si256(_mm256_or_si256(_mm256_cmpeq_epi8(part, separators),
                                                            _mm256_cmpeq_epi8(part, line_feeds)),
                                            _mm256_cmpeq_epi8(part, quotes));
            found |= (uint64_t)(unsigned)_mm256_movemask_epi8(match) << i;
        }
        count += write_marks(marks + count, at, found, (uint32_t)__builtin_popcountll(found));
    }
    return count;
}

uint32_t scan(const char *bytes, uint32_t start, uint32_t end, char separator, uint32_t *marks)
{
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt")) {
        return scan_with_avx2(bytes, start, end, separator, marks);
    }
    return scan_portable(bytes, start, end, separator, marks);
}
#else
uint32_t scan(const char *bytes, uint32_t start, uint32_t end, char separator, uint32_t *marks)
{
    return scan_portable(bytes, start, end, separator, marks);
}
#endif
