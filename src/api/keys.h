/* Keys: who may call, and for which programme.
 *
 * A key is "gk_ID_SECRET". What is kept of it is its id, a hash of the secret, name, scope and
 * times; the whole of it is shown once, when it is made. Keys of all programmes are in memory, in
 * the registry; the stores' documents (DOCUMENT_API_KEY: id: the hash in hexadecimal; value: JSON)
 * are where they come from.
 *
 * Another process on the same machine (`guerdon key`) does not write to a store that a server has
 * open: it leaves a file in DIR/PROGRAM.keys/, and the server, which looks there twice a second,
 * takes it up and removes it. The file has what the document has, so a secret is never in it.
 */
#ifndef GUERDON_API_KEYS_H
#define GUERDON_API_KEYS_H

#include <pthread.h>

#include "api/api.h"
#include "api/request.h"

#define KEY_ID_CHARACTERS 8
#define KEY_SECRET_CHARACTERS 43 /* 256 bits in base64url */
#define KEY_NAME_MAXIMUM 64
#define KEY_REGISTRY_MAXIMUM 10000

struct api_key {
    char id[KEY_ID_CHARACTERS + 1];
    char name[KEY_NAME_MAXIMUM + 1];
    uint8_t hash[HASH_RECORD_BYTES]; /* of the secret */
    enum scope scope;
    int64_t created_us;
    int64_t revoked_us;
    int64_t last_used_us;
    int64_t written_used_us; /* what the store has of it */
    uint32_t host;
};

/* Sorted by id. Any thread, under the mutex. */
struct key_registry {
    pthread_mutex_t mutex;
    struct api_key *list;
    uint32_t count;
    uint32_t capacity;
};

void registry_init(struct key_registry *registry);
void registry_release(struct key_registry *registry);
/* Adds the key, or replaces the one with its id. */
MUST_CHECK enum status registry_put(struct key_registry *registry, const struct api_key *key);
uint32_t registry_count(struct key_registry *registry, uint32_t host);
/* Whose key "gk_..." is, if it is good now; notes that it was used. */
bool registry_find(struct key_registry *registry, struct text key, int64_t now_us,
                   struct key_holder *holder, uint32_t *host);
/* A key whose last use is to be written down, marked as written; false: none. */
bool registry_take_used(struct key_registry *registry, struct api_key *key);

/* A new key from the machine's randomness, and its text. */
MUST_CHECK enum status key_make(struct text name, enum scope scope, int64_t now_us,
                                struct api_key *key, char text[API_KEY_TEXT_MAXIMUM]);
#define KEY_DOCUMENT_ID_BYTES (2 * HASH_RECORD_BYTES)
/* The document of a key, and back. */
void key_document_id(const struct api_key *key, char id[KEY_DOCUMENT_ID_BYTES]);
MUST_CHECK enum status key_write(const struct api_key *key, struct arena *arena,
                                 struct text *value);
MUST_CHECK enum status key_read(struct arena *arena, struct text id, struct text value,
                                struct api_key *key);
const char *scope_name(enum scope scope);
/* STATUS_INVALID for another word. */
MUST_CHECK enum status scope_parse(struct text name, enum scope *scope);

#endif
