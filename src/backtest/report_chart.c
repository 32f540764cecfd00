/* Charts: an axis with round steps, then columns or lines between its ends.
 *
 *      unit
 *   high +------------------------+   grid lines at every step
 *        |      ##  ##            |
 *      0 +------------------------+   the base line
 *   low  |          ##            |
 *        +------------------------+
 *          J  F  M  A  M  J           labels; group names under the first of each group
 *          2011
 *
 * Invariants: low <= 0 <= high and low < high; every column lies between them; the same chart gives
 * the same bytes.
 */
#include "backtest/report_chart.h"

#include <inttypes.h>

/* Past this an axis would overflow while it is rounded outwards; such amounts stand at its end. */
#define AXIS_MAXIMUM INT64_C(2000000000000000000)
#define AXIS_STEPS 7
#define CHARACTER_PIXELS 6.4 /* of the labels' letters, on the average, and not too little */
#define WIDE_PIXELS 760
#define NARROW_PIXELS 350
#define COLUMN_PIXELS_MOST 72.0

struct plot {
    const struct chart *chart;
    struct sheet *sheet;
    bool is_wide;
    double width;
    double height;
    double left;
    double right;
    double top;
    double bottom;
    double band; /* width of one place */
    int64_t low;
    int64_t high;
    int64_t step;
    int32_t thousands; /* labels are in units of 1000^thousands */
};

static int64_t clamped(int64_t value)
{
    if (value > AXIS_MAXIMUM) return AXIS_MAXIMUM;
    return value < -AXIS_MAXIMUM ? -AXIS_MAXIMUM : value;
}

/* One series' value as it is drawn: the sign turned when it hangs below zero. */
static double drawn(const struct chart_series *series, uint32_t place)
{
    double value = (double)series->values[place];
    return series->is_below ? -value : value;
}

static int64_t whole_of(double value)
{
    if (value >= (double)AXIS_MAXIMUM) return AXIS_MAXIMUM;
    if (value <= -(double)AXIS_MAXIMUM) return -AXIS_MAXIMUM;
    return (int64_t)value;
}

void chart_range(const struct chart *chart, int64_t *low, int64_t *high)
{
    double least = 0;
    double most = 0;
    for (uint32_t place = 0; place < chart->count; place++) {
        double above = 0;
        double below = 0;
        for (uint32_t k = 0; k < chart->series_count; k++) {
            double value = drawn(&chart->series[k], place);
            bool is_summed = chart->kind == CHART_STACKED;
            if (value > 0) above = is_summed || value > above ? value + is_summed * above : above;
            if (value < 0) below = is_summed || value < below ? value + is_summed * below : below;
        }
        if (above > most) most = above;
        if (below < least) least = below;
    }
    *low = whole_of(least);
    *high = whole_of(most);
}

/* The smallest of 1, 2, 5, 10, 20, 50 ... that reaches from low to high in few steps. */
static int64_t round_step(int64_t low, int64_t high)
{
    int64_t least = (high - low) / AXIS_STEPS;
    int64_t step = 1;
    while (step < least || step == 0) {
        if (step * 2 >= least) return step * 2;
        if (step * 5 >= least) return step * 5;
        step *= 10;
    }
    return step;
}

static void set_axis(struct plot *plot)
{
    int64_t low = 0;
    int64_t high = 0;
    chart_range(plot->chart, &low, &high);
    low = clamped(amount_lesser(low, plot->chart->low));
    high = clamped(amount_greater(high, plot->chart->high));
    if (low > 0) low = 0;
    if (high < 0) high = 0;
    if (low == high) high = power_of_ten(plot->chart->decimals);
    plot->step = round_step(low, high);
    plot->low = -((-low + plot->step - 1) / plot->step) * plot->step;
    plot->high = (high + plot->step - 1) / plot->step * plot->step;
    int64_t most = amount_greater(plot->high, -plot->low);
    int64_t unit = power_of_ten(plot->chart->decimals);
    while (plot->thousands < 3 && most / unit >= 10000) {
        plot->thousands++;
        most /= 1000;
    }
}

static struct text tick_label(struct plot *plot, int64_t value)
{
    char digits[32];
    struct decimal exact = {value, plot->chart->decimals + 3 * plot->thousands};
    exact = decimal_normalise(exact);
    struct text shown = amount_format_grouped(exact.coefficient, exact.scale, digits);
    return sheet_keep(plot->sheet, "%.*s", TEXT_ARGUMENTS(shown));
}

