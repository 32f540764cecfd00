/* Text: what is done with views of bytes, and the buffer that grows.
 *
 * Nothing here knows a locale: white space, letters and their case are those of ASCII, and any
 * other byte stands for itself.
 *
 * Invariants of a buffer
 *   1. length <= capacity <= maximum.
 *   2. `bytes` has room for capacity + 1: the spare one is for the NUL that vsnprintf insists on,
 *      so that a formatted text may fill the buffer to its last byte.
 *   3. A call that fails leaves `length` and the bytes before it as they were.
 */
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>

#define DISTANCE_BYTES_MAXIMUM 64
#define BUFFER_BYTES_FIRST 64

int text_compare(struct text a, struct text b)
{
    size_t shared = a.length < b.length ? a.length : b.length;
    int order = shared == 0 ? 0 : memcmp(a.bytes, b.bytes, shared);
    if (order != 0) return order;
    return (a.length > b.length) - (a.length < b.length);
}

bool text_starts_with(struct text text, struct text prefix)
{
    if (text.length < prefix.length) return false;
    return text_equal((struct text){text.bytes, prefix.length}, prefix);
}

bool text_ends_with(struct text text, struct text suffix)
{
    if (text.length < suffix.length) return false;
    if (suffix.length == 0) return true;
    return memcmp(text.bytes + (text.length - suffix.length), suffix.bytes, suffix.length) == 0;
}

