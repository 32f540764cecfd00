/* The engine over a tiny store of its own; see auditor_bench.h. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "auditor_bench.h"

struct bench *bench_new(void)
{
    struct bench *bench = calloc(1, sizeof *bench);
    ASSERT(bench != NULL);
    ASSERT(states_init(&bench->states, 64u << 20) == STATUS_OK);
    ASSERT(states_init(&bench->folded, 64u << 20) == STATUS_OK);
    arena_init(&bench->arena, 64u << 20);
    buffer_init(&bench->record, ENGINE_RECORD_MAXIMUM);
    buffer_init(&bench->record_again, ENGINE_RECORD_MAXIMUM);
    buffer_init(&bench->journal, 64u << 20);
    return bench;
}

void bench_free(struct bench *bench)
{
    for (int i = 0; i < BENCH_SLOTS; i++)
        free(bench->entries[i].bytes);
    states_release(&bench->states);
    states_release(&bench->folded);
    arena_release(&bench->arena);
    buffer_release(&bench->record);
    buffer_release(&bench->record_again);
    buffer_release(&bench->journal);
    free(bench);
}

void bench_begin(struct bench *bench, const struct program *program)
{
    bench->program = program;
    bench->bounds = usual_bounds;
    bench->shadow = NULL;
    for (int i = 0; i < bench->used_count; i++)
        bench->entries[bench->used[i]].is_used = false;
    bench->used_count = 0;
}

/* --- the tiny store ----------------------------------------------------------------------- */

static struct entry *bench_entry(struct bench *bench, enum entity_kind kind, struct text id)
{
    ASSERT(id.length <= EVENT_ID_MAXIMUM);
    uint64_t slot = hash_bytes(id) + (uint64_t)kind * 977;
    for (;; slot++) {
        struct entry *entry = &bench->entries[slot % BENCH_SLOTS];
        if (!entry->is_used) {
            entry->is_used = true;
            entry->kind = kind;
            entry->id_length = id.length;
            if (id.length > 0) memcpy(entry->id, id.bytes, id.length);
            entry->size = 0;
            bench->used[bench->used_count++] = (int)(slot % BENCH_SLOTS);
            ASSERT(bench->used_count < BENCH_SLOTS / 2);
            return entry;
        }
        if (entry->kind == kind && text_equal((struct text){entry->id, entry->id_length}, id)) {
            return entry;
        }
    }
}

static void entry_save(struct entry *entry, const void *bytes, size_t size)
{
    if (size > entry->capacity || entry->bytes == NULL) {
        entry->capacity = size * 2 + 1;
        free(entry->bytes);
        entry->bytes = malloc(entry->capacity);
        ASSERT(entry->bytes != NULL);
    }
    if (size > 0) memcpy(entry->bytes, bytes, size);
    entry->size = size;
}

/* Newest order first, until its units reach what is asked for. */
static void bench_load_lines(struct bench *bench, struct states *states, uint32_t index)
{
    uint64_t below = UINT64_MAX;
    struct entity_key key = states->list[index].key;
    for (int64_t units = 0; units < key.units;) {
        const struct entry *newest = NULL;
        uint64_t newest_position = 0;
        int64_t newest_units = 0;
        for (int i = 0; i < bench->used_count; i++) {
            const struct entry *entry = &bench->entries[bench->used[i]];
            if (entry->kind != ENTITY_ORDER || entry->size == 0) continue;
            struct text member;
            uint64_t position;
            int64_t left;
            ASSERT(order_bytes_member(entry->bytes, entry->size, &member, &position) == STATUS_OK);
            ASSERT(order_bytes_units(entry->bytes, entry->size, key.sku, &left) == STATUS_OK);
            if (!text_equal(member, key.id) || left <= 0) continue;
            if (position >= below || (newest != NULL && position < newest_position)) continue;
            newest = entry;
            newest_position = position;
            newest_units = left;
        }
        if (newest == NULL) break;
        struct text id = arena_copy(&bench->arena, (struct text){newest->id, newest->id_length});
        ASSERT(states_add_lines_order(states, index, id) == STATUS_OK);
        units += newest_units;
        below = newest_position;
    }
    states_finish_lines(states, index);
}

