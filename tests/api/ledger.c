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
