/* Source: opens, recognises and unwraps order files.
 *
 * Must never believe a file's name or length: what it is stands in its first bytes, and it ends
 * where reading ends. Plain bytes go straight from read() to the caller's memory, since a copy of a
 * block that stays in the cache costs less than mapping and faulting in a gigabyte; wrapped bytes
 * go through one input block.
 *
 *   file --read--> [input block] --inflate / zstd--> caller's memory
 *     \---------------- plain ----------------------> caller's memory
 *
 * Invariants
 *   1. fault is set once and never cleared: after it, source_read gives STATUS_IO for ever.
 *   2. input_start <= input_end <= SOURCE_BLOCK_BYTES.
 *   3. What was unwrapped before a fault is handed out before the fault is.
 */
#include "backtest/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#define SOURCE_BLOCK_BYTES ((size_t)128 << 10)
#define SOURCE_MAGIC_BYTES 6
#define SOURCE_PATH_MAXIMUM 4096
/* windowBits of inflateInit2: the largest window, and "gzip header expected". */
#define GZIP_WINDOW_BITS (15 + 16)

enum source_form { FORM_PLAIN, FORM_GZIP, FORM_ZSTD };

enum source_fault {
    FAULT_NONE,
    FAULT_READ,
    FAULT_ENDS_EARLY,
    FAULT_DAMAGED,
    FAULT_FOLLOWED,
    FAULT_WINDOW,
    FAULT_MEMORY
};

struct source {
    struct text file;
    int descriptor;
    enum source_form form;
    enum source_fault fault;
    int read_error; /* errno of FAULT_READ */
    bool file_ended;
    bool inside; /* a gzip member or zstd frame has begun and not ended */
    bool any;    /* at least one has ended */
    uint64_t consumed_bytes;
    uint64_t total_bytes;
    uint64_t given_bytes;
    size_t input_start;
    size_t input_end;
    z_stream gzip;
    ZSTD_DStream *zstd;
    char input[SOURCE_BLOCK_BYTES];
};

/* What a file may turn out to be, by its first bytes; `advice` for those that cannot be read. */
struct magic {
    struct text bytes;
    enum source_form form;
    const char *advice;
};

static const struct magic magics[] = {
    {TEXT_INITIALISER("\x1f\x8b"), FORM_GZIP, NULL},
    {TEXT_INITIALISER("\x28\xb5\x2f\xfd"), FORM_ZSTD, NULL},
    {TEXT_INITIALISER("PK\x03\x04"), FORM_PLAIN,
     "is a zip archive or an Excel workbook; save the sheet as CSV, or unpack the archive"},
    {TEXT_INITIALISER("\xd0\xcf\x11\xe0"), FORM_PLAIN,
     "is an old Excel workbook; save the sheet as CSV"},
    {TEXT_INITIALISER("BZh"), FORM_PLAIN, "is packed with bzip2; use plain, .gz or .zst"},
    {TEXT_INITIALISER("\xfd"
                      "7zXZ"),
     FORM_PLAIN, "is packed with xz; use plain, .gz or .zst"},
    {TEXT_INITIALISER("PAR1"), FORM_PLAIN, "is a Parquet file; export the orders as CSV"},
    {TEXT_INITIALISER("SQLite"), FORM_PLAIN, "is an SQLite database; export the orders as CSV"},
    {TEXT_INITIALISER("%PDF"), FORM_PLAIN, "is a PDF document; export the orders as CSV"},
};

/* Skippable zstd frames, in which some tools keep an index, begin with 50 to 5f 2a 4d 18. */
static bool is_skippable_zstd(struct text start)
{
    return start.length >= 4 && ((unsigned char)start.bytes[0] & 0xf0u) == 0x50u &&
           memcmp(start.bytes + 1, "\x2a\x4d\x18", 3) == 0;
}

/* One read() that is repeated when a signal interrupts it. */
static enum status read_some(struct source *source, char *out, size_t capacity, size_t *length)
{
    ssize_t got;
    do {
        got = read(source->descriptor, out, capacity);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        source->fault = FAULT_READ;
        source->read_error = errno;
        return STATUS_IO;
    }
    source->file_ended = got == 0;
    source->consumed_bytes += (uint64_t)got;
    *length = (size_t)got;
    return STATUS_OK;
}

/* Makes sure that there is input, or that the file has ended. */
static enum status fill_input(struct source *source)
{
    if (source->input_start < source->input_end || source->file_ended) return STATUS_OK;
    size_t length = 0;
    source->input_start = 0;
    source->input_end = 0;
    TRY(read_some(source, source->input, sizeof source->input, &length));
    source->input_end = length;
    return STATUS_OK;
}

/* A pipe may hand out its first bytes one by one. */
static enum status read_magic(struct source *source)
{
    while (source->input_end < SOURCE_MAGIC_BYTES && !source->file_ended) {
        size_t length = 0;
        TRY(read_some(source, source->input + source->input_end,
                      sizeof source->input - source->input_end, &length));
        source->input_end += length;
    }
    return STATUS_OK;
}

