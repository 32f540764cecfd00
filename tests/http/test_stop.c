/* Opening an address and stopping: what is finished, what is closed, and what a person is told. */
#include "harness.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define HOST "Host: a\r\n"

static void a_request_in_flight_is_finished(void **state)
{
    (void)state;
    struct server server;
    struct client clients[3];
    server_start(&server, (struct http_options){0});
    for (int i = 0; i < 3; i++)
        client_connect(&clients[i], &server);
    /* One idle, one with its request deferred, one with half of its request sent. */
    assert_int_equal(client_get(&clients[0], "/echo").status, 200);
    SEND(&clients[2], "GET /echo HTTP/1.1\r\n" HOST "\r\nPOST /body HTTP/1.1\r\n" HOST
                      "Content-Length: 2\r\n\r\na");
    assert_int_equal(client_receive(&clients[2]).status, 200);
    SEND(&clients[1], "GET /defer?x HTTP/1.1\r\n" HOST "\r\n");
    server_wait_for_held(&server, 1);

    http_server_stop(server.http);
    client_expect_end(&clients[0]);
    SEND(&clients[2], "b");
    struct answer answer = client_receive(&clients[2]);
    assert_text(answer.body, "ab");
    assert_text(answer_header(answer, TEXT("connection")), "close");
    client_expect_end(&clients[2]);
    client_close(&clients[2]);
    server_answer(&server, 0);
    answer = client_receive(&clients[1]);
    assert_text(answer.body, "x");
    assert_text(answer_header(answer, TEXT("connection")), "close");
    client_expect_end(&clients[1]);
    client_close(&clients[1]);
    server_join(&server);
    client_close(&clients[0]);
    server_end(&server);
}

