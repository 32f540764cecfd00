/* Inside: commands that a test gives to the service itself, past HTTP. See inside.h. */
#include "inside.h"

#include "api/server.h"

#define ARENA_BYTES ((size_t)1 << 20)

struct publishing {
    struct command command; /* the first member */
    const char *program;
};

static enum status run_publishing(struct command *command, struct turn *turn)
{
    const struct publishing *publishing = (const struct publishing *)(const void *)command;
    struct problem_list problems;
    struct arena arena;
    uint32_t number;
    arena_init(&arena, ARENA_BYTES);
    problem_list_init(&problems, &arena);
    enum status status =
        turn_publish(turn, TEXT("next.yaml"), text_of(publishing->program), 0, &problems, &number);
    arena_release(&arena);
    return status;
}

enum status inside_publish(struct api *api, const char *program)
{
    struct publishing publishing = {.command = {.run = run_publishing, .weight = 1},
                                    .program = program};
    (void)service_do(api->hosts[0].service, &publishing.command);
    return publishing.command.status;
}
