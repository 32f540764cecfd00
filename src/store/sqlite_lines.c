/* SQLite, which orders of a member still have units of a sku: found in the member's history.
 *
 * No index is kept. Each record that touched the member points to the one before it, and names the
 * orders that it touched. Going back, newest first, an order is held until no older record can show
 * a newer one: an order's own position is that of its first record, so whatever is found further
 * back than here has a position below here.
 *
 *   history   41 <- 37 <- 36 <- 12 ...
 *   orders    o4   o1,o3    o2        o1 was opened at 12: it waits until the walk is at 12
 */
#include "store/sqlite.h"

#define FOUND_FIRST 16u
#define FOUND_MAXIMUM (1u << 20)
#define WALK_BYTES_MAXIMUM ((size_t)1 << 30)

struct found_order {
    struct text id;
    uint64_t position;
    int64_t units;
    bool was_given;
};

struct walk {
    struct sqlite_store *store;
    struct arena arena;        /* of the whole walk */
    struct arena record_arena; /* of one record */
    struct buffer bytes;
    struct entity_key member;
    struct text sku;
    struct found_order *orders;
    uint32_t count;
    uint32_t capacity;
    int64_t units; /* given so far */
};

static enum status read_any_record(struct walk *walk, uint64_t position, struct record *record)
{
    struct text bytes = batch_find_record(&walk->store->batch, position);
    arena_clear(&walk->record_arena);
    if (bytes.bytes != NULL) return record_decode(bytes, &walk->record_arena, record);
    return read_record(&walk->store->core->connection, position, &walk->record_arena, &walk->bytes,
                       record);
}

static bool is_known(const struct walk *walk, struct text id)
{
    for (uint32_t i = walk->count; i > 0; i--) {
        if (text_equal(walk->orders[i - 1].id, id)) return true;
    }
    return false;
}

static enum status add_found(struct walk *walk, struct text id, uint64_t position, int64_t units)
{
    if (walk->count == walk->capacity) {
        uint32_t capacity = walk->capacity == 0 ? FOUND_FIRST : 2 * walk->capacity;
        if (capacity > FOUND_MAXIMUM) return STATUS_LIMIT;
        struct found_order *orders =
            arena_allocate(&walk->arena, (size_t)capacity * sizeof *orders);
        if (orders == NULL) return STATUS_NO_MEMORY;
        if (walk->count > 0) memcpy(orders, walk->orders, walk->count * sizeof *orders);
        walk->orders = orders;
        walk->capacity = capacity;
    }
    struct text copy = arena_copy(&walk->arena, id);
    if (copy.bytes == NULL) return STATUS_NO_MEMORY;
    walk->orders[walk->count++] = (struct found_order){copy, position, units, false};
    return STATUS_OK;
}

/* Notes an order, even one that is not asked for: it will come again, further back. */
static enum status look_at(struct walk *walk, const struct entity_key *key)
{
    struct cached *cached = NULL;
    struct text member = {NULL, 0};
    uint64_t position = 0;
    int64_t units = 0;
    if (is_known(walk, key->id)) return STATUS_OK;
    TRY(core_cached(walk->store->core, key, entity_key_hash(key), &cached));
    struct text bytes = newest_state(&walk->store->batch, cached);
    if (bytes.length > 0) {
        TRY(order_bytes_member(bytes.bytes, bytes.length, &member, &position));
        if (text_equal(member, walk->member.id))
            TRY(order_bytes_units(bytes.bytes, bytes.length, walk->sku, &units));
    }
    return add_found(walk, key->id, position, units);
}

/* Gives the orders that stand at or above a position, newest first, while units are missing. */
static enum status give(struct walk *walk, struct states *states, uint32_t index, uint64_t position)
{
    while (walk->units < states->list[index].key.units) {
        struct found_order *newest = NULL;
        for (uint32_t i = 0; i < walk->count; i++) {
            struct found_order *order = &walk->orders[i];
            if (order->was_given || order->units <= 0 || order->position < position) continue;
            if (newest == NULL || order->position > newest->position) newest = order;
        }
        if (newest == NULL) return STATUS_OK;
        newest->was_given = true;
        TRY(states_add_lines_order(states, index, newest->id));
        TRY(amount_increase(&walk->units, newest->units));
    }
    return STATUS_OK;
}

static enum status go_back(struct walk *walk, struct states *states, uint32_t index)
{
    struct cached *member = NULL;
    TRY(core_cached(walk->store->core, &walk->member, entity_key_hash(&walk->member), &member));
    uint64_t position = newest_stamp(&walk->store->batch, member).position;
    while (position > 0 && walk->units < states->list[index].key.units) {
        struct record record;
        enum status status = read_any_record(walk, position, &record);
        if (status == STATUS_NOT_FOUND) return STATUS_CORRUPT;
        TRY(status);
        for (uint32_t i = 0; i < record.link_count; i++) {
            if (record.links[i].key.kind == ENTITY_ORDER) TRY(look_at(walk, &record.links[i].key));
        }
        TRY(give(walk, states, index, position));
        const struct record_link *link = record_link_of(&record, &walk->member);
        if (link == NULL || link->previous_position >= position) return STATUS_CORRUPT;
        position = link->previous_position;
    }
    return give(walk, states, index, 0);
}

enum status sqlite_load_lines(struct sqlite_store *store, struct states *states, uint32_t index)
{
    const struct entity_key *key = &states->list[index].key;
    struct walk walk = {
        .store = store, .member = {.kind = ENTITY_MEMBER, .id = key->id}, .sku = key->sku};
    arena_init(&walk.arena, WALK_BYTES_MAXIMUM);
    arena_init(&walk.record_arena, WALK_BYTES_MAXIMUM);
    buffer_init(&walk.bytes, WALK_BYTES_MAXIMUM);
    enum status status = go_back(&walk, states, index);
    if (status == STATUS_OK) states_finish_lines(states, index);
    arena_release(&walk.arena);
    arena_release(&walk.record_arena);
    buffer_release(&walk.bytes);
    cache_trim(&store->core->cache);
    return status;
}
