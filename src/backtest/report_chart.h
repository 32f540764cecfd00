/* Charts: columns and lines as inline SVG, for the page of the report.
 *
 * A chart is drawn twice, wide and narrow, and the page's style shows the one that fits, so that
 * its letters keep their size on a phone. Colours are classes of the page's style. Every chart has
 * an axis with its unit, and a sentence for those who cannot see it; the page gives the same
 * figures as a table.
 *
 * Amounts pass through binary floating point here for their place on the paper, and for nothing
 * else: every number that is written comes from the integers.
 */
#ifndef GUERDON_BACKTEST_REPORT_CHART_H
#define GUERDON_BACKTEST_REPORT_CHART_H

#include "backtest/report_sheet.h"

enum chart_kind {
    CHART_STACKED, /* above zero what is above, below zero what is below */
    CHART_GROUPED, /* series side by side */
    CHART_LINES
};

struct chart_series {
    struct text name;
    const int64_t *values; /* one for each place */
    const char *paint;     /* class that fills or strokes it */
    bool is_below;         /* drawn below zero, though its values are above */
};

struct chart {
    enum chart_kind kind;
    struct text sentence; /* what is to be seen */
    struct text unit;     /* of the values: "points" */
    int32_t decimals;
    struct text across; /* what the places are: "month"; empty if they speak for themselves */
    uint32_t count;     /* places from left to right */
    const struct text *labels;
    const struct text *full_labels; /* for the hint on each place: "March 2011" */
    const struct text
        *groups; /* NULL, or not empty where a group begins: its name, such as a year */
    const struct chart_series *series;
    uint32_t series_count;
    int64_t low; /* the axis shows at least low to high, so that charts can share a scale */
    int64_t high;
    bool hides_legend; /* the names are said beside the chart already */
};

/* Draws nothing when there is no place or no series. */
void chart_draw(struct sheet *sheet, const struct chart *chart);
/* The names of the series with their colours. */
void chart_legend(struct sheet *sheet, const struct chart *chart);
/* The least and the greatest that the chart has to show; zero is always within. */
void chart_range(const struct chart *chart, int64_t *low, int64_t *high);

/* "25k", "1.5M", "-200": a whole number in little room, cut to three digits where it is not exact.
 * `unit` is what one is in the smallest unit. */
struct text short_number(struct sheet *sheet, int64_t value, int32_t decimals);

#endif
