/* CSV: finds records and fields at the speed of memory.
 *
 * Must never read a byte of a field that nobody wants, allocate for a record, or let one bad record
 * take a good one with it. Bytes pass in blocks through one window. Each block is first turned into
 * a list of marks, the places of separators, line feeds and quotes, 64 bytes at a time; a record
 * without quotes is then `column_count` marks in a row, the last being a line feed. Everything else
 * (quotes, blank lines, wrong counts, the file's last bytes) goes the slow way, byte by byte from
 * the record's start, and the marks are caught up with afterwards.
 *
 *   window   |.......|record being read|.................|unread tail|....room....|slack|
 *            0       start                                        end
 *   marks             ^ mark (next)                          mark_count
 *
 * Invariants
 *   1. start is the first byte of a record; marks before `mark` lie before start.
 *   2. marks hold every separator, line feed and quote in [start, end), ascending, or there are
 * none.
 *   3. The window has room for one record of the greatest length and one block behind it, so that
 *      a record that does not fit is too long.
 *   4. line is the number of the line at start.
 */
#include "backtest/csv.h"

#include <stdlib.h>

#include "backtest/scan.h"

#define BLOCK_BYTES ((size_t)128 << 10)
#define WINDOW_BYTES (CSV_LINE_MAXIMUM + BLOCK_BYTES)
/* A window with more unread bytes is within a long record, and is read the slow way. */
#define MARKED_BYTES (2 * BLOCK_BYTES)
/* What the slow way says when the record goes on behind the window. */
#define NO_END SIZE_MAX

struct csv_reader {
    struct source *source;
    char separator;
    bool source_ended;
    uint32_t column_count; /* 0: not yet known */
    uint32_t wanted_count;
    const uint32_t *columns;
    uint64_t line;
    size_t start;
    size_t end;
    uint32_t mark;
    uint32_t mark_count;
    struct text *fields;                         /* the caller's, for those wanted */
    struct text columns_all[CSV_COLUMN_MAXIMUM]; /* the slow way's */
    char window[WINDOW_BYTES + CSV_SLACK_BYTES];
    uint32_t marks[MARKED_BYTES + CSV_SLACK_BYTES];
};

static void list_marks(struct csv_reader *reader)
{
    memset(reader->window + reader->end, 0, CSV_SLACK_BYTES);
    reader->mark = 0;
    reader->mark_count = 0;
    if (reader->end - reader->start > MARKED_BYTES) return;
    reader->mark_count = scan(reader->window, (uint32_t)reader->start, (uint32_t)reader->end,
                              reader->separator, reader->marks);
}

/* Moves the unread tail to the front and reads a block behind it. */
static enum status refill(struct csv_reader *reader)
{
    size_t tail = reader->end - reader->start;
    memmove(reader->window, reader->window + reader->start, tail);
    reader->start = 0;
    reader->end = tail;
    size_t room = WINDOW_BYTES - tail;
    size_t capacity = room < BLOCK_BYTES ? room : BLOCK_BYTES;
    size_t length = 0;
    TRY(source_read(reader->source, reader->window + tail, capacity, &length));
    /* Less than asked for may also be the last good bytes of a damaged file. */
    reader->source_ended = length == 0;
    reader->end += length;
    list_marks(reader);
    return STATUS_OK;
}

static enum status check_encoding(struct csv_reader *reader, struct text file,
                                  struct problem_list *problems)
{
    struct text bytes = {reader->window, reader->end};
    const struct position first_line = {1, 0};
    if (text_starts_with(bytes, TEXT("\xff\xfe")) || text_starts_with(bytes, TEXT("\xfe\xff")) ||
        (bytes.length >= 2 && (bytes.bytes[0] == '\0') != (bytes.bytes[1] == '\0'))) {
        problem_add(problems, file, first_line,
                    "is not UTF-8 but UTF-16; convert it: iconv -f UTF-16 -t UTF-8");
        return STATUS_INVALID;
    }
    if (text_starts_with(bytes, TEXT("\xef\xbb\xbf"))) reader->start = 3;
    const char *feed = memchr(bytes.bytes, '\n', bytes.length);
    const char *carriage = memchr(bytes.bytes, '\r', bytes.length);
    if (feed == NULL && carriage != NULL && carriage != bytes.bytes + bytes.length - 1) {
        problem_add(problems, file, first_line,
                    "lines end in CR alone; write them with LF or CRLF: tr '\\r' '\\n'");
        return STATUS_INVALID;
    }
    list_marks(reader);
    return STATUS_OK;
}

