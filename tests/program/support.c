/* Shared helpers of the tests of this room; see support.h. */
#include "support.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

const char *source_root = ".";

struct text support_read(const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s%s%s", source_root, source_root[0] == '\0' ? "" : "/", name);
    FILE *file = fopen(path, "rb");
    size_t capacity = PROGRAM_TEXT_MAXIMUM + 2u;
    char *bytes = malloc(capacity);
    if (file == NULL || bytes == NULL) {
        fprintf(stderr, "%s: cannot be read\n", path);
        exit(EXIT_FAILURE);
    }
    size_t length = fread(bytes, 1, capacity - 1, file);
    fclose(file);
    bytes[length] = '\0';
    return (struct text){bytes, length};
}

void support_free(struct text text)
{
    free((void *)(uintptr_t)text.bytes);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

size_t support_examples(char names[EXAMPLE_MAXIMUM][128])
{
    char folder[4096];
    snprintf(folder, sizeof folder, "%s/examples/programs", source_root);
    DIR *directory = opendir(folder);
    if (directory == NULL) {
        fprintf(stderr, "%s: cannot be read\n", folder);
        exit(EXIT_FAILURE);
    }
    size_t count = 0;
    const struct dirent *entry;
    while ((entry = readdir(directory)) != NULL && count < EXAMPLE_MAXIMUM) {
        struct text name = text_of(entry->d_name);
        if (!text_ends_with(name, TEXT(".yaml")) || name.length >= 128) continue;
        snprintf(names[count++], 128, "%s", entry->d_name);
    }
    closedir(directory);
    qsort(names, count, 128, by_name);
    return count;
}

void support_load(struct loaded *loaded, struct text text)
{
    arena_init(&loaded->arena, (size_t)64 << 20);
    arena_init(&loaded->problem_arena, (size_t)16 << 20);
    problem_list_init(&loaded->problems, &loaded->problem_arena);
    buffer_init(&loaded->said, (size_t)4 << 20);
    loaded->program = NULL;
    loaded->status =
        program_load(&loaded->arena, TEXT("test"), text, &loaded->problems, &loaded->program);
    for (size_t i = 0; i < loaded->problems.count; i++) {
        const struct problem *problem = &loaded->problems.items[i];
        enum status status =
            buffer_add_format(&loaded->said, "%u:%u: %.*s\n", problem->position.line,
                              problem->position.column, TEXT_ARGUMENTS(problem->message));
        ASSERT(status == STATUS_OK);
    }
}

void support_unload(struct loaded *loaded)
{
    buffer_release(&loaded->said);
    arena_release(&loaded->arena);
    arena_release(&loaded->problem_arena);
}

/* One character of a string; returns the bytes that it has. */
static size_t code_point_at(struct text text, size_t at, uint32_t *code_point)
{
    unsigned char first = (unsigned char)text.bytes[at];
    size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    uint32_t value = length == 1 ? first : first & (0xFFu >> (length + 1));
    for (size_t i = 1; i < length; i++)
        value = (value << 6) | ((unsigned char)text.bytes[at + i] & 0x3Fu);
    *code_point = value;
    return length;
}

static enum status write_escaped(uint32_t code_point, struct buffer *out)
{
    if (code_point == '/') return buffer_add(out, TEXT("\\/"));
    if (code_point < 0x10000) return buffer_add_format(out, "\\u%04x", code_point);
    uint32_t rest = code_point - 0x10000;
    return buffer_add_format(out, "\\u%04X\\u%04x", 0xD800 + (rest >> 10), 0xDC00 + (rest & 0x3FF));
}

static enum status write_string(struct text text, bool escaped, struct buffer *out)
{
    TRY(buffer_add_byte(out, '"'));
    for (size_t at = 0; at < text.length;) {
        uint32_t code_point;
        size_t length = code_point_at(text, at, &code_point);
        if (code_point == '"' || code_point == '\\')
            TRY(buffer_add_format(out, "\\%c", (char)code_point));
        else if (code_point < 0x20)
            TRY(buffer_add_format(out, "\\u%04x", code_point));
        else if (escaped && (code_point >= 0x80 || code_point == '/'))
            TRY(write_escaped(code_point, out));
        else
            TRY(buffer_add(out, (struct text){text.bytes + at, length}));
        at += length;
    }
    return buffer_add_byte(out, '"');
}

static enum status write_scalar(const struct node *node, bool escaped, struct buffer *out)
{
    struct decimal number;
    struct text text = node->text;
    bool is_plain = node->text_column == node->position.column; /* a quote would move it */
    bool has_extra = text.length > 1 && ((text.bytes[0] == '0' && text.bytes[1] != '.') ||
                                         text.bytes[0] == '+' || text.bytes[0] == '-');
    bool is_number = is_plain && !has_extra && decimal_parse(text, &number) == STATUS_OK;
    bool is_boolean =
        is_plain && (text_equal(text, TEXT("true")) || text_equal(text, TEXT("false")));
    if (node->is_null) return buffer_add(out, TEXT("null"));
    return is_number || is_boolean ? buffer_add(out, text) : write_string(text, escaped, out);
}

enum status support_json(const struct node *node, bool escaped, struct buffer *out)
{
    if (node->kind == NODE_SCALAR) return write_scalar(node, escaped, out);
    bool is_map = node->kind == NODE_MAP;
    TRY(buffer_add_byte(out, is_map ? '{' : '['));
    for (const struct entry *entry = node->first; entry != NULL; entry = entry->next) {
        if (entry != node->first) TRY(buffer_add(out, TEXT(", ")));
        if (is_map) TRY(write_string(entry->key, escaped, out));
        if (is_map) TRY(buffer_add(out, TEXT(": ")));
        TRY(support_json(&entry->value, escaped, out));
    }
    return buffer_add_byte(out, is_map ? '}' : ']');
}
