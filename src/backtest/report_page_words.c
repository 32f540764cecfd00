/* Page: what every term of the report means, in the order of the page. docs/report.md says the same
 * at more length.
 */
#include "backtest/report_page.h"

struct term {
    const char *name;
    const char *meaning;
};

static const struct term terms[] = {
    {"Member", "A customer of the file, with at least one line that could be read. Taken to join "
               "at the first order."},
    {"Sales to members", "The part of their orders that the programme lets earn (`eligible`), "
                         "before returns."},
    {"Returned", "What matched returns took off those sales."},
    {"Without a customer", "Orders that name no customer. They earn nothing; their sales show what "
                           "could have been earned on."},
    {"Issued", "Points that rules gave, boosts included, whatever became of them later."},
    {"Taken back", "Points that returns of goods took away again, with what became debt."},
    {"Kept", "Issued less taken back: what the rules gave in the end."},
    {"Usable", "Kept less expired: what members redeemed or still have."},
    {"Shortfall", "Points that a return should have taken back and could not, because they were "
                  "spent or had expired."},
    {"Redeemed", "Points spent on rewards."},
    {"Expired", "Points whose time ran out, less those that live again after a return."},
    {"Pending", "Points earned and not yet released."},
    {"Outstanding", "Available and held points less debt: what members could claim at the end. "
                    "Always issued = taken back + redeemed + expired + pending + outstanding."},
    {"Owed", "Outstanding and pending together."},
    {"Debt", "Points that a member owes, because a return took back more than was there."},
    {"Liability", "Outstanding points at the value that the programme's `liability` gives a "
                  "point."},
    {"Cost", "Redeemed, outstanding and pending points at that value. What has expired costs "
             "nothing."},
    {"% of sales", "Of sales to members after returns."},
    {"Rewards at own cost", "What the rewards that were given cost the shop, by their own value; "
                            "it differs from the redeemed points' value when a reward gives more "
                            "or less than its points are booked at."},
    {"Tenth by spending", "Members who bought, ordered by what they spent and cut into ten groups "
                          "of equal number, the highest spenders first."},
    {"Gain, lose",
     "Members who have more, or fewer, points to use than under the first programme."},
};

void page_marked(struct page *page, struct text text)
{
    bool is_code = false;
    while (!text_is_empty(text)) {
        struct text part = text_split(text, '`', &text);
        page_say(page, is_code ? "<code>" : "");
        sheet_escaped(page->sheet, part);
        page_say(page, is_code ? "</code>" : "");
        is_code = !is_code;
    }
}

void page_definitions(struct page *page)
{
    page_say(page, "<section id=\"terms\"><h2>What the words mean</h2>\n<dl class=\"terms\">\n");
    for (size_t k = 0; k < sizeof terms / sizeof *terms; k++) {
        page_say(page, "<dt>");
        sheet_escaped(page->sheet, text_of(terms[k].name));
        page_say(page, "</dt><dd>");
        page_marked(page, text_of(terms[k].meaning));
        page_say(page, "</dd>\n");
    }
    page_say(page, "</dl></section>\n");
}
