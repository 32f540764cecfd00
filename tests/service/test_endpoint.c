/* The window of an endpoint: who is sent next, how far the cursor may go, what is kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "service/endpoint.h"

#define NOW INT64_C(1000000000)
#define MANY 16

static struct endpoint *make(uint64_t scanned)
{
    struct endpoint *endpoint = NULL;
    assert_int_equal(endpoint_new(TEXT("wh"), &endpoint), STATUS_OK);
    endpoint->scanned = scanned;
    return endpoint;
}

static void add(struct endpoint *endpoint, uint64_t position, uint32_t index, uint64_t member)
{
    struct entry entry = {.delivery = {.position = position, .index = index},
                          .member = member,
                          .entered_us = NOW,
                          .due_us = NOW};
    assert_int_equal(endpoint_add(endpoint, &entry), STATUS_OK);
}

static uint32_t choose(struct endpoint *endpoint, uint32_t maximum, uint64_t positions[MANY])
{
    uint32_t chosen[MANY];
    endpoint->look_us = INT64_MIN;
    uint32_t count = endpoint_choose(endpoint, NOW, maximum, chosen);
    for (uint32_t i = 0; i < count; i++)
        positions[i] = endpoint->entries[chosen[i]].delivery.position;
    return count;
}

static void entries_stand_in_order_and_each_once(void **state)
{
    (void)state;
    static const struct {
        uint64_t position;
        uint32_t index;
    } added[] = {{5, 0}, {2, 1}, {9, 0}, {2, 0}, {5, 0}, {2, 1}, {7, 3}};
    struct endpoint *endpoint = make(10);
    for (size_t i = 0; i < sizeof added / sizeof *added; i++)
        add(endpoint, added[i].position, added[i].index, 0);
    assert_int_equal(endpoint->count, 5);
    for (uint32_t i = 1; i < endpoint->count; i++) {
        assert_true(delivery_compare(&endpoint->entries[i - 1].delivery,
                                     &endpoint->entries[i].delivery) < 0);
    }
    assert_non_null(endpoint_find(endpoint, 7, 3));
    assert_null(endpoint_find(endpoint, 7, 2));
    endpoint_free(endpoint);
}

static void of_a_member_only_the_first_open_entry_is_chosen(void **state)
{
    (void)state;
    uint64_t positions[MANY] = {0};
    struct endpoint *endpoint = make(10);
    add(endpoint, 1, 0, 100);
    add(endpoint, 2, 0, 100);
    add(endpoint, 3, 0, 200);
    add(endpoint, 4, 0, 0);
    add(endpoint, 5, 0, 0);
    assert_int_equal(choose(endpoint, MANY, positions), 4);
    assert_int_equal(positions[0], 1);
    assert_int_equal(positions[1], 3);
    assert_int_equal(choose(endpoint, 2, positions), 2);
    /* It is on its way, or waits for its time: the next one waits too. */
    endpoint_find(endpoint, 1, 0)->is_sending = true;
    assert_int_equal(choose(endpoint, MANY, positions), 3);
    endpoint_find(endpoint, 1, 0)->is_sending = false;
    endpoint_find(endpoint, 1, 0)->due_us = NOW + 1;
    assert_int_equal(choose(endpoint, MANY, positions), 3);
    assert_int_equal(endpoint->look_us, NOW + 1);
    endpoint_find(endpoint, 1, 0)->delivery.state = DELIVERY_PARKED;
    assert_int_equal(choose(endpoint, MANY, positions), 4);
    assert_int_equal(positions[0], 2);
    endpoint_free(endpoint);
}

static void the_cursor_stops_before_what_is_open_without_a_document(void **state)
{
    (void)state;
    struct endpoint *endpoint = make(10);
    assert_int_equal(endpoint_cursor(endpoint), 10);
    add(endpoint, 4, 0, 0);
    add(endpoint, 4, 1, 0);
    add(endpoint, 6, 0, 0);
    assert_int_equal(endpoint_cursor(endpoint), 3);
    endpoint_find(endpoint, 4, 0)->is_done = true;
    assert_int_equal(endpoint_cursor(endpoint), 3);
    endpoint_find(endpoint, 4, 1)->is_written = true;
    assert_int_equal(endpoint_cursor(endpoint), 5);
    endpoint_prune(endpoint);
    assert_int_equal(endpoint->count, 2);
    endpoint_find(endpoint, 6, 0)->is_done = true;
    assert_int_equal(endpoint_cursor(endpoint), 10);
    endpoint_free(endpoint);
}

