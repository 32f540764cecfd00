/* Fuzz CSV: order lines through every kind of mapping: each separator, columns by number, line
 * amounts, money columns, returns by quantity, times in a shop's own form.
 *
 * The first byte of the input chooses the mapping, the rest is the file. Every line of the file is
 * kept or counted, problems come in order of the file, and reading twice gives the same.
 */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "backtest/backtest.h"
#include "base/base.h"

#define ARENA_MAXIMUM ((size_t)4 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

#define COLUMNS                                                                                    \
    "header: no\ncolumns: {order: 1, customer: {column: 2, drop_suffix: .0}, sku: 3, "             \
    "quantity: 4, time: 6, "

static const char *const mapping_texts[] = {
    "currency: USD\n" COLUMNS "unit_price: 5}\n",
    "currency: JPY\nseparator: semicolon\ndecimal_mark: \",\"\n" COLUMNS
    "line_amount: 5}\nreturn: {quantity: negative}\n",
    "currency: KWD\nseparator: space\ntime_format: \"%Y%m%d\"\n" COLUMNS
    "line_amount: 5, tax: 5}\n",
    "currency: USD\nseparator: tab\ntime_format: \"%d/%b/%y %I:%M:%S.%f %p %z\"\n"
    "timezone: Europe/London\n" COLUMNS
    "unit_price: 5, category: 7, type: 3, channel: 7, store: 1, discount: 8, tax: 8}\n"
    "return: {column: 7, equals: R}\n",
};
#define MAPPING_COUNT (sizeof mapping_texts / sizeof mapping_texts[0])

static void check_book(const struct book *book)
{
    ASSERT(book->line_count + book->lines_unreadable == book->lines_total);
    uint64_t lines = 0;
    for (uint64_t i = 0; i < book->order_count; i++) {
        const struct book_order *order = &book->orders[i];
        ASSERT(order->line_count > 0);
        ASSERT(order->first_line + order->line_count <= book->line_count);
        lines += order->line_count;
        for (uint64_t k = order->first_line; k < order->first_line + order->line_count; k++) {
            ASSERT(book->lines[k].sku < book->skus.count);
            ASSERT(!order->is_return || book->lines[k].quantity <= 0);
        }
    }
    ASSERT(lines == book->line_count);
    for (size_t i = 1; i < book->problems.count; i++) {
        ASSERT(book->problems.items[i - 1].position.line < book->problems.items[i].position.line);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static struct arena arena;
    static struct mapping mappings[MAPPING_COUNT];
    static int file = -1;
    static char name[64];
    if (file < 0) {
        struct problem_list problems;
        arena_init(&arena, ARENA_MAXIMUM);
        problem_list_init(&problems, &arena);
        for (size_t i = 0; i < MAPPING_COUNT; i++) {
            ASSERT(mapping_load(&arena, TEXT("map"), text_of(mapping_texts[i]), &problems,
                                &mappings[i]) == STATUS_OK);
        }
        file = memfd_create("orders", 0);
        ASSERT(file >= 0);
        snprintf(name, sizeof name, "/proc/self/fd/%d", file);
    }
    if (length == 0) return 0;
    const struct mapping *mapping = &mappings[bytes[0] % MAPPING_COUNT];
    ASSERT(ftruncate(file, 0) == 0);
    ASSERT(pwrite(file, bytes + 1, length - 1, 0) == (ssize_t)(length - 1));
    struct book book;
    struct book again;
    int32_t decimals = mapping->currency_decimals;
    enum status status = orders_read(&book, text_of(name), mapping, decimals, false, NULL, NULL);
    enum status status_again =
        orders_read(&again, text_of(name), mapping, decimals, false, NULL, NULL);
    ASSERT(status == status_again);
    ASSERT(book.lines_total == again.lines_total && book.order_count == again.order_count);
    if (status == STATUS_OK) check_book(&book);
    orders_release(&book);
    orders_release(&again);
    return 0;
}
