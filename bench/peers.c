/* Peers: PostgreSQL and SQLite doing as little as a loyalty table can, on this machine and now.
 *
 * PostgreSQL: one procedure a purchase, as pgbench calls it. SQLite: a program without rules or
 * network, see append_sqlite.c. Their figures are bars, not equals: neither decides anything.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/base.h"
#include "server.h"

#define GROUPS 3
#define CLIENTS 3
#define APPENDS_A_SECOND 150000 /* sizes a run: about this many in as many seconds */
#define UPDATES_A_SECOND 20000
#define INGESTS_A_SECOND 100000
#define INGEST_GROUP 256
#define INGEST_MEMBERS 10000
#define INGEST_REACH 0.7 /* of what SQLite only appends */

static const int groups[GROUPS] = {64, 256, 2000};
static const int clients[CLIENTS] = {16, 64, 128};

/* The word after `name` as a number; -1 if there is none. Moves *rest behind it. */
static double number_after(struct text *rest, const char *name)
{
    while (!text_is_empty(*rest)) {
        struct text line = text_split(*rest, '\n', rest);
        while (!text_is_empty(line)) {
            if (!text_equal(text_split(line, ' ', &line), text_of(name))) continue;
            struct decimal decimal;
            int64_t thousandths = 0;
            if (decimal_parse(text_split(line, ' ', &line), &decimal) != STATUS_OK ||
                decimal_rescale(decimal, 6, &thousandths) != STATUS_OK) {
                return -1;
            }
            return (double)thousandths / 1e6;
        }
    }
    return -1;
}

static void print_ratio(const char *what, double target, const double *ours, const double *theirs,
                        int runs)
{
    double ratios[MEASURE_RUNS];
    for (int run = 0; run < runs; run++)
        ratios[run] = ours[run] / theirs[run];
    measure_print_runs(what, "ratio", target, true, ratios, runs);
}

static bool run_postgresql(const struct server_options *options,
                           double figures[CLIENTS][MEASURE_RUNS])
{
    char script[256];
    char seconds[24];
    char runs[16];
    char out[4096];
    bool is_missing = false;
    int64_t whole_seconds = options->closed_ms / 1000;
    (void)snprintf(script, sizeof script, "%s/peer_postgresql", options->scripts);
    (void)snprintf(seconds, sizeof seconds, "%" PRId64, whole_seconds > 0 ? whole_seconds : 1);
    (void)snprintf(runs, sizeof runs, "%d", MEASURE_RUNS);
    const char *const arguments[] = {script, options->folder, seconds, runs, NULL};
    if (!measure_child_output(arguments, out, sizeof out, &is_missing)) {
        printf("PostgreSQL: NOT MEASURED%s\n",
               is_missing ? ", it is not installed: script/bootstrap --bench" : ", see above");
        return false;
    }
    struct text rest = text_of(out);
    for (int run = 0; run < MEASURE_RUNS; run++) {
        for (int i = 0; i < CLIENTS; i++) {
            figures[i][run] = number_after(&rest, "transactions_per_second");
            if (figures[i][run] <= 0) return false;
        }
    }
    return true;
}

static bool bench_postgresql(const struct server_options *options, const struct server_rates *rates)
{
    static double figures[CLIENTS][MEASURE_RUNS];
    if (!run_postgresql(options, figures)) return false;
    int best = 0;
    char what[64];
    for (int i = 0; i < CLIENTS; i++) {
        (void)snprintf(what, sizeof what, "PostgreSQL procedure, %d clients", clients[i]);
        measure_print(what, "events/s", 0, true, figures[i]);
        if (measure_median(figures[i], MEASURE_RUNS) >
            measure_median(figures[best], MEASURE_RUNS)) {
            best = i;
        }
    }
    if (rates == NULL) return true;
    print_ratio("  Guerdon, 128 connections / best of these", 0, rates->single, figures[best],
                MEASURE_RUNS);
    print_ratio("  Guerdon, batches of 1,000 / the same", 0, rates->batched, figures[best],
                MEASURE_RUNS);
    return true;
}

static void remove_database(const char *path)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", ".lock"};
    char name[300];
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        (void)snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
        (void)unlink(name);
    }
}

