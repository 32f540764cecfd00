/* Plain words for the small things of a programme: amounts, times, windows, conditions, limits.
 * Inner to the room; each function writes its words to the end of a buffer, without a full stop. */
#ifndef GUERDON_PROGRAM_DESCRIBE_WORDS_H
#define GUERDON_PROGRAM_DESCRIBE_WORDS_H

#include "program/program.h"

/* "10.00 USD" */
MUST_CHECK enum status say_money(struct buffer *out, const struct program *program,
                                 uint32_t currency, int64_t amount);
/* "1 point", "1,000 points", "1.25 points" when `more_decimals` is 2. */
MUST_CHECK enum status say_points(struct buffer *out, const struct wallet *wallet, int64_t amount,
                                  int32_t more_decimals);
/* "5 March 2027", with the time of day unless that is midnight. */
MUST_CHECK enum status say_instant(struct buffer *out, const struct program *program,
                                   int64_t instant_us);
/* "to the end of 7 March 2027" for what stops at the next midnight, "until 8 March 2027 12:00"
 * else. */
MUST_CHECK enum status say_end(struct buffer *out, const struct program *program, int64_t until_us);
MUST_CHECK enum status say_span(struct buffer *out, struct span span);
/* "a, b or c" */
MUST_CHECK enum status say_list(struct buffer *out, const struct text *items, uint32_t count,
                                const char *joint);
/* "for members at level VIB or above, through web or app": everything that a condition asks for;
 * nothing when it asks for nothing. */
MUST_CHECK enum status say_condition(struct buffer *out, const struct program *program,
                                     const struct condition *condition);
bool condition_asks(const struct condition *condition);
/* "at most 2 times per calendar week for each member" */
MUST_CHECK enum status say_limit(struct buffer *out, const struct program *program,
                                 const struct limit *limit);
/* "; at most ..." for each of a range */
MUST_CHECK enum status say_limits(struct buffer *out, const struct program *program,
                                  struct limit_range range);
/* "expire 12 months after they were earned, at the end of that month" */
MUST_CHECK enum status say_expiry(struct buffer *out, const struct expiry *expiry);
/* "are pending for 14 days" */
MUST_CHECK enum status say_pending(struct buffer *out, const struct pending *pending);
/* "calendar year": the noun of a period, by its unit */
const char *period_noun(enum period_unit unit);
/* Words of an enum, by its number. */
const char *rounding_words(enum rounding rounding);
/* "1.25" */
MUST_CHECK enum status say_factor(struct buffer *out, int64_t factor);

/* describe_rule.c: the sections on earning, campaigns and rewards. */
MUST_CHECK enum status describe_rules(const struct program *program, struct buffer *out);
MUST_CHECK enum status describe_calculators(const struct program *program, struct buffer *out);
MUST_CHECK enum status describe_campaigns(const struct program *program, struct buffer *out);
MUST_CHECK enum status describe_rewards(const struct program *program, struct buffer *out);

/* The expression as it is written. */
MUST_CHECK enum status say_expression(struct buffer *out, const struct cel_expression *expression);

#endif
