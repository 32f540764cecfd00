/* What an order's lines are worth and what its earnings come to. See order.h for the formulas. */
#include "engine/order.h"

bool order_has_reached(const struct order *order, struct text milestone)
{
    for (uint32_t i = 0; i < order->milestone_count; i++) {
        if (text_equal(order->milestones[i], milestone)) return true;
    }
    return false;
}

bool order_is_empty(const struct order *order)
{
    for (uint32_t i = 0; i < order->line_count; i++) {
        const struct order_line *line = &order->lines[i];
        if ((line->flags & LINE_SHIPPING) == 0 && line_left(line) > 0) return false;
    }
    return true;
}

enum status line_measure(const struct order *order, const struct order_line *line,
                         enum measure measure, int64_t units, int64_t *value)
{
    int64_t amount = 0;
    if (measure == MEASURE_QUANTITY) {
        amount = (line->flags & LINE_SHIPPING) != 0 ? 0 : units;
    } else if (measure == MEASURE_SUBTOTAL || measure == MEASURE_ELIGIBLE) {
        TRY(amount_of_price(units, line->unit_price, order->currency_decimals, ROUNDING_HALF_UP,
                            &amount));
        if (measure == MEASURE_SUBTOTAL && (line->flags & LINE_SHIPPING) != 0) amount = 0;
        if (measure == MEASURE_ELIGIBLE) {
            if ((line->flags & LINE_EXCLUDED) != 0) amount = 0;
            if (line->adjustment != 0 && (line->flags & LINE_EXCLUDED) == 0) {
                int64_t share = line->adjustment;
                if (units != line->quantity) {
                    TRY(amount_multiply_divide(line->adjustment, units, line->quantity,
                                               ROUNDING_HALF_UP, &share));
                }
                TRY(amount_increase(&amount, share));
            }
        }
    }
    *value = amount;
    return STATUS_OK;
}

/* Money that was given back without goods no longer counts. */
static enum status less_refund(const struct order_line *line, enum measure measure, int64_t *amount)
{
    if (line->refunded == 0 || *amount <= 0) return STATUS_OK;
    if (measure != MEASURE_ELIGIBLE && measure != MEASURE_SUBTOTAL) return STATUS_OK;
    return amount_decrease(amount, amount_lesser(line->refunded, *amount));
}

enum status line_money_left(const struct order *order, const struct order_line *line,
                            int64_t *amount)
{
    TRY(line_measure(order, line, MEASURE_SUBTOTAL, line_left(line), amount));
    TRY(less_refund(line, MEASURE_SUBTOTAL, amount));
    *amount = amount_positive(*amount);
    return STATUS_OK;
}

enum status order_measure(const struct order *order, const struct line_choice *choice,
                          enum measure measure, bool whole, int64_t *value)
{
    int64_t total = 0;
    uint32_t count = choice_count(choice, order->line_count);
    for (uint32_t k = 0; k < count; k++) {
        const struct order_line *line = &order->lines[choice_line(choice, k)];
        int64_t units = whole ? line->quantity : line_left(line);
        int64_t part;
        TRY(line_measure(order, line, measure, units, &part));
        if (!whole) TRY(less_refund(line, measure, &part));
        TRY(amount_increase(&total, part));
    }
    *value = total;
    return STATUS_OK;
}

static const struct line_rate *rate_of(const struct earning *earning, uint32_t k)
{
    return &earning->rates[earning->line_rates == NULL ? 0 : earning->line_rates[k]];
}

/* The base of the k-th chosen line, of the whole line or of what is left. */
static enum status base_of(const struct order *order, const struct earning *earning, uint32_t k,
                           bool whole, int64_t *base)
{
    const struct order_line *line = &order->lines[choice_line(&earning->choice, k)];
    TRY(line_measure(order, line, earning->measure, whole ? line->quantity : line_left(line),
                     base));
    return whole ? STATUS_OK : less_refund(line, earning->measure, base);
}

/* What is kept is always rounded down; the rule's own rounding is for earning. */
static enum rounding rounding_of(const struct earning *earning, bool whole)
{
    return whole ? earning->rounding : ROUNDING_DOWN;
}

static enum status points_of_base(const struct earning *earning, int64_t base,
                                  const struct line_rate *rate, bool whole, int64_t *points)
{
    wide sum = 0;
    int64_t per = earning->per;
    if ((earning->flags & EARNING_PER_WHOLE) != 0) {
        TRY(amount_multiply_divide(base, 1, per, ROUNDING_DOWN, &base));
        per = 1;
    }
    TRY(wide_add_product(&sum, base, rate->points, rate->boost));
    return wide_divide(sum, per, BOOST_ONE, rounding_of(earning, whole), points);
}

static enum status each_item_points(const struct order *order, const struct earning *earning,
                                    bool whole, int64_t *points)
{
    int64_t total = 0;
    uint32_t count = choice_count(&earning->choice, order->line_count);
    for (uint32_t k = 0; k < count; k++) {
        int64_t base;
        int64_t part;
        TRY(base_of(order, earning, k, whole, &base));
        TRY(points_of_base(earning, base, rate_of(earning, k), whole, &part));
        TRY(amount_increase(&total, amount_positive(part)));
    }
    *points = total;
    return STATUS_OK;
}