static void what_is_delivered_but_written_stays_until_its_document_is_gone(void **state)
{
    (void)state;
    struct endpoint *endpoint = make(10);
    add(endpoint, 4, 0, 0);
    struct entry *entry = endpoint_find(endpoint, 4, 0);
    entry->is_written = true;
    endpoint_settle(endpoint, entry, DELIVERY_FAILED_NONE, 200, NOW, 0);
    endpoint_prune(endpoint);
    assert_int_equal(endpoint->count, 1);
    endpoint_find(endpoint, 4, 0)->is_written = false;
    endpoint_prune(endpoint);
    assert_int_equal(endpoint->count, 0);
    endpoint_free(endpoint);
}

static void the_last_attempt_is_at_the_end_of_three_days(void **state)
{
    (void)state;
    struct endpoint *endpoint = make(10);
    add(endpoint, 4, 0, 0);
    struct entry *entry = endpoint_find(endpoint, 4, 0);
    uint32_t attempts = 0;
    for (int64_t now_us = NOW; entry->delivery.state == DELIVERY_WAITING; now_us = entry->due_us) {
        attempts++;
        assert_true(attempts < 100);
        endpoint_settle(endpoint, entry, DELIVERY_FAILED_STATUS, 500, now_us, attempts * 37);
        assert_true(entry->due_us <= NOW + DELIVERY_PERIOD_US);
        if (entry->delivery.state == DELIVERY_PARKED)
            assert_int_equal(now_us, NOW + DELIVERY_PERIOD_US);
    }
    assert_true(attempts > 15 && attempts < 35);
    assert_int_equal(endpoint->parked, 1);
    assert_int_equal(endpoint->failed, attempts);
    endpoint_free(endpoint);
}

static void a_window_has_a_maximum(void **state)
{
    (void)state;
    struct endpoint *endpoint = make(1000000);
    enum status status = STATUS_OK;
    uint64_t position = 0;
    while (status == STATUS_OK && position < 100000) {
        position++;
        struct entry entry = {.delivery = {.position = position}, .member = position};
        status = endpoint_add(endpoint, &entry);
    }
    assert_int_equal(status, STATUS_LIMIT);
    assert_true(endpoint->count >= ENDPOINT_WINDOW);
    endpoint_free(endpoint);
}

static void documents_say_what_was_written(void **state)
{
    (void)state;
    struct arena arena;
    struct text value;
    struct delivery read;
    char id[DELIVERY_ID_MAXIMUM];
    uint64_t cursor = 0;
    arena_init(&arena, 1u << 16);
    struct delivery delivery = {.position = UINT64_C(281474976710655),
                                .index = UINT32_MAX,
                                .type = 7,
                                .state = DELIVERY_PARKED,
                                .failure = DELIVERY_FAILED_TLS,
                                .attempts = 24,
                                .http_status = 503,
                                .since_us = NOW,
                                .next_us = 0,
                                .last_us = NOW + 1,
                                .resent_us = NOW + 2};
    assert_int_equal(delivery_write(&delivery, &arena, &value), STATUS_OK);
    struct text name = delivery_id(TEXT("wh_1"), &delivery, id);
    assert_int_equal(delivery_read(name, value, &read), STATUS_OK);
    struct text again;
    assert_int_equal(delivery_write(&read, &arena, &again), STATUS_OK);
    assert_true(text_equal(again, value));
    assert_int_equal(delivery_compare(&read, &delivery), 0);
    assert_int_equal(read.attempts, 24);
    assert_int_equal(read.resent_us, NOW + 2);
    static const char *const broken[] = {"", "[]", "{}",
                                         "{\"state\":\"lost\",\"failure\":\"none\"}"};
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
        assert_int_equal(delivery_read(name, text_of(broken[i]), &read), STATUS_CORRUPT);
    assert_int_equal(delivery_read(TEXT("wh_1/x.y"), value, &read), STATUS_CORRUPT);
    value = delivery_write_cursor(42, &arena);
    assert_int_equal(delivery_read_cursor(value, &cursor), STATUS_OK);
    assert_int_equal(cursor, 42);
    assert_int_equal(delivery_read_cursor(TEXT("{}"), &cursor), STATUS_CORRUPT);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_stand_in_order_and_each_once),
        cmocka_unit_test(of_a_member_only_the_first_open_entry_is_chosen),
        cmocka_unit_test(the_cursor_stops_before_what_is_open_without_a_document),
        cmocka_unit_test(what_is_delivered_but_written_stays_until_its_document_is_gone),
        cmocka_unit_test(the_last_attempt_is_at_the_end_of_three_days),
        cmocka_unit_test(a_window_has_a_maximum),
        cmocka_unit_test(documents_say_what_was_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
