/* Plain words for amounts, times, windows, conditions and limits.
 *
 * What is said here must be true of what the engine does, because marketing people decide by it: an
 * end is always "before" a time, a calendar period is always called so, and a limit always says
 * whose it is.
 */
#include "program/describe_words.h"

const char *period_noun(enum period_unit unit)
{
    static const char *const nouns[] = {"day", "week", "month", "quarter", "year"};
    return nouns[unit];
}

const char *rounding_words(enum rounding rounding)
{
    static const char *const words[] = {
#define X(name, text) text,
        ROUNDING_LIST(X)
#undef X
    };
    return words[rounding];
}

/* The digits without a fraction that is all zeros. */
static struct text without_zero_fraction(struct text digits)
{
    size_t length = digits.length;
    if (memchr(digits.bytes, '.', length) == NULL) return digits;
    size_t end = length;
    while (end > 0 && digits.bytes[end - 1] == '0')
        end--;
    if (end > 0 && digits.bytes[end - 1] == '.') return (struct text){digits.bytes, end - 1};
    return digits;
}

enum status say_money(struct buffer *out, const struct program *program, uint32_t currency,
                      int64_t amount)
{
    char digits[40];
    const struct currency *of = &program->currencies[currency];
    return buffer_add_format(out, "%.*s %.*s",
                             TEXT_ARGUMENTS(amount_format_grouped(amount, of->decimals, digits)),
                             TEXT_ARGUMENTS(of->code));
}

enum status say_points(struct buffer *out, const struct wallet *wallet, int64_t amount,
                       int32_t more_decimals)
{
    char digits[40];
    int32_t decimals = wallet->decimals + more_decimals;
    struct text number = without_zero_fraction(amount_format_grouped(amount, decimals, digits));
    /* "1 point", but "1.25 points": the unit is that of the whole amount. */
    bool is_one = text_equal(number, TEXT("1"));
    struct text unit = wallet_unit(wallet, is_one ? power_of_ten(wallet->decimals) : 0);
    return buffer_add_format(out, "%.*s %.*s", TEXT_ARGUMENTS(number), TEXT_ARGUMENTS(unit));
}

static enum status say_day(struct buffer *out, int32_t day)
{
    static const char *const months[] = {"January",   "February", "March",    "April",
                                         "May",       "June",     "July",     "August",
                                         "September", "October",  "November", "December"};
    struct date date = date_of_day(day);
    return buffer_add_format(out, "%d %s %d", (int)date.day, months[date.month - 1],
                             (int)date.year);
}

enum status say_end(struct buffer *out, const struct program *program, int64_t until_us)
{
    struct wall_time wall = zone_to_wall(program->zone, until_us);
    if (wall.time_of_day_us == 0) {
        TRY(buffer_add(out, TEXT("to the end of ")));
        return say_day(out, wall.local_day - 1);
    }
    TRY(buffer_add(out, TEXT("until ")));
    return say_instant(out, program, until_us);
}

enum status say_instant(struct buffer *out, const struct program *program, int64_t instant_us)
{
    struct wall_time wall = zone_to_wall(program->zone, instant_us);
    TRY(say_day(out, wall.local_day));
    int64_t seconds = wall.time_of_day_us / MICROSECONDS_PER_SECOND;
    if (wall.time_of_day_us == 0) return STATUS_OK;
    TRY(buffer_add_format(out, " %02d:%02d", (int)(seconds / 3600), (int)(seconds / 60 % 60)));
    int64_t fraction_us = wall.time_of_day_us % MICROSECONDS_PER_SECOND;
    if (seconds % 60 != 0 || fraction_us != 0)
        TRY(buffer_add_format(out, ":%02d", (int)(seconds % 60)));
    return fraction_us == 0 ? STATUS_OK : buffer_add_format(out, ".%06d", (int)fraction_us);
}

enum status say_span(struct buffer *out, struct span span)
{
    char text[32];
    return buffer_add(out, span_format(span, text));
}

enum status say_list(struct buffer *out, const struct text *items, uint32_t count,
                     const char *joint)
{
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0) TRY(buffer_add_format(out, i + 1 == count ? " %s " : ", ", joint));
        TRY(buffer_add(out, items[i]));
    }
    return STATUS_OK;
}

