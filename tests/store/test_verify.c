/* Verify: whatever is changed in a store, wherever it is, is found and named.
 *
 * A history is written to a memory store; a store in front of it shows it with one thing changed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "store/store.h"

#define BYTES_MAXIMUM (64u << 20)
#define NOON_US INT64_C(1803900000000000)
#define HOUR_US INT64_C(3600000000)

static const char program_text[] =
    "program: shop\n"
    "currency: EUR\n"
    "wallets:\n"
    "  points: {pending: {until: delivered}}\n"
    "counters:\n"
    "  spend: {sum: order.eligible}\n"
    "tiers:\n"
    "  club: {measured_by: spend, levels: {gold: {from: 15.00 EUR}}}\n"
    "rules:\n"
    "  welcome: {on: join, earn: 100 points, pending: none}\n"
    "  base: {on: purchase, earn: 1 point per 1.00 EUR, limit: {in_all: 1000 points per calendar "
    "year}}\n"
    "rewards:\n"
    "  mug: {cost: 20 points, stock: 5}\n";

/* ---- memory that runs out: the linker puts these in front of the allocator ---- */

void *__real_malloc(size_t bytes);
void *__real_calloc(size_t count, size_t bytes);
void *__real_realloc(void *old, size_t bytes);
void *__real_reallocarray(void *old, size_t count, size_t bytes);
void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes);
void *__wrap_realloc(void *old, size_t bytes);
void *__wrap_reallocarray(void *old, size_t count, size_t bytes);

static size_t allowed = SIZE_MAX; /* allocations that still succeed; SIZE_MAX: all */

static bool is_allowed(void)
{
    if (allowed == SIZE_MAX) return true;
    if (allowed == 0) return false;
    allowed--;
    return true;
}

void *__wrap_malloc(size_t bytes)
{
    return is_allowed() ? __real_malloc(bytes) : NULL;
}

void *__wrap_calloc(size_t count, size_t bytes)
{
    return is_allowed() ? __real_calloc(count, bytes) : NULL;
}

void *__wrap_realloc(void *old, size_t bytes)
{
    return is_allowed() ? __real_realloc(old, bytes) : NULL;
}

void *__wrap_reallocarray(void *old, size_t count, size_t bytes)
{
    return is_allowed() ? __real_reallocarray(old, count, bytes) : NULL;
}

/* ---- a history ---- */

static struct arena arena;
static struct arena event_arena;
static struct states states;
static struct store *history;
static const struct program *program;
static uint64_t last_position;

static void happen(struct event event)
{
    struct decision decision;
    struct buffer body;
    event.position = ++last_position;
    event.occurred_at_us = event.clock_us = NOON_US + (int64_t)last_position * HOUR_US;
    states_clear(&states);
    assert_int_equal(store_begin(history), STATUS_OK);
    assert_int_equal(store_load_for(history, program, &event, &states), STATUS_OK);
    assert_int_equal(engine_decide(program, &states, &event, NULL, &decision), STATUS_OK);
    assert_int_equal(decision.answer, ANSWER_DONE);
    buffer_init(&body, ENGINE_RECORD_MAXIMUM);
    assert_int_equal(engine_encode(&decision, &event, &body), STATUS_OK);
    const struct written written = {&decision, buffer_text(&body), &states};
    assert_int_equal(store_write(history, &written), STATUS_OK);
    assert_int_equal(store_commit(history), STATUS_OK);
    buffer_release(&body);
}

static void buy(const char *member, const char *order)
{
    const struct item items[] = {
        {.sku = TEXT("A"), .quantity = 2, .unit_price = {1050, 2}},
        {.sku = TEXT("B"), .quantity = 1, .unit_price = {4, 0}},
    };
    happen((struct event){.type = EVENT_PURCHASE,
                          .member = text_of(member),
                          .order = text_of(order),
                          .key = text_of(order),
                          .items = items,
                          .item_count = 2});
}