static double y_of(const struct plot *plot, double value)
{
    double part = (value - (double)plot->low) / ((double)plot->high - (double)plot->low);
    if (part < 0) part = 0;
    if (part > 1) part = 1;
    return plot->bottom - part * (plot->bottom - plot->top);
}

static double x_of(const struct plot *plot, uint32_t place)
{
    return plot->left + plot->band * (double)place;
}

static void set_plot(struct plot *plot)
{
    set_axis(plot);
    size_t widest = 1;
    for (int64_t tick = plot->low; tick <= plot->high; tick += plot->step) {
        size_t columns = text_columns(tick_label(plot, tick));
        if (columns > widest) widest = columns;
    }
    plot->width = plot->is_wide ? WIDE_PIXELS : NARROW_PIXELS;
    plot->height = plot->is_wide ? 300 : 250;
    plot->left = (double)widest * CHARACTER_PIXELS + 10;
    plot->right = plot->width - (plot->chart->kind == CHART_LINES ? 26 : 2);
    plot->top = 28;
    plot->bottom = plot->height - 22;
    if (plot->chart->groups != NULL) plot->bottom -= 16;
    if (!text_is_empty(plot->chart->across)) plot->bottom -= 18;
    plot->band = (plot->right - plot->left) / (double)plot->chart->count;
}

static void draw_axis(struct plot *plot)
{
    static const char *const scales[] = {"", "thousand ", "million ", "thousand million "};
    struct sheet *sheet = plot->sheet;
    sheet_format(sheet, "<text class=\"unit\" x=\"0\" y=\"12\">%s", scales[plot->thousands]);
    sheet_escaped(sheet, plot->chart->unit);
    sheet_say(sheet, "</text>");
    for (int64_t tick = plot->low; tick <= plot->high; tick += plot->step) {
        double y = y_of(plot, (double)tick);
        struct text label = tick_label(plot, tick);
        sheet_format(sheet, "<path class=\"%s\" d=\"M%.1f %.1fH%.1f\"/>",
                     tick == 0 ? "zero" : "grid", plot->left, y, plot->right);
        sheet_format(sheet, "<text class=\"tick\" x=\"%.1f\" y=\"%.1f\">", plot->left - 7, y + 4);
        sheet_number(sheet, label);
        sheet_say(sheet, "</text>");
    }
}

static size_t widest_label(const struct chart *chart)
{
    size_t widest = 0;
    for (uint32_t place = 0; place < chart->count; place++) {
        size_t columns = text_columns(chart->labels[place]);
        if (columns > widest) widest = columns;
    }
    return widest;
}

/* Labels under every place, or under every second, third ... where they would touch, among them 0
 * if there is one; letters of months are left out altogether when there is no room for each. */
static void draw_labels(struct plot *plot)
{
    const struct chart *chart = plot->chart;
    double needed = (double)widest_label(chart) * CHARACTER_PIXELS + 4;
    uint32_t every = 1;
    while (plot->band * every < needed && every < chart->count)
        every++;
    if (chart->groups != NULL && every > 1) return;
    uint32_t first = 0;
    for (uint32_t place = 0; place < chart->count; place++)
        if (text_equal(chart->labels[place], TEXT("0"))) first = place % every;
    for (uint32_t place = first; place < chart->count; place += every) {
        sheet_format(plot->sheet, "<text class=\"label\" x=\"%.1f\" y=\"%.1f\">",
                     x_of(plot, place) + plot->band / 2, plot->bottom + 15);
        sheet_escaped(plot->sheet, chart->labels[place]);
        sheet_say(plot->sheet, "</text>");
    }
}

/* The names of groups under their first places; one that would touch its neighbour is left out, the
 * first rather than the second, because it may be a short piece of a group. */
static void draw_groups(struct plot *plot)
{
    const struct chart *chart = plot->chart;
    double free_from = plot->left;
    for (uint32_t place = 0; chart->groups != NULL && place < chart->count; place++) {
        if (text_is_empty(chart->groups[place])) continue;
        uint32_t next = place + 1;
        while (next < chart->count && text_is_empty(chart->groups[next]))
            next++;
        double x = x_of(plot, place) + (place > 0 ? 4 : 0);
        double needed = (double)text_columns(chart->groups[place]) * CHARACTER_PIXELS + 6;
        bool is_piece = place == 0 && next < chart->count && plot->band * next < needed;
        bool is_named = !is_piece && x >= free_from && x + needed <= plot->width + 6;
        if (place > 0)
            sheet_format(plot->sheet, "<path class=\"grid\" d=\"M%.1f %.1fv%d\"/>",
                         x_of(plot, place), plot->bottom, is_named ? 32 : 6);
        if (!is_named) continue;
        free_from = x + needed;
        sheet_format(plot->sheet, "<text class=\"group\" x=\"%.1f\" y=\"%.1f\">", x,
                     plot->bottom + 31);
        sheet_escaped(plot->sheet, chart->groups[place]);
        sheet_say(plot->sheet, "</text>");
    }
}

