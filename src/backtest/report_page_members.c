/* Page: who wins and who loses: by what members spend, by how many points they can use, and,
 * against the first programme, by how much more or less.
 */
#include <inttypes.h>

#include "backtest/report_difference.h"
#include "backtest/report_distribution.h"
#include "backtest/report_page.h"
#include "backtest/report_value.h"

static const char *const ordinals[] = {"1st", "2nd", "3rd", "4th", "5th",
                                       "6th", "7th", "8th", "9th", "10th"};

/* Points are shown as percent of spending where every programme values them; otherwise as points
 * for 100 of the currency. */
static bool all_have_value(const struct comparison *comparison)
{
    for (uint32_t p = 0; p < comparison->count; p++)
        if (!wallet_has_value(comparison->totals[p], 0)) return false;
    return true;
}

/* Percent with two decimals, or points with two, of what the tenth spent. */
static int64_t return_rate(struct page *page, uint32_t program, const struct tenth *tenth,
                           bool has_value)
{
    struct sheet *sheet = page->sheet;
    const struct totals *totals = page->comparison->totals[program];
    if (tenth->spent[program] <= 0) return 0;
    if (has_value)
        return sheet_share(sheet, points_value(sheet, totals, 0, tenth->usable[program]), 10000,
                           tenth->spent[program]);
    int64_t hundred = 0;
    sheet_note(sheet,
               amount_multiply(100, power_of_ten(sales_currency(totals)->decimals), &hundred));
    int64_t hundredths = 0;
    sheet_note(sheet, amount_multiply(hundred, 100, &hundredths));
    return sheet_share(sheet, tenth->usable[program], hundredths, tenth->spent[program]) /
           power_of_ten(totals->program->wallets[0].decimals);
}

static struct text rate_unit(struct page *page, bool has_value)
{
    const struct totals *totals = page->comparison->totals[0];
    if (has_value) return TEXT("% of spending");
    struct text points = wallet_points(&totals->program->wallets[0]);
    return sheet_keep(page->sheet, "%.*s for 100 %.*s", TEXT_ARGUMENTS(points),
                      TEXT_ARGUMENTS(sales_currency(totals)->code));
}

static void draw_tenths(struct page *page, const struct tenths *tenths, bool has_value)
{
    struct sheet *sheet = page->sheet;
    uint32_t programs = page->comparison->count;
    struct text labels[10];
    struct text full_labels[10];
    struct chart_series *series = sheet_new_array(sheet, struct chart_series, programs);
    if (series == NULL) return;
    for (uint32_t k = 0; k < tenths->count; k++) {
        labels[k] = text_of(ordinals[k]);
        full_labels[k] = sheet_keep(sheet, "%s tenth", ordinals[k]);
    }
    for (uint32_t p = 0; p < programs; p++) {
        int64_t *values = sheet_new_array(sheet, int64_t, tenths->count);
        for (uint32_t k = 0; values != NULL && k < tenths->count; k++)
            values[k] = return_rate(page, p, &tenths->list[k], has_value);
        series[p] =
            (struct chart_series){page_program_name(page, p), values, page_series_paint(p), false};
    }
    if (sheet->status != STATUS_OK) return;
    struct chart chart = {.kind = CHART_GROUPED,
                          .sentence =
                              TEXT("What members get back, by tenth of members by spending"),
                          .unit = rate_unit(page, has_value),
                          .decimals = 2,
                          .across = TEXT("tenths of members, the highest spenders first"),
                          .count = tenths->count,
                          .labels = labels,
                          .full_labels = full_labels,
                          .series = series,
                          .series_count = programs};
    page_figure(page, &chart, "Members",
                "Usable points (issued, less taken back, less expired) against what the members of "
                "each tenth spent, before returns. Equal columns reward everybody alike.");
}

static struct figure amount_of(int64_t amount, int32_t decimals)
{
    return (struct figure){FIGURE_AMOUNT, amount, decimals};
}

static struct figure count_of(uint64_t count)
{
    return (struct figure){FIGURE_COUNT, (int64_t)count, 0};
}

/* Columns: members, spent, and for each programme points kept and (after the first) who gains and
 * who loses. */
