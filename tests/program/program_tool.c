/* A small program for the tests of this room and for whoever changes the keys: prints the schema, the
 * reference of keys, a programme's description or advice, or a programme file as JSON the way YAML 1.2
 * reads its scalars.
 *
 *   program_tool schema | reference | describe FILE | advise FILE | json FILE | check FILE
 */
#include <stdio.h>
#include <stdlib.h>

#include "program/document.h"
#include "program/program.h"
#include "program/tree.h"
#include "program/yaml_read.h"

static struct text read_file(const char *name)
{
    FILE *file = fopen(name, "rb");
    char *bytes = malloc(PROGRAM_TEXT_MAXIMUM + 1u);
    if (file == NULL || bytes == NULL) exit(2);
    size_t length = fread(bytes, 1, PROGRAM_TEXT_MAXIMUM + 1u, file);
    fclose(file);
    return (struct text){bytes, length};
}

static void print_string(struct text text)
{
    putchar('"');
    for (size_t i = 0; i < text.length; i++) {
        char c = text.bytes[i];
        if (c == '"' || c == '\\')
            printf("\\%c", c);
        else if (c == '\n')
            printf("\\n");
        else if (c == '\t')
            printf("\\t");
        else
            putchar(c);
    }
    putchar('"');
}

/* YAML 1.2, core schema: what a plain scalar is. Quoted ones never begin at their own column. */
static void print_scalar(const struct node *node)
{
    struct decimal number;
    bool is_plain = node->text_column == node->position.column;
    bool is_number = is_plain && decimal_parse(node->text, &number) == STATUS_OK;
    bool has_leading_zero = node->text.length > 1 && node->text.bytes[0] == '0' &&
                            node->text.bytes[1] != '.';
    bool is_boolean = is_plain && (text_equal(node->text, TEXT("true")) ||
                                   text_equal(node->text, TEXT("false")));
    if (node->is_null)
        printf("null");
    else if ((is_number && !has_leading_zero && node->text.bytes[0] != '+') || is_boolean)
        printf("%.*s", TEXT_ARGUMENTS(node->text));
    else
        print_string(node->text);
}

static void print_json(const struct node *node)
{
    if (node->kind == NODE_SCALAR) {
        print_scalar(node);
        return;
    }
    bool is_map = node->kind == NODE_MAP;
    putchar(is_map ? '{' : '[');
    for (const struct entry *entry = node->first; entry != NULL; entry = entry->next) {
        if (entry != node->first) printf(", ");
        if (is_map) {
            print_string(entry->key);
            printf(": ");
        }
        print_json(&entry->value);
    }
    putchar(is_map ? '}' : ']');
}

static int print_problems(const struct problem_list *problems)
{
    for (size_t i = 0; i < problems->count; i++)
        printf("%u:%u: %.*s\n", problems->items[i].position.line,
               problems->items[i].position.column, TEXT_ARGUMENTS(problems->items[i].message));
    return problems->count == 0 ? 0 : 1;
}

static int about_file(const char *verb, const char *name, struct arena *arena, struct buffer *out)
{
    struct problem_list problems;
    struct text text = read_file(name);
    const struct node *root = NULL;
    const struct program *program = NULL;
    enum status status;
    problem_list_init(&problems, arena);
    if (strcmp(verb, "json") == 0) {
        status = yaml_read(arena, text_of(name), text, &problems, &root);
        if (status == STATUS_OK) print_json(root);
    } else {
        status = program_load(arena, text_of(name), text, &problems, &program);
        if (status == STATUS_OK && strcmp(verb, "describe") == 0)
            status = program_describe(program, out);
        if (status == STATUS_OK && strcmp(verb, "advise") == 0)
            status = program_advise(program, NULL, out);
    }
    free((void *)(uintptr_t)text.bytes);
    return print_problems(&problems) != 0 || status != STATUS_OK ? 1 : 0;
}

int main(int count, char **words)
{
    struct arena arena;
    struct buffer out;
    arena_init(&arena, 64u << 20);
    buffer_init(&out, 4u << 20);
    int result = 2;
    if (count == 2 && strcmp(words[1], "schema") == 0)
        result = program_schema(&out) == STATUS_OK ? 0 : 1;
    else if (count == 2 && strcmp(words[1], "reference") == 0)
        result = document_keys(&out) == STATUS_OK ? 0 : 1;
    else if (count == 3)
        result = about_file(words[1], words[2], &arena, &out);
    fwrite(out.bytes == NULL ? "" : out.bytes, 1, out.length, stdout);
    buffer_release(&out);
    arena_release(&arena);
    return result;
}
