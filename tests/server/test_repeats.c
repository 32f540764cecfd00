/* Every kind of write, sent twice at the same time with the same key, and once more when everything
 * else has happened: one effect, and three answers that are the same word for word.
 *
 * What there is to write is read from /openapi.json, and the types of events from its Event: one
 * that has no example here fails the test by its name. An effect is a record in the store, a
 * version of the programme or a webhook; all are counted.
 */
#include "server.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yyjson.h>

#define PATH_MAXIMUM 160

static const char *const program =
    "program: repeats\n"
    "title: Repeats\n"
    "timezone: UTC\n"
    "currency: EUR\n"
    "events: {review: {fields: {rating: int}}}\n"
    "wallets:\n"
    "  points:\n"
    "    on_return: {earned_but_spent: below zero}\n"
    "  miles: {decimals: 2}\n"
    "rules:\n"
    "  welcome: {on: join, earn: 500 points}\n"
    "  base:\n"
    "    on: purchase\n"
    "    earn: 1 point per 1.00 EUR of order.eligible, rounded down\n"
    "  travel:\n"
    "    on: purchase\n"
    "    earn: 0.25 miles per 1.00 EUR of order.eligible, rounded down\n"
    "    pending: {until: delivered, at_latest: 14 days}\n"
    "  review: {on: review, when: event.rating >= 4, earn: 3 points}\n"
    "rewards:\n"
    "  mug: {title: A mug, cost: 50 points, stock: 50}\n"
    "claims: {within: 30 days}\n";

static const char *const next_program =
    "program: repeats\n"
    "title: Repeats, again\n"
    "timezone: UTC\n"
    "currency: EUR\n"
    "wallets:\n"
    "  points: {}\n"
    "  miles: {decimals: 2}\n"
    "rules:\n"
    "  base:\n"
    "    on: purchase\n"
    "    earn: 2 points per 1.00 EUR of order.eligible, rounded down\n";

#define EVENT(body)                                                                                \
    {                                                                                              \
        "POST", "/v1/events", NULL, body, 1                                                        \
    }
#define ITEMS "'items': [{'id': 'a', 'sku': 'A', 'unit_price': '10.00', 'quantity': 3}]"
#define ACT(path, body)                                                                            \
    {                                                                                              \
        "POST", "/v1/members/{id}/" path, "/v1/members/anna/" path, body, 1                        \
    }
#define WEBHOOK(method, path, body, stays)                                                         \
    {                                                                                              \
        method, "/v1/webhooks/{id}" path, "/v1/webhooks/%WEBHOOK%" path, body, 0, stays, true      \
    }
#define LAPSES "'lapses_at': '2100-01-01T00:00:00Z'"

