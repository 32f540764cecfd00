/* The world of scenario tests: see world.h. */
#include "world.h"

#define WORLD_BYTES (64u << 20)

static struct text text_or_empty(const char *text)
{
    return text == NULL ? (struct text){"", 0} : text_of(text);
}

static const struct program *load(struct world *world, const char *program_text)
{
    const struct program *program = NULL;
    struct problem_list problems;
    problem_list_init(&problems, &world->arena);
    enum status status = program_load(&world->arena, TEXT("scenario.yaml"), text_of(program_text),
                                      &problems, &program);
    for (uint32_t i = 0; i < problems.count; i++) {
        print_error("%.*s\n", TEXT_ARGUMENTS(problems.items[i].message));
    }
    assert_int_equal(status, STATUS_OK);
    return program;
}

void world_open(struct world *world, const char *program_text)
{
    *world = (struct world){0};
    arena_init(&world->arena, WORLD_BYTES);
    arena_init(&world->event_arena, WORLD_BYTES);
    buffer_init(&world->record, ENGINE_RECORD_MAXIMUM);
    assert_int_equal(states_init(&world->states, WORLD_BYTES), STATUS_OK);
    assert_int_equal(states_init(&world->before, WORLD_BYTES), STATUS_OK);
    assert_int_equal(states_init(&world->looked_at, WORLD_BYTES), STATUS_OK);
    assert_int_equal(memory_store_open(true, &world->store), STATUS_OK);
    world->program = load(world, program_text);
    at(world, "2027-03-01T12:00");
}

void world_publish(struct world *world, const char *program_text)
{
    world->program = load(world, program_text);
}

/* ---- the journal, folded from nothing ---- */

struct refold {
    struct store *store;
    struct states states;
    struct arena arena;
};

static enum status refold_record(void *context, const struct record *record)
{
    struct refold *refold = context;
    struct decision decision;
    arena_clear(&refold->arena);
    states_clear(&refold->states);
    TRY(engine_decode(record->body, &refold->arena, &decision));
    assert_int_equal(decision.position, record->position);
    TRY(store_begin(refold->store));
    for (uint32_t i = 0; i < decision.entity_count; i++) {
        TRY(states_add(&refold->states, &decision.entities[i]));
        TRY(store_load(refold->store, &refold->states, i));
    }
    TRY(engine_apply(&refold->states, &decision));
    TRY(engine_check_after(&refold->states, &decision));
    TRY(store_save_dirty(refold->store, &refold->states));
    return store_commit(refold->store);
}

static enum status compare_state(void *context, const struct entity_key *key, struct text bytes)
{
    struct refold *refold = context;
    states_clear(&refold->states);
    TRY(states_add(&refold->states, key));
    TRY(store_load(refold->store, &refold->states, 0));
    const struct state *state = &refold->states.list[0];
    assert_int_equal(state->size, bytes.length);
    if (bytes.length > 0) assert_memory_equal(state->bytes, bytes.bytes, bytes.length);
    return STATUS_OK;
}

/* Each has what the other has, and nothing else. */
static void compare_stores(struct store *a, struct store *b, struct states *states)
{
    struct refold refold = {.states = *states};
    for (int kind = 0; kind < 2 * ENTITY_LINES; kind++) {
        struct store *one = kind < ENTITY_LINES ? a : b;
        refold.store = kind < ENTITY_LINES ? b : a;
        assert_int_equal(store_each_state(one, (enum entity_kind)(kind % ENTITY_LINES), TEXT(""),
                                          compare_state, &refold),
                         STATUS_OK);
    }
    *states = refold.states;
}

static void refold_journal(struct world *world)
{
    struct refold refold = {0};
    arena_init(&refold.arena, WORLD_BYTES);
    assert_int_equal(states_init(&refold.states, WORLD_BYTES), STATUS_OK);
    assert_int_equal(memory_store_open(false, &refold.store), STATUS_OK);
    assert_int_equal(store_each_record(world->store, 0, refold_record, &refold), STATUS_OK);
    compare_stores(world->store, refold.store, &refold.states);
    store_close(refold.store);
    states_release(&refold.states);
    arena_release(&refold.arena);
}

