/* The outbox: what reaches a receiver, in which order, and what happens when it does not answer.
 *
 * Each record is one change here, of its member, with the id "rec-POSITION". Back-off goes by a
 * clock that the tests move; they wait for what has happened, never for time. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "receiver.h"
#include "service/endpoint.h"
#include "service/service.h"

#define NOON INT64_C(1767268800000000) /* 2026-01-01T12:00Z */
#define ARENA_BYTES ((size_t)1 << 26)
#define WAIT_SECONDS 20
#define DAY_US INT64_C(86400000000)
#define HOUR_US INT64_C(3600000000)

static const char program_text[] = "program: shop\n"
                                   "currency: EUR\n"
                                   "wallets:\n"
                                   "  points: {}\n"
                                   "rules:\n"
                                   "  base:\n"
                                   "    on: purchase\n"
                                   "    earn: 1 point per 1.00 EUR of order.eligible\n";

static const char *const types[] = {"", "thing.happened", "thing.unwanted", NULL};

struct fixture {
    char folder[64];
    char path[96];
    struct service *service;
    struct outbox *outbox;
    struct outbox_options options;
    struct receiver receiver;
    struct arena arena;
    unsigned order_count;
    _Atomic int64_t clock_us;
    pthread_mutex_t mutex;
    pthread_cond_t stepped;
    uint64_t steps;
};

/* ---- what the outbox asks ---- */

static enum status list(void *context, struct store *store, const struct record *record,
                        struct arena *arena, struct change **changes, uint32_t *count)
{
    (void)context;
    (void)store;
    *changes = arena_new_array(arena, struct change, 1);
    if (*changes == NULL) return STATUS_NO_MEMORY;
    (*changes)[0].type = 1;
    for (uint32_t i = 0; i < record->link_count; i++) {
        if (record->links[i].key.kind == ENTITY_MEMBER)
            (*changes)[0].member = record->links[i].key.id;
    }
    *count = 1;
    return STATUS_OK;
}

static enum status write_change(void *context, struct store *store, const struct record *record,
                                uint32_t index, struct arena *arena, struct text *id,
                                struct text *body)
{
    struct change *changes;
    uint32_t count;
    (void)index;
    if (record == NULL) {
        *id = TEXT("test");
        *body = TEXT("{}");
        return STATUS_OK;
    }
    TRY(list(context, store, record, arena, &changes, &count));
    *id = arena_format(arena, "rec-%llu", (unsigned long long)record->position);
    *body = arena_format(arena, "{\"member\":\"%.*s\"}", TEXT_ARGUMENTS(changes[0].member));
    return STATUS_OK;
}

static int64_t read_clock(void *context)
{
    return atomic_load(&((struct fixture *)context)->clock_us);
}

static void note_step(void *context)
{
    struct fixture *fixture = context;
    pthread_mutex_lock(&fixture->mutex);
    fixture->steps++;
    pthread_cond_broadcast(&fixture->stepped);
    pthread_mutex_unlock(&fixture->mutex);
}

/* ---- the service ---- */

static void open_all(struct fixture *fixture)
{
    struct buffer complaint;
    struct service_options options = {.store = {.path = fixture->path},
                                      .clock = CLOCK_GIVEN,
                                      .program_file = TEXT("shop.yaml"),
                                      .program_text = text_of(program_text)};
    buffer_init(&complaint, 1u << 16);
    assert_int_equal(service_open(&options, &complaint, &fixture->service), STATUS_OK);
    buffer_release(&complaint);
    assert_int_equal(outbox_start(fixture->service, &fixture->options, &fixture->outbox),
                     STATUS_OK);
}

static void close_all(struct fixture *fixture)
{
    outbox_stop(fixture->outbox);
    service_close(fixture->service);
}

