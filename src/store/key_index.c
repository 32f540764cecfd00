/* Key index: the two tables in memory, and what happens at a commit. See key_index.h.
 *
 *   active --(full, or the stamp lies too far behind)--> frozen
 *   frozen --(merged into level 1, committed)--> empty, to be the active one next
 *
 * Positions do not descend, so when a table is frozen every key up to some position is in it or
 * on disk: that position becomes the stamp when the table is written.
 */
#include "store/key_index.h"

#include <stdlib.h>

#include "store/key_levels.h"

#define USUAL_MEMORY_KEYS ((uint32_t)1 << 18)
#define USUAL_GROWTH 8
#define LEAST_GROWTH 4
#define MOST_GROWTH 64
#define USUAL_TAIL_POSITIONS 1000000
#define LATE_FACTOR 4

struct key_index {
    struct key_disk disk;
    struct key_levels levels;
    struct key_memory tables[2];
    struct key_memory *active;
    struct key_memory *frozen; /* empty unless has_frozen */
    bool has_frozen;
    bool is_cut; /* the frozen table lost what a merge has seen: the runs must be read again */
    uint32_t memory_keys;
    uint64_t tail_positions;
    uint64_t stamp;
    uint64_t next_stamp;  /* from the next commit on */
    bool frozen_is_ended; /* and the frozen table is written then */
    bool is_changed;      /* something was written since the last commit */
    enum status broken;   /* why the runs are not known */
};

static enum status read_stamp(void *context, const int64_t *values)
{
    *(uint64_t *)context = (uint64_t)values[0];
    return STATUS_OK;
}

static enum status load(struct key_index *index)
{
    uint64_t stamp = 0;
    index->frozen_is_ended = false;
    index->is_cut = false;
    index->next_stamp = index->stamp;
    index->broken = key_levels_load(&index->levels);
    if (index->broken == STATUS_OK)
        index->broken = key_disk_each(&index->disk, KEY_READ_STAMP, 1, read_stamp, &stamp);
    if (index->broken == STATUS_OK) index->next_stamp = index->stamp = stamp;
    return index->broken;
}

static enum status set_up(struct key_index *index, const struct key_index_options *options)
{
    uint32_t keys = options->memory_keys != 0 ? options->memory_keys : USUAL_MEMORY_KEYS;
    uint32_t growth = options->growth != 0 ? options->growth : USUAL_GROWTH;
    if (keys > KEY_MEMORY_MAXIMUM || growth < LEAST_GROWTH || growth > MOST_GROWTH)
        return STATUS_INVALID;
    index->tail_positions =
        options->tail_positions != 0 ? options->tail_positions : USUAL_TAIL_POSITIONS;
    index->levels =
        (struct key_levels){.disk = &index->disk, .memory_keys = keys, .growth = growth};
    index->active = &index->tables[0];
    index->frozen = &index->tables[1];
    index->memory_keys = keys;
    TRY(key_memory_init(index->active, keys + keys / 4));
    TRY(key_memory_init(index->frozen, keys + keys / 4));
    return load(index);
}

enum status key_index_open(sqlite3 *connection, const struct key_index_options *options,
                           struct key_index **index)
{
    static const struct key_index_options usual;
    struct key_index *made = calloc(1, sizeof *made);
    if (made == NULL) return STATUS_NO_MEMORY;
    enum status status = key_disk_open(&made->disk, connection);
    if (status == STATUS_OK) status = set_up(made, options != NULL ? options : &usual);
    if (status != STATUS_OK) {
        key_index_close(made);
        return status;
    }
    *index = made;
    return STATUS_OK;
}

void key_index_close(struct key_index *index)
{
    if (index == NULL) return;
    key_levels_release(&index->levels);
    key_memory_release(&index->tables[0]);
    key_memory_release(&index->tables[1]);
    key_disk_close(&index->disk);
    free(index);
}

/* ---- memory ---- */

