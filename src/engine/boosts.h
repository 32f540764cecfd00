/* Boosts: which of a rule's boosts apply, and what they make of its rates. */
#ifndef GUERDON_ENGINE_BOOSTS_H
#define GUERDON_ENGINE_BOOSTS_H

#include "engine/condition.h"

/* A rule being tried on an order. */
struct attempt {
    uint32_t rule_index;
    const struct rule *rule;
    struct order *order;
    const struct occasion *occasion;
    uint32_t boosts;      /* bit k: boost k applies */
    uint32_t used;        /* bit k: boost k made a difference on at least one line */
    uint32_t matched;     /* bit k: boost k holds for at least one line */
    int64_t rate_points;  /* of the rule's rate, or its fixed points; but a calculator's */
    int64_t *line_points; /* computed for each line; NULL: rate_points are those of all */
};

/* Finds the boosts that apply: campaign running, condition true, limits and budget not used up. */
MUST_CHECK enum status boosts_find(const struct working *working, struct attempt *attempt);
/* Fills the earning's choice and rates with the boosts in `boosts`; notes those that mattered. A
 * choice without lines means that no item matches. */
MUST_CHECK enum status boosts_rate_lines(struct working *working, struct attempt *attempt,
                                         uint32_t boosts, struct earning *earning);
/* CONDITION_HOLDS if the campaign runs at the event's time, and the member is in its audience. */
enum why_not campaign_runs(const struct working *working, uint32_t campaign);

#endif
