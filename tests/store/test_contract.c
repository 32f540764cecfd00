/* The store's contract, as every implementation must keep it: one suite, a table of openers.
 *
 * States of members and tallies are bytes of the test's own, for a store does not look into them;
 * orders are made by the engine, for a store asks it whose they are. A key's state is what its
 * record says. Nothing here opens a store anew: then the records are folded (test_sqlite does).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "shop.h"
#include "store/record.h"

struct opener {
    const char *name;
    enum status (*open)(struct store **store);
};

static enum status open_memory(struct store **store)
{
    return memory_store_open(true, store);
}

static char sqlite_folder[200];

/* A new file for each test. */
static enum status open_sqlite(struct store **store)
{
    static int number;
    char path[sizeof sqlite_folder + 24];
    snprintf(path, sizeof path, "%s/store-%d", sqlite_folder, ++number);
    struct sqlite_options options = {.path = path};
    return sqlite_store_open(&options, NULL, store);
}

static const struct opener openers[] = {
    {"memory", open_memory},
    {"sqlite", open_sqlite},
};

/* The implementation whose turn it is. */
static const struct opener *opener = &openers[0];

struct fixture {
    struct store *store;
    struct states states;
    struct arena arena;
    const struct program *program;
    uint64_t position;
};

static const char program_text[] = "program: shop\n"
                                   "currency: EUR\n"
                                   "wallets:\n"
                                   "  points: {}\n"
                                   "rules:\n"
                                   "  base: {on: purchase, earn: 1 point per 1.00 EUR of "
                                   "order.eligible}\n";

static int set_up(void **context)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    assert_int_equal(opener->open(&fixture->store), STATUS_OK);
    assert_int_equal(states_init(&fixture->states, 1u << 26), STATUS_OK);
    arena_init(&fixture->arena, 1u << 26);
    struct problem_list problems;
    problem_list_init(&problems, &fixture->arena);
    enum status status = program_load(&fixture->arena, TEXT("shop.yaml"), TEXT(program_text),
                                      &problems, &fixture->program);
    if (problems.count > 0) print_error("%.*s\n", TEXT_ARGUMENTS(problems.items[0].message));
    assert_int_equal(status, STATUS_OK);
    *context = fixture;
    return 0;
}

static int tear_down(void **context)
{
    struct fixture *fixture = *context;
    store_close(fixture->store);
    states_release(&fixture->states);
    arena_release(&fixture->arena);
    free(fixture);
    return 0;
}

static void begin(struct fixture *fixture)
{
    assert_int_equal(store_begin(fixture->store), STATUS_OK);
}

static void commit(struct fixture *fixture)
{
    assert_int_equal(store_commit(fixture->store), STATUS_OK);
}

/* Writes the working set's dirty states with a record that names them; a key's payload is its
 * state. */
static enum status write_states(struct fixture *fixture, uint64_t position)
{
    struct entity_key entities[8];
    struct effect effects[8];
    struct decision decision = {
        .position = position, .entities = entities, .effects = effects, .type = EVENT_ADJUST};
    for (uint32_t i = 0; i < fixture->states.count; i++) {
        const struct state *state = &fixture->states.list[i];
        if (!state->is_dirty) continue;
        uint16_t entity = (uint16_t)decision.entity_count;
        entities[decision.entity_count++] = state->key;
        if (state->key.kind != ENTITY_KEY) continue;
        effects[decision.effect_count++] =
            (struct effect){.kind = EFFECT_KEY_USED,
                            .entity = entity,
                            .payload = {(const char *)state->bytes, state->size}};
    }
    struct buffer body;
    buffer_init(&body, ENGINE_RECORD_MAXIMUM);
    assert_int_equal(engine_encode(&decision, NULL, &body), STATUS_OK);
    const struct written written = {&decision, buffer_text(&body), &fixture->states};
    enum status status = store_write(fixture->store, &written);
    buffer_release(&body);
    if (status == STATUS_OK) fixture->position = position;
    return status;
}

static void put_in_set(struct fixture *fixture, enum entity_kind kind, struct text id,
                       struct text bytes)
{
    struct entity_key key = {.kind = kind, .id = id};
    states_clear(&fixture->states);
    assert_int_equal(states_add(&fixture->states, &key), STATUS_OK);
    assert_int_equal(states_load(&fixture->states, 0, bytes.bytes, bytes.length), STATUS_OK);
    fixture->states.list[0].is_dirty = true;
}

static enum status save_at(struct fixture *fixture, uint64_t position, enum entity_kind kind,
                           struct text id, struct text bytes)
{
    put_in_set(fixture, kind, id, bytes);
    return write_states(fixture, position);
}

static enum status save(struct fixture *fixture, enum entity_kind kind, struct text id,
                        struct text bytes)
{
    return save_at(fixture, fixture->position + 1, kind, id, bytes);
}

/* What the store answers for a key, good until the next call; bytes NULL: there is no such entity.
 */
static struct text loaded(struct fixture *fixture, enum entity_kind kind, struct text id)
{
    struct entity_key key = {.kind = kind, .id = id};
    states_clear(&fixture->states);
    assert_int_equal(states_add(&fixture->states, &key), STATUS_OK);
    assert_int_equal(store_load(fixture->store, &fixture->states, 0), STATUS_OK);
    const struct state *state = &fixture->states.list[0];
    assert_true(state->is_loaded);
    return (struct text){(const char *)state->bytes, state->bytes == NULL ? 0 : state->size};
}

