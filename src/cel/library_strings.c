/* The strings library: positions, parts, replacing, case, joining. (format is library_format.c's.)
 *
 * Positions and counts are code points, of text that is well-formed UTF-8. Parts of a string are
 * views of it. A search is linear in the text: the last occurrence is found as the first one of the
 * two texts read backwards, byte by byte.
 */
#include "cel/function_work.h"
#include "cel/library_format.h"

static struct cel_value out_of_range(struct cel_call *call, struct text text, int64_t index)
{
    return cel_fail(call, CEL_FAULT_INDEX, "%lld, in a text of %zu characters", (long long)index,
                    cel_code_points(text));
}

static struct cel_value part(struct text text, size_t begin, size_t end)
{
    return cel_string((struct text){text.bytes + begin, end - begin});
}

static struct cel_value char_at(struct cel_call *call, const struct cel_value *arguments)
{
    struct text text = cel_given(arguments[0]);
    size_t offset = 0;
    if (!cel_spend_text(call, text.length)) return cel_too_many_steps();
    if (!cel_code_point_offset(text, arguments[1].integer, &offset))
        return out_of_range(call, text, arguments[1].integer);
    if (offset == text.length) return cel_string(TEXT(""));
    return part(text, offset, offset + cel_code_point_bytes(text.bytes[offset]));
}

static struct cel_value index_of(struct cel_call *call, const struct cel_value *arguments)
{
    struct text text = cel_given(arguments[0]);
    struct text sought = cel_given(arguments[1]);
    int64_t first = call->count > 2 ? arguments[2].integer : 0;
    size_t begin = 0;
    if (!cel_spend_text(call, text.length)) return cel_too_many_steps();
    if (!cel_code_point_offset(text, first, &begin)) return out_of_range(call, text, first);
    size_t found = cel_text_find((struct text){text.bytes + begin, text.length - begin}, sought);
    if (found == SIZE_MAX) return cel_int(-1);
    return cel_int((int64_t)cel_code_points((struct text){text.bytes, begin + found}));
}

static void copy_backwards(char *to, struct text text)
{
    for (size_t i = 0; i < text.length; i++)
        to[i] = text.bytes[text.length - 1 - i];
}

/* Where `sought` begins for the last time in `text`. */
static struct cel_value find_last(struct cel_call *call, struct text text, struct text sought)
{
    if (sought.length > text.length) return cel_int(-1);
    char *bytes = arena_allocate(call->arena, text.length + sought.length + 1);
    if (bytes == NULL) return cel_no_memory();
    copy_backwards(bytes, text);
    copy_backwards(bytes + text.length, sought);
    size_t found = cel_text_find((struct text){bytes, text.length},
                                 (struct text){bytes + text.length, sought.length});
    if (found == SIZE_MAX) return cel_int(-1);
    size_t begin = text.length - found - sought.length;
    return cel_int((int64_t)cel_code_points((struct text){text.bytes, begin}));
}

static struct cel_value last_index_of(struct cel_call *call, const struct cel_value *arguments)
{
    struct text text = cel_given(arguments[0]);
    struct text sought = cel_given(arguments[1]);
    if (!cel_spend_text(call, text.length + sought.length)) return cel_too_many_steps();
    size_t end = text.length;
    if (call->count > 2) {
        size_t begin = 0;
        if (!cel_code_point_offset(text, arguments[2].integer, &begin))
            return out_of_range(call, text, arguments[2].integer);
        /* A match may begin there and end anywhere behind. */
        if (sought.length < end - begin) end = begin + sought.length;
    }
    return find_last(call, (struct text){text.bytes, end}, sought);
}

static struct cel_value substring(struct cel_call *call, const struct cel_value *arguments)
{
    struct text text = cel_given(arguments[0]);
    int64_t first = arguments[1].integer;
    size_t begin = 0;
    size_t end = text.length;
    if (!cel_spend_text(call, text.length)) return cel_too_many_steps();
    if (!cel_code_point_offset(text, first, &begin)) return out_of_range(call, text, first);
    if (call->count > 2) {
        int64_t last = arguments[2].integer;
        if (!cel_code_point_offset(text, last, &end)) return out_of_range(call, text, last);
        if (end < begin)
            return cel_fail(call, CEL_FAULT_INVALID_ARGUMENT, "a substring from %lld to %lld",
                            (long long)first, (long long)last);
    }
    return part(text, begin, end);
}

/* Every ASCII letter from `first` on moved by `distance`. */
static struct cel_value change_case(struct cel_call *call, struct text text, char first,
                                    int distance)
{
    if (!cel_spend_text(call, text.length)) return cel_too_many_steps();
    char *bytes = arena_allocate(call->arena, text.length + 1);
    if (bytes == NULL) return cel_no_memory();
    for (size_t i = 0; i < text.length; i++) {
        char byte = text.bytes[i];
        bool is_letter = byte >= first && byte <= first + ('z' - 'a');
        bytes[i] = is_letter ? (char)(byte + distance) : byte;
    }
    return cel_string((struct text){bytes, text.length});
}

