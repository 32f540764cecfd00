/* Member: the state of one member, as the bytes that are stored.
 *
 *   +--------+--------+---------+------+---------+-------+-------+--------+-------+
 *   | header | purses | classes | lots | tallies | tiers | holds | owners | pages |
 *   +--------+--------+---------+------+---------+-------+-------+--------+-------+
 *
 * Each section is an array of fixed-size elements, as many as the header counts; an insertion moves
 * what lies behind it. Little-endian, no pointers, no padding that is not zero: equal histories
 * give equal bytes. The state is read and changed in place.
 *
 * A purse is one wallet of one owner: the member itself (owner 0) or a member merged into it.
 * Lots with the same purse, account, expiry, availability, funder and hold form a class; lots stand
 * class by class, within a class the oldest first (by earning).
 *
 * A TALLY entity (stock, budget, limit in all) has the same shape with nothing but tallies in it.
 *
 * The state stays small (16 KB, pages.h): past that, runs of lots go to entities of their own, the
 * pages (page.h). In the member a page is one lot, its entry, and one element of the last section.
 * The other sections are bounded by what they count, not by the number of orders: purses by wallets
 * x owners, tallies by counters and limits x their open buckets, tiers by tier sets x owners, holds
 * by what is reserved at the same time, owners by the members ever merged into it, pages by one in
 * 256 lots. Past STATE_BYTES_MAXIMUM a decision is refused as STATUS_LIMIT.
 *
 * Invariants:
 * 1. A lot's remaining is above zero; one that reaches zero is removed, and a class without lots
 * too.
 * 2. A purse's available, pending and held are the sums of what remains in its lots of that
 * account.
 * 3. A purse with a debt has nothing available (whatever becomes available pays it first).
 * 4. next_due_us is the least instant at which settle has something to do.
 * 5. The k-th entry of a page among the lots belongs to the k-th element of the pages.
 */
#ifndef GUERDON_ENGINE_MEMBER_H
#define GUERDON_ENGINE_MEMBER_H

#include "engine/decision.h"
#include "engine/states.h"

#define MEMBER_FORMAT 1
/* A class whose end is the purse's renewed_expires_at, wherever activity has moved that. */
#define EXPIRES_RENEWED (INSTANT_NEVER - 1)
/* The lots merged when no return can reach them any more. */
#define EARNING_MERGED 0
/* The day until which the entry of a page is returnable: a day that there never is. */
#define DAY_OF_PAGE (INT32_MIN + 1)

enum member_section {
    SECTION_PURSES,
    SECTION_CLASSES,
    SECTION_LOTS,
    SECTION_TALLIES,
    SECTION_TIERS,
    SECTION_HOLDS,
    SECTION_OWNERS,
    SECTION_PAGES,
    SECTION_COUNT
};

struct member {
    uint32_t format;
    uint32_t size;     /* of the whole state, bytes */
    uint64_t sequence; /* events that touched it */
    uint64_t last_position;
    int64_t recorded_at_us;
    int64_t joined_at_us;
    int64_t next_due_us;
    uint16_t counts[SECTION_COUNT];
    uint16_t forward_length; /* above 0: merged into the member of that id */
    char forward[EVENT_ID_MAXIMUM];
    uint16_t flags;   /* enum member_flag */
    int32_t came_day; /* in the payload of MEMBER_ADOPTED: the day of the merge; else 0 */
};

enum member_flag {
    MEMBER_CLOSED = 1, /* nothing more is earned or spent */
    MEMBER_ERASED = 2, /* nothing more happens but what is due */
    MEMBER_FLAGS_KNOWN = 3
};

struct purse {
    uint32_t wallet; /* symbol */
    uint32_t owner;
    int64_t renewed_expires_at_us; /* INSTANT_NEVER until something renews it */
    int64_t ended_at_us; /* the last such instant that passed before a renewal; INSTANT_EARLIEST */
    int64_t available;
    int64_t pending;
    int64_t held;
    int64_t debt;
    int64_t claim; /* what holds kept a return from taking: collected first when they end */
};

struct lot_class {
    int64_t release_at_us; /* of pending lots; 0 once available */
    int64_t expires_at_us;
    uint64_t hold; /* of held lots: the position of the hold */
    uint32_t funder;
    uint16_t lots;
    uint8_t purse;
    uint8_t account;
};

