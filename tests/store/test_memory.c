/* The memory store when memory runs out: whichever allocation fails, the call says so, and rolling
 * back leaves what was committed.
 *
 * The linker puts the functions below in front of the allocator.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "store/store.h"

/* Allocations that still succeed; below zero: all do. */
static long allocations_left = -1;

static bool is_refused(void)
{
    if (allocations_left < 0) return false;
    if (allocations_left == 0) return true;
    allocations_left--;
    return false;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void *__real_reallocarray(void *block, size_t count, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
void *__wrap_reallocarray(void *block, size_t count, size_t size);

void *__wrap_malloc(size_t size)
{
    return is_refused() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return is_refused() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *block, size_t size)
{
    return is_refused() ? NULL : __real_realloc(block, size);
}

void *__wrap_reallocarray(void *block, size_t count, size_t size)
{
    return is_refused() ? NULL : __real_reallocarray(block, count, size);
}

#define MEMBER_COUNT 2000
#define STATE_MAXIMUM 5000
/* Few have a document: a commit allocates for each. */
#define DOCUMENT_EVERY 100

/* The k-th member's state in a round: so many bytes, all the same. */
static struct text state_bytes(size_t member, int round, char *bytes)
{
    size_t length = 1 + (member * 37 + (size_t)round * 911) % STATE_MAXIMUM;
    memset(bytes, (int)(member + (size_t)round) % 256, length);
    return (struct text){bytes, length};
}

static struct text member_id(size_t member, char *id)
{
    return (struct text){id, (size_t)snprintf(id, 24, "member %zu", member)};
}

/* Saves every third member, and a record for each, and some documents. */
static enum status save_round(struct store *store, struct states *states, int round)
{
    static char bytes[STATE_MAXIMUM];
    for (size_t member = (size_t)round % 3; member < MEMBER_COUNT; member += 3) {
        char id[24];
        struct entity_key key = {.kind = ENTITY_MEMBER, .id = member_id(member, id)};
        struct text state = state_bytes(member, round, bytes);
        long left = allocations_left;
        allocations_left = -1;
        states_clear(states);
        assert_int_equal(states_add(states, &key), STATUS_OK);
        assert_int_equal(states_load(states, 0, state.bytes, state.length), STATUS_OK);
        states->list[0].is_dirty = true;
        allocations_left = left;
        struct decision decision = {.position = (uint64_t)round * MEMBER_COUNT + member + 1};
        const struct written written = {&decision, state, states};
        TRY(store_write(store, &written));
        if (member % DOCUMENT_EVERY == 0) TRY(store_put(store, DOCUMENT_PERSON, key.id, state));
    }
    return STATUS_OK;
}

static enum status count_record(void *context, const struct record *record)
{
    (void)record;
    ++*(size_t *)context;
    return STATUS_OK;
}

/* The rounds before `rounds` are in the store, and nothing else. */
static void check_rounds(struct store *store, struct states *states, int rounds)
{
    static char bytes[STATE_MAXIMUM];
    size_t expected_records = 0;
    for (size_t member = 0; member < MEMBER_COUNT; member++) {
        char id[24];
        struct entity_key key = {.kind = ENTITY_MEMBER, .id = member_id(member, id)};
        int last = -1;
        for (int round = 0; round < rounds; round++) {
            if (member % 3 != (size_t)round % 3) continue;
            last = round;
            expected_records++;
        }
        states_clear(states);
        assert_int_equal(states_add(states, &key), STATUS_OK);
        assert_int_equal(store_load(store, states, 0), STATUS_OK);
        if (last < 0) {
            assert_null(states->list[0].bytes);
            continue;
        }
        struct text state = state_bytes(member, last, bytes);
        assert_int_equal(states->list[0].size, state.length);
        assert_memory_equal(states->list[0].bytes, state.bytes, state.length);
        if (member % DOCUMENT_EVERY != 0) continue;
        struct text document;
        assert_int_equal(store_get(store, DOCUMENT_PERSON, key.id, &states->arena, &document),
                         STATUS_OK);
        assert_true(text_equal(document, state));
    }
    size_t records = 0;
    assert_int_equal(store_each_record(store, 0, count_record, &records), STATUS_OK);
    assert_int_equal(records, expected_records);
}

static void whichever_allocation_fails_a_rollback_leaves_what_was_committed(void **context)
{
    (void)context;
    struct states states;
    assert_int_equal(states_init(&states, 1u << 26), STATUS_OK);
    bool has_failed = true;
    int failures = 0;
    for (long allowed = 0; has_failed; allowed++) {
        struct store *store;
        assert_int_equal(memory_store_open(true, &store), STATUS_OK);
        has_failed = false;
        for (int round = 0; round < 6; round++) {
            assert_int_equal(store_begin(store), STATUS_OK);
            /* The allocation to fail is looked for in the fourth round. */
            allocations_left = round == 3 ? allowed : -1;
            enum status status = save_round(store, &states, round);
            bool is_rolled_back = false;
            if (status != STATUS_OK) {
                /* Rolling back must do without. */
                allocations_left = 0;
            } else {
                status = store_commit(store);
                is_rolled_back = status == STATUS_FULL;
            }
            if (status == STATUS_OK) {
                allocations_left = -1;
                continue;
            }
            assert_int_equal(status, is_rolled_back ? STATUS_FULL : STATUS_NO_MEMORY);
            if (!is_rolled_back) store_rollback(store);
            allocations_left = -1;
            has_failed = true;
            failures++;
            check_rounds(store, &states, round);
            /* Again, and this time it succeeds. */
            assert_int_equal(store_begin(store), STATUS_OK);
            assert_int_equal(save_round(store, &states, round), STATUS_OK);
            assert_int_equal(store_commit(store), STATUS_OK);
        }
        check_rounds(store, &states, 6);
        store_close(store);
    }
    assert_true(failures >= 3);
    states_release(&states);
}

static void opening_without_memory_is_a_status(void **context)
{
    (void)context;
    struct store *store = NULL;
    allocations_left = 0;
    enum status status = memory_store_open(false, &store);
    allocations_left = -1;
    assert_int_equal(status, STATUS_NO_MEMORY);
    assert_null(store);
    store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whichever_allocation_fails_a_rollback_leaves_what_was_committed),
        cmocka_unit_test(opening_without_memory_is_a_status),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
