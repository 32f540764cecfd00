/* Sheet: additions and sums that remember the first failure; characters and their width.
 *
 * Must never print: it fills a buffer that its caller writes out. Invariant: after a failure the
 * buffer gets no more bytes and, at the end, loses those that the report had added.
 */
#include "backtest/report_sheet.h"

#include <stdio.h>

/* Tables of texts: a report of a few programmes takes some hundred kilobytes; sorting the members
 * of a large shop takes 16 bytes each. */
#define SHEET_ARENA_MAXIMUM ((size_t)8 << 30)
#define CHARACTER_REPLACEMENT 0xFFFDu

void sheet_init(struct sheet *sheet, struct buffer *out)
{
    sheet->out = out;
    sheet->start = out->length;
    sheet->status = STATUS_OK;
    arena_init(&sheet->arena, SHEET_ARENA_MAXIMUM);
}

enum status sheet_finish(struct sheet *sheet)
{
    arena_release(&sheet->arena);
    if (sheet->status != STATUS_OK) sheet->out->length = sheet->start;
    return sheet->status;
}

void sheet_note(struct sheet *sheet, enum status status)
{
    if (sheet->status == STATUS_OK) sheet->status = status;
}

void sheet_add(struct sheet *sheet, struct text text)
{
    if (sheet->status == STATUS_OK) sheet_note(sheet, buffer_add(sheet->out, text));
}

void sheet_say(struct sheet *sheet, const char *words)
{
    sheet_add(sheet, text_of(words));
}

void sheet_format(struct sheet *sheet, const char *format, ...)
{
    if (sheet->status != STATUS_OK) return;
    va_list arguments;
    va_start(arguments, format);
    sheet_note(sheet, buffer_add_arguments(sheet->out, format, arguments));
    va_end(arguments);
}

static const char *entity_of(uint32_t character)
{
    switch (character) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

void sheet_escaped(struct sheet *sheet, struct text text)
{
    while (!text_is_empty(text)) {
        struct text here = text;
        uint32_t character = text_next_character(&text);
        here.length -= text.length;
        const char *entity = entity_of(character);
        bool is_control = character < ' ' || (character >= 0x7F && character < 0xA0);
        if (entity != NULL)
            sheet_say(sheet, entity);
        else if (is_control || character == CHARACTER_REPLACEMENT)
            sheet_say(sheet, "\xEF\xBF\xBD");
        else
            sheet_add(sheet, here);
    }
}

void sheet_number(struct sheet *sheet, struct text number)
{
    bool is_below = text_starts_with(number, TEXT("-"));
    if (is_below) {
        sheet_say(sheet, "\xE2\x88\x92");
        number = (struct text){number.bytes + 1, number.length - 1};
    }
    sheet_escaped(sheet, number);
}

struct text sheet_keep(struct sheet *sheet, const char *format, ...)
{
    if (sheet->status != STATUS_OK) return TEXT("");
    va_list arguments;
    va_list again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    struct text kept = TEXT("");
    char *bytes = length < 0 ? NULL : arena_allocate(&sheet->arena, (size_t)length + 1);
    if (bytes == NULL) {
        sheet_note(sheet, STATUS_NO_MEMORY);
    } else {
        vsnprintf(bytes, (size_t)length + 1, format, again);
        kept = (struct text){bytes, (size_t)length};
    }
    va_end(again);
    return kept;
}

void *sheet_array(struct sheet *sheet, size_t count, size_t size)
{
    if (sheet->status != STATUS_OK) return NULL;
    void *array = arena_allocate_zeroed(&sheet->arena, count == 0 ? 1 : count, size);
    if (array == NULL) sheet_note(sheet, STATUS_NO_MEMORY);
    return array;
}

int64_t sheet_sum(struct sheet *sheet, int64_t a, int64_t b)
{
    int64_t sum = 0;
    sheet_note(sheet, amount_add(a, b, &sum));
    return sum;
}

int64_t sheet_less(struct sheet *sheet, int64_t a, int64_t b)
{
    int64_t difference = 0;
    sheet_note(sheet, amount_subtract(a, b, &difference));
    return difference;
}

void sheet_increase(struct sheet *sheet, int64_t *total, int64_t amount)
{
    sheet_note(sheet, amount_increase(total, amount));
}

int64_t sheet_share(struct sheet *sheet, int64_t a, int64_t b, int64_t divisor)
{
    int64_t quotient = 0;
    sheet_note(sheet, amount_multiply_divide(a, b, divisor, ROUNDING_HALF_UP, &quotient));
    return quotient;
}

/* How many bytes a character takes by its first byte; 0 for a byte that begins none. */
static size_t character_length(unsigned char first)
{
    if (first < 0x80) return 1;
    if (first >= 0xC2 && first < 0xE0) return 2;
    if (first >= 0xE0 && first < 0xF0) return 3;
    if (first >= 0xF0 && first < 0xF5) return 4;
    return 0;
}

uint32_t text_next_character(struct text *text)
{
    ASSERT(!text_is_empty(*text));
    const unsigned char *bytes = (const unsigned char *)text->bytes;
    size_t length = character_length(bytes[0]);
    if (length == 0 || length > text->length ||
        !text_is_utf8((struct text){text->bytes, length}, NULL)) {
        *text = (struct text){text->bytes + 1, text->length - 1};
        return CHARACTER_REPLACEMENT;
    }
    uint32_t character = length == 1 ? bytes[0] : bytes[0] & (0xFFu >> (length + 1));
    for (size_t k = 1; k < length; k++)
        character = character << 6 | (bytes[k] & 0x3Fu);
    *text = (struct text){text->bytes + length, text->length - length};
    return character;
}

struct character_range {
    uint32_t first;
    uint32_t last;
    unsigned columns;
};

static const struct character_range character_ranges[] = {
    {0x0300, 0x036F, 0},   {0x0483, 0x0489, 0},   {0x0591, 0x05BD, 0},   {0x064B, 0x065F, 0},
    {0x1100, 0x115F, 2},   {0x1AB0, 0x1AFF, 0},   {0x1DC0, 0x1DFF, 0},   {0x200B, 0x200F, 0},
    {0x20D0, 0x20FF, 0},   {0x2E80, 0x303E, 2},   {0x3041, 0xA4CF, 2},   {0xAC00, 0xD7A3, 2},
    {0xF900, 0xFAFF, 2},   {0xFE00, 0xFE0F, 0},   {0xFE20, 0xFE2F, 0},   {0xFE30, 0xFE6F, 2},
    {0xFF00, 0xFF60, 2},   {0xFFE0, 0xFFE6, 2},   {0x1F300, 0x1F64F, 2}, {0x1F680, 0x1F6FF, 2},
    {0x1F900, 0x1FAFF, 2}, {0x20000, 0x3FFFD, 2},
};

size_t text_columns(struct text text)
{
    size_t columns = 0;
    while (!text_is_empty(text)) {
        uint32_t character = text_next_character(&text);
        unsigned width = 1;
        for (size_t k = 0; k < sizeof character_ranges / sizeof *character_ranges; k++) {
            const struct character_range *range = &character_ranges[k];
            if (character >= range->first && character <= range->last) width = range->columns;
        }
        columns += width;
    }
    return columns;
}
