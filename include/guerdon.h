/* Guerdon as a C library: a loyalty programme decided inside your own program.
 *
 *   text --guerdon_program_load--> programme --guerdon_engine_open--> engine
 *
 *   event --guerdon_engine_decide--> entry --append--> your journal --guerdon_engine_feed-->
 *               |
 *               +-> answer, postings, rules that fired
 *
 * The engine keeps its state in memory and writes nothing itself. What it decides it hands to
 * `append` as bytes to be kept behind those before; once they are durable it counts the event, and
 * not otherwise. Fed back in the same order, they give the same state to the byte.
 *
 * Texts are views, pointer and length: those you pass must live for the call, those you are given
 * say until when. Money is in minor units of its currency, points in the wallet's smallest unit,
 * both in 64 bits; an instant is microseconds since 1970 in UTC; the library knows no clock.
 *
 * Errors and refusals are two things. A function returns a status: not GUERDON_OK means that
 * nothing happened. What a programme refuses (balance too low) is GUERDON_OK with `answer` not 0:
 * an answer like any other, kept in the journal.
 *
 * Structs begin with `size`: set it to sizeof, everything else to zero, then what you mean (C++:
 * `guerdon_event event = {}; event.size = sizeof event;`). Later versions add fields at the end. An
 * older library takes a newer struct as long as what it does not know is zero; a newer library
 * takes an older one.
 *
 * Threads: a programme is never changed and may be used by any number of engines in any number of
 * threads. An engine belongs to one thread at a time; engines know nothing of each other.
 * guerdon_program_free comes after the last engine that uses it.
 */
#ifndef GUERDON_H
#define GUERDON_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of this header; guerdon_version says the library's. */
#define GUERDON_VERSION_MAJOR 0
#define GUERDON_VERSION_MINOR 1
#define GUERDON_VERSION_PATCH 0

#define GUERDON_API __attribute__((visibility("default")))
#define GUERDON_MUST_CHECK __attribute__((warn_unused_result))

/* ---- lists: numbers are stable, new ones are added at the end ---- */

#define GUERDON_STATUS_LIST(X)                                                                     \
    X(0, OK, "done")                                                                               \
    X(1, NO_MEMORY, "out of memory")                                                               \
    X(2, OVERFLOW, "a number is too large")                                                        \
    X(3, SYNTAX, "cannot be read")                                                                 \
    X(4, INVALID, "is read but not valid")                                                         \
    X(5, LIMIT, "a limit is exceeded")                                                             \
    X(6, NOT_FOUND, "there is no such thing")                                                      \
    X(7, IO, "a file cannot be read or written")                                                   \
    X(8, CORRUPT, "stored data contradict themselves")                                             \
    X(9, INTERRUPTED, "stopped on request")                                                        \
    X(100, MISUSE, "the library was called wrongly: see the header")                               \
    X(101, NOT_WRITTEN, "the journal took nothing; nothing happened; try again")                   \
    X(102, OUTCOME_UNKNOWN,                                                                        \
      "the journal may or may not have it: open a new engine and feed it the journal")

enum guerdon_status {
#define X(number, name, text) GUERDON_##name = number,
    GUERDON_STATUS_LIST(X)
#undef X
        GUERDON_STATUS_NUMBERS_ = 0x7fffffff /* the type has 32 bits whatever is in the list */
};

