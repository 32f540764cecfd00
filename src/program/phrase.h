/* Phrases: "1 point per 1.00 USD of order.eligible, rounded down", read word by word.
 *
 * A phrase stands on one scalar. The first thing that does not fit is complained of at its own
 * place, and everything after it answers false, so that callers read on without asking each time.
 * Words are divided by white space and commas; a comma between two digits belongs to its word,
 * where it is refused as grouping.
 */
#ifndef GUERDON_PROGRAM_PHRASE_H
#define GUERDON_PROGRAM_PHRASE_H

#include "program/compile.h"

struct phrase {
    struct compiler *compiler;
    const struct node *node;
    size_t at;        /* offset of the next word */
    size_t number_at; /* where the last number began */
    bool has_failed;
};

struct phrase phrase_of(struct compiler *compiler, const struct node *scalar);
/* The next word without taking it; empty at the end. */
struct text phrase_peek(struct phrase *phrase);
/* Takes the next word, whatever it is. */
struct text phrase_word(struct phrase *phrase);
/* Takes the next word if it is this one. */
bool phrase_take(struct phrase *phrase, const char *word);
/* Takes "item" or "items" when asked for "item". */
bool phrase_take_noun(struct phrase *phrase, const char *noun);
/* Ends the phrase without a word, because what it lacks was complained of elsewhere. Always false.
 */
bool phrase_give_up(struct phrase *phrase);
/* Complains at the next word, once a phrase. Always false. */
bool phrase_fail(struct phrase *phrase, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The same in the usual words: the next word does not fit, or something is missing; `right` is how
 * it is written. */
bool phrase_misfit(struct phrase *phrase, const char *right);
/* True if all was understood and nothing is left; complains of what is left. `right` is how the
 * whole is written. */
bool phrase_end(struct phrase *phrase, const char *right);

/* "(an expression)": what stands between the parentheses that belong together, and its offset in
 * the scalar. False, without a complaint, when the next word does not begin with one. */
bool phrase_expression(struct phrase *phrase, struct text *expression, size_t *offset);

/* A number such as 1.25, not negative, without grouping. */
bool phrase_number(struct phrase *phrase, struct decimal *number);
/* The last number as whole units of 10^-decimals of the thing called `unit`. */
bool phrase_fit(struct phrase *phrase, struct decimal number, int32_t decimals, struct text unit,
                int64_t *amount);
/* The unit of a wallet behind a number. */
bool phrase_wallet(struct phrase *phrase, uint32_t *wallet);
/* "100 points". */
bool phrase_points(struct phrase *phrase, uint32_t *wallet, int64_t *amount);
/* "USD", one of the programme's currencies. */
bool phrase_currency(struct phrase *phrase, uint32_t *currency);
/* "10.00 USD". */
bool phrase_money(struct phrase *phrase, uint32_t *currency, int64_t *amount);
/* "day", "week", ...: the unit of a period. */
bool phrase_unit(struct phrase *phrase, enum period_unit *unit);
/* "14 days". */
bool phrase_span(struct phrase *phrase, struct span *span);
/* "calendar year", "365 days", "membership year", "lifetime"; with `day_alone` also "day". */
bool phrase_window(struct phrase *phrase, bool day_alone, struct window *window);
/* ", rounded down"; leaves `rounding` as it is when nothing is said. */
bool phrase_rounding(struct phrase *phrase, enum rounding *rounding);

/* A scalar that is one amount of money, at that key; false when absent or wrong. */
bool read_money(struct compiler *compiler, const struct node *map, const char *key,
                uint32_t *currency, int64_t *amount);

#endif
