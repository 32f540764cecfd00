/* Problems of an expression: collected, and shown with the line and a caret below the place.
 *
 * A problem that finds no memory for its sentence is told with a fixed one: an expression that is
 * refused always says at least something. Columns count characters; the caret is put where the eye
 * looks for it, so it stands behind the same tabs as the line above it and two cells behind a wide
 * character (East Asian Wide and Fullwidth of Unicode's EastAsianWidth.txt, and emoji), none behind
 * a combining one. Of a long line the part around the place is shown.
 */
#include "cel/inner.h"

#include <stdarg.h>

#define SHOWN_BYTES_BEFORE 80
#define SHOWN_BYTES_BEHIND 60

void cel_problem_add(struct cel_problems *problems, uint32_t position, const char *format, ...)
{
    if (problems->count >= CEL_PROBLEM_MAXIMUM) return;
    va_list arguments;
    va_start(arguments, format);
    struct text message = arena_format_arguments(problems->arena, format, arguments);
    va_end(arguments);
    if (message.bytes == NULL)
        message = TEXT("this cannot be read, and there is no memory to say why");
    problems->items[problems->count++] = (struct cel_problem){position, message};
}

/* The next character of `text`, which is taken from it; a byte that is none counts as one. */
static uint32_t next_character(struct text *text)
{
    unsigned char first = (unsigned char)text->bytes[0];
    size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    size_t bad = 0;
    if (length > text->length || !text_is_utf8((struct text){text->bytes, length}, &bad))
        length = 1;
    uint32_t character = length == 1 ? first : first & (0xFFu >> (length + 1));
    for (size_t i = 1; i < length; i++)
        character = character << 6 | ((unsigned char)text->bytes[i] & 0x3Fu);
    text->bytes += length;
    text->length -= length;
    return character;
}

/* The line that holds an offset, without its end; `*number` counts from 1. */
static struct text line_of(struct text source, uint32_t offset, uint32_t *number)
{
    size_t at = offset < source.length ? offset : source.length;
    size_t begin = 0;
    *number = 1;
    for (size_t i = 0; i < at; i++) {
        if (source.bytes[i] != '\n') continue;
        begin = i + 1;
        ++*number;
    }
    size_t end = at;
    while (end < source.length && source.bytes[end] != '\n')
        end++;
    if (end > begin && end > at && source.bytes[end - 1] == '\r') end--;
    return (struct text){source.bytes + begin, end - begin};
}

/* What stands before the offset in its line. */
static struct text before(struct text source, uint32_t offset, struct text line)
{
    size_t at = offset < source.length ? offset : source.length;
    size_t length = (size_t)(source.bytes + at - line.bytes);
    return (struct text){line.bytes, length < line.length ? length : line.length};
}

struct position cel_position(struct text source, uint32_t offset)
{
    struct position position = {1, 1};
    if (source.length == 0) return position;
    struct text line = line_of(source, offset, &position.line);
    struct text left = before(source, offset, line);
    while (left.length > 0) {
        (void)next_character(&left);
        position.column++;
    }
    return position;
}

struct range {
    uint32_t first;
    uint32_t last;
};

static bool is_among(const struct range *ranges, size_t count, uint32_t character)
{
    for (size_t i = 0; i < count; i++)
        if (character >= ranges[i].first && character <= ranges[i].last) return true;
    return false;
}