/* What a programme answers. */
#define GUERDON_ANSWER_LIST(X)                                                                     \
    X(0, DONE)                                                                                     \
    X(1, REPEATED)                                                                                 \
    X(2, KEY_CONFLICT)                                                                             \
    X(3, UNKNOWN_MEMBER)                                                                           \
    X(4, UNKNOWN_ORDER)                                                                            \
    X(5, UNKNOWN_REDEMPTION)                                                                       \
    X(6, UNKNOWN_REWARD)                                                                           \
    X(7, UNKNOWN_WALLET)                                                                           \
    X(8, UNKNOWN_ITEM)                                                                             \
    X(9, ALREADY_EXISTS)                                                                           \
    X(10, BALANCE_TOO_LOW)                                                                         \
    X(11, OUT_OF_STOCK)                                                                            \
    X(12, LIMIT_REACHED)                                                                           \
    X(13, NEEDS_NOT_MET)                                                                           \
    X(14, TOO_LATE)                                                                                \
    X(15, TOO_EARLY)                                                                               \
    X(16, RETURN_EXCEEDS)                                                                          \
    X(17, RETURN_PERIOD_OVER)                                                                      \
    X(18, HOLD_LAPSED)                                                                             \
    X(19, NOT_HELD)                                                                                \
    X(20, NOT_REVERSIBLE)                                                                          \
    X(21, SAME_MEMBER)                                                                             \
    X(22, ALREADY_MERGED)                                                                          \
    X(23, NOT_MERGED)                                                                              \
    X(24, INVALID_AMOUNT)                                                                          \
    X(25, INVALID_EVENT)                                                                           \
    X(26, MEMBER_CLOSED)                                                                           \
    X(27, MEMBER_ERASED)                                                                           \
    X(28, ORDER_NOT_OPEN)                                                                          \
    X(29, QUOTE_CHANGED)                                                                           \
    X(30, ORDER_CANCELLED)                                                                         \
    X(31, ORDER_OPEN)                                                                              \
    X(32, STALE_REVISION)                                                                          \
    X(33, UNKNOWN_RETURN)                                                                          \
    X(34, RETURN_IN_USE)                                                                           \
    X(35, ALREADY_CLAIMED)                                                                         \
    X(36, CLAIM_PERIOD_OVER)                                                                       \
    X(37, UNKNOWN_EVENT)

enum guerdon_answer_number {
#define X(number, name) GUERDON_ANSWER_##name = number,
    GUERDON_ANSWER_LIST(X)
#undef X
        GUERDON_ANSWER_NUMBERS_ = 0x7fffffff
};

/* Events, and the fields of struct guerdon_event that each reads. */
#define GUERDON_EVENT_LIST(X)                                                                      \
    X(0, JOIN)           /* member, birthday */                                                    \
    X(1, PURCHASE)       /* order, member, birthday, items ... redeems, promises */                \
    X(2, RETURN)         /* order, returns by item (none: all that is left), id */                 \
    X(3, RETURN_BY_SKU)  /* member, returns by sku */                                              \
    X(4, MILESTONE)      /* order, milestone */                                                    \
    X(5, REDEEM)         /* member, birthday, reward or wallet + amount, id */                     \
    X(6, HOLD)           /* as REDEEM, lapses_at_us */                                             \
    X(7, CONFIRM)        /* id, amount (0: all) */                                                 \
    X(8, CANCEL)         /* id */                                                                  \
    X(9, REVERSE)        /* id, amount (0: all) */                                                 \
    X(10, ADJUST)        /* member, wallet, amount, reason, actor, expires_at_us */                \
    X(11, TRANSFER)      /* member, other_member, wallet, amount, reason */                        \
    X(12, MERGE)         /* member goes into other_member */                                       \
    X(13, UNMERGE)       /* member comes out of other_member */                                    \
    X(14, SETTLE)        /* member: writes down what is due */                                     \
    X(15, PROFILE)       /* member, fields_hash */                                                 \
    X(16, CLOSE)         /* member, reason, actor */                                               \
    X(17, REOPEN)        /* member, reason, actor */                                               \
    X(18, ERASE)         /* member, reason, actor */                                               \
    X(19, EXPIRE)        /* member, wallet, amount (0: all), reason, actor */                      \
    X(20, RELEASE)       /* member, wallet, order, reason, actor */                                \
    X(21, QUOTE)         /* as PURCHASE, lapses_at_us, revision */                                 \
    X(22, CONFIRM_ORDER) /* order, birthday, quote, refuses_changes, payments */                   \
    X(23, CANCEL_ORDER)  /* order */                                                               \
    X(24, EDIT)          /* order, birthday, id, items ... */                                      \
    X(25, CLAIM)         /* order, member, birthday */                                             \
    X(26, UNDO_RETURN)   /* order, id */                                                           \
    X(27, CUSTOM)        /* member, birthday, name, values, order (one that it is about) */

