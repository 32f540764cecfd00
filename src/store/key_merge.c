/* Key merge: sources, the writing of the output, notes. See key_merge.h. */
#include "store/key_merge.h"

#include <stdlib.h>

enum status key_merge_new(uint32_t run_number, struct key_merge **merge)
{
    struct key_merge *made = calloc(1, sizeof *made);
    if (made == NULL) return STATUS_NO_MEMORY;
    enum status status = key_run_new(run_number, &made->output);
    if (status != STATUS_OK) {
        free(made);
        return status;
    }
    *merge = made;
    return STATUS_OK;
}

void key_merge_free(struct key_merge *merge)
{
    if (merge == NULL) return;
    key_run_free(merge->output);
    free(merge);
}

size_t key_merge_bytes(const struct key_merge *merge)
{
    return sizeof *merge + (merge->output == NULL ? 0 : key_run_bytes(merge->output));
}

/* ---- a source ---- */

static uint64_t source_entries(const struct key_source *source)
{
    if (source->memory != NULL) return source->memory->count;
    return source->run != NULL ? source->run->entries : 0;
}

/* Makes the head what comes next; *is_there false: nothing does. *waits: the budget is spent. */
static enum status source_load(struct key_source *source, struct key_disk *disk,
                               uint32_t *budget_pages, bool *is_there, bool *waits)
{
    *is_there = true;
    if (source->is_loaded) return STATUS_OK;
    if (source->memory != NULL) {
        *is_there = key_memory_next(source->memory, &source->slot, &source->head);
        source->is_loaded = *is_there;
        return STATUS_OK;
    }
    *is_there = source->run != NULL && source->page < source->run->parts[KEY_PART_ENTRIES].pages;
    *waits = *is_there && *budget_pages == 0;
    if (!*is_there || *waits) return STATUS_OK;
    const uint8_t *page = NULL;
    TRY(key_run_read(disk, source->run, KEY_PART_ENTRIES, source->page, &page));
    memcpy(source->bytes, page, KEY_PAGE_BYTES);
    key_disk_read_end(disk);
    --*budget_pages;
    if (!key_view_init(&source->view, source->bytes) || source->entry >= source->view.count)
        return STATUS_CORRUPT;
    source->head = key_view_entry(&source->view, source->entry);
    source->is_loaded = true;
    return STATUS_OK;
}

static void source_advance(struct key_source *source)
{
    if (source->memory != NULL) {
        source->is_loaded = false;
    } else if (++source->entry < source->view.count) {
        source->head = key_view_entry(&source->view, source->entry);
    } else {
        source->page++;
        source->entry = 0;
        source->is_loaded = false;
    }
}

/* ---- the output ---- */

/* Writes the next page of a part; *is_written false: the budget is spent. */
static enum status write_page(struct key_merge *merge, struct key_disk *disk, enum key_part part,
                              const uint8_t page[KEY_PAGE_BYTES], uint32_t *budget_pages,
                              bool *is_written)
{
    struct key_run *run = merge->output;
    struct key_run_part *of = &run->parts[part];
    uint32_t ordinal = of->pages / KEY_EXTENT_PAGES;
    *is_written = false;
    if (*budget_pages == 0) return STATUS_OK;
    if (ordinal == of->extent_count) {
        uint32_t extent = 0;
        bool is_taken = false;
        TRY(key_disk_take(disk, run->number, part, ordinal, budget_pages, &extent, &is_taken));
        if (!is_taken) return STATUS_OK;
        TRY(key_run_set_extent(run, part, ordinal, extent));
        if (*budget_pages == 0) return STATUS_OK;
    }
    uint64_t row = (uint64_t)of->extents[ordinal] * KEY_EXTENT_PAGES + of->pages % KEY_EXTENT_PAGES;
    TRY(key_disk_write(disk, row, page));
    of->pages++;
    --*budget_pages;
    *is_written = true;
    return STATUS_OK;
}

