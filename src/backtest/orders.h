/* Orders: a file of order lines, grouped into orders and put in the order of replay.
 *
 * Lines with the same invoice and customer form one order at the time of its first line in the
 * file; orders come in time order, equal times in order of first appearance. Texts are kept once,
 * in dictionaries, and lines name them by number, so that a line costs the same however long its
 * names.
 */
#ifndef GUERDON_BACKTEST_ORDERS_H
#define GUERDON_BACKTEST_ORDERS_H

#include "backtest/mapping.h"
#include "base/base.h"

#define ORDERS_NONE UINT32_MAX
#define ORDERS_SHOWN_PROBLEMS 20

/* Texts kept once, by number. */
struct dictionary {
    struct map map;
    struct arena arena;
    struct text *texts;
    uint32_t count;
    uint32_t capacity;
};

struct book_line {
    uint32_t sku;
    int32_t quantity;   /* as in the file; in a return order never above zero */
    int64_t unit_price; /* coefficient; its decimals are the book's price_decimals */
};

/* Columns that most files do not have; NULL in the book when the mapping names none. */
struct book_line_extra {
    uint32_t category; /* in the categories dictionary; ORDERS_NONE: none */
    uint32_t type;
    int64_t discount; /* minor units */
    int64_t tax;
};

struct book_order {
    int64_t at_us;
    uint64_t first_line;
    uint32_t line_count;
    uint32_t customer; /* ORDERS_NONE: anonymous */
    uint32_t invoice;  /* in the invoices dictionary */
    uint32_t channel;  /* of its first line, in the categories dictionary; ORDERS_NONE: none */
    uint32_t store;
    bool is_return;
};

struct book {
    struct dictionary customers;
    struct dictionary invoices;
    struct dictionary skus;
    struct dictionary categories;   /* and types, channels, stores */
    struct book_line *lines;        /* grouped by order, in order of the file inside each */
    struct book_line_extra *extras; /* as many; NULL: no such column */
    uint64_t line_count;            /* kept: readable */
    struct book_order *orders;      /* in replay order */
    uint64_t order_count;
    int32_t price_decimals;
    uint64_t lines_total; /* every data line */
    uint64_t lines_anonymous;
    uint64_t lines_unreadable;
    int64_t last_line_us; /* latest time of any readable line */
    /* The first ORDERS_SHOWN_PROBLEMS unreadable lines; also why the file could not be read. */
    struct problem_list problems;
    struct arena arena; /* of the problems */
};

/* Called now and then while reading: bytes read so far and in all (0: not known). */
typedef void (*orders_progress)(void *context, uint64_t bytes, uint64_t total);

/* Reads a file of order lines (plain, .gz or .zst by its content; "-" is standard input).
 * `decimals` are those of the currency's minor unit; strict stops at the first unreadable line with
 * STATUS_INVALID. STATUS_INVALID also when the header lacks columns, STATUS_IO when the file cannot
 * be read to its end; book->problems says what to do. The book is set in every case and the caller
 * releases it. `file` must live as long as the book. `progress` may be NULL. */
MUST_CHECK enum status orders_read(struct book *book, struct text file,
                                   const struct mapping *mapping, int32_t decimals, bool strict,
                                   orders_progress progress, void *context);
void orders_release(struct book *book);

#endif