/* Each in its turn: what it needs stands before it. ' stands for ". */
static const struct write {
    const char *method;
    const char *pattern; /* as in the document */
    const char *path;    /* NULL: the pattern itself. %NAME%: what was answered, see fill_in */
    const char *body;    /* NULL: the next programme, in YAML */
    uint32_t effects;
    /* What stays the same where the answer shows something as it is by now: a member with its
     * personal data, which is kept nowhere else, or a webhook. NULL: every word. */
    const char *stays;
    bool is_setting; /* not recorded: the same whenever it is done, and no answer is kept */
    bool is_erased;  /* its member is erased further down: nothing of it is answered then */
} writes[] = {
    EVENT("{'type': 'join', 'member': 'anna'}"),
    EVENT("{'type': 'join', 'member': 'ben'}"),
    {"POST", "/v1/events", NULL, "{'type': 'join', 'member': 'cleo'}", 1, NULL, false, true},
    EVENT("{'type': 'purchase', 'member': 'anna', 'order': 'o1', " ITEMS "}"),
    EVENT("{'type': 'return', 'order': 'o1', 'returns': [{'item': 'a', 'quantity': 1}]}"),
    EVENT("{'type': 'return_by_sku', 'member': 'anna', 'returns': [{'sku': 'A'}]}"),
    EVENT("{'type': 'milestone', 'order': 'o1', 'milestone': 'delivered'}"),
    EVENT("{'type': 'redeem', 'member': 'anna', 'reward': 'mug', 'id': 'rd1'}"),
    EVENT("{'type': 'reverse', 'redemption': 'rd1'}"),
    EVENT(
        "{'type': 'hold', 'id': 'h1', 'member': 'anna', 'wallet': 'points', 'amount': '20'," LAPSES
        "}"),
    EVENT("{'type': 'confirm', 'redemption': 'h1'}"),
    EVENT("{'type': 'hold', 'id': 'h2', 'member': 'anna', 'reward': 'mug'," LAPSES "}"),
    EVENT("{'type': 'cancel', 'redemption': 'h2'}"),
    EVENT("{'type': 'adjust', 'member': 'anna', 'wallet': 'miles', 'amount': '2.50',"
          " 'reason': 'goodwill'}"),
    EVENT("{'type': 'transfer', 'member': 'anna', 'other_member': 'ben', 'wallet': 'points',"
          " 'amount': '5'}"),
    EVENT("{'type': 'expire', 'member': 'anna', 'wallet': 'points', 'amount': '5',"
          " 'reason': 'by hand'}"),
    EVENT("{'type': 'purchase', 'member': 'anna', 'order': 'o2', " ITEMS "}"),
    EVENT("{'type': 'release', 'member': 'anna', 'wallet': 'miles', 'reason': 'by hand'}"),
    EVENT("{'type': 'merge', 'member': 'ben', 'other_member': 'anna'}"),
    EVENT("{'type': 'unmerge', 'member': 'ben', 'other_member': 'anna'}"),
    EVENT("{'type': 'settle', 'member': 'anna'}"),
    EVENT("{'type': 'close', 'member': 'ben', 'reason': 'asked'}"),
    EVENT("{'type': 'reopen', 'member': 'ben', 'reason': 'asked again'}"),
    EVENT("{'type': 'quote', 'order': 'o3', 'member': 'anna', 'id': 'q3', 'revision': 1," LAPSES
          "," ITEMS "}"),
    EVENT("{'type': 'confirm_order', 'order': 'o3', 'quote': '%QUOTE%'}"),
    EVENT("{'type': 'edit', 'id': 'e3', 'order': 'o3', 'items': [{'id': 'a', 'sku': 'A',"
          " 'unit_price': '10.00', 'quantity': 2}]}"),
    EVENT("{'type': 'return', 'id': 'r3', 'order': 'o3', 'returns': [{'item': 'a'}]}"),
    EVENT("{'type': 'undo_return', 'order': 'o3', 'return': 'r3'}"),
    EVENT("{'type': 'cancel_order', 'order': 'o3'}"),
    EVENT("{'type': 'purchase', 'order': 'o4', " ITEMS "}"),
    EVENT("{'type': 'claim', 'order': 'o4', 'member': 'anna'}"),
    EVENT("{'type': 'review', 'member': 'anna', 'data': {'rating': 5}}"),
    /* A refusal is recorded, too. */
    EVENT("{'type': 'redeem', 'member': 'ben', 'wallet': 'points', 'amount': '1000000'}"),
    {"POST", "/v1/events", NULL,
     "{'type': 'settle', 'member': 'anna'}\n{'type': 'redeem', 'member': 'anna', 'reward': 'mug'}\n"
     "{'type': 'redeem', 'member': 'anna', 'wallet': 'points', 'amount': '1000000'}\n",
     3},

    {"POST", "/v1/members", NULL, "{'id': 'dora', 'fields': {'name': 'Dora'}}", 1, "id"},
    {"PATCH", "/v1/members/{id}", "/v1/members/dora", "{'fields': {'name': 'Dora D.'}}", 1, "id"},
    ACT("adjustments", "{'wallet': 'points', 'amount': '30', 'reason': 'goodwill'}"),
    ACT("transfers", "{'to': 'ben', 'wallet': 'points', 'amount': '7'}"),
    ACT("expiries", "{'wallet': 'points', 'amount': '3', 'reason': 'by hand'}"),
    ACT("releases", "{'wallet': 'miles', 'reason': 'by hand'}"),
    ACT("returns", "{'items': [{'sku': 'A', 'quantity': 1}]}"),
    ACT("merge", "{'into': 'ben'}"),
    {"POST", "/v1/members/{id}/unmerge", "/v1/members/anna/unmerge", "{'from': 'ben'}", 1},
    ACT("close", "{'reason': 'asked'}"),
    ACT("reopen", "{'reason': 'asked again'}"),
    {"POST", "/v1/members/{id}/erase", "/v1/members/cleo/erase", "{'reason': 'asked'}", 1},

    {"PUT", "/v1/orders/{id}", "/v1/orders/p1", "{'member': 'anna', " ITEMS "}", 1},
    {"POST", "/v1/orders/{id}/confirm", "/v1/orders/p1/confirm", "{'quote': '%QUOTE%'}", 1},
    {"POST", "/v1/orders/{id}/milestones", "/v1/orders/p1/milestones", "{'milestone': 'delivered'}",
     1},
    {"PUT", "/v1/orders/{id}/edits/{edit}", "/v1/orders/p1/edits/e1",
     "{'items': [{'id': 'a', 'sku': 'A', 'unit_price': '10.00', 'quantity': 2}]}", 1},
    {"PUT", "/v1/orders/{id}/returns/{return}", "/v1/orders/p1/returns/r1",
     "{'items': [{'item': 'a', 'quantity': 1}]}", 1},
    {"DELETE", "/v1/orders/{id}/returns/{return}", "/v1/orders/p1/returns/r1", "", 1},
    {"POST", "/v1/orders/{id}/cancel", "/v1/orders/p1/cancel", "{}", 1},
    {"POST", "/v1/orders/{id}/confirm", "/v1/orders/p2/confirm", "{" ITEMS "}", 1},
    {"POST", "/v1/orders/{id}/claim", "/v1/orders/p2/claim", "{'member': 'anna', 'code': '%CODE%'}",
     1},

    {"POST", "/v1/redemptions", NULL, "{'id': 'x1', 'member': 'anna', 'reward': 'mug'}", 1},
    {"POST", "/v1/redemptions/{id}/refund", "/v1/redemptions/x1/refund", "{}", 1},
    {"POST", "/v1/redemptions", NULL,
     "{'id': 'x2', 'member': 'anna', 'reward': 'mug', 'hold': '2 hours'}", 1},
    {"POST", "/v1/redemptions/{id}/confirm", "/v1/redemptions/x2/confirm", "{}", 1},
    {"POST", "/v1/redemptions", NULL,
     "{'id': 'x3', 'member': 'anna', 'reward': 'mug', 'hold': '2 hours'}", 1},
    {"POST", "/v1/redemptions/{id}/cancel", "/v1/redemptions/x3/cancel", "{}", 1},

    {"POST", "/v1/programme/publish", NULL, NULL, 1},

    {"POST", "/v1/webhooks", NULL, "{'url': 'http://127.0.0.1:9/here'}", 1, "id", true},
    WEBHOOK("PATCH", "", "{'description': 'till'}", "id"),
    WEBHOOK("POST", "/rotate", "", "secret"),
    WEBHOOK("POST", "/test", "", "id"),
    {"POST", "/v1/webhooks/{id}/deliveries/{delivery}/resend",
     "/v1/webhooks/%WEBHOOK%/deliveries/%DELIVERY%/resend", "", 0, "id", true},
    {"DELETE", "/v1/webhooks/{id}", "/v1/webhooks/wh_unknown", "", 0, NULL, true},
};
#define WRITES (sizeof writes / sizeof *writes)

