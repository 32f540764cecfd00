/* CSV: records and fields of well-formed and malformed files, and that one bad record costs no
 * other.
 */
#include "order_file.h"

#include "backtest/csv.h"
#include "backtest/scan.h"

#define SHOWN_MAXIMUM ((size_t)8 << 20)

static const char *const fault_names[] = {"", "too long", "not closed", "behind quote", "count"};

static void show_record(const struct csv_record *record, const struct text *fields,
                        uint32_t field_count, struct buffer *out)
{
    enum status status;
    if (record->fault != CSV_READABLE) {
        status =
            buffer_add_format(out, "%u !%s\n", (unsigned)record->line, fault_names[record->fault]);
        assert_int_equal(status, STATUS_OK);
        return;
    }
    assert_int_equal(buffer_add_format(out, "%u ", (unsigned)record->line), STATUS_OK);
    for (uint32_t i = 0; i < field_count; i++) {
        assert_int_equal(buffer_add(out, i == 0 ? TEXT("[") : TEXT("|")), STATUS_OK);
        assert_int_equal(buffer_add(out, fields[i]), STATUS_OK);
    }
    assert_int_equal(buffer_add(out, TEXT("]\n")), STATUS_OK);
}

/* Every record as "LINE [field|field]". With `count` columns from the second record on, of which
 * `wanted` are shown; count 0: all of each. */
static enum status show(struct text bytes, char separator, uint32_t count, const uint32_t *wanted,
                        uint32_t wanted_count, struct buffer *out, struct order_file *file)
{
    order_file_write(file, bytes);
    buffer_init(out, SHOWN_MAXIMUM);
    struct source *source = NULL;
    struct csv_reader *reader = NULL;
    assert_int_equal(source_open(text_of(file->path), &file->problems, &source), STATUS_OK);
    enum status status = csv_open(source, TEXT("orders.csv"), separator, &file->problems, &reader);
    bool is_first = true;
    struct text fields[8];
    while (status == STATUS_OK) {
        struct csv_record record;
        status = csv_next(reader, &record);
        if (status != STATUS_OK || record.is_end) break;
        bool all = count == 0 || is_first;
        show_record(&record, all ? record.fields : fields, all ? record.column_count : wanted_count,
                    out);
        if (is_first && count > 0) csv_want(reader, wanted, wanted_count, count, fields);
        is_first = false;
    }
    csv_close(reader);
    source_close(source);
    return status;
}

static void assert_shows(const char *bytes, char separator, const char *wanted)
{
    struct buffer out;
    struct order_file file;
    assert_int_equal(show(text_of(bytes), separator, 0, NULL, 0, &out, &file), STATUS_OK);
    assert_int_equal(buffer_add_byte(&out, '\0'), STATUS_OK);
    assert_string_equal(out.bytes, wanted);
    buffer_release(&out);
    order_file_end(&file);
}

static void fields_stand_between_separators(void **state)
{
    (void)state;
    assert_shows("a,b,c\n1,,3\n,,\n", ',', "1 [a|b|c]\n2 [1||3]\n3 [||]\n");
    assert_shows("a;b,c\n1;2,3\n", ';', "1 [a|b,c]\n2 [1|2,3]\n");
    assert_shows("a\tb\n1\t2\n", '\t', "1 [a|b]\n2 [1|2]\n");
    assert_shows("one\ntwo\n", ',', "1 [one]\n2 [two]\n");
}

static void lines_may_end_in_any_way_and_the_last_in_none(void **state)
{
    (void)state;
    assert_shows("a,b\r\n1,2\r\n", ',', "1 [a|b]\n2 [1|2]\n");
    assert_shows("a,b\n1,2", ',', "1 [a|b]\n2 [1|2]\n");
    assert_shows("a,b\r\n1,2\r", ',', "1 [a|b]\n2 [1|2]\n");
    assert_shows("a,b\n1,", ',', "1 [a|b]\n2 [1|]\n");
    assert_shows("a,b\n\n\r\n1,2\n\n", ',', "1 [a|b]\n4 [1|2]\n");
    assert_shows("", ',', "");
    assert_shows("\n\n", ',', "");
    assert_shows("a\rb,c\n", ',', "1 [a\rb|c]\n");
}

static void quoted_fields_may_hold_anything(void **state)
{
    (void)state;
    assert_shows("a,\"b,c\",d\n", ',', "1 [a|b,c|d]\n");
    assert_shows("\"say \"\"yes\"\"\",2\n", ',', "1 [say \"yes\"|2]\n");
    assert_shows("\"two\nlines\",2\n3,4\n", ',', "1 [two\nlines|2]\n3 [3|4]\n");
    assert_shows("\"\",\"\"\n", ',', "1 [|]\n");
    assert_shows("\"\"\"\",x\n", ',', "1 [\"|x]\n");
    assert_shows("\"a\"\r\n\"b\"\r\n", ',', "1 [a]\n2 [b]\n");
    assert_shows("\"a\"", ',', "1 [a]\n");
    assert_shows("x,\"a\"\r", ',', "1 [x|a]\n");
    assert_shows("5\" pipe,7\"\n1,2\n", ',', "1 [5\" pipe|7\"]\n2 [1|2]\n");
}

