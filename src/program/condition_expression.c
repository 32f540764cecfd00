/* The expression that a structured condition stands for.
 *
 * `if:` is a short form: what it means is what this file writes. A test tries both on the same
 * events. Categories and articles choose items and stand for a `where`; all the rest is a `when`.
 */
#include "program/program.h"

static enum status add_joint(struct buffer *out, size_t begin)
{
    return out->length == begin ? STATUS_OK : buffer_add(out, TEXT(" && "));
}

/* 'text', with what would end it escaped. */
static enum status add_literal(struct buffer *out, struct text text)
{
    TRY(buffer_add_byte(out, '\''));
    for (size_t i = 0; i < text.length; i++) {
        char c = text.bytes[i];
        if (c == '\'' || c == '\\') TRY(buffer_add_byte(out, '\\'));
        if ((unsigned char)c < 0x20)
            TRY(buffer_add_format(out, "\\x%02x", (unsigned)c));
        else
            TRY(buffer_add_byte(out, c));
    }
    return buffer_add_byte(out, '\'');
}

/* "name == 'a'", or "name in ['a', 'b']". */
static enum status add_words(struct buffer *out, size_t begin, const char *name,
                             const struct text *words, uint32_t count)
{
    if (count == 0) return STATUS_OK;
    TRY(add_joint(out, begin));
    TRY(buffer_add_format(out, count == 1 ? "%s == " : "%s in [", name));
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0) TRY(buffer_add(out, TEXT(", ")));
        TRY(add_literal(out, words[i]));
    }
    return count == 1 ? STATUS_OK : buffer_add_byte(out, ']');
}

/* "rank" counts from the lowest level, 1; 0 is none. */
static enum status add_levels(const struct program *program, const struct condition *condition,
                              size_t begin, struct buffer *out)
{
    if (condition->tier_set == PROGRAM_NONE) return STATUS_OK;
    const struct tier_set *set = &program->tier_sets[condition->tier_set];
    bool is_bare = memchr(set->id.bytes, '-', set->id.length) == NULL;
    const char *quote = is_bare ? "" : "`";
    TRY(add_joint(out, begin));
    int32_t lowest = condition->level_lowest;
    int32_t highest = condition->level_highest;
    bool has_top = highest == (int32_t)set->level_count - 1;
    if (has_top && lowest >= 0) {
        TRY(buffer_add_format(out, "member.tiers.%s%.*s%s.atLeast(", quote, TEXT_ARGUMENTS(set->id),
                              quote));
        TRY(add_literal(out, set->levels[lowest].id));
        return buffer_add_byte(out, ')');
    }
    TRY(buffer_add_format(out, "member.tiers.%s%.*s%s.rank", quote, TEXT_ARGUMENTS(set->id),
                          quote));
    if (lowest == highest) return buffer_add_format(out, " == %d", (int)lowest + 1);
    if (lowest < 0) return buffer_add_format(out, " <= %d", (int)highest + 1);
    TRY(buffer_add_format(out, " >= %d && member.tiers.%s%.*s%s.rank <= %d", (int)lowest + 1, quote,
                          TEXT_ARGUMENTS(set->id), quote, (int)highest + 1));
    return STATUS_OK;
}

static enum status add_instants(const struct program *program, const struct condition *condition,
                                size_t begin, struct buffer *out)
{
    char digits[INSTANT_TEXT_MAXIMUM];
    const struct {
        bool is_given;
        int64_t at_us;
        const char *sign;
    } ends[] = {{condition->from_us != INSTANT_EARLIEST, condition->from_us, ">="},
                {condition->until_us != INSTANT_NEVER, condition->until_us, "<"}};
    for (size_t i = 0; i < 2; i++) {
        if (!ends[i].is_given) continue;
        TRY(add_joint(out, begin));
        TRY(buffer_add_format(
            out, "event.occurred_at %s timestamp('%.*s')", ends[i].sign,
            TEXT_ARGUMENTS(instant_format(program->zone, ends[i].at_us, digits))));
    }
    return STATUS_OK;
}

static enum status add_order_at_least(const struct program *program,
                                      const struct condition *condition, size_t begin,
                                      struct buffer *out)
{
    if (condition->order_at_least_currency == PROGRAM_NONE) return STATUS_OK;
    const struct currency *currency = &program->currencies[condition->order_at_least_currency];
    char digits[AMOUNT_TEXT_MAXIMUM];
    struct text amount = amount_format(condition->order_at_least, currency->decimals, digits);
    TRY(add_joint(out, begin));
    return buffer_add_format(
        out, "order.currency == '%.*s' && order.eligible >= money('%.*s %.*s')",
        TEXT_ARGUMENTS(currency->code), TEXT_ARGUMENTS(amount), TEXT_ARGUMENTS(currency->code));
}

enum status program_condition_expression(const struct program *program,
                                         const struct condition *condition, struct buffer *when,
                                         struct buffer *where)
{
    static const char *const periods[] = {
        [PERIOD_DAY] = "day", [PERIOD_WEEK] = "week", [PERIOD_MONTH] = "month"};
    size_t begin = when->length;
    TRY(add_instants(program, condition, begin, when));
    TRY(add_levels(program, condition, begin, when));
    if (condition->birthday_given) {
        TRY(add_joint(when, begin));
        TRY(buffer_add_format(when, "has(member.birthday) && member.birthday.within('%s')",
                              periods[condition->birthday]));
    }
    TRY(add_words(when, begin, "event.channel", condition->channels, condition->channel_count));
    TRY(add_words(when, begin, "event.store", condition->stores, condition->store_count));
    TRY(add_order_at_least(program, condition, begin, when));
    size_t where_begin = where->length;
    TRY(add_words(where, where_begin, "item.category", condition->categories,
                  condition->category_count));
    return add_words(where, where_begin, "item.sku", condition->skus, condition->sku_count);
}
