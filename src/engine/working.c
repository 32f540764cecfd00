/* The helpers of a decision: emitting effects and finding entities. See working.h. */
#include "engine/working.h"

#include "engine/apply.h"
#include "engine/evaluation.h"
#include "engine/reversal.h"

#define EFFECT_MAXIMUM 200000u

enum status array_reserve(struct arena *arena, void *array, uint32_t count, uint32_t *capacity,
                          size_t size, uint32_t maximum)
{
    if (count < *capacity) return STATUS_OK;
    if (count >= maximum) return STATUS_LIMIT;
    uint32_t wanted = *capacity == 0 ? 8 : *capacity * 2;
    if (wanted > maximum) wanted = maximum;
    void *grown = arena_allocate(arena, (size_t)wanted * size);
    if (grown == NULL) return STATUS_NO_MEMORY;
    void *old;
    memcpy(&old, array, sizeof old);
    if (count > 0) memcpy(grown, old, (size_t)count * size);
    memcpy(array, &grown, sizeof grown);
    *capacity = wanted;
    return STATUS_OK;
}

enum status name_entity(struct working *working, struct state *state)
{
    struct decision *decision = working->decision;
    if (state->entity != ENTITY_NOT_NAMED) return STATUS_OK;
    TRY(array_reserve(&working->states->arena, &decision->entities, decision->entity_count,
                      &working->entity_capacity, sizeof(struct entity_key), ENTITY_NOT_NAMED));
    state->entity = (uint16_t)decision->entity_count;
    decision->entities[decision->entity_count++] = state->key;
    return STATUS_OK;
}

enum status emit(struct working *working, struct state *state, struct effect effect)
{
    struct decision *decision = working->decision;
    TRY(name_entity(working, state));
    TRY(array_reserve(&working->states->arena, &decision->effects, decision->effect_count,
                      &working->effect_capacity, sizeof(struct effect), EFFECT_MAXIMUM));
    if (working->reversals != NULL) TRY(reversal_note(working, state, &effect));
    effect.entity = state->entity;
    decision->effects[decision->effect_count++] = effect;
    return effect_apply(working->states, state, &effect);
}

struct state *find_state(const struct working *working, enum entity_kind kind, struct text id)
{
    struct entity_key key = {.kind = kind, .id = id};
    return states_find(working->states, &key);
}

struct state *find_member(const struct working *working, struct text id)
{
    struct state *state = find_state(working, ENTITY_MEMBER, id);
    if (!member_exists(state)) return NULL;
    if (member_forward(state).length == 0) return state;
    state = find_state(working, ENTITY_MEMBER, member_forward(state));
    return member_exists(state) ? state : NULL;
}

struct text tally_id(uint32_t symbol, char bytes[4])
{
    bytes[0] = (char)(symbol >> 24);
    bytes[1] = (char)(symbol >> 16 & 0xff);
    bytes[2] = (char)(symbol >> 8 & 0xff);
    bytes[3] = (char)(symbol & 0xff);
    return (struct text){bytes, 4};
}

struct state *find_tally(const struct working *working, uint32_t symbol)
{
    char bytes[4];
    return find_state(working, ENTITY_TALLY, tally_id(symbol, bytes));
}

struct state *find_keeper(const struct working *working, const struct order_tally *tally)
{
    return text_is_empty(tally->key) ? find_tally(working, tally->symbol)
                                     : find_state(working, ENTITY_TALLY, tally->key);
}

/* What the order lacks for the rule's or boost's expression to hold. */
static void tell_lacking(const struct working *working, uint32_t rule, uint32_t boost)
{
    const struct rule *tried = &working->program->rules[rule];
    const struct condition *condition =
        boost == PROGRAM_NONE ? &tried->condition : &tried->boosts[boost].condition;
    struct lacking lacking;
    if (condition->when == NULL || !evaluation_lacks(working, condition->when, &lacking)) return;
    enum near_unit unit = lacking.which == AMOUNT_QUANTITY ? NEAR_UNITS : NEAR_MONEY;
    working->sink->lacks(working->sink->context, rule, boost, unit, lacking.missing);
}

void tell_not_fired(const struct working *working, uint32_t rule, uint32_t boost, enum why_not why)
{
    if (working->sink == NULL) return;
    struct text detail = {"", 0};
    if ((why == WHY_NOT_EXPRESSION || why == WHY_NOT_AUDIENCE) && working->evaluating != NULL) {
        detail = working->evaluating->detail;
    }
    working->sink->not_fired(working->sink->context, rule, boost, why, detail);
    if (why == WHY_NOT_EXPRESSION && working->sink->lacks != NULL) {
        tell_lacking(working, rule, boost);
    }
}

int64_t states_recorded_at(const struct states *states, int64_t clock_us)
{
    int64_t at_us = clock_us;
    for (uint32_t i = 0; i < states->count; i++) {
        const struct state *state = &states->list[i];
        if (state->key.kind != ENTITY_MEMBER && state->key.kind != ENTITY_TALLY) continue;
        if (state->size < sizeof(struct member)) continue;
        if (member_of(state)->recorded_at_us > at_us) at_us = member_of(state)->recorded_at_us;
    }
    return at_us;
}

const struct reward *reward_of_symbol(const struct program *program, uint32_t symbol)
{
    for (uint32_t i = 0; i < program->reward_count; i++) {
        if (program->rewards[i].symbol == symbol) return &program->rewards[i];
    }
    return NULL;
}