/* Joins, purchases, a milestone, a redemption, a hold, a return, a transfer, a merge. */
static void write_history(void)
{
    const struct text points = TEXT("points");
    happen((struct event){.type = EVENT_JOIN, .member = TEXT("ann")});
    happen((struct event){.type = EVENT_JOIN, .member = TEXT("bob")});
    buy("ann", "o1");
    buy("bob", "o2");
    happen((struct event){
        .type = EVENT_MILESTONE, .order = TEXT("o1"), .milestone = TEXT("delivered")});
    happen((struct event){
        .type = EVENT_REDEEM, .member = TEXT("ann"), .reward = TEXT("mug"), .id = TEXT("r1")});
    happen((struct event){.type = EVENT_HOLD,
                          .member = TEXT("bob"),
                          .wallet = points,
                          .amount = 30,
                          .id = TEXT("h1"),
                          .lapses_at_us = NOON_US + 100 * HOUR_US});
    const struct returned line = {.item = TEXT("1"), .quantity = 1};
    happen((struct event){
        .type = EVENT_RETURN, .order = TEXT("o1"), .returns = &line, .return_count = 1});
    happen((struct event){.type = EVENT_TRANSFER,
                          .member = TEXT("ann"),
                          .other_member = TEXT("bob"),
                          .wallet = points,
                          .amount = 5});
    happen((struct event){.type = EVENT_MERGE, .member = TEXT("ann"), .other_member = TEXT("bob")});
    buy("cleo", "o3");
}

static int open_history(void **context)
{
    (void)context;
    struct problem_list problems;
    arena_init(&arena, BYTES_MAXIMUM);
    arena_init(&event_arena, BYTES_MAXIMUM);
    problem_list_init(&problems, &arena);
    last_position = 0;
    enum status status =
        program_load(&arena, TEXT("shop.yaml"), TEXT(program_text), &problems, &program);
    if (problems.count > 0) print_error("%.*s\n", TEXT_ARGUMENTS(problems.items[0].message));
    assert_int_equal(status, STATUS_OK);
    assert_int_equal(states_init(&states, BYTES_MAXIMUM), STATUS_OK);
    assert_int_equal(memory_store_open(true, &history), STATUS_OK);
    write_history();
    return 0;
}

static int close_history(void **context)
{
    (void)context;
    store_close(history);
    states_release(&states);
    arena_release(&arena);
    arena_release(&event_arena);
    return 0;
}

/* ---- the store in front of it ---- */

enum place { BODY, HASH, LINK_SEQUENCE, LINK_PREVIOUS, LINK_ID, STATE };

struct changed {
    struct store store;
    enum place place;
    size_t byte;         /* which, of the place */
    uint8_t flip;        /* bits; 0: nothing is flipped */
    uint64_t at;         /* record, or number of the state */
    uint64_t left_out;   /* record; 0: none */
    uint64_t swapped;    /* the bodies of this record and the next change places */
    uint64_t unreadable; /* the store itself says CORRUPT here */
    uint64_t last_shown; /* records behind it are not there; 0: all are */
    bool leaves_state_out;
    bool adds_state;
    uint64_t flushed;      /* what figures say; 0: as it is */
    uint64_t states_as_of; /* 0: now; else the states are those of this record */
    uint64_t state_number;
    struct store *then; /* the store as of that record */
};

static struct changed *changed_of(struct store *store)
{
    return (struct changed *)(void *)store;
}

/* Room for one byte of a copy of a text to be flipped. */
static struct text flipped(struct text text, size_t byte, uint8_t flip)
{
    static char bytes[65536];
    assert_true(text.length <= sizeof bytes && byte < text.length);
    memcpy(bytes, text.bytes, text.length);
    bytes[byte] = (char)((uint8_t)bytes[byte] ^ flip);
    return (struct text){bytes, text.length};
}