static enum status recognise(struct source *source, const char **advice)
{
    struct text start = {source->input, source->input_end};
    if (is_skippable_zstd(start)) source->form = FORM_ZSTD;
    for (size_t i = 0; i < sizeof magics / sizeof magics[0]; i++) {
        if (!text_starts_with(start, magics[i].bytes)) continue;
        source->form = magics[i].form;
        *advice = magics[i].advice;
        return magics[i].advice == NULL ? STATUS_OK : STATUS_INVALID;
    }
    return STATUS_OK;
}

static enum status start_unwrapping(struct source *source)
{
    if (source->form == FORM_GZIP && inflateInit2(&source->gzip, GZIP_WINDOW_BITS) != Z_OK) {
        source->form = FORM_PLAIN; /* nothing to end in source_close */
        return STATUS_NO_MEMORY;
    }
    if (source->form == FORM_ZSTD) {
        source->zstd = ZSTD_createDStream();
        if (source->zstd == NULL) return STATUS_NO_MEMORY;
    }
    return STATUS_OK;
}

/* Opens the descriptor; `*error` is a reason in words when it cannot be. */
static enum status open_descriptor(struct source *source, const char **error)
{
    char path[SOURCE_PATH_MAXIMUM];
    if (text_equal(source->file, TEXT("-"))) {
        source->descriptor = STDIN_FILENO;
    } else {
        if (source->file.length >= sizeof path) {
            *error = "the name is too long";
            return STATUS_IO;
        }
        memcpy(path, source->file.bytes, source->file.length);
        path[source->file.length] = '\0';
        source->descriptor = open(path, O_RDONLY | O_CLOEXEC);
    }
    struct stat properties;
    if (source->descriptor < 0 || fstat(source->descriptor, &properties) != 0) {
        *error = strerror(errno);
        return STATUS_IO;
    }
    if (S_ISDIR(properties.st_mode)) {
        *error = "it is a folder; name a file of order lines in it";
        return STATUS_IO;
    }
    if (S_ISREG(properties.st_mode)) source->total_bytes = (uint64_t)properties.st_size;
    return STATUS_OK;
}

static enum status open_source(struct source *source, struct problem_list *problems)
{
    const struct position nowhere = {0, 0};
    const char *error = NULL;
    enum status status = open_descriptor(source, &error);
    if (status != STATUS_OK) {
        problem_add(problems, source->file, nowhere, "cannot be read: %s", error);
        return status;
    }
    status = read_magic(source);
    if (status != STATUS_OK) {
        source_explain(source, 0, problems);
        return status;
    }
    status = recognise(source, &error);
    if (status != STATUS_OK) {
        problem_add(problems, source->file, nowhere, "%s", error);
        return STATUS_IO;
    }
    return start_unwrapping(source);
}

enum status source_open(struct text file, struct problem_list *problems, struct source **source)
{
    struct source *opened = malloc(sizeof *opened);
    if (opened == NULL) return STATUS_NO_MEMORY;
    memset(opened, 0, offsetof(struct source, input));
    opened->file = file;
    opened->descriptor = -1;
    enum status status = open_source(opened, problems);
    if (status != STATUS_OK) {
        source_close(opened);
        return status;
    }
    *source = opened;
    return STATUS_OK;
}

void source_close(struct source *source)
{
    if (source == NULL) return;
    if (source->form == FORM_GZIP) inflateEnd(&source->gzip);
    ZSTD_freeDStream(source->zstd);
    if (source->descriptor > STDIN_FILENO) close(source->descriptor);
    free(source);
}

static enum status set_fault(struct source *source, enum source_fault fault)
{
    source->fault = fault;
    return STATUS_IO;
}

static enum status read_plain(struct source *source, char *out, size_t capacity, size_t *length)
{
    size_t held = source->input_end - source->input_start;
    if (held > 0) {
        *length = held < capacity ? held : capacity;
        memcpy(out, source->input + source->input_start, *length);
        source->input_start += *length;
        return STATUS_OK;
    }
    if (source->file_ended) {
        *length = 0;
        return STATUS_OK;
    }
    return read_some(source, out, capacity, length);
}

/* Between two members: another may follow, or padding with zeros, as tape archives have it. */
static enum status next_gzip_member(struct source *source)
{
    while (source->input_start < source->input_end && source->input[source->input_start] == '\0') {
        source->input_start++;
    }
    if (source->input_start == source->input_end) return STATUS_OK;
    if (source->input[source->input_start] != '\x1f') return set_fault(source, FAULT_FOLLOWED);
    if (inflateReset(&source->gzip) != Z_OK) return set_fault(source, FAULT_DAMAGED);
    source->inside = true;
    return STATUS_OK;
}