static void assert_loads(struct fixture *fixture, enum entity_kind kind, struct text id,
                         struct text bytes)
{
    struct text found = loaded(fixture, kind, id);
    assert_int_equal(found.length, bytes.length);
    assert_memory_equal(found.bytes, bytes.bytes, bytes.length);
}

static void assert_absent(struct fixture *fixture, enum entity_kind kind, struct text id)
{
    assert_null(loaded(fixture, kind, id).bytes);
}

static void what_was_saved_is_loaded_in_the_batch_and_after_it(void **context)
{
    struct fixture *fixture = *context;
    begin(fixture);
    assert_int_equal(save(fixture, ENTITY_MEMBER, TEXT("ann"), TEXT("first")), STATUS_OK);
    assert_loads(fixture, ENTITY_MEMBER, TEXT("ann"), TEXT("first"));
    assert_int_equal(save(fixture, ENTITY_MEMBER, TEXT("ann"), TEXT("second, and longer by far")),
                     STATUS_OK);
    commit(fixture);
    assert_loads(fixture, ENTITY_MEMBER, TEXT("ann"), TEXT("second, and longer by far"));
    begin(fixture);
    assert_int_equal(save(fixture, ENTITY_MEMBER, TEXT("ann"), TEXT("3")), STATUS_OK);
    commit(fixture);
    assert_loads(fixture, ENTITY_MEMBER, TEXT("ann"), TEXT("3"));
}

static void an_entity_saved_without_bytes_is_gone(void **context)
{
    struct fixture *fixture = *context;
    begin(fixture);
    assert_int_equal(save(fixture, ENTITY_PAGE, TEXT("p"), TEXT("lots")), STATUS_OK);
    commit(fixture);
    begin(fixture);
    assert_int_equal(save(fixture, ENTITY_PAGE, TEXT("p"), (struct text){"", 0}), STATUS_OK);
    assert_absent(fixture, ENTITY_PAGE, TEXT("p"));
    store_rollback(fixture->store);
    assert_loads(fixture, ENTITY_PAGE, TEXT("p"), TEXT("lots"));
    begin(fixture);
    assert_int_equal(save(fixture, ENTITY_PAGE, TEXT("p"), (struct text){"", 0}), STATUS_OK);
    commit(fixture);
    assert_absent(fixture, ENTITY_PAGE, TEXT("p"));
    begin(fixture);
    assert_int_equal(save(fixture, ENTITY_PAGE, TEXT("p"), TEXT("new")), STATUS_OK);
    commit(fixture);
    assert_loads(fixture, ENTITY_PAGE, TEXT("p"), TEXT("new"));
}

static void an_entity_that_was_never_saved_is_absent(void **context)
{
    struct fixture *fixture = *context;
    assert_absent(fixture, ENTITY_MEMBER, TEXT("ann"));
    begin(fixture);
    assert_int_equal(save(fixture, ENTITY_MEMBER, TEXT("ann"), TEXT("state")), STATUS_OK);
    commit(fixture);
    assert_absent(fixture, ENTITY_MEMBER, TEXT("an"));
    assert_absent(fixture, ENTITY_MEMBER, TEXT("anna"));
    assert_absent(fixture, ENTITY_MEMBER, TEXT(""));
}

static void equal_ids_of_different_kinds_are_different_entities(void **context)
{
    struct fixture *fixture = *context;
    begin(fixture);
    assert_int_equal(save(fixture, ENTITY_MEMBER, TEXT("7"), TEXT("member")), STATUS_OK);
    assert_int_equal(save(fixture, ENTITY_TALLY, TEXT("7"), TEXT("tally")), STATUS_OK);
    assert_int_equal(save(fixture, ENTITY_KEY, TEXT("7"), TEXT("key")), STATUS_OK);
    commit(fixture);
    assert_loads(fixture, ENTITY_MEMBER, TEXT("7"), TEXT("member"));
    assert_loads(fixture, ENTITY_TALLY, TEXT("7"), TEXT("tally"));
    assert_loads(fixture, ENTITY_KEY, TEXT("7"), TEXT("key"));
    assert_absent(fixture, ENTITY_REDEMPTION, TEXT("7"));
}

static void ids_and_states_hold_any_byte(void **context)
{
    struct fixture *fixture = *context;
    struct text id = {"a\0b", 3};
    struct text bytes = {"\0\xff\0", 3};
    begin(fixture);
    assert_int_equal(save(fixture, ENTITY_TALLY, id, bytes), STATUS_OK);
    commit(fixture);
    assert_loads(fixture, ENTITY_TALLY, id, bytes);
    assert_absent(fixture, ENTITY_TALLY, TEXT("a"));
}

static void only_dirty_states_are_saved(void **context)
{
    struct fixture *fixture = *context;
    struct entity_key key = {.kind = ENTITY_MEMBER, .id = TEXT("ann")};
    assert_int_equal(states_add(&fixture->states, &key), STATUS_OK);
    assert_int_equal(states_load(&fixture->states, 0, "clean", 5), STATUS_OK);
    begin(fixture);
    assert_int_equal(write_states(fixture, 1), STATUS_OK);
    commit(fixture);
    assert_absent(fixture, ENTITY_MEMBER, TEXT("ann"));
}

