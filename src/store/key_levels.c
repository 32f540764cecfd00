/* Key levels: loading, starting, pacing and ending. See key_levels.h. */
#include "store/key_levels.h"

static struct key_level *level_of(struct key_levels *levels, uint32_t number)
{
    return &levels->levels[number];
}

void key_levels_release(struct key_levels *levels)
{
    for (uint32_t i = 1; i <= KEY_LEVELS_MAXIMUM; i++) {
        struct key_level *level = level_of(levels, i);
        key_run_free(level->live);
        key_run_free(level->leaving);
        key_merge_free(level->merge);
        *level = (struct key_level){NULL, NULL, NULL};
    }
}

size_t key_levels_bytes(const struct key_levels *levels)
{
    size_t bytes = levels->disk->free_capacity * sizeof *levels->disk->free_extents;
    for (uint32_t i = 1; i <= KEY_LEVELS_MAXIMUM; i++) {
        const struct key_level *level = &levels->levels[i];
        if (level->live != NULL) bytes += key_run_bytes(level->live);
        if (level->leaving != NULL) bytes += key_run_bytes(level->leaving);
        if (level->merge != NULL) bytes += key_merge_bytes(level->merge);
    }
    return bytes;
}

static uint64_t entries_of(const struct key_run *run)
{
    return run == NULL ? 0 : run->entries;
}

uint64_t key_levels_entries(const struct key_levels *levels)
{
    uint64_t entries = 0;
    for (uint32_t i = 1; i <= KEY_LEVELS_MAXIMUM; i++)
        entries += entries_of(levels->levels[i].live) + entries_of(levels->levels[i].leaving);
    return entries;
}

uint32_t key_levels_runs(const struct key_levels *levels)
{
    uint32_t runs = 0;
    for (uint32_t i = 1; i <= KEY_LEVELS_MAXIMUM; i++) {
        runs += levels->levels[i].live != NULL;
        runs += levels->levels[i].leaving != NULL;
    }
    return runs;
}

uint32_t key_levels_depth(const struct key_levels *levels)
{
    uint32_t depth = 0;
    for (uint32_t i = 1; i <= KEY_LEVELS_MAXIMUM; i++) {
        if (levels->levels[i].live != NULL || levels->levels[i].leaving != NULL) depth = i;
    }
    return depth;
}

/* ---- loading ---- */

static void note_number(struct key_disk *disk, uint32_t number)
{
    if (number >= disk->next_run) disk->next_run = number + 1;
}

static enum status load_run(void *context, const int64_t *values)
{
    struct key_levels *levels = context;
    for (int i = 0; i < 6; i++) {
        if (i != 3 && values[i] >= UINT32_MAX) return STATUS_CORRUPT;
    }
    if (values[1] < 1 || values[1] > KEY_LEVELS_MAXIMUM || values[2] > 1) return STATUS_CORRUPT;
    if (values[3] < 1 || values[4] < 1 || values[5] < 1) return STATUS_CORRUPT;
    struct key_level *level = level_of(levels, (uint32_t)values[1]);
    struct key_run **place = values[2] != 0 ? &level->leaving : &level->live;
    if (*place != NULL) return STATUS_CORRUPT;
    TRY(key_run_new((uint32_t)values[0], place));
    (*place)->entries = (uint64_t)values[3];
    (*place)->parts[KEY_PART_ENTRIES].pages = (uint32_t)values[4];
    (*place)->parts[KEY_PART_FILTERS].pages = (uint32_t)values[5];
    note_number(levels->disk, (uint32_t)values[0]);
    return STATUS_OK;
}

/* Comes after the runs. The merge into level 1 makes no notes: what memory held is gone. */
static enum status load_merge(void *context, const int64_t *values)
{
    struct key_levels *levels = context;
    if (values[0] < 2 || values[0] > KEY_LEVELS_MAXIMUM || values[1] >= UINT32_MAX)
        return STATUS_CORRUPT;
    struct key_level *level = level_of(levels, (uint32_t)values[0]);
    struct key_run *leaving = levels->levels[values[0] - 1].leaving;
    if (level->merge != NULL || leaving == NULL || level->live == NULL) return STATUS_CORRUPT;
    TRY(key_merge_new((uint32_t)values[1], &level->merge));
    TRY(key_merge_take_note(level->merge, values));
    level->merge->upper.run = leaving;
    level->merge->lower.run = level->live;
    key_merge_begin(level->merge);
    if ((int64_t)level->merge->filters != values[5]) return STATUS_CORRUPT;
    note_number(levels->disk, (uint32_t)values[1]);
    return STATUS_OK;
}

static struct key_run *find_run(struct key_levels *levels, uint64_t number)
{
    for (uint32_t i = 1; i <= KEY_LEVELS_MAXIMUM; i++) {
        struct key_level *level = level_of(levels, i);
        if (level->live != NULL && level->live->number == number) return level->live;
        if (level->leaving != NULL && level->leaving->number == number) return level->leaving;
        if (level->merge != NULL && level->merge->output->number == number)
            return level->merge->output;
    }
    return NULL;
}