/* Cells of a terminal that a character takes. */
static unsigned width_of(uint32_t character)
{
    static const struct range combining[] = {
        {0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x064B, 0x065F},  {0x0E34, 0x0E3A},
        {0x0E47, 0x0E4E}, {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x200B, 0x200F},  {0x20D0, 0x20FF},
        {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0xFEFF, 0xFEFF}, {0xE0100, 0xE01EF}};
    static const struct range double_cells[] = {
        {0x1100, 0x115F},   {0x231A, 0x231B},   {0x23E9, 0x23EC},   {0x25FD, 0x25FE},
        {0x2614, 0x2615},   {0x2648, 0x2653},   {0x26AA, 0x26AB},   {0x26BD, 0x26BE},
        {0x2705, 0x2705},   {0x270A, 0x270B},   {0x2728, 0x2728},   {0x2753, 0x2755},
        {0x2795, 0x2797},   {0x2B1B, 0x2B1C},   {0x2E80, 0x303E},   {0x3041, 0x33FF},
        {0x3400, 0x4DBF},   {0x4E00, 0x9FFF},   {0xA000, 0xA4CF},   {0xA960, 0xA97F},
        {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},   {0xFF01, 0xFF60},
        {0xFFE0, 0xFFE6},   {0x1F004, 0x1F004}, {0x1F18E, 0x1F18E}, {0x1F191, 0x1F19A},
        {0x1F200, 0x1F320}, {0x1F32D, 0x1F335}, {0x1F337, 0x1F37C}, {0x1F37E, 0x1F393},
        {0x1F3A0, 0x1F3CA}, {0x1F3E0, 0x1F3F0}, {0x1F3F8, 0x1F43E}, {0x1F440, 0x1F440},
        {0x1F442, 0x1F4FC}, {0x1F4FF, 0x1F53D}, {0x1F54B, 0x1F567}, {0x1F5FB, 0x1F64F},
        {0x1F680, 0x1F6C5}, {0x1F6CC, 0x1F6CC}, {0x1F6D0, 0x1F6D2}, {0x1F6EB, 0x1F6EC},
        {0x1F6F4, 0x1F6FC}, {0x1F7E0, 0x1F7EB}, {0x1F90C, 0x1F9FF}, {0x1FA70, 0x1FAFF},
        {0x20000, 0x3FFFD}};
    if (is_among(combining, sizeof(combining) / sizeof(combining[0]), character)) return 0;
    return is_among(double_cells, sizeof(double_cells) / sizeof(double_cells[0]), character) ? 2
                                                                                             : 1;
}

/* Control characters (an escape sequence for the terminal) are shown as blanks. */
static enum status print_shown(struct text line, struct buffer *out)
{
    for (size_t i = 0; i < line.length; i++) {
        unsigned char byte = (unsigned char)line.bytes[i];
        bool is_control = (byte < 0x20 && byte != '\t') || byte == 0x7F;
        TRY(buffer_add_byte(out, is_control ? ' ' : line.bytes[i]));
    }
    return STATUS_OK;
}

/* Blanks as wide as the text. */
static enum status print_blanks(struct text left, struct buffer *out)
{
    while (left.length > 0) {
        uint32_t character = next_character(&left);
        unsigned width = character == '\t' ? 1 : width_of(character);
        for (unsigned i = 0; i < width; i++)
            TRY(buffer_add_byte(out, character == '\t' ? '\t' : ' '));
    }
    return STATUS_OK;
}

static bool is_inside_character(char byte)
{
    return ((unsigned char)byte & 0xC0) == 0x80;
}

/* The line and the caret, `at` bytes into it. */
static enum status print_line(struct text line, size_t at, struct buffer *out)
{
    size_t begin = at > SHOWN_BYTES_BEFORE ? at - SHOWN_BYTES_BEFORE : 0;
    while (begin > 0 && begin < at && is_inside_character(line.bytes[begin]))
        begin++;
    size_t end = line.length - at > SHOWN_BYTES_BEHIND ? at + SHOWN_BYTES_BEHIND : line.length;
    while (end < line.length && is_inside_character(line.bytes[end]))
        end++;
    struct text before_it = begin > 0 ? TEXT("...") : TEXT("");
    struct text behind_it = end < line.length ? TEXT("...") : TEXT("");
    TRY(buffer_add(out, before_it));
    TRY(print_shown((struct text){line.bytes + begin, end - begin}, out));
    TRY(buffer_add(out, behind_it));
    TRY(buffer_add_byte(out, '\n'));
    TRY(print_blanks(before_it, out));
    TRY(print_blanks((struct text){line.bytes + begin, at - begin}, out));
    return buffer_add(out, TEXT("^\n"));
}

enum status cel_place_print(struct text source, uint32_t offset, struct buffer *out)
{
    if (source.length == 0) return buffer_add(out, TEXT("\n^\n"));
    uint32_t number;
    struct text line = line_of(source, offset, &number);
    return print_line(line, before(source, offset, line).length, out);
}

enum status cel_problem_print(struct text source, const struct cel_problem *problem,
                              struct buffer *out)
{
    struct position position = cel_position(source, problem->position);
    TRY(buffer_add_format(out, "%u:%u: ", position.line, position.column));
    TRY(buffer_add(out, problem->message));
    TRY(buffer_add_byte(out, '\n'));
    return cel_place_print(source, problem->position, out);
}