static int set_up(void **context)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    snprintf(fixture->folder, sizeof fixture->folder, "/tmp/guerdon-outbox-XXXXXX");
    assert_non_null(mkdtemp(fixture->folder));
    snprintf(fixture->path, sizeof fixture->path, "%s/shop.db", fixture->folder);
    arena_init(&fixture->arena, ARENA_BYTES);
    assert_int_equal(pthread_mutex_init(&fixture->mutex, NULL), 0);
    assert_int_equal(pthread_cond_init(&fixture->stepped, NULL), 0);
    fixture->clock_us = 40 * DAY_US;
    fixture->options = (struct outbox_options){.types = types,
                                               .list = list,
                                               .write = write_change,
                                               .context = fixture,
                                               .reach = {.allows_http = true},
                                               .timeout_ms = 10000,
                                               .grace_ms = 1,
                                               .clock = read_clock,
                                               .stepped = note_step,
                                               .clock_context = fixture};
    assert_int_equal(network_list_read(TEXT("127.0.0.1"), &fixture->options.reach.allowed),
                     STATUS_OK);
    receiver_open(&fixture->receiver);
    open_all(fixture);
    *context = fixture;
    return 0;
}

static int tear_down(void **context)
{
    static const char *const ends[] = {"", "-wal", "-shm", ".lock"};
    struct fixture *fixture = *context;
    close_all(fixture);
    receiver_close(&fixture->receiver);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s%s", fixture->path, ends[i]);
        (void)!unlink(path);
    }
    assert_int_equal(rmdir(fixture->folder), 0);
    arena_release(&fixture->arena);
    pthread_cond_destroy(&fixture->stepped);
    pthread_mutex_destroy(&fixture->mutex);
    free(fixture);
    return 0;
}

static void advance(struct fixture *fixture, int64_t by_us)
{
    atomic_fetch_add(&fixture->clock_us, by_us);
    outbox_wake(fixture->outbox);
}

/* Waits until the endpoint's figures are as the test wants them. */
static struct endpoint_figures
wait_for(struct fixture *fixture, const char *id,
         bool (*holds)(const struct endpoint_figures *figures, uint64_t number), uint64_t number)
{
    struct outbox_figures figures;
    struct timespec end;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += WAIT_SECONDS;
    for (int late = 0; late == 0;) {
        pthread_mutex_lock(&fixture->mutex);
        uint64_t steps = fixture->steps;
        pthread_mutex_unlock(&fixture->mutex);
        outbox_figures(fixture->outbox, &figures);
        for (uint32_t i = 0; i < figures.count; i++) {
            const struct endpoint_figures *endpoint = &figures.endpoints[i];
            if (strcmp(endpoint->id, id) == 0 && holds(endpoint, number)) return *endpoint;
        }
        pthread_mutex_lock(&fixture->mutex);
        while (fixture->steps == steps && late == 0)
            late = pthread_cond_timedwait(&fixture->stepped, &fixture->mutex, &end);
        pthread_mutex_unlock(&fixture->mutex);
    }
    fail_msg("the endpoint %s does not come to what is waited for", id);
    return figures.endpoints[0];
}

static bool has_delivered(const struct endpoint_figures *figures, uint64_t number)
{
    return figures->delivered >= number;
}

static bool has_failed(const struct endpoint_figures *figures, uint64_t number)
{
    return figures->failed >= number;
}

static bool has_parked(const struct endpoint_figures *figures, uint64_t number)
{
    return figures->parked >= number;
}

static bool has_waiting(const struct endpoint_figures *figures, uint64_t number)
{
    return figures->waiting == number && figures->behind == 0;
}

/* ---- commands ---- */

struct purchase {
    struct command command;
    struct arena *arena;
    const char *member;
    char order[32];
    struct reply reply;
};

static enum status run_purchase(struct command *command, struct turn *turn)
{
    struct purchase *purchase = (struct purchase *)command;
    struct item item = {.sku = TEXT("A"), .quantity = 1, .unit_price = {1000, 2}};
    struct event event = {.type = EVENT_PURCHASE,
                          .occurred_at_us = NOON,
                          .member = text_of(purchase->member),
                          .order = text_of(purchase->order),
                          .items = &item,
                          .item_count = 1};
    return turn_decide(turn, NULL, &event, false, purchase->arena, &purchase->reply);
}

/* The position of what was recorded. */
static uint64_t buy(struct fixture *fixture, const char *member)
{
    struct purchase purchase = {
        .command = {.run = run_purchase, .weight = 1}, .arena = &fixture->arena, .member = member};
    snprintf(purchase.order, sizeof purchase.order, "o%u", ++fixture->order_count);
    assert_int_equal(service_do(fixture->service, &purchase.command), COMMAND_DONE);
    return purchase.reply.position;
}

