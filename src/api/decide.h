/* Decide: the way of every write that is one event: look up who is meant, decide, reply.
 *
 * A handler's work begins with struct decide_work. Its `begin` fills the event and returns
 * decide_submit(request); its route's `run` is decide_run and its `finish` decide_finish, or
 * functions of its own that call them.
 */
#ifndef GUERDON_API_DECIDE_H
#define GUERDON_API_DECIDE_H

#include "api/event_shape.h"
#include "api/reply_shape.h"
#include "api/request.h"

struct decide_work {
    struct event event;
    struct reference member;       /* by an external id: looked up when it runs */
    struct reference other_member; /* likewise */
    struct text more;              /* what else the request said: a repeat must have it in common */
    struct text name;              /* of an event of the programme's own, as it was sent */
    struct mistakes undeclared;    /* what of it does not fit: told unless it is a repeat */
    const struct text *coupons;    /* that came with the order: answered one by one */
    uint32_t coupon_count;
    bool occurred_now; /* the request did not say when */
    bool explains;     /* tell why rules did not fire */
    bool is_evaluated; /* nothing is written */
    int64_t at_us;     /* of an evaluation; 0: now */
    bool has_money;    /* the currency of the order that is named alone is known */
    int32_t money_decimals;
    struct reply reply;
    bool is_gone; /* a repeat, and the member was erased since: its first answer is not told */
};

/* Reads an event's body into the work. STATUS_OK with mistakes noted too. */
MUST_CHECK enum status decide_prepare(const struct request *request, const struct event_body *body,
                                      const struct place *place, struct mistakes *mistakes,
                                      struct decide_work *work);
/* The same under a programme of the caller's choice. */
MUST_CHECK enum status decide_prepare_with(const struct request *request,
                                           const struct program *program,
                                           const struct event_body *body, const struct place *place,
                                           struct mistakes *mistakes, struct decide_work *work);
/* Gives the event the request's key, and hashes what a repeat must have in common. */
MUST_CHECK enum status decide_key(const struct request *request, struct text key_hash,
                                  struct decide_work *work);
/* decide_key with the request's own key; then the command is to be submitted. */
enum next decide_submit(struct request *request, struct decide_work *work);

/* In a turn: who is meant, into the event. */
MUST_CHECK enum status decide_look_up(struct turn *turn, struct arena *arena,
                                      struct decide_work *work);
/* In a turn: who is meant, then the decision. */
MUST_CHECK enum status decide_one(struct turn *turn, const struct program *program,
                                  struct arena *arena, struct decide_work *work);
MUST_CHECK enum status decide_run(struct request *request, struct turn *turn);
/* Replies: 200 with the event's reply, or a problem for a refusal. */
void decide_finish(struct request *request);
/* Answers the coupons that came with the order. */
MUST_CHECK enum status decide_add_coupons(const struct decide_work *work, struct arena *arena,
                                          struct event_reply *reply);
/* What the work came to: a reply, and a problem whose status is 200 if there is none. */
MUST_CHECK enum status decide_render(const struct request *request, const struct decide_work *work,
                                     struct event_reply *reply, struct problem_body *problem);
/* Says that the record is the first time's. */
void decide_note_repeat(struct request *request, const struct decide_work *work);

#endif