/* ---- the journal, folded into states of different times ---- */

/* As after a crash: `store` has of each entity the state as of a position of its own. */
struct recovery {
    struct store *whole; /* folded up to the record at hand */
    struct store *saved;
    struct states states;
    struct arena arena;
    uint64_t seed;
    uint64_t low_water;
    uint64_t last_position;
};

/* The position as of which an entity was saved last, at or after the low-water mark. */
static uint64_t saved_up_to(const struct recovery *recovery, const struct entity_key *key)
{
    uint64_t mixed =
        hash_bytes(key->id) + recovery->seed * UINT64_C(0x9E3779B97F4A7C15) + (uint64_t)key->kind;
    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94D049BB133111EB);
    uint64_t tail = recovery->last_position - recovery->low_water;
    return recovery->low_water + (mixed ^ mixed >> 31) % (tail + 1);
}

static enum status load_entities(struct recovery *recovery, struct store *store, struct text record,
                                 struct decision *decision)
{
    arena_clear(&recovery->arena);
    states_clear(&recovery->states);
    TRY(engine_decode(record, &recovery->arena, decision));
    TRY(store_begin(store));
    for (uint32_t i = 0; i < decision->entity_count; i++) {
        TRY(states_add(&recovery->states, &decision->entities[i]));
        TRY(store_load(store, &recovery->states, i));
    }
    return STATUS_OK;
}

/* What a record changed says so. */
static void check_stamps(const struct states *states, uint64_t position)
{
    for (uint32_t i = 0; i < states->count; i++) {
        const struct state *state = &states->list[i];
        uint64_t stamp = 0;
        uint64_t sequence = 0;
        if (!state->is_dirty || state->size == 0) continue;
        assert_int_equal(
            entity_bytes_stamp(state->key.kind, state->bytes, state->size, &stamp, &sequence),
            STATUS_OK);
        assert_int_equal(stamp, position);
        assert_in_range(sequence, 1, position);
    }
}

static enum status save_some(void *context, const struct record *record)
{
    struct recovery *recovery = context;
    struct decision decision;
    TRY(load_entities(recovery, recovery->whole, record->body, &decision));
    TRY(engine_apply(&recovery->states, &decision));
    check_stamps(&recovery->states, record->position);
    TRY(store_save_dirty(recovery->whole, &recovery->states));
    TRY(store_commit(recovery->whole));
    TRY(store_begin(recovery->saved));
    for (uint32_t i = 0; i < recovery->states.count; i++) {
        struct state *state = &recovery->states.list[i];
        if (record->position > saved_up_to(recovery, &state->key)) state->is_dirty = false;
    }
    TRY(store_save_dirty(recovery->saved, &recovery->states));
    return store_commit(recovery->saved);
}

static enum status replay_record(void *context, const struct record *record)
{
    struct recovery *recovery = context;
    struct decision decision;
    if (record->position <= recovery->low_water) return STATUS_OK;
    TRY(load_entities(recovery, recovery->saved, record->body, &decision));
    TRY(engine_apply_missing(&recovery->states, &decision));
    TRY(store_save_dirty(recovery->saved, &recovery->states));
    return store_commit(recovery->saved);
}

/* Every entity saved at a time of its own, and the records since the first of them folded again,
 * end in the same states. */