enum status csv_open(struct source *source, struct text file, char separator,
                     struct problem_list *problems, struct csv_reader **reader)
{
    struct csv_reader *opened = malloc(sizeof *opened);
    if (opened == NULL) return STATUS_NO_MEMORY;
    memset(opened, 0, offsetof(struct csv_reader, columns_all));
    opened->source = source;
    opened->separator = separator;
    opened->line = 1;
    enum status status = refill(opened);
    if (status == STATUS_OK) status = check_encoding(opened, file, problems);
    if (status != STATUS_OK) {
        csv_close(opened);
        return status;
    }
    *reader = opened;
    return STATUS_OK;
}

void csv_close(struct csv_reader *reader)
{
    free(reader);
}

void csv_want(struct csv_reader *reader, const uint32_t *columns, uint32_t wanted_count,
              uint32_t column_count, struct text *fields)
{
    ASSERT(column_count > 0 && column_count <= CSV_COLUMN_MAXIMUM);
    ASSERT(wanted_count <= CSV_COLUMN_MAXIMUM);
    for (uint32_t i = 0; i < wanted_count; i++)
        ASSERT(columns[i] < column_count);
    reader->columns = columns;
    reader->wanted_count = wanted_count;
    reader->column_count = column_count;
    reader->fields = fields;
}

/* The end of a line's content, before its CR if it has one. */
static size_t without_carriage_return(const struct csv_reader *reader, size_t from, size_t feed)
{
    return feed > from && reader->window[feed - 1] == '\r' ? feed - 1 : feed;
}

/* True if the record at start is `column_count` marks, the last a line feed and the others
 * separators; then its wanted fields are set and it is passed. */
static bool next_fast(struct csv_reader *reader, struct csv_record *record)
{
    uint32_t count = reader->column_count;
    if (count == 0 || reader->separator == ' ') return false;
    if (reader->mark + count > reader->mark_count) return false;
    const char *window = reader->window;
    const uint32_t *ends = reader->marks + reader->mark;
    unsigned different = (unsigned char)window[ends[count - 1]] ^ (unsigned)'\n';
    for (uint32_t i = 0; i + 1 < count; i++) {
        different |= (unsigned char)window[ends[i]] ^ (unsigned)(unsigned char)reader->separator;
    }
    size_t feed = ends[count - 1];
    if (different != 0 || feed - reader->start >= CSV_LINE_MAXIMUM) return false;
    size_t last_end = without_carriage_return(reader, reader->start, feed);
    if (last_end == reader->start) return false; /* an empty line */
    for (uint32_t i = 0; i < reader->wanted_count; i++) {
        uint32_t column = reader->columns[i];
        size_t from = column == 0 ? reader->start : (size_t)ends[column - 1] + 1;
        size_t to = column + 1 == count ? last_end : ends[column];
        reader->fields[i] = (struct text){window + from, to - from};
    }
    record->line = reader->line++;
    record->column_count = count;
    record->fields = NULL;
    record->fault = CSV_READABLE;
    record->is_end = false;
    reader->start = feed + 1;
    reader->mark += count;
    return true;
}

/* A record on the slow way. */
struct slow_record {
    size_t next; /* where the following record begins, or NO_END */
    uint32_t column_count;
    uint32_t lines; /* that it stretches over */
    enum csv_fault fault;
};

static size_t find_feed(const struct csv_reader *reader, size_t from)
{
    const char *feed = memchr(reader->window + from, '\n', reader->end - from);
    return feed == NULL ? NO_END : (size_t)(feed - reader->window);
}

