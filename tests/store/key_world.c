/* The index and its model. See key_world.h. */
#include "key_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define POSITIONS_MAXIMUM 64

static void open_index(struct key_world *world)
{
    assert_int_equal(sqlite3_open(world->path, &world->connection), SQLITE_OK);
    key_world_run(world, "PRAGMA journal_mode = WAL");
    key_world_run(world, "PRAGMA synchronous = OFF");
    assert_int_equal(key_index_open(world->connection, &world->options, &world->index), STATUS_OK);
}

void key_world_open(struct key_world *world, const struct key_index_options *options)
{
    *world = (struct key_world){.folder = "/tmp/guerdon-keys-XXXXXX", .options = *options};
    assert_non_null(mkdtemp(world->folder));
    snprintf(world->path, sizeof world->path, "%s/keys", world->folder);
    open_index(world);
}

static void close_index(struct key_world *world)
{
    key_index_close(world->index);
    world->index = NULL;
    assert_int_equal(sqlite3_close(world->connection), SQLITE_OK);
    world->connection = NULL;
}

void key_world_close(struct key_world *world)
{
    static const char *const endings[] = {"", "-wal", "-shm"};
    close_index(world);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        char path[96];
        snprintf(path, sizeof path, "%s%s", world->path, endings[i]);
        (void)unlink(path);
    }
    assert_int_equal(rmdir(world->folder), 0);
    free(world->fingerprints);
}

uint64_t key_world_random(struct key_world *world)
{
    uint64_t mixed = world->seed += 0x9e3779b97f4a7c15u;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
    return mixed ^ (mixed >> 31);
}

uint64_t key_world_below(struct key_world *world, uint64_t bound)
{
    return key_world_random(world) % bound;
}

void key_world_run(struct key_world *world, const char *text)
{
    char *message = NULL;
    int code = sqlite3_exec(world->connection, text, NULL, NULL, &message);
    if (code != SQLITE_OK) print_error("%s: %s\n", text, message);
    assert_int_equal(code, SQLITE_OK);
}

bool key_world_add(struct key_world *world, uint64_t fingerprint)
{
    enum status status = key_index_add(world->index, fingerprint, world->count + 1);
    if (status == STATUS_LIMIT) return false;
    assert_int_equal(status, STATUS_OK);
    if (world->count == world->capacity) {
        world->capacity = world->capacity * 2 + 1024;
        world->fingerprints =
            reallocarray(world->fingerprints, world->capacity, sizeof *world->fingerprints);
        assert_non_null(world->fingerprints);
    }
    world->fingerprints[world->count++] = fingerprint;
    return true;
}

enum status key_world_write_behind(struct key_world *world, uint32_t budget_pages, bool flushes)
{
    return key_index_write_behind(world->index, world->count, budget_pages, flushes);
}

void key_world_commit(struct key_world *world)
{
    key_world_check_idle(world);
    key_world_run(world, "COMMIT");
    key_index_committed(world->index);
    world->committed = world->count;
}

void key_world_roll_back(struct key_world *world)
{
    key_world_check_idle(world);
    if (sqlite3_get_autocommit(world->connection) == 0) key_world_run(world, "ROLLBACK");
    bool forgets_first = key_world_below(world, 2) == 0;
    if (forgets_first) key_index_forget_from(world->index, world->committed + 1);
    assert_int_equal(key_index_rolled_back(world->index), STATUS_OK);
    if (!forgets_first) key_index_forget_from(world->index, world->committed + 1);
    world->count = world->committed;
}

void key_world_commit_keys(struct key_world *world, uint32_t keys)
{
    key_world_run(world, "BEGIN");
    for (uint32_t i = 0; i < keys; i++)
        assert_true(key_world_add(world, key_world_random(world)));
    uint32_t budget = key_index_budget(world->index, keys);
    assert_int_equal(key_world_write_behind(world, budget, false), STATUS_OK);
    key_world_commit(world);
}

void key_world_crash(struct key_world *world)
{
    close_index(world);
    world->count = world->committed;
    open_index(world);
    for (uint64_t position = key_index_stamp(world->index) + 1; position <= world->count;
         position++) {
        uint64_t fingerprint = world->fingerprints[position - 1];
        while (key_index_add(world->index, fingerprint, position) != STATUS_OK) {
            key_world_run(world, "BEGIN");
            assert_int_equal(key_index_write_behind(world->index, position - 1, 100, false),
                             STATUS_OK);
            key_world_run(world, "COMMIT");
            key_index_committed(world->index);
        }
    }
}

void key_world_check_idle(struct key_world *world)
{
    sqlite3_stmt *statement = NULL;
    while ((statement = sqlite3_next_stmt(world->connection, statement)) != NULL)
        assert_int_equal(sqlite3_stmt_busy(statement), 0);
}

void key_world_check_present(struct key_world *world, uint64_t position)
{
    uint64_t positions[POSITIONS_MAXIMUM];
    uint32_t count = 0;
    uint64_t fingerprint = world->fingerprints[position - 1];
    enum status status =
        key_index_find(world->index, fingerprint, positions, POSITIONS_MAXIMUM, &count);
    assert_int_equal(status, STATUS_OK);
    bool is_found = false;
    for (uint32_t i = 0; i < count; i++) {
        is_found = is_found || positions[i] == position;
        assert_true(i == 0 || positions[i] < positions[i - 1]);
        assert_in_range(positions[i], 1, world->count);
        assert_int_equal(world->fingerprints[positions[i] - 1], fingerprint);
    }
    if (!is_found) print_error("position %llu is lost\n", (unsigned long long)position);
    assert_true(is_found);
}

void key_world_check_absent(struct key_world *world)
{
    uint64_t positions[POSITIONS_MAXIMUM];
    uint32_t count = 7;
    enum status status =
        key_index_find(world->index, key_world_random(world), positions, POSITIONS_MAXIMUM, &count);
    assert_int_equal(status, STATUS_OK);
    assert_int_equal(count, 0);
}

void key_world_check_all(struct key_world *world)
{
    /* One transaction: else SQLite locks the file for every page. */
    key_world_run(world, "BEGIN");
    for (uint64_t position = 1; position <= world->count; position++)
        key_world_check_present(world, position);
    for (int i = 0; i < 1000; i++)
        key_world_check_absent(world);
    key_world_run(world, "COMMIT");
}
