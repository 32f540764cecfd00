/* TLS: turns arriving bytes into plain ones and replies into encrypted ones. Knows no socket. */
#ifndef GUERDON_HTTP_TLS_H
#define GUERDON_HTTP_TLS_H

#include "base/base.h"

struct tls_context; /* one a server: certificate, key, settings */
struct tls_session; /* one a connection */

enum tls_outcome {
    TLS_DONE,  /* bytes were read or taken */
    TLS_WAITS, /* more must arrive first */
    TLS_ENDED, /* the client has said that no more will come */
    TLS_FAILED /* the connection is of no further use */
};

/* Reads the certificate chain and the key (PEM). On failure `complaint` has a sentence. */
MUST_CHECK enum status tls_context_new(const char *certificate_file, const char *key_file,
                                       struct buffer *complaint, struct tls_context **context);
/* Reads them again, for sessions that begin from here on; those under way keep what they began
 * with. On failure everything is as it was, and `complaint` has a sentence. */
MUST_CHECK enum status tls_context_reload(struct tls_context *context, const char *certificate_file,
                                          const char *key_file, struct buffer *complaint);
void tls_context_free(struct tls_context *context);

/* NULL when memory ran out. */
struct tls_session *tls_session_new(struct tls_context *context);
void tls_session_free(struct tls_session *session);
bool tls_is_established(const struct tls_session *session);

/* Decrypts from *encrypted, which becomes what is left of it, into `plain`. Handshakes on the way.
 * To be called until it waits. */
MUST_CHECK enum tls_outcome tls_read(struct tls_session *session, struct text *encrypted,
                                     char *plain, size_t capacity, size_t *length);
/* Encrypts some of `plain`; *taken says how much. */
MUST_CHECK enum tls_outcome tls_write(struct tls_session *session, struct text plain,
                                      size_t *taken);
/* Says to the client that no more will come. */
void tls_end(struct tls_session *session);
/* What all of the above wrote: to be sent, and then cleared or swapped for an empty buffer. */
struct buffer *tls_output(struct tls_session *session);

#endif
