/* The face of api: a server of loyalty programmes over HTTP. Stores, services and the HTTP room
 * are put together here; whoever starts a server gives options and waits.
 *
 *   api_open -> api_run (until api_stop) -> api_close
 *
 * The handlers of requests, one topic a file, see the inner headers: request.h, route.h, shape.h.
 */
#ifndef GUERDON_API_API_H
#define GUERDON_API_API_H

#include "base/base.h"

struct api;

/* One programme that is served: its file's name, for messages, and its text. */
struct api_program {
    const char *file;
    struct text text;
};

/* Lines of the log: "time=... level=... msg=... name=value ...". */
enum api_log_level { API_LOG_ERROR, API_LOG_WARNING, API_LOG_INFO, API_LOG_DEBUG };
enum api_log_format { API_LOG_LOGFMT, API_LOG_JSON };

/* Everything has a default, which 0 and NULL stand for, but programs and listen. */
struct api_options {
    const struct api_program *programs;
    uint32_t program_count;
    const char *data;   /* the directory; NULL: stores in memory, for tests */
    const char *listen; /* as http_options.listen */
    const char *certificate_file;
    const char *key_file;
    bool clock_is_given;      /* recorded_at is each event's occurred_at */
    size_t cache_bytes;       /* of each store */
    uint64_t log_limit_bytes; /* of each store's write-ahead log */
    uint32_t queue_maximum;   /* commands that wait, for each programme */
    uint32_t batch_maximum;   /* events of one commit */
    uint32_t connections_maximum;
    size_t body_bytes;
    int64_t idle_ms;
    int64_t grace_ms;
    const char *webhook_networks; /* "10.1.0.0/16, ::1": where webhooks may go beside the public
                                     internet; NULL: nowhere */
    bool webhook_http;            /* webhooks may go to http: addresses */
    int64_t webhook_timeout_ms;   /* of one delivery; 0: 20 s */
    bool stops_on_signals;
    bool logs_access;
    enum api_log_level log_level;
    enum api_log_format log_format;
    /* Takes a finished line, newline included; NULL: standard error. From any thread. */
    void (*log)(void *context, struct text line);
    void *log_context;
};

/* Opens the stores and the address. On failure `complaint` has sentences for people, and everything
 * is closed again. */
MUST_CHECK enum status api_open(const struct api_options *options, struct buffer *complaint,
                                struct api **api);
/* After api_open; 0 for a Unix socket. */
uint16_t api_port(const struct api *api);
/* The key that was made because the programme's store had none, or "". Good until api_close. */
const char *api_first_key(const struct api *api, uint32_t program);
const char *api_program_id(const struct api *api, uint32_t program);
/* Serves in the calling thread until it is stopped. */
MUST_CHECK enum status api_run(struct api *api);
/* From any thread, and from a signal handler; a second call does not wait for open requests. */
void api_stop(struct api *api);
/* After api_run has returned: writes everything down and closes. NULL is allowed. */
void api_close(struct api *api);

/* ---- keys, without a server in this process ---- */

#define API_KEY_TEXT_MAXIMUM 80

/* What is known of a key; all texts live as long as the arena. */
struct api_key_view {
    struct text id;
    struct text name;
    struct text scope;
    int64_t created_us;
    int64_t revoked_us;   /* 0: it is good */
    int64_t last_used_us; /* 0: never; written at most once a minute */
};

/* The programme ids that a data directory has files of. */
MUST_CHECK enum status api_data_programs(const char *data, struct arena *arena, struct text **ids,
                                         uint32_t *count, struct buffer *complaint);
/* Makes a key and writes it to `key`, for once: it is not kept. Works while a server runs on the
 * directory, which then takes it up within seconds. */
MUST_CHECK enum status api_key_add(const char *data, struct text program, struct text name,
                                   struct text scope, int64_t now_us,
                                   char key[API_KEY_TEXT_MAXIMUM], struct buffer *complaint);
MUST_CHECK enum status api_key_revoke(const char *data, struct text program, struct text id,
                                      int64_t now_us, struct buffer *complaint);
MUST_CHECK enum status api_key_list(const char *data, struct text program, struct arena *arena,
                                    struct api_key_view **keys, uint32_t *count,
                                    struct buffer *complaint);

/* ---- JSON files for trying things out, without a server ---- */

struct event;
struct member_sketch;
struct program;

/* A body of POST /v1/events, as an event of that programme; `now_us` when it does not say when.
 * Mistakes go to `problems`, STATUS_INVALID then. All of it lives in the arena. */
MUST_CHECK enum status api_read_event(const struct program *program, struct text file,
                                      struct text json, int64_t now_us, struct arena *arena,
                                      struct problem_list *problems, struct event *event);
/* A member as somebody describes it:
 *   {"id": "m1", "joined_at": "2027-01-01T00:00:00Z", "birthday": "--05-17",
 *    "profile": {"country": "DE"}, "wallets": {"points": {"available": "120"}},
 *    "counters": {"spend": "350.00"}, "tiers": {"club": "vib"}}
 * What is not there is not known, or 0. */
MUST_CHECK enum status api_read_member(const struct program *program, struct text file,
                                       struct text json, struct arena *arena,
                                       struct problem_list *problems, struct member_sketch *member);

/* The OpenAPI document, without a server. */
MUST_CHECK enum status api_document(struct arena *arena, struct text *json);

#endif
