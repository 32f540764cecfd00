/* serve over TLS, as an operator uses it: the built program with certificates that are made here,
 * and exchanged while it serves. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "../cli/command.h"
#include "running.h"

#define REPLY_BYTES 16384
#define ATTEMPTS 2000 /* a signal is taken within a few handshakes */

static const char program_text[] = "program: shop\ncurrency: EUR\nwallets:\n  points: {}\n"
                                   "rules:\n  base: {on: purchase, earn: 1 point per 1.00 EUR}\n";
static const char arguments[] = "--program test.yaml --data data --listen 127.0.0.1:0"
                                " --tls-cert certificate.pem --tls-key key.pem";

/* ---- certificates ---- */

static void write_pem(const char *name, EVP_PKEY *key, X509 *certificate)
{
    FILE *file = fopen("new.pem", "w");
    assert_non_null(file);
    int written = certificate != NULL ? PEM_write_X509(file, certificate)
                                      : PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL);
    assert_int_equal(written, 1);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(rename("new.pem", name), 0);
}

/* A pair of files with that serial number. */
static void make_certificate(long serial)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    assert_true(key != NULL && certificate != NULL);
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial);
    X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_NAME *name = X509_get_subject_name(certificate);
    assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                                (const unsigned char *)"localhost", -1, -1, 0),
                     1);
    assert_int_equal(X509_set_issuer_name(certificate, name), 1);
    assert_int_equal(X509_set_pubkey(certificate, key), 1);
    assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
    write_pem("certificate.pem", NULL, certificate);
    write_pem("key.pem", key, NULL);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

/* ---- a client ---- */

struct client {
    int file;
    SSL_CTX *context;
    SSL *ssl;
    long serial; /* of the server's certificate */
};

static void client_open(struct client *client, uint16_t port)
{
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    client->file = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(client->file >= 0);
    assert_int_equal(connect(client->file, (const struct sockaddr *)&address, sizeof address), 0);
    client->context = SSL_CTX_new(TLS_client_method());
    assert_non_null(client->context);
    client->ssl = SSL_new(client->context);
    assert_non_null(client->ssl);
    assert_int_equal(SSL_set_fd(client->ssl, client->file), 1);
    assert_int_equal(SSL_connect(client->ssl), 1);
    X509 *certificate = SSL_get1_peer_certificate(client->ssl);
    assert_non_null(certificate);
    client->serial = ASN1_INTEGER_get(X509_get_serialNumber(certificate));
    X509_free(certificate);
}

static void client_close(struct client *client)
{
    (void)SSL_shutdown(client->ssl);
    SSL_free(client->ssl);
    SSL_CTX_free(client->context);
    close(client->file);
}

/* GET on the connection, which stays open: the status. */
static int client_get(struct client *client, const char *path, const char *key)
{
    char bytes[REPLY_BYTES];
    size_t length = 0;
    int64_t status = 0;
    int64_t body = 0;
    int request =
        snprintf(bytes, sizeof bytes,
                 "GET %s HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\n\r\n", path, key);
    assert_int_equal(SSL_write(client->ssl, bytes, request), request);
    for (;;) {
        int got = SSL_read(client->ssl, bytes + length, (int)(REPLY_BYTES - 1 - length));
        if (got <= 0) fail_msg("the connection ended");
        length += (size_t)got;
        bytes[length] = '\0';
        const char *end = strstr(bytes, "\r\n\r\n");
        const char *count = strstr(bytes, "Content-Length: ");
        if (end == NULL || count == NULL) continue;
        struct text rest;
        assert_int_equal(amount_parse(text_split(text_of(count + 16), '\r', &rest), 0, &body),
                         STATUS_OK);
        if (length >= (size_t)(end + 4 - bytes) + (size_t)body) break;
    }
    assert_int_equal(amount_parse((struct text){bytes + 9, 3}, 0, &status), STATUS_OK);
    return (int)status;
}

static long serial_at(uint16_t port)
{
    struct client client;
    client_open(&client, port);
    client_close(&client);
    return client.serial;
}

static bool log_has(const char *words)
{
    struct buffer log = get_file("log");
    bool has = strstr(log.bytes, words) != NULL;
    buffer_release(&log);
    return has;
}

/* ---- tests ---- */

static void a_new_certificate_is_taken_up_and_open_connections_stay(void **state)
{
    struct running running;
    struct client client;
    char key[API_KEY_TEXT_MAXIMUM];
    int attempts = 0;
    (void)state;
    make_certificate(1);
    running_start(&running, "", arguments);
    assert_non_null(strstr(running.said, "https://"));
    uint16_t port = running_port(&running);
    running_key(running.said, key);
    client_open(&client, port);
    assert_int_equal(client.serial, 1);
    assert_int_equal(client_get(&client, "/v1/members", key), 200);
    make_certificate(2);
    assert_int_equal(serial_at(port), 1); /* not before it is told */
    running_signal("HUP");
    while (serial_at(port) != 2)
        assert_true(++attempts < ATTEMPTS);
    assert_true(log_has("the certificate was read again"));
    assert_int_equal(client_get(&client, "/v1/members", key), 200);
    client_close(&client);
    running_stop(&running);
}

static void a_broken_certificate_leaves_the_old_one_and_is_told(void **state)
{
    static const char *const files[] = {"certificate.pem", "key.pem"};
    struct running running;
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        int attempts = 0;
        make_certificate(3);
        running_start(&running, "", arguments);
        uint16_t port = running_port(&running);
        put_file(files[i], "-----BEGIN NOTHING-----\n");
        running_signal("HUP");
        while (!log_has("level=error")) {
            assert_int_equal(serial_at(port), 3);
            assert_true(++attempts < ATTEMPTS);
        }
        assert_true(log_has("the certificate was not read again; the old one stays"));
        assert_true(log_has(files[i]));
        assert_int_equal(serial_at(port), 3);
        make_certificate(4);
        running_signal("HUP");
        for (attempts = 0; serial_at(port) != 4;)
            assert_true(++attempts < ATTEMPTS);
        running_stop(&running);
    }
}

static void without_a_certificate_the_signal_does_nothing(void **state)
{
    struct running running;
    (void)state;
    running_start(&running, "", "--program test.yaml --data data --listen unix:socket");
    running_signal("HUP");
    running_signal("HUP");
    running_stop(&running);
    assert_true(log_has("there is no certificate to be read again"));
}

static int set_up(void **state)
{
    int failed = command_set_up(state);
    if (failed != 0) return failed;
    put_file("test.yaml", program_text);
    /* The tests' own variable for their data must not be the server's directory. */
    return unsetenv("GUERDON_DATA");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_certificate_is_taken_up_and_open_connections_stay),
        cmocka_unit_test(a_broken_certificate_leaves_the_old_one_and_is_told),
        cmocka_unit_test(without_a_certificate_the_signal_does_nothing),
    };
    return cmocka_run_group_tests(tests, set_up, command_tear_down);
}
