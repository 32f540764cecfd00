/* Surrogate pairs of JSON, replaced by their characters.
 *
 * Outside of strings JSON has no backslash, so every \uD800 to \uDBFF followed by \uDC00 to \uDFFF
 * can be replaced wherever it stands; an escaped backslash is stepped over with what follows it. A
 * pair is 12 characters and becomes 1, so each one before a place moves it 11 columns to the left.
 * A lone half is left for the parser, which refuses it.
 */
#include "program/surrogate.h"

#define PAIR_LENGTH 12u
#define COLUMNS_TAKEN_AWAY 11u

static bool is_json(struct text text)
{
    struct text trimmed = text_trim(text);
    return trimmed.length > 0 && (trimmed.bytes[0] == '{' || trimmed.bytes[0] == '[');
}

static bool hexadecimal_value(const char *digits, uint32_t *value)
{
    uint32_t sum = 0;
    for (int i = 0; i < 4; i++) {
        char c = digits[i];
        uint32_t digit;
        if (c >= '0' && c <= '9')
            digit = (uint32_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            digit = (uint32_t)(c - 'a') + 10;
        else if (c >= 'A' && c <= 'F')
            digit = (uint32_t)(c - 'A') + 10;
        else
            return false;
        sum = sum * 16 + digit;
    }
    *value = sum;
    return true;
}

/* The code point of the pair that begins at `at`, or 0. */
static uint32_t pair_at(struct text text, size_t at)
{
    const char *bytes = text.bytes + at;
    uint32_t high;
    uint32_t low;
    if (text.length - at < PAIR_LENGTH || bytes[1] != 'u' || bytes[6] != '\\' || bytes[7] != 'u')
        return 0;
    if (!hexadecimal_value(bytes + 2, &high) || !hexadecimal_value(bytes + 8, &low)) return 0;
    if (high < 0xD800 || high > 0xDBFF || low < 0xDC00 || low > 0xDFFF) return 0;
    return 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
}

static size_t count_pairs(struct text text)
{
    size_t count = 0;
    for (size_t at = 0; at + 1 < text.length;) {
        if (text.bytes[at] != '\\') {
            at++;
        } else if (pair_at(text, at) != 0) {
            count++;
            at += PAIR_LENGTH;
        } else {
            at += 2;
        }
    }
    return count;
}

static void write_utf8(char *out, uint32_t code_point)
{
    out[0] = (char)(0xF0 | (code_point >> 18));
    out[1] = (char)(0x80 | ((code_point >> 12) & 0x3F));
    out[2] = (char)(0x80 | ((code_point >> 6) & 0x3F));
    out[3] = (char)(0x80 | (code_point & 0x3F));
}

enum status surrogate_replace(struct arena *arena, struct text text, struct text *replaced,
                              struct surrogate_map *map)
{
    *map = (struct surrogate_map){NULL, 0};
    *replaced = text;
    size_t pairs = is_json(text) ? count_pairs(text) : 0;
    if (pairs == 0) return STATUS_OK;
    char *out = arena_allocate(arena, text.length);
    map->shifts = arena_new_array(arena, struct surrogate_shift, pairs);
    if (out == NULL || map->shifts == NULL) return STATUS_NO_MEMORY;
    size_t length = 0;
    struct surrogate_shift place = {1, 1, 1};
    for (size_t at = 0; at < text.length;) {
        char byte = text.bytes[at];
        uint32_t code_point = byte == '\\' ? pair_at(text, at) : 0;
        if (code_point != 0) {
            write_utf8(out + length, code_point);
            length += 4;
            at += PAIR_LENGTH;
            map->shifts[map->count++] = place;
            place.column++;
            place.nth++;
            continue;
        }
        size_t copied = byte == '\\' && at + 1 < text.length && text.bytes[at + 1] != '\n' ? 2 : 1;
        for (size_t i = 0; i < copied; i++, at++) {
            out[length++] = text.bytes[at];
            if (((unsigned char)text.bytes[at] & 0xC0u) != 0x80u) place.column++;
        }
        if (byte == '\n') place = (struct surrogate_shift){place.line + 1, 1, 1};
    }
    *replaced = (struct text){out, length};
    return STATUS_OK;
}

struct position surrogate_original(const struct surrogate_map *map, struct position place)
{
    size_t low = 0;
    size_t high = map->count;
    while (low < high) { /* the first shift that is not before the place */
        size_t middle = low + (high - low) / 2;
        const struct surrogate_shift *shift = &map->shifts[middle];
        if (shift->line < place.line || (shift->line == place.line && shift->column < place.column))
            low = middle + 1;
        else
            high = middle;
    }
    if (low > 0 && map->shifts[low - 1].line == place.line)
        place.column += map->shifts[low - 1].nth * COLUMNS_TAKEN_AWAY;
    return place;
}