static void flip_record(const struct changed *changed, struct record *record)
{
    static struct record_link links[16];
    if (changed->place == STATE || changed->flip == 0 || record->position != changed->at) return;
    assert_true(record->link_count <= 16);
    if (changed->place == BODY) record->body = flipped(record->body, changed->byte, changed->flip);
    if (changed->place == HASH) record->hash[changed->byte] ^= changed->flip;
    if (changed->place == BODY || changed->place == HASH) return;
    memcpy(links, record->links, record->link_count * sizeof *links);
    record->links = links;
    struct record_link *link = &links[changed->byte];
    if (changed->place == LINK_SEQUENCE) link->sequence ^= changed->flip;
    if (changed->place == LINK_PREVIOUS) link->previous_position ^= changed->flip;
    if (changed->place == LINK_ID) link->key.id = flipped(link->key.id, 0, changed->flip);
}

struct showing {
    struct changed *changed;
    record_visit visit;
    void *context;
    struct arena held; /* the body that waits for the next one's place */
    struct record waiting;
};

static struct record copy_of(struct arena *held, const struct record *record)
{
    struct record copy = *record;
    struct record_link *links = arena_new_array(held, struct record_link, record->link_count + 1u);
    copy.body = arena_copy(held, record->body);
    for (uint32_t i = 0; i < record->link_count; i++) {
        links[i] = record->links[i];
        links[i].key.id = arena_copy(held, links[i].key.id);
    }
    copy.links = links;
    return copy;
}

static enum status show_record(void *context, const struct record *record)
{
    struct showing *showing = context;
    const struct changed *changed = showing->changed;
    struct record shown = *record;
    if (record->position == changed->left_out) return STATUS_OK;
    if (record->position == changed->unreadable) return STATUS_CORRUPT;
    if (changed->last_shown != 0 && record->position > changed->last_shown) return STATUS_OK;
    if (changed->swapped != 0 && record->position == changed->swapped) {
        showing->waiting = copy_of(&showing->held, record);
        return STATUS_OK;
    }
    if (changed->swapped != 0 && record->position == changed->swapped + 1) {
        shown.position = changed->swapped;
        showing->waiting.position = changed->swapped + 1;
        TRY(showing->visit(showing->context, &shown));
        return showing->visit(showing->context, &showing->waiting);
    }
    flip_record(changed, &shown);
    return showing->visit(showing->context, &shown);
}

static enum status each_record(struct store *store, uint64_t after, record_visit visit,
                               void *context)
{
    struct showing showing = {.changed = changed_of(store), .visit = visit, .context = context};
    arena_init(&showing.held, BYTES_MAXIMUM);
    enum status status = store_each_record(history, after, show_record, &showing);
    arena_release(&showing.held);
    return status;
}

struct showing_states {
    struct changed *changed;
    state_visit visit;
    void *context;
};

static enum status show_state(void *context, const struct entity_key *key, struct text bytes)
{
    struct showing_states *showing = context;
    struct changed *changed = showing->changed;
    uint64_t number = ++changed->state_number;
    if (changed->place != STATE || number != changed->at) {
        return showing->visit(showing->context, key, bytes);
    }
    if (changed->leaves_state_out) return STATUS_OK;
    if (changed->flip != 0 && changed->byte < bytes.length) {
        bytes = flipped(bytes, changed->byte, changed->flip);
    }
    return showing->visit(showing->context, key, bytes);
}

static enum status each_state(struct store *store, enum entity_kind kind, struct text after,
                              state_visit visit, void *context)
{
    struct changed *changed = changed_of(store);
    struct showing_states showing = {changed, visit, context};
    struct store *shown = changed->then != NULL ? changed->then : history;
    TRY(store_each_state(shown, kind, after, show_state, &showing));
    if (!changed->adds_state || kind != ENTITY_MEMBER) return STATUS_OK;
    /* One that nobody has heard of, with the bytes of one that there is. */
    struct entity_key cleo = {.kind = ENTITY_MEMBER, .id = TEXT("cleo")};
    const struct entity_key dora = {.kind = ENTITY_MEMBER, .id = TEXT("dora")};
    states_clear(&states);
    TRY(states_add(&states, &cleo));
    TRY(store_load(history, &states, 0));
    return visit(context, &dora,
                 (struct text){(const char *)states.list[0].bytes, states.list[0].size});
}

