/* People: made and changed by requests, forgotten by erasures, and looked for in the closed store's
 * files. One world a program: its folder is this file's. */
#include "people.h"

#include <stdlib.h>

#include "ledger.h"

static char folder[] = "/tmp/guerdon-people-XXXXXX";
static unsigned changes;

void people_open(struct world *world, const char *program)
{
    assert_non_null(mkdtemp(folder));
    world_open_with(world, program, (struct api_options){.data = folder, .clock_is_given = true});
}

void people_close(struct world *world, const char *const *members, size_t count, const char *word)
{
    for (size_t i = 0; i < count; i++) {
        struct text path = arena_format(&world->arena, "/v1/members/%s/erase", members[i]);
        struct answer erased =
            world_post(world, path.bytes, "{'occurred_at': '2027-06-01T10:00:00Z'}");
        assert_true(erased.status == 200 || erased.status == 410);
    }
    world_close(world);
    ledger_check_forgotten(folder, word);
    ledger_check_and_remove(folder);
}

void people_create(struct world *world, const char *id, const char *fields)
{
    struct answer answer =
        world_post(world, "/v1/members",
                   "{'id': '%s', 'joined_at': '2027-05-01T10:00:00Z', 'fields': %s}", id, fields);
    expect(world, &answer, 201, "/id", id);
}

void people_change(struct world *world, const char *id, const char *fields)
{
    struct text path = arena_format(&world->arena, "/v1/members/%s", id);
    struct answer answer =
        world_call(world, "PATCH", path.bytes,
                   arena_format(&world->arena, "Idempotency-Key: change-%u\r\n", ++changes).bytes,
                   "{'fields': %s}", fields);
    expect(world, &answer, 200, "/id", id);
}

void people_check(struct world *world, const char *id, const char *points)
{
    struct answer answer = world_get(world, "/v1/members/%s", id);
    expect(world, &answer, 200, "/wallets/0/available", points);
}