/* From behind the opening quote to the closing one; counts the lines passed. */
static size_t find_closing_quote(const struct csv_reader *reader, size_t from, uint32_t *lines)
{
    for (size_t at = from; at < reader->end; at++) {
        if (reader->window[at] == '\n' && ++*lines > CSV_QUOTED_LINES_MAXIMUM) return NO_END;
        if (reader->window[at] != '"') continue;
        if (at + 1 == reader->end || reader->window[at + 1] != '"') return at;
        at++;
    }
    return NO_END;
}

static void add_column(struct csv_reader *reader, struct slow_record *slow, size_t from, size_t to)
{
    if (slow->column_count < CSV_COLUMN_MAXIMUM) {
        reader->columns_all[slow->column_count] = (struct text){reader->window + from, to - from};
    }
    slow->column_count++;
}

/* Fields apart by white space, in one line that ends at `feed`. */
static void split_at_white_space(struct csv_reader *reader, size_t feed, struct slow_record *slow)
{
    size_t at = reader->start;
    while (at < feed) {
        while (at < feed && (reader->window[at] == ' ' || reader->window[at] == '\t'))
            at++;
        size_t from = at;
        while (at < feed && reader->window[at] != ' ' && reader->window[at] != '\t')
            at++;
        if (at > from) add_column(reader, slow, from, at);
    }
}

/* What a quoted field may be followed by: a separator, a line end, the end. */
static bool ends_field(const struct csv_reader *reader, size_t at)
{
    if (at == reader->end) return reader->source_ended;
    if (reader->window[at] == '\r') at++;
    if (at == reader->end) return reader->source_ended;
    return reader->window[at] == '\n' || reader->window[at] == reader->separator;
}

/* One field from `at`; answers the place of the separator, line feed or end behind it, or NO_END
 * with or without a fault. */
static size_t split_field(struct csv_reader *reader, size_t at, struct slow_record *slow)
{
    const char *window = reader->window;
    if (at < reader->end && window[at] == '"') {
        size_t close = find_closing_quote(reader, at + 1, &slow->lines);
        if (close == NO_END) {
            bool for_good = reader->source_ended || slow->lines > CSV_QUOTED_LINES_MAXIMUM;
            if (for_good) slow->fault = CSV_QUOTE_NOT_CLOSED;
            return NO_END;
        }
        size_t behind = close + 1;
        if (!ends_field(reader, behind)) {
            bool unknown = reader->end - behind < 2 && !reader->source_ended;
            if (!unknown) slow->fault = CSV_TEXT_BEHIND_QUOTE;
            return NO_END;
        }
        add_column(reader, slow, at, behind);
        return behind < reader->end && window[behind] == '\r' ? behind + 1 : behind;
    }
    size_t to = at;
    while (to < reader->end && window[to] != reader->separator && window[to] != '\n')
        to++;
    if (to == reader->end && !reader->source_ended) return NO_END;
    bool line_ends = to == reader->end || window[to] == '\n';
    add_column(reader, slow, at, line_ends ? without_carriage_return(reader, at, to) : to);
    return to;
}

/* Splits the record at start into columns_all, still with their quotes. */
static struct slow_record split_record(struct csv_reader *reader)
{
    struct slow_record slow = {.next = NO_END, .lines = 1, .fault = CSV_READABLE};
    size_t at = reader->start;
    if (reader->separator == ' ') {
        size_t feed = find_feed(reader, at);
        if (feed == NO_END && !reader->source_ended) return slow;
        size_t to = feed == NO_END ? reader->end : feed;
        split_at_white_space(reader, without_carriage_return(reader, at, to), &slow);
        slow.next = feed == NO_END ? reader->end : feed + 1;
        return slow;
    }
    for (;;) {
        size_t behind = split_field(reader, at, &slow);
        if (behind == NO_END) return slow;
        if (behind == reader->end || reader->window[behind] == '\n') {
            slow.next = behind == reader->end ? behind : behind + 1;
            return slow;
        }
        at = behind + 1;
    }
}