struct lot {
    uint64_t earning;
    int64_t remaining;
    uint32_t rule;
    int32_t returnable_until_day;
};

/* One bucket of a counter or limit. */
struct tally {
    uint32_t symbol;
    int32_t day; /* first day of the period, the day of a rolling window, 0 for a lifetime */
    int64_t amount;
    uint32_t owner;
    uint32_t reserved;
};

struct tier {
    uint32_t set;   /* symbol */
    uint32_t level; /* symbol; 0: none */
    int64_t since_us;
    int64_t kept_until_us; /* when the level is looked at again; INSTANT_NEVER */
    int64_t upgrade_at_us; /* at period end: when the window closes; INSTANT_NEVER */
    int32_t earned_day;    /* the day on which its threshold was last reached */
    uint32_t owner;        /* above 0: kept for the day that this owner leaves again */
    uint16_t in_grace;
    uint16_t is_set_aside; /* not the owner's: what its survivor had when the owner came */
    uint32_t lent_by;      /* above 0: the level came with that owner, or with the sum it made */
};

struct hold {
    uint64_t position;
    int64_t lapses_at_us;
    uint32_t wallet;
    uint32_t reward; /* symbol; 0: none */
    uint32_t owner;
    uint32_t id_length;
    char id[EVENT_ID_MAXIMUM];
};

/* A member merged into this one. Numbers are not used twice: owner k is the k-th ever merged. */
struct owner {
    uint32_t is_present; /* 0: released again */
    uint32_t parent;     /* above 0: it came along inside that owner */
    uint32_t id_length;
    int32_t came_day; /* on which it was merged */
    char id[EVENT_ID_MAXIMUM];
};

/* What the state keeps of a page beside its entry, see page.h. */
struct page_reference {
    uint64_t page;                /* what names its entity: page_id */
    uint64_t newest;              /* the last of its lots' earnings; the entry has the first */
    int32_t returnable_until_day; /* the last of its lots' days */
    uint16_t lots;
    uint16_t is_mixed; /* its lots are not all of the entry's class */
};

static inline struct member *member_of(const struct state *state)
{
    return (struct member *)(void *)state->bytes;
}

extern const uint16_t member_element_sizes[SECTION_COUNT];

/* The first element of a section. */
static inline void *member_section(const struct state *state, enum member_section section)
{
    const struct member *member = member_of(state);
    size_t offset = sizeof(struct member);
    for (int i = 0; i < (int)section; i++) {
        offset += (size_t)member->counts[i] * member_element_sizes[i];
    }
    return state->bytes + offset;
}

static inline uint32_t member_count(const struct state *state, enum member_section section)
{
    return member_of(state)->counts[section];
}

static inline struct purse *member_purses(const struct state *state)
{
    return member_section(state, SECTION_PURSES);
}
static inline struct lot_class *member_classes(const struct state *state)
{
    return member_section(state, SECTION_CLASSES);
}
static inline struct lot *member_lots(const struct state *state)
{
    return member_section(state, SECTION_LOTS);
}
static inline struct tally *member_tallies(const struct state *state)
{
    return member_section(state, SECTION_TALLIES);
}
static inline struct tier *member_tiers(const struct state *state)
{
    return member_section(state, SECTION_TIERS);
}
static inline struct hold *member_holds(const struct state *state)
{
    return member_section(state, SECTION_HOLDS);
}
static inline struct owner *member_owners(const struct state *state)
{
    return member_section(state, SECTION_OWNERS);
}

static inline struct page_reference *member_pages(const struct state *state)
{
    return member_section(state, SECTION_PAGES);
}

static inline bool lot_is_page(const struct lot *lot)
{
    return lot->returnable_until_day == DAY_OF_PAGE;
}

static inline bool member_exists(const struct state *state)
{
    return state != NULL && state->size > 0;
}
static inline struct text member_forward(const struct state *state)
{
    const struct member *member = member_of(state);
    return (struct text){member->forward, member->forward_length};
}

/* The state that has everything of the member: its own, or its survivor's; NULL if absent. */
const struct state *member_surviving(const struct states *states, struct text member);
/* The header of bytes whose sections are as long as it says; false for others. They need not be
 * aligned, and what is in the sections was not looked at. */
