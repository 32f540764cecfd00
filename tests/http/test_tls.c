/* TLS: the same server, encrypted. The certificate is made here, for an hour, by OpenSSL. */
#include "harness.h"

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define HOST "Host: a\r\n"

static char folder[] = "/tmp/guerdon-tls-XXXXXX";
static char certificate_file[64];
static char key_file[64];
static char other_key_file[64];

static void write_pem(const char *path, EVP_PKEY *key, X509 *certificate)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    int written = certificate != NULL ? PEM_write_X509(file, certificate)
                                      : PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL);
    assert_int_equal(written, 1);
    assert_int_equal(fclose(file), 0);
}

static int make_certificate(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(certificate_file, sizeof certificate_file, "%s/certificate", folder);
    snprintf(key_file, sizeof key_file, "%s/key", folder);
    snprintf(other_key_file, sizeof other_key_file, "%s/other", folder);
    EVP_PKEY *key = EVP_EC_gen("P-256");
    EVP_PKEY *other = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    assert_true(key != NULL && other != NULL && certificate != NULL);
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_NAME *name = X509_get_subject_name(certificate);
    assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                                (const unsigned char *)"localhost", -1, -1, 0),
                     1);
    assert_int_equal(X509_set_issuer_name(certificate, name), 1);
    assert_int_equal(X509_set_pubkey(certificate, key), 1);
    assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
    write_pem(certificate_file, NULL, certificate);
    write_pem(key_file, key, NULL);
    write_pem(other_key_file, other, NULL);
    X509_free(certificate);
    EVP_PKEY_free(key);
    EVP_PKEY_free(other);
    return 0;
}

static int remove_certificate(void **state)
{
    (void)state;
    assert_int_equal(unlink(certificate_file), 0);
    assert_int_equal(unlink(key_file), 0);
    assert_int_equal(unlink(other_key_file), 0);
    return rmdir(folder);
}

static void start(struct server *server, struct http_options options)
{
    options.certificate_file = certificate_file;
    options.key_file = key_file;
    server_start(server, options);
}

static SSL_CTX *client_context(int version)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    assert_non_null(context);
    assert_int_equal(SSL_CTX_set_min_proto_version(context, version), 1);
    assert_int_equal(SSL_CTX_set_max_proto_version(context, version), 1);
    assert_int_equal(SSL_CTX_load_verify_locations(context, certificate_file, NULL), 1);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    return context;
}

/* Connects and shakes hands; what SSL_connect answered. */
static int connect_encrypted(struct client *client, const struct server *server, SSL_CTX *context)
{
    client_connect(client, server);
    client->ssl = SSL_new(context);
    assert_non_null(client->ssl);
    assert_int_equal(SSL_set_fd(client->ssl, client->file), 1);
    return client_shake_hands(client);
}

static void requests_and_replies_pass_encrypted(void **state)
{
    (void)state;
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    struct server server;
    start(&server, (struct http_options){0});
    for (size_t i = 0; i < 2; i++) {
        SSL_CTX *context = client_context(versions[i]);
        struct client client;
        assert_int_equal(connect_encrypted(&client, &server, context), 1);
        assert_int_equal(SSL_version(client.ssl), versions[i]);
        assert_text(client_get(&client, "/echo?a").body, "GET\n/echo\na\n127.0.0.1\n\n");
        SEND(&client, "GET /defer?1 HTTP/1.1\r\n" HOST "\r\nGET /defer?2 HTTP/1.1\r\n" HOST
                      "Connection: close\r\n\r\n");
        server_wait_for_held(&server, 2 * i + 2);
        server_answer(&server, 2 * i + 1);
        server_answer(&server, 2 * i);
        assert_text(client_receive(&client).body, "1");
        assert_text(client_receive(&client).body, "2");
        client_expect_end(&client);
        client_close(&client);
        SSL_CTX_free(context);
    }
    server_end(&server);
}