static void tabulate_tenths(struct page *page, const struct tenths *tenths)
{
    struct sheet *sheet = page->sheet;
    const struct comparison *comparison = page->comparison;
    const struct totals *first = comparison->totals[0];
    uint32_t programs = comparison->count;
    uint32_t columns = 2 + programs + 2 * (programs - 1);
    struct figure_table table = {.title = TEXT("Tenths of members by spending"),
                                 .column_count = columns,
                                 .row_count = tenths->count};
    table.heads = sheet_new_array(sheet, struct text, columns);
    table.rows = sheet_new_array(sheet, struct figure_row, tenths->count);
    if (sheet->status != STATUS_OK) return;
    table.heads[0] = TEXT("members");
    table.heads[1] = sheet_keep(sheet, "spent, %.*s", TEXT_ARGUMENTS(sales_currency(first)->code));
    for (uint32_t p = 0; p < programs; p++)
        table.heads[2 + p] =
            sheet_keep(sheet, "%.*s: usable points", TEXT_ARGUMENTS(page_program_name(page, p)));
    if (programs == 1) table.heads[2] = TEXT("usable points");
    for (uint32_t p = 1; p < programs; p++) {
        char letter = p < 26 ? (char)('A' + (int)p) : '?';
        table.heads[2 + programs + 2 * (p - 1)] = sheet_keep(sheet, "%c: gain", letter);
        table.heads[3 + programs + 2 * (p - 1)] = sheet_keep(sheet, "%c: lose", letter);
    }
    for (uint32_t k = 0; k < tenths->count; k++) {
        const struct tenth *tenth = &tenths->list[k];
        struct figure *cells = sheet_new_array(sheet, struct figure, columns);
        if (cells == NULL) return;
        table.rows[k] =
            (struct figure_row){sheet_keep(sheet, "%s tenth", ordinals[k]), ROW_PLAIN, cells};
        cells[0] = count_of(tenth->members);
        cells[1] = amount_of(tenth->spent[0], sales_currency(first)->decimals);
        for (uint32_t p = 0; p < programs; p++)
            cells[2 + p] =
                amount_of(tenth->usable[p], comparison->totals[p]->program->wallets[0].decimals);
        for (uint32_t p = 1; p < programs; p++) {
            cells[2 + programs + 2 * (p - 1)] = count_of(tenth->gain[p]);
            cells[3 + programs + 2 * (p - 1)] = count_of(tenth->lose[p]);
        }
    }
    page_table(page, &table);
}

static void draw_points(struct page *page)
{
    struct sheet *sheet = page->sheet;
    uint32_t programs = page->comparison->count;
    struct histogram histogram;
    histogram_of_points(sheet, page->comparison, &histogram);
    struct chart_series *series = sheet_new_array(sheet, struct chart_series, programs);
    if (sheet->status != STATUS_OK || histogram.count == 0) return;
    for (uint32_t p = 0; p < programs; p++)
        series[p] = (struct chart_series){page_program_name(page, p), histogram.members[p],
                                          page_series_paint(p), false};
    struct chart chart = {.kind = CHART_GROUPED,
                          .sentence = TEXT("Members by the points that they can use"),
                          .unit = TEXT("members"),
                          .across = TEXT("usable points: from this number up to the next"),
                          .count = histogram.count,
                          .labels = histogram.labels,
                          .full_labels = histogram.full_labels,
                          .series = series,
                          .series_count = programs};
    page_say(page, "<h3>How many points a member can use</h3>\n");
    page_figure(page, &chart, "Usable points",
                "Each column counts the members who can use from its number of points up to the "
                "next column's. The steps grow: 1, 2, 5, 10, 20, 50 and so on.");
}

/* ---- Against the first programme ---- */

