/* The report as JSON, for programs: one array with one object for each programme, in the order of
 * the command line.
 *
 * Its keys are relied on by other programs: they are added to and never renamed. Counts and seconds
 * are numbers; amounts are strings of decimal digits with the wallet's or the currency's decimals,
 * because a JSON number may pass through binary floating point on its way. Each object after the
 * first says how it differs from the first.
 *
 * Method: a small writer that puts the commas; whatever the texts hold, the output is well-formed
 * UTF-8 (bytes that are not become U+FFFD).
 */
#include <inttypes.h>

#include "backtest/report.h"
#include "backtest/report_difference.h"
#include "backtest/report_sheet.h"

struct json {
    struct sheet *sheet;
    bool needs_comma;
    unsigned depth;
};

static void json_new_line(struct json *json)
{
    sheet_say(json->sheet, "\n");
    for (unsigned level = 0; level < json->depth; level++)
        sheet_say(json->sheet, "  ");
}

static void json_before_value(struct json *json)
{
    if (json->needs_comma) sheet_say(json->sheet, ",");
    json->needs_comma = true;
    if (json->depth > 0) json_new_line(json);
}

static void json_text(struct json *json, struct text text)
{
    struct sheet *sheet = json->sheet;
    sheet_say(sheet, "\"");
    while (!text_is_empty(text)) {
        struct text here = text;
        uint32_t character = text_next_character(&text);
        here.length -= text.length;
        if (character == '"' || character == '\\')
            sheet_format(sheet, "\\%c", (char)character);
        else if (character < ' ' || (character >= 0x7F && character < 0xA0))
            sheet_format(sheet, "\\u%04" PRIx32, character);
        else if (character == 0xFFFD)
            sheet_say(sheet, "\xEF\xBF\xBD");
        else
            sheet_add(sheet, here);
    }
    sheet_say(sheet, "\"");
}

static void json_key(struct json *json, struct text key)
{
    json_before_value(json);
    json_text(json, key);
    sheet_say(json->sheet, ": ");
}

static void json_open(struct json *json, const char *bracket)
{
    sheet_say(json->sheet, bracket);
    json->needs_comma = false;
    json->depth++;
}

static void json_close(struct json *json, const char *bracket)
{
    json->depth--;
    if (json->needs_comma) json_new_line(json);
    sheet_say(json->sheet, bracket);
    json->needs_comma = true;
}

static void json_object(struct json *json, struct text key)
{
    json_key(json, key);
    json_open(json, "{");
}

static void json_count(struct json *json, struct text key, uint64_t count)
{
    json_key(json, key);
    sheet_format(json->sheet, "%" PRIu64, count);
}

static void json_amount(struct json *json, struct text key, int64_t amount, int32_t decimals)
{
    char digits[AMOUNT_TEXT_MAXIMUM];
    json_key(json, key);
    json_text(json, amount_format(amount, decimals, digits));
}

static void json_wallets(struct json *json, const struct totals *totals)
{
    json_object(json, TEXT("wallets"));
    for (uint32_t k = 0; k < totals->program->wallet_count; k++) {
        const struct wallet *wallet = &totals->program->wallets[k];
        const struct wallet_totals *sums = &totals->wallets[k];
        json_object(json, wallet->id);
        json_amount(json, TEXT("issued"), sums->issued, wallet->decimals);
        json_amount(json, TEXT("taken_back"), sums->taken_back, wallet->decimals);
        json_amount(json, TEXT("shortfall"), sums->shortfall, wallet->decimals);
        json_amount(json, TEXT("redeemed"), sums->redeemed, wallet->decimals);
        json_amount(json, TEXT("expired"), sums->expired, wallet->decimals);
        json_amount(json, TEXT("pending"), sums->pending, wallet->decimals);
        json_amount(json, TEXT("outstanding"), sums->outstanding, wallet->decimals);
        json_close(json, "}");
    }
    json_close(json, "}");
}

