/* JSON: reading with yyjson into an arena, and a writer that appends to one.
 *
 * The writer never fails in the middle: what goes wrong (no memory) is remembered, and
 * json_writer_finish says so once, at the end. It writes no white space.
 */
#ifndef GUERDON_API_JSON_H
#define GUERDON_API_JSON_H

#include <yyjson.h>

#include "base/base.h"

/* Arrays and objects within each other, at most. */
#define JSON_DEPTH_MAXIMUM 64

/* What is wrong with a JSON text, and where. */
struct json_error {
    struct text message; /* static */
    size_t offset;       /* in bytes */
    struct position position;
};

/* Parses; the tree lives in the arena and keeps no view of `text`. STATUS_SYNTAX with `error`;
 * STATUS_LIMIT when it is nested too deeply. */
MUST_CHECK enum status json_parse(struct arena *arena, struct text text, struct json_error *error,
                                  yyjson_val **root);

static inline struct text json_text(yyjson_val *value)
{
    return (struct text){yyjson_get_str(value), yyjson_get_len(value)};
}

struct json_writer {
    struct arena *arena;
    char *bytes;
    size_t length;
    size_t capacity;
    bool has_failed;
};

/* Starts with room for about so many bytes. */
void json_writer_init(struct json_writer *writer, struct arena *arena, size_t expected_bytes);
/* What was written, in the arena; nothing may be added after it. */
MUST_CHECK enum status json_writer_finish(const struct json_writer *writer, struct text *json);
/* Room for `more` bytes behind the end; false (and has_failed) when there is none. */
bool json_reserve(struct json_writer *writer, size_t more);

/* As it is: punctuation, or JSON that was written before. */
void json_add(struct json_writer *writer, struct text raw);
void json_add_byte(struct json_writer *writer, char byte);
/* A string in quotes, escaped where it must be. The text is UTF-8. */
void json_add_text(struct json_writer *writer, struct text text);
void json_add_integer(struct json_writer *writer, int64_t number);
void json_add_boolean(struct json_writer *writer, bool value);
/* A decimal as a string, with exactly its scale's decimals. */
void json_add_decimal(struct json_writer *writer, struct decimal decimal);
/* RFC 3339 in UTC; INSTANT_NEVER is null. */
void json_add_instant(struct json_writer *writer, int64_t instant_us);
void json_add_date(struct json_writer *writer, struct date date);
void json_add_value(struct json_writer *writer, yyjson_val *value);

/* The same time as text, at the start of `out`, which has INSTANT_TEXT_MAXIMUM bytes. */
struct text instant_text(int64_t instant_us, char *out);

/* Bytes as lower-case hexadecimal digits, in the arena; bytes NULL when memory ran out. */
struct text hexadecimal_text(struct arena *arena, struct text bytes);

#endif