static enum status write_filter(struct key_merge *merge, struct key_disk *disk,
                                uint32_t *budget_pages, bool *is_written)
{
    uint32_t index = merge->output->parts[KEY_PART_FILTERS].pages;
    uint32_t next_page = merge->output->parts[KEY_PART_ENTRIES].pages;
    /* The entry added last is in the draft. A filter without entries names a page all the same. */
    uint32_t last_page = merge->draft.count > 0 || next_page == 0 ? next_page : next_page - 1;
    uint32_t first_page = merge->filter_is_begun ? merge->filter_first_page : last_page;
    key_filter_write(merge->filter, merge->output->number, index, first_page, last_page);
    TRY(write_page(merge, disk, KEY_PART_FILTERS, merge->filter, budget_pages, is_written));
    if (!*is_written) return STATUS_OK;
    memset(merge->filter, 0, sizeof merge->filter);
    merge->filter_is_begun = false;
    return STATUS_OK;
}

static enum status write_draft(struct key_merge *merge, struct key_disk *disk,
                               uint32_t *budget_pages, bool *is_written)
{
    uint8_t page[KEY_PAGE_BYTES];
    key_page_draft_write(&merge->draft, merge->output->number,
                         merge->output->parts[KEY_PART_ENTRIES].pages, page);
    TRY(write_page(merge, disk, KEY_PART_ENTRIES, page, budget_pages, is_written));
    if (*is_written) merge->draft.count = 0;
    return STATUS_OK;
}

/* Adds an entry that is not below those before; *is_put false: the budget is spent. */
static enum status put(struct key_merge *merge, struct key_disk *disk, struct key_entry entry,
                       uint32_t *budget_pages, bool *is_put)
{
    *is_put = false;
    uint32_t share = key_share(entry.fingerprint, merge->filters);
    while (merge->output->parts[KEY_PART_FILTERS].pages < share) {
        bool is_written = false;
        TRY(write_filter(merge, disk, budget_pages, &is_written));
        if (!is_written) return STATUS_OK;
    }
    while (!key_page_draft_add(&merge->draft, entry)) {
        bool is_written = false;
        TRY(write_draft(merge, disk, budget_pages, &is_written));
        if (!is_written) return STATUS_OK;
        bool is_due = merge->output->parts[KEY_PART_ENTRIES].pages % KEY_EXTENT_PAGES == 0;
        if (is_due && merge->takes_notes) TRY(key_merge_note(merge, disk));
    }
    if (!merge->filter_is_begun) {
        merge->filter_is_begun = true;
        merge->filter_first_page = merge->output->parts[KEY_PART_ENTRIES].pages;
    }
    key_filter_add(merge->filter, entry.fingerprint);
    merge->output->entries++;
    *is_put = true;
    return STATUS_OK;
}

/* What is left when both sources are at their end: filters, and the last page. */
static enum status finish(struct key_merge *merge, struct key_disk *disk, uint32_t *budget_pages)
{
    if (merge->done != merge->entries) return STATUS_CORRUPT;
    bool is_written = true;
    while (is_written && merge->output->parts[KEY_PART_FILTERS].pages < merge->filters)
        TRY(write_filter(merge, disk, budget_pages, &is_written));
    if (is_written && merge->draft.count > 0)
        TRY(write_draft(merge, disk, budget_pages, &is_written));
    merge->is_finished = is_written;
    return STATUS_OK;
}

/* ---- the merge ---- */

void key_merge_begin(struct key_merge *merge)
{
    merge->entries = source_entries(&merge->upper) + source_entries(&merge->lower);
    merge->filters = (uint32_t)(merge->entries / KEY_FILTER_ENTRIES) + 1;
}