static void bench_load(struct bench *bench, struct states *states)
{
    for (uint32_t i = 0; i < states->count; i++) {
        if (states->list[i].is_loaded) continue;
        if (states->list[i].key.kind == ENTITY_LINES) {
            bench_load_lines(bench, states, i);
            continue;
        }
        struct entry *entry = bench_entry(bench, states->list[i].key.kind, states->list[i].key.id);
        const void *bytes = entry->size == 0 ? NULL : entry->bytes;
        ASSERT(states_load(states, i, bytes, entry->size) == STATUS_OK);
    }
}

bool bench_fail(struct bench *bench, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(bench->message, sizeof bench->message, format, arguments);
    va_end(arguments);
    return false;
}

static bool bench_plan(struct bench *bench, const struct event *event, struct states *states)
{
    states_clear(states);
    for (int round = 0; round < 64; round++) {
        uint32_t added;
        enum status status = engine_plan(bench->program, event, states, &added);
        if (status != STATUS_OK) return bench_fail(bench, "plan: %s", status_text(status));
        if (added == 0) return true;
        bench_load(bench, states);
    }
    return bench_fail(bench, "plan names new entities after 64 rounds");
}

bool bench_decide(struct bench *bench, const struct event *event, struct decision *decision,
                  enum status *status)
{
    arena_clear(&bench->arena);
    if (!bench_plan(bench, event, &bench->states)) return false;
    *status = engine_decide_bounded(bench->program, &bench->states, event, NULL, &bench->bounds,
                                    decision);
    return true;
}

static bool bench_load_lots(struct bench *bench, struct text member)
{
    uint32_t added;
    enum status status = engine_plan_lots(&bench->folded, member, &added);
    if (status != STATUS_OK) return bench_fail(bench, "plan lots: %s", status_text(status));
    if (added > 0) bench_load(bench, &bench->folded);
    return true;
}

bool bench_settle(struct bench *bench, struct text member, int64_t at_us)
{
    struct event event = {
        .type = EVENT_SETTLE, .member = member, .clock_us = at_us, .occurred_at_us = at_us};
    struct decision settled;
    if (!bench_plan(bench, &event, &bench->folded)) return false;
    enum status status = engine_settle(bench->program, &bench->folded, member, at_us, &settled);
    if (status != STATUS_OK) return bench_fail(bench, "settle: %s", status_text(status));
    return bench_load_lots(bench, member);
}

/* --- records: what is folded is what was decided ------------------------------------------ */

static bool bench_fold(struct bench *bench, const struct event *event,
                       const struct decision *decision)
{
    buffer_clear(&bench->record);
    enum status status = engine_encode(decision, event, &bench->record);
    if (status != STATUS_OK) return bench_fail(bench, "encode: %s", status_text(status));
    struct decision decoded;
    status = engine_decode(buffer_text(&bench->record), &bench->arena, &decoded);
    if (status != STATUS_OK) return bench_fail(bench, "decode: %s", status_text(status));
    buffer_clear(&bench->record_again);
    status = engine_encode(&decoded, event, &bench->record_again);
    if (status != STATUS_OK) return bench_fail(bench, "encode again: %s", status_text(status));
    if (!text_equal(buffer_text(&bench->record), buffer_text(&bench->record_again))) {
        return bench_fail(bench, "a decoded record encodes to other bytes");
    }
    states_clear(&bench->folded);
    for (uint32_t i = 0; i < decoded.entity_count; i++) {
        if (states_find(&bench->folded, &decoded.entities[i]) != NULL) {
            return bench_fail(bench, "entity %u is named twice", i);
        }
        status = states_add(&bench->folded, &decoded.entities[i]);
        if (status != STATUS_OK) return bench_fail(bench, "add: %s", status_text(status));
    }
    bench_load(bench, &bench->folded);
    status = engine_apply(&bench->folded, &decoded);
    if (status != STATUS_OK) return bench_fail(bench, "apply: %s", status_text(status));
    status = engine_check_after(&bench->folded, &decoded);
    if (status != STATUS_OK) return bench_fail(bench, "other balances than recorded");
    for (uint32_t i = 0; i < bench->states.count; i++) {
        const struct state *state = &bench->states.list[i];
        if (!state->is_dirty) continue;
        const struct state *folded = states_find(&bench->folded, &state->key);
        if (folded == NULL) {
            return bench_fail(bench, "a changed %d is not in the record", (int)state->key.kind);
        }
        if (folded->size != state->size ||
            (state->size > 0 && memcmp(folded->bytes, state->bytes, state->size) != 0)) {
            return bench_fail(bench, "folding gives other bytes for an entity of kind %d: %u, %u",
                              (int)state->key.kind, folded->size, state->size);
        }
    }
    return true;
}

