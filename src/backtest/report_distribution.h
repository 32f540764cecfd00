/* Distribution: members by how many points they can use (issued, less taken back, less expired), by
 * how much they gain or lose of these, and by how much they spend. All in the first wallet.
 */
#ifndef GUERDON_BACKTEST_REPORT_DISTRIBUTION_H
#define GUERDON_BACKTEST_REPORT_DISTRIBUTION_H

#include "backtest/report.h"
#include "backtest/report_sheet.h"

/* Members by size of a number, in steps of 1, 2, 5, 10, 20, 50 ... to both sides of 0. */
struct histogram {
    uint32_t count;           /* of bins, from the lowest to the highest that has a member */
    struct text *labels;      /* where each begins, seen from zero: "-20", "0", "1k" */
    struct text *full_labels; /* "from 20 to under 50" */
    int32_t *signs;           /* -1, 0, +1 */
    int64_t **members;        /* for each series one row of `count` */
    uint32_t series_count;
};

/* Points that each member can use: one series for each programme. */
void histogram_of_points(struct sheet *sheet, const struct comparison *comparison,
                         struct histogram *histogram);
/* What each member can use more or less in programme `other` than in the first: one series. */
void histogram_of_differences(struct sheet *sheet, const struct comparison *comparison,
                              uint32_t other, struct histogram *histogram);

/* A tenth of the members who bought, by what they spent in the first programme. */
struct tenth {
    uint64_t members;
    int64_t *spent;  /* of each programme: what it counts as eligible, before returns */
    int64_t *usable; /* of each programme: points issued, less taken back, less expired */
    uint64_t *gain;  /* of each programme, against the first */
    uint64_t *lose;
};

struct tenths {
    struct tenth list[10]; /* the highest spenders first */
    uint32_t count;        /* fewer than 10 when there are fewer members */
};

void tenths_make(struct sheet *sheet, const struct comparison *comparison, struct tenths *tenths);

#endif
