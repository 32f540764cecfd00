/* Fuzz orders: whatever an order file holds (plain, gzip or Zstandard), it is read to its end; each
 * line is kept, or counted as unreadable, and never more are kept than the file has.
 *
 * The reader takes a file's name, so each input becomes a file in memory. Files are read as
 * `guerdon generate` writes them; a seed begins with that header.
 */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "backtest/backtest.h"
#include "base/base.h"

#define ARENA_MAXIMUM ((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void check_book(const struct book *book)
{
    ASSERT(book->line_count + book->lines_unreadable <= book->lines_total);
    ASSERT(book->lines_anonymous <= book->lines_total);
    uint64_t lines = 0;
    for (uint64_t i = 0; i < book->order_count; i++) {
        const struct book_order *order = &book->orders[i];
        ASSERT(i == 0 || order->at_us >= book->orders[i - 1].at_us);
        ASSERT(order->customer == ORDERS_NONE || order->customer < book->customers.count);
        ASSERT(order->first_line + order->line_count <= book->line_count);
        ASSERT(order->at_us >= INSTANT_EARLIEST && order->at_us <= INSTANT_LATEST);
        lines += order->line_count;
    }
    ASSERT(lines == book->line_count);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static struct arena arena;
    static struct mapping mapping;
    static int file = -1;
    static char name[64];
    if (file < 0) {
        arena_init(&arena, ARENA_MAXIMUM);
        ASSERT(mapping_default(&arena, &mapping) == STATUS_OK);
        file = memfd_create("orders", 0);
        ASSERT(file >= 0);
        snprintf(name, sizeof name, "/proc/self/fd/%d", file);
    }
    ASSERT(ftruncate(file, 0) == 0);
    ASSERT(pwrite(file, bytes, length, 0) == (ssize_t)length);
    struct book book;
    enum status status = orders_read(&book, text_of(name), &mapping, 2, false, NULL, NULL);
    if (status == STATUS_OK) {
        check_book(&book);
    } else {
        ASSERT(status == STATUS_NO_MEMORY || !problem_list_is_empty(&book.problems));
    }
    orders_release(&book);
    return 0;
}
