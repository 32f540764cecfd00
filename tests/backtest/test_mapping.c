/* Mappings: what each key means, and every mistake with its place and what would be right. */
#include "order_file.h"

/* What every mapping needs; tests add keys to it. */
#define COLUMNS                                                                                    \
    "columns:\n"                                                                                   \
    "  order: InvoiceNo\n"                                                                         \
    "  customer: CustomerID\n"                                                                     \
    "  sku: StockCode\n"                                                                           \
    "  quantity: Quantity\n"                                                                       \
    "  unit_price: UnitPrice\n"                                                                    \
    "  time: InvoiceDate\n"
#define MINIMAL "currency: GBP\n" COLUMNS

struct loaded {
    struct arena arena;
    struct problem_list problems;
    struct mapping mapping;
    enum status status;
};

static struct loaded load(struct text text)
{
    struct loaded loaded = {.status = STATUS_OK};
    arena_init(&loaded.arena, MEMORY_MAXIMUM);
    problem_list_init(&loaded.problems, &loaded.arena);
    loaded.status =
        mapping_load(&loaded.arena, TEXT("map.yaml"), text, &loaded.problems, &loaded.mapping);
    loaded.problems.arena = NULL; /* it moves with this copy */
    return loaded;
}

static struct mapping load_right(struct loaded *loaded, const char *text)
{
    *loaded = load(text_of(text));
    if (loaded->problems.count > 0) print_error("%s\n", problem_shown(&loaded->problems, 0));
    assert_int_equal(loaded->status, STATUS_OK);
    return loaded->mapping;
}

static void assert_text(struct text text, const char *wanted)
{
    assert_true(text_equal(text, text_of(wanted)));
}

static void a_minimal_mapping_has_sensible_defaults(void **state)
{
    (void)state;
    struct loaded loaded;
    struct mapping mapping = load_right(&loaded, MINIMAL);
    assert_text(mapping.file, "map.yaml");
    assert_text(mapping.currency, "GBP");
    assert_int_equal(mapping.currency_decimals, 2);
    assert_int_equal(mapping.separator, ',');
    assert_int_equal(mapping.decimal_mark, '.');
    assert_true(mapping.has_header);
    assert_true(mapping.time_format.is_rfc3339);
    assert_text(zone_name(mapping.zone), "UTC");
    assert_int_equal(mapping.return_mark, RETURN_NONE);
    assert_int_equal(mapping.columns[ORDER_COLUMN_ORDER].source, MAPPED_BY_NAME);
    assert_text(mapping.columns[ORDER_COLUMN_ORDER].name, "InvoiceNo");
    assert_int_equal(mapping.columns[ORDER_COLUMN_CATEGORY].source, MAPPED_NOT);
    arena_release(&loaded.arena);
}

static void every_key_is_understood(void **state)
{
    (void)state;
    struct loaded loaded;
    struct mapping mapping = load_right(&loaded, "currency: JPY\n"
                                                 "timezone: Asia/Tokyo\n"
                                                 "time_format: \"%d/%m/%Y %H:%M\"\n"
                                                 "separator: semicolon\n"
                                                 "decimal_mark: \",\"\n"
                                                 "header: no\n"
                                                 "columns:\n"
                                                 "  order: {column: 1, drop_prefix: \"#\"}\n"
                                                 "  customer: {column: 2, drop_suffix: .0}\n"
                                                 "  sku: 3\n"
                                                 "  quantity: {value: 1}\n"
                                                 "  line_amount: 4\n"
                                                 "  time: 5\n"
                                                 "  category: 6\n"
                                                 "  type: 7\n"
                                                 "  channel: {value: store}\n"
                                                 "  store: 8\n"
                                                 "  discount: 9\n"
                                                 "  tax: 10\n"
                                                 "return: {column: 11, equals: refund}\n");
    assert_int_equal(mapping.currency_decimals, 0);
    assert_int_equal(mapping.separator, ';');
    assert_int_equal(mapping.decimal_mark, ',');
    assert_false(mapping.has_header);
    assert_text(zone_name(mapping.zone), "Asia/Tokyo");
    assert_int_equal(mapping.columns[ORDER_COLUMN_ORDER].source, MAPPED_BY_NUMBER);
    assert_int_equal(mapping.columns[ORDER_COLUMN_ORDER].number, 1);
    assert_text(mapping.columns[ORDER_COLUMN_ORDER].name, "column 1");
    assert_text(mapping.columns[ORDER_COLUMN_ORDER].prefix, "#");
    assert_text(mapping.columns[ORDER_COLUMN_CUSTOMER].suffix, ".0");
    assert_int_equal(mapping.columns[ORDER_COLUMN_QUANTITY].source, MAPPED_VALUE);
    assert_text(mapping.columns[ORDER_COLUMN_QUANTITY].value, "1");
    assert_int_equal(mapping.columns[ORDER_COLUMN_TAX].number, 10);
    assert_int_equal(mapping.return_mark, RETURN_COLUMN_EQUALS);
    assert_int_equal(mapping.columns[ORDER_COLUMN_RETURN].number, 11);
    assert_text(mapping.return_text, "refund");
    arena_release(&loaded.arena);
}

