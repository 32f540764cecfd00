/* Crowd: threads that each hold a client, and a socket that is closed before its answer. See
 * crowd.h. */
#include "crowd.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api/json.h"

#define CLIENT_ARENA_BYTES ((size_t)64 << 20)

struct client {
    struct world world;
    struct crowd_request *request;
    pthread_barrier_t *start;
};

static struct text body_of(struct arena *arena, const struct crowd_request *request)
{
    struct text text = arena_format(arena, "%s", request->body == NULL ? "" : request->body);
    assert_non_null(text.bytes);
    char *bytes = (char *)(uintptr_t)text.bytes;
    for (size_t i = 0; i < text.length; i++) {
        if (bytes[i] == '\'') bytes[i] = '"';
    }
    return text;
}

static const char *headers_of(struct arena *arena, const struct crowd_request *request)
{
    if (request->key == NULL) return "";
    struct text line = arena_format(arena, "Idempotency-Key: %s\r\n", request->key);
    assert_non_null(line.bytes);
    return line.bytes;
}

static void *run_client(void *context)
{
    struct client *client = context;
    struct crowd_request *request = client->request;
    struct text body = body_of(&client->world.arena, request);
    const char *headers = headers_of(&client->world.arena, request);
    (void)pthread_barrier_wait(client->start);
    request->answer = world_send(&client->world, request->method, request->path, headers, body);
    return NULL;
}

/* Out of the client's arena into the world's. */
static void keep_answer(struct world *world, struct answer *answer)
{
    struct json_error error;
    answer->headers = arena_copy(&world->arena, answer->headers);
    answer->content_type = arena_copy(&world->arena, answer->content_type);
    answer->body = arena_copy(&world->arena, answer->body);
    assert_non_null(answer->body.bytes);
    if (answer->json == NULL) return;
    assert_int_equal(json_parse(&world->arena, answer->body, &error, &answer->json), STATUS_OK);
}

void crowd_send(struct world *world, struct crowd_request *requests, uint32_t count)
{
    static struct client clients[CROWD_MAXIMUM];
    pthread_t threads[CROWD_MAXIMUM];
    pthread_barrier_t start;
    assert_true(count <= CROWD_MAXIMUM);
    assert_int_equal(pthread_barrier_init(&start, NULL, count), 0);
    for (uint32_t i = 0; i < count; i++) {
        clients[i] = (struct client){
            .world = {.port = world->port, .connection = -1, .document = world->document},
            .request = &requests[i],
            .start = &start,
        };
        memcpy(clients[i].world.key, world->key, sizeof world->key);
        arena_init(&clients[i].world.arena, CLIENT_ARENA_BYTES);
        assert_int_equal(pthread_create(&threads[i], NULL, run_client, &clients[i]), 0);
    }
    for (uint32_t i = 0; i < count; i++) {
        pthread_join(threads[i], NULL);
        keep_answer(world, &requests[i].answer);
        if (clients[i].world.connection >= 0) close(clients[i].world.connection);
        arena_release(&clients[i].world.arena);
    }
    pthread_barrier_destroy(&start);
}

uint32_t crowd_count(const struct crowd_request *requests, uint32_t count, int status)
{
    uint32_t found = 0;
    for (uint32_t i = 0; i < count; i++)
        found += requests[i].answer.status == status ? 1 : 0;
    return found;
}

void crowd_send_and_go(struct world *world, const struct crowd_request *request)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(world->port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    struct text body = body_of(&world->arena, request);
    struct text text =
        arena_format(&world->arena,
                     "%s %s HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer %s\r\n%s%s"
                     "Content-Length: %zu\r\n\r\n%.*s",
                     request->method, request->path, world->key, headers_of(&world->arena, request),
                     body.length == 0 ? "" : "Content-Type: application/json\r\n", body.length,
                     TEXT_ARGUMENTS(body));
    assert_non_null(text.bytes);
    int connection = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(connection >= 0);
    assert_int_equal(
        connect(connection, (const struct sockaddr *)(const void *)&address, sizeof address), 0);
    while (text.length > 0) {
        ssize_t sent = send(connection, text.bytes, text.length, MSG_NOSIGNAL);
        assert_true(sent > 0);
        text = (struct text){text.bytes + sent, text.length - (size_t)sent};
    }
    close(connection);
}
