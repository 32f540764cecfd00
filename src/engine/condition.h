/* Conditions: the structured `if:` of rules, boosts, counters and rewards. */
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
/* CONDITION_HOLDS, or the first part that does not; items are not looked at. */
enum why_not condition_try(const struct working *working, const struct condition *condition,
                           const struct occasion *occasion);
/* True if the condition chooses items. */
static inline bool condition_chooses_items(const struct condition *condition)
{
    return condition->category_count > 0 || condition->sku_count > 0;
}
/* True if the condition's choice holds that item. */
bool condition_item(const struct condition *condition, const struct item *item);

#endif
