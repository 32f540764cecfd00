/* Orders: reads a file of order lines into a book.
 *
 * Must never guess: a line that does not say everything plainly is counted as unreadable, with a
 * reason, and leaves no trace in the book. Speed comes from not reading twice what was just read:
 * most lines repeat the order, customer and time of the line before, byte for byte, and most name a
 * SKU that is found in a small table by its first sixteen bytes.
 *
 *   csv record -> mapped values -> order (kept from the line before?) -> numbers -> names ->
 * grouping
 *
 * Invariants
 *   1. A customer enters the dictionary with its first readable line: customers.count is the number
 *      of members.
 *   2. lines_total = line_count + lines_unreadable.
 *   3. Prices in the book have price_decimals decimals, never less than the currency.
 */
#include "backtest/orders.h"

#include <stdio.h>
#include <stdlib.h>

#include "backtest/cell.h"
#include "backtest/columns.h"
#include "backtest/csv.h"
#include "backtest/dictionary.h"
#include "backtest/grouping.h"

#define ORDERS_ARENA_MAXIMUM ((size_t)16 << 20)
#define PROGRESS_EVERY_LINES 16384
/* Longer texts are simply read again on every line. */
#define KEPT_BYTES 64
#define NAME_CACHE_BITS 14
#define NAME_CACHE_BYTES 16
#define CACHE_LINE_BYTES 64

/* The bytes of a field on the line before. */
struct kept_field {
    size_t length;
    char bytes[KEPT_BYTES + CSV_SLACK_BYTES];
};

/* Numbers of short texts: two neighbouring places for each value of a hash; what is in neither is
 * looked up in the dictionary. */
struct cached_name {
    uint64_t first; /* bytes 0 to 7 */
    uint64_t second;
    uint32_t length; /* 0: free */
    uint32_t number;
    uint64_t unused; /* two to a cache line */
};

struct name_cache {
    _Alignas(CACHE_LINE_BYTES) struct cached_name places[(size_t)1 << NAME_CACHE_BITS];
};

struct reading {
    struct book *book;
    const struct mapping *mapping;
    struct text file;
    int32_t decimals;
    bool strict;
    orders_progress progress;
    void *progress_context;
    struct source *source;
    struct csv_reader *csv;
    struct columns columns;
    struct grouping grouping;
    uint64_t line; /* of the record being read */
    struct kept_field kept_order;
    struct kept_field kept_customer;
    struct kept_field kept_time;
    int64_t kept_time_us;
    struct book_order kept;     /* what they say; invoice and customer as numbers */
    uint32_t kept_order_number; /* in the grouping */
    struct name_cache skus;
    struct name_cache categories;
};