/* Takes the quotes off, in place: a record is unquoted once, when it is complete. */
static struct text unquoted(struct csv_reader *reader, struct text field)
{
    if (reader->separator == ' ' || field.length < 2 || field.bytes[0] != '"') return field;
    char *out = reader->window + (field.bytes - reader->window) + 1;
    size_t length = 0;
    for (size_t i = 1; i + 1 < field.length; i++) {
        out[length++] = field.bytes[i];
        if (field.bytes[i] == '"') i++;
    }
    return (struct text){out, length};
}

/* Leaves the record that ends before `next`. */
static void pass(struct csv_reader *reader, size_t next, uint64_t lines)
{
    reader->start = next;
    reader->line += lines;
    while (reader->mark < reader->mark_count && reader->marks[reader->mark] < next)
        reader->mark++;
}

/* Leaves a line that cannot be kept in the window, to the end of the line or of the file. */
static enum status pass_long_line(struct csv_reader *reader)
{
    for (;;) {
        size_t feed = find_feed(reader, reader->start);
        if (feed != NO_END) {
            pass(reader, feed + 1, 1);
            return STATUS_OK;
        }
        reader->start = reader->end;
        if (reader->source_ended) return STATUS_OK;
        TRY(refill(reader));
    }
}

/* A record with a fault costs its first line. */
static enum status pass_fault(struct csv_reader *reader, struct csv_record *record,
                              enum csv_fault fault)
{
    record->fault = fault;
    record->fields = NULL;
    record->is_end = false;
    record->line = reader->line;
    return pass_long_line(reader);
}

static void give_fields(struct csv_reader *reader, const struct slow_record *slow,
                        struct csv_record *record)
{
    record->column_count = slow->column_count;
    record->line = reader->line;
    record->is_end = false;
    record->fault = CSV_READABLE;
    record->fields = reader->fields == NULL ? reader->columns_all : NULL;
    if (slow->column_count > CSV_COLUMN_MAXIMUM ||
        (reader->column_count != 0 && slow->column_count != reader->column_count)) {
        record->fault = CSV_WRONG_COLUMN_COUNT;
    } else if (reader->column_count == 0) {
        for (uint32_t i = 0; i < slow->column_count; i++)
            reader->columns_all[i] = unquoted(reader, reader->columns_all[i]);
    } else {
        ASSERT(reader->fields != NULL);
        for (uint32_t i = 0; i < reader->wanted_count; i++) {
            reader->fields[i] = unquoted(reader, reader->columns_all[reader->columns[i]]);
        }
    }
}

/* True if an empty line stands at start; then it is passed. */
static bool pass_empty_line(struct csv_reader *reader)
{
    size_t at = reader->start;
    if (at < reader->end && reader->window[at] == '\r') at++;
    if (at < reader->end && reader->window[at] == '\n') {
        pass(reader, at + 1, 1);
        return true;
    }
    if (at == reader->end && reader->source_ended && at > reader->start) {
        pass(reader, at, 1);
        return true;
    }
    return false;
}

static enum status next_slow(struct csv_reader *reader, struct csv_record *record)
{
    for (;;) {
        if (pass_empty_line(reader)) continue;
        if (reader->start == reader->end && reader->source_ended) {
            record->is_end = true;
            return STATUS_OK;
        }
        struct slow_record slow = split_record(reader);
        if (slow.fault != CSV_READABLE) return pass_fault(reader, record, slow.fault);
        size_t length = (slow.next == NO_END ? reader->end : slow.next) - reader->start;
        if (length > CSV_LINE_MAXIMUM) {
            enum csv_fault fault = slow.lines > 1 ? CSV_QUOTE_NOT_CLOSED : CSV_TOO_LONG;
            return pass_fault(reader, record, fault);
        }
        if (slow.next != NO_END) {
            if (slow.column_count == 0) { /* white space alone */
                pass(reader, slow.next, slow.lines);
                continue;
            }
            give_fields(reader, &slow, record);
            pass(reader, slow.next, slow.lines);
            return STATUS_OK;
        }
        TRY(refill(reader));
    }
}

enum status csv_next(struct csv_reader *reader, struct csv_record *record)
{
    if (next_fast(reader, record)) return STATUS_OK;
    return next_slow(reader, record);
}