struct writing {
    struct command command;
    struct arena *arena;
    struct webhook webhook;
    struct delivery delivery;
    uint32_t parked_count;
};

static enum status put_webhook(struct command *command, struct turn *turn)
{
    struct writing *writing = (struct writing *)command;
    return turn_put_webhook(turn, &writing->webhook, writing->arena);
}

static void add_webhook_at(struct fixture *fixture, const char *id, const char *url,
                           enum webhook_status status)
{
    static struct text wanted[] = {TEXT_INITIALISER("thing.happened")};
    struct writing writing = {.command = {.run = put_webhook, .weight = 1},
                              .arena = &fixture->arena,
                              .webhook = {.id = text_of(id),
                                          .url = text_of(url),
                                          .types = wanted,
                                          .type_count = 1,
                                          .status = status}};
    assert_int_equal(service_do(fixture->service, &writing.command), COMMAND_DONE);
    outbox_reload(fixture->outbox);
}

static void add_webhook(struct fixture *fixture, const char *id, enum webhook_status status)
{
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%u/%s", (unsigned)receiver_port(&fixture->receiver),
             id);
    add_webhook_at(fixture, id, url, status);
}

static enum status count_parked(void *context, const struct delivery *delivery)
{
    struct writing *writing = context;
    if (delivery->state != DELIVERY_PARKED) return STATUS_OK;
    writing->parked_count++;
    writing->delivery = *delivery;
    return STATUS_OK;
}

static enum status read_parked(struct command *command, struct turn *turn)
{
    struct writing *writing = (struct writing *)command;
    return store_each_delivery(turn_store(turn), writing->webhook.id, NULL, count_parked, writing);
}

static struct writing parked_of(struct fixture *fixture, const char *id)
{
    struct writing writing = {.command = {.run = read_parked, .weight = 1, .is_read = true},
                              .webhook = {.id = text_of(id)}};
    assert_int_equal(service_do(fixture->service, &writing.command), COMMAND_DONE);
    return writing;
}

static enum status resend(struct command *command, struct turn *turn)
{
    struct writing *writing = (struct writing *)command;
    writing->delivery.state = DELIVERY_WAITING;
    writing->delivery.attempts = 0;
    writing->delivery.since_us = writing->delivery.next_us = turn_clock_us(turn);
    writing->delivery.resent_us = turn_clock_us(turn);
    return turn_put_delivery(turn, writing->webhook.id, &writing->delivery, writing->arena);
}

/* ---- how receivers answer ---- */

static int fail_always(void *context, const struct received *received, uint32_t number)
{
    (void)context;
    (void)received;
    (void)number;
    return 500;
}

static int fail_first(void *context, const struct received *received, uint32_t number)
{
    (void)context;
    (void)received;
    return number == 0 ? 500 : 200;
}

static int fail_ann(void *context, const struct received *received, uint32_t number)
{
    (void)context;
    (void)number;
    return text_equal(received->body, TEXT("{\"member\":\"ann\"}")) ? 500 : 200;
}

static int fail_one_path(void *context, const struct received *received, uint32_t number)
{
    (void)context;
    (void)number;
    return text_equal(received->path, TEXT("/dead")) ? RECEIVER_HOLDS : 200;
}

static int redirect(void *context, const struct received *received, uint32_t number)
{
    (void)context;
    (void)received;
    (void)number;
    return 307;
}

/* ---- tests ---- */

static void a_change_reaches_the_endpoint_with_its_id(void **context)
{
    struct fixture *fixture = *context;
    add_webhook(fixture, "wh", WEBHOOK_ENABLED);
    uint64_t position = buy(fixture, "ann");
    receiver_wait(&fixture->receiver, 1);
    struct received received = receiver_get(&fixture->receiver, 0);
    struct text id = arena_format(&fixture->arena, "rec-%llu", (unsigned long long)position);
    assert_true(text_equal(received.id, id));
    assert_true(text_equal(received.body, TEXT("{\"member\":\"ann\"}")));
    assert_true(text_starts_with(received.signature, TEXT("v1,")));
    wait_for(fixture, "wh", has_delivered, 1);
}