enum status say_factor(struct buffer *out, int64_t factor)
{
    char digits[AMOUNT_TEXT_MAXIMUM];
    struct decimal shortest = decimal_normalise((struct decimal){factor, BOOST_SCALE});
    return buffer_add(out, amount_format(shortest.coefficient, shortest.scale, digits));
}

static enum status say_levels(struct buffer *out, const struct program *program,
                              const struct condition *condition)
{
    const struct tier_set *set = &program->tier_sets[condition->tier_set];
    int32_t top = (int32_t)set->level_count - 1;
    int32_t lowest = condition->level_lowest;
    int32_t highest = condition->level_highest;
    if (lowest == -1 && highest == top) return buffer_add(out, TEXT("for all members"));
    if (highest == -1)
        return buffer_add_format(out, "for members without a level in %.*s",
                                 TEXT_ARGUMENTS(set->id));
    struct text high = set->levels[highest].title;
    TRY(buffer_add_format(out, "for members "));
    if (lowest == highest) return buffer_add_format(out, "at level %.*s", TEXT_ARGUMENTS(high));
    if (lowest == -1) return buffer_add_format(out, "at level %.*s or below", TEXT_ARGUMENTS(high));
    struct text low = set->levels[lowest].title;
    if (highest == top)
        return buffer_add_format(out, "at level %.*s or above", TEXT_ARGUMENTS(low));
    return buffer_add_format(out, "at the levels %.*s to %.*s", TEXT_ARGUMENTS(low),
                             TEXT_ARGUMENTS(high));
}

bool condition_asks(const struct condition *condition)
{
    return condition->tier_set != PROGRAM_NONE || condition->birthday_given ||
           condition->channel_count > 0 || condition->store_count > 0 ||
           condition->category_count > 0 || condition->sku_count > 0 ||
           condition->order_at_least_currency != PROGRAM_NONE ||
           condition->from_us != INSTANT_EARLIEST || condition->until_us != INSTANT_NEVER ||
           condition->when != NULL || condition->where != NULL;
}

/* Begins the next part of a condition. */
static enum status next_part(struct buffer *out, bool *is_first)
{
    bool was_first = *is_first;
    *is_first = false;
    return was_first ? STATUS_OK : buffer_add(out, TEXT(", "));
}

static enum status say_words(struct buffer *out, bool *is_first, const char *lead,
                             const struct text *items, uint32_t count)
{
    if (count == 0) return STATUS_OK;
    TRY(next_part(out, is_first));
    TRY(buffer_add_format(out, "%s ", lead));
    return say_list(out, items, count, "or");
}

static enum status say_dates(struct buffer *out, const struct program *program, bool *is_first,
                             const struct condition *condition)
{
    if (condition->from_us != INSTANT_EARLIEST) {
        TRY(next_part(out, is_first));
        TRY(buffer_add(out, TEXT("from ")));
        TRY(say_instant(out, program, condition->from_us));
        TRY(buffer_add(out, TEXT(" on")));
    }
    if (condition->until_us == INSTANT_NEVER) return STATUS_OK;
    TRY(next_part(out, is_first));
    return say_end(out, program, condition->until_us);
}

enum status say_condition(struct buffer *out, const struct program *program,
                          const struct condition *condition)
{
    bool is_first = true;
    if (condition->tier_set != PROGRAM_NONE) {
        TRY(next_part(out, &is_first));
        TRY(say_levels(out, program, condition));
    }
    if (condition->birthday_given) {
        TRY(next_part(out, &is_first));
        TRY(condition->birthday == PERIOD_DAY
                ? buffer_add(out, TEXT("on the member's birthday"))
                : buffer_add_format(out, "in the %s of the member's birthday",
                                    period_noun(condition->birthday)));
    }
    TRY(say_words(out, &is_first, "for items of the category", condition->categories,
                  condition->category_count));
    TRY(say_words(out, &is_first, "for the article", condition->skus, condition->sku_count));
    TRY(say_words(out, &is_first, "through", condition->channels, condition->channel_count));
    TRY(say_words(out, &is_first, "in the store", condition->stores, condition->store_count));
    if (condition->order_at_least_currency != PROGRAM_NONE) {
        TRY(next_part(out, &is_first));
        TRY(buffer_add(out, TEXT("on orders with an eligible amount of at least ")));
        TRY(say_money(out, program, condition->order_at_least_currency, condition->order_at_least));
    }
    if (condition->where != NULL) {
        TRY(next_part(out, &is_first));
        TRY(buffer_add(out, TEXT("for items with ")));
        TRY(say_expression(out, condition->where));
    }
    if (condition->when != NULL) {
        TRY(next_part(out, &is_first));
        TRY(buffer_add(out, TEXT("when ")));
        TRY(say_expression(out, condition->when));
    }
    return say_dates(out, program, &is_first, condition);
}

