/* SQLite, write-behind: a hand that sweeps over the dirty states in the order of their keys.
 *
 *   dirty   what became dirty since the sweep began   --- the sweep is over: becomes the next -->
 *   sweep   | written | written | next ...      |     in key order
 *
 * When a sweep begins, all that is dirty is in it, so when it is over every state holds on disk all
 * records up to the position at which it began: that is what `flushed` says, saved in the
 * transaction that writes the last of them. Start-up replays from there.
 *
 * A state is written as it was committed; the versions of a batch whose commit carries the flush
 * are not in it. So a flush never stamps beyond its own transaction.
 *
 * The order of keys is taken from 7 bytes behind what all ids of the kind have in common, noted
 * when the state becomes dirty and is at hand: it only has to bring neighbours together. 30,000 are
 * sorted in a millisecond, byte by byte, where comparing ids would take forty.
 */
#include <stdlib.h>

#include "store/sqlite.h"

#define UNITS_A_PAGE 8u
#define PAGES_A_COMMIT 500u
/* Around so many dirty states as many are written as become dirty: the more there are, the more of
 * them share a page, or became dirty twice. Far above, the number of pages does not count. */
#define DIRTY_AIM 32000u
#define DIRTY_MAXIMUM 45000u
#define ENTRIES_FIRST 1024u

/* What writing one state costs, in eighths of a page: its own row and those that go with it. */
static const uint8_t units_of[ENTITY_KIND_COUNT] = {
    [ENTITY_MEMBER] = 16, [ENTITY_ORDER] = 1, [ENTITY_REDEMPTION] = 2,
    [ENTITY_TALLY] = 4,   [ENTITY_PAGE] = 8,
};

size_t hand_dirty_count(const struct hand *hand)
{
    return hand->dirty.count + hand->sweep.count - hand->next;
}

uint32_t hand_quota(const struct sqlite_core *core, uint32_t dirtied)
{
    uint64_t dirty = hand_dirty_count(&core->hand);
    uint64_t units = (uint64_t)dirtied * UNITS_A_PAGE * dirty / DIRTY_AIM * dirty / DIRTY_AIM;
    uint64_t most = UNITS_A_PAGE * PAGES_A_COMMIT;
    /* A large batch may take its time. */
    if (most < (uint64_t)dirtied * UNITS_A_PAGE) most = (uint64_t)dirtied * UNITS_A_PAGE;
    if (units > most && dirty < DIRTY_MAXIMUM) units = most;
    return units > UINT32_MAX ? UINT32_MAX : (uint32_t)units;
}

static enum status list_reserve(struct placed_list *list, size_t more)
{
    size_t needed = list->count + more;
    if (needed <= list->capacity) return STATUS_OK;
    size_t capacity = list->capacity == 0 ? ENTRIES_FIRST : list->capacity;
    while (capacity < needed)
        capacity *= 2;
    struct placed *items = reallocarray(list->items, capacity, sizeof *items);
    if (items == NULL) return STATUS_NO_MEMORY;
    list->items = items;
    list->capacity = capacity;
    return STATUS_OK;
}

enum status hand_reserve(struct hand *hand, size_t more)
{
    return list_reserve(&hand->dirty, more);
}

/* How many bytes all ids of the kind seen so far begin with in common. */
static size_t common_prefix(struct hand *hand, enum entity_kind kind, struct text id)
{
    struct id_prefix *prefix = &hand->prefixes[kind];
    if (!prefix->is_set) {
        memcpy(prefix->id, id.bytes, id.length);
        prefix->length = id.length;
        prefix->is_set = true;
    }
    size_t same = 0;
    while (same < prefix->length && same < id.length && prefix->id[same] == id.bytes[same])
        same++;
    if (same < prefix->length) hand->has_shorter_prefix = true;
    prefix->length = same;
    return same;
}

/* The kind in the highest byte, then 7 bytes of the id. */
static uint64_t order_of(struct hand *hand, const struct cached *cached)
{
    uint64_t order = cached->kind;
    size_t skipped = common_prefix(hand, (enum entity_kind)cached->kind, cached_id(cached));
    for (size_t i = 0; i < 7; i++) {
        size_t at = skipped + i;
        order = order << 8 | (at < cached->id_length ? (uint8_t)cached->id[at] : 0);
    }
    return order;
}

