/* What the implementations of functions share.
 *
 * Text is written into the arena in pieces that double, so that writing n bytes copies less than
 * 2n; the old ones stay behind until the evaluation is over. Sorting is merging from the bottom up:
 * stable, no recursion, n log n comparisons whatever the order before.
 */
#include "cel/function_work.h"

#define WRITER_BYTES_FIRST 64
#define SHOWN_BYTES_MAXIMUM 40

struct cel_value cel_fail(struct cel_call *call, enum cel_fault fault, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    struct text detail = arena_format_arguments(call->arena, format, arguments);
    va_end(arguments);
    return cel_error(fault, detail.bytes);
}

struct cel_value cel_failed_with(enum status status)
{
    switch (status) {
    case STATUS_NO_MEMORY:
        return cel_no_memory();
    case STATUS_LIMIT:
        return cel_too_long();
    case STATUS_OVERFLOW:
        return cel_error(CEL_FAULT_OVERFLOW, NULL);
    case STATUS_INVALID:
        return cel_error(CEL_FAULT_REPEATED_KEY, NULL);
    default:
        return cel_error(CEL_FAULT_INVALID_ARGUMENT, NULL);
    }
}

struct text cel_kind_name(const struct cel_environment *environment, struct cel_value value)
{
    static const char *const names[CEL_KIND_COUNT] = {
#define X(name, text) text,
        CEL_KIND_LIST(X)
#undef X
    };
    if (value.kind == CEL_OBJECT && environment != NULL)
        return cel_environment_object_name(environment, value.tag);
    return value.kind < CEL_KIND_COUNT ? text_of(names[value.kind]) : TEXT("unknown");
}

struct cel_writer cel_writer_of(struct cel_call *call)
{
    return (struct cel_writer){.call = call, .error = cel_null()};
}

bool cel_write_failed(const struct cel_writer *writer)
{
    return cel_is_error(writer->error);
}

void cel_write_fail(struct cel_writer *writer, struct cel_value error)
{
    if (!cel_write_failed(writer)) writer->error = error;
}

static bool reserve(struct cel_writer *writer, size_t more)
{
    if (cel_write_failed(writer)) return false;
    if (more <= writer->capacity - writer->length) return true;
    if (more > CEL_STRING_MAXIMUM_BYTES - writer->length) {
        writer->error = cel_too_long();
        return false;
    }
    size_t capacity = writer->capacity == 0 ? WRITER_BYTES_FIRST : writer->capacity;
    while (capacity < writer->length + more)
        capacity *= 2;
    if (!cel_spend_text(writer->call, capacity - writer->capacity)) {
        writer->error = cel_too_many_steps();
        return false;
    }
    char *bytes = arena_allocate(writer->call->arena, capacity);
    if (bytes == NULL) {
        writer->error = cel_no_memory();
        return false;
    }
    if (writer->length > 0) memcpy(bytes, writer->bytes, writer->length);
    writer->bytes = bytes;
    writer->capacity = (uint32_t)capacity;
    return true;
}

void cel_write(struct cel_writer *writer, struct text text)
{
    if (text.length == 0 || !reserve(writer, text.length)) return;
    memcpy(writer->bytes + writer->length, text.bytes, text.length);
    writer->length += (uint32_t)text.length;
}

void cel_write_byte(struct cel_writer *writer, char byte)
{
    cel_write(writer, (struct text){&byte, 1});
}

struct cel_value cel_written(const struct cel_writer *writer)
{
    if (cel_write_failed(writer)) return writer->error;
    if (writer->length == 0) return cel_string(TEXT(""));
    return cel_string((struct text){writer->bytes, writer->length});
}

static bool begins_code_point(char byte)
{
    return ((unsigned char)byte & 0xC0) != 0x80;
}

struct text cel_shortened(struct text text)
{
    if (text.length <= SHOWN_BYTES_MAXIMUM) return text;
    size_t length = SHOWN_BYTES_MAXIMUM;
    while (length > 0 && !begins_code_point(text.bytes[length]))
        length--;
    return (struct text){text.bytes, length};
}

size_t cel_code_points(struct text text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.length; i++)
        count += begins_code_point(text.bytes[i]);
    return count;
}

uint32_t cel_code_point_at(const char *bytes)
{
    const unsigned char *at = (const unsigned char *)bytes;
    if (at[0] < 0x80) return at[0];
    if (at[0] < 0xE0) return (at[0] & 0x1FU) << 6 | (at[1] & 0x3FU);
    if (at[0] < 0xF0) return (at[0] & 0x0FU) << 12 | (at[1] & 0x3FU) << 6 | (at[2] & 0x3FU);
    return (at[0] & 0x07U) << 18 | (at[1] & 0x3FU) << 12 | (at[2] & 0x3FU) << 6 | (at[3] & 0x3FU);
}

bool cel_code_point_offset(struct text text, int64_t number, size_t *offset)
{
    if (number < 0) return false;
    size_t at = 0;
    for (; number > 0 && at < text.length; number--)
        at += cel_code_point_bytes(text.bytes[at]);
    if (number > 0) return false;
    *offset = at;
    return true;
}

size_t cel_text_find(struct text text, struct text sought)
{
    if (sought.length == 0) return 0;
    if (sought.length > text.length) return SIZE_MAX;
    const char *found = memmem(text.bytes, text.length, sought.bytes, sought.length);
    return found == NULL ? SIZE_MAX : (size_t)(found - text.bytes);
}

/* One merge of [begin, middle) and [middle, end) into `into`. */
static bool merge(const uint32_t *from, uint32_t *into, uint32_t begin, uint32_t middle,
                  uint32_t end, cel_is_after is_after, void *things)
{
    uint32_t left = begin;
    uint32_t right = middle;
    for (uint32_t at = begin; at < end; at++) {
        int after = 0;
        if (left < middle && right < end) after = is_after(things, from[left], from[right]);
        if (after < 0) return false;
        bool takes_left = left < middle && (right == end || after == 0);
        into[at] = takes_left ? from[left++] : from[right++];
    }
    return true;
}

bool cel_sort(uint32_t *order, uint32_t *spare, uint32_t count, cel_is_after is_after, void *things)
{
    uint32_t *from = order;
    uint32_t *into = spare;
    for (uint32_t width = 1; width < count; width *= 2) {
        for (uint32_t begin = 0; begin < count; begin += 2 * width) {
            uint32_t middle = begin + width < count ? begin + width : count;
            uint32_t end = middle + width < count ? middle + width : count;
            if (!merge(from, into, begin, middle, end, is_after, things)) return false;
        }
        uint32_t *swap = from;
        from = into;
        into = swap;
    }
    if (from != order) memcpy(order, from, count * sizeof *order);
    return true;
}