static void figures(struct store *store, struct store_figures *figures)
{
    store_figures(history, figures);
    if (changed_of(store)->flushed != 0) figures->flushed_position = changed_of(store)->flushed;
}

static const struct store_methods changed_methods = {
    .each_record = each_record, .each_state = each_state, .figures = figures};

static struct verify_report verified(struct changed changed)
{
    struct verify_report report;
    changed.store.methods = &changed_methods;
    changed.state_number = 0;
    assert_int_equal(store_verify(&changed.store, NULL, &report), STATUS_OK);
    return report;
}

static void assert_says(const struct verify_report *report, const char *sentence)
{
    struct buffer out;
    buffer_init(&out, 4096);
    assert_int_equal(verify_sentence(report, &out), STATUS_OK);
    assert_int_equal(buffer_add_byte(&out, '\0'), STATUS_OK);
    assert_string_equal(out.bytes, sentence);
    buffer_release(&out);
}

/* ---- tests ---- */

static uint64_t count_states(void)
{
    const struct changed changed = {.place = STATE};
    return verified(changed).states;
}

static void what_was_written_verifies(void **context)
{
    (void)context;
    struct verify_report report;
    assert_int_equal(store_verify(history, NULL, &report), STATUS_OK);
    assert_says(&report, "nothing is wrong");
    assert_int_equal(report.fault, VERIFY_NONE);
    assert_int_equal(report.records, last_position);
    /* three members, three orders, a redemption and a hold, a stock and a limit */
    assert_int_equal(report.states, 10);
    struct store *empty;
    assert_int_equal(memory_store_open(true, &empty), STATUS_OK);
    assert_int_equal(store_verify(empty, NULL, &report), STATUS_OK);
    assert_int_equal(report.fault, VERIFY_NONE);
    assert_int_equal(report.records, 0);
    store_close(empty);
}

static void any_bit_of_any_record_is_found(void **context)
{
    (void)context;
    for (uint64_t at = 1; at <= last_position; at++) {
        struct record record;
        assert_int_equal(store_record(history, at, &record), STATUS_OK);
        size_t length = record.body.length;
        for (size_t byte = 0; byte < length; byte++) {
            const struct changed changed = {
                .place = BODY, .at = at, .byte = byte, .flip = (uint8_t)(1u << (byte % 8))};
            const struct verify_report report = verified(changed);
            assert_int_equal(report.fault, VERIFY_HASH);
            assert_int_equal(report.position, at);
            assert_int_equal(report.records, at - 1);
        }
    }
}

static void any_byte_of_a_hash_is_found(void **context)
{
    (void)context;
    for (uint64_t at = 1; at <= last_position; at++) {
        for (size_t byte = 0; byte < HASH_RECORD_BYTES; byte++) {
            const struct changed changed = {.place = HASH, .at = at, .byte = byte, .flip = 0x80};
            const struct verify_report report = verified(changed);
            assert_int_equal(report.fault, VERIFY_HASH);
            assert_int_equal(report.position, at);
        }
    }
    const struct changed changed = {.place = HASH, .at = 3, .flip = 1};
    const struct verify_report report = verified(changed);
    assert_says(&report, "record 3 (member ann) is not what was written: its hash is another");
}

static void a_link_that_leads_elsewhere_is_found(void **context)
{
    (void)context;
    static const enum place places[] = {LINK_SEQUENCE, LINK_PREVIOUS, LINK_ID};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        const struct changed changed = {.place = places[i], .at = 4, .flip = 1};
        const struct verify_report report = verified(changed);
        assert_int_equal(report.position, 4);
        assert_int_equal(report.fault, VERIFY_LINK);
    }
    const struct changed changed = {.place = LINK_PREVIOUS, .at = 4, .flip = 1};
    const struct verify_report report = verified(changed);
    assert_says(&report,
                "record 4 (member bob) does not follow the record before that it links to");
}