static void a_rollback_forgets_all_of_the_batch_and_nothing_else(void **context)
{
    struct fixture *fixture = *context;
    begin(fixture);
    assert_int_equal(save_at(fixture, 1, ENTITY_MEMBER, TEXT("ann"), TEXT("kept")), STATUS_OK);
    commit(fixture);
    begin(fixture);
    assert_int_equal(
        save_at(fixture, 2, ENTITY_MEMBER, TEXT("ann"), TEXT("changed, and much longer")),
        STATUS_OK);
    assert_int_equal(save_at(fixture, 3, ENTITY_MEMBER, TEXT("bob"), TEXT("new")), STATUS_OK);
    assert_int_equal(save_at(fixture, 4, ENTITY_MEMBER, TEXT("ann"), TEXT("again")), STATUS_OK);
    assert_int_equal(save_at(fixture, 5, ENTITY_KEY, TEXT("0123456789abcdef"), TEXT("used")),
                     STATUS_OK);
    store_rollback(fixture->store);
    assert_loads(fixture, ENTITY_MEMBER, TEXT("ann"), TEXT("kept"));
    assert_absent(fixture, ENTITY_MEMBER, TEXT("bob"));
    assert_absent(fixture, ENTITY_KEY, TEXT("0123456789abcdef"));
    begin(fixture);
    /* The position is free again. */
    assert_int_equal(save_at(fixture, 2, ENTITY_MEMBER, TEXT("ann"), TEXT("2")), STATUS_OK);
    commit(fixture);
    assert_loads(fixture, ENTITY_MEMBER, TEXT("ann"), TEXT("2"));
}

static void going_back_to_a_mark_forgets_what_came_after_it_alone(void **context)
{
    struct fixture *fixture = *context;
    struct arena *arena = &fixture->arena;
    struct text value;
    begin(fixture);
    assert_int_equal(save_at(fixture, 1, ENTITY_MEMBER, TEXT("ann"), TEXT("1")), STATUS_OK);
    assert_int_equal(store_put(fixture->store, DOCUMENT_SETTING, TEXT("s"), TEXT("1")), STATUS_OK);
    uint64_t mark = store_mark(fixture->store);
    for (int times = 0; times < 3; times++) {
        assert_int_equal(save_at(fixture, 2, ENTITY_MEMBER, TEXT("ann"), TEXT("two")), STATUS_OK);
        uint64_t inner = store_mark(fixture->store);
        assert_int_equal(save_at(fixture, 3, ENTITY_MEMBER, TEXT("bob"), TEXT("2")), STATUS_OK);
        assert_int_equal(save_at(fixture, 4, ENTITY_KEY, TEXT("0123456789abcdef"), TEXT("used")),
                         STATUS_OK);
        assert_int_equal(store_put(fixture->store, DOCUMENT_SETTING, TEXT("s"), TEXT("2")),
                         STATUS_OK);
        store_back_to(fixture->store, inner);
        assert_loads(fixture, ENTITY_MEMBER, TEXT("ann"), TEXT("two"));
        assert_absent(fixture, ENTITY_MEMBER, TEXT("bob"));
        assert_absent(fixture, ENTITY_KEY, TEXT("0123456789abcdef"));
        assert_int_equal(store_get(fixture->store, DOCUMENT_SETTING, TEXT("s"), arena, &value),
                         STATUS_OK);
        assert_true(text_equal(value, TEXT("1")));
        store_back_to(fixture->store, mark);
        assert_loads(fixture, ENTITY_MEMBER, TEXT("ann"), TEXT("1"));
    }
    assert_int_equal(save_at(fixture, 2, ENTITY_MEMBER, TEXT("cleo"), TEXT("3")), STATUS_OK);
    commit(fixture);
    assert_loads(fixture, ENTITY_MEMBER, TEXT("ann"), TEXT("1"));
    assert_loads(fixture, ENTITY_MEMBER, TEXT("cleo"), TEXT("3"));
    assert_absent(fixture, ENTITY_MEMBER, TEXT("bob"));
    struct record record;
    assert_int_equal(store_record(fixture->store, 2, &record), STATUS_OK);
    assert_int_equal(store_record(fixture->store, 3, &record), STATUS_NOT_FOUND);
}

static void calls_out_of_turn_are_refused(void **context)
{
    struct fixture *fixture = *context;
    struct store *store = fixture->store;
    assert_int_equal(save(fixture, ENTITY_MEMBER, TEXT("ann"), TEXT("x")), STATUS_INVALID);
    assert_int_equal(store_put(store, DOCUMENT_SETTING, TEXT("s"), TEXT("1")), STATUS_INVALID);
    assert_int_equal(store_commit(store), STATUS_INVALID);
    begin(fixture);
    assert_int_equal(store_begin(store), STATUS_INVALID);
    put_in_set(fixture, ENTITY_MEMBER, TEXT("ann"), TEXT("x"));
    assert_int_equal(store_save_dirty(store, &fixture->states), STATUS_INVALID);
    assert_int_equal(save_at(fixture, 5, ENTITY_MEMBER, TEXT("ann"), TEXT("5")), STATUS_OK);
    assert_int_equal(save_at(fixture, 5, ENTITY_MEMBER, TEXT("ann"), TEXT("6")), STATUS_INVALID);
    assert_int_equal(save_at(fixture, 4, ENTITY_MEMBER, TEXT("ann"), TEXT("6")), STATUS_INVALID);
    assert_loads(fixture, ENTITY_MEMBER, TEXT("ann"), TEXT("5"));
    commit(fixture);
    begin(fixture);
    assert_int_equal(save_at(fixture, 5, ENTITY_MEMBER, TEXT("ann"), TEXT("6")), STATUS_INVALID);
    commit(fixture);
}

