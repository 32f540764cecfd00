/* Log: composing a line from its parts, and writing it by one call. */
#include "api/log.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "api/json.h"

#define LINE_MAXIMUM 8192

static const char *const level_names[] = {"error", "warning", "info", "debug"};

int64_t wall_clock_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * MICROSECONDS_PER_SECOND + now.tv_nsec / 1000;
}

static void write_standard_error(void *context, struct text line)
{
    (void)context;
    /* Nobody can be told that the log cannot be written. */
    ssize_t written = write(STDERR_FILENO, line.bytes, line.length);
    (void)written;
}

void log_init(struct log *log, const struct api_options *options)
{
    *log =
        (struct log){options->log_level, options->log_format, options->log, options->log_context};
    if (log->write == NULL) log->write = write_standard_error;
}

struct line {
    char bytes[LINE_MAXIMUM];
    size_t length;
    bool is_json;
    bool is_full; /* a field did not fit: none is added any more */
};
#define END_BYTES 8 /* kept free: for the end of a value and of the line */

static bool fits(const struct line *line, size_t more)
{
    return line->length + more + END_BYTES <= LINE_MAXIMUM;
}

static void add(struct line *line, struct text text)
{
    memcpy(line->bytes + line->length, text.bytes, text.length);
    line->length += text.length;
}

static bool needs_quotes(struct text value)
{
    for (size_t i = 0; i < value.length; i++) {
        unsigned char c = (unsigned char)value.bytes[i];
        if (c <= ' ' || c == '"' || c == '=' || c == '\\' || c == 0x7F) return true;
    }
    return value.length == 0;
}

static void add_plain(struct line *line, struct text value)
{
    bool quotes = needs_quotes(value);
    if (quotes) add(line, TEXT("\""));
    for (size_t i = 0; i < value.length && fits(line, 2); i++) {
        char c = value.bytes[i];
        if (c == '"' || c == '\\') add(line, TEXT("\\"));
        line->bytes[line->length++] = (unsigned char)c < ' ' || c == 0x7F ? ' ' : c;
    }
    if (quotes) add(line, TEXT("\""));
}

/* Bytes of the character that the text begins with; 0: it is no UTF-8. */
static size_t character_bytes(struct text text)
{
    unsigned char first = (unsigned char)text.bytes[0];
    size_t bytes = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    size_t bad;
    if (bytes > text.length) return 0;
    return text_is_utf8((struct text){text.bytes, bytes}, &bad) ? bytes : 0;
}

static void add_json(struct line *line, struct text value)
{
    add(line, TEXT("\""));
    while (!text_is_empty(value) && fits(line, 6)) {
        size_t bytes = character_bytes(value);
        unsigned char c = (unsigned char)value.bytes[0];
        if (bytes == 0) {
            add(line, TEXT("\\ufffd"));
        } else if (c < ' ') {
            line->length += (size_t)snprintf(line->bytes + line->length, 7, "\\u%04x", (unsigned)c);
        } else {
            if (c == '"' || c == '\\') add(line, TEXT("\\"));
            add(line, (struct text){value.bytes, bytes});
        }
        if (bytes == 0) bytes = 1;
        value = (struct text){value.bytes + bytes, value.length - bytes};
    }
    add(line, TEXT("\""));
}

static void add_field(struct line *line, const struct log_field *field)
{
    struct text name = text_of(field->name);
    struct text value = field->text;
    char digits[AMOUNT_TEXT_MAXIMUM];
    /* The shortest that a field can be, or a number. */
    if (line->is_full || !fits(line, name.length + AMOUNT_TEXT_MAXIMUM + 4)) {
        line->is_full = true;
        return;
    }
    if (value.length > LOG_VALUE_MAXIMUM) value.length = LOG_VALUE_MAXIMUM;
    if (line->is_json) {
        add(line, line->length == 0 ? TEXT("{\"") : TEXT(",\""));
        add(line, name);
        add(line, TEXT("\":"));
    } else {
        if (line->length > 0) add(line, TEXT(" "));
        add(line, name);
        add(line, TEXT("="));
    }
    if (field->is_number) {
        add(line, amount_format(field->number, 0, digits));
    } else if (line->is_json) {
        add_json(line, value);
    } else {
        add_plain(line, value);
    }
}

void log_line(const struct log *log, enum api_log_level level, struct text message,
              const struct log_field *fields, size_t field_count)
{
    struct line line;
    line.length = 0;
    line.is_json = log->format == API_LOG_JSON;
    line.is_full = false;
    char time[INSTANT_TEXT_MAXIMUM];
    if (!log_has(log, level)) return;
    const struct log_field first[] = {LOG_TEXT("time", instant_text(wall_clock_us(), time)),
                                      LOG_TEXT("level", text_of(level_names[level])),
                                      LOG_TEXT("msg", message)};
    for (size_t i = 0; i < sizeof first / sizeof *first; i++)
        add_field(&line, &first[i]);
    for (size_t i = 0; i < field_count; i++)
        add_field(&line, &fields[i]);
    if (line.is_json) add(&line, TEXT("}"));
    add(&line, TEXT("\n"));
    log->write(log->context, (struct text){line.bytes, line.length});
}
