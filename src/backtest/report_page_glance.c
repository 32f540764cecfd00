/* Page: the figures to see first, the sentence that sums them up, and what became of the points.
 *
 * Must never show money that a programme does not know: without a liability it speaks of points.
 */
#include <inttypes.h>

#include "backtest/report_difference.h"
#include "backtest/report_notes.h"
#include "backtest/report_page.h"
#include "backtest/report_value.h"

static struct text show_money(struct page *page, const struct totals *totals, int64_t amount)
{
    const struct currency *currency = sales_currency(totals);
    char digits[32];
    struct text shown = amount_format_grouped(amount, currency->decimals, digits);
    return sheet_keep(page->sheet, "%.*s %.*s", TEXT_ARGUMENTS(shown),
                      TEXT_ARGUMENTS(currency->code));
}

static struct text show_percent(struct page *page, int64_t part, int64_t whole, int32_t decimals)
{
    if (whole <= 0) return TEXT("\xE2\x80\x93");
    int64_t scaled = sheet_share(page->sheet, part, power_of_ten(decimals + 2), whole);
    return figure_show(page->sheet, (struct figure){FIGURE_PERCENT, scaled, decimals});
}

static struct text show_points(struct page *page, const struct totals *totals, int64_t points)
{
    char digits[32];
    if (totals->program->wallet_count == 0) return TEXT("\xE2\x80\x93");
    struct text shown = amount_format_grouped(points, totals->program->wallets[0].decimals, digits);
    return sheet_keep(page->sheet, "%.*s", TEXT_ARGUMENTS(shown));
}

static struct text show_count(struct page *page, uint64_t count)
{
    return figure_show(page->sheet, (struct figure){FIGURE_COUNT, (int64_t)count, 0});
}

static struct wallet_totals first_wallet(const struct totals *totals)
{
    return totals->program->wallet_count == 0 ? (struct wallet_totals){0} : totals->wallets[0];
}

static int64_t points_kept(struct page *page, const struct totals *totals)
{
    struct wallet_totals sums = first_wallet(totals);
    return sheet_less(page->sheet, sums.issued, sums.taken_back);
}

/* ---- The cards ---- */

typedef struct text (*card_value)(struct page *page, const struct totals *totals);

static struct text card_cost_percent(struct page *page, const struct totals *totals)
{
    struct cost cost = cost_of(page->sheet, totals);
    if (!cost.is_known) return TEXT("\xE2\x80\x93");
    return show_percent(page, cost.total, sales_after_returns(page->sheet, totals), 2);
}

static struct text card_cost(struct page *page, const struct totals *totals)
{
    struct cost cost = cost_of(page->sheet, totals);
    return cost.is_known ? show_money(page, totals, cost.total) : TEXT("\xE2\x80\x93");
}

static struct text card_liability(struct page *page, const struct totals *totals)
{
    struct cost cost = cost_of(page->sheet, totals);
    return cost.is_known ? show_money(page, totals, cost.outstanding) : TEXT("\xE2\x80\x93");
}

static struct text card_issued(struct page *page, const struct totals *totals)
{
    return show_points(page, totals, first_wallet(totals).issued);
}

static struct text card_owed(struct page *page, const struct totals *totals)
{
    return show_points(page, totals, first_wallet(totals).outstanding);
}

static struct text card_redeemed(struct page *page, const struct totals *totals)
{
    return show_percent(page, first_wallet(totals).redeemed, points_kept(page, totals), 1);
}

static struct text card_expired(struct page *page, const struct totals *totals)
{
    return show_percent(page, first_wallet(totals).expired, points_kept(page, totals), 1);
}

static struct text card_anonymous(struct page *page, const struct totals *totals)
{
    int64_t all = sheet_sum(page->sheet, totals->eligible_sales, totals->anonymous_sales);
    return show_percent(page, totals->anonymous_sales, all, 1);
}

struct card {
    const char *label;
    const char *explanation;
    card_value value;
    bool needs_value; /* shown only when some programme values its points */
    bool is_of_file;  /* the same for every programme */
};

static const struct card cards[] = {
    {"Cost, of sales", "redeemed, outstanding and pending points against sales after returns",
     card_cost_percent, true, false},
    {"Cost", "what was redeemed and what is still owed, at the value that finance books", card_cost,
     true, false},
    {"Liability at the end", "outstanding points at their value", card_liability, true, false},
    {"Points issued", "before returns took any back", card_issued, false, false},
    {"Points outstanding", "what members could spend at the end", card_owed, false, false},
    {"Redeemed", "of the points that members kept", card_redeemed, false, false},
    {"Expired", "of the points that members kept", card_expired, false, false},
    {"Sales without a customer", "of all sales: they earned nothing", card_anonymous, false, true},
};

static bool any_has_value(struct page *page)
{
    for (uint32_t p = 0; p < page->comparison->count; p++)
        if (cost_of(page->sheet, page->comparison->totals[p]).is_known) return true;
    return false;
}

/* A figure that would not fit into one column of cards. */
static bool card_is_long(struct page *page, const struct card *card, uint32_t programs)
{
    for (uint32_t p = 0; p < programs; p++)
        if (text_columns(card->value(page, page->comparison->totals[p])) > 15) return true;
    return false;
}

