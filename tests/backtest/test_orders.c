/* Orders: lines become orders in the order of replay, and what cannot be read is counted and told.
 */
#include "order_file.h"

#include <zlib.h>

#define MAP                                                                                        \
    "currency: GBP\n"                                                                              \
    "time_format: \"%Y-%m-%d %H:%M:%S\"\n"                                                         \
    "columns:\n"                                                                                   \
    "  order: Invoice\n"                                                                           \
    "  customer: {column: Customer, drop_suffix: .0}\n"                                            \
    "  sku: Sku\n"                                                                                 \
    "  quantity: Quantity\n"                                                                       \
    "  unit_price: Price\n"                                                                        \
    "  time: Time\n"
#define RETURNS MAP "return: {order_starts_with: C}\n"
#define HEADER "Invoice,Sku,Quantity,Time,Price,Customer\n"

/* The book in one line per order: "TIME INVOICE CUSTOMER[ return]: QUANTITYxSKU@PRICE ...". */
static const char *shown(const struct order_file *file)
{
    static struct buffer out;
    const struct book *book = &file->book;
    const struct zone *utc = file->mapping.zone;
    buffer_release(&out);
    buffer_init(&out, MEMORY_MAXIMUM);
    for (uint64_t i = 0; i < book->order_count; i++) {
        const struct book_order *order = &book->orders[i];
        char time[INSTANT_TEXT_MAXIMUM];
        struct text customer =
            order->customer == ORDERS_NONE ? TEXT("-") : book->customers.texts[order->customer];
        struct text invoice = book->invoices.texts[order->invoice];
        instant_format(utc, order->at_us, time);
        assert_int_equal(buffer_add_format(&out, "%s %.*s %.*s%s:", time, TEXT_ARGUMENTS(invoice),
                                           TEXT_ARGUMENTS(customer),
                                           order->is_return ? " return" : ""),
                         STATUS_OK);
        for (uint64_t k = order->first_line; k < order->first_line + order->line_count; k++) {
            const struct book_line *line = &book->lines[k];
            char price[AMOUNT_TEXT_MAXIMUM];
            amount_format(line->unit_price, book->price_decimals, price);
            assert_int_equal(buffer_add_format(&out, " %dx%.*s@%s", line->quantity,
                                               TEXT_ARGUMENTS(book->skus.texts[line->sku]), price),
                             STATUS_OK);
        }
        assert_int_equal(buffer_add_byte(&out, '\n'), STATUS_OK);
    }
    assert_int_equal(buffer_add_byte(&out, '\0'), STATUS_OK);
    return out.bytes;
}

static void assert_shows(const char *mapping, const char *bytes, const char *wanted)
{
    struct order_file file;
    order_file_read(&file, mapping, text_of(bytes));
    if (file.book.problems.count > 0) print_error("%s\n", problem_shown(&file.book.problems, 0));
    assert_int_equal(file.status, STATUS_OK);
    assert_int_equal(file.book.lines_unreadable, 0);
    assert_string_equal(shown(&file), wanted);
    order_file_end(&file);
}

static void lines_of_one_invoice_and_customer_are_one_order(void **state)
{
    (void)state;
    assert_shows(RETURNS,
                 HEADER "1,A,2,2011-12-01 10:00:00,2.55,7.0\n"
                        "1,B,1,2011-12-01 10:01:00,3,7.0\n"
                        "1,B,1,2011-12-01 10:02:00,3.00,8.0\n"
                        "1,C,1,2011-12-01 10:00:00,0.5,\n"
                        "2,A,1,2011-12-01 09:00:00,2.55,7\n"
                        "1,C,5,2011-12-01 08:00:00,1,7.0\n",
                 "2011-12-01T09:00:00Z 2 7: 1xA@2.55\n"
                 "2011-12-01T10:00:00Z 1 7: 2xA@2.55 1xB@3.00 5xC@1.00\n"
                 "2011-12-01T10:00:00Z 1 -: 1xC@0.50\n"
                 "2011-12-01T10:02:00Z 1 8: 1xB@3.00\n");
}

static void equal_times_stay_in_order_of_first_appearance(void **state)
{
    (void)state;
    assert_shows(MAP,
                 HEADER "3,A,1,2011-12-02 10:00:00,1,7\n"
                        "2,A,1,2011-12-01 10:00:00,1,7\n"
                        "5,A,1,2011-12-01 10:00:00,1,7\n"
                        "1,A,1,2011-12-01 10:00:00,1,7\n"
                        "4,A,1,2011-11-01 10:00:00,1,7\n",
                 "2011-11-01T10:00:00Z 4 7: 1xA@1.00\n"
                 "2011-12-01T10:00:00Z 2 7: 1xA@1.00\n"
                 "2011-12-01T10:00:00Z 5 7: 1xA@1.00\n"
                 "2011-12-01T10:00:00Z 1 7: 1xA@1.00\n"
                 "2011-12-02T10:00:00Z 3 7: 1xA@1.00\n");
}

