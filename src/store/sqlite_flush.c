/* SQLite, write-behind: a hand that sweeps over the dirty states in the order of their keys.
 *
 *   dirty   what became dirty since the sweep began   --- the sweep is over: becomes the next -->
 *   sweep   | written | written | next ...      |     in key order
 *
 * When a sweep begins, all that is dirty is in it, so when it is over every state holds on disk all
 * records up to the position at which it began. Start-up replays from there.
 *
 * Orders go round by themselves, for most are written once: writing them later saves nothing, while
 * a member is written the less often the longer it waits. `flushed` is what both laps have swept,
 * saved in the transaction that writes the last of a sweep.
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
/* So many records after a sweep began it is over, and then the next one begins, however few states
 * there are to write. The more they are, the less often a busy member is written, and the longer a
 * start takes: twice as many are replayed in about two seconds. */
#define SWEEP_RECORDS_USUAL 150000u
#define ENTRIES_FIRST 1024u

/* Around so many dirty states (times the root of their cost in pages) as many are written as become
 * dirty: the more there are, the more of them share a page, or became dirty twice. Far above, the
 * number of pages does not count. */
static const struct {
    uint32_t aim;
    uint32_t maximum;
    uint32_t pages; /* a commit */
} lap_limits[LAP_COUNT] = {
    [LAP_LASTING] = {28000, 38000, 400},
    [LAP_PASSING] = {16000, 12000, 100},
};

/* What writing one state costs, in eighths of a page: its own row and those that go with it. */
static const uint8_t units_of[ENTITY_KIND_COUNT] = {
    [ENTITY_MEMBER] = 16, [ENTITY_ORDER] = 1, [ENTITY_REDEMPTION] = 2,
    [ENTITY_TALLY] = 4,   [ENTITY_PAGE] = 8,
};

static size_t lap_dirty(const struct lap *lap)
{
    return lap->dirty.count + lap->sweep.count - lap->next;
}

size_t hand_dirty_count(const struct hand *hand)
{
    return lap_dirty(&hand->laps[LAP_LASTING]) + lap_dirty(&hand->laps[LAP_PASSING]);
}

void hand_init(struct hand *hand, uint64_t sweep_records)
{
    *hand = (struct hand){.sweep_records = sweep_records > 0 ? sweep_records : SWEEP_RECORDS_USUAL};
}

void hand_begin_at(struct hand *hand, uint64_t flushed_position)
{
    hand->flushed_position = flushed_position;
    hand->pending_position = flushed_position;
    for (int kind = 0; kind < LAP_COUNT; kind++) {
        struct lap *lap = &hand->laps[kind];
        lap->sweep_position = flushed_position;
        lap->swept_position = flushed_position;
        lap->pending_position = flushed_position;
    }
}

/* What ends the sweep in time, whatever else; or begins the next. */
static uint64_t units_in_time(const struct sqlite_core *core, enum lap_kind kind, size_t records)
{
    const struct lap *lap = &core->hand.laps[kind];
    uint64_t sweep_records = core->hand.sweep_records;
    uint64_t age = core->last_position - lap->sweep_position;
    uint64_t left = age >= sweep_records ? 1 : sweep_records - age;
    uint64_t rest = lap->sweep.count - lap->next;
    unsigned units = kind == LAP_PASSING ? units_of[ENTITY_ORDER] : units_of[ENTITY_MEMBER];
    if (rest == 0) return left == 1 ? 1 : 0;
    return (rest * units * records + left - 1) / left;
}