/* Sent by POST, and nothing is written: no effect, which the document says by taking no key. */
static const char *const readers[] = {"/v1/evaluate", "/v1/programme/validate",
                                      "/v1/programme/diff", "/v1/programme/backtest"};

static struct server server;
static struct link links[2];
static yyjson_doc *document;
static struct {
    char path[PATH_MAXIMUM];
    char key[32];
    char body[1024];
    uint64_t hash;
} done[WRITES];

/* Names in paths and bodies that stand for the last answer's. */
static struct {
    const char *name;
    char value[64];
} answered[] = {{"%QUOTE%", ""}, {"%CODE%", ""}, {"%WEBHOOK%", ""}, {"%DELIVERY%", ""}};
enum { QUOTE, CODE, WEBHOOK_ID, DELIVERY, NAMES };

/* ---- sending ---- */

/* ' becomes ", and the names between % what was answered before. */
static void fill_in(char *out, size_t size, const char *body)
{
    size_t length = 0;
    while (*body != '\0') {
        const char *value = NULL;
        for (size_t i = 0; i < NAMES; i++) {
            if (strncmp(body, answered[i].name, strlen(answered[i].name)) == 0)
                value = answered[i].value;
        }
        if (value != NULL) {
            length += (size_t)snprintf(out + length, size - length, "%s", value);
            body = strchr(body + 1, '%') + 1;
        } else {
            out[length++] = (char)(*body == '\'' ? '"' : *body);
            body++;
        }
        assert_true(length + 1 < size);
    }
    out[length] = '\0';
}