/* Whole `per`s are counted for each distinct rate on its own, then boosted. */
static enum status per_whole_points(const struct order *order, const struct earning *earning,
                                    bool whole, int64_t *points)
{
    uint32_t count = choice_count(&earning->choice, order->line_count);
    wide sum = 0;
    for (uint32_t r = 0; r < earning->rate_count; r++) {
        int64_t base = 0;
        for (uint32_t k = 0; k < count; k++) {
            if (rate_of(earning, k) != &earning->rates[r]) continue;
            int64_t part;
            TRY(base_of(order, earning, k, whole, &part));
            TRY(amount_increase(&base, part));
        }
        TRY(amount_multiply_divide(amount_positive(base), 1, earning->per, ROUNDING_DOWN, &base));
        TRY(wide_add_product(&sum, base, earning->rates[r].points, earning->rates[r].boost));
    }
    return wide_divide(sum, 1, BOOST_ONE, rounding_of(earning, whole), points);
}

static enum status per_order_points(const struct order *order, const struct earning *earning,
                                    bool whole, int64_t *points)
{
    uint32_t count = choice_count(&earning->choice, order->line_count);
    wide sum = 0;
    if (earning->rate_count == 1) {
        int64_t base;
        TRY(order_measure(order, &earning->choice, earning->measure, whole, &base));
        TRY(wide_add_product(&sum, base, earning->rates[0].points, earning->rates[0].boost));
    } else {
        for (uint32_t k = 0; k < count; k++) {
            int64_t base;
            TRY(base_of(order, earning, k, whole, &base));
            TRY(wide_add_product(&sum, base, rate_of(earning, k)->points,
                                 rate_of(earning, k)->boost));
        }
    }
    if (sum < 0) sum = 0;
    return wide_divide(sum, earning->per, BOOST_ONE, rounding_of(earning, whole), points);
}

/* A fixed amount: once, or for each chosen line; boosted. */
static enum status fixed_points(const struct order *order, const struct earning *earning,
                                int64_t *points)
{
    uint32_t count = choice_count(&earning->choice, order->line_count);
    if ((earning->flags & EARNING_EACH_ITEM) == 0) count = count > 0 ? 1 : 0;
    int64_t total = 0;
    for (uint32_t k = 0; k < count; k++) {
        wide sum = 0;
        int64_t part;
        TRY(wide_add_product(&sum, 1, rate_of(earning, k)->points, rate_of(earning, k)->boost));
        TRY(wide_divide(sum, earning->per, BOOST_ONE, earning->rounding, &part));
        TRY(amount_increase(&total, amount_positive(part)));
    }
    *points = total;
    return STATUS_OK;
}

/* Units bought on the chosen lines, or those left; a line of a negative quantity is no purchase. */
static enum status units_bought(const struct order *order, const struct line_choice *choice,
                                bool whole, int64_t *units)
{
    int64_t total = 0;
    uint32_t count = choice_count(choice, order->line_count);
    for (uint32_t k = 0; k < count; k++) {
        const struct order_line *line = &order->lines[choice_line(choice, k)];
        if ((line->flags & LINE_SHIPPING) != 0 || line->quantity <= 0) continue;
        TRY(amount_increase(&total, whole ? line->quantity : line_left(line)));
    }
    *units = total;
    return STATUS_OK;
}

enum status order_share(const struct order *order, const struct line_choice *choice,
                        enum measure measure, int64_t amount, int64_t *share)
{
    int64_t whole;
    int64_t left;
    if (measure == MEASURE_EVENTS || measure == MEASURE_EARNED) measure = MEASURE_ELIGIBLE;
    TRY(order_measure(order, choice, measure, true, &whole));
    TRY(order_measure(order, choice, measure, false, &left));
    if (whole <= 0) {
        TRY(units_bought(order, choice, true, &whole));
        TRY(units_bought(order, choice, false, &left));
    }
    if (whole <= 0 || left <= 0) {
        *share = whole <= 0 ? amount : 0;
        return STATUS_OK;
    }
    return amount_multiply_divide(amount, amount_lesser(left, whole), whole, ROUNDING_DOWN, share);
}

enum status order_points(const struct order *order, const struct earning *earning, bool whole,
                         int64_t *points)
{
    int64_t result = 0;
    if (!whole && (earning->flags & (EARNING_FIXED | EARNING_LIMITED)) != 0) {
        TRY(order_share(order, &earning->choice, earning->measure, earning->granted, &result));
    } else if ((earning->flags & EARNING_FIXED) != 0) {
        TRY(fixed_points(order, earning, &result));
    } else if ((earning->flags & EARNING_EACH_ITEM) != 0) {
        TRY(each_item_points(order, earning, whole, &result));
    } else if ((earning->flags & EARNING_PER_WHOLE) != 0) {
        TRY(per_whole_points(order, earning, whole, &result));
    } else {
        TRY(per_order_points(order, earning, whole, &result));
    }
    *points = amount_positive(result);
    return STATUS_OK;
}
