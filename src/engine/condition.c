/* Trying conditions. See condition.h. */
#include "engine/condition.h"

#include "engine/evaluation.h"

#define SHORT_LIST 8 /* up to this many, comparing each is quicker than a search */

static bool list_holds(const struct text *list, uint32_t count, struct text text)
{
    if (count <= SHORT_LIST) {
        for (uint32_t i = 0; i < count; i++) {
            if (text_equal(list[i], text)) return true;
        }
        return false;
    }
    uint32_t low = 0;
    uint32_t high = count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = text_compare(list[middle], text);
        if (order == 0) return true;
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return false;
}

bool condition_item(const struct working *working, const struct condition *condition, uint32_t item)
{
    static const struct item no_item = {.quantity = 1};
    const struct event *event = working->event;
    const struct item *chosen = item < event->item_count ? &event->items[item] : &no_item;
    if (condition->category_count > 0 &&
        !list_holds(condition->categories, condition->category_count, chosen->category)) {
        return false;
    }
    if (condition->sku_count > 0 &&
        !list_holds(condition->skus, condition->sku_count, chosen->sku)) {
        return false;
    }
    return condition->where == NULL || evaluation_holds_for_item(working, condition->where, item);
}

/* A birthday on 29 February is kept on the 28th in other years. */
bool condition_birthday(const struct working *working, enum period_unit unit)
{
    const struct event *event = working->event;
    if (event->birthday_month < 1 || event->birthday_month > 12) return false;
    int32_t day = working->occurred_day;
    if (unit == PERIOD_MONTH) return date_of_day(day).month == event->birthday_month;
    int32_t first = period_first_day(unit, day, working->program->week_starts);
    int32_t next = period_next_day(unit, day, working->program->week_starts);
    /* A week can lie in two years. */
    for (int32_t year = date_of_day(first).year; year <= date_of_day(next - 1).year; year++) {
        struct date date = {year, event->birthday_month, event->birthday_day};
        if (!date_is_valid(date)) date.day = 28;
        int32_t birthday = day_of_date(date);
        if (birthday >= first && birthday < next) return true;
    }
    return false;
}

static bool tier_matches(const struct working *working, const struct condition *condition)
{
    uint32_t held = working->levels_before[condition->tier_set];
    int32_t level = held == PROGRAM_NONE ? -1 : (int32_t)held;
    return level >= condition->level_lowest && level <= condition->level_highest;
}

enum why_not condition_try(const struct working *working, const struct condition *condition,
                           const struct occasion *occasion)
{
    const struct event *event = working->event;
    if (!condition->is_given) return CONDITION_HOLDS;
    if (working->occurred_at_us < condition->from_us) return WHY_NOT_NOT_YET;
    if (working->occurred_at_us >= condition->until_us) return WHY_NOT_OVER;
    if (condition->tier_set != PROGRAM_NONE && !tier_matches(working, condition)) {
        return WHY_NOT_TIER;
    }
    if (condition->birthday_given && !condition_birthday(working, condition->birthday)) {
        return WHY_NOT_BIRTHDAY;
    }
    if (condition->channel_count > 0 &&
        !list_holds(condition->channels, condition->channel_count, event->channel)) {
        return WHY_NOT_CHANNEL;
    }
    if (condition->store_count > 0 &&
        !list_holds(condition->stores, condition->store_count, event->store)) {
        return WHY_NOT_STORE;
    }
    if (condition->order_at_least_currency != PROGRAM_NONE) {
        if (occasion->order == NULL || event->currency != condition->order_at_least_currency ||
            occasion->order_eligible < condition->order_at_least) {
            return WHY_NOT_ORDER_AT_LEAST;
        }
    }
    if (condition->when != NULL && !evaluation_holds(working, condition->when)) {
        return WHY_NOT_EXPRESSION;
    }
    return CONDITION_HOLDS;
}
