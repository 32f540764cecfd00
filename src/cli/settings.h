/* Settings of the server: each declared once, here, and taken from the command line, the
 * environment, or a file, in this order.
 *
 *   --listen ADDR      GUERDON_LISTEN=ADDR      listen: ADDR
 *
 * A file has one setting a line, "name: value", with comments behind '#'.
 */
#ifndef GUERDON_CLI_SETTINGS_H
#define GUERDON_CLI_SETTINGS_H

#include "api/api.h"
#include "cli/verb.h"

/* name, option, value, what it is unless given ("": nothing), help */
#define SETTING_LIST(X)                                                                            \
    X(DATA, "data", "DIR", "", "the directory of the stores, one file a programme")                \
    X(LISTEN, "listen", "ADDR", "127.0.0.1:8080",                                                  \
      "where to listen: HOST:PORT, :PORT or unix:/PATH")                                           \
    X(TLS_CERT, "tls-cert", "FILE", "", "certificate with its chain, PEM; with it only TLS")       \
    X(TLS_KEY, "tls-key", "FILE", "", "its key, PEM")                                              \
    X(CLOCK, "clock", "KIND", "real",                                                              \
      "real, or given: recorded_at is each event's occurred_at\n(for back-fills; refused when "    \
      "the "                                                                                       \
      "store has real records)")                                                                   \
    X(CACHE_MB, "cache-mb", "N", "256", "memory for states, of each programme")                    \
    X(LOG_LIMIT_MB, "log-limit-mb", "N", "4096",                                                   \
      "size of the write-ahead log from which writes are refused")                                 \
    X(QUEUE, "queue", "N", "20000", "commands that may wait; past it clients get 429")             \
    X(BATCH, "batch", "N", "2000", "events of one commit, at most")                                \
    X(CONNECTIONS, "connections", "N", "10000", "connections at a time, at most")                  \
    X(BODY_MB, "body-mb", "N", "4", "size of a request's body, at most")                           \
    X(IDLE_S, "idle-s", "N", "75", "seconds after which an idle connection is closed")             \
    X(GRACE_S, "grace-s", "N", "10", "seconds that open requests have when the server stops")      \
    X(LOG_LEVEL, "log-level", "LEVEL", "info", "error, warning, info or debug")                    \
    X(LOG_FORMAT, "log-format", "FORMAT", "logfmt", "logfmt or json: one line each")               \
    X(ACCESS_LOG, "access-log", "YES", "no", "yes: one line in the log for each request")          \
    X(WEBHOOK_NETWORKS, "webhook-networks", "LIST", "",                                            \
      "where webhooks may go beside the public internet: 10.1.0.0/16,...")                         \
    X(WEBHOOK_HTTP, "webhook-http", "YES", "no", "yes: webhooks may go to http: addresses too")    \
    X(CONFIG, "config", "FILE", "", "a file of settings, each `name: value`")

enum setting {
#define X(name, option, value, usual, help) SETTING_##name,
    SETTING_LIST(X)
#undef X
        SETTING_COUNT
};

struct setting_words {
    const char *option;
    const char *value;
    const char *usual;
    const char *help;
};
extern const struct setting_words setting_words[];

#define SETTING_PROGRAM_MAXIMUM 32

/* What the command line gave; verb.h fills it. */
struct serve_values {
    const char *given[SETTING_COUNT];
    struct option_list programs;
};

struct settings {
    struct arena arena;
    const char *values[SETTING_COUNT]; /* "" for nothing */
    const char *programs[SETTING_PROGRAM_MAXIMUM];
    uint32_t program_count;
};

/* Takes each from where it is given first. On failure everything has been said. */
MUST_CHECK enum status settings_read(const struct serve_values *given, struct settings *settings);
void settings_release(struct settings *settings);
/* Numbers and words into the server's options; a value that is not right has been said. */
MUST_CHECK enum status settings_apply(const struct settings *settings, struct api_options *options);

#endif