static void draw_across(struct plot *plot)
{
    if (text_is_empty(plot->chart->across)) return;
    sheet_format(plot->sheet, "<text class=\"label\" x=\"%.1f\" y=\"%.1f\">",
                 (plot->left + plot->right) / 2, plot->height - 4);
    sheet_escaped(plot->sheet, plot->chart->across);
    sheet_say(plot->sheet, "</text>");
}

static void draw_column(struct plot *plot, double x, double width, double from, double to)
{
    double top = y_of(plot, to > from ? to : from);
    double bottom = y_of(plot, to > from ? from : to);
    sheet_format(plot->sheet, "M%.1f %.1fh%.1fV%.1fh-%.1fz", x, top, width, bottom, width);
}

/* What the columns of one place take of its width: most of it, and no more than looks like columns
 * when there are few places. */
static double column_room(const struct plot *plot, uint32_t columns)
{
    double room = plot->band * (plot->band > 5 ? 0.8 : 0.9);
    double most = COLUMN_PIXELS_MOST * (double)columns;
    return room < most ? room : most;
}

/* One path for a whole series keeps a page of many months small. */
static void draw_stacked(struct plot *plot)
{
    const struct chart *chart = plot->chart;
    double *above = sheet_new_array(plot->sheet, double, chart->count);
    double *below = sheet_new_array(plot->sheet, double, chart->count);
    double gap = plot->band - column_room(plot, 1);
    if (above == NULL || below == NULL) return;
    for (uint32_t k = 0; k < chart->series_count; k++) {
        sheet_format(plot->sheet, "<path class=\"column %s\" d=\"", chart->series[k].paint);
        for (uint32_t place = 0; place < chart->count; place++) {
            double value = drawn(&chart->series[k], place);
            double *stack = value < 0 ? &below[place] : &above[place];
            if (value < 0 || value > 0)
                draw_column(plot, x_of(plot, place) + gap / 2, plot->band - gap, *stack,
                            *stack + value);
            *stack += value;
        }
        sheet_say(plot->sheet, "\"/>");
    }
}

static void draw_grouped(struct plot *plot)
{
    const struct chart *chart = plot->chart;
    double room = column_room(plot, chart->series_count);
    double gap = plot->band - room;
    double width = room / (double)chart->series_count;
    for (uint32_t k = 0; k < chart->series_count; k++) {
        sheet_format(plot->sheet, "<path class=\"column %s\" d=\"", chart->series[k].paint);
        for (uint32_t place = 0; place < chart->count; place++) {
            double value = drawn(&chart->series[k], place);
            if (value < 0 || value > 0)
                draw_column(plot, x_of(plot, place) + gap / 2 + width * k, width, 0, value);
        }
        sheet_say(plot->sheet, "\"/>");
    }
}

/* Where the names at the ends of the lines stand: in order of height, no two nearer than a line of
 * text. The count of series is small. */
static void place_ends(const struct plot *plot, double *ends, uint32_t count)
{
    for (uint32_t round = 0; round < count * 8; round++) {
        for (uint32_t a = 0; a < count; a++) {
            for (uint32_t b = 0; b < count; b++) {
                bool is_above = ends[a] < ends[b] || (ends[a] <= ends[b] && a < b);
                if (a == b || !is_above || ends[b] - ends[a] >= 13) continue;
                double push = (13 - (ends[b] - ends[a])) / 2;
                ends[a] -= push;
                ends[b] += push;
            }
        }
    }
    for (uint32_t k = 0; k < count; k++)
        if (ends[k] > plot->bottom) ends[k] = plot->bottom;
}