enum guerdon_event_type {
#define X(number, name) GUERDON_EVENT_##name = number,
    GUERDON_EVENT_LIST(X)
#undef X
        GUERDON_EVENT_NUMBERS_ = 0x7fffffff
};

/* Where points are; a posting moves an amount from one to another. The first five are a member's.
 */
#define GUERDON_ACCOUNT_LIST(X)                                                                    \
    X(0, AVAILABLE)                                                                                \
    X(1, PENDING)                                                                                  \
    X(2, HELD)                                                                                     \
    X(3, EXPIRED)                                                                                  \
    X(4, DEBT)                                                                                     \
    X(5, ISSUED)                                                                                   \
    X(6, TAKEN_BACK)                                                                               \
    X(7, REDEEMED)                                                                                 \
    X(8, ADJUSTED)                                                                                 \
    X(9, TRANSFERRED)                                                                              \
    X(10, CONVERTED)                                                                               \
    X(11, WRITTEN_OFF)                                                                             \
    X(12, OFFLINE_DIFFERENCE)

enum guerdon_account {
#define X(number, name) GUERDON_ACCOUNT_##name = number,
    GUERDON_ACCOUNT_LIST(X)
#undef X
        GUERDON_ACCOUNT_NUMBERS_ = 0x7fffffff
};

/* ---- texts ---- */

struct guerdon_text {
    const char *bytes; /* not terminated; NULL only with length 0 */
    size_t length;
};

/* A view of a terminated string; NULL: the empty text. */
static inline struct guerdon_text guerdon_text_of(const char *terminated)
{
    struct guerdon_text text;
    text.bytes = terminated;
    text.length = terminated == NULL ? 0 : strlen(terminated);
    return text;
}

/* Terminated, and good for ever. An unknown number has a text too. */
GUERDON_API const char *guerdon_status_text(enum guerdon_status status);
GUERDON_API const char *guerdon_answer_text(uint32_t answer);
GUERDON_API const char *guerdon_account_name(uint32_t account);
/* "0.1.0" */
GUERDON_API const char *guerdon_version(void);

/* ---- memory ---- */

/* Where the library takes its own memory from. `resize` is realloc with a context: NULL memory asks
 * for new, 0 bytes gives back. The parts it stands on (ICU, libyaml) go on asking malloc. */
struct guerdon_memory {
    uint32_t size;
    void *(*resize)(void *context, void *memory, size_t bytes);
    void *context;
};
/* For the whole process, once, before any other call: GUERDON_MISUSE later. It is called from every
 * thread that uses the library. */
GUERDON_API GUERDON_MUST_CHECK enum guerdon_status
guerdon_set_memory(const struct guerdon_memory *memory);

/* ---- programme ---- */

struct guerdon_program;

/* A mistake in a programme's text: views good within the call that gave it. */
struct guerdon_problem {
    uint32_t size;
    uint32_t line;   /* from 1; 0: no place */
    uint32_t column; /* from 1, in characters; 0: the whole line */
    uint32_t reserved;
    struct guerdon_text file;
    struct guerdon_text message; /* a sentence: what is wrong, and what would be right */
};

struct guerdon_program_options {
    uint32_t size;
    uint32_t version;         /* recorded with each decision; 0: 1 */
    struct guerdon_text file; /* named in problems; empty: "program" */
    /* Called for each mistake before guerdon_program_load returns; may be NULL. */
    void (*problem)(void *context, const struct guerdon_problem *problem);
    void *context;
};

/* Reads a programme (YAML or JSON). `options` may be NULL. GUERDON_INVALID: it has mistakes, each
 * told to `problem`. Keeps no view of `text`. */
GUERDON_API GUERDON_MUST_CHECK enum guerdon_status
guerdon_program_load(struct guerdon_text text, const struct guerdon_program_options *options,
                     struct guerdon_program **program);
/* NULL is nothing. */
GUERDON_API void guerdon_program_free(struct guerdon_program *program);