static void returns_are_orders_of_their_own(void **state)
{
    (void)state;
    const char *lines = HEADER "1,A,2,2011-12-01 10:00:00,1,7\n"
                               "C1,A,-1,2011-12-01 10:00:00,1,7\n"
                               "C1,B,3,2011-12-01 10:00:00,1,7\n"
                               "1,D,-2,2011-12-01 10:00:00,1,7\n"
                               "1,E,0,2011-12-01 10:00:00,1,7\n";
    assert_shows(RETURNS, lines,
                 "2011-12-01T10:00:00Z 1 7: 2xA@1.00 -2xD@1.00 0xE@1.00\n"
                 "2011-12-01T10:00:00Z C1 7 return: -1xA@1.00 -3xB@1.00\n");
    assert_shows(MAP "return: {quantity: negative}\n", lines,
                 "2011-12-01T10:00:00Z 1 7: 2xA@1.00 0xE@1.00\n"
                 "2011-12-01T10:00:00Z C1 7 return: -1xA@1.00\n"
                 "2011-12-01T10:00:00Z C1 7: 3xB@1.00\n"
                 "2011-12-01T10:00:00Z 1 7 return: -2xD@1.00\n");
    assert_shows(MAP "return: {column: Sku, equals: B}\n", lines,
                 "2011-12-01T10:00:00Z 1 7: 2xA@1.00 -2xD@1.00 0xE@1.00\n"
                 "2011-12-01T10:00:00Z C1 7: -1xA@1.00\n"
                 "2011-12-01T10:00:00Z C1 7 return: -3xB@1.00\n");
}

static void prices_keep_their_decimals(void **state)
{
    (void)state;
    assert_shows(MAP,
                 HEADER "1,A,1,2011-12-01 10:00:00,2,7\n"
                        "1,B,1,2011-12-01 10:00:00,0.001,7\n"
                        "1,C,-1,2011-12-01 10:00:00,-11062.06,7\n"
                        "1,A,1,2011-12-01 10:00:00,1.1200000000,7\n"
                        "2,D,1,2011-12-01 10:00:00,0,7\n"
                        "1,E,1,2011-12-01 10:00:00,0.123456,7\n"
                        "2,F,1,2011-12-01 10:00:00, 1000000000 ,7\n"
                        "2,G,1000000000,2011-12-01 10:00:00,+001000.00,7\n"
                        "2,H,6.0,2011-12-01 10:00:00,12345678,7\n",
                 "2011-12-01T10:00:00Z 1 7: 1xA@2.000000 1xB@0.001000 -1xC@-11062.060000 "
                 "1xA@1.120000 1xE@0.123456\n"
                 "2011-12-01T10:00:00Z 2 7: 1xD@0.000000 1xF@1000000000.000000 "
                 "1000000000xG@1000.000000 6xH@12345678.000000\n");
}

static void a_line_amount_is_shared_among_the_units(void **state)
{
    (void)state;
    const char *map = "currency: USD\nseparator: space\nheader: no\ntime_format: \"%Y%m%d\"\n"
                      "columns: {order: 2, customer: 1, sku: {value: CD}, quantity: 3, "
                      "line_amount: 4, time: 2}\n";
    assert_shows(map,
                 " 00001 19970101  1   11.77\n 00002 19970112  5   77.00\n 00002 19970113 3 10\n",
                 "1997-01-01T00:00:00Z 19970101 00001: 1xCD@11.770000\n"
                 "1997-01-12T00:00:00Z 19970112 00002: 5xCD@15.400000\n"
                 "1997-01-13T00:00:00Z 19970113 00002: 3xCD@3.333333\n");
}

static void decimal_commas_are_read_when_the_mapping_says_so(void **state)
{
    (void)state;
    assert_shows(MAP "separator: semicolon\ndecimal_mark: \",\"\n",
                 "Invoice;Sku;Quantity;Time;Price;Customer\n"
                 "1;A;2;2011-12-01 10:00:00;2,55;7\n",
                 "2011-12-01T10:00:00Z 1 7: 2xA@2.55\n");
}

