/* Notes: one function for each thing that a reader has to know to trust the figures.
 *
 * Must never say what the replay did not do: each sentence is there only if it holds of this run.
 */
#include "backtest/report_notes.h"
#include "backtest/report_value.h"

#define NOTES_FIXED 10 /* sentences that are not one for each wallet */

static void note(struct notes *notes, struct text sentence)
{
    ASSERT(notes->count < notes->capacity);
    notes->sentences[notes->count++] = sentence;
}

struct text program_name(const struct program *program)
{
    return text_is_empty(program->title) ? program->id : program->title;
}

struct text redeemed_reward(const struct comparison *comparison)
{
    struct text share;
    return text_split(comparison->redeem, '@', &share);
}

struct text orders_name(const struct comparison *comparison)
{
    struct text name = comparison->orders_file;
    for (size_t k = name.length; k > 0; k--)
        if (name.bytes[k - 1] == '/') return (struct text){name.bytes + k, name.length - k};
    return text_equal(name, TEXT("-")) ? TEXT("standard input") : name;
}

bool is_without_orders(const struct totals *totals)
{
    return totals->orders == 0 && totals->anonymous_orders == 0 && totals->return_orders == 0;
}

struct text period_of(struct sheet *sheet, const struct totals *totals)
{
    char first[INSTANT_TEXT_MAXIMUM];
    char last[INSTANT_TEXT_MAXIMUM];
    if (is_without_orders(totals)) return TEXT("no orders");
    const struct zone *zone = totals->program->zone;
    struct text from = day_format(zone_local_day(zone, totals->first_us), first);
    struct text to = day_format(zone_local_day(zone, totals->last_us), last);
    return sheet_keep(sheet, "%.*s to %.*s", TEXT_ARGUMENTS(from), TEXT_ARGUMENTS(to));
}

static struct text liability_note(struct sheet *sheet, const struct totals *totals, uint32_t wallet,
                                  bool names_program)
{
    const struct program *program = totals->program;
    const struct wallet *named = &program->wallets[wallet];
    char digits[AMOUNT_TEXT_MAXIMUM];
    struct text where =
        names_program ? sheet_keep(sheet, "%.*s, wallet %.*s",
                                   TEXT_ARGUMENTS(program_name(program)), TEXT_ARGUMENTS(named->id))
                      : sheet_keep(sheet, "Wallet %.*s", TEXT_ARGUMENTS(named->id));
    if (!named->has_liability)
        return sheet_keep(sheet,
                          "%.*s: the programme does not say what finance books for a point "
                          "(`liability:`), so its points are left out of every sum of money.",
                          TEXT_ARGUMENTS(where));
    struct text worth = amount_format(named->liability.coefficient, named->liability.scale, digits);
    struct text code = program->currencies[named->liability_currency].code;
    const char *left_out = wallet_has_value(totals, wallet)
                               ? ""
                               : " That is not the currency of the orders, so its points are "
                                 "left out of every sum of money.";
    return sheet_keep(sheet, "%.*s: one point is valued at its liability, %.*s %.*s.%s",
                      TEXT_ARGUMENTS(where), TEXT_ARGUMENTS(worth), TEXT_ARGUMENTS(code), left_out);
}

static struct text redeem_note(struct sheet *sheet, const struct comparison *comparison)
{
    struct text share;
    struct text reward = text_split(comparison->redeem, '@', &share);
    if (text_is_empty(reward))
        return TEXT("Nobody redeems in this run: points stay until they expire. Real members "
                    "redeem, which moves points from outstanding to redeemed; `--redeem REWARD` "
                    "shows by how much.");
    struct text who = text_is_empty(share)
                          ? TEXT("every member")
                          : sheet_keep(sheet, "a share of %.*s of the members, chosen by their id,",
                                       TEXT_ARGUMENTS(share));
    return sheet_keep(sheet,
                      "Assumed: %.*s takes the reward %.*s as soon as it can be paid, after each "
                      "order and at each release of pending points, again and again. Limits and "
                      "stock hold; what the reward asks of an order does not; orders stay as they "
                      "were.",
                      TEXT_ARGUMENTS(who), TEXT_ARGUMENTS(reward));
}

static struct text until_note(struct sheet *sheet, const struct totals *totals)
{
    char digits[INSTANT_TEXT_MAXIMUM];
    struct text until = instant_format(totals->program->zone, totals->until_us, digits);
    return sheet_keep(sheet,
                      "Balances are those of %.*s: events before that instant count, and what was "
                      "due by then (releases, expiries, tier periods) is settled.",
                      TEXT_ARGUMENTS(until));
}

static void note_file(struct sheet *sheet, const struct comparison *comparison, struct notes *notes)
{
    const struct totals *totals = comparison->totals[0];
    note(notes, TEXT("A member is a customer of the file, taken to join at the first order."));
    if (totals->lines_anonymous > 0)
        note(notes, TEXT("Lines without a customer earn nothing: their sales show what members "
                         "would have earned on, had they named themselves."));
    if (totals->return_orders > 0)
        note(notes, TEXT("A return names no purchase: it is matched to the same customer's latest "
                         "earlier purchases of that product. Units that match nothing change "
                         "nothing."));
    note(notes, until_note(sheet, totals));
}

/* All programmes have the same wallets with the same liability. */
static bool is_liability_shared(struct sheet *sheet, const struct comparison *comparison)
{
    const struct totals *first = comparison->totals[0];
    for (uint32_t p = 1; p < comparison->count; p++) {
        const struct totals *totals = comparison->totals[p];
        if (totals->program->wallet_count != first->program->wallet_count) return false;
        for (uint32_t k = 0; k < first->program->wallet_count; k++)
            if (!text_equal(liability_note(sheet, first, k, false),
                            liability_note(sheet, totals, k, false)))
                return false;
    }
    return true;
}

static void note_liabilities(struct sheet *sheet, const struct comparison *comparison,
                             struct notes *notes)
{
    bool is_shared = is_liability_shared(sheet, comparison);
    uint32_t programs = is_shared ? 1 : comparison->count;
    for (uint32_t p = 0; p < programs; p++)
        for (uint32_t k = 0; k < comparison->totals[p]->program->wallet_count; k++)
            note(notes, liability_note(sheet, comparison->totals[p], k, !is_shared));
    note(notes, TEXT("Percentages of sales are of the sales to members after returns."));
}

void notes_make(struct sheet *sheet, const struct comparison *comparison, struct notes *notes)
{
    *notes = (struct notes){0};
    if (comparison->count == 0) return;
    bool has_pending_without_end = false;
    notes->capacity = NOTES_FIXED;
    for (uint32_t p = 0; p < comparison->count; p++) {
        notes->capacity += comparison->totals[p]->program->wallet_count;
        has_pending_without_end |= comparison->totals[p]->has_pending_without_end;
    }
    notes->sentences = sheet_new_array(sheet, struct text, notes->capacity);
    if (sheet->status != STATUS_OK) return;
    note_liabilities(sheet, comparison, notes);
    note(notes, redeem_note(sheet, comparison));
    if (has_pending_without_end)
        note(notes, TEXT("Some points wait for a milestone, such as delivery. A file of orders has "
                         "no milestones, so points without `at_latest` stay pending to the end."));
    note_file(sheet, comparison, notes);
    if (comparison->count > 1)
        note(notes,
             TEXT("Members are compared in the first wallet: by what they keep (points issued "
                  "less points taken back) and by what they can use of it (less what "
                  "expired). Differences of percentages are in percentage points."));
    note(notes, TEXT("Orders are as they were in the file. How another programme would have "
                     "changed what members buy is not part of a back-test."));
}