/* Views into a programme are good as long as the programme. */
struct guerdon_wallet {
    uint32_t size;
    int32_t decimals;        /* 2: an amount of 150 is 1.50 */
    struct guerdon_text id;  /* "points" */
    struct guerdon_text one; /* what one and many are called in English */
    struct guerdon_text many;
};
struct guerdon_currency {
    uint32_t size;
    int32_t decimals;
    struct guerdon_text code; /* "EUR" */
};
struct guerdon_reward {
    uint32_t size;
    uint32_t reserved;
    struct guerdon_text id;
    struct guerdon_text title;
    struct guerdon_text wallet; /* what it is paid from */
    int64_t cost;
};
GUERDON_API GUERDON_MUST_CHECK enum guerdon_status
guerdon_program_id(const struct guerdon_program *program, struct guerdon_text *id);
/* By index from 0; GUERDON_NOT_FOUND past the last. */
GUERDON_API GUERDON_MUST_CHECK enum guerdon_status
guerdon_program_wallet(const struct guerdon_program *program, uint32_t index,
                       struct guerdon_wallet *wallet);
GUERDON_API GUERDON_MUST_CHECK enum guerdon_status
guerdon_program_currency(const struct guerdon_program *program, uint32_t index,
                         struct guerdon_currency *currency);
GUERDON_API GUERDON_MUST_CHECK enum guerdon_status
guerdon_program_reward(const struct guerdon_program *program, uint32_t index,
                       struct guerdon_reward *reward);

/* ---- engine ---- */

struct guerdon_engine;

enum guerdon_append_result {
    GUERDON_APPENDED = 0,       /* durable: it will be fed back */
    GUERDON_APPEND_NOTHING = 1, /* for certain not one byte of it will be fed back */
    GUERDON_APPEND_UNKNOWN = 2  /* anything else: a part of it may be there */
};

/* Keeps an entry behind those before it. Must not call the library with the same engine. */
typedef enum guerdon_append_result (*guerdon_append)(void *context, struct guerdon_text entry);

struct guerdon_engine_options {
    uint32_t size;
    uint32_t forgets_records; /* not 0: saves memory, and lots no longer lead to their events */
    size_t maximum_bytes;     /* that one event may use while it is decided; 0: 64 MB */
    guerdon_append append;    /* may be NULL: nothing is kept, for trying things out */
    void *context;
};

GUERDON_API GUERDON_MUST_CHECK enum guerdon_status
guerdon_engine_open(const struct guerdon_program *program,
                    const struct guerdon_engine_options *options, struct guerdon_engine **engine);
/* NULL is nothing. */
GUERDON_API void guerdon_engine_free(struct guerdon_engine *engine);

/* From now on events are decided by this programme; what was decided stays. */
GUERDON_API GUERDON_MUST_CHECK enum guerdon_status
guerdon_engine_use(struct guerdon_engine *engine, const struct guerdon_program *program);

/* What an entry of the journal is: a decision, or a note of yours. Views are good within the call
 * that gave them. */
struct guerdon_record {
    uint32_t size;
    uint32_t is_decision; /* 0: a note alone; then all below is zero but `note` */
    uint64_t position;
    uint32_t type;   /* enum guerdon_event_type */
    uint32_t answer; /* enum guerdon_answer_number */
    int64_t occurred_at_us;
    int64_t recorded_at_us;
    uint32_t program_version;
    uint32_t reserved;
    struct guerdon_text note; /* guerdon_event.note, or what guerdon_engine_note was given */
};
/* GUERDON_OK to go on; anything else ends the call that calls it, with that status. */
typedef enum guerdon_status (*guerdon_record_visit)(void *context,
                                                    const struct guerdon_record *record);

/* Takes entries that `append` was given, in their order, any number of whole ones a call, before
 * the first event. `*taken` is how many bytes that were. What is left is an entry that was not
 * finished, as a crash leaves it at the end of a file: read on, or cut it off. GUERDON_CORRUPT: the
 * entry behind
 * `*taken` is not what was written. `visit` (may be NULL) sees each entry. */
GUERDON_API GUERDON_MUST_CHECK enum guerdon_status
guerdon_engine_feed(struct guerdon_engine *engine, struct guerdon_text bytes,
                    guerdon_record_visit visit, void *context, size_t *taken);

/* Keeps a note of yours in the journal, in its place between the events. At most 1 MB. */
GUERDON_API GUERDON_MUST_CHECK enum guerdon_status
guerdon_engine_note(struct guerdon_engine *engine, struct guerdon_text note);

