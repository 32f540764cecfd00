/* Looking things up in a compiled programme. Lists are short and walked; nothing here allocates. */
#include "program/program.h"

#include "program/compile.h"

#define FIND(program, list, count, wanted)                                                         \
    do {                                                                                           \
        for (uint32_t i_ = 0; i_ < (program)->count; i_++)                                         \
            if (text_equal((program)->list[i_].id, (wanted))) return i_;                           \
        return PROGRAM_NONE;                                                                       \
    } while (0)

uint32_t program_find_reward(const struct program *program, struct text id)
{
    FIND(program, rewards, reward_count, id);
}

uint32_t program_find_wallet(const struct program *program, struct text id)
{
    FIND(program, wallets, wallet_count, id);
}

const struct wallet *program_wallet_of_symbol(const struct program *program, uint32_t symbol)
{
    for (uint32_t i = 0; i < program->wallet_count; i++) {
        if (program->wallets[i].symbol == symbol) return &program->wallets[i];
    }
    return NULL;
}

uint32_t program_find_counter(const struct program *program, struct text id)
{
    FIND(program, counters, counter_count, id);
}

uint32_t program_find_tier_set(const struct program *program, struct text id)
{
    FIND(program, tier_sets, tier_set_count, id);
}

uint32_t program_find_event(const struct program *program, struct text id)
{
    FIND(program, events, event_count, id);
}

uint32_t find_calculator(const struct program *program, struct text id)
{
    FIND(program, calculators, calculator_count, id);
}

uint32_t find_currency(const struct program *program, struct text code)
{
    for (uint32_t i = 0; i < program->currency_count; i++)
        if (text_equal(program->currencies[i].code, code)) return i;
    return PROGRAM_NONE;
}

struct text wallet_unit(const struct wallet *wallet, int64_t amount)
{
    bool is_one = amount == power_of_ten(wallet->decimals);
    for (uint32_t i = 0; i < wallet->name_count; i++) {
        const struct wallet_name *name = &wallet->names[i];
        if (!text_equal(name->language, TEXT("en"))) continue;
        return is_one && name->one.length > 0 ? name->one : name->other;
    }
    struct text unit = wallet->id;
    if (is_one && unit.length > 1 && unit.bytes[unit.length - 1] == 's') unit.length--;
    return unit;
}
