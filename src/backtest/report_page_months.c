/* Page: month by month, what was issued and what became of it, what is owed, and tiers.
 *
 * Charts of several programmes stand one under the other on one scale, so that heights can be
 * compared. All of the first wallet.
 */
#include <inttypes.h>

#include "backtest/report_notes.h"
#include "backtest/report_page.h"
#include "backtest/report_value.h"

static const char *const month_names[] = {"January",   "February", "March",    "April",
                                          "May",       "June",     "July",     "August",
                                          "September", "October",  "November", "December"};

/* Labels of the months: initials, the years as groups, and full names. */
struct calendar {
    uint32_t count;
    struct text *labels;
    struct text *groups;
    struct text *full_labels;
};

static bool calendar_make(struct sheet *sheet, const struct totals *totals,
                          struct calendar *calendar)
{
    uint32_t count = totals->month_count;
    calendar->count = count;
    calendar->labels = sheet_new_array(sheet, struct text, count);
    calendar->groups = sheet_new_array(sheet, struct text, count);
    calendar->full_labels = sheet_new_array(sheet, struct text, count);
    if (sheet->status != STATUS_OK) return false;
    for (uint32_t m = 0; m < count; m++) {
        struct span ahead = {(int32_t)m, PERIOD_MONTH};
        struct date date = date_of_day(day_add_span(totals->first_month_day, ahead));
        const char *name = month_names[date.month - 1];
        calendar->labels[m] = (struct text){name, 1};
        calendar->full_labels[m] = sheet_keep(sheet, "%s %" PRId32, name, date.year);
        calendar->groups[m] =
            date.month == 1 || m == 0 ? sheet_keep(sheet, "%" PRId32, date.year) : TEXT("");
    }
    return true;
}

static struct chart month_chart(const struct page *page, const struct calendar *calendar,
                                struct chart_series *series, uint32_t series_count)
{
    const struct wallet *wallet = &page->comparison->totals[0]->program->wallets[0];
    return (struct chart){.unit = wallet_points(wallet),
                          .decimals = wallet->decimals,
                          .count = calendar->count,
                          .labels = calendar->labels,
                          .full_labels = calendar->full_labels,
                          .groups = calendar->groups,
                          .series = series,
                          .series_count = series_count};
}

/* One figure of every month of the first wallet. */
static int64_t *month_values(struct sheet *sheet, const struct totals *totals, size_t offset)
{
    int64_t *values = sheet_new_array(sheet, int64_t, totals->month_count);
    for (uint32_t m = 0; values != NULL && m < totals->month_count; m++)
        memcpy(&values[m], (const char *)&totals->months[m] + offset, sizeof values[m]);
    return values;
}

/* ---- Issued, redeemed, expired ---- */

#define FLOWS 4

static const struct {
    const char *name;
    const char *paint;
    size_t offset;
    bool is_below;
} flows[FLOWS] = {
    {"Issued", "p-issued", offsetof(struct month_totals, issued), false},
    {"Redeemed", "p-redeemed", offsetof(struct month_totals, redeemed), true},
    {"Expired", "p-expired", offsetof(struct month_totals, expired), true},
    {"Taken back", "p-taken", offsetof(struct month_totals, taken_back), true},
};

static void make_flow(struct page *page, uint32_t program, struct chart_series series[FLOWS])
{
    for (size_t k = 0; k < FLOWS; k++)
        series[k] = (struct chart_series){
            .name = text_of(flows[k].name),
            .values = month_values(page->sheet, page->comparison->totals[program], flows[k].offset),
            .paint = flows[k].paint,
            .is_below = flows[k].is_below};
}

static void draw_flows(struct page *page, const struct calendar *calendar)
{
    uint32_t count = page->comparison->count;
    int64_t low = 0;
    int64_t high = 0;
    struct chart *charts = sheet_new_array(page->sheet, struct chart, count);
    struct chart_series *series = sheet_new_array(page->sheet, struct chart_series, count * FLOWS);
    if (charts == NULL || series == NULL) return;
    for (uint32_t p = 0; p < count; p++) {
        make_flow(page, p, &series[p * FLOWS]);
        if (page->sheet->status != STATUS_OK) return;
        int64_t own_low;
        int64_t own_high;
        charts[p] = month_chart(page, calendar, &series[p * FLOWS], FLOWS);
        charts[p].kind = CHART_STACKED;
        charts[p].sentence = sheet_keep(
            page->sheet, "Points issued, redeemed, expired and taken back each month: %.*s",
            TEXT_ARGUMENTS(page_program_name(page, p)));
        chart_range(&charts[p], &own_low, &own_high);
        low = amount_lesser(low, own_low);
        high = amount_greater(high, own_high);
    }
    for (uint32_t p = 0; p < count; p++) {
        charts[p].low = low;
        charts[p].high = high;
        page_program_heading(page, "h4", p);
        page_figure(page, &charts[p], "Month",
                    "Above the line what was issued in the month; below it what left: redeemed, "
                    "expired, and taken back on returns.");
    }
}