static void returns_are_told_in_three_ways_or_not_at_all(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum return_mark mark;
        const char *value;
    } cases[] = {{MINIMAL "return: {order_starts_with: C}\n", RETURN_ORDER_STARTS_WITH, "C"},
                 {MINIMAL "return: {quantity: negative}\n", RETURN_NEGATIVE, ""},
                 {MINIMAL "return: {column: Kind, equals: R}\n", RETURN_COLUMN_EQUALS, "R"},
                 {MINIMAL "return: none\n", RETURN_NONE, ""}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct loaded loaded;
        struct mapping mapping = load_right(&loaded, cases[i].text);
        assert_int_equal(mapping.return_mark, cases[i].mark);
        assert_text(mapping.return_text, cases[i].value);
        arena_release(&loaded.arena);
    }
}

static void separators_have_names_or_stand_for_themselves(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        char separator;
    } cases[] = {{MINIMAL "separator: comma\n", ','},    {MINIMAL "separator: tab\n", '\t'},
                 {MINIMAL "separator: \"\\t\"\n", '\t'}, {MINIMAL "separator: space\n", ' '},
                 {MINIMAL "separator: \"|\"\n", '|'},    {MINIMAL "separator: ;\n", ';'}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct loaded loaded;
        assert_int_equal(load_right(&loaded, cases[i].text).separator, cases[i].separator);
        arena_release(&loaded.arena);
    }
}

