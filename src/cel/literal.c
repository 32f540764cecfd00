/* Literals: the value of a number's or a text's token.
 *
 * What cannot be a value is told at its very place: the escape, not the text that it stands in.
 * Decoding never makes a text longer than it was written, so one allocation of the token's length
 * holds it; a text without escapes is a view of the source. In strings an escape is a code point,
 * in bytes an octet. Line ends within triple quotes are '\n', however the file ends its lines.
 */
#include "cel/inner.h"

static int digit_of(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/* False when it is more than 64 bits. */
static bool read_integer(struct text text, unsigned base, uint64_t *integer)
{
    uint64_t read = 0;
    for (size_t i = 0; i < text.length; i++) {
        if (__builtin_mul_overflow(read, (uint64_t)base, &read) ||
            __builtin_add_overflow(read, (uint64_t)digit_of(text.bytes[i]), &read))
            return false;
    }
    *integer = read;
    return true;
}

/* A sign before a number with `u` is an operator: the parser never folds it in. */
static enum status integer_literal(const struct cel_token *token, bool is_negative,
                                   struct cel_problems *problems, struct cel_value *value)
{
    bool is_unsigned = token->kind == CEL_TOKEN_UINT;
    struct text digits = token->text;
    if (is_unsigned) digits.length--;
    bool is_hexadecimal = text_starts_with(digits, TEXT("0x"));
    if (is_hexadecimal) digits = (struct text){digits.bytes + 2, digits.length - 2};
    uint64_t magnitude = 0;
    bool fits = read_integer(digits, is_hexadecimal ? 16 : 10, &magnitude);
    uint64_t maximum = is_unsigned   ? UINT64_MAX
                       : is_negative ? (uint64_t)INT64_MAX + 1
                                     : (uint64_t)INT64_MAX;
    if (!fits || magnitude > maximum) {
        cel_problem_add(problems, token->position, "this number is too large: whole numbers go %s",
                        is_unsigned ? "from 0 to 18446744073709551615 with 'u'"
                                    : "from -9223372036854775808 to 9223372036854775807");
        return STATUS_SYNTAX;
    }
    if (is_unsigned)
        *value = cel_uint(magnitude);
    else
        *value = cel_int(is_negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude);
    return STATUS_OK;
}

static enum status double_literal(const struct cel_token *token, bool is_negative,
                                  struct cel_problems *problems, struct cel_value *value)
{
    double number;
    enum status status = cel_double_parse(token->text, &number);
    if (status == STATUS_NO_MEMORY) return status;
    if (status != STATUS_OK) {
        cel_problem_add(problems, token->position,
                        "this number is too large or too small for a double");
        return STATUS_SYNTAX;
    }
    *value = cel_double(is_negative ? -number : number);
    return STATUS_OK;
}

/* A text being decoded: `at` is the place in the token's text. */
struct decoder {
    const struct cel_token *token;
    struct cel_problems *problems;
    bool is_bytes;
    size_t at;
    size_t end; /* of what stands between the quotes */
    char *out;
    size_t length;
};

static void put_code_point(struct decoder *decoder, uint32_t point)
{
    char *out = decoder->out + decoder->length;
    if (decoder->is_bytes || point < 0x80) {
        out[0] = (char)(unsigned char)point;
        decoder->length += 1;
    } else if (point < 0x800) {
        out[0] = (char)(unsigned char)(0xC0 | point >> 6);
        out[1] = (char)(unsigned char)(0x80 | (point & 0x3F));
        decoder->length += 2;
    } else if (point < 0x10000) {
        out[0] = (char)(unsigned char)(0xE0 | point >> 12);
        out[1] = (char)(unsigned char)(0x80 | (point >> 6 & 0x3F));
        out[2] = (char)(unsigned char)(0x80 | (point & 0x3F));
        decoder->length += 3;
    } else {
        out[0] = (char)(unsigned char)(0xF0 | point >> 18);
        out[1] = (char)(unsigned char)(0x80 | (point >> 12 & 0x3F));
        out[2] = (char)(unsigned char)(0x80 | (point >> 6 & 0x3F));
        out[3] = (char)(unsigned char)(0x80 | (point & 0x3F));
        decoder->length += 4;
    }
}

static enum status fail_escape(struct decoder *decoder, size_t at, const char *message)
{
    cel_problem_add(decoder->problems, decoder->token->position + (uint32_t)at, "%s", message);
    return STATUS_SYNTAX;
}

/* `count` digits behind the decoder's place. */
static bool read_digits(const struct decoder *decoder, size_t count, unsigned base,
                        uint32_t *number)
{
    uint32_t read = 0;
    if (decoder->end - decoder->at < count) return false;
    for (size_t i = 0; i < count; i++) {
        int digit = digit_of(decoder->token->text.bytes[decoder->at + i]);
        if (digit < 0 || (unsigned)digit >= base) return false;
        read = read * base + (uint32_t)digit;
    }
    *number = read;
    return true;
}

/* \u and \U, `count` digits being expected at the decoder's place. */
static enum status unicode_escape(struct decoder *decoder, size_t begin, size_t count)
{
    uint32_t point;
    if (decoder->is_bytes)
        return fail_escape(decoder, begin,
                           "\\u and \\U cannot stand in bytes: write the character itself, or "
                           "octets as \\x00");
    if (!read_digits(decoder, count, 16, &point))
        return fail_escape(decoder, begin,
                           count == 4 ? "\\u has four hexadecimal digits, such as \\u00E9"
                                      : "\\U has eight hexadecimal digits, such as \\U0001F600");
    if ((point >= 0xD800 && point <= 0xDFFF) || point > 0x10FFFF)
        return fail_escape(decoder, begin, "this is not the number of a Unicode character");
    decoder->at += count;
    put_code_point(decoder, point);
    return STATUS_OK;
}

static enum status octet_escape(struct decoder *decoder, size_t begin, size_t count, unsigned base)
{
    uint32_t octet;
    if (!read_digits(decoder, count, base, &octet))
        return fail_escape(decoder, begin,
                           base == 16 ? "\\x has two hexadecimal digits, such as \\x1F"
                                      : "an octal escape has three digits, \\000 to \\377");
    decoder->at += count;
    put_code_point(decoder, octet);
    return STATUS_OK;
}

/* The decoder stands behind a backslash. */
static enum status escape(struct decoder *decoder)
{
    static const char names[] = "abfnrtv\\?\"'`";
    static const char meanings[] = "\a\b\f\n\r\t\v\\?\"'`";
    size_t begin = decoder->at - 1;
    char c = decoder->at < decoder->end ? decoder->token->text.bytes[decoder->at] : '\0';
    if (c >= '0' && c <= '3') return octet_escape(decoder, begin, 3, 8);
    decoder->at++;
    if (c == 'x' || c == 'X') return octet_escape(decoder, begin, 2, 16);
    if (c == 'u') return unicode_escape(decoder, begin, 4);
    if (c == 'U') return unicode_escape(decoder, begin, 8);
    const char *found = c == '\0' ? NULL : strchr(names, c);
    if (found == NULL)
        return fail_escape(decoder, begin,
                           "'\\' begins an escape such as \\n, \\' or \\u00E9: write '\\\\' for a "
                           "backslash, or r'...' for a text without escapes");
    put_code_point(decoder, (unsigned char)meanings[found - names]);
    return STATUS_OK;
}

static enum status decode(struct decoder *decoder, bool is_raw)
{
    const char *bytes = decoder->token->text.bytes;
    while (decoder->at < decoder->end) {
        char c = bytes[decoder->at++];
        if (c == '\\' && !is_raw) {
            TRY(escape(decoder));
        } else if (c == '\r') {
            if (decoder->at < decoder->end && bytes[decoder->at] == '\n') decoder->at++;
            decoder->out[decoder->length++] = '\n';
        } else {
            decoder->out[decoder->length++] = c;
        }
    }
    return STATUS_OK;
}

static enum status text_literal(struct arena *arena, const struct cel_token *token,
                                struct cel_problems *problems, struct cel_value *value)
{
    struct text text = token->text;
    size_t begin = 0;
    bool is_raw = false;
    for (; text.bytes[begin] != '\'' && text.bytes[begin] != '"'; begin++)
        is_raw = is_raw || text.bytes[begin] == 'r' || text.bytes[begin] == 'R';
    char quote = text.bytes[begin];
    bool is_triple = text.length >= begin + 6 && text.bytes[begin + 1] == quote &&
                     text.bytes[begin + 2] == quote;
    size_t quotes = is_triple ? 3 : 1;
    struct decoder decoder = {.token = token,
                              .problems = problems,
                              .is_bytes = token->kind == CEL_TOKEN_BYTES,
                              .at = begin + quotes,
                              .end = text.length - quotes};
    struct text inside = {text.bytes + decoder.at, decoder.end - decoder.at};
    bool is_plain = (is_raw || memchr(inside.bytes, '\\', inside.length) == NULL) &&
                    memchr(inside.bytes, '\r', inside.length) == NULL;
    if (!is_plain) {
        decoder.out = arena_allocate(arena, inside.length);
        if (decoder.out == NULL) return STATUS_NO_MEMORY;
        TRY(decode(&decoder, is_raw));
        inside = (struct text){decoder.out, decoder.length};
    }
    *value = decoder.is_bytes ? cel_bytes(inside) : cel_string(inside);
    return STATUS_OK;
}

enum status cel_literal(struct arena *arena, const struct cel_token *token, bool is_negative,
                        struct cel_problems *problems, struct cel_value *value)
{
    switch (token->kind) {
    case CEL_TOKEN_INT:
    case CEL_TOKEN_UINT:
        return integer_literal(token, is_negative, problems, value);
    case CEL_TOKEN_DOUBLE:
        return double_literal(token, is_negative, problems, value);
    case CEL_TOKEN_STRING:
    case CEL_TOKEN_BYTES:
        return text_literal(arena, token, problems, value);
    case CEL_TOKEN_END:
    case CEL_TOKEN_IDENTIFIER:
    case CEL_TOKEN_QUOTED:
    case CEL_TOKEN_SIGN:
        break;
    }
    return STATUS_SYNTAX;
}