/* ---- events ---- */

struct guerdon_item {
    struct guerdon_text id; /* empty: its number in the order, from 1 */
    struct guerdon_text sku;
    struct guerdon_text name;
    struct guerdon_text category;
    struct guerdon_text type; /* "gift_card" is known to programmes */
    int64_t quantity;
    int64_t unit_price;          /* 1999 with 2 decimals is 19.99 */
    int32_t unit_price_decimals; /* 0 to 6 */
    int32_t reserved;
    int64_t discount; /* off this line, minor units, >= 0 */
    int64_t tax;      /* minor units */
};
struct guerdon_return {
    struct guerdon_text item;
    struct guerdon_text sku;
    int64_t quantity;
};
struct guerdon_redeem {
    struct guerdon_text reward; /* empty: plain points */
    struct guerdon_text wallet;
    int64_t amount;
};
struct guerdon_promise {
    struct guerdon_text wallet;
    int64_t amount;
};
struct guerdon_payment {
    struct guerdon_text kind;
    int64_t amount; /* minor units */
};

/* How a field of one of the programme's own events, or of `profile:`, is typed there. */
#define GUERDON_VALUE_LIST(X)                                                                      \
    X(0, BOOL)      /* number: 0 or 1 */                                                           \
    X(1, INT)       /* number */                                                                   \
    X(2, DECIMAL)   /* number and decimals: 125 with 1 decimal is 12.5 */                          \
    X(3, MONEY)     /* number and decimals; text: its currency, "EUR" */                           \
    X(4, STRING)    /* text */                                                                     \
    X(5, TIMESTAMP) /* number: microseconds since 1970, UTC */                                     \
    X(6, STRINGS)   /* texts */

enum guerdon_value_type {
#define X(number, name) GUERDON_VALUE_##name = number,
    GUERDON_VALUE_LIST(X)
#undef X
        GUERDON_VALUE_NUMBERS_ = 0x7fffffff
};

struct guerdon_value {
    struct guerdon_text name;
    uint32_t type;    /* enum guerdon_value_type */
    int32_t decimals; /* 0 to 18 */
    int64_t number;
    struct guerdon_text text;
    const struct guerdon_text *texts;
    uint32_t text_count;
    uint32_t reserved;
};

/* The lists' elements say their size beside the list, as structs say theirs: guerdon_event_of sets
 * them all. */
struct guerdon_event {
    uint32_t size;
    uint32_t type; /* enum guerdon_event_type */
    uint32_t item_size;
    uint32_t return_size;
    uint32_t redeem_size;
    uint32_t promise_size;
    uint32_t payment_size;
    uint32_t is_import;      /* not 0: exempt from the limit on late events */
    int64_t occurred_at_us;  /* when it happened */
    int64_t now_us;          /* your clock */
    struct guerdon_text key; /* the same key twice is one event; empty: none */
    struct guerdon_text member;
    struct guerdon_text other_member;
    struct guerdon_text order;
    struct guerdon_text id;
    struct guerdon_text currency; /* "EUR"; empty: the programme's first */
    struct guerdon_text channel;
    struct guerdon_text store;
    struct guerdon_text till;
    struct guerdon_text staff;
    struct guerdon_text partner;
    struct guerdon_text milestone;
    struct guerdon_text wallet;
    struct guerdon_text reward;
    struct guerdon_text reason;
    struct guerdon_text actor;
    struct guerdon_text fields_hash; /* 32 bytes, or empty */
    struct guerdon_text note;        /* yours, kept with the entry; at most 1 MB */
    /* Of the member who joins, buys or redeems, and of whose order is confirmed, edited or claimed,
     * as you know it now: the journal keeps none. Month 0: not known. */
    int32_t birthday_month;
    int32_t birthday_day;
    uint32_t tax_is_in_prices; /* not 0 */
    uint32_t refuses_changes;  /* not 0 */
    int64_t shipping;          /* money from here: minor units */
    int64_t discount;          /* off the whole order, beside the items' own */
    int64_t paid_with_points;  /* the part of the order that points paid */
    int64_t amount;            /* points */
    int64_t lapses_at_us;
    int64_t expires_at_us;
    uint64_t quote;
    uint64_t revision;
    const struct guerdon_item *items;
    const struct guerdon_return *returns;
    const struct guerdon_redeem *redeems;
    const struct guerdon_promise *promises;
    const struct guerdon_payment *payments;
    uint32_t item_count;
    uint32_t return_count;
    uint32_t redeem_count;
    uint32_t promise_count;
    uint32_t payment_count;
    uint32_t reserved;
    /* Of CUSTOM: its id in the programme, and what it brings: kept in the journal. */
    struct guerdon_text name;
    const struct guerdon_value *values;
    /* What the programme's `profile:` declares, of whom the birthday is, as you know it now: the
     * journal keeps none. A value of another type than declared counts as not known. */
    const struct guerdon_value *profile;
    uint32_t value_count;
    uint32_t profile_count;
    uint32_t value_size; /* of an element of both */
    uint32_t reserved_2;
};

