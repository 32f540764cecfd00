/* Reports: totals as a table for the terminal, as JSON for programs, as one HTML page for people.
 */
#ifndef GUERDON_BACKTEST_REPORT_H
#define GUERDON_BACKTEST_REPORT_H

#include "backtest/totals.h"

/* One or several programmes side by side, the first being what the others are compared with. All
 * were replayed over the same book, so member k is the same person in each. */
struct comparison {
    const struct totals *const *totals;
    uint32_t count;
    struct text orders_file;               /* as named on the command line */
    struct text redeem;                    /* the --redeem argument; empty if none */
    const struct problem_list *unreadable; /* the first lines that could not be read; may be NULL */
};

MUST_CHECK enum status report_text(const struct comparison *comparison, bool colour,
                                   struct buffer *out);
MUST_CHECK enum status report_json(const struct comparison *comparison, struct buffer *out);
MUST_CHECK enum status report_html(const struct comparison *comparison, struct buffer *out);

#endif