static void what_failed_comes_again_with_the_same_id(void **context)
{
    struct fixture *fixture = *context;
    receiver_answer(&fixture->receiver, fail_first);
    add_webhook(fixture, "wh", WEBHOOK_ENABLED);
    buy(fixture, "ann");
    wait_for(fixture, "wh", has_failed, 1);
    assert_int_equal(receiver_count(&fixture->receiver), 1);
    advance(fixture, 10 * HOUR_US);
    wait_for(fixture, "wh", has_delivered, 1);
    assert_int_equal(receiver_count(&fixture->receiver), 2);
    struct received first = receiver_get(&fixture->receiver, 0);
    struct received second = receiver_get(&fixture->receiver, 1);
    assert_true(text_equal(first.id, second.id));
    assert_true(text_equal(first.body, second.body));
}

static void a_later_change_of_a_member_waits_and_other_members_go_on(void **context)
{
    struct fixture *fixture = *context;
    receiver_answer(&fixture->receiver, fail_ann);
    add_webhook(fixture, "wh", WEBHOOK_ENABLED);
    buy(fixture, "ann");
    buy(fixture, "ann");
    buy(fixture, "ann");
    for (int i = 0; i < 10; i++)
        buy(fixture, "bob");
    wait_for(fixture, "wh", has_delivered, 10);
    wait_for(fixture, "wh", has_waiting, 3);
    assert_int_equal(receiver_count(&fixture->receiver), 11);
    receiver_answer(&fixture->receiver, NULL);
    advance(fixture, HOUR_US);
    wait_for(fixture, "wh", has_delivered, 13);
    assert_int_equal(receiver_count(&fixture->receiver), 14);
    for (uint32_t i = 0; i < 3; i++) {
        struct received received = receiver_get(&fixture->receiver, 11 + i);
        struct text id = arena_format(&fixture->arena, "rec-%u", i + 1);
        assert_true(text_equal(received.id, id));
    }
}

static void the_order_of_a_member_is_kept_over_many_connections(void **context)
{
    struct fixture *fixture = *context;
    static const char *const members[] = {"ann", "bob", "cem", "dee", "eve"};
    uint64_t last[5] = {0};
    add_webhook(fixture, "wh", WEBHOOK_ENABLED);
    for (int i = 0; i < 100; i++)
        buy(fixture, members[i % 5]);
    wait_for(fixture, "wh", has_delivered, 100);
    for (uint32_t i = 0; i < 100; i++) {
        int64_t position = 0;
        struct received received = receiver_get(&fixture->receiver, i);
        struct text digits = {received.id.bytes + 4, received.id.length - 4};
        assert_int_equal(amount_parse(digits, 0, &position), STATUS_OK);
        size_t member = (size_t)(position - 1) % 5;
        assert_true((uint64_t)position > last[member]);
        last[member] = (uint64_t)position;
    }
}

static void a_dead_endpoint_holds_up_nobody_else(void **context)
{
    struct fixture *fixture = *context;
    receiver_answer(&fixture->receiver, fail_one_path);
    add_webhook(fixture, "dead", WEBHOOK_ENABLED);
    add_webhook(fixture, "well", WEBHOOK_ENABLED);
    for (int i = 0; i < 50; i++)
        buy(fixture, i % 2 == 0 ? "ann" : "bob");
    wait_for(fixture, "well", has_delivered, 50);
    struct endpoint_figures dead = wait_for(fixture, "dead", has_waiting, 50);
    assert_int_equal(dead.delivered, 0);
}

static void after_three_days_it_is_parked_and_can_be_sent_again(void **context)
{
    struct fixture *fixture = *context;
    receiver_answer(&fixture->receiver, fail_always);
    add_webhook(fixture, "wh", WEBHOOK_ENABLED);
    uint64_t position = buy(fixture, "ann");
    buy(fixture, "ann");
    wait_for(fixture, "wh", has_failed, 1);
    wait_for(fixture, "wh", has_waiting, 2);
    advance(fixture, 3 * DAY_US + HOUR_US);
    /* The second has waited as long: it is tried, and parked too. */
    wait_for(fixture, "wh", has_parked, 2);
    close_all(fixture);
    open_all(fixture);
    struct writing parked = parked_of(fixture, "wh");
    assert_int_equal(parked.parked_count, 2);
    assert_int_equal(parked.delivery.failure, DELIVERY_FAILED_STATUS);
    assert_int_equal(parked.delivery.http_status, 500);
    receiver_answer(&fixture->receiver, NULL);
    parked.delivery.position = position;
    parked.command.run = resend;
    parked.command.is_read = false;
    parked.arena = &fixture->arena;
    assert_int_equal(service_do(fixture->service, &parked.command), COMMAND_DONE);
    outbox_reload(fixture->outbox);
    wait_for(fixture, "wh", has_delivered, 1);
    char id[32];
    snprintf(id, sizeof id, "rec-%llu", (unsigned long long)position);
    assert_true(receiver_has(&fixture->receiver, id));
    close_all(fixture);
    open_all(fixture);
    assert_int_equal(parked_of(fixture, "wh").parked_count, 1);
}

