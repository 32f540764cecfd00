/* A page's bytes, and how lots leave a member for one and come back. See page.h.
 *
 * Must never: look at the programme or at the page entity when a member is folded; what comes back
 * is in the effect.
 */
#include "engine/page.h"

#include "engine/codec_bytes.h"

struct text page_id(uint64_t page, char bytes[PAGE_ID_BYTES])
{
    for (int i = 0; i < PAGE_ID_BYTES; i++)
        bytes[i] = (char)(uint8_t)(page >> (8 * (PAGE_ID_BYTES - 1 - i)));
    return (struct text){bytes, PAGE_ID_BYTES};
}

/* ---- bytes ---- */

/* Differences wrap around: both ends of the range stand for "never". */
static int64_t difference(int64_t value, int64_t before)
{
    return (int64_t)((uint64_t)value - (uint64_t)before);
}

static int64_t read_difference(struct reader *reader, int64_t before)
{
    return (int64_t)((uint64_t)before + (uint64_t)read_signed(reader));
}

/* The header of a page, with which the differences begin. */
static const struct page_lot before_first;

static uint8_t *write_class(uint8_t *to, const struct lot_class *lot_class,
                            const struct lot_class *before, uint32_t lots)
{
    to = write_signed(to, difference(lot_class->release_at_us, before->release_at_us));
    to = write_signed(to, difference(lot_class->expires_at_us, before->expires_at_us));
    to = write_unsigned(to, lot_class->funder);
    return write_unsigned(to, lots);
}

static uint8_t *write_lot(uint8_t *to, const struct lot *lot, const struct lot *before)
{
    to = write_signed(to, difference((int64_t)lot->earning, (int64_t)before->earning));
    to = write_signed(to, lot->remaining);
    to = write_unsigned(to, lot->rule ^ before->rule);
    return write_signed(to, difference(lot->returnable_until_day, before->returnable_until_day));
}

enum status page_encode(struct arena *arena, uint64_t position, const struct state *member,
                        uint32_t class_index, uint32_t lot_index, uint32_t count,
                        struct text *bytes)
{
    const struct lot_class *classes = member_classes(member) + class_index;
    const struct lot *lots = member_lots(member) + member_first_lot(member, class_index);
    struct lot_class class_before = before_first.lot_class;
    struct lot lot_before = before_first.lot;
    uint32_t class_count = 0;
    for (uint32_t seen = 0; seen < lot_index + count; class_count++)
        seen += classes[class_count].lots;
    size_t room = (3 + (size_t)class_count * 4 + (size_t)count * 4) * VARINT_MAXIMUM;
    uint8_t *start = arena_allocate(arena, room);
    if (start == NULL) return STATUS_NO_MEMORY;
    uint8_t *to = start;
    *to++ = PAGE_FORMAT;
    to = write_unsigned(to, position);
    to = write_unsigned(to, class_count);
    for (uint32_t c = 0; c < class_count; c++) {
        uint32_t part = classes[c].lots - lot_index;
        if (part > count) part = count;
        to = write_class(to, &classes[c], &class_before, part);
        for (uint32_t i = 0; i < part; i++) {
            to = write_lot(to, &lots[lot_index + i], &lot_before);
            lot_before = lots[lot_index + i];
        }
        class_before = classes[c];
        lots += classes[c].lots;
        count -= part;
        lot_index = 0;
    }
    *bytes = (struct text){(const char *)start, (size_t)(to - start)};
    return STATUS_OK;
}

static void read_page_lot(struct reader *reader, const struct lot *before, struct lot *lot)
{
    lot->earning = (uint64_t)read_difference(reader, (int64_t)before->earning);
    lot->remaining = read_signed(reader);
    lot->rule = (uint32_t)read_bounded(reader, UINT32_MAX) ^ before->rule;
    int64_t day = read_difference(reader, before->returnable_until_day);
    if (day < INT32_MIN || day > INT32_MAX || day == DAY_OF_PAGE || lot->remaining <= 0) {
        reader->failed = true;
        return;
    }
    lot->returnable_until_day = (int32_t)day;
}