static struct call call_of(size_t index)
{
    const struct write *write = &writes[index];
    bool has_lines = write->body != NULL && strchr(write->body, '\n') != NULL;
    return (struct call){
        .method = write->method,
        .path = done[index].path,
        .key = done[index].key,
        .type = write->body == NULL ? "application/yaml"
                : has_lines         ? "application/x-ndjson"
                                    : NULL,
        .body = text_of(write->body == NULL ? next_program : done[index].body),
    };
}

struct sending {
    struct call call;
    struct reply reply;
    bool is_answered;
    pthread_barrier_t *start;
};

static void *send_with_the_other(void *context)
{
    struct sending *sending = context;
    (void)pthread_barrier_wait(sending->start);
    sending->is_answered = link_call(&links[1], &sending->call, &sending->reply);
    return NULL;
}

static uint64_t count_words(const char *text, const char *word)
{
    uint64_t count = 0;
    for (const char *at = text; (at = strstr(at, word)) != NULL; at++)
        count++;
    return count;
}

/* What has happened until now: records, versions and webhooks. */
static uint64_t count_effects(void)
{
    static const char introduction[] = "guerdon_store_last_position{program=\"repeats\"} ";
    struct reply reply = link_get(&links[0], "/metrics");
    const char *found = strstr(reply.body.bytes, introduction);
    assert_non_null(found);
    uint64_t count = strtoull(found + sizeof introduction - 1, NULL, 10);
    reply = link_get(&links[0], "/v1/programme/versions");
    assert_int_equal(reply.status, 200);
    count += count_words(reply.body.bytes, "\"version\":");
    reply = link_get(&links[0], "/v1/webhooks");
    assert_int_equal(reply.status, 200);
    return count + count_words(reply.body.bytes, "\"url\":");
}

static void remember(int name, struct text value)
{
    if (value.length == 0) return;
    snprintf(answered[name].value, sizeof answered->value, "%.*s", TEXT_ARGUMENTS(value));
}

static void remember_answer(const char *path, struct text body)
{
    struct text id = find_value(body, "id");
    remember(QUOTE, find_value(body, strstr(path, "orders") != NULL ? "quote" : "position"));
    remember(CODE, find_value(body, "claim_code"));
    if (strcmp(path, "/v1/webhooks") == 0) remember(WEBHOOK_ID, id);
    if (text_ends_with(text_of(path), TEXT("/test"))) remember(DELIVERY, id);
}

/* What must be the same in all answers to a write. */
static uint64_t hash_what_stays(size_t index, struct text body)
{
    return hash_answer(writes[index].stays == NULL ? body : find_value(body, writes[index].stays));
}

static void send_twice(size_t index)
{
    const struct write *write = &writes[index];
    pthread_barrier_t start;
    pthread_t thread;
    struct reply reply;
    uint64_t before = count_effects();
    fill_in(done[index].path, PATH_MAXIMUM, write->path == NULL ? write->pattern : write->path);
    snprintf(done[index].key, sizeof done[index].key, "write-%zu", index);
    if (write->body != NULL) fill_in(done[index].body, sizeof done[index].body, write->body);
    struct sending other = {.call = call_of(index), .start = &start};
    assert_int_equal(pthread_barrier_init(&start, NULL, 2), 0);
    assert_int_equal(pthread_create(&thread, NULL, send_with_the_other, &other), 0);
    (void)pthread_barrier_wait(&start);
    bool is_answered = link_call(&links[0], &other.call, &reply);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(pthread_barrier_destroy(&start), 0);
    assert_true(is_answered && other.is_answered);
    /* The example that is to be refused is answered with 409. */
    bool is_right = (reply.status >= 200 && reply.status < 300) ||
                    (reply.status == 409 && strstr(done[index].body, "1000000") != NULL);
    done[index].hash = hash_what_stays(index, reply.body);
    if (!is_right || other.reply.status != reply.status ||
        hash_what_stays(index, other.reply.body) != done[index].hash) {
        fail_msg("%s %s %s\nwas answered %d: %.*s\nand at the same time %d: %.*s", write->method,
                 done[index].path, done[index].body, reply.status, TEXT_ARGUMENTS(reply.body),
                 other.reply.status, TEXT_ARGUMENTS(other.reply.body));
    }
    remember_answer(done[index].path, reply.body);
    uint64_t effects = count_effects() - before;
    if (effects != write->effects) {
        fail_msg("%s %s %s\nhas %llu effects, not %u", write->method, done[index].path,
                 done[index].body, (unsigned long long)effects, write->effects);
    }
}

