/* A server under SIGKILL: 32 clients buy, return, give and spend; the server is killed at any
 * moment, 50 times (GUERDON_KILLS says how often), and started again; what has no answer is sent
 * again with the same key. In the end every acknowledged event is there exactly once.
 *
 * How that is known, each independent of the others: the positions of all answers are 1, 2, 3, ...
 * up to the store's last, so that none is lost, doubled or too many; every member has what the test
 * itself counts from the answers; statements list each acknowledged event once; every request sent
 * once more gets its answer of then, word for word; and `guerdon verify` says that all is right.
 *
 * What is sent follows from the client's number and the request's, so that it can be sent again.
 */
#include "server.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLIENTS 32
#define MEMBERS 48
#define KILLS 50
#define ANSWERS_BETWEEN_KILLS 400
#define SPINS_MAXIMUM 3000000u
#define BATCH_LINES 4
#define BODY_MAXIMUM 2048
#define STEPS 6 /* kinds of requests, one after another */

static const char *const program =
    "program: kills\n"
    "title: Kills\n"
    "timezone: UTC\n"
    "currency: EUR\n"
    "wallets:\n"
    "  points:\n"
    "    on_return: {earned_but_spent: below zero}\n"
    "rules:\n"
    "  base:\n"
    "    on: purchase\n"
    "    earn: 1 point per 1.00 EUR of order.eligible, rounded down\n";

/* What all threads share, under the lock. */
static struct {
    struct server server;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_up;
    bool ends;
    uint32_t starts;
    uint64_t answers;
    const char *fault;
} world = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

/* One event as it is sent, and what it does if it is done. */
struct act {
    const char *type;
    uint32_t member;
    uint32_t other; /* of a transfer */
    int64_t points; /* that the member has more afterwards */
    bool may_be_refused;
};

struct client {
    struct link link;
    pthread_t thread;
    uint32_t number;
    uint32_t request_count;
    uint64_t *hashes; /* of the answers, by request */
    uint64_t *positions;
    uint64_t position_count;
    bool *is_done; /* by position's place in the list */
    int64_t points[MEMBERS];
};
static struct client clients[CLIENTS];

static void say_fault(const char *fault)
{
    pthread_mutex_lock(&world.lock);
    if (world.fault == NULL) world.fault = fault;
    pthread_cond_broadcast(&world.changed);
    pthread_mutex_unlock(&world.lock);
}

/* ---- what is sent ---- */

struct request {
    char body[BODY_MAXIMUM];
    size_t length;
    char key[40];
    bool has_lines;
    struct act acts[BATCH_LINES];
    uint32_t act_count;
};

static uint64_t chance_of(uint32_t client, uint32_t number)
{
    return (uint64_t)client << 32 | number;
}

/* The price of the order of that request: known again when it is returned. */
static uint32_t price_of(uint32_t client, uint32_t number)
{
    uint64_t state = chance_of(client, number) ^ UINT64_C(0x70726963);
    return 1 + chance_below(&state, 90);
}

static uint32_t buyer_of(uint32_t client, uint32_t number)
{
    uint64_t state = chance_of(client, number) ^ UINT64_C(0x62757965);
    return chance_below(&state, MEMBERS);
}