/* ---- Owed ---- */

/* In money where every programme values its first wallet, because points of two programmes may be
 * worth different sums; else in points. */
static bool is_owed_in_money(const struct comparison *comparison)
{
    for (uint32_t p = 0; p < comparison->count; p++)
        if (!wallet_has_value(comparison->totals[p], 0)) return false;
    return true;
}

static int64_t *owed_values(struct page *page, uint32_t program, size_t offset)
{
    const struct totals *totals = page->comparison->totals[program];
    int64_t *values = month_values(page->sheet, totals, offset);
    bool is_money = is_owed_in_money(page->comparison);
    for (uint32_t m = 0; is_money && values != NULL && m < totals->month_count; m++)
        values[m] = points_value(page->sheet, totals, 0, values[m]);
    return values;
}

static struct chart owed_chart(struct page *page, const struct calendar *calendar,
                               struct chart_series *series, uint32_t series_count)
{
    struct chart chart = month_chart(page, calendar, series, series_count);
    const struct currency *currency = sales_currency(page->comparison->totals[0]);
    if (is_owed_in_money(page->comparison)) {
        chart.unit = currency->code;
        chart.decimals = currency->decimals;
    }
    return chart;
}

static void draw_owed_alone(struct page *page, const struct calendar *calendar)
{
    struct chart_series series[2] = {
        {.name = TEXT("Outstanding"),
         .values = owed_values(page, 0, offsetof(struct month_totals, outstanding)),
         .paint = "p-outstanding"},
        {.name = TEXT("Pending"),
         .values = owed_values(page, 0, offsetof(struct month_totals, pending)),
         .paint = "p-pending"},
    };
    if (page->sheet->status != STATUS_OK) return;
    struct chart chart = owed_chart(page, calendar, series, 2);
    chart.kind = CHART_STACKED;
    chart.sentence = TEXT("Owed at the end of each month: outstanding and pending points");
    page_figure(page, &chart, "End of",
                "What the shop owes its members at the end of each month. Pending points become "
                "outstanding when they are released.");
}

static void draw_owed_side_by_side(struct page *page, const struct calendar *calendar)
{
    struct sheet *sheet = page->sheet;
    uint32_t count = page->comparison->count;
    struct chart_series *series = sheet_new_array(sheet, struct chart_series, count);
    if (series == NULL) return;
    for (uint32_t p = 0; p < count; p++) {
        int64_t *owed = owed_values(page, p, offsetof(struct month_totals, outstanding));
        const int64_t *pending = owed_values(page, p, offsetof(struct month_totals, pending));
        if (sheet->status != STATUS_OK) return;
        for (uint32_t m = 0; m < calendar->count; m++)
            sheet_increase(sheet, &owed[m], pending[m]);
        series[p] = (struct chart_series){
            .name = page_program_name(page, p), .values = owed, .paint = page_series_paint(p)};
    }
    struct chart chart = owed_chart(page, calendar, series, count);
    chart.kind = CHART_LINES;
    chart.sentence = TEXT("Owed at the end of each month, by programme");
    page_figure(page, &chart, "End of",
                "What the shop owes its members at the end of each month: outstanding and pending "
                "points together.");
}

/* Charts by month need the same months and a wallet with the same decimals in every programme. */
static bool can_be_charted(const struct comparison *comparison)
{
    const struct totals *first = comparison->totals[0];
    for (uint32_t p = 0; p < comparison->count; p++) {
        const struct totals *totals = comparison->totals[p];
        if (totals->program->wallet_count == 0 || totals->month_count != first->month_count ||
            totals->first_month_day != first->first_month_day ||
            totals->program->wallets[0].decimals != first->program->wallets[0].decimals)
            return false;
    }
    return first->month_count > 0;
}

void page_months(struct page *page)
{
    struct calendar calendar;
    page_say(page, "<section id=\"months\"><h2>Month by month</h2>\n");
    if (!can_be_charted(page->comparison)) {
        page_say(page, "<p>There are no months to show.</p></section>\n");
        return;
    }
    if (!calendar_make(page->sheet, page->comparison->totals[0], &calendar)) return;
    page_say(page, is_owed_in_money(page->comparison) ? "<h3 class=\"first\">Owed, in money</h3>\n"
                                                      : "<h3 class=\"first\">Owed</h3>\n");
    if (page->comparison->count == 1)
        draw_owed_alone(page, &calendar);
    else
        draw_owed_side_by_side(page, &calendar);
    page_say(page, "<h3>Issued, redeemed, expired, in points</h3>\n");
    draw_flows(page, &calendar);
    page_say(page, "</section>\n");
}

/* ---- Tiers ---- */

/* Levels from pale to strong; members without one are grey. */
static const char *level_paint(uint32_t level, uint32_t level_count)
{
    static const char *const paints[] = {"l1", "l2", "l3", "l4", "l5", "l6"};
    if (level == 0) return "l0";
    if (level_count <= 1) return paints[3];
    return paints[(level - 1) * 5 / (level_count - 1)];
}