static void quoted_values_are_the_values(void **state)
{
    (void)state;
    assert_shows(
        MAP,
        "\"Invoice\",\"Sku\",\"Quantity\",\"Time\",\"Price\",\"Customer\",\"Note\"\r\n"
        "\"1\",\"A, \"\"B\"\"\",\"2\",\"2011-12-01 10:00:00\",\"2.55\",\"7.0\",\"x\ny\"\r\n"
        "1,C,1,2011-12-01 10:00:00,1,7.0,\r\n",
        "2011-12-01T10:00:00Z 1 7: 2xA, \"B\"@2.55 1xC@1.00\n");
}

static void names_and_money_columns_are_kept_beside_the_lines(void **state)
{
    (void)state;
    struct order_file file;
    order_file_read(&file,
                    "currency: GBP\ncolumns: {order: o, customer: c, sku: s, quantity: {value: 2}, "
                    "unit_price: p, time: t, category: g, type: y, channel: h, store: r, "
                    "discount: d, tax: x}\n",
                    TEXT("o,c,s,p,t,g,y,h,r,d,x\n"
                         "1,7,A,1.5,2011-12-01,tea,,web,north,0.25,1\n"
                         "2,7,A,1.5,2011-12-01,tea,,,,,\n"
                         "1,7,B,1.5,2011-12-01,,gift_card,app,south,-1.00,0.30\n"));
    const struct book *book = &file.book;
    assert_int_equal(file.status, STATUS_OK);
    assert_string_equal(shown(&file), "2011-12-01T00:00:00Z 1 7: 2xA@1.50 2xB@1.50\n"
                                      "2011-12-01T00:00:00Z 2 7: 2xA@1.50\n");
    const struct text *names = book->categories.texts;
    assert_true(text_equal(names[book->orders[0].channel], TEXT("web")));
    assert_true(text_equal(names[book->orders[0].store], TEXT("north")));
    assert_int_equal(book->orders[1].channel, ORDERS_NONE);
    assert_int_equal(book->orders[1].store, ORDERS_NONE);
    assert_true(text_equal(names[book->extras[0].category], TEXT("tea")));
    assert_int_equal(book->extras[0].type, ORDERS_NONE);
    assert_int_equal(book->extras[0].discount, 25);
    assert_int_equal(book->extras[0].tax, 100);
    assert_int_equal(book->extras[1].category, ORDERS_NONE);
    assert_true(text_equal(names[book->extras[1].type], TEXT("gift_card")));
    assert_int_equal(book->extras[1].discount, -100);
    assert_int_equal(book->extras[1].tax, 30);
    assert_true(text_equal(names[book->extras[2].category], TEXT("tea")));
    assert_int_equal(book->extras[2].discount, 0);
    order_file_end(&file);
}

static void lines_are_counted_by_what_they_are(void **state)
{
    (void)state;
    struct order_file file;
    order_file_read(&file, RETURNS,
                    TEXT(HEADER "1,A,2,2011-12-01 10:00:00,2.55,7.0\n"
                                "\n"
                                "2,A,2,2011-12-01 11:00:00,2.55,\n"
                                "3,A,x,2011-12-01 12:00:00,2.55,8\n"
                                "C4,A,-1,2011-12-01 10:30:00,2.55,9\n"
                                "5,A,1,2011-12-01 10:30:00,2.55,.0\n"));
    assert_int_equal(file.status, STATUS_OK);
    assert_int_equal(file.book.lines_total, 5);
    assert_int_equal(file.book.line_count, 4);
    assert_int_equal(file.book.lines_unreadable, 1);
    assert_int_equal(file.book.lines_anonymous, 2);
    assert_int_equal(file.book.customers.count, 2); /* 8 has no readable line */
    int64_t last_us = 0;
    assert_int_equal(instant_parse(file.mapping.zone, TEXT("2011-12-01T11:00:00Z"), &last_us),
                     STATUS_OK);
    assert_int_equal(file.book.last_line_us, last_us);
    order_file_end(&file);
}

#define LINE_BEFORE "0,A,1,2011-12-01 10:00:00,1,7\n"
#define LINE_AFTER "9,A,1,2011-12-01 10:00:00,1,7\n"

