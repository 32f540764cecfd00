/* SQLite, plain columns: what any SQL tool can read of a state, beside the state itself.
 *
 * Columns that cannot be told from the bytes are NULL. A row and all that goes with it are written
 * in one transaction, so a member's balances and levels are as of its row's position.
 */
#include "store/sqlite.h"

#define WALLETS_MAXIMUM 4096u
#define LEVELS_MAXIMUM 1024u

static void bind_instant(sqlite3_stmt *statement, int index, int64_t at_us)
{
    if (at_us == INSTANT_NEVER || at_us == INT64_MIN) {
        sqlite3_bind_null(statement, index);
    } else {
        sqlite3_bind_int64(statement, index, at_us);
    }
}

/* Parameters 1 to 5, the same in every table of states. */
static void bind_state(sqlite3_stmt *statement, const struct cached *cached)
{
    bind_id(statement, 1, (enum entity_kind)cached->kind, cached_id(cached));
    sqlite3_bind_int64(statement, 2, (int64_t)cached->stamp.position);
    sqlite3_bind_int64(statement, 3, (int64_t)cached->stamp.sequence);
    sqlite3_bind_blob(statement, 4, cached->stamp.hash.bytes, HASH_RECORD_BYTES, SQLITE_STATIC);
    if (cached->bytes == NULL) {
        sqlite3_bind_null(statement, 5);
    } else {
        sqlite3_bind_blob(statement, 5, cached->bytes, (int)cached->size, SQLITE_STATIC);
    }
}

static enum status save_balances(struct sqlite_core *core, const struct cached *cached)
{
    struct wallet_summary *wallets =
        arena_allocate(&core->arena, WALLETS_MAXIMUM * sizeof *wallets);
    uint32_t count = 0;
    if (wallets == NULL) return STATUS_NO_MEMORY;
    TRY(member_bytes_wallets(cached->bytes, cached->size, wallets, WALLETS_MAXIMUM, &count));
    for (uint32_t i = 0; i < count; i++) {
        sqlite3_stmt *statement = core->connection.statements[STATEMENT_SAVE_BALANCE];
        bind_view(statement, 1, cached_id(cached));
        sqlite3_bind_int64(statement, 2, wallets[i].wallet);
        sqlite3_bind_int64(statement, 3, (int64_t)cached->stamp.position);
        sqlite3_bind_int64(statement, 4, wallets[i].balance.available);
        sqlite3_bind_int64(statement, 5, wallets[i].balance.pending);
        sqlite3_bind_int64(statement, 6, wallets[i].balance.held);
        sqlite3_bind_int64(statement, 7, wallets[i].balance.debt);
        TRY(statement_run(statement));
    }
    return STATUS_OK;
}

/* A wallet can go with somebody who left the member again. */
static enum status drop_older_balances(struct sqlite_core *core, const struct cached *cached)
{
    sqlite3_stmt *statement = core->connection.statements[STATEMENT_DROP_BALANCES];
    bind_view(statement, 1, cached_id(cached));
    sqlite3_bind_int64(statement, 2, (int64_t)cached->stamp.position);
    return statement_run(statement);
}

/* Levels change seldom: those that the table has are not looked up to find so. */
static enum status save_levels(struct sqlite_core *core, struct cached *cached)
{
    struct level_summary *levels = arena_allocate(&core->arena, LEVELS_MAXIMUM * sizeof *levels);
    uint32_t count = 0;
    if (levels == NULL) return STATUS_NO_MEMORY;
    TRY(member_bytes_levels(cached->bytes, cached->size, levels, LEVELS_MAXIMUM, &count));
    uint64_t hash = 1 | hash_bytes((struct text){(const char *)levels, count * sizeof *levels});
    if (hash == cached->levels) return STATUS_OK;
    for (uint32_t i = 0; i < count; i++) {
        sqlite3_stmt *statement = core->connection.statements[STATEMENT_SAVE_TIER];
        bind_view(statement, 1, cached_id(cached));
        sqlite3_bind_int64(statement, 2, levels[i].tier_set);
        sqlite3_bind_int64(statement, 3, (int64_t)cached->stamp.position);
        sqlite3_bind_int64(statement, 4, levels[i].level);
        sqlite3_bind_int64(statement, 5, levels[i].since_us);
        bind_instant(statement, 6, levels[i].kept_until_us);
        TRY(statement_run(statement));
    }
    cached->levels = hash;
    return STATUS_OK;
}

