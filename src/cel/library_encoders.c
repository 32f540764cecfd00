/* The encoders library: base64 (RFC 4648, the standard alphabet).
 *
 * Reading, the padding may be left out; anything else that the encoder would not have written is
 * refused: other bytes, half a padding, bits of the last digit that stand for nothing.
 */
#include "cel/function_work.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static struct cel_value encode(struct cel_call *call, const struct cel_value *arguments)
{
    struct text bytes = cel_given(arguments[0]);
    size_t length = (bytes.length + 2) / 3 * 4;
    if (length > CEL_STRING_MAXIMUM_BYTES) return cel_too_long();
    if (!cel_spend_text(call, bytes.length)) return cel_too_many_steps();
    char *out = arena_allocate(call->arena, length + 1);
    if (out == NULL) return cel_no_memory();
    char *to = out;
    for (size_t i = 0; i < bytes.length; i += 3) {
        size_t left = bytes.length - i;
        uint32_t group = (uint32_t)(unsigned char)bytes.bytes[i] << 16;
        if (left > 1) group |= (uint32_t)(unsigned char)bytes.bytes[i + 1] << 8;
        if (left > 2) group |= (uint32_t)(unsigned char)bytes.bytes[i + 2];
        *to++ = alphabet[group >> 18];
        *to++ = alphabet[group >> 12 & 63];
        *to++ = left > 1 ? alphabet[group >> 6 & 63] : '=';
        *to++ = left > 2 ? alphabet[group & 63] : '=';
    }
    return cel_string((struct text){out, length});
}

static struct cel_value not_base64(void)
{
    return cel_error(CEL_FAULT_INVALID_ARGUMENT, "this is not base64");
}

/* The text without its padding; false for one that is not made of whole groups. */
static bool strip_padding(struct text *text)
{
    size_t padding = 0;
    while (padding < 2 && padding < text->length && text->bytes[text->length - 1 - padding] == '=')
        padding++;
    if (padding > 0 && text->length % 4 != 0) return false;
    text->length -= padding;
    return text->length % 4 != 1;
}

static struct cel_value decode(struct cel_call *call, const struct cel_value *arguments)
{
    struct text text = cel_given(arguments[0]);
    if (!cel_spend_text(call, text.length)) return cel_too_many_steps();
    if (!strip_padding(&text)) return not_base64();
    char *out = arena_allocate(call->arena, text.length + 1);
    if (out == NULL) return cel_no_memory();
    size_t length = 0;
    uint32_t bits = 0;
    uint32_t bit_count = 0;
    for (size_t i = 0; i < text.length; i++) {
        const char *digit = memchr(alphabet, text.bytes[i], sizeof alphabet - 1);
        if (digit == NULL) return not_base64();
        bits = (bits << 6 | (uint32_t)(digit - alphabet)) & 0xFFFFU;
        bit_count += 6;
        if (bit_count < 8) continue;
        bit_count -= 8;
        out[length++] = (char)(unsigned char)(bits >> bit_count & 0xFFU);
    }
    if ((bits & ((1U << bit_count) - 1)) != 0) return not_base64();
    return cel_bytes((struct text){out, length});
}

static const struct cel_overload encode_overloads[] = {
    {"base64_encode_bytes", "(bytes) -> string", encode, CEL_COST_TEXT, NULL, 0, 0},
};
static const struct cel_overload decode_overloads[] = {
    {"base64_decode_string", "(string) -> bytes", decode, CEL_COST_TEXT, NULL, 0, 0},
};

static const struct cel_function functions[] = {
    {"base64.encode", CEL_OVERLOADS(encode_overloads)},
    {"base64.decode", CEL_OVERLOADS(decode_overloads)},
};

const struct cel_library cel_library_encoders = {.name = "encoders",
                                                 .functions = functions,
                                                 .function_count =
                                                     sizeof functions / sizeof functions[0]};