/* One unreadable line, the third of the file, between two good ones. */
static const struct {
    const char *line;
    const char *problem;
} unreadable[] = {
    {"1,A,1,2011-02-30 08:26:00,1,7",
     "3: Time \"2011-02-30 08:26:00\" is a date or time that does not exist"},
    {"1,A,1,2011-12-01T08:26:00Z,1,7",
     "3: Time \"2011-12-01T08:26:00Z\" is not a time of the mapping's form, such as 2011-12-31 "
     "16:30:59"},
    {"1,A,1,,1,7", "3: Time is empty"},
    {"1,A,1e9,2011-12-01 10:00:00,1,7",
     "3: Quantity \"1e9\" has an exponent; write the number out in digits"},
    {"1,A,99999999999999999999,2011-12-01 10:00:00,1,7",
     "3: Quantity \"99999999999999999999\" is out of range; a quantity lies within "
     "+-1,000,000,000"},
    {"1,A,1000000001,2011-12-01 10:00:00,1,7",
     "3: Quantity \"1000000001\" is out of range; a quantity lies within +-1,000,000,000"},
    {"1,A,1.5,2011-12-01 10:00:00,1,7",
     "3: Quantity \"1.5\" is not a whole number of units; write 2 rather than 1.5"},
    {"1,A,,2011-12-01 10:00:00,1,7", "3: Quantity is empty"},
    {"1,A,-,2011-12-01 10:00:00,1,7",
     "3: Quantity \"-\" is not a number; write it in digits, such as 12 or 12.50"},
    {"1,A,1,2011-12-01 10:00:00,1.1234567,7",
     "3: Price \"1.1234567\" has more than 6 decimals; round it"},
    {"1,A,1,2011-12-01 10:00:00,1E-05,7",
     "3: Price \"1E-05\" has an exponent; write the number out in digits"},
    {"1,A,1,2011-12-01 10:00:00,\"1,234.50\",7",
     "3: Price \"1,234.50\" is not a number; write it in digits, such as 12 or 12.50"},
    {"1,A,1,2011-12-01 10:00:00,\xc2\xa3 5,7",
     "3: Price \"\xc2\xa3 5\" is not a number; write it in digits, such as 12 or 12.50"},
    {"1,A,1,2011-12-01 10:00:00,.5,7",
     "3: Price \".5\" is not a number; write it in digits, such as 12 or 12.50"},
    {"1,A,1,2011-12-01 10:00:00,5.,7",
     "3: Price \"5.\" is not a number; write it in digits, such as 12 or 12.50"},
    {"1,A,1,2011-12-01 10:00:00,1.2.3,7",
     "3: Price \"1.2.3\" is not a number; write it in digits, such as 12 or 12.50"},
    {"1,A,1,2011-12-01 10:00:00,nan,7",
     "3: Price \"nan\" is not a number; write it in digits, such as 12 or 12.50"},
    {"1,A,1,2011-12-01 10:00:00,,7", "3: Price is empty"},
    {"1,A,1,2011-12-01 10:00:00,1000000000.01,7",
     "3: Price \"1000000000.01\" is out of range; a price lies within +-1,000,000,000"},
    {"1,A,1000000000,2011-12-01 10:00:00,1000.01,7",
     "3: quantity times price is above 1,000,000,000,000; check both columns"},
    {",A,1,2011-12-01 10:00:00,1,7", "3: Invoice is empty"},
    {"1,,1,2011-12-01 10:00:00,1,7", "3: Sku is empty"},
    {"1,A,1,2011-12-01 10:00:00,1",
     "3: the line has 5 columns and the header 6; quote fields that hold the separator"},
    {"1,A,1,2011-12-01 10:00:00,1,7,8",
     "3: the line has 7 columns and the header 6; quote fields that hold the separator"},
    {"1,\"A\"x,1,2011-12-01 10:00:00,1,7",
     "3: text follows a closing quote; double quotes inside a field (\"\")"},
    {"1,\"A,1,2011-12-01 10:00:00,1,7",
     "3: a quote is opened and not closed; double it (\"\") or drop it"},
    {"1,CAF\xc9,1,2011-12-01 10:00:00,1,7",
     "3: Sku \"CAF\\xc9\" is not UTF-8; convert the file, for example: iconv -f WINDOWS-1252 -t "
     "UTF-8"},
    {"1,A,1,2011-12-01 10:00:00,1,\xff",
     "3: Customer \"\\xff\" is not UTF-8; convert the file, for example: iconv -f WINDOWS-1252 -t "
     "UTF-8"},
    {"1,A,1,a value so long that nobody wants to see it,1,7",
     "3: Time \"a value so long that nobody wants to see...\" is not a time of the mapping's form, "
     "such as 2011-12-31 16:30:59"},
};