static void large_bodies_pass_encrypted(void **state)
{
    (void)state;
    size_t length = (size_t)4 << 20;
    struct server server;
    struct client client;
    SSL_CTX *context = client_context(TLS1_3_VERSION);
    start(&server, (struct http_options){0});
    assert_int_equal(connect_encrypted(&client, &server, context), 1);
    char *body = malloc(length);
    assert_non_null(body);
    for (size_t i = 0; i < length; i++)
        body[i] = (char)('A' + i % 25);
    SEND(&client, "POST /body HTTP/1.1\r\n" HOST "Content-Length: 4194304\r\n\r\n");
    client_send(&client, (struct text){body, length});
    struct answer answer = client_receive(&client);
    assert_int_equal(answer.body.length, length);
    assert_memory_equal(answer.body.bytes, body, length);
    free(body);
    SEND(&client, "GET /large HTTP/1.1\r\n" HOST "X-Test: 67108864\r\n\r\n");
    answer = client_receive(&client);
    size_t wrong = answer.body.length != 67108864;
    for (size_t i = 0; i < answer.body.length; i++)
        wrong += answer.body.bytes[i] != (char)('a' + i % 23);
    assert_int_equal(wrong, 0);
    client_close(&client);
    SSL_CTX_free(context);
    server_end(&server);
}

static void more_requests_than_the_maximum_wait_encrypted_too(void **state)
{
    (void)state;
    enum { COUNT = 1000 };
    struct server server;
    struct client client;
    SSL_CTX *context = client_context(TLS1_3_VERSION);
    start(&server, (struct http_options){.pipelined_maximum = 2});
    assert_int_equal(connect_encrypted(&client, &server, context), 1);
    struct buffer requests;
    buffer_init(&requests, 1 << 20);
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(buffer_add_format(&requests, "GET /echo?%d HTTP/1.1\r\n" HOST "\r\n", i),
                         STATUS_OK);
    client_send(&client, buffer_text(&requests));
    for (int i = 0; i < COUNT; i++) {
        char expected[64];
        snprintf(expected, sizeof expected, "GET\n/echo\n%d\n127.0.0.1\n\n", i);
        assert_text(client_receive(&client).body, expected);
    }
    buffer_release(&requests);
    client_close(&client);
    SSL_CTX_free(context);
    server_end(&server);
}

