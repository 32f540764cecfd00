/* A server whose disk fills up: writes are refused and reads go on; when there is room again it
 * takes writes without a restart, and what was refused is repeated with its key and happens once.
 *
 * Two ways to be full. A limit on the size of the server's files (RLIMIT_FSIZE), which makes a
 * write fail in the middle of its work, and which is lifted while the server runs; everybody may do
 * that. And a small file system of its own, where the server may mount one: there it sees that room
 * runs out before it begins.
 */
#include "server.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FILE_BYTES_MAXIMUM (INT64_C(3) << 20)
#define MEMBERS 20
#define LINES 100
#define REQUESTS_MAXIMUM 4000 /* far more than fill any of the disks */
#define REFUSED_MAXIMUM 8
#define PATIENCE_SECONDS 60

static const char *const program =
    "program: disk\n"
    "title: Disk\n"
    "timezone: UTC\n"
    "currency: EUR\n"
    "wallets:\n"
    "  points: {}\n"
    "rules:\n"
    "  base:\n"
    "    on: purchase\n"
    "    earn: 1 point per 1.00 EUR of order.eligible, rounded down\n";

static struct server server;
static struct client {
    struct link link;
    struct buffer body;
} test_client, other_client;
static uint32_t sent; /* requests: 0 to here */
static uint32_t refused[REFUSED_MAXIMUM];
static uint32_t refused_count;
static atomic_uint told_full;
static atomic_uint told_unknown;

static bool has_lines(uint32_t number)
{
    return number % 2 == 1;
}

/* Request `number`: a purchase for 7 points, or many of them as lines. */
static bool send_request(struct client *client, uint32_t number, struct reply *reply)
{
    char key[32];
    uint32_t lines = has_lines(number) ? LINES : 1;
    buffer_clear(&client->body);
    snprintf(key, sizeof key, "r%u", number);
    for (uint32_t i = 0; i < lines; i++) {
        if (buffer_add_format(&client->body,
                              "{\"type\":\"purchase\",\"member\":\"m%u\",\"order\":\"o%u-%u\","
                              "\"items\":[{\"sku\":\"A\",\"unit_price\":\"7.00\"}]}\n",
                              (number + i) % MEMBERS, number, i) != STATUS_OK)
            abort();
    }
    const struct call call = {.method = "POST",
                              .path = "/v1/events",
                              .key = key,
                              .type = lines > 1 ? "application/x-ndjson" : NULL,
                              .body = buffer_text(&client->body)};
    reply->status = 0;
    return link_call(&client->link, &call, reply) && reply->status == 200;
}

/* Either nothing happened, or nobody knows: nothing else may be said of a full disk. */
static bool is_told_well(const struct reply *reply)
{
    struct text code = reply->status == 0 ? TEXT("") : find_value(reply->body, "code");
    bool is_full = reply->status == 507 && text_equal(code, TEXT("disk_full"));
    bool is_unknown = reply->status == 503 && text_equal(code, TEXT("unknown_outcome"));
    bool recovers = reply->status == 503 && text_equal(code, TEXT("unavailable"));
    told_full += is_full ? 1 : 0;
    told_unknown += is_unknown ? 1 : 0;
    return is_full || is_unknown || recovers;
}

/* In the test's own thread: whether it was done. */
static bool try_request(uint32_t number, struct reply *reply)
{
    if (send_request(&test_client, number, reply)) return true;
    if (is_told_well(reply)) return false;
    fail_msg("a full disk is told as %d: %.*s", reply->status,
             reply->status == 0 ? 0 : (int)reply->body.length,
             reply->status == 0 ? "" : reply->body.bytes);
    return false;
}

/* What was committed can be read. */
static void assert_reads_go_on(void)
{
    for (uint32_t i = 0; i < MEMBERS; i++) {
        struct reply reply = link_get(&test_client.link, "/v1/members/m%u", i);
        if (reply.status != 200) fail_msg("%d: %.*s", reply.status, TEXT_ARGUMENTS(reply.body));
        assert_true(find_number(reply.body, "available") > 0);
        reply = link_get(&test_client.link, "/v1/members/m%u/statement", i);
        assert_int_equal(reply.status, 200);
    }
    assert_int_equal(link_get(&test_client.link, "/healthz").status, 200);
}

/* Until it has been refused several times. What is small may still be taken after what is large was
 * not. */
static void write_until_refused(void)
{
    struct reply reply;
    while (refused_count < REFUSED_MAXIMUM) {
        assert_true(sent < REQUESTS_MAXIMUM);
        if (!try_request(sent, &reply)) {
            refused[refused_count++] = sent;
            assert_reads_go_on();
        }
        sent++;
    }
}

/* Sends it until it is done; asking is what passes the time. */
static void repeat_until_done(uint32_t number)
{
    struct timespec now;
    struct reply reply;
    assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &now), 0);
    time_t end = now.tv_sec + PATIENCE_SECONDS;
    while (!try_request(number, &reply)) {
        assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &now), 0);
        if (now.tv_sec > end) fail_msg("it does not recover: %.*s", TEXT_ARGUMENTS(reply.body));
    }
    uint64_t hash = hash_answer(reply.body);
    assert_true(try_request(number, &reply));
    assert_true(reply.is_replayed);
    assert_int_equal(hash_answer(reply.body), hash);
}

