/* Time format: how a shop writes its times, such as "%d/%m/%Y %H:%M".
 *
 * The letters are those of strptime, as far as they mean one thing in every language:
 *   %Y 2011   %y 11 (69 to 99 are 19..)   %m 12   %b Dec or December   %d 9   %H 16   %I 4   %p PM
 *   %M 30     %S 59   %f 250 (a fraction of a second)   %z +01:00, +0100 or Z
 *   %F = %Y-%m-%d   %T = %H:%M:%S   %s seconds since 1970   %% a percent sign
 * Anything else stands for itself. `rfc3339` stands for 2011-12-09T16:30:59Z with all its variants.
 * A time without %z is wall time in the mapping's zone.
 */
#ifndef GUERDON_BACKTEST_TIME_FORMAT_H
#define GUERDON_BACKTEST_TIME_FORMAT_H

#include "base/base.h"

#define TIME_FORMAT_STEP_MAXIMUM 64

/* The format's bytes, %F and %T written out; for each byte whether it is a letter or stands for
 * itself. */
struct time_format {
    bool is_rfc3339;
    uint32_t count;
    char steps[TIME_FORMAT_STEP_MAXIMUM];
    bool is_letter[TIME_FORMAT_STEP_MAXIMUM];
};

/* STATUS_INVALID sets `*error` to a sentence in `arena`. */
MUST_CHECK enum status time_format_compile(struct arena *arena, struct text text,
                                           struct time_format *format, struct text *error);
/* STATUS_SYNTAX: it is not of this form; STATUS_INVALID: of this form, but there is no such time.
 */
MUST_CHECK enum status time_format_parse(const struct time_format *format, const struct zone *zone,
                                         struct text text, int64_t *instant_us);
#define TIME_EXAMPLE_MAXIMUM (TIME_FORMAT_STEP_MAXIMUM * 12)
/* "2011-12-31 16:30:59": how a time would have to look; `out` has TIME_EXAMPLE_MAXIMUM bytes. */
struct text time_format_example(const struct time_format *format, char *out);

#endif