void hand_note(struct hand *hand, struct cached *cached)
{
    cached->is_dirty = true;
    if (cached->is_listed) return;
    ASSERT(hand->dirty.count < hand->dirty.capacity);
    hand->dirty.items[hand->dirty.count++] = (struct placed){order_of(hand, cached), cached};
    cached->is_listed = true;
}

void hand_release(struct hand *hand)
{
    free(hand->dirty.items);
    free(hand->sweep.items);
    free(hand->scratch.items);
    *hand = (struct hand){.next = 0};
}

/* Sorts by one byte of the order, keeping what is equal as it stands; false: it did not need to. */
static bool sort_by_byte(const struct placed *from, struct placed *to, size_t count, unsigned shift)
{
    size_t starts[257] = {0};
    for (size_t i = 0; i < count; i++)
        starts[(from[i].order >> shift & 0xFF) + 1]++;
    for (size_t i = 1; i < 257; i++) {
        if (starts[i] == count) return false;
        starts[i] += starts[i - 1];
    }
    for (size_t i = 0; i < count; i++)
        to[starts[from[i].order >> shift & 0xFF]++] = from[i];
    return true;
}

static enum status sort_list(struct placed_list *list, struct placed_list *scratch)
{
    TRY(list_reserve(scratch, list->count));
    for (unsigned shift = 0; shift < 64; shift += 8) {
        if (list->count == 0 || !sort_by_byte(list->items, scratch->items, list->count, shift))
            continue;
        scratch->count = list->count;
        struct placed_list sorted = *scratch;
        *scratch = *list;
        *list = sorted;
        scratch->count = 0;
    }
    return STATUS_OK;
}

/* All that is dirty becomes the next sweep. */
static enum status begin_sweep(struct hand *hand, uint64_t last_position)
{
    struct placed_list *dirty = &hand->dirty;
    /* Seldom: prefixes soon are as short as they get. */
    for (size_t i = 0; i < dirty->count && hand->has_shorter_prefix; i++)
        dirty->items[i].order = order_of(hand, dirty->items[i].cached);
    hand->has_shorter_prefix = false;
    TRY(sort_list(dirty, &hand->scratch));
    struct placed_list swept = hand->sweep;
    hand->sweep = hand->dirty;
    hand->dirty = swept;
    hand->dirty.count = 0;
    hand->next = 0;
    hand->written = 0;
    hand->sweep_position = last_position;
    return STATUS_OK;
}

static enum status save_flushed(struct sqlite_core *core)
{
    struct hand *hand = &core->hand;
    if (hand->sweep_position == hand->flushed_position) return STATUS_OK;
    sqlite3_stmt *statement = core->connection.statements[STATEMENT_SET_FLUSHED];
    sqlite3_bind_int64(statement, 1, (int64_t)hand->sweep_position);
    TRY(statement_run(statement));
    hand->pending_position = hand->sweep_position;
    return STATUS_OK;
}

enum status hand_sweep(struct sqlite_core *core, uint32_t units, bool *is_done)
{
    struct hand *hand = &core->hand;
    hand->written = hand->next;
    hand->pending_position = hand->flushed_position;
    *is_done = false;
    if (hand->next == hand->sweep.count) {
        TRY(begin_sweep(hand, core->last_position));
    }
    uint64_t units_done = 0;
    while (hand->written < hand->sweep.count && units_done < units) {
        const struct cached *cached = hand->sweep.items[hand->written].cached;
        TRY(plain_save(core, cached));
        units_done += units_of[cached->kind];
        hand->written++;
    }
    if (hand->written < hand->sweep.count) return STATUS_OK;
    *is_done = hand->dirty.count == 0;
    return save_flushed(core);
}

void hand_committed(struct hand *hand)
{
    for (size_t i = hand->next; i < hand->written; i++) {
        hand->sweep.items[i].cached->is_dirty = false;
        hand->sweep.items[i].cached->is_listed = false;
    }
    hand->next = hand->written;
    hand->flushed_position = hand->pending_position;
}

void hand_rolled_back(struct hand *hand)
{
    hand->written = hand->next;
    hand->pending_position = hand->flushed_position;
}
