/* Recalling pages and filling them. See pages.h.
 *
 * Invariant: no lot is in two places: a page is emptied by the decision that recalls it.
 */
#include "engine/pages.h"

const struct bounds usual_bounds = {.high_bytes = 15u << 10,
                                    .low_bytes = 12u << 10,
                                    .kept_lots = 32,
                                    .least_lots = 32,
                                    .most_lots = 256};

#define WANTED_MAXIMUM 65535u

/* ---- back into the member ---- */

static enum status want_page(struct working *working, uint64_t page)
{
    struct wanted_pages *wanted = working->wanted;
    if (wanted == NULL) return STATUS_CORRUPT;
    TRY(array_reserve(&working->states->arena, &wanted->pages, wanted->count, &wanted->capacity,
                      sizeof *wanted->pages, WANTED_MAXIMUM));
    wanted->pages[wanted->count++] = page;
    return STATUS_OK;
}

/* The page's entity; NULL, and noted as wanted, when it is not loaded. */
static enum status find_page(struct working *working, uint64_t page, struct state **found)
{
    char bytes[PAGE_ID_BYTES];
    *found = find_state(working, ENTITY_PAGE, page_id(page, bytes));
    if (*found != NULL && (*found)->size > 0) return STATUS_OK;
    *found = NULL;
    return want_page(working, page);
}

enum status pages_recall(struct working *working, struct state *member, uint32_t class_index,
                         uint32_t lot_index)
{
    uint32_t place = member_first_lot(member, class_index) + lot_index;
    const struct page_reference *page = member_page_at(member, place);
    struct effect effect = {.kind = EFFECT_LOTS_RECALLED,
                            .index = class_index,
                            .lot = lot_index,
                            .reference = page->page};
    struct state *entity;
    TRY(find_page(working, page->page, &entity));
    if (entity == NULL) {
        TRY(page_stand_in(&working->states->arena, &member_lots(member)[place], page,
                          &effect.payload));
        return emit(working, member, effect);
    }
    effect.payload = (struct text){(const char *)entity->bytes, entity->size};
    TRY(emit(working, member, effect));
    return emit(working, entity, (struct effect){.kind = EFFECT_PAGE_CLOSED});
}

/* The first entry of a page that could hold the earning. */
static bool find_covering(const struct state *member, uint32_t wallet, uint8_t account,
                          uint64_t earning, uint32_t *class_index, uint32_t *lot_index)
{
    const struct lot_class *classes = member_classes(member);
    const struct purse *purses = member_purses(member);
    const struct lot *lots = member_lots(member);
    const struct page_reference *page = member_pages(member);
    for (uint32_t i = 0; i < member_count(member, SECTION_CLASSES); i++) {
        bool counts = classes[i].account == account && purses[classes[i].purse].wallet == wallet;
        for (uint32_t k = 0; k < classes[i].lots; k++) {
            if (!lot_is_page(&lots[k])) continue;
            if (counts && page_covers(&lots[k], page, earning)) {
                *class_index = i;
                *lot_index = k;
                return true;
            }
            page++;
        }
        lots += classes[i].lots;
    }
    return false;
}

enum status pages_recall_earning(struct working *working, struct state *member, uint32_t wallet,
                                 uint8_t account, uint64_t earning)
{
    uint32_t class_index;
    uint32_t lot_index;
    if (member_count(member, SECTION_PAGES) == 0) return STATUS_OK;
    while (find_covering(member, wallet, account, earning, &class_index, &lot_index))
        TRY(pages_recall(working, member, class_index, lot_index));
    return STATUS_OK;
}

enum status pages_recall_of_class(struct working *working, struct state *member,
                                  uint32_t class_index, bool only_mixed, bool *has_recalled)
{
    *has_recalled = false;
    if (member_count(member, SECTION_PAGES) == 0) return STATUS_OK;
    uint32_t first = member_first_lot(member, class_index);
    for (uint32_t k = 0; k < member_classes(member)[class_index].lots; k++) {
        if (!lot_is_page(&member_lots(member)[first + k])) continue;
        if (only_mixed && member_page_at(member, first + k)->is_mixed == 0) continue;
        *has_recalled = true;
        return pages_recall(working, member, class_index, k);
    }
    return STATUS_OK;
}

enum status pages_close(struct working *working, const struct state *member, uint32_t class_index,
                        uint32_t count)
{
    uint32_t first = member_first_lot(member, class_index);
    uint32_t page = member_pages_before(member, first);
    uint32_t end = member_pages_before(member, first + count);
    for (; page < end; page++) {
        struct state *entity;
        TRY(find_page(working, member_pages(member)[page].page, &entity));
        if (entity == NULL) continue;
        TRY(emit(working, entity, (struct effect){.kind = EFFECT_PAGE_CLOSED}));
    }
    return STATUS_OK;
}