/* --- postings: what flowed is what the balances changed by -------------------------------- */

struct flow {
    int64_t in[ACCOUNT_COUNT];
};

static bool effect_is_posting(const struct effect *effect)
{
    switch ((enum effect_kind)effect->kind) {
    case EFFECT_LOT_OPENED:
    case EFFECT_LOT_TAKEN:
    case EFFECT_LOT_MOVED:
    case EFFECT_CLASS_TURNED:
    case EFFECT_DEBT_RAISED:
        return true;
    default:
        return false;
    }
}

static bool bench_flow_of(struct bench *bench, const struct decision *decision, uint16_t entity,
                          uint32_t wallet, struct flow *flow)
{
    *flow = (struct flow){{0}};
    for (uint32_t i = 0; i < decision->effect_count; i++) {
        const struct effect *effect = &decision->effects[i];
        if (effect->entity != entity || effect->symbol != wallet) continue;
        if (!effect_is_posting(effect)) continue;
        if (effect->amount <= 0) return bench_fail(bench, "a posting of %" PRId64, effect->amount);
        /* Held points may have their end fixed, expired ones be counted no more: they stay where
         * they are. */
        bool stays = (effect->kind == EFFECT_LOT_MOVED && effect->from == ACCOUNT_HELD) ||
                     (effect->kind == EFFECT_LOT_OPENED && effect->from == ACCOUNT_EXPIRED);
        if (effect->from == effect->to && !stays) return bench_fail(bench, "a posting to itself");
        bool raises = effect->kind == EFFECT_DEBT_RAISED;
        uint8_t from = raises ? (uint8_t)ACCOUNT_DEBT : effect->from;
        flow->in[from] -= effect->amount;
        flow->in[effect->to] += effect->amount;
    }
    return true;
}

static bool bench_postings(struct bench *bench, const struct decision *decision)
{
    for (uint32_t w = 0; w < bench->program->wallet_count; w++) {
        uint32_t wallet = bench->program->wallets[w].symbol;
        int64_t transferred = 0;
        for (uint32_t e = 0; e < decision->entity_count; e++) {
            if (decision->entities[e].kind != ENTITY_MEMBER) continue;
            struct flow flow;
            if (!bench_flow_of(bench, decision, (uint16_t)e, wallet, &flow)) return false;
            transferred += flow.in[ACCOUNT_TRANSFERRED];
            struct text id = decision->entities[e].id;
            struct balance after = {0};
            struct balance before = {0};
            if (member_balance(&bench->states, id, wallet, &after) != STATUS_OK) return false;
            states_clear(&bench->folded);
            if (states_add(&bench->folded, &decision->entities[e]) != STATUS_OK) return false;
            bench_load(bench, &bench->folded);
            if (member_balance(&bench->folded, id, wallet, &before) != STATUS_OK) return false;
            if (after.available - before.available != flow.in[ACCOUNT_AVAILABLE] ||
                after.pending - before.pending != flow.in[ACCOUNT_PENDING] ||
                after.held - before.held != flow.in[ACCOUNT_HELD] ||
                before.debt - after.debt != flow.in[ACCOUNT_DEBT]) {
                return bench_fail(bench, "postings of %.*s do not match its balances",
                                  TEXT_ARGUMENTS(id));
            }
        }
        if (transferred != 0) return bench_fail(bench, "transfers do not clear");
    }
    return true;
}