static void a_byte_order_mark_is_no_part_of_the_first_field(void **state)
{
    (void)state;
    assert_shows("\xef\xbb\xbforder,sku\n1,2\n", ',', "1 [order|sku]\n2 [1|2]\n");
    assert_shows("\xef\xbb\xbf\"order\",sku\n", ',', "1 [order|sku]\n");
}

static void white_space_can_separate(void **state)
{
    (void)state;
    assert_shows(" id  date n \n 00001 19970101  1   11.77\n\n   \n2 x\ty z", ' ',
                 "1 [id|date|n]\n2 [00001|19970101|1|11.77]\n5 [2|x|y|z]\n");
    assert_shows("a \"b c\"\r\n", ' ', "1 [a|\"b|c\"]\n");
}

static void a_malformed_record_costs_only_its_line(void **state)
{
    (void)state;
    assert_shows("a,b\n\"x\"y,2\n3,4\n", ',', "1 [a|b]\n2 !behind quote\n3 [3|4]\n");
    assert_shows("a,b\n1,\"open\n3,4\n5,6\n", ',', "1 [a|b]\n2 !not closed\n3 [3|4]\n4 [5|6]\n");
    assert_shows("a,b\n1,\"", ',', "1 [a|b]\n2 !not closed\n");
}

static void after_the_header_every_record_has_its_columns(void **state)
{
    (void)state;
    static const uint32_t wanted[] = {2, 0};
    struct buffer out;
    struct order_file file;
    struct text bytes = TEXT("a,b,c\n1,2,3\n1,2\n1,2,3,4\n\"4\",\"5\",\"6,\"\n\n7,8,9\r\n1\n");
    assert_int_equal(show(bytes, ',', 3, wanted, 2, &out, &file), STATUS_OK);
    assert_int_equal(buffer_add_byte(&out, '\0'), STATUS_OK);
    assert_string_equal(out.bytes, "1 [a|b|c]\n2 [3|1]\n3 !count\n4 !count\n5 [6,|4]\n7 [9|7]\n"
                                   "8 !count\n");
    buffer_release(&out);
    order_file_end(&file);
}

static void assert_refused(struct text bytes, const char *message)
{
    struct buffer out;
    struct order_file file;
    assert_int_equal(show(bytes, ',', 0, NULL, 0, &out, &file), STATUS_INVALID);
    assert_int_equal(file.problems.count, 1);
    assert_string_equal(problem_shown(&file.problems, 0), message);
    buffer_release(&out);
    order_file_end(&file);
}

static void files_that_are_no_such_text_are_refused(void **state)
{
    (void)state;
    const char *utf_16 = "1: is not UTF-8 but UTF-16; convert it: iconv -f UTF-16 -t UTF-8";
    assert_refused(TEXT("\xff\xfeo\0r\0d\0"), utf_16);
    assert_refused(TEXT("\xfe\xff\0o\0r\0d"), utf_16);
    assert_refused(TEXT("o\0r\0d\0e\0r\0"), utf_16);
    assert_refused(TEXT("a,b\r1,2\r3,4\r"),
                   "1: lines end in CR alone; write them with LF or CRLF: tr '\\r' '\\n'");
}

/* A file of `count` bytes 'x' in one line between two good lines. */
static struct text with_long_line(size_t count, const char *before, const char *after)
{
    static char bytes[(size_t)11 << 20];
    size_t length = (size_t)snprintf(bytes, sizeof bytes, "a,b\n1,2\n%s", before);
    memset(bytes + length, 'x', count);
    length += count;
    length += (size_t)snprintf(bytes + length, sizeof bytes - length, "%s\n3,4\n", after);
    return (struct text){bytes, length};
}

static void assert_long_line(struct text bytes, const char *wanted)
{
    static const uint32_t columns[] = {0, 1};
    struct buffer out;
    struct order_file file;
    assert_int_equal(show(bytes, ',', 2, columns, 2, &out, &file), STATUS_OK);
    assert_int_equal(buffer_add_byte(&out, '\0'), STATUS_OK);
    assert_string_equal(out.bytes, wanted);
    buffer_release(&out);
    order_file_end(&file);
}

