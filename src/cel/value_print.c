/* Values as text, written as CEL would write them.
 *
 * What is printed ends in "..." at the maximum that the caller names; values may share parts and so
 * be far longer than what they are made of, and printing stops as soon as it is full.
 */
#include <inttypes.h>
#include <stdio.h>

#include "cel/inner.h"
#include "cel/timestamp.h"

struct printer {
    const struct cel_environment *environment;
    struct buffer *out;
    size_t start;   /* where the value's text begins */
    size_t maximum; /* of its text */
    enum status status;
    bool is_full;
};

static void put(struct printer *printer, struct text text)
{
    if (printer->is_full || printer->status != STATUS_OK) return;
    size_t left = printer->maximum - (printer->out->length - printer->start);
    if (text.length > left) {
        printer->is_full = true;
        text.length = left;
    }
    printer->status = buffer_add(printer->out, text);
}

static bool is_done(const struct printer *printer)
{
    return printer->is_full || printer->status != STATUS_OK;
}

static void put_byte(struct printer *printer, char byte)
{
    put(printer, (struct text){&byte, 1});
}

static void put_hexadecimal(struct printer *printer, unsigned char byte)
{
    static const char digits[] = "0123456789abcdef";
    char text[] = {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
    put(printer, (struct text){text, sizeof text});
}

/* In single quotes, with escapes for what cannot stand there as it is. */
static void put_quoted(struct printer *printer, struct text text, bool is_bytes)
{
    put_byte(printer, '\'');
    for (size_t i = 0; i < text.length && !is_done(printer); i++) {
        unsigned char byte = (unsigned char)text.bytes[i];
        switch (byte) {
        case '\'':
            put(printer, TEXT("\\'"));
            break;
        case '\\':
            put(printer, TEXT("\\\\"));
            break;
        case '\n':
            put(printer, TEXT("\\n"));
            break;
        case '\r':
            put(printer, TEXT("\\r"));
            break;
        case '\t':
            put(printer, TEXT("\\t"));
            break;
        default:
            if (byte < 0x20 || byte == 0x7F || (is_bytes && byte >= 0x80))
                put_hexadecimal(printer, byte);
            else
                put_byte(printer, (char)byte);
        }
    }
    put_byte(printer, '\'');
}

static void put_number(struct printer *printer, struct cel_value value)
{
    char text[32];
    int length = value.kind == CEL_INT
                     ? snprintf(text, sizeof text, "%" PRId64, value.integer)
                     : snprintf(text, sizeof text, "%" PRIu64 "u", value.unsigned_integer);
    put(printer, (struct text){text, (size_t)length});
}

static void put_double(struct printer *printer, double number)
{
    char out[CEL_DOUBLE_TEXT_MAXIMUM];
    struct text text = cel_double_format(number, out);
    bool is_finite = number - number >= 0;
    if (!is_finite) {
        put(printer, TEXT("double('"));
        put(printer, text);
        put(printer, TEXT("')"));
        return;
    }
    put(printer, text);
    /* A whole number would read as an int. */
    for (size_t i = 0; i < text.length; i++)
        if (text.bytes[i] == '.' || text.bytes[i] == 'e') return;
    put(printer, TEXT(".0"));
}

static void put_time(struct printer *printer, struct cel_value value)
{
    char out[CEL_TIME_TEXT_MAXIMUM];
    bool is_timestamp = value.kind == CEL_TIMESTAMP;
    put(printer, is_timestamp ? TEXT("timestamp('") : TEXT("duration('"));
    put(printer, is_timestamp ? cel_timestamp_format(value, out) : cel_duration_format(value, out));
    put(printer, TEXT("')"));
}

/* decimal('49.99'), 49.99 EUR */
static void put_amount(struct printer *printer, struct cel_value value)
{
    char out[AMOUNT_TEXT_MAXIMUM];
    struct text number = amount_format(value.integer, value.scale, out);
    if (value.kind == CEL_DECIMAL) {
        put(printer, TEXT("decimal('"));
        put(printer, number);
        put(printer, TEXT("')"));
        return;
    }
    char code[] = {' ', (char)(value.extra >> 16), (char)(value.extra >> 8), (char)value.extra};
    put(printer, number);
    if (value.extra != 0) put(printer, (struct text){code, sizeof code});
}

static const char *kind_name(uint8_t kind)
{
    static const char *const names[] = {
#define X(name, text) text,
        CEL_KIND_LIST(X)
#undef X
    };
    return kind < CEL_KIND_COUNT ? names[kind] : "?";
}

static void put_type(struct printer *printer, const struct cel_type *type)
{
    static const char *const names[] = {
        [CEL_TYPE_DYN] = "dyn",
        [CEL_TYPE_NULL] = "null_type",
        [CEL_TYPE_BOOL] = "bool",
        [CEL_TYPE_INT] = "int",
        [CEL_TYPE_UINT] = "uint",
        [CEL_TYPE_DOUBLE] = "double",
        [CEL_TYPE_STRING] = "string",
        [CEL_TYPE_BYTES] = "bytes",
        [CEL_TYPE_TIMESTAMP] = "google.protobuf.Timestamp",
        [CEL_TYPE_DURATION] = "google.protobuf.Duration",
        [CEL_TYPE_DECIMAL] = "decimal",
        [CEL_TYPE_MONEY] = "money",
        [CEL_TYPE_LIST] = "list",
        [CEL_TYPE_MAP] = "map",
        [CEL_TYPE_TYPE] = "type",
        [CEL_TYPE_OPTIONAL] = "optional_type",
    };
    size_t kind = (size_t)type->kind;
    bool is_named = kind >= sizeof names / sizeof names[0] || names[kind] == NULL;
    put(printer, is_named ? type->name : text_of(names[kind]));
}

static void put_value(struct printer *printer, struct cel_value value, uint32_t depth);

static void put_list(struct printer *printer, const struct cel_list *list, uint32_t depth)
{
    put_byte(printer, '[');
    for (uint32_t i = 0; i < list->count && !is_done(printer); i++) {
        if (i > 0) put(printer, TEXT(", "));
        put_value(printer, list->items[i], depth);
    }
    put_byte(printer, ']');
}

static void put_map(struct printer *printer, const struct cel_map *map, uint32_t depth)
{
    put_byte(printer, '{');
    for (size_t i = 0; i < (size_t)map->count * 2 && !is_done(printer); i += 2) {
        if (i > 0) put(printer, TEXT(", "));
        put_value(printer, map->entries[i], depth);
        put(printer, TEXT(": "));
        put_value(printer, map->entries[i + 1], depth);
    }
    put_byte(printer, '}');
}

static void put_optional(struct printer *printer, const struct cel_value *inner, uint32_t depth)
{
    if (inner == NULL) {
        put(printer, TEXT("optional.none()"));
        return;
    }
    put(printer, TEXT("optional.of("));
    put_value(printer, *inner, depth);
    put_byte(printer, ')');
}

static void put_error(struct printer *printer, struct cel_value error)
{
    put(printer, TEXT("error: "));
    put(printer, text_of(cel_fault_text((enum cel_fault)error.tag)));
    if (error.detail == NULL) return;
    put(printer, TEXT(": "));
    put(printer, text_of(error.detail));
}

static void put_object(struct printer *printer, struct cel_value object)
{
    struct text name = printer->environment == NULL
                           ? TEXT("")
                           : cel_environment_object_name(printer->environment, object.tag);
    put(printer, text_is_empty(name) ? text_of(kind_name(CEL_OBJECT)) : name);
}

static void put_value(struct printer *printer, struct cel_value value, uint32_t depth)
{
    if (depth >= CEL_DEPTH_MAXIMUM) {
        put(printer, TEXT("..."));
        return;
    }
    switch ((enum cel_kind)value.kind) {
    case CEL_ERROR:
        put_error(printer, value);
        break;
    case CEL_NULL:
        put(printer, TEXT("null"));
        break;
    case CEL_BOOL:
        put(printer, value.boolean ? TEXT("true") : TEXT("false"));
        break;
    case CEL_INT:
    case CEL_UINT:
        put_number(printer, value);
        break;
    case CEL_DOUBLE:
        put_double(printer, value.number);
        break;
    case CEL_BYTES:
        put_byte(printer, 'b');
        __attribute__((fallthrough));
    case CEL_STRING:
        put_quoted(printer, cel_text(value), value.kind == CEL_BYTES);
        break;
    case CEL_LIST:
        put_list(printer, value.list, depth + 1);
        break;
    case CEL_MAP:
        put_map(printer, value.map, depth + 1);
        break;
    case CEL_TYPE:
        put_type(printer, value.type);
        break;
    case CEL_TIMESTAMP:
    case CEL_DURATION:
        put_time(printer, value);
        break;
    case CEL_OPTIONAL:
        put_optional(printer, value.inner, depth + 1);
        break;
    case CEL_DECIMAL:
    case CEL_MONEY:
        put_amount(printer, value);
        break;
    case CEL_OBJECT:
        put_object(printer, value);
        break;
    case CEL_KIND_COUNT:
        break;
    }
}

/* Cuts what is too long between two characters, and says so. */
static enum status shorten(struct printer *printer)
{
    static const char ellipsis[] = "...";
    struct buffer *out = printer->out;
    size_t cut = printer->maximum < 3 ? 0 : printer->maximum - 3;
    if (out->length - printer->start > cut) out->length = printer->start + cut;
    while (out->length > printer->start && ((unsigned char)out->bytes[out->length] & 0xC0) == 0x80)
        out->length--;
    size_t length = printer->maximum < 3 ? printer->maximum : 3;
    return buffer_add(out, (struct text){ellipsis, length});
}

enum status cel_value_print(const struct cel_environment *environment, struct cel_value value,
                            size_t maximum, struct buffer *out)
{
    struct printer printer = {
        .environment = environment, .out = out, .start = out->length, .maximum = maximum};
    put_value(&printer, value, 0);
    if (printer.status != STATUS_OK || !printer.is_full) return printer.status;
    return shorten(&printer);
}