void bench_shadow(struct bench *bench, struct bench *shadow, uint64_t seed, uint64_t until)
{
    bench_begin(shadow, bench->program);
    buffer_clear(&bench->journal);
    bench->shadow = shadow;
    bench->shadow_seed = seed;
    bench->shadow_until = until;
}

/* The position up to which the shadow has what happens to an entity. */
static uint64_t shadowed_up_to(const struct bench *bench, const struct entity_key *key)
{
    uint64_t mixed = hash_bytes(key->id) + (uint64_t)key->kind +
                     bench->shadow_seed * UINT64_C(0x9E3779B97F4A7C15);
    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    return (mixed ^ mixed >> 31) % (bench->shadow_until + 1);
}

static void bench_save(struct bench *bench, uint64_t position)
{
    for (uint32_t i = 0; i < bench->states.count; i++) {
        const struct state *state = &bench->states.list[i];
        const struct entity_key *key = &state->key;
        if (!state->is_dirty) continue;
        entry_save(bench_entry(bench, key->kind, key->id), state->bytes, state->size);
        if (bench->shadow == NULL || position > shadowed_up_to(bench, key)) continue;
        entry_save(bench_entry(bench->shadow, key->kind, key->id), state->bytes, state->size);
    }
    if (bench->shadow == NULL) return;
    uint32_t length = (uint32_t)bench->record.length;
    struct text prefix = {(const char *)&length, sizeof length};
    ASSERT(buffer_add(&bench->journal, prefix) == STATUS_OK);
    ASSERT(buffer_add(&bench->journal, buffer_text(&bench->record)) == STATUS_OK);
}

static enum status recover_record(struct bench *shadow, struct text record)
{
    struct decision decision;
    arena_clear(&shadow->arena);
    states_clear(&shadow->states);
    TRY(engine_decode(record, &shadow->arena, &decision));
    for (uint32_t i = 0; i < decision.entity_count; i++)
        TRY(states_add(&shadow->states, &decision.entities[i]));
    bench_load(shadow, &shadow->states);
    TRY(engine_apply_missing(&shadow->states, &decision));
    bench_save(shadow, decision.position);
    return STATUS_OK;
}

bool bench_recover(struct bench *bench)
{
    struct bench *shadow = bench->shadow;
    struct text rest = buffer_text(&bench->journal);
    while (rest.length > 0) {
        uint32_t length;
        memcpy(&length, rest.bytes, sizeof length);
        struct text record = {rest.bytes + sizeof length, length};
        enum status status = recover_record(shadow, record);
        if (status != STATUS_OK) return bench_fail(bench, "recovery: %s", status_text(status));
        rest.bytes += sizeof length + length;
        rest.length -= sizeof length + length;
    }
    if (bench_same(shadow, bench)) return true;
    return bench_fail(bench, "recovery: %s", shadow->message);
}

bool bench_keep(struct bench *bench, const struct event *event, const struct decision *decision)
{
    for (uint32_t i = 0; i < decision->effect_count; i++) {
        bench->spilled += decision->effects[i].kind == EFFECT_LOTS_SPILLED;
        bench->recalled += decision->effects[i].kind == EFFECT_LOTS_RECALLED;
    }
    if (!bench_fold(bench, event, decision)) return false;
    if (event->type != EVENT_MERGE && event->type != EVENT_UNMERGE &&
        !bench_postings(bench, decision)) {
        return false;
    }
    bench_save(bench, event->position);
    return true;
}

bool bench_same(struct bench *bench, const struct bench *other)
{
    for (int i = 0; i < other->used_count; i++) {
        const struct entry *theirs = &other->entries[other->used[i]];
        struct text id = {theirs->id, theirs->id_length};
        if (theirs->kind == ENTITY_KEY) continue;
        const struct entry *ours = bench_entry(bench, theirs->kind, id);
        if (ours->size != theirs->size ||
            (ours->size > 0 && memcmp(ours->bytes, theirs->bytes, ours->size) != 0)) {
            return bench_fail(bench, "entity %.*s of kind %d has other bytes", TEXT_ARGUMENTS(id),
                              (int)theirs->kind);
        }
    }
    return true;
}
