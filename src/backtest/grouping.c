/* Grouping: collects lines by order without sorting them.
 *
 * Shops write an order's lines together, so a line nearly always belongs to the newest order and is
 * appended. The few that come later wait in a list, and one pass from the back moves each into its
 * order's place:
 *
 *   lines    | order 0 | order 1 ...    | order 2 |        late: (0, x) (1, y)
 *                                  becomes
 *   lines    | order 0 | x | order 1 ... | y | order 2 |
 *
 * Invariants, until grouping_finish sorts the orders by time
 *   1. Orders are in order of first appearance and their lines lie in the same order, without gaps.
 *   2. book->line_count = lines in place + late_count; lines in place fill the array from 0.
 *   3. slots has a free slot: every probe ends.
 */
#include "backtest/grouping.h"

#include <stdlib.h>
#include <sys/mman.h>

#define LINES_FIRST ((uint64_t)1 << 16)
#define ORDERS_FIRST ((uint64_t)1 << 12)
#define SLOTS_FIRST ((uint32_t)1 << 13)
#define LATE_FIRST ((uint32_t)1 << 10)
#define LINES_MAXIMUM ((uint64_t)1 << 40)
#define ORDERS_MAXIMUM ((uint64_t)1 << 30)
#define LATE_MAXIMUM ((uint32_t)1 << 31)
/* No order has the highest number. */
#define SLOT_FREE UINT64_MAX
#define GROWTH_MAXIMUM 16
/* Arrays from this size on ask for large pages. */
#define LARGE_BYTES ((size_t)4 << 20)
#define LARGE_PAGE_BYTES ((uintptr_t)2 << 20)

/* Time and number of an order, which is what sorting moves. */
struct order_key {
    int64_t at_us;
    uint64_t number;
};

void grouping_init(struct grouping *grouping, struct book *book)
{
    *grouping = (struct grouping){.book = book};
}

void grouping_release(struct grouping *grouping)
{
    free(grouping->slots);
    free(grouping->late);
    free(grouping->late_extras);
}

/* Grows an array. Touching hundreds of megabytes for the first time in small pages costs more than
 * filling them; the advice may be declined without harm. */
static enum status resize(void **items, uint64_t count, size_t size)
{
    size_t bytes = (size_t)count * size;
    void *resized = realloc(*items, bytes);
    if (resized == NULL) return STATUS_NO_MEMORY;
    *items = resized;
    if (bytes < LARGE_BYTES) return STATUS_OK;
    uintptr_t start = ((uintptr_t)resized + LARGE_PAGE_BYTES - 1) & ~(LARGE_PAGE_BYTES - 1);
    uintptr_t end = ((uintptr_t)resized + bytes) & ~(LARGE_PAGE_BYTES - 1);
    (void)madvise((char *)resized + (start - (uintptr_t)resized), end - start, MADV_HUGEPAGE);
    return STATUS_OK;
}

static uint64_t hash_of(const struct book_order *order)
{
    uint64_t key = (uint64_t)order->invoice << 32 | order->customer;
    key = (key + (order->is_return ? 1 : 0)) * UINT64_C(0x9e3779b97f4a7c15);
    key ^= key >> 29;
    return key * UINT64_C(0xbf58476d1ce4e5b9);
}

static bool is_same_order(const struct book_order *a, const struct book_order *b)
{
    return a->invoice == b->invoice && a->customer == b->customer && a->is_return == b->is_return;
}

/* The slot of the order, or the free one where it would be. The half hash in the slot saves nearly
 * every look at an order that turns out to be another. */
static uint64_t *find_slot(const struct grouping *grouping, const struct book_order *order,
                           uint64_t hash)
{
    uint64_t at = hash & (grouping->slot_count - 1);
    for (;;) {
        uint64_t slot = grouping->slots[at];
        if (slot == SLOT_FREE) return &grouping->slots[at];
        if (slot >> 32 == hash >> 32 &&
            is_same_order(&grouping->book->orders[(uint32_t)slot], order)) {
            return &grouping->slots[at];
        }
        at = (at + 1) & (grouping->slot_count - 1);
    }
}

static enum status grow_slots(struct grouping *grouping)
{
    uint32_t count = grouping->slot_count == 0 ? SLOTS_FIRST : grouping->slot_count * 2;
    uint64_t *slots = malloc(count * sizeof *slots);
    if (slots == NULL) return STATUS_NO_MEMORY;
    memset(slots, 0xff, count * sizeof *slots); /* SLOT_FREE */
    free(grouping->slots);
    grouping->slots = slots;
    grouping->slot_count = count;
    for (uint64_t i = 0; i < grouping->book->order_count; i++) {
        uint64_t hash = hash_of(&grouping->book->orders[i]);
        *find_slot(grouping, &grouping->book->orders[i], hash) = hash >> 32 << 32 | i;
    }
    return STATUS_OK;
}

