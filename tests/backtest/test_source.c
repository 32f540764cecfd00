/* Sources: plain and packed files give the same bytes, and damaged ones say how far they were good.
 */
#include "order_file.h"

#include <sys/stat.h>
#include <zlib.h>
#include <zstd.h>

#include "backtest/source.h"

#define LINE_COUNT 20000
#define PACKED_MAXIMUM ((size_t)4 << 20)

/* A body large enough for several blocks. */
static struct text sample(void)
{
    static char bytes[LINE_COUNT * 40];
    static size_t length;
    for (unsigned i = 0; i < LINE_COUNT && length + 40 < sizeof bytes; i++) {
        if (i == 0 && length > 0) break; /* made before */
        length += (size_t)snprintf(bytes + length, sizeof bytes - length, "%u,line %u of many\n", i,
                                   i * 2654435761u % 1000);
    }
    return (struct text){bytes, length};
}

static struct text packed_with_gzip(struct text plain)
{
    static unsigned char out[PACKED_MAXIMUM];
    z_stream stream = {.zalloc = NULL};
    assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    char *input = malloc(plain.length + 1);
    assert_non_null(input);
    memcpy(input, plain.bytes, plain.length);
    stream.next_in = (unsigned char *)input;
    stream.avail_in = (unsigned)plain.length;
    stream.next_out = out;
    stream.avail_out = sizeof out;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    struct text packed = {(const char *)out, stream.total_out};
    deflateEnd(&stream);
    free(input);
    return packed;
}

static struct text packed_with_zstd(struct text plain)
{
    static char out[PACKED_MAXIMUM];
    size_t length = ZSTD_compress(out, sizeof out, plain.bytes, plain.length, 3);
    assert_false(ZSTD_isError(length));
    return (struct text){out, length};
}

/* Reads a file made of `bytes` in pieces of `piece` bytes. */
static enum status read_whole(struct order_file *file, struct text bytes, size_t piece,
                              struct buffer *out)
{
    order_file_write(file, bytes);
    buffer_init(out, PACKED_MAXIMUM);
    struct source *source = NULL;
    TRY(source_open(text_of(file->path), &file->problems, &source));
    enum status status = STATUS_OK;
    for (;;) {
        size_t length = 0;
        assert_int_equal(buffer_reserve(out, piece), STATUS_OK);
        status = source_read(source, out->bytes + out->length, piece, &length);
        if (status != STATUS_OK || length == 0) break;
        out->length += length;
    }
    if (status != STATUS_OK) source_explain(source, 7, &file->problems);
    source_close(source);
    return status;
}

static void assert_reads_as(struct text bytes, struct text wanted, size_t piece)
{
    struct order_file file;
    struct buffer out;
    assert_int_equal(read_whole(&file, bytes, piece, &out), STATUS_OK);
    assert_int_equal(out.length, wanted.length);
    if (wanted.length > 0) assert_memory_equal(out.bytes, wanted.bytes, wanted.length);
    buffer_release(&out);
    order_file_end(&file);
}

static void every_form_gives_the_same_bytes(void **state)
{
    (void)state;
    static const size_t pieces[] = {1000, 131072, 1 << 20};
    struct text plain = sample();
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        assert_reads_as(plain, plain, pieces[i]);
        assert_reads_as(packed_with_gzip(plain), plain, pieces[i]);
        assert_reads_as(packed_with_zstd(plain), plain, pieces[i]);
    }
}

static struct text joined(struct text first, struct text second)
{
    static char bytes[2 * PACKED_MAXIMUM];
    memcpy(bytes, first.bytes, first.length);
    memcpy(bytes + first.length, second.bytes, second.length);
    return (struct text){bytes, first.length + second.length};
}

static void joined_members_and_frames_are_one_stream(void **state)
{
    (void)state;
    struct text plain = sample();
    struct text half = {plain.bytes, plain.length};
    struct buffer twice;
    buffer_init(&twice, PACKED_MAXIMUM);
    assert_int_equal(buffer_add(&twice, half), STATUS_OK);
    assert_int_equal(buffer_add(&twice, half), STATUS_OK);
    struct text gzip = packed_with_gzip(half);
    assert_reads_as(joined(gzip, gzip), buffer_text(&twice), 70000);
    struct text zstd = packed_with_zstd(half);
    assert_reads_as(joined(zstd, zstd), buffer_text(&twice), 70000);
    buffer_release(&twice);
}

static void zeros_behind_gzip_are_padding(void **state)
{
    (void)state;
    static const char zeros[600];
    assert_reads_as(joined(packed_with_gzip(TEXT("a,b\n")), (struct text){zeros, sizeof zeros}),
                    TEXT("a,b\n"), 100);
}

static void an_empty_file_and_an_empty_archive_have_no_bytes(void **state)
{
    (void)state;
    assert_reads_as(TEXT(""), TEXT(""), 100);
    assert_reads_as(packed_with_gzip(TEXT("")), TEXT(""), 100);
    assert_reads_as(packed_with_zstd(TEXT("")), TEXT(""), 100);
    assert_reads_as(TEXT("\x1f"), TEXT("\x1f"), 100);
}

