/* Replay: a book of orders through a programme, by the engine's own three functions.
 *
 * A file of orders knows no joining, so a back-test assumes that each customer joined with the
 * first of its orders: a join event goes just before, at the same time.
 */
#ifndef GUERDON_BACKTEST_REPLAY_H
#define GUERDON_BACKTEST_REPLAY_H

#include "backtest/orders.h"
#include "backtest/totals.h"
#include "store/store.h"

struct replay_options {
    uint32_t currency;      /* index in the programme: of the orders */
    uint32_t redeem_reward; /* index in the programme; PROGRAM_NONE: nobody redeems */
    bool redeem_everybody;  /* no @share was given */
    uint64_t redeem_below;  /* a member redeems if the first 8 bytes of its id's hash are below */
    bool has_until;
    int64_t until_us; /* else the last line's time plus one second */
    void (*progress)(void *context, uint64_t done, uint64_t total); /* may be NULL */
    void *progress_context;
    struct store *store; /* where states go; NULL: a memory store of its own */
    bool records;        /* encode every decision and write it to the store */
    /* Sees every event as it was decided; may be NULL. Another answer than OK stops the run. */
    enum status (*observe)(void *context, uint32_t member, const struct event *event,
                           const struct decision *decision);
    void *observe_context;
    struct problem_list *problems; /* what stopped the run, with the invoice and the reason */
};

/* Replays the whole book. `totals` is filled and owned by the caller (totals_release), also when
 * the run fails; its seconds are the caller's to set. */
MUST_CHECK enum status replay_run(const struct book *book, const struct program *program,
                                  const struct replay_options *options, struct totals *totals);

#endif
