/* Append: what SQLite by itself can do on this disk; the bar that a store built on it is held to.
 *
 *   append_sqlite append|update GROUP EVENTS FILE
 *
 * Each event is one row of 250 bytes and two postings; GROUP events are one durable commit (WAL,
 * synchronous=FULL, so each commit waits for the disk). `append` does no more. `update` does what a
 * plain schema would in the same transaction: rewrite the state of a member, any of MEMBERS, and
 * keep an index of idempotency keys and one of each member's history, both hit at random.
 * Checkpoints are SQLite's own. Prints events a second and how often the disk was waited for:
 *
 *   events_per_second 198000 syncs 1180
 */
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base.h"
#include "measure.h"
#include "sync_counter.h"

#define RECORD_BYTES 250
#define STATE_BYTES 250
#define KEY_BYTES 16
#define MEMBERS 1000000

static const char schema[] =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-262144;"
    "CREATE TABLE record (position INTEGER PRIMARY KEY, bytes BLOB NOT NULL);"
    "CREATE TABLE posting (number INTEGER PRIMARY KEY, position INTEGER NOT NULL,"
    " account INTEGER NOT NULL, wallet INTEGER NOT NULL, amount INTEGER NOT NULL);"
    "CREATE TABLE member (id INTEGER PRIMARY KEY, state BLOB NOT NULL);"
    "CREATE TABLE key (bytes BLOB PRIMARY KEY, position INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE history (member INTEGER, position INTEGER, PRIMARY KEY (member, position))"
    " WITHOUT ROWID;";

/* In the order of their parameters' use. */
enum statement { ADD_RECORD, ADD_POSTING, SET_MEMBER, ADD_KEY, ADD_HISTORY, STATEMENTS };
static const char *const statement_texts[STATEMENTS] = {
    "INSERT INTO record VALUES (?1, ?2)",
    "INSERT INTO posting VALUES (NULL, ?1, ?2, 1, ?3)",
    "UPDATE member SET state = ?2 WHERE id = ?1",
    "INSERT INTO key VALUES (?2, ?1)",
    "INSERT INTO history VALUES (?2, ?1)",
};

struct bench {
    sqlite3 *database;
    sqlite3_stmt *statements[STATEMENTS];
    uint64_t random;
    bool updates;
};

/* SplitMix64: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014. */
static uint64_t next_random(uint64_t *state)
{
    *state += UINT64_C(0x9E3779B97F4A7C15);
    uint64_t mixed = *state;
    mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94D049BB133111EB);
    return mixed ^ (mixed >> 31);
}

static bool run_text(struct bench *bench, const char *text)
{
    return sqlite3_exec(bench->database, text, NULL, NULL, NULL) == SQLITE_OK;
}

static bool open_database(struct bench *bench, const char *path)
{
    if (sync_counter_register() != SQLITE_OK || sqlite3_open(path, &bench->database) != SQLITE_OK ||
        !run_text(bench, schema)) {
        return false;
    }
    for (int i = 0; i < STATEMENTS; i++) {
        if (sqlite3_prepare_v2(bench->database, statement_texts[i], -1, &bench->statements[i],
                               NULL) != SQLITE_OK) {
            return false;
        }
    }
    if (!bench->updates) return true;
    char members[256];
    (void)snprintf(members, sizeof members,
                   "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
                   "INSERT INTO member SELECT i, zeroblob(%d) FROM n;"
                   "PRAGMA wal_checkpoint(TRUNCATE);",
                   MEMBERS, STATE_BYTES);
    return run_text(bench, members);
}

static bool run_statement(struct bench *bench, enum statement statement)
{
    sqlite3_stmt *prepared = bench->statements[statement];
    return sqlite3_step(prepared) == SQLITE_DONE && sqlite3_reset(prepared) == SQLITE_OK;
}

static bool add_posting(struct bench *bench, int64_t position, int account, int amount)
{
    sqlite3_stmt *prepared = bench->statements[ADD_POSTING];
    sqlite3_bind_int64(prepared, 1, position);
    sqlite3_bind_int(prepared, 2, account);
    sqlite3_bind_int(prepared, 3, amount);
    return run_statement(bench, ADD_POSTING);
}

