/* Log: one line each, in logfmt: time, level, msg, and pairs of name and value.
 *
 *   time=2027-03-05T12:00:00.123456Z level=info msg="listening" address=127.0.0.1:8080
 *
 * A line is written by one call, so that lines of several threads do not mix.
 */
#ifndef GUERDON_API_LOG_H
#define GUERDON_API_LOG_H

#include "api/api.h"

struct log {
    enum api_log_level level;
    void (*write)(void *context, struct text line);
    void *context;
};

void log_init(struct log *log, const struct api_options *options);
static inline bool log_has(const struct log *log, enum api_log_level level)
{
    return level <= log->level;
}
/* `pairs` ("name=value other=...") may be empty; log_value quotes what must be. */
void log_line(const struct log *log, enum api_log_level level, struct text message,
              const char *pairs, ...) __attribute__((format(printf, 4, 5)));
#define LOG_VALUE_MAXIMUM 400
/* A value as logfmt has it, in quotes when it needs them, at the start of `out`; cut at its end. */
const char *log_value(struct text value, char out[LOG_VALUE_MAXIMUM]);
/* The machine's time. */
int64_t wall_clock_us(void);

#endif
