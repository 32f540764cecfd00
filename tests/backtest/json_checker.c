/* A strict checker of JSON for tests: one function for each kind of value, each taking what it
 * accepts off the front of the text. */
#include "json_checker.h"

static bool take_value(struct text *text, int depth);

static void take_space(struct text *text)
{
    while (text->length > 0 && strchr(" \t\r\n", text->bytes[0]) != NULL && text->bytes[0] != '\0')
        *text = (struct text){text->bytes + 1, text->length - 1};
}

static bool take(struct text *text, const char *word)
{
    if (!text_starts_with(*text, text_of(word))) return false;
    *text = (struct text){text->bytes + strlen(word), text->length - strlen(word)};
    return true;
}

static bool take_one_of(struct text *text, const char *characters)
{
    if (text->length == 0 || text->bytes[0] == '\0') return false;
    if (strchr(characters, text->bytes[0]) == NULL) return false;
    *text = (struct text){text->bytes + 1, text->length - 1};
    return true;
}

static bool take_string(struct text *text)
{
    if (!take(text, "\"")) return false;
    while (text->length > 0) {
        if (take(text, "\"")) return true;
        if ((unsigned char)text->bytes[0] < ' ') return false;
        if (take(text, "\\u")) {
            for (int k = 0; k < 4; k++)
                if (!take_one_of(text, "0123456789abcdefABCDEF")) return false;
        } else if (take(text, "\\")) {
            if (!take_one_of(text, "\"\\/bfnrt")) return false;
        } else {
            *text = (struct text){text->bytes + 1, text->length - 1};
        }
    }
    return false;
}

static bool take_digits(struct text *text)
{
    if (!take_one_of(text, "0123456789")) return false;
    while (take_one_of(text, "0123456789"))
        continue;
    return true;
}

static bool take_number(struct text *text)
{
    take(text, "-");
    if (!take(text, "0") && !take_digits(text)) return false;
    if (take(text, ".") && !take_digits(text)) return false;
    if (take_one_of(text, "eE")) {
        take_one_of(text, "+-");
        return take_digits(text);
    }
    return true;
}

/* Members or elements up to the closing bracket. */
static bool take_list(struct text *text, const char *close, bool has_keys, int depth)
{
    take_space(text);
    if (take(text, close)) return true;
    do {
        take_space(text);
        if (has_keys && !take_string(text)) return false;
        take_space(text);
        if (has_keys && !take(text, ":")) return false;
        if (!take_value(text, depth + 1)) return false;
        take_space(text);
    } while (take(text, ","));
    return take(text, close);
}

static bool take_value(struct text *text, int depth)
{
    if (depth > 100) return false;
    take_space(text);
    if (take(text, "{")) return take_list(text, "}", true, depth);
    if (take(text, "[")) return take_list(text, "]", false, depth);
    if (take(text, "true") || take(text, "false") || take(text, "null")) return true;
    if (text->length > 0 && text->bytes[0] == '"') return take_string(text);
    return take_number(text);
}

bool json_is_valid(struct text text)
{
    if (!text_is_utf8(text, NULL) || !take_value(&text, 0)) return false;
    take_space(&text);
    return text.length == 0;
}