static void an_unreadable_line_is_told_and_leaves_no_trace(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof unreadable / sizeof unreadable[0]; i++) {
        struct order_file file;
        char bytes[1000];
        snprintf(bytes, sizeof bytes, HEADER LINE_BEFORE "%s\n" LINE_AFTER, unreadable[i].line);
        order_file_read(&file, MAP, text_of(bytes));
        assert_int_equal(file.status, STATUS_OK);
        assert_int_equal(file.book.lines_unreadable, 1);
        assert_int_equal(file.book.lines_total, 3);
        assert_int_equal(file.book.problems.count, 1);
        assert_string_equal(problem_shown(&file.book.problems, 0), unreadable[i].problem);
        assert_string_equal(shown(&file), "2011-12-01T10:00:00Z 0 7: 1xA@1.00\n"
                                          "2011-12-01T10:00:00Z 9 7: 1xA@1.00\n");
        assert_int_equal(file.book.customers.count, 1);
        orders_release(&file.book);
        order_file_read_again(&file, true);
        assert_int_equal(file.status, STATUS_INVALID);
        assert_int_equal(file.book.problems.count, 1);
        assert_int_equal(file.book.lines_total, 2);
        order_file_end(&file);
    }
}

static void nul_bytes_are_told_where_they_matter(void **state)
{
    (void)state;
    struct order_file file;
    order_file_read(&file, MAP,
                    TEXT("Invoice,Sku,Quantity,Time,Price,Customer,Note\n"
                         "1,A,1,2011-12-01 10:00:00,1,7,\0\n"
                         "2,A\0,1,2011-12-01 10:00:00,1,7,x\n"
                         "3,A,1\0,2011-12-01 10:00:00,1,7,x\n"
                         "4\0,A,1,2011-12-01 10:00:00,1,7,x\n"));
    assert_int_equal(file.status, STATUS_OK);
    assert_int_equal(file.book.lines_total, 4);
    assert_int_equal(file.book.lines_unreadable, 3);
    assert_string_equal(problem_shown(&file.book.problems, 0),
                        "3: Sku \"A\\x00\" holds a NUL byte; write the file again as plain text");
    assert_string_equal(
        problem_shown(&file.book.problems, 1),
        "4: Quantity \"1\\x00\" is not a number; write it in digits, such as 12 or 12.50");
    assert_string_equal(
        problem_shown(&file.book.problems, 2),
        "5: Invoice \"4\\x00\" holds a NUL byte; write the file again as plain text");
    order_file_end(&file);
}

static void only_the_first_twenty_are_shown(void **state)
{
    (void)state;
    struct order_file file;
    struct buffer bytes;
    buffer_init(&bytes, MEMORY_MAXIMUM);
    assert_int_equal(buffer_add(&bytes, TEXT(HEADER)), STATUS_OK);
    for (int i = 0; i < 50; i++)
        assert_int_equal(buffer_add(&bytes, TEXT("1,A,x,2011-12-01 10:00:00,1,7\n")), STATUS_OK);
    order_file_read(&file, MAP, buffer_text(&bytes));
    assert_int_equal(file.book.lines_unreadable, 50);
    assert_int_equal(file.book.problems.count, ORDERS_SHOWN_PROBLEMS);
    assert_int_equal(file.book.problems.items[19].position.line, 21);
    assert_int_equal(file.book.order_count, 0);
    buffer_release(&bytes);
    order_file_end(&file);
}

static void assert_refused(const char *mapping, const char *bytes, const char *const *problems)
{
    struct order_file file;
    order_file_read(&file, mapping, text_of(bytes));
    assert_int_equal(file.status, STATUS_INVALID);
    size_t count = 0;
    for (; problems[count] != NULL; count++) {
        assert_string_equal(problem_shown(&file.book.problems, count), problems[count]);
    }
    assert_int_equal(file.book.problems.count, count);
    order_file_end(&file);
}

