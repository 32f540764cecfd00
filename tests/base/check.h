/* Check: what the tests of base have in common. Includes cmocka in the order it asks for, compares
 * views of text, and draws repeatable random numbers. Never part of the program.
 */
#ifndef GUERDON_TESTS_BASE_CHECK_H
#define GUERDON_TESTS_BASE_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/base.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define assert_status(expected, call) assert_int_equal((expected), (call))
#define assert_ok(call) assert_status(STATUS_OK, (call))

static inline void check_text(struct text got, const char *wanted, const char *file, int line)
{
    if (text_equal(got, text_of(wanted))) return;
    print_error("got \"%.*s\", wanted \"%s\"\n", TEXT_ARGUMENTS(got), wanted);
    _fail(file, line);
}
#define assert_text(wanted, got) check_text((got), (wanted), __FILE__, __LINE__)

/* SplitMix64: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014. */
static inline uint64_t next_random(uint64_t *state)
{
    *state += UINT64_C(0x9E3779B97F4A7C15);
    uint64_t mixed = *state;
    mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94D049BB133111EB);
    return mixed ^ (mixed >> 31);
}

/* From first to last, both included; last - first must fit 63 bits. */
static inline int64_t random_between(uint64_t *state, int64_t first, int64_t last)
{
    return first + (int64_t)(next_random(state) % ((uint64_t)(last - first) + 1));
}

/* A number of any size: as many small ones as large ones, either sign, the limits among them. */
static inline int64_t random_amount(uint64_t *state)
{
    uint64_t bits = next_random(state);
    int64_t number = (int64_t)(next_random(state) >> (bits % 63 + 1));
    if ((bits >> 32) % 64 == 0) number = INT64_MAX - number % 2;
    if ((bits >> 40) % 2 != 0) number = -number - ((bits >> 41) % 2 != 0);
    return number;
}

#endif
