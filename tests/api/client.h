/* Client: what every test of the API uses. A server in a thread of the test's own process, and
 * requests to it over loopback; every reply is held to the OpenAPI document as it comes in.
 *
 *   struct world world;
 *   world_open(&world, PROGRAM);
 *   struct answer answer = world_post(&world, "/v1/events", "{'type': 'join', 'member': 'anna'}");
 *   expect(&answer, 200, "/answer", "done");
 *   world_close(&world);
 *
 * In bodies ' stands for ", so that they can be read. Answers live until the world is closed.
 */
#ifndef GUERDON_TESTS_API_CLIENT_H
#define GUERDON_TESTS_API_CLIENT_H

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <yyjson.h>

#include "api/api.h"

/* A programme for tests: points, one of them with decimals, tiers, rewards, pending. */
extern const char *const TEST_PROGRAM;

struct world {
    struct api *api;
    pthread_t thread;
    uint16_t port;
    char key[API_KEY_TEXT_MAXIMUM]; /* sent with every request; admin's */
    struct arena arena;
    int connection; /* -1: none */
    yyjson_doc *document;
    unsigned key_count; /* of Idempotency-Keys made up */
    bool repeats;       /* every write is sent twice, and both answers must be the same */
};

/* A server on stores in memory. */
void world_open(struct world *world, const char *program);
/* With options of the test's own; programs and listen are filled in when they are not given. */
void world_open_with(struct world *world, const char *program, struct api_options options);
/* Stops the server and forgets everything. */
void world_close(struct world *world);
/* Requests to a server in another process; world_close leaves it alone. */
void world_attach(struct world *world, uint16_t port, const char *key);

struct answer {
    int status;
    struct text headers; /* "name: value\r\n" each */
    struct text content_type;
    struct text body;
    yyjson_val *json; /* NULL: none, or lines */
};

/* `headers` are whole lines, each ending in \r\n; NULL: none. The body is sent as it is, with
 * application/json unless headers say otherwise. */
struct answer world_send(struct world *world, const char *method, const char *path,
                         const char *headers, struct text body);
/* With printf; ' stands for " in what comes out. POST comes with a key of its own. */
struct answer world_post(struct world *world, const char *path, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
struct answer world_put(struct world *world, const char *path, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
struct answer world_get(struct world *world, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
struct answer world_delete(struct world *world, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Any method and headers. */
struct answer world_call(struct world *world, const char *method, const char *path,
                         const char *headers, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* NDJSON: lines separated by \n. */
struct answer world_lines(struct world *world, const char *path, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The n-th line of an answer in NDJSON, as an answer of its own. */
struct answer answer_line(struct world *world, const struct answer *answer, uint32_t index);

/* What stands at a JSON pointer: strings as they are, numbers and the rest as JSON; NULL: nothing.
 */
const char *answer_at(struct world *world, const struct answer *answer, const char *pointer);
size_t answer_count(const struct answer *answer, const char *pointer);
/* A header of the answer; empty if it has none. */
struct text answer_header(const struct answer *answer, const char *name);

/* Fails the test, with the whole answer, unless the status is this and each of the pairs (pointer,
 * value) holds; a value of NULL: there is nothing. Ends with a pointer of NULL. */
#define expect(world, answer, status, ...)                                                         \
    expect_at((world), (answer), (status), __FILE__, __LINE__, __VA_ARGS__, (const char *)NULL)
void expect_at(struct world *world, const struct answer *answer, int status, const char *file,
               int line, ...);

#endif