static void a_header_must_have_the_mappings_columns(void **state)
{
    (void)state;
    static const char *const spelling[] = {
        "1: there is no column \"Quantity\" for the quantity; did you mean \"Quantty\"?",
        "1: there is no column \"Price\" for the unit_price; the header has Invoice, Sku, "
        "Quantty, Time, Customer",
        NULL};
    assert_refused(MAP, "Invoice,Sku,Quantty,Time,Customer\n", spelling);
    static const char *const twice[] = {"1: two columns are called \"Sku\"; rename one", NULL};
    assert_refused(MAP, "Invoice,Sku,Sku,Quantity,Time,Price,Customer\n", twice);
    static const char *const empty[] = {"is empty; a header line and lines of orders are expected",
                                        NULL};
    assert_refused(MAP, "", empty);
    assert_refused(MAP, "\n\r\n", empty);
    static const char *const separator[] = {
        "1: there is no column 2 for the time; the line has 1",
        "the line has one column only; does another character separate them? The mapping's "
        "separator says which",
        NULL};
    assert_refused("currency: USD\nheader: no\ncolumns: {order: 1, customer: 1, sku: 1, quantity: "
                   "1, unit_price: 1, time: 2}\n",
                   "1;2;3\n", separator);
    static const char *const number[] = {"1: there is no column 9 for the time; the line has 3",
                                         NULL};
    assert_refused("currency: USD\nheader: no\ncolumns: {order: 1, customer: 2, sku: 3, quantity: "
                   "3, unit_price: 3, time: 9}\n",
                   "1,2,3\n", number);
    static const char *const unmapped[] = {
        "1: there is no column \"order\" for the order; did you mean \"Order\"?",
        "1: there is no column \"member\" for the customer; the header has Order, sku, category, "
        "quantity, unit_price, time, channel",
        "without a mapping the columns of `guerdon generate` are expected; say what the columns "
        "mean with --map FILE",
        NULL};
    assert_refused(NULL, "Order,sku,category,quantity,unit_price,time,channel\n", unmapped);
}

static void without_a_mapping_the_header_may_leave_out_what_is_not_needed(void **state)
{
    (void)state;
    struct order_file file;
    order_file_read(&file, NULL,
                    TEXT("time,quantity,unit_price,member,order,sku,tax\n"
                         "2024-01-31T16:30:59Z,2,1.50,M1,1,A,0.20\n"
                         "2024-02-01T16:30:59Z,-1,1.50,M1,R2,A,\n"));
    assert_int_equal(file.status, STATUS_OK);
    assert_string_equal(shown(&file), "2024-01-31T16:30:59Z 1 M1: 2xA@1.50\n"
                                      "2024-02-01T16:30:59Z R2 M1 return: -1xA@1.50\n");
    assert_int_equal(file.book.extras[0].tax, 20);
    assert_int_equal(file.book.extras[0].category, ORDERS_NONE);
    assert_int_equal(file.book.orders[0].channel, ORDERS_NONE);
    order_file_end(&file);
}

static void a_header_alone_is_a_book_without_orders(void **state)
{
    (void)state;
    assert_shows(MAP, HEADER, "");
    assert_shows(MAP, "\xef\xbb\xbf Invoice ,Sku,Quantity,Time,Price,Customer", "");
}

static void a_truncated_archive_says_how_many_lines_were_good(void **state)
{
    (void)state;
    struct order_file file;
    order_file_write(&file, TEXT(""));
    order_file_map(&file, MAP);
    gzFile archive = gzopen(file.path, "wb");
    assert_non_null(archive);
    assert_int_equal(gzputs(archive, HEADER LINE_BEFORE LINE_AFTER "10,A,1,2011"),
                     (int)(strlen(HEADER LINE_BEFORE LINE_AFTER) + 11));
    assert_int_equal(gzclose(archive), Z_OK);
    FILE *packed = fopen(file.path, "rb+");
    assert_non_null(packed);
    assert_int_equal(fseek(packed, 0, SEEK_END), 0);
    assert_int_equal(ftruncate(fileno(packed), ftell(packed) - 8), 0);
    assert_int_equal(fclose(packed), 0);
    order_file_read_again(&file, false);
    assert_int_equal(file.status, STATUS_IO);
    assert_int_equal(file.book.lines_total, 2);
    assert_string_equal(problem_shown(&file.book.problems, 0),
                        "cannot be read to its end (gzip): the packed data end too early; fetch or "
                        "pack the file again; 112 bytes with 2 whole data lines were good");
    order_file_end(&file);
}

static void a_missing_file_is_told(void **state)
{
    (void)state;
    struct order_file file;
    order_file_write(&file, TEXT(""));
    order_file_map(&file, MAP);
    unlink(file.path);
    order_file_read_again(&file, false);
    assert_int_equal(file.status, STATUS_IO);
    assert_string_equal(problem_shown(&file.book.problems, 0),
                        "cannot be read: No such file or directory");
    order_file_end(&file);
}

static void count_progress(void *context, uint64_t bytes, uint64_t total)
{
    assert_true(bytes <= total);
    ++*(int *)context;
}

static uint32_t chance(uint64_t *number, uint32_t below)
{
    *number = *number * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (uint32_t)((*number >> 33) % below);
}

/* The oracle for grouping: for each order, the quantities of its lines in the order of the file.
 * Each line's quantity is its own number in the file. */
