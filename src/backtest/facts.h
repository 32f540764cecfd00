/* Facts: what real orders say about customers, for the advice on a programme.
 *
 * Learned by replaying the orders through the programme with nobody redeeming. A median is the
 * lower one of two in the middle, so that it is always somebody's.
 */
#ifndef GUERDON_BACKTEST_FACTS_H
#define GUERDON_BACKTEST_FACTS_H

#include "backtest/orders.h"
#include "program/program.h"

/* `currency` is that of the orders in the programme. What `facts` points to lives in the arena. On
 * failure `problems` says what stopped the replay. A reward is reached once the points available to
 * a member are its cost. */
MUST_CHECK enum status facts_gather(const struct book *book, const struct program *program,
                                    uint32_t currency, struct arena *arena,
                                    struct problem_list *problems, struct order_facts *facts);

#endif
