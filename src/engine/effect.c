/* Names of answers, accounts, effects and reasons, from the lists in the headers. */
#include "engine/decision.h"
#include "engine/engine.h"

static const char *const answer_texts[ANSWER_COUNT] = {
#define X(number, name, text) [ANSWER_##name] = text,
    ANSWER_LIST(X)
#undef X
};

static const char *const account_names[ACCOUNT_COUNT] = {
#define X(name, text) [ACCOUNT_##name] = text,
    ACCOUNT_LIST(X)
#undef X
};

static const char *const effect_names[EFFECT_KIND_COUNT] = {
#define X(name, fields) [EFFECT_##name] = #name,
    EFFECT_KIND_LIST(X)
#undef X
};

static const uint32_t effect_field_sets[EFFECT_KIND_COUNT] = {
#define X(name, fields) [EFFECT_##name] = (fields),
    EFFECT_KIND_LIST(X)
#undef X
};

static const char *const why_not_texts[WHY_NOT_COUNT] = {
#define X(name, text) [WHY_NOT_##name] = text,
    WHY_NOT_LIST(X)
#undef X
};

static const char *const event_type_names[EVENT_TYPE_COUNT] = {
#define X(name, text) [EVENT_##name] = text,
    EVENT_TYPE_LIST(X)
#undef X
};

const char *answer_text(enum answer answer)
{
    ASSERT(answer < ANSWER_COUNT);
    return answer_texts[answer];
}

const char *account_name(enum account account)
{
    ASSERT(account < ACCOUNT_COUNT);
    return account_names[account];
}

const char *effect_name(enum effect_kind kind)
{
    ASSERT(kind < EFFECT_KIND_COUNT);
    return effect_names[kind];
}

uint32_t effect_fields(enum effect_kind kind)
{
    ASSERT(kind < EFFECT_KIND_COUNT);
    return effect_field_sets[kind];
}

bool effect_posting(const struct effect *effect, struct posting *posting)
{
    uint32_t fields = effect_fields((enum effect_kind)effect->kind);
    if ((fields & FIELD(TO)) == 0) return false;
    bool has_from = (fields & FIELD(FROM)) != 0;
    *posting = (struct posting){.entity = effect->entity,
                                .wallet = effect->symbol,
                                .from = has_from ? (enum account)effect->from : ACCOUNT_DEBT,
                                .to = (enum account)effect->to,
                                .amount = effect->amount,
                                .at_us = effect->at_us};
    return true;
}

const char *why_not_text(enum why_not why)
{
    ASSERT(why < WHY_NOT_COUNT);
    return why_not_texts[why];
}

const char *event_type_name(enum event_type type)
{
    ASSERT(type < EVENT_TYPE_COUNT);
    return event_type_names[type];
}