/* ---- out of the member ---- */

/* Lots next to each other in the section that may go to one page. */
struct run {
    uint32_t class_index;
    uint32_t lot_index;
    uint32_t lots;
};

/* What is renewed together ends together, so it does not go with what has an end of its own. */
static bool goes_with(const struct lot_class *a, const struct lot_class *b)
{
    return a->purse == b->purse && a->account == b->account && a->hold == b->hold &&
           (a->expires_at_us == EXPIRES_RENEWED) == (b->expires_at_us == EXPIRES_RENEWED);
}

/* The longest run among `count` classes whose lots go with each other, the first of which is `lot`,
 * if longer than `best`; answers the lot behind them. */
static const struct lot *longest_of_group(const struct bounds *bounds,
                                          const struct lot_class *classes, uint32_t class_index,
                                          uint32_t count, const struct lot *lot, struct run *best)
{
    uint32_t margin = classes[class_index].account == ACCOUNT_EXPIRED ? 0 : bounds->kept_lots;
    uint32_t lots = 0;
    uint32_t number = 0;
    struct run run = {0};
    for (uint32_t c = class_index; c < class_index + count; c++)
        lots += classes[c].lots;
    for (uint32_t c = class_index; c < class_index + count; c++) {
        for (uint32_t k = 0; k < classes[c].lots; k++, lot++, number++) {
            if (lot_is_page(lot) || number < margin || number + margin >= lots) {
                run.lots = 0;
                continue;
            }
            if (run.lots == 0) run = (struct run){c, k, 0};
            run.lots++;
            if (run.lots > best->lots) *best = run;
        }
    }
    return lot;
}

static struct run longest_run(const struct bounds *bounds, const struct state *member)
{
    struct run best = {0};
    const struct lot_class *classes = member_classes(member);
    const struct lot *lot = member_lots(member);
    uint32_t total = member_count(member, SECTION_CLASSES);
    for (uint32_t c = 0; c < total;) {
        uint32_t count = 1;
        while (c + count < total && goes_with(&classes[c], &classes[c + count]))
            count++;
        lot = longest_of_group(bounds, classes, c, count, lot, &best);
        c += count;
    }
    if (best.lots > bounds->most_lots) best.lots = bounds->most_lots;
    return best;
}

/* Adds the page's entity to the working set, which may move the list. */
static enum status open_page(struct working *working, uint64_t page, struct text payload)
{
    struct states *states = working->states;
    char bytes[PAGE_ID_BYTES];
    struct entity_key key = {.kind = ENTITY_PAGE};
    key.id = arena_copy(&states->arena, page_id(page, bytes));
    if (key.id.bytes == NULL) return STATUS_NO_MEMORY;
    if (states_find(states, &key) != NULL) return STATUS_CORRUPT;
    TRY(states_add(states, &key));
    struct state *entity = &states->list[states->count - 1];
    entity->is_loaded = true;
    return emit(working, entity, (struct effect){.kind = EFFECT_PAGE_OPENED, .payload = payload});
}

static enum status spill_run(struct working *working, uint32_t member, const struct run *run)
{
    struct states *states = working->states;
    uint64_t page = earning_id(working->event->position, working->page_count++);
    struct text payload;
    TRY(page_encode(&states->arena, working->event->position, &states->list[member],
                    run->class_index, run->lot_index, run->lots, &payload));
    TRY(open_page(working, page, payload));
    return emit(working, &states->list[member],
                (struct effect){.kind = EFFECT_LOTS_SPILLED,
                                .index = run->class_index,
                                .lot = run->lot_index,
                                .amount = run->lots,
                                .reference = page});
}

enum status pages_spill(struct working *working)
{
    const struct bounds *bounds = working->bounds;
    struct states *states = working->states;
    if (bounds == NULL) return STATUS_OK;
    for (uint32_t i = 0; i < states->count; i++) {
        if (states->list[i].key.kind != ENTITY_MEMBER || !states->list[i].is_dirty) continue;
        if (states->list[i].size <= bounds->high_bytes) continue;
        while (states->list[i].size > bounds->low_bytes) {
            struct run run = longest_run(bounds, &states->list[i]);
            if (run.lots < bounds->least_lots) break;
            TRY(spill_run(working, i, &run));
        }
    }
    return STATUS_OK;
}
