/* JSON, the wrapping of yyjson. Its memory comes from an arena, so nothing is freed; yyjson asks
 * for a copy of the input and a block of values, and seldom for more.
 */
#include "api/json.h"

/* ---- reading ---- */

static void *arena_malloc(void *context, size_t size)
{
    return arena_allocate(context, size);
}

static void *arena_realloc(void *context, void *old, size_t old_size, size_t size)
{
    void *new = arena_allocate(context, size);
    if (new != NULL && old != NULL) memcpy(new, old, old_size < size ? old_size : size);
    return new;
}

static void arena_free(void *context, void *memory)
{
    (void)context;
    (void)memory;
}

static yyjson_alc allocator_of(struct arena *arena)
{
    return (yyjson_alc){arena_malloc, arena_realloc, arena_free, arena};
}

/* yyjson itself does not recurse; whoever walks the tree does. */
static bool is_too_deep(struct text text)
{
    int depth = 0;
    bool is_in_string = false;
    for (size_t i = 0; i < text.length; i++) {
        char c = text.bytes[i];
        if (is_in_string) {
            if (c == '\\') i++;
            if (c == '"') is_in_string = false;
        } else if (c == '"') {
            is_in_string = true;
        } else if (c == '{' || c == '[') {
            if (++depth > JSON_DEPTH_MAXIMUM) return true;
        } else if (c == '}' || c == ']') {
            depth--;
        }
    }
    return false;
}

static void locate(struct text text, const yyjson_read_err *found, struct json_error *error)
{
    *error = (struct json_error){.message = text_of(found->msg == NULL ? "" : found->msg),
                                 .offset = found->pos < text.length ? found->pos : text.length,
                                 .position = {1, 1}};
    for (size_t i = 0; i < error->offset; i++) {
        bool is_continuation = ((unsigned char)text.bytes[i] & 0xC0u) == 0x80u;
        if (text.bytes[i] == '\n') {
            error->position.line++;
            error->position.column = 1;
        } else if (!is_continuation) {
            error->position.column++;
        }
    }
}

enum status json_parse(struct arena *arena, struct text text, struct json_error *error,
                       yyjson_val **root)
{
    yyjson_alc allocator = allocator_of(arena);
    yyjson_read_err found = {0};
    if (text.length == 0) {
        *error = (struct json_error){.message = TEXT("the body is empty"), .position = {1, 1}};
        return STATUS_SYNTAX;
    }
    if (is_too_deep(text)) return STATUS_LIMIT;
    /* Without the flag to read in place the bytes are not changed. */
    char *bytes;
    memcpy(&bytes, &text.bytes, sizeof bytes);
    yyjson_doc *document = yyjson_read_opts(bytes, text.length, 0, &allocator, &found);
    if (document == NULL) {
        if (found.code == YYJSON_READ_ERROR_MEMORY_ALLOCATION) return STATUS_NO_MEMORY;
        locate(text, &found, error);
        return STATUS_SYNTAX;
    }
    *root = yyjson_doc_get_root(document);
    return STATUS_OK;
}

/* ---- writing ---- */

void json_writer_init(struct json_writer *writer, struct arena *arena, size_t expected_bytes)
{
    *writer = (struct json_writer){.arena = arena};
    (void)json_reserve(writer, expected_bytes);
}

enum status json_writer_finish(const struct json_writer *writer, struct text *json)
{
    if (writer->has_failed) return STATUS_NO_MEMORY;
    *json = (struct text){writer->bytes == NULL ? "" : writer->bytes, writer->length};
    return STATUS_OK;
}

bool json_reserve(struct json_writer *writer, size_t more)
{
    if (writer->has_failed) return false;
    if (writer->capacity - writer->length >= more) return true;
    size_t capacity = writer->capacity * 2;
    if (capacity < writer->length + more) capacity = writer->length + more;
    char *bytes = arena_allocate(writer->arena, capacity);
    writer->has_failed = bytes == NULL;
    if (bytes == NULL) return false;
    if (writer->length > 0) memcpy(bytes, writer->bytes, writer->length);
    writer->bytes = bytes;
    writer->capacity = capacity;
    return true;
}

void json_add(struct json_writer *writer, struct text raw)
{
    if (!json_reserve(writer, raw.length) || raw.length == 0) return;
    memcpy(writer->bytes + writer->length, raw.bytes, raw.length);
    writer->length += raw.length;
}

void json_add_byte(struct json_writer *writer, char byte)
{
    if (!json_reserve(writer, 1)) return;
    writer->bytes[writer->length++] = byte;
}

static bool is_plain(char c)
{
    return (unsigned char)c >= 0x20 && c != '"' && c != '\\' && c != 0x7F;
}