static void every_write_sent_twice_at_once_and_a_third_time_has_one_effect(void **state)
{
    (void)state;
    for (size_t i = 0; i < WRITES; i++)
        send_twice(i);
    uint64_t effects = count_effects();
    for (size_t i = 0; i < WRITES; i++) {
        struct call call = call_of(i);
        struct reply reply = link_must(&links[i % 2], &call);
        bool is_same = writes[i].is_erased ? reply.status == 410
                                           : hash_what_stays(i, reply.body) == done[i].hash &&
                                                 (reply.is_replayed || writes[i].is_setting);
        if (!is_same) {
            fail_msg("%s %s %s\nis answered another time with %d%s: %.*s", call.method, call.path,
                     done[i].body, reply.status, reply.is_replayed ? "" : ", not as a repeat",
                     TEXT_ARGUMENTS(reply.body));
        }
    }
    assert_int_equal(count_effects(), effects);
}

/* ---- nothing is forgotten ---- */

static bool has_example(const char *method, const char *pattern)
{
    for (size_t i = 0; i < WRITES; i++) {
        if (strcmp(writes[i].pattern, pattern) == 0 &&
            text_equal_ignoring_case(text_of(writes[i].method), text_of(method)))
            return true;
    }
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
        if (strcmp(readers[i], pattern) == 0) return true;
    }
    return false;
}

static void every_write_of_the_document_has_an_example(void **state)
{
    size_t path_index;
    size_t path_count;
    size_t index;
    size_t count;
    yyjson_val *path;
    yyjson_val *operations;
    yyjson_val *method;
    yyjson_val *operation;
    (void)state;
    yyjson_val *paths = yyjson_doc_ptr_get(document, "/paths");
    assert_true(yyjson_obj_size(paths) > 0);
    yyjson_obj_foreach(paths, path_index, path_count, path, operations)
    {
        yyjson_obj_foreach(operations, index, count, method, operation)
        {
            const char *name = yyjson_get_str(method);
            if (strcmp(name, "get") == 0 || strcmp(name, "parameters") == 0) continue;
            if (!has_example(name, yyjson_get_str(path)))
                fail_msg("%s %s has no example in this test", name, yyjson_get_str(path));
        }
    }
}

static void every_type_of_event_has_an_example(void **state)
{
    size_t index;
    size_t count;
    yyjson_val *type;
    (void)state;
    yyjson_val *types =
        yyjson_doc_ptr_get(document, "/components/schemas/Event/properties/type/anyOf/0/enum");
    assert_true(yyjson_arr_size(types) > 0);
    yyjson_arr_foreach(types, index, count, type)
    {
        char wanted[64];
        bool is_found = false;
        snprintf(wanted, sizeof wanted, "{'type': '%s'", yyjson_get_str(type));
        for (size_t i = 0; i < WRITES && !is_found; i++) {
            is_found =
                writes[i].body != NULL && strncmp(writes[i].body, wanted, strlen(wanted)) == 0;
        }
        if (!is_found) fail_msg("events of type %s have no example in this test", wanted);
    }
}

static int set_up(void **state)
{
    (void)state;
    server_init(&server, program);
    /* Webhooks stay on the machine, and nobody listens there. */
    server.options[0] = "--webhook-networks";
    server.options[1] = "127.0.0.0/8";
    server.options[2] = "--webhook-http";
    server.options[3] = "yes";
    server_start(&server);
    link_init(&links[0], &server);
    link_init(&links[1], &server);
    struct reply reply = link_get(&links[0], "/openapi.json");
    document = yyjson_read(reply.body.bytes, reply.body.length, 0);
    return document == NULL ? -1 : 0;
}

static int tear_down(void **state)
{
    (void)state;
    yyjson_doc_free(document);
    link_release(&links[0]);
    link_release(&links[1]);
    server_stop(&server);
    server_verify(&server);
    server_remove(&server);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_write_of_the_document_has_an_example),
        cmocka_unit_test(every_type_of_event_has_an_example),
        cmocka_unit_test(every_write_sent_twice_at_once_and_a_third_time_has_one_effect),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
