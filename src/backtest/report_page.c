/* Page: what all sections share: names, colours, tables, and a chart with its table. */
#include "backtest/report_page.h"

#include <inttypes.h>
#include <stdlib.h>

#include "backtest/report_notes.h"

#define SERIES_PAINTS 7
#define ROWS_UNFOLDED 25

const char *page_series_paint(uint32_t program)
{
    static const char *const paints[SERIES_PAINTS] = {"s0", "s1", "s2", "s3", "s4", "s5", "s6"};
    return paints[program % SERIES_PAINTS];
}

struct text page_program_name(const struct page *page, uint32_t program)
{
    struct text name = program_name(page->comparison->totals[program]->program);
    if (page->comparison->count == 1) return name;
    if (program < 26)
        return sheet_keep(page->sheet, "%c %.*s", 'A' + (int)program, TEXT_ARGUMENTS(name));
    return sheet_keep(page->sheet, "P%" PRIu32 " %.*s", program + 1, TEXT_ARGUMENTS(name));
}

void page_program_heading(struct page *page, const char *tag, uint32_t program)
{
    if (page->comparison->count == 1) return;
    sheet_format(page->sheet, "<%s><i class=\"swatch %s\"></i>", tag, page_series_paint(program));
    sheet_escaped(page->sheet, page_program_name(page, program));
    sheet_format(page->sheet, "</%s>\n", tag);
}

void page_say(struct page *page, const char *words)
{
    sheet_say(page->sheet, words);
}

void page_element(struct page *page, const char *tag, struct text text)
{
    sheet_format(page->sheet, "<%s>", tag);
    sheet_escaped(page->sheet, text);
    sheet_format(page->sheet, "</%s>\n", tag);
}

/* ---- Tables ---- */

#define NO_BARS UINT32_MAX

static bool row_is_empty(const struct figure_table *table, const struct figure_row *row)
{
    for (uint32_t c = 0; c < table->column_count; c++)
        if (row->cells[c].kind != FIGURE_NONE) return false;
    return true;
}

static void table_head(struct page *page, const struct figure_table *table)
{
    page_say(page, "<thead><tr><td></td>");
    for (uint32_t c = 0; c < table->column_count; c++) {
        page_say(page, "<th scope=\"col\"><span class=\"clamp\">");
        if (table->is_side_by_side && page->comparison->count > 1)
            sheet_format(page->sheet, "<i class=\"swatch %s\"></i>", page_series_paint(c));
        sheet_escaped(page->sheet, table->heads[c]);
        page_say(page, "</span></th>");
    }
    page_say(page, "</tr></thead>\n");
}

static void table_bar(struct page *page, int64_t value, int64_t most, const char *paint)
{
    int64_t length = most > 0 && value > 0 ? sheet_share(page->sheet, value, 1000, most) : 0;
    sheet_format(page->sheet,
                 "<svg class=\"bar\" viewBox=\"0 0 1000 8\" preserveAspectRatio=\"none\" "
                 "aria-hidden=\"true\"><rect class=\"%s\" width=\"%" PRId64
                 "\" height=\"8\"/></svg>",
                 paint, length);
}

static void table_cell(struct page *page, const struct figure_table *table,
                       const struct figure_row *row, uint32_t column, int64_t most)
{
    struct figure figure = row->cells[column];
    if (figure.kind == FIGURE_NONE) {
        page_say(page, "<td class=\"none\">\xE2\x80\x93</td>");
        return;
    }
    page_say(page, "<td>");
    sheet_number(page->sheet, figure_show(page->sheet, figure));
    if (most > 0)
        table_bar(page, figure.value, most, page_series_paint(table->is_side_by_side ? column : 0));
    if (table->is_side_by_side && column > 0) {
        struct text more = figure_show_difference(page->sheet, row->cells[0], figure);
        bool is_other = !text_is_empty(more) && !text_equal(more, TEXT("="));
        page_say(page, is_other ? "<small>" : "");
        sheet_number(page->sheet, is_other ? more : TEXT(""));
        page_say(page, is_other ? "</small>" : "");
    }
    page_say(page, "</td>");
}

static void table_row(struct page *page, const struct figure_table *table,
                      const struct figure_row *row, uint32_t bars, int64_t most)
{
    static const char *const classes[] = {"", " class=\"total\"", " class=\"part\""};
    sheet_format(page->sheet, "<tr%s><th scope=\"row\">", classes[row->weight]);
    sheet_escaped(page->sheet, row->label);
    page_say(page, "</th>");
    for (uint32_t c = 0; c < table->column_count; c++) {
        bool has_bar = bars != NO_BARS && (table->is_side_by_side || c == bars);
        table_cell(page, table, row, c, has_bar ? most : 0);
    }
    page_say(page, "</tr>\n");
}

static void table_begin(struct page *page, const struct figure_table *table, bool has_bars)
{
    page_say(page, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"");
    sheet_escaped(page->sheet, table->title);
    sheet_format(page->sheet, "\"><table%s><caption>", has_bars ? " class=\"bars\"" : "");
    sheet_escaped(page->sheet, table->title);
    page_say(page, "</caption>\n");
    if (table->column_count > 1 || (table->is_side_by_side && page->comparison->count > 1))
        table_head(page, table);
    page_say(page, "<tbody>\n");
}