/* Up to four problems, in order. */
static const struct {
    const char *text;
    const char *problems[4];
} wrong[] = {
    {"", {"is empty; a mapping begins with `currency: EUR` and `columns:`"}},
    {"- a\n", {"1:1: a mapping is a map of keys: currency, columns and so on"}},
    {MINIMAL "curency: GBP\n", {"9:1: unknown key \"curency\"; did you mean \"currency\"?"}},
    {MINIMAL "colour: red\n",
     {"9:1: unknown key \"colour\"; known here are currency, timezone, time_format, separator, "
      "decimal_mark, header, columns, return"}},
    {"currency: GBP\n" COLUMNS "  units: X\n  quantity: Y\n",
     {"9:3: unknown key \"units\"; known here are order, customer, sku, quantity, unit_price, "
      "line_amount, time, category, type, channel, store, discount, tax",
      "10:3: \"quantity\" is given twice; keep one of them"}},
    {"currency: gbp\ntimezone: Mars/Olympus\ntime_format: \"%d/%m\"\n" COLUMNS,
     {"1:11: \"gbp\" is not an ISO 4217 currency; write three capitals such as EUR",
      "2:11: there is no time zone \"Mars/Olympus\"; write an IANA name such as Europe/London or "
      "UTC",
      "3:14: \"%d/%m\" has no year: %Y or %y"}},
    {MINIMAL "time_format: \"%Y-%m-%d %Q\"\n",
     {"9:14: \"%Y-%m-%d %Q\" has %Q, which is not known; known are %Y %y %m %b %d %H %I %p %M %S "
      "%f %z %F %T %s"}},
    {MINIMAL "time_format: \"%F %I:%M\"\n", {"9:14: \"%F %I:%M\" has no %I and %p together"}},
    {MINIMAL "separator: \"::\"\n",
     {"9:12: a separator is comma, semicolon, tab, space (any white space), or one character"}},
    {MINIMAL "separator: ','\ndecimal_mark: ','\n",
     {"`separator` and `decimal_mark` are the same character"}},
    {MINIMAL "decimal_mark: x\n", {"9:15: a decimal mark is \".\" or \",\""}},
    {MINIMAL "header: maybe\n",
     {"9:9: header is yes (columns have names) or no (columns have numbers, from 1)"}},
    {MINIMAL "return: {order_starts_with: C, quantity: negative}\n",
     {"9:42: a return is told by one mark; keep one of them"}},
    {MINIMAL "return: {column: Kind}\n",
     {"9:9: a return told by a column needs both `column` and `equals`"}},
    {MINIMAL "return: {quantity: below zero}\n",
     {"9:20: the quantity of a return can be told by `negative`"}},
    {MINIMAL "return: sometimes\n",
     {"9:9: {order_starts_with: TEXT}, {quantity: negative}, {column: NAME, equals: TEXT} or none "
      "is needed here"}},
    {"columns: {order: A}\n",
     {"`currency` is missing; write for example `currency: EUR`",
      "`columns` does not say which column is the `customer`",
      "`columns` does not say which column is the `sku`",
      "`columns` does not say which column is the `quantity`"}},
    {MINIMAL "header: no\n",
     {"3:10: without a header a column is a number from 1 to 1000, not \"InvoiceNo\"",
      "4:13: without a header a column is a number from 1 to 1000, not \"CustomerID\"",
      "5:8: without a header a column is a number from 1 to 1000, not \"StockCode\"",
      "6:13: without a header a column is a number from 1 to 1000, not \"Quantity\""}},
    {"currency: GBP\n" COLUMNS "  line_amount: Total\n",
     {"`columns` needs only one of `unit_price` and `line_amount`"}},
    {"currency: GBP\n" COLUMNS "  store: {column: S, value: T}\n",
     {"9:10: name either a column or a value"}},
    {"currency: GBP\n" COLUMNS "  store: {drop_prefix: S}\n",
     {"9:10: name either a column or a value"}},
    {"currency: GBP\n" COLUMNS "  store: [S]\n",
     {"9:10: a column's name, {column: NAME, drop_suffix: TEXT} or {value: TEXT} is needed here"}},
    {"currency: GBP\n" COLUMNS "  store:\n", {"9:9: the name of a column is needed here"}},
    {"currency: [GBP]\n" COLUMNS,
     {"1:11: a currency such as EUR is needed here",
      "`currency` is missing; write for example `currency: EUR`"}},
    {"currency: GBP\n? [a]\n: b\n" COLUMNS, {"2:3: a key is a plain word"}},
    {"currency: \"GBP\n", {"2:1: is not YAML: found unexpected end of stream"}},
    {"currency: GBP\n\xff\n", {"is not UTF-8 (byte 15); save it as UTF-8"}},
};

static void every_mistake_is_told_with_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct loaded loaded = load(text_of(wrong[i].text));
        assert_int_equal(loaded.status, STATUS_INVALID);
        size_t count = 0;
        for (; count < 4 && wrong[i].problems[count] != NULL; count++) {
            assert_string_equal(problem_shown(&loaded.problems, count), wrong[i].problems[count]);
        }
        if (count < 4) assert_int_equal(loaded.problems.count, count);
        arena_release(&loaded.arena);
    }
}

static void a_mistake_leaves_the_mapping_as_it_was(void **state)
{
    (void)state;
    struct arena arena;
    struct problem_list problems;
    struct mapping mapping;
    arena_init(&arena, MEMORY_MAXIMUM);
    problem_list_init(&problems, &arena);
    assert_int_equal(mapping_default(&arena, &mapping), STATUS_OK);
    struct mapping before = mapping;
    assert_int_equal(
        mapping_load(&arena, TEXT("map.yaml"), TEXT("currency: X\n"), &problems, &mapping),
        STATUS_INVALID);
    assert_memory_equal(&mapping, &before, sizeof mapping);
    arena_release(&arena);
}

static void too_long_a_file_is_taken_for_the_orders(void **state)
{
    (void)state;
    static char bytes[MAPPING_TEXT_MAXIMUM + 1];
    memset(bytes, '#', sizeof bytes);
    struct loaded loaded = load((struct text){bytes, sizeof bytes});
    assert_int_equal(loaded.status, STATUS_INVALID);
    assert_string_equal(problem_shown(&loaded.problems, 0),
                        "is longer than 256 KB; name the mapping file, not the orders");
    arena_release(&loaded.arena);
}

