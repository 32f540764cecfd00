/* The report as one HTML page for people: opens anywhere, prints well, runs nothing.
 *
 * Must never hold a script, load anything, or write a text that is not escaped. Method: the tables
 * are made once, then one section after the other; what a section needs beyond them it works out
 * itself.
 */
#include <inttypes.h>

#include "backtest/report_notes.h"
#include "backtest/report_page.h"

static struct text page_title(struct page *page)
{
    if (page->comparison->count == 0) return TEXT("No programme");
    if (page->comparison->count == 1) return program_name(page->comparison->totals[0]->program);
    struct text first = program_name(page->comparison->totals[0]->program);
    if (page->comparison->count == 2) {
        struct text second = program_name(page->comparison->totals[1]->program);
        if (text_equal(first, second)) return first;
        return sheet_keep(page->sheet, "%.*s and %.*s", TEXT_ARGUMENTS(first),
                          TEXT_ARGUMENTS(second));
    }
    return sheet_keep(page->sheet, "%.*s and %" PRIu32 " others", TEXT_ARGUMENTS(first),
                      page->comparison->count - 1);
}

static void head(struct page *page)
{
    page_say(page, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                   "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                   "<meta name=\"generator\" content=\"Guerdon\">\n<title>");
    sheet_escaped(page->sheet, page_title(page));
    page_say(page, " \xE2\x80\x93 back-test</title>\n<style>\n");
    for (size_t k = 0; k < page_style_count; k++)
        page_say(page, page_style[k]);
    page_say(page, "</style>\n</head>\n<body>\n");
}

static void list_programs(struct page *page)
{
    if (page->comparison->count < 2) return;
    page_say(page, "<ul class=\"programs\">");
    for (uint32_t p = 0; p < page->comparison->count; p++) {
        sheet_format(page->sheet, "<li><i class=\"swatch %s\"></i>", page_series_paint(p));
        sheet_escaped(page->sheet, page_program_name(page, p));
        page_element(page, "code", page->comparison->totals[p]->program->id);
        page_say(page, "</li>");
    }
    page_say(page, "</ul>\n");
}

static void opening(struct page *page)
{
    const struct totals *totals = page->comparison->totals[0];
    struct figure orders = {FIGURE_COUNT, (int64_t)totals->orders, 0};
    page_say(page, "<header>\n<p class=\"over\">Back-test of a loyalty programme</p>\n");
    page_element(page, "h1", page_title(page));
    page_say(page, "<p class=\"facts\">Replayed over <b>");
    sheet_escaped(page->sheet, orders_name(page->comparison));
    page_say(page, "</b>, <b>");
    sheet_escaped(page->sheet, period_of(page->sheet, totals));
    page_say(page, "</b>, <b>");
    sheet_escaped(page->sheet, figure_show(page->sheet, orders));
    sheet_format(page->sheet, "</b> %s of members</p>\n", totals->orders == 1 ? "order" : "orders");
    list_programs(page);
    page_say(page, "</header>\n");
}

static void contents(struct page *page)
{
    page_say(page, "<nav aria-label=\"Contents\"><a href=\"#points\">Points</a> <a "
                   "href=\"#cost\">Cost</a> <a href=\"#months\">Months</a> <a "
                   "href=\"#members\">Members</a> <a href=\"#rules\">Rules</a> ");
    if (page->tables.tier_count > 0) page_say(page, "<a href=\"#tiers\">Tiers</a> ");
    page_say(page, "<a href=\"#orders\">Orders</a> <a href=\"#notes\">Assumptions</a> <a "
                   "href=\"#terms\">Terms</a></nav>\n");
}

static void cost_section(struct page *page)
{
    page_say(page, "<section id=\"cost\"><h2>What it costs</h2>\n");
    page_table(page, &page->tables.cost);
    page_table_with_bars(page, &page->tables.rewards, 2);
    page_table_with_bars(page, &page->tables.reward_cost, 0);
    page_say(page, "</section>\n");
}

static void rules_section(struct page *page)
{
    page_say(page, "<section id=\"rules\"><h2>Which rules give the points</h2>\n");
    if (page->tables.rules.row_count == 0)
        page_say(page, "<p>There are no rules.</p>");
    else
        page_say(page, "<p>What a boost adds is counted at the rule that it boosts.</p>\n");
    page_table_with_bars(page, &page->tables.rules, 1);
    page_table(page, &page->tables.fired);
    page_say(page, "</section>\n");
}

static void list_unreadable(struct page *page)
{
    const struct problem_list *unreadable = page->comparison->unreadable;
    if (unreadable == NULL || problem_list_is_empty(unreadable)) return;
    page_say(page, "<h3>The first lines that cannot be read</h3>\n<ul class=\"notes\">");
    for (size_t k = 0; k < unreadable->count; k++) {
        const struct problem *problem = &unreadable->items[k];
        sheet_format(page->sheet, "<li>line %" PRIu32 ": ", problem->position.line);
        sheet_escaped(page->sheet, problem->message);
        page_say(page, "</li>\n");
    }
    page_say(page, "</ul>\n");
}

static void file_section(struct page *page)
{
    page_say(page, "<section id=\"orders\"><h2>The orders behind it</h2>\n");
    page_table_of_the_file(page, page->tables.orders);
    list_unreadable(page);
    page_say(page, "</section>\n");
}

static void notes_section(struct page *page)
{
    struct notes notes;
    notes_make(page->sheet, page->comparison, &notes);
    if (page->sheet->status != STATUS_OK) return;
    page_say(page, "<section id=\"notes\"><h2>What was assumed</h2>\n<ul class=\"notes\">\n");
    for (uint32_t k = 0; k < notes.count; k++) {
        page_say(page, "<li>");
        page_marked(page, notes.sentences[k]);
        page_say(page, "</li>\n");
    }
    page_say(page, "</ul></section>\n");
}

static void write_page(struct page *page)
{
    head(page);
    if (page->comparison->count > 0) {
        figures_make(page->sheet, page->comparison, &page->tables);
        opening(page);
        page_say(page, "<main>\n");
        page_glance(page);
        contents(page);
        page_fate(page);
        cost_section(page);
        page_months(page);
        page_members(page);
        rules_section(page);
        page_tiers(page);
        file_section(page);
        notes_section(page);
        page_definitions(page);
        page_say(page, "</main>\n");
    }
    page_say(page, "<footer>Made by Guerdon. This page runs no scripts and loads nothing: it can "
                   "be kept and sent as it is.</footer>\n</body>\n</html>\n");
}

enum status report_html(const struct comparison *comparison, struct buffer *out)
{
    struct sheet sheet;
    sheet_init(&sheet, out);
    struct page page = {.sheet = &sheet, .comparison = comparison};
    write_page(&page);
    return sheet_finish(&sheet);
}