static void a_restart_loses_nothing_that_failed_or_was_not_read(void **context)
{
    struct fixture *fixture = *context;
    receiver_answer(&fixture->receiver, fail_ann);
    add_webhook(fixture, "wh", WEBHOOK_ENABLED);
    for (int i = 0; i < 20; i++)
        buy(fixture, i % 2 == 0 ? "ann" : "bob");
    wait_for(fixture, "wh", has_delivered, 10);
    outbox_stop(fixture->outbox);
    fixture->outbox = NULL;
    for (int i = 0; i < 20; i++)
        buy(fixture, i % 2 == 0 ? "ann" : "bob");
    service_close(fixture->service);
    open_all(fixture);
    wait_for(fixture, "wh", has_waiting, 20);
    receiver_answer(&fixture->receiver, NULL);
    advance(fixture, 8 * HOUR_US);
    wait_for(fixture, "wh", has_waiting, 0);
    for (unsigned i = 1; i <= 40; i++) {
        char id[32];
        snprintf(id, sizeof id, "rec-%u", i);
        assert_true(receiver_has(&fixture->receiver, id));
    }
}

static void what_was_delivered_is_not_told_again_after_an_orderly_stop(void **context)
{
    struct fixture *fixture = *context;
    add_webhook(fixture, "wh", WEBHOOK_ENABLED);
    for (int i = 0; i < 10; i++)
        buy(fixture, "ann");
    wait_for(fixture, "wh", has_delivered, 10);
    close_all(fixture);
    open_all(fixture);
    buy(fixture, "ann");
    wait_for(fixture, "wh", has_delivered, 1);
    assert_int_equal(receiver_count(&fixture->receiver), 11);
}

/* The store's files as they are now, as a process that dies leaves them. */
static void copy_file(const char *from, const char *to)
{
    char bytes[65536];
    FILE *source = fopen(from, "r");
    FILE *target = fopen(to, "w");
    assert_non_null(source);
    assert_non_null(target);
    size_t length;
    while ((length = fread(bytes, 1, sizeof bytes, source)) > 0)
        assert_int_equal(fwrite(bytes, 1, length, target), length);
    fclose(source);
    assert_int_equal(fclose(target), 0);
}

static int hold_bob(void *context, const struct received *received, uint32_t number)
{
    (void)context;
    (void)number;
    return text_equal(received->body, TEXT("{\"member\":\"bob\"}")) ? RECEIVER_HOLDS : 200;
}

static void what_was_on_its_way_when_the_process_died_is_told_by_the_next(void **context)
{
    struct fixture *fixture = *context;
    char left_log[128];
    char log[128];
    char left[128];
    receiver_answer(&fixture->receiver, hold_bob);
    add_webhook(fixture, "wh", WEBHOOK_ENABLED);
    for (int i = 0; i < 10; i++)
        buy(fixture, i % 2 == 0 ? "ann" : "bob");
    wait_for(fixture, "wh", has_delivered, 5);
    snprintf(left, sizeof left, "%s/left", fixture->folder);
    snprintf(left_log, sizeof left_log, "%s/left-wal", fixture->folder);
    snprintf(log, sizeof log, "%s-wal", fixture->path);
    copy_file(fixture->path, left);
    copy_file(log, left_log);
    close_all(fixture);
    assert_int_equal(rename(left, fixture->path), 0);
    assert_int_equal(rename(left_log, log), 0);
    receiver_answer(&fixture->receiver, NULL);
    open_all(fixture);
    wait_for(fixture, "wh", has_delivered, 5);
    advance(fixture, HOUR_US);
    wait_for(fixture, "wh", has_waiting, 0);
    for (unsigned i = 1; i <= 10; i++) {
        char id[32];
        snprintf(id, sizeof id, "rec-%u", i);
        assert_true(receiver_has(&fixture->receiver, id));
    }
}