static void recover_journal(struct world *world, uint64_t seed, uint64_t low_water)
{
    struct recovery recovery = {
        .seed = seed, .low_water = low_water, .last_position = world->position};
    arena_init(&recovery.arena, WORLD_BYTES);
    assert_int_equal(states_init(&recovery.states, WORLD_BYTES), STATUS_OK);
    assert_int_equal(memory_store_open(false, &recovery.whole), STATUS_OK);
    assert_int_equal(memory_store_open(false, &recovery.saved), STATUS_OK);
    assert_int_equal(store_each_record(world->store, 0, save_some, &recovery), STATUS_OK);
    assert_int_equal(store_each_record(world->store, 0, replay_record, &recovery), STATUS_OK);
    compare_stores(world->store, recovery.saved, &recovery.states);
    store_close(recovery.whole);
    store_close(recovery.saved);
    states_release(&recovery.states);
    arena_release(&recovery.arena);
}

void world_close(struct world *world)
{
    refold_journal(world);
    recover_journal(world, 1, 0);
    recover_journal(world, 2, world->position / 2);
    recover_journal(world, 3, world->position);
    store_close(world->store);
    states_release(&world->states);
    states_release(&world->before);
    states_release(&world->looked_at);
    buffer_release(&world->record);
    arena_release(&world->event_arena);
    arena_release(&world->arena);
}

/* ---- one event ---- */

int64_t instant(const struct world *world, const char *time)
{
    int64_t at_us = 0;
    assert_int_equal(instant_parse(world->program->zone, text_of(time), &at_us), STATUS_OK);
    return at_us;
}

void at(struct world *world, const char *time)
{
    world->now_us = instant(world, time);
}

static void note_not_fired(void *context, uint32_t rule, uint32_t boost, enum why_not why,
                           struct text detail)
{
    struct world *world = context;
    assert_in_range(world->told_count, 0, WORLD_TOLD_MAXIMUM - 1);
    world->told[world->told_count++] = (struct told){rule, boost, why, detail};
}

static void copy_before(struct world *world)
{
    states_clear(&world->before);
    for (uint32_t i = 0; i < world->states.count; i++) {
        const struct state *state = &world->states.list[i];
        if (state->key.kind == ENTITY_LINES) continue;
        struct entity_key key = state->key;
        key.id = arena_copy(&world->before.arena, key.id);
        assert_non_null(key.id.bytes);
        assert_int_equal(states_add(&world->before, &key), STATUS_OK);
        assert_int_equal(
            states_load(&world->before, world->before.count - 1, state->bytes, state->size),
            STATUS_OK);
    }
}

/* What was recorded, folded onto what was before, is what was decided. */
static void check_fold(struct world *world, const struct event *event)
{
    struct decision decoded;
    struct event kept;
    struct buffer again;
    arena_clear(&world->event_arena);
    buffer_clear(&world->record);
    buffer_init(&again, ENGINE_RECORD_MAXIMUM);
    assert_int_equal(engine_encode(&world->decision, event, &world->record), STATUS_OK);
    assert_int_equal(engine_decode(buffer_text(&world->record), &world->event_arena, &decoded),
                     STATUS_OK);
    assert_int_equal(engine_kept_event(&decoded, &world->event_arena, &kept), STATUS_OK);
    assert_int_equal(engine_encode(&decoded, &kept, &again), STATUS_OK);
    assert_int_equal(again.length, world->record.length);
    assert_memory_equal(again.bytes, world->record.bytes, again.length);
    buffer_release(&again);
    assert_int_equal(engine_apply(&world->before, &decoded), STATUS_OK);
    assert_int_equal(engine_check_after(&world->before, &decoded), STATUS_OK);
    for (uint32_t i = 0; i < world->states.count; i++) {
        const struct state *state = &world->states.list[i];
        if (state->key.kind == ENTITY_LINES) continue;
        const struct state *folded = states_find(&world->before, &state->key);
        assert_non_null(folded);
        assert_int_equal(folded->size, state->size);
        assert_int_equal(folded->is_dirty, state->is_dirty);
        if (state->size > 0) assert_memory_equal(folded->bytes, state->bytes, state->size);
    }
}

static void post(struct world *world, enum account from, enum account to, int64_t amount)
{
    assert_true(amount > 0);
    world->posted[from] -= amount;
    world->posted[to] += amount;
}

