/* Notes: what a back-test assumed, said in sentences under every report. */
#ifndef GUERDON_BACKTEST_REPORT_NOTES_H
#define GUERDON_BACKTEST_REPORT_NOTES_H

#include "backtest/report.h"
#include "backtest/report_sheet.h"

struct notes {
    struct text *sentences;
    uint32_t count;
    uint32_t capacity;
};

void notes_make(struct sheet *sheet, const struct comparison *comparison, struct notes *notes);

/* "Plain points", or the id when there is no title. */
struct text program_name(const struct program *program);
/* The reward that members were assumed to take, of "REWARD" or "REWARD@0.3"; empty if none. */
struct text redeemed_reward(const struct comparison *comparison);
/* "2010-12-01 to 2011-12-09", or "no orders". */
struct text period_of(struct sheet *sheet, const struct totals *totals);
/* The name of the file of orders without its folders: a report is sent to others. */
struct text orders_name(const struct comparison *comparison);
/* Nothing happened in the whole file. */
bool is_without_orders(const struct totals *totals);

#endif