static struct cel_value lower_ascii(struct cel_call *call, const struct cel_value *arguments)
{
    return change_case(call, cel_given(arguments[0]), 'A', 'a' - 'A');
}

static struct cel_value upper_ascii(struct cel_call *call, const struct cel_value *arguments)
{
    return change_case(call, cel_given(arguments[0]), 'a', 'A' - 'a');
}

/* The next place from `at` on where `sought` begins, SIZE_MAX when there is none. What is empty is
 * found before each code point, and at the end. */
static size_t find_next(struct text text, struct text sought, size_t at)
{
    if (at > text.length) return SIZE_MAX;
    size_t found = cel_text_find((struct text){text.bytes + at, text.length - at}, sought);
    return found == SIZE_MAX ? SIZE_MAX : at + found;
}

/* Where to look on behind an empty match at `at`. */
static size_t step_over(struct text text, size_t at)
{
    return at < text.length ? at + cel_code_point_bytes(text.bytes[at]) : SIZE_MAX;
}

static struct cel_value replace(struct cel_call *call, const struct cel_value *arguments)
{
    struct text text = cel_given(arguments[0]);
    struct text old = cel_given(arguments[1]);
    int64_t limit = call->count > 3 ? arguments[3].integer : -1;
    if (!cel_spend_text(call, text.length)) return cel_too_many_steps();
    struct cel_writer writer = cel_writer_of(call);
    size_t from = 0;
    size_t at = 0;
    for (int64_t done = 0; (limit < 0 || done < limit) && !cel_write_failed(&writer); done++) {
        at = find_next(text, old, at);
        if (at == SIZE_MAX) break;
        cel_write(&writer, (struct text){text.bytes + from, at - from});
        cel_write(&writer, cel_given(arguments[2]));
        from = at + old.length;
        at = old.length > 0 ? from : step_over(text, at);
    }
    cel_write(&writer, (struct text){text.bytes + from, text.length - from});
    return cel_written(&writer);
}

static struct cel_value split(struct cel_call *call, const struct cel_value *arguments)
{
    struct text text = cel_given(arguments[0]);
    struct text separator = cel_given(arguments[1]);
    int64_t limit = call->count > 2 ? arguments[2].integer : -1;
    if (!cel_spend_text(call, text.length)) return cel_too_many_steps();
    struct cel_list *list = cel_list_new(call->arena, 0);
    if (list == NULL) return cel_no_memory();
    bool is_by_character = separator.length == 0;
    if (limit == 0 || (is_by_character && text.length == 0)) return cel_list_value(list);
    size_t begin = 0;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && (limit < 0 || (int64_t)list->count + 1 < limit)) {
        size_t end = is_by_character ? step_over(text, begin) : find_next(text, separator, begin);
        if (end == SIZE_MAX || (is_by_character && end == text.length)) break;
        status = cel_list_add(call->arena, list, part(text, begin, end));
        begin = end + separator.length;
    }
    if (status == STATUS_OK)
        status = cel_list_add(call->arena, list, part(text, begin, text.length));
    if (status != STATUS_OK) return cel_failed_with(status);
    return cel_list_value(list);
}

static struct cel_value join(struct cel_call *call, const struct cel_value *arguments)
{
    const struct cel_list *list = arguments[0].list;
    struct text separator = call->count > 1 ? cel_given(arguments[1]) : TEXT("");
    struct cel_writer writer = cel_writer_of(call);
    for (uint32_t i = 0; i < list->count && !cel_write_failed(&writer); i++) {
        if (list->items[i].kind != CEL_STRING) return cel_error(CEL_FAULT_NO_SUCH_OVERLOAD, NULL);
        if (i > 0) cel_write(&writer, separator);
        cel_write(&writer, cel_given(list->items[i]));
    }
    return cel_written(&writer);
}

/* Unicode's White_Space. */
static bool is_white_space(uint32_t point)
{
    return (point >= 0x09 && point <= 0x0D) || point == 0x20 || point == 0x85 || point == 0xA0 ||
           point == 0x1680 || (point >= 0x2000 && point <= 0x200A) || point == 0x2028 ||
           point == 0x2029 || point == 0x202F || point == 0x205F || point == 0x3000;
}

static size_t start_of_last(struct text text)
{
    size_t at = text.length - 1;
    while (((unsigned char)text.bytes[at] & 0xC0) == 0x80)
        at--;
    return at;
}

static struct cel_value trim(struct cel_call *call, const struct cel_value *arguments)
{
    struct text text = cel_given(arguments[0]);
    if (!cel_spend_text(call, text.length)) return cel_too_many_steps();
    size_t begin = 0;
    while (begin < text.length && is_white_space(cel_code_point_at(text.bytes + begin)))
        begin += cel_code_point_bytes(text.bytes[begin]);
    text = (struct text){text.bytes + begin, text.length - begin};
    while (text.length > 0 && is_white_space(cel_code_point_at(text.bytes + start_of_last(text))))
        text.length = start_of_last(text);
    return cel_string(text);
}