static void add_postings(struct world *world)
{
    for (uint32_t i = 0; i < world->decision.effect_count; i++) {
        const struct effect *effect = &world->decision.effects[i];
        if (effect->kind == EFFECT_LOT_OPENED || effect->kind == EFFECT_LOT_TAKEN ||
            effect->kind == EFFECT_LOT_MOVED || effect->kind == EFFECT_CLASS_TURNED) {
            post(world, (enum account)effect->from, (enum account)effect->to, effect->amount);
        } else if (effect->kind == EFFECT_DEBT_RAISED) {
            post(world, ACCOUNT_DEBT, (enum account)effect->to, effect->amount);
        }
    }
    assert_int_equal(world->posted[ACCOUNT_TRANSFERRED], 0);
}

struct sums {
    struct world *world;
    struct states states;
    int64_t accounts[ACCOUNT_COUNT];
};

static enum status sum_member(void *context, const struct entity_key *key, struct text bytes)
{
    struct sums *sums = context;
    states_clear(&sums->states);
    TRY(states_add(&sums->states, key));
    TRY(states_load(&sums->states, 0, bytes.bytes, bytes.length));
    int64_t lots[ACCOUNT_COUNT] = {0};
    struct balance all = {0};
    for (uint32_t i = 0; i < member_lot_count(&sums->states, key->id); i++) {
        struct lot_view lot;
        TRY(member_lot(&sums->states, key->id, i, &lot));
        assert_true(lot.remaining > 0);
        lots[lot.account] += lot.remaining;
    }
    for (uint32_t i = 0; i < sums->world->program->wallet_count; i++) {
        struct balance balance;
        TRY(member_balance(&sums->states, key->id, sums->world->program->wallets[i].symbol,
                           &balance));
        assert_true(balance.debt >= 0 && (balance.debt == 0 || balance.available == 0));
        all.available += balance.available;
        all.pending += balance.pending;
        all.held += balance.held;
        all.debt += balance.debt;
    }
    assert_int_equal(lots[ACCOUNT_AVAILABLE], all.available);
    assert_int_equal(lots[ACCOUNT_PENDING], all.pending);
    assert_int_equal(lots[ACCOUNT_HELD], all.held);
    sums->accounts[ACCOUNT_AVAILABLE] += all.available;
    sums->accounts[ACCOUNT_PENDING] += all.pending;
    sums->accounts[ACCOUNT_HELD] += all.held;
    sums->accounts[ACCOUNT_DEBT] -= all.debt;
    return STATUS_OK;
}

/* What the members have is what was posted to them. */
static void check_sums(struct world *world)
{
    struct sums sums = {.world = world};
    assert_int_equal(states_init(&sums.states, WORLD_BYTES), STATUS_OK);
    assert_int_equal(store_each_state(world->store, ENTITY_MEMBER, TEXT(""), sum_member, &sums),
                     STATUS_OK);
    for (int account = ACCOUNT_AVAILABLE; account <= ACCOUNT_DEBT; account++) {
        if (account == ACCOUNT_EXPIRED) continue;
        assert_int_equal(sums.accounts[account], world->posted[account]);
    }
    states_release(&sums.states);
}

enum answer happen(struct world *world, struct event event)
{
    const struct sink sink = {.not_fired = note_not_fired, .context = world};
    event.position = ++world->position;
    event.clock_us = world->now_us;
    event.is_import = world->lives_in_imports;
    if (event.occurred_at_us == 0) event.occurred_at_us = world->now_us;
    world->told_count = 0;
    states_clear(&world->states);
    assert_int_equal(store_begin(world->store), STATUS_OK);
    assert_int_equal(store_load_for(world->store, world->program, &event, &world->states),
                     STATUS_OK);
    copy_before(world);
    assert_int_equal(engine_decide(world->program, &world->states, &event, &sink, &world->decision),
                     STATUS_OK);
    check_fold(world, &event);
    add_postings(world);
    const struct written written = {&world->decision, buffer_text(&world->record), &world->states};
    assert_int_equal(store_write(world->store, &written), STATUS_OK);
    assert_int_equal(store_commit(world->store), STATUS_OK);
    check_sums(world);
    return world->decision.answer;
}

