/* Generate: order lines of a shop that does not exist, for demonstrations and benchmarks.
 *
 * Who buys how often comes from the BG/NBD model (Fader, Hardie and Lee, "Counting your customers
 * the easy way", 2005), for how much from the Gamma-Gamma model (Fader and Hardie, "The Gamma-Gamma
 * model of monetary value", 2013), by default with the parameters published for the customers of
 * CDNOW. The same options give the same bytes on every machine.
 *
 * The lines have the columns that mapping_default expects, are in order of time (UTC) and in US
 * dollars. A member's first purchase falls on any day of the span; orders of guests have no member;
 * returns have an order number that starts with R and name no purchase.
 */
#ifndef GUERDON_BACKTEST_GENERATE_H
#define GUERDON_BACKTEST_GENERATE_H

#include "base/base.h"

#define GENERATE_MEMBERS_MAXIMUM 100000000u
#define GENERATE_DAYS_MAXIMUM 36500u

struct generate_model {
    /* Purchases a week: gamma with shape r and rate alpha. After each repeated purchase a member
     * goes for good with a chance that is beta distributed with a and b. */
    double r, alpha_weeks, a, b;
    /* Dollars an order: gamma with shape p, whose rate is gamma with shape q and rate v. */
    double p, q, v;
};

struct generate_options {
    uint32_t members;
    uint32_t days;
    uint64_t seed;
    struct generate_model model;
};

/* 1,000 members, 730 days, seed 1, CDNOW's parameters. */
struct generate_options generate_defaults(void);

/* Takes the next bytes of the file; its failure ends the generation. */
typedef enum status (*generate_write)(void *context, struct text bytes);

/* STATUS_INVALID if members or days are 0 or above the maximum, or a parameter is not above 0. */
MUST_CHECK enum status generate_orders(const struct generate_options *options, generate_write write,
                                       void *context);

#endif