static void too_little_memory_is_said(void **state)
{
    (void)state;
    enum status status = STATUS_NO_MEMORY;
    for (size_t maximum = 0; maximum < (size_t)1 << 20; maximum += maximum < 4096 ? 64 : maximum) {
        struct arena arena;
        struct arena problem_arena;
        struct problem_list problems;
        struct mapping mapping;
        arena_init(&arena, maximum);
        arena_init(&problem_arena, MEMORY_MAXIMUM);
        problem_list_init(&problems, &problem_arena);
        bool fitted = status == STATUS_OK;
        status = mapping_load(&arena, TEXT("map.yaml"), TEXT(MINIMAL), &problems, &mapping);
        assert_true(status == STATUS_OK || (status == STATUS_NO_MEMORY && !fitted));
        arena_release(&arena);
        arena_release(&problem_arena);
    }
    assert_int_equal(status, STATUS_OK);
}

/* Every mapping that docs/orders.md shows. */
static void the_mappings_of_the_documentation_are_right(void **state)
{
    (void)state;
    char path[1000];
    static char bytes[100000];
    const char *source = getenv("GUERDON_SOURCE");
    snprintf(path, sizeof path, "%s/docs/orders.md", source == NULL ? "." : source);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t length = fread(bytes, 1, sizeof bytes - 1, file);
    bytes[length] = '\0';
    fclose(file);
    int count = 0;
    static const char opening[] = "```yaml\n";
    for (char *at = strstr(bytes, opening); at != NULL; at = strstr(at, opening)) {
        at += strlen(opening);
        char *end = strstr(at, "```");
        assert_non_null(end);
        *end = '\0';
        struct loaded loaded;
        (void)load_right(&loaded, at);
        arena_release(&loaded.arena);
        at = end + 3;
        count++;
    }
    assert_int_equal(count, 2);
}

/* Times */

static void times_are_read_in_the_shops_own_form(void **state)
{
    (void)state;
    static const struct {
        const char *format;
        const char *zone;
        const char *text;
        const char *instant; /* in UTC; NULL: of another form; "": no such time */
    } cases[] = {
        {"%Y-%m-%d %H:%M:%S", "UTC", "2011-12-09 12:50:00", "2011-12-09T12:50:00Z"},
        {"%F %T", "UTC", "2011-12-09 12:50:01", "2011-12-09T12:50:01Z"},
        {"%d/%m/%Y %H:%M", "Europe/London", "1/7/2011 9:05", "2011-07-01T08:05:00Z"},
        {"%m/%d/%y %I:%M %p", "UTC", "12/31/11 12:05 am", "2011-12-31T00:05:00Z"},
        {"%m/%d/%y %I:%M %p", "UTC", "12/31/69 12:05 PM", "1969-12-31T12:05:00Z"},
        {"%m/%d/%y %I:%M %p", "UTC", "12/31/11 13:05 PM", ""},
        {"%d %b %Y", "UTC", "9 Dec 2011", "2011-12-09T00:00:00Z"},
        {"%d %b %Y", "UTC", " 9 december 2011", "2011-12-09T00:00:00Z"},
        {"%d %B %Y", "UTC", "9 Mai 2011", NULL},
        {"%Y%m%d", "UTC", "19970101", "1997-01-01T00:00:00Z"},
        {"%F %T.%f", "UTC", "2011-12-09 12:50:01.25", "2011-12-09T12:50:01.250000Z"},
        {"%F %T.%f", "UTC", "2011-12-09 12:50:01.123456789", "2011-12-09T12:50:01.123456Z"},
        {"%FT%T%z", "Asia/Tokyo", "2011-12-09T12:50:00-0130", "2011-12-09T14:20:00Z"},
        {"%FT%T%z", "Asia/Tokyo", "2011-12-09T12:50:00+02:00", "2011-12-09T10:50:00Z"},
        {"%FT%T%z", "Asia/Tokyo", "2011-12-09T12:50:00Z", "2011-12-09T12:50:00Z"},
        {"%s", "UTC", "1323435000", "2011-12-09T12:50:00Z"},
        {"%Y%%%m%%%d", "UTC", "2011%12%09", "2011-12-09T00:00:00Z"},
        {"rfc3339", "UTC", "2011-12-09T12:50:00Z", "2011-12-09T12:50:00Z"},
        {"rfc3339", "Asia/Tokyo", "2011-12-09", "2011-12-08T15:00:00Z"},
        {"%F", "UTC", "2011-02-30", ""},
        {"%F", "UTC", "2012-02-29", "2012-02-29T00:00:00Z"},
        {"%F", "UTC", "2011-02-29", ""},
        {"%F", "UTC", "2011-13-01", ""},
        {"%F", "UTC", "0000-01-01", ""},
        {"%F %T", "UTC", "2011-12-09 24:00:00", ""},
        {"%F %T", "UTC", "2011-12-09 12:60:00", ""},
        {"%F", "UTC", "2011-12-09 12:50", NULL},
        {"%F", "UTC", "09.12.2011", NULL},
        {"%F", "UTC", "", NULL},
        {"%F", "UTC", "2011-12-", NULL},
        {"%s", "UTC", "999999999999", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct arena arena;
        struct time_format format;
        struct text error;
        const struct zone *zone;
        const struct zone *utc;
        int64_t instant_us = 0;
        int64_t wanted_us = 0;
        arena_init(&arena, MEMORY_MAXIMUM);
        assert_int_equal(time_format_compile(&arena, text_of(cases[i].format), &format, &error),
                         STATUS_OK);
        assert_int_equal(zone_open(&arena, text_of(cases[i].zone), &zone), STATUS_OK);
        assert_int_equal(zone_open(&arena, TEXT("UTC"), &utc), STATUS_OK);
        enum status status = time_format_parse(&format, zone, text_of(cases[i].text), &instant_us);
        if (cases[i].instant == NULL) {
            assert_int_equal(status, STATUS_SYNTAX);
        } else if (cases[i].instant[0] == '\0') {
            assert_int_equal(status, STATUS_INVALID);
        } else {
            assert_int_equal(status, STATUS_OK);
            assert_int_equal(instant_parse(utc, text_of(cases[i].instant), &wanted_us), STATUS_OK);
            assert_int_equal(instant_us, wanted_us);
        }
        arena_release(&arena);
    }
}

static void every_formats_example_reads_by_the_format(void **state)
{
    (void)state;
    static const char *const formats[] = {"rfc3339", "%d/%m/%Y %H:%M", "%b %d, %y %I:%M:%S.%f %p",
                                          "%FT%T%z", "%s"};
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        struct arena arena;
        struct time_format format;
        struct text error;
        const struct zone *zone;
        char example[TIME_EXAMPLE_MAXIMUM];
        int64_t instant_us = 0;
        arena_init(&arena, MEMORY_MAXIMUM);
        assert_int_equal(time_format_compile(&arena, text_of(formats[i]), &format, &error),
                         STATUS_OK);
        assert_int_equal(zone_open(&arena, TEXT("UTC"), &zone), STATUS_OK);
        assert_int_equal(
            time_format_parse(&format, zone, time_format_example(&format, example), &instant_us),
            STATUS_OK);
        arena_release(&arena);
    }
}

