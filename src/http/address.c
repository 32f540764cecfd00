/* Address: reads the pieces of a path and a query, undoes percent-encoding, finds headers.
 *
 * A decoded text is well-formed UTF-8 without NUL, or it is refused: nothing behind this room has
 * to ask again.
 */
#include "http/http.h"

static int hexadecimal_value(char digit)
{
    if (digit >= '0' && digit <= '9') return digit - '0';
    if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
    return -1;
}

static enum status decode_into(char *bytes, struct text encoded, bool plus_is_space, size_t *length)
{
    size_t written = 0;
    for (size_t i = 0; i < encoded.length; i++) {
        char byte = encoded.bytes[i];
        if (byte == '+' && plus_is_space) byte = ' ';
        if (byte == '%') {
            if (encoded.length - i < 3) return STATUS_SYNTAX;
            int high = hexadecimal_value(encoded.bytes[i + 1]);
            int low = hexadecimal_value(encoded.bytes[i + 2]);
            if (high < 0 || low < 0 || (high == 0 && low == 0)) return STATUS_SYNTAX;
            byte = (char)(high * 16 + low);
            i += 2;
        }
        bytes[written++] = byte;
    }
    *length = written;
    return STATUS_OK;
}

static bool has_encoding(struct text encoded, bool plus_is_space)
{
    if (encoded.length == 0) return false;
    return memchr(encoded.bytes, '%', encoded.length) != NULL ||
           (plus_is_space && memchr(encoded.bytes, '+', encoded.length) != NULL);
}

static enum status decode(struct arena *arena, struct text encoded, bool plus_is_space,
                          struct text *decoded)
{
    struct text result = encoded;
    if (has_encoding(encoded, plus_is_space)) {
        char *bytes = arena_allocate(arena, encoded.length);
        if (bytes == NULL) return STATUS_NO_MEMORY;
        size_t length = 0;
        TRY(decode_into(bytes, encoded, plus_is_space, &length));
        result = (struct text){bytes, length};
    }
    if (!text_is_utf8(result, NULL)) return STATUS_SYNTAX;
    *decoded = result;
    return STATUS_OK;
}

enum status http_decode_segment(struct arena *arena, struct text encoded, struct text *decoded)
{
    return decode(arena, encoded, false, decoded);
}

enum status http_decode_query(struct arena *arena, struct text encoded, struct text *decoded)
{
    return decode(arena, encoded, true, decoded);
}

bool http_path_next(struct text *path, struct text *segment)
{
    if (path->length == 0 || path->bytes[0] != '/') return false;
    struct text rest = {path->bytes + 1, path->length - 1};
    const char *slash = rest.length == 0 ? NULL : memchr(rest.bytes, '/', rest.length);
    size_t length = slash == NULL ? rest.length : (size_t)(slash - rest.bytes);
    *segment = (struct text){rest.bytes, length};
    *path = (struct text){rest.bytes + length, rest.length - length};
    return true;
}

bool http_query_next(struct text *query, struct text *name, struct text *value)
{
    while (query->length > 0) {
        struct text part = text_split(*query, '&', query);
        if (part.length == 0) continue;
        *name = text_split(part, '=', value);
        return true;
    }
    return false;
}

enum status http_query_find(const struct http_exchange *exchange, struct text name,
                            struct text *value)
{
    struct text rest = exchange->query;
    struct text encoded_name;
    struct text encoded_value;
    while (http_query_next(&rest, &encoded_name, &encoded_value)) {
        struct text decoded;
        TRY(http_decode_query(exchange->arena, encoded_name, &decoded));
        if (text_equal(decoded, name))
            return http_decode_query(exchange->arena, encoded_value, value);
    }
    return STATUS_NOT_FOUND;
}

bool http_header_find(const struct http_exchange *exchange, struct text name, struct text *value)
{
    for (size_t i = 0; i < exchange->header_count; i++) {
        if (!text_equal_ignoring_case(exchange->headers[i].name, name)) continue;
        *value = exchange->headers[i].value;
        return true;
    }
    return false;
}
