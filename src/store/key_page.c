/* Key pages: packing, searching, and the sum that tells a harmed page. See key_page.h.
 *
 * Invariants
 *   1. No read goes past the page: 8 bytes are read where fewer are meant, so the last 8 of a page
 *      of entries are never used.
 *   2. A page that is sound was written by this file; its entries are in order.
 */
#include "store/key_page.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "key pages are little-endian");
_Static_assert(KEY_PAGE_BYTES % 8 == 0, "the sum takes 8 bytes at a time");

enum {
    AT_SUM = 0,
    AT_RUN = 8,
    AT_INDEX = 12,
    AT_COUNT = 16,
    AT_PART = 18,
    AT_FINGERPRINT_BYTES = 19,
    AT_POSITION_BYTES = 20,
    AT_FIRST_FINGERPRINT = 24,
    AT_LEAST_POSITION = 32,
    AT_ENTRIES = 40,
    AT_FIRST_PAGE = 24,
    AT_LAST_PAGE = 28,
    AT_BITS = 32,
};

#define ENTRIES_ROOM (KEY_PAGE_BYTES - AT_ENTRIES - 8)
#define FILTER_BITS ((uint32_t)(KEY_PAGE_BYTES - AT_BITS) * 8)
#define FILTER_PROBES 7

_Static_assert(ENTRIES_ROOM / (8 + 6) == KEY_PAGE_ENTRIES_LEAST, "as the header says");

static uint64_t read_u64(const uint8_t *from)
{
    uint64_t value;
    memcpy(&value, from, sizeof value);
    return value;
}

static uint32_t read_u32(const uint8_t *from)
{
    uint32_t value;
    memcpy(&value, from, sizeof value);
    return value;
}

static void write_u64(uint8_t *to, uint64_t value)
{
    memcpy(to, &value, sizeof value);
}

static void write_u32(uint8_t *to, uint32_t value)
{
    memcpy(to, &value, sizeof value);
}

/* Four lanes of multiply and shift, so that a look-up can afford it. It finds torn, stale, zeroed
 * and flipped pages; it is no defence against forgery, and need not be. */
static uint64_t sum_of(const uint8_t page[KEY_PAGE_BYTES])
{
    enum { LANES = 4 };
    const uint64_t factor = 0x9e3779b97f4a7c15u;
    uint64_t lanes[LANES] = {1, 2, 3, 4};
    size_t at = AT_RUN;
    for (; at + (size_t)LANES * 8 <= KEY_PAGE_BYTES; at += (size_t)LANES * 8) {
        for (size_t lane = 0; lane < LANES; lane++) {
            uint64_t mixed = (lanes[lane] ^ read_u64(page + at + lane * 8)) * factor;
            lanes[lane] = mixed ^ (mixed >> 32);
        }
    }
    uint64_t sum = KEY_PAGE_BYTES;
    for (; at < KEY_PAGE_BYTES; at += 8)
        sum = (sum ^ read_u64(page + at)) * factor;
    for (size_t lane = 0; lane < LANES; lane++) {
        sum = (sum ^ lanes[lane]) * factor;
        sum ^= sum >> 29;
    }
    return sum;
}

static void write_header(uint8_t page[KEY_PAGE_BYTES], enum key_part part, uint32_t run,
                         uint32_t index)
{
    write_u32(page + AT_RUN, run);
    write_u32(page + AT_INDEX, index);
    page[AT_PART] = (uint8_t)part;
    write_u64(page + AT_SUM, sum_of(page));
}

bool key_page_is_sound(const uint8_t page[KEY_PAGE_BYTES], enum key_part part, uint32_t run,
                       uint32_t index)
{
    return page[AT_PART] == (uint8_t)part && read_u32(page + AT_RUN) == run &&
           read_u32(page + AT_INDEX) == index && read_u64(page + AT_SUM) == sum_of(page);
}

/* ---- a page of entries ---- */

static uint32_t bytes_for(uint64_t value)
{
    return value == 0 ? 0 : (uint32_t)(71 - __builtin_clzll(value)) / 8;
}

static uint64_t mask_of(uint32_t bytes)
{
    return bytes == 8 ? UINT64_MAX : ((uint64_t)1 << (8 * bytes)) - 1;
}

bool key_view_init(struct key_view *view, const uint8_t page[KEY_PAGE_BYTES])
{
    uint32_t count = (uint32_t)page[AT_COUNT] | (uint32_t)page[AT_COUNT + 1] << 8;
    uint32_t fingerprint_bytes = page[AT_FINGERPRINT_BYTES];
    uint32_t position_bytes = page[AT_POSITION_BYTES];
    if (count == 0 || count > KEY_PAGE_ENTRIES_MAXIMUM || fingerprint_bytes > 8 ||
        position_bytes > 6 || count * (fingerprint_bytes + position_bytes) > ENTRIES_ROOM) {
        return false;
    }
    *view = (struct key_view){
        .fingerprints = page + AT_ENTRIES,
        .positions = page + AT_ENTRIES + (size_t)count * fingerprint_bytes,
        .first_fingerprint = read_u64(page + AT_FIRST_FINGERPRINT),
        .least_position = read_u64(page + AT_LEAST_POSITION),
        .fingerprint_mask = mask_of(fingerprint_bytes),
        .position_mask = mask_of(position_bytes),
        .fingerprint_bytes = fingerprint_bytes,
        .position_bytes = position_bytes,
        .count = count,
    };
    return true;
}

