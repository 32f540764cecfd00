/* Distribution: bins by decades split at 2 and 5, and tenths by spending.
 *
 * Invariants: every member is in exactly one bin of a series and, if it bought, in exactly one
 * tenth; tenths differ by at most one member; equal spenders stand in the order of the book.
 */
#include "backtest/report_distribution.h"

#include <stdlib.h>

#include "backtest/report_chart.h"
#include "backtest/report_difference.h"

/* Bins on one side of zero: one below 1, then three for each power of ten of 64 bits. */
#define SIDE_BINS 58
#define ALL_BINS (2 * SIDE_BINS + 1)

/* From 0, the bin below 1, up: where a bin begins, in the smallest unit. */
static int64_t bin_start(uint32_t bin, int64_t unit)
{
    static const int64_t steps[] = {1, 2, 5};
    if (bin == 0) return 1;
    int64_t start = INT64_MAX;
    int32_t decade = (int32_t)(bin - 1) / 3;
    if (decade > 18) return INT64_MAX;
    int64_t factor = steps[(bin - 1) % 3];
    if (amount_multiply(unit, power_of_ten(decade), &start) != STATUS_OK) return INT64_MAX;
    if (amount_multiply(start, factor, &start) != STATUS_OK) return INT64_MAX;
    return start;
}

/* Starts of the bins, and of a number the place among all bins. */
struct scale {
    int64_t starts[SIDE_BINS + 1];
    int32_t decimals;
};

static void scale_init(struct scale *scale, int32_t decimals)
{
    scale->decimals = decimals;
    for (uint32_t bin = 0; bin <= SIDE_BINS; bin++)
        scale->starts[bin] = bin_start(bin, power_of_ten(decimals));
}

static uint32_t place_of(const struct scale *scale, int64_t value)
{
    if (value == 0) return SIDE_BINS;
    int64_t size = value > 0 ? value : value == INT64_MIN ? INT64_MAX : -value;
    uint32_t bin = 0;
    while (bin + 1 < SIDE_BINS && scale->starts[bin + 1] <= size)
        bin++;
    return value > 0 ? SIDE_BINS + 1 + bin : SIDE_BINS - 1 - bin;
}

static void name_bin(struct sheet *sheet, const struct scale *scale, uint32_t place,
                     struct text *label, struct text *full_label)
{
    if (place == SIDE_BINS) {
        *label = TEXT("0");
        *full_label = TEXT("0");
        return;
    }
    bool is_below = place < SIDE_BINS;
    uint32_t bin = is_below ? SIDE_BINS - 1 - place : place - SIDE_BINS - 1;
    const char *sign = is_below ? "\xE2\x88\x92" : ""; /* minus */
    char first[32];
    char last[32];
    struct text from = amount_format_grouped(scale->starts[bin], scale->decimals, first);
    struct text to = amount_format_grouped(scale->starts[bin + 1], scale->decimals, last);
    struct text start =
        bin == 0 ? TEXT("<1") : short_number(sheet, scale->starts[bin], scale->decimals);
    *label = sheet_keep(sheet, "%s%.*s", sign, TEXT_ARGUMENTS(start));
    *full_label = sheet_keep(sheet, "%s%.*s to under %s%.*s", sign, TEXT_ARGUMENTS(from), sign,
                             TEXT_ARGUMENTS(to));
}

/* Without decimals nothing lies between 0 and 1. */
static bool is_possible(const struct scale *scale, uint32_t place)
{
    return scale->decimals > 0 || (place != SIDE_BINS - 1 && place != SIDE_BINS + 1);
}

/* Takes one bin from all the bins into the histogram, behind those that are there. */
static void histogram_take(struct sheet *sheet, const struct scale *scale, int64_t *const *all,
                           uint32_t place, struct histogram *histogram)
{
    uint32_t bin = histogram->count++;
    for (uint32_t k = 0; k < histogram->series_count; k++)
        histogram->members[k][bin] = all[k][place];
    histogram->signs[bin] = (place > SIDE_BINS) - (place < SIDE_BINS);
    name_bin(sheet, scale, place, &histogram->labels[bin], &histogram->full_labels[bin]);
}

/* Keeps the bins from the lowest to the highest that any series uses. */
static void histogram_trim(struct sheet *sheet, const struct scale *scale, int64_t *const *all,
                           struct histogram *histogram)
{
    uint32_t lowest = ALL_BINS;
    uint32_t highest = 0;
    for (uint32_t k = 0; k < histogram->series_count; k++) {
        for (uint32_t place = 0; place < ALL_BINS; place++) {
            if (all[k][place] == 0) continue;
            if (place < lowest) lowest = place;
            if (place > highest) highest = place;
        }
    }
    if (lowest == ALL_BINS) return;
    uint32_t most = highest - lowest + 1;
    histogram->labels = sheet_new_array(sheet, struct text, most);
    histogram->full_labels = sheet_new_array(sheet, struct text, most);
    histogram->signs = sheet_new_array(sheet, int32_t, most);
    histogram->members = sheet_new_array(sheet, int64_t *, histogram->series_count);
    for (uint32_t k = 0; histogram->members != NULL && k < histogram->series_count; k++)
        histogram->members[k] = sheet_new_array(sheet, int64_t, most);
    for (uint32_t place = lowest; place <= highest && sheet->status == STATUS_OK; place++)
        if (is_possible(scale, place)) histogram_take(sheet, scale, all, place, histogram);
}