/* Everything that a reader is shown, one after the other. */
static enum status list_record(void *context, const struct record *record)
{
    TRY(buffer_add_format(context, "%llu:", (unsigned long long)record->position));
    for (uint32_t i = 0; i < record->link_count; i++) {
        const struct record_link *link = &record->links[i];
        TRY(buffer_add_format(context, "%.*s %llu<%llu,", TEXT_ARGUMENTS(link->key.id),
                              (unsigned long long)link->sequence,
                              (unsigned long long)link->previous_position));
    }
    return buffer_add_byte(context, ';');
}

static enum status list_state(void *context, const struct entity_key *key, struct text bytes)
{
    return buffer_add_format(context, "%.*s=%.*s;", TEXT_ARGUMENTS(key->id), TEXT_ARGUMENTS(bytes));
}

static enum status list_document(void *context, struct text id, struct text value)
{
    return buffer_add_format(context, "%.*s=%.*s;", TEXT_ARGUMENTS(id), TEXT_ARGUMENTS(value));
}

static void assert_listed(struct fixture *fixture, const char *records, const char *members)
{
    struct buffer list;
    buffer_init(&list, 1u << 20);
    assert_int_equal(store_each_record(fixture->store, 0, list_record, &list), STATUS_OK);
    assert_int_equal(buffer_add_byte(&list, '\0'), STATUS_OK);
    assert_string_equal(list.bytes, records);
    buffer_clear(&list);
    assert_int_equal(store_each_state(fixture->store, ENTITY_MEMBER, TEXT(""), list_state, &list),
                     STATUS_OK);
    assert_int_equal(buffer_add_byte(&list, '\0'), STATUS_OK);
    assert_string_equal(list.bytes, members);
    buffer_release(&list);
}

static void readers_see_what_was_committed_alone(void **context)
{
    struct fixture *fixture = *context;
    assert_listed(fixture, "", "");
    begin(fixture);
    assert_int_equal(save_at(fixture, 1, ENTITY_MEMBER, TEXT("ann"), TEXT("1")), STATUS_OK);
    assert_int_equal(save_at(fixture, 2, ENTITY_TALLY, TEXT("stock"), TEXT("9")), STATUS_OK);
    assert_listed(fixture, "", "");
    commit(fixture);
    assert_listed(fixture, "1:ann 1<0,;2:stock 1<0,;", "ann=1;");
    begin(fixture);
    assert_int_equal(save_at(fixture, 3, ENTITY_MEMBER, TEXT("bob"), TEXT("2")), STATUS_OK);
    assert_int_equal(save_at(fixture, 5, ENTITY_MEMBER, TEXT("ann"), TEXT("3")), STATUS_OK);
    assert_int_equal(save_at(fixture, 6, ENTITY_MEMBER, TEXT("ann"), TEXT("4")), STATUS_OK);
    assert_listed(fixture, "1:ann 1<0,;2:stock 1<0,;", "ann=1;");
    commit(fixture);
    assert_listed(fixture, "1:ann 1<0,;2:stock 1<0,;3:bob 1<0,;5:ann 2<1,;6:ann 3<5,;",
                  "ann=4;bob=2;");
}

/* ---- records ---- */

static void a_record_links_to_the_one_before_of_each_entity_it_touched(void **context)
{
    struct fixture *fixture = *context;
    struct entity_key ann = {.kind = ENTITY_MEMBER, .id = TEXT("ann")};
    struct entity_key key = {.kind = ENTITY_KEY, .id = TEXT("0123456789abcdef")};
    uint64_t position = 0;
    struct record record;
    assert_int_equal(store_last_touched(fixture->store, &ann, &position), STATUS_NOT_FOUND);
    begin(fixture);
    assert_int_equal(save_at(fixture, 2, ENTITY_MEMBER, TEXT("ann"), TEXT("1")), STATUS_OK);
    put_in_set(fixture, ENTITY_MEMBER, TEXT("ann"), TEXT("2"));
    assert_int_equal(states_add(&fixture->states, &key), STATUS_OK);
    assert_int_equal(states_load(&fixture->states, 1, "used", 4), STATUS_OK);
    fixture->states.list[1].is_dirty = true;
    assert_int_equal(write_states(fixture, 7), STATUS_OK);
    assert_int_equal(store_last_touched(fixture->store, &ann, &position), STATUS_NOT_FOUND);
    commit(fixture);
    assert_int_equal(store_last_touched(fixture->store, &ann, &position), STATUS_OK);
    assert_int_equal(position, 7);
    assert_int_equal(store_record(fixture->store, 7, &record), STATUS_OK);
    /* A key is touched once: it needs no link. */
    assert_int_equal(record.link_count, 1);
    assert_int_equal(record.links[0].sequence, 2);
    assert_int_equal(record.links[0].previous_position, 2);
    assert_int_equal(store_record(fixture->store, 2, &record), STATUS_OK);
    assert_int_equal(record.position, 2);
    assert_int_equal(record.links[0].previous_position, 0);
    assert_int_equal(store_record(fixture->store, 3, &record), STATUS_NOT_FOUND);
    begin(fixture);
    assert_int_equal(save_at(fixture, 9, ENTITY_MEMBER, TEXT("ann"), TEXT("3")), STATUS_OK);
    store_rollback(fixture->store);
    assert_int_equal(store_last_touched(fixture->store, &ann, &position), STATUS_OK);
    assert_int_equal(position, 7);
}

