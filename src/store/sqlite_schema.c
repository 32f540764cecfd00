/* SQLite, the schema: numbered migrations, in one list. docs/schema.md says what each column means.
 *
 * The file's user_version is the number of the last migration it went through. A migration that was
 * released is never changed; the next one goes behind it, and tests/store/test_schema.c upgrades a
 * file of every version that there was. A file of a newer version is refused.
 *
 * All migrations that a file lacks happen in one transaction, or none.
 */
#include <stdio.h>

#include "store/sqlite.h"

#define DOCUMENT_TABLE(name)                                                                       \
    "CREATE TABLE " name " (id TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID"

/* Records and postings are appended. States are written behind, each with its place in the chain;
 * a state that is NULL: the entity is gone, and keeps its place. */
static const char *const schema_1[] = {
    "CREATE TABLE events (position INTEGER PRIMARY KEY, type INTEGER NOT NULL,"
    " answer INTEGER NOT NULL, member TEXT, order_id TEXT, occurred_at_us INTEGER NOT NULL,"
    " recorded_at_us INTEGER NOT NULL, program_version INTEGER NOT NULL,"
    " first_posting INTEGER NOT NULL, key_fingerprint INTEGER, record BLOB NOT NULL)",
    "CREATE TABLE postings (posting INTEGER PRIMARY KEY, position INTEGER NOT NULL,"
    " member TEXT NOT NULL, wallet INTEGER NOT NULL, from_account INTEGER NOT NULL,"
    " to_account INTEGER NOT NULL, amount INTEGER NOT NULL, at_us INTEGER NOT NULL,"
    " rule INTEGER, funder INTEGER, earning INTEGER)",
    "CREATE TABLE flushed (only_row INTEGER PRIMARY KEY CHECK (only_row = 1),"
    " position INTEGER NOT NULL)",
    "INSERT INTO flushed VALUES (1, 0)",
    "CREATE TABLE members (id TEXT NOT NULL UNIQUE, position INTEGER NOT NULL,"
    " sequence INTEGER NOT NULL, joined_at_us INTEGER, recorded_at_us INTEGER,"
    " next_due_us INTEGER, merged_into TEXT, is_closed INTEGER, is_erased INTEGER, hash BLOB NOT "
    "NULL, state BLOB)",
    "CREATE TABLE balances (member TEXT NOT NULL, wallet INTEGER NOT NULL,"
    " position INTEGER NOT NULL, available INTEGER NOT NULL, pending INTEGER NOT NULL,"
    " held INTEGER NOT NULL, debt INTEGER NOT NULL, PRIMARY KEY (member, wallet)) WITHOUT ROWID",
    "CREATE TABLE tiers (member TEXT NOT NULL, tier_set INTEGER NOT NULL,"
    " position INTEGER NOT NULL, level INTEGER NOT NULL, since_us INTEGER NOT NULL,"
    " kept_until_us INTEGER, PRIMARY KEY (member, tier_set)) WITHOUT ROWID",
    "CREATE TABLE orders (id TEXT PRIMARY KEY, position INTEGER NOT NULL,"
    " sequence INTEGER NOT NULL, member TEXT, opened_position INTEGER, hash BLOB NOT NULL,"
    " state BLOB) WITHOUT ROWID",
    "CREATE TABLE redemptions (id TEXT PRIMARY KEY, position INTEGER NOT NULL,"
    " sequence INTEGER NOT NULL, hash BLOB NOT NULL, state BLOB) WITHOUT ROWID",
    "CREATE TABLE tallies (id BLOB PRIMARY KEY, position INTEGER NOT NULL,"
    " sequence INTEGER NOT NULL, symbol INTEGER, hash BLOB NOT NULL, state BLOB) WITHOUT ROWID",
    "CREATE TABLE pages (id BLOB PRIMARY KEY, position INTEGER NOT NULL,"
    " sequence INTEGER NOT NULL, hash BLOB NOT NULL, state BLOB)",
    DOCUMENT_TABLE("settings"),
    DOCUMENT_TABLE("programmes"),
    DOCUMENT_TABLE("people"),
    DOCUMENT_TABLE("external_ids"),
    DOCUMENT_TABLE("api_keys"),
    DOCUMENT_TABLE("webhooks"),
    DOCUMENT_TABLE("deliveries"),
    DOCUMENT_TABLE("replies"),
    DOCUMENT_TABLE("erasures"),
    "CREATE TABLE symbols (id TEXT PRIMARY KEY, value TEXT NOT NULL,"
    " symbol INTEGER GENERATED ALWAYS AS (CAST(id AS INTEGER)),"
    " kind TEXT GENERATED ALWAYS AS (substr(value, 1, instr(value, ' ') - 1)),"
    " name TEXT GENERATED ALWAYS AS (substr(value, instr(value, ' ') + 1))) WITHOUT ROWID",
    "CREATE TABLE accounts (account INTEGER PRIMARY KEY, name TEXT NOT NULL)",
    "CREATE TABLE answers (answer INTEGER PRIMARY KEY, name TEXT NOT NULL)",
    "CREATE TABLE event_types (type INTEGER PRIMARY KEY, name TEXT NOT NULL)",
    "CREATE VIEW events_named AS SELECT e.position, t.name AS type, e.answer, a.name AS meaning,"
    " e.member, e.order_id,"
    " strftime('%Y-%m-%dT%H:%M:%fZ', e.occurred_at_us / 1e6, 'unixepoch') AS occurred_at,"
    " strftime('%Y-%m-%dT%H:%M:%fZ', e.recorded_at_us / 1e6, 'unixepoch') AS recorded_at,"
    " e.program_version FROM events e LEFT JOIN event_types t USING (type)"
    " LEFT JOIN answers a USING (answer)",
    "CREATE VIEW postings_named AS SELECT p.posting, p.position, p.member, w.name AS wallet,"
    " f.name AS from_account, t.name AS to_account, p.amount,"
    " strftime('%Y-%m-%dT%H:%M:%fZ', p.at_us / 1e6, 'unixepoch') AS at, r.name AS rule,"
    " p.earning FROM postings p"
    " LEFT JOIN symbols w ON w.id = printf('%010d', p.wallet)"
    " LEFT JOIN symbols r ON r.id = printf('%010d', p.rule)"
    " LEFT JOIN accounts f ON f.account = p.from_account"
    " LEFT JOIN accounts t ON t.account = p.to_account",
    /* The tail: postings of records that a member's row may not hold yet. */
    "CREATE VIEW postings_tail AS SELECT p.* FROM postings p WHERE p.posting >="
    " (SELECT coalesce(min(first_posting), 1 << 62) FROM (SELECT first_posting FROM events"
    " WHERE position > (SELECT position FROM flushed) ORDER BY position LIMIT 1))"
    " AND p.position > coalesce((SELECT m.position FROM members m WHERE m.id = p.member), 0)",
    "CREATE VIEW balances_now AS SELECT member, wallet, max(position) AS position,"
    " sum(available) AS available, sum(pending) AS pending, sum(held) AS held, sum(debt) AS debt"
    " FROM (SELECT member, wallet, position, available, pending, held, debt FROM balances"
    " UNION ALL SELECT member, wallet, position,"
    " amount * ((to_account = 0) - (from_account = 0)),"
    " amount * ((to_account = 1) - (from_account = 1)),"
    " amount * ((to_account = 2) - (from_account = 2)),"
    " amount * ((from_account = 4) - (to_account = 4)) FROM postings_tail)"
    " GROUP BY member, wallet",
    "CREATE VIEW members_now AS SELECT id, max(position) AS position FROM"
    " (SELECT id, position FROM members WHERE state IS NOT NULL UNION ALL"
    " SELECT member, position FROM events WHERE member IS NOT NULL AND answer = 0"
    " AND position > (SELECT position FROM flushed)) GROUP BY id",
    "CREATE VIEW orders_now AS SELECT id, max(position) AS position FROM"
    " (SELECT id, position FROM orders WHERE state IS NOT NULL UNION ALL"
    " SELECT order_id, position FROM events WHERE order_id IS NOT NULL AND answer = 0"
    " AND position > (SELECT position FROM flushed)) GROUP BY id",
    NULL,
};