static void a_line_of_10_megabytes_is_passed_over(void **state)
{
    (void)state;
    size_t ten = (size_t)10 << 20;
    assert_long_line(with_long_line(ten, "", ""), "1 [a|b]\n2 [1|2]\n3 !too long\n4 [3|4]\n");
    assert_long_line(with_long_line(ten, "7,", ",9"), "1 [a|b]\n2 [1|2]\n3 !too long\n4 [3|4]\n");
    assert_long_line(with_long_line(ten, "7,\"", "\""), "1 [a|b]\n2 [1|2]\n3 !too long\n4 [3|4]\n");
}

static void the_greatest_length_is_exact(void **state)
{
    (void)state;
    struct buffer out;
    struct order_file file;
    static const uint32_t second[] = {0};
    /* "7," and the line feed are part of the record. */
    for (size_t over = 0; over < 2; over++) {
        struct text bytes = with_long_line(CSV_LINE_MAXIMUM - 3 + over, "7,", "");
        assert_int_equal(show(bytes, ',', 2, second, 1, &out, &file), STATUS_OK);
        assert_int_equal(buffer_add_byte(&out, '\0'), STATUS_OK);
        assert_string_equal(out.bytes, over == 0 ? "1 [a|b]\n2 [1]\n3 [7]\n4 [3]\n"
                                                 : "1 [a|b]\n2 [1]\n3 !too long\n4 [3]\n");
        buffer_release(&out);
        order_file_end(&file);
    }
}

static void an_open_quote_ends_after_a_thousand_lines(void **state)
{
    (void)state;
    struct buffer bytes;
    struct buffer out;
    struct order_file file;
    buffer_init(&bytes, SHOWN_MAXIMUM);
    assert_int_equal(buffer_add(&bytes, TEXT("a,b\n\"open,2\n")), STATUS_OK);
    for (int i = 0; i < 3000; i++)
        assert_int_equal(buffer_add(&bytes, TEXT("1,2\n")), STATUS_OK);
    assert_int_equal(show(buffer_text(&bytes), ',', 0, NULL, 0, &out, &file), STATUS_OK);
    assert_true(text_starts_with(buffer_text(&out), TEXT("1 [a|b]\n2 !not closed\n3 [1|2]\n")));
    assert_true(text_ends_with(buffer_text(&out), TEXT("\n3002 [1|2]\n")));
    buffer_release(&out);
    buffer_release(&bytes);
    order_file_end(&file);
}

static void both_scans_list_the_same_marks(void **state)
{
    (void)state;
    static char bytes[1000 + SCAN_BLOCK_BYTES];
    static uint32_t fast[sizeof bytes + SCAN_BLOCK_BYTES];
    static uint32_t portable[sizeof bytes + SCAN_BLOCK_BYTES];
    static const char alphabet[] = ",,\n\"\"abc\xac\x8a\xa2-+.!";
    uint64_t state_number = 1;
    for (int round = 0; round < 200; round++) {
        for (size_t i = 0; i < 1000; i++) {
            state_number = state_number * UINT64_C(6364136223846793005) + 1442695040888963407u;
            bytes[i] = alphabet[(state_number >> 33) % (sizeof alphabet - 1)];
        }
        uint32_t start = (uint32_t)round;
        uint32_t count = scan(bytes, start, 1000, ',', fast);
        assert_int_equal(count, scan_portable(bytes, start, 1000, ',', portable));
        assert_memory_equal(fast, portable, count * sizeof fast[0]);
        uint32_t expected = 0;
        for (uint32_t i = start; i < 1000; i++) {
            if (bytes[i] != ',' && bytes[i] != '\n' && bytes[i] != '"') continue;
            assert_true(expected < count);
            assert_int_equal(fast[expected++], i);
        }
        assert_int_equal(expected, count);
    }
}

/* A second, deliberately simple reader of well-formed CSV: byte by byte over the whole text. */
static void show_simply(struct text bytes, struct buffer *out)
{
    size_t at = 0;
    unsigned line = 1;
    while (at < bytes.length) {
        if (bytes.bytes[at] == '\n') {
            at++;
            line++;
            continue;
        }
        assert_int_equal(buffer_add_format(out, "%u [", line), STATUS_OK);
        for (;;) {
            bool quoted = at < bytes.length && bytes.bytes[at] == '"';
            if (quoted) at++;
            while (at < bytes.length) {
                char byte = bytes.bytes[at];
                if (quoted && byte == '"') {
                    if (at + 1 >= bytes.length || bytes.bytes[at + 1] != '"') break;
                    at++;
                }
                if (!quoted && (byte == ',' || byte == '\n')) break;
                if (byte == '\n') line++;
                assert_int_equal(buffer_add_byte(out, byte), STATUS_OK);
                at++;
            }
            if (quoted) at++;
            if (at >= bytes.length || bytes.bytes[at] == '\n') break;
            at++;
            assert_int_equal(buffer_add_byte(out, '|'), STATUS_OK);
        }
        assert_int_equal(buffer_add(out, TEXT("]\n")), STATUS_OK);
        at++;
        line++;
    }
}