struct hand_quota hand_quota(const struct sqlite_core *core, const uint32_t dirtied[LAP_COUNT],
                             size_t records)
{
    struct hand_quota quota = {{0, 0}};
    for (int kind = 0; kind < LAP_COUNT; kind++) {
        const struct lap *lap = &core->hand.laps[kind];
        uint64_t dirty = lap_dirty(lap);
        uint64_t aim = lap_limits[kind].aim;
        uint64_t units = (uint64_t)dirtied[kind] * UNITS_A_PAGE * dirty / aim * dirty / aim;
        uint64_t least = units_in_time(core, (enum lap_kind)kind, records);
        uint64_t most = (uint64_t)UNITS_A_PAGE * lap_limits[kind].pages;
        /* A large batch may take its time. */
        if (most < (uint64_t)dirtied[kind] * UNITS_A_PAGE)
            most = (uint64_t)dirtied[kind] * UNITS_A_PAGE;
        if (units < least) units = least;
        if (units > most && dirty < lap_limits[kind].maximum) units = most;
        quota.units[kind] = units > UINT32_MAX ? UINT32_MAX : (uint32_t)units;
    }
    return quota;
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

enum status hand_reserve(struct hand *hand, const uint32_t more[LAP_COUNT])
{
    for (int kind = 0; kind < LAP_COUNT; kind++)
        TRY(list_reserve(&hand->laps[kind].dirty, more[kind]));
    return STATUS_OK;
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
    if (same < prefix->length) hand->laps[lap_of(kind)].has_shorter_prefix = true;
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
    struct placed_list *dirty = &hand->laps[lap_of((enum entity_kind)cached->kind)].dirty;
    cached->is_dirty = true;
    if (cached->is_listed) return;
    ASSERT(dirty->count < dirty->capacity);
    dirty->items[dirty->count++] = (struct placed){order_of(hand, cached), cached};
    cached->is_listed = true;
}

void hand_release(struct hand *hand)
{
    for (int kind = 0; kind < LAP_COUNT; kind++) {
        free(hand->laps[kind].dirty.items);
        free(hand->laps[kind].sweep.items);
    }
    free(hand->scratch.items);
    *hand = (struct hand){.flushed_position = 0};
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
static enum status begin_sweep(struct hand *hand, struct lap *lap, uint64_t last_position)
{
    struct placed_list *dirty = &lap->dirty;
    /* Seldom: prefixes soon are as short as they get. */
    for (size_t i = 0; i < dirty->count && lap->has_shorter_prefix; i++)
        dirty->items[i].order = order_of(hand, dirty->items[i].cached);
    lap->has_shorter_prefix = false;
    TRY(sort_list(dirty, &hand->scratch));
    struct placed_list swept = lap->sweep;
    lap->sweep = lap->dirty;
    lap->dirty = swept;
    lap->dirty.count = 0;
    lap->next = 0;
    lap->written = 0;
    lap->sweep_position = last_position;
    return STATUS_OK;
}

static enum status sweep_lap(struct sqlite_core *core, struct lap *lap, uint32_t units)
{
    lap->written = lap->next;
    lap->pending_position = lap->swept_position;
    if (units == 0) return STATUS_OK;
    if (lap->next == lap->sweep.count) {
        TRY(begin_sweep(&core->hand, lap, core->last_position));
    }
    uint64_t units_done = 0;
    while (lap->written < lap->sweep.count && units_done < units) {
        struct cached *cached = lap->sweep.items[lap->written].cached;
        TRY(plain_save(core, cached));
        units_done += units_of[cached->kind];
        lap->written++;
    }
    if (lap->written == lap->sweep.count) lap->pending_position = lap->sweep_position;
    return STATUS_OK;
}

static enum status save_flushed(struct sqlite_core *core, uint64_t position)
{
    if (position == core->hand.flushed_position) return STATUS_OK;
    sqlite3_stmt *statement = core->connection.statements[STATEMENT_SET_FLUSHED];
    sqlite3_bind_int64(statement, 1, (int64_t)position);
    return statement_run(statement);
}

enum status hand_sweep(struct sqlite_core *core, struct hand_quota quota, bool *is_done)
{
    struct hand *hand = &core->hand;
    uint64_t position = UINT64_MAX;
    *is_done = true;
    for (int kind = 0; kind < LAP_COUNT; kind++) {
        struct lap *lap = &hand->laps[kind];
        TRY(sweep_lap(core, lap, quota.units[kind]));
        if (lap->pending_position < position) position = lap->pending_position;
        if (lap->written < lap->sweep.count || lap->dirty.count > 0) *is_done = false;
    }
    TRY(save_flushed(core, position));
    hand->pending_position = position;
    return STATUS_OK;
}

/* What the table has now. Most orders are not asked for again for days: in the cache they would
 * only take the room of members, and spread everything else over more memory. */
static void note_written(struct cache *cache, struct cached *cached)
{
    cached->is_dirty = false;
    cached->is_listed = false;
    if (lap_of((enum entity_kind)cached->kind) == LAP_PASSING && cached->version == 0)
        cache_drop(cache, cached);
}

void hand_committed(struct sqlite_core *core)
{
    struct hand *hand = &core->hand;
    for (int kind = 0; kind < LAP_COUNT; kind++) {
        struct lap *lap = &hand->laps[kind];
        for (size_t i = lap->next; i < lap->written; i++)
            note_written(&core->cache, lap->sweep.items[i].cached);
        lap->next = lap->written;
        lap->swept_position = lap->pending_position;
    }
    hand->flushed_position = hand->pending_position;
}

/* What was noted of rows that are not there after all is forgotten. */
void hand_rolled_back(struct hand *hand)
{
    for (int kind = 0; kind < LAP_COUNT; kind++) {
        struct lap *lap = &hand->laps[kind];
        for (size_t i = lap->next; i <= lap->written && i < lap->sweep.count; i++) {
            lap->sweep.items[i].cached->row = 0;
            lap->sweep.items[i].cached->levels = 0;
        }
        lap->written = lap->next;
        lap->pending_position = lap->swept_position;
    }
    hand->pending_position = hand->flushed_position;
}