static void shuffled_lines_are_grouped_in_order_of_the_file(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 30; seed++) {
        uint64_t number = seed;
        struct order_file file;
        struct buffer bytes;
        uint32_t line_count = seed == 30 ? 100000 : chance(&number, 400);
        uint32_t invoices = 1 + chance(&number, line_count / 2 + 1);
        uint32_t *invoice_of_line = calloc(line_count + 1, sizeof *invoice_of_line);
        assert_non_null(invoice_of_line);
        buffer_init(&bytes, MEMORY_MAXIMUM);
        assert_int_equal(buffer_add(&bytes, TEXT("o,c,s,q,p,t,g\n")), STATUS_OK);
        for (uint32_t i = 0; i < line_count; i++) {
            /* Mostly as the line before, like real files; in some seeds never. */
            bool repeats = i > 0 && seed % 3 != 0 && chance(&number, 10) < 8;
            invoice_of_line[i] = repeats ? invoice_of_line[i - 1] : chance(&number, invoices);
            uint32_t order = invoice_of_line[i];
            assert_int_equal(buffer_add_format(&bytes,
                                               "%u,7,A,%u,1.00,2011-01-%02uT00:00:00Z,g%u\n", order,
                                               i + 1, 1 + order % 28, i),
                             STATUS_OK);
        }
        int calls = 0;
        order_file_write(&file, buffer_text(&bytes));
        order_file_map(&file,
                       "currency: USD\ncolumns: {order: o, customer: c, sku: s, quantity: q, "
                       "unit_price: p, time: t, category: g}\n");
        file.status = orders_read(&file.book, text_of(file.path), &file.mapping, 2, true,
                                  count_progress, &calls);
        assert_int_equal(file.status, STATUS_OK);
        assert_true(calls > 0);
        assert_int_equal(file.book.line_count, line_count);
        uint64_t seen = 0;
        for (uint64_t i = 0; i < file.book.order_count; i++) {
            const struct book_order *order = &file.book.orders[i];
            uint64_t first = order->first_line;
            uint32_t invoice = invoice_of_line[file.book.lines[first].quantity - 1];
            for (uint64_t k = first; k < first + order->line_count; k++, seen++) {
                int32_t line = file.book.lines[k].quantity - 1;
                assert_int_equal(invoice_of_line[line], invoice);
                assert_true(k == first || line > file.book.lines[k - 1].quantity - 1);
                char category[16];
                snprintf(category, sizeof category, "g%d", line);
                assert_true(text_equal(file.book.categories.texts[file.book.extras[k].category],
                                       text_of(category)));
            }
            if (i == 0) continue;
            const struct book_order *before = order - 1;
            bool is_later =
                before->at_us < order->at_us ||
                (before->at_us == order->at_us &&
                 file.book.lines[before->first_line].quantity < file.book.lines[first].quantity);
            assert_true(is_later);
        }
        assert_int_equal(seen, line_count);
        free(invoice_of_line);
        buffer_release(&bytes);
        order_file_end(&file);
    }
}

static const char *example_mapping(const char *name)
{
    char path[1000];
    static char mapping[4096];
    const char *source = getenv("GUERDON_SOURCE");
    snprintf(path, sizeof path, "%s/examples/maps/%s", source == NULL ? "." : source, name);
    FILE *yaml = fopen(path, "rb");
    assert_non_null(yaml);
    size_t length = fread(mapping, 1, sizeof mapping - 1, yaml);
    mapping[length] = '\0';
    fclose(yaml);
    return mapping;
}

static void read_real_lines(struct order_file *file, const char *data, const char *map,
                            const char *orders)
{
    char path[2000];
    order_file_write(file, TEXT(""));
    order_file_map(file, example_mapping(map));
    snprintf(path, sizeof path, "%s/%s", data, orders);
    file->status = orders_read(&file->book, text_of(path), &file->mapping, 2, true, NULL, NULL);
    if (file->book.problems.count > 0) print_error("%s\n", problem_shown(&file->book.problems, 0));
}

/* Where the real orders are, or NULL. */
static const char *data_folder(void)
{
    static char folder[1000];
    char path[2000];
    const char *data = getenv("GUERDON_DATA");
    const char *source = getenv("GUERDON_SOURCE");
    if (data != NULL) {
        snprintf(folder, sizeof folder, "%s", data);
    } else {
        snprintf(folder, sizeof folder, "%s/../shared/data", source == NULL ? "." : source);
    }
    snprintf(path, sizeof path, "%s/online-retail/online_retail.csv.zst", folder);
    if (access(path, R_OK) == 0) return folder;
    printf("not run: real data\n");
    return NULL;
}