static bool update_keyed(struct bench *bench, int64_t position, const char *bytes)
{
    int64_t member = (int64_t)(next_random(&bench->random) % MEMBERS) + 1;
    uint64_t key[KEY_BYTES / sizeof(uint64_t)] = {next_random(&bench->random),
                                                  next_random(&bench->random)};
    sqlite3_bind_int64(bench->statements[SET_MEMBER], 1, member);
    sqlite3_bind_blob(bench->statements[SET_MEMBER], 2, bytes, STATE_BYTES, SQLITE_STATIC);
    sqlite3_bind_int64(bench->statements[ADD_KEY], 1, position);
    sqlite3_bind_blob(bench->statements[ADD_KEY], 2, key, KEY_BYTES, SQLITE_STATIC);
    sqlite3_bind_int64(bench->statements[ADD_HISTORY], 1, position);
    sqlite3_bind_int64(bench->statements[ADD_HISTORY], 2, member);
    return run_statement(bench, SET_MEMBER) && run_statement(bench, ADD_KEY) &&
           run_statement(bench, ADD_HISTORY);
}

static bool add_event(struct bench *bench, int64_t position)
{
    char bytes[RECORD_BYTES];
    for (size_t i = 0; i + sizeof(uint64_t) <= sizeof bytes; i += sizeof(uint64_t)) {
        uint64_t drawn = next_random(&bench->random);
        memcpy(bytes + i, &drawn, sizeof drawn);
    }
    bytes[RECORD_BYTES - 2] = bytes[RECORD_BYTES - 1] = 0;
    sqlite3_bind_int64(bench->statements[ADD_RECORD], 1, position);
    sqlite3_bind_blob(bench->statements[ADD_RECORD], 2, bytes, RECORD_BYTES, SQLITE_STATIC);
    return run_statement(bench, ADD_RECORD) && add_posting(bench, position, 1, 39) &&
           add_posting(bench, position, 2, -39) &&
           (!bench->updates || update_keyed(bench, position, bytes));
}

static bool add_all(struct bench *bench, int64_t events, int64_t group)
{
    int64_t position = 0;
    while (position < events) {
        if (!run_text(bench, "BEGIN IMMEDIATE")) return false;
        for (int64_t i = 0; i < group && position < events; i++) {
            if (!add_event(bench, ++position)) return false;
        }
        if (!run_text(bench, "COMMIT")) return false;
    }
    return true;
}

int main(int argument_count, char **arguments)
{
    int64_t group = 0;
    int64_t events = 0;
    bool appends = argument_count == 5 && strcmp(arguments[1], "append") == 0;
    bool updates = argument_count == 5 && strcmp(arguments[1], "update") == 0;
    if ((!appends && !updates) || amount_parse(text_of(arguments[2]), 0, &group) != STATUS_OK ||
        amount_parse(text_of(arguments[3]), 0, &events) != STATUS_OK || group < 1 || events < 1) {
        fprintf(stderr, "usage: append_sqlite append|update GROUP EVENTS FILE\n");
        return 2;
    }
    if (access(arguments[4], F_OK) == 0) {
        fprintf(stderr, "append_sqlite: %s is there already\n", arguments[4]);
        return EXIT_FAILURE;
    }
    struct bench bench = {.random = 1, .updates = updates};
    bool is_done = open_database(&bench, arguments[4]);
    uint64_t syncs = sync_counter_syncs();
    double start = measure_clock();
    is_done = is_done && add_all(&bench, events, group);
    double seconds = measure_clock() - start;
    syncs = sync_counter_syncs() - syncs;
    if (is_done) {
        printf("events_per_second %.0f syncs %" PRIu64 "\n", (double)events / seconds, syncs);
    } else {
        fprintf(stderr, "append_sqlite: %s\n", sqlite3_errmsg(bench.database));
    }
    for (int i = 0; i < STATEMENTS; i++)
        sqlite3_finalize(bench.statements[i]);
    sqlite3_close(bench.database);
    return is_done ? EXIT_SUCCESS : EXIT_FAILURE;
}