enum answer happen_late(struct world *world, const char *time, struct event event)
{
    event.occurred_at_us = instant(world, time);
    return happen(world, event);
}

/* ---- short forms ---- */

struct decimal price_of(const char *price)
{
    struct decimal decimal;
    assert_int_equal(decimal_parse(text_of(price), &decimal), STATUS_OK);
    return decimal;
}

enum answer join(struct world *world, const char *member)
{
    return happen(world, EVENT(.type = EVENT_JOIN, .member = text_of(member)));
}

enum answer buy(struct world *world, const char *member, const char *order, const char *price)
{
    return happen(world, EVENT(.type = EVENT_PURCHASE, .member = text_of(member),
                               .order = text_of(order), ITEMS(ITEM("A", 1, price))));
}

enum answer buy_late(struct world *world, const char *time, const char *member, const char *order,
                     const char *price)
{
    return happen_late(world, time,
                       EVENT(.type = EVENT_PURCHASE, .member = text_of(member),
                             .order = text_of(order), ITEMS(ITEM("A", 1, price))));
}

enum answer give_back_order(struct world *world, const char *order)
{
    return happen(world, EVENT(.type = EVENT_RETURN, .order = text_of(order)));
}

enum answer give_back_item(struct world *world, const char *order, const char *item,
                           int64_t quantity)
{
    return happen(world, EVENT(.type = EVENT_RETURN, .order = text_of(order),
                               RETURNED({.item = text_of(item), .quantity = quantity})));
}

enum answer give_back_sku(struct world *world, const char *member, const char *sku,
                          int64_t quantity)
{
    return happen(world, EVENT(.type = EVENT_RETURN_BY_SKU, .member = text_of(member),
                               RETURNED({.sku = text_of(sku), .quantity = quantity})));
}

enum answer reach(struct world *world, const char *order, const char *milestone)
{
    return happen(world, EVENT(.type = EVENT_MILESTONE, .order = text_of(order),
                               .milestone = text_of(milestone)));
}

enum answer redeem(struct world *world, const char *member, int64_t points, const char *id)
{
    return happen(world, EVENT(.type = EVENT_REDEEM, .member = text_of(member),
                               .wallet = world->program->wallets[0].id, .amount = points,
                               .id = text_or_empty(id)));
}

enum answer take_reward(struct world *world, const char *member, const char *reward, const char *id)
{
    return happen(world, EVENT(.type = EVENT_REDEEM, .member = text_of(member),
                               .reward = text_of(reward), .id = text_or_empty(id)));
}

enum answer hold(struct world *world, const char *member, int64_t points, const char *id,
                 const char *until)
{
    return happen(world, EVENT(.type = EVENT_HOLD, .member = text_of(member),
                               .wallet = world->program->wallets[0].id, .amount = points,
                               .id = text_of(id), .lapses_at_us = instant(world, until)));
}

enum answer hold_reward(struct world *world, const char *member, const char *reward, const char *id,
                        const char *until)
{
    return happen(world,
                  EVENT(.type = EVENT_HOLD, .member = text_of(member), .reward = text_of(reward),
                        .id = text_of(id), .lapses_at_us = instant(world, until)));
}

enum answer confirm(struct world *world, const char *id, int64_t points)
{
    return happen(world, EVENT(.type = EVENT_CONFIRM, .id = text_of(id), .amount = points));
}

enum answer cancel(struct world *world, const char *id)
{
    return happen(world, EVENT(.type = EVENT_CANCEL, .id = text_of(id)));
}