/* What it had is the survivor's now. */
static enum status drop_levels(struct sqlite_core *core, struct cached *cached)
{
    sqlite3_stmt *drop = core->connection.statements[STATEMENT_DROP_TIERS];
    bind_view(drop, 1, cached_id(cached));
    TRY(statement_run(drop));
    cached->levels = 0;
    return STATUS_OK;
}

/* The member's row, by its number if that is known: its place in the index of ids stays. */
static enum status save_member_row(struct sqlite_core *core, struct cached *cached,
                                   const struct member_summary *summary, bool is_member)
{
    bool is_there = cached->row != 0;
    sqlite3_stmt *statement =
        core->connection.statements[is_there ? STATEMENT_SAVE_MEMBER_AGAIN : STATEMENT_SAVE_MEMBER];
    bind_state(statement, cached);
    if (is_there) sqlite3_bind_int64(statement, 12, cached->row);
    if (is_member) {
        sqlite3_bind_int64(statement, 6, summary->joined_at_us);
        bind_instant(statement, 7, summary->recorded_at_us);
        bind_instant(statement, 8, summary->next_due_us);
        sqlite3_bind_int(statement, 10, summary->is_closed);
        sqlite3_bind_int(statement, 11, summary->is_erased);
    }
    if (!text_is_empty(summary->merged_into)) bind_view(statement, 9, summary->merged_into);
    enum status status = statement_run(statement);
    sqlite3_clear_bindings(statement);
    TRY(status);
    if (is_there) {
        return sqlite3_changes(core->connection.database) == 1 ? STATUS_OK : STATUS_CORRUPT;
    }
    sqlite3_stmt *find = core->connection.statements[STATEMENT_FIND_MEMBER];
    bind_view(find, 1, cached_id(cached));
    int code = sqlite3_step(find);
    if (code == SQLITE_ROW) cached->row = sqlite3_column_int64(find, 0);
    sqlite3_reset(find);
    return code == SQLITE_DONE ? STATUS_CORRUPT : status_of_sqlite(code);
}

static enum status save_member(struct sqlite_core *core, struct cached *cached)
{
    struct member_summary summary = {.joined_at_us = 0};
    bool is_member = member_bytes_summary(cached->bytes, cached->size, &summary);
    bool is_merged = !text_is_empty(summary.merged_into);
    TRY(save_member_row(core, cached, &summary, is_member));
    TRY(is_merged ? drop_levels(core, cached) : save_levels(core, cached));
    TRY(save_balances(core, cached));
    bool may_lose = !is_member || is_merged || summary.owner_count > 0;
    return may_lose ? drop_older_balances(core, cached) : STATUS_OK;
}

static enum status save_order(struct sqlite_core *core, const struct cached *cached)
{
    sqlite3_stmt *statement = core->connection.statements[STATEMENT_SAVE_ORDER];
    struct text member = {NULL, 0};
    uint64_t position = 0;
    bind_state(statement, cached);
    bool is_order = cached->bytes != NULL && order_bytes_member(cached->bytes, cached->size,
                                                                &member, &position) == STATUS_OK;
    if (is_order) {
        if (!text_is_empty(member)) bind_view(statement, 6, member);
        sqlite3_bind_int64(statement, 7, (int64_t)position);
    }
    enum status status = statement_run(statement);
    sqlite3_clear_bindings(statement);
    return status;
}

static enum status save_tally(struct sqlite_core *core, const struct cached *cached)
{
    sqlite3_stmt *statement = core->connection.statements[STATEMENT_SAVE_TALLY];
    bind_state(statement, cached);
    uint32_t symbol = 0;
    for (uint8_t i = 0; i < cached->id_length && i < 4; i++)
        symbol = symbol << 8 | (uint8_t)cached->id[i];
    if (cached->id_length == 4) sqlite3_bind_int64(statement, 6, symbol);
    enum status status = statement_run(statement);
    sqlite3_clear_bindings(statement);
    return status;
}

enum status plain_save(struct sqlite_core *core, struct cached *cached)
{
    arena_clear(&core->arena);
    switch ((enum entity_kind)cached->kind) {
    case ENTITY_MEMBER:
        return save_member(core, cached);
    case ENTITY_ORDER:
        return save_order(core, cached);
    case ENTITY_TALLY:
        return save_tally(core, cached);
    case ENTITY_REDEMPTION:
    case ENTITY_PAGE: {
        bool is_page = cached->kind == ENTITY_PAGE;
        sqlite3_stmt *statement =
            core->connection.statements[is_page ? STATEMENT_SAVE_PAGE : STATEMENT_SAVE_REDEMPTION];
        bind_state(statement, cached);
        return statement_run(statement);
    }
    default:
        return STATUS_INVALID;
    }
}