enum status grouping_order(struct grouping *grouping, const struct book_order *order,
                           uint32_t *number)
{
    struct book *book = grouping->book;
    if (book->order_count * 2 >= grouping->slot_count) TRY(grow_slots(grouping));
    uint64_t hash = hash_of(order);
    uint64_t *slot = find_slot(grouping, order, hash);
    if (*slot != SLOT_FREE) {
        *number = (uint32_t)*slot;
        return STATUS_OK;
    }
    if (book->order_count == grouping->order_capacity) {
        uint64_t capacity =
            grouping->order_capacity == 0 ? ORDERS_FIRST : grouping->order_capacity * 2;
        if (capacity > ORDERS_MAXIMUM) return STATUS_LIMIT;
        void *orders = book->orders;
        TRY(resize(&orders, capacity, sizeof *book->orders));
        book->orders = orders;
        grouping->order_capacity = capacity;
    }
    *slot = hash >> 32 << 32 | book->order_count;
    book->orders[book->order_count] = *order;
    book->orders[book->order_count].first_line = book->line_count - grouping->late_count;
    book->orders[book->order_count].line_count = 0;
    *number = (uint32_t)book->order_count++;
    return STATUS_OK;
}

static enum status reserve_lines(struct grouping *grouping, uint64_t capacity)
{
    struct book *book = grouping->book;
    if (capacity <= grouping->line_capacity) return STATUS_OK;
    if (capacity > LINES_MAXIMUM) return STATUS_LIMIT;
    void *lines = book->lines;
    TRY(resize(&lines, capacity, sizeof *book->lines));
    book->lines = lines;
    if (grouping->has_extras) {
        void *extras = book->extras;
        TRY(resize(&extras, capacity, sizeof *book->extras));
        book->extras = extras;
    }
    grouping->line_capacity = capacity;
    return STATUS_OK;
}

/* At least twice as many, at once as many as are expected: moving a large array costs its pages
 * again. What a guess may ask for is bounded by what has been read. */
static uint64_t next_capacity(const struct grouping *grouping)
{
    uint64_t capacity = grouping->line_capacity;
    if (capacity == 0) return LINES_FIRST;
    uint64_t expected = grouping->expected_lines + grouping->expected_lines / 16;
    if (expected > capacity * GROWTH_MAXIMUM) return capacity * GROWTH_MAXIMUM;
    return expected > capacity * 2 ? expected : capacity * 2;
}

static enum status reserve_late(struct grouping *grouping)
{
    if (grouping->late_count < grouping->late_capacity) return STATUS_OK;
    uint32_t capacity = grouping->late_capacity == 0 ? LATE_FIRST : grouping->late_capacity * 2;
    if (capacity >= LATE_MAXIMUM) return STATUS_LIMIT;
    void *late = grouping->late;
    TRY(resize(&late, capacity, sizeof *grouping->late));
    grouping->late = late;
    if (grouping->has_extras) {
        void *extras = grouping->late_extras;
        TRY(resize(&extras, capacity, sizeof *grouping->late_extras));
        grouping->late_extras = extras;
    }
    grouping->late_capacity = capacity;
    return STATUS_OK;
}

enum status grouping_add_line(struct grouping *grouping, uint32_t order,
                              const struct book_line *line, const struct book_line_extra *extra)
{
    struct book *book = grouping->book;
    if (book->orders[order].line_count == UINT32_MAX) return STATUS_LIMIT;
    if (order + UINT64_C(1) == book->order_count) {
        uint64_t at = book->line_count - grouping->late_count;
        if (at == grouping->line_capacity) TRY(reserve_lines(grouping, next_capacity(grouping)));
        book->lines[at] = *line;
        if (grouping->has_extras) book->extras[at] = *extra;
    } else {
        TRY(reserve_late(grouping));
        uint32_t at = grouping->late_count++;
        grouping->late[at] = (struct late_line){order, *line};
        if (grouping->has_extras) grouping->late_extras[at] = *extra;
    }
    book->orders[order].line_count++;
    book->line_count++;
    return STATUS_OK;
}

enum status grouping_rescale(struct grouping *grouping, int32_t price_decimals)
{
    struct book *book = grouping->book;
    int64_t factor = power_of_ten(price_decimals - book->price_decimals);
    uint64_t in_place = book->line_count - grouping->late_count;
    for (uint64_t i = 0; i < in_place; i++) {
        int64_t *price = &book->lines[i].unit_price;
        TRY(amount_multiply(*price, factor, price));
    }
    for (uint32_t i = 0; i < grouping->late_count; i++) {
        int64_t *price = &grouping->late[i].line.unit_price;
        TRY(amount_multiply(*price, factor, price));
    }
    book->price_decimals = price_decimals;
    return STATUS_OK;
}