enum answer reverse(struct world *world, const char *id, int64_t points)
{
    return happen(world, EVENT(.type = EVENT_REVERSE, .id = text_of(id), .amount = points));
}

enum answer adjust(struct world *world, const char *member, int64_t points)
{
    return happen(world, EVENT(.type = EVENT_ADJUST, .member = text_of(member),
                               .wallet = world->program->wallets[0].id, .amount = points,
                               .reason = TEXT("goodwill"), .actor = TEXT("clerk")));
}

enum answer transfer(struct world *world, const char *from, const char *to, int64_t points)
{
    return happen(world, EVENT(.type = EVENT_TRANSFER, .member = text_of(from),
                               .other_member = text_of(to), .wallet = world->program->wallets[0].id,
                               .amount = points, .reason = TEXT("a gift")));
}

enum answer confirm_order(struct world *world, const char *order)
{
    return happen(world, EVENT(ABOUT_ORDER(CONFIRM_ORDER, order)));
}

enum answer cancel_order(struct world *world, const char *order)
{
    return happen(world, EVENT(ABOUT_ORDER(CANCEL_ORDER, order)));
}

enum answer claim(struct world *world, const char *order, const char *member)
{
    return happen(world, EVENT(ABOUT_ORDER(CLAIM, order), .member = text_of(member)));
}

enum answer undo_return(struct world *world, const char *order, const char *id)
{
    return happen(world, EVENT(ABOUT_ORDER(UNDO_RETURN, order), .id = text_of(id)));
}

enum answer merge(struct world *world, const char *member, const char *survivor)
{
    return happen(world, EVENT(.type = EVENT_MERGE, .member = text_of(member),
                               .other_member = text_of(survivor)));
}

enum answer unmerge(struct world *world, const char *member, const char *survivor)
{
    return happen(world, EVENT(.type = EVENT_UNMERGE, .member = text_of(member),
                               .other_member = text_of(survivor)));
}

/* ---- questions ---- */

/* A settled copy of the member; nothing is saved. */
static void look(struct world *world, const char *member)
{
    struct decision decision;
    struct event event = {.type = EVENT_SETTLE,
                          .member = text_of(member),
                          .position = world->position + 1,
                          .clock_us = world->now_us,
                          .occurred_at_us = world->now_us};
    states_clear(&world->looked_at);
    assert_int_equal(store_load_for(world->store, world->program, &event, &world->looked_at),
                     STATUS_OK);
    assert_int_equal(
        engine_settle(world->program, &world->looked_at, text_of(member), world->now_us, &decision),
        STATUS_OK);
}

struct balance balance_of(struct world *world, const char *member, uint32_t wallet)
{
    struct balance balance;
    look(world, member);
    assert_int_equal(member_balance(&world->looked_at, text_of(member),
                                    world->program->wallets[wallet].symbol, &balance),
                     STATUS_OK);
    return balance;
}

const char *level_of(struct world *world, const char *member, uint32_t set)
{
    look(world, member);
    uint32_t level = member_level(world->program, &world->looked_at, text_of(member), set);
    if (level == PROGRAM_NONE) return "none";
    struct text id = world->program->tier_sets[set].levels[level].id;
    static char shown[65];
    (void)snprintf(shown, sizeof shown, "%.*s", TEXT_ARGUMENTS(id));
    return shown;
}

const char *lots_of(struct world *world, const char *member)
{
    static char shown[1000];
    size_t used = 0;
    look(world, member);
    shown[0] = 0;
    for (uint32_t i = 0; i < member_lot_count(&world->looked_at, text_of(member)); i++) {
        struct lot_view lot;
        char end[INSTANT_TEXT_MAXIMUM];
        assert_int_equal(member_lot(&world->looked_at, text_of(member), i, &lot), STATUS_OK);
        (void)instant_format(world->program->zone, lot.expires_at_us, end);
        used +=
            (size_t)snprintf(shown + used, sizeof shown - used, "%s%s %lld%s%s", i == 0 ? "" : "; ",
                             account_name(lot.account), (long long)lot.remaining,
                             lot.expires_at_us == INSTANT_NEVER ? "" : " ends ",
                             lot.expires_at_us == INSTANT_NEVER ? "" : end);
        assert_true(used < sizeof shown);
    }
    return shown;
}