static uint32_t chance(uint64_t *number, uint32_t below)
{
    *number = *number * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (uint32_t)((*number >> 33) % below);
}

/* A field of up to 200 bytes; in quotes it may hold everything. */
static void add_random_field(struct buffer *bytes, uint64_t *number)
{
    bool quoted = chance(number, 8) == 0;
    uint32_t length = chance(number, chance(number, 20) == 0 ? 200 : 10);
    if (quoted) assert_int_equal(buffer_add_byte(bytes, '"'), STATUS_OK);
    for (uint32_t i = 0; i < length; i++) {
        char byte = quoted ? ",\n\"ab"[chance(number, 5)] : "abcd"[chance(number, 4)];
        if (byte == '"') assert_int_equal(buffer_add_byte(bytes, '"'), STATUS_OK);
        assert_int_equal(buffer_add_byte(bytes, byte), STATUS_OK);
    }
    if (quoted) assert_int_equal(buffer_add_byte(bytes, '"'), STATUS_OK);
}

static void random_files_read_as_by_a_simple_reader(void **state)
{
    (void)state;
    static const uint32_t columns[] = {0, 1, 2, 3};
    for (uint64_t seed = 1; seed <= 60; seed++) {
        uint64_t number = seed;
        struct buffer bytes;
        struct buffer expected;
        struct buffer out;
        struct order_file file;
        buffer_init(&bytes, SHOWN_MAXIMUM);
        buffer_init(&expected, SHOWN_MAXIMUM);
        uint32_t lines = chance(&number, seed % 10 == 0 ? 40000 : 300);
        for (uint32_t i = 0; i < lines; i++) {
            for (int column = 0; column < 4; column++) {
                if (column > 0) assert_int_equal(buffer_add_byte(&bytes, ','), STATUS_OK);
                add_random_field(&bytes, &number);
            }
            bool is_last = i + 1 == lines && seed % 2 == 0;
            if (!is_last) assert_int_equal(buffer_add_byte(&bytes, '\n'), STATUS_OK);
        }
        show_simply(buffer_text(&bytes), &expected);
        enum status status = show(buffer_text(&bytes), ',', 4, columns, 4, &out, &file);
        if (status != STATUS_OK || !text_equal(buffer_text(&out), buffer_text(&expected))) {
            fail_msg("seed %u reads otherwise", (unsigned)seed);
        }
        buffer_release(&bytes);
        buffer_release(&expected);
        buffer_release(&out);
        order_file_end(&file);
    }
}

/* The reader takes 128 KB at a time: tricky records at every offset around that border. */
static void records_across_blocks_read_as_by_a_simple_reader(void **state)
{
    (void)state;
    static const char tricky[] = "a,\"b\"\"c\nd\",\"\"\n\n1,2,3\n\"\",\"\"\"\",x";
    static char bytes[((size_t)128 << 10) + 200];
    for (size_t shift = 0; shift < 80; shift++) {
        size_t length = ((size_t)128 << 10) - 70 + shift;
        memset(bytes, 'x', length);
        memcpy(bytes + length - 5, ",y,z\n", sizeof ",y,z\n");
        memcpy(bytes + length, tricky, sizeof tricky);
        struct text text = {bytes, length + sizeof tricky - 1};
        static const uint32_t columns[] = {0, 1, 2};
        struct buffer out;
        struct buffer expected;
        struct order_file file;
        buffer_init(&expected, SHOWN_MAXIMUM);
        show_simply(text, &expected);
        assert_int_equal(show(text, ',', 3, columns, 3, &out, &file), STATUS_OK);
        if (!text_equal(buffer_text(&out), buffer_text(&expected))) {
            fail_msg("%s", out.bytes + length);
        }
        buffer_release(&out);
        buffer_release(&expected);
        order_file_end(&file);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_stand_between_separators),
        cmocka_unit_test(lines_may_end_in_any_way_and_the_last_in_none),
        cmocka_unit_test(quoted_fields_may_hold_anything),
        cmocka_unit_test(a_byte_order_mark_is_no_part_of_the_first_field),
        cmocka_unit_test(white_space_can_separate),
        cmocka_unit_test(a_malformed_record_costs_only_its_line),
        cmocka_unit_test(after_the_header_every_record_has_its_columns),
        cmocka_unit_test(files_that_are_no_such_text_are_refused),
        cmocka_unit_test(a_line_of_10_megabytes_is_passed_over),
        cmocka_unit_test(the_greatest_length_is_exact),
        cmocka_unit_test(an_open_quote_ends_after_a_thousand_lines),
        cmocka_unit_test(both_scans_list_the_same_marks),
        cmocka_unit_test(records_across_blocks_read_as_by_a_simple_reader),
        cmocka_unit_test(random_files_read_as_by_a_simple_reader),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