static const char *const *const migrations[SQLITE_SCHEMA_VERSION] = {schema_1};

/* The numbers in the rows, with their words; lists grow with the program, not with the schema. */
struct word_list {
    const char *table;
    int count;
    const char *(*word)(int number);
};

static const char *account_word(int number)
{
    return account_name((enum account)number);
}

static const char *answer_word(int number)
{
    return answer_text((enum answer)number);
}

static const char *type_word(int number)
{
    return event_type_name((enum event_type)number);
}

static const struct word_list word_lists[] = {
    {"accounts", ACCOUNT_COUNT, account_word},
    {"answers", ANSWER_COUNT, answer_word},
    {"event_types", EVENT_TYPE_COUNT, type_word},
};
#define WORD_LISTS (sizeof word_lists / sizeof *word_lists)

static enum status add_words(struct connection *connection, const struct word_list *list)
{
    char text[120];
    snprintf(text, sizeof text, "INSERT OR REPLACE INTO %s VALUES (?1, ?2)", list->table);
    sqlite3_stmt *statement = NULL;
    enum status status =
        status_of_sqlite(sqlite3_prepare_v2(connection->database, text, -1, &statement, NULL));
    for (int number = 0; number < list->count && status == STATUS_OK; number++) {
        sqlite3_bind_int(statement, 1, number);
        sqlite3_bind_text(statement, 2, list->word(number), -1, SQLITE_STATIC);
        status = statement_run(statement);
    }
    sqlite3_finalize(statement);
    return status;
}

