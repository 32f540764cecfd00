/* Fuzz program: whatever stands in a programme file is compiled, or refused with problems that
 * have a place; and what was compiled can be put into words.
 */
#include "base/base.h"
#include "program/program.h"

#define ARENA_MAXIMUM ((size_t)64 << 20)
#define WORDS_MAXIMUM ((size_t)4 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void check_problems(const struct problem_list *problems)
{
    ASSERT(!problem_list_is_empty(problems));
    for (size_t i = 0; i < problems->count; i++) {
        ASSERT(!text_is_empty(problems->items[i].message));
    }
}

static void check_words(const struct program *program)
{
    struct buffer words;
    buffer_init(&words, WORDS_MAXIMUM);
    if (program_describe(program, &words) == STATUS_OK) ASSERT(words.length > 0);
    buffer_clear(&words);
    enum status advised = program_advise(program, NULL, &words);
    ASSERT(advised == STATUS_OK || advised == STATUS_LIMIT || advised == STATUS_NO_MEMORY);
    buffer_release(&words);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct arena arena;
    arena_init(&arena, ARENA_MAXIMUM);
    struct problem_list problems;
    problem_list_init(&problems, &arena);
    const struct program *program = NULL;
    struct text text = {(const char *)bytes, length};
    enum status status = program_load(&arena, TEXT("fuzz.yaml"), text, &problems, &program);
    if (status == STATUS_OK) {
        ASSERT(problem_list_is_empty(&problems));
        check_words(program);
    } else if (status == STATUS_INVALID) {
        check_problems(&problems);
    }
    arena_release(&arena);
    return 0;
}