/* An event of that type with its sizes set and nothing else given. */
static inline struct guerdon_event guerdon_event_of(enum guerdon_event_type type)
{
    struct guerdon_event event;
    memset(&event, 0, sizeof event);
    event.size = (uint32_t)sizeof event;
    event.type = (uint32_t)type;
    event.item_size = (uint32_t)sizeof(struct guerdon_item);
    event.return_size = (uint32_t)sizeof(struct guerdon_return);
    event.redeem_size = (uint32_t)sizeof(struct guerdon_redeem);
    event.promise_size = (uint32_t)sizeof(struct guerdon_promise);
    event.payment_size = (uint32_t)sizeof(struct guerdon_payment);
    event.value_size = (uint32_t)sizeof(struct guerdon_value);
    return event;
}

/* What an event came to. */
struct guerdon_answer {
    uint32_t size;
    uint32_t answer;   /* enum guerdon_answer_number; 0: done */
    uint64_t position; /* of its entry; 0: nothing was written (evaluated, repeated, malformed) */
    uint64_t repeated_position; /* REPEATED: of the event that was answered first */
    int64_t recorded_at_us;
    int64_t eligible;      /* a purchase: money that the programme counts; a return: taken off it */
    int64_t units_matched; /* RETURN_BY_SKU */
    int64_t units_unmatched;
    uint32_t program_version;
    uint32_t posting_count; /* what can be asked for one by one, see below */
    uint32_t fired_count;
    uint32_t not_fired_count;
};

/* Decides an event, has it kept, and only then counts it. GUERDON_NOT_WRITTEN: `append` took
 * nothing and nothing happened. GUERDON_OUTCOME_UNKNOWN: from now on this engine reads only; a new
 * one that is fed the journal knows. An event with a key can be repeated then: it happens once.
 * `answer` may be NULL. */
GUERDON_API GUERDON_MUST_CHECK enum guerdon_status
guerdon_engine_decide(struct guerdon_engine *engine, const struct guerdon_event *event,
                      struct guerdon_answer *answer);
/* The same answer without anything happening, and why other rules did not fire. */
GUERDON_API GUERDON_MUST_CHECK enum guerdon_status
guerdon_engine_evaluate(struct guerdon_engine *engine, const struct guerdon_event *event,
                        struct guerdon_answer *answer);

/* An amount of a wallet that went from one account to another; each event's sum to zero. */
struct guerdon_posting {
    uint32_t size;
    uint32_t from; /* enum guerdon_account */
    uint32_t to;
    uint32_t reserved;
    int64_t amount;
    int64_t at_us;              /* when it takes effect */
    struct guerdon_text member; /* whose; empty: nobody's */
    struct guerdon_text wallet; /* empty: the programme no longer has it */
};
/* A rule that fired, and from what. */
struct guerdon_fired {
    uint32_t size;
    uint32_t line_count; /* items that counted */
    struct guerdon_text rule;
    struct guerdon_text wallet;
    int64_t base;             /* money in minor units, or units */
    int64_t boost_millionths; /* 1250000: times 1.25 */
    int64_t granted;          /* points, after limits */
    int64_t ungranted;        /* what a limit or budget held back */
};
/* A rule or boost that did not fire; guerdon_engine_evaluate alone tells. */
struct guerdon_not_fired {
    uint32_t size;
    uint32_t reserved;
    struct guerdon_text rule;
    struct guerdon_text boost;  /* empty: the rule itself */
    struct guerdon_text reason; /* a sentence; good for ever */
    /* Of an expression: its smallest part that is not true, with its values, such as
     * "order.eligible >= 50.00: 42.10 >= 50.00"; else empty. */
    struct guerdon_text detail;
};
/* Of the last event decided or evaluated, by index; GUERDON_NOT_FOUND past the last. Views are good
 * until the engine's next event. */