static bool table_has_figures(const struct figure_table *table)
{
    for (uint32_t k = 0; k < table->row_count; k++)
        if (!row_is_empty(table, &table->rows[k])) return table->column_count > 0;
    return false;
}

void page_table_of_the_file(struct page *page, struct figure_table table)
{
    if (figures_are_the_same_in_each(&table)) {
        table.column_count = 1;
        table.is_side_by_side = false;
        table.title = sheet_keep(page->sheet, "%.*s, the same for each programme",
                                 TEXT_ARGUMENTS(table.title));
    }
    page_table(page, &table);
}

void page_table(struct page *page, const struct figure_table *table)
{
    if (page->sheet->status != STATUS_OK || !table_has_figures(table)) return;
    table_begin(page, table, false);
    for (uint32_t k = 0; k < table->row_count; k++)
        if (!row_is_empty(table, &table->rows[k]))
            table_row(page, table, &table->rows[k], NO_BARS, 0);
    page_say(page, "</tbody></table></div>\n");
}

/* A row and the largest figure by which it is ordered. */
struct ranked_row {
    int64_t size;
    uint32_t place;
};

static int by_size(const void *a, const void *b)
{
    const struct ranked_row *left = a;
    const struct ranked_row *right = b;
    if (left->size != right->size) return left->size > right->size ? -1 : 1;
    return left->place < right->place ? -1 : 1;
}

static struct ranked_row *rank_rows(struct page *page, const struct figure_table *table,
                                    uint32_t column)
{
    struct ranked_row *ranked = sheet_new_array(page->sheet, struct ranked_row, table->row_count);
    if (ranked == NULL) return NULL;
    for (uint32_t k = 0; k < table->row_count; k++) {
        ranked[k].place = k;
        for (uint32_t c = 0; c < table->column_count; c++) {
            bool counts = table->is_side_by_side || c == column;
            struct figure figure = table->rows[k].cells[c];
            if (counts && figure.kind != FIGURE_NONE && figure.value > ranked[k].size)
                ranked[k].size = figure.value;
        }
    }
    qsort(ranked, table->row_count, sizeof *ranked, by_size);
    return ranked;
}

void page_table_with_bars(struct page *page, const struct figure_table *table, uint32_t column)
{
    if (page->sheet->status != STATUS_OK || !table_has_figures(table)) return;
    struct ranked_row *ranked = rank_rows(page, table, column);
    if (ranked == NULL) return;
    table_begin(page, table, true);
    for (uint32_t k = 0; k < table->row_count; k++) {
        if (k == ROWS_UNFOLDED) {
            page_say(page, "</tbody></table></div>\n");
            sheet_format(page->sheet, "<details><summary>%" PRIu32 " smaller ones</summary>\n",
                         table->row_count - ROWS_UNFOLDED);
            table_begin(page, table, true);
        }
        table_row(page, table, &table->rows[ranked[k].place], column, ranked[0].size);
    }
    page_say(page, "</tbody></table></div>\n");
    if (table->row_count > ROWS_UNFOLDED) page_say(page, "</details>\n");
}

/* ---- Charts ---- */

void page_chart_table(struct page *page, const struct chart *chart, const char *first)
{
    struct sheet *sheet = page->sheet;
    char digits[32];
    page_say(page, "<details><summary>The figures of this chart</summary>"
                   "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"");
    sheet_escaped(sheet, chart->sentence);
    page_say(page, "\"><table><caption>");
    sheet_escaped(sheet, chart->sentence);
    sheet_format(sheet, "</caption><thead><tr><th scope=\"col\">%s</th>", first);
    for (uint32_t k = 0; k < chart->series_count; k++) {
        page_say(page, "<th scope=\"col\">");
        sheet_escaped(sheet, chart->series[k].name);
        page_say(page, "</th>");
    }
    page_say(page, "</tr></thead><tbody>\n");
    for (uint32_t place = 0; place < chart->count; place++) {
        page_say(page, "<tr><th scope=\"row\">");
        sheet_escaped(sheet, chart->full_labels[place]);
        page_say(page, "</th>");
        for (uint32_t k = 0; k < chart->series_count; k++) {
            struct text shown =
                amount_format_grouped(chart->series[k].values[place], chart->decimals, digits);
            page_say(page, "<td>");
            sheet_number(sheet, shown);
            page_say(page, "</td>");
        }
        page_say(page, "</tr>\n");
    }
    page_say(page, "</tbody></table></div></details>\n");
}

void page_figure(struct page *page, const struct chart *chart, const char *first_head,
                 const char *caption)
{
    if (page->sheet->status != STATUS_OK || chart->count == 0 || chart->series_count == 0) return;
    page_say(page, "<figure>\n");
    if (chart->series_count > 1 && !chart->hides_legend) chart_legend(page->sheet, chart);
    chart_draw(page->sheet, chart);
    sheet_format(page->sheet, "<figcaption>%s</figcaption>\n", caption);
    page_say(page, "</figure>\n");
    page_chart_table(page, chart, first_head);
}