/* Says why the line cannot be read; STATUS_OK unless reading is strict. */
static enum status unreadable(struct reading *reading, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static enum status unreadable(struct reading *reading, const char *format, ...)
{
    struct book *book = reading->book;
    book->lines_unreadable++;
    if (book->problems.count < ORDERS_SHOWN_PROBLEMS) {
        uint32_t line = reading->line < UINT32_MAX ? (uint32_t)reading->line : UINT32_MAX;
        va_list arguments;
        va_start(arguments, format);
        struct text reason = arena_format_arguments(&book->arena, format, arguments);
        va_end(arguments);
        problem_add(&book->problems, reading->file, (struct position){line, 0}, "%.*s",
                    TEXT_ARGUMENTS(reason));
    }
    return reading->strict ? STATUS_INVALID : STATUS_OK;
}

static enum status unreadable_value(struct reading *reading, enum order_column column,
                                    struct text value, const char *reason)
{
    char name[COLUMN_SHOWN_MAXIMUM];
    char shown[COLUMN_SHOWN_MAXIMUM];
    columns_show_name(reading->mapping, column, name);
    if (value.length == 0) return unreadable(reading, "%s %s", name, reason);
    column_show_value(value, shown);
    return unreadable(reading, "%s \"%s\" %s", name, shown, reason);
}

/* A mistake in one value of the line: it is not readable, and nothing more of it is looked at. */
#define LEAVE_LINE(call)                                                                           \
    do {                                                                                           \
        *is_readable = false;                                                                      \
        return (call);                                                                             \
    } while (0)

static bool same_as_kept(const struct kept_field *kept, struct text text)
{
    if (kept->length != text.length) return false;
    size_t at = 0;
    for (; at + 8 < text.length; at += 8) {
        if (scan_load(kept->bytes + at) != scan_load(text.bytes + at)) return false;
    }
    uint64_t different = scan_load(kept->bytes + at) ^ scan_load(text.bytes + at);
    return cell_low_bytes(different, text.length - at) == 0;
}

static void keep_field(struct kept_field *kept, struct text text)
{
    kept->length = text.length <= KEPT_BYTES ? text.length : SIZE_MAX;
    if (text.length <= KEPT_BYTES) memcpy(kept->bytes, text.bytes, text.length);
}

/* Texts that are kept must be such that a programme file can name them and a report can show them.
 */
static const char *what_is_wrong_with(struct text text)
{
    if (memchr(text.bytes, '\0', text.length) != NULL) {
        return "holds a NUL byte; write the file again as plain text";
    }
    if (!text_is_utf8(text, NULL)) {
        return "is not UTF-8; convert the file, for example: iconv -f WINDOWS-1252 -t UTF-8";
    }
    return NULL;
}

/* The number of a text that is not in the cache, added if it is new and right. */
static enum status number_of_name(struct reading *reading, struct dictionary *dictionary,
                                  enum order_column column, struct text text, uint32_t *number,
                                  bool *is_readable)
{
    *number = dictionary_find(dictionary, text);
    if (*number != ORDERS_NONE) return STATUS_OK;
    const char *wrong = what_is_wrong_with(text);
    if (wrong != NULL) LEAVE_LINE(unreadable_value(reading, column, text, wrong));
    return dictionary_add(dictionary, text, number);
}

/* A short text, its place in the cache, and what would have to stand there. */
struct sought_name {
    struct text text;
    uint64_t first;
    uint64_t second;
    struct cached_name *place; /* the first of two; NULL: too long for the cache */
};

/* Begins to look a name up, so that the place has come from memory when it is needed. The text must
 * have 16 readable bytes behind its start. */
static inline struct sought_name seek_name(struct name_cache *cache, struct text text)
{
    struct sought_name sought = {.text = text};
    if (text.length > NAME_CACHE_BYTES) return sought;
    size_t first_length = text.length < 8 ? text.length : 8;
    sought.first = cell_low_bytes(scan_load(text.bytes), first_length);
    sought.second = cell_low_bytes(scan_load(text.bytes + 8), text.length - first_length);
    uint64_t mixed = sought.first ^ sought.second * UINT64_C(0xff51afd7ed558ccd);
    size_t pair = (size_t)(mixed * UINT64_C(0x9e3779b97f4a7c15) >> (65 - NAME_CACHE_BITS));
    sought.place = &cache->places[2 * pair];
    __builtin_prefetch(sought.place);
    return sought;
}

static inline bool place_holds(const struct cached_name *place, const struct sought_name *sought)
{
    return place->first == sought->first && place->second == sought->second &&
           place->length == sought->text.length;
}

static inline enum status find_name(struct reading *reading, const struct sought_name *sought,
                                    struct dictionary *dictionary, enum order_column column,
                                    uint32_t *number, bool *is_readable)
{
    struct cached_name *place = sought->place;
    if (place != NULL) {
        if (!place_holds(place, sought)) place++;
        if (place_holds(place, sought)) {
            *number = place->number;
            return STATUS_OK;
        }
        if (sought->place->length == 0) place = sought->place;
    }
    TRY(number_of_name(reading, dictionary, column, sought->text, number, is_readable));
    if (*is_readable && place != NULL) {
        *place = (struct cached_name){.first = sought->first,
                                      .second = sought->second,
                                      .length = (uint32_t)sought->text.length,
                                      .number = *number};
    }
    return STATUS_OK;
}

static enum status read_time(struct reading *reading, struct text text, int64_t *at_us,
                             bool *is_readable)
{
    const struct mapping *mapping = reading->mapping;
    enum status status = time_format_parse(&mapping->time_format, mapping->zone, text, at_us);
    if (status == STATUS_SYNTAX) { /* perhaps with white space around it */
        status = time_format_parse(&mapping->time_format, mapping->zone, text_trim(text), at_us);
    }
    if (status == STATUS_OK) return STATUS_OK;
    if (text.length == 0) {
        LEAVE_LINE(unreadable_value(reading, ORDER_COLUMN_TIME, text, "is empty"));
    }
    if (status == STATUS_INVALID) {
        LEAVE_LINE(unreadable_value(reading, ORDER_COLUMN_TIME, text,
                                    "is a date or time that does not exist"));
    }
    char example[TIME_EXAMPLE_MAXIMUM];
    char reason[TIME_EXAMPLE_MAXIMUM + 64];
    snprintf(reason, sizeof reason, "is not a time of the mapping's form, such as %.*s",
             TEXT_ARGUMENTS(time_format_example(&mapping->time_format, example)));
    LEAVE_LINE(unreadable_value(reading, ORDER_COLUMN_TIME, text, reason));
}

/* What the numbers of a line say. */
struct line_numbers {
    int32_t quantity;
    struct decimal price;
    int64_t discount;
    int64_t tax;
};

/* Money in minor units; an empty field is nothing. */
static enum status read_money(struct reading *reading, enum order_column column, int64_t *amount,
                              bool *is_readable)
{
    *amount = 0;
    struct text text = columns_value(&reading->columns, column);
    if (text.length == 0) return STATUS_OK;
    struct decimal money;
    enum cell_fault fault = cell_price_slow(text, reading->mapping->decimal_mark, &money);
    if (fault == CELL_READABLE &&
        decimal_rescale(decimal_normalise(money), reading->decimals, amount) != STATUS_OK) {
        fault = CELL_TOO_MANY_FOR_CURRENCY;
    }
    if (fault == CELL_READABLE) return STATUS_OK;
    LEAVE_LINE(unreadable_value(reading, column, text, cell_fault_text(fault)));
}

/* The unit price of so many for so much, exact to six decimals; true if multiplying gives the
 * amount back to the minor unit. */
static bool divide_amount(struct decimal amount, int32_t quantity, int32_t decimals,
                          struct decimal *price)
{
    if (quantity == 0) {
        *price = (struct decimal){0, 0};
        return amount.coefficient == 0;
    }
    int64_t divisor = quantity < 0 ? -(int64_t)quantity : quantity;
    int64_t whole = 0;
    int64_t again = 0;
    int64_t wanted = 0;
    int64_t coefficient = 0;
    if (decimal_rescale(amount, CELL_PRICE_DECIMALS, &whole) != STATUS_OK ||
        amount_multiply_divide(whole, 1, divisor, ROUNDING_HALF_UP, &coefficient) != STATUS_OK) {
        return false;
    }
    if (quantity < 0 && amount_subtract(0, coefficient, &coefficient) != STATUS_OK) return false;
    *price = decimal_normalise((struct decimal){coefficient, CELL_PRICE_DECIMALS});
    return amount_of_price(quantity, *price, decimals, ROUNDING_HALF_UP, &again) == STATUS_OK &&
           amount_of_price(1, amount, decimals, ROUNDING_HALF_UP, &wanted) == STATUS_OK &&
           again == wanted;
}

static enum status read_line_amount(struct reading *reading, struct line_numbers *numbers,
                                    bool *is_readable)
{
    struct text text = columns_value(&reading->columns, ORDER_COLUMN_LINE_AMOUNT);
    struct decimal amount;
    enum cell_fault fault = cell_price(text, reading->mapping->decimal_mark, &amount);
    if (fault != CELL_READABLE) {
        LEAVE_LINE(
            unreadable_value(reading, ORDER_COLUMN_LINE_AMOUNT, text, cell_fault_text(fault)));
    }
    if (divide_amount(amount, numbers->quantity, reading->decimals, &numbers->price)) {
        return STATUS_OK;
    }
    LEAVE_LINE(unreadable_value(reading, ORDER_COLUMN_LINE_AMOUNT, text,
                                "cannot be shared among the units of the line without a loss"));
}

static inline bool is_line_too_large(const struct line_numbers *numbers)
{
    const int64_t small = 1000000; /* nearly every line: small x small is within every limit */
    if (numbers->quantity > -small && numbers->quantity < small &&
        numbers->price.coefficient > -small && numbers->price.coefficient < small) {
        return false;
    }
    int64_t amount = 0;
    if (amount_multiply(numbers->quantity, numbers->price.coefficient, &amount) != STATUS_OK) {
        return true;
    }
    int64_t limit = CELL_LINE_MAXIMUM * power_of_ten(numbers->price.scale);
    return amount > limit || amount < -limit;
}

static inline enum status read_numbers(struct reading *reading, struct line_numbers *numbers,
                                       bool *is_readable)
{
    const char mark = reading->mapping->decimal_mark;
    struct text text = columns_value(&reading->columns, ORDER_COLUMN_QUANTITY);
    enum cell_fault fault = cell_quantity(text, mark, &numbers->quantity);
    if (fault != CELL_READABLE) {
        LEAVE_LINE(unreadable_value(reading, ORDER_COLUMN_QUANTITY, text, cell_fault_text(fault)));
    }
    if (columns_has(&reading->columns, ORDER_COLUMN_LINE_AMOUNT)) {
        TRY(read_line_amount(reading, numbers, is_readable));
        if (!*is_readable) return STATUS_OK;
    } else {
        text = columns_value(&reading->columns, ORDER_COLUMN_UNIT_PRICE);
        fault = cell_price(text, mark, &numbers->price);
        if (fault != CELL_READABLE) {
            LEAVE_LINE(
                unreadable_value(reading, ORDER_COLUMN_UNIT_PRICE, text, cell_fault_text(fault)));
        }
    }
    if (is_line_too_large(numbers)) {
        LEAVE_LINE(unreadable(reading, "quantity times price is above 1,000,000,000,000; check "
                                       "both columns"));
    }
    if (!reading->grouping.has_extras) return STATUS_OK;
    TRY(read_money(reading, ORDER_COLUMN_DISCOUNT, &numbers->discount, is_readable));
    if (!*is_readable) return STATUS_OK;
    return read_money(reading, ORDER_COLUMN_TAX, &numbers->tax, is_readable);
}

/* `same_order`: the line has the order and customer of the line before. */
static inline bool is_return_line(const struct reading *reading, int32_t quantity, bool same_order)
{
    const struct mapping *mapping = reading->mapping;
    switch (mapping->return_mark) {
    case RETURN_NONE:
        return false;
    case RETURN_ORDER_STARTS_WITH:
        return same_order
                   ? reading->kept.is_return
                   : text_starts_with(columns_raw_value(&reading->columns, ORDER_COLUMN_ORDER),
                                      mapping->return_text);
    case RETURN_NEGATIVE:
        return quantity < 0;
    case RETURN_COLUMN_EQUALS:
        return text_equal(columns_value(&reading->columns, ORDER_COLUMN_RETURN),
                          mapping->return_text);
    }
    return false;
}

/* An optional name: ORDERS_NONE if there is none. */
static enum status read_name(struct reading *reading, enum order_column column, uint32_t *number,
                             bool *is_readable)
{
    *number = ORDERS_NONE;
    if (!columns_has(&reading->columns, column)) return STATUS_OK;
    struct text text = columns_value(&reading->columns, column);
    if (text.length == 0) return STATUS_OK;
    struct sought_name sought = seek_name(&reading->categories, text);
    return find_name(reading, &sought, &reading->book->categories, column, number, is_readable);
}

/* The order of a line that is not that of the line before. The customer comes last: it must not
 * enter the dictionary with a line that cannot be read. */
static enum status read_order(struct reading *reading, int64_t at_us, bool is_return,
                              bool *is_readable)
{
    struct book *book = reading->book;
    struct text invoice = columns_value(&reading->columns, ORDER_COLUMN_ORDER);
    struct text customer = columns_value(&reading->columns, ORDER_COLUMN_CUSTOMER);
    struct book_order order = {.at_us = at_us, .customer = ORDERS_NONE, .is_return = is_return};
    if (invoice.length == 0) {
        LEAVE_LINE(unreadable_value(reading, ORDER_COLUMN_ORDER, invoice, "is empty"));
    }
    TRY(number_of_name(reading, &book->invoices, ORDER_COLUMN_ORDER, invoice, &order.invoice,
                       is_readable));
    if (!*is_readable) return STATUS_OK;
    TRY(read_name(reading, ORDER_COLUMN_CHANNEL, &order.channel, is_readable));
    if (!*is_readable) return STATUS_OK;
    TRY(read_name(reading, ORDER_COLUMN_STORE, &order.store, is_readable));
    if (!*is_readable) return STATUS_OK;
    if (customer.length > 0) {
        TRY(number_of_name(reading, &book->customers, ORDER_COLUMN_CUSTOMER, customer,
                           &order.customer, is_readable));
        if (!*is_readable) return STATUS_OK;
    }
    TRY(grouping_order(&reading->grouping, &order, &reading->kept_order_number));
    reading->kept = order;
    keep_field(&reading->kept_order, columns_raw_value(&reading->columns, ORDER_COLUMN_ORDER));
    keep_field(&reading->kept_customer,
               columns_raw_value(&reading->columns, ORDER_COLUMN_CUSTOMER));
    return STATUS_OK;
}

/* A price in the book's decimals; more decimals than the book has so far give it more. */
static enum status scale_price(struct reading *reading, struct decimal price, int64_t *coefficient)
{
    if (price.scale > reading->book->price_decimals) {
        price = decimal_normalise(price);
        if (price.scale > reading->book->price_decimals) {
            TRY(grouping_rescale(&reading->grouping, price.scale));
        }
    }
    static const int64_t powers[CELL_PRICE_DECIMALS + 1] = {1,     10,     100,    1000,
                                                            10000, 100000, 1000000};
    int32_t missing = reading->book->price_decimals - price.scale;
    return amount_multiply(price.coefficient, powers[missing], coefficient);
}

/* A line whose every value is known to be right enters the book. */
static enum status add_line(struct reading *reading, const struct line_numbers *numbers,
                            uint32_t sku, struct book_line_extra *extra, int64_t at_us)
{
    struct book *book = reading->book;
    struct book_line line = {.sku = sku, .quantity = numbers->quantity};
    if (reading->kept.is_return && line.quantity > 0) line.quantity = -line.quantity;
    TRY(scale_price(reading, numbers->price, &line.unit_price));
    extra->discount = numbers->discount;
    extra->tax = numbers->tax;
    TRY(grouping_add_line(&reading->grouping, reading->kept_order_number, &line, extra));
    if (reading->kept.customer == ORDERS_NONE) book->lines_anonymous++;
    if (at_us > book->last_line_us) book->last_line_us = at_us;
    return STATUS_OK;
}

static inline enum status read_line_time(struct reading *reading, int64_t *at_us, bool *is_readable)
{
    struct text time = columns_value(&reading->columns, ORDER_COLUMN_TIME);
    if (same_as_kept(&reading->kept_time, time)) {
        *at_us = reading->kept_time_us;
        return STATUS_OK;
    }
    TRY(read_time(reading, time, at_us, is_readable));
    if (!*is_readable) return STATUS_OK;
    keep_field(&reading->kept_time, time);
    reading->kept_time_us = *at_us;
    return STATUS_OK;
}

static enum status read_line(struct reading *reading)
{
    const struct columns *columns = &reading->columns;
    bool readable = true;
    bool *is_readable = &readable;
    struct line_numbers numbers = {.quantity = 0};
    struct book_line_extra extra = {.category = ORDERS_NONE, .type = ORDERS_NONE};
    uint32_t sku = ORDERS_NONE;
    int64_t at_us = 0;
    struct sought_name sought = seek_name(&reading->skus, columns_value(columns, ORDER_COLUMN_SKU));
    TRY(read_line_time(reading, &at_us, is_readable));
    if (!readable) return STATUS_OK;
    TRY(read_numbers(reading, &numbers, is_readable));
    if (!readable) return STATUS_OK;
    if (sought.text.length == 0) {
        return unreadable_value(reading, ORDER_COLUMN_SKU, sought.text, "is empty");
    }
    TRY(find_name(reading, &sought, &reading->book->skus, ORDER_COLUMN_SKU, &sku, is_readable));
    if (!readable) return STATUS_OK;
    if (reading->grouping.has_extras) {
        TRY(read_name(reading, ORDER_COLUMN_CATEGORY, &extra.category, is_readable));
        if (!readable) return STATUS_OK;
        TRY(read_name(reading, ORDER_COLUMN_TYPE, &extra.type, is_readable));
        if (!readable) return STATUS_OK;
    }
    bool same_order =
        same_as_kept(&reading->kept_order, columns_raw_value(columns, ORDER_COLUMN_ORDER)) &&
        same_as_kept(&reading->kept_customer, columns_raw_value(columns, ORDER_COLUMN_CUSTOMER));
    bool is_return = is_return_line(reading, numbers.quantity, same_order);
    if (!same_order || is_return != reading->kept.is_return) {
        TRY(read_order(reading, at_us, is_return, is_readable));
        if (!readable) return STATUS_OK;
    }
    return add_line(reading, &numbers, sku, &extra, at_us);
}

static enum status read_fault(struct reading *reading, const struct csv_record *record)
{
    switch (record->fault) {
    case CSV_READABLE:
        break;
    case CSV_TOO_LONG:
        return unreadable(reading, "the line is longer than 1 MB; is a line break missing?");
    case CSV_QUOTE_NOT_CLOSED:
        return unreadable(reading, "a quote is opened and not closed; double it (\"\") or drop it");
    case CSV_TEXT_BEHIND_QUOTE:
        return unreadable(reading, "text follows a closing quote; double quotes inside a field "
                                   "(\"\")");
    case CSV_WRONG_COLUMN_COUNT:
        return unreadable(reading,
                          "the line has %u columns and the %s %u; quote fields that hold the "
                          "separator",
                          record->column_count,
                          reading->mapping->has_header ? "header" : "first line",
                          reading->columns.column_count);
    }
    return STATUS_OK;
}

static void show_progress(struct reading *reading)
{
    uint64_t consumed_bytes = source_consumed_bytes(reading->source);
    uint64_t total_bytes = source_total_bytes(reading->source);
    if (total_bytes > 0 && consumed_bytes > 0) {
        double part = (double)consumed_bytes / (double)total_bytes;
        reading->grouping.expected_lines = (uint64_t)((double)reading->book->lines_total / part);
    }
    if (reading->progress == NULL) return;
    reading->progress(reading->progress_context, consumed_bytes, total_bytes);
}

static enum status read_record(struct reading *reading, const struct csv_record *record)
{
    struct book *book = reading->book;
    reading->line = record->line;
    book->lines_total++;
    if (book->lines_total % PROGRESS_EVERY_LINES == 0) show_progress(reading);
    if (record->fault != CSV_READABLE) return read_fault(reading, record);
    return read_line(reading);
}

static bool needs_extras(const struct columns *columns)
{
    return columns_has(columns, ORDER_COLUMN_CATEGORY) || columns_has(columns, ORDER_COLUMN_TYPE) ||
           columns_has(columns, ORDER_COLUMN_DISCOUNT) || columns_has(columns, ORDER_COLUMN_TAX);
}

/* The first record says how many columns there are and, as a header, what they are called. */
static enum status read_first(struct reading *reading)
{
    struct csv_record record;
    do {
        TRY(csv_next(reading->csv, &record));
        if (record.is_end) {
            problem_add(
                &reading->book->problems, reading->file, (struct position){0, 0}, "is empty; %s",
                reading->mapping->has_header ? "a header line and lines of orders are expected"
                                             : "lines of orders are expected");
            return STATUS_INVALID;
        }
        if (record.fault == CSV_READABLE) break;
        TRY(read_record(reading, &record));
        if (reading->mapping->has_header) return STATUS_INVALID;
    } while (record.fault != CSV_READABLE);
    TRY(columns_resolve(&reading->columns, reading->mapping, &record, reading->file,
                        &reading->book->problems));
    reading->grouping.has_extras = needs_extras(&reading->columns);
    csv_want(reading->csv, reading->columns.wanted, reading->columns.wanted_count,
             record.column_count, reading->columns.fields);
    if (reading->mapping->has_header) return STATUS_OK;
    for (uint32_t i = 0; i < reading->columns.wanted_count; i++)
        reading->columns.fields[i] = record.fields[reading->columns.wanted[i]];
    return read_record(reading, &record);
}

static enum status read_records(struct reading *reading)
{
    TRY(csv_open(reading->source, reading->file, reading->mapping->separator,
                 &reading->book->problems, &reading->csv));
    TRY(read_first(reading));
    for (;;) {
        struct csv_record record;
        TRY(csv_next(reading->csv, &record));
        if (record.is_end) return STATUS_OK;
        TRY(read_record(reading, &record));
    }
}

static void init_book(struct book *book, int32_t decimals)
{
    *book = (struct book){.price_decimals = decimals, .last_line_us = INSTANT_EARLIEST};
    dictionary_init(&book->customers);
    dictionary_init(&book->invoices);
    dictionary_init(&book->skus);
    dictionary_init(&book->categories);
    arena_init(&book->arena, ORDERS_ARENA_MAXIMUM);
    problem_list_init(&book->problems, &book->arena);
}

static enum status read_book(struct reading *reading)
{
    struct book *book = reading->book;
    TRY(source_open(reading->file, &book->problems, &reading->source));
    enum status status = read_records(reading);
    /* STATUS_IO is the source's alone. */
    if (status == STATUS_IO) {
        source_explain(reading->source, book->lines_total, &book->problems);
    }
    csv_close(reading->csv);
    show_progress(reading);
    source_close(reading->source);
    TRY(status);
    return grouping_finish(&reading->grouping);
}

enum status orders_read(struct book *book, struct text file, const struct mapping *mapping,
                        int32_t decimals, bool strict, orders_progress progress, void *context)
{
    init_book(book, decimals);
    struct reading *reading = aligned_alloc(CACHE_LINE_BYTES, sizeof *reading);
    if (reading == NULL) return STATUS_NO_MEMORY;
    memset(reading, 0, sizeof *reading);
    reading->book = book;
    reading->mapping = mapping;
    reading->file = file;
    reading->decimals = decimals;
    reading->strict = strict;
    reading->progress = progress;
    reading->progress_context = context;
    reading->kept_order.length = SIZE_MAX; /* nothing is kept yet */
    reading->kept_time.length = SIZE_MAX;
    grouping_init(&reading->grouping, book);
    enum status status = read_book(reading);
    grouping_release(&reading->grouping);
    free(reading);
    return status;
}

void orders_release(struct book *book)
{
    dictionary_release(&book->customers);
    dictionary_release(&book->invoices);
    dictionary_release(&book->skus);
    dictionary_release(&book->categories);
    free(book->lines);
    free(book->extras);
    free(book->orders);
    arena_release(&book->arena);
    *book = (struct book){.lines = NULL};
}