bool member_bytes_header(const void *bytes, size_t size, struct member *header);
/* Where a section begins in bytes with that header. */
const uint8_t *member_bytes_section(const void *bytes, const struct member *header,
                                    enum member_section section);
/* True if the bytes have the shape of a member state. */
bool member_bytes_valid(const void *bytes, size_t size);
/* STATUS_CORRUPT unless what was loaded is that, or nothing; looked at once. */
MUST_CHECK enum status member_check(struct state *state);
/* A new state without anything in it. */
MUST_CHECK enum status member_create(struct states *states, struct state *state,
                                     int64_t joined_at_us);
/* Makes room for one zeroed element before `index` of a section. */
MUST_CHECK enum status member_insert(struct states *states, struct state *state,
                                     enum member_section section, uint32_t index);
void member_remove(struct state *state, enum member_section section, uint32_t index,
                   uint32_t count);

/* The purse of a wallet and owner, or NULL. */
struct purse *member_purse(const struct state *state, uint32_t wallet, uint32_t owner);
/* The same, opened when it is not there; `*index` its number. */
MUST_CHECK enum status member_open_purse(struct states *states, struct state *state,
                                         uint32_t wallet, uint32_t owner, uint32_t *index);
/* Index in the lots section of a class's first lot. */
uint32_t member_first_lot(const struct state *state, uint32_t class_index);
/* When the lots of a class end: the purse's renewed instant where that counts. */
int64_t member_class_expiry(const struct state *state, const struct lot_class *lot_class);
/* Held points of a wallet whose expiry is renewed: their end is fixed when its instant passes. */
static inline bool member_class_is_held_renewed(const struct lot_class *lot_class)
{
    return lot_class->account == ACCOUNT_HELD && lot_class->expires_at_us == EXPIRES_RENEWED;
}
/* Adds to the lot of that earning in the class with those properties, opening what is missing. */
MUST_CHECK enum status member_add_lot(struct states *states, struct state *state,
                                      const struct lot_class *properties, const struct lot *lot);
/* Adds the entry of a page; it never joins another lot. */
MUST_CHECK enum status member_add_page(struct states *states, struct state *state,
                                       const struct lot_class *properties, const struct lot *entry,
                                       const struct page_reference *page);
/* How many entries of pages stand before a place in the lots section. */
uint32_t member_pages_before(const struct state *state, uint32_t place);
/* The page whose entry stands there. */
static inline struct page_reference *member_page_at(const struct state *state, uint32_t place)
{
    return member_pages(state) + member_pages_before(state, place);
}
/* Removes lots, with the references of pages among them, but not their class. */
void member_remove_lots(struct state *state, uint32_t place, uint32_t count);
/* Takes from a lot; removes it, and its class, at zero. Does not touch the purse's sums. */
MUST_CHECK enum status member_take_lot(struct state *state, uint32_t class_index,
                                       uint32_t lot_index, int64_t amount);
/* The purse's sum for an account, or NULL for an account that has none. */
int64_t *purse_sum(struct purse *purse, uint8_t account);
/* The bucket of a tally, or NULL. */
struct tally *member_tally(const struct state *state, uint32_t symbol, int32_t day, uint32_t owner);
/* 0, or the number of the owner with that id. */
uint32_t member_owner_of(const struct state *state, struct text id);
struct tier *member_tier(const struct state *state, uint32_t set, uint32_t owner);
/* What a survivor had in the set before that owner lent it a level; NULL if it lent none. */
struct tier *member_tier_aside(const struct state *state, uint32_t set, uint32_t owner);
/* The row of a set in which nothing ever happened; it need not be there. */
struct tier member_tier_nothing(uint32_t set);
struct hold *member_hold(const struct state *state, uint64_t position);
/* Sum of what a wallet's purses hold in an account, over all owners. */
MUST_CHECK enum status member_sum(const struct state *state, uint32_t wallet, uint8_t account,
                                  int64_t *sum);
/* What a wallet's purses hold in all, over all owners. */
MUST_CHECK enum status member_wallet_balance(const struct state *state, uint32_t wallet,
                                             struct balance *balance);
/* Works out next_due_us anew. */
void member_set_next_due(struct state *state);

#endif
