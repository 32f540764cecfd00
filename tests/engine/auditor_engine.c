/* Drives the engine over a tiny store of its own and compares it with the auditor.
 *
 * For each command: plan and load, decide, encode, decode, apply to copies of the states from
 * before, compare byte for byte, save; then the invariants of the postings and the lots; then every
 * answer, balance, lot and level against the auditor's.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "auditor.h"

#define BENCH_SLOTS 8192 /* a power of two, far above what a world makes */

struct entry {
    bool is_used;
    enum entity_kind kind;
    char id[EVENT_ID_MAXIMUM];
    size_t id_length;
    uint8_t *bytes;
    size_t size;
    size_t capacity;
};

struct bench {
    const struct program *program;
    struct entry entries[BENCH_SLOTS];
    int used[BENCH_SLOTS];
    int used_count;
    struct states states;
    struct states folded;
    struct arena arena;
    struct buffer record;
    struct buffer record_again;
    char *message;
    size_t message_size;
};

struct bench *bench_new(void)
{
    struct bench *bench = calloc(1, sizeof *bench);
    ASSERT(bench != NULL);
    ASSERT(states_init(&bench->states, 64u << 20) == STATUS_OK);
    ASSERT(states_init(&bench->folded, 64u << 20) == STATUS_OK);
    arena_init(&bench->arena, 64u << 20);
    buffer_init(&bench->record, ENGINE_RECORD_MAXIMUM);
    buffer_init(&bench->record_again, ENGINE_RECORD_MAXIMUM);
    return bench;
}

void bench_free(struct bench *bench)
{
    for (int i = 0; i < BENCH_SLOTS; i++) free(bench->entries[i].bytes);
    states_release(&bench->states);
    states_release(&bench->folded);
    arena_release(&bench->arena);
    buffer_release(&bench->record);
    buffer_release(&bench->record_again);
    free(bench);
}

void bench_begin(struct bench *bench, const struct program *program)
{
    bench->program = program;
    for (int i = 0; i < bench->used_count; i++) bench->entries[bench->used[i]].is_used = false;
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
        if (entry->kind == kind &&
            text_equal((struct text){entry->id, entry->id_length}, id)) {
            return entry;
        }
    }
}

