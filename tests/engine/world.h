/* World: a programme, a memory store and a clock, for scenarios that read like stories.
 *
 * A test sets the time, lets things happen, and asks what a member then has. Every event is decided
 * over what the store holds, encoded, decoded, and folded onto the states from before: the bytes
 * must be those that engine_decide left, and postings must sum to what the members have. Closing a
 * world folds its whole journal from nothing and compares every state.
 *
 * Times are texts in the programme's zone ("2027-03-05T12:00"), amounts of points in the wallet's
 * smallest unit, prices texts in the programme's first currency.
 */
#ifndef GUERDON_TESTS_ENGINE_WORLD_H
#define GUERDON_TESTS_ENGINE_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "store/store.h"

#define WORLD_TOLD_MAXIMUM 64

struct told {
    uint32_t rule;
    uint32_t boost;
    enum why_not why;
    struct text detail;
};

struct world {
    struct arena arena;       /* the programme */
    struct arena event_arena; /* what one event's checks need */
    const struct program *program;
    struct store *store;
    struct states states;     /* of the last event */
    struct states before;     /* the same, as they were before it */
    struct states looked_at;  /* by the last question */
    struct decision decision; /* of the last event */
    struct buffer record;     /* its bytes */
    uint64_t position;
    int64_t now_us;
    int64_t posted[ACCOUNT_COUNT]; /* all members and wallets */
    struct told told[WORLD_TOLD_MAXIMUM];
    uint32_t told_count;
    bool lives_in_imports; /* events are imports */
};

/* Opens a world over a programme text; fails the test when the programme has mistakes. */
void world_open(struct world *world, const char *program_text);
/* Refolds the journal and frees everything. */
void world_close(struct world *world);
/* The programme changes, the states stay: as when a new version is published. */
void world_publish(struct world *world, const char *program_text);

/* ---- what happens ---- */

void at(struct world *world, const char *time);
int64_t instant(const struct world *world, const char *time);
/* Decides the event and commits it; fills position and clock, and occurred_at when it is 0. */
enum answer happen(struct world *world, struct event event);
/* The same, told late: it happened at `time`. */
enum answer happen_late(struct world *world, const char *time, struct event event);

enum answer join(struct world *world, const char *member);
/* One item of sku "A". */
enum answer buy(struct world *world, const char *member, const char *order, const char *price);
enum answer buy_late(struct world *world, const char *time, const char *member, const char *order,
                     const char *price);
enum answer give_back_order(struct world *world, const char *order);
enum answer give_back_item(struct world *world, const char *order, const char *item,
                           int64_t quantity);
enum answer give_back_sku(struct world *world, const char *member, const char *sku,
                          int64_t quantity);
enum answer reach(struct world *world, const char *order, const char *milestone);
/* `id` NULL: cannot be reversed. */
enum answer redeem(struct world *world, const char *member, int64_t points, const char *id);
enum answer take_reward(struct world *world, const char *member, const char *reward,
                        const char *id);
enum answer hold(struct world *world, const char *member, int64_t points, const char *id,
                 const char *until);
enum answer hold_reward(struct world *world, const char *member, const char *reward, const char *id,
                        const char *until);
enum answer confirm(struct world *world, const char *id, int64_t points);
enum answer cancel(struct world *world, const char *id);
enum answer reverse(struct world *world, const char *id, int64_t points);
enum answer adjust(struct world *world, const char *member, int64_t points);
enum answer transfer(struct world *world, const char *from, const char *to, int64_t points);
enum answer confirm_order(struct world *world, const char *order);
enum answer cancel_order(struct world *world, const char *order);
enum answer claim(struct world *world, const char *order, const char *member);
enum answer undo_return(struct world *world, const char *order, const char *id);
enum answer merge(struct world *world, const char *member, const char *survivor);
enum answer unmerge(struct world *world, const char *member, const char *survivor);

/* Items, and the events that have them:
 *     happen(&world, EVENT(PURCHASE("ann", "o1"), ITEMS(ITEM("A", 2, "3.50")), .shipping = 490))
 */
struct decimal price_of(const char *price);
#define ITEM(sku_text, units, price)                                                               \
    {                                                                                              \
        .sku = text_of(sku_text), .quantity = (units), .unit_price = price_of(price)               \
    }