static void the_longest_format_fits_and_one_more_does_not(void **state)
{
    (void)state;
    struct arena arena;
    struct time_format format;
    struct text error;
    char text[TIME_FORMAT_STEP_MAXIMUM * 2];
    arena_init(&arena, MEMORY_MAXIMUM);
    memset(text, '-', sizeof text);
    text[0] = '%'; /* %F is five steps */
    text[1] = 'F';
    size_t longest = TIME_FORMAT_STEP_MAXIMUM - 5 + 2;
    assert_int_equal(time_format_compile(&arena, (struct text){text, longest}, &format, &error),
                     STATUS_OK);
    char example[TIME_EXAMPLE_MAXIMUM];
    assert_int_equal(time_format_example(&format, example).length,
                     TIME_FORMAT_STEP_MAXIMUM - 5 + 10);
    assert_int_equal(time_format_compile(&arena, (struct text){text, longest + 1}, &format, &error),
                     STATUS_INVALID);
    assert_text(error, "is too long for a time format");
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_minimal_mapping_has_sensible_defaults),
        cmocka_unit_test(every_key_is_understood),
        cmocka_unit_test(returns_are_told_in_three_ways_or_not_at_all),
        cmocka_unit_test(separators_have_names_or_stand_for_themselves),
        cmocka_unit_test(every_mistake_is_told_with_its_place),
        cmocka_unit_test(the_mappings_of_the_documentation_are_right),
        cmocka_unit_test(a_mistake_leaves_the_mapping_as_it_was),
        cmocka_unit_test(too_long_a_file_is_taken_for_the_orders),
        cmocka_unit_test(too_little_memory_is_said),
        cmocka_unit_test(times_are_read_in_the_shops_own_form),
        cmocka_unit_test(every_formats_example_reads_by_the_format),
        cmocka_unit_test(the_longest_format_fits_and_one_more_does_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