static void draw_card(struct page *page, const struct card *card)
{
    uint32_t programs = card->is_of_file ? 1 : page->comparison->count;
    sheet_format(page->sheet, "<div class=\"card%s%s\"><dt>%s</dt>", programs > 1 ? " many" : "",
                 card_is_long(page, card, programs) ? " long" : "", card->label);
    for (uint32_t p = 0; p < programs; p++) {
        page_say(page, "<dd>");
        if (programs > 1) {
            struct text name = page_program_name(page, p);
            struct text letter = text_split(name, ' ', &name);
            sheet_format(page->sheet, "<i class=\"swatch %s\"></i><abbr title=\"",
                         page_series_paint(p));
            sheet_escaped(page->sheet, name);
            sheet_format(page->sheet, "\">%.*s</abbr> ", TEXT_ARGUMENTS(letter));
        }
        page_say(page, "<b>");
        sheet_number(page->sheet, card->value(page, page->comparison->totals[p]));
        page_say(page, "</b></dd>");
    }
    sheet_format(page->sheet, "<dd class=\"explanation\">%s</dd></div>\n", card->explanation);
}

/* ---- The sentence ---- */

static void sum_up_alone(struct page *page)
{
    struct sheet *sheet = page->sheet;
    const struct totals *totals = page->comparison->totals[0];
    struct cost cost = cost_of(sheet, totals);
    int64_t sales = sales_after_returns(sheet, totals);
    struct text members = show_count(page, totals->member_count);
    struct text bought = show_money(page, totals, sales);
    sheet_format(sheet, "<p class=\"lead\">%.*s %s bought for <b>", TEXT_ARGUMENTS(members),
                 totals->member_count == 1 ? "member" : "members");
    sheet_number(sheet, bought);
    page_say(page, "</b> after returns. ");
    if (cost.is_known) {
        page_say(page, "The programme would have cost <b>");
        sheet_number(sheet, show_money(page, totals, cost.total));
        page_say(page, "</b>");
        if (sales > 0) {
            page_say(page, ", <b>");
            sheet_number(sheet, show_percent(page, cost.total, sales, 2));
            page_say(page, "</b> of that");
        }
        page_say(page, ": ");
        sheet_number(sheet, show_money(page, totals, cost.redeemed));
        page_say(page, " redeemed and ");
        sheet_number(sheet,
                     show_money(page, totals, sheet_sum(sheet, cost.outstanding, cost.pending)));
        page_say(page, " still owed at the end.");
    } else {
        page_say(page, "They would have kept <b>");
        sheet_number(sheet, show_points(page, totals, points_kept(page, totals)));
        page_say(page, "</b> points, of which ");
        sheet_number(sheet, show_points(page, totals, first_wallet(totals).outstanding));
        page_say(page, " are outstanding at the end.");
    }
    page_say(page, "</p>\n");
}

/* "costs 1,890.98 GBP less (0.80% of sales against 1.00%)" */
static void compare_costs(struct page *page, const struct totals *first, const struct totals *other)
{
    struct sheet *sheet = page->sheet;
    struct cost before = cost_of(sheet, first);
    struct cost after = cost_of(sheet, other);
    if (!before.is_known || !after.is_known) {
        page_say(page, " is compared by its points");
        return;
    }
    int64_t more = sheet_less(sheet, after.total, before.total);
    if (more == 0) {
        page_say(page, " costs the same");
        return;
    }
    page_say(page, " costs <b>");
    sheet_number(sheet, show_money(page, other, more > 0 ? more : sheet_less(sheet, 0, more)));
    page_say(page, more > 0 ? " more</b> (" : " less</b> (");
    sheet_number(sheet, show_percent(page, after.total, sales_after_returns(sheet, other), 2));
    page_say(page, " of sales against ");
    sheet_number(sheet, show_percent(page, before.total, sales_after_returns(sheet, first), 2));
    page_say(page, ")");
}

static void compare_with_first(struct page *page, uint32_t program)
{
    struct sheet *sheet = page->sheet;
    const struct totals *first = page->comparison->totals[0];
    const struct totals *other = page->comparison->totals[program];
    struct difference difference = {0};
    sheet_note(sheet, difference_measure(first, other, DIFFERENCE_OF_USABLE, &difference));
    page_say(page, "<b>");
    sheet_escaped(sheet, page_program_name(page, program));
    page_say(page, "</b>");
    compare_costs(page, first, other);
    struct text gain = show_count(page, difference.gain);
    struct text lose = show_count(page, difference.lose);
    sheet_format(sheet, "; %.*s %s more points to use, %.*s %s fewer.", TEXT_ARGUMENTS(gain),
                 difference.gain == 1 ? "member has" : "members have", TEXT_ARGUMENTS(lose),
                 difference.lose == 1 ? "has" : "have");
}

