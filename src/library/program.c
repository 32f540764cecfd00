/* Programme: the handle of one, and what a caller may ask of it. */
#include <stdlib.h>

#include "library/library.h"

#define PROGRAM_BYTES_MAXIMUM (64u << 20)

static void tell_problems(const struct guerdon_program_options *options,
                          const struct problem_list *problems)
{
    if (options->problem == NULL) return;
    for (size_t i = 0; i < problems->count; i++) {
        const struct problem *problem = &problems->items[i];
        const struct guerdon_problem told = {.size = sizeof told,
                                             .line = problem->position.line,
                                             .column = problem->position.column,
                                             .file = public_text(problem->file),
                                             .message = public_text(problem->message)};
        options->problem(options->context, &told);
    }
}

static enum status load(struct guerdon_program *handle, struct text text,
                        const struct guerdon_program_options *options)
{
    struct problem_list problems;
    const struct program *loaded;
    struct text file = options->file.length > 0 ? inner_text(options->file) : TEXT("program");
    problem_list_init(&problems, &handle->arena);
    enum status status = program_load(&handle->arena, file, text, &problems, &loaded);
    tell_problems(options, &problems);
    if (status != STATUS_OK) return status;
    struct program *program = arena_new(&handle->arena, struct program);
    if (program == NULL) return STATUS_NO_MEMORY;
    *program = *loaded;
    if (options->version != 0) program->version = options->version;
    handle->program = program;
    return STATUS_OK;
}

enum guerdon_status guerdon_program_load(struct guerdon_text text,
                                         const struct guerdon_program_options *options,
                                         struct guerdon_program **program)
{
    struct guerdon_program_options given = {0};
    if (program == NULL || text_is_misused(text)) return GUERDON_MISUSE;
    if (options != NULL && !STRUCT_READ(&given, options)) return GUERDON_MISUSE;
    if (text_is_misused(given.file)) return GUERDON_MISUSE;
    struct guerdon_program *handle = calloc(1, sizeof *handle);
    if (handle == NULL) return GUERDON_NO_MEMORY;
    arena_init(&handle->arena, PROGRAM_BYTES_MAXIMUM);
    enum status status = load(handle, inner_text(text), &given);
    if (status != STATUS_OK) {
        guerdon_program_free(handle);
        return public_status(status);
    }
    *program = handle;
    return GUERDON_OK;
}

void guerdon_program_free(struct guerdon_program *program)
{
    if (program == NULL) return;
    arena_release(&program->arena);
    free(program);
}

enum guerdon_status guerdon_program_id(const struct guerdon_program *program,
                                       struct guerdon_text *id)
{
    if (program == NULL || id == NULL) return GUERDON_MISUSE;
    *id = public_text(program->program->id);
    return GUERDON_OK;
}

enum guerdon_status guerdon_program_wallet(const struct guerdon_program *program, uint32_t index,
                                           struct guerdon_wallet *wallet)
{
    if (program == NULL || wallet == NULL) return GUERDON_MISUSE;
    if (index >= program->program->wallet_count) return GUERDON_NOT_FOUND;
    const struct wallet *found = &program->program->wallets[index];
    const struct guerdon_wallet answer = {
        .decimals = found->decimals,
        .id = public_text(found->id),
        .one = public_text(wallet_unit(found, power_of_ten(found->decimals))),
        .many = public_text(wallet_unit(found, 0))};
    return STRUCT_WRITE(wallet, &answer) ? GUERDON_OK : GUERDON_MISUSE;
}

enum guerdon_status guerdon_program_currency(const struct guerdon_program *program, uint32_t index,
                                             struct guerdon_currency *currency)
{
    if (program == NULL || currency == NULL) return GUERDON_MISUSE;
    if (index >= program->program->currency_count) return GUERDON_NOT_FOUND;
    const struct currency *found = &program->program->currencies[index];
    const struct guerdon_currency answer = {.decimals = found->decimals,
                                            .code = public_text(found->code)};
    return STRUCT_WRITE(currency, &answer) ? GUERDON_OK : GUERDON_MISUSE;
}

enum guerdon_status guerdon_program_reward(const struct guerdon_program *program, uint32_t index,
                                           struct guerdon_reward *reward)
{
    if (program == NULL || reward == NULL) return GUERDON_MISUSE;
    if (index >= program->program->reward_count) return GUERDON_NOT_FOUND;
    const struct reward *found = &program->program->rewards[index];
    const struct guerdon_reward answer = {
        .id = public_text(found->id),
        .title = public_text(found->title),
        .wallet = public_text(program->program->wallets[found->wallet].id),
        .cost = found->cost};
    return STRUCT_WRITE(reward, &answer) ? GUERDON_OK : GUERDON_MISUSE;
}