enum status page_decode(struct arena *arena, struct text bytes, struct page_lot **lots,
                        uint32_t *count)
{
    struct reader reader = reader_of(bytes.bytes, bytes.length);
    struct page_lot before = before_first;
    uint32_t capacity = PAGE_LOT_MAXIMUM;
    if (bytes.length < capacity) capacity = (uint32_t)bytes.length; /* a lot has some bytes */
    struct page_lot *list = arena_allocate_zeroed(arena, capacity + 1, sizeof *list);
    if (list == NULL) return STATUS_NO_MEMORY;
    uint32_t read = 0;
    if (read_bounded(&reader, UINT8_MAX) != PAGE_FORMAT) return STATUS_CORRUPT;
    (void)read_unsigned(&reader);
    uint64_t classes = read_bounded(&reader, PAGE_LOT_MAXIMUM);
    for (uint64_t c = 0; c < classes && !reader.failed; c++) {
        before.lot_class.release_at_us = read_difference(&reader, before.lot_class.release_at_us);
        before.lot_class.expires_at_us = read_difference(&reader, before.lot_class.expires_at_us);
        before.lot_class.funder = (uint32_t)read_bounded(&reader, UINT32_MAX);
        uint64_t part = read_bounded(&reader, capacity - read);
        for (uint64_t i = 0; i < part && !reader.failed; i++) {
            read_page_lot(&reader, &before.lot, &before.lot);
            list[read++] = before;
        }
    }
    if (reader.failed || reader.at != reader.end || read == 0) return STATUS_CORRUPT;
    *lots = list;
    *count = read;
    return STATUS_OK;
}

enum status page_bytes_position(const void *bytes, size_t size, uint64_t *position)
{
    struct reader reader = reader_of(bytes, size);
    if (read_bounded(&reader, UINT8_MAX) != PAGE_FORMAT) return STATUS_CORRUPT;
    uint64_t read = read_unsigned(&reader);
    if (reader.failed) return STATUS_CORRUPT;
    *position = read;
    return STATUS_OK;
}

enum status page_stand_in(struct arena *arena, const struct lot *entry,
                          const struct page_reference *page, struct text *bytes)
{
    const struct lot lot = {.earning = entry->earning,
                            .remaining = entry->remaining,
                            .returnable_until_day = page->returnable_until_day};
    uint8_t *start = arena_allocate(arena, 11 * VARINT_MAXIMUM);
    if (start == NULL) return STATUS_NO_MEMORY;
    uint8_t *to = start;
    *to++ = PAGE_FORMAT;
    to = write_unsigned(to, page->page >> 16);
    to = write_unsigned(to, 1);
    to = write_class(to, &before_first.lot_class, &before_first.lot_class, 1);
    to = write_lot(to, &lot, &before_first.lot);
    *bytes = (struct text){(const char *)start, (size_t)(to - start)};
    return STATUS_OK;
}

/* ---- out of the member ---- */

/* What a page's entry and reference say of one more lot. */
static enum status count_in(struct lot_class *properties, struct lot *entry,
                            struct page_reference *page, const struct lot_class *lot_class,
                            const struct lot *lot)
{
    bool is_first = page->lots == 0;
    if (is_first) *properties = *lot_class;
    if (lot_class->purse != properties->purse || lot_class->account != properties->account ||
        lot_class->hold != properties->hold || lot_is_page(lot)) {
        return STATUS_CORRUPT;
    }
    if (lot_class->expires_at_us < properties->expires_at_us) {
        properties->expires_at_us = lot_class->expires_at_us;
    }
    if (lot_class->release_at_us < properties->release_at_us) {
        properties->release_at_us = lot_class->release_at_us;
    }
    if (lot_class->funder < properties->funder) properties->funder = lot_class->funder;
    if (is_first || lot->earning < entry->earning) entry->earning = lot->earning;
    if (is_first || lot->earning > page->newest) page->newest = lot->earning;
    if (is_first || lot->returnable_until_day > page->returnable_until_day) {
        page->returnable_until_day = lot->returnable_until_day;
    }
    page->lots++;
    return amount_increase(&entry->remaining, lot->remaining);
}