enum status say_limit(struct buffer *out, const struct program *program, const struct limit *limit)
{
    TRY(buffer_add(out, TEXT("at most ")));
    if (limit->wallet != PROGRAM_NONE) {
        TRY(say_points(out, &program->wallets[limit->wallet], limit->amount, 0));
    } else if (limit->amount == 1) {
        TRY(buffer_add(out, TEXT("once")));
    } else {
        char digits[40];
        TRY(buffer_add_format(out, "%.*s times",
                              TEXT_ARGUMENTS(amount_format_grouped(limit->amount, 0, digits))));
    }
    switch (limit->window.kind) {
    case WINDOW_LIFETIME:
        break;
    case WINDOW_CALENDAR:
        TRY(buffer_add_format(out, " per calendar %s", period_noun(limit->window.unit)));
        break;
    case WINDOW_ROLLING:
        TRY(buffer_add_format(out, " within any %d day%s", (int)limit->window.days,
                              limit->window.days == 1 ? "" : "s"));
        break;
    case WINDOW_MEMBERSHIP_YEAR:
        TRY(buffer_add(out, TEXT(" per membership year")));
        break;
    }
    TRY(buffer_add_format(out, "%s",
                          limit->scope == LIMIT_PER_MEMBER ? " for each member"
                                                           : " for all members together"));
    if (limit->for_each == NULL) return STATUS_OK;
    TRY(buffer_add(out, TEXT(", for each ")));
    return say_expression(out, limit->for_each);
}

enum status say_limits(struct buffer *out, const struct program *program, struct limit_range range)
{
    for (uint32_t i = 0; i < range.count; i++) {
        TRY(buffer_add(out, TEXT("; ")));
        TRY(say_limit(out, program, &program->limits[range.first + i]));
    }
    return STATUS_OK;
}

static const char *end_noun(enum period_end end)
{
    return period_noun((enum period_unit)((int)end - 1));
}

enum status say_expiry(struct buffer *out, const struct expiry *expiry)
{
    if (!expiry->given) return buffer_add(out, TEXT("never expire"));
    if (expiry->after.count == 0)
        return buffer_add_format(out,
                                 "expire at the end of the calendar %s in which they were earned",
                                 end_noun(expiry->on));
    TRY(buffer_add(out, TEXT("expire ")));
    TRY(say_span(out, expiry->after));
    TRY(buffer_add(out, TEXT(" after they were earned")));
    if (expiry->on == PERIOD_END_NONE) return STATUS_OK;
    return buffer_add_format(out, ", at the end of that calendar %s", end_noun(expiry->on));
}

enum status say_pending(struct buffer *out, const struct pending *pending)
{
    if (!pending->given) return buffer_add(out, TEXT("are available at once"));
    if (pending->until.length == 0) {
        TRY(buffer_add(out, TEXT("are pending for ")));
        TRY(say_span(out, pending->at_latest));
        return buffer_add(out, TEXT(" before they can be spent"));
    }
    TRY(buffer_add_format(out, "are pending until the order reaches \"%.*s\"",
                          TEXT_ARGUMENTS(pending->until)));
    if (!pending->has_at_latest) return STATUS_OK;
    TRY(buffer_add(out, TEXT(", and for ")));
    TRY(say_span(out, pending->at_latest));
    return buffer_add(out, TEXT(" at most"));
}

enum status say_expression(struct buffer *out, const struct cel_expression *expression)
{
    return buffer_add(out, cel_expression_source(expression));
}
