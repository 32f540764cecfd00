/* TLS: OpenSSL between two pieces of memory.
 *
 * OpenSSL reads what has arrived through a BIO of ours that looks at the reader's own bytes, and
 * writes into a buffer that the connection sends; so nothing is copied once more, and no call of it
 * ever sees a socket. TLS 1.2 and 1.3 alone, OpenSSL's choice of ciphers, resumption by tickets, no
 * renegotiation; ALPN knows http/1.1.
 *
 * Invariants
 *   1. OpenSSL's error queue of the thread is empty before each call, so that SSL_get_error speaks
 *      of that call.
 *   2. After a failure the session is not asked again.
 *   3. A session holds the SSL_CTX that it began with, so that a new certificate takes that one's
 *      place in the context, and none away from a connection.
 */
#include "http/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>

/* The BIO's output never waits for much: the connection sends before it encrypts more. */
#define OUTPUT_BYTES_MAXIMUM ((size_t)1 << 20)

struct tls_context {
    SSL_CTX *ssl;
    BIO_METHOD *method;
};

struct tls_session {
    SSL *ssl;
    struct text input;
    struct buffer output;
    bool has_failed;
};

static int bio_write(BIO *bio, const char *bytes, size_t length, size_t *written)
{
    struct tls_session *session = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (buffer_add(&session->output, (struct text){bytes, length}) != STATUS_OK) return 0;
    *written = length;
    return 1;
}

static int bio_read(BIO *bio, char *bytes, size_t capacity, size_t *length)
{
    struct tls_session *session = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    size_t count = session->input.length < capacity ? session->input.length : capacity;
    if (count == 0) {
        BIO_set_retry_read(bio);
        return 0;
    }
    memcpy(bytes, session->input.bytes, count);
    session->input.bytes += count;
    session->input.length -= count;
    *length = count;
    return 1;
}

