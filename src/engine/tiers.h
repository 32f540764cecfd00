/* Tiers: levels earned by a measure, kept for a time, lost by a policy. */
#ifndef GUERDON_ENGINE_TIERS_H
#define GUERDON_ENGINE_TIERS_H

#include "engine/working.h"

/* Index of the level held now, PROGRAM_NONE for none. */
uint32_t tiers_level(const struct program *program, const struct state *member, uint32_t tier_set);
/* Notes the levels that the event's conditions see: those held before it. */
void tiers_note_held(struct working *working, const struct state *member);
/* After a counter changed at `day`: raises and renews the levels that it measures. */
MUST_CHECK enum status tiers_measure(struct working *working, struct state *member,
                                     uint32_t counter, int32_t day);
/* Gives a new member the entry levels that ask for nothing. */
MUST_CHECK enum status tiers_enter(struct working *working, struct state *member);
/* What falls due for tier row `index` at `at_us`: a period ends, a holding time, a grace. */
MUST_CHECK enum status tiers_fall_due(struct working *working, struct state *member, uint32_t index,
                                      int64_t at_us);
/* After a return: levels of the sets that re-evaluate, from the open window and, within a kept
 * time, from the window in which they were earned. */
MUST_CHECK enum status tiers_re_evaluate(struct working *working, struct state *member);
/* After a merge: the survivor takes over each level in which that owner stands higher, to its own
 * end; then what the sum reaches is reached. */
MUST_CHECK enum status tiers_join(struct working *working, struct state *survivor, uint32_t owner);
/* Before that owner leaves: what came with it gives way to what was there before. `returned` notes
 * in which sets. */
struct tiers_returned {
    bool in[PROGRAM_TIER_SET_MAXIMUM];
};
MUST_CHECK enum status tiers_return_lent(struct working *working, struct state *survivor,
                                         uint32_t owner, struct tiers_returned *returned);
/* After somebody left: levels of a sum that is no longer reached give way too; then, in sets where
 * something gave way, what the rest reaches is reached. */
MUST_CHECK enum status tiers_part(struct working *working, struct state *member,
                                  const struct tiers_returned *returned);
/* The oldest day whose window a counter's tiers may still look at. */
int32_t tiers_oldest_day(const struct working *working, const struct state *member,
                         uint32_t counter);

#endif
