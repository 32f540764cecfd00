/* Fuzz program: the loader of programme files, with everything that is made from a loaded one.
 *
 * Beyond not crashing: a refused programme has a problem with a place, and an accepted one can be
 * described and advised on.
 */
#include "program/program.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct arena arena;
    struct problem_list problems;
    struct buffer out;
    const struct program *program = NULL;
    arena_init(&arena, (size_t)256 << 20);
    problem_list_init(&problems, &arena);
    buffer_init(&out, (size_t)64 << 20);
    struct text text = {(const char *)bytes, length};
    enum status status = program_load(&arena, TEXT("fuzz"), text, &problems, &program);
    ASSERT(status == STATUS_OK || status == STATUS_INVALID || status == STATUS_NO_MEMORY);
    ASSERT((status == STATUS_OK) == (program != NULL));
    if (status == STATUS_INVALID) ASSERT(problems.count > 0);
    for (size_t i = 0; i < problems.count; i++) {
        ASSERT(problems.items[i].position.line > 0 && problems.items[i].position.column > 0);
        ASSERT(text_is_utf8(problems.items[i].message, NULL));
    }
    if (program != NULL) {
        ASSERT(program_describe(program, &out) == STATUS_OK);
        ASSERT(program_advise(program, NULL, &out) == STATUS_OK);
    }
    buffer_release(&out);
    arena_release(&arena);
    return 0;
}