enum status key_merge_step(struct key_merge *merge, struct key_disk *disk, uint64_t wanted,
                           uint32_t *budget_pages)
{
    struct key_source *upper = &merge->upper;
    struct key_source *lower = &merge->lower;
    while (!merge->is_finished && (merge->done < wanted || wanted >= merge->entries)) {
        bool has_upper = false;
        bool has_lower = false;
        bool waits = false;
        TRY(source_load(upper, disk, budget_pages, &has_upper, &waits));
        if (!waits) TRY(source_load(lower, disk, budget_pages, &has_lower, &waits));
        if (waits) return STATUS_OK;
        if (!has_upper && !has_lower) return finish(merge, disk, budget_pages);
        bool takes_upper =
            has_upper && (!has_lower || !key_entry_is_before(lower->head, upper->head));
        bool takes_lower =
            has_lower && (!has_upper || !key_entry_is_before(upper->head, lower->head));
        bool is_put = false;
        struct key_entry entry = takes_upper ? upper->head : lower->head;
        TRY(put(merge, disk, entry, budget_pages, &is_put));
        if (!is_put) return STATUS_OK;
        if (takes_upper) source_advance(upper);
        if (takes_lower) source_advance(lower);
        merge->done += (uint64_t)takes_upper + (uint64_t)takes_lower;
    }
    return STATUS_OK;
}

/* ---- notes ---- */

enum status key_merge_note(const struct key_merge *merge, struct key_disk *disk)
{
    const struct key_run *output = merge->output;
    uint32_t first_page =
        merge->filter_is_begun ? merge->filter_first_page : output->parts[KEY_PART_ENTRIES].pages;
    const int64_t values[] = {
        merge->level,
        output->number,
        (int64_t)output->entries,
        output->parts[KEY_PART_ENTRIES].pages,
        output->parts[KEY_PART_FILTERS].pages,
        merge->filters,
        first_page,
        (int64_t)merge->done,
        (int64_t)merge->below_at_start,
        merge->upper.page,
        merge->upper.entry,
        merge->lower.page,
        merge->lower.entry,
    };
    return key_disk_change(disk, KEY_SET_MERGE, sizeof values / sizeof *values, values);
}

enum status key_merge_take_note(struct key_merge *merge, const int64_t *values)
{
    for (int i = 0; i < 13; i++) {
        bool is_long = i == 2 || i == 7 || i == 8;
        if (values[i] < 0 || (!is_long && values[i] > UINT32_MAX)) return STATUS_CORRUPT;
    }
    merge->takes_notes = true;
    merge->level = (uint32_t)values[0];
    merge->output->number = (uint32_t)values[1];
    merge->output->entries = (uint64_t)values[2];
    merge->output->parts[KEY_PART_ENTRIES].pages = (uint32_t)values[3];
    merge->output->parts[KEY_PART_FILTERS].pages = (uint32_t)values[4];
    merge->filter_first_page = (uint32_t)values[6];
    merge->done = (uint64_t)values[7];
    merge->below_at_start = (uint64_t)values[8];
    merge->upper.page = (uint32_t)values[9];
    merge->upper.entry = (uint32_t)values[10];
    merge->lower.page = (uint32_t)values[11];
    merge->lower.entry = (uint32_t)values[12];
    return STATUS_OK;
}

enum status key_merge_resume(struct key_merge *merge, struct key_disk *disk)
{
    const struct key_run *output = merge->output;
    uint32_t share = output->parts[KEY_PART_FILTERS].pages;
    if (!key_run_is_whole(output) || share > merge->filters || merge->done > merge->entries)
        return STATUS_CORRUPT;
    uint32_t page = merge->filter_first_page;
    for (; page < output->parts[KEY_PART_ENTRIES].pages; page++) {
        const uint8_t *bytes = NULL;
        struct key_view view;
        TRY(key_run_read(disk, output, KEY_PART_ENTRIES, page, &bytes));
        bool is_good = key_view_init(&view, bytes);
        for (uint32_t i = 0; is_good && i < view.count; i++) {
            uint64_t fingerprint = key_view_fingerprint(&view, i);
            if (key_share(fingerprint, merge->filters) != share) continue;
            key_filter_add(merge->filter, fingerprint);
            merge->filter_is_begun = true;
        }
        key_disk_read_end(disk);
        if (!is_good) return STATUS_CORRUPT;
    }
    return STATUS_OK;
}
