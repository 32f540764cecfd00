/* Tests of base/hash: BLAKE2b against digests from another implementation, since they are recorded
 * for good, and the spread of the hash for tables.
 */
#include "check.h"

static void assert_digest(const char *wanted_hex, struct text text)
{
    uint8_t digest[HASH_RECORD_BYTES];
    char hex[2 * HASH_RECORD_BYTES + 1];
    hash_record(text, digest);
    for (size_t i = 0; i < HASH_RECORD_BYTES; i++)
        (void)snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    assert_string_equal(wanted_hex, hex);
}

static void records_are_hashed_as_everywhere(void **state)
{
    (void)state;
    char long_text[768];
    for (size_t i = 0; i < sizeof long_text; i++)
        long_text[i] = (char)(i % 256);
    assert_digest("0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8", TEXT(""));
    assert_digest("0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8",
                  (struct text){NULL, 0});
    assert_digest("bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319", TEXT("abc"));
    assert_digest("d4b6c5000386001e4c510e8abfead38d86b958c378cdd096417be33b200e8023",
                  TEXT("12346"));
    assert_digest("b8007121274217790e2923e0ad7027986e5a99d5531ef6ae7d294140fc81615d",
                  (struct text){long_text, sizeof long_text});
}

static void a_symbol_is_the_start_of_the_digest(void **state)
{
    (void)state;
    assert_int_equal(0xbddd813c, hash_symbol(TEXT("abc")));
    assert_int_equal(0x0e5751c0, hash_symbol(TEXT("")));
    assert_int_equal(0xd4b6c500, hash_symbol(TEXT("12346")));
}

static void equal_bytes_hash_equally_wherever_they_are(void **state)
{
    (void)state;
    char bytes[600];
    for (size_t length = 0; length < 280; length++) {
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = (char)(i % 300 * 7 % 256);
        struct text here = {bytes, length};
        struct text there = {bytes + 300, length};
        assert_true(hash_bytes(here) == hash_bytes(there));
        if (length == 0) continue;
        bytes[300 + length / 2] ^= 1;
        assert_true(hash_bytes(here) != hash_bytes(there));
    }
    assert_true(hash_bytes((struct text){NULL, 0}) == hash_bytes(TEXT("")));
}

/* The map takes the low bits: counting keys must spread over them. */
static void consecutive_keys_spread_over_the_low_bits(void **state)
{
    (void)state;
    static int counts[1024];
    for (int i = 0; i < 1024 * 64; i++) {
        char key[16];
        (void)snprintf(key, sizeof key, "%d", 10000 + i);
        counts[hash_bytes(text_of(key)) % 1024]++;
    }
    /* 64 are expected in each, give or take 8 (one standard deviation). */
    for (size_t i = 0; i < COUNT(counts); i++)
        assert_in_range(counts[i], 64 - 48, 64 + 48);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_are_hashed_as_everywhere),
        cmocka_unit_test(a_symbol_is_the_start_of_the_digest),
        cmocka_unit_test(equal_bytes_hash_equally_wherever_they_are),
        cmocka_unit_test(consecutive_keys_spread_over_the_low_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