static void an_entity_that_was_gone_goes_on_with_its_numbers(void **context)
{
    struct fixture *fixture = *context;
    begin(fixture);
    assert_int_equal(save_at(fixture, 1, ENTITY_PAGE, TEXT("page"), TEXT("a")), STATUS_OK);
    assert_int_equal(save_at(fixture, 2, ENTITY_PAGE, TEXT("page"), TEXT("")), STATUS_OK);
    commit(fixture);
    begin(fixture);
    assert_int_equal(save_at(fixture, 3, ENTITY_PAGE, TEXT("page"), TEXT("b")), STATUS_OK);
    commit(fixture);
    assert_listed(fixture, "1:page 1<0,;2:page 2<1,;3:page 3<2,;", "");
}

/* Goes through all records as a verifier does, which knows nothing but them. */
struct chain {
    struct record_hash before;
    struct record_hash by_position[32];
    struct buffer scratch;
    uint64_t records;
};

static enum status check_chain(void *context, const struct record *record)
{
    struct chain *chain = context;
    struct record_hash previous[8];
    for (uint32_t i = 0; i < record->link_count; i++)
        previous[i] = chain->by_position[record->links[i].previous_position];
    TRY(record_check(record, &chain->before, previous, &chain->scratch));
    memcpy(chain->before.bytes, record->hash, sizeof record->hash);
    chain->by_position[record->position] = chain->before;
    chain->records++;
    return STATUS_OK;
}

static void the_chain_of_records_can_be_worked_out_again(void **context)
{
    struct fixture *fixture = *context;
    struct chain chain = {.records = 0};
    buffer_init(&chain.scratch, 1u << 20);
    for (uint64_t position = 1; position <= 20; position++) {
        begin(fixture);
        struct text id = position % 3 == 0 ? TEXT("ann") : TEXT("bob");
        assert_int_equal(save_at(fixture, position, ENTITY_MEMBER, id, TEXT("x")), STATUS_OK);
        if (position % 5 == 0) {
            store_rollback(fixture->store);
        } else {
            commit(fixture);
        }
    }
    assert_int_equal(store_each_record(fixture->store, 0, check_chain, &chain), STATUS_OK);
    assert_int_equal(chain.records, 16);
    buffer_release(&chain.scratch);
}

static void records_and_states_are_listed_from_any_place(void **context)
{
    struct fixture *fixture = *context;
    struct buffer list;
    buffer_init(&list, 1u << 16);
    begin(fixture);
    assert_int_equal(save_at(fixture, 1, ENTITY_MEMBER, TEXT("b"), TEXT("1")), STATUS_OK);
    assert_int_equal(save_at(fixture, 4, ENTITY_MEMBER, TEXT("a"), TEXT("2")), STATUS_OK);
    assert_int_equal(save_at(fixture, 5, ENTITY_MEMBER, TEXT("ab"), TEXT("3")), STATUS_OK);
    commit(fixture);
    assert_int_equal(store_each_record(fixture->store, 3, list_record, &list), STATUS_OK);
    assert_true(text_equal(buffer_text(&list), TEXT("4:a 1<0,;5:ab 1<0,;")));
    buffer_clear(&list);
    assert_int_equal(store_each_record(fixture->store, 5, list_record, &list), STATUS_OK);
    assert_int_equal(store_each_record(fixture->store, UINT64_MAX, list_record, &list), STATUS_OK);
    assert_int_equal(list.length, 0);
    assert_int_equal(store_each_state(fixture->store, ENTITY_MEMBER, TEXT("a"), list_state, &list),
                     STATUS_OK);
    assert_true(text_equal(buffer_text(&list), TEXT("ab=3;b=1;")));
    buffer_release(&list);
}

/* ---- documents ---- */

static void assert_document(struct fixture *fixture, enum document_kind kind, struct text id,
                            struct text expected)
{
    struct text value;
    enum status status = store_get(fixture->store, kind, id, &fixture->arena, &value);
    if (text_is_empty(expected)) {
        assert_int_equal(status, STATUS_NOT_FOUND);
        return;
    }
    assert_int_equal(status, STATUS_OK);
    assert_true(text_equal(value, expected));
}

static void a_document_is_what_was_put_last(void **context)
{
    struct fixture *fixture = *context;
    struct store *store = fixture->store;
    begin(fixture);
    assert_int_equal(store_put(store, DOCUMENT_PERSON, TEXT("ann"), TEXT("{1}")), STATUS_OK);
    assert_int_equal(store_put(store, DOCUMENT_SETTING, TEXT("ann"), TEXT("{2}")), STATUS_OK);
    assert_document(fixture, DOCUMENT_PERSON, TEXT("ann"), TEXT("{1}"));
    assert_int_equal(store_put(store, DOCUMENT_PERSON, TEXT("ann"), TEXT("{longer}")), STATUS_OK);
    assert_document(fixture, DOCUMENT_PERSON, TEXT("ann"), TEXT("{longer}"));
    commit(fixture);
    assert_document(fixture, DOCUMENT_PERSON, TEXT("ann"), TEXT("{longer}"));
    assert_document(fixture, DOCUMENT_SETTING, TEXT("ann"), TEXT("{2}"));
    assert_document(fixture, DOCUMENT_API_KEY, TEXT("ann"), TEXT(""));
    begin(fixture);
    assert_int_equal(store_put(store, DOCUMENT_PERSON, TEXT("ann"), TEXT("")), STATUS_OK);
    assert_document(fixture, DOCUMENT_PERSON, TEXT("ann"), TEXT(""));
    store_rollback(fixture->store);
    assert_document(fixture, DOCUMENT_PERSON, TEXT("ann"), TEXT("{longer}"));
    begin(fixture);
    assert_int_equal(store_put(store, DOCUMENT_PERSON, TEXT("ann"), TEXT("")), STATUS_OK);
    assert_int_equal(store_put(store, DOCUMENT_PERSON, TEXT("nobody"), TEXT("")), STATUS_OK);
    commit(fixture);
    assert_document(fixture, DOCUMENT_PERSON, TEXT("ann"), TEXT(""));
}