static void add_words(struct request *request, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void add_words(struct request *request, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(request->body + request->length, BODY_MAXIMUM - request->length, format,
                           arguments);
    va_end(arguments);
    for (int i = 0; i < length; i++) {
        char *byte = &request->body[request->length + (size_t)i];
        if (*byte == '\'') *byte = '"';
    }
    request->length += (size_t)length;
}

/* An event of the kind, under way in the client's request `number`. `id` is "" or a member of the
 * object, for lines; `of` is the request whose order is returned. */
static void add_act(struct request *request, uint32_t client, uint32_t number, uint32_t kind,
                    uint32_t of, const char *id)
{
    uint64_t state = chance_of(client, number) + ((uint64_t)request->act_count << 52);
    struct act *act = &request->acts[request->act_count++];
    uint32_t price = price_of(client, of);
    uint32_t amount = 1 + chance_below(&state, 60);
    *act = (struct act){.member = buyer_of(client, of)};
    switch (kind) {
    case 0:
        act->points = 3 * (int64_t)price;
        add_words(request,
                  "{'type':'purchase',%s'member':'m%u','order':'o%u-%u','items':[{'id':'a',"
                  "'sku':'A','quantity':3,'unit_price':'%u.00'}]}",
                  id, act->member, client, of, price);
        break;
    case 1:
        act->points = -(int64_t)price;
        add_words(request,
                  "{'type':'return',%s'order':'o%u-%u','returns':[{'item':'a','quantity':1}]}", id,
                  client, of);
        break;
    case 2:
        act->may_be_refused = true;
        act->points = -(int64_t)amount;
        act->member = chance_below(&state, MEMBERS);
        act->other = (act->member + 1 + chance_below(&state, MEMBERS - 1)) % MEMBERS;
        add_words(request,
                  "{'type':'transfer',%s'member':'m%u','other_member':'m%u','wallet':'points',"
                  "'amount':'%u'}",
                  id, act->member, act->other, amount);
        break;
    default:
        act->may_be_refused = true;
        act->points = -(int64_t)amount;
        act->member = chance_below(&state, MEMBERS);
        add_words(request, "{'type':'redeem',%s'member':'m%u','wallet':'points','amount':'%u'}", id,
                  act->member, amount);
        break;
    }
    act->type = kind == 2 ? "transfer" : "";
}

/* The n-th request of a client: two purchases, a gift, the return of one of three, a redemption,
 * and then one of each as lines of one request. */
static void compose(struct request *request, uint32_t client, uint32_t number)
{
    static const uint32_t kinds[STEPS] = {0, 0, 2, 1, 3, 0};
    char id[40];
    uint32_t step = number % STEPS;
    *request = (struct request){.has_lines = step == STEPS - 1};
    snprintf(request->key, sizeof request->key, "c%u-%u", client, number);
    if (!request->has_lines) {
        add_act(request, client, number, kinds[step], step == 3 ? number - 3 : number, "");
        return;
    }
    for (uint32_t line = 0; line < BATCH_LINES; line++) {
        snprintf(id, sizeof id, "'id':'c%u-%u-%u',", client, number, line);
        add_act(request, client, number, line, number, id);
        add_words(request, "\n");
    }
}

/* ---- a client ---- */

/* Waits until the server has been started again. False: there is no sense in going on. */
static bool wait_for_start(uint32_t known_starts)
{
    pthread_mutex_lock(&world.lock);
    if (world.is_up && world.starts == known_starts && world.fault == NULL)
        world.fault = "a connection was lost while the server was up";
    while (!world.is_up && world.fault == NULL)
        pthread_cond_wait(&world.changed, &world.lock);
    bool goes_on = world.fault == NULL;
    if (!goes_on) pthread_cond_broadcast(&world.changed);
    pthread_mutex_unlock(&world.lock);
    return goes_on;
}

static uint32_t known_starts(void)
{
    pthread_mutex_lock(&world.lock);
    uint32_t starts = world.starts;
    pthread_mutex_unlock(&world.lock);
    return starts;
}

/* Sends it again and again until there is an answer that stands. */
static bool send_until_answered(struct client *client, const struct request *request,
                                struct reply *reply)
{
    const struct call call = {
        .method = "POST",
        .path = "/v1/events",
        .key = request->key,
        .type = request->has_lines ? "application/x-ndjson" : NULL,
        .body = {request->body, request->length},
    };
    for (;;) {
        uint32_t starts = known_starts();
        if (!link_call(&client->link, &call, reply)) {
            if (!wait_for_start(starts)) return false;
        } else if (reply->status != 429 && reply->status != 503) {
            return true;
        }
    }
}

/* One line of an answer, into the client's own books. */
static bool book(struct client *client, const struct act *act, struct text answer)
{
    int64_t position = find_number(answer, "position");
    bool is_done = text_equal(find_value(answer, "answer"), TEXT("done"));
    if (position <= 0) return false;
    if (!is_done && !act->may_be_refused) return false;
    if (!is_done && !text_equal(find_value(answer, "code"), TEXT("balance_too_low"))) return false;
    client->is_done[client->position_count] = is_done;
    client->positions[client->position_count++] = (uint64_t)position;
    if (!is_done) return true;
    client->points[act->member] += act->points;
    if (act->type[0] != '\0') client->points[act->other] -= act->points;
    return true;
}

static bool book_all(struct client *client, const struct request *request, struct text answers)
{
    struct text rest = answers;
    for (uint32_t i = 0; i < request->act_count; i++) {
        struct text line = text_split(rest, '\n', &rest);
        if (!book(client, &request->acts[i], line)) {
            print_error("%s: %.*s\n", request->key, TEXT_ARGUMENTS(answers));
            return false;
        }
    }
    return true;
}

/* Room for one request more. */
static bool make_room(struct client *client)
{
    size_t positions = (size_t)client->position_count + BATCH_LINES;
    size_t requests = (size_t)client->request_count + 1;
    if (requests % 256 != 1) return true;
    /* 256 requests have at most 256 times BATCH_LINES positions. */
    size_t more = 256 * (size_t)BATCH_LINES;
    uint64_t *hashes = realloc(client->hashes, (requests + 256) * sizeof *hashes);
    if (hashes != NULL) client->hashes = hashes;
    uint64_t *list = realloc(client->positions, (positions + more) * sizeof *list);
    if (list != NULL) client->positions = list;
    bool *done = realloc(client->is_done, (positions + more) * sizeof *done);
    if (done != NULL) client->is_done = done;
    return hashes != NULL && list != NULL && done != NULL;
}

static bool count_answer(void)
{
    pthread_mutex_lock(&world.lock);
    world.answers++;
    bool goes_on = !world.ends && world.fault == NULL;
    pthread_cond_broadcast(&world.changed);
    pthread_mutex_unlock(&world.lock);
    return goes_on;
}

static void *shop_on(void *context)
{
    struct client *client = context;
    struct request request;
    struct reply reply;
    do {
        compose(&request, client->number, client->request_count);
        if (!make_room(client)) {
            say_fault("no memory");
            break;
        }
        if (!send_until_answered(client, &request, &reply)) break;
        if (!book_all(client, &request, reply.body)) {
            say_fault("an answer is not what it must be");
            break;
        }
        client->hashes[client->request_count++] = hash_answer(reply.body);
    } while (count_answer());
    return NULL;
}

/* Once more what was answered: the answers are those of then. */
static void *repeat_all(void *context)
{
    struct client *client = context;
    struct request request;
    struct reply reply;
    for (uint32_t i = 0; i < client->request_count; i++) {
        compose(&request, client->number, i);
        if (!send_until_answered(client, &request, &reply)) break;
        if (hash_answer(reply.body) == client->hashes[i] && reply.is_replayed) continue;
        print_error("%s: %.*s\n", request.key, TEXT_ARGUMENTS(reply.body));
        say_fault("a repeat is not answered as the first time");
        break;
    }
    return NULL;
}

static void start_clients(void *(*work)(void *))
{
    for (uint32_t i = 0; i < CLIENTS; i++)
        assert_int_equal(pthread_create(&clients[i].thread, NULL, work, &clients[i]), 0);
}

static void join_clients(void)
{
    for (uint32_t i = 0; i < CLIENTS; i++)
        assert_int_equal(pthread_join(clients[i].thread, NULL), 0);
    if (world.fault != NULL) fail_msg("%s", world.fault);
}

/* ---- the killer ---- */

/* Passes a while that is no pause: the moment of the kill is anywhere in the server's work. */
static void spin(uint64_t turns)
{
    for (volatile uint64_t turn = 0; turn < turns; turn = turn + 1) {
    }
}

static void wait_for_answers(uint64_t wanted)
{
    pthread_mutex_lock(&world.lock);
    wanted += world.answers;
    while (world.answers < wanted && world.fault == NULL)
        pthread_cond_wait(&world.changed, &world.lock);
    pthread_mutex_unlock(&world.lock);
}

static void set_up_or_down(bool is_up)
{
    pthread_mutex_lock(&world.lock);
    world.is_up = is_up;
    if (is_up) world.starts++;
    pthread_cond_broadcast(&world.changed);
    pthread_mutex_unlock(&world.lock);
}

static void end_clients(void)
{
    pthread_mutex_lock(&world.lock);
    world.ends = true;
    pthread_mutex_unlock(&world.lock);
}

static void kill_and_start(uint64_t *state)
{
    wait_for_answers(chance_below(state, ANSWERS_BETWEEN_KILLS));
    spin(chance_below(state, SPINS_MAXIMUM));
    set_up_or_down(false);
    server_kill(&world.server);
    /* Now and then while it starts, too. */
    if (chance_below(state, 4) == 0) {
        server_begin(&world.server);
        spin(chance_below(state, SPINS_MAXIMUM) * UINT64_C(4));
        server_kill(&world.server);
    }
    server_start(&world.server);
    set_up_or_down(true);
}

/* ---- what must be there ---- */

static void join_members(struct link *link)
{
    struct request request = {.length = 0};
    char id[16];
    for (uint32_t i = 0; i < MEMBERS; i++) {
        request.length = 0;
        snprintf(id, sizeof id, "join-%u", i);
        add_words(&request, "{'type':'join','member':'m%u'}", i);
        const struct call call = {.method = "POST",
                                  .path = "/v1/events",
                                  .key = id,
                                  .body = {request.body, request.length}};
        assert_int_equal(link_must(link, &call).status, 200);
    }
}

static uint64_t count_positions(void)
{
    uint64_t count = MEMBERS;
    for (uint32_t i = 0; i < CLIENTS; i++)
        count += clients[i].position_count;
    return count;
}

/* How often each position was acknowledged: once, and the last is the store's. Answers a mark for
 * each that must stand in statements. */
static bool *check_positions(struct link *link, uint64_t count)
{
    uint8_t *seen = calloc(count + 1, sizeof *seen);
    bool *is_done = calloc(count + 1, sizeof *is_done);
    assert_non_null(seen);
    assert_non_null(is_done);
    for (uint64_t i = 1; i <= MEMBERS; i++)
        seen[i] = 1;
    for (uint32_t c = 0; c < CLIENTS; c++) {
        for (uint64_t i = 0; i < clients[c].position_count; i++) {
            uint64_t position = clients[c].positions[i];
            assert_in_range(position, 1, count);
            assert_int_equal(seen[position]++, 0);
            is_done[position] = clients[c].is_done[i];
        }
    }
    free(seen);
    struct reply figures = link_get(link, "/metrics");
    const char *last =
        strstr(figures.body.bytes, "guerdon_store_last_position{program=\"kills\"} ");
    assert_non_null(last);
    assert_int_equal(strtoull(strchr(last, ' ') + 1, NULL, 10), count);
    return is_done;
}

static void check_balance(struct link *link, uint32_t member)
{
    int64_t wanted = 0;
    for (uint32_t i = 0; i < CLIENTS; i++)
        wanted += clients[i].points[member];
    struct reply reply = link_get(link, "/v1/members/m%u", member);
    assert_int_equal(reply.status, 200);
    int64_t found = find_number(reply.body, "available") + find_number(reply.body, "pending") +
                    find_number(reply.body, "held") - find_number(reply.body, "debt");
    if (found != wanted) {
        fail_msg("m%u has %lld, not %lld: %.*s", member, (long long)found, (long long)wanted,
                 TEXT_ARGUMENTS(reply.body));
    }
}

/* Takes what the member's statement lists off the marks; newest first, each once. */
static void check_statement(struct link *link, uint32_t member, bool *is_missing)
{
    char cursor[128] = "";
    uint64_t before = UINT64_MAX;
    do {
        struct reply reply = link_get(link, "/v1/members/m%u/statement?limit=100%s%s", member,
                                      cursor[0] == '\0' ? "" : "&cursor=", cursor);
        assert_int_equal(reply.status, 200);
        struct text rest = reply.body;
        for (;;) {
            struct text value = find_value(rest, "position");
            if (value.length == 0) break;
            uint64_t position = (uint64_t)find_number(rest, "position");
            assert_true(position > 0 && position < before);
            is_missing[position] = false;
            before = position;
            rest = (struct text){value.bytes, (size_t)(rest.bytes + rest.length - value.bytes)};
        }
        struct text next = find_value(reply.body, "next");
        snprintf(cursor, sizeof cursor, "%.*s", TEXT_ARGUMENTS(next));
    } while (cursor[0] != '\0');
}

static void every_acknowledged_event_is_there_exactly_once_after_kills(void **context)
{
    uint64_t state = 20261122;
    struct link link;
    (void)context;
    int32_t kills = setting("GUERDON_KILLS", KILLS);
    server_init(&world.server, program);
    server_start(&world.server);
    link_init(&link, &world.server);
    join_members(&link);
    link_close(&link);
    world.is_up = true;
    for (uint32_t i = 0; i < CLIENTS; i++) {
        clients[i].number = i;
        link_init(&clients[i].link, &world.server);
    }
    start_clients(shop_on);
    for (int32_t i = 0; i < kills && world.fault == NULL; i++)
        kill_and_start(&state);
    end_clients();
    join_clients();

    uint64_t count = count_positions();
    bool *is_missing = check_positions(&link, count);
    for (uint32_t i = 0; i < MEMBERS; i++) {
        check_balance(&link, i);
        check_statement(&link, i, is_missing);
    }
    for (uint64_t i = 1; i <= count; i++) {
        if (is_missing[i]) fail_msg("no statement lists position %llu", (unsigned long long)i);
    }
    free(is_missing);
    start_clients(repeat_all);
    join_clients();
    free(check_positions(&link, count));

    link_close(&link);
    server_kill(&world.server);
    server_verify(&world.server);
    server_start(&world.server);
    for (uint32_t i = 0; i < MEMBERS; i++)
        check_balance(&link, i);
    link_release(&link);
    server_stop(&world.server);
    server_verify(&world.server);
}

static int tear_down(void **context)
{
    (void)context;
    for (uint32_t i = 0; i < CLIENTS; i++) {
        if (clients[i].link.server != NULL) link_release(&clients[i].link);
        free(clients[i].hashes);
        free(clients[i].positions);
        free(clients[i].is_done);
    }
    server_remove(&world.server);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(every_acknowledged_event_is_there_exactly_once_after_kills,
                                  tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