static void assert_each_happened_once(void)
{
    int64_t points = 0;
    int64_t events = 0;
    for (uint32_t i = 0; i < sent; i++)
        events += has_lines(i) ? LINES : 1;
    for (uint32_t i = 0; i < MEMBERS; i++) {
        struct reply reply = link_get(&test_client.link, "/v1/members/m%u", i);
        points += find_number(reply.body, "available");
    }
    assert_int_equal(points, 7 * events);
    struct reply figures = link_get(&test_client.link, "/metrics");
    const char *last = strstr(figures.body.bytes, "guerdon_store_last_position{program=\"disk\"} ");
    assert_non_null(last);
    assert_int_equal(strtoll(strchr(last, ' ') + 1, NULL, 10), events);
}

static atomic_bool others_end;
static atomic_bool others_were_told_well;

/* Somebody who asks for the same again and again. */
static void *insist(void *context)
{
    struct reply reply;
    uint32_t number = *(uint32_t *)context;
    while (!others_end) {
        if (send_request(&other_client, number, &reply) || !is_told_well(&reply))
            others_were_told_well = false;
    }
    return NULL;
}

/* Refused writes take no reads along that came with them. */
static void read_among_refused_writes(void)
{
    pthread_t thread;
    others_end = false;
    others_were_told_well = true;
    link_init(&other_client.link, &server);
    assert_int_equal(pthread_create(&thread, NULL, insist, &refused[0]), 0);
    for (int i = 0; i < 20; i++)
        assert_reads_go_on();
    others_end = true;
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(others_were_told_well);
    link_release(&other_client.link);
}

/* Fills the disk, makes room, and finds everything in its place. */
static void fill_and_recover(void (*make_room)(void), bool fails_within)
{
    struct reply reply;
    link_init(&test_client.link, &server);
    write_until_refused();
    assert_true(fails_within ? told_unknown > 0 : told_full == REFUSED_MAXIMUM);
    if (!fails_within) read_among_refused_writes();
    make_room();
    for (uint32_t i = 0; i < refused_count; i++)
        repeat_until_done(refused[i]);
    assert_int_equal(link_get(&test_client.link, "/readyz").status, 200);
    for (uint32_t i = 0; i < sent; i++) {
        assert_true(try_request(i, &reply));
        assert_true(reply.is_replayed);
    }
    assert_each_happened_once();
    link_close(&test_client.link);
    server_stop(&server);
    server_verify(&server);
    server_start(&server);
    assert_each_happened_once();
    link_release(&test_client.link);
    server_stop(&server);
}

/* ---- the two ways ---- */

static void lift_limit(void)
{
    struct rlimit limit;
    assert_int_equal(prlimit(server.process, RLIMIT_FSIZE, NULL, &limit), 0);
    limit.rlim_cur = limit.rlim_max;
    assert_int_equal(prlimit(server.process, RLIMIT_FSIZE, &limit, NULL), 0);
    server.file_bytes_maximum = 0;
}

static void files_that_may_not_grow_refuse_writes_until_they_may_again(void **context)
{
    (void)context;
    server_init(&server, program);
    server.file_bytes_maximum = FILE_BYTES_MAXIMUM;
    server_start(&server);
    fill_and_recover(lift_limit, true);
}

static void remove_filler(void)
{
    char path[128];
    snprintf(path, sizeof path, "%s/filler", server.data);
    assert_int_equal(unlink(path), 0);
}

static void add_filler(void)
{
    static const char block[65536] = {1};
    char path[128];
    snprintf(path, sizeof path, "%s/filler", server.data);
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_true(file >= 0);
    size_t size = sizeof block;
    while (size > 0) {
        if (write(file, block, size) != (ssize_t)size) size /= 2;
    }
    assert_int_equal(close(file), 0);
}

/* A view of the file systems of the test's own, where it may mount. */
static bool may_mount(void)
{
    int kind = CLONE_NEWNS | (geteuid() == 0 ? 0 : CLONE_NEWUSER);
    return unshare(kind) == 0 && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
}

static void a_disk_without_room_refuses_writes_until_there_is_some(void **context)
{
    struct reply reply;
    (void)context;
    if (!may_mount()) {
        print_message("not run: no file system may be mounted here\n");
        skip();
    }
    server_init(&server, program);
    assert_int_equal(mount("none", server.data, "tmpfs", 0, "size=24m"), 0);
    server_start(&server);
    link_init(&test_client.link, &server);
    for (sent = 0; sent < MEMBERS * 2; sent++)
        assert_true(try_request(sent, &reply));
    link_release(&test_client.link);
    add_filler();
    fill_and_recover(remove_filler, false);
}

static int set_up(void **context)
{
    (void)context;
    sent = 0;
    refused_count = 0;
    told_full = told_unknown = 0;
    buffer_init(&test_client.body, (size_t)1 << 20);
    buffer_init(&other_client.body, (size_t)1 << 20);
    return 0;
}

static int tear_down(void **context)
{
    (void)context;
    buffer_release(&test_client.body);
    buffer_release(&other_client.body);
    if (server.process > 0) server_kill(&server);
    /* The small one, where there is one. */
    (void)umount2(server.data, MNT_DETACH);
    if (server.folder[0] != '\0') server_remove(&server);
    server.folder[0] = '\0';
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(files_that_may_not_grow_refuse_writes_until_they_may_again,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_disk_without_room_refuses_writes_until_there_is_some,
                                        set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
