/* Log: one line each, in logfmt or as JSON: time, level, msg, and fields of a name and a value.
 *
 *   time=2027-03-05T12:00:00.123456Z level=info msg=listening address=127.0.0.1:8080 port=8080
 *   {"time":"2027-03-05T12:00:00.123456Z","level":"info","msg":"listening","address":"127.0.0.1:8080",
 *    "port":8080}
 *
 * A line is written by one call, so that lines of several threads do not mix. A value is cut at
 * LOG_VALUE_MAXIMUM bytes. In logfmt it stands in quotes when it needs them, and what cannot be
 * seen becomes a space; JSON says both, and what is no UTF-8 as U+FFFD.
 */
#ifndef GUERDON_API_LOG_H
#define GUERDON_API_LOG_H

#include "api/api.h"

struct log {
    enum api_log_level level;
    enum api_log_format format;
    void (*write)(void *context, struct text line);
    void *context;
};

void log_init(struct log *log, const struct api_options *options);
static inline bool log_has(const struct log *log, enum api_log_level level)
{
    return level <= log->level;
}
#define LOG_VALUE_MAXIMUM 400
struct log_field {
    const char *name; /* of letters and underscores */
    struct text text;
    int64_t number;
    bool is_number;
};
#define LOG_TEXT(name_, text_) ((struct log_field){.name = (name_), .text = (text_)})
#define LOG_NUMBER(name_, number_)                                                                 \
    ((struct log_field){.name = (name_), .number = (number_), .is_number = true})
void log_line(const struct log *log, enum api_log_level level, struct text message,
              const struct log_field *fields, size_t field_count);
/* The same with the fields as further arguments, at least one. */
#define LOG_LINE(log, level, message, ...)                                                         \
    log_line((log), (level), (message), (const struct log_field[]){__VA_ARGS__},                   \
             sizeof((const struct log_field[]){__VA_ARGS__}) / sizeof(struct log_field))
/* The machine's time. */
int64_t wall_clock_us(void);

#endif