struct extent_loading {
    struct key_levels *levels;
    uint32_t next; /* the first extent that no row was seen of */
};

static void free_until(struct extent_loading *loading, uint32_t extent)
{
    for (; loading->next < extent; loading->next++)
        key_disk_give_back(loading->levels->disk, loading->next);
}

static enum status load_extent(void *context, const int64_t *values)
{
    struct extent_loading *loading = context;
    struct key_disk *disk = loading->levels->disk;
    if (values[0] >= key_disk_extent_count(disk) || values[2] >= KEY_PART_COUNT ||
        values[1] >= UINT32_MAX || values[3] >= UINT32_MAX) {
        return STATUS_CORRUPT;
    }
    note_number(disk, (uint32_t)values[1]);
    free_until(loading, (uint32_t)values[0]);
    struct key_run *run = find_run(loading->levels, (uint64_t)values[1]);
    if (run == NULL) return STATUS_OK;
    loading->next = (uint32_t)values[0] + 1;
    return key_run_set_extent(run, (enum key_part)values[2], (uint32_t)values[3],
                              (uint32_t)values[0]);
}

static enum status check_loaded(struct key_levels *levels)
{
    for (uint32_t i = 1; i <= KEY_LEVELS_MAXIMUM; i++) {
        struct key_level *level = level_of(levels, i);
        if (level->live != NULL && !key_run_is_whole(level->live)) return STATUS_CORRUPT;
        if (level->leaving != NULL) {
            /* The merge began in the transaction that made the run leave. */
            bool has_merge = i < KEY_LEVELS_MAXIMUM && levels->levels[i + 1].merge != NULL;
            if (!has_merge || !key_run_is_whole(level->leaving)) return STATUS_CORRUPT;
        }
        if (level->merge != NULL) TRY(key_merge_resume(level->merge, levels->disk));
    }
    return STATUS_OK;
}

static enum status load(struct key_levels *levels)
{
    struct key_disk *disk = levels->disk;
    struct extent_loading loading = {.levels = levels};
    TRY(key_disk_recount(disk));
    TRY(key_disk_each(disk, KEY_READ_RUNS, 6, load_run, levels));
    TRY(key_disk_each(disk, KEY_READ_MERGES, KEY_COLUMNS_MAXIMUM, load_merge, levels));
    TRY(key_disk_each(disk, KEY_READ_EXTENTS, 4, load_extent, &loading));
    free_until(&loading, key_disk_extent_count(disk));
    return check_loaded(levels);
}

enum status key_levels_load(struct key_levels *levels)
{
    key_levels_release(levels);
    enum status status = load(levels);
    if (status != STATUS_OK) key_levels_release(levels);
    return status;
}

static enum status find_in_runs(struct key_levels *levels, uint64_t fingerprint,
                                struct key_found *found)
{
    for (uint32_t i = 1; i <= KEY_LEVELS_MAXIMUM; i++) {
        struct key_level *level = level_of(levels, i);
        if (level->live != NULL) TRY(key_run_find(levels->disk, level->live, fingerprint, found));
        if (level->leaving != NULL)
            TRY(key_run_find(levels->disk, level->leaving, fingerprint, found));
    }
    return STATUS_OK;
}

enum status key_levels_find(struct key_levels *levels, uint64_t fingerprint,
                            struct key_found *found)
{
    if (key_levels_depth(levels) == 0) return STATUS_OK;
    TRY(key_disk_hold(levels->disk));
    enum status status = find_in_runs(levels, fingerprint, found);
    key_disk_let_go(levels->disk);
    return status;
}

/* ---- starting ---- */

/* M * G^number keys, or as many as fit. */
static uint64_t capacity_of(const struct key_levels *levels, uint32_t number)
{
    uint64_t capacity = levels->memory_keys;
    for (uint32_t i = 0; i < number; i++) {
        if (capacity > UINT64_MAX / 8 / levels->growth) return UINT64_MAX / 8;
        capacity *= levels->growth;
    }
    return capacity;
}

/* The keys that came after what leaves to a level; all of them are in levels above it. */
static uint64_t keys_below(const struct key_levels *levels, uint32_t number, uint64_t in_memory)
{
    uint64_t keys = in_memory;
    for (uint32_t i = 1; i < number; i++) {
        keys += entries_of(levels->levels[i].live);
        if (i + 1 < number) keys += entries_of(levels->levels[i].leaving);
    }
    return keys;
}

static enum status set_run(struct key_levels *levels, const struct key_run *run, uint32_t level,
                           bool is_leaving)
{
    const int64_t values[] = {run->number,
                              level,
                              is_leaving,
                              (int64_t)run->entries,
                              run->parts[KEY_PART_ENTRIES].pages,
                              run->parts[KEY_PART_FILTERS].pages};
    return key_disk_change(levels->disk, KEY_SET_RUN, 6, values);
}

