/* Conditions: `if:`, `when:` and `where:` of rules, boosts, counters and rewards. */
#ifndef GUERDON_ENGINE_CONDITION_H
#define GUERDON_ENGINE_CONDITION_H

#include "engine/working.h"

/* What a condition is tried against. */
struct occasion {
    const struct state *member;
    const struct order *order; /* NULL: the event has none */
    int64_t order_eligible;
};

#define CONDITION_HOLDS WHY_NOT_COUNT
/* CONDITION_HOLDS, or the first part that does not, `when` the last; items are not looked at. */
enum why_not condition_try(const struct working *working, const struct condition *condition,
                           const struct occasion *occasion);
/* True if the condition chooses items. */
static inline bool condition_chooses_items(const struct condition *condition)
{
    return condition->category_count > 0 || condition->sku_count > 0 || condition->where != NULL;
}
/* True if the condition's choice holds the event's item of that number; shipping is none. */
bool condition_item(const struct working *working, const struct condition *condition,
                    uint32_t item);
/* True if the member's birthday falls on the day, in the week or month of the event. */
bool condition_birthday(const struct working *working, enum period_unit unit);

#endif