static struct cel_value reverse(struct cel_call *call, const struct cel_value *arguments)
{
    struct text text = cel_given(arguments[0]);
    if (!cel_spend_text(call, text.length)) return cel_too_many_steps();
    char *bytes = arena_allocate(call->arena, text.length + 1);
    if (bytes == NULL) return cel_no_memory();
    size_t to = text.length;
    for (size_t at = 0; at < text.length;) {
        size_t length = cel_code_point_bytes(text.bytes[at]);
        to -= length;
        memcpy(bytes + to, text.bytes + at, length);
        at += length;
    }
    return cel_string((struct text){bytes, text.length});
}

/* What stands behind the backslash for a byte that is written as an escape, or 0. */
static char escape_of(char byte)
{
    static const char bytes[] = "\a\b\f\n\r\t\v\\\"";
    static const char escapes[] = "abfnrtv\\\"";
    const char *found = memchr(bytes, byte, sizeof bytes - 1);
    return found == NULL ? '\0' : escapes[found - bytes];
}

static struct cel_value quote(struct cel_call *call, const struct cel_value *arguments)
{
    struct text text = cel_given(arguments[0]);
    if (!cel_spend_text(call, text.length)) return cel_too_many_steps();
    struct cel_writer writer = cel_writer_of(call);
    cel_write_byte(&writer, '"');
    for (size_t i = 0; i < text.length && !cel_write_failed(&writer); i++) {
        char escape = escape_of(text.bytes[i]);
        if (escape != '\0') cel_write_byte(&writer, '\\');
        cel_write_byte(&writer, escape != '\0' ? escape : text.bytes[i]);
    }
    cel_write_byte(&writer, '"');
    return cel_written(&writer);
}

#define TEXTUAL CEL_COST_TEXT, NULL, 0, 0

static const struct cel_overload char_at_overloads[] = {
    {"string_char_at_int", "string.(int) -> string", char_at, TEXTUAL},
};
static const struct cel_overload index_of_overloads[] = {
    {"string_index_of_string", "string.(string) -> int", index_of, TEXTUAL},
    {"string_index_of_string_int", "string.(string, int) -> int", index_of, TEXTUAL},
};
static const struct cel_overload last_index_of_overloads[] = {
    {"string_last_index_of_string", "string.(string) -> int", last_index_of, TEXTUAL},
    {"string_last_index_of_string_int", "string.(string, int) -> int", last_index_of, TEXTUAL},
};
static const struct cel_overload join_overloads[] = {
    {"list_join", "list(string).() -> string", join, TEXTUAL},
    {"list_join_string", "list(string).(string) -> string", join, TEXTUAL},
};
static const struct cel_overload lower_ascii_overloads[] = {
    {"string_lower_ascii", "string.() -> string", lower_ascii, TEXTUAL},
};
static const struct cel_overload upper_ascii_overloads[] = {
    {"string_upper_ascii", "string.() -> string", upper_ascii, TEXTUAL},
};
static const struct cel_overload replace_overloads[] = {
    {"string_replace_string_string", "string.(string, string) -> string", replace, TEXTUAL},
    {"string_replace_string_string_int", "string.(string, string, int) -> string", replace,
     TEXTUAL},
};
static const struct cel_overload split_overloads[] = {
    {"string_split_string", "string.(string) -> list(string)", split, TEXTUAL},
    {"string_split_string_int", "string.(string, int) -> list(string)", split, TEXTUAL},
};
static const struct cel_overload substring_overloads[] = {
    {"string_substring_int", "string.(int) -> string", substring, TEXTUAL},
    {"string_substring_int_int", "string.(int, int) -> string", substring, TEXTUAL},
};
static const struct cel_overload trim_overloads[] = {
    {"string_trim", "string.() -> string", trim, TEXTUAL},
};
static const struct cel_overload reverse_overloads[] = {
    {"string_reverse", "string.() -> string", reverse, TEXTUAL},
};
static const struct cel_overload quote_overloads[] = {
    {"strings_quote", "(string) -> string", quote, TEXTUAL},
};
static const struct cel_overload format_overloads[] = {
    {"string_format", "string.(list(dyn)) -> string", cel_string_format, TEXTUAL},
};

static const struct cel_function functions[] = {
    {"charAt", CEL_OVERLOADS(char_at_overloads)},
    {"indexOf", CEL_OVERLOADS(index_of_overloads)},
    {"lastIndexOf", CEL_OVERLOADS(last_index_of_overloads)},
    {"join", CEL_OVERLOADS(join_overloads)},
    {"lowerAscii", CEL_OVERLOADS(lower_ascii_overloads)},
    {"upperAscii", CEL_OVERLOADS(upper_ascii_overloads)},
    {"replace", CEL_OVERLOADS(replace_overloads)},
    {"split", CEL_OVERLOADS(split_overloads)},
    {"substring", CEL_OVERLOADS(substring_overloads)},
    {"trim", CEL_OVERLOADS(trim_overloads)},
    {"reverse", CEL_OVERLOADS(reverse_overloads)},
    {"strings.quote", CEL_OVERLOADS(quote_overloads)},
    {"format", CEL_OVERLOADS(format_overloads)},
};

const struct cel_library cel_library_strings = {.name = "strings",
                                                .functions = functions,
                                                .function_count =
                                                    sizeof functions / sizeof functions[0]};
