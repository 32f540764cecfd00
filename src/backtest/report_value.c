/* Value: liability x points in 128 bits, rounded once; sums of it.
 *
 * Must never put a value on a wallet whose programme gives none.
 */
#include "backtest/report_value.h"

const struct currency *sales_currency(const struct totals *totals)
{
    return &totals->program->currencies[totals->currency];
}

int64_t sales_after_returns(struct sheet *sheet, const struct totals *totals)
{
    return sheet_less(sheet, totals->eligible_sales, totals->returned_sales);
}

bool wallet_has_value(const struct totals *totals, uint32_t wallet)
{
    const struct wallet *named = &totals->program->wallets[wallet];
    return named->has_liability && named->liability_currency == totals->currency;
}

int64_t points_value(struct sheet *sheet, const struct totals *totals, uint32_t wallet,
                     int64_t points)
{
    const struct wallet *named = &totals->program->wallets[wallet];
    int64_t minor_units = power_of_ten(sales_currency(totals)->decimals);
    wide product = 0;
    int64_t value = 0;
    sheet_note(sheet,
               wide_add_product(&product, points, named->liability.coefficient, minor_units));
    sheet_note(sheet, wide_divide(product, power_of_ten(named->liability.scale),
                                  power_of_ten(named->decimals), ROUNDING_HALF_UP, &value));
    return value;
}

static void add_rewards(struct sheet *sheet, const struct totals *totals, struct cost *cost)
{
    cost->rewards_are_known = true;
    for (uint32_t k = 0; k < totals->program->reward_count; k++) {
        const struct reward *reward = &totals->program->rewards[k];
        if (totals->rewards[k].count == 0) continue;
        if (!reward->has_value || reward->value_currency != totals->currency)
            cost->rewards_are_known = false;
        else
            sheet_increase(sheet, &cost->rewards, totals->rewards[k].value);
    }
}

struct cost cost_of(struct sheet *sheet, const struct totals *totals)
{
    struct cost cost = {0};
    for (uint32_t k = 0; k < totals->program->wallet_count; k++) {
        if (!wallet_has_value(totals, k)) continue;
        const struct wallet_totals *sums = &totals->wallets[k];
        cost.is_known = true;
        sheet_increase(sheet, &cost.expired, points_value(sheet, totals, k, sums->expired));
        sheet_increase(sheet, &cost.redeemed, points_value(sheet, totals, k, sums->redeemed));
        sheet_increase(sheet, &cost.pending, points_value(sheet, totals, k, sums->pending));
        sheet_increase(sheet, &cost.outstanding, points_value(sheet, totals, k, sums->outstanding));
    }
    cost.total = sheet_sum(sheet, cost.redeemed, sheet_sum(sheet, cost.pending, cost.outstanding));
    cost.kept = sheet_sum(sheet, cost.total, cost.expired);
    add_rewards(sheet, totals, &cost);
    return cost;
}

struct text wallet_points(const struct wallet *wallet)
{
    struct text name = wallet->name_count == 0 ? wallet->id : wallet->names[0].other;
    for (uint32_t k = 0; k < wallet->name_count; k++)
        if (text_equal(wallet->names[k].language, TEXT("en"))) name = wallet->names[k].other;
    return text_is_empty(name) ? wallet->id : name;
}
