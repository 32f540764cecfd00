/* Answer: what the last event did, item by item, with names instead of numbers. */
#include "library/library.h"

struct text rule_named(const struct program *program, uint32_t symbol)
{
    for (uint32_t i = 0; i < program->rule_count; i++) {
        if (program->rules[i].symbol == symbol) return program->rules[i].id;
    }
    return TEXT("");
}

struct text wallet_named(const struct program *program, uint32_t symbol)
{
    for (uint32_t i = 0; i < program->wallet_count; i++) {
        if (program->wallets[i].symbol == symbol) return program->wallets[i].id;
    }
    return TEXT("");
}

enum status answer_prepare(struct guerdon_engine *engine)
{
    const struct decision *decision = &engine->decision;
    engine->posting_count = 0;
    engine->postings =
        arena_new_array(&engine->event_arena, struct posting, (size_t)decision->effect_count + 1);
    if (engine->postings == NULL) return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < decision->effect_count; i++) {
        struct posting posting;
        if (!effect_posting(&decision->effects[i], &posting)) continue;
        engine->postings[engine->posting_count++] = posting;
    }
    return STATUS_OK;
}

static struct text member_of(const struct decision *decision, uint16_t entity)
{
    if (entity >= decision->entity_count) return TEXT("");
    const struct entity_key *key = &decision->entities[entity];
    return key->kind == ENTITY_MEMBER ? key->id : TEXT("");
}

enum guerdon_status guerdon_engine_posting(const struct guerdon_engine *engine, uint32_t index,
                                           struct guerdon_posting *posting)
{
    if (engine == NULL || posting == NULL) return GUERDON_MISUSE;
    if (index >= engine->posting_count) return GUERDON_NOT_FOUND;
    const struct posting *found = &engine->postings[index];
    const struct guerdon_posting answer = {
        .from = (uint32_t)found->from,
        .to = (uint32_t)found->to,
        .amount = found->amount,
        .at_us = found->at_us,
        .member = public_text(member_of(&engine->decision, found->entity)),
        .wallet = public_text(wallet_named(engine->program, found->wallet))};
    return STRUCT_WRITE(posting, &answer) ? GUERDON_OK : GUERDON_MISUSE;
}

enum guerdon_status guerdon_engine_fired(const struct guerdon_engine *engine, uint32_t index,
                                         struct guerdon_fired *fired)
{
    if (engine == NULL || fired == NULL) return GUERDON_MISUSE;
    if (index >= engine->decision.fired_count) return GUERDON_NOT_FOUND;
    const struct fired *found = &engine->decision.fired[index];
    const struct guerdon_fired answer = {
        .line_count = found->line_count,
        .rule = public_text(rule_named(engine->program, found->rule_symbol)),
        .wallet = public_text(wallet_named(engine->program, found->wallet)),
        .base = found->base,
        .boost_millionths = found->boost,
        .granted = found->granted,
        .ungranted = found->ungranted};
    return STRUCT_WRITE(fired, &answer) ? GUERDON_OK : GUERDON_MISUSE;
}

enum guerdon_status guerdon_engine_not_fired(const struct guerdon_engine *engine, uint32_t index,
                                             struct guerdon_not_fired *not_fired)
{
    if (engine == NULL || not_fired == NULL) return GUERDON_MISUSE;
    if (index >= engine->unfired_count) return GUERDON_NOT_FOUND;
    const struct unfired *found = &engine->unfired[index];
    struct guerdon_not_fired answer = {.reason = public_text(text_of(why_not_text(found->why))),
                                       .detail = public_text(found->detail)};
    if (found->rule < engine->program->rule_count) {
        const struct rule *rule = &engine->program->rules[found->rule];
        answer.rule = public_text(rule->id);
        if (found->boost < rule->boost_count) {
            answer.boost = public_text(rule->boosts[found->boost].id);
        }
    }
    return STRUCT_WRITE_GROWN(not_fired, struct guerdon_not_fired, detail, &answer)
               ? GUERDON_OK
               : GUERDON_MISUSE;
}