static void freeze(struct key_index *index, uint64_t covered)
{
    struct key_memory *full = index->active;
    full->covered = covered > index->stamp ? covered : index->stamp;
    index->active = index->frozen;
    index->frozen = full;
    index->has_frozen = true;
}

enum status key_index_add(struct key_index *index, uint64_t fingerprint, uint64_t position)
{
    ASSERT(position > 0 && position <= KEY_POSITION_MAXIMUM);
    struct key_entry entry = {fingerprint, position};
    bool is_due = index->active->count >= index->memory_keys && !index->has_frozen;
    if (!is_due && key_memory_add(index->active, entry)) return STATUS_OK;
    if (index->has_frozen || index->active->count == 0) return STATUS_LIMIT;
    /* Another key of this position may be in the table that is frozen, and this one not. */
    freeze(index, position - 1);
    return key_memory_add(index->active, entry) ? STATUS_OK : STATUS_LIMIT;
}

void key_index_forget_from(struct key_index *index, uint64_t position)
{
    (void)key_memory_forget_from(index->active, position);
    if (!index->has_frozen) return;
    uint32_t forgotten = key_memory_forget_from(index->frozen, position);
    /* A merge that has seen what is forgotten is of the transaction that failed. */
    if (forgotten > 0 && index->levels.levels[1].merge != NULL) {
        ASSERT(index->is_changed);
        index->is_cut = true;
    }
    uint64_t before = position == 0 ? 0 : position - 1;
    if (index->frozen->covered > before) index->frozen->covered = before;
    if (index->frozen->count == 0) index->has_frozen = false;
}

static enum status find_in_memory(const struct key_memory *memory, uint64_t fingerprint,
                                  struct key_found *found)
{
    uint32_t slot = key_memory_find(memory, fingerprint);
    struct key_entry entry;
    while (key_memory_next(memory, &slot, &entry) && entry.fingerprint == fingerprint)
        TRY(key_found_add(found, entry.position));
    return STATUS_OK;
}

static int compare_newest_first(const void *a, const void *b)
{
    uint64_t first = *(const uint64_t *)a;
    uint64_t second = *(const uint64_t *)b;
    return (first < second) - (first > second);
}

enum status key_index_find(struct key_index *index, uint64_t fingerprint, uint64_t *positions,
                           uint32_t maximum, uint32_t *count)
{
    struct key_found found = {.positions = positions, .maximum = maximum};
    TRY(index->broken);
    TRY(find_in_memory(index->active, fingerprint, &found));
    TRY(find_in_memory(index->frozen, fingerprint, &found));
    TRY(key_levels_find(&index->levels, fingerprint, &found));
    if (found.count > 1) qsort(positions, found.count, sizeof *positions, compare_newest_first);
    *count = found.count;
    return STATUS_OK;
}

/* ---- commits ---- */

/* Half of the tail may gather before a table is frozen, a quarter while it is written. */
static void freeze_when_due(struct key_index *index, uint64_t upto_position, bool flushes)
{
    const struct key_memory *active = index->active;
    if (index->has_frozen || active->count == 0) return;
    bool is_full = active->count >= index->memory_keys;
    bool is_old = upto_position >= active->least_position &&
                  upto_position - active->least_position >= index->tail_positions / 2;
    if (is_full || is_old || flushes) freeze(index, upto_position);
}

/* The frozen table must be written by the time the other has so many keys. */
static uint32_t written_by(const struct key_index *index)
{
    return index->memory_keys / 4 * 3 + 1;
}

static struct key_pressure pressure_of(const struct key_index *index, uint64_t upto_position,
                                       bool flushes)
{
    struct key_pressure pressure = {
        .frozen = index->has_frozen ? index->frozen : NULL,
        .keys = (uint64_t)index->active->count + index->frozen->count,
        .part = index->active->count,
        .whole = written_by(index),
    };
    if (!index->has_frozen) return pressure;
    uint64_t since =
        upto_position > index->frozen->covered ? upto_position - index->frozen->covered : 0;
    uint64_t tail = index->tail_positions / 4 + 1;
    /* Whichever of the two is more urgent. */
    if ((key_product)since * pressure.whole > (key_product)pressure.part * tail) {
        pressure.part =
            since >= tail ? pressure.whole : (uint32_t)((key_product)since * pressure.whole / tail);
    }
    if (flushes) pressure.part = pressure.whole;
    return pressure;
}