static void draw_lines(struct plot *plot)
{
    const struct chart *chart = plot->chart;
    uint32_t last = chart->count - 1;
    double *ends = sheet_new_array(plot->sheet, double, chart->series_count);
    if (ends == NULL) return;
    for (uint32_t k = 0; k < chart->series_count; k++)
        ends[k] = y_of(plot, drawn(&chart->series[k], last));
    for (uint32_t k = 0; k < chart->series_count; k++) {
        const struct chart_series *series = &chart->series[k];
        sheet_format(plot->sheet, "<path class=\"line %s\" d=\"", series->paint);
        for (uint32_t place = 0; place < chart->count; place++)
            sheet_format(plot->sheet, "%s%.1f %.1f", place == 0 ? "M" : "L",
                         x_of(plot, place) + plot->band / 2, y_of(plot, drawn(series, place)));
        sheet_format(plot->sheet, "\"/><circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"3\"/>",
                     series->paint, x_of(plot, last) + plot->band / 2, ends[k]);
    }
    place_ends(plot, ends, chart->series_count);
    for (uint32_t k = 0; k < chart->series_count; k++) {
        struct text name = chart->series[k].name;
        struct text letter = text_split(name, ' ', &name);
        sheet_format(plot->sheet, "<text class=\"end %s\" x=\"%.1f\" y=\"%.1f\">",
                     chart->series[k].paint, plot->right - plot->band / 2 + 8, ends[k] + 4);
        sheet_escaped(plot->sheet, letter);
        sheet_say(plot->sheet, "</text>");
    }
}

/* A pane over each place that says its figures when pointed at. */
static void draw_hints(struct plot *plot)
{
    const struct chart *chart = plot->chart;
    char digits[32];
    for (uint32_t place = 0; place < chart->count; place++) {
        sheet_format(plot->sheet,
                     "<rect class=\"pane\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\">"
                     "<title>",
                     x_of(plot, place), plot->top, plot->band, plot->bottom - plot->top);
        sheet_escaped(plot->sheet, chart->full_labels[place]);
        for (uint32_t k = 0; k < chart->series_count; k++) {
            sheet_say(plot->sheet, "\n");
            sheet_escaped(plot->sheet, chart->series[k].name);
            struct text shown =
                amount_format_grouped(chart->series[k].values[place], chart->decimals, digits);
            sheet_say(plot->sheet, ": ");
            sheet_number(plot->sheet, shown);
        }
        sheet_say(plot->sheet, "</title></rect>");
    }
}

static void draw_once(struct sheet *sheet, const struct chart *chart, bool is_wide)
{
    struct plot plot = {.chart = chart, .sheet = sheet, .is_wide = is_wide};
    set_plot(&plot);
    sheet_format(sheet,
                 "<svg class=\"chart %s\" viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-label=\"",
                 is_wide ? "wide" : "narrow", plot.width, plot.height);
    sheet_escaped(sheet, chart->sentence);
    sheet_say(sheet, "\">");
    draw_axis(&plot);
    if (chart->kind == CHART_STACKED) draw_stacked(&plot);
    if (chart->kind == CHART_GROUPED) draw_grouped(&plot);
    if (chart->kind == CHART_LINES) draw_lines(&plot);
    sheet_format(sheet, "<path class=\"zero\" d=\"M%.1f %.1fH%.1f\"/>", plot.left, y_of(&plot, 0),
                 plot.right);
    draw_labels(&plot);
    draw_groups(&plot);
    draw_across(&plot);
    if (is_wide) draw_hints(&plot);
    sheet_say(sheet, "</svg>\n");
}

void chart_draw(struct sheet *sheet, const struct chart *chart)
{
    if (chart->count == 0 || chart->series_count == 0 || sheet->status != STATUS_OK) return;
    draw_once(sheet, chart, true);
    draw_once(sheet, chart, false);
}

void chart_legend(struct sheet *sheet, const struct chart *chart)
{
    sheet_say(sheet, "<ul class=\"legend\">");
    for (uint32_t k = 0; k < chart->series_count; k++) {
        sheet_format(sheet, "<li><i class=\"swatch %s\"></i>", chart->series[k].paint);
        sheet_escaped(sheet, chart->series[k].name);
        sheet_say(sheet, "</li>");
    }
    sheet_say(sheet, "</ul>\n");
}

struct text short_number(struct sheet *sheet, int64_t value, int32_t decimals)
{
    static const char *const letters[] = {"", "k", "M", "bn", "tn", "qd"};
    int32_t thousands = 0;
    int64_t rest = value;
    int64_t unit = power_of_ten(decimals);
    while (thousands < 5 && (rest / unit >= 1000 || rest / unit <= -1000)) {
        rest /= 1000;
        thousands++;
    }
    char digits[AMOUNT_TEXT_MAXIMUM];
    struct decimal exact = {value, decimals + 3 * thousands};
    if (exact.scale > DECIMAL_SCALE_MAXIMUM) exact = (struct decimal){rest, decimals};
    exact = decimal_normalise(exact);
    while (exact.scale > 2) {
        exact.coefficient /= 10;
        exact.scale--;
    }
    struct text shown = amount_format(exact.coefficient, exact.scale, digits);
    return sheet_keep(sheet, "%.*s%s", TEXT_ARGUMENTS(shown), letters[thousands]);
}