struct text bytes_of(struct world *world, enum entity_kind kind, const char *id)
{
    struct entity_key key = {.kind = kind, .id = text_of(id)};
    states_clear(&world->looked_at);
    assert_int_equal(states_add(&world->looked_at, &key), STATUS_OK);
    assert_int_equal(store_load(world->store, &world->looked_at, 0), STATUS_OK);
    const struct state *state = &world->looked_at.list[0];
    if (state->size == 0) return (struct text){NULL, 0};
    struct text copy =
        arena_copy(&world->event_arena, (struct text){(const char *)state->bytes, state->size});
    assert_non_null(copy.bytes);
    return copy;
}

int64_t effect_sum(const struct world *world, enum effect_kind kind)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < world->decision.effect_count; i++) {
        if (world->decision.effects[i].kind == kind) sum += world->decision.effects[i].amount;
    }
    return sum;
}

static uint32_t rule_index(const struct world *world, const char *rule)
{
    for (uint32_t i = 0; i < world->program->rule_count; i++) {
        if (text_equal(world->program->rules[i].id, text_of(rule))) return i;
    }
    fail_msg("the programme has no rule %s", rule);
    return PROGRAM_NONE;
}

const struct fired *fired(const struct world *world, const char *rule)
{
    uint32_t index = rule_index(world, rule);
    for (uint32_t i = 0; i < world->decision.fired_count; i++) {
        if (world->decision.fired[i].rule == index) return &world->decision.fired[i];
    }
    return NULL;
}

enum why_not why_not(const struct world *world, const char *rule, const char *boost)
{
    uint32_t index = rule_index(world, rule);
    uint32_t boost_index = PROGRAM_NONE;
    for (uint32_t i = 0; boost != NULL && i < world->program->rules[index].boost_count; i++) {
        const struct boost *candidate = &world->program->rules[index].boosts[i];
        if (text_equal(candidate->id, text_of(boost))) boost_index = i;
    }
    assert_true((boost == NULL) == (boost_index == PROGRAM_NONE));
    enum why_not why = WHY_NOT_COUNT;
    for (uint32_t i = 0; i < world->told_count; i++) {
        if (world->told[i].rule != index || world->told[i].boost != boost_index) continue;
        assert_int_equal(why, WHY_NOT_COUNT); /* each reason once */
        why = world->told[i].why;
    }
    return why;
}

/* ---- checks ---- */

void check_balance(struct world *world, const char *member, struct balance wanted, const char *file,
                   int line)
{
    struct balance got = balance_of(world, member, 0);
    if (got.available == wanted.available && got.pending == wanted.pending &&
        got.held == wanted.held && got.debt == wanted.debt) {
        return;
    }
    print_error("%s has available %lld, pending %lld, held %lld, debt %lld, and should have "
                "available %lld, pending %lld, held %lld, debt %lld\n",
                member, (long long)got.available, (long long)got.pending, (long long)got.held,
                (long long)got.debt, (long long)wanted.available, (long long)wanted.pending,
                (long long)wanted.held, (long long)wanted.debt);
    _fail(file, line);
}

void check_text(const char *got, const char *wanted, const char *file, int line)
{
    if (text_equal(text_of(got), text_of(wanted))) return;
    print_error("got \"%s\", wanted \"%s\"\n", got, wanted);
    _fail(file, line);
}

void check_answer(enum answer wanted, enum answer got, const char *file, int line)
{
    if (wanted == got) return;
    print_error("answered \"%s\", wanted \"%s\"\n", answer_text(got), answer_text(wanted));
    _fail(file, line);
}