/* Runs a program whose last argument is a new database file; its output. */
static bool run_on_new_database(const struct server_options *options, const char *name,
                                const char *const words[4], char *out, size_t size)
{
    char program[256];
    char path[256];
    bool is_missing = false;
    (void)snprintf(program, sizeof program, "%s/%s", options->tools, name);
    (void)snprintf(path, sizeof path, "%s/peer.db", options->folder);
    const char *arguments[7] = {program};
    int count = 1;
    for (int i = 0; i < 4 && words[i] != NULL; i++)
        arguments[count++] = words[i];
    arguments[count++] = path;
    arguments[count] = NULL;
    remove_database(path);
    bool is_done = measure_child_output(arguments, out, size, &is_missing);
    remove_database(path);
    return is_done;
}

/* syncs: for each commit. */
static bool run_sqlite(const struct server_options *options, const char *mode, int group,
                       double *events_per_second, double *syncs)
{
    char group_text[16];
    char events_text[24];
    char out[256];
    int64_t rate = strcmp(mode, "append") == 0 ? APPENDS_A_SECOND : UPDATES_A_SECOND;
    int64_t events = rate * options->closed_ms / 1000;
    (void)snprintf(group_text, sizeof group_text, "%d", group);
    (void)snprintf(events_text, sizeof events_text, "%" PRId64, events);
    const char *const words[4] = {mode, group_text, events_text};
    if (!run_on_new_database(options, "append_sqlite", words, out, sizeof out)) return false;
    struct text rest = text_of(out);
    *events_per_second = number_after(&rest, "events_per_second");
    rest = text_of(out);
    *syncs = number_after(&rest, "syncs") * group / (double)events;
    return *events_per_second > 0;
}

static bool run_ingest(const struct server_options *options, double *events_per_second)
{
    char group_text[16];
    char events_text[24];
    char members_text[16];
    char out[256];
    (void)snprintf(group_text, sizeof group_text, "%d", INGEST_GROUP);
    (void)snprintf(events_text, sizeof events_text, "%" PRId64,
                   INGESTS_A_SECOND * options->closed_ms / 1000);
    (void)snprintf(members_text, sizeof members_text, "%d", INGEST_MEMBERS);
    const char *const words[4] = {options->program, group_text, events_text, members_text};
    if (!run_on_new_database(options, "ingest", words, out, sizeof out)) return false;
    struct text rest = text_of(out);
    *events_per_second = number_after(&rest, "events_per_second");
    return *events_per_second > 0;
}

/* One after the other, run by run, so that both meet the disk as it is then. */
static bool bench_ingest(const struct server_options *options)
{
    double ours[MEASURE_RUNS];
    double bare[MEASURE_RUNS];
    double syncs;
    for (int run = 0; run < MEASURE_RUNS; run++) {
        if (run_sqlite(options, "append", INGEST_GROUP, &bare[run], &syncs) &&
            run_ingest(options, &ours[run])) {
            continue;
        }
        printf("in process: NOT MEASURED, see above\n");
        return false;
    }
    measure_print("in process: decided, durable, 256 a commit", "events/s", 0, true, ours);
    print_ratio("  the same / SQLite, only appending, 256", INGEST_REACH, ours, bare, MEASURE_RUNS);
    return true;
}

static bool bench_sqlite(const struct server_options *options, const char *mode,
                         const char *sentence, const struct server_rates *rates)
{
    static double figures[GROUPS][MEASURE_RUNS];
    static double syncs[GROUPS][MEASURE_RUNS];
    for (int run = 0; run < MEASURE_RUNS; run++) {
        for (int i = 0; i < GROUPS; i++) {
            if (run_sqlite(options, mode, groups[i], &figures[i][run], &syncs[i][run])) continue;
            printf("SQLite: NOT MEASURED, see above\n");
            return false;
        }
    }
    char what[64];
    for (int i = 0; i < GROUPS; i++) {
        (void)snprintf(what, sizeof what, "%s, %d a commit", sentence, groups[i]);
        measure_print(what, "events/s", 0, true, figures[i]);
        measure_print("  waited for the disk, for each commit", "times", 0, false, syncs[i]);
    }
    if (rates == NULL) return true;
    print_ratio("  Guerdon, batches of 1,000 / 2000 a commit", 0, rates->batched,
                figures[GROUPS - 1], MEASURE_RUNS);
    return true;
}

bool bench_peers(const struct server_options *options, const struct server_rates *rates)
{
    bool is_done = bench_ingest(options);
    is_done = bench_postgresql(options, rates) && is_done;
    is_done = bench_sqlite(options, "append", "SQLite, only appending", rates) && is_done;
    return bench_sqlite(options, "update", "SQLite, keyed rows in place", rates) && is_done;
}