static bool is_white_space(char byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

struct text text_trim(struct text text)
{
    while (text.length > 0 && is_white_space(text.bytes[0])) {
        text.bytes++;
        text.length--;
    }
    while (text.length > 0 && is_white_space(text.bytes[text.length - 1]))
        text.length--;
    return text;
}

struct text text_split(struct text text, char separator, struct text *rest)
{
    const char *found = text.length == 0 ? NULL : memchr(text.bytes, separator, text.length);
    if (found == NULL) {
        *rest = (struct text){"", 0};
        return text;
    }
    size_t before = (size_t)(found - text.bytes);
    *rest = (struct text){found + 1, text.length - before - 1};
    return (struct text){text.bytes, before};
}

static unsigned char in_lower_case(char byte)
{
    unsigned char value = (unsigned char)byte;
    return value >= 'A' && value <= 'Z' ? (unsigned char)(value + ('a' - 'A')) : value;
}

bool text_equal_ignoring_case(struct text a, struct text b)
{
    if (a.length != b.length) return false;
    for (size_t i = 0; i < a.length; i++)
        if (in_lower_case(a.bytes[i]) != in_lower_case(b.bytes[i])) return false;
    return true;
}

/* Length of the well-formed sequence that starts at `bytes`, or 0. The bounds of the second byte
 * are those of table 3-7 of the Unicode standard: they keep out overlong forms, surrogates and what
 * lies above U+10FFFF. */
static size_t utf8_sequence_length(const unsigned char *bytes, size_t available)
{
    unsigned char first = bytes[0];
    unsigned char low = 0x80;
    unsigned char high = 0xBF;
    size_t length = 0;
    if (first < 0x80) return 1;
    if (first >= 0xC2 && first <= 0xDF)
        length = 2;
    else if (first >= 0xE0 && first <= 0xEF)
        length = 3;
    else if (first >= 0xF0 && first <= 0xF4)
        length = 4;
    else
        return 0;
    if (first == 0xE0) low = 0xA0;
    if (first == 0xED) high = 0x9F;
    if (first == 0xF0) low = 0x90;
    if (first == 0xF4) high = 0x8F;
    if (available < length || bytes[1] < low || bytes[1] > high) return 0;
    for (size_t i = 2; i < length; i++)
        if (bytes[i] < 0x80 || bytes[i] > 0xBF) return 0;
    return length;
}

bool text_is_utf8(struct text text, size_t *bad)
{
    const unsigned char *bytes = (const unsigned char *)text.bytes;
    size_t at = 0;
    while (at < text.length) {
        uint64_t eight;
        if (text.length - at >= sizeof eight) {
            memcpy(&eight, bytes + at, sizeof eight);
            if ((eight & UINT64_C(0x8080808080808080)) == 0) {
                at += sizeof eight;
                continue;
            }
        }
        size_t length = utf8_sequence_length(bytes + at, text.length - at);
        if (length == 0) {
            if (bad != NULL) *bad = at;
            return false;
        }
        at += length;
    }
    return true;
}

static unsigned lesser(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

unsigned text_distance(struct text a, struct text b)
{
    size_t height = a.length < DISTANCE_BYTES_MAXIMUM ? a.length : DISTANCE_BYTES_MAXIMUM;
    size_t width = b.length < DISTANCE_BYTES_MAXIMUM ? b.length : DISTANCE_BYTES_MAXIMUM;
    /* Three rows of the table of distances between the prefixes; rows are used in turn. */
    unsigned rows[3][DISTANCE_BYTES_MAXIMUM + 1];
    unsigned *two_above = rows[0];
    unsigned *above = rows[1];
    unsigned *row = rows[2];
    for (size_t j = 0; j <= width; j++) {
        two_above[j] = 0;
        above[j] = (unsigned)j;
    }
    for (size_t i = 1; i <= height; i++) {
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= width; j++) {
            unsigned change = a.bytes[i - 1] == b.bytes[j - 1] ? 0 : 1;
            unsigned least = lesser(above[j - 1] + change, lesser(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a.bytes[i - 1] == b.bytes[j - 2] &&
                a.bytes[i - 2] == b.bytes[j - 1])
                least = lesser(least, two_above[j - 2] + 1);
            row[j] = least;
        }
        unsigned *oldest = two_above;
        two_above = above;
        above = row;
        row = oldest;
    }
    return above[width];
}

int text_nearest(struct text wrong, const struct text *candidates, size_t count)
{
    int nearest = -1;
    unsigned least = 0;
    for (size_t i = 0; i < count && i < INT32_MAX; i++) {
        unsigned distance = text_distance(wrong, candidates[i]);
        if ((size_t)distance * 3 > wrong.length) continue;
        if (nearest >= 0 && distance >= least) continue;
        nearest = (int)i;
        least = distance;
    }
    return nearest;
}

void buffer_init(struct buffer *buffer, size_t maximum)
{
    /* One byte is set aside for the spare NUL, so that capacity + 1 never wraps. */
    if (maximum == SIZE_MAX) maximum = SIZE_MAX - 1;
    *buffer = (struct buffer){.maximum = maximum};
}

void buffer_release(struct buffer *buffer)
{
    free(buffer->bytes);
    buffer_init(buffer, buffer->maximum);
}

void buffer_clear(struct buffer *buffer)
{
    buffer->length = 0;
}

enum status buffer_reserve(struct buffer *buffer, size_t more)
{
    if (more > buffer->maximum - buffer->length) return STATUS_LIMIT;
    size_t needed = buffer->length + more;
    if (needed <= buffer->capacity && buffer->bytes != NULL) return STATUS_OK;

    size_t capacity = buffer->capacity < BUFFER_BYTES_FIRST ? BUFFER_BYTES_FIRST : buffer->capacity;
    while (capacity < needed)
        capacity = capacity > buffer->maximum / 2 ? buffer->maximum : capacity * 2;
    if (capacity > buffer->maximum) capacity = buffer->maximum;

    char *bytes = realloc(buffer->bytes, capacity + 1);
    if (bytes == NULL) return STATUS_NO_MEMORY;
    buffer->bytes = bytes;
    buffer->capacity = capacity;
    return STATUS_OK;
}

enum status buffer_add(struct buffer *buffer, struct text text)
{
    if (text.length == 0) return STATUS_OK;
    TRY(buffer_reserve(buffer, text.length));
    memcpy(buffer->bytes + buffer->length, text.bytes, text.length);
    buffer->length += text.length;
    return STATUS_OK;
}

enum status buffer_add_byte(struct buffer *buffer, char byte)
{
    TRY(buffer_reserve(buffer, 1));
    buffer->bytes[buffer->length++] = byte;
    return STATUS_OK;
}

enum status buffer_add_format(struct buffer *buffer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    enum status status = buffer_add_arguments(buffer, format, arguments);
    va_end(arguments);
    return status;
}

enum status buffer_add_arguments(struct buffer *buffer, const char *format, va_list arguments)
{
    TRY(buffer_reserve(buffer, 0));
    va_list again;
    va_copy(again, arguments);
    size_t room = buffer->capacity - buffer->length;
    int written = vsnprintf(buffer->bytes + buffer->length, room + 1, format, arguments);
    enum status status = written < 0 ? STATUS_INVALID : STATUS_OK;
    if (status == STATUS_OK && (size_t)written > room) {
        status = buffer_reserve(buffer, (size_t)written);
        if (status == STATUS_OK)
            written = vsnprintf(buffer->bytes + buffer->length, (size_t)written + 1, format, again);
    }
    va_end(again);
    if (status == STATUS_OK) buffer->length += (size_t)written;
    return status;
}