/* The mapping that says what is read without one. */
static void the_example_mapping_reads_what_generate_writes(void **state)
{
    (void)state;
    struct order_file file;
    struct order_file with_map;
    const char *lines = "order,time,member,channel,sku,category,quantity,unit_price\n"
                        "1,2024-01-31T16:30:59Z,M1,web,A,tea,2,1.50\n"
                        "R2,2024-01-31T16:31:59Z,M1,web,A,tea,-1,1.50\n";
    order_file_read(&file, NULL, text_of(lines));
    order_file_read(&with_map, example_mapping("guerdon.yaml"), text_of(lines));
    assert_int_equal(with_map.status, STATUS_OK);
    char expected[1000];
    snprintf(expected, sizeof expected, "%s", shown(&file));
    assert_string_equal(shown(&with_map), expected);
    assert_int_equal(file.book.extras[1].category, with_map.book.extras[1].category);
    assert_int_equal(file.book.orders[1].channel, with_map.book.orders[1].channel);
    order_file_end(&file);
    order_file_end(&with_map);
}

static void the_real_lines_count_as_published(void **state)
{
    (void)state;
    const char *data = data_folder();
    if (data == NULL) return;
    struct order_file file;
    read_real_lines(&file, data, "online-retail.yaml", "online-retail/online_retail.csv.zst");
    const struct book *book = &file.book;
    assert_int_equal(file.status, STATUS_OK);
    assert_int_equal(book->lines_total, 541909);
    assert_int_equal(book->line_count, 541909);
    assert_int_equal(book->lines_anonymous, 135080);
    assert_int_equal(book->lines_unreadable, 0);
    assert_int_equal(book->customers.count, 4372);
    assert_int_equal(book->price_decimals, 3);
    uint64_t orders = 0;
    uint64_t returns = 0;
    for (uint64_t i = 0; i < book->order_count; i++) {
        if (book->orders[i].customer == ORDERS_NONE) continue;
        if (book->orders[i].is_return) {
            returns++;
        } else {
            orders++;
        }
    }
    assert_int_equal(orders, 18536);
    assert_int_equal(returns, 3654);
    order_file_end(&file);
}

static void the_real_compact_discs_cost_what_they_did(void **state)
{
    (void)state;
    const char *data = data_folder();
    if (data == NULL) return;
    struct order_file file;
    read_real_lines(&file, data, "cdnow.yaml", "cdnow/CDNOW_master.txt");
    const struct book *book = &file.book;
    int64_t sum = 0;
    assert_int_equal(file.status, STATUS_OK);
    assert_int_equal(book->lines_total, 69659);
    assert_int_equal(book->customers.count, 23570);
    for (uint64_t i = 0; i < book->line_count; i++) {
        int64_t amount = 0;
        struct decimal price = {book->lines[i].unit_price, book->price_decimals};
        assert_int_equal(
            amount_of_price(book->lines[i].quantity, price, 2, ROUNDING_HALF_UP, &amount),
            STATUS_OK);
        sum += amount;
    }
    assert_int_equal(sum, 250031563);
    order_file_end(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_of_one_invoice_and_customer_are_one_order),
        cmocka_unit_test(equal_times_stay_in_order_of_first_appearance),
        cmocka_unit_test(returns_are_orders_of_their_own),
        cmocka_unit_test(prices_keep_their_decimals),
        cmocka_unit_test(a_line_amount_is_shared_among_the_units),
        cmocka_unit_test(decimal_commas_are_read_when_the_mapping_says_so),
        cmocka_unit_test(quoted_values_are_the_values),
        cmocka_unit_test(names_and_money_columns_are_kept_beside_the_lines),
        cmocka_unit_test(lines_are_counted_by_what_they_are),
        cmocka_unit_test(an_unreadable_line_is_told_and_leaves_no_trace),
        cmocka_unit_test(nul_bytes_are_told_where_they_matter),
        cmocka_unit_test(only_the_first_twenty_are_shown),
        cmocka_unit_test(a_header_must_have_the_mappings_columns),
        cmocka_unit_test(without_a_mapping_the_header_may_leave_out_what_is_not_needed),
        cmocka_unit_test(a_header_alone_is_a_book_without_orders),
        cmocka_unit_test(a_truncated_archive_says_how_many_lines_were_good),
        cmocka_unit_test(a_missing_file_is_told),
        cmocka_unit_test(shuffled_lines_are_grouped_in_order_of_the_file),
        cmocka_unit_test(the_example_mapping_reads_what_generate_writes),
        cmocka_unit_test(the_real_lines_count_as_published),
        cmocka_unit_test(the_real_compact_discs_cost_what_they_did),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
