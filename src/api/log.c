/* Log: composing a line from its parts, and writing it by one call. */
#include "api/log.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "api/json.h"

#define LINE_MAXIMUM 4096

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
    *log = (struct log){options->log_level, options->log, options->log_context};
    if (log->write == NULL) log->write = write_standard_error;
}

static bool needs_quotes(struct text value)
{
    for (size_t i = 0; i < value.length; i++) {
        unsigned char c = (unsigned char)value.bytes[i];
        if (c <= ' ' || c == '"' || c == '=' || c == '\\' || c == 0x7F) return true;
    }
    return value.length == 0;
}

const char *log_value(struct text value, char out[LOG_VALUE_MAXIMUM])
{
    bool quotes = needs_quotes(value);
    size_t to = 0;
    if (quotes) out[to++] = '"';
    for (size_t i = 0; i < value.length && to + 4 < LOG_VALUE_MAXIMUM; i++) {
        char c = value.bytes[i];
        if (c == '"' || c == '\\') out[to++] = '\\';
        out[to++] = (unsigned char)c < ' ' || c == 0x7F ? ' ' : c;
    }
    if (quotes) out[to++] = '"';
    out[to] = '\0';
    return out;
}

void log_line(const struct log *log, enum api_log_level level, struct text message,
              const char *pairs, ...)
{
    char line[LINE_MAXIMUM];
    char time[INSTANT_TEXT_MAXIMUM];
    char quoted[LOG_VALUE_MAXIMUM];
    if (!log_has(log, level)) return;
    struct text now = instant_text(wall_clock_us(), time);
    int length = snprintf(line, sizeof line, "time=%.*s level=%s msg=%s", TEXT_ARGUMENTS(now),
                          level_names[level], log_value(message, quoted));
    size_t used = (size_t)length;
    if (pairs[0] != '\0') {
        line[used++] = ' ';
        va_list arguments;
        va_start(arguments, pairs);
        length = vsnprintf(line + used, sizeof line - used - 1, pairs, arguments);
        va_end(arguments);
        used += (size_t)length < sizeof line - used - 1 ? (size_t)length : sizeof line - used - 2;
    }
    line[used++] = '\n';
    log->write(log->context, (struct text){line, used});
}