static int64_t usable_points(struct sheet *sheet, const struct totals *totals, uint64_t member)
{
    int64_t points = 0;
    sheet_note(sheet, points_of_member(totals, DIFFERENCE_OF_USABLE, member, &points));
    return points;
}

static int64_t **new_series(struct sheet *sheet, uint32_t count)
{
    int64_t **all = sheet_new_array(sheet, int64_t *, count);
    for (uint32_t k = 0; k < count && all != NULL; k++)
        all[k] = sheet_new_array(sheet, int64_t, ALL_BINS);
    return sheet->status == STATUS_OK ? all : NULL;
}

void histogram_of_points(struct sheet *sheet, const struct comparison *comparison,
                         struct histogram *histogram)
{
    *histogram = (struct histogram){.series_count = comparison->count};
    int64_t **all = new_series(sheet, comparison->count);
    struct scale scale = {0};
    for (uint32_t p = 0; p < comparison->count && all != NULL; p++) {
        const struct totals *totals = comparison->totals[p];
        if (totals->program->wallet_count == 0) continue;
        struct scale own;
        scale_init(&own, totals->program->wallets[0].decimals);
        if (p == 0) scale = own;
        for (uint64_t member = 0; member < totals->member_count; member++)
            all[p][place_of(&own, usable_points(sheet, totals, member))]++;
    }
    if (all != NULL) histogram_trim(sheet, &scale, all, histogram);
}

void histogram_of_differences(struct sheet *sheet, const struct comparison *comparison,
                              uint32_t other, struct histogram *histogram)
{
    *histogram = (struct histogram){.series_count = 1};
    int64_t **all = new_series(sheet, 1);
    if (all == NULL) return;
    const struct totals *first = comparison->totals[0];
    const struct totals *second = comparison->totals[other];
    struct scale scale;
    scale_init(&scale, difference_decimals(first, second));
    for (uint64_t member = 0; member < first->member_count; member++) {
        int64_t more = 0;
        sheet_note(sheet, difference_of_member(first, second, DIFFERENCE_OF_USABLE, member, &more));
        all[0][place_of(&scale, more)]++;
    }
    histogram_trim(sheet, &scale, all, histogram);
}

/* ---- Tenths ---- */

struct spender {
    int64_t spent;
    uint64_t member;
};

static int by_spending(const void *a, const void *b)
{
    const struct spender *left = a;
    const struct spender *right = b;
    if (left->spent != right->spent) return left->spent > right->spent ? -1 : 1;
    return left->member < right->member ? -1 : left->member > right->member;
}

static void tenth_add(struct sheet *sheet, const struct comparison *comparison, uint64_t member,
                      struct tenth *tenth)
{
    tenth->members++;
    for (uint32_t p = 0; p < comparison->count; p++) {
        const struct member_totals *sums = &comparison->totals[p]->members[member];
        int64_t more = 0;
        sheet_increase(sheet, &tenth->spent[p], sums->eligible);
        sheet_increase(sheet, &tenth->usable[p],
                       usable_points(sheet, comparison->totals[p], member));
        sheet_note(sheet, difference_of_member(comparison->totals[0], comparison->totals[p],
                                               DIFFERENCE_OF_USABLE, member, &more));
        tenth->gain[p] += more > 0;
        tenth->lose[p] += more < 0;
    }
}

static bool tenth_init(struct sheet *sheet, uint32_t programs, struct tenth *tenth)
{
    tenth->spent = sheet_new_array(sheet, int64_t, programs);
    tenth->usable = sheet_new_array(sheet, int64_t, programs);
    tenth->gain = sheet_new_array(sheet, uint64_t, programs);
    tenth->lose = sheet_new_array(sheet, uint64_t, programs);
    return sheet->status == STATUS_OK;
}

void tenths_make(struct sheet *sheet, const struct comparison *comparison, struct tenths *tenths)
{
    *tenths = (struct tenths){0};
    const struct totals *first = comparison->totals[0];
    uint64_t buyers = 0;
    struct spender *spenders = sheet_new_array(sheet, struct spender, first->member_count);
    if (spenders == NULL) return;
    for (uint64_t member = 0; member < first->member_count; member++)
        if (first->members[member].orders > 0)
            spenders[buyers++] = (struct spender){first->members[member].eligible, member};
    qsort(spenders, buyers, sizeof *spenders, by_spending);
    uint64_t done = 0;
    for (uint32_t k = 0; k < 10; k++) {
        uint64_t end = buyers * (k + 1) / 10;
        if (end == done) continue;
        struct tenth *tenth = &tenths->list[tenths->count];
        if (!tenth_init(sheet, comparison->count, tenth)) return;
        for (; done < end; done++)
            tenth_add(sheet, comparison, spenders[done].member, tenth);
        tenths->count++;
    }
}
