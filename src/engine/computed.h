/* Computed: points that an expression says, and what it takes them of. */
#ifndef GUERDON_ENGINE_COMPUTED_H
#define GUERDON_ENGINE_COMPUTED_H

#include "engine/boosts.h"

/* True if the rule's points, or what they are given of, are an expression. */
static inline bool rule_is_computed(const struct rule *rule)
{
    return rule->points != NULL || rule->base != NULL;
}
/* Works out what the rule gives on this event into attempt->rate_points, or line by line into
 * attempt->line_points; each is over `earning->per`. Otherwise *why says why it gives nothing. */
MUST_CHECK enum status compute_points(struct working *working, struct attempt *attempt,
                                      const struct rate *rate, struct earning *earning,
                                      enum why_not *why);

#endif
