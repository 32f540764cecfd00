/* Inputs: programmes, mappings and orders from files. */
#include "cli/inputs.h"

#include "cli/output.h"
#include "cli/progress.h"

enum status input_program(struct arena *arena, const char *path, struct problem_list *problems,
                          const struct program **program)
{
    struct buffer text;
    TRY(read_file(path, PROGRAM_TEXT_MAXIMUM, &text));
    enum status status = program_load(arena, text_of(path), buffer_text(&text), problems, program);
    buffer_release(&text);
    if (status != STATUS_OK && status != STATUS_INVALID) say("%s: %s", path, status_text(status));
    return status;
}

enum status input_mapping(struct arena *arena, const char *path, struct mapping *mapping)
{
    if (path == NULL) {
        enum status status = mapping_default(arena, mapping);
        if (status != STATUS_OK) say("the default mapping: %s", status_text(status));
        return status;
    }
    struct buffer text;
    struct problem_list problems;
    problem_list_init(&problems, arena);
    TRY(read_file(path, MAPPING_TEXT_MAXIMUM, &text));
    enum status status = mapping_load(arena, text_of(path), buffer_text(&text), &problems, mapping);
    buffer_release(&text);
    say_problems(&problems);
    if (status != STATUS_OK && problem_list_is_empty(&problems))
        say("%s: %s", path, status_text(status));
    return status;
}

enum status input_orders(struct book *book, const char *path, const struct mapping *mapping,
                         bool strict)
{
    struct progress progress;
    progress_start(&progress, "reading orders");
    enum status status = orders_read(book, text_of(path), mapping, mapping->currency_decimals,
                                     strict, progress_show, &progress);
    progress_end(&progress);
    if (status == STATUS_OK) return STATUS_OK;
    say_problems(&book->problems);
    if (problem_list_is_empty(&book->problems)) say("%s: %s", path, status_text(status));
    return status;
}

enum status input_currency(const struct program *program, const char *path,
                           const struct mapping *mapping, uint32_t *currency)
{
    for (uint32_t i = 0; i < program->currency_count; i++) {
        if (!text_equal(program->currencies[i].code, mapping->currency)) continue;
        *currency = i;
        return STATUS_OK;
    }
    say("%s: the orders are in %.*s, which is no currency of this programme; name it under "
        "`currencies:`, or correct `currency:` in the mapping",
        path, TEXT_ARGUMENTS(mapping->currency));
    return STATUS_INVALID;
}