uint64_t key_view_fingerprint(const struct key_view *view, uint32_t index)
{
    const uint8_t *at = view->fingerprints + (size_t)index * view->fingerprint_bytes;
    return view->first_fingerprint + (read_u64(at) & view->fingerprint_mask);
}

struct key_entry key_view_entry(const struct key_view *view, uint32_t index)
{
    const uint8_t *at = view->positions + (size_t)index * view->position_bytes;
    return (struct key_entry){key_view_fingerprint(view, index),
                              view->least_position + (read_u64(at) & view->position_mask)};
}

uint32_t key_view_find(const struct key_view *view, uint64_t fingerprint)
{
    uint32_t low = 0;
    uint32_t high = view->count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (key_view_fingerprint(view, middle) < fingerprint) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

bool key_page_draft_add(struct key_page_draft *draft, struct key_entry entry)
{
    uint32_t count = draft->count;
    if (count == 0) draft->least_position = draft->most_position = entry.position;
    uint64_t first = count == 0 ? entry.fingerprint : draft->entries[0].fingerprint;
    uint64_t least =
        entry.position < draft->least_position ? entry.position : draft->least_position;
    uint64_t most = entry.position > draft->most_position ? entry.position : draft->most_position;
    uint32_t entry_bytes = bytes_for(entry.fingerprint - first) + bytes_for(most - least);
    if (count == KEY_PAGE_ENTRIES_MAXIMUM || (count + 1) * entry_bytes > ENTRIES_ROOM) return false;
    draft->entries[count] = entry;
    draft->count = count + 1;
    draft->least_position = least;
    draft->most_position = most;
    return true;
}

void key_page_draft_write(const struct key_page_draft *draft, uint32_t run, uint32_t index,
                          uint8_t page[KEY_PAGE_BYTES])
{
    ASSERT(draft->count > 0);
    uint64_t first = draft->entries[0].fingerprint;
    uint32_t fingerprint_bytes = bytes_for(draft->entries[draft->count - 1].fingerprint - first);
    uint32_t position_bytes = bytes_for(draft->most_position - draft->least_position);
    memset(page, 0, KEY_PAGE_BYTES);
    page[AT_COUNT] = (uint8_t)draft->count;
    page[AT_COUNT + 1] = (uint8_t)(draft->count >> 8);
    page[AT_FINGERPRINT_BYTES] = (uint8_t)fingerprint_bytes;
    page[AT_POSITION_BYTES] = (uint8_t)position_bytes;
    write_u64(page + AT_FIRST_FINGERPRINT, first);
    write_u64(page + AT_LEAST_POSITION, draft->least_position);
    /* Each write of 8 bytes leaves zeros behind its number, which the next one covers. */
    uint8_t *to = page + AT_ENTRIES;
    for (uint32_t i = 0; i < draft->count; i++, to += fingerprint_bytes)
        write_u64(to, draft->entries[i].fingerprint - first);
    for (uint32_t i = 0; i < draft->count; i++, to += position_bytes)
        write_u64(to, draft->entries[i].position - draft->least_position);
    write_header(page, KEY_PART_ENTRIES, run, index);
}

/* ---- a filter page ---- */

/* The fingerprints of one filter agree in their upper bits: what the probes are made of must
 * depend on the lower ones. */
struct probes {
    uint32_t at;
    uint32_t step;
};

static struct probes probes_of(uint64_t fingerprint)
{
    uint64_t mixed = fingerprint * 0x9e3779b97f4a7c15u;
    mixed ^= mixed >> 32;
    mixed *= 0xd6e8feb86659fd93u;
    return (struct probes){(uint32_t)(mixed >> 32), (uint32_t)mixed | 1u};
}

static uint32_t next_bit(struct probes *probes)
{
    uint32_t bit = (uint32_t)(((uint64_t)probes->at * FILTER_BITS) >> 32);
    probes->at += probes->step;
    return bit;
}

void key_filter_add(uint8_t page[KEY_PAGE_BYTES], uint64_t fingerprint)
{
    struct probes probes = probes_of(fingerprint);
    for (int i = 0; i < FILTER_PROBES; i++) {
        uint32_t bit = next_bit(&probes);
        page[AT_BITS + bit / 8] |= (uint8_t)(1u << (bit % 8));
    }
}

bool key_filter_may_hold(const uint8_t page[KEY_PAGE_BYTES], uint64_t fingerprint)
{
    struct probes probes = probes_of(fingerprint);
    for (int i = 0; i < FILTER_PROBES; i++) {
        uint32_t bit = next_bit(&probes);
        if ((page[AT_BITS + bit / 8] & 1u << bit % 8) == 0) return false;
    }
    return true;
}

void key_filter_write(uint8_t page[KEY_PAGE_BYTES], uint32_t run, uint32_t index,
                      uint32_t first_page, uint32_t last_page)
{
    write_u32(page + AT_FIRST_PAGE, first_page);
    write_u32(page + AT_LAST_PAGE, last_page);
    write_header(page, KEY_PART_FILTERS, run, index);
}

uint32_t key_filter_first_page(const uint8_t page[KEY_PAGE_BYTES])
{
    return read_u32(page + AT_FIRST_PAGE);
}

uint32_t key_filter_last_page(const uint8_t page[KEY_PAGE_BYTES])
{
    return read_u32(page + AT_LAST_PAGE);
}