static struct text level_name(const struct tier_set *set, uint32_t level)
{
    return level == 0 ? TEXT("No level") : set->levels[level - 1].title;
}

static void draw_tier_months(struct page *page, const struct totals *totals, uint32_t set_index)
{
    const struct tier_set *set = &totals->program->tier_sets[set_index];
    const uint64_t *members = totals->tiers[set_index].month_members;
    uint32_t width = set->level_count + 1;
    struct calendar calendar;
    if (members == NULL || totals->month_count == 0) return;
    if (!calendar_make(page->sheet, totals, &calendar)) return;
    struct chart_series *series = sheet_new_array(page->sheet, struct chart_series, width);
    for (uint32_t level = 0; series != NULL && level < width; level++) {
        int64_t *values = sheet_new_array(page->sheet, int64_t, totals->month_count);
        for (uint32_t m = 0; values != NULL && m < totals->month_count; m++)
            values[m] = (int64_t)members[(size_t)m * width + level];
        series[level] = (struct chart_series){.name = level_name(set, level),
                                              .values = values,
                                              .paint = level_paint(level, set->level_count)};
    }
    if (page->sheet->status != STATUS_OK) return;
    struct chart chart = {.kind = CHART_STACKED,
                          .sentence = sheet_keep(page->sheet,
                                                 "Members by level at the end of each month: %.*s",
                                                 TEXT_ARGUMENTS(set->id)),
                          .unit = TEXT("members"),
                          .count = calendar.count,
                          .labels = calendar.labels,
                          .full_labels = calendar.full_labels,
                          .groups = calendar.groups,
                          .series = series,
                          .series_count = width};
    page_figure(page, &chart, "End of", "Members who have joined so far, by the level they hold.");
}

static void movement_row(struct page *page, const struct tier_set *set, const uint64_t *row,
                         uint32_t highest)
{
    uint64_t all = 0;
    for (uint32_t end = 0; end <= set->level_count; end++)
        all += row[end];
    page_say(page, "<tr><th scope=\"row\">");
    sheet_escaped(page->sheet, level_name(set, highest));
    page_say(page, "</th>");
    for (uint32_t end = 0; end <= set->level_count; end++) {
        if (row[end] == 0) {
            page_say(page, "<td class=\"none\">\xC2\xB7</td>");
            continue;
        }
        struct figure figure = {FIGURE_COUNT, (int64_t)row[end], 0};
        struct figure share = {FIGURE_PERCENT,
                               sheet_share(page->sheet, (int64_t)row[end], 1000, (int64_t)all), 1};
        sheet_format(page->sheet, "<td class=\"%s\">", end == highest ? "stayed" : "moved");
        sheet_number(page->sheet, figure_show(page->sheet, figure));
        page_say(page, "<small>");
        sheet_number(page->sheet, figure_show(page->sheet, share));
        page_say(page, "</small></td>");
    }
    page_say(page, "</tr>\n");
}

static void draw_movement(struct page *page, const struct totals *totals, uint32_t set_index)
{
    const struct tier_set *set = &totals->program->tier_sets[set_index];
    const uint64_t *moves = totals->tiers[set_index].highest_to_end;
    uint32_t width = set->level_count + 1;
    if (moves == NULL) return;
    page_say(page,
             "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Highest level "
             "and level at the end\"><table class=\"matrix\"><caption>How levels were kept: "
             "the highest level a member held (rows) and the level at the end "
             "(columns)</caption>\n<thead><tr><th scope=\"col\">Highest level held</th>");
    for (uint32_t level = 0; level < width; level++) {
        page_say(page, "<th scope=\"col\">");
        sheet_escaped(page->sheet, level_name(set, level));
        page_say(page, "</th>");
    }
    page_say(page, "</tr></thead><tbody>\n");
    for (uint32_t highest = 0; highest < width; highest++)
        movement_row(page, set, &moves[(size_t)highest * width], highest);
    page_say(page, "</tbody></table></div>\n");
}

void page_tiers(struct page *page)
{
    if (page->tables.tier_count == 0) return;
    page_say(page, "<section id=\"tiers\"><h2>Tiers</h2>\n");
    for (uint32_t p = 0; p < page->comparison->count; p++) {
        const struct totals *totals = page->comparison->totals[p];
        if (totals->program->tier_set_count > 0) page_program_heading(page, "h3", p);
        for (uint32_t k = 0; k < totals->program->tier_set_count; k++) {
            if (totals->program->tier_set_count > 1)
                page_element(page, "h4", totals->program->tier_sets[k].id);
            draw_tier_months(page, totals, k);
            draw_movement(page, totals, k);
        }
    }
    for (uint32_t k = 0; k < page->tables.tier_count; k++)
        page_table(page, &page->tables.tiers[k]);
    page_say(page, "</section>\n");
}
