/* Ledger: opens the file as `guerdon verify` does, beside nobody: the server is gone by then. Knows
 * nothing of HTTP. */
#include "ledger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "store/store.h"

#define PATH_MAXIMUM 256

static void check(const char *path)
{
    const struct sqlite_options options = {.path = path, .is_read_only = true};
    const struct verify_options plain = {.progress = NULL};
    struct store *store = NULL;
    struct verify_report report;
    assert_int_equal(sqlite_store_open(&options, NULL, &store), STATUS_OK);
    assert_int_equal(store_verify(store, &plain, &report), STATUS_OK);
    store_close(store);
    assert_int_equal(report.fault, VERIFY_NONE);
    assert_true(report.records > 0);
}

/* ---- what is personal ---- */

static enum status look(void *context, const struct record *record)
{
    struct arena *arena = context;
    struct decision decision;
    struct event event;
    arena_clear(arena);
    assert_int_equal(engine_decode(record->body, arena, &decision), STATUS_OK);
    if (text_is_empty(decision.event)) return STATUS_OK;
    assert_int_equal(engine_kept_event(&decision, arena, &event), STATUS_OK);
    assert_int_equal(event.birthday_month, 0);
    assert_int_equal(event.birthday_day, 0);
    return STATUS_OK;
}

static void check_file(const char *path, const char *word)
{
    struct text wanted = text_of(word);
    struct buffer bytes;
    char piece[4096];
    size_t count;
    FILE *file = fopen(path, "rb");
    if (file == NULL) return;
    buffer_init(&bytes, 1u << 28);
    while ((count = fread(piece, 1, sizeof piece, file)) > 0)
        assert_int_equal(buffer_add(&bytes, (struct text){piece, count}), STATUS_OK);
    assert_int_equal(fclose(file), 0);
    struct text all = buffer_text(&bytes);
    for (size_t i = 0; i + wanted.length <= all.length; i++) {
        if (memcmp(all.bytes + i, wanted.bytes, wanted.length) == 0)
            fail_msg("%s has %s at byte %zu", path, word, i);
    }
    buffer_release(&bytes);
}

void ledger_check_forgotten(const char *folder, const char *word)
{
    static const char *const names[] = {"shop.db", "shop.db-wal"};
    char path[PATH_MAXIMUM];
    struct store *store = NULL;
    struct arena arena;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        check_file(path, word);
    }
    snprintf(path, sizeof path, "%s/shop.db", folder);
    const struct sqlite_options options = {.path = path, .is_read_only = true};
    arena_init(&arena, 1u << 26);
    assert_int_equal(sqlite_store_open(&options, NULL, &store), STATUS_OK);
    assert_int_equal(store_each_record(store, 0, look, &arena), STATUS_OK);
    store_close(store);
    arena_release(&arena);
}

void ledger_check_and_remove(const char *folder)
{
    static const char *const names[] = {"shop.db", "shop.db-wal", "shop.db-shm", "shop.db.lock",
                                        "guerdon.lock"};
    char path[PATH_MAXIMUM];
    snprintf(path, sizeof path, "%s/shop.db", folder);
    check(path);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        (void)unlink(path);
    }
    assert_int_equal(rmdir(folder), 0);
}