static void the_secret_before_a_rotation_signs_until_its_time_is_over(void **context)
{
    struct fixture *fixture = *context;
    struct webhook webhook = {.old_secret_until_us = NOON};
    struct text both;
    struct text one;
    webhook_secret_new(&webhook.secret);
    webhook_secret_new(&webhook.old_secret);
    assert_int_equal(
        webhook_sign(&webhook, TEXT("id"), 1, TEXT("{}"), NOON - 1, &fixture->arena, &both),
        STATUS_OK);
    assert_int_equal(webhook_sign(&webhook, TEXT("id"), 1, TEXT("{}"), NOON, &fixture->arena, &one),
                     STATUS_OK);
    assert_int_equal(one.length, 3 + 44);
    assert_int_equal(both.length, 2 * one.length + 1);
    assert_true(text_starts_with(both, one));
}

static void an_answer_that_does_not_come_is_a_failure(void **context)
{
    struct fixture *fixture = *context;
    outbox_stop(fixture->outbox);
    fixture->options.timeout_ms = 50;
    assert_int_equal(outbox_start(fixture->service, &fixture->options, &fixture->outbox),
                     STATUS_OK);
    receiver_answer(&fixture->receiver, fail_one_path);
    add_webhook(fixture, "dead", WEBHOOK_ENABLED);
    buy(fixture, "ann");
    wait_for(fixture, "dead", has_failed, 1);
}

static void a_redirect_is_not_followed(void **context)
{
    struct fixture *fixture = *context;
    receiver_answer(&fixture->receiver, redirect);
    add_webhook(fixture, "wh", WEBHOOK_ENABLED);
    buy(fixture, "ann");
    wait_for(fixture, "wh", has_failed, 1);
    assert_int_equal(receiver_count(&fixture->receiver), 1);
}

static void an_address_that_is_not_allowed_is_not_connected_to(void **context)
{
    struct fixture *fixture = *context;
    char url[64];
    outbox_stop(fixture->outbox);
    fixture->options.reach.allowed.count = 0;
    assert_int_equal(outbox_start(fixture->service, &fixture->options, &fixture->outbox),
                     STATUS_OK);
    /* By a name: what it is resolved to counts. */
    snprintf(url, sizeof url, "http://localhost:%u/", (unsigned)receiver_port(&fixture->receiver));
    add_webhook_at(fixture, "wh", url, WEBHOOK_ENABLED);
    buy(fixture, "ann");
    wait_for(fixture, "wh", has_failed, 1);
    advance(fixture, 4 * DAY_US);
    wait_for(fixture, "wh", has_parked, 1);
    assert_int_equal(receiver_count(&fixture->receiver), 0);
    outbox_stop(fixture->outbox);
    fixture->outbox = NULL;
    assert_int_equal(parked_of(fixture, "wh").delivery.failure, DELIVERY_FAILED_ADDRESS);
}

static void a_disabled_endpoint_is_told_what_it_missed_when_it_is_enabled(void **context)
{
    struct fixture *fixture = *context;
    add_webhook(fixture, "wh", WEBHOOK_DISABLED);
    add_webhook(fixture, "other", WEBHOOK_ENABLED);
    buy(fixture, "ann");
    wait_for(fixture, "other", has_delivered, 1);
    assert_int_equal(receiver_count(&fixture->receiver), 1);
    add_webhook(fixture, "wh", WEBHOOK_ENABLED);
    wait_for(fixture, "wh", has_delivered, 1);
}

static void back_off_doubles_up_to_six_hours_with_a_fifth_of_chance(void **context)
{
    (void)context;
    static const struct {
        uint32_t attempts;
        int64_t usual_us;
    } cases[] = {{1, 5000000},      {2, 10000000},     {4, 40000000},
                 {13, 20480000000}, {14, 21600000000}, {4000000000, 21600000000}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t usual_us = cases[i].usual_us;
        assert_int_equal(delivery_delay_us(cases[i].attempts, 0), usual_us / 10 * 8);
        assert_int_equal(delivery_delay_us(cases[i].attempts, 200), usual_us);
        assert_int_equal(delivery_delay_us(cases[i].attempts, 400), usual_us / 10 * 12);
    }
}