GUERDON_API GUERDON_MUST_CHECK enum guerdon_status
guerdon_engine_posting(const struct guerdon_engine *engine, uint32_t index,
                       struct guerdon_posting *posting);
GUERDON_API GUERDON_MUST_CHECK enum guerdon_status
guerdon_engine_fired(const struct guerdon_engine *engine, uint32_t index,
                     struct guerdon_fired *fired);
GUERDON_API GUERDON_MUST_CHECK enum guerdon_status
guerdon_engine_not_fired(const struct guerdon_engine *engine, uint32_t index,
                         struct guerdon_not_fired *not_fired);

/* ---- reads: as of an instant, whatever is due by then counted; nothing is written ---- */

struct guerdon_balance {
    uint32_t size;
    uint32_t reserved;
    int64_t available;
    int64_t pending;
    int64_t held;
    int64_t debt;
};
/* Zeros for a member that the engine does not know. GUERDON_NOT_FOUND: no such wallet. */
GUERDON_API GUERDON_MUST_CHECK enum guerdon_status
guerdon_engine_balance(struct guerdon_engine *engine, struct guerdon_text member,
                       struct guerdon_text wallet, int64_t at_us, struct guerdon_balance *balance);

struct guerdon_level {
    uint32_t size;
    uint32_t number;           /* from 1, the lowest; 0: none */
    struct guerdon_text id;    /* empty: none */
    struct guerdon_text title; /* views into the programme */
};
/* GUERDON_NOT_FOUND: no such tier set. */
GUERDON_API GUERDON_MUST_CHECK enum guerdon_status
guerdon_engine_level(struct guerdon_engine *engine, struct guerdon_text member,
                     struct guerdon_text tier_set, int64_t at_us, struct guerdon_level *level);

/* The points of one earning that are left, and what made them. */
struct guerdon_lot {
    uint32_t size;
    uint32_t account; /* AVAILABLE, PENDING or HELD */
    struct guerdon_text wallet;
    struct guerdon_text rule; /* empty: no rule made it (an adjustment), or it is gone */
    int64_t remaining;
    int64_t available_from_us; /* PENDING: INT64_MAX: not before a named event */
    int64_t expires_at_us;     /* INT64_MAX: never */
    uint64_t position;         /* of the entry that made it */
    /* From that entry; all zero when the engine forgets records. */
    uint32_t type; /* enum guerdon_event_type */
    uint32_t program_version;
    int64_t occurred_at_us;
    int64_t base;
    int64_t boost_millionths;
    int64_t granted;
    struct guerdon_text order; /* good within the call */
};
/* GUERDON_OK to go on; anything else ends the call, with that status. */
typedef enum guerdon_status (*guerdon_lot_visit)(void *context, const struct guerdon_lot *lot);

/* A member's balance as the sum of its lots, each down to the event, rule, programme version and
 * values that made it. */
GUERDON_API GUERDON_MUST_CHECK enum guerdon_status
guerdon_engine_explain(struct guerdon_engine *engine, struct guerdon_text member, int64_t at_us,
                       guerdon_lot_visit visit, void *context);

/* The decisions behind `after` (0: all), in order, without notes. GUERDON_NOT_FOUND: the engine
 * forgets records. `visit` must not call the library with the same engine. */
GUERDON_API GUERDON_MUST_CHECK enum guerdon_status
guerdon_engine_records(struct guerdon_engine *engine, uint64_t after, guerdon_record_visit visit,
                       void *context);

#ifdef __cplusplus
}
#endif

#endif
