/* Difference: member by member, what one programme gives more or less than another, in the first
 * wallet. Programmes whose first wallets have other decimals are compared with the larger number of
 * decimals.
 *
 * Two measures: what a member keeps (points issued less points taken back: what the rules gave in
 * the end), and what a member can use of it (less what expired: what it redeemed or still has). The
 * second is the member's own view and `against_first` in JSON: where points expire before a return
 * could take them, a member keeps more and has less.
 */
#ifndef GUERDON_BACKTEST_REPORT_DIFFERENCE_H
#define GUERDON_BACKTEST_REPORT_DIFFERENCE_H

#include "backtest/totals.h"

enum difference_of { DIFFERENCE_OF_KEPT, DIFFERENCE_OF_USABLE };

struct difference {
    uint64_t gain; /* members who have more in the other programme */
    uint64_t lose;
    uint64_t same;
    int64_t gained;   /* what they have more, summed; >= 0 */
    int64_t lost;     /* what they have less, summed; >= 0 */
    int32_t decimals; /* of the two sums */
};

/* Decimals in which the members of both are compared. */
int32_t difference_decimals(const struct totals *first, const struct totals *other);
/* What a member keeps, or can use, in the wallet's smallest unit. */
MUST_CHECK enum status points_of_member(const struct totals *totals, enum difference_of measure,
                                        uint64_t member, int64_t *points);
/* What one member has in `other` beyond what it has in `first`. */
MUST_CHECK enum status difference_of_member(const struct totals *first, const struct totals *other,
                                            enum difference_of measure, uint64_t member,
                                            int64_t *more);
/* Both were replayed over the same book. */
MUST_CHECK enum status difference_measure(const struct totals *first, const struct totals *other,
                                          enum difference_of measure,
                                          struct difference *difference);

#endif