static void only_the_public_internet_is_allowed_unless_the_list_says_so(void **context)
{
    (void)context;
    static const struct {
        const char *address;
        bool is_allowed;
        bool is_allowed_by_list;
    } cases[] = {
        {"93.184.216.34", true, true},
        {"2606:2800:220:1::1", true, true},
        {"127.0.0.1", false, false},
        {"10.1.2.3", false, true},
        {"10.2.2.3", false, false},
        {"172.16.0.1", false, false},
        {"172.32.0.1", true, true},
        {"192.168.1.1", false, false},
        {"169.254.169.254", false, false},
        {"100.64.0.1", false, false},
        {"0.0.0.0", false, false},
        {"224.0.0.1", false, false},
        {"255.255.255.255", false, false},
        {"::1", false, false},
        {"::", false, false},
        {"::ffff:127.0.0.1", false, false},
        {"::ffff:93.184.216.34", true, true},
        {"fe80::1", false, false},
        {"fd00::1", false, true},
        {"ff02::1", false, false},
        {"64:ff9b::7f00:1", false, false},
        {"64:ff9b::5db8:d822", true, true},
        {"2002:7f00:1::", false, false},
        {"2001:db8::1", false, false},
    };
    struct network_list none = {.count = 0};
    struct network_list some;
    assert_int_equal(network_list_read(TEXT("10.1.0.0/16, fd00::1"), &some), STATUS_OK);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t bytes[16];
        assert_int_equal(network_address_read(text_of(cases[i].address), bytes), STATUS_OK);
        if (network_is_allowed(&none, bytes) != cases[i].is_allowed ||
            network_is_allowed(&some, bytes) != cases[i].is_allowed_by_list) {
            fail_msg("%s is judged wrongly", cases[i].address);
        }
    }
    static const char *const broken[] = {"10.0.0.0/33", "10.0.0",     "x",
                                         "::1/129",     "1.2.3.4/-1", "1.2.3.4/"};
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
        assert_int_equal(network_list_read(text_of(broken[i]), &some), STATUS_SYNTAX);
}

static void urls_that_lead_elsewhere_are_refused(void **context)
{
    (void)context;
    struct reach strict = {.allows_http = false};
    struct reach loose = {.allows_http = true};
    static const char *const refused[] = {
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://0x7f000001/",
        "https://2130706433/",
        "https://u:p@host.com",
        "ftp://host.com",
        "file:///etc/passwd",
        "host.com",
        "",
        "https://host.com/#x",
        "https://10.0.0.1:8443/x",
    };
    assert_null(outbox_check_url(&strict, "https://shop.example/hooks?x=1"));
    assert_non_null(outbox_check_url(&strict, "http://shop.example/"));
    assert_null(outbox_check_url(&loose, "http://shop.example/"));
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        if (outbox_check_url(&loose, refused[i]) == NULL) fail_msg("%s is taken", refused[i]);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_change_reaches_the_endpoint_with_its_id),
        TEST(what_failed_comes_again_with_the_same_id),
        TEST(a_later_change_of_a_member_waits_and_other_members_go_on),
        TEST(the_order_of_a_member_is_kept_over_many_connections),
        TEST(a_dead_endpoint_holds_up_nobody_else),
        TEST(after_three_days_it_is_parked_and_can_be_sent_again),
        TEST(a_restart_loses_nothing_that_failed_or_was_not_read),
        TEST(what_was_delivered_is_not_told_again_after_an_orderly_stop),
        TEST(what_was_on_its_way_when_the_process_died_is_told_by_the_next),
        TEST(the_secret_before_a_rotation_signs_until_its_time_is_over),
        TEST(an_answer_that_does_not_come_is_a_failure),
        TEST(a_redirect_is_not_followed),
        TEST(an_address_that_is_not_allowed_is_not_connected_to),
        TEST(a_disabled_endpoint_is_told_what_it_missed_when_it_is_enabled),
        cmocka_unit_test(back_off_doubles_up_to_six_hours_with_a_fifth_of_chance),
        cmocka_unit_test(only_the_public_internet_is_allowed_unless_the_list_says_so),
        cmocka_unit_test(urls_that_lead_elsewhere_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