static enum status inflate_some(struct source *source, char *out, size_t capacity, size_t *length)
{
    if (!source->inside && source->any) TRY(next_gzip_member(source));
    /* Without input there may still be output that found no room. */
    if (source->input_start == source->input_end && !source->inside) return STATUS_OK;
    z_stream *stream = &source->gzip;
    stream->next_in = (unsigned char *)source->input + source->input_start;
    stream->avail_in = (unsigned)(source->input_end - source->input_start);
    stream->next_out = (unsigned char *)out;
    stream->avail_out = capacity < SOURCE_BLOCK_BYTES ? (unsigned)capacity : SOURCE_BLOCK_BYTES;
    unsigned room = stream->avail_out;
    int result = inflate(stream, Z_NO_FLUSH);
    source->input_start = source->input_end - stream->avail_in;
    *length = room - stream->avail_out;
    source->inside = result != Z_STREAM_END;
    if (result == Z_STREAM_END) source->any = true;
    if (result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR) return STATUS_OK;
    return set_fault(source, result == Z_MEM_ERROR ? FAULT_MEMORY : FAULT_DAMAGED);
}

static enum status decompress_some(struct source *source, void *out, size_t capacity,
                                   size_t *length)
{
    ZSTD_inBuffer input = {source->input, source->input_end, source->input_start};
    ZSTD_outBuffer output = {out, capacity, 0};
    bool began = input.pos < input.size;
    size_t result = ZSTD_decompressStream(source->zstd, &output, &input);
    source->input_start = input.pos;
    *length = output.pos;
    if (ZSTD_isError(result) == 0) {
        /* Without input a finished stream asks for the next header: that is no frame begun. */
        if (began || output.pos > 0) source->inside = result != 0;
        return STATUS_OK;
    }
    ZSTD_ErrorCode error = ZSTD_getErrorCode(result);
    enum source_fault fault = FAULT_DAMAGED;
    if (error == ZSTD_error_frameParameter_windowTooLarge) fault = FAULT_WINDOW;
    if (error == ZSTD_error_memory_allocation) fault = FAULT_MEMORY;
    if (error == ZSTD_error_prefix_unknown && source->given_bytes > 0) fault = FAULT_FOLLOWED;
    return set_fault(source, fault);
}

static enum status unwrap_some(struct source *source, char *out, size_t capacity, size_t *length)
{
    do {
        TRY(fill_input(source));
        *length = 0;
        enum status status = source->form == FORM_GZIP
                                 ? inflate_some(source, out, capacity, length)
                                 : decompress_some(source, out, capacity, length);
        /* Invariant 3: the fault is kept and told by the next call. */
        if (status != STATUS_OK) return *length > 0 ? STATUS_OK : status;
    } while (*length == 0 && !source->file_ended);
    if (*length == 0 && source->inside) return set_fault(source, FAULT_ENDS_EARLY);
    return STATUS_OK;
}

enum status source_read(struct source *source, char *out, size_t capacity, size_t *length)
{
    size_t total = 0;
    enum status status = STATUS_OK;
    while (total < capacity) {
        size_t some = 0;
        if (source->fault != FAULT_NONE) {
            status = STATUS_IO;
        } else if (source->form == FORM_PLAIN) {
            status = read_plain(source, out + total, capacity - total, &some);
        } else {
            status = unwrap_some(source, out + total, capacity - total, &some);
        }
        if (status != STATUS_OK || some == 0) break;
        total += some;
        source->given_bytes += some;
    }
    if (status != STATUS_OK && total == 0) return status;
    *length = total;
    return STATUS_OK;
}

static const char *form_name(enum source_form form)
{
    return form == FORM_GZIP ? "gzip" : form == FORM_ZSTD ? "zstd" : "plain";
}

void source_explain(const struct source *source, uint64_t good_lines, struct problem_list *problems)
{
    const char *what = "";
    switch (source->fault) {
    case FAULT_NONE:
        return;
    case FAULT_READ:
        what = strerror(source->read_error);
        break;
    case FAULT_ENDS_EARLY:
        what = "the packed data end too early; fetch or pack the file again";
        break;
    case FAULT_DAMAGED:
        what = "the packed data are damaged; fetch or pack the file again";
        break;
    case FAULT_FOLLOWED:
        what = "something else follows the packed data; pack the file again";
        break;
    case FAULT_WINDOW:
        what = "it needs a window above 128 MB; pack it again without --long";
        break;
    case FAULT_MEMORY:
        what = "there is not enough memory to unpack it";
        break;
    }
    char bytes[AMOUNT_GROUPED_TEXT_MAXIMUM];
    char lines[AMOUNT_GROUPED_TEXT_MAXIMUM];
    amount_format_grouped((int64_t)source->given_bytes, 0, bytes);
    amount_format_grouped((int64_t)good_lines, 0, lines);
    problem_add(problems, source->file, (struct position){0, 0},
                "cannot be read to its end (%s): %s; %s bytes with %s whole data lines were good",
                form_name(source->form), what, bytes, lines);
}

uint64_t source_consumed_bytes(const struct source *source)
{
    return source->consumed_bytes;
}

uint64_t source_total_bytes(const struct source *source)
{
    return source->total_bytes;
}
