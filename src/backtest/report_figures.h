/* Figures: every table of the report, made once, shown by the terminal report and by the page.
 *
 * A table is a grid of figures. When several programmes are compared its columns are the
 * programmes, and a row is there if any of them has it; with one programme alone some tables have
 * columns of their own (points, their value, their share). Things of two programmes are the same
 * when they have the same id.
 *
 * What each figure means is docs/report.md; its words and the labels here go together.
 */
#ifndef GUERDON_BACKTEST_REPORT_FIGURES_H
#define GUERDON_BACKTEST_REPORT_FIGURES_H

#include "backtest/report.h"
#include "backtest/report_sheet.h"

/* NONE: this programme has no such thing, or the figure cannot be known. PERCENT: tenths. */
enum figure_kind { FIGURE_NONE, FIGURE_COUNT, FIGURE_AMOUNT, FIGURE_PERCENT };

struct figure {
    enum figure_kind kind;
    int64_t value;
    int32_t decimals;
};

enum row_weight { ROW_PLAIN, ROW_TOTAL, ROW_PART };

struct figure_row {
    struct text label;
    enum row_weight weight;
    struct figure *cells; /* column_count of the table */
};

struct figure_table {
    struct text title;
    struct text *heads;
    uint32_t column_count;
    bool is_side_by_side; /* one column a programme, to be compared with the first */
    struct figure_row *rows;
    uint32_t row_count;
    uint32_t row_capacity;
};

/* All tables of a report, in the order in which they are read. */
struct figure_tables {
    struct figure_table orders;
    struct figure_table cost;
    struct figure_table *wallets;
    uint32_t wallet_count;
    struct figure_table rules;  /* points issued by each */
    struct figure_table fired;  /* side by side alone: how often each fired; else no rows */
    struct figure_table *tiers; /* one a tier set */
    uint32_t tier_count;
    struct figure_table rewards;     /* redemptions; no rows when there is no reward */
    struct figure_table reward_cost; /* side by side alone: points that they cost */
    struct figure_table members;     /* against the first: who keeps more and who less */
};

/* Ids of one kind of thing over all programmes, in order of first appearance. */
struct roll {
    struct text *ids;
    uint32_t count;
    uint32_t *index; /* [k * programmes + p]: where id k is in programme p, or PROGRAM_NONE */
};

void figures_make(struct sheet *sheet, const struct comparison *comparison,
                  struct figure_tables *tables);

struct roll roll_of_wallets(struct sheet *sheet, const struct comparison *comparison);
struct roll roll_of_rules(struct sheet *sheet, const struct comparison *comparison);
struct roll roll_of_rewards(struct sheet *sheet, const struct comparison *comparison);
struct roll roll_of_tier_sets(struct sheet *sheet, const struct comparison *comparison);
/* Levels of the tier set that stands at sets->index[set * programmes + p] in each programme. */
struct roll roll_of_levels(struct sheet *sheet, const struct comparison *comparison,
                           const struct roll *sets, uint32_t set);

/* Every programme shows the same in every row, as the figures of the file itself do. */
bool figures_are_the_same_in_each(const struct figure_table *table);

/* "8,902,670", "2.4%", and "" for none. */
struct text figure_show(struct sheet *sheet, struct figure figure);
/* How `figure` differs from `first`: "+1,200", "-0.3", "=" for no difference, "" when one is none.
 * Of percentages: percentage points. */
struct text figure_show_difference(struct sheet *sheet, struct figure first, struct figure figure);

#endif
