/* Limits: how often, or for how many points, something may happen; and budgets and stock, which are
 * limits in all over a lifetime. */
#ifndef GUERDON_ENGINE_LIMITS_H
#define GUERDON_ENGINE_LIMITS_H

#include "engine/working.h"

/* What a limit leaves at `day`; never below 0. */
MUST_CHECK enum status limit_left(const struct working *working, const struct state *member,
                                  const struct limit *limit, int32_t day, int64_t *left);
/* Counts `amount` (1 for a limit of times) against it. */
MUST_CHECK enum status limit_use(struct working *working, struct state *member,
                                 const struct limit *limit, int32_t day, int64_t amount);
/* Gives back what was counted in the bucket of `day` for an owner. */
MUST_CHECK enum status limit_give_back(struct working *working, struct state *member,
                                       const struct limit *limit, int32_t day, uint32_t owner,
                                       int64_t amount);
/* The id of the entity that counts a limit with `for_each:` for this event's value (and this
 * member), in the working set's arena; empty where the value is not known: nothing is left then. */
MUST_CHECK enum status limit_key(const struct working *working, const struct state *member,
                                 const struct limit *limit, struct text *key);
/* The same for a member of that id. */
MUST_CHECK enum status limit_key_of(const struct working *working, struct text member,
                                    const struct limit *limit, struct text *key);
/* The bucket in which `day` falls. */
int32_t limit_bucket(const struct working *working, const struct state *member,
                     const struct limit *limit, int32_t day);
/* True if every limit of times in the range leaves at least one. */
MUST_CHECK enum status limits_leave_one(const struct working *working, const struct state *member,
                                        struct limit_range range, int32_t day, bool *leaves);

/* Stock of a reward, budget of a campaign: what of `total` is left under a symbol. */
MUST_CHECK enum status allowance_left(const struct working *working, uint32_t symbol, int64_t total,
                                      int64_t *left);
MUST_CHECK enum status allowance_use(struct working *working, uint32_t symbol, int64_t amount);

#endif