static void a_record_that_is_missing_is_found(void **context)
{
    (void)context;
    for (uint64_t at = 1; at < last_position; at++) {
        const struct changed changed = {.left_out = at};
        const struct verify_report report = verified(changed);
        assert_int_equal(report.fault, VERIFY_MISSING);
        assert_int_equal(report.position, at);
    }
    const struct changed changed = {.left_out = 5};
    const struct verify_report report = verified(changed);
    assert_says(&report, "record 5 is missing");
}

static void records_cut_off_at_the_end_are_found_by_the_states_that_have_them(void **context)
{
    (void)context;
    for (uint64_t last = 1; last < last_position; last++) {
        const struct changed changed = {.last_shown = last};
        const struct verify_report report = verified(changed);
        assert_int_equal(report.fault, VERIFY_STATE_AHEAD);
    }
}

static void records_that_changed_places_are_found(void **context)
{
    (void)context;
    for (uint64_t at = 1; at < last_position; at++) {
        const struct changed changed = {.swapped = at};
        const struct verify_report report = verified(changed);
        assert_true(report.fault == VERIFY_HASH || report.fault == VERIFY_LINK);
        assert_int_equal(report.position, at);
    }
}

static void a_record_that_cannot_be_read_is_named(void **context)
{
    (void)context;
    const struct changed changed = {.unreadable = 7};
    const struct verify_report report = verified(changed);
    assert_says(&report, "record 7 cannot be read");
    assert_int_equal(report.records, 6);
}

static void any_byte_of_any_state_is_found(void **context)
{
    (void)context;
    uint64_t count = count_states();
    for (uint64_t at = 1; at <= count; at++) {
        for (size_t byte = 0; byte < 400; byte++) {
            struct changed changed = {.place = STATE, .at = at, .byte = byte, .flip = 0x10};
            const struct verify_report report = verified(changed);
            if (report.fault == VERIFY_NONE) {
                assert_true(byte > 4); /* past the state's end */
                break;
            }
            assert_true(report.fault >= VERIFY_STATE);
            assert_true(report.has_entity);
            assert_int_equal(report.records, last_position);
        }
    }
    const struct changed changed = {.place = STATE, .at = 3, .byte = 100, .flip = 1};
    const struct verify_report report = verified(changed);
    assert_says(&report, "the state of member cleo, last touched by record 11, is saved otherwise "
                         "than the records lead to");
}

static void a_state_that_is_not_saved_is_found(void **context)
{
    (void)context;
    uint64_t count = count_states();
    for (uint64_t at = 1; at <= count; at++) {
        const struct changed changed = {.place = STATE, .at = at, .leaves_state_out = true};
        const struct verify_report report = verified(changed);
        assert_int_equal(report.fault, VERIFY_STATE_MISSING);
    }
}

static void a_state_that_no_record_made_is_found(void **context)
{
    (void)context;
    const struct changed changed = {.adds_state = true};
    const struct verify_report report = verified(changed);
    assert_says(&report, "the state of member dora is saved though no record made it");
}

/* ---- states that lag ---- */

static enum status fold_until(void *context, const struct record *record)
{
    struct changed *changed = context;
    struct decision decision;
    if (record->position > changed->states_as_of) return STATUS_INTERRUPTED;
    arena_clear(&event_arena);
    states_clear(&states);
    TRY(engine_decode(record->body, &event_arena, &decision));
    TRY(store_begin(changed->then));
    for (uint32_t i = 0; i < decision.entity_count; i++) {
        TRY(states_add(&states, &decision.entities[i]));
        TRY(store_load(changed->then, &states, i));
    }
    TRY(engine_apply(&states, &decision));
    TRY(store_save_dirty(changed->then, &states));
    return store_commit(changed->then);
}

