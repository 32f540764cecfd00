/* Difference: one pass over the members of two replays of the same book.
 *
 * Must never compare members of different books: member k is the same person in both.
 */
#include "backtest/report_difference.h"

static int32_t first_wallet_decimals(const struct totals *totals)
{
    return totals->program->wallet_count == 0 ? 0 : totals->program->wallets[0].decimals;
}

int32_t difference_decimals(const struct totals *first, const struct totals *other)
{
    int32_t a = first_wallet_decimals(first);
    int32_t b = first_wallet_decimals(other);
    return a > b ? a : b;
}

enum status points_of_member(const struct totals *totals, enum difference_of measure,
                             uint64_t member, int64_t *points)
{
    const struct member_totals *sums = &totals->members[member];
    int64_t lost = measure == DIFFERENCE_OF_USABLE ? sums->expired : 0;
    return amount_subtract(sums->issued, lost, points);
}

static enum status in_decimals(const struct totals *totals, enum difference_of measure,
                               uint64_t member, int32_t decimals, int64_t *points)
{
    int64_t own;
    TRY(points_of_member(totals, measure, member, &own));
    return amount_multiply(own, power_of_ten(decimals - first_wallet_decimals(totals)), points);
}

enum status difference_of_member(const struct totals *first, const struct totals *other,
                                 enum difference_of measure, uint64_t member, int64_t *more)
{
    int32_t decimals = difference_decimals(first, other);
    int64_t before;
    int64_t after;
    TRY(in_decimals(first, measure, member, decimals, &before));
    TRY(in_decimals(other, measure, member, decimals, &after));
    return amount_subtract(after, before, more);
}

enum status difference_measure(const struct totals *first, const struct totals *other,
                               enum difference_of measure, struct difference *difference)
{
    ASSERT(first->member_count == other->member_count);
    struct difference found = {.decimals = difference_decimals(first, other)};
    for (uint64_t member = 0; member < first->member_count; member++) {
        int64_t more;
        TRY(difference_of_member(first, other, measure, member, &more));
        if (more > 0) {
            found.gain++;
            TRY(amount_increase(&found.gained, more));
        } else if (more < 0) {
            found.lose++;
            TRY(amount_decrease(&found.lost, more));
        } else {
            found.same++;
        }
    }
    *difference = found;
    return STATUS_OK;
}
