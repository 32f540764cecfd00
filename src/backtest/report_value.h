/* Value: what points are worth in money, and what a programme costs by that.
 *
 * One point is worth what its wallet's `liability` says that finance books for it. A wallet without
 * one, or with one in another currency than the orders', has no value here and is left out of every
 * sum of money; the report says so.
 */
#ifndef GUERDON_BACKTEST_REPORT_VALUE_H
#define GUERDON_BACKTEST_REPORT_VALUE_H

#include "backtest/report_sheet.h"
#include "backtest/totals.h"

/* All in minor units of the orders' currency. Invariants: kept = redeemed + expired + pending +
 * outstanding and cost = kept - expired, exactly, because the parts are rounded and then summed. */
struct cost {
    bool is_known; /* at least one wallet has a value */
    int64_t kept;  /* issued less taken back */
    int64_t expired;
    int64_t redeemed;
    int64_t pending;
    int64_t outstanding;
    int64_t total;          /* redeemed + pending + outstanding */
    int64_t rewards;        /* what the rewards given cost the shop, by their own value */
    bool rewards_are_known; /* every reward that was given has a value in the orders' currency */
};

const struct currency *sales_currency(const struct totals *totals);
int64_t sales_after_returns(struct sheet *sheet, const struct totals *totals);
bool wallet_has_value(const struct totals *totals, uint32_t wallet);
/* points x liability, rounded half up once; the wallet has a value. */
int64_t points_value(struct sheet *sheet, const struct totals *totals, uint32_t wallet,
                     int64_t points);
struct cost cost_of(struct sheet *sheet, const struct totals *totals);

/* What people call a wallet's points: its English plural, else its first name, else its id. */
struct text wallet_points(const struct wallet *wallet);

#endif
