/* Entities and the working set: whose state an event reads and changes.
 *
 * A state is a run of bytes, the same on every machine for the same history; only the engine knows
 * what is in them. A store keeps them by key and stamps. For one event the caller fills a
 * `struct states`: engine_plan names keys, the store's bytes are copied in (or the entity is
 * absent), engine_decide works on the copies, and the caller saves the dirty ones or drops them
 * all.
 *
 * A state of 0 bytes is no state: an entity that is saved without bytes is gone.
 *
 * ENTITY_LINES, the last kind, is a look-up that is never changed or saved: the answer of the store
 * to "which orders of this member still have units of this sku to return, newest first?": see
 * states_add_lines.
 */
#ifndef GUERDON_ENGINE_ENTITY_H
#define GUERDON_ENGINE_ENTITY_H

#include "base/base.h"

#define ENTITY_KIND_LIST(X)                                                                        \
    X(MEMBER, "member")                                                                            \
    X(ORDER, "order")                                                                              \
    X(REDEMPTION, "redemption") /* a hold, or a redemption that can be reversed */                 \
    X(TALLY, "tally") /* reward stock, campaign budget, limit in all or for each value */          \
    X(KEY, "key")     /* an idempotency key */                                                     \
    X(PAGE, "page")   /* a run of a member's lots; id: 8 bytes, the page's name, big-endian */     \
    X(LINES, "lines")

enum entity_kind {
#define X(name, text) ENTITY_##name,
    ENTITY_KIND_LIST(X)
#undef X
        ENTITY_KIND_COUNT
};

struct entity_key {
    enum entity_kind kind;
    /* TALLY: 4 bytes, the symbol, big-endian; of a limit for each value 16 more, which stand for
     * that value (and the member). LINES: the member. */
    struct text id;
    struct text sku; /* LINES alone */
    int64_t units;   /* LINES: enough orders to hold so many units, if there are */
};

struct member;
struct order;

/* One entity in the working set. */
struct state {
    struct entity_key key;
    uint64_t hash;  /* of the key */
    uint8_t *bytes; /* NULL: there is no such entity (yet) */
    uint32_t size;
    uint32_t capacity;
    bool is_dirty;   /* to be saved */
    bool is_loaded;  /* the store has answered */
    bool is_checked; /* its bytes were seen to be a member's; see member_check */
    uint16_t entity; /* its index in the decision's entities; ENTITY_NOT_NAMED before it has one */
    struct order *order; /* the decoded form, of an order that was looked into */
};
#define ENTITY_NOT_NAMED UINT16_MAX

/* The page of lots that member_lot looked into last, decoded; good while its bytes stay there. */
struct shown_page {
    const char *bytes; /* NULL: none */
    struct page_lot *lots;
    uint32_t count;
};

struct states {
    struct arena arena; /* keys, bytes and everything decoded; cleared by states_clear */
    struct state *list;
    uint32_t count;
    uint32_t capacity;
    /* Set by a caller who keeps no records and gives no answers (a back-test): decisions over it
     * leave out balances and levels after. states_clear lets it be. */
    bool skips_after;
    struct shown_page shown_page;
    struct arena scratch; /* of one evaluation of an expression: empty between two */
};

/* An empty working set that may use so many bytes. */
MUST_CHECK enum status states_init(struct states *states, size_t maximum_bytes);
void states_release(struct states *states);
/* Forgets the entities and keeps the memory, for the next event. */
void states_clear(struct states *states);
/* The same for equal keys; what a state of the set has as its hash. */
uint64_t entity_key_hash(const struct entity_key *key);
/* The entity with that key, or NULL. The pointer is good until the next states_add. */
struct state *states_find(const struct states *states, const struct entity_key *key);
/* Adds an absent, not yet loaded entity; the key's texts must outlive the working set's use. */
MUST_CHECK enum status states_add(struct states *states, const struct entity_key *key);
/* The store's answer for list[index]: its bytes are copied in; NULL: there is no such entity. */
MUST_CHECK enum status states_load(struct states *states, uint32_t index, const void *bytes,
                                   size_t size);
/* What was loaded there was left by a decision, in this process: its shape is not checked again. */
void states_trust(struct states *states, uint32_t index);
/* The store's answer for a LINES look-up: one more order, newest first. */
MUST_CHECK enum status states_add_lines_order(struct states *states, uint32_t index,
                                              struct text order);
/* Marks a LINES look-up as answered. */
void states_finish_lines(struct states *states, uint32_t index);

/* The stamp of a state, straight from its bytes: the position of the last record that touched the
 * entity, and how many did (a key and a page: one). STATUS_CORRUPT for bytes that are no such
 * state; no bytes have no stamp. */
MUST_CHECK enum status entity_bytes_stamp(enum entity_kind kind, const void *bytes, size_t size,
                                          uint64_t *position, uint64_t *sequence);

/* For a store's own index of orders: whose order it is (the member it was bought by; empty while
 * nobody has bought it, which can change once, and the position with it), its position, and how
 * many units of a sku can still be returned. STATUS_CORRUPT for bytes that are no order. */
MUST_CHECK enum status order_bytes_member(const void *bytes, size_t size, struct text *member,
                                          uint64_t *position);
MUST_CHECK enum status order_bytes_units(const void *bytes, size_t size, struct text sku,
                                         int64_t *units);

#endif
