/* A small program for the tests of this room and for whoever changes the keys: prints the schema,
 * the reference of keys, a programme's description or advice, or a programme file as JSON the way
 * YAML 1.2 reads its scalars.
 *
 *   program_tool schema | reference | describe FILE | advise FILE | json FILE | check FILE
 */
#include <stdio.h>

#include "program/document.h"
#include "program/program.h"
#include "program/yaml_read.h"
#include "support.h"

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
    source_root = ""; /* names are given in full */
    struct text text = support_read(name);
    const struct node *root = NULL;
    const struct program *program = NULL;
    enum status status;
    problem_list_init(&problems, arena);
    if (strcmp(verb, "json") == 0) {
        status = yaml_read(arena, text_of(name), text, &problems, &root);
        if (status == STATUS_OK) status = support_json(root, false, out);
    } else {
        status = program_load(arena, text_of(name), text, &problems, &program);
        if (status == STATUS_OK && strcmp(verb, "describe") == 0)
            status = program_describe(program, out);
        if (status == STATUS_OK && strcmp(verb, "advise") == 0)
            status = program_advise(program, NULL, out);
    }
    support_free(text);
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