static struct verify_report verified_lagging(uint64_t states_as_of, uint64_t flushed)
{
    struct changed changed = {.states_as_of = states_as_of, .flushed = flushed};
    assert_int_equal(memory_store_open(false, &changed.then), STATUS_OK);
    enum status status = store_each_record(history, 0, fold_until, &changed);
    assert_true(status == STATUS_OK || status == STATUS_INTERRUPTED);
    const struct verify_report report = verified(changed);
    store_close(changed.then);
    return report;
}

static void states_may_lag_as_far_as_the_store_says(void **context)
{
    (void)context;
    for (uint64_t as_of = 1; as_of <= last_position; as_of++) {
        struct verify_report report = verified_lagging(as_of, as_of);
        assert_int_equal(report.fault, VERIFY_NONE);
        assert_int_equal(report.records, last_position);
        if (as_of == last_position) continue;
        report = verified_lagging(as_of, as_of + 1);
        assert_true(report.fault == VERIFY_STATE_BEHIND || report.fault == VERIFY_STATE_MISSING);
        assert_int_equal(report.position > as_of, true);
    }
}

static void without_memory_nothing_is_said_of_the_store(void **context)
{
    (void)context;
    enum status status = STATUS_NO_MEMORY;
    size_t failures = 0;
    for (; status != STATUS_OK && failures < 1000; failures++) {
        struct verify_report report = {.records = 77};
        allowed = failures;
        status = store_verify(history, NULL, &report);
        allowed = SIZE_MAX;
        if (status == STATUS_OK) assert_int_equal(report.fault, VERIFY_NONE);
        if (status == STATUS_OK) continue;
        assert_int_equal(status, STATUS_NO_MEMORY);
        assert_int_equal(report.records, 77);
    }
    assert_int_equal(status, STATUS_OK);
    assert_true(failures > 5);
}

static bool stop(void *context, uint64_t records, uint64_t of_records)
{
    (void)context;
    (void)records;
    (void)of_records;
    return false;
}

static void progress_is_shown_and_can_stop_it(void **context)
{
    (void)context;
    const struct verify_options options = {.progress = stop};
    struct verify_report report = {.records = 77};
    while (last_position < 4096) {
        happen((struct event){.type = EVENT_ADJUST,
                              .member = TEXT("cleo"),
                              .wallet = TEXT("points"),
                              .amount = 1,
                              .reason = TEXT("r")});
    }
    assert_int_equal(store_verify(history, &options, &report), STATUS_INTERRUPTED);
    assert_int_equal(report.records, 77);
    assert_int_equal(store_verify(history, NULL, &report), STATUS_OK);
    assert_int_equal(report.fault, VERIFY_NONE);
    assert_int_equal(report.records, 4096);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_verifies),
        cmocka_unit_test(any_bit_of_any_record_is_found),
        cmocka_unit_test(any_byte_of_a_hash_is_found),
        cmocka_unit_test(a_link_that_leads_elsewhere_is_found),
        cmocka_unit_test(a_record_that_is_missing_is_found),
        cmocka_unit_test(records_cut_off_at_the_end_are_found_by_the_states_that_have_them),
        cmocka_unit_test(records_that_changed_places_are_found),
        cmocka_unit_test(a_record_that_cannot_be_read_is_named),
        cmocka_unit_test(any_byte_of_any_state_is_found),
        cmocka_unit_test(a_state_that_is_not_saved_is_found),
        cmocka_unit_test(a_state_that_no_record_made_is_found),
        cmocka_unit_test(states_may_lag_as_far_as_the_store_says),
        cmocka_unit_test(without_memory_nothing_is_said_of_the_store),
        cmocka_unit_test(progress_is_shown_and_can_stop_it),
    };
    return cmocka_run_group_tests(tests, open_history, close_history);
}