static enum status set_stamp(struct key_index *index, uint64_t stamp)
{
    TRY(key_disk_change(&index->disk, KEY_SET_STAMP, 1, (const int64_t[]){(int64_t)stamp}));
    index->next_stamp = stamp;
    return STATUS_OK;
}

enum status key_index_write_behind(struct key_index *index, uint64_t upto_position,
                                   uint32_t budget_pages, bool flushes)
{
    ASSERT(!index->is_cut);
    TRY(index->broken);
    freeze_when_due(index, upto_position, flushes);
    struct key_pressure pressure = pressure_of(index, upto_position, flushes);
    bool has_ended = false;
    index->is_changed = true;
    TRY(key_levels_work(&index->levels, &pressure, &budget_pages, &has_ended));
    if (has_ended) {
        index->frozen_is_ended = true;
        return set_stamp(index, index->frozen->covered);
    }
    bool is_idle = pressure.keys == 0 && upto_position > index->next_stamp;
    bool is_due = flushes || upto_position - index->next_stamp >= index->tail_positions / 4;
    return is_idle && is_due ? set_stamp(index, upto_position) : STATUS_OK;
}

void key_index_committed(struct key_index *index)
{
    index->is_changed = false;
    index->stamp = index->next_stamp;
    if (index->broken != STATUS_OK) return;
    key_levels_committed(&index->levels);
    if (!index->frozen_is_ended) return;
    index->frozen_is_ended = false;
    index->has_frozen = false;
    key_memory_clear(index->frozen);
}

enum status key_index_rolled_back(struct key_index *index)
{
    if (!index->is_changed && index->broken == STATUS_OK) return STATUS_OK;
    TRY(load(index));
    /* After a savepoint, what an earlier call wrote may still be rolled back. */
    index->is_changed = sqlite3_get_autocommit(index->disk.connection) == 0;
    return STATUS_OK;
}

/* See invariant 2 of key_levels.h: (G + 1) * 4/3 entries a key and level, a little more for runs
 * that came late; an entry is read, written, and written once more if the table has to grow, in
 * pages of KEY_PAGE_ENTRIES_LEAST at the least: about 1 in 80. A merge that is late, because it
 * began again after a crash, may catch up. */
uint32_t key_index_budget(const struct key_index *index, uint32_t keys)
{
    uint64_t levels = (uint64_t)key_levels_depth(&index->levels) + 1;
    uint64_t entries = (uint64_t)keys * (index->levels.growth + 2) * 4 / 3;
    uint64_t pages = levels * (entries / 80 + 8) + KEY_EXTENT_PAGES;
    if (index->has_frozen && index->active->count > written_by(index)) pages *= LATE_FACTOR;
    return pages > UINT32_MAX ? UINT32_MAX : (uint32_t)pages;
}

uint64_t key_index_stamp(const struct key_index *index)
{
    return index->stamp;
}

struct key_index_figures key_index_figures(const struct key_index *index)
{
    return (struct key_index_figures){
        .keys_in_memory = (uint64_t)index->active->count + index->frozen->count,
        .keys_on_disk = key_levels_entries(&index->levels),
        .memory_bytes = sizeof *index + key_memory_bytes(index->active) +
                        key_memory_bytes(index->frozen) + key_levels_bytes(&index->levels) +
                        key_page_cache_bytes(&index->disk.filters),
        .pages_read = index->disk.pages_read,
        .pages_written = index->disk.pages_written,
        .runs = key_levels_runs(&index->levels),
        .levels = key_levels_depth(&index->levels),
    };
}
