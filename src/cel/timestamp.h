/* Timestamps and durations: their text and their arithmetic, for conversions and operators.
 *
 * A result outside the years 1 to 9999, or past the 64 bits of nanoseconds of a duration, is
 * CEL_FAULT_RANGE.
 */
#ifndef GUERDON_CEL_TIMESTAMP_H
#define GUERDON_CEL_TIMESTAMP_H

#include "cel/function.h"

/* Reads RFC 3339: "2027-03-05T12:00:00Z", a fraction of 1 to 9 digits, an offset "+05:30". The
 * timestamp, or CEL_FAULT_CONVERSION, CEL_FAULT_RANGE. */
struct cel_value cel_timestamp_parse(struct text text);
/* Reads "1h2m3.5s", "-90s", "1.5h", "0": numbers each with a unit h, m, s, ms, us (or with a micro
 * sign) or ns. The duration, or CEL_FAULT_CONVERSION, CEL_FAULT_RANGE. */
struct cel_value cel_duration_parse(struct text text);
/* A timestamp of seconds since 1970: what timestamp(int) means. Or CEL_FAULT_RANGE. */
struct cel_value cel_timestamp_of_seconds(int64_t seconds);

/* "2027-03-05T12:00:00.5Z", in UTC; "3.5s". At the start of `out`. */
#define CEL_TIME_TEXT_MAXIMUM 40
struct text cel_timestamp_format(struct cel_value timestamp, char out[CEL_TIME_TEXT_MAXIMUM]);
struct text cel_duration_format(struct cel_value duration, char out[CEL_TIME_TEXT_MAXIMUM]);

/* Implementations of operators. */
struct cel_value cel_timestamp_plus_duration(struct cel_call *call,
                                             const struct cel_value *arguments);
struct cel_value cel_duration_plus_timestamp(struct cel_call *call,
                                             const struct cel_value *arguments);
struct cel_value cel_duration_plus_duration(struct cel_call *call,
                                            const struct cel_value *arguments);
struct cel_value cel_timestamp_minus_timestamp(struct cel_call *call,
                                               const struct cel_value *arguments);
struct cel_value cel_timestamp_minus_duration(struct cel_call *call,
                                              const struct cel_value *arguments);
struct cel_value cel_duration_minus_duration(struct cel_call *call,
                                             const struct cel_value *arguments);

#endif
