/* Pages as steps of a decision: recalling one before its lots are needed, and keeping a member's
 * state within bounds at the end. See page.h for what a page is.
 *
 * Which pages a decision needs is not worked out a second time: engine_plan decides the event on
 * copies of the states, and a page that is not loaded is noted as wanted and taken for one lot.
 * When a page has come, that is done again, until nothing is wanted. Members without pages, nearly
 * all, never come this way.
 */
#ifndef GUERDON_ENGINE_PAGES_H
#define GUERDON_ENGINE_PAGES_H

#include "engine/bounds.h"
#include "engine/page.h"
#include "engine/working.h"

/* The pages that a decision wanted and did not find. */
struct wanted_pages {
    uint64_t *pages;
    uint32_t count;
    uint32_t capacity;
};

/* Decides on copies of the states and leaves them as they were; says which pages it lacked. */
MUST_CHECK enum status decide_for_pages(const struct program *program, struct states *states,
                                        const struct event *event, struct wanted_pages *wanted);

/* The lots of a page come back into the member, and the page is emptied. */
MUST_CHECK enum status pages_recall(struct working *working, struct state *member,
                                    uint32_t class_index, uint32_t lot_index);
/* Recalls the pages of a wallet and account that may hold lots of one earning. */
MUST_CHECK enum status pages_recall_earning(struct working *working, struct state *member,
                                            uint32_t wallet, uint8_t account, uint64_t earning);
/* Recalls the first mixed page of a class, or any page of it that is not wanted as a whole. */
MUST_CHECK enum status pages_recall_of_class(struct working *working, struct state *member,
                                             uint32_t class_index, bool only_mixed,
                                             bool *has_recalled);
/* Empties the pages among the first `count` lots of a class, which the member is to lose. */
MUST_CHECK enum status pages_close(struct working *working, const struct state *member,
                                   uint32_t class_index, uint32_t count);
/* At the end of a decision: brings every changed member within bounds. */
MUST_CHECK enum status pages_spill(struct working *working);

#endif