static void nobody_connects_to_a_server_that_stops(void **state)
{
    (void)state;
    struct server server;
    struct client client;
    server_start(&server, (struct http_options){0});
    client_connect(&client, &server);
    SEND(&client, "GET /defer HTTP/1.1\r\n" HOST "\r\n");
    server_wait_for_held(&server, 1);
    struct client idle;
    client_connect(&idle, &server);
    assert_int_equal(client_get(&idle, "/echo").status, 200);
    http_server_stop(server.http);
    client_expect_end(&idle);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(http_server_port(server.http)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int file = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_not_equal(connect(file, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(errno, ECONNREFUSED);
    close(file);
    server_answer(&server, 0);
    assert_int_equal(client_receive(&client).status, 200);
    client_close(&client);
    client_close(&idle);
    server_end(&server);
}

static void the_second_stop_ends_the_grace_time(void **state)
{
    (void)state;
    struct server server;
    struct client client;
    server_start(&server, (struct http_options){0});
    client_connect(&client, &server);
    SEND(&client, "GET /defer HTTP/1.1\r\n" HOST "\r\n");
    server_wait_for_held(&server, 1);
    http_server_stop(server.http);
    http_server_stop(server.http);
    client_expect_end(&client);
    server_join(&server);
    /* Handed back after the end: resumed when the server is freed. */
    server_answer(&server, 0);
    client_close(&client);
    server_end(&server);
    assert_int_equal(server.gone, 1);
}

static void the_grace_time_ends_by_itself(void **state)
{
    (void)state;
    struct server server;
    struct client client;
    server_start(&server, (struct http_options){.grace_ms = 20});
    client_connect(&client, &server);
    SEND(&client, "GET /defer HTTP/1.1\r\n" HOST "\r\n");
    server_wait_for_held(&server, 1);
    http_server_stop(server.http);
    server_join(&server);
    client_expect_end(&client);
    server_answer(&server, 0);
    client_close(&client);
    server_end(&server);
    assert_int_equal(server.gone, 1);
}

static void a_server_may_be_stopped_before_it_runs_or_never_run(void **state)
{
    (void)state;
    struct server server;
    server_make(&server, (struct http_options){0});
    http_server_stop(server.http);
    assert_int_equal(http_server_run(server.http), STATUS_OK);
    server_end(&server);
    server_make(&server, (struct http_options){0});
    struct client client;
    client_connect(&client, &server);
    server_end(&server);
    client_expect_gone(&client);
    client_close(&client);
}

static void a_signal_stops_it(void **state)
{
    (void)state;
    static const int numbers[] = {SIGTERM, SIGINT};
    for (size_t i = 0; i < 2; i++) {
        struct server server;
        struct client client;
        server_start(&server, (struct http_options){.stops_on_signals = true});
        client_connect(&client, &server);
        assert_int_equal(client_get(&client, "/echo").status, 200);
        assert_int_equal(kill(getpid(), numbers[i]), 0);
        client_expect_end(&client);
        server_join(&server);
        client_close(&client);
        server_end(&server);
    }
}

static void handle(struct http_exchange *exchange)
{
    (void)exchange;
}

/* Tries to listen; the complaint is the caller's to release. */
static enum status try_listen(const char *address, struct buffer *complaint)
{
    struct http_server *server = NULL;
    buffer_init(complaint, 1000);
    struct http_options options = {.listen = address, .handler = handle};
    assert_int_equal(http_server_new(&options, complaint, &server), STATUS_OK);
    enum status status = http_server_listen(server, complaint);
    http_server_free(server);
    return status;
}

static void an_address_that_cannot_be_had_is_explained(void **state)
{
    (void)state;
    static const struct {
        const char *address;
        enum status status;
        const char *said;
    } addresses[] = {
        {"", STATUS_SYNTAX, "HOST:PORT"},
        {"8080", STATUS_SYNTAX, "HOST:PORT"},
        {"a:", STATUS_SYNTAX, "HOST:PORT"},
        {"a:http", STATUS_SYNTAX, "HOST:PORT"},
        {"127.0.0.1:65536", STATUS_SYNTAX, "HOST:PORT"},
        {"127.0.0.1:-1", STATUS_SYNTAX, "HOST:PORT"},
        {"::1:80", STATUS_SYNTAX, "[IPV6]"},
        {"[::1:80", STATUS_SYNTAX, "[IPV6]"},
        {"192.0.2.1:0", STATUS_IO, "no such address"},
        {"unix:", STATUS_SYNTAX, "107 bytes"},
        {"unix:/no/such/folder/socket", STATUS_IO, "folder"},
        {"unix:/0123456789012345678901234567890123456789012345678901234567890123456789012345678901"
         "23456789012345678901234567890",
         STATUS_SYNTAX, "107 bytes"},
    };
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        struct buffer complaint;
        assert_int_equal(try_listen(addresses[i].address, &complaint), addresses[i].status);
        assert_int_equal(buffer_add_byte(&complaint, '\0'), STATUS_OK);
        if (strstr(complaint.bytes, addresses[i].said) == NULL)
            fail_msg("%s: %s", addresses[i].address, complaint.bytes);
        buffer_release(&complaint);
    }
}

static void an_address_in_use_is_explained(void **state)
{
    (void)state;
    struct server server;
    server_make(&server, (struct http_options){0});
    char address[32];
    snprintf(address, sizeof address, "127.0.0.1:%u", (unsigned)http_server_port(server.http));
    struct buffer complaint;
    assert_int_equal(try_listen(address, &complaint), STATUS_IO);
    char expected[200];
    snprintf(expected, sizeof expected,
             "cannot listen on \"%s\": the address is in use; stop the other program or choose "
             "another port",
             address);
    assert_text(buffer_text(&complaint), expected);
    buffer_release(&complaint);
    server_end(&server);
}

static void every_form_of_address_is_understood(void **state)
{
    (void)state;
    static const char *const addresses[] = {"127.0.0.1:0", ":0", "*:0", "localhost:0"};
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        struct server server;
        struct client client;
        server_start(&server, (struct http_options){.listen = addresses[i]});
        assert_int_not_equal(http_server_port(server.http), 0);
        if (i != 3) { /* localhost may be ::1 alone */
            client_connect(&client, &server);
            struct text body = client_get(&client, "/echo").body;
            assert_text(body, "GET\n/echo\n\n127.0.0.1\n\n");
            client_close(&client);
        }
        server_end(&server);
    }
}

static void a_socket_file_left_behind_is_replaced_and_one_in_use_is_not(void **state)
{
    (void)state;
    char folder[] = "/tmp/guerdon-http-XXXXXX";
    assert_non_null(mkdtemp(folder));
    char path[64];
    char listen_on[80];
    snprintf(path, sizeof path, "%s/socket", folder);
    snprintf(listen_on, sizeof listen_on, "unix:%s", path);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, path, strlen(path) + 1);
    int file = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(file, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(file, 1), 0);
    struct buffer complaint;
    assert_int_equal(try_listen(listen_on, &complaint), STATUS_IO);
    buffer_release(&complaint);
    close(file);
    assert_int_equal(access(path, F_OK), 0);
    assert_int_equal(try_listen(listen_on, &complaint), STATUS_OK);
    buffer_release(&complaint);
    /* A file that is no socket is nobody's to remove. */
    FILE *other = fopen(path, "w");
    assert_non_null(other);
    fclose(other);
    assert_int_equal(try_listen(listen_on, &complaint), STATUS_IO);
    buffer_release(&complaint);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_in_flight_is_finished),
        cmocka_unit_test(nobody_connects_to_a_server_that_stops),
        cmocka_unit_test(the_second_stop_ends_the_grace_time),
        cmocka_unit_test(the_grace_time_ends_by_itself),
        cmocka_unit_test(a_server_may_be_stopped_before_it_runs_or_never_run),
        cmocka_unit_test(a_signal_stops_it),
        cmocka_unit_test(an_address_that_cannot_be_had_is_explained),
        cmocka_unit_test(an_address_in_use_is_explained),
        cmocka_unit_test(every_form_of_address_is_understood),
        cmocka_unit_test(a_socket_file_left_behind_is_replaced_and_one_in_use_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