static void sum_up_comparison(struct page *page)
{
    bool is_list = page->comparison->count > 2;
    page_say(page, "<p class=\"lead\">Compared with <b>");
    sheet_escaped(page->sheet, page_program_name(page, 0));
    page_say(page, is_list ? "</b>:</p>\n<ul class=\"lead\">" : "</b>, ");
    for (uint32_t p = 1; p < page->comparison->count; p++) {
        page_say(page, is_list ? "<li>" : "");
        compare_with_first(page, p);
        page_say(page, is_list ? "</li>\n" : "");
    }
    page_say(page, is_list ? "</ul>\n" : "</p>\n");
}

void page_glance(struct page *page)
{
    page_say(page, "<section id=\"glance\">");
    if (page->comparison->count == 1)
        sum_up_alone(page);
    else
        sum_up_comparison(page);
    bool has_value = any_has_value(page);
    page_say(page, "<dl class=\"cards\">\n");
    for (size_t k = 0; k < sizeof cards / sizeof *cards; k++)
        if (has_value || !cards[k].needs_value) draw_card(page, &cards[k]);
    page_say(page, "</dl></section>\n");
}

/* ---- What became of the points ---- */

struct fate {
    const char *name;
    const char *paint;
    size_t offset; /* in struct wallet_totals */
};

static const struct fate fates[] = {
    {"Redeemed", "p-redeemed", offsetof(struct wallet_totals, redeemed)},
    {"Outstanding", "p-outstanding", offsetof(struct wallet_totals, outstanding)},
    {"Pending", "p-pending", offsetof(struct wallet_totals, pending)},
    {"Expired", "p-expired", offsetof(struct wallet_totals, expired)},
    {"Taken back", "p-taken", offsetof(struct wallet_totals, taken_back)},
};
#define FATES (sizeof fates / sizeof *fates)

static void draw_fate_bar(struct page *page, const int64_t amounts[FATES], int64_t all)
{
    int64_t from = 0;
    int64_t done = 0;
    page_say(page, "<svg class=\"fate\" viewBox=\"0 0 1000 40\" preserveAspectRatio=\"none\" "
                   "aria-hidden=\"true\">");
    for (size_t k = 0; k < FATES; k++) {
        if (amounts[k] <= 0) continue;
        sheet_increase(page->sheet, &done, amounts[k]);
        int64_t to = sheet_share(page->sheet, done, 1000, all);
        sheet_format(page->sheet,
                     "<rect class=\"%s\" x=\"%" PRId64 "\" width=\"%" PRId64 "\" height=\"40\"/>",
                     fates[k].paint, from, to - from);
        from = to;
    }
    page_say(page, "</svg>\n");
}

static void list_fates(struct page *page, const struct totals *totals, uint32_t wallet,
                       const int64_t amounts[FATES])
{
    struct sheet *sheet = page->sheet;
    int32_t decimals = totals->program->wallets[wallet].decimals;
    page_say(page, "<ul class=\"fates\">");
    for (size_t k = 0; k < FATES; k++) {
        sheet_format(sheet, "<li><span><i class=\"swatch %s\"></i>%s</span><b>", fates[k].paint,
                     fates[k].name);
        sheet_number(sheet,
                     figure_show(sheet, (struct figure){FIGURE_AMOUNT, amounts[k], decimals}));
        page_say(page, "</b><small>");
        sheet_number(sheet, show_percent(page, amounts[k], totals->wallets[wallet].issued, 1));
        page_say(page, "</small>");
        if (wallet_has_value(totals, wallet)) {
            int64_t value = points_value(sheet, totals, wallet, amounts[k]);
            page_say(page, "<small>");
            sheet_number(sheet, show_money(page, totals, value));
            page_say(page, "</small>");
        }
        page_say(page, "</li>");
    }
    page_say(page, "</ul>\n");
}

static void draw_fate(struct page *page, const struct totals *totals, uint32_t wallet)
{
    int64_t amounts[FATES];
    int64_t all = 0;
    for (size_t k = 0; k < FATES; k++) {
        memcpy(&amounts[k], (const char *)&totals->wallets[wallet] + fates[k].offset,
               sizeof amounts[k]);
        sheet_increase(page->sheet, &all, amount_positive(amounts[k]));
    }
    page_say(page, "<figure>");
    if (all > 0) draw_fate_bar(page, amounts, all);
    list_fates(page, totals, wallet, amounts);
    page_say(page, "</figure>\n");
}

void page_fate(struct page *page)
{
    page_say(page, "<section id=\"points\"><h2>What became of the points</h2>\n"
                   "<p>Every point issued was taken back, redeemed or has expired, or is pending "
                   "or outstanding at the end. Percentages are of the points issued.</p>\n");
    for (uint32_t p = 0; p < page->comparison->count; p++) {
        const struct totals *totals = page->comparison->totals[p];
        page_program_heading(page, "h3", p);
        for (uint32_t k = 0; k < totals->program->wallet_count; k++) {
            if (totals->program->wallet_count > 1)
                page_element(page, "h4", totals->program->wallets[k].id);
            draw_fate(page, totals, k);
        }
    }
    for (uint32_t k = 0; k < page->tables.wallet_count; k++)
        page_table(page, &page->tables.wallets[k]);
    page_say(page, "</section>\n");
}
