/* Closed loops, batches and recovery, each run on a new server with an empty data folder.
 *
 * A run: 1, 64, 128 and 1,000 connections in turn, one purchase a request; batches; then load
 * again, in the middle of which the server is killed. It is started anew and asked until it is
 * ready. Its log says how many records it replayed.
 */
#include <stdio.h>
#include <string.h>

#include "server.h"
#include "server_watch.h"

#define SINGLE_NOW 30e3
#define SINGLE_LATER 50e3
#define BATCHED_NOW 80e3
#define BATCHED_LATER 150e3
#define LEVEL_SHARE 0.7 /* of the figure at 1,000 connections, already at 64 */
#define RECOVERY_REACH 1e6
#define LOG_REACH_MB 256
#define BATCH 1000
#define BATCH_CONNECTIONS 16

enum loop { LOOP_1, LOOP_64, LOOP_128, LOOP_1000, LOOPS };
static const struct {
    uint32_t connections;
    double now, later;
} loops[LOOPS] = {{1, 0, 0}, {64, 0, 0}, {128, SINGLE_NOW, SINGLE_LATER}, {1000, 0, 0}};

/* One column a run. */
struct closed_figures {
    double rates[LOOPS][MEASURE_RUNS];
    double p50_ms[LOOPS][MEASURE_RUNS];
    double p99_ms[LOOPS][MEASURE_RUNS];
    double batched[MEASURE_RUNS];
    double log_mb[MEASURE_RUNS];
    double ready_seconds[MEASURE_RUNS];
    double replayed[MEASURE_RUNS];
    double replay_rates[MEASURE_RUNS];
};

static struct load_options closed_options(const struct server_options *options,
                                          uint32_t connections)
{
    return (struct load_options){.connections = connections,
                                 .warm_up_ms = 500,
                                 .measured_ms = options->closed_ms,
                                 .batch = 1,
                                 .seed = 1};
}

static bool run_loops(const struct server_options *options, struct server_watch *watch, int run,
                      struct closed_figures *figures)
{
    const struct load_result *result = &watch->result;
    for (int loop = 0; loop < LOOPS; loop++) {
        if (!server_watch_run(watch, closed_options(options, loops[loop].connections))) {
            return false;
        }
        figures->rates[loop][run] = (double)result->requests / result->seconds;
        figures->p50_ms[loop][run] = (double)histogram_percentile(&result->latency, 500000) / 1e6;
        figures->p99_ms[loop][run] = (double)histogram_percentile(&result->latency, 990000) / 1e6;
    }
    struct load_options batches = closed_options(options, BATCH_CONNECTIONS);
    batches.batch = BATCH;
    if (!server_watch_run(watch, batches)) return false;
    figures->batched[run] = (double)result->events / result->seconds;
    return true;
}

static bool run_recovery(const struct server_options *options, struct server_watch *watch, int run,
                         struct closed_figures *figures)
{
    struct load_options batches = closed_options(options, BATCH_CONNECTIONS);
    double empty_seconds = watch->server->ready_seconds;
    batches.batch = BATCH;
    watch->kill_at_ms = options->closed_ms;
    bool is_loaded = server_watch_run(watch, batches);
    watch->kill_at_ms = 0;
    if (!is_loaded || !server_process_start(watch->server)) return false;
    double longer = watch->server->ready_seconds - empty_seconds;
    figures->ready_seconds[run] = watch->server->ready_seconds;
    figures->replayed[run] = (double)watch->server->replayed;
    /* It is asked every millisecond: less cannot be told from nothing. */
    figures->replay_rates[run] = figures->replayed[run] / (longer > 0.001 ? longer : 0.001);
    return true;
}

static bool run_once(const struct server_options *options, int run, struct closed_figures *figures)
{
    static struct server_watch watch;
    struct server_process server;
    char data[256];
    (void)snprintf(data, sizeof data, "%s/server-%d", options->folder, run);
    if (!server_process_init(&server, options->guerdon, options->program, data)) return false;
    server_process_remove(&server);
    memset(&watch, 0, sizeof watch);
    watch.server = &server;
    bool is_done = server_process_start(&server) && run_loops(options, &watch, run, figures);
    figures->log_mb[run] = (double)watch.log_highest_bytes / 1e6;
    is_done = is_done && run_recovery(options, &watch, run, figures);
    if (server.process > 0 && !server_process_stop(&server)) {
        fprintf(stderr, "%s serve did not end well when it was asked to\n", options->guerdon);
        is_done = false;
    }
    if (is_done) server_process_remove(&server);
    watch.server = NULL;
    return is_done;
}

static void print_loops(const struct closed_figures *figures)
{
    char what[64];
    for (int loop = 0; loop < LOOPS; loop++) {
        (void)snprintf(what, sizeof what, "one event a request, %u connection%s",
                       loops[loop].connections, loop == LOOP_1 ? "" : "s");
        measure_print(what, "requests/s", loops[loop].now, true, figures->rates[loop]);
        if (loops[loop].later > 0) {
            measure_print("  the same, as a later issue wants it", "requests/s", loops[loop].later,
                          true, figures->rates[loop]);
        }
        measure_print("  answered within, half of them", "ms", 0, false, figures->p50_ms[loop]);
        measure_print("  answered within, 99 of 100", "ms", 0, false, figures->p99_ms[loop]);
    }
    double shares[MEASURE_RUNS];
    for (int run = 0; run < MEASURE_RUNS; run++)
        shares[run] = figures->rates[LOOP_64][run] / figures->rates[LOOP_1000][run];
    measure_print("  64 connections / 1,000 connections", "ratio", LEVEL_SHARE, true, shares);
}

static void print_figures(const struct closed_figures *figures)
{
    print_loops(figures);
    measure_print("batches of 1,000, 16 connections", "events/s", BATCHED_NOW, true,
                  figures->batched);
    measure_print("  the same, as a later issue wants it", "events/s", BATCHED_LATER, true,
                  figures->batched);
    measure_print("  log during all of these, at most", "MB", LOG_REACH_MB, false, figures->log_mb);
    measure_print("killed under load: started and ready after", "s", 0, false,
                  figures->ready_seconds);
    measure_print("  records replayed", "records", 0, false, figures->replayed);
    measure_print("  records replayed, their speed", "records/s", RECOVERY_REACH, true,
                  figures->replay_rates);
}

bool bench_closed(const struct server_options *options, struct server_rates *rates)
{
    static struct closed_figures figures;
    for (int run = 0; run < MEASURE_RUNS; run++) {
        if (!run_once(options, run, &figures)) {
            printf("server, closed loops: NOT MEASURED, see above\n");
            return false;
        }
    }
    print_figures(&figures);
    memcpy(rates->single, figures.rates[LOOP_128], sizeof rates->single);
    memcpy(rates->batched, figures.batched, sizeof rates->batched);
    return true;
}
