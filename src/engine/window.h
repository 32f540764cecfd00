/* Windows: the buckets of counters and limits.
 *
 * A bucket is named by a local day: the first day of a calendar period or membership year, the day
 * itself of a rolling window, 0 of a lifetime. Only buckets that are not empty are kept, and only
 * as long as something can still look at them.
 */
#ifndef GUERDON_ENGINE_WINDOW_H
#define GUERDON_ENGINE_WINDOW_H

#include "engine/working.h"

int32_t window_bucket(const struct working *working, const struct window *window, int32_t day,
                      int32_t joined_day);
/* The sum over the window that holds `day`, over all owners; 0 for an absent state. */
MUST_CHECK enum status window_sum(const struct working *working, const struct state *state,
                                  uint32_t symbol, const struct window *window, int32_t day,
                                  int32_t joined_day, int64_t *sum);
/* The same over tallies that stand elsewhere. */
MUST_CHECK enum status window_sum_of(const struct working *working, const struct tally *tallies,
                                     uint32_t count, uint32_t symbol, const struct window *window,
                                     int32_t day, int32_t joined_day, int64_t *sum);
/* Adds to the bucket of `day` and forgets the buckets that ended before any window that holds
 * `oldest_day` or a later day. */
MUST_CHECK enum status window_add(struct working *working, struct state *state, uint32_t symbol,
                                  const struct window *window, int32_t day, int32_t joined_day,
                                  int32_t oldest_day, int64_t amount);
/* Gives back from a recorded bucket of an owner, if it is still there. */
MUST_CHECK enum status window_give_back(struct working *working, struct state *state,
                                        uint32_t symbol, int32_t bucket_day, uint32_t owner,
                                        int64_t amount);
/* The first day after the window that holds `day`; INT32_MAX for a window without end, and for a
 * rolling one. */
int32_t window_next_day(const struct working *working, const struct window *window, int32_t day,
                        int32_t joined_day);
/* The local day on which a member joined, for a window of membership years; 0 for other windows,
 * which do not ask, and for entities that are no members. */
int32_t member_joined_day(const struct working *working, const struct state *state,
                          const struct window *window);

#endif