static void json_redemptions(struct json *json, const struct totals *totals)
{
    const struct program *program = totals->program;
    json_object(json, TEXT("redemptions"));
    for (uint32_t k = 0; k < program->reward_count; k++) {
        const struct reward *reward = &program->rewards[k];
        json_object(json, reward->id);
        json_count(json, TEXT("count"), totals->rewards[k].count);
        json_amount(json, TEXT("cost"), totals->rewards[k].cost,
                    program->wallets[reward->wallet].decimals);
        json_close(json, "}");
    }
    json_close(json, "}");
}

static void json_tiers(struct json *json, const struct totals *totals)
{
    json_object(json, TEXT("tiers"));
    for (uint32_t k = 0; k < totals->program->tier_set_count; k++) {
        const struct tier_set *set = &totals->program->tier_sets[k];
        json_object(json, set->id);
        json_count(json, TEXT("none"), totals->tiers[k].members[0]);
        for (uint32_t level = 0; level < set->level_count; level++)
            json_count(json, set->levels[level].id, totals->tiers[k].members[level + 1]);
        json_close(json, "}");
    }
    json_close(json, "}");
}

static void json_rules(struct json *json, const struct totals *totals)
{
    const struct program *program = totals->program;
    json_object(json, TEXT("rules"));
    for (uint32_t k = 0; k < program->rule_count; k++) {
        const struct rule *rule = &program->rules[k];
        json_object(json, rule->id);
        json_count(json, TEXT("fired"), totals->rules[k].fired);
        json_amount(json, TEXT("issued"), totals->rules[k].issued,
                    program->wallets[rule->wallet].decimals);
        json_close(json, "}");
    }
    json_close(json, "}");
}

static void json_against_first(struct json *json, const struct totals *first,
                               const struct totals *totals)
{
    struct difference difference = {0};
    sheet_note(json->sheet, difference_measure(first, totals, DIFFERENCE_OF_USABLE, &difference));
    json_object(json, TEXT("against_first"));
    json_count(json, TEXT("gain"), difference.gain);
    json_count(json, TEXT("lose"), difference.lose);
    json_count(json, TEXT("same"), difference.same);
    json_amount(json, TEXT("gained"), difference.gained, difference.decimals);
    json_amount(json, TEXT("lost"), difference.lost, difference.decimals);
    json_close(json, "}");
}

static void json_file(struct json *json, const struct totals *totals)
{
    const struct program *program = totals->program;
    json_count(json, TEXT("orders"), totals->orders);
    json_count(json, TEXT("members"), totals->member_count);
    json_object(json, TEXT("lines"));
    json_count(json, TEXT("total"), totals->lines_total);
    json_count(json, TEXT("anonymous"), totals->lines_anonymous);
    json_count(json, TEXT("unreadable"), totals->lines_unreadable);
    json_close(json, "}");
    json_object(json, TEXT("returns"));
    json_count(json, TEXT("orders"), totals->return_orders);
    json_count(json, TEXT("units_matched"), totals->units_matched);
    json_count(json, TEXT("units_unmatched"), totals->units_unmatched);
    json_close(json, "}");
    json_amount(json, TEXT("eligible_sales"), totals->eligible_sales,
                program->currencies[totals->currency].decimals);
}

enum status report_json(const struct comparison *comparison, struct buffer *out)
{
    struct sheet sheet;
    sheet_init(&sheet, out);
    struct json json = {.sheet = &sheet};
    json_open(&json, "[");
    for (uint32_t k = 0; k < comparison->count; k++) {
        const struct totals *totals = comparison->totals[k];
        json_before_value(&json);
        json_open(&json, "{");
        json_key(&json, TEXT("program"));
        json_text(&json, totals->program->id);
        json_file(&json, totals);
        json_wallets(&json, totals);
        json_redemptions(&json, totals);
        json_tiers(&json, totals);
        json_rules(&json, totals);
        json_key(&json, TEXT("seconds"));
        sheet_format(&sheet, "%.3f", totals->seconds);
        if (k > 0) json_against_first(&json, comparison->totals[0], totals);
        json_close(&json, "}");
    }
    json_close(&json, "]");
    sheet_say(&sheet, "\n");
    return sheet_finish(&sheet);
}
