/* A checker of the report's HTML for tests: every element is closed in order, attributes are
 * quoted, ids occur once, text is escaped, and the page neither runs nor loads anything. */
#ifndef GUERDON_TESTS_BACKTEST_HTML_CHECKER_H
#define GUERDON_TESTS_BACKTEST_HTML_CHECKER_H

#include "base/base.h"

/* NULL if the page is well made, else what is wrong with it (a static text). */
const char *html_problem(struct text page);

#endif
