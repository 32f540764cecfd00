/* Difference: member by member, what one programme gives more or less than another.
 *
 * What is compared is what a member keeps over the run in the first wallet: points issued less
 * points taken back. What was redeemed or expired in between does not matter. Programmes whose
 * first wallets have other decimals are compared with the larger number of decimals.
 */
#ifndef GUERDON_BACKTEST_REPORT_DIFFERENCE_H
#define GUERDON_BACKTEST_REPORT_DIFFERENCE_H

#include "backtest/totals.h"

struct difference {
    uint64_t gain; /* members who keep more in the other programme */
    uint64_t lose;
    uint64_t same;
    int64_t gained;   /* what they keep more, summed; >= 0 */
    int64_t lost;     /* what they keep less, summed; >= 0 */
    int32_t decimals; /* of the two sums */
};

/* Decimals in which the members of both are compared. */
int32_t difference_decimals(const struct totals *first, const struct totals *other);
/* What one member keeps in `other` beyond what it keeps in `first`. */
MUST_CHECK enum status difference_of_member(const struct totals *first, const struct totals *other,
                                            uint64_t member, int64_t *more);
/* Both were replayed over the same book. */
MUST_CHECK enum status difference_measure(const struct totals *first, const struct totals *other,
                                          struct difference *difference);

#endif