/* Writes one character that may not stand as it is; there is room for 6 bytes. */
static char *add_escaped(char *to, char c)
{
    static const char hexadecimal[] = "0123456789abcdef";
    static const char shorts[][2] = {{'"', '"'},  {'\\', '\\'}, {'\n', 'n'}, {'\r', 'r'},
                                     {'\t', 't'}, {'\b', 'b'},  {'\f', 'f'}};
    *to++ = '\\';
    for (size_t i = 0; i < sizeof shorts / sizeof *shorts; i++) {
        if (shorts[i][0] != c) continue;
        *to++ = shorts[i][1];
        return to;
    }
    memcpy(to, "u00", 3);
    to[3] = hexadecimal[((unsigned char)c >> 4) & 15u];
    to[4] = hexadecimal[(unsigned char)c & 15u];
    return to + 5;
}

void json_add_text(struct json_writer *writer, struct text text)
{
    if (!json_reserve(writer, 6 * text.length + 2)) return;
    char *to = writer->bytes + writer->length;
    *to++ = '"';
    for (size_t i = 0; i < text.length; i++) {
        if (is_plain(text.bytes[i])) {
            *to++ = text.bytes[i];
        } else {
            to = add_escaped(to, text.bytes[i]);
        }
    }
    *to++ = '"';
    writer->length = (size_t)(to - writer->bytes);
}

void json_add_integer(struct json_writer *writer, int64_t number)
{
    char digits[AMOUNT_TEXT_MAXIMUM];
    json_add(writer, amount_format(number, 0, digits));
}

void json_add_boolean(struct json_writer *writer, bool value)
{
    json_add(writer, value ? TEXT("true") : TEXT("false"));
}

void json_add_decimal(struct json_writer *writer, struct decimal decimal)
{
    char digits[AMOUNT_TEXT_MAXIMUM];
    json_add_byte(writer, '"');
    json_add(writer, amount_format(decimal.coefficient, decimal.scale, digits));
    json_add_byte(writer, '"');
}

/* `count` digits of a number, with leading zeros. */
static char *add_digits(char *to, int64_t number, int count)
{
    for (int i = count; i > 0; i--) {
        to[i - 1] = (char)('0' + number % 10);
        number /= 10;
    }
    return to + count;
}

static char *add_day(char *to, struct date date)
{
    to = add_digits(to, date.year, 4);
    *to++ = '-';
    to = add_digits(to, date.month, 2);
    *to++ = '-';
    return add_digits(to, date.day, 2);
}

struct text instant_text(int64_t instant_us, char *out)
{
    int64_t at_us = instant_us < INSTANT_EARLIEST ? INSTANT_EARLIEST : instant_us;
    if (at_us > INSTANT_LATEST) at_us = INSTANT_LATEST;
    int64_t day = at_us / MICROSECONDS_PER_DAY;
    int64_t rest_us = at_us % MICROSECONDS_PER_DAY;
    if (rest_us < 0) {
        day--;
        rest_us += MICROSECONDS_PER_DAY;
    }
    int64_t second = rest_us / MICROSECONDS_PER_SECOND;
    int64_t fraction = rest_us % MICROSECONDS_PER_SECOND;
    char *to = add_day(out, date_of_day((int32_t)day));
    *to++ = 'T';
    to = add_digits(to, second / 3600, 2);
    *to++ = ':';
    to = add_digits(to, second / 60 % 60, 2);
    *to++ = ':';
    to = add_digits(to, second % 60, 2);
    if (fraction != 0) {
        *to++ = '.';
        to = add_digits(to, fraction, 6);
        while (to[-1] == '0')
            to--;
    }
    *to++ = 'Z';
    return (struct text){out, (size_t)(to - out)};
}

void json_add_instant(struct json_writer *writer, int64_t instant_us)
{
    char text[INSTANT_TEXT_MAXIMUM];
    if (instant_us == INSTANT_NEVER) {
        json_add(writer, TEXT("null"));
        return;
    }
    json_add_byte(writer, '"');
    json_add(writer, instant_text(instant_us, text));
    json_add_byte(writer, '"');
}

void json_add_date(struct json_writer *writer, struct date date)
{
    char text[INSTANT_TEXT_MAXIMUM];
    json_add_byte(writer, '"');
    json_add(writer, (struct text){text, (size_t)(add_day(text, date) - text)});
    json_add_byte(writer, '"');
}

void json_add_value(struct json_writer *writer, yyjson_val *value)
{
    if (writer->has_failed) return;
    yyjson_alc allocator = allocator_of(writer->arena);
    size_t length = 0;
    const char *bytes = yyjson_val_write_opts(value, 0, &allocator, &length, NULL);
    writer->has_failed = bytes == NULL;
    if (bytes != NULL) json_add(writer, (struct text){bytes, length});
}

struct text hexadecimal_text(struct arena *arena, struct text bytes)
{
    static const char digits[] = "0123456789abcdef";
    char *out = arena_allocate(arena, 2 * bytes.length + 1);
    if (out == NULL) return (struct text){NULL, 0};
    for (size_t i = 0; i < bytes.length; i++) {
        out[2 * i] = digits[(uint8_t)bytes.bytes[i] >> 4];
        out[2 * i + 1] = digits[(uint8_t)bytes.bytes[i] & 15];
    }
    out[2 * bytes.length] = '\0';
    return (struct text){out, 2 * bytes.length};
}