static void entry_save(struct entry *entry, const void *bytes, size_t size)
{
    if (size > entry->capacity) {
        entry->capacity = size * 2;
        entry->bytes = realloc(entry->bytes, entry->capacity);
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

static bool bench_fail(struct bench *bench, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static bool bench_fail(struct bench *bench, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(bench->message, bench->message_size, format, arguments);
    va_end(arguments);
    return false;
}

static bool bench_plan(struct bench *bench, const struct event *event)
{
    states_clear(&bench->states);
    for (int round = 0; round < 8; round++) {
        uint32_t added;
        enum status status =
            engine_plan(bench->program, event, &bench->states, &added);
        if (status != STATUS_OK) return bench_fail(bench, "plan: %s", status_text(status));
        if (added == 0) return true;
        bench_load(bench, &bench->states);
    }
    return bench_fail(bench, "plan names new entities after 8 rounds");
}

/* --- records: what is folded is what was decided ------------------------------------------ */

static bool bench_fold(struct bench *bench, const struct decision *decision)
{
    buffer_clear(&bench->record);
    enum status status = engine_encode(decision, &bench->record);
    if (status != STATUS_OK) return bench_fail(bench, "encode: %s", status_text(status));
    struct decision decoded;
    status = engine_decode(buffer_text(&bench->record), &bench->arena, &decoded);
    if (status != STATUS_OK) return bench_fail(bench, "decode: %s", status_text(status));
    buffer_clear(&bench->record_again);
    status = engine_encode(&decoded, &bench->record_again);
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
        if (effect->from == effect->to) return bench_fail(bench, "a posting to itself");
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

static void bench_save(struct bench *bench)
{
    for (uint32_t i = 0; i < bench->states.count; i++) {
        const struct state *state = &bench->states.list[i];
        if (!state->is_dirty) continue;
        entry_save(bench_entry(bench, state->key.kind, state->key.id), state->bytes, state->size);
    }
}

/* --- the comparison ----------------------------------------------------------------------- */

static bool compare_fired(struct bench *bench, const struct decision *decision,
                          const struct prediction *prediction)
{
    int64_t granted[AUDIT_RULES] = {0};
    for (uint32_t i = 0; i < decision->fired_count; i++) {
        const struct fired *fired = &decision->fired[i];
        if (fired->rule >= bench->program->rule_count) return bench_fail(bench, "no such rule");
        granted[fired->rule] += fired->granted;
    }
    for (uint32_t r = 0; r < bench->program->rule_count; r++) {
        if (granted[r] != prediction->granted[r]) {
            return bench_fail(bench, "rule %.*s: engine %" PRId64 ", auditor %" PRId64,
                              TEXT_ARGUMENTS(bench->program->rules[r].id), granted[r],
                              prediction->granted[r]);
        }
    }
    return true;
}

static bool compare_answer(struct bench *bench, const struct command *command,
                           const struct decision *decision, const struct prediction *prediction)
{
    if (decision->answer != prediction->answer) {
        return bench_fail(bench, "answer: engine \"%s\", auditor \"%s\"",
                          answer_text(decision->answer), answer_text(prediction->answer));
    }
    if (decision->answer == ANSWER_REPEATED &&
        decision->repeated_position != prediction->repeated_position) {
        return bench_fail(bench, "repeated position: engine %" PRIu64 ", auditor %" PRIu64,
                          decision->repeated_position, prediction->repeated_position);
    }
    if (decision->answer != ANSWER_DONE) return true;
    if (decision->units_matched != prediction->units_matched ||
        decision->units_unmatched != prediction->units_unmatched) {
        return bench_fail(bench, "units: engine %" PRId64 "+%" PRId64 ", auditor %" PRId64
                          "+%" PRId64, decision->units_matched, decision->units_unmatched,
                          prediction->units_matched, prediction->units_unmatched);
    }
    if (command->event.type == EVENT_PURCHASE && decision->eligible != prediction->eligible) {
        return bench_fail(bench, "eligible: engine %" PRId64 ", auditor %" PRId64,
                          decision->eligible, prediction->eligible);
    }
    return compare_fired(bench, decision, prediction);
}

/* Sums of lots by what tells them apart. */
struct lot_sum {
    int wallet;
    enum account account;
    uint64_t position;
    int64_t release_us;
    int64_t expires_us;
    int64_t amount;
};

#define LOT_SUMS 2000
struct lot_sums {
    struct lot_sum list[LOT_SUMS];
    int count;
};

static void lot_sum_add(struct lot_sums *sums, struct lot_sum sum)
{
    if (sum.amount == 0) return;
    if (sum.account != ACCOUNT_PENDING) sum.release_us = 0;
    for (int i = 0; i < sums->count; i++) {
        struct lot_sum *it = &sums->list[i];
        if (it->wallet == sum.wallet && it->account == sum.account &&
            it->position == sum.position && it->release_us == sum.release_us &&
            it->expires_us == sum.expires_us) {
            it->amount += sum.amount;
            return;
        }
    }
    ASSERT(sums->count < LOT_SUMS);
    sums->list[sums->count++] = sum;
}

static void print_lots(const char *whose, const struct lot_sums *sums)
{
    for (int i = 0; i < sums->count; i++) {
        const struct lot_sum *it = &sums->list[i];
        char release[INSTANT_TEXT_MAXIMUM];
        printf("    %s wallet %d %-9s of event %" PRIu64 ": %" PRId64 " release %" PRId64
               " expires %" PRId64 "\n",
               whose, it->wallet, account_name(it->account), it->position, it->amount,
               it->release_us, it->expires_us);
        (void)release;
    }
}

static bool lots_differ(const struct lot_sums *a, const struct lot_sums *b)
{
    for (int i = 0; i < a->count; i++) {
        bool found = false;
        for (int k = 0; k < b->count && !found; k++) {
            const struct lot_sum *x = &a->list[i];
            const struct lot_sum *y = &b->list[k];
            found = x->wallet == y->wallet && x->account == y->account &&
                    x->position == y->position && x->release_us == y->release_us &&
                    x->expires_us == y->expires_us && x->amount == y->amount;
        }
        if (!found) return true;
    }
    return a->count != b->count;
}

static int wallet_of(const struct bench *bench, uint32_t symbol)
{
    for (uint32_t w = 0; w < bench->program->wallet_count; w++) {
        if (bench->program->wallets[w].symbol == symbol) return (int)w;
    }
    return AUDIT_NONE;
}

/* Past the time for returns lots of one class merge and forget what earned them. */
static bool lots_may_merge(const struct bench *bench)
{
    return bench->program->has_returns_within;
}

static bool compare_lots(struct bench *bench, const struct audit_member *expected, struct text id)
{
    static struct lot_sums engine, auditor;
    engine.count = auditor.count = 0;
    uint32_t count = member_lot_count(&bench->folded, id);
    for (uint32_t i = 0; i < count; i++) {
        struct lot_view view;
        if (member_lot(&bench->folded, id, i, &view) != STATUS_OK) {
            return bench_fail(bench, "a lot of %.*s cannot be read", TEXT_ARGUMENTS(id));
        }
        if (view.remaining <= 0) return bench_fail(bench, "a lot of %" PRId64, view.remaining);
        if (view.account == ACCOUNT_EXPIRED) continue;
        lot_sum_add(&engine, (struct lot_sum){wallet_of(bench, view.wallet), view.account,
                                              lots_may_merge(bench) ? 0 : view.earning >> 16,
                                              view.release_at_us, view.expires_at_us,
                                              view.remaining});
    }
    for (int i = 0; i < expected->piece_count; i++) {
        const struct piece *piece = &expected->pieces[i];
        struct lot_sum sum = {piece->wallet, ACCOUNT_AVAILABLE,
                              lots_may_merge(bench) ? 0 : piece->position, piece->release_us,
                              piece->expires_us, piece->available};
        lot_sum_add(&auditor, sum);
        sum.account = ACCOUNT_PENDING;
        sum.amount = piece->pending;
        lot_sum_add(&auditor, sum);
        sum.account = ACCOUNT_HELD;
        sum.amount = piece->held;
        lot_sum_add(&auditor, sum);
    }
    if (!lots_differ(&engine, &auditor)) return true;
    print_lots("engine ", &engine);
    print_lots("auditor", &auditor);
    return bench_fail(bench, "the lots of %.*s differ", TEXT_ARGUMENTS(id));
}

static bool compare_balances(struct bench *bench, const struct audit_member *expected,
                             struct text id)
{
    for (uint32_t w = 0; w < bench->program->wallet_count; w++) {
        struct balance balance;
        uint32_t symbol = bench->program->wallets[w].symbol;
        if (member_balance(&bench->folded, id, symbol, &balance) != STATUS_OK) {
            return bench_fail(bench, "the balance of %.*s cannot be read", TEXT_ARGUMENTS(id));
        }
        int wallet = (int)w;
        int64_t available = audit_available(expected, wallet);
        int64_t pending = audit_pending(expected, wallet);
        int64_t held = audit_held(expected, wallet);
        if (balance.available != available || balance.pending != pending ||
            balance.held != held || balance.debt != expected->debt[wallet]) {
            return bench_fail(
                bench,
                "%.*s wallet %d available/pending/held/debt: engine %" PRId64 "/%" PRId64
                "/%" PRId64 "/%" PRId64 ", auditor %" PRId64 "/%" PRId64 "/%" PRId64 "/%" PRId64,
                TEXT_ARGUMENTS(id), wallet, balance.available, balance.pending, balance.held,
                balance.debt, available, pending, held, expected->debt[wallet]);
        }
    }
    return true;
}

static bool compare_levels(struct bench *bench, const struct audit_member *expected,
                           struct text id)
{
    for (uint32_t t = 0; t < bench->program->tier_set_count; t++) {
        uint32_t level = member_level(bench->program, &bench->folded, id, t);
        int engine = level == PROGRAM_NONE ? AUDIT_NONE : (int)level;
        if (engine != expected->levels[t].level) {
            return bench_fail(bench, "%.*s tier set %u: engine %d, auditor %d", TEXT_ARGUMENTS(id),
                              t, engine, expected->levels[t].level);
        }
    }
    return true;
}

/* A copy of the member's state, settled up to now, against the auditor's. */
static bool compare_member(struct bench *bench, struct audit *audit, int member, struct text id,
                           int64_t now_us)
{
    audit_settle(audit, member, now_us);
    const struct audit_member *expected = &audit->members[member];
    if (!expected->exists || expected->merged_into != AUDIT_NONE) return true;
    states_clear(&bench->folded);
    struct entity_key key = {.kind = ENTITY_MEMBER, .id = id};
    if (states_add(&bench->folded, &key) != STATUS_OK) return bench_fail(bench, "add");
    bench_load(bench, &bench->folded);
    struct decision settled;
    enum status status =
        engine_settle(bench->program, &bench->folded, id, now_us, &settled);
    if (status != STATUS_OK) return bench_fail(bench, "settle: %s", status_text(status));
    return compare_balances(bench, expected, id) && compare_lots(bench, expected, id) &&
           compare_levels(bench, expected, id);
}

bool bench_command(struct bench *bench, struct world *world, const struct command *command,
                   const struct prediction *prediction, char *message, size_t message_size)
{
    bench->message = message;
    bench->message_size = message_size;
    arena_clear(&bench->arena);
    const struct event *event = &command->event;
    if (!bench_plan(bench, event)) return false;
    struct decision decision;
    enum status status =
        engine_decide(bench->program, &bench->states, event, NULL, &decision);
    if (prediction->is_fault) {
        if (status == STATUS_OVERFLOW) return true;
        return bench_fail(bench, "engine %s, auditor: overflow", status_text(status));
    }
    if (status != STATUS_OK) {
        return bench_fail(bench, "decide: %s (auditor: %s)", status_text(status),
                          answer_text(prediction->answer));
    }
    if (!compare_answer(bench, command, &decision, prediction)) return false;
    if (!bench_fold(bench, &decision)) return false;
    if (event->type != EVENT_MERGE && event->type != EVENT_UNMERGE &&
        !bench_postings(bench, &decision)) {
        return false;
    }
    bench_save(bench);
    int other = (int)(event->position % (uint64_t)world->member_count);
    for (int m = 0; m < world->member_count; m++) {
        struct text id = arena_format(&bench->arena, "m%d", m);
        bool is_named = text_equal(id, event->member) || text_equal(id, event->other_member) ||
                        text_is_empty(event->member);
        if (!is_named && m != other) continue;
        if (!compare_member(bench, &world->audit, m, id, event->clock_us)) return false;
    }
    return true;
}
