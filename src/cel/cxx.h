/* What cel takes from C++: RE2, and doubles as text without a locale. Plain C types alone, so that
 * cxx.cc needs no other header of ours; double_text.c and function_string.c put the room's own
 * types around it. No exception leaves these functions.
 */
#ifndef GUERDON_CEL_CXX_H
#define GUERDON_CEL_CXX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct cel_pattern;

/* NULL when the pattern is not valid, or needs more memory than that; `message` (NUL-terminated)
 * then says why. */
struct cel_pattern *cel_cxx_pattern_new(const char *bytes, size_t length, int64_t memory_bytes,
                                        char *message, size_t message_bytes);
void cel_cxx_pattern_free(struct cel_pattern *pattern);
/* How many instructions the compiled pattern has: the time of a search grows with them, at worst.
 */
uint32_t cel_cxx_pattern_size(const struct cel_pattern *pattern);
bool cel_cxx_pattern_finds(const struct cel_pattern *pattern, const char *bytes, size_t length);

/* How a number is laid out: with as many digits as it takes to read the same double back, or with
 * `precision` digits behind the point, rounded to even from the double's exact value. */
enum cel_cxx_layout {
    CEL_CXX_FIXED_SHORTEST,
    CEL_CXX_SCIENTIFIC_SHORTEST,
    CEL_CXX_FIXED,
    CEL_CXX_SCIENTIFIC
};
/* The bytes written to `out`, 0 when they do not fit. `number` is finite. */
size_t cel_cxx_double_format(double number, enum cel_cxx_layout layout, int precision, char *out,
                             size_t room);
/* Reads digits with an optional sign, point and exponent, the whole text. False when it is no such
 * text, or the number is too large or too small for a double. */
bool cel_cxx_double_parse(const char *bytes, size_t length, double *number);

#ifdef __cplusplus
}
#endif

#endif