static void assert_fails_with(struct text bytes, const char *message)
{
    struct order_file file;
    struct buffer out;
    assert_int_equal(read_whole(&file, bytes, 5000, &out), STATUS_IO);
    assert_int_equal(file.problems.count, 1);
    assert_string_equal(problem_shown(&file.problems, 0), message);
    buffer_release(&out);
    order_file_end(&file);
}

static void a_damaged_file_says_how_much_was_good(void **state)
{
    (void)state;
    struct text gzip = packed_with_gzip(TEXT("order,sku\n1,a\n2,b\n"));
    assert_fails_with((struct text){gzip.bytes, gzip.length - 4},
                      "cannot be read to its end (gzip): the packed data end too early; fetch or "
                      "pack the file again; 18 bytes with 7 whole data lines were good");
    struct text zstd = packed_with_zstd(TEXT("order,sku\n1,a\n2,b\n"));
    assert_fails_with((struct text){zstd.bytes, zstd.length - 1},
                      "cannot be read to its end (zstd): the packed data end too early; fetch or "
                      "pack the file again; 17 bytes with 7 whole data lines were good");
    assert_fails_with(joined(gzip, TEXT("rubbish")),
                      "cannot be read to its end (gzip): something else follows the packed data; "
                      "pack the file again; 18 bytes with 7 whole data lines were good");
    assert_fails_with(joined(zstd, TEXT("rubbish")),
                      "cannot be read to its end (zstd): something else follows the packed data; "
                      "pack the file again; 18 bytes with 7 whole data lines were good");
    assert_fails_with(TEXT("\x1f\x8b\x08 this is not gzip at all"),
                      "cannot be read to its end (gzip): the packed data are damaged; fetch or "
                      "pack the file again; 0 bytes with 7 whole data lines were good");
}

static void every_cut_of_an_archive_is_noticed(void **state)
{
    (void)state;
    struct text plain = {sample().bytes, 3000};
    struct text whole[] = {packed_with_gzip(plain), packed_with_zstd(plain)};
    for (size_t form = 0; form < 2; form++) {
        for (size_t length = 6; length < whole[form].length; length += 7) {
            struct order_file file;
            struct buffer out;
            struct text cut = {whole[form].bytes, length};
            assert_int_equal(read_whole(&file, cut, 512, &out), STATUS_IO);
            assert_true(out.length <= plain.length);
            if (out.length > 0) assert_memory_equal(out.bytes, plain.bytes, out.length);
            buffer_release(&out);
            order_file_end(&file);
        }
    }
}

static void other_kinds_of_files_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        const char *message;
    } cases[] = {
        {"PK\x03\x04 and so on",
         "is a zip archive or an Excel workbook; save the sheet as CSV, or unpack the archive"},
        {"BZh91AY&SY", "is packed with bzip2; use plain, .gz or .zst"},
        {"PAR1....", "is a Parquet file; export the orders as CSV"},
        {"SQLite format 3", "is an SQLite database; export the orders as CSV"},
        {"%PDF-1.7", "is a PDF document; export the orders as CSV"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_fails_with(text_of(cases[i].bytes), cases[i].message);
    }
}

static void assert_cannot_open(const char *path, const char *message)
{
    struct arena arena;
    struct problem_list problems;
    struct source *source = NULL;
    arena_init(&arena, MEMORY_MAXIMUM);
    problem_list_init(&problems, &arena);
    assert_int_equal(source_open(text_of(path), &problems, &source), STATUS_IO);
    assert_null(source);
    assert_int_equal(problems.count, 1);
    assert_string_equal(problem_shown(&problems, 0), message);
    arena_release(&arena);
}

static void a_missing_file_and_a_folder_are_told_apart(void **state)
{
    (void)state;
    assert_cannot_open("/tmp/guerdon-there-is-no-such-file",
                       "cannot be read: No such file or directory");
    assert_cannot_open("/tmp", "cannot be read: it is a folder; name a file of order lines in it");
    static char long_name[5000];
    memset(long_name, 'a', sizeof long_name - 1);
    assert_cannot_open(long_name, "cannot be read: the name is too long");
}

static void what_was_consumed_is_counted_in_bytes_of_the_file(void **state)
{
    (void)state;
    struct order_file file;
    struct text packed = packed_with_gzip(sample());
    order_file_write(&file, packed);
    struct source *source = NULL;
    static char out[LINE_COUNT * 40];
    size_t length = 0;
    assert_int_equal(source_open(text_of(file.path), &file.problems, &source), STATUS_OK);
    assert_int_equal(source_read(source, out, sizeof out, &length), STATUS_OK);
    assert_int_equal(length, sample().length);
    assert_int_equal(source_total_bytes(source), packed.length);
    assert_int_equal(source_consumed_bytes(source), packed.length);
    source_close(source);
    order_file_end(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_gives_the_same_bytes),
        cmocka_unit_test(joined_members_and_frames_are_one_stream),
        cmocka_unit_test(zeros_behind_gzip_are_padding),
        cmocka_unit_test(an_empty_file_and_an_empty_archive_have_no_bytes),
        cmocka_unit_test(a_damaged_file_says_how_much_was_good),
        cmocka_unit_test(every_cut_of_an_archive_is_noticed),
        cmocka_unit_test(other_kinds_of_files_are_named),
        cmocka_unit_test(a_missing_file_and_a_folder_are_told_apart),
        cmocka_unit_test(what_was_consumed_is_counted_in_bytes_of_the_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