static void a_client_that_ends_its_side_still_gets_its_reply(void **state)
{
    (void)state;
    struct server server;
    struct client client;
    SSL_CTX *context = client_context(TLS1_3_VERSION);
    start(&server, (struct http_options){0});
    assert_int_equal(connect_encrypted(&client, &server, context), 1);
    SEND(&client, "GET /defer?x HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(SSL_shutdown(client.ssl), 0);
    server_wait_for_held(&server, 1);
    server_answer(&server, 0);
    assert_text(client_receive(&client).body, "x");
    client_expect_end(&client);
    client_close(&client);
    SSL_CTX_free(context);
    server_end(&server);
}

static void a_session_is_resumed(void **state)
{
    (void)state;
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    struct server server;
    start(&server, (struct http_options){0});
    for (size_t i = 0; i < 2; i++) {
        SSL_CTX *context = client_context(versions[i]);
        struct client client;
        assert_int_equal(connect_encrypted(&client, &server, context), 1);
        assert_int_equal(client_get(&client, "/echo").status, 200);
        SSL_SESSION *session = SSL_get1_session(client.ssl);
        client_close(&client);
        client_connect(&client, &server);
        client.ssl = SSL_new(context);
        assert_int_equal(SSL_set_session(client.ssl, session), 1);
        assert_int_equal(SSL_set_fd(client.ssl, client.file), 1);
        assert_int_equal(client_shake_hands(&client), 1);
        assert_int_equal(SSL_session_reused(client.ssl), 1);
        assert_int_equal(client_get(&client, "/echo").status, 200);
        client_close(&client);
        SSL_SESSION_free(session);
        SSL_CTX_free(context);
    }
    server_end(&server);
}

static void the_protocol_is_http_1_1_and_no_other(void **state)
{
    (void)state;
    static const unsigned char both[] = "\x02h2\x08http/1.1";
    static const unsigned char other[] = "\x02h2";
    struct server server;
    struct client client;
    start(&server, (struct http_options){0});
    SSL_CTX *context = client_context(TLS1_3_VERSION);
    assert_int_equal(SSL_CTX_set_alpn_protos(context, both, sizeof both - 1), 0);
    assert_int_equal(connect_encrypted(&client, &server, context), 1);
    const unsigned char *chosen = NULL;
    unsigned length = 0;
    SSL_get0_alpn_selected(client.ssl, &chosen, &length);
    assert_text(((struct text){(const char *)chosen, length}), "http/1.1");
    client_close(&client);
    assert_int_equal(SSL_CTX_set_alpn_protos(context, other, sizeof other - 1), 0);
    assert_int_not_equal(connect_encrypted(&client, &server, context), 1);
    client_close(&client);
    SSL_CTX_free(context);
    server_end(&server);
}

static void a_failed_handshake_is_counted_and_closed(void **state)
{
    (void)state;
    struct server server;
    struct client client;
    start(&server, (struct http_options){.header_ms = 20});
    SSL_CTX *context = client_context(TLS1_1_VERSION);
    SSL_CTX_set_security_level(context, 0);
    assert_int_not_equal(connect_encrypted(&client, &server, context), 1);
    client_close(&client);
    SSL_CTX_free(context);
    /* One that speaks without TLS, and one that says nothing. */
    client_connect(&client, &server);
    SEND(&client, "GET / HTTP/1.1\r\n" HOST "\r\n");
    client_expect_gone(&client);
    client_close(&client);
    client_connect(&client, &server);
    client_expect_gone(&client);
    client_close(&client);
    http_server_stop(server.http);
    server_join(&server);
    const struct http_counters *counters = http_server_counters(server.http);
    assert_int_equal(counters->refused[HTTP_REFUSAL_TLS], 3);
    assert_int_equal(counters->requests, 0);
    server_end(&server);
}

static void a_broken_record_ends_the_connection(void **state)
{
    (void)state;
    struct server server;
    struct client client;
    start(&server, (struct http_options){0});
    SSL_CTX *context = client_context(TLS1_3_VERSION);
    assert_int_equal(connect_encrypted(&client, &server, context), 1);
    assert_int_equal(client_get(&client, "/echo").status, 200);
    char broken[] = "\x17\x03\x03\x00\x20garbagegarbagegarbagegarbagegarb";
    assert_int_equal(send(client.file, broken, sizeof broken - 1, MSG_NOSIGNAL),
                     (ssize_t)sizeof broken - 1);
    client_expect_gone(&client);
    client_close(&client);
    SSL_CTX_free(context);
    server_end(&server);
}

static void handle(struct http_exchange *exchange)
{
    (void)exchange;
}

static void a_certificate_that_cannot_be_used_is_explained(void **state)
{
    (void)state;
    const struct {
        const char *certificate;
        const char *key;
        enum status status;
        const char *said;
    } attempts[] = {
        {"/no/such/file", key_file, STATUS_IO, "cannot read the certificate /no/such/file"},
        {certificate_file, "/no/such/file", STATUS_IO, "cannot use the key /no/such/file"},
        {key_file, key_file, STATUS_IO, "begins with the server's certificate"},
        {certificate_file, other_key_file, STATUS_IO, "belongs to the certificate"},
        {certificate_file, NULL, STATUS_INVALID, "both"},
        {NULL, key_file, STATUS_INVALID, "both"},
    };
    for (size_t i = 0; i < sizeof attempts / sizeof *attempts; i++) {
        struct http_server *server = NULL;
        struct buffer complaint;
        buffer_init(&complaint, 1000);
        struct http_options options = {.listen = "127.0.0.1:0",
                                       .handler = handle,
                                       .certificate_file = attempts[i].certificate,
                                       .key_file = attempts[i].key};
        assert_int_equal(http_server_new(&options, &complaint, &server), attempts[i].status);
        assert_null(server);
        assert_int_equal(buffer_add_byte(&complaint, '\0'), STATUS_OK);
        assert_non_null(strstr(complaint.bytes, attempts[i].said));
        buffer_release(&complaint);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_and_replies_pass_encrypted),
        cmocka_unit_test(large_bodies_pass_encrypted),
        cmocka_unit_test(more_requests_than_the_maximum_wait_encrypted_too),
        cmocka_unit_test(a_client_that_ends_its_side_still_gets_its_reply),
        cmocka_unit_test(a_session_is_resumed),
        cmocka_unit_test(the_protocol_is_http_1_1_and_no_other),
        cmocka_unit_test(a_failed_handshake_is_counted_and_closed),
        cmocka_unit_test(a_broken_record_ends_the_connection),
        cmocka_unit_test(a_certificate_that_cannot_be_used_is_explained),
    };
    return cmocka_run_group_tests(tests, make_certificate, remove_certificate);
}