static void documents_are_listed_by_id_and_committed_ones_alone(void **context)
{
    struct fixture *fixture = *context;
    struct buffer list;
    buffer_init(&list, 1u << 16);
    begin(fixture);
    for (int i = 30; i > 0; i--) {
        char id[8];
        size_t length = (size_t)snprintf(id, sizeof id, "%02d", i);
        assert_int_equal(store_put(fixture->store, DOCUMENT_WEBHOOK, (struct text){id, length},
                                   (struct text){id, length}),
                         STATUS_OK);
    }
    assert_int_equal(
        store_each_document(fixture->store, DOCUMENT_WEBHOOK, TEXT(""), list_document, &list),
        STATUS_OK);
    assert_int_equal(list.length, 0);
    commit(fixture);
    assert_int_equal(
        store_each_document(fixture->store, DOCUMENT_WEBHOOK, TEXT("27"), list_document, &list),
        STATUS_OK);
    assert_true(text_equal(buffer_text(&list), TEXT("28=28;29=29;30=30;")));
    buffer_release(&list);
}

static void a_symbol_gets_a_name(void **context)
{
    struct fixture *fixture = *context;
    begin(fixture);
    assert_int_equal(store_name_symbol(fixture->store, 42, TEXT("wallet"), TEXT("points")),
                     STATUS_OK);
    commit(fixture);
    assert_document(fixture, DOCUMENT_SYMBOL, TEXT("0000000042"), TEXT("wallet points"));
}

static void figures_count_what_was_committed(void **context)
{
    struct fixture *fixture = *context;
    struct store_figures figures;
    begin(fixture);
    assert_int_equal(save_at(fixture, 3, ENTITY_MEMBER, TEXT("ann"), TEXT("1")), STATUS_OK);
    store_figures(fixture->store, &figures);
    assert_int_equal(figures.last_position, 0);
    commit(fixture);
    store_figures(fixture->store, &figures);
    assert_int_equal(figures.last_position, 3);
    assert_int_equal(figures.commits, 1);
}

static void states_come_in_the_same_order_whatever_was_rolled_back(void **context)
{
    struct fixture *fixture = *context;
    begin(fixture);
    assert_int_equal(save(fixture, ENTITY_MEMBER, TEXT("dora"), TEXT("x")), STATUS_OK);
    assert_int_equal(save(fixture, ENTITY_MEMBER, TEXT("cleo"), TEXT("x")), STATUS_OK);
    store_rollback(fixture->store);
    fixture->position = 0;
    begin(fixture);
    assert_int_equal(save(fixture, ENTITY_MEMBER, TEXT("ann"), TEXT("1")), STATUS_OK);
    assert_int_equal(save(fixture, ENTITY_MEMBER, TEXT("bob"), TEXT("2")), STATUS_OK);
    assert_int_equal(save(fixture, ENTITY_MEMBER, TEXT("cleo"), TEXT("3")), STATUS_OK);
    commit(fixture);
    assert_listed(fixture, "1:ann 1<0,;2:bob 1<0,;3:cleo 1<0,;", "ann=1;bob=2;cleo=3;");
}

static enum status stop_at_once(void *context, const struct record *record)
{
    (void)record;
    ++*(int *)context;
    return STATUS_INTERRUPTED;
}

static void a_visitor_can_stop_the_visit(void **context)
{
    struct fixture *fixture = *context;
    int visits = 0;
    begin(fixture);
    assert_int_equal(save(fixture, ENTITY_MEMBER, TEXT("a"), TEXT("1")), STATUS_OK);
    assert_int_equal(save(fixture, ENTITY_MEMBER, TEXT("b"), TEXT("2")), STATUS_OK);
    commit(fixture);
    assert_int_equal(store_each_record(fixture->store, 0, stop_at_once, &visits),
                     STATUS_INTERRUPTED);
    assert_int_equal(visits, 1);
}

/* A small model of what should be in the store: by number, how long its state is and which byte
 * fills it. */
#define MODEL_COUNT 3000
#define MODEL_STATE_MAXIMUM 3000
struct model_state {
    size_t length; /* 0: absent */
    unsigned char fill;
};

static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static void check_model(struct fixture *fixture, const struct model_state *model)
{
    static char expected[MODEL_STATE_MAXIMUM];
    for (size_t i = 0; i < MODEL_COUNT; i++) {
        char id[16];
        size_t length = (size_t)snprintf(id, sizeof id, "member %zu", i);
        struct text found = loaded(fixture, ENTITY_MEMBER, (struct text){id, length});
        assert_int_equal(found.length, model[i].length);
        memset(expected, model[i].fill, model[i].length);
        if (found.length > 0) assert_memory_equal(found.bytes, expected, found.length);
    }
}