enum status member_spill(struct states *states, struct state *state, const struct effect *effect)
{
    uint32_t class_index = effect->index;
    if (effect->amount < 1 || effect->amount > PAGE_LOT_MAXIMUM ||
        class_index >= member_count(state, SECTION_CLASSES) ||
        effect->lot >= member_classes(state)[class_index].lots) {
        return STATUS_CORRUPT;
    }
    uint32_t left = (uint32_t)effect->amount;
    uint32_t lot_index = effect->lot;
    struct lot_class properties = {0};
    struct lot entry = {.returnable_until_day = DAY_OF_PAGE};
    struct page_reference page = {.page = effect->reference};
    bool has_renewed = false;
    bool has_others = false;
    while (left > 0) {
        if (class_index >= member_count(state, SECTION_CLASSES)) return STATUS_CORRUPT;
        struct lot_class *lot_class = &member_classes(state)[class_index];
        uint32_t place = member_first_lot(state, class_index) + lot_index;
        uint32_t part = lot_class->lots - lot_index;
        if (part > left) part = left;
        for (uint32_t i = 0; i < part; i++) {
            TRY(count_in(&properties, &entry, &page, lot_class, &member_lots(state)[place + i]));
        }
        bool is_renewed = lot_class->expires_at_us == EXPIRES_RENEWED;
        has_renewed = has_renewed || is_renewed;
        has_others = has_others || !is_renewed;
        left -= part;
        if (left > 0 || page.lots > part) page.is_mixed = 1;
        lot_class->lots = (uint16_t)(lot_class->lots - part);
        bool is_empty = lot_class->lots == 0;
        member_remove_lots(state, place, part);
        if (is_empty) {
            member_remove(state, SECTION_CLASSES, class_index, 1);
        } else {
            class_index++;
        }
        lot_index = 0;
    }
    /* Points that are renewed together end together: they do not go with others. */
    if (has_renewed && has_others) return STATUS_CORRUPT;
    return member_add_page(states, state, &properties, &entry, &page);
}

/* ---- and back ---- */

enum status member_recall(struct states *states, struct state *state, const struct effect *effect)
{
    if (effect->index >= member_count(state, SECTION_CLASSES)) return STATUS_CORRUPT;
    struct lot_class *lot_class = &member_classes(state)[effect->index];
    if (effect->lot >= lot_class->lots) return STATUS_CORRUPT;
    uint32_t place = member_first_lot(state, effect->index) + effect->lot;
    struct lot entry = member_lots(state)[place];
    if (!lot_is_page(&entry)) return STATUS_CORRUPT;
    struct page_reference page = *member_page_at(state, place);
    if (page.page != effect->reference) return STATUS_CORRUPT;
    struct page_lot *lots;
    uint32_t count;
    TRY(page_decode(&states->arena, effect->payload, &lots, &count));
    struct lot_class properties = *lot_class;
    lot_class->lots--;
    bool is_empty = lot_class->lots == 0;
    member_remove_lots(state, place, 1);
    if (is_empty) member_remove(state, SECTION_CLASSES, effect->index, 1);
    int64_t sum = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct lot *lot = &lots[i].lot;
        if (!page_covers(&entry, &page, lot->earning)) return STATUS_CORRUPT;
        /* Of a page of one class the class counts: it may have been turned meanwhile. */
        if (page.is_mixed != 0) {
            properties.release_at_us = lots[i].lot_class.release_at_us;
            properties.expires_at_us = lots[i].lot_class.expires_at_us;
            properties.funder = lots[i].lot_class.funder;
        }
        TRY(amount_increase(&sum, lot->remaining));
        TRY(member_add_lot(states, state, &properties, lot));
    }
    return sum == entry.remaining ? STATUS_OK : STATUS_CORRUPT;
}