#define ITEM_WITH(sku_text, units, price, ...)                                                     \
    {                                                                                              \
        .sku = text_of(sku_text), .quantity = (units), .unit_price = price_of(price), __VA_ARGS__  \
    }
#define ITEMS(...)                                                                                 \
    .items = (const struct item[]){__VA_ARGS__},                                                   \
    .item_count = sizeof((const struct item[]){__VA_ARGS__}) / sizeof(struct item)
#define POINTS(points)                                                                             \
    {                                                                                              \
        .wallet = TEXT("points"), .amount = (points)                                               \
    }
#define REWARD(reward_text)                                                                        \
    {                                                                                              \
        .reward = text_of(reward_text)                                                             \
    }
#define REDEEMS(...)                                                                               \
    .redeems = (const struct redeem[]){__VA_ARGS__},                                               \
    .redeem_count = sizeof((const struct redeem[]){__VA_ARGS__}) / sizeof(struct redeem)
#define PURCHASE(member_text, order_text)                                                          \
    .type = EVENT_PURCHASE, .member = text_of(member_text), .order = text_of(order_text)
#define GUEST(order_text) .type = EVENT_PURCHASE, .order = text_of(order_text)
/* `until` is a time of the world; member NULL: a guest. */
#define QUOTE(world, member_text, order_text, until)                                               \
    .type = EVENT_QUOTE, .member = text_of((member_text) == NULL ? "" : (member_text)),            \
    .order = text_of(order_text), .lapses_at_us = instant((world), (until))
#define ABOUT_ORDER(event_type, order_text) .type = EVENT_##event_type, .order = text_of(order_text)
#define RETURNED(...)                                                                              \
    .returns = (const struct returned[]){__VA_ARGS__},                                             \
    .return_count = sizeof((const struct returned[]){__VA_ARGS__}) / sizeof(struct returned)
#define EVENT(...) ((struct event){__VA_ARGS__})

/* ---- what is then so ---- */

/* Of the programme's wallet number `wallet`, settled to now. */
struct balance balance_of(struct world *world, const char *member, uint32_t wallet);
/* The level held in tier set number `set`, "none" without one. */
const char *level_of(struct world *world, const char *member, uint32_t set);
/* The lots of a member as text, in the order of the state: "available 30 ends 2027-06-01T00:00:00Z;
 * ..." without end where they never expire; good until the next call. */
const char *lots_of(struct world *world, const char *member);
/* The stored bytes of an entity, good until the next event; NULL if there is none. */
struct text bytes_of(struct world *world, enum entity_kind kind, const char *id);
/* The sum of an effect's amounts in the last decision. */
int64_t effect_sum(const struct world *world, enum effect_kind kind);
/* What the last decision says a rule gave; NULL when it did not fire. */
const struct fired *fired(const struct world *world, const char *rule);
/* Why a rule, or one of its boosts (NULL: the rule itself), did not fire at the last event;
 * WHY_NOT_COUNT when nothing was told. Fails when it was told twice. */
enum why_not why_not(const struct world *world, const char *rule, const char *boost);

void check_balance(struct world *world, const char *member, struct balance wanted, const char *file,
                   int line);
void check_text(const char *got, const char *wanted, const char *file, int line);
void check_answer(enum answer wanted, enum answer got, const char *file, int line);

/* available, pending, held, debt; those not given are 0. */
#define assert_balance(world, member, ...)                                                         \
    check_balance((world), (member), (struct balance){__VA_ARGS__}, __FILE__, __LINE__)
#define assert_level(world, member, level)                                                         \
    check_text(level_of((world), (member), 0), (level), __FILE__, __LINE__)
#define assert_lots(world, member, lots)                                                           \
    check_text(lots_of((world), (member)), (lots), __FILE__, __LINE__)
#define assert_answer(answer, call) check_answer(ANSWER_##answer, (call), __FILE__, __LINE__)
#define assert_done(call) assert_answer(DONE, call)
#define assert_posted(world, account, amount)                                                      \
    assert_int_equal((world)->posted[ACCOUNT_##account], (amount))
#define assert_why_not(world, rule, boost, reason)                                                 \
    assert_int_equal(WHY_NOT_##reason, why_not((world), (rule), (boost)))

#endif
