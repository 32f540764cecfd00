/* CSV: a file of separated values, record by record.
 *
 * Reads RFC 4180: fields may be quoted, quoted fields may hold separators, doubled quotes and line
 * breaks; lines end in LF or CRLF, the last one perhaps in nothing; a UTF-8 byte order mark is
 * skipped, and so are empty lines. A quote inside a field that does not begin with one is an
 * ordinary byte, as spreadsheets write it. With the separator ' ', fields stand apart by any number
 * of spaces and tabs, and quotes mean nothing.
 *
 * A record that cannot be read is handed out with its fault and costs nothing but itself: reading
 * goes on at the next line. Memory is bounded whatever the file holds.
 */
#ifndef GUERDON_BACKTEST_CSV_H
#define GUERDON_BACKTEST_CSV_H

#include "backtest/source.h"

#define CSV_LINE_MAXIMUM ((size_t)1 << 20) /* bytes of a record, line breaks included */
#define CSV_QUOTED_LINES_MAXIMUM 1000      /* lines that one record may stretch over */
#define CSV_COLUMN_MAXIMUM 1000
/* Bytes behind every field that may be read, though they mean nothing. */
#define CSV_SLACK_BYTES 64

enum csv_fault {
    CSV_READABLE,
    CSV_TOO_LONG,
    CSV_QUOTE_NOT_CLOSED,
    CSV_TEXT_BEHIND_QUOTE,
    CSV_WRONG_COLUMN_COUNT
};

struct csv_record {
    const struct text *fields; /* all of them; NULL after csv_want, which says where they go */
    uint32_t column_count;     /* of the record as it stands */
    uint64_t line;             /* the line of the file where it begins, from 1 */
    enum csv_fault fault;      /* unless CSV_READABLE the fields are void */
    bool is_end;               /* no record: the file is over */
};

struct csv_reader;

/* Reads from `source`, which the caller closes after the reader. STATUS_INVALID adds a problem when
 * the file is not a text that can be read at all (UTF-16, lines that end in CR alone). */
MUST_CHECK enum status csv_open(struct source *source, struct text file, char separator,
                                struct problem_list *problems, struct csv_reader **reader);
void csv_close(struct csv_reader *reader);

/* From now on records have `column_count` columns, of which `columns` (from 0, none twice) are put
 * into `fields`, in that order. The caller keeps both arrays. Before it, a record may have any
 * number of columns. */
void csv_want(struct csv_reader *reader, const uint32_t *columns, uint32_t wanted_count,
              uint32_t column_count, struct text *fields);
/* The next record; its fields are good until the next call. STATUS_IO as in source_read. */
MUST_CHECK enum status csv_next(struct csv_reader *reader, struct csv_record *record);

#endif