static enum status take_number(struct key_disk *disk, uint32_t *number)
{
    if (disk->next_run == UINT32_MAX) return STATUS_LIMIT;
    *number = disk->next_run++;
    return STATUS_OK;
}

static enum status new_merge(struct key_levels *levels, uint32_t number, struct key_merge **merge)
{
    uint32_t run = 0;
    TRY(take_number(levels->disk, &run));
    TRY(key_merge_new(run, merge));
    (*merge)->level = number;
    (*merge)->lower.run = levels->levels[number].live;
    return STATUS_OK;
}

/* Lets the live run of the level above go down, if it is full and the way is free. */
static enum status start_leaving(struct key_levels *levels, uint32_t number, uint64_t in_memory)
{
    struct key_level *above = level_of(levels, number - 1);
    struct key_level *level = level_of(levels, number);
    bool is_due = entries_of(above->live) >= capacity_of(levels, number - 1);
    bool is_free = above->leaving == NULL && above->merge == NULL && level->merge == NULL;
    if (!is_due || !is_free) return STATUS_OK;
    if (level->live == NULL) {
        TRY(set_run(levels, above->live, number, false));
        level->live = above->live;
        above->live = NULL;
        return STATUS_OK;
    }
    TRY(new_merge(levels, number, &level->merge));
    TRY(set_run(levels, above->live, number - 1, true));
    above->leaving = above->live;
    above->live = NULL;
    level->merge->upper.run = above->leaving;
    level->merge->takes_notes = true;
    level->merge->below_at_start = keys_below(levels, number, in_memory);
    key_merge_begin(level->merge);
    return key_merge_note(level->merge, levels->disk);
}

static enum status start_due(struct key_levels *levels, const struct key_pressure *pressure)
{
    for (uint32_t i = KEY_LEVELS_MAXIMUM; i > 1; i--)
        TRY(start_leaving(levels, i, pressure->keys));
    struct key_level *first = level_of(levels, 1);
    if (pressure->frozen == NULL || first->merge != NULL) return STATUS_OK;
    TRY(new_merge(levels, 1, &first->merge));
    first->merge->upper.memory = pressure->frozen;
    key_merge_begin(first->merge);
    return STATUS_OK;
}

/* ---- going on ---- */

/* How many entries should be done by now. */
static uint64_t wanted_of(const struct key_levels *levels, const struct key_merge *merge,
                          const struct key_pressure *pressure)
{
    uint64_t part = pressure->part;
    uint64_t whole = pressure->whole;
    if (merge->level > 1) {
        uint64_t below = keys_below(levels, merge->level, pressure->keys);
        part = below > merge->below_at_start ? below - merge->below_at_start : 0;
        whole = capacity_of(levels, merge->level - 1) / 4 * 3 + 1;
    }
    if (part >= whole) return merge->entries;
    return (uint64_t)((key_product)merge->entries * part / whole);
}

/* The output takes the place of its sources, on disk; what look-ups see stays. */
static enum status end_merge(struct key_levels *levels, const struct key_merge *merge)
{
    struct key_disk *disk = levels->disk;
    const struct key_run *sources[] = {merge->upper.run, merge->lower.run};
    for (int i = 0; i < 2; i++) {
        if (sources[i] == NULL) continue;
        TRY(key_disk_change(disk, KEY_DELETE_RUN, 1, (const int64_t[]){sources[i]->number}));
    }
    if (merge->takes_notes)
        TRY(key_disk_change(disk, KEY_DELETE_MERGE, 1, (const int64_t[]){merge->level}));
    return set_run(levels, merge->output, merge->level, false);
}

enum status key_levels_work(struct key_levels *levels, const struct key_pressure *pressure,
                            uint32_t *budget_pages, bool *has_ended)
{
    *has_ended = false;
    TRY(start_due(levels, pressure));
    for (uint32_t i = 1; i <= KEY_LEVELS_MAXIMUM; i++) {
        struct key_merge *merge = levels->levels[i].merge;
        if (merge == NULL || merge->is_finished) continue;
        uint64_t wanted = wanted_of(levels, merge, pressure);
        TRY(key_merge_step(merge, levels->disk, wanted, budget_pages));
        if (!merge->is_finished) continue;
        TRY(end_merge(levels, merge));
        if (i == 1) *has_ended = true;
    }
    return STATUS_OK;
}

static void drop_run(struct key_levels *levels, struct key_run **run)
{
    if (*run != NULL) key_run_give_back(*run, levels->disk);
    key_run_free(*run);
    *run = NULL;
}

void key_levels_committed(struct key_levels *levels)
{
    for (uint32_t i = 1; i <= KEY_LEVELS_MAXIMUM; i++) {
        struct key_level *level = level_of(levels, i);
        if (level->merge == NULL || !level->merge->is_finished) continue;
        drop_run(levels, &level->live);
        if (i > 1) drop_run(levels, &levels->levels[i - 1].leaving);
        level->live = level->merge->output;
        level->merge->output = NULL;
        key_merge_free(level->merge);
        level->merge = NULL;
    }
}