static void random_batches_leave_what_a_simple_model_says(void **context)
{
    struct fixture *fixture = *context;
    static struct model_state committed[MODEL_COUNT];
    static struct model_state open[MODEL_COUNT];
    static char bytes[MODEL_STATE_MAXIMUM];
    memset(committed, 0, sizeof committed);
    memset(open, 0, sizeof open);
    uint64_t seed = UINT64_C(0x5DEECE66D);
    for (int batch = 0; batch < 300; batch++) {
        begin(fixture);
        int saves = (int)(next_random(&seed) % 60);
        for (int i = 0; i < saves; i++) {
            size_t number = next_random(&seed) % MODEL_COUNT;
            char id[16];
            size_t id_length = (size_t)snprintf(id, sizeof id, "member %zu", number);
            size_t length = 1 + next_random(&seed) % (MODEL_STATE_MAXIMUM - 1);
            if (next_random(&seed) % 4 > 0) length = 1 + length % 300;
            open[number] = (struct model_state){length, (unsigned char)next_random(&seed)};
            memset(bytes, open[number].fill, length);
            assert_int_equal(save(fixture, ENTITY_MEMBER, (struct text){id, id_length},
                                  (struct text){bytes, length}),
                             STATUS_OK);
        }
        if (next_random(&seed) % 3 == 0) {
            store_rollback(fixture->store);
            memcpy(open, committed, sizeof open);
        } else {
            commit(fixture);
            memcpy(committed, open, sizeof open);
        }
        if (batch % 50 == 49) check_model(fixture, committed);
    }
}

/* Passes an event through the engine and saves what it changed. */
static void pass(struct fixture *fixture, struct event *event)
{
    struct decision decision;
    event->position = ++fixture->position;
    event->occurred_at_us = (int64_t)fixture->position * MICROSECONDS_PER_SECOND;
    event->clock_us = event->occurred_at_us;
    states_clear(&fixture->states);
    assert_int_equal(store_load_for(fixture->store, fixture->program, event, &fixture->states),
                     STATUS_OK);
    assert_int_equal(engine_decide(fixture->program, &fixture->states, event, NULL, &decision),
                     STATUS_OK);
    assert_int_equal(decision.answer, ANSWER_DONE);
    struct buffer body;
    buffer_init(&body, ENGINE_RECORD_MAXIMUM);
    assert_int_equal(engine_encode(&decision, NULL, &body), STATUS_OK);
    const struct written written = {&decision, buffer_text(&body), &fixture->states};
    assert_int_equal(store_write(fixture->store, &written), STATUS_OK);
    buffer_release(&body);
}

static void buy(struct fixture *fixture, struct text member, struct text order, struct text sku,
                int64_t quantity)
{
    struct item item = {.sku = sku, .quantity = quantity, .unit_price = {100, 2}};
    struct event event = {
        .type = EVENT_PURCHASE, .member = member, .order = order, .items = &item, .item_count = 1};
    pass(fixture, &event);
}

static void join(struct fixture *fixture, struct text member)
{
    struct event event = {.type = EVENT_JOIN, .member = member};
    pass(fixture, &event);
}

/* The orders that a LINES look-up is answered with, each with its length before it. */
static void assert_lines(struct fixture *fixture, struct text member, struct text sku,
                         int64_t units, const char *orders)
{
    struct entity_key key = {.kind = ENTITY_LINES, .id = member, .sku = sku, .units = units};
    states_clear(&fixture->states);
    assert_int_equal(states_add(&fixture->states, &key), STATUS_OK);
    assert_int_equal(store_load(fixture->store, &fixture->states, 0), STATUS_OK);
    const struct state *state = &fixture->states.list[0];
    assert_true(state->is_loaded);
    struct text found = {(const char *)state->bytes, state->size};
    if (!text_equal(found, text_of(orders)))
        print_error("found %.*s, not %s\n", TEXT_ARGUMENTS(found), orders);
    assert_true(text_equal(found, text_of(orders)));
}

static void lines_are_found_in_the_newest_orders_until_the_units_suffice(void **context)
{
    struct fixture *fixture = *context;
    begin(fixture);
    join(fixture, TEXT("ann"));
    join(fixture, TEXT("bob"));
    buy(fixture, TEXT("ann"), TEXT("o1"), TEXT("A"), 5);
    buy(fixture, TEXT("bob"), TEXT("o2"), TEXT("A"), 5);
    buy(fixture, TEXT("ann"), TEXT("o3"), TEXT("B"), 5);
    commit(fixture);
    begin(fixture);
    buy(fixture, TEXT("ann"), TEXT("o4"), TEXT("A"), 2);
    assert_lines(fixture, TEXT("ann"), TEXT("A"), 1, "\2o4");
    assert_lines(fixture, TEXT("ann"), TEXT("A"), 2, "\2o4");
    assert_lines(fixture, TEXT("ann"), TEXT("A"), 3, "\2o4\2o1");
    assert_lines(fixture, TEXT("ann"), TEXT("A"), 100, "\2o4\2o1");
    assert_lines(fixture, TEXT("bob"), TEXT("A"), 100, "\2o2");
    assert_lines(fixture, TEXT("ann"), TEXT("C"), 1, "");
    assert_lines(fixture, TEXT("nobody"), TEXT("A"), 1, "");
    store_rollback(fixture->store);
    assert_lines(fixture, TEXT("ann"), TEXT("A"), 100, "\2o1");
}