/* Whether nothing needs to be written: a store can be opened on a full disk. */
static enum status is_current(struct connection *connection, int64_t version, bool *is)
{
    *is = version == SQLITE_SCHEMA_VERSION;
    for (size_t i = 0; i < WORD_LISTS && *is; i++) {
        char text[120];
        int64_t there = 0;
        snprintf(text, sizeof text, "SELECT count(*) FROM %s", word_lists[i].table);
        TRY(connection_number(connection, text, &there));
        *is = there >= word_lists[i].count;
    }
    return STATUS_OK;
}

static enum status migrate_from(struct connection *connection, int64_t version)
{
    char text[60];
    for (; version < SQLITE_SCHEMA_VERSION; version++) {
        for (const char *const *step = migrations[version]; *step != NULL; step++)
            TRY(connection_execute(connection, *step));
    }
    for (size_t i = 0; i < WORD_LISTS; i++)
        TRY(add_words(connection, &word_lists[i]));
    snprintf(text, sizeof text, "PRAGMA user_version = %d", SQLITE_SCHEMA_VERSION);
    TRY(connection_execute(connection, text));
    snprintf(text, sizeof text, "PRAGMA application_id = %d", SQLITE_APPLICATION_ID);
    return connection_execute(connection, text);
}

/* Refuses what is no store, or one of the future. */
static enum status look_at(struct connection *connection, int64_t *version, struct buffer *message)
{
    int64_t application = 0;
    int64_t tables = 0;
    enum status status = connection_number(connection, "PRAGMA application_id", &application);
    if (status == STATUS_OK)
        status = connection_number(connection, "SELECT count(*) FROM sqlite_schema", &tables);
    if (status == STATUS_OK) status = connection_number(connection, "PRAGMA user_version", version);
    if (status != STATUS_OK) {
        tell(message, "The file cannot be read as a store: %s.",
             sqlite3_errmsg(connection->database));
        return status;
    }
    bool is_empty = tables == 0 && application == 0 && *version == 0;
    if (application != SQLITE_APPLICATION_ID && !is_empty) {
        tell(message, "The file is a database of another program, not a store of Guerdon.");
        return STATUS_CORRUPT;
    }
    if (*version > SQLITE_SCHEMA_VERSION) {
        tell(message,
             "The store was written by a newer Guerdon (schema %lld, this one knows up to %d): "
             "start that version, or restore a backup made before the upgrade.",
             (long long)*version, SQLITE_SCHEMA_VERSION);
        return STATUS_NEWER;
    }
    return STATUS_OK;
}

enum status schema_migrate(struct connection *connection, struct buffer *message)
{
    int64_t version = 0;
    TRY(look_at(connection, &version, message));
    if (connection->is_read_only) {
        if (version == SQLITE_SCHEMA_VERSION) return STATUS_OK;
        tell(message,
             "The store is of an older schema (%lld): start the server once to upgrade it.",
             (long long)version);
        return STATUS_INVALID;
    }
    bool is_done = false;
    TRY(connection_execute(connection, "PRAGMA journal_mode = WAL"));
    TRY(is_current(connection, version, &is_done));
    if (is_done) return STATUS_OK;
    TRY(connection_execute(connection, "BEGIN IMMEDIATE"));
    /* Another process may have been quicker. */
    enum status status = connection_number(connection, "PRAGMA user_version", &version);
    if (status == STATUS_OK) status = migrate_from(connection, version);
    if (status == STATUS_OK) status = connection_execute(connection, "COMMIT");
    if (status == STATUS_OK) return STATUS_OK;
    tell(message, "The store's schema cannot be written: %s.",
         sqlite3_errmsg(connection->database));
    connection_roll_back(connection);
    return status;
}