static long bio_control(BIO *bio, int command, long number, void *pointer)
{
    (void)bio;
    (void)number;
    (void)pointer;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

static int choose_protocol(SSL *ssl, const unsigned char **chosen, unsigned char *chosen_length,
                           const unsigned char *offered, unsigned offered_length, void *argument)
{
    static const unsigned char known[] = "\x08http/1.1";
    (void)ssl;
    (void)argument;
    unsigned char *found = NULL;
    if (SSL_select_next_proto(&found, chosen_length, known, sizeof known - 1, offered,
                              offered_length) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *chosen = found;
    return SSL_TLSEXT_ERR_OK;
}

/* Adds what OpenSSL says of its first failure; the sentence before names the file. */
static void complain(struct buffer *complaint, const char *what, const char *file,
                     const char *advice)
{
    char reason[256] = "";
    ERR_error_string_n(ERR_peek_error(), reason, sizeof reason);
    if (buffer_add_format(complaint, "%s %s: %s (%s)", what, file, advice, reason) != STATUS_OK)
        buffer_clear(complaint);
    ERR_clear_error();
}

static enum status load(SSL_CTX *ssl, const char *certificate_file, const char *key_file,
                        struct buffer *complaint)
{
    if (SSL_CTX_use_certificate_chain_file(ssl, certificate_file) != 1) {
        complain(complaint, "cannot read the certificate", certificate_file,
                 "name a PEM file that begins with the server's certificate");
        return STATUS_IO;
    }
    if (SSL_CTX_use_PrivateKey_file(ssl, key_file, SSL_FILETYPE_PEM) != 1) {
        complain(
            complaint, "cannot use the key", key_file,
            "name the PEM file, without a pass phrase, of the key that belongs to the certificate");
        return STATUS_IO;
    }
    return STATUS_OK;
}

static enum status configure(SSL_CTX *ssl)
{
    static const unsigned char id[] = "guerdon";
    if (SSL_CTX_set_min_proto_version(ssl, TLS1_2_VERSION) != 1) return STATUS_INVALID;
    if (SSL_CTX_set_session_id_context(ssl, id, sizeof id - 1) != 1) return STATUS_INVALID;
    SSL_CTX_set_options(ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                              SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_alpn_select_cb(ssl, choose_protocol, NULL);
    return STATUS_OK;
}

enum status tls_context_reload(struct tls_context *context, const char *certificate_file,
                               const char *key_file, struct buffer *complaint)
{
    SSL_CTX *ssl = SSL_CTX_new(TLS_server_method());
    if (ssl == NULL) return STATUS_NO_MEMORY;
    enum status status = configure(ssl);
    if (status == STATUS_OK) status = load(ssl, certificate_file, key_file, complaint);
    if (status == STATUS_OK) {
        SSL_CTX *before = context->ssl;
        context->ssl = ssl;
        ssl = before;
    }
    SSL_CTX_free(ssl);
    return status;
}

static bool make_method(struct tls_context *context)
{
    context->method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "guerdon");
    return context->method != NULL && BIO_meth_set_write_ex(context->method, bio_write) == 1 &&
           BIO_meth_set_read_ex(context->method, bio_read) == 1 &&
           BIO_meth_set_ctrl(context->method, bio_control) == 1;
}

enum status tls_context_new(const char *certificate_file, const char *key_file,
                            struct buffer *complaint, struct tls_context **context)
{
    struct tls_context *made = calloc(1, sizeof *made);
    if (made == NULL) return STATUS_NO_MEMORY;
    enum status status = STATUS_NO_MEMORY;
    if (make_method(made)) status = tls_context_reload(made, certificate_file, key_file, complaint);
    if (status != STATUS_OK) {
        tls_context_free(made);
        return status;
    }
    *context = made;
    return STATUS_OK;
}

void tls_context_free(struct tls_context *context)
{
    if (context == NULL) return;
    SSL_CTX_free(context->ssl);
    BIO_meth_free(context->method);
    free(context);
}

struct tls_session *tls_session_new(struct tls_context *context)
{
    struct tls_session *session = calloc(1, sizeof *session);
    if (session == NULL) return NULL;
    buffer_init(&session->output, OUTPUT_BYTES_MAXIMUM);
    session->ssl = SSL_new(context->ssl);
    BIO *bio = BIO_new(context->method);
    if (session->ssl == NULL || bio == NULL) {
        BIO_free(bio);
        tls_session_free(session);
        return NULL;
    }
    BIO_set_data(bio, session);
    BIO_set_init(bio, 1);
    SSL_set_bio(session->ssl, bio, bio);
    SSL_set_accept_state(session->ssl);
    return session;
}

void tls_session_free(struct tls_session *session)
{
    if (session == NULL) return;
    SSL_free(session->ssl);
    buffer_release(&session->output);
    free(session);
}

bool tls_is_established(const struct tls_session *session)
{
    return SSL_is_init_finished(session->ssl) != 0;
}

struct buffer *tls_output(struct tls_session *session)
{
    return &session->output;
}

static enum tls_outcome outcome_of(struct tls_session *session, int result)
{
    switch (SSL_get_error(session->ssl, result)) {
    case SSL_ERROR_WANT_READ:
        return TLS_WAITS;
    case SSL_ERROR_ZERO_RETURN:
        return TLS_ENDED;
    default:
        session->has_failed = true;
        ERR_clear_error();
        return TLS_FAILED;
    }
}

enum tls_outcome tls_read(struct tls_session *session, struct text *encrypted, char *plain,
                          size_t capacity, size_t *length)
{
    if (session->has_failed) return TLS_FAILED;
    ERR_clear_error();
    session->input = *encrypted;
    int result = SSL_read_ex(session->ssl, plain, capacity, length);
    *encrypted = session->input;
    session->input = TEXT("");
    return result == 1 ? TLS_DONE : outcome_of(session, result);
}

enum tls_outcome tls_write(struct tls_session *session, struct text plain, size_t *taken)
{
    if (session->has_failed) return TLS_FAILED;
    ERR_clear_error();
    int result = SSL_write_ex(session->ssl, plain.bytes, plain.length, taken);
    return result == 1 ? TLS_DONE : outcome_of(session, result);
}

void tls_end(struct tls_session *session)
{
    if (session->has_failed || !tls_is_established(session)) return;
    ERR_clear_error();
    (void)SSL_shutdown(session->ssl);
    ERR_clear_error();
}