static void move_lines(struct grouping *grouping, uint64_t to, uint64_t from, uint64_t count)
{
    struct book *book = grouping->book;
    memmove(book->lines + to, book->lines + from, count * sizeof *book->lines);
    if (!grouping->has_extras) return;
    memmove(book->extras + to, book->extras + from, count * sizeof *book->extras);
}

/* Moves each order's lines back by the late lines of the orders before it, last order first, so
 * that nothing is overwritten unread. From here on first_line is where the order's lines begin and
 * next_line where its first late line goes. */
static void make_gaps(struct grouping *grouping, uint64_t *next_line)
{
    struct book *book = grouping->book;
    uint64_t shift = grouping->late_count;
    uint64_t moved = book->line_count - shift; /* lines from here on have moved */
    for (uint64_t i = book->order_count; i-- > 0 && shift > 0;) {
        struct book_order *order = &book->orders[i];
        uint64_t late = next_line[i];
        if (late > 0) {
            /* Orders behind this one move together, by all that is late up to this one. */
            uint64_t end = order->first_line + order->line_count - late;
            move_lines(grouping, end + shift, end, moved - end);
            moved = end;
        }
        shift -= late;
        next_line[i] = order->first_line + order->line_count - late + shift;
        order->first_line += shift;
    }
}

/* Puts each late line behind the lines of its order, in the order in which they came. */
static enum status insert_late_lines(struct grouping *grouping)
{
    struct book *book = grouping->book;
    if (grouping->late_count == 0) return STATUS_OK;
    TRY(reserve_lines(grouping, book->line_count));
    uint64_t *next_line = calloc(book->order_count, sizeof *next_line);
    if (next_line == NULL) return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < grouping->late_count; i++)
        next_line[grouping->late[i].order]++;
    make_gaps(grouping, next_line);
    for (uint32_t i = 0; i < grouping->late_count; i++) {
        uint64_t at = next_line[grouping->late[i].order]++;
        book->lines[at] = grouping->late[i].line;
        if (grouping->has_extras) book->extras[at] = grouping->late_extras[i];
    }
    free(next_line);
    return STATUS_OK;
}

/* Merges the ascending runs [from, middle) and [middle, to) of `keys` into `out`; of equal times
 * the earlier number comes first, as it stands. */
static void merge_runs(const struct order_key *keys, struct order_key *out, uint64_t from,
                       uint64_t middle, uint64_t to)
{
    uint64_t left = from;
    uint64_t right = middle;
    for (uint64_t at = from; at < to; at++) {
        bool take_left = left < middle && (right == to || keys[left].at_us <= keys[right].at_us);
        out[at] = keys[take_left ? left++ : right++];
    }
}

/* One round: neighbouring runs become one. Answers how many there are then. */
static uint64_t merge_round(const struct order_key *keys, struct order_key *out, uint64_t count)
{
    uint64_t runs = 0;
    for (uint64_t from = 0; from < count; runs++) {
        uint64_t ends[2];
        uint64_t at = from;
        for (int i = 0; i < 2; i++) {
            while (at < count && (at == from || keys[at - 1].at_us <= keys[at].at_us))
                at++;
            ends[i] = at;
            if (i == 0 && at < count) at++;
        }
        merge_runs(keys, out, from, ends[0], ends[1]);
        from = ends[1];
    }
    return runs;
}

static enum status apply_sequence(struct book *book, const struct order_key *keys)
{
    struct book_order *orders = malloc(book->order_count * sizeof *orders);
    if (orders == NULL) return STATUS_NO_MEMORY;
    for (uint64_t i = 0; i < book->order_count; i++)
        orders[i] = book->orders[keys[i].number];
    free(book->orders);
    book->orders = orders;
    return STATUS_OK;
}

static bool is_in_time_order(const struct book *book)
{
    for (uint64_t i = 1; i < book->order_count; i++) {
        if (book->orders[i - 1].at_us > book->orders[i].at_us) return false;
    }
    return true;
}

/* A merge sort that makes use of what is in order already: most files are, or are several such
 * files joined. Stable: equal times stay in order of first appearance. */
static enum status sort_orders(struct book *book)
{
    if (is_in_time_order(book)) return STATUS_OK;
    struct order_key *keys = malloc(book->order_count * sizeof *keys);
    struct order_key *merged = malloc(book->order_count * sizeof *merged);
    enum status status = STATUS_NO_MEMORY;
    if (keys != NULL && merged != NULL) {
        for (uint64_t i = 0; i < book->order_count; i++)
            keys[i] = (struct order_key){book->orders[i].at_us, i};
        for (uint64_t runs = 2; runs > 1;) {
            runs = merge_round(keys, merged, book->order_count);
            struct order_key *swapped = keys;
            keys = merged;
            merged = swapped;
        }
        status = apply_sequence(book, keys);
    }
    free(keys);
    free(merged);
    return status;
}

enum status grouping_finish(struct grouping *grouping)
{
    TRY(insert_late_lines(grouping));
    return sort_orders(grouping->book);
}