/* One series a colour: those who lose, who stay, who gain. */
static void draw_difference(struct page *page, uint32_t other)
{
    struct sheet *sheet = page->sheet;
    struct histogram histogram;
    static const char *const names[] = {"Less to use", "The same", "More to use"};
    static const char *const paints[] = {"p-less", "p-same", "p-more"};
    struct chart_series series[3];
    histogram_of_differences(sheet, page->comparison, other, &histogram);
    for (int32_t sign = -1; sign <= 1; sign++) {
        int64_t *values = sheet_new_array(sheet, int64_t, histogram.count);
        for (uint32_t k = 0; values != NULL && k < histogram.count; k++)
            values[k] = histogram.signs[k] == sign ? histogram.members[0][k] : 0;
        series[sign + 1] =
            (struct chart_series){text_of(names[sign + 1]), values, paints[sign + 1], false};
    }
    if (sheet->status != STATUS_OK) return;
    struct chart chart = {.kind = CHART_STACKED,
                          .sentence = sheet_keep(sheet,
                                                 "Members by what they can use more or less: "
                                                 "%.*s compared with %.*s",
                                                 TEXT_ARGUMENTS(page_program_name(page, other)),
                                                 TEXT_ARGUMENTS(page_program_name(page, 0))),
                          .unit = TEXT("members"),
                          .across = TEXT("points more or less: from this number outwards"),
                          .count = histogram.count,
                          .labels = histogram.labels,
                          .full_labels = histogram.full_labels,
                          .series = series,
                          .series_count = 3,
                          .hides_legend = true};
    page_figure(page, &chart, "Points more or less",
                "Each column counts the members whose difference is at least its number and less "
                "than the next further from 0.");
}

static void say_difference(struct page *page, const struct difference *difference)
{
    struct sheet *sheet = page->sheet;
    static const char *const paints[] = {"p-less", "p-same", "p-more"};
    const uint64_t counts[] = {difference->lose, difference->same, difference->gain};
    static const char *const words[] = {"less to use", "the same", "more to use"};
    uint64_t all = counts[0] + counts[1] + counts[2];
    page_say(page, "<ul class=\"verdict\">");
    for (int k = 0; k < 3; k++) {
        struct text shown = figure_show(sheet, count_of(counts[k]));
        sheet_format(sheet, "<li><b>%.*s</b><span><i class=\"swatch %s\"></i>%s</span></li>",
                     TEXT_ARGUMENTS(shown), paints[k], words[k]);
    }
    page_say(page, "</ul>\n<svg class=\"split\" viewBox=\"0 0 1000 10\" "
                   "preserveAspectRatio=\"none\" aria-hidden=\"true\">");
    uint64_t done = 0;
    for (int k = 0; k < 3 && all > 0; k++) {
        uint64_t from = done * 1000 / all;
        done += counts[k];
        sheet_format(sheet,
                     "<rect class=\"%s\" x=\"%" PRIu64 "\" width=\"%" PRIu64 "\" height=\"10\"/>",
                     paints[k], from, done * 1000 / all - from);
    }
    page_say(page, "</svg>\n");
}

static void compare_with_first(struct page *page)
{
    if (page->comparison->count < 2) return;
    page_say(page, "<h3>Who has more to use, who has less</h3>\n");
    for (uint32_t p = 1; p < page->comparison->count; p++) {
        struct difference difference = {0};
        sheet_note(page->sheet,
                   difference_measure(page->comparison->totals[0], page->comparison->totals[p],
                                      DIFFERENCE_OF_USABLE, &difference));
        if (page->sheet->status != STATUS_OK) return;
        page_say(page, "<h4>");
        sheet_format(page->sheet, "<i class=\"swatch %s\"></i>", page_series_paint(p));
        sheet_escaped(page->sheet, page_program_name(page, p));
        page_say(page, " compared with ");
        sheet_escaped(page->sheet, page_program_name(page, 0));
        page_say(page, "</h4>\n");
        say_difference(page, &difference);
        draw_difference(page, p);
    }
    page_table(page, &page->tables.members);
}

void page_members(struct page *page)
{
    struct tenths tenths;
    page_say(page, "<section id=\"members\"><h2>Who wins and who loses</h2>\n");
    for (uint32_t p = 0; p < page->comparison->count; p++)
        if (page->comparison->totals[p]->program->wallet_count == 0) {
            page_say(page, "<p>A programme has no wallet.</p></section>\n");
            return;
        }
    tenths_make(page->sheet, page->comparison, &tenths);
    if (page->sheet->status != STATUS_OK) return;
    if (tenths.count == 0) {
        page_say(page, "<p>No member has bought anything.</p></section>\n");
        return;
    }
    page_say(page,
             "<p>Members are told apart by the points that they can use: issued, less taken "
             "back on returns, less expired. That is what they redeemed or still have.</p>\n");
    compare_with_first(page);
    page_say(page, "<h3>What members get back for what they spend</h3>\n");
    draw_tenths(page, &tenths, all_have_value(page->comparison));
    tabulate_tenths(page, &tenths);
    draw_points(page);
    page_say(page, "</section>\n");
}