static void lines_that_were_returned_are_not_found(void **context)
{
    struct fixture *fixture = *context;
    begin(fixture);
    join(fixture, TEXT("ann"));
    buy(fixture, TEXT("ann"), TEXT("o1"), TEXT("A"), 5);
    buy(fixture, TEXT("ann"), TEXT("o2"), TEXT("A"), 3);
    struct returned returned = {.sku = TEXT("A"), .quantity = 4};
    struct event event = {.type = EVENT_RETURN_BY_SKU,
                          .member = TEXT("ann"),
                          .returns = &returned,
                          .return_count = 1};
    pass(fixture, &event);
    assert_lines(fixture, TEXT("ann"), TEXT("A"), 100, "\2o1");
    commit(fixture);
    assert_lines(fixture, TEXT("ann"), TEXT("A"), 100, "\2o1");
}

static void orders_hang_together_even_where_batches_were_rolled_back(void **context)
{
    struct fixture *fixture = *context;
    begin(fixture);
    join(fixture, TEXT("ann"));
    buy(fixture, TEXT("ann"), TEXT("o1"), TEXT("A"), 1);
    store_rollback(fixture->store);
    assert_lines(fixture, TEXT("ann"), TEXT("A"), 9, "");
    begin(fixture);
    join(fixture, TEXT("ann"));
    buy(fixture, TEXT("ann"), TEXT("o2"), TEXT("A"), 1);
    commit(fixture);
    begin(fixture);
    buy(fixture, TEXT("ann"), TEXT("o3"), TEXT("A"), 1);
    buy(fixture, TEXT("ann"), TEXT("o4"), TEXT("A"), 1);
    store_rollback(fixture->store);
    begin(fixture);
    buy(fixture, TEXT("ann"), TEXT("o5"), TEXT("A"), 1);
    commit(fixture);
    assert_lines(fixture, TEXT("ann"), TEXT("A"), 9, "\2o5\2o2");
}

/* A guest's order has nobody's lines until somebody claims it; then it stands where it was bought.
 */
static void a_claimed_order_is_found_among_its_members(void **context)
{
    struct fixture *fixture = *context;
    struct item item = {.sku = TEXT("A"), .quantity = 3, .unit_price = {100, 2}};
    struct event guest = {
        .type = EVENT_PURCHASE, .order = TEXT("g1"), .items = &item, .item_count = 1};
    struct event claim = {
        .type = EVENT_CLAIM, .order = TEXT("g1"), .member = TEXT("ann"), .reason = TEXT("code")};
    begin(fixture);
    join(fixture, TEXT("ann"));
    pass(fixture, &guest);
    buy(fixture, TEXT("ann"), TEXT("o2"), TEXT("A"), 2);
    commit(fixture);
    assert_lines(fixture, TEXT("ann"), TEXT("A"), 9, "\2o2");
    begin(fixture);
    uint64_t mark = store_mark(fixture->store);
    pass(fixture, &claim);
    assert_lines(fixture, TEXT("ann"), TEXT("A"), 2, "\2g1");
    assert_lines(fixture, TEXT("ann"), TEXT("A"), 9, "\2g1\2o2");
    store_back_to(fixture->store, mark);
    assert_lines(fixture, TEXT("ann"), TEXT("A"), 9, "\2o2");
    pass(fixture, &claim);
    commit(fixture);
    assert_lines(fixture, TEXT("ann"), TEXT("A"), 9, "\2g1\2o2");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(what_was_saved_is_loaded_in_the_batch_and_after_it),
        CASE(an_entity_saved_without_bytes_is_gone),
        CASE(an_entity_that_was_never_saved_is_absent),
        CASE(equal_ids_of_different_kinds_are_different_entities),
        CASE(ids_and_states_hold_any_byte),
        CASE(only_dirty_states_are_saved),
        CASE(a_rollback_forgets_all_of_the_batch_and_nothing_else),
        CASE(going_back_to_a_mark_forgets_what_came_after_it_alone),
        CASE(calls_out_of_turn_are_refused),
        CASE(readers_see_what_was_committed_alone),
        CASE(a_record_links_to_the_one_before_of_each_entity_it_touched),
        CASE(an_entity_that_was_gone_goes_on_with_its_numbers),
        CASE(the_chain_of_records_can_be_worked_out_again),
        CASE(records_and_states_are_listed_from_any_place),
        CASE(a_document_is_what_was_put_last),
        CASE(documents_are_listed_by_id_and_committed_ones_alone),
        CASE(a_symbol_gets_a_name),
        CASE(figures_count_what_was_committed),
        CASE(states_come_in_the_same_order_whatever_was_rolled_back),
        CASE(a_visitor_can_stop_the_visit),
        CASE(random_batches_leave_what_a_simple_model_says),
        CASE(lines_are_found_in_the_newest_orders_until_the_units_suffice),
        CASE(lines_that_were_returned_are_not_found),
        CASE(orders_hang_together_even_where_batches_were_rolled_back),
        CASE(a_claimed_order_is_found_among_its_members),
    };
    int failed = 0;
    folder_open(sqlite_folder, sizeof sqlite_folder);
    for (size_t i = 0; i < sizeof openers / sizeof openers[0]; i++) {
        opener = &openers[i];
        failed += cmocka_run_group_tests_name(opener->name, tests, NULL, NULL);
    }
    folder_close(sqlite_folder);
    return failed;
}
