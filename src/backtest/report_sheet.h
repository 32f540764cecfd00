/* Sheet: what a report is written on.
 *
 * A report is a long run of small additions, each of which could fail in the same two ways (no
 * memory, a number too large). A sheet remembers the first failure and makes every later call a
 * no-op, so that the text of a report reads as text; sheet_finish answers for all of it and leaves
 * the buffer as it was when something failed. Its arithmetic is base/amount's, with the same
 * memory.
 */
#ifndef GUERDON_BACKTEST_REPORT_SHEET_H
#define GUERDON_BACKTEST_REPORT_SHEET_H

#include "base/base.h"

struct sheet {
    struct buffer *out;
    size_t start;       /* length of `out` before the report */
    struct arena arena; /* texts and tables, until the sheet is finished */
    enum status status; /* the first failure */
};

void sheet_init(struct sheet *sheet, struct buffer *out);
/* Frees the arena and answers how it went. */
MUST_CHECK enum status sheet_finish(struct sheet *sheet);
/* Notes a failure, if it is one and the first. */
void sheet_note(struct sheet *sheet, enum status status);

void sheet_add(struct sheet *sheet, struct text text);
void sheet_say(struct sheet *sheet, const char *words);
void sheet_format(struct sheet *sheet, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* With &, <, >, " and ' written as HTML entities; bytes that are not UTF-8, and control characters,
 * as U+FFFD. */
void sheet_escaped(struct sheet *sheet, struct text text);

/* Escaped, a hyphen at its front written as a minus sign. */
void sheet_number(struct sheet *sheet, struct text number);

/* A text that lasts as long as the sheet. */
struct text sheet_keep(struct sheet *sheet, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Zeroed memory that lasts as long as the sheet; NULL after a failure. */
void *sheet_array(struct sheet *sheet, size_t count, size_t size);
#define sheet_new_array(sheet, type, count) ((type *)sheet_array((sheet), (count), sizeof(type)))

/* Sums that note an overflow and then answer 0. */
int64_t sheet_sum(struct sheet *sheet, int64_t a, int64_t b);
int64_t sheet_less(struct sheet *sheet, int64_t a, int64_t b);
void sheet_increase(struct sheet *sheet, int64_t *total, int64_t amount);
/* a * b / divisor, rounded half up; divisor > 0. */
int64_t sheet_share(struct sheet *sheet, int64_t a, int64_t b, int64_t divisor);

/* The next character of `*text`, taken off it; U+FFFD for a byte that is not UTF-8. Not empty. */
uint32_t text_next_character(struct text *text);
/* How many columns of a terminal the text takes: marks that combine take none, East Asian wide
 * characters and emoji two. Follows Unicode Annex 11 in broad ranges. */
size_t text_columns(struct text text);

#endif
