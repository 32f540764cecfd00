/* Page: the parts of the HTML report, one function for each section, called by report_html.
 *
 * The page stands alone: its style is in it, its charts are inline SVG, it runs no script and loads
 * nothing. Every text that comes from a programme or a file passes sheet_escaped.
 */
#ifndef GUERDON_BACKTEST_REPORT_PAGE_H
#define GUERDON_BACKTEST_REPORT_PAGE_H

#include "backtest/report_chart.h"
#include "backtest/report_figures.h"

struct page {
    struct sheet *sheet;
    const struct comparison *comparison;
    struct figure_tables tables;
};

/* The style sheet, part by part; light and dark by the reader's preference, and for paper. */
extern const char *const page_style[];
extern const size_t page_style_count;

/* The class of a programme's colour: "s0" to "s6", again from the first after that. */
const char *page_series_paint(uint32_t program);
/* "A Plain points", or "Plain points" when it is alone. */
struct text page_program_name(const struct page *page, uint32_t program);
/* The programme's name as a heading with its colour, when there are several. */
void page_program_heading(struct page *page, const char *tag, uint32_t program);
void page_say(struct page *page, const char *words);
/* <tag>escaped text</tag> */
void page_element(struct page *page, const char *tag, struct text text);
/* Escaped, with `code` between back-quotes set as code. */
void page_marked(struct page *page, struct text text);

/* A table of the report with differences under the figures; nothing when no cell has a figure. With
 * bars each figure of the first `bars` columns has one under it, all of a table to one scale; rows
 * are then in order of size, and the small ones fold away when there are many. */
void page_table(struct page *page, const struct figure_table *table);
/* In one column if all programmes show the same. */
void page_table_of_the_file(struct page *page, struct figure_table table);
void page_table_with_bars(struct page *page, const struct figure_table *table, uint32_t column);
/* The same figures as a chart, folded away: `first` heads the column of places. */
void page_chart_table(struct page *page, const struct chart *chart, const char *first);
/* A chart with its legend, a line that says how to read it, and its table. */
void page_figure(struct page *page, const struct chart *chart, const char *first_head,
                 const char *caption);

/* Sections. */
void page_glance(struct page *page);
void page_months(struct page *page);
void page_fate(struct page *page);
void page_tiers(struct page *page);
void page_members(struct page *page);
void page_definitions(struct page *page);

#endif
