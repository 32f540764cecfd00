/* Crowd: many clients of one server at once, and clients that go away before they hear an answer.
 */
#ifndef GUERDON_TESTS_API_CROWD_H
#define GUERDON_TESTS_API_CROWD_H

#include "client.h"

#define CROWD_MAXIMUM 32

/* One request of one client, and what it was answered. ' stands for " in bodies. */
struct crowd_request {
    const char *method;
    const char *path;
    const char *key; /* Idempotency-Key; NULL: none */
    const char *body;
    struct answer answer;
};
/* Sends each request on a connection of its own, all at the same moment. Answers live until the
 * world is closed. */
void crowd_send(struct world *world, struct crowd_request *requests, uint32_t count);
/* How many were answered with that status. */
uint32_t crowd_count(const struct crowd_request *requests, uint32_t count, int status);

/* Sends a request and closes the connection at once. It may have happened or not. */
void crowd_send_and_go(struct world *world, const struct crowd_request *request);

#endif
